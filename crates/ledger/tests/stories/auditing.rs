//! The audit is clean on what the engine wrote, and finds what anybody else did.

use ledger::audit;
use store::both_stores;
use store::testkit::TestBed;

use crate::support::world::*;
use crate::support::yard::{Command, Yard};

/// A small city: tubes in boxes in a vehicle, something closed, something that does not fit, a
/// quantity, a refusal and a desk's own total.
async fn busy(bed: TestBed) -> World {
    let world = World::start(bed).await;
    let mut batch = vec![said(0, vec![open(vehicle(1), "courier:C7")])];
    for b in 0..3 {
        batch.push(said(1, vec![open(container(b), "site:S1"), pack(container(b), vehicle(1))]));
        for t in 0..5 {
            let tube = tube(b * 10 + t);
            batch.push(said(
                2,
                vec![open_until(tube, "site:S1", Some(minute(90))), pack(tube, container(b))],
            ));
        }
    }
    let post = ledger::Move::Post {
        commodity: "tubes".into(),
        from: "supplier".into(),
        to: "site:S1".into(),
        amount: 500,
    };
    batch.extend([
        said(60, vec![unpack(tube(0), "lab:L1")]),
        said(61, vec![close(tube(0), "reported")]),
        said(62, vec![hand(tube(99), "courier:X", "lab:L1")]),
        said(63, vec![post]),
        at(64, Command::Refuse),
        at(65, Command::Add { name: "swabs".into(), by: 10 }),
    ]);
    world.send(batch).await;
    world
}

/// Changes something behind the ledger's back and expects the audit to say where.
async fn plants(world: &World, sql: &str, table: &str, needle: &str) {
    world.tamper(sql).await;
    let report = world.audit().await;
    assert!(!report.is_clean(), "not noticed: {sql}");
    let found = report
        .listed
        .iter()
        .chain(&report.unbalanced)
        .chain(&report.miscounted)
        .any(|line| line.contains(table) && line.contains(needle));
    assert!(found, "{sql}: no line with {table:?} and {needle:?} in {report:#?}");
}

