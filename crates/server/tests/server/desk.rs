//! Tubes, boxes and what is done with them, through the pages.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::Role;
use types::{AreaCode, Span, UnitId, UnitKind};
use uuid::Uuid;

use crate::bed::{Bed, grant};

const AREA: &str = "220202";
const SITE: &str = "site:220202-S001";
const LAB: &str = "lab:JL-01";
const COURIER: &str = "courier:C7";
const ROUND: &str = "01960000-0000-7000-8000-0000000000aa";

fn code(kind: char, n: u32) -> String {
    let area = AreaCode::parse(AREA).expect("six digits");
    UnitId::printed(UnitKind::new(kind), area, n).to_string()
}

pub fn tube(n: u32) -> String {
    code('T', n)
}

pub fn transport_box(n: u32) -> String {
    code('B', n)
}

/// The n-th person; the registry does not know them.
fn person(n: u32) -> String {
    format!("01960000-0000-7000-8000-{n:012x}")
}

/// A county with a round and a session for each role that works in it.
pub struct County {
    pub bed: Bed,
    pub district: String,
    pub sampler: String,
    pub courier: String,
    pub laboratory: String,
}

impl County {
    pub async fn new() -> County {
        let bed = Bed::with(|config| config.limits.page_rate.burst = 1e6).await;
        let mut sessions = Vec::new();
        for role in [Role::District, Role::Sampler, Role::Courier, Role::Laboratory] {
            sessions.push(bed.role(role, AREA).await);
        }
        let mut next = sessions.into_iter();
        let mut session = || next.next().expect("a session");
        let county = County {
            district: session(),
            sampler: session(),
            courier: session(),
            laboratory: session(),
            bed,
        };
        let now = county.bed.app.now();
        let round = json!({"open_round": {
            "round": ROUND, "name_zh": "吉林市", "name_en": "Jilin", "number": 3,
            "places": [AREA], "starts_at": (now - Span::hours(2)).0,
            "ends_at": (now + Span::hours(22)).0, "population": 300_000, "prevalence": 0.0005}});
        county.send(&county.district, round).await;
        county
    }

    /// Sends one command of the testing desk as a device would.
    pub async fn send(&self, session: &str, command: Json) -> Json {
        let now = self.bed.app.now();
        let body = json!({"device": "test", "device_time": now.0, "commands": [{
            "id": Uuid::now_v7(), "area": 220_202, "event_time": now.0,
            "command": {"testing": command}}]});
        let reply = self.bed.post("/api/v1/commands").bearer(session).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let outcome = reply.json()["outcomes"][0].clone();
        assert_eq!(outcome["status"], "accepted", "{outcome}");
        outcome
    }

    /// A tube of some persons, sealed now.
    pub async fn fill(&self, tube: &str, persons: std::ops::Range<u32>) {
        let now = self.bed.app.now().0;
        let persons: Vec<String> = persons.map(person).collect();
        let collect = json!({"collect": {
            "round": ROUND, "tube": tube, "site": SITE, "community": "220202001001",
            "mode": "ten", "zone": "other", "persons": persons, "started_at": now}});
        self.send(&self.sampler, collect).await;
    }

