//! The command desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The command desk's tables, all derived from the journal.
///
/// `low` and `high` are the first and last county of a scope: what is said of a city is under one of
/// its counties in the journal, and is found by all of whom it is about. `cases` of a bulletin has
/// who is behind its figures, apart from what it says, since lists do not read it. `words` has what a
/// search looks through, in small letters.
pub const SCHEMA: Schema = Schema {
    name: "command",
    migrations: &[&[
        "CREATE TABLE command_bulletin (
            area BIGINT NOT NULL, id BYTEA NOT NULL, scope TEXT NOT NULL, low BIGINT NOT NULL,
            high BIGINT NOT NULL, no BIGINT NOT NULL, correction BIGINT NOT NULL,
            from_time BIGINT NOT NULL, until_time BIGINT NOT NULL, as_of BIGINT NOT NULL,
            document TEXT NOT NULL, cases TEXT NOT NULL, corrects BYTEA, corrected_by BYTEA,
            actor TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX command_bulletin_no ON command_bulletin (scope, no, correction)",
        "CREATE INDEX command_bulletin_id ON command_bulletin (id)",
        "CREATE INDEX command_bulletin_window ON command_bulletin
            (scope, from_time, until_time, correction)",
        "CREATE INDEX command_bulletin_until ON command_bulletin (until_time, id, low, high)",
        "CREATE TABLE command_decision (
            area BIGINT NOT NULL, id BYTEA NOT NULL, scope TEXT NOT NULL, low BIGINT NOT NULL,
            high BIGINT NOT NULL, no BIGINT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
            evidence TEXT NOT NULL, rule TEXT NOT NULL, edition TEXT NOT NULL,
            signed_by TEXT NOT NULL, from_time BIGINT NOT NULL, until_time BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            words TEXT NOT NULL, replaces BYTEA, revoked_by BYTEA, revoked_at BIGINT,
            revoke_signed TEXT, revoke_note TEXT, revoke_actor TEXT,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX command_decision_no ON command_decision (scope, no)",
        "CREATE INDEX command_decision_id ON command_decision (id)",
        "CREATE INDEX command_decision_at ON command_decision (at, id, low, high)",
        "CREATE INDEX command_decision_until ON command_decision
            (until_time, id, from_time, low, high)",
        "CREATE TABLE command_forecast (
            area BIGINT NOT NULL, id BYTEA NOT NULL, scope TEXT NOT NULL, day TEXT NOT NULL,
            at BIGINT NOT NULL, body TEXT NOT NULL, actor TEXT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX command_forecast_day ON command_forecast (scope, day)",
    ]],
    derived: &[
        Table {
            name: "command_bulletin",
            columns: "area, id, scope, low, high, no, correction, from_time, until_time, as_of, \
                      document, cases, corrects, corrected_by, actor",
            key: "area, id",
        },
        Table {
            name: "command_decision",
            columns: "area, id, scope, low, high, no, title, body, evidence, rule, edition, \
                      signed_by, from_time, until_time, at, recorded_at, actor, words, replaces, \
                      revoked_by, revoked_at, revoke_signed, revoke_note, revoke_actor",
            key: "area, id",
        },
        Table {
            name: "command_forecast",
            columns: "area, id, scope, day, at, body, actor",
            key: "area, id",
        },
    ],
};

