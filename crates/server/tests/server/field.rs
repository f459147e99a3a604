//! The field app's side of the server: the list for a shift, what one holds, walk-ins, devices,
//! countersigns, and paper.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use ledger::{Actor, Envelope, Priority, Status};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey, ecdh};
use registry::command::{
    HolderDetails, PlaceDetails, PutHolders, PutHousehold, PutPerson, PutPersons, PutPlaces,
};
use registry::identity::{self, IdType, Identity};
use serde_json::{Value as Json, json};
use server::access::{Grant, Role};
use server::field::codes::{self, Named};
use server::field::devices;
use sha2::Sha256;
use store::both_stores;
use store::testkit::TestBed;
use testing::{Collect, Mode, OpenRound, PlanSites, SetTargets, SitePlan, Slot, Target, Zone};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId,
};
use uuid::Uuid;

use crate::bed::Bed;

const SITE: &str = "site:220202-S001";
const COMPOUND: &str = "220202001001-01";
const NUMBER: &str = "11010519491231002X";

fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("a holder")
}

fn place(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a place")
}

fn import() -> Uuid {
    Uuid::parse_str("01960000-0000-7000-8000-000000000000").expect("an id")
}

fn person(n: u32) -> PersonId {
    registry::ids::person(import(), n)
}

fn round() -> RoundId {
    RoundId::from_bytes([5; 16])
}

fn tube(n: u32) -> UnitId {
    UnitId::printed(testing::TUBE, area(), n)
}

fn box_(n: u32) -> UnitId {
    UnitId::printed(testing::BOX, area(), n)
}

/// Sends commands as the desk would, and expects that they are taken.
async fn say(bed: &Bed, commands: Vec<desks::Command>) {
    say_in(bed, area(), commands).await;
}

async fn say_in(bed: &Bed, area: AreaCode, commands: Vec<desks::Command>) {
    let now = bed.app.now();
    let envelopes = commands
        .into_iter()
        .map(|command| Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time: now,
            clock_offset: Span(0),
            device: None,
            actor: Actor { user: "desk".into(), holder: None },
            command,
        })
        .collect();
    for outcome in bed.app.submit(Priority::Normal, envelopes).await.expect("taken") {
        assert_eq!(outcome.status, Status::Accepted, "{outcome:?}");
    }
}

fn details(code: &str, zh: &str) -> PlaceDetails {
    PlaceDetails {
        code: place(code),
        name_zh: zh.into(),
        name_en: String::new(),
        lon: None,
        lat: None,
        outline: None,
    }
}

fn put_person(bed: &Bed, row: u32, name: &str) -> PutPerson {
    let identity = Identity {
        name: name.into(),
        id_type: IdType::Passport,
        id_number: Some(format!("E{row:08}")),
        phone: None,
    };
    let checked = identity::check(identity, bed.app.today()).expect("sound");
    let id = person(row);
    let sealed = registry::command::SealedIdentity::of(bed.app.keys(), area(), id, &checked)
        .expect("sealed");
    PutPerson {
        id,
        row,
        sealed: sealed.sealed,
        id_index: sealed.id_index,
        phone_index: sealed.phone_index,
        birth_year: None,
        sex: None,
    }
}

