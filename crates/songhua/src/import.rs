//! `songhua import`: places, people and holders from files, through the same import as the
//! server's pages.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use ledger::{Actor, Envelope, Priority, Status};
use registry::command::{Command, HolderDetails, PutHolders};
use registry::geometry::Degrees;
use registry::identity::Day;
use registry::import::columns::Choices;
use registry::import::{
    self, KeptRemark, Listener, Progress, RejectsCsv, Remark, Report, Warning, persons, places,
};
use serde::Deserialize;
use types::{AreaCode, AreaScope, CommandId, HolderCode, ParseError, PlaceCode, Span};
use uuid::Uuid;

use crate::data::Data;
use crate::prepare::now;
use crate::screen;

/// Imports a file. Every row is taken in, named as a duplicate, or rejected with its reason; the
/// three always add up to the rows of the file.
#[derive(Clone, Debug, clap::Args)]
pub struct Import {
    /// What the file holds.
    #[arg(value_enum)]
    what: What,
    /// The file: CSV or XLSX; for places also GeoJSON with boundaries.
    file: PathBuf,
    /// Areas that may be written: leading digits of area codes; everything when left out.
    #[arg(long, value_name = "CODE", default_value = "", value_parser = scope)]
    area: AreaScope,
    /// Only look what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Where to write the rows that were not taken in, to repair and import again (CSV).
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// The import's id. Running a file again under the same id goes on where it broke off.
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
    #[command(flatten)]
    data: Data,
}

/// Chunks that may be committed together. The more rows a commit has, the fewer times a page of an
/// index is written; the server's own imports keep to fewer, since others wait behind them.
const IN_FLIGHT: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Province to entrance, with or without boundaries.
    Places,
    /// Households and persons.
    Persons,
    /// Sites, couriers, laboratories and desks: CSV with the columns code, name_zh, name_en,
    /// place, lon, lat.
    Holders,
}

fn scope(text: &str) -> Result<AreaScope, ParseError> {
    AreaScope::parse(text)
}

fn actor() -> Actor {
    Actor { user: "command line".to_owned(), holder: None }
}

impl Import {
    /// Runs it: success when every row was taken in or was there already, 1 when some were
    /// rejected.
    ///
    /// # Errors
    /// When the file cannot be read, or the import broke off; it can be run again.
    pub async fn run(&self) -> Result<ExitCode> {
        self.data.make()?;
        let file = File::open(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        if self.what == What::Holders {
            return self.holders(file).await;
        }
        let id = self.id.unwrap_or_else(Uuid::now_v7);
        eprintln!("import {id}");
        let engine = self.data.bulk_engine().await?;
        let mut screen = Screen::new(self.rejects.as_ref())?;
        let report = match self.what {
            What::Places => {
                let options = places::Options {
                    import: id,
                    scope: self.area,
                    choices: Choices::new(),
                    actor: actor(),
                    event_time: now(),
                    dry_run: self.dry_run,
                };
                places::run(&engine, engine.store(), file, &options, &mut screen).await
            }
            _ => {
                let today = Day::parse(&now().rfc3339()).context("the clock shows no date")?;
                let options = persons::Options {
                    dry_run: self.dry_run,
                    in_flight: IN_FLIGHT,
                    ..persons::Options::new(id, self.area, today, actor(), now())
                };
                let keys = self.data.keys()?;
                persons::run(&engine, engine.store(), &keys, file, &options, &mut screen).await
            }
        };
        screen.finish()?;
        engine.close().await;
        Ok(told(&report?, self.dry_run))
    }

    async fn holders(&self, file: File) -> Result<ExitCode> {
        let mut by_area: std::collections::BTreeMap<AreaCode, Vec<HolderDetails>> =
            Default::default();
        for (n, row) in csv::Reader::from_reader(file).into_deserialize().enumerate() {
            let row: HolderRow = row?;
            let line = n + 2;
            let (area, details) = row.read().with_context(|| format!("line {line}"))?;
            if !self.area.contains(area) {
                bail!("line {line}: {} lies outside the areas that may be written", details.code);
            }
            by_area.entry(area).or_default().push(details);
        }
        let count: usize = by_area.values().map(Vec::len).sum();
        if self.dry_run {
            println!("{count} holders would be taken in");
            return Ok(ExitCode::SUCCESS);
        }
        let engine = self.data.engine().await?;
        let at = now();
        let commands = by_area.into_iter().map(|(area, holders)| Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time: at,
            clock_offset: Span(0),
            device: None,
            actor: actor(),
            command: desks::Command::Registry(Command::PutHolders(PutHolders { holders })),
        });
        let outcomes = engine.submit(Priority::Bulk, commands.collect()).await?;
        engine.close().await;
        let refusals: Vec<_> = outcomes
            .into_iter()
            .filter(|o| o.status != Status::Accepted)
            .filter_map(|o| o.refusal)
            .collect();
        if let Some(first) = refusals.first() {
            bail!("the holders of {} areas were refused, first: {first}", refusals.len());
        }
        println!("{count} holders taken in");
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Deserialize)]
struct HolderRow {
    code: String,
    name_zh: String,
    #[serde(default)]
    name_en: String,
    place: String,
    lon: Option<f64>,
    lat: Option<f64>,
}

