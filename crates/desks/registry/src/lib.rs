//! The registry desk: places and people.
//!
//! Places are a tree that can be read off their codes. People are found by a keyed blind index
//! and shown masked; their names, numbers and telephones are sealed by [`seal::Keys`] before
//! they reach the ledger, so neither the store nor the journal ever holds them in the clear.
//!
//! [`Registry`] is the desk for the ledger's engine; a composition of several desks calls
//! [`State::load_commands`], [`rules::decide`], [`State::apply`] and [`State::flush`] itself.

pub mod command;
mod desk;
pub mod error;
pub mod event;
pub mod file;
mod flush;
pub mod geometry;
mod holder_views;
pub mod household_code;
pub mod identity;
pub mod ids;
pub mod import;
mod load;
pub mod place;
pub mod positions;
pub mod rules;
pub mod seal;
pub mod sealed_file;
mod state;
pub mod tables;
pub mod views;

pub use command::Command;
pub use desk::Registry;
pub use error::{RegistryError, Result};
pub use event::Event;
pub use rules::Ask;
pub use state::{Household, MOVED_AWAY, Moved, Person, Registered, State, WALK_IN};
pub use tables::{PERSON_PLACE, SCHEMA, STATEMENTS};
