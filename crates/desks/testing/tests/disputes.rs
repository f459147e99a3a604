//! Stories of tubes that two groups of persons claim, of corrections that follow through, and
//! of recalls that are answered in a pool. Each on both stores, each audited at its end.

#[path = "support/city.rs"]
mod city;

use city::{
    City, by, collect, correct, filling, hand, mark, open_box, pack, person, read, report, result,
    set_aside, transport_box, tube,
};
use ledger::Envelope;
use store::both_stores;
use testing::views::{self, ResultState};
use testing::{ClaimFate, Command, Fault, Mode, ResultStatus};
use types::PlaceCode;

/// Another community of the county, with a site of its own.
const ELSEWHERE: &str = "220202001002";

/// The same tube filled by another site.
fn claim(at: i64, n: u32, persons: &[u8]) -> Envelope<Command> {
    let mut other = filling(n, Mode::Ten, persons);
    other.site = city::holder("site:S2");
    other.community = PlaceCode::parse(ELSEWHERE).expect("a place");
    by("site:S2", at, Command::Collect(other))
}

async fn state(city: &City, who: u8) -> Option<ResultState> {
    let mut db = city.engine.store().reader().await.expect("reader");
    let latest = views::latest(&mut db, &[(city::area(), person(who))]).await.expect("latest");
    latest.get(&person(who)).map(|r| r.state)
}

async fn count(city: &City, stage: &str) -> (i64, i64) {
    city.counts().await.get(stage).copied().unwrap_or_default()
}

/// Tubes counted in a stage for a community.
async fn tubes_at(city: &City, community: &str, stage: testing::Stage) -> i64 {
    let mut db = city.engine.store().reader().await.expect("reader");
    let scope = types::AreaScope::ALL;
    let lines = views::places(&mut db, scope, city::round(), community, 12).await.expect("places");
    lines.iter().map(|l| l.counts.tubes(stage)).sum()
}

