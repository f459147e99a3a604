//! The embedded store.
//!
//! Readers run on the blocking pool; the writer runs in place, on the writer's own thread,
//! because a prepared statement that is stepped without a hop is the fastest way in.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::connection::{Mode, check_width};
use crate::statement::Batch;
use crate::{Dialect, Lookup, Result, Row, Statement, StoreConfig, StoreError, Value};

/// Shared between all connections to one file.
#[derive(Debug)]
pub(crate) struct SqlitePool {
    path: PathBuf,
    idle: Mutex<Vec<rusqlite::Connection>>,
    permits: Arc<Semaphore>,
    log_pages: u32,
    forced: bool,
}

#[derive(Debug)]
pub(crate) struct SqliteConnection {
    // None only while a call is under way on the blocking pool, or after one panicked.
    raw: Option<rusqlite::Connection>,
    // None for the writer, which runs in place.
    pool: Option<(Arc<SqlitePool>, OwnedSemaphorePermit)>,
}

impl SqlitePool {
    pub(crate) fn new(path: &Path, config: &StoreConfig) -> Arc<SqlitePool> {
        Arc::new(SqlitePool {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(config.readers)),
            log_pages: config.log_pages,
            forced: config.forced,
        })
    }

    pub(crate) async fn reader(self: &Arc<Self>) -> Result<SqliteConnection> {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|e| StoreError::Unreachable(e.to_string()))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let raw = match idle {
            Some(raw) => raw,
            None => {
                let raw = rusqlite::Connection::open_with_flags(
                    &self.path,
                    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?;
                raw.execute_batch(
                    "PRAGMA query_only = ON; PRAGMA busy_timeout = 10000;
                     PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824;
                     PRAGMA temp_store = MEMORY;",
                )?;
                raw.set_prepared_statement_cache_capacity(256);
                raw
            }
        };
        Ok(SqliteConnection { raw: Some(raw), pool: Some((self.clone(), permit)) })
    }

    pub(crate) fn writer(&self) -> Result<SqliteConnection> {
        let raw = rusqlite::Connection::open(&self.path)?;
        // FULL: an acknowledged command survives power loss, not only a crash of the program.
        let synchronous = if self.forced { "FULL" } else { "NORMAL" };
        // No mapping: the writer has a cache of its own, and what it maps counts as its memory.
        raw.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             PRAGMA busy_timeout = 30000; PRAGMA cache_size = -98304; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;
             PRAGMA wal_autocheckpoint = {};",
            self.log_pages
        ))?;
        raw.set_prepared_statement_cache_capacity(256);
        Ok(SqliteConnection { raw: Some(raw), pool: None })
    }

    pub(crate) async fn stream(
        self: &Arc<Self>,
        sql: String,
        params: Vec<Value>,
        out: mpsc::Sender<Result<Vec<Row>>>,
        chunk: usize,
    ) {
        let mut connection = match self.reader().await {
            Ok(c) => c,
            Err(e) => {
                let _ = out.send(Err(e)).await;
                return;
            }
        };
        let failed = out.clone();
        let done = connection
            .run(move |raw| {
                let mut statement = raw.prepare(&sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(params.iter()))?;
                let mut batch = Vec::with_capacity(chunk);
                while let Some(row) = rows.next()? {
                    batch.push(read_row(row)?);
                    if batch.len() == chunk
                        && out.blocking_send(Ok(std::mem::take(&mut batch))).is_err()
                    {
                        return Ok(()); // The receiver has seen enough.
                    }
                }
                if !batch.is_empty() {
                    let _ = out.blocking_send(Ok(batch));
                }
                Ok(())
            })
            .await;
        if let Err(e) = done {
            let _ = failed.send(Err(e)).await;
        }
    }
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        let Some((pool, _permit)) = self.pool.take() else { return };
        let Some(raw) = self.raw.take() else { return };
        let clean = raw.is_autocommit() || raw.execute_batch("ROLLBACK").is_ok();
        if clean {
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(raw);
        }
    }
}

