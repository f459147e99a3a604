//! Lists of other desks, for example line lists of cases: read, checked, rehearsed and accounted for
//! as people and places are. The desk says what a row means ([`ListDesk`]).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Actor, Asked, Desk, Engine, Entry, Envelope, Outcome, Priority, Status, Units};
use types::{AreaCode, AreaScope, Micros, PlaceCode, Refusal, Span};
use uuid::Uuid;

use crate::identity::{Checked, Day, Sex};
use crate::ids;
use crate::import::columns::{Choices, Field};
use crate::import::household_rows::{cell, identity_of, remark, row_fault};
use crate::import::persons::submit;
use crate::import::source::{self, Plan};
use crate::import::table::Chunk;
use crate::import::{
    ImportError, Kind, Listener, Progress, Remark, Report, Result, RowStatus, Totals,
};
use crate::seal::Keys;

/// A field that breaks a rule, and the rule's code.
pub type Broken = (&'static str, Cow<'static, str>);

/// One row of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListRow<'a> {
    chunk: &'a Chunk,
    row: usize,
}

impl ListRow<'_> {
    /// The data row, from 1.
    pub fn number(&self) -> u32 {
        self.chunk.row_number(self.row)
    }

    /// The text of a field, without space around it; empty when the table has no such column.
    ///
    /// # Errors
    /// A cell that cannot be read in the file's encoding.
    pub fn cell(&self, field: Field) -> std::result::Result<Cow<'_, str>, Broken> {
        cell(self.chunk, self.row, field)
    }

    /// Name, document, telephone, day of birth and sex, checked as those of a register are; a
    /// person without a number is one without papers.
    ///
    /// # Errors
    /// The field that breaks a rule.
    pub fn identity(
        &self,
        today: Day,
    ) -> std::result::Result<(Checked, Option<Day>, Option<Sex>), Broken> {
        identity_of(self.chunk, self.row, today, true)
    }
}

/// What rows are read by.
#[derive(Clone, Debug)]
pub struct ListSettings {
    /// The import.
    pub import: Uuid,
    /// The areas that the importer may write.
    pub scope: AreaScope,
    /// The place of rows that name none.
    pub place: Option<PlaceCode>,
    /// The day of the import.
    pub today: Day,
}

/// Rows of one county on their way to the ledger.
pub struct ListCommand<C> {
    /// The county.
    pub area: AreaCode,
    /// The data rows.
    pub rows: Vec<u32>,
    /// What tells this command from another of the same rows: sealing twice gives other bytes.
    pub says: Vec<u8>,
    /// Makes the command, as often as it has to be sent.
    pub make: Box<dyn Fn() -> C + Send + Sync>,
}

impl<C> std::fmt::Debug for ListCommand<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListCommand").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// What a chunk came to.
#[derive(Debug)]
pub struct ListChunk<C> {
    /// Commands, one a county.
    pub commands: Vec<ListCommand<C>>,
    /// Rows that break a rule, by their place in the chunk.
    pub broken: Vec<(usize, Broken)>,
}

/// A desk that takes lists.
pub trait ListDesk<C>: Send + Sync {
    /// What its lists hold.
    fn kind(&self) -> Kind;

    /// Reads, checks and seals rows.
    ///
    /// # Errors
    /// [`crate::RegistryError`] when sealing fails.
    fn read(
        &self,
        keys: &Keys,
        settings: &ListSettings,
        rows: &[ListRow<'_>],
    ) -> crate::Result<ListChunk<C>>;

    /// The rows that a remark of the ledger says were left out: each with what became of it, the
    /// field, and the rule.
    fn left_out(&self, note: &Refusal) -> Vec<(u32, RowStatus, Broken)>;
}

/// Rows of one command.
const CHUNK_ROWS: usize = 500;

/// What an import of a list is given.
pub(crate) struct ListImport<'a, C> {
    pub desk: &'a dyn ListDesk<C>,
    pub keys: &'a Keys,
    pub settings: ListSettings,
    pub choices: Choices,
    pub actor: Actor,
    pub event_time: Micros,
    pub dry_run: bool,
}

