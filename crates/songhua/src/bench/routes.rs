//! `bench routes`: gaps to the best known costs of published instances.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use planner::routes::cvrplib::{Instance, instance, routes};
use planner::routes::{Effort, Ground, Window, solve};
use serde::{Deserialize, Serialize};

use super::{Benchmark, Report, Run, Setting, peers, processor, rounded, say};
use crate::{process, screen};

pub(super) const BENCH: Benchmark = Benchmark {
    name: "routes",
    what: "CVRPLIB instances of a folder (--instances; two small ones by themselves), in % above the best \
           known cost on average, after --seconds of processor time each, with 60 also after 10; raw: the \
           best of PyVRP, OR-Tools and VROOM (--peers); bars at 60: 0.3 % below 200 customers, 1 % up to \
           1,000, 0.9 % up to 6,000, 1.5 % above, 2.5 % with time windows",
    runs: &[Run::PLAIN],
    peers: true,
    run: |setting| Box::pin(run(setting)),
};

/// Instances that come with the source.
const OWN: &str = "crates/planner/instances";

/// An instance for the peers, in whole units.
#[derive(Serialize)]
struct Task {
    name: String,
    seconds: u64,
    x: Vec<f64>,
    y: Vec<f64>,
    /// "nearest" or "tenths".
    rounding: &'static str,
    demand: Vec<i32>,
    capacity: i32,
    service: Vec<i32>,
    open: Vec<i32>,
    close: Vec<i32>,
    timed: bool,
    vehicles: usize,
}

/// What the peers reached: the cost in the same units and the processor seconds.
#[derive(Deserialize)]
struct Answer {
    peers: Vec<(String, Option<f64>, f64)>,
}

struct Case {
    it: Instance,
    best: f64,
}

impl Case {
    fn gap(&self, cost: f64) -> f64 {
        (cost / f64::from(self.it.scale) / self.best - 1.0) * 100.0
    }

    /// The bar after 60 seconds, and the class of instances that it is of.
    fn bar(&self) -> (f64, &'static str) {
        match self.it.problem.stops.len() {
            _ if self.it.problem.timed() => (2.5, "time windows"),
            ..200 => (0.3, "below 200"),
            200..=1_000 => (1.0, "200 to 1,000"),
            1_001..=6_999 => (0.9, "1,001 to 6,999"),
            _ => (1.5, "7,000 and more"),
        }
    }
}

async fn run(setting: Setting) -> Result<Report> {
    let dir = setting.input.clone().unwrap_or_else(|| PathBuf::from(OWN));
    let cases = read(&dir)?;
    let seconds = setting.time.as_secs();
    let budgets = if seconds >= 60 { vec![10, seconds] } else { vec![seconds] };
    let mut rows = vec![vec!["instance".to_owned(), "best known".to_owned()]];
    rows[0].extend(budgets.iter().map(|s| format!("{s} s")));
    if setting.peers {
        rows[0].extend(["PyVRP", "OR-Tools", "VROOM"].map(str::to_owned));
    }
    let mut classes: std::collections::BTreeMap<&str, (f64, Vec<f64>)> = Default::default();
    let (mut gaps, mut peer_gaps) = (Vec::new(), Vec::new());
    for case in cases {
        let mut row = vec![case.it.name.clone(), case.best.to_string()];
        let mut last = 0.0;
        let case = std::sync::Arc::new(case);
        for &budget in &budgets {
            say(format!("{} for {budget} s of one core", case.it.name));
            let shared = case.clone();
            let cost = tokio::task::spawn_blocking(move || search(&shared.it, budget)).await??;
            last = case.gap(cost as f64);
            row.push(format!("{last:.2}"));
        }
        gaps.push(last);
        let (bar, class) = case.bar();
        classes.entry(class).or_insert((bar, Vec::new())).1.push(last);
        if setting.peers {
            let Some(answer) = peers::ask::<Answer>("routes", &task(&case.it, seconds)?).await?
            else {
                bail!("the peers are not installed: scripts/peers/routes.sh install");
            };
            let mut best = f64::INFINITY;
            for (name, cost, used) in answer.peers {
                let text = match cost {
                    Some(cost) => {
                        let gap = case.gap(cost);
                        best = best.min(gap);
                        format!("{gap:.2}")
                    }
                    None => "none".to_owned(),
                };
                say(format!("{name}: {text} after {used:.0} CPU s"));
                row.push(text);
            }
            peer_gaps.push(best);
        }
        rows.push(row);
    }
    let mean = |gaps: &[f64]| gaps.iter().sum::<f64>() / gaps.len() as f64;
    let mut details: Vec<String> = screen::table(&rows).lines().map(str::to_owned).collect();
    let mut pass = true;
    for (class, (bar, gaps)) in &classes {
        let met = mean(gaps) <= *bar;
        pass &= met || seconds < 60;
        details.push(format!(
            "{class}: {:.2} % on average of {}; bar at 60 s {bar} %{}",
            mean(gaps),
            gaps.len(),
            if met { "" } else { ", not met" }
        ));
    }
    let value = mean(&gaps);
    let raw = (!peer_gaps.is_empty()).then(|| mean(&peer_gaps));
    Ok(Report {
        value: rounded(value),
        unit: "% above best known",
        raw: raw.map(rounded),
        ratio: raw.filter(|raw| *raw > 0.0).map(|raw| rounded(value / raw)),
        peak_rss_mb: process::peak_rss_mb("self"),
        pass,
        details,
        ..Report::default()
    })
}

