//! A small city for stories: one county, two compounds, a site, two couriers, a laboratory.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use store::testkit::TestBed;
use store::{Schema, Store, StoreConfig};
use testing::{Collect, Command, Mode, OpenRound, SetTargets, Target, Testing, Zone};
use types::{
    AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId,
};

/// Only what the testing desk reads of the registry.
const PEOPLE: Schema = Schema {
    name: "people",
    migrations: &[&[
        "CREATE TABLE person (area BIGINT NOT NULL, id BYTEA NOT NULL, household BYTEA,
            compound TEXT, place TEXT, door TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX person_anywhere ON person (id, compound)",
        "CREATE INDEX person_home ON person (compound, household) WHERE compound IS NOT NULL",
    ]],
    derived: &[],
};

pub const SCHEMAS: [Schema; 3] = [ledger::SCHEMA, testing::tables::SCHEMA, PEOPLE];

store::statements! {
    PERSON_PUT: Insert = Insert::new(
        "person", &[("area", Int), ("id", Bytes), ("compound", Text), ("door", Text)], "");
    COUNTS: Query = Query::new(
        "SELECT stage, CAST(sum(persons) AS BIGINT), CAST(sum(tubes) AS BIGINT)
         FROM round_count GROUP BY stage");
    TIMES: Query = Query::new(
        "SELECT step, minutes, CAST(sum(tubes) AS BIGINT) FROM turnaround GROUP BY step, minutes");
    SWABBED: Query = Query::new("SELECT count(DISTINCT person) FROM swab WHERE void <> 1");
    OPEN_RECALLS: Query = Query::new(
        "SELECT id, person FROM recall WHERE closed_at IS NULL ORDER BY person");
}

pub const COMMUNITY: &str = "220202001001";

pub fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

pub fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

pub fn tube(n: u32) -> UnitId {
    UnitId::printed(testing::TUBE, area(), n)
}

pub fn transport_box(n: u32) -> UnitId {
    UnitId::printed(testing::BOX, area(), n)
}

pub fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 16])
}

pub fn round() -> RoundId {
    RoundId::from_bytes([9; 16])
}

/// Minutes after 8:00 on 25 March 2022, Jilin time.
pub fn minute(n: i64) -> Micros {
    Micros::parse("2022-03-25T08:00:00+08:00").expect("a time") + Span::minutes(n)
}

static NEXT: AtomicU64 = AtomicU64::new(1);

pub fn command_id() -> CommandId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    CommandId::from_bytes(id)
}

pub fn by(actor: &str, at: i64, command: Command) -> Envelope<Command> {
    Envelope {
        id: command_id(),
        area: area(),
        event_time: minute(at),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: actor.into(), holder: HolderCode::parse(actor).ok() },
        command,
    }
}

pub struct City {
    pub engine: Engine<Testing>,
    pub bed: TestBed,
}

impl City {
    /// A city with 40 registered persons (1–20 in the first compound, 21–40 in the second)
    /// and an open round.
    pub async fn new(bed: TestBed) -> City {
        let city = City::empty(bed).await;
        city.accept(set_up()).await;
        city
    }

    /// The same without a round.
    pub async fn empty(bed: TestBed) -> City {
        let store = bed.open(&SCHEMAS).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        for n in 1..=40_u8 {
            let compound = format!("{COMMUNITY}-{:02}", 1 + (n - 1) / 20);
            let row = [area().into(), person(n).into(), compound.into(), format!("{n}").into()];
            writer.insert(&PERSON_PUT, &row).await.expect("a person");
        }
        drop(writer);
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let config = EngineConfig {
            queue: 10_000,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: Arc::new(|| minute(10_000)),
        };
        let engine = Engine::start(store, Testing::new(protocol), config).await.expect("starts");
        City { engine, bed }
    }

    pub async fn send(&self, envelopes: Vec<Envelope<Command>>) -> Vec<Outcome> {
        self.engine.submit(Priority::Normal, envelopes).await.expect("written")
    }

