//! What can go wrong in the registry itself. A rule that says no is a [`types::Refusal`].

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, RegistryError>;

/// A failure of the registry, not of a command or of one row of a file.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// The key file cannot be read or written.
    #[error("key file {path}: {source}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The key file is not one of ours.
    #[error("key file {path}: {reason}")]
    KeyForm {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A sealed record names a key that the key file does not have.
    #[error("sealed with key {0}, which is not in the key file")]
    UnknownKey(u8),
    /// A sealed record was changed, moved to another person, or sealed with another key file.
    #[error("a sealed record cannot be opened: it was altered or belongs elsewhere")]
    Tampered,
    /// Random numbers cannot be had: nothing is sealed without them.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// A stored row is not what this program writes.
    #[error("table {table}: {reason}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl From<RegistryError> for ledger::LedgerError {
    fn from(e: RegistryError) -> ledger::LedgerError {
        match e {
            RegistryError::Store(e) => ledger::LedgerError::Store(e),
            RegistryError::Ledger(e) => e,
            other => ledger::LedgerError::Unreadable { seq: -1, reason: other.to_string() },
        }
    }
}
