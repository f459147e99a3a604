//! The statements behind lists, figures and duplicates go by an index on both stores.

#[path = "support/ward.rs"]
mod ward;

use std::collections::BTreeMap;

use cases::{Class, Command, Edit, EditOf, Field, FoundIn, Patch, PutCase, PutCases};
use registry::command::SealedIdentity;
use registry::identity::{Day, IdType, Identity};
use registry::seal::Sealed;
use store::{Connection, Dialect, Statement, Value, both_stores};
use types::Span;
use ward::{Ward, area, found_in, hour, person, sent};

/// A statement, what PostgreSQL can plan it with, and what its plan says on SQLite and PostgreSQL.
struct Hot {
    name: &'static str,
    arguments: &'static [&'static str],
    by: [&'static str; 2],
}

const fn hot(name: &'static str, arguments: &'static [&'static str], by: [&'static str; 2]) -> Hot {
    Hot { name, arguments, by }
}

const ID: &str = "ARRAY['\\x01'::bytea]";
const ONE: &str = "'\\x01'::bytea";
const AREA: &str = "ARRAY[220202]::bigint[]";
const FROM: &str = "1647700000000000";
const UNTIL: &str = "1647800000000000";

const LIST: &[&str] = &[
    UNTIL,
    ONE,
    FROM,
    UNTIL,
    "220202",
    "220202",
    "'open'",
    "'suspected'",
    "''",
    "''",
    "''",
    "0",
    "0",
    "''",
    "''",
    "51",
];

