//! Stories of tubes and people, each on both stores, each audited at its end.

#[path = "support/city.rs"]
mod city;

use city::{
    City, by, collect, filling, holder, minute, person, round, set_up, transport_box, tube,
};
use ledger::{Envelope, LOST};
use store::both_stores;
use testing::{
    Command, CorrectMember, Exempt, Fault, HandOver, LoadPlate, Mark, Mode, OpenBox, Pack, Reading,
    RecordResult, Resolve, ResultStatus, Well,
};
use types::UnitId;

fn pack(at: i64, box_: u32, tubes: &[u32]) -> Envelope<Command> {
    let tubes = tubes.iter().map(|n| tube(*n)).collect();
    by(
        "site:S1",
        at,
        Command::Pack(Pack { box_: transport_box(box_), tubes, holder: holder("site:S1") }),
    )
}

fn hand(at: i64, unit: UnitId, from: &str, to: &str, who: &str) -> Envelope<Command> {
    let hand = HandOver {
        unit,
        giver: Some(holder(from)),
        taker: holder(to),
        countersign: None,
        note: None,
    };
    by(who, at, Command::HandOver(hand))
}

fn open_box(at: i64, box_: u32, found: &[u32]) -> Envelope<Command> {
    let found = found.iter().map(|n| tube(*n)).collect();
    let open = OpenBox { box_: transport_box(box_), lab: holder("lab:L1"), found };
    by("lab:L1", at, Command::OpenBox(open))
}

fn load(at: i64, wells: &[(u32, &str)]) -> Envelope<Command> {
    let wells =
        wells.iter().map(|(n, well)| Well { well: (*well).into(), tube: tube(*n) }).collect();
    let load = LoadPlate { plate: "P1".into(), lab: holder("lab:L1"), wells };
    by("lab:L1", at, Command::LoadPlate(load))
}

fn result(at: i64, n: u32, ct: Option<f64>) -> Envelope<Command> {
    result_as(at, n, ct, ResultStatus::Final)
}

fn result_as(at: i64, n: u32, ct: Option<f64>, status: ResultStatus) -> Envelope<Command> {
    let result = RecordResult {
        tube: tube(n),
        lab: holder("lab:L1"),
        plate: None,
        well: None,
        ct_n: ct,
        ct_orf1ab: ct,
        ct_control: Some(25.0),
        stated: None,
        tested_at: minute(at),
        status,
    };
    by("lab:L1", at, Command::RecordResult(result))
}

/// Two tubes of ten on their whole way; the second pool has the given Ct.
fn whole_way(second: Option<f64>) -> Vec<Envelope<Command>> {
    let first: Vec<u8> = (1..=10).collect();
    let others: Vec<u8> = (21..=30).collect();
    let box_ = transport_box(1);
    vec![
        collect(10, 1, &first),
        collect(20, 2, &others),
        pack(30, 1, &[1, 2]),
        by("site:S1", 35, Command::SealBox { box_ }),
        hand(60, box_, "site:S1", "courier:C1", "site:S1"),
        hand(120, box_, "courier:C1", "lab:L1", "lab:L1"),
        open_box(130, 1, &[1, 2]),
        load(180, &[(1, "A1"), (2, "A2")]),
        result(300, 1, None),
        result(300, 2, second),
    ]
}

async fn count(city: &City, stage: &str) -> (i64, i64) {
    city.counts().await.get(stage).copied().unwrap_or_default()
}

