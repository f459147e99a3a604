//! Properties of the classification: it is a function of what is known, not of the order in which
//! that was reported, and nothing is counted twice.

use std::collections::BTreeSet;

use cases::classify::{Age, Known, judge};
use cases::clinical::{At, Clinical};
use cases::{Class, Judged, Lungs, Observation, Severity};
use proptest::prelude::*;
use protocol::{Edition, Protocol};
use std::sync::{Arc, LazyLock};
use types::{AreaCode, CommandId, Micros, Span, UnitId};

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(|| Protocol::bundled().expect("the bundled protocol"));

fn edition() -> &'static Arc<Edition> {
    let area = AreaCode::new(220_202).expect("six digits");
    PROTOCOL.at(Micros::parse("2022-03-20T00:00:00+08:00").expect("a time"), area)
}

fn hour(n: i64) -> Micros {
    Micros::parse("2022-03-20T00:00:00+08:00").expect("a time") + Span::hours(n)
}

fn at(n: usize, hours: i64) -> At {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&(n as u64).to_be_bytes());
    At { at: hour(hours), by: CommandId::from_bytes(id) }
}

fn tube() -> UnitId {
    UnitId::parse("T2202020000000015").unwrap_or_else(|_| UnitId::from_bytes([b'T'; 16]))
}

const ADULT: Age = Age { months: None, birth_year: Some(1980) };

fn of(clinical: &Clinical, positives: &[(UnitId, Micros)], age: Age) -> Judged {
    let known = Known { positives, clinical, stated: None, age, at: hour(200) };
    judge(edition(), &known).expect("in force")
}

fn observation() -> impl Strategy<Value = Observation> {
    let symptoms = prop_oneof![
        Just(None),
        Just(Some(Vec::new())),
        Just(Some(vec!["cough".to_owned()])),
        Just(Some(vec!["fever".to_owned(), "cough".to_owned()])),
    ];
    let lungs = prop_oneof![Just(None), Just(Some(Lungs::Clear)), Just(Some(Lungs::Pneumonia))];
    let signs = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Vec::new())),
        1 => Just(Some(vec!["shock".to_owned()])),
        1 => Just(Some(vec!["distress".to_owned()])),
    ];
    let conditions = prop_oneof![
        2 => Just(None),
        1 => Just(Some(vec!["diabetes".to_owned()])),
        1 => Just(Some(vec!["tumour".to_owned()])),
    ];
    (
        symptoms,
        lungs,
        signs,
        conditions,
        proptest::option::of(10_u16..60),
        proptest::option::of(80.0..100.0_f64),
    )
        .prop_map(|(symptoms, lungs, signs, conditions, respiratory_rate, spo2)| Observation {
            symptoms,
            lungs,
            signs,
            conditions,
            respiratory_rate,
            spo2,
            ..Observation::default()
        })
}

fn story() -> impl Strategy<Value = Vec<(i64, Observation)>> {
    proptest::collection::vec((0_i64..100, observation()), 0..8)
}

fn fold<'a>(told: impl IntoIterator<Item = &'a (usize, i64, Observation)>) -> Clinical {
    let mut clinical = Clinical::default();
    for (n, hours, observation) in told {
        clinical.add(observation, at(*n, *hours));
    }
    clinical
}

fn numbered(story: Vec<(i64, Observation)>) -> Vec<(usize, i64, Observation)> {
    story.into_iter().enumerate().map(|(n, (hours, o))| (n, hours, o)).collect()
}

