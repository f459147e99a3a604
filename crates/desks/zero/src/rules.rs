//! The rules: what each command leads to, or why not. Pure.

mod follow;
mod sign;
mod signal;

use ledger::{Asked, Decision};
use protocol::Protocol;
use tracing_desk::Calendar;
use types::{Micros, Refusal};

use crate::command::Command;
use crate::event::Event;
use crate::state::State;

pub(crate) use follow::follow;
pub use sign::STALE;

/// What a rule may look at.
pub(crate) struct Facts<'a> {
    pub protocol: &'a Protocol,
    pub calendar: &'a Calendar,
    pub state: &'a State,
    pub asked: Asked<'a, Command>,
    pub now: Micros,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

/// Longest name of who signs.
const LONGEST_NAME: usize = 60;

/// Who signs.
fn signed_by(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME {
        return Err(Refusal::new("zero-unsigned").with("limit", LONGEST_NAME));
    }
    Ok(text.to_owned())
}

pub(crate) fn decide(facts: &Facts<'_>) -> Decided {
    match facts.asked.command {
        Command::Sign(c) => sign::sign(facts, c),
        Command::Withdraw(c) => sign::withdraw(facts, c),
        Command::EnterSignal(c) => signal::enter(facts, c),
        Command::ExplainSignal(c) => signal::explain(facts, c),
    }
}
