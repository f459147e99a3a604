//! The demo city: sound by its own audit, made once, gone on with after an interruption.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use desks::House;
use ledger::views;
use protocol::Protocol;
use registry::seal::Keys;
use songhua_cli::demo::{Demo, Options};
use store::{Store, StoreConfig};
use types::{AreaScope, Micros};

const OPTIONS: Options = Options { people: 6_000, areas: AreaScope::ALL, seed: 2022, rounds: 3 };

fn options() -> Options {
    Options { areas: AreaScope::parse("220202").expect("a county"), ..OPTIONS }
}

fn start() -> Micros {
    Micros::parse("2026-03-02T14:05:00+08:00").expect("a time")
}

async fn open(dir: &Path, name: &str) -> Store {
    let url = format!("sqlite:{}", dir.join(name).display());
    Store::open(StoreConfig::new(url), &desks::schemas()).await.expect("opens")
}

async fn prepare(dir: &Path, store: &Store) -> Demo {
    let mut demo = Demo::plan(dir, &options(), start()).expect("a plan");
    let keys = Keys::load_or_create(&dir.join("registry.key")).expect("keys");
    demo.prepare(dir, store, &keys).await.expect("prepared");
    demo
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_has_something_on_every_list_and_passes_the_audit() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path(), "live.sqlite").await;
    let demo = prepare(dir.path(), &store).await;
    let mut db = store.reader().await.expect("a reader");

    let rounds = testing::views::rounds(&mut db).await.expect("rounds");
    assert_eq!(rounds.iter().map(|r| r.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(
        rounds.iter().map(|r| r.closed_at.is_some()).collect::<Vec<_>>(),
        [false, true, true]
    );
    let finished =
        testing::views::totals(&mut db, AreaScope::ALL, rounds[1].id).await.expect("sums");
    assert_eq!(finished.persons(testing::Stage::Planned), 6_000);
    assert!(finished.blind() < 120, "{} missed a finished round", finished.blind());
    assert_eq!(finished.tubes(testing::Stage::Reported), finished.tubes(testing::Stage::Collected));

    let going = testing::views::totals(&mut db, AreaScope::ALL, rounds[0].id).await.expect("sums");
    assert!(going.at_sites() > 0 && going.in_transit() > 0 && going.in_laboratory() > 0);
    assert!(going.tubes(testing::Stage::Reported) > 0);
    assert!(going.tubes(testing::Stage::NotNegative) >= 3);
    assert!(going.tubes(testing::Stage::Faulty) >= 2, "one lost, one leaked");
    assert!(going.persons(testing::Stage::Recalled) > going.persons(testing::Stage::RecallEnded));

    let late = views::late(&mut db, AreaScope::ALL, start()).await.expect("late");
    let steps: BTreeMap<&str, i64> = late.iter().map(|l| (l.step.as_str(), l.units)).collect();
    for step in ["ready", "in_transit", "missing"] {
        assert!(steps.contains_key(step), "nothing is late in the step {step}: {steps:?}");
    }
    let packed: i64 = late.iter().filter(|l| l.packed).map(|l| l.units).sum();
    assert!(packed > 0, "the standing box has tubes that do not keep");
    let findings = views::findings(&mut db, AreaScope::ALL, 100).await.expect("findings");
    for kind in ["dispute", "double_open", "unexplained"] {
        assert!(findings.iter().any(|f| f.kind == kind), "no {kind} among {findings:?}");
    }
    let blind = demo.campaign.blind.as_ref().expect("a compound behind a gate").as_str();
    let community = blind.split('-').next().expect("a community");
    let places = testing::views::places(&mut db, AreaScope::ALL, rounds[0].id, community, 40).await;
    let places = places.expect("places");
    let line = places.iter().find(|l| l.place == blind).expect("its line");
    assert_eq!(line.counts.persons(testing::Stage::Sampled), 0);
    assert!(line.counts.blind() >= 40);

    let shadow = open(dir.path(), "shadow.sqlite").await;
    let desk = House::new(Arc::new(Protocol::bundled().expect("the protocol")));
    let report = ledger::audit::run(&desk, &store, &shadow, &desks::schemas(), |_, _| ()).await;
    let report = report.expect("audited");
    assert!(report.is_clean(), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_is_made_once_and_gone_on_with_after_an_interruption() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path(), "live.sqlite").await;
    let first = prepare(dir.path(), &store).await;
    let (head, _) = ledger::audit::head(&store).await.expect("a head");
    assert!(head > 1_000);

    // Started again, at another time: the same demo, nothing written.
    let mut again =
        Demo::plan(dir.path(), &options(), start() + types::Span::hours(5)).expect("a plan");
    assert_eq!(again.record, first.record);
    let keys = Keys::load_or_create(&dir.path().join("registry.key")).expect("keys");
    again.prepare(dir.path(), &store, &keys).await.expect("nothing to do");
    assert_eq!(ledger::audit::head(&store).await.expect("a head").0, head);

    // As if it had been interrupted: all is sent again and changes nothing.
    again.record.finished = false;
    again.prepare(dir.path(), &store, &keys).await.expect("sent again");
    assert_eq!(ledger::audit::head(&store).await.expect("a head").0, head);

    let other = Options { people: 7_000, ..options() };
    assert!(Demo::plan(dir.path(), &other, start()).is_err(), "a demo of another size");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let tell = |name: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let demo = Demo::plan(&dir.path().join(name), &options(), start()).expect("a plan");
        let steps = &demo.campaign.steps;
        let text = |at: usize| serde_json::to_string(&steps[at].envelope).expect("JSON");
        (steps.len(), text(0), text(steps.len() / 2), text(steps.len() - 1))
    };
    assert_eq!(tell("a"), tell("b"));
}
