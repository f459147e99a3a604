//! A made-up city's day, for measuring and for tests.

use super::model::{Compound, Day, Garage, Shop};
use crate::beds::Site;
use crate::random::Rng;
use crate::routes::Window;

/// How large a made-up day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySize {
    /// Households in all.
    pub households: u32,
    /// Compounds.
    pub compounds: u32,
    /// Shops.
    pub shops: u32,
    /// Vehicles.
    pub vehicles: u32,
}

impl DaySize {
    /// A city of three million: 1.4 million households in 3,000 compounds, 1,400 shops and 600
    /// vehicles.
    pub const CITY: DaySize =
        DaySize { households: 1_400_000, compounds: 3_000, shops: 1_400, vehicles: 600 };
}

/// A day of a city about 30 km across: packs of 3 to 8 kg, vehicles of 3 t out from 6 to 20
/// o'clock, gates with hours of their own, a third of the compounds locked (so that packs are
/// carried to the door). The same seed gives the same day.
#[must_use]
pub fn made_up(seed: u64, size: DaySize) -> Day {
    let mut rng = Rng::new(seed);
    let towns: Vec<(f64, f64)> =
        (0..8).map(|_| (rng.normal() * 7_000.0, rng.normal() * 7_000.0)).collect();
    let site = |rng: &mut Rng, spread: f64| {
        let (east, north) = towns[rng.below(towns.len())];
        Site {
            east: (east + rng.normal() * spread) as i32,
            north: (north + rng.normal() * spread) as i32,
        }
    };
    let hour = 3_600;
    let weights: Vec<f64> = (0..size.compounds).map(|_| 0.2 + rng.unit() * 1.6).collect();
    let sum: f64 = weights.iter().sum();
    let (mut left, mut compounds) = (size.households, Vec::new());
    for (index, weight) in weights.iter().enumerate() {
        let last = index + 1 == weights.len();
        let share = (f64::from(size.households) * weight / sum) as u32;
        let households = if last { left } else { share.min(left) };
        left -= households;
        let open = [6, 6, 8, 13][rng.below(4)] * hour;
        let locked = rng.chance(1.0 / 3.0);
        compounds.push(Compound {
            at: site(&mut rng, 3_500.0),
            gate: Window { open, close: open + 7 * hour },
            stop: 480,
            ten_packs: if locked { 40 } else { 20 },
            packs: (0..households).map(|_| rng.between(30, 80) as u16).collect(),
        });
    }
    let usual = f64::from(size.households) * 1.15 / f64::from(size.shops);
    let shops = (0..size.shops)
        .map(|_| Shop {
            at: site(&mut rng, 3_500.0),
            packs: (usual * (0.5 + rng.unit())) as u32 + 1,
        })
        .collect();
    let garages = 6.min(size.vehicles);
    let garages = (0..garages)
        .map(|garage| Garage {
            at: site(&mut rng, 5_000.0),
            vehicles: size.vehicles / garages + u32::from(garage < size.vehicles % garages),
            shift: Window { open: 6 * hour, close: 20 * hour },
        })
        .collect();
    Day { shops, compounds, garages, carries: 30_000, loading: 900, metres_a_second: 7 }
}
