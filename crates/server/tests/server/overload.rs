//! More than the server can take: shed at once, urgent work last, nothing acknowledged lost.

use axum::http::StatusCode;
use serde_json::json;
use server::access::Role;
use server::overload::Class;

use crate::bed::Bed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_class_sheds_with_a_time_to_come_back_and_urgent_routes_go_on() {
    let bed = Bed::with(|config| config.limits.requests = [1, 1, 1_000]).await;
    let admin = bed.role(Role::Admin, "2202").await;
    let taken = bed.app.gate().enter(Class::Normal, 0).expect("room");
    let shed = bed.get("/styleguide").cookie(&admin).english().send().await;
    assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shed.header("retry-after"), "1");
    assert!(shed.text().contains("The server takes no more for now"));
    let api = bed.post("/api/v1/commands").bearer(&admin).json(&json!({})).send().await;
    assert_eq!(api.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(api.json()["error"]["code"], "overloaded");
    // Signing in, health and the status page still answer, and the page tells.
    assert_eq!(bed.get("/sign-in").send().await.status, StatusCode::OK);
    assert_eq!(bed.get("/healthz").send().await.status, StatusCode::OK);
    let status = bed.get("/status").cookie(&admin).english().send().await;
    assert_eq!(status.status, StatusCode::OK);
    assert!(status.text().contains("Requests shed"));
    drop(taken);
    assert_eq!(bed.get("/styleguide").cookie(&admin).send().await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_refused_before_they_are_read() {
    let bed = Bed::with(|config| config.limits.body_bytes = [1 << 20; 3]).await;
    let token = bed.role(Role::Sampler, "220202").await;
    // The route would take it, but there is no room for so much at once.
    let large = json!({"device": "x".repeat(2 << 20), "device_time": 1, "commands": []});
    let shed = bed.post("/api/v1/commands").bearer(&token).json(&large).send().await;
    assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
    let small = json!({"device": "x", "device_time": 1, "commands": []});
    let taken = bed.post("/api/v1/commands").bearer(&token).json(&small).send().await;
    assert_eq!(taken.status, StatusCode::OK);
    assert_eq!(bed.app.gate().fill()[Class::Normal as usize].bytes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_asks_too_often_is_slowed_down() {
    let bed = Bed::with(|config| config.limits.page_rate.burst = 2.0).await;
    let token = bed.role(Role::Admin, "2202").await;
    let other = bed.role(Role::Auditor, "2202").await;
    for _ in 0..2 {
        assert_eq!(bed.get("/").cookie(&token).send().await.status, StatusCode::OK);
    }
    let slowed = bed.get("/").cookie(&token).send().await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.header("retry-after"), "1");
    assert_eq!(bed.get("/").cookie(&other).send().await.status, StatusCode::OK);
    bed.pass(types::Span::seconds(1));
    assert_eq!(bed.get("/").cookie(&token).send().await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_ledger_queue_is_told_and_nothing_is_taken() {
    let bed = Bed::with(|config| config.queue = 2).await;
    let token = bed.role(Role::District, "220202").await;
    let now = bed.app.now();
    let hold = |n: u8| ledger::Envelope {
        id: types::CommandId::from_bytes([n; 16]),
        area: types::AreaCode::NONE,
        event_time: now,
        clock_offset: types::Span(0),
        device: None,
        actor: ledger::Actor { user: "x".into(), holder: None },
        command: server::house::Command::Testing(testing::Command::Report { tubes: Vec::new() }),
    };
    // The normal lane has room for three; sixty come at once.
    let holding: Vec<_> = (1..=60)
        .map(|n| {
            let (app, envelope) = (bed.app.clone(), hold(n));
            tokio::spawn(async move { app.submit(ledger::Priority::Normal, vec![envelope]).await })
        })
        .collect();
    let mut shed = 0;
    for outcome in holding {
        match outcome.await.expect("no panic") {
            Ok(outcomes) => assert_eq!(outcomes.len(), 1),
            Err(ledger::LedgerError::Overloaded { retry_after_seconds }) => {
                assert!(retry_after_seconds >= 1);
                shed += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let mut db = bed.app.reader().await.expect("a reader");
    let count = db.query_text("SELECT count(*) FROM journal", &[]).await.expect("count");
    // What was acknowledged is there; what was shed is not.
    assert_eq!(count[0].int(0).expect("a number"), 60 - shed);
    let page = bed.get("/").cookie(&token).send().await;
    assert_eq!(page.status, StatusCode::OK);
}
