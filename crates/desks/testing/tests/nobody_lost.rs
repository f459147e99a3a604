//! Random rounds: whatever happens to tubes, and in whatever order it is told, nobody is lost.

#[path = "support/city.rs"]
mod city;

use std::collections::BTreeMap;

use city::{City, by, collect, holder, minute, person, transport_box, tube};
use ledger::Envelope;
use proptest::prelude::*;
use store::testkit::{Kind, TestBed};
use testing::views::{self, ResultState};
use testing::{
    Command, Fault, HandOver, LoadPlate, Mark, OpenBox, Pack, RecordResult, ResultStatus, Well,
};

/// What happens to one tube of four persons.
#[derive(Clone, Copy, Debug)]
enum Fate {
    StaysAtSite,
    LeftInCar,
    Negative,
    Positive,
    Grey,
    NoControl,
    Lost,
    NotInBox,
    FoundLater,
}

fn fate() -> impl Strategy<Value = Fate> {
    use Fate::{
        FoundLater, Grey, LeftInCar, Lost, Negative, NoControl, NotInBox, Positive, StaysAtSite,
    };
    prop_oneof![
        4 => Just(Negative),
        1 => prop::sample::select(vec![
            StaysAtSite, LeftInCar, Positive, Grey, NoControl, Lost, NotInBox, FoundLater
        ]),
    ]
}

fn hand(at: i64, n: u32, from: &str, to: &str) -> Envelope<Command> {
    let hand = HandOver {
        unit: transport_box(n),
        giver: Some(holder(from)),
        taker: holder(to),
        countersign: None,
        note: None,
    };
    by(from, at, Command::HandOver(hand))
}

fn result(at: i64, n: u32, ct: Option<f64>, control: Option<f64>) -> Envelope<Command> {
    let result = RecordResult {
        tube: tube(n),
        lab: holder("lab:L1"),
        plate: None,
        well: None,
        ct_n: ct,
        ct_orf1ab: ct,
        ct_control: control,
        stated: None,
        tested_at: minute(at),
        status: ResultStatus::Final,
    };
    by("lab:L1", at, Command::RecordResult(result))
}

/// The commands of a round in which tube n (persons 4n+1 to 4n+4) meets its fate; two tubes a
/// box.
fn story(fates: &[Fate]) -> Vec<Envelope<Command>> {
    let mut told = Vec::new();
    for (n, fate) in fates.iter().enumerate() {
        let (at, first) = (n as i64 * 3, n as u8 * 4);
        let (n, persons) = (n as u32, [first + 1, first + 2, first + 3, first + 4]);
        let box_ = n / 2;
        told.push(collect(at, n, &persons));
        if matches!(fate, Fate::StaysAtSite) {
            continue;
        }
        let tubes = vec![tube(n)];
        let pack = Pack { box_: transport_box(box_), tubes, holder: holder("site:S1") };
        told.push(by("site:S1", at + 1, Command::Pack(pack)));
    }
    for pair in 0..fates.len().div_ceil(2) {
        let own: Vec<(u32, Fate)> =
            (2 * pair..fates.len().min(2 * pair + 2)).map(|n| (n as u32, fates[n])).collect();
        let (n, at) = (pair as u32, 100 + pair as i64 * 4);
        told.push(hand(at, n, "site:S1", "courier:C1"));
        if own.iter().any(|(_, f)| matches!(f, Fate::LeftInCar)) {
            continue;
        }
        told.push(hand(at + 60, n, "courier:C1", "lab:L1"));
        let found: Vec<_> = own
            .iter()
            .filter(|(_, f)| !matches!(f, Fate::StaysAtSite | Fate::NotInBox | Fate::FoundLater))
            .map(|(n, _)| tube(*n))
            .collect();
        let open = OpenBox { box_: transport_box(n), lab: holder("lab:L1"), found };
        told.push(by("lab:L1", at + 70, Command::OpenBox(open)));
        for (n, fate) in own {
            let done = at + 200 + i64::from(n);
            match fate {
                Fate::Negative => told.push(result(done, n, None, Some(25.0))),
                Fate::Positive => told.push(result(done, n, Some(28.0), Some(25.0))),
                Fate::Grey => told.push(result(done, n, Some(39.0), Some(25.0))),
                Fate::NoControl => told.push(result(done, n, None, None)),
                Fate::Lost => {
                    let mark = Mark { tube: tube(n), fault: Fault::Lost, note: "gone".into() };
                    told.push(by("lab:L1", done, Command::Mark(mark)));
                }
                Fate::FoundLater => {
                    let well = Well { well: "A1".into(), tube: tube(n) };
                    let wells = vec![well];
                    let load = LoadPlate { plate: format!("P{n}"), lab: holder("lab:L1"), wells };
                    told.push(by("lab:L1", done - 10, Command::LoadPlate(load)));
                    told.push(result(done, n, None, Some(25.0)));
                }
                Fate::StaysAtSite | Fate::LeftInCar | Fate::NotInBox => {}
            }
        }
    }
    told
}

