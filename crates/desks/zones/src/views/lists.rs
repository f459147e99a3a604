//! Zones, one by one and in lists.

use std::collections::{BTreeMap, HashMap};

use ledger::Result;
use protocol::Edition;
use registry::place::{area_of, chain_of};
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, CommandId, Micros, PlaceCode, UnitId};

use crate::checklist::{Criterion, Subject};
use crate::rows::{
    Evidence, Refused, Stretch, Zone, read_evidence, read_refused, read_stretch, read_zone,
};
use crate::tables;
use crate::words::{Flow, Level};

/// One zone.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn zone(db: &mut Connection, id: UnitId) -> Result<Option<Zone>> {
    Ok(zones(db, &[id]).await?.pop())
}

/// Zones in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`zone`].
pub async fn zones(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Zone>> {
    let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&tables::ZONE_BY_ID, &keys).await? {
        let zone = read_zone(&row)?;
        found.insert(zone.id, zone);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn read(rows: &[Row]) -> Result<Vec<Zone>> {
    rows.iter().map(|row| read_zone(row).map_err(Into::into)).collect()
}

/// The zones that hold at each of some places, the innermost first: of one who lives there, the first one
/// says what holds. Places without any are left out.
///
/// # Errors
/// As [`zone`].
pub async fn over(
    db: &mut Connection,
    places: &[PlaceCode],
) -> Result<HashMap<PlaceCode, Vec<Zone>>> {
    let mut chains: Vec<PlaceCode> = places.iter().flat_map(chain_of).collect();
    chains.sort_unstable();
    chains.dedup();
    let keys: Vec<Value> =
        chains.iter().flat_map(|place| [area_of(place).into(), place.into()]).collect();
    let rows = db.lookup(&tables::ZONE_STANDS_AT, &keys).await?;
    let standing: HashMap<PlaceCode, Zone> =
        read(&rows)?.into_iter().map(|zone| (zone.place.clone(), zone)).collect();
    let of = |place: &PlaceCode| -> Vec<Zone> {
        chain_of(place).iter().filter_map(|at| standing.get(at).cloned()).collect()
    };
    let each = places.iter().map(|place| (place.clone(), of(place)));
    Ok(each.filter(|(_, zones)| !zones.is_empty()).collect())
}

/// The last line of the page before: a county and a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The place.
    pub place: PlaceCode,
}

fn prefix(place: Option<&PlaceCode>) -> [Value; 2] {
    let text = place.map_or("", PlaceCode::as_str);
    // The character after every one that a code may hold ends the range of a prefix.
    [text.into(), format!("{text}~").into()]
}

/// The zones of a scope that stand, by place; of one level and within one place, if these are named.
///
/// # Errors
/// As [`zone`].
pub async fn standing(
    db: &mut Connection,
    scope: AreaScope,
    (level, within): (Option<Level>, Option<&PlaceCode>),
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Zone>> {
    let (low, high) = scope.bounds();
    let [from, to] = prefix(within);
    let (area, place) = match after {
        Some(cursor) => (area_of(&cursor.place), cursor.place.as_str()),
        None => (AreaCode::NONE, ""),
    };
    let params: [Value; 8] = [
        low.into(),
        high.into(),
        level.map_or("", Level::as_str).into(),
        from,
        to,
        area.into(),
        place.into(),
        limit.into(),
    ];
    read(&db.query(&tables::STANDING, &params).await?)
}

/// The standing zones of a scope whose time is over at a moment, those first that are over the longest.
///
/// # Errors
/// As [`zone`].
pub async fn ending(
    db: &mut Connection,
    scope: AreaScope,
    until: Micros,
    limit: i64,
) -> Result<Vec<Zone>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [until.into(), low.into(), high.into(), limit.into()];
    read(&db.query(&tables::ENDING, &params).await?)
}

/// Standing zones that rested on cases of which none stands any more.
///
/// # Errors
/// As [`zone`].
pub async fn unfounded(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Zone>> {
    let (low, high) = scope.bounds();
    let params: [Value; 3] = [low.into(), high.into(), limit.into()];
    read(&db.query(&tables::UNFOUNDED, &params).await?)
}

/// Zones that ended before a moment, the latest first.
///
/// # Errors
/// As [`zone`].
pub async fn ended(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    limit: i64,
) -> Result<Vec<Zone>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [before.into(), low.into(), high.into(), limit.into()];
    read(&db.query(&tables::ENDED, &params).await?)
}

/// Every zone that there ever was at a place, the latest first.
///
/// # Errors
/// As [`zone`].
pub async fn at_place(db: &mut Connection, place: &PlaceCode) -> Result<Vec<Zone>> {
    read(&db.query(&tables::AT_PLACE, &[area_of(place).into(), place.into()]).await?)
}

/// The grounds of a zone, the latest first.
///
/// # Errors
/// As [`zone`].
pub async fn evidence(db: &mut Connection, zone: UnitId) -> Result<Vec<(UnitId, Evidence)>> {
    let mut found = Vec::new();
    for row in db.lookup(&tables::CASES_OF_ZONE, &[zone.area().into(), zone.into()]).await? {
        let (_, case, evidence) = read_evidence(&row)?;
        found.push((case, evidence));
    }
    found.sort_by_key(|(case, evidence)| (std::cmp::Reverse(evidence.at), *case));
    Ok(found)
}

/// How the checklist of a zone stands, by an edition.
///
/// # Errors
/// As [`zone`]; the inner error is the refusal of a protocol that has no rules for zones.
pub async fn checklist(
    db: &mut Connection,
    edition: &Edition,
    zone: &Zone,
    now: Micros,
) -> Result<std::result::Result<Vec<Criterion>, types::Refusal>> {
    let rules = match edition.zones() {
        Ok(rules) => rules,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let cases: BTreeMap<UnitId, Evidence> = evidence(db, zone.id).await?.into_iter().collect();
    let facts = crate::lift::facts(db, zone, &cases, now).await?;
    let numbers = numbers(db, AreaScope::one(zone.area())).await?;
    let others = numbers.of(Level::Locked).zones + numbers.of(Level::Controlled).zones;
    let subject = Subject { level: zone.level, clean_since: zone.clean_since(), others };
    Ok(Ok(crate::checklist::checklist(rules, subject, Some(&facts), now)))
}

fn stretches_of(rows: &[Row]) -> Result<Vec<Stretch>> {
    rows.iter().map(|row| read_stretch(row).map_err(Into::into)).collect()
}

/// The levels that a zone had, the first first.
///
/// # Errors
/// As [`zone`].
pub async fn stretches(db: &mut Connection, zone: UnitId) -> Result<Vec<Stretch>> {
    stretches_of(&db.query(&tables::STRETCHES_OF, &[zone.area().into(), zone.into()]).await?)
}

/// What held in a scope at a moment, by place.
///
/// # Errors
/// As [`zone`].
pub async fn at(
    db: &mut Connection,
    scope: AreaScope,
    within: Option<&PlaceCode>,
    at: Micros,
) -> Result<Vec<Stretch>> {
    let (low, high) = scope.bounds();
    let [from, to] = prefix(within);
    let params: [Value; 5] = [low.into(), high.into(), at.into(), from, to];
    stretches_of(&db.query(&tables::STRETCHES_AT, &params).await?)
}

/// What held in a scope at any time since a moment, by place and time.
///
/// # Errors
/// As [`zone`].
pub async fn since(
    db: &mut Connection,
    scope: AreaScope,
    within: Option<&PlaceCode>,
    since: Micros,
) -> Result<Vec<Stretch>> {
    let (low, high) = scope.bounds();
    let [from, to] = prefix(within);
    let params: [Value; 5] = [low.into(), high.into(), since.into(), from, to];
    stretches_of(&db.query(&tables::STRETCHES_SINCE, &params).await?)
}

/// The proposals that were not followed.
///
/// # Errors
/// As [`zone`].
pub async fn refused(db: &mut Connection, scope: AreaScope) -> Result<Vec<Refused>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&tables::REFUSED_IN, &[low.into(), high.into()]).await?;
    rows.iter().map(|row| read_refused(row).map_err(Into::into)).collect()
}

