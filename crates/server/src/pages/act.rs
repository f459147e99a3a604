//! From a page's form to the ledger: a form that is sent twice is done once.

use ledger::{Envelope, Priority, Status};
use types::{AreaCode, CommandId, Micros, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::{Action, Resource, authorise, can};
use crate::house::Command;
use crate::seat::Seat;
use crate::ui::form::FormData;

/// The hidden field that names the command, so that a form sent twice is done once.
pub const ID: &str = "command";

/// A name for the command that a form will send.
pub fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// What became of a form: the remarks that it was accepted with, or the refusal to show in it.
pub type Done = Result<Vec<Refusal>, Refusal>;

/// Sends one command that happened now.
///
/// # Errors
/// [`Fault`] when the ledger cannot take it; what a rule or the role forbids is the inner error.
pub async fn send(
    seat: &Seat,
    area: AreaCode,
    form: &FormData,
    command: impl Into<Command>,
) -> Result<Done, Fault> {
    send_at(seat, area, form, seat.now(), command).await
}

/// The same for what happened at another time.
///
/// # Errors
/// As [`send`].
pub async fn send_at(
    seat: &Seat,
    area: AreaCode,
    form: &FormData,
    event_time: Micros,
    command: impl Into<Command>,
) -> Result<Done, Fault> {
    let command = command.into();
    let actor = seat.actor()?;
    let grant = match authorise(actor, area, &command) {
        Ok(grant) => grant,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = CommandId::parse(form.text(ID)).unwrap_or_else(|_| CommandId(Uuid::now_v7()));
    let envelope = Envelope {
        id,
        area,
        event_time,
        clock_offset: Span(0),
        device: None,
        actor: actor.for_ledger(grant),
        command,
    };
    let outcomes = seat.app().submit(Priority::Normal, vec![envelope]).await?;
    let outcome =
        outcomes.into_iter().next().ok_or_else(|| Fault::internal("no outcome for a form"))?;
    Ok(match (outcome.status, outcome.refusal) {
        (Status::Accepted, _) => Ok(outcome.notes),
        (Status::Refused | Status::NotRecorded, refusal) => {
            Err(refusal.unwrap_or_else(|| Refusal::new("internal-error")))
        }
    })
}

/// Whether the actor may send such a command for an area: decides which forms a page shows.
pub fn may(seat: &Seat, area: AreaCode, command: impl Into<Command>) -> bool {
    can(seat.somebody(), Action::Send(&command.into()), Resource::Area(area)).is_ok()
}
