//! Benchmarks: bounded, each with its raw limit or peer measured in the same run.
//!
//! One file each. To add one: a file in `bench/` with a `BENCH`, and a line in [`BENCHES`].

mod analytics;
mod beds;
mod board;
mod boards;
mod city;
mod copies;
mod import;
mod intake;
mod lists;
mod load;
mod lookup;
mod overload;
pub mod peers;
mod processor;
mod raw;
mod routes;
mod supply_day;
mod tracing;
mod transfers;
pub mod world;
mod zero;

use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde::Serialize;
use store::{Store, StoreConfig};

use world::Place;

/// All benchmarks, in the order in which `bench all` runs them. One a line, so that two additions
/// do not meet.
const BENCHES: &[Benchmark] = &[
    intake::BENCH,
    lookup::BENCH,
    import::BENCH,
    boards::BENCH,
    board::BENCH,
    lists::BENCH,
    overload::BENCH,
    city::BENCH,
    beds::BENCH,
    routes::BENCH,
    transfers::BENCH,
    supply_day::BENCH,
    analytics::BENCH,
    tracing::BENCH,
    zero::BENCH,
];

/// A benchmark: what it is called, what it can, and how it is run.
#[derive(Clone, Copy, Debug)]
struct Benchmark {
    /// Its name on the command line.
    name: &'static str,
    /// What it measures, in which unit, against which raw limit or peer, and its bar.
    what: &'static str,
    /// The runs that `bench all` makes of it. A benchmark without a store has the one run
    /// [`Run::PLAIN`].
    runs: &'static [Run],
    /// Whether it can run other programs beside it, with `--peers`.
    peers: bool,
    run: fn(Setting) -> Running,
}

/// A benchmark under way.
type Running = Pin<Box<dyn Future<Output = Result<Report>>>>;

/// One run of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    store: Kind,
    /// Another form of the same benchmark, as `--form` names it: for `import`, `shuffled`.
    form: Option<&'static str>,
}

impl Run {
    const PLAIN: Run = Run { store: Kind::Sqlite, form: None };
    const POSTGRES: Run = Run { store: Kind::Postgres, form: None };

    /// How it is called in a report: `intake (postgres)`.
    fn title(self, name: &str) -> String {
        let store = (self.store == Kind::Postgres).then_some("postgres");
        let more: Vec<&str> = self.form.into_iter().chain(store).collect();
        if more.is_empty() { name.to_owned() } else { format!("{name} ({})", more.join(", ")) }
    }
}

/// Runs a benchmark. Progress goes to standard error; the last line of standard output is one
/// JSON object, {"bench", "value", "unit", "raw", "ratio", "p99_ms", "peak_rss_mb", "bar",
/// "pass"}, null where it does not apply. `raw` is the limit or the peer, from the same run. Lines
/// before it are details for people. A benchmark that misses its bar ends with exit code 1.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Bench {
    /// Which one.
    #[arg(value_parser = names())]
    name: String,
    /// How long to measure.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seconds: u64,
    /// Which store. PostgreSQL is the one that SONGHUA_TEST_POSTGRES names; `all` runs on both
    /// what can run on both, if it is set.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// Another form of the benchmark, if it has one.
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// Where stores are built.
    #[arg(long, value_name = "DIR", default_value = "target/bench-data")]
    dir: PathBuf,
    /// People, where the benchmark has another number of its own.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// Where the benchmark reads its instances, if it has any.
    #[arg(long, visible_alias = "instances", value_name = "PATH")]
    input: Option<PathBuf>,
    /// Run other programs beside it, where they are installed.
    #[arg(long)]
    peers: bool,
}

/// The names on the command line, each with what it is.
fn names() -> PossibleValuesParser {
    let benches = BENCHES.iter().map(|b| PossibleValue::new(b.name).help(b.what));
    let others = [
        PossibleValue::new("all").help("each of them, one after the other"),
        PossibleValue::new("list").help("the runs of `all`: arguments, one run a line"),
    ];
    PossibleValuesParser::new(benches.chain(others))
}

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A schema of its own, dropped afterwards.
    Postgres,
}

/// What a benchmark found; what does not apply is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Report {
    /// Filled in by who runs the benchmark.
    bench: String,
    value: f64,
    unit: &'static str,
    raw: Option<f64>,
    ratio: Option<f64>,
    p99_ms: Option<f64>,
    peak_rss_mb: Option<f64>,
    bar: Option<f64>,
    pass: bool,
    /// For people: printed on standard output before the report, and kept in the document.
    #[serde(skip)]
    details: Vec<String>,
}

/// What a benchmark is given.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How long to measure.
    pub time: Duration,
    /// Where stores are built.
    pub dir: PathBuf,
    /// The program, for servers of their own.
    pub program: PathBuf,
    /// Which store.
    pub kind: Kind,
    /// Another form of the benchmark, one of those that it names.
    pub form: Option<&'static str>,
    /// People, instead of the benchmark's own number.
    pub people: Option<u64>,
    /// Where instances are.
    pub input: Option<PathBuf>,
    /// Whether other programs are to run beside it; see [`peers::ask`].
    pub peers: bool,
}

