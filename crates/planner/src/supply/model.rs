//! A city's day of supply: what is to be brought where, from where and by what.

use crate::beds::Site;
use crate::routes::{RouteError, Window};

/// A shop that packs orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shop {
    /// Where it is.
    pub at: Site,
    /// How many packs it can put together in the day; 0 is a closed shop.
    pub packs: u32,
}

/// A compound whose households are supplied today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// Where its gate is.
    pub at: Site,
    /// When the gate takes deliveries, in seconds of the day.
    pub gate: Window,
    /// How long a delivery takes at the gate, whatever its size, in seconds.
    pub stop: i32,
    /// How long ten packs take in addition: longer where they are carried to the door.
    pub ten_packs: i32,
    /// What each household gets, in hundreds of grams, in the order of the households.
    pub packs: Vec<u16>,
}

/// Vehicles that start and end at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garage {
    /// Where it is.
    pub at: Site,
    /// How many vehicles.
    pub vehicles: u32,
    /// From when to when they are out, in seconds of the day.
    pub shift: Window,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Shops.
    pub shops: Vec<Shop>,
    /// Compounds.
    pub compounds: Vec<Compound>,
    /// Garages.
    pub garages: Vec<Garage>,
    /// What a vehicle carries, in hundreds of grams.
    pub carries: i32,
    /// How long loading takes, in seconds.
    pub loading: i32,
    /// Metres of road a second, for straight distances taken half as long again.
    pub metres_a_second: i32,
}

impl Day {
    /// The way by road in metres: half as long again as the straight line, an assumption for a
    /// city's streets.
    #[must_use]
    pub fn metres(&self, from: Site, to: Site) -> i32 {
        (from.metres(to) * 3 / 2) as i32
    }

    /// How long that takes, in seconds.
    #[must_use]
    pub fn seconds(&self, from: Site, to: Site) -> i32 {
        let speed = self.metres_a_second.max(1);
        (self.metres(from, to) + speed - 1) / speed
    }

    /// How many households there are.
    #[must_use]
    pub fn households(&self) -> usize {
        self.compounds.iter().map(|compound| compound.packs.len()).sum()
    }
}

/// Packs for one gate in one trip: of the households from `first` up to and without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Which compound.
    pub compound: u32,
    /// The first household.
    pub first: u32,
    /// One after the last.
    pub end: u32,
    /// What they weigh together, in hundreds of grams.
    pub weight: i32,
}

/// A load from one shop to one or more gates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Where it is packed.
    pub shop: u32,
    /// Where it goes, in order.
    pub drops: Vec<Drop>,
    /// When loading may begin so that nobody waits at a gate, and when it must.
    pub start: Window,
    /// From the beginning of loading to the last gate, in seconds.
    pub takes: i32,
    /// The way from the shop to the last gate, in metres.
    pub metres: i32,
}

/// A load with its vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The load.
    pub load: Load,
    /// Its garage, vehicle in it and the time when loading begins; none when no vehicle is free
    /// in time.
    pub vehicle: Option<(u32, u32, i32)>,
}

/// The plan of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayPlan {
    /// Every load.
    pub deliveries: Vec<Delivery>,
    /// Households for whose pack no shop has room today: compound, first, end.
    pub without_shop: Vec<(u32, u32, u32)>,
    /// Metres driven in all.
    pub metres: i64,
}

/// How the households of a day stand: all = served + waiting for a vehicle + without a shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All.
    pub households: usize,
    /// Those whose load has a vehicle.
    pub served: usize,
    /// Those whose load has none.
    pub no_vehicle: usize,
    /// Those whom no shop can pack for.
    pub no_shop: usize,
}

/// What is wrong with a day or its plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SupplyError {
    /// A change of what does not exist.
    #[error("there is no {what} {index}")]
    NoSuch {
        /// "shop", "compound" or "garage".
        what: &'static str,
        /// Its index.
        index: u32,
    },
    /// The search for routes refused its problem.
    #[error(transparent)]
    Routes(#[from] RouteError),
    /// A household that is in the plan never or twice.
    #[error("household {household} of compound {compound} is in the plan {times} times")]
    Forgotten {
        /// The compound.
        compound: u32,
        /// The household.
        household: u32,
        /// How often.
        times: u8,
    },
    /// A delivery that cannot be made as planned.
    #[error("delivery {delivery}: {what}")]
    Broken {
        /// Which.
        delivery: usize,
        /// What is wrong.
        what: String,
    },
}

