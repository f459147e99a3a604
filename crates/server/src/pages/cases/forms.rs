//! From a page's form to the ledger: a form that is sent twice is done once.

use ledger::{Envelope, Priority, Status};
use types::{AreaCode, CommandId, Micros, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::{Action, Resource, authorise, can};
use crate::house::Command;
use crate::seat::Seat;
use crate::ui::form::FormData;

/// The name of the hidden field with the command's id.
pub const ID: &str = "command";

/// An id for a form.
pub fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// Sends one command that happened now.
///
/// # Errors
/// The inner error is the refusal, for the form; the outer one is a fault.
pub async fn send_form(
    seat: &Seat,
    area: AreaCode,
    form: &FormData,
    command: cases::Command,
) -> Result<Result<Vec<Refusal>, Refusal>, Fault> {
    send_at(seat, area, form, seat.now(), command).await
}

/// The same for what happened at another time.
///
/// # Errors
/// As [`send_form`].
pub async fn send_at(
    seat: &Seat,
    area: AreaCode,
    form: &FormData,
    event_time: Micros,
    command: cases::Command,
) -> Result<Result<Vec<Refusal>, Refusal>, Fault> {
    let command = Command::from(command);
    let actor = seat.actor()?;
    let grant = match authorise(actor, area, &command) {
        Ok(grant) => grant,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let envelope = Envelope {
        id: CommandId::parse(form.text(ID)).unwrap_or_else(|_| CommandId(Uuid::now_v7())),
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
    Ok(match outcome.status {
        Status::Accepted => Ok(outcome.notes),
        Status::Refused | Status::NotRecorded => {
            Err(outcome.refusal.unwrap_or_else(|| Refusal::new("internal-error")))
        }
    })
}

/// Whether the actor may send such a command for an area: decides which forms a page shows.
pub fn may(seat: &Seat, area: AreaCode, command: cases::Command) -> bool {
    can(seat.somebody(), Action::Send(&Command::from(command)), Resource::Area(area)).is_ok()
}
