//! Triage and release, by example and by property.

use std::sync::LazyLock;

use care::release::{Course, Test, Verdict, verdict};
use care::{Condition, Level, shifts, triage};
use cases::Severity;
use proptest::prelude::*;
use protocol::{CarePlace, Protocol};
use types::{AreaCode, Micros, Span};

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(|| Protocol::bundled().expect("the bundled protocol"));

fn protocol() -> &'static Protocol {
    &PROTOCOL
}

fn day(text: &str) -> Micros {
    Micros::parse(&format!("{text}T00:00:00+08:00")).expect("a time")
}

fn of(severity: Option<Severity>, high_risk: bool) -> Condition {
    Condition { severity, high_risk }
}

#[test]
fn the_ninth_edition_sends_the_mild_elsewhere_from_its_first_instant() {
    let protocol = protocol();
    let switch = day("2022-03-15");
    let before = protocol.at(Micros(switch.0 - 1), area());
    let after = protocol.at(switch, area());
    let place = |edition, condition| triage(edition, condition).expect("rules").place;
    for severity in [None, Some(Severity::Asymptomatic), Some(Severity::Mild)] {
        let condition = of(severity, false);
        assert_eq!(place(before, condition), CarePlace::DesignatedHospital);
        assert_eq!(place(after, condition), CarePlace::CentralizedIsolation);
    }
    let moved = shifts(before, after).expect("rules");
    let whom: Vec<Condition> = moved.iter().map(|shift| shift.condition).collect();
    assert_eq!(
        whom,
        [of(Some(Severity::Asymptomatic), false), of(None, false), of(Some(Severity::Mild), false)],
        "with a high-risk factor everybody stays where they were sent"
    );
    assert_eq!(moved[0].after.rule, "place.asymptomatic");
    assert!(shifts(after, after).expect("rules").is_empty());
}

#[test]
fn each_says_by_which_rule() {
    let protocol = protocol();
    let edition = protocol.at(day("2022-03-20"), area());
    let goes = |severity, risk| triage(edition, of(severity, risk)).expect("rules");
    let risky = goes(Some(Severity::Mild), true);
    assert_eq!((risky.rule, risky.level), ("place.moderate_plus", Some(Level::Ward)));
    assert!(risky.by_risk);
    assert_eq!(goes(Some(Severity::Severe), false).level, Some(Level::Acute));
    assert_eq!(goes(Some(Severity::Critical), false).level, Some(Level::Intensive));
    assert!(goes(None, false).unexamined);
    let late = protocol.at(day("2022-12-08"), area());
    assert_eq!(triage(late, of(Some(Severity::Mild), false)).expect("rules").level, None);
}

fn at(hours: i64) -> Micros {
    day("2022-03-20") + Span::hours(hours)
}

fn tested(hours: i64, n: Option<f64>, orf: Option<f64>) -> Test {
    Test { at: at(hours), ct_n: n, ct_orf1ab: orf, assay_limit: None, source: String::new() }
}

fn judged(when: &str, worst: Severity, tests: &[Test], now: i64) -> Verdict {
    let protocol = protocol();
    let course = Course {
        worst: Some(worst),
        isolated_from: at(0),
        onset: None,
        tests,
        temperatures: &[],
        symptoms_better: None,
        imaging_improved: None,
    };
    verdict(protocol.at(day(when), area()), &course, at(now)).expect("rules")
}

#[test]
fn two_tests_a_day_apart_on_both_genes_let_somebody_go() {
    let well = Severity::Asymptomatic;
    let now = "2022-03-25";
    let both = [tested(0, Some(35.0), Some(36.0)), tested(24, None, Some(35.0))];
    assert_eq!(judged(now, well, &both, 30).since(), Some(at(24)));
    let near = [both[0].clone(), tested(23, None, None)];
    assert!(!judged(now, well, &near, 30).is_met(), "23 hours are no day");
    let one_gene = [both[0].clone(), tested(24, None, Some(34.9))];
    assert!(!judged(now, well, &one_gene, 30).is_met());
    let broken = [both[0].clone(), tested(12, Some(30.0), None), tested(36, None, None)];
    assert!(!judged(now, well, &broken, 40).is_met(), "they are in a row or they are not");
    let mended = [broken.to_vec(), vec![tested(60, None, None)]].concat();
    assert_eq!(judged(now, well, &mended, 61).since(), Some(at(60)));
    assert!(!judged(now, well, &[], 30).is_met());
}

