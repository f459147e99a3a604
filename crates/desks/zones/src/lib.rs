//! The zones desk: which areas are locked, controlled or under precaution, why, until when, what they owe to
//! those whom they hold, and when they end.
//!
//! A zone is one area under one level. It cannot be written down without an end, a supply plan, somebody to
//! call in an emergency and a legal basis ([`Duties`]). A positive in a controlled area raises it in the same
//! entry of the journal ([`Zones::react`]); when its time is over it falls to the next lower level unless a
//! person renewed it; a person lifts it by the checklist of the edition in force ([`checklist`]).
//!
//! # What other desks build on
//!
//! - [`ZONE`] is a unit, held by the county's desk until its end is due.
//! - [`views::over`] says which zone holds at a place, [`views::at`] which ones stood at a past moment.
//! - [`State::innermost`] says it within a group of commands, of counties that
//!   [`Zones::load_concerned`] has loaded.
//! - [`propose`] computes proposals from cases and stays; a person decides.

mod apply;
pub mod checklist;
pub mod circle;
mod command;
mod duties;
mod event;
mod flush;
mod lift;
mod load;
pub mod propose;
pub mod risk;
mod rows;
mod rules;
mod state;
pub mod sweep;
pub mod tables;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{AreaCode, CommandId, Micros, PlaceCode, Refusal, UnitId, UnitKind};

pub use command::{Command, Ease, Knock, Make, NewZone};
pub use duties::{Draft, Duties, LONGEST, Said};
pub use event::{Event, Made, SweepOpened};
pub use rows::{Evidence, Refused, Stretch, Zone, is_within};
pub use rules::{EASED_FOR, MOST_ZONES};
pub use state::State;
pub use words::{End, Flow, Ground, Kind, Level, What, Why};

use load::Wanted;

/// A zone.
pub const ZONE: UnitKind = UnitKind::new('Z');

/// A sweep.
pub const SWEEP: UnitKind = UnitKind::new('S');

/// The sweep that a command begins.
pub fn sweep_id(area: AreaCode, command: CommandId) -> UnitId {
    UnitId::derived(SWEEP, area, &[b"sweep", &command.bytes()])
}

/// The door that a command tells of, which no list has.
pub fn stray_id(sweep: UnitId, command: CommandId) -> UnitId {
    UnitId::derived(SWEEP, sweep.area(), &[b"stray", &sweep.bytes(), &command.bytes()])
}

/// The zone that a command makes at a place.
pub fn zone_id(area: AreaCode, place: &PlaceCode, command: CommandId) -> UnitId {
    UnitId::derived(ZONE, area, &[b"zone", place.as_str().as_bytes(), &command.bytes()])
}

/// What has happened elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// A case is an infection, newly or as before, and perhaps otherwise known.
    Infected {
        /// The case.
        case: UnitId,
        /// Where the person lives or stays.
        place: Option<PlaceCode>,
        /// Since when the case is known.
        since: Micros,
        /// Whether the person was kept apart already when it was found.
        closed_loop: bool,
    },
    /// A case turned out to be none.
    NoCase(UnitId),
    /// Another record stands for a case.
    Merged {
        /// The record that stands.
        keep: UnitId,
        /// The record that does not any more.
        gone: UnitId,
    },
}

/// What a group's reactions may concern.
#[derive(Debug, Default)]
pub struct Concerned {
    /// Counties in which somebody may be found positive.
    pub counties: Vec<AreaCode>,
    /// Cases that may be otherwise than they were.
    pub cases: Vec<UnitId>,
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Zones {
    protocol: Arc<Protocol>,
}

impl Zones {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Zones {
        Zones { protocol }
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
        let Concerned { counties, cases } = concerned;
        if counties.is_empty() && cases.is_empty() {
            return Ok(());
        }
        state.load(db, units, Wanted { counties, cases, ..Wanted::default() }).await
    }

    /// What follows from what happened to cases. Load what it concerns first.
    pub fn react<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> Decision<Event> {
        let entry = asked.entry(now);
        let edition = self.protocol.at(asked.event_time, asked.area);
        let decided = in_turn(
            state,
            reactions,
            |seen, reaction| {
                let facts = rules::Facts { units, state: seen, asked, edition };
                Ok::<_, std::convert::Infallible>(rules::follow(&facts, reaction))
            },
            |copy, event| apply::apply(copy, &entry, event),
        );
        match decided {
            Ok(decision) => decision,
            Err(never) => match never {},
        }
    }
}

impl Desk for Zones {
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
        rules::decide(&self.protocol, units, state, asked)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
