//! `bench overload`: three times the load that the server can hold.
//!
//! A flood of intake at fixed times, whether or not earlier requests have been answered, a quarter
//! of it as work that can wait. Beside it somebody asks who he is, and signs in and out again,
//! which are urgent; the latter goes through the same writer. Afterwards the server is killed, and
//! everything that it acknowledged is sent to its successor, which must know it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use ledger::Priority;
use serde::Deserialize;

use super::intake::{DEVICES, TUBES, more, rounds};
use super::load::{Sent, Stock, Times, send, send_as, take_in};
use super::world::{Filling, Tubes, World};
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::http::{self, Client};
use crate::process::Process;

const PEOPLE: u64 = 100_000;
/// How many times the load that it can hold.
const FACTOR: f64 = 3.0;
/// Connections: enough that those who wait for an answer do not slow the others down.
const CONNECTIONS: usize = 600;
/// One sender in so many sends work that can wait.
const BULK_EVERY: usize = 4;
/// More swabs a second than any machine of today takes.
const MOST: f64 = 200_000.0;
/// Swabs in a request.
const SWABS: f64 = (TUBES * 10) as f64;
const BAR_RATIO: f64 = 0.5;
const BAR_MB: f64 = 1_000.0;
/// Less than this share of the rate that was meant is no overload.
const BAR_OFFERED: f64 = 0.9;
/// Memory that is bounded grows by no more in the second half of the flood.
const BAR_GROWTH: f64 = 1.2;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "overload",
    what: "three times the load that it can hold, in swabs a second against that; bar: half of it, \
           503 with Retry-After for the rest, work that can wait shed first and urgent requests not \
           at all, nothing acknowledged lost after a kill, less than 1,000 MB of memory, and no \
           growth in the second half",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

/// What became of the requests of one class.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    taken: usize,
    shed: usize,
    /// Shed without a time to come back.
    without_time: usize,
}

impl Tally {
    fn join(&mut self, other: Tally) {
        self.taken += other.taken;
        self.shed += other.shed;
        self.without_time += other.without_time;
    }

    fn sent(self) -> usize {
        self.taken + self.shed
    }

    fn share_shed(self) -> f64 {
        self.shed as f64 / self.sent().max(1) as f64
    }
}

#[derive(Default)]
struct Flood {
    acknowledged: Vec<Tubes>,
    swabs: usize,
    /// Work that can wait, and the day's work.
    bulk: Tally,
    normal: Tally,
    /// How long the day's work took.
    times: Times,
    bulk_times: Times,
}

impl Flood {
    fn join(&mut self, other: Flood) {
        self.acknowledged.extend(other.acknowledged);
        self.swabs += other.swabs;
        self.bulk.join(other.bulk);
        self.normal.join(other.normal);
        self.times.join(other.times);
        self.bulk_times.join(other.bulk_times);
    }
}

/// When a sender sends: from `first` on, one request every so often, until `time` is over.
#[derive(Clone, Copy)]
struct Beat {
    started: Instant,
    first: Duration,
    every: Duration,
    time: Duration,
}

/// One sender: its requests start at their times, whether or not others have been answered.
async fn sender(
    address: SocketAddr,
    token: String,
    stock: Stock,
    priority: Priority,
    beat: Beat,
) -> Result<Flood> {
    let mut client = Client::connect(address).await?;
    let (mut flood, mut tally) = (Flood::default(), Tally::default());
    let mut due = beat.first;
    while due < beat.time && beat.started.elapsed() < beat.time {
        tokio::time::sleep_until((beat.started + due).into()).await;
        due += beat.every;
        let Some(batch) = stock.take() else { bail!("the prepared requests are used up") };
        let begun = Instant::now();
        match send_as(&mut client, &token, &batch, priority).await? {
            Sent::Done { swabs, .. } => {
                match priority {
                    Priority::Bulk => flood.bulk_times.add(begun.elapsed()),
                    _ => flood.times.add(begun.elapsed()),
                }
                flood.swabs += swabs;
                flood.acknowledged.push(batch);
                tally.taken += 1;
            }
            Sent::Shed { retry_after } => {
                tally.shed += 1;
                tally.without_time += usize::from(retry_after.is_none_or(|s| s == 0));
                stock.give_back(batch);
            }
        }
    }
    match priority {
        Priority::Bulk => flood.bulk = tally,
        _ => flood.normal = tally,
    }
    Ok(flood)
}

