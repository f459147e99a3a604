//! The counter of what is open: who has no plan, which questions, beds and disinfections wait, by when.

use store::{Table, statements};

/// What [`super::SCHEMA`] has besides. A row is there while it counts something, so that which rows there
/// are does not depend on how commands were grouped. `slot` is the quarter of an hour of the clock that
/// runs; 0 where none does. `area` and `facility` are those of the list behind the figure.
pub(super) const MIGRATION: &[&str] = &[
    "CREATE TABLE care_open (
        area BIGINT NOT NULL, facility TEXT NOT NULL, what TEXT NOT NULL, slot BIGINT NOT NULL,
        open BIGINT NOT NULL, PRIMARY KEY (area, facility, what, slot)) {clustered}",
    "INSERT INTO care_open (area, facility, what, slot, open)
     SELECT c.at_area, c.facility, 'consultation', c.due - c.due % 900000000, count(*)
     FROM care_consultation c WHERE c.closed_at IS NULL
     GROUP BY c.at_area, c.facility, c.due - c.due % 900000000",
    "INSERT INTO care_open (area, facility, what, slot, open)
     SELECT p.area, p.facility, 'held', p.held_at - p.held_at % 900000000, count(*)
     FROM care_place p JOIN care_episode e ON e.area = p.area AND e.id = p.episode
     WHERE p.left_at IS NULL AND p.lies = 0 AND e.stage <> 'moving'
     GROUP BY p.area, p.facility, p.held_at - p.held_at % 900000000",
    "INSERT INTO care_open (area, facility, what, slot, open)
     SELECT b.area, b.facility, 'dirty', b.due - b.due % 900000000, count(*)
     FROM care_bed b WHERE b.state = 'dirty' AND b.due IS NOT NULL
     GROUP BY b.area, b.facility, b.due - b.due % 900000000",
    "INSERT INTO care_open (area, facility, what, slot, open)
     SELECT f.area, f.code, 'critical', 0, count(*)
     FROM care_episode e JOIN care_facility f ON f.code = e.facility
     WHERE e.stage = 'in_care' AND e.severity >= 10 GROUP BY f.area, f.code",
    "INSERT INTO care_open (area, facility, what, slot, open)
     SELECT f.area, f.code, 'no_plan', 0, count(*)
     FROM care_episode e JOIN care_facility f ON f.code = e.facility
     WHERE e.stage = 'in_care' AND e.severity >= 10
       AND NOT EXISTS (SELECT 1 FROM care_plan p
                       WHERE p.area = e.area AND p.episode = e.id AND p.ended_at IS NULL)
     GROUP BY f.area, f.code",
];

pub(super) const TABLE: Table = Table {
    name: "care_open",
    columns: "area, facility, what, slot, open",
    key: "area, facility, what, slot",
};

statements! {
    OPEN_ADD: Insert = Insert::new(
        "care_open",
        &[("area", Int), ("facility", Text), ("what", Text), ("slot", Int), ("open", Int)],
        "ON CONFLICT (area, facility, what, slot) DO UPDATE SET
            open = care_open.open + excluded.open");
    OPEN_END: Delete = Delete::new(
        "care_open",
        &[("care_open.area", Int), ("care_open.facility", Text), ("care_open.what", Text),
          ("care_open.slot", Int)],
        "AND care_open.open = 0");
    // Of the clocks, those of slots that lie wholly before one.
    OPEN: Query = Query::new(
        "SELECT o.area, o.what, CAST(sum(o.open) AS BIGINT) FROM care_open o
         WHERE o.area BETWEEN $1 AND $2 AND ($3 = '' OR o.facility = $3) AND o.slot < $4
         GROUP BY o.area, o.what");
    HELD_IN: Query = Query::new(
        "SELECT o.area, CAST(sum(o.open) AS BIGINT) FROM care_open o
         WHERE o.area BETWEEN $1 AND $2 AND o.what = 'held' GROUP BY o.area");
    // What the slot that goes on has of the clock, row by row: there are never many.
    CONSULTATIONS_NOW: Query = Query::new(
        "SELECT count(*) FROM care_consultation c
         WHERE c.closed_at IS NULL AND c.due >= $1 AND c.due < $2
           AND +c.at_area BETWEEN $3 AND $4 AND ($5 = '' OR c.facility = $5)");
    DIRTY_NOW: Query = Query::new(
        "SELECT count(*) FROM care_bed b
         WHERE b.state = 'dirty' AND b.due >= $1 AND b.due < $2
           AND +b.area BETWEEN $3 AND $4 AND ($5 = '' OR b.facility = $5)");
    HELD_NOW: Query = Query::new(
        "SELECT count(*) FROM care_place p JOIN care_episode e ON e.area = p.area AND e.id = p.episode
         WHERE p.left_at IS NULL AND p.lies = 0 AND p.held_at >= $1 AND p.held_at < $2
           AND +p.area BETWEEN $3 AND $4 AND ($5 = '' OR p.facility = $5) AND e.stage <> 'moving'");
}
