//! The testing desk's rules of `cn-2022`, by example.

use std::sync::Arc;

use protocol::{
    Category, Edition, Lang, PoolMode, PoolPlace, Protocol, Reading, RecentCases, Status,
    TestScope, expected_tests_per_person,
};
use types::{AreaCode, Micros, Span};

fn at(time: &str, area: u32) -> Arc<Edition> {
    let protocol = Protocol::bundled().expect("the bundled protocol loads");
    let time = Micros::parse(time).expect("a time");
    Arc::clone(protocol.at(time, AreaCode::new(area).expect("an area")))
}

const JILIN_CITY: u64 = 3_620_000;
const CHANGCHUN: u64 = 9_070_000;

#[test]
fn the_testing_guide_changes_at_midnight_of_22_march() {
    let before = at("2022-03-21T23:59:59.999999+08:00", 220_202);
    let after = at("2022-03-22T00:00:00+08:00", 220_202);
    let (second, third) = (before.testing().expect("in force"), after.testing().expect("in force"));

    assert_eq!(second.window.for_population(JILIN_CITY), Span::hours(48));
    assert_eq!(second.window.for_population(CHANGCHUN), Span::days(3));
    assert_eq!(second.scope.value, TestScope::Everyone);
    assert_eq!(second.window.info().rule, "test.window2");

    assert_eq!(third.window.for_population(CHANGCHUN), Span::hours(24));
    assert_eq!(third.scope.value, TestScope::Region);
    assert_eq!(third.window.id(), "test.window");
    assert_eq!(third.window.info().edition.short_name(), "testing-guide 3rd");
    assert_eq!(third.window.status(), &Status::Found);
    assert!(third.window.source(Lang::En).contains("CCTV 22 Mar 2022"));
}

#[test]
fn the_first_guide_gives_a_large_city_three_to_five_days() {
    let edition = at("2021-06-01T12:00:00+08:00", 220_202);
    let testing = edition.testing().expect("in force");
    assert_eq!(testing.window.for_population(5_000_000), Span::days(2));
    assert_eq!(testing.window.for_population(5_000_001), Span::days(5));
    assert_eq!(testing.window.0[1].at_best, Some(Span::days(3)));
    assert!(!testing.window.status().is_verified());
}

#[test]
fn before_the_first_guide_the_protocol_refuses_by_name() {
    let edition = at("2020-06-01T12:00:00+08:00", 220_202);
    let refusal = edition.testing().expect_err("not yet in force");
    assert_eq!(refusal.code, "protocol-not-in-force");
    assert_eq!(refusal.args[0].1, "testing");
}

#[test]
fn samplers_and_sites_follow_from_the_population() {
    let edition = at("2022-03-25T08:00:00+08:00", 220_202);
    let testing = edition.testing().expect("in force");
    assert_eq!(testing.samplers_for(JILIN_CITY), 10_056);
    assert_eq!(testing.samplers_for(CHANGCHUN), 25_195);
    assert_eq!(testing.sites_for(JILIN_CITY), (1_207, 1_810));
    assert_eq!(testing.sites_for(CHANGCHUN), (3_024, 4_535));
    assert!(testing.persons_per_stand.contains(700));
}

#[test]
fn tubes_follow_the_place_and_the_wide_pool_needs_low_prevalence() {
    let edition = at("2022-03-25T08:00:00+08:00", 220_202);
    let testing = edition.testing().expect("in force");
    let modes = |place, prevalence| -> Vec<PoolMode> {
        testing.pool.allowed(place, prevalence).into_iter().map(|(m, _)| m).collect()
    };
    assert_eq!(modes(PoolPlace::Quarantine, None), [PoolMode::Single]);
    assert_eq!(modes(PoolPlace::Locked, Some(0.0)), [PoolMode::Household]);
    let usual = [PoolMode::Mixed(5), PoolMode::Mixed(10)];
    assert_eq!(modes(PoolPlace::Other, None), usual);
    assert_eq!(modes(PoolPlace::Other, Some(0.01)), usual);
    assert_eq!(
        modes(PoolPlace::Other, Some(0.000_1)),
        [PoolMode::Mixed(5), PoolMode::Mixed(10), PoolMode::Mixed(20)]
    );
    assert_eq!(testing.pool.allowed(PoolPlace::Locked, None)[0].1, "test.pool.locked");
    assert_eq!(testing.max_swabs(PoolMode::Single), 1);
    assert_eq!(testing.max_swabs(PoolMode::Household), 10);
    assert_eq!(testing.max_swabs(PoolMode::Mixed(20)), 20);
}

