//! The way from a problem to a plan.

use super::anneal::{Landscape, Watch, anneal};
use super::problem::{Problem, RouteError, Routes};
use super::ruin::Ruin;
use super::savings::savings;
use super::tours::Tours;
use super::travel::{Metric, Runner, with_metric};

/// How to search.
#[derive(Clone, Debug)]
pub struct Effort<'a> {
    /// The seed of all chance.
    pub seed: u64,
    /// A plan to start from, for a replan: it is kept where it still fits, and changed little.
    pub warm: Option<&'a Routes>,
    /// Temperatures at the start and at the end, as parts of the mean length of an edge; none
    /// chooses by the size.
    pub heat: Option<(f64, f64)>,
}

impl Effort<'_> {
    /// From nothing, with a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Effort<'static> {
        Effort { seed, warm: None, heat: None }
    }
}

/// Searches for a good plan until the watch ends it. The plan keeps every rule of the problem;
/// stops that no vehicle can visit are skipped.
///
/// # Errors
/// When the problem is not a valid one.
pub fn solve(
    problem: &Problem,
    effort: &Effort<'_>,
    watch: &mut dyn Watch,
) -> Result<Routes, RouteError> {
    problem.validate()?;
    let stops = problem.stops.iter().map(|stop| stop.place);
    let nodes: Vec<u32> = stops.chain(problem.fleets.iter().map(|fleet| fleet.depot)).collect();
    Ok(with_metric(problem, &nodes, Search { problem, effort, watch }))
}

struct Search<'p, 'a> {
    problem: &'p Problem,
    effort: &'a Effort<'a>,
    watch: &'a mut dyn Watch,
}

impl<'p> Runner<'p, Routes> for Search<'p, '_> {
    fn run<M: Metric + 'p>(self, metric: M) -> Routes {
        if self.problem.timed() {
            self.with::<M, true>(metric)
        } else {
            self.with::<M, false>(metric)
        }
    }
}

impl<'p> Search<'p, '_> {
    fn with<M: Metric + 'p, const TIMED: bool>(self, metric: M) -> Routes {
        let problem = self.problem;
        let neighbours = if problem.stops.len() > 10_000 { 60 } else { 100 };
        let mut tours: Tours<'p, M, TIMED> =
            Tours::new(problem, metric, neighbours, self.effort.seed);
        if let Some(plan) = self.effort.warm {
            tours.load(plan);
        } else if let Some(plan) = savings(problem, &tours) {
            tours.load(&plan);
        }
        tours.recreate(usize::MAX, false);
        tours.keep();
        let edges = (problem.stops.len() - tours.bank.len()) + tours.used_trips;
        let skipped: i64 = tours.bank.iter().map(|&s| problem.stops[s as usize].skip).sum();
        let mean = (tours.cost - skipped).max(1) as f64 / edges.max(1) as f64;
        let (hot, cold) = self.effort.heat.unwrap_or_else(|| {
            if self.effort.warm.is_some() { (0.05, 0.01) } else { heat(problem.stops.len()) }
        });
        let mut state = Searched { tours, ruin: Ruin::USUAL, unpolished: 0 };
        anneal(&mut state, hot * mean, cold * mean, self.effort.seed, self.watch);
        state.tours.best()
    }
}

/// Temperatures for a size, as parts of the mean edge: large instances have few steps for each
/// stop, and would not cool down from a high one.
fn heat(stops: usize) -> (f64, f64) {
    match stops {
        0..=2_500 => (0.7, 0.02),
        2_501..=10_000 => (0.4, 0.02),
        _ => (0.2, 0.02),
    }
}

/// Up to so many stops, the best plans are polished by exchanges.
const SMALL: usize = 300;

/// Steps after a polish before the next.
const POLISH: u32 = 1_000;

struct Searched<'p, M, const TIMED: bool> {
    tours: Tours<'p, M, TIMED>,
    ruin: Ruin,
    unpolished: u32,
}

impl<M: Metric, const TIMED: bool> Landscape for Searched<'_, M, TIMED> {
    #[inline]
    fn step(&mut self) -> Option<i64> {
        self.tours.begin();
        self.tours.disturb(&self.ruin);
        (!self.tours.broken).then(|| self.tours.gain())
    }

    #[inline]
    fn keep(&mut self) {
        let better = self.tours.keep();
        self.unpolished += 1;
        if better && self.unpolished >= POLISH && self.tours.visits.len() <= SMALL {
            self.unpolished = 0;
            self.tours.polish();
        }
    }

    #[inline]
    fn undo(&mut self) {
        self.tours.undo();
    }

    fn best(&self) -> i64 {
        self.tours.best_cost
    }
}
