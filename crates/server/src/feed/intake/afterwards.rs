//! Messages that are taken after all, or whose laboratory becomes known.

use hl7::Message as Hl7;
use ledger::Operation;
use store::Value;
use types::AreaCode;

use super::items::{item_writes, take_items, write};
use super::read;
use super::reply::{reply_context, reply_envelope, reply_id, reply_to};
use crate::feed::item::seal;
use crate::feed::laboratory::resolve;
use crate::feed::raw;
use crate::feed::sort::{Source, reason_of};
use crate::feed::tables::{MESSAGE_RECOUNT, MESSAGE_TAKEN};
use crate::{App, Fault, feed};

/// Takes a message after all that was turned away: its control id had been used before, or the
/// program has learnt to read it. Its results are recorded as its own.
///
/// # Errors
/// The refusal of the rule that it still breaks; [`Fault`] when the store fails.
pub(crate) async fn take_after_all(
    app: &App,
    message: &feed::Message,
    actor: &str,
) -> Result<(), Fault> {
    let mut db = app.reader().await?;
    let bytes = raw::read(app, &mut db, message.id, feed::MESSAGE_BYTES + raw::PIECE).await?;
    let parsed = Hl7::parse(&bytes, &feed::parse_options())
        .map_err(|rejected| Fault::from(reason_of(&rejected.fault)))?;
    let report = read(app, &parsed).map_err(|fault| Fault::from(reason_of(&fault)))?;
    let lab = resolve(&mut db, &message.sender).await?;
    let now = app.now();
    let source = Source {
        origin: message.origin(),
        lab,
        scope: None,
        actor: actor.to_owned(),
        known_at: report.header.made_at.unwrap_or(message.received_at).min(now),
        now,
    };
    let taken = take_items(app, &mut db, source, &report).await?;
    let id = reply_id(message.id);
    let reply = reply_to(&parsed, &report, taken.lab.is_some(), &reply_envelope(app, now, &id));
    let mut writes = vec![Operation::Execute(
        &MESSAGE_TAKEN,
        vec![
            message.id.into(),
            taken.lab.as_ref().map_or(Value::Null, |lab| (&lab.code).into()),
            taken.lab.as_ref().map_or(AreaCode::NONE, |lab| lab.area).into(),
            seal(app, &reply_context(message.id), reply)?.into(),
            taken.counts.items.into(),
            taken.direct_recorded.into(),
            taken.direct_duplicate.into(),
        ],
    )];
    writes.extend(item_writes(app, message.id, message.received_at, taken.kept)?);
    let recount = vec![message.id.into(), 1_i64.into()];
    writes.push(Operation::Execute(&MESSAGE_RECOUNT, recount));
    write(app, writes).await.map(drop)
}

/// The reply to a message whose laboratory has become known, sealed for its row: if it comes
/// again, it is answered by what is known now.
///
/// # Errors
/// [`Fault`] when the message cannot be read any more.
pub(crate) async fn reply_when_named(app: &App, message: &feed::Message) -> Result<Vec<u8>, Fault> {
    let mut db = app.reader().await?;
    let bytes = raw::read(app, &mut db, message.id, feed::MESSAGE_BYTES + raw::PIECE).await?;
    let parsed = Hl7::parse(&bytes, &feed::parse_options())
        .map_err(|rejected| Fault::from(reason_of(&rejected.fault)))?;
    let report = read(app, &parsed).map_err(|fault| Fault::from(reason_of(&fault)))?;
    let id = reply_id(message.id);
    let reply = reply_to(&parsed, &report, true, &reply_envelope(app, app.now(), &id));
    seal(app, &reply_context(message.id), reply)
}
