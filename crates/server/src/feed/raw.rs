//! The bytes as they came, sealed, in pieces: a file of any size is never held as a whole.

use ledger::Operation;
use store::{Connection, Value};

use crate::feed::item::{open, seal};
use crate::feed::message::MessageId;
use crate::feed::tables::{RAW_NEXT, RAW_PUT};
use crate::{App, Fault};

/// The size of a piece in bytes.
pub const PIECE: usize = 256 << 10;

/// The write that keeps one piece.
///
/// # Errors
/// [`Fault`] when it cannot be sealed.
pub(crate) fn keep_piece(
    app: &App,
    message: MessageId,
    n: i64,
    bytes: Vec<u8>,
) -> Result<Operation, Fault> {
    let sealed = seal(app, &context(message, n), bytes)?;
    Ok(Operation::Insert(&RAW_PUT, vec![message.into(), n.into(), Value::Bytes(sealed)]))
}

/// The writes that keep a whole message.
///
/// # Errors
/// As [`keep_piece`].
pub(crate) fn keep(app: &App, message: MessageId, bytes: &[u8]) -> Result<Vec<Operation>, Fault> {
    let pieces = (0..).zip(bytes.chunks(PIECE));
    pieces.map(|(n, piece)| keep_piece(app, message, n, piece.to_vec())).collect()
}

/// The next piece after `n` (begin with -1), if there is one.
///
/// # Errors
/// [`Fault`] when the store fails or the piece cannot be opened.
pub async fn next(
    app: &App,
    db: &mut Connection,
    message: MessageId,
    n: i64,
) -> Result<Option<(i64, Vec<u8>)>, Fault> {
    let row = db.first(&RAW_NEXT, &[message.into(), n.into(), 1_i64.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let n = row.int(0)?;
    Ok(Some((n, open(app, &context(message, n), row.bytes(1)?)?)))
}

/// The first bytes of a message, at most `limit` and what completes the piece.
///
/// # Errors
/// As [`next`].
pub async fn read(
    app: &App,
    db: &mut Connection,
    message: MessageId,
    limit: usize,
) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut at = -1;
    while bytes.len() < limit {
        let Some((n, piece)) = next(app, db, message, at).await? else { break };
        bytes.extend_from_slice(&piece);
        at = n;
    }
    Ok(bytes)
}

fn context(message: MessageId, n: i64) -> Vec<u8> {
    [b"feed raw v1".as_slice(), &message.0, &n.to_be_bytes()].concat()
}
