//! Holds the writer in the middle of a group, so that what is sent meanwhile has to wait.

use std::sync::Arc;

use ledger::{Engine, Envelope, Operation, Outcome, Priority};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::world::at;
use super::yard::{Command, Yard};

pub type Answer = JoinHandle<ledger::Result<Vec<Outcome>>>;

/// A group that has been written and waits to be committed.
pub struct Stalled {
    release: Arc<Notify>,
    first: Answer,
}

/// Sends one command and returns when its group is held before the commit.
pub async fn stall(engine: &Engine<Yard>, yard: &Yard) -> Stalled {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (entered.clone(), release.clone());
    yard.once_before_commit(move || {
        let (tell, wait) = (tell.clone(), wait.clone());
        async move {
            tell.notify_one();
            wait.notified().await;
        }
    });
    let first = send(engine, Priority::Normal, vec![at(0, Command::Refuse)]);
    entered.notified().await;
    Stalled { release, first }
}

impl Stalled {
    pub async fn go_on(self) {
        self.release.notify_one();
        self.first.await.expect("the task").expect("the first group is written");
    }
}

pub fn send(engine: &Engine<Yard>, priority: Priority, commands: Vec<Envelope<Command>>) -> Answer {
    let engine = engine.clone();
    tokio::spawn(async move { engine.submit(priority, commands).await })
}

pub fn operate(
    engine: &Engine<Yard>,
    operations: Vec<Operation>,
) -> JoinHandle<ledger::Result<Vec<u64>>> {
    let engine = engine.clone();
    tokio::spawn(async move { engine.operate(Priority::Normal, operations).await })
}

/// Waits until so many commands are in the queue or being written.
pub async fn waiting(engine: &Engine<Yard>, count: usize) {
    while engine.load().waiting < count {
        tokio::task::yield_now().await;
    }
}
