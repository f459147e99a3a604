//! Transfers over HTTP: what a crew, a receiving site and a dispatcher may, and codes as signatures.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::{Grant, Role};
use server::sign_codes;
use types::{AreaCode, AreaScope, CommandId, HolderCode, PersonId, UnitId};
use uuid::Uuid;

use crate::bed::{Bed, grant};

const AREA: &str = "220202";
const SITE: &str = "ward:JL-F01";

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

/// Sends one command; gives its id and its outcome.
async fn send(bed: &Bed, token: &str, command: Json) -> (CommandId, Json) {
    let id = CommandId(Uuid::now_v7());
    let now = bed.app.now().0;
    let one = json!({"id": id.to_string(), "area": 220_202, "event_time": now, "command": command});
    let batch = json!({"device": "test", "device_time": now, "commands": [one]});
    let reply = bed.post("/api/v1/commands").bearer(token).json(&batch).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    (id, reply.json()["outcomes"][0].clone())
}

async fn accept(bed: &Bed, token: &str, command: Json) -> CommandId {
    let (id, outcome) = send(bed, token, command).await;
    assert_eq!(outcome["status"], "accepted", "{outcome}");
    id
}

async fn refusal(bed: &Bed, token: &str, command: Json) -> String {
    let (_, outcome) = send(bed, token, command).await;
    outcome["refusal"]["code"].as_str().unwrap_or_default().to_owned()
}

fn transfers(command: Json) -> Json {
    json!({ "transfers": command })
}

/// What somebody is told who may not see something.
async fn away(bed: &Bed, page: &str, token: &str) -> String {
    let reply = bed.get(page).cookie(token).english().send().await;
    assert_ne!(reply.status, StatusCode::OK, "{page}");
    let text = reply.text();
    let code = text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next());
    code.unwrap_or_default().to_owned()
}

struct Town {
    bed: Bed,
    district: String,
    crew: String,
    ward: String,
    ride: UnitId,
    trip: UnitId,
}

