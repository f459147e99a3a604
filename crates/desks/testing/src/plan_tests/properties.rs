//! What holds for any round.

use std::collections::HashMap;

use proptest::prelude::*;
use types::{Micros, RoundId, Span};

use super::{lab, place, plan, start, third_edition};
use crate::plan::{
    Basis, ByZone, Check, Compound, Laboratory, People, Plan, Point, Request, Settings,
};
use crate::words::Zone;

fn any_zone() -> impl Strategy<Value = Zone> {
    prop_oneof![
        6 => Just(Zone::Other),
        1 => Just(Zone::Controlled),
        1 => Just(Zone::Locked),
        1 => Just(Zone::Quarantine),
    ]
}

prop_compose! {
    fn any_compound()(
        area in 220_202u32..220_204,
        street in 1u32..4,
        community in 1u32..5,
        persons in prop_oneof![0u32..50, 200u32..2_500, 2_900u32..9_000],
        share in 1u32..4,
        zone in any_zone(),
        at in proptest::option::weighted(0.8, (126.3f64..126.8, 43.6f64..44.0)),
    ) -> (u32, u32, u32, u32, u32, Zone, Option<(f64, f64)>) {
        (area, street, community, persons, share, zone, at)
    }
}

prop_compose! {
    fn any_request()(
        compounds in prop::collection::vec(any_compound(), 1..60),
        hours in 6i64..72,
        prevalence in proptest::option::of(0.0f64..0.3),
        people in (0u32..900, 0u32..60, 0u32..60, 0u32..6),
        labs in prop::collection::vec((0i64..40_000, 0i64..40_000, 0i64..3_000), 0..4),
        seconds in 10u32..90,
        slot_minutes in 1u32..30,
    ) -> Request {
        let with_codes = compounds.into_iter().enumerate().map(|(n, c)| Compound {
            code: place(&format!("{}{:03}{:03}-{n:02}", c.0, c.1, c.2)),
            persons: c.3,
            households: c.3 / c.4,
            zone: c.5,
            at: c.6.map(|(lon, lat)| Point { lon, lat }),
        });
        let mut compounds: Vec<Compound> = with_codes.collect();
        compounds[0].persons = compounds[0].persons.max(1);
        let laboratories = labs.into_iter().enumerate().map(|(n, (claimed, staffed, waiting))| {
            Laboratory { claimed, staffed, measured: None, waiting, ..lab(n as u32, 0) }
        });
        Request {
            round: RoundId::from_bytes([1; 16]),
            population: 3_000_000,
            starts_at: start(),
            ends_at: start() + Span::hours(hours),
            prevalence: ByZone::all(prevalence),
            compounds,
            existing_sites: Vec::new(),
            people: People {
                samplers: people.0, couriers: people.1, vehicles: people.2,
                reserve_places: people.3,
            },
            laboratories: laboratories.collect(),
            settings: Settings { seconds_a_swab: seconds, slot_minutes, ..Settings::default() },
        }
    }
}

