//! A connection to either store: the same calls, the same results.

use crate::postgres::PostgresConnection;
use crate::sqlite::SqliteConnection;
use crate::statement::Batch;
use crate::{Delete, Dialect, Insert, Lookup, Query, Result, Row, Statement, StoreError, Value};

/// A checked-out connection. Readers come from [`crate::Store::reader`] and go back on drop (an
/// open transaction is rolled back); the one writer comes from [`crate::Store::writer`].
#[derive(Debug)]
pub struct Connection(pub(crate) Backend);

#[derive(Debug)]
pub(crate) enum Backend {
    Sqlite(SqliteConnection),
    Postgres(PostgresConnection),
}

/// How a transaction is to be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One snapshot for several reads.
    Snapshot,
    /// Writing; on SQLite this takes the write lock at once.
    Write,
}

impl Connection {
    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match &self.0 {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of a query. For results without a bound use [`crate::Store::stream`].
    ///
    /// # Errors
    /// [`StoreError`] when the database refuses the statement or cannot be reached.
    pub async fn query(&mut self, query: &'static Query, params: &[Value]) -> Result<Vec<Row>> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.query(query.sql(Dialect::Sqlite), params).await,
            Backend::Postgres(c) => c.query(query.sql(Dialect::Postgres), params).await,
        }
    }

    /// The first row of a query, or nothing.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn first(&mut self, query: &'static Query, params: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(query, params).await?.into_iter().next())
    }

    /// Runs a statement that returns no rows; gives the number of rows changed.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn execute(&mut self, query: &'static Query, params: &[Value]) -> Result<u64> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.execute(query.sql(Dialect::Sqlite), params).await,
            Backend::Postgres(c) => c.execute(query.sql(Dialect::Postgres), params).await,
        }
    }

    /// The rows of many keys; `keys` holds them one after another (width = key columns). A key
    /// that is given twice may come back once or twice.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn lookup(&mut self, lookup: &'static Lookup, keys: &[Value]) -> Result<Vec<Row>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.0 {
            Backend::Sqlite(c) => c.lookup(lookup, keys).await,
            Backend::Postgres(c) => c.lookup(lookup, keys).await,
        }
    }

    /// Inserts many rows; `rows` holds them one after another (width = columns). Gives the
    /// number of rows inserted or updated.
    ///
    /// # Errors
    /// As [`Connection::query`]; [`StoreError::Constraint`] when a row may not stand.
    pub async fn insert(&mut self, insert: &'static Insert, rows: &[Value]) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        match &mut self.0 {
            Backend::Sqlite(c) => c.write(insert, rows).await,
            Backend::Postgres(c) => c.write(insert, rows).await,
        }
    }

    /// Inserts many rows like [`Connection::insert`], but on the writer's PostgreSQL connection
    /// does not wait for the answer: the next statement goes out at once behind it. A failure
    /// shows at [`Connection::settle`], at the latest in the commit.
    ///
    /// # Errors
    /// As [`Connection::insert`].
    pub async fn put(&mut self, insert: &'static Insert, rows: Vec<Value>) -> Result<()> {
        self.batch_of(insert, rows).await
    }

    /// Deletes the rows of many keys, which stand in `keys` one after another (width = key
    /// columns). It is waited for as in [`Connection::put`].
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn remove(&mut self, delete: &'static Delete, keys: Vec<Value>) -> Result<()> {
        self.batch_of(delete, keys).await
    }

    async fn batch_of(&mut self, batch: &'static dyn Batch, rows: Vec<Value>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Backend::Sqlite(c) => c.write(batch, &rows).await.map(drop),
            Backend::Postgres(c) => c.put(batch, rows).await,
        }
    }

    /// Waits for the answers to everything that was [`Connection::put`] or
    /// [`Connection::remove`]d.
    ///
    /// # Errors
    /// The first failure among them; the transaction cannot be committed then.
    pub async fn settle(&mut self) -> Result<()> {
        match &mut self.0 {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(c) => c.settle().await,
        }
    }

    /// Checks that the database accepts a statement, without running it.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn prepare(&mut self, statement: &'static (dyn Statement + Sync)) -> Result<()> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.prepare(statement.sql(Dialect::Sqlite)).await,
            Backend::Postgres(c) => c.prepare(statement.sql(Dialect::Postgres)).await,
        }
    }

    /// Begins a read-only transaction: all reads until [`Connection::commit`] see one moment.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn begin_snapshot(&mut self) -> Result<()> {
        self.begin(Mode::Snapshot).await
    }

    /// Begins a writing transaction.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn begin_write(&mut self) -> Result<()> {
        self.begin(Mode::Write).await
    }

    async fn begin(&mut self, mode: Mode) -> Result<()> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.begin(mode).await,
            Backend::Postgres(c) => c.begin(mode).await,
        }
    }

    /// Makes the transaction durable. An error may mean that it is durable all the same:
    /// callers must be able to send their commands again. After a [`Connection::settle`] that
    /// succeeded, no error means that a statement failed.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn commit(&mut self) -> Result<()> {
        self.settle().await?;
        self.batch("COMMIT").await
    }

    /// Undoes the transaction.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK").await
    }

    /// Brings the write-ahead log into the SQLite file, so that the next start has nothing to
    /// replay and a copy of the one file is whole. PostgreSQL sees to its own.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn checkpoint(&mut self) -> Result<()> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).await.map(drop),
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Runs statements without parameters, for schemas, savepoints and maintenance only.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.0 {
            Backend::Sqlite(c) => c.batch(sql).await,
            Backend::Postgres(c) => c.batch(sql).await,
        }
    }

    /// Rows of a statement known only at run time (the audit's comparisons).
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn query_text(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let sql = self.dialect().render(sql);
        match &mut self.0 {
            Backend::Sqlite(c) => c.query(&sql, params).await,
            Backend::Postgres(c) => c.query(&sql, params).await,
        }
    }
}

/// Refuses flat values that do not fill whole rows: a short row would shift every column.
pub(crate) fn check_width(values: &[Value], width: usize) -> Result<()> {
    if width == 0 || !values.len().is_multiple_of(width) {
        return Err(StoreError::Database(format!(
            "{} values do not fill rows of {width}",
            values.len()
        )));
    }
    Ok(())
}
