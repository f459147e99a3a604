//! The tracing desk: from a case to everybody who met it, and to the end of their quarantine.
//!
//! An investigation begins in the same entry of the journal as its case ([`Tracing::react`]), with the
//! clocks of the edition in force. Who met a case within the look-back is a close contact, who lived with
//! a close contact a secondary one; a person is followed once at a time, with all sources, and the
//! quarantine counts from the last meeting. When a contact becomes a case, the follow-up ends, and whom he
//! had met become close contacts. Results of the testing desk count by themselves.
//!
//! # What other desks build on
//!
//! - [`INVESTIGATION`] and [`CONTACT`] are units; an investigation follows from its case
//!   ([`investigation_of`]), a contact from the person ([`contact_of`]).
//! - [`Event::Named`], [`Event::Sourced`], [`Event::Arrived`], [`Event::WentHome`] and [`Event::Ended`]
//!   tell where a contact stands.
//! - [`State::open_of`] gives somebody's open follow-up within a group of commands; load it first with
//!   [`Tracing::load_concerned`]. [`views::contact`] and [`views::of_person`] read it.

mod apply;
mod calendar;
pub mod chains;
mod command;
mod contact_lists;
mod event;
mod flush;
mod load;
pub mod release;
mod rows;
mod rules;
pub mod schedule;
mod state;
pub mod tables;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{AreaCode, Micros, PersonId, PlaceCode, Refusal, Span, UnitId, UnitKind};

pub use calendar::Calendar;
pub use command::{Arrive, Check, Command, Interview, Name, NewContact, NewStay, OwnTest, Who};
pub use contact_lists::ContactLists;
pub use event::{After, Event, Named, Opened, Sourced};
pub use rows::{Contact, Core, Investigation, Request, Source, Stay, Test};
pub use rules::{FEVER_FROM, MOST_NAMED};
pub use state::{Home, State};
pub use words::{
    Degree, Ended, Flow, Kept, NoInvestigation, Progress, Question, Setting, Stage, Task,
};

use load::Wanted;

/// An investigation.
pub const INVESTIGATION: UnitKind = UnitKind::new('I');
/// The follow-up of a contact.
pub const CONTACT: UnitKind = UnitKind::new('K');
/// The kind of an investigating team as a holder.
pub const TEAM: &str = "trace";
/// The kind of a quarantine site as a holder.
pub const SITE: &str = "quarantine";

/// The investigation of a case: derived, so that it exists once.
pub fn investigation_of(case: UnitId) -> UnitId {
    UnitId::derived(INVESTIGATION, case.area(), &[b"case", &case.bytes()])
}

/// The `n`th follow-up of a person, named first by a county.
pub fn contact_of(area: AreaCode, person: PersonId, n: i64) -> UnitId {
    UnitId::derived(CONTACT, area, &[b"person", &person.bytes(), &n.to_be_bytes()])
}

/// An infection as the cases desk tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Infection {
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The county of the person's record in the registry.
    pub person_area: Option<AreaCode>,
    /// Where the person lives or stays.
    pub place: Option<PlaceCode>,
    /// Since when the case is known.
    pub since: Micros,
    /// The day of the first symptom.
    pub onset: Option<Micros>,
    /// Whether the case goes on.
    pub goes_on: bool,
}

impl Infection {
    /// From when the look-back counts: the day of the first symptom or of the first positive sample,
    /// whichever is earlier. When the sample was taken the cases desk does not know: a day before the
    /// result at the latest, by the rule that a region is done within 24 hours (`test.window`).
    pub fn anchor(&self, calendar: &Calendar) -> Micros {
        let sampled = calendar.day(Micros(self.since.0 - Span::hours(24).0));
        self.onset.map_or(sampled, |onset| onset.min(sampled))
    }
}

/// What has happened elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// A case is an infection, newly or as before, and perhaps otherwise known.
    Infected(Box<Infection>),
    /// A case turned out to be none.
    NoCase(UnitId),
    /// Another record stands for a case.
    Merged {
        /// The record that stands.
        keep: UnitId,
        /// The record that does not any more.
        gone: UnitId,
    },
    /// The result of a tube of somebody's own was released.
    Tested {
        /// Whose.
        person: PersonId,
        /// When the sample was taken.
        at: Micros,
        /// What it says.
        positive: bool,
        /// The tube.
        tube: UnitId,
    },
}

impl Reaction {
    fn case(&self) -> Option<UnitId> {
        match self {
            Reaction::Infected(infection) => Some(infection.case),
            Reaction::NoCase(case) => Some(*case),
            Reaction::Merged { gone, .. } => Some(*gone),
            Reaction::Tested { .. } => None,
        }
    }
}

/// What a group's reactions may concern.
#[derive(Debug, Default)]
pub struct Concerned {
    /// Cases whose investigations may begin, end or change.
    pub cases: Vec<UnitId>,
    /// Of these: those that may turn out to be none, or to be some again.
    pub doubtful: Vec<UnitId>,
    /// Persons who may become cases.
    pub turning: Vec<PersonId>,
    /// Persons who may have results.
    pub tested: Vec<PersonId>,
}

impl Concerned {
    fn is_empty(&self) -> bool {
        self.cases.is_empty() && self.turning.is_empty() && self.tested.is_empty()
    }
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Tracing {
    protocol: Arc<Protocol>,
    calendar: Calendar,
}

impl Tracing {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Tracing {
        let calendar = Calendar::of(protocol.zone());
        Tracing { protocol, calendar }
    }

    /// The day of a first symptom as the cases desk writes it, `2022-03-14`.
    pub fn onset(&self, text: &str) -> Option<Micros> {
        let day = registry::identity::Day::parse(text)?;
        self.calendar.date(i16::try_from(day.year).ok()?, day.month, day.day)
    }

    /// Loads what reactions may concern.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_concerned(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        concerned: Concerned,
    ) -> Result<()> {
        if concerned.is_empty() {
            return Ok(());
        }
        let investigations = concerned.cases.iter().map(|case| investigation_of(*case)).collect();
        let wanted = Wanted {
            investigations,
            persons: concerned.tested,
            turning: concerned.turning,
            sources: concerned.doubtful,
            ..Wanted::default()
        };
        state.load(db, units, wanted).await
    }

    /// What follows from what happened elsewhere. Load what it concerns first.
    ///
    /// # Errors
    /// [`Refusal`] when the protocol has no rules for contacts.
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
                let area = reaction.case().map_or(asked.area, UnitId::area);
                let edition = self.protocol.at(asked.event_time, area);
                let calendar = &self.calendar;
                let facts = rules::Facts { units, state: seen, asked, edition, calendar };
                rules::follow(&facts, reaction)
            },
            |copy, event| apply::apply(copy, &entry, event),
        )
    }
}

impl Desk for Tracing {
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
        _now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        rules::decide(&self.protocol, &self.calendar, units, state, asked)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
