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

mod adopt;
mod care_reactions;
mod commands;
mod decide;
mod reactions;
mod supply_reactions;
mod tracing_reactions;
mod transfer_reactions;
mod zero_reactions;
mod zone_reactions;

use std::sync::Arc;

use care::Care;
use cases::Cases;
use command::CommandPost;
use ledger::{Accepted, Asked, Committed, Decision, Desk, Entry, Result, Units};
use protocol::Protocol;
use registry::Registry;
use store::{Connection, Schema, Statement};
use supply::Supply;
use testing::Testing;
use tracing_desk::Tracing;
use transfers::Transfers;
use types::{Micros, Refusal};
use zero::Zero;
use zones::Zones;

pub use commands::{Command, Event};

/// The rows of one group of commands, by desk.
#[derive(Debug, Default)]
pub struct State {
    /// The registry's.
    pub registry: registry::State,
    /// The testing desk's.
    pub testing: testing::State,
    /// The cases desk's.
    pub cases: cases::State,
    /// The care desk's.
    pub care: care::State,
    /// The transfers desk's.
    pub transfers: transfers::State,
    /// The command desk's.
    pub command: command::State,
    /// The tracing desk's.
    pub tracing: tracing_desk::State,
    /// The zones desk's.
    pub zones: zones::State,
    /// The zero desk's.
    pub zero: zero::State,
    /// The supply desk's.
    pub supply: supply::State,
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
    care: Care,
    transfers: Transfers,
    command: CommandPost,
    tracing: Tracing,
    zones: Zones,
    zero: Zero,
    supply: Supply,
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
            care: Care::new(protocol.clone()),
            transfers: Transfers::new(protocol.clone()),
            command: CommandPost::new(protocol.clone()),
            tracing: Tracing::new(protocol.clone()),
            zones: Zones::new(protocol.clone()),
            zero: Zero::new(protocol.clone()),
            supply: Supply::new(protocol.clone()),
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
    vec![
        ledger::SCHEMA,
        registry::SCHEMA,
        testing::tables::SCHEMA,
        cases::tables::SCHEMA,
        care::tables::SCHEMA,
        transfers::tables::SCHEMA,
        command::tables::SCHEMA,
        tracing_desk::tables::SCHEMA,
        zones::tables::SCHEMA,
        zero::tables::SCHEMA,
        supply::tables::SCHEMA,
    ]
}