const HOT: [Hot; 16] = [
    hot("CASE_LIST", LIST, ["COVERING INDEX case_list (", "case_list"]),
    hot("CASE_LIST_COUNTY", LIST, ["COVERING INDEX case_list_county (area=?", "case_list"]),
    hot("CASE_LIST_CLASS", LIST, ["COVERING INDEX case_list_class (class=?", "case_list"]),
    hot(
        "CASE_LIST_UNREPORTED",
        LIST,
        ["COVERING INDEX case_list_unreported (reported_at=?", "case_list_unreported"],
    ),
    hot("CASE_LIST_GRAVE", LIST, ["COVERING INDEX case_list_grave (severity=?", "case_list_grave"]),
    hot("CASE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "cases_pkey"]),
    hot("CASES_OF_PERSON", &[ID], ["COVERING INDEX case_person (person=?)", "case_person"]),
    hot("CASES_MERGED", &[ID], ["COVERING INDEX case_merged (merged_into=?)", "case_merged"]),
    hot("KEYS_OF", &[ID], ["PRIMARY KEY (hash=?)", "case_key_pkey"]),
    hot(
        "PAIRS_OPEN",
        &["101", UNTIL, ONE, ONE, "220202", "220202", "51"],
        ["INDEX case_pair_open (score<", "case_pair_open"],
    ),
    hot(
        "TALLY_LIST",
        &["'confirmed'", FROM, UNTIL, "220202", "220202", "''", UNTIL, ONE, "51"],
        ["COVERING INDEX case_tally_at (measure=? AND at>? AND at<?)", "case_tally_at"],
    ),
    hot(
        "COUNTS_BETWEEN",
        &[FROM, UNTIL, "220202", "220202", UNTIL],
        ["COVERING INDEX case_count_hour (hour>? AND hour<?)", "case_count_hour"],
    ),
    hot(
        "TALLY_LIST_WHO",
        &[FROM, UNTIL, "220202", "220202", "''", UNTIL, ONE, "51"],
        ["COVERING INDEX case_tally_at (measure=? AND at>? AND at<?)", "case_tally_at"],
    ),
    // Of one county PostgreSQL reads the commands backwards: as good.
    hot("EDITS_RECENT", &["220202", "50"], ["PRIMARY KEY (area=?", "case_edit_"]),
    hot("HISTORY_OF", &["220202", ONE], ["PRIMARY KEY (area=? AND unit=?)", "case_history_pkey"]),
    // With statistics of a single area SQLite skips over the area in the key instead: as good.
    hot("EDITS_OF", &[ID], ["command=?", "case_edit_command"]),
];

async fn plan(db: &mut Connection, hot: &Hot) -> String {
    let all: BTreeMap<_, _> = cases::tables::STATEMENTS.iter().copied().collect();
    let statement: &(dyn Statement + Sync) = all[hot.name];
    let dialect = db.dialect();
    let sql = statement.sql(dialect);
    let rows = match dialect {
        Dialect::Sqlite => {
            let nothing = vec![Value::Null; hot.arguments.len()];
            db.query_text(&format!("EXPLAIN QUERY PLAN {sql}"), &nothing).await
        }
        Dialect::Postgres => {
            db.batch("SET plan_cache_mode = force_generic_plan").await.expect("a setting");
            db.batch(&format!("PREPARE {} AS {sql}", hot.name)).await.expect("it prepares");
            let explain = format!("EXPLAIN EXECUTE {}({})", hot.name, hot.arguments.join(", "));
            db.query_text(&explain, &[]).await
        }
    };
    let column = if dialect == Dialect::Sqlite { 3 } else { 0 };
    let rows = rows.expect("a plan");
    let lines: Vec<&str> = rows.iter().map(|row| row.text(column).expect("text")).collect();
    lines.join("\n")
}

fn character(n: u32) -> char {
    char::from_u32(0x4e00 + n % 20_000).expect("a character")
}

/// Cases in bulk, as a line list brings them.
async fn fill(ward: &Ward, cases: u32) {
    let import = uuid::Uuid::from_bytes([5; 16]);
    for first in (0..cases).step_by(500) {
        let rows = (first..first + 500).map(|n| {
            let identity = Identity {
                // No two share a character at the same place.
                name: [0, 1].map(|k| character(n * (1 + 6 * k))).iter().collect(),
                id_type: IdType::Other,
                id_number: Some(format!("P{n}")),
                // Every tenth has the telephone of the one before.
                phone: Some(format!("138{:08}", if n % 10 == 9 { n - 1 } else { n })),
            };
            let keys = cases::keys::of_identity(&ward.keys, &identity, Day::new(1970, 3, 3), None);
            PutCase {
                row: n,
                person: person(n),
                identity: SealedIdentity {
                    sealed: Sealed(vec![1; 120]),
                    id_index: None,
                    phone_index: None,
                    birth_year: Some(1970),
                    sex: None,
                },
                age_months: None,
                keys,
                class: Class::Confirmed,
                severity: None,
                found_at: hour(i64::from(n / 20)) + Span::minutes(i64::from(n % 20)),
                fields: found_in(FoundIn::ALL[n as usize % 4]),
                ended: None,
                number: String::new(),
            }
        });
        let put = PutCases { import, rows: rows.collect() };
        ward.accept(vec![sent(900, Command::PutCases(put))]).await;
    }
    // And acts that edit them, each a few of them: as 300 are few among 300,000.
    let acts = (0..cases).step_by(2).map(|first| {
        let of = |n| EditOf { case: cases::case_of_row(area(), person(n)), version: None };
        let edit = Edit {
            cases: (first..first + 2).map(of).collect(),
            fields: Patch::from([(Field::Cluster, "College".to_owned())]),
            note: String::new(),
        };
        sent(901, Command::Edit(edit))
    });
    ward.accept(acts.collect()).await;
    let mut writer = ward.engine.store().writer().await.expect("a writer");
    writer.batch("ANALYZE").await.expect("statistics");
}

both_stores! {
    async fn lists_figures_and_duplicates_go_by_an_index(bed: TestBed) {
        let ward = Ward::new(bed).await;
        fill(&ward, 8_000).await;
        let mut db = ward.db().await;
        for hot in &HOT {
            let plan = plan(&mut db, hot).await;
            let by = hot.by[usize::from(db.dialect() == Dialect::Postgres)];
            assert!(plan.contains(by), "{} does not go by {by}:\n{plan}", hot.name);
        }
    }
}
