//! Seeded draws. The same seed gives the same figures, so that a published forecast can be
//! computed again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Binomial, Distribution, Poisson};

use crate::gamma::Gamma;

/// A source of draws.
pub struct Draws(ChaCha12Rng);

impl Draws {
    /// The source of this seed.
    pub fn new(seed: u64) -> Draws {
        Draws(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        rand_distr::StandardNormal.sample(&mut self.0)
    }

    /// A draw from a gamma distribution.
    pub fn gamma(&mut self, of: Gamma) -> f64 {
        rand_distr::Gamma::new(of.shape(), of.scale()).map_or(f64::NAN, |d| d.sample(&mut self.0))
    }

    /// A Poisson count; 0 for a mean that is not above 0.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        match Poisson::new(mean) {
            Ok(d) => d.sample(&mut self.0),
            Err(_) => 0.0,
        }
    }

    /// A negative binomial count of this mean and size; Poisson for an infinite size.
    pub fn negative_binomial(&mut self, mean: f64, size: f64) -> f64 {
        if mean.is_nan() || mean <= 0.0 {
            return 0.0;
        }
        let rate = match rand_distr::Gamma::new(size, mean / size) {
            Ok(d) if size.is_finite() => d.sample(&mut self.0),
            _ => mean,
        };
        self.poisson(rate)
    }

    /// How many of `n` fall to a share of `p`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        Binomial::new(n, p.clamp(0.0, 1.0)).map_or(0, |d| d.sample(&mut self.0))
    }

    /// Spreads `n` over shares that sum to 1 (the last takes what rounding leaves).
    pub fn multinomial(&mut self, n: u64, shares: &[f64]) -> Vec<u64> {
        let mut left = n;
        let mut rest = 1.0;
        let mut parts = Vec::with_capacity(shares.len());
        for (i, share) in shares.iter().enumerate() {
            let part = if i + 1 == shares.len() || rest <= 0.0 {
                if i + 1 == shares.len() { left } else { 0 }
            } else {
                self.binomial(left, share / rest)
            };
            left -= part;
            rest -= share;
            parts.push(part);
        }
        parts
    }

    /// A whole number below `n`; 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }
}

/// The quantile of a sorted sample by linear interpolation between order statistics (Hyndman and
/// Fan's type 7, the default in R). NaN for an empty sample.
pub fn sample_quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = p.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
}
