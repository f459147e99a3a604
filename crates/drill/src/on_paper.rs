//! A city's supply on paper: the larders of the drill under the conditions of a scenario, without a server, for asking
//! what another policy would have done.
//!
//! Larders are those of [`crate::pantry`]; what is around them is simple. Food comes into the city, keeps for days or
//! for months, and leaves as orders and packs: as many as open shops can pack, and as vehicles with a driver can bring,
//! the longest waiting first; packs need a vehicle, and no shop. Whoever may go shopping takes their share of what there is. A household orders when
//! there is little left; one that cannot order has nothing but packs. Two runs with one seed have the same households
//! with the same larders, and differ only where the conditions do.

use std::collections::VecDeque;

use city::{City, Need, SupplyConditions, SupplyPlan};
use jiff::civil::Date;

use crate::draw::Draw;
use crate::pantry::{MEALS, Pantry, RATION, Tally};
use crate::score::nearest_rank;

/// A household orders when its food lasts for fewer days.
pub const ORDERS_BELOW: f64 = 2.5;
/// For how many days it orders.
pub const ORDERS_FOR: i64 = 3;
/// For how many days a pack is; also how often one is due.
pub const PACK_FOR: i64 = 2;
/// Share of what comes in that keeps for days only: vegetables and pork, by the rations.
const FRESH: f64 = 375.0 / 705.0;
/// How long that keeps, in days.
const KEEPS: i64 = 5;
/// Orders that a vehicle brings to gates in a day: 600 vehicles for 1.4 million households, as in the planner's day of
/// a city. Chosen.
const BROUGHT: f64 = 2_300.0;
/// From the order in the morning to the door on the same day, in hours.
const SAME_DAY: f64 = 8.0;
/// A medicine is asked for when it lasts for fewer days.
const MEDICINE_BELOW: i64 = 2;
/// Households of one shop.
const OF_A_SHOP: usize = 1_000;

/// A household on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperHome {
    /// Its people.
    pub people: u32,
    /// Those of them who take medicine every day.
    pub takers: u32,
    /// Old and alone: may be unable to order.
    pub old_and_alone: bool,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Sums over all households behind doors.
    pub tally: Tally,
    /// Households that missed a meal.
    pub hungry: u64,
    /// Half of the orders and packs took no longer, in hours.
    pub door_median: f64,
    /// One in ten took longer, in hours.
    pub door_p90: f64,
    /// Grams that went bad.
    pub spoiled: i64,
    /// Orders and packs that nobody had by the end.
    pub waiting: u64,
}

/// The households of a city.
pub fn homes(city: &City) -> Vec<PaperHome> {
    let home = |household: city::Household<'_>| {
        let (mut people, mut takers, mut old_and_alone) = (0, 0, false);
        for member in household.into_members() {
            people += 1;
            takers += u32::from(member.needs.has(Need::Chronic));
            old_and_alone |= member.needs.has(Need::ElderlyAlone);
        }
        PaperHome { people, takers, old_and_alone }
    };
    city.households().map(home).filter(|home| home.people > 0).collect()
}

/// A household behind its door.
#[derive(Clone, Debug, Default)]
struct Kept {
    pantry: Option<Pantry>,
    served: i64,
    /// Whether it waits for an order, and for a pack.
    waits: [bool; 2],
}

/// Something to be brought.
#[derive(Clone, Copy, Debug)]
struct Asked {
    home: usize,
    pack: bool,
    day: i64,
    grams: i64,
}

/// Food that lies in the city.
#[derive(Debug, Default)]
struct Stock {
    fresh: VecDeque<(i64, i64)>,
    dry: i64,
    spoiled: i64,
}

impl Stock {
    fn comes(&mut self, day: i64, grams: i64) {
        let fresh = (grams as f64 * FRESH) as i64;
        self.fresh.push_back((day + KEEPS, fresh));
        self.dry += grams - fresh;
    }

    fn throw_away(&mut self, day: i64) {
        while let Some((_, grams)) = self.fresh.front().copied().filter(|(until, _)| *until <= day)
        {
            self.spoiled += grams;
            self.fresh.pop_front();
        }
    }

    fn all(&self) -> i64 {
        self.dry + self.fresh.iter().map(|(_, grams)| grams).sum::<i64>()
    }

    /// Takes so much, what is nearest to its date first; the caller has looked whether it is there.
    fn take(&mut self, grams: i64) {
        let mut left = grams;
        while left > 0 {
            let Some((_, lies)) = self.fresh.front_mut() else { break };
            let some = left.min(*lies);
            *lies -= some;
            left -= some;
            if *lies == 0 {
                self.fresh.pop_front();
            }
        }
        self.dry -= left;
    }
}

