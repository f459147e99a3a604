//! Planners: they propose, a person accepts.
//!
//! [`beds`] assigns people to beds, [`routes`] vehicles to ways, [`transfers`]
//! people to vehicles. Everything here is pure: no clock, no database, no network.
//! A search that may go on for long is told when to stop by its caller, reports how far it is,
//! and gives the same answer for the same seed and the same amount of work.

pub mod beds;
pub mod random;
pub mod routes;
pub mod supply;
pub mod transfers;
