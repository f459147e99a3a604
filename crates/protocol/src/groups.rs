//! The typed groups of rules, one module for each part of the work.

pub mod pool;
pub mod result;
pub mod sample;
pub mod testing;
