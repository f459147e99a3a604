//! Random muddles: codes used twice, swabs taken again, corrections, disputes decided, tubes lost
//! and found, in an order that makes no sense. Nobody is lost in them, and every counter is what
//! the rows say.

#[path = "support/city.rs"]
mod city;

use std::collections::{BTreeMap, BTreeSet};

use city::{
    City, by, collect, correct, filling, hand, mark, minute, open_box, pack, person, read, report,
    set_aside, transport_box, tube,
};
use ledger::{Envelope, Status};
use proptest::prelude::*;
use store::testkit::{Kind, TestBed};
use testing::views::{self, ResultState};
use testing::{Command, Fault, LoadPlate, Mode, ResultStatus, Well};
use types::{CommandId, PlaceCode};

const TUBES: u32 = 4;
const PERSONS: u8 = 8;

/// What is done; `late` is by how many minutes the record of a filling comes after it.
#[derive(Clone, Debug)]
enum Act {
    Collect { tube: u32, persons: Vec<u8>, elsewhere: bool, late: i64 },
    Pack { box_: u32, tube: u32 },
    Send { box_: u32 },
    Bring { box_: u32 },
    Open { box_: u32, found: Vec<u32> },
    Load { tube: u32 },
    Result { tube: u32, ct: Option<f64>, control: Option<f64>, status: ResultStatus },
    Mark { tube: u32, fault: Fault },
    SetAside { tube: u32, which: usize },
    Report { tube: u32 },
    Correct { tube: u32, position: u32, who: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    let tube = || 0..TUBES;
    let persons = prop::collection::btree_set(1..=PERSONS, 1..4);
    let ct = prop_oneof![3 => Just(None), 1 => Just(Some(39.0)), 1 => Just(Some(25.0))];
    let control = prop::option::weighted(0.9, Just(25.0));
    let status = prop::sample::select(vec![
        ResultStatus::Final,
        ResultStatus::Final,
        ResultStatus::Corrected,
        ResultStatus::Preliminary,
    ]);
    let late = prop_oneof![3 => Just(0_i64), 1 => 1..10_i64];
    let fault = prop::sample::select(vec![Fault::Lost, Fault::Leaked, Fault::Invalid]);
    prop_oneof![
        6 => (tube(), persons, any::<bool>(), late).prop_map(|(tube, persons, elsewhere, late)| {
            Act::Collect { tube, persons: persons.into_iter().collect(), elsewhere, late }
        }),
        2 => (0..2_u32, tube()).prop_map(|(box_, tube)| Act::Pack { box_, tube }),
        1 => (0..2_u32).prop_map(|box_| Act::Send { box_ }),
        1 => (0..2_u32).prop_map(|box_| Act::Bring { box_ }),
        1 => (0..2_u32, prop::collection::btree_set(tube(), 0..3)).prop_map(|(box_, found)| {
            Act::Open { box_, found: found.into_iter().collect() }
        }),
        1 => tube().prop_map(|tube| Act::Load { tube }),
        4 => (tube(), ct, control, status).prop_map(|(tube, ct, control, status)| {
            Act::Result { tube, ct, control, status }
        }),
        1 => (tube(), fault).prop_map(|(tube, fault)| Act::Mark { tube, fault }),
        3 => (tube(), 0..3_usize).prop_map(|(tube, which)| Act::SetAside { tube, which }),
        1 => tube().prop_map(|tube| Act::Report { tube }),
        1 => (tube(), 1..4_u32, 1..=PERSONS).prop_map(|(tube, position, who)| {
            Act::Correct { tube, position, who }
        }),
    ]
}

/// The commands of the acts, one a minute apart; what cannot be said yet is left out.
fn told(acts: &[Act]) -> Vec<Envelope<Command>> {
    let mut fillings: BTreeMap<u32, Vec<CommandId>> = BTreeMap::new();
    let mut told = Vec::new();
    for (at, act) in (0..).zip(acts) {
        told.push(match act {
            Act::Collect { tube, persons, elsewhere, late } => {
                let at = (at - late).max(0);
                let mut envelope = collect(at, *tube, persons);
                if *elsewhere {
                    let mode = if persons.len() == 1 { Mode::Single } else { Mode::Ten };
                    let mut other = filling(*tube, mode, persons);
                    other.site = city::holder("site:S2");
                    other.community = PlaceCode::parse("220202001002").expect("a place");
                    envelope = by("site:S2", at, Command::Collect(other));
                }
                fillings.entry(*tube).or_default().push(envelope.id);
                envelope
            }
            Act::Pack { box_, tube } => pack(at, *box_, &[*tube]),
            Act::Send { box_ } => hand(at, transport_box(*box_), "site:S1", "courier:C1"),
            Act::Bring { box_ } => hand(at, transport_box(*box_), "courier:C1", "lab:L1"),
            Act::Open { box_, found } => open_box(at, *box_, found),
            Act::Load { tube: n } => {
                let wells = vec![Well { well: "A1".into(), tube: tube(*n) }];
                let (plate, lab) = (format!("P{at}"), city::holder("lab:L1"));
                by("lab:L1", at, Command::LoadPlate(LoadPlate { plate, lab, wells }))
            }
            Act::Result { tube, ct, control, status } => read(at, *tube, *ct, *control, *status),
            Act::Mark { tube, fault } => mark(at, *tube, *fault),
            Act::SetAside { tube, which } => {
                let Some(filling) = fillings.get(tube).and_then(|f| f.get(*which)) else {
                    continue;
                };
                set_aside(at, *tube, *filling)
            }
            Act::Report { tube } => report(at, *tube),
            Act::Correct { tube, position, who } => correct(at, *tube, *position, *who),
        });
    }
    told
}

/// Tubes and swabs by stage, counted from the rows.
async fn from_rows(city: &City) -> BTreeMap<String, (i64, i64)> {
    let mut db = city.engine.store().reader().await.expect("reader");
    let mut counts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for n in 0..TUBES {
        let Some(row) = views::tube(&mut db, tube(n)).await.expect("a tube") else { continue };
        if !row.is_collected() {
            continue;
        }
        let boxed = match row.boxed {
            Some(id) => views::transport_box(&mut db, id).await.expect("a box"),
            None => None,
        };
        let sent = row.sent_at.or(boxed.as_ref().and_then(|b| b.sent_at));
        let received = row.received_at.or(boxed.as_ref().and_then(|b| b.received_at));
        let tested = matches!(row.status.as_deref(), Some("final" | "corrected"));
        let negative = row.reading == Some(testing::Reading::Negative);
        let swabs = row.members.len() as i64;
        for (stage, there, swabs) in [
            ("collected", true, swabs),
            ("sent", sent.is_some(), swabs),
            ("received", received.is_some(), swabs),
            ("loaded", row.loaded_at.is_some(), swabs),
            ("tested", tested, swabs),
            ("not_negative", tested && !negative, swabs),
            ("reported", row.reported_at.is_some(), swabs),
            ("faulty", row.fault.is_some(), 0),
        ] {
            if there {
                let slot = counts.entry(stage.to_owned()).or_default();
                *slot = (slot.0 + swabs, slot.1 + 1);
            }
        }
    }
    counts
}

/// Tubes by step and class of minutes, computed from the rows.
async fn times_from_rows(city: &City) -> BTreeMap<(String, i64), i64> {
    let mut db = city.engine.store().reader().await.expect("reader");
    let mut times: BTreeMap<(String, i64), i64> = BTreeMap::new();
    for n in 0..TUBES {
        let Some(row) = views::tube(&mut db, tube(n)).await.expect("a tube") else { continue };
        let tested = matches!(row.status.as_deref(), Some("final" | "corrected"));
        for (step, from, until) in [
            ("collect", row.collected_at, row.sent_at),
            ("deliver", row.sent_at, row.received_at),
            ("wait", row.received_at, row.loaded_at),
            ("test", row.loaded_at, row.tested_at.filter(|_| tested)),
            ("whole", row.collected_at, row.reported_at),
        ] {
            let ends = from.zip(until).filter(|_| row.is_collected());
            let Some((from, until)) = ends else { continue };
            let minutes = (until.0 - from.0).max(0) / 60_000_000;
            *times.entry((step.to_owned(), minutes / 5 * 5)).or_default() += 1;
        }
    }
    times
}

async fn check(kind: Kind, acts: &[Act], batch: usize) -> Result<(), TestCaseError> {
    let city = City::new(TestBed::new(kind)).await;
    let mut swabbed: BTreeSet<u8> = BTreeSet::new();
    for commands in told(acts).chunks(batch) {
        let outcomes = city.send(commands.to_vec()).await;
        for (outcome, command) in outcomes.iter().zip(commands) {
            prop_assert_ne!(outcome.status, Status::NotRecorded);
            if let (Status::Accepted, Command::Collect(c)) = (outcome.status, &command.command) {
                swabbed.extend(c.persons.iter().map(|p| p.bytes()[0]));
            }
        }
    }
    let recalled = city.recalled().await;
    let counts = city.counts().await;
    let rows = from_rows(&city).await;
    for stage in
        ["collected", "sent", "received", "loaded", "tested", "not_negative", "reported", "faulty"]
    {
        let of = |counts: &BTreeMap<String, (i64, i64)>| counts.get(stage).copied();
        let (counted, found) = (of(&counts).unwrap_or_default(), of(&rows).unwrap_or_default());
        prop_assert_eq!(counted, found, "{} by counter and by rows", stage);
    }
    let sampled = counts.get("sampled").map_or(0, |n| n.0);
    prop_assert_eq!(sampled, city.swabbed().await, "sampled, and persons with a swab");
    prop_assert_eq!(city.times().await, times_from_rows(&city).await, "times and rows");
    for stage in ["sampled", "settled", "positive", "repeat", "recalled", "recall_ended"] {
        let persons = counts.get(stage).map_or(0, |n| n.0);
        prop_assert!(persons >= 0, "{} {} persons", persons, stage);
    }
    let mut db = city.engine.store().reader().await.expect("reader");
    for who in swabbed {
        let key = (city::area(), person(who));
        let latest = views::latest(&mut db, &[key]).await.expect("the latest");
        // Nobody: their only entry was corrected to somebody else.
        let Some(result) = latest.get(&person(who)) else { continue };
        let row = views::tube(&mut db, result.tube).await.expect("a tube").expect("it is there");
        let called = recalled.contains(&person(who));
        match result.state {
            ResultState::Held | ResultState::Recall => {
                prop_assert!(called, "{} is {:?} and nobody answers for it", who, result.state);
            }
            ResultState::Negative | ResultState::Positive => {
                let theirs = row.members.iter().any(|m| m.person == person(who));
                prop_assert!(theirs, "{} is told the result of somebody else's tube", who);
                prop_assert!(row.reported_at.is_some());
            }
            ResultState::Disputed => prop_assert!(row.claims > 1),
            ResultState::Sampled
            | ResultState::InTransit
            | ResultState::InLaboratory
            | ResultState::Testing => {
                prop_assert!(row.fault.is_none() && row.reported_at.is_none());
            }
        }
    }
    // What was late is with somebody: every open recall has a holder and a clock.
    let late = ledger::views::late(&mut db, types::AreaScope::ALL, minute(100_000)).await;
    let calls = late.expect("late").into_iter().filter(|l| l.kind == testing::RECALL);
    prop_assert_eq!(calls.map(|l| l.units).sum::<i64>(), recalled.len() as i64);
    city.audit().await;
    Ok(())
}

fn run(kind: Kind, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(acts in prop::collection::vec(act(), 1..40), batch in 1..10_usize)| {
        runtime.block_on(check(kind, &acts, batch))?;
    });
}

