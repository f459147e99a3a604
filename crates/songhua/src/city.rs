//! `songhua city`: rehearsals on paper — an outbreak and a response in a simulated city.

mod chains;
mod supply;

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result};
use city::Scenario;
use city::response_model::{
    Change, DAILY, DayRow, FitReport, Rehearsal, Run, Search, Spread, TOTALS, WhatIf, bands, fit,
    write_daily, write_line_list, write_tree,
};
use clap::{Args, Subcommand};

use crate::screen;

/// Rehearse an outbreak and a response in a simulated city.
#[derive(Debug, Args)]
pub struct City {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario many times; write daily series, line lists and transmission trees.
    Run(RunMany),
    /// Compare a scenario with the same one changed, run by run with the same seeds.
    WhatIf(WhatIfArgs),
    /// Fit a scenario's figures to its published counts.
    Fit(Fit),
    /// Say how chains go on unseen in it, and check the model of community zero by that.
    Chains(chains::Chains),
    /// Ask what people behind closed doors would have eaten under another policy of supply.
    Supply(supply::Supply),
}

/// What every kind of rehearsal needs.
#[derive(Debug, Args)]
struct Common {
    /// A built-in scenario: jilin-2022, measles-town.
    scenario: String,
    /// Runs with seeds of their own.
    #[arg(long, value_name = "N", default_value_t = 40)]
    replicates: u32,
    /// Residents, instead of all; capacities and seeds shrink in proportion.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// The same seed gives the same runs, for any number of threads.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Runs at a time; all processors unless said.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Changes a figure, for example testing.labs=90000/day, beds.fangcang=+3d,
    /// zones.leakage=x0.5, testing.antigen@2022-03-12=0.2. May be given several times.
    #[arg(long = "change", value_name = "KEY=VALUE")]
    changes: Vec<String>,
}

#[derive(Debug, Args)]
struct RunMany {
    #[command(flatten)]
    common: Common,
    /// Where to write: daily.csv, bands.csv, fit.html, line-list-N.csv, tree-N.csv.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Runs whose line list and transmission tree are written.
    #[arg(long, value_name = "N", default_value_t = 1)]
    lists: u32,
    /// Leaves the scenario's fitted values out: every run has the values of its files.
    #[arg(long)]
    unfitted: bool,
    /// Fitted values in place of the scenario's, as `city fit` writes them; its rows are taken in turn.
    #[arg(long, value_name = "FILE", conflicts_with = "unfitted")]
    fitted: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct WhatIfArgs {
    #[command(flatten)]
    common: Common,
    /// Where to write what-if.html (Chinese and English), paired.csv, daily.csv and the charts.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Fit {
    #[command(flatten)]
    common: Common,
    /// Tries in a round.
    #[arg(long, value_name = "N", default_value_t = 200)]
    tries: u32,
    /// Rounds; each looks nearer to the best so far.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// Sets of values to keep.
    #[arg(long, value_name = "N", default_value_t = 20)]
    keep: usize,
    /// Where to write the kept sets.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl City {
    /// Runs it.
    ///
    /// # Errors
    /// An unknown scenario or key, a value outside its range, a file that cannot be written.
    pub async fn run(self) -> Result<ExitCode> {
        let work = move || match self.command {
            Command::Run(run) => run.run(),
            Command::WhatIf(what_if) => what_if.run(),
            Command::Fit(fit) => fit.run(),
            Command::Chains(chains) => chains.run(),
            Command::Supply(supply) => supply.run(),
        };
        tokio::task::spawn_blocking(work).await?
    }
}

impl Common {
    fn changes(&self) -> Result<Vec<Change>> {
        self.changes.iter().map(|c| Ok(c.parse::<Change>()?)).collect()
    }

    fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all).max(1)
    }

    /// All runs of a rehearsal, in order; `each` sees every run before its people are let go.
    fn all(
        &self,
        rehearsal: &Rehearsal,
        what: &'static str,
        mut each: impl FnMut(&Run) -> Result<()> + Send,
    ) -> Result<Vec<Vec<DayRow>>> {
        let bar = screen::bar(what, u64::from(self.replicates) * u64::from(rehearsal.days));
        let mut runs: Vec<(u32, Vec<DayRow>)> = Vec::new();
        let mut failed = None;
        rehearsal.run_all(
            self.replicates,
            self.threads(),
            |_| bar.inc(1),
            |run| {
                if let Err(error) = each(&run) {
                    failed.get_or_insert(error);
                }
                runs.push((run.replicate, run.rows));
            },
        )?;
        bar.finish_and_clear();
        if let Some(error) = failed {
            return Err(error);
        }
        runs.sort_by_key(|(replicate, _)| *replicate);
        Ok(runs.into_iter().map(|(_, rows)| rows).collect())
    }
}

