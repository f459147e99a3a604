//! The desk's words for people.

use std::collections::HashMap;

use maud::{Markup, html};
use store::Connection;
use transfers::{Ride, Spot, Stage, Trip, TripState, Vehicle, VehicleState, views};
use types::{HolderCode, Refusal, UnitId};

use crate::access::Role;
use crate::i18n::Speaks;
use crate::pages::cases::words::named;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;
use crate::{Fault, t};

/// What a ride or a trip is called on a page: its county and the start of its id.
pub fn short(unit: UnitId) -> String {
    crate::pages::cases::words::short(unit)
}

/// The page of a trip.
pub fn trip_path(trip: UnitId) -> String {
    format!("/transfers/trips/{trip}")
}

/// The page of a ride.
pub fn ride_path(ride: UnitId) -> String {
    format!("/transfers/rides/{ride}")
}

/// The page of a vehicle.
pub fn vehicle_path(code: &HolderCode) -> String {
    format!("/transfers/vehicles/{code}")
}

/// The page of whom a facility expects.
pub fn site_path(code: &HolderCode) -> String {
    format!("/transfers/facilities/{code}")
}

/// A link to a trip.
pub fn trip_link(trip: UnitId) -> Markup {
    html! { a .nowrap href=(trip_path(trip)) { code { (short(trip)) } } }
}

/// A link to a ride.
pub fn ride_link(ride: UnitId) -> Markup {
    html! { a .nowrap href=(ride_path(ride)) { code { (short(ride)) } } }
}

/// An isolation class as a tag.
pub fn class(seat: &Seat, class: transfers::Class) -> Markup {
    use transfers::Class as C;
    let tone = match class {
        C::Positive => Tone::Bad,
        C::Suspected => Tone::Warning,
        C::Contact | C::Secondary => Tone::Info,
        C::Clear => Tone::Good,
    };
    parts::tag(tone, &named(seat, "trip-class", class.as_str()))
}

/// Where a ride stands, as a tag.
pub fn stage(seat: &Seat, ride: &Ride) -> Markup {
    let tone = match ride.stage {
        Stage::Wanted if ride.due < seat.now() => Tone::Bad,
        Stage::Wanted => Tone::Warning,
        Stage::Booked => Tone::Info,
        Stage::Aboard => Tone::Info,
        Stage::Arrived => Tone::Good,
        Stage::Off => Tone::Plain,
    };
    parts::tag(tone, &named(seat, "trip-stage", ride.stage.as_str()))
}

/// Where a trip stands, as a tag.
pub fn state(seat: &Seat, trip: &Trip) -> Markup {
    if trip.is_stranded() {
        return parts::tag(Tone::Bad, &t!(seat, "trip-stranded"));
    }
    let tone = match trip.state {
        TripState::Planned if trip.leaves_at < seat.now() => Tone::Warning,
        TripState::Planned => Tone::Plain,
        TripState::UnderWay => Tone::Info,
        TripState::Done => Tone::Good,
        TripState::CalledOff => Tone::Plain,
    };
    parts::tag(tone, &named(seat, "trip-state", trip.state.as_str()))
}

/// What a vehicle can do now, as a tag.
pub fn vehicle_state(seat: &Seat, vehicle: &Vehicle) -> Markup {
    let tone = match vehicle.state() {
        VehicleState::Free => Tone::Good,
        VehicleState::Busy => Tone::Info,
        VehicleState::Dirty => Tone::Warning,
        VehicleState::Out => Tone::Bad,
    };
    parts::tag(tone, &named(seat, "trip-vehicle-state", vehicle.state().as_str()))
}

/// What a vehicle is called: its plate, or its code where there is none.
pub fn vehicle_name(vehicle: &Vehicle) -> String {
    if vehicle.plate.is_empty() { vehicle.code.code().to_owned() } else { vehicle.plate.clone() }
}

/// A deadline in a table, marked when it is past.
pub fn due_cell(seat: &Seat, ride: &Ride) -> Cell {
    let waits = matches!(ride.stage, Stage::Wanted | Stage::Booked);
    if waits && ride.due < seat.now() {
        let late = seat.span(seat.now() - ride.due);
        return Cell::tag(Tone::Bad, t!(seat, "late-by", time = late));
    }
    Cell::time(seat.time(ride.due))
}

/// The names of facilities that rides lead to or come from.
pub async fn facility_names(
    seat: &Seat,
    db: &mut Connection,
    rides: impl Iterator<Item = &Ride>,
) -> Result<HashMap<HolderCode, String>, Fault> {
    let mut codes: Vec<HolderCode> = rides
        .flat_map(|ride| [ride.from.facility.clone(), ride.to.facility.clone()])
        .flatten()
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let known = care::views::facilities_by_code(db, &codes).await?;
    let mut names: HashMap<HolderCode, String> =
        codes.iter().map(|code| (code.clone(), code.code().to_owned())).collect();
    for of in known {
        names.insert(of.code.clone(), crate::pages::care::words::facility(seat, &of));
    }
    Ok(names)
}

