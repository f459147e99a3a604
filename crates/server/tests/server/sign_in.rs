//! Signing in and out, on both stores: passwords, codes, households, lock-out, sessions.

use axum::http::{Method, StatusCode};
use registry::command::{IssueCodes, PutHousehold, PutPerson, PutPersons};
use serde_json::json;
use server::access::Role;
use store::both_stores;
use types::{AreaCode, HouseholdId, PersonId, PlaceCode, Span};

use crate::bed::{Bed, PASSWORD, Reply, grant, put_places, submit};

async fn sign_in(bed: &Bed, login: &str, password: &str) -> Reply {
    bed.post("/sign-in").english().form(&[("login", login), ("password", password)]).send().await
}

both_stores! {
    async fn a_password_opens_a_session_and_signing_out_ends_it(bed: TestBed) {
        let bed = Bed::on(bed).await;
        bed.account("zhang", vec![grant(Role::District, "220202")]).await;
        let wrong = sign_in(&bed, "zhang", "not the password").await;
        assert_eq!(wrong.status, StatusCode::OK);
        assert_eq!(wrong.session(), None);
        let nobody = sign_in(&bed, "nobody", "not the password").await;
        let sentence = "Login or password is wrong";
        assert!(wrong.text().contains(sentence) && nobody.text().contains(sentence));

        let right = bed
            .post("/sign-in")
            .form(&[("login", " Zhang "), ("password", PASSWORD), ("next", "/status?area=220202")])
            .send()
            .await;
        assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/status?area=220202"));
        let cookie = right.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let token = right.session().expect("a session");
        let home = bed.get("/").cookie(&token).send().await;
        assert_eq!(home.status, StatusCode::OK);
        assert!(home.text().contains("ZHANG"));

        let out = bed.post("/sign-out").signed_form(&token, &[]).send().await;
        assert_eq!(out.location(), "/sign-in");
        let gone = bed.get("/").cookie(&token).send().await;
        assert_eq!(gone.location(), "/sign-in?next=%2F");
    }

    async fn mistakes_lock_an_account_for_a_while_and_longer_each_time(bed: TestBed) {
        let bed = Bed::on(bed).await;
        bed.account("li", vec![grant(Role::Grid, "220202")]).await;
        for _ in 0..5 {
            assert!(sign_in(&bed, "li", "wrong wrong").await.text().contains("is wrong"));
        }
        // The right password does not help now, nor is it told from a wrong one.
        let locked = sign_in(&bed, "li", PASSWORD).await;
        assert!(locked.text().contains("too many wrong attempts"), "{}", locked.text());
        assert_eq!(locked.session(), None);
        bed.pass(Span::seconds(16));
        assert!(sign_in(&bed, "li", "wrong again").await.text().contains("is wrong"));
        bed.pass(Span::seconds(16));
        assert!(sign_in(&bed, "li", PASSWORD).await.text().contains("too many"));
        bed.pass(Span::seconds(16));
        assert!(sign_in(&bed, "li", PASSWORD).await.session().is_some());
        // The right password starts the count anew.
        for _ in 0..4 {
            sign_in(&bed, "li", "wrong wrong").await;
        }
        assert!(sign_in(&bed, "li", PASSWORD).await.session().is_some());
    }

    async fn a_session_ends_when_unused_and_in_any_case_at_last(bed: TestBed) {
        let bed = Bed::on(bed).await;
        bed.account("wang", vec![grant(Role::District, "220202")]).await;
        let token = bed.session("wang").await;
        let works = async || bed.get("/account").cookie(&token).send().await.status == StatusCode::OK;
        for _ in 0..7 {
            bed.pass(Span::minutes(119));
            assert!(works().await);
        }
        bed.pass(Span::minutes(121));
        assert!(!works().await);
        let token = bed.session("wang").await;
        let mut hours = 0;
        while bed.get("/account").cookie(&token).send().await.status == StatusCode::OK {
            bed.pass(Span::hours(1));
            hours += 1;
        }
        assert_eq!(hours, 16);
        assert_eq!(bed.app.prune_sessions().await.expect("prunes"), 0);
        bed.pass(Span::days(4));
        // The first one was deleted when it was found to be over, and so was the second.
        assert_eq!(bed.app.prune_sessions().await.expect("prunes"), 0);
        bed.session("wang").await;
        bed.pass(Span::days(4));
        assert_eq!(bed.app.prune_sessions().await.expect("prunes"), 1);
    }

    async fn one_time_codes_are_asked_for_and_used_up(bed: TestBed) {
        let bed = Bed::on(bed).await;
        bed.account("zhao", vec![grant(Role::Laboratory, "2202")]).await;
        let token = bed.session("zhao").await;
        let page = bed.get("/account/codes").cookie(&token).send().await.text();
        assert!(page.contains("class=\"qr\""), "{page}");
        let secret = bed.app.begin_codes("zhao").await.expect("enrolment").secret;
        let code = |offset: i64| {
            let key = totp_rs::Secret::try_from_base32(&secret).expect("base32");
            let totp = totp_rs::Builder::new()
                .with_secret(key.as_bytes().to_vec())
                .with_account_name("zhao")
                .build()
                .expect("totp");
            let seconds = (bed.app.wall().0 / 1_000_000 + offset) as u64;
            totp.generate(seconds).to_string()
        };
        let refused = bed.post("/account/codes").english().signed_form(&token, &[("code", "000000")]).send().await;
        assert!(refused.text().contains("The code is wrong"));
        let on = bed.post("/account/codes").signed_form(&token, &[("code", &code(0))]).send().await.text();
        let recovery = on.split("<li><code>").nth(1).expect("recovery codes")[..11].to_owned();

        let first = sign_in(&bed, "zhao", PASSWORD).await;
        assert_eq!(first.session(), None);
        let text = first.text();
        let ticket = text.split("name=\"ticket\" value=\"").nth(1).expect("a ticket");
        let ticket = ticket.split('"').next().expect("its end").to_owned();
        let second = async |code: &str| {
            let form = [("login", "zhao"), ("ticket", ticket.as_str()), ("code", code), ("next", "/account")];
            bed.post("/sign-in/code").english().form(&form).send().await
        };
        // The code that confirmed the enrolment is used up; the next one is not.
        assert!(second(&code(0)).await.text().contains("has been used"));
        let next = code(30);
        bed.pass(Span::seconds(30));
        let done = second(&next).await;
        assert_eq!(done.location(), "/account");
        assert!(done.session().is_some());
        assert!(second(&next).await.session().is_none());
        assert!(second(&recovery.to_lowercase()).await.session().is_some());
        assert!(second(&recovery).await.session().is_none());
        bed.pass(Span::minutes(6));
        assert!(second(&code(0)).await.text().contains("took too long"));

        // A device sends all at once, or is told what is missing.
        let ask = async |code: Option<String>| {
            let body = json!({"login": "zhao", "password": PASSWORD, "code": code, "device": "d1"});
            bed.post("/api/v1/sessions").json(&body).send().await
        };
        let missing = ask(None).await;
        assert_eq!(missing.status, StatusCode::UNAUTHORIZED);
        assert_eq!(missing.json()["error"]["code"], "code-needed");
        assert_eq!(ask(Some(code(0))).await.status, StatusCode::CREATED);

        let off = bed.post("/account/codes/off").english();
        let off = off.signed_form(&done.session().expect("a session"), &[("password", "wrong")]);
        assert!(off.send().await.text().contains("The password is wrong"));
        let token = bed.session("zhao").await;
        bed.post("/account/codes/off").signed_form(&token, &[("password", PASSWORD)]).send().await;
        assert!(sign_in(&bed, "zhao", PASSWORD).await.session().is_some());
    }

    async fn a_device_signs_in_works_and_signs_out(bed: TestBed) {
        let bed = Bed::on(bed).await;
        bed.account("chen", vec![grant(Role::Sampler, "220202")]).await;
        let body = json!({"login": "chen", "password": PASSWORD, "device": "phone-7"});
        let opened = bed.post("/api/v1/sessions").json(&body).send().await;
        assert_eq!(opened.status, StatusCode::CREATED);
        let opened = opened.json();
        assert_eq!(opened["me"]["grants"][0]["role"], "sampler");
        assert_eq!(opened["me"]["grants"][0]["holder"], "site:220202-S001");
        let token = opened["token"].as_str().expect("a token");
        let me = bed.get("/api/v1/me").bearer(token).send().await;
        assert_eq!(me.json()["user"], "chen");
        // Two days without network are nothing to a device.
        bed.pass(Span::days(2));
        assert_eq!(bed.get("/api/v1/me").bearer(token).send().await.status, StatusCode::OK);
        let closed = bed.call(Method::DELETE, "/api/v1/sessions").bearer(token).send().await;
        assert_eq!(closed.status, StatusCode::NO_CONTENT);
        let me = bed.get("/api/v1/me").bearer(token).send().await;
        assert_eq!(me.status, StatusCode::UNAUTHORIZED);
        assert_eq!(me.json()["error"]["code"], "sign-in-needed");
        let wrong = json!({"login": "chen", "password": "wrong wrong"});
        let wrong = bed.post("/api/v1/sessions").json(&wrong).send().await;
        assert_eq!(wrong.json()["error"]["code"], "sign-in-wrong");
    }

    async fn a_household_opens_its_own_page_with_its_code(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let household = HouseholdId::from_bytes([9; 16]);
        let code = registry::household_code::fresh();
        put_household(&bed, household, &code).await;
        let wrong = bed.post("/household").english().form(&[("code", "0000-0000-0000")]).send().await;
        assert!(wrong.text().contains("No household has this code"));
        let typed = code.to_lowercase().replace('-', " ");
        let right = bed.post("/household").form(&[("code", &typed)]).send().await;
        assert_eq!(right.location(), "/my");
        let token = right.session().expect("a session");
        let home = bed.get("/").cookie(&token).english().send().await;
        assert!(home.text().contains("My household"));
        let me = bed.get("/api/v1/me").bearer(&token).send().await.json();
        assert_eq!(me["household"], household.to_string());
        assert_eq!(me["grants"][0]["role"], "resident");
        // It has no account to look at.
        assert_eq!(bed.get("/account").cookie(&token).send().await.status, StatusCode::FORBIDDEN);
    }
}

