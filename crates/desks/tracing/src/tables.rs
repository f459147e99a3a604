//! The tracing desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The tracing desk's tables, all derived from the journal.
///
/// `trace_contact.county` is the county that follows the person; `area`, in the key, the one that named
/// him first. A partial unique index holds that a person has one open follow-up, whatever a rule
/// overlooks. `trace_source` says whom a contact met, `trace_stay` where cases were.
///
/// `trace_count` has the contacts by stage and degree, `trace_due` those under observation by community,
/// task and the day on which it is due, `trace_progress` the investigations, `trace_flow` what happened
/// by hour: all changed in the transaction that makes them so. Since what is due is told by an absolute
/// day, no row changes when the day does.
pub const SCHEMA: Schema = Schema {
    name: "tracing",
    migrations: &[&[
        "CREATE TABLE trace_investigation (
            area BIGINT NOT NULL, id BYTEA NOT NULL, case_id BYTEA NOT NULL, person BYTEA NOT NULL,
            person_area BIGINT, place TEXT, since BIGINT NOT NULL, onset BIGINT,
            anchor BIGINT NOT NULL, progress TEXT NOT NULL, before TEXT, on_site_due BIGINT,
            on_site_at BIGINT, core_due BIGINT, core_at BIGINT, report_due BIGINT,
            report_at BIGINT, team TEXT, core TEXT NOT NULL, stays BIGINT NOT NULL,
            contacts BIGINT NOT NULL, contact BYTEA, ended TEXT, ended_at BIGINT, keep BYTEA,
            summary TEXT NOT NULL, due BIGINT, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX trace_investigation_open ON trace_investigation (due, id, area, progress)
            WHERE progress IN ('opened', 'on_site', 'core')",
        "CREATE INDEX trace_investigation_since ON trace_investigation (since, id, area, progress)",
        "CREATE INDEX trace_investigation_person ON trace_investigation (person)",
        "CREATE TABLE trace_contact (
            area BIGINT NOT NULL, id BYTEA NOT NULL, n BIGINT NOT NULL, person BYTEA NOT NULL,
            person_area BIGINT, household BYTEA, sealed BYTEA, id_index BYTEA, phone_index BYTEA,
            birth_year BIGINT, sex TEXT, place TEXT, county BIGINT NOT NULL, degree TEXT NOT NULL,
            stage TEXT NOT NULL, since BIGINT NOT NULL, before TEXT, named_at BIGINT NOT NULL,
            deadline BIGINT, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
            unfounded BIGINT NOT NULL, site TEXT, room TEXT NOT NULL, arrived_at BIGINT,
            schedule TEXT, tests TEXT NOT NULL, checked BIGINT, ill BIGINT NOT NULL,
            test_due BIGINT, check_due BIGINT, release_due BIGINT, request TEXT,
            requests BIGINT NOT NULL, case_id BYTEA, origin TEXT NOT NULL, ended_at BIGINT,
            ended TEXT, community TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX trace_contact_person ON trace_contact (person)
            WHERE stage IN ('identified', 'located', 'notified', 'moving', 'quarantined',
                'monitoring', 'refused')",
        "CREATE INDEX trace_contact_of ON trace_contact (person, n)",
        "CREATE INDEX trace_contact_number ON trace_contact (id_index) WHERE id_index IS NOT NULL",
        "CREATE INDEX trace_contact_stage
            ON trace_contact (stage, since, id, county, degree, community)",
        "CREATE INDEX trace_contact_test ON trace_contact (test_due, id, county, community)
            WHERE test_due IS NOT NULL",
        "CREATE INDEX trace_contact_check ON trace_contact (check_due, id, county, community)
            WHERE check_due IS NOT NULL",
        "CREATE INDEX trace_contact_release ON trace_contact (release_due, id, county, community)
            WHERE release_due IS NOT NULL",
        "CREATE INDEX trace_contact_deadline ON trace_contact (deadline, id, county, stage)
            WHERE deadline IS NOT NULL
                AND stage IN ('identified', 'located', 'notified', 'moving', 'refused')",
        "CREATE INDEX trace_contact_unfounded ON trace_contact (id, county) WHERE unfounded = 1",
        "CREATE TABLE trace_source (
            area BIGINT NOT NULL, contact BYTEA NOT NULL, source BYTEA NOT NULL,
            person BYTEA NOT NULL, setting TEXT NOT NULL, stay BIGINT, first_at BIGINT NOT NULL,
            last_at BIGINT NOT NULL, note TEXT NOT NULL, void BIGINT NOT NULL,
            reason TEXT NOT NULL, PRIMARY KEY (area, contact, source)) {clustered}",
        "CREATE INDEX trace_source_of ON trace_source (source, contact)",
        "CREATE TABLE trace_stay (
            area BIGINT NOT NULL, investigation BYTEA NOT NULL, n BIGINT NOT NULL,
            case_id BYTEA NOT NULL, from_at BIGINT NOT NULL, until_at BIGINT NOT NULL, place TEXT,
            name TEXT NOT NULL, key TEXT NOT NULL, setting TEXT NOT NULL, note TEXT NOT NULL,
            dropped BIGINT NOT NULL, PRIMARY KEY (area, investigation, n)) {clustered}",
        "CREATE INDEX trace_stay_key ON trace_stay (key, from_at) WHERE dropped = 0",
        "CREATE TABLE trace_request (
            area BIGINT NOT NULL, contact BYTEA NOT NULL, n BIGINT NOT NULL,
            from_area BIGINT NOT NULL, to_area BIGINT NOT NULL, asked_at BIGINT NOT NULL,
            due BIGINT, note TEXT NOT NULL, answered_at BIGINT, accepted BIGINT,
            answer TEXT NOT NULL, PRIMARY KEY (area, contact, n)) {clustered}",
        "CREATE INDEX trace_request_open ON trace_request (due, contact, from_area, to_area)
            WHERE answered_at IS NULL",
        "CREATE INDEX trace_request_at ON trace_request (asked_at, contact, from_area, to_area)",
        "CREATE TABLE trace_history (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, stage TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (area, unit, command, n)) {clustered}",
        "CREATE TABLE trace_count (
            area BIGINT NOT NULL, stage TEXT NOT NULL, degree TEXT NOT NULL,
            contacts BIGINT NOT NULL, PRIMARY KEY (area, stage, degree)) {clustered}",
        "CREATE TABLE trace_due (
            area BIGINT NOT NULL, community TEXT NOT NULL, task TEXT NOT NULL, day BIGINT NOT NULL,
            contacts BIGINT NOT NULL, PRIMARY KEY (area, community, task, day)) {clustered}",
        "CREATE TABLE trace_progress (
            area BIGINT NOT NULL, progress TEXT NOT NULL, investigations BIGINT NOT NULL,
            PRIMARY KEY (area, progress)) {clustered}",
        "CREATE TABLE trace_flow (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, what TEXT NOT NULL,
            contacts BIGINT NOT NULL, PRIMARY KEY (area, hour, what)) {clustered}",
        "CREATE INDEX trace_flow_hour ON trace_flow (hour, area, what, contacts)",
    ]],
    derived: &[
        Table {
            name: "trace_investigation",
            columns: "area, id, case_id, person, person_area, place, since, onset, anchor, \
                      progress, before, on_site_due, on_site_at, core_due, core_at, report_due, \
                      report_at, team, core, stays, contacts, contact, ended, ended_at, keep, \
                      summary, due",
            key: "area, id",
        },
        Table {
            name: "trace_contact",
            columns: "area, id, n, person, person_area, household, sealed, id_index, phone_index, \
                      birth_year, sex, place, county, degree, stage, since, before, named_at, \
                      deadline, first_at, last_at, unfounded, site, room, arrived_at, schedule, \
                      tests, checked, ill, test_due, check_due, release_due, request, requests, \
                      case_id, origin, ended_at, ended, community",
            key: "area, id",
        },
        Table {
            name: "trace_source",
            columns: "area, contact, source, person, setting, stay, first_at, last_at, note, void, \
                      reason",
            key: "area, contact, source",
        },
        Table {
            name: "trace_stay",
            columns: "area, investigation, n, case_id, from_at, until_at, place, name, key, \
                      setting, note, dropped",
            key: "area, investigation, n",
        },
        Table {
            name: "trace_request",
            columns: "area, contact, n, from_area, to_area, asked_at, due, note, answered_at, \
                      accepted, answer",
            key: "area, contact, n",
        },
        Table {
            name: "trace_history",
            columns: "area, unit, command, n, at, recorded_at, actor, what, stage, body",
            key: "area, unit, command, n",
        },
        Table {
            name: "trace_count",
            columns: "area, stage, degree, contacts",
            key: "area, stage, degree",
        },
        Table {
            name: "trace_due",
            columns: "area, community, task, day, contacts",
            key: "area, community, task, day",
        },
        Table {
            name: "trace_progress",
            columns: "area, progress, investigations",
            key: "area, progress",
        },
        Table {
            name: "trace_flow",
            columns: "area, hour, what, contacts",
            key: "area, hour, what",
        },
    ],
};