/// All `.vrp` files of a folder that have a `.sol` beside them, small ones first.
fn read(dir: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let entries = std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let best = path.with_extension("sol");
        if path.extension().is_none_or(|e| e != "vrp") || !best.exists() {
            continue;
        }
        let text = |path: &Path| {
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
        };
        let it = instance(&text(&path)?).with_context(|| path.display().to_string())?;
        let (known, cost) = routes(&text(&best)?).with_context(|| best.display().to_string())?;
        // Routes that keep the rules and cost what they say are the proof of the convention.
        let checked = known.check(&it.problem).with_context(|| best.display().to_string())?;
        let checked = checked as f64 / f64::from(it.scale);
        if cost.is_some_and(|cost| (cost - checked).abs() > 0.051) {
            bail!("{}: states {cost:?}, its routes cost {checked}", best.display());
        }
        cases.push(Case { it, best: checked });
    }
    if cases.is_empty() {
        bail!("{} has no .vrp with a .sol beside it", dir.display());
    }
    cases.sort_by_key(|case| (case.it.problem.stops.len(), case.it.name.clone()));
    Ok(cases)
}

fn search(it: &Instance, seconds: u64) -> Result<i64> {
    let plan = solve(&it.problem, &Effort::seeded(1), &mut processor::limit(seconds as f64))?;
    Ok(plan.check(&it.problem)?)
}

fn task(it: &Instance, seconds: u64) -> Result<Task> {
    let Ground::Plane { at, .. } = &it.problem.ground else { bail!("not on a plane") };
    let fleet = &it.problem.fleets[0];
    let stops = &it.problem.stops;
    let with_depot = |depot: i32, of: &dyn Fn(usize) -> i32| -> Vec<i32> {
        std::iter::once(depot).chain((0..stops.len()).map(of)).collect()
    };
    let total: i32 = stops.iter().map(|stop| stop.demand).sum();
    let fewest = (total as usize).div_ceil(fleet.capacity.max(1) as usize);
    Ok(Task {
        name: it.name.clone(),
        seconds,
        x: at.iter().map(|at| at[0]).collect(),
        y: at.iter().map(|at| at[1]).collect(),
        rounding: if it.scale == 10 { "tenths" } else { "nearest" },
        demand: with_depot(0, &|stop| stops[stop].demand),
        capacity: fleet.capacity,
        service: with_depot(0, &|stop| stops[stop].service),
        open: with_depot(fleet.shift.open, &|stop| stops[stop].window.open),
        close: with_depot(fleet.shift.close.min(Window::ANY.close), &|stop| {
            stops[stop].window.close
        }),
        timed: it.problem.timed(),
        vehicles: fleet.count.map_or(fewest * 5 / 4 + 10, |count| count as usize),
    })
}