impl HolderRow {
    fn read(self) -> Result<(AreaCode, HolderDetails), ParseError> {
        let place = PlaceCode::parse(&self.place)?;
        let area =
            place.area().ok_or_else(|| ParseError::new("place", &self.place, "within a county"))?;
        let details = HolderDetails {
            code: HolderCode::parse(&self.code)?,
            name_zh: self.name_zh,
            name_en: self.name_en,
            place: Some(place),
            lon: self.lon.map(Degrees::new).transpose()?,
            lat: self.lat.map(Degrees::new).transpose()?,
            active: true,
        };
        Ok((area, details))
    }
}

/// What became of the rows.
fn told(report: &Report, dry_run: bool) -> ExitCode {
    let t = &report.totals;
    let rows: Vec<Vec<String>> = [
        (if dry_run { "would be taken in" } else { "taken in" }, t.accepted),
        ("there already", t.duplicate),
        ("  of these: twice in this file", t.repeated),
        ("  of these: at another address, to be decided", t.moved),
        ("rejected", t.rejected),
        ("rows", t.rows),
    ]
    .into_iter()
    .map(|(what, n)| vec![what.to_owned(), n.to_string()])
    .collect();
    print!("{}", screen::table(&rows));
    for warning in &report.warnings {
        match warning {
            Warning::Full { sheet, rows } => println!(
                "Look into it: {} has {rows} rows, exactly as many as a spreadsheet can keep. Its \
                 end may be missing.",
                sheet.as_deref().unwrap_or("the table")
            ),
            Warning::NoHeader { sheet } => println!(
                "{} has no header that is understood; its rows were rejected.",
                sheet.as_deref().unwrap_or("The table")
            ),
        }
    }
    if t.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Shows how far an import is, and writes what was not taken in.
pub(crate) struct Screen {
    bar: ProgressBar,
    rejects: Option<(RejectsCsv, BufWriter<File>, bool)>,
}

impl Screen {
    pub(crate) fn new(rejects: Option<&PathBuf>) -> Result<Screen> {
        let rejects = match rejects {
            Some(path) => {
                let file = File::create(path)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                Some((RejectsCsv::new(true), BufWriter::new(file), false))
            }
            None => None,
        };
        Ok(Screen { bar: screen::bar("import", 1), rejects })
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.bar.finish_and_clear();
        if let Some((_, mut out, _)) = self.rejects {
            out.flush()?;
        }
        Ok(())
    }
}

impl Listener for Screen {
    async fn remarks(&mut self, remarks: Vec<Remark>) -> import::Result<()> {
        let Some((csv, out, begun)) = &mut self.rejects else { return Ok(()) };
        for remark in remarks {
            let head = remark.head;
            if !std::mem::replace(begun, true) {
                out.write_all(&csv.begin(&head.header))?;
            }
            let kept = KeptRemark {
                sheet: head.sheet.clone(),
                line: remark.line,
                status: remark.status,
                field: remark.field.to_owned(),
                rule: remark.rule.into_owned(),
                repeats: remark.repeats,
                cells: remark.cells,
            };
            out.write_all(&csv.row(&head.header, &kept))?;
        }
        Ok(())
    }

    async fn progress(&mut self, progress: &Progress) -> import::Result<()> {
        self.bar.set_length(progress.of.max(1));
        self.bar.set_position(progress.done);
        Ok(())
    }
}
