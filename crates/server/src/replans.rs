//! Delivery plans in the background: one for each county, asked for by somebody, or by nobody when batches of the
//! county hold no more because a zone, a gate or a pass has changed. Such a plan starts from the batches that it
//! replaces, and is there within the minute. It binds nobody before a person accepts it, so it need not outlive the
//! process, and every node may make its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use supply::delivery::plan::{Changes, Day, Proposal, propose};
use supply::{Batch, views};
use tokio::sync::Semaphore;
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

/// Begins a plan of a county; the one before it, if it is under way, ends.
///
/// # Errors
/// [`Fault`] when the store cannot be read.
pub async fn start(app: &App, area: AreaCode, asked_by: Option<String>) -> Result<(), Fault> {
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
    });
    if let Some(before) = app.replans().all().insert(area, plan.clone()) {
        // Nobody sees its plan any more.
        before.stop();
    }
    let hub = app.hub().clone();
    hub.mark(PLANS, area);
    let making = tokio::spawn(async move {
        // The semaphore is never closed.
        let _turn = TURN.acquire().await;
        let (tell, broken) = (hub.clone(), plan.clone());
        let work = tokio::task::spawn_blocking(move || {
            let made = plan.make(day, || tell.mark(PLANS, area));
            // What came out first stands: a plan is made once.
            let _ = plan.made.set(made);
        });
        if let Err(error) = work.await {
            tracing::error!(%error, "a plan of deliveries broke off");
            let why = Refusal::new("delivery-plan-failed").with("problem", "it broke off");
            let _ = broken.made.set(Err(why));
        }
        hub.mark(PLANS, area);
    });
    let _ = tokio::time::timeout(MOMENT, making).await;
    Ok(())
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
    let mut db = app.reader().await?;
    let stale = views::batches_stale(&mut db, AreaScope::ALL, MOST).await?;
    drop(db);
    // What somebody else has planned anew meanwhile cannot be replaced once more.
    if (stale.len() as i64) < MOST {
        for plan in app.replans().within(AreaScope::ALL) {
            let gone = |(id, _): &(UnitId, String)| stale.iter().all(|batch| batch.id != *id);
            if plan.made().is_some() && plan.replaces.iter().any(gone) {
                app.replans().accepted(&plan);
                app.hub().mark(PLANS, plan.area);
            }
        }
    }
    let mut counties: BTreeMap<AreaCode, Vec<&Batch>> = BTreeMap::new();
    for batch in &stale {
        counties.entry(batch.id.area()).or_default().push(batch);
    }
    let mut begun = 0;
    for (area, stale) in counties {
        if app.replans().of(area).is_none_or(|plan| !plan.heeds(&stale)) {
            start(app, area, None).await?;
            begun += 1;
        }
    }
    Ok(begun)
}