/// What a person of a tube should see at the end.
fn expected(fates: &[Fate], n: usize) -> Vec<ResultState> {
    let pair = fates.get(n & !1).into_iter().chain(fates.get(n | 1));
    let left = pair.into_iter().any(|f| matches!(f, Fate::LeftInCar));
    match fates[n] {
        Fate::StaysAtSite => vec![ResultState::Sampled],
        _ if left => vec![ResultState::InTransit],
        // Missing at the laboratory: sent, and nobody has it.
        Fate::LeftInCar | Fate::NotInBox => vec![ResultState::InTransit],
        Fate::Negative | Fate::FoundLater => vec![ResultState::Negative],
        Fate::Positive | Fate::Grey => vec![ResultState::Held],
        Fate::NoControl | Fate::Lost => vec![ResultState::Recall],
    }
}

async fn check(kind: Kind, fates: Vec<Fate>, order: Vec<usize>, batch: usize) {
    let in_order = City::new(TestBed::new(kind)).await;
    for one in story(&fates) {
        in_order.accept(vec![one]).await;
    }
    let city = City::new(TestBed::new(kind)).await;
    let mut told: Vec<_> = story(&fates).into_iter().map(Some).collect();
    let told: Vec<_> = order.iter().filter_map(|n| told[*n].take()).collect();
    for commands in told.chunks(batch) {
        city.accept(commands.to_vec()).await;
        // Resending changes nothing.
        let again = city.send(commands.to_vec()).await;
        assert!(again.iter().all(|o| o.duplicate), "{again:?}");
    }
    assert_eq!(city.counts().await, in_order.counts().await, "counters depend on the order");
    let mut db = city.engine.store().reader().await.expect("reader");
    let mut seen: BTreeMap<u8, ResultState> = BTreeMap::new();
    for n in 0..fates.len() as u8 * 4 {
        let results =
            views::of_person(&mut db, city::area(), person(n + 1)).await.expect("results");
        assert_eq!(results.len(), 1, "person {n} has one swab");
        seen.insert(n, results[0].state);
    }
    let recalled = city.recalled().await;
    for (n, state) in seen {
        assert!(expected(&fates, usize::from(n / 4)).contains(&state), "{n} {state:?} {fates:?}");
        let waits = matches!(state, ResultState::Held | ResultState::Recall);
        assert_eq!(recalled.contains(&person(n + 1)), waits, "person {n} {state:?}");
    }
    city.audit().await;
}

/// Fates, the order in which their commands arrive, and how many come at once.
fn round() -> impl Strategy<Value = (Vec<Fate>, Vec<usize>, usize)> {
    prop::collection::vec(fate(), 1..9).prop_flat_map(|fates| {
        let order: Vec<usize> = (0..story(&fates).len()).collect();
        (Just(fates), Just(order).prop_shuffle(), 1..12_usize)
    })
}

fn run(kind: Kind, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((fates, order, batch) in round())| {
        runtime.block_on(check(kind, fates, order, batch));
    });
}

#[test]
fn nobody_is_lost_on_sqlite() {
    run(Kind::Sqlite, 24);
}

#[test]
fn nobody_is_lost_on_postgres() {
    run(Kind::Postgres, 6);
}
