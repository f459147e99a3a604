//! The description of the API: as agreed, and complete.

use axum::http::Method;
use server::pages;

use crate::bed::Bed;

#[test]
fn the_description_is_as_agreed() {
    let description = server::api::openapi::description();
    let text = description.to_pretty_json().expect("JSON");
    insta::assert_snapshot!("openapi", text);
}

#[test]
fn every_route_of_the_api_is_described_and_no_other() {
    let description = server::api::openapi::description();
    let mut described: Vec<String> = Vec::new();
    for (path, item) in &description.paths.paths {
        let methods = [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("DELETE", item.delete.is_some()),
        ];
        described.extend(
            methods
                .iter()
                .filter(|(_, there)| *there)
                .map(|(method, _)| format!("{method} {path}")),
        );
    }
    let mut routed: Vec<String> = pages::all()
        .site()
        .routes()
        .iter()
        .filter(|r| r.api)
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    described.sort();
    routed.sort();
    assert_eq!(described, routed);
    assert!(routed.iter().any(|r| r.starts_with(Method::DELETE.as_str())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_is_served() {
    let bed = Bed::new().await;
    let reply = bed.get("/api/v1/openapi.json").send().await;
    assert_eq!(reply.json()["info"]["title"], "Songhua");
    assert_eq!(reply.header("content-type"), "application/json");
}
