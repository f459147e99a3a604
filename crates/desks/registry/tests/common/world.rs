//! A small world for store stories: two counties with a few places, keys, an engine.

#![allow(dead_code)] // Not every test file uses all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger::{Actor, Desk, Engine, EngineConfig, Envelope, Outcome, Priority, Status};
use registry::command::{
    Address, Command, Details, PlaceDetails, PutHousehold, PutPerson, PutPersons, PutPlaces,
    RegisterPerson, SealedIdentity,
};
use registry::identity::{Day, IdType, Identity, check};
use registry::seal::Keys;
use registry::{Registry, ids};
use store::Store;
use store::testkit::TestBed;
use types::{AreaCode, CommandId, Micros, PersonId, PlaceCode, Span};
use uuid::Uuid;

pub const TODAY: Day = Day { year: 2022, month: 3, day: 15 };
pub const ENTRANCE: &str = "220202001001-03-05-2";
pub const VILLAGE: &str = "220203100201";

pub struct World {
    pub bed: TestBed,
    pub engine: Engine<Registry>,
    pub keys: Keys,
}

pub fn place(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a place code")
}

pub fn area(code: u32) -> AreaCode {
    AreaCode::new(code).expect("six digits")
}

/// A valid resident number, different for each n.
pub fn number(n: u32) -> String {
    let body =
        format!("2202021980{:02}{:02}{:03}", 1 + n / 28_000, 1 + (n / 1_000) % 28, n % 1_000);
    let check = registry::identity::resident_check(body.as_bytes()).expect("17 digits");
    format!("{body}{}", char::from(check))
}

pub fn identity(name: &str, n: u32) -> Identity {
    Identity {
        name: name.into(),
        id_type: IdType::Resident,
        id_number: Some(number(n)),
        phone: Some(format!("138{n:08}")),
    }
}

impl World {
    pub async fn new(bed: TestBed) -> World {
        let store = bed.open(&schemas()).await.expect("opens");
        World::over(bed, store).await
    }

    async fn over(bed: TestBed, store: Store) -> World {
        let ticks = Arc::new(AtomicI64::new(1_647_302_400_000_000));
        let config = EngineConfig {
            queue: 1_000,
            longest_wait: std::time::Duration::MAX,
            group: 64,
            clock: Arc::new(move || Micros(ticks.fetch_add(1, Ordering::Relaxed))),
        };
        let engine = Engine::start(store, Registry, config).await.expect("starts");
        World { bed, engine, keys: Keys::ephemeral().expect("keys") }
    }

    pub async fn with_places(bed: TestBed) -> World {
        let world = World::new(bed).await;
        let levels = [
            (0, vec![("22", "吉林省"), ("2202", "吉林市")]),
            (
                220_202,
                vec![
                    ("220202", "昌邑区"),
                    ("220202001", "兴华街道"),
                    ("220202001001", "站前社区"),
                    ("220202001001-03", "松花小区"),
                    ("220202001001-03-05", "5号楼"),
                    (ENTRANCE, "2单元"),
                ],
            ),
            (220_203, vec![("220203", "龙潭区"), ("220203100", "某镇"), (VILLAGE, "一百村")]),
        ];
        for (code, places) in levels {
            let places = places
                .into_iter()
                .map(|(code, name)| PlaceDetails {
                    code: place(code),
                    name_zh: name.into(),
                    name_en: String::new(),
                    lon: registry::geometry::Degrees::new(126.5).ok(),
                    lat: registry::geometry::Degrees::new(43.837_883).ok(),
                    outline: None,
                })
                .collect();
            world.accept(area(code), Command::PutPlaces(PutPlaces { places })).await;
        }
        world
    }

    /// Registers more places of Changyi district.
    pub async fn put_places(&self, codes: &[&str]) {
        let details = |code: &&str| PlaceDetails {
            code: place(code),
            name_zh: (*code).to_owned(),
            name_en: String::new(),
            lon: None,
            lat: None,
            outline: None,
        };
        let places = codes.iter().map(details).collect();
        self.accept(area(220_202), Command::PutPlaces(PutPlaces { places })).await;
    }

    pub async fn submit(&self, area: AreaCode, command: Command) -> Outcome {
        let envelope = Envelope {
            id: CommandId(Uuid::now_v7()),
            area,
            event_time: self.engine.now(),
            clock_offset: Span(0),
            device: None,
            actor: actor(),
            command,
        };
        let outcomes = self.engine.submit(Priority::Normal, vec![envelope]).await;
        outcomes.expect("written").remove(0)
    }

    pub async fn accept(&self, area: AreaCode, command: Command) -> Outcome {
        let outcome = self.submit(area, command).await;
        assert_eq!(outcome.status, Status::Accepted, "{outcome:?}");
        outcome
    }

    pub fn sealed(&self, area: AreaCode, person: PersonId, who: &Identity) -> SealedIdentity {
        let checked = check(who.clone(), TODAY).expect("sound");
        SealedIdentity::of(&self.keys, area, person, &checked).expect("seals")
    }

    pub async fn register(&self, area: AreaCode, who: &Identity, at: Option<&str>) -> PersonId {
        let person = PersonId(Uuid::now_v7());
        let command = Command::RegisterPerson(RegisterPerson {
            person,
            details: Details::Sealed(self.sealed(area, person, who)),
            address: at.map(|text| Address { place: place(text), door: "101".into() }),
        });
        self.accept(area, command).await;
        person
    }

    /// A chunk of an import: (row, place, door, person).
    pub fn chunk(&self, import: Uuid, rows: &[(u32, &str, &str, Identity)]) -> Command {
        let households = rows
            .iter()
            .map(|(row, at, door, who)| {
                let at = place(at);
                let id = ids::person(import, *row);
                let sealed = self.sealed(at.area().expect("a county"), id, who);
                PutHousehold {
                    id: ids::household(&at, door),
                    place: at,
                    door: (*door).to_owned(),
                    persons: vec![PutPerson {
                        id,
                        row: *row,
                        sealed: sealed.sealed,
                        id_index: sealed.id_index,
                        phone_index: sealed.phone_index,
                        birth_year: sealed.birth_year,
                        sex: sealed.sex,
                    }],
                }
            })
            .collect();
        Command::PutPersons(PutPersons { import, households })
    }

    pub async fn audit_is_clean(&self) {
        let shadow = TestBed::new(store::testkit::Kind::Sqlite);
        let shadow_store = shadow.open(&schemas()).await.expect("opens");
        let live = self.engine.store();
        let report = ledger::audit::run(&Registry, live, &shadow_store, &schemas(), |_, _| {})
            .await
            .expect("audits");
        assert!(report.is_clean(), "{report:#?}");
        assert!(report.rows > 0);
    }
}

pub fn actor() -> Actor {
    Actor { user: "grid-7".into(), holder: None }
}

pub fn schemas() -> Vec<store::Schema> {
    let mut all = vec![ledger::SCHEMA];
    all.extend(Registry.schemas());
    all
}
