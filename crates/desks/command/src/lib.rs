//! The command desk: what the people in the command post say and decide.
//!
//! - A **bulletin** is the situation report of a window of hours. Its figures are counted from the
//!   counters and from the line list, line by line; while they differ it cannot be published
//!   ([`Basis::differences`]). What is published is frozen with the cases behind each figure, and is
//!   corrected only by a bulletin that says what it corrects.
//! - A **decision** has a number, a rule with its edition, who signed it, from when until when it
//!   holds, and the evidence as it was. It ends, or is revoked by somebody with a reason.
//! - A **forecast** is kept as it was said, before the days that it is of, and scored when they are
//!   over.
//!
//! # What other desks build on
//!
//! - [`Document`] has the figures of a bulletin by county, and [`Public`] what of them may be shown to
//!   everybody.
//! - [`views::in_force`] gives the decisions that hold at a time.

mod apply;
mod basis;
pub mod command;
mod document;
mod event;
mod flush;
mod load;
mod public;
mod rows;
mod rules;
mod state;
pub mod tables;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision as Decided, Desk, Entry, Result, Units};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{Micros, Refusal};

pub use basis::{Basis, Difference, Line, TOLD};
pub use command::{Ahead, Command, Decide, Evidence, KeepForecast, PublishBulletin, Revoke, Said};
pub use document::{AreaFigures, Document, Frozen};
pub use event::Event;
pub use public::{Public, PublicTable, SMALL};
pub use rows::{Bulletin, Decision, Forecast, Revoked};
pub use rules::{LONGEST_DECISION, MOST_AHEAD, MOST_EVIDENCE};
pub use state::State;
pub use words::{Foreseen, Standing};

use load::Wanted;

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct CommandPost {
    protocol: Arc<Protocol>,
}

impl CommandPost {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> CommandPost {
        CommandPost { protocol }
    }
}

impl Desk for CommandPost {
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
        state.load(db, wanted).await
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
    ) -> std::result::Result<Decided<Event>, Refusal> {
        rules::decide(&self.protocol, state, asked, now)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}