/// A facility, two vehicles, and somebody on a trip of the first.
async fn town() -> Town {
    let bed = Bed::new().await;
    let district = bed.role(Role::District, AREA).await;
    let crew = bed.role(Role::Crew, AREA).await;
    let ward = bed.role(Role::Ward, AREA).await;
    let facility = json!({"care": {"put_facility": {
        "code": SITE, "kind": "hotel", "name_zh": "酒店", "name_en": "Hotel", "serves": "2202",
        "opens_at": 0, "turnaround_minutes": 60,
    }}});
    accept(&bed, &district, facility).await;
    for code in ["vehicle:V1", "vehicle:V2"] {
        let put = json!({"put_vehicle": {
            "code": code, "kind": "minibus", "plate": code, "seats": 4, "carries": ["contact"],
            "serves": "2202", "base": {"area": 220_202},
        }});
        accept(&bed, &district, transfers(put)).await;
    }
    let person = PersonId::from_bytes([7; 16]);
    let register = json!({"registry": {"register_person": {
        "person": person.to_string(), "details": {"name": "张小雨", "id_type": "none"},
    }}});
    accept(&bed, &district, register).await;
    let want = json!({"want": {
        "people": [{"person": person.to_string()}], "reason": "moved", "class": "contact",
        "from": {"area": 220_202}, "to": {"area": 220_202, "facility": SITE},
    }});
    let id = accept(&bed, &district, transfers(want)).await;
    let ride = ::transfers::ride_id(area(), id, person);
    let plan = bed.get("/api/v1/transfers/plan?steps=50").bearer(&district).send().await.json();
    let proposed = &plan["trips"][0];
    assert_eq!(proposed["rides"], json!([ride.to_string()]), "{plan}");
    let dispatch = json!({"dispatch": {
        "vehicle": "vehicle:V1", "rides": proposed["rides"], "calls": proposed["calls"],
        "leaves_at": proposed["leaves_at"],
    }});
    let id = accept(&bed, &district, transfers(dispatch)).await;
    let trip = ::transfers::trip_id(area(), id);
    Town { bed, district, crew, ward, ride, trip }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_signs_for_the_other_side_and_a_wrong_one_does_not() {
    let Town { bed, crew, ward, ride, trip, .. } = town().await;
    let secrets = bed.app.secrets();
    let own = bed.get("/api/v1/transfers/own").bearer(&crew).send().await.json();
    assert_eq!(own["trips"][0]["rides"][0]["id"], json!(ride.to_string()), "{own}");
    let pick = |code: &str| {
        transfers(
            json!({"pick_up": {"trip": trip.to_string(), "rides": [ride.to_string()], "code": code}}),
        )
    };
    let right = sign_codes::of_ride(secrets, ride);
    let wrong = if right == "111111" { "222222" } else { "111111" };
    assert_eq!(refusal(&bed, &crew, pick(wrong)).await, "hand-over-code-wrong");
    let (_, outcome) = send(&bed, &crew, pick(&right)).await;
    assert_eq!(
        (&outcome["status"], &outcome["notes"]),
        (&json!("accepted"), &Json::Null),
        "both sides have signed"
    );

    let receive = |code: &str| {
        transfers(json!({"receive": {
            "trip": trip.to_string(), "rides": [ride.to_string()], "facility": SITE, "code": code,
        }}))
    };
    assert_eq!(refusal(&bed, &crew, receive("")).await, "receiving-site-signs");
    assert_eq!(refusal(&bed, &crew, receive(wrong)).await, "hand-over-code-wrong");
    let site = format!("/api/v1/transfers/facilities/{SITE}");
    let seen = bed.get(&site).bearer(&ward).send().await.json();
    assert_eq!(seen["to"][0]["stage"], "aboard");
    let told = seen["codes"][trip.to_string()].as_str().expect("the site has a code").to_owned();
    let auditor = bed.role(Role::Auditor, AREA).await;
    let read = bed.get(&site).bearer(&auditor).send().await.json();
    assert_eq!(read["codes"], json!({}), "a code is for those who sign");
    accept(&bed, &crew, receive(&told)).await;
    let after = bed.get(&site).bearer(&ward).send().await.json();
    assert_eq!(after["to"], json!([]));
    let own = bed.get("/api/v1/transfers/own").bearer(&crew).send().await.json();
    assert_eq!((&own["vehicle"]["state"], &own["trips"]), (&json!("dirty"), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crew_sees_and_moves_its_own_trip_only() {
    let Town { bed, district, crew, ward, ride, trip } = town().await;
    let holder = HolderCode::parse("vehicle:V2").ok();
    let scope = AreaScope::parse(AREA).expect("a scope");
    bed.account("other-crew", vec![Grant { role: Role::Crew, scope, holder }]).await;
    let other = bed.session("other-crew").await;
    let pages = [
        format!("/transfers/trips/{trip}"),
        format!("/transfers/rides/{ride}"),
        "/transfers/vehicles/vehicle:V1".to_owned(),
    ];
    for page in &pages {
        assert_eq!(bed.get(page).cookie(&crew).send().await.status, StatusCode::OK, "{page}");
        assert_eq!(away(&bed, page, &other).await, "not-your-holder", "{page}");
    }
    let start = transfers(json!({"start": {"trip": trip.to_string()}}));
    assert_eq!(refusal(&bed, &other, start.clone()).await, "not-your-holder");
    assert_eq!(refusal(&bed, &ward, start.clone()).await, "not-allowed");
    accept(&bed, &crew, start).await;
    // Another facility's staff does not see who comes here.
    let holder = HolderCode::parse("ward:JL-F02").ok();
    bed.account("other-ward", vec![Grant { role: Role::Ward, scope, holder }]).await;
    let elsewhere = bed.session("other-ward").await;
    for page in [&pages[0], &pages[1]] {
        assert_eq!(bed.get(page).cookie(&ward).send().await.status, StatusCode::OK, "{page}");
        assert_eq!(away(&bed, page, &elsewhere).await, "not-your-holder", "{page}");
    }
    // A dispatcher of another county neither.
    bed.account("away", vec![grant(Role::District, "220102")]).await;
    let afar = bed.session("away").await;
    for page in &pages {
        assert_eq!(away(&bed, page, &afar).await, "not-your-area", "{page}");
    }
    // The name is shown once somebody asks, and the look is on record first.
    let count = async || {
        let mut db = bed.app.reader().await.expect("a reader");
        let sql = "SELECT count(*) FROM journal WHERE kind = 'registry.look' AND refused IS NULL";
        db.query_text(sql, &[]).await.expect("count")[0].int(0).expect("a number")
    };
    let before = count().await;
    let reveal = format!("/transfers/rides/{ride}/reveal");
    let shown = bed.post(&reveal).signed_form(&crew, &[]).send().await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text().contains("张小雨"), "the crew finds the door");
    assert_eq!(count().await, before + 1);
    let turned = bed.post(&reveal).signed_form(&other, &[]).send().await;
    assert_ne!(turned.status, StatusCode::OK);
    assert_eq!(count().await, before + 1, "nothing was looked at");
    let board = bed.get("/transfers").cookie(&district).english().send().await;
    assert!(board.text().contains("Under way"), "the trip is on the board");
}
