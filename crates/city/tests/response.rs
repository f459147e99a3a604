//! The response's means against the rules that size them.

use std::collections::{BTreeMap, BTreeSet};

use city::{City, Level, Options, Scenario, StaffRole};
use types::{AreaScope, PlaceCode};

fn city(people: Option<u64>, areas: &str) -> City {
    let areas = Some(AreaScope::parse(areas).expect("a scope"));
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    City::generate(&scenario, Options { seed: 6, people, areas }).expect("a city")
}

#[test]
fn every_compound_has_one_site_and_sites_have_the_size_of_the_rule() {
    let city = city(None, "2202");
    let mut served = BTreeSet::new();
    let mut persons = 0;
    let sites = city.sites();
    for s in &sites {
        assert!(s.serves.contains(&s.place), "{} stands outside", s.holder);
        for compound in &s.serves {
            assert!(served.insert(compound.clone()), "{compound} has two sites");
        }
        persons += s.persons;
        assert_eq!(u64::from(s.samplers), s.persons.div_ceil(360).max(1));
        assert_eq!(u64::from(s.stands), s.persons.div_ceil(700).max(1));
    }
    let compounds: BTreeSet<PlaceCode> = city
        .places_down_to(Level::Compound)
        .filter(|p| p.level == Level::Compound)
        .map(|p| p.code)
        .collect();
    assert_eq!(served, compounds);
    assert_eq!(persons, city.people());
    // Where a community has more than one site, sites have 2,000 to 3,000 persons on average.
    let mut by_community: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for s in &sites {
        by_community.entry(&s.place.as_str()[..12]).or_default().push(s.persons);
    }
    let shared: Vec<u64> = by_community.into_values().filter(|v| v.len() > 1).flatten().collect();
    let mean = shared.iter().sum::<u64>() as f64 / shared.len() as f64;
    assert!((2_000.0..3_000.0).contains(&mean), "{mean}");
}

#[test]
fn small_communities_share_a_site_within_their_street() {
    let city = city(Some(30_000), "2202");
    let sites = city.sites();
    assert!(sites.len() < 200, "{} sites", sites.len());
    for s in &sites {
        let street = &s.place.as_str()[..9];
        assert!(s.serves.iter().all(|c| c.as_str().starts_with(street)), "{}", s.holder);
    }
    assert_eq!(sites.iter().map(|s| s.persons).sum::<u64>(), 30_000);
}

#[test]
fn holders_and_accounts_are_unique_and_belong_together() {
    let city = city(Some(120_000), "2202");
    let holders = city.holders();
    let codes: BTreeSet<&str> = holders.iter().map(|h| h.code.as_str()).collect();
    assert_eq!(codes.len(), holders.len());
    let kinds: BTreeSet<&str> = holders.iter().map(|h| h.code.kind()).collect();
    assert_eq!(kinds, BTreeSet::from(["courier", "desk", "grid", "lab", "site"]));
    let places: BTreeSet<PlaceCode> =
        city.places_down_to(Level::Compound).map(|p| p.code).collect();
    assert!(holders.iter().all(|h| places.contains(&h.place)));

    let staff = city.staff();
    let logins: BTreeSet<&str> = staff.iter().map(|s| s.login.as_str()).collect();
    assert_eq!(logins.len(), staff.len());
    let roles: BTreeSet<StaffRole> = staff.iter().map(|s| s.role).collect();
    assert_eq!(roles.len(), 8);
    let working: u32 = holders.iter().map(|h| h.staff).sum();
    assert_eq!(staff.len(), working as usize + 3);
    for s in &staff {
        assert!(AreaScope::parse(&s.scope).is_ok(), "{}", s.scope);
        match &s.holder {
            Some(code) => assert!(codes.contains(code.as_str()), "{code}"),
            None => assert!(s.role <= StaffRole::Auditor, "{}", s.login),
        }
        assert!(!s.name.is_empty() && s.name_pinyin.contains(' '));
    }
    assert_eq!(city.staff(), staff);
}

#[test]
fn the_laboratories_add_up_to_what_was_reported() {
    let city = city(Some(1_000), "2202");
    let on = |day: jiff::civil::Date| {
        let capacities: Vec<_> =
            city.laboratories().filter_map(|l| l.capacity_on(day)).cloned().collect();
        let sum = |of: fn(&city::LaboratoryCapacity) -> u32| capacities.iter().map(of).sum();
        let (claimed, measured): (u32, u32) = (sum(|c| c.claimed), sum(|c| c.measured));
        (capacities.len(), claimed, measured)
    };
    assert_eq!(on(jiff::civil::date(2022, 2, 1)), (0, 0, 0));
    // Half of the claim.
    assert_eq!(on(jiff::civil::date(2022, 3, 10)), (2, 90_000, 45_000));
    let (laboratories, _, measured) = on(jiff::civil::date(2022, 3, 31));
    assert_eq!((laboratories, measured), (12, 285_000));
}
