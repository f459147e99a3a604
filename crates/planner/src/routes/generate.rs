//! Made-up instances, of the kinds that the published sets have, for measuring and for tests.

use super::problem::{Fleet, Ground, Problem, Stop, Window};
use super::travel::Rounding;
use crate::random::Rng;

/// Where customers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Anywhere.
    Random,
    /// Around so many seeds.
    Clustered(u32),
    /// Half of each.
    Mixed(u32),
}

/// Where the depot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Middle {
    /// In the middle.
    Centre,
    /// In a corner.
    Corner,
    /// Anywhere.
    Random,
}

/// An instance like those of Uchoa et al. (2017): a square of 1,000, `demand` from low to high,
/// and a capacity for about `per_trip` customers a trip.
#[must_use]
pub fn uchoa(
    seed: u64,
    customers: usize,
    middle: Middle,
    layout: Layout,
    demand: (i32, i32),
    per_trip: f64,
) -> Problem {
    let mut rng = Rng::new(seed);
    let anywhere =
        |rng: &mut Rng| [f64::from(rng.between(0, 1000)), f64::from(rng.between(0, 1000))];
    let depot = match middle {
        Middle::Centre => [500.0, 500.0],
        Middle::Corner => [0.0, 0.0],
        Middle::Random => anywhere(&mut rng),
    };
    let (random, seeds) = match layout {
        Layout::Random => (customers, 0),
        Layout::Clustered(seeds) => (0, seeds as usize),
        Layout::Mixed(seeds) => (customers / 2, seeds as usize),
    };
    let mut at = vec![depot];
    let centres: Vec<[f64; 2]> = (0..seeds.min(customers)).map(|_| anywhere(&mut rng)).collect();
    at.extend(&centres);
    while at.len() <= customers {
        let place = anywhere(&mut rng);
        // A customer settles with a chance that falls with the way to each seed.
        let pull: f64 =
            centres.iter().map(|c| (-(c[0] - place[0]).hypot(c[1] - place[1]) / 40.0).exp()).sum();
        if at.len() <= random || rng.chance(pull) {
            at.push(place);
        }
    }
    let demands: Vec<i32> = (0..customers).map(|_| rng.between(demand.0, demand.1)).collect();
    let total: i32 = demands.iter().sum();
    let capacity = (per_trip * f64::from(total) / customers.max(1) as f64).ceil() as i32;
    let stops = (1..).zip(&demands).map(|(place, &demand)| Stop::plain(place, demand)).collect();
    let ground = Ground::Plane { at, rounding: Rounding::Nearest, pace: 1.0 };
    Problem { ground, stops, fleets: vec![Fleet::plain(0, capacity.max(demand.1))] }
}

/// A province of parcels like those of Arnold, Gendreau and Sörensen (2019): towns of very
/// different size, most demands 1, at most 3.
#[must_use]
pub fn province(seed: u64, customers: usize, middle: Middle, capacity: i32) -> Problem {
    let mut rng = Rng::new(seed);
    let side = 40.0 * (customers as f64).sqrt() + 1_000.0;
    let towns: Vec<([f64; 2], f64)> = (0..customers / 60 + 5)
        .map(|rank| {
            let at = [rng.unit() * side, rng.unit() * side];
            (at, 1.0 / (rank as f64 + 2.0).powf(0.8))
        })
        .collect();
    let weights: f64 = towns.iter().map(|&(_, weight)| weight).sum();
    let depot = match middle {
        Middle::Centre => [side / 2.0, side / 2.0],
        Middle::Corner => [0.0, 0.0],
        Middle::Random => [rng.unit() * side, rng.unit() * side],
    };
    let mut at = vec![depot.map(f64::floor)];
    while at.len() <= customers {
        let mut place = [rng.unit() * side, rng.unit() * side];
        if rng.chance(0.85) {
            let mut left = rng.unit() * weights;
            let town = towns.iter().find(|&&(_, weight)| {
                left -= weight;
                left <= 0.0
            });
            let (centre, weight) = town.copied().unwrap_or(towns[0]);
            let spread = 60.0 * (customers as f64 * weight / weights).sqrt().max(2.0);
            place = [centre[0] + rng.normal() * spread, centre[1] + rng.normal() * spread];
        }
        at.push(place.map(f64::floor));
    }
    let stops = (1..=customers as u32)
        .map(|place| Stop::plain(place, [1, 1, 1, 1, 1, 2, 2, 2, 3, 3][rng.below(10)]))
        .collect();
    let ground = Ground::Plane { at, rounding: Rounding::Nearest, pace: 1.0 };
    Problem { ground, stops, fleets: vec![Fleet::plain(0, capacity)] }
}

/// An instance with time windows like those of Solomon (1987) and Gehring and Homberger (1999):
/// a share of windows of about `width` within a day of `horizon`, lengths in tenths.
#[must_use]
pub fn windows(
    seed: u64,
    customers: usize,
    layout: Layout,
    share: f64,
    width: f64,
    capacity: i32,
) -> Problem {
    let mut problem = uchoa(seed, customers, Middle::Centre, layout, (1, 50), 10.0);
    let mut rng = Rng::new(seed ^ 7);
    let (scale, service, horizon) = (10.0, 10.0, 1_800.0);
    let Ground::Plane { at, rounding, .. } = &mut problem.ground else { return problem };
    at.iter_mut().for_each(|place| *place = place.map(|v| (v / 2.0).floor()));
    *rounding = Rounding::Tenths;
    let depot = at[0];
    for stop in &mut problem.stops {
        let place = at[stop.place as usize];
        let out = (place[0] - depot[0]).hypot(place[1] - depot[1]);
        let last = horizon - out - service;
        stop.service = (service * scale) as i32;
        stop.window = Window { open: 0, close: (last * scale) as i32 };
        if rng.chance(share) {
            let middle = out + rng.unit() * (last - out);
            let half = width * (0.5 + rng.unit()) / 2.0;
            let open = (middle - half).max(0.0);
            let close = (middle + half).clamp(out.ceil() + 1.0, last);
            stop.window = Window { open: (open * scale) as i32, close: (close * scale) as i32 };
        }
        stop.demand = stop.demand.min(capacity);
    }
    problem.fleets[0].capacity = capacity;
    problem.fleets[0].shift = Window { open: 0, close: (horizon * scale) as i32 };
    problem
}
