//! Benchmarks: bounded, each with its raw limit or peer measured in the same run.

pub mod world;
