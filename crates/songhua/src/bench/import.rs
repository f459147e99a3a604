//! `bench import`: a million persons from CSV, by the command that an operator uses.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use city::{RegistryOptions, write_registry_csv};
use ledger::Priority;
use tokio::io::AsyncReadExt;
use types::AreaScope;

use super::world::accepted;
use super::{Benchmark, Kind, Report, Run, Setting, rounded, say};
use crate::data::Data;
use crate::demo::draw::Draw;
use crate::demo::places_of;
use crate::demo::town::Town;
use crate::prepare::now;
use crate::process::peak_rss_mb;

const PERSONS: u64 = 1_000_000;
const BAR_SECONDS: f64 = 60.0;
const BAR_MB: f64 = 300.0;
/// The form whose rows come in no order.
const SHUFFLED: &str = "shuffled";

/// Writes the lines of a table in random order, its header first.
fn write_shuffled(out: &mut impl Write, table: &[u8]) -> std::io::Result<()> {
    let mut lines: Vec<&[u8]> = table.split_inclusive(|byte| *byte == b'\n').collect();
    let mut draw = Draw::keyed(7, "shuffled", 0);
    for at in (2..lines.len()).rev() {
        lines.swap(at, 1 + draw.below(at));
    }
    lines.iter().try_for_each(|line| out.write_all(line))
}

pub(super) const BENCH: Benchmark = Benchmark {
    name: "import",
    what: "a million persons from CSV, ordered by address or in random order (--form shuffled), in \
           seconds; bar: 60, in less than 300 MB of memory",
    runs: &[Run::PLAIN, Run { store: Kind::Sqlite, form: Some(SHUFFLED) }],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    let persons = setting.people.unwrap_or(PERSONS);
    let workshop = setting.workshop("import")?;
    let dir = workshop.dir.path();
    let data = Data {
        data: dir.to_owned(),
        store: workshop.place.store.clone(),
        schema: workshop.place.schema.clone(),
    };
    say(format!("a city of {persons} people"));
    let csv = dir.join("persons.csv");
    {
        let town = Town::new(7, persons, AreaScope::parse("2202")?, now())?;
        let mut file = BufWriter::new(File::create(&csv)?);
        if setting.form == Some(SHUFFLED) {
            let mut ordered = Vec::new();
            write_registry_csv(&mut ordered, town.city.persons(), &RegistryOptions::default())?;
            write_shuffled(&mut file, &ordered)?;
        } else {
            write_registry_csv(&mut file, town.city.persons(), &RegistryOptions::default())?;
        }
        file.flush()?;
        let engine = data.engine().await?;
        for chunk in places_of(&town).chunks(40) {
            accepted(engine.submit(Priority::Bulk, chunk.to_vec()).await?)?;
        }
        engine.close().await;
    }
    say("the import");
    let begun = Instant::now();
    let mut child = tokio::process::Command::new(&setting.program)
        .args(["import", "persons"])
        .arg(&csv)
        .arg("--data")
        .arg(dir)
        .args(workshop.place.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let process = child.id().context("the import ended at once")?.to_string();
    let mut peak = None;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                peak = peak_rss_mb(&process).or(peak);
            }
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    let mut told = String::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut told).await?;
    }
    let taken = told.lines().find(|l| l.starts_with("taken in")).unwrap_or_default();
    if !status.success() || !taken.trim_end().ends_with(&persons.to_string()) {
        bail!("the import did not take in {persons} persons: {told}");
    }
    workshop.clear().await?;
    Ok(Report {
        value: rounded(seconds),
        unit: "s",
        peak_rss_mb: peak,
        bar: Some(BAR_SECONDS),
        pass: seconds < BAR_SECONDS && peak.is_none_or(|mb| mb < BAR_MB),
        ..Report::default()
    })
}
