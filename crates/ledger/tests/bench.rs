//! Measurements, not tests: run them in a release build, one at a time, with
//! `cargo test --release -p songhua-ledger --test suite bench -- --ignored --nocapture --test-threads=1`

use std::time::Instant;

use ledger::{Engine, EngineConfig, Link, Priority, Status, views};
use store::testkit::TestBed;
use store::{Store, Value, both_stores};
use types::{AreaCode, AreaScope, Micros};

use crate::support::world::{Clock, MORNING, holder, minute, open_until, said, tube};
use crate::support::yard::{self, Yard};
use crate::support::{bulk, world};

/// A number from the environment, or the default.
fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The middle and the longest of 20 runs, in milliseconds.
async fn time<T>(name: &str, mut run: impl AsyncFnMut() -> T) {
    let mut took = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        run().await;
        took.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    println!("{name}: {:.1} ms, at most {:.1} ms", took[10], took[19]);
}

async fn pages(store: &Store) {
    let mut reader = store.reader().await.expect("a reader");
    let one = AreaScope::one(AreaCode::new(220_202).expect("six digits"));
    for (name, scope) in [("all", AreaScope::ALL), ("one county", one)] {
        time(&format!("late by holder, {name}"), async || {
            views::late(&mut reader, scope, bulk::HALF_LATE).await.expect("late")
        })
        .await;
    }
    let late = views::late(&mut reader, AreaScope::ALL, bulk::HALF_LATE).await.expect("late");
    let (lines, units) = (late.len(), late.iter().map(|l| l.units).sum::<i64>());
    println!("  {lines} lines, {units} units late");
    let one_holder = holder(&late[0].holder);
    time("late units of a holder", async || {
        views::late_units(&mut reader, AreaScope::ALL, Some(&one_holder), bulk::HALF_LATE, None, 50)
            .await
            .expect("units")
    })
    .await;
    time("held by a holder", async || {
        views::held(&mut reader, &one_holder, 50).await.expect("units")
    })
    .await;
    time("open findings of a county", async || {
        views::findings(&mut reader, one, 50).await.expect("findings")
    })
    .await;
}

both_stores! {
    #[ignore = "a measurement of minutes"]
    async fn late_lists_with_millions_of_units(bed: TestBed) {
        let store = bed.open(&[ledger::SCHEMA]).await.expect("the store opens");
        let (units, open) = (number("UNITS", 2_500_000), number("OPEN", 50_000));
        let started = Instant::now();
        bulk::fill(&store, units, open).await;
        println!("{units} units, {open} open outright, filled in {:?}", started.elapsed());
        pages(&store).await;
    }

    #[ignore = "a measurement of minutes"]
    async fn a_view_of_the_past_over_a_million_moments(bed: TestBed) {
        let store = bed.open(&[ledger::SCHEMA]).await.expect("the store opens");
        bulk::fill(&store, number("UNITS", 1_000_000), 50_000).await;
        for (name, at) in [("now", Micros::MAX), ("half way", Micros(MORNING.0 + 43_200_000_000))] {
            let started = Instant::now();
            let view = views::as_of(&store, AreaScope::ALL, at).await.expect("the view");
            let created: i64 = view.balance.values().map(|line| line.created).sum();
            println!("as of {name}: {created} units in {:?}, {} MB at most", started.elapsed(), peak_mb());
        }
    }
}

/// One measured run of the engine, and what it left behind.
struct Run {
    seconds: f64,
    cpu: f64,
    groups: i64,
    journal: Vec<Value>,
    units: Vec<Value>,
    moments: Vec<Value>,
    balance: Vec<Value>,
}

