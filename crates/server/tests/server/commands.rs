//! `POST /api/v1/commands`: who may send what, in which form, and what comes back.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::Role;
use store::both_stores;
use types::{AreaCode, Micros, RoundId, Span, UnitId, UnitKind};
use uuid::Uuid;

use crate::bed::{Bed, Reply, grant};

const AREA: u32 = 220_202;

fn id() -> String {
    Uuid::now_v7().to_string()
}

fn tube(serial: u32) -> String {
    let area = AreaCode::new(AREA).expect("an area");
    UnitId::printed(UnitKind::new('T'), area, serial).to_string()
}

fn round() -> RoundId {
    RoundId::from_bytes([5; 16])
}

fn open_round(now: Micros) -> Json {
    json!({"testing": {"open_round": {
        "round": round(), "name_zh": "第一轮", "name_en": "First round", "number": 1,
        "places": ["220202"], "starts_at": now, "ends_at": now + Span::hours(20),
        "population": 300_000, "prevalence": 0.001,
    }}})
}

fn collect(serial: u32, site: &str, now: Micros) -> Json {
    json!({"testing": {"collect": {
        "round": round(), "tube": tube(serial), "site": site, "community": "220202001001",
        "mode": "single", "zone": "other", "persons": [Uuid::now_v7()], "started_at": now,
    }}})
}

fn sent(area: u32, at: Micros, command: Json) -> Json {
    json!({"id": id(), "area": area, "event_time": at, "command": command})
}

fn batch(now: Micros, commands: &[Json]) -> Json {
    json!({"device": "phone-7", "device_time": now, "commands": commands})
}

async fn send(bed: &Bed, token: &str, body: &Json) -> Reply {
    bed.post("/api/v1/commands").bearer(token).json(body).send().await
}

