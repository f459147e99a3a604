//! Opening a store, checking out connections, creating tables.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::connection::Backend;
use crate::postgres::PostgresPool;
use crate::sqlite::SqlitePool;
use crate::{Connection, Dialect, Result, Row, Schema, StoreError, Value};

/// Where the data is and how many may read it at once.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// PostgreSQL schema to work in (created when missing); ignored by SQLite.
    pub schema: Option<String>,
    /// Most connections that read at the same time.
    pub readers: usize,
    /// Longest that one statement may take on PostgreSQL. A little later the connection is given
    /// up, since a frozen server neither answers nor hangs up. SQLite waits for its disk.
    pub deadline: Duration,
    /// Pages of 4 KiB in SQLite's write-ahead log after which they are moved into the file.
    /// A longer log moves a page that changes often only once; a shorter one is read faster.
    pub log_pages: u32,
    /// Whether a commit is on the disk before it is acknowledged. Without it a power cut may take
    /// the last moments, but a killed program takes nothing.
    pub forced: bool,
}

/// 128 MB: enough that a busy shift's counters are moved once a second and not at every commit.
const LOG_PAGES: u32 = 32_000;

impl StoreConfig {
    /// The defaults for an address: eight readers, the database's own schema, a minute for a
    /// statement, commits forced to the disk.
    pub fn new(url: impl Into<String>) -> StoreConfig {
        let deadline = Duration::from_secs(60);
        StoreConfig {
            url: url.into(),
            schema: None,
            readers: 8,
            deadline,
            log_pages: LOG_PAGES,
            forced: true,
        }
    }

    /// The same for a store that is thrown away afterwards: a test's, an audit's, a rehearsal's.
    pub fn throwaway(url: impl Into<String>) -> StoreConfig {
        StoreConfig { forced: false, ..StoreConfig::new(url) }
    }
}

/// A handle on the data; clones share the pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    config: Arc<StoreConfig>,
}

#[derive(Clone, Debug)]
enum Pool {
    Sqlite(Arc<SqlitePool>),
    Postgres(Box<PostgresPool>),
}

/// Rows a chunk in [`Store::stream`].
const STREAM_CHUNK: usize = 1_000;

impl Store {
    /// Opens the store, creating the SQLite file or the PostgreSQL schema when missing, and
    /// brings the given schemas up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the address is wrong, the database is not reachable, or its schema
    /// is newer than this program.
    pub async fn open(config: StoreConfig, schemas: &[Schema]) -> Result<Store> {
        let pool = if let Some(path) = config.url.strip_prefix("sqlite:") {
            Pool::Sqlite(SqlitePool::new(&PathBuf::from(path), &config))
        } else if config.url.starts_with("postgres://") || config.url.starts_with("postgresql://") {
            let schema = config.schema.as_deref();
            let plain = schema.is_none_or(|s| {
                s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            });
            if !plain {
                return Err(StoreError::Address(format!("schema {schema:?}")));
            }
            Pool::Postgres(Box::new(PostgresPool::new(&config)?))
        } else {
            return Err(StoreError::Address(config.url.clone()));
        };
        let store = Store { pool, config: Arc::new(config) };
        store.migrate(schemas).await?;
        Ok(store)
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.pool {
            Pool::Sqlite(_) => Dialect::Sqlite,
            Pool::Postgres(_) => Dialect::Postgres,
        }
    }

    /// How the store was opened.
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// A connection for reading, from the pool; waits while all are in use.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when none can be had.
    pub async fn reader(&self) -> Result<Connection> {
        Ok(Connection(match &self.pool {
            Pool::Sqlite(pool) => Backend::Sqlite(pool.reader().await?),
            Pool::Postgres(pool) => Backend::Postgres(pool.reader().await?),
        }))
    }

    /// The connection that writes. Call it on the writer's own thread and runtime: SQLite
    /// statements run in place and would block a shared one.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] when none can be had.
    pub async fn writer(&self) -> Result<Connection> {
        Ok(Connection(match &self.pool {
            Pool::Sqlite(pool) => Backend::Sqlite(pool.writer()?),
            Pool::Postgres(pool) => Backend::Postgres(pool.writer().await?),
        }))
    }

    /// Rows of any number, in chunks, without holding them all. `sql` may use the dialect
    /// tokens. Dropping the receiver ends the reading.
    pub fn stream(&self, sql: &str, params: Vec<Value>) -> mpsc::Receiver<Result<Vec<Row>>> {
        let (out, rows) = mpsc::channel(4);
        let sql = self.dialect().render(sql);
        let pool = self.pool.clone();
        tokio::spawn(async move {
            match pool {
                Pool::Sqlite(pool) => pool.stream(sql, params, out, STREAM_CHUNK).await,
                Pool::Postgres(pool) => pool.stream(sql, params, out, STREAM_CHUNK).await,
            }
        });
        rows
    }

    async fn migrate(&self, schemas: &[Schema]) -> Result<()> {
        let mut writer = self.writer().await?;
        let dialect = self.dialect();
        writer.begin_write().await?;
        if dialect == Dialect::Postgres {
            // Two nodes that start together must not both create the tables.
            writer.batch("SELECT pg_advisory_xact_lock(7430001)").await?;
            if let Some(schema) = &self.config.schema {
                writer.batch(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
            }
        }
        writer
            .batch(&dialect.render_ddl(
                "CREATE TABLE IF NOT EXISTS schema_version
                     (name TEXT PRIMARY KEY, version BIGINT NOT NULL) {plain}",
            ))
            .await?;
        for schema in schemas {
            let found = writer
                .query_text(
                    "SELECT version FROM schema_version WHERE name = $1",
                    &[schema.name.into()],
                )
                .await?;
            let found = found.first().map_or(Ok(0), |row| row.int(0))?;
            let known = schema.migrations.len() as i64;
            if found > known {
                return Err(StoreError::SchemaTooNew { name: schema.name, found, known });
            }
            for step in &schema.migrations[found as usize..] {
                for statement in *step {
                    writer.batch(&dialect.render_ddl(statement)).await?;
                }
            }
            writer
                .query_text(
                    "INSERT INTO schema_version (name, version) VALUES ($1, $2)
                     ON CONFLICT (name) DO UPDATE SET version = excluded.version
                     RETURNING version",
                    &[schema.name.into(), known.into()],
                )
                .await?;
        }
        writer.commit().await
    }
}
