//! One group as one transaction: what is known already, what is decided, what is written.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use store::{Connection, Value};
use types::{CommandId, Refusal, Span};

use super::Writer;
use super::work::{Answer, Failure, Part};
use crate::tables::{HEAD_SET, HEAD_TAKE, JOURNAL_BY_COMMAND, JOURNAL_PUT};
use crate::{
    Asked, Committed, Desk, Entry, Envelope, LedgerError, Link, Move, Operation, Outcome, Result,
    Status, Units,
};

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

impl<D: Desk> Writer<D> {
    /// Writes a group, or fails as a whole.
    pub(super) async fn transact(
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

/// What the sender is told of a command that cannot be recorded, and what the log keeps of it.
pub(super) fn not_recorded(
    kind: &str,
    id: CommandId,
    reason: &'static str,
    error: &LedgerError,
) -> Outcome {
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
