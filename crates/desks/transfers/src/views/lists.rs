//! Vehicles, trips and rides, one by one and in lists.

use std::collections::HashMap;

use ledger::{Cursor, Result, by_area};
use store::{Connection, Row, Value};
use types::{AreaScope, HolderCode, Micros, PersonId, UnitId};

use crate::rows::{Ride, Trip, Vehicle, read_ride, read_trip, read_vehicle};
use crate::tables::{
    HISTORY_OF, RIDE_BY_ID, RIDE_OPEN_OF, RIDES_DUE, RIDES_FROM, RIDES_IN, RIDES_OF,
    RIDES_ONE_SIDED, RIDES_TO, SEATS_OF, TRIP_BY_ID, TRIPS_OF, TRIPS_OPEN, VEHICLE_BY_CODE,
    VEHICLES,
};
use crate::words::{Reason, Stage};

/// Most vehicles that a list reads.
const MOST: i64 = 20_000;

/// One vehicle.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn vehicle(db: &mut Connection, code: &HolderCode) -> Result<Option<Vehicle>> {
    let rows = db.lookup(&VEHICLE_BY_CODE, &[code.into()]).await?;
    rows.first().map(read_vehicle).transpose().map_err(Into::into)
}

/// The vehicles of these codes that there are.
///
/// # Errors
/// As [`vehicle`].
pub async fn vehicles_by_code<'a>(
    db: &mut Connection,
    codes: impl IntoIterator<Item = &'a HolderCode>,
) -> Result<Vec<Vehicle>> {
    let keys: Vec<Value> = codes.into_iter().map(Value::from).collect();
    let rows = db.lookup(&VEHICLE_BY_CODE, &keys).await?;
    rows.iter().map(|row| read_vehicle(row).map_err(Into::into)).collect()
}

/// The vehicles that a scope sees: those that stand in it, and those that serve all of it.
///
/// # Errors
/// As [`vehicle`].
pub async fn vehicles(db: &mut Connection, scope: AreaScope) -> Result<Vec<Vehicle>> {
    let rows = db.query(&VEHICLES, &[MOST.into()]).await?;
    let all: store::Result<Vec<Vehicle>> = rows.iter().map(read_vehicle).collect();
    let seen = |v: &Vehicle| scope.contains(v.area) || v.serves.covers(scope);
    Ok(all?.into_iter().filter(seen).collect())
}

fn ids_of(rows: &[Row], column: usize) -> Result<Vec<UnitId>> {
    rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(column)?))).collect()
}

/// One trip.
///
/// # Errors
/// As [`vehicle`].
pub async fn trip(db: &mut Connection, id: UnitId) -> Result<Option<Trip>> {
    Ok(trips(db, &[id]).await?.pop())
}

/// Trips in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`vehicle`].
pub async fn trips(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Trip>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&TRIP_BY_ID, &by_area(ids)).await? {
        let trip = read_trip(&row)?;
        found.insert(trip.id, trip);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Trips that are planned or under way, by the time at which they set out.
///
/// # Errors
/// As [`vehicle`].
pub async fn open_trips(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Trip>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&TRIPS_OPEN, &[low.into(), high.into(), limit.into()]).await?;
    trips(db, &ids_of(&rows, 1)?).await
}

/// The trips of a vehicle, the latest first.
///
/// # Errors
/// As [`vehicle`].
pub async fn of_vehicle(db: &mut Connection, code: &HolderCode, limit: i64) -> Result<Vec<Trip>> {
    let rows = db.query(&TRIPS_OF, &[code.into(), limit.into()]).await?;
    trips(db, &ids_of(&rows, 1)?).await
}

/// Everybody who is or was on a trip, with the seat there and whether it is theirs now.
///
/// # Errors
/// As [`vehicle`].
pub async fn on_trip(db: &mut Connection, trip: UnitId) -> Result<Vec<(Ride, String, bool)>> {
    let rows = db.lookup(&SEATS_OF, &[trip.area().into(), trip.into()]).await?;
    let mut seats = HashMap::with_capacity(rows.len());
    for row in &rows {
        let seat = (row.text(3)?.to_owned(), row.flag(4)?);
        seats.insert(UnitId::from_bytes(row.id(1)?), seat);
    }
    let mut ids: Vec<UnitId> = seats.keys().copied().collect();
    ids.sort_unstable();
    let found = rides(db, &ids).await?;
    Ok(found
        .into_iter()
        .filter_map(|ride| seats.remove(&ride.id).map(|(seat, live)| (ride, seat, live)))
        .collect())
}

