//! What the supply desks did, kept for the score.

use std::collections::BTreeMap;

use supply::Via;
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, UnitId};

/// An order, as the staff know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The household.
    pub household: HouseholdId,
    /// The shop.
    pub shop: HolderCode,
    /// How it came.
    pub via: Via,
    /// When it was placed.
    pub placed_at: Micros,
    /// When it was at the door.
    pub received_at: Option<Micros>,
    /// How often nobody opened.
    pub came_back: u32,
    /// Cancelled, by whomever.
    pub cancelled: bool,
}

/// A place that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Which.
    pub site: HolderCode,
    /// When.
    pub at: Micros,
    /// When it opened again.
    pub until: Option<Micros>,
}

/// How the households of a county stood when they were counted last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When.
    pub at: Micros,
    /// Really behind doors.
    pub behind: i64,
    /// Under restriction, by the system: served + not due + overdue.
    pub all: i64,
    /// Supplied, and not due again.
    pub served: i64,
    /// Not supplied yet, and not due either.
    pub not_due: i64,
    /// Due and not supplied.
    pub overdue: i64,
    /// A medicine is due.
    pub medicine_overdue: i64,
}

/// A household behind a door that neither a list nor an order nor a complaint knew of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Where.
    pub place: PlaceCode,
    /// When that was seen first.
    pub since: Micros,
    /// On how many evenings.
    pub days: u64,
    /// Whether it was so on the last one.
    pub still: bool,
    /// Whether it is in no register: no list could have had it.
    pub unregistered: bool,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Provided {
    /// Orders and packs that were ordered.
    pub orders: BTreeMap<UnitId, Order>,
    /// Packs that were given at doors from the list of who is due.
    pub packs: u64,
    /// Grams that went bad.
    pub spoiled: i64,
    /// Parcels that were left at a wrong door.
    pub lost: u64,
    /// Orders of which a part was for somebody else.
    pub wrong: u64,
    /// Places that were closed.
    pub closings: Vec<Closing>,
    /// Passes that were given.
    pub passes: u64,
    /// Passes that were taken away, with why.
    pub withdrawn: BTreeMap<UnitId, String>,
    /// By county, as counted last.
    pub balance: BTreeMap<AreaCode, Counted>,
    /// Whoever was forgotten on some evening.
    pub forgotten: BTreeMap<HouseholdId, Forgotten>,
}
