//! How unevenly cases infect others.
//!
//! The number of secondary cases of a case is negative binomial with mean R and dispersion k
//! (Lloyd-Smith, Schreiber, Kopp and Getz, *Nature* 438 (2005) 355–359): small k means that a few
//! infect most. The likeliest R is the mean count, for any k; k is found by maximum likelihood, its
//! interval by the profile likelihood.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::probability;
use crate::negative_binomial::ln_mass;
use crate::optimise::{minimum, root};
use crate::special::{gamma_quantile, gamma_upper};

/// Bounds of ln k: below, nobody could tell from infinitely uneven; above, from Poisson.
const LN_LOW: f64 = -9.21;
const LN_HIGH: f64 = 9.21;

/// The offspring distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Offspring {
    /// Mean secondary cases.
    pub mean: f64,
    /// Dispersion k; infinite when the counts vary no more than Poisson ones.
    pub dispersion: f64,
    /// Lower end of the interval of k.
    pub dispersion_low: f64,
    /// Upper end of the interval of k, infinite when Poisson cannot be ruled out.
    pub dispersion_high: f64,
    /// Lower end of the interval of the mean.
    pub mean_low: f64,
    /// Upper end of the interval of the mean.
    pub mean_high: f64,
    /// ln likelihood.
    pub ln_likelihood: f64,
}

impl Offspring {
    /// The expected share of cases that cause `share` of all transmission, the most infectious
    /// first. With individual reproduction numbers gamma distributed with shape k, it is
    /// Q(k, x) where Q(k + 1, x) = `share`. 1 - … for `share` = 0.8 is the "20/80 rule".
    pub fn cases_causing(&self, share: f64) -> f64 {
        if !self.dispersion.is_finite() {
            return share;
        }
        let x = gamma_quantile(self.dispersion + 1.0, 1.0 - share);
        gamma_upper(self.dispersion, x)
    }
}

/// Mean and dispersion of the numbers of secondary cases, one number a case, with the zeros of all
/// cases that infected nobody, and intervals of this level.
///
/// # Errors
/// [`AnalyticsError::TooLittle`] for fewer than 2 cases or nobody infected;
/// [`AnalyticsError::Parameter`] for a level that is not a probability.
pub fn offspring(secondary: &[u32], level: f64) -> Result<Offspring, AnalyticsError> {
    probability("level of the interval", level)?;
    let n = secondary.len() as f64;
    let total: f64 = secondary.iter().map(|c| f64::from(*c)).sum();
    if secondary.len() < 2 || total == 0.0 {
        return Err(AnalyticsError::TooLittle(format!(
            "{} cases who infected {total} others; at least 2 and 1 are needed",
            secondary.len()
        )));
    }
    let mean = total / n;
    // Cases by their number of secondary cases: masses are the same for the same number.
    let mut tally: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
    for count in secondary {
        *tally.entry(*count).or_default() += 1.0;
    }
    let fit = |mean: f64, ln_k: f64| -> f64 {
        tally.iter().map(|(c, cases)| cases * ln_mass(f64::from(*c), mean, ln_k.exp())).sum()
    };
    let ln_k = minimum(LN_LOW, LN_HIGH, 1e-9, |ln_k| -fit(mean, ln_k));
    let best = fit(mean, ln_k);
    // Wilks: the interval is where the profile is within half a χ² quantile of the top.
    let drop = gamma_quantile(0.5, level);
    let profile = |ln_k: f64| fit(mean, ln_k) - (best - drop);
    let low = root(LN_LOW, ln_k, 1e-10, profile).map_or(0.0, f64::exp);
    let high = root(ln_k, LN_HIGH, 1e-10, profile).map_or(f64::INFINITY, f64::exp);
    // Of the mean: the best k for each mean is found anew.
    let of_mean = |m: f64| -minimum_value(|ln_k| -fit(m, ln_k)) - (best - drop);
    let mean_low = root(mean * 1e-6, mean, 1e-9 * mean, of_mean).unwrap_or(0.0);
    let mut far = 2.0 * mean;
    while of_mean(far) > 0.0 && far < 1e9 * mean {
        far *= 2.0;
    }
    let mean_high = root(mean, far, 1e-9 * mean, of_mean).unwrap_or(f64::INFINITY);
    let poisson = LN_HIGH - ln_k < 0.1;
    Ok(Offspring {
        mean,
        dispersion: if poisson { f64::INFINITY } else { ln_k.exp() },
        dispersion_low: low,
        dispersion_high: high,
        mean_low,
        mean_high,
        ln_likelihood: best,
    })
}

/// The smallest value over ln k.
fn minimum_value(f: impl Fn(f64) -> f64) -> f64 {
    f(minimum(LN_LOW, LN_HIGH, 1e-9, &f))
}
