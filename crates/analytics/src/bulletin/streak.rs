//! "On n days in a row".

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// For how many days in a row something has been so, counted back from a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Streak {
    /// Days in a row that are known to be so.
    pub days: usize,
    /// Whether the day before them is known not to be so. Else the streak may be longer than
    /// `days`, and only "at least" may be said.
    pub closed: bool,
}

/// The days in a row, up to and including `until`, on which `more` is above `less`, for example
/// discharges above new infections. A day of which either is not known ends the count.
pub fn streak(more: &BTreeMap<Date, u64>, less: &BTreeMap<Date, u64>, until: Date) -> Streak {
    let mut days = 0;
    let mut day = until;
    loop {
        match (more.get(&day), less.get(&day)) {
            (Some(a), Some(b)) if a.cmp(b) == Ordering::Greater => days += 1,
            (Some(_), Some(_)) => return Streak { days, closed: true },
            _ => return Streak { days, closed: false },
        }
        match day.checked_sub(1.days()) {
            Ok(before) => day = before,
            Err(_) => return Streak { days, closed: false },
        }
    }
}
