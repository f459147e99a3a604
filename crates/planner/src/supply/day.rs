//! The planner of a day: shops for households, loads for vehicles, and again after a change.

use std::collections::BTreeMap;

use super::loads::{Share, loads};
use super::model::{Compound, Day, DayPlan, Delivery, Load, Shop, SupplyError};
use crate::beds::{Flow, NEVER, Site};
use crate::routes::{Effort, Fleet, Ground, Problem, Routes, Stop, Tour, Watch, solve};

/// Among how many of its nearest shops a compound's households are shared.
const NEAR_SHOPS: usize = 40;

/// Something that happens in the course of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayChange {
    /// A shop packs another number; 0 closes it.
    Shop {
        /// Which.
        shop: u32,
        /// How many packs.
        packs: u32,
    },
    /// A compound has other orders, another gate time or another way of delivery.
    Compound {
        /// Which.
        compound: u32,
        /// What it is now.
        now: Compound,
    },
    /// A garage has another number of vehicles.
    Garage {
        /// Which.
        garage: u32,
        /// How many.
        vehicles: u32,
    },
}

/// Plans a day, and again after changes.
#[derive(Clone, Debug)]
pub struct DayPlanner {
    day: Day,
    flow: Flow,
    /// Each compound's party in the flow.
    party: Vec<usize>,
    /// Which shop packs for which households of each compound, as the last plan had it.
    owners: Vec<Vec<Owner>>,
    /// The same by shop.
    shares: Vec<Vec<Share>>,
    loads: Vec<Vec<Load>>,
    plan: DayPlan,
    dirty: Vec<bool>,
}

impl DayPlanner {
    /// A planner of a day, without a plan yet.
    #[must_use]
    pub fn new(day: Day) -> DayPlanner {
        let capacity: Vec<u32> = day.shops.iter().map(|shop| shop.packs).collect();
        let flow = Flow::new(&capacity, &vec![None; capacity.len()], &[]);
        let shops = day.shops.len();
        let mut planner = DayPlanner {
            flow,
            party: Vec::new(),
            owners: vec![Vec::new(); day.compounds.len()],
            shares: vec![Vec::new(); shops],
            loads: vec![Vec::new(); shops],
            plan: DayPlan::default(),
            dirty: vec![true; shops],
            day,
        };
        planner.flow.reserve(planner.day.compounds.len());
        for compound in 0..planner.day.compounds.len() {
            let party = planner.enter(compound);
            planner.party.push(party);
        }
        planner
    }

    /// The day as it is now.
    #[must_use]
    pub fn day(&self) -> &Day {
        &self.day
    }

    /// The flow of packs from shops, for [`crate::beds::prove`].
    #[must_use]
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    fn enter(&mut self, compound: usize) -> usize {
        let it = &self.day.compounds[compound];
        let mut near: Vec<(i64, usize)> =
            self.day.shops.iter().map(|shop| it.at.metres(shop.at)).zip(0..).collect();
        if near.len() > NEAR_SHOPS {
            near.select_nth_unstable(NEAR_SHOPS - 1);
            near.truncate(NEAR_SHOPS);
        }
        let mut costs = vec![NEVER; self.day.shops.len()];
        near.iter().for_each(|&(metres, shop)| costs[shop] = metres);
        // Farther than any shop: without one only when there is none.
        costs.push(1_000_000_000);
        self.flow.add(&costs, it.packs.len() as u32)
    }

