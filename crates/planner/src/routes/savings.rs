//! A first plan for large instances: the savings of Clarke and Wright (1964), over neighbours.

use super::problem::{Problem, Routes, Tour};
use super::tours::Tours;
use super::travel::Metric;

/// Joins trips of one stop, the largest saving first. For one fleet without times; none otherwise.
pub(super) fn savings<M: Metric, const TIMED: bool>(
    problem: &Problem,
    tours: &Tours<'_, M, TIMED>,
) -> Option<Routes> {
    let [fleet] = problem.fleets.as_slice() else { return None };
    let plain = problem.stops.iter().all(|stop| stop.needs & !fleet.gives == 0);
    if problem.timed() || fleet.count.is_some() || fleet.trips > 1 || !plain {
        return None;
    }
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
        capacity: fleet.capacity,
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
    let Chains { end, links, .. } = chains;
    let mut seen = vec![false; count];
    let mut out = Routes::default();
    for start in 0..count {
        if seen[start] || end[start] == INNER {
            continue;
        }
        let (mut trip, mut before, mut at) = (Vec::new(), INNER, start as u32);
        while at != INNER {
            seen[at as usize] = true;
            trip.push(at);
            let [one, other] = links[at as usize];
            let next = if one == before { other } else { one };
            before = at;
            at = next;
        }
        out.tours.push(Tour { fleet: 0, trips: vec![trip] });
    }
    Some(out)
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
        self.end[one] as usize != other && self.load[one] + self.load[other] <= self.capacity
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
}
