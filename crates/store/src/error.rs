//! What can go wrong between the program and its database.

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A failed database operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A uniqueness or other constraint said no; the text names it.
    #[error("constraint violated: {0}")]
    Constraint(String),
    /// A value that this database cannot keep: text with a NUL on PostgreSQL, a number or a key
    /// beyond its limits. Sending it again will not help.
    #[error("value cannot be stored: {0}")]
    Unstorable(String),
    /// The database refused or broke off a statement.
    #[error("database: {0}")]
    Database(String),
    /// No connection could be had within the time allowed.
    #[error("database not reachable: {0}")]
    Unreachable(String),
    /// A row does not have the form that the reader expects: a bug or a foreign schema.
    #[error("column {column}: expected {expected}, found {found}")]
    Decode {
        /// Position in the select list, from 0.
        column: usize,
        /// The type asked for.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// The address of the store is not understood.
    #[error("store address {0:?}: use sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// The stored schema is newer than this program.
    #[error("schema {name} is at version {found}, this program knows {known}: use a newer program")]
    SchemaTooNew {
        /// The schema.
        name: &'static str,
        /// Version in the store.
        found: i64,
        /// Latest version of this program.
        known: i64,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> StoreError {
        match &e {
            rusqlite::Error::SqliteFailure(code, text)
                if code.code == rusqlite::ErrorCode::ConstraintViolation =>
            {
                StoreError::Constraint(text.clone().unwrap_or_else(|| e.to_string()))
            }
            rusqlite::Error::SqliteFailure(code, _)
                if matches!(
                    code.code,
                    rusqlite::ErrorCode::TooBig | rusqlite::ErrorCode::TypeMismatch
                ) =>
            {
                StoreError::Unstorable(e.to_string())
            }
            _ => StoreError::Database(e.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(e: tokio_postgres::Error) -> StoreError {
        match e.as_db_error() {
            Some(db) if db.code().code().starts_with("23") => StoreError::Constraint(format!(
                "{} {}",
                db.constraint().unwrap_or(""),
                db.message()
            )),
            // Class 22: data exceptions. Class 54: limits of the program, as of a key's length.
            Some(db)
                if db.code().code().starts_with("22") || db.code().code().starts_with("54") =>
            {
                StoreError::Unstorable(format!("{} ({})", db.message(), db.code().code()))
            }
            // Class 57P: the server ended the connection (shutdown, crash, an administrator).
            Some(db) if db.code().code().starts_with("57P") => {
                StoreError::Unreachable(db.message().to_owned())
            }
            Some(db) => StoreError::Database(format!("{} ({})", db.message(), db.code().code())),
            None if e.is_closed() => StoreError::Unreachable(e.to_string()),
            None => StoreError::Database(e.to_string()),
        }
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(e: deadpool_postgres::PoolError) -> StoreError {
        StoreError::Unreachable(e.to_string())
    }
}