impl DayPlan {
    /// Checks the plan against every rule of the day and counts. It shares nothing with the
    /// search.
    ///
    /// # Errors
    /// The first household that is forgotten, or the first rule that is broken.
    pub fn check(&self, day: &Day) -> Result<Balance, SupplyError> {
        let mut seen: Vec<Vec<u8>> =
            day.compounds.iter().map(|compound| vec![0; compound.packs.len()]).collect();
        let mut balance = Balance { households: day.households(), ..Balance::default() };
        let mut packed = vec![0u32; day.shops.len()];
        let mut days: std::collections::BTreeMap<(u32, u32), Vec<usize>> = Default::default();
        for (index, delivery) in self.deliveries.iter().enumerate() {
            let fail = |what: &str| SupplyError::Broken { delivery: index, what: what.to_owned() };
            let load = &delivery.load;
            let mut weight = 0i64;
            for drop in &load.drops {
                let all = &day.compounds[drop.compound as usize].packs;
                let range = drop.first as usize..drop.end as usize;
                let packs = all.get(range.clone()).ok_or_else(|| fail("no such household"))?;
                let sum: i64 = packs.iter().map(|&pack| i64::from(pack)).sum();
                if sum != i64::from(drop.weight) {
                    return Err(fail("a drop has another weight than its packs"));
                }
                weight += sum;
                seen[drop.compound as usize][range].iter_mut().for_each(|times| *times += 1);
                packed[load.shop as usize] += packs.len() as u32;
                match delivery.vehicle {
                    Some(_) => balance.served += packs.len(),
                    None => balance.no_vehicle += packs.len(),
                }
            }
            if weight > i64::from(day.carries) {
                return Err(fail("more than a vehicle carries"));
            }
            if let Some((garage, vehicle, _)) = delivery.vehicle {
                days.entry((garage, vehicle)).or_default().push(index);
            }
        }
        if let Some(shop) = (0..packed.len()).find(|&s| packed[s] > day.shops[s].packs) {
            let what = format!("shop {shop} packs {} of {}", packed[shop], day.shops[shop].packs);
            return Err(SupplyError::Broken { delivery: 0, what });
        }
        for &(compound, first, end) in &self.without_shop {
            balance.no_shop += (end - first) as usize;
            let range = first as usize..end as usize;
            seen[compound as usize][range].iter_mut().for_each(|times| *times += 1);
        }
        for (compound, households) in seen.iter().enumerate() {
            if let Some(household) = households.iter().position(|&times| times != 1) {
                return Err(SupplyError::Forgotten {
                    compound: compound as u32,
                    household: household as u32,
                    times: households[household],
                });
            }
        }
        for ((garage, vehicle), mut loads) in days {
            loads.sort_by_key(|&index| self.deliveries[index].vehicle.map(|(.., at)| at));
            self.check_vehicle(day, garage, vehicle, &loads)?;
        }
        Ok(balance)
    }

    fn check_vehicle(
        &self,
        day: &Day,
        garage: u32,
        vehicle: u32,
        loads: &[usize],
    ) -> Result<(), SupplyError> {
        let fail = |delivery, what: &str| SupplyError::Broken { delivery, what: what.to_owned() };
        let home = day.garages.get(garage as usize).filter(|home| vehicle < home.vehicles);
        let home = home.ok_or_else(|| fail(loads[0], "there is no such vehicle"))?;
        let (mut at, mut now) = (home.at, home.shift.open);
        for &index in loads {
            let delivery = &self.deliveries[index];
            let Some((_, _, begins)) = delivery.vehicle else { continue };
            let shop = day.shops[delivery.load.shop as usize].at;
            if now + day.seconds(at, shop) > begins {
                return Err(fail(index, "the vehicle is not there yet"));
            }
            (at, now) = (shop, begins + day.loading);
            for drop in &delivery.load.drops {
                let compound = &day.compounds[drop.compound as usize];
                let arrives = now + day.seconds(at, compound.at);
                if arrives > compound.gate.close {
                    return Err(fail(index, "late at a gate"));
                }
                now = arrives.max(compound.gate.open) + unloading(compound, drop);
                at = compound.at;
            }
        }
        if now + day.seconds(at, home.at) > home.shift.close {
            return Err(fail(loads[loads.len() - 1], "back after the shift"));
        }
        Ok(())
    }
}

/// How long a drop takes.
pub(super) fn unloading(compound: &Compound, drop: &Drop) -> i32 {
    let packs = (drop.end - drop.first) as i32;
    compound.stop + (packs * compound.ten_packs + 9) / 10
}