impl Bench {
    /// Runs it.
    ///
    /// # Errors
    /// When there is no such benchmark, or it cannot be run here.
    pub async fn run(&self) -> Result<ExitCode> {
        if self.name == "list" {
            for (bench, run) in runs() {
                println!("{}", arguments(bench, run));
            }
            return Ok(ExitCode::SUCCESS);
        }
        std::fs::create_dir_all(&self.dir)?;
        let mut passed = true;
        if self.name == "all" {
            let postgres = std::env::var(POSTGRES).is_ok();
            for (bench, run) in runs().filter(|(_, r)| postgres || r.store == Kind::Sqlite) {
                passed &= self.one(bench, run).await?;
            }
        } else {
            let Some(bench) = BENCHES.iter().find(|b| b.name == self.name) else {
                bail!("there is no benchmark {:?}", self.name);
            };
            let asked = |r: &&Run| r.store == self.store && r.form == self.form.as_deref();
            let Some(run) = bench.runs.iter().find(asked) else {
                let known: Vec<String> = bench.runs.iter().map(|r| arguments(bench, *r)).collect();
                bail!("{} can be run as: {}", bench.name, known.join("; "));
            };
            if self.peers && !bench.peers {
                bail!("{} has no peers", bench.name);
            }
            passed = self.one(bench, *run).await?;
        }
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs one, prints what it found, and tells whether it met its bar.
    async fn one(&self, bench: &Benchmark, run: Run) -> Result<bool> {
        let setting = Setting {
            time: Duration::from_secs(self.seconds.max(1)),
            dir: self.dir.clone(),
            program: std::env::current_exe()?,
            kind: run.store,
            form: run.form,
            people: self.people,
            input: self.input.clone(),
            peers: self.peers && bench.peers,
        };
        let title = run.title(bench.name);
        let report = (bench.run)(setting).await.with_context(|| format!("bench {title}"))?;
        let report = Report { bench: title, ..report };
        report.details.iter().for_each(|line| println!("{line}"));
        println!("{}", serde_json::to_string(&report)?);
        Ok(report.pass)
    }
}

/// All runs of all benchmarks.
fn runs() -> impl Iterator<Item = (&'static Benchmark, Run)> {
    BENCHES.iter().flat_map(|bench| bench.runs.iter().map(move |run| (bench, *run)))
}

/// A run as arguments of `songhua bench`.
fn arguments(bench: &Benchmark, run: Run) -> String {
    let mut text = bench.name.to_owned();
    if let Some(form) = run.form {
        text = format!("{text} --form {form}");
    }
    if run.store == Kind::Postgres {
        text.push_str(" --store postgres");
    }
    text
}

/// Names the PostgreSQL where benchmarks may make schemas.
const POSTGRES: &str = "SONGHUA_TEST_POSTGRES";

/// A directory and a store that go away after the benchmark.
struct Workshop {
    dir: tempfile::TempDir,
    place: Place,
}

impl Setting {
    fn workshop(&self, name: &str) -> Result<Workshop> {
        let dir = tempfile::Builder::new().prefix(name).tempdir_in(&self.dir)?;
        let place = match self.kind {
            Kind::Sqlite => Place::default(),
            Kind::Postgres => Place {
                store: Some(std::env::var(POSTGRES).with_context(|| {
                    format!("{POSTGRES} is not set: scripts/postgres.sh run -- songhua bench …")
                })?),
                schema: Some(format!("bench_{name}_{}", std::process::id())),
            },
        };
        Ok(Workshop { dir, place })
    }
}

impl Workshop {
    /// The store as the server has it.
    fn config(&self) -> StoreConfig {
        let file = || format!("sqlite:{}", self.dir.path().join("songhua.sqlite").display());
        StoreConfig {
            schema: self.place.schema.clone(),
            ..StoreConfig::new(self.place.store.clone().unwrap_or_else(file))
        }
    }

    /// An empty store of the same kind beside it.
    fn second(&self) -> StoreConfig {
        let file = || format!("sqlite:{}", self.dir.path().join("raw.sqlite").display());
        StoreConfig {
            schema: self.place.schema.as_ref().map(|s| format!("{s}_raw")),
            ..StoreConfig::new(self.place.store.clone().unwrap_or_else(file))
        }
    }

    /// Takes the schemas away; the directory goes by itself.
    async fn clear(self) -> Result<()> {
        for config in [self.config(), self.second()] {
            if let Some(schema) = &config.schema {
                let store = Store::open(config.clone(), &[]).await?;
                store.writer().await?.batch(&format!("DROP SCHEMA {schema} CASCADE")).await?;
            }
        }
        Ok(())
    }
}

/// Says on standard error what is going on.
fn say(what: impl std::fmt::Display) {
    eprintln!("bench: {what}");
}

/// Four digits: more than a benchmark can know.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_found_by_its_arguments() {
        use clap::Parser;
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            bench: Bench,
        }
        let mut seen = std::collections::BTreeSet::new();
        for (bench, run) in runs() {
            let text = arguments(bench, run);
            let line = Line::try_parse_from(std::iter::once("bench").chain(text.split(' ')))
                .unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((line.bench.name.as_str(), line.bench.store), (bench.name, run.store));
            assert_eq!(line.bench.form.as_deref(), run.form);
            assert!(seen.insert(run.title(bench.name)), "{text} is there twice");
        }
    }

    #[test]
    fn figures_are_cut_to_four_digits() {
        assert_eq!(rounded(0.089_890_000_1), 0.089_89);
        assert_eq!(rounded(135_812.7), 135_800.0);
        assert_eq!(rounded(0.0), 0.0);
    }

    #[test]
    fn what_does_not_apply_is_null() {
        let report = Report { bench: "x".into(), unit: "s", ..Report::default() };
        let json = serde_json::to_value(&report).expect("JSON");
        for name in ["raw", "ratio", "p99_ms", "peak_rss_mb", "bar"] {
            assert!(json[name].is_null(), "{name}");
        }
    }
}
