//! Statistics of who infected whom.

mod generation;
mod infector;
mod offspring;
mod pairs;

pub use generation::{Generation, Tree};
pub use infector::{Candidate, CaseDay, Infectors, Link, likely_infectors};
pub use offspring::{Offspring, offspring};
pub use pairs::{DayRange, Pair, PairInterval, ParameterRange, serial_interval_of_pairs};
