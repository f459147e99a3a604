//! Measures the import of people into a fresh SQLite store:
//! `cargo run --release -p songhua-registry --example import_speed -- 1000000 [shuffled]
//! [chunk=2000] [flight=4]`.
//!
//! Prints seconds, CPU seconds and the peak of resident memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use ledger::{Actor, Desk, Engine, EngineConfig, Envelope, Priority};
use registry::command::{Command, PlaceDetails, PutPlaces};
use registry::identity::{Day, resident_check};
use registry::import::persons::{self, Options};
use registry::import::{Listener, Progress, Remark, Result};
use registry::seal::Keys;
use registry::{Registry, views};
use store::{Store, StoreConfig};
use types::{AreaCode, AreaScope, CommandId, Micros, PlaceCode, Span};
use uuid::Uuid;

const PERSONS_A_DOOR: u32 = 3;
const DOORS: u32 = 60;
const ENTRANCES: u32 = 4;
const BUILDINGS: u32 = 12;

type Failure = Box<dyn std::error::Error>;

struct Quiet(Instant);

impl Listener for Quiet {
    async fn remarks(&mut self, remarks: Vec<Remark>) -> Result<()> {
        if let Some(first) = remarks.first() {
            eprintln!("row {}: {} {}", first.line, first.field, first.rule);
        }
        Ok(())
    }
    async fn progress(&mut self, progress: &Progress) -> Result<()> {
        if progress.totals.rows.is_multiple_of(100_000) {
            eprintln!("{:>9} rows {:.1} s", progress.totals.rows, self.0.elapsed().as_secs_f64());
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let persons: u32 = arguments.first().map_or(Ok(1_000_000), |n| n.parse())?;
    let number = |name: &str, usual: usize| {
        let found = arguments.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix('='));
        found.map_or(Ok(usual), str::parse)
    };
    let (chunk_rows, in_flight) = (number("chunk", 2_000)?, number("flight", 4)?);
    let shuffled = arguments.iter().any(|a| a == "shuffled");
    let base = std::env::temp_dir().join(format!("songhua-import-{}", std::process::id()));
    std::fs::create_dir_all(&base)?;
    let measured = measure(&base, persons, shuffled, chunk_rows, in_flight).await;
    std::fs::remove_dir_all(&base)?;
    measured
}

async fn measure(
    base: &Path,
    persons: u32,
    shuffled: bool,
    chunk_rows: usize,
    in_flight: usize,
) -> std::result::Result<(), Failure> {
    let csv = base.join("persons.csv");
    write_csv(&csv, persons, shuffled)?;
    let size = std::fs::metadata(&csv)?.len();
    let schemas = [vec![ledger::SCHEMA], Registry.schemas()].concat();
    let url = format!("sqlite:{}", base.join("store.sqlite").display());
    let store = Store::open(StoreConfig::new(url), &schemas).await?;
    let clock = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    };
    let config = EngineConfig {
        queue: 4_096,
        longest_wait: std::time::Duration::MAX,
        group: 512,
        clock: Arc::new(clock),
    };
    let engine = Engine::start(store.clone(), Registry, config).await?;
    put_places(&engine, persons).await?;

    let scope = AreaScope::parse("2202")?;
    let today = Day::new(2022, 3, 15).ok_or("no such day")?;
    let actor = Actor { user: "bench".into(), holder: None };
    let options = Options {
        chunk_rows,
        in_flight,
        ..Options::new(Uuid::now_v7(), scope, today, actor, clock())
    };
    let keys = Keys::ephemeral()?;
    let (cpu, started) = (cpu_seconds()?, Instant::now());
    let file = File::open(&csv)?;
    let mut quiet = Quiet(started);
    let report = persons::run(&engine, &store, &keys, file, &options, &mut quiet).await?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds()? - cpu;
    let registered: i64 = views::county_counts(&mut store.reader().await?, scope)
        .await?
        .iter()
        .map(|c| c.persons)
        .sum();
    println!("{:?}", report.totals);
    println!(
        "{persons} persons, {:.0} MB: {seconds:.1} s ({:.0}/s), {cpu:.1} CPU s, {}, store {:.0} MB",
        size as f64 / 1e6,
        f64::from(persons) / seconds,
        memory()?,
        std::fs::metadata(base.join("store.sqlite"))?.len() as f64 / 1e6,
    );
    if registered != i64::from(persons) {
        return Err(format!("{registered} registered of {persons}").into());
    }
    Ok(())
}

