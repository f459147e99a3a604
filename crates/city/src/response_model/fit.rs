//! Fitting a scenario to its published counts: approximate Bayesian computation in rounds.
//!
//! The first round draws values evenly from their spans; every later one draws around the best
//! of all so far (Toni and others 2009, without weights: the spans are what is believed, and
//! what is kept is a set that fits, not a posterior to the digit). The distance is between
//! logarithms of sums over about three published days, so that a day's figure published a day
//! late costs little and small days count as much as large ones.
//!
//! A set of values is tried with few seeds at first. One whose first run alone is further off than
//! all that is kept is not tried again: no second run could bring it back. At the end the kept sets
//! that fit best are run with more seeds, and half of them are dropped, and again (successive
//! halving, Jamieson and Talwalkar 2016): of many sets, some fit with two seeds by luck.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::case::DayRow;
use super::change::Change;
use super::rehearsal::Rehearsal;
use super::reported::ReportedDay;
use crate::CityError;
use crate::epidemic::draw::{Draw, Purpose};
use crate::parameters::day;

/// A figure to fit, and the span to look in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The key, as in [`Change`].
    pub key: String,
    /// The least value.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// `fit.toml`: what to fit, to which days.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitPlan {
    /// The last published day that may be looked at.
    #[serde(deserialize_with = "day")]
    pub until: jiff::civil::Date,
    /// The last day that runs are compared with afterwards.
    #[serde(deserialize_with = "day")]
    pub compare_until: jiff::civil::Date,
    /// Published totals to compare with.
    pub totals: Vec<Total>,
    /// The figures.
    pub figures: Vec<Span>,
}

/// All infections published to the end of a day.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// The day.
    #[serde(deserialize_with = "day")]
    pub to: jiff::civil::Date,
    /// Confirmed and asymptomatic.
    pub infections: u64,
    /// Where it was read.
    pub source: String,
}

impl FitPlan {
    /// Reads `fit.toml`.
    ///
    /// # Errors
    /// [`CityError::Value`] for a malformed file.
    pub(crate) fn parse(text: &str) -> Result<FitPlan, CityError> {
        let wrong = |e: toml::de::Error| CityError::value("fit.toml", "the file", e.to_string());
        toml::from_str(text).map_err(wrong)
    }

    /// The published totals by day.
    pub fn totals(&self) -> Vec<(jiff::civil::Date, u64)> {
        self.totals.iter().map(|t| (t.to, t.infections)).collect()
    }
}

/// Values that were tried, and how far they are from what was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// In the order of the plan's figures.
    pub values: Vec<f64>,
    /// Root of the mean square of the differences of logarithms, mean of some runs.
    pub distance: f64,
}

/// Added to both sums before their logarithms are taken: small sums are noise.
const FLOOR: f64 = 20.0;

/// Runs of each set of values, with different seeds: one run may fit by luck.
const SEEDS: u32 = 2;

/// Runs of each set that is still there at the end of a last look; the sets are halved each time.
const LAST_LOOKS: [u32; 2] = [6, 14];

/// Days of published figures that are summed before they are compared.
const TOGETHER: usize = 3;

/// The distance between a run and what was published, up to a day.
pub fn distance(
    rows: &[DayRow],
    day_of: impl Fn(jiff::civil::Date) -> u32,
    reported: &[ReportedDay],
    until: jiff::civil::Date,
) -> f64 {
    let run = |date| {
        let row = rows.get(day_of(date) as usize);
        row.map_or(0, |r| r.reported_confirmed + r.reported_asymptomatic)
    };
    let days: Vec<(u64, u64)> = reported
        .iter()
        .filter(|r| r.date <= until)
        .filter_map(|r| Some((run(r.date), r.infections()?)))
        .collect();
    let gap = |(ran, was): (u64, u64)| {
        let log = libm::log((ran as f64 + FLOOR) / (was as f64 + FLOOR));
        log * log
    };
    let sum = |days: &[(u64, u64)]| days.iter().fold((0, 0), |s, d| (s.0 + d.0, s.1 + d.1));
    let mut gaps: Vec<f64> = days.chunks(TOGETHER).map(|c| gap(sum(c))).collect();
    // The total counts like one of the sums, so that errors of one sign do not pile up.
    gaps.push(gap(sum(&days)) * 2.0);
    libm::sqrt(gaps.iter().sum::<f64>() / gaps.len().max(1) as f64)
}

/// How to search.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Tries in a round.
    pub tries: u32,
    /// Rounds.
    pub rounds: u32,
    /// Sets to keep. In the rounds four times as many are.
    pub keep: usize,
    /// Runs at a time.
    pub threads: usize,
}

