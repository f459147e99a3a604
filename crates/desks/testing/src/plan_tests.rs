//! The plan of a round by the numbers of Jilin City; `properties` has what holds for any.

mod properties;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use protocol::{Protocol, Testing as Rules};
use types::{AreaCode, HolderCode, Micros, PlaceCode, RoundId, Span};

use crate::command::Command;
use crate::plan::{
    Basis, ByZone, Compound, ExistingSite, Laboratory, People, Plan, Point, Reason, Request,
    Resource, Settings,
};
use crate::words::{Mode, Zone};

/// Residents of Jilin City in the census of 2020.
const JILIN_CITY: u32 = 3_623_700;
/// About what lives in its four districts.
const JILIN_DISTRICTS: u32 = 1_800_000;

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(|| Protocol::bundled().expect("the bundled protocol"));

fn rules_at(time: &str) -> &'static Rules {
    let at = Micros::parse(time).expect("a time");
    let area = AreaCode::new(220_202).expect("six digits");
    PROTOCOL.at(at, area).testing().expect("testing rules")
}

/// Third edition: 24 hours for any city.
fn third_edition() -> &'static Rules {
    rules_at("2022-03-25T08:00:00+08:00")
}

/// Second edition: 48 hours up to five million residents.
fn second_edition() -> &'static Rules {
    rules_at("2022-03-16T08:00:00+08:00")
}

fn start() -> Micros {
    Micros::parse("2022-03-25T08:00:00+08:00").expect("a time")
}

fn place(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a place code")
}

fn lab(number: u32, a_day: i64) -> Laboratory {
    Laboratory {
        lab: HolderCode::parse(&format!("lab:JL-{number:02}")).expect("a holder"),
        at: Some(Point { lon: 126.55, lat: 43.84 }),
        claimed: a_day,
        staffed: a_day,
        measured: Some(a_day),
        waiting: 0,
    }
}

/// A city of `persons` in compounds of about 1,450, ten streets a county, on a 30 km square.
fn city(persons: u32, laboratories: Vec<Laboratory>) -> Request {
    let n = persons.div_ceil(1_450);
    let compounds = (0..n).map(|at| {
        let cut = |i: u32| u64::from(persons) * u64::from(i) / u64::from(n);
        let people = (cut(at + 1) - cut(at)) as u32;
        let (county, rest) = (at % 4, at / 4);
        let (street, rest) = (rest % 10 + 1, rest / 10);
        let code = format!("22020{}{street:03}{:03}-{:02}", county + 2, rest / 8 + 1, rest % 8 + 1);
        let east = f64::from(county * 10 + street) * 0.009;
        let north = f64::from(rest) * 0.004;
        Compound {
            code: place(&code),
            persons: people,
            households: people * 100 / 234,
            zone: Zone::Other,
            at: Some(Point { lon: 126.35 + east, lat: 43.7 + north }),
        }
    });
    Request {
        round: RoundId::from_bytes([7; 16]),
        population: u64::from(JILIN_CITY),
        starts_at: start(),
        ends_at: start() + Span::hours(24),
        prevalence: ByZone::all(Some(0.002)),
        compounds: compounds.collect(),
        existing_sites: Vec::new(),
        people: People { samplers: 10_070, couriers: 2_000, vehicles: 2_000, reserve_places: 2 },
        laboratories,
        settings: Settings::default(),
    }
}

fn plan(request: &Request, rules: &Rules) -> Plan {
    Plan::make(request, rules).expect("a plan")
}

#[test]
fn the_start_capacity_of_jilin_city_fails_the_window() {
    let plan = plan(&city(JILIN_CITY, vec![lab(1, 22_500), lab(2, 22_500)]), third_edition());
    assert_eq!(plan.modes_of(Zone::Other).expect("modes").chosen().mode, Mode::Ten);
    assert!(plan.totals.tubes >= 362_370, "{} tubes", plan.totals.tubes);
    let check = plan.verdict.laboratories(Basis::Measured).expect("measured");
    assert!(!check.in_time());
    assert_eq!(check.have, 45_000);
    // 362,370 tubes and the follow-up of 2 % of the persons, in the 18 to 19 hours that are
    // left between the first box and the last run.
    let need = check.need.expect("some number is enough");
    assert!((540_000..620_000).contains(&need), "{need} a day");
    assert_eq!(check.short(), Some(need - 45_000));
    // Over eight days, as the city's own figures say.
    let days = (check.ends_at.expect("an end") - start()).as_hours() / 24.0;
    assert!((8.0..10.5).contains(&days), "{days} days");
    assert_eq!(plan.verdict.cannot(Basis::Measured), [Resource::Laboratories]);
    assert!(!plan.verdict.is_met(Basis::Measured));
}

