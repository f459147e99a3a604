//! Looking back takes as long as the history is: it is done once for everybody who asks the same,
//! one at a time, and nobody's request waits for the end of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ledger::views::{self, Hindsight};
use tokio::sync::{Notify, Semaphore};
use types::{AreaScope, Micros, Refusal, Span};

use crate::{App, Fault};

/// Reviews that are kept or under way.
const KEPT: usize = 8;
/// How long one is shown again before it is read anew: late reports go on coming in.
const FRESH: Span = Span::minutes(2);
/// How long a request waits for the end before it shows how far the reading is.
const PATIENCE: Duration = Duration::from_millis(120);
/// Lines of later reports that are kept.
pub const LINES: usize = 300;

/// What is known of a review.
#[derive(Clone, Debug)]
pub enum Review {
    /// It is done.
    Ready {
        /// What it says.
        told: Arc<Hindsight>,
        /// When it was read: today, to it, is this moment.
        read_at: Micros,
        /// How long it took.
        took: Span,
        /// Units whose histories were read.
        units: i64,
    },
    /// It is being read, or waits for its turn.
    Reading {
        /// Units that have been read.
        seen: i64,
        /// Units that there are.
        of: i64,
    },
}

/// The reviews of a server: nothing that would be missed after a restart.
#[derive(Debug)]
pub struct Reviews {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    turn: Semaphore,
}

impl Default for Reviews {
    fn default() -> Reviews {
        Reviews { jobs: Mutex::default(), turn: Semaphore::new(1) }
    }
}

#[derive(Debug)]
struct Job {
    scope: AreaScope,
    at: Micros,
    asked_at: Micros,
    of: i64,
    seen: AtomicI64,
    done: OnceLock<Result<Done, Fault>>,
    ended: Notify,
}

#[derive(Clone, Debug)]
struct Done {
    told: Arc<Hindsight>,
    read_at: Micros,
    took: Span,
}

impl Reviews {
    fn jobs(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job of a question, if somebody has asked it lately.
    fn find(&self, scope: AreaScope, at: Micros, now: Micros) -> Option<Arc<Job>> {
        let mut jobs = self.jobs();
        // What failed is tried again; what is old is read anew.
        jobs.retain(|job| match job.done.get() {
            None => true,
            Some(Ok(done)) => now - done.read_at < FRESH,
            Some(Err(_)) => false,
        });
        jobs.iter().find(|job| job.scope == scope && job.at == at).cloned()
    }

    /// Starts a job, unless too many are under way.
    fn start(&self, app: &App, job: &Arc<Job>) -> Result<(), Fault> {
        let mut jobs = self.jobs();
        let waiting = jobs.iter().filter(|job| job.done.get().is_none()).count();
        if waiting >= app.config().limits.reviews {
            return Err(Fault::overloaded(10));
        }
        while jobs.len() >= KEPT
            && let Some(oldest) = jobs.iter().position(|job| job.done.get().is_some())
        {
            jobs.remove(oldest);
        }
        jobs.push_back(job.clone());
        drop(jobs);
        let (app, job) = (app.clone(), job.clone());
        tokio::spawn(async move {
            let done = work(&app, &job).await;
            let _ = job.done.set(done);
            job.ended.notify_waiters();
        });
        Ok(())
    }
}

async fn work(app: &App, job: &Job) -> Result<Done, Fault> {
    let _turn = app.reviews().turn.acquire().await.map_err(Fault::internal)?;
    let began = app.wall();
    let read_at = app.now();
    let told = views::hindsight(app.store(), job.scope, job.at, LINES, &job.seen);
    let longest = Duration::from_secs(app.config().limits.review_seconds);
    // A timer would let a short reading through.
    if longest.is_zero() {
        return Err(Refusal::new("review-too-long").into());
    }
    match tokio::time::timeout(longest, told).await {
        Ok(told) => Ok(Done { told: Arc::new(told?), read_at, took: app.wall() - began }),
        Err(_) => Err(Refusal::new("review-too-long").into()),
    }
}

/// The review of a moment for a scope of areas: read now, or by somebody a moment ago.
///
/// # Errors
/// `overloaded` when too many wait; `review-too-long`; [`Fault`] when the store fails.
pub async fn review(app: &App, scope: AreaScope, at: Micros) -> Result<Review, Fault> {
    let reviews = app.reviews();
    let now = app.now();
    let job = match reviews.find(scope, at, now) {
        Some(job) => job,
        None => {
            let balance = views::balance(&mut app.reader().await?, scope).await?;
            let job = Arc::new(Job {
                scope,
                at,
                asked_at: now,
                of: balance.values().map(|line| line.created).sum(),
                seen: AtomicI64::new(0),
                done: OnceLock::new(),
                ended: Notify::new(),
            });
            reviews.start(app, &job)?;
            job
        }
    };
    let ended = job.ended.notified();
    if job.done.get().is_none() {
        let _ = tokio::time::timeout(PATIENCE, ended).await;
    }
    let seen = job.seen.load(Ordering::Relaxed);
    match job.done.get() {
        None => Ok(Review::Reading { seen, of: job.of.max(seen) }),
        Some(Err(fault)) => Err(fault.clone()),
        Some(Ok(Done { told, read_at, took })) => Ok(Review::Ready {
            told: told.clone(),
            read_at: (*read_at).max(job.asked_at),
            took: *took,
            units: seen,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::StatusCode;
    use protocol::Protocol;

    use super::*;
    use crate::Config;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn more_than_the_room_are_turned_away_and_come_back_later() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config::new(dir.path(), ([127, 0, 0, 1], 0).into());
        config.limits.reviews = 3;
        let protocol = Arc::new(Protocol::bundled().expect("the protocol"));
        let app = App::open(config, protocol).await.expect("opens");
        let ask = |n: i64| review(&app, AreaScope::ALL, Micros(n));
        let turn = app.reviews().turn.acquire().await.expect("nobody has it");
        let waiting = futures::future::join_all((0..3).map(ask)).await;
        for review in waiting {
            assert!(matches!(review, Ok(Review::Reading { seen: 0, .. })), "{review:?}");
        }
        let shed = ask(9).await.expect_err("there is no room");
        assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(shed.retry_after.is_some(), "{shed:?}");
        // Who asks the same as one that waits takes no room.
        assert!(matches!(ask(1).await, Ok(Review::Reading { .. })));
        drop(turn);
        let jobs: Vec<Arc<Job>> = app.reviews().jobs().iter().cloned().collect();
        assert_eq!(jobs.len(), 3);
        for job in jobs {
            let ended = job.ended.notified();
            if job.done.get().is_none() {
                ended.await;
            }
            assert!(matches!(job.done.get(), Some(Ok(_))), "{:?}", job.done.get());
        }
        assert!(matches!(ask(9).await, Ok(Review::Ready { .. } | Review::Reading { .. })));
    }
}
