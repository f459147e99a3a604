//! The writer's thread: take a group, decide in memory, write set-based, commit once, answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use store::{Connection, Store, StoreError, Value};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use types::{CommandId, Micros, Refusal};

use crate::tables::{HEAD_SET, HEAD_TAKE, JOURNAL_BY_COMMAND, JOURNAL_PUT};
use crate::{
    Committed, Desk, Entry, Envelope, LedgerError, Move, Operation, Outcome, Result, Status, Units,
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
            other => LedgerError::Unconfirmed(other.to_string()),
        };
        // A caller that has gone away needs no answer.
        match self {
            Work::Commands { reply, .. } => drop(reply.send(Err(error))),
            Work::Operations { reply, .. } => drop(reply.send(Err(error))),
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
    pub progress: watch::Sender<i64>,
    pub retry_after: Arc<AtomicU32>,
}

/// The body of an accepted entry: what a replay needs.
#[derive(Serialize)]
struct BodyOut<'a, E> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    moves: &'a [Move],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    events: &'a [E],
}

/// [`BodyOut`] as it is read back.
#[derive(Deserialize)]
pub(crate) struct Body<E> {
    #[serde(default = "Vec::new")]
    pub moves: Vec<Move>,
    #[serde(default = "Vec::new")]
    pub events: Vec<E>,
}

pub(crate) fn run<D: Desk>(mut writer: Writer<D>, ready: oneshot::Sender<Result<()>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = ready.send(Err(LedgerError::Unconfirmed(e.to_string())));
            return;
        }
    };
    runtime.block_on(async {
        let mut db = match writer.store.writer().await {
            Ok(db) => db,
            Err(e) => {
                let _ = ready.send(Err(e.into()));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        while let Some(group) = writer.next_group().await {
            let started = Instant::now();
            let commands: usize = group.iter().map(Work::len).sum();
            writer.write(&mut db, group).await;
            let waiting: usize = writer.queues.iter().map(UnboundedReceiver::len).sum();
            let seconds = started.elapsed().as_secs_f64() * (1 + waiting / 8) as f64;
            writer.retry_after.store((seconds.ceil() as u32).clamp(1, 30), Ordering::Relaxed);
            tracing::debug!(commands, ms = started.elapsed().as_millis() as u64, "group");
        }
    });
}

impl<D: Desk> Writer<D> {
    /// Waits for work, then takes what else is there, urgent first, up to the group's size.
    async fn next_group(&mut self) -> Option<Vec<Work<D>>> {
        let [urgent, normal, bulk] = &mut self.queues;
        let first = tokio::select! {
            biased;
            Some(work) = urgent.recv() => work,
            Some(work) = normal.recv() => work,
            Some(work) = bulk.recv() => work,
            else => return None,
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
        match self.transact(db, &group).await {
            Ok(answers) => answer(group, answers),
            Err(error) if group.len() == 1 => {
                self.recover(db, &error).await;
                group.into_iter().for_each(|work| work.fail(&error));
            }
            Err(error) => {
                self.recover(db, &error).await;
                for work in group {
                    let one = std::slice::from_ref(&work);
                    match self.transact(db, one).await {
                        Ok(answers) => answer(vec![work], answers),
                        Err(error) => {
                            self.recover(db, &error).await;
                            work.fail(&error);
                        }
                    }
                }
            }
        }
    }

    async fn recover(&mut self, db: &mut Connection, error: &LedgerError) {
        tracing::warn!(%error, "a group was not written");
        if db.rollback().await.is_err() {
            // The connection may be gone: get another. Without one the next group fails too,
            // and its callers are told to send again.
            match self.store.writer().await {
                Ok(fresh) => *db = fresh,
                Err(e) => tracing::error!(error = %e, "no connection for the writer"),
            }
        }
    }

    async fn transact(&self, db: &mut Connection, group: &[Work<D>]) -> Result<Vec<Answer>> {
        db.begin_write().await?;
        let head = db
            .first(&HEAD_TAKE, &[])
            .await?
            .ok_or_else(|| LedgerError::Unconfirmed("the ledger has no head row".into()))?;
        let (first_seq, last_time) = (head.int(0)?, head.time(1)?);
        // Times of recording never run backwards, whatever the machine's clock does.
        let now = (self.clock)().max(last_time);

        let envelopes: Vec<&Envelope<D::Command>> = group
            .iter()
            .flat_map(|work| match work {
                Work::Commands { commands, .. } => commands.as_slice(),
                Work::Operations { .. } => &[],
            })
            .collect();
        let mut known = earlier_outcomes(db, &envelopes).await?;
        let fresh: Vec<&Envelope<D::Command>> =
            envelopes.iter().filter(|e| !known.contains_key(&e.id)).copied().collect();
        let mut units = Units::default();
        let mut state = D::State::default();
        self.desk.load_commands(db, &mut units, &mut state, &fresh).await?;

        let mut seq = first_seq;
        let mut journal: Vec<Value> = Vec::with_capacity(fresh.len() * 12);
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(envelopes.len());
        for envelope in &envelopes {
            if let Some(earlier) = known.get(&envelope.id) {
                outcomes.push(Outcome { duplicate: true, ..earlier.clone() });
                continue;
            }
            seq += 1;
            let decided = self.desk.decide(&units, &state, envelope, now);
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
                    units.ensure(db, &decision.moves).await?;
                    for (n, what) in decision.moves.iter().enumerate() {
                        units.apply(&entry, n, what)?;
                    }
                    for event in &decision.events {
                        self.desk.apply(&units, &mut state, &entry, event);
                    }
                    let body =
                        to_json(&BodyOut { moves: &decision.moves, events: &decision.events })?;
                    (accepted(envelope.id, decision.notes), body)
                }
                Err(refusal) => (refused(envelope.id, refusal), to_json(&envelope.command)?),
            };
            journal.extend([
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
            ]);
            known.insert(envelope.id, outcome.clone());
            outcomes.push(outcome);
        }
        if seq > first_seq {
            units.flush(db).await?;
            self.desk.flush(db, &mut state).await?;
            db.insert(&JOURNAL_PUT, &journal).await?;
            db.execute(&HEAD_SET, &[seq.into(), now.into()]).await?;
        }
        let mut outcomes = outcomes.into_iter();
        let mut answers = Vec::with_capacity(group.len());
        for work in group {
            answers.push(match work {
                Work::Commands { commands, .. } => {
                    Answer::Outcomes(outcomes.by_ref().take(commands.len()).collect())
                }
                Work::Operations { operations, .. } => {
                    Answer::Changed(operate(db, operations).await?)
                }
            });
        }
        db.commit().await?;
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

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| LedgerError::Unreadable { seq: -1, reason: e.to_string() })
}

fn parse_opt<T: serde::de::DeserializeOwned>(text: Option<&str>, seq: i64) -> Result<Option<T>> {
    text.map(|t| {
        serde_json::from_str(t).map_err(|e| LedgerError::Unreadable { seq, reason: e.to_string() })
    })
    .transpose()
}
