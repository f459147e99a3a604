//! What is done to an import: run in earnest, stopped, thrown away.

use axum::extract::Path;
use registry::import::jobs::JobState;
use types::Refusal;

use super::{own, path};
use crate::imports;
use crate::seat::{Answer, Seat};

/// Runs it in earnest, or goes on with it.
pub(super) async fn run(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    match job.state {
        JobState::Uploaded => return Err(Refusal::new("import-not-checked").into()),
        JobState::Failed | JobState::Cancelled if !job.is_begun() => {
            return Err(Refusal::new("import-not-checked").into());
        }
        JobState::Discarded => return Err(Refusal::new("import-discarded").into()),
        // Sent twice, it is done once.
        JobState::Queued | JobState::Running | JobState::Done => {}
        JobState::Rehearsed | JobState::Failed | JobState::Cancelled => {
            imports::start(seat.app(), job.id, false).await?;
        }
    }
    Ok(seat.go(&path(&job)))
}

/// Stops it. What it has taken in stays.
pub(super) async fn cancel(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    if job.is_at_work() && !seat.app().imports().cancel(job.id) {
        return Err(Refusal::new("import-elsewhere").into());
    }
    Ok(seat.go(&path(&job)))
}

/// Throws its file and rows away.
pub(super) async fn forget(seat: Seat, Path(import): Path<String>) -> Answer {
    let job = own(&seat, &import).await?;
    if !seat.app().imports().forget(job.id).await? {
        return Err(Refusal::new("import-at-work").into());
    }
    Ok(seat.go(&path(&job)))
}
