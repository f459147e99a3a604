//! Every statement is accepted by both stores, and the hot ones go by an index on both.

use std::collections::BTreeMap;

use store::{Connection, Dialect, Statement, Value, both_stores};

use crate::support::bulk;
use crate::support::yard;

/// A statement that runs in every group or behind every page.
struct Hot {
    name: &'static str,
    /// With these PostgreSQL can plan it.
    arguments: &'static [&'static str],
    /// What the plan must say on SQLite and on PostgreSQL.
    by: [&'static str; 2],
}

const fn hot(name: &'static str, arguments: &'static [&'static str], by: [&'static str; 2]) -> Hot {
    Hot { name, arguments, by }
}

const ID: &str = "ARRAY['\\x01'::bytea]";
const AREA: &str = "ARRAY[220202]::bigint[]";
const TIME: &str = "1647302400000000";

const HOT: [Hot; 12] = [
    hot("JOURNAL_BY_COMMAND", &[ID], ["journal_command (command=?)", "journal_command"]),
    hot("JOURNAL_AFTER", &["100", "200"], ["PRIMARY KEY (rowid>", "journal_pkey"]),
    hot("JOURNAL_SIZES", &["100", "200"], ["PRIMARY KEY (rowid>", "journal_pkey"]),
    hot(
        "UNIT_BY_ID",
        &[AREA, ID],
        ["PRIMARY KEY (area=? AND id=?)", "((area = wanted.key1) AND (id = wanted.key2))"],
    ),
    hot(
        "MOMENTS_OF",
        &[AREA, ID],
        ["PRIMARY KEY (area=? AND unit=?)", "((area = wanted.key1) AND (unit = wanted.key2))"],
    ),
    hot("HELD_UNITS", &["'site:220202-S3'", "50"], ["unit_held (holder=?)", "unit_held"]),
    hot("INSIDE_UNITS", &["'\\x01'::bytea", "50"], ["unit_inside (parent=?)", "unit_inside"]),
    hot(
        "LATE_BY_HOLDER",
        &[TIME, "0", "999999"],
        ["SCAN unit USING COVERING INDEX unit_held", "Index Only Scan using unit_held"],
    ),
    hot(
        "LATE_UNITS",
        &[TIME, "0", "999999", "'site:220202-S3'", "50"],
        ["unit_held (holder=? AND deadline<?)", "unit_held"],
    ),
    hot(
        "LATE_PACKED",
        &[TIME, "0", "999999"],
        [
            "SEARCH unit USING COVERING INDEX unit_packed (deadline<?)",
            "Index Only Scan using unit_packed",
        ],
    ),
    hot("PACKED_IN", &[ID], ["unit_inside (parent=?)", "Index Scan using unit_"]),
    hot("OPEN_FINDINGS", &["220202", "220202", "50"], ["finding_open", "finding_open"]),
];

/// The statements by which the writer finds things.
const LOOKUPS: [&str; 3] = ["JOURNAL_BY_COMMAND", "UNIT_BY_ID", "MOMENTS_OF"];

async fn check(db: &mut Connection, hot: &Hot) {
    let plan = plan(db, hot).await;
    let by = hot.by[usize::from(db.dialect() == Dialect::Postgres)];
    assert!(!scans(&plan), "{} reads a whole table:\n{plan}", hot.name);
    assert!(plan.contains(by), "{} does not go by {by}:\n{plan}", hot.name);
}

async fn plan(db: &mut Connection, Hot { name, arguments, .. }: &Hot) -> String {
    let all: BTreeMap<_, _> = ledger::STATEMENTS.iter().copied().collect();
    let statement: &(dyn Statement + Sync) = all[name];
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

/// Whether a plan reads a whole table of the ledger. An index that holds only what is open may be
/// read from end to end: that is what it is for.
fn scans(plan: &str) -> bool {
    plan.lines().any(|line| {
        let line = line.trim_start_matches([' ', '-', '>']);
        ["unit", "moment", "journal", "finding"]
            .iter()
            .any(|table| line.starts_with(&format!("Seq Scan on {table}")))
            || (line.starts_with("SCAN ") && !line.contains(" USING "))
    })
}

both_stores! {
    async fn every_statement_prepares(bed: TestBed) {
        let store = bed.open(&[ledger::SCHEMA, yard::SCHEMA]).await.expect("the store opens");
        let mut writer = store.writer().await.expect("a writer");
        for (name, statement) in ledger::STATEMENTS.iter().chain(yard::STATEMENTS) {
            let prepared = writer.prepare(*statement).await;
            assert!(prepared.is_ok(), "{name}: {prepared:?}");
        }
    }

    async fn hot_statements_go_by_an_index_when_there_is_much(bed: TestBed) {
        let store = bed.open(&[ledger::SCHEMA]).await.expect("the store opens");
        bulk::fill(&store, 20_000, 400).await;
        let mut reader = store.reader().await.expect("a reader");
        for hot in &HOT {
            check(&mut reader, hot).await;
        }
    }

    async fn the_writer_goes_by_an_index_also_when_the_tables_were_empty(bed: TestBed) {
        let store = bed.open(&[ledger::SCHEMA]).await.expect("the store opens");
        // No statistics, no rows: what a surge begins with, and the plan is kept.
        let mut writer = store.writer().await.expect("a writer");
        for hot in HOT.iter().filter(|hot| LOOKUPS.contains(&hot.name)) {
            check(&mut writer, hot).await;
        }
    }
}

#[test]
fn a_full_scan_is_recognised() {
    assert!(scans("Sort\n  ->  Seq Scan on unit u"));
    assert!(scans("SEARCH m USING PRIMARY KEY (area=?)\nSCAN u"));
    assert!(!scans("SCAN unit USING COVERING INDEX unit_held"));
    assert!(!scans("  ->  Index Scan using unit_pkey on unit u\nFunction Scan on unnest wanted"));
}