    /// Packs tubes into a box and brings it to the laboratory.
    pub async fn deliver(&self, transport_box: &str, tubes: &[String]) {
        let pack = json!({"pack": {"box": transport_box, "tubes": tubes, "holder": SITE}});
        self.send(&self.sampler, pack).await;
        self.send(&self.sampler, json!({"seal_box": {"box": transport_box}})).await;
        let hand = |from: &str, to: &str| {
            json!({"hand_over": {"unit": transport_box, "giver": from, "taker": to,
                "note": "signed"}})
        };
        self.send(&self.sampler, hand(SITE, COURIER)).await;
        self.bed.pass(Span::minutes(20));
        self.send(&self.courier, hand(COURIER, LAB)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tube_shows_who_answers_for_it_and_what_happened() {
    let county = County::new().await;
    county.fill(&tube(1), 1..9).await;
    county.deliver(&transport_box(1), &[tube(1)]).await;
    let path = format!("/tubes/{}", tube(1));
    let page = county.bed.get(&path).cookie(&county.district).english().send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let text = page.text();
    // It lies in the box, and the box is with the laboratory.
    for wanted in [LAB, SITE, &transport_box(1), "at the laboratory", "Put into box", "left"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains(&person(1)), "persons are not named before a look is recorded");
    let transported = format!("/boxes/{}", transport_box(1));
    let page = county.bed.get(&transported).cookie(&county.courier).english().send().await;
    let text = page.text();
    for wanted in [COURIER, "signed", "on the way", "0:20", &tube(1)] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let csv = county.bed.get(&format!("{path}?format=csv")).cookie(&county.district).send().await;
    assert!(csv.text().contains(&format!("pack {}", transport_box(1))));
    let nobody = county.bed.get(&format!("/tubes/{}", tube(99))).cookie(&county.district);
    assert_eq!(nobody.send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaked_tube_is_marked_once_with_a_note() {
    let county = County::new().await;
    county.fill(&tube(1), 1..4).await;
    let path = format!("/tubes/{}/mark", tube(1));
    let mark = |pairs: &'static [(&'static str, &'static str)]| {
        county.bed.post(&path).english().signed_form(&county.sampler, pairs).send()
    };
    let empty = mark(&[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("Nothing has been chosen."), "{}", empty.text());
    const WHOLE: &[(&str, &str)] = &[
        ("fault", "leaked"),
        ("note", "cap off"),
        ("command", "01960000-0000-7000-8000-0000000000bb"),
    ];
    let marked = mark(WHOLE).await;
    assert_eq!(marked.status, StatusCode::OK, "{}", marked.text());
    assert!(marked.text().contains("its persons are recalled"), "{}", marked.text());
    // Sent again, as by a reload: the same command, the same answer.
    assert_eq!(mark(WHOLE).await.status, StatusCode::OK);
    let again = mark(&[("fault", "lost"), ("note", "gone")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("Not accepted"), "{}", again.text());
    // A reload of what a form answered leads to the tube.
    let reload = county.bed.get(&path).cookie(&county.sampler).send().await;
    assert_eq!(reload.location(), format!("/tubes/{}", tube(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_district_sets_aside_a_filling_the_first_or_the_second() {
    // Which is set aside, and how many persons the tube has after that.
    for (which, persons) in [(0, 3), (1, 5)] {
        let county = County::new().await;
        county.fill(&tube(1), 1..6).await;
        county.bed.pass(Span::minutes(30));
        county.fill(&tube(1), 11..14).await;
        let path = format!("/tubes/{}", tube(1));
        let page = county.bed.get(&path).cookie(&county.district).english().send().await.text();
        assert!(page.contains("Two fillings claim this code"), "{page}");
        let sampler = county.bed.get(&path).cookie(&county.sampler).english().send().await.text();
        assert!(!sampler.contains("/resolve"), "only the district decides");
        let options: Vec<&str> = page.split("name=\"claim\"").skip(1).collect();
        assert_eq!(options.len(), 2, "{page}");
        let claim = options[which].split("value=\"").nth(1).and_then(|v| v.split('"').next());
        let claim = claim.expect("a value");
        let resolve = |note: &'static str| {
            let form = [("claim", claim), ("note", note)];
            let post = county.bed.post(&format!("{path}/resolve")).english();
            post.signed_form(&county.district, &form).send()
        };
        assert_eq!(resolve("").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = resolve("the second site scanned a wrong tube").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text());
        assert!(!done.text().contains("Two fillings claim this code"), "{}", done.text());
        assert!(done.text().contains("wrong tube"));
        let counted = format!(r#"data-label="Persons"><div class="table__value">{persons}<"#);
        assert!(done.text().contains(&counted), "{}", done.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_show_after_a_look_with_its_purpose_only() {
    let county = County::new().await;
    county.fill(&tube(1), 1..4).await;
    let path = format!("/tubes/{}/members", tube(1));
    let ask = |session: &str, purpose| {
        county.bed.post(&path).english().signed_form(session, &[("purpose", purpose)]).send()
    };
    assert_eq!(ask(&county.district, "curiosity").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&county.laboratory, "result").await.status, StatusCode::FORBIDDEN);
    let shown = ask(&county.district, "result").await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    // Nobody of them is registered, so nobody can be shown.
    assert!(shown.text().contains("3 persons are not shown"), "{}", shown.text());
    let other = county.bed.session("district-220202").await;
    county.bed.account("far", vec![grant(Role::District, "220102")]).await;
    let far = county.bed.session("far").await;
    assert_eq!(ask(&other, "result").await.status, StatusCode::OK);
    assert_eq!(ask(&far, "result").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_corrected_with_a_reason() {
    let county = County::new().await;
    county.fill(&tube(1), 1..4).await;
    let path = format!("/tubes/{}/correct", tube(1));
    let right = person(50);
    let correct = |person: &str| {
        let form = [("position", "2"), ("person", person), ("note", "read the wrong line")];
        county.bed.post(&path).english().signed_form(&county.district, &form).send()
    };
    let wrong = correct("Zhang San").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let twice = correct(&person(1)).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "already in the tube");
    let done = correct(&right).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
}

impl County {
    /// A form of the laboratory's.
    async fn at_bench(&self, path: &str, pairs: &[(&str, &str)]) -> crate::bed::Reply {
        self.bed.post(path).english().signed_form(&self.laboratory, pairs).send().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_laboratory_opens_loads_and_tests_without_losing_a_tube() {
    let county = County::new().await;
    for n in 1..=3 {
        county.fill(&tube(n), 10 * n..10 * n + 5).await;
    }
    county.deliver(&transport_box(1), &[tube(1), tube(2), tube(3)]).await;
    let desk = county.bed.get("/laboratory").cookie(&county.laboratory).english().send().await;
    assert_eq!(desk.status, StatusCode::OK, "{}", desk.text());
    let open = format!("/laboratory/boxes/{}", transport_box(1));
    assert!(desk.text().contains(&open), "{}", desk.text());

    // The count does not fit; then the tubes differ from the records; then it is confirmed.
    let two = format!("{}\n{}", tube(1), tube(2));
    let wrong = county.at_bench(&open, &[("count", "3"), ("found", &two)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("You counted 3 tubes and scanned 2."), "{}", wrong.text());
    let asked = county.at_bench(&open, &[("count", "2"), ("found", &two)]).await;
    assert!(asked.text().contains("differs from the records"), "{}", asked.text());
    let opened = county.at_bench(&open, &[("count", "2"), ("found", &two), ("sure", "1")]).await;
    assert!(opened.text().contains("2 tubes are with you"), "{}", opened.text());
    let desk = county.bed.get("/laboratory").cookie(&county.laboratory).english().send().await;
    assert!(desk.text().contains("Missing tubes"), "{}", desk.text());

    // Second tube first, with a well left free for a control.
    let codes = format!("{}\n-\n{}", tube(2), tube(1));
    let plate = [("plate", "P-7"), ("codes", codes.as_str())];
    let shown = county.at_bench("/laboratory/plate", &plate).await;
    assert!(shown.text().contains("2 wells filled"), "{}", shown.text());
    let sure = [plate[0], plate[1], ("sure", "1")];
    let loaded = county.at_bench("/laboratory/plate", &sure).await;
    assert!(loaded.text().contains("2 tubes are on the plate"), "{}", loaded.text());
    let twice = format!("{}\n{}", tube(2), tube(2));
    let twice = [("plate", "P-8"), ("codes", twice.as_str()), ("sure", "1")];
    let twice = county.at_bench("/laboratory/plate", &twice).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let one = county.bed.get(&format!("/tubes/{}", tube(1))).cookie(&county.laboratory);
    let page = one.english().send().await.text();
    assert!(page.contains("P-7</code> C1"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_read_by_the_protocol_and_a_second_one_corrects_it() {
    let county = County::new().await;
    county.fill(&tube(1), 1..5).await;
    county.deliver(&transport_box(1), &[tube(1)]).await;
    let path = format!("/laboratory/results/{}", tube(1));
    let found = format!("/laboratory/results?code={}", tube(1));
    let found = county.bed.get(&found).cookie(&county.laboratory).send().await;
    assert!(found.location().starts_with(&path), "{}", found.location());
    let negative = [("ct_control", "28.4"), ("tested_at", "2022-03-15 08:10"), ("status", "final")];
    let typed = [("ct_n", "low"), negative[0], negative[1], negative[2]];
    let wrong = county.at_bench(&path, &typed).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("low is no Ct value."), "{}", wrong.text());
    let future = [negative[0], ("tested_at", "2023-01-01 08:00"), negative[2]];
    let future = county.at_bench(&path, &future).await;
    assert!(future.text().contains("cannot end in the future"), "{}", future.text());
    let read = county.at_bench(&path, &negative).await;
    assert!(read.text().contains("reads this as: negative"), "{}", read.text());
    let sure = [negative[0], negative[1], negative[2], ("sure", "1")];
    let recorded = county.at_bench(&path, &sure).await;
    assert!(recorded.text().contains("Recorded: negative."), "{}", recorded.text());

    let positive = [
        ("ct_n", "24.1"),
        ("ct_orf", "25,0"),
        ("ct_control", "28.4"),
        ("tested_at", "2022-03-15 08:15"),
        ("status", "corrected"),
        ("sure", "1"),
    ];
    let corrected = county.at_bench(&path, &positive).await;
    assert!(corrected.text().contains("Recorded: positive."), "{}", corrected.text());
    let page = county.bed.get(&format!("/tubes/{}", tube(1))).cookie(&county.laboratory);
    let page = page.english().send().await.text();
    for both in ["negative", "positive", "24.10", "25.00", "corrected"] {
        assert!(page.contains(both), "{both}: {page}");
    }
    assert_eq!(county.at_bench(&path, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = county.bed.get("/laboratory").cookie(&county.sampler).send().await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_leads_to_its_page_and_an_unknown_one_says_what_to_do() {
    let county = County::new().await;
    county.fill(&tube(1), 1..4).await;
    county.bed.account("far", vec![grant(Role::District, "220102")]).await;
    let far = county.bed.session("far").await;
    let find = |session: &str, code: &str| {
        county.bed.get(&format!("/find?code={code}")).cookie(session).english().send()
    };
    let found = find(&county.courier, &tube(1)).await;
    assert_eq!(found.location(), format!("/tubes/{}", tube(1)));
    let lower = find(&county.courier, &tube(1).to_lowercase()).await;
    assert_eq!(lower.location(), format!("/tubes/{}", tube(1)));
    let away = find(&far, &tube(1)).await.text();
    assert!(away.contains("belongs to another area"), "{away}");
    let mut wrong = tube(1);
    wrong.replace_range(14..15, "9");
    let wrong = find(&county.courier, &wrong).await.text();
    assert!(wrong.contains("a digit was mistyped"), "{wrong}");
    let unknown = find(&county.courier, "YD-778").await.text();
    assert!(unknown.contains("Nothing is known under YD-778"), "{unknown}");
    assert!(unknown.contains("scan it again"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_sees_what_it_has_in_hand_and_what_is_late() {
    let county = County::new().await;
    county.fill(&tube(1), 1..4).await;
    let path = format!("/testing/holders/{SITE}");
    let page = county.bed.get(&path).cookie(&county.sampler).english().send().await;
    assert!(page.text().contains(&tube(1)), "{}", page.text());
    assert!(!page.text().contains(" late</span>"), "{}", page.text());
    county.bed.pass(Span::hours(12));
    // The first session has ended by then.
    let later = county.bed.session("sampler-220202").await;
    let page = county.bed.get(&path).cookie(&later).english().send().await;
    assert!(page.text().contains(" late</span>"), "{}", page.text());
    county.bed.account("far", vec![grant(Role::District, "220102")]).await;
    let far = county.bed.session("far").await;
    let away = county.bed.get(&path).cookie(&far).send().await;
    assert_eq!(away.status, StatusCode::FORBIDDEN);
}
