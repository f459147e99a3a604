//! The transfers desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The transfers desk's tables, all derived from the journal.
///
/// What a rule overlooks, a partial unique index does not: a person has one open ride
/// (`transfer_ride_person`) and one seat (`transfer_seat_person`), a seat is one person's
/// (`transfer_seat_place`), and a vehicle is on one trip (`transfer_trip_vehicle`).
///
/// `transfer_count` has the rides by stage and reason, `transfer_due` those not picked up by the quarter of an
/// hour in which they are due, `transfer_flow` what happened by hour, with the
/// minutes that it took in sum. `transfer_ride.open` says that somebody still has to be brought,
/// `one_sided` that a hand-over lacks a signature.
pub const SCHEMA: Schema = Schema {
    name: "transfers",
    migrations: &[&[
        "CREATE TABLE transfer_vehicle (
            area BIGINT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, plate TEXT NOT NULL,
            seats BIGINT NOT NULL, stretchers BIGINT NOT NULL, carries TEXT NOT NULL,
            serves TEXT NOT NULL, base TEXT NOT NULL, crew TEXT NOT NULL, shift_from BIGINT,
            shift_until BIGINT, out_reason TEXT, dirty_since BIGINT, clean_due BIGINT,
            trip BYTEA, last_class TEXT, PRIMARY KEY (area, code)) {clustered}",
        "CREATE UNIQUE INDEX transfer_vehicle_code ON transfer_vehicle (code)",
        "CREATE TABLE transfer_trip (
            area BIGINT NOT NULL, id BYTEA NOT NULL, vehicle TEXT NOT NULL, class TEXT NOT NULL,
            state TEXT NOT NULL, leaves_at BIGINT NOT NULL, calls TEXT NOT NULL,
            plan TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, started_at BIGINT,
            ended_at BIGINT, broken_at BIGINT, carried BIGINT NOT NULL, booked BIGINT NOT NULL,
            aboard BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX transfer_trip_vehicle ON transfer_trip (vehicle)
            WHERE state = 'under_way'",
        "CREATE INDEX transfer_trip_open ON transfer_trip (leaves_at, id, area)
            WHERE state IN ('planned', 'under_way')",
        "CREATE INDEX transfer_trip_of ON transfer_trip (vehicle, leaves_at, id)",
        "CREATE TABLE transfer_ride (
            area BIGINT NOT NULL, id BYTEA NOT NULL, person BYTEA NOT NULL, episode BYTEA,
            household BYTEA, reason TEXT NOT NULL, class TEXT NOT NULL, lying BIGINT NOT NULL,
            origin TEXT NOT NULL, goal TEXT NOT NULL, stage TEXT NOT NULL,
            stage_since BIGINT NOT NULL, wanted_at BIGINT NOT NULL, from_time BIGINT,
            due BIGINT NOT NULL, trip BYTEA, seat TEXT NOT NULL, signs TEXT NOT NULL,
            said TEXT NOT NULL, in_vain BIGINT NOT NULL, picked_at BIGINT, arrived_at BIGINT,
            open BIGINT NOT NULL, one_sided BIGINT NOT NULL, from_facility TEXT,
            to_facility TEXT, PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX transfer_ride_person ON transfer_ride (person) WHERE open = 1",
        "CREATE INDEX transfer_ride_household ON transfer_ride (household) WHERE open = 1",
        "CREATE INDEX transfer_ride_due ON transfer_ride (due, id, area, stage)
            WHERE stage IN ('wanted', 'booked')",
        "CREATE INDEX transfer_ride_to ON transfer_ride (to_facility, due, id) WHERE open = 1",
        "CREATE INDEX transfer_ride_from ON transfer_ride (from_facility, due, id) WHERE open = 1",
        "CREATE INDEX transfer_ride_one_sided ON transfer_ride (stage_since, id, area)
            WHERE one_sided = 1",
        "CREATE INDEX transfer_ride_stage ON transfer_ride (stage, stage_since DESC, id, area)",
        "CREATE INDEX transfer_ride_of ON transfer_ride (person, wanted_at)",
        "CREATE TABLE transfer_seat (
            area BIGINT NOT NULL, trip BYTEA NOT NULL, ride BYTEA NOT NULL, person BYTEA NOT NULL,
            seat TEXT NOT NULL, live BIGINT NOT NULL, PRIMARY KEY (area, trip, ride)) {clustered}",
        "CREATE UNIQUE INDEX transfer_seat_person ON transfer_seat (person) WHERE live = 1",
        "CREATE UNIQUE INDEX transfer_seat_place ON transfer_seat (trip, seat) WHERE live = 1",
        "CREATE TABLE transfer_history (
            area BIGINT NOT NULL, ride BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, stage TEXT NOT NULL, trip BYTEA, body TEXT NOT NULL,
            PRIMARY KEY (area, ride, command, n)) {clustered}",
        "CREATE TABLE transfer_count (
            area BIGINT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL,
            rides BIGINT NOT NULL, PRIMARY KEY (area, stage, reason)) {clustered}",
        "CREATE TABLE transfer_due (
            area BIGINT NOT NULL, quarter BIGINT NOT NULL, rides BIGINT NOT NULL,
            PRIMARY KEY (area, quarter)) {clustered}",
        "CREATE TABLE transfer_flow (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, what TEXT NOT NULL, rides BIGINT NOT NULL,
            minutes BIGINT NOT NULL, PRIMARY KEY (area, hour, what)) {clustered}",
        "CREATE INDEX transfer_flow_hour ON transfer_flow (hour, area, what, rides, minutes)",
    ]],
    derived: &[
        Table {
            name: "transfer_vehicle",
            columns: "area, code, kind, plate, seats, stretchers, carries, serves, base, crew, \
                      shift_from, shift_until, out_reason, dirty_since, clean_due, trip, last_class",
            key: "area, code",
        },
        Table {
            name: "transfer_trip",
            columns: "area, id, vehicle, class, state, leaves_at, calls, plan, reason, actor, \
                      started_at, ended_at, broken_at, carried, booked, aboard",
            key: "area, id",
        },
        Table {
            name: "transfer_ride",
            columns: "area, id, person, episode, household, reason, class, lying, origin, goal, \
                      stage, stage_since, wanted_at, from_time, due, trip, seat, signs, said, \
                      in_vain, picked_at, arrived_at, open, one_sided, from_facility, to_facility",
            key: "area, id",
        },
        Table {
            name: "transfer_seat",
            columns: "area, trip, ride, person, seat, live",
            key: "area, trip, ride",
        },
        Table {
            name: "transfer_history",
            columns: "area, ride, command, n, at, recorded_at, actor, what, stage, trip, body",
            key: "area, ride, command, n",
        },
        Table {
            name: "transfer_count",
            columns: "area, stage, reason, rides",
            key: "area, stage, reason",
        },
        Table { name: "transfer_due", columns: "area, quarter, rides", key: "area, quarter" },
        Table {
            name: "transfer_flow",
            columns: "area, hour, what, rides, minutes",
            key: "area, hour, what",
        },
    ],
};

