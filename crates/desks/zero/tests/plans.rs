//! Lists go by an index on the embedded store; on PostgreSQL they are the same indexes, and there are too few
//! certificates for its planner to care.

use store::testkit::plans::{Hot, check, check_in_order, hot};
use store::testkit::{Kind, TestBed};
use zero::tables::{SCHEMA, STATEMENTS};

const fn on_sqlite(
    name: &'static str,
    arguments: &'static [&'static str],
    by: &'static str,
) -> Hot {
    hot(name, arguments, [by, by])
}

const IN_ORDER: [Hot; 4] = [
    on_sqlite("CERTIFICATES", &[""; 6], "USING INDEX zero_certificate_as_of (as_of<"),
    on_sqlite(
        "CERTIFICATES_STANDING",
        &[""; 2],
        "USING INDEX zero_certificate_standing (until_time>",
    ),
    on_sqlite(
        "CERTIFICATES_WITHDRAWN",
        &[""; 4],
        "USING INDEX zero_certificate_withdrawn (withdrawn_at>",
    ),
    on_sqlite("SIGNALS", &[""; 5], "USING INDEX zero_signal_at (sampled_at<"),
];

const OTHERS: [Hot; 3] = [
    on_sqlite("CERTIFICATE_LAST", &[""], "COVERING INDEX zero_certificate_no (ground=?)"),
    on_sqlite(
        "CERTIFICATE_BY_NUMBER",
        &[""; 2],
        "USING INDEX zero_certificate_no (ground=? AND no=?)",
    ),
    on_sqlite("SIGNALS_OPEN", &[""; 4], "USING INDEX zero_signal_open (sampled_at>"),
];

#[tokio::test]
async fn lists_go_by_an_index() {
    let bed = TestBed::new(Kind::Sqlite);
    let store = bed.open(&[ledger::SCHEMA, SCHEMA]).await.expect("opens");
    let mut db = store.reader().await.expect("reader");
    for hot in IN_ORDER.iter().chain(&OTHERS) {
        check(&mut db, STATEMENTS, &[], hot).await;
    }
    for hot in &IN_ORDER {
        check_in_order(&mut db, STATEMENTS, hot).await;
    }
}
