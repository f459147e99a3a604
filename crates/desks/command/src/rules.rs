//! The rules: what each command leads to, or why not. Pure.

mod bulletin;
mod decision;
mod forecast;

use ledger::{Asked, Decision};
use protocol::Protocol;
use types::{AreaScope, Micros, Refusal};

use crate::command::Command;
use crate::event::Event;
use crate::state::State;

pub use decision::{LONGEST_DECISION, MOST_EVIDENCE};
pub use forecast::MOST_AHEAD;

/// What a rule may look at.
pub(crate) struct Facts<'a> {
    pub protocol: &'a Protocol,
    pub state: &'a State,
    pub asked: Asked<'a, Command>,
    pub now: Micros,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

/// Longest name of who publishes or signs.
const LONGEST_NAME: usize = 60;

impl Facts<'_> {
    /// The county under which something is sent is one of those that it is about.
    fn own_scope(&self, scope: AreaScope) -> Result<(), Refusal> {
        if scope.contains(self.asked.area) {
            return Ok(());
        }
        Err(Refusal::new("scope-without-county").with("scope", scope))
    }
}

/// Who publishes or signs; nothing when nobody does, or at too great length.
fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= LONGEST_NAME;
    fits.then(|| text.to_owned())
}

pub(crate) fn decide(
    protocol: &Protocol,
    state: &State,
    asked: Asked<'_, Command>,
    now: Micros,
) -> Decided {
    let facts = Facts { protocol, state, asked, now };
    match asked.command {
        Command::PublishBulletin(c) => bulletin::publish(&facts, c),
        Command::Decide(c) => decision::decide(&facts, c),
        Command::Revoke(c) => decision::revoke(&facts, c),
        Command::KeepForecast(c) => forecast::keep(&facts, c),
    }
}
