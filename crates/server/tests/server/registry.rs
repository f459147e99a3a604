//! Places, people, moves and holders, through the pages.

use axum::http::StatusCode;
use registry::command::{
    Address, Command, Details, HolderDetails, PutHolders, PutHousehold, PutPerson, PutPersons,
    RegisterPerson, SealedIdentity,
};
use registry::identity::{Day, IdType, Identity, check, resident_check};
use registry::{ids, views};
use server::access::Role;
use types::{AreaCode, HolderCode, PersonId, PlaceCode};
use uuid::Uuid;

use crate::bed::{Bed, grant, put_places, submit};

const ENTRANCE: &str = "220202001001-03-05-2";
const TODAY: Day = Day { year: 2022, month: 3, day: 15 };

fn area() -> AreaCode {
    AreaCode::parse("220202").expect("six digits")
}

fn number(n: u32) -> String {
    let body = format!("22020219800101{n:03}");
    let check = resident_check(body.as_bytes()).expect("17 digits");
    format!("{body}{}", char::from(check))
}

fn identity(name: &str, n: u32) -> Identity {
    Identity {
        name: name.into(),
        id_type: IdType::Resident,
        id_number: Some(number(n)),
        phone: Some(format!("138{n:08}")),
    }
}

fn sealed(bed: &Bed, person: PersonId, who: &Identity) -> SealedIdentity {
    let checked = check(who.clone(), TODAY).expect("sound");
    SealedIdentity::of(bed.app.keys(), area(), person, &checked).expect("seals")
}

pub async fn with_places() -> Bed {
    let bed = Bed::with(|config| config.limits.page_rate.burst = 1e6).await;
    put_places(&bed, &[("22", "吉林省", "Jilin"), ("2202", "吉林市", "Jilin City")]).await;
    let places = [
        ("220202", "昌邑区", "Changyi"),
        ("220202001", "兴华街道", ""),
        ("220202001001", "站前社区", "Zhanqian"),
        ("220202001001-03", "松花小区", "Songhua Court"),
        ("220202001001-03-05", "5号楼", ""),
        (ENTRANCE, "2单元", ""),
    ];
    put_places(&bed, &places).await;
    bed
}

async fn register(bed: &Bed, who: &Identity) -> PersonId {
    let person = PersonId(Uuid::now_v7());
    let place = PlaceCode::parse(ENTRANCE).expect("a place");
    let register = RegisterPerson {
        person,
        details: Details::Sealed(sealed(bed, person, who)),
        address: Some(Address { place, door: "301".into() }),
    };
    submit(bed, area(), Command::RegisterPerson(register)).await;
    person
}

