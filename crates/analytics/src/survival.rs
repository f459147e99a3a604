//! How long something lasts when some of it goes on: the product-limit estimate of Kaplan and Meier, and
//! how many of those who are still there leave soon.
//!
//! Lengths are whole steps (a quarter of a day, for example), rounded down. Who is still there is
//! *censored* at the length so far: it says that the stay lasts longer, and nothing more. Leaving them out
//! would make stays look short, most of all while many have just come.
//!
//! - S(t) = Π (1 - d/n) over the steps up to t, d of the n who were there at a step having left in it;
//!   those censored in the same step count as there (Kaplan, Meier: *Nonparametric estimation from
//!   incomplete observations*, JASA 53, 1958).
//! - Variance by Greenwood: S² Σ d / (n (n - d)). Intervals of quantiles on the scale of ln(-ln S), which
//!   stays between 0 and 1 (Kalbfleisch, Prentice: *The statistical analysis of failure time data*, 1980).
//! - Somebody who has stayed for a steps leaves within h with probability 1 - S(a + h) / S(a). How many
//!   leave is then a sum of such chances; its variance is that of the chances, and that of the curve, which
//!   is the same for all of them and so does not average out.
//! - Where fewer than [`FEWEST`] have ever been, the curve says nothing: who gets there is counted as
//!   staying, and widens the interval upwards.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::AnalyticsError;

/// With fewer at risk than this a step tells nothing of the next patient: a choice of ours.
pub const FEWEST: u64 = 5;

/// Longest stay that is looked at, in steps.
const LONGEST: u32 = 100_000;

/// One step of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The length, in steps.
    pub length: u32,
    /// How many were there at its begin.
    pub at_risk: u64,
    /// How many left in it.
    pub left: u64,
    /// The share that stays longer.
    pub stays: f64,
    /// Greenwood's sum up to it.
    pub greenwood: f64,
}

/// A product-limit curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Survival {
    /// The steps in which somebody left.
    points: Vec<Point>,
    /// How many were there at each length at which this changes, from that length on.
    at_risk: BTreeMap<u32, u64>,
    ended: u64,
    censored: u64,
}

/// A quantile of the length and its interval; `None` where the curve does not come down so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Length {
    /// The quantile, in steps.
    pub at: Option<u32>,
    /// Lower end.
    pub low: Option<u32>,
    /// Upper end.
    pub high: Option<u32>,
}

/// How many leave within some time, added up over groups that share a curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Freed {
    /// How many are there.
    pub there: f64,
    /// Expected to leave.
    pub expected: f64,
    /// Of those there, how many get to where the curve says nothing.
    pub unknown: f64,
    chance: f64,
    curve: f64,
}

