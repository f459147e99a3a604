//! What the registry can tell. Everything about people comes back masked; [`crate::file`] shows
//! them in the clear and records it.

use std::collections::HashMap;

use ledger::Result;
use serde::Serialize;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HouseholdId, Micros, PersonId, PlaceCode};

pub use crate::holder_views::{HolderLine, holders, holders_after, holders_by_code};
use crate::ids;
use crate::load::{person_of, place_code};
use crate::place::{Level, area_of, chain_of, compound_of};
use crate::seal::BlindIndex;
use crate::state::Person;
use crate::tables::{
    COMPOUNDS_OF, COUNTIES_OF, COUNTY_COUNTS, HOUSEHOLD_BY_CODE, HOUSEHOLD_ONE, HOUSEHOLDS_OF,
    PERSON_PLACE, PERSONS_OF_HOUSEHOLD, PLACE_CHILDREN, PLACE_NAMES, PLACE_ONE, PLACE_OUTLINES,
    PLACE_ROOTS, PLACE_SEARCH, TARGETS,
};

/// A place with what lies in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaceLine {
    /// The code.
    pub code: PlaceCode,
    /// The level that the code has.
    pub level: Level,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// Middle: longitude and latitude (WGS 84, degrees).
    pub middle: Option<(f64, f64)>,
    /// Boundary as JSON rings; only [`place`] fills it.
    pub outline: Option<String>,
    /// Places directly below.
    pub children: i64,
    /// Households in it, at all depths.
    pub households: i64,
    /// Residents in it, at all depths.
    pub persons: i64,
}

/// A place, by name only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceName {
    /// The code.
    pub code: PlaceCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    pub name_en: String,
}

fn place_line(row: &Row) -> Result<Option<PlaceLine>> {
    let code = place_code("place", row.text(0)?)?;
    let Some(level) = Level::of(&code) else { return Ok(None) };
    let middle = match (row.opt_real(3)?, row.opt_real(4)?) {
        (Some(lon), Some(lat)) => Some((lon, lat)),
        _ => None,
    };
    Ok(Some(PlaceLine {
        code,
        level,
        name_zh: row.text(1)?.to_owned(),
        name_en: row.text(2)?.to_owned(),
        middle,
        outline: row.opt_text(5)?.map(ToOwned::to_owned),
        households: row.opt_int(6)?.unwrap_or(0),
        persons: row.opt_int(7)?.unwrap_or(0),
        children: row.int(8)?,
    }))
}

/// One place; `None` when it is not known.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn place(db: &mut Connection, code: &PlaceCode) -> Result<Option<PlaceLine>> {
    let row = db.first(&PLACE_ONE, &[area_of(code).into(), code.into()]).await?;
    let Some(mut line) = row.as_ref().map(place_line).transpose()?.flatten() else {
        return Ok(None);
    };
    if line.level < Level::County {
        for (households, persons) in wide_counts(db, code).await?.into_values() {
            line.households += households;
            line.persons += persons;
        }
    }
    Ok(Some(line))
}

/// The places directly below a place (`None`: the provinces), in the order of their codes.
///
/// # Errors
/// As [`place`].
pub async fn children(db: &mut Connection, parent: Option<&PlaceCode>) -> Result<Vec<PlaceLine>> {
    let rows = match parent {
        Some(parent) => db.query(&PLACE_CHILDREN, &[parent.into()]).await?,
        None => db.query(&PLACE_ROOTS, &[]).await?,
    };
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        lines.extend(place_line(row)?);
    }
    if lines.iter().any(|line| line.level < Level::County) {
        for line in &mut lines {
            for (households, persons) in wide_counts(db, &line.code).await?.into_values() {
                line.households += households;
                line.persons += persons;
            }
        }
    }
    Ok(lines)
}

