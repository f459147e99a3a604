//! Instants and durations: whole microseconds, so that both stores keep them as one integer.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

use crate::ParseError;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// A length of time in microseconds; may be negative.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Micros {
    /// The latest instant that can be stored: "no end known".
    pub const MAX: Micros = Micros(i64::MAX);

    /// Reads RFC 3339, for example `2022-03-15T08:00:00+08:00`.
    ///
    /// # Errors
    /// [`ParseError`] when the text is not an instant with an offset.
    pub fn parse(text: &str) -> Result<Micros, ParseError> {
        text.parse::<jiff::Timestamp>()
            .map(|t| Micros(t.as_microsecond()))
            .map_err(|_| ParseError::new("time", text, "RFC 3339 with an offset"))
    }

    /// RFC 3339 in UTC, the form that the API and exports use.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map_or_else(|_| "never".to_owned(), |t| t.to_string())
    }

    /// The start of the hour that holds this instant. Hours are those of UTC; every zone
    /// with whole-hour offset (China has one, UTC+8) cuts them alike.
    pub fn hour_start(self) -> Micros {
        self.floor(Span::hours(1))
    }

    /// The start of the stretch that holds this instant, where time is cut into stretches of one
    /// length from the epoch on.
    pub fn floor(self, length: Span) -> Micros {
        Micros(self.0.saturating_sub(self.0.rem_euclid(length.0)))
    }
}

impl Span {
    /// `n` whole seconds.
    pub const fn seconds(n: i64) -> Span {
        Span(n * 1_000_000)
    }
    /// `n` whole minutes.
    pub const fn minutes(n: i64) -> Span {
        Span::seconds(n * 60)
    }
    /// `n` whole hours.
    pub const fn hours(n: i64) -> Span {
        Span::minutes(n * 60)
    }
    /// `n` days of 24 hours.
    pub const fn days(n: i64) -> Span {
        Span::hours(n * 24)
    }
    /// The length in hours, with fraction, for display and percentiles.
    pub fn as_hours(self) -> f64 {
        self.0 as f64 / Span::hours(1).0 as f64
    }
}

impl Add<Span> for Micros {
    type Output = Micros;
    fn add(self, span: Span) -> Micros {
        Micros(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Micros {
    type Output = Micros;
    fn sub(self, span: Span) -> Micros {
        Micros(self.0.saturating_sub(span.0))
    }
}

impl Sub for Micros {
    type Output = Span;
    fn sub(self, other: Micros) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl fmt::Debug for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_begins_at_or_before_its_instants_also_before_the_epoch() {
        let quarter = Span::minutes(15);
        assert_eq!(Micros(quarter.0).floor(quarter), Micros(quarter.0));
        assert_eq!(Micros(quarter.0 * 2 - 1).floor(quarter), Micros(quarter.0));
        assert_eq!(Micros(-1).floor(quarter), Micros(-quarter.0));
        assert_eq!(Micros(i64::MIN).floor(quarter), Micros(i64::MIN));
    }
}
