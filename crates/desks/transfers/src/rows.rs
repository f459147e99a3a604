//! Rows as the rules see them, and how they are written and read.

use serde::{Deserialize, Serialize};
use store::{Row, Value};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, UnitId};

use crate::command::{Call, Spot};
use crate::event::Sign;
use crate::words::{Class, Kind, Reason, Stage, TripState, VehicleState};

/// A vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct Vehicle {
    /// Its code as a holder.
    pub code: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// What it is.
    pub kind: Kind,
    /// Its number plate.
    pub plate: String,
    /// Seats for passengers.
    pub seats: i64,
    /// Places for people who lie.
    pub stretchers: i64,
    /// The isolation classes that it may carry.
    pub carries: Vec<Class>,
    /// The areas whose people it fetches.
    pub serves: AreaScope,
    /// Where it stands when it is not out.
    pub base: Spot,
    /// Who is on it.
    pub crew: String,
    /// The shift.
    pub shift: Option<(Micros, Micros)>,
    /// Why it is out of service.
    pub out: Option<String>,
    /// Since when it is to be disinfected, and by when.
    pub dirty: Option<(Micros, Micros)>,
    /// The trip that it is on.
    pub trip: Option<UnitId>,
    /// The class that it carried last.
    pub last_class: Option<Class>,
}

impl Vehicle {
    /// What it can do now.
    pub fn state(&self) -> VehicleState {
        if self.out.is_some() {
            VehicleState::Out
        } else if self.trip.is_some() {
            VehicleState::Busy
        } else if self.dirty.is_some() {
            VehicleState::Dirty
        } else {
            VehicleState::Free
        }
    }

    /// Whether its crew is on shift; a vehicle of which nobody has said a shift always is.
    pub fn on_shift(&self, at: Micros) -> bool {
        self.shift.is_none_or(|(from, until)| from <= at && at < until)
    }
}

/// A trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// Which; its area is the county of the vehicle.
    pub id: UnitId,
    /// The vehicle.
    pub vehicle: HolderCode,
    /// The isolation class that it carries.
    pub class: Class,
    /// Where it stands.
    pub state: TripState,
    /// When it sets out, as planned.
    pub leaves_at: Micros,
    /// Who gets on and off, in order, as planned.
    pub calls: Vec<Call>,
    /// What the plan had said.
    pub plan: String,
    /// Why a person departed from it.
    pub reason: String,
    /// Who made it.
    pub actor: String,
    /// When it set out.
    pub started_at: Option<Micros>,
    /// When it was over.
    pub ended_at: Option<Micros>,
    /// When its vehicle broke down.
    pub broken_at: Option<Micros>,
    /// How many were ever aboard.
    pub carried: i64,
    /// How many are to be picked up.
    pub booked: i64,
    /// How many are aboard.
    pub aboard: i64,
}

impl Trip {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }

    /// When somebody is to get on or off, as planned.
    pub fn planned(&self, ride: UnitId, on: bool) -> Option<Micros> {
        self.calls.iter().find(|call| call.ride == ride && call.on == on)?.at
    }

    /// Whether people are aboard whom its vehicle cannot bring any farther.
    pub fn is_stranded(&self) -> bool {
        self.broken_at.is_some() && self.aboard > 0
    }
}

/// Signatures under both hand-overs of a ride.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signs {
    /// Who gave the person over to the crew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave: Option<Sign>,
    /// The crew that took the person over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took: Option<Sign>,
    /// The crew that gave the person over at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<Sign>,
    /// Who received the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Sign>,
}

impl Signs {
    /// Whether a hand-over has one signature and lacks the other.
    pub fn one_sided(&self) -> bool {
        self.took.is_some() && self.gave.is_none()
            || self.received.is_some() && self.handed.is_none()
    }
}

/// Somebody's ride from one place to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Ride {
    /// Which; its area is the county that answers for the person until the pick-up.
    pub id: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The episode of care, of a patient.
    pub episode: Option<UnitId>,
    /// With whom the person travels.
    pub household: Option<HouseholdId>,
    /// Why.
    pub reason: Reason,
    /// The isolation class.
    pub class: Class,
    /// Whether the person has to lie.
    pub lying: bool,
    /// Where the person is.
    pub from: Spot,
    /// Where the ride leads.
    pub to: Spot,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub stage_since: Micros,
    /// When it was asked for.
    pub wanted_at: Micros,
    /// Not to be picked up before.
    pub from_time: Option<Micros>,
    /// By when the person is to be picked up.
    pub due: Micros,
    /// The trip that it is on, or was on last.
    pub trip: Option<UnitId>,
    /// The seat.
    pub seat: String,
    /// Who signed.
    pub signs: Signs,
    /// What was said last.
    pub said: String,
    /// How often a vehicle stood at the door in vain.
    pub in_vain: i64,
    /// When the person got on.
    pub picked_at: Option<Micros>,
    /// When the person was received.
    pub arrived_at: Option<Micros>,
}

impl Ride {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }
}

/// A line of a trip's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub person: PersonId,
    pub seat: String,
    /// Whether it is this person's now.
    pub live: bool,
}