#[test]
fn pooling_pays_only_while_few_are_infected() {
    let close = |got: f64, want: f64| assert!((got - want).abs() < 5e-4, "{got} is not {want}");
    close(expected_tests_per_person(10, 0.001), 0.110);
    close(expected_tests_per_person(10, 0.01), 0.196);
    close(expected_tests_per_person(20, 0.01), 0.232);
    close(expected_tests_per_person(1, 0.5), 1.0);
}

#[test]
fn the_frequency_follows_the_latest_case() {
    let edition = at("2022-03-25T08:00:00+08:00", 220_202);
    let frequency = &edition.testing().expect("in force").frequency;
    let category = |quarantine_site, rounds_since, days: Option<i64>| {
        let place = RecentCases { quarantine_site, rounds_since, time_since: days.map(Span::days) };
        let (category, rule) = frequency.category(place);
        (category, rule.every)
    };
    let (a, b, c) = (
        (Category::A, Span::hours(24)),
        (Category::B, Span::hours(48)),
        (Category::C, Span::days(5)),
    );
    assert_eq!(category(true, None, None), a);
    assert_eq!(category(false, Some(0), Some(1)), a);
    assert_eq!(category(false, Some(2), Some(6)), a);
    assert_eq!(category(false, Some(3), Some(6)), b);
    assert_eq!(category(false, Some(3), Some(14)), b);
    assert_eq!(category(false, Some(3), Some(15)), c);
    assert_eq!(category(false, None, None), c);
}

#[test]
fn ct_values_read_as_the_protocol_says() {
    let edition = at("2022-03-25T08:00:00+08:00", 220_202);
    let result = &edition.testing().expect("in force").result;
    let read = |n, orf, control| result.read(&[("N", n), ("ORF1ab", orf)], control);
    let fine = Some(25.0);
    assert_eq!(read(Some(37.0), Some(22.0), None), Reading::Positive);
    assert_eq!(read(Some(30.0), None, fine), Reading::SingleTarget);
    assert_eq!(read(Some(30.0), Some(39.0), fine), Reading::SingleTarget);
    assert_eq!(read(Some(37.01), None, fine), Reading::Grey);
    assert_eq!(read(Some(40.0), Some(40.0), fine), Reading::Grey);
    assert_eq!(read(Some(40.01), None, fine), Reading::Negative);
    assert_eq!(read(None, None, fine), Reading::Negative);
    assert_eq!(read(None, None, None), Reading::Invalid);
    assert_eq!(read(None, None, Some(38.5)), Reading::Invalid);
    assert_eq!(read(Some(f64::NAN), None, fine), Reading::Invalid);
    assert_eq!(read(Some(-1.0), Some(20.0), fine), Reading::Invalid);
    assert_eq!(result.read(&[("N", None)], fine), Reading::Invalid);
    assert_eq!(result.read(&[("N", None), ("N", Some(20.0))], fine), Reading::Invalid);
    assert_eq!(result.read(&[("N", None), ("ORF1ab", None), ("S", None)], fine), Reading::Invalid);
}

#[test]
fn settings_and_recalled_values_are_marked() {
    let edition = at("2022-03-25T08:00:00+08:00", 220_202);
    let testing = edition.testing().expect("in force");
    assert!(testing.clock.seal_box.is_setting());
    assert_eq!(testing.clock.seal_box.status(), &Status::Chosen);
    assert_eq!(testing.clock.seal_box.source(Lang::En), "chosen by this project");
    assert!(matches!(testing.retest.how.status(), Status::Recalled { .. }));
    assert_eq!(testing.retest.how.source(Lang::En), "recalled, not seen in a source");
    let refusal = testing.pool.max_swabs.refuse("tube-pool-full");
    assert_eq!(refusal.rule.as_deref(), Some("test.tube"));
}
