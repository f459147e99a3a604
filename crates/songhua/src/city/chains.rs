//! `songhua city chains`: what the simulated city says of hidden chains, and whether what the zero desk would say
//! of each area and day was true there.

mod desk;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use city::Scenario;
use city::response_model::{ChainNumbers, Rehearsal, Sum};
use clap::Args;
use protocol::Protocol;

use self::desk::{Desk, Kind, Tallies, Tally};
use super::Common;
use crate::screen;

/// Fewer infections than this of one week say nothing of how many somebody infects.
const ENOUGH: f64 = 100.0;

/// Say how chains of infection go on unseen in a simulated city, and check the model of community zero by it.
#[derive(Debug, Args)]
pub struct Chains {
    #[command(flatten)]
    common: Common,
    /// Leaves the scenario's fitted values out: every run has the values of its files.
    #[arg(long)]
    unfitted: bool,
    /// Another value of the model than that of the protocol, for example per_near=0.5. May be given several
    /// times.
    #[arg(long = "model", value_name = "NAME=VALUE")]
    model: Vec<String>,
}

impl Chains {
    /// Runs it.
    ///
    /// # Errors
    /// An unknown scenario, key or value.
    pub fn run(self) -> Result<ExitCode> {
        let scenario = Scenario::bundled(&self.common.scenario)?;
        let changes = self.common.changes()?;
        let (seed, people) = (self.common.seed, self.common.people);
        let mut rehearsal = Rehearsal::new(&scenario, seed, people, &changes)?;
        if self.unfitted {
            rehearsal = rehearsal.unfitted();
        }
        let protocol = Protocol::bundled()?;
        let desk = Desk::new(&protocol, rehearsal.plan(0)?.start, &self.model)?;
        let replicates = self.common.replicates;
        let bar = screen::bar("watch", u64::from(replicates) * u64::from(rehearsal.days));
        let (sums, tallies) =
            watch(&rehearsal, &desk, (replicates, self.common.threads()), || bar.inc(1))?;
        bar.finish_and_clear();
        measured(&sums).iter().for_each(|line| println!("{line}"));
        println!();
        print!("{}", screen::table(&checked(&tallies)));
        Ok(ExitCode::SUCCESS)
    }
}

/// Watches runs and asks the desk about each of them.
fn watch(
    rehearsal: &Rehearsal,
    desk: &Desk<'_>,
    (replicates, threads): (u32, usize),
    progress: impl Fn() + Sync,
) -> Result<(ChainNumbers, Tallies)> {
    let mut sums = ChainNumbers::default();
    let mut tallies = Tallies::new();
    let mut failed = None;
    rehearsal.watch_all(
        replicates,
        threads,
        |_| progress(),
        |(_, watched)| {
            sums.add(&watched.chains);
            match desk.check(&watched) {
                Ok(found) => {
                    for (key, tally) in found {
                        tallies.entry(key).or_default().join(tally);
                    }
                }
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        },
    )?;
    failed.map_or(Ok((sums, tallies)), Err)
}

/// What the city says of the model's values.
fn measured(sums: &ChainNumbers) -> Vec<String> {
    let per_found = |n: f64| if sums.found > 0.0 { n / sums.found } else { 0.0 };
    let days = |sum: &Sum| format!("{:.1} days (sd {:.1})", sum.mean(), sum.variance().sqrt());
    let detected = sums.detected();
    let most = detected.iter().copied().fold(0.0, f64::max);
    let shares: Vec<String> =
        detected.iter().map(|share| format!("{:.2}", share / most.max(1e-9))).collect();
    let weeks: Vec<&Sum> = sums.offspring.iter().filter(|week| week.n >= ENOUGH).collect();
    let means: Vec<String> = weeks.iter().map(|week| format!("{:.2}", week.mean())).collect();
    // The size of the negative binomial by moments, week by week, weighed by how many they are.
    let (mut size, mut weight) = (0.0, 0.0);
    for week in weeks {
        let over = week.variance() - week.mean();
        if over > 0.0 {
            size += week.n * week.mean().powi(2) / over;
            weight += week.n;
        }
    }
    vec![
        format!("infected {:.0}, found in the community {:.0}", sums.infected, sums.found),
        format!(
            "per_million: {:.4} brought in a day",
            sums.imported * 1e6 / sums.person_days.max(1.0)
        ),
        format!(
            "per_found: {:.2} left over for each found in the community, infected {} before",
            per_found(sums.left_over.n),
            days(&sums.left_over)
        ),
        format!(
            "per_near: {:.2} from another street for each found in the community, {} before",
            per_found(sums.across_streets.n),
            days(&sums.across_streets)
        ),
        format!(
            "of these from another county: {:.2}, {} before",
            per_found(sums.across_counties.n),
            days(&sums.across_counties)
        ),
        format!("reproduction, week by week: {}", means.join(", ")),
        format!("dispersion: {:.2}", size / f64::max(weight, 1e-9)),
        format!("generation interval: {}", days(&sums.generation)),
        format!(
            "clinic: {:.2} go there, after {}",
            sums.seeking.n / sums.infected.max(1.0),
            days(&sums.seeking)
        ),
        format!("detectable, against the best day ({most:.2}): {}", shares.join(", ")),
    ]
}

fn checked(tallies: &Tallies) -> Vec<Vec<String>> {
    let head = ["", "sure, of 10,000", "areas × days", "declared", "free", "share"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let line = |name: &str, sure: String, tally: &Tally| {
        let share = match tally.declared {
            0 => "–".to_owned(),
            _ => format!("{:.4}", tally.share()),
        };
        let numbers = [tally.all, tally.declared, tally.free].map(|n| n.to_string());
        [name.to_owned(), sure].into_iter().chain(numbers).chain([share]).collect()
    };
    let mut whole = Tally::default();
    let mut by_kind: BTreeMap<Kind, Tally> = BTreeMap::new();
    for ((kind, least), tally) in tallies {
        let sure = if *least == 0 { "less".to_owned() } else { format!("{least} or more") };
        rows.push(line(kind.words(), sure, tally));
        whole.join(*tally);
        by_kind.entry(*kind).or_default().join(*tally);
    }
    for (kind, tally) in &by_kind {
        rows.push(line(kind.words(), "all".to_owned(), tally));
    }
    rows.push(line("all of them", "all".to_owned(), &whole));
    rows
}
