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

/// A statement that takes many rows of values at once.
pub(crate) trait Batch: Statement + Sync {
    /// What a row of values consists of.
    fn types(&self) -> &'static [(&'static str, Type)];
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
        let Lookup { select, keys, tail, rendered } = self;
        rendered.get(dialect, || {
            dialect.render(&match dialect {
                Dialect::Sqlite => format!("{select} WHERE {} {tail}", by_slots(keys)),
                Dialect::Postgres => {
                    let (wanted, on) = by_arrays(keys);
                    format!("{select} JOIN {wanted} ON {on} WHERE true {tail}")
                }
            })
        })
    }
}

/// The condition that the key columns have the values of one row.
fn by_slots(keys: &[(&str, Type)]) -> String {
    let numbered = keys.iter().enumerate();
    let by: Vec<String> =
        numbered.map(|(i, (column, _))| format!("{column} = ?{}", i + 1)).collect();
    by.join(" AND ")
}

/// A table of the values of all rows, and the condition that the key columns have those of one.
fn by_arrays(keys: &[(&str, Type)]) -> (String, String) {
    let numbered = keys.iter().enumerate();
    let arrays: Vec<String> =
        numbered.clone().map(|(i, (_, t))| format!("${}::{}", i + 1, t.array())).collect();
    let names: Vec<String> = numbered.clone().map(|(i, _)| format!("key{}", i + 1)).collect();
    let on: Vec<String> =
        numbered.map(|(i, (column, _))| format!("{column} = wanted.key{}", i + 1)).collect();
    let wanted = format!("unnest({}) AS wanted({})", arrays.join(", "), names.join(", "));
    (wanted, on.join(" AND "))
}

/// Takes the rows of many keys out of one table: the key columns, each with the table's name, and
/// a `tail` that starts with `AND`.
#[derive(Debug)]
pub struct Delete {
    table: &'static str,
    keys: &'static [(&'static str, Type)],
    tail: &'static str,
    rendered: Rendered,
}

impl Delete {
    /// A deletion from its parts.
    pub const fn new(
        table: &'static str,
        keys: &'static [(&'static str, Type)],
        tail: &'static str,
    ) -> Delete {
        Delete { table, keys, tail, rendered: Rendered::new() }
    }
}

impl Statement for Delete {
    fn sql(&self, dialect: Dialect) -> &str {
        let Delete { table, keys, tail, rendered } = self;
        rendered.get(dialect, || {
            dialect.render(&match dialect {
                Dialect::Sqlite => format!("DELETE FROM {table} WHERE {} {tail}", by_slots(keys)),
                Dialect::Postgres => {
                    let (wanted, on) = by_arrays(keys);
                    format!("DELETE FROM {table} USING {wanted} WHERE {on} {tail}")
                }
            })
        })
    }
}

impl Batch for Delete {
    fn types(&self) -> &'static [(&'static str, Type)] {
        self.keys
    }
}

/// Many rows into one table. `conflict` is empty or a whole `ON CONFLICT …` clause, in which
/// `excluded.column` is the new value. No two rows of one call may conflict with each other.
#[derive(Debug)]
pub struct Insert {
    table: &'static str,
    columns: &'static [(&'static str, Type)],
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

impl Batch for Insert {
    fn types(&self) -> &'static [(&'static str, Type)] {
        self.columns
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
                use $crate::{Delete, Insert, Lookup, Query, Type::*};
                $make
            };
        )*
        /// Every statement of this module, by name.
        pub static STATEMENTS: &[(&str, &(dyn $crate::Statement + Sync))] =
            &[$((stringify!($name), &$name)),*];
    };
}
