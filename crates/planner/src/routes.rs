//! Who drives where: vehicle routing with capacities, time windows, depots, trips and closed ways.
//!
//! [`solve`] takes a [`Problem`] and searches by ruin and recreate: a step takes some neighbouring
//! stops out of their trips and puts each back where it costs least; simulated annealing decides
//! whether the step stays. A step touches only what is near, so its cost does not grow with the
//! instance, and twenty thousand stops are no harder to change than a hundred.
//!
//! The search can be stopped at any time, reports its progress, starts from an earlier plan
//! ([`Effort::warm`]), and makes the same plan for the same seed and number of steps.
//! [`Routes::check`] verifies a plan independently of the search.

mod anneal;
mod carry;
mod cross;
mod curve;
pub mod cvrplib;
mod fewer;
mod fewest;
pub mod generate;
mod near;
mod overload;
mod problem;
mod recreate;
mod ruin;
mod savings;
mod solve;
mod swap_star;
mod tours;
mod travel;

pub(crate) use anneal::{Landscape, anneal};
pub use anneal::{Progress, Watch, steps};
pub use problem::{Fleet, Ground, Problem, RouteError, Routes, Stop, StopIndex, Tour, Window};
pub use solve::{Effort, solve};
pub use travel::Rounding;
