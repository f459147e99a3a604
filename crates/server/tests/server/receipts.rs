//! Photos that prove receipts, over HTTP: who brings them, what is refused, who sees them, that each look is on
//! record, and when they go.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::Role;
use server::sessions::{Kind, Owner};
use store::both_stores;
use types::{Span, UnitId};
use uuid::Uuid;

use crate::bed::{Bed, Reply, grant};
use crate::supply::{SHOP, Town, accept, area, order, refusal, town_on, volunteer};

const AREA: &str = "220202";

/// What begins as a JPEG begins.
fn photo(n: u8) -> Vec<u8> {
    [b"\xFF\xD8\xFF\xE0 a door ".as_slice(), &[n; 900]].concat()
}

/// The town, with its order in the hands of a volunteer, who is signed in.
async fn carried(bed: Bed) -> (Town, String) {
    let town = town_on(bed).await;
    let many = json!([town.order.to_string()]);
    accept(&town.bed, &town.grid, volunteer(&town.bed, "220202001001-03")).await;
    for step in [
        json!({"accept": {"shop": SHOP, "orders": many}}),
        json!({"pack": {"shop": SHOP, "orders": many}}),
        json!({"hand_over": {"shop": SHOP, "orders": many, "carrier": "volunteer:V1"}}),
    ] {
        accept(&town.bed, &town.shop, order(step)).await;
    }
    let token = town.bed.role(Role::Volunteer, AREA).await;
    (town, token)
}

fn receive(town: &Town, hash: &str) -> Json {
    let (household, id) = (town.household.to_string(), town.order.to_string());
    order(json!({"receive": {"household": household, "order": id, "proof": {"photo": hash}}}))
}

async fn bring(bed: &Bed, token: &str, order: UnitId, bytes: Vec<u8>) -> Reply {
    let path = format!("/api/v1/supply/photos/{order}");
    bed.post(&path).bearer(token).body("image/jpeg", bytes).send().await
}

fn code(reply: &Reply) -> (u16, String) {
    let code = reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), code)
}

/// How often somebody looked at the photo of an order's receipt, by the log of all looks.
async fn looks(bed: &Bed, order: UnitId) -> i64 {
    let mut db = bed.app.reader().await.expect("a reader");
    let sql = format!("SELECT count(*) FROM look WHERE depth = 'photo' AND place = '{order}'");
    db.query_text(&sql, &[]).await.expect("count")[0].int(0).expect("a number")
}

async fn kept(bed: &Bed) -> i64 {
    let mut db = bed.app.reader().await.expect("a reader");
    let rows = db.query_text("SELECT count(*) FROM supply_photo_sealed", &[]).await;
    rows.expect("count")[0].int(0).expect("a number")
}