/// Urgent requests beside the flood: how many were not served, and how long the others took.
#[derive(Default)]
struct Urgent {
    failed: usize,
    reads: Times,
    sign_ins: Times,
}

/// Asks who he is every 20 ms, and signs in and out again every two seconds, which is written.
async fn urgent(
    address: SocketAddr,
    token: String,
    password: String,
    over: Arc<AtomicBool>,
) -> Result<Urgent> {
    #[derive(Deserialize)]
    struct Opened {
        token: String,
    }
    let who = http::get("/api/v1/me", Some(&token));
    let body = serde_json::to_vec(&serde_json::json!({ "login": "bench", "password": password }))?;
    let sign_in = http::post("/api/v1/sessions", None, &body);
    let mut client = Client::connect(address).await?;
    let mut urgent = Urgent::default();
    let mut round = 0_u32;
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        urgent.failed += usize::from(client.call(&who).await?.status != 200);
        urgent.reads.add(begun.elapsed());
        if round.is_multiple_of(100) {
            let begun = Instant::now();
            let answer = client.call(&sign_in).await?;
            if (200..300).contains(&answer.status) {
                let opened: Opened = answer.json()?;
                urgent.sign_ins.add(begun.elapsed());
                let sign_out = http::delete("/api/v1/sessions", &opened.token);
                let status = client.call(&sign_out).await?.status;
                urgent.failed += usize::from(!(200..300).contains(&status));
            } else {
                urgent.failed += 1;
            }
        }
        round += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(urgent)
}

