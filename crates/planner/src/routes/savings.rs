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
    let mut pairs: Vec<(i32, u32, u32)> = Vec::new();
    for stop in 0..count {
        for near in tours.near.of(stop) {
            let saves = tours.metric.cost(stop, depot)
                + tours.metric.cost(depot, near.stop as usize)
                - near.to;
            if saves > 0 {
                pairs.push((saves, stop as u32, near.stop));
            }
        }
    }
    pairs.sort_unstable_by_key(|&(saves, from, to)| (std::cmp::Reverse(saves), from, to));
    // Each trip is a chain; only its ends can be joined. `end[s]` is the other end of s's chain.
    const INNER: u32 = u32::MAX;
    let mut end: Vec<u32> = (0..count as u32).collect();
    let mut load: Vec<i32> = problem.stops.iter().map(|stop| stop.demand).collect();
    let mut links: Vec<[u32; 2]> = vec![[INNER; 2]; count];
    for (_, a, b) in pairs {
        let (far_a, far_b) = (end[a as usize], end[b as usize]);
        if far_a == INNER || far_b == INNER || far_a == b {
            continue;
        }
        let both = load[a as usize] + load[b as usize];
        if both > fleet.capacity {
            continue;
        }
        for (one, other) in [(a, b), (b, a)] {
            let link = &mut links[one as usize];
            let free = usize::from(link[0] != INNER);
            link[free] = other;
        }
        // Ends of a chain know its load and each other; what is inside knows nothing any more.
        end[a as usize] = INNER;
        end[b as usize] = INNER;
        end[far_a as usize] = far_b;
        end[far_b as usize] = far_a;
        load[far_a as usize] = both;
        load[far_b as usize] = both;
    }
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
