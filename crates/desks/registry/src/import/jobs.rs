//! Imports as jobs: the file is kept sealed in the data directory, the job in the store, so
//! that an import goes on after a restart and can be looked up later. One import runs at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Actor, Desk, Engine, Operation};
use serde::Serialize;
use store::Value;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::command::Command;
use crate::identity::Day;
use crate::import::encoding::{Probe, TextSeen};
use crate::import::job::job_of;
pub use crate::import::job::{Job, JobState, NewJob, Settings};
use crate::import::kept::{Keeper, operate};
use crate::import::lists::{self, ListDesk, ListImport, ListSettings};
use crate::import::{
    ImportError, Incoming, Inspection, Kind, Progress, Report, Result, Warning, inspect, persons,
    places,
};
use crate::seal::Keys;
use crate::sealed_file::SealedReader;
use crate::tables::{
    HEADS_FORGET, JOB_PUT, JOB_SETTINGS, JOB_START, JOB_STATE, JOB_TEXT, JOBS_UNFINISHED,
    ROWS_FORGET,
};

/// The imports of one installation.
pub struct Jobs<D: Desk> {
    pub(crate) inner: Arc<Inner<D>>,
}

pub(crate) struct Inner<D: Desk> {
    pub(crate) engine: Engine<D>,
    pub(crate) keys: Keys,
    pub(crate) dir: PathBuf,
    lists: Vec<Arc<dyn ListDesk<D::Command>>>,
    turn: Semaphore,
    running: RunsHere,
}

#[derive(Clone)]
struct Running {
    live: watch::Receiver<Progress>,
    cancelled: Arc<AtomicBool>,
}

/// The imports that run in this process, at most one run each.
#[derive(Default)]
struct RunsHere(Mutex<HashMap<Uuid, Running>>);

impl RunsHere {
    fn begin(&self, id: Uuid, run: Running) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, run);
    }

    fn get(&self, id: Uuid) -> Option<Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Takes a run off that ended. Its end is on record before it gets here, so the same import
    /// may have been started again by now: that newer run stays.
    fn end(&self, id: Uuid, ended: &Arc<AtomicBool>) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.get(&id).is_some_and(|run| Arc::ptr_eq(&run.cancelled, ended)) {
            runs.remove(&id);
        }
    }
}

impl<D: Desk> Clone for Jobs<D> {
    fn clone(&self) -> Self {
        Jobs { inner: Arc::clone(&self.inner) }
    }
}

impl<D: Desk> std::fmt::Debug for Jobs<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