statements! {
    BULLETIN_BY_ID: Lookup = Lookup::new(
        "SELECT b.area, b.id, b.document, b.corrects, b.corrected_by, b.actor
         FROM command_bulletin b",
        &[("b.id", Bytes)], "");
    BULLETIN_CASES: Query = Query::new(
        "SELECT b.cases FROM command_bulletin b WHERE b.area = $1 AND b.id = $2");
    BULLETIN_PUT: Insert = Insert::new(
        "command_bulletin",
        &[("area", Int), ("id", Bytes), ("scope", Text), ("low", Int), ("high", Int), ("no", Int),
          ("correction", Int), ("from_time", Int), ("until_time", Int), ("as_of", Int),
          ("document", Text), ("cases", Text), ("corrects", Bytes), ("actor", Text)],
        "");
    BULLETIN_CORRECTED: Query = Query::new(
        "UPDATE command_bulletin SET corrected_by = $1 WHERE area = $2 AND id = $3");
    BULLETIN_OF_WINDOW: Query = Query::new(
        "SELECT b.area, b.id, b.document, b.corrects, b.corrected_by, b.actor
         FROM command_bulletin b
         WHERE b.scope = $1 AND b.from_time = $2 AND b.until_time = $3
         ORDER BY b.correction DESC LIMIT 1");
    BULLETIN_LAST: Query = Query::new(
        "SELECT max(b.no) FROM command_bulletin b WHERE b.scope = $1");
    BULLETINS: Query = Query::new(
        "SELECT b.area, b.id, b.document, b.corrects, b.corrected_by, b.actor
         FROM command_bulletin b
         WHERE b.until_time <= $1 AND (b.until_time, b.id) < ($1, $2)
           AND +b.low <= $3 AND +b.high >= $4
         ORDER BY b.until_time DESC, b.id DESC LIMIT $5");

    DECISION_BY_ID: Lookup = Lookup::new(
        "SELECT d.area, d.id, d.scope, d.no, d.title, d.body, d.evidence, d.rule, d.edition,
            d.signed_by, d.from_time, d.until_time, d.at, d.recorded_at, d.actor, d.replaces,
            d.revoked_by, d.revoked_at, d.revoke_signed, d.revoke_note, d.revoke_actor
         FROM command_decision d",
        &[("d.id", Bytes)], "");
    DECISION_PUT: Insert = Insert::new(
        "command_decision",
        &[("area", Int), ("id", Bytes), ("scope", Text), ("low", Int), ("high", Int), ("no", Int),
          ("title", Text), ("body", Text), ("evidence", Text), ("rule", Text), ("edition", Text),
          ("signed_by", Text), ("from_time", Int), ("until_time", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("words", Text), ("replaces", Bytes)],
        "");
    DECISION_REVOKED: Query = Query::new(
        "UPDATE command_decision SET revoked_by = $1, revoked_at = $2, revoke_signed = $3,
            revoke_note = $4, revoke_actor = $5 WHERE area = $6 AND id = $7");
    DECISION_LAST: Query = Query::new(
        "SELECT max(d.no) FROM command_decision d WHERE d.scope = $1");
    DECISIONS: Query = Query::new(
        "SELECT d.area, d.id, d.scope, d.no, d.title, d.body, d.evidence, d.rule, d.edition,
            d.signed_by, d.from_time, d.until_time, d.at, d.recorded_at, d.actor, d.replaces,
            d.revoked_by, d.revoked_at, d.revoke_signed, d.revoke_note, d.revoke_actor
         FROM command_decision d
         WHERE d.at <= $1 AND (d.at, d.id) < ($1, $2) AND +d.low <= $3 AND +d.high >= $4
           AND ($5 = '' OR d.words LIKE '%' || $5 || '%')
           AND (CAST($6 AS BIGINT) = 0
                OR d.until_time > $7 AND (d.revoked_at IS NULL OR d.revoked_at > $7))
           AND d.recorded_at <= $8
         ORDER BY d.at DESC, d.id DESC LIMIT $9");
    DECISIONS_IN_FORCE: Query = Query::new(
        "SELECT d.area, d.id, d.scope, d.no, d.title, d.body, d.evidence, d.rule, d.edition,
            d.signed_by, d.from_time, d.until_time, d.at, d.recorded_at, d.actor, d.replaces,
            d.revoked_by, d.revoked_at, d.revoke_signed, d.revoke_note, d.revoke_actor
         FROM command_decision d
         WHERE d.until_time > $1 AND d.from_time <= $1 AND +d.low <= $2 AND +d.high >= $3
           AND (d.revoked_at IS NULL OR d.revoked_at > $1)
         ORDER BY d.until_time, d.id LIMIT $4");

    FORECAST_OF_DAY: Lookup = Lookup::new(
        "SELECT f.scope, f.day FROM command_forecast f",
        &[("f.scope", Text), ("f.day", Text)], "");
    FORECAST_PUT: Insert = Insert::new(
        "command_forecast",
        &[("area", Int), ("id", Bytes), ("scope", Text), ("day", Text), ("at", Int),
          ("body", Text), ("actor", Text)],
        "");
    FORECASTS: Query = Query::new(
        "SELECT f.area, f.id, f.at, f.body, f.actor FROM command_forecast f
         WHERE f.scope = $1 AND f.day >= $2 AND f.day <= $3 ORDER BY f.day DESC LIMIT $4");
}
