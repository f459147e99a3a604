//! The audit: rebuild everything derived from the journal, compare, count again.

mod recount;

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::value::RawValue;
use store::{Connection, Row, Schema, Store, Table, Value};
use types::{AreaScope, CommandId, Micros, UnitId};

use crate::tables::{HEAD_READ, JOURNAL_AFTER, JOURNAL_BEYOND, JOURNAL_HASH, JOURNAL_SIZES};
use crate::views;
use crate::writer::Body;
use crate::{Accepted, Desk, Entry, LedgerError, Link, Move, Result, Units};

/// Most entries replayed in one transaction.
pub const CHUNK: i64 = 2_000;
/// Most bytes of facts replayed in one transaction, unless a single entry has more: an entry of
/// an import holds a thousand persons.
pub const CHUNK_BYTES: i64 = 4 << 20;
/// Rows read at a time when tables are compared.
const PAGE: usize = 1_000;
/// Differences listed per table; all are counted.
const LISTED: usize = 20;

/// What the audit found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Entries replayed, refused ones included.
    pub entries: i64,
    /// The hash of the last of them, in hexadecimal digits. It vouches for all before it.
    pub hash: String,
    /// Rows compared.
    pub rows: u64,
    /// Rows that differ.
    pub differences: u64,
    /// The first differences of each table, in words.
    pub listed: Vec<String>,
    /// Balance lines that do not add up, and stocks that do not sum to zero.
    pub unbalanced: Vec<String>,
    /// Open units counted afresh from the live table that differ from the counters.
    pub miscounted: Vec<String>,
}

impl Report {
    /// Counts a difference and puts the first of each table on the list.
    fn list(&mut self, table: &'static str, what: String) {
        self.differences += 1;
        let start = format!("{table}: ");
        if self.listed.iter().filter(|line| line.starts_with(&start)).count() < LISTED {
            self.listed.push(start + &what);
        }
    }

    /// Holds the hash of an entry against one that was written down elsewhere. They differ when
    /// any entry up to this one is not what it was then, even if every later hash was made anew.
    pub fn hold_against(&mut self, entry: i64, written: Link, found: Option<Link>) {
        match found {
            Some(found) if found == written => {}
            Some(found) => self.list(
                "journal",
                format!("entry {entry} has the hash {found}, written down was {written}"),
            ),
            None => {
                self.list("journal", format!("entry {entry} was written down and is not there"))
            }
        }
    }

    /// Whether everything agrees.
    pub fn is_clean(&self) -> bool {
        self.differences == 0 && self.unbalanced.is_empty() && self.miscounted.is_empty()
    }
}

/// Replays the journal of `live` into `shadow` (an empty store with the same schemas) and
/// compares every derived table row by row. `progress` is told (done, total) entries.
///
/// All reads of `live` see one moment, so it may run while others write.
///
/// # Errors
/// [`LedgerError`] when a store fails or the journal cannot be read.
pub async fn run<D: Desk>(
    desk: &D,
    live: &Store,
    shadow: &Store,
    schemas: &[Schema],
    mut progress: impl FnMut(i64, i64),
) -> Result<Report> {
    let mut live = live.reader().await?;
    live.begin_snapshot().await?;
    let (last, head) = match live.first(&HEAD_READ, &[]).await? {
        Some(row) => (row.int(0)?, Link::of_head(row.opt_bytes(2)?)?),
        None => (0, Link::default()),
    };
    let mut report = Report { entries: last, hash: head.to_string(), ..Report::default() };
    let mut writer = shadow.writer().await?;
    let mut link = Link::default();
    let mut after = 0;
    while after < last {
        let bound = (after + CHUNK).min(last);
        let sizes = live.query(&JOURNAL_SIZES, &[after.into(), bound.into()]).await?;
        let sizes = sizes.iter().map(|row| Ok((row.int(0)?, row.int(1)?)));
        for until in cuts(&sizes.collect::<Result<Vec<_>>>()?, bound, CHUNK_BYTES) {
            let rows = live.query(&JOURNAL_AFTER, &[after.into(), until.into()]).await?;
            link = check_entries(&rows, (after, until), link, &mut report)?;
            replay(desk, &mut writer, &rows).await?;
            after = until;
            progress(after, last);
        }
    }
    if link != head {
        report.list("journal", format!("the head has the hash {head}, the last entry {link}"));
    }
    if let Some(row) = live.first(&JOURNAL_BEYOND, &[last.into()]).await? {
        report.list("journal", format!("entry {} lies beyond the head, {last}", row.int(0)?));
    }
    let mut shadow = shadow.reader().await?;
    for table in schemas.iter().flat_map(|s| s.derived) {
        compare(&mut live, &mut shadow, table, &mut report).await?;
    }
    check_sums(&mut live, &mut report).await?;
    recount::recount(&mut live, &mut report).await?;
    live.commit().await?;
    Ok(report)
}

