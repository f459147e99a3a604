//! Fewer trips: a trip is dissolved and its stops are put into the others, after the fleet
//! minimisation of Christiaens and Vanden Berghe (2020).
//!
//! With times, a plan of few trips is a plan that annealing does not come to: on the way to it,
//! stops of a dissolved trip are in none. Here they may be. What counts is how often each stop has
//! been left out so far: stops that are hard to place become dear, and easy ones wait instead.

use std::collections::BTreeMap;

use super::anneal::ASK;
use super::problem::Routes;
use super::ruin::Ruin;
use super::tours::{NONE, Tours};
use super::travel::Metric;

/// At most so many stops that wait are tried in a step.
const WAITING: usize = 40;

/// The chance that a step begins at a stop that waits.
const AT_WAITING: f64 = 0.5;

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Takes one trip after the other out of the plan, as long as `on` says so.
    /// Then the plan with the fewest trips that has all stops is there again, and is the best plan.
    /// The first plan with each number of trips is kept in `reached`.
    /// `heat` is what a step may lose of length, about.
    pub(super) fn fewer_trips(
        &mut self,
        how: &Ruin,
        heat: f64,
        reached: &mut BTreeMap<usize, Routes>,
        on: &mut dyn FnMut(u64) -> bool,
    ) -> u64 {
        let mut missed = vec![0u64; self.visits.len()];
        let mut steps = 0u64;
        while !steps.is_multiple_of(ASK) || on(steps) {
            if self.bank.is_empty() {
                self.keep_as_best();
                reached.entry(self.used_trips).or_insert_with(|| self.best());
                if self.used_trips <= 1 {
                    break;
                }
                self.dissolve(&missed);
                self.most_trips = self.used_trips;
            }
            let sum = |bank: &[u32]| bank.iter().map(|&stop| missed[stop as usize]).sum::<u64>();
            let skips = |tours: &Self| -> i64 {
                tours.bank.iter().map(|&stop| tours.visits[stop as usize].skip).sum()
            };
            let (before, left_out) = (sum(&self.bank), skips(self));
            self.begin();
            let mut seed = self.seed();
            if self.rng.chance(AT_WAITING) && !self.bank.is_empty() {
                seed = self.bank[self.rng.below(self.bank.len())] as usize;
            }
            self.ruin_at(seed, how);
            self.recreate(WAITING, false, i64::MAX);
            let after = sum(&self.bank);
            let longer = self.gain() - (skips(self) - left_out);
            let allowed = -heat * (1.0 - self.rng.unit()).ln();
            let stays = !self.broken
                && (self.bank.is_empty()
                    || after < before
                    || after == before && (longer as f64) < allowed);
            // What does not stay has been left out all the same.
            for &stop in &self.bank {
                missed[stop as usize] += 1;
            }
            if stays {
                self.keep();
            } else {
                self.undo();
            }
            steps += 1;
        }
        if !self.bank.is_empty() {
            let plan = self.best();
            self.restart(&plan);
        }
        steps
    }

    /// Takes all stops of the trip out whose stops have been missed the least.
    fn dissolve(&mut self, missed: &[u64]) {
        let mut sums = vec![0u64; self.trips.len()];
        for (stop, missed) in missed.iter().enumerate() {
            if self.link[stop].trip != NONE {
                sums[self.link[stop].trip as usize] += missed;
            }
        }
        let used = (0..self.trips.len()).filter(|&trip| self.trips[trip].count > 0);
        let Some(trip) = used.min_by_key(|&trip| (sums[trip], self.trips[trip].count)) else {
            return;
        };
        self.begin();
        self.empty(trip);
        self.keep();
    }

    fn empty(&mut self, trip: usize) {
        let mut stops = Vec::new();
        let anchor = self.base + trip;
        let first = self.link[anchor].next as usize;
        if first < self.base {
            let mut last = first;
            while (self.link[last].next as usize) < self.base {
                last = self.link[last].next as usize;
            }
            self.cut(first, last, &mut stops);
        }
        self.cost += stops.iter().map(|&stop| self.visits[stop as usize].skip).sum::<i64>();
        self.bank.extend(stops);
    }

    /// Begins anew from a plan that keeps all rules; it is the best plan then, whatever it costs.
    pub(super) fn restart(&mut self, plan: &Routes) {
        self.begin();
        for trip in 0..self.trips.len() {
            self.empty(trip);
        }
        self.load(plan);
        self.mark();
        self.keep_as_best();
    }
}
