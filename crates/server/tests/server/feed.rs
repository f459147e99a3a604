//! The laboratory feed, from bytes to the result of a tube.

mod files;
pub mod lab;
mod line;
mod messages;
mod pages;
mod queue;