    /// Takes note of a change; the next plan heeds it.
    ///
    /// # Errors
    /// When the change names what does not exist.
    pub fn change(&mut self, change: DayChange) -> Result<(), SupplyError> {
        match change {
            DayChange::Shop { shop, packs } => {
                let missing = SupplyError::NoSuch { what: "shop", index: shop };
                let it: &mut Shop = self.day.shops.get_mut(shop as usize).ok_or(missing)?;
                it.packs = packs;
                self.flow.set_capacity(shop as usize, packs);
            }
            DayChange::Compound { compound, now } => {
                let index = compound as usize;
                let missing = SupplyError::NoSuch { what: "compound", index: compound };
                *self.day.compounds.get_mut(index).ok_or(missing)? = now;
                for &(shop, _) in self.flow.placed(self.party[index]) {
                    if let Some(dirty) = self.dirty.get_mut(shop as usize) {
                        *dirty = true;
                    }
                }
                self.owners[index].clear();
                self.flow.withdraw(self.party[index]);
                self.party[index] = self.enter(index);
            }
            DayChange::Garage { garage, vehicles } => {
                let missing = SupplyError::NoSuch { what: "garage", index: garage };
                self.day.garages.get_mut(garage as usize).ok_or(missing)?.vehicles = vehicles;
            }
        }
        Ok(())
    }

    /// Plans, starting from the last plan if there is one. Only shops whose share of some compound
    /// has changed load anew.
    ///
    /// # Errors
    /// When the routing engine refuses the day: a place or a quantity that cannot be.
    pub fn plan(&mut self, seed: u64, watch: &mut dyn Watch) -> Result<&DayPlan, SupplyError> {
        self.flow.gather();
        let warm = !self.plan.deliveries.is_empty();
        let without_shop = self.share()?;
        let all: Vec<Load> = self.loads.iter().flatten().cloned().collect();
        let before = std::mem::take(&mut self.plan);
        self.plan = drive(&self.day, all, warm.then_some(&before), seed, watch)?;
        self.plan.without_shop = without_shop;
        Ok(&self.plan)
    }

    /// Who packs for whom; loads of the shops for which this has changed.
    fn share(&mut self) -> Result<Vec<Share>, SupplyError> {
        let mut fresh: Vec<Vec<Share>> = vec![Vec::new(); self.day.shops.len()];
        let mut without = Vec::new();
        for (compound, &party) in self.party.iter().enumerate() {
            let households = self.day.compounds[compound].packs.len() as u32;
            let wanted = self.flow.placed(party).iter().copied().collect();
            let owners = divide(households, wanted, &self.owners[compound]);
            for &(shop, first, end) in &owners {
                let share = (compound as u32, first, end);
                match fresh.get_mut(shop as usize) {
                    Some(shares) => shares.push(share),
                    None => without.push(share),
                }
            }
            self.owners[compound] = owners;
        }
        for (shop, shares) in fresh.into_iter().enumerate() {
            if self.dirty[shop] || shares != self.shares[shop] {
                self.loads[shop] = loads(&self.day, shop as u32, &shares)?;
                self.shares[shop] = shares;
                self.dirty[shop] = false;
            }
        }
        Ok(without)
    }
}

/// Households of a compound by shop: shop, first, end.
type Owner = (u32, u32, u32);