/// How many looks are on record for a person.
async fn looks(bed: &Bed, person: PersonId) -> usize {
    let who = registry::event::PersonRef { area: area(), person };
    let mut db = bed.app.reader().await.expect("a reader");
    registry::file::looks_at(&mut db, who, 100).await.expect("reads").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_open_from_the_province_to_the_entrance() {
    let bed = with_places().await;
    register(&bed, &identity("张三丰", 1)).await;
    let commander = bed.role(Role::Commander, "2202").await;
    let get = |path: &str| bed.get(path).cookie(&commander).english().send();
    let index = get("/registry").await;
    assert_eq!(index.status, StatusCode::OK, "{}", index.text());
    assert!(index.text().contains("Changyi"), "{}", index.text());
    let found = get("/registry?q=%E6%9D%BE%E8%8A%B1").await.text();
    assert!(found.contains("Songhua Court") && found.contains("/registry/places/220202001001-03"));
    for place in ["2202", "220202", "220202001001", "220202001001-03", ENTRANCE] {
        let page = get(&format!("/registry/places/{place}")).await;
        assert_eq!(page.status, StatusCode::OK, "{place}: {}", page.text());
        assert!(!page.text().contains("张"), "no person on {place}");
    }
    assert_eq!(get("/registry/places/22").await.status, StatusCode::FORBIDDEN);
    assert_eq!(get("/registry/places/220202009").await.status, StatusCode::NOT_FOUND);
    let csv = get("/registry/places/220202001001?format=csv").await.text();
    assert!(csv.contains("Songhua Court,220202001001-03,Compound,1,1,1"), "{csv}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn households_open_after_a_purpose_and_on_record() {
    let bed = with_places().await;
    let person = register(&bed, &identity("张三丰", 1)).await;
    let grid = bed.role(Role::Grid, "220202").await;
    let path = "/registry/places/220202001001-03/households";
    let asks = bed.get(path).cookie(&grid).english().send().await.text();
    assert!(asks.contains("name=\"purpose\"") && !asks.contains("张"), "{asks}");
    let shown = bed.get(&format!("{path}?purpose=support")).cookie(&grid).english().send().await;
    assert_eq!(shown.header("cache-control"), "no-store");
    let text = shown.text();
    assert!(text.contains("张**") && text.contains("5-2-301"), "{text}");
    assert!(!text.contains("三丰") && !text.contains("/code?"), "{text}");
    assert!(text.contains(&format!("/registry/persons/{person}?area=220202")));
    let wrong = bed.get(&format!("{path}?purpose=gossip")).cookie(&grid).send().await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wide = bed.get("/registry/places/220202001/households").cookie(&grid).send().await;
    assert_eq!(wide.status, StatusCode::UNPROCESSABLE_ENTITY);
    let commander = bed.role(Role::Commander, "2202").await;
    let refused = bed.get(&format!("{path}?purpose=support")).cookie(&commander).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_gets_a_code_that_signs_it_in() {
    let bed = with_places().await;
    register(&bed, &identity("张三丰", 1)).await;
    let district = bed.role(Role::District, "220202").await;
    let place = PlaceCode::parse(ENTRANCE).expect("a place");
    let household = ids::household(&place, "301");
    let path = format!("/registry/households/{household}/code?area=220202");
    let shown = bed.post(&path).english().signed_form(&district, &[]).send().await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    let text = shown.text();
    let code = text.split("class=\"secret\">").nth(1).and_then(|t| t.split('<').next());
    let index = bed.app.keys().code_index(code.expect("a code")).expect("a code");
    let mut db = bed.app.reader().await.expect("a reader");
    let opened = views::household_by_code(&mut db, index).await.expect("reads");
    assert_eq!(opened, Some((area(), household)));
    let grid = bed.role(Role::Grid, "220202").await;
    let refused = bed.post(&path).signed_form(&grid, &[]).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_shown_masked_and_revealed_with_a_purpose() {
    let bed = with_places().await;
    let person = register(&bed, &identity("张三丰", 1)).await;
    let grid = bed.role(Role::Grid, "220202").await;
    let search = |pairs: &'static [(&'static str, &'static str)]| {
        bed.post("/registry/persons").english().signed_form(&grid, pairs).send()
    };
    let typed: &'static str = Box::leak(number(1).into_boxed_str());
    let pairs: &'static [(&str, &str)] =
        Box::leak(Box::new([("number", typed), ("purpose", "result")]));
    let found = search(pairs).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text());
    assert_eq!(found.header("cache-control"), "no-store");
    assert!(found.text().contains("张**") && found.text().contains("2202**********"));
    assert_eq!(looks(&bed, person).await, 1);
    let named =
        search(&[("name", "三丰"), ("place", "220202001001"), ("purpose", "tracing")]).await;
    assert!(named.text().contains("张**"), "{}", named.text());
    let empty = search(&[("purpose", "tracing")]).await.text();
    assert!(empty.contains("There is nothing to look for."), "{empty}");

    let path = format!("/registry/persons/{person}?area=220202");
    let asks = bed.get(&path).cookie(&grid).english().send().await.text();
    assert!(asks.contains("name=\"purpose\"") && !asks.contains("张"), "{asks}");
    let file = bed.get(&format!("{path}&purpose=result")).cookie(&grid).english().send().await;
    let text = file.text();
    assert!(text.contains("张**") && text.contains("138****0001"), "{text}");
    assert!(!text.contains("张三丰") && !text.contains(&number(1)), "{text}");
    assert_eq!(looks(&bed, person).await, 2);

    let reveal = format!("/registry/persons/{person}/reveal?area=220202");
    let pairs = [("purpose", "result"), ("note", "third round")];
    let shown = bed.post(&reveal).english().signed_form(&grid, &pairs).send().await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    assert!(shown.text().contains("张三丰") && shown.text().contains(&number(1)));
    assert_eq!(looks(&bed, person).await, 3);
    let sampler = bed.role(Role::Sampler, "220202").await;
    let refused = bed.post(&reveal).signed_form(&sampler, &pairs).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let unsaid = bed.post(&reveal).signed_form(&grid, &[]).send().await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(looks(&bed, person).await, 3, "what was refused showed nothing");
    bed.account("far", vec![grant(Role::Grid, "220102")]).await;
    let far = bed.session("far").await;
    let away = bed.get(&format!("{path}&purpose=result")).cookie(&far).send().await;
    assert_eq!(away.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_corrected_and_the_correction_stays_on_record() {
    let bed = with_places().await;
    let person = register(&bed, &identity("张三丰", 1)).await;
    let grid = bed.role(Role::Grid, "220202").await;
    let path = format!("/registry/persons/{person}/change?area=220202");
    let page = bed.get(&path).cookie(&grid).english().send().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let wrong = [
        ("name", "张叁丰"),
        ("id_type", "resident"),
        ("id_number", "110105194912310021"),
        ("reason", "mistyped"),
    ];
    let refused = bed.post(&path).english().signed_form(&grid, &wrong).send().await.text();
    assert!(refused.contains("check digit") && refused.contains("张叁丰"), "{refused}");
    let right = number(2);
    let pairs = [
        ("name", "张叁丰"),
        ("id_type", "resident"),
        ("id_number", right.as_str()),
        ("reason", "document_seen"),
        ("note", "seen at the door"),
    ];
    let done = bed.post(&path).english().signed_form(&grid, &pairs).send().await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let file = bed.get(done.location()).cookie(&grid).english().send().await.text();
    assert!(file.contains("seen at the door") && file.contains("document seen"), "{file}");
    let nothing = [("reason", "mistyped")];
    let refused = bed.post(&path).english().signed_form(&grid, &nothing).send().await.text();
    assert!(refused.contains("Nothing would change."), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_waits_until_somebody_decides() {
    let bed = with_places().await;
    let who = identity("张三丰", 1);
    let person = register(&bed, &who).await;
    let import = Uuid::now_v7();
    let place = PlaceCode::parse("220202001001-03").expect("a place");
    let id = ids::person(import, 1);
    let found = sealed(&bed, id, &who);
    let put = PutPersons {
        import,
        households: vec![PutHousehold {
            id: ids::household(&place, "9"),
            place,
            door: "9".into(),
            persons: vec![PutPerson {
                id,
                row: 1,
                sealed: found.sealed,
                id_index: found.id_index,
                phone_index: found.phone_index,
                birth_year: found.birth_year,
                sex: found.sex,
            }],
        }],
    };
    submit(&bed, area(), Command::PutPersons(put)).await;
    let grid = bed.role(Role::Grid, "220202").await;
    let list = bed.get("/registry/moves").cookie(&grid).english().send().await.text();
    assert!(list.contains("张**") && list.contains("220202001001-03 · 9"), "{list}");
    assert_eq!(looks(&bed, person).await, 1);
    let household = ids::household(&PlaceCode::parse("220202001001-03").expect("a place"), "9");
    let (who, home) = (person.to_string(), household.to_string());
    let pairs = [("person", who.as_str()), ("household", home.as_str()), ("accept", "yes")];
    let settle = || bed.post("/registry/moves/220202").english().signed_form(&grid, &pairs).send();
    assert_eq!(settle().await.status, StatusCode::SEE_OTHER);
    let again = settle().await.text();
    assert!(again.contains("waits for a decision"), "{again}");
    let list = bed.get("/registry/moves").cookie(&grid).english().send().await.text();
    assert!(list.contains("Nothing waits for a decision."), "{list}");
    let mut db = bed.app.reader().await.expect("a reader");
    let found = views::whereabouts(&mut db, [(area(), person)]).await.expect("reads");
    assert_eq!(found[&person].household, Some(household));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holders_are_added_changed_and_listed_by_kind() {
    let bed = with_places().await;
    let district = bed.role(Role::District, "220202").await;
    let edit = "/registry/holders/220202/edit";
    let save = |pairs: &'static [(&'static str, &'static str)]| {
        bed.post(edit).english().signed_form(&district, pairs).send()
    };
    let wrong = save(&[("code", "S012"), ("name_zh", "采样点"), ("lon", "east")]).await.text();
    assert!(wrong.contains("not a coordinate") && wrong.contains("kind:code"), "{wrong}");
    let unknown = save(&[("code", "site:S1"), ("name_zh", "点"), ("place", "220202009")]).await;
    assert!(unknown.text().contains("is not in the registry"), "{}", unknown.text());
    let done = save(&[
        ("code", "site:220202-S012"),
        ("name_zh", "站前采样点"),
        ("place", "220202001001"),
        ("lon", "126.55"),
        ("lat", "43.85"),
        ("active", "1"),
    ])
    .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let list = |kind: &str| {
        bed.get(&format!("/registry/holders?area=220202&kind={kind}"))
            .cookie(&district)
            .english()
            .send()
    };
    assert!(list("site").await.text().contains("站前采样点"));
    assert!(!list("lab").await.text().contains("站前采样点"));
    let form = bed.get(&format!("{edit}?code=site:220202-S012")).cookie(&district).send().await;
    assert!(form.text().contains("126.55"), "{}", form.text());
    save(&[("code", "site:220202-S012"), ("name_zh", "站前采样点")]).await;
    assert!(list("site").await.text().contains("Not working"));
    let grid = bed.role(Role::Grid, "220202").await;
    let refused = bed.get(edit).cookie(&grid).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_holders_come_in_pages_and_one_download() {
    let bed = with_places().await;
    let holder = |kind: &str, n: u32| HolderDetails {
        code: HolderCode::parse(&format!("{kind}:H{n:03}")).expect("a holder"),
        name_zh: format!("{kind}{n}"),
        name_en: String::new(),
        place: None,
        lon: None,
        lat: None,
        active: true,
    };
    let holders = (0..130).map(|n| holder("site", n)).chain((0..5).map(|n| holder("lab", n)));
    submit(&bed, area(), Command::PutHolders(PutHolders { holders: holders.collect() })).await;
    let district = bed.role(Role::District, "220202").await;
    let page = async |query: &str| {
        let call = bed.get(&format!("/registry/holders?area=220202{query}"));
        let reply = call.cookie(&district).english().send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.text()
    };
    let first = page("").await;
    assert!(first.contains("lab:H000") && first.contains("site:H094"), "{first}");
    assert!(!first.contains("site:H095") && first.contains("rel=\"next\""), "{first}");
    let second = page("&after=220202%2Fsite%3AH094").await;
    assert!(second.contains("site:H095") && second.contains("site:H129"), "{second}");
    assert!(!second.contains("site:H094<") && !second.contains("rel=\"next\""), "{second}");
    let labs = page("&kind=lab").await;
    assert!(labs.contains("lab:H004") && !labs.contains("site:H000"), "{labs}");
    assert_eq!(page("&format=csv").await.lines().count(), 136);
    let wrong = bed.get("/registry/holders?area=220202&after=x").cookie(&district).send().await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}
