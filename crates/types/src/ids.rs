//! Identifiers: 16 bytes each, told apart by type.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

use crate::{AreaCode, Micros, ParseError, check_character};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// # Errors
            /// [`ParseError`] unless the text is a UUID.
            pub fn parse(text: &str) -> Result<Self, ParseError> {
                Uuid::parse_str(text)
                    .map($name)
                    .map_err(|_| ParseError::new($what, text, "a UUID"))
            }
            /// The 16 bytes that the stores keep.
            pub fn bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
            /// From 16 stored bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                $name(Uuid::from_bytes(bytes))
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseError;
            fn from_str(text: &str) -> Result<Self, ParseError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

uuid_id!(
    /// A command, named by the device that made it (UUIDv7). Sending it again changes nothing.
    CommandId, "command id");
uuid_id!(
    /// A person of the registry.
    PersonId, "person id");
uuid_id!(
    /// A household: the persons behind one door.
    HouseholdId, "household id");
uuid_id!(
    /// One round of a testing campaign.
    RoundId, "round id");

/// What a unit is, as one capital letter: `T` tube, `B` box, and so on. Desks define theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct UnitKind(u8);

impl UnitKind {
    /// A kind by its letter. Panics at compile time for anything but a capital.
    pub const fn new(letter: char) -> UnitKind {
        assert!(letter.is_ascii_uppercase(), "a unit kind is a capital letter");
        UnitKind(letter as u8)
    }
    /// The letter.
    pub fn letter(self) -> char {
        char::from(self.0)
    }
}

impl TryFrom<char> for UnitKind {
    type Error = ParseError;
    fn try_from(c: char) -> Result<Self, ParseError> {
        if c.is_ascii_uppercase() {
            Ok(UnitKind(c as u8))
        } else {
            Err(ParseError::new("unit kind", &c.to_string(), "a capital letter"))
        }
    }
}

