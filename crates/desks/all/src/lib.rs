//! All desks as one: what the ledger's engine runs.
//!
//! Each desk keeps its own commands, events, state and tables; here they are only put side by
//! side. A new desk adds a variant to [`Command`] and [`Event`], a field to [`State`] and
//! [`House`], and one arm to each function below: the compiler names the places.
//!
//! What happens at one desk can lead to something at another: a final positive result opens a case.
//! Such a reaction is decided with the command that it follows from, and is in the same entry of the
//! journal: there is no moment at which the one is known and the other is not, no backlog, and
//! nothing to send twice. They are in `reactions`.

mod reactions;

use std::sync::Arc;

use cases::Cases;
use ledger::{Accepted, Asked, Committed, Decision, Desk, Entry, Result, Units};
use protocol::Protocol;
use registry::Registry;
use serde::{Deserialize, Serialize};
use store::{Connection, Schema, Statement};
use testing::Testing;
use types::{Micros, Refusal};

/// What can be asked, by desk: `{"testing": {"collect": {…}}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Of the registry of places and people.
    Registry(registry::Command),
    /// Of mass testing.
    Testing(testing::Command),
    /// Of the cases. They are few and large: the others are not to need as much room.
    Cases(Box<cases::Command>),
}

impl From<cases::Command> for Command {
    fn from(command: cases::Command) -> Command {
        Command::Cases(Box::new(command))
    }
}

impl From<registry::Command> for Command {
    fn from(command: registry::Command) -> Command {
        Command::Registry(command)
    }
}

impl From<testing::Command> for Command {
    fn from(command: testing::Command) -> Command {
        Command::Testing(command)
    }
}

/// What can have happened, by desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// In the registry.
    Registry(registry::Event),
    /// In mass testing.
    Testing(testing::Event),
    /// With the cases.
    Cases(cases::Event),
}

/// The rows of one group of commands, by desk.
#[derive(Debug, Default)]
pub struct State {
    /// The registry's.
    pub registry: registry::State,
    /// The testing desk's.
    pub testing: testing::State,
    /// The cases desk's.
    pub cases: cases::State,
}

/// Told after each durable group, for caches and boards.
pub type Watcher = Arc<dyn Fn(&Committed<'_, State>) + Send + Sync>;

/// Told when the journal went on past this node, for caches: see [`Desk::missed`].
pub type Missed = Arc<dyn Fn() + Send + Sync>;

/// All desks.
pub struct House {
    registry: Registry,
    testing: Testing,
    cases: Cases,
    watchers: Vec<Watcher>,
    missed: Vec<Missed>,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("watchers", &self.watchers.len()).finish_non_exhaustive()
    }
}

impl House {
    /// The desks under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> House {
        House {
            registry: Registry,
            cases: Cases::new(protocol.clone()),
            testing: Testing::new(protocol),
            watchers: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// Adds somebody who is told after each durable group. Must be quick: the writer waits.
    #[must_use]
    pub fn watched_by(mut self, watcher: Watcher) -> House {
        self.watchers.push(watcher);
        self
    }

    /// Adds somebody who is told when entries went past this node. Must be quick.
    #[must_use]
    pub fn on_missed(mut self, missed: Missed) -> House {
        self.missed.push(missed);
        self
    }

    /// The protocol.
    pub fn protocol(&self) -> &Arc<Protocol> {
        self.testing.protocol()
    }
}

/// The tables of the ledger and of every desk.
pub fn schemas() -> Vec<Schema> {
    vec![ledger::SCHEMA, registry::SCHEMA, testing::tables::SCHEMA, cases::tables::SCHEMA]
}

/// Every statement of the ledger and of every desk, by name.
pub fn statements() -> Vec<(&'static str, &'static (dyn Statement + Sync))> {
    [
        ledger::STATEMENTS,
        registry::STATEMENTS,
        testing::tables::STATEMENTS,
        cases::tables::STATEMENTS,
    ]
    .concat()
}

impl Desk for House {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        schemas()
    }