/// Where the entries up to `bound`, given by number and bytes, are to be cut so that no part has
/// more than `most` bytes, unless it is a single entry. Gives the last number of each part.
pub(crate) fn cuts(sizes: &[(i64, i64)], bound: i64, most: i64) -> Vec<i64> {
    let (mut ends, mut held, mut last) = (Vec::new(), 0, None);
    for (seq, bytes) in sizes {
        if let Some(before) = last.filter(|_| held + bytes > most) {
            ends.push(before);
            held = 0;
        }
        held += bytes;
        last = Some(*seq);
    }
    // To the bound, whatever is missing before it.
    ends.push(bound);
    ends
}

/// Entries are numbered without gaps: one that is missing was taken out behind our back. And each
/// has the hash that follows from it and the one before; gives that of the last.
fn check_entries(
    rows: &[Row],
    (after, until): (i64, i64),
    mut link: Link,
    report: &mut Report,
) -> Result<Link> {
    let mut expected = after + 1;
    for row in rows {
        let seq = row.int(0)?;
        let stored = Link::of(row.bytes(HASH)?)?;
        if seq != expected {
            report.list("journal", format!("entries {expected} to {} are missing", seq - 1));
        } else if link.next(&row.0[..HASH]) != stored {
            report.list("journal", format!("entry {seq}: it or the one before was changed"));
        }
        // What follows is held against what stands here: one change is told once.
        (expected, link) = (seq + 1, stored);
    }
    if expected <= until {
        report.list("journal", format!("entries {expected} to {until} are missing"));
    }
    Ok(link)
}

/// The column of [`JOURNAL_AFTER`] with the hash, after those that it covers.
const HASH: usize = 12;

/// Applies entries as the writer did, without deciding again.
pub(crate) async fn replay<D: Desk>(desk: &D, shadow: &mut Connection, rows: &[Row]) -> Result<()> {
    let replayed = replayed_of::<D>(rows)?;
    shadow.begin_write().await?;
    let (mut units, mut state) = (Units::default(), D::State::default());
    let accepted: Vec<Accepted<'_, D::Event>> = replayed.iter().map(Replayed::accepted).collect();
    desk.load_events(shadow, &mut units, &mut state, &accepted).await?;
    drop(accepted);
    for one in replayed {
        units.ensure(shadow, &one.moves).await?;
        for (n, (what, text)) in one.moves.into_iter().zip(one.texts).enumerate() {
            units.apply(&one.entry, n, what, text)?;
        }
        for event in &one.events {
            desk.apply(&units, &mut state, &one.entry, event);
        }
    }
    units.flush(shadow).await?;
    desk.flush(shadow, &mut state).await?;
    shadow.commit().await?;
    Ok(())
}

/// An accepted entry, with its moves also as they are written.
struct Replayed<E> {
    entry: Entry,
    moves: Vec<Move>,
    texts: Vec<Box<RawValue>>,
    events: Vec<E>,
}

