//! Taking an old plan over: what a replan and a first plan begin from.

use super::problem::{Ground, Routes};
use super::tours::{NONE, Tours};
use super::travel::Metric;

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Takes a plan over as far as it still keeps all rules; the rest stays in the bank.
    pub(super) fn load(&mut self, plan: &Routes) {
        for tour in &plan.tours {
            let Some(kind) = self.problem.fleets.get(tour.fleet as usize).copied() else {
                continue;
            };
            let idle = (0..self.vehicles.len())
                .find(|&v| self.vehicles[v].fleet == tour.fleet && self.vehicles[v].stops == 0);
            let fresh = match idle {
                Some(vehicle) => Some(vehicle as u32),
                None => self.add_vehicle(tour.fleet as usize),
            };
            let Some(vehicle) = fresh else { continue };
            if !self.is_free(vehicle as usize) {
                continue;
            }
            let first = self.vehicles[vehicle as usize].first as usize;
            for (offset, stops) in tour.trips.iter().take(kind.trips as usize).enumerate() {
                let trip = first + offset;
                let fresh = |stop: &&u32| {
                    let stop = **stop as usize;
                    stop < self.visits.len() && self.link[stop].trip == NONE
                };
                let stops: Vec<u32> = stops.iter().filter(fresh).copied().collect();
                self.load_trip(trip, &stops);
            }
        }
        let link = &self.link;
        self.bank.retain(|&stop| link[stop as usize].trip == NONE);
    }

    /// Fills an empty trip: as a whole if it keeps the rules so, else with what can be appended.
    fn load_trip(&mut self, trip: usize, stops: &[u32]) {
        let of = |stop: &u32| self.visits[*stop as usize];
        let demand: i64 = stops.iter().map(|stop| i64::from(of(stop).demand)).sum();
        let gives = self.trips[trip].gives;
        let able = stops.iter().all(|stop| of(stop).needs & !gives == 0);
        let anchor = self.base + trip;
        if able && demand <= i64::from(self.trips[trip].room) {
            self.append(trip, stops, false);
            if self.holds(trip) {
                return;
            }
            let (first, last) = (self.link[anchor].next, stops[stops.len() - 1]);
            let mut out = Vec::with_capacity(stops.len());
            self.cut(first as usize, last as usize, &mut out);
            self.cost += stops.iter().map(|&s| self.problem.stops[s as usize].skip).sum::<i64>();
        }
        self.append(trip, stops, true);
    }

    fn append(&mut self, trip: usize, stops: &[u32], checked: bool) {
        let mut after = self.base + trip;
        for &stop in stops {
            let stop = stop as usize;
            if !checked || self.allows(stop, after, trip) {
                self.cost -= self.problem.stops[stop].skip;
                self.insert(stop, after, trip);
                after = stop;
            }
        }
    }

    /// Whether a trip, the last of its vehicle so far, uses open ways only and is in time.
    fn holds(&self, trip: usize) -> bool {
        let mut prev = self.base + trip;
        loop {
            let node = self.link[prev].next as usize;
            let open = self.link[node].edge < Ground::CLOSED;
            let latest =
                if node < self.base { self.visits[node].close } else { self.clock[node].latest };
            let arrives = || self.clock[prev].leaves + self.metric.time(prev, node);
            if !open || TIMED && prev != node && arrives() > latest {
                return false;
            }
            if node >= self.base {
                return true;
            }
            prev = node;
        }
    }
}