both_stores! {
    async fn setting_the_first_filling_aside_gives_the_tube_to_the_other(bed: TestBed) {
        let city = City::new(bed).await;
        let first = collect(10, 1, &[1, 2]);
        let (was, other) = (first.id, claim(40, 1, &[21, 22, 23]));
        let by = other.id;
        city.accept(vec![
            first, other, pack(50, 1, &[1]),
            hand(60, transport_box(1), "site:S1", "courier:C1"),
            hand(120, transport_box(1), "courier:C1", "lab:L1"), open_box(130, 1, &[1]),
            result(300, 1, None),
        ]).await;
        assert_eq!(city.recalled().await.len(), 5);
        assert_eq!(city.findings().await, ["double_open"]);
        city.accept(vec![set_aside(400, 1, was)]).await;
        assert!(city.findings().await.is_empty(), "the dispute is over");
        for stage in ["collected", "sent", "received", "tested"] {
            assert_eq!(count(&city, stage).await, (3, 1), "{stage}");
        }
        assert_eq!(tubes_at(&city, city::COMMUNITY, testing::Stage::Received).await, 0);
        assert_eq!(tubes_at(&city, ELSEWHERE, testing::Stage::Received).await, 1);
        let mut db = city.engine.store().reader().await.expect("reader");
        let row = views::tube(&mut db, tube(1)).await.expect("read").expect("the tube");
        assert_eq!((row.site.as_deref(), row.claims, row.members.len()), (Some("site:S2"), 1, 3));
        // Nothing is dropped: both fillings are still told, each with what was decided.
        let claims = views::claims(&mut db, tube(1)).await.expect("claims");
        let mut fates: Vec<_> = claims.iter().map(|(id, c)| (*id, c.fate, c.members.len())).collect();
        fates.sort_by_key(|(_, fate, _)| fate.as_str());
        assert_eq!(fates, [(was, ClaimFate::SetAside, 2), (by, ClaimFate::Stands, 3)]);
        drop(db);
        // The result is theirs once it is released; the others stay recalled.
        city.accept(vec![report(410, 1)]).await;
        assert_eq!(city.recalled().await, [person(1), person(2)]);
        assert_eq!(count(&city, "settled").await, (3, 0));
        assert_eq!((state(&city, 21).await, state(&city, 1).await), (Some(ResultState::Negative), Some(ResultState::Recall)));
        assert_eq!(city.refusal(set_aside(420, 1, was)).await, "claim-set-aside-before");
        assert_eq!(city.refusal(set_aside(421, 1, by)).await, "claim-alone");
        // A new swab answers for them.
        city.accept(vec![collect(500, 2, &[1, 2]), result(600, 2, None)]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!((count(&city, "settled").await, count(&city, "sampled").await), ((5, 0), (5, 0)));
        assert_eq!(state(&city, 1).await, Some(ResultState::Negative));
        city.audit().await;
    }

    async fn who_was_set_aside_is_not_told_the_result_of_others(bed: TestBed) {
        let city = City::new(bed).await;
        let other = claim(40, 1, &[21, 22]);
        let was = other.id;
        city.accept(vec![collect(10, 1, &[1, 2]), other, result(300, 1, None)]).await;
        assert_eq!(state(&city, 21).await, Some(ResultState::Disputed));
        city.accept(vec![set_aside(400, 1, was), report(410, 1)]).await;
        assert_eq!((state(&city, 1).await, state(&city, 21).await), (Some(ResultState::Negative), Some(ResultState::Recall)));
        assert_eq!(city.recalled().await, [person(21), person(22)]);
        city.audit().await;
    }

    async fn times_go_with_the_filling(bed: TestBed) {
        let city = City::new(bed).await;
        let first = collect(10, 1, &[1, 2]);
        let was = first.id;
        // The other site filled it an hour later, and its phone syncs after the report.
        city.accept(vec![
            first, hand(80, tube(1), "site:S1", "courier:C1"),
            hand(110, tube(1), "courier:C1", "lab:L1"), result(300, 1, None), claim(70, 1, &[21]),
        ]).await;
        let times = async || {
            let mut db = city.engine.store().reader().await.expect("reader");
            let lines = views::turnaround(&mut db, types::AreaScope::ALL, city::round()).await;
            let lines = lines.expect("times");
            lines.iter().map(|l| (l.step.as_str(), l.tubes, l.median)).collect::<Vec<_>>()
        };
        assert_eq!(times().await, [("collect", 1, 75), ("deliver", 1, 35), ("whole", 1, 295)]);
        city.accept(vec![set_aside(400, 1, was)]).await;
        assert_eq!(times().await, [("collect", 1, 15), ("deliver", 1, 35)], "not released to them");
        city.accept(vec![report(420, 1)]).await;
        assert_eq!(times().await, [("collect", 1, 15), ("deliver", 1, 35), ("whole", 1, 355)]);
        city.audit().await;
    }

    async fn a_result_released_to_the_wrong_group_is_taken_back(bed: TestBed) {
        let city = City::new(bed).await;
        let first = collect(10, 1, &[1, 2]);
        let was = first.id;
        city.accept(vec![first, result(300, 1, None)]).await;
        assert_eq!(count(&city, "settled").await, (2, 0));
        // The other site's phone syncs after the report.
        city.accept(vec![claim(40, 1, &[21])]).await;
        city.accept(vec![set_aside(400, 1, was)]).await;
        assert_eq!((count(&city, "settled").await, count(&city, "reported").await), ((0, 0), (0, 0)));
        assert_eq!(city.recalled().await, [person(1), person(2), person(21)]);
        city.accept(vec![report(410, 1)]).await;
        assert_eq!((count(&city, "settled").await, count(&city, "reported").await), ((1, 0), (1, 1)));
        assert_eq!(city.recalled().await, [person(1), person(2)]);
        city.audit().await;
    }

    async fn a_tube_that_changes_its_filling_in_a_box_is_counted_with_the_box(bed: TestBed) {
        let city = City::new(bed).await;
        let first = collect(10, 1, &[1, 2]);
        let was = first.id;
        city.accept(vec![first, claim(12, 1, &[21, 22, 23]), collect(14, 2, &[5]), pack(20, 1, &[1, 2])]).await;
        city.accept(vec![set_aside(30, 1, was)]).await;
        assert_eq!(count(&city, "collected").await, (4, 2));
        city.accept(vec![hand(60, transport_box(1), "site:S1", "courier:C1")]).await;
        assert_eq!(count(&city, "sent").await, (4, 2));
        assert_eq!(tubes_at(&city, ELSEWHERE, testing::Stage::Sent).await, 1);
        city.accept(vec![hand(90, transport_box(1), "courier:C1", "lab:L1"), open_box(95, 1, &[1, 2])]).await;
        assert_eq!(count(&city, "received").await, (4, 2));
        city.audit().await;
    }

    async fn of_three_groups_two_can_be_set_aside_in_any_order(bed: TestBed) {
        let city = City::new(bed).await;
        let (first, second, third) = (collect(10, 1, &[1]), claim(20, 1, &[21]), claim(30, 1, &[22, 1]));
        let (a, b) = (first.id, second.id);
        city.accept(vec![first, second, third]).await;
        // Person 1 is in the third group too: no recall for them.
        city.accept(vec![set_aside(40, 1, a)]).await;
        assert!(city.recalled().await.is_empty());
        city.accept(vec![set_aside(50, 1, b)]).await;
        assert_eq!(city.recalled().await, [person(21)]);
        city.accept(vec![result(300, 1, None)]).await;
        assert_eq!((state(&city, 1).await, state(&city, 22).await), (Some(ResultState::Negative), Some(ResultState::Negative)));
        city.audit().await;
    }

    async fn a_disputed_tube_that_is_lost_is_lost_for_both_groups(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1]), claim(20, 1, &[21]), mark(90, 1, Fault::Lost)]).await;
        assert_eq!(city.recalled().await, [person(1), person(21)]);
        city.accept(vec![claim(30, 1, &[22])]).await;
        assert_eq!(city.recalled().await, [person(1), person(21), person(22)]);
        city.audit().await;
    }

    async fn a_disputed_result_answers_no_recall(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1]), mark(20, 1, Fault::Lost)]).await;
        let again = collect(30, 2, &[1]);
        let was = again.id;
        city.accept(vec![again, claim(40, 2, &[21]), result(100, 2, None)]).await;
        assert_eq!(city.recalled().await, [person(1), person(1), person(21)], "nobody knows whose it is");
        city.accept(vec![set_aside(110, 2, was), report(120, 2)]).await;
        assert_eq!(city.recalled().await, [person(1), person(1)]);
        city.accept(vec![collect(130, 3, &[1]), result(200, 3, None)]).await;
        assert!(city.recalled().await.is_empty());
        city.audit().await;
    }

    async fn a_recall_answered_in_a_pool_takes_the_others_of_the_pool_with_it(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), mark(20, 1, Fault::Leaked)]).await;
        // Persons 1 and 2 come again, with 3, who had no swab before. The pool is positive.
        city.accept(vec![collect(30, 2, &[1, 2, 3]), result(100, 2, Some(25.0))]).await;
        assert_eq!(count(&city, "positive").await, (0, 0), "a pool says nothing about one of its persons");
        let mut held = city.recalled().await;
        held.dedup();
        assert_eq!(held, [person(1), person(2), person(3)]);
        // Each alone: their own tube decides.
        city.accept(vec![
            collect(110, 3, &[1]), collect(111, 4, &[2]), collect(112, 5, &[3]),
            result(200, 3, None), result(201, 4, Some(22.0)), result(202, 5, None),
        ]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!((count(&city, "positive").await, count(&city, "settled").await), ((1, 0), (3, 0)));
        // And when such a pool is lost, the third is not forgotten.
        city.accept(vec![collect(310, 6, &[4]), mark(320, 6, Fault::Lost), collect(330, 7, &[4, 5]), mark(340, 7, Fault::Lost)]).await;
        assert_eq!(city.recalled().await, [person(4), person(5)]);
        city.audit().await;
    }

    async fn a_doubtful_single_tube_holds_whom_a_lost_one_only_called(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1]), mark(20, 1, Fault::Lost)]).await;
        city.accept(vec![collect(30, 2, &[1]), result(100, 2, Some(39.0))]).await;
        // In a pool again: that is not enough now.
        let outcomes = city.accept(vec![collect(110, 3, &[1, 2]), result(200, 3, None)]).await;
        assert!(outcomes[0].notes.iter().any(|n| n.code == "held-needs-single-tube"));
        assert_eq!(city.recalled().await, [person(1)]);
        city.audit().await;
    }

    async fn a_correction_follows_through_to_recalls_and_results(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), result(100, 1, Some(25.0))]).await;
        assert_eq!(city.recalled().await, [person(1), person(2)]);
        city.accept(vec![correct(110, 1, 2, 21)]).await;
        assert_eq!(city.recalled().await, [person(1), person(21)]);
        assert_eq!((state(&city, 21).await, state(&city, 2).await), (Some(ResultState::Held), None));
        // A negative one that was released: the count goes with the person.
        city.accept(vec![collect(200, 2, &[3]), result(300, 2, None), correct(310, 2, 1, 22)]).await;
        assert_eq!((count(&city, "settled").await, count(&city, "sampled").await), ((1, 0), (3, 0)));
        let mut db = city.engine.store().reader().await.expect("reader");
        let lines = views::places(&mut db, types::AreaScope::ALL, city::round(), city::COMMUNITY, 40).await;
        let settled: Vec<_> = lines.expect("places").iter()
            .map(|l| (l.place.clone(), l.counts.persons(testing::Stage::Settled)))
            .filter(|(_, n)| *n != 0).collect();
        assert_eq!(settled, [("220202001001-02".to_owned(), 1)]);
        city.audit().await;
    }

    async fn who_is_corrected_away_still_counts_by_their_other_swab(bed: TestBed) {
        let city = City::new(bed).await;
        // Person 2 is in both tubes, the second time as a repeat; the first was a misreading.
        city.accept(vec![collect(10, 1, &[1, 2]), collect(20, 2, &[2, 3]), result(300, 2, None)]).await;
        assert_eq!((count(&city, "sampled").await, count(&city, "repeat").await), ((3, 0), (1, 0)));
        assert_eq!(count(&city, "settled").await, (1, 0), "the repeat is not counted twice");
        city.accept(vec![correct(310, 1, 2, 21)]).await;
        assert_eq!((count(&city, "sampled").await, count(&city, "repeat").await), ((4, 0), (0, 0)));
        assert_eq!(count(&city, "settled").await, (2, 0), "what their other tube said counts now");
        assert_eq!(state(&city, 2).await, Some(ResultState::Negative));
        city.accept(vec![result(320, 1, None)]).await;
        assert_eq!(count(&city, "settled").await, (4, 0));
        city.audit().await;
    }

    async fn who_is_corrected_away_counts_by_another_filling_of_the_same_code(bed: TestBed) {
        let city = City::new(bed).await;
        let first = collect(10, 1, &[1, 2]);
        let was = first.id;
        city.accept(vec![first, claim(40, 1, &[2, 22])]).await;
        assert_eq!((count(&city, "sampled").await, count(&city, "repeat").await), ((3, 0), (1, 0)));
        city.accept(vec![correct(50, 1, 2, 21)]).await;
        assert_eq!((count(&city, "sampled").await, count(&city, "repeat").await), ((4, 0), (0, 0)));
        assert!(state(&city, 2).await.is_some(), "their swab is under that code all the same");
        // The other filling becomes the tube's: person 2 is settled with it.
        city.accept(vec![set_aside(60, 1, was), result(300, 1, None)]).await;
        assert_eq!(count(&city, "settled").await, (2, 0));
        assert_eq!(state(&city, 2).await, Some(ResultState::Negative));
        city.audit().await;
    }

    async fn a_correction_takes_back_the_answer_to_a_recall_and_gives_it_to_the_other(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), mark(20, 1, Fault::Lost), collect(30, 2, &[1])]).await;
        // It was person 2 who came again, and not person 1.
        city.accept(vec![correct(40, 2, 1, 2), result(300, 2, None)]).await;
        assert_eq!(city.recalled().await, [person(1)]);
        city.accept(vec![collect(310, 3, &[1]), result(400, 3, None)]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!(count(&city, "settled").await, (2, 0));
        city.audit().await;
    }

    async fn what_was_lost_and_is_found_gives_a_result_after_all(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), mark(50, 1, Fault::Lost)]).await;
        assert_eq!((city.recalled().await.len(), count(&city, "faulty").await), (2, (0, 1)));
        // A record from before it was lost finds nothing.
        city.accept(vec![hand(30, tube(1), "site:S1", "courier:C1")]).await;
        assert_eq!((state(&city, 1).await, count(&city, "faulty").await), (Some(ResultState::Recall), (0, 1)));
        // Person 1 is swabbed again meanwhile; then it lies on a plate.
        city.accept(vec![collect(60, 2, &[1]), result(90, 2, None), result(100, 1, None)]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!((count(&city, "settled").await, count(&city, "faulty").await), ((2, 0), (0, 0)));
        assert_eq!(state(&city, 2).await, Some(ResultState::Negative));
        let mut db = city.engine.store().reader().await.expect("reader");
        let balance = ledger::views::balance(&mut db, types::AreaScope::ALL).await.expect("balance");
        assert_eq!(balance[&(city::area(), testing::TUBE)].closed["reported"], 2);
        city.audit().await;
    }

    async fn what_has_leaked_clears_nobody(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1, 2]), mark(50, 1, Fault::Leaked)]).await;
        let outcomes = city.accept(vec![result(100, 1, None)]).await;
        assert!(outcomes[0].notes.iter().any(|n| n.code == "result-of-spoiled-tube"));
        assert_eq!(city.recalled().await, [person(1), person(2)]);
        assert_eq!((state(&city, 1).await, count(&city, "settled").await), (Some(ResultState::Recall), (0, 0)));
        city.audit().await;
    }

    async fn of_two_results_under_one_code_the_worse_stands_until_it_is_decided(bed: TestBed) {
        let city = City::new(bed).await;
        let other = claim(40, 1, &[21]);
        let was = other.id;
        city.accept(vec![collect(10, 1, &[1]), other]).await;
        let run = |at: i64, plate: &str, ct: Option<f64>| {
            let Command::RecordResult(mut one) = result(at, 1, ct).command else { unreachable!() };
            (one.plate, one.well) = (Some(plate.to_owned()), Some("A1".to_owned()));
            by("lab:L1", at, Command::RecordResult(one))
        };
        // Two tubes lie under the code: one is positive, the other is not.
        city.accept(vec![run(100, "P1", Some(22.0)), run(110, "P2", None)]).await;
        assert_eq!(count(&city, "not_negative").await, (1, 1));
        city.accept(vec![set_aside(200, 1, was), report(210, 1)]).await;
        assert_eq!(state(&city, 1).await, Some(ResultState::Positive));
        assert_eq!(city.recalled().await, [person(21)]);
        let mut db = city.engine.store().reader().await.expect("reader");
        assert_eq!(views::results_of_tube(&mut db, tube(1)).await.expect("results").len(), 2);
        drop(db);
        // A third run that says otherwise, now that it is known whose it is: a correction.
        city.accept(vec![run(300, "P3", None)]).await;
        assert_eq!(state(&city, 1).await, Some(ResultState::Negative));
        assert_eq!((count(&city, "positive").await, count(&city, "settled").await), ((0, 0), (1, 0)));
        // The same run sent again is no news; another run with the same reading is kept.
        assert_eq!(city.refusal(run(310, "P3", None)).await, "result-already-recorded");
        let again = city.accept(vec![run(320, "P4", None)]).await;
        assert_eq!(again[0].notes[0].code, "result-confirms-earlier");
        assert_eq!((count(&city, "tested").await, count(&city, "settled").await), ((1, 1), (1, 0)));
        city.audit().await;
    }

    async fn a_preliminary_result_says_nothing_to_anybody(bed: TestBed) {
        let city = City::new(bed).await;
        city.accept(vec![collect(10, 1, &[1]), read(100, 1, Some(25.0), Some(25.0), ResultStatus::Preliminary)]).await;
        assert!(city.recalled().await.is_empty());
        assert_eq!(count(&city, "tested").await, (0, 0));
        assert_eq!(state(&city, 1).await, Some(ResultState::Sampled));
        city.accept(vec![result(110, 1, None)]).await;
        assert_eq!(state(&city, 1).await, Some(ResultState::Negative));
        city.audit().await;
    }
}