    pub async fn accept(&self, envelopes: Vec<Envelope<Command>>) -> Vec<Outcome> {
        let outcomes = self.send(envelopes).await;
        for outcome in &outcomes {
            assert_eq!(outcome.status, Status::Accepted, "{:?}", outcome.refusal);
        }
        outcomes
    }

    /// The code of the refusal of one command.
    pub async fn refusal(&self, envelope: Envelope<Command>) -> String {
        let outcomes = self.send(vec![envelope]).await;
        let refusal = outcomes[0].refusal.as_ref().expect("refused");
        refusal.code.to_string()
    }

    /// Sums of the round's counters by stage: (persons, tubes).
    pub async fn counts(&self) -> BTreeMap<String, (i64, i64)> {
        let mut reader = self.engine.store().reader().await.expect("reader");
        let rows = reader.query(&COUNTS, &[]).await.expect("counts");
        rows.iter()
            .map(|r| {
                let n = (r.int(1).expect("persons"), r.int(2).expect("tubes"));
                (r.text(0).expect("stage").to_owned(), n)
            })
            .filter(|(_, n)| *n != (0, 0))
            .collect()
    }

    /// Tubes by step and class of minutes, as the counters have them.
    pub async fn times(&self) -> BTreeMap<(String, i64), i64> {
        let mut reader = self.engine.store().reader().await.expect("reader");
        let rows = reader.query(&TIMES, &[]).await.expect("times");
        rows.iter()
            .map(|r| {
                let key = (r.text(0).expect("step").to_owned(), r.int(1).expect("minutes"));
                (key, r.int(2).expect("tubes"))
            })
            .collect()
    }

    /// Persons who have a swab in the round that is theirs.
    pub async fn swabbed(&self) -> i64 {
        let mut reader = self.engine.store().reader().await.expect("reader");
        let row = reader.first(&SWABBED, &[]).await.expect("swabs").expect("a row");
        row.int(0).expect("a count")
    }

    pub async fn recalled(&self) -> Vec<PersonId> {
        let mut reader = self.engine.store().reader().await.expect("reader");
        let rows = reader.query(&OPEN_RECALLS, &[]).await.expect("recalls");
        rows.iter().map(|r| PersonId::from_bytes(r.id(1).expect("person"))).collect()
    }

    /// Kinds of open findings, sorted.
    pub async fn findings(&self) -> Vec<String> {
        let mut reader = self.engine.store().reader().await.expect("reader");
        let found = ledger::views::findings(&mut reader, AreaScope::ALL, 100).await;
        let mut kinds: Vec<String> = found.expect("findings").into_iter().map(|f| f.kind).collect();
        kinds.sort_unstable();
        kinds
    }

    /// Replays the journal and demands that it gives the live tables.
    pub async fn audit(&self) {
        let path = self.bed.dir().join(format!("shadow-{}.sqlite", command_id()));
        let shadow = StoreConfig::throwaway(format!("sqlite:{}", path.display()));
        let shadow = Store::open(shadow, &SCHEMAS).await.expect("a shadow");
        let report =
            audit::run(self.engine.desk(), self.engine.store(), &shadow, &SCHEMAS, |_, _| ());
        let report = report.await.expect("audited");
        assert!(report.is_clean(), "{report:#?}");
        assert!(report.rows > 0);
    }
}

pub fn set_up() -> Vec<Envelope<Command>> {
    let place = |text: &str| PlaceCode::parse(text).expect("a place");
    let target = |n: u8| Target {
        compound: place(&format!("{COMMUNITY}-{n:02}")),
        persons: 20,
        zone: Zone::Other,
    };
    let open = OpenRound {
        round: round(),
        name_zh: "第三轮".into(),
        name_en: "Round three".into(),
        number: 3,
        places: vec![place("2202")],
        starts_at: minute(0),
        ends_at: minute(24 * 60),
        population: 3_623_700,
        prevalence: Some(0.0005),
        ordered_hours: None,
    };
    let targets = SetTargets { round: round(), targets: vec![target(1), target(2)] };
    vec![
        by("user:chief", -60, Command::OpenRound(open)),
        by("user:chief", -59, Command::SetTargets(targets)),
    ]
}