#[test]
fn the_capacity_of_16_march_passes_in_ten_in_one_tubes() {
    let request = city(JILIN_DISTRICTS, vec![lab(1, 285_000)]);
    let mut quiet = request.clone();
    quiet.prevalence = ByZone::all(None);
    // The four districts in 24 hours, no prevalence stated: ten in one, without follow-up.
    let districts = plan(&quiet, third_edition());
    let modes = districts.modes_of(Zone::Other).expect("modes");
    assert_eq!((modes.chosen().mode, modes.reason), (Mode::Ten, Reason::NoPrevalence));
    assert!(districts.verdict.is_met(Basis::Measured), "{:?}", districts.verdict);
    // The whole city under the second edition, which was in force that day: 48 hours.
    let mut whole = city(JILIN_CITY, vec![lab(1, 285_000)]);
    whole.ends_at = whole.starts_at + second_edition().window.for_population(whole.population);
    assert_eq!(whole.ends_at - whole.starts_at, Span::hours(48));
    let whole = plan(&whole, second_edition());
    assert!(whole.verdict.is_met(Basis::Measured), "{:?}", whole.verdict);
    // The whole city under the third edition: 1.3 days of work do not fit into one.
    let in_24_h = plan(&city(JILIN_CITY, vec![lab(1, 285_000)]), third_edition());
    assert_eq!(in_24_h.verdict.cannot(Basis::Measured), [Resource::Laboratories]);
    assert!(in_24_h.verdict.ends(Basis::Measured) > Some(start() + Span::hours(30)));
}

#[test]
fn a_quarter_of_the_samplers_is_a_quarter_of_the_rule() {
    let mut request = city(JILIN_CITY, vec![lab(1, 900_000)]);
    request.people.samplers = 2_300;
    let plan = plan(&request, third_edition());
    let check = plan.verdict.samplers;
    // 3,623,700 / 360, rounded up.
    assert_eq!(check.asked, Some((10_066, "test.samplers")));
    assert_eq!(check.short_of_rule(), 7_766);
    // 13.1 hours of work each do not fit into one shift of eight.
    assert!(!check.in_time());
    let need = check.need.expect("some number is enough");
    assert!((3_700..3_900).contains(&need), "{need}");
    assert_eq!(check.short(), Some(need - 2_300));
    assert_eq!(plan.verdict.cannot(Basis::Staffed), [Resource::Samplers]);
    request.people.samplers = need as u32;
    let enough = Plan::make(&request, third_edition()).expect("a plan");
    assert!(enough.verdict.samplers.in_time());
    assert!(enough.verdict.samplers.short_of_rule() > 0, "in time, but below the rule");
}

#[test]
fn sites_follow_the_protocol() {
    let plan = plan(&city(JILIN_DISTRICTS, vec![lab(1, 285_000)]), third_edition());
    assert_eq!(plan.totals.sites_by_rule, (600, 900));
    assert!((600..=1_000).contains(&plan.totals.sites), "{} sites", plan.totals.sites);
    for site in &plan.sites {
        assert!(site.persons <= 3_000, "{site:?}");
        assert!(site.stands >= site.persons.div_ceil(800) && site.samplers >= site.stands);
        assert!(site.samplers >= site.persons.div_ceil(360), "{site:?}");
    }
}

