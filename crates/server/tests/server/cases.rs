//! The cases desk through the router: the line list for programs, a case that is linked to somebody
//! in the registry, records in two counties, and what the first page counts.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::Role;
use store::both_stores;
use types::AreaCode;
use uuid::Uuid;

use crate::bed::Bed;

const HERE: u32 = 220_202;
const THERE: u32 = 220_203;

/// Sends one command, and gives its outcome and the case that it opens.
async fn tell(bed: &Bed, token: &str, area: u32, command: Json) -> (Json, String) {
    let id = Uuid::now_v7();
    let now = bed.app.now().0;
    let sent = json!({"id": id, "area": area, "event_time": now, "command": command});
    let batch = json!({"device": "test", "device_time": now, "commands": [sent]});
    let reply = bed.post("/api/v1/commands").bearer(token).json(&batch).send().await.json();
    let command = types::CommandId::parse(&id.to_string()).expect("an id");
    let case = cases::case_of_command(AreaCode::new(area).expect("six digits"), command);
    (reply["outcomes"][0].clone(), case.to_string())
}

fn open(class: &str, name: &str, phone: &str) -> Json {
    let details = json!({"name": name, "id_type": "none", "phone": phone});
    let who = json!({"unregistered": {"person": Uuid::now_v7(), "details": details, "birth": "1980-02-03"}});
    json!({"cases": {"open": {"who": who, "class": class, "fields": {"found_in": "community"}}}})
}

async fn opened(bed: &Bed, token: &str, area: u32, command: Json) -> String {
    let (outcome, case) = tell(bed, token, area, command).await;
    assert_eq!(outcome["status"], "accepted", "{outcome}");
    case
}

fn code(outcome: &Json) -> &str {
    outcome["refusal"]["code"].as_str().unwrap_or("accepted")
}

