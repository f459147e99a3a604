//! `/api/v1/transfers`: rides, vehicles, trips and the dispatch plan for programs. Nobody is named: a ride has the id
//! of the person's file. What is done with them is sent as commands.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use planner::routes::steps;
use serde::Serialize;
use transfers::views;
use transfers::{Ride, Spot, Stage, Trip, Vehicle};
use types::{AreaCode, HolderCode, Micros, PersonId, UnitId};
use utoipa::ToSchema;

use crate::api::{json, paging};
use crate::pages::transfers::{OWN, READERS, SITES};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::{Fault, sign_codes};

/// Most rows of one answer.
const MOST: i64 = 1_000;
/// Steps of a plan's search, unless the caller says how many.
const STEPS: u64 = 20_000;
/// Most steps that a caller may ask for.
const MOST_STEPS: u64 = 1_000_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/transfers/rides", READERS, rides);
    routes.get("/api/v1/transfers/vehicles", READERS, vehicles);
    routes.get("/api/v1/transfers/trips", READERS, trips);
    routes.get("/api/v1/transfers/plan", READERS, plan).timeout_seconds(60);
    routes.get("/api/v1/transfers/own", OWN, own);
    routes.get("/api/v1/transfers/facilities/{holder}", SITES, facility);
}

/// A place where somebody gets on or off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferSpot)]
pub struct SpotOut {
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// A facility, as a holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    facility: Option<String>,
    /// A place of the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Degrees east and north.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<f64>>)]
    at: Option<(f64, f64)>,
}

impl From<&Spot> for SpotOut {
    fn from(spot: &Spot) -> SpotOut {
        SpotOut {
            area: spot.area,
            facility: spot.facility.as_ref().map(ToString::to_string),
            place: spot.place.as_ref().map(ToString::to_string),
            at: spot.at,
        }
    }
}

/// Somebody's ride. Times are microseconds UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferRide)]
pub struct RideOut {
    /// The ride.
    #[schema(value_type = String)]
    id: UnitId,
    /// The county that answers for the person until the pick-up.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// Whose.
    #[schema(value_type = String)]
    person: PersonId,
    /// The episode of care, of a patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    episode: Option<UnitId>,
    /// `admission`, `between`, `home` or `moved`.
    reason: &'static str,
    /// `positive`, `suspected`, `contact`, `secondary` or `clear`.
    class: &'static str,
    /// Whether the person has to lie.
    lying: bool,
    /// Where the person is.
    from: SpotOut,
    /// Where the ride leads.
    to: SpotOut,
    /// `wanted`, `booked`, `aboard`, `arrived` or `off`.
    stage: &'static str,
    /// Since when.
    #[schema(value_type = i64)]
    since: Micros,
    /// By when the person is to be picked up.
    #[schema(value_type = i64)]
    due: Micros,
    /// The trip that it is on, or was on last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    trip: Option<UnitId>,
    /// The seat.
    #[serde(skip_serializing_if = "String::is_empty")]
    seat: String,
    /// Whether a hand-over lacks a signature.
    one_sided: bool,
    /// Whether the crew has signed that it gave the person over.
    handed: bool,
    /// What was said last.
    #[serde(skip_serializing_if = "String::is_empty")]
    said: String,
}

impl From<&Ride> for RideOut {
    fn from(ride: &Ride) -> RideOut {
        RideOut {
            id: ride.id,
            area: ride.area(),
            person: ride.person,
            episode: ride.episode,
            reason: ride.reason.as_str(),
            class: ride.class.as_str(),
            lying: ride.lying,
            from: (&ride.from).into(),
            to: (&ride.to).into(),
            stage: ride.stage.as_str(),
            since: ride.stage_since,
            due: ride.due,
            trip: ride.trip,
            seat: ride.seat.clone(),
            one_sided: ride.signs.one_sided(),
            handed: ride.signs.handed.is_some(),
            said: ride.said.clone(),
        }
    }
}

/// A vehicle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferVehicle)]
pub struct VehicleOut {
    /// Its code as a holder.
    #[schema(value_type = String)]
    code: HolderCode,
    /// Its county: commands about it and its trips are sent under it.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// `ambulance`, `negative`, `minibus` or `coach`.
    kind: &'static str,
    /// Its number plate.
    plate: String,
    /// Seats for passengers.
    seats: i64,
    /// Places for people who lie.
    stretchers: i64,
    /// The isolation classes that it may carry.
    carries: Vec<&'static str>,
    /// `free`, `busy`, `dirty` or `out`.
    state: &'static str,
    /// By when it is to be disinfected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    clean_due: Option<Micros>,
    /// The trip that it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    trip: Option<UnitId>,
}