both_stores! {
    async fn every_statement_prepares(bed: TestBed) {
        let city = City::empty(bed).await;
        let mut reader = city.engine.store().reader().await.expect("reader");
        for (name, statement) in testing::tables::STATEMENTS {
            let prepared = reader.prepare(*statement).await;
            assert!(prepared.is_ok(), "{name}: {prepared:?}");
        }
    }

    async fn a_negative_pool_goes_from_swab_to_report(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(whole_way(None)).await;
        let counts = city.counts().await;
        for stage in ["collected", "sent", "received", "loaded", "tested", "reported"] {
            assert_eq!(counts[stage], (20, 2), "{stage}");
        }
        assert_eq!((counts["planned"], counts["sampled"], counts["settled"]), ((40, 0), (20, 0), (20, 0)));
        assert!(city.findings().await.is_empty());
        assert!(city.recalled().await.is_empty());
        city.audit().await;
    }

    async fn a_positive_pool_holds_everyone_until_each_has_an_own_result(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(whole_way(Some(28.0))).await;
        let held: Vec<_> = (21..=30).map(person).collect();
        assert_eq!(city.recalled().await, held);
        assert_eq!(count(&city, "settled").await, (10, 0));
        // Held persons in a new pool: taken, remarked, and the recall stays.
        let pool = city.accept(vec![collect(400, 9, &[21, 22])]).await;
        assert!(pool[0].notes.iter().any(|n| n.code == "held-needs-single-tube"));
        assert_eq!(city.recalled().await.len(), 10);
        // One negative, one positive, one unclear and then negative.
        city.accept(vec![
            collect(410, 11, &[21]), collect(411, 12, &[22]), collect(412, 13, &[23]),
            result(500, 11, None), result(501, 12, Some(25.0)), result(502, 13, Some(39.0)),
        ]).await;
        assert_eq!(city.recalled().await.len(), 8);
        city.accept(vec![collect(600, 14, &[23]), result(700, 14, None)]).await;
        assert_eq!(city.recalled().await.len(), 7);
        assert_eq!(count(&city, "settled").await, (13, 0));
        assert_eq!(count(&city, "positive").await, (1, 0));
        city.audit().await;
    }

    async fn the_order_of_arrival_changes_no_counter(bed: TestBed) {
        let city = City::new(bed).await;
        let mut story = whole_way(Some(28.0));
        // The laboratory is online, the site's phone syncs at night, last record first.
        story.reverse();
        for one in story {
            city.accept(vec![one]).await;
        }
        let counts = city.counts().await;
        for stage in ["collected", "sent", "received", "loaded", "tested", "reported"] {
            assert_eq!(counts[stage], (20, 2), "{stage}");
        }
        assert_eq!((counts["settled"], counts["not_negative"]), ((10, 0), (10, 1)));
        assert_eq!(city.recalled().await.len(), 10);
        city.audit().await;
    }

    async fn a_lost_tube_recalls_its_members(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2, 3])]).await;
        let mark = Mark { tube: tube(1), fault: Fault::Lost, note: "box fell".into() };
        city.accept(vec![by("courier:C1", 90, Command::Mark(mark.clone()))]).await;
        assert_eq!(city.recalled().await, vec![person(1), person(2), person(3)]);
        assert_eq!(city.refusal(by("courier:C1", 91, Command::Mark(mark))).await, "tube-already-marked");
        // A recall for a lost tube may be answered in a pool.
        city.accept(vec![collect(200, 2, &[1, 2, 3]), result(300, 2, None)]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!(count(&city, "settled").await, (3, 0));
        let mut reader = city.engine.store().reader().await.expect("reader");
        let balance = ledger::views::balance(&mut reader, types::AreaScope::ALL).await.expect("balance");
        assert_eq!(balance[&(city::area(), testing::TUBE)].closed[LOST], 1);
        city.audit().await;
    }

    async fn a_swab_that_was_recorded_before_its_recall_answers_it(bed: TestBed) {
        let city = City::new(bed).await;
        // Persons 1 and 2 were swabbed again when the first tube broke; its loss is told last.
        city.accept(vec![collect(10, 1, &[1, 2, 3]), collect(60, 2, &[1, 2])]).await;
        let lost = Mark { tube: tube(1), fault: Fault::Lost, note: "box fell".into() };
        city.accept(vec![by("courier:C1", 50, Command::Mark(lost))]).await;
        assert_eq!(city.recalled().await, [person(1), person(2), person(3)]);
        let mut db = city.engine.store().reader().await.expect("reader");
        let recalls = testing::views::recalls(&mut db, types::AreaScope::ALL, round(), None, 10).await;
        let sampled: Vec<_> =
            recalls.expect("recalls").iter().map(|r| (r.person, r.sampled_at)).collect();
        assert!(sampled.contains(&(person(1), Some(minute(60)))), "{sampled:?}");
        assert!(sampled.contains(&(person(3), None)), "{sampled:?}");
        drop(db);
        city.accept(vec![result(300, 2, None)]).await;
        assert_eq!(city.recalled().await, [person(3)]);
        assert_eq!(count(&city, "settled").await, (2, 0));
        // A swab from before the lost one answers nothing, whether it is told before or after.
        city.accept(vec![collect(5, 3, &[4]), collect(15, 4, &[4, 5])]).await;
        let lost = Mark { tube: tube(4), fault: Fault::Lost, note: "gone".into() };
        city.accept(vec![by("courier:C1", 50, Command::Mark(lost)), collect(6, 5, &[5])]).await;
        city.accept(vec![result(310, 3, None), result(311, 5, None)]).await;
        assert_eq!(city.recalled().await, [person(3), person(4), person(5)]);
        city.audit().await;
    }

    async fn whoever_has_a_result_by_another_swab_need_not_come_for_a_lost_one(bed: TestBed) {
        let city = City::new(bed).await;
        // The second swab is told first, and is the one that counts; and the other way round.
        city.accept(vec![collect(60, 2, &[1]), result(200, 2, None), collect(10, 1, &[1, 2])]).await;
        city.accept(vec![collect(20, 3, &[4, 5]), collect(70, 4, &[4]), result(210, 4, Some(22.0))]).await;
        assert_eq!((count(&city, "settled").await, count(&city, "positive").await), ((1, 0), (0, 0)));
        let lost = |n: u32| Mark { tube: tube(n), fault: Fault::Lost, note: "box fell".into() };
        let lost = |at: i64, n: u32| by("courier:C1", at, Command::Mark(lost(n)));
        city.accept(vec![lost(300, 1), lost(301, 3)]).await;
        assert_eq!(city.recalled().await, [person(2), person(5)]);
        assert_eq!((count(&city, "settled").await, count(&city, "positive").await), ((2, 0), (1, 0)));
        assert_eq!((count(&city, "recalled").await, count(&city, "recall_ended").await), ((4, 0), (2, 0)));
        city.audit().await;
    }

    async fn whoever_is_held_is_sampled_after_that_was_known(bed: TestBed) {
        let city = City::new(bed).await;
        // Person 1 came alone before the pool was tested, person 2 after, in whatever order that is
        // told; person 3 in a pool.
        city.accept(vec![
            collect(10, 1, &[1, 2, 3]), collect(100, 2, &[1]), collect(330, 3, &[2]),
            collect(340, 4, &[3, 4]),
        ]).await;
        city.accept(vec![result(300, 1, Some(28.0)), result(400, 2, None), result(401, 4, None)]).await;
        assert_eq!(city.recalled().await, [person(1), person(2), person(3)]);
        city.accept(vec![result(402, 3, None)]).await;
        assert_eq!(city.recalled().await, [person(1), person(3)]);
        // A swab from before that is told only now answers nothing either.
        city.accept(vec![collect(110, 5, &[3]), result(403, 5, None)]).await;
        assert_eq!(city.recalled().await, [person(1), person(3)]);
        city.audit().await;
    }

    async fn a_code_used_by_two_sites_waits_for_a_person(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2])]).await;
        assert_eq!(city.refusal(collect(11, 1, &[1, 2])).await, "tube-already-collected");
        let mut other = filling(1, Mode::Ten, &[21, 22]);
        other.site = holder("site:S2");
        let second = by("site:S2", 40, Command::Collect(other));
        let claim = second.id;
        let outcomes = city.accept(vec![second]).await;
        assert_eq!(outcomes[0].notes[0].code, "tube-code-used-twice");
        assert_eq!(city.findings().await, vec!["double_open"]);
        // Its result is nobody's: both groups are recalled.
        city.accept(vec![result(300, 1, None)]).await;
        assert_eq!(city.recalled().await.len(), 4);
        assert_eq!(count(&city, "settled").await, (0, 0));
        let resolve = Resolve { unit: tube(1), void_command: claim, void_n: 0, note: "S2 misread".into() };
        city.accept(vec![by("user:desk", 400, Command::Resolve(resolve))]).await;
        // Only that nobody handed it to the laboratory remains.
        assert_eq!(city.findings().await, vec!["unexplained"]);
        city.accept(vec![by("user:desk", 410, Command::Report { tubes: vec![tube(1)] })]).await;
        assert_eq!(count(&city, "settled").await, (2, 0));
        assert_eq!(city.recalled().await, vec![person(21), person(22)]);
        city.audit().await;
    }

    async fn a_corrected_result_takes_everyone_with_it(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), result(300, 1, Some(27.0))]).await;
        assert_eq!(city.recalled().await.len(), 2);
        let outcomes = city.accept(vec![result_as(310, 1, None, ResultStatus::Corrected)]).await;
        assert!(outcomes[0].refusal.is_none());
        assert!(city.recalled().await.is_empty());
        assert_eq!(count(&city, "settled").await, (2, 0));
        assert_eq!(count(&city, "not_negative").await, (0, 0));
        // And back again: new recalls, the old ones stay ended.
        city.accept(vec![result_as(320, 1, Some(27.0), ResultStatus::Corrected)]).await;
        assert_eq!(city.recalled().await.len(), 2);
        assert_eq!(count(&city, "settled").await, (0, 0));
        assert_eq!(city.refusal(result(330, 1, Some(27.0))).await, "result-already-recorded");
        city.audit().await;
    }

    async fn a_box_that_holds_something_else_says_so(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![
            collect(10, 1, &[1]), collect(11, 2, &[2]), collect(12, 3, &[3]),
            pack(30, 1, &[1, 2]),
            hand(60, transport_box(1), "site:S1", "courier:C1", "site:S1"),
            hand(120, transport_box(1), "courier:C1", "lab:L1", "courier:C1"),
        ]).await;
        let outcomes = city.accept(vec![open_box(130, 1, &[1, 3])]).await;
        let codes: Vec<_> = outcomes[0].notes.iter().map(|n| n.code.to_string()).collect();
        assert_eq!(codes, ["box-tubes-missing", "box-tubes-surplus"]);
        assert_eq!(city.findings().await, vec!["unexplained"]);
        let mut reader = city.engine.store().reader().await.expect("reader");
        let late = ledger::views::late(&mut reader, types::AreaScope::ALL, minute(131)).await.expect("late");
        assert!(late.iter().any(|l| l.step == "missing" && l.units == 1), "{late:?}");
        city.audit().await;
    }

    async fn both_sides_of_a_hand_over_are_one(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![
            collect(10, 1, &[1]), pack(20, 1, &[1]),
            hand(60, transport_box(1), "site:S1", "courier:C1", "site:S1"),
            hand(62, transport_box(1), "site:S1", "courier:C1", "courier:C1"),
        ]).await;
        assert_eq!(count(&city, "sent").await, (1, 1));
        assert!(city.findings().await.is_empty());
        // Another courier claims it from the same site: a dispute, nothing dropped.
        city.accept(vec![hand(95, transport_box(1), "site:S1", "courier:C2", "courier:C2")]).await;
        assert_eq!(city.findings().await, vec!["dispute"]);
        city.audit().await;
    }

    async fn what_cannot_be_true_is_refused_with_its_rule(bed: TestBed) {
        let city = City::new(bed).await;
        assert_eq!(city.refusal(collect(1, 1, &[])).await, "tube-empty");
        assert_eq!(city.refusal(collect(1, 1, &[1, 2, 1])).await, "tube-person-twice");
        let eleven: Vec<u8> = (1..=11).collect();
        let full = city.send(vec![collect(1, 1, &eleven)]).await;
        let refusal = full[0].refusal.as_ref().expect("refused");
        assert_eq!((refusal.code.as_ref(), refusal.rule.as_deref()), ("tube-pool-full", Some("test.tube")));
        assert_eq!(city.refusal(load(5, &[(1, "A1"), (2, "A1")])).await, "no-pool-of-pools");
        assert_eq!(city.refusal(load(5, &[(1, "Z1")])).await, "well-unknown");
        assert_eq!(city.refusal(set_up().remove(0)).await, "round-exists");
        let mut unknown = filling(1, Mode::Single, &[1]);
        unknown.round = types::RoundId::from_bytes([1; 16]);
        assert_eq!(city.refusal(by("site:S1", 1, Command::Collect(unknown))).await, "round-unknown");
        // Refusals have no effect, and the same command gets the same answer.
        assert_eq!(city.counts().await.len(), 1);
        city.audit().await;
    }

    async fn a_member_is_corrected_without_losing_the_first_entry(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2])]).await;
        let correct = CorrectMember { tube: tube(1), position: 2, person: person(21), note: "misread".into() };
        city.accept(vec![by("site:S1", 30, Command::CorrectMember(correct))]).await;
        assert_eq!(count(&city, "sampled").await, (2, 0));
        city.accept(vec![result(300, 1, Some(20.0))]).await;
        assert_eq!(city.recalled().await, vec![person(1), person(21)]);
        city.audit().await;
    }

    async fn an_exemption_counts_once(bed: TestBed) {
        let city = City::new(bed).await;
        let protocol = city.engine.desk().protocol().clone();
        let rules = protocol.at(minute(0), city::area());
        let kinds = &rules.testing().expect("testing rules").exemptions;
        let kind = kinds.0.first().expect("a kind of exemption").code.clone();
        let exempt = Exempt { round: round(), person: person(5), reason: kind, evidence: Some("paper".into()) };
        city.accept(vec![by("user:grid", 5, Command::Exempt(exempt.clone()))]).await;
        assert_eq!(city.refusal(by("user:grid", 6, Command::Exempt(exempt.clone()))).await, "already-exempt");
        let unknown = Exempt { reason: "because".into(), ..exempt };
        assert_eq!(city.refusal(by("user:grid", 7, Command::Exempt(unknown))).await, "exemption-unknown");
        assert_eq!(count(&city, "exempt").await, (1, 0));
        city.audit().await;
    }

    async fn a_stated_reading_counts_only_without_values(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1])]).await;
        let Command::RecordResult(mut stated) = result(300, 1, None).command else { unreachable!() };
        stated.ct_control = None;
        stated.stated = Some(Reading::Negative);
        city.accept(vec![by("lab:L1", 300, Command::RecordResult(stated))]).await;
        assert_eq!(count(&city, "settled").await, (1, 0));
        city.audit().await;
    }

    async fn blind_spots_are_those_without_swab_or_exemption(bed: TestBed) {
        use testing::views;
        let city = City::new(bed).await;
        let sampled: Vec<u8> = (1..=10).collect();
        let visit = testing::Visit {
            round: round(),
            person: person(12),
            outcome: testing::VisitOutcome::Absent,
            note: None,
        };
        city.accept(vec![collect(10, 1, &sampled), by("user:grid", 20, Command::Visit(visit))]).await;
        let mut db = city.engine.store().reader().await.expect("reader");
        let within = types::PlaceCode::parse(city::COMMUNITY).expect("a place");
        let page = |after| (city::area(), round(), within.clone(), after);
        let (area, id, place, after) = page(None);
        let first = views::blind_spots(&mut db, area, id, &place, after, 12).await.expect("a page");
        assert_eq!(first.len(), 12);
        assert_eq!((first[0].person, first[1].visited.as_deref()), (person(11), Some("absent")));
        let last = &first[11];
        let (area, id, place, after) = page(Some((last.compound.as_str(), last.person)));
        let rest = views::blind_spots(&mut db, area, id, &place, after, 100).await.expect("the rest");
        assert_eq!(first.len() + rest.len(), 30);
        let totals = views::totals(&mut db, types::AreaScope::ALL, round()).await.expect("totals");
        assert_eq!(totals.blind(), 30);
        let lines = views::places(&mut db, types::AreaScope::ALL, round(), city::COMMUNITY, 40).await;
        let lines = lines.expect("places");
        let blind: Vec<_> = lines.iter().map(|l| (l.place.as_str(), l.counts.blind())).collect();
        assert_eq!(blind, [("220202001001", 0), ("220202001001-01", 10), ("220202001001-02", 20)]);
    }

    async fn a_person_sees_where_the_sample_is(bed: TestBed) {
        use testing::views::{self, ResultState};
        let city = City::new(bed).await;
        let state = async || {
            let mut db = city.engine.store().reader().await.expect("reader");
            let results = views::of_person(&mut db, city::area(), person(1)).await.expect("results");
            let latest = views::latest(&mut db, &[(city::area(), person(1))]).await.expect("latest");
            (results.first().map(|r| r.state), latest.get(&person(1)).map(|r| r.state))
        };
        assert_eq!(state().await, (None, None));
        let mut story = whole_way(None).into_iter();
        let mut seen = Vec::new();
        for step in story.by_ref() {
            city.accept(vec![step]).await;
            let (now, _) = state().await;
            if let Some(now) = now.filter(|now| seen.last() != Some(now)) {
                seen.push(now);
            }
        }
        let way = [
            ResultState::Sampled, ResultState::InTransit, ResultState::InLaboratory,
            ResultState::Testing, ResultState::Negative,
        ];
        assert_eq!(seen, way);
        assert_eq!(state().await.1, Some(ResultState::Negative));
    }

    async fn boards_come_from_counters(bed: TestBed) {
        use testing::views;
        let city = City::new(bed).await;
        let capacity = testing::SetCapacity {
            lab: holder("lab:L1"), claimed: 90_000, staffed: 45_000, from: minute(0), source: "test".into(),
        };
        city.accept(vec![by("user:chief", 0, Command::SetCapacity(capacity))]).await;
        city.accept(whole_way(Some(30.0))).await;
        let mut db = city.engine.store().reader().await.expect("reader");
        let scope = types::AreaScope::parse("2202").expect("a scope");
        let labs = views::laboratories(&mut db, scope, minute(0), minute(600)).await.expect("labs");
        let lab = &labs[0];
        assert_eq!((lab.claimed, lab.staffed, lab.received, lab.tested, lab.waiting), (90_000, 45_000, 2, 2, 0));
        let steps = views::turnaround(&mut db, scope, round()).await.expect("turnaround");
        let medians: Vec<_> = steps.iter().map(|s| (s.step.as_str(), s.tubes, s.median)).collect();
        let want = [("collect", 2, 45), ("deliver", 2, 65), ("wait", 2, 65), ("test", 2, 125), ("whole", 2, 285)];
        assert_eq!(medians, want);
        let hours = views::hours(&mut db, scope, round(), "").await.expect("hours");
        assert_eq!(hours.iter().map(|h| h.counts.persons(testing::Stage::Sampled)).sum::<i64>(), 20);
        let notable = views::notable(&mut db, scope, round(), None, 10).await.expect("notable");
        assert_eq!(notable.iter().map(|n| n.id).collect::<Vec<_>>(), [tube(2)]);
        let recalls = views::recalls(&mut db, scope, round(), None, 100).await.expect("recalls");
        assert_eq!(recalls.len(), 10);
        // Page by page they are the same, and nobody is passed over.
        let mut paged = Vec::new();
        loop {
            let after = paged.last().map(|r: &views::OpenRecall| (r.opened_at, r.id));
            let page = views::recalls(&mut db, scope, round(), after, 3).await.expect("a page");
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 3);
            paged.extend(page);
        }
        assert_eq!(paged, recalls);
        let end = notable.last().map(|n| (n.tube.tested_at.expect("tested"), n.id));
        assert!(views::notable(&mut db, scope, round(), end, 10).await.expect("notable").is_empty());
        let other = types::AreaScope::parse("2201").expect("a scope");
        assert!(views::recalls(&mut db, other, round(), None, 100).await.expect("recalls").is_empty());
    }
}
