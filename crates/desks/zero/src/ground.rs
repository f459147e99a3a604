//! What a claim is about: a province, a city, a county or a street.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, ParseError, PlaceCode};

/// Digits of the code of a street or a township.
pub(crate) const STREET: usize = 9;

/// The ground that a claim is about, written by its division code: 2, 4, 6 or 9 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ground(PlaceCode);

impl Ground {
    /// # Errors
    /// [`ParseError`] unless the text is 2, 4, 6 or 9 digits.
    pub fn parse(text: &str) -> Result<Ground, ParseError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && matches!(text.len(), 2 | 4 | 6 | STREET) {
            PlaceCode::parse(text).map(Ground)
        } else {
            Err(ParseError::new("ground", text, "2, 4, 6 or 9 digits of a division code"))
        }
    }

    /// A county.
    pub fn county(area: AreaCode) -> Option<Ground> {
        Ground::parse(&area.to_string()).ok()
    }

    /// Its code.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its code, as a place's.
    pub fn place(&self) -> &PlaceCode {
        &self.0
    }

    /// Whether it is a part of a county.
    pub fn is_street(&self) -> bool {
        self.as_str().len() == STREET
    }

    /// The counties that it lies in or is made of.
    pub fn scope(&self) -> AreaScope {
        let county = &self.as_str()[..self.as_str().len().min(6)];
        // Two, four or six digits are always a scope; all areas would be the safe side.
        AreaScope::parse(county).unwrap_or(AreaScope::ALL)
    }

    /// Whether something there concerns it. Of what is somewhere in a county, and nobody knows where, every
    /// street of the county has to answer for.
    pub fn holds(&self, area: AreaCode, place: Option<&PlaceCode>) -> bool {
        if !self.scope().contains(area) {
            return false;
        }
        match place.map(PlaceCode::as_str) {
            Some(place) if self.is_street() && place.len() >= STREET => {
                place.starts_with(self.as_str())
            }
            _ => true,
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Ground {
    type Error = ParseError;
    fn try_from(text: String) -> Result<Self, ParseError> {
        Ground::parse(&text)
    }
}

impl From<Ground> for String {
    fn from(ground: Ground) -> String {
        ground.0.into()
    }
}
