//! Words that every crate shares: times, areas, identifiers and refusals.
//!
//! Nothing here reads a clock, a database or a random source. An identifier that needs
//! randomness takes it as an argument, so that rules stay pure and tests repeatable.

mod area;
mod code;
mod ids;
mod level;
mod refusal;
mod time;
mod words;

pub use area::{AreaCode, AreaScope, PlaceCode};
pub use code::{check_character, has_valid_check};
pub use ids::{CommandId, HolderCode, HouseholdId, PersonId, RoundId, UnitId, UnitKind};
pub use level::PlaceLevel;
pub use refusal::{ParseError, Refusal};
pub use time::{Micros, Span};
