//! A drill's pages: absent from real work, a banner over everything, controls for those who lead,
//! a list behind every count, and what people do told to the drill.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::json;
use server::access::Role;
use server::rehearsal::{
    Act, Ask, Bin, Cell, Form, Happening, Line, Listing, Part, Rehearsal, Score, Section, Shown,
    State, Well,
};
use types::{HolderCode, Micros, Span, UnitId};

use crate::bed::Bed;

/// A drill that remembers what it was asked and told.
#[derive(Default)]
struct Stub {
    asked: Mutex<Vec<Ask>>,
    acts: Mutex<Vec<Act>>,
}

fn said(zh: &str, en: &str) -> Shown {
    Shown { zh: zh.into(), en: en.into() }
}

fn site() -> HolderCode {
    HolderCode::parse("site:220202-S001").expect("a holder")
}

fn lab() -> HolderCode {
    HolderCode::parse("lab:JL-01").expect("a holder")
}

impl Rehearsal for Stub {
    fn state(&self) -> State {
        State {
            day: 3,
            paused: true,
            rate: Some(720.0),
            ended: false,
            failed: None,
            taken: vec![site(), lab()],
            happened: vec![(Micros(1_647_300_000_000_000), Happening::Strike(8))],
        }
    }

    fn ask(&self, ask: Ask) {
        self.asked.lock().expect("unbroken").push(ask);
    }

    fn score(&self) -> Arc<Score> {
        let at = Micros(1_647_300_000_000_000);
        let line = Line {
            title: said("丢失", "Lost tubes"),
            round: Some(2),
            value: said("7", "7"),
            short: said("7", "7"),
            from: at - Span::days(1),
            until: at,
            href: Some("/drill/score/lost".into()),
            spread: Vec::new(),
        };
        let wait = Line {
            title: said("等待", "Waits"),
            round: None,
            value: said("中位 2 小时", "median 2 h"),
            short: said("2 小时", "2 h"),
            href: None,
            spread: vec![
                Bin { from: 0.0, until: 6.0, count: 41 },
                Bin { from: 6.0, until: 12.0, count: 3 },
            ],
            ..line.clone()
        };
        let section = Section {
            title: said("试管", "Tubes"),
            lead: said("去向", "Where"),
            lines: vec![line, wait.clone()],
        };
        let row = vec![Cell::Code("T1".into()), Cell::Hours(Some(2.3)), Cell::Time(None)];
        let list = Listing {
            name: "lost".into(),
            title: said("丢失的试管", "Lost"),
            columns: vec![said("管", "Tube"), said("小时", "Hours"), said("找到", "Found")],
            rows: vec![row],
            total: 1,
        };
        Arc::new(Score {
            as_of: at,
            headline: vec![wait],
            sections: vec![section],
            lists: vec![list],
        })
    }

    fn report(&self, form: Form) -> Arc<String> {
        Arc::new(format!("{form:?}"))
    }

    fn parts_to_play(&self) -> Vec<Part> {
        vec![Part { login: "sampler".into(), role: Role::Sampler, holder: site() }]
    }

    fn machine(&self, lab: &HolderCode) -> Vec<Well> {
        let tube = UnitId::parse("T22020200000001A").expect("a tube");
        let at = Micros(1_647_300_000_000_000);
        let plate = format!("{}-P0001", lab.code());
        let (well, ct_n) = ("A1".to_owned(), Some(24.5));
        vec![Well { plate, well, tube, at, ct_n, ct_orf1ab: None, ct_control: Some(26.0) }]
    }

    fn acted(&self, act: Act) {
        self.acts.lock().expect("unbroken").push(act);
    }
}

