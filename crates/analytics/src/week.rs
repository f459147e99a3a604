//! Epidemiological weeks.
//!
//! ISO 8601 weeks start on Monday; week 1 holds 4 January. MMWR weeks, of the United States'
//! *Morbidity and Mortality Weekly Report*, start on Sunday; week 1 is the first with at least four
//! days in the year, that is, again the one that holds 4 January. Days around a new year may
//! belong to a week of the other year, so a week always carries its own year.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::fmt;

/// Whose weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Calendar {
    /// ISO 8601: Monday to Sunday.
    Iso,
    /// MMWR (United States): Sunday to Saturday.
    Mmwr,
}

/// A week of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EpiWeek {
    /// Whose weeks.
    pub calendar: Calendar,
    /// The year that the week belongs to; for a day near a new year maybe not the day's own.
    pub year: i16,
    /// 1 to 53.
    pub week: i8,
}

impl EpiWeek {
    /// The week of a day; `None` within days of the end of the calendar (year 9999).
    pub fn of(day: Date, calendar: Calendar) -> Option<EpiWeek> {
        // The fourth day of the week decides its year.
        let middle = first_day_of_week(day, calendar)?.checked_add(3.days()).ok()?;
        let week = (middle.day_of_year() - 1) / 7 + 1;
        Some(EpiWeek { calendar, year: middle.year(), week: i8::try_from(week).ok()? })
    }

    /// The first day of the week; `None` when the year has no such week.
    pub fn first_day(self) -> Option<Date> {
        let fourth = Date::new(self.year, 1, 4).ok()?;
        let first = first_day_of_week(fourth, self.calendar)?;
        let day = first.checked_add((i64::from(self.week) - 1).weeks()).ok()?;
        (EpiWeek::of(day, self.calendar)? == self).then_some(day)
    }
}

fn first_day_of_week(day: Date, calendar: Calendar) -> Option<Date> {
    let since = match calendar {
        Calendar::Iso => day.weekday().to_monday_zero_offset(),
        Calendar::Mmwr => day.weekday().to_sunday_zero_offset(),
    };
    day.checked_sub(i64::from(since).days()).ok()
}

impl fmt::Display for EpiWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-W{:02}", self.year, self.week)
    }
}
