//! `bench overload`: three times the load that the server can hold.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::intake::{DEVICES, rounds, stock};
use super::load::{Sent, Stock, Times, send, take_in};
use super::world::{Tubes, World};
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::http::{self, Client};
use crate::process::Process;

const PEOPLE: u64 = 100_000;
/// How many times the load that it can hold.
const FACTOR: f64 = 3.0;
/// Connections: enough that those who wait for an answer do not slow the others down.
const CONNECTIONS: usize = 600;
/// Swabs a second for which requests are built.
const MOST: f64 = 50_000.0;
const BAR_RATIO: f64 = 0.5;
const BAR_MB: f64 = 1_000.0;

#[derive(Default)]
struct Flood {
    acknowledged: Vec<Tubes>,
    swabs: usize,
    shed: usize,
    without_time: usize,
    times: Times,
}

/// One sender: its requests start at their times, whether or not others have been answered.
async fn sender(
    address: SocketAddr,
    token: String,
    stock: Stock,
    (first, every): (Duration, Duration),
    (started, time): (Instant, Duration),
) -> Result<Flood> {
    let mut client = Client::connect(address).await?;
    let mut flood = Flood::default();
    let mut due = first;
    while due < time && started.elapsed() < time {
        tokio::time::sleep_until((started + due).into()).await;
        due += every;
        let Some(batch) = stock.take() else { break };
        let begun = Instant::now();
        match send(&mut client, &token, &batch).await? {
            Sent::Done { swabs, .. } => {
                flood.times.add(begun.elapsed());
                flood.swabs += swabs;
                flood.acknowledged.push(batch);
            }
            Sent::Shed { retry_after } => {
                flood.shed += 1;
                flood.without_time += usize::from(retry_after.is_none());
                stock.give_back(batch);
            }
        }
    }
    Ok(flood)
}

/// Urgent requests beside the flood: how many were not answered, and how long the others took.
async fn urgent(
    address: SocketAddr,
    token: String,
    over: Arc<AtomicBool>,
) -> Result<(usize, Times)> {
    let request = http::get("/api/v1/me", Some(&token));
    let mut client = Client::connect(address).await?;
    let (mut failed, mut times) = (0, Times::default());
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        failed += usize::from(client.call(&request).await?.status != 200);
        times.add(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok((failed, times))
}

pub(super) const BENCH: Benchmark = Benchmark {
    name: "overload",
    what: "three times the load that it can hold, in swabs a second against that; bar: half of it, \
           503 with Retry-After for the rest, no urgent request shed, nothing acknowledged lost, \
           and less than 1,000 MB of memory",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    let most = MOST * setting.time.as_secs_f64() * 1.3;
    let workshop = setting.workshop("overload")?;
    say(format!("registering {people} people"));
    let data = workshop.dir.path();
    let world = World::prepare(data, &workshop.place, people, rounds(most, people)).await?;
    let stock = Stock::new(stock(&world, most as usize)?);
    let arguments = workshop.place.arguments();
    let server = Process::start(&setting.program, data, &arguments).await?;
    let address = server.address;
    say("what it can hold");
    let held = take_in(address, &world.token, &stock, DEVICES, setting.time / 4).await?;
    let requests = FACTOR * held.per_second() / (super::intake::TUBES * 10) as f64;
    say(format!("{:.0} swabs/s; now {requests:.0} requests a second", held.per_second()));

    let started = Instant::now();
    let over = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(urgent(address, world.token.clone(), over.clone()));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|n| {
            let first = Duration::from_secs_f64(n as f64 / requests);
            let every = Duration::from_secs_f64(CONNECTIONS as f64 / requests);
            let within = (started, setting.time);
            tokio::spawn(sender(
                address,
                world.token.clone(),
                stock.clone(),
                (first, every),
                within,
            ))
        })
        .collect();
    let mut flood = Flood::default();
    for sender in senders {
        let one = sender.await??;
        flood.acknowledged.extend(one.acknowledged);
        flood.swabs += one.swabs;
        flood.shed += one.shed;
        flood.without_time += one.without_time;
        flood.times.join(one.times);
    }
    let seconds = started.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    let (urgent_failed, mut urgent_times) = watch.await??;
    let peak_rss_mb = server.peak_rss_mb();

    // After the flood, and after a kill: everything acknowledged must be known.
    server.kill().await?;
    let server = Process::start(&setting.program, data, &arguments).await?;
    let mut client = Client::connect(server.address).await?;
    let mut lost = 0;
    for batch in &flood.acknowledged {
        if let Sent::Done { duplicates, .. } = send(&mut client, &world.token, batch).await? {
            lost += batch.ids.len() - duplicates;
        }
    }
    server.kill().await?;
    workshop.clear().await?;
    say(format!(
        "{} batches acknowledged, {} turned away ({} without a time), {urgent_failed} urgent \
         requests turned away (p99 {:.1} ms), {lost} acknowledged commands lost",
        flood.acknowledged.len(),
        flood.shed,
        flood.without_time,
        urgent_times.percentile(0.99).unwrap_or_default()
    ));
    let value = flood.swabs as f64 / seconds;
    let ratio = value / held.per_second();
    let orderly = flood.shed > 0 && flood.without_time == 0 && urgent_failed == 0 && lost == 0;
    Ok(Report {
        value: rounded(value),
        unit: "swabs/s",
        raw: Some(rounded(held.per_second())),
        ratio: Some(rounded(ratio)),
        p99_ms: flood.times.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR_RATIO),
        pass: orderly && ratio >= BAR_RATIO && peak_rss_mb.is_none_or(|mb| mb < BAR_MB),
        ..Report::default()
    })
}