async fn wide_counts(
    db: &mut Connection,
    place: &PlaceCode,
) -> Result<HashMap<String, (i64, i64)>> {
    let mut counts = HashMap::new();
    for row in db.query(&COUNTIES_OF, &[place.into()]).await? {
        counts.insert(row.text(0)?.to_owned(), (row.int(1)?, row.int(2)?));
    }
    Ok(counts)
}

/// The place and all that it lies in, the widest first, for a line of links.
///
/// # Errors
/// As [`place`].
pub async fn way_to(db: &mut Connection, code: &PlaceCode) -> Result<Vec<PlaceName>> {
    let chain = chain_of(code);
    let mut names = place_names(db, &chain).await?;
    Ok(chain.iter().rev().filter_map(|code| names.remove(code)).collect())
}

/// The names of places, by code.
///
/// # Errors
/// As [`place`].
pub async fn place_names(
    db: &mut Connection,
    codes: &[PlaceCode],
) -> Result<HashMap<PlaceCode, PlaceName>> {
    let keys: Vec<Value> =
        codes.iter().flat_map(|code| [area_of(code).into(), code.into()]).collect();
    let mut names = HashMap::new();
    for row in db.lookup(&PLACE_NAMES, &keys).await? {
        let code = place_code("place", row.text(0)?)?;
        let name = PlaceName {
            code: code.clone(),
            name_zh: row.text(1)?.to_owned(),
            name_en: row.text(2)?.to_owned(),
        };
        names.insert(code, name);
    }
    Ok(names)
}

/// Places of a scope whose code starts with the text or whose name contains it, the widest
/// first.
///
/// # Errors
/// As [`place`].
pub async fn search_places(
    db: &mut Connection,
    scope: AreaScope,
    text: &str,
    limit: i64,
) -> Result<Vec<PlaceLine>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let (low, high) = scope.bounds();
    let plain = like_plain(text);
    let params = [
        low.into(),
        high.into(),
        format!("{plain}%").into(),
        format!("%{plain}%").into(),
        limit.into(),
    ];
    let mut lines = Vec::new();
    for row in &db.query(&PLACE_SEARCH, &params).await? {
        lines.extend(place_line(row)?);
    }
    Ok(lines)
}

/// Text for a LIKE pattern (with `ESCAPE '!'`) that matches itself only.
fn like_plain(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Registered households and residents of a county.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountyCount {
    /// The county.
    pub area: AreaCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// Households.
    pub households: i64,
    /// Residents.
    pub persons: i64,
}

/// What is registered in each county of a scope, from the counters.
///
/// # Errors
/// As [`place`].
pub async fn county_counts(db: &mut Connection, scope: AreaScope) -> Result<Vec<CountyCount>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&COUNTY_COUNTS, &[low.into(), high.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(CountyCount {
                area: row.area(0)?,
                name_zh: row.text(1)?.to_owned(),
                name_en: row.text(2)?.to_owned(),
                households: row.opt_int(3)?.unwrap_or(0),
                persons: row.opt_int(4)?.unwrap_or(0),
            })
        })
        .collect()
}

/// Residents of every compound (or village) of a scope, counted afresh: whom a round expects.
///
/// # Errors
/// As [`place`].
pub async fn residents_by_compound(
    db: &mut Connection,
    scope: AreaScope,
) -> Result<Vec<(AreaCode, PlaceCode, i64)>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&TARGETS, &[low.into(), high.into()]).await?;
    rows.iter()
        .map(|row| Ok((row.area(0)?, place_code("person", row.text(1)?)?, row.int(2)?)))
        .collect()
}

/// The boundaries of the places directly below a place, as JSON rings.
///
/// # Errors
/// As [`place`].
pub async fn outlines(
    db: &mut Connection,
    parent: &PlaceCode,
) -> Result<HashMap<PlaceCode, String>> {
    let rows = db.query(&PLACE_OUTLINES, &[parent.into()]).await?;
    rows.iter()
        .map(|row| Ok((place_code("place", row.text(0)?)?, row.text(1)?.to_owned())))
        .collect()
}

