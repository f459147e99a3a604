//! Many runs of one scenario: replicates in parallel, paired by seed with those of a change.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use toml::Table;
use types::AreaScope;

use super::case::DayRow;
use super::change::Change;
use super::plan::ResponsePlan;
use super::run::Response;
use super::today::Beginning;
use super::watch::{Watch, Watched};
use crate::epidemic::{Disease, EpidemicParameters, Population};
use crate::scenario::fitted_sets;
use crate::{City, CityError, Options, Scenario};

/// A scenario made ready to be run many times.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    epidemic: Table,
    response: Table,
    fitted: Vec<Vec<Change>>,
    /// Made after the fitted values, in every run.
    changes: Vec<Change>,
    people: Arc<Population>,
    scale: f64,
    seed: u64,
    /// Those who are infected before the first day; nobody in a scenario that brings them in itself.
    pub(super) beginning: Option<Arc<Beginning>>,
    /// Days to live through; the whole plan's unless set.
    pub days: u32,
    /// A run that has more infections than this ends there; no limit unless set.
    pub most: Option<usize>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number, from 0.
    pub replicate: u32,
    /// Its figures, by day.
    pub rows: Vec<DayRow>,
    /// What it came to at the end.
    pub response: Response,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Infections.
    pub infections: u64,
    /// Deaths.
    pub deaths: u64,
    /// Person-days of those found who waited for a bed.
    pub waiting_days: u64,
    /// Person-days behind closed compounds, buildings and doors.
    pub locked_days: u64,
    /// Person-days in quarantine rooms.
    pub quarantine_days: u64,
    /// Tubes tested.
    pub tubes: u64,
}

/// Meals a day for everybody who is held. A choice of ours: three.
const MEALS_A_DAY: u64 = 3;

impl Totals {
    /// Meals that are to be brought to those behind closed doors and in quarantine rooms. Whoever of a
    /// closed building lies in a bed or a room is counted there too: an upper bound.
    pub fn meals(&self) -> u64 {
        (self.locked_days + self.quarantine_days) * MEALS_A_DAY
    }

    /// Sums up a run.
    pub fn of(rows: &[DayRow]) -> Totals {
        rows.iter().fold(Totals::default(), |t, r| Totals {
            infections: t.infections + r.infections,
            deaths: t.deaths + r.died,
            waiting_days: t.waiting_days + r.waiting_for_bed,
            locked_days: t.locked_days + r.locked_down,
            quarantine_days: t.quarantine_days + r.in_quarantine,
            tubes: t.tubes + r.tubes_tested,
        })
    }
}

impl Rehearsal {
    /// Makes a scenario ready, with changes in force in every run. Fewer people than the
    /// scenario has get capacities and seeds in proportion.
    ///
    /// # Errors
    /// [`CityError`] naming the file and key that is wrong.
    pub fn new(
        scenario: &Scenario,
        seed: u64,
        people: Option<u64>,
        changes: &[Change],
    ) -> Result<Rehearsal, CityError> {
        let (epidemic, response) = scenario.documents()?;
        let (parameters, plan) = made(&epidemic, &response, [changes])?;
        let city = City::generate(scenario, Options { seed, people, areas: None })?;
        let census: u64 = city.census();
        let people = Arc::new(Population::of_city(&city, &parameters, 1)?);
        Ok(Rehearsal {
            scale: (city.people() as f64 / census.max(1) as f64).min(1.0),
            fitted: scenario.fitted()?,
            changes: changes.to_vec(),
            epidemic,
            response,
            people,
            seed,
            beginning: None,
            days: plan.days(),
            most: None,
        })
    }

    /// Documents that are ready, with so many people in these areas, of whom capacities and counts
    /// are `scale` times those that the documents say.
    pub(super) fn beginning(
        scenario: &Scenario,
        (epidemic, response): (Table, Table),
        seed: u64,
        (people, areas): (u64, AreaScope),
        changes: &[Change],
        scale: f64,
    ) -> Result<Rehearsal, CityError> {
        let (parameters, plan) = made(&epidemic, &response, [changes])?;
        let areas = Some(areas).filter(|areas| *areas != AreaScope::ALL);
        let city = City::generate(scenario, Options { seed, people: Some(people), areas })?;
        let people = Arc::new(Population::of_city(&city, &parameters, 1)?);
        Ok(Rehearsal {
            fitted: Vec::new(),
            changes: changes.to_vec(),
            epidemic,
            response,
            people,
            scale,
            seed,
            beginning: None,
            days: plan.days(),
            most: None,
        })
    }

    /// People of a run for each one who really lives there: a run's figures are this much smaller.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The same people with further changes, which are made after the fitted values and the
    /// changes so far.
    ///
    /// # Errors
    /// [`CityError::Change`] for a key that decides who the people are.
    pub fn changed(&self, changes: &[Change]) -> Result<Rehearsal, CityError> {
        if let Some(change) = changes.iter().find(|c| c.moves_people()) {
            let problem = "decides who the people are; paired runs keep the same people";
            return Err(CityError::Change { key: change.key().into(), problem: problem.into() });
        }
        let mut other = self.clone();
        other.changes.extend_from_slice(changes);
        other.plan(0)?;
        Ok(other)
    }

    /// Leaves the fitted values out: every run has the values of the files.
    pub fn unfitted(mut self) -> Rehearsal {
        self.fitted.clear();
        self
    }

    /// Other fitted values than the scenario's: a row for each of several runs, as `city fit` writes them.
    ///
    /// # Errors
    /// [`CityError::Csv`] and [`CityError::Value`] for a file that is none, [`CityError`] naming the
    /// key for one that the scenario does not have.
    pub fn with_fitted(mut self, csv: &str) -> Result<Rehearsal, CityError> {
        self.fitted = fitted_sets(csv)?;
        for replicate in (0..).take(self.fitted.len()) {
            self.plan(replicate)?;
        }
        Ok(self)
    }

