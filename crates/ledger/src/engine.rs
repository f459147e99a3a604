//! The one write path: a bounded queue before a single writer that commits in groups.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::{Insert, Query, Store, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot, watch};
use types::{CommandId, Micros, Refusal};

use crate::writer::{self, Work};
use crate::{Desk, Envelope, LedgerError, Result};

/// Who is served first, and shed last, when there is more than the writer can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Imports, the drill, anything that can wait.
    Bulk,
    /// The day's work.
    Normal,
    /// Emergency care, and the sign-in of those who do it.
    Urgent,
}

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The command.
    pub id: CommandId,
    /// Whether it stands.
    pub status: Status,
    /// Whether this is the answer to an earlier sending of the same command.
    #[serde(default)]
    pub duplicate: bool,
    /// Why not, when it was refused or could not be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What the sender should know although it was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Refusal>,
}

/// Whether a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is in the journal, durable, with its effects.
    Accepted,
    /// It is in the journal as refused, without effect; sending it again gives the same answer.
    Refused,
    /// It is not in the journal, since this program cannot record it: a rule failed, or a row
    /// cannot be written. The reason is in [`Outcome::refusal`]. Nothing happened; sending it
    /// again is safe, and helps once the program has been mended. Whoever made it must keep it.
    NotRecorded,
}

/// A write to a table that is not derived from the journal (sessions, feed inbox, jobs). It
/// goes through the same writer, since SQLite has only one.
#[derive(Clone, Debug)]
pub enum Operation {
    /// One statement.
    Execute(&'static Query, Vec<Value>),
    /// Many rows.
    Insert(&'static Insert, Vec<Value>),
}

/// How the engine is set up.
#[derive(Clone)]
pub struct EngineConfig {
    /// Most commands that wait before the writer; more are shed. Normal work gets half as much
    /// again, urgent work twice as much.
    pub queue: usize,
    /// Longest that work which can wait may have to wait, by the pace of the last groups; more is
    /// shed although there is room. Normal work may wait three times as long; urgent work is shed
    /// only for want of room.
    pub longest_wait: Duration,
    /// Most commands in one group.
    pub group: usize,
    /// The clock: the system's, or a drill's.
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
}

impl fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineConfig")
            .field("queue", &self.queue)
            .field("longest_wait", &self.longest_wait)
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

/// How full the queues are, for the status page and for `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Commands waiting or being written.
    pub waiting: usize,
    /// When a shed caller should come back, in seconds.
    pub retry_after_seconds: u32,
}

/// How long one command takes in a large group, as the writer last saw it; nothing before the first
/// large group.
#[derive(Debug, Default)]
pub(crate) struct Pace(AtomicU64);

impl Pace {
    /// Small groups take as long as a commit takes, however few commands they have: they say
    /// nothing about how fast a queue will shrink.
    const LARGE: usize = 64;

    /// Learns from a group; the last few count most.
    pub(crate) fn learn(&self, commands: usize, took: Duration) {
        if commands < Pace::LARGE {
            return;
        }
        let now = took.as_nanos() as u64 / commands as u64;
        let before = self.0.load(Ordering::Relaxed);
        let pace = if before == 0 { now } else { (3 * before + now) / 4 };
        self.0.store(pace.max(1), Ordering::Relaxed);
    }

    /// How long so many commands will take; nothing when that is not known yet.
    fn of(&self, commands: usize) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed).saturating_mul(commands as u64))
    }
}

/// The ledger of one store. Clones share it.
pub struct Engine<D: Desk> {
    inner: Arc<Inner<D>>,
}

struct Inner<D: Desk> {
    desk: Arc<D>,
    store: Store,
    clock: Arc<dyn Fn() -> Micros + Send + Sync>,
    lanes: [Lane<D>; 3],
    closing: watch::Sender<bool>,
    progress: watch::Receiver<i64>,
    pace: Arc<Pace>,
    longest_wait: Duration,
}

struct Lane<D: Desk> {
    queue: mpsc::UnboundedSender<Work<D>>,
    room: Arc<Semaphore>,
    size: usize,
}

impl<D: Desk> Lane<D> {
    fn waiting(&self) -> usize {
        self.size - self.room.available_permits()
    }
}

impl<D: Desk> Clone for Engine<D> {
    fn clone(&self) -> Self {
        Engine { inner: self.inner.clone() }
    }
}

impl<D: Desk> fmt::Debug for Engine<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("load", &self.load()).finish_non_exhaustive()
    }
}

