//! Large problems with stops renumbered along a Hilbert curve, so that what is near on the ground
//! is near in memory, too: a step touches some hundreds of entries, all of them near each other.

use super::problem::{Ground, Problem, Routes, StopIndex};

/// From so many stops on.
const LARGE: usize = 1_000;

/// The cells of the curve along one side, a power of two.
const SIDE: u32 = 1 << 15;

/// A problem's stops in another order.
pub(super) struct Renumbered {
    pub(super) problem: Problem,
    /// Which stop stands at each place of the order.
    order: Vec<StopIndex>,
}

impl Renumbered {
    /// The problem along the curve; none where it is small, or not on a plane.
    pub(super) fn along(problem: &Problem) -> Option<Renumbered> {
        let Ground::Plane { at, .. } = &problem.ground else { return None };
        if problem.stops.len() < LARGE {
            return None;
        }
        let places = || problem.stops.iter().map(|stop| at[stop.place as usize]);
        let low = [0, 1].map(|axis| places().map(|place| place[axis]).fold(f64::MAX, f64::min));
        let high = [0, 1].map(|axis| places().map(|place| place[axis]).fold(f64::MIN, f64::max));
        let size = (high[0] - low[0]).max(high[1] - low[1]).max(1e-9);
        let cell = |value: f64, low: f64| ((value - low) / size * f64::from(SIDE - 1)) as u32;
        let mut ranked: Vec<(u64, StopIndex)> =
            places().map(|[x, y]| distance(cell(x, low[0]), cell(y, low[1]))).zip(0..).collect();
        ranked.sort_unstable();
        let order: Vec<StopIndex> = ranked.into_iter().map(|(_, stop)| stop).collect();
        let stops = order.iter().map(|&stop| problem.stops[stop as usize]).collect();
        let problem =
            Problem { ground: problem.ground.clone(), stops, fleets: problem.fleets.clone() };
        Some(Renumbered { problem, order })
    }

    /// A plan of the problem as it was, in the numbers of the order.
    pub(super) fn enter(&self, plan: &Routes) -> Routes {
        let mut place = vec![0; self.order.len()];
        (0..).zip(&self.order).for_each(|(at, &stop)| place[stop as usize] = at);
        rename(plan, |stop| place.get(stop as usize).copied())
    }

    /// A plan in the numbers of the order, in those of the problem as it was.
    pub(super) fn leave(&self, plan: &Routes) -> Routes {
        let mut plan = rename(plan, |at| self.order.get(at as usize).copied());
        plan.skipped.sort_unstable();
        plan
    }
}

fn rename(plan: &Routes, name: impl Fn(StopIndex) -> Option<StopIndex>) -> Routes {
    let mut plan = plan.clone();
    let renamed = |stops: &mut Vec<StopIndex>| {
        *stops = stops.iter().filter_map(|&stop| name(stop)).collect();
    };
    plan.tours.iter_mut().flat_map(|tour| &mut tour.trips).for_each(renamed);
    renamed(&mut plan.skipped);
    plan
}

/// How far along the curve a cell is (Hilbert 1891; the usual quadrant by quadrant turning).
fn distance(mut x: u32, mut y: u32) -> u64 {
    let (mut along, mut side) = (0, SIDE / 2);
    while side > 0 {
        let (right, up) = (u32::from(x & side > 0), u32::from(y & side > 0));
        along += u64::from(side) * u64::from(side) * u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (SIDE - 1 - x, SIDE - 1 - y);
            }
            (x, y) = (y, x);
        }
        side /= 2;
    }
    along
}
