//! One way to talk to two databases: SQLite (embedded, the default) and PostgreSQL.
//!
//! A statement is written once, with `$1` parameters and the few [`dialect`] tokens, and
//! declared with [`statements!`] so that a test prepares it on both stores. Four forms cover
//! what the desks need: [`Query`] (any one statement), [`Lookup`] (rows by many keys at once),
//! [`Insert`] (many rows at once, with its `ON CONFLICT`) and [`Delete`] (by many keys at once).
//! Set-based forms become `unnest` arrays on PostgreSQL and a stepped prepared statement on
//! SQLite, which has no round trip.
//!
//! This crate knows no domain: no units, no people.

mod connection;
mod dialect;
mod error;
mod postgres;
mod schema;
mod sqlite;
mod statement;
mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
mod value;

pub use connection::Connection;
pub use dialect::Dialect;
pub use error::{Result, StoreError};
pub use schema::{Schema, Table};
pub use statement::{Delete, Insert, Lookup, Query, Statement, Type};
pub use store::{Store, StoreConfig};
pub use value::{Row, Value};
