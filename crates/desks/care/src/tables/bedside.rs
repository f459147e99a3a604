//! Tables and statements of the work at a bed, of stays, and of the lists behind the figures.

use store::{Table, statements};

/// What [`super::SCHEMA`] has besides its first tables.
///
/// `care_plan` has every version of every care plan, `care_consultation` and `care_order` a row each;
/// `at_area` is the county of the facility in which the patient lies, or lay. `care_step` has the moves
/// between wards and facilities, with the care that each gave.
///
/// `care_happened` has a row for everything that `care_flow` counts: a figure is the sum of its list.
///
/// `care_lying` has those who lie in a bed by when that began (whole quarters of a day), `care_stay` the
/// stays that are over by their length (in quarters of a day) and how they ended: each once by ward
/// (`kind` `ward`: `one` the facility, `two` the ward, in the facility's county; a move within a ward does
/// not end a stay there) and once by case (`kind` `case`: `one` the class, `two` the gravest severity, in
/// the county of the case; from the first bed until somebody leaves care).
pub(super) const MIGRATION: &[&str] = &[
    "CREATE TABLE care_plan (
        area BIGINT NOT NULL, episode BYTEA NOT NULL, version BIGINT NOT NULL,
        facility TEXT NOT NULL, ward TEXT NOT NULL, at_area BIGINT NOT NULL, at BIGINT NOT NULL,
        goals TEXT NOT NULL, team TEXT NOT NULL, due BIGINT NOT NULL, reviewed_at BIGINT,
        reviewed TEXT NOT NULL, ended_at BIGINT, note TEXT NOT NULL, actor TEXT NOT NULL,
        PRIMARY KEY (area, episode, version)) {clustered}",
    "CREATE UNIQUE INDEX care_plan_live ON care_plan (area, episode) WHERE ended_at IS NULL",
    "CREATE INDEX care_plan_due ON care_plan (due, episode, at_area, facility)
        WHERE ended_at IS NULL",
    "CREATE TABLE care_consultation (
        area BIGINT NOT NULL, episode BYTEA NOT NULL, id BYTEA NOT NULL, facility TEXT NOT NULL,
        ward TEXT NOT NULL, at_area BIGINT NOT NULL, at BIGINT NOT NULL, tier TEXT NOT NULL,
        whom TEXT NOT NULL, question TEXT NOT NULL, due BIGINT NOT NULL, asked_by TEXT NOT NULL,
        closed_at BIGINT, how TEXT, opinion TEXT NOT NULL, by_whom TEXT NOT NULL,
        PRIMARY KEY (area, episode, id)) {clustered}",
    "CREATE INDEX care_consultation_open ON care_consultation (due, id, at_area, facility)
        WHERE closed_at IS NULL",
    "CREATE TABLE care_order (
        area BIGINT NOT NULL, episode BYTEA NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL,
        what TEXT NOT NULL, dose TEXT NOT NULL, by_whom TEXT NOT NULL, started_at BIGINT NOT NULL,
        stopped_at BIGINT, stopped_by TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL,
        PRIMARY KEY (area, episode, id)) {clustered}",
    "CREATE TABLE care_step (
        area BIGINT NOT NULL, episode BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
        at BIGINT NOT NULL, at_area BIGINT NOT NULL, from_facility TEXT NOT NULL,
        from_ward TEXT NOT NULL, from_level TEXT NOT NULL, facility TEXT NOT NULL,
        ward TEXT NOT NULL, level TEXT NOT NULL, way TEXT NOT NULL, reason TEXT NOT NULL,
        actor TEXT NOT NULL, PRIMARY KEY (area, episode, command, n)) {clustered}",
    "CREATE INDEX care_step_at ON care_step (at, episode, at_area, way)",
    "CREATE TABLE care_happened (
        area BIGINT NOT NULL, episode BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
        what TEXT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (area, episode, command, n)) {clustered}",
    "CREATE INDEX care_happened_at ON care_happened (what, at, episode, area)",
    "CREATE TABLE care_stay (
        area BIGINT NOT NULL, kind TEXT NOT NULL, one TEXT NOT NULL, two TEXT NOT NULL,
        quarters BIGINT NOT NULL, how TEXT NOT NULL, stays BIGINT NOT NULL,
        PRIMARY KEY (area, kind, one, two, quarters, how)) {clustered}",
    "CREATE TABLE care_lying (
        area BIGINT NOT NULL, kind TEXT NOT NULL, one TEXT NOT NULL, two TEXT NOT NULL,
        since BIGINT NOT NULL, stays BIGINT NOT NULL,
        PRIMARY KEY (area, kind, one, two, since)) {clustered}",
    "CREATE INDEX care_place_held ON care_place (held_at, episode, area)
        WHERE left_at IS NULL AND lies = 0",
    "CREATE INDEX care_critical ON care_episode (id, area)
        WHERE stage = 'in_care' AND severity >= 10",
    "CREATE INDEX care_stayed ON care_episode (class, worst, admitted_at, id, area)
        WHERE admitted_at IS NOT NULL",
];

