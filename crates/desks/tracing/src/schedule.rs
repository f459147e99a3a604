//! Until when somebody is kept apart, where, and on which days tests are due. Pure.
//!
//! Days count from the last contact: the day after it is day 1. Who arrives late is due for the tests of
//! the days that have passed at once, and one test makes up for all of them.

use protocol::{Edition, QuarantinePlace};
use serde::{Deserialize, Serialize};
use types::{Micros, Refusal, Span};

use crate::calendar::Calendar;
use crate::rows::Test;
use crate::words::{Degree, Kept};

/// One phase of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Where.
    pub kept: Kept,
    /// Whether it is the monitoring after a quarantine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after: bool,
    /// The last contact that it counts from.
    pub last: Micros,
    /// The day on which it is over.
    pub until: Micros,
    /// The days on which tests are due, the earliest first.
    pub tests: Vec<Micros>,
    /// Negative tests that the last day asks for, of different samples.
    pub before_release: u32,
    /// The parameter.
    pub rule: String,
    /// The edition.
    pub edition: String,
}

impl Schedule {
    /// The next day on which a test is due: the first one on or after which no sample was taken.
    pub fn test_due(&self, tests: &[Test]) -> Option<Micros> {
        let latest = tests.iter().map(|test| test.day).max();
        self.tests.iter().copied().find(|day| latest.is_none_or(|latest| latest < *day))
    }

    /// Which day of it a day is, from 1; less before it began.
    pub fn number(&self, calendar: &Calendar, day: Micros) -> i64 {
        let begin = calendar.day(self.last);
        // Days are at least 23 hours long: half a day more makes each count once.
        ((day - begin).0 + Span::hours(12).0).div_euclid(Span::days(1).0)
    }
}

/// Whole days of a span; part of a day counts as one.
fn days(span: Span) -> i64 {
    let day = Span::days(1).0;
    (span.0 + day - 1).div_euclid(day)
}

/// How long somebody of a degree is kept apart first.
///
/// # Errors
/// `protocol-not-in-force` when the edition says nothing about such contacts.
pub fn quarantine(
    edition: &Edition,
    calendar: &Calendar,
    degree: Degree,
    last: Micros,
) -> Result<Schedule, Refusal> {
    let rules = edition.contacts()?;
    let begin = calendar.day(last);
    let on = |days: &[u16]| days.iter().map(|n| calendar.after(begin, i64::from(*n))).collect();
    match degree {
        Degree::Close => {
            let length = rules.quarantine.value;
            let at_home = length.centralized <= Span(0);
            let span = if at_home { length.home } else { length.centralized };
            let tests = rules.tests.as_ref().map(|rule| &rule.value);
            let named =
                tests.map_or(&[][..], |t| if at_home { &t.home.0 } else { &t.centralized.0 });
            let info = rules.quarantine.info();
            Ok(Schedule {
                kept: if at_home { Kept::Home } else { Kept::Site },
                after: false,
                last,
                until: calendar.after(begin, days(span)),
                tests: on(named),
                before_release: match tests {
                    Some(tests) if tests.double_before_release => 2,
                    Some(_) if !named.is_empty() => 1,
                    _ => 0,
                },
                rule: info.rule.clone(),
                edition: info.edition.short_name(),
            })
        }
        Degree::Secondary => {
            let Some(rule) = &rules.secondary else {
                return Err(Refusal::new("no-secondary-contacts").by_rule("cc2.q"));
            };
            let info = rule.info();
            let rule = &rule.value;
            Ok(Schedule {
                kept: match rule.place {
                    QuarantinePlace::Centralized => Kept::Site,
                    QuarantinePlace::Home => Kept::Home,
                },
                after: false,
                last,
                until: calendar.after(begin, days(rule.length)),
                tests: on(&rule.test_days.0),
                before_release: u32::from(!rule.test_days.0.is_empty()),
                rule: info.rule.clone(),
                edition: info.edition.short_name(),
            })
        }
    }
}

/// The monitoring at home that follows a quarantine, where the edition has one.
///
/// # Errors
/// As [`quarantine`].
pub fn monitoring(
    edition: &Edition,
    calendar: &Calendar,
    degree: Degree,
    before: &Schedule,
) -> Result<Option<Schedule>, Refusal> {
    let rules = edition.contacts()?;
    let length = rules.quarantine.value;
    let two_phases = length.centralized > Span(0) && length.home > Span(0);
    if degree != Degree::Close || before.after || !two_phases {
        return Ok(None);
    }
    // It counts from the end of the quarantine, wherever the person was let go.
    let begin = before.until;
    let tests = rules.tests.as_ref().map_or(&[][..], |rule| &rule.value.home.0);
    let info = rules.quarantine.info();
    Ok(Some(Schedule {
        kept: Kept::Home,
        after: true,
        last: before.last,
        until: calendar.after(begin, days(length.home)),
        tests: tests.iter().map(|n| calendar.after(begin, i64::from(*n))).collect(),
        before_release: u32::from(!tests.is_empty()),
        rule: info.rule.clone(),
        edition: info.edition.short_name(),
    }))
}

/// The time from the last contact to the end of everything, for somebody of a degree.
///
/// # Errors
/// As [`quarantine`].
pub fn whole(edition: &Edition, degree: Degree) -> Result<Span, Refusal> {
    let rules = edition.contacts()?;
    match (degree, &rules.secondary) {
        (Degree::Close, _) => Ok(rules.quarantine.value.whole()),
        (Degree::Secondary, Some(rule)) => Ok(rule.value.length),
        (Degree::Secondary, None) => Err(Refusal::new("no-secondary-contacts").by_rule("cc2.q")),
    }
}
