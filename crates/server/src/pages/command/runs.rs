//! Runs of the simulated city from today on, in the background: one job at a time for each account, one
//! on the machine, with progress, and an end whenever somebody wants it. A job binds nobody, so it need
//! not outlive the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use city::response_model::{Change, DayRow, Known, KnownZone, Rehearsal, SETTING_RUNS};
use city::{CityError, Scenario};
use maud::{Markup, html};
use tokio::sync::Semaphore;
use types::{AreaCode, AreaScope, Micros, Refusal};

use super::what_if::ZoneChange;
use crate::house::topic;
use crate::seat::Seat;
use crate::ui::form::Form;
use crate::ui::parts;
use crate::{Fault, t};

/// The topic of jobs.
const RUNS: &str = "whatif";
/// The scenario from which the city comes.
const SCENARIO: &str = "jilin-2022";
/// Most people of a run; with more residents counts and capacities are in proportion.
pub const MOST_PEOPLE: u64 = 40_000;
/// What takes less is waited for: nobody sees a bar that is full.
const MOMENT: Duration = Duration::from_millis(500);

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Pairs of runs, with changes and without.
    If,
    /// Runs as it is.
    Ahead,
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Order {
    /// What for.
    pub what: What,
    /// The beginning.
    pub known: Known,
    /// New infections that the first days are expected to have.
    pub expected: Option<f64>,
    /// What is changed.
    pub changes: Vec<Change>,
    /// The zone that is changed, and all zones with that.
    pub zone: Option<(ZoneChange, Vec<KnownZone>)>,
    /// Runs, or pairs of runs.
    pub replicates: u32,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// Runs as it is, by number.
    pub base: Vec<Vec<DayRow>>,
    /// Runs with the changes, by the same numbers; none where nothing is changed.
    pub changed: Vec<Vec<DayRow>>,
    /// People of a run for each one who lives there.
    pub scale: f64,
    /// People of a run.
    pub people: u32,
    /// By what contacts were multiplied to agree with the infections of late; nothing where there are
    /// too few days for that.
    pub factor: Option<f64>,
}

/// A job: under way, or with what came out.
#[derive(Debug)]
pub struct Job {
    /// What it runs.
    pub order: Order,
    /// The areas.
    pub scope: AreaScope,
    /// As known when.
    pub at: Micros,
    stop: AtomicBool,
    begun: AtomicBool,
    done: AtomicU32,
    outcome: OnceLock<Result<Outcome, Refusal>>,
}

/// The last job of each account.
static JOBS: LazyLock<Mutex<HashMap<String, Arc<Job>>>> = LazyLock::new(Mutex::default);
/// One at a time: the others on this machine have work to do.
static TURN: Semaphore = Semaphore::const_new(1);

impl Job {
    /// The job of an account for the areas in view, if it is for this.
    pub fn of(seat: &Seat, what: What) -> Result<Option<Arc<Job>>, Fault> {
        let user = &seat.actor()?.user;
        let jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = |job: &&Arc<Job>| job.scope == seat.scope() && job.order.what == what;
        Ok(jobs.get(user).filter(mine).cloned())
    }

    /// Begins a job; the one before it, if it goes on, ends.
    pub async fn start(seat: &Seat, order: Order, at: Micros) -> Result<(), Fault> {
        let job = Arc::new(Job {
            order,
            scope: seat.scope(),
            at,
            stop: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            done: AtomicU32::new(0),
            outcome: OnceLock::new(),
        });
        let user = seat.actor()?.user.clone();
        let before = JOBS.lock().unwrap_or_else(PoisonError::into_inner).insert(user, job.clone());
        if let Some(before) = before {
            // Nobody sees what it would find.
            before.stop.store(true, Ordering::Relaxed);
        }
        let hub = seat.app().hub().clone();
        let area = AreaCode::from_stored(seat.scope().bounds().0.max(0));
        let running = tokio::spawn(async move {
            // The semaphore is never closed.
            let _turn = TURN.acquire().await;
            let (tell, broken) = (hub.clone(), job.clone());
            let work = tokio::task::spawn_blocking(move || {
                job.begun.store(true, Ordering::Relaxed);
                let outcome = job.run(|| tell.mark(RUNS, area));
                // What came out first stands: a job is run once.
                let _ = job.outcome.set(outcome);
            });
            if let Err(error) = work.await {
                tracing::error!(%error, "runs of the simulated city broke off");
                let why = Refusal::new("what-if-failed").with("problem", "it broke off");
                let _ = broken.outcome.set(Err(why));
            }
            hub.mark(RUNS, area);
        });
        let _ = tokio::time::timeout(MOMENT, running).await;
        Ok(())
    }

