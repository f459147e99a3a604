//! R when the serial interval itself is not well known.
//!
//! Mean and standard deviation of the serial interval are drawn from truncated normal
//! distributions (the paper's web appendix 4). For each draw the posterior of R is a gamma
//! distribution, so the whole is a mixture of them: its mean and variance are exact for the drawn
//! intervals, and its quantiles are found as roots of the mixture's distribution function. R is
//! never drawn, and the intervals are spread evenly over their distribution by an additive
//! sequence (M. Roberts' R₂, with the powers of the plastic number), shifted by the seed: some
//! hundreds of them do what tens of thousands of random ones would.

use serde::Serialize;

use crate::gamma::Gamma;
use crate::optimise::root;
use crate::random::Draws;
use crate::reproduction::{Settings, Window, check_windows, estimate};
use crate::special::{normal_lower, normal_quantile};
use crate::{AnalyticsError, Incidence, SerialInterval};

/// A normal distribution cut at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// Mean before cutting.
    pub mean: f64,
    /// Standard deviation before cutting.
    pub sd: f64,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
}

/// How well the serial interval is known, in days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UncertainInterval {
    /// Its mean; the low end is at least 1 day.
    pub mean: Range,
    /// Its standard deviation; the low end is above 0.
    pub sd: Range,
    /// How many intervals to draw; 500 are plenty.
    pub draws: usize,
    /// The seed of the first draw.
    pub seed: u64,
}

/// R over one window, as a mixture of gamma distributions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MixtureEstimate {
    /// The window.
    pub window: Window,
    /// One posterior a drawn interval; empty where the window ends too early for an estimate.
    pub parts: Vec<Gamma>,
}

impl MixtureEstimate {
    /// Mean; `None` without parts.
    pub fn mean(&self) -> Option<f64> {
        average(&self.parts, |g| g.mean())
    }

    /// Standard deviation; `None` without parts.
    pub fn sd(&self) -> Option<f64> {
        let mean = self.mean()?;
        let square = average(&self.parts, |g| g.sd().powi(2) + (g.mean() - mean).powi(2))?;
        Some(square.sqrt())
    }

    /// The value below which `p` of the mixture lies; `None` without parts or for p outside of
    /// 0..1.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if !(p > 0.0 && p < 1.0) {
            return None;
        }
        // The mixture's quantile lies between the parts' own, and those of the lowest and the
        // highest mean hold nearly all of them; widen until the signs differ.
        let mut low = f64::INFINITY;
        let mut high = 0.0_f64;
        let by_mean = |a: &&Gamma, b: &&Gamma| a.mean().total_cmp(&b.mean());
        for part in
            self.parts.iter().min_by(by_mean).into_iter().chain(self.parts.iter().max_by(by_mean))
        {
            let q = part.quantile(p);
            low = low.min(q);
            high = high.max(q);
        }
        let excess = |x: f64| average(&self.parts, |g| g.lower(x)).map_or(f64::NAN, |f| f - p);
        for _ in 0..60 {
            if excess(low) <= 0.0 {
                break;
            }
            low *= 0.5;
        }
        for _ in 0..60 {
            if excess(high) >= 0.0 {
                break;
            }
            high *= 2.0;
        }
        root(low, high, 1e-12 * high, excess)
    }
}

fn average(parts: &[Gamma], value: impl Fn(Gamma) -> f64) -> Option<f64> {
    if parts.is_empty() {
        return None;
    }
    Some(parts.iter().map(|g| value(*g)).sum::<f64>() / parts.len() as f64)
}

/// The fractional parts of 1/ρ and 1/ρ², ρ³ = ρ + 1.
const STEPS: [f64; 2] = [0.754_877_666_246_692_8, 0.569_840_290_998_053_2];

impl Range {
    /// The value below which `p` of the cut distribution lies.
    fn quantile(self, p: f64) -> f64 {
        let below = |x: f64| normal_lower((x - self.mean) / self.sd);
        let (low, high) = (below(self.low), below(self.high));
        let value = self.mean + self.sd * normal_quantile(low + (high - low) * p);
        value.clamp(self.low, self.high)
    }
}

/// R over each window, for a serial interval known only within ranges.
///
/// # Errors
/// As [`crate::reproduction()`]; [`AnalyticsError::Parameter`] for ranges that do not hold their
/// mean or reach below 1 day (mean) or to 0 (standard deviation).
pub fn reproduction_uncertain(
    incidence: &Incidence,
    interval: &UncertainInterval,
    windows: &[Window],
    settings: Settings,
) -> Result<Vec<MixtureEstimate>, AnalyticsError> {
    check_windows(windows, incidence.days())?;
    check_range("mean of the serial interval", interval.mean, 1.0)?;
    check_range("standard deviation of the serial interval", interval.sd, 0.0)?;
    if interval.sd.low <= 0.0 {
        return Err(AnalyticsError::Parameter {
            what: "standard deviation of the serial interval",
            value: interval.sd.low,
            wanted: "above 0 also at its low end",
        });
    }
    if interval.draws == 0 {
        return Err(AnalyticsError::Count {
            what: "number of drawn intervals",
            value: 0,
            wanted: "at least 1".to_owned(),
        });
    }
    let prior = Gamma::of_moments(settings.prior_mean, settings.prior_sd)?;
    let mut random = Draws::new(interval.seed);
    let mut at = [random.uniform(), random.uniform()];
    let mut results: Vec<MixtureEstimate> =
        windows.iter().map(|w| MixtureEstimate { window: *w, parts: Vec::new() }).collect();
    for _ in 0..interval.draws {
        at[0] = (at[0] + STEPS[0]).fract();
        at[1] = (at[1] + STEPS[1]).fract();
        let mean = interval.mean.quantile(at[0]);
        let sd = interval.sd.quantile(at[1]);
        // A mean of exactly 1 day is at the edge of the shifted gamma distribution.
        let drawn = SerialInterval::parametric(mean.max(1.0 + 1e-9), sd, incidence.days())?;
        let infectivity = incidence.infectivity(&drawn);
        for result in &mut results {
            let one = estimate(result.window, incidence, &infectivity, drawn.mean(), prior)?;
            result.parts.extend(one.posterior);
        }
    }
    Ok(results)
}

fn check_range(what: &'static str, range: Range, floor: f64) -> Result<(), AnalyticsError> {
    let refuse = |value, wanted| Err(AnalyticsError::Parameter { what, value, wanted });
    crate::error::positive(what, range.sd)?;
    if range.low.is_nan() || range.low < floor {
        return refuse(range.low, "at least 1 day for the mean, above 0 for the deviation");
    }
    if !(range.low <= range.mean && range.mean <= range.high) {
        return refuse(range.mean, "between the low and the high end of its range");
    }
    Ok(())
}