pub(super) const CARE_PLAN_TABLE: Table = Table {
    name: "care_plan",
    columns: "area, episode, version, facility, ward, at_area, at, goals, team, due, reviewed_at, \
              reviewed, ended_at, note, actor",
    key: "area, episode, version",
};
pub(super) const CONSULTATION_TABLE: Table = Table {
    name: "care_consultation",
    columns: "area, episode, id, facility, ward, at_area, at, tier, whom, question, due, \
              asked_by, closed_at, how, opinion, by_whom",
    key: "area, episode, id",
};
pub(super) const ORDER_TABLE: Table = Table {
    name: "care_order",
    columns: "area, episode, id, kind, what, dose, by_whom, started_at, stopped_at, stopped_by, \
              reason, actor",
    key: "area, episode, id",
};
pub(super) const STEP_TABLE: Table = Table {
    name: "care_step",
    columns: "area, episode, command, n, at, at_area, from_facility, from_ward, from_level, \
              facility, ward, level, way, reason, actor",
    key: "area, episode, command, n",
};
pub(super) const HAPPENED_TABLE: Table = Table {
    name: "care_happened",
    columns: "area, episode, command, n, what, at",
    key: "area, episode, command, n",
};
pub(super) const STAY_TABLE: Table = Table {
    name: "care_stay",
    columns: "area, kind, one, two, quarters, how, stays",
    key: "area, kind, one, two, quarters, how",
};
pub(super) const LYING_TABLE: Table = Table {
    name: "care_lying",
    columns: "area, kind, one, two, since, stays",
    key: "area, kind, one, two, since",
};

