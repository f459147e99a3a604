//! Trying again while the ledger is busy, for a time that the caller can bear.

use std::future::Future;
use std::time::Duration;

use ledger::{LedgerError, Priority};

/// How long a sender at the line may be kept: less than it waits for its reply.
const AT_THE_LINE: u32 = 10;
/// How long a file may be kept waiting; it has all night.
const IN_THE_BACKGROUND: u32 = 10_000;
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Does it, and does it again after a pause when the ledger was full or the outcome is not
/// known. What is done must be safe to repeat.
pub(crate) async fn patiently<T, F>(
    priority: Priority,
    mut what: impl FnMut() -> F,
) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    let tries = if priority == Priority::Bulk { IN_THE_BACKGROUND } else { AT_THE_LINE };
    let mut tried = 0;
    loop {
        tried += 1;
        let error = match what().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let passing = matches!(error, LedgerError::Overloaded { .. } | LedgerError::Unconfirmed(_));
        if !passing || tried >= tries {
            return Err(error);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
