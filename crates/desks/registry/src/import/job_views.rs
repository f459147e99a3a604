//! Looking at imports, and forgetting what is kept of them.

use ledger::{Desk, Operation};
use store::Value;
use tokio::sync::mpsc;
use types::{AreaScope, Micros, Span};
use uuid::Uuid;

use crate::command::Command;
use crate::import::job::job_of;
use crate::import::jobs::{Job, JobState, Jobs};
use crate::import::kept::{self, operate};
use crate::import::{KeptRemark, RejectsCsv, Result, RowStatus};
use crate::tables::{
    HEADS_FORGET, JOB_DISCARD, JOB_ONE, JOBS_LATEST, JOBS_OF_FILE, JOBS_STALE, ROWS_FORGET,
    RULES_OF,
};

/// Jobs read at once.
const PAGE: i64 = 200;

/// Which of an import's remarks are wanted: all that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only of this status.
    pub status: Option<RowStatus>,
    /// Only those that this rule was the reason of.
    pub rule: Option<String>,
}

impl<D: Desk> Jobs<D>
where
    D::Command: From<Command>,
{
    /// One import.
    ///
    /// # Errors
    /// [`crate::import::ImportError::Store`] when the store cannot be read; as for all that read.
    pub async fn job(&self, id: Uuid) -> Result<Option<Job>> {
        let mut db = self.inner.engine.store().reader().await?;
        let row = db.first(&JOB_ONE, &[id.into_bytes().into()]).await?;
        row.as_ref().map(job_of).transpose()
    }

    /// The latest imports that lie wholly within a scope, brought before a time.
    ///
    /// # Errors
    /// As [`Jobs::job`].
    pub async fn list(
        &self,
        scope: AreaScope,
        before: Option<Micros>,
        limit: usize,
    ) -> Result<Vec<Job>> {
        let mut db = self.inner.engine.store().reader().await?;
        let mut jobs = Vec::new();
        let mut before = before.unwrap_or(Micros(i64::MAX));
        loop {
            let rows = db.query(&JOBS_LATEST, &[before.into(), PAGE.into()]).await?;
            for row in &rows {
                let job = job_of(row)?;
                before = job.created_at;
                if scope.covers(job.scope) {
                    jobs.push(job);
                }
                if jobs.len() == limit {
                    return Ok(jobs);
                }
            }
            if (rows.len() as i64) < PAGE {
                return Ok(jobs);
            }
        }
    }

    /// Other imports of the same file, the latest first.
    ///
    /// # Errors
    /// As [`Jobs::job`].
    pub async fn same_file(&self, job: &Job) -> Result<Vec<Job>> {
        let Some(digest) = job.digest else { return Ok(Vec::new()) };
        let mut db = self.inner.engine.store().reader().await?;
        let params = [digest.into(), job.id.into_bytes().into()];
        let rows = db.query(&JOBS_OF_FILE, &params).await?;
        let jobs: Result<Vec<Job>> = rows.iter().map(job_of).collect();
        Ok(jobs?.into_iter().filter(|other| other.kind == job.kind).collect())
    }

    /// How many rows broke which rule, the most first.
    ///
    /// # Errors
    /// As [`Jobs::job`].
    pub async fn rules(&self, id: Uuid) -> Result<Vec<(RowStatus, String, i64)>> {
        let mut db = self.inner.engine.store().reader().await?;
        let rows = db.query(&RULES_OF, &[id.into_bytes().into()]).await?;
        rows.iter()
            .map(|row| {
                let status = RowStatus::parse(row.text(0)?).unwrap_or(RowStatus::Rejected);
                Ok((status, row.text(1)?.to_owned(), row.int(2)?))
            })
            .collect()
    }

    /// A page of the rows that were not simply accepted, after a row. Clear personal data.
    ///
    /// # Errors
    /// [`crate::import::ImportError::Registry`] when they cannot be opened.
    pub async fn remarks(
        &self,
        id: Uuid,
        after: u32,
        wanted: &Wanted,
        limit: i64,
    ) -> Result<Vec<(u32, KeptRemark)>> {
        let mut db = self.inner.engine.store().reader().await?;
        let heads = kept::heads(&mut db, &self.inner.keys, id).await?;
        let found =
            kept::remarks(&mut db, &self.inner.keys, id, &heads, after, wanted, limit).await?;
        Ok(found.into_iter().map(|(row, _, remark)| (row, remark)).collect())
    }

    /// The headers of an import's tables, each with its sheet.
    ///
    /// # Errors
    /// As [`Jobs::remarks`].
    pub async fn headers(&self, id: Uuid) -> Result<Vec<(Option<String>, Vec<String>)>> {
        let mut db = self.inner.engine.store().reader().await?;
        kept::heads(&mut db, &self.inner.keys, id).await
    }

    /// Those rows as a CSV, in pieces. Clear personal data.
    pub fn csv(&self, id: Uuid, wanted: Wanted, chinese: bool) -> mpsc::Receiver<Result<Vec<u8>>> {
        let (out, pieces) = mpsc::channel(2);
        let jobs = self.clone();
        tokio::spawn(async move {
            if let Err(error) = jobs.write_csv(id, &wanted, chinese, &out).await {
                let _ = out.send(Err(error)).await;
            }
        });
        pieces
    }

    async fn write_csv(
        &self,
        id: Uuid,
        wanted: &Wanted,
        chinese: bool,
        out: &mpsc::Sender<Result<Vec<u8>>>,
    ) -> Result<()> {
        let (keys, store) = (&self.inner.keys, self.inner.engine.store());
        let mut csv = RejectsCsv::new(chinese);
        let heads = kept::heads(&mut store.reader().await?, keys, id).await?;
        let none = Vec::new();
        let mut piece = csv.begin_all(heads.iter().map(|(_, header)| header.as_slice()));
        let mut after = 0;
        loop {
            // A connection for each page: a slow reader of the file holds none.
            let mut db = store.reader().await?;
            let page = kept::remarks(&mut db, keys, id, &heads, after, wanted, 1_000).await?;
            drop(db);
            for (row, head, remark) in &page {
                after = *row;
                let header = heads.get(*head).map_or(&none, |(_, header)| header);
                piece.extend(csv.row(header, remark));
            }
            if out.send(Ok(std::mem::take(&mut piece))).await.is_err() || page.is_empty() {
                return Ok(()); // The end, or nobody wants the rest.
            }
        }
    }

    /// Forgets an import's file and rows, which are personal data; the job itself stays. An import
    /// that was not finished is discarded by it. Not for one that is at work: says whether it was
    /// not.
    ///
    /// # Errors
    /// [`crate::import::ImportError`] when the ledger does not take it.
    pub async fn forget(&self, id: Uuid) -> Result<bool> {
        let Some(job) = self.job(id).await? else { return Ok(false) };
        if job.is_at_work() {
            return Ok(false);
        }
        let value: Value = id.into_bytes().into();
        let now = self.inner.engine.now();
        let forget = vec![
            Operation::Execute(&JOB_DISCARD, vec![value.clone(), now.into()]),
            Operation::Execute(&ROWS_FORGET, vec![value.clone()]),
            Operation::Execute(&HEADS_FORGET, vec![value]),
        ];
        operate(&self.inner.engine, forget).await?;
        match std::fs::remove_file(self.path(id)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(true),
        }
    }

    /// Forgets imports that nobody has gone on with for a time, and files that belong to none:
    /// they are personal data that nobody needs. Says how many.
    ///
    /// # Errors
    /// As [`Jobs::forget`].
    pub async fn sweep(&self, idle: Span) -> Result<usize> {
        let before = self.inner.engine.now() - idle;
        let mut db = self.inner.engine.store().reader().await?;
        let stale = db.query(&JOBS_STALE, &[before.into()]).await?;
        drop(db);
        let mut count = 0;
        for row in &stale {
            count += usize::from(self.forget(Uuid::from_bytes(row.id(0)?)).await?);
        }
        for entry in std::fs::read_dir(&self.inner.dir)? {
            let path = entry?.path();
            let id =
                path.file_stem().and_then(|name| Uuid::try_parse(&name.to_string_lossy()).ok());
            let Some(id) = id.filter(|_| path.extension().is_some_and(|e| e == "sealed")) else {
                continue;
            };
            let needed = match self.job(id).await? {
                // A file that is just coming in has no job yet.
                None => {
                    let age = std::fs::metadata(&path)?.modified()?.elapsed().unwrap_or_default();
                    age.as_secs() < 86_400
                }
                // The program may have stopped between the end of an import and its file's.
                Some(job) => !matches!(job.state, JobState::Done | JobState::Discarded),
            };
            if !needed {
                std::fs::remove_file(&path)?;
                count += 1;
            }
        }
        Ok(count)
    }
}
