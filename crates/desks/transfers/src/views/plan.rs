//! What a plan is made from: who waits for a ride, which vehicles are free, and where they all are.

use std::collections::HashMap;

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, Micros, PlaceCode};

use super::propose::PlanInput;
use super::{RideFilter, vehicles, waiting};
use crate::command::Spot;
use crate::tables::PLACE_AT;
use crate::words::Stage;

/// Most people for whom one plan is made; of more the most pressing.
pub const PLANNED: i64 = 8_000;

/// A place and those that it lies in, the narrowest first.
fn around(place: &PlaceCode) -> Vec<String> {
    let text = place.as_str();
    let mut codes: Vec<String> = vec![text.to_owned()];
    codes.extend(text.match_indices('-').rev().map(|(at, _)| text[..at].to_owned()));
    let digits = text.split('-').next().unwrap_or("").to_owned();
    for length in [12, 9, 6] {
        if digits.len() >= length {
            codes.push(digits[..length].to_owned());
        }
    }
    codes.dedup();
    codes
}

/// Where spots are that do not say so themselves, by the registry.
async fn locate(db: &mut Connection, spots: &mut [&mut Spot]) -> Result<()> {
    let mut wanted: Vec<(AreaCode, String)> = spots
        .iter()
        .filter(|spot| spot.at.is_none())
        .filter_map(|spot| spot.place.as_ref())
        .filter_map(|place| Some((place.area()?, place)))
        .flat_map(|(area, place)| around(place).into_iter().map(move |code| (area, code)))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let keys: Vec<Value> =
        wanted.iter().flat_map(|(area, code)| [(*area).into(), code.as_str().into()]).collect();
    let mut found = HashMap::new();
    for row in db.lookup(&PLACE_AT, &keys).await? {
        found.insert(row.text(0)?.to_owned(), (row.real(1)?, row.real(2)?));
    }
    for spot in spots.iter_mut().filter(|spot| spot.at.is_none()) {
        let place = spot.place.as_ref();
        spot.at = place.and_then(|p| around(p).iter().find_map(|code| found.get(code).copied()));
    }
    Ok(())
}

/// What a plan for a scope is made from at a time: those of it who want a ride and are on no trip, and
/// the vehicles that stand in it or serve it.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn plan_input(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<PlanInput> {
    let mut rides = waiting(db, &RideFilter::of(scope, Some(Stage::Wanted)), None, PLANNED).await?;
    let mut vehicles = vehicles(db, scope).await?;
    vehicles.retain(|vehicle| scope.contains(vehicle.area));
    let trips = super::open_trips(db, scope, PLANNED).await?;
    let promised = trips.into_iter().map(|trip| trip.vehicle).collect();
    let of_rides = rides.iter_mut().flat_map(|ride| [&mut ride.from, &mut ride.to]);
    let of_vehicles = vehicles.iter_mut().map(|vehicle| &mut vehicle.base);
    let mut spots: Vec<&mut Spot> = of_rides.chain(of_vehicles).collect();
    locate(db, &mut spots).await?;
    Ok(PlanInput { now, rides, vehicles, promised })
}
