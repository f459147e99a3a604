//! How the stores would run a statement, so that a test can demand that a hot one goes by an index.

use crate::{Connection, Dialect, Statement, Value};

/// A statement that runs in every group or behind every page, and how it is to be run.
#[derive(Debug)]
pub struct Hot {
    /// Its name.
    pub name: &'static str,
    /// With these PostgreSQL can plan it.
    pub arguments: &'static [&'static str],
    /// What the plan must say on SQLite and on PostgreSQL.
    pub by: [&'static str; 2],
}

/// A [`Hot`] statement.
pub const fn hot(
    name: &'static str,
    arguments: &'static [&'static str],
    by: [&'static str; 2],
) -> Hot {
    Hot { name, arguments, by }
}

/// The statements of a module, as [`crate::statements!`] lists them.
pub type Statements = [(&'static str, &'static (dyn Statement + Sync))];

/// Demands that a statement is run as it should be, and reads none of `tables` from end to end.
///
/// # Panics
/// When it is not, or there is no such statement.
pub async fn check(db: &mut Connection, statements: &Statements, tables: &[&str], hot: &Hot) {
    let plan = plan(db, statements, hot).await;
    let by = hot.by[usize::from(db.dialect() == Dialect::Postgres)];
    assert!(!scans(&plan, tables), "{} reads a whole table:\n{plan}", hot.name);
    assert!(plan.contains(by), "{} does not go by {by}:\n{plan}", hot.name);
}

/// Demands that a statement's rows come out of an index in the order that it asks for, on SQLite.
/// PostgreSQL knows how many rows there are, and may well sort a few.
///
/// # Panics
/// When they are sorted, or there is no such statement.
pub async fn check_in_order(db: &mut Connection, statements: &Statements, hot: &Hot) {
    if db.dialect() == Dialect::Postgres {
        return;
    }
    let plan = plan(db, statements, hot).await;
    assert!(!plan.contains("TEMP B-TREE"), "{} sorts:\n{plan}", hot.name);
}

async fn plan(db: &mut Connection, statements: &Statements, hot: &Hot) -> String {
    let Hot { name, arguments, .. } = hot;
    let found = statements.iter().find(|(known, _)| known == name);
    let (_, statement) = found.unwrap_or_else(|| panic!("there is no statement {name}"));
    let dialect = db.dialect();
    let sql = statement.sql(dialect);
    let rows = match dialect {
        Dialect::Sqlite => {
            let nothing = vec![Value::Null; arguments.len()];
            db.query_text(&format!("EXPLAIN QUERY PLAN {sql}"), &nothing).await
        }
        Dialect::Postgres => {
            // The plan for any arguments, which is what a prepared statement ends up with.
            db.batch("SET plan_cache_mode = force_generic_plan").await.expect("a setting");
            db.batch(&format!("PREPARE {name} AS {sql}")).await.expect("it prepares");
            let explain = format!("EXPLAIN EXECUTE {name}({})", arguments.join(", "));
            db.query_text(&explain, &[]).await
        }
    };
    let column = if dialect == Dialect::Sqlite { 3 } else { 0 };
    let rows = rows.expect("a plan");
    let lines: Vec<&str> = rows.iter().map(|row| row.text(column).expect("text")).collect();
    lines.join("\n")
}

/// Whether a plan reads one of the tables, by name or by the short name that the statement gives it,
/// from end to end. An index that holds only what is open
/// may be: that is what it is for.
pub fn scans(plan: &str, tables: &[&str]) -> bool {
    plan.lines().any(|line| {
        let line = line.trim_start_matches([' ', '-', '>']);
        let read = match line.strip_prefix("Seq Scan on ") {
            Some(read) => read,
            None if line.contains(" USING ") => return false,
            None => line.strip_prefix("SCAN ").unwrap_or_default(),
        };
        read.split(' ').next().is_some_and(|name| tables.contains(&name))
    })
}

/// Lets PostgreSQL plan on this connection as if every table were large: a small one is read from its
/// begin to its end, and hashed, and large ones are what is asked about. On SQLite there is nothing to do.
///
/// # Panics
/// When the store does not take the settings.
pub async fn as_if_large(db: &mut Connection) {
    if db.dialect() == Dialect::Postgres {
        for plan in ["seqscan", "hashjoin", "mergejoin"] {
            db.batch(&format!("SET enable_{plan} = off")).await.expect("a setting");
        }
    }
}

/// Statistics, and a visibility map that says of every page that all may see it: what a table has
/// that was not just filled, and what an index-only scan is chosen by. One VACUUM may leave pages
/// out: those that are newer than a snapshot which somebody else in this database still holds, such
/// as a test of long transactions that runs beside this one. Their end is waited for.
///
/// # Panics
/// When somebody holds an old snapshot for a minute. On SQLite there is nothing to do.
pub async fn vacuum(writer: &mut Connection, tables: &[&str]) {
    if writer.dialect() == Dialect::Sqlite {
        return;
    }
    for table in tables {
        vacuum_one(writer, table).await;
    }
}

async fn vacuum_one(writer: &mut Connection, table: &str) {
    let unseen = format!(
        "SELECT (relpages - relallvisible)::text FROM pg_class WHERE oid = '{table}'::regclass"
    );
    let mut left = String::new();
    for _ in 0..1_200 {
        writer.batch(&format!("VACUUM ANALYZE {table}")).await.expect("statistics");
        let rows = writer.query_text(&unseen, &[]).await.expect("pages");
        rows[0].text(0).expect("a number").clone_into(&mut left);
        if left == "0" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{left} pages of {table} stay unseen by VACUUM: who holds an old snapshot?");
}
