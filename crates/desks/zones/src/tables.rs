//! The zones desk's tables and statements: the one place for its SQL.

mod schema;
pub mod sweeps;

use store::statements;

pub use self::schema::SCHEMA;

/// The columns of a zone, as [`crate::rows`] reads them.
macro_rules! zone {
    ($rest:literal) => {
        concat!(
            "SELECT z.id, z.place, z.level, z.proposed, z.until, z.supply, z.urgent, z.basis,
                z.made_at, z.since, z.why, z.spans, z.households, z.persons, z.infections,
                z.last_at, z.unfounded, z.reason, z.ended, z.ended_at
             FROM zone z",
            $rest
        )
    };
}

statements! {
    ZONE_BY_ID: Lookup = Lookup::new(zone!(""), &[("z.area", Int), ("z.id", Bytes)], "");
    ZONE_STANDS_AT: Lookup = Lookup::new(
        zone!(""), &[("z.area", Int), ("z.place", Text)], "AND z.standing = 1");
    ZONE_PUT: Insert = Insert::new(
        "zone",
        &[("area", Int), ("id", Bytes), ("place", Text), ("level", Text), ("proposed", Text),
          ("until", Int), ("supply", Text), ("urgent", Text), ("basis", Text), ("made_at", Int),
          ("since", Int), ("why", Text), ("spans", Int), ("households", Int), ("persons", Int),
          ("infections", Int), ("last_at", Int), ("unfounded", Int), ("reason", Text),
          ("ended", Text), ("ended_at", Int), ("standing", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET level = excluded.level, until = excluded.until,
            supply = excluded.supply, urgent = excluded.urgent, basis = excluded.basis,
            since = excluded.since, why = excluded.why, spans = excluded.spans,
            infections = excluded.infections, last_at = excluded.last_at,
            unfounded = excluded.unfounded, reason = excluded.reason, ended = excluded.ended,
            ended_at = excluded.ended_at, standing = excluded.standing");
    // All that stands in a county: few enough to be read whole when a rule asks for what lies around a
    // place and inside it.
    ZONES_OF_COUNTY: Query = Query::new(
        zone!(" WHERE z.area = $1 AND z.standing = 1 ORDER BY z.place"));
    CASES_OF_ZONE: Lookup = Lookup::new(
        "SELECT c.zone, c.case_id, c.at, c.kind, c.void FROM zone_case c",
        &[("c.area", Int), ("c.zone", Bytes)], "");
    ZONES_OF_CASE: Lookup = Lookup::new(
        "SELECT c.zone, c.case_id FROM zone_case c", &[("c.case_id", Bytes)], "");
    CASE_PUT: Insert = Insert::new(
        "zone_case",
        &[("area", Int), ("zone", Bytes), ("case_id", Bytes), ("at", Int), ("kind", Text),
          ("void", Int)],
        "ON CONFLICT (area, zone, case_id) DO UPDATE SET at = excluded.at, kind = excluded.kind,
            void = excluded.void");
    STRETCH_PUT: Insert = Insert::new(
        "zone_stretch",
        &[("area", Int), ("zone", Bytes), ("n", Int), ("place", Text), ("level", Text),
          ("from_at", Int), ("to_at", Int), ("why", Text)],
        "ON CONFLICT (area, zone, n) DO UPDATE SET to_at = excluded.to_at");
    REFUSED_PUT: Insert = Insert::new(
        "zone_refused",
        &[("area", Int), ("place", Text), ("level", Text), ("at", Int), ("actor", Text),
          ("reason", Text)],
        "ON CONFLICT (area, place, level) DO UPDATE SET at = excluded.at, actor = excluded.actor,
            reason = excluded.reason");
    HISTORY_PUT: Insert = Insert::new(
        "zone_history",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("level", Text), ("body", Text)],
        "");
    COUNT_ADD: Insert = Insert::new(
        "zone_count",
        &[("area", Int), ("level", Text), ("zones", Int), ("households", Int), ("persons", Int)],
        "ON CONFLICT (area, level) DO UPDATE SET zones = zone_count.zones + excluded.zones,
            households = zone_count.households + excluded.households,
            persons = zone_count.persons + excluded.persons");
    FLOW_ADD: Insert = Insert::new(
        "zone_flow",
        &[("area", Int), ("hour", Int), ("what", Text), ("zones", Int)],
        "ON CONFLICT (area, hour, what) DO UPDATE SET zones = zone_flow.zones + excluded.zones");

    // What the rules ask of others' tables.
    PLACE_COUNTS: Lookup = Lookup::new(
        "SELECT p.code, n.households, n.persons
         FROM place p LEFT JOIN place_count n ON n.area = p.area AND n.place = p.code",
        &[("p.area", Int), ("p.code", Text)], "");
    CASE_FOUND: Lookup = Lookup::new(
        "SELECT c.id, c.found_at FROM cases c", &[("c.area", Int), ("c.id", Bytes)], "");
    CONTACTS_OF_CASE: Lookup = Lookup::new(
        "SELECT s.contact, s.last_at, c.stage, c.tests, c.arrived_at
         FROM trace_source s JOIN trace_contact c ON c.area = s.area AND c.id = s.contact",
        &[("s.source", Bytes)], "AND s.void = 0 AND c.degree = 'close'");
    INFECTIONS_SINCE: Query = Query::new(
        "SELECT c.id, c.place, c.found_at, c.found_in, c.class FROM cases c
         WHERE c.found_at >= $1 AND +c.area BETWEEN $2 AND $3
           AND c.status NOT IN ('merged', 'no_case')
         ORDER BY c.found_at DESC, c.id DESC LIMIT $4");
    ANCHORS: Lookup = Lookup::new(
        "SELECT i.case_id, i.anchor FROM trace_investigation i",
        &[("i.area", Int), ("i.id", Bytes)], "");
    VISITS: Lookup = Lookup::new(
        "SELECT s.case_id, s.place, s.from_at, s.until_at FROM trace_stay s",
        &[("s.area", Int), ("s.investigation", Bytes)],
        "AND s.dropped = 0 AND s.place IS NOT NULL");

    // Lists and figures.
    STANDING: Query = Query::new(
        zone!(" WHERE z.standing = 1 AND z.area BETWEEN $1 AND $2 AND ($3 = '' OR z.level = $3)
           AND ($4 = '' OR z.place >= $4 AND z.place < $5)
           AND (z.area > $6 OR z.area = $6 AND z.place > $7)
         ORDER BY z.area, z.place LIMIT $8"));
    ENDING: Query = Query::new(
        zone!(" WHERE z.standing = 1 AND z.until <= $1 AND +z.area BETWEEN $2 AND $3
         ORDER BY z.until, z.id LIMIT $4"));
    UNFOUNDED: Query = Query::new(
        zone!(" WHERE z.standing = 1 AND z.unfounded = 1 AND +z.area BETWEEN $1 AND $2
         ORDER BY z.id LIMIT $3"));
    ENDED: Query = Query::new(
        zone!(" WHERE z.standing = 0 AND z.ended_at < $1 AND +z.area BETWEEN $2 AND $3
         ORDER BY z.ended_at DESC, z.id DESC LIMIT $4"));
    AT_PLACE: Query = Query::new(
        zone!(" WHERE z.area = $1 AND z.place = $2 ORDER BY z.made_at DESC"));
    STRETCHES_OF: Query = Query::new(
        "SELECT s.zone, s.place, s.level, s.from_at, s.to_at, s.why FROM zone_stretch s
         WHERE s.area = $1 AND s.zone = $2 ORDER BY s.n");
    // What held at a moment.
    STRETCHES_AT: Query = Query::new(
        "SELECT s.zone, s.place, s.level, s.from_at, s.to_at, s.why FROM zone_stretch s
         WHERE s.area BETWEEN $1 AND $2 AND s.from_at <= $3
           AND (s.to_at IS NULL OR s.to_at > $3) AND ($4 = '' OR s.place >= $4 AND s.place < $5)
         ORDER BY s.area, s.place");
    // What held at any time since a moment.
    STRETCHES_SINCE: Query = Query::new(
        "SELECT s.zone, s.place, s.level, s.from_at, s.to_at, s.why FROM zone_stretch s
         WHERE s.area BETWEEN $1 AND $2 AND (s.to_at IS NULL OR s.to_at > $3)
           AND ($4 = '' OR s.place >= $4 AND s.place < $5)
         ORDER BY s.area, s.place, s.from_at");
    REFUSED_IN: Query = Query::new(
        "SELECT r.place, r.level, r.at, r.actor, r.reason FROM zone_refused r
         WHERE r.area BETWEEN $1 AND $2 ORDER BY r.area, r.place, r.level");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.level, h.body, h.command
         FROM zone_history h WHERE h.area = $1 AND h.unit = $2
         ORDER BY h.recorded_at, h.command, h.n");
    COUNTS: Query = Query::new(
        "SELECT c.area, c.level, c.zones, c.households, c.persons FROM zone_count c
         WHERE c.area BETWEEN $1 AND $2");
    FLOWS: Query = Query::new(
        "SELECT f.hour, f.what, CAST(sum(f.zones) AS BIGINT) FROM zone_flow f
         WHERE f.hour >= $1 AND f.hour < $2 AND +f.area BETWEEN $3 AND $4
         GROUP BY f.hour, f.what ORDER BY f.hour");
    // Infections by place and hour, for risk levels and the next round's circle.
    PLACES_SINCE: Query = Query::new(
        "SELECT p.place, p.hour, CAST(sum(p.cases) AS BIGINT) FROM case_place p
         WHERE p.area BETWEEN $1 AND $2 AND p.hour >= $3
           AND ($4 = '' OR p.place >= $4 AND p.place < $5)
         GROUP BY p.place, p.hour HAVING sum(p.cases) > 0 ORDER BY p.place, p.hour");
}