impl<E> Replayed<E> {
    fn accepted(&self) -> Accepted<'_, E> {
        let events = self.events.iter().collect();
        Accepted { entry: &self.entry, moves: &self.moves, events }
    }
}

fn replayed_of<D: Desk>(rows: &[Row]) -> Result<Vec<Replayed<D::Event>>> {
    let mut replayed = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = row.int(0)?;
        if row.opt_text(9)?.is_some() {
            continue; // Refused: no effect.
        }
        let wrong = |e: serde_json::Error| LedgerError::Unreadable { seq, reason: e.to_string() };
        let body: Body<D::Event> = serde_json::from_str(row.text(11)?).map_err(wrong)?;
        let moves: serde_json::Result<_> =
            body.moves.iter().map(|text| serde_json::from_str(text.get())).collect();
        let entry = Entry {
            seq,
            area: row.area(1)?,
            command: CommandId::from_bytes(row.id(2)?),
            event_time: row.time(4)?,
            record_time: row.time(5)?,
            actor: row.text(7)?.to_owned(),
            device: row.opt_text(8)?.map(ToOwned::to_owned),
        };
        replayed.push(Replayed {
            entry,
            moves: moves.map_err(wrong)?,
            texts: body.moves,
            events: body.events,
        });
    }
    Ok(replayed)
}

/// Rows of a table in key order, a page at a time.
struct Pages<'a> {
    db: &'a mut Connection,
    select: String,
    // Positions of the key columns.
    keys: Vec<usize>,
    last: Option<Row>,
    waiting: std::vec::IntoIter<Row>,
}

impl<'a> Pages<'a> {
    fn of(db: &'a mut Connection, table: &Table) -> Pages<'a> {
        let names: Vec<&str> = table.key.split(',').map(str::trim).collect();
        let columns: Vec<&str> = table.columns.split(',').map(str::trim).collect();
        let keys = names.iter().filter_map(|k| columns.iter().position(|c| c == k)).collect();
        let select = format!("SELECT {} FROM {}", table.columns, table.name);
        Pages { db, select, keys, last: None, waiting: Vec::new().into_iter() }
    }

    fn key(&self, row: &Row) -> Vec<Value> {
        self.keys.iter().filter_map(|&i| row.0.get(i).cloned()).collect()
    }

    async fn next(&mut self, table: &Table) -> Result<Option<Row>> {
        if self.waiting.len() == 0 {
            let after = self.last.as_ref().map(|row| self.key(row)).unwrap_or_default();
            let slots: Vec<String> = (1..=after.len()).map(|n| format!("${n}")).collect();
            let from = match slots.len() {
                0 => String::new(),
                _ => format!("WHERE ({}) > ({})", table.key, slots.join(", ")),
            };
            let sql = format!("{} {from} ORDER BY {} LIMIT {PAGE}", self.select, table.key);
            self.waiting = self.db.query_text(&sql, &after).await?.into_iter();
        }
        let row = self.waiting.next();
        if self.waiting.len() == 0 {
            self.last.clone_from(&row);
        }
        Ok(row)
    }
}

/// Merges two tables by key and lists what is only in one or differs.
async fn compare(
    live: &mut Connection,
    shadow: &mut Connection,
    table: &Table,
    report: &mut Report,
) -> Result<()> {
    let (mut ours, mut theirs) = (Pages::of(live, table), Pages::of(shadow, table));
    let (mut a, mut b) = (ours.next(table).await?, theirs.next(table).await?);
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => compare_keys(&ours.key(x), &theirs.key(y)),
        };
        report.rows += 1;
        let shown = |pages: &Pages<'_>, row: &Option<Row>| {
            let key = row.as_ref().map(|row| pages.key(row)).unwrap_or_default();
            key.iter().map(show).collect::<Vec<_>>().join(" ")
        };
        match order {
            Ordering::Less => {
                let key = shown(&ours, &a);
                report.list(table.name, format!("{key}: not by the journal"));
                a = ours.next(table).await?;
            }
            Ordering::Greater => {
                let key = shown(&theirs, &b);
                report.list(table.name, format!("{key}: missing, by the journal"));
                b = theirs.next(table).await?;
            }
            Ordering::Equal => {
                if let (Some(x), Some(y)) = (&a, &b)
                    && x != y
                {
                    let key = shown(&ours, &a);
                    report.list(table.name, format!("{key}: {}", differing(table, x, y)));
                }
                a = ours.next(table).await?;
                b = theirs.next(table).await?;
            }
        }
    }
}

