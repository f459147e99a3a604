//! The import of people: reading, checking and sealing on several threads, in order through
//! the ledger, accounted for chunk by chunk.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use ledger::{Actor, Desk, Engine, Envelope, LedgerError, Outcome, Priority, Status};
use store::Store;
use types::{AreaScope, Micros, PlaceCode, Span};
use uuid::Uuid;

use crate::command::{Command, PutPersons};
use crate::identity::Day;
use crate::ids;
use crate::import::columns::Choices;
use crate::import::encoding::Encoding;
use crate::import::household_rows::{Prepared, Reader, remark};
use crate::import::pipeline::Pipeline;
use crate::import::rehearsal::Rehearsal;
use crate::import::{ImportError, Listener, Progress, Remark, Report, Result, RowStatus, Totals};
use crate::rules::rows_of_note;
use crate::seal::Keys;

/// Where an import's commands go: an engine of any desk that takes the registry's commands.
pub trait Submit: Send + Sync {
    /// Hands commands to the ledger and waits until they are durable.
    fn submit_bulk(
        &self,
        commands: Vec<Envelope<Command>>,
    ) -> impl Future<Output = ledger::Result<Vec<Outcome>>> + Send;
}

impl<D: Desk> Submit for Engine<D>
where
    D::Command: From<Command>,
{
    async fn submit_bulk(&self, commands: Vec<Envelope<Command>>) -> ledger::Result<Vec<Outcome>> {
        let commands = commands
            .into_iter()
            .map(|e| Envelope {
                id: e.id,
                area: e.area,
                event_time: e.event_time,
                clock_offset: e.clock_offset,
                device: e.device,
                actor: e.actor,
                command: e.command.into(),
            })
            .collect();
        self.submit(Priority::Bulk, commands).await
    }
}

/// How people are to be imported.
#[derive(Clone, Debug)]
pub struct Options {
    /// The import (UUIDv7). Running the same file under the same id again goes on where it
    /// broke off.
    pub import: Uuid,
    /// The areas that the importer may write.
    pub scope: AreaScope,
    /// What the importer decided about columns.
    pub choices: Choices,
    /// The place of rows that name none.
    pub place: Option<PlaceCode>,
    /// The encoding of a text, where that is known already.
    pub encoding: Option<Encoding>,
    /// The day of the import: nobody is born after it.
    pub today: Day,
    /// Who imports.
    pub actor: Actor,
    /// When, for the journal.
    pub event_time: Micros,
    /// Only look what would happen.
    pub dry_run: bool,
    /// Rows of one command. Part of the commands' ids: keep it when running again.
    pub chunk_rows: usize,
    /// Threads that check and seal.
    pub workers: usize,
    /// Chunks that wait for the ledger at the same time.
    pub in_flight: usize,
}

impl Options {
    /// The usual settings for an import.
    pub fn new(import: Uuid, scope: AreaScope, today: Day, actor: Actor, now: Micros) -> Options {
        Options {
            import,
            scope,
            choices: Choices::new(),
            place: None,
            encoding: None,
            today,
            actor,
            event_time: now,
            dry_run: false,
            chunk_rows: 2_000,
            workers: std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 4)),
            in_flight: 4,
        }
    }
}

/// How often a chunk is sent again when its fate is not known.
const RETRIES: u32 = 20;