statements! {
    CARE_PLANS_OF: Lookup = Lookup::new(
        "SELECT p.episode, p.version, p.facility, p.ward, p.at_area, p.at, p.goals, p.team, p.due,
            p.reviewed_at, p.reviewed, p.ended_at, p.note, p.actor FROM care_plan p",
        &[("p.area", Int), ("p.episode", Bytes)], "");
    CARE_PLANS_DUE: Query = Query::new(
        "SELECT p.episode, p.version, p.facility, p.ward, p.at_area, p.at, p.goals, p.team, p.due,
            p.reviewed_at, p.reviewed, p.ended_at, p.note, p.actor FROM care_plan p
         WHERE p.ended_at IS NULL AND +p.at_area BETWEEN $1 AND $2
           AND ($3 = '' OR p.facility = $3) AND p.due < $4
         ORDER BY p.due, p.episode LIMIT $5");
    CARE_PLAN_PUT: Insert = Insert::new(
        "care_plan",
        &[("area", Int), ("episode", Bytes), ("version", Int), ("facility", Text),
          ("ward", Text), ("at_area", Int), ("at", Int), ("goals", Text), ("team", Text),
          ("due", Int), ("reviewed_at", Int), ("reviewed", Text), ("ended_at", Int),
          ("note", Text), ("actor", Text)],
        "ON CONFLICT (area, episode, version) DO UPDATE SET facility = excluded.facility,
            ward = excluded.ward, at_area = excluded.at_area, due = excluded.due,
            reviewed_at = excluded.reviewed_at, reviewed = excluded.reviewed,
            ended_at = excluded.ended_at");
    CONSULTATIONS_OF: Lookup = Lookup::new(
        "SELECT c.episode, c.id, c.facility, c.ward, c.at_area, c.at, c.tier, c.whom, c.question,
            c.due, c.asked_by, c.closed_at, c.how, c.opinion, c.by_whom FROM care_consultation c",
        &[("c.area", Int), ("c.episode", Bytes)], "");
    CONSULTATIONS_OPEN: Query = Query::new(
        "SELECT c.episode, c.id, c.facility, c.ward, c.at_area, c.at, c.tier, c.whom, c.question,
            c.due, c.asked_by, c.closed_at, c.how, c.opinion, c.by_whom FROM care_consultation c
         WHERE c.closed_at IS NULL AND +c.at_area BETWEEN $1 AND $2
           AND ($3 = '' OR c.facility = $3) AND c.due < $4
         ORDER BY c.due, c.id LIMIT $5");
    CONSULTATION_PUT: Insert = Insert::new(
        "care_consultation",
        &[("area", Int), ("episode", Bytes), ("id", Bytes), ("facility", Text), ("ward", Text),
          ("at_area", Int), ("at", Int), ("tier", Text), ("whom", Text), ("question", Text),
          ("due", Int), ("asked_by", Text), ("closed_at", Int), ("how", Text),
          ("opinion", Text), ("by_whom", Text)],
        "ON CONFLICT (area, episode, id) DO UPDATE SET facility = excluded.facility,
            ward = excluded.ward, at_area = excluded.at_area, closed_at = excluded.closed_at,
            how = excluded.how, opinion = excluded.opinion, by_whom = excluded.by_whom");
    ORDERS_OF: Lookup = Lookup::new(
        "SELECT o.episode, o.id, o.kind, o.what, o.dose, o.by_whom, o.started_at, o.stopped_at,
            o.stopped_by, o.reason, o.actor FROM care_order o",
        &[("o.area", Int), ("o.episode", Bytes)], "");
    ORDER_PUT: Insert = Insert::new(
        "care_order",
        &[("area", Int), ("episode", Bytes), ("id", Bytes), ("kind", Text), ("what", Text),
          ("dose", Text), ("by_whom", Text), ("started_at", Int), ("stopped_at", Int),
          ("stopped_by", Text), ("reason", Text), ("actor", Text)],
        "ON CONFLICT (area, episode, id) DO UPDATE SET stopped_at = excluded.stopped_at,
            stopped_by = excluded.stopped_by, reason = excluded.reason");
    STEP_PUT: Insert = Insert::new(
        "care_step",
        &[("area", Int), ("episode", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("at_area", Int), ("from_facility", Text), ("from_ward", Text), ("from_level", Text),
          ("facility", Text), ("ward", Text), ("level", Text), ("way", Text), ("reason", Text),
          ("actor", Text)],
        "");
    STEPS: Query = Query::new(
        "SELECT s.episode, s.at, s.from_facility, s.from_ward, s.from_level, s.facility, s.ward,
            s.level, s.way, s.reason, s.actor FROM care_step s
         WHERE s.at >= $1 AND s.at < $2 AND +s.at_area BETWEEN $3 AND $4
           AND ($5 = '' OR s.way = $5)
           AND ($6 = '' OR s.facility = $6 OR s.from_facility = $6)
         ORDER BY s.at DESC, s.episode LIMIT $7");
    HAPPENED_PUT: Insert = Insert::new(
        "care_happened",
        &[("area", Int), ("episode", Bytes), ("command", Bytes), ("n", Int), ("what", Text),
          ("at", Int)],
        "");
    HAPPENED: Query = Query::new(
        "SELECT h.area, h.episode, h.at FROM care_happened h
         WHERE h.what = $1 AND (h.at, h.episode) > ($2, $3) AND h.at < $4
           AND +h.area BETWEEN $5 AND $6
         ORDER BY h.at, h.episode LIMIT $7");
    STAY_ADD: Insert = Insert::new(
        "care_stay",
        &[("area", Int), ("kind", Text), ("one", Text), ("two", Text), ("quarters", Int),
          ("how", Text), ("stays", Int)],
        "ON CONFLICT (area, kind, one, two, quarters, how) DO UPDATE SET
            stays = care_stay.stays + excluded.stays");
    LYING_ADD: Insert = Insert::new(
        "care_lying",
        &[("area", Int), ("kind", Text), ("one", Text), ("two", Text), ("since", Int),
          ("stays", Int)],
        "ON CONFLICT (area, kind, one, two, since) DO UPDATE SET
            stays = care_lying.stays + excluded.stays");
    STAYS: Query = Query::new(
        "SELECT s.one, s.two, s.quarters, s.how, CAST(sum(s.stays) AS BIGINT) FROM care_stay s
         WHERE s.area BETWEEN $1 AND $2 AND s.kind = $3
         GROUP BY s.one, s.two, s.quarters, s.how");
    LYING: Query = Query::new(
        "SELECT l.one, l.two, l.since, CAST(sum(l.stays) AS BIGINT) FROM care_lying l
         WHERE l.area BETWEEN $1 AND $2 AND l.kind = $3
         GROUP BY l.one, l.two, l.since HAVING sum(l.stays) <> 0");
    // Who lies or lay in a bed, by class and the gravest severity.
    STAYED: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.admitted_at IS NOT NULL AND e.class = $1 AND e.worst = $2
           AND (e.admitted_at, e.id) > ($3, $4) AND +e.area BETWEEN $5 AND $6
           AND ($7 = '' OR $7 = 'going' AND e.lies IS NOT NULL OR $7 = 'over' AND e.lies IS NULL)
         ORDER BY e.admitted_at, e.id LIMIT $8");
    STAYED_UNEXAMINED: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.admitted_at IS NOT NULL AND e.class = $1 AND e.worst IS NULL
           AND (e.admitted_at, e.id) > ($2, $3) AND +e.area BETWEEN $4 AND $5
           AND ($6 = '' OR $6 = 'going' AND e.lies IS NOT NULL OR $6 = 'over' AND e.lies IS NULL)
         ORDER BY e.admitted_at, e.id LIMIT $7");
    // Beds that are held, the longest first.
    HELD: Query = Query::new(
        "SELECT p.area, p.episode FROM care_place p
         WHERE p.left_at IS NULL AND p.lies = 0 AND p.held_at < $1
           AND +p.area BETWEEN $2 AND $3
         ORDER BY p.held_at, p.episode LIMIT $4");
    CRITICAL: Query = Query::new(
        "SELECT e.area, e.id FROM care_episode e
         WHERE e.stage = 'in_care' AND e.severity >= 10 AND ($3 = '' OR e.facility = $3)
           AND EXISTS (SELECT 1 FROM care_facility f
                       WHERE f.code = e.facility AND +f.area BETWEEN $1 AND $2)
         ORDER BY e.id LIMIT $4");
}