/// A place where somebody gets on or off, in words.
pub fn spot(seat: &Seat, names: &HashMap<HolderCode, String>, spot: &Spot) -> String {
    match (&spot.facility, &spot.place) {
        (Some(code), _) => names.get(code).cloned().unwrap_or_else(|| code.code().to_owned()),
        (None, Some(place)) => place.to_string(),
        (None, None) => seat.app().areas().name(types::AreaScope::one(spot.area), seat.lang()),
    }
}

/// The trip of an address, for those who may see it: who answers for its county, its crew, and a facility
/// that gives people over to it or receives them.
pub async fn read_trip(seat: &Seat, text: &str) -> Result<Trip, Fault> {
    let id = unit(text, transfers::TRIP)?;
    let mut db = seat.db().await?;
    let found = views::trip(&mut db, id).await?;
    let grant = seat.grant()?;
    let Some(trip) = found else {
        seat.require(id.area())?;
        return Err(Fault::not_found(id));
    };
    match (grant.role, &grant.holder) {
        (Role::Crew, Some(own)) if *own != trip.vehicle => {
            Err(Refusal::new("not-your-holder").with("holder", own).into())
        }
        (Role::Crew, _) => Ok(trip),
        (Role::Ward, Some(own)) => {
            let on = views::on_trip(&mut db, id).await?;
            if on.iter().any(|(ride, ..)| is_of(ride, own)) {
                Ok(trip)
            } else {
                Err(Refusal::new("not-your-holder").with("holder", own).into())
            }
        }
        _ if seat.require(id.area()).is_ok() => Ok(trip),
        _ => {
            let on = views::on_trip(&mut db, id).await?;
            let near = |ride: &Ride| {
                [ride.area(), ride.to.area].into_iter().any(|area| seat.require(area).is_ok())
            };
            if !on.iter().any(|(ride, ..)| near(ride)) {
                seat.require(id.area())?;
            }
            Ok(trip)
        }
    }
}

fn is_of(ride: &Ride, own: &HolderCode) -> bool {
    [&ride.from.facility, &ride.to.facility].into_iter().any(|f| f.as_ref() == Some(own))
}

/// The ride of an address, for those who may see it.
pub async fn read_ride(seat: &Seat, text: &str) -> Result<Ride, Fault> {
    let id = unit(text, transfers::RIDE)?;
    let mut db = seat.db().await?;
    let found = views::ride(&mut db, id).await?;
    let grant = seat.grant()?;
    let Some(ride) = found else {
        seat.require(id.area())?;
        return Err(Fault::not_found(id));
    };
    match (grant.role, &grant.holder) {
        (Role::Crew, Some(own)) => {
            let trip = match ride.trip.filter(|_| ride.stage != Stage::Wanted) {
                Some(trip) => views::trip(&mut db, trip).await?,
                None => None,
            };
            if trip.is_some_and(|trip| trip.vehicle == *own) {
                Ok(ride)
            } else {
                Err(Refusal::new("not-your-holder").with("holder", own).into())
            }
        }
        (Role::Ward, Some(own)) if !is_of(&ride, own) => {
            Err(Refusal::new("not-your-holder").with("holder", own).into())
        }
        (Role::Ward, Some(_)) => Ok(ride),
        _ => {
            if seat.require(ride.to.area).is_err() {
                seat.require(ride.area())?;
            }
            Ok(ride)
        }
    }
}

fn unit(text: &str, kind: types::UnitKind) -> Result<UnitId, Fault> {
    let id = UnitId::parse(text)?;
    if id.kind() != kind {
        return Err(Refusal::new("wrong-kind-of-code")
            .with("code", id)
            .with("wanted", kind)
            .into());
    }
    Ok(id)
}

/// The vehicle of an address, for those who may see it.
pub async fn read_vehicle(seat: &Seat, text: &str) -> Result<Vehicle, Fault> {
    let code = HolderCode::parse(text)?;
    let mut db = seat.db().await?;
    let found = views::vehicle(&mut db, &code).await?;
    let grant = seat.grant()?;
    if grant.role == Role::Crew
        && let Some(own) = &grant.holder
        && *own != code
    {
        return Err(Refusal::new("not-your-holder").with("holder", own).into());
    }
    let vehicle = found.ok_or_else(|| Fault::not_found(&code))?;
    if !vehicle.serves.covers(seat.scope()) {
        seat.require(vehicle.area)?;
    }
    Ok(vehicle)
}