statements! {
    VEHICLE_BY_CODE: Lookup = Lookup::new(
        "SELECT v.code, v.area, v.kind, v.plate, v.seats, v.stretchers, v.carries, v.serves,
            v.base, v.crew, v.shift_from, v.shift_until, v.out_reason, v.dirty_since,
            v.clean_due, v.trip, v.last_class FROM transfer_vehicle v",
        &[("v.code", Text)], "");
    VEHICLES: Query = Query::new(
        "SELECT v.code, v.area, v.kind, v.plate, v.seats, v.stretchers, v.carries, v.serves,
            v.base, v.crew, v.shift_from, v.shift_until, v.out_reason, v.dirty_since,
            v.clean_due, v.trip, v.last_class FROM transfer_vehicle v ORDER BY v.area, v.code
         LIMIT $1");
    VEHICLE_PUT: Insert = Insert::new(
        "transfer_vehicle",
        &[("code", Text), ("area", Int), ("kind", Text), ("plate", Text), ("seats", Int),
          ("stretchers", Int), ("carries", Text), ("serves", Text), ("base", Text),
          ("crew", Text), ("shift_from", Int), ("shift_until", Int), ("out_reason", Text),
          ("dirty_since", Int), ("clean_due", Int), ("trip", Bytes), ("last_class", Text)],
        "ON CONFLICT (area, code) DO UPDATE SET kind = excluded.kind, plate = excluded.plate,
            seats = excluded.seats, stretchers = excluded.stretchers,
            carries = excluded.carries, serves = excluded.serves, base = excluded.base,
            crew = excluded.crew, shift_from = excluded.shift_from,
            shift_until = excluded.shift_until, out_reason = excluded.out_reason,
            dirty_since = excluded.dirty_since, clean_due = excluded.clean_due,
            trip = excluded.trip, last_class = excluded.last_class");
    TRIP_BY_ID: Lookup = Lookup::new(
        "SELECT t.id, t.vehicle, t.class, t.state, t.leaves_at, t.calls, t.plan, t.reason,
            t.actor, t.started_at, t.ended_at, t.broken_at, t.carried, t.booked, t.aboard
         FROM transfer_trip t",
        &[("t.area", Int), ("t.id", Bytes)], "");
    TRIP_PUT: Insert = Insert::new(
        "transfer_trip",
        &[("area", Int), ("id", Bytes), ("vehicle", Text), ("class", Text), ("state", Text),
          ("leaves_at", Int), ("calls", Text), ("plan", Text), ("reason", Text),
          ("actor", Text), ("started_at", Int), ("ended_at", Int), ("broken_at", Int),
          ("carried", Int), ("booked", Int), ("aboard", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET state = excluded.state, calls = excluded.calls,
            started_at = excluded.started_at, ended_at = excluded.ended_at,
            broken_at = excluded.broken_at, carried = excluded.carried,
            booked = excluded.booked, aboard = excluded.aboard");
    TRIPS_OPEN: Query = Query::new(
        "SELECT t.area, t.id FROM transfer_trip t
         WHERE t.state IN ('planned', 'under_way') AND +t.area BETWEEN $1 AND $2
         ORDER BY t.leaves_at, t.id LIMIT $3");
    TRIPS_OF: Query = Query::new(
        "SELECT t.area, t.id FROM transfer_trip t WHERE t.vehicle = $1
         ORDER BY t.leaves_at DESC, t.id DESC LIMIT $2");
    RIDE_BY_ID: Lookup = Lookup::new(
        "SELECT r.id, r.person, r.episode, r.household, r.reason, r.class, r.lying, r.origin,
            r.goal, r.stage, r.stage_since, r.wanted_at, r.from_time, r.due, r.trip, r.seat,
            r.signs, r.said, r.in_vain, r.picked_at, r.arrived_at FROM transfer_ride r",
        &[("r.area", Int), ("r.id", Bytes)], "");
    RIDE_OPEN_OF: Lookup = Lookup::new(
        "SELECT r.id, r.person, r.episode, r.household, r.reason, r.class, r.lying, r.origin,
            r.goal, r.stage, r.stage_since, r.wanted_at, r.from_time, r.due, r.trip, r.seat,
            r.signs, r.said, r.in_vain, r.picked_at, r.arrived_at FROM transfer_ride r",
        &[("r.person", Bytes)], "AND r.open = 1");
    RIDES_OF_HOUSEHOLD: Lookup = Lookup::new(
        "SELECT r.id, r.person, r.episode, r.household, r.reason, r.class, r.lying, r.origin,
            r.goal, r.stage, r.stage_since, r.wanted_at, r.from_time, r.due, r.trip, r.seat,
            r.signs, r.said, r.in_vain, r.picked_at, r.arrived_at FROM transfer_ride r",
        &[("r.household", Bytes)], "AND r.open = 1");
    RIDE_PUT: Insert = Insert::new(
        "transfer_ride",
        &[("area", Int), ("id", Bytes), ("person", Bytes), ("episode", Bytes),
          ("household", Bytes), ("reason", Text), ("class", Text), ("lying", Int),
          ("origin", Text), ("goal", Text), ("stage", Text), ("stage_since", Int),
          ("wanted_at", Int), ("from_time", Int), ("due", Int), ("trip", Bytes),
          ("seat", Text), ("signs", Text), ("said", Text), ("in_vain", Int),
          ("picked_at", Int), ("arrived_at", Int), ("open", Int), ("one_sided", Int),
          ("from_facility", Text), ("to_facility", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET class = excluded.class, lying = excluded.lying,
            origin = excluded.origin, goal = excluded.goal, stage = excluded.stage,
            stage_since = excluded.stage_since, trip = excluded.trip, seat = excluded.seat,
            signs = excluded.signs, said = excluded.said, in_vain = excluded.in_vain,
            picked_at = excluded.picked_at, arrived_at = excluded.arrived_at,
            open = excluded.open, one_sided = excluded.one_sided,
            from_facility = excluded.from_facility, to_facility = excluded.to_facility");
    SEATS_OF: Lookup = Lookup::new(
        "SELECT s.trip, s.ride, s.person, s.seat, s.live FROM transfer_seat s",
        &[("s.area", Int), ("s.trip", Bytes)], "");
    SEAT_PUT: Insert = Insert::new(
        "transfer_seat",
        &[("area", Int), ("trip", Bytes), ("ride", Bytes), ("person", Bytes), ("seat", Text),
          ("live", Int)],
        "ON CONFLICT (area, trip, ride) DO UPDATE SET seat = excluded.seat, live = excluded.live");
    HISTORY_PUT: Insert = Insert::new(
        "transfer_history",
        &[("area", Int), ("ride", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("stage", Text),
          ("trip", Bytes), ("body", Text)],
        "");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.stage, h.trip, h.body
         FROM transfer_history h WHERE h.area = $1 AND h.ride = $2
         ORDER BY h.recorded_at, h.command, h.n");
    COUNT_ADD: Insert = Insert::new(
        "transfer_count",
        &[("area", Int), ("stage", Text), ("reason", Text), ("rides", Int)],
        "ON CONFLICT (area, stage, reason) DO UPDATE SET
            rides = transfer_count.rides + excluded.rides");
    DUE_ADD: Insert = Insert::new(
        "transfer_due", &[("area", Int), ("quarter", Int), ("rides", Int)],
        "ON CONFLICT (area, quarter) DO UPDATE SET rides = transfer_due.rides + excluded.rides");
    FLOW_ADD: Insert = Insert::new(
        "transfer_flow",
        &[("area", Int), ("hour", Int), ("what", Text), ("rides", Int), ("minutes", Int)],
        "ON CONFLICT (area, hour, what) DO UPDATE SET
            rides = transfer_flow.rides + excluded.rides,
            minutes = transfer_flow.minutes + excluded.minutes");
    // Those who wait for a ride or for the vehicle, the most pressing first.
    RIDES_DUE: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r
         WHERE r.stage IN ('wanted', 'booked') AND (r.due, r.id) > ($1, $2)
           AND +r.area BETWEEN $3 AND $4 AND ($5 = '' OR r.stage = $5) AND r.due < $6
           AND ($7 = '' OR r.reason = $7)
         ORDER BY r.due, r.id LIMIT $8");
    RIDES_IN: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r
         WHERE r.stage = $1 AND +r.area BETWEEN $2 AND $3 AND ($4 = '' OR r.reason = $4)
         ORDER BY r.stage_since DESC, r.id LIMIT $5");
    RIDES_TO: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r WHERE r.to_facility = $1 AND r.open = 1
         ORDER BY r.due, r.id LIMIT $2");
    RIDES_FROM: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r WHERE r.from_facility = $1 AND r.open = 1
         ORDER BY r.due, r.id LIMIT $2");
    RIDES_ONE_SIDED: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r
         WHERE r.one_sided = 1 AND +r.area BETWEEN $1 AND $2
         ORDER BY r.stage_since, r.id LIMIT $3");
    RIDES_OF: Query = Query::new(
        "SELECT r.area, r.id FROM transfer_ride r WHERE r.person = $1
         ORDER BY r.wanted_at DESC, r.id LIMIT $2");
    COUNTS: Query = Query::new(
        "SELECT c.stage, c.reason, CAST(sum(c.rides) AS BIGINT) FROM transfer_count c
         WHERE c.area BETWEEN $1 AND $2 GROUP BY c.stage, c.reason");
    LATE: Query = Query::new(
        "SELECT CAST(coalesce(sum(d.rides), 0) AS BIGINT) FROM transfer_due d
         WHERE d.area BETWEEN $1 AND $2 AND d.quarter < $3");
    FLOWS: Query = Query::new(
        "SELECT f.hour, f.what, CAST(sum(f.rides) AS BIGINT), CAST(sum(f.minutes) AS BIGINT)
         FROM transfer_flow f
         WHERE f.hour >= $1 AND f.hour < $2 AND +f.area BETWEEN $3 AND $4
         GROUP BY f.hour, f.what ORDER BY f.hour");
}
