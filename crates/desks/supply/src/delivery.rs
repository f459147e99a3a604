//! Delivery: batches of orders from a shop, or the dock of the sorting centre that it hands over to, to compounds, by vehicles whose drivers have passes; then from the gate to
//! the door by named volunteers.
//!
//! A batch is a unit of the kind [`crate::BATCH`], a pass one of the kind [`crate::PASS`]. A plan is proposed by
//! [`plan`] and accepted by a person. An order is in one batch: a partial unique index holds it. When a zone changes,
//! a driver is found positive or locked in, or a shop closes, the batches that this concerns are marked stale in the
//! same entry; what is stale does not leave before it is planned anew.

mod apply;
mod command;
mod event;
mod load;
pub mod plan;
mod rows;
mod rules;
pub(crate) mod views;
mod volunteers;

use types::{Micros, PlaceCode, Span};

pub use command::{
    DeliveryCommand, GivePass, NewBatch, NewStop, RegisterVolunteer, VolunteerWho, batch_id,
    pass_id,
};
pub use event::{Batched, DeliveryEvent, PassGiven};
pub use rows::{Batch, BatchState, Dock, Gate, Pass};

pub(crate) use apply::{apply, leave};
pub(crate) use load::{of_command, of_event};
pub(crate) use rows::{Yard, read_batch, read_dock, read_gate, read_pass};
pub(crate) use rules::{
    acts_for, decide, dock_closed, drivers_positive, ends_batches, withdraw_inside, zone_changed,
};
pub(crate) use volunteers::may_be_handed;

/// How long a pass is good at most: a setting of this program.
pub const PASS_AT_MOST: Span = Span::days(7);
/// How long a volunteer is registered at most: a setting of this program.
pub const VOLUNTEER_AT_MOST: Span = Span::days(30);
/// The kind of volunteers as holders.
pub const VOLUNTEER: &str = "volunteer";
/// Most batches of one plan.
pub const MOST_BATCHES: usize = 200;

/// The minute of the day in China, where all of these gates are: UTC+8 all year.
pub fn minute_of_day(at: Micros) -> i64 {
    (at.0.div_euclid(60_000_000) + 8 * 60).rem_euclid(24 * 60)
}

/// Whether a place is another one or lies in it.
pub fn lies_in(place: &PlaceCode, around: &PlaceCode) -> bool {
    registry::place::chain_of(place).contains(around)
}