/// Lives through some days. The same seed gives the same run.
pub fn run(
    homes: &[PaperHome],
    plan: &SupplyPlan,
    of: &SupplyConditions,
    (first, days): (Date, u32),
    seed: u64,
) -> Outcome {
    let people: i64 = homes.iter().map(|home| i64::from(home.people)).sum();
    let unit = |what: &str, n: usize| Draw::keyed(seed, what, n as u64).unit();
    let closes: Vec<f64> = (0..homes.len()).map(|n| unit("paper door", n)).collect();
    let can_order: Vec<bool> = homes
        .iter()
        .enumerate()
        .map(|(n, home)| {
            !home.old_and_alone || unit("paper order", n) >= plan.pantry.cannot_order.value
        })
        .collect();
    let shops: Vec<f64> =
        (0..=homes.len() / OF_A_SHOP).map(|shop| unit("paper shop", shop)).collect();
    let mut kept: Vec<Kept> = vec![Kept::default(); homes.len()];
    let mut past = Tally::default();
    let mut hungry = vec![false; homes.len()];
    let mut queue: VecDeque<Asked> = VecDeque::new();
    let (mut stock, mut waits) = (Stock::default(), Vec::new());
    let mut reserve: Option<i64> = None;
    for day in 0..i64::from(days) {
        let date = first.saturating_add(jiff::Span::new().days(day));
        stock.throw_away(day);
        stock.comes(day, (of.arrives.on(date) * people as f64) as i64);
        let held = reserve.get_or_insert((of.reserve.on(date) * (people * RATION) as f64) as i64);
        if of.market.on(date) < 0.5 {
            stock.dry += std::mem::take(held);
        }
        // Doors close and open.
        let restricted = of.restricted.on(date);
        let mut free = 0;
        for (n, home) in homes.iter().enumerate() {
            match (closes[n] < restricted, kept[n].pantry.is_some()) {
                (true, false) => {
                    let number = u32::try_from(n).unwrap_or(u32::MAX);
                    let pantry = Pantry::drawn(&plan.pantry, seed, number, 1, home.people);
                    kept[n] = Kept { pantry: Some(pantry), served: day - 1, waits: [false; 2] };
                }
                (false, true) => {
                    past.add(
                        kept[n].pantry.take().map(|pantry| pantry.tally()).unwrap_or_default(),
                    );
                    kept[n] = Kept::default();
                }
                _ => {}
            }
            if kept[n].pantry.is_none() {
                free += i64::from(home.people);
            }
        }
        queue.retain(|asked| kept[asked.home].waits[usize::from(asked.pack)]);
        // Whoever may go shopping takes their share, and no more than they eat.
        let share = (stock.all() as f64 * free as f64 / people.max(1) as f64) as i64;
        stock.take(share.min(free * RATION));
        // Orders and packs.
        let (open_shops, packs) = (of.shops.on(date), of.packs.on(date));
        for (n, home) in homes.iter().enumerate() {
            let Some(pantry) = &kept[n].pantry else { continue };
            let shop_is_open = shops[n / OF_A_SHOP] < open_shops;
            let orders = can_order[n] && shop_is_open && pantry.lasts(home.people) < ORDERS_BELOW;
            let [waits_for_order, waits_for_pack] = kept[n].waits;
            let orders = orders && !waits_for_order && !waits_for_pack;
            // Whoever is due has a pack, also when an order is long in coming.
            let due = day - kept[n].served >= PACK_FOR;
            let pack = due && !orders && !waits_for_pack && unit("paper pack", n) < packs;
            if orders || pack {
                kept[n].waits[usize::from(pack)] = true;
                let of_days = if pack { PACK_FOR } else { ORDERS_FOR };
                let grams = of_days * RATION * i64::from(home.people);
                queue.push_back(Asked { home: n, pack, day, grams });
            }
        }
        // Breakfast and lunch come before what is brought.
        eat(homes, &mut kept, &mut hungry, MEALS - 1);
        // Shops pack orders; packs are the same for all, and are made up at the sorting centre. Both need a vehicle.
        let packed = of.packed.on(date) * homes.len() as f64 / OF_A_SHOP as f64 * open_shops;
        let driven = of.vehicles.on(date) * people as f64 / 100_000.0 * of.driving(date) * BROUGHT;
        let (mut packs_left, mut drives_left) = (packed as i64, driven as i64);
        let mut lies = stock.all();
        queue.retain(|asked| {
            let packable = asked.pack || packs_left > 0;
            if !packable || drives_left == 0 || lies < asked.grams {
                return true;
            }
            drives_left -= 1;
            packs_left -= i64::from(!asked.pack);
            lies -= asked.grams;
            stock.take(asked.grams);
            let of_home = &mut kept[asked.home];
            of_home.waits[usize::from(asked.pack)] = false;
            of_home.served = day;
            if let Some(pantry) = &mut of_home.pantry {
                pantry.brings(asked.grams);
            }
            waits.push((day - asked.day) as f64 * 24.0 + SAME_DAY);
            false
        });
        eat(homes, &mut kept, &mut hungry, 1);
        // Medicine is brought by whoever may drive.
        let driving = of.driving(date);
        for (n, home) in homes.iter().enumerate().filter(|(_, home)| home.takers > 0) {
            let Some(pantry) = &mut kept[n].pantry else { continue };
            let key = n as u64 | (day as u64) << 40;
            if pantry.days_of_medicine() < MEDICINE_BELOW
                && Draw::keyed(seed, "paper medicine", key).unit() < driving
            {
                pantry.refills(plan.pantry.refill_days.value as i64);
            }
            pantry.dose(home.takers);
        }
    }
    for kept in kept {
        past.add(kept.pantry.map(|pantry| pantry.tally()).unwrap_or_default());
    }
    waits.sort_by(f64::total_cmp);
    Outcome {
        tally: past,
        hungry: hungry.iter().filter(|hungry| **hungry).count() as u64,
        door_median: nearest_rank(&waits, 0.5),
        door_p90: nearest_rank(&waits, 0.9),
        spoiled: stock.spoiled,
        waiting: queue.len() as u64,
    }
}

