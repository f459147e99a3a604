//! The cases desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The cases desk's tables, all derived from the journal.
///
/// The last columns of `cases` repeat what its JSON says, for lists: `case_list` has all that a
/// list is filtered and ordered by, so that a filter that finds little reads an index and no rows.
/// `status` is empty for a case that goes on, else the word of its ending, or `merged`.
///
/// `case_tally` has a row for everything that was ever counted, and one for everything that was
/// taken back; `case_count` has their sums by hour of the event and hour of the recording, so that
/// a figure can be told as it was known at any hour. `case_now` has what the desks have before them,
/// `case_place` the infections by where they lie, for maps: as far as that is known now.
///
/// Of a list whoever keeps one county reads that county's index; for wider areas there is one for
/// each filter that finds little, so that it reads what it finds and not all cases.
pub const SCHEMA: Schema = Schema {
    name: "cases",
    migrations: &[&[
        "CREATE TABLE cases (
            area BIGINT NOT NULL, id BYTEA NOT NULL, person BYTEA NOT NULL, person_area BIGINT,
            sealed BYTEA, id_index BYTEA, phone_index BYTEA, birth_year BIGINT,
            age_months BIGINT, sex TEXT, source TEXT NOT NULL, origin TEXT NOT NULL,
            found_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, fields TEXT NOT NULL,
            version BIGINT NOT NULL, positives TEXT NOT NULL, stated TEXT,
            clinical TEXT NOT NULL, judged TEXT NOT NULL, worst TEXT, severe_at BIGINT,
            critical_at BIGINT, report_due BIGINT, reported_at BIGINT, number TEXT NOT NULL,
            ending TEXT, ended_at BIGINT, merged_into BYTEA, class TEXT NOT NULL,
            severity TEXT NOT NULL, found_in TEXT NOT NULL, high_risk BIGINT NOT NULL,
            status TEXT NOT NULL, place TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX case_list ON cases (found_at, id, area, status, class, severity, found_in,
            high_risk, source, reported_at, place)",
        "CREATE INDEX case_person ON cases (person, id)",
        "CREATE INDEX case_merged ON cases (merged_into, id) WHERE merged_into IS NOT NULL",
        "CREATE TABLE case_positive (
            area BIGINT NOT NULL, tube BYTEA NOT NULL, person BYTEA NOT NULL,
            unit BYTEA NOT NULL, at BIGINT NOT NULL, withdrawn BIGINT NOT NULL,
            PRIMARY KEY (area, tube, person)) {clustered}",
        "CREATE TABLE case_key (
            hash BYTEA NOT NULL, area BIGINT NOT NULL, unit BYTEA NOT NULL, kind TEXT NOT NULL,
            PRIMARY KEY (hash, area, unit)) {clustered}",
        "CREATE TABLE case_pair (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, other BYTEA NOT NULL,
            other_area BIGINT NOT NULL, score BIGINT NOT NULL, reasons TEXT NOT NULL,
            state TEXT NOT NULL, found_at BIGINT NOT NULL, settled_by TEXT, note TEXT NOT NULL,
            PRIMARY KEY (area, unit, other)) {clustered}",
        "CREATE INDEX case_pair_open ON case_pair (score, found_at, unit, other, area)
            WHERE state = 'open'",
        "CREATE INDEX case_pair_other ON case_pair (other, unit)",
        "CREATE TABLE case_history (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, class TEXT NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (area, unit, command, n)) {clustered}",
        "CREATE TABLE case_edit (
            area BIGINT NOT NULL, command BYTEA NOT NULL, unit BYTEA NOT NULL,
            was TEXT NOT NULL, now TEXT NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL,
            at BIGINT NOT NULL, undoes BYTEA, undone BYTEA,
            PRIMARY KEY (area, command, unit)) {clustered}",
        "CREATE INDEX case_edit_command ON case_edit (command, unit)",
        "CREATE TABLE case_tally (
            area BIGINT NOT NULL, measure TEXT NOT NULL, at BIGINT NOT NULL, unit BYTEA NOT NULL,
            command BYTEA NOT NULL, n BIGINT NOT NULL, found_in TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            PRIMARY KEY (area, measure, at, unit, command, found_in)) {clustered}",
        "CREATE INDEX case_tally_at ON case_tally (measure, at, unit, area, n, found_in, recorded_at)",
        "CREATE TABLE case_count (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, measure TEXT NOT NULL,
            found_in TEXT NOT NULL, recorded BIGINT NOT NULL, cases BIGINT NOT NULL,
            PRIMARY KEY (area, hour, measure, found_in, recorded)) {clustered}",
        "CREATE INDEX case_count_hour ON case_count (hour, area, measure, found_in, recorded, cases)",
        "CREATE TABLE case_publication (
            area BIGINT NOT NULL, id BYTEA NOT NULL, scope TEXT NOT NULL,
            from_time BIGINT NOT NULL, until_time BIGINT NOT NULL, as_of BIGINT NOT NULL,
            publisher TEXT NOT NULL, convention TEXT NOT NULL, figures TEXT NOT NULL,
            corrects BYTEA, note TEXT NOT NULL, actor TEXT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX case_publication_id ON case_publication (id)",
        "CREATE INDEX case_publication_until ON case_publication (until_time, as_of, area)",
    ],
    &[
        "ALTER TABLE cases ADD COLUMN linked TEXT",
        "CREATE INDEX case_list_county ON cases (area, found_at, id, status, class, severity,
            found_in, high_risk, source, reported_at, place)",
        "CREATE INDEX case_list_class ON cases (class, found_at, id, area, status, severity,
            found_in, high_risk, source, reported_at, place)",
        "CREATE INDEX case_list_unreported ON cases (reported_at, found_at, id, area, status, class,
            severity, found_in, high_risk, source, place) WHERE reported_at IS NULL",
        "CREATE INDEX case_list_grave ON cases (severity, found_at, id, area, status, class,
            found_in, high_risk, source, reported_at, place)
            WHERE severity IN ('severe', 'critical')",
        "CREATE TABLE case_now (
            area BIGINT NOT NULL, what TEXT NOT NULL, cases BIGINT NOT NULL,
            PRIMARY KEY (area, what)) {clustered}",
        "INSERT INTO case_now (area, what, cases)
            SELECT area, 'open', count(*) FROM cases WHERE status = '' GROUP BY area
            UNION ALL SELECT area, 'to_report', count(*) FROM cases
                WHERE status = '' AND reported_at IS NULL GROUP BY area
            UNION ALL SELECT area, 'unexamined', count(*) FROM cases
                WHERE status = '' AND class = 'screen_positive' GROUP BY area
            UNION ALL SELECT area, severity, count(*) FROM cases
                WHERE status = '' AND severity IN ('severe', 'critical') GROUP BY area, severity
            UNION ALL SELECT area, 'pairs', count(*) FROM case_pair
                WHERE state = 'open' GROUP BY area",
    ],
    &[
        "CREATE TABLE case_place (
            area BIGINT NOT NULL, place TEXT NOT NULL, hour BIGINT NOT NULL,
            found_in TEXT NOT NULL, cases BIGINT NOT NULL,
            PRIMARY KEY (area, place, hour, found_in)) {clustered}",
        "INSERT INTO case_place (area, place, hour, found_in, cases)
            SELECT t.area, c.place, t.at - t.at % 3600000000, t.found_in, CAST(sum(t.n) AS BIGINT)
            FROM case_tally t JOIN cases c ON c.area = t.area AND c.id = t.unit
            WHERE t.measure = 'infections'
            GROUP BY t.area, c.place, t.at - t.at % 3600000000, t.found_in",
    ]],
    derived: &[
        Table {
            name: "cases",
            columns: "area, id, person, person_area, sealed, id_index, phone_index, birth_year, \
                      age_months, sex, source, origin, found_at, recorded_at, fields, version, \
                      positives, stated, clinical, judged, worst, severe_at, critical_at, \
                      report_due, reported_at, number, ending, ended_at, merged_into, class, \
                      severity, found_in, high_risk, status, place, linked",
            key: "area, id",
        },
        Table {
            name: "case_positive",
            columns: "area, tube, person, unit, at, withdrawn",
            key: "area, tube, person",
        },
        Table { name: "case_key", columns: "hash, area, unit, kind", key: "hash, area, unit" },
        Table {
            name: "case_pair",
            columns: "area, unit, other, other_area, score, reasons, state, found_at, settled_by, \
                      note",
            key: "area, unit, other",
        },
        Table {
            name: "case_history",
            columns: "area, unit, command, n, at, recorded_at, actor, what, class, severity, body",
            key: "area, unit, command, n",
        },
        Table {
            name: "case_edit",
            columns: "area, command, unit, was, now, note, actor, at, undoes, undone",
            key: "area, command, unit",
        },
        Table {
            name: "case_tally",
            columns: "area, measure, at, unit, command, found_in, n, recorded_at",
            key: "area, measure, at, unit, command, found_in",
        },
        Table {
            name: "case_count",
            columns: "area, hour, measure, found_in, recorded, cases",
            key: "area, hour, measure, found_in, recorded",
        },
        Table { name: "case_now", columns: "area, what, cases", key: "area, what" },
        Table {
            name: "case_place",
            columns: "area, place, hour, found_in, cases",
            key: "area, place, hour, found_in",
        },
        Table {
            name: "case_publication",
            columns: "area, id, scope, from_time, until_time, as_of, publisher, convention, \
                      figures, corrects, note, actor",
            key: "area, id",
        },
    ],
};

