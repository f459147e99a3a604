//! Every unit of a scope with all its moments, one after the other: what reviews read.

use store::{Row, Store};
use types::{AreaScope, CommandId, Micros, UnitId};

use crate::{LedgerError, Moment, MomentRef, Result};

/// Gives each unit with its moments that had been recorded by a time, in no particular order.
/// Holds one history at a time.
///
/// # Errors
/// [`LedgerError`] when the store fails or holds what this program cannot read.
pub(crate) async fn each(
    store: &Store,
    scope: AreaScope,
    recorded: Micros,
    mut see: impl FnMut(UnitId, &[Moment]),
) -> Result<()> {
    let (low, high) = scope.bounds();
    let mut rows = store.stream(
        "SELECT unit, command, n, event_time, record_time, what FROM moment
         WHERE area BETWEEN $1 AND $2 AND record_time <= $3 ORDER BY area, unit",
        vec![low.into(), high.into(), recorded.into()],
    );
    let mut unit = None;
    let mut moments: Vec<Moment> = Vec::new();
    while let Some(chunk) = rows.recv().await {
        for row in chunk? {
            let id = UnitId::from_bytes(row.id(0)?);
            if let Some(before) = unit.replace(id).filter(|before| *before != id) {
                see(before, &moments);
                moments.clear();
            }
            moments.push(moment_of(&row, 5)?);
        }
    }
    if let Some(last) = unit {
        see(last, &moments);
    }
    Ok(())
}

/// Reads unit, command, n, event_time, record_time and, at `what`, the move.
pub(crate) fn moment_of(row: &Row, what: usize) -> Result<Moment> {
    Ok(Moment {
        reference: MomentRef {
            command: CommandId::from_bytes(row.id(1)?),
            n: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
        },
        event_time: row.time(3)?,
        record_time: row.time(4)?,
        actor: String::new(),
        what: serde_json::from_str(row.text(what)?)
            .map_err(|e| LedgerError::Unreadable { seq: -1, reason: e.to_string() })?,
    })
}
