//! The writer's thread: take a group, decide in memory, write set-based, commit once, answer.

mod transact;
mod work;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use store::{Connection, Dialect, Row, Store};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{oneshot, watch};
use types::Micros;

use self::transact::not_recorded;
use self::work::{Answer, Failure, Part, answer};
use crate::engine::Pace;
use crate::tables::HEAD_READ;
use crate::{Desk, Envelope, LedgerError, Link, Outcome, Result};

pub(crate) use self::transact::Body;
pub(crate) use self::work::Work;

pub(crate) struct Writer<D: Desk> {
    pub store: Store,
    pub desk: Arc<D>,
    pub clock: Arc<dyn Fn() -> Micros + Send + Sync>,
    pub group: usize,
    /// Urgent, normal, bulk.
    pub queues: [UnboundedReceiver<Work<D>>; 3],
    /// Set when no more work is to be taken; what waits is still written.
    pub closing: watch::Receiver<bool>,
    pub progress: watch::Sender<i64>,
    pub pace: Arc<Pace>,
}

/// How often an idle writer looks whether another node has written.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn run<D: Desk>(mut writer: Writer<D>, ready: oneshot::Sender<Result<()>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = ready.send(Err(LedgerError::Unconfirmed(e.to_string())));
            return;
        }
    };
    runtime.block_on(async {
        let mut db = match writer.first_connection().await {
            Ok(db) => db,
            Err(e) => {
                let _ = ready.send(Err(e));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let shared = db.dialect() == Dialect::Postgres;
        loop {
            let group = tokio::select! {
                group = writer.next_group() => group,
                () = tokio::time::sleep(LOOK_EVERY), if shared => {
                    writer.look(&mut db).await;
                    continue;
                }
            };
            let Some(group) = group else { break };
            let started = Instant::now();
            let commands: usize = group.iter().map(Work::len).sum();
            writer.write(&mut db, group).await;
            let took = started.elapsed();
            writer.pace.learn(commands, took);
            tracing::debug!(commands, ms = took.as_millis() as u64, "group");
        }
        if let Ok(head) = db.first(&HEAD_READ, &[]).await {
            log_head(head.as_ref());
        }
        if let Err(e) = db.checkpoint().await {
            tracing::warn!(error = %e, "no checkpoint at the end; the next start makes it");
        }
    });
}

impl<D: Desk> Writer<D> {
    async fn first_connection(&mut self) -> Result<Connection> {
        let mut db = self.store.writer().await?;
        let head = db.first(&HEAD_READ, &[]).await?;
        self.progress.send_replace(head.as_ref().map_or(Ok(0), |row| row.int(0))?);
        log_head(head.as_ref());
        Ok(db)
    }

    /// Waits for work, then takes what else is there, urgent first, up to the group's size.
    /// `None` when all is written and no more will come.
    async fn next_group(&mut self) -> Option<Vec<Work<D>>> {
        let first = loop {
            let closed = *self.closing.borrow_and_update();
            if closed {
                self.queues.iter_mut().for_each(UnboundedReceiver::close);
            }
            let [urgent, normal, bulk] = &mut self.queues;
            tokio::select! {
                biased;
                Some(work) = urgent.recv() => break work,
                Some(work) = normal.recv() => break work,
                Some(work) = bulk.recv() => break work,
                Ok(()) = self.closing.changed(), if !closed => {}
                else => return None,
            }
        };
        let mut count = first.len();
        let mut group = vec![first];
        for queue in &mut self.queues {
            while count < self.group {
                let Ok(work) = queue.try_recv() else { break };
                count += work.len();
                group.push(work);
            }
        }
        Some(group)
    }

    /// Writes a group as one transaction. When that fails, each work is tried alone, so that
    /// one bad statement cannot take the others with it.
    async fn write(&mut self, db: &mut Connection, group: Vec<Work<D>>) {
        let parts: Vec<Part<'_, D>> = group.iter().map(Part::of).collect();
        let failure = match self.attempt(db, &parts).await {
            Ok(answers) => return answer(group, answers),
            Err(failure) => failure,
        };
        let alone = group.len() == 1;
        // Commands can always be tried again: the journal knows those that it has. Other writes
        // cannot, when they may have been made.
        let (again, lost): (Vec<_>, Vec<_>) = group.into_iter().partition(|work| match work {
            Work::Commands { .. } => !alone || failure.at_commit || failure.is_its_own(),
            Work::Operations { .. } => !alone && !failure.at_commit,
        });
        lost.into_iter().for_each(|work| work.fail(&failure.error));
        let mut connected = self.recover(db, &failure).await;
        for work in again {
            if !connected {
                work.fail(&failure.error);
                continue;
            }
            let tried = match &work {
                Work::Commands { commands, .. } => {
                    self.write_what_can_be(db, commands).await.map(Answer::Outcomes)
                }
                Work::Operations { .. } => self
                    .attempt(db, &[Part::of(&work)])
                    .await
                    .and_then(|answers| answers.into_iter().next().ok_or_else(out_of_order)),
            };
            match tried {
                Ok(one) => answer(vec![work], vec![one]),
                Err(failure) => {
                    work.fail(&failure.error);
                    connected = self.recover(db, &failure).await;
                }
            }
        }
    }

    /// Writes commands, if need be in ever smaller parts, until the ones that cannot be recorded
    /// stand alone. These are answered [`Status::NotRecorded`] and the others go through: a
    /// device resends its whole batch, and one bad command must not hold it up for ever.
    ///
    /// # Errors
    /// The failure for which no command is to blame. Some may have been recorded by then: they
    /// are known when the batch is sent again.
    async fn write_what_can_be(
        &mut self,
        db: &mut Connection,
        commands: &[Envelope<D::Command>],
    ) -> std::result::Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::with_capacity(commands.len());
        // In order, since later commands build on earlier ones.
        let mut waiting = vec![commands];
        while let Some(part) = waiting.pop() {
            let failure = match self.attempt(db, &[Part::Commands(part)]).await {
                Ok(answers) => {
                    for one in answers {
                        let Answer::Outcomes(found) = one else { return Err(out_of_order()) };
                        outcomes.extend(found);
                    }
                    continue;
                }
                Err(failure) => failure,
            };
            if !failure.is_its_own() {
                return Err(failure);
            }
            if !self.recover(db, &failure).await {
                return Err(LedgerError::Unconfirmed(failure.error.to_string()).into());
            }
            match part {
                [] => {}
                [one] => outcomes.push(not_recorded(
                    self.desk.kind(&one.command),
                    one.id,
                    failure.reason().unwrap_or("row"),
                    &failure.error,
                )),
                more => {
                    let (first, second) = more.split_at(more.len() / 2);
                    waiting.extend([second, first]);
                }
            }
        }
        Ok(outcomes)
    }

    /// Makes the connection usable again, or another; whether there is one.
    async fn recover(&mut self, db: &mut Connection, failure: &Failure) -> bool {
        tracing::warn!(error = %failure.error, at_commit = failure.at_commit, "a group failed");
        if db.rollback().await.is_ok() {
            return true;
        }
        match self.store.writer().await {
            Ok(fresh) => {
                *db = fresh;
                true
            }
            Err(e) => {
                tracing::error!(error = %e, "no connection for the writer");
                false
            }
        }
    }

    /// Looks whether another node has written, so that ours can show it.
    async fn look(&mut self, db: &mut Connection) {
        match db.first(&HEAD_READ, &[]).await {
            Ok(Some(row)) => {
                if let Ok(seq) = row.int(0) {
                    self.notice(seq);
                }
            }
            Ok(None) => {}
            Err(error) => {
                let failure = Failure::from(error);
                self.recover(db, &failure).await;
            }
        }
    }

    /// Tells the desk of entries that this writer has not written itself: another node's, or
    /// a group of ours whose commit was not confirmed.
    fn notice(&self, seq: i64) {
        let seen = *self.progress.borrow();
        if seq > seen {
            self.desk.missed(seen, seq);
            self.progress.send_replace(seq);
        }
    }

    /// Tries a group. What panics while loading, applying or writing fails its group like any
    /// other error.
    async fn attempt(
        &self,
        db: &mut Connection,
        group: &[Part<'_, D>],
    ) -> std::result::Result<Vec<Answer>, Failure> {
        AssertUnwindSafe(self.transact(db, group))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(LedgerError::RuleFailed.into()))
    }
}

/// The log is another place than the store: a hash that stands in it vouches for the entries
/// up to its own.
fn log_head(head: Option<&Row>) {
    let read = |row: &Row| Ok::<_, LedgerError>((row.int(0)?, Link::of_head(row.opt_bytes(2)?)?));
    if let Some(Ok((seq, hash))) = head.map(read) {
        tracing::info!(seq, %hash, "the journal's head");
    }
}

fn out_of_order() -> Failure {
    LedgerError::Unconfirmed("answers out of order".into()).into()
}
