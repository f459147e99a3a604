//! The queue before the writer: priorities, overload, failures, the clock.

use std::time::Duration;

use ledger::{Engine, LedgerError, Operation, Priority, Status};
use store::{StoreError, both_stores};
use types::Micros;

use crate::support::stall::{operate, send, stall, waiting};
use crate::support::world::*;
use crate::support::yard::{self, Command};

async fn journal(world: &World) -> Vec<(String, Micros)> {
    let sql = "SELECT kind, record_time FROM journal ORDER BY seq";
    let rows = world.reader().await.query_text(sql, &[]).await.expect("the journal");
    rows.iter().map(|r| (r.text(0).expect("kind").to_owned(), r.time(1).expect("time"))).collect()
}

both_stores! {
    async fn urgent_work_goes_before_the_days_and_that_before_bulk(bed: TestBed) {
        let world = World::with_groups_of(bed, 1).await;
        let stalled = stall(&world.engine, &world.yard).await;
        let bulk = send(&world.engine, Priority::Bulk, vec![at(1, Command::Add { name: "x".into(), by: 1 })]);
        waiting(&world.engine, 2).await;
        let normal = send(&world.engine, Priority::Normal, vec![said(1, vec![open(tube(1), "site:S1")])]);
        waiting(&world.engine, 3).await;
        let urgent = send(&world.engine, Priority::Urgent, vec![at(1, Command::Take { unit: tube(9), taker: holder("ward:1") })]);
        waiting(&world.engine, 4).await;
        stalled.go_on().await;
        for answer in [bulk, normal, urgent] {
            answer.await.expect("the task").expect("written");
        }
        let kinds: Vec<_> = journal(&world).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["yard.refuse", "yard.take", "yard.say", "yard.add"]);
    }

    async fn a_full_queue_sheds_by_priority_and_takes_nothing_of_what_it_sheds(bed: TestBed) {
        let mut world = World::start(bed).await;
        world.engine.close().await;
        let small = ledger::EngineConfig { queue: 4, ..config(&world.clock, 1_000) };
        world.engine = Engine::start(world.store.clone(), world.yard.clone(), small).await.expect("starts");
        let stalled = stall(&world.engine, &world.yard).await; // Takes one place of six in the normal queue.
        let three = |from| (from..from + 3).map(|n| said(1, vec![open(tube(n), "site:S1")])).collect::<Vec<_>>();
        let mut taken = vec![
            send(&world.engine, Priority::Bulk, three(0)),
            send(&world.engine, Priority::Normal, three(10)),
        ];
        waiting(&world.engine, 7).await;
        for priority in [Priority::Bulk, Priority::Normal] {
            let shed = world.engine.submit(priority, three(20)).await;
            let Err(LedgerError::Overloaded { retry_after_seconds }) = shed else { panic!("{shed:?}") };
            assert!(retry_after_seconds >= 1);
        }
        // Bulk being full does not keep the others out, and the last to be shed is urgent.
        taken.push(send(&world.engine, Priority::Urgent, three(30)));
        taken.push(send(&world.engine, Priority::Urgent, three(40)));
        waiting(&world.engine, 13).await;
        let shed = world.engine.submit(Priority::Urgent, three(50)).await;
        assert!(matches!(shed, Err(LedgerError::Overloaded { .. })));
        assert_eq!(world.engine.load().waiting, 13);
        stalled.go_on().await;
        for answer in taken {
            assert!(answer.await.expect("the task").expect("written").iter().all(|o| o.status == Status::Accepted));
        }
        assert_eq!(world.held('T', "site:S1").await, 12, "what was shed was not taken");
        // With room again, the same commands go through; a batch larger than the queue too.
        let many = (60..80).map(|n| said(1, vec![open(tube(n), "site:S1")])).collect();
        assert_eq!(world.engine.submit(Priority::Bulk, many).await.expect("written").len(), 20);
        assert_eq!(world.engine.load().waiting, 0);
        world.assert_clean().await;
    }

    async fn a_queue_that_takes_too_long_sheds_what_can_wait_although_it_has_room(bed: TestBed) {
        let mut world = World::start(bed).await;
        world.engine.close().await;
        let strict = ledger::EngineConfig { longest_wait: Duration::ZERO, ..config(&world.clock, 1_000) };
        world.engine = Engine::start(world.store.clone(), world.yard.clone(), strict).await.expect("starts");
        let one = |n| vec![said(1, vec![open(tube(n), "site:S1")])];
        // Nothing is known of the pace: only the room counts.
        let stalled = stall(&world.engine, &world.yard).await;
        let unknown = send(&world.engine, Priority::Bulk, one(0));
        waiting(&world.engine, 2).await;
        stalled.go_on().await;
        unknown.await.expect("the task").expect("written");
        // Now it is.
        let many = (100..200).map(|n| said(1, vec![open(tube(n), "site:S1")])).collect();
        world.engine.submit(Priority::Bulk, many).await.expect("an empty queue sheds nothing");
        let stalled = stall(&world.engine, &world.yard).await;
        for priority in [Priority::Bulk, Priority::Normal] {
            let shed = world.engine.submit(priority, one(1)).await;
            let Err(LedgerError::Overloaded { retry_after_seconds }) = shed else { panic!("{shed:?}") };
            assert!(retry_after_seconds >= 1);
        }
        let urgent = send(&world.engine, Priority::Urgent, one(2));
        waiting(&world.engine, 2).await;
        stalled.go_on().await;
        urgent.await.expect("the task").expect("written");
        assert_eq!(world.held('T', "site:S1").await, 102);
        world.assert_clean().await;
    }

    async fn one_bad_statement_does_not_take_the_others_of_its_group_with_it(bed: TestBed) {
        let world = World::start(bed).await;
        let stalled = stall(&world.engine, &world.yard).await;
        let good = send(&world.engine, Priority::Normal, vec![said(1, vec![open(tube(1), "site:S1")])]);
        let jam = send(&world.engine, Priority::Normal, vec![at(1, Command::Jam)]);
        let more = send(&world.engine, Priority::Normal, vec![said(2, vec![open(tube(2), "site:S1")])]);
        let operation = Operation::Insert(&yard::SESSION_USE, vec!["token".into(), 1_i64.into()]);
        let session = operate(&world.engine, vec![operation]);
        waiting(&world.engine, 5).await;
        stalled.go_on().await;
        for answer in [good, more] {
            assert_eq!(answer.await.expect("the task").expect("written")[0].status, Status::Accepted);
        }
        let jammed = jam.await.expect("the task").expect("an answer");
        assert_eq!(jammed[0].status, Status::NotRecorded);
        assert_eq!(session.await.expect("the task").expect("written"), vec![1]);
        assert_eq!(world.held('T', "site:S1").await, 2);
        let uses = world.reader().await.query(&yard::SESSION_USES, &["token".into()]).await.expect("uses");
        assert_eq!(uses[0].int(0).expect("a count"), 1, "once, although the group was tried twice");
        world.assert_clean().await;
    }

    async fn a_bug_in_a_rule_fails_its_command_and_nothing_else(bed: TestBed) {
        let world = World::start(bed).await;
        let stalled = stall(&world.engine, &world.yard).await;
        let good = send(&world.engine, Priority::Normal, vec![said(1, vec![open(tube(1), "site:S1")])]);
        let bug = send(&world.engine, Priority::Normal, vec![at(1, Command::Panic)]);
        waiting(&world.engine, 3).await;
        stalled.go_on().await;
        assert_eq!(good.await.expect("the task").expect("written")[0].status, Status::Accepted);
        let failed = bug.await.expect("the task").expect("an answer");
        assert_eq!(failed[0].status, Status::NotRecorded);
        world.accept(said(2, vec![open(tube(2), "site:S1")])).await;
        world.assert_clean().await;
    }

    async fn a_command_that_cannot_be_recorded_does_not_hold_up_its_batch(bed: TestBed) {
        let postgres = bed.kind() == store::testkit::Kind::Postgres;
        let world = World::start(bed).await;
        let take = |minute, taker| at(minute, Command::Take { unit: tube(1), taker: holder(taker) });
        let batch = vec![
            at(1, Command::Jam),
            said(2, vec![open(tube(1), "site:S1")]),
            at(3, Command::Panic),
            take(4, "courier:A"),
            at(5, Command::Nul),
            at(6, Command::PanicLater),
            // Builds on what stands before the bad ones.
            take(7, "courier:B"),
            at(8, Command::Refuse),
            at(9, Command::Jam),
        ];
        let ids: Vec<_> = batch.iter().map(|c| c.id).collect();
        for sending in 0..3 {
            let outcomes = world.send(batch.clone()).await;
            assert_eq!(outcomes.iter().map(|o| o.id).collect::<Vec<_>>(), ids);
            let told = outcomes.iter().map(|o| {
                let reason = o.refusal.as_ref().filter(|r| r.code == "not-recorded");
                (o.status, o.duplicate, reason.map(|r| r.args[0].1.as_str()))
            });
            let seen = sending > 0;
            let bad = |reason| (Status::NotRecorded, false, Some(reason));
            let good = (Status::Accepted, seen, None);
            // SQLite keeps a text with a NUL.
            let nul = if postgres { bad("row") } else { good };
            assert_eq!(told.collect::<Vec<_>>(), vec![
                bad("row"), good, bad("rule"), good, nul, bad("rule"), good,
                (Status::Refused, seen, None), bad("row"),
            ]);
        }
        assert_eq!(world.held('T', "courier:B").await, 1);
        assert_eq!(journal(&world).await.len(), if postgres { 4 } else { 5 });
        world.assert_clean().await;
    }

    async fn writes_of_other_tables_go_through_the_same_writer_together_or_not_at_all(bed: TestBed) {
        let world = World::start(bed).await;
        let new = |token: &str| Operation::Execute(&yard::SESSION_NEW, vec![token.into()]);
        let done = world.engine.operate(Priority::Urgent, vec![new("a"), new("b")]).await;
        assert_eq!(done.expect("written"), vec![1, 1]);
        let twice = world.engine.operate(Priority::Urgent, vec![new("c"), new("a")]).await;
        assert!(matches!(twice, Err(LedgerError::Store(StoreError::Constraint(_)))), "{twice:?}");
        let uses = |token: &'static str| {
            let world = &world;
            async move {
                let mut reader = world.reader().await;
                reader.query(&yard::SESSION_USES, &[token.into()]).await.expect("uses").len()
            }
        };
        assert_eq!((uses("a").await, uses("b").await, uses("c").await), (1, 1, 0));
        let (entries, _) = ledger::audit::head(&world.store).await.expect("the head");
        assert_eq!(entries, 0, "they are not in the journal");
    }

    async fn a_clock_that_runs_backwards_does_not_turn_the_journal_back(bed: TestBed) {
        let mut world = World::start(bed).await;
        for (n, now) in [minute(10), minute(5), minute(5), Micros(0), minute(11)].into_iter().enumerate() {
            world.clock.set(now);
            world.accept(said(0, vec![open(tube(n as u32), "site:S1")])).await;
            if n == 2 {
                world.restart().await;
            }
        }
        let times: Vec<Micros> = journal(&world).await.into_iter().map(|(_, time)| time).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        assert_eq!((times[0], times[4]), (minute(10), minute(11)));
        world.assert_clean().await;
    }
}