/// Sends tubes through the engine in batches of 200 from several tasks.
async fn through_the_engine(store: &Store, tubes: u32, group: usize) -> Run {
    const BATCH: u32 = 200;
    let setup = EngineConfig { group, ..world::config(&Clock::new(MORNING), group) };
    let yard = Yard { foresight: true, ..Yard::default() };
    let engine = Engine::start(store.clone(), yard, setup).await.expect("it starts");
    let tasks = number("TASKS", 8);
    // Made beforehand: making them is the server's work, not the ledger's.
    let mut batches: Vec<Vec<Vec<_>>> = (0..tasks).map(|_| Vec::new()).collect();
    for (n, from) in (0..tubes).step_by(BATCH as usize).enumerate() {
        let tube = |n: u32| {
            let due = Some(minute(240 + i64::from(n % 60)));
            let site = format!("site:220202-S{:03}", n / 997 % 40);
            said(i64::from(n % 600), vec![open_until(tube(n), &site, due)])
        };
        batches[n % tasks as usize].push((from..from + BATCH).map(tube).collect());
    }
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let sending: Vec<_> = batches
        .into_iter()
        .map(|batches| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for batch in batches {
                    let outcomes = engine.submit(Priority::Normal, batch).await.expect("written");
                    assert!(outcomes.iter().all(|o| o.status == Status::Accepted));
                }
            })
        })
        .collect();
    for task in sending {
        task.await.expect("the task");
    }
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    engine.close().await;
    let mut reader = store.reader().await.expect("a reader");
    let mut rows = async |sql: &str| -> Vec<Value> {
        let rows = reader.query_text(sql, &[]).await.expect("rows");
        rows.into_iter().flat_map(|row| row.0).collect()
    };
    let groups = rows("SELECT count(DISTINCT record_time) FROM journal").await;
    let Some(Value::Int(groups)) = groups.first().cloned() else { panic!("no count") };
    Run {
        seconds,
        cpu,
        groups,
        journal: rows(
            "SELECT seq, area, command, kind, event_time, record_time, clock_offset, actor,
                device, refused, notes, body, hash FROM journal ORDER BY seq",
        )
        .await,
        units: rows(
            "SELECT u.area, u.id, u.kind, opened_at, holder, parent, step, since, deadline, closed,
                closed_at, content, findings FROM unit u JOIN moment m ON m.unit = u.id
                JOIN journal j ON j.command = m.command ORDER BY j.seq",
        )
        .await,
        moments: rows(
            "SELECT m.area, m.unit, m.command, m.n, m.event_time, m.record_time, m.actor, m.what
                FROM moment m JOIN journal j ON j.command = m.command ORDER BY j.seq",
        )
        .await,
        balance: rows("SELECT area, kind, bucket, units FROM balance").await,
    }
}

/// Writes the very same rows without an engine, in as many transactions.
async fn raw(store: &Store, run: &Run, tubes: u32) -> f64 {
    let mut writer = store.writer().await.expect("a writer");
    let group = (i64::from(tubes) / run.groups).max(1) as usize;
    let started = Instant::now();
    let mut units = run.units.chunks(13 * group);
    let mut moments = run.moments.chunks(8 * group);
    for journal in run.journal.chunks(13 * group) {
        writer.begin_write().await.expect("begin");
        writer.insert(&bulk::UNITS, units.next().expect("units")).await.expect("units");
        writer.insert(&bulk::MOMENTS, moments.next().expect("moments")).await.expect("moments");
        writer.insert(&bulk::BALANCE, &run.balance).await.expect("balance");
        writer.insert(&bulk::JOURNAL, journal).await.expect("journal");
        writer.execute(&bulk::HEAD, &[1_i64.into(), 1_i64.into()]).await.expect("the head");
        writer.commit().await.expect("commit");
    }
    started.elapsed().as_secs_f64()
}

both_stores! {
    #[ignore = "a measurement of minutes"]
    async fn tubes_through_the_engine_and_past_it(bed: TestBed) {
        let tubes = number("TUBES", 100_000);
        for group in [1_000, 2_000, 4_000] {
            let (with, without) = (TestBed::new(bed.kind()), TestBed::new(bed.kind()));
            let store = with.open(&[ledger::SCHEMA, yard::SCHEMA]).await.expect("it opens");
            let run = through_the_engine(&store, tubes, group).await;
            let past = without.open(&[ledger::SCHEMA, yard::SCHEMA]).await.expect("it opens");
            let before = cpu_seconds();
            let raw = raw(&past, &run, tubes).await;
            let raw_cpu = cpu_seconds() - before;
            // The chain made again from the rows that it covers: what it took of the run.
            let begun = Instant::now();
            let mut link = Link::default();
            for row in run.journal.chunks(13) {
                link = link.next(&row[..12]);
            }
            let chain = begun.elapsed().as_secs_f64();
            let bytes = run.journal.chunks(13).map(|row| format!("{:?}", row[11]).len()).sum::<usize>();
            println!(
                "  the chain: {chain:.3} s, {:.1} % of the program's processor time, bodies of {} bytes",
                100.0 * chain / run.cpu,
                bytes / run.journal.chunks(13).len(),
            );
            let rate = |seconds: f64| f64::from(tubes) / seconds;
            println!(
                "groups of {group} ({} made): {:.0} tubes/s, raw {:.0}/s, ratio {:.2}; \
                 processor time of this program {:.2} s, raw {raw_cpu:.2} s",
                run.groups,
                rate(run.seconds),
                rate(raw),
                raw / run.seconds,
                run.cpu,
            );
        }
    }
}

/// The most memory that this process has had, in megabytes.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

/// Processor time of this process so far. Less disturbed by neighbours than the time of day.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or("");
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}
