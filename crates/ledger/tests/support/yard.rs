//! A desk for tests. It passes on whatever moves a device reports, has one rule, keeps one
//! derived table, and can be made to fail.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Accepted, Asked, Committed, Decision, Desk, Entry, Move, Units};
use serde::{Deserialize, Serialize};
use store::{Connection, Schema, Table};
use types::{AreaCode, HolderCode, Micros, Refusal, UnitId};

pub const SCHEMA: Schema = Schema {
    name: "yard",
    migrations: &[&[
        "CREATE TABLE tally (
            area BIGINT NOT NULL, name TEXT NOT NULL, total BIGINT NOT NULL,
            PRIMARY KEY (area, name)) {clustered}",
        "CREATE TABLE session (token TEXT PRIMARY KEY, uses BIGINT NOT NULL) {plain}",
    ]],
    derived: &[Table { name: "tally", columns: "area, name, total", key: "area, name" }],
};

store::statements! {
    TALLY_OF: Lookup = Lookup::new(
        "SELECT t.area, t.name, t.total FROM tally t", &[("t.area", Int), ("t.name", Text)], "");
    TALLY_PUT: Insert = Insert::new(
        "tally", &[("area", Int), ("name", Text), ("total", Int)],
        "ON CONFLICT (area, name) DO UPDATE SET total = excluded.total");
    TALLY_PUT_NEW: Insert = Insert::new(
        "tally", &[("area", Int), ("name", Text), ("total", Int)], "");
    // Not derived, and not idempotent: a use counts each time that it is written.
    SESSION_USE: Insert = Insert::new(
        "session", &[("token", Text), ("uses", Int)],
        "ON CONFLICT (token) DO UPDATE SET uses = session.uses + excluded.uses");
    SESSION_USES: Query = Query::new("SELECT uses FROM session WHERE token = $1");
    SESSION_NEW: Query = Query::new("INSERT INTO session (token, uses) VALUES ($1, 1)");
}

/// What can be asked of the yard.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// These moves happened.
    Say(Vec<Move>),
    /// The unit passes to somebody, if it is known and not closed: the yard's one rule.
    Take { unit: UnitId, taker: HolderCode },
    /// Adds to a named total of the area.
    Add { name: String, by: i64 },
    /// Refused, always.
    Refuse,
    /// Accepted, but its row cannot be written.
    Jam,
    /// Accepted, but holds a text that PostgreSQL cannot keep.
    Nul,
    /// A bug in a rule.
    Panic,
    /// A bug in what a fact does.
    PanicLater,
}

/// What can have happened in the yard.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Added { name: String, by: i64 },
    Jammed,
    Panicked,
}

#[derive(Default)]
pub struct State {
    totals: BTreeMap<(AreaCode, String), i64>,
    changed: HashSet<(AreaCode, String)>,
    jammed: bool,
}

type Hook = Box<dyn Fn() -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

/// The desk. Its hooks let a test stop the writer at a known place.
#[derive(Clone, Default)]
pub struct Yard {
    /// Loads the units of a group at once, as a desk should.
    pub foresight: bool,
    pub before_commit: Arc<Mutex<Option<Hook>>>,
    /// How many entries each replayed group had, and how many bytes of moves.
    pub replayed: Arc<Mutex<Vec<(usize, usize)>>>,
    /// What [`Desk::committed`] and [`Desk::missed`] were told.
    pub told: Arc<Mutex<Vec<String>>>,
}

impl Yard {
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, what: String) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Runs `hook` once, when the next group has been written but not committed.
    pub fn once_before_commit<F>(&self, hook: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook: Hook = Box::new(move || Box::pin(hook()));
        *self.before_commit.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    async fn load(
        db: &mut Connection,
        state: &mut State,
        names: &[(AreaCode, &str)],
    ) -> ledger::Result<()> {
        let keys: Vec<_> =
            names.iter().flat_map(|(area, name)| [(*area).into(), (*name).into()]).collect();
        for row in db.lookup(&TALLY_OF, &keys).await? {
            state.totals.insert((row.area(0)?, row.text(1)?.to_owned()), row.int(2)?);
        }
        Ok(())
    }
}