impl SqliteConnection {
    /// Runs a job: in place for the writer, on the blocking pool for a reader.
    async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut rusqlite::Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.pool.is_none() {
            return job(self.in_place()?);
        }
        let mut raw = self.raw.take().ok_or_else(gone)?;
        let (raw, result) = tokio::task::spawn_blocking(move || {
            let result = job(&mut raw);
            (raw, result)
        })
        .await
        .map_err(|e| StoreError::Database(e.to_string()))?;
        self.raw = Some(raw);
        result
    }

    fn in_place(&mut self) -> Result<&mut rusqlite::Connection> {
        self.raw.as_mut().ok_or_else(gone)
    }

    pub(crate) async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        if self.pool.is_none() {
            return query(self.in_place()?, sql, params);
        }
        let (sql, params) = (sql.to_owned(), params.to_vec());
        self.run(move |raw| query(raw, &sql, &params)).await
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        if self.pool.is_none() {
            return execute(self.in_place()?, sql, params);
        }
        let (sql, params) = (sql.to_owned(), params.to_vec());
        self.run(move |raw| execute(raw, &sql, &params)).await
    }

    pub(crate) async fn lookup(
        &mut self,
        lookup: &'static Lookup,
        keys: &[Value],
    ) -> Result<Vec<Row>> {
        check_width(keys, lookup.keys.len())?;
        if self.pool.is_none() {
            return search(self.in_place()?, lookup, keys);
        }
        let keys = keys.to_vec();
        self.run(move |raw| search(raw, lookup, &keys)).await
    }

    pub(crate) async fn write(&mut self, batch: &'static dyn Batch, rows: &[Value]) -> Result<u64> {
        check_width(rows, batch.types().len())?;
        if self.pool.is_none() {
            return write(self.in_place()?, batch, rows);
        }
        let rows = rows.to_vec();
        self.run(move |raw| write(raw, batch, &rows)).await
    }

    pub(crate) async fn prepare(&mut self, sql: &str) -> Result<()> {
        let sql = sql.to_owned();
        self.run(move |raw| Ok(raw.prepare(&sql).map(|_| ())?)).await
    }

    pub(crate) async fn begin(&mut self, mode: Mode) -> Result<()> {
        self.batch(match mode {
            Mode::Snapshot => "BEGIN DEFERRED",
            Mode::Write => "BEGIN IMMEDIATE",
        })
        .await
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        let sql = sql.to_owned();
        self.run(move |raw| Ok(raw.execute_batch(&sql)?)).await
    }
}

fn gone() -> StoreError {
    StoreError::Unreachable("the connection was lost in an earlier call".into())
}

fn query(raw: &mut rusqlite::Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
    let mut statement = raw.prepare_cached(sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(read_row(row)?);
    }
    Ok(rows)
}

fn execute(raw: &mut rusqlite::Connection, sql: &str, params: &[Value]) -> Result<u64> {
    let mut statement = raw.prepare_cached(sql)?;
    Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
}

/// Searches for one key after the other, all in one snapshot: a key that is searched for outside of a transaction
/// begins and ends one of its own, which costs more than its search.
fn search(raw: &mut rusqlite::Connection, lookup: &Lookup, keys: &[Value]) -> Result<Vec<Row>> {
    if !raw.is_autocommit() {
        return search_within(raw, lookup, keys);
    }
    let snapshot = raw.transaction()?;
    let rows = search_within(&snapshot, lookup, keys)?;
    snapshot.finish()?;
    Ok(rows)
}

fn search_within(raw: &rusqlite::Connection, lookup: &Lookup, keys: &[Value]) -> Result<Vec<Row>> {
    let mut statement = raw.prepare_cached(lookup.sql(Dialect::Sqlite))?;
    let mut rows = Vec::new();
    for key in keys.chunks(lookup.keys.len()) {
        let mut found = statement.query(rusqlite::params_from_iter(key))?;
        while let Some(row) = found.next()? {
            rows.push(read_row(row)?);
        }
    }
    Ok(rows)
}

fn write(raw: &mut rusqlite::Connection, batch: &dyn Batch, rows: &[Value]) -> Result<u64> {
    let mut statement = raw.prepare_cached(batch.sql(Dialect::Sqlite))?;
    let mut changed = 0;
    for row in rows.chunks(batch.types().len()) {
        changed += statement.execute(rusqlite::params_from_iter(row))? as u64;
    }
    Ok(changed)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Real(x) => ValueRef::Real(*x),
            Value::Text(t) => ValueRef::Text(t.as_bytes()),
            Value::Bytes(b) => ValueRef::Blob(b),
            Value::Id(b) => ValueRef::Blob(b),
        }))
    }
}

fn read_row(row: &rusqlite::Row<'_>) -> Result<Row> {
    let width = row.as_ref().column_count();
    let mut values = Vec::with_capacity(width);
    for column in 0..width {
        values.push(match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Real(x) => Value::Real(x),
            ValueRef::Text(t) => Value::Text(
                std::str::from_utf8(t)
                    .map_err(|_| StoreError::Decode { column, expected: "UTF-8", found: "bytes" })?
                    .to_owned(),
            ),
            ValueRef::Blob(b) => match b.try_into() {
                Ok(id) => Value::Id(id),
                Err(_) => Value::Bytes(b.to_vec()),
            },
        });
    }
    Ok(Row(values))
}
