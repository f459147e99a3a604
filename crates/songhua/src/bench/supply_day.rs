//! `bench supply-day`: a city's day of supply, and again after changes.

use anyhow::{Result, ensure};
use planner::beds::prove;
use planner::supply::{DayChange, DayPlanner, DaySize, made_up};

use super::{Benchmark, Report, Run, Setting, processor, rounded, say};
use crate::process;

const BAR: f64 = 60.0;
const BAR_AGAIN: f64 = 5.0;
/// Of a replan's time, the part for the search.
const AGAIN: f64 = 2.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "supply-day",
    what: "1.4 million households in 3,000 compounds from 1,400 shops with 600 vehicles, in processor \
           seconds of the whole plan, of which --seconds for the vehicles' search; bar: 60 s, 5 s after a \
           change, every household accounted for and served",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    tokio::task::spawn_blocking(move || measure(&setting)).await?
}

fn measure(setting: &Setting) -> Result<Report> {
    let households = setting.people.map_or(DaySize::CITY.households, |people| people as u32);
    let day = made_up(1, DaySize { households, ..DaySize::CITY });
    say(format!("{} households", day.households()));
    let start = processor::seconds();
    let mut planner = DayPlanner::new(day);
    let shared = processor::seconds() - start;
    let search = setting.time.as_secs_f64().min(45.0);
    let plan = planner.plan(1, &mut processor::limit(search))?.clone();
    let value = processor::seconds() - start;
    let balance = plan.check(planner.day())?;
    prove(planner.flow())?;
    let used: std::collections::BTreeSet<_> =
        plan.deliveries.iter().filter_map(|d| d.vehicle.map(|(g, v, _)| (g, v))).collect();
    let mut details = vec![
        format!(
            "{} households: {} served, {} without a vehicle, {} without a shop; the shares are proved \
             optimal",
            balance.households, balance.served, balance.no_vehicle, balance.no_shop
        ),
        format!(
            "{} loads on {} vehicles, {} km; shares {shared:.2} CPU s, all {value:.2}",
            plan.deliveries.len(),
            used.len(),
            plan.metres / 1_000
        ),
    ];

    say("again: a shop closes, a compound's gate moves, a garage loses ten vehicles");
    let shop = plan.deliveries[plan.deliveries.len() / 2].load.shop;
    let compound = plan.deliveries[0].load.drops[0].compound;
    let start = processor::seconds();
    planner.change(DayChange::Shop { shop, packs: 0 })?;
    let mut now = planner.day().compounds[compound as usize].clone();
    now.gate.open += 3_600;
    now.gate.close += 3_600;
    planner.change(DayChange::Compound { compound, now })?;
    let vehicles = planner.day().garages[0].vehicles.saturating_sub(10);
    planner.change(DayChange::Garage { garage: 0, vehicles })?;
    let again = planner.plan(2, &mut processor::limit(AGAIN))?.clone();
    let seconds = processor::seconds() - start;
    let after = again.check(planner.day())?;
    prove(planner.flow())?;
    ensure!(after.households == balance.households, "households were lost");
    let kept = |it: &&planner::supply::Delivery| plan.deliveries.contains(it);
    let same = again.deliveries.iter().filter(kept).count();
    details.push(format!(
        "again in {seconds:.2} CPU s (bar {BAR_AGAIN}): {} served, {} without a vehicle, {} without a shop; \
         {same} of {} loads stay with their vehicle and time",
        after.served,
        after.no_vehicle,
        after.no_shop,
        again.deliveries.len()
    ));
    let all_served = balance.served == balance.households && after.served == after.households;
    Ok(Report {
        value: rounded(value),
        unit: "CPU s",
        peak_rss_mb: process::peak_rss_mb("self"),
        bar: Some(BAR),
        pass: value < BAR && seconds < BAR_AGAIN && all_served,
        details,
        ..Report::default()
    })
}
