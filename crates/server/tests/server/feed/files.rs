//! Files: every row is accounted for, in the preview and in earnest.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value as Json;
use server::access::Role;
use server::feed::{self, Item, ItemState, MessageId, State};
use store::both_stores;
use store::testkit::{Kind, TestBed};

use super::lab::*;
use crate::bed::{Bed, Reply};

const HEADER: &str = "tube,ct_n,ct_orf1ab,ic,result,tested_at\r\n";

async fn prepared(test: TestBed) -> (Bed, String) {
    let bed = Bed::on(test).await;
    prepare(&bed.app).await;
    let token = bed.role(Role::Laboratory, "220202").await;
    (bed, token)
}

async fn send(bed: &Bed, token: &str, text: &str, query: &str) -> Reply {
    let path = format!("/api/v1/lab-results{query}");
    let call = bed.post(&path).bearer(token).body("text/csv", text.as_bytes().to_vec());
    call.send().await
}

fn row(code: &str, result: &str) -> String {
    match result {
        "negative" => format!("{code},,,27.5,negative,2022-03-15 07:00\r\n"),
        "positive" => format!("{code},28.4,29.1,26.0,positive,2022-03-15 07:00\r\n"),
        other => format!("{code},{other},,27.5,negative,2022-03-15 07:00\r\n"),
    }
}

fn number(answer: &Json, key: &str) -> i64 {
    answer[key].as_i64().unwrap_or_else(|| panic!("{key} in {answer}"))
}

/// Rows in = accepted + duplicate + rejected.
fn add_up(answer: &Json) -> bool {
    let parts = ["accepted", "duplicate", "rejected"].map(|key| number(answer, key));
    number(answer, "rows") == parts.iter().sum::<i64>()
}

fn id(answer: &Json) -> MessageId {
    MessageId::parse(answer["file"].as_str().expect("an id")).expect("a UUID")
}

