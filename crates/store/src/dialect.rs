//! The differences between the two databases, all in one place.
//!
//! | token | SQLite | PostgreSQL |
//! |---|---|---|
//! | `$1` | `?1` | `$1` |
//! | `{clustered}` after a table | `STRICT, WITHOUT ROWID` | nothing |
//! | `{plain}` after a table | `STRICT` | nothing |
//! | `BIGINT`, `BYTEA`, `DOUBLE PRECISION` in a table | `INTEGER`, `BLOB`, `REAL` | as written |
//! | `{greatest}` | `max` | `GREATEST` |
//! | `{least}` | `min` | `LEAST` |
//! | `{ilike}` | `LIKE` (already blind to ASCII case) | `ILIKE` |
//! | `{skip_locked}` | nothing | `FOR UPDATE SKIP LOCKED` |
//!
//! Cast sums: `CAST(sum(x) AS BIGINT)` is an integer on both.

/// Which database a statement is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

const TOKENS: &[(&str, &str, &str)] = &[
    ("{clustered}", "STRICT, WITHOUT ROWID", ""),
    ("{plain}", "STRICT", ""),
    ("{greatest}", "max", "GREATEST"),
    ("{least}", "min", "LEAST"),
    ("{ilike}", "LIKE", "ILIKE"),
    ("{skip_locked}", "", "FOR UPDATE SKIP LOCKED"),
];

impl Dialect {
    /// The statement in this dialect.
    pub fn render(self, sql: &str) -> String {
        let mut out = sql.to_owned();
        for (token, sqlite, postgres) in TOKENS {
            if out.contains(token) {
                out = out.replace(token, if self == Dialect::Sqlite { sqlite } else { postgres });
            }
        }
        if self == Dialect::Sqlite { number_parameters(&out) } else { out }
    }

    /// A schema statement (`CREATE …`) in this dialect.
    pub fn render_ddl(self, sql: &str) -> String {
        let out = self.render(sql);
        match self {
            Dialect::Postgres => out,
            Dialect::Sqlite => out
                .replace("DOUBLE PRECISION", "REAL")
                .replace("BIGINT", "INTEGER")
                .replace("BYTEA", "BLOB"),
        }
    }
}

/// `$1` is a *name* to SQLite, numbered by first appearance; `?1` is the number itself.
fn number_parameters(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        let is_parameter = c == '$' && chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_parameter { '?' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_numbers() {
        let sql = "SELECT a->>'$.x' FROM t WHERE b = $2 AND a = $1";
        assert_eq!(Dialect::Sqlite.render(sql), "SELECT a->>'$.x' FROM t WHERE b = ?2 AND a = ?1");
        assert_eq!(Dialect::Postgres.render(sql), sql);
    }
}
