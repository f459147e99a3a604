//! The frame around every page: headers, languages, errors, files.

use axum::http::StatusCode;
use server::access::Role;

use crate::bed::{Bed, put_places};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_security_headers() {
    let bed = Bed::new().await;
    for path in ["/sign-in", "/nowhere", "/api/v1/me", "/assets/styles.css", "/healthz"] {
        let reply = bed.get(path).send().await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe-inline"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert!(reply.header("permissions-policy").contains("camera=(self)"), "{path}");
        assert_eq!(reply.header("x-request-id").len(), 16, "{path}");
        assert!(!reply.header("cache-control").is_empty(), "{path}");
    }
    for path in ["/field/", "/assets/field-reader.js"] {
        let field = bed.get(path).send().await;
        assert!(field.header("content-security-policy").contains("wasm-unsafe-eval"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_have_no_inline_script_or_style() {
    let bed = Bed::new().await;
    let admin = bed.role(Role::Admin, "2202").await;
    for path in ["/sign-in", "/household", "/", "/styleguide", "/status", "/admin/accounts/new"] {
        let page = bed.get(path).cookie(&admin).send().await.text();
        assert!(!page.contains("style="), "{path} has an inline style");
        assert!(!page.contains("<script>"), "{path} has an inline script");
        assert!(!page.contains(" onclick"), "{path} has an inline handler");
        assert!(!page.contains("<style"), "{path} has a style element");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_language_follows_the_cookie_and_then_the_browser() {
    let bed = Bed::new().await;
    let chinese = bed.get("/sign-in").send().await.text();
    assert!(chinese.contains("lang=\"zh-Hans\"") && chinese.contains("登录"));
    let english = bed.get("/sign-in").english().send().await.text();
    assert!(english.contains("lang=\"en\"") && english.contains("Sign in"));
    let switch = bed.get("/language?to=en&back=/household%3Fx%3D1").send().await;
    assert_eq!((switch.status, switch.location()), (StatusCode::SEE_OTHER, "/household?x=1"));
    assert!(switch.header("set-cookie").starts_with("lang=en;"));
    let kept = bed.get("/sign-in").header("cookie", "lang=en").send().await.text();
    assert!(kept.contains("Sign in"));
    let elsewhere = bed.get("/language?to=en&back=//evil.example").send().await;
    assert_eq!(elsewhere.location(), "/");
    // The switch on a page leads back to where one is.
    let page = bed.get("/sign-in?next=%2Fstatus").send().await.text();
    assert!(page.contains("/language?to=en&amp;back=%2Fsign-in%3Fnext%3D%252Fstatus"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_say_what_happened_and_what_to_do_next() {
    let bed = Bed::new().await;
    let missing = bed.get("/nowhere").english().send().await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let text = missing.text();
    assert!(text.contains("Nothing here") && text.contains("/nowhere"));
    assert!(text.contains("What to do next"));
    assert!(text.contains(missing.header("x-request-id")));
    let courier = bed.role(Role::Courier, "220202").await;
    let refused = bed.get("/admin/accounts").cookie(&courier).english().send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("Your role may not do this"));
    assert!(refused.text().contains("<code>not-allowed</code>"));
    let api = bed.get("/api/v1/nowhere").send().await;
    assert_eq!(api.status, StatusCode::NOT_FOUND);
    assert_eq!(api.json()["error"]["code"], "not-found");
    assert!(!api.json()["error"]["message"]["zh"].as_str().unwrap_or_default().is_empty());
    let wrong_method = bed.post("/healthz").send().await;
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
    let area = bed.get("/?area=22020").cookie(&courier).english().send().await;
    assert_eq!(area.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(area.text().contains("area scope"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_cached_by_their_content() {
    let bed = Bed::new().await;
    let page = bed.get("/sign-in").send().await.text();
    let start = page.find("/assets/styles.css?v=").expect("the style sheet");
    let url = page[start..].split('"').next().expect("its address");
    let versioned = bed.get(url).send().await;
    assert_eq!(versioned.status, StatusCode::OK);
    assert!(versioned.header("cache-control").contains("immutable"));
    assert_eq!(versioned.header("content-type"), "text/css; charset=utf-8");
    let plain = bed.get("/assets/styles.css").send().await;
    assert_eq!(plain.header("cache-control"), "no-cache");
    let etag = plain.header("etag").to_owned();
    let again = bed.get("/assets/styles.css").header("if-none-match", etag).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let stale = bed.get("/assets/styles.css?v=0000").send().await;
    assert_eq!(stale.header("cache-control"), "no-cache");
    assert_eq!(bed.get("/assets/../Cargo.toml").send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_downloads_as_csv_and_sorts_by_links() {
    let bed = Bed::new().await;
    let admin = bed.role(Role::Admin, "2202").await;
    let csv = bed.get("/styleguide?format=csv").cookie(&admin).english().send().await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").contains("tubes.csv"));
    let text = csv.text();
    assert!(text.starts_with("\u{feff}Tube,Site,Persons,Since,State\r\n"), "{text}");
    assert!(text.contains("T220202000123458,"));
    let page = bed.get("/styleguide?sort=site").cookie(&admin).english().send().await.text();
    assert!(page.contains("aria-sort=\"ascending\""));
    assert!(page.contains("href=\"/styleguide?sort=-site\""));
    assert!(page.contains("<caption>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_for_this_machine_and_those_who_watch() {
    let bed = Bed::new().await;
    let stranger = bed.get("/metrics").send().await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let auditor = bed.role(Role::Auditor, "2202").await;
    let text = bed.get("/metrics").cookie(&auditor).send().await.text();
    assert!(text.contains("songhua_requests_total"), "{text}");
    assert!(text.contains("songhua_commands_waiting"));
    assert_eq!(bed.get("/healthz").send().await.text(), "ok\n");
    assert_eq!(bed.get("/livez").send().await.text(), "ok\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_areas_in_view_are_chosen_by_name_within_the_own_scope() {
    let bed = Bed::new().await;
    let commander = bed.role(Role::Commander, "2202").await;
    let by_code = bed.get("/status").cookie(&commander).english().send().await.text();
    assert!(by_code.contains("href=\"/areas?back=%2Fstatus\""), "{by_code}");
    put_places(
        &bed,
        &[
            ("22", "吉林省", "Jilin Province"),
            ("2201", "长春市", "Changchun"),
            ("2202", "吉林市", "Jilin City"),
        ],
    )
    .await;
    put_places(&bed, &[("220202", "昌邑区", "Changyi")]).await;
    put_places(&bed, &[("220203", "龙潭区", "Longtan")]).await;
    put_places(&bed, &[("220102", "南关区", "Nanguan")]).await;
    bed.app.read_areas().await.expect("read");
    let page =
        bed.get("/areas?back=/status%3Fx%3D1").cookie(&commander).english().send().await.text();
    assert!(
        page.contains("Jilin City") && page.contains("href=\"/status?x=1&amp;area=220203\""),
        "{page}"
    );
    assert!(!page.contains("Nanguan") && !page.contains("Changchun"));
    let chosen =
        bed.get("/status?x=1&area=220203").cookie(&commander).english().send().await.text();
    assert!(chosen.contains("Longtan"));
    // Links of the navigation stay in the chosen area.
    assert!(chosen.contains("href=\"/status?area=220203\""));
    let chinese = bed.get("/status?area=220203").cookie(&commander).send().await.text();
    assert!(chinese.contains("龙潭区"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_part_is_given_alone_with_its_time() {
    let bed = Bed::new().await;
    let auditor = bed.role(Role::Auditor, "2202").await;
    let page = bed.get("/status").cookie(&auditor).send().await.text();
    assert!(page.contains("data-live=\"testing:2202 registry:2202\""), "{page}");
    assert!(page.contains("data-src=\"/status?fragment=load\""));
    let part = bed.get("/status?fragment=load").cookie(&auditor).send().await;
    assert!(!part.text().contains("<html") && part.text().contains("<table"));
    assert_eq!(part.header("x-as-of"), "2022-03-15 08:00");
    // A script is not led to the sign-in page.
    let out = bed.get("/status?fragment=load").header("x-fragment", "1").send().await;
    assert_eq!(out.status, StatusCode::UNAUTHORIZED);
}
