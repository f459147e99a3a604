//! What can go wrong in the ledger itself. A rule that says no is a [`types::Refusal`] instead.

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// A failure of the ledger, not of a command.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A journal body that this program cannot read.
    #[error("journal entry {seq} cannot be read: {reason}")]
    Unreadable {
        /// Its number.
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// A rule panicked: a bug in this program, which its log shows.
    #[error("a rule of this program failed; see its log")]
    RuleFailed,
    /// The queue before the writer is full: the caller should try again later.
    #[error("the server takes no more for now; try again in {retry_after_seconds} s")]
    Overloaded {
        /// When to try again.
        retry_after_seconds: u32,
    },
    /// The writer has stopped; nothing more will be taken until a restart.
    #[error("the ledger's writer has stopped")]
    Stopped,
    /// The outcome is not known: the same commands may be sent again safely.
    #[error("not confirmed, send again: {0}")]
    Unconfirmed(String),
}
