//! `bench beds`: everybody who waits gets a bed or a reason, and a proof that it cannot be better.

use anyhow::{Context, Result, ensure};
use planner::beds::{
    BedPlanner, Change, Flow, NEVER, PatientKey, PoolIndex, Weights, generate, prove,
};
use serde::{Deserialize, Serialize};

use super::{Benchmark, Report, Run, Setting, peers, processor, rounded, say};
use crate::process;

const PEOPLE: u64 = 20_000;
const FACILITIES: u32 = 60;
/// Places for so many of a hundred people.
const SUPPLY: f64 = 0.9;
const BAR: f64 = 2.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "beds",
    what: "20,000 patients in families over 60 facilities, in processor seconds of the optimal flow; raw: \
           OR-Tools' min-cost flow on the same instance (--peers); bar: 2 s, proved by its duals, fewer \
           families split than there are pools, and with peers their cost in less time than theirs",
    runs: &[Run::PLAIN],
    peers: true,
    run: |setting| Box::pin(run(setting)),
};

/// The instance for the peer: files of numbers, little-endian.
#[derive(Serialize)]
struct Task {
    /// Costs of parties in pools, row by row, 64 bits each.
    costs: String,
    /// Sizes of parties, 64 bits each.
    sizes: String,
    /// Limits of pools and of groups, and each pool's group, -1 for none.
    capacity: Vec<i64>,
    group: Vec<i64>,
    group_capacity: Vec<i64>,
    never: i64,
}

#[derive(Deserialize)]
struct Answer {
    version: String,
    cost: i64,
    seconds: f64,
}

struct Ours {
    flow: Flow,
    seconds: f64,
    cost: i128,
    details: Vec<String>,
    pass: bool,
}

async fn run(setting: Setting) -> Result<Report> {
    let people = setting.people.unwrap_or(PEOPLE) as u32;
    let ours = tokio::task::spawn_blocking(move || plan(people)).await??;
    let mut report = Report {
        value: rounded(ours.seconds),
        unit: "CPU s",
        peak_rss_mb: process::peak_rss_mb("self"),
        bar: Some(BAR),
        pass: ours.pass && ours.seconds < BAR,
        details: ours.details,
        ..Report::default()
    };
    if !setting.peers {
        report.details.push("without peers: --peers runs OR-Tools on the same instance".to_owned());
        return Ok(report);
    }
    let dir = tempfile::Builder::new().prefix("beds").tempdir_in(&setting.dir)?;
    let task = task(&ours.flow, dir.path())?;
    say("OR-Tools' min-cost flow");
    if let Some(answer) = peers::ask::<Answer>("beds", &task).await? {
        let equal = i128::from(answer.cost) == ours.cost;
        report.details.push(format!(
            "OR-Tools {}: cost {}{}, {:.3} CPU s",
            answer.version,
            answer.cost,
            if equal { ", equal" } else { ", DIFFERENT" },
            answer.seconds
        ));
        report.raw = Some(rounded(answer.seconds));
        report.ratio = Some(rounded(ours.seconds / answer.seconds));
        report.pass &= equal && ours.seconds < answer.seconds;
    }
    Ok(report)
}

fn plan(people: u32) -> Result<Ours> {
    let instance = generate(1, people, FACILITIES, SUPPLY);
    let mut planner = BedPlanner::new(instance.facilities, instance.pools, Weights::default())?;
    for patient in &instance.patients {
        planner.change(Change::Arrive(*patient))?;
    }
    say("the whole plan, with its explanations");
    let start = processor::seconds();
    let plan = planner.plan();
    let whole = processor::seconds() - start;
    let proved = prove(planner.flow())?;
    ensure!(proved.cost == plan.cost, "the plan's cost is not the proved one");

    // The flow alone, on the parties that the plan ended with: what a solver of flows is given.
    let made = planner.flow();
    let parties: Vec<usize> = (0..made.parties()).filter(|&party| made.size(party) > 0).collect();
    let (capacity, group, group_capacity) = limits(made);
    let start = processor::seconds();
    let mut flow = Flow::new(&capacity, &group, &group_capacity);
    flow.reserve(parties.len());
    for &party in &parties {
        flow.add(made.costs(party), made.size(party));
    }
    flow.gather();
    let seconds = processor::seconds() - start;
    let alone = prove(&flow)?;
    ensure!(alone.cost == proved.cost, "two runs differ in cost");

    let start = processor::seconds();
    for key in (0..people).step_by(100) {
        planner.change(Change::Withdraw(PatientKey(key)))?;
    }
    let pool = PoolIndex(0);
    planner.change(Change::Places { pool, beds: 0, staffed: 0, reserve: 0 })?;
    planner.plan();
    let again = processor::seconds() - start;
    prove(planner.flow())?;
    Ok(Ours {
        details: vec![
            format!(
                "{people} people in {} parties, {} pools; {} wait; cost {}, proved by the duals",
                parties.len(),
                flow.pools() - 1,
                plan.waiting,
                proved.cost
            ),
            format!(
                "{} parties split of {} allowed, {} divided by sex for want of common wards",
                plan.split,
                flow.pools() - 1,
                plan.divided
            ),
            format!(
                "flow {seconds:.3} CPU s; whole plan with explanations {whole:.3}; replan after {} \
                 withdrawals and a closed ward {again:.3}",
                people.div_ceil(100)
            ),
        ],
        pass: plan.split < flow.pools(),
        cost: alone.cost,
        flow,
        seconds,
    })
}

type Limits = (Vec<u32>, Vec<Option<usize>>, Vec<u32>);

fn limits(flow: &Flow) -> Limits {
    let pools = flow.pools() - 1;
    let group: Vec<Option<usize>> = (0..pools).map(|pool| flow.group(pool)).collect();
    let groups = group.iter().flatten().max().map_or(0, |group| group + 1);
    (
        (0..pools).map(|pool| flow.capacity(pool) as u32).collect(),
        group,
        (0..groups).map(|group| flow.group_use(group).0 as u32).collect(),
    )
}

fn task(flow: &Flow, dir: &std::path::Path) -> Result<Task> {
    let (capacity, group, group_capacity) = limits(flow);
    let write = |name: &str, numbers: &mut dyn Iterator<Item = i64>| -> Result<String> {
        let path = dir.join(name);
        let bytes: Vec<u8> = numbers.flat_map(i64::to_le_bytes).collect();
        std::fs::write(&path, bytes)?;
        Ok(path.to_str().context("a path that is not UTF-8")?.to_owned())
    };
    let parties = 0..flow.parties();
    Ok(Task {
        costs: write("costs", &mut parties.clone().flat_map(|p| flow.costs(p).to_vec()))?,
        sizes: write("sizes", &mut parties.map(|p| i64::from(flow.size(p))))?,
        capacity: capacity.into_iter().map(i64::from).collect(),
        group: group.iter().map(|group| group.map_or(-1, |group| group as i64)).collect(),
        group_capacity: group_capacity.into_iter().map(i64::from).collect(),
        never: NEVER,
    })
}
