//! Lists go by an index on the embedded store; on PostgreSQL they are the same indexes, and a command
//! post has too few rows for its planner to care.

use std::collections::BTreeMap;

use command::tables::{SCHEMA, STATEMENTS};
use store::testkit::{Kind, TestBed};
use store::{Dialect, Statement, Value};

const HOT: [(&str, usize, &str); 7] = [
    ("BULLETINS", 5, "USING INDEX command_bulletin_until (until_time<"),
    ("BULLETIN_OF_WINDOW", 3, "USING INDEX command_bulletin_window (scope=? AND from_time=?"),
    ("BULLETIN_LAST", 1, "COVERING INDEX command_bulletin_no (scope=?)"),
    ("DECISIONS", 9, "USING INDEX command_decision_at (at<"),
    ("DECISION_LAST", 1, "COVERING INDEX command_decision_no (scope=?)"),
    ("DECISIONS_IN_FORCE", 4, "USING INDEX command_decision_until (until_time>"),
    ("FORECASTS", 4, "USING INDEX command_forecast_day (scope=? AND day>? AND day<?)"),
];

#[tokio::test]
async fn lists_go_by_an_index() {
    let bed = TestBed::new(Kind::Sqlite);
    let store = bed.open(&[ledger::SCHEMA, SCHEMA]).await.expect("opens");
    let mut db = store.reader().await.expect("reader");
    let all: BTreeMap<&str, &(dyn Statement + Sync)> = STATEMENTS.iter().copied().collect();
    for (name, arguments, by) in HOT {
        let sql = all[name].sql(Dialect::Sqlite);
        let nothing = vec![Value::Null; arguments];
        let rows = db.query_text(&format!("EXPLAIN QUERY PLAN {sql}"), &nothing).await;
        let rows = rows.expect("a plan");
        let plan: Vec<&str> = rows.iter().map(|row| row.text(3).expect("text")).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(by), "{name} does not go by {by}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{name} sorts what it found:\n{plan}");
    }
}
