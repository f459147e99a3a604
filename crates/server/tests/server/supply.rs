//! Orders over HTTP: who may see and do what, and a household's code as the proof of receipt.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use server::access::Role;
use server::sign_codes;
use types::{AreaCode, CommandId, HouseholdId, PersonId, PlaceCode, Span, UnitId};
use uuid::Uuid;

use crate::bed::{Bed, grant};

const AREA: &str = "220202";
pub(crate) const SHOP: &str = "shop:S1";

pub(crate) fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

pub(crate) async fn send(bed: &Bed, token: &str, command: Json) -> (CommandId, Json) {
    let id = CommandId(Uuid::now_v7());
    let now = bed.app.now().0;
    let one = json!({"id": id.to_string(), "area": 220_202, "event_time": now, "command": command});
    let batch = json!({"device": "test", "device_time": now, "commands": [one]});
    let reply = bed.post("/api/v1/commands").bearer(token).json(&batch).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    (id, reply.json()["outcomes"][0].clone())
}

pub(crate) async fn accept(bed: &Bed, token: &str, command: Json) -> CommandId {
    let (id, outcome) = send(bed, token, command).await;
    assert_eq!(outcome["status"], "accepted", "{outcome}");
    id
}

pub(crate) async fn refusal(bed: &Bed, token: &str, command: Json) -> String {
    let (_, outcome) = send(bed, token, command).await;
    outcome["refusal"]["code"].as_str().unwrap_or_default().to_owned()
}

fn supply(command: Json) -> Json {
    json!({ "supply": command })
}

pub(crate) fn order(command: Json) -> Json {
    supply(json!({ "order": command }))
}

pub(crate) struct Town {
    pub bed: Bed,
    pub district: String,
    pub grid: String,
    pub shop: String,
    pub other: String,
    pub household: HouseholdId,
    pub order: UnitId,
}

/// Two shops, and a household that ordered from the first.
async fn town() -> Town {
    town_on(Bed::new().await).await
}

