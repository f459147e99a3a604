//! `bench intake`: tubes of ten through the HTTP API, acknowledged when durable.

use anyhow::{Result, bail};

use super::load::{Stock, take_in};
use super::world::{Filling, Tubes, World};
use super::{Benchmark, Report, Run, Setting, raw, rounded, say};
use crate::process::Process;

/// Tubes in a request.
pub(super) const TUBES: usize = 200;
/// Devices that send at the same time.
pub(super) const DEVICES: usize = 8;
/// Registered people; each is swabbed once a round.
const PEOPLE: u64 = 200_000;
/// More swabs a second than any machine of today takes, for the stock of requests.
const MOST: f64 = 60_000.0;
const BAR: f64 = 20_000.0;
const BAR_RATIO: f64 = 1.0 / 3.0;

/// Rounds that a stock of so many swabs needs.
pub(super) fn rounds(swabs: f64, people: u64) -> u32 {
    (swabs / people as f64).ceil() as u32 + 1
}

/// Builds requests before the time is taken.
pub(super) fn stock(world: &World, swabs: usize) -> Result<Vec<Tubes>> {
    more(&mut Filling::new(world)?, swabs)
}

/// The next requests with so many swabs.
pub(super) fn more(filling: &mut Filling<'_>, swabs: usize) -> Result<Vec<Tubes>> {
    let (mut batches, mut sum) = (Vec::new(), 0);
    while sum < swabs
        && let Some(batch) = filling.batch(TUBES)?
    {
        sum += batch.swabs;
        batches.push(batch);
    }
    Ok(batches)
}

pub(super) const BENCH: Benchmark = Benchmark {
    name: "intake",
    what: "tubes of ten over HTTP in batches of 200, acknowledged when durable, in swabs a second; bar: \
           20,000, and a third of the set-based insert of the same rows on the same store",
    runs: &[Run::PLAIN, Run::POSTGRES],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    let most = MOST * setting.time.as_secs_f64();
    let workshop = setting.workshop("intake")?;
    say(format!("registering {people} people"));
    let world =
        World::prepare(workshop.dir.path(), &workshop.place, people, rounds(most, people)).await?;
    let stock = Stock::new(stock(&world, most as usize)?);
    let arguments = workshop.place.arguments();
    let server = Process::start(&setting.program, workshop.dir.path(), &arguments).await?;
    say(format!("intake for {} s", setting.time.as_secs()));
    let mut taken = take_in(server.address, &world.token, &stock, DEVICES, setting.time).await?;
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    if taken.swabs == 0 {
        bail!("nothing was taken in");
    }
    say("raw inserts of the same rows");
    let limit = raw::measure(&workshop.config(), &workshop.second()).await?;
    workshop.clear().await?;
    let (value, ratio) = (taken.per_second(), taken.per_second() / limit);
    Ok(Report {
        value: rounded(value),
        unit: "swabs/s",
        raw: Some(rounded(limit)),
        ratio: Some(rounded(ratio)),
        p99_ms: taken.times.percentile(0.99).map(rounded),
        peak_rss_mb,
        bar: Some(BAR),
        pass: value >= BAR && ratio >= BAR_RATIO,
        ..Report::default()
    })
}
