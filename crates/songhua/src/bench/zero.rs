//! `bench zero`: the proposed zones of a whole city, and the claim of community zero for it, each of its counties and
//! each of its streets, over the store of `bench boards`: 3.6 million people and seven rounds.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use protocol::Protocol;
use store::{Store, StoreConfig};
use tracing_desk::Calendar;
use types::{AreaCode, AreaScope};
use zero::{Criteria, Ground, MOST_ROUNDS, Numbers, views};
use zones::propose::Grain;

use super::{Benchmark, Report, Run, Setting, boards, rounded, say};
use crate::prepare::now;
use crate::process;
use crate::screen;

/// How often all of it is worked out, after a first time that may have to fetch it from the disk.
const TIMES: usize = 10;
const BAR: f64 = 1.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "zero",
    what: "the proposed zones of a city of 3.6 million people with seven rounds, and the claim of community zero \
           for it, its counties and all of its streets, evidence and probability, in s, the slowest of ten \
           after a first; bar: 1. Uses the store of `boards`",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

/// What was worked out once.
struct Done {
    zones: f64,
    read: f64,
    computed: f64,
    infections: usize,
    proposals: usize,
    streets: usize,
    rounds: usize,
    people: i64,
}

impl Done {
    fn whole(&self) -> f64 {
        self.zones + self.read + self.computed
    }
}

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(boards::PEOPLE);
    let (data, town) = boards::build(&setting.dir, people).await?;
    drop(town);
    let protocol = Arc::new(Protocol::bundled()?);
    let url = format!("sqlite:{}", data.join("songhua.sqlite").display());
    let store = Store::open(StoreConfig::new(url), &desks::schemas()).await?;
    let mut all = Vec::with_capacity(TIMES);
    let cold = once(&store, &protocol).await?;
    say(format!("first, with what has to come from the disk: {:.3} s", cold.whole()));
    for n in 1..=TIMES {
        let done = once(&store, &protocol).await?;
        say(format!("{n}: {:.3} s", done.whole()));
        all.push(done);
    }
    let Some(first) = all.first() else { bail!("nothing was worked out") };
    if first.streets == 0 || first.rounds < MOST_ROUNDS {
        bail!("{} streets, {} rounds: not the city that was meant", first.streets, first.rounds);
    }
    if first.infections == 0 || first.proposals == 0 {
        bail!(
            "{} infections, {} proposals: nothing to draw zones from",
            first.infections,
            first.proposals
        );
    }
    let slowest = all.iter().map(Done::whole).fold(0.0, f64::max);
    let mut rows =
        vec![["", "zones s", "read s", "compute s", "whole s"].map(String::from).to_vec()];
    rows.extend(all.iter().enumerate().map(|(n, done)| {
        let seconds =
            [done.zones, done.read, done.computed, done.whole()].map(|s| format!("{s:.3}"));
        std::iter::once((n + 1).to_string()).chain(seconds).collect()
    }));
    let mut details = vec![format!(
        "{} people expected, {} rounds, {} streets, {} infections, {} proposed zones; no peer does this",
        first.people, first.rounds, first.streets, first.infections, first.proposals
    )];
    let from_disk = "the first time, with what had to come from the disk:";
    details.push(format!("{from_disk} {:.3} s; not among the ten", cold.whole()));
    details.extend(screen::table(&rows).lines().map(str::to_owned));
    Ok(Report {
        value: rounded(slowest),
        unit: "s",
        peak_rss_mb: process::peak_rss_mb("self"),
        bar: Some(BAR),
        pass: slowest < BAR,
        details,
        ..Report::default()
    })
}

/// Reads and works out the city, its counties and its streets, on a connection of its own.
async fn once(store: &Store, protocol: &Protocol) -> Result<Done> {
    let city = AreaScope::parse("2202")?;
    let calendar = Calendar::of(protocol.zone());
    let at = now();
    let begun = Instant::now();
    let mut db = store.reader().await?;
    let edition = protocol.at(at, AreaCode::new(220_202)?);
    let rules = edition.zones()?;
    let proposals = zones::views::proposals(&mut db, rules, city, Grain::Building, at).await?;
    let zones = begun.elapsed().as_secs_f64();
    let since = at - rules.lift.value.no_new_infection;
    let infections = zones::views::infections(&mut db, city, since).await?.len();
    let begun = Instant::now();
    let counties = views::by_county(&mut db, &calendar, city, at).await?;
    let streets = views::by_street(&mut db, &calendar, city, at).await?;
    drop(db);
    let read = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let criteria = Criteria::of(edition)?;
    let whole = views::together(counties.values());
    let grounds =
        counties.iter().chain(&streets).map(|(ground, numbers)| (ground.clone(), numbers));
    let grounds: Vec<(Ground, &Numbers)> =
        grounds.chain(std::iter::once((Ground::parse("2202")?, &whole))).collect();
    let mut items = 0;
    for (_, numbers) in &grounds {
        items += zero::claim(&criteria, &calendar, numbers, at)?.items.len();
    }
    if items != grounds.len() * zero::What::ALL.len() {
        bail!("{items} items of {} grounds", grounds.len());
    }
    let computed = begun.elapsed().as_secs_f64();
    Ok(Done {
        zones,
        infections,
        proposals: proposals.len(),
        read,
        computed,
        streets: streets.len(),
        rounds: whole.rounds.len(),
        people: whole.population(),
    })
}
