//! Trips that carry too much for a while, at a price.
//!
//! Where all trips are full, many a good plan is reached only through plans that break the
//! capacity. The price is such that about half of all plans on the way keep it (after Vidal 2022);
//! only those are remembered as the best.

use super::tours::Tours;
use super::travel::Metric;

/// What trips carry too much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overload {
    /// How much one trip may carry too much.
    pub(super) most: i32,
    /// How much all trips carry too much.
    pub(super) over: i64,
    /// The price of a unit, in parts of [`PARTS`].
    price: i64,
    /// Of how many steps how many left a plan that keeps the capacity.
    steps: u32,
    kept: u32,
}

/// Prices are whole numbers of so many parts.
const PARTS: i64 = 64;

/// After so many steps the price is looked at.
const LOOK: u32 = 512;

/// One part of the capacity is how much a trip may carry too much.
const SLACK: i32 = 5;

impl Overload {
    fn cost(&self, room: i32) -> i64 {
        self.price * i64::from((-room).max(0)) / PARTS
    }

    /// What it costs more that the room in a trip changes.
    pub(super) fn change(&mut self, before: i32, after: i32) -> i64 {
        self.over += i64::from((-after).max(0)) - i64::from((-before).max(0));
        self.cost(after) - self.cost(before)
    }

    /// What it costs to add a demand to a trip.
    #[inline(always)]
    pub(super) fn price(&self, room: i32, demand: i32) -> i32 {
        if room >= demand {
            return 0;
        }
        let more = self.cost(room - demand) - self.cost(room);
        more.min(i64::from(super::problem::Ground::CLOSED)) as i32
    }
}

impl<M: Metric, const TIMED: bool> Tours<'_, M, TIMED> {
    /// Lets trips carry too much, or not any more; none does now.
    pub(super) fn allow_overload(&mut self, allowed: bool) {
        if !allowed {
            self.load = Overload::default();
            return;
        }
        let capacity = self.problem.fleets.iter().map(|fleet| fleet.capacity).min().unwrap_or(0);
        let demand: i64 = self.visits.iter().map(|visit| i64::from(visit.demand)).sum();
        let each = demand as f64 / self.visits.len().max(1) as f64;
        self.load.most = capacity / SLACK;
        self.load.price = ((PARTS as f64 * self.mean_way() / each.max(1.0)) as i64).max(1);
    }

    /// Looks after the price, once a step.
    #[inline]
    pub(super) fn look_after_price(&mut self) {
        if self.load.most == 0 {
            return;
        }
        self.load.steps += 1;
        self.load.kept += u32::from(self.load.over == 0);
        if self.load.steps < LOOK {
            return;
        }
        let kept = f64::from(self.load.kept) / f64::from(LOOK);
        (self.load.steps, self.load.kept) = (0, 0);
        let total = |tours: &Self| -> i64 {
            tours.trips.iter().map(|trip| tours.load.cost(trip.room)).sum()
        };
        let before = total(self);
        if kept < 0.4 {
            self.load.price += self.load.price / 8 + 1;
        } else if kept > 0.6 {
            self.load.price = (self.load.price - self.load.price / 8 - 1).max(1);
        }
        self.cost += total(self) - before;
    }
}
