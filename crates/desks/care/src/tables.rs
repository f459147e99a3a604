//! The care desk's tables and statements: the one place for its SQL.

pub mod bedside;
pub mod open;

use store::{Schema, Table, statements};

/// The care desk's tables, all derived from the journal.
///
/// `care_place` has a row for every time that a bed was somebody's. Its two partial unique indexes
/// are what makes a double booking impossible, whatever a rule overlooks: a bed is one person's at a
/// time, and a person lies in one bed and has one held at most.
///
/// A ward's row has its beds by state, changed in the transaction that changes a bed. `care_count` has
/// the episodes by stage and rank ([`crate::Condition::rank`]), `care_wait` those who wait by the hour
/// since which they do, `care_flow` what happened by hour.
///
/// `care_episode.facility` and `ward` are those of the bed that the person lies in, else of the held one;
/// `held_facility` that of the held one.
pub const SCHEMA: Schema = Schema {
    name: "care",
    migrations: &[
        &[
            "CREATE TABLE care_facility (
            area BIGINT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, name_zh TEXT NOT NULL,
            name_en TEXT NOT NULL, serves TEXT NOT NULL, place TEXT, lon DOUBLE PRECISION,
            lat DOUBLE PRECISION, opens_at BIGINT NOT NULL, closes_at BIGINT, intake BIGINT,
            turnaround BIGINT NOT NULL, PRIMARY KEY (area, code)) {clustered}",
            "CREATE UNIQUE INDEX care_facility_code ON care_facility (code)",
            "CREATE TABLE care_ward (
            area BIGINT NOT NULL, facility TEXT NOT NULL, code TEXT NOT NULL,
            name_zh TEXT NOT NULL, name_en TEXT NOT NULL, level TEXT NOT NULL,
            admits TEXT NOT NULL, reserve BIGINT NOT NULL, claimed BIGINT NOT NULL,
            nurses BIGINT NOT NULL, per_nurse BIGINT NOT NULL, free BIGINT NOT NULL,
            held BIGINT NOT NULL, occupied BIGINT NOT NULL, dirty BIGINT NOT NULL,
            out_of_use BIGINT NOT NULL, PRIMARY KEY (area, facility, code)) {clustered}",
            "CREATE UNIQUE INDEX care_ward_code ON care_ward (facility, code)",
            "CREATE TABLE care_bed (
            area BIGINT NOT NULL, id BYTEA NOT NULL, facility TEXT NOT NULL, ward TEXT NOT NULL,
            label TEXT NOT NULL, room TEXT NOT NULL, state TEXT NOT NULL, since BIGINT NOT NULL,
            due BIGINT, episode BYTEA, household BYTEA, PRIMARY KEY (area, id)) {clustered}",
            "CREATE UNIQUE INDEX care_bed_ward ON care_bed (facility, ward, label)",
            "CREATE INDEX care_bed_dirty ON care_bed (due, id) WHERE state = 'dirty'",
            "CREATE TABLE care_episode (
            area BIGINT NOT NULL, id BYTEA NOT NULL, case_id BYTEA NOT NULL,
            person BYTEA NOT NULL, household BYTEA, sex TEXT, age_months BIGINT, place TEXT,
            stage TEXT NOT NULL, stage_since BIGINT NOT NULL, class TEXT NOT NULL,
            severity BIGINT NOT NULL, worst TEXT, since BIGINT NOT NULL, deadline BIGINT,
            admitted_at BIGINT, home TEXT, home_until BIGINT, leaving TEXT, left_at BIGINT,
            ended TEXT, ended_at BIGINT, lies TEXT, held TEXT, claims BIGINT NOT NULL,
            chart TEXT NOT NULL, seen_at BIGINT, checked_at BIGINT, alarm_at BIGINT,
            heard_at BIGINT NOT NULL, facility TEXT, ward TEXT, held_facility TEXT,
            PRIMARY KEY (area, id)) {clustered}",
            "CREATE INDEX care_queue ON care_episode (severity DESC, since, id, area, stage)
            WHERE stage IN ('waiting', 'assigned', 'moving')",
            "CREATE INDEX care_in_ward ON care_episode (facility, ward, id, stage)
            WHERE facility IS NOT NULL",
            "CREATE INDEX care_coming ON care_episode (held_facility, id)
            WHERE held_facility IS NOT NULL",
            "CREATE INDEX care_home ON care_episode (heard_at, id, area) WHERE stage = 'home'",
            "CREATE INDEX care_home_until ON care_episode (home_until, id, area)
            WHERE stage = 'home'",
            "CREATE INDEX care_alarm ON care_episode (alarm_at, id, area)
            WHERE alarm_at IS NOT NULL",
            "CREATE INDEX care_person ON care_episode (person, id)",
            "CREATE INDEX care_case ON care_episode (case_id)",
            "CREATE TABLE care_place (
            area BIGINT NOT NULL, episode BYTEA NOT NULL, n BIGINT NOT NULL, bed BYTEA NOT NULL,
            person BYTEA NOT NULL, facility TEXT NOT NULL, ward TEXT NOT NULL,
            held_at BIGINT NOT NULL, admitted_at BIGINT, left_at BIGINT, lies BIGINT NOT NULL,
            plan TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
            PRIMARY KEY (area, episode, n)) {clustered}",
            "CREATE UNIQUE INDEX care_place_bed ON care_place (bed) WHERE left_at IS NULL",
            "CREATE UNIQUE INDEX care_place_person ON care_place (person, lies) WHERE left_at IS NULL",
            "CREATE TABLE care_history (
            area BIGINT NOT NULL, episode BYTEA NOT NULL, command BYTEA NOT NULL,
            n BIGINT NOT NULL, at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            actor TEXT NOT NULL, what TEXT NOT NULL, stage TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (area, episode, command, n)) {clustered}",
            "CREATE TABLE care_count (
            area BIGINT NOT NULL, stage TEXT NOT NULL, severity BIGINT NOT NULL,
            episodes BIGINT NOT NULL, PRIMARY KEY (area, stage, severity)) {clustered}",
            "CREATE TABLE care_alarm_count (
            area BIGINT PRIMARY KEY, open BIGINT NOT NULL)",
            "CREATE TABLE care_wait (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, severity BIGINT NOT NULL,
            episodes BIGINT NOT NULL, PRIMARY KEY (area, hour, severity)) {clustered}",
            "CREATE TABLE care_flow (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, what TEXT NOT NULL,
            episodes BIGINT NOT NULL, PRIMARY KEY (area, hour, what)) {clustered}",
            "CREATE INDEX care_flow_hour ON care_flow (hour, area, what, episodes)",
        ],
        bedside::MIGRATION,
        open::MIGRATION,
    ],
    derived: &[
        Table {
            name: "care_facility",
            columns: "area, code, kind, name_zh, name_en, serves, place, lon, lat, opens_at, \
                      closes_at, intake, turnaround",
            key: "area, code",
        },
        Table {
            name: "care_ward",
            columns: "area, facility, code, name_zh, name_en, level, admits, reserve, claimed, \
                      nurses, per_nurse, free, held, occupied, dirty, out_of_use",
            key: "area, facility, code",
        },
        Table {
            name: "care_bed",
            columns: "area, id, facility, ward, label, room, state, since, due, episode, household",
            key: "area, id",
        },
        Table {
            name: "care_episode",
            columns: "area, id, case_id, person, household, sex, age_months, place, stage, \
                      stage_since, class, severity, worst, since, deadline, admitted_at, home, \
                      home_until, leaving, left_at, ended, ended_at, lies, held, claims, chart, \
                      seen_at, checked_at, alarm_at, heard_at, facility, ward, held_facility",
            key: "area, id",
        },
        Table {
            name: "care_place",
            columns: "area, episode, n, bed, person, facility, ward, held_at, admitted_at, \
                      left_at, lies, plan, reason, actor",
            key: "area, episode, n",
        },
        Table {
            name: "care_history",
            columns: "area, episode, command, n, at, recorded_at, actor, what, stage, body",
            key: "area, episode, command, n",
        },
        Table { name: "care_alarm_count", columns: "area, open", key: "area" },
        Table {
            name: "care_count",
            columns: "area, stage, severity, episodes",
            key: "area, stage, severity",
        },
        Table {
            name: "care_wait",
            columns: "area, hour, severity, episodes",
            key: "area, hour, severity",
        },
        Table { name: "care_flow", columns: "area, hour, what, episodes", key: "area, hour, what" },
        bedside::CARE_PLAN_TABLE,
        bedside::CONSULTATION_TABLE,
        bedside::ORDER_TABLE,
        bedside::STEP_TABLE,
        bedside::HAPPENED_TABLE,
        bedside::STAY_TABLE,
        bedside::LYING_TABLE,
        open::TABLE,
    ],
};

