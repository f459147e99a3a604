//! The statements behind the lists of the zones desk go by an index on both stores.

#[path = "support/clinic.rs"]
mod clinic;

use clinic::Clinic;
use store::both_stores;
use store::testkit::plans::{Hot, as_if_large, check, hot};

const ID: &str = "ARRAY['\\x01'::bytea]";
const ONE: &str = "'\\x01'::bytea";
const AREA: &str = "ARRAY[220202]::bigint[]";
const PLACE: &str = "ARRAY['220202001001']::text[]";
const AT: &str = "1647700000000000";

const ZONES: [Hot; 9] = [
    hot("ZONE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "zone_pkey"]),
    hot("ZONE_STANDS_AT", &[AREA, PLACE], ["INDEX zone_one_level", "zone_one_level"]),
    hot("ZONES_OF_COUNTY", &["220202"], ["INDEX zone_one_level", "zone_one_level"]),
    hot("CASES_OF_ZONE", &[AREA, ID], ["PRIMARY KEY (area=? AND zone=?)", "zone_case_pkey"]),
    hot("ZONES_OF_CASE", &[ID], ["INDEX zone_case_of", "zone_case_of"]),
    hot("ENDING", &[AT, "220202", "220202", "50"], ["INDEX zone_until", "zone_until"]),
    hot("UNFOUNDED", &["220202", "220202", "50"], ["INDEX zone_unfounded", "zone_unfounded"]),
    hot(
        "STANDING",
        &["220202", "220202", "''", "''", "'~'", "0", "''", "50"],
        ["INDEX zone_one_level", "zone_one_level"],
    ),
    hot(
        "STRETCHES_AT",
        &["220202", "220202", AT, "''", "'~'"],
        ["INDEX zone_stretch_at", "zone_stretch_at"],
    ),
];

const SWEEPS: [Hot; 5] = [
    hot("SWEEP_OPEN_AT", &[AREA, PLACE], ["INDEX sweep_one", "sweep_one"]),
    hot("SWEEPS_OPEN", &["220202", "220202", "''", "'~'", "50"], ["INDEX sweep_one", "sweep_one"]),
    hot(
        "HOMES_OF",
        &["220202", ONE, "''", "''", "'~'", "''", ONE, "50"],
        ["INDEX sweep_home_walk (area=? AND sweep=?", "sweep_home_walk"],
    ),
    hot("PARTS_OF", &["220202", ONE], ["PRIMARY KEY (area=? AND sweep=?)", "sweep_part_pkey"]),
    hot("STRAYS_OPEN", &["220202", "220202", "50"], ["INDEX sweep_stray_open", "sweep_stray_open"]),
];

both_stores! {
    async fn zones_and_sweeps_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let mut db = clinic.db().await;
        as_if_large(&mut db).await;
        let tables = ["zone", "zone_case", "zone_stretch", "sweep", "sweep_home", "sweep_part",
            "sweep_stray", "z", "c", "s", "h", "p", "y"];
        for statement in &ZONES {
            check(&mut db, zones::tables::STATEMENTS, &tables, statement).await;
        }
        for statement in &SWEEPS {
            check(&mut db, zones::tables::sweeps::STATEMENTS, &tables, statement).await;
        }
    }
}
