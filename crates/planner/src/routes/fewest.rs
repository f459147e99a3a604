//! How many trips to allow: found by short searches, each allowed fewer trips than the last.
//!
//! Annealing finds the plan for a number of trips, not the number: where trips are bound by time,
//! each trip less is a hill that it does not cross ([`super::fewer`]). The length as a function of
//! the number falls to the best number from both sides, so the search walks down.

use std::collections::{BTreeMap, BTreeSet};

use super::anneal::{Progress, Watch, anneal};
use super::problem::Routes;
use super::solve::Searched;
use super::travel::Metric;

/// The share of the effort of one short search.
const SHORT: f64 = 0.04;

/// The share that taking trips out of a plan may use.
const REDUCING: f64 = 0.08;

/// After so many numbers in a row that gain nothing, lower ones are not tried.
const FAILURES: usize = 2;

/// At this share of the effort the number that is best so far is taken.
const ENOUGH: f64 = 0.5;

/// One trip of so many is how far the first look goes.
const REACH: usize = 40;

/// A watch over all parts of a search: steps add up, and the best plan of all counts.
pub(super) struct Whole<'a> {
    pub(super) watch: &'a mut dyn Watch,
    pub(super) steps: u64,
    /// The cost of the best plan of the parts before, which may have been another one.
    pub(super) best: i64,
}

impl Whole<'_> {
    pub(super) fn spent(&mut self, steps: u64, best: i64) -> f64 {
        let (steps, best) = (self.steps + steps, self.best.min(best));
        self.watch.spent(&Progress { steps, best })
    }

    /// Anneals for the share of the effort from `from` to `to`.
    pub(super) fn anneal<M: Metric, const TIMED: bool>(
        &mut self,
        state: &mut Searched<'_, M, TIMED>,
        (hot, cold): (f64, f64),
        seed: u64,
        (from, to): (f64, f64),
    ) {
        let mut part = |progress: &Progress| {
            let spent = self.spent(progress.steps, progress.best);
            if spent >= 1.0 { 1.0 } else { (spent - from) / (to - from) }
        };
        self.steps += anneal(state, hot, cold, seed, &mut part);
    }
}

/// A plan, and the number of trips that was allowed.
struct Found {
    cost: i64,
    most: usize,
    plan: Routes,
}

struct Fewest<'s, 'w, 'p, M, const TIMED: bool> {
    state: &'s mut Searched<'p, M, TIMED>,
    whole: &'s mut Whole<'w>,
    heat: (f64, f64),
    seed: u64,
    /// Plans by their number of trips.
    starts: BTreeMap<usize, Routes>,
    tried: BTreeSet<usize>,
    best: Found,
}

/// Looks for the number of trips with which a short search finds the shortest plan. The state has
/// that number and that plan afterwards.
pub(super) fn fewest<M: Metric, const TIMED: bool>(
    state: &mut Searched<'_, M, TIMED>,
    whole: &mut Whole<'_>,
    heat: (f64, f64),
    seed: u64,
) {
    let best = Found { cost: i64::MAX, most: usize::MAX, plan: Routes::default() };
    let mut search =
        Fewest { state, whole, heat, seed, starts: BTreeMap::new(), tried: BTreeSet::new(), best };
    search.reduce();
    search.short(usize::MAX);
    let mut at: usize = search.best.plan.tours.iter().map(|tour| tour.trips.len()).sum();
    let mut step = (at / REACH).max(1);
    let (mut next, mut failed) = (at, 0);
    while failed < FAILURES && next > step {
        next -= step;
        if search.shorter(next) {
            (at, failed) = (next, 0);
        } else {
            failed += 1;
        }
    }
    while step > 1 {
        step /= 2;
        if search.shorter(at.saturating_sub(step)) {
            at -= step;
        } else if search.shorter(at + step) {
            at += step;
        }
    }
    let best = search.best;
    state.tours.restart(&best.plan);
    state.tours.most_trips = best.most;
}

impl<M: Metric, const TIMED: bool> Fewest<'_, '_, '_, M, TIMED> {
    /// A short search with at most so many trips; whether its plan is the shortest yet.
    fn short(&mut self, most: usize) -> bool {
        self.state.tours.most_trips = most;
        let from = self.whole.spent(0, i64::MAX);
        self.whole.anneal(self.state, self.heat, self.seed, (from, from + SHORT));
        let cost = self.state.tours.best_cost;
        self.whole.best = self.whole.best.min(cost);
        let better = cost < self.best.cost;
        if better {
            self.best = Found { cost, most, plan: self.state.tours.best() };
        }
        better
    }

    /// Takes trips out, as many as can be in the time for it.
    fn reduce(&mut self) {
        let began = self.whole.spent(0, i64::MAX);
        let heat = (self.heat.0 * self.heat.1).sqrt();
        let (whole, tours) = (&mut *self.whole, &mut self.state.tours);
        whole.best = whole.best.min(tours.best_cost);
        let first = tours.best();
        let on = &mut |steps| whole.spent(steps, i64::MAX) - began < REDUCING;
        let steps = tours.fewer_trips(&self.state.ruin, heat, &mut self.starts, on);
        whole.steps += steps;
        self.state.tours.restart(&first);
    }

    /// The same, where a plan of so many trips is known.
    fn shorter(&mut self, most: usize) -> bool {
        if self.whole.spent(0, i64::MAX) > ENOUGH || !self.tried.insert(most) {
            return false;
        }
        let Some(start) = self.starts.get(&most) else { return false };
        self.state.tours.restart(start);
        self.short(most)
    }
}