#[test]
fn nobody_is_lost_in_a_muddle_on_sqlite() {
    run(Kind::Sqlite, 48);
}

#[test]
fn nobody_is_lost_in_a_muddle_on_postgres() {
    run(Kind::Postgres, 6);
}

#[test]
fn a_swab_set_aside_is_no_answer_to_a_later_fault() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let result = |ct, control| Act::Result { tube: 0, ct, control, status: ResultStatus::Final };
    let collect = |tube, who| Act::Collect { tube, persons: vec![who], elsewhere: false, late: 0 };
    let acts = [
        result(Some(39.0), None),
        collect(0, 6),
        collect(2, 1),
        collect(2, 6),
        Act::SetAside { tube: 2, which: 1 },
        result(None, Some(25.0)),
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}

#[test]
fn one_recall_answers_for_two_fillings_that_name_somebody() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let collect = |tube, persons| Act::Collect { tube, persons, elsewhere: false, late: 0 };
    let negative =
        Act::Result { tube: 3, ct: None, control: Some(25.0), status: ResultStatus::Final };
    let acts = [
        collect(2, vec![1, 6]),
        collect(3, vec![6]),
        collect(2, vec![6]),
        negative,
        Act::Mark { tube: 2, fault: Fault::Lost },
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}

#[test]
fn a_recall_that_ended_with_anothers_result_begins_again() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let collect = |tube, who| Act::Collect { tube, persons: vec![who], elsewhere: false, late: 0 };
    let negative =
        Act::Result { tube: 0, ct: None, control: Some(25.0), status: ResultStatus::Final };
    let acts = [
        collect(1, 8),
        collect(0, 8),
        negative,
        Act::Mark { tube: 1, fault: Fault::Lost },
        Act::Correct { tube: 0, position: 1, who: 1 },
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}