/// The same on a store.
pub(crate) async fn town_on(bed: Bed) -> Town {
    let district = bed.role(Role::District, AREA).await;
    let grid = bed.role(Role::Grid, AREA).await;
    let mut shops = Vec::new();
    for (login, holder) in [("first", SHOP), ("second", "shop:S2")] {
        let mut of = grant(Role::Shop, AREA);
        of.holder = types::HolderCode::parse(holder).ok();
        bed.account(login, vec![of]).await;
        shops.push(bed.session(login).await);
    }
    crate::bed::put_places(&bed, &[("22", "省", ""), ("2202", "市", "")]).await;
    let below = ["220202", "220202001", "220202001001", "220202001001-03"];
    crate::bed::put_places(&bed, &below.map(|code| (code, "地", ""))).await;
    let person = PersonId::from_bytes([7; 16]);
    let register = json!({"registry": {"register_person": {
        "person": person.to_string(), "details": {"name": "张小雨", "id_type": "none"},
        "address": {"place": "220202001001-03", "door": "101"},
    }}});
    accept(&bed, &district, register).await;
    let place = PlaceCode::parse("220202001001-03").expect("a place");
    let household = registry::ids::household(&place, &registry::ids::door("101"));
    for code in [SHOP, "shop:S2"] {
        let site = json!({"put_site": {
            "code": code, "name_zh": "超市", "name_en": "Shop", "place": "220202001001", "households": 500,
        }});
        accept(&bed, &district, supply(site)).await;
    }
    let serves =
        json!({"assign_shop": {"community": "220202001001", "shop": SHOP, "households": 400}});
    accept(&bed, &district, supply(serves)).await;
    let list = json!({"put_prices": {"shop": SHOP, "items": [{
        "code": "V1", "good": "vegetables", "name_zh": "蔬菜包", "amount": 5_000, "fen": 3_500, "at_most": 3,
    }]}});
    accept(&bed, &shops[0], supply(list)).await;
    let expires = (bed.app.now() + Span::days(5)).0;
    let goods = json!({"take_in": {
        "site": SHOP, "good": "vegetables", "amount": 50_000, "origin": "bought", "from": "market",
        "expires_at": expires,
    }});
    accept(&bed, &shops[0], supply(goods)).await;
    let place = json!({"place": {
        "household": household.to_string(), "shop": SHOP, "via": "telephone", "note": "Mrs Zhang",
        "lines": [{"item": "V1", "count": 2, "fen": 3_500}],
    }});
    let id = accept(&bed, &grid, order(place)).await;
    let order = supply::order_id(area(), id, 0);
    let other = shops.pop().expect("two");
    let shop = shops.pop().expect("two");
    Town { bed, district, grid, shop, other, household, order }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_sees_and_does_its_own_orders_only() {
    let Town { bed, district, grid, shop, other, order: id, .. } = town().await;
    let list = format!("/api/v1/supply/sites/{SHOP}/orders");
    let seen = bed.get(&list).bearer(&shop).send().await.json();
    assert_eq!(seen[0]["id"], json!(id.to_string()), "{seen}");
    assert_eq!((&seen[0]["total"], &seen[0]["stage"]), (&json!(7_000), &json!("placed")));
    assert_ne!(bed.get(&list).bearer(&other).send().await.status, StatusCode::OK);
    for (token, page, right) in [
        (&shop, "/supply/own/orders".to_owned(), true),
        (&shop, format!("/supply/orders/{id}"), true),
        (&other, format!("/supply/orders/{id}"), false),
        (&other, format!("/supply/sites/{SHOP}/orders"), false),
        (&shop, "/supply/orders".to_owned(), false),
        (&grid, "/supply/orders".to_owned(), true),
        (&grid, format!("/supply/orders/{id}"), true),
        (&grid, "/supply/groups/new".to_owned(), true),
        (&shop, "/supply/groups".to_owned(), false),
        (&district, format!("/supply/sites/{SHOP}/orders"), true),
    ] {
        let status = bed.get(&page).cookie(token).send().await.status;
        assert_eq!(status == StatusCode::OK, right, "{page}: {status}");
    }
    let accepts = |shop: &str| order(json!({"accept": {"shop": shop, "orders": [id.to_string()]}}));
    assert_eq!(refusal(&bed, &other, accepts(SHOP)).await, "not-your-holder");
    assert_eq!(refusal(&bed, &other, accepts("shop:S2")).await, "order-of-another-shop");
    assert_eq!(refusal(&bed, &grid, accepts(SHOP)).await, "not-allowed");
    accept(&bed, &shop, accepts(SHOP)).await;
    let counts = bed.get("/api/v1/supply/orders?stage=accepted").bearer(&district).send().await;
    let counts = counts.json();
    assert_eq!((&counts["all"], &counts["open"]), (&json!(1), &json!(1)), "{counts}");
    assert_eq!(counts["orders"][0]["id"], json!(id.to_string()));
    let wrong = bed.get("/api/v1/supply/orders?stage=lost").bearer(&district).send().await;
    assert_eq!(wrong.json()["error"]["code"], "malformed-field");
    let far = bed.role(Role::District, "220203").await;
    let away = bed.get(&format!("/supply/orders/{id}")).cookie(&far).send().await;
    assert_ne!(away.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_households_code_is_the_proof_and_its_word_is_its_own() {
    let Town { bed, grid, shop, household, order: id, .. } = town().await;
    accept(&bed, &grid, volunteer(&bed, "220202001001-03")).await;
    let (one, many) = (id.to_string(), json!([id.to_string()]));
    for step in [
        json!({"accept": {"shop": SHOP, "orders": many}}),
        json!({"pack": {"shop": SHOP, "orders": many}}),
        json!({"hand_over": {"shop": SHOP, "orders": many, "carrier": "volunteer:V1"}}),
    ] {
        accept(&bed, &shop, order(step)).await;
    }
    let right = sign_codes::of_order(bed.app.secrets(), id);
    let wrong = if right == "111111" { "222222" } else { "111111" };
    let receive = |proof: Json| {
        let household = household.to_string();
        order(json!({"receive": {"household": household, "order": one, "proof": proof}}))
    };
    assert_eq!(refusal(&bed, &grid, receive(json!({"code": wrong}))).await, "hand-over-code-wrong");
    assert_eq!(refusal(&bed, &grid, receive(json!("household"))).await, "not-your-household");
    // Whoever takes calls may tell a household its code; a shop is not shown it.
    let page = format!("/supply/orders/{id}");
    assert!(bed.get(&page).cookie(&grid).send().await.text().contains(&right));
    assert!(!bed.get(&page).cookie(&shop).send().await.text().contains(&right));
    accept(&bed, &grid, receive(json!({"code": right}))).await;
    assert_eq!(refusal(&bed, &grid, receive(json!({"said": "again"}))).await, "order-elsewhere");
}

fn deliver(command: Json) -> Json {
    supply(json!({ "deliver": command }))
}

/// Waits until the plan of the county is made.
async fn made(bed: &Bed) -> std::sync::Arc<server::replans::Replan> {
    loop {
        let plan = bed.app.replans().of(area()).expect("a plan");
        if plan.made().is_some() {
            return plan;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_no_more_is_planned_anew_by_itself_and_accepted_by_somebody() {
    let Town { bed, district, shop, order: id, .. } = town().await;
    let many = json!([id.to_string()]);
    for step in [
        json!({"accept": {"shop": SHOP, "orders": many}}),
        json!({"pack": {"shop": SHOP, "orders": many}}),
    ] {
        accept(&bed, &shop, order(step)).await;
    }
    let (now, until) = (bed.app.now().0, (bed.app.now() + Span::days(2)).0);
    let pass = json!({"give_pass": {
        "vehicle": "vehicle:B1", "plate": "吉B·12345", "driver": PersonId::from_bytes([7; 16]).to_string(),
        "carries": 500_000, "places": ["220202001001"], "from": now, "until": until,
    }});
    accept(&bed, &district, deliver(pass)).await;
    // Nobody has asked and nothing has changed: no plan is made.
    assert_eq!(server::replans::look(&bed.app).await.expect("a look"), 0);
    let (plan_page, list) = ("/supply/deliveries/plan", "/supply/deliveries");
    let read = async |path: &str| bed.get(path).english().cookie(&district).send().await.text();
    assert!(read(plan_page).await.contains("1 order lies packed"));
    let api = "/api/v1/supply/plan?area=220202";
    let none = bed.get(api).bearer(&district).send().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "the desk has no plan yet");
    let to = |path: &str| format!("{path}?area={AREA}");
    let start = to("/supply/deliveries/plan/start");
    assert_eq!(bed.post(&start).signed_form(&shop, &[]).send().await.status, StatusCode::FORBIDDEN);
    bed.post(&start).signed_form(&district, &[]).send().await;
    let plan = made(&bed).await;
    assert!(plan.asked_by.is_some() && plan.replaces.is_empty());
    // A program is given the plan that the desk sees, and one that it makes is the desk's from then on.
    let same = bed.get(api).bearer(&district).send().await.json();
    assert_eq!((&same["as_of"], &same["area"]), (&json!(plan.as_of.0), &json!(220_202)), "{same}");
    assert_eq!(same["batches"][0]["stops"][0]["orders"], json!([id.to_string()]), "{same}");
    assert_eq!(bed.post(api).bearer(&shop).send().await.status, StatusCode::FORBIDDEN);
    let far = bed.role(Role::District, "220203").await;
    for there in [bed.get(api), bed.post(api)] {
        assert_ne!(there.bearer(&far).send().await.status, StatusCode::OK);
    }
    let stop = to("/supply/deliveries/plan/stop");
    let stopped = bed.post(&stop).signed_form(&far, &[]).send().await;
    assert_eq!(stopped.status, StatusCode::FORBIDDEN, "{}", stopped.text());
    let anew = bed.post(api).bearer(&district).send().await.json();
    assert_eq!(anew["batches"], same["batches"]);
    let plan = made(&bed).await;
    assert_eq!(anew["as_of"], json!(plan.as_of.0));
    assert_eq!(plan.asked_by.as_deref(), anew["asked_by"].as_str());
    let seen = plan.as_of.0.to_string();
    let command = Uuid::now_v7().to_string();
    let wrong = bed.post(&to(plan_page)).english();
    let wrong = wrong.signed_form(&district, &[("command", &command), ("as-of", "1")]).send().await;
    assert!(wrong.text().contains("not the plan that you looked at"), "{}", wrong.text());
    let right = bed.post(&to(plan_page));
    let right =
        right.signed_form(&district, &[("command", &command), ("as-of", &seen)]).send().await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text());
    assert!(bed.app.replans().of(area()).is_none());
    // A gate changes: the next look makes a plan from what that replaces, once.
    let gate = json!({"put_gate": {"place": "220202001001-03", "opens": 0, "closes": 1_440}});
    accept(&bed, &district, deliver(gate)).await;
    assert_eq!(server::replans::look(&bed.app).await.expect("a look"), 1);
    let plan = made(&bed).await;
    assert_eq!((plan.asked_by.as_deref(), plan.replaces.len()), (None, 1));
    assert_eq!(server::replans::look(&bed.app).await.expect("a look"), 0);
    assert!(read(list).await.contains("A new plan for 1 batch waits"));
    let shown = read(plan_page).await;
    assert!(shown.contains("The gate has changed") && shown.contains("Accept the plan"), "{shown}");
    // Accepted as a command, it is no plan any more: not on the page, and not for programs.
    let plan = bed.get(api).bearer(&district).send().await.json();
    let batches = json!({"plan": {"batches": plan["batches"], "replaces": plan["replaces"]}});
    accept(&bed, &district, deliver(batches)).await;
    assert_eq!(server::replans::look(&bed.app).await.expect("a look"), 0);
    assert!(!read(list).await.contains("A new plan for"));
    assert_eq!(bed.get(api).bearer(&district).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hospitals_doctor_signs_the_renewals_that_were_asked_for() {
    let Town { bed, district, grid, shop, household, .. } = town().await;
    let mut of = grant(Role::Ward, AREA);
    of.holder = types::HolderCode::parse("ward:W1").ok();
    bed.account("doctor", vec![of]).await;
    let doctor = bed.session("doctor").await;
    let id = household.to_string();
    let (now, soon) = (bed.app.now(), bed.app.now() + Span::days(2));
    let put = json!({"put_medicine": {
        "household": id, "name": "metformin 0.5 g", "last_dose": soon.0, "prescribed_until": soon.0,
    }});
    accept(&bed, &grid, supply(put)).await;
    let renew = |days: i64| {
        supply(json!({"renew": {
            "household": id, "name": "metformin 0.5 g", "doctor": "Wang", "days": days,
        }}))
    };
    assert_eq!(refusal(&bed, &shop, renew(28)).await, "not-allowed");
    assert_eq!(refusal(&bed, &doctor, renew(28)).await, "renewal-not-asked");
    let list = "/supply/renewals?area=220202";
    let read = async |who: &str| bed.get(list).english().cookie(who).send().await;
    assert!(read(&doctor).await.text().contains("No renewal waits"));
    let ask = supply(json!({"ask_renewal": {"household": id, "name": "metformin 0.5 g"}}));
    accept(&bed, &grid, ask.clone()).await;
    let page = read(&doctor).await.text();
    assert!(page.contains("metformin 0.5 g") && page.contains("地 101"), "{page}");
    // A household's page is for those who look after it.
    assert!(!page.contains(&format!("/supply/households/220202/{id}")), "{page}");
    assert_eq!(read(&shop).await.status, StatusCode::FORBIDDEN);
    let far = bed.role(Role::Ward, "220203").await;
    let at = |what: &str| format!("/supply/renewals/220202/{id}/{what}?area=220202");
    let form = |days: &str| {
        let command = Uuid::now_v7().to_string();
        [("command", command), ("name", "metformin 0.5 g".to_owned()), ("days", days.to_owned())]
    };
    let send = async |who: &str, what: &str, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        bed.post(&at(what)).english().signed_form(who, &fields).send().await
    };
    assert_eq!(send(&far, "renewed", &form("28")).await.status, StatusCode::FORBIDDEN);
    let long = send(&doctor, "renewed", &form("100")).await;
    assert!(long.text().contains("at most 84"), "{}", long.text());
    let done = send(&doctor, "renewed", &form("28")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let home = format!("/supply/households/220202/{id}");
    let file = bed.get(&home).english().cookie(&grid).send().await.text();
    assert!(file.contains("ward:W1"), "who signed stands with it: {file}");
    assert!(read(&doctor).await.text().contains("No renewal waits"));
    // Asked again, and declined with a reason.
    accept(&bed, &grid, ask).await;
    let mut fields = form("0").to_vec();
    let silent = send(&doctor, "declined", &fields).await;
    assert_ne!(silent.status, StatusCode::SEE_OTHER, "no reason is given");
    fields[0].1 = Uuid::now_v7().to_string();
    fields.push(("note", "needs a blood test".to_owned()));
    let done = send(&doctor, "declined", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let file = bed.get(&home).english().cookie(&district).send().await.text();
    assert!(file.contains("needs a blood test") && now < soon, "{file}");
}

/// Somebody who is not registered brings orders from a gate.
pub(crate) fn volunteer(bed: &Bed, gate: &str) -> Json {
    let now = bed.app.now();
    supply(json!({"deliver": {"register_volunteer": {
        "volunteer": "volunteer:V1", "places": [gate], "vouched": "Li, residents' committee",
        "from": now.0, "until": (now + Span::days(3)).0,
        "who": {"named": {
            "person": PersonId::from_bytes([9; 16]).to_string(), "home": gate,
            "details": {"name": "王五", "id_type": "none", "phone": "13800000000"},
        }},
    }}}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_is_registered_by_those_who_answer_for_the_gate() {
    let Town { bed, district, grid, shop, order: id, .. } = town().await;
    let many = json!([id.to_string()]);
    for step in ["accept", "pack"] {
        accept(&bed, &shop, order(json!({step: {"shop": SHOP, "orders": many}}))).await;
    }
    let hand_over =
        || order(json!({"hand_over": {"shop": SHOP, "orders": many, "carrier": "volunteer:V1"}}));
    assert_eq!(refusal(&bed, &shop, hand_over()).await, "volunteer-not-registered");
    let register = volunteer(&bed, "220202001001-03");
    assert_eq!(refusal(&bed, &shop, register.clone()).await, "not-allowed");
    let mut silent = register.clone();
    silent["supply"]["deliver"]["register_volunteer"]["who"]["named"]["details"] =
        json!({"name": "王五", "id_type": "none"});
    assert_eq!(refusal(&bed, &grid, silent).await, "volunteer-without-telephone");
    let command = accept(&bed, &grid, register).await;
    let pass = supply::pass_id(area(), command);
    accept(&bed, &shop, hand_over()).await;
    // On the list by code; who it is, masked, on a page of its own.
    let list = bed.get("/supply/volunteers").cookie(&grid).send().await.text();
    assert!(list.contains("volunteer:V1") && !list.contains('王'), "{list}");
    let page = format!("/supply/volunteers/{pass}");
    let seen = bed.get(&page).cookie(&district).send().await.text();
    assert!(seen.contains("王*") && !seen.contains("王五"), "{seen}");
    assert!(!seen.contains("13800000000"), "{seen}");
    let away = bed.get(&page).cookie(&shop).send().await;
    assert_eq!(away.status, StatusCode::FORBIDDEN);
    let withdraw = supply(json!({"deliver": {"withdraw_volunteer": {
        "pass": pass.to_string(), "reason": "ill",
    }}}));
    accept(&bed, &grid, withdraw).await;
    let late = bed.get("/api/v1/supply/orders?stage=came_back").bearer(&district).send().await;
    assert_eq!(late.json()["orders"][0]["id"], json!(id.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_household_lacks_is_on_one_list_and_at_the_command_post() {
    let Town { bed, district, grid, shop, household, .. } = town().await;
    let none = bed.get("/api/v1/supply/unmet").bearer(&grid).send().await.json();
    assert_eq!((&none["all"], &none["households"]), (&json!(0), &json!([])), "{none}");
    // Two posts: a drawing of the board is kept for some seconds for whoever looks at the same areas.
    let county = bed.role(Role::Commander, "220202").await;
    let before = bed.get("/board").cookie(&county).send().await.text();
    assert!(!before.contains("需求未满足的住户"), "nothing is lacking: {before}");
    let id = household.to_string();
    let complain = json!({"complain": {"household": id, "about": "bad", "said": "mouldy"}});
    accept(&bed, &grid, supply(complain)).await;
    let needs = json!({"put_needs": {"household": id, "needs": ["alone", "halal"]}});
    accept(&bed, &grid, supply(needs)).await;
    let lacking = bed.get("/api/v1/supply/unmet").bearer(&grid).send().await.json();
    assert_eq!(lacking["all"], json!(1), "{lacking}");
    let one = &lacking["households"][0];
    assert_eq!((&one["id"], &one["lacks"][0]["why"]), (&json!(id), &json!("complaint")), "{one}");
    // From the board to the list to the household: two presses.
    let board = bed.role(Role::Commander, "2202").await;
    let after = bed.get("/board").cookie(&board).send().await.text();
    assert!(after.contains("需求未满足的住户"), "{after}");
    assert!(after.contains("/supply/unmet?area=2202"), "{after}");
    let list = "/supply/unmet?community=220202001001";
    let page = bed.get(list).cookie(&grid).send().await.text();
    let home = format!("/supply/households/220202/{household}");
    assert!(page.contains(&home), "{page}");
    assert_eq!(bed.get(list).cookie(&shop).send().await.status, StatusCode::FORBIDDEN);
    let file = bed.get(&home).cookie(&grid).send().await;
    assert_eq!(file.status, StatusCode::OK);
    // Whoever is alone is owed a pack while under restriction, and the page orders it.
    let packs = bed.get("/supply/packs").cookie(&grid).send().await;
    assert!(!packs.text().contains(&home), "nobody is locked in");
    let until = (bed.app.now() + Span::days(5)).0;
    let lock = json!({"set_mode": {
        "place": "220202001001-03", "mode": "door", "until": until, "reason": "notice",
    }});
    accept(&bed, &district, supply(lock)).await;
    let packs = bed.get("/supply/packs").cookie(&grid).send().await.text();
    assert!(packs.contains(&home) && packs.contains("/supply/packs"), "{packs}");
    assert_eq!(bed.get("/supply/packs").cookie(&shop).send().await.status, StatusCode::FORBIDDEN);
}
