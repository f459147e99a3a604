//! The store that serves many nodes.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use tokio::sync::mpsc;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement as Prepared};

use crate::connection::{Mode, check_width};
use crate::statement::{Batch, Type};
use crate::{Dialect, Lookup, Result, Row, Statement, StoreConfig, StoreError, Value};

/// Longest that a connection may take to be made, or to come free in the pool.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Settings of the writer's session. All it does is find rows by key and insert, so it never
/// wants to read a whole table. Left to itself the planner would: it plans on statistics from
/// before a surge, when the tables were empty, and keeps the plan.
const WRITER_SETTINGS: &str = " -c enable_seqscan=off -c enable_hashjoin=off \
     -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

#[derive(Debug, Clone)]
pub(crate) struct PostgresPool {
    writer: Config,
    pool: Pool,
    deadline: Duration,
}

pub(crate) struct PostgresConnection {
    held: Held,
    // Statements that are on their way, oldest first.
    sent: Vec<BoxFuture<'static, Result<()>>>,
    in_transaction: bool,
    // A call was given up: whoever calls next would wait behind it.
    abandoned: bool,
    deadline: Duration,
}

enum Held {
    Pooled(Option<Object>),
    Own { client: Arc<Client>, prepared: HashMap<String, Prepared> },
}

impl std::fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConnection")
            .field("pooled", &matches!(self.held, Held::Pooled(_)))
            .field("in_transaction", &self.in_transaction)
            .field("sent", &self.sent.len())
            .finish_non_exhaustive()
    }
}

impl PostgresPool {
    pub(crate) fn new(settings: &StoreConfig) -> Result<PostgresPool> {
        let schema = settings.schema.as_deref();
        // What `pg_stat_activity` shows of a connection.
        let role = |name: &str| match schema {
            Some(schema) => format!("songhua-{name} {schema}"),
            None => format!("songhua-{name}"),
        };
        let limit = settings.deadline.as_millis();
        let config = |name: &str, more: &str| -> Result<Config> {
            let mut config: Config = settings
                .url
                .parse()
                .map_err(|_| StoreError::Address(hide_password(&settings.url)))?;
            let search_path = schema.map(|s| format!(" -c search_path={s}")).unwrap_or_default();
            config
                .options(format!(
                    "-c statement_timeout={limit} -c jit=off -c tcp_keepalives_idle=10 \
                     -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3{more}{search_path}"
                ))
                .application_name(role(name))
                .connect_timeout(Duration::from_secs(5))
                .tcp_user_timeout(Duration::from_secs(30))
                .keepalives_idle(Duration::from_secs(10));
            Ok(config)
        };
        let manager = Manager::from_config(
            config("reader", "")?,
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.readers)
            .wait_timeout(Some(CONNECT_LIMIT))
            .create_timeout(Some(CONNECT_LIMIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| StoreError::Unreachable(e.to_string()))?;
        // The server ends a statement at the deadline. A frozen server does not, and keeps TCP
        // alive: somewhat later we give up on it ourselves.
        let deadline = settings.deadline + settings.deadline / 4;
        // A writer that vanishes inside a transaction must not hold its locks much longer.
        let idle = format!(" -c idle_in_transaction_session_timeout={limit}");
        let forced = if settings.forced { "" } else { " -c synchronous_commit=off" };
        let writer = config("writer", &format!("{WRITER_SETTINGS}{idle}{forced}"))?;
        Ok(PostgresPool { writer, pool, deadline })
    }

    pub(crate) async fn reader(&self) -> Result<PostgresConnection> {
        let object = self.pool.get().await?;
        Ok(self.connection(Held::Pooled(Some(object))))
    }

    /// A connection whose protocol task runs on the caller's runtime: the writer has its own.
    pub(crate) async fn writer(&self) -> Result<PostgresConnection> {
        let limit = self.deadline.min(CONNECT_LIMIT);
        let (client, connection) = within(limit, self.writer.connect(NoTls)).await?;
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::warn!(error = %e, "the writer's database connection ended");
            }
        });
        Ok(self.connection(Held::Own { client: Arc::new(client), prepared: HashMap::new() }))
    }

    fn connection(&self, held: Held) -> PostgresConnection {
        PostgresConnection {
            held,
            sent: Vec::new(),
            in_transaction: false,
            abandoned: false,
            deadline: self.deadline,
        }
    }

    pub(crate) async fn stream(
        &self,
        sql: String,
        params: Vec<Value>,
        out: mpsc::Sender<Result<Vec<Row>>>,
        chunk: usize,
    ) {
        let run = async {
            let mut connection = self.reader().await?;
            // A long reading takes as long as its reader does: only silence is an error. The
            // connection goes back to the pool when all has been read and the limit restored.
            connection.abandoned = true;
            let client = connection.client()?;
            within(self.deadline, client.batch_execute("SET statement_timeout = 0")).await?;
            let begun = client.query_raw(&sql, params.iter());
            let mut rows = std::pin::pin!(within(self.deadline, begun).await?);
            let mut batch = Vec::with_capacity(chunk);
            while let Some(row) = within(self.deadline, rows.try_next()).await? {
                batch.push(read_row(&row)?);
                if batch.len() == chunk && out.send(Ok(std::mem::take(&mut batch))).await.is_err() {
                    return Ok(()); // The receiver has seen enough.
                }
            }
            if !batch.is_empty() {
                let _ = out.send(Ok(batch)).await;
            }
            within(self.deadline, client.batch_execute("RESET statement_timeout")).await?;
            connection.abandoned = false;
            Ok(())
        };
        if let Err(e) = run.await {
            let _ = out.send(Err(e)).await;
        }
    }
}

