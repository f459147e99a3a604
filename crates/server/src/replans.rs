//! Delivery plans in the background: one for each county, asked for by somebody, or by nobody when batches of the
//! county hold no more because a zone, a gate or a pass has changed. Such a plan starts from the batches that it
//! replaces, and is there within the minute. It binds nobody before a person accepts it, so it need not outlive the
//! process, and every node may make its own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use supply::delivery::plan::{Changes, Day, Proposal, propose};
use supply::{Batch, views};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use types::{AreaCode, AreaScope, Micros, Refusal, UnitId};

use crate::{App, Fault, periodic};

/// The topic of plans.
pub const PLANS: &str = "deliveryplans";
/// How often it is looked whether batches have become stale.
const PACE: Duration = Duration::from_secs(5);
/// Most stale batches of one look; the others follow when these are planned.
const MOST: i64 = 500;
/// What takes less is waited for: nobody sees a bar that is full.
const MOMENT: Duration = Duration::from_millis(500);
/// One at a time: the others on this machine have work to do.
static TURN: Semaphore = Semaphore::const_new(1);
/// One is begun at a time: who looks whether a plan heeds what has changed and who begins one do not overtake each other.
static BEGIN: Semaphore = Semaphore::const_new(1);

/// A plan of a county: under way, or made.
#[derive(Debug)]
pub struct Replan {
    /// The county.
    pub area: AreaCode,
    /// As known when; the plan begins then.
    pub as_of: Micros,
    /// Who asked for it; nobody where it came of itself.
    pub asked_by: Option<String>,
    /// The batches that it replaces, with why each holds no more.
    pub replaces: Vec<(UnitId, String)>,
    stop: AtomicBool,
    permille: AtomicU32,
    made: OnceLock<Result<Made, Refusal>>,
    ended: Notify,
}

/// What came out.
#[derive(Debug)]
pub struct Made {
    /// What it was made from.
    pub day: Day,
    /// The plan.
    pub proposal: Proposal,
    /// What it changes.
    pub changes: Changes,
    /// Whether somebody ended the search early: it is the best that was found by then.
    pub stopped: bool,
}

impl Replan {
    /// What came out, once it has.
    pub fn made(&self) -> Option<&Result<Made, Refusal>> {
        self.made.get()
    }

    /// Waits until something has come out.
    pub async fn finished(&self) -> &Result<Made, Refusal> {
        loop {
            // Asked for before it is looked, so that an end in between is not missed.
            let ended = self.ended.notified();
            if let Some(made) = self.made() {
                return made;
            }
            ended.await;
        }
    }

    /// How much of the search is done, of a thousand.
    pub fn permille(&self) -> i64 {
        i64::from(self.permille.load(Ordering::Relaxed))
    }

    /// Ends the search; the best found so far is the plan.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it was made, or is being made, for all of these batches as they are.
    fn heeds(&self, stale: &[&Batch]) -> bool {
        stale.iter().all(|batch| {
            self.replaces.iter().any(|(id, why)| *id == batch.id && *why == batch.stale)
        })
    }

    fn end(&self, made: Result<Made, Refusal>) {
        // What came out first stands: a plan is made once.
        let _ = self.made.set(made);
        self.ended.notify_waiters();
    }

    /// Whether some of what it plans is in a batch by now: it, or another, was accepted, and is a plan no more.
    fn is_batched(&self, batches: &[Batch]) -> bool {
        let Some(Ok(made)) = self.made() else { return false };
        let stops =
            batches.iter().filter(|batch| self.replaces.iter().all(|(id, _)| *id != batch.id));
        let batched: HashSet<UnitId> = stops
            .flat_map(|batch| batch.stops.iter().flat_map(|stop| stop.orders.clone()))
            .collect();
        let planned = made.proposal.batches.iter().flat_map(|batch| &batch.stops);
        planned.flat_map(|stop| &stop.orders).any(|order| batched.contains(order))
    }

    fn make(&self, day: Day, told: impl Fn()) -> Result<Made, Refusal> {
        let mut last = 0;
        let mut tell = |share: f64| {
            let permille = (share * 1_000.0) as u32;
            self.permille.store(permille.min(1_000), Ordering::Relaxed);
            if permille / 100 != last {
                last = permille / 100;
                told();
            }
            !self.stop.load(Ordering::Relaxed)
        };
        let proposal = propose(&day, self.as_of, 1, &mut tell).map_err(|error| {
            Refusal::new("delivery-plan-failed").with("problem", error.to_string())
        })?;
        let changes = Changes::of(&day, &proposal);
        Ok(Made { day, proposal, changes, stopped: self.stop.load(Ordering::Relaxed) })
    }
}

