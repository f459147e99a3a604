//! The registry's tables and statements.

use store::{Schema, Table, statements};

/// The registry's tables. `import_job` and its rows are operational: they hold how an
/// import went, not what it put into the registry, and are not rebuilt from the journal.
pub const SCHEMA: Schema = Schema {
    name: "registry",
    migrations: &[
        &[
            "CREATE TABLE place (
            area BIGINT NOT NULL, code TEXT NOT NULL, level BIGINT NOT NULL, parent TEXT,
            name_zh TEXT NOT NULL, name_en TEXT NOT NULL, lon DOUBLE PRECISION,
            lat DOUBLE PRECISION, outline TEXT, PRIMARY KEY (area, code)) {clustered}",
            "CREATE INDEX place_parent ON place (parent, code)",
            "CREATE TABLE place_count (
            area BIGINT NOT NULL, place TEXT NOT NULL, households BIGINT NOT NULL,
            persons BIGINT NOT NULL, PRIMARY KEY (area, place)) {clustered}",
            "CREATE TABLE household (
            area BIGINT NOT NULL, id BYTEA NOT NULL, compound TEXT NOT NULL, place TEXT NOT NULL,
            door TEXT NOT NULL, code_index BYTEA, code_at BIGINT,
            PRIMARY KEY (area, id)) {clustered}",
            "CREATE INDEX household_compound ON household (area, compound, place, door)",
            "CREATE INDEX household_code ON household (code_index) WHERE code_index IS NOT NULL",
            "CREATE TABLE person (
            area BIGINT NOT NULL, id BYTEA NOT NULL, household BYTEA, compound TEXT, place TEXT,
            door TEXT NOT NULL, sealed BYTEA NOT NULL, id_index BYTEA, phone_index BYTEA,
            birth_year BIGINT, sex TEXT, flags BIGINT NOT NULL, same_area BIGINT, same_as BYTEA,
            registered_at BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
            "CREATE INDEX person_number ON person (id_index) WHERE id_index IS NOT NULL",
            "CREATE INDEX person_phone ON person (phone_index) WHERE phone_index IS NOT NULL",
            // A swab may be taken in another county: who it is of is found without knowing where.
            "CREATE INDEX person_anywhere ON person (id, compound)",
            "CREATE INDEX person_home ON person (area, compound, household)
            WHERE compound IS NOT NULL",
            "CREATE TABLE person_change (
            area BIGINT NOT NULL, person BYTEA NOT NULL, command BYTEA NOT NULL,
            at BIGINT NOT NULL, actor TEXT NOT NULL, fields TEXT NOT NULL, reason TEXT NOT NULL,
            note TEXT NOT NULL, PRIMARY KEY (area, person, command)) {clustered}",
            "CREATE TABLE moved (
            area BIGINT NOT NULL, person BYTEA NOT NULL, household BYTEA NOT NULL,
            to_area BIGINT NOT NULL, to_person BYTEA NOT NULL, place TEXT NOT NULL,
            door TEXT NOT NULL, sealed BYTEA NOT NULL, id_index BYTEA, phone_index BYTEA,
            birth_year BIGINT, sex TEXT, state TEXT NOT NULL, found_at BIGINT NOT NULL,
            PRIMARY KEY (area, person, household)) {clustered}",
            "CREATE INDEX moved_open ON moved (area, found_at) WHERE state = 'open'",
            "CREATE TABLE holder (
            area BIGINT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, name_zh TEXT NOT NULL,
            name_en TEXT NOT NULL, place TEXT, lon DOUBLE PRECISION, lat DOUBLE PRECISION,
            active BIGINT NOT NULL, PRIMARY KEY (area, code)) {clustered}",
            "CREATE INDEX holder_code ON holder (code)",
            "CREATE TABLE look (
            area BIGINT NOT NULL, command BYTEA NOT NULL, person BYTEA, place TEXT,
            depth TEXT NOT NULL, purpose TEXT NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL,
            at BIGINT NOT NULL, PRIMARY KEY (area, command)) {clustered}",
            "CREATE INDEX look_person ON look (area, person, at) WHERE person IS NOT NULL",
            "CREATE INDEX look_at ON look (area, at)",
        ],
        &[
            "CREATE TABLE import_job (
            id BYTEA PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL,
            file_name TEXT NOT NULL, bytes BIGINT NOT NULL, actor TEXT NOT NULL,
            state TEXT NOT NULL, dry_run BIGINT NOT NULL, settings TEXT NOT NULL,
            created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, done BIGINT NOT NULL,
            whole BIGINT NOT NULL, rows_read BIGINT NOT NULL, accepted BIGINT NOT NULL,
            duplicate BIGINT NOT NULL, repeated BIGINT NOT NULL, moved BIGINT NOT NULL,
            rejected BIGINT NOT NULL, blank BIGINT NOT NULL, warnings TEXT NOT NULL,
            error TEXT) {plain}",
            "CREATE INDEX import_job_created ON import_job (created_at)",
            "CREATE TABLE import_head (
            import BYTEA NOT NULL, n BIGINT NOT NULL, sealed BYTEA NOT NULL,
            PRIMARY KEY (import, n)) {clustered}",
            "CREATE TABLE import_row (
            import BYTEA NOT NULL, row BIGINT NOT NULL, line BIGINT NOT NULL,
            head BIGINT NOT NULL, status TEXT NOT NULL, field TEXT NOT NULL,
            rule TEXT NOT NULL, repeats BIGINT, sealed BYTEA NOT NULL,
            PRIMARY KEY (import, row)) {clustered}",
        ],
        &[
            // Of the file's bytes, keyed: two uploads of one file are told, and nothing can be
            // guessed from it.
            "ALTER TABLE import_job ADD COLUMN digest BYTEA",
            "CREATE INDEX import_job_digest ON import_job (digest) WHERE digest IS NOT NULL",
        ],
        &[
            // The households of a compound lie together by their ids: one index less to write.
            "DROP INDEX household_compound",
            // A compound's code says its county. Without the area in front, and with `+p.area` in
            // the queries, SQLite cannot take it for better to walk a whole county by its key.
            "DROP INDEX person_home",
            "CREATE INDEX person_home ON person (compound, household) WHERE compound IS NOT NULL",
        ],
        &[
            // Found once, from the whole file, and never again.
            "ALTER TABLE import_job ADD COLUMN encoding TEXT",
            "ALTER TABLE import_job ADD COLUMN lines BIGINT",
        ],
        &[
            // A search reads it from the widest level on, without the outlines beside the names.
            "CREATE INDEX place_search ON place (level, area, code, name_zh, name_en)",
        ],
    ],
    derived: &[
        Table {
            name: "place",
            columns: "area, code, level, parent, name_zh, name_en, lon, lat, outline",
            key: "area, code",
        },
        Table {
            name: "place_count",
            columns: "area, place, households, persons",
            key: "area, place",
        },
        Table {
            name: "household",
            columns: "area, id, compound, place, door, code_index, code_at",
            key: "area, id",
        },
        Table {
            name: "person",
            columns: "area, id, household, compound, place, door, sealed, id_index, phone_index, \
                      birth_year, sex, flags, same_area, same_as, registered_at",
            key: "area, id",
        },
        Table {
            name: "person_change",
            columns: "area, person, command, at, actor, fields, reason, note",
            key: "area, person, command",
        },
        Table {
            name: "moved",
            columns: "area, person, household, to_area, to_person, place, door, sealed, \
                      id_index, phone_index, birth_year, sex, state, found_at",
            key: "area, person, household",
        },
        Table {
            name: "holder",
            columns: "area, code, kind, name_zh, name_en, place, lon, lat, active",
            key: "area, code",
        },
        Table {
            name: "look",
            columns: "area, command, person, place, depth, purpose, note, actor, at",
            key: "area, command",
        },
    ],
};

