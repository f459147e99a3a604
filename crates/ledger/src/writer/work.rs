//! What waits for the writer, what became of it, and why it may have failed.

use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::{Desk, Envelope, LedgerError, Operation, Outcome, Result};

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
    pub(super) fn len(&self) -> usize {
        match self {
            Work::Commands { commands, .. } => commands.len(),
            Work::Operations { operations, .. } => operations.len(),
        }
    }

    pub(super) fn fail(self, error: &LedgerError) {
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
pub(super) enum Part<'a, D: Desk> {
    Commands(&'a [Envelope<D::Command>]),
    Operations(&'a [Operation]),
}

impl<'a, D: Desk> Part<'a, D> {
    pub(super) fn of(work: &'a Work<D>) -> Part<'a, D> {
        match work {
            Work::Commands { commands, .. } => Part::Commands(commands),
            Work::Operations { operations, .. } => Part::Operations(operations),
        }
    }
}

/// Why a group was not written, or perhaps was.
pub(super) struct Failure {
    pub error: LedgerError,
    /// It failed while it was being made durable: it may be durable all the same.
    pub at_commit: bool,
}

impl Failure {
    /// Whether what was tried is itself the reason, so that it will fail again however often it
    /// is sent: then the one command has to be found, and the others must not wait for it.
    pub(super) fn is_its_own(&self) -> bool {
        !self.at_commit && self.reason().is_some()
    }

    /// The reason for [`Status::NotRecorded`]; `None` where another try may succeed.
    pub(super) fn reason(&self) -> Option<&'static str> {
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

/// What a work is answered with.
pub(super) enum Answer {
    Outcomes(Vec<Outcome>),
    Changed(Vec<u64>),
}

/// Answers each work of a group that was written.
pub(super) fn answer<D: Desk>(group: Vec<Work<D>>, answers: Vec<Answer>) {
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
