//! Tubes over time: how many an hour, when a queue is worked off, how fast it must be worked.

use std::collections::BTreeMap;

use types::{Micros, Span};

use super::{Hour, Site};

/// Persons and tubes hour by hour. What a slot holds is spread evenly over it; whole numbers
/// are cut so that the hours add up to the slots.
pub(super) fn hours(sites: &[Site]) -> Vec<Hour> {
    let mut hours: BTreeMap<Micros, Hour> = BTreeMap::new();
    for slot in sites.iter().flat_map(|s| &s.slots) {
        let length = i128::from((slot.until - slot.from).0.max(1));
        let done = |amount: u32, at: Micros| {
            let passed = i128::from((at - slot.from).0).clamp(0, length);
            (i128::from(amount) * passed / length) as u32
        };
        let mut hour = slot.from.hour_start();
        while hour < slot.until {
            let next = hour + Span::hours(1);
            let sum = hours.entry(hour).or_insert(Hour { hour, persons: 0, tubes: 0 });
            sum.persons += done(slot.persons, next) - done(slot.persons, hour);
            sum.tubes += done(slot.tubes, next) - done(slot.tubes, hour);
            hour = next;
        }
    }
    hours.into_values().collect()
}

/// Tubes that reach a laboratory: the running sum, straight between the points. Times are
/// microseconds after the start of the round.
pub(super) struct Arrivals {
    points: Vec<(f64, f64)>,
}

/// So many tubes, coming evenly between two times (microseconds after the start).
pub(super) struct Batch {
    pub from: f64,
    pub until: f64,
    pub tubes: f64,
}

impl Arrivals {
    /// `waiting` tubes are there at the start, before the batches come.
    pub fn new(waiting: f64, batches: impl Iterator<Item = Batch>) -> Arrivals {
        // How the rate changes, and when.
        let mut changes: Vec<(f64, f64)> = Vec::new();
        let mut total = waiting;
        for batch in batches {
            let rate = batch.tubes / (batch.until - batch.from).max(1.0);
            changes.push((batch.from, rate));
            changes.push((batch.until.max(batch.from + 1.0), -rate));
            total += batch.tubes;
        }
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut points = vec![(0.0, 0.0), (0.0, waiting)];
        let (mut at, mut sum, mut rate) = (0.0f64, waiting, 0.0f64);
        for (time, change) in changes {
            if time > at {
                sum += rate * (time - at);
                at = time;
                points.push((at, sum));
            }
            rate += change;
        }
        // What the additions rounded off.
        if let Some(last) = points.last_mut() {
            last.1 = total;
        }
        Arrivals { points }
    }

    fn total(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.1)
    }

    /// When the last tube is done at `rate` tubes a microsecond, never idle while one waits:
    /// the latest over all times t of `t + (tubes that come after t) / rate`. `None` at no
    /// rate.
    pub fn finish(&self, rate: f64) -> Option<f64> {
        if rate <= 0.0 {
            return None;
        }
        let total = self.total();
        // The expression is straight between the points, so its peak is at one of them.
        self.points.iter().map(|(at, sum)| at + (total - sum) / rate).reduce(f64::max)
    }

    /// The least rate at which all is done at `until`; `None` when the last tube comes too
    /// late for any rate.
    pub fn rate_for(&self, until: f64) -> Option<f64> {
        if self.points.last().is_some_and(|(last, _)| *last > until) {
            return None;
        }
        let total = self.total();
        let rates = self.points.iter().filter_map(|(at, sum)| {
            let open = total - sum;
            (open > 1e-6).then(|| open / (until - at).max(1.0))
        });
        Some(rates.fold(0.0, f64::max))
    }
}
