//! A county's cases desk for stories.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use cases::{
    Cases, Class, Command, Convention, Field, FoundIn, Observation, Observe, Open, Patch, Publish,
    Who,
};
use ledger::{Actor, Engine, EngineConfig, Envelope, Outcome, Priority, Status, audit};
use protocol::Protocol;
use registry::command::Details;
use registry::identity::{Day, IdType, Identity};
use registry::seal::Keys;
use store::testkit::TestBed;
use store::{Connection, Schema, Store, StoreConfig};
use types::{AreaCode, AreaScope, CommandId, Micros, PersonId, Span, UnitId};

pub const SCHEMAS: [Schema; 4] =
    [ledger::SCHEMA, registry::SCHEMA, testing::tables::SCHEMA, cases::tables::SCHEMA];

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

pub fn sent(at: i64, command: Command) -> Envelope<Command> {
    Envelope {
        id: command_id(),
        area: area(),
        event_time: hour(at),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: "district".into(), holder: None },
        command,
    }
}

pub fn found_in(found_in: FoundIn) -> Patch {
    Patch::from([(Field::FoundIn, found_in.as_str().to_owned())])
}

pub struct Ward {
    pub engine: Engine<Cases>,
    pub bed: TestBed,
    pub keys: Keys,
    clock: Arc<AtomicI64>,
}

impl Ward {
    pub async fn new(bed: TestBed) -> Ward {
        let store = bed.open(&SCHEMAS).await.expect("opens");
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        let clock = Arc::new(AtomicI64::new(hour(1_000).0));
        let told = Arc::clone(&clock);
        let clock_of = Arc::new(move || Micros(told.load(Ordering::Relaxed)));
        let config = EngineConfig {
            queue: 10_000,
            longest_wait: std::time::Duration::MAX,
            group: 100,
            clock: clock_of,
        };
        let engine = Engine::start(store, Cases::new(protocol), config).await.expect("starts");
        Ward { engine, bed, keys: Keys::ephemeral().expect("keys"), clock }
    }

    /// What the clock shows when something is recorded.
    pub fn at(&self, n: i64) {
        self.clock.store(hour(n).0, Ordering::Relaxed);
    }

    /// A case of somebody whom the registry does not have; gives the case.
    pub fn open(
        &self,
        at: i64,
        n: u32,
        name: &str,
        birth: &str,
        class: Class,
    ) -> Envelope<Command> {
        self.open_with(at, n, (name, birth, None), class, FoundIn::Community)
    }

    pub fn open_with(
        &self,
        at: i64,
        n: u32,
        (name, birth, phone): (&str, &str, Option<&str>),
        class: Class,
        place: FoundIn,
    ) -> Envelope<Command> {
        let identity = Identity {
            name: name.into(),
            id_type: IdType::None,
            id_number: None,
            phone: phone.map(ToOwned::to_owned),
        };
        let who = Who::Unregistered {
            person: person(n),
            details: Details::Clear(Box::new(identity)),
            birth: Some(birth.into()),
            age_months: None,
            sex: None,
        };
        let open = Open {
            who,
            class,
            severity: None,
            fields: found_in(place),
            observation: None,
            note: String::new(),
            keys: Vec::new(),
        };
        let mut command = Command::Open(open);
        let today = Day::new(2022, 5, 1).expect("a day");
        command.seal(&self.keys, area(), today).expect("sealed");
        sent(at, command)
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

    /// Opens a case and gives it.
    pub async fn opened(&self, envelope: Envelope<Command>) -> UnitId {
        let case = cases::case_of_command(area(), envelope.id);
        self.accept(vec![envelope]).await;
        case
    }

    pub async fn refusal(&self, envelope: Envelope<Command>) -> String {
        let outcomes = self.send(vec![envelope]).await;
        outcomes[0].refusal.as_ref().expect("refused").code.to_string()
    }

    pub async fn db(&self) -> Connection {
        self.engine.store().reader().await.expect("reader")
    }

    pub async fn case(&self, id: UnitId) -> cases::Case {
        cases::views::case(&mut self.db().await, id).await.expect("read").expect("a case")
    }

    pub async fn figures(&self, from: i64, until: i64) -> cases::views::Figures {
        self.figures_as_of(from, until, None).await
    }

    pub async fn figures_as_of(
        &self,
        from: i64,
        until: i64,
        as_of: Option<i64>,
    ) -> cases::views::Figures {
        let window = cases::views::Window {
            scope: scope(),
            from: hour(from),
            until: hour(until),
            as_of: as_of.map(hour),
        };
        cases::views::figures(&mut self.db().await, &window).await.expect("figures")
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
    }
}

pub fn observe(at: i64, case: UnitId, observation: Observation) -> Envelope<Command> {
    sent(at, Command::Observe(Observe { case, observation }))
}

pub fn well() -> Observation {
    Observation { symptoms: Some(Vec::new()), ..Observation::default() }
}

pub fn coughing() -> Observation {
    Observation { symptoms: Some(vec!["cough".into()]), ..Observation::default() }
}

pub fn publish(at: i64, from: i64, until: i64, corrects: Option<CommandId>) -> Envelope<Command> {
    let note = corrects.map_or("", |_| "late reports").to_owned();
    sent(
        at,
        Command::Publish(Publish {
            scope: scope(),
            from: hour(from),
            until: hour(until),
            publisher: "Changyi district".into(),
            convention: Convention::Bulletin,
            corrects,
            note,
        }),
    )
}
