//! What can be asked of the transfers desk.

use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::words::{Class, Kind, OffWhy, Reason};

/// A command, externally tagged in JSON: `{"dispatch": {…}}`.
///
/// What is asked of a vehicle or its trip is sent under the vehicle's county; what is asked of
/// somebody who is on no trip under the county of the ride; who gives somebody over or receives
/// somebody sends it under the facility's county, or that of the ride where there is no facility.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Enters a vehicle, or changes what is said of it.
    PutVehicle(PutVehicle),
    /// Says who drives it and when: a shift in closed loop.
    Shift(Shift),
    /// Takes a vehicle out of service, or puts it into service again.
    SetVehicleOut {
        /// The vehicle.
        vehicle: HolderCode,
        /// Out, or in service again.
        out: bool,
        /// Why.
        reason: String,
    },
    /// The vehicle was disinfected.
    Disinfected {
        /// The vehicle.
        vehicle: HolderCode,
        /// Anything to say: by what, by whom.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Asks for rides that do not follow from a held bed.
    Want(Want),
    /// A ride is not needed any more.
    CancelRide {
        /// Which.
        ride: UnitId,
        /// Why.
        reason: String,
    },
    /// Makes a trip of a vehicle and of people who wait for a ride.
    Dispatch(Dispatch),
    /// Puts more people on a trip.
    Join {
        /// The trip.
        trip: UnitId,
        /// Who.
        rides: Vec<UnitId>,
        /// Needed where a rule is set aside.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A trip is called off. Nobody is aboard; who was on it waits for another one.
    CallOff {
        /// The trip.
        trip: UnitId,
        /// Why.
        reason: String,
    },
    /// The vehicle sets out.
    Start {
        /// The trip.
        trip: UnitId,
    },
    /// The crew takes people over.
    PickUp(PickUp),
    /// Who gives people over to a crew says so: a ward, the desk, a grid worker at the door.
    GiveOver {
        /// Who is given over.
        rides: Vec<UnitId>,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The crew gives people over to where they are brought.
    HandOver {
        /// The trip.
        trip: UnitId,
        /// Who.
        rides: Vec<UnitId>,
        /// Anything to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// The receiving site has them. For a patient this is the admission, in the same entry.
    Receive(Receive),
    /// Somebody who was to be picked up is not: goes back to those who wait, with what was said.
    TakeOff(TakeOff),
    /// Somebody who was aboard was set down on the way or brought back.
    SetDown {
        /// The trip.
        trip: UnitId,
        /// Who.
        ride: UnitId,
        /// Where and why.
        note: String,
    },
    /// The vehicle cannot go on. Who is aboard stays so until moved across.
    Breakdown {
        /// The trip.
        trip: UnitId,
        /// What happened.
        reason: String,
    },
    /// People aboard one vehicle get on another one.
    MoveAcross {
        /// The trip that they are on.
        trip: UnitId,
        /// The vehicle that takes them; its trip under way, or a new one.
        vehicle: HolderCode,
        /// Who.
        rides: Vec<UnitId>,
        /// Why.
        reason: String,
    },
}

/// A place where somebody gets on or off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// The county that it lies in.
    pub area: AreaCode,
    /// A facility, as a holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<HolderCode>,
    /// A place of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// Degrees east and north, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<(f64, f64)>,
}

impl Spot {
    /// Somewhere in a county.
    pub fn of(area: AreaCode) -> Spot {
        Spot { area, facility: None, place: None, at: None }
    }

    /// The same with its position to a tenth of a metre: six decimals are what every reader of JSON reads back
    /// to the last bit, and a replay has to.
    #[must_use]
    pub fn rounded(&self) -> Spot {
        let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
        let at = self.at.map(|(lon, lat)| (round(lon), round(lat)));
        Spot { at, ..self.clone() }
    }
}

/// See [`Command::PutVehicle`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutVehicle {
    /// Its code as a holder, `vehicle:CODE`: for it the accounts of its crew act.
    pub code: HolderCode,
    /// What it is.
    pub kind: Kind,
    /// Its number plate, or how it is called on the radio.
    pub plate: String,
    /// Seats for passengers; those of the crew are not counted.
    pub seats: u32,
    /// Places for people who lie.
    #[serde(default)]
    pub stretchers: u32,
    /// The isolation classes that it may carry.
    pub carries: Vec<Class>,
    /// The areas whose people it fetches.
    pub serves: AreaScope,
    /// Where it stands when it is not out.
    pub base: Spot,
}

/// See [`Command::Shift`]. Between two shifts a crew in closed loop does not go home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The vehicle.
    pub vehicle: HolderCode,
    /// Who is on it, as the dispatcher calls them.
    pub crew: String,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
}

/// See [`Command::Want`]. Everybody of it goes from one place to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    /// Who.
    pub people: Vec<Rider>,
    /// Why.
    pub reason: Reason,
    /// Their isolation class.
    pub class: Class,
    /// Where they are.
    pub from: Spot,
    /// Where they go.
    pub to: Spot,
    /// By when they are to be picked up; else as for a positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Micros>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_time: Option<Micros>,
    /// Anything to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Somebody who wants a ride.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rider {
    /// Who.
    pub person: PersonId,
    /// With whom the person lives and travels: a family, a room of a dormitory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// Whether the person has to lie.
    #[serde(default)]
    pub lying: bool,
}