impl<D: Desk> Engine<D> {
    /// Starts the writer on a thread of its own. It stops when the last clone is gone.
    ///
    /// # Errors
    /// [`LedgerError`] when the store has no connection for it.
    pub async fn start(store: Store, desk: D, config: EngineConfig) -> Result<Engine<D>> {
        let desk = Arc::new(desk);
        let (bulk, bulk_queue) = mpsc::unbounded_channel();
        let (normal, normal_queue) = mpsc::unbounded_channel();
        let (urgent, urgent_queue) = mpsc::unbounded_channel();
        let (ready, started) = oneshot::channel();
        let (closing, close) = watch::channel(false);
        let (progress_out, progress) = watch::channel(0);
        let pace = Arc::new(Pace::default());
        let task = writer::Writer {
            store: store.clone(),
            desk: desk.clone(),
            clock: config.clock.clone(),
            group: config.group.max(1),
            queues: [urgent_queue, normal_queue, bulk_queue],
            closing: close,
            progress: progress_out,
            pace: pace.clone(),
        };
        std::thread::Builder::new()
            .name("ledger-writer".into())
            .spawn(move || writer::run(task, ready))
            .map_err(|e| LedgerError::Unconfirmed(e.to_string()))?;
        started.await.map_err(|_| LedgerError::Stopped)??;
        let lane = |queue, size: usize| Lane { queue, room: Arc::new(Semaphore::new(size)), size };
        let lanes = [
            lane(bulk, config.queue),
            lane(normal, config.queue + config.queue / 2),
            lane(urgent, config.queue * 2),
        ];
        let EngineConfig { clock, longest_wait, .. } = config;
        let inner = Inner { desk, store, clock, lanes, closing, progress, pace, longest_wait };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// Takes no more work, writes what waits, and returns when the writer has ended. Callers
    /// that come later get [`LedgerError::Stopped`].
    pub async fn close(&self) {
        self.inner.lanes.iter().for_each(|lane| lane.room.close());
        self.inner.closing.send_replace(true);
        // The writer's end of this channel goes when the writer does.
        let mut progress = self.inner.progress.clone();
        while progress.changed().await.is_ok() {}
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The rules.
    pub fn desk(&self) -> &D {
        &self.inner.desk
    }

    /// The time by the engine's clock.
    pub fn now(&self) -> Micros {
        (self.inner.clock)()
    }

    /// The number of the last durable journal entry, and a way to wait for the next.
    pub fn progress(&self) -> watch::Receiver<i64> {
        self.inner.progress.clone()
    }

    /// How full the queues are.
    pub fn load(&self) -> Load {
        let waiting = self.before(Priority::Bulk);
        Load { waiting, retry_after_seconds: self.retry_after(waiting) }
    }

    /// Commands that are written before new ones of this priority.
    fn before(&self, priority: Priority) -> usize {
        self.inner.lanes[priority as usize..].iter().map(Lane::waiting).sum()
    }

    /// When those who come now will find the queue empty, in whole seconds.
    fn retry_after(&self, waiting: usize) -> u32 {
        (self.inner.pace.of(waiting).as_secs() as u32 + 1).min(30)
    }

    /// Hands commands to the writer and waits until their group is durable. The outcomes come
    /// in the order of the commands.
    ///
    /// # Errors
    /// [`LedgerError::Overloaded`] at once when the queue is full or would take too long: nothing
    /// was taken.
    /// [`LedgerError::Unconfirmed`] when the group's fate is not known: send it again.
    pub async fn submit(
        &self,
        priority: Priority,
        commands: Vec<Envelope<D::Command>>,
    ) -> Result<Vec<Outcome>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let permit = self.admit(priority, commands.len())?;
        let (reply, outcome) = oneshot::channel();
        self.send(priority, Work::Commands { commands, reply, permit })?;
        outcome.await.map_err(|_| LedgerError::Stopped)?
    }

    /// Hands writes of tables that are not derived to the writer; gives the changed rows of
    /// each. They succeed or fail together.
    ///
    /// # Errors
    /// As [`Engine::submit`]; [`LedgerError::Store`] when a statement fails.
    pub async fn operate(
        &self,
        priority: Priority,
        operations: Vec<Operation>,
    ) -> Result<Vec<u64>> {
        let permit = self.admit(priority, 1)?;
        let (reply, outcome) = oneshot::channel();
        self.send(priority, Work::Operations { operations, reply, permit })?;
        outcome.await.map_err(|_| LedgerError::Stopped)?
    }

    fn admit(&self, priority: Priority, count: usize) -> Result<OwnedSemaphorePermit> {
        let before = self.before(priority);
        let longest = match priority {
            Priority::Bulk => self.inner.longest_wait,
            Priority::Normal => self.inner.longest_wait.saturating_mul(3),
            Priority::Urgent => Duration::MAX,
        };
        let overloaded =
            || LedgerError::Overloaded { retry_after_seconds: self.retry_after(before) };
        if self.inner.pace.of(before) > longest {
            return Err(overloaded());
        }
        let lane = &self.inner.lanes[priority as usize];
        // A batch larger than the whole queue would never fit: let it take all of it.
        let wanted = u32::try_from(count.min(lane.size)).unwrap_or(u32::MAX);
        lane.room.clone().try_acquire_many_owned(wanted).map_err(|e| match e {
            TryAcquireError::Closed => LedgerError::Stopped,
            TryAcquireError::NoPermits => overloaded(),
        })
    }

    fn send(&self, priority: Priority, work: Work<D>) -> Result<()> {
        self.inner.lanes[priority as usize].queue.send(work).map_err(|_| LedgerError::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_of_large_groups_and_follows_them() {
        let pace = Pace::default();
        assert_eq!(pace.of(1_000_000), Duration::ZERO);
        pace.learn(1, Duration::from_secs(9));
        assert_eq!(pace.of(1_000_000), Duration::ZERO, "one command says nothing");
        pace.learn(1_000, Duration::from_millis(100));
        assert_eq!(pace.of(10_000), Duration::from_secs(1));
        pace.learn(1_000, Duration::from_millis(500));
        assert_eq!(pace.of(10_000), Duration::from_secs(2));
        (0..40).for_each(|_| pace.learn(100, Duration::from_millis(1)));
        assert!(pace.of(10_000) < Duration::from_millis(101));
    }
}