/// The last plan of each county.
#[derive(Clone, Debug, Default)]
pub struct Replans(Arc<Mutex<HashMap<AreaCode, Arc<Replan>>>>);

impl Replans {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<AreaCode, Arc<Replan>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan of a county.
    pub fn of(&self, area: AreaCode) -> Option<Arc<Replan>> {
        self.all().get(&area).cloned()
    }

    /// The plans of a scope, by county.
    pub fn within(&self, scope: AreaScope) -> Vec<Arc<Replan>> {
        let mut found: Vec<Arc<Replan>> =
            self.all().values().filter(|plan| scope.contains(plan.area)).cloned().collect();
        found.sort_by_key(|plan| plan.area);
        found
    }

    /// Forgets a plan that has become batches.
    pub fn accepted(&self, plan: &Replan) {
        let mut all = self.all();
        if all.get(&plan.area).is_some_and(|last| last.as_of == plan.as_of) {
            all.remove(&plan.area);
        }
    }
}

/// Begins a plan of a county; the one before it, if it is under way, ends. The plan is on the desk's page from now on,
/// whoever asked for it.
///
/// # Errors
/// [`Fault`] when the store cannot be read.
pub async fn start(
    app: &App,
    area: AreaCode,
    asked_by: Option<String>,
) -> Result<Arc<Replan>, Fault> {
    // The semaphore is never closed.
    let _one = BEGIN.acquire().await;
    let (plan, making) = begin(app, area, asked_by).await?;
    drop(_one);
    let _ = tokio::time::timeout(MOMENT, making).await;
    Ok(plan)
}

async fn begin(
    app: &App,
    area: AreaCode,
    asked_by: Option<String>,
) -> Result<(Arc<Replan>, JoinHandle<()>), Fault> {
    let now = app.now();
    let mut db = app.reader().await?;
    let day = views::day(&mut db, area, now).await?;
    drop(db);
    let plan = Arc::new(Replan {
        area,
        as_of: now,
        asked_by,
        replaces: day.before.iter().map(|batch| (batch.id, batch.stale.clone())).collect(),
        stop: AtomicBool::new(false),
        permille: AtomicU32::new(0),
        made: OnceLock::new(),
        ended: Notify::new(),
    });
    if let Some(before) = app.replans().all().insert(area, plan.clone()) {
        // Nobody sees its plan any more.
        before.stop();
    }
    let hub = app.hub().clone();
    hub.mark(PLANS, area);
    let begun = plan.clone();
    let making = tokio::spawn(async move {
        // The semaphore is never closed.
        let _turn = TURN.acquire().await;
        let (tell, broken) = (hub.clone(), plan.clone());
        let work = tokio::task::spawn_blocking(move || {
            let made = plan.make(day, || tell.mark(PLANS, area));
            plan.end(made);
        });
        if let Err(error) = work.await {
            tracing::error!(%error, "a plan of deliveries broke off");
            let why = Refusal::new("delivery-plan-failed").with("problem", "it broke off");
            broken.end(Err(why));
        }
        hub.mark(PLANS, area);
    });
    Ok((begun, making))
}

/// Looks from time to time.
pub async fn run(app: App) {
    let said = ("deliveries", "counties whose deliveries are planned anew");
    periodic::run(app, PACE, said, look).await;
}

/// Begins a plan for each county that has batches which hold no more and that no plan heeds yet; gives how many
/// counties these are.
///
/// # Errors
/// [`Fault`] when the store cannot be read.
pub async fn look(app: &App) -> Result<usize, Fault> {
    let _one = BEGIN.acquire().await;
    let mut db = app.reader().await?;
    let stale = views::batches_stale(&mut db, AreaScope::ALL, MOST).await?;
    for plan in app.replans().within(AreaScope::ALL) {
        if plan.made().is_none() {
            continue;
        }
        let batches = views::batches(&mut db, AreaScope::one(plan.area), MOST).await?;
        // What somebody else has planned anew meanwhile cannot be replaced once more.
        let gone = |(id, _): &(UnitId, String)| stale.iter().all(|batch| batch.id != *id);
        let replaced = (stale.len() as i64) < MOST && plan.replaces.iter().any(gone);
        if replaced || plan.is_batched(&batches) {
            app.replans().accepted(&plan);
            app.hub().mark(PLANS, plan.area);
        }
    }
    drop(db);
    let mut counties: BTreeMap<AreaCode, Vec<&Batch>> = BTreeMap::new();
    for batch in &stale {
        counties.entry(batch.id.area()).or_default().push(batch);
    }
    let mut begun = 0;
    for (area, stale) in counties {
        if app.replans().of(area).is_none_or(|plan| !plan.heeds(&stale)) {
            begin(app, area, None).await?;
            begun += 1;
        }
    }
    Ok(begun)
}
