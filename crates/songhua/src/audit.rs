//! `songhua audit`: rebuild everything derived from the journal beside the live tables, compare,
//! and print the balance.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use desks::House;
use ledger::Link;
use ledger::audit::{self, Report};
use ledger::views::{self, Balance};
use protocol::Protocol;
use store::{Dialect, Store, StoreConfig};
use types::AreaScope;

use crate::data::Data;
use crate::screen;

/// Audits the store of an installation. A server may go on running: what is audited is the
/// journal up to the entry that was the last when the audit began, and the tables as they were
/// at that moment.
#[derive(Clone, Debug, clap::Args)]
pub struct Audit {
    #[command(flatten)]
    data: Data,
    /// Print the report as one JSON object instead.
    #[arg(long)]
    json: bool,
    /// A head that an earlier audit printed, as ENTRY:HASH. Fails when the journal up to that
    /// entry is not what it was then. Can be given several times.
    #[arg(long = "head", value_name = "ENTRY:HASH", value_parser = written_down)]
    heads: Vec<(i64, Link)>,
}

fn written_down(text: &str) -> std::result::Result<(i64, Link), String> {
    let (entry, hash) = text.split_once(':').ok_or("ENTRY:HASH is needed, as audit prints it")?;
    let entry = entry.parse().map_err(|_| format!("{entry:?} is no number of an entry"))?;
    Ok((entry, Link::parse(hash).map_err(|e| e.to_string())?))
}

impl Audit {
    /// Runs it: success when all agrees, 1 when something differs.
    ///
    /// # Errors
    /// When the store cannot be read, or the shadow not be written.
    pub async fn run(&self) -> Result<ExitCode> {
        let schemas = desks::schemas();
        let live = self.data.open_existing(&schemas).await?;
        let shadow = Shadow::open(&self.data, &live).await?;
        let audited = compare(&live, &shadow.store, &self.heads).await;
        shadow.drop().await?;
        let (report, balance, uncovered) = audited?;
        if self.json {
            let told = Told { report: &report, positives_without_case: uncovered };
            println!("{}", serde_json::to_string(&told)?);
        } else {
            print(&report, &balance);
            print_uncovered(uncovered);
        }
        Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Most positives without a case that are counted.
const UNCOVERED: i64 = 10_000;

/// The report as JSON.
#[derive(serde::Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a Report,
    positives_without_case: usize,
}

/// Final positives of tubes of one's own without a case can only be older than the cases desk, or
/// than the rules for classes: no fault of the records, and somebody's work.
fn print_uncovered(uncovered: usize) {
    match uncovered {
        0 => println!("every final positive has its case"),
        n if n as i64 >= UNCOVERED => println!("{UNCOVERED} final positives or more have no case"),
        n => println!("{n} final positives have no case: /cases/uncovered opens them"),
    }
}

async fn compare(
    live: &Store,
    shadow: &Store,
    heads: &[(i64, Link)],
) -> Result<(Report, Balance, usize)> {
    let schemas = desks::schemas();
    let desk = House::new(Arc::new(Protocol::bundled()?));
    let (entries, _) = audit::head(live).await?;
    let bar = screen::bar("replay", entries.max(1) as u64);
    let mut report = audit::run(&desk, live, shadow, &schemas, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        if done == total {
            bar.set_prefix("compare");
        }
    })
    .await?;
    bar.finish_and_clear();
    let mut reader = live.reader().await?;
    for (entry, written) in heads {
        report.hold_against(*entry, *written, audit::hash_of(&mut reader, *entry).await?);
    }
    // The shadow's balance is that of the moment audited; the live one has gone on.
    let mut then = shadow.reader().await?;
    let balance = views::balance(&mut then, AreaScope::ALL).await?;
    let uncovered = cases::views::uncovered(&mut then, AreaScope::ALL, UNCOVERED).await?;
    Ok((report, balance, uncovered.len()))
}

fn print(report: &Report, balance: &Balance) {
    let mut rows = vec![
        ["area", "kind", "created", "held", "closed", "difference", "of the closed"]
            .map(String::from)
            .to_vec(),
    ];
    for ((area, kind), line) in balance {
        let reasons = line.closed.iter().map(|(reason, n)| format!("{n} {reason}"));
        rows.push(vec![
            area.to_string(),
            kind.to_string(),
            line.created.to_string(),
            line.held.values().sum::<i64>().to_string(),
            line.closed.values().sum::<i64>().to_string(),
            line.difference().to_string(),
            reasons.collect::<Vec<_>>().join(", "),
        ]);
    }
    print!("{}", screen::table(&rows));
    println!();
    for line in report.listed.iter().chain(&report.unbalanced).chain(&report.miscounted) {
        println!("{line}");
    }
    println!("head {}:{}", report.entries, report.hash);
    println!("Write it down elsewhere: audit --head holds the journal against it later.");
    let counted = format!("{} entries replayed, {} rows compared", report.entries, report.rows);
    if report.is_clean() {
        println!("{counted}: no difference");
    } else {
        println!(
            "{counted}: {} rows differ, {} balances do not add up, {} counters are wrong",
            report.differences,
            report.unbalanced.len(),
            report.miscounted.len()
        );
    }
}

/// The store that the journal is replayed into; it goes away afterwards.
struct Shadow {
    store: Store,
    // Held for its removal.
    dir: Option<tempfile::TempDir>,
    schema: Option<String>,
}

impl Shadow {
    /// An empty store of the same kind: a file beside the live one, or a schema of its own.
    async fn open(data: &Data, live: &Store) -> Result<Shadow> {
        let (config, dir, schema) = match live.dialect() {
            Dialect::Sqlite => {
                let url = data.url();
                let path = std::path::Path::new(url.trim_start_matches("sqlite:"));
                let beside = path.parent().filter(|p| !p.as_os_str().is_empty());
                let dir = tempfile::Builder::new()
                    .prefix("audit-")
                    .tempdir_in(beside.unwrap_or(std::path::Path::new(".")))
                    .context("no room for the audit's own store beside the live one")?;
                let file = dir.path().join("shadow.sqlite");
                (StoreConfig::throwaway(format!("sqlite:{}", file.display())), Some(dir), None)
            }
            Dialect::Postgres => {
                let schema = format!("audit_{}", std::process::id());
                let config = StoreConfig {
                    schema: Some(schema.clone()),
                    ..StoreConfig::throwaway(data.url())
                };
                (config, None, Some(schema))
            }
        };
        let store = Store::open(config, &desks::schemas()).await?;
        Ok(Shadow { store, dir, schema })
    }

    async fn drop(self) -> Result<()> {
        if let Some(schema) = self.schema {
            let mut db = self.store.writer().await?;
            db.batch(&format!("DROP SCHEMA {schema} CASCADE")).await?;
        }
        if let Some(dir) = self.dir {
            dir.close()?;
        }
        Ok(())
    }
}