    fn kind(&self, command: &Command) -> &'static str {
        match command {
            Command::Registry(command) => command.kind(),
            Command::Testing(command) => command.kind(),
            Command::Cases(command) => command.kind(),
        }
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let (mut registry, mut testing, mut cases) = (Vec::new(), Vec::new(), Vec::new());
        for asked in commands {
            match asked.command {
                Command::Registry(command) => registry.push(asked.with(command)),
                Command::Testing(command) => testing.push(asked.with(command)),
                Command::Cases(command) => cases.push(asked.with(&**command)),
            }
        }
        if !registry.is_empty() {
            self.registry.load_commands(db, units, &mut state.registry, &registry).await?;
        }
        if !testing.is_empty() {
            self.testing.load_commands(db, units, &mut state.testing, &testing).await?;
        }
        if !cases.is_empty() {
            self.cases.load_commands(db, units, &mut state.cases, &cases).await?;
        }
        reactions::load(&self.cases, db, units, state, &testing, &cases).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> Result<()> {
        let registry = of_desk(accepted, |e| match e {
            Event::Registry(event) => Some(event),
            Event::Testing(_) | Event::Cases(_) => None,
        });
        self.registry.load_events(db, units, &mut state.registry, &registry).await?;
        let testing = of_desk(accepted, |e| match e {
            Event::Testing(event) => Some(event),
            Event::Registry(_) | Event::Cases(_) => None,
        });
        self.testing.load_events(db, units, &mut state.testing, &testing).await?;
        let cases = of_desk(accepted, |e| match e {
            Event::Cases(event) => Some(event),
            Event::Registry(_) | Event::Testing(_) => None,
        });
        self.cases.load_events(db, units, &mut state.cases, &cases).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        match asked.command {
            Command::Registry(command) => {
                let decided =
                    self.registry.decide(units, &state.registry, asked.with(command), now)?;
                Ok(wrap(decided, Event::Registry))
            }
            Command::Testing(command) => {
                let asked = asked.with(command);
                let decided = self.testing.decide(units, &state.testing, asked, now)?;
                let follows =
                    reactions::to_results(&self.cases, units, state, asked, &decided.events, now);
                let mut decision = wrap(decided, Event::Testing);
                let follows = wrap(follows, Event::Cases);
                decision.moves.extend(follows.moves);
                decision.events.extend(follows.events);
                decision.notes.extend(follows.notes);
                Ok(decision)
            }
            Command::Cases(command) => {
                let decided = match &**command {
                    cases::Command::Adopt(adopt) => {
                        reactions::adopt(&self.cases, units, state, asked.with(adopt), now)?
                    }
                    command => self.cases.decide(units, &state.cases, asked.with(command), now)?,
                };
                Ok(wrap(decided, Event::Cases))
            }
        }
    }

    fn apply(&self, units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        match event {
            Event::Registry(event) => {
                self.registry.apply(units, &mut state.registry, entry, event);
                // A walk-in is registered and sampled in one batch: the swab finds its home.
                if let registry::Event::PersonRegistered { person, .. } = event
                    && let Some(known) = state.registry.person(entry.area, *person)
                    && let Some(home) = &known.home
                {
                    let compound = registry::place::compound_of(&home.place);
                    state.testing.learn_home(*person, compound);
                }
                if let registry::Event::PersonRegistered { person, .. } = event {
                    reactions::learn_person(state, entry, *person);
                }
            }
            Event::Testing(event) => self.testing.apply(units, &mut state.testing, entry, event),
            Event::Cases(event) => self.cases.apply(units, &mut state.cases, entry, event),
        }
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        self.registry.flush(db, &mut state.registry).await?;
        self.testing.flush(db, &mut state.testing).await?;
        self.cases.flush(db, &mut state.cases).await
    }

    fn committed(&self, group: &Committed<'_, State>) {
        self.watchers.iter().for_each(|watcher| watcher(group));
    }

    fn missed(&self, _from: i64, _to: i64) {
        self.missed.iter().for_each(|missed| missed());
    }
}

/// The facts of one desk; entries without any are left out.
fn of_desk<'a, E>(
    accepted: &[Accepted<'a, Event>],
    of_desk: impl Fn(&'a Event) -> Option<&'a E>,
) -> Vec<Accepted<'a, E>> {
    accepted
        .iter()
        .map(|one| Accepted {
            entry: one.entry,
            moves: one.moves,
            events: one.events.iter().filter_map(|e| of_desk(e)).collect(),
        })
        .filter(|one| !one.events.is_empty())
        .collect()
}

fn wrap<E>(decision: Decision<E>, event: impl Fn(E) -> Event) -> Decision<Event> {
    Decision {
        moves: decision.moves,
        events: decision.events.into_iter().map(event).collect(),
        notes: decision.notes,
    }
}
