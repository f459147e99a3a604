//! Sweeps: what goes on, how far each part has come, which doors are to be knocked at.

use ledger::Result;
use registry::place::area_of;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HouseholdId, Micros, PlaceCode, UnitId};

use crate::sweep::{Door, Doors, Stray, Sweep, Visited, read_home, read_stray, read_sweep};
use crate::tables::sweeps;

/// One sweep.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn sweep(db: &mut Connection, id: UnitId) -> Result<Option<Sweep>> {
    let rows = db.lookup(&sweeps::SWEEP_BY_ID, &[id.area().into(), id.into()]).await?;
    Ok(rows.first().map(read_sweep).transpose()?)
}

fn read(rows: &[Row]) -> Result<Vec<Sweep>> {
    rows.iter().map(|row| read_sweep(row).map_err(Into::into)).collect()
}

fn prefix(place: Option<&PlaceCode>) -> [Value; 2] {
    let text = place.map_or("", PlaceCode::as_str);
    [text.into(), format!("{text}~").into()]
}

/// The sweeps of a scope that go on, by place; within one place, if it is named.
///
/// # Errors
/// As [`sweep`].
pub async fn open_sweeps(
    db: &mut Connection,
    scope: AreaScope,
    within: Option<&PlaceCode>,
    limit: i64,
) -> Result<Vec<Sweep>> {
    let (low, high) = scope.bounds();
    let [from, to] = prefix(within);
    let params: [Value; 5] = [low.into(), high.into(), from, to, limit.into()];
    read(&db.query(&sweeps::SWEEPS_OPEN, &params).await?)
}

/// The sweeps of a scope that are over, the latest first.
///
/// # Errors
/// As [`sweep`].
pub async fn closed_sweeps(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<Sweep>> {
    let (low, high) = scope.bounds();
    let params: [Value; 3] = [low.into(), high.into(), limit.into()];
    read(&db.query(&sweeps::SWEEPS_CLOSED, &params).await?)
}

/// How many sweeps go on, and how many of their households nobody has found, by the first digits of places.
///
/// # Errors
/// As [`sweep`].
pub async fn sweeping_by_place(
    db: &mut Connection,
    scope: AreaScope,
    digits: i64,
) -> Result<Vec<(AreaCode, String, [i64; 2])>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), digits.into()];
    let rows = db.query(&sweeps::SWEEPING_BY_PLACE, &params).await?;
    let read = |row: &Row| Ok((row.area(0)?, row.text(1)?.to_owned(), [row.int(2)?, row.int(3)?]));
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// How many doors that no list has nobody has settled, by the first digits of places.
///
/// # Errors
/// As [`sweep`].
pub async fn strays_by_place(
    db: &mut Connection,
    scope: AreaScope,
    digits: i64,
) -> Result<Vec<(AreaCode, String, i64)>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), digits.into()];
    let rows = db.query(&sweeps::STRAYS_BY_PLACE, &params).await?;
    let read = |row: &Row| Ok((row.area(0)?, row.text(1)?.to_owned(), row.int(2)?));
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// Where a list of homes goes on: the last home before.
pub type HomeCursor = (PlaceCode, HouseholdId);

/// The homes of a sweep in the order of the walk; those in one state and in one part, if these are named.
///
/// # Errors
/// As [`sweep`].
pub async fn homes(
    db: &mut Connection,
    sweep: UnitId,
    (state, part): (Option<Door>, Option<&PlaceCode>),
    after: Option<&HomeCursor>,
    limit: i64,
) -> Result<Vec<Visited>> {
    let [from, to] = prefix(part);
    let params: [Value; 8] = [
        sweep.area().into(),
        sweep.into(),
        state.map_or("", Door::as_str).into(),
        from,
        to,
        after.map_or("", |(place, _)| place.as_str()).into(),
        after.map_or([0; 16], |(_, household)| household.bytes()).into(),
        limit.into(),
    ];
    let rows = db.query(&sweeps::HOMES_OF, &params).await?;
    rows.iter().map(|row| Ok(read_home(row)?.1)).collect()
}

/// A part of a sweep, with who goes there.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The area, a compound, a building or an entrance.
    pub place: PlaceCode,
    /// Its households.
    pub doors: Doors,
    /// Who goes there, and since when.
    pub who: Option<(String, Micros)>,
}

/// The parts of a sweep, the widest first.
///
/// # Errors
/// As [`sweep`].
pub async fn parts(db: &mut Connection, sweep: UnitId) -> Result<Vec<Part>> {
    let rows = db.query(&sweeps::PARTS_OF, &[sweep.area().into(), sweep.into()]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let Ok(place) = PlaceCode::parse(row.text(0)?) else { continue };
        let doors = Doors {
            todo: row.int(1)?,
            found: row.int(2)?,
            absent: row.int(3)?,
            refused: row.int(4)?,
        };
        let who = row.opt_text(5)?.filter(|who| !who.is_empty()).map(ToOwned::to_owned);
        found.push(Part { place, doors, who: who.zip(row.opt_time(6)?) });
    }
    Ok(found)
}

/// One visit to a household.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// When somebody stood at the door.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// What was found.
    pub state: Door,
    /// Persons of the list who were seen.
    pub seen: i64,
    /// Persons on no list.
    pub strangers: i64,
    /// Who was there.
    pub actor: String,
    /// What was said.
    pub note: String,
}

/// Every visit to a household in a sweep, the latest first.
///
/// # Errors
/// As [`sweep`].
pub async fn visits(
    db: &mut Connection,
    sweep: UnitId,
    household: HouseholdId,
) -> Result<Vec<Visit>> {
    let params: [Value; 3] = [sweep.area().into(), sweep.into(), household.into()];
    let rows = db.query(&sweeps::VISITS_OF, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(Visit {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                state: row.word(2, "a state", Door::parse)?,
                seen: row.int(3)?,
                strangers: row.int(4)?,
                actor: row.text(5)?.to_owned(),
                note: row.text(6)?.to_owned(),
            })
        })
        .collect()
}

fn strays_of(rows: &[Row]) -> Result<Vec<Stray>> {
    rows.iter().map(|row| read_stray(row).map_err(Into::into)).collect()
}

/// Doors that no list has and that nobody has settled, the oldest first.
///
/// # Errors
/// As [`sweep`].
pub async fn open_strays(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Stray>> {
    let (low, high) = scope.bounds();
    let params: [Value; 3] = [low.into(), high.into(), limit.into()];
    strays_of(&db.query(&sweeps::STRAYS_OPEN, &params).await?)
}

/// Doors that a sweep found and no list has.
///
/// # Errors
/// As [`sweep`].
pub async fn strays(db: &mut Connection, sweep: UnitId) -> Result<Vec<Stray>> {
    strays_of(&db.query(&sweeps::STRAYS_OF, &[sweep.area().into(), sweep.into()]).await?)
}

/// The stray of an id.
///
/// # Errors
/// As [`sweep`].
pub async fn stray(db: &mut Connection, id: UnitId) -> Result<Option<Stray>> {
    let rows = db.lookup(&sweeps::STRAY_BY_ID, &[id.area().into(), id.into()]).await?;
    Ok(rows.first().map(read_stray).transpose()?)
}

/// The open sweep of a place.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_at(db: &mut Connection, place: &PlaceCode) -> Result<Option<Sweep>> {
    let keys = [area_of(place).into(), place.into()];
    let rows = db.lookup(&sweeps::SWEEP_OPEN_AT, &keys).await?;
    Ok(rows.first().map(read_sweep).transpose()?)
}