/// A county with one community, a compound of two households, a site, a courier, a laboratory
/// and an open round.
async fn county(bed: &Bed) {
    let above =
        PutPlaces { places: vec![details("22", "吉林省"), details("2202", "吉林市")] };
    let above = desks::Command::Registry(registry::Command::PutPlaces(above));
    say_in(bed, AreaCode::NONE, vec![above]).await;
    let places = [
        ("220202", "昌邑区"),
        ("220202001", "兴华街道"),
        ("220202001001", "东局子社区"),
        (COMPOUND, "江畔花园"),
        ("220202001001-01-05", "5栋"),
        ("220202001001-01-05-2", "2单元"),
    ];
    let put = PutPlaces { places: places.iter().map(|(c, n)| details(c, n)).collect() };
    say(bed, vec![desks::Command::Registry(registry::Command::PutPlaces(put))]).await;
    let named = |code: &str, zh: &str| HolderDetails {
        code: holder(code),
        name_zh: zh.into(),
        name_en: String::new(),
        place: Some(place("220202001001")),
        lon: None,
        lat: None,
        active: true,
    };
    let holders = vec![
        named(SITE, "一号采样点"),
        named("site:220202-S002", "二号采样点"),
        named("courier:C7", "七号转运员"),
        named("lab:JL-01", "第一实验室"),
    ];
    let put = registry::Command::PutHolders(PutHolders { holders });
    say(bed, vec![desks::Command::Registry(put)]).await;

    let at = "220202001001-01-05-2";
    let household = |door: &str, persons: Vec<PutPerson>| PutHousehold {
        id: registry::ids::household(&place(at), door),
        place: place(at),
        door: door.into(),
        persons,
    };
    let households = vec![
        household("501", vec![put_person(bed, 1, "张三丰"), put_person(bed, 2, "李四")]),
        household("502", vec![put_person(bed, 3, "王五")]),
    ];
    let put = registry::Command::PutPersons(PutPersons { import: import(), households });
    say(bed, vec![desks::Command::Registry(put)]).await;

    let now = bed.app.now();
    let open = OpenRound {
        round: round(),
        name_zh: "区域核酸".into(),
        name_en: "Regional testing".into(),
        number: 1,
        places: vec![place("2202")],
        starts_at: now - Span::hours(1),
        ends_at: now + Span::hours(23),
        population: 3,
        prevalence: Some(0.001),
        ordered_hours: None,
    };
    let target = Target { compound: place(COMPOUND), persons: 3, zone: Zone::Locked };
    let slot = Slot { compound: place(COMPOUND), from: now, until: now + Span::hours(4) };
    let site = SitePlan {
        site: holder(SITE),
        community: place("220202001001"),
        slots: vec![slot],
        stands: 1,
        samplers: 2,
        persons: 3,
    };
    let targets = SetTargets { round: round(), targets: vec![target] };
    let plan = PlanSites { round: round(), sites: vec![site] };
    say(
        bed,
        vec![
            desks::Command::Testing(testing::Command::OpenRound(open)),
            desks::Command::Testing(testing::Command::SetTargets(targets)),
            desks::Command::Testing(testing::Command::PlanSites(plan)),
        ],
    )
    .await;
}

async fn prepared(test: TestBed) -> Bed {
    let bed = Bed::on(test).await;
    county(&bed).await;
    bed
}

/// A command as a phone sends it.
async fn send(bed: &Bed, token: &str, command: Json) -> Json {
    let body = json!({
        "device": "phone",
        "device_time": bed.app.now().0,
        "commands": [{
            "id": Uuid::now_v7(), "area": 220_202, "event_time": bed.app.now().0, "command": command,
        }],
    });
    let reply = bed.post("/api/v1/commands").bearer(token).json(&body).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["outcomes"][0].clone()
}

fn collect(n: u32, persons: &[PersonId], now: Micros) -> Json {
    let collect = Collect {
        round: round(),
        tube: tube(n),
        barcode: None,
        site: holder(SITE),
        community: place("220202001001"),
        mode: Mode::Household,
        zone: Zone::Locked,
        persons: persons.to_vec(),
        started_at: now,
    };
    json!({"testing": {"collect": collect}})
}

