//! What an admin does to accounts, and what people do to their own, on both stores.

use axum::http::StatusCode;
use server::access::Role;
use store::both_stores;

use crate::bed::{Bed, PASSWORD, Reply, grant};

const NEW: [(&str, &str); 5] = [
    ("login", "sun.li"),
    ("name", "孙丽"),
    ("role-1", "courier"),
    ("scope-1", "2202"),
    ("holder-1", "courier:C9"),
];

fn secret(reply: &Reply) -> String {
    let text = reply.text();
    let after = text.split("<code class=\"secret\">").nth(1).expect("a password");
    after.split('<').next().expect("its end").to_owned()
}

both_stores! {
    async fn an_account_is_made_signs_in_and_changes_its_password(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let admin = bed.role(Role::Admin, "2202").await;
        let made = bed.post("/admin/accounts/new").signed_form(&admin, &NEW).send().await;
        let password = secret(&made);
        let again = bed.post("/admin/accounts/new").english().signed_form(&admin, &NEW).send().await;
        assert!(again.text().contains("The login sun.li is taken"));

        let signed = bed.post("/sign-in").form(&[("login", "sun.li"), ("password", &password)]).send().await;
        let token = signed.session().expect("a session");
        // Nothing opens before the password is the person's own.
        let home = bed.get("/").cookie(&token).send().await;
        assert_eq!(home.location(), "/account/password");
        let api = bed.post("/api/v1/commands").bearer(&token).send().await;
        assert_eq!(api.json()["error"]["code"], "password-change-needed");
        let change = async |token: &str, old: &str, new: &str, again: &str| {
            let form = [("old", old), ("new", new), ("again", again)];
            bed.post("/account/password").english().signed_form(token, &form).send().await
        };
        assert!(change(&token, &password, "short", "short").await.text().contains("at least 10"));
        assert!(change(&token, &password, &password, &password).await.text().contains("is the present one"));
        assert!(change(&token, "wrong", PASSWORD, PASSWORD).await.text().contains("The password is wrong"));
        assert!(change(&token, &password, PASSWORD, "else").await.text().contains("not the same"));
        let elsewhere = bed.session("sun.li").await;
        assert_eq!(change(&token, &password, PASSWORD, PASSWORD).await.location(), "/account?done=1");
        assert_eq!(bed.get("/").cookie(&token).send().await.status, StatusCode::OK);
        assert_eq!(bed.get("/").cookie(&elsewhere).send().await.status, StatusCode::SEE_OTHER);
    }

    async fn an_admin_manages_only_accounts_within_the_own_areas(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let admin = bed.role(Role::Admin, "2202").await;
        bed.account("near", vec![grant(Role::Grid, "220202")]).await;
        bed.account("wide", vec![grant(Role::Auditor, "22")]).await;
        bed.account("both", vec![grant(Role::Grid, "220202"), grant(Role::Grid, "220102")]).await;
        let list = bed.get("/admin/accounts").cookie(&admin).send().await.text();
        assert!(list.contains("/admin/accounts/near"));
        assert!(!list.contains("/admin/accounts/wide") && !list.contains("/admin/accounts/both"));
        for login in ["wide", "both", "nobody"] {
            let page = bed.get(&format!("/admin/accounts/{login}")).cookie(&admin).send().await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{login}");
            let reset = bed.post(&format!("/admin/accounts/{login}/reset")).signed_form(&admin, &[]);
            assert_eq!(reset.send().await.status, StatusCode::NOT_FOUND, "{login}");
        }
        let mut wider = NEW;
        wider[3] = ("scope-1", "22");
        let refused = bed.post("/admin/accounts/new").english().signed_form(&admin, &wider).send().await;
        assert!(refused.text().contains("Area 22 is not one of yours"), "{}", refused.text());
        wider[3] = ("scope-1", "*");
        let refused = bed.post("/admin/accounts/new").english().signed_form(&admin, &wider).send().await;
        assert!(refused.text().contains("is not one of yours"));
        wider[3] = ("scope-1", "");
        let refused = bed.post("/admin/accounts/new").english().signed_form(&admin, &wider).send().await;
        assert!(refused.text().contains("areas of this role are missing"));
        let to = [("name", "X"), ("role-1", "admin"), ("scope-1", "22")];
        let raised = bed.post("/admin/accounts/near").english().signed_form(&admin, &to).send().await;
        assert!(raised.text().contains("Area 22 is not one of yours"));
        let own = bed.post("/admin/accounts/admin-2202/disable").signed_form(&admin, &[]).send().await;
        assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn changes_take_effect_at_once_and_are_on_record(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let admin = bed.role(Role::Admin, "2202").await;
        bed.account("qian", vec![grant(Role::Auditor, "220202")]).await;
        let token = bed.session("qian").await;
        let status = async || bed.get("/status").cookie(&token).send().await.status;
        assert_eq!(status().await, StatusCode::OK);
        let to = [("name", "钱"), ("role-1", "grid"), ("scope-1", "220203")];
        let changed = bed.post("/admin/accounts/qian").signed_form(&admin, &to).send().await;
        assert_eq!(changed.location(), "/admin/accounts/qian");
        assert_eq!(status().await, StatusCode::FORBIDDEN);
        bed.post("/admin/accounts/qian/disable").signed_form(&admin, &[]).send().await;
        assert_eq!(status().await, StatusCode::SEE_OTHER);
        let form = [("login", "qian"), ("password", PASSWORD)];
        let refused = bed.post("/sign-in").english().form(&form).send().await;
        assert!(refused.text().contains("Login or password is wrong"));
        bed.post("/admin/accounts/qian/enable").signed_form(&admin, &[]).send().await;
        let reset = bed.post("/admin/accounts/qian/reset").signed_form(&admin, &[]).send().await;
        let password = secret(&reset);
        let form = [("login", "qian"), ("password", password.as_str())];
        assert!(bed.post("/sign-in").form(&form).send().await.session().is_some());
        let page = bed.get("/admin/accounts/qian").cookie(&admin).english().send().await.text();
        for word in ["Added", "Roles changed", "grid@220203", "Disabled", "Enabled", "Password reset", "admin-2202"] {
            assert!(page.contains(word), "{word} is not in the history");
        }
    }

    async fn the_list_pages_by_login(bed: TestBed) {
        let bed = Bed::on(bed).await;
        let admin = bed.role(Role::Admin, "2202").await;
        let mut logins = Vec::new();
        for n in 0..3 {
            let login = format!("worker-{n}");
            bed.account(&login, vec![grant(Role::Grid, "220202")]).await;
            logins.push(login);
        }
        let mut db = bed.app.reader().await.expect("a reader");
        let scope = types::AreaScope::parse("2202").expect("a scope");
        let page = server::accounts::within(&mut db, scope, "admin-2202", 2).await.expect("a page");
        let names: Vec<&str> = page.iter().map(|line| line.login.as_str()).collect();
        assert_eq!(names, ["worker-0", "worker-1"]);
        let csv = bed.get("/admin/accounts?format=csv").cookie(&admin).send().await.text();
        assert_eq!(csv.lines().count(), 5);
        let second = bed.get("/admin/accounts?after=worker-1").cookie(&admin).send().await.text();
        assert!(second.contains("accounts/worker-2") && !second.contains("accounts/worker-1"));
    }
}