#[test]
fn what_was_claimed_does_not_hide_what_was_measured() {
    let mut two = vec![lab(1, 0), lab(2, 0)];
    for lab in &mut two {
        (lab.claimed, lab.staffed, lab.measured) = (450_000, 100_000, None);
    }
    let request = city(JILIN_DISTRICTS, two);
    let first = plan(&request, third_edition());
    assert!(first.verdict.is_met(Basis::Claimed));
    assert!(!first.verdict.is_met(Basis::Staffed));
    assert!(first.verdict.laboratories(Basis::Measured).is_none());
    assert!(!first.verdict.is_met(Basis::Measured), "not known is not met");
    let mut measured = request;
    measured.laboratories[0].measured = Some(20_000);
    let later = plan(&measured, third_edition());
    let check = later.verdict.laboratories(Basis::Measured).expect("one was measured");
    assert_eq!((check.have, later.verdict.unmeasured), (20_000, 1));
}

#[test]
fn tubes_narrow_as_prevalence_rises_and_zones_tighten() {
    let rules = third_edition();
    let chosen = |zone: Zone, prevalence: Option<f64>| {
        let mut request = city(10_000, vec![lab(1, 10_000)]);
        request.prevalence = ByZone::all(prevalence);
        request.compounds.iter_mut().for_each(|c| c.zone = zone);
        let modes = plan(&request, rules).modes[0].clone();
        (modes.chosen().mode, modes.reason)
    };
    assert_eq!(chosen(Zone::Other, None), (Mode::Ten, Reason::NoPrevalence));
    assert_eq!(chosen(Zone::Other, Some(0.01)), (Mode::Ten, Reason::FewestTests));
    assert_eq!(chosen(Zone::Other, Some(0.10)), (Mode::Five, Reason::FewestTests));
    assert_eq!(chosen(Zone::Controlled, Some(0.10)), (Mode::Five, Reason::FewestTests));
    assert_eq!(chosen(Zone::Locked, Some(0.01)), (Mode::Household, Reason::OnlyOne));
    assert_eq!(chosen(Zone::Quarantine, Some(0.01)), (Mode::Single, Reason::OnlyOne));
}

#[test]
fn expected_tests_are_dorfmans() {
    let mut request = city(10_000, vec![lab(1, 10_000)]);
    for (prevalence, tests) in [(0.001, 0.11), (0.01, 0.196)] {
        request.prevalence = ByZone::all(Some(prevalence));
        let modes = plan(&request, third_edition()).modes[0].clone();
        let ten = modes.options.iter().find(|o| o.mode == Mode::Ten).expect("ten in one");
        assert!((ten.tests_a_person - tests).abs() < 0.0005, "{ten:?}");
        assert_eq!(ten.rule, "test.pool.other");
    }
}

#[test]
fn zones_do_not_mix_and_locked_doors_take_longer() {
    let mut request = city(8_000, vec![lab(1, 10_000)]);
    for (at, compound) in request.compounds.iter_mut().enumerate() {
        compound.zone = if at % 2 == 0 { Zone::Locked } else { Zone::Other };
    }
    let plan = plan(&request, third_edition());
    let zones: HashMap<&str, Zone> =
        request.compounds.iter().map(|c| (c.code.as_str(), c.zone)).collect();
    for site in &plan.sites {
        assert!(site.slots.iter().all(|s| zones[s.compound.as_str()] == site.zone));
    }
    let seconds_a_person = |zone: Zone| {
        let slot = |s: &crate::plan::Site| {
            let time: i64 = s.slots.iter().map(|t| (t.until - t.from).0).sum();
            time as f64 * f64::from(s.stands) / f64::from(s.persons) / 1e6
        };
        plan.sites.iter().find(|s| s.zone == zone).map(slot).expect("a site")
    };
    assert!(seconds_a_person(Zone::Locked) >= 90.0);
    assert!(seconds_a_person(Zone::Other) >= 30.0 && seconds_a_person(Zone::Other) < 45.0);
}

#[test]
fn a_compound_over_the_limit_gets_several_sites() {
    let mut request = city(1_000, vec![lab(1, 10_000)]);
    request.compounds[0].persons = 7_000;
    let code = request.compounds[0].code.clone();
    let plan = plan(&request, third_edition());
    let parts: Vec<u32> = plan
        .sites
        .iter()
        .flat_map(|s| &s.slots)
        .filter(|s| s.compound == code)
        .map(|s| s.persons)
        .collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.iter().sum::<u32>(), 7_000);
}

