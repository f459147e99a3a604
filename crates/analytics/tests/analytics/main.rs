//! The crate against reference values, published figures and its own laws. `tests/data` holds
//! the reference values; its README says where each file comes from.

mod bulletin;
mod curve;
mod hidden;
mod nowcast;
mod reproduction;
mod score;
mod special;
mod survival;
mod table;
mod transmission;
