//! The statements behind the lists of the zones desk go by an index on both stores.

#[path = "support/clinic.rs"]
mod clinic;

use clinic::Clinic;
use store::testkit::plans::{Hot, as_if_large, check, hot};
use store::{Dialect, both_stores};

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

const SWEEPS: [Hot; 7] = [
    hot("SWEEP_OPEN_AT", &[AREA, PLACE], ["INDEX sweep_one", "sweep_one"]),
    hot("SWEEPS_OPEN", &["220202", "220202", "''", "'~'", "50"], ["INDEX sweep_one", "sweep_one"]),
    hot(
        "HOMES_OF",
        &["220202", ONE, "''", "''", "'~'", "''", ONE, "50"],
        ["INDEX sweep_home_walk (area=? AND sweep=?", "sweep_home_walk"],
    ),
    hot("PARTS_OF", &["220202", ONE], ["PRIMARY KEY (area=? AND sweep=?)", "sweep_part_pkey"]),
    hot("SWEEPING_BY_PLACE", &["220202", "220202", "9"], ["INDEX sweep_one", "sweep_one"]),
    hot(
        "STRAYS_BY_PLACE",
        &["220202", "220202", "9"],
        ["INDEX sweep_stray_open", "sweep_stray_open"],
    ),
    hot("STRAYS_OPEN", &["220202", "220202", "50"], ["INDEX sweep_stray_open", "sweep_stray_open"]),
];

/// Rows enough that it matters how they are found: zones of 40 counties, a tenth of them standing, and sweeps.
const FILL: [&str; 6] = [
    "INSERT INTO zone (area, id, place, level, until, supply, urgent, basis, made_at, since, why,
        spans, households, persons, infections, unfounded, reason, ended, ended_at, standing)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     SELECT 220200 + i % 40, CAST(CAST(1000000000000000 + i AS TEXT) AS BYTEA),
        '2202020010' || CAST(i AS TEXT), 'locked', 1640000000000000 + i, 's', 'u', 'b', i, i, 'made',
        1, 1, 1, 1, CASE WHEN i % 50 = 0 THEN 1 ELSE 0 END, '', NULL, i,
        CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END FROM n",
    "INSERT INTO zone_case (area, zone, case_id, at, kind, void)
     SELECT z.area, z.id, z.id, z.made_at, 'cited', 0 FROM zone z",
    "INSERT INTO zone_stretch (area, zone, n, place, level, from_at, to_at, why)
     SELECT z.area, z.id, 0, z.place, z.level, z.since, z.ended_at, z.why FROM zone z",
    "INSERT INTO sweep (area, id, place, opened_at, todo, found, absent, refused, strays,
        open_strays, closed_at, note)
     SELECT z.area, z.id, z.place, z.made_at, 1, 0, 0, 0, 0, 0,
        CASE WHEN z.standing = 1 THEN NULL ELSE z.made_at END, '' FROM zone z",
    "INSERT INTO sweep_home (area, sweep, household, place, door, persons, state, visits, seen,
        strangers, actor, note)
     SELECT a.area, a.id, b.id, b.place, '1', 1, 'todo', 0, 0, 0, '', ''
     FROM sweep a JOIN sweep b ON b.area = a.area WHERE a.closed_at IS NULL",
    "INSERT INTO sweep_stray (area, id, sweep, place, door, persons, note, at, actor, settled_at,
        settled)
     SELECT s.area, s.id, s.id, s.place, 'x', 1, '', s.opened_at, '', s.closed_at, '' FROM sweep s",
];

both_stores! {
    async fn zones_and_sweeps_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        let bytes = if writer.dialect() == Dialect::Sqlite { "BLOB" } else { "BYTEA" };
        for rows in FILL {
            writer.query_text(&rows.replace("BYTEA", bytes), &[]).await.expect("rows");
        }
        writer.batch("ANALYZE").await.expect("statistics");
        drop(writer);
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
