//! The ledger: nothing and nobody goes missing.
//!
//! A [`types::UnitId`] names anything that must not be lost. At every moment one holder answers
//! for it, since a time and until a deadline. It changes hands by a [`Move`], which is only ever
//! appended. Custody is a pure [`fold`] over a unit's moves in *event* order, so it does not
//! depend on the order in which devices report: a batch that syncs six hours late ends in the
//! same custody as one that was live.
//!
//! Desks decide what moves and what facts a command leads to ([`Desk`]); the [`Engine`] is the
//! one write path that appends both, keeps the derived tables and the counters, and commits in
//! groups. [`audit`] rebuilds everything derived from the journal and compares.
//!
//! This crate knows no disease.

mod as_of;
pub mod audit;
mod balance;
mod chain;
mod custody;
mod decision;
mod desk;
mod due;
mod engine;
mod error;
mod hindsight;
mod histories;
mod late;
mod listing;
mod lists;
mod moves;
mod note;
mod rebuild;
mod tables;
mod units;
pub mod views;
mod writer;

pub use balance::BalanceLine;
pub use chain::Link;
pub use custody::{CLOCK_SKEW, Custody, Finding, FindingKind, LOST, fold};
pub use decision::{Decision, in_turn};
pub use desk::{Accepted, Actor, Asked, Committed, Desk, Entry, Envelope};
pub use engine::{Engine, EngineConfig, Load, Operation, Outcome, Priority, Status};
pub use error::{LedgerError, Result};
pub use lists::{Cursor, by_area, once, sorted};
pub use moves::{Moment, MomentRef, Move};
pub use note::{LONGEST_NOTE, note_fits, note_needed};
pub use rebuild::rebuild;
pub use tables::{
    DUE_HELD_FROM_UNITS, DUE_PACKED_FROM_UNITS, FINDING_COUNT_FROM_FINDINGS, SCHEMA, STATEMENTS,
};
pub use units::Units;