/// A tube of ten (or fewer) persons sealed at a minute.
pub fn collect(at: i64, n: u32, persons: &[u8]) -> Envelope<Command> {
    let mode = if persons.len() == 1 { Mode::Single } else { Mode::Ten };
    by("site:S1", at, Command::Collect(filling(n, mode, persons)))
}

pub fn filling(n: u32, mode: Mode, persons: &[u8]) -> Collect {
    Collect {
        round: round(),
        tube: tube(n),
        barcode: None,
        site: holder("site:S1"),
        community: PlaceCode::parse(COMMUNITY).expect("a place"),
        mode,
        zone: Zone::Other,
        persons: persons.iter().map(|n| person(*n)).collect(),
        started_at: minute(0),
    }
}

/// A final result by its Ct of both targets; the control is good.
pub fn result(at: i64, n: u32, ct: Option<f64>) -> Envelope<Command> {
    read(at, n, ct, Some(25.0), testing::ResultStatus::Final)
}

/// A result by its Ct values.
pub fn read(
    at: i64,
    n: u32,
    ct: Option<f64>,
    control: Option<f64>,
    status: testing::ResultStatus,
) -> Envelope<Command> {
    let result = testing::RecordResult {
        tube: tube(n),
        lab: holder("lab:L1"),
        plate: None,
        well: None,
        ct_n: ct,
        ct_orf1ab: ct,
        ct_control: control,
        stated: None,
        tested_at: minute(at),
        status,
    };
    by("lab:L1", at, Command::RecordResult(result))
}

pub fn pack(at: i64, box_: u32, tubes: &[u32]) -> Envelope<Command> {
    let tubes = tubes.iter().map(|n| tube(*n)).collect();
    let pack = testing::Pack { box_: transport_box(box_), tubes, holder: holder("site:S1") };
    by("site:S1", at, Command::Pack(pack))
}

pub fn hand(at: i64, unit: UnitId, from: &str, to: &str) -> Envelope<Command> {
    let hand = testing::HandOver {
        unit,
        giver: Some(holder(from)),
        taker: holder(to),
        countersign: None,
        note: None,
    };
    by(from, at, Command::HandOver(hand))
}

pub fn open_box(at: i64, box_: u32, found: &[u32]) -> Envelope<Command> {
    let found = found.iter().map(|n| tube(*n)).collect();
    let open = testing::OpenBox { box_: transport_box(box_), lab: holder("lab:L1"), found };
    by("lab:L1", at, Command::OpenBox(open))
}

pub fn mark(at: i64, n: u32, fault: testing::Fault) -> Envelope<Command> {
    let mark = testing::Mark { tube: tube(n), fault, note: "it fell".into() };
    by("lab:L1", at, Command::Mark(mark))
}

/// A person at the desk sets aside the filling that a command said.
pub fn set_aside(at: i64, n: u32, filling: CommandId) -> Envelope<Command> {
    let note = "the other label was checked".to_owned();
    let (unit, void_command) = (tube(n), filling);
    let resolve = testing::Resolve { unit, void_command, void_n: 0, note };
    by("user:desk", at, Command::Resolve(resolve))
}

pub fn report(at: i64, n: u32) -> Envelope<Command> {
    by("user:desk", at, Command::Report { tubes: vec![tube(n)] })
}

pub fn correct(at: i64, n: u32, position: u32, who: u8) -> Envelope<Command> {
    let (tube, person, note) = (tube(n), person(who), "misread".to_owned());
    let correct = testing::CorrectMember { tube, position, person, note };
    by("site:S1", at, Command::CorrectMember(correct))
}