/// Imports a list.
///
/// # Errors
/// [`ImportError`]. What was taken in before stays; the same call goes on from there.
pub(crate) async fn run<D: Desk, L: Listener>(
    engine: &Engine<D>,
    file: impl Read + Seek + Send + 'static,
    import: &ListImport<'_, D::Command>,
    listener: &mut L,
) -> Result<Report> {
    let plan = Plan {
        kind: import.desk.kind(),
        choices: import.choices.clone(),
        placed: import.settings.place.is_some(),
        chunk_rows: CHUNK_ROWS,
        encoding: None,
    };
    let of = Arc::new(Mutex::new(0));
    let told = Arc::clone(&of);
    let (ready, mut read) = tokio::sync::mpsc::channel::<Chunk>(2);
    let (ended, finish) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("import-read".to_owned()).spawn(move || {
        let mut emit = |chunk| ready.blocking_send(chunk).is_ok();
        let of = |n| *told.lock().unwrap_or_else(PoisonError::into_inner) = n;
        // Nobody listens when the import has stopped already.
        let _ = ended.send(source::read(file, &plan, of, &mut emit));
    })?;
    let (mut progress, mut rehearsal) = (Progress::default(), Rehearsal::<D>::default());
    while let Some(chunk) = read.recv().await {
        let read = read_chunk(import, &chunk)?;
        let outcomes = if import.dry_run {
            rehearsal.outcomes(engine, import, &chunk, &read.commands).await?
        } else {
            let envelopes = || read.commands.iter().map(|c| envelope(import, &chunk, c)).collect();
            submit(|| engine.submit(Priority::Bulk, envelopes())).await?
        };
        let (totals, remarks) = account(import.desk, &chunk, &read, &outcomes)?;
        progress.totals.add(&totals);
        progress.done = chunk.done;
        progress.of = *of.lock().unwrap_or_else(PoisonError::into_inner);
        if !remarks.is_empty() {
            listener.remarks(remarks).await?;
        }
        listener.progress(&progress).await?;
    }
    let finish = finish.await.map_err(|_| ImportError::Broken("the reader stopped"))??;
    progress.totals.blank += finish.blank;
    progress.done = progress.done.max(progress.of);
    listener.progress(&progress).await?;
    Ok(Report { totals: progress.totals, warnings: finish.warnings })
}

fn read_chunk<C>(import: &ListImport<'_, C>, chunk: &Chunk) -> Result<ListChunk<C>> {
    let whole = chunk.rows.len();
    let placed = import.settings.place.is_some();
    if !chunk.head.mapping.missing(import.desk.kind(), placed).is_empty() {
        let why = || ("", Cow::Borrowed("columns-missing"));
        let broken = (0..whole).map(|row| (row, why())).collect();
        return Ok(ListChunk { commands: Vec::new(), broken });
    }
    let faults: Vec<(usize, Broken)> =
        (0..whole).filter_map(|row| Some((row, row_fault(chunk, row)?))).collect();
    let sound = |row: &usize| faults.iter().all(|(at, _)| at != row);
    let rows: Vec<ListRow<'_>> =
        (0..whole).filter(sound).map(|row| ListRow { chunk, row }).collect();
    let mut read = import.desk.read(import.keys, &import.settings, &rows)?;
    // The desk counts the rows that it was given.
    for (at, _) in &mut read.broken {
        *at = rows.get(*at).map_or(*at, |row| row.row);
    }
    read.broken.extend(faults);
    Ok(read)
}

fn envelope<C>(import: &ListImport<'_, C>, chunk: &Chunk, command: &ListCommand<C>) -> Envelope<C> {
    Envelope {
        id: ids::chunk_command(import.settings.import, chunk.no, command.area, &command.says),
        area: command.area,
        event_time: import.event_time,
        clock_offset: Span(0),
        device: None,
        actor: import.actor.clone(),
        command: (command.make)(),
    }
}

/// A dry run: the same rules, against the store as it is and the rows before.
struct Rehearsal<D: Desk> {
    units: Units,
    state: D::State,
}

impl<D: Desk> Default for Rehearsal<D> {
    fn default() -> Self {
        Rehearsal { units: Units::default(), state: D::State::default() }
    }
}