impl From<UnitKind> for char {
    fn from(k: UnitKind) -> char {
        k.letter()
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

impl fmt::Debug for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// Anything that must not be lost, named so that its code *is* its id.
///
/// Layout: kind letter, six digits of the home area, nine bytes of tail. A code that we print
/// (`T220202000123458`: eight digits of serial and a check character) is the 16 bytes read as
/// text, so a device without network, the laboratory and the store all derive the same id and
/// need no look-up table, and codes of one roll lie side by side in the index. A foreign
/// barcode hashes into the tail under area 000000; a unit without a printed code (a recall, a
/// task) derives its tail from what it belongs to, so making it twice makes it once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId([u8; 16]);

impl UnitId {
    /// The id of a printed code: `T` + area + 8-digit serial + check character.
    pub fn printed(kind: UnitKind, area: AreaCode, serial: u32) -> UnitId {
        let body = format!("{kind}{area}{:08}", serial % 100_000_000);
        let check = check_character(&body).unwrap_or('0');
        let mut id = [0u8; 16];
        id[..15].copy_from_slice(body.as_bytes());
        id[15] = check as u8;
        UnitId(id)
    }

    /// The id behind a scanned or typed code of the given kind: our own if it is well formed
    /// with a valid check character, else that of a foreign barcode.
    ///
    /// # Errors
    /// [`ParseError`] when the text is empty or over 64 characters, or has our form with a
    /// wrong check character (a typing mistake, not a foreign code).
    pub fn scanned(kind: UnitKind, text: &str) -> Result<UnitId, ParseError> {
        let text = text.trim();
        if text.is_empty() || text.len() > 64 {
            return Err(ParseError::new("unit code", text, "1 to 64 characters"));
        }
        let ours = text.len() == 16
            && text.starts_with(kind.letter())
            && text.as_bytes()[1..15].iter().all(u8::is_ascii_digit);
        if ours {
            return UnitId::parse(text);
        }
        let digest = Sha256::digest(text.as_bytes());
        let mut tail = [0u8; 9];
        tail.copy_from_slice(&digest[..9]);
        Ok(UnitId::from_parts(kind, AreaCode::NONE, tail))
    }

    /// The id of a unit without a printed code, derived from what it belongs to.
    pub fn derived(kind: UnitKind, area: AreaCode, from: &[&[u8]]) -> UnitId {
        let mut hash = Sha256::new();
        for part in from {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut tail = [0u8; 9];
        tail.copy_from_slice(&digest[..9]);
        // The high bit keeps derived tails apart from printed ones, which are ASCII.
        tail[0] |= 0x80;
        UnitId::from_parts(kind, area, tail)
    }

    fn from_parts(kind: UnitKind, area: AreaCode, mut tail: [u8; 9]) -> UnitId {
        tail[0] |= 0x80;
        let mut id = [0u8; 16];
        id[0] = kind.letter() as u8;
        id[1..7].copy_from_slice(area.to_string().as_bytes());
        id[7..].copy_from_slice(&tail);
        UnitId(id)
    }

    /// What the unit is.
    pub fn kind(self) -> UnitKind {
        UnitKind(self.0[0])
    }

    /// The home area, which leads the unit's key.
    pub fn area(self) -> AreaCode {
        std::str::from_utf8(&self.0[1..7])
            .ok()
            .and_then(|t| t.parse::<u32>().ok())
            .and_then(|n| AreaCode::new(n).ok())
            .unwrap_or(AreaCode::NONE)
    }

    /// Whether the id is a code that we print.
    pub fn is_printed(self) -> bool {
        self.0[7] & 0x80 == 0
    }

    /// The 16 bytes that the stores keep.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// From 16 stored bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> UnitId {
        UnitId(bytes)
    }

    /// Below every id: the start of a range.
    pub const fn lowest() -> UnitId {
        UnitId([0; 16])
    }

    /// Above every id: the end of a range.
    pub const fn highest() -> UnitId {
        UnitId([0xff; 16])
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`ParseError`] when the text is neither form, or its check character is wrong.
    pub fn parse(text: &str) -> Result<UnitId, ParseError> {
        let wrong = |wanted| ParseError::new("unit code", text, wanted);
        let bytes = text.as_bytes();
        let head_ok = bytes.len() >= 16
            && bytes[0].is_ascii_uppercase()
            && bytes[1..7].iter().all(u8::is_ascii_digit);
        if !head_ok {
            return Err(wrong("a unit code"));
        }
        let mut id = [0u8; 16];
        id[..7].copy_from_slice(&bytes[..7]);
        if bytes.len() == 16 {
            if !crate::has_valid_check(text) {
                return Err(wrong("a code with the right check character"));
            }
            id.copy_from_slice(bytes);
        } else if bytes.len() == 26 && bytes[7] == b'.' && text.is_ascii() {
            for (at, slot) in id[7..].iter_mut().enumerate() {
                *slot = u8::from_str_radix(&text[8 + 2 * at..10 + 2 * at], 16)
                    .map_err(|_| wrong("a unit code"))?;
            }
            if id[7] & 0x80 == 0 {
                return Err(wrong("a unit code"));
            }
        } else {
            return Err(wrong("a unit code"));
        }
        Ok(UnitId(id))
    }
}

impl std::str::FromStr for UnitId {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<UnitId, ParseError> {
        UnitId::parse(text)
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &b in &self.0[..7] {
            write!(f, "{}", char::from(b))?;
        }
        if self.is_printed() {
            return self.0[7..].iter().try_for_each(|&b| write!(f, "{}", char::from(b)));
        }
        f.write_str(".")?;
        self.0[7..].iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for UnitId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<UnitId, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        UnitId::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Who answers for a unit, as `kind:code`, for example `site:220202-S012`, `courier:C7`,
/// `lab:JL-03`, `desk:220202`. The kinds are those of the design: site, courier, lab, grid,
/// desk, ambulance, ward, shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HolderCode(String);

impl HolderCode {
    /// # Errors
    /// [`ParseError`] unless the text is `kind:code`: lower-case kind, then 1–40 letters,
    /// digits, hyphens or dots.
    pub fn parse(text: &str) -> Result<HolderCode, ParseError> {
        let ok = text.split_once(':').is_some_and(|(kind, code)| {
            (2..=12).contains(&kind.len())
                && kind.bytes().all(|b| b.is_ascii_lowercase())
                && (1..=40).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        });
        if ok {
            Ok(HolderCode(text.to_owned()))
        } else {
            Err(ParseError::new("holder", text, "kind:code"))
        }
    }

    /// The desk of a county.
    pub fn desk(area: AreaCode) -> HolderCode {
        HolderCode(format!("desk:{area}"))
    }

    /// The part before the colon, for example `site`.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(k, _)| k)
    }

    /// The part after the colon.
    pub fn code(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, c)| c)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HolderCode {
    type Error = ParseError;
    fn try_from(s: String) -> Result<Self, ParseError> {
        HolderCode::parse(&s)
    }
}

impl From<HolderCode> for String {
    fn from(h: HolderCode) -> String {
        h.0
    }
}

impl fmt::Display for HolderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CommandId {
    /// When the device says that it made the command (UUIDv7 carries it in milliseconds).
    pub fn made_at(self) -> Option<Micros> {
        let (secs, nanos) = self.0.get_timestamp()?.to_unix();
        let micros = i64::try_from(secs).ok()?.checked_mul(1_000_000)?;
        Some(Micros(micros + i64::from(nanos / 1_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUBE: UnitKind = UnitKind::new('T');

    fn area() -> AreaCode {
        AreaCode::new(220_202).expect("six digits")
    }

    #[test]
    fn a_printed_code_is_its_id() {
        let id = UnitId::printed(TUBE, area(), 12_345);
        let text = id.to_string();
        assert_eq!(text.len(), 16);
        assert!(text.starts_with("T22020200012345"));
        assert_eq!(UnitId::scanned(TUBE, &text), Ok(id));
        assert_eq!((id.kind(), id.area()), (TUBE, area()));
        assert!(id.is_printed());
    }

    #[test]
    fn a_mistyped_code_is_refused_and_a_foreign_one_is_not() {
        let mut text = UnitId::printed(TUBE, area(), 12_345).to_string();
        text.replace_range(14..15, "9");
        assert!(UnitId::scanned(TUBE, &text).is_err());
        let foreign = UnitId::scanned(TUBE, "BD-998-77").expect("a foreign code");
        assert_eq!(foreign.area(), AreaCode::NONE);
        assert_eq!(UnitId::parse(&foreign.to_string()), Ok(foreign));
    }

    #[test]
    fn derived_ids_repeat_and_do_not_run_together() {
        let a = UnitId::derived(TUBE, area(), &[b"ab", b"c"]);
        assert_eq!(a, UnitId::derived(TUBE, area(), &[b"ab", b"c"]));
        assert_ne!(a, UnitId::derived(TUBE, area(), &[b"a", b"bc"]));
        assert_eq!(UnitId::parse(&a.to_string()), Ok(a));
    }

    #[test]
    fn any_text_parses_or_is_refused_without_panic() {
        for text in
            ["", "T", "T220202000123458é", "T220202.zz", "€€€€€€€€€€€€€€€€", "T22020x00012345K"]
        {
            assert!(UnitId::parse(text).is_err());
        }
    }
}