/// One ride.
///
/// # Errors
/// As [`vehicle`].
pub async fn ride(db: &mut Connection, id: UnitId) -> Result<Option<Ride>> {
    Ok(rides(db, &[id]).await?.pop())
}

/// Rides in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`vehicle`].
pub async fn rides(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Ride>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&RIDE_BY_ID, &by_area(ids)).await? {
        let ride = read_ride(&row)?;
        found.insert(ride.id, ride);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Which rides a list has.
#[derive(Clone, Copy, Debug)]
pub struct RideFilter {
    /// The areas.
    pub scope: AreaScope,
    /// Only in this stage.
    pub stage: Option<Stage>,
    /// Only for this reason.
    pub reason: Option<Reason>,
    /// Only those that are due before.
    pub due_before: Option<Micros>,
}

impl RideFilter {
    /// Those of a scope in a stage.
    pub fn of(scope: AreaScope, stage: Option<Stage>) -> RideFilter {
        RideFilter { scope, stage, reason: None, due_before: None }
    }
}

/// Those who wait for a ride or for the vehicle, the most pressing first.
///
/// # Errors
/// As [`vehicle`].
pub async fn waiting(
    db: &mut Connection,
    filter: &RideFilter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Ride>> {
    let (low, high) = filter.scope.bounds();
    let [at, id] = Cursor::values(after);
    let params: [Value; 8] = [
        at,
        id,
        low.into(),
        high.into(),
        filter.stage.map_or("", Stage::as_str).into(),
        filter.due_before.unwrap_or(Micros::MAX).into(),
        filter.reason.map_or("", Reason::as_str).into(),
        limit.into(),
    ];
    let rows = db.query(&RIDES_DUE, &params).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// Rides in the stage that the filter names, the latest first; none without one.
///
/// # Errors
/// As [`vehicle`].
pub async fn rides_in(db: &mut Connection, filter: &RideFilter, limit: i64) -> Result<Vec<Ride>> {
    let (low, high) = filter.scope.bounds();
    let params: [Value; 5] = [
        filter.stage.map_or("", Stage::as_str).into(),
        low.into(),
        high.into(),
        filter.reason.map_or("", Reason::as_str).into(),
        limit.into(),
    ];
    let rows = db.query(&RIDES_IN, &params).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// Who is to be brought to a facility, or is on the way to it.
///
/// # Errors
/// As [`vehicle`].
pub async fn leading_to(
    db: &mut Connection,
    facility: &HolderCode,
    limit: i64,
) -> Result<Vec<Ride>> {
    let rows = db.query(&RIDES_TO, &[facility.into(), limit.into()]).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// Who is to be fetched from a facility, or has been and has not arrived.
///
/// # Errors
/// As [`vehicle`].
pub async fn leading_from(
    db: &mut Connection,
    facility: &HolderCode,
    limit: i64,
) -> Result<Vec<Ride>> {
    let rows = db.query(&RIDES_FROM, &[facility.into(), limit.into()]).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// Hand-overs that have one signature and lack the other, the longest since before.
///
/// # Errors
/// As [`vehicle`].
pub async fn one_sided(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Ride>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&RIDES_ONE_SIDED, &[low.into(), high.into(), limit.into()]).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// The rides of a person, the latest first.
///
/// # Errors
/// As [`vehicle`].
pub async fn of_person(db: &mut Connection, person: PersonId, limit: i64) -> Result<Vec<Ride>> {
    let rows = db.query(&RIDES_OF, &[person.into(), limit.into()]).await?;
    rides(db, &ids_of(&rows, 1)?).await
}

/// The open rides of persons.
///
/// # Errors
/// As [`vehicle`].
pub async fn open_of(db: &mut Connection, persons: &[PersonId]) -> Result<Vec<Ride>> {
    let keys: Vec<Value> = persons.iter().map(|person| (*person).into()).collect();
    let rows = db.lookup(&RIDE_OPEN_OF, &keys).await?;
    rows.iter().map(|row| read_ride(row).map_err(Into::into)).collect()
}

/// A line of a ride's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What, for example `booked` or `picked_up`.
    pub what: String,
    /// Where it stood from then on.
    pub stage: Option<Stage>,
    /// The trip that it was on.
    pub trip: Option<UnitId>,
    /// What was recorded, as JSON.
    pub body: String,
}

/// The history of a ride in the order in which it was recorded.
///
/// # Errors
/// As [`vehicle`].
pub async fn history(db: &mut Connection, id: UnitId) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&HISTORY_OF, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                stage: Stage::parse(row.text(4)?),
                trip: row.opt_id(5)?.map(UnitId::from_bytes),
                body: row.text(6)?.to_owned(),
            })
        })
        .collect()
}
