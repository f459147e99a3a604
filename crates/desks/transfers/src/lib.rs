//! The transfers desk: who is brought from where to where, by which vehicle, and who signed for it.
//!
//! Where a bed is held for somebody ([`Transfers::react`], in the same entry of the journal) a *ride* is
//! wanted. A dispatcher makes *trips* of vehicles and rides ([`views::plan`] proposes them). At the door
//! the crew takes people over and the receiving site receives them: each hand-over has two sides, and each
//! signs for itself. With the pick-up the care desk has the person on the way, with the arrival in the
//! bed, in the same entry: its stages stay the one truth of where a patient is.
//!
//! - A ride is a unit of the kind [`RIDE`]: the county's desk answers for it, then the vehicle, then
//!   whoever received the person. Nobody gets lost between a pick-up and an arrival.
//! - A trip is a unit of the kind [`TRIP`] that its vehicle answers for.
//! - A vehicle carries one isolation class, is never over its seats, and after a trip not usable until its
//!   disinfection is recorded.
//!
//! # What other desks build on
//!
//! [`Event::PickedUp`], [`Event::Received`] and [`Event::SetDown`] tell where somebody is;
//! [`State::open_of`] gives the open ride of a person within a group of commands (load it first with
//! [`Transfers::load_persons`]), [`views::of_person`] reads it.

mod apply;
mod command;
mod event;
mod flush;
mod load;
mod rows;
mod rules;
mod seats;
mod state;
pub mod tables;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{
    AreaCode, CommandId, HolderCode, HouseholdId, Micros, PersonId, Refusal, Span, UnitId, UnitKind,
};

pub use command::{
    Call, CodeFor, Command, Dispatch, PickUp, PutVehicle, Receive, Rider, Shift, Spot, TakeOff,
    Want,
};
pub use event::{Event, NewTrip, Seated, Sign, Wanted};
pub use rows::{Ride, Signs, Trip, Vehicle};
pub use state::State;
pub use words::{Class, Ended, Flow, Kind, OffWhy, Reason, Stage, TripState, VehicleState};

/// Somebody's ride.
pub const RIDE: UnitKind = UnitKind::new('W');
/// A trip of a vehicle.
pub const TRIP: UnitKind = UnitKind::new('V');
/// The kind of a vehicle as a holder.
pub const HOLDER: &str = "vehicle";
/// By when a vehicle is to be disinfected after a trip: a choice of this program.
pub const CLEAN_WITHIN: Span = Span::minutes(60);

/// The quarter of an hour that holds an instant: lateness is counted by whole quarters, so that a figure and
/// its list agree.
pub fn quarter(at: Micros) -> Micros {
    at.floor(Span::minutes(15))
}

/// The ride that a command asks for: derived, so that it exists once.
pub fn ride_id(area: AreaCode, command: CommandId, person: PersonId) -> UnitId {
    UnitId::derived(RIDE, area, &[b"ride", &command.bytes(), &person.bytes()])
}

/// The trip that a command makes.
pub fn trip_id(area: AreaCode, command: CommandId) -> UnitId {
    UnitId::derived(TRIP, area, &[b"trip", &command.bytes()])
}

/// A bed is held for somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct BedHeld {
    /// Who.
    pub person: PersonId,
    /// The episode.
    pub episode: UnitId,
    /// With whom the person travels.
    pub household: Option<HouseholdId>,
    /// The isolation class.
    pub class: Class,
    /// Whether the person has to lie.
    pub lying: bool,
    /// Where the person is: at home, or in a facility.
    pub from: Spot,
    /// Where the bed is.
    pub to: Spot,
    /// By when the person is to be fetched.
    pub due: Option<Micros>,
}

/// What happened to somebody at the care desk.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// A bed is held.
    BedHeld(Box<BedHeld>),
    /// The case is otherwise judged.
    Judged {
        /// Whose.
        person: PersonId,
        /// The isolation class.
        class: Class,
        /// Whether the person has to lie.
        lying: bool,
    },
    /// The care desk has the person on the way by something that is none of our trips.
    OwnWay {
        /// Who.
        person: PersonId,
    },
    /// The person lies in a bed.
    InBed {
        /// Who.
        person: PersonId,
        /// Of which facility.
        facility: HolderCode,
    },
    /// The bed is not held any more, or the person is at home, or the episode is over.
    NotNeeded {
        /// Who.
        person: PersonId,
        /// What was said.
        note: String,
    },
}

impl Reaction {
    /// Who.
    pub fn person(&self) -> PersonId {
        match self {
            Reaction::BedHeld(bed) => bed.person,
            Reaction::Judged { person, .. }
            | Reaction::OwnWay { person }
            | Reaction::InBed { person, .. }
            | Reaction::NotNeeded { person, .. } => *person,
        }
    }
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Transfers {
    protocol: Arc<Protocol>,
}

impl Transfers {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Transfers {
        Transfers { protocol }
    }

    /// Loads the open rides of persons to whom something may happen at the care desk.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_persons(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        persons: Vec<PersonId>,
    ) -> Result<()> {
        state.load(db, units, load::Wanted { persons, ..load::Wanted::default() }).await
    }

    /// What follows from what happened to patients. Load them first.
    ///
    /// # Errors
    /// [`Refusal`] when a rule of this desk does not let it happen.
    pub fn react<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let edition = self.protocol.at(asked.event_time, asked.area);
        let entry = asked.entry(now);
        in_turn(
            state,
            reactions,
            |seen, reaction| {
                let facts = rules::Facts { units, state: seen, asked, edition };
                rules::follow(&facts, reaction)
            },
            |copy, event| apply::apply(copy, &entry, event),
        )
    }
}

impl Desk for Transfers {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        vec![tables::SCHEMA]
    }

    fn kind(&self, command: &Command) -> &'static str {
        command.kind()
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let mut wanted = load::Wanted::default();
        commands.iter().for_each(|asked| wanted.of_command(*asked));
        state.load(db, units, wanted).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> Result<()> {
        let mut wanted = load::Wanted::default();
        for one in accepted {
            one.events.iter().for_each(|event| wanted.of_event(event));
        }
        state.load(db, units, wanted).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        _now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        rules::decide(&self.protocol, units, state, asked)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
