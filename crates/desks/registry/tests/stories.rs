//! The registry on both stores: what goes in comes out, counters agree, the audit is clean.

#[path = "common/world.rs"]
mod world;

use registry::command::{
    Address, ChangePerson, ChangeReason, Command, Details, HolderDetails, IssueCodes, LookDepth,
    LookedAt, Purpose, PutHolders, SettleMove,
};
use registry::event::PersonRef;
use registry::file::{self, LookError, Looker};
use registry::{ids, views};
use store::testkit::TestBed;
use types::{AreaScope, HolderCode, Micros, PersonId};
use uuid::Uuid;
use world::{ENTRANCE, VILLAGE, World, actor, area, identity, number, place};

const CHANGYI: u32 = 220_202;
const LONGTAN: u32 = 220_203;

async fn counts(world: &World, code: &str) -> (i64, i64) {
    let mut db = world.engine.store().reader().await.expect("reader");
    let line = views::place(&mut db, &place(code)).await.expect("reads").expect("known");
    (line.households, line.persons)
}

fn looker() -> Looker {
    Looker { actor: actor(), purpose: Purpose::Result, note: "第3轮".into() }
}

store::both_stores! {
    async fn every_statement_prepares(bed: TestBed) {
        let store = bed.open(&world::schemas()).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        for (name, statement) in registry::STATEMENTS {
            writer.prepare(*statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }

    async fn places_form_a_tree_with_counts(bed: TestBed) {
        let world = World::with_places(bed).await;
        let import = Uuid::now_v7();
        let rows = [
            (1, ENTRANCE, "301", identity("张三", 1)),
            (2, ENTRANCE, "301", identity("李四", 2)),
            (3, "220202001001-03", "9", identity("王五", 3)),
        ];
        world.accept(area(CHANGYI), world.chunk(import, &rows)).await;
        let rows = [(4, VILLAGE, "", identity("赵六", 4))];
        world.accept(area(LONGTAN), world.chunk(import, &rows)).await;

        for (code, expected) in [
            (ENTRANCE, (1, 2)),
            ("220202001001-03", (2, 3)),
            ("220202", (2, 3)),
            ("2202", (3, 4)),
            ("22", (3, 4)),
        ] {
            assert_eq!(counts(&world, code).await, expected, "{code}");
        }
        let mut db = world.engine.store().reader().await.expect("reader");
        let roots = views::children(&mut db, None).await.expect("reads");
        assert_eq!((roots.len(), roots[0].persons, roots[0].children), (1, 4, 1));
        let counties = views::children(&mut db, Some(&place("2202"))).await.expect("reads");
        assert_eq!(counties.iter().map(|c| c.persons).collect::<Vec<_>>(), [3, 1]);
        let county = views::county_counts(&mut db, AreaScope::parse("2202").expect("scope")).await;
        assert_eq!(county.expect("reads").len(), 2);
        let way = views::way_to(&mut db, &place(ENTRANCE)).await.expect("reads");
        assert_eq!(way.len(), 8);
        assert_eq!((way[0].name_zh.as_str(), way[7].name_zh.as_str()), ("吉林省", "2单元"));
        let line = views::place(&mut db, &place(ENTRANCE)).await.expect("reads").expect("known");
        assert_eq!(line.middle, Some((126.5, 43.837_883)));

        for (text, found) in [("松花", 1), ("220202001001-0", 3), ("%", 0), ("", 0)] {
            let hits = views::search_places(&mut db, AreaScope::ALL, text, 10).await;
            assert_eq!(hits.expect("searches").len(), found, "{text}");
        }
        let targets = views::residents_by_compound(&mut db, AreaScope::ALL).await.expect("reads");
        let targets: Vec<(String, i64)> =
            targets.into_iter().map(|(_, code, n)| (code.to_string(), n)).collect();
        assert_eq!(targets, [("220202001001-03".into(), 3), (VILLAGE.into(), 1)]);
        drop(db);
        world.audit_is_clean().await;
    }

    async fn households_and_residents_come_page_by_page(bed: TestBed) {
        let world = World::with_places(bed).await;
        let rows: Vec<_> = (0..5)
            .map(|n| (n + 1, ENTRANCE, ["101", "102", "103"][n as usize % 3], identity("某人", n)))
            .collect();
        world.accept(area(CHANGYI), world.chunk(Uuid::now_v7(), &rows)).await;
        let mut db = world.engine.store().reader().await.expect("reader");
        let compound = place("220202001001-03");
        let first = views::households(&mut db, &compound, None, 2).await.expect("reads");
        assert_eq!(first.iter().map(|h| h.door.as_str()).collect::<Vec<_>>(), ["101", "102"]);
        let rest = views::households(&mut db, &compound, first.last(), 2).await.expect("reads");
        assert_eq!(rest.len(), 1);
        assert_eq!((rest[0].door.as_str(), rest[0].persons), ("103", 1));
        // A community has those of its compounds.
        let community = place("220202001001");
        let all = views::households(&mut db, &community, None, 2).await.expect("reads");
        assert_eq!(all, first);
        let all = views::households(&mut db, &community, first.last(), 2).await.expect("reads");
        assert_eq!(all, rest);
        let residents = views::residents(&mut db, area(CHANGYI), &first).await.expect("reads");
        assert_eq!(residents[&first[0].id].len(), 2);
        let (id, person) = &residents[&first[0].id][0];
        let line = file::masked(&world.keys, area(CHANGYI), *id, person).expect("opens");
        assert_eq!(line.masked.name, "某*");
        let keys = [(area(CHANGYI), *id), (area(CHANGYI), PersonId(Uuid::nil()))];
        let found = views::whereabouts(&mut db, keys).await.expect("reads");
        assert_eq!(found.len(), 1);
        assert_eq!(found[id].compound.as_ref(), Some(&compound));
        assert_eq!(found[id].household, Some(first[0].id));
    }

    async fn a_person_is_found_by_number_telephone_and_name(bed: TestBed) {
        let world = World::with_places(bed).await;
        let here = world.register(area(CHANGYI), &identity("张三丰", 1), Some(ENTRANCE)).await;
        world.register(area(LONGTAN), &identity("张无忌", 2), Some(VILLAGE)).await;
        let mut db = world.engine.store().reader().await.expect("reader");
        let scope = AreaScope::one(area(CHANGYI));
        let typed = number(1).to_lowercase();
        let hits = file::find_by_number(&mut db, &world.keys, scope, &typed).await.expect("finds");
        assert_eq!((hits.persons.len(), hits.persons[0].id), (1, here));
        assert_eq!(hits.persons[0].masked.name, "张**");
        let phone = "+86 138 0000 0001";
        let hits = file::find_by_number(&mut db, &world.keys, scope, phone).await.expect("finds");
        assert_eq!(hits.persons.len(), 1);
        let far = file::find_by_number(&mut db, &world.keys, scope, &number(2)).await.expect("ok");
        assert_eq!((far.persons.len(), far.elsewhere), (0, 1));
        for (at, name, found, opened) in [
            ("220202001001", "三丰", 1, 1),
            (ENTRANCE, "张", 1, 1),
            ("220202001001", "无忌", 0, 1),
            ("220202001", "张", 0, 0),
            (VILLAGE, "无忌", 1, 1),
        ] {
            let hits = file::find_by_name(&mut db, &world.keys, &place(at), name, 10).await;
            let hits = hits.expect("finds");
            assert_eq!((hits.persons.len(), hits.opened), (found, opened), "{at} {name}");
        }
    }

    async fn nobody_sees_a_person_in_the_clear_unrecorded(bed: TestBed) {
        let world = World::with_places(bed).await;
        let person = world.register(area(CHANGYI), &identity("张三丰", 1), None).await;
        let who = PersonRef { area: area(CHANGYI), person };
        let shown = file::reveal(&world.engine, &world.keys, who, &looker()).await.expect("shown");
        assert_eq!(shown, identity("张三丰", 1));
        let mut db = world.engine.store().reader().await.expect("reader");
        let looks = file::looks_at(&mut db, who, 10).await.expect("reads");
        assert_eq!(looks.len(), 1);
        assert_eq!((looks[0].depth.as_str(), looks[0].note.as_str()), ("reveal", "第3轮"));
        let all = file::looks_in(&mut db, AreaScope::ALL, Micros(0), 10).await.expect("reads");
        assert_eq!(all[0].at_person, Some(who));
        drop(db);
        let nobody = PersonRef { person: PersonId(Uuid::nil()), ..who };
        let refused = file::reveal(&world.engine, &world.keys, nobody, &looker()).await;
        assert!(matches!(refused, Err(LookError::Refused(_))), "{refused:?}");
        let place = LookedAt::Place(place("220202001001"));
        file::record_look(&world.engine, area(CHANGYI), place, LookDepth::Search, &looker())
            .await
            .expect("recorded");
        world.audit_is_clean().await;
    }

    async fn a_correction_keeps_what_was_before(bed: TestBed) {
        let world = World::with_places(bed).await;
        let person = world.register(area(CHANGYI), &identity("张三", 1), None).await;
        assert_eq!(counts(&world, "220202").await, (0, 0));
        let change = Command::ChangePerson(ChangePerson {
            person,
            details: Some(Details::Sealed(world.sealed(area(CHANGYI), person, &identity("张叁", 2)))),
            address: Some(Address { place: place(ENTRANCE), door: "301".into() }),
            reason: ChangeReason::DocumentSeen,
            note: "按证件更正".into(),
        });
        world.accept(area(CHANGYI), change).await;
        assert_eq!(counts(&world, ENTRANCE).await, (1, 1));
        let mut db = world.engine.store().reader().await.expect("reader");
        let record = file::person(&mut db, area(CHANGYI), person).await.expect("reads");
        let record = record.expect("known");
        let now = world.keys.unseal(area(CHANGYI), person, &record.identity.sealed.0);
        assert_eq!(now.expect("opens").name, "张叁");
        let scope = AreaScope::ALL;
        let old = file::find_by_number(&mut db, &world.keys, scope, &number(1)).await;
        assert!(old.expect("searches").persons.is_empty());
        let changes = file::changes(&mut db, area(CHANGYI), person).await.expect("reads");
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].fields, "identity address");
        drop(db);
        world.audit_is_clean().await;
    }

    async fn a_walk_in_without_papers_is_found_again_later(bed: TestBed) {
        let world = World::with_places(bed).await;
        let first = world.register(area(CHANGYI), &identity("张三", 1), Some(ENTRANCE)).await;
        let again = world.register(area(LONGTAN), &identity("张三", 1), Some(VILLAGE)).await;
        let mut db = world.engine.store().reader().await.expect("reader");
        let keys = [(area(LONGTAN), again)];
        let found = views::whereabouts(&mut db, keys).await.expect("reads");
        assert_eq!(found[&again].same_as, Some(PersonRef { area: area(CHANGYI), person: first }));
        drop(db);
        // Counted once, where the first record is.
        assert_eq!(counts(&world, "2202").await.1, 1);
        assert_eq!(counts(&world, VILLAGE).await.1, 0);
        world.audit_is_clean().await;
    }

    async fn a_person_found_elsewhere_waits_for_a_decision(bed: TestBed) {
        let world = World::with_places(bed).await;
        let (a, b) = (area(CHANGYI), area(LONGTAN));
        let stays = world.register(a, &identity("张三", 1), Some("220202001001-03")).await;
        let leaves = world.register(a, &identity("李四", 2), Some("220202001001-03")).await;
        let ignored = world.register(a, &identity("王五", 3), Some("220202001001-03")).await;
        let import = Uuid::now_v7();
        let rows = [
            (1, ENTRANCE, "301", identity("张三", 1)),
            (2, ENTRANCE, "302", identity("王五", 3)),
        ];
        let outcome = world.accept(a, world.chunk(import, &rows)).await;
        let notes: Vec<String> = outcome.notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["persons-duplicate rows=1 2", "persons-moved rows=1 2"]);
        let rows = [(3, VILLAGE, "7", identity("李四", 2))];
        world.accept(b, world.chunk(import, &rows)).await;

        let mut db = world.engine.store().reader().await.expect("reader");
        let open = file::open_moves(&mut db, AreaScope::one(a), 10).await.expect("reads");
        assert_eq!(open.len(), 3);
        drop(db);
        for (person, to, accept) in [
            (stays, ids::household(&place(ENTRANCE), "301"), true),
            (ignored, ids::household(&place(ENTRANCE), "302"), false),
            (leaves, ids::household(&place(VILLAGE), "7"), true),
        ] {
            let settle = SettleMove { person, household: to, accept };
            world.accept(a, Command::SettleMove(settle)).await;
        }
        let mut db = world.engine.store().reader().await.expect("reader");
        let open = file::open_moves(&mut db, AreaScope::ALL, 10).await.expect("reads");
        assert!(open.is_empty());
        let keys = [(a, stays), (a, leaves), (a, ignored)];
        let found = views::whereabouts(&mut db, keys).await.expect("reads");
        assert_eq!(found[&stays].place, Some(place(ENTRANCE)));
        assert_eq!(found[&ignored].place, Some(place("220202001001-03")));
        let arrived = PersonRef { area: b, person: ids::person(import, 3) };
        assert_eq!(found[&leaves].same_as, Some(arrived));
        let scope = AreaScope::ALL;
        let hits = file::find_by_number(&mut db, &world.keys, scope, &number(2)).await;
        let hits = hits.expect("finds").persons;
        assert_eq!((hits.len(), hits[0].id, hits[0].area), (1, arrived.person, b));
        drop(db);
        assert_eq!(counts(&world, VILLAGE).await, (1, 1));
        assert_eq!(counts(&world, "220202").await.1, 2);
        assert_eq!(counts(&world, ENTRANCE).await, (1, 1));
        world.audit_is_clean().await;
    }

    async fn a_household_signs_in_with_its_latest_code(bed: TestBed) {
        let world = World::with_places(bed).await;
        world.register(area(CHANGYI), &identity("张三", 1), Some(ENTRANCE)).await;
        let home = ids::household(&place(ENTRANCE), "101");
        let mut codes = Vec::new();
        for _ in 0..2 {
            let code = registry::household_code::fresh();
            let index = world.keys.code_index(&code).expect("a code");
            let issue = IssueCodes { codes: vec![(home, index)] };
            world.accept(area(CHANGYI), Command::IssueCodes(issue)).await;
            codes.push(index);
        }
        let unknown = IssueCodes { codes: vec![(types::HouseholdId(Uuid::nil()), codes[0])] };
        let refused = world.submit(area(CHANGYI), Command::IssueCodes(unknown)).await;
        assert_eq!(refused.refusal.expect("refused").code, "household-unknown");
        let mut db = world.engine.store().reader().await.expect("reader");
        assert_eq!(views::household_by_code(&mut db, codes[0]).await.expect("reads"), None);
        let opened = views::household_by_code(&mut db, codes[1]).await.expect("reads");
        assert_eq!(opened, Some((area(CHANGYI), home)));
        let line = views::household(&mut db, area(CHANGYI), home).await.expect("reads");
        assert!(line.expect("known").code_at.is_some());
        drop(db);
        world.audit_is_clean().await;
    }

    async fn holders_are_listed_by_kind_and_found_by_code(bed: TestBed) {
        let world = World::with_places(bed).await;
        let holder = |code: &str, active| HolderDetails {
            code: HolderCode::parse(code).expect("a holder"),
            name_zh: format!("{code}点"),
            name_en: String::new(),
            place: Some(place("220202001001")),
            lon: None,
            lat: None,
            active,
        };
        let holders = vec![holder("site:220202-S001", true), holder("lab:JL-03", true)];
        world.accept(area(CHANGYI), Command::PutHolders(PutHolders { holders })).await;
        let holders = vec![holder("site:220202-S001", false)];
        world.accept(area(CHANGYI), Command::PutHolders(PutHolders { holders })).await;
        let mut db = world.engine.store().reader().await.expect("reader");
        let all = views::holders(&mut db, AreaScope::ALL, "").await.expect("reads");
        assert_eq!(all.len(), 2);
        let sites = views::holders(&mut db, AreaScope::ALL, "site").await.expect("reads");
        assert_eq!((sites.len(), sites[0].active), (1, false));
        // The same in pages of one, each after the last.
        let mut paged: Vec<views::HolderLine> = Vec::new();
        loop {
            let after = paged.last().map(|last| (last.area, last.code.clone()));
            let after = after.as_ref().map(|(area, code)| (*area, code));
            let page = views::holders_after(&mut db, AreaScope::ALL, "", after, 1).await;
            match page.expect("reads").pop() {
                Some(line) => paged.push(line),
                None => break,
            }
        }
        assert_eq!(paged, all);
        let sites = views::holders_after(&mut db, AreaScope::ALL, "site", None, 10).await;
        assert_eq!(sites.expect("reads").len(), 1);
        let codes = [HolderCode::parse("lab:JL-03").expect("a holder")];
        let found = views::holders_by_code(&mut db, &codes).await.expect("reads");
        assert_eq!(found[&codes[0]].area, area(CHANGYI));
        drop(db);
        let outside = HolderDetails { place: Some(place(VILLAGE)), ..holder("site:X1", true) };
        let outside = Command::PutHolders(PutHolders { holders: vec![outside] });
        let refused = world.submit(area(CHANGYI), outside).await;
        assert_eq!(refused.refusal.expect("refused").code, "place-outside-area");
        world.audit_is_clean().await;
    }
}

