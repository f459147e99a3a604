//! Thousands of random steps from one seed, with the power cut at random points: a SQLite file
//! whose write-ahead log ends anywhere after the last acknowledged byte. Whatever was
//! acknowledged is there once; what was under way is there wholly or not at all.
//!
//! `SONGHUA_SIMULATION_SEED` names a seed to run again, `SONGHUA_SIMULATION_STEPS` how far.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ledger::{Engine, Envelope, Outcome, Priority, Status};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use store::{Store, StoreConfig};
use types::{CommandId, Micros, Span, UnitId};

use crate::support::model::{self, Fact};
use crate::support::scripts::{Said, UNITS, said};
use crate::support::world::*;
use crate::support::yard::{self, Command, Yard};
use crate::support::{reading, world};

/// Sites with units of their own, so that histories stay short.
const SITES: usize = 12;
/// Pages of the log after which SQLite would bring it into the file; we restart before that.
const LOG_LIMIT: u64 = 6_000 * 4_120;

/// Everything random comes from here.
struct Dice(TestRunner);

impl Dice {
    fn new(seed: u64) -> Dice {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Dice(TestRunner::new_with_rng(Config::default(), rng))
    }
    fn draw<S: Strategy>(&mut self, from: S) -> S::Value {
        from.new_tree(&mut self.0).expect("the strategy gives a value").current()
    }
    fn below(&mut self, n: u64) -> u64 {
        self.draw(0..n)
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct Simulation {
    dice: Dice,
    dir: tempfile::TempDir,
    generation: u32,
    store: Store,
    engine: Engine<Yard>,
    clock: Clock,
    sent: Vec<Envelope<Command>>,
    acknowledged: BTreeMap<CommandId, Outcome>,
    cuts: [u32; 2],
}

impl Simulation {
    async fn start(seed: u64) -> Simulation {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Clock::new(MORNING);
        let (store, engine) = open(&path(dir.path(), 0), &clock).await;
        Simulation {
            dice: Dice::new(seed),
            dir,
            generation: 0,
            store,
            engine,
            clock,
            sent: Vec::new(),
            acknowledged: BTreeMap::new(),
            cuts: [0; 2],
        }
    }

    fn path(&self) -> PathBuf {
        path(self.dir.path(), self.generation)
    }

    /// The size of the write-ahead log.
    fn log(&self) -> u64 {
        let log = self.path().with_extension("sqlite-wal");
        std::fs::metadata(log).map_or(0, |m| m.len())
    }

    async fn step(&mut self) {
        let drift = self.dice.draw(-2_000_000..5_000_000_i64);
        self.clock.set(self.clock.now() + Span(drift));
        match self.dice.below(100) {
            0..3 => self.restart().await,
            3..8 => self.cut_the_power().await,
            8..10 => self.two_writers().await,
            _ => {
                let batch = self.batch();
                self.send(batch).await;
            }
        }
        if self.log() > LOG_LIMIT {
            self.restart().await;
        }
    }

    /// New commands, and now and then some that were sent before.
    fn batch(&mut self) -> Vec<Envelope<Command>> {
        let count = 1 + self.dice.below(6);
        (0..count)
            .map(|_| {
                if self.dice.chance(15) && !self.sent.is_empty() {
                    let old = self.dice.below(self.sent.len() as u64) as usize;
                    self.sent[old].clone()
                } else {
                    let said = self.dice.draw(said());
                    let command = self.command(&said);
                    self.sent.push(command.clone());
                    command
                }
            })
            .collect()
    }

    fn command(&mut self, said: &Said) -> Envelope<Command> {
        let site = self.dice.below(SITES as u64) as u32;
        let unit = |n: usize| -> UnitId {
            let serial = site * UNITS as u32 + n as u32;
            match n {
                0..4 => tube(serial),
                4..7 => container(serial),
                _ => vehicle(serial),
            }
        };
        // A void names one of the last commands, of whatever site.
        let n = self.sent.len();
        let named = |back: usize| numbered_id(MORNING, n.saturating_sub(back) as u64);
        let moves = said.acts.iter().map(|act| act.as_move(unit, named)).collect();
        let what = if said.refused { Command::Refuse } else { Command::Say(moves) };
        let happened = self.clock.now() + Span::minutes(said.minute - 120);
        envelope(numbered_id(MORNING, n as u64), happened, what)
    }

    async fn send(&mut self, batch: Vec<Envelope<Command>>) {
        let outcomes =
            self.engine.submit(Priority::Normal, batch).await.expect("the group is written");
        self.acknowledge(outcomes);
    }

    fn acknowledge(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match self.acknowledged.get(&outcome.id) {
                Some(first) => {
                    assert!(outcome.duplicate, "taken twice: {outcome:?}");
                    assert_eq!((first.status, &first.refusal), (outcome.status, &outcome.refusal));
                }
                None => drop(self.acknowledged.insert(outcome.id, outcome)),
            }
        }
    }

    async fn restart(&mut self) {
        self.engine.close().await;
        (self.store, self.engine) = open(&self.path(), &self.clock).await;
    }

    /// Cuts the power while batches are being written: the log ends, or is garbage, at any byte
    /// after what was acknowledged. Then the device sends its batches again.
    async fn cut_the_power(&mut self) {
        let safe = self.log();
        let count = 1 + self.dice.below(3);
        let mut batches = Vec::new();
        for _ in 0..count {
            let batch = self.batch();
            self.engine.submit(Priority::Normal, batch.clone()).await.expect("it is written");
            batches.push(batch);
        }
        let old = self.path();
        self.generation += 1;
        self.copy_cut(&old, safe);
        self.engine.close().await;
        (self.store, self.engine) = open(&self.path(), &self.clock).await;
        for suffix in ["sqlite", "sqlite-wal", "sqlite-shm"] {
            let _ = std::fs::remove_file(old.with_extension(suffix));
        }

        let there = reading::journal(&self.store).await;
        let mut known: BTreeSet<CommandId> = self.acknowledged.keys().copied().collect();
        let mut lost = false;
        for batch in &batches {
            let new: BTreeSet<CommandId> =
                batch.iter().map(|c| c.id).filter(|id| known.insert(*id)).collect();
            let kept = new.iter().filter(|id| there.contains_key(id)).count();
            assert!(kept == 0 || kept == new.len(), "a group was torn: {kept} of {new:?}");
            assert!(kept == 0 || !lost, "a later group is there without an earlier one");
            lost |= kept < new.len();
            self.cuts[usize::from(kept > 0)] += 1;
        }
        for batch in batches {
            let outcomes = self.engine.submit(Priority::Normal, batch).await.expect("sent again");
            for outcome in outcomes.iter().filter(|o| there.contains_key(&o.id)) {
                assert!(outcome.duplicate, "{outcome:?}");
            }
            self.acknowledge(outcomes);
        }
    }

    /// Copies the file and its log to where [`Simulation::path`] now points, as a cut of the
    /// power would leave them.
    fn copy_cut(&mut self, old: &Path, safe: u64) {
        let new = self.path();
        std::fs::copy(old, &new).expect("a copy of the file");
        let mut log = std::fs::read(old.with_extension("sqlite-wal")).expect("the log");
        let end = log.len() as u64;
        assert!(end >= safe, "the log was restarted in between");
        let cut = (safe + self.dice.below(end - safe + 1)) as usize;
        if self.dice.chance(50) {
            log.truncate(cut);
        } else {
            // The rest of the sectors were not written; something else is there.
            let garbage = 1 + self.dice.below(255) as u8;
            log[cut..].iter_mut().for_each(|byte| *byte ^= garbage);
        }
        std::fs::write(new.with_extension("sqlite-wal"), &log).expect("the cut log");
    }

    /// The program is started a second time while the first is still writing.
    async fn two_writers(&mut self) {
        let (_, second) = open(&self.path(), &self.clock).await;
        let (one, other) = (self.batch(), self.batch());
        let (a, b) = tokio::join!(
            self.engine.submit(Priority::Normal, one),
            second.submit(Priority::Normal, other),
        );
        // Each may have got a command first that was in both batches.
        for outcome in [a, b].into_iter().flat_map(|o| o.expect("the group is written")) {
            let first = self.acknowledged.entry(outcome.id).or_insert_with(|| outcome.clone());
            assert_eq!(first.status, outcome.status);
        }
        second.close().await;
    }

    /// What was acknowledged is there once, nothing else is, and everything adds up.
    async fn check(&self) {
        let there = reading::journal(&self.store).await;
        assert!(there.values().all(|(_, times)| *times == 1));
        assert!(there.keys().eq(self.acknowledged.keys()), "the journal is what was acknowledged");
        let mut facts = Vec::new();
        for command in &self.sent {
            let outcome = &self.acknowledged[&command.id];
            let Command::Say(moves) = &command.command else { continue };
            assert_eq!(outcome.status, Status::Accepted);
            facts.extend(moves.iter().enumerate().map(|(n, what)| Fact {
                happened: command.event_time,
                recorded: there[&command.id].0,
                command: command.id,
                n: n as u32,
                area: command.area,
                what: what.clone(),
            }));
        }
        let shown = reading::picture(&self.store).await;
        let expected = model::picture(&facts, Micros::MAX);
        for (id, row) in &expected.units {
            assert_eq!(shown.units.get(id), Some(row), "{id}");
        }
        let more = shown.findings.difference(&expected.findings).collect::<Vec<_>>();
        let fewer = expected.findings.difference(&shown.findings).collect::<Vec<_>>();
        assert!(more.is_empty() && fewer.is_empty(), "findings: more {more:?}, fewer {fewer:?}");
        assert_eq!(shown, expected);
        let report = world::audit(&self.store).await;
        assert!(report.is_clean(), "{report:#?}");
    }

    /// The journal as text, to tell whether two runs were the same.
    async fn journal(&self) -> Vec<String> {
        let mut reader = self.store.reader().await.expect("a reader");
        let sql = "SELECT seq, record_time, body FROM journal ORDER BY seq";
        let rows = reader.query_text(sql, &[]).await.expect("the journal");
        rows.iter().map(|row| format!("{row:?}")).collect()
    }
}

fn path(dir: &Path, generation: u32) -> PathBuf {
    dir.join(format!("ledger-{generation}.sqlite"))
}

async fn open(path: &Path, clock: &Clock) -> (Store, Engine<Yard>) {
    let config =
        StoreConfig { readers: 2, ..StoreConfig::throwaway(format!("sqlite:{}", path.display())) };
    let store = Store::open(config, &[ledger::SCHEMA, yard::SCHEMA]).await.expect("it opens");
    let engine = Engine::start(store.clone(), Yard::default(), world::config(clock, 1_000))
        .await
        .expect("the engine starts");
    (store, engine)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn simulate(seed: u64) {
    let seed = number("SONGHUA_SIMULATION_SEED", seed);
    let steps = number("SONGHUA_SIMULATION_STEPS", 1_200);
    println!("seed {seed}, {steps} steps");
    let mut simulation = Simulation::start(seed).await;
    for step in 1..=steps {
        simulation.step().await;
        if step % 300 == 0 || step == steps {
            println!("step {step}: {} acknowledged", simulation.acknowledged.len());
            simulation.check().await;
        }
    }
    let [lost, kept] = simulation.cuts;
    println!("of the batches under way at a cut, {kept} were there and {lost} were not");
    assert!(kept > 0 && lost > 0, "the cuts must fall on both sides of a commit");
    simulation.engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_was_acknowledged_survives_any_power_cut() {
    simulate(20_220_315).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_was_acknowledged_survives_any_other_power_cut() {
    simulate(31_415).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_seed_gives_the_same_journal_again() {
    let mut journals = Vec::new();
    for _ in 0..2 {
        let mut simulation = Simulation::start(7).await;
        for _ in 0..60 {
            if simulation.dice.chance(10) {
                simulation.cut_the_power().await;
            }
            let batch = simulation.batch();
            simulation.send(batch).await;
        }
        journals.push(simulation.journal().await);
        simulation.engine.close().await;
    }
    assert_eq!(journals[0], journals[1]);
}
