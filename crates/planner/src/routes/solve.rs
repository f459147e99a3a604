//! The way from a problem to a plan.

use super::anneal::{Landscape, Watch};
use super::curve::Renumbered;
use super::fewest::{Whole, fewest};
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
        let mut whole = Whole { watch: self.watch, steps: 0, best: i64::MAX };
        let (hot, cold) = match (self.effort.heat, self.effort.warm) {
            (Some((hot, cold)), _) => (hot * mean, cold * mean),
            (None, Some(_)) => (0.05 * mean, 0.01 * mean),
            (None, None) => {
                whole.anneal(&mut state, (COLD * mean, COLD * mean), seed, (0.0, QUENCH));
                state.heat()
            }
        };
        let from_nothing = self.effort.warm.is_none() && self.effort.heat.is_none();
        let mut from = 0.0;
        if from_nothing && TIMED && state.one_number() {
            fewest(&mut state, &mut whole, (hot, cold), seed);
            from = whole.spent(0, i64::MAX);
        }
        if from_nothing && !TIMED && problem.stops.len() <= SMALL {
            state.rounds(&mut whole, (hot, cold), seed);
        } else {
            whole.anneal(&mut state, (hot, cold), seed, (from, 1.0));
        }
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

/// From so many stops on, the number of trips is looked for, with times.
const MANY: usize = 100;

/// How often small instances are annealed, and how hot the last time.
const ROUNDS: u32 = 6;
const REHEAT: f64 = 0.3;

/// Steps after a polish before the next.
const POLISH: u32 = 1_000;

/// The share of steps that exchange ends of trips or turn parts of them around.
const CROSS: f64 = 0.2;

pub(super) struct Searched<'p, M, const TIMED: bool> {
    pub(super) tours: Tours<'p, M, TIMED>,
    pub(super) ruin: Ruin,
    unpolished: u32,
    /// Whether parts of trips may be turned around.
    turns: bool,
}

impl<M: Metric, const TIMED: bool> Searched<'_, M, TIMED> {
    /// Whether the number of trips is one number that can be chosen, and all stops are in one.
    fn one_number(&self) -> bool {
        let fleets = &self.tours.problem.fleets;
        self.tours.visits.len() >= MANY
            && fleets.len() == 1
            && fleets[0].trips == 1
            && self.tours.bank.is_empty()
    }

    /// Anneals several times: a small instance is soon as good as one cooling makes it. Trips may
    /// carry too much in every other round; the last one begins at the best plan, and less hot.
    fn rounds(&mut self, whole: &mut Whole<'_>, (hot, cold): (f64, f64), seed: u64) {
        let overload = self.may_overload();
        let from = whole.spent(0, i64::MAX);
        let part = (1.0 - from) / f64::from(ROUNDS);
        for round in 0..ROUNDS {
            let best = self.tours.best();
            let last = round + 1 == ROUNDS;
            if overload || last && self.tours.problem.fleets.len() == 1 {
                self.tours.restart(&best);
                self.tours.allow_overload(overload && round % 2 == 0);
            }
            let heat = (if last { hot * REHEAT } else { hot }, cold);
            let begin = from + f64::from(round) * part;
            whole.anneal(self, heat, seed.wrapping_add(round.into()), (begin, begin + part));
            self.tours.polish();
        }
        whole.spent(0, self.tours.best_cost);
    }

    /// Whether trips may carry too much for a while: there are enough vehicles.
    fn may_overload(&self) -> bool {
        let fleets = &self.tours.problem.fleets;
        fleets.len() == 1 && fleets[0].count.is_none() && self.tours.bank.is_empty()
    }

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
        self.tours.look_after_price();
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
