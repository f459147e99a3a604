//! Storing a file as it comes in.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use ledger::{Operation, Priority};
use sha2::{Digest, Sha256};
use types::{AreaScope, Refusal};

use super::Progress;
use crate::feed::intake::write_as;
use crate::feed::laboratory::Laboratory;
use crate::feed::message::{Channel, Counts, Format, MessageId, NewMessage, State};
use crate::feed::raw::{PIECE, keep_piece};
use crate::feed::tables::{FILE_BY_DIGEST, FILE_STORED};
use crate::{App, Fault};

/// Who brings which file.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The way that it came.
    pub channel: Channel,
    /// The file's name.
    pub name: String,
    /// The laboratory whose results it holds.
    pub lab: Laboratory,
    /// The account that brings it.
    pub actor: String,
    /// The account's areas.
    pub scope: AreaScope,
}

/// A file in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is there and can be read through.
    New(MessageId),
    /// The same bytes of the same laboratory had been brought before.
    Before(MessageId),
}

/// Stores a file piece by piece, sealed. What is cut off on its way leaves nothing behind.
///
/// # Errors
/// `feed-file-empty`; the stream's own fault; [`Fault`] when the store fails.
pub async fn store(
    app: &App,
    upload: &Upload,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Unpin,
) -> Result<Stored, Fault> {
    let id = MessageId::fresh();
    let stored = store_as(app, id, upload, pieces).await;
    if !matches!(stored, Ok(Stored::New(_))) {
        app.feed().set_progress(id, None);
        super::drop_file(app, id).await?;
    }
    stored
}

async fn store_as(
    app: &App,
    id: MessageId,
    upload: &Upload,
    mut pieces: impl Stream<Item = Result<Bytes, Fault>> + Unpin,
) -> Result<Stored, Fault> {
    let name: String = upload.name.chars().filter(|c| !c.is_control()).take(200).collect();
    let sender = upload.lab.code.to_string();
    let message = NewMessage {
        id,
        channel: upload.channel,
        format: Format::Csv,
        sender: &sender,
        lab: Some(&upload.lab),
        control: &name,
        digest: [0; 32],
        bytes: 0,
        received_at: app.now(),
        actor: &upload.actor,
        scope: Some(upload.scope),
        state: State::Storing,
        reason: None,
        reply: None,
        counts: Counts::default(),
        direct_recorded: 0,
        direct_duplicate: 0,
    };
    write_as(app, Priority::Bulk, vec![message.put()]).await?;
    let mut digest = Sha256::new();
    let (mut bytes, mut n) = (0_i64, 0_i64);
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE);
    while let Some(part) = pieces.next().await {
        let part = part?;
        digest.update(&part);
        bytes += part.len() as i64;
        let mut part = part.as_ref();
        while piece.len() + part.len() >= PIECE {
            let (fits, rest) = part.split_at(PIECE - piece.len());
            piece.extend_from_slice(fits);
            part = rest;
            let whole = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
            write_as(app, Priority::Bulk, vec![keep_piece(app, id, n, whole)?]).await?;
            n += 1;
        }
        piece.extend_from_slice(part);
    }
    if bytes == 0 {
        return Err(Refusal::new("feed-file-empty").into());
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut db = app.reader().await?;
    let same = [digest.to_vec().into(), id.into(), sender.as_str().into()];
    if let Some(row) = db.first(&FILE_BY_DIGEST, &same).await? {
        return Ok(Stored::Before(MessageId(row.id(0)?)));
    }
    let params =
        vec![id.into(), digest.to_vec().into(), bytes.into(), State::Checking.as_str().into()];
    let mut writes = vec![Operation::Execute(&FILE_STORED, params)];
    if !piece.is_empty() {
        writes.push(keep_piece(app, id, n, piece)?);
    }
    // At work from here on: whoever stored it says what is next.
    app.feed().set_progress(id, Some(Progress { of: bytes, ..Progress::default() }));
    write_as(app, Priority::Bulk, writes).await?;
    Ok(Stored::New(id))
}
