//! The statements behind the lists of the transfers desk go by an index on both stores.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/garage.rs"]
mod garage;

use std::collections::BTreeMap;

use clinic::Clinic;
use store::{Connection, Dialect, Statement, Value, both_stores};
use transfers::Class;

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

const HOT: [Hot; 12] = [
    hot(
        "RIDES_DUE",
        &[AT, ONE, "220202", "220202", "''", AT, "''", "51"],
        ["INDEX transfer_ride_due", "transfer_ride_due"],
    ),
    hot("RIDE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "transfer_ride_pkey"]),
    hot("RIDE_OPEN_OF", &[ID], ["(person=?)", "transfer_ride_person"]),
    hot(
        "RIDES_OF_HOUSEHOLD",
        &[ID],
        ["INDEX transfer_ride_household (household=?)", "transfer_ride_household"],
    ),
    hot("RIDES_TO", &["'ward:F1'", "51"], ["INDEX transfer_ride_to", "transfer_ride_to"]),
    hot("RIDES_FROM", &["'ward:F1'", "51"], ["INDEX transfer_ride_from", "transfer_ride_from"]),
    hot(
        "RIDES_ONE_SIDED",
        &["220202", "220202", "51"],
        ["INDEX transfer_ride_one_sided", "transfer_ride_one_sided"],
    ),
    hot(
        "RIDES_IN",
        &["'aboard'", "220202", "220202", "''", "51"],
        ["INDEX transfer_ride_stage (stage=?", "transfer_ride_stage"],
    ),
    hot("RIDES_OF", &[ONE, "51"], ["INDEX transfer_ride_of (person=?)", "transfer_ride_of"]),
    hot(
        "TRIPS_OPEN",
        &["220202", "220202", "51"],
        ["INDEX transfer_trip_open", "transfer_trip_open"],
    ),
    hot("SEATS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND trip=?)", "transfer_seat_pkey"]),
    hot(
        "HISTORY_OF",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND ride=?)", "transfer_history_pkey"],
    ),
];

async fn plan(db: &mut Connection, hot: &Hot) -> String {
    let all: BTreeMap<_, _> = transfers::tables::STATEMENTS.iter().copied().collect();
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
    async fn rides_and_trips_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let fleet = (0..40).map(|n| garage::ambulance(&format!("vehicle:A{n}"), 4, 0));
        clinic.accept(fleet.collect()).await;
        let mut rides = Vec::new();
        for n in 0..300_u32 {
            rides.push(garage::want(&clinic, 1, n * 4, 4, Class::Contact, "ward:F1").await);
        }
        for (n, of) in rides.iter().take(40).enumerate() {
            let vehicle = format!("vehicle:A{n}");
            let (trip, made) = garage::dispatch(2, &vehicle, of);
            clinic.accept(vec![made, garage::pick_up(2, &vehicle, trip, of)]).await;
        }
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
