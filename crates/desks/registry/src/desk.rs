//! The registry as a desk of the ledger.

use ledger::{Accepted, Asked, Decision, Desk, Entry, Units};
use store::{Connection, Schema};
use types::{Micros, Refusal};

use crate::command::Command;
use crate::event::Event;
use crate::rules::{self, Ask};
use crate::state::State;
use crate::tables::SCHEMA;

/// The registry desk. It needs no keys: what it handles is sealed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Registry;

fn ask(asked: Asked<'_, Command>) -> Ask<'_> {
    Ask { area: asked.area, event_time: asked.event_time, command: asked.command }
}

impl Desk for Registry {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        vec![SCHEMA]
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
    ) -> ledger::Result<()> {
        state.load_commands(db, commands.iter().copied().map(ask)).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        _units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> ledger::Result<()> {
        let facts = accepted.iter().flat_map(|a| a.events.iter().map(|e| (a.entry, *e)));
        state.load_events(db, facts).await
    }

    fn decide(
        &self,
        _units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        _now: Micros,
    ) -> Result<Decision<Event>, Refusal> {
        rules::decide(state, ask(asked))
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        state.apply(entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> ledger::Result<()> {
        state.flush(db).await
    }
}