/// See [`Command::Dispatch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// The vehicle.
    pub vehicle: HolderCode,
    /// Who is fetched.
    pub rides: Vec<UnitId>,
    /// In which order, and when; empty: all get on in the order of `rides`, then all get off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// When it sets out.
    pub leaves_at: Micros,
    /// What the plan had said of it, in words; empty for a trip made by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan: String,
    /// Why a person departs from the plan, or from a rule that a reason can set aside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Somebody gets on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Who.
    pub ride: UnitId,
    /// On, or off.
    pub on: bool,
    /// When, as planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Micros>,
}

/// See [`Command::PickUp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PickUp {
    /// The trip.
    pub trip: UnitId,
    /// Who got on.
    pub rides: Vec<UnitId>,
    /// Who gave them over, as the crew names them; the other side may sign by itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub witness: String,
    /// The code of whoever gives them over. The server has checked it before a rule sees it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// See [`Command::Receive`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receive {
    /// The trip.
    pub trip: UnitId,
    /// Who has arrived.
    pub rides: Vec<UnitId>,
    /// The facility that takes them; nothing where they are brought home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<HolderCode>,
    /// The ward, when it is not the one where a bed is held, or none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// Why, for those who were to go elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The receiving site's code, when the crew records it. The server has checked it before a rule
    /// sees it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// See [`Command::TakeOff`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeOff {
    /// The trip.
    pub trip: UnitId,
    /// Who.
    pub ride: UnitId,
    /// Why.
    pub why: OffWhy,
    /// What was said.
    pub note: String,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::PutVehicle(_) => "transfers.put_vehicle",
            Command::Shift(_) => "transfers.shift",
            Command::SetVehicleOut { .. } => "transfers.set_vehicle_out",
            Command::Disinfected { .. } => "transfers.disinfected",
            Command::Want(_) => "transfers.want",
            Command::CancelRide { .. } => "transfers.cancel_ride",
            Command::Dispatch(_) => "transfers.dispatch",
            Command::Join { .. } => "transfers.join",
            Command::CallOff { .. } => "transfers.call_off",
            Command::Start { .. } => "transfers.start",
            Command::PickUp(_) => "transfers.pick_up",
            Command::GiveOver { .. } => "transfers.give_over",
            Command::HandOver { .. } => "transfers.hand_over",
            Command::Receive(_) => "transfers.receive",
            Command::TakeOff(_) => "transfers.take_off",
            Command::SetDown { .. } => "transfers.set_down",
            Command::Breakdown { .. } => "transfers.breakdown",
            Command::MoveAcross { .. } => "transfers.move_across",
        }
    }

    /// The trip that the command is about.
    pub fn trip(&self) -> Option<UnitId> {
        match self {
            Command::Join { trip, .. }
            | Command::CallOff { trip, .. }
            | Command::Start { trip }
            | Command::HandOver { trip, .. }
            | Command::SetDown { trip, .. }
            | Command::Breakdown { trip, .. }
            | Command::MoveAcross { trip, .. } => Some(*trip),
            Command::PickUp(c) => Some(c.trip),
            Command::Receive(c) => Some(c.trip),
            Command::TakeOff(c) => Some(c.trip),
            _ => None,
        }
    }

    /// The rides that the command names.
    pub fn rides(&self) -> &[UnitId] {
        match self {
            Command::CancelRide { ride, .. } | Command::SetDown { ride, .. } => {
                std::slice::from_ref(ride)
            }
            Command::TakeOff(c) => std::slice::from_ref(&c.ride),
            Command::Dispatch(c) => &c.rides,
            Command::PickUp(c) => &c.rides,
            Command::Receive(c) => &c.rides,
            Command::Join { rides, .. }
            | Command::GiveOver { rides, .. }
            | Command::HandOver { rides, .. }
            | Command::MoveAcross { rides, .. } => rides,
            _ => &[],
        }
    }

    /// The vehicle that the command names.
    pub fn vehicle(&self) -> Option<&HolderCode> {
        match self {
            Command::PutVehicle(c) => Some(&c.code),
            Command::Shift(c) => Some(&c.vehicle),
            Command::SetVehicleOut { vehicle, .. }
            | Command::Disinfected { vehicle, .. }
            | Command::MoveAcross { vehicle, .. } => Some(vehicle),
            Command::Dispatch(c) => Some(&c.vehicle),
            _ => None,
        }
    }

    /// The code of the other side, and what it is for: one of the rides at a pick-up, the trip and the
    /// facility at an arrival. To be checked before the command is sent on.
    pub fn code(&self) -> Option<(&str, CodeFor<'_>)> {
        match self {
            Command::PickUp(c) if !c.code.is_empty() => Some((&c.code, CodeFor::PickUp(&c.rides))),
            Command::Receive(c) if !c.code.is_empty() => {
                Some((&c.code, CodeFor::Arrival(c.trip, c.facility.as_ref())))
            }
            _ => None,
        }
    }
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFor<'a> {
    /// That somebody is given over to a crew.
    PickUp(&'a [UnitId]),
    /// That a facility receives whom a trip brings.
    Arrival(UnitId, Option<&'a HolderCode>),
}
