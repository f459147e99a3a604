//! Putting stops back, each at the cheapest place next to one of its neighbours.

use std::cmp::Reverse;

use super::problem::Ground;
use super::tours::{NONE, Tours};
use super::travel::Metric;

/// Memory that a step uses and leaves for the next.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) removed: Vec<u32>,
    pub(super) hit: Vec<u32>,
    pub(super) one: Vec<u32>,
    pub(super) other: Vec<u32>,
    pub(super) kept: Vec<u32>,
    ranked: Vec<(i64, u32)>,
}

/// Where a stop could go.
#[derive(Clone, Copy)]
struct Place {
    cost: i32,
    after: u32,
    trip: u32,
}

const NO_PLACE: Place = Place { cost: Ground::CLOSED, after: NONE, trip: NONE };

/// The chance to pass over a place that would be the best (Christiaens and Vanden Berghe 2020).
const BLINK: f64 = 0.01;

/// Next to how many neighbours a stop is tried at first.
const FIRST: usize = 40;

/// How many stops of the bank are tried in a step.
const FROM_BANK: usize = 10;

/// In how many trips with room a stop is tried that found none near it.
const FAR_TRIPS: usize = 24;

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Puts back what was taken out, and some of the bank.
    /// With `open`, the first begins a trip of its own: from greedy places alone no trip would.
    ///
    /// What is put back makes a plan no shorter, save where a detour is shorter than a way. So it
    /// ends, and the step is broken, as soon as the cost reaches `limit`.
    pub(super) fn recreate(&mut self, from_bank: usize, open: bool, limit: i64) {
        let mut stops = std::mem::take(&mut self.scratch.removed);
        for _ in 0..from_bank.min(self.bank.len()) {
            let at = self.rng.below(self.bank.len());
            stops.push(self.bank.swap_remove(at));
        }
        self.order(&mut stops);
        let mut ahead: i64 = stops.iter().map(|&stop| self.visits[stop as usize].skip).sum();
        for (at, &stop) in stops.iter().enumerate() {
            if self.cost - ahead >= limit {
                self.broken = true;
                break;
            }
            ahead -= self.visits[stop as usize].skip;
            let place = if open && at == 0 {
                let mut own = NO_PLACE;
                self.try_empty(stop as usize, &mut own);
                if own.after == NONE { self.cheapest(stop as usize) } else { Some(own) }
            } else {
                self.cheapest(stop as usize)
            };
            match place {
                Some(place) => {
                    self.cost -= self.visits[stop as usize].skip;
                    self.insert(stop as usize, place.after as usize, place.trip as usize);
                }
                None => self.bank.push(stop),
            }
        }
        stops.clear();
        self.scratch.removed = stops;
    }

    /// One step of the search: takes out and puts back.
    pub(super) fn disturb(&mut self, how: &super::ruin::Ruin, limit: i64) {
        self.ruin(how);
        let open = self.rng.chance(how.open);
        self.recreate(FROM_BANK, open, limit);
    }

    fn order(&mut self, stops: &mut [u32]) {
        let visits = &self.visits;
        let of = |stop: u32| &visits[stop as usize];
        // By chance, or the hard ones first: large, far, near; with times also short windows,
        // early and late ones.
        let kinds = if TIMED { 17 } else { 11 };
        let mut ranked = std::mem::take(&mut self.scratch.ranked);
        ranked.clear();
        let key: fn(&super::tours::Visit) -> i64 = match self.rng.below(kinds) {
            0..=3 => {
                self.scratch.ranked = ranked;
                self.rng.shuffle(stops);
                return;
            }
            4..=7 => |visit| -i64::from(visit.demand),
            8 | 9 => |visit| -i64::from(visit.out),
            10 => |visit| i64::from(visit.out),
            11 | 12 => |visit| i64::from(visit.close) - i64::from(visit.open),
            13 | 14 => |visit| i64::from(visit.open),
            _ => |visit| -i64::from(visit.close),
        };
        ranked.extend(stops.iter().map(|&stop| (key(of(stop)), stop)));
        ranked.sort_unstable_by_key(|&(key, stop)| (key, Reverse(stop)));
        stops.iter_mut().zip(&ranked).for_each(|(stop, &(_, ranked))| *stop = ranked);
        self.scratch.ranked = ranked;
    }

    fn cheapest(&mut self, stop: usize) -> Option<Place> {
        let mut best = NO_PLACE;
        let length = self.near.of(stop).len();
        self.try_near(stop, 0, length.min(FIRST), &mut best);
        if best.after == NONE && length > FIRST {
            self.try_near(stop, FIRST, length, &mut best);
        }
        if best.after == NONE {
            self.try_far(stop, &mut best);
        }
        self.try_empty(stop, &mut best);
        (best.after != NONE).then_some(best)
    }

    #[inline]
    fn try_near(&mut self, stop: usize, from: usize, to: usize, best: &mut Place) {
        let visit = self.visits[stop];
        for index in from..to {
            let near = self.near.of(stop)[index];
            let other = near.stop as usize;
            let link = self.link[other];
            if link.trip == NONE {
                continue;
            }
            let trip = self.trips[link.trip as usize];
            if trip.room + self.load.most < visit.demand || visit.needs & !trip.gives != 0 {
                continue;
            }
            let extra = self.load.price(trip.room, visit.demand);
            // Nearer neighbours have been seen from their side, so both ends of what is left are
            // at least this far, and a short edge cannot be worth opening.
            if TIMED || near.to + near.to - link.edge + extra < best.cost {
                let before = link.prev as usize;
                let way = self.metric.cost(before, stop);
                let cost = way + near.to - link.edge + extra;
                if cost < best.cost
                    && way < Ground::CLOSED
                    && near.to < Ground::CLOSED
                    && (!TIMED || self.in_time(stop, before, other))
                    && !self.rng.chance(BLINK)
                {
                    *best = Place { cost, after: before as u32, trip: link.trip };
                }
            }
            let next = link.next as usize;
            let edge = self.link[next].edge;
            if TIMED || near.from + near.from - edge + extra < best.cost {
                let way = self.metric.cost(stop, next);
                let cost = near.from + way - edge + extra;
                if cost < best.cost
                    && way < Ground::CLOSED
                    && near.from < Ground::CLOSED
                    && (!TIMED || self.in_time(stop, other, next))
                    && !self.rng.chance(BLINK)
                {
                    *best = Place { cost, after: other as u32, trip: link.trip };
                }
            }
        }
    }

    /// Anywhere in some trips that have room.
    fn try_far(&mut self, stop: usize, best: &mut Place) {
        let visit = self.visits[stop];
        let all = self.trips.len();
        let start = self.rng.below(all);
        let mut left = FAR_TRIPS;
        for at in 0..all {
            let trip = if start + at < all { start + at } else { start + at - all };
            let it = self.trips[trip];
            if it.count == 0 || it.room < visit.demand || visit.needs & !it.gives != 0 {
                continue;
            }
            let mut after = self.base + trip;
            loop {
                let next = self.link[after].next as usize;
                let (from, to) = (self.metric.cost(after, stop), self.metric.cost(stop, next));
                let cost = from + to - self.link[next].edge;
                if cost < best.cost
                    && from < Ground::CLOSED
                    && to < Ground::CLOSED
                    && (!TIMED || self.in_time(stop, after, next))
                    && !self.rng.chance(BLINK)
                {
                    *best = Place { cost, after: after as u32, trip: trip as u32 };
                }
                if next >= self.base {
                    break;
                }
                after = next;
            }
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }

    /// A trip of its own: of each fleet an unused vehicle, and some free trips of used ones.
    fn try_empty(&mut self, stop: usize, best: &mut Place) {
        if self.used_trips >= self.most_trips {
            return;
        }
        let kind = self.visits[stop].kind as usize;
        for index in 0..self.able[kind].len() {
            let fleet = self.able[kind][index] as usize;
            let kind = &self.problem.fleets[fleet];
            let tries = if kind.trips > 1 { 4 } else { 1 };
            for _ in 0..tries {
                let pick = if tries > 1 { self.rng.below(1 << 30) } else { 0 };
                let Some(trip) = self.empty_trip(fleet, pick) else { break };
                let it = self.trips[trip as usize];
                if !self.is_free(it.vehicle as usize) {
                    break;
                }
                let anchor = self.base + trip as usize;
                let fixed = if self.vehicles[it.vehicle as usize].stops == 0 {
                    self.problem.fleets[fleet].fixed.min(i64::from(Ground::CLOSED)) as i32
                } else {
                    0
                };
                let out = self.metric.cost(anchor, stop);
                let back = self.metric.cost(stop, anchor);
                let cost = out.saturating_add(back).saturating_add(fixed);
                if cost < best.cost && self.allows(stop, anchor, trip as usize) {
                    *best = Place { cost, after: anchor as u32, trip };
                }
            }
        }
    }
}