impl Survival {
    /// The curve of stays that are over and of stays that go on, each as (length in steps, how many).
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] where nothing is over yet; [`AnalyticsError::Count`] for a length
    /// beyond all reason.
    pub fn of(over: &[(u32, u64)], going: &[(u32, u64)]) -> Result<Survival, AnalyticsError> {
        let mut left: BTreeMap<u32, u64> = BTreeMap::new();
        let mut gone: BTreeMap<u32, u64> = BTreeMap::new();
        for (length, n) in over.iter().filter(|(_, n)| *n > 0) {
            *left.entry(*length).or_default() += n;
            *gone.entry(*length).or_default() += n;
        }
        for (length, n) in going.iter().filter(|(_, n)| *n > 0) {
            *gone.entry(*length).or_default() += n;
        }
        if let Some(longest) = gone.keys().next_back().filter(|n| **n > LONGEST) {
            return Err(AnalyticsError::Count {
                what: "length of a stay",
                value: *longest as usize,
                wanted: format!("at most {LONGEST} steps"),
            });
        }
        let ended: u64 = left.values().sum();
        if ended == 0 {
            return Err(AnalyticsError::TooLittle("no stay is over yet".to_owned()));
        }
        let mut there: u64 = gone.values().sum();
        let censored = there - ended;
        let mut survival = Survival { ended, censored, ..Survival::default() };
        survival.at_risk.insert(0, there);
        let (mut stays, mut greenwood) = (1.0, 0.0);
        for (length, n) in &gone {
            let d = left.get(length).copied().unwrap_or(0);
            if d > 0 {
                let (d, r) = (d as f64, there as f64);
                stays *= 1.0 - d / r;
                // When all leave the share is 0, and so is what it may be off by.
                greenwood += if r > d { d / (r * (r - d)) } else { 0.0 };
                survival.points.push(Point {
                    length: *length,
                    at_risk: there,
                    left: d as u64,
                    stays,
                    greenwood,
                });
            }
            there -= n;
            survival.at_risk.insert(length + 1, there);
        }
        Ok(survival)
    }

    /// Its steps.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many stays are over, and how many go on.
    pub fn seen(&self) -> (u64, u64) {
        (self.ended, self.censored)
    }

    /// The share that stays longer than so many steps.
    pub fn stays(&self, length: u32) -> f64 {
        self.before(length).map_or(1.0, |point| point.stays)
    }

    fn before(&self, length: u32) -> Option<&Point> {
        let n = self.points.partition_point(|point| point.length <= length);
        n.checked_sub(1).map(|n| &self.points[n])
    }

    fn risk(&self, length: u32) -> u64 {
        self.at_risk.range(..=length).next_back().map_or(0, |(_, n)| *n)
    }

    /// The first step after which no more than `1 - share` stay, with its interval at `z` standard
    /// errors (1.96 for 95 %).
    pub fn quantile(&self, share: f64, z: f64) -> Length {
        let rest = 1.0 - share;
        let first = |of: &dyn Fn(&Point) -> f64| {
            self.points.iter().find(|point| of(point) <= rest + 1e-12).map(|point| point.length)
        };
        let bound = |point: &Point, sign: f64| -> f64 {
            let s = point.stays;
            if s <= 0.0 || s >= 1.0 {
                return s;
            }
            let spread = z * point.greenwood.sqrt() / s.ln().abs();
            s.powf((sign * spread).exp())
        };
        Length {
            at: first(&|point| point.stays),
            low: first(&|point| bound(point, 1.0)),
            high: first(&|point| bound(point, -1.0)),
        }
    }

    /// How many of `there` (length so far, how many) leave within `ahead` steps.
    pub fn freed(&self, there: &[(u32, u64)], ahead: u32) -> Freed {
        let mut freed = Freed::default();
        for (age, n) in there.iter().filter(|(_, n)| *n > 0) {
            let n = *n as f64;
            freed.there += n;
            let until = age.saturating_add(ahead);
            // As far as enough have ever been.
            let known = (*age..until).find(|length| self.risk(*length) < FEWEST).unwrap_or(until);
            let at = |length: u32| {
                let point = length.checked_sub(1).and_then(|before| self.before(before));
                point.map_or((1.0, 0.0), |point| (point.stays, point.greenwood))
            };
            let ((from, from_g), (to, to_g)) = (at(*age), at(known.max(*age)));
            if from <= 0.0 {
                freed.unknown += n;
                continue;
            }
            let stays = to / from;
            freed.expected += n * (1.0 - stays);
            freed.chance += n * stays * (1.0 - stays);
            freed.curve += n * stays * (to_g - from_g).max(0.0).sqrt();
            if known < until {
                freed.unknown += n * stays;
            }
        }
        freed
    }
}

impl Freed {
    /// Adds a group that goes by the same curve.
    #[must_use]
    pub fn and(self, other: Freed) -> Freed {
        Freed {
            there: self.there + other.there,
            expected: self.expected + other.expected,
            unknown: self.unknown + other.unknown,
            chance: self.chance + other.chance,
            curve: self.curve + other.curve,
        }
    }

    /// Lower and upper end at `z` standard errors: no fewer than none, no more than are there.
    pub fn interval(&self, z: f64) -> (f64, f64) {
        let spread = z * (self.chance + self.curve * self.curve).sqrt();
        let low = (self.expected - spread).max(0.0);
        let high = (self.expected + self.unknown + spread).min(self.there);
        (low.min(high), high)
    }
}
