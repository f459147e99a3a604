//! A day of supply: no household is forgotten, and a change is a small matter.

use planner::beds::prove;
use planner::routes::{Window, steps};
use planner::supply::{DayChange, DayPlanner, DaySize, Delivery, SupplyError, made_up};
use proptest::prelude::*;

const SMALL: DaySize = DaySize { households: 9_000, compounds: 40, shops: 25, vehicles: 14 };

fn fail(error: SupplyError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Every household is in the plan once, whatever is closed; the balance holds after changes.
    #[test]
    fn nobody_is_forgotten(seed in 0..1_000u64, closed in 0..25u32, vehicles in 0..4u32) {
        let mut planner = DayPlanner::new(made_up(seed, SMALL));
        planner.plan(seed, &mut steps(256)).map_err(fail)?;
        for shop in closed..25 {
            if shop % 3 == 0 {
                planner.change(DayChange::Shop { shop, packs: 0 }).map_err(fail)?;
            }
        }
        planner.change(DayChange::Garage { garage: 0, vehicles }).map_err(fail)?;
        let mut now = planner.day().compounds[7].clone();
        now.packs.truncate(50);
        now.gate = Window { open: 30_000, close: 50_000 };
        planner.change(DayChange::Compound { compound: 7, now }).map_err(fail)?;
        let plan = planner.plan(seed, &mut steps(256)).map_err(fail)?.clone();
        let balance = plan.check(planner.day()).map_err(fail)?;
        prop_assert_eq!(
            balance.households,
            balance.served + balance.no_vehicle + balance.no_shop
        );
        prove(planner.flow()).map_err(|flaw| TestCaseError::fail(flaw.to_string()))?;
    }
}

#[test]
fn a_day_is_served_and_a_closed_shop_moves_only_its_own() {
    let size = DaySize { households: 30_000, compounds: 150, shops: 100, vehicles: 36 };
    let mut planner = DayPlanner::new(made_up(3, size));
    let plan = planner.plan(3, &mut steps(4_000)).expect("a day").clone();
    let balance = plan.check(planner.day()).expect("a plan that keeps the rules");
    assert_eq!((balance.households, balance.served), (30_000, 30_000));

    let shop = plan.deliveries[0].load.shop;
    planner.change(DayChange::Shop { shop, packs: 0 }).expect("a known shop");
    let again = planner.plan(3, &mut steps(1_000)).expect("a day").clone();
    let balance = again.check(planner.day()).expect("a plan that keeps the rules");
    assert_eq!(balance.households, balance.served);
    assert!(again.deliveries.iter().all(|delivery| delivery.load.shop != shop));
    let old = |it: &&Delivery| plan.deliveries.iter().any(|old| old.load == it.load);
    let (kept, all) = (again.deliveries.iter().filter(old).count(), again.deliveries.len());
    assert!(kept * 2 > all, "{kept} of {all} loads are as before");
}

#[test]
fn a_forgotten_household_is_found() {
    let mut planner = DayPlanner::new(made_up(4, SMALL));
    let mut plan = planner.plan(4, &mut steps(64)).expect("a day").clone();
    plan.deliveries[0].load.drops[0].end -= 1;
    let drop = plan.deliveries[0].load.drops[0];
    let pack = planner.day().compounds[drop.compound as usize].packs[drop.end as usize];
    plan.deliveries[0].load.drops[0].weight -= i32::from(pack);
    let (compound, household) = (drop.compound, drop.end);
    let forgotten = SupplyError::Forgotten { compound, household, times: 0 };
    assert_eq!(plan.check(planner.day()), Err(forgotten));
}
