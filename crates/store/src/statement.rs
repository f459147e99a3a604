//! Statements: written once, rendered for each store on first use.

use std::sync::OnceLock;

use crate::Dialect;

/// The type of a key or column in a set-based statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `BIGINT`.
    Int,
    /// `TEXT`.
    Text,
    /// `BYTEA`, identifiers included.
    Bytes,
    /// `DOUBLE PRECISION`.
    Real,
}

impl Type {
    fn array(self) -> &'static str {
        match self {
            Type::Int => "bigint[]",
            Type::Text => "text[]",
            Type::Bytes => "bytea[]",
            Type::Real => "double precision[]",
        }
    }
}

/// Anything that can be rendered, so that one test can prepare all of it.
pub trait Statement {
    /// The text for one store.
    fn sql(&self, dialect: Dialect) -> &str;
}

#[derive(Debug)]
struct Rendered {
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Rendered {
    const fn new() -> Rendered {
        Rendered { sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }
    fn get(&self, dialect: Dialect, make: impl FnOnce() -> String) -> &str {
        match dialect {
            Dialect::Sqlite => self.sqlite.get_or_init(make),
            Dialect::Postgres => self.postgres.get_or_init(make),
        }
    }
}

/// One statement with `$1 …` parameters.
#[derive(Debug)]
pub struct Query {
    sql: &'static str,
    rendered: Rendered,
}

impl Query {
    /// A query from its text.
    pub const fn new(sql: &'static str) -> Query {
        Query { sql, rendered: Rendered::new() }
    }
}

impl Statement for Query {
    fn sql(&self, dialect: Dialect) -> &str {
        self.rendered.get(dialect, || dialect.render(self.sql))
    }
}

/// Rows by many keys at once: `select` up to and with its FROM (and joins), the key columns,
/// and a `tail` that starts with `AND` (no ORDER BY: rows come in no promised order).
#[derive(Debug)]
pub struct Lookup {
    select: &'static str,
    pub(crate) keys: &'static [(&'static str, Type)],
    tail: &'static str,
    rendered: Rendered,
}

impl Lookup {
    /// A look-up from its parts.
    pub const fn new(
        select: &'static str,
        keys: &'static [(&'static str, Type)],
        tail: &'static str,
    ) -> Lookup {
        Lookup { select, keys, tail, rendered: Rendered::new() }
    }
}

impl Statement for Lookup {
    fn sql(&self, dialect: Dialect) -> &str {
        self.rendered.get(dialect, || {
            let numbered = self.keys.iter().enumerate();
            match dialect {
                Dialect::Sqlite => {
                    let by: Vec<String> =
                        numbered.map(|(i, (column, _))| format!("{column} = ?{}", i + 1)).collect();
                    dialect.render(&format!(
                        "{} WHERE {} {}",
                        self.select,
                        by.join(" AND "),
                        self.tail
                    ))
                }
                Dialect::Postgres => {
                    let arrays: Vec<String> = numbered
                        .clone()
                        .map(|(i, (_, t))| format!("${}::{}", i + 1, t.array()))
                        .collect();
                    let names: Vec<String> =
                        numbered.clone().map(|(i, _)| format!("key{}", i + 1)).collect();
                    let on: Vec<String> = numbered
                        .map(|(i, (column, _))| format!("{column} = wanted.key{}", i + 1))
                        .collect();
                    dialect.render(&format!(
                        "{} JOIN unnest({}) AS wanted({}) ON {} WHERE true {}",
                        self.select,
                        arrays.join(", "),
                        names.join(", "),
                        on.join(" AND "),
                        self.tail
                    ))
                }
            }
        })
    }
}

/// Many rows into one table. `conflict` is empty or a whole `ON CONFLICT …` clause, in which
/// `excluded.column` is the new value. No two rows of one call may conflict with each other.
#[derive(Debug)]
pub struct Insert {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [(&'static str, Type)],
    conflict: &'static str,
    rendered: Rendered,
}

impl Insert {
    /// An insert from its parts.
    pub const fn new(
        table: &'static str,
        columns: &'static [(&'static str, Type)],
        conflict: &'static str,
    ) -> Insert {
        Insert { table, columns, conflict, rendered: Rendered::new() }
    }
}

impl Statement for Insert {
    fn sql(&self, dialect: Dialect) -> &str {
        self.rendered.get(dialect, || {
            let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
            let slots: Vec<String> = self
                .columns
                .iter()
                .enumerate()
                .map(|(i, (_, t))| match dialect {
                    Dialect::Sqlite => format!("?{}", i + 1),
                    Dialect::Postgres => format!("${}::{}", i + 1, t.array()),
                })
                .collect();
            let source = match dialect {
                Dialect::Sqlite => format!("VALUES ({})", slots.join(", ")),
                Dialect::Postgres => format!("SELECT * FROM unnest({})", slots.join(", ")),
            };
            dialect.render(&format!(
                "INSERT INTO {} ({}) {} {}",
                self.table,
                names.join(", "),
                source,
                self.conflict
            ))
        })
    }
}

/// Declares statements as statics and lists them in `STATEMENTS`, so that none escapes the
/// test that prepares them all on both stores.
///
/// ```
/// store::statements! {
///     /// One site by its code.
///     SITE_BY_CODE: Query = Query::new("SELECT name FROM site WHERE code = $1");
/// }
/// assert_eq!(STATEMENTS.len(), 1);
/// ```
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident: $form:ident = $make:expr;)*) => {
        $(
            $(#[$meta])*
            #[allow(missing_docs)]
            pub static $name: $crate::$form = {
                #[allow(unused_imports)]
                use $crate::{Insert, Lookup, Query, Type::*};
                $make
            };
        )*
        /// Every statement of this module, by name.
        pub static STATEMENTS: &[(&str, &(dyn $crate::Statement + Sync))] =
            &[$((stringify!($name), &$name)),*];
    };
}