statements! {
    FACILITY_BY_CODE: Lookup = Lookup::new(
        "SELECT f.code, f.area, f.kind, f.name_zh, f.name_en, f.serves, f.place, f.lon, f.lat,
            f.opens_at, f.closes_at, f.intake, f.turnaround FROM care_facility f",
        &[("f.code", Text)], "");
    FACILITIES: Query = Query::new(
        "SELECT f.code, f.area, f.kind, f.name_zh, f.name_en, f.serves, f.place, f.lon, f.lat,
            f.opens_at, f.closes_at, f.intake, f.turnaround FROM care_facility f
         ORDER BY f.area, f.code LIMIT $1");
    FACILITY_PUT: Insert = Insert::new(
        "care_facility",
        &[("code", Text), ("area", Int), ("kind", Text), ("name_zh", Text), ("name_en", Text),
          ("serves", Text), ("place", Text), ("lon", Real), ("lat", Real), ("opens_at", Int),
          ("closes_at", Int), ("intake", Int), ("turnaround", Int)],
        "ON CONFLICT (area, code) DO UPDATE SET kind = excluded.kind, name_zh = excluded.name_zh,
            name_en = excluded.name_en, serves = excluded.serves, place = excluded.place,
            lon = excluded.lon, lat = excluded.lat, opens_at = excluded.opens_at,
            closes_at = excluded.closes_at, intake = excluded.intake,
            turnaround = excluded.turnaround");
    WARD_BY_KEY: Lookup = Lookup::new(
        "SELECT w.facility, w.code, w.area, w.name_zh, w.name_en, w.level, w.admits, w.reserve,
            w.claimed, w.nurses, w.per_nurse, w.free, w.held, w.occupied, w.dirty, w.out_of_use
         FROM care_ward w",
        &[("w.facility", Text), ("w.code", Text)], "");
    WARDS_OF: Query = Query::new(
        "SELECT w.facility, w.code, w.area, w.name_zh, w.name_en, w.level, w.admits, w.reserve,
            w.claimed, w.nurses, w.per_nurse, w.free, w.held, w.occupied, w.dirty, w.out_of_use
         FROM care_ward w WHERE w.facility = $1 ORDER BY w.code");
    WARDS: Query = Query::new(
        "SELECT w.facility, w.code, w.area, w.name_zh, w.name_en, w.level, w.admits, w.reserve,
            w.claimed, w.nurses, w.per_nurse, w.free, w.held, w.occupied, w.dirty, w.out_of_use
         FROM care_ward w ORDER BY w.area, w.facility, w.code LIMIT $1");
    WARD_PUT: Insert = Insert::new(
        "care_ward",
        &[("facility", Text), ("code", Text), ("area", Int), ("name_zh", Text),
          ("name_en", Text), ("level", Text), ("admits", Text), ("reserve", Int),
          ("claimed", Int), ("nurses", Int), ("per_nurse", Int), ("free", Int), ("held", Int),
          ("occupied", Int), ("dirty", Int), ("out_of_use", Int)],
        "ON CONFLICT (area, facility, code) DO UPDATE SET name_zh = excluded.name_zh,
            name_en = excluded.name_en, level = excluded.level, admits = excluded.admits,
            reserve = excluded.reserve, claimed = excluded.claimed, nurses = excluded.nurses,
            per_nurse = excluded.per_nurse, free = excluded.free, held = excluded.held,
            occupied = excluded.occupied, dirty = excluded.dirty,
            out_of_use = excluded.out_of_use");
    BED_BY_ID: Lookup = Lookup::new(
        "SELECT b.id, b.facility, b.ward, b.label, b.room, b.state, b.since, b.due, b.episode,
            b.household FROM care_bed b",
        &[("b.area", Int), ("b.id", Bytes)], "");
    BEDS_OF_WARD: Lookup = Lookup::new(
        "SELECT b.id, b.facility, b.ward, b.label, b.room, b.state, b.since, b.due, b.episode,
            b.household FROM care_bed b",
        &[("b.facility", Text), ("b.ward", Text)], "");
    BEDS_DIRTY: Query = Query::new(
        "SELECT b.id, b.facility, b.ward, b.label, b.room, b.state, b.since, b.due, b.episode,
            b.household FROM care_bed b
         WHERE b.state = 'dirty' AND +b.area BETWEEN $1 AND $2 ORDER BY b.due, b.id LIMIT $3");
    BED_PUT: Insert = Insert::new(
        "care_bed",
        &[("area", Int), ("id", Bytes), ("facility", Text), ("ward", Text), ("label", Text),
          ("room", Text), ("state", Text), ("since", Int), ("due", Int), ("episode", Bytes),
          ("household", Bytes)],
        "ON CONFLICT (area, id) DO UPDATE SET room = excluded.room, state = excluded.state,
            since = excluded.since, due = excluded.due, episode = excluded.episode,
            household = excluded.household");
    EPISODE_BY_ID: Lookup = Lookup::new(
        "SELECT e.id, e.case_id, e.person, e.household, e.sex, e.age_months, e.place, e.stage,
            e.stage_since, e.class, e.severity, e.worst, e.since, e.deadline, e.admitted_at,
            e.home, e.home_until, e.leaving, e.left_at, e.ended, e.ended_at, e.lies, e.held,
            e.claims, e.chart, e.seen_at, e.checked_at, e.alarm_at FROM care_episode e",
        &[("e.area", Int), ("e.id", Bytes)], "");
    EPISODES_OF_PERSON: Lookup = Lookup::new(
        "SELECT e.person, e.id FROM care_episode e", &[("e.person", Bytes)], "");
    EPISODE_PUT: Insert = Insert::new(
        "care_episode",
        &[("area", Int), ("id", Bytes), ("case_id", Bytes), ("person", Bytes),
          ("household", Bytes), ("sex", Text), ("age_months", Int), ("place", Text),
          ("stage", Text), ("stage_since", Int), ("class", Text), ("severity", Int),
          ("worst", Text), ("since", Int), ("deadline", Int), ("admitted_at", Int),
          ("home", Text), ("home_until", Int), ("leaving", Text), ("left_at", Int),
          ("ended", Text), ("ended_at", Int), ("lies", Text), ("held", Text), ("claims", Int),
          ("chart", Text), ("seen_at", Int), ("checked_at", Int), ("alarm_at", Int),
          ("heard_at", Int), ("facility", Text), ("ward", Text),
          ("held_facility", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET stage = excluded.stage,
            stage_since = excluded.stage_since, class = excluded.class,
            severity = excluded.severity, worst = excluded.worst,
            admitted_at = excluded.admitted_at, home = excluded.home,
            home_until = excluded.home_until, leaving = excluded.leaving,
            left_at = excluded.left_at, ended = excluded.ended, ended_at = excluded.ended_at,
            lies = excluded.lies, held = excluded.held, claims = excluded.claims,
            chart = excluded.chart, seen_at = excluded.seen_at,
            checked_at = excluded.checked_at, alarm_at = excluded.alarm_at,
            heard_at = excluded.heard_at, facility = excluded.facility, ward = excluded.ward, held_facility = excluded.held_facility");
    // Those that end go first: a bed that changes hands within a group is never two people's.
    PLACE_PUT: Insert = Insert::new(
        "care_place",
        &[("area", Int), ("episode", Bytes), ("n", Int), ("bed", Bytes), ("person", Bytes),
          ("facility", Text), ("ward", Text), ("held_at", Int), ("admitted_at", Int),
          ("left_at", Int), ("lies", Int), ("plan", Text), ("reason", Text), ("actor", Text)],
        "ON CONFLICT (area, episode, n) DO UPDATE SET admitted_at = excluded.admitted_at,
            left_at = excluded.left_at, lies = excluded.lies");
    PLACES_LIVE: Lookup = Lookup::new(
        "SELECT p.episode, p.n, p.bed, p.person, p.facility, p.ward, p.held_at, p.admitted_at,
            p.left_at, p.plan, p.reason, p.actor FROM care_place p",
        &[("p.area", Int), ("p.episode", Bytes)], "AND p.left_at IS NULL");
    PLACES_OF: Query = Query::new(
        "SELECT p.episode, p.n, p.bed, p.person, p.facility, p.ward, p.held_at, p.admitted_at,
            p.left_at, p.plan, p.reason, p.actor FROM care_place p
         WHERE p.area = $1 AND p.episode = $2 ORDER BY p.n");
    HISTORY_PUT: Insert = Insert::new(
        "care_history",
        &[("area", Int), ("episode", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("stage", Text),
          ("body", Text)],
        "");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.stage, h.body, h.command
         FROM care_history h WHERE h.area = $1 AND h.episode = $2
         ORDER BY h.recorded_at, h.command, h.n");
    COUNT_ADD: Insert = Insert::new(
        "care_count",
        &[("area", Int), ("stage", Text), ("severity", Int), ("episodes", Int)],
        "ON CONFLICT (area, stage, severity) DO UPDATE SET
            episodes = care_count.episodes + excluded.episodes");
    ALARM_ADD: Insert = Insert::new(
        "care_alarm_count", &[("area", Int), ("open", Int)],
        "ON CONFLICT (area) DO UPDATE SET open = care_alarm_count.open + excluded.open");
    ALARM_COUNT: Query = Query::new(
        "SELECT CAST(COALESCE(sum(a.open), 0) AS BIGINT) FROM care_alarm_count a
         WHERE a.area BETWEEN $1 AND $2");
    WAIT_ADD: Insert = Insert::new(
        "care_wait",
        &[("area", Int), ("hour", Int), ("severity", Int), ("episodes", Int)],
        "ON CONFLICT (area, hour, severity) DO UPDATE SET
            episodes = care_wait.episodes + excluded.episodes");
    FLOW_ADD: Insert = Insert::new(
        "care_flow",
        &[("area", Int), ("hour", Int), ("what", Text), ("episodes", Int)],
        "ON CONFLICT (area, hour, what) DO UPDATE SET
            episodes = care_flow.episodes + excluded.episodes");
    // With whom somebody lives; by the index that starts with the id.
    HOUSEHOLD_OF: Lookup = Lookup::new(
        "SELECT p.id, p.household FROM person p", &[("p.id", Bytes)],
        "AND p.household IS NOT NULL");
    // Released results of tubes of one's own, for release: a member takes 17 bytes.
    TESTS_OF: Lookup = Lookup::new(
        "SELECT s.person, s.sampled_at, t.ct_n, t.ct_orf1ab, t.id, t.reading
         FROM swab s JOIN tube t ON t.area = s.tube_area AND t.id = s.tube",
        &[("s.area", Int), ("s.person", Bytes)],
        "AND s.void = 0 AND length(t.members) = 17 AND t.reported_at IS NOT NULL
         AND t.reading IS NOT NULL AND t.reading <> 'invalid'");

    // Lists. `+e.area` keeps SQLite from walking the table of a county by its key.
    QUEUE: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.stage IN ('waiting', 'assigned', 'moving')
           AND (e.severity < $1 OR e.severity = $1 AND (e.since, e.id) > ($2, $3))
           AND +e.area BETWEEN $4 AND $5
           AND (CAST($6 AS BIGINT) >> CAST(e.severity AS INTEGER)) & 1 = 1
           AND ($7 = '' OR e.stage = $7) AND e.since >= $8 AND e.since < $9
         ORDER BY e.severity DESC, e.since, e.id LIMIT $10");
    // How many wait or are moved, by a place that they lie in.
    QUEUED_BY_PLACE: Query = Query::new(
        "SELECT e.area, substr(e.place, 1, CAST($3 AS INTEGER)), count(*) FROM care_episode e
         WHERE e.stage IN ('waiting', 'assigned', 'moving') AND +e.area BETWEEN $1 AND $2
         GROUP BY 1, 2");
    IN_WARD: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.facility = $1 AND ($2 = '' OR e.ward = $2) AND e.stage = 'in_care'
           AND e.id > $3 ORDER BY e.ward, e.id LIMIT $4");
    COMING: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.held_facility = $1 AND e.id > $2 ORDER BY e.id LIMIT $3");
    AT_HOME: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.stage = 'home' AND +e.area BETWEEN $1 AND $2 AND ($3 = '' OR e.home = $3)
           AND e.heard_at < $4 AND (e.heard_at, e.id) > ($5, $6)
         ORDER BY e.heard_at, e.id LIMIT $7");
    // Whose time at home is over, the longest first.
    HOME_OVER: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.stage = 'home' AND +e.area BETWEEN $1 AND $2 AND ($3 = '' OR e.home = $3)
           AND e.home_until <= $4 AND (e.home_until, e.id) > ($5, $6)
         ORDER BY e.home_until, e.id LIMIT $7");
    // Whose word from home waits for a look, the longest first.
    ALARMED: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.alarm_at IS NOT NULL AND +e.area BETWEEN $1 AND $2
           AND (e.alarm_at, e.id) > ($3, $4)
         ORDER BY e.alarm_at, e.id LIMIT $5");
    COUNTS: Query = Query::new(
        "SELECT c.stage, c.severity, CAST(sum(c.episodes) AS BIGINT) FROM care_count c
         WHERE c.area BETWEEN $1 AND $2 GROUP BY c.stage, c.severity");
    WAITS: Query = Query::new(
        "SELECT w.hour, w.severity, CAST(sum(w.episodes) AS BIGINT) FROM care_wait w
         WHERE w.area BETWEEN $1 AND $2 GROUP BY w.hour, w.severity
         HAVING sum(w.episodes) <> 0 ORDER BY w.hour");
    FLOWS: Query = Query::new(
        "SELECT f.hour, f.what, CAST(sum(f.episodes) AS BIGINT) FROM care_flow f
         WHERE f.hour >= $1 AND f.hour < $2 AND +f.area BETWEEN $3 AND $4
         GROUP BY f.hour, f.what ORDER BY f.hour");
    // How many wait before somebody: graver, or as grave and for longer.
    AHEAD: Query = Query::new(
        "SELECT count(*) FROM care_episode e
         WHERE e.stage IN ('waiting', 'assigned', 'moving')
           AND (e.severity > $1 OR e.severity = $1 AND (e.since, e.id) < ($2, $3))
           AND +e.area BETWEEN $4 AND $5");
    UNQUEUED: Query = Query::new(
        "SELECT c.area, c.id FROM cases c
         WHERE c.area BETWEEN $1 AND $2 AND c.status = '' AND c.class <> 'suspected'
           AND NOT EXISTS (SELECT 1 FROM care_episode e WHERE e.case_id = c.id)
         ORDER BY c.area, c.id LIMIT $3");
}
