//! The bed plan: optimal against brute force, proved by its prices, and explained.

use planner::beds::{
    BedPlanner, Blocked, Bound, CareLevel, Change, Facility, FacilityIndex, Flow, NEVER, Patient,
    PatientKey, Pool, PoolIndex, Rule, Sex, Site, Urgency, Weights, Wish, generate, prove,
};
use proptest::prelude::*;

/// Every way to send each person anywhere.
fn cheapest(
    parties: &[(Vec<i64>, u32)],
    capacity: &[u32],
    group: &[Option<usize>],
    limits: &[u32],
) -> i64 {
    fn go(people: &[&[i64]], left: &mut [i64], group: &[Option<usize>], limits: &mut [i64]) -> i64 {
        let Some((first, rest)) = people.split_first() else { return 0 };
        let waiting = first.len() - 1;
        let mut best = i64::MAX;
        for pool in 0..first.len() {
            let inside = pool < waiting;
            if first[pool] >= NEVER
                || inside && (left[pool] == 0 || group[pool].is_some_and(|g| limits[g] == 0))
            {
                continue;
            }
            if inside {
                left[pool] -= 1;
                if let Some(g) = group[pool] {
                    limits[g] -= 1;
                }
            }
            best = best.min(first[pool] + go(rest, left, group, limits));
            if inside {
                left[pool] += 1;
                if let Some(g) = group[pool] {
                    limits[g] += 1;
                }
            }
        }
        best
    }
    let people: Vec<&[i64]> = parties
        .iter()
        .flat_map(|(costs, size)| std::iter::repeat_n(costs.as_slice(), *size as usize))
        .collect();
    let mut left: Vec<i64> = capacity.iter().map(|&c| i64::from(c)).collect();
    let mut limits: Vec<i64> = limits.iter().map(|&c| i64::from(c)).collect();
    go(&people, &mut left, group, &mut limits)
}

fn party() -> impl Strategy<Value = (Vec<i64>, u32)> {
    let cost = prop_oneof![3 => 0..30i64, 1 => Just(NEVER)];
    (prop::collection::vec(cost, 3), 20..60i64, 1..4u32).prop_map(|(mut costs, wait, size)| {
        costs.push(wait);
        (costs, size)
    })
}

