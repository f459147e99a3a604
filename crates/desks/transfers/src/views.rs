//! What the transfers desk can tell: who waits for a ride, vehicles, trips, the plan, numbers. Figures read
//! counters, lists read indexes.

mod lists;
mod numbers;
mod plan;
mod propose;

pub use lists::{
    HistoryLine, RideFilter, history, leading_from, leading_to, of_person, of_vehicle, on_trip,
    one_sided, open_of, open_trips, ride, rides, rides_in, trip, trips, vehicle, vehicles,
    vehicles_by_code, waiting,
};
pub use numbers::{Numbers, flows, late, numbers};
pub use plan::{PLANNED, plan_input};
pub use propose::{Left, LeftWhy, Plan, PlanInput, PlannedRide, PlannedTrip, propose};
