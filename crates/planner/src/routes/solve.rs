//! The way from a problem to a plan.

use super::anneal::{Landscape, Progress, Watch, anneal};
use super::curve::Renumbered;
use super::problem::{Ground, Problem, RouteError, Routes};
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
    /// Temperatures at the start and at the end, as parts of the mean way between two stops; none
    /// finds them by looking at some steps.
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
    if let Some(along) = Renumbered::along(problem) {
        let warm = effort.warm.map(|plan| along.enter(plan));
        let effort = Effort { warm: warm.as_ref(), seed: effort.seed, heat: effort.heat };
        return Ok(along.leave(&search(&along.problem, &effort, watch)));
    }
    Ok(search(problem, effort, watch))
}

fn search(problem: &Problem, effort: &Effort<'_>, watch: &mut dyn Watch) -> Routes {
    let stops = problem.stops.iter().map(|stop| stop.place);
    let nodes: Vec<u32> = stops.chain(problem.fleets.iter().map(|fleet| fleet.depot)).collect();
    with_metric(problem, &nodes, Search { problem, effort, watch })
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
        tours.recreate(usize::MAX, false, i64::MAX);
        tours.keep();
        let turns = !TIMED && matches!(problem.ground, Ground::Plane { .. });
        let mut state = Searched { tours, ruin: Ruin::USUAL, unpolished: 0, turns };
        let seed = self.effort.seed;
        let mean = state.tours.mean_way();
        let mut before = 0;
        let (hot, cold) = match (self.effort.heat, self.effort.warm) {
            (Some((hot, cold)), _) => (hot * mean, cold * mean),
            (None, Some(_)) => (0.05 * mean, 0.01 * mean),
            (None, None) => {
                let mut first = |progress: &Progress| self.watch.spent(progress) / QUENCH;
                before = anneal(&mut state, COLD * mean, COLD * mean, seed, &mut first);
                state.heat()
            }
        };
        let mut rest = |progress: &Progress| {
            self.watch.spent(&Progress { steps: progress.steps + before, ..*progress })
        };
        anneal(&mut state, hot, cold, seed, &mut rest);
        state.tours.best()
    }
}

/// The share of a search that goes straight downhill first. How dear a usual step is shows in a
/// plan that is not bad; the first one may be twice as long as it need be.
const QUENCH: f64 = 0.02;

/// Temperatures, as parts of what a usual step loses. The hot one is for trips of up to [`LONG`]
/// stops and grows faster than they do: where trips are long, more has to be done at once to gain.
const HOT: f64 = 0.4;
const COLD: f64 = 0.01;
const LONG: f64 = 25.0;
const LONGER: f64 = 1.3;

/// Steps that are looked at to find the temperatures.
const PROBES: usize = 1_000;

/// Up to so many stops, the best plans are polished by exchanges.
const SMALL: usize = 300;

/// Steps after a polish before the next.
const POLISH: u32 = 1_000;

/// The share of steps that exchange ends of trips or turn parts of them around.
const CROSS: f64 = 0.2;

struct Searched<'p, M, const TIMED: bool> {
    tours: Tours<'p, M, TIMED>,
    ruin: Ruin,
    unpolished: u32,
    /// Whether parts of trips may be turned around.
    turns: bool,
}

impl<M: Metric, const TIMED: bool> Searched<'_, M, TIMED> {
    /// The temperatures to begin and to end with.
    fn heat(&mut self) -> (f64, f64) {
        let usual = self.usual_loss();
        let placed = self.tours.visits.len() - self.tours.bank.len();
        let trip = placed as f64 / self.tours.used_trips.max(1) as f64;
        (HOT * usual * (trip / LONG).max(1.0).powf(LONGER), COLD * usual)
    }

    /// What a step loses that loses something: the median of some that are taken back.
    fn usual_loss(&mut self) -> f64 {
        let mut losses: Vec<i64> = Vec::with_capacity(PROBES);
        for _ in 0..PROBES {
            self.tours.begin();
            self.tours.disturb(&self.ruin, i64::MAX);
            let loss = self.tours.gain();
            if !self.tours.broken && loss > 0 && loss < Ground::CLOSED.into() {
                losses.push(loss);
            }
            self.tours.undo();
        }
        losses.sort_unstable();
        losses.get(losses.len() / 2).map_or(1.0, |&loss| loss as f64)
    }
}

impl<M: Metric, const TIMED: bool> Landscape for Searched<'_, M, TIMED> {
    #[inline]
    fn step(&mut self, allowed: f64) -> Option<i64> {
        self.tours.begin();
        let limit = self.tours.cost.saturating_add(allowed.min(1e18) as i64).saturating_add(1);
        if self.tours.rng.chance(CROSS) {
            let gain = limit - self.tours.cost;
            let found = self.tours.cross(self.turns, gain) && !self.tours.broken;
            return found.then(|| self.tours.gain());
        }
        self.tours.disturb(&self.ruin, limit);
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