fn optimal(
    flow: &Flow,
    parties: &[(Vec<i64>, u32)],
    capacity: &[u32],
    group: &[Option<usize>],
    limits: &[u32],
) -> Result<(), TestCaseError> {
    let proved = prove(flow).map_err(|flaw| TestCaseError::fail(flaw.to_string()))?;
    prop_assert_eq!(proved.cost, i128::from(cheapest(parties, capacity, group, limits)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The flow costs what the cheapest of all assignments costs, also after every change.
    #[test]
    fn a_flow_is_optimal(
        parties in prop::collection::vec(party(), 1..4),
        capacity in prop::collection::vec(0..4u32, 3),
        later in prop::collection::vec(0..4u32, 3),
        limit in 0..5u32,
        limit_later in 0..5u32,
        gone in 0..3usize,
    ) {
        let group = [Some(0), Some(0), None];
        let mut flow = Flow::new(&capacity, &group, &[limit]);
        for (costs, size) in &parties {
            flow.add(costs, *size);
        }
        optimal(&flow, &parties, &capacity, &group, &[limit])?;
        flow.gather();
        let proved = prove(&flow).map_err(|flaw| TestCaseError::fail(flaw.to_string()))?;
        prop_assert!(proved.split < flow.pools());
        optimal(&flow, &parties, &capacity, &group, &[limit])?;
        for (pool, &places) in later.iter().enumerate() {
            flow.set_capacity(pool, places);
        }
        optimal(&flow, &parties, &later, &group, &[limit])?;
        flow.set_group_capacity(0, limit_later);
        optimal(&flow, &parties, &later, &group, &[limit_later])?;
        let mut left = parties.clone();
        if gone < left.len() {
            flow.withdraw(gone);
            left.remove(gone);
        }
        optimal(&flow, &left, &later, &group, &[limit_later])?;
    }

    /// Whoever waits is no more urgent than anybody in a place that would have taken them.
    #[test]
    fn the_urgent_go_first(seed in 0..1_000u64, supply in 0.3..1.2f64) {
        let (planner, plan) = planned(seed, 120, 10, supply);
        let proved = prove(planner.flow()).map_err(|f| TestCaseError::fail(f.to_string()))?;
        prop_assert_eq!(proved.people, 120);
        prop_assert_eq!(plan.seats.len(), 120);
        let instance = generate(seed, 120, 10, supply);
        for seat in plan.seats.iter().filter(|seat| seat.pool.is_none()) {
            prop_assert!(seat.explanation.unmet.iter().any(|unmet| unmet.wish == Wish::Bed));
            let waiting = &instance.patients[seat.patient.0 as usize];
            if instance.patients.iter().filter(|p| p.family == waiting.family).count() > 1 {
                continue;
            }
            for other in plan.seats.iter() {
                let Some(pool) = other.pool else { continue };
                let pool = &instance.pools[pool.0 as usize];
                let it = &instance.patients[other.patient.0 as usize];
                // A family goes by its most urgent member; the reserve has a rule of its own.
                let alone = instance.patients.iter().filter(|p| p.family == it.family).count() == 1;
                if alone && pool.rule == Rule::Anybody && pool.reserve == 0
                    && pool.level >= waiting.need
                {
                    prop_assert!(it.urgency >= waiting.urgency);
                }
            }
        }
    }

    /// A plan that was changed is as good as a new one.
    #[test]
    fn a_replan_is_as_good_as_a_fresh_plan(seed in 0..1_000u64, cut in 0..40u32) {
        let (mut planner, _) = planned(seed, 150, 10, 0.9);
        let mut instance = generate(seed, 150, 10, 0.9);
        for key in (0..150).step_by(7) {
            planner.change(Change::Withdraw(PatientKey(key))).map_err(fail)?;
        }
        instance.patients.retain(|patient| patient.key.0 % 7 != 0);
        let mut worse = instance.patients[3];
        worse.need = CareLevel::Acute;
        worse.urgency = Urgency::new(2, 5);
        planner.change(Change::Update(worse)).map_err(fail)?;
        instance.patients[3] = worse;
        for index in [2, 5, 8] {
            let pool = &mut instance.pools[index];
            pool.beds = (pool.beds + 5).saturating_sub(cut);
            let (beds, staffed, reserve) = (pool.beds, pool.staffed, pool.reserve);
            let pool = PoolIndex(index as u32);
            planner.change(Change::Places { pool, beds, staffed, reserve }).map_err(fail)?;
        }
        let again = planner.plan();
        prove(planner.flow()).map_err(|f| TestCaseError::fail(f.to_string()))?;
        let mut fresh =
            BedPlanner::new(instance.facilities, instance.pools, Weights::default()).map_err(fail)?;
        for patient in instance.patients {
            fresh.change(Change::Arrive(patient)).map_err(fail)?;
        }
        let fresh = fresh.plan();
        prop_assert_eq!(again.seats.len(), fresh.seats.len());
        // Which of several equal families is divided may differ; without any, costs are equal.
        if again.divided == 0 && fresh.divided == 0 {
            prop_assert_eq!(again.cost, fresh.cost);
            prop_assert_eq!(again.waiting, fresh.waiting);
        }
    }
}

fn fail(error: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

fn planned(
    seed: u64,
    people: u32,
    facilities: u32,
    supply: f64,
) -> (BedPlanner, planner::beds::Plan) {
    let instance = generate(seed, people, facilities, supply);
    let mut planner = BedPlanner::new(instance.facilities, instance.pools, Weights::default())
        .expect("a planner");
    for patient in instance.patients {
        planner.change(Change::Arrive(patient)).expect("a new patient");
    }
    let plan = planner.plan();
    (planner, plan)
}

fn at(east: i32) -> Site {
    Site { east, north: 0 }
}

fn somebody(key: u32, family: u32, sex: Sex, need: CareLevel, severity: u8) -> Patient {
    Patient {
        key: PatientKey(key),
        family,
        sex,
        child: false,
        need,
        urgency: Urgency::new(severity, 0),
        at: at(0),
        promised: None,
    }
}

fn pool(facility: u32, level: CareLevel, rule: Rule, beds: u32) -> Pool {
    Pool { facility: FacilityIndex(facility), level, rule, beds, staffed: beds, reserve: 0 }
}

fn plan_of(
    facilities: &[i32],
    pools: Vec<Pool>,
    patients: &[Patient],
) -> (BedPlanner, planner::beds::Plan) {
    let facilities = facilities.iter().map(|&east| Facility { at: at(east), intake: None });
    let mut planner =
        BedPlanner::new(facilities.collect(), pools, Weights::default()).expect("a planner");
    for patient in patients {
        planner.change(Change::Arrive(*patient)).expect("a new patient");
    }
    let plan = planner.plan();
    prove(planner.flow()).expect("a proof");
    (planner, plan)
}

#[test]
fn a_family_stays_together_where_one_place_is_nearer() {
    let family: Vec<Patient> = [Sex::Female, Sex::Male, Sex::Female]
        .iter()
        .enumerate()
        .map(|(key, &sex)| somebody(key as u32, 1, sex, CareLevel::Shelter, 0))
        .collect();
    let pools = vec![
        pool(0, CareLevel::Shelter, Rule::Anybody, 1),
        pool(1, CareLevel::Shelter, Rule::Families, 3),
    ];
    let (_, plan) = plan_of(&[0, 5_000], pools, &family);
    assert!(plan.seats.iter().all(|seat| seat.pool == Some(PoolIndex(1))));
    assert_eq!((plan.split, plan.divided, plan.waiting), (0, 0, 0));
    let nearest = plan.seats[0].explanation.unmet.iter().find(|unmet| unmet.wish == Wish::Nearest);
    // The one place was free, but a family room weighs more than five kilometres.
    let outweighed = Blocked::Outweighed { pool: PoolIndex(0) };
    assert_eq!(nearest.map(|unmet| unmet.blocked), Some(outweighed));
}

#[test]
fn a_couple_without_a_common_ward_is_divided_and_told_why() {
    let couple = [
        somebody(1, 1, Sex::Female, CareLevel::Shelter, 0),
        somebody(2, 1, Sex::Male, CareLevel::Shelter, 0),
    ];
    let pools = vec![
        pool(0, CareLevel::Shelter, Rule::Women, 5),
        pool(1, CareLevel::Shelter, Rule::Men, 5),
    ];
    let (_, plan) = plan_of(&[0, 900], pools, &couple);
    assert_eq!((plan.split, plan.divided, plan.waiting), (0, 1, 0));
    for seat in &plan.seats {
        let unmet = &seat.explanation.unmet;
        assert!(unmet.iter().any(|unmet| unmet.wish == Wish::Together
            && unmet.blocked == Blocked::NoRoomForAll));
    }
}

#[test]
fn a_child_goes_with_its_mother_to_the_ward() {
    let mother = somebody(1, 1, Sex::Female, CareLevel::Ward, 1);
    let mut child = somebody(2, 1, Sex::Male, CareLevel::Shelter, 0);
    child.child = true;
    let pools = vec![
        pool(0, CareLevel::Shelter, Rule::Anybody, 5),
        pool(1, CareLevel::Ward, Rule::Anybody, 5),
    ];
    let (_, plan) = plan_of(&[0, 9_000], pools, &[mother, child]);
    assert!(plan.seats.iter().all(|seat| seat.pool == Some(PoolIndex(1))));
}

#[test]
fn the_reserve_is_for_the_critical_and_staff_bounds_beds() {
    let mut icu = pool(0, CareLevel::Intensive, Rule::Anybody, 4);
    icu.staffed = 2;
    icu.reserve = 1;
    let acute = |key| somebody(key, key, Sex::Male, CareLevel::Acute, 2);
    let critical = |key| somebody(key, key, Sex::Male, CareLevel::Intensive, 3);
    let (_, plan) = plan_of(&[0], vec![icu], &[acute(1), acute(2)]);
    assert_eq!(plan.waiting, 1);
    let waits = plan.seats.iter().find(|seat| seat.pool.is_none()).expect("one waits");
    let unmet = waits.explanation.unmet[0];
    assert_eq!(unmet.wish, Wish::Bed);
    assert!(matches!(unmet.blocked, Blocked::Full { bound: Bound::Reserve, .. }));
    let (_, plan) = plan_of(&[0], vec![icu], &[acute(1), critical(2), critical(3), critical(4)]);
    let placed: Vec<u32> =
        plan.seats.iter().filter(|s| s.pool.is_some()).map(|s| s.patient.0).collect();
    assert_eq!(placed.len(), 2);
    assert!(!placed.contains(&1));
    let waits = plan.seats.iter().find(|s| s.pool.is_none() && s.patient.0 > 1).expect("one");
    assert!(matches!(
        waits.explanation.unmet[0].blocked,
        Blocked::Full { bound: Bound::Staff, .. }
    ));
}

#[test]
fn a_need_that_no_pool_serves_says_so() {
    let pools = vec![pool(0, CareLevel::Shelter, Rule::Anybody, 5)];
    let (_, plan) = plan_of(&[0], pools, &[somebody(1, 1, Sex::Male, CareLevel::Ward, 1)]);
    assert_eq!(
        plan.seats[0].explanation.unmet[0].blocked,
        Blocked::NoSuchPool { level: CareLevel::Ward }
    );
}

#[test]
fn an_intake_limit_can_come_and_go() {
    let patients: Vec<Patient> =
        (0..6).map(|key| somebody(key, key, Sex::Female, CareLevel::Shelter, 0)).collect();
    let pools = vec![pool(0, CareLevel::Shelter, Rule::Anybody, 10)];
    let (mut planner, plan) = plan_of(&[0], pools, &patients);
    assert_eq!(plan.waiting, 0);
    for (intake, waiting) in [(Some(2), 4), (Some(5), 1), (None, 0)] {
        let facility = FacilityIndex(0);
        planner.change(Change::Intake { facility, intake }).expect("a known facility");
        let plan = planner.plan();
        prove(planner.flow()).expect("a proof");
        assert_eq!(plan.waiting, waiting);
    }
}

#[test]
fn a_city_is_planned_whole() {
    let (planner, plan) = planned(1, 20_000, 60, 0.9);
    let proved = prove(planner.flow()).expect("a proof");
    assert_eq!(proved.people, 20_000);
    assert_eq!(proved.cost, plan.cost);
    assert!(plan.split < planner.flow().pools(), "{} families are split", plan.split);
    assert!(plan.waiting > 0);
}
