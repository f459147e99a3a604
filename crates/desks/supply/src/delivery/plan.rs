//! The proposal of a plan: which orders go together, in which vehicle, in which order, when. Pure; the routes are
//! those of `planner::routes`.
//!
//! All places that goods leave from (shops, and the docks of sorting centres that shops hand over to) are planned
//! as one problem, so that a vehicle goes where it is of most use. A plan that replaces batches starts from them.

mod changes;
mod drive;
mod drops;

use std::collections::{BTreeMap, BTreeSet};

use planner::routes::RouteError;
use types::{HolderCode, Micros, PlaceCode, UnitId};

use super::command::NewBatch;
use super::rows::{Batch, Gate, Pass};
use crate::orders::Order;
pub use changes::{Changes, Moved};

/// What is to be planned.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Orders whose goods lie aside, in no batch, or in batches that this plan replaces.
    pub orders: Vec<Order>,
    /// Passes that hold.
    pub passes: Vec<Pass>,
    /// What is known of gates.
    pub gates: Vec<Gate>,
    /// Where shops and docks are, in degrees east and north.
    pub shops: BTreeMap<HolderCode, (f64, f64)>,
    /// The sorting centres whose docks orders leave from, by the shops that pack them.
    pub docks: BTreeMap<HolderCode, HolderCode>,
    /// Where compounds are.
    pub places: BTreeMap<PlaceCode, (f64, f64)>,
    /// When each vehicle is free, where that is later than now: of those with a batch already.
    pub busy: BTreeMap<HolderCode, Micros>,
    /// Batches that this plan replaces.
    pub before: Vec<Batch>,
}

impl Day {
    /// Where an order leaves from: the dock of the sorting centre that its shop hands over to, or the shop.
    pub fn leaves<'a>(&'a self, order: &'a Order) -> &'a HolderCode {
        self.docks.get(&order.shop).unwrap_or(&order.shop)
    }
}

/// Why an order is in no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Nobody has a pass for its place.
    NoPass,
    /// The road to its gate is closed.
    Blocked,
    /// No vehicle is free in time, or has room.
    NoVehicle,
    /// It is heavier than any vehicle that may go there carries.
    TooHeavy,
}

impl Left {
    /// The word for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Left::NoPass => "no-pass",
            Left::Blocked => "blocked",
            Left::NoVehicle => "no-vehicle",
            Left::TooHeavy => "too-heavy",
        }
    }
}

/// A proposal: every order is in a batch, or left with a reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The batches.
    pub batches: Vec<NewBatch>,
    /// Orders that are in none.
    pub left: Vec<(UnitId, Left)>,
}

/// How often vehicles that have come back are planned with again, and from wherever they are of use then.
const ROUNDS: u32 = 3;

/// Proposes a plan that begins now. The same day and seed give the same plan. `tell` hears which share of the
/// search is done, and says whether it goes on; if not, the plan is the best found so far.
///
/// # Errors
/// [`RouteError`] when the planner refuses what it is given.
pub fn propose(
    day: &Day,
    now: Micros,
    seed: u64,
    tell: &mut dyn FnMut(f64) -> bool,
) -> Result<Proposal, RouteError> {
    let mut proposal = Proposal::default();
    let mut busy = day.busy.clone();
    let mut orders: Vec<&Order> = day.orders.iter().collect();
    orders.sort_by_key(|order| (order.due, order.id));
    let mut drops = drops::drops(day, &orders, now, &mut proposal.left);
    let mut goes_on = true;
    for round in 0..ROUNDS {
        if drops.is_empty() {
            break;
        }
        let mut share = |share: f64| {
            goes_on = goes_on && tell((f64::from(round) + share) / f64::from(ROUNDS));
            goes_on
        };
        let seed = seed + u64::from(round);
        let made = drive::drive(day, &drops, now, seed, &busy, &mut share)?;
        busy.extend(made.back);
        let made = made.batches;
        let put: BTreeSet<UnitId> = orders_of(&made).collect();
        drops.retain(|drop| !drop.orders.iter().any(|order| put.contains(order)));
        let stuck = made.is_empty();
        proposal.batches.extend(made);
        if stuck || !goes_on {
            break;
        }
    }
    let without = drops.iter().flat_map(|drop| &drop.orders);
    proposal.left.extend(without.map(|order| (*order, Left::NoVehicle)));
    proposal.left.sort_unstable();
    proposal
        .batches
        .sort_by(|a, b| (a.leaves_at, a.pass, &a.shop).cmp(&(b.leaves_at, b.pass, &b.shop)));
    Ok(proposal)
}

/// All orders of some batches.
fn orders_of(batches: &[NewBatch]) -> impl Iterator<Item = UnitId> {
    batches.iter().flat_map(|batch| &batch.stops).flat_map(|stop| stop.orders.iter().copied())
}
