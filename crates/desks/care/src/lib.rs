//! The care desk: from a positive to a bed to the way home.
//!
//! Somebody whose case opens as an infection begins to wait in the same entry of the journal
//! ([`Care::react`]), and is in the queue until an admission, a documented refusal, death or a
//! correction. Where a class of patient goes is not stored: [`triage`] asks the edition in force, so the
//! queue sorts itself anew when the edition changes. A bed is one person's at a time and a person has one
//! place: rules say so, and two partial unique indexes hold it. Who meets the criteria of release
//! ([`release`]) is on the day's list and stays only with a reason.
//!
//! # What other desks build on
//!
//! - An episode of care is a unit of the kind [`EPISODE`]; it follows from its case ([`episode_of`]).
//! - [`Event::Queued`], [`Event::Admitted`], [`Event::Left`], [`Event::WentHome`] and [`Event::Ended`] tell
//!   where somebody is.
//! - [`State::of_case`] gives the episode of a case within a group of commands; load it first with
//!   [`Care::load_cases`]. [`views::episode`] and [`views::of_person`] read it.

mod apply;
mod command;
mod event;
mod flush;
mod home;
mod load;
mod open;
pub mod release;
mod rounds;
mod rows;
mod rules;
mod state;
pub mod tables;
mod triage;
pub mod views;
mod words;

use std::sync::Arc;

use cases::Class;
use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use registry::identity::Sex;
use store::{Connection, Schema};
use types::{HouseholdId, Micros, PersonId, PlaceCode, Refusal, UnitId, UnitKind};

pub use command::{
    Admit, Answer, Assign, Command, Consult, Member, MoveBed, NewBed, Order, PutBeds, PutCarePlan,
    PutFacility, PutWard, Release, ReviewCarePlan, Round, SetOut, Staff, StopOrder, TestResult,
    bed_id,
};
pub use event::{CarePlanPut, Consulted, Event, Ordered, Queued};
pub use home::{Alarm, CheckIn, Sign, alarms, next_word};
pub use rounds::{pace, round_due};
pub use rows::{Bed, CarePlan, Chart, Consultation, Episode, Facility, InBed, OrderRow, Ward};
pub use rules::{MOST_PER_NURSE, held_until};
pub use state::State;
pub use triage::{Condition, Shift, Triage, shifts, triage};
pub use words::{
    Admits, BedState, ConsultEnd, Ended, Flow, HomeKind, Kind, Leaving, Level, OrderKind, Stage,
    StayEnd, TeamRole, Tier, Way,
};

use load::Wanted;

/// An episode of care.
pub const EPISODE: UnitKind = UnitKind::new('E');
/// A bed. It has an id like a unit's; the ledger does not move it.
pub const BED: UnitKind = UnitKind::new('L');
/// The kind of a facility as a holder.
pub const HOLDER: &str = "ward";

/// The episode of a case: derived, so that it exists once.
pub fn episode_of(case: UnitId) -> UnitId {
    UnitId::derived(EPISODE, case.area(), &[b"case", &case.bytes()])
}

/// A case as the cases desk tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Patient {
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// With whom the person lives, if that is known already.
    pub household: Option<HouseholdId>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Age in months.
    pub age_months: Option<u32>,
    /// Where the person is.
    pub place: Option<PlaceCode>,
    /// Since when the case is known.
    pub since: Micros,
    /// The class.
    pub class: Class,
    /// How grave.
    pub condition: Condition,
    /// Whether the case goes on. One that does not may be judged otherwise, but nobody waits for it.
    pub goes_on: bool,
}

/// What has become of a case, as the cases desk tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// It is an infection, newly or as before, and perhaps otherwise judged.
    Infected(Box<Patient>),
    /// It ended by death, or was none.
    Ended {
        /// Which.
        case: UnitId,
        /// How.
        how: Ended,
        /// What was said.
        note: String,
    },
    /// Another record stands for it.
    Merged {
        /// The record that stands.
        keep: UnitId,
        /// The record that does not any more.
        gone: UnitId,
    },
    /// It was closed as discharged or released at the cases desk, by hand.
    HandClosed {
        /// Which.
        case: UnitId,
        /// What was said: where the person was cared for.
        note: String,
    },
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Care {
    protocol: Arc<Protocol>,
}

impl Care {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Care {
        Care { protocol }
    }

    /// Loads the episodes of cases, and with whom persons live who may become cases.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_cases(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        cases: impl IntoIterator<Item = UnitId>,
        persons: Vec<PersonId>,
    ) -> Result<()> {
        let episodes = cases.into_iter().map(episode_of).collect();
        state.load(db, units, Wanted { episodes, persons, ..Wanted::default() }).await
    }

    /// What follows from what happened to cases. Load them first.
    ///
    /// # Errors
    /// [`Refusal`] when a rule of this desk does not let it happen: somebody would lose a bed unseen.
    pub fn react<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let entry = asked.entry(now);
        in_turn(
            state,
            reactions,
            |seen, reaction| {
                let edition = self.protocol.at(asked.event_time, reaction.case().area());
                let facts = rules::Facts { units, state: seen, asked, edition };
                rules::follow(&facts, reaction)
            },
            |copy, event| apply::apply(copy, &entry, event),
        )
    }
}

impl Reaction {
    /// The case that it is about.
    fn case(&self) -> UnitId {
        match self {
            Reaction::Infected(patient) => patient.case,
            Reaction::Ended { case, .. } | Reaction::HandClosed { case, .. } => *case,
            Reaction::Merged { gone, .. } => *gone,
        }
    }
}

impl Desk for Care {
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
        let mut wanted = Wanted::default();
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
        let mut wanted = Wanted::default();
        for one in accepted {
            one.events.iter().for_each(|event| wanted.of_event(one.entry.area, event));
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
