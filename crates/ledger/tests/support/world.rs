//! An engine on a fresh store, with a clock in the test's hand, and short ways to say things.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ledger::views::{self, AsOf, Balance, LateLine, OpenFinding};
use ledger::{
    Actor, Custody, Engine, EngineConfig, Envelope, MomentRef, Move, Outcome, Priority, Status,
    audit,
};
use store::testkit::{Kind, TestBed};
use store::{Connection, Store};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, Span, UnitId, UnitKind};

use super::yard::{self, Command, Yard};

/// 15 March 2022, 08:00 in Jilin.
pub const MORNING: Micros = Micros(1_647_302_400_000_000);

/// A time of that day: minutes after eight.
pub fn minute(n: i64) -> Micros {
    MORNING + Span::minutes(n)
}

pub fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

pub fn tube(n: u32) -> UnitId {
    UnitId::printed(UnitKind::new('T'), area(), n)
}

pub fn container(n: u32) -> UnitId {
    UnitId::printed(UnitKind::new('B'), area(), n)
}

pub fn vehicle(n: u32) -> UnitId {
    UnitId::printed(UnitKind::new('V'), area(), n)
}

pub fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

pub fn open(unit: UnitId, by: &str) -> Move {
    open_until(unit, by, None)
}

pub fn open_until(unit: UnitId, by: &str, deadline: Option<Micros>) -> Move {
    open_keeping(unit, by, deadline, None)
}

/// A unit that has to be out of its container by `limit`, whatever the container's clock says.
pub fn open_keeping(
    unit: UnitId,
    by: &str,
    deadline: Option<Micros>,
    limit: Option<Micros>,
) -> Move {
    Move::Open { unit, holder: holder(by), step: "sealed".into(), deadline, limit }
}

pub fn hand(unit: UnitId, from: &str, to: &str) -> Move {
    Move::Hand {
        unit,
        giver: Some(holder(from)),
        taker: holder(to),
        step: "carried".into(),
        deadline: None,
        limit: None,
        evidence: Some(format!("signed by {from} and {to}")),
    }
}

pub fn pack(unit: UnitId, into: UnitId) -> Move {
    Move::Pack { unit, into }
}

pub fn unpack(unit: UnitId, by: &str) -> Move {
    Move::Unpack { unit, holder: holder(by), step: "received".into(), deadline: None, limit: None }
}

pub fn close(unit: UnitId, reason: &str) -> Move {
    Move::Close { unit, reason: reason.into() }
}

pub fn void(unit: UnitId, target: MomentRef) -> Move {
    Move::Void { unit, target, note: "the other signature was checked".into() }
}

static COMMANDS: AtomicU64 = AtomicU64::new(1);

/// A new command id, as a device would make one at that time.
pub fn command_id(at: Micros) -> CommandId {
    numbered_id(at, COMMANDS.fetch_add(1, Ordering::Relaxed))
}

/// The id of the n-th command of a test, in the form of a UUIDv7.
pub fn numbered_id(at: Micros, n: u64) -> CommandId {
    let mut id = [0_u8; 16];
    id[..6].copy_from_slice(&(at.0 / 1_000).to_be_bytes()[2..]);
    id[8..].copy_from_slice(&n.to_be_bytes());
    id[6] = 0x70;
    id[8] |= 0x80;
    CommandId::from_bytes(id)
}

/// A command that happened at a minute.
pub fn at(minute_of_day: i64, command: Command) -> Envelope<Command> {
    let event_time = minute(minute_of_day);
    envelope(command_id(event_time), event_time, command)
}

pub fn envelope(id: CommandId, event_time: Micros, command: Command) -> Envelope<Command> {
    Envelope {
        id,
        area: area(),
        event_time,
        clock_offset: Span(0),
        device: Some("phone-1".into()),
        actor: Actor { user: "user:li".into(), holder: None },
        command,
    }
}

pub fn said(minute_of_day: i64, moves: Vec<Move>) -> Envelope<Command> {
    at(minute_of_day, Command::Say(moves))
}

/// A clock that stands still until a test moves it.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn new(at: Micros) -> Clock {
        Clock(Arc::new(AtomicI64::new(at.0)))
    }
    pub fn set(&self, at: Micros) {
        self.0.store(at.0, Ordering::SeqCst);
    }
    pub fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}

