//! The virtual staff: what each of them does when its time has come.
//!
//! They work by what the system tells them. A sampler swabs whom the phone's list names, a
//! courier goes where the list has a box, a laboratory loads what its list holds. What they do
//! not do: look into the truth. The only thing that reads it is the swab itself.

mod apart;
mod beds;
mod cases;
mod commander;
mod courier;
mod dawn;
mod dusk;
mod grid;
mod laboratory;
mod people;
mod rides;
mod sampler;
mod sending;
mod supply;
mod sweeps;
mod tracing;
mod wards;
mod zero;
mod zones;

pub(crate) use beds::StepUp;
pub(crate) use supply::{SupplyTask, Supplying};