both_stores! {
    async fn what_the_engine_wrote_is_clean(bed: TestBed) {
        let world = busy(bed).await;
        let report = world.audit().await;
        assert!(report.is_clean(), "{report:#?}");
        assert_eq!(report.entries, 25);
        assert!(report.rows > 60, "{}", report.rows);
    }

    async fn a_changed_row_is_found(bed: TestBed) {
        let world = busy(bed).await;
        let sql = "UPDATE unit SET holder = 'courier:thief' WHERE kind = 'V'";
        let row = format!("unit: 220202 {}:", vehicle(1));
        plants(&world, sql, &row, "holder is \"courier:thief\", by the journal \"courier:C7\"").await;
    }

    async fn a_changed_row_of_a_desk_is_found(bed: TestBed) {
        let world = busy(bed).await;
        plants(&world, "UPDATE tally SET total = 11", "tally", "total is 11, by the journal 10").await;
    }

    async fn a_missing_row_is_found(bed: TestBed) {
        let world = busy(bed).await;
        let sql = "DELETE FROM moment WHERE actor = 'user:li' AND what LIKE '%reported%'";
        plants(&world, sql, "moment", "missing, by the journal").await;
    }

    async fn a_missing_finding_is_found(bed: TestBed) {
        let world = busy(bed).await;
        plants(&world, "UPDATE finding SET open = 0", "finding", "open is 0, by the journal 1").await;
    }

    async fn an_extra_row_is_found(bed: TestBed) {
        let world = busy(bed).await;
        let sql = "INSERT INTO stock (area, commodity, account, amount) VALUES (220202, 'tubes', 'site:S9', 40)";
        plants(&world, sql, "stock", "not by the journal").await;
        let report = world.audit().await;
        assert_eq!(report.unbalanced.len(), 1, "{report:#?}");
        assert!(report.unbalanced[0].contains("accounts sum to 40"), "{report:#?}");
    }

    async fn a_counter_that_is_off_is_found_three_times_over(bed: TestBed) {
        let world = busy(bed).await;
        world.tamper("UPDATE balance SET units = units + 1 WHERE kind = 'T' AND bucket = 'lab:L1'").await;
        let report = world.audit().await;
        assert_eq!(report.differences, 1, "{report:#?}");
        assert!(report.listed[0].starts_with("balance: 220202 \"T\" \"lab:L1\""), "{report:#?}");
        assert!(report.unbalanced[0].contains("220202 T"), "{report:#?}");
        assert!(report.miscounted[0].contains("220202 T"), "{report:#?}");
    }

    async fn counters_that_agree_with_each_other_but_not_with_the_units_are_found(bed: TestBed) {
        let world = busy(bed).await;
        world.tamper("UPDATE balance SET units = units + 1 WHERE kind = 'T' AND bucket IN ('lab:L1', 'created')").await;
        let report = world.audit().await;
        assert_eq!((report.differences, report.unbalanced.len(), report.miscounted.len()), (2, 0, 1));
    }

    async fn a_counter_of_running_clocks_that_is_off_is_found_twice_over(bed: TestBed) {
        let world = busy(bed).await;
        let one = said(1, vec![open_until(tube(70), "site:S1", Some(minute(90)))]);
        world.accept(one).await;
        plants(&world, "UPDATE due_held SET units = units + 1", "due_held", "by the journal").await;
        let one_more = "INSERT INTO finding_count (area, kind, findings) VALUES (220999, 'gap', 1)";
        plants(&world, one_more, "finding_count", "by the journal").await;
        let report = world.audit().await;
        assert_eq!(report.miscounted.len(), 1, "{report:#?}");
        assert!(report.miscounted[0].contains("the units are -1 more"), "{report:#?}");
    }

    async fn an_older_store_gets_the_counters_that_it_has_not(bed: TestBed) {
        let mut world = busy(bed).await;
        let keeping = open_keeping(tube(71), "site:S1", Some(minute(20)), Some(minute(95)));
        world.send(vec![
            said(1, vec![open_until(tube(70), "site:S1", Some(minute(90)))]),
            said(2, vec![keeping, pack(tube(71), container(1))]),
        ]).await;
        let before = world.late(minute(100)).await;
        assert_eq!(before.len(), 2, "{before:?}");
        for sql in [
            "DROP TABLE due_held", "DROP TABLE due_packed", "DROP TABLE finding_count",
            "UPDATE schema_version SET version = 1 WHERE name = 'ledger'",
        ] {
            world.tamper(sql).await;
        }
        world.restart().await;
        assert_eq!(world.late(minute(100)).await, before);
        world.assert_clean().await;
    }

    async fn a_change_to_the_journal_is_found_in_what_follows_from_it(bed: TestBed) {
        let world = busy(bed).await;
        let sql = "UPDATE journal SET body = replace(body, 'reported', 'destroyed') WHERE kind = 'yard.say'";
        plants(&world, sql, "unit", "closed is \"reported\", by the journal \"destroyed\"").await;
    }

    async fn an_entry_taken_out_of_the_journal_is_found(bed: TestBed) {
        let world = busy(bed).await;
        // A refused one has no effect, so that no other table can miss it.
        plants(&world, "DELETE FROM journal WHERE refused IS NOT NULL", "journal", "entries 24 to 24 are missing").await;
    }

    async fn a_change_that_was_carried_through_to_every_table_breaks_the_chain(bed: TestBed) {
        let world = busy(bed).await;
        world.tamper("UPDATE journal SET actor = 'user:wang' WHERE seq = 7").await;
        let moment = "UPDATE moment SET actor = 'user:wang' WHERE command IN
            (SELECT command FROM journal WHERE seq = 7)";
        world.tamper(moment).await;
        let report = world.audit().await;
        assert_eq!(report.listed, ["journal: entry 7: it or the one before was changed"]);
    }

    async fn a_changed_refusal_breaks_the_chain(bed: TestBed) {
        let world = busy(bed).await;
        let sql = "UPDATE journal SET refused = replace(refused, 'not-here', 'not-now') WHERE refused IS NOT NULL";
        plants(&world, sql, "journal", "entry 24: it or the one before was changed").await;
    }

    async fn an_entry_that_was_put_in_between_breaks_the_chain(bed: TestBed) {
        let world = busy(bed).await;
        // The last two change places: numbers, moments and totals are all as before.
        for (from, to) in [(25, 0), (24, 25), (0, 24)] {
            world.tamper(&format!("UPDATE journal SET seq = {to} WHERE seq = {from}")).await;
        }
        plants(&world, "UPDATE ledger_head SET one = 1", "journal", "entry 24: it or").await;
    }

    async fn a_hash_that_was_written_down_vouches_for_what_was_before_it(bed: TestBed) {
        let mut world = busy(bed).await;
        let first = world.audit().await;
        let written = ledger::Link::parse(&first.hash).expect("a hash");
        world.restart().await;
        world.accept(said(90, vec![open(tube(77), "site:S1")])).await;
        let report = world.audit().await;
        assert!(report.is_clean(), "{report:#?}");
        assert_ne!(report.hash, first.hash);
        let mut reader = world.reader().await;
        let hash = audit::hash_of(&mut reader, first.entries).await.expect("read");
        assert_eq!(hash, Some(written));
        let last = audit::hash_of(&mut reader, report.entries).await.expect("read");
        assert_eq!(last.map(|l| l.to_string()), Some(report.hash));
        assert_eq!(audit::hash_of(&mut reader, 999).await.expect("read"), None);
        let mut held = audit::Report::default();
        held.hold_against(first.entries, written, hash);
        assert!(held.is_clean());
        held.hold_against(first.entries, written, last);
        held.hold_against(999, written, None);
        assert_eq!(held.differences, 2, "{held:#?}");
        // Another head than the last entry's is told.
        plants(&world, "UPDATE ledger_head SET hash = NULL", "journal", "the head has the hash 0000").await;
    }

    async fn a_replay_takes_no_more_at_once_than_its_limit_of_bytes(bed: TestBed) {
        let world = World::start(bed).await;
        let long = |n: u32, bytes: usize| {
            let note = "x".repeat(bytes);
            let target = ledger::MomentRef { command: command_id(minute(0)), n: 0 };
            said(1, vec![ledger::Move::Void { unit: tube(n), target, note }])
        };
        let half = audit::CHUNK_BYTES as usize / 2;
        // Pairs do not fit beside the small ones; one entry alone is larger than the limit.
        for (n, bytes) in [half - 500, half - 500, half, half, 3 * half, half].into_iter().enumerate() {
            world.accept(long(n as u32, bytes)).await;
            world.send((0..5).map(|i| long(100 + i, 10)).collect()).await;
        }
        let yard = Yard::default();
        let shadow_bed = TestBed::new(store::testkit::Kind::Sqlite);
        let schemas = [ledger::SCHEMA, crate::support::yard::SCHEMA];
        let shadow = shadow_bed.open(&schemas).await.expect("the shadow opens");
        let report = audit::run(&yard, &world.store, &shadow, &schemas, |_, _| {}).await.expect("it runs");
        assert!(report.is_clean(), "{report:#?}");
        let groups = yard.replayed.lock().expect("nobody panicked").clone();
        assert_eq!(groups.iter().map(|(entries, _)| entries).sum::<usize>(), 36);
        for (entries, bytes) in &groups {
            assert!(*entries == 1 || *bytes <= 2 * half, "{entries} entries of {bytes} bytes at once");
        }
        assert!(groups.len() >= 5, "{groups:?}");
    }

    async fn an_entry_beyond_the_head_is_found(bed: TestBed) {
        let world = busy(bed).await;
        plants(&world, "UPDATE journal SET seq = 999 WHERE seq = 25", "journal", "999 lies beyond the head").await;
    }

    async fn an_audit_while_others_write_sees_one_moment(bed: TestBed) {
        let world = busy(bed).await;
        let engine = world.engine.clone();
        let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
        let writing = tokio::spawn(async move {
            let mut n = 1_000;
            while stopped.try_recv().is_err() {
                let batch = (0..20).map(|i| said(70, vec![open(tube(n + i), "site:S3")])).collect();
                engine.submit(ledger::Priority::Bulk, batch).await.expect("written");
                n += 20;
            }
            n
        });
        let mut progress = world.engine.progress();
        for _ in 0..3 {
            let report = world.audit().await;
            assert!(report.is_clean(), "{report:#?}");
            let seen = report.entries;
            progress.wait_for(|seq| *seq > seen).await.expect("writing goes on");
        }
        stop.send(()).expect("still writing");
        assert!(writing.await.expect("the task") > 1_000);
        world.assert_clean().await;
    }
}
