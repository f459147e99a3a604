//! Looking back: what was known then, what is known of it today, and who may look.

use axum::http::StatusCode;
use server::access::Role;
use store::both_stores;
use types::Span;

use crate::bed::Bed;
use crate::feed::lab::{collect, prepare, tube};

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
