//! The writer's thread: take a group, decide in memory, write set-based, commit once, answer.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use store::{Connection, Dialect, Row, Store, StoreError, Value};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use types::{CommandId, Micros, Refusal, Span};

use crate::engine::Pace;
use crate::tables::{HEAD_READ, HEAD_SET, HEAD_TAKE, JOURNAL_BY_COMMAND, JOURNAL_PUT};
use crate::{
    Asked, Committed, Desk, Entry, Envelope, LedgerError, Link, Move, Operation, Outcome, Result,
    Status, Units,
};

/// What waits for the writer. The permit frees its room in the queue when the work is done.
pub(crate) enum Work<D: Desk> {
    Commands {
        commands: Vec<Envelope<D::Command>>,
        reply: oneshot::Sender<Result<Vec<Outcome>>>,
        permit: OwnedSemaphorePermit,
    },
    Operations {
        operations: Vec<Operation>,
        reply: oneshot::Sender<Result<Vec<u64>>>,
        permit: OwnedSemaphorePermit,
    },
}

impl<D: Desk> Work<D> {
    fn len(&self) -> usize {
        match self {
            Work::Commands { commands, .. } => commands.len(),
            Work::Operations { operations, .. } => operations.len(),
        }
    }

    fn fail(self, error: &LedgerError) {
        let error = match error {
            LedgerError::Store(StoreError::Constraint(text)) => {
                LedgerError::Store(StoreError::Constraint(text.clone()))
            }
            LedgerError::Store(StoreError::Unstorable(text)) => {
                LedgerError::Store(StoreError::Unstorable(text.clone()))
            }
            other => LedgerError::Unconfirmed(other.to_string()),
        };
        // A caller that has gone away needs no answer.
        match self {
            Work::Commands { reply, .. } => drop(reply.send(Err(error))),
            Work::Operations { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// What is tried in one transaction: a work, or a part of its commands.
enum Part<'a, D: Desk> {
    Commands(&'a [Envelope<D::Command>]),
    Operations(&'a [Operation]),
}

impl<'a, D: Desk> Part<'a, D> {
    fn of(work: &'a Work<D>) -> Part<'a, D> {
        match work {
            Work::Commands { commands, .. } => Part::Commands(commands),
            Work::Operations { operations, .. } => Part::Operations(operations),
        }
    }
}

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

/// Why a group was not written, or perhaps was.
struct Failure {
    error: LedgerError,
    /// It failed while it was being made durable: it may be durable all the same.
    at_commit: bool,
}

impl Failure {
    /// Whether what was tried is itself the reason, so that it will fail again however often it
    /// is sent: then the one command has to be found, and the others must not wait for it.
    fn is_its_own(&self) -> bool {
        !self.at_commit && self.reason().is_some()
    }

    /// The reason for [`Status::NotRecorded`]; `None` where another try may succeed.
    fn reason(&self) -> Option<&'static str> {
        match &self.error {
            LedgerError::RuleFailed => Some("rule"),
            LedgerError::Unreadable { .. } => Some("history"),
            LedgerError::Store(
                StoreError::Constraint(_) | StoreError::Unstorable(_) | StoreError::Decode { .. },
            ) => Some("row"),
            _ => None,
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Failure {
        Failure { error, at_commit: false }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        LedgerError::from(error).into()
    }
}

/// The body of an accepted entry: what a replay needs.
#[derive(Serialize)]
struct BodyOut<'a, E> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    moves: &'a [Box<RawValue>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    events: &'a [E],
}

/// [`BodyOut`] as it is read back.
#[derive(Deserialize)]
pub(crate) struct Body<E> {
    #[serde(default = "Vec::new")]
    pub moves: Vec<Box<RawValue>>,
    #[serde(default = "Vec::new")]
    pub events: Vec<E>,
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

    async fn transact(
        &self,
        db: &mut Connection,
        group: &[Part<'_, D>],
    ) -> std::result::Result<Vec<Answer>, Failure> {
        db.begin_write().await?;
        let head = db
            .first(&HEAD_TAKE, &[])
            .await?
            .ok_or_else(|| LedgerError::Unconfirmed("the ledger has no head row".into()))?;
        let (first_seq, last_time) = (head.int(0)?, head.time(1)?);
        let mut link = Link::of_head(head.opt_bytes(2)?)?;
        self.notice(first_seq);
        // Times of recording only run forwards, whatever the machine's clock does, and no two
        // groups share one: "as known at" a time then says exactly which groups.
        let now = (self.clock)().max(last_time + Span(1));

        let envelopes: Vec<&Envelope<D::Command>> = group
            .iter()
            .flat_map(|part| match part {
                Part::Commands(commands) => *commands,
                Part::Operations(_) => &[],
            })
            .collect();
        let mut known = earlier_outcomes(db, &envelopes).await?;
        let fresh: Vec<Asked<'_, D::Command>> =
            envelopes.iter().filter(|e| !known.contains_key(&e.id)).map(|e| e.asked()).collect();
        let mut units = Units::default();
        let mut state = D::State::default();
        self.desk.load_commands(db, &mut units, &mut state, &fresh).await?;

        let mut seq = first_seq;
        let mut journal: Vec<Value> = Vec::with_capacity(fresh.len() * 13);
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(envelopes.len());
        for envelope in &envelopes {
            if let Some(earlier) = known.get(&envelope.id) {
                outcomes.push(Outcome { duplicate: true, ..earlier.clone() });
                continue;
            }
            // A rule only looks: when one fails, what was loaded is as it was, and the others of
            // the group go on.
            let decide = || self.desk.decide(&units, &state, envelope.asked(), now);
            let Ok(decided) = std::panic::catch_unwind(AssertUnwindSafe(decide)) else {
                let kind = self.desk.kind(&envelope.command);
                let failed = LedgerError::RuleFailed;
                outcomes.push(not_recorded(kind, envelope.id, "rule", &failed));
                continue;
            };
            seq += 1;
            let (outcome, body) = match decided {
                Ok(decision) => {
                    let entry = Entry {
                        seq,
                        command: envelope.id,
                        area: envelope.area,
                        event_time: envelope.event_time,
                        record_time: now,
                        actor: envelope.actor.user.clone(),
                        device: envelope.device.clone(),
                    };
                    let texts = texts_of(&decision.moves)?;
                    let body = to_json(&BodyOut { moves: &texts, events: &decision.events })?;
                    units.ensure(db, &decision.moves).await?;
                    for (n, (what, text)) in decision.moves.into_iter().zip(texts).enumerate() {
                        units.apply(&entry, n, what, text)?;
                    }
                    for event in &decision.events {
                        self.desk.apply(&units, &mut state, &entry, event);
                    }
                    (accepted(envelope.id, decision.notes), body)
                }
                Err(refusal) => (refused(envelope.id, refusal), to_json(&envelope.command)?),
            };
            let row = [
                seq.into(),
                envelope.area.into(),
                envelope.id.into(),
                self.desk.kind(&envelope.command).into(),
                envelope.event_time.into(),
                now.into(),
                envelope.clock_offset.0.into(),
                envelope.actor.user.as_str().into(),
                envelope.device.clone().into(),
                outcome.refusal.as_ref().map(to_json).transpose()?.into(),
                (!outcome.notes.is_empty()).then(|| to_json(&outcome.notes)).transpose()?.into(),
                body.into(),
            ];
            link = link.next(&row);
            journal.extend(row);
            journal.push(link.into());
            known.insert(envelope.id, outcome.clone());
            outcomes.push(outcome);
        }
        if seq > first_seq {
            units.flush(db).await?;
            self.desk.flush(db, &mut state).await?;
            db.put(&JOURNAL_PUT, journal).await?;
            db.execute(&HEAD_SET, &[seq.into(), now.into(), link.into()]).await?;
        }
        let mut outcomes = outcomes.into_iter();
        let mut answers = Vec::with_capacity(group.len());
        for part in group {
            answers.push(match part {
                Part::Commands(commands) => {
                    Answer::Outcomes(outcomes.by_ref().take(commands.len()).collect())
                }
                Part::Operations(operations) => Answer::Changed(operate(db, operations).await?),
            });
        }
        db.settle().await?;
        db.commit().await.map_err(|e| Failure { error: e.into(), at_commit: true })?;
        if seq > first_seq {
            let group = Committed { state: &state, units: &units, seq, record_time: now };
            self.desk.committed(&group);
            self.progress.send_replace(seq);
        }
        Ok(answers)
    }
}

enum Answer {
    Outcomes(Vec<Outcome>),
    Changed(Vec<u64>),
}

fn answer<D: Desk>(group: Vec<Work<D>>, answers: Vec<Answer>) {
    for (work, answer) in group.into_iter().zip(answers) {
        // A caller that has gone away needs no answer; its command is durable all the same.
        match (work, answer) {
            (Work::Commands { reply, permit, .. }, Answer::Outcomes(outcomes)) => {
                drop(permit);
                let _ = reply.send(Ok(outcomes));
            }
            (Work::Operations { reply, permit, .. }, Answer::Changed(changed)) => {
                drop(permit);
                let _ = reply.send(Ok(changed));
            }
            (work, _) => work.fail(&LedgerError::Unconfirmed("answers out of order".into())),
        }
    }
}

async fn operate(db: &mut Connection, operations: &[Operation]) -> Result<Vec<u64>> {
    let mut changed = Vec::with_capacity(operations.len());
    for operation in operations {
        changed.push(match operation {
            Operation::Execute(query, params) => db.execute(query, params).await?,
            Operation::Insert(insert, rows) => db.insert(insert, rows).await?,
        });
    }
    Ok(changed)
}

async fn earlier_outcomes<C>(
    db: &mut Connection,
    envelopes: &[&Envelope<C>],
) -> Result<HashMap<CommandId, Outcome>> {
    let keys: Vec<Value> = envelopes.iter().map(|e| e.id.into()).collect();
    let mut known = HashMap::with_capacity(envelopes.len());
    for row in db.lookup(&JOURNAL_BY_COMMAND, &keys).await? {
        let id = CommandId::from_bytes(row.id(0)?);
        let seq = row.int(1)?;
        let refusal: Option<Refusal> = parse_opt(row.opt_text(2)?, seq)?;
        let notes: Option<Vec<Refusal>> = parse_opt(row.opt_text(3)?, seq)?;
        known.insert(
            id,
            match refusal {
                Some(refusal) => refused(id, refusal),
                None => accepted(id, notes.unwrap_or_default()),
            },
        );
    }
    Ok(known)
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

/// What the sender is told of a command that cannot be recorded, and what the log keeps of it.
fn not_recorded(kind: &str, id: CommandId, reason: &'static str, error: &LedgerError) -> Outcome {
    tracing::error!(command = %id, kind, reason, error = %error, "a command cannot be recorded");
    Outcome {
        id,
        status: Status::NotRecorded,
        duplicate: false,
        refusal: Some(Refusal::new("not-recorded").with("reason", reason)),
        notes: Vec::new(),
    }
}

fn accepted(id: CommandId, notes: Vec<Refusal>) -> Outcome {
    Outcome { id, status: Status::Accepted, duplicate: false, refusal: None, notes }
}

fn refused(id: CommandId, refusal: Refusal) -> Outcome {
    Outcome {
        id,
        status: Status::Refused,
        duplicate: false,
        refusal: Some(refusal),
        notes: Vec::new(),
    }
}

fn texts_of(moves: &[Move]) -> Result<Vec<Box<RawValue>>> {
    moves.iter().map(|m| to_raw_value(m).map_err(unreadable)).collect()
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(unreadable)
}

fn unreadable(e: serde_json::Error) -> LedgerError {
    LedgerError::Unreadable { seq: -1, reason: e.to_string() }
}

fn parse_opt<T: serde::de::DeserializeOwned>(text: Option<&str>, seq: i64) -> Result<Option<T>> {
    text.map(|t| {
        serde_json::from_str(t).map_err(|e| LedgerError::Unreadable { seq, reason: e.to_string() })
    })
    .transpose()
}
