//! Lists go by an index on the embedded store; on PostgreSQL they are the same indexes, and a command
//! post has too few rows for its planner to care.

use command::tables::{SCHEMA, STATEMENTS};
use store::testkit::plans::{Hot, check, check_in_order, hot};
use store::testkit::{Kind, TestBed};

const fn on_sqlite(
    name: &'static str,
    arguments: &'static [&'static str],
    by: &'static str,
) -> Hot {
    hot(name, arguments, [by, by])
}

const HOT: [Hot; 7] = [
    on_sqlite("BULLETINS", &[""; 5], "USING INDEX command_bulletin_until (until_time<"),
    on_sqlite(
        "BULLETIN_OF_WINDOW",
        &[""; 3],
        "USING INDEX command_bulletin_window (scope=? AND from_time=?",
    ),
    on_sqlite("BULLETIN_LAST", &[""], "COVERING INDEX command_bulletin_no (scope=?)"),
    on_sqlite("DECISIONS", &[""; 9], "USING INDEX command_decision_at (at<"),
    on_sqlite("DECISION_LAST", &[""], "COVERING INDEX command_decision_no (scope=?)"),
    on_sqlite("DECISIONS_IN_FORCE", &[""; 4], "USING INDEX command_decision_until (until_time>"),
    on_sqlite(
        "FORECASTS",
        &[""; 4],
        "USING INDEX command_forecast_day (scope=? AND day>? AND day<?)",
    ),
];

#[tokio::test]
async fn lists_go_by_an_index() {
    let bed = TestBed::new(Kind::Sqlite);
    let store = bed.open(&[ledger::SCHEMA, SCHEMA]).await.expect("opens");
    let mut db = store.reader().await.expect("reader");
    for hot in &HOT {
        check(&mut db, STATEMENTS, &[], hot).await;
        check_in_order(&mut db, STATEMENTS, hot).await;
    }
}