/// Rows of imports.
macro_rules! jobs {
    ($which:literal) => {
        concat!(
            "SELECT id, kind, scope, file_name, bytes, actor, state, dry_run, settings, created_at,
                changed_at, done, whole, rows_read, accepted, duplicate, repeated, moved, rejected,
                blank, warnings, error, digest, encoding, lines
             FROM import_job ",
            $which
        )
    };
}

statements! {
    // Where places are that say so.
    PLACE_AT: Lookup = Lookup::new(
        "SELECT p.code, p.lon, p.lat FROM place p", &[("p.area", Int), ("p.code", Text)],
        "AND p.lon IS NOT NULL AND p.lat IS NOT NULL");
    PLACE_PUT: Insert = Insert::new(
        "place",
        &[("area", Int), ("code", Text), ("level", Int), ("parent", Text), ("name_zh", Text),
          ("name_en", Text), ("lon", Real), ("lat", Real), ("outline", Text)],
        "ON CONFLICT (area, code) DO UPDATE SET name_zh = excluded.name_zh,
            name_en = excluded.name_en, lon = excluded.lon, lat = excluded.lat,
            outline = excluded.outline");
    PLACE_KNOWN: Lookup = Lookup::new(
        "SELECT p.code FROM place p", &[("p.area", Int), ("p.code", Text)], "");
    COUNT_ADD: Insert = Insert::new(
        "place_count",
        &[("area", Int), ("place", Text), ("households", Int), ("persons", Int)],
        "ON CONFLICT (area, place) DO UPDATE SET
            households = place_count.households + excluded.households,
            persons = place_count.persons + excluded.persons");
    HOUSEHOLD_BY_ID: Lookup = Lookup::new(
        "SELECT h.area, h.id, h.compound, h.place, h.door, h.code_index, h.code_at
         FROM household h",
        &[("h.area", Int), ("h.id", Bytes)], "");
    HOUSEHOLD_PUT: Insert = Insert::new(
        "household",
        &[("area", Int), ("id", Bytes), ("compound", Text), ("place", Text), ("door", Text),
          ("code_index", Bytes), ("code_at", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET code_index = excluded.code_index,
            code_at = excluded.code_at");
    PERSON_BY_ID: Lookup = Lookup::new(
        "SELECT p.area, p.id, p.household, p.compound, p.place, p.door, p.sealed, p.id_index,
            p.phone_index, p.birth_year, p.sex, p.flags, p.same_area, p.same_as, p.registered_at
         FROM person p",
        &[("p.area", Int), ("p.id", Bytes)], "");
    // What other desks need of a person: where it is counted, and whether it is only another
    // name for somebody else.
    PERSON_PLACE: Lookup = Lookup::new(
        "SELECT p.id, p.compound, p.household, p.place, p.door, p.same_area, p.same_as
         FROM person p",
        &[("p.area", Int), ("p.id", Bytes)], "");
    PERSON_BY_NUMBER: Lookup = Lookup::new(
        "SELECT p.id_index, p.area, p.id, p.household FROM person p", &[("p.id_index", Bytes)], "");
    PERSON_PUT: Insert = Insert::new(
        "person",
        &[("area", Int), ("id", Bytes), ("household", Bytes), ("compound", Text), ("place", Text),
          ("door", Text), ("sealed", Bytes), ("id_index", Bytes), ("phone_index", Bytes),
          ("birth_year", Int), ("sex", Text), ("flags", Int), ("same_area", Int),
          ("same_as", Bytes), ("registered_at", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET household = excluded.household,
            compound = excluded.compound, place = excluded.place, door = excluded.door,
            sealed = excluded.sealed, id_index = excluded.id_index,
            phone_index = excluded.phone_index, birth_year = excluded.birth_year,
            sex = excluded.sex, flags = excluded.flags, same_area = excluded.same_area,
            same_as = excluded.same_as");
    CHANGE_PUT: Insert = Insert::new(
        "person_change",
        &[("area", Int), ("person", Bytes), ("command", Bytes), ("at", Int), ("actor", Text),
          ("fields", Text), ("reason", Text), ("note", Text)],
        "");
    MOVED_BY_KEY: Lookup = Lookup::new(
        "SELECT m.area, m.person, m.household, m.to_area, m.to_person, m.place, m.door, m.sealed,
            m.id_index, m.phone_index, m.birth_year, m.sex, m.state, m.found_at
         FROM moved m",
        &[("m.area", Int), ("m.person", Bytes), ("m.household", Bytes)], "");
    MOVED_PUT: Insert = Insert::new(
        "moved",
        &[("area", Int), ("person", Bytes), ("household", Bytes), ("to_area", Int),
          ("to_person", Bytes), ("place", Text), ("door", Text), ("sealed", Bytes),
          ("id_index", Bytes), ("phone_index", Bytes), ("birth_year", Int), ("sex", Text),
          ("state", Text), ("found_at", Int)],
        "ON CONFLICT (area, person, household) DO UPDATE SET to_area = excluded.to_area,
            to_person = excluded.to_person, place = excluded.place, door = excluded.door,
            sealed = excluded.sealed, id_index = excluded.id_index,
            phone_index = excluded.phone_index, birth_year = excluded.birth_year,
            sex = excluded.sex, state = excluded.state, found_at = excluded.found_at");
    HOLDER_PUT: Insert = Insert::new(
        "holder",
        &[("area", Int), ("code", Text), ("kind", Text), ("name_zh", Text), ("name_en", Text),
          ("place", Text), ("lon", Real), ("lat", Real), ("active", Int)],
        "ON CONFLICT (area, code) DO UPDATE SET name_zh = excluded.name_zh,
            name_en = excluded.name_en, place = excluded.place, lon = excluded.lon,
            lat = excluded.lat, active = excluded.active");
    LOOK_PUT: Insert = Insert::new(
        "look",
        &[("area", Int), ("command", Bytes), ("person", Bytes), ("place", Text),
          ("depth", Text), ("purpose", Text), ("note", Text), ("actor", Text), ("at", Int)],
        "");

    PERSONS_BETWEEN: Query = Query::new(
        "SELECT id FROM person WHERE area = $1 AND id BETWEEN $2 AND $3");
    PLACE_ONE: Query = Query::new(
        "SELECT p.code, p.name_zh, p.name_en, p.lon, p.lat, p.outline, n.households, n.persons,
            (SELECT count(*) FROM place c WHERE c.parent = p.code)
         FROM place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code
         WHERE p.area = $1 AND p.code = $2");
    PLACE_NAMES: Lookup = Lookup::new(
        "SELECT p.code, p.name_zh, p.name_en FROM place p", &[("p.area", Int), ("p.code", Text)],
        "");
    PLACE_CHILDREN: Query = Query::new(
        "SELECT p.code, p.name_zh, p.name_en, p.lon, p.lat, NULL, n.households, n.persons,
            (SELECT count(*) FROM place c WHERE c.parent = p.code)
         FROM place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code
         WHERE p.parent = $1 ORDER BY p.code");
    PLACE_OUTLINES: Query = Query::new(
        "SELECT p.code, p.outline FROM place p
         WHERE p.parent = $1 AND p.outline IS NOT NULL ORDER BY p.code");
    // Compounds, and communities without compounds, with where they lie.
    COMPOUNDS_OF: Query = Query::new(
        "SELECT n.place, n.households, n.persons, p.lon, p.lat
         FROM place_count n LEFT JOIN place p ON p.area = n.area AND p.code = n.place
         WHERE n.area BETWEEN $1 AND $2 AND n.place >= $3 AND n.place < $4
           AND length(n.place) >= 12 AND n.place NOT LIKE '%-%-%'
         ORDER BY n.area, n.place");
    PLACE_ROOTS: Query = Query::new(
        "SELECT p.code, p.name_zh, p.name_en, p.lon, p.lat, NULL, n.households, n.persons,
            (SELECT count(*) FROM place c WHERE c.parent = p.code)
         FROM place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code
         WHERE p.area = 0 AND p.level = 1 ORDER BY p.code");
    // Counters start at the county: above it, the counties are added up.
    COUNTIES_OF: Query = Query::new(
        "SELECT c.parent, CAST(sum(n.households) AS BIGINT), CAST(sum(n.persons) AS BIGINT)
         FROM place c JOIN place_count n ON n.area = c.area AND n.place = c.code
         WHERE c.level = 3
           AND (c.parent = $1 OR c.parent IN (SELECT q.code FROM place q WHERE q.parent = $1))
         GROUP BY c.parent");
    COUNTY_COUNTS: Query = Query::new(
        "SELECT p.area, p.name_zh, p.name_en, n.households, n.persons
         FROM place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code
         WHERE p.parent IN (SELECT q.code FROM place q WHERE q.area = 0 AND q.level = 2)
           AND p.level = 3 AND p.area BETWEEN $1 AND $2
         ORDER BY p.area");
    PLACE_SEARCH: Query = Query::new(
        "SELECT p.code, p.name_zh, p.name_en, p.lon, p.lat, NULL, n.households, n.persons,
            (SELECT count(*) FROM place c WHERE c.parent = p.code)
         FROM (SELECT level, area, code FROM place
               WHERE (+area BETWEEN $1 AND $2 OR +area = 0)
                 AND (code LIKE $3 ESCAPE '!' OR name_zh LIKE $4 ESCAPE '!'
                      OR name_en {ilike} $4 ESCAPE '!')
               ORDER BY level, area, code LIMIT $5) f
         CROSS JOIN place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code
         WHERE p.area = f.area AND p.code = f.code
         ORDER BY f.level, f.area, f.code");
    TARGETS: Query = Query::new(
        "SELECT p.area, p.compound, count(*) FROM person p
         WHERE p.area BETWEEN $1 AND $2 AND p.compound IS NOT NULL AND p.same_as IS NULL
         GROUP BY p.area, p.compound ORDER BY p.area, p.compound");

    // The range of ids is that of the compound's households, which lie together.
    HOUSEHOLDS_OF: Query = Query::new(
        "SELECT f.id, f.compound, f.place, f.door, f.code_at,
            (SELECT count(*) FROM person p
             WHERE +p.area = f.area AND p.compound = f.compound AND p.household = f.id
               AND p.same_as IS NULL)
         FROM (SELECT h.area, h.id, h.compound, h.place, h.door, h.code_at FROM household h
               WHERE h.area = $1 AND h.id BETWEEN $9 AND $10 AND h.compound = $2
                 AND (h.place = $3 OR h.place LIKE $4 ESCAPE '!')
                 AND (h.place > $5 OR (h.place = $5 AND h.door > $6)
                      OR (h.place = $5 AND h.door = $6 AND h.id > $7))
               ORDER BY h.place, h.door, h.id LIMIT $8) f
         ORDER BY f.place, f.door, f.id");
    HOUSEHOLD_ONE: Query = Query::new(
        "SELECT h.id, h.compound, h.place, h.door, h.code_at,
            (SELECT count(*) FROM person p
             WHERE +p.area = h.area AND p.compound = h.compound AND p.household = h.id
               AND p.same_as IS NULL)
         FROM household h WHERE h.area = $1 AND h.id = $2");
    HOUSEHOLD_BY_CODE: Query = Query::new("SELECT area, id FROM household WHERE code_index = $1");
    PERSONS_OF_HOUSEHOLD: Lookup = Lookup::new(
        "SELECT p.area, p.id, p.household, p.compound, p.place, p.door, p.sealed, p.id_index,
            p.phone_index, p.birth_year, p.sex, p.flags, p.same_area, p.same_as, p.registered_at
         FROM person p",
        &[("+p.area", Int), ("p.compound", Text), ("p.household", Bytes)],
        "AND p.same_as IS NULL");
    PERSONS_OF_COMPOUND: Query = Query::new(
        "SELECT p.area, p.id, p.household, p.compound, p.place, p.door, p.sealed, p.id_index,
            p.phone_index, p.birth_year, p.sex, p.flags, p.same_area, p.same_as, p.registered_at
         FROM person p WHERE +p.area = $1 AND p.compound = $2 AND p.same_as IS NULL");
    PERSONS_BY_NUMBER: Lookup = Lookup::new(
        "SELECT p.area, p.id, p.household, p.compound, p.place, p.door, p.sealed, p.id_index,
            p.phone_index, p.birth_year, p.sex, p.flags, p.same_area, p.same_as, p.registered_at
         FROM person p",
        &[("p.id_index", Bytes)], "");
    PERSONS_BY_PHONE: Lookup = Lookup::new(
        "SELECT p.area, p.id, p.household, p.compound, p.place, p.door, p.sealed, p.id_index,
            p.phone_index, p.birth_year, p.sex, p.flags, p.same_area, p.same_as, p.registered_at
         FROM person p",
        &[("p.phone_index", Bytes)], "AND p.same_as IS NULL");
    CHANGES_OF: Query = Query::new(
        "SELECT at, actor, fields, reason, note FROM person_change
         WHERE area = $1 AND person = $2 ORDER BY at, command");
    LOOKS_AT: Query = Query::new(
        "SELECT at, actor, depth, purpose, note FROM look
         WHERE area = $1 AND person = $2 ORDER BY at DESC LIMIT $3");
    LOOKS_IN: Query = Query::new(
        "SELECT l.at, l.actor, l.depth, l.purpose, l.note, l.area, l.person, l.place FROM look l
         WHERE l.area BETWEEN $1 AND $2 AND l.at >= $3 ORDER BY l.at DESC LIMIT $4");
    // Of one county the latest lie together in the index.
    LOOKS_IN_COUNTY: Query = Query::new(
        "SELECT l.at, l.actor, l.depth, l.purpose, l.note, l.area, l.person, l.place FROM look l
         WHERE l.area = $1 AND l.at >= $2 ORDER BY l.at DESC LIMIT $3");
    MOVES_OPEN: Query = Query::new(
        "SELECT m.area, m.person, m.household, m.to_area, m.to_person, m.place, m.door, m.sealed,
            m.id_index, m.phone_index, m.birth_year, m.sex, m.state, m.found_at
         FROM moved m WHERE m.state = 'open' AND m.area BETWEEN $1 AND $2
         ORDER BY m.area, m.found_at, m.person LIMIT $3");

    HOLDERS_OF: Query = Query::new(
        "SELECT area, code, name_zh, name_en, place, lon, lat, active FROM holder
         WHERE area BETWEEN $1 AND $2 AND (kind = $3 OR $3 = '') ORDER BY area, code");
    HOLDERS_AFTER: Query = Query::new(
        "SELECT area, code, name_zh, name_en, place, lon, lat, active FROM holder
         WHERE area BETWEEN $1 AND $2 AND (kind = $3 OR $3 = '')
           AND (area > $4 OR (area = $4 AND code > $5))
         ORDER BY area, code LIMIT $6");
    HOLDER_BY_CODE: Lookup = Lookup::new(
        "SELECT h.area, h.code, h.name_zh, h.name_en, h.place, h.lon, h.lat, h.active
         FROM holder h",
        &[("h.code", Text)], "");

    JOB_PUT: Insert = Insert::new(
        "import_job",
        &[("id", Bytes), ("kind", Text), ("scope", Text), ("file_name", Text), ("bytes", Int),
          ("actor", Text), ("state", Text), ("dry_run", Int), ("settings", Text),
          ("created_at", Int), ("changed_at", Int), ("done", Int), ("whole", Int),
          ("rows_read", Int), ("accepted", Int), ("duplicate", Int), ("repeated", Int),
          ("moved", Int), ("rejected", Int), ("blank", Int), ("warnings", Text),
          ("digest", Bytes), ("encoding", Text), ("lines", Int)],
        "");
    // What was begun in earnest is finished as it was begun: its rows may be in the registry.
    JOB_SETTINGS: Query = Query::new(
        "UPDATE import_job SET settings = $2, changed_at = $3, state = 'uploaded', dry_run = 1
         WHERE id = $1 AND state <> 'running' AND state <> 'queued' AND state <> 'done'
           AND state <> 'discarded' AND (dry_run <> 0 OR state = 'uploaded')");
    // Only one can start it: the update says by its count who.
    JOB_START: Query = Query::new(
        "UPDATE import_job SET state = 'queued', dry_run = $2, settings = $3, changed_at = $4,
            error = NULL, done = 0, whole = 0, rows_read = 0, accepted = 0, duplicate = 0,
            repeated = 0, moved = 0, rejected = 0, blank = 0
         WHERE id = $1 AND state <> 'running' AND state <> 'queued' AND state <> 'done'
           AND state <> 'discarded' AND ($2 = 0 OR dry_run <> 0 OR state = 'uploaded')");
    JOB_TEXT: Query = Query::new(
        "UPDATE import_job SET encoding = $2, lines = $3 WHERE id = $1");
    JOB_DISCARD: Query = Query::new(
        "UPDATE import_job SET state = 'discarded', changed_at = $2
         WHERE id = $1 AND state <> 'running' AND state <> 'queued' AND state <> 'done'");
    JOB_STATE: Query = Query::new(
        "UPDATE import_job SET state = $2, error = $3, warnings = $4, changed_at = $5
         WHERE id = $1");
    JOB_PROGRESS: Query = Query::new(
        "UPDATE import_job SET done = $2, whole = $3, rows_read = $4, accepted = $5,
            duplicate = $6, repeated = $7, moved = $8, rejected = $9, blank = $10,
            changed_at = $11
         WHERE id = $1");
    JOB_ONE: Query = Query::new(
        jobs!("WHERE id = $1"));
    JOBS_LATEST: Query = Query::new(
        jobs!("WHERE created_at < $1 ORDER BY created_at DESC LIMIT $2"));
    JOBS_OF_FILE: Query = Query::new(
        jobs!("WHERE digest = $1 AND id <> $2 ORDER BY created_at DESC LIMIT 20"));
    // A file that waits for its importer is not kept for ever.
    JOBS_STALE: Query = Query::new(
        "SELECT id FROM import_job WHERE changed_at < $1 AND (state = 'rehearsed'
            OR state = 'uploaded' OR state = 'failed' OR state = 'cancelled')");
    JOBS_UNFINISHED: Query = Query::new(
        jobs!("WHERE state = 'running' OR state = 'queued' ORDER BY created_at"));
    HEAD_PUT: Insert = Insert::new(
        "import_head", &[("import", Bytes), ("n", Int), ("sealed", Bytes)],
        "ON CONFLICT (import, n) DO UPDATE SET sealed = excluded.sealed");
    HEADS_OF: Query = Query::new("SELECT n, sealed FROM import_head WHERE import = $1 ORDER BY n");
    ROW_PUT: Insert = Insert::new(
        "import_row",
        &[("import", Bytes), ("row", Int), ("line", Int), ("head", Int), ("status", Text),
          ("field", Text), ("rule", Text), ("repeats", Int), ("sealed", Bytes)],
        "ON CONFLICT (import, row) DO UPDATE SET line = excluded.line, head = excluded.head,
            status = excluded.status, field = excluded.field, rule = excluded.rule,
            repeats = excluded.repeats, sealed = excluded.sealed");
    ROWS_OF: Query = Query::new(
        "SELECT row, line, head, status, field, rule, repeats, sealed FROM import_row
         WHERE import = $1 AND row > $2 AND (status = $3 OR $3 = '') AND (rule = $4 OR $4 = '')
         ORDER BY row LIMIT $5");
    RULES_OF: Query = Query::new(
        "SELECT status, rule, count(*) FROM import_row WHERE import = $1
         GROUP BY status, rule ORDER BY count(*) DESC, status, rule");
    ROWS_FORGET: Query = Query::new("DELETE FROM import_row WHERE import = $1");
    HEADS_FORGET: Query = Query::new("DELETE FROM import_head WHERE import = $1");
}
