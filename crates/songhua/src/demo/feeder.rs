//! Gives the ledger commands in order, by a clock that shows when each became known.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Result, bail};
use desks::House;
use ledger::{Engine, Envelope, Outcome, Priority, Status};
use tokio::task::JoinHandle;
use types::Micros;

/// A clock that stands where it was set. While the demo is made the ledger runs by it, so that
/// boards "as known at" an earlier time show what was known then.
#[derive(Clone, Debug, Default)]
pub struct SetClock(Arc<AtomicI64>);

impl SetClock {
    /// Sets it.
    pub fn set(&self, at: Micros) {
        self.0.store(at.0, Ordering::Relaxed);
    }

    /// As the engine takes it.
    pub fn as_clock(&self) -> Arc<dyn Fn() -> Micros + Send + Sync> {
        let inner = self.0.clone();
        Arc::new(move || Micros(inner.load(Ordering::Relaxed)))
    }
}

/// Writes one chunk while the next is made.
#[derive(Debug)]
pub struct Feeder {
    engine: Engine<House>,
    clock: SetClock,
    writing: Option<JoinHandle<ledger::Result<Vec<Outcome>>>>,
    /// Commands written, and of these refused.
    pub written: u64,
    /// Commands that the rules refused: as some of a real response are.
    pub refused: Vec<String>,
}

impl Feeder {
    /// A feeder of an engine that runs by the clock.
    pub fn new(engine: Engine<House>, clock: SetClock) -> Feeder {
        Feeder { engine, clock, writing: None, written: 0, refused: Vec::new() }
    }

    /// Hands over a chunk that became known at a time.
    ///
    /// # Errors
    /// When the chunk before it was not written.
    pub async fn put(
        &mut self,
        known_at: Micros,
        commands: Vec<Envelope<desks::Command>>,
    ) -> Result<()> {
        self.settle().await?;
        self.clock.set(known_at);
        let engine = self.engine.clone();
        let writing = async move { engine.submit(Priority::Bulk, commands).await };
        self.writing = Some(tokio::spawn(writing));
        Ok(())
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// When something was not written, or more was refused than can be by a rule.
    pub async fn settle(&mut self) -> Result<()> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        for outcome in writing.await?? {
            self.written += 1;
            if outcome.status != Status::Accepted {
                let why = outcome.refusal.map_or_else(String::new, |r| r.to_string());
                self.refused.push(why);
            }
        }
        if self.refused.len() > 20 {
            bail!("the demo's own commands are refused, first {}", self.refused[0]);
        }
        Ok(())
    }
}
