//! A city's day of supply: from shops to the gates of compounds.
//!
//! Three steps, each by a method that suits it. Which shop packs for which households is a
//! minimum-cost flow ([`crate::beds::Flow`]), optimal, with its proof. A shop's packs become loads:
//! full ones for one gate, the rest put together by the routing engine. And loads are given to
//! vehicles by the same engine, as a problem whose stops are whole loads.
//!
//! A plan names every household: in a load with a vehicle, in one without, or without a shop.
//! [`DayPlan::check`] counts them independently. After a change the flow is mended, only the shops
//! that it touches load anew, and vehicles keep their tours where they still can.

mod day;
mod loads;
mod made_up;
mod model;

pub use day::{DayChange, DayPlanner};
pub use made_up::{DaySize, made_up};
pub use model::{Balance, Compound, Day, DayPlan, Delivery, Drop, Garage, Load, Shop, SupplyError};
