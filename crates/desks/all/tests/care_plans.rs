//! The statements behind the queue, the wards and the lists of the care desk go by an index on both
//! stores.

#[path = "support/clinic.rs"]
mod clinic;

use std::collections::BTreeMap;

use care::{Admits, Kind, Level};
use cases::Severity;
use clinic::{As, Clinic, admit, assign};
use store::{Connection, Dialect, Statement, Value, both_stores};

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
const AT: &str = "1647700000000000";

const HOT: [Hot; 19] = [
    hot(
        "QUEUE",
        &["4", AT, ONE, "220202", "220202", "-1", "''", "0", AT, "51"],
        ["INDEX care_queue", "care_queue"],
    ),
    hot("EPISODE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "care_episode_pkey"]),
    hot("EPISODES_OF_PERSON", &[ID], ["INDEX care_person (person=?)", "care_person"]),
    hot(
        "IN_WARD",
        &["'ward:F1'", "'W1'", ONE, "51"],
        ["INDEX care_in_ward (facility=?", "care_in_ward"],
    ),
    hot("COMING", &["'ward:F1'", ONE, "51"], ["INDEX care_coming (held_facility=?", "care_coming"]),
    hot("AT_HOME", &["220202", "220202", "''", "51"], ["INDEX care_home", "care_home"]),
    hot("BED_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "care_bed_pkey"]),
    hot(
        "BEDS_OF_WARD",
        &["ARRAY['ward:F1']", "ARRAY['W1']"],
        ["INDEX care_bed_ward (facility=? AND ward=?)", "care_bed"],
    ),
    hot("PLACES_LIVE", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_place_pkey"]),
    hot(
        "HISTORY_OF",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND episode=?)", "care_history_pkey"],
    ),
    hot("CARE_PLANS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_plan_pkey"]),
    hot(
        "CARE_PLANS_DUE",
        &["220202", "220202", "''", AT, "51"],
        ["INDEX care_plan_due (due<?)", "care_plan_due"],
    ),
    hot(
        "CONSULTATIONS_OF",
        &[AREA, ID],
        ["PRIMARY KEY (area=? AND episode=?)", "care_consultation_pkey"],
    ),
    hot(
        "CONSULTATIONS_OPEN",
        &["220202", "220202", "''", AT, "51"],
        ["INDEX care_consultation_open (due<?)", "care_consultation_open"],
    ),
    hot("ORDERS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_order_pkey"]),
    hot(
        "STEPS",
        &["0", AT, "220202", "220202", "''", "''", "51"],
        ["INDEX care_step_at (at>? AND at<?)", "care_step_at"],
    ),
    hot(
        "HAPPENED",
        &["'admitted'", "0", ONE, AT, "220202", "220202", "51"],
        ["INDEX care_happened_at (what=?", "care_happened_at"],
    ),
    hot("HELD", &[AT, "220202", "220202", "51"], ["INDEX care_place_held", "care_place_held"]),
    hot(
        "STAYED",
        &["'confirmed'", "'mild'", "0", ONE, "220202", "220202", "''", "51"],
        ["INDEX care_stayed (class=? AND worst=?", "care_stayed"],
    ),
];

async fn plan(db: &mut Connection, hot: &Hot) -> String {
    let at_bed = care::tables::bedside::STATEMENTS;
    let all: BTreeMap<_, _> = care::tables::STATEMENTS.iter().chain(at_bed).copied().collect();
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
            // A small table is read from its begin to its end, and hashed; large ones are what is
            // asked about.
            db.batch("SET enable_seqscan = off").await.expect("a setting");
            db.batch("SET enable_hashjoin = off").await.expect("a setting");
            db.batch("SET enable_mergejoin = off").await.expect("a setting");
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

both_stores! {
    async fn queue_wards_and_lists_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        clinic.facility("ward:F1", Kind::Fangcang, Level::Shelter, Admits::Anybody, 100).await;
        let mut group = Vec::new();
        let mut episodes = Vec::new();
        for n in 0..1_200_u32 {
            let who = if n % 3 == 0 { As::ill(Severity::Mild) } else { As::well() };
            let (case, envelope) = clinic.case(i64::from(n % 90), n, who);
            group.push(envelope);
            episodes.push(care::episode_of(case));
        }
        for chunk in group.chunks(100) {
            clinic.accept(chunk.to_vec()).await;
        }
        for episode in &episodes[..60] {
            clinic.accept(vec![assign(100, *episode, "ward:F1", "W1")]).await;
        }
        let admitted = episodes[..40].iter().map(|episode| admit(101, *episode, "ward:F1"));
        clinic.accept(admitted.collect()).await;
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.batch("ANALYZE").await.expect("statistics");
        drop(writer);
        let mut db = clinic.db().await;
        for hot in &HOT {
            let plan = plan(&mut db, hot).await;
            let by = hot.by[usize::from(db.dialect() == Dialect::Postgres)];
            assert!(plan.contains(by), "{} does not go by {by}:\n{plan}", hot.name);
        }
    }
}
