//! The items of a message: sorted, recorded, and what is left of them kept.

use hl7::oru::Report;
use ledger::{LedgerError, Operation, Outcome, Priority};
use store::Connection;
use types::Micros;

use crate::feed::item::NewItem;
use crate::feed::laboratory::Laboratory;
use crate::feed::message::{Counts, MessageId};
use crate::feed::sort::{Fate, Ready, Sorted, Source};
use crate::feed::tables::ITEM_PUT;
use crate::feed::wait::patiently;
use crate::house::Command;
use crate::{App, Fault};

/// What came of the items of a message.
#[derive(Default)]
pub(super) struct Taken {
    pub lab: Option<Laboratory>,
    pub counts: Counts,
    pub direct_recorded: i64,
    pub direct_duplicate: i64,
    pub kept: Vec<NewItem>,
}

/// Sorts the items of a report, and records what can be.
pub(super) async fn take_items(
    app: &App,
    db: &mut Connection,
    source: Source,
    report: &Report,
) -> Result<Taken, Fault> {
    let mut taken = Taken { lab: source.lab.clone(), ..Taken::default() };
    let mut ready: Vec<Ready> = Vec::new();
    for (n, item) in (1..).zip(&report.items) {
        taken.counts.items += 1;
        match item {
            Err(wrong) => {
                taken.kept.push(source.rejected(n, wrong.tube.as_deref(), &wrong.fault));
            }
            Ok(result) => match source.sort(db, n, result).await? {
                Sorted::Ready(one) => ready.push(*one),
                Sorted::Kept(item) => taken.kept.push(*item),
            },
        }
    }
    if let Some(lab) = &source.lab {
        let envelopes = ready.iter().map(|one| one.envelope.clone()).collect();
        let outcomes = submit(app, Priority::Normal, envelopes).await?;
        for (one, outcome) in ready.into_iter().zip(&outcomes) {
            match one.fate(&lab.code, outcome) {
                Fate::Recorded => taken.direct_recorded += 1,
                Fate::Duplicate => taken.direct_duplicate += 1,
                Fate::Kept(item) => taken.kept.push(*item),
            }
        }
    }
    taken.counts.recorded = taken.direct_recorded;
    taken.counts.duplicate = taken.direct_duplicate;
    for item in &taken.kept {
        taken.counts.count(item.state);
    }
    Ok(taken)
}

pub(crate) fn item_writes(
    app: &App,
    message: MessageId,
    received_at: Micros,
    kept: Vec<NewItem>,
) -> Result<Option<Operation>, Fault> {
    let mut rows = Vec::with_capacity(kept.len() * 16);
    for item in kept {
        rows.extend(item.row(app, message, received_at)?);
    }
    Ok((!rows.is_empty()).then_some(Operation::Insert(&ITEM_PUT, rows)))
}

/// Sends commands, and sends them again while the ledger is busy or does not know their fate.
pub(crate) async fn submit(
    app: &App,
    priority: Priority,
    envelopes: Vec<ledger::Envelope<Command>>,
) -> Result<Vec<Outcome>, Fault> {
    if envelopes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(patiently(priority, || app.submit(priority, envelopes.clone())).await?)
}

/// Writes the feed's own tables, as patiently as [`submit`]. All writes here can be repeated.
pub(crate) async fn write(app: &App, writes: Vec<Operation>) -> Result<Vec<u64>, Fault> {
    write_as(app, Priority::Normal, writes).await
}

/// [`write`] in another lane.
pub(crate) async fn write_as(
    app: &App,
    priority: Priority,
    writes: Vec<Operation>,
) -> Result<Vec<u64>, Fault> {
    let written: Result<_, LedgerError> =
        patiently(priority, || app.engine().operate(priority, writes.clone())).await;
    Ok(written?)
}
