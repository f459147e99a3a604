//! What a household sees, and what a checkpoint learns from a pass.

use axum::http::StatusCode;
use server::access::Role;
use server::pass;
use types::{AreaCode, PersonId};

use crate::bed::Bed;

fn someone() -> (AreaCode, PersonId) {
    (AreaCode::new(220_202).expect("six digits"), PersonId::from_bytes([5; 16]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_tells_the_latest_result_and_a_forged_one_nothing() {
    let bed = Bed::new().await;
    let (area, person) = someone();
    let token = pass::mint(bed.app.secrets(), area, person);
    let answer = bed.get(&format!("/api/v1/results/{token}")).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["state"], "none");
    let forged = bed.get(&format!("/api/v1/results/{}x", &token[..43])).send().await;
    assert_ne!(forged.status, StatusCode::OK);
    assert_eq!(forged.json()["error"]["code"], "pass-not-valid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_household_page_is_for_residents_only() {
    let bed = Bed::new().await;
    let sampler = bed.role(Role::Sampler, "220202").await;
    assert_eq!(bed.get("/my").cookie(&sampler).send().await.status, StatusCode::FORBIDDEN);
}