/// A place where residents are counted, for planning.
#[derive(Clone, Debug, PartialEq)]
pub struct CompoundLine {
    /// The compound, or a community for those of its residents who live in none.
    pub code: PlaceCode,
    /// Households.
    pub households: i64,
    /// Residents.
    pub persons: i64,
    /// Middle: longitude and latitude (WGS 84, degrees).
    pub middle: Option<(f64, f64)>,
}

/// The compounds of a scope whose codes start with `within` (empty for all), from the
/// counters, in the order of their codes.
///
/// # Errors
/// As [`place`].
pub async fn compounds(
    db: &mut Connection,
    scope: AreaScope,
    within: &str,
) -> Result<Vec<CompoundLine>> {
    let mut lines = counted(db, scope, within).await?;
    lines.retain(|line| line.persons > 0);
    Ok(lines)
}

/// The same, with those where nobody lives.
async fn counted(db: &mut Connection, scope: AreaScope, within: &str) -> Result<Vec<CompoundLine>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), within.into(), format!("{within}~").into()];
    let mut lines: Vec<CompoundLine> = Vec::new();
    // A community comes before its compounds: what they hold is taken from it again.
    let mut community = None;
    for row in &db.query(&COMPOUNDS_OF, &params).await? {
        let code = place_code("place_count", row.text(0)?)?;
        let line = CompoundLine {
            households: row.int(1)?,
            persons: row.int(2)?,
            middle: row.opt_real(3)?.zip(row.opt_real(4)?),
            code,
        };
        match Level::of(&line.code) {
            Some(Level::Community) => community = Some(lines.len()),
            Some(Level::Compound) => {
                let above = community.and_then(|at: usize| lines.get_mut(at));
                let own = above.filter(|c| line.code.as_str().starts_with(c.code.as_str()));
                if let Some(own) = own {
                    own.households -= line.households;
                    own.persons -= line.persons;
                }
            }
            _ => continue,
        }
        lines.push(line);
    }
    Ok(lines)
}

/// A household without its persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HouseholdLine {
    /// The household.
    pub id: HouseholdId,
    /// Where it is counted.
    pub compound: PlaceCode,
    /// Where it is.
    pub place: PlaceCode,
    /// Its door.
    pub door: String,
    /// Since when it has its sign-in code.
    pub code_at: Option<Micros>,
    /// Its residents.
    pub persons: i64,
}

fn household_line(row: &Row) -> Result<HouseholdLine> {
    Ok(HouseholdLine {
        id: HouseholdId::from_bytes(row.id(0)?),
        compound: place_code("household", row.text(1)?)?,
        place: place_code("household", row.text(2)?)?,
        door: row.text(3)?.to_owned(),
        code_at: row.opt_time(4)?,
        persons: row.int(5)?,
    })
}

/// Households at a place (a community or smaller), after a given one, by compound, place and door.
///
/// # Errors
/// As [`place`].
pub async fn households(
    db: &mut Connection,
    place: &PlaceCode,
    after: Option<&HouseholdLine>,
    limit: i64,
) -> Result<Vec<HouseholdLine>> {
    if Level::of(place) != Some(Level::Community) {
        return households_in(db, place, after, limit).await;
    }
    let compounds = counted(db, AreaScope::one(area_of(place)), place.as_str()).await?;
    let mut found = Vec::new();
    for compound in compounds.iter().filter(|line| line.households > 0).map(|line| &line.code) {
        let after = match after {
            Some(after) if *compound < after.compound => continue,
            after => after.filter(|after| *compound == after.compound),
        };
        found.extend(households_in(db, compound, after, limit - found.len() as i64).await?);
        if found.len() as i64 >= limit {
            break;
        }
    }
    Ok(found)
}