fn eat(homes: &[PaperHome], kept: &mut [Kept], hungry: &mut [bool], meals: i64) {
    for (n, home) in homes.iter().enumerate() {
        let Some(pantry) = &mut kept[n].pantry else { continue };
        for _ in 0..meals {
            hungry[n] |= pantry.meal(home.people) > 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use city::{Options, Scenario};
    use types::AreaScope;

    use super::*;

    fn city() -> (Scenario, Vec<PaperHome>) {
        let jilin = Scenario::bundled("jilin-2022").expect("bundled");
        let areas = AreaScope::parse("220204").expect("a county");
        let options = Options { seed: 4, people: Some(4_000), areas: Some(areas) };
        let homes = homes(&City::generate(&jilin, options).expect("a city"));
        (jilin, homes)
    }

    fn lived(jilin: &Scenario, homes: &[PaperHome], changes: &[&str], late: bool) -> Outcome {
        let changes: Vec<_> = changes.iter().map(|c| c.parse().expect("a change")).collect();
        let plan = jilin.supply(&changes).expect("figures");
        let of = if late { &plan.late_march } else { &plan.usual };
        run(homes, &plan, of, (jiff::civil::date(2022, 3, 11), 28), 9)
    }

    #[test]
    fn late_march_leaves_meals_out_and_passes_reserve_and_packs_avoid_it() {
        let (jilin, homes) = city();
        let as_it_was = lived(&jilin, &homes, &[], true);
        let avoided = lived(
            &jilin,
            &homes,
            &[
                "late_march.passes@2022-03-11=0.8",
                "late_march.reserve@2022-03-11=5",
                "late_march.packs@2022-03-11=1",
            ],
            true,
        );
        assert!(as_it_was.tally.missed * 20 > as_it_was.tally.meals, "{as_it_was:?}");
        assert!(avoided.tally.missed * 5 < as_it_was.tally.missed, "{avoided:?}");
        // The same people behind the same doors for the same time, with the same larders.
        assert_eq!(avoided.tally.meals, as_it_was.tally.meals);
        assert_eq!(avoided.tally.had, as_it_was.tally.had);
        assert_eq!(as_it_was, lived(&jilin, &homes, &[], true), "a run repeats");
    }

    #[test]
    fn with_open_doors_nobody_misses_a_meal_and_in_jilin_few_do() {
        let (jilin, homes) = city();
        let open = lived(&jilin, &homes, &["usual.restricted=0"], false);
        assert_eq!((open.tally.meals, open.tally.missed), (0, 0));
        let usual = lived(&jilin, &homes, &[], false);
        assert!(usual.tally.meals > 0 && usual.tally.missed * 50 < usual.tally.meals, "{usual:?}");
    }
}
