//! What proposals are computed from, read from where it is kept.

use std::collections::{BTreeMap, HashMap};

use cases::{Class, FoundIn};
use ledger::Result;
use protocol::Zones;
use registry::place::area_of;
use store::{Connection, Value};
use tracing_desk::investigation_of;
use types::{AreaScope, Micros, PlaceCode, Span, UnitId};

use super::lists::{refused, standing};
use crate::propose::{Grain, Infection, Known, Proposal, Stands, Visit, propose};
use crate::tables;

/// Most cases that proposals are computed from.
const MOST_CASES: i64 = 20_000;
/// Most standing zones that are read for it.
const MOST_STANDING: i64 = 20_000;

/// The infections of a scope that were found since a time, with where they were.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn infections(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
) -> Result<Vec<Infection>> {
    let (low, high) = scope.bounds();
    let params: [Value; 4] = [since.into(), low.into(), high.into(), MOST_CASES.into()];
    let mut found: Vec<Infection> = Vec::new();
    for row in db.query(&tables::INFECTIONS_SINCE, &params).await? {
        let since = row.time(2)?;
        if Class::parse(row.text(4)?).is_none_or(|class| !class.is_infection()) {
            continue;
        }
        found.push(Infection {
            case: UnitId::from_bytes(row.id(0)?),
            place: PlaceCode::parse(row.text(1)?).ok(),
            since,
            // Without an investigation: a day before the result, as the tracing desk takes it.
            anchor: since - Span::hours(24),
            closed_loop: FoundIn::parse(row.text(3)?) == Some(FoundIn::Quarantine),
            visits: Vec::new(),
        });
    }
    let keys: Vec<Value> = found
        .iter()
        .map(|of| investigation_of(of.case))
        .flat_map(|id| [id.area().into(), id.into()])
        .collect();
    let mut anchors: HashMap<UnitId, Micros> = HashMap::new();
    for row in db.lookup(&tables::ANCHORS, &keys).await? {
        anchors.insert(UnitId::from_bytes(row.id(0)?), row.time(1)?);
    }
    let mut visits: HashMap<UnitId, Vec<Visit>> = HashMap::new();
    for row in db.lookup(&tables::VISITS, &keys).await? {
        if let Ok(place) = PlaceCode::parse(row.text(1)?) {
            let visit = Visit { place, from: row.time(2)?, until: row.time(3)? };
            visits.entry(UnitId::from_bytes(row.id(0)?)).or_default().push(visit);
        }
    }
    for of in &mut found {
        of.anchor = anchors.remove(&of.case).unwrap_or(of.anchor);
        of.visits = visits.remove(&of.case).unwrap_or_default();
    }
    Ok(found)
}

/// What stands in a scope, and what was refused there.
///
/// # Errors
/// As [`infections`].
pub async fn known(db: &mut Connection, scope: AreaScope) -> Result<Known> {
    let zones = standing(db, scope, (None, None), None, MOST_STANDING).await?;
    let refusals = refused(db, scope).await?;
    Ok(Known {
        standing: zones
            .into_iter()
            .map(|zone| (zone.place, Stands { zone: zone.id, level: zone.level }))
            .collect(),
        refused: refusals.into_iter().map(|r| ((r.place, r.level), r.at)).collect(),
    })
}

/// How many live in an area by the registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Households.
    pub households: i64,
    /// Persons.
    pub persons: i64,
}

/// The proposals for a scope, with how many live there.
///
/// # Errors
/// As [`infections`].
pub async fn proposals(
    db: &mut Connection,
    rules: &Zones,
    scope: AreaScope,
    grain: Grain,
    now: Micros,
) -> Result<Vec<(Proposal, Area)>> {
    let since = now - rules.lift.value.no_new_infection;
    let infections = infections(db, scope, since).await?;
    let known = known(db, scope).await?;
    let found = propose(rules, &infections, &known, grain);
    let keys: Vec<Value> =
        found.iter().flat_map(|p| [area_of(&p.place).into(), (&p.place).into()]).collect();
    let mut areas: HashMap<String, Area> = HashMap::new();
    for row in db.lookup(&tables::PLACE_COUNTS, &keys).await? {
        let area = Area {
            households: row.opt_int(1)?.unwrap_or(0),
            persons: row.opt_int(2)?.unwrap_or(0),
        };
        areas.insert(row.text(0)?.to_owned(), area);
    }
    Ok(found
        .into_iter()
        .map(|proposal| {
            let area = areas.get(proposal.place.as_str()).copied().unwrap_or_default();
            (proposal, area)
        })
        .collect())
}

/// Infections of a scope since a time, by the first `digits` of the place's code (9 a street, 12 a
/// community), or by compound.
///
/// # Errors
/// As [`infections`].
pub async fn places_since(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    digits: Option<usize>,
) -> Result<BTreeMap<PlaceCode, Vec<(Micros, i64)>>> {
    let (low, high) = scope.bounds();
    let params: [Value; 5] = [low.into(), high.into(), since.into(), "".into(), "~".into()];
    let mut found: BTreeMap<PlaceCode, Vec<(Micros, i64)>> = BTreeMap::new();
    for row in db.query(&tables::PLACES_SINCE, &params).await? {
        let Ok(place) = PlaceCode::parse(row.text(0)?) else { continue };
        let place = match digits {
            Some(digits) => match place.as_str().get(..digits).map(PlaceCode::parse) {
                Some(Ok(place)) => place,
                _ => continue,
            },
            None => registry::place::compound_of(&place),
        };
        found.entry(place).or_default().push((row.time(1)?, row.int(2)?));
    }
    Ok(found)
}
