//! Looking back at a moment: every page shows what was known, nothing is changed there, and only those who
//! review what was done may.

use axum::http::StatusCode;
use server::access::Role;
use store::both_stores;
use types::Span;

use crate::bed::Bed;
use crate::feed::lab::{collect, prepare, tube};

/// What the site holds.
const LIST: &str = "/testing/holders/site:220202-S001";
const AT: &str = "2022-03-15T08:05";

/// Looks back, and waits until the copy is there: the cookie, and where it leads.
async fn look_back(bed: &Bed, session: &str, at: &str, back: &str) -> (String, String) {
    let call = bed.post("/past").english().cookie(session);
    let taken = call.signed_form(session, &[("at", at), ("back", back)]).send().await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let cookie = taken.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let mut to = taken.location().to_owned();
    while to.starts_with("/past") {
        let page = bed.get(&to).english().cookie(session).header("cookie", cookie.clone());
        let page = page.send().await;
        match page.status {
            StatusCode::SEE_OTHER => to = page.location().to_owned(),
            _ => assert!(page.text().contains("Putting back what was known"), "{}", page.text()),
        }
    }
    (cookie, to)
}

both_stores! {
    async fn a_list_is_shown_as_it_was_with_what_has_changed_since(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        collect(&bed.app, tube(1), None).await;
        bed.pass(Span::minutes(10));
        collect(&bed.app, tube(2), None).await;
        bed.pass(Span::minutes(10));
        let session = bed.role(Role::Commander, "2202").await;
        let (cookie, to) = look_back(&bed, &session, AT, LIST).await;
        assert_eq!(to, LIST);
        let get = |path: &str| {
            bed.get(path).english().cookie(&session).header("cookie", cookie.clone()).send()
        };
        let (first, second) = (tube(1).to_string(), tube(2).to_string());
        let then = get(LIST).await.text();
        assert!(then.contains("As it was known at 2022-03-15 08:05"), "{then}");
        assert!(then.contains(&format!("/tubes/{first}")), "{then}");
        assert!(!then.contains(&format!("/tubes/{second}")), "it was not known yet: {then}");
        assert!(then.contains("1 new") && then.contains(&second), "but it is new since: {then}");
        assert!(then.contains("data-past"), "{then}");
        // What is not in the journal is of today, and says so.
        let today = get("/testing/as-of").await.text();
        assert!(today.contains("This page is of today"), "{today}");
        // The page of a thing that was not known yet.
        assert_eq!(get(&format!("/tubes/{second}")).await.status, StatusCode::NOT_FOUND);
        // Nothing is changed there.
        let form = [("title", "Test everybody"), ("signed_by", "Mayor")];
        let decide = bed.post("/decisions/new").english().cookie(&session);
        let decide = decide.header("cookie", cookie.clone()).signed_form(&session, &form).send().await;
        assert_eq!(decide.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", decide.text());
        assert!(decide.text().contains("nothing can be changed there"), "{}", decide.text());
        // And back.
        let leave = bed.post("/past/leave").cookie(&session).header("cookie", cookie.clone());
        let leave = leave.signed_form(&session, &[("back", LIST)]).send().await;
        assert_eq!((leave.status, leave.location()), (StatusCode::SEE_OTHER, LIST));
        assert!(leave.header("set-cookie").contains("past=;"), "{}", leave.header("set-cookie"));
        let now = bed.get(LIST).english().cookie(&session).send().await.text();
        assert!(now.contains(&format!("/tubes/{second}")) && !now.contains("As it was known at"));
        // Another node's page, or one after a restart, makes the copy again.
        bed.app.forget_pasts();
        let again = get(LIST).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        assert!(again.location().starts_with("/past?go=1"), "{}", again.location());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_who_review_look_back_and_only_at_what_has_been() {
    let bed = Bed::new().await;
    prepare(&bed.app).await;
    collect(&bed.app, tube(1), None).await;
    bed.pass(Span::minutes(10));
    let commander = bed.role(Role::Commander, "2202").await;
    let call = bed.post("/past").english().cookie(&commander);
    let future = call.signed_form(&commander, &[("at", "2022-03-15T20:00")]).send().await;
    assert!(future.text().contains("has not come yet"), "{}", future.text());
    assert_eq!(future.header("set-cookie"), "");
    let (cookie, _) = look_back(&bed, &commander, AT, LIST).await;
    // The cookie of somebody else is nothing to those who may not.
    let sampler = bed.role(Role::Sampler, "220202").await;
    let page =
        bed.get(LIST).english().cookie(&sampler).header("cookie", cookie.clone()).send().await;
    assert!(!page.text().contains("As it was known at"), "{}", page.text());
    let page = bed.get("/past").cookie(&sampler).send().await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    // Nor is one of a moment that has not come.
    let page = bed.get(LIST).english().cookie(&commander).header("cookie", "past=9999999999999999");
    assert!(!page.send().await.text().contains("As it was known at"));
    // Programs are never given the past unasked.
    let page =
        bed.get("/api/v1/bulletins").bearer(&commander).header("cookie", cookie).send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
}
