//! From a page's form to the ledger.

use ledger::{Envelope, Outcome, Priority, Status};
use types::{AreaCode, CommandId, Micros, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::authorise;
use crate::house::Command;
use crate::seat::Seat;

/// Sends one command that happened now; gives the remarks that it was accepted with.
///
/// # Errors
/// The inner error is the refusal, for the form; the outer one is a fault.
pub async fn one(
    seat: &Seat,
    area: AreaCode,
    command: impl Into<Command>,
) -> Result<Result<Vec<Refusal>, Refusal>, Fault> {
    let at = seat.now();
    let outcomes = many(seat, vec![(area, at, command.into())]).await?;
    let Some(outcome) = outcomes.into_iter().next() else {
        return Err(Fault::internal("no outcome for a command"));
    };
    Ok(match (outcome.status, outcome.refusal) {
        (Status::Accepted, _) => Ok(outcome.notes),
        (Status::Refused | Status::NotRecorded, refusal) => {
            Err(refusal.unwrap_or_else(|| Refusal::new("internal-error")))
        }
    })
}

/// Sends commands in order, each with its county and the time at which it happened.
///
/// # Errors
/// [`Fault`] when the actor may not send one of them: then none is sent.
pub async fn many(
    seat: &Seat,
    commands: Vec<(AreaCode, Micros, Command)>,
) -> Result<Vec<Outcome>, Fault> {
    let actor = seat.actor()?;
    let mut envelopes = Vec::with_capacity(commands.len());
    for (area, event_time, command) in commands {
        let grant = authorise(actor, area, &command)?;
        envelopes.push(Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time,
            clock_offset: Span(0),
            device: None,
            actor: actor.for_ledger(grant),
            command,
        });
    }
    Ok(seat.app().submit(Priority::Normal, envelopes).await?)
}

/// The first refusal among outcomes.
pub fn first_refusal(outcomes: &[Outcome]) -> Option<&Refusal> {
    outcomes.iter().find_map(|o| o.refusal.as_ref())
}
