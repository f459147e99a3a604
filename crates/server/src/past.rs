//! Looking back: every board and list as it was known at an earlier moment.
//!
//! The journal until that moment is replayed into a store of its own, beside the live one, and a second
//! server is put over it whose clock stands still: so each page shows what it would have shown then, and
//! no page has to know how. Who looks back has a cookie that says so; the guard gives their requests to
//! that server, and turns away what would write. What the journal does not have (accounts, files that
//! were brought, messages of laboratories) stays as it is today, and the page says so.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use store::{Store, StoreConfig};
use tokio::sync::{Notify, Semaphore};
use types::{Micros, Refusal, Span};

use crate::access::{Actor, Policy, Role};
use crate::routes::RouteMeta;
use crate::ui::since::Sheets;
use crate::{App, Fault, guard, house};

/// Who may look back: those who review what was done.
pub const LOOKERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// The cookie with the moment, in microseconds.
pub const COOKIE: &str = "past";
/// Copies that are kept or being made. One of a large city is as large as its store.
const KEPT: usize = 3;
/// How long a request waits for a copy before it shows how far it is.
const PATIENCE: Duration = Duration::from_millis(700);
/// In the data directory.
const DIR: &str = "past";
/// Pages that are of today also for those who look back: what they show is not in the journal, or is
/// told of a moment by themselves.
const OF_TODAY: [&str; 11] = [
    "/past",
    "/events",
    "/admin",
    "/account",
    "/drill",
    "/status",
    "/field",
    "/registry/imports",
    "/supply/photos",
    "/testing/feed",
    "/testing/as-of",
];

/// How a request looks back.
#[derive(Clone, Debug)]
pub struct Looking {
    /// The moment.
    pub at: Micros,
    /// Whether the page is of that moment; some are of today whatever the moment.
    pub shown: bool,
    /// Gathers the tables of today's page, or has them.
    pub sheets: Option<Arc<Sheets>>,
}

/// The moment that a request asks for, if it may ask for one.
pub fn asked(app: &App, headers: &HeaderMap, actor: Option<&Actor>) -> Option<Micros> {
    let at = guard::cookie(headers, COOKIE)?.parse().ok().map(Micros)?;
    let may = actor.is_some_and(|actor| actor.has_any(LOOKERS.roles()));
    (may && at <= app.now()).then_some(at)
}

/// Whether a route belongs to the moment that is looked back on.
pub fn covers(route: &RouteMeta) -> bool {
    let below = |start: &str| {
        route.path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !route.api
        && matches!(route.policy, Policy::Roles(_))
        && !OF_TODAY.iter().any(|start| below(start))
}

/// A directory that goes away with the last who uses it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    fn make(data: &Path) -> std::io::Result<Folder> {
        let path = data.join(DIR).join(uuid::Uuid::now_v7().to_string());
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a copy of an earlier moment was not removed");
        }
    }
}

/// Removes what an earlier process has left.
pub fn clear(data: &Path) {
    match std::fs::remove_dir_all(data.join(DIR)) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "copies of earlier moments were not removed"),
    }
}

/// What is known of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be looked at.
    Ready,
    /// Entries of the journal that have been replayed, of how many; it may wait for its turn.
    Making(i64, i64),
}

/// The copies of a server: nothing that would be missed after a restart.
#[derive(Debug)]
pub struct Pasts {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    turn: Arc<Semaphore>,
}

