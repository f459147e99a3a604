//! The guide: a drawn example for everybody, and a real tube in a made-up city only.

use axum::http::StatusCode;
use server::access::Role;
use server::pages::guide::Guide;
use types::{AreaCode, UnitId, UnitKind};

use crate::bed::Bed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_is_shown_a_drawn_example_and_no_tube_of_the_city() {
    let bed = Bed::new().await;
    let stranger = bed.get("/guide").english().send().await;
    assert_eq!(stranger.status, StatusCode::OK);
    let text = stranger.text();
    assert!(text.contains("This is a drawn example"), "{text}");
    for step in ["Collect", "Deliver", "Test", "Report"] {
        assert!(text.contains(step), "{step}");
    }
    // Nobody is led to a page that they cannot open, and nobody is signed in by a press.
    assert!(!text.contains("/testing/rounds") && !text.contains("<form"), "{text}");
    let commander = bed.role(Role::Commander, "2202").await;
    let text = bed.get("/guide").cookie(&commander).english().send().await.text();
    assert!(text.contains("href=\"/testing/rounds\"") && !text.contains("href=\"/laboratory\""));
    let chinese = bed.get("/guide").send().await.text();
    assert!(chinese.contains("跟着一支采样管走一遍") && chinese.contains("这是一个示例"));
    for page in ["/", "/sign-in"] {
        let call = bed.get(page);
        let call = if page == "/" { call.cookie(&commander) } else { call };
        assert!(call.send().await.text().contains("href=\"/guide\""), "{page} leads to the guide");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tube_that_is_not_there_falls_back_to_the_example() {
    let bed = Bed::new().await;
    let area = AreaCode::parse("220202").expect("six digits");
    bed.app.set_guide(Guide {
        tube: UnitId::printed(UnitKind::new('T'), area, 7),
        logins: vec![(Role::Commander, "commander".into())],
        password: "songhua-demo".into(),
        household_code: None,
    });
    let text = bed.get("/guide").english().send().await.text();
    assert!(text.contains("This is a drawn example"), "{text}");
}
