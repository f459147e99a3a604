//! The zones desk's tables.

use store::{Schema, Table};

/// The zones desk's tables, all derived from the journal.
///
/// A partial unique index holds that a place has one level, whatever a rule overlooks. `zone_stretch` has
/// what held when, so that any past moment can be read; `zone_case` the grounds of each zone, `zone_refused`
/// the latest refusal of a proposal. A sweep has its households in `sweep_home`, every visit in
/// `sweep_visit`, the doors that no list has in `sweep_stray`, and its counters by compound, building and
/// entrance in `sweep_part`. `zone_count` has the standing zones by level with their households and
/// persons, `zone_flow` what happened by hour: changed in the transaction that makes them so.
pub const SCHEMA: Schema = Schema {
    name: "zones",
    migrations: &[&[
        "CREATE TABLE zone (
            area BIGINT NOT NULL, id BYTEA NOT NULL, place TEXT NOT NULL, level TEXT NOT NULL,
            proposed TEXT, until BIGINT NOT NULL, supply TEXT NOT NULL, urgent TEXT NOT NULL,
            basis TEXT NOT NULL, made_at BIGINT NOT NULL, since BIGINT NOT NULL,
            why TEXT NOT NULL, spans BIGINT NOT NULL, households BIGINT NOT NULL,
            persons BIGINT NOT NULL, infections BIGINT NOT NULL, last_at BIGINT,
            unfounded BIGINT NOT NULL, reason TEXT NOT NULL, ended TEXT, ended_at BIGINT,
            standing BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX zone_one_level ON zone (area, place) WHERE standing = 1",
        "CREATE INDEX zone_place ON zone (area, place, made_at)",
        "CREATE INDEX zone_until ON zone (until, id, area) WHERE standing = 1",
        "CREATE INDEX zone_unfounded ON zone (id, area) WHERE standing = 1 AND unfounded = 1",
        "CREATE INDEX zone_ended ON zone (ended_at, id, area) WHERE standing = 0",
        "CREATE TABLE zone_case (
            area BIGINT NOT NULL, zone BYTEA NOT NULL, case_id BYTEA NOT NULL, at BIGINT NOT NULL,
            kind TEXT NOT NULL, void BIGINT NOT NULL,
            PRIMARY KEY (area, zone, case_id)) {clustered}",
        "CREATE INDEX zone_case_of ON zone_case (case_id, zone)",
        "CREATE TABLE zone_stretch (
            area BIGINT NOT NULL, zone BYTEA NOT NULL, n BIGINT NOT NULL, place TEXT NOT NULL,
            level TEXT NOT NULL, from_at BIGINT NOT NULL, to_at BIGINT, why TEXT NOT NULL,
            PRIMARY KEY (area, zone, n)) {clustered}",
        "CREATE INDEX zone_stretch_at ON zone_stretch (area, place, from_at, to_at)",
        "CREATE TABLE zone_refused (
            area BIGINT NOT NULL, place TEXT NOT NULL, level TEXT NOT NULL, at BIGINT NOT NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (area, place, level)) {clustered}",
        "CREATE TABLE zone_history (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, level TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (area, unit, command, n)) {clustered}",
        "CREATE TABLE zone_count (
            area BIGINT NOT NULL, level TEXT NOT NULL, zones BIGINT NOT NULL,
            households BIGINT NOT NULL, persons BIGINT NOT NULL,
            PRIMARY KEY (area, level)) {clustered}",
        "CREATE TABLE zone_flow (
            area BIGINT NOT NULL, hour BIGINT NOT NULL, what TEXT NOT NULL, zones BIGINT NOT NULL,
            PRIMARY KEY (area, hour, what)) {clustered}",
        "CREATE INDEX zone_flow_hour ON zone_flow (hour, area, what, zones)",
        "CREATE TABLE sweep (
            area BIGINT NOT NULL, id BYTEA NOT NULL, place TEXT NOT NULL,
            opened_at BIGINT NOT NULL, due BIGINT, todo BIGINT NOT NULL, found BIGINT NOT NULL,
            absent BIGINT NOT NULL, refused BIGINT NOT NULL, strays BIGINT NOT NULL,
            open_strays BIGINT NOT NULL, closed_at BIGINT, note TEXT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX sweep_one ON sweep (area, place) WHERE closed_at IS NULL",
        "CREATE INDEX sweep_closed ON sweep (closed_at, id, area) WHERE closed_at IS NOT NULL",
        "CREATE TABLE sweep_home (
            area BIGINT NOT NULL, sweep BYTEA NOT NULL, household BYTEA NOT NULL,
            place TEXT NOT NULL, door TEXT NOT NULL, persons BIGINT NOT NULL, state TEXT NOT NULL,
            last_at BIGINT, last_command BYTEA, visits BIGINT NOT NULL, seen BIGINT NOT NULL,
            strangers BIGINT NOT NULL, again_at BIGINT, actor TEXT NOT NULL, note TEXT NOT NULL,
            PRIMARY KEY (area, sweep, household)) {clustered}",
        "CREATE INDEX sweep_home_walk ON sweep_home (area, sweep, place, household)",
        "CREATE TABLE sweep_part (
            area BIGINT NOT NULL, sweep BYTEA NOT NULL, part TEXT NOT NULL, todo BIGINT NOT NULL,
            found BIGINT NOT NULL, absent BIGINT NOT NULL, refused BIGINT NOT NULL,
            PRIMARY KEY (area, sweep, part)) {clustered}",
        "CREATE TABLE sweep_task (
            area BIGINT NOT NULL, sweep BYTEA NOT NULL, part TEXT NOT NULL, who TEXT NOT NULL,
            at BIGINT NOT NULL, PRIMARY KEY (area, sweep, part)) {clustered}",
        "CREATE TABLE sweep_visit (
            area BIGINT NOT NULL, sweep BYTEA NOT NULL, household BYTEA NOT NULL,
            command BYTEA NOT NULL, at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            state TEXT NOT NULL, seen BIGINT NOT NULL, strangers BIGINT NOT NULL,
            actor TEXT NOT NULL, note TEXT NOT NULL,
            PRIMARY KEY (area, sweep, household, command)) {clustered}",
        "CREATE TABLE sweep_stray (
            area BIGINT NOT NULL, id BYTEA NOT NULL, sweep BYTEA NOT NULL, place TEXT NOT NULL,
            door TEXT NOT NULL, persons BIGINT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL,
            actor TEXT NOT NULL, settled_at BIGINT, settled TEXT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX sweep_stray_of ON sweep_stray (area, sweep, at)",
        "CREATE INDEX sweep_stray_open ON sweep_stray (at, id, area) WHERE settled_at IS NULL",
    ]],
    derived: &[
        Table {
            name: "zone",
            columns: "area, id, place, level, proposed, until, supply, urgent, basis, made_at, \
                      since, why, spans, households, persons, infections, last_at, unfounded, \
                      reason, ended, ended_at, standing",
            key: "area, id",
        },
        Table {
            name: "zone_case",
            columns: "area, zone, case_id, at, kind, void",
            key: "area, zone, case_id",
        },
        Table {
            name: "zone_stretch",
            columns: "area, zone, n, place, level, from_at, to_at, why",
            key: "area, zone, n",
        },
        Table {
            name: "zone_refused",
            columns: "area, place, level, at, actor, reason",
            key: "area, place, level",
        },
        Table {
            name: "zone_history",
            columns: "area, unit, command, n, at, recorded_at, actor, what, level, body",
            key: "area, unit, command, n",
        },
        Table {
            name: "zone_count",
            columns: "area, level, zones, households, persons",
            key: "area, level",
        },
        Table { name: "zone_flow", columns: "area, hour, what, zones", key: "area, hour, what" },
        Table {
            name: "sweep",
            columns: "area, id, place, opened_at, due, todo, found, absent, refused, strays, \
                      open_strays, closed_at, note",
            key: "area, id",
        },
        Table {
            name: "sweep_home",
            columns: "area, sweep, household, place, door, persons, state, last_at, last_command, \
                      visits, seen, strangers, again_at, actor, note",
            key: "area, sweep, household",
        },
        Table {
            name: "sweep_part",
            columns: "area, sweep, part, todo, found, absent, refused",
            key: "area, sweep, part",
        },
        Table {
            name: "sweep_task",
            columns: "area, sweep, part, who, at",
            key: "area, sweep, part",
        },
        Table {
            name: "sweep_visit",
            columns: "area, sweep, household, command, at, recorded_at, state, seen, strangers, \
                      actor, note",
            key: "area, sweep, household, command",
        },
        Table {
            name: "sweep_stray",
            columns: "area, id, sweep, place, door, persons, note, at, actor, settled_at, settled",
            key: "area, id",
        },
    ],
};