both_stores! {
    async fn a_site_is_given_its_compounds_with_masked_names_and_the_look_is_recorded(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let outcome = send(&bed, &sampler, collect(1, &[person(1)], bed.app.now())).await;
        assert_eq!(outcome["status"], "accepted", "{outcome}");

        let path = format!("/api/v1/field/bundle?holder={SITE}");
        let reply = bed.get(&path).bearer(&sampler).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let bundle = reply.json();
        assert_eq!((&bundle["format"], &bundle["area"]), (&json!(1), &json!(220_202)));
        assert_eq!(bundle["server_time"], bed.app.now().0);
        assert_eq!(bundle["community"], "220202001001");
        assert_eq!(bundle["compounds"][0]["code"], COMPOUND);
        assert_eq!(bundle["compounds"][0]["zone"], "locked");
        assert_eq!(bundle["households"][0]["door"], "5-2-501");
        let first = &bundle["persons"][0];
        assert_eq!((&first["name"], &first["last4"]), (&json!("张**"), &json!("01")));
        assert_eq!(first["sampled"], json!([round()]));
        assert!(bundle["persons"][1].get("sampled").is_none());
        assert!(!reply.text().contains("张三丰") && !reply.text().contains("E00000001"));
        let one = &bundle["rounds"][0];
        assert_eq!((&one["deliver_minutes"], &one["sizes"]["ten"]), (&json!(240), &json!(10)));
        let locked = one["modes"].as_array().expect("modes").iter().find(|m| m["zone"] == "locked");
        assert_eq!(locked.expect("for locked areas")["mode"], "household");
        let holders: Vec<&str> = bundle["holders"]
            .as_array()
            .expect("list")
            .iter()
            .filter_map(|h| h["code"].as_str())
            .collect();
        assert_eq!(holders, ["courier:C7", "lab:JL-01"], "a site hands over to these");
        assert_eq!(bundle["held"][0]["unit"], tube(1).to_string());

        let mut db = bed.app.reader().await.expect("a connection");
        let looks = registry::file::looks_in(&mut db, AreaScope::one(area()), Micros(0), 10).await;
        let looks = format!("{:?}", looks.expect("looks"));
        assert!(looks.contains(COMPOUND) && looks.contains("sampler-220202"), "{looks}");
    }
}

both_stores! {
    async fn nobody_gets_the_list_of_another_holder(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        for other in ["site:220202-S002", "courier:C7", "site:none"] {
            let path = format!("/api/v1/field/bundle?holder={other}");
            let reply = bed.get(&path).bearer(&sampler).send().await;
            assert_eq!(reply.json()["error"]["code"], "not-your-holder", "{other}");
        }
        let holders = bed.get("/api/v1/field/holders").bearer(&sampler).send().await.json();
        assert_eq!(holders["holders"].as_array().map(Vec::len), Some(1));
        assert_eq!(holders["holders"][0]["code"], SITE);
        // The desk stands in for anybody of its county.
        let desk = bed.role(Role::District, "220202").await;
        let holders = bed.get("/api/v1/field/holders").bearer(&desk).send().await.json();
        assert_eq!(holders["holders"].as_array().map(Vec::len), Some(4));
        // A courier is told no names.
        let courier = bed.role(Role::Courier, "220202").await;
        let path = "/api/v1/field/bundle?holder=courier:C7";
        let bundle = bed.get(path).bearer(&courier).send().await.json();
        assert_eq!((&bundle["persons"], &bundle["compounds"]), (&json!([]), &json!([])));
        assert!(bundle["holders"].as_array().is_some_and(|all| all.len() == 4));
    }
}

both_stores! {
    async fn a_box_is_seen_by_whoever_has_it_with_the_tubes_inside(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let courier = bed.role(Role::Courier, "220202").await;
        let now = bed.app.now();
        for command in [
            collect(1, &[person(1), person(2)], now),
            json!({"testing": {"pack": {"box": box_(1), "tubes": [tube(1)], "holder": SITE}}}),
            json!({"testing": {"seal_box": {"box": box_(1)}}}),
            json!({"testing": {"hand_over": {"unit": box_(1), "giver": SITE, "taker": "courier:C7"}}}),
        ] {
            let outcome = send(&bed, &sampler, command).await;
            assert_eq!(outcome["status"], "accepted", "{outcome}");
            bed.pass(Span::minutes(1));
        }
        let held = |holder: &str, token: &str| {
            let call = bed.get(&format!("/api/v1/field/held?holder={holder}")).bearer(token);
            async move { call.send().await.json()["held"].clone() }
        };
        assert_eq!(held(SITE, &sampler).await, json!([]));
        let with_courier = held("courier:C7", &courier).await;
        assert_eq!(with_courier[0]["unit"], box_(1).to_string());
        assert_eq!(
            (&with_courier[0]["step"], &with_courier[0]["count"]),
            (&json!("in_transit"), &json!(1))
        );
        assert_eq!(with_courier[1]["within"], box_(1).to_string());
    }
}

