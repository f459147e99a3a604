//! The ledger proved from outside, through a small desk of the tests' own, on both stores.

mod support;

mod bench;
mod kill;
mod nodes;
mod plans;
mod properties;
mod simulation;
mod stories;
