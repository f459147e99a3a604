//! A county with its cases and care desks for stories.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use care::{
    Admit, Admits, Assign, Episode, Kind, Level, NewBed, PutBeds, PutFacility, PutWard, Staff,
    Stage, TestResult, views,
};
use cases::{Class, Field, FoundIn, Observation, Open, Patch, Severity, Who};
use desks::{Command, House};
use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use registry::command::Details;
use registry::identity::{Day, IdType, Identity, Sex};
use registry::seal::Keys;
use store::testkit::TestBed;
use store::{Connection, Store, StoreConfig};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, PersonId, Span, UnitId};

pub fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

pub fn scope() -> AreaScope {
    AreaScope::one(area())
}

/// Hours after midnight of 20 March 2022, Jilin time.
pub fn hour(n: i64) -> Micros {
    Micros::parse("2022-03-20T00:00:00+08:00").expect("a time") + Span::hours(n)
}

static NEXT: AtomicU64 = AtomicU64::new(1);

pub fn command_id() -> CommandId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    CommandId::from_bytes(id)
}

pub fn person(n: u32) -> PersonId {
    let mut id = [7; 16];
    id[12..].copy_from_slice(&n.to_be_bytes());
    PersonId::from_bytes(id)
}

pub fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

pub fn sent(at: i64, command: impl Into<Command>) -> Envelope<Command> {
    Envelope {
        id: command_id(),
        area: area(),
        event_time: hour(at),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: "district".into(), holder: None },
        command: command.into(),
    }
}

pub fn care(at: i64, command: care::Command) -> Envelope<Command> {
    sent(at, command)
}

/// What somebody is when the case opens.
#[derive(Clone, Copy, Debug)]
pub struct As {
    pub class: Class,
    pub severity: Option<Severity>,
    pub sex: Sex,
    pub born: u16,
}

impl As {
    pub fn well() -> As {
        As {
            class: Class::Asymptomatic,
            severity: Some(Severity::Asymptomatic),
            sex: Sex::Female,
            born: 1990,
        }
    }

    pub fn ill(severity: Severity) -> As {
        As { class: Class::Confirmed, severity: Some(severity), ..As::well() }
    }
}

pub struct Clinic {
    pub engine: Engine<House>,
    pub bed: TestBed,
    pub keys: Keys,
    clock: Arc<AtomicI64>,
}

impl Clinic {
    pub async fn new(bed: TestBed) -> Clinic {
        let store = bed.open(&desks::schemas()).await.expect("opens");
        Clinic::on(bed, store).await
    }

    pub async fn on(bed: TestBed, store: Store) -> Clinic {
        let clock = Arc::new(AtomicI64::new(hour(1_000).0));
        let engine = node(store, &clock).await;
        Clinic { engine, bed, keys: Keys::ephemeral().expect("keys"), clock }
    }

    /// Another node on the same store.
    pub async fn other(&self, store: Store) -> Engine<House> {
        node(store, &self.clock).await
    }

    /// A case of somebody, and the command that opens it.
    pub fn case(&self, at: i64, n: u32, who: As) -> (UnitId, Envelope<Command>) {
        let identity = Identity {
            name: [n * 7, n * 13 + 5].iter().filter_map(|k| char::from_u32(0x4e00 + k)).collect(),
            id_type: IdType::None,
            id_number: None,
            phone: None,
        };
        let unknown = Who::Unregistered {
            person: person(n),
            details: Details::Clear(Box::new(identity)),
            birth: Some(format!("{}-01-31", who.born)),
            age_months: None,
            sex: Some(who.sex),
        };
        let found_in = FoundIn::Community.as_str().to_owned();
        let mut open = cases::Command::Open(Open {
            who: unknown,
            class: who.class,
            severity: who.severity,
            fields: Patch::from([(Field::FoundIn, found_in)]),
            observation: None,
            note: String::new(),
            keys: Vec::new(),
        });
        let today = Day::new(2022, 5, 1).expect("a day");
        open.seal(&self.keys, area(), today).expect("sealed");
        let envelope = sent(at, open);
        (cases::case_of_command(area(), envelope.id), envelope)
    }