/// Waits for a call to the server, but not for ever.
async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match tokio::time::timeout(deadline, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(no_answer(deadline)),
    }
}

/// Waits for statements that are on their way, oldest first, up to the first that fails.
async fn settled(sent: Vec<BoxFuture<'static, Result<()>>>, deadline: Duration) -> Result<()> {
    for statement in sent {
        let answer = tokio::time::timeout(deadline, statement).await;
        answer.unwrap_or_else(|_| Err(no_answer(deadline)))?;
    }
    Ok(())
}

fn no_answer(deadline: Duration) -> StoreError {
    StoreError::Unreachable(format!("no answer within {deadline:?}"))
}

impl Drop for PostgresConnection {
    fn drop(&mut self) {
        // Neither an open transaction nor a late answer may reach the pool's next user.
        if (self.in_transaction || self.abandoned)
            && let Held::Pooled(object) = &mut self.held
            && let Some(object) = object.take()
        {
            drop(Object::take(object));
        }
    }
}

impl PostgresConnection {
    fn client(&self) -> Result<&Client> {
        match &self.held {
            Held::Pooled(Some(object)) => Ok(object),
            Held::Pooled(None) => Err(StoreError::Unreachable("connection was given back".into())),
            Held::Own { client, .. } => Ok(client),
        }
    }

    /// One call within the deadline. A call that is given up leaves the connection unusable.
    async fn call<T>(
        &mut self,
        make: impl AsyncFnOnce(&Client) -> std::result::Result<T, tokio_postgres::Error>,
    ) -> Result<T> {
        if self.abandoned {
            return Err(StoreError::Unreachable("an earlier call was not answered".into()));
        }
        // Answers come in order, and one that comes in several pieces is passed on only as it is
        // taken: so those before this one are taken while it is waited for, or all would stand.
        let sent = std::mem::take(&mut self.sent);
        let earlier = settled(sent, self.deadline);
        let (earlier, answer) = tokio::join!(earlier, within(self.deadline, make(self.client()?)));
        self.abandoned = [earlier.as_ref().err(), answer.as_ref().err()]
            .into_iter()
            .flatten()
            .any(|e| matches!(e, StoreError::Unreachable(_)));
        // The first failure is the one to tell: what follows it only says that the transaction is
        // broken. And should the BEGIN have failed, nothing may be written after it.
        earlier?;
        answer
    }