pub struct World {
    pub bed: TestBed,
    pub store: Store,
    pub engine: Engine<Yard>,
    pub yard: Yard,
    pub clock: Clock,
    group: usize,
}

pub fn config(clock: &Clock, group: usize) -> EngineConfig {
    let clock = clock.clone();
    EngineConfig {
        queue: 100_000,
        longest_wait: std::time::Duration::MAX,
        group,
        clock: Arc::new(move || clock.now()),
    }
}

impl World {
    pub async fn start(bed: TestBed) -> World {
        World::with_groups_of(bed, 1_000).await
    }

    pub async fn with_groups_of(bed: TestBed, group: usize) -> World {
        let clock = Clock::new(MORNING);
        let store = bed.open(&[ledger::SCHEMA, yard::SCHEMA]).await.expect("the store opens");
        // Some desks foresee what they touch, some do not: both must do.
        let yard = Yard { foresight: group.is_multiple_of(2), ..Yard::default() };
        let engine = Engine::start(store.clone(), yard.clone(), config(&clock, group))
            .await
            .expect("the engine starts");
        World { bed, store, engine, yard, clock, group }
    }

    /// Ends the engine in good order and starts another on the same data.
    pub async fn restart(&mut self) {
        self.engine.close().await;
        self.store =
            self.bed.open(&[ledger::SCHEMA, yard::SCHEMA]).await.expect("the store opens again");
        self.engine =
            Engine::start(self.store.clone(), self.yard.clone(), config(&self.clock, self.group))
                .await
                .expect("the engine starts again");
    }

    pub async fn send(&self, commands: Vec<Envelope<Command>>) -> Vec<Outcome> {
        self.engine.submit(Priority::Normal, commands).await.expect("the group is written")
    }

    /// Sends one command, expects it to be accepted, and names it.
    pub async fn accept(&self, command: Envelope<Command>) -> CommandId {
        let id = command.id;
        let outcome = self.send(vec![command]).await.remove(0);
        assert_eq!((outcome.id, outcome.status), (id, Status::Accepted), "{outcome:?}");
        id
    }

    pub async fn reader(&self) -> Connection {
        self.store.reader().await.expect("a reader")
    }

    pub async fn balance(&self) -> Balance {
        views::balance(&mut self.reader().await, AreaScope::ALL).await.expect("the balance")
    }

    /// How many of a kind one holder has.
    pub async fn held(&self, kind: char, by: &str) -> i64 {
        let balance = self.balance().await;
        let line = balance.get(&(area(), UnitKind::new(kind)));
        line.and_then(|l| l.held.get(by)).copied().unwrap_or(0)
    }

    pub async fn late(&self, now: Micros) -> Vec<LateLine> {
        views::late(&mut self.reader().await, AreaScope::ALL, now).await.expect("the late list")
    }

    pub async fn as_of(&self, at: Micros) -> AsOf {
        views::as_of(&self.store, AreaScope::ALL, at).await.expect("the view as of then")
    }

    pub async fn findings(&self) -> Vec<OpenFinding> {
        views::findings(&mut self.reader().await, AreaScope::ALL, 1_000).await.expect("findings")
    }

    pub async fn custody(&self, unit: UnitId) -> Custody {
        let mut reader = self.reader().await;
        views::history(&mut reader, unit, Micros::MAX).await.expect("the history").0
    }

    /// Rebuilds everything beside the live tables and compares.
    pub async fn audit(&self) -> audit::Report {
        audit(&self.store).await
    }

    pub async fn assert_clean(&self) {
        let report = self.audit().await;
        assert!(report.is_clean(), "{report:#?}");
        for (key, line) in self.balance().await {
            assert_eq!(line.difference(), 0, "{key:?} does not add up: {line:?}");
        }
    }

    /// Runs a statement behind the ledger's back.
    pub async fn tamper(&self, sql: &str) {
        let mut writer = self.store.writer().await.expect("a writer");
        writer.batch(sql).await.expect("the statement runs");
    }
}

pub async fn audit(live: &Store) -> audit::Report {
    let shadow_bed = TestBed::new(Kind::Sqlite);
    let schemas = [ledger::SCHEMA, yard::SCHEMA];
    let shadow = shadow_bed.open(&schemas).await.expect("the shadow opens");
    audit::run(&Yard::default(), live, &shadow, &schemas, |_, _| {}).await.expect("the audit runs")
}
