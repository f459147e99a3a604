//! The store as it was: the journal up to an earlier moment, with everything that follows from it.

use store::{Connection, Store};
use types::Micros;

use crate::audit::{CHUNK, CHUNK_BYTES, cuts, replay};
use crate::tables::{HEAD_READ, HEAD_SET, JOURNAL_AFTER, JOURNAL_FROM, JOURNAL_PUT, JOURNAL_SIZES};
use crate::{Desk, Result};

/// The column of [`JOURNAL_AFTER`] with the time of recording, and that with the hash.
const RECORDED: usize = 5;
const HASH: usize = 12;

/// Fills `into`, an empty store with the same schemas, with what `live` had at a time of recording:
/// the journal until then, and every table that is derived from it. What is not in the journal
/// (accounts, files that were brought) is not in there either.
///
/// `progress` is told (done, total) entries, and ends the work by saying `false`; then the answer is
/// `false`, and `into` holds an earlier moment. Others may write to `live` meanwhile: entries of the
/// journal do not change, so no snapshot is held open.
///
/// # Errors
/// [`crate::LedgerError`] when a store fails or the journal cannot be read.
pub async fn rebuild<D: Desk>(
    desk: &D,
    live: &Store,
    into: &Store,
    at: Micros,
    mut progress: impl FnMut(i64, i64) -> bool,
) -> Result<bool> {
    let mut reader = live.reader().await?;
    let last = last_recorded_by(&mut reader, at).await?;
    let mut writer = into.writer().await?;
    let mut after = 0;
    if !progress(after, last) {
        return Ok(false);
    }
    while after < last {
        let bound = (after + CHUNK).min(last);
        let sizes = reader.query(&JOURNAL_SIZES, &[after.into(), bound.into()]).await?;
        let sizes = sizes.iter().map(|row| Ok((row.int(0)?, row.int(1)?)));
        for until in cuts(&sizes.collect::<Result<Vec<_>>>()?, bound, CHUNK_BYTES) {
            let rows = reader.query(&JOURNAL_AFTER, &[after.into(), until.into()]).await?;
            replay(desk, &mut writer, &rows).await?;
            writer.begin_write().await?;
            if let Some(row) = rows.last() {
                let head = [row.int(0)?.into(), row.time(RECORDED)?.into(), row.0[HASH].clone()];
                writer.execute(&HEAD_SET, &head).await?;
            }
            writer.put(&JOURNAL_PUT, rows.into_iter().flat_map(|row| row.0).collect()).await?;
            writer.settle().await?;
            writer.commit().await?;
            after = until;
            if !progress(after, last) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The last entry that was recorded by a time; 0 for none. Times of recording rise with the numbers,
/// so it is found by halves, and the journal needs no index by time.
async fn last_recorded_by(db: &mut Connection, at: Micros) -> Result<i64> {
    let head = db.first(&HEAD_READ, &[]).await?.map_or(Ok(0), |row| row.int(0))?;
    let (mut by_then, mut later) = (0, head + 1);
    while later - by_then > 1 {
        let middle = by_then + (later - by_then) / 2;
        match db.first(&JOURNAL_FROM, &[middle.into()]).await? {
            Some(row) if row.time(1)? <= at => by_then = row.int(0)?,
            _ => later = middle,
        }
    }
    Ok(by_then)
}