    async fn prepared(&mut self, sql: &str) -> Result<Prepared> {
        if let Held::Own { prepared, .. } = &self.held
            && let Some(found) = prepared.get(sql)
        {
            return Ok(found.clone());
        }
        if let Held::Pooled(Some(object)) = &self.held {
            let made = within(self.deadline, object.prepare_cached(sql)).await;
            self.abandoned |= matches!(made, Err(StoreError::Unreachable(_)));
            return made;
        }
        let made = self.call(async |client| client.prepare(sql).await).await?;
        if let Held::Own { prepared, .. } = &mut self.held {
            prepared.insert(sql.to_owned(), made.clone());
        }
        Ok(made)
    }

    pub(crate) async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let prepared = self.prepared(sql).await?;
        let params = as_params(params);
        let rows = self.call(async |client| client.query(&prepared, &params).await).await?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let prepared = self.prepared(sql).await?;
        let params = as_params(params);
        self.call(async |client| client.execute(&prepared, &params).await).await
    }

    pub(crate) async fn lookup(
        &mut self,
        lookup: &'static Lookup,
        keys: &[Value],
    ) -> Result<Vec<Row>> {
        let columns = columns_of(keys, lookup.keys)?;
        let prepared = self.prepared(lookup.sql(Dialect::Postgres)).await?;
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c.as_param()).collect();
        let rows = self.call(async |client| client.query(&prepared, &params).await).await?;
        rows.iter().map(read_row).collect()
    }

    pub(crate) async fn write(&mut self, batch: &'static dyn Batch, rows: &[Value]) -> Result<u64> {
        let columns = columns_of(rows, batch.types())?;
        let prepared = self.prepared(batch.sql(Dialect::Postgres)).await?;
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c.as_param()).collect();
        self.call(async |client| client.execute(&prepared, &params).await).await
    }

    pub(crate) async fn put(&mut self, batch: &'static dyn Batch, rows: Vec<Value>) -> Result<()> {
        let prepared = self.prepared(batch.sql(Dialect::Postgres)).await?;
        let Held::Own { client, .. } = &self.held else {
            return self.write(batch, &rows).await.map(drop);
        };
        let client = client.clone();
        let statement = async move {
            let columns = columns_of(&rows, batch.types())?;
            let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c.as_param()).collect();
            client.execute(&prepared, &params).await?;
            Ok(())
        };
        self.send(statement.boxed()).await
    }

    /// Sends a statement and keeps what is to be waited for.
    async fn send(&mut self, mut statement: BoxFuture<'static, Result<()>>) -> Result<()> {
        // The first poll hands it to the connection's task, which then gets a chance to write.
        if let Poll::Ready(done) = futures::poll!(&mut statement) {
            return done;
        }
        self.sent.push(statement);
        tokio::task::yield_now().await;
        Ok(())
    }

    pub(crate) async fn settle(&mut self) -> Result<()> {
        let done = settled(std::mem::take(&mut self.sent), self.deadline).await;
        self.abandoned |= matches!(done, Err(StoreError::Unreachable(_)));
        done
    }

    pub(crate) async fn prepare(&mut self, sql: &str) -> Result<()> {
        self.call(async |client| client.prepare(sql).await).await?;
        Ok(())
    }

    pub(crate) async fn begin(&mut self, mode: Mode) -> Result<()> {
        match (mode, &self.held) {
            (Mode::Snapshot, _) => {
                self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
            }
            // The first statement of the transaction can go out behind it.
            (Mode::Write, Held::Own { client, .. }) if !self.abandoned => {
                let client = client.clone();
                let begin = async move { Ok(client.batch_execute("BEGIN").await?) };
                self.in_transaction = true;
                self.send(begin.boxed()).await
            }
            (Mode::Write, _) => self.batch("BEGIN").await,
        }
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        if sql == "ROLLBACK" {
            self.sent.clear();
        }
        let done = self.call(async |client| client.batch_execute(sql).await).await;
        if sql.starts_with("BEGIN") {
            self.in_transaction = true;
        } else if done.is_ok() && (sql == "COMMIT" || sql == "ROLLBACK") {
            self.in_transaction = false;
        }
        done
    }
}

/// The address without its password, for messages and logs.
fn hide_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or("");
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

