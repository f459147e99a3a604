//! What identifies a person, and the rules that its fields must keep. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::Refusal;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The document that a number is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Zeroize)]
#[serde(rename_all = "snake_case")]
pub enum IdType {
    /// 居民身份证: 18 characters with a check digit (GB 11643).
    #[default]
    Resident,
    /// 护照.
    Passport,
    /// 港澳居民来往内地通行证.
    HongKongMacau,
    /// 台湾居民来往大陆通行证.
    Taiwan,
    /// 外国人永久居留身份证.
    ForeignResident,
    /// Any other document with a number.
    Other,
    /// No document, for example a newborn.
    None,
}

impl IdType {
    /// All types.
    pub const ALL: [IdType; 7] = [
        IdType::Resident,
        IdType::Passport,
        IdType::HongKongMacau,
        IdType::Taiwan,
        IdType::ForeignResident,
        IdType::Other,
        IdType::None,
    ];

    /// A stable word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            IdType::Resident => "resident",
            IdType::Passport => "passport",
            IdType::HongKongMacau => "hong_kong_macau",
            IdType::Taiwan => "taiwan",
            IdType::ForeignResident => "foreign_resident",
            IdType::Other => "other",
            IdType::None => "none",
        }
    }
}

/// Sex as the identity document states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }

    /// The sex of a stored word.
    pub fn from_stored(text: &str) -> Option<Sex> {
        match text {
            "male" => Some(Sex::Male),
            "female" => Some(Sex::Female),
            _ => None,
        }
    }
}

/// A day of the calendar, year first so that days compare in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Day {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// A day that exists, between 1880 and 2199; `None` otherwise.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Day> {
        let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1880..2200).contains(&year) && (1..=last).contains(&day)).then_some(Day {
            year,
            month,
            day,
        })
    }

    /// The day of an instant by Beijing time.
    pub fn of(at: types::Micros) -> Option<Day> {
        let at = jiff::Timestamp::from_microsecond(at.0).ok()?;
        let date = jiff::tz::Offset::constant(8).to_datetime(at).date();
        Day::new(
            u16::try_from(date.year()).ok()?,
            u8::try_from(date.month()).ok()?,
            u8::try_from(date.day()).ok()?,
        )
    }

    /// Reads `1980-01-31`, `1980/1/31`, `1980.1.31`, `19800131` or `1980年1月31日`.
    pub fn parse(text: &str) -> Option<Day> {
        let text = text.trim();
        // A spreadsheet may add a time of day.
        let text = text.split([' ', 'T']).next()?;
        if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Day::new(
                text[..4].parse().ok()?,
                text[4..6].parse().ok()?,
                text[6..].parse().ok()?,
            );
        }
        let mut parts =
            text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim);
        let day = Day::new(
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
        );
        if parts.next().is_some() { None } else { day }
    }
}

/// What a resident identity number says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResidentNumber {
    /// Date of birth.
    pub birth: Day,
    /// Odd seventeenth digit: male.
    pub sex: Sex,
}

/// The check character of the first 17 digits of a resident number: ISO 7064 MOD 11-2, as
/// GB 11643 prescribes it; `None` unless all 17 are digits.
pub fn resident_check(body: &[u8]) -> Option<u8> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    if body.len() != 17 || !body.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    Some(CHECKS[(sum % 11) as usize])
}

/// Reads a resident number: form, check character, date of birth not after `today`.
///
/// # Errors
/// [`Refusal`] `id-number-form`, `id-number-old`, `id-number-check` or `birth-date`.
pub fn resident_number(text: &str, today: Day) -> Result<ResidentNumber, Refusal> {
    let bytes = text.as_bytes();
    if bytes.len() == 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Err(rule("id-number-old"));
    }
    let form = bytes.len() == 18
        && (b'1'..=b'9').contains(&bytes[0])
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && (bytes[17].is_ascii_digit() || bytes[17] == b'X');
    if !form {
        return Err(rule("id-number-form"));
    }
    if resident_check(&bytes[..17]) != Some(bytes[17]) {
        return Err(rule("id-number-check"));
    }
    let birth = Day::parse(&text[6..14]).filter(|day| *day <= today).ok_or(rule("birth-date"))?;
    let sex = if (bytes[16] - b'0') % 2 == 1 { Sex::Male } else { Sex::Female };
    Ok(ResidentNumber { birth, sex })
}