impl From<&Vehicle> for VehicleOut {
    fn from(v: &Vehicle) -> VehicleOut {
        VehicleOut {
            code: v.code.clone(),
            area: v.area,
            kind: v.kind.as_str(),
            plate: v.plate.clone(),
            seats: v.seats,
            stretchers: v.stretchers,
            carries: v.carries.iter().map(|class| class.as_str()).collect(),
            state: v.state().as_str(),
            clean_due: v.dirty.map(|(_, due)| due),
            trip: v.trip,
        }
    }
}

/// Somebody gets on or off, as planned.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferCall)]
pub struct CallOut {
    /// The ride.
    #[schema(value_type = String)]
    ride: UnitId,
    /// On, or off.
    on: bool,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    at: Option<Micros>,
}

/// A trip with who is on it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransferTrip)]
pub struct TripOut {
    /// The trip.
    #[schema(value_type = String)]
    id: UnitId,
    /// The county under which commands about it are sent.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// The vehicle.
    #[schema(value_type = String)]
    vehicle: HolderCode,
    /// The isolation class that it carries.
    class: &'static str,
    /// `planned`, `under_way`, `done` or `called_off`.
    state: &'static str,
    /// When it sets out, as planned.
    #[schema(value_type = i64)]
    leaves_at: Micros,
    /// Whether people are aboard whom its vehicle cannot bring any farther.
    stranded: bool,
    /// Who gets on and off, in order.
    calls: Vec<CallOut>,
    /// Who is on it now.
    rides: Vec<RideOut>,
}

async fn whole(db: &mut store::Connection, trip: &Trip) -> Result<TripOut, Fault> {
    let on = views::on_trip(db, trip.id).await?;
    Ok(TripOut {
        id: trip.id,
        area: trip.area(),
        vehicle: trip.vehicle.clone(),
        class: trip.class.as_str(),
        state: trip.state.as_str(),
        leaves_at: trip.leaves_at,
        stranded: trip.is_stranded(),
        calls: trip
            .calls
            .iter()
            .map(|call| CallOut { ride: call.ride, on: call.on, at: call.at })
            .collect(),
        rides: on.iter().filter(|(.., live)| *live).map(|(ride, ..)| ride.into()).collect(),
    })
}

/// Rides.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferRides)]
pub struct RidesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The most pressing first; of those who are aboard or have arrived the latest first.
    rides: Vec<RideOut>,
}

/// Vehicles.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferVehicles)]
pub struct VehiclesOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// By county and code.
    vehicles: Vec<VehicleOut>,
}

/// Trips that are planned or under way.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferTrips)]
pub struct TripsOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// By the time at which they set out.
    trips: Vec<TripOut>,
}

/// A crew's vehicle and its open trips.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferOwn)]
pub struct OwnOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The vehicle.
    vehicle: VehicleOut,
    /// What it is on, and what comes after.
    trips: Vec<TripOut>,
}

/// Who is on the way to a facility, and who is to be fetched from it.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferSite)]
pub struct SiteOut {
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// Who is to be brought here.
    to: Vec<RideOut>,
    /// Who is to be fetched from here.
    from: Vec<RideOut>,
    /// The facility's code for each trip that is on the way to it: the crew is told it at the door. For the
    /// facility's own staff and the desk.
    codes: BTreeMap<String, String>,
}

/// A trip that the plan proposes: send it as `{"transfers": {"dispatch": …}}`.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferProposal)]
pub struct ProposalOut {
    /// The county under which it is sent.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// The vehicle.
    #[schema(value_type = String)]
    vehicle: HolderCode,
    /// Who.
    #[schema(value_type = Vec<String>)]
    rides: Vec<UnitId>,
    /// In which order, and when.
    calls: Vec<CallOut>,
    /// When it sets out.
    #[schema(value_type = i64)]
    leaves_at: Micros,
    /// Its length in metres, without the way back.
    metres: i64,
    /// How many are picked up after their deadline.
    late: usize,
}

/// Somebody whom the plan does not fetch.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferLeft)]
pub struct LeftOut {
    /// The ride.
    #[schema(value_type = String)]
    ride: UnitId,
    /// `no-vehicle`, `not-for-class`, `no-stretcher`, `serves-elsewhere`, `others-first`, `not-in-time` or
    /// `not-yet`.
    why: &'static str,
}

