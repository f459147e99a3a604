//! What a plan is made from: who waits for a ride, which vehicles are free, and where they all are.

use ledger::Result;
use registry::positions::{around, positions};
use store::Connection;
use types::{AreaScope, Micros};

use super::propose::PlanInput;
use super::{RideFilter, vehicles, waiting};
use crate::command::Spot;
use crate::words::Stage;

/// Most people for whom one plan is made; of more the most pressing.
pub const PLANNED: i64 = 8_000;

/// Where spots are that do not say so themselves, by the registry.
async fn locate(db: &mut Connection, spots: &mut [&mut Spot]) -> Result<()> {
    let unknown = spots.iter().filter(|spot| spot.at.is_none());
    let found = positions(db, unknown.filter_map(|spot| spot.place.as_ref())).await?;
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
