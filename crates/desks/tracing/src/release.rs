//! Release: whether somebody's time is over, with the evidence. Pure.

use serde::{Deserialize, Serialize};
use types::Micros;

use crate::calendar::Calendar;
use crate::rows::{Contact, Test};
use crate::schedule::Schedule;

/// One criterion, and what it was held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Which: `time`, `tests`, `last_tests`, `health`, or `no_source`.
    pub what: String,
    /// Whether it is met.
    pub met: bool,
    /// What was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limit: String,
}

/// What the rules say of somebody's release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The parameter.
    pub rule: String,
    /// The edition.
    pub edition: String,
    /// Each criterion.
    pub criteria: Vec<Criterion>,
}

impl Verdict {
    /// Whether all are met.
    pub fn is_met(&self) -> bool {
        !self.criteria.is_empty() && self.criteria.iter().all(|c| c.met)
    }

    /// Those that are not met, by name.
    pub fn unmet(&self) -> Vec<&str> {
        self.criteria.iter().filter(|c| !c.met).map(|c| c.what.as_str()).collect()
    }
}

fn criterion(what: &str, met: bool, value: String, limit: String) -> Criterion {
    Criterion { what: what.to_owned(), met, value, limit }
}

/// Holds somebody under observation against the schedule, at a time. Nothing for somebody who is not.
///
/// Of whom no source stands any more there is no ground to keep: that alone is enough.
pub fn verdict(contact: &Contact, calendar: &Calendar, now: Micros) -> Option<Verdict> {
    let schedule = contact.schedule.as_ref().filter(|_| contact.stage.is_observed())?;
    let criteria = if contact.unfounded {
        vec![criterion("no_source", true, String::new(), String::new())]
    } else {
        let mut all = vec![by_time(schedule, calendar, now)];
        if !schedule.tests.is_empty() {
            all.push(by_tests(schedule, calendar, &contact.tests));
            all.push(by_last(schedule, &contact.tests));
        }
        all.push(criterion("health", !contact.ill, String::new(), String::new()));
        all
    };
    Some(Verdict { rule: schedule.rule.clone(), edition: schedule.edition.clone(), criteria })
}

fn by_time(schedule: &Schedule, calendar: &Calendar, now: Micros) -> Criterion {
    let today = calendar.day(now);
    let number = |day| schedule.number(calendar, day).to_string();
    criterion("time", today >= schedule.until, number(today), number(schedule.until))
}

/// Every test of the schedule was taken, or made up for by a later one.
fn by_tests(schedule: &Schedule, calendar: &Calendar, tests: &[Test]) -> Criterion {
    let number = |day| schedule.number(calendar, day);
    let due = schedule.test_due(tests);
    let mut taken: Vec<i64> = tests.iter().map(|t| number(t.day)).filter(|n| *n >= 0).collect();
    taken.dedup();
    let listed = |days: Vec<i64>| days.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let asked: Vec<i64> = schedule.tests.iter().map(|day| number(*day)).collect();
    criterion("tests", due.is_none(), listed(taken), listed(asked))
}

/// The tests of the last day are there and negative, each of a sample of its own.
fn by_last(schedule: &Schedule, tests: &[Test]) -> Criterion {
    let last = schedule.tests.last().copied().unwrap_or(Micros(i64::MAX));
    let of_last: Vec<&Test> = tests.iter().filter(|test| test.day >= last).collect();
    let negative = of_last.iter().filter(|test| !test.positive).count();
    let positive = of_last.len() - negative;
    let asked = schedule.before_release as usize;
    criterion(
        "last_tests",
        positive == 0 && negative >= asked,
        negative.to_string(),
        asked.to_string(),
    )
}
