//! `bench transfers`: dial-a-ride, and the night of the 6,556 students.

use std::path::Path;

use anyhow::{Context, Result, bail};
use planner::transfers::night::{STUDENTS, night};
use planner::transfers::{Transfers, cordeau, dispatch, manifest};

use super::{Benchmark, Report, Run, Setting, processor, rounded, say};
use crate::{process, screen};

const BAR: f64 = 2.0;

pub(super) const BENCH: Benchmark = Benchmark {
    name: "transfers",
    what: "Cordeau's dial-a-ride instances of a folder (--instances), in % above the optimum on average \
           after --seconds of processor time each, beside a night with 6,556 students; bar: 2 %, and \
           every student with a seat, no two risk classes in one coach; without a folder only the night, \
           in students left without a seat (bar: none)",
    runs: &[Run::PLAIN],
    peers: false,
    run: |setting| Box::pin(run(setting)),
};

async fn run(setting: Setting) -> Result<Report> {
    tokio::task::spawn_blocking(move || measure(&setting)).await?
}

fn measure(setting: &Setting) -> Result<Report> {
    let seconds = setting.time.as_secs_f64();
    let mut details = Vec::new();
    let left = students(seconds, &mut details)?;
    let mut gaps = Vec::new();
    match &setting.input {
        Some(dir) => {
            let head = ["instance", "optimum", "cost", "gap %"].map(str::to_owned).to_vec();
            let mut rows = vec![head];
            for (name, problem) in read(dir)? {
                say(format!("{name} for {seconds} s of one core"));
                let cost = search(&problem, seconds)?;
                let mut row = vec![name.clone(), "unknown".to_owned(), format!("{cost:.2}")];
                if let Some(optimum) = cordeau::optimum(&name) {
                    let gap = (cost / optimum - 1.0) * 100.0;
                    gaps.push(gap);
                    row[1] = format!("{optimum:.2}");
                    row.push(format!("{gap:.2}"));
                }
                rows.push(row);
            }
            details.extend(screen::table(&rows).lines().map(str::to_owned));
        }
        None => details.push("without --instances: only the night of the students".to_owned()),
    }
    // What no instance was read for is not said.
    let (value, unit, bar) = match gaps.len() {
        0 => (left as f64, "students without a seat", 0.0),
        n => (gaps.iter().sum::<f64>() / n as f64, "% above the optimum", BAR),
    };
    Ok(Report {
        value: rounded(value.max(0.0)),
        unit,
        peak_rss_mb: process::peak_rss_mb("self"),
        bar: Some(bar),
        pass: left == 0 && gaps.iter().all(|&gap| gap <= BAR),
        details,
        ..Report::default()
    })
}

fn search(problem: &Transfers, seconds: f64) -> Result<f64> {
    let plan = dispatch(problem, 1, None, &mut processor::limit(seconds))?;
    if !plan.skipped.is_empty() {
        bail!("{} rides are left behind", plan.skipped.len());
    }
    Ok(plan.check(problem)? as f64 / f64::from(cordeau::SCALE))
}

fn read(dir: &Path) -> Result<Vec<(String, Transfers)>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let problem = cordeau::instance(&text).with_context(|| path.display().to_string())?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        out.push((name.unwrap_or_default(), problem));
    }
    if out.is_empty() {
        bail!("{} has no .txt", dir.display());
    }
    out.sort_by_key(|(name, problem)| (problem.rides.len(), name.clone()));
    Ok(out)
}

/// Plans the night and its seats; gives how many have none.
fn students(seconds: f64, details: &mut Vec<String>) -> Result<usize> {
    let night = night(1);
    say(format!("{STUDENTS} students for {seconds} s of one core"));
    let plan = dispatch(&night.problem, 1, None, &mut processor::limit(seconds))?;
    let metres = plan.check(&night.problem)?;
    let mut seated = 0;
    for tour in 0..plan.tours.len() {
        seated += manifest(&night.problem, &plan, tour, 14)?.len();
    }
    let last = plan.tours.iter().map(|tour| tour.returns).max().unwrap_or(0);
    details.push(format!(
        "students: {seated} of {STUDENTS} seated on {} coaches of 300, {} rooms left behind, {} km, the \
         last coach back {:.1} h after 20:00",
        plan.tours.len(),
        plan.skipped.len(),
        metres / 1_000,
        f64::from(last) / 3_600.0
    ));
    Ok((STUDENTS as usize).saturating_sub(seated))
}
