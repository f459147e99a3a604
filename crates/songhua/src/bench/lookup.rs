//! `bench lookup`: results by pass, alone and while swabs come in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use server::pass;
use server::secrets::Secrets;

use super::intake::{DEVICES, rounds, stock};
use super::load::{Stock, ask, take_in};
use super::world::World;
use super::{Benchmark, Report, Run, Setting, rounded, say};
use crate::http;
use crate::process::Process;

const PEOPLE: u64 = 100_000;
/// Callers, and requests at once on each connection.
const CALLERS: usize = 16;
const AT_ONCE: usize = 4;
/// Passes in use.
const PASSES: usize = 20_000;
/// Most swabs a second that may come in beside: as much lies ready.
const INTAKE: f64 = 150_000.0;
const BAR: f64 = 40_000.0;
const BAR_RATIO: f64 = 0.6;
const BAR_P99: f64 = 50.0;

/// Answers a second of passes and of the empty route, and the passes' p99.
struct Compared {
    passes: f64,
    empty: f64,
    p99: f64,
}

impl Compared {
    fn pass(&self) -> bool {
        let fast = self.passes >= BAR || self.passes / self.empty >= BAR_RATIO;
        fast && self.p99 < BAR_P99
    }
}

async fn compare(
    address: SocketAddr,
    passes: &Arc<Vec<Vec<u8>>>,
    empty: &Arc<Vec<Vec<u8>>>,
    time: Duration,
) -> Result<Compared> {
    let (empty, _) = ask(address, empty, CALLERS, AT_ONCE, time).await?;
    let (passes, mut times) = ask(address, passes, CALLERS, AT_ONCE, time).await?;
    Ok(Compared { passes, empty, p99: times.percentile(0.99).unwrap_or(f64::INFINITY) })
}

pub(super) const BENCH: Benchmark = Benchmark {
    name: "lookup",
    what: "results by pass, in answers a second, alone and during intake, the worse of the two; bar: \
           40,000, or 0.6 of the same server's empty route (/livez) under the same load, and p99 < 50 ms",
    runs: &[Run::PLAIN, Run::POSTGRES],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE);
    // Two routes, without and with intake; a little intake before, so that passes have results.
    let time = setting.time / 4;
    let most = INTAKE * time.as_secs_f64() * 2.5;
    let workshop = setting.workshop("lookup")?;
    say(format!("registering {people} people"));
    let data = workshop.dir.path();
    let world = World::prepare(data, &workshop.place, people, rounds(most, people)).await?;
    let stock = Stock::new(stock(&world, most as usize)?);
    let secrets = Secrets::load_or_create(data)?;
    let persons = world.town.homes.iter().flat_map(|h| h.persons.iter().map(|p| (h.area, *p)));
    let passes: Vec<Vec<u8>> = persons
        .take(PASSES)
        .map(|(area, person)| {
            let token = pass::mint(&secrets, area, person);
            http::get(&format!("/api/v1/results/{token}"), None)
        })
        .collect();
    let (passes, empty) = (Arc::new(passes), Arc::new(vec![http::get("/livez", None)]));
    let arguments = workshop.place.arguments();
    let server = Process::start(&setting.program, data, &arguments).await?;
    let address = server.address;
    take_in(address, &world.token, &stock, DEVICES, time / 4).await?;
    say("look-ups alone");
    let alone = compare(address, &passes, &empty, time).await?;
    say("look-ups during intake");
    let (token, feed) = (world.token.clone(), stock.clone());
    let intake = tokio::spawn(async move { take_in(address, &token, &feed, 2, time * 2).await });
    let during = compare(address, &passes, &empty, time).await?;
    let taken = intake.await??;
    if stock.take().is_none() {
        bail!("swabs ran out before the look-ups ended: they would be measured without intake");
    }
    say(format!(
        "alone {:.0}/s (empty {:.0}/s), during {:.0} swabs/s {:.0}/s (empty {:.0}/s)",
        alone.passes,
        alone.empty,
        taken.per_second(),
        during.passes,
        during.empty
    ));
    let peak_rss_mb = server.peak_rss_mb();
    server.kill().await?;
    workshop.clear().await?;
    let pass = alone.pass() && during.pass();
    let p99 = alone.p99.max(during.p99);
    let share = |c: &Compared| c.passes / c.empty;
    let worse = if share(&during) < share(&alone) { during } else { alone };
    Ok(Report {
        value: rounded(worse.passes),
        unit: "answers/s",
        raw: Some(rounded(worse.empty)),
        ratio: Some(rounded(share(&worse))),
        p99_ms: Some(rounded(p99)),
        peak_rss_mb,
        bar: Some(BAR),
        pass,
        ..Report::default()
    })
}
