//! What can stop a drill.

use crate::http::HttpError;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, DrillError>;

/// Why a drill cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The server gives no answer that can be used.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server could not be brought back.
    #[error("the server is gone and does not come back: {0}")]
    Gone(String),
    /// The city could not be made.
    #[error(transparent)]
    City(#[from] city::CityError),
    /// A code that the drill or the server made is not sound.
    #[error(transparent)]
    Parse(#[from] types::ParseError),
    /// A list of the server has another form than expected.
    #[error("the list {path}: {reason}")]
    List {
        /// Its address.
        path: String,
        /// What is missing.
        reason: String,
    },
    /// The diary cannot be read, written or followed.
    #[error("the drill's diary: {0}")]
    Diary(String),
    /// The configuration is not sound.
    #[error("the drill's configuration: {0}")]
    Config(String),
    /// The system lost something: what a drill is there to find.
    #[error("the system does not account for it: {0}")]
    Lost(String),
}