    /// Opens a case; gives the episode that began in the same entry.
    pub async fn ill(&self, at: i64, n: u32, who: As) -> UnitId {
        let (case, envelope) = self.case(at, n, who);
        self.accept(vec![envelope]).await;
        care::episode_of(case)
    }

    /// A facility with one ward of `beds` beds, and a nurse for every ten.
    pub async fn facility(&self, code: &str, kind: Kind, level: Level, admits: Admits, beds: u32) {
        let facility = holder(code);
        let put = PutFacility {
            code: facility.clone(),
            kind,
            name_zh: "医院".into(),
            name_en: "Facility".into(),
            serves: AreaScope::parse("2202").expect("a scope"),
            place: None,
            lon: Some(126.55),
            lat: Some(43.84),
            opens_at: hour(-500),
            closes_at: None,
            intake: None,
            turnaround_minutes: 120,
        };
        let per_nurse = if level == Level::Intensive { 6 } else { 10 };
        self.accept(vec![care(0, care::Command::PutFacility(put))]).await;
        self.ward(code, "W1", level, admits, beds, (beds.div_ceil(per_nurse), per_nurse)).await;
    }

    pub async fn ward(
        &self,
        code: &str,
        ward: &str,
        level: Level,
        admits: Admits,
        beds: u32,
        (nurses, per_nurse): (u32, u32),
    ) {
        let facility = holder(code);
        let put = PutWard {
            facility: facility.clone(),
            ward: ward.into(),
            name_zh: "病区".into(),
            name_en: "Ward".into(),
            level,
            admits,
            reserve: 0,
        };
        let beds_of = |n: u32| NewBed {
            label: format!("B{n:03}"),
            room: if admits == Admits::Families { format!("R{}", n / 2) } else { String::new() },
        };
        let set_up = PutBeds {
            facility: facility.clone(),
            ward: ward.into(),
            beds: (0..beds).map(beds_of).collect(),
        };
        let staff = Staff { facility, ward: ward.into(), claimed: beds + 50, nurses, per_nurse };
        self.accept(vec![
            care(0, care::Command::PutWard(put)),
            care(0, care::Command::PutBeds(set_up)),
            care(0, care::Command::Staff(staff)),
        ])
        .await;
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

    pub async fn refusal(&self, envelope: Envelope<Command>) -> String {
        let outcomes = self.send(vec![envelope]).await;
        outcomes[0].refusal.as_ref().expect("refused").code.to_string()
    }

    pub async fn db(&self) -> Connection {
        self.engine.store().reader().await.expect("reader")
    }

    pub async fn episode(&self, id: UnitId) -> Episode {
        views::episode(&mut self.db().await, id).await.expect("read").expect("an episode")
    }

    pub async fn stage(&self, id: UnitId) -> Stage {
        self.episode(id).await.stage
    }

    pub async fn ward_of(&self, code: &str, ward: &str) -> care::Ward {
        let wards = views::wards(&mut self.db().await, &holder(code)).await.expect("wards");
        wards.into_iter().find(|w| w.code == ward).expect("the ward")
    }

    /// Positives = waiting + moving + in care + home + closed, by the counters and by the cases; nobody
    /// lies in two beds; no ward has more people than beds.
    pub async fn conserved(&self) {
        let mut db = self.db().await;
        let numbers = views::numbers(&mut db, scope()).await.expect("numbers");
        let filter = cases::views::Filter::of(AreaScope::ALL);
        let all = cases::views::list(&mut db, &filter, None, 10_000).await.expect("a list");
        let (mut known, mut open) = (0, 0);
        for case in &all {
            let episode = views::episode(&mut db, care::episode_of(case.id)).await.expect("read");
            known += i64::from(episode.is_some());
            if case.is_open() && case.class().is_infection() {
                open += 1;
                let episode = episode.expect("every open infection has its episode");
                assert_ne!(episode.stage, Stage::Closed, "an open infection is somewhere");
            }
        }
        assert_eq!(numbers.all(), known, "{numbers:?}");
        let merged = cases::views::Filter {
            status: cases::views::Status::As(cases::Ending::Merged),
            ..cases::views::Filter::of(AreaScope::ALL)
        };
        assert!(cases::views::list(&mut db, &merged, None, 1).await.expect("a list").is_empty());
        let by_stage: i64 = Stage::ALL.iter().map(|stage| numbers.of(*stage)).sum();
        assert_eq!(by_stage, numbers.all());
        assert!(numbers.all() - numbers.of(Stage::Closed) >= open);
        assert_eq!(numbers.waits.values().sum::<i64>(), numbers.queued());
        for board in views::board(&mut db, scope()).await.expect("a board") {
            let code = board.facility.code.clone();
            let mut lying = 0;
            for ward in &board.wards {
                let beds = views::ward_beds(&mut db, &code, &ward.code).await.expect("beds");
                for state in care::BedState::ALL {
                    let n = beds.iter().filter(|b| b.state == *state).count() as i64;
                    assert_eq!(ward.of(*state), n, "{} {state}", ward.code);
                }
                assert!(ward.taken() <= ward.set_up());
                assert!(ward.taken() <= ward.staffed(), "more people than staff: {ward:?}");
                let mut whose: Vec<UnitId> = beds.iter().filter_map(|b| b.episode).collect();
                let n = whose.len();
                whose.sort_unstable();
                whose.dedup();
                assert_eq!(whose.len(), n, "two beds of one ward are one person's");
                lying += ward.of(care::BedState::Occupied);
            }
            let people = views::in_facility(&mut db, &code, None, 10_000).await.expect("a list");
            assert_eq!(people.len() as i64, lying);
        }
    }

    /// Replays the journal and demands that it gives the live tables.
    pub async fn audit(&self) {
        let path = self.bed.dir().join(format!("shadow-{}.sqlite", command_id()));
        let shadow = StoreConfig::throwaway(format!("sqlite:{}", path.display()));
        let schemas = desks::schemas();
        let shadow = Store::open(shadow, &schemas).await.expect("a shadow");
        let report =
            audit::run(self.engine.desk(), self.engine.store(), &shadow, &schemas, |_, _| ());
        let report = report.await.expect("audited");
        assert!(report.is_clean(), "{report:#?}");
    }
}

async fn node(store: Store, clock: &Arc<AtomicI64>) -> Engine<House> {
    let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
    let told = Arc::clone(clock);
    let config = EngineConfig {
        queue: 10_000,
        longest_wait: std::time::Duration::MAX,
        group: 100,
        clock: Arc::new(move || Micros(told.load(Ordering::Relaxed))),
    };
    Engine::start(store, House::new(protocol), config).await.expect("starts")
}

pub fn assign(at: i64, episode: UnitId, facility: &str, ward: &str) -> Envelope<Command> {
    let assign = Assign {
        episode,
        facility: holder(facility),
        ward: ward.into(),
        bed: None,
        plan: String::new(),
        reason: String::new(),
    };
    care(at, care::Command::Assign(assign))
}

pub fn admit(at: i64, episode: UnitId, facility: &str) -> Envelope<Command> {
    let admit =
        Admit { episode, facility: holder(facility), ward: None, bed: None, reason: String::new() };
    care(at, care::Command::Admit(admit))
}

pub fn test(at: i64, episode: UnitId, ct: Option<f64>) -> Envelope<Command> {
    let test = TestResult {
        episode,
        sampled_at: hour(at),
        ct_n: ct,
        ct_orf1ab: ct,
        assay_limit: None,
        laboratory: "ward".into(),
    };
    care(at + 1, care::Command::Test(test))
}

pub fn round(at: i64, episode: UnitId, observation: Observation) -> Envelope<Command> {
    let round = care::Round {
        episode,
        observation,
        symptoms_better: None,
        imaging_improved: None,
        note: String::new(),
    };
    care(at, care::Command::Round(round))
}

pub fn release(at: i64, episode: UnitId, reason: &str) -> Envelope<Command> {
    care(at, care::Command::Release(care::Release { episode, reason: reason.into() }))
}
