//! Every statement is accepted by both stores, and the hot ones go by an index on both.

use store::testkit::plans::{self, Hot, hot, scans};
use store::{Connection, both_stores};

use crate::support::bulk;
use crate::support::yard;

const ID: &str = "ARRAY['\\x01'::bytea]";
const AREA: &str = "ARRAY[220202]::bigint[]";
const TIME: &str = "1647302400000000";

const HOT: [Hot; 16] = [
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
    hot("LATE_HELD", &[TIME, "0", "999999"], ["unit_held (holder=? AND deadline>?)", "unit_held"]),
    hot(
        "LATE_HELD_NOW",
        &[TIME, TIME, "0", "999999"],
        ["unit_held (holder=? AND deadline>? AND deadline<?)", "unit_held"],
    ),
    hot(
        "LATE_UNHELD",
        &[TIME, "0", "999999"],
        ["unit_held (holder=? AND deadline<?)", "unit_held"],
    ),
    hot(
        "LATE_UNITS",
        &[TIME, "0", "999999", "50", "0", "'\\x01'::bytea", "'site:220202-S3'"],
        ["unit_held (holder=? AND deadline>? AND deadline<?)", "unit_held"],
    ),
    hot(
        "LATE_UNITS_UNHELD",
        &[TIME, "0", "999999", "50", "0", "'\\x01'::bytea"],
        ["unit_held (holder=? AND deadline>? AND deadline<?)", "unit_held"],
    ),
    hot(
        "LATE_PACKED",
        &[TIME, "0", "999999"],
        ["unit_packed (parent=? AND deadline>?)", "unit_packed"],
    ),
    hot(
        "LATE_PACKED_NOW",
        &[TIME, TIME, "0", "999999"],
        ["unit_packed (parent=? AND deadline>? AND deadline<?)", "unit_packed"],
    ),
    hot("PACKED_IN", &[ID], ["(parent=?", "Index Scan using unit_"]),
    hot("OPEN_FINDINGS", &["220202", "220202", "50"], ["finding_open", "finding_open"]),
];

/// What only the writer does. These tables are small: to read one is nothing, but a plan that is
/// kept must not.
const ENDS: [Hot; 3] = [
    hot(
        "DUE_HELD_END",
        &[AREA, "ARRAY['']", "ARRAY['']", "ARRAY['']", "ARRAY[0]::bigint[]"],
        ["PRIMARY KEY (area=? AND holder=? AND kind=? AND step=? AND slot=?)", "due_held_pkey"],
    ),
    hot(
        "DUE_PACKED_END",
        &[AREA, ID, "ARRAY['']", "ARRAY['']", "ARRAY[0]::bigint[]"],
        ["PRIMARY KEY (area=? AND parent=? AND kind=? AND step=? AND slot=?)", "due_packed_pkey"],
    ),
    hot(
        "FINDING_COUNT_END",
        &[AREA, "ARRAY['']"],
        ["PRIMARY KEY (area=? AND kind=?)", "finding_count_pkey"],
    ),
];

/// The statements by which the writer finds things.
const LOOKUPS: [&str; 3] = ["JOURNAL_BY_COMMAND", "UNIT_BY_ID", "MOMENTS_OF"];

async fn check(db: &mut Connection, hot: &Hot) {
    let tables = [&bulk::TABLES[..], &["u", "m", "j", "f"]].concat();
    plans::check(db, ledger::STATEMENTS, &tables, hot).await;
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
        for hot in HOT.iter().filter(|hot| LOOKUPS.contains(&hot.name)).chain(&ENDS) {
            check(&mut writer, hot).await;
        }
    }
}

#[test]
fn a_full_scan_is_recognised() {
    let tables = ["unit", "u"];
    assert!(scans("Sort\n  ->  Seq Scan on unit u", &tables));
    assert!(scans("SEARCH m USING PRIMARY KEY (area=?)\nSCAN u", &tables));
    assert!(!scans("SCAN unit USING COVERING INDEX unit_held", &tables));
    assert!(!scans("SCAN d", &tables), "what a subquery gives is no table");
    let index = "  ->  Index Scan using unit_pkey on unit u\nFunction Scan on unnest wanted";
    assert!(!scans(index, &tables));
}
