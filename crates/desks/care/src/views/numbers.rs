//! Numbers: how many stand where, who waits since when, what happened by hour.

use std::collections::BTreeMap;

use ledger::Result;
use store::Connection;
use types::{AreaScope, Micros, Span};

use crate::tables::{COUNTS, FLOWS, WAITS};
use crate::triage::Condition;
use crate::words::{Flow, Stage};

/// How many episodes stand where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// By stage and condition.
    pub by: BTreeMap<(Stage, Condition), i64>,
    /// Those in the queue by the hour since which they wait, and condition.
    pub waits: BTreeMap<(Micros, Condition), i64>,
}

impl Numbers {
    /// All in a stage.
    pub fn of(&self, stage: Stage) -> i64 {
        self.by.iter().filter(|((s, _), _)| *s == stage).map(|(_, n)| n).sum()
    }

    /// Everybody who is positive and not in a bed.
    pub fn queued(&self) -> i64 {
        Stage::ALL.iter().filter(|stage| stage.is_queued()).map(|stage| self.of(*stage)).sum()
    }

    /// Every episode there ever was.
    pub fn all(&self) -> i64 {
        self.by.values().sum()
    }

    /// In the queue in a condition.
    pub fn queued_in(&self, condition: Condition) -> i64 {
        let queued = self.by.iter().filter(|((s, c), _)| s.is_queued() && *c == condition);
        queued.map(|(_, n)| n).sum()
    }

    /// Those in the queue whose wait, in whole hours of its begin, is `from` or longer and shorter
    /// than `until`.
    pub fn waiting(&self, now: Micros, from: Span, until: Option<Span>) -> i64 {
        let (latest, earliest) = bounds(now, from, until);
        let within = |at: Micros| at < latest && earliest.is_none_or(|earliest| at >= earliest);
        self.waits.iter().filter(|((at, _), _)| within(*at)).map(|(_, n)| n).sum()
    }
}

/// From when to when somebody began to wait who has waited for `from` or longer and for less than
/// `until`: whole hours, so that a figure and its list agree.
pub(crate) fn bounds(now: Micros, from: Span, until: Option<Span>) -> (Micros, Option<Micros>) {
    let hour = now.hour_start() + Span::hours(1);
    (hour - from, until.map(|until| hour - until))
}

impl Numbers {
    /// The moments between which the people of [`Numbers::waiting`] began to wait: from (inclusive),
    /// nothing for ever, until (exclusive).
    pub fn began(now: Micros, from: Span, until: Option<Span>) -> (Option<Micros>, Micros) {
        let (latest, earliest) = bounds(now, from, until);
        (earliest, latest)
    }
}

/// The numbers of a scope.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn numbers(db: &mut Connection, scope: AreaScope) -> Result<Numbers> {
    let (low, high) = scope.bounds();
    let mut numbers = Numbers::default();
    for row in db.query(&COUNTS, &[low.into(), high.into()]).await? {
        if let (Some(stage), Some(condition)) =
            (Stage::parse(row.text(0)?), Condition::of_rank(row.int(1)?))
        {
            numbers.by.insert((stage, condition), row.int(2)?);
        }
    }
    for row in db.query(&WAITS, &[low.into(), high.into()]).await? {
        if let Some(condition) = Condition::of_rank(row.int(1)?) {
            numbers.waits.insert((row.time(0)?, condition), row.int(2)?);
        }
    }
    Ok(numbers)
}

/// What happened by hour, from (inclusive) and until (exclusive).
///
/// # Errors
/// As [`numbers`].
pub async fn flows(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<BTreeMap<(Micros, Flow), i64>> {
    let (low, high) = scope.bounds();
    let params = [from.into(), until.into(), low.into(), high.into()];
    let mut found = BTreeMap::new();
    for row in db.query(&FLOWS, &params).await? {
        if let Some(what) = Flow::parse(row.text(1)?) {
            found.insert((row.time(0)?, what), row.int(2)?);
        }
    }
    Ok(found)
}
