//! The typed groups of rules, one module for each part of the work.

pub mod care;
pub mod cases;
pub mod contacts;
pub mod movement;
pub mod outlook;
pub mod pool;
pub mod release;
pub mod result;
pub mod risk;
pub mod sample;
pub mod testing;
pub mod zero;
pub mod zones;