fn as_params(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &PgType,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(n) if *ty == PgType::INT4 => i32::try_from(*n)?.to_sql(ty, out),
            Value::Int(n) if *ty == PgType::FLOAT8 => (*n as f64).to_sql(ty, out),
            Value::Int(n) => n.to_sql(ty, out),
            Value::Real(x) => x.to_sql(ty, out),
            Value::Text(t) => t.to_sql(ty, out),
            Value::Bytes(b) => b.to_sql(ty, out),
            Value::Id(b) => b.as_slice().to_sql(ty, out),
        }
    }

    fn accepts(ty: &PgType) -> bool {
        matches!(
            *ty,
            PgType::INT8
                | PgType::INT4
                | PgType::FLOAT8
                | PgType::TEXT
                | PgType::VARCHAR
                | PgType::UNKNOWN
                | PgType::BYTEA
        )
    }

    to_sql_checked!();
}

/// One column of a set-based statement, gathered from rows.
enum Column<'a> {
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Text(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl Column<'_> {
    fn as_param(&self) -> &(dyn ToSql + Sync) {
        match self {
            Column::Int(v) => v,
            Column::Real(v) => v,
            Column::Text(v) => v,
            Column::Bytes(v) => v,
        }
    }
}

fn columns_of<'a>(values: &'a [Value], types: &[(&'static str, Type)]) -> Result<Vec<Column<'a>>> {
    check_width(values, types.len())?;
    let rows = values.chunks(types.len());
    let count = rows.len();
    let mut columns: Vec<Column<'a>> = types
        .iter()
        .map(|(_, t)| match t {
            Type::Int => Column::Int(Vec::with_capacity(count)),
            Type::Real => Column::Real(Vec::with_capacity(count)),
            Type::Text => Column::Text(Vec::with_capacity(count)),
            Type::Bytes => Column::Bytes(Vec::with_capacity(count)),
        })
        .collect();
    for row in rows {
        for (column, value) in row.iter().enumerate() {
            match (&mut columns[column], value) {
                (Column::Int(v), Value::Null) => v.push(None),
                (Column::Int(v), Value::Int(n)) => v.push(Some(*n)),
                (Column::Real(v), Value::Null) => v.push(None),
                (Column::Real(v), Value::Real(x)) => v.push(Some(*x)),
                (Column::Real(v), Value::Int(n)) => v.push(Some(*n as f64)),
                (Column::Text(v), Value::Null) => v.push(None),
                (Column::Text(v), Value::Text(t)) => v.push(Some(t)),
                (Column::Bytes(v), Value::Null) => v.push(None),
                (Column::Bytes(v), Value::Bytes(b)) => v.push(Some(b)),
                (Column::Bytes(v), Value::Id(b)) => v.push(Some(b)),
                (_, found) => {
                    return Err(StoreError::Decode {
                        column,
                        expected: "the declared column type",
                        found: found.kind(),
                    });
                }
            }
        }
    }
    Ok(columns)
}

fn read_row(row: &tokio_postgres::Row) -> Result<Row> {
    fn get<'a, T: FromSql<'a>>(row: &'a tokio_postgres::Row, column: usize) -> Result<Option<T>> {
        Ok(row.try_get(column)?)
    }
    let mut values = Vec::with_capacity(row.len());
    for (column, info) in row.columns().iter().enumerate() {
        let ty = info.type_();
        values.push(match *ty {
            PgType::INT8 => get::<i64>(row, column)?.into(),
            PgType::INT4 => get::<i32>(row, column)?.into(),
            PgType::BOOL => get::<bool>(row, column)?.into(),
            PgType::FLOAT8 => get::<f64>(row, column)?.into(),
            PgType::TEXT | PgType::VARCHAR | PgType::NAME => get::<String>(row, column)?.into(),
            PgType::BYTEA => match get::<&[u8]>(row, column)? {
                None => Value::Null,
                Some(b) => match b.try_into() {
                    Ok(id) => Value::Id(id),
                    Err(_) => Value::Bytes(b.to_vec()),
                },
            },
            // A sum of bigints is numeric: the statement must cast it.
            _ => {
                return Err(StoreError::Decode {
                    column,
                    expected: "bigint, double precision, text or bytea",
                    found: "another type (cast it in the statement)",
                });
            }
        });
    }
    Ok(Row(values))
}
