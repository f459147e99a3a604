//! The hours that a figure covers.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use std::fmt;
use types::Micros;

use crate::AnalyticsError;

/// Whole hours of one day by the clock of the place, `from` included, `to` not.
///
/// Bulletins of spring 2022 covered 0–24 h, 0–9 h, 8–24 h or 9–24 h of a day. Two figures of one
/// day with other hours are two figures, not a contradiction: on 18 March 2022 the province said
/// 1,289 new confirmed (8–24 h) and the national report 1,674 (0–24 h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawWindow", into = "RawWindow")]
pub struct ReportWindow {
    day: Date,
    from: u8,
    to: u8,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct RawWindow {
    day: Date,
    from: u8,
    to: u8,
}

impl ReportWindow {
    /// The whole day.
    pub fn whole(day: Date) -> ReportWindow {
        ReportWindow { day, from: 0, to: 24 }
    }

    /// Some hours of a day.
    ///
    /// # Errors
    /// [`AnalyticsError::Bulletin`] unless 0 ≤ from < to ≤ 24.
    pub fn hours(day: Date, from: u8, to: u8) -> Result<ReportWindow, AnalyticsError> {
        if from < to && to <= 24 {
            Ok(ReportWindow { day, from, to })
        } else {
            let why = format!("{from}–{to} h is not a window of a day: 0 ≤ from < to ≤ 24");
            Err(AnalyticsError::Bulletin(why))
        }
    }

    /// The day.
    pub fn day(self) -> Date {
        self.day
    }

    /// Whether it covers the whole day.
    pub fn is_whole(self) -> bool {
        self.from == 0 && self.to == 24
    }

    /// First instant, for a place whose clocks are `offset` from UTC all day.
    pub fn start(self, offset: Offset) -> Micros {
        instant(self.day, self.from, offset)
    }

    /// First instant after it.
    pub fn end(self, offset: Offset) -> Micros {
        instant(self.day, self.to, offset)
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: Micros, offset: Offset) -> bool {
        self.start(offset) <= at && at < self.end(offset)
    }

    /// The window of both, when they are of one day and one ends where the other starts: only such
    /// figures may be added up.
    pub fn joined(self, other: ReportWindow) -> Option<ReportWindow> {
        if self.day != other.day {
            None
        } else if self.to == other.from {
            Some(ReportWindow { to: other.to, ..self })
        } else if other.to == self.from {
            Some(ReportWindow { from: other.from, ..self })
        } else {
            None
        }
    }
}

fn instant(day: Date, hour: u8, offset: Offset) -> Micros {
    // Hour 24 is the start of the next day; at the calendar's very end there is none.
    let (day, hour) = match hour {
        24 => (day.checked_add(1.days()).unwrap_or(Date::MAX), 0),
        hour => (day, i8::try_from(hour).unwrap_or(0)),
    };
    offset.to_timestamp(day.at(hour, 0, 0, 0)).map_or(Micros::MAX, |t| Micros(t.as_microsecond()))
}

impl TryFrom<RawWindow> for ReportWindow {
    type Error = AnalyticsError;
    fn try_from(raw: RawWindow) -> Result<ReportWindow, AnalyticsError> {
        ReportWindow::hours(raw.day, raw.from, raw.to)
    }
}

impl From<ReportWindow> for RawWindow {
    fn from(w: ReportWindow) -> RawWindow {
        RawWindow { day: w.day, from: w.from, to: w.to }
    }
}

impl fmt::Display for ReportWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}–{} h", self.day, self.from, self.to)
    }
}
