//! `songhua city supply`: what people behind closed doors would have eaten. Runs with a change beside runs without it,
//! pair by pair with the same households and larders.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use city::response_model::{Change, Paired};
use city::{City, Options, Scenario, SupplyPlan};
use clap::{Args, ValueEnum};
use drill::on_paper::{Outcome, PaperHome, homes, run};
use jiff::civil::Date;

use crate::screen;

/// Under which conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Conditions {
    /// Late March in a city like Changchun: markets closed, few drivers, no packs.
    LateMarch,
    /// The scenario's own.
    Usual,
}

impl Conditions {
    /// The table of the scenario's `supply.toml`.
    fn table(self) -> &'static str {
        match self {
            Conditions::LateMarch => "late_march",
            Conditions::Usual => "usual",
        }
    }
}

/// Asks what people behind closed doors would have eaten under another policy: on paper, without a server, with the
/// larders of the drill. Without --change it tries what would have avoided late March: passes for drivers before
/// areas are locked, a reserve, packs for whoever is due, and all three.
#[derive(Debug, Args)]
pub struct Supply {
    /// A built-in scenario: jilin-2022, measles-town.
    scenario: String,
    /// Under which conditions.
    #[arg(long, value_enum, default_value = "late-march")]
    conditions: Conditions,
    /// Pairs of runs with seeds of their own.
    #[arg(long, value_name = "N", default_value_t = 20)]
    replicates: u32,
    /// Residents, instead of all.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    people: u64,
    /// The same seed gives the same runs.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The first day.
    #[arg(long, value_name = "DATE", default_value = "2022-03-11")]
    from: Date,
    /// Days to live through.
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
    /// Changes a figure of supply.toml from the first day on, for example passes=0.8, late_march.reserve=5,
    /// late_march.drivers@2022-03-25=0.5. May be given several times.
    #[arg(long = "change", value_name = "KEY=VALUE")]
    changes: Vec<String>,
}

/// A figure with its name.
type Figure = (&'static str, fn(&Outcome) -> f64);

/// What is compared.
const FIGURES: [Figure; 7] = [
    ("meals missed", |o| o.tally.missed as f64),
    ("of meals due", |o| o.tally.meals as f64),
    ("households that missed a meal", |o| o.hungry as f64),
    ("person-days without medicine", |o| o.tally.without as f64),
    ("hours from order to door, median", |o| o.door_median),
    ("hours from order to door, 90th percentile", |o| o.door_p90),
    ("spoiled, kg", |o| o.spoiled as f64 / 1_000.0),
];

/// What would have avoided late March, by name.
const MEASURES: [(&str, &[&str]); 4] = [
    ("passes for drivers before areas are locked", &["passes=0.8"]),
    ("a reserve of five days", &["reserve=5"]),
    ("packs for whoever is due", &["packs=1"]),
    ("all three", &["passes=0.8", "reserve=5", "packs=1"]),
];

impl Supply {
    /// Runs it.
    ///
    /// # Errors
    /// An unknown scenario or key, a value outside its range.
    pub fn run(self) -> Result<ExitCode> {
        let started = Instant::now();
        let scenario = Scenario::bundled(&self.scenario)?;
        let options = Options { seed: self.seed, people: Some(self.people), areas: None };
        let homes = homes(&City::generate(&scenario, options)?);
        let asked: Vec<(String, Vec<String>)> = match self.changes.is_empty() {
            false => vec![(self.changes.join(", "), self.changes.clone())],
            true => MEASURES
                .iter()
                .map(|(name, keys)| {
                    ((*name).to_owned(), keys.iter().map(|k| (*k).to_owned()).collect())
                })
                .collect(),
        };
        let plans: Vec<SupplyPlan> = asked
            .iter()
            .map(|(_, keys)| Ok(scenario.supply(&self.parsed(keys)?)?))
            .collect::<Result<_>>()?;
        let total = u64::from(self.replicates) * (plans.len() as u64 + 1);
        let bar = screen::bar("runs", total);
        let many = |plan: &SupplyPlan| -> Vec<Outcome> {
            let all = (0..self.replicates).map(|n| {
                bar.inc(1);
                self.once(&homes, plan, n)
            });
            all.collect()
        };
        let before = many(&scenario.supply(&[])?);
        println!(
            "{}, {}: {} households, {} days from {}, {} pairs of runs",
            self.scenario,
            self.conditions.table(),
            homes.len(),
            self.days,
            self.from,
            self.replicates
        );
        let head = ["", "as it was", "changed", "difference", "90 % of pairs", "pairs below 0"];
        for ((name, _), plan) in asked.iter().zip(&plans) {
            let after = many(plan);
            let mut rows = vec![head.map(String::from).to_vec()];
            for (figure, read) in FIGURES {
                let of = |runs: &[Outcome]| runs.iter().map(read).collect::<Vec<f64>>();
                let p = Paired::of(of(&before), of(&after));
                rows.push(vec![
                    figure.to_owned(),
                    format!("{:.0}", p.base.median),
                    format!("{:.0}", p.changed.median),
                    format!("{:.0}", p.difference.median),
                    format!("{:.0} to {:.0}", p.difference.low, p.difference.high),
                    format!("{} of {}", p.less, p.pairs),
                ]);
            }
            println!("\nwith {name}:");
            print!("{}", screen::table(&rows));
        }
        bar.finish_and_clear();
        println!("\nIn {:.0} s.", started.elapsed().as_secs_f64());
        Ok(ExitCode::SUCCESS)
    }

    /// The changes, of the conditions that are asked for unless they name others, from the first day on.
    fn parsed(&self, keys: &[String]) -> Result<Vec<Change>> {
        let table = self.conditions.table();
        let whole = |key: &String| {
            let name = key.split(['=', '@']).next().unwrap_or_default();
            if name.contains('.') { key.clone() } else { format!("{table}.{key}") }
        };
        keys.iter().map(|key| Ok(whole(key).parse::<Change>()?.since(self.from))).collect()
    }

    fn once(&self, homes: &[PaperHome], plan: &SupplyPlan, n: u32) -> Outcome {
        let of = match self.conditions {
            Conditions::LateMarch => &plan.late_march,
            Conditions::Usual => &plan.usual,
        };
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(n));
        run(homes, plan, of, (self.from, self.days), seed)
    }
}
