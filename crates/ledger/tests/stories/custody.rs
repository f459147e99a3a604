//! Custody, findings and the balance.

use ledger::{FindingKind, LOST, MomentRef};
use store::both_stores;
use types::{AreaScope, UnitKind};

use crate::support::world::*;
use crate::support::yard::Command;

both_stores! {
    async fn moving_the_vehicle_moves_the_balance_of_300_tubes(bed: TestBed) {
        let world = World::start(bed).await;
        let van = vehicle(1);
        let mut batch = vec![said(0, vec![open(van, "courier:C7")])];
        for b in 0..10 {
            let bx = container(b);
            batch.push(said(1, vec![open(bx, "site:S1")]));
            for t in 0..30 {
                let tube = tube(b * 100 + t);
                batch.push(said(2, vec![open(tube, "site:S1"), pack(tube, bx)]));
            }
            batch.push(said(30, vec![hand(bx, "site:S1", "courier:C7"), pack(bx, van)]));
        }
        world.send(batch).await;
        assert_eq!(world.held('T', "courier:C7").await, 300);
        assert_eq!(world.held('B', "courier:C7").await, 10);

        world.accept(said(60, vec![hand(van, "courier:C7", "lab:L1")])).await;
        assert_eq!(world.held('T', "lab:L1").await, 300);
        assert_eq!(world.held('T', "courier:C7").await, 0);
        let moments = world.reader().await
            .query_text("SELECT count(*) FROM moment WHERE event_time = $1", &[minute(60).into()])
            .await.expect("moments");
        assert_eq!(moments[0].int(0).expect("a count"), 1, "one hand-off, not three hundred");

        // Out of the box, a tube no longer goes where the vehicle goes.
        world.accept(said(70, vec![unpack(tube(0), "lab:L1")])).await;
        world.accept(said(80, vec![hand(van, "lab:L1", "courier:C7")])).await;
        assert_eq!((world.held('T', "lab:L1").await, world.held('T', "courier:C7").await), (1, 299));
        // Closed, it is held by nobody, but it is not gone.
        world.accept(said(90, vec![close(tube(0), "reported")])).await;
        let line = world.balance().await[&(area(), UnitKind::new('T'))].clone();
        assert_eq!((line.created, line.closed["reported"], line.held["courier:C7"]), (300, 1, 299));
        world.assert_clean().await;
    }

    async fn a_batch_that_syncs_late_ends_in_the_same_custody(bed: TestBed) {
        let world = World::start(bed).await;
        let (t, b) = (tube(1), container(1));
        // The laboratory is online; the site and the courier sync hours later, last first.
        world.accept(said(120, vec![unpack(t, "lab:L1")])).await;
        assert_eq!(world.held('T', "lab:L1").await, 1);
        world.accept(said(125, vec![close(t, "reported")])).await;
        world.accept(said(60, vec![hand(b, "site:S1", "courier:C7")])).await;
        world.accept(said(110, vec![hand(b, "courier:C7", "lab:L1")])).await;
        world.accept(said(10, vec![open(t, "site:S1"), pack(t, b)])).await;
        world.accept(said(5, vec![open(b, "site:S1")])).await;

        let custody = world.custody(t).await;
        assert_eq!(custody.opened_at, Some(minute(10)));
        assert_eq!(custody.closed, Some(("reported".into(), minute(125))));
        assert_eq!(custody.since, minute(120));
        assert!(custody.findings.is_empty());
        assert_eq!(world.custody(b).await.holder, Some(holder("lab:L1")));
        assert!(world.findings().await.is_empty(), "late records close every gap");
        world.assert_clean().await;
    }

    async fn an_unexplained_arrival_heals_when_its_creation_comes(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(60, vec![hand(tube(1), "courier:C7", "lab:L1")])).await;
        let findings = world.findings().await;
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].unit, findings[0].kind.as_str()), (tube(1), "unexplained"));
        assert_eq!(world.held('T', "lab:L1").await, 1, "it is held, not an error");

        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        let findings = world.findings().await;
        assert_eq!(findings[0].kind, "gap", "nobody said how it came to the courier");
        world.accept(said(30, vec![hand(tube(1), "site:S1", "courier:C7")])).await;
        assert!(world.findings().await.is_empty());
        world.assert_clean().await;
    }

    async fn a_dispute_keeps_the_evidence_of_both_sides_until_it_is_resolved(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        let first = world.accept(said(60, vec![hand(tube(1), "site:S1", "courier:A")])).await;
        let second = world.accept(said(90, vec![hand(tube(1), "site:S1", "courier:B")])).await;
        let findings = world.findings().await;
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].kind, FindingKind::Dispute.as_str());
        assert_eq!(findings[0].at, MomentRef { command: second, n: 0 });
        assert_eq!(findings[0].against, Some(MomentRef { command: first, n: 0 }));
        let mut reader = world.reader().await;
        let (_, moments) = ledger::views::history(&mut reader, tube(1), types::Micros::MAX)
            .await.expect("the history");
        let evidence = |id| {
            let moment = moments.iter().find(|m| m.reference.command == id).expect("its moment");
            match &moment.what {
                ledger::Move::Hand { evidence, .. } => evidence.clone(),
                other => panic!("not a hand-off: {other:?}"),
            }
        };
        assert_eq!(evidence(first).as_deref(), Some("signed by site:S1 and courier:A"));
        assert_eq!(evidence(second).as_deref(), Some("signed by site:S1 and courier:B"));
        assert_eq!(world.held('T', "courier:B").await, 1);

        let wrong = MomentRef { command: second, n: 0 };
        world.accept(said(100, vec![void(tube(1), wrong)])).await;
        assert!(world.findings().await.is_empty());
        assert_eq!((world.held('T', "courier:A").await, world.held('T', "courier:B").await), (1, 0));
        let custody = world.custody(tube(1)).await;
        assert_eq!((custody.holder, custody.since), (Some(holder("courier:A")), minute(60)));
        world.assert_clean().await;
    }

    async fn a_dispute_can_turn_against_an_earlier_claim_that_syncs_late(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        let first = world.accept(said(60, vec![hand(tube(1), "site:S1", "courier:A")])).await;
        let third = world.accept(said(120, vec![hand(tube(1), "site:S1", "courier:C")])).await;
        assert_eq!(world.findings().await[0].against.map(|r| r.command), Some(first));
        let second = world.accept(said(90, vec![hand(tube(1), "site:S1", "courier:B")])).await;
        let mut findings = world.findings().await;
        findings.sort_by_key(|f| f.at);
        let named: Vec<_> =
            findings.iter().map(|f| (f.at.command, f.against.map(|r| r.command))).collect();
        let mut expected = vec![(second, Some(first)), (third, Some(second))];
        expected.sort_by_key(|(at, _)| *at);
        assert_eq!(named, expected);
        world.assert_clean().await;
    }

    async fn a_code_used_twice_is_found_and_the_first_use_stands(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(10, vec![open(tube(1), "site:S2")])).await;
        world.accept(said(5, vec![open(tube(1), "site:S1")])).await;
        assert_eq!((world.held('T', "site:S1").await, world.held('T', "site:S2").await), (1, 0));
        assert_eq!(world.findings().await[0].kind, "double_open");
        let line = world.balance().await[&(area(), UnitKind::new('T'))].clone();
        assert_eq!(line.created, 1, "one tube, however often its code is used");
        world.assert_clean().await;
    }

    async fn what_was_lost_can_be_found(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        world.accept(said(60, vec![close(tube(1), LOST)])).await;
        assert_eq!(world.balance().await[&(area(), UnitKind::new('T'))].closed[LOST], 1);
        world.accept(said(90, vec![hand(tube(1), "site:S1", "lab:L1")])).await;
        assert_eq!(world.held('T', "lab:L1").await, 1);
        assert!(world.findings().await.is_empty());
        world.accept(said(95, vec![close(tube(1), "reported")])).await;
        world.accept(said(99, vec![hand(tube(1), "lab:L1", "courier:C7")])).await;
        assert_eq!(world.findings().await[0].kind, "after_close");
        world.assert_clean().await;
    }

    async fn a_tube_in_a_box_that_nobody_has_reported_is_held_by_nobody_known(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(tube(1), "site:S1"), pack(tube(1), container(1))])).await;
        assert_eq!(world.held('T', "unknown").await, 1);
        assert!(!world.balance().await.contains_key(&(area(), UnitKind::new('B'))));
        world.accept(said(1, vec![open(container(1), "site:S1")])).await;
        assert_eq!((world.held('T', "unknown").await, world.held('T', "site:S1").await), (0, 1));
        world.assert_clean().await;
    }

    async fn voiding_a_hand_off_puts_the_tube_back_into_its_box(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(container(1), "courier:C7")])).await;
        world.accept(said(5, vec![open(tube(1), "site:S1"), pack(tube(1), container(1))])).await;
        let out = world.accept(said(60, vec![hand(tube(1), "courier:C7", "lab:L1")])).await;
        assert_eq!(world.held('T', "lab:L1").await, 1);
        // The box is not the tube's container any more, and has to be at hand all the same.
        world.accept(said(70, vec![void(tube(1), MomentRef { command: out, n: 0 })])).await;
        assert_eq!(world.held('T', "courier:C7").await, 1);
        let mut reader = world.reader().await;
        let inside = ledger::views::inside(&mut reader, container(1), 10).await.expect("the content");
        assert_eq!(inside.iter().map(|line| line.id).collect::<Vec<_>>(), vec![tube(1)]);
        world.assert_clean().await;
    }

    async fn a_rule_sees_what_earlier_commands_of_its_group_did(bed: TestBed) {
        let world = World::start(bed).await;
        let take = |minute, taker| at(minute, Command::Take { unit: tube(1), taker: holder(taker) });
        let outcomes = world.send(vec![
            take(0, "courier:A"),
            said(1, vec![open(tube(1), "site:S1")]),
            take(2, "courier:A"),
            take(3, "courier:A"),
            said(4, vec![close(tube(1), "reported")]),
            take(5, "courier:B"),
        ]).await;
        let told: Vec<_> = outcomes
            .iter()
            .map(|o| (o.refusal.as_ref().map(|r| r.code.to_string()), o.notes.len()))
            .collect();
        let refused = |code: &str| Some(code.to_owned());
        assert_eq!(told, vec![
            (refused("unit-unknown"), 0), (None, 0), (None, 0), (None, 1), (None, 0),
            (refused("unit-closed"), 0),
        ]);
        world.assert_clean().await;
    }

    async fn what_a_holder_holds_comes_most_urgent_first(bed: TestBed) {
        let world = World::start(bed).await;
        world.send(vec![
            said(0, vec![open(tube(1), "site:S1")]),
            said(0, vec![open_until(tube(2), "site:S1", Some(minute(200)))]),
            said(0, vec![open_until(tube(3), "site:S1", Some(minute(100)))]),
            said(0, vec![open_until(tube(4), "site:S2", Some(minute(1)))]),
            said(0, vec![open_until(tube(5), "site:S1", Some(minute(1))), pack(tube(5), container(1))]),
        ]).await;
        let mut reader = world.reader().await;
        let held = ledger::views::held(&mut reader, &holder("site:S1"), 10).await.expect("held");
        // Without a deadline last, in both stores.
        assert_eq!(held.iter().map(|l| l.id).collect::<Vec<_>>(), vec![tube(3), tube(2), tube(1)]);
        let late = ledger::views::late_units(&mut reader, AreaScope::ALL, Some(&holder("site:S1")), minute(150), None, 10)
            .await.expect("late units");
        assert_eq!(late.iter().map(|l| l.id).collect::<Vec<_>>(), vec![tube(3)]);
    }

    async fn a_number_of_the_balance_opens_into_its_rows(bed: TestBed) {
        use ledger::views::{Standing, standing};
        let world = World::start(bed).await;
        world.send(vec![
            said(0, vec![open(tube(1), "site:S1")]),
            said(0, vec![open(container(1), "site:S2"), open(tube(2), "site:S1"), pack(tube(2), container(1))]),
            said(0, vec![open(tube(3), "site:S1"), close(tube(3), "lost")]),
            said(0, vec![open(tube(4), "site:S1"), close(tube(4), "reported")]),
        ]).await;
        let mut reader = world.reader().await;
        let (area, kind) = (tube(1).area(), tube(1).kind());
        let asked = [
            (Standing::Created, vec![tube(1), tube(2), tube(3), tube(4)]),
            (Standing::Open, vec![tube(1), tube(2)]),
            (Standing::Ended, vec![tube(3), tube(4)]),
            (Standing::EndedBy("lost"), vec![tube(3)]),
            (Standing::EndedBy("leaked"), vec![]),
        ];
        for (state, wanted) in asked {
            let found = standing(&mut reader, area, kind, state, None, 10).await.expect("a list");
            assert_eq!(found.iter().map(|l| l.unit.id).collect::<Vec<_>>(), wanted, "{state:?}");
        }
        // Page by page, and what lies in a container is with whoever holds that.
        let page = standing(&mut reader, area, kind, Standing::Open, Some(tube(1)), 1).await.expect("a page");
        assert_eq!(page.len(), 1);
        assert_eq!((page[0].unit.container, page[0].holder.as_deref()), (Some(container(1)), Some("site:S2")));
    }
}
