//! Every look at a person's file is itself recorded, before the file is shown.

use ledger::{Envelope, Priority, Status};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use types::{AreaCode, CommandId, PersonId, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::authorise;
use crate::house::Command;
use crate::seat::Seat;

/// Records that the actor of the seat looks at a person's masked file, and why. Call it before
/// reading the file: what cannot be recorded must not be shown.
///
/// # Errors
/// `not-allowed` or `not-your-area` when the actor's role has no reason to look; a fault when it
/// could not be recorded.
pub async fn record_look(
    seat: &Seat,
    area: AreaCode,
    person: PersonId,
    purpose: Purpose,
) -> Result<(), Fault> {
    let (at, depth) = (LookedAt::Person(person), LookDepth::File);
    record(seat, area, Look { at, depth, purpose, note: String::new() }).await
}

/// Records any look: a search, or a file in the clear.
///
/// # Errors
/// As [`record_look`].
pub async fn record(seat: &Seat, area: AreaCode, look: Look) -> Result<(), Fault> {
    let app = seat.app();
    let actor = seat.actor()?;
    let command = Command::Registry(registry::Command::Look(look));
    let grant = authorise(actor, area, &command)?;
    let envelope = Envelope {
        id: CommandId(Uuid::now_v7()),
        area,
        event_time: app.now(),
        clock_offset: Span(0),
        device: None,
        actor: actor.for_ledger(grant),
        command,
    };
    let outcomes = app.submit(Priority::Normal, vec![envelope]).await?;
    match outcomes.into_iter().next() {
        Some(outcome) if outcome.status == Status::Accepted => Ok(()),
        Some(outcome) => {
            Err(outcome.refusal.unwrap_or_else(|| Refusal::new("look-refused")).into())
        }
        None => Err(Fault::internal("no outcome for a look")),
    }
}
