//! The differences between the two databases, all in one place.
//!
//! | token | SQLite | PostgreSQL |
//! |---|---|---|
//! | `$1` | `?1` | `$1` |
//! | `{clustered}` after a table | `STRICT, WITHOUT ROWID` | nothing |
//! | `{plain}` after a table | `STRICT` | nothing |
//! | `BIGINT`, `BYTEA`, `DOUBLE PRECISION` in a table | `INTEGER`, `BLOB`, `REAL` | as written |
//! | `TEXT` in a table | as written | `TEXT COLLATE "C"` |
//! | `{greatest}` | `max` | `GREATEST` |
//! | `{least}` | `min` | `LEAST` |
//! | `{ilike}` | `LIKE` (already blind to ASCII case) | `ILIKE` |
//! | `{skip_locked}` | nothing | `FOR UPDATE SKIP LOCKED` |
//!
//! Cast sums: `CAST(sum(x) AS BIGINT)` is an integer on both. Say `NULLS LAST` where it matters:
//! the two disagree about where NULL sorts. Text compares byte by byte on both, whatever the
//! locale of the PostgreSQL database: the audit compares tables in key order, and a prefix can
//! use an index.

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
            Dialect::Postgres => collate_text(&out),
            Dialect::Sqlite => out
                .replace("DOUBLE PRECISION", "REAL")
                .replace("BIGINT", "INTEGER")
                .replace("BYTEA", "BLOB"),
        }
    }
}

/// Gives every text column of a `CREATE TABLE` the byte-wise collation.
fn collate_text(ddl: &str) -> String {
    let mut out = String::with_capacity(ddl.len() + 64);
    let mut rest = ddl;
    while let Some(at) = rest.find(" TEXT") {
        let end = at + " TEXT".len();
        out.push_str(&rest[..end]);
        let whole_word = !rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_cast = rest[..at].ends_with(" AS");
        if whole_word && !is_cast {
            out.push_str(" COLLATE \"C\"");
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
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

    #[test]
    fn text_columns_sort_by_bytes_on_both() {
        let ddl = "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT, c_TEXT BIGINT, d TEXT)";
        assert_eq!(
            Dialect::Postgres.render_ddl(ddl),
            "CREATE TABLE t (a TEXT COLLATE \"C\" PRIMARY KEY, b TEXT COLLATE \"C\", \
             c_TEXT BIGINT, d TEXT COLLATE \"C\")"
        );
        let index = "CREATE INDEX i ON t (CAST(a AS TEXT))";
        assert_eq!(Dialect::Postgres.render_ddl(index), index);
    }
}