proptest! {
    #[test]
    fn the_order_of_reports_changes_nothing(story in story(), seed in any::<u64>()) {
        let story = numbered(story);
        let mut shuffled = story.clone();
        shuffled.sort_by_key(|(n, ..)| (*n as u64).wrapping_mul(seed | 1).rotate_left(17));
        let (one, other) = (fold(&story), fold(&shuffled));
        prop_assert_eq!(&one, &other);
        let positives = [(tube(), hour(10))];
        prop_assert_eq!(of(&one, &positives, ADULT), of(&other, &positives, ADULT));
    }

    #[test]
    fn two_records_joined_know_what_one_would(story in story(), split in any::<u64>()) {
        let story = numbered(story);
        let mine = |(n, ..): &&(usize, i64, Observation)| (split >> n) & 1 == 0;
        let mut joined = fold(story.iter().filter(mine));
        joined.join(&fold(story.iter().filter(|o| !mine(o))));
        prop_assert_eq!(joined, fold(&story));
    }

    #[test]
    fn a_class_has_its_reasons_and_counts_once(story in story(), found in 0_i64..100) {
        let clinical = fold(&numbered(story));
        let positives = [(tube(), hour(found))];
        let judged = of(&clinical, &positives, ADULT);
        prop_assert!(judged.class != Class::Suspected, "a positive result is an infection");
        prop_assert_eq!(judged.infected_at, Some(hour(found)));
        prop_assert!(judged.class_by.rule == "case.class" && !judged.class_by.edition.is_empty());
        prop_assert!(judged.class_by.evidence.iter().any(|e| e.what == "positive"));
        match judged.class {
            Class::Converted => {
                let (well, ill) = (judged.asymptomatic_at, judged.confirmed_at);
                prop_assert!(well.is_some() && well < ill, "well first, then ill");
            }
            Class::Confirmed => prop_assert_eq!(judged.asymptomatic_at, None),
            Class::Asymptomatic => {
                prop_assert_eq!(judged.severity, Some(Severity::Asymptomatic));
                prop_assert!(judged.confirmed_at.is_none() && judged.asymptomatic_at.is_some());
            }
            Class::ScreenPositive => prop_assert_eq!(judged.severity, None),
            Class::Suspected => {}
        }
        // Nothing counts from before the infection was known.
        for at in [judged.asymptomatic_at, judged.confirmed_at].into_iter().flatten() {
            prop_assert!(at >= hour(found));
        }
        // A grade says by which rule.
        if let Some(grade) = judged.severity {
            let by = judged.severity_by.as_ref().expect("a basis");
            let rule = match grade {
                Severity::Critical => "sev.critical",
                Severity::Severe => "sev.adult",
                _ => "case.class",
            };
            prop_assert_eq!(by.rule.as_str(), rule);
            prop_assert!(!by.evidence.is_empty());
        }
    }

    #[test]
    fn more_signs_are_never_a_lighter_grade(story in story(), rate in 30_u16..60) {
        let mut told = numbered(story);
        let positives = [(tube(), hour(0))];
        let before = of(&fold(&told), &positives, ADULT).severity;
        // The latest word on the breathing, and on nothing else.
        let breathless = Observation { respiratory_rate: Some(rate), ..Observation::default() };
        told.push((99, 150, breathless));
        let after = of(&fold(&told), &positives, ADULT).severity;
        prop_assert!(after >= before && after >= Some(Severity::Severe));
    }

    #[test]
    fn without_a_result_nobody_is_infected(story in story()) {
        let judged = of(&fold(&numbered(story)), &[], ADULT);
        prop_assert_eq!(judged.class, Class::Suspected);
        prop_assert_eq!(judged.infected_at, None);
    }

    #[test]
    fn old_age_and_every_listed_disease_are_risks(year in 1910_u16..2020, story in story()) {
        let age = Age { months: None, birth_year: Some(year) };
        let clinical = fold(&numbered(story));
        let judged = of(&clinical, &[(tube(), hour(0))], age);
        let risks: BTreeSet<&str> = judged.risks.iter().map(|r| r.code.as_str()).collect();
        prop_assert_eq!(risks.contains("age"), 2022 - year > 60);
        let known = clinical.conditions.map(|seen| seen.value).unwrap_or_default();
        for code in &known {
            prop_assert!(risks.contains(code.as_str()));
        }
    }
}

fn seen(o: Observation, age: Age) -> Judged {
    let mut clinical = Clinical::default();
    clinical.add(&o, at(1, 100));
    of(&clinical, &[(tube(), hour(0))], age)
}

#[test]
fn children_have_limits_by_age() {
    let months = |n: u16| Age { months: Some((n, hour(100))), birth_year: None };
    let rate = |n: u16| Observation { respiratory_rate: Some(n), ..Observation::default() };
    for (age, below, from) in [(1, 59, 60), (6, 49, 50), (30, 39, 40), (100, 29, 30)] {
        assert_eq!(seen(rate(below), months(age)).severity, None, "{age} months, {below}");
        let judged = seen(rate(from), months(age));
        assert_eq!(judged.severity, Some(Severity::Severe), "{age} months, {from}");
        assert_eq!(judged.severity_by.expect("a basis").rule, "sev.child");
    }
    // From fourteen years on the limits for adults hold, which know no nasal flaring.
    let flaring = || Observation { signs: Some(vec!["distress".into()]), ..Observation::default() };
    assert_eq!(seen(flaring(), months(13 * 12)).severity, Some(Severity::Severe));
    assert_eq!(seen(flaring(), months(14 * 12)).severity, None);
    let fever = |hours| Observation {
        fever_since: Some(hour(100) - Span::hours(hours)),
        ..Observation::default()
    };
    assert_eq!(seen(fever(72), months(40)).severity, Some(Severity::Mild));
    assert_eq!(seen(fever(73), months(40)).severity, Some(Severity::Severe));
    assert_eq!(seen(fever(73), ADULT).severity, Some(Severity::Mild));
}

#[test]
fn thin_air_is_allowed_for_above_a_thousand_metres() {
    let ratio = |altitude_m, pressure_mmhg| Observation {
        pf_ratio: Some(290.0),
        altitude_m,
        pressure_mmhg,
        ..Observation::default()
    };
    assert_eq!(seen(ratio(None, None), ADULT).severity, Some(Severity::Severe));
    // 290 × 760 / 600 is 367.
    assert_eq!(seen(ratio(Some(2_000.0), Some(600.0)), ADULT).severity, None);
    assert_eq!(seen(ratio(Some(900.0), Some(600.0)), ADULT).severity, Some(Severity::Severe));
}

#[test]
fn lesions_count_when_they_grow_soon_and_the_patient_worsens() {
    let lesions = |growth, hours, worsening| Observation {
        lesions_growth: Some(growth),
        lesions_hours: Some(hours),
        worsening: Some(worsening),
        symptoms: Some(vec!["cough".into()]),
        ..Observation::default()
    };
    let grade = |o| seen(o, ADULT).severity;
    assert_eq!(grade(lesions(60.0, 36.0, true)), Some(Severity::Severe));
    assert_eq!(grade(lesions(50.0, 36.0, true)), Some(Severity::Mild));
    assert_eq!(grade(lesions(60.0, 60.0, true)), Some(Severity::Mild));
    assert_eq!(grade(lesions(60.0, 36.0, false)), Some(Severity::Mild));
}