impl Default for Pasts {
    fn default() -> Pasts {
        Pasts { jobs: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

#[derive(Debug)]
struct Job {
    at: Micros,
    done: AtomicI64,
    of: AtomicI64,
    stop: AtomicBool,
    made: OnceLock<Result<(App, Span), Fault>>,
    ended: Notify,
}

impl Job {
    fn is_over(&self) -> bool {
        self.made.get().is_some()
    }
}

impl Pasts {
    fn jobs(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moments that can be looked at without waiting, with the time that it took to put each back.
    pub fn ready(&self) -> Vec<(Micros, Span)> {
        let jobs = self.jobs();
        let made = jobs.iter().filter_map(|job| {
            let (_, took) = job.made.get()?.as_ref().ok()?;
            Some((job.at, *took))
        });
        made.collect()
    }

    /// The copy of a moment, if it is ready. Whoever asks for it keeps it from making room.
    pub fn of(&self, at: Micros) -> Option<App> {
        let mut jobs = self.jobs();
        let n = jobs.iter().position(|job| job.at == at)?;
        let job = jobs.remove(n)?;
        let app = job.made.get().and_then(|made| made.as_ref().ok()).map(|(app, _)| app.clone());
        jobs.push_back(job);
        app
    }

    /// Forgets all of them; those who look at one go on.
    pub fn forget(&self) {
        self.jobs().clear();
    }

    /// Ends the making of a copy, and forgets it.
    pub fn stop(&self, at: Micros) {
        self.jobs().retain(|job| {
            let this = job.at == at && !job.is_over();
            if this {
                job.stop.store(true, Ordering::Relaxed);
            }
            !this
        });
    }

    /// The job of a moment; one that is there, or a new one for which there is room.
    fn job(&self, at: Micros) -> Result<(Arc<Job>, bool), Fault> {
        let mut jobs = self.jobs();
        // What failed is tried again.
        jobs.retain(|job| !matches!(job.made.get(), Some(Err(_))));
        if let Some(job) = jobs.iter().find(|job| job.at == at) {
            return Ok((job.clone(), false));
        }
        if jobs.len() >= KEPT {
            // The one that has not been looked at for longest.
            match jobs.iter().position(|job| job.is_over()) {
                Some(oldest) => drop(jobs.remove(oldest)),
                None => return Err(Fault::overloaded(10)),
            }
        }
        let job = Arc::new(Job {
            at,
            done: AtomicI64::new(0),
            of: AtomicI64::new(0),
            stop: AtomicBool::new(false),
            made: OnceLock::new(),
            ended: Notify::new(),
        });
        jobs.push_back(job.clone());
        Ok((job, true))
    }
}

/// Makes the copy of a moment, or says how far it is. It is made once for everybody who asks.
///
/// # Errors
/// `overloaded` when others are being made already; [`Fault`] when it could not be made.
pub async fn make(app: &App, at: Micros) -> Result<Standing, Fault> {
    let (job, new) = app.pasts().job(at)?;
    if new {
        let (app, job) = (app.clone(), job.clone());
        tokio::spawn(async move {
            let made = copy(&app, &job).await;
            // A job is run once.
            let _ = job.made.set(made);
            job.ended.notify_waiters();
        });
    }
    let ended = job.ended.notified();
    if !job.is_over() {
        // Whoever has waited long enough sees how far it is.
        let _ = tokio::time::timeout(PATIENCE, ended).await;
    }
    match job.made.get() {
        Some(Ok(_)) => Ok(Standing::Ready),
        Some(Err(fault)) => Err(fault.clone()),
        None => {
            let (done, of) = (job.done.load(Ordering::Relaxed), job.of.load(Ordering::Relaxed));
            Ok(Standing::Making(done, of.max(done)))
        }
    }
}

async fn copy(app: &App, job: &Arc<Job>) -> Result<(App, Span), Fault> {
    let _turn = app.pasts().turn.acquire().await.map_err(Fault::internal)?;
    let began = app.wall();
    let folder = Folder::make(&app.config().data).map_err(Fault::internal)?;
    let url = format!("sqlite:{}", folder.path().join("songhua.sqlite").display());
    let mut schemas = house::schemas();
    // The tables that are not in the journal are there, and empty.
    schemas.extend([
        crate::tables::SCHEMA,
        crate::field::tables::SCHEMA,
        crate::feed::tables::SCHEMA,
    ]);
    let into = Store::open(StoreConfig::new(url), &schemas).await?;
    let (live, desk) = (app.store().clone(), house::House::new(app.protocol().clone()));
    let (filled, work) = (into.clone(), job.clone());
    // SQLite writes in place: not on a thread that serves others.
    let runtime = tokio::runtime::Handle::current();
    let whole = tokio::task::spawn_blocking(move || {
        runtime.block_on(ledger::rebuild(&desk, &live, &filled, work.at, |done, of| {
            work.done.store(done, Ordering::Relaxed);
            work.of.store(of, Ordering::Relaxed);
            !work.stop.load(Ordering::Relaxed)
        }))
    });
    if !whole.await.map_err(Fault::internal)?? {
        return Err(Refusal::new("past-stopped").into());
    }
    let then = app.then(into, job.at, folder).await.map_err(Fault::internal)?;
    Ok((then, app.wall() - began))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;
    use crate::pages;

    #[test]
    fn boards_and_lists_are_of_then_and_accounts_are_not() {
        let site = pages::all().site();
        let of_then = |method: Method, path: &str| {
            let route = site.routes().iter().find(|r| r.path == path && r.method == method);
            covers(route.unwrap_or_else(|| panic!("there is no {path}")))
        };
        for path in ["/board", "/map/{place}", "/cases", "/care/queue", "/zones/list", "/supply"] {
            assert!(of_then(Method::GET, path), "{path}");
        }
        assert!(of_then(Method::POST, "/decisions/new"));
        for path in ["/past", "/admin/accounts", "/testing/as-of", "/events", "/sign-in"] {
            assert!(!of_then(Method::GET, path), "{path}");
        }
        assert!(!of_then(Method::POST, "/sign-out"));
        for start in OF_TODAY {
            assert!(site.routes().iter().any(|r| r.path.starts_with(start)), "{start} is gone");
        }
    }
}
