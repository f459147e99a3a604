//! The incomplete beta function and Student's t distribution.
//!
//! DLMF 8.17.22 (continued fraction) and 26.7.1 of Abramowitz and Stegun (t by the beta function).

use crate::optimise::root;
use crate::special::{ln_gamma, normal_quantile};

/// The regularised incomplete beta function I_x(a, b) for a, b > 0 and x in 0..=1.
pub fn beta_lower(a: f64, b: f64, x: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    if x < (a + 1.0) / (a + b + 2.0) {
        front.exp() * fraction(a, b, x) / a
    } else {
        1.0 - front.exp() * fraction(b, a, 1.0 - x) / b
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / keep(1.0 + numerator * d);
            c = keep(1.0 + numerator / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The value below which `p` of Student's t distribution of `freedom` degrees lies; the normal
/// one for infinite freedom. NaN for p outside of 0..1.
pub fn student_quantile(freedom: f64, p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0 && freedom > 0.0) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    if freedom > 1e8 {
        return normal_quantile(p);
    }
    let tail = p.min(1.0 - p);
    // P(T > t) = ½ I_x(ν/2, ½) with x = ν / (ν + t²); t lies beyond the normal quantile.
    let excess = |t: f64| 0.5 * beta_lower(0.5 * freedom, 0.5, freedom / (freedom + t * t)) - tail;
    let low = 0.999 * normal_quantile(1.0 - tail).max(0.0);
    let mut high = 2.0 * low + 1.0;
    while excess(high) > 0.0 && high < 1e300 {
        high *= 4.0;
    }
    let t = root(low, high, 1e-14 * high, excess).unwrap_or(f64::NAN);
    if p < 0.5 { -t } else { t }
}
