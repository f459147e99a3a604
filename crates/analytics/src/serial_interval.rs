//! The serial interval, in days from one case's onset to that of a case it infected.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::positive;
use crate::special::gamma_lower;

/// How far the weights of a given distribution may miss 1 before it is refused.
pub const SUM_TOLERANCE: f64 = 0.01;

/// Weights of the serial interval on 0, 1, 2, … days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SerialInterval {
    weights: Vec<f64>,
    mean: f64,
    sd: f64,
}

impl SerialInterval {
    /// From given weights, the first for 0 days. They are used as they are, not made to sum to 1.
    ///
    /// # Errors
    /// [`AnalyticsError::SerialInterval`] when there is no weight beyond day 0, the weight of day
    /// 0 is not 0, one is negative or not finite, or they miss a sum of 1 by more than
    /// [`SUM_TOLERANCE`].
    pub fn given(weights: &[f64]) -> Result<SerialInterval, AnalyticsError> {
        let refuse = |why: String| Err(AnalyticsError::SerialInterval(why));
        if weights.len() < 2 {
            return refuse("no weight beyond day 0".to_owned());
        }
        if let Some(day) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return refuse(format!("the weight of day {day} is {}", weights[day]));
        }
        if weights[0] != 0.0 {
            return refuse(format!("the weight of day 0 is {}; it must be 0", weights[0]));
        }
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return refuse(format!("the weights sum to {sum}; they must sum to 1"));
        }
        Ok(SerialInterval::of_weights(weights.to_vec()))
    }

    /// From a mean and a standard deviation, for a series of `days` days: [`discretised`] on
    /// 0 … days - 1. What falls beyond is cut off, and the rest is not made to sum to 1.
    ///
    /// # Errors
    /// [`AnalyticsError::Parameter`] unless the mean is above 1 day and the deviation above 0.
    pub fn parametric(mean: f64, sd: f64, days: usize) -> Result<SerialInterval, AnalyticsError> {
        positive("standard deviation of the serial interval", sd)?;
        Ok(SerialInterval::of_weights(discretised(days, mean, sd)?))
    }

    fn of_weights(weights: Vec<f64>) -> SerialInterval {
        let mean: f64 = weights.iter().enumerate().map(|(k, w)| k as f64 * w).sum();
        let square: f64 = weights.iter().enumerate().map(|(k, w)| (k * k) as f64 * w).sum();
        SerialInterval { weights, mean, sd: (square - mean * mean).max(0.0).sqrt() }
    }

    /// The weights of 0, 1, 2, … days.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Mean of the weights as they are, in days.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation of the weights as they are, in days.
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// The sum of the weights.
    pub fn sum(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// The same interval with weights that sum to 1, as simulations need it.
    #[must_use]
    pub fn normalised(&self) -> SerialInterval {
        let sum = self.sum();
        if sum == 0.0 {
            return self.clone();
        }
        SerialInterval::of_weights(self.weights.iter().map(|w| w / sum).collect())
    }
}

/// The probabilities of serial intervals of 0, 1, …, days - 1 days, when the interval is 1 day plus
/// a gamma variable of mean μ - 1 and standard deviation σ, and both onsets fall anywhere in their
/// day (Cori and others, *American Journal of Epidemiology* 178 (2013) 1505–1512, web appendix
/// 11). With a = ((μ-1)/σ)², b = σ²/(μ-1) and F the distribution function for shape a:
///
/// w(k) = k F(k) + (k-2) F(k-2) - 2(k-1) F(k-1)
///        + a b (2 F₊(k-1) - F₊(k-2) - F₊(k)), where F₊ is F for shape a + 1,
///
/// and nothing below 0. Far out the terms cancel: the absolute error is about k × 2e-16.
///
/// # Errors
/// [`AnalyticsError::Parameter`] unless μ > 1 and σ > 0.
pub fn discretised(days: usize, mean: f64, sd: f64) -> Result<Vec<f64>, AnalyticsError> {
    if !(mean.is_finite() && mean > 1.0) {
        return Err(AnalyticsError::Parameter {
            what: "mean of the serial interval",
            value: mean,
            wanted: "above 1 day",
        });
    }
    positive("standard deviation of the serial interval", sd)?;
    let shape = ((mean - 1.0) / sd).powi(2);
    let scale = sd * sd / (mean - 1.0);
    let lower = |a: f64, x: f64| if x <= 0.0 { 0.0 } else { gamma_lower(a, x / scale) };
    // F and F₊ at k - 2, k - 1 and k, each computed once.
    let (mut f, mut plus) = ([0.0; 3], [0.0; 3]);
    let mut weights = Vec::with_capacity(days);
    for day in 0..days {
        let k = day as f64;
        f = [f[1], f[2], lower(shape, k)];
        plus = [plus[1], plus[2], lower(shape + 1.0, k)];
        let onset = k * f[2] + (k - 2.0) * f[0] - 2.0 * (k - 1.0) * f[1];
        let weight = onset + shape * scale * (2.0 * plus[1] - plus[0] - plus[2]);
        weights.push(weight.max(0.0));
    }
    Ok(weights)
}