impl<D: Desk> Jobs<D>
where
    D::Command: From<Command>,
{
    /// The imports whose files lie in `dir`, which is made when missing.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn open(engine: Engine<D>, keys: Keys, dir: &Path) -> Result<Jobs<D>> {
        Jobs::open_with(engine, keys, dir, Vec::new())
    }

    /// The same with desks that take lists of their own.
    ///
    /// # Errors
    /// As [`Jobs::open`].
    pub fn open_with(
        engine: Engine<D>,
        keys: Keys,
        dir: &Path,
        lists: Vec<Arc<dyn ListDesk<D::Command>>>,
    ) -> Result<Jobs<D>> {
        std::fs::create_dir_all(dir)?;
        let inner = Inner {
            engine,
            keys,
            dir: dir.to_owned(),
            lists,
            turn: Semaphore::new(1),
            running: RunsHere::default(),
        };
        Ok(Jobs { inner: Arc::new(inner) })
    }

    pub(crate) fn path(&self, id: Uuid) -> PathBuf {
        self.inner.dir.join(format!("{id}.sealed"))
    }

    /// Begins to take a file. Call [`Incoming::finish`] and then [`Jobs::add`].
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn begin(&self) -> Result<Incoming> {
        let id = Uuid::now_v7();
        Ok(Incoming::create(&self.path(id), id, &self.inner.keys)?)
    }

    /// Adds a file that was taken.
    ///
    /// # Errors
    /// [`ImportError`] when the ledger does not take it: then the file is gone.
    pub async fn add(&self, new: NewJob) -> Result<()> {
        let path = self.path(new.file.id);
        let added = self.enter(new).await;
        if added.is_err() {
            std::fs::remove_file(path)?;
        }
        added
    }

    async fn enter(&self, new: NewJob) -> Result<()> {
        let now = self.inner.engine.now();
        let mut values: Vec<Value> = vec![
            new.file.id.into_bytes().into(),
            new.kind.as_str().into(),
            new.scope.to_string().into(),
            new.file_name.into(),
            i64::try_from(new.file.bytes).unwrap_or(i64::MAX).into(),
            new.actor.user.into(),
            JobState::Uploaded.as_str().into(),
            false.into(),
            to_json(&Settings::default()).into(),
            now.into(),
            now.into(),
        ];
        values.extend((0..9).map(|_| Value::Int(0)));
        values.push("[]".into());
        values.push(new.file.digest.into());
        values.extend(text_values(new.file.text));
        operate(&self.inner.engine, vec![Operation::Insert(&JOB_PUT, values)]).await?;
        Ok(())
    }

    /// Looks at the beginning of a job's file.
    ///
    /// # Errors
    /// [`ImportError::Format`] when the file cannot be imported.
    pub async fn inspect(&self, job: &Job, settings: &Settings) -> Result<Inspection> {
        let encoding = Some(self.text_of(job).await?.encoding);
        let file = SealedReader::open(&self.path(job.id), job.id, &self.inner.keys)?;
        let (kind, settings) = (job.kind, settings.clone());
        tokio::task::spawn_blocking(move || {
            inspect(file, kind, &settings.choices, settings.place.is_some(), encoding)
        })
        .await
        .map_err(|_| ImportError::Broken("the reader stopped"))?
    }

    /// What a job's file is as a text: found when it came in, or else read from all of it, once.
    async fn text_of(&self, job: &Job) -> Result<TextSeen> {
        if let Some(known) = job.text {
            return Ok(known);
        }
        let mut file = SealedReader::open(&self.path(job.id), job.id, &self.inner.keys)?;
        let seen = tokio::task::spawn_blocking(move || Probe::of(&mut file))
            .await
            .map_err(|_| ImportError::Broken("the reader stopped"))??;
        let mut values: Vec<Value> = vec![job.id.into_bytes().into()];
        values.extend(text_values(seen));
        operate(&self.inner.engine, vec![Operation::Execute(&JOB_TEXT, values)]).await?;
        Ok(seen)
    }

    /// Keeps what the importer decided; says whether that could still be changed. What was begun
    /// in earnest is finished as it was begun.
    ///
    /// # Errors
    /// [`ImportError`] when the ledger does not take it.
    pub async fn configure(&self, id: Uuid, settings: &Settings) -> Result<bool> {
        let values =
            vec![id.into_bytes().into(), to_json(settings).into(), self.inner.engine.now().into()];
        let changed =
            operate(&self.inner.engine, vec![Operation::Execute(&JOB_SETTINGS, values)]).await?;
        Ok(changed == [1])
    }

    /// Starts an import, or a dry run; says whether it was startable. It runs on by itself. An
    /// import that was begun in earnest cannot be rehearsed any more, only finished.
    ///
    /// # Errors
    /// [`ImportError`] when the ledger does not take it.
    pub async fn start(&self, id: Uuid, dry_run: bool) -> Result<bool> {
        let Some(mut job) = self.job(id).await? else { return Ok(false) };
        let now = self.inner.engine.now();
        job.settings.today = job.settings.today.or(Day::of(now));
        let values =
            vec![id.into_bytes().into(), dry_run.into(), to_json(&job.settings).into(), now.into()];
        let changed =
            operate(&self.inner.engine, vec![Operation::Execute(&JOB_START, values)]).await?;
        if changed != [1] {
            return Ok(false);
        }
        self.launch(Job { dry_run, ..job });
        Ok(true)
    }

    /// Goes on with the imports that a stop of the program interrupted; says which.
    ///
    /// # Errors
    /// [`ImportError::Store`] when the store cannot be read.
    pub async fn resume(&self) -> Result<Vec<Uuid>> {
        let mut db = self.inner.engine.store().reader().await?;
        let rows = db.query(&JOBS_UNFINISHED, &[]).await?;
        drop(db);
        let mut resumed = Vec::new();
        for row in &rows {
            let job = job_of(row)?;
            // A file that lies on another node is that node's to finish.
            if self.path(job.id).exists() && self.inner.running.get(job.id).is_none() {
                resumed.push(job.id);
                self.launch(job);
            }
        }
        Ok(resumed)
    }

    fn launch(&self, job: Job) {
        let (live, watched) = watch::channel(Progress::default());
        let cancelled = Arc::new(AtomicBool::new(false));
        let running = Running { live: watched, cancelled: Arc::clone(&cancelled) };
        self.inner.running.begin(job.id, running);
        let jobs = self.clone();
        tokio::spawn(async move {
            let id = job.id;
            if let Err(error) = jobs.run(job, live, Arc::clone(&cancelled)).await {
                // The state could not be written: the job stays as running, and the next start
                // of the program goes on with it.
                tracing::error!(%error, import = %id, "an import's end was not recorded");
            }
            jobs.inner.running.end(id, &cancelled);
        });
    }

    async fn run(
        &self,
        job: Job,
        live: watch::Sender<Progress>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<()> {
        let inner = &self.inner;
        let _turn =
            inner.turn.acquire().await.map_err(|_| ImportError::Broken("the program stops"))?;
        self.set_state(job.id, JobState::Running, None, &[]).await?;
        // What an earlier run remarked on comes again.
        let id: Value = job.id.into_bytes().into();
        let forget = vec![
            Operation::Execute(&ROWS_FORGET, vec![id.clone()]),
            Operation::Execute(&HEADS_FORGET, vec![id]),
        ];
        operate(&inner.engine, forget).await?;
        let mut keeper = Keeper {
            engine: inner.engine.clone(),
            keys: inner.keys.clone(),
            import: job.id,
            live,
            cancelled,
            heads: Vec::new(),
            told: None,
        };
        let ran = self.import(&job, &mut keeper).await;
        match ran {
            Ok(report) => {
                let last = *keeper.live.borrow();
                keeper.save(&Progress { totals: report.totals, ..last }).await?;
                let state = if job.dry_run { JobState::Rehearsed } else { JobState::Done };
                self.set_state(job.id, state, None, &report.warnings).await?;
                if !job.dry_run {
                    // The people are in the registry, the rest in the remarks.
                    std::fs::remove_file(self.path(job.id))?;
                }
                Ok(())
            }
            Err(ImportError::Cancelled) => {
                self.set_state(job.id, JobState::Cancelled, None, &[]).await
            }
            Err(error) => {
                tracing::warn!(%error, import = %job.id, "an import failed");
                self.set_state(job.id, JobState::Failed, Some(to_json(&error.refusal())), &[]).await
            }
        }
    }

    async fn import(&self, job: &Job, keeper: &mut Keeper<D>) -> Result<Report> {
        let inner = &self.inner;
        let file = SealedReader::open(&self.path(job.id), job.id, &inner.keys)?;
        let actor = Actor { user: job.actor.clone(), holder: None };
        let (engine, store) = (&inner.engine, inner.engine.store());
        match job.kind {
            Kind::Persons => {
                let today = job.settings.today.or(Day::of(job.created_at));
                let today = today.ok_or(ImportError::Broken("the clock is wrong"))?;
                let options = persons::Options {
                    choices: job.settings.choices.clone(),
                    place: job.settings.place.clone(),
                    encoding: job.text.map(|text| text.encoding),
                    dry_run: job.dry_run,
                    ..persons::Options::new(job.id, job.scope, today, actor, job.created_at)
                };
                persons::run(engine, store, &inner.keys, file, &options, keeper).await
            }
            Kind::Cases | Kind::Contacts => {
                let lists = inner.lists.iter().find(|desk| desk.kind() == job.kind);
                let today = job.settings.today.or(Day::of(job.created_at));
                let import = ListImport {
                    desk: &**lists.ok_or(ImportError::Broken("no desk takes such lists"))?,
                    keys: &inner.keys,
                    settings: ListSettings {
                        import: job.id,
                        scope: job.scope,
                        place: job.settings.place.clone(),
                        today: today.ok_or(ImportError::Broken("the clock is wrong"))?,
                    },
                    choices: job.settings.choices.clone(),
                    actor,
                    event_time: job.created_at,
                    dry_run: job.dry_run,
                };
                lists::run(engine, file, &import, keeper).await
            }
            Kind::Places => {
                let options = places::Options {
                    import: job.id,
                    scope: job.scope,
                    choices: job.settings.choices.clone(),
                    actor,
                    event_time: job.created_at,
                    dry_run: job.dry_run,
                };
                places::run(engine, store, file, &options, keeper).await
            }
        }
    }

    async fn set_state(
        &self,
        id: Uuid,
        state: JobState,
        error: Option<String>,
        warnings: &[Warning],
    ) -> Result<()> {
        let values = vec![
            id.into_bytes().into(),
            state.as_str().into(),
            error.into(),
            to_json(&warnings).into(),
            self.inner.engine.now().into(),
        ];
        operate(&self.inner.engine, vec![Operation::Execute(&JOB_STATE, values)]).await?;
        Ok(())
    }

    /// Asks a running import to stop; what it has taken in stays. Says whether it was running
    /// here.
    pub fn cancel(&self, id: Uuid) -> bool {
        self.inner.running.get(id).map(|run| run.cancelled.store(true, Ordering::Relaxed)).is_some()
    }

    /// The progress of an import that runs here, as it changes.
    pub fn watch(&self, id: Uuid) -> Option<watch::Receiver<Progress>> {
        self.inner.running.get(id).map(|run| run.live)
    }
}

fn text_values(text: TextSeen) -> [Value; 2] {
    let lines = i64::try_from(text.lines).unwrap_or(i64::MAX);
    [text.encoding.name().into(), lines.into()]
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_leaves_a_newer_one_of_the_same_import() {
        let runs = RunsHere::default();
        let (_live, watched) = watch::channel(Progress::default());
        let run = || Running { live: watched.clone(), cancelled: Arc::default() };
        let (id, older, newer) = (Uuid::now_v7(), run(), run());
        runs.begin(id, older.clone());
        runs.begin(id, newer.clone());
        runs.end(id, &older.cancelled);
        assert!(runs.get(id).is_some_and(|run| Arc::ptr_eq(&run.cancelled, &newer.cancelled)));
        runs.end(id, &newer.cancelled);
        assert!(runs.get(id).is_none());
    }
}
