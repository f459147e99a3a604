//! Taking strings of stops out of neighbouring trips: the ruin of "slack induction by string
//! removals" (Christiaens and Vanden Berghe 2020), written anew from the paper's description.

use super::tours::{NONE, Tours};
use super::travel::Metric;

/// How much a step takes out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruin {
    /// How many stops on average.
    pub(super) stops: f64,
    /// At most so many from one trip.
    pub(super) string: f64,
    /// The chance to leave some in the middle of a string.
    pub(super) split: f64,
    /// The chance of each further one left.
    pub(super) longer: f64,
    /// The chance that a string is the whole of a trip of up to twice the longest string.
    pub(super) whole: f64,
    /// The chance that the first stop put back begins a trip of its own.
    pub(super) open: f64,
}

impl Ruin {
    pub(super) const USUAL: Ruin =
        Ruin { stops: 10.0, string: 10.0, split: 0.5, longer: 0.01, whole: 0.02, open: 0.02 };
}

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Takes stops near a random one out of their trips, into the scratch list.
    pub(super) fn ruin(&mut self, how: &Ruin) {
        let seed = self.seed();
        self.ruin_at(seed, how);
    }

    /// Takes stops near `seed` out of their trips, into the scratch list.
    pub(super) fn ruin_at(&mut self, seed: usize, how: &Ruin) {
        if self.used_trips == 0 {
            return;
        }
        let mut out = std::mem::take(&mut self.scratch.removed);
        let mut hit = std::mem::take(&mut self.scratch.hit);
        hit.clear();
        let average = (self.visits.len() - self.bank.len()) as f64 / self.used_trips as f64;
        let longest = how.string.min(average);
        let most = 4.0 * how.stops / (1.0 + longest) - 1.0;
        let strings = (1.0 + self.rng.unit() * most) as usize;
        let mut stop = seed;
        for at in 0..=self.near.of(seed).len() {
            if at > 0 {
                stop = self.near.of(seed)[at - 1].stop as usize;
            }
            let trip = self.link[stop].trip;
            if trip == NONE || hit.contains(&trip) {
                continue;
            }
            hit.push(trip);
            let size = self.trips[trip as usize].count as usize;
            let bound = longest.min(size as f64);
            let mut length = ((1.0 + self.rng.unit() * bound) as usize).min(size);
            if size as f64 <= 2.0 * how.string && self.rng.chance(how.whole) {
                length = size;
            }
            if length > 1 && length < size && self.rng.chance(how.split) {
                let mut kept = 1;
                while length + kept < size && self.rng.chance(how.longer) {
                    kept += 1;
                }
                self.cut_split(stop, length, kept, &mut out);
            } else {
                let first = self.window(stop, length);
                let last = self.walk(first, length - 1);
                self.cut(first, last, &mut out);
            }
            if hit.len() >= strings {
                break;
            }
        }
        for &stop in &out {
            self.cost += self.visits[stop as usize].skip;
        }
        self.scratch.removed = out;
        self.scratch.hit = hit;
    }

    fn cut_split(&mut self, stop: usize, length: usize, kept: usize, out: &mut Vec<u32>) {
        let first = self.window(stop, length + kept);
        let before = 1 + self.rng.below(length - 1);
        let last = self.walk(first, before - 1);
        let second = self.walk(last, kept + 1);
        let end = self.walk(second, length - before - 1);
        self.cut(first, last, out);
        self.cut(second, end, out);
    }

    fn walk(&self, mut node: usize, steps: usize) -> usize {
        for _ in 0..steps {
            node = self.link[node].next as usize;
        }
        node
    }

    /// The first stop of a random string of `length` stops that holds `stop`.
    fn window(&mut self, stop: usize, length: usize) -> usize {
        let (mut before, mut node) = (0, stop);
        while before + 1 < length && (self.link[node].prev as usize) < self.base {
            node = self.link[node].prev as usize;
            before += 1;
        }
        let (mut after, mut node) = (0, stop);
        while after + 1 < length && (self.link[node].next as usize) < self.base {
            node = self.link[node].next as usize;
            after += 1;
        }
        let low = (length - 1).saturating_sub(after);
        let back = low + self.rng.below(before + 1 - low);
        let mut node = stop;
        for _ in 0..back {
            node = self.link[node].prev as usize;
        }
        node
    }
}