/// The columns of an investigation, as [`crate::rows`] reads them.
macro_rules! investigation {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.case_id, i.person, i.person_area, i.place, i.since, i.onset, i.anchor,
                i.progress, i.before, i.on_site_due, i.on_site_at, i.core_due, i.core_at,
                i.report_due, i.report_at, i.team, i.core, i.stays, i.contacts, i.contact, i.ended,
                i.ended_at, i.keep, i.summary
             FROM trace_investigation i",
            $rest
        )
    };
}

/// The columns of a contact, as [`crate::rows`] reads them.
macro_rules! contact {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.n, c.person, c.person_area, c.household, c.sealed, c.id_index,
                c.phone_index, c.birth_year, c.sex, c.place, c.county, c.degree, c.stage, c.since,
                c.before, c.named_at, c.deadline, c.first_at, c.last_at, c.unfounded, c.site,
                c.room, c.arrived_at, c.schedule, c.tests, c.checked, c.ill, c.test_due,
                c.check_due, c.release_due, c.request, c.requests, c.case_id, c.origin, c.ended_at,
                c.ended
             FROM trace_contact c",
            $rest
        )
    };
}

statements! {
    INVESTIGATION_BY_ID: Lookup = Lookup::new(
        investigation!(""), &[("i.area", Int), ("i.id", Bytes)], "");
    INVESTIGATIONS_OF_PERSON: Lookup = Lookup::new(
        investigation!(""), &[("i.person", Bytes)], "");
    INVESTIGATION_PUT: Insert = Insert::new(
        "trace_investigation",
        &[("area", Int), ("id", Bytes), ("case_id", Bytes), ("person", Bytes),
          ("person_area", Int), ("place", Text), ("since", Int), ("onset", Int), ("anchor", Int),
          ("progress", Text), ("before", Text), ("on_site_due", Int), ("on_site_at", Int),
          ("core_due", Int), ("core_at", Int), ("report_due", Int), ("report_at", Int),
          ("team", Text), ("core", Text), ("stays", Int), ("contacts", Int), ("contact", Bytes),
          ("ended", Text), ("ended_at", Int), ("keep", Bytes), ("summary", Text), ("due", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET person = excluded.person,
            person_area = excluded.person_area, place = excluded.place, onset = excluded.onset,
            anchor = excluded.anchor, progress = excluded.progress, before = excluded.before,
            on_site_at = excluded.on_site_at, core_at = excluded.core_at,
            report_at = excluded.report_at, team = excluded.team, core = excluded.core,
            stays = excluded.stays, contacts = excluded.contacts, contact = excluded.contact,
            ended = excluded.ended, ended_at = excluded.ended_at, keep = excluded.keep,
            summary = excluded.summary, due = excluded.due");
    CONTACT_BY_ID: Lookup = Lookup::new(
        contact!(""), &[("c.area", Int), ("c.id", Bytes)], "");
    CONTACTS_OF_PERSON: Lookup = Lookup::new(contact!(""), &[("c.person", Bytes)], "");
    // Whom a number had been given for whom the registry did not have.
    CONTACT_BY_NUMBER: Lookup = Lookup::new(
        "SELECT c.id_index, c.person FROM trace_contact c", &[("c.id_index", Bytes)], "");
    CONTACT_PUT: Insert = Insert::new(
        "trace_contact",
        &[("area", Int), ("id", Bytes), ("n", Int), ("person", Bytes), ("person_area", Int),
          ("household", Bytes), ("sealed", Bytes), ("id_index", Bytes), ("phone_index", Bytes),
          ("birth_year", Int), ("sex", Text), ("place", Text), ("county", Int), ("degree", Text),
          ("stage", Text), ("since", Int), ("before", Text), ("named_at", Int), ("deadline", Int),
          ("first_at", Int), ("last_at", Int), ("unfounded", Int), ("site", Text),
          ("room", Text), ("arrived_at", Int), ("schedule", Text), ("tests", Text),
          ("checked", Int), ("ill", Int), ("test_due", Int), ("check_due", Int),
          ("release_due", Int), ("request", Text), ("requests", Int), ("case_id", Bytes),
          ("origin", Text), ("ended_at", Int), ("ended", Text), ("community", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET place = excluded.place, county = excluded.county,
            degree = excluded.degree, stage = excluded.stage, since = excluded.since,
            before = excluded.before, deadline = excluded.deadline,
            first_at = excluded.first_at, last_at = excluded.last_at,
            unfounded = excluded.unfounded, site = excluded.site, room = excluded.room,
            arrived_at = excluded.arrived_at, schedule = excluded.schedule,
            tests = excluded.tests, checked = excluded.checked, ill = excluded.ill,
            test_due = excluded.test_due, check_due = excluded.check_due,
            release_due = excluded.release_due, request = excluded.request,
            requests = excluded.requests, case_id = excluded.case_id,
            ended_at = excluded.ended_at, ended = excluded.ended,
            community = excluded.community");
    SOURCES_OF: Lookup = Lookup::new(
        "SELECT s.contact, s.source, s.setting, s.stay, s.first_at, s.last_at, s.note, s.void,
            s.reason FROM trace_source s",
        &[("s.area", Int), ("s.contact", Bytes)], "");
    // Whom a case or a close contact is the source of.
    CONTACTS_OF_SOURCE: Lookup = Lookup::new(
        "SELECT s.source, s.area, s.contact FROM trace_source s", &[("s.source", Bytes)], "");
    SOURCE_PUT: Insert = Insert::new(
        "trace_source",
        &[("area", Int), ("contact", Bytes), ("source", Bytes), ("person", Bytes),
          ("setting", Text), ("stay", Int), ("first_at", Int), ("last_at", Int), ("note", Text),
          ("void", Int), ("reason", Text)],
        "ON CONFLICT (area, contact, source) DO UPDATE SET setting = excluded.setting,
            stay = excluded.stay, first_at = excluded.first_at, last_at = excluded.last_at,
            note = excluded.note, void = excluded.void, reason = excluded.reason");
    STAYS_OF: Lookup = Lookup::new(
        "SELECT s.investigation, s.n, s.from_at, s.until_at, s.place, s.name, s.setting, s.note,
            s.dropped FROM trace_stay s",
        &[("s.area", Int), ("s.investigation", Bytes)], "");
    // Who else was at a place, whenever.
    STAYS_AT: Lookup = Lookup::new(
        "SELECT s.case_id, s.n, s.from_at, s.until_at, s.place, s.name, s.setting, s.note,
            s.dropped FROM trace_stay s",
        &[("s.key", Text)], "AND s.dropped = 0");
    STAY_PUT: Insert = Insert::new(
        "trace_stay",
        &[("area", Int), ("investigation", Bytes), ("n", Int), ("case_id", Bytes),
          ("from_at", Int), ("until_at", Int), ("place", Text), ("name", Text), ("key", Text),
          ("setting", Text), ("note", Text), ("dropped", Int)],
        "ON CONFLICT (area, investigation, n) DO UPDATE SET from_at = excluded.from_at,
            until_at = excluded.until_at, place = excluded.place, name = excluded.name,
            key = excluded.key, setting = excluded.setting, note = excluded.note,
            dropped = excluded.dropped");
    REQUEST_PUT: Insert = Insert::new(
        "trace_request",
        &[("area", Int), ("contact", Bytes), ("n", Int), ("from_area", Int), ("to_area", Int),
          ("asked_at", Int), ("due", Int), ("note", Text), ("answered_at", Int),
          ("accepted", Int), ("answer", Text)],
        "ON CONFLICT (area, contact, n) DO UPDATE SET answered_at = excluded.answered_at,
            accepted = excluded.accepted, answer = excluded.answer");
    HISTORY_PUT: Insert = Insert::new(
        "trace_history",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("stage", Text),
          ("body", Text)],
        "");
    COUNT_ADD: Insert = Insert::new(
        "trace_count",
        &[("area", Int), ("stage", Text), ("degree", Text), ("contacts", Int)],
        "ON CONFLICT (area, stage, degree) DO UPDATE SET
            contacts = trace_count.contacts + excluded.contacts");
    DUE_ADD: Insert = Insert::new(
        "trace_due",
        &[("area", Int), ("community", Text), ("task", Text), ("day", Int), ("contacts", Int)],
        "ON CONFLICT (area, community, task, day) DO UPDATE SET
            contacts = trace_due.contacts + excluded.contacts");
    PROGRESS_ADD: Insert = Insert::new(
        "trace_progress",
        &[("area", Int), ("progress", Text), ("investigations", Int)],
        "ON CONFLICT (area, progress) DO UPDATE SET
            investigations = trace_progress.investigations + excluded.investigations");
    FLOW_ADD: Insert = Insert::new(
        "trace_flow",
        &[("area", Int), ("hour", Int), ("what", Text), ("contacts", Int)],
        "ON CONFLICT (area, hour, what) DO UPDATE SET
            contacts = trace_flow.contacts + excluded.contacts");
    // Where somebody lives, and with whom; by the index that starts with the id.
    PERSON_HOME: Lookup = Lookup::new(
        "SELECT p.id, p.area, p.place, p.household, p.same_as FROM person p",
        &[("p.id", Bytes)], "");
    PERSON_BY_NUMBER: Lookup = Lookup::new(
        "SELECT p.id_index, p.id FROM person p", &[("p.id_index", Bytes)], "AND p.same_as IS NULL");

    // Lists. `+` keeps SQLite from walking the table of a county by its key.
    INVESTIGATIONS_DUE: Query = Query::new(
        investigation!(" WHERE i.progress IN ('opened', 'on_site', 'core')
           AND +i.area BETWEEN $1 AND $2 AND ($3 = '' OR i.progress = $3)
           AND (i.due, i.id) > ($4, $5) ORDER BY i.due, i.id LIMIT $6"));
    INVESTIGATIONS_NEW: Query = Query::new(
        investigation!(" WHERE +i.area BETWEEN $1 AND $2 AND ($3 = '' OR i.progress = $3)
           AND (i.since, i.id) < ($4, $5) ORDER BY i.since DESC, i.id DESC LIMIT $6"));
    UNINVESTIGATED: Query = Query::new(
        "SELECT c.area, c.id FROM cases c
         WHERE c.area BETWEEN $1 AND $2 AND c.status = '' AND c.class <> 'suspected'
           AND NOT EXISTS (SELECT 1 FROM trace_investigation i
                WHERE i.person = c.person AND i.case_id = c.id)
         ORDER BY c.area, c.id LIMIT $3");
    CONTACTS_IN: Query = Query::new(
        contact!(" WHERE c.stage = $1 AND +c.county BETWEEN $2 AND $3
           AND ($4 = '' OR c.degree = $4) AND ($5 = '' OR c.community = $5)
           AND ($9 = '' OR c.place >= $9 AND c.place < $10)
           AND (c.since, c.id) > ($6, $7) ORDER BY c.since, c.id LIMIT $8"));
    TESTS_DUE: Query = Query::new(
        contact!(" WHERE c.test_due IS NOT NULL AND c.test_due <= $1
           AND +c.county BETWEEN $2 AND $3 AND ($4 = '' OR c.community = $4)
           AND (c.test_due, c.id) > ($5, $6) ORDER BY c.test_due, c.id LIMIT $7"));
    CHECKS_DUE: Query = Query::new(
        contact!(" WHERE c.check_due IS NOT NULL AND c.check_due <= $1
           AND +c.county BETWEEN $2 AND $3 AND ($4 = '' OR c.community = $4)
           AND (c.check_due, c.id) > ($5, $6) ORDER BY c.check_due, c.id LIMIT $7"));
    RELEASES_DUE: Query = Query::new(
        contact!(" WHERE c.release_due IS NOT NULL AND c.release_due <= $1
           AND +c.county BETWEEN $2 AND $3 AND ($4 = '' OR c.community = $4)
           AND (c.release_due, c.id) > ($5, $6) ORDER BY c.release_due, c.id LIMIT $7"));
    UNFOUNDED: Query = Query::new(
        contact!(" WHERE c.unfounded = 1 AND +c.county BETWEEN $1 AND $2 AND c.id > $3
           AND c.stage NOT IN ('released', 'positive', 'closed') ORDER BY c.id LIMIT $4"));
    // Who is not yet where he is to be kept apart, the most urgent first.
    TO_MOVE: Query = Query::new(
        contact!(" WHERE c.stage IN ('identified', 'located', 'notified', 'moving', 'refused')
           AND c.deadline IS NOT NULL AND c.deadline < $1 AND +c.county BETWEEN $2 AND $3
           AND (c.deadline, c.id) > ($4, $5) ORDER BY c.deadline, c.id LIMIT $6"));
    // How many are not yet where they are to be kept apart, by a place that their community lies in.
    TO_MOVE_BY_PLACE: Query = Query::new(
        "SELECT c.county, substr(c.community, 1, CAST($3 AS INTEGER)), count(*) FROM trace_contact c
         WHERE c.stage IN ('identified', 'located', 'notified', 'moving', 'refused')
           AND +c.county BETWEEN $1 AND $2 GROUP BY 1, 2");
    REQUESTS_OPEN: Query = Query::new(
        "SELECT r.area, r.contact, r.n, r.from_area, r.to_area, r.asked_at, r.due, r.note,
            r.answered_at, r.accepted, r.answer FROM trace_request r
         WHERE r.answered_at IS NULL AND +r.from_area BETWEEN $1 AND $2
           AND +r.to_area BETWEEN $3 AND $4 ORDER BY r.due, r.contact LIMIT $5");
    REQUESTS_ALL: Query = Query::new(
        "SELECT r.area, r.contact, r.n, r.from_area, r.to_area, r.asked_at, r.due, r.note,
            r.answered_at, r.accepted, r.answer FROM trace_request r
         WHERE +r.from_area BETWEEN $1 AND $2 AND +r.to_area BETWEEN $3 AND $4
         ORDER BY r.asked_at DESC, r.contact LIMIT $5");
    REQUESTS_OF: Query = Query::new(
        "SELECT r.area, r.contact, r.n, r.from_area, r.to_area, r.asked_at, r.due, r.note,
            r.answered_at, r.accepted, r.answer FROM trace_request r
         WHERE r.area = $1 AND r.contact = $2 ORDER BY r.n");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.stage, h.body, h.command
         FROM trace_history h WHERE h.area = $1 AND h.unit = $2
         ORDER BY h.recorded_at, h.command, h.n");
    COUNTS: Query = Query::new(
        "SELECT c.stage, c.degree, CAST(sum(c.contacts) AS BIGINT) FROM trace_count c
         WHERE c.area BETWEEN $1 AND $2 GROUP BY c.stage, c.degree");
    PROGRESSES: Query = Query::new(
        "SELECT p.progress, CAST(sum(p.investigations) AS BIGINT) FROM trace_progress p
         WHERE p.area BETWEEN $1 AND $2 GROUP BY p.progress");
    // What is due until a day, by task and day.
    DUES: Query = Query::new(
        "SELECT d.task, d.day, CAST(sum(d.contacts) AS BIGINT) FROM trace_due d
         WHERE d.area BETWEEN $1 AND $2 AND ($3 = '' OR d.community = $3)
         GROUP BY d.task, d.day HAVING sum(d.contacts) <> 0");
    DUES_BY_COMMUNITY: Query = Query::new(
        "SELECT d.community, d.task, CAST(sum(d.contacts) AS BIGINT),
            CAST(sum(CASE WHEN d.day < $4 THEN d.contacts ELSE 0 END) AS BIGINT) FROM trace_due d
         WHERE d.area BETWEEN $1 AND $2 AND d.day <= $3
         GROUP BY d.community, d.task HAVING sum(d.contacts) <> 0");
    FLOWS: Query = Query::new(
        "SELECT f.hour, f.what, CAST(sum(f.contacts) AS BIGINT) FROM trace_flow f
         WHERE f.hour >= $1 AND f.hour < $2 AND +f.area BETWEEN $3 AND $4
         GROUP BY f.hour, f.what ORDER BY f.hour");
    // Chains: the cases of a scope that were found between two times, and what links them.
    CHAIN_CASES: Query = Query::new(
        investigation!(" WHERE i.since >= $1 AND i.since < $2 AND +i.area BETWEEN $3 AND $4
           AND i.progress <> 'closed' ORDER BY i.since DESC, i.id DESC LIMIT $5"));
    CHAIN_LINKS: Lookup = Lookup::new(
        "SELECT s.source, s.person, s.setting, s.first_at, s.last_at, c.case_id
         FROM trace_source s JOIN trace_contact c ON c.area = s.area AND c.id = s.contact",
        &[("s.source", Bytes)], "AND s.void = 0");
    CHAIN_STAYS: Lookup = Lookup::new(
        "SELECT s.case_id, s.n, s.from_at, s.until_at, s.place, s.name, s.setting, s.note,
            s.dropped FROM trace_stay s",
        &[("s.area", Int), ("s.investigation", Bytes)], "AND s.dropped = 0");
}