    /// Ends the job of an account; what it has found so far stands.
    pub fn stop(seat: &Seat, what: What) -> Result<(), Fault> {
        if let Some(job) = Job::of(seat, what)? {
            job.stop.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What came out, once it has.
    pub fn outcome(&self) -> Option<&Result<Outcome, Refusal>> {
        self.outcome.get()
    }

    fn is_paired(&self) -> bool {
        !self.order.changes.is_empty() || self.order.zone.is_some()
    }

    fn of_a_number(&self) -> u32 {
        if self.is_paired() { 2 } else { 1 }
    }

    fn total(&self) -> u32 {
        let setting = if self.order.expected.is_some() { SETTING_RUNS } else { 0 };
        setting + self.order.replicates * self.of_a_number()
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn tick(&self, tell: &impl Fn()) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let tenth = |n: u32| n * 10 / self.total().max(1);
        if tenth(done) != tenth(done - 1) {
            tell();
        }
    }

    fn run(&self, tell: impl Fn()) -> Result<Outcome, Refusal> {
        let order = &self.order;
        let scenario = city()?;
        let known = order.known.clone();
        let seed = u64::try_from(self.at.0 / 1_000_000).unwrap_or_default();
        let base = Rehearsal::from_today(scenario, seed, MOST_PEOPLE, known).map_err(refusal)?;
        let (base, factor) = match order.expected {
            None => (base, None),
            Some(expected) => {
                let tried = base.set_to(expected, || {
                    self.tick(&tell);
                    self.goes_on()
                });
                let (set, factor) = tried.map_err(refusal)?;
                (set, Some(factor))
            }
        };
        let other = base.changed(&order.changes).map_err(refusal)?;
        let other = match &order.zone {
            Some((_, zones)) => other.with_zones(zones.clone()),
            None => other,
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for replicate in 0..order.replicates {
            if !self.goes_on() {
                break;
            }
            let run = base.run(replicate, &[], |_| ()).map_err(refusal)?;
            self.tick(&tell);
            if self.is_paired() {
                let changed = other.run(replicate, &[], |_| ()).map_err(refusal)?;
                after.push(changed.rows);
                self.tick(&tell);
            }
            before.push(run.rows);
        }
        if before.is_empty() {
            return Err(Refusal::new("what-if-stopped"));
        }
        Ok(Outcome {
            base: before,
            changed: after,
            scale: base.scale(),
            people: base.population().people(),
            factor,
        })
    }

    /// How far it is, with the button that ends it.
    pub fn progress(&self, seat: &Seat, stop: &str) -> Markup {
        let label = match self.begun.load(Ordering::Relaxed) {
            true => t!(seat, "what-if-runs"),
            false => t!(seat, "what-if-waits"),
        };
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total());
        html! {
            div role="status" { (parts::progress(seat, &label, i64::from(done.min(total)), i64::from(total))) }
            (Form::new(seat, seat.link(stop)).quiet().button(&t!(seat, "what-if-stop")))
        }
    }
}

static CITY: LazyLock<Result<Scenario, Refusal>> =
    LazyLock::new(|| Scenario::bundled(SCENARIO).map_err(refusal));

/// The scenario from which the city comes.
///
/// # Errors
/// `what-if-failed` when the one that is built in does not fit together.
pub fn city() -> Result<&'static Scenario, Refusal> {
    CITY.as_ref().map_err(Clone::clone)
}

/// The topic of the jobs of the areas in view.
pub fn jobs_topic(seat: &Seat) -> String {
    topic(RUNS, seat.scope())
}

/// Why the city cannot run so.
pub fn refusal(error: CityError) -> Refusal {
    match error {
        CityError::NothingThere(areas) => Refusal::new("what-if-nowhere").with("areas", areas),
        CityError::Change { key, problem } => {
            Refusal::new("what-if-change").with("key", key).with("problem", problem)
        }
        CityError::Value { field, problem, .. } => {
            Refusal::new("what-if-change").with("key", field).with("problem", problem)
        }
        other => Refusal::new("what-if-failed").with("problem", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(replicates: u32) -> Job {
        let area = AreaScope::parse("220202").expect("a county");
        let known = Known {
            date: jiff::civil::date(2026, 11, 26),
            days: 14,
            areas: area,
            residents: 2_000,
            found: Vec::new(),
            waiting: 0,
            in_care: [0, 0],
            ahead: Vec::new(),
            has: Vec::new(),
            zones: Vec::new(),
            zones_kept: false,
        };
        let changes = vec!["zones.area=2".parse().expect("a change")];
        let order =
            Order { what: What::If, known, expected: None, changes, zone: None, replicates };
        Job {
            order,
            scope: area,
            at: Micros(0),
            stop: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            done: AtomicU32::new(0),
            outcome: OnceLock::new(),
        }
    }

    #[test]
    fn a_job_that_is_stopped_keeps_the_pairs_that_it_has() {
        let job = job(20);
        // A tenth of forty runs is told when two pairs are done.
        let outcome = job.run(|| job.stop.store(true, Ordering::Relaxed)).expect("some pairs");
        assert_eq!((outcome.base.len(), outcome.changed.len()), (2, 2));
        assert!(outcome.base.len() < job.order.replicates as usize);
    }

    #[test]
    fn a_job_that_is_stopped_before_its_first_pair_says_so() {
        let job = job(3);
        job.stop.store(true, Ordering::Relaxed);
        let refusal = job.run(|| ()).expect_err("nothing was run");
        assert_eq!(refusal.code, "what-if-stopped");
    }
}
