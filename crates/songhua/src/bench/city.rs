//! `bench city`: how many agents the simulated city lives through in a second of processor time.

use std::sync::Arc;

use anyhow::{Result, bail};
use city::epidemic::{Disease, Epidemic, Population};
use city::response_model::{Change, Rehearsal, Response, ResponsePlan};
use city::{City, Options, Scenario};
use serde::{Deserialize, Serialize};

use super::{Benchmark, Kind, Report, Run, Setting, peers, rounded, say};
use crate::{process, screen};

pub(super) const BENCH: Benchmark = Benchmark {
    name: "city",
    what: "the simulated city over 60 days, in million agent-days a second of processor time: \
           3 million people without a response (bar: 30; raw is the fastest peer, with --peers on \
           300,000 people and the same share infected); form `controlled`: with a response that \
           lets 5 to 10 % be infected (bar: 100); form `large`: 25 million people with the same \
           response, in processor seconds (bar: 15, and 1,500 MB)",
    runs: &[
        Run::PLAIN,
        Run { store: Kind::Sqlite, form: Some("controlled") },
        Run { store: Kind::Sqlite, form: Some("large") },
    ],
    peers: true,
    run: |setting| Box::pin(run(setting)),
};

const PEOPLE: u64 = 3_000_000;
const DAYS: u32 = 60;
const BAR: f64 = 30.0;
const BAR_CONTROLLED: f64 = 100.0;
const BAR_LARGE: f64 = 15.0;
const BAR_LARGE_MB: f64 = 1_500.0;
/// A response that is too little, too late: a tenth of the swabs, a tenth of the contacts, doors
/// that leak, everybody out as usual. Of the people, nearly a tenth are infected; with the
/// scenario's own response next to nobody is, and its speed would prove nothing.
const WEAK: [&str; 10] = [
    "seeds.0=60",
    "seeds.1=60",
    "testing.sampling=x0.1",
    "tracing.found=0.1",
    "zones.area=0",
    "zones.leakage=0.6",
    "zones.compliance=0.7",
    "behaviour.region=1",
    "behaviour.street=1",
    "behaviour.market=1",
];
/// Shares infected between which the forms with a response prove something.
const HELD: std::ops::Range<f64> = 0.05..0.1;
/// Cities of the scenario's size that make 25 million.
const COPIES: u32 = 7;
/// People for the peers, some of which need a minute for them.
const PEER_PEOPLE: u64 = 300_000;

/// What a run came to.
struct Lived {
    people: u32,
    infected: usize,
    build: f64,
    run: f64,
    bytes: usize,
}

impl Lived {
    /// Million agent-days a second.
    fn pace(&self) -> f64 {
        f64::from(self.people) * f64::from(DAYS) / self.run.max(0.01) / 1e6
    }

    fn share(&self) -> f64 {
        self.infected as f64 / f64::from(self.people)
    }
}

fn cpu() -> f64 {
    process::cpu_seconds("self").unwrap_or_default()
}

/// The scenario's response, weakened.
fn weak(scenario: &Scenario) -> Result<ResponsePlan> {
    let changes = WEAK.iter().map(|c| c.parse::<Change>()).collect::<Result<Vec<_>, _>>()?;
    // Of few people: only the plan is taken from it.
    Ok(Rehearsal::new(scenario, 1, Some(20_000), &changes)?.unfitted().plan(0)?)
}

/// Sixty days with a weak response, or without any.
fn live(people: Option<u64>, copies: u32, response: bool) -> Result<Lived> {
    let scenario = Scenario::bundled("jilin-2022")?;
    let parameters = scenario.epidemic()?;
    let mut plan = weak(&scenario)?;
    // A larger city in which as many bring it in has a smaller share infected after sixty days.
    plan.seeds.iter_mut().for_each(|seeds| seeds.count *= f64::from(copies));
    let started = cpu();
    let city = City::generate(&scenario, Options { seed: 1, people, areas: None })?;
    let all = Arc::new(Population::of_city(&city, parameters, copies)?);
    drop(city);
    let built = cpu();
    let disease = Arc::new(Disease::new(parameters));
    let infected = if response {
        let plan = Arc::new(plan);
        let scale = f64::from(all.people()) / 3_623_713.0;
        let mut response = Response::new(plan, all.clone(), disease, 1, scale);
        for _ in 0..DAYS {
            response.live(1);
        }
        response.truth().infections().len()
    } else {
        let mut truth = Epidemic::new(all.clone(), disease, 1);
        let everyone: Vec<u32> = (0..all.people()).collect();
        truth.import_among(&everyone, all.people() / 10_000);
        for _ in 0..DAYS {
            truth.step(1);
        }
        truth.infections().len()
    };
    Ok(Lived {
        people: all.people(),
        infected,
        build: built - started,
        run: cpu() - built,
        bytes: all.bytes(),
    })
}

