//! The audit: rebuild everything derived from the journal, compare, count again.

use std::collections::HashMap;

use serde::Serialize;
use store::{Row, Schema, Store, Table, Value};
use types::{AreaCode, AreaScope, CommandId, Micros, UnitId};

use crate::balance::{CREATED, UNKNOWN};
use crate::tables::{CONTAINERS, HEAD_READ, JOURNAL_AFTER};
use crate::views::{self, Balance};
use crate::writer::Body;
use crate::{Accepted, Desk, Entry, LedgerError, Result, Units};

/// Entries replayed in one transaction.
const CHUNK: i64 = 2_000;
/// Differences listed per table; all are counted.
const LISTED: usize = 20;

/// What the audit found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Entries replayed, refused ones included.
    pub entries: i64,
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
    /// Whether everything agrees.
    pub fn is_clean(&self) -> bool {
        self.differences == 0 && self.unbalanced.is_empty() && self.miscounted.is_empty()
    }
}

/// Replays the journal of `live` into `shadow` (an empty store with the same schemas) and
/// compares every derived table row by row. `progress` is told (done, total) entries.
///
/// Run it while nothing is written, or accept that later entries show as differences: the
/// journal is read up to its head at the start.
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
    let mut reader = live.reader().await?;
    let head = reader.first(&HEAD_READ, &[]).await?;
    let last = head.map_or(Ok(0), |row| row.int(0))?;
    let mut report = Report { entries: last, ..Report::default() };
    let mut writer = shadow.writer().await?;
    let mut after = 0;
    while after < last {
        let until = (after + CHUNK).min(last);
        let rows = reader.query(&JOURNAL_AFTER, &[after.into(), until.into()]).await?;
        let accepted = accepted_of::<D>(&rows)?;
        writer.begin_write().await?;
        let (mut units, mut state) = (Units::default(), D::State::default());
        desk.load_events(&mut writer, &mut units, &mut state, &accepted).await?;
        for one in &accepted {
            units.ensure(&mut writer, &one.moves).await?;
            for (n, what) in one.moves.iter().enumerate() {
                units.apply(&one.entry, n, what)?;
            }
            for event in &one.events {
                desk.apply(&units, &mut state, &one.entry, event);
            }
        }
        units.flush(&mut writer).await?;
        desk.flush(&mut writer, &mut state).await?;
        writer.commit().await?;
        after = until;
        progress(after, last);
    }
    for table in schemas.iter().flat_map(|s| s.derived) {
        compare(live, shadow, table, &mut report).await?;
    }
    check_sums(live, &mut report).await?;
    recount(live, &mut report).await?;
    Ok(report)
}

fn accepted_of<D: Desk>(rows: &[Row]) -> Result<Vec<Accepted<D::Event>>> {
    let mut accepted = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = row.int(0)?;
        if row.opt_text(8)?.is_some() {
            continue; // Refused: no effect.
        }
        let body: Body<D::Event> = serde_json::from_str(row.text(9)?)
            .map_err(|e| LedgerError::Unreadable { seq, reason: e.to_string() })?;
        let entry = Entry {
            seq,
            area: row.area(1)?,
            command: CommandId::from_bytes(row.id(2)?),
            event_time: row.time(4)?,
            record_time: row.time(5)?,
            actor: row.text(6)?.to_owned(),
            device: row.opt_text(7)?.map(ToOwned::to_owned),
        };
        accepted.push(Accepted { entry, moves: body.moves, events: body.events });
    }
    Ok(accepted)
}

/// Rows of a table in key order, one at a time.
struct Rows {
    chunks: tokio::sync::mpsc::Receiver<store::Result<Vec<Row>>>,
    waiting: std::vec::IntoIter<Row>,
}