async fn put_household(bed: &Bed, household: HouseholdId, code: &str) {
    let area = AreaCode::new(220_202).expect("an area");
    put_places(bed, &[("22", "省", ""), ("2202", "市", "")]).await;
    put_places(
        bed,
        &[("220202", "区", ""), ("220202001", "街道", ""), ("220202001001", "社区", "")],
    )
    .await;
    let sealed = bed.app.keys().seal_bytes(b"test", b"nobody".to_vec()).expect("sealed");
    let person = PutPerson {
        id: PersonId::from_bytes([3; 16]),
        row: 1,
        sealed,
        id_index: None,
        phone_index: None,
        birth_year: None,
        sex: None,
    };
    let household_row = PutHousehold {
        id: household,
        place: PlaceCode::parse("220202001001").expect("a place"),
        door: "3-2-501".into(),
        persons: vec![person],
    };
    let import = uuid::Uuid::from_bytes([1; 16]);
    let persons = PutPersons { import, households: vec![household_row] };
    submit(bed, area, registry::Command::PutPersons(persons)).await;
    let index = bed.app.keys().code_index(code).expect("a code");
    let codes = IssueCodes { codes: vec![(household, index)] };
    submit(bed, area, registry::Command::IssueCodes(codes)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_try_for_ever() {
    let bed = Bed::with(|config| config.limits.sign_in_rate.burst = 3.0).await;
    for _ in 0..3 {
        assert_eq!(sign_in(&bed, "x1", "wrong wrong").await.status, StatusCode::OK);
    }
    let stopped = sign_in(&bed, "x1", "wrong wrong").await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(stopped.header("retry-after"), "2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_https_the_cookie_is_for_this_host_and_secure() {
    let bed = Bed::with(|config| config.public_url = Some("https://songhua.example".into())).await;
    bed.account("zhang", vec![grant(Role::District, "220202")]).await;
    let right = sign_in(&bed, "zhang", PASSWORD).await;
    let cookie = right.header("set-cookie");
    assert!(cookie.starts_with("__Host-songhua="), "{cookie}");
    assert!(cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
    assert!(right.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_from_elsewhere_is_refused() {
    let bed = Bed::new().await;
    let token = bed.role(Role::District, "220202").await;
    let bare = bed.post("/sign-out").cookie(&token).form(&[]).send().await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN);
    let wrong = bed.post("/sign-out").cookie(&token).form(&[("csrf", "x")]).send().await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let other = bed.role(Role::Grid, "220202").await;
    let borrowed = bed.csrf(&other);
    let crossed = bed.post("/sign-out").cookie(&token).form(&[("csrf", &borrowed)]).send().await;
    assert_eq!(crossed.status, StatusCode::FORBIDDEN);
    let abroad =
        bed.post("/sign-out").signed_form(&token, &[]).header("origin", "https://evil.example");
    assert_eq!(abroad.send().await.status, StatusCode::FORBIDDEN);
    let sneaky = bed
        .post("/sign-in")
        .header("sec-fetch-site", "cross-site")
        .form(&[("login", "x"), ("password", "y")]);
    assert_eq!(sneaky.send().await.status, StatusCode::FORBIDDEN);
    // A cookie does not pass for a bearer token of the API, which needs no form token.
    let api = bed.call(Method::DELETE, "/api/v1/sessions").cookie(&token).send().await;
    assert_eq!(api.status, StatusCode::FORBIDDEN);
    let header = bed.csrf(&token);
    let with_header = bed
        .post("/sign-out")
        .cookie(&token)
        .header("x-csrf-token", header)
        .header("origin", "http://songhua.test");
    assert_eq!(with_header.send().await.status, StatusCode::SEE_OTHER);
}
