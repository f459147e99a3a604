//! Files of results: stored piece by piece, read through without effect, and then recorded.
//!
//! A file goes `storing` → `checking` → `checked` → `running` → `done` (or `waiting`, `rejected`:
//! see [`crate::feed::State`]). Rows are read in a stream, so a file may have any number of them.
//! Every step can be cut off and begun again: the commands' ids hang on the file's bytes and the
//! row's number, and items that are kept already stay as they are.

mod reading;
mod rows;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger::{Operation, Priority};
use types::{Micros, Refusal, Span};

use crate::feed::intake::{item_writes, write_as};
use crate::feed::laboratory::Laboratory;
use crate::feed::message::{Message, MessageId, State, reason_text};
use crate::feed::sort::{Source, reason_of};
use crate::feed::tables::{
    FILE_COUNTED, ITEMS_DROP, MESSAGE_DROP, MESSAGE_FAILED, MESSAGE_RECOUNT, MESSAGE_STEP,
    MESSAGES_IN_STATE, RAW_DROP,
};
use crate::{App, Fault};

use reading::{Read, read};
use rows::{Mode, Rows};
pub use store::{Stored, Upload, store};

/// A file that was not stored to its end within this time never will be.
const STORING: Span = Span::hours(1);

/// How far a file is that is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows so far.
    pub rows: i64,
    /// Bytes so far.
    pub bytes: i64,
    /// Bytes in all.
    pub of: i64,
}

/// Reads a stored file through without effect, in the background.
pub fn start_check(app: &App, id: MessageId) {
    start(app, id, Mode::Rehearse);
}

/// Records the rows of a file that was read through, in the background.
///
/// # Errors
/// `feed-file-not-ready` when it is in another state: running already, or withdrawn.
pub async fn start_run(app: &App, id: MessageId) -> Result<(), Fault> {
    step(app, id, State::Checked, State::Running).await?;
    start(app, id, Mode::Record);
    Ok(())
}

/// Reads a stored file through without effect. It goes on when nobody waits for it any more.
///
/// # Errors
/// [`Fault`] when the store fails.
pub async fn check(app: &App, id: MessageId) -> Result<(), Fault> {
    let app = app.clone();
    let worked = tokio::spawn(async move { work(&app, id, Mode::Rehearse).await });
    worked.await.map_err(Fault::internal)?
}

/// Records the rows of a file that was read through, or just stored. It goes on when nobody waits
/// for it any more.
///
/// # Errors
/// As [`start_run`]; [`Fault`] when the store fails.
pub async fn run(app: &App, id: MessageId, from: State) -> Result<(), Fault> {
    let app = app.clone();
    let worked = tokio::spawn(async move {
        step(&app, id, from, State::Running).await?;
        work(&app, id, Mode::Record).await
    });
    worked.await.map_err(Fault::internal)?
}

/// Calls back a file that has not run. Its bytes are dropped.
///
/// # Errors
/// As [`start_run`].
pub async fn withdraw(app: &App, id: MessageId) -> Result<(), Fault> {
    step(app, id, State::Checked, State::Withdrawn).await?;
    let drop = vec![
        Operation::Execute(&ITEMS_DROP, vec![id.into()]),
        Operation::Execute(&RAW_DROP, vec![id.into()]),
    ];
    write_as(app, Priority::Bulk, drop).await?;
    Ok(())
}

async fn step(app: &App, id: MessageId, from: State, to: State) -> Result<(), Fault> {
    let params = vec![id.into(), from.as_str().into(), to.as_str().into()];
    let changed =
        write_as(app, Priority::Normal, vec![Operation::Execute(&MESSAGE_STEP, params)]).await?;
    if changed == [1] {
        return Ok(());
    }
    Err(Refusal::new("feed-file-not-ready").into())
}

/// Takes up files that a restart interrupted, and drops those that were never stored whole.
pub async fn resume(app: &App) {
    for (state, mode) in [(State::Checking, Mode::Rehearse), (State::Running, Mode::Record)] {
        for (id, _) in in_state(app, state).await {
            if app.feed().progress(id).is_none() {
                start(app, id, mode);
            }
        }
    }
    for (id, since) in in_state(app, State::Storing).await {
        if app.now() - since > STORING
            && let Err(fault) = drop_file(app, id).await
        {
            tracing::warn!(inside = fault.inside, %id, "half a file was not dropped");
        }
    }
}