both_stores! {
    async fn a_program_reads_the_line_list_in_pages_and_a_case_with_its_reasons(test: TestBed) {
        let bed = Bed::on(test).await;
        let city = bed.role(Role::District, "2202").await;
        let mut all = Vec::new();
        for n in 0..5 {
            let class = if n == 4 { "suspected" } else { "screen_positive" };
            all.push(opened(&bed, &city, if n == 3 { THERE } else { HERE }, open(class, "王某", &format!("1380000000{n}"))).await);
        }
        let list = async |token: &str, query: &str| {
            bed.get(&format!("/api/v1/cases{query}")).bearer(token).send().await
        };
        let ids = |reply: &Json| -> Vec<String> {
            let cases = reply["cases"].as_array().expect("cases");
            cases.iter().map(|case| case["id"].as_str().expect("an id").to_owned()).collect()
        };
        // Page by page, each once, the latest first.
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let reply = list(&city, &format!("?limit=2{after}")).await;
            assert_eq!(reply.status, StatusCode::OK);
            let page = reply.json();
            assert!(!reply.text().contains("王某"), "nobody is named");
            seen.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut wanted = all.clone();
        wanted.sort();
        let mut sorted = seen.clone();
        sorted.sort();
        assert_eq!(sorted, wanted);
        // By filters; of another county only to those who answer for it.
        assert_eq!(ids(&list(&city, "?class=suspected").await.json()), all[4..]);
        let district = bed.role(Role::District, "220202").await;
        assert_eq!(ids(&list(&district, "").await.json()).len(), 4);
        assert_eq!(list(&district, "?area=220203").await.status, StatusCode::FORBIDDEN);
        let one = format!("/api/v1/cases/{}", all[0]);
        let whole = bed.get(&one).bearer(&district).send().await.json();
        assert_eq!((&whole["class"], &whole["class_by"]["rule"]), (&json!("screen_positive"), &json!("case.class")));
        assert_eq!((&whole["birth_year"], &whole["version"]), (&json!(1980), &json!(1)));
        let stranger = bed.role(Role::District, "220203").await;
        assert_eq!(bed.get(&one).bearer(&stranger).send().await.status, StatusCode::FORBIDDEN);
        let sampler = bed.role(Role::Sampler, "220202").await;
        assert_eq!(list(&sampler, "").await.status, StatusCode::FORBIDDEN);
        for wrong in ["?after=x", "?limit=0", "?limit=100000", "?from=march", "?place=x"] {
            assert_eq!(list(&city, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(bed.get("/api/v1/cases/T22020200000001A").bearer(&city).send().await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn a_case_is_linked_to_somebody_in_the_registry_and_the_link_is_taken_back(test: TestBed) {
        let bed = Bed::on(test).await;
        let district = bed.role(Role::District, "220202").await;
        let person = Uuid::now_v7();
        let register = json!({"registry": {"register_person": {"person": person, "details": {
            "name": "欧阳测试", "id_type": "passport", "id_number": "E12345678", "phone": "13900001111",
        }}}});
        assert_eq!(code(&tell(&bed, &district, HERE, register).await.0), "accepted");
        let case = opened(&bed, &district, HERE, open("asymptomatic", "欧阳测式", "13900001111")).await;
        let read = async |case: &str| bed.get(&format!("/api/v1/cases/{case}")).bearer(&district).send().await.json();
        assert_eq!(read(&case).await["person"], Json::Null);

        // The page finds whose it may be, by the telephone.
        let page = bed.get(&format!("/cases/{case}/link")).cookie(&district).english().send().await;
        assert!(page.text().contains(&format!("220202 {person}")), "{}", page.text());
        assert!(!page.text().contains("E12345678"));
        let link = |case: &str, area: u32, person: Uuid| json!({"cases": {"link": {"case": case, "area": area, "person": person}}});
        assert_eq!(code(&tell(&bed, &district, HERE, link(&case, HERE, Uuid::now_v7())).await.0), "person-unknown");
        assert_eq!(code(&tell(&bed, &district, HERE, link(&case, THERE, person)).await.0), "not-your-area");
        let form = bed.post(&format!("/cases/{case}/link"));
        let found = format!("220202 {person}");
        let sent = form.cookie(&district).signed_form(&district, &[("found", &found), ("note", "his telephone")]).send().await;
        assert_eq!(sent.location(), format!("/cases/{case}"));
        assert_eq!(read(&case).await["person"], json!(person));
        assert_eq!(code(&tell(&bed, &district, HERE, link(&case, HERE, person)).await.0), "case-is-linked");
        let page = bed.get(&format!("/cases/{case}")).cookie(&district).english().send().await.text();
        assert!(page.contains("Linked to a registered person") && page.contains("his telephone"));
        // Whoever opens another case for that person is told of this one.
        let who = json!({"registered": {"area": HERE, "person": person}});
        let again = json!({"cases": {"open": {"who": who, "class": "suspected"}}});
        assert_eq!(code(&tell(&bed, &district, HERE, again.clone()).await.0), "case-exists");
        // And a case of the same person is not linked beside it.
        let other = opened(&bed, &district, HERE, open("suspected", "欧阳测试", "13900002222")).await;
        assert_eq!(code(&tell(&bed, &district, HERE, link(&other, HERE, person)).await.0), "person-has-a-case");

        let unlink = |note: &str| json!({"cases": {"unlink": {"case": case, "note": note}}});
        assert_eq!(code(&tell(&bed, &district, HERE, unlink("")).await.0), "note-needed");
        assert_eq!(code(&tell(&bed, &district, HERE, unlink("his brother")).await.0), "accepted");
        assert_eq!(read(&case).await["person"], Json::Null);
        assert_eq!(read(&case).await["birth_year"], json!(1980));
        // What was entered is still there, and the person is free again.
        let page = bed.get(&format!("/cases/{case}")).cookie(&district).english().send().await.text();
        assert!(page.contains("欧***"), "{page}");
        assert_eq!(code(&tell(&bed, &district, HERE, again).await.0), "accepted");
    }

    async fn records_in_two_counties_are_merged_by_who_answers_for_both(test: TestBed) {
        let bed = Bed::on(test).await;
        let city = bed.role(Role::District, "2202").await;
        let district = bed.role(Role::District, "220202").await;
        let keep = opened(&bed, &city, HERE, open("asymptomatic", "王小明", "13800000001")).await;
        let gone = opened(&bed, &city, THERE, open("confirmed", "王小明", "13800000001")).await;
        let merge = json!({"cases": {"merge": {"keep": keep, "gone": gone, "note": "moved in March"}}});
        assert_eq!(code(&tell(&bed, &district, HERE, merge.clone()).await.0), "not-your-area");
        let page = bed.get(&format!("/cases/{keep}/merge/{gone}")).cookie(&district).english().send().await;
        assert!(page.text().contains("A desk that answers for both counties"), "{}", page.text());
        assert_eq!(code(&tell(&bed, &city, HERE, merge).await.0), "accepted");
        let read = async |case: &str| bed.get(&format!("/api/v1/cases/{case}")).bearer(&city).send().await.json();
        assert_eq!(read(&gone).await["status"], json!("merged"));
        assert_eq!((read(&keep).await["class"].clone(), read(&keep).await["stands_for"].clone()), (json!("confirmed"), json!([gone])));
        let unmerge = json!({"cases": {"unmerge": {"case": gone, "note": "two after all"}}});
        assert_eq!(code(&tell(&bed, &city, THERE, unmerge).await.0), "accepted");
        assert_eq!(read(&gone).await["status"], json!(""));
        assert_eq!(read(&keep).await["class"], json!("asymptomatic"));
    }

    async fn the_first_page_counts_what_waits_and_every_count_is_the_length_of_its_list(test: TestBed) {
        let bed = Bed::on(test).await;
        let district = bed.role(Role::District, "220202").await;
        let mut all = Vec::new();
        for n in 0..6 {
            let class = ["screen_positive", "asymptomatic", "confirmed"][n % 3];
            // Two of them have name, birth and telephone in common.
            let name = ["李明华", "李明华", "王建国", "赵丽娟", "陈志强", "周晓燕"][n];
            let phone = if n < 2 { 0 } else { n };
            all.push(opened(&bed, &district, HERE, open(class, name, &format!("1390000000{phone}"))).await);
        }
        let severe = json!({"cases": {"observe": {"case": all[2], "observation": {"spo2": 90.0, "symptoms": ["cough"]}}}});
        assert_eq!(code(&tell(&bed, &district, HERE, severe).await.0), "accepted");
        let report = json!({"cases": {"report": {"case": all[3], "number": "N-1"}}});
        assert_eq!(code(&tell(&bed, &district, HERE, report).await.0), "accepted");
        let close = json!({"cases": {"close": {"case": all[4], "ending": "no_case", "note": "ruled out"}}});
        assert_eq!(code(&tell(&bed, &district, HERE, close).await.0), "accepted");

        let home = bed.get("/").cookie(&district).english().send().await.text();
        let figure = |label: &str| {
            let from = home.find(&format!("figure__label\">{label}<")).unwrap_or_else(|| panic!("no figure {label}: {home}"));
            let link = home[from..].split("href=\"").nth(1).expect("a link");
            let (href, rest) = link.split_once('"').expect("its end");
            let n = rest.split('>').nth(1).and_then(|text| text.split('<').next());
            (href.replace("&amp;", "&"), n.and_then(|n| n.parse::<usize>().ok()).expect("a number"))
        };
        for (label, wanted) in [
            ("Infections today", 5),
            ("Cases to be reported", 4),
            ("Positive, not examined", 2),
            ("Severe now", 1),
            ("Possible duplicates", 1),
        ] {
            let (href, n) = figure(label);
            assert_eq!(n, wanted, "{label}");
            let list = bed.get(&href).cookie(&district).english().send().await;
            assert_eq!(list.status, StatusCode::OK, "{href}");
            let rows = list.text().matches("scope=\"row\"").count();
            assert_eq!(rows, n, "{label} opens {href}");
        }
        assert!(!home.contains("Critical now"), "what is nothing is not shown");
    }
}
