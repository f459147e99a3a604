//! The same views as they were known then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger::views::{self, AsOf};
use ledger::{MomentRef, Move};
use store::both_stores;
use types::{AreaCode, AreaScope, Micros, Span, UnitId, UnitKind};

use crate::support::world::*;
use crate::support::yard::Command;

both_stores! {
    async fn late_work_stands_under_the_one_who_has_it(bed: TestBed) {
        let world = World::start(bed).await;
        let due = |n| Some(minute(n));
        world.send(vec![
            said(0, vec![open_until(tube(1), "site:S1", due(60))]),
            said(0, vec![open_until(tube(2), "site:S1", due(90))]),
            said(0, vec![open_until(tube(3), "site:S2", due(30))]),
            said(0, vec![open_until(tube(4), "site:S2", due(500))]),
            said(0, vec![open_until(tube(5), "site:S2", due(10)), close(tube(5), "lost")]),
        ]).await;
        let line = |by: &str, units, oldest| views::LateLine {
            oldest_deadline: minute(oldest),
            area: area(),
            holder: by.into(),
            kind: UnitKind::new('T'),
            step: "sealed".into(),
            packed: false,
            units,
        };
        assert_eq!(world.late(minute(30)).await, vec![], "due at this moment is not late");
        assert_eq!(world.late(minute(100)).await, vec![line("site:S2", 1, 30), line("site:S1", 2, 60)]);
        // Handing over ends the lateness of the giver; the taker's step has its own deadline.
        world.accept(said(99, vec![hand(tube(3), "site:S2", "courier:C7")])).await;
        assert_eq!(world.late(minute(100)).await, vec![line("site:S1", 2, 60)]);
        let elsewhere = AreaScope::one(AreaCode::new(220_102).expect("six digits"));
        let late = views::late(&mut world.reader().await, elsewhere, minute(100)).await.expect("late");
        assert_eq!(late, vec![]);
    }

    async fn late_work_that_nobody_is_known_to_hold_is_listed_too(bed: TestBed) {
        let world = World::start(bed).await;
        let due = |n| Some(minute(n));
        world.send(vec![
            // Into a box that nobody has ever reported.
            said(0, vec![open_keeping(tube(1), "site:S1", due(20), due(60)), pack(tube(1), container(1))]),
            // A step of something that nobody has created or received.
            said(0, vec![ledger::Move::Step { unit: tube(2), step: "ready".into(), deadline: due(50) }]),
            said(0, vec![open_until(tube(3), "site:S1", due(70))]),
        ]).await;
        let lines = world.late(minute(100)).await;
        let told: Vec<_> = lines.iter().map(|l| (l.holder.as_str(), l.packed, l.units)).collect();
        assert_eq!(told, [(views::UNKNOWN, false, 1), (views::UNKNOWN, true, 1), ("site:S1", false, 1)]);
        let list = async |by: Option<&str>| {
            let by = by.map(holder);
            let mut reader = world.reader().await;
            let lines = views::late_units(&mut reader, AreaScope::ALL, by.as_ref(), minute(100), None, 10).await;
            lines.expect("units").iter().map(|l| (l.id, l.container)).collect::<Vec<_>>()
        };
        assert_eq!(list(None).await, [(tube(2), None), (tube(1), Some(container(1)))]);
        assert_eq!(list(Some("site:S1")).await, [(tube(3), None)]);
        world.assert_clean().await;
    }

    async fn late_counters_are_exact_to_the_moment_and_leave_nothing_behind(bed: TestBed) {
        let world = World::start(bed).await;
        // Before, at and after the edges of quarters of an hour.
        let due = [0, 14, 15, 16, 29, 30, 44, 45, 46];
        let open = |n: usize, at: i64| open_until(tube(n as u32), "site:S1", Some(minute(at)));
        world.send(due.iter().enumerate().map(|(n, at)| said(-60, vec![open(n, *at)])).collect()).await;
        for now in -1..50 {
            let expected = due.iter().filter(|at| **at < now).count() as i64;
            let lines = world.late(minute(now)).await;
            assert_eq!(lines.iter().map(|l| l.units).sum::<i64>(), expected, "minute {now}");
            let oldest = due.iter().copied().find(|at| *at < now).map(minute);
            assert_eq!(lines.first().map(|l| l.oldest_deadline), oldest, "minute {now}");
        }
        let counters = async || {
            let mut reader = world.reader().await;
            let sql = "SELECT units FROM due_held UNION ALL SELECT units FROM due_packed";
            reader.query_text(sql, &[]).await.expect("counters").len()
        };
        assert_eq!(counters().await, 4, "one for each quarter of an hour");
        let packed = (0..due.len()).map(|n| said(1, vec![pack(tube(n as u32), container(1))]));
        world.send(packed.collect()).await;
        assert_eq!(counters().await, 0, "the box has the clock now, and nobody has given it one");
        world.assert_clean().await;
    }

    async fn what_is_packed_is_late_by_its_own_limit_under_whoever_has_the_container(bed: TestBed) {
        let world = World::start(bed).await;
        let due = |n| Some(minute(n));
        let (bx, van) = (container(1), vehicle(1));
        world.send(vec![
            said(0, vec![open_keeping(tube(1), "site:S1", due(20), due(60)), pack(tube(1), bx)]),
            // Its step's deadline is met by its being packed: the box has the clock now.
            said(0, vec![open_until(tube(2), "site:S1", due(20)), pack(tube(2), bx)]),
            said(0, vec![open_keeping(tube(3), "site:S1", due(20), due(60)), pack(tube(3), bx)]),
            said(0, vec![open_keeping(tube(4), "site:S1", due(20), due(55)), pack(tube(4), bx)]),
            said(5, vec![open_until(bx, "site:S1", due(200)), pack(bx, van)]),
            said(5, vec![open(van, "courier:C7")]),
            said(30, vec![close(tube(3), "lost")]),
        ]).await;
        let line = |by: &str, packed, units, oldest| views::LateLine {
            oldest_deadline: minute(oldest),
            area: area(),
            holder: by.into(),
            kind: UnitKind::new('T'),
            step: "sealed".into(),
            packed,
            units,
        };
        assert_eq!(world.late(minute(55)).await, vec![]);
        assert_eq!(world.late(minute(60)).await, vec![line("courier:C7", true, 1, 55)]);
        assert_eq!(world.late(minute(70)).await, vec![line("courier:C7", true, 2, 55)]);
        let list = async |by: &str, limit| {
            let mut reader = world.reader().await;
            let lines = views::late_units(&mut reader, AreaScope::ALL, Some(&holder(by)), minute(70), None, limit).await;
            lines.expect("units").iter().map(|l| (l.id, l.container)).collect::<Vec<_>>()
        };
        assert_eq!(list("courier:C7", 10).await, [(tube(4), Some(bx)), (tube(1), Some(bx))]);
        assert_eq!(list("courier:C7", 1).await, [(tube(4), Some(bx))]);
        let mut reader = world.reader().await;
        let (who, end) = (holder("courier:C7"), Some((minute(55), tube(4))));
        let rest = views::late_units(&mut reader, AreaScope::ALL, Some(&who), minute(70), end, 10).await;
        assert_eq!(rest.expect("units").iter().map(|l| l.id).collect::<Vec<_>>(), [tube(1)]);
        drop(reader);
        assert_eq!(list("site:S1", 10).await, []);
        // Whoever takes the vehicle takes what is late in it; out of the box the step counts.
        world.accept(said(75, vec![hand(van, "courier:C7", "lab:L1"), unpack(tube(4), "lab:L1")])).await;
        assert_eq!(world.late(minute(80)).await, vec![line("lab:L1", true, 1, 60)]);
        // Each late unit is in one line, whether its container is late too or not.
        world.accept(said(90, vec![unpack(bx, "lab:L1"), ledger::Move::Step { unit: bx, step: "sealed".into(), deadline: due(95) }])).await;
        let boxes = views::LateLine { kind: UnitKind::new('B'), ..line("lab:L1", false, 1, 95) };
        assert_eq!(world.late(minute(99)).await, vec![line("lab:L1", true, 1, 60), boxes]);
        let elsewhere = AreaScope::one(AreaCode::new(220_102).expect("six digits"));
        let late = views::late(&mut world.reader().await, elsewhere, minute(100)).await.expect("late");
        assert_eq!(late, vec![]);
        world.assert_clean().await;
    }

    async fn as_of_each_time_of_recording_equals_what_was_shown_then(bed: TestBed) {
        let world = World::start(bed).await;
        let (a, b, van) = (container(1), container(2), vehicle(1));
        let post = |amount| Move::Post {
            commodity: "tubes".into(), from: "supplier".into(), to: "site:S1".into(), amount,
        };
        let step = |unit, until| Move::Step { unit, step: "loaded".into(), deadline: Some(minute(until)) };
        let wrong = said(45, vec![hand(a, "site:S1", "courier:B")]);
        let wrong_id = wrong.id;
        let story = vec![
            said(0, vec![open_until(tube(1), "site:S1", Some(minute(5))), pack(tube(1), a)]),
            said(0, vec![open_keeping(tube(3), "site:S1", None, Some(minute(8))), pack(tube(3), b)]),
            said(1, vec![open(a, "site:S1"), open_until(tube(2), "site:S1", Some(minute(4)))]),
            said(40, vec![hand(a, "site:S1", "courier:A"), pack(a, van)]),
            wrong,
            said(2, vec![pack(tube(2), b), pack(b, a)]),
            said(3, vec![pack(a, b)]),
            said(60, vec![unpack(tube(2), "lab:L1"), step(tube(2), 7)]),
            said(61, vec![void(a, MomentRef { command: wrong_id, n: 0 })]),
            said(20, vec![open(van, "courier:A")]),
            said(70, vec![close(tube(2), "reported"), hand(van, "courier:A", "lab:L1")]),
            said(71, vec![post(300), close(tube(3), "reported")]),
            said(50, vec![close(tube(1), "lost")]),
            said(72, vec![post(-20)]),
            at(73, Command::Refuse),
        ];
        let mut shown: BTreeMap<Micros, AsOf> = BTreeMap::new();
        for (n, command) in story.into_iter().enumerate() {
            // The machine's clock stands still for a while: groups are told apart all the same.
            // The first is known exactly when its deadline falls, which is not late yet.
            world.clock.set(minute(if n < 1 {
                5
            } else if n < 4 {
                6
            } else {
                10 + n as i64
            }));
            world.send(vec![command]).await;
            let (_, at) = ledger::audit::head(&world.store).await.expect("the head");
            let stock = views::stock(&mut world.reader().await, AreaScope::ALL).await.expect("stock");
            let then = AsOf { balance: world.balance().await, late: world.late(at).await, stock };
            assert!(shown.insert(at, then).is_none(), "two groups at one time");
        }
        for (at, then) in &shown {
            assert_eq!(&world.as_of(*at).await, then, "as of {at:?}");
            let scope = AreaScope::one(area());
            let scoped = views::as_of(&world.store, scope, *at).await.expect("the view");
            assert_eq!(&scoped, then);
            let seen = AtomicI64::new(0);
            let told = views::hindsight(&world.store, scope, *at, 5, &seen).await.expect("told");
            assert_eq!(&told.then, then);
        }
        assert!(shown.values().any(|v| !v.stock.is_empty()));
        assert!(shown.values().any(|v| v.late.iter().any(|line| line.packed)));
        assert!(shown.values().any(|v| v.late.iter().any(|line| !line.packed)));
        assert_eq!(world.as_of(Micros(MORNING.0 - 1)).await, AsOf::default());
        world.assert_clean().await;
    }

    async fn hindsight_tells_what_late_reports_and_corrections_have_changed(bed: TestBed) {
        let world = World::start(bed).await;
        let key = (area(), UnitKind::new('T'));
        world.clock.set(minute(10));
        world.accept(said(0, vec![open_until(tube(1), "site:S1", Some(minute(4)))])).await;
        let wrong = said(5, vec![hand(tube(1), "site:S1", "courier:A")]);
        let set_aside = MomentRef { command: wrong.id, n: 0 };
        world.accept(wrong).await;
        let (_, at) = ledger::audit::head(&world.store).await.expect("the head");
        // A phone comes back six hours later: a tube filled before, given away after.
        world.clock.set(minute(370));
        world.accept(said(3, vec![open(tube(2), "site:S1")])).await;
        world.accept(said(200, vec![hand(tube(2), "site:S1", "courier:C")])).await;
        // Nobody ever gave the first one to A; and C gave the second back, which was wrong too,
        // but was not known then.
        world.accept(said(360, vec![void(tube(1), set_aside)])).await;
        let back = said(7, vec![hand(tube(2), "site:S1", "site:S9")]);
        let never_known = MomentRef { command: back.id, n: 0 };
        world.accept(back).await;
        world.accept(said(361, vec![void(tube(2), never_known)])).await;

        let seen = AtomicI64::new(0);
        let told = views::hindsight(&world.store, AreaScope::ALL, at, 10, &seen).await.expect("told");
        assert_eq!(seen.load(Ordering::Relaxed), 2, "units read");
        assert_eq!(told.then, world.as_of(at).await);
        assert_eq!(told.then.balance[&key].held, BTreeMap::from([("courier:A".into(), 1)]));
        assert_eq!(told.then.late, vec![], "it was thought to be on its way");
        assert_eq!(told.today.balance[&key].held, BTreeMap::from([("site:S1".into(), 2)]));
        assert_eq!(told.today.late.len(), 1, "it had been late at the site all the time");
        assert_eq!(told.later.reports, BTreeMap::from([(key, 2)]));
        assert_eq!(told.later.corrections, BTreeMap::from([(key, 1)]));
        assert!(told.later.slowest >= Span::minutes(367), "{:?}", told.later.slowest);
        let lines: Vec<_> = told.later.lines.iter().map(|l| (l.unit, l.what, l.happened)).collect();
        assert_eq!(lines, [
            (tube(2), "open", minute(3)),
            (tube(1), "void", minute(360)),
            (tube(2), "hand", minute(7)),
        ]);
        let few = views::hindsight(&world.store, AreaScope::ALL, at, 1, &seen).await.expect("told");
        assert_eq!(few.later.lines, told.later.lines[..1]);
        // Of this moment everything is known, and hindsight adds nothing.
        let (_, end) = ledger::audit::head(&world.store).await.expect("the head");
        let told = views::hindsight(&world.store, AreaScope::ALL, end, 10, &seen).await.expect("told");
        assert_eq!((&told.then.balance, &told.today.balance), (&world.balance().await, &told.then.balance));
        assert_eq!(told.later, views::Later::default());
    }

    async fn a_container_of_another_area_still_says_who_holds_the_tube(bed: TestBed) {
        let world = World::start(bed).await;
        let foreign = UnitId::scanned(UnitKind::new('B'), "BD-998-77").expect("a foreign code");
        let next_county = UnitId::printed(UnitKind::new('V'), AreaCode::new(220_203).expect("code"), 7);
        world.send(vec![
            said(0, vec![open(tube(1), "site:S1"), pack(tube(1), foreign)]),
            said(1, vec![open(foreign, "site:S1"), pack(foreign, next_county)]),
            said(2, vec![open(next_county, "courier:C7")]),
        ]).await;
        let scope = AreaScope::one(area());
        let now = views::balance(&mut world.reader().await, scope).await.expect("the balance");
        assert_eq!(now[&(area(), UnitKind::new('T'))].held["courier:C7"], 1);
        let then = views::as_of(&world.store, scope, Micros::MAX).await.expect("the view");
        assert_eq!(then.balance, now);
    }

    async fn a_history_is_told_as_it_was_known(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(60, vec![hand(tube(1), "site:S1", "lab:L1")])).await;
        let (_, then) = ledger::audit::head(&world.store).await.expect("the head");
        world.clock.set(minute(300));
        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        let mut reader = world.reader().await;
        let (known, moments) = views::history(&mut reader, tube(1), then).await.expect("then");
        assert_eq!((known.opened_at, known.findings.len(), moments.len()), (None, 1, 1));
        let (known, moments) = views::history(&mut reader, tube(1), minute(300)).await.expect("now");
        assert_eq!((known.opened_at, known.findings.len(), moments.len()), (Some(minute(0)), 0, 2));
    }

    async fn everything_is_put_back_as_it_was_at_a_moment(bed: TestBed) {
        let world = World::start(bed).await;
        world.send(vec![
            said(0, vec![open_until(tube(1), "site:S1", Some(minute(60)))]),
            said(1, vec![open(container(1), "site:S1"), pack(tube(1), container(1))]),
            at(2, Command::Refuse),
            at(3, Command::Add { name: "swabs".into(), by: 10 }),
        ]).await;
        let (_, then) = ledger::audit::head(&world.store).await.expect("the head");
        let (balance, late) = (world.balance().await, world.late(minute(100)).await);
        world.clock.set(minute(300));
        world.send(vec![
            said(4, vec![hand(container(1), "site:S1", "courier:C7")]),
            said(5, vec![open(tube(2), "site:S2")]),
            at(6, Command::Add { name: "swabs".into(), by: 5 }),
        ]).await;
        let schemas = [ledger::SCHEMA, crate::support::yard::SCHEMA];
        let bed = store::testkit::TestBed::new(store::testkit::Kind::Sqlite);
        let copy = bed.open(&schemas).await.expect("the copy opens");
        let yard = crate::support::yard::Yard::default();
        let mut told = Vec::new();
        let whole = ledger::rebuild(&yard, &world.store, &copy, then, |done, of| {
            told.push((done, of));
            true
        });
        assert!(whole.await.expect("it is rebuilt"));
        assert_eq!(told, [(0, 4), (4, 4)]);
        let mut db = copy.reader().await.expect("a reader");
        assert_eq!(views::balance(&mut db, AreaScope::ALL).await.expect("the balance"), balance);
        assert_eq!(views::late(&mut db, AreaScope::ALL, minute(100)).await.expect("late"), late);
        assert_eq!(ledger::audit::head(&copy).await.expect("the head"), (4, then));
        drop(db);
        let report = audit(&copy).await;
        assert!(report.is_clean() && report.entries == 4, "{report:#?}");
        // Before anything was recorded there is nothing, and whoever asks can end it.
        for (at, goes_on, entries) in [(Micros(0), true, 0), (Micros::MAX, false, 0)] {
            let bed = store::testkit::TestBed::new(store::testkit::Kind::Sqlite);
            let copy = bed.open(&schemas).await.expect("the copy opens");
            let whole = ledger::rebuild(&yard, &world.store, &copy, at, |_, _| goes_on).await;
            assert_eq!(whole.expect("it runs"), goes_on);
            assert_eq!(ledger::audit::head(&copy).await.expect("the head").0, entries);
        }
    }
}
