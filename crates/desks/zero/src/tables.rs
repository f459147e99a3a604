//! The zero desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The zero desk's tables, all derived from the journal.
///
/// `low` and `high` are the first and last county of what a certificate is about. `because` is the case or the
/// tube that speaks against it; `cause_at` when that happened, `withdrawn_at` when we learnt of it. `counted` has
/// the infections that a basic zero did not know when it was signed.
pub const SCHEMA: Schema = Schema {
    name: "zero",
    migrations: &[&[
        "CREATE TABLE zero_certificate (
            area BIGINT NOT NULL, id BYTEA NOT NULL, ground TEXT NOT NULL, low BIGINT NOT NULL,
            high BIGINT NOT NULL, no BIGINT NOT NULL, since BIGINT NOT NULL, as_of BIGINT NOT NULL,
            until_time BIGINT NOT NULL, document TEXT NOT NULL, digest TEXT NOT NULL,
            actor TEXT NOT NULL, withdrawn_by BYTEA, cause TEXT, because BYTEA, cause_at BIGINT,
            withdrawn_at BIGINT, withdrawn_note TEXT, withdrawn_signed TEXT, withdrawn_actor TEXT,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE UNIQUE INDEX zero_certificate_no ON zero_certificate (ground, no)",
        "CREATE INDEX zero_certificate_id ON zero_certificate (id)",
        "CREATE INDEX zero_certificate_as_of ON zero_certificate (as_of, id, low, high)",
        "CREATE INDEX zero_certificate_standing ON zero_certificate (until_time, id, low, high)
            WHERE withdrawn_at IS NULL",
        "CREATE INDEX zero_certificate_withdrawn ON zero_certificate (withdrawn_at, id, low, high)
            WHERE withdrawn_at IS NOT NULL",
        "CREATE TABLE zero_signal (
            area BIGINT NOT NULL, id BYTEA NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL,
            finding TEXT NOT NULL, value TEXT NOT NULL, laboratory TEXT NOT NULL,
            note TEXT NOT NULL, sampled_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            actor TEXT NOT NULL, explained_by BYTEA, explained_at BIGINT, explained_signed TEXT,
            explained_note TEXT, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX zero_signal_id ON zero_signal (id)",
        "CREATE INDEX zero_signal_at ON zero_signal (sampled_at, id, area, place)",
        "CREATE INDEX zero_signal_open ON zero_signal (sampled_at, area, place)
            WHERE finding = 'positive' AND explained_at IS NULL",
    ], &[
        "ALTER TABLE zero_certificate ADD COLUMN counted TEXT NOT NULL DEFAULT '[]'",
    ]],
    derived: &[
        Table {
            name: "zero_certificate",
            columns: "area, id, ground, low, high, no, since, as_of, until_time, document, digest, \
                      actor, withdrawn_by, cause, because, cause_at, withdrawn_at, \
                      withdrawn_note, withdrawn_signed, withdrawn_actor, counted",
            key: "area, id",
        },
        Table {
            name: "zero_signal",
            columns: "area, id, place, kind, finding, value, laboratory, note, sampled_at, \
                      recorded_at, actor, explained_by, explained_at, explained_signed, \
                      explained_note",
            key: "area, id",
        },
    ],
};

macro_rules! certificates {
    ($rest:literal) => {
        concat!(
            "SELECT c.area, c.id, c.document, c.digest, c.actor, c.withdrawn_by, c.cause, c.because,
                c.cause_at, c.withdrawn_at, c.withdrawn_note, c.withdrawn_signed, c.withdrawn_actor,
                c.counted
             FROM zero_certificate c",
            $rest
        )
    };
}

macro_rules! signals {
    ($rest:literal) => {
        concat!(
            "SELECT s.area, s.id, s.place, s.kind, s.finding, s.value, s.laboratory, s.note,
                s.sampled_at, s.recorded_at, s.actor, s.explained_by, s.explained_at,
                s.explained_signed, s.explained_note
             FROM zero_signal s",
            $rest
        )
    };
}

