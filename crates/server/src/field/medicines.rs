//! Medicines that are taken every day where a grid worker goes: a last dose is written down and a renewal asked for at
//! the door, also without a network.

use std::collections::HashSet;

use registry::place::compound_of;
use serde::Serialize;
use store::Connection;
use supply::{Due, views};
use types::{AreaCode, AreaScope, HouseholdId, Micros, PlaceCode};
use utoipa::ToSchema;

use super::persons;
use crate::Fault;
use crate::pages::supply::words;
use crate::shell::Both;

/// Most households of one list: those whose medicine ends first.
const MOST: i64 = 1_000;

/// A medicine that somebody takes every day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldMedicine)]
pub struct MedicineOut {
    /// The household.
    #[schema(value_type = String)]
    household: HouseholdId,
    /// Where it is.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// The same as people say it: the compound by name, building and entrance.
    home: Both,
    /// Its door.
    door: String,
    /// The medicine, with its dose.
    name: String,
    /// The day of the last dose, microseconds UTC.
    #[schema(value_type = i64)]
    last_dose: Micros,
    /// Until when the prescription is good, if it needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    prescribed_until: Option<Micros>,
    /// By when a doctor answers, where a renewal was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    asked: Option<Micros>,
}

/// The medicines of a community, those first that end first.
///
/// # Errors
/// A fault of the store.
pub async fn of_community(
    db: &mut Connection,
    area: AreaCode,
    community: &PlaceCode,
) -> Result<Vec<MedicineOut>, Fault> {
    let which = (community.as_str(), Micros::MAX);
    let scope = AreaScope::one(area);
    let households = views::due(db, Due::Medicine, scope, which, None, MOST).await?;
    let ids: Vec<(AreaCode, HouseholdId)> = households.iter().map(|h| (h.area, h.id)).collect();
    let doors = words::doors(db, &households).await?;
    let compounds: HashSet<PlaceCode> = households.iter().map(|h| compound_of(&h.place)).collect();
    let compounds: Vec<PlaceCode> = compounds.into_iter().collect();
    let names = registry::views::place_names(db, &compounds).await?;
    let taken = views::medicines_taken(db, &ids).await?;
    let mut found: Vec<MedicineOut> = taken
        .into_iter()
        .filter_map(|((household, name), medicine)| {
            let of = households.iter().find(|h| h.id == household)?;
            Some(MedicineOut {
                household,
                place: of.place.clone(),
                home: persons::said(&names, &of.place),
                door: doors.get(&household).cloned().unwrap_or_default(),
                name,
                last_dose: medicine.last_dose,
                prescribed_until: medicine.prescribed_until,
                asked: medicine.asked.map(|(_, due)| due),
            })
        })
        .collect();
    found.sort_by(|a, b| {
        (a.last_dose, a.household, &a.name).cmp(&(b.last_dose, b.household, &b.name))
    });
    Ok(found)
}
