//! Sweeps as a phone needs them: which doors are still to be knocked at.

use serde::Serialize;
use store::Connection;
use types::{AreaCode, AreaScope, HouseholdId, Micros, PlaceCode, UnitId};
use utoipa::ToSchema;
use zones::sweep::Door;
use zones::views;

use crate::Fault;
use crate::shell::Both;

/// Most sweeps of one list.
const MOST: i64 = 50;
/// Most doors of one sweep: what a sweep can have at most.
const DOORS: i64 = zones::sweep::MOST_HOMES as i64;

/// A sweep that goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldSweep)]
pub struct SweepOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// Where.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// Its name.
    name: Both,
    /// By when it is to be done, microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    due: Option<Micros>,
    /// Its doors, in the order of the walk.
    doors: Vec<DoorOut>,
}

/// A door of a sweep.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldSweepDoor)]
pub struct DoorOut {
    /// The household.
    #[schema(value_type = String)]
    household: HouseholdId,
    /// `todo`, `found`, `absent` or `refused`.
    state: &'static str,
    /// When to knock again, microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    again_at: Option<Micros>,
}

/// The sweeps that go on in the compounds that a holder serves, or around them.
///
/// # Errors
/// A fault of the store.
pub async fn of_compounds(
    db: &mut Connection,
    area: AreaCode,
    compounds: &[(PlaceCode, String)],
) -> Result<Vec<SweepOut>, Fault> {
    if compounds.is_empty() {
        return Ok(Vec::new());
    }
    let mut running = views::open_sweeps(db, AreaScope::one(area), None, 10_000).await?;
    running.retain(|sweep| {
        compounds.iter().any(|(compound, _)| {
            zones::is_within(&sweep.place, compound) || zones::is_within(compound, &sweep.place)
        })
    });
    running.truncate(MOST as usize);
    let places: Vec<PlaceCode> = running.iter().map(|sweep| sweep.place.clone()).collect();
    let names = registry::views::place_names(db, &places).await?;
    let mut found = Vec::with_capacity(running.len());
    for sweep in running {
        let doors = views::homes(db, sweep.id, (None, None), None, DOORS).await?;
        let doors = doors
            .into_iter()
            .map(|visited| DoorOut {
                household: visited.home.household,
                state: visited.state.as_str(),
                again_at: visited.again_at.filter(|_| visited.state == Door::Absent),
            })
            .collect();
        let name = names.get(&sweep.place);
        found.push(SweepOut {
            id: sweep.id,
            name: Both {
                zh: name.map_or_else(|| sweep.place.to_string(), |name| name.name_zh.clone()),
                en: name.map_or_else(|| sweep.place.to_string(), |name| name.name_en.clone()),
            },
            place: sweep.place,
            due: sweep.due,
            doors,
        });
    }
    Ok(found)
}
