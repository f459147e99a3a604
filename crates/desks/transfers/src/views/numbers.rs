//! Numbers: how many rides stand where, and what happened by hour.

use std::collections::BTreeMap;

use ledger::Result;
use store::Connection;
use types::{AreaScope, Micros};

use crate::tables::{COUNTS, FLOWS, LATE};
use crate::words::{Flow, Reason, Stage};

/// How many rides stand where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// By stage and reason.
    pub by: BTreeMap<(Stage, Reason), i64>,
}

impl Numbers {
    /// All in a stage.
    pub fn of(&self, stage: Stage) -> i64 {
        self.by.iter().filter(|((s, _), _)| *s == stage).map(|(_, n)| n).sum()
    }

    /// Everybody who still has to be brought.
    pub fn open(&self) -> i64 {
        Stage::ALL.iter().filter(|stage| stage.is_open()).map(|stage| self.of(*stage)).sum()
    }

    /// Every ride that there ever was.
    pub fn all(&self) -> i64 {
        self.by.values().sum()
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
        if let (Some(stage), Some(reason)) =
            (Stage::parse(row.text(0)?), Reason::parse(row.text(1)?))
        {
            numbers.by.insert((stage, reason), row.int(2)?);
        }
    }
    Ok(numbers)
}

/// How many wait for a ride or for the vehicle who were to be picked up before the quarter of an hour that
/// runs: the list of [`super::waiting`] before [`crate::quarter`] of now.
///
/// # Errors
/// As [`numbers`].
pub async fn late(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<i64> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), crate::quarter(now).into()];
    let row = db.first(&LATE, &params).await?;
    Ok(row.map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

/// What happened by hour, from (inclusive) and until (exclusive): how often, and the minutes that it
/// took in sum.
///
/// # Errors
/// As [`numbers`].
pub async fn flows(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<BTreeMap<(Micros, Flow), (i64, i64)>> {
    let (low, high) = scope.bounds();
    let params = [from.into(), until.into(), low.into(), high.into()];
    let mut found = BTreeMap::new();
    for row in db.query(&FLOWS, &params).await? {
        if let Some(what) = Flow::parse(row.text(1)?) {
            found.insert((row.time(0)?, what), (row.int(2)?, row.int(3)?));
        }
    }
    Ok(found)
}