    /// The agents.
    pub fn population(&self) -> &Arc<Population> {
        &self.people
    }

    /// The plan of a replicate.
    ///
    /// # Errors
    /// [`CityError`] naming the key.
    pub fn plan(&self, replicate: u32) -> Result<ResponsePlan, CityError> {
        self.ready(replicate, &[]).map(|(_, plan)| plan)
    }

    fn ready(
        &self,
        replicate: u32,
        more: &[Change],
    ) -> Result<(EpidemicParameters, ResponsePlan), CityError> {
        let row = match self.fitted.len() {
            0 => &[],
            rows => &self.fitted[replicate as usize % rows][..],
        };
        made(&self.epidemic, &self.response, [row, &self.changes, more])
    }

    /// One run on one thread. Equal numbers of two rehearsals of the same scenario and seed are
    /// paired: they differ only where a change acts.
    ///
    /// # Errors
    /// [`CityError`] naming the key that is wrong.
    pub fn run(
        &self,
        replicate: u32,
        more: &[Change],
        mut progress: impl FnMut(u32),
    ) -> Result<Run, CityError> {
        self.run_seeing(replicate, more, |_, day| progress(day))
    }

    /// The same run, with what was true and what was known on each of its days.
    ///
    /// # Errors
    /// As [`Rehearsal::run`].
    pub fn watch(
        &self,
        replicate: u32,
        mut progress: impl FnMut(u32),
    ) -> Result<Watched, CityError> {
        let mut watch = Watch::new(&self.people);
        let run = self.run_seeing(replicate, &[], |response, day| {
            watch.see(response, day);
            progress(day);
        })?;
        Ok(watch.end(&run.response))
    }

    fn run_seeing(
        &self,
        replicate: u32,
        more: &[Change],
        mut each: impl FnMut(&Response, u32),
    ) -> Result<Run, CityError> {
        let (parameters, plan) = self.ready(replicate, more)?;
        let disease = Arc::new(Disease::new(&parameters));
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(replicate));
        let mut response =
            Response::new(Arc::new(plan), self.people.clone(), disease, seed, self.scale);
        if let Some(beginning) = &self.beginning {
            beginning.put(&mut response, replicate);
        }
        let mut rows = Vec::with_capacity(self.days as usize);
        for day in 0..self.days {
            rows.push(response.live(1));
            each(&response, day);
            if self.most.is_some_and(|most| response.truth().infections().len() > most) {
                break;
            }
        }
        Ok(Run { replicate, rows, response })
    }

    /// Replicates in parallel, one a thread; `take` gets each run as it is done, in no order.
    ///
    /// # Errors
    /// The first error of any run.
    pub fn run_all(
        &self,
        replicates: u32,
        threads: usize,
        progress: impl Fn(u32) + Sync,
        take: impl FnMut(Run) + Send,
    ) -> Result<(), CityError> {
        let run = |replicate| self.run(replicate, &[], |_| progress(replicate));
        in_parallel(replicates, threads, run, take)
    }

    /// Watches replicates in parallel; `take` gets each with its number as it is done, in no order.
    ///
    /// # Errors
    /// The first error of any run.
    pub fn watch_all(
        &self,
        replicates: u32,
        threads: usize,
        progress: impl Fn(u32) + Sync,
        take: impl FnMut((u32, Watched)) + Send,
    ) -> Result<(), CityError> {
        let run = |replicate| {
            let watched = self.watch(replicate, |_| progress(replicate))?;
            Ok((replicate, watched))
        };
        in_parallel(replicates, threads, run, take)
    }
}

/// Replicates in parallel, one a thread; `take` gets each as it is done, in no order.
fn in_parallel<T: Send>(
    replicates: u32,
    threads: usize,
    run: impl Fn(u32) -> Result<T, CityError> + Sync,
    take: impl FnMut(T) + Send,
) -> Result<(), CityError> {
    let next = AtomicUsize::new(0);
    let take = Mutex::new(take);
    let failed: Mutex<Option<CityError>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1).min(replicates as usize) {
            scope.spawn(|| {
                loop {
                    let replicate = next.fetch_add(1, Ordering::Relaxed) as u32;
                    if replicate >= replicates {
                        break;
                    }
                    match run(replicate) {
                        Ok(run) => take.lock().unwrap_or_else(PoisonError::into_inner)(run),
                        Err(error) => {
                            next.store(replicates as usize, Ordering::Relaxed);
                            let mut slot = failed.lock().unwrap_or_else(PoisonError::into_inner);
                            slot.get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// The documents with some changes made, read and checked.
fn made<const N: usize>(
    epidemic: &Table,
    response: &Table,
    changes: [&[Change]; N],
) -> Result<(EpidemicParameters, ResponsePlan), CityError> {
    let (mut epidemic, mut response) = (epidemic.clone(), response.clone());
    for change in changes.into_iter().flatten() {
        if !change.apply(&mut epidemic)? && !change.apply(&mut response)? {
            let problem = format!("is unknown; keys begin with {}", tables(&epidemic, &response));
            return Err(CityError::Change { key: change.key().into(), problem });
        }
    }
    Ok((EpidemicParameters::read(epidemic)?, ResponsePlan::read(response)?))
}

fn tables(epidemic: &Table, response: &Table) -> String {
    let names = epidemic.iter().chain(response).filter(|(_, v)| v.is_table() || v.is_array());
    names.map(|(k, _)| k.as_str()).collect::<Vec<_>>().join(", ")
}