both_stores! {
    async fn the_photo_of_a_receipt_comes_from_who_recorded_it(bed: TestBed) {
        let (town, volunteer) = carried(Bed::on(bed).await).await;
        let Town { bed, district, grid, shop, order: id, .. } = &town;
        let (bed, id) = (bed, *id);
        let hash = server::photos::hash_of(&photo(1)).to_string();
        let early = bring(bed, &volunteer, id, photo(1)).await;
        assert_eq!(code(&early), (422, "photo-not-expected".into()));
        accept(bed, &volunteer, receive(&town, &hash)).await;
        // The receipt stands, whatever becomes of the photo.
        let page = format!("/supply/orders/{id}");
        let waits = bed.get(&page).english().cookie(district).send().await.text();
        assert!(waits.contains("photo not yet uploaded") && !waits.contains("/supply/photos/"), "{waits}");

        // What only the server may say no client says.
        let came = json!({"photo_came": {"order": id.to_string(), "hash": hash, "image": "jpeg", "bytes": 9}});
        assert_eq!(refusal(bed, &volunteer, order(came)).await, "internal-command");
        // Another volunteer, the desk, the shop; somebody of another county; another photo; what is none.
        let mut other = grant(Role::Volunteer, AREA);
        other.holder = types::HolderCode::parse("volunteer:V2").ok();
        bed.account("another", vec![other]).await;
        let another = bed.session("another").await;
        for token in [&another, district, grid, shop] {
            let refused = bring(bed, token, id, photo(1)).await;
            assert_eq!(code(&refused), (403, "photo-not-yours".into()));
        }
        let away = bed.role(Role::District, "220203").await;
        assert_eq!(code(&bring(bed, &away, id, photo(1)).await), (403, "not-your-area".into()));
        let auditor = bed.role(Role::Auditor, AREA).await;
        assert_eq!(code(&bring(bed, &auditor, id, photo(1)).await), (403, "not-allowed".into()));
        let differs = bring(bed, &volunteer, id, photo(2)).await;
        assert_eq!(code(&differs), (422, "photo-hash-differs".into()));
        for none in [b"<svg xmlns='x'><script>1</script></svg>".to_vec(), b"GIF89a".to_vec(), Vec::new()] {
            let refused = bring(bed, &volunteer, id, none).await;
            assert_eq!(code(&refused), (415, "photo-not-an-image".into()));
        }
        let mut large = photo(1);
        large.resize(supply::PHOTO_BYTES + 1, 0);
        assert_eq!(code(&bring(bed, &volunteer, id, large).await), (413, "photo-too-large".into()));
        assert_eq!(kept(bed).await, 0);

        // At last the photo, and once more since nobody heard the answer.
        for _ in 0..2 {
            let taken = bring(bed, &volunteer, id, photo(1)).await;
            assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
            assert_eq!(taken.json(), json!({"order": id.to_string(), "hash": hash}));
        }
        assert_eq!(kept(bed).await, 1);
    }

    async fn who_may_sees_the_photo_and_every_look_is_on_record(bed: TestBed) {
        let (town, volunteer) = carried(Bed::on(bed).await).await;
        let Town { bed, district, grid, shop, household, order: id, .. } = &town;
        let (bed, id) = (bed, *id);
        let hash = server::photos::hash_of(&photo(1)).to_string();
        accept(bed, &volunteer, receive(&town, &hash)).await;
        let path = format!("/supply/photos/{id}");
        // What has not come is not here, and nobody has looked at it.
        assert_eq!(bed.get(&path).cookie(district).send().await.status, StatusCode::NOT_FOUND);
        assert_eq!(bring(bed, &volunteer, id, photo(1)).await.status, StatusCode::OK);
        assert_eq!(looks(bed, id).await, 0);

        let commander = bed.role(Role::Commander, AREA).await;
        let auditor = bed.role(Role::Auditor, AREA).await;
        for (n, token) in [district, grid, &commander, &auditor].into_iter().enumerate() {
            let seen = bed.get(&path).cookie(token).send().await;
            assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
            assert_eq!(seen.header("content-type"), "image/jpeg");
            assert_eq!(seen.header("cache-control"), "no-store");
            assert_eq!(seen.header("x-content-type-options"), "nosniff");
            assert_eq!(seen.header("content-disposition"), "inline");
            assert!(seen.header("content-security-policy").starts_with("default-src 'none'"));
            assert!(seen.text().contains("a door"));
            assert_eq!(looks(bed, id).await, n as i64 + 1);
        }
        // Who brought it, the shop, another county, and another household do not.
        let away = bed.role(Role::District, "220203").await;
        let other = Owner::Household(area(), types::HouseholdId::from_bytes([5; 16]));
        let other = bed.app.open_session(Kind::Resident, &other, None).await.expect("a session");
        let own = Owner::Household(area(), *household);
        let own = bed.app.open_session(Kind::Resident, &own, None).await.expect("a session");
        for token in [&volunteer, shop, &away, &own] {
            let refused = bed.get(&path).cookie(token).send().await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN);
        }
        let mine = format!("/my/photos/{id}");
        let refused = bed.get(&mine).cookie(&other).send().await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
        assert_eq!(looks(bed, id).await, 4);
        assert_eq!(bed.get(&mine).cookie(&own).send().await.status, StatusCode::OK);
        assert_eq!(looks(bed, id).await, 5);

        // The pages lead to it: of the order, of the household, the household's own.
        let home = format!("/supply/households/{AREA}/{household}");
        for (page, token, link) in [
            (format!("/supply/orders/{id}"), district, &path),
            (home, grid, &path),
            ("/my/orders".to_owned(), &own, &mine),
        ] {
            let text = bed.get(&page).english().cookie(token).send().await.text();
            assert!(text.contains(&format!("href=\"{link}\"")), "{page}: {text}");
            assert!(text.contains("Look at the photo"), "{page}: {text}");
        }
        let shops = bed.get(&format!("/supply/orders/{id}")).english().cookie(shop).send().await.text();
        assert!(shops.contains("the photo is here") && !shops.contains(&path), "{shops}");

        // When its days are over it goes, and a link leads nowhere.
        assert_eq!(server::photos::remove(&bed.app).await.expect("a look"), 0);
        bed.pass(supply::PHOTO_KEPT);
        bed.pass(Span::hours(1));
        assert_eq!(server::photos::remove(&bed.app).await.expect("a look"), 1);
        assert_eq!(kept(bed).await, 0);
        let district = bed.session("district-220202").await;
        assert_eq!(bed.get(&path).cookie(&district).send().await.status, StatusCode::NOT_FOUND);
        let over = bed.get(&format!("/supply/orders/{id}")).english().cookie(&district).send().await.text();
        assert!(over.contains("removed after 30 days"), "{over}");
    }

    async fn a_photo_that_does_not_come_is_counted_and_on_a_list(bed: TestBed) {
        let (town, volunteer) = carried(Bed::on(bed).await).await;
        let Town { bed, order: id, .. } = &town;
        let hash = server::photos::hash_of(&photo(1)).to_string();
        accept(bed, &volunteer, receive(&town, &hash)).await;
        let link = format!("/supply/orders/{id}");
        let read = async |path: &str, login: &str| {
            let token = bed.session(login).await;
            bed.get(path).english().cookie(&token).send().await.text()
        };
        let list = "/supply/deliveries/photos";
        assert!(!read(list, "district-220202").await.contains(&link));
        bed.pass(supply::PHOTO_WITHIN);
        bed.pass(Span::hours(1));
        let seen = read(list, "district-220202").await;
        assert!(seen.contains(&link) && seen.contains("volunteer:V1"), "{seen}");
        assert!(read("/supply/deliveries", "district-220202").await.contains(list));
        let shop = bed.session("first").await;
        assert_eq!(bed.get(list).cookie(&shop).send().await.status, StatusCode::FORBIDDEN);
        let volunteer = bed.session("volunteer-220202").await;
        assert_eq!(bring(bed, &volunteer, *id, photo(1)).await.status, StatusCode::OK);
        assert!(!read(list, "district-220202").await.contains(&link));
    }

    async fn a_form_takes_a_photo_with_the_receipt(bed: TestBed) {
        let (town, volunteer) = carried(Bed::on(bed).await).await;
        let Town { bed, district, order: id, .. } = &town;
        let round = bed.get("/supply/round").english().cookie(&volunteer).send().await.text();
        assert!(round.contains("capture=\"environment\"") && round.contains("Take a photo"), "{round}");
        let send = async |bytes: &[u8]| {
            let csrf = bed.csrf(&volunteer);
            let command = Uuid::now_v7();
            let head = format!(
                "--x\r\nContent-Disposition: form-data; name=\"command\"\r\n\r\n{command}\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"p.jpg\"\r\n\
                 Content-Type: image/jpeg\r\n\r\n"
            );
            let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
            let path = format!("/supply/round/{id}/received?csrf={csrf}");
            bed.post(&path).english().cookie(&volunteer)
                .body("multipart/form-data; boundary=x", body).send().await
        };
        // What is no photo proves nothing: the order is still to be brought.
        for (bytes, why) in [
            (b"MZ a program".to_vec(), "neither JPEG"),
            ([photo(1), vec![0; supply::PHOTO_BYTES]].concat(), "300 KiB at most"),
            (Vec::new(), "Nothing proves"),
        ] {
            let refused = send(&bytes).await.text();
            assert!(refused.contains(why), "{refused}");
        }
        let done = send(&photo(3)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        assert_eq!(kept(bed).await, 1);
        let seen = bed.get(&format!("/supply/photos/{id}")).cookie(district).send().await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
    }
}
