//! What waits: for a tube, a laboratory, a person.

use hl7::ack::AckCode;
use hl7::{LabResult, Status};
use server::feed::{self, Item, ItemKey, ItemState, Message, State, queue};
use store::both_stores;
use types::{Span, UnitId};

use super::lab::*;
use crate::bed::Bed;

async fn prepared(test: store::testkit::TestBed) -> Bed {
    let bed = Bed::on(test).await;
    prepare(&bed.app).await;
    bed
}

async fn item(bed: &Bed, message: &Message, n: i64) -> Item {
    let mut db = bed.app.reader().await.expect("a reader");
    let key = ItemKey { message: message.id, n };
    Item::find(&mut db, key).await.expect("read").expect("the item")
}

fn foreign(code: &str) -> UnitId {
    UnitId::scanned(testing::TUBE, code).expect("a code")
}

both_stores! {
    async fn a_foreign_barcode_waits_until_its_tube_is_collected(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let bytes = oru(LAB, "M-1", at, &[negative("BD-998-77", at), negative("BD-1", at)]);
        let reply = receive(&bed, &bytes).await;
        assert!(is_accepted(&reply), "it is in good hands");
        let waiting = kept(&bed, &reply).await;
        assert_eq!((waiting.state, waiting.counts.waiting), (State::Waiting, 2));
        assert_eq!(item(&bed, &waiting, 1).await.reasons[0].code, "feed-tube-unknown");
        assert_eq!(queue::rematch(&bed.app).await.expect("a round").recorded, 0);
        // One is collected under its barcode, the other got one of our codes and its barcode.
        collect(&bed.app, foreign("BD-998-77"), Some("BD-998-77")).await;
        collect(&bed.app, tube(7), Some("BD-1")).await;
        assert_eq!(queue::rematch(&bed.app).await.expect("a round").recorded, 2);
        assert_eq!(readings(&bed, foreign("BD-998-77")).await, ["negative"]);
        assert_eq!(readings(&bed, tube(7)).await, ["negative"]);
        let done = message(&bed, waiting.id).await;
        assert_eq!((done.state, done.counts.recorded), (State::Done, 2));
        assert_eq!(queue::rematch(&bed.app).await.expect("a round").recorded, 0);
        // It comes again: same reply, nothing new.
        let before = journal(&bed);
        assert_eq!(receive(&bed, &bytes).await.bytes, reply.bytes);
        assert_eq!(journal(&bed), before);
    }

    async fn a_known_barcode_is_recorded_at_once(test: TestBed) {
        let bed = prepared(test).await;
        collect(&bed.app, tube(7), Some("BD-1")).await;
        let at = bed.app.now();
        let filler = LabResult { filler_order: Some("BD-1".into()), ..negative("S-0001", at) };
        let reply = receive(&bed, &oru(LAB, "M-1", at, &[filler])).await;
        assert_eq!(kept(&bed, &reply).await.counts.recorded, 1, "by the order's number");
        assert_eq!(readings(&bed, tube(7)).await, ["negative"]);
    }

    async fn an_unknown_sender_waits_until_it_is_named(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let bytes =
            oru("PCR-NORTH", "M-1", at, &[negative(&tube(1).to_string(), at), negative("BD-1", at)]);
        let reply = receive(&bed, &bytes).await;
        assert_eq!(reply.code, AckCode::Error);
        assert!(text(&reply).contains("ERR||MSH^1^4|103^"), "{}", text(&reply));
        let waiting = kept(&bed, &reply).await;
        assert_eq!((waiting.lab.clone(), waiting.counts.waiting), (None, 2));
        assert_eq!(results(&bed, tube(1)).await, []);
        let lab = holder("lab:JL-02");
        queue::name_sender(&bed.app, " pcr-north", &lab, "district").await.expect("named");
        assert_eq!(results(&bed, tube(1)).await[0].0, "lab:JL-02");
        let named = message(&bed, waiting.id).await;
        assert_eq!(named.lab, Some(lab));
        assert_eq!((named.counts.recorded, named.counts.waiting), (1, 1));
        assert_eq!(item(&bed, &named, 2).await.reasons[0].code, "feed-tube-unknown");
        // If it comes again, it is answered by what is known now; so is the next one.
        assert!(is_accepted(&receive(&bed, &bytes).await));
        let next = oru("PCR-NORTH", "M-2", at, &[negative(&tube(2).to_string(), at)]);
        assert!(is_accepted(&receive(&bed, &next).await));
        let wrong = queue::name_sender(&bed.app, "x", &holder("site:S1"), "district").await;
        assert_eq!(wrong.expect_err("no laboratory").refusal.code, "wrong-kind-of-holder");
    }

    async fn a_person_matches_an_item_to_a_tube(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let mut mistyped = tube(1).to_string();
        mistyped.replace_range(14..15, "9");
        let reply = receive(&bed, &oru(LAB, "M-1", at, &[negative(&mistyped, at)])).await;
        let waiting = kept(&bed, &reply).await;
        assert_eq!(item(&bed, &waiting, 1).await.reasons[0].code, "feed-tube-mistyped");
        let key = ItemKey { message: waiting.id, n: 1 };
        let mut db = bed.app.reader().await.expect("a reader");
        let none = queue::tube_by_code(&mut db, "BD-nowhere").await.expect("read");
        assert_eq!(none.expect_err("no such tube").code, "tube-unknown");
        let found = queue::tube_by_code(&mut db, &tube(1).to_string()).await.expect("read");
        let found = found.expect("one of ours");
        queue::match_by_hand(&bed.app, key, found, "district").await.expect("matched");
        assert_eq!(readings(&bed, tube(1)).await, ["negative"]);
        let done = message(&bed, waiting.id).await;
        assert_eq!((done.state, done.counts.recorded), (State::Resolved, 1));
        let settled = item(&bed, &waiting, 1).await;
        assert_eq!(settled.settled_by.as_deref(), Some("district"));
        assert_eq!(settled.unit, Some(tube(1)));
        // Once is enough.
        let again = queue::match_by_hand(&bed.app, key, found, "district").await;
        assert_eq!(again.expect_err("settled").refusal.code, "feed-item-settled");
        let history = feed::lists::events(&mut db, waiting.id).await.expect("read");
        assert_eq!((history[0].what.as_str(), history[0].actor.as_str()), ("matched", "district"));
    }

    async fn an_item_is_dismissed_with_a_reason_or_not_at_all(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let cancelled = LabResult { status: Status::Cancelled, ..negative("BD-1", at) };
        let reply =
            receive(&bed, &oru(LAB, "M-1", at, &[cancelled, negative("BD-2", at)])).await;
        let waiting = kept(&bed, &reply).await;
        assert_eq!(item(&bed, &waiting, 1).await.reasons[0].code, "feed-result-cancelled");
        let key = ItemKey { message: waiting.id, n: 1 };
        let silent = queue::dismiss(&bed.app, key, "  ", "district").await;
        assert_eq!(silent.expect_err("no reason").refusal.code, "note-needed");
        queue::dismiss(&bed.app, key, "the laboratory sent it twice", "district")
            .await
            .expect("dismissed");
        let half = message(&bed, waiting.id).await;
        assert_eq!((half.state, half.counts.dismissed), (State::Waiting, 1));
        queue::dismiss_message(&bed.app, waiting.id, "a test run", "district")
            .await
            .expect("dismissed");
        let done = message(&bed, waiting.id).await;
        assert_eq!((done.state, done.counts.dismissed), (State::Resolved, 2));
        assert_eq!(item(&bed, &done, 2).await.note.as_deref(), Some("a test run"));
        // What is dismissed stays so when its tube turns up.
        collect(&bed.app, foreign("BD-2"), Some("BD-2")).await;
        assert_eq!(queue::rematch(&bed.app).await.expect("a round").recorded, 0);
        let garbage = kept(&bed, &receive(&bed, b"garbage").await).await;
        queue::dismiss_message(&bed.app, garbage.id, "line noise", "district")
            .await
            .expect("dismissed");
        assert_eq!(message(&bed, garbage.id).await.state, State::Resolved);
        let again = queue::dismiss_message(&bed.app, garbage.id, "line noise", "district").await;
        assert_eq!(again.expect_err("settled").refusal.code, "feed-item-settled");
    }

    async fn a_column_that_holds_a_persons_number_is_not_kept_in_the_clear(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let reply = receive(&bed, &oru(LAB, "M-1", at, &[negative("11010519491231002X", at)])).await;
        let waiting = kept(&bed, &reply).await;
        let item = item(&bed, &waiting, 1).await;
        assert_eq!(item.reasons[0].code, "feed-tube-personal");
        assert_eq!(item.tube, None);
        assert!(!format!("{item:?}").contains("11010519491231002X"));
        assert_eq!(item.state, ItemState::Waiting);
    }

    async fn a_barcode_of_two_tubes_is_for_a_person(test: TestBed) {
        let bed = prepared(test).await;
        collect(&bed.app, tube(1), Some("BD-1")).await;
        collect(&bed.app, tube(2), Some("BD-1")).await;
        bed.pass(Span::minutes(1));
        let at = bed.app.now();
        let reply = receive(&bed, &oru(LAB, "M-1", at, &[negative("BD-1", at)])).await;
        let waiting = kept(&bed, &reply).await;
        let item = item(&bed, &waiting, 1).await;
        assert_eq!(item.reasons[0].code, "feed-tube-ambiguous");
        assert_eq!(queue::rematch(&bed.app).await.expect("a round").recorded, 0);
    }
}
