//! The audit is clean on what the engine wrote, and finds what anybody else did.

use store::both_stores;

use crate::support::world::*;
use crate::support::yard::Command;

/// A small city: tubes in boxes in a vehicle, something closed, something that does not fit, a
/// quantity, a refusal and a desk's own total.
async fn busy(bed: store::testkit::TestBed) -> World {
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
