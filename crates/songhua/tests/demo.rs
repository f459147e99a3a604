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

    supplied(&mut db, &demo).await;

    let shadow = open(dir.path(), "shadow.sqlite").await;
    let desk = House::new(Arc::new(Protocol::bundled().expect("the protocol")));
    let report = ledger::audit::run(&desk, &store, &shadow, &desks::schemas(), |_, _| ()).await;
    let report = report.expect("audited");
    assert!(report.is_clean(), "{report:#?}");
}

/// Supply has something on every list: a batch on its way and one that is loaded, a shop that an infection closed,
/// renewals that wait for a doctor, a donation that is partly shared.
async fn supplied(db: &mut store::Connection, demo: &Demo) {
    use supply::{BatchState, Standing, views as lists};
    let (area, base) = (demo.town.stage(), demo.record.base);
    let scope = AreaScope::one(area);
    let batches = lists::batches(db, scope, 10).await.expect("batches");
    let out: Vec<_> = batches.iter().filter(|b| b.state == BatchState::Out).collect();
    let [out] = out.as_slice() else { panic!("{batches:#?}") };
    assert!(out.stops.len() >= 3 && out.been.len() == 2, "partly driven: {out:#?}");
    assert_eq!(out.vehicle.as_str(), "vehicle:JL-B01", "the visitor's own");
    let loaded =
        batches.iter().find(|b| b.state == BatchState::Planned).expect("one that is loaded");
    assert_eq!((loaded.shop.kind(), loaded.stale.as_str()), ("sorting", ""));
    assert!(loaded.leaves_at > base && loaded.stops.len() > 1, "{loaded:#?}");
    let sites = lists::sites(db, scope, None, 500).await.expect("sites");
    let places = batches.iter().flat_map(|b| b.stops.iter().map(|stop| stop.place.clone()));
    let known = lists::whereabouts(db, &sites, places.collect()).await.expect("positions");
    let mut spots: Vec<_> = known.places.values().chain(known.sites.values()).collect();
    let all = spots.len();
    spots.sort_by(|a, b| a.partial_cmp(b).expect("degrees"));
    spots.dedup();
    assert_eq!(spots.len(), all, "no shop stands on the spot of a compound");
    let closed: Vec<_> = sites.iter().filter_map(|site| site.closed.as_ref()).collect();
    assert_eq!(closed.iter().filter(|(_, infection, _)| *infection).count(), 1);
    let moved = lists::serves(db, scope).await.expect("a list");
    let assigned = supply::ServesWhy::Assigned;
    let elsewhere = |line: &&lists::ServesLine| line.shop.is_some() && line.serves.why != assigned;
    assert!(moved.iter().filter(elsewhere).count() > 0, "its households have another shop");
    let shop = types::HolderCode::parse("shop:JL-S01").expect("a shop");
    assert!(lists::staff(db, &shop, 10).await.expect("staff").len() > 2);
    assert_eq!(lists::renewals_asked(db, scope, 10).await.expect("renewals").len(), 4);
    let passes = lists::passes(db, scope, base, 10).await.expect("passes");
    assert!(passes.iter().any(|pass| pass.until < base + types::Span::hours(6)), "one ends soon");
    assert_eq!(lists::donated(db, scope, 10).await.expect("donations").len(), 2);
    let totals = lists::totals(db, scope).await.expect("sums");
    assert!(totals.by.iter().any(|((_, at, _), n)| *at == Standing::Closed && *n > 0));
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
