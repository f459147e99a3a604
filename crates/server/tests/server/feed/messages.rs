//! Messages: recorded once, kept always, answered when durable.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use hl7::ack::AckCode;
use ledger::{Operation, Priority};
use server::access::Role;
use server::feed::raw;
use server::feed::tables::{ITEMS_DROP, MESSAGE_DROP, RAW_DROP};
use server::feed::{self, Carrier, Item, ItemState, State};
use store::both_stores;
use types::{AreaScope, Span};

use super::lab::*;
use crate::bed::{Bed, grant};

async fn prepared(test: store::testkit::TestBed) -> Bed {
    let bed = Bed::on(test).await;
    prepare(&bed.app).await;
    bed
}

both_stores! {
    async fn a_message_becomes_the_result_of_its_tube(test: TestBed) {
        let bed = prepared(test).await;
        collect(&bed.app, tube(1), None).await;
        let at = bed.app.now();
        let bytes = oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)]);
        let reply = receive(&bed, &bytes).await;
        assert!(text(&reply).contains("MSA|AA|M-1"), "{}", text(&reply));
        let found = results(&bed, tube(1)).await;
        assert_eq!(found, [("lab:JL-01".into(), "final".into(), "negative".into())]);
        let kept = kept(&bed, &reply).await;
        assert_eq!((kept.state, kept.counts.items, kept.counts.recorded), (State::Done, 1, 1));
        assert_eq!(kept.lab, Some(holder("lab:JL-01")));
        assert_eq!(kept.area, area());
        // The bytes are kept, and not in the clear.
        let mut db = bed.app.reader().await.expect("a reader");
        let raw = raw::read(&bed.app, &mut db, kept.id, 1 << 20).await.expect("read");
        assert_eq!(raw, bytes);
    }

    async fn a_message_that_comes_again_gets_the_same_reply_and_changes_nothing(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let bytes = oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)]);
        let first = receive(&bed, &bytes).await;
        let before = journal(&bed);
        bed.pass(Span::minutes(10));
        let again = receive(&bed, &bytes).await;
        assert_eq!(again.bytes, first.bytes);
        assert_eq!(journal(&bed), before, "no new entry");
        assert_eq!(kept(&bed, &first).await.repeats, 1);
        assert_eq!(results(&bed, tube(1)).await.len(), 1);
    }

    async fn another_message_under_the_same_control_id_waits_for_a_person(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        receive(&bed, &oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)])).await;
        let other = oru(LAB, "M-1", at, &[negative(&tube(2).to_string(), at)]);
        let reply = receive(&bed, &other).await;
        assert_eq!(reply.code, AckCode::Error);
        assert!(text(&reply).contains("ERR||MSH^1^10|205^"), "{}", text(&reply));
        assert_eq!(results(&bed, tube(2)).await, []);
        let rejected = kept(&bed, &reply).await;
        assert_eq!(rejected.state, State::Rejected);
        assert_eq!(rejected.reason.expect("a reason").code, "hl7-control-id-reused");
        // The same control id of another laboratory is another message.
        let away = oru(OTHER, "M-1", at, &[negative(&tube(3).to_string(), at)]);
        assert!(is_accepted(&receive(&bed, &away).await));
        // A person takes it as a message of its own; from then on it is answered as taken.
        feed::queue::take(&bed.app, rejected.id, "district").await.expect("taken");
        assert_eq!(readings(&bed, tube(2)).await, ["negative"]);
        let taken = message(&bed, rejected.id).await;
        assert_eq!((taken.state, taken.counts.recorded), (State::Resolved, 1));
        assert!(is_accepted(&receive(&bed, &other).await));
        assert!(feed::queue::take(&bed.app, rejected.id, "district").await.is_err());
    }

    async fn a_result_that_comes_before_its_tube_is_collected_is_recorded(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let reply =
            receive(&bed, &oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)])).await;
        assert!(is_accepted(&reply));
        let mut db = bed.app.reader().await.expect("a reader");
        let items = Item::of(&mut db, reply.message.expect("kept"), 0, None, 9).await.expect("read");
        assert_eq!(items[0].state, ItemState::Recorded);
        assert_eq!(items[0].reasons[0].code, "tube-filling-unknown");
        collect(&bed.app, tube(1), None).await;
        let found = testing::views::tube(&mut db, tube(1)).await.expect("read").expect("a tube");
        assert!(found.is_collected() && found.reported_at.is_some());
    }

    async fn two_laboratories_keep_apart_what_they_send(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let code = tube(1).to_string();
        receive(&bed, &oru(LAB, "M-1", at, &[negative(&code, at)])).await;
        // By its name in the registry, in another encoding of case and space.
        receive(&bed, &oru("第二检验所 ", "M-1", at, &[positive(&code, at)])).await;
        let found = results(&bed, tube(1)).await;
        let labs: Vec<_> = found.iter().map(|(lab, status, _)| (&lab[..], &status[..])).collect();
        assert_eq!(labs, [("lab:JL-01", "final"), ("lab:JL-02", "corrected")]);
    }

    async fn what_cannot_be_read_is_kept_with_the_reason(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let good = oru(LAB, "M-9", at, &[negative(&tube(1).to_string(), at)]);
        let training = String::from_utf8(good.clone()).expect("text").replace("|P|2.5", "|T|2.5");
        let type_a08 = String::from_utf8(good).expect("text").replace("ORU^R01", "ADT^A08");
        let cases: [(&[u8], &str, AckCode); 5] = [
            (b"\x00\xff\x13garbage", "hl7-no-header", AckCode::Error),
            (b"MSH|^~\\&|LIS|JL-01|||2022||ORU^R01|X|P|2.5", "hl7-no-order", AckCode::Error),
            (b"MSH|^~\\&|LIS|JL-01|||2022||ORU^R01||P|2.5\rOBR|1", "hl7-control-id-missing", AckCode::Error),
            (training.as_bytes(), "hl7-processing-id", AckCode::Reject),
            (type_a08.as_bytes(), "hl7-message-type", AckCode::Reject),
        ];
        for (bytes, code, ack) in cases {
            let reply = receive(&bed, bytes).await;
            assert_eq!(reply.code, ack, "{code}: {}", text(&reply));
            let kept = kept(&bed, &reply).await;
            assert_eq!(kept.state, State::Rejected);
            assert_eq!(kept.reason.expect("a reason").code, code);
            let mut db = bed.app.reader().await.expect("a reader");
            let raw = raw::read(&bed.app, &mut db, kept.id, 1 << 20).await.expect("read");
            assert_eq!(raw, bytes);
            // Once, however often it comes.
            assert_eq!(receive(&bed, bytes).await.bytes, reply.bytes);
            assert_eq!(message(&bed, kept.id).await.repeats, 1);
        }
        assert_eq!(results(&bed, tube(1)).await, []);
    }

    async fn of_a_message_the_readable_items_are_recorded(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let bytes = oru(
            LAB,
            "M-1",
            at,
            &[negative(&tube(1).to_string(), at), positive(&tube(2).to_string(), at)],
        );
        let broken = String::from_utf8(bytes).expect("text").replacen("|28.4|", "|28,4|", 1);
        let reply = receive(&bed, broken.as_bytes()).await;
        assert_eq!(reply.code, AckCode::Error);
        assert!(text(&reply).contains("ERR||OBX^5^5|102^"), "{}", text(&reply));
        let kept = kept(&bed, &reply).await;
        assert_eq!((kept.counts.items, kept.counts.recorded, kept.counts.rejected), (2, 1, 1));
        assert_eq!(kept.state, State::Rejected);
        let mut db = bed.app.reader().await.expect("a reader");
        let items = Item::of(&mut db, kept.id, 0, Some(ItemState::Rejected), 9).await.expect("read");
        assert_eq!(items[0].reasons[0].code, "lab-ct-not-a-number");
        assert_eq!(items[0].reasons[0].args[0].1, "OBX[5]-5");
        assert_eq!(readings(&bed, tube(1)).await, ["negative"]);
        assert_eq!(results(&bed, tube(2)).await, []);
    }

    async fn a_message_recorded_but_not_answered_gets_the_same_outcome_when_it_comes_again(
        test: TestBed
    ) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        let bytes =
            oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at), negative("BD-7", at)]);
        let first = receive(&bed, &bytes).await;
        let counts = kept(&bed, &first).await.counts;
        let before = journal(&bed);
        // As after a power cut between the ledger's commit and the inbox's: all but the journal.
        let id = first.message.expect("kept");
        let drop = [&MESSAGE_DROP, &RAW_DROP, &ITEMS_DROP]
            .map(|statement| Operation::Execute(statement, vec![id.into()]));
        bed.app.engine().operate(Priority::Normal, drop.to_vec()).await.expect("dropped");
        let again = receive(&bed, &bytes).await;
        assert_eq!(again.bytes, first.bytes);
        assert_eq!(kept(&bed, &again).await.counts, counts);
        assert_eq!(journal(&bed), before);
        assert_eq!(readings(&bed, tube(1)).await, ["negative"]);
    }

    async fn a_message_cut_off_anywhere_and_sent_again_is_recorded_once(test: TestBed) {
        let bed = prepared(test).await;
        let at = bed.app.now();
        // Dropped at its first wait, at its second, … until it runs to its end.
        for waits in 0.. {
            let n = 100 + waits;
            let code = tube(n).to_string();
            let bytes =
                oru(LAB, &format!("M-{n}"), at, &[positive(&code, at), negative("BD-77", at)]);
            let whole = feed::receive(&bed.app, &Carrier::Line, bytes.clone());
            let ended = CutOff { inner: Box::pin(whole), waits }.await;
            let reply = receive(&bed, &bytes).await;
            assert!(is_accepted(&reply), "after {waits} waits: {}", text(&reply));
            assert_eq!(readings(&bed, tube(n)).await, ["positive"], "after {waits} waits");
            let kept = kept(&bed, &reply).await;
            let counts = kept.counts;
            assert_eq!((counts.items, counts.recorded, counts.waiting), (2, 1, 1));
            if ended {
                assert!(waits > 0, "it was cut off in between");
                break;
            }
        }
    }
}

