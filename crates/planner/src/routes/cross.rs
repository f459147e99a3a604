//! Exchanging the ends of two trips, and turning a part of a trip around: 2-opt* (Potvin and
//! Rousseau 1995) and 2-opt (Croes 1958), as steps of the annealing.
//!
//! Ruin and recreate moves some ten stops at a time. Where a trip is a hundred stops long, an end
//! of it that belongs to another trip, or a loop that crosses itself, is out of its reach. What
//! such a step gains is known from four ways, so nearly all are seen to be of no use at once.

use super::problem::Ground;
use super::tours::{NONE, Tours};
use super::travel::Metric;

/// Next to how many neighbours a stop looks for a step.
const AROUND: usize = 10;

/// A step: the new way from `a` to `b`, and what the other ends do.
#[derive(Clone, Copy, Debug)]
struct Cross {
    /// What it costs more.
    gain: i64,
    /// Of that, the ways.
    ways: i64,
    kind: Kind,
    b: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `b` and all after it follow `a`; what followed `a` follows what was before `b`.
    Ends,
    /// The way up to `b` is turned around and follows `a`, what came after both is joined.
    Heads,
    /// What begins at `a` is turned around before `b`; what came before both is joined.
    Tails,
    /// What follows `a` becomes the trip that begins at the anchor `b`.
    Split,
}

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Tries such a step at a random stop; false if there is none that gains more than `allowed`
    /// loses. Trips are turned around only where times do not matter and ways are symmetric.
    pub(super) fn cross(&mut self, turns: bool, allowed: i64) -> bool {
        let a = self.seed();
        let here = self.link[a].trip;
        if here == NONE {
            return false;
        }
        let mut best = Cross { gain: allowed, ways: 0, kind: Kind::Ends, b: NONE };
        for index in 0..AROUND.min(self.near.of(a).len()) {
            let near = self.near.of(a)[index];
            let there = self.link[near.stop as usize].trip;
            if there == NONE || near.to >= Ground::CLOSED || !self.alike(here, there) {
                continue;
            }
            self.ends(a, near.stop as usize, near.to, &mut best);
            if turns {
                self.turned(a, near.stop as usize, near.to, &mut best);
            }
        }
        self.split(a, &mut best);
        if best.b == NONE {
            return false;
        }
        self.make(a, best)
    }

    /// Whether ends of two trips may be exchanged as far as their vehicles are concerned.
    fn alike(&self, here: u32, there: u32) -> bool {
        let fleet =
            |trip: u32| self.vehicles[self.trips[trip as usize].vehicle as usize].fleet as usize;
        here == there
            || fleet(here) == fleet(there)
                && (!TIMED || self.problem.fleets[fleet(here)].trips == 1)
    }

    fn split(&mut self, a: usize, best: &mut Cross) {
        let after = self.link[a].next as usize;
        let here = self.trips[self.link[a].trip as usize];
        let fleet = self.vehicles[here.vehicle as usize].fleet as usize;
        let kind = self.problem.fleets[fleet];
        if after >= self.base || TIMED && kind.trips > 1 || self.used_trips >= self.most_trips {
            return;
        }
        let Some(trip) = self.empty_trip(fleet, 0) else { return };
        let vehicle = self.trips[trip as usize].vehicle as usize;
        if !self.is_free(vehicle) {
            return;
        }
        let anchor = self.base + trip as usize;
        let (back, out) = (self.metric.cost(a, anchor), self.metric.cost(anchor, after));
        let ways = i64::from(back) + i64::from(out) - i64::from(self.link[after].edge);
        let gain = ways + if self.vehicles[vehicle].stops == 0 { kind.fixed } else { 0 };
        if gain >= best.gain || back >= Ground::CLOSED || out >= Ground::CLOSED {
            return;
        }
        if TIMED {
            let (home, start) = (kind.shift.close, self.clock[anchor].leaves);
            if self.clock[a].leaves + self.metric.time(a, anchor) > home
                || start + self.metric.time(anchor, after) > self.clock[after].latest
            {
                return;
            }
        }
        *best = Cross { gain, ways, kind: Kind::Split, b: anchor as u32 };
    }

    fn ends(&self, a: usize, b: usize, way: i32, best: &mut Cross) {
        let (after, before) = (self.link[a].next as usize, self.link[b].prev as usize);
        if self.link[a].trip == self.link[b].trip {
            return;
        }
        let old = i64::from(self.link[after].edge) + i64::from(self.link[b].edge);
        if i64::from(way) - old >= best.gain {
            return;
        }
        // Both are the depot: a trip is left empty.
        let empty = before >= self.base && after >= self.base;
        let joined = if empty { 0 } else { self.metric.cost(before, after) };
        let gain = i64::from(way) + i64::from(joined) - old;
        if gain >= best.gain || joined >= Ground::CLOSED {
            return;
        }
        if TIMED {
            let clock = |node: usize| self.clock[node];
            if clock(a).leaves + self.metric.time(a, b) > clock(b).latest
                || !empty
                    && clock(before).leaves + self.metric.time(before, after) > clock(after).latest
            {
                return;
            }
        }
        *best = Cross { gain, ways: gain, kind: Kind::Ends, b: b as u32 };
    }

    fn turned(&self, a: usize, b: usize, way: i32, best: &mut Cross) {
        for kind in [Kind::Heads, Kind::Tails] {
            let (old_a, old_b, other_a, other_b) = if kind == Kind::Heads {
                let (x, y) = (self.link[a].next as usize, self.link[b].next as usize);
                (self.link[x].edge, self.link[y].edge, x, y)
            } else {
                let (x, y) = (self.link[a].prev as usize, self.link[b].prev as usize);
                (self.link[a].edge, self.link[b].edge, x, y)
            };
            let old = i64::from(old_a) + i64::from(old_b);
            if i64::from(way) - old >= best.gain || other_a == b || other_b == a {
                continue;
            }
            let empty = other_a >= self.base && other_b >= self.base;
            let joined = if empty { 0 } else { self.metric.cost(other_a, other_b) };
            let gain = i64::from(way) + i64::from(joined) - old;
            if gain < best.gain && joined < Ground::CLOSED {
                *best = Cross { gain, ways: gain, kind, b: b as u32 };
            }
        }
    }

    /// The stops from `node` to the end of its trip, and their demand.
    fn tail(&self, mut node: usize, out: &mut Vec<u32>) -> i32 {
        let mut demand = 0;
        while node < self.base {
            out.push(node as u32);
            demand += self.visits[node].demand;
            node = self.link[node].next as usize;
        }
        demand
    }

    /// The stops from `node` back to the beginning of its trip, and their demand.
    fn head(&self, mut node: usize, out: &mut Vec<u32>) -> i32 {
        let mut demand = 0;
        while node < self.base {
            out.push(node as u32);
            demand += self.visits[node].demand;
            node = self.link[node].prev as usize;
        }
        demand
    }

    fn make(&mut self, a: usize, step: Cross) -> bool {
        let b = step.b as usize;
        let mut one = std::mem::take(&mut self.scratch.one);
        let mut other = std::mem::take(&mut self.scratch.other);
        one.clear();
        other.clear();
        let fits = if step.kind == Kind::Split {
            self.make_split(a, b, &mut other);
            true
        } else if self.link[a].trip == self.link[b].trip {
            self.turn_inside(a, b, step.kind, &mut one);
            true
        } else {
            self.exchange_ends(a, b, step.kind, &mut one, &mut other)
        };
        if fits {
            self.cost += step.ways;
        }
        self.scratch.one = one;
        self.scratch.other = other;
        fits
    }

    fn make_split(&mut self, a: usize, anchor: usize, tail: &mut Vec<u32>) {
        let (here, there) = (self.link[a].trip as usize, anchor - self.base);
        let after = self.link[a].next as usize;
        let demand = self.tail(after, tail);
        let (end, end_there) = (self.end(here), self.end(there));
        self.chain(a, &[], end, here as u32);
        self.chain(anchor, tail, end_there, there as u32);
        let stops = tail.len() as i32;
        self.count(here, -stops, -demand);
        self.count(there, stops, demand);
        if TIMED {
            self.forward(after);
            self.backward(a);
            // An empty trip's times are those of its depot.
            if let Some(&last) = tail.last() {
                self.backward(last as usize);
            }
        }
    }

    /// Turns around what lies between `a` and `b` in one trip: after the first of them up to the
    /// second ([`Kind::Heads`]), or from the first up to before the second.
    fn turn_inside(&mut self, a: usize, b: usize, kind: Kind, part: &mut Vec<u32>) {
        let mut node = a;
        while node < self.base && node != b {
            node = self.link[node].next as usize;
        }
        let (first, last) = if node == b { (a, b) } else { (b, a) };
        let (from, to) = if kind == Kind::Heads {
            (self.link[first].next as usize, last)
        } else {
            (first, self.link[last].prev as usize)
        };
        let (before, after) = (self.link[from].prev as usize, self.link[to].next as usize);
        let mut node = to;
        loop {
            part.push(node as u32);
            if node == from {
                break;
            }
            node = self.link[node].prev as usize;
        }
        let trip = self.link[a].trip;
        self.chain(before, part, after, trip);
    }

    fn exchange_ends(
        &mut self,
        a: usize,
        b: usize,
        kind: Kind,
        one: &mut Vec<u32>,
        other: &mut Vec<u32>,
    ) -> bool {
        let (here, there) = (self.link[a].trip as usize, self.link[b].trip as usize);
        let (start, end) = (self.base + here, self.end(here));
        let (start_b, end_b) = (self.base + there, self.end(there));
        let (after, before) = match kind {
            Kind::Ends | Kind::Heads => (self.link[a].next as usize, self.link[b].prev as usize),
            Kind::Tails | Kind::Split => (self.link[a].prev as usize, self.link[b].prev as usize),
        };
        // `one` comes to the trip of `a`, `other` leaves it.
        let (comes, leaves) = match kind {
            Kind::Ends => (self.tail(b, one), self.tail(after, other)),
            Kind::Heads => (self.head(b, one), self.tail(after, other)),
            Kind::Tails | Kind::Split => (self.tail(b, one), self.head(after, other)),
        };
        let more = comes - leaves;
        if self.trips[here].room < more || self.trips[there].room < -more {
            return false;
        }
        let stops = one.len() as i32 - other.len() as i32;
        match kind {
            Kind::Ends => {
                self.chain(a, one, end, here as u32);
                self.chain(before, other, end_b, there as u32);
            }
            Kind::Heads => {
                let rest = self.link[b].next as usize;
                other.reverse();
                self.chain(a, one, end, here as u32);
                self.chain(start_b, other, rest, there as u32);
            }
            Kind::Tails | Kind::Split => {
                // What begins at `a` stays in its trip, turned around: it now comes first.
                let mut kept = std::mem::take(&mut self.scratch.kept);
                kept.clear();
                self.tail(a, &mut kept);
                kept.reverse();
                self.chain(before, other, end_b, there as u32);
                let joint = kept.last().map_or(start, |&last| last as usize);
                self.chain(start, &kept, end, here as u32);
                self.chain(joint, one, end, here as u32);
                self.scratch.kept = kept;
            }
        }
        self.count(here, stops, more);
        self.count(there, -stops, -more);
        if TIMED {
            self.forward(b);
            self.backward(a);
            if let Some(&first) = other.first() {
                self.forward(first as usize);
            } else {
                self.forward(end_b);
            }
            self.backward(before);
        }
        true
    }

    /// The anchor that ends a trip.
    fn end(&self, trip: usize) -> usize {
        let mut node = self.link[self.base + trip].next as usize;
        while node < self.base {
            node = self.link[node].next as usize;
        }
        node
    }

    /// Links `before`, some stops and `after` in this order; the stops are of `trip` then.
    fn chain(&mut self, before: usize, stops: &[u32], after: usize, trip: u32) {
        let mut prev = before;
        self.save(before);
        for &node in stops {
            let node = node as usize;
            self.save(node);
            let edge = self.metric.cost(prev, node);
            self.link[prev].next = node as u32;
            let link = &mut self.link[node];
            (link.prev, link.trip, link.edge) = (prev as u32, trip, edge);
            prev = node;
        }
        self.save(after);
        let edge = if prev == after { 0 } else { self.metric.cost(prev, after) };
        self.link[prev].next = after as u32;
        self.link[after].prev = prev as u32;
        self.link[after].edge = edge;
    }
}