both_stores! {
    async fn a_courier_asks_what_a_site_of_the_county_has(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let now = bed.app.now();
        for command in [
            collect(1, &[person(1), person(2)], now),
            collect(2, &[person(3)], now),
            json!({"testing": {"pack": {"box": box_(1), "tubes": [tube(1)], "holder": SITE}}}),
        ] {
            let outcome = send(&bed, &sampler, command).await;
            assert_eq!(outcome["status"], "accepted", "{outcome}");
        }
        let path = format!("/api/v1/holders/{SITE}/held");
        let courier = bed.role(Role::Courier, "220202").await;
        let reply = bed.get(&path).bearer(&courier).send().await.json();
        let units: Vec<&str> = reply["held"]
            .as_array()
            .expect("units")
            .iter()
            .filter_map(|u| u["unit"].as_str())
            .collect();
        // The box, and the tube that lies beside it; the one inside goes where the box goes.
        assert_eq!(units.len(), 2, "{reply}");
        assert!(units.contains(&box_(1).to_string().as_str()), "{reply}");
        assert!(units.contains(&tube(2).to_string().as_str()), "{reply}");
        assert_eq!((&reply["holder"], &reply["more"]), (&json!(SITE), &json!(false)));
        assert!(reply["held"][0]["since"].is_i64() && reply["held"][0]["step"].is_string());
        // Not of another county, and not of nobody.
        let stranger = bed.role(Role::Courier, "220204").await;
        let reply = bed.get(&path).bearer(&stranger).send().await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        let nobody = bed.get("/api/v1/holders/courier:NOBODY-9/held").bearer(&courier).send().await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    }
}

/// Seals as a phone does.
fn seal(server_key: &str, person: PersonId, text: &str) -> String {
    let theirs = URL_SAFE_NO_PAD.decode(server_key).expect("base64url");
    let own = SecretKey::from_slice(&[3; 32]).expect("a key");
    let ours = own.public_key().to_sec1_point(false).as_bytes().to_vec();
    let public = PublicKey::from_sec1_bytes(&theirs).expect("a point");
    let shared = ecdh::diffie_hellman(own.to_nonzero_scalar(), public.as_affine());
    let mut key = [0_u8; 32];
    let salt = [ours.as_slice(), &theirs].concat();
    Hkdf::<Sha256>::new(Some(&salt), shared.raw_secret_bytes())
        .expand(b"songhua field walk-in 1", &mut key)
        .expect("32 bytes");
    let aad = person.to_string();
    let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
    let nonce = [4_u8; 12];
    let sealed = Aes256Gcm::new_from_slice(&key)
        .expect("a key")
        .encrypt(&Nonce::try_from(&nonce[..]).expect("12 bytes"), payload)
        .expect("seals");
    URL_SAFE_NO_PAD.encode([&[1_u8][..], &ours, &nonce, &sealed].concat())
}

both_stores! {
    async fn a_walk_in_is_registered_once_and_found_by_the_number(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let path = format!("/api/v1/field/bundle?holder={SITE}");
        let bundle = bed.get(&path).bearer(&sampler).send().await.json();
        let key = bundle["seal_key"].as_str().expect("a key");
        let who = PersonId(Uuid::now_v7());
        let text = json!({"name": "欧阳锋", "id_type": "resident", "id_number": NUMBER}).to_string();
        let batch = |id: Uuid, sealed: String| {
            json!({
                "device": "phone", "device_time": bed.app.now().0,
                "commands": [{
                    "id": id, "area": 220_202, "event_time": bed.app.now().0,
                    "command": {"registry": {"register_walk_in": {
                        "person": who, "sealed": sealed, "address": {"place": COMPOUND, "door": "503"},
                    }}},
                }],
            })
        };
        let post = async |body: &Json| {
            let reply = bed.post("/api/v1/field/walk-ins").bearer(&sampler).json(body).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
            reply.json()["outcomes"][0].clone()
        };
        let first = batch(Uuid::now_v7(), seal(key, who, &text));
        let outcome = post(&first).await;
        assert_eq!(
            (&outcome["status"], &outcome["duplicate"]),
            (&json!("accepted"), &json!(false)),
            "{outcome}"
        );
        let again = post(&first).await;
        assert_eq!((&again["status"], &again["duplicate"]), (&json!("accepted"), &json!(true)));

        let mut db = bed.app.reader().await.expect("a connection");
        let hits =
            registry::file::find_by_number(&mut db, bed.app.keys(), AreaScope::one(area()), NUMBER);
        let hits = format!("{:?}", hits.await.expect("a search"));
        assert!(hits.contains(&who.to_string()), "{hits}");

        let other = seal(key, PersonId(Uuid::now_v7()), &text);
        let moved = post(&batch(Uuid::now_v7(), other)).await;
        assert_eq!(moved["refusal"]["code"], "envelope-unreadable", "for somebody else");
        let wrong = json!({"name": "欧阳锋", "id_type": "resident", "id_number": "110105194912310021"});
        let wrong = post(&batch(Uuid::now_v7(), seal(key, who, &wrong.to_string()))).await;
        assert_eq!(wrong["refusal"]["code"], "id-number-check", "{wrong}");
    }
}