/// Ends no later and lacks no more.
fn no_worse(now: &Check, before: &Check) -> bool {
    let ends = |check: &Check| check.ends_at.unwrap_or(Micros::MAX);
    let short = |check: &Check| check.short().unwrap_or(u64::MAX);
    ends(now) <= ends(before) && short(now) <= short(before)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_compound_is_served_once(request in any_request()) {
        let max = third_edition().persons_per_site.value.max;
        let plan = plan(&request, third_edition());
        let mut served: HashMap<&str, Vec<u32>> = HashMap::new();
        for slot in plan.sites.iter().flat_map(|s| &s.slots) {
            served.entry(slot.compound.as_str()).or_default().push(slot.persons);
        }
        for compound in &request.compounds {
            let parts = served.remove(compound.code.as_str()).unwrap_or_default();
            prop_assert_eq!(parts.iter().sum::<u32>(), compound.persons);
            prop_assert_eq!(parts.len() as u32, compound.persons.div_ceil(max));
        }
        prop_assert!(served.is_empty());
        for site in &plan.sites {
            prop_assert!(site.persons <= max, "{:?}", site);
            let compounds: std::collections::HashSet<_> =
                site.slots.iter().map(|s| &s.compound).collect();
            prop_assert_eq!(compounds.len(), site.slots.len(), "a compound twice at a site");
        }
    }

    #[test]
    fn sums_are_kept(request in any_request()) {
        let plan = plan(&request, third_edition());
        let persons: u64 = request.compounds.iter().map(|c| u64::from(c.persons)).sum();
        let of_hours = |f: fn(&crate::plan::Hour) -> u32| -> u64 {
            plan.hours.iter().map(|h| u64::from(f(h))).sum()
        };
        let tubes: u64 = plan.sites.iter().map(|s| u64::from(s.tubes)).sum();
        prop_assert_eq!(plan.totals.persons, persons);
        prop_assert_eq!(of_hours(|h| h.persons), persons);
        prop_assert_eq!(plan.totals.tubes, tubes);
        prop_assert_eq!(of_hours(|h| h.tubes), tubes);
        prop_assert_eq!(plan.modes.iter().map(|m| m.persons).sum::<u64>(), persons);
        if !plan.laboratories.is_empty() {
            prop_assert_eq!(plan.laboratories.iter().map(|l| l.tubes).sum::<u64>(), tubes);
            let follow_up: u64 = plan.laboratories.iter().map(|l| l.follow_up).sum();
            prop_assert_eq!(follow_up, plan.totals.follow_up);
        }
        let courier_sites: u64 = plan.couriers.iter().map(|g| u64::from(g.sites)).sum();
        prop_assert_eq!(courier_sites, plan.totals.sites);
    }

    #[test]
    fn stands_hold_their_throughput(request in any_request()) {
        let plan = plan(&request, third_edition());
        for site in &plan.sites {
            let mut from = request.starts_at;
            for slot in &site.slots {
                prop_assert_eq!(slot.from, from, "slots follow each other");
                prop_assert!(slot.until > slot.from);
                from = slot.until;
                let door = matches!(site.zone, Zone::Locked | Zone::Quarantine);
                let s = &request.settings;
                let each = if door { s.seconds_at_the_door } else { s.seconds_a_swab };
                let capacity = (slot.until - slot.from).0 / 1_000_000 * i64::from(site.stands);
                prop_assert!(capacity >= i64::from(slot.persons) * i64::from(each));
            }
        }
    }

    #[test]
    fn more_to_hand_is_never_worse(request in any_request(), more in 1u32..500) {
        let rules = third_edition();
        let before = plan(&request, rules);
        let mut richer = request.clone();
        richer.people.samplers += more;
        let samplers = plan(&richer, rules);
        prop_assert!(no_worse(&samplers.verdict.samplers, &before.verdict.samplers));
        richer.people.couriers += more;
        richer.people.vehicles += more;
        let couriers = plan(&richer, rules);
        prop_assert!(no_worse(&couriers.verdict.couriers, &before.verdict.couriers));
        for lab in &mut richer.laboratories {
            lab.claimed *= 2;
            lab.staffed *= 2;
        }
        let labs = plan(&richer, rules);
        for basis in [Basis::Claimed, Basis::Staffed] {
            let check = |p: &Plan| *p.verdict.laboratories(basis).expect("always known");
            prop_assert!(no_worse(&check(&labs), &check(&before)));
            let steps = [&before, &samplers, &couriers, &labs];
            let ends = steps.map(|p| p.verdict.ends(basis).unwrap_or(Micros::MAX));
            prop_assert!(ends.is_sorted_by(|a, b| a >= b), "{:?}", ends);
        }
    }

    #[test]
    fn what_is_needed_is_enough_and_no_more(request in any_request()) {
        let rules = third_edition();
        let first = plan(&request, rules).verdict;
        if let Some(need) = first.samplers.need {
            let mut exact = request.clone();
            exact.people.samplers = need as u32;
            prop_assert!(plan(&exact, rules).verdict.samplers.in_time());
            if need > 1 {
                exact.people.samplers -= 1;
                prop_assert!(!plan(&exact, rules).verdict.samplers.in_time());
            }
        }
        // One laboratory, so that its share of the tubes stays what it is.
        let mut exact = request;
        exact.laboratories.truncate(1);
        let first = plan(&exact, rules).verdict;
        let labs = first.laboratories(Basis::Claimed).expect("always known");
        if let (Some(need), Some(one)) = (labs.need, exact.laboratories.first_mut()) {
            one.claimed = need as i64;
            let check = plan(&exact, rules).verdict.laboratories[0].expect("always known");
            prop_assert!(check.in_time(), "{:?}", check);
        }
    }
}