async fn rehearsing() -> (Bed, Arc<Stub>) {
    let stub = Arc::new(Stub::default());
    let bed = Bed::with(|config| config.rehearsal = Some(stub.clone())).await;
    (bed, stub)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_work_has_no_drill() {
    let bed = Bed::new().await;
    let commander = bed.role(Role::Commander, "2202").await;
    for path in
        ["/drill", "/drill/score", "/drill/score/lost", "/drill/report/csv", "/drill/machines"]
    {
        let reply = bed.get(path).cookie(&commander).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    let home = bed.get("/").cookie(&commander).send().await.text();
    assert!(!home.contains("drill-banner") && !home.contains("href=\"/drill"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_a_drill_for_the_real_thing() {
    let (bed, _) = rehearsing().await;
    for path in ["/sign-in", "/household"] {
        let page = bed.get(path).english().send().await.text();
        assert!(page.contains("drill-banner") && page.contains("day 3"), "{path}");
    }
    let commander = bed.role(Role::Commander, "2202").await;
    let home = bed.get("/").cookie(&commander).send().await.text();
    assert!(home.contains("drill-banner") && home.contains("href=\"/drill\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leads_can_ask_everything_that_the_page_offers() {
    let (bed, stub) = rehearsing().await;
    let commander = bed.role(Role::Commander, "2202").await;
    let page = bed.get("/drill").cookie(&commander).english().send().await.text();
    assert!(page.contains("No courier drives for 8 hours"), "{page}");
    for (what, value, wanted) in [
        ("go", "pause", Ask::Pause(true)),
        ("go", "go", Ask::Pause(false)),
        ("step", "hour", Ask::Step(Span::hours(1))),
        ("rate", "max", Ask::Rate(None)),
        ("rate", "10min", Ask::Rate(Some(144.0))),
        ("happen", "market", Ask::Happen(Happening::Market(20))),
        ("take-over", "site:220202-S001", Ask::TakeOver(site())),
        ("give-back", "site:220202-S001", Ask::GiveBack(site())),
    ] {
        assert!(page.contains(&format!("value=\"{what}\"")), "no form for {what}");
        let form = [("what", what), ("value", value)];
        let reply = bed.post("/drill").signed_form(&commander, &form).send().await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{what}: {}", reply.text());
        assert_eq!(stub.asked.lock().expect("unbroken").pop(), Some(wanted));
    }
    for form in [[("what", "rate"), ("value", "fast")], [("what", "x"), ("value", "y")]] {
        let reply = bed.post("/drill").signed_form(&commander, &form).send().await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // A desk sees how it stands and may not touch it.
    let district = bed.role(Role::District, "220202").await;
    let page = bed.get("/drill").cookie(&district).send().await.text();
    assert!(!page.contains("name=\"what\""));
    assert!(stub.asked.lock().expect("unbroken").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_of_the_score_opens_its_list() {
    let (bed, _) = rehearsing().await;
    let auditor = bed.role(Role::Auditor, "2202").await;
    let page = bed.get("/drill/score").cookie(&auditor).english().send().await.text();
    assert!(page.contains("Lost tubes, round 2") && page.contains("href=\"/drill/score/lost\""));
    let list = bed.get("/drill/score/lost").cookie(&auditor).english().send().await.text();
    assert!(list.contains("<code>T1</code>") && list.contains("2.3"), "{list}");
    let csv = bed.get("/drill/score/lost?format=csv").cookie(&auditor).english().send().await;
    assert!(csv.text().contains("T1,2.3,"), "{}", csv.text());
    let unknown = bed.get("/drill/score/nothing").cookie(&auditor).send().await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let report = bed.get("/drill/report/json").cookie(&auditor).send().await;
    assert_eq!(
        (report.header("content-type"), report.text().as_str()),
        ("application/json", "Json")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_drill_hears_of_what_was_accepted_and_of_nothing_else() {
    let (bed, stub) = rehearsing().await;
    let district = bed.role(Role::District, "220202").await;
    let now = bed.app.now();
    let round = json!({"testing": {"open_round": {
        "round": uuid::Uuid::now_v7(), "name_zh": "一", "name_en": "One", "number": 1,
        "places": ["220202"], "starts_at": now, "ends_at": now + Span::hours(20),
        "population": 300_000,
    }}});
    let one = |id: &str, command| json!({"id": id, "area": 220_202, "event_time": now, "command": command});
    let (first, second) = (uuid::Uuid::now_v7().to_string(), uuid::Uuid::now_v7().to_string());
    let body = json!({"device": "d", "device_time": now,
        "commands": [one(&first, round.clone()), one(&second, round)]});
    for _ in 0..2 {
        let reply = bed.post("/api/v1/commands").bearer(&district).json(&body).send().await;
        assert_eq!(reply.json()["outcomes"][1]["status"], "refused", "{}", reply.text());
    }
    let acts = stub.acts.lock().expect("unbroken");
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(acts[0].user, "district-220202");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_whose_work_they_can_do_and_what_their_machines_show() {
    let (bed, _) = rehearsing().await;
    let commander = bed.role(Role::Commander, "2202").await;
    let page = bed.get("/drill").cookie(&commander).english().send().await.text();
    assert!(page.contains("<code>sampler</code>") && page.contains("a person"), "{page}");
    assert!(page.contains("Give back site:220202-S001"), "a button with a name of its own");
    // What is taken over and nobody's own part can be given back, too.
    assert!(page.contains("Give back lab:JL-01"), "{page}");
    let score = bed.get("/drill/score").cookie(&commander).english().send().await.text();
    assert!(score.contains("<th scope=\"row\">0–6 h</th>"), "numbers under the chart: {score}");

    let laboratory = bed.role(Role::Laboratory, "2202").await;
    let machine = bed.get("/drill/machines?format=csv").cookie(&laboratory).english().send().await;
    let text = machine.text();
    assert!(text.contains("Tube,Plate,Well,Ct N,Ct ORF1ab,IC,Tested at"), "{text}");
    assert!(text.contains("T22020200000001A,JL-01-P0001,A1,24.50,,26.00,"), "{text}");
    let sampler = bed.role(Role::Sampler, "220202").await;
    let turned_away = bed.get("/drill/machines").cookie(&sampler).send().await;
    assert_eq!(turned_away.status, StatusCode::FORBIDDEN);
}