/// Sends three times what was held, and watches urgent requests and memory. Gives the flood, its
/// seconds, the urgent requests, and the server's memory at half time and at the end.
async fn flood(
    server: &Process,
    world: &World,
    stock: &Stock,
    requests: f64,
    time: Duration,
) -> Result<(Flood, f64, Urgent, [Option<f64>; 2])> {
    let started = Instant::now();
    let over = Arc::new(AtomicBool::new(false));
    let (address, token) = (server.address, world.token.clone());
    let watch = tokio::spawn(urgent(address, token.clone(), world.password.clone(), over.clone()));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|n| {
            let beat = Beat {
                started,
                first: Duration::from_secs_f64(n as f64 / requests),
                every: Duration::from_secs_f64(CONNECTIONS as f64 / requests),
                time,
            };
            let bulk = n.is_multiple_of(BULK_EVERY);
            let priority = if bulk { Priority::Bulk } else { Priority::Normal };
            tokio::spawn(sender(address, token.clone(), stock.clone(), priority, beat))
        })
        .collect();
    tokio::time::sleep_until((started + time / 2).into()).await;
    let half = server.peak_rss_mb();
    let mut flood = Flood::default();
    for sender in senders {
        flood.join(sender.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    let urgent = watch.await??;
    Ok((flood, seconds, urgent, [half, server.peak_rss_mb()]))
}

/// How many of the acknowledged commands a server does not know.
async fn lost(address: SocketAddr, token: &str, acknowledged: &[Tubes]) -> Result<usize> {
    let mut client = Client::connect(address).await?;
    let mut lost = 0;
    for batch in acknowledged {
        match send(&mut client, token, batch).await? {
            Sent::Done { duplicates, .. } => lost += batch.ids.len() - duplicates,
            Sent::Shed { .. } => bail!("an idle server sheds what it is asked"),
        }
    }
    Ok(lost)
}

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    // Those turned away are sent again: beside what is held there is only what is under way.
    let under_way = CONNECTIONS as f64 * SWABS;
    let time = setting.time.as_secs_f64();
    let most = MOST * time * 1.5 + under_way;
    let workshop = setting.workshop("overload")?;
    say(format!("registering {people} people"));
    let data = workshop.dir.path();
    let world = World::prepare(data, &workshop.place, people, rounds(most, people)).await?;
    let mut filling = Filling::new(&world)?;
    let stock = Stock::new(more(&mut filling, (MOST * time / 4.0) as usize)?);
    let arguments = workshop.place.arguments();
    let server = Process::start(&setting.program, data, &arguments).await?;
    say("what it can hold");
    let held = take_in(server.address, &world.token, &stock, DEVICES, setting.time / 4).await?;
    let requests = FACTOR * held.per_second() / SWABS;
    let wanted = held.per_second().min(MOST) * time * 1.25 + under_way;
    more(&mut filling, wanted as usize)?.into_iter().for_each(|batch| stock.give_back(batch));
    say(format!("{:.0} swabs/s; now {requests:.0} requests a second", held.per_second()));
    let (mut flood, seconds, mut urgent, memory) =
        flood(&server, &world, &stock, requests, setting.time).await?;

    // After the flood, and after a kill: everything acknowledged must be known.
    server.kill().await?;
    let server = Process::start(&setting.program, data, &arguments).await?;
    let lost = lost(server.address, &world.token, &flood.acknowledged).await?;
    server.kill().await?;
    workshop.clear().await?;

    let value = flood.swabs as f64 / seconds;
    let ratio = value / held.per_second();
    // Requests start within the time; the last answers may come later.
    let sent = flood.bulk.sent() + flood.normal.sent();
    let offered = sent as f64 / setting.time.as_secs_f64() / requests;
    let without_time = flood.bulk.without_time + flood.normal.without_time;
    let [half, peak_rss_mb] = memory;
    let growth = half.zip(peak_rss_mb).map(|(half, end)| end / half);
    let proofs = [
        (
            offered >= BAR_OFFERED,
            format!(
                "offered {:.2} times what it holds, {:.0} requests a second",
                FACTOR * offered,
                requests * offered
            ),
        ),
        (
            flood.normal.shed > 0 && without_time == 0,
            format!(
                "{} of {} requests shed with 503, {without_time} of them without Retry-After",
                flood.bulk.shed + flood.normal.shed,
                sent,
            ),
        ),
        (
            flood.bulk.share_shed() >= flood.normal.share_shed() && urgent.failed == 0,
            format!(
                "shed of work that can wait {:.0} %, of the day's {:.0} %, of urgent requests {} of \
                 {}; p99 of urgent reads {:.0} ms, of signing in {:.0} ms",
                flood.bulk.share_shed() * 100.0,
                flood.normal.share_shed() * 100.0,
                urgent.failed,
                urgent.reads.len() + urgent.sign_ins.len() * 2,
                urgent.reads.percentile(0.99).unwrap_or_default(),
                urgent.sign_ins.percentile(0.99).unwrap_or_default(),
            ),
        ),
        (
            peak_rss_mb.is_none_or(|mb| mb < BAR_MB) && growth.is_none_or(|g| g < BAR_GROWTH),
            format!(
                "p99 of the day's work {:.0} ms, of what can wait {:.0} ms; memory {:.0} MB at half time, {:.0} MB at the end",
                flood.times.percentile(0.99).unwrap_or_default(),
                flood.bulk_times.percentile(0.99).unwrap_or_default(),
                half.unwrap_or_default(),
                peak_rss_mb.unwrap_or_default()
            ),
        ),
        (
            lost == 0,
            format!(
                "{} batches acknowledged; after a kill {lost} of their commands were not known",
                flood.acknowledged.len()
            ),
        ),
    ];
    let details = proofs
        .iter()
        .map(|(held, what)| format!("{}  {what}", if *held { "held  " } else { "BROKEN" }));
    Ok(Report {
        value: rounded(value),
        unit: "swabs/s",
        raw: Some(rounded(held.per_second())),
        ratio: Some(rounded(ratio)),
        p99_ms: flood.times.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR_RATIO),
        pass: ratio >= BAR_RATIO && proofs.iter().all(|(held, _)| *held),
        details: details.collect(),
        ..Report::default()
    })
}