#[test]
fn a_site_keeps_its_code_from_round_to_round() {
    let mut request = city(2_000, vec![lab(1, 10_000)]);
    let known = HolderCode::parse("site:220202-S012").expect("a holder");
    request.existing_sites =
        vec![ExistingSite { site: known.clone(), place: request.compounds[0].code.clone() }];
    let plan = plan(&request, third_edition());
    let first = plan.sites.iter().find(|s| s.site == known).expect("the site that exists");
    assert!(!first.new);
    assert!(plan.sites.iter().filter(|s| s.new).all(|s| s.site.code().contains("-P")));
}

#[test]
fn commands_name_every_compound_and_site_once_and_their_county() {
    let plan = plan(&city(400_000, vec![lab(1, 90_000)]), third_edition());
    let (mut targets, mut sites) = (BTreeMap::new(), BTreeMap::new());
    for (area, command) in plan.commands() {
        match command {
            Command::SetTargets(set) => {
                assert!(sites.is_empty(), "targets come first");
                for target in set.targets {
                    assert_eq!(target.compound.area(), Some(area));
                    assert!(targets.insert(target.compound, target.persons).is_none());
                }
            }
            Command::PlanSites(set) => {
                for site in set.sites {
                    assert_eq!(site.community.area(), Some(area));
                    assert!(sites.insert(site.site, site.persons).is_none());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(targets.values().sum::<i64>(), 400_000);
    assert_eq!(sites.values().sum::<i64>(), 400_000);
    assert_eq!(sites.len() as u64, plan.totals.sites);
}

#[test]
fn no_couriers_no_laboratories_no_samplers_no_window() {
    let mut request = city(50_000, Vec::new());
    request.people = People::default();
    let plan = plan(&request, third_edition());
    let expected = [Resource::Samplers, Resource::Couriers, Resource::Laboratories];
    assert_eq!(plan.verdict.cannot(Basis::Claimed), expected);
    assert_eq!(plan.verdict.samplers.ends_at, None);
    assert_eq!(plan.verdict.couriers.ends_at, None);
    assert_eq!(plan.verdict.ends, [None; 3]);
    assert_eq!(plan.verdict.reserve, (0, 2));
}

#[test]
fn a_window_longer_than_the_rule_is_said() {
    let mut request = city(10_000, vec![lab(1, 10_000)]);
    assert!(plan(&request, third_edition()).verdict.window_by_rule);
    request.ends_at = request.starts_at + Span::hours(25);
    assert!(!plan(&request, third_edition()).verdict.window_by_rule);
    request.ends_at = request.starts_at + Span::hours(3);
    let short = plan(&request, third_edition());
    assert!(!short.verdict.is_met(Basis::Staffed), "nothing is tested in three hours");
    assert_eq!(short.verdict.laboratories(Basis::Staffed).and_then(|c| c.need), None);
}

#[test]
fn a_far_laboratory_is_said() {
    let mut far = lab(1, 100_000);
    far.at = Some(Point { lon: 128.5, lat: 44.5 });
    let plan = plan(&city(20_000, vec![far]), third_edition());
    assert_eq!(plan.verdict.sites_too_far, plan.totals.sites);
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let refused = |change: fn(&mut Request)| {
        let mut request = city(3_000, vec![lab(1, 10_000)]);
        change(&mut request);
        Plan::make(&request, third_edition()).expect_err("refused").code.into_owned()
    };
    assert_eq!(refused(|r| r.compounds.clear()), "plan-without-persons");
    assert_eq!(refused(|r| r.ends_at = r.starts_at), "round-ends-before-start");
    assert_eq!(refused(|r| r.prevalence.other = Some(1.5)), "share-out-of-range");
    assert_eq!(refused(|r| r.settings.seconds_a_swab = 0), "setting-out-of-range");
    assert_eq!(refused(|r| r.settings.detour = f64::NAN), "setting-out-of-range");
    assert_eq!(refused(|r| r.compounds[0].code = place("2202")), "place-above-county");
    assert_eq!(refused(|r| r.compounds[1].code = r.compounds[0].code.clone()), "place-named-twice");
}
