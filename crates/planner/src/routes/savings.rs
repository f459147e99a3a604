//! A first plan: the savings of Clarke and Wright (1964), over neighbours, either trip by trip or
//! as one giant tour that is cut into trips (Beasley 1983). Long trips come out better by the
//! second way: joining them leaves many that are half full.

use super::problem::{Problem, Routes, Tour};
use super::tours::Tours;
use super::travel::Metric;

/// The cheaper of both first plans. For one fleet without times; none otherwise.
pub(super) fn savings<M: Metric, const TIMED: bool>(
    problem: &Problem,
    tours: &Tours<'_, M, TIMED>,
) -> Option<Routes> {
    let [fleet] = problem.fleets.as_slice() else { return None };
    let plain = problem.stops.iter().all(|stop| stop.needs & !fleet.gives == 0);
    if problem.timed() || fleet.count.is_some() || fleet.trips > 1 || !plain {
        return None;
    }
    let depot = problem.stops.len();
    let length = |trip: &[u32]| -> i64 {
        let ways = trip.windows(2).map(|w| tours.metric.cost(w[0] as usize, w[1] as usize));
        let ends = trip.first().zip(trip.last()).map_or(0, |(&first, &last)| {
            let metric = &tours.metric;
            metric.cost(depot, first as usize) + metric.cost(last as usize, depot)
        });
        ways.map(i64::from).sum::<i64>() + i64::from(ends)
    };
    let joined = join(problem, tours, fleet.capacity);
    let giant: Vec<u32> = join(problem, tours, i32::MAX).into_iter().flatten().collect();
    let cut = cut(problem, tours, &giant, fleet.capacity);
    let sum = |trips: &[Vec<u32>]| trips.iter().map(|trip| length(trip)).sum::<i64>();
    let trips = match cut {
        Some(cut) if sum(&cut) < sum(&joined) => cut,
        _ => joined,
    };
    let tours = trips.into_iter().map(|trip| Tour { fleet: 0, trips: vec![trip] }).collect();
    Some(Routes { tours, skipped: Vec::new() })
}

/// Cuts a giant tour into trips at the least cost; none if a stop alone is too much.
fn cut<M: Metric, const TIMED: bool>(
    problem: &Problem,
    tours: &Tours<'_, M, TIMED>,
    giant: &[u32],
    capacity: i32,
) -> Option<Vec<Vec<u32>>> {
    let (depot, metric) = (problem.stops.len(), &tours.metric);
    // The best cost of the first so many stops, and where their last trip begins.
    let mut best = vec![(i64::MAX, 0); giant.len() + 1];
    best[0].0 = 0;
    for from in 0..giant.len() {
        let (before, _) = best[from];
        if before == i64::MAX {
            return None;
        }
        let mut load = 0;
        let mut way = i64::from(metric.cost(depot, giant[from] as usize));
        for to in from..giant.len() {
            let stop = giant[to] as usize;
            load += problem.stops[stop].demand;
            if load > capacity {
                break;
            }
            if to > from {
                way += i64::from(metric.cost(giant[to - 1] as usize, stop));
            }
            let cost = before + way + i64::from(metric.cost(stop, depot));
            if cost < best[to + 1].0 {
                best[to + 1] = (cost, from);
            }
        }
    }
    let (mut trips, mut end) = (Vec::new(), giant.len());
    while end > 0 {
        let (cost, from) = best[end];
        if cost == i64::MAX {
            return None;
        }
        trips.push(giant[from..end].to_vec());
        end = from;
    }
    Some(trips)
}

/// Joins trips of one stop, the largest saving first.
fn join<M: Metric, const TIMED: bool>(
    problem: &Problem,
    tours: &Tours<'_, M, TIMED>,
    capacity: i32,
) -> Vec<Vec<u32>> {
    let count = problem.stops.len();
    let depot = count;
    let saves = |one: usize, other: usize| {
        let metric = &tours.metric;
        metric.cost(one, depot) + metric.cost(depot, other) - metric.cost(one, other)
    };
    let mut pairs: Vec<(i32, u32, u32)> = Vec::new();
    for stop in 0..count {
        let near = tours.near.of(stop).iter().map(|near| near.stop as usize);
        pairs.extend(near.map(|other| (saves(stop, other), stop as u32, other as u32)));
    }
    let mut chains = Chains {
        end: (0..count as u32).collect(),
        load: problem.stops.iter().map(|stop| stop.demand).collect(),
        links: vec![[INNER; 2]; count],
        capacity,
    };
    chains.join(&mut pairs);
    // The ends that are left may have no end near them: compare all.
    for _ in 0..3 {
        let ends: Vec<usize> = (0..count).filter(|&stop| chains.end[stop] != INNER).collect();
        if ends.len() > FEW {
            break;
        }
        pairs.clear();
        for (at, &one) in ends.iter().enumerate() {
            pairs.extend(
                ends[at + 1..]
                    .iter()
                    .filter(|&&other| chains.fit(one, other))
                    .map(|&other| (saves(one, other), one as u32, other as u32)),
            );
        }
        if !chains.join(&mut pairs) {
            break;
        }
    }
    chains.trips()
}

const INNER: u32 = u32::MAX;

/// So many ends of trips are compared each with each.
const FEW: usize = 4_000;

/// Trips as chains that can be joined at their ends only.
struct Chains {
    /// The other end of an end's chain; [`INNER`] for what is no end.
    end: Vec<u32>,
    /// The load of an end's chain.
    load: Vec<i32>,
    links: Vec<[u32; 2]>,
    capacity: i32,
}

impl Chains {
    fn fit(&self, one: usize, other: usize) -> bool {
        let load = i64::from(self.load[one]) + i64::from(self.load[other]);
        self.end[one] as usize != other && load <= i64::from(self.capacity)
    }

    /// Joins chains by the given pairs of stops, the largest saving first; false if none is.
    fn join(&mut self, pairs: &mut [(i32, u32, u32)]) -> bool {
        pairs.sort_unstable_by_key(|&(saves, from, to)| (std::cmp::Reverse(saves), from, to));
        let mut joined = false;
        for &(saves, a, b) in &*pairs {
            let (far_a, far_b) = (self.end[a as usize], self.end[b as usize]);
            let free = far_a != INNER && far_b != INNER;
            if saves <= 0 || !free || !self.fit(a as usize, b as usize) {
                continue;
            }
            let both = self.load[a as usize] + self.load[b as usize];
            for (one, other) in [(a, b), (b, a)] {
                let link = &mut self.links[one as usize];
                let free = usize::from(link[0] != INNER);
                link[free] = other;
            }
            self.end[a as usize] = INNER;
            self.end[b as usize] = INNER;
            self.end[far_a as usize] = far_b;
            self.end[far_b as usize] = far_a;
            self.load[far_a as usize] = both;
            self.load[far_b as usize] = both;
            joined = true;
        }
        joined
    }

    /// The chains as sequences of stops.
    fn trips(&self) -> Vec<Vec<u32>> {
        let count = self.end.len();
        let mut seen = vec![false; count];
        let mut trips = Vec::new();
        for start in 0..count {
            if seen[start] || self.end[start] == INNER {
                continue;
            }
            let (mut trip, mut before, mut at) = (Vec::new(), INNER, start as u32);
            while at != INNER {
                seen[at as usize] = true;
                trip.push(at);
                let [one, other] = self.links[at as usize];
                let next = if one == before { other } else { one };
                before = at;
                at = next;
            }
            trips.push(trip);
        }
        trips
    }
}
