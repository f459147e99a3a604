//! Growth rate and doubling time.
//!
//! Counts are taken to be quasi-Poisson around exp(c + r t): the growth rate r is fitted by
//! iteratively reweighted least squares, and its standard error widened by √φ, where φ ≥ 1 is the
//! Pearson dispersion (McCullagh and Nelder, *Generalized Linear Models*, 2nd ed. 1989, §6.2). The
//! interval uses Student's t with n - 2 degrees of freedom.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::{counts, probability};
use crate::student::student_quantile;

/// Exponential growth over a stretch of days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Growth rate a day; negative when cases fall.
    pub rate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the interval of the rate.
    pub low: f64,
    /// Upper end of the interval of the rate.
    pub high: f64,
    /// Pearson dispersion, at least 1.
    pub dispersion: f64,
}

/// What a growth rate means for the time to twice, or half, as many.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubling {
    /// Cases double in `days`, and with the wanted confidence in between `low` and `high`.
    Doubles {
        /// Best estimate, in days.
        days: f64,
        /// Fastest.
        low: f64,
        /// Slowest.
        high: f64,
    },
    /// Cases halve in `days`.
    Halves {
        /// Best estimate, in days.
        days: f64,
        /// Fastest.
        low: f64,
        /// Slowest.
        high: f64,
    },
    /// The interval of the growth rate holds 0: cases may be rising, with a doubling time of at
    /// least `doubling_at_least` days, or falling, with a halving time of at least
    /// `halving_at_least`. There is no interval of a doubling time then.
    Unclear {
        /// In days.
        doubling_at_least: f64,
        /// In days.
        halving_at_least: f64,
    },
}

impl Growth {
    /// The growth of daily counts, with an interval of the given level (for example 0.95).
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] for fewer than 3 days or no case on all but one day;
    /// [`AnalyticsError::NotACount`] and [`AnalyticsError::Parameter`] as they say.
    pub fn of(daily: &[f64], level: f64) -> Result<Growth, AnalyticsError> {
        counts("cases", daily)?;
        probability("level of the interval", level)?;
        let n = daily.len();
        if n < 3 || daily.iter().filter(|c| **c > 0.0).count() < 2 {
            return Err(AnalyticsError::TooLittle(format!(
                "{n} days; a growth rate needs at least 3, two of them with cases"
            )));
        }
        let times: Vec<f64> = (0..n).map(|t| t as f64 - (n - 1) as f64 / 2.0).collect();
        let mean = daily.iter().sum::<f64>() / n as f64;
        let (mut level_now, mut rate) = (mean.ln(), 0.0);
        let mut information = [0.0; 3];
        for _ in 0..200 {
            // Newton's step; for the canonical link it is the one of reweighted least squares.
            let mut score = [0.0; 2];
            information = [0.0; 3];
            for (t, count) in times.iter().zip(daily) {
                let expected = (level_now + rate * t).exp();
                score[0] += count - expected;
                score[1] += (count - expected) * t;
                information[0] += expected;
                information[1] += expected * t;
                information[2] += expected * t * t;
            }
            let determinant = information[0] * information[2] - information[1].powi(2);
            let step = [
                (information[2] * score[0] - information[1] * score[1]) / determinant,
                (information[0] * score[1] - information[1] * score[0]) / determinant,
            ];
            // Far from the top a full step may overshoot.
            let scale = (1.0 / step[0].abs().max(step[1].abs() * n as f64)).min(1.0);
            level_now += scale * step[0];
            rate += scale * step[1];
            if step[0].abs() + step[1].abs() < 1e-13 {
                break;
            }
        }
        let determinant = information[0] * information[2] - information[1].powi(2);
        let residuals: f64 = times
            .iter()
            .zip(daily)
            .map(|(t, count)| {
                let expected = (level_now + rate * t).exp();
                (count - expected).powi(2) / expected
            })
            .sum();
        let freedom = (n - 2) as f64;
        let dispersion = (residuals / freedom).max(1.0);
        let standard_error = (dispersion * information[0] / determinant).sqrt();
        if !(rate.is_finite() && standard_error.is_finite()) {
            return Err(AnalyticsError::TooLittle("the growth rate does not settle".to_owned()));
        }
        let reach = student_quantile(freedom, 0.5 + level / 2.0) * standard_error;
        Ok(Growth { rate, standard_error, low: rate - reach, high: rate + reach, dispersion })
    }

    /// The doubling or halving time. Where the rate's interval holds 0, so does no interval of a
    /// doubling time, and only its lower bounds are told.
    pub fn doubling(&self) -> Doubling {
        let time = |rate: f64| std::f64::consts::LN_2 / rate.abs();
        if self.low > 0.0 {
            Doubling::Doubles { days: time(self.rate), low: time(self.high), high: time(self.low) }
        } else if self.high < 0.0 {
            Doubling::Halves { days: time(self.rate), low: time(self.low), high: time(self.high) }
        } else {
            Doubling::Unclear {
                doubling_at_least: time(self.high),
                halving_at_least: time(self.low),
            }
        }
    }
}