async fn run(setting: Setting) -> Result<Report> {
    let form = setting.form;
    let (people, copies, response) = match form {
        None => (Some(setting.people.unwrap_or(PEOPLE)), 1, false),
        Some("controlled") => (Some(setting.people.unwrap_or(PEOPLE)), 1, true),
        Some("large") => (setting.people.map(|p| p / u64::from(COPIES)), COPIES, true),
        Some(other) => bail!("city has no form {other:?}; there are controlled and large"),
    };
    say("making the people and living through sixty days");
    let lived = tokio::task::spawn_blocking(move || live(people, copies, response)).await??;
    let memory = process::peak_rss_mb("self");
    let share = lived.share();
    let mut details = vec![format!(
        "{} people, {:.1} % infected; {:.1} s to make them, {:.1} s for {DAYS} days; {:.1} bytes \
         an agent",
        lived.people,
        share * 100.0,
        lived.build,
        lived.run,
        lived.bytes as f64 / f64::from(lived.people)
    )];
    let pace = lived.pace();
    let mut report = match form {
        None => Report {
            value: rounded(pace),
            unit: "million agent-days a CPU second",
            bar: Some(BAR),
            pass: pace >= BAR,
            ..Report::default()
        },
        Some("controlled") => Report {
            value: rounded(pace),
            unit: "million agent-days a CPU second",
            bar: Some(BAR_CONTROLLED),
            pass: pace >= BAR_CONTROLLED && HELD.contains(&share),
            ..Report::default()
        },
        Some(_) => {
            let seconds = lived.build + lived.run;
            Report {
                value: rounded(seconds),
                unit: "CPU seconds",
                bar: Some(BAR_LARGE),
                pass: seconds < BAR_LARGE
                    && HELD.contains(&share)
                    && memory.is_none_or(|mb| mb < BAR_LARGE_MB),
                ..Report::default()
            }
        }
    };
    if setting.peers && form.is_none() {
        beside(&mut report, &mut details).await?;
    }
    report.peak_rss_mb = memory;
    report.details = details;
    Ok(report)
}

/// What peers are asked for.
#[derive(Serialize)]
struct Task {
    people: u64,
    days: u32,
    /// Share infected at the end.
    attack: f64,
}

/// What one peer did, or why it did not.
#[derive(Deserialize)]
struct Answer {
    name: String,
    /// Why it was not run.
    missing: Option<String>,
    #[serde(default)]
    cpu_seconds: f64,
    #[serde(default)]
    attack: f64,
}

/// Runs the peers and us on the same number of people.
async fn beside(report: &mut Report, details: &mut Vec<String>) -> Result<()> {
    say("the same with fewer people, for the peers");
    let ours = tokio::task::spawn_blocking(move || live(Some(PEER_PEOPLE), 1, false)).await??;
    let task = Task { people: PEER_PEOPLE, days: DAYS, attack: ours.share() };
    let Some(answers) = peers::ask::<Vec<Answer>>("city", &task).await? else {
        details.push("peers: not installed".into());
        return Ok(());
    };
    let row = |name: &str, cells: [String; 3]| {
        let mut row = vec![name.to_owned()];
        row.extend(cells);
        row
    };
    let heads = ["million agent-days a CPU second", "CPU seconds", "infected"];
    let mut rows = vec![row("", heads.map(String::from))];
    let line = |seconds: f64, attack: f64| {
        let pace = task.people as f64 * f64::from(DAYS) / seconds.max(0.01) / 1e6;
        [format!("{pace:.1}"), format!("{seconds:.2}"), format!("{:.1} %", attack * 100.0)]
    };
    rows.push(row("songhua", line(ours.run, ours.share())));
    let mut best: Option<f64> = None;
    for answer in &answers {
        match &answer.missing {
            Some(why) => rows.push(row(&answer.name, [why.clone(), String::new(), String::new()])),
            None => {
                rows.push(row(&answer.name, line(answer.cpu_seconds, answer.attack)));
                let pace =
                    task.people as f64 * f64::from(DAYS) / answer.cpu_seconds.max(0.01) / 1e6;
                best = Some(best.map_or(pace, |b: f64| b.max(pace)));
            }
        }
    }
    details.push(format!("{PEER_PEOPLE} people, {DAYS} days, no response:"));
    details.extend(screen::table(&rows).lines().map(String::from));
    report.raw = best.map(rounded);
    report.ratio = best.map(|b| rounded(ours.pace() / b));
    Ok(())
}
