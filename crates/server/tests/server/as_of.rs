//! Looking back: what was known then, what is known of it today, and who may look.

use axum::http::StatusCode;
use server::access::Role;
use store::both_stores;
use types::Span;

use crate::bed::Bed;
use crate::feed::lab::{collect, prepare, tube};

store::statements! {
    POSTED: Insert = Insert::new(
        "journal",
        &[("seq", Int), ("area", Int), ("command", Bytes), ("kind", Text), ("event_time", Int),
          ("record_time", Int), ("clock_offset", Int), ("actor", Text), ("body", Text),
          ("hash", Bytes)],
        "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_takes_too_long_is_given_up_and_says_so() {
    let bed = Bed::with(|config| config.limits.review_seconds = 0).await;
    prepare(&bed.app).await;
    collect(&bed.app, tube(1), None).await;
    bed.pass(Span::minutes(5));
    let district = bed.role(Role::District, "220202").await;
    let call = || bed.get("/testing/as-of?at=2022-03-15T07:30").english().cookie(&district);
    let page = call().send().await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text());
    let page = page.text();
    assert!(page.contains("too long to be read in one go"), "{page}");
    assert!(page.contains("Choose fewer areas"), "and what to do: {page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_beyond_those_that_wait_is_asked_to_come_back() {
    let bed = Bed::with(|config| config.limits.reviews = 0).await;
    prepare(&bed.app).await;
    let district = bed.role(Role::District, "220202").await;
    let call = bed.get("/testing/as-of?at=2022-03-15T07:30").english().cookie(&district);
    let page = call.send().await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.text());
    assert_eq!(page.header("retry-after"), "10");
}

both_stores! {
    async fn a_late_report_shows_beside_what_was_known_then(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        // Filled at seven, told at eight: at half past seven nobody here knew of it.
        collect(&bed.app, tube(1), None).await;
        bed.pass(Span::minutes(5));
        let district = bed.role(Role::District, "220202").await;
        let get = |query: &str| {
            bed.get(&format!("/testing/as-of{query}")).english().cookie(&district).send()
        };
        let asked = get("").await.text();
        assert!(asked.contains("Choose a moment"), "{asked}");
        let then = get("?at=2022-03-15T07:30").await.text();
        let code = tube(1).to_string();
        assert!(then.contains("As it was known at 2022-03-15 07:30"), "{then}");
        assert!(then.contains("known today: 1"), "{then}");
        assert!(then.contains(&format!("/tubes/{code}")), "the late report opens its tube: {then}");
        assert!(then.contains("Histories of 1 units were read"), "{then}");
        let now = get("?at=2022-03-15T08:04").await.text();
        assert!(now.contains("Nothing was learnt later"), "{now}");
        assert!(!now.contains("known today"), "{now}");
        let csv = get("?at=2022-03-15T07:30&format=csv").await.text();
        assert!(csv.contains("0 -> 1"), "{csv}");
        // What is no moment, or none that has been.
        let future = get("?at=2022-03-15T09:00").await.text();
        assert!(future.contains("has not come yet"), "{future}");
        assert!(get("?at=yesterday").await.text().contains("error-summary"));
    }

    async fn quantities_are_told_as_they_were_known(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        let district = bed.role(Role::District, "220202").await;
        let page = |at: &'static str| {
            bed.get(&format!("/testing/as-of?at={at}")).english().cookie(&district).send()
        };
        let nothing = page("2022-03-15T07:30").await.text();
        assert!(nothing.contains("No quantities had been recorded"), "{nothing}");
        // One delivery is told at once, another of the same hour a day late.
        let at = |hour: i64| types::Micros(bed.app.now().0 - Span::hours(hour).0);
        let mut writer = bed.app.store().writer().await.expect("a writer");
        for (n, amount, happened, recorded) in [(1_u8, 500, at(1), at(1)), (2, 40, at(1), at(0))] {
            let body = format!(
                r#"{{"moves":[{{"post":{{"commodity":"swab kits","from":"supplier","to":"site:220202-S001","amount":{amount}}}}}]}}"#
            );
            let row = [
                (9_000 + i64::from(n)).into(), 220_202_i64.into(), [n; 16].into(), "story".into(),
                happened.into(), recorded.into(), 0_i64.into(), "story".into(), body.into(),
                vec![0; 32].into(),
            ];
            writer.insert(&POSTED, &row).await.expect("a row");
        }
        drop(writer);
        bed.pass(Span::minutes(5));
        let then = page("2022-03-15T07:30").await.text();
        assert!(then.contains("swab kits") && then.contains("supplier"), "{then}");
        assert!(then.contains("site:220202-S001") && then.contains("500"), "{then}");
        assert!(then.contains("known today: 540"), "{then}");
        assert!(then.contains("known today: −540"), "the sum stays zero: {then}");
    }

    async fn a_desk_looks_back_at_its_own_areas_only(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        collect(&bed.app, tube(1), None).await;
        bed.pass(Span::minutes(5));
        let other = bed.role(Role::District, "220203").await;
        let page = bed.get("/testing/as-of?at=2022-03-15T07:30").english().cookie(&other).send().await;
        assert!(page.text().contains("Histories of 0 units"), "{}", page.text());
        let away = bed.get("/testing/as-of?at=2022-03-15T07:30&area=220202").cookie(&other).send().await;
        assert_eq!(away.status, StatusCode::FORBIDDEN);
    }
}