async fn in_state(app: &App, state: State) -> Vec<(MessageId, Micros)> {
    let found = async {
        let mut db = app.reader().await?;
        let rows = db.query(&MESSAGES_IN_STATE, &[state.as_str().into()]).await?;
        let found = rows.iter().map(|row| Ok((MessageId(row.id(0)?), row.time(1)?)));
        found.collect::<Result<Vec<_>, Fault>>()
    };
    found.await.unwrap_or_else(|fault: Fault| {
        tracing::warn!(inside = fault.inside, "interrupted files could not be listed");
        Vec::new()
    })
}

/// Drops all that is kept of a file.
async fn drop_file(app: &App, id: MessageId) -> Result<(), Fault> {
    let drop = [&ITEMS_DROP, &RAW_DROP, &MESSAGE_DROP];
    let drop = drop.map(|statement| Operation::Execute(statement, vec![id.into()])).to_vec();
    write_as(app, Priority::Bulk, drop).await.map(|_| ())
}

fn start(app: &App, id: MessageId, mode: Mode) {
    // Seen as at work from here on, so that nobody starts it twice.
    app.feed().set_progress(id, Some(Progress::default()));
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(fault) = work(&app, id, mode).await {
            tracing::error!(inside = fault.inside, %id, "a file of results was not finished");
        }
    });
}

async fn work(app: &App, id: MessageId, mode: Mode) -> Result<(), Fault> {
    app.feed().set_progress(id, Some(Progress::default()));
    let worked = rows_of(app, id, mode).await;
    app.feed().set_progress(id, None);
    worked
}

async fn rows_of(app: &App, id: MessageId, mode: Mode) -> Result<(), Fault> {
    let _turn = app.feed().files.acquire().await.map_err(Fault::internal)?;
    let mut db = app.reader().await?;
    let Some(message) = Message::find(&mut db, id).await? else { return Ok(()) };
    let lab = match message.lab.clone() {
        Some(code) => Some(Laboratory::of(&mut db, code).await?),
        None => None,
    };
    let now = app.now();
    let source = Source {
        origin: message.origin(),
        lab,
        scope: message.scope,
        actor: message.actor.clone(),
        known_at: message.received_at,
        now,
    };
    let mut rows = Rows::new(app, id, source, mode);
    let bytes = Arc::new(AtomicI64::new(0));
    let mut reads = read(app, id, bytes.clone());
    while let Some(read) = reads.recv().await {
        match read {
            Read::Rows(batch) => {
                rows.take(&mut db, batch).await?;
                let kept = rows.take_kept();
                if let Some(writes) = item_writes(app, id, message.received_at, kept)? {
                    write_as(app, Priority::Bulk, vec![writes]).await?;
                }
                let bytes = bytes.load(Ordering::Relaxed);
                let progress = Progress { rows: rows.counts().items, bytes, of: message.bytes };
                app.feed().set_progress(id, Some(progress));
                app.feed().stirred(app, message.area);
            }
            Read::End => {
                finish(app, &message, &rows).await?;
                app.feed().stirred(app, message.area);
                return Ok(());
            }
            Read::Unreadable(wrong) => {
                let reason = reason_text(&reason_of(&wrong));
                let params = vec![id.into(), reason.into()];
                write_as(app, Priority::Bulk, vec![Operation::Execute(&MESSAGE_FAILED, params)])
                    .await?;
                app.feed().stirred(app, message.area);
                return Ok(());
            }
            Read::Broken(fault) => return Err(fault),
        }
    }
    Err(Fault::internal("a file ended without its end"))
}

async fn finish(app: &App, message: &Message, rows: &Rows<'_>) -> Result<(), Fault> {
    let (counts, direct) = (rows.counts(), rows.direct());
    let state = match rows.mode() {
        Mode::Rehearse => State::Checked,
        Mode::Record => State::Done,
    };
    let params = vec![
        message.id.into(),
        counts.items.into(),
        counts.recorded.into(),
        counts.duplicate.into(),
        counts.waiting.into(),
        counts.rejected.into(),
        direct.0.into(),
        direct.1.into(),
        state.as_str().into(),
    ];
    let mut writes = vec![Operation::Execute(&FILE_COUNTED, params)];
    if rows.mode() == Mode::Record {
        let recount = vec![message.id.into(), 0_i64.into()];
        writes.push(Operation::Execute(&MESSAGE_RECOUNT, recount));
    }
    write_as(app, Priority::Bulk, writes).await.map(|_| ())
}
