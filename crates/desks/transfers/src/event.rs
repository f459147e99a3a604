//! What can have happened at the transfers desk. Kept in the journal for ever: only add.

use serde::{Deserialize, Serialize};
use types::{HolderCode, HouseholdId, Micros, PersonId, UnitId};

use crate::command::{Call, PutVehicle, Shift, Spot};
use crate::words::{Class, Ended, OffWhy, Reason};

/// A fact. Externally tagged in JSON, as commands are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A vehicle is as it says.
    VehiclePut(Box<PutVehicle>),
    /// A shift is as it says.
    ShiftSet(Shift),
    /// A vehicle went out of service, or came back.
    VehicleOut {
        /// The vehicle.
        vehicle: HolderCode,
        /// Out, or back.
        out: bool,
        /// Why.
        reason: String,
    },
    /// A vehicle was disinfected.
    Disinfected {
        /// The vehicle.
        vehicle: HolderCode,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Somebody wants a ride.
    Wanted(Box<Wanted>),
    /// What the ride needs has changed.
    Judged {
        /// The ride.
        ride: UnitId,
        /// The isolation class.
        class: Class,
        /// Whether the person has to lie.
        lying: bool,
    },
    /// The ride leads elsewhere.
    Redirected {
        /// The ride.
        ride: UnitId,
        /// Where it leads.
        to: Spot,
    },
    /// A ride ended without an arrival.
    RideEnded {
        /// The ride.
        ride: UnitId,
        /// How.
        how: Ended,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A trip was made.
    TripPut(Box<NewTrip>),
    /// More people are on a trip.
    Joined {
        /// The trip.
        trip: UnitId,
        /// Who sits where.
        seats: Vec<Seated>,
        /// Why a rule was set aside.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody who was not picked up is on the trip no more, and waits for another one.
    TakenOff {
        /// The trip.
        trip: UnitId,
        /// Who.
        ride: UnitId,
        /// Why.
        why: OffWhy,
        /// What was said.
        note: String,
    },
    /// The vehicle set out.
    Started {
        /// The trip.
        trip: UnitId,
    },
    /// Somebody got on.
    PickedUp {
        /// The trip.
        trip: UnitId,
        /// Who.
        ride: UnitId,
        /// The crew's signature.
        took: Sign,
        /// That of the other side, if it signed with the crew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gave: Option<Sign>,
    },
    /// Who gave somebody over signed.
    Gave {
        /// Who was given over.
        ride: UnitId,
        /// The signature.
        sign: Sign,
    },
    /// The crew signed that it gave somebody over.
    Handed {
        /// Who.
        ride: UnitId,
        /// The signature.
        sign: Sign,
    },
    /// Somebody was received.
    Received {
        /// The trip.
        trip: UnitId,
        /// Who.
        ride: UnitId,
        /// By which facility; nothing at home.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        facility: Option<HolderCode>,
        /// The signature.
        sign: Sign,
        /// That of the crew, if it signed with the other side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handed: Option<Sign>,
        /// Why there and not where the ride led.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody was set down on the way.
    SetDown {
        /// The trip.
        trip: UnitId,
        /// Who.
        ride: UnitId,
        /// Where and why.
        note: String,
    },
    /// The vehicle of a trip cannot go on.
    Broken {
        /// The trip.
        trip: UnitId,
        /// What happened.
        reason: String,
    },
    /// Somebody aboard got on another vehicle.
    Across {
        /// The trip before.
        from: UnitId,
        /// The trip after.
        to: UnitId,
        /// Who.
        ride: UnitId,
        /// Where the person sits now.
        seat: String,
        /// Why.
        reason: String,
    },
    /// A trip is over: nobody is on it any more.
    TripEnded {
        /// The trip.
        trip: UnitId,
        /// Whether it was called off before anybody got on.
        called_off: bool,
        /// What was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
}

/// A signature under one side of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// For whom: a holder, or how the crew named the other side.
    pub by: String,
    /// With whose account it was recorded.
    pub user: String,
    /// When.
    pub at: Micros,
    /// By what: `account`, `code` or `word`.
    pub how: String,
}

/// See [`Event::Wanted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The ride.
    pub ride: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The episode of care, of a patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<UnitId>,
    /// With whom the person travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// Why.
    pub reason: Reason,
    /// The isolation class.
    pub class: Class,
    /// Whether the person has to lie.
    #[serde(default)]
    pub lying: bool,
    /// Where the person is.
    pub from: Spot,
    /// Where the ride leads.
    pub to: Spot,
    /// By when the person is to be picked up.
    pub due: Micros,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_time: Option<Micros>,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`Event::TripPut`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewTrip {
    /// The trip.
    pub trip: UnitId,
    /// The vehicle.
    pub vehicle: HolderCode,
    /// The isolation class that it carries.
    pub class: Class,
    /// Who gets on and off, in order.
    pub calls: Vec<Call>,
    /// Who sits where.
    pub seats: Vec<Seated>,
    /// When it sets out.
    pub leaves_at: Micros,
    /// What the plan had said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plan: String,
    /// Why a person departed from it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Who sits where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seated {
    /// The ride.
    pub ride: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The seat: `3B`, or `L1` for the first place to lie.
    pub seat: String,
}