/// The line list under a condition that an index begins with. `+c.area` keeps SQLite from walking
/// the table of a county by its key.
macro_rules! case_list {
    ($first:literal) => {
        concat!(
            "SELECT c.area, c.id FROM cases c WHERE ",
            $first,
            " AND (c.found_at, c.id) < ($1, $2) AND c.found_at >= $3 AND c.found_at < $4
              AND +c.area BETWEEN $5 AND $6
              AND ($7 = '' AND c.status <> 'merged' OR $7 = 'open' AND c.status = ''
                   OR $7 = 'ended' AND c.status NOT IN ('', 'merged') OR c.status = $7 AND $7 <> '')
              AND ($8 = '' OR c.class = $8
                   OR $8 = 'all_confirmed' AND c.class IN ('confirmed', 'converted'))
              AND ($9 = '' OR c.severity = $9)
              AND ($10 = '' OR c.found_in = $10 OR $10 = 'unknown' AND c.found_in = '')
              AND ($11 = '' OR c.source = $11)
              AND (CAST($12 AS BIGINT) = 0 OR c.high_risk = 1)
              AND (CAST($13 AS BIGINT) = 0 OR c.reported_at IS NULL)
              AND ($14 = '' OR c.place >= $14 AND c.place < $15)
              ORDER BY c.found_at DESC, c.id DESC LIMIT $16"
        )
    };
}

