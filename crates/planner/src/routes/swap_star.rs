//! Exchanges of two stops between two trips, each to its own best place: SWAP* (Vidal 2022).
//!
//! Ruin and recreate finds most of what there is to find; in small instances, where its steps
//! are few kinds of the same, this sees exchanges that need both trips full.

use super::tours::{NONE, Tours};
use super::travel::Metric;

/// A place behind `after`, and what a stop costs there.
#[derive(Clone, Copy)]
struct Spot {
    cost: i64,
    after: u32,
}

const NOWHERE: Spot = Spot { cost: i64::MAX / 4, after: NONE };

/// The three cheapest places of a stop in a trip: at most two are lost when a stop of it leaves.
type Spots = [Spot; 3];

/// Next to how many neighbours another trip counts as near.
const AROUND: usize = 12;

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Makes the best exchange between each two near trips until none gains. Only where times do
    /// not matter: an exchange there would have to be checked along both trips.
    pub(super) fn polish(&mut self) {
        if TIMED {
            return;
        }
        self.begin();
        self.exchange_all();
        self.keep();
    }

    fn exchange_all(&mut self) {
        let mut pairs = std::collections::BTreeSet::new();
        for stop in 0..self.visits.len() {
            let here = self.link[stop].trip;
            if here == NONE {
                continue;
            }
            for near in self.near.of(stop).iter().take(AROUND) {
                let there = self.link[near.stop as usize].trip;
                if there != NONE && there != here {
                    pairs.insert((here.min(there), here.max(there)));
                }
            }
        }
        for (one, other) in pairs {
            while self.exchange(one as usize, other as usize) {}
        }
    }

    fn stops(&self, trip: usize) -> Vec<usize> {
        let mut stops = Vec::with_capacity(self.trips[trip].count as usize);
        let mut node = self.link[self.base + trip].next as usize;
        while node < self.base {
            stops.push(node);
            node = self.link[node].next as usize;
        }
        stops
    }

    /// What a trip is shorter by without a stop.
    fn without(&self, stop: usize) -> i64 {
        let link = self.link[stop];
        let (prev, next) = (link.prev as usize, link.next as usize);
        let joined = if prev == next { 0 } else { self.metric.cost(prev, next) };
        i64::from(link.edge) + i64::from(self.link[next].edge) - i64::from(joined)
    }

    fn spots(&self, stop: usize, trip: usize, others: &[usize]) -> Spots {
        let mut spots = [NOWHERE; 3];
        let anchor = self.base + trip;
        for &after in std::iter::once(&anchor).chain(others) {
            let next = self.link[after].next as usize;
            let cost = i64::from(self.metric.cost(after, stop))
                + i64::from(self.metric.cost(stop, next))
                - i64::from(self.link[next].edge);
            if cost < spots[2].cost {
                spots[2] = Spot { cost, after: after as u32 };
                spots.sort_by_key(|spot| spot.cost);
            }
        }
        spots
    }

    /// The best place of `stop` in a trip that `gone` has left.
    fn spot_without(&self, stop: usize, spots: &Spots, gone: usize) -> Spot {
        let link = self.link[gone];
        let (prev, next) = (link.prev as usize, link.next as usize);
        let joined = if prev == next { 0 } else { self.metric.cost(prev, next) };
        let cost = i64::from(self.metric.cost(prev, stop))
            + i64::from(self.metric.cost(stop, next))
            - i64::from(joined);
        let in_place = Spot { cost, after: link.prev };
        let beside = |spot: &&Spot| spot.after != gone as u32 && spot.after != link.prev;
        match spots.iter().find(beside) {
            Some(&spot) if spot.cost < cost => spot,
            _ => in_place,
        }
    }

    fn exchange(&mut self, one: usize, other: usize) -> bool {
        let (left, right) = (self.stops(one), self.stops(other));
        let there: Vec<Spots> = left.iter().map(|&s| self.spots(s, other, &right)).collect();
        let here: Vec<Spots> = right.iter().map(|&s| self.spots(s, one, &left)).collect();
        let (room_one, room_other) = (self.trips[one], self.trips[other]);
        let closed = i64::from(super::problem::Ground::CLOSED);
        let mut best = (0i64, None);
        for (at, &a) in left.iter().enumerate() {
            let gain_a = self.without(a);
            for (other_at, &b) in right.iter().enumerate() {
                let more = self.visits[b].demand - self.visits[a].demand;
                let able = self.visits[a].needs & !room_other.gives == 0
                    && self.visits[b].needs & !room_one.gives == 0;
                if room_one.room < more || room_other.room < -more || !able {
                    continue;
                }
                let gain = gain_a + self.without(b);
                let to = self.spot_without(a, &there[at], b);
                let from = self.spot_without(b, &here[other_at], a);
                let delta = to.cost + from.cost - gain;
                if delta < best.0 && to.cost < closed && from.cost < closed {
                    best = (delta, Some((a, to.after, b, from.after)));
                }
            }
        }
        let Some((a, after_a, b, after_b)) = best.1 else { return false };
        let mut out = std::mem::take(&mut self.scratch.removed);
        self.cut(a, a, &mut out);
        self.cut(b, b, &mut out);
        out.clear();
        self.scratch.removed = out;
        self.insert(a, after_a as usize, other);
        self.insert(b, after_b as usize, one);
        true
    }
}