/// A dispatch plan. It binds nobody.
#[derive(Serialize, ToSchema)]
#[schema(as = TransferPlan)]
pub struct PlanOut {
    /// When rides and vehicles were as they are in it, microseconds UTC.
    #[schema(value_type = i64)]
    as_of: Micros,
    /// The trips.
    trips: Vec<ProposalOut>,
    /// Who is not fetched.
    left: Vec<LeftOut>,
}

async fn rides(seat: Seat) -> Answer {
    let stage = match seat.param("stage") {
        None => None,
        Some(text) => Some(Stage::parse(&text).ok_or_else(|| {
            paging::wrong("stage", &text, "wanted, booked, aboard, arrived, off")
        })?),
    };
    let limit = paging::number(&seat, "limit", MOST, MOST)?;
    let mut db = seat.db().await?;
    let filter = views::RideFilter::of(seat.scope(), stage);
    let found = match stage {
        None | Some(Stage::Wanted | Stage::Booked) => {
            views::waiting(&mut db, &filter, None, limit).await?
        }
        Some(_) => views::rides_in(&mut db, &filter, limit).await?,
    };
    let rides = found.iter().map(RideOut::from).collect();
    json(StatusCode::OK, &RidesOut { as_of: seat.now(), rides })
}

async fn vehicles(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::vehicles(&mut db, seat.scope()).await?;
    let vehicles = found.iter().map(VehicleOut::from).collect();
    json(StatusCode::OK, &VehiclesOut { as_of: seat.now(), vehicles })
}

async fn trips(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let mut trips = Vec::new();
    for trip in views::open_trips(&mut db, seat.scope(), MOST).await? {
        trips.push(whole(&mut db, &trip).await?);
    }
    json(StatusCode::OK, &TripsOut { as_of: seat.now(), trips })
}

async fn plan(seat: Seat) -> Answer {
    let limit = paging::number(&seat, "steps", MOST_STEPS, STEPS)?;
    let mut db = seat.db().await?;
    let input = views::plan_input(&mut db, seat.scope(), seat.now()).await?;
    drop(db);
    let made = tokio::task::spawn_blocking(move || views::propose(&input, 1, &mut steps(limit)));
    let plan = made.await.map_err(Fault::internal)?;
    let trips = plan.trips.iter().map(|trip| ProposalOut {
        area: trip.vehicle.area,
        vehicle: trip.vehicle.code.clone(),
        rides: trip.rides.iter().map(|planned| planned.ride.id).collect(),
        calls: trip
            .calls
            .iter()
            .map(|call| CallOut { ride: call.ride, on: call.on, at: call.at })
            .collect(),
        leaves_at: trip.leaves_at,
        metres: trip.metres,
        late: trip.rides.iter().filter(|planned| !planned.in_time()).count(),
    });
    let left = plan.left.iter().map(|left| LeftOut { ride: left.ride.id, why: left.why.as_str() });
    let out = PlanOut { as_of: seat.now(), trips: trips.collect(), left: left.collect() };
    json(StatusCode::OK, &out)
}

async fn own(seat: Seat) -> Answer {
    let code = crate::pages::transfers::own_code(&seat)?;
    let mut db = seat.db().await?;
    let vehicle = views::vehicle(&mut db, &code).await?;
    let vehicle = vehicle.ok_or_else(|| Fault::not_found(&code))?;
    let mut trips = Vec::new();
    for trip in views::of_vehicle(&mut db, &code, 100).await? {
        if trip.state.is_open() {
            trips.push(whole(&mut db, &trip).await?);
        }
    }
    trips.sort_by_key(|trip| (trip.state != "under_way", trip.leaves_at, trip.id));
    json(StatusCode::OK, &OwnOut { as_of: seat.now(), vehicle: (&vehicle).into(), trips })
}

async fn facility(seat: Seat, Path(holder): Path<String>) -> Answer {
    let of = crate::pages::care::words::read_facility(&seat, &holder).await?;
    let mut db = seat.db().await?;
    let to = views::leading_to(&mut db, &of.code, MOST).await?;
    let from = views::leading_from(&mut db, &of.code, MOST).await?;
    let receives = crate::pages::transfers::receives(&seat, &of.code, of.area);
    let codes = to
        .iter()
        .filter(|ride| receives && ride.stage == Stage::Aboard)
        .filter_map(|ride| ride.trip)
        .map(|trip| {
            let code = sign_codes::of_arrival(seat.app().secrets(), trip, Some(&of.code));
            (trip.to_string(), code)
        })
        .collect();
    let out = SiteOut {
        as_of: seat.now(),
        to: to.iter().map(RideOut::from).collect(),
        from: from.iter().map(RideOut::from).collect(),
        codes,
    };
    json(StatusCode::OK, &out)
}