/// A line of a zone's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When it was recorded.
    pub recorded_at: Micros,
    /// By whom.
    pub actor: String,
    /// What.
    pub what: String,
    /// The level after it.
    pub level: Level,
    /// Its particulars, JSON.
    pub body: String,
    /// The command.
    pub command: CommandId,
}

/// What happened to a zone, in the order of recording.
///
/// # Errors
/// As [`zone`].
pub async fn history(db: &mut Connection, zone: UnitId) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&tables::HISTORY_OF, &[zone.area().into(), zone.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                level: row.word(4, "a level", Level::parse)?,
                body: row.text(5)?.to_owned(),
                command: CommandId::from_bytes(row.id(6)?),
            })
        })
        .collect()
}

/// Zones with their households and persons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Zones.
    pub zones: i64,
    /// Households in them.
    pub households: i64,
    /// Persons in them.
    pub persons: i64,
}

/// What stands, by county and level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(pub BTreeMap<(AreaCode, Level), Sum>);

impl Numbers {
    /// All of one level.
    pub fn of(&self, level: Level) -> Sum {
        let mut sum = Sum::default();
        for (_, one) in self.0.iter().filter(|((_, l), _)| *l == level) {
            sum.zones += one.zones;
            sum.households += one.households;
            sum.persons += one.persons;
        }
        sum
    }

    /// One county's of one level.
    pub fn of_county(&self, area: AreaCode, level: Level) -> Sum {
        self.0.get(&(area, level)).copied().unwrap_or_default()
    }
}

/// The numbers of a scope.
///
/// # Errors
/// As [`zone`].
pub async fn numbers(db: &mut Connection, scope: AreaScope) -> Result<Numbers> {
    let (low, high) = scope.bounds();
    let mut numbers = Numbers::default();
    for row in db.query(&tables::COUNTS, &[low.into(), high.into()]).await? {
        let level = row.word(1, "a level", Level::parse)?;
        let sum = Sum { zones: row.int(2)?, households: row.int(3)?, persons: row.int(4)? };
        numbers.0.insert((row.area(0)?, level), sum);
    }
    Ok(numbers)
}

/// What happened by hour between two times.
///
/// # Errors
/// As [`zone`].
pub async fn flows(
    db: &mut Connection,
    scope: AreaScope,
    (from, until): (Micros, Micros),
) -> Result<Vec<(Micros, Flow, i64)>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [from.into(), until.into(), low.into(), high.into()];
    let rows = db.query(&tables::FLOWS, &params).await?;
    rows.iter()
        .map(|row| Ok((row.time(0)?, row.word(1, "a flow", Flow::parse)?, row.int(2)?)))
        .collect()
}