fn create(dir: &Path, name: &str) -> Result<BufWriter<fs::File>> {
    let path = dir.join(name);
    let file =
        fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(BufWriter::new(file))
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

impl RunMany {
    fn run(self) -> Result<ExitCode> {
        let started = Instant::now();
        let scenario = Scenario::bundled(&self.common.scenario)?;
        let changes = self.common.changes()?;
        let mut rehearsal =
            Rehearsal::new(&scenario, self.common.seed, self.common.people, &changes)?;
        if self.unfitted {
            rehearsal = rehearsal.unfitted();
        }
        if let Some(file) = &self.fitted {
            let csv = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            rehearsal = rehearsal.with_fitted(&csv)?;
        }
        fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make {}", self.out.display()))?;
        let (dir, lists) = (self.out.clone(), self.lists);
        let runs = self.common.all(&rehearsal, "run", |run| {
            if run.replicate < lists {
                let name = |what: &str| format!("{what}-{:02}.csv", run.replicate);
                write_line_list(run, create(&dir, &name("line-list"))?)?;
                write_tree(run, create(&dir, &name("tree"))?)?;
            }
            Ok(())
        })?;
        let plan = rehearsal.plan(0)?;
        write_daily(&runs, &plan, create(&self.out, "daily.csv")?)?;
        // What was published is of the whole city: a smaller one is not compared with it.
        let whole_city = self.common.people.is_none();
        let reported = if whole_city { scenario.reported()? } else { Vec::new() };
        let bands = bands(&runs, &plan, &reported);
        let mut csv = csv::Writer::from_writer(create(&self.out, "bands.csv")?);
        csv.write_record([
            "date",
            "low",
            "median",
            "high",
            "cumulative_low",
            "cumulative_median",
            "cumulative_high",
            "infections_median",
            "reported",
        ])?;
        for b in &bands {
            csv.write_record([
                b.date.to_string(),
                whole(b.daily.low),
                whole(b.daily.median),
                whole(b.daily.high),
                whole(b.cumulative.low),
                whole(b.cumulative.median),
                whole(b.cumulative.high),
                whole(b.infections.median),
                b.reported.map_or(String::new(), |n| n.to_string()),
            ])?;
        }
        csv.flush()?;

        let fit = if whole_city { scenario.fit_plan()? } else { None };
        let report = FitReport {
            runs: &runs,
            bands: &bands,
            plan: &plan,
            fit: fit.as_ref(),
            people: rehearsal.population().people(),
        };
        let titles = &scenario.parameters;
        let page = report.page(&titles.title, &titles.title_en);
        fs::write(self.out.join("fit.html"), page)?;
        report.sentences().iter().for_each(|[_, en]| println!("{en}"));
        println!("In {:.0} s.", started.elapsed().as_secs_f64());
        println!("written to {}", self.out.display());
        Ok(ExitCode::SUCCESS)
    }
}

impl WhatIfArgs {
    fn run(self) -> Result<ExitCode> {
        let scenario = Scenario::bundled(&self.common.scenario)?;
        let changes = self.common.changes()?;
        anyhow::ensure!(!changes.is_empty(), "say what to change: --change KEY=VALUE");
        let base = Rehearsal::new(&scenario, self.common.seed, self.common.people, &[])?;
        let other = base.changed(&changes)?;
        let before = self.common.all(&base, "as planned", |_| Ok(()))?;
        let after = self.common.all(&other, "changed", |_| Ok(()))?;
        let plan = base.plan(0)?;

        let named = changes.iter().map(Change::to_string).collect::<Vec<_>>().join(", ");
        println!("{} with {named}, {} pairs of runs", self.common.scenario, before.len());
        let dates: Vec<String> = (0..base.days).map(|d| plan.date_of(d).to_string()).collect();
        let what = WhatIf { base: &before, changed: &after, dates: &dates };
        let head = ["", "as planned", "changed", "difference", "90 % of pairs", "pairs below 0"];
        let mut rows = vec![head.map(String::from).to_vec()];
        for figure in &TOTALS {
            let p = what.total(figure);
            rows.push(vec![
                figure.en.into(),
                whole(p.base.median),
                whole(p.changed.median),
                whole(p.difference.median),
                format!("{} to {}", whole(p.difference.low), whole(p.difference.high)),
                format!("{} of {}", p.less, p.pairs),
            ]);
        }
        print!("{}", screen::table(&rows));
        if let Some(dir) = &self.out {
            fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
            write_pairs(&what, dir)?;
            for figure in &DAILY {
                let [both, difference] = what.charts(figure);
                fs::write(dir.join(format!("{}.svg", figure.key)), both)?;
                fs::write(dir.join(format!("{}-difference.svg", figure.key)), difference)?;
            }
            let titles = &scenario.parameters;
            let page = what.page(&titles.title, &titles.title_en, &named);
            fs::write(dir.join("what-if.html"), page)?;
            println!("written to {}", dir.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The numbers behind the page: every pair, and every day.
fn write_pairs(what: &WhatIf<'_>, dir: &Path) -> Result<()> {
    let mut csv = csv::Writer::from_writer(create(dir, "paired.csv")?);
    csv.write_record(["replicate", "measure", "as_planned", "changed", "difference"])?;
    for at in 0..what.base.len() {
        for figure in &TOTALS {
            let Some((a, b)) = what.pair(figure, at) else { continue };
            let difference = i128::from(b) - i128::from(a);
            let name = figure.en.to_owned();
            let numbers = [a.to_string(), b.to_string(), difference.to_string()];
            csv.write_record([at.to_string(), name].iter().chain(&numbers))?;
        }
    }
    csv.flush()?;
    let mut csv = csv::Writer::from_writer(create(dir, "daily.csv")?);
    let columns = ["date", "measure", "as_planned", "changed", "difference", "low", "high"];
    csv.write_record(columns)?;
    for figure in &DAILY {
        for (date, p) in what.dates.iter().zip(what.daily(figure)) {
            let d = p.difference;
            let numbers = [p.base.median, p.changed.median, d.median, d.low, d.high];
            let text = [date.clone(), figure.key.to_owned()];
            csv.write_record(text.iter().chain(&numbers.map(whole)))?;
        }
    }
    Ok(csv.flush()?)
}

impl Fit {
    fn run(self) -> Result<ExitCode> {
        let scenario = Scenario::bundled(&self.common.scenario)?;
        let changes = self.common.changes()?;
        let rehearsal = Rehearsal::new(&scenario, self.common.seed, self.common.people, &changes)?;
        let plan = scenario.fit_plan()?.context("the scenario has no fit.toml")?;
        let reported = scenario.reported()?;
        // After the rounds, four and two times as many sets as are kept are looked at again.
        let tries = u64::from(self.tries) * u64::from(self.rounds) + 6 * self.keep as u64;
        let bar = screen::bar("fit", tries);
        let best = Mutex::new(f64::INFINITY);
        let search = Search {
            tries: self.tries,
            rounds: self.rounds,
            keep: self.keep,
            threads: self.common.threads(),
        };
        let kept = fit(&rehearsal, &plan, &reported, search, |tried| {
            bar.inc(1);
            if let Ok(mut best) = best.lock()
                && tried.distance < *best
            {
                *best = tried.distance;
                bar.println(format!("distance {:.3}", tried.distance));
            }
        })?;
        bar.finish_and_clear();
        let mut csv = csv::Writer::from_path(&self.out)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        csv.write_record(plan.figures.iter().map(|f| &f.key))?;
        for fitted in &kept {
            csv.write_record(fitted.values.iter().map(|v| format!("{v:.4}")))?;
        }
        csv.flush()?;
        for (at, figure) in plan.figures.iter().enumerate() {
            let s = Spread::of(kept.iter().map(|k| k.values[at]).collect());
            println!("{}: {:.3} ({:.3} to {:.3})", figure.key, s.median, s.low, s.high);
        }
        if let (Some(first), Some(last)) = (kept.first(), kept.last()) {
            println!("distance {:.3} to {:.3}", first.distance, last.distance);
        }
        println!("{} sets written to {}", kept.len(), self.out.display());
        Ok(ExitCode::SUCCESS)
    }
}