/// Imports people.
///
/// # Errors
/// [`ImportError`]. What was taken in before stays; the same call goes on from there.
pub async fn run<S: Submit, L: Listener>(
    ledger: &S,
    store: &Store,
    keys: &Keys,
    file: impl Read + Seek + Send + 'static,
    options: &Options,
    listener: &mut L,
) -> Result<Report> {
    let places = known_places(store, options.scope).await?;
    let reader = Arc::new(Reader {
        import: options.import,
        scope: options.scope,
        today: options.today,
        place: options.place.clone(),
        places,
        keys: keys.clone(),
        seal: !options.dry_run,
    });
    let (pipeline, finish) = Pipeline::start(file, reader, options)?;
    let of = Arc::clone(&pipeline.of);
    let (mut progress, mut rehearsal) = (Progress::default(), Rehearsal::default());
    // A failure ends the stream: what comes behind a missing chunk must not be taken in.
    let ordered = futures::stream::unfold(Some(pipeline), |pipeline| async move {
        let mut pipeline = pipeline?;
        match pipeline.next().await.transpose()? {
            Ok(prepared) => Some((Ok(prepared), Some(pipeline))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let answered = ordered.map(|prepared| answer(ledger, prepared, options));
    let mut answered = std::pin::pin!(answered.buffered(options.in_flight.max(1)));
    while let Some(answer) = answered.next().await {
        let (prepared, mut outcomes) = answer?;
        if options.dry_run {
            outcomes = rehearsal.outcomes(store, &prepared, options).await?;
        }
        let (totals, remarks) = account(&prepared, &outcomes)?;
        progress.totals.add(&totals);
        progress.done = prepared.chunk.done;
        progress.of = *of.lock().unwrap_or_else(PoisonError::into_inner);
        if !remarks.is_empty() {
            listener.remarks(remarks).await?;
        }
        listener.progress(&progress).await?;
    }
    // What the reading came to; an error of the file comes out here.
    let finish = finish.await.map_err(|_| ImportError::Broken("the reader stopped"))??;
    progress.totals.blank += finish.blank;
    progress.done = progress.done.max(progress.of);
    listener.progress(&progress).await?;
    Ok(Report { totals: progress.totals, warnings: finish.warnings })
}

/// All codes of a scope's places.
pub(crate) async fn known_places(
    store: &Store,
    scope: AreaScope,
) -> Result<std::collections::HashSet<Box<str>>> {
    let (low, high) = scope.bounds();
    let mut places = std::collections::HashSet::new();
    let mut rows = store.stream(
        "SELECT code FROM place WHERE area BETWEEN $1 AND $2",
        vec![low.into(), high.into()],
    );
    while let Some(chunk) = rows.recv().await {
        for row in chunk? {
            places.insert(row.text(0)?.into());
        }
    }
    Ok(places)
}

/// A chunk with the ledger's answers; a dry run asks nobody.
async fn answer<S: Submit>(
    ledger: &S,
    prepared: Result<Prepared>,
    options: &Options,
) -> Result<(Prepared, Vec<Outcome>)> {
    let prepared = prepared?;
    if options.dry_run {
        return Ok((prepared, Vec::new()));
    }
    let outcomes = submit(|| ledger.submit_bulk(envelopes(&prepared, options))).await?;
    Ok((prepared, outcomes))
}

/// What tells two chunks of the same number apart: which rows, of whom, at which addresses. Sealing
/// the same data twice gives other bytes, so the envelopes are no part of it.
fn says(put: &PutPersons) -> Vec<u8> {
    let mut said = Vec::new();
    for household in &put.households {
        said.extend(household.id.bytes());
        for person in &household.persons {
            said.extend(person.row.to_be_bytes());
            said.extend(person.id_index.map_or([0; 16], |index| index.0));
        }
    }
    said
}

fn envelopes(prepared: &Prepared, options: &Options) -> Vec<Envelope<Command>> {
    prepared
        .commands
        .iter()
        .map(|(area, put)| Envelope {
            id: ids::chunk_command(options.import, prepared.chunk.no, *area, &says(put)),
            area: *area,
            event_time: options.event_time,
            clock_offset: Span(0),
            device: None,
            actor: options.actor.clone(),
            command: Command::PutPersons(put.clone()),
        })
        .collect()
}

/// Sends commands until the ledger has taken them. They may be sent again safely, and are made
/// anew each time: a copy kept for that would be the largest thing in memory.
pub(crate) async fn submit<F>(send: impl Fn() -> F + Send) -> Result<Vec<Outcome>>
where
    F: Future<Output = ledger::Result<Vec<Outcome>>> + Send,
{
    let mut tries = 0;
    loop {
        match send().await {
            Ok(outcomes) => return Ok(outcomes),
            // An import can wait: everything else goes first.
            Err(LedgerError::Overloaded { retry_after_seconds }) => {
                tokio::time::sleep(Duration::from_secs(u64::from(retry_after_seconds))).await;
            }
            Err(error @ LedgerError::Unconfirmed(_)) => {
                tries += 1;
                if tries == RETRIES {
                    return Err(error.into());
                }
                tracing::warn!(%error, tries, "an import's chunk is sent again");
                tokio::time::sleep(Duration::from_millis(100) * tries).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What became of every row of a chunk. It must add up.
fn account(prepared: &Prepared, outcomes: &[Outcome]) -> Result<(Totals, Vec<Remark>)> {
    let chunk = &prepared.chunk;
    let rows = chunk.rows.len() as u64;
    let mut totals = Totals { rows, blank: chunk.blank, ..Totals::default() };
    let mut remarks = prepared.rejected.clone();
    totals.rejected = remarks.len() as u64;
    for ((_, put), outcome) in prepared.commands.iter().zip(outcomes) {
        let persons = put.households.iter().flat_map(|h| &h.persons);
        if outcome.status != Status::Accepted {
            let rule = outcome.refusal.as_ref().map_or("refused".into(), |r| r.code.clone());
            for person in persons {
                totals.rejected += 1;
                let row = (person.row - chunk.first_row) as usize;
                let rule = rule.clone();
                remarks.push(remark(chunk, row, RowStatus::Rejected, "place", rule, None));
            }
            continue;
        }
        let mut left_out: HashMap<u32, (RowStatus, Option<u32>)> = HashMap::new();
        for note in &outcome.notes {
            for (row, repeats) in rows_of_note(note) {
                match &*note.code {
                    "persons-duplicate" => left_out.insert(row, (RowStatus::Duplicate, None)),
                    "persons-repeated" => left_out.insert(row, (RowStatus::Repeated, repeats)),
                    _ => continue,
                };
            }
        }
        for note in outcome.notes.iter().filter(|n| n.code == "persons-moved") {
            for (row, _) in rows_of_note(note) {
                if let Some(slot) = left_out.get_mut(&row) {
                    totals.repeated += u64::from(slot.0 == RowStatus::Repeated);
                    slot.0 = RowStatus::Moved;
                }
            }
        }
        for person in persons {
            let Some((status, repeats)) = left_out.remove(&person.row) else {
                totals.accepted += 1;
                continue;
            };
            totals.duplicate += 1;
            totals.repeated += u64::from(status == RowStatus::Repeated);
            totals.moved += u64::from(status == RowStatus::Moved);
            let rule = match status {
                RowStatus::Moved => "person-moved",
                RowStatus::Repeated => "person-repeated",
                _ => "person-duplicate",
            };
            let row = (person.row - chunk.first_row) as usize;
            remarks.push(remark(chunk, row, status, "id_number", rule.into(), repeats));
        }
        if !left_out.is_empty() {
            return Err(ImportError::Unaccounted { chunk: chunk.no, rows, totals });
        }
    }
    if !totals.add_up() || outcomes.len() != prepared.commands.len() {
        return Err(ImportError::Unaccounted { chunk: chunk.no, rows, totals });
    }
    remarks.sort_by_key(|r| r.row);
    Ok((totals, remarks))
}
