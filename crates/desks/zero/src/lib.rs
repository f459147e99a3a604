//! The zero desk: whether an area is community-zero, since when, and on what grounds.
//!
//! - A **claim** is worked out from the counters of the other desks by the rule of the edition in force: since
//!   when nobody was found in the community, and what is looked at beside that, each item with its number and
//!   whether it is met ([`claim()`]). How sure it is that no chain runs on unseen is one of them.
//! - A **certificate** is signed by somebody with a name. It freezes what was looked at, has a number and a mark
//!   by which a copy is checked ([`Document::digest`]), and ends. What contradicts it withdraws it in the same
//!   entry of the journal that says so ([`Zero::react`]), for good.
//! - A **signal** is what waste water, a sentinel or antigen tests say.
//!
//! # What other desks build on
//!
//! - [`views::valid`] gives the certificates that hold, [`views::withdrawn_since`] those that were withdrawn.
//! - [`Event::Withdrawn`] is the alarm.

mod apply;
mod claim;
pub mod command;
mod criteria;
mod document;
mod event;
mod flush;
mod ground;
mod load;
mod numbers;
mod reaction;
mod rows;
mod rules;
mod state;
pub mod tables;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use tracing_desk::Calendar;
use types::{Micros, Refusal};

pub use claim::{Basic, Claim, Day, Item, LOOK_BACK, MOST_ROUNDS, claim, first_day};
pub use command::{Command, EnterSignal, ExplainSignal, Sign, Withdraw};
pub use criteria::{Criteria, Said};
pub use document::Document;
pub use event::Event;
pub use ground::Ground;
pub use numbers::{Numbers, RoundNumbers};
pub use reaction::{Infection, Reaction};
pub use rows::{Certificate, Counted, Explained, Signal, Withdrawn};
pub use rules::STALE;
pub use state::State;
pub use words::{Cause, Degree, Finding, Kind, Level, Standing, What};

use load::Wanted;

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Zero {
    protocol: Arc<Protocol>,
    calendar: Calendar,
}

impl Zero {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Zero {
        let calendar = Calendar::of(protocol.zone());
        Zero { protocol, calendar }
    }

    /// Loads the certificates that something learnt at a time may contradict.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_standing(
        &self,
        db: &mut Connection,
        state: &mut State,
        at: Micros,
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        wanted.standing_at(at);
        state.load(db, &self.calendar, wanted).await
    }

    /// What follows from what happened elsewhere: certificates are withdrawn. Load those that stand first.
    pub fn react<C>(
        &self,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> Decision<Event> {
        let entry = asked.entry(now);
        let decide = |seen: &State, reaction: &Reaction| {
            Ok::<_, std::convert::Infallible>(rules::follow(seen, &self.calendar, reaction))
        };
        let Ok(whole) =
            in_turn(state, reactions, decide, |copy, event| apply::apply(copy, &entry, event));
        whole
    }
}

impl Desk for Zero {
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
        _units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        commands.iter().for_each(|asked| wanted.of_command(*asked));
        state.load(db, &self.calendar, wanted).await
    }

    async fn load_events(
        &self,
        _db: &mut Connection,
        _units: &mut Units,
        _state: &mut State,
        _accepted: &[Accepted<'_, Event>],
    ) -> Result<()> {
        // What happened here is told whole; applying it needs no rows.
        Ok(())
    }

    fn decide(
        &self,
        _units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let (protocol, calendar) = (&self.protocol, &self.calendar);
        rules::decide(&rules::Facts { protocol, calendar, state, asked, now })
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
