//! Random days against the model, on both stores: whatever devices say, however late, however
//! often and in whatever order, the ledger shows what the model shows.

use std::collections::BTreeMap;

use ledger::{Priority, Status};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use store::testkit::{Kind, TestBed};
use types::{CommandId, Micros};

use crate::support::model::{self, Fact};
use crate::support::reading;
use crate::support::scripts::{Script, script};
use crate::support::world::*;
use crate::support::yard::Command;

/// Plays a script; gives what the journal then holds.
async fn play(world: &mut World, script: &Script) -> Vec<Fact> {
    let batches = script.batches();
    let mut answers: Vec<ledger::Outcome> = Vec::new();
    if script.at_once {
        let sent = batches.iter().map(|b| world.engine.submit(Priority::Normal, b.clone()));
        for outcome in futures::future::join_all(sent).await {
            answers.extend(outcome.expect("the group is written"));
        }
    } else {
        for (n, batch) in batches.iter().enumerate() {
            if script.restarts.contains(&n) {
                world.restart().await;
            }
            // The machine's clock is no better than the devices'.
            world.clock.set(minute(300 + (n as i64 * 7) % 5));
            answers.extend(world.send(batch.clone()).await);
        }
    }
    let mut first: BTreeMap<CommandId, Status> = BTreeMap::new();
    let commands: Vec<_> = batches.iter().flatten().collect();
    assert_eq!(answers.len(), commands.len());
    for (outcome, command) in answers.iter().zip(&commands) {
        assert_eq!(outcome.id, command.id);
        let before = first.insert(outcome.id, outcome.status);
        assert_eq!(outcome.duplicate, before.is_some(), "{outcome:?}");
        assert!(before.is_none_or(|s| s == outcome.status), "another answer than the first");
    }
    let recorded = reading::journal(&world.store).await;
    assert_eq!(recorded.len(), first.len(), "every command is in the journal once");
    let mut facts = Vec::new();
    for command in (0..script.said.len()).map(|n| script.command(n)) {
        let Command::Say(moves) = command.command else { continue };
        let (recorded, _) = recorded[&command.id];
        facts.extend(moves.into_iter().enumerate().map(|(n, what)| Fact {
            happened: command.event_time,
            recorded,
            command: command.id,
            n: n as u32,
            area: command.area,
            what,
        }));
    }
    facts
}

/// Compares everything that the ledger shows with the model's picture of the same facts.
async fn compare(world: &World, facts: &[Fact]) -> Result<(), TestCaseError> {
    let expected = model::picture(facts, Micros::MAX);
    let shown = reading::picture(&world.store).await;
    prop_assert_eq!(&shown, &expected);
    let now = minute(150);
    prop_assert_eq!(world.late(now).await, expected.late(now));
    for line in shown.balance.values() {
        prop_assert_eq!(line.difference(), 0);
    }
    // As it was known after each group.
    let mut times: Vec<Micros> = facts.iter().map(|f| f.recorded).collect();
    times.sort_unstable();
    times.dedup();
    for at in times.into_iter().step_by(3) {
        let then = model::picture(facts, at);
        let view = world.as_of(at).await;
        prop_assert_eq!(view.balance, then.balance.clone());
        prop_assert_eq!(view.late, then.late(at));
        let stock = view.stock.into_iter().flat_map(|((area, commodity), accounts)| {
            let key = move |account| (area, commodity.clone(), account);
            accounts.into_iter().map(move |(account, amount)| (key(account), amount))
        });
        prop_assert_eq!(stock.collect::<BTreeMap<_, _>>(), then.stock);
    }
    let report = world.audit().await;
    prop_assert!(report.is_clean(), "{report:#?}");
    Ok(())
}

fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl AsyncFn(S::Value) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    let config = Config {
        cases,
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        ..Config::default()
    };
    if let Err(e) = TestRunner::new(config).run(&strategy, |value| runtime.block_on(test(value))) {
        panic!("{e}");
    }
}

fn any_day(kind: Kind, cases: u32) {
    check(cases, script(), async |script: Script| {
        let mut world = World::with_groups_of(TestBed::new(kind), script.group).await;
        let facts = play(&mut world, &script).await;
        let compared = compare(&world, &facts).await;
        world.engine.close().await;
        compared
    });
}

#[test]
fn any_day_is_shown_as_the_model_shows_it_on_sqlite() {
    any_day(Kind::Sqlite, 60);
}

#[test]
fn any_day_is_shown_as_the_model_shows_it_on_postgres() {
    any_day(Kind::Postgres, 12);
}

/// The same commands in two orders of arrival, sent once each.
fn two_orders() -> impl Strategy<Value = (Script, Script)> {
    (script(), prop::collection::vec(0..1_000_u16, 25)).prop_map(|(script, arrives)| {
        let mut other = script.clone();
        for (said, at) in other.said.iter_mut().zip(arrives) {
            said.arrives = vec![at];
        }
        other.group = script.group % 7 + 1;
        (script, other)
    })
}

fn any_order(kind: Kind, cases: u32) {
    check(cases, two_orders(), async |(one, other): (Script, Script)| {
        let mut pictures = Vec::new();
        for script in [one, other] {
            let mut world = World::with_groups_of(TestBed::new(kind), script.group).await;
            play(&mut world, &script).await;
            pictures.push(reading::picture(&world.store).await);
            world.engine.close().await;
        }
        prop_assert_eq!(&pictures[0], &pictures[1]);
        Ok(())
    });
}

#[test]
fn the_order_of_arrival_does_not_matter_on_sqlite() {
    any_order(Kind::Sqlite, 40);
}

#[test]
fn the_order_of_arrival_does_not_matter_on_postgres() {
    any_order(Kind::Postgres, 8);
}
