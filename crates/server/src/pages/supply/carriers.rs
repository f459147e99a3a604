//! Who may be named as a carrier: vehicles with a pass, and volunteers of gates.

use store::Connection;
use supply::{Pass, views};
use types::{AreaScope, Span};

use super::MOST;
use super::deliveries::names_of;
use crate::pages::testing::names::Names;
use crate::seat::Seat;
use crate::{Fault, t};

/// A code to choose, and what stands beside it.
pub type Choice = (String, String);

/// Gates that are told beside a volunteer.
const TOLD: usize = 3;
/// How far back it is looked for vehicles that had a pass.
const BACK: Span = Span::days(30);

/// Vehicles that have a pass, or had one lately, by number plate.
///
/// # Errors
/// A fault of the store; as of [`volunteers`].
pub async fn vehicles(
    seat: &Seat,
    db: &mut Connection,
    scope: AreaScope,
) -> Result<Vec<Choice>, Fault> {
    let mut passes = views::passes(db, scope, seat.now() - BACK, MOST).await?;
    passes.sort_by(|a, b| a.vehicle.cmp(&b.vehicle).then(b.until.cmp(&a.until)));
    passes.dedup_by(|a, b| a.vehicle == b.vehicle);
    Ok(passes.into_iter().map(|pass| (pass.vehicle.to_string(), pass.plate)).collect())
}

/// Volunteers who are registered now, by the gates that they serve.
pub async fn volunteers(
    seat: &Seat,
    db: &mut Connection,
    scope: AreaScope,
) -> Result<Vec<Choice>, Fault> {
    let mut found = views::volunteers(db, scope, seat.now(), MOST).await?;
    found.retain(|pass| pass.holds(seat.now()));
    let names = names_of(db, &found).await?;
    Ok(found.iter().map(|pass| (pass.vehicle.to_string(), gates(seat, &names, pass))).collect())
}

fn gates(seat: &Seat, names: &Names, pass: &Pass) -> String {
    let told: Vec<String> =
        pass.places.iter().take(TOLD).map(|place| names.place(seat, place)).collect();
    let comma = t!(seat, "case-comma");
    match pass.places.len() > TOLD {
        true => format!("{}…", told.join(&comma)),
        false => told.join(&comma),
    }
}