/// Reads [`crate::tables::VEHICLE_BY_CODE`].
pub(crate) fn read_vehicle(row: &Row) -> store::Result<Vehicle> {
    Ok(Vehicle {
        code: row.holder(0)?,
        area: row.area(1)?,
        kind: row.word(2, "Kind", Kind::parse)?,
        plate: row.text(3)?.to_owned(),
        seats: row.int(4)?,
        stretchers: row.int(5)?,
        carries: row.json(6)?,
        serves: row.word(7, "a scope", |text| AreaScope::parse(text).ok())?,
        base: row.json(8)?,
        crew: row.text(9)?.to_owned(),
        shift: row.opt_time(10)?.zip(row.opt_time(11)?),
        out: row.opt_text(12)?.map(ToOwned::to_owned),
        dirty: row.opt_time(13)?.zip(row.opt_time(14)?),
        trip: row.opt_id(15)?.map(UnitId::from_bytes),
        last_class: row.opt_text(16)?.and_then(Class::parse),
    })
}

/// Writes a vehicle for [`crate::tables::VEHICLE_PUT`].
pub(crate) fn vehicle_values(v: &Vehicle, values: &mut Vec<Value>) {
    values.extend([
        (&v.code).into(),
        v.area.into(),
        v.kind.as_str().into(),
        v.plate.as_str().into(),
        v.seats.into(),
        v.stretchers.into(),
        Value::json(&v.carries),
        v.serves.to_string().into(),
        Value::json(&v.base),
        v.crew.as_str().into(),
        v.shift.map(|(from, _)| from).into(),
        v.shift.map(|(_, until)| until).into(),
        v.out.clone().into(),
        v.dirty.map(|(since, _)| since).into(),
        v.dirty.map(|(_, due)| due).into(),
        v.trip.into(),
        v.last_class.map(Class::as_str).into(),
    ]);
}

/// Reads [`crate::tables::TRIP_BY_ID`].
pub(crate) fn read_trip(row: &Row) -> store::Result<Trip> {
    Ok(Trip {
        id: UnitId::from_bytes(row.id(0)?),
        vehicle: row.holder(1)?,
        class: row.word(2, "Class", Class::parse)?,
        state: row.word(3, "TripState", TripState::parse)?,
        leaves_at: row.time(4)?,
        calls: row.json(5)?,
        plan: row.text(6)?.to_owned(),
        reason: row.text(7)?.to_owned(),
        actor: row.text(8)?.to_owned(),
        started_at: row.opt_time(9)?,
        ended_at: row.opt_time(10)?,
        broken_at: row.opt_time(11)?,
        carried: row.int(12)?,
        booked: row.int(13)?,
        aboard: row.int(14)?,
    })
}

/// Writes a trip for [`crate::tables::TRIP_PUT`].
pub(crate) fn trip_values(t: &Trip, values: &mut Vec<Value>) {
    values.extend([
        t.area().into(),
        t.id.into(),
        (&t.vehicle).into(),
        t.class.as_str().into(),
        t.state.as_str().into(),
        t.leaves_at.into(),
        Value::json(&t.calls),
        t.plan.as_str().into(),
        t.reason.as_str().into(),
        t.actor.as_str().into(),
        t.started_at.into(),
        t.ended_at.into(),
        t.broken_at.into(),
        t.carried.into(),
        t.booked.into(),
        t.aboard.into(),
    ]);
}

/// Reads [`crate::tables::RIDE_BY_ID`].
pub(crate) fn read_ride(row: &Row) -> store::Result<Ride> {
    Ok(Ride {
        id: UnitId::from_bytes(row.id(0)?),
        person: PersonId::from_bytes(row.id(1)?),
        episode: row.opt_id(2)?.map(UnitId::from_bytes),
        household: row.opt_id(3)?.map(HouseholdId::from_bytes),
        reason: row.word(4, "Reason", Reason::parse)?,
        class: row.word(5, "Class", Class::parse)?,
        lying: row.flag(6)?,
        from: row.json(7)?,
        to: row.json(8)?,
        stage: row.word(9, "Stage", Stage::parse)?,
        stage_since: row.time(10)?,
        wanted_at: row.time(11)?,
        from_time: row.opt_time(12)?,
        due: row.time(13)?,
        trip: row.opt_id(14)?.map(UnitId::from_bytes),
        seat: row.text(15)?.to_owned(),
        signs: row.json(16)?,
        said: row.text(17)?.to_owned(),
        in_vain: row.int(18)?,
        picked_at: row.opt_time(19)?,
        arrived_at: row.opt_time(20)?,
    })
}

/// Writes a ride for [`crate::tables::RIDE_PUT`].
pub(crate) fn ride_values(r: &Ride, values: &mut Vec<Value>) {
    values.extend([
        r.area().into(),
        r.id.into(),
        r.person.into(),
        r.episode.into(),
        r.household.into(),
        r.reason.as_str().into(),
        r.class.as_str().into(),
        r.lying.into(),
        Value::json(&r.from),
        Value::json(&r.to),
        r.stage.as_str().into(),
        r.stage_since.into(),
        r.wanted_at.into(),
        r.from_time.into(),
        r.due.into(),
        r.trip.into(),
        r.seat.as_str().into(),
        Value::json(&r.signs),
        r.said.as_str().into(),
        r.in_vain.into(),
        r.picked_at.into(),
        r.arrived_at.into(),
        r.stage.is_open().into(),
        r.signs.one_sided().into(),
        r.from.facility.as_ref().map(HolderCode::as_str).into(),
        r.to.facility.as_ref().map(HolderCode::as_str).into(),
    ]);
}
