//! The statements behind lists, figures and duplicates go by an index on both stores.

#[path = "support/ward.rs"]
mod ward;

use cases::{Class, Command, Edit, EditOf, Field, FoundIn, Patch, PutCase, PutCases};
use registry::command::SealedIdentity;
use registry::identity::{Day, IdType, Identity};
use registry::seal::Sealed;
use store::both_stores;
use store::testkit::plans::{Hot, check, hot};
use types::Span;
use ward::{Ward, area, found_in, hour, person, sent};

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
            check(&mut db, cases::tables::STATEMENTS, &[], hot).await;
        }
    }
}
