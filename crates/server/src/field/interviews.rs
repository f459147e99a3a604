//! Investigations as a phone needs them: whose interview is still to be taken. Who it is stands in the list of
//! persons, if at all; what was said already stays on the server.

use serde::Serialize;
use store::Connection;
use tracing_desk::views::{DueFilter, urgent};
use types::{AreaCode, AreaScope, Micros, PersonId, PlaceCode, UnitId};
use utoipa::ToSchema;

use crate::Fault;
use crate::pages::tracing::words::short;

/// Most investigations of one list.
const MOST: usize = 200;
/// Open investigations of the county that are looked at.
const LOOKED_AT: i64 = 5_000;

/// An investigation that is open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldInvestigation)]
pub struct InvestigationOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// As people call it.
    number: String,
    /// Whose.
    #[schema(value_type = String)]
    person: PersonId,
    /// Where the person lives or stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    place: Option<PlaceCode>,
    /// By when the core information is to be there, microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    core_due: Option<Micros>,
    /// Whether it is.
    core_done: bool,
}

/// The open investigations of people who live in the compounds that a holder serves.
///
/// # Errors
/// A fault of the store.
pub async fn of_compounds(
    db: &mut Connection,
    area: AreaCode,
    compounds: &[(PlaceCode, String)],
) -> Result<Vec<InvestigationOut>, Fault> {
    if compounds.is_empty() {
        return Ok(Vec::new());
    }
    let filter = DueFilter { scope: AreaScope::one(area), progress: None };
    let mut open = urgent(db, filter, None, LOOKED_AT).await?;
    open.retain(|of| {
        let place = of.place.as_ref();
        place.is_some_and(|place| {
            compounds.iter().any(|(served, _)| zones::is_within(place, served))
        })
    });
    open.truncate(MOST);
    let out = open.into_iter().map(|of| InvestigationOut {
        id: of.id,
        number: short(of.case),
        person: of.person,
        place: of.place,
        core_due: of.core_due,
        core_done: of.core_at.is_some(),
    });
    Ok(out.collect())
}