/// Divides a compound's households among shops, `wanted` of them each. Households stay with the
/// shop that they had as far as it still packs for as many.
fn divide(households: u32, mut wanted: BTreeMap<u32, u32>, before: &[Owner]) -> Vec<Owner> {
    let (mut owners, mut free): (Vec<Owner>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
    if before.is_empty() {
        free.push((0, households));
    }
    for &(shop, first, end) in before {
        let left = wanted.entry(shop).or_default();
        let stay = (end - first).min(*left);
        *left -= stay;
        owners.push((shop, first, first + stay));
        free.push((first + stay, end));
    }
    let mut free = free.into_iter().filter(|(first, end)| first < end);
    let mut open = free.next();
    for (shop, mut left) in wanted {
        while left > 0
            && let Some((first, end)) = open
        {
            let some = left.min(end - first);
            owners.push((shop, first, first + some));
            left -= some;
            open = if first + some < end { Some((first + some, end)) } else { free.next() };
        }
    }
    owners.retain(|&(_, first, end)| first < end);
    owners.sort_unstable_by_key(|&(_, first, _)| first);
    owners.dedup_by(|next, last| {
        let joins = next.0 == last.0 && last.2 == next.1;
        if joins {
            last.2 = next.2;
        }
        joins
    });
    owners
}

/// Gives loads to vehicles: a routing problem whose stops are whole loads, and whose ways are
/// those driven empty, from a load's last gate to the next one's shop.
fn drive(
    day: &Day,
    all: Vec<Load>,
    before: Option<&DayPlan>,
    seed: u64,
    watch: &mut dyn Watch,
) -> Result<DayPlan, SupplyError> {
    let (count, garages) = (all.len(), day.garages.len());
    let size = count + garages;
    let ends: Vec<(Site, Site)> = all
        .iter()
        .map(|load| {
            let last = load.drops.last().map_or(0, |drop| drop.compound);
            (day.shops[load.shop as usize].at, day.compounds[last as usize].at)
        })
        .chain(day.garages.iter().map(|garage| (garage.at, garage.at)))
        .collect();
    let (mut cost, mut time) = (Vec::with_capacity(size * size), Vec::with_capacity(size * size));
    let speed = day.metres_a_second.max(1);
    for &(_, from) in &ends {
        for &(to, _) in &ends {
            let metres = day.metres(from, to);
            cost.push(metres);
            time.push((metres + speed - 1) / speed);
        }
    }
    let stops = (0..count)
        .map(|load| Stop {
            place: load as u32,
            demand: 0,
            service: all[load].takes,
            window: all[load].start,
            needs: 0,
            skip: Stop::MUST,
        })
        .collect();
    let fleets: Vec<Fleet> = day
        .garages
        .iter()
        .zip(count as u32..)
        .map(|(garage, depot)| Fleet {
            count: Some(garage.vehicles),
            shift: garage.shift,
            ..Fleet::plain(depot, 0)
        })
        .collect();
    let problem = Problem { ground: Ground::Table { size, cost, time: Some(time) }, stops, fleets };
    let old = before.map(|plan| carried_over(plan, &all, garages));
    let effort = Effort { warm: old.as_ref(), ..Effort::seeded(seed) };
    let routes = solve(&problem, &effort, watch)?;
    let mut plan = DayPlan {
        metres: all.iter().map(|load| i64::from(load.metres)).sum(),
        deliveries: all.into_iter().map(|load| Delivery { load, vehicle: None }).collect(),
        without_shop: Vec::new(),
    };
    let mut next = vec![0; garages];
    for tour in &routes.tours {
        let garage = tour.fleet;
        let vehicle = next[garage as usize];
        next[garage as usize] += 1;
        let mut at = problem.fleets[garage as usize].depot;
        let mut now = problem.fleets[garage as usize].shift.open;
        for &stop in tour.trips.iter().flatten() {
            plan.metres += i64::from(problem.ground.cost(at, stop));
            let it = &problem.stops[stop as usize];
            let begins = (now + problem.ground.time(at, stop)).max(it.window.open);
            plan.deliveries[stop as usize].vehicle = Some((garage, vehicle, begins));
            now = begins + it.service;
            at = stop;
        }
        plan.metres += i64::from(problem.ground.cost(at, problem.fleets[garage as usize].depot));
    }
    Ok(plan)
}

/// The old tours as far as their loads still exist.
fn carried_over(plan: &DayPlan, all: &[Load], garages: usize) -> Routes {
    let key = |load: &Load| load.drops.first().map(|d| (load.shop, d.compound, d.first));
    let index: BTreeMap<_, usize> = all.iter().map(key).zip(0..).collect();
    let mut tours: BTreeMap<(u32, u32), Vec<(i32, u32)>> = BTreeMap::new();
    for delivery in &plan.deliveries {
        let (Some((garage, vehicle, begins)), Some(&load)) =
            (delivery.vehicle, index.get(&key(&delivery.load)))
        else {
            continue;
        };
        if (garage as usize) < garages {
            tours.entry((garage, vehicle)).or_default().push((begins, load as u32));
        }
    }
    let tours = tours.into_iter().map(|((fleet, _), mut loads)| {
        loads.sort_unstable();
        Tour { fleet, trips: vec![loads.into_iter().map(|(_, load)| load).collect()] }
    });
    Routes { tours: tours.collect(), skipped: Vec::new() }
}