/// A future that is dropped when it has waited so often; whether it came to its end.
struct CutOff<F> {
    inner: Pin<Box<F>>,
    waits: u32,
}

impl<F: Future> Future for CutOff<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if pin!(&mut self.inner).poll(context).is_ready() {
            return Poll::Ready(true);
        }
        if self.waits == 0 {
            return Poll::Ready(false);
        }
        self.waits -= 1;
        Poll::Pending
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_brings_the_results_of_its_own_laboratory_only() {
    let bed = Bed::new().await;
    prepare(&bed.app).await;
    let at = bed.app.now();
    let token = bed.role(Role::Laboratory, "220202").await;
    let post = |bytes: Vec<u8>| {
        bed.post("/api/v1/lab-results").bearer(&token).body("application/hl7-v2", bytes).send()
    };
    let own = oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)]);
    let reply = post(own).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("MSA|AA|M-1"));
    assert!(reply.location().starts_with("/testing/feed/messages/"));
    // Another laboratory's message is not taken at all.
    let foreign = post(oru(OTHER, "M-1", at, &[negative(&tube(2).to_string(), at)])).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(foreign.json()["error"]["code"], "not-your-holder");
    assert_eq!(results(&bed, tube(2)).await, []);
    // A sender's name that says nothing is no obstacle to an account.
    let nameless = post(oru("PCR room 2", "M-2", at, &[negative(&tube(3).to_string(), at)])).await;
    assert_eq!(nameless.status, 200, "{}", nameless.text());
    assert_eq!(results(&bed, tube(3)).await[0].0, "lab:JL-01");
    let elsewhere = types::UnitId::printed(
        testing::TUBE,
        types::AreaCode::new(220_102).expect("six digits"),
        5,
    );
    let outside = post(oru(LAB, "M-3", at, &[negative(&elsewhere.to_string(), at)])).await;
    assert_eq!(outside.status, 200);
    assert_eq!(results(&bed, elsewhere).await, [], "a tube of another county waits");
    let broken = post(b"MSH|^~\\&|LIS|JL-01".to_vec()).await;
    assert_eq!(broken.status, 422);
    assert!(broken.text().contains("MSA|AR"), "{}", broken.text());
    let plain = bed.post("/api/v1/lab-results").bearer(&token).body("text/plain", b"x".to_vec());
    assert_eq!(plain.send().await.status, 415);
    let unsigned = bed.post("/api/v1/lab-results").body("application/hl7-v2", b"x".to_vec());
    assert_eq!(unsigned.send().await.status, 401);
}

#[test]
fn sight_ends_at_the_own_laboratory_and_areas() {
    let actor = |role| server::access::Actor {
        user: "x".into(),
        name: "X".into(),
        grants: vec![grant(role, "220202")],
        household: None,
        must_change: false,
    };
    let scope = AreaScope::parse("220202").expect("a scope");
    let sight = feed::lists::Sight::of(&actor(Role::Laboratory), scope);
    assert_eq!(sight.lab, Some(holder("lab:JL-01")));
    let sight = feed::lists::Sight::of(&actor(Role::District), scope);
    assert_eq!(sight.lab, None);
}