#[test]
fn a_recall_that_answered_for_a_second_tube_is_not_withdrawn_without_another() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let collect = |tube, who| Act::Collect { tube, persons: vec![who], elsewhere: false, late: 0 };
    let invalid = |tube| Act::Result { tube, ct: None, control: None, status: ResultStatus::Final };
    let acts = [
        collect(2, 4),
        collect(2, 5),
        invalid(2),
        collect(3, 4),
        invalid(3),
        Act::Correct { tube: 2, position: 1, who: 1 },
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}

#[test]
fn a_swab_before_the_second_filling_of_a_lost_tube_is_no_answer_to_that() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let collect = |tube, elsewhere| Act::Collect { tube, persons: vec![1], elsewhere, late: 0 };
    let negative =
        Act::Result { tube: 0, ct: None, control: Some(25.0), status: ResultStatus::Final };
    let acts = [
        Act::Mark { tube: 2, fault: Fault::Lost },
        collect(2, false),
        collect(0, false),
        collect(2, true),
        Act::SetAside { tube: 2, which: 0 },
        negative,
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}

#[test]
fn a_correction_begins_a_recall_again_that_a_late_filling_had_opened() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let collect = |tube, late| Act::Collect { tube, persons: vec![2], elsewhere: false, late };
    let result = |tube, ct, control| Act::Result { tube, ct, control, status: ResultStatus::Final };
    let acts = [
        result(3, Some(39.0), None),
        collect(2, 0),
        collect(3, 2),
        result(2, None, Some(25.0)),
        Act::Correct { tube: 2, position: 1, who: 3 },
    ];
    runtime.block_on(check(Kind::Sqlite, &acts, 1)).expect("somebody answers");
}