fn rule(code: &'static str) -> Refusal {
    Refusal::new(code).by_rule("GB 11643")
}

/// The one form of a document number: capitals, without spaces, hyphens and brackets.
pub fn normal_number(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// The one form of a telephone number: mobile (11 digits from 13 to 19) or landline with area
/// code (10 to 12 digits from 0); the country code 86 is dropped. `None` for anything else.
pub fn normal_phone(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')'))
        .collect();
    let digits =
        digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")).unwrap_or(&digits);
    let bytes = digits.as_bytes();
    if !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mobile = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
    let landline = (10..=12).contains(&bytes.len()) && bytes[0] == b'0' && bytes[1] != b'0';
    (mobile || landline).then(|| digits.to_owned())
}

/// Full-width letters, digits and signs as their ASCII twins: input methods produce both.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// The personal data of one person in the clear. It lives in memory only, is wiped on drop,
/// and prints itself masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Identity {
    /// Full name.
    pub name: String,
    /// The kind of document.
    #[serde(default)]
    pub id_type: IdType,
    /// Number of the document, in the form of [`normal_number`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// Telephone, in the form of [`normal_phone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.masked(), f)
    }
}

/// A checked identity, and what its number says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The identity in its one form.
    pub identity: Identity,
    /// From the number, when the document has it.
    pub resident: Option<ResidentNumber>,
}

/// A field that broke a rule: which field, and the refusal.
pub type FieldRefusal = (&'static str, Refusal);

/// Brings an identity into its one form and checks it.
///
/// # Errors
/// The field (`name`, `id_number`, `phone`) and the refusal.
pub fn check(mut identity: Identity, today: Day) -> Result<Checked, FieldRefusal> {
    let name = identity.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(("name", Refusal::new("name-missing")));
    }
    let sound = name.chars().count() <= 60
        && name.chars().any(char::is_alphabetic)
        && !name.chars().any(|c| c.is_control() || c.is_ascii_digit() || c == '\u{fffd}');
    if !sound {
        return Err(("name", Refusal::new("name-form")));
    }
    identity.name = name;
    let number = identity.id_number.take().map(|n| normal_number(&n)).filter(|n| !n.is_empty());
    let resident = match (identity.id_type, &number) {
        (IdType::None, None) => None,
        (IdType::None, Some(_)) => return Err(("id_number", Refusal::new("id-type-missing"))),
        (_, None) => return Err(("id_number", Refusal::new("id-number-missing"))),
        (IdType::Resident, Some(number)) => {
            Some(resident_number(number, today).map_err(|refusal| ("id_number", refusal))?)
        }
        (_, Some(number)) => {
            let form = (4..=24).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'.');
            if !form {
                return Err(("id_number", Refusal::new("id-number-form")));
            }
            None
        }
    };
    identity.id_number = number;
    if let Some(phone) = identity.phone.take().filter(|p| !p.trim().is_empty()) {
        let normal = normal_phone(&phone).ok_or(("phone", Refusal::new("phone-form")))?;
        identity.phone = Some(normal);
    }
    Ok(Checked { identity, resident })
}

/// An identity with most of it hidden: enough to tell two neighbours apart, not to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Masked {
    /// The first character of the name, then stars: 张**.
    pub name: String,
    /// The kind of document.
    pub id_type: IdType,
    /// The ends of the number: 2202**********1234.
    pub id_number: Option<String>,
    /// The ends of the telephone number: 138****1234.
    pub phone: Option<String>,
}

impl Identity {
    /// The masked form.
    pub fn masked(&self) -> Masked {
        let length = self.name.chars().count();
        let head: String = self.name.chars().take(1).collect();
        Masked {
            name: format!("{head}{}", "*".repeat(length.saturating_sub(1).clamp(1, 3))),
            id_type: self.id_type,
            id_number: self.id_number.as_deref().map(|n| match n.len() {
                18.. => ends(n, 4, 4),
                7.. => ends(n, 2, 2),
                _ => ends(n, 1, 0),
            }),
            phone: self.phone.as_deref().map(|p| match p.len() {
                11.. => ends(p, 3, 4),
                _ => ends(p, 3, 2),
            }),
        }
    }
}

fn ends(text: &str, first: usize, last: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let hidden = chars.len().saturating_sub(first + last);
    let head: String = chars.iter().take(first).collect();
    let tail: String = chars.iter().skip(first + hidden).collect();
    format!("{head}{}{tail}", "*".repeat(hidden))
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
