//! What the ledger's tests share: a small desk, a place to run it, and a model to compare with.

pub mod bulk;
pub mod model;
pub mod proxy;
pub mod reading;
pub mod scripts;
pub mod stall;
pub mod world;
pub mod yard;