statements! {
    CASE_BY_ID: Lookup = Lookup::new(
        "SELECT c.area, c.id, c.person, c.person_area, c.sealed, c.id_index, c.phone_index,
            c.birth_year, c.age_months, c.sex, c.source, c.origin, c.found_at, c.recorded_at,
            c.fields, c.version, c.positives, c.stated, c.clinical, c.judged, c.worst, c.severe_at,
            c.critical_at, c.report_due, c.reported_at, c.number, c.ending, c.ended_at,
            c.merged_into, c.linked FROM cases c",
        &[("c.area", Int), ("c.id", Bytes)], "");
    CASES_OF_PERSON: Lookup = Lookup::new(
        "SELECT c.person, c.id FROM cases c", &[("c.person", Bytes)], "");
    CASES_MERGED: Lookup = Lookup::new(
        "SELECT c.merged_into, c.id FROM cases c", &[("c.merged_into", Bytes)], "");
    CASE_PUT: Insert = Insert::new(
        "cases",
        &[("area", Int), ("id", Bytes), ("person", Bytes), ("person_area", Int),
          ("sealed", Bytes), ("id_index", Bytes), ("phone_index", Bytes), ("birth_year", Int),
          ("age_months", Int), ("sex", Text), ("source", Text), ("origin", Text),
          ("found_at", Int), ("recorded_at", Int), ("fields", Text), ("version", Int),
          ("positives", Text), ("stated", Text), ("clinical", Text), ("judged", Text),
          ("worst", Text), ("severe_at", Int), ("critical_at", Int), ("report_due", Int),
          ("reported_at", Int), ("number", Text), ("ending", Text), ("ended_at", Int),
          ("merged_into", Bytes), ("class", Text), ("severity", Text), ("found_in", Text),
          ("high_risk", Int), ("status", Text), ("place", Text), ("linked", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET person = excluded.person,
            person_area = excluded.person_area, birth_year = excluded.birth_year,
            sex = excluded.sex, linked = excluded.linked, fields = excluded.fields,
            version = excluded.version, positives = excluded.positives,
            stated = excluded.stated, clinical = excluded.clinical, judged = excluded.judged,
            worst = excluded.worst, severe_at = excluded.severe_at,
            critical_at = excluded.critical_at, reported_at = excluded.reported_at,
            number = excluded.number, ending = excluded.ending, ended_at = excluded.ended_at,
            merged_into = excluded.merged_into, class = excluded.class,
            severity = excluded.severity, found_in = excluded.found_in,
            high_risk = excluded.high_risk, status = excluded.status, place = excluded.place");
    // What the registry has of a person, wherever; by the index that starts with the id.
    PERSON_FACTS: Lookup = Lookup::new(
        "SELECT p.id, p.area, p.place, p.id_index, p.phone_index, p.birth_year, p.sex, p.same_as
         FROM person p",
        &[("p.id", Bytes)], "");
    POSITIVE_PUT: Insert = Insert::new(
        "case_positive",
        &[("area", Int), ("tube", Bytes), ("person", Bytes), ("unit", Bytes), ("at", Int),
          ("withdrawn", Int)],
        "ON CONFLICT (area, tube, person) DO UPDATE SET unit = excluded.unit, at = excluded.at,
            withdrawn = excluded.withdrawn");
    KEYS_OF: Lookup = Lookup::new(
        "SELECT k.hash, k.unit FROM case_key k", &[("k.hash", Bytes)], "");
    KEY_PUT: Insert = Insert::new(
        "case_key", &[("hash", Bytes), ("area", Int), ("unit", Bytes), ("kind", Text)], "");
    KEY_DROP: Query = Query::new(
        "DELETE FROM case_key WHERE hash = $1 AND area = $2 AND unit = $3");
    PAIR_BY_KEY: Lookup = Lookup::new(
        "SELECT p.unit, p.other, p.score, p.reasons, p.state, p.found_at, p.settled_by, p.note
         FROM case_pair p",
        &[("p.area", Int), ("p.unit", Bytes), ("p.other", Bytes)], "");
    PAIR_PUT: Insert = Insert::new(
        "case_pair",
        &[("area", Int), ("unit", Bytes), ("other", Bytes), ("other_area", Int), ("score", Int),
          ("reasons", Text), ("state", Text), ("found_at", Int), ("settled_by", Text),
          ("note", Text)],
        "ON CONFLICT (area, unit, other) DO UPDATE SET state = excluded.state,
            settled_by = excluded.settled_by, note = excluded.note");
    HISTORY_PUT: Insert = Insert::new(
        "case_history",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("class", Text),
          ("severity", Text), ("body", Text)],
        "");
    EDITS_OF: Lookup = Lookup::new(
        "SELECT e.command, e.unit, e.was, e.now, CASE WHEN e.undone IS NULL THEN 0 ELSE 1 END
         FROM case_edit e",
        &[("e.command", Bytes)], "");
    EDIT_PUT: Insert = Insert::new(
        "case_edit",
        &[("area", Int), ("command", Bytes), ("unit", Bytes), ("was", Text), ("now", Text),
          ("note", Text), ("actor", Text), ("at", Int), ("undoes", Bytes)],
        "");
    EDIT_UNDONE: Query = Query::new(
        "UPDATE case_edit SET undone = $1 WHERE command = $2 AND unit = $3");
    TALLY_PUT: Insert = Insert::new(
        "case_tally",
        &[("area", Int), ("measure", Text), ("at", Int), ("unit", Bytes), ("command", Bytes),
          ("n", Int), ("found_in", Text), ("recorded_at", Int)],
        "");
    COUNT_ADD: Insert = Insert::new(
        "case_count",
        &[("area", Int), ("hour", Int), ("measure", Text), ("found_in", Text),
          ("recorded", Int), ("cases", Int)],
        "ON CONFLICT (area, hour, measure, found_in, recorded) DO UPDATE SET
            cases = case_count.cases + excluded.cases");
    PLACE_ADD: Insert = Insert::new(
        "case_place",
        &[("area", Int), ("place", Text), ("hour", Int), ("found_in", Text), ("cases", Int)],
        "ON CONFLICT (area, place, hour, found_in) DO UPDATE SET
            cases = case_place.cases + excluded.cases");
    PLACES_SINCE: Query = Query::new(
        "SELECT p.place, p.hour, p.found_in, p.cases FROM case_place p
         WHERE p.area = $1 AND p.place >= $2 AND p.place < $3 AND p.hour >= $4 AND p.cases <> 0");
    AREAS_SINCE: Query = Query::new(
        "SELECT n.area, n.hour, n.found_in, CAST(sum(n.cases) AS BIGINT) FROM case_count n
         WHERE n.hour >= $1 AND +n.area BETWEEN $2 AND $3 AND n.measure = 'infections'
         GROUP BY n.area, n.hour, n.found_in");
    STREETS_SINCE: Query = Query::new(
        "SELECT p.area, substr(p.place, 1, CAST($4 AS INTEGER)), p.hour, p.found_in,
            CAST(sum(p.cases) AS BIGINT) FROM case_place p
         WHERE p.area BETWEEN $1 AND $2 AND p.hour >= $3 AND p.cases <> 0 GROUP BY 1, 2, 3, 4");
    NOW_ADD: Insert = Insert::new(
        "case_now", &[("area", Int), ("what", Text), ("cases", Int)],
        "ON CONFLICT (area, what) DO UPDATE SET cases = case_now.cases + excluded.cases");
    NOW: Query = Query::new(
        "SELECT w.what, CAST(sum(w.cases) AS BIGINT) FROM case_now w
         WHERE w.area BETWEEN $1 AND $2 GROUP BY w.what");
    PUBLICATION_BY_ID: Lookup = Lookup::new(
        "SELECT p.area, p.id, p.scope, p.from_time, p.until_time, p.as_of, p.publisher,
            p.convention, p.figures, p.corrects, p.note, p.actor FROM case_publication p",
        &[("p.id", Bytes)], "");
    PUBLICATION_PUT: Insert = Insert::new(
        "case_publication",
        &[("area", Int), ("id", Bytes), ("scope", Text), ("from_time", Int),
          ("until_time", Int), ("as_of", Int), ("publisher", Text), ("convention", Text),
          ("figures", Text), ("corrects", Bytes), ("note", Text), ("actor", Text)],
        "");

    // Lists, by the index that has least to read.
    CASE_LIST: Query = Query::new(case_list!("1 = 1"));
    CASE_LIST_COUNTY: Query = Query::new(case_list!("c.area = $5"));
    CASE_LIST_CLASS: Query = Query::new(case_list!("c.class = $8"));
    CASE_LIST_UNREPORTED: Query = Query::new(case_list!("c.reported_at IS NULL"));
    CASE_LIST_GRAVE: Query =
        Query::new(case_list!("c.severity IN ('severe', 'critical') AND c.severity = $9"));
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.class, h.severity, h.body, h.command
         FROM case_history h WHERE h.area = $1 AND h.unit = $2
         ORDER BY h.recorded_at, h.command, h.n");
    POSITIVES_UNCOVERED: Query = Query::new(
        "SELECT t.id, t.tested_at FROM tube t
         WHERE t.area BETWEEN $1 AND $2 AND t.reading = 'positive' AND t.settles = 2
           AND t.reading IS NOT NULL AND t.reading <> 'negative'
           AND NOT EXISTS (SELECT 1 FROM case_positive p
                           WHERE p.area = t.area AND p.tube = t.id AND p.withdrawn = 0)
         ORDER BY t.area, t.id LIMIT $3");
    PAIRS_OPEN: Query = Query::new(
        "SELECT p.unit, p.other, p.score, p.reasons, p.found_at FROM case_pair p
         WHERE p.state = 'open' AND p.score <= $1 AND (p.score, p.found_at, p.unit, p.other) < ($1, $2, $3, $4)
           AND +p.area BETWEEN $5 AND $6
         ORDER BY p.score DESC, p.found_at DESC, p.unit DESC, p.other DESC LIMIT $7");
    PAIRS_OF: Query = Query::new(
        "SELECT p.unit, p.other, p.score, p.reasons, p.found_at, p.state, p.settled_by, p.note
         FROM case_pair p WHERE p.area = $1 AND p.unit = $2
         UNION ALL
         SELECT p.unit, p.other, p.score, p.reasons, p.found_at, p.state, p.settled_by, p.note
         FROM case_pair p WHERE p.other = $2");
    COUNTS_BETWEEN: Query = Query::new(
        "SELECT n.measure, n.found_in, CAST(sum(n.cases) AS BIGINT) FROM case_count n
         WHERE n.hour >= $1 AND n.hour < $2 AND +n.area BETWEEN $3 AND $4 AND n.recorded < $5
         GROUP BY n.measure, n.found_in");
    COUNTS_BY_HOUR: Query = Query::new(
        "SELECT n.hour, n.measure, n.found_in, CAST(sum(n.cases) AS BIGINT) FROM case_count n
         WHERE n.hour >= $1 AND n.hour < $2 AND +n.area BETWEEN $3 AND $4 AND n.recorded < $5
         GROUP BY n.hour, n.measure, n.found_in ORDER BY n.hour");
    COUNTS_RECORDED: Query = Query::new(
        "SELECT n.hour, n.recorded, CAST(sum(n.cases) AS BIGINT) FROM case_count n
         WHERE n.hour >= $1 AND n.hour < $2 AND +n.area BETWEEN $3 AND $4 AND n.recorded < $5
           AND n.measure = 'infections'
         GROUP BY n.hour, n.recorded");
    COUNTS_BY_AREA: Query = Query::new(
        "SELECT n.area, n.measure, n.found_in, CAST(sum(n.cases) AS BIGINT) FROM case_count n
         WHERE n.hour >= $1 AND n.hour < $2 AND +n.area BETWEEN $3 AND $4 AND n.recorded < $5
         GROUP BY n.area, n.measure, n.found_in");
    TALLY_LIST: Query = Query::new(
        "SELECT t.area, t.unit, max(t.at) FROM case_tally t
         WHERE t.measure = $1 AND t.at >= $2 AND t.at < $3 AND +t.area BETWEEN $4 AND $5
           AND ($6 = '' OR t.found_in = $6 OR $6 = 'unknown' AND t.found_in = '')
           AND t.recorded_at < $7 AND t.unit > $8
         GROUP BY t.area, t.unit HAVING sum(t.n) > 0 ORDER BY t.unit LIMIT $9");
    // What was counted of each case in a window, for those who hold figures against the list.
    TALLIES: Query = Query::new(
        "SELECT t.unit, t.measure, CAST(sum(t.n) AS BIGINT) FROM case_tally t
         WHERE t.measure IN ('infections', 'confirmed', 'converted', 'asymptomatic', 'discharged',
                             'released', 'died')
           AND t.at >= $1 AND t.at < $2 AND +t.area BETWEEN $3 AND $4
         GROUP BY t.unit, t.measure HAVING sum(t.n) <> 0");
    // Converted cases of which no list has told that they had been asymptomatic before.
    CONVERTED_ONLY: Query = Query::new(
        "SELECT x.area, count(*) FROM
            (SELECT t.area, t.unit, sum(CASE t.measure WHEN 'converted' THEN t.n ELSE 0 END) AS converted,
                sum(CASE t.measure WHEN 'converted' THEN 0 ELSE t.n END) AS earlier
             FROM case_tally t
             WHERE t.measure IN ('converted', 'asymptomatic') AND t.at < $1
               AND +t.area BETWEEN $2 AND $3
             GROUP BY t.area, t.unit) x
         WHERE x.converted > 0 AND x.earlier = 0 GROUP BY x.area");
    FOUND_BETWEEN: Query = Query::new(
        "SELECT c.id FROM cases c
         WHERE c.found_at >= $1 AND c.found_at < $2 AND +c.area BETWEEN $3 AND $4
           AND c.status <> 'merged'");
    // By WHO's convention an infection is confirmed once: what converts was counted before.
    TALLY_LIST_WHO: Query = Query::new(
        "SELECT t.area, t.unit, max(t.at) FROM case_tally t
         WHERE t.measure IN ('confirmed', 'asymptomatic', 'converted')
           AND t.at >= $1 AND t.at < $2 AND +t.area BETWEEN $3 AND $4
           AND ($5 = '' OR t.found_in = $5 OR $5 = 'unknown' AND t.found_in = '')
           AND t.recorded_at < $6 AND t.unit > $7
         GROUP BY t.area, t.unit
         HAVING sum(CASE t.measure WHEN 'converted' THEN -t.n ELSE t.n END) > 0
         ORDER BY t.unit LIMIT $8");
    // Ids of commands grow with time, and the key of the table is in their order.
    EDITS_RECENT: Query = Query::new(
        "SELECT e.command, min(e.at), min(e.actor), min(e.note), count(*),
            CAST(sum(CASE WHEN e.undone IS NULL THEN 0 ELSE 1 END) AS BIGINT), min(e.now)
         FROM case_edit e WHERE e.area = $1 AND e.undoes IS NULL
         GROUP BY e.command ORDER BY e.command DESC LIMIT $2");
    PUBLICATIONS: Query = Query::new(
        "SELECT p.area, p.id, p.scope, p.from_time, p.until_time, p.as_of, p.publisher,
            p.convention, p.figures, p.corrects, p.note, p.actor FROM case_publication p
         WHERE p.area BETWEEN $1 AND $2 ORDER BY p.until_time DESC, p.as_of DESC LIMIT $3");
}
