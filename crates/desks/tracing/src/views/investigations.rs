//! Investigations, and where cases were.

use std::collections::HashMap;

use ledger::{Cursor, Result};
use store::{Connection, Row, Value};
use types::{AreaScope, Micros, UnitId};

use crate::rows::{Investigation, Stay, read_investigation, read_stay};
use crate::tables::{
    INVESTIGATION_BY_ID, INVESTIGATIONS_DUE, INVESTIGATIONS_NEW, STAYS_AT, STAYS_OF, UNINVESTIGATED,
};
use crate::words::Progress;

/// One investigation.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn investigation(db: &mut Connection, id: UnitId) -> Result<Option<Investigation>> {
    Ok(investigations(db, &[id]).await?.pop())
}

/// Investigations in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`investigation`].
pub async fn investigations(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Investigation>> {
    let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&INVESTIGATION_BY_ID, &keys).await? {
        let investigation = read_investigation(&row)?;
        found.insert(investigation.id, investigation);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn read(rows: &[Row]) -> Result<Vec<Investigation>> {
    rows.iter().map(|row| read_investigation(row).map_err(Into::into)).collect()
}

/// Which investigations a list has.
#[derive(Clone, Copy, Debug)]
pub struct DueFilter {
    /// Of which areas.
    pub scope: AreaScope,
    /// Only those that have come so far.
    pub progress: Option<Progress>,
}

/// Open investigations, those first whose next clock runs out first.
///
/// # Errors
/// As [`investigation`].
pub async fn urgent(
    db: &mut Connection,
    filter: DueFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Investigation>> {
    let (low, high) = filter.scope.bounds();
    let [at, id] = Cursor::values(after);
    let progress = filter.progress.map_or("", Progress::as_str);
    let params: [Value; 6] = [low.into(), high.into(), progress.into(), at, id, limit.into()];
    read(&db.query(&INVESTIGATIONS_DUE, &params).await?)
}

/// All investigations, the newest first.
///
/// # Errors
/// As [`investigation`].
pub async fn latest(
    db: &mut Connection,
    filter: DueFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Investigation>> {
    let (low, high) = filter.scope.bounds();
    let before = after.map_or([Micros::MAX.into(), [0xffu8; 16].into()], |cursor| {
        [Value::from(cursor.at), cursor.id.into()]
    });
    let progress = filter.progress.map_or("", Progress::as_str);
    let [at, id] = before;
    let params: [Value; 6] = [low.into(), high.into(), progress.into(), at, id, limit.into()];
    read(&db.query(&INVESTIGATIONS_NEW, &params).await?)
}

/// Open infections that have no investigation: from before there was a tracing desk.
///
/// # Errors
/// As [`investigation`].
pub async fn uninvestigated(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<UnitId>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&UNINVESTIGATED, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(1)?))).collect()
}

/// The stays of an investigation: those that stand, and those that were dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stays {
    /// By time.
    pub standing: Vec<Stay>,
    /// By time.
    pub dropped: Vec<Stay>,
}

/// Where a case was.
///
/// # Errors
/// As [`investigation`].
pub async fn stays(db: &mut Connection, investigation: UnitId) -> Result<Stays> {
    let keys = [investigation.area().into(), investigation.into()];
    let mut found = Stays::default();
    for row in db.lookup(&STAYS_OF, &keys).await? {
        let (_, stay) = read_stay(&row)?;
        if row.flag(8)? { found.dropped.push(stay) } else { found.standing.push(stay) }
    }
    for stays in [&mut found.standing, &mut found.dropped] {
        stays.sort_by_key(|stay| (stay.from, stay.n));
    }
    Ok(found)
}

/// Stays of other cases at the places of some stays and at the same time: by the number of the stay.
///
/// # Errors
/// As [`investigation`].
pub async fn shared(
    db: &mut Connection,
    case: UnitId,
    stays: &[Stay],
) -> Result<HashMap<u32, Vec<(UnitId, Stay)>>> {
    let mut keys: Vec<String> = stays.iter().map(Stay::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let keys: Vec<Value> = keys.into_iter().map(Value::from).collect();
    let mut others: HashMap<String, Vec<(UnitId, Stay)>> = HashMap::new();
    for row in db.lookup(&STAYS_AT, &keys).await? {
        let (other, stay) = read_stay(&row)?;
        if other != case {
            others.entry(stay.key()).or_default().push((other, stay));
        }
    }
    let mut found = HashMap::new();
    for stay in stays {
        let there = others.get(&stay.key()).into_iter().flatten();
        let mut met: Vec<(UnitId, Stay)> =
            there.filter(|(_, other)| other.meets(stay)).cloned().collect();
        met.sort_by_key(|(other, stay)| (stay.from, *other));
        if !met.is_empty() {
            found.insert(stay.n, met);
        }
    }
    Ok(found)
}