impl Rows {
    fn of(store: &Store, table: &Table) -> Rows {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", table.columns, table.name, table.key);
        Rows { chunks: store.stream(&sql, Vec::new()), waiting: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(row) = self.waiting.next() {
                return Ok(Some(row));
            }
            match self.chunks.recv().await {
                Some(chunk) => self.waiting = chunk?.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

/// Merges two tables by key and lists what is only in one or differs.
async fn compare(live: &Store, shadow: &Store, table: &Table, report: &mut Report) -> Result<()> {
    let keys: Vec<usize> = table
        .key
        .split(',')
        .filter_map(|k| table.columns.split(',').position(|c| c.trim() == k.trim()))
        .collect();
    let key = |row: &Row| -> Vec<Value> { keys.iter().map(|&i| row.0[i].clone()).collect() };
    let (mut ours, mut theirs) = (Rows::of(live, table), Rows::of(shadow, table));
    let (mut a, mut b) = (ours.next().await?, theirs.next().await?);
    let mut listed = 0;
    let mut differ = |what: String, report: &mut Report| {
        report.differences += 1;
        if listed < LISTED {
            listed += 1;
            report.listed.push(format!("{}: {what}", table.name));
        }
    };
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(x), Some(y)) => compare_keys(&key(x), &key(y)),
        };
        report.rows += 1;
        match (order, &a, &b) {
            (std::cmp::Ordering::Less, Some(x), _) => {
                differ(format!("live has {:?}, the journal does not", key(x)), report);
                a = ours.next().await?;
            }
            (std::cmp::Ordering::Greater, _, Some(y)) => {
                differ(format!("the journal has {:?}, live does not", key(y)), report);
                b = theirs.next().await?;
            }
            (_, x, y) => {
                if x != y {
                    differ(format!("live {x:?}, by the journal {y:?}"), report);
                }
                a = ours.next().await?;
                b = theirs.next().await?;
            }
        }
    }
}

fn compare_keys(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
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

async fn check_sums(live: &Store, report: &mut Report) -> Result<()> {
    let mut reader = live.reader().await?;
    for ((area, kind), line) in views::balance(&mut reader, AreaScope::ALL).await? {
        if line.difference() != 0 {
            report.unbalanced.push(format!(
                "{area} {kind}: created {} differs from held and closed by {}",
                line.created,
                line.difference()
            ));
        }
    }
    for ((area, commodity), accounts) in views::stock(&mut reader, AreaScope::ALL).await? {
        let sum: i64 = accounts.values().sum();
        if sum != 0 {
            report.unbalanced.push(format!("{area} {commodity}: accounts sum to {sum}"));
        }
    }
    Ok(())
}

/// Counts the live units afresh, without the counters' own arithmetic.
async fn recount(live: &Store, report: &mut Report) -> Result<()> {
    let mut reader = live.reader().await?;
    let mut containers: HashMap<UnitId, (Option<String>, Option<UnitId>)> = HashMap::new();
    for row in reader.query(&CONTAINERS, &[]).await? {
        let parent = row.opt_id(2)?.map(UnitId::from_bytes);
        let holder = row.opt_text(1)?.map(ToOwned::to_owned);
        containers.insert(UnitId::from_bytes(row.id(0)?), (holder, parent));
    }
    let mut counted = Balance::new();
    // A container that is only known by its content has no history and is not counted itself.
    let mut rows = live.stream(
        "SELECT u.area, u.id, u.holder, u.parent, u.closed FROM unit u
         WHERE EXISTS (SELECT 1 FROM moment m WHERE m.area = u.area AND m.unit = u.id)",
        Vec::new(),
    );
    while let Some(chunk) = rows.recv().await {
        for row in chunk? {
            let id = UnitId::from_bytes(row.id(1)?);
            let line = counted.entry((row.area(0)?, id.kind())).or_default();
            line.add(CREATED, 1);
            if let Some(reason) = row.opt_text(4)? {
                line.add(&format!("closed:{reason}"), 1);
                continue;
            }
            let mut holder = row.opt_text(2)?.map(ToOwned::to_owned);
            let mut up = row.opt_id(3)?.map(UnitId::from_bytes);
            for _ in 0..8 {
                let Some(parent) = up.and_then(|id| containers.get(&id)) else { break };
                (holder, up) = parent.clone();
            }
            line.add(holder.as_deref().unwrap_or(UNKNOWN), 1);
        }
    }
    let counters = views::balance(&mut reader, AreaScope::ALL).await?;
    let mut keys: Vec<_> = counters.keys().chain(counted.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (kept, found) = (counters.get(key), counted.get(key).cloned().map(|l| l.tidy()));
        if kept != found.as_ref() {
            let (area, kind): &(AreaCode, _) = key;
            report
                .miscounted
                .push(format!("{area} {kind}: counters say {kept:?}, the units say {found:?}"));
        }
    }
    Ok(())
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
