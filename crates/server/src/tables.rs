//! The server's own tables: accounts and sessions. They are not derived from the journal, so
//! they are written through [`ledger::Engine::operate`] and the audit leaves them alone.

use store::{Schema, statements};

/// Accounts with their grants and history, and sessions.
pub const SCHEMA: Schema = Schema {
    name: "server",
    migrations: &[
        &[
            "CREATE TABLE account (
            login TEXT PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL,
            must_change BIGINT NOT NULL, disabled BIGINT NOT NULL, totp BYTEA,
            totp_on BIGINT NOT NULL, totp_step BIGINT NOT NULL, recovery TEXT NOT NULL,
            failures BIGINT NOT NULL, locked_until BIGINT NOT NULL,
            created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL) {plain}",
            "CREATE TABLE account_grant (
            login TEXT NOT NULL, n BIGINT NOT NULL, role TEXT NOT NULL, scope TEXT NOT NULL,
            low BIGINT NOT NULL, high BIGINT NOT NULL, holder TEXT,
            PRIMARY KEY (login, n)) {clustered}",
            "CREATE TABLE account_event (
            id BYTEA PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, login TEXT NOT NULL,
            what TEXT NOT NULL, detail TEXT NOT NULL) {plain}",
            "CREATE INDEX account_event_login ON account_event (login, at)",
            "CREATE TABLE session (
            token BYTEA PRIMARY KEY, kind TEXT NOT NULL, login TEXT, household BYTEA, area BIGINT,
            device TEXT, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL) {plain}",
            "CREATE INDEX session_login ON session (login)",
            "CREATE INDEX session_seen ON session (seen_at)",
        ],
        &["CREATE TABLE case_view (
            login TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
            PRIMARY KEY (login, name)) {clustered}"],
    ],
    derived: &[],
};

statements! {
    ACCOUNT_PUT: Insert = Insert::new(
        "account",
        &[("login", Text), ("name", Text), ("password", Text), ("must_change", Int),
          ("disabled", Int), ("totp", Bytes), ("totp_on", Int), ("totp_step", Int),
          ("recovery", Text), ("failures", Int), ("locked_until", Int), ("created_at", Int),
          ("changed_at", Int)],
        "");
    ACCOUNT_BY_LOGIN: Query = Query::new(
        "SELECT login, name, password, must_change, disabled, totp, totp_on, totp_step, recovery,
                failures, locked_until, created_at
         FROM account WHERE login = $1");
    ACCOUNT_COUNT: Query = Query::new("SELECT count(*) FROM account");
    // An admin sees the accounts whose every grant lies within the admin's own scope.
    ACCOUNTS_WITHIN: Query = Query::new(
        "SELECT a.login, a.name, a.must_change, a.disabled, a.totp_on, a.created_at
         FROM account a
         WHERE a.login > $3 AND NOT EXISTS
             (SELECT 1 FROM account_grant g WHERE g.login = a.login AND (g.low < $1 OR g.high > $2))
         ORDER BY a.login LIMIT $4");
    ACCOUNT_RENAME: Query = Query::new(
        "UPDATE account SET name = $2, changed_at = $3 WHERE login = $1");
    ACCOUNT_PASSWORD: Query = Query::new(
        "UPDATE account SET password = $2, must_change = $3, failures = 0, locked_until = 0,
                changed_at = $4
         WHERE login = $1");
    ACCOUNT_DISABLE: Query = Query::new(
        "UPDATE account SET disabled = $2, changed_at = $3 WHERE login = $1");
    ACCOUNT_FAILED: Query = Query::new(
        "UPDATE account SET failures = $2, locked_until = $3 WHERE login = $1");
    ACCOUNT_TOTP: Query = Query::new(
        "UPDATE account SET totp = $2, totp_on = $3, totp_step = $4, recovery = $5, changed_at = $6
         WHERE login = $1");
    // A code is good once: of two that race, one changes no row.
    ACCOUNT_TOTP_USED: Query = Query::new(
        "UPDATE account SET totp_step = $2 WHERE login = $1 AND totp_step < $2");
    ACCOUNT_RECOVERY_USED: Query = Query::new(
        "UPDATE account SET recovery = $3 WHERE login = $1 AND recovery = $2");

    GRANTS_OF: Lookup = Lookup::new(
        "SELECT g.login, g.n, g.role, g.scope, g.holder FROM account_grant g",
        &[("g.login", Text)], "");
    GRANTS_CLEAR: Query = Query::new("DELETE FROM account_grant WHERE login = $1");
    GRANT_PUT: Insert = Insert::new(
        "account_grant",
        &[("login", Text), ("n", Int), ("role", Text), ("scope", Text), ("low", Int),
          ("high", Int), ("holder", Text)],
        "");
    EVENT_PUT: Insert = Insert::new(
        "account_event",
        &[("id", Bytes), ("at", Int), ("actor", Text), ("login", Text), ("what", Text),
          ("detail", Text)],
        "");
    EVENTS_OF: Query = Query::new(
        "SELECT at, actor, what, detail FROM account_event WHERE login = $1
         ORDER BY at DESC, id DESC LIMIT $2");

    SESSION_PUT: Insert = Insert::new(
        "session",
        &[("token", Bytes), ("kind", Text), ("login", Text), ("household", Bytes), ("area", Int),
          ("device", Text), ("created_at", Int), ("seen_at", Int)],
        "");
    SESSION_BY_TOKEN: Query = Query::new(
        "SELECT kind, login, household, area, device, created_at, seen_at FROM session
         WHERE token = $1");
    SESSION_SEEN: Query = Query::new("UPDATE session SET seen_at = $2 WHERE token = $1");
    SESSION_END: Query = Query::new("DELETE FROM session WHERE token = $1");
    SESSIONS_END: Query = Query::new("DELETE FROM session WHERE login = $1 AND token <> $2");
    // The ledger's: the number of the last entry that is durable.
    LAST_ENTRY: Query = Query::new("SELECT seq FROM ledger_head WHERE one = 1");
    SESSIONS_PRUNE: Query = Query::new("DELETE FROM session WHERE seen_at < $1");

    // Filters of the line list that an account keeps.
    CASE_VIEWS: Query = Query::new(
        "SELECT name, query FROM case_view WHERE login = $1 ORDER BY name LIMIT 100");
    CASE_VIEW_PUT: Insert = Insert::new(
        "case_view", &[("login", Text), ("name", Text), ("query", Text)],
        "ON CONFLICT (login, name) DO UPDATE SET query = excluded.query");
    CASE_VIEW_DROP: Query = Query::new("DELETE FROM case_view WHERE login = $1 AND name = $2");
}

#[cfg(test)]
mod tests {
    use store::both_stores;

    #[allow(unused_imports)]
    use super::{SCHEMA, STATEMENTS};

    both_stores! {
        async fn every_statement_prepares(bed: TestBed) {
            let store = bed.open(&[ledger::SCHEMA, SCHEMA]).await.expect("opens");
            let mut writer = store.writer().await.expect("writer");
            for (name, statement) in STATEMENTS {
                writer.prepare(*statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}
