//! Benchmarks: bounded, each with its raw limit or peer measured in the same run.

mod boards;
mod import;
mod intake;
mod load;
mod lookup;
mod overload;
mod raw;
pub mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use store::{Store, StoreConfig};

use world::Place;

/// Runs a benchmark. Progress goes to standard error; the last line of standard output is one
/// JSON object. A benchmark that misses its bar ends with exit code 1.
///
/// intake: tubes of ten over HTTP in batches of 200, acknowledged when durable, in swabs a second.
/// Bar: 20,000, and a third of `raw`, the set-based insert of the same rows on the same store.
///
/// lookup: results by pass, in answers a second, alone and during intake; the worse one counts.
/// Bar: 40,000 or 0.6 of `raw`, the same server's /healthz under the same load, and p99 < 50 ms.
///
/// import: a million persons from CSV, in seconds. Bar: 60, in less than 300 MB of memory.
///
/// boards: every page that a commander reaches, with 3.6 million people and seven rounds, in
/// milliseconds at p95 of the slowest page. Bar: 200. The store is built once and kept.
///
/// overload: three times the load that it can hold (`raw`), in swabs a second. Bar: half of raw,
/// 503 with Retry-After for the rest, no urgent request shed, nothing acknowledged lost, and less
/// than 1,000 MB of memory.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Bench {
    /// intake, lookup, import, boards, overload; all; or list.
    name: String,
    /// How long to measure.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seconds: u64,
    /// Which store. PostgreSQL is the one that SONGHUA_TEST_POSTGRES names; `all` runs intake on
    /// both.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// Where stores are built.
    #[arg(long, value_name = "DIR", default_value = "target/bench-data")]
    dir: PathBuf,
    /// People, where the benchmark has another number of its own.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
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
pub struct Report {
    bench: String,
    value: f64,
    unit: &'static str,
    raw: Option<f64>,
    ratio: Option<f64>,
    p99_ms: Option<f64>,
    peak_rss_mb: Option<f64>,
    bar: Option<f64>,
    pass: bool,
}

const NAMES: [&str; 5] = ["intake", "lookup", "import", "boards", "overload"];

/// What a benchmark is given.
#[derive(Clone, Debug)]
struct Setting {
    /// How long to measure.
    time: Duration,
    /// Where stores are built.
    dir: PathBuf,
    /// The program, for servers of their own.
    program: PathBuf,
    kind: Kind,
    people: Option<u64>,
}

impl Bench {
    /// Runs it.
    ///
    /// # Errors
    /// When there is no such benchmark, or it cannot be run here.
    pub async fn run(&self) -> Result<ExitCode> {
        let names: Vec<&str> = match self.name.as_str() {
            "list" => {
                NAMES.iter().for_each(|name| println!("{name}"));
                return Ok(ExitCode::SUCCESS);
            }
            "all" => NAMES.to_vec(),
            name if NAMES.contains(&name) => vec![name],
            name => bail!("there is no benchmark {name:?}; there are {}", NAMES.join(", ")),
        };
        std::fs::create_dir_all(&self.dir)?;
        let mut passed = true;
        for name in names {
            let mut kinds = vec![self.store];
            if self.name == "all" && name == "intake" && std::env::var(POSTGRES).is_ok() {
                kinds = vec![Kind::Sqlite, Kind::Postgres];
            }
            for kind in kinds {
                let report = self.one(name, kind).await.with_context(|| format!("bench {name}"))?;
                passed &= report.pass;
                println!("{}", serde_json::to_string(&report)?);
            }
        }
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn one(&self, name: &str, kind: Kind) -> Result<Report> {
        let setting = Setting {
            time: Duration::from_secs(self.seconds.max(1)),
            dir: self.dir.clone(),
            program: std::env::current_exe()?,
            kind,
            people: self.people,
        };
        let mut report = match name {
            "intake" => intake::run(&setting).await?,
            "lookup" => lookup::run(&setting).await?,
            "import" => import::run(&setting).await?,
            "boards" => boards::run(&setting).await?,
            _ => overload::run(&setting).await?,
        };
        report.bench = match kind {
            Kind::Sqlite => name.to_owned(),
            Kind::Postgres => format!("{name} (postgres)"),
        };
        Ok(report)
    }
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