both_stores! {
    async fn a_device_registers_its_own_key_and_its_signature_is_checked(test: TestBed) {
        let bed = prepared(test).await;
        let courier = bed.role(Role::Courier, "220202").await;
        let key = SigningKey::from_slice(&[9; 32]).expect("a key");
        let point = URL_SAFE_NO_PAD.encode(key.verifying_key().to_sec1_point(false).as_bytes());
        let device = devices::name_of(&point).expect("a name");
        let put = async |name: &str, holder: &str| {
            let body = json!({"device": name, "holder": holder, "public_key": point});
            bed.post("/api/v1/field/devices").bearer(&courier).json(&body).send().await
        };
        assert_eq!(
            put("d-0000000000000000", "courier:C7").await.json()["error"]["code"],
            "device-key-wrong"
        );
        assert_eq!(put(&device, SITE).await.json()["error"]["code"], "not-your-holder");
        assert_eq!(put(&device, "courier:C7").await.status, StatusCode::OK);

        let sampler = bed.role(Role::Sampler, "220202").await;
        let path = format!("/api/v1/field/bundle?holder={SITE}");
        let bundle = bed.get(&path).bearer(&sampler).send().await.json();
        assert_eq!(bundle["devices"][0]["device"], device.as_str(), "others can check it offline");

        let sign = |text: String| {
            let signature: Signature = key.sign(text.as_bytes());
            format!("{text}|{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
        };
        let card = sign(format!("SH1|C|courier:C7|{device}|gdqsb3ljeo"));
        let texts = json!({"texts": [
            card,
            card.replace("gdqsb3ljeo", "gdqsb3ljep"),
            sign(format!("SH1|C|courier:C8|{device}|gdqsb3ljeo")),
            sign("SH1|C|courier:C7|d-0000000000000000|gdqsb3ljeo".into()),
            "counted 11",
        ]});
        let reply = bed.post("/api/v1/field/countersigns").bearer(&sampler).json(&texts).send().await;
        let verdicts: Vec<Json> = reply.json()["verdicts"]
            .as_array()
            .expect("verdicts")
            .iter()
            .map(|v| v["verdict"].clone())
            .collect();
        assert_eq!(verdicts, ["signed", "wrong", "unknown-device", "unknown-device", "unreadable"]);
    }
}

both_stores! {
    async fn sheets_of_households_carry_the_codes_that_phones_read(test: TestBed) {
        let bed = prepared(test).await;
        let grid = bed.role(Role::Grid, "220202").await;
        let found = bed.get("/paper?q=江畔").cookie(&grid).send().await.text();
        assert!(found.contains("/paper/households/220202001001-01"), "{found}");
        let page = bed.get(&format!("/paper/households/{COMPOUND}")).cookie(&grid).send().await;
        assert_eq!(page.status, StatusCode::OK);
        let text = page.text();
        assert!(text.contains("江畔花园 · 5-2-501"), "{text}");
        assert!(text.contains(&codes::short(Named::Person, person(3).0)));
        assert_eq!(text.matches("class=\"qr\"").count(), 2 + 3, "each household and each person");
        assert!(!text.contains("张三丰"));
        assert_eq!(page.header("cache-control"), "no-store");
        let wide = bed.get("/paper/households/220202").cookie(&grid).send().await;
        assert!(wide.text().contains("place-too-wide"));
        let mut db = bed.app.reader().await.expect("a connection");
        let looks = registry::file::looks_in(&mut db, AreaScope::one(area()), Micros(0), 10).await;
        assert!(format!("{:?}", looks.expect("looks")).contains("grid-220202"));
    }
}

both_stores! {
    async fn no_label_is_given_out_twice(test: TestBed) {
        let bed = prepared(test).await;
        let desk = bed.role(Role::District, "220202").await;
        let make = async |kind: &str, count: &str| {
            let form = [("kind", kind), ("count", count)];
            bed.post("/paper/labels/220202").signed_form(&desk, &form).send().await
        };
        let (one, two) = tokio::join!(make("T", "3"), make("T", "3"));
        let mut codes = Vec::new();
        for reply in [one, two] {
            assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
            let page = bed.get(reply.location()).cookie(&desk).send().await.text();
            let here: Vec<UnitId> = page
                .split("aria-label=\"T")
                .skip(1)
                .filter_map(|rest| UnitId::parse(&format!("T{}", rest.split('"').next()?)).ok())
                .collect();
            assert_eq!(here.len(), 3, "{page}");
            codes.extend(here);
        }
        let all = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all);
        assert_eq!(make("T", "2001").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let list = bed.get("/paper").cookie(&desk).send().await.text();
        assert!(list.contains("/paper/labels/220202?roll="));
        let grid = bed.role(Role::Grid, "220202").await;
        let refused = bed.post("/paper/labels/220202").signed_form(&grid, &[]).send().await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
}

both_stores! {
    async fn a_grant_without_a_holder_works_for_those_of_its_kind(test: TestBed) {
        let bed = prepared(test).await;
        let scope = AreaScope::parse("2202").expect("a scope");
        bed.account("relief", vec![Grant { role: Role::Sampler, scope, holder: None }]).await;
        let token = bed.session("relief").await;
        let holders = bed.get("/api/v1/field/holders").bearer(&token).send().await.json();
        let codes: Vec<&str> = holders["holders"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|h| h["code"].as_str())
            .collect();
        assert_eq!(codes, [SITE, "site:220202-S002"]);
    }
}

/// Whether what is kept of these persons is what the store says.
async fn kept_is_stored(bed: &Bed, persons: &[PersonId], after: &str) {
    let mut db = bed.app.reader().await.expect("a connection");
    let keys: Vec<_> = persons.iter().map(|p| (area(), *p)).collect();
    let stored = testing::views::latest(&mut db, &keys).await.expect("read");
    for person in persons {
        let kept = bed.app.results().latest(area(), *person).await.expect("told");
        assert_eq!(kept.as_deref(), stored.get(person), "{person:?} after {after}");
    }
}

both_stores! {
    async fn what_is_kept_of_results_is_what_the_store_says_after_each_command(test: TestBed) {
        let bed = prepared(test).await;
        let sampler = bed.role(Role::Sampler, "220202").await;
        let all = [person(1), person(2), person(3)];
        kept_is_stored(&bed, &all, "nothing").await;
        let now = bed.app.now();
        let early = now - types::Span::minutes(30);
        let late = |n| json!({"testing": {"mark": {"tube": tube(n), "fault": "lost", "note": "fell"}}});
        let steps = [
            ("a filling", now, collect(1, &all[..2], now)),
            ("a second swab, later", now + types::Span::minutes(9), collect(2, &all[..1], now)),
            ("a second swab, earlier", early, collect(3, &all[1..], early)),
            ("another filling of the same tube", now, collect(2, &all[1..2], now)),
            ("a lost tube", now + types::Span::minutes(20), late(1)),
        ];
        for (what, event_time, command) in steps {
            let body = json!({
                "device": "phone",
                "device_time": bed.app.now().0,
                "commands": [{
                    "id": Uuid::now_v7(), "area": 220_202, "event_time": event_time.0, "command": command,
                }],
            });
            let reply = bed.post("/api/v1/commands").bearer(&sampler).json(&body).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{what}: {}", reply.text());
            assert_eq!(reply.json()["outcomes"][0]["status"], "accepted", "{what}: {}", reply.text());
            kept_is_stored(&bed, &all, what).await;
        }
    }
}