fn code(n: u32) -> (String, String) {
    let door = n / PERSONS_A_DOOR;
    let entrance = door / DOORS;
    let building = entrance / ENTRANCES;
    let compound = building / BUILDINGS;
    let community = compound / 4;
    let place = format!(
        "220202001{:03}-{:02}-{:02}-{}",
        1 + community,
        1 + compound % 4,
        1 + building % BUILDINGS,
        1 + entrance % ENTRANCES
    );
    (place, format!("{}{:02}", 1 + door % DOORS / 2, 1 + door % 2))
}

fn write_csv(path: &Path, persons: u32, shuffled: bool) -> std::result::Result<(), Failure> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "姓名,证件号码,联系电话,性别,地址编码,门牌号,备注")?;
    let names = ["张伟", "王芳", "李娜", "刘洋", "欧阳文静", "陈建国", "赵敏"];
    // A full cycle over all rows: the step has no common divisor with the count.
    let step = if shuffled { 7_919 } else { 1 };
    for at in 0..u64::from(persons) {
        let n = (at * step % u64::from(persons)) as u32;
        let (place, door) = code(n);
        let year = 1930 + n % 90;
        let body = format!(
            "2202{:02}{year}{:02}{:02}{:03}",
            1 + n % 8,
            1 + n / 90 % 12,
            1 + n / 1_080 % 28,
            n / 30_240 % 1_000
        );
        let check = resident_check(body.as_bytes()).ok_or("not 17 digits")?;
        let sex = if (body.as_bytes()[16] - b'0') % 2 == 1 { "男" } else { "女" };
        let name = names[n as usize % names.len()];
        writeln!(
            out,
            "{name},{body}{},1{}{:09},{sex},{place},{door},",
            char::from(check),
            3 + n % 7,
            n
        )?;
    }
    out.flush()?;
    Ok(())
}

async fn put_places(engine: &Engine<Registry>, persons: u32) -> std::result::Result<(), Failure> {
    let mut codes = std::collections::BTreeSet::new();
    for n in (0..persons).step_by((PERSONS_A_DOOR * DOORS) as usize) {
        let leaf = PlaceCode::parse(&code(n).0)?;
        codes.extend(registry::place::chain_of(&leaf));
    }
    let mut wide = Vec::new();
    let mut near = Vec::new();
    for code in codes {
        let area = registry::place::area_of(&code);
        let place = PlaceDetails {
            code,
            name_zh: "某地".into(),
            name_en: String::new(),
            lon: None,
            lat: None,
            outline: None,
        };
        if area == AreaCode::NONE { wide.push(place) } else { near.push(place) }
    }
    for (area, places) in [(0, wide), (220_202, near)] {
        let command = Command::PutPlaces(PutPlaces { places });
        let envelope = Envelope {
            id: CommandId(Uuid::now_v7()),
            area: AreaCode::new(area)?,
            event_time: Micros(0),
            clock_offset: Span(0),
            device: None,
            actor: Actor { user: "bench".into(), holder: None },
            command,
        };
        let outcomes = engine.submit(Priority::Bulk, vec![envelope]).await?;
        if let Some(refusal) = &outcomes[0].refusal {
            return Err(refusal.to_string().into());
        }
    }
    Ok(())
}

/// User and system time of this process.
fn cpu_seconds() -> std::result::Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit(')').next().unwrap_or("");
    let field = |n: usize| after.split_whitespace().nth(n).and_then(|t| t.parse::<f64>().ok());
    // Clock ticks are hundredths of a second on Linux.
    Ok((field(11).unwrap_or(0.0) + field(12).unwrap_or(0.0)) / 100.0)
}

fn memory() -> std::result::Result<String, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let lines = status
        .lines()
        .filter(|l| l.starts_with("VmHWM") || l.starts_with("RssAnon") || l.starts_with("RssFile"));
    Ok(lines
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", "))
}