impl<D: Desk> Rehearsal<D> {
    async fn outcomes(
        &mut self,
        engine: &Engine<D>,
        import: &ListImport<'_, D::Command>,
        chunk: &Chunk,
        commands: &[ListCommand<D::Command>],
    ) -> Result<Vec<Outcome>> {
        let envelopes: Vec<Envelope<D::Command>> =
            commands.iter().map(|command| envelope(import, chunk, command)).collect();
        let (engine, handle) = (engine.clone(), tokio::runtime::Handle::current());
        let mut rehearsal = std::mem::take(self);
        // A desk's futures stay on their thread, as they do with the writer.
        let (rehearsal, outcomes) = tokio::task::spawn_blocking(move || {
            handle.block_on(async move {
                let outcomes = rehearsal.decide(&engine, &envelopes).await;
                (rehearsal, outcomes)
            })
        })
        .await
        .map_err(|_| ImportError::Broken("the rehearsal stopped"))?;
        *self = rehearsal;
        outcomes
    }

    async fn decide(
        &mut self,
        engine: &Engine<D>,
        envelopes: &[Envelope<D::Command>],
    ) -> Result<Vec<Outcome>> {
        let mut db = engine.store().reader().await?;
        let now = engine.now();
        let mut outcomes = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let asked: Asked<'_, D::Command> = envelope.asked();
            let (units, state) = (&mut self.units, &mut self.state);
            engine.desk().load_commands(&mut db, units, state, &[asked]).await?;
            let decided = engine.desk().decide(units, state, asked, now);
            let entry = Entry {
                seq: 0,
                command: envelope.id,
                area: envelope.area,
                event_time: envelope.event_time,
                record_time: now,
                actor: envelope.actor.user.clone(),
                device: None,
            };
            let (status, refusal, notes) = match decided {
                Ok(decision) => {
                    for event in &decision.events {
                        engine.desk().apply(units, state, &entry, event);
                    }
                    (Status::Accepted, None, decision.notes)
                }
                Err(refusal) => (Status::Refused, Some(refusal), Vec::new()),
            };
            outcomes.push(Outcome { id: envelope.id, status, duplicate: false, refusal, notes });
        }
        Ok(outcomes)
    }
}

/// What became of every row of a chunk. It must add up.
fn account<C>(
    desk: &dyn ListDesk<C>,
    chunk: &Chunk,
    read: &ListChunk<C>,
    outcomes: &[Outcome],
) -> Result<(Totals, Vec<Remark>)> {
    let rows = chunk.rows.len() as u64;
    let mut totals = Totals { rows, blank: chunk.blank, ..Totals::default() };
    let mut remarks = Vec::new();
    for (row, (field, rule)) in &read.broken {
        totals.rejected += 1;
        remarks.push(remark(chunk, *row, RowStatus::Rejected, field, rule.clone(), None));
    }
    for (command, outcome) in read.commands.iter().zip(outcomes) {
        let mut left_out: HashMap<u32, (RowStatus, Broken)> = HashMap::new();
        if outcome.status == Status::Accepted {
            for note in &outcome.notes {
                let told = desk.left_out(note).into_iter();
                left_out.extend(told.map(|(row, status, broken)| (row, (status, broken))));
            }
        } else {
            let rule = outcome.refusal.as_ref().map_or("refused".into(), |r| r.code.clone());
            let whole = command.rows.iter();
            left_out.extend(whole.map(|row| (*row, (RowStatus::Rejected, ("", rule.clone())))));
        }
        for number in &command.rows {
            let Some((status, (field, rule))) = left_out.remove(number) else {
                totals.accepted += 1;
                continue;
            };
            match status {
                RowStatus::Rejected => totals.rejected += 1,
                _ => totals.duplicate += 1,
            }
            totals.repeated += u64::from(status == RowStatus::Repeated);
            let row = (number - chunk.first_row) as usize;
            remarks.push(remark(chunk, row, status, field, rule, None));
        }
        if !left_out.is_empty() {
            return Err(ImportError::Unaccounted { chunk: chunk.no, rows, totals });
        }
    }
    if !totals.add_up() || outcomes.len() != read.commands.len() {
        return Err(ImportError::Unaccounted { chunk: chunk.no, rows, totals });
    }
    remarks.sort_by_key(|r| r.row);
    Ok((totals, remarks))
}
