//! Areas of the division code (GB/T 2260 and the statistical bureau's 12-digit codes).

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::ParseError;

/// A county-level area: six digits, for example `220202` (Changyi district, Jilin City).
///
/// It leads the key of every large table: access, indexes, partitions and shards go by it.
/// [`AreaCode::NONE`] holds units whose code names no area (tubes of foreign manufacture).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct AreaCode(u32);

impl AreaCode {
    /// The area of units that do not say where they come from.
    pub const NONE: AreaCode = AreaCode(0);

    /// # Errors
    /// [`ParseError`] unless the number has six digits (or is 0, [`AreaCode::NONE`]).
    pub fn new(code: u32) -> Result<AreaCode, ParseError> {
        if code == 0 || (100_000..=999_999).contains(&code) {
            Ok(AreaCode(code))
        } else {
            Err(ParseError::new("area", &code.to_string(), "six digits"))
        }
    }

    /// # Errors
    /// [`ParseError`] unless the text is a six-digit code.
    pub fn parse(text: &str) -> Result<AreaCode, ParseError> {
        text.parse::<u32>()
            .ok()
            .filter(|_| text.len() == 6)
            .and_then(|n| AreaCode::new(n).ok())
            .ok_or_else(|| ParseError::new("area", text, "six digits"))
    }

    /// The code as the number that the stores keep.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    /// From a stored number; anything impossible becomes [`AreaCode::NONE`].
    pub fn from_stored(n: i64) -> AreaCode {
        u32::try_from(n).ok().and_then(|n| AreaCode::new(n).ok()).unwrap_or(AreaCode::NONE)
    }
}

impl TryFrom<u32> for AreaCode {
    type Error = ParseError;
    fn try_from(n: u32) -> Result<Self, ParseError> {
        AreaCode::new(n)
    }
}

impl From<AreaCode> for u32 {
    fn from(a: AreaCode) -> u32 {
        a.0
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// The areas that a role covers: everything, a province (`22`), a prefecture (`2202`) or one
/// county (`220202`), written as the leading digits of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaScope {
    low: u32,
    high: u32,
}

impl AreaScope {
    /// Every area.
    pub const ALL: AreaScope = AreaScope { low: 0, high: 999_999 };

    /// # Errors
    /// [`ParseError`] unless the text is empty (everything) or 2, 4 or 6 digits.
    pub fn parse(text: &str) -> Result<AreaScope, ParseError> {
        let wrong = || ParseError::new("area scope", text, "empty, or 2, 4 or 6 digits");
        let width: u32 = match text.len() {
            0 => return Ok(AreaScope::ALL),
            2 => 10_000,
            4 => 100,
            6 => 1,
            _ => return Err(wrong()),
        };
        let n: u32 = text.parse().map_err(|_| wrong())?;
        Ok(AreaScope { low: n * width, high: n * width + width - 1 })
    }

    /// The scope of exactly one county.
    pub fn one(area: AreaCode) -> AreaScope {
        AreaScope { low: area.0, high: area.0 }
    }

    /// Whether the area lies in the scope.
    pub fn contains(self, area: AreaCode) -> bool {
        (self.low..=self.high).contains(&area.0)
    }

    /// Whether every area of `other` lies in this scope.
    pub fn covers(self, other: AreaScope) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// First and last code, for `area BETWEEN $1 AND $2`.
    pub fn bounds(self) -> (i64, i64) {
        (i64::from(self.low), i64::from(self.high))
    }
}

impl TryFrom<String> for AreaScope {
    type Error = ParseError;
    fn try_from(s: String) -> Result<Self, ParseError> {
        AreaScope::parse(&s)
    }
}

impl From<AreaScope> for String {
    fn from(s: AreaScope) -> String {
        s.to_string()
    }
}

impl fmt::Display for AreaScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.high - self.low {
            0 => write!(f, "{:06}", self.low),
            99 => write!(f, "{:04}", self.low / 100),
            9_999 => write!(f, "{:02}", self.low / 10_000),
            _ => Ok(()),
        }
    }
}

/// The code of any place, from province to entrance, for example `220202001001` (a community)
/// or `220202001001-03-05-2` (compound 3, building 5, entrance 2 of it).
///
/// Each level's code starts with its parent's, so a subtree is a prefix range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceCode(String);

impl PlaceCode {
    /// # Errors
    /// [`ParseError`] unless the text is 2–40 digits, capital letters or hyphens, starting
    /// with a digit.
    pub fn parse(text: &str) -> Result<PlaceCode, ParseError> {
        let well_formed = (2..=40).contains(&text.len())
            && text.as_bytes()[0].is_ascii_digit()
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'-');
        if well_formed {
            Ok(PlaceCode(text.to_owned()))
        } else {
            Err(ParseError::new("place", text, "2 to 40 digits, capitals or hyphens"))
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The county that the place lies in; `None` above county level.
    pub fn area(&self) -> Option<AreaCode> {
        self.0.get(..6).and_then(|t| AreaCode::parse(t).ok())
    }
}

impl TryFrom<String> for PlaceCode {
    type Error = ParseError;
    fn try_from(s: String) -> Result<Self, ParseError> {
        PlaceCode::parse(&s)
    }
}

impl From<PlaceCode> for String {
    fn from(p: PlaceCode) -> String {
        p.0
    }
}

impl fmt::Display for PlaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_its_counties_and_no_others() -> Result<(), ParseError> {
        let city = AreaScope::parse("2202")?;
        assert!(city.contains(AreaCode::new(220_202)?));
        assert!(!city.contains(AreaCode::new(220_102)?));
        assert!(AreaScope::parse("22")?.covers(city));
        assert!(!city.covers(AreaScope::ALL));
        for text in ["", "22", "2202", "220202"] {
            assert_eq!(AreaScope::parse(text)?.to_string(), text);
        }
        Ok(())
    }

    #[test]
    fn a_place_knows_its_county() -> Result<(), ParseError> {
        let entrance = PlaceCode::parse("220202001001-03-05-2")?;
        assert_eq!(entrance.area(), Some(AreaCode::new(220_202)?));
        assert_eq!(PlaceCode::parse("2202")?.area(), None);
        assert!(PlaceCode::parse("x1").is_err());
        Ok(())
    }
}
