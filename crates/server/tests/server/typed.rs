//! What people type into the supply desk's forms: places by name or code, people by number or telephone.

use axum::http::StatusCode;
use serde_json::json;
use types::PersonId;
use uuid::Uuid;

use crate::bed::Bed;
use crate::supply::{Town, accept, town_on};

/// The address of the passes of the county.
const PASSES: &str = "/supply/passes?area=220202";

/// A county with places that have names, and a driver who is registered with a telephone.
async fn named() -> Town {
    let town = town_on(Bed::new().await).await;
    let places = [
        ("220202001002", "江南社区", "Jiangnan"),
        ("220202001002-01", "松花花园", "Songhua Garden"),
    ];
    crate::bed::put_places(&town.bed, &places).await;
    let register = json!({"registry": {"register_person": {
        "person": PersonId::from_bytes([8; 16]).to_string(),
        "details": {"name": "刘师傅", "id_type": "none", "phone": "13912345678"},
        "address": {"place": "220202001002-01", "door": "202"},
    }}});
    accept(&town.bed, &town.district, register).await;
    town
}

/// Sends the form of a pass; gives the answer's status and its page.
async fn give(town: &Town, driver: &str, places: &str) -> (StatusCode, String) {
    let command = Uuid::now_v7().to_string();
    let fields = [
        ("command", command.as_str()),
        ("vehicle", "vehicle:B9"),
        ("plate", "吉B·99999"),
        ("driver", driver),
        ("carries", "500"),
        ("places", places),
        ("from", "2022-03-15T08:00"),
        ("until", "2022-03-15T20:00"),
    ];
    let call = town.bed.post(PASSES).english().signed_form(&town.district, &fields);
    let reply = call.send().await;
    (reply.status, reply.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_is_given_by_names_and_a_telephone_and_stays_on_the_list_when_it_is_withdrawn() {
    let town = named().await;
    let (status, page) = give(&town, "13912345678", "Songhua Garden， 220202001001").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let list = "/api/v1/supply/passes";
    let given = town.bed.get(list).bearer(&town.district).send().await.json();
    let pass = &given["passes"][0];
    assert_eq!(pass["places"], json!(["220202001002-01", "220202001001"]), "{given}");
    assert_eq!(pass["driver"], json!(PersonId::from_bytes([8; 16]).to_string()), "{given}");
    // The vehicle can be chosen from now on, by its plate.
    let read = async || town.bed.get(PASSES).english().cookie(&town.district).send().await.text();
    let choice = r#"<option value="vehicle:B9">吉B·99999</option>"#;
    let before = read().await;
    assert!(before.contains(choice) && before.contains("/withdraw"), "{before}");
    let withdraw = json!({"supply": {"deliver": {"withdraw_pass": {
        "pass": pass["id"], "reason": "the van is broken",
    }}}});
    accept(&town.bed, &town.district, withdraw).await;
    let after = read().await;
    assert!(after.contains("the van is broken"), "{after}");
    assert!(!after.contains("/withdraw"), "what is withdrawn is not withdrawn again: {after}");
    let told = town.bed.get(list).bearer(&town.district).send().await.json();
    assert_eq!(told["passes"][0]["withdrawn"], json!("the van is broken"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_and_is_nobody_or_nowhere_is_told_and_nothing_is_lost() {
    let town = named().await;
    for (driver, places, said) in [
        ("13912345678", "Nowhere", "No place in view is called"),
        // The county, its street, a community and a compound bear this name.
        ("13912345678", "地", "Several places are called"),
        ("13900000000", "Jiangnan", "Nobody in your areas has this number"),
    ] {
        let (status, page) = give(&town, driver, places).await;
        assert_ne!(status, StatusCode::SEE_OTHER, "{page}");
        assert!(page.contains(said), "{said}: {page}");
        for kept in ["vehicle:B9", "吉B·99999", driver, places] {
            assert!(page.contains(&format!("value=\"{kept}\"")), "{kept}: {page}");
        }
    }
    let passes = town.bed.get("/api/v1/supply/passes").bearer(&town.district).send().await;
    assert_eq!(passes.json()["passes"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_asked_for_by_the_name_of_a_community() {
    let town = named().await;
    for list in ["/supply/unmet", "/supply/packs", "/supply/households"] {
        let read = async |community: &str| {
            let path = format!("{list}?area=220202&community={community}");
            town.bed.get(&path).english().cookie(&town.district).send().await
        };
        let by_name = read("Jiangnan").await;
        assert_eq!(by_name.status, StatusCode::OK, "{list}");
        // The code stands in the field, so that what follows is of the same community.
        assert!(by_name.text().contains("value=\"220202001002\""), "{list}: {}", by_name.text());
        let wrong = read("Nowhere").await;
        assert!(wrong.status.is_client_error(), "{list}: {}", wrong.status);
        assert!(wrong.text().contains("No place in view is called"), "{}", wrong.text());
    }
}
