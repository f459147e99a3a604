//! Scores of forecasts: how good was what we said?
//!
//! The interval score and its weighted mean over intervals (WIS) are those of Bracher, Ray, Gneiting
//! and Reich, *PLoS Computational Biology* 17 (2021) e1008618; the pinball loss is that of quantile
//! regression (Koenker and Bassett 1978). All are in the unit of the count, and smaller is better.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::probability;

/// The loss of saying `quantile` for probability `p` when `observed` came:
/// (1{observed ≤ quantile} - p)(quantile - observed).
pub fn pinball(p: f64, quantile: f64, observed: f64) -> f64 {
    let over = quantile - observed;
    if over >= 0.0 { (1.0 - p) * over } else { -p * over }
}

/// The score of a central interval of level 1 - α: its width, and 2/α times the distance by which
/// it was missed.
pub fn interval_score(alpha: f64, low: f64, high: f64, observed: f64) -> f64 {
    (high - low)
        + 2.0 / alpha * (low - observed).max(0.0)
        + 2.0 / alpha * (observed - high).max(0.0)
}

/// A forecast of one number by its quantiles, in rising order of probability and value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    levels: Vec<f64>,
    values: Vec<f64>,
}

impl Quantiles {
    /// # Errors
    /// [`AnalyticsError::Lengths`] when levels and values differ in number, and
    /// [`AnalyticsError::Parameter`] when a level is not a probability, the levels do not rise, or
    /// a value is below the one before it.
    pub fn new(levels: &[f64], values: &[f64]) -> Result<Quantiles, AnalyticsError> {
        if levels.len() != values.len() || levels.is_empty() {
            return Err(AnalyticsError::Lengths {
                left: "levels (at least one)",
                left_length: levels.len(),
                right: "quantiles",
                right_length: values.len(),
            });
        }
        for level in levels {
            probability("level of a quantile", *level)?;
        }
        let falls = |v: &[f64]| v.windows(2).find(|w| w[0].is_nan() || w[1] < w[0]).map(|w| w[1]);
        if let Some(value) = levels.windows(2).find(|w| w[1] <= w[0]).map(|w| w[1]) {
            let what = "level of a quantile";
            return Err(AnalyticsError::Parameter { what, value, wanted: "above the one before" });
        }
        if let Some(value) = falls(values) {
            let what = "quantile of a forecast";
            return Err(AnalyticsError::Parameter {
                what,
                value,
                wanted: "not below the last one",
            });
        }
        Ok(Quantiles { levels: levels.to_vec(), values: values.to_vec() })
    }

    /// The value at a level, if it is one of those given (to 1e-9).
    pub fn at(&self, level: f64) -> Option<f64> {
        let at = self.levels.iter().position(|l| (l - level).abs() < 1e-9)?;
        self.values.get(at).copied()
    }

    /// The same forecast on another scale; `f` must not fall.
    pub(crate) fn map_rising(&self, f: impl Fn(f64) -> f64) -> Quantiles {
        let values = self.values.iter().map(|v| f(*v)).collect();
        Quantiles { levels: self.levels.clone(), values }
    }

    /// Probability and value pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.levels.iter().copied().zip(self.values.iter().copied())
    }

    /// Twice the mean pinball loss over all levels. For levels that lie evenly it is an
    /// approximation of the continuous ranked probability score.
    pub fn mean_pinball(&self, observed: f64) -> f64 {
        let sum: f64 = self.pairs().map(|(p, q)| pinball(p, q, observed)).sum();
        2.0 * sum / self.levels.len() as f64
    }

    /// The weighted interval score: with K central intervals of levels 1 - α and the median m,
    /// (½ |y - m| + Σ α/2 · interval score) / (K + ½).
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] unless the median is there and every other level has its
    /// counterpart.
    pub fn weighted_interval_score(&self, observed: f64) -> Result<f64, AnalyticsError> {
        let missing = |level: f64| {
            AnalyticsError::TooLittle(format!("the forecast has no quantile of level {level}"))
        };
        let median = self.at(0.5).ok_or_else(|| missing(0.5))?;
        let mut sum = 0.5 * (observed - median).abs();
        let mut intervals = 0.0;
        for (p, low) in self.pairs().filter(|(p, _)| *p < 0.5 - 1e-9) {
            let high = self.at(1.0 - p).ok_or_else(|| missing(1.0 - p))?;
            let alpha = 2.0 * p;
            sum += 0.5 * alpha * interval_score(alpha, low, high, observed);
            intervals += 1.0;
        }
        if let Some((p, _)) =
            self.pairs().find(|(p, _)| *p > 0.5 + 1e-9 && self.at(1.0 - p).is_none())
        {
            return Err(missing(1.0 - p));
        }
        Ok(sum / (intervals + 0.5))
    }

    /// Whether `observed` lies in the central interval of this level, both ends included; `None`
    /// when the forecast does not have its ends.
    pub fn covers(&self, level: f64, observed: f64) -> Option<bool> {
        let low = self.at(0.5 - level / 2.0)?;
        let high = self.at(0.5 + level / 2.0)?;
        Some((low..=high).contains(&observed))
    }
}

/// Mean scores over many forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Forecasts scored.
    pub forecasts: usize,
    /// Mean weighted interval score.
    pub weighted_interval_score: f64,
    /// Mean absolute error of the median.
    pub median_error: f64,
    /// Share of observations in the central 50 % interval.
    pub coverage_50: f64,
    /// Share of observations in the central 90 % interval.
    pub coverage_90: f64,
}

impl Scores {
    /// The scores of forecasts with what came.
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] for no forecasts, or one without the median and the ends of
    /// the 50 % and 90 % intervals.
    pub fn of<'a>(
        forecasts: impl IntoIterator<Item = (&'a Quantiles, f64)>,
    ) -> Result<Scores, AnalyticsError> {
        let mut sum = Scores::default();
        let missing =
            || AnalyticsError::TooLittle("a forecast without 50 % or 90 % interval".to_owned());
        for (forecast, observed) in forecasts {
            sum.forecasts += 1;
            sum.weighted_interval_score += forecast.weighted_interval_score(observed)?;
            sum.median_error += (forecast.at(0.5).ok_or_else(missing)? - observed).abs();
            let share = |covered: bool| if covered { 1.0 } else { 0.0 };
            sum.coverage_50 += share(forecast.covers(0.5, observed).ok_or_else(missing)?);
            sum.coverage_90 += share(forecast.covers(0.9, observed).ok_or_else(missing)?);
        }
        if sum.forecasts == 0 {
            return Err(AnalyticsError::TooLittle("no forecast to score".to_owned()));
        }
        let n = sum.forecasts as f64;
        Ok(Scores {
            forecasts: sum.forecasts,
            weighted_interval_score: sum.weighted_interval_score / n,
            median_error: sum.median_error / n,
            coverage_50: sum.coverage_50 / n,
            coverage_90: sum.coverage_90 / n,
        })
    }

    /// Skill against another method on the same observations: 1 - score / other's score. Above 0
    /// is better than the other, 1 is perfect. `None` when the other's score is 0.
    pub fn skill_against(&self, other: &Scores) -> Option<f64> {
        (other.weighted_interval_score > 0.0)
            .then(|| 1.0 - self.weighted_interval_score / other.weighted_interval_score)
    }
}
