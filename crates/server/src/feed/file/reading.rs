//! A stored file as a stream of rows: pieces come out of the store, a thread of its own cuts them
//! into rows, and never more than a few pieces and batches are in memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hl7::csv::{Options, Reader, Row};
use hl7::{Error, Fault as Wrong};
use tokio::sync::mpsc;

use crate::feed::message::MessageId;
use crate::feed::raw;
use crate::{App, Fault, feed};

/// Rows in one batch: one write to the ledger.
const BATCH: usize = 500;

/// What comes out of a file.
pub(super) enum Read {
    /// Some rows, in order.
    Rows(Vec<Row>),
    /// There are no more.
    End,
    /// It is no file of results: what its header lacks.
    Unreadable(Wrong),
    /// It could not be read from the store.
    Broken(Fault),
}

/// Reads a stored file. `bytes` tells how much of it has been read.
pub(super) fn read(app: &App, id: MessageId, bytes: Arc<AtomicI64>) -> mpsc::Receiver<Read> {
    let (piece_out, pieces) = mpsc::channel(2);
    let (out, reads) = mpsc::channel(2);
    let options = Options { zone: feed::zone(app), ..Options::default() };
    let app = app.clone();
    tokio::spawn(async move { feed_pieces(&app, id, bytes, piece_out).await });
    tokio::task::spawn_blocking(move || rows(Pieces::new(pieces), options, &out));
    reads
}

type Piece = Result<Vec<u8>, Fault>;

async fn feed_pieces(app: &App, id: MessageId, bytes: Arc<AtomicI64>, out: mpsc::Sender<Piece>) {
    let mut at = -1;
    loop {
        let next = async {
            let mut db = app.reader().await?;
            raw::next(app, &mut db, id, at).await
        };
        let piece = match next.await {
            Ok(Some((n, piece))) => {
                at = n;
                bytes.fetch_add(piece.len() as i64, Ordering::Relaxed);
                Ok(piece)
            }
            Ok(None) => return,
            Err(fault) => Err(fault),
        };
        let failed = piece.is_err();
        if out.send(piece).await.is_err() || failed {
            return;
        }
    }
}

fn rows(pieces: Pieces, options: Options, out: &mpsc::Sender<Read>) {
    let last = match Reader::new(pieces, options) {
        Err(Error::Fault(wrong)) => Read::Unreadable(wrong),
        Err(error) => Read::Broken(Fault::internal(error)),
        Ok(mut reader) => {
            let mut batch = Vec::with_capacity(BATCH);
            loop {
                match reader.next() {
                    Some(Ok(row)) => batch.push(row),
                    Some(Err(error)) => break Read::Broken(Fault::internal(error)),
                    None => {
                        // Whoever reads may have gone away: nothing is lost by stopping.
                        let _ = out.blocking_send(Read::Rows(batch));
                        break Read::End;
                    }
                }
                if batch.len() == BATCH {
                    let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                    if out.blocking_send(Read::Rows(full)).is_err() {
                        return;
                    }
                }
            }
        }
    };
    let _ = out.blocking_send(last);
}

/// Pieces as one stream of bytes for a reader that waits.
struct Pieces {
    next: mpsc::Receiver<Piece>,
    piece: Vec<u8>,
    at: usize,
}

impl Pieces {
    fn new(next: mpsc::Receiver<Piece>) -> Pieces {
        Pieces { next, piece: Vec::new(), at: 0 }
    }
}

impl io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.next.blocking_recv() {
                None => return Ok(0),
                Some(Err(fault)) => {
                    let inside = fault.inside.unwrap_or_else(|| fault.refusal.to_string());
                    return Err(io::Error::other(inside));
                }
                Some(Ok(piece)) => (self.piece, self.at) = (piece, 0),
            }
        }
        let n = buffer.len().min(self.piece.len() - self.at);
        buffer[..n].copy_from_slice(&self.piece[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