both_stores! {
    async fn a_file_is_accounted_for_row_by_row(test: TestBed) {
        let (bed, token) = prepared(test).await;
        collect(&bed.app, tube(1), None).await;
        let (one, two) = (tube(1).to_string(), tube(2).to_string());
        let text = [
            HEADER,
            &row(&one, "negative"),
            &row(&two, "positive"),
            &row(&one, "negative"),
            &row("BD-1", "negative"),
            &row(&two, "3o.1"),
            ",,,,negative,\r\n",
        ]
        .concat();
        let preview = send(&bed, &token, &text, "?dry_run=1").await.json();
        assert_eq!(preview["dry_run"], true);
        assert!(add_up(&preview), "{preview}");
        assert_eq!(results(&bed, tube(1)).await, [], "a preview records nothing");
        let answer = send(&bed, &token, &text, "").await.json();
        for (key, wanted) in
            [("rows", 6), ("accepted", 3), ("waiting", 1), ("duplicate", 1), ("rejected", 2)]
        {
            assert_eq!(number(&answer, key), wanted, "{key} in {answer}");
            assert_eq!(number(&preview, key), wanted, "{key} in {preview}");
        }
        let reject = &answer["rejects"][0];
        assert_eq!((reject["row"].as_i64(), reject["reasons"][0]["code"].as_str()), (Some(5), Some("lab-ct-not-a-number")));
        assert_eq!(reject["reasons"][0]["args"]["place"], "ct_n");
        assert_eq!(readings(&bed, tube(1)).await, ["negative"]);
        assert_eq!(readings(&bed, tube(2)).await, ["positive"]);
        let kept = message(&bed, id(&answer)).await;
        assert_eq!((kept.state, kept.counts.items), (State::Waiting, 6));
        // The rejected rows keep their bytes.
        let mut db = bed.app.reader().await.expect("a reader");
        let items = Item::of(&mut db, kept.id, 0, Some(ItemState::Rejected), 9).await.expect("read");
        let raw = items[0].raw(&bed.app).expect("opens").expect("there");
        assert!(String::from_utf8_lossy(&raw).contains("3o.1"));
        // What waits is recorded when its tube comes.
        collect(&bed.app, tube(8), Some("BD-1")).await;
        feed::queue::rematch(&bed.app).await.expect("a round");
        assert_eq!(readings(&bed, tube(8)).await, ["negative"]);
        assert_eq!(message(&bed, kept.id).await.state, State::Rejected);
    }

    async fn the_same_file_again_changes_nothing(test: TestBed) {
        let (bed, token) = prepared(test).await;
        let text = [HEADER, &row(&tube(1).to_string(), "negative")].concat();
        let first = send(&bed, &token, &text, "").await.json();
        let before = journal(&bed);
        let again = send(&bed, &token, &text, "").await.json();
        assert_eq!((again["repeated"].clone(), &again["file"]), (true.into(), &first["file"]));
        assert_eq!(journal(&bed), before);
        // With one row more it is another file; the row that is known is a duplicate.
        let longer = [text.as_str(), &row(&tube(2).to_string(), "negative")].concat();
        let answer = send(&bed, &token, &longer, "").await.json();
        assert_eq!((number(&answer, "accepted"), number(&answer, "duplicate")), (1, 1));
        assert_eq!(readings(&bed, tube(1)).await.len(), 1);
    }

    async fn a_file_that_a_restart_cuts_off_goes_on(test: TestBed) {
        let (bed, token) = prepared(test).await;
        let rows: String = (1..=1_200).map(|n| row(&tube(n).to_string(), "negative")).collect();
        let text = [HEADER, &rows, &row("BD-1", "negative")].concat();
        // Stored and told to run; then the server is gone before it does.
        let upload = feed::file::Upload {
            channel: feed::Channel::Api,
            name: "night.csv".into(),
            lab: feed::laboratory::Laboratory { code: holder("lab:JL-01"), area: area() },
            actor: "lab".into(),
            scope: types::AreaScope::ALL,
        };
        let pieces = futures::stream::iter([Ok(bytes::Bytes::from(text.clone()))]);
        let stored = feed::file::store(&bed.app, &upload, pieces).await.expect("stored");
        let feed::file::Stored::New(id) = stored else { panic!("it is new") };
        feed::file::check(&bed.app, id).await.expect("checked");
        let run = feed::file::run(&bed.app, id, State::Checked);
        // Nobody waits for it: it is dropped at its first wait, and goes on by itself.
        drop(tokio::time::timeout(std::time::Duration::ZERO, run).await);
        while message(&bed, id).await.state != State::Waiting {
            feed::file::resume(&bed.app).await;
            tokio::task::yield_now().await;
        }
        let kept = message(&bed, id).await;
        assert_eq!((kept.counts.items, kept.counts.recorded, kept.counts.waiting), (1_201, 1_200, 1));
        for n in [1, 500, 501, 1_200] {
            assert_eq!(readings(&bed, tube(n)).await, ["negative"]);
        }
        let _ = token;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_none_is_refused_with_the_column_that_it_lacks() {
    let (bed, token) = prepared(TestBed::new(Kind::Sqlite)).await;
    let reply = send(&bed, &token, "name,age\r\nx,3\r\n", "").await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["error"]["code"], "lab-column-missing");
    let empty = send(&bed, &token, "", "").await;
    assert_eq!(empty.json()["error"]["code"], "feed-file-empty");
    let (header, line) = (HEADER.trim_end(), row("BD-1", "negative"));
    let other = format!("{header},lab\r\n{},JL-02\r\n", line.trim_end());
    let answer = send(&bed, &token, &other, "").await.json();
    assert_eq!(number(&answer, "rejected"), 1, "{answer}");
    assert_eq!(answer["rejects"][0]["reasons"][0]["code"], "feed-other-laboratory");
}

/// A row of a kind, about the tube of a small number.
fn any_row() -> impl Strategy<Value = (u32, &'static str)> {
    const KINDS: &[&str] =
        &["negative", "positive", "3o.1", "foreign", "short", "blank", "quote", "mistyped"];
    (1..6_u32, proptest::sample::select(KINDS))
}

fn text_of(rows: &[(u32, &str)]) -> String {
    let mut text = HEADER.to_owned();
    for (n, kind) in rows {
        let code = tube(*n).to_string();
        text.push_str(&match *kind {
            "foreign" => row(&format!("BD-{n}"), "negative"),
            "short" => format!("{code},1\r\n"),
            "blank" => "\r\n".into(),
            "quote" => format!("\"{code},,,27.5,negative,\r\n"),
            "mistyped" => row(&format!("{}Q", &code[..15]), "negative"),
            kind => row(&code, kind),
        });
    }
    text
}

#[test]
fn any_file_adds_up_in_the_preview_and_in_earnest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    proptest!(ProptestConfig::with_cases(24), |(rows in proptest::collection::vec(any_row(), 1..30))| {
        runtime.block_on(async {
            let (bed, token) = prepared(TestBed::new(Kind::Sqlite)).await;
            let text = text_of(&rows);
            let lines = rows.iter().filter(|(_, kind)| *kind != "blank").count() as i64;
            let preview = send(&bed, &token, &text, "?dry_run=1").await.json();
            assert!(add_up(&preview), "{preview}");
            assert_eq!(number(&preview, "rows"), lines);
            let answer = send(&bed, &token, &text, "").await.json();
            assert!(add_up(&answer), "{answer}");
            for key in ["rows", "waiting", "rejected"] {
                assert_eq!(number(&preview, key), number(&answer, key), "{key}");
            }
            // Accepted and duplicate differ only by tubes that stand there with other values.
            let mut said: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
            for (n, kind) in rows.iter().filter(|(_, kind)| ["negative", "positive"].contains(kind)) {
                said.entry(*n).or_default().push(kind);
            }
            if said.values().all(|kinds| kinds.iter().all(|kind| *kind == kinds[0])) {
                assert_eq!(number(&preview, "accepted"), number(&answer, "accepted"));
            }
            // Every tube has the readings that the file gives it; the last one stands. Of one
            // time of testing they are told in no order.
            for (n, kinds) in said {
                let mut wanted = kinds;
                wanted.dedup();
                assert_eq!(reading(&bed, tube(n)).await.as_deref(), wanted.last().copied());
                let mut found = readings(&bed, tube(n)).await;
                found.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(found, wanted);
            }
            message(&bed, id(&answer)).await;
        });
    });
}