/// Households that are counted in one compound, or in a community without one.
async fn households_in(
    db: &mut Connection,
    place: &PlaceCode,
    after: Option<&HouseholdLine>,
    limit: i64,
) -> Result<Vec<HouseholdLine>> {
    let compound = compound_of(place);
    let (first, last) = ids::households_of(&compound);
    let params = [
        area_of(place).into(),
        (&compound).into(),
        place.into(),
        format!("{}-%", like_plain(place.as_str())).into(),
        after.map_or("", |h| h.place.as_str()).into(),
        after.map_or("", |h| h.door.as_str()).into(),
        after.map_or([0; 16], |h| h.id.bytes()).into(),
        limit.into(),
        first.into(),
        last.into(),
    ];
    let rows = db.query(&HOUSEHOLDS_OF, &params).await?;
    rows.iter().map(household_line).collect()
}

/// One household.
///
/// # Errors
/// As [`place`].
pub async fn household(
    db: &mut Connection,
    area: AreaCode,
    id: HouseholdId,
) -> Result<Option<HouseholdLine>> {
    let row = db.first(&HOUSEHOLD_ONE, &[area.into(), id.into()]).await?;
    row.as_ref().map(household_line).transpose()
}

/// The household that a sign-in code opens.
///
/// # Errors
/// As [`place`].
pub async fn household_by_code(
    db: &mut Connection,
    code: BlindIndex,
) -> Result<Option<(AreaCode, HouseholdId)>> {
    let row = db.first(&HOUSEHOLD_BY_CODE, &[code.into()]).await?;
    row.map(|row| Ok((row.area(0)?, HouseholdId::from_bytes(row.id(1)?)))).transpose()
}

/// The residents of households, sealed, by household.
///
/// # Errors
/// As [`place`].
pub async fn residents(
    db: &mut Connection,
    area: AreaCode,
    households: &[HouseholdLine],
) -> Result<HashMap<HouseholdId, Vec<(PersonId, Person)>>> {
    let keys: Vec<Value> =
        households.iter().flat_map(|h| [area.into(), (&h.compound).into(), h.id.into()]).collect();
    let mut found: HashMap<HouseholdId, Vec<(PersonId, Person)>> = HashMap::new();
    for row in db.lookup(&PERSONS_OF_HOUSEHOLD, &keys).await? {
        let person = person_of(&row)?;
        if let Some(id) = person.home.as_ref().and_then(|home| home.household) {
            found.entry(id).or_default().push((PersonId::from_bytes(row.id(1)?), person));
        }
    }
    for persons in found.values_mut() {
        persons.sort_by_key(|(id, _)| *id);
    }
    Ok(found)
}

/// Where a person is counted: what other desks need of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The compound or village.
    pub compound: Option<PlaceCode>,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The place that it lives in.
    pub place: Option<PlaceCode>,
    /// The door.
    pub door: String,
    /// The record that this one is only another name for.
    pub same_as: Option<crate::event::PersonRef>,
}

/// Where persons of given counties live, set-based; unknown ones are left out.
///
/// # Errors
/// As [`place`].
pub async fn whereabouts(
    db: &mut Connection,
    persons: impl IntoIterator<Item = (AreaCode, PersonId)>,
) -> Result<HashMap<PersonId, Whereabouts>> {
    let keys: Vec<Value> =
        persons.into_iter().flat_map(|(area, id)| [area.into(), id.into()]).collect();
    let mut found = HashMap::with_capacity(keys.len() / 2);
    for row in db.lookup(&PERSON_PLACE, &keys).await? {
        let code =
            |column| row.opt_text(column)?.map(|text| place_code("person", text)).transpose();
        let same_as = match (row.opt_int(5)?, row.opt_id(6)?) {
            (Some(area), Some(id)) => Some(crate::event::PersonRef {
                area: AreaCode::from_stored(area),
                person: PersonId::from_bytes(id),
            }),
            _ => None,
        };
        let whereabouts = Whereabouts {
            compound: code(1)?,
            household: row.opt_id(2)?.map(HouseholdId::from_bytes),
            place: code(3)?,
            door: row.text(4)?.to_owned(),
            same_as,
        };
        found.insert(PersonId::from_bytes(row.id(0)?), whereabouts);
    }
    Ok(found)
}
