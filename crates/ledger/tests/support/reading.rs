//! Reads what the ledger shows into the model's form.

use std::collections::{BTreeMap, BTreeSet};

use ledger::views;
use store::Store;
use types::{AreaCode, AreaScope, CommandId, Micros, UnitId, UnitKind};

use super::model::{FindingRow, Picture, UnitRow};

/// When each command was recorded, and how often it is in the journal.
pub async fn journal(store: &Store) -> BTreeMap<CommandId, (Micros, usize)> {
    let mut reader = store.reader().await.expect("a reader");
    let sql = "SELECT command, record_time FROM journal ORDER BY seq";
    let mut times = BTreeMap::new();
    for row in reader.query_text(sql, &[]).await.expect("the journal") {
        let id = CommandId::from_bytes(row.id(0).expect("an id"));
        let entry = times.entry(id).or_insert((row.time(1).expect("a time"), 0));
        entry.1 += 1;
    }
    times
}

/// Everything that the ledger shows.
pub async fn picture(store: &Store) -> Picture {
    let mut reader = store.reader().await.expect("a reader");
    let stock = views::stock(&mut reader, AreaScope::ALL).await.expect("the stock");
    let stock = stock.into_iter().flat_map(|((area, commodity), accounts)| {
        accounts
            .into_iter()
            .map(move |(account, amount)| ((area, commodity.clone(), account), amount))
    });
    let mut findings: BTreeSet<FindingRow> = BTreeSet::new();
    for f in views::findings(&mut reader, AreaScope::ALL, 1_000_000).await.expect("findings") {
        let kind = ["unexplained", "gap", "dispute", "double_open", "after_close", "ring"]
            .into_iter()
            .find(|kind| *kind == f.kind)
            .expect("a kind of finding");
        let name = |r: ledger::MomentRef| (r.command, r.n);
        findings.insert((f.unit, kind, name(f.at), f.against.map(name)));
    }
    let balance = views::balance(&mut reader, AreaScope::ALL).await.expect("the balance");
    let sql = "SELECT id, opened_at, holder, parent, step, since, deadline, closed, closed_at,
        content, findings, area, kind FROM unit ORDER BY area, id";
    let mut units = BTreeMap::new();
    for row in reader.query_text(sql, &[]).await.expect("the units") {
        let read = || -> store::Result<(UnitId, UnitRow)> {
            let id = UnitId::from_bytes(row.id(0)?);
            assert_eq!((row.area(11)?, row.text(12)?), (id.area(), id.kind().to_string().as_str()));
            let closed = row.opt_text(7)?.map(ToOwned::to_owned);
            Ok((
                id,
                UnitRow {
                    opened_at: row.opt_time(1)?,
                    holder: row.opt_text(2)?.map(ToOwned::to_owned),
                    container: row.opt_id(3)?.map(UnitId::from_bytes),
                    step: row.text(4)?.to_owned(),
                    since: row.time(5)?,
                    deadline: row.opt_time(6)?,
                    closed: closed.zip(row.opt_time(8)?),
                    content: content(row.text(9)?),
                    findings: row.int(10)? as usize,
                },
            ))
        };
        let (id, row) = read().expect("a row of a unit");
        units.insert(id, row);
    }
    Picture { units, balance, findings, stock: stock.collect() }
}

/// Reads for example `220202:T=38 220203:T=2`.
fn content(text: &str) -> BTreeMap<(AreaCode, UnitKind), i64> {
    text.split_whitespace()
        .map(|part| {
            let (key, n) = part.split_once('=').expect("a count");
            let (area, kind) = key.split_once(':').expect("an area");
            let kind = kind.chars().next().expect("a letter");
            (
                (
                    AreaCode::parse(area).expect("six digits"),
                    UnitKind::try_from(kind).expect("a kind"),
                ),
                n.parse().expect("a number"),
            )
        })
        .collect()
}
