//! From a page's form to the ledger: a form that is sent twice is done once.

use ledger::{Envelope, Outcome, Priority, Status};
use types::{AreaCode, CommandId, Micros, Refusal, Span};
use uuid::Uuid;

use crate::Fault;
use crate::access::{Action, Resource, authorise, can};
use crate::house::Command;
use crate::seat::Seat;
use crate::ui::form::{Errors, FormData};

/// The hidden field that names the command, so that a form sent twice is done once.
pub const ID: &str = "command";

/// A name for the command that a form will send.
pub fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// The name of the command in a form that is shown again. What was refused once is refused for ever
/// under its name: a form that comes back mended is another command.
pub fn again(form: &FormData, errors: &Errors) -> String {
    match form.text(ID) {
        known if errors.is_empty() && !known.is_empty() => known.to_owned(),
        _ => fresh(),
    }
}

/// What became of a form: the remarks that it was accepted with, or the refusal to show in it.
pub type Done = Result<Vec<Refusal>, Refusal>;

/// Sends the command of a form, which happened now.
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
    let id = CommandId::parse(form.text(ID)).unwrap_or_else(|_| CommandId(Uuid::now_v7()));
    let envelope = match envelope(seat, id, area, event_time, command.into()) {
        Ok(envelope) => envelope,
        Err(Unsent::Refused(refusal)) => return Ok(Err(refusal)),
        Err(Unsent::Fault(fault)) => return Err(fault),
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

/// Sends a command that no form has a name for, since saying it twice says the same.
///
/// # Errors
/// As [`send`].
pub async fn once(seat: &Seat, area: AreaCode, command: impl Into<Command>) -> Result<Done, Fault> {
    send(seat, area, &FormData::default(), command).await
}

/// Sends commands in order, each with its county and the time at which it happened.
///
/// # Errors
/// [`Fault`] when the actor may not send one of them: then none is sent.
pub async fn many(
    seat: &Seat,
    commands: Vec<(AreaCode, Micros, Command)>,
) -> Result<Vec<Outcome>, Fault> {
    let mut envelopes = Vec::with_capacity(commands.len());
    for (area, event_time, command) in commands {
        let made = envelope(seat, CommandId(Uuid::now_v7()), area, event_time, command);
        envelopes.push(made.map_err(|why| match why {
            Unsent::Refused(refusal) => refusal.into(),
            Unsent::Fault(fault) => fault,
        })?);
    }
    Ok(seat.app().submit(Priority::Normal, envelopes).await?)
}

/// The first refusal among outcomes.
pub fn first_refusal(outcomes: &[Outcome]) -> Option<&Refusal> {
    outcomes.iter().find_map(|o| o.refusal.as_ref())
}

/// Why a command is not on its way.
enum Unsent {
    Refused(Refusal),
    Fault(Fault),
}

/// A command under the grant by which the actor may send it.
fn envelope(
    seat: &Seat,
    id: CommandId,
    area: AreaCode,
    event_time: Micros,
    command: Command,
) -> Result<Envelope<Command>, Unsent> {
    let actor = seat.actor().map_err(Unsent::Fault)?;
    let grant = authorise(actor, area, &command).map_err(Unsent::Refused)?;
    crate::sign_codes::check_any(seat.app().secrets(), &command).map_err(Unsent::Refused)?;
    Ok(Envelope {
        id,
        area,
        event_time,
        clock_offset: Span(0),
        device: None,
        actor: actor.for_ledger(grant),
        command,
    })
}

/// Whether the actor may send such a command for an area: decides which forms a page shows.
pub fn may(seat: &Seat, area: AreaCode, command: impl Into<Command>) -> bool {
    can(seat.somebody(), Action::Send(&command.into()), Resource::Area(area)).is_ok()
}
