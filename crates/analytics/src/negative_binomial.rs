//! The negative binomial distribution by mean and size: variance = mean + mean² / size.

use crate::special::ln_binomial_mass;

/// ln of the probability of `k` for this mean and size (dispersion). A mean of 0 puts all weight
/// on 0.
pub fn ln_mass(k: f64, mean: f64, size: f64) -> f64 {
    if mean == 0.0 {
        return if k == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if k == 0.0 {
        return -size * (mean / size).ln_1p();
    }
    // C(k + r - 1, k) p^r q^k = r / (r + k) · C(k + r, r) p^r q^k
    let total = size + mean;
    (size / (size + k)).ln() + ln_binomial_mass(size, k, size / total, mean / total)
}