/// The columns in which two rows differ, in words.
fn differing(table: &Table, ours: &Row, theirs: &Row) -> String {
    let columns = table.columns.split(',').map(str::trim);
    let pairs = columns.zip(ours.0.iter().zip(&theirs.0)).filter(|(_, (x, y))| x != y);
    let parts: Vec<String> = pairs
        .map(|(name, (x, y))| format!("{name} is {}, by the journal {}", show(x), show(y)))
        .collect();
    parts.join("; ")
}

/// A value as a person can read it: printed codes as they are, other identifiers in hex.
fn show(value: &Value) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Int(n) => n.to_string(),
        Value::Real(x) => x.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => hex(bytes),
        Value::Id(id) => {
            let code = UnitId::from_bytes(*id).to_string();
            if UnitId::parse(&code).is_ok() { code } else { hex(id) }
        }
    }
}

fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    fn rank(value: &Value) -> (i64, &[u8]) {
        match value {
            Value::Int(n) => (*n, &[]),
            Value::Text(t) => (0, t.as_bytes()),
            Value::Bytes(x) => (0, x),
            Value::Id(x) => (0, x),
            Value::Null | Value::Real(_) => (0, &[]),
        }
    }
    a.iter().map(rank).cmp(b.iter().map(rank))
}

async fn check_sums(live: &mut Connection, report: &mut Report) -> Result<()> {
    for ((area, kind), line) in views::balance(live, AreaScope::ALL).await? {
        if line.difference() != 0 {
            report.unbalanced.push(format!(
                "{area} {kind}: created {} differs from held and closed by {}",
                line.created,
                line.difference()
            ));
        }
    }
    for ((area, commodity), accounts) in views::stock(live, AreaScope::ALL).await? {
        let sum: i64 = accounts.values().sum();
        if sum != 0 {
            report.unbalanced.push(format!("{area} {commodity}: accounts sum to {sum}"));
        }
    }
    Ok(())
}

/// The hash of one entry; `None` when there is no such entry. Held against one that was written
/// down elsewhere, it tells whether the entries up to this one are the same as they were then,
/// provided that [`run`] finds the chain whole.
///
/// # Errors
/// [`LedgerError`] when the store fails.
pub async fn hash_of(db: &mut Connection, seq: i64) -> Result<Option<Link>> {
    let row = db.first(&JOURNAL_HASH, &[seq.into()]).await?;
    row.map(|row| Link::of(row.bytes(0)?)).transpose()
}

/// Where the journal ends: number and time of the last entry.
///
/// # Errors
/// [`LedgerError`] when the store fails.
pub async fn head(store: &Store) -> Result<(i64, Micros)> {
    let row = store.reader().await?.first(&HEAD_READ, &[]).await?;
    match row {
        Some(row) => Ok((row.int(0)?, row.time(1)?)),
        None => Ok((0, Micros(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::cuts;

    #[test]
    fn parts_end_where_the_next_entry_would_be_too_much() {
        let sizes = [(1, 4), (2, 4), (3, 4), (5, 20), (6, 1), (7, 9), (8, 1)];
        assert_eq!(cuts(&sizes, 8, 10), [2, 3, 5, 7, 8]);
        assert_eq!(cuts(&sizes, 9, 100), [9]);
        assert_eq!(cuts(&[], 5, 10), [5]);
        assert_eq!(cuts(&[(5, 100)], 5, 10), [5]);
    }
}
