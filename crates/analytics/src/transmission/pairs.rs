//! The serial interval from pairs of infector and infected whose days are known only to a range.
//!
//! Each onset lies anywhere in its range (whole days at the finest), the infector's uniformly
//! (doubly interval-censored data: Reich, Lessler, Cummings and Brookmeyer, *Statistics in
//! Medicine* 28 (2009) 2769–2784). The interval is a gamma variable; with F its distribution
//! function a pair's likelihood is the mean of F(s₂ - e) - F(s₁ - e) over e in the infector's range.
//! The mean over e is in closed form: ∫ F = t F(t) - μ F₊(t), with F₊ that of shape + 1.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::probability;
use crate::gamma::Gamma;
use crate::optimise::{minimum, root};
use crate::special::{gamma_lower, gamma_quantile};

/// Days from `first` up to the end of `last`, by any origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayRange {
    /// First day.
    pub first: i64,
    /// Last day.
    pub last: i64,
}

/// An infector and whom they infected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The infector's onset.
    pub infector: DayRange,
    /// The infected person's onset.
    pub infected: DayRange,
}

/// A value with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParameterRange {
    /// Likeliest.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The fitted serial interval, a gamma distribution, in days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairInterval {
    /// Mean.
    pub mean: ParameterRange,
    /// Standard deviation.
    pub sd: ParameterRange,
    /// ln likelihood.
    pub ln_likelihood: f64,
    /// Pairs that were used.
    pub pairs: usize,
    /// Pairs that a positive interval cannot explain (the infected fell ill wholly before their
    /// infector): left out, and to be looked at.
    pub impossible: usize,
}

/// Bounds of ln mean and ln sd.
const LN_MEAN: (f64, f64) = (-3.0, 5.5);
const LN_SD: (f64, f64) = (-4.0, 5.5);

/// Fits a gamma distribution to pairs by maximum likelihood, with profile-likelihood intervals of
/// this level.
///
/// # Errors
/// [`AnalyticsError::Transmission`] for a range that ends before it starts,
/// [`AnalyticsError::TooLittle`] for fewer than 3 possible pairs, [`AnalyticsError::Parameter`]
/// for a level that is not a probability.
pub fn serial_interval_of_pairs(
    pairs: &[Pair],
    level: f64,
) -> Result<PairInterval, AnalyticsError> {
    probability("level of the interval", level)?;
    for (i, pair) in pairs.iter().enumerate() {
        for range in [pair.infector, pair.infected] {
            if range.last < range.first {
                return Err(AnalyticsError::Transmission(format!(
                    "pair {}: days {} to {} end before they start",
                    i + 1,
                    range.first,
                    range.last
                )));
            }
        }
    }
    let possible: Vec<Pair> =
        pairs.iter().copied().filter(|p| p.infected.last >= p.infector.first).collect();
    if possible.len() < 3 {
        return Err(AnalyticsError::TooLittle(format!(
            "{} pairs that a serial interval can explain; at least 3 are needed",
            possible.len()
        )));
    }
    let shapes = tally(&possible);
    let loss = |ln_mean: f64, ln_sd: f64| -> f64 {
        let Ok(gamma) = Gamma::of_moments(ln_mean.exp(), ln_sd.exp()) else { return f64::MAX };
        -shapes.iter().map(|(gap, times)| times * likelihood(gamma, *gap).ln()).sum::<f64>()
    };
    let inner_sd = |ln_mean: f64| minimum(LN_SD.0, LN_SD.1, 1e-8, |s| loss(ln_mean, s));
    let inner_mean = |ln_sd: f64| minimum(LN_MEAN.0, LN_MEAN.1, 1e-8, |m| loss(m, ln_sd));
    let ln_mean = minimum(LN_MEAN.0, LN_MEAN.1, 1e-8, |m| loss(m, inner_sd(m)));
    let ln_sd = inner_sd(ln_mean);
    let best = loss(ln_mean, ln_sd);
    let drop = gamma_quantile(0.5, level);
    let range = |at: f64, bounds: (f64, f64), profile: &dyn Fn(f64) -> f64| ParameterRange {
        value: at.exp(),
        low: root(bounds.0, at, 1e-7, profile).map_or(0.0, f64::exp),
        high: root(at, bounds.1, 1e-7, profile).map_or(f64::INFINITY, f64::exp),
    };
    let of_mean = |m: f64| best + drop - loss(m, inner_sd(m));
    let of_sd = |s: f64| best + drop - loss(inner_mean(s), s);
    Ok(PairInterval {
        mean: range(ln_mean, LN_MEAN, &of_mean),
        sd: range(ln_sd, LN_SD, &of_sd),
        ln_likelihood: -best,
        pairs: possible.len(),
        impossible: pairs.len() - possible.len(),
    })
}

/// A pair as its likelihood sees it: the infected person's range relative to the start of the
/// infector's, and the length of the infector's, in days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gap {
    from: i64,
    to: i64,
    width: i64,
}

/// The same gap is worth computing once.
fn tally(pairs: &[Pair]) -> Vec<(Gap, f64)> {
    let mut counts: std::collections::BTreeMap<Gap, f64> = std::collections::BTreeMap::new();
    for pair in pairs {
        let start = pair.infector.first;
        let gap = Gap {
            from: pair.infected.first - start,
            to: pair.infected.last + 1 - start,
            width: pair.infector.last + 1 - start,
        };
        *counts.entry(gap).or_default() += 1.0;
    }
    counts.into_iter().collect()
}

/// The mean over e in 0..width of F(to - e) - F(from - e).
fn likelihood(gamma: Gamma, gap: Gap) -> f64 {
    // G(t) = ∫ F from 0 to t.
    let integral = |t: i64| {
        if t <= 0 {
            return 0.0;
        }
        let x = t as f64 / gamma.scale();
        t as f64 * gamma_lower(gamma.shape(), x)
            - gamma.mean() * gamma_lower(gamma.shape() + 1.0, x)
    };
    let over = integral(gap.to) - integral(gap.to - gap.width);
    let under = integral(gap.from) - integral(gap.from - gap.width);
    ((over - under) / gap.width as f64).max(f64::MIN_POSITIVE)
}