both_stores! {
    async fn a_batch_is_answered_command_by_command_and_once_only(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let now = bed.app.now();
        let district = bed.role(Role::District, "220202").await;
        let opened = send(&bed, &district, &batch(now, &[sent(AREA, now, open_round(now))])).await;
        assert_eq!(opened.json()["outcomes"][0]["status"], "accepted", "{}", opened.text());

        let sampler = bed.role(Role::Sampler, "220202").await;
        let later = now + Span::minutes(1);
        let commands = [
            sent(AREA, later, collect(1, "site:220202-S001", now)),
            // Another county, another site, another desk's work, and a form that nobody knows.
            sent(220_102, later, collect(2, "site:220202-S001", now)),
            sent(AREA, later, collect(3, "site:220202-S999", now)),
            sent(AREA, later, open_round(now)),
            sent(AREA, later, json!({"testing": {"teleport": {}}})),
            sent(AREA, later, collect(4, "site:220202-S001", now)),
        ];
        let body = batch(now, &commands);
        let reply = send(&bed, &sampler, &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let outcomes = reply.json()["outcomes"].as_array().expect("outcomes").clone();
        let codes: Vec<&str> = outcomes
            .iter()
            .map(|o| o["refusal"]["code"].as_str().unwrap_or_else(|| o["status"].as_str().expect("status")))
            .collect();
        assert_eq!(codes, [
            "accepted", "not-your-area", "not-your-holder", "not-allowed", "malformed-command", "accepted",
        ]);
        for (outcome, command) in outcomes.iter().zip(&commands) {
            assert_eq!(outcome["id"], command["id"]);
        }
        let refusal = &outcomes[1]["refusal"];
        assert_eq!(refusal["args"]["area"], "220102");
        assert!(refusal["message"]["zh"].as_str().expect("text").contains("220102"));
        assert!(!refusal["next"]["en"].as_str().expect("text").is_empty());
        // The person is not in the registry: taken, with a remark.
        let notes = outcomes[0]["notes"].as_array().expect("notes");
        assert!(notes.iter().any(|note| note["code"] == "person-unregistered"), "{notes:?}");

        let again = send(&bed, &sampler, &body).await.json();
        assert_eq!(again["outcomes"][0]["duplicate"], true);
        assert_eq!(again["outcomes"][0]["status"], "accepted");
        // What was turned away was not recorded: the right sender may send it.
        assert_eq!(again["outcomes"][3]["duplicate"], false);
        let rows = bed.app.reader().await.expect("reader")
            .query_text("SELECT count(*) FROM journal WHERE kind = 'testing.collect'", &[]).await.expect("count");
        assert_eq!(rows[0].int(0).expect("a number"), 2);
    }

    async fn a_command_that_cannot_be_recorded_is_said_to_be_so_and_holds_up_no_other(bed: TestBed) {
        let postgres = bed.kind() == store::testkit::Kind::Postgres;
        let bed = Bed::on(bed).await;
        let now = bed.app.now();
        let district = bed.role(Role::District, "220202").await;
        send(&bed, &district, &batch(now, &[sent(AREA, now, open_round(now))])).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let mut odd = collect(2, "site:220202-S001", now);
        // A scanner that adds a NUL: PostgreSQL keeps no such text, SQLite does.
        odd["testing"]["collect"]["barcode"] = "6901234567892\u{0}".into();
        let commands = [
            sent(AREA, now, collect(1, "site:220202-S001", now)),
            sent(AREA, now, odd),
            sent(AREA, now, collect(3, "site:220202-S001", now)),
        ];
        for sending in 0..2 {
            let reply = send(&bed, &sampler, &batch(now, &commands)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
            let outcomes = reply.json()["outcomes"].as_array().expect("outcomes").clone();
            let told: Vec<_> = outcomes.iter().map(|o| (o["status"].clone(), o["duplicate"].clone())).collect();
            let good = (Json::from("accepted"), Json::from(sending > 0));
            let bad = (Json::from("not_recorded"), Json::from(false));
            assert_eq!(told, [good.clone(), if postgres { bad } else { good.clone() }, good]);
            if postgres {
                let refusal = &outcomes[1]["refusal"];
                assert_eq!((&refusal["code"], &refusal["args"]["reason"]), (&"not-recorded".into(), &"row".into()));
                for text in [&refusal["message"]["zh"], &refusal["next"]["en"]] {
                    assert!(!text.as_str().expect("text").is_empty());
                }
            }
        }
    }

    async fn a_clock_that_is_off_is_corrected_and_the_offset_recorded(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let now = bed.app.now();
        let district = bed.role(Role::District, "220202").await;
        // The device is an hour slow, and says that it happened five minutes before sending.
        let device_time = now - Span::hours(1);
        let at = device_time - Span::minutes(5);
        send(&bed, &district, &batch(device_time, &[sent(AREA, at, open_round(now))])).await;
        let rows = bed.app.reader().await.expect("reader")
            .query_text("SELECT event_time, clock_offset, actor, device FROM journal", &[]).await.expect("rows");
        assert_eq!(rows[0].time(0).expect("time"), now - Span::minutes(5));
        assert_eq!(rows[0].int(1).expect("offset"), Span::hours(1).0);
        assert_eq!(rows[0].text(2).expect("actor"), "district-220202");
        assert_eq!(rows[0].text(3).expect("device"), "phone-7");
    }

    async fn a_walk_in_is_sealed_before_anything_keeps_it(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let now = bed.app.now();
        let grid = bed.role(Role::Grid, "220202").await;
        let register = |details: Json| json!({"registry": {"register_person": {
            "person": Uuid::now_v7(), "details": details,
        }}});
        let commands = [
            sent(AREA, now, register(json!({"name": "欧阳测试", "id_type": "passport", "id_number": "E12345678"}))),
            sent(AREA, now, register(json!({"name": ""}))),
            sent(AREA, now, json!({"registry": {"put_persons": {"import": Uuid::now_v7(), "households": []}}})),
        ];
        let reply = send(&bed, &grid, &batch(now, &commands)).await.json();
        assert_eq!(reply["outcomes"][0]["status"], "accepted", "{reply}");
        assert_eq!(reply["outcomes"][1]["refusal"]["code"], "name-missing");
        assert_eq!(reply["outcomes"][2]["refusal"]["code"], "not-allowed");
        let district = bed.role(Role::District, "220202").await;
        let inside = send(&bed, &district, &batch(now, &commands[2..])).await.json();
        assert_eq!(inside["outcomes"][0]["refusal"]["code"], "internal-command");
        let rows = bed.app.reader().await.expect("reader")
            .query_text("SELECT body FROM journal", &[]).await.expect("rows");
        assert_eq!(rows.len(), 1);
        for row in &rows {
            let body = row.text(0).expect("a body");
            assert!(!body.contains("欧阳") && !body.contains("E12345678"), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_no_batch_says_why() {
    let bed = Bed::new().await;
    let token = bed.role(Role::Sampler, "220202").await;
    let odd = send(&bed, &token, &json!({"device": "d"})).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(odd.json()["error"]["code"], "malformed-json");
    let now = bed.app.now();
    let nameless = batch(now, &[json!({"area": AREA})]);
    assert_eq!(send(&bed, &token, &nameless).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let many: Vec<Json> =
        (0..2_001).map(|n| sent(AREA, now, collect(n, "site:220202-S001", now))).collect();
    let too_many = send(&bed, &token, &batch(now, &many)).await;
    assert_eq!(too_many.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(too_many.json()["error"]["code"], "batch-too-large");
    let large = json!({"device": "x".repeat(9 << 20), "device_time": 1, "commands": []});
    let too_large = send(&bed, &token, &large).await;
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(too_large.json()["error"]["code"], "too-large");
    let stranger = bed.post("/api/v1/commands").json(&batch(now, &[])).send().await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let empty = send(&bed, &token, &batch(now, &[])).await;
    assert_eq!(empty.json(), json!({"outcomes": []}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_two_sites_acts_for_the_one_that_the_command_names() {
    let bed = Bed::new().await;
    let now = bed.app.now();
    let district = bed.role(Role::District, "220202").await;
    send(&bed, &district, &batch(now, &[sent(AREA, now, open_round(now))])).await;
    let mut second = grant(Role::Sampler, "220202");
    second.holder = types::HolderCode::parse("site:220202-S002").ok();
    bed.account("two", vec![grant(Role::Sampler, "220202"), second]).await;
    let token = bed.session("two").await;
    let commands = [
        sent(AREA, now, collect(11, "site:220202-S002", now)),
        sent(AREA, now, collect(12, "site:220202-S001", now)),
        sent(AREA, now, collect(13, "site:220202-S003", now)),
    ];
    let reply = send(&bed, &token, &batch(now, &commands)).await.json();
    assert_eq!(reply["outcomes"][0]["status"], "accepted", "{reply}");
    assert_eq!(reply["outcomes"][1]["status"], "accepted");
    assert_eq!(reply["outcomes"][2]["refusal"]["code"], "not-your-holder");
}