/// Every statement of the ledger and of every desk, by name.
pub fn statements() -> Vec<(&'static str, &'static (dyn Statement + Sync))> {
    [
        ledger::STATEMENTS,
        registry::STATEMENTS,
        testing::tables::STATEMENTS,
        cases::tables::STATEMENTS,
        care::tables::STATEMENTS,
        care::tables::bedside::STATEMENTS,
        care::tables::open::STATEMENTS,
        transfers::tables::STATEMENTS,
        command::tables::STATEMENTS,
        tracing_desk::tables::STATEMENTS,
        zones::tables::STATEMENTS,
        zones::tables::sweeps::STATEMENTS,
        zero::tables::STATEMENTS,
        supply::tables::STATEMENTS,
        supply::tables::orders::STATEMENTS,
        supply::tables::delivery::STATEMENTS,
        supply::tables::unmet::STATEMENTS,
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
        command.kind()
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let (mut registry, mut testing) = (Vec::new(), Vec::new());
        let (mut cases, mut care, mut transfers) = (Vec::new(), Vec::new(), Vec::new());
        let mut post = Vec::new();
        let (mut tracing, mut zones, mut zero) = (Vec::new(), Vec::new(), Vec::new());
        let mut supply = Vec::new();
        for asked in commands {
            match asked.command {
                Command::Registry(command) => registry.push(asked.with(command)),
                Command::Testing(command) => testing.push(asked.with(command)),
                Command::Cases(command) => cases.push(asked.with(&**command)),
                Command::Care(command) => care.push(asked.with(&**command)),
                Command::Transfers(command) => transfers.push(asked.with(&**command)),
                Command::Command(command) => post.push(asked.with(&**command)),
                Command::Tracing(command) => tracing.push(asked.with(&**command)),
                Command::Zones(command) => zones.push(asked.with(&**command)),
                Command::Zero(command) => zero.push(asked.with(&**command)),
                Command::Supply(command) => supply.push(asked.with(&**command)),
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
        reactions::load(&self.cases, db, units, state, &testing, &cases).await?;
        let doubtful: Vec<types::UnitId> = state.cases.loaded().collect();
        if !care.is_empty() {
            self.care.load_commands(db, units, &mut state.care, &care).await?;
        }
        care_reactions::load(self, db, units, state, &care).await?;
        if !post.is_empty() {
            self.command.load_commands(db, units, &mut state.command, &post).await?;
        }
        transfer_reactions::load(self, db, units, state, &transfers).await?;
        if !supply.is_empty() {
            self.supply.load_commands(db, units, &mut state.supply, &supply).await?;
        }
        if !tracing.is_empty() {
            self.tracing.load_commands(db, units, &mut state.tracing, &tracing).await?;
        }
        tracing_reactions::load(self, db, units, state, (&testing, &tracing), doubtful).await?;
        if !zones.is_empty() {
            self.zones.load_commands(db, units, &mut state.zones, &zones).await?;
        }
        zone_reactions::load(self, db, units, state, commands).await?;
        let earliest = commands.iter().map(|asked| asked.event_time).min();
        let zero = (&zero[..], !cases.is_empty());
        zero_reactions::load(self, db, units, state, zero, earliest).await?;
        supply_reactions::load_registry(self, db, units, state, &registry).await?;
        supply_reactions::load_drivers(self, db, units, state, commands).await?;
        supply_reactions::load(self, db, units, state, &zones).await
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
            _ => None,
        });
        self.registry.load_events(db, units, &mut state.registry, &registry).await?;
        let testing = of_desk(accepted, |e| match e {
            Event::Testing(event) => Some(event),
            _ => None,
        });
        self.testing.load_events(db, units, &mut state.testing, &testing).await?;
        let cases = of_desk(accepted, |e| match e {
            Event::Cases(event) => Some(event),
            _ => None,
        });
        self.cases.load_events(db, units, &mut state.cases, &cases).await?;
        let care = of_desk(accepted, |e| match e {
            Event::Care(event) => Some(event),
            _ => None,
        });
        self.care.load_events(db, units, &mut state.care, &care).await?;
        let transfers = of_desk(accepted, |e| match e {
            Event::Transfers(event) => Some(event),
            _ => None,
        });
        self.transfers.load_events(db, units, &mut state.transfers, &transfers).await?;
        let tracing = of_desk(accepted, |e| match e {
            Event::Tracing(event) => Some(event),
            _ => None,
        });
        self.tracing.load_events(db, units, &mut state.tracing, &tracing).await?;
        let zones = of_desk(accepted, |e| match e {
            Event::Zones(event) => Some(event),
            _ => None,
        });
        // What happened at the zero desk is told whole.
        self.zones.load_events(db, units, &mut state.zones, &zones).await?;
        let supply = of_desk(accepted, |e| match e {
            Event::Supply(event) => Some(event),
            _ => None,
        });
        self.supply.load_events(db, units, &mut state.supply, &supply).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let mut decision = self.decide_desks(units, state, asked, now)?;
        supply_reactions::to_zones(self, units, state, asked, &mut decision, now);
        supply_reactions::to_registry(self, units, state, asked, &mut decision, now);
        supply_reactions::to_cases(self, units, state, asked, &mut decision, now);
        Ok(decision)
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
            Event::Care(event) => self.care.apply(units, &mut state.care, entry, event),
            Event::Transfers(event) => {
                self.transfers.apply(units, &mut state.transfers, entry, event);
            }
            Event::Command(event) => {
                self.command.apply(units, &mut state.command, entry, event);
            }
            Event::Tracing(event) => {
                self.tracing.apply(units, &mut state.tracing, entry, event);
            }
            Event::Zones(event) => self.zones.apply(units, &mut state.zones, entry, event),
            Event::Zero(event) => self.zero.apply(units, &mut state.zero, entry, event),
            Event::Supply(event) => self.supply.apply(units, &mut state.supply, entry, event),
        }
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        self.registry.flush(db, &mut state.registry).await?;
        self.testing.flush(db, &mut state.testing).await?;
        self.cases.flush(db, &mut state.cases).await?;
        self.care.flush(db, &mut state.care).await?;
        self.transfers.flush(db, &mut state.transfers).await?;
        self.command.flush(db, &mut state.command).await?;
        self.tracing.flush(db, &mut state.tracing).await?;
        self.zones.flush(db, &mut state.zones).await?;
        self.zero.flush(db, &mut state.zero).await?;
        self.supply.flush(db, &mut state.supply).await
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