/// Fits; gives the kept sets, best first. `progress` hears of every try, and of every kept set that
/// was looked at again.
///
/// # Errors
/// [`CityError`] for a key that does not exist or a value outside the figure's range.
pub fn fit(
    rehearsal: &Rehearsal,
    plan: &FitPlan,
    reported: &[ReportedDay],
    search: Search,
    progress: impl Fn(&Fitted) + Sync,
) -> Result<Vec<Fitted>, CityError> {
    let mut rehearsal = rehearsal.clone().unfitted();
    let days = rehearsal.plan(0)?;
    rehearsal.days = days.day_of(plan.until) + 1;
    // A run this far off is not worth its time.
    let known: u64 = reported.iter().filter_map(ReportedDay::infections).sum();
    rehearsal.most = Some(10_000 + 4 * known as usize);
    let compared = Compared { rehearsal, plan, reported };
    let most = search.keep << LAST_LOOKS.len();
    let mut kept: Vec<Fitted> = Vec::new();
    for round in 0..search.rounds {
        let spread = spread(&kept, plan.figures.len());
        // Further off than this on the mean, a set is not kept.
        let limit = kept.get(most - 1).map_or(f64::INFINITY, |last| last.distance);
        let found = in_parallel(search.tries, search.threads, |at| {
            let number = round * search.tries + at;
            let values = draw(plan, &kept, &spread, number);
            let distance = compared.mean(&values, number * SEEDS, 0..SEEDS, 0.0, limit)?;
            let fitted = Fitted { values, distance };
            progress(&fitted);
            Ok(fitted)
        })?;
        kept.extend(found.into_iter().filter(|f| f.distance.is_finite()));
        sort(&mut kept);
        kept.truncate(most);
    }
    let mut seen = SEEDS;
    for (look, runs) in LAST_LOOKS.into_iter().enumerate() {
        // Every set sees the same seeds, which no try has seen.
        let first = search.rounds * search.tries * SEEDS;
        let again = in_parallel(kept.len() as u32, search.threads, |at| {
            let Fitted { values, distance } = &kept[at as usize];
            // What the tries said is one part of it, by their number.
            let before = distance * f64::from(seen);
            let distance = compared.mean(values, first, seen..runs, before, f64::INFINITY)?;
            let fitted = Fitted { values: values.clone(), distance };
            progress(&fitted);
            Ok(fitted)
        })?;
        kept = again;
        sort(&mut kept);
        kept.truncate(search.keep << (LAST_LOOKS.len() - 1 - look));
        seen = runs;
    }
    Ok(kept)
}

/// Threads finish in any order; the kept sets may not depend on it.
fn sort(kept: &mut [Fitted]) {
    kept.sort_by(|a, b| {
        let values = || a.values.iter().zip(&b.values).map(|(x, y)| x.total_cmp(y));
        a.distance
            .total_cmp(&b.distance)
            .then(values().find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal))
    });
}

/// What runs are compared with.
struct Compared<'a> {
    rehearsal: Rehearsal,
    plan: &'a FitPlan,
    reported: &'a [ReportedDay],
}

impl Compared<'_> {
    /// The mean distance of values over runs `seeds`, where `before` is the sum over those before;
    /// infinite as soon as it cannot come to `limit` any more.
    fn mean(
        &self,
        values: &[f64],
        first: u32,
        seeds: std::ops::Range<u32>,
        before: f64,
        limit: f64,
    ) -> Result<f64, CityError> {
        let changes: Vec<Change> = self
            .plan
            .figures
            .iter()
            .zip(values)
            .map(|(span, value)| Change::set(&span.key, *value))
            .collect();
        let all = f64::from(seeds.end);
        let mut sum = before;
        for seed in seeds {
            let run = self.rehearsal.run(first + seed, &changes, |_| ())?;
            if run.rows.len() < self.rehearsal.days as usize {
                return Ok(f64::INFINITY);
            }
            let day_of = |date| run.response.plan().day_of(date);
            sum += distance(&run.rows, day_of, self.reported, self.plan.until);
            if sum / all > limit {
                return Ok(f64::INFINITY);
            }
        }
        Ok(sum / all)
    }
}

/// Does something for each number below `count`, on some threads; the results in order.
fn in_parallel<T: Send>(
    count: u32,
    threads: usize,
    work: impl Fn(u32) -> Result<T, CityError> + Sync,
) -> Result<Vec<T>, CityError> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(u32, Result<T, CityError>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed) as u32;
                    if at >= count {
                        break;
                    }
                    let one = work(at);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, one));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, one)| one).collect()
}

/// The standard deviation of each value among the kept.
fn spread(kept: &[Fitted], figures: usize) -> Vec<f64> {
    (0..figures)
        .map(|at| {
            let n = kept.len().max(1) as f64;
            let mean = kept.iter().map(|k| k.values[at]).sum::<f64>() / n;
            libm::sqrt(kept.iter().map(|k| (k.values[at] - mean).powi(2)).sum::<f64>() / n)
        })
        .collect()
}

fn draw(plan: &FitPlan, kept: &[Fitted], spread: &[f64], number: u32) -> Vec<f64> {
    let mut draw = Draw::keyed(0, number, 0, Purpose::Fit);
    let near = kept.get(draw.below(kept.len() as u32) as usize);
    let value = |(at, span): (usize, &Span)| {
        let width = span.high - span.low;
        match near {
            None => span.low + width * draw.unit(),
            Some(near) => {
                let step = 1.2 * spread[at] + 0.01 * width;
                let value = near.values[at] + step * draw.normal();
                // Outside, it is drawn anew: cutting would pile values up at the ends.
                if (span.low..=span.high).contains(&value) {
                    value
                } else {
                    span.low + width * draw.unit()
                }
            }
        }
    };
    plan.figures.iter().enumerate().map(value).collect()
}
