//! The cases desk: the line list, from the first positive to the end of the case.
//!
//! A case opens by itself in the same entry of the journal that releases a final positive result
//! ([`Cases::react`]), by hand, or from a line list. Class and severity follow from recorded
//! observations by the protocol's criteria ([`classify`]), each with the rule and the evidence.
//! Figures are kept in the transaction that makes them true, by hour of the event and hour of the
//! recording; what is taken back stays visible as a correction.
//!
//! # What other desks build on
//!
//! - A case is a unit of the kind [`CASE`]; its [`UnitId::area`] is its county. [`Case`] has the
//!   person, class, severity, risk, where it was found, clocks and ending.
//! - [`State::case_of`] gives a person's case within a group of commands; load it first with
//!   [`Cases::load_persons`]. [`views::case`], [`views::cases`] and [`views::of_person`] read it.
//! - [`Event`] tells what happened: [`Event::Opened`], [`Event::Observed`], [`Event::ClassStated`]
//!   and the positives carry what follows as [`Judged`]; [`Event::Closed`] the ending.

pub mod after;
mod apply;
pub mod classify;
pub mod clinical;
mod command;
mod event;
mod flush;
pub mod keys;
mod line_list;
mod load;
mod rows;
mod rules;
mod state;
pub mod tables;
pub mod views;
mod words;

use std::convert::Infallible;
use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{AreaCode, CommandId, Micros, PersonId, PlaceCode, Refusal, UnitId, UnitKind};

pub use classify::{Basis, Evidence, Judged, RiskFactor, Stated};
pub use clinical::{Lungs, Observation};
pub use command::{
    Adopt, Close, Command, Edit, EditOf, Field, Link, Merge, Observe, Open, Patch, Publish,
    PutCase, PutCases, Revise, ReviseRow, StateClass, Who, checked,
};
pub use event::{Event, Opened};
pub use line_list::LineLists;
pub use rows::{Case, Linked, Publication, Registered};
pub use rules::{MOST_EDITED, SYMPTOMS};
pub use state::State;
pub use words::{Class, Convention, Ending, FoundIn, KeyKind, Measure, Severity, Source, Standing};

use load::Wanted;

/// A case.
pub const CASE: UnitKind = UnitKind::new('C');

/// The case that a final positive result opens: derived, so that it exists once.
pub fn case_of_positive(area: AreaCode, tube: UnitId, person: PersonId) -> UnitId {
    UnitId::derived(CASE, area, &[b"positive", &tube.bytes(), &person.bytes()])
}

/// The case that a command opens by hand.
pub fn case_of_command(area: AreaCode, command: CommandId) -> UnitId {
    UnitId::derived(CASE, area, &[b"command", &command.bytes()])
}

/// The case of a row of a line list, by the person that the import made of it.
pub fn case_of_row(area: AreaCode, person: PersonId) -> UnitId {
    UnitId::derived(CASE, area, &[b"row", &person.bytes()])
}

/// A final positive result of a tube of one's own, as the testing desk tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positive {
    /// The tube.
    pub tube: UnitId,
    /// The person.
    pub person: PersonId,
    /// The county to which the case belongs: that of the person's home, else of the sampling.
    pub area: AreaCode,
    /// Where the person lives, else where the sample was taken.
    pub place: Option<PlaceCode>,
    /// Where the person was when the infection was found.
    pub found_in: Option<FoundIn>,
    /// When the result was released.
    pub at: Micros,
}

/// What has become of a person's results, as the testing desk tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Somebody is a final positive.
    Found(Positive),
    /// By this tube somebody is none any more.
    Withdrawn(UnitId, PersonId),
}

impl Reaction {
    fn tube(&self) -> UnitId {
        match self {
            Reaction::Found(positive) => positive.tube,
            Reaction::Withdrawn(tube, _) => *tube,
        }
    }
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Cases {
    protocol: Arc<Protocol>,
}

impl Cases {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Cases {
        Cases { protocol }
    }

    /// Loads the cases of persons, what the registry has of them, and whose cases share a number.
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
        state.load(db, units, Wanted { persons, ..Wanted::default() }).await
    }

    /// Loads cases that another desk's commands are about.
    ///
    /// # Errors
    /// As [`Cases::load_persons`].
    pub async fn load_cases(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        cases: Vec<UnitId>,
    ) -> Result<()> {
        state.load(db, units, Wanted { cases, ..Wanted::default() }).await
    }

    /// What results lead to: cases open, know of one more positive, or turn out to be none. Load the
    /// persons first. What a rule says no to is told in the remarks: the results stand all the same,
    /// and [`views::uncovered`] keeps in sight what has no case.
    pub fn react<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> Decision<Event> {
        let entry = asked.entry(now);
        let decide = |seen: &State, reaction: &Reaction| {
            let decided = self.react_to(units, seen, asked, now, reaction);
            Ok::<_, Infallible>(decided.unwrap_or_else(|refusal| {
                let note = Refusal::new("case-not-opened").with("reason", refusal.code);
                let notes = vec![note.with("tube", reaction.tube())];
                Decision { notes, ..Decision::default() }
            }))
        };
        let Ok(whole) =
            in_turn(state, reactions, decide, |copy, event| apply::apply(copy, &entry, event));
        whole
    }

    fn react_to<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reaction: &Reaction,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let area = match reaction {
            Reaction::Found(positive) => positive.area,
            Reaction::Withdrawn(..) => asked.area,
        };
        let edition = self.protocol.at(asked.event_time, area);
        let facts = rules::Facts { units, state, asked, edition, now };
        match reaction {
            Reaction::Found(positive) => rules::found(&facts, positive),
            Reaction::Withdrawn(tube, person) => rules::withdrawn(&facts, *tube, *person),
        }
    }
}

impl Desk for Cases {
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
            one.events.iter().for_each(|event| wanted.of_event(event));
        }
        state.load(db, units, wanted).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        rules::decide(&self.protocol, units, state, asked, now)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
