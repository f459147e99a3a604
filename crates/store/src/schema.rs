//! Tables, declared by the crate that owns them and created on first opening.

/// A table that `songhua audit` can compare row by row.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in the order to compare, comma-separated.
    pub columns: &'static str,
    /// The columns of its primary key, comma-separated: the order of comparison. Text key
    /// columns must hold ASCII only, so that both stores sort them alike.
    pub key: &'static str,
}

/// What one crate stores. `migrations[n]` brings version n to n + 1; they are only ever added.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The owner, for example `ledger`.
    pub name: &'static str,
    /// Statements by version, in the dialect-neutral form of [`crate::Dialect::render_ddl`].
    pub migrations: &'static [&'static [&'static str]],
    /// Tables that can be rebuilt from the journal alone.
    pub derived: &'static [Table],
}