#[tokio::test]
async fn no_clear_personal_data_reaches_the_disk() {
    let world = World::with_places(TestBed::new(store::testkit::Kind::Sqlite)).await;
    let who = identity("欧阳锋锋", 123);
    let person = world.register(area(CHANGYI), &who, Some(ENTRANCE)).await;
    let rows = [(1, ENTRANCE, "301", identity("洪七七公", 456))];
    world.accept(area(CHANGYI), world.chunk(Uuid::now_v7(), &rows)).await;
    // A refused command is journaled as it was asked.
    let clear = Command::ChangePerson(ChangePerson {
        person,
        details: Some(Details::Clear(Box::new(identity("黄药药师", 789)))),
        address: None,
        reason: ChangeReason::Mistyped,
        note: String::new(),
    });
    let refused = world.submit(area(CHANGYI), clear).await;
    assert_eq!(refused.refusal.expect("refused").code, "personal-data-unsealed");

    let mut seen = 0;
    for entry in std::fs::read_dir(world.bed.dir()).expect("a directory") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        seen += bytes.len();
        let has = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(!["欧阳锋锋", "洪七七公", "黄药药师"].into_iter().any(has));
        assert!(![123, 456, 789].into_iter().any(|n| has(&number(n))));
        assert!(!["13800000123", "13800000456", "13800000789"].into_iter().any(has));
    }
    assert!(seen > 10_000, "the store's files were read");
}