#[test]
fn the_eighth_edition_asks_for_negatives() {
    let weak = [tested(0, Some(36.0), Some(37.0)), tested(24, Some(38.0), Some(38.0))];
    let none = [tested(0, None, None), tested(24, None, None)];
    let well = Severity::Asymptomatic;
    assert!(!judged("2022-03-10", well, &weak, 30).is_met());
    assert!(judged("2022-03-20", well, &weak, 30).is_met());
    assert!(judged("2022-03-10", well, &none, 30).is_met());
    // A mild case is asked for its course by the eighth, by the ninth for its tests alone.
    let mild = judged("2022-03-10", Severity::Mild, &none, 30);
    let unmet: Vec<&str> =
        mild.criteria.iter().filter(|c| !c.met).map(|c| c.what.as_str()).collect();
    assert_eq!(unmet, ["temperature", "symptoms", "imaging"]);
    assert!(judged("2022-03-20", Severity::Mild, &none, 30).is_met());
}

#[test]
fn a_moderate_case_is_well_for_three_days_first() {
    let protocol = protocol();
    let edition = protocol.at(day("2022-03-25"), area());
    let tests = [tested(0, None, None), tested(24, None, None)];
    let fever = [(at(0), 38.5), (at(10), 36.8), (at(30), 36.6)];
    let course = |temperatures, better, imaging| Course {
        worst: Some(Severity::Moderate),
        isolated_from: at(0),
        onset: None,
        tests: &tests,
        temperatures,
        symptoms_better: better,
        imaging_improved: imaging,
    };
    let yes = Some((at(40), true));
    let verdict_at = |course: &Course<'_>, now| verdict(edition, course, at(now)).expect("rules");
    assert!(!verdict_at(&course(&fever, yes, yes), 82).is_met(), "three days, and more");
    let met = verdict_at(&course(&fever, yes, yes), 83);
    assert_eq!((met.is_met(), met.rule.as_str()), (true, "rel.moderate"));
    assert!(!verdict_at(&course(&fever, yes, Some((at(40), false))), 83).is_met());
    assert!(!verdict_at(&course(&fever, None, yes), 83).is_met(), "nobody looked");
    let again = [fever.to_vec(), vec![(at(60), 37.4)]].concat();
    assert!(!verdict_at(&course(&again, yes, yes), 100).is_met());
}

#[test]
fn the_rule_of_december_asks_for_certain_days() {
    let on = |days: &[i64]| -> Vec<Test> {
        days.iter().map(|day| tested((day - 1) * 24 + 8, None, None)).collect()
    };
    let well = Severity::Asymptomatic;
    assert!(judged("2022-12-10", well, &on(&[6, 7]), 200).is_met());
    assert!(!judged("2022-12-10", well, &on(&[3, 4]), 200).is_met());
    let both = judged("2022-12-10", well, &on(&[6, 7]), 200);
    assert_eq!(both.rule, "rel.dec2022");
}

fn any_test() -> impl Strategy<Value = Test> {
    let ct = || proptest::option::of(20.0..45.0_f64);
    (0..400_i64, ct(), ct()).prop_map(|(hours, n, orf)| tested(hours, n, orf))
}

proptest! {
    #[test]
    fn ranks_are_read_as_they_are_written(rank in 0..Condition::COUNT) {
        let condition = Condition::of_rank(rank).expect("a condition");
        prop_assert_eq!(condition.rank(), rank);
        prop_assert!(Condition::of_rank(rank + Condition::COUNT).is_none());
    }

    #[test]
    fn who_is_graver_never_gets_less(a in 0..Condition::COUNT, b in 0..Condition::COUNT, at in 0..300_i64) {
        let protocol = protocol();
        let edition = protocol.at(day("2022-02-01") + Span::days(at), area());
        let (a, b) = (a.min(b), a.max(b));
        let level = |rank| triage(edition, Condition::of_rank(rank).expect("one")).expect("rules").level;
        // A factor of risk can weigh more than a severity does: compared are those with the same.
        if a % 2 == b % 2 {
            prop_assert!(level(a) <= level(b));
        }
        prop_assert!(level(a) <= level(a | 1), "risk adds");
    }

    #[test]
    fn order_of_reporting_changes_nothing(mut tests in proptest::collection::vec(any_test(), 0..12)) {
        let one = judged("2022-04-01", Severity::Mild, &tests, 500);
        tests.reverse();
        prop_assert_eq!(judged("2022-04-01", Severity::Mild, &tests, 500), one);
    }

    #[test]
    fn a_positive_after_all_keeps_somebody(tests in proptest::collection::vec(any_test(), 0..12)) {
        let mut tests = tests;
        tests.push(tested(450, Some(30.0), Some(30.0)));
        prop_assert!(!judged("2022-04-01", Severity::Mild, &tests, 500).is_met());
        tests.push(tested(460, None, None));
        tests.push(tested(484, None, None));
        prop_assert_eq!(judged("2022-04-01", Severity::Mild, &tests, 500).since(), Some(at(484)));
    }

    #[test]
    fn criteria_are_met_only_by_what_had_been_by_then(tests in proptest::collection::vec(any_test(), 0..12), now in 0..400_i64) {
        let met = judged("2022-04-01", Severity::Mild, &tests, now);
        prop_assert!(met.since().is_none_or(|since| since <= at(now)));
    }
}
