//! The error type of this crate.

use std::time::Duration;

use crate::Fault;

/// What can go wrong at the edges: sockets, files, and building what cannot be sent.
///
/// What is wrong *inside* a message or a row is a [`Fault`], which names the place and rule.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The content broke a rule.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Reading or writing failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, for example `connecting`.
        doing: &'static str,
        /// The cause.
        source: std::io::Error,
    },
    /// The other side did not act in time.
    #[error("{doing}: not done within {limit:?}")]
    Timeout {
        /// What was being done.
        doing: &'static str,
        /// The time allowed.
        limit: Duration,
    },
    /// The other side closed the connection before it replied.
    #[error("the connection was closed before a whole reply came")]
    Closed,
    /// A frame was longer than the limit.
    #[error("the frame is longer than the limit of {limit} bytes")]
    FrameTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The content holds a byte that MLLP needs for framing.
    #[error("byte {at} of the content is 0x{byte:02X}, which MLLP uses to frame messages")]
    NotFrameable {
        /// The byte.
        byte: u8,
        /// Its position, from 0.
        at: usize,
    },
}

impl Error {
    /// Wraps an I/O error with what was being done.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        move |source| Error::Io { doing, source }
    }
}