statements! {
    CERTIFICATE_BY_ID: Lookup = Lookup::new(certificates!(""), &[("c.id", Bytes)], "");
    CERTIFICATE_PUT: Insert = Insert::new(
        "zero_certificate",
        &[("area", Int), ("id", Bytes), ("ground", Text), ("low", Int), ("high", Int),
          ("no", Int), ("since", Int), ("as_of", Int), ("until_time", Int), ("document", Text),
          ("digest", Text), ("actor", Text)],
        "");
    CERTIFICATE_WITHDRAWN: Query = Query::new(
        "UPDATE zero_certificate SET withdrawn_by = $1, cause = $2, because = $3, cause_at = $4,
            withdrawn_at = $5, withdrawn_note = $6, withdrawn_signed = $7, withdrawn_actor = $8
         WHERE area = $9 AND id = $10");
    CERTIFICATE_COUNTS: Query = Query::new(
        "SELECT c.counted FROM zero_certificate c WHERE c.area = $1 AND c.id = $2");
    CERTIFICATE_COUNTED: Query = Query::new(
        "UPDATE zero_certificate SET counted = $1 WHERE area = $2 AND id = $3");
    CERTIFICATE_LAST: Query = Query::new(
        "SELECT max(c.no) FROM zero_certificate c WHERE c.ground = $1");
    CERTIFICATE_BY_NUMBER: Query = Query::new(
        certificates!(" WHERE c.ground = $1 AND c.no = $2"));
    // Those that something learnt late may contradict: also when their time is over.
    CERTIFICATES_STANDING: Query = Query::new(
        certificates!(" WHERE c.withdrawn_at IS NULL AND c.until_time > $1
           ORDER BY c.until_time, c.id LIMIT $2"));
    CERTIFICATES: Query = Query::new(
        certificates!(" WHERE c.as_of <= $1 AND (c.as_of, c.id) < ($1, $2)
           AND +c.low <= $3 AND +c.high >= $4
           AND (CAST($5 AS BIGINT) = 0 OR c.withdrawn_at IS NOT NULL)
           ORDER BY c.as_of DESC, c.id DESC LIMIT $6"));
    CERTIFICATES_WITHDRAWN: Query = Query::new(
        certificates!(" WHERE c.withdrawn_at IS NOT NULL AND c.withdrawn_at >= $1
           AND +c.low <= $2 AND +c.high >= $3
           ORDER BY c.withdrawn_at DESC, c.id DESC LIMIT $4"));
    SIGNAL_BY_ID: Lookup = Lookup::new(signals!(""), &[("s.id", Bytes)], "");
    SIGNAL_PUT: Insert = Insert::new(
        "zero_signal",
        &[("area", Int), ("id", Bytes), ("place", Text), ("kind", Text), ("finding", Text),
          ("value", Text), ("laboratory", Text), ("note", Text), ("sampled_at", Int),
          ("recorded_at", Int), ("actor", Text)],
        "");
    SIGNAL_EXPLAINED: Query = Query::new(
        "UPDATE zero_signal SET explained_by = $1, explained_at = $2, explained_signed = $3,
            explained_note = $4 WHERE area = $5 AND id = $6");
    SIGNALS: Query = Query::new(
        signals!(" WHERE s.sampled_at <= $1 AND (s.sampled_at, s.id) < ($1, $2)
           AND +s.area BETWEEN $3 AND $4
           ORDER BY s.sampled_at DESC, s.id DESC LIMIT $5"));
    SIGNALS_OPEN: Query = Query::new(
        "SELECT s.area, substr(s.place, 1, CAST($4 AS INTEGER)), count(*) FROM zero_signal s
         WHERE s.finding = 'positive' AND s.explained_at IS NULL AND s.sampled_at >= $1
           AND +s.area BETWEEN $2 AND $3 GROUP BY 1, 2");
}