impl Desk for Yard {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        vec![SCHEMA]
    }

    fn kind(&self, command: &Command) -> &'static str {
        match command {
            Command::Say(_) => "yard.say",
            Command::Take { .. } => "yard.take",
            Command::Add { .. } => "yard.add",
            Command::Refuse => "yard.refuse",
            Command::Jam => "yard.jam",
            Command::Nul => "yard.nul",
            Command::Panic => "yard.panic",
            Command::PanicLater => "yard.panic_later",
        }
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> ledger::Result<()> {
        let mut ids = Vec::new();
        let mut names = Vec::new();
        for asked in commands {
            match asked.command {
                // What is not loaded here, the ledger loads one command at a time.
                Command::Say(moves) if self.foresight => {
                    ids.extend(moves.iter().filter_map(Move::unit));
                }
                Command::Take { unit, .. } => ids.push(*unit),
                Command::Add { name, .. } => names.push((asked.area, name.as_str())),
                _ => {}
            }
        }
        units.load(db, &ids).await?;
        Yard::load(db, state, &names).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        _units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> ledger::Result<()> {
        let length = |m: &Move| serde_json::to_string(m).map_or(0, |text| text.len());
        let bytes = accepted.iter().flat_map(|one| one.moves.iter().map(length)).sum();
        self.replayed.lock().unwrap_or_else(PoisonError::into_inner).push((accepted.len(), bytes));
        let mut names = Vec::new();
        for one in accepted {
            for event in &one.events {
                if let Event::Added { name, .. } = event {
                    names.push((one.entry.area, name.as_str()));
                }
            }
        }
        Yard::load(db, state, &names).await
    }

    fn decide(
        &self,
        units: &Units,
        _state: &State,
        asked: Asked<'_, Command>,
        _now: Micros,
    ) -> Result<Decision<Event>, Refusal> {
        let mut decision = Decision::default();
        match asked.command {
            Command::Say(moves) => decision.moves.clone_from(moves),
            Command::Take { unit, taker } => {
                let custody = units
                    .custody(*unit)
                    .ok_or_else(|| Refusal::new("unit-unknown").with("unit", unit))?;
                if let Some((reason, _)) = &custody.closed {
                    return Err(Refusal::new("unit-closed").with("reason", reason));
                }
                let giver = units.holder(*unit).cloned();
                if giver.as_ref() == Some(taker) {
                    decision.notes.push(Refusal::new("already-held").with("unit", unit));
                    return Ok(decision);
                }
                decision.moves.push(Move::Hand {
                    unit: *unit,
                    giver,
                    taker: taker.clone(),
                    step: "taken".into(),
                    deadline: None,
                    limit: None,
                    evidence: None,
                });
            }
            Command::Add { name, by } => {
                decision.events.push(Event::Added { name: name.clone(), by: *by });
            }
            Command::Refuse => return Err(Refusal::new("not-here").by_rule("yard.rule")),
            Command::Jam => decision.events.push(Event::Jammed),
            Command::Nul => {
                let name = "a\0b".to_owned();
                decision.events.push(Event::Added { name, by: 1 });
            }
            Command::Panic => panic!("a bug in a rule"),
            Command::PanicLater => decision.events.push(Event::Panicked),
        }
        Ok(decision)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        match event {
            Event::Added { name, by } => {
                let key = (entry.area, name.clone());
                *state.totals.entry(key.clone()).or_default() += by;
                state.changed.insert(key);
            }
            Event::Jammed => state.jammed = true,
            Event::Panicked => panic!("a bug in what a fact does"),
        }
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> ledger::Result<()> {
        let mut rows = Vec::new();
        for key in &state.changed {
            let total = state.totals.get(key).copied().unwrap_or(0);
            rows.extend([key.0.into(), key.1.as_str().into(), total.into()]);
        }
        db.put(&TALLY_PUT, rows).await?;
        if state.jammed {
            let row = [1_i64.into(), "jam".into(), 0_i64.into()];
            // Put, not inserted: the failure shows later, and has to be the one that is told.
            db.put(&TALLY_PUT_NEW, [row.clone(), row].concat()).await?;
        }
        let hook = self.before_commit.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(hook) = hook {
            hook().await;
        }
        Ok(())
    }

    fn committed(&self, group: &Committed<'_, State>) {
        self.tell(format!("committed {}", group.seq));
    }

    fn missed(&self, from: i64, to: i64) {
        self.tell(format!("missed {from}..{to}"));
    }
}
