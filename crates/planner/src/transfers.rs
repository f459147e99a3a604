//! Who is fetched when, and by which vehicle: dial-a-ride for ambulances and coaches.
//!
//! A [`Ride`] is people who travel together (a patient, a family, a room), from one place to
//! another, within time windows and for at most so long. [`dispatch`] plans tours by the search
//! of [`crate::routes`], with both ends of a ride taken out and put back at once. No vehicle ever
//! carries two isolation classes at a time, and between two it is cleaned. [`manifest`] gives
//! everybody a seat, and [`Dispatch::check`] verifies a plan independently of the search.

pub mod cordeau;
mod manifest;
mod model;
pub mod night;
mod schedule;
mod search;

pub use manifest::{SeatNumber, Seated, manifest};
pub use model::{Call, CoachTour, Coaches, Dispatch, Ride, TransferError, Transfers};

use crate::routes::{Watch, anneal};

/// Plans until the watch ends it. Rides that no vehicle can take are skipped. `warm` is an
/// earlier plan to start from.
///
/// # Errors
/// When the problem is not a valid one.
pub fn dispatch(
    problem: &Transfers,
    seed: u64,
    warm: Option<&Dispatch>,
    watch: &mut dyn Watch,
) -> Result<Dispatch, TransferError> {
    problem.validate()?;
    if problem.rides.is_empty() {
        return Ok(Dispatch::default());
    }
    let mut search = search::Search::new(problem, seed);
    if let Some(plan) = warm {
        search.load(plan);
    }
    search.fill();
    let mean = search.mean_edge();
    let (hot, cold) = if warm.is_some() { (0.1, 0.01) } else { (0.5, 0.01) };
    anneal(&mut search, hot * mean, cold * mean, seed, watch);
    Ok(search.plan())
}
