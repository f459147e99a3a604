//! Special functions in double precision: ln Γ, the incomplete gamma function, its quantile,
//! and the normal distribution.
//!
//! Written here because posteriors must agree with other programs to twelve digits, also in
//! their tails; `tests/special.rs` checks every function against 80-digit values.
//!
//! Sources: DLMF (<https://dlmf.nist.gov/>) 5.11.1 (Stirling), 8.11.4 (series of the lower tail),
//! 8.9.2 (continued fraction of the upper one); C. Loader, *Fast and accurate computation of
//! binomial probabilities* (2000), for the prefactor x^a e^-x / Γ(a + 1), which loses no digits
//! for large shapes.

use std::f64::consts::PI;

const LN_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// ln Γ(x) for x > 0; absolute error below 1e-15 for x up to 10, relative below 1e-15 beyond.
/// NaN for anything else.
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        f64::NAN
    } else if x < 1.0 {
        ln_factorial(x + 1.0) - (x * (x + 1.0)).ln()
    } else if x < 2.0 {
        ln_factorial(x) - x.ln()
    } else {
        ln_factorial(x - 1.0)
    }
}

/// ln n! = ln Γ(n + 1) for n ≥ 1, also if not whole: Stirling's formula and what it misses.
fn ln_factorial(n: f64) -> f64 {
    (n + 0.5) * n.ln() - n + LN_SQRT_TWO_PI + stirling_error(n)
}

/// ln n! minus Stirling's formula for it (Loader's δ), for n ≥ 1 also if not whole.
///
/// From 15 on the asymptotic series, whose first left-out term is below 1e-17 there. Below, by
/// δ(n) = δ(n + 1) + artanh(y)/y - 1 with y = 1/(2n + 1), whose series has only positive terms, so
/// that nothing cancels.
fn stirling_error(n: f64) -> f64 {
    const TERMS: [f64; 7] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let mut n = n;
    let mut below = 0.0;
    while n < 15.0 {
        let square = (2.0 * n + 1.0).powi(-2);
        let (mut power, mut divisor) = (square, 3.0);
        while power > 1e-20 {
            below += power / divisor;
            power *= square;
            divisor += 2.0;
        }
        n += 1.0;
    }
    let square = 1.0 / (n * n);
    below + TERMS.iter().rev().fold(0.0, |sum, term| sum * square + term) / n
}

/// x ln(x / m) + m - x without cancellation for x near m (Loader's deviance part).
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() < 0.1 * (x + m) {
        let v = (x - m) / (x + m);
        let mut sum = (x - m) * v;
        let mut term = 2.0 * x * v;
        let square = v * v;
        for j in 1..1000 {
            term *= square;
            let next = sum + term / f64::from(2 * j + 1);
            if next == sum {
                break;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

/// ln(x^a e^-x / Γ(a + 1)), the logarithm of the Poisson mass when `a` is whole.
pub(crate) fn ln_poisson_mass(a: f64, x: f64) -> f64 {
    if a == 0.0 {
        return -x;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if a < 1.0 || x < 1e-3 * a {
        return a * x.ln() - x - ln_gamma(a + 1.0);
    }
    -stirling_error(a) - deviance(a, x) - 0.5 * (2.0 * PI * a).ln()
}

/// ln of the binomial mass for x successes and `rest` failures, of probability p and q = 1 - p;
/// x and `rest` need not be whole (Loader's saddle-point form).
pub(crate) fn ln_binomial_mass(x: f64, rest: f64, p: f64, q: f64) -> f64 {
    let n = x + rest;
    if p == 0.0 {
        return if x == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if q == 0.0 {
        return if rest == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if x == 0.0 {
        return if p < 0.1 { n * (-p).ln_1p() } else { n * q.ln() };
    }
    if rest == 0.0 {
        return if q < 0.1 { n * (-q).ln_1p() } else { n * p.ln() };
    }
    if rest < 1.0 {
        return if x < 1.0 {
            ln_gamma(n + 1.0) - ln_gamma(x + 1.0) - ln_gamma(rest + 1.0)
                + x * p.ln()
                + rest * q.ln()
        } else {
            ln_binomial_mass(rest, x, q, p)
        };
    }
    if x < 1.0 {
        // ln Γ(n + 1) - ln Γ(rest + 1), with the large parts taken away by hand.
        let ratio = (rest + 0.5) * (x / rest).ln_1p() + x * n.ln() - x + stirling_error(n)
            - stirling_error(rest);
        let failures = rest * if p < 0.5 { (-p).ln_1p() } else { q.ln() };
        return ratio - ln_gamma(x + 1.0) + x * p.ln() + failures;
    }
    stirling_error(n)
        - stirling_error(x)
        - stirling_error(rest)
        - deviance(x, n * p)
        - deviance(rest, n * q)
        - 0.5 * ((2.0 * PI).ln() + x.ln() + (rest / n).ln())
}

/// ln of the lower and of the upper regularised incomplete gamma function, ln P(a, x) and
/// ln Q(a, x), for a > 0 and x ≥ 0. The smaller of the two is exact to about 1e-14 relative.
pub fn ln_gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && x >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if x.is_infinite() {
        return (0.0, f64::NEG_INFINITY);
    }
    let mass = ln_poisson_mass(a, x);
    if x <= a + 1.0 {
        let lower = mass + lower_series(a, x).ln();
        (lower.min(0.0), ln_one_minus_exp(lower))
    } else {
        // mass is of Γ(a + 1); the fraction goes with x^a e^-x / Γ(a).
        let upper = mass + a.ln() + upper_fraction(a, x).ln();
        (ln_one_minus_exp(upper), upper.min(0.0))
    }
}

/// P(a, x), the distribution function of a gamma variable of shape `a` and scale 1.
pub fn gamma_lower(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x > 0.0 && x.is_finite()) {
        return ln_gamma_tails(a, x).0.exp();
    }
    // One rounding fewer than through ln P: serial intervals subtract such values.
    let mass = ln_poisson_mass(a, x).exp();
    if x <= a + 1.0 {
        (mass * lower_series(a, x)).min(1.0)
    } else {
        (1.0 - mass * a * upper_fraction(a, x)).max(0.0)
    }
}

/// Q(a, x) = 1 - P(a, x).
pub fn gamma_upper(a: f64, x: f64) -> f64 {
    ln_gamma_tails(a, x).1.exp()
}

/// 1 + x/(a+1) + x²/((a+1)(a+2)) + …
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, a);
    loop {
        n += 1.0;
        term *= x / n;
        sum += term;
        if term <= sum * 1e-17 {
            return sum;
        }
    }
}

/// The continued fraction of Γ(a, x) e^x x^-a, by Lentz's method.
fn upper_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / if b == 0.0 { TINY } else { b };
    let mut value = d;
    let mut i = 0.0;
    loop {
        i += 1.0;
        let numerator = -i * (i - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / if d == 0.0 { TINY } else { d };
        c = b + numerator / c;
        if c == 0.0 {
            c = TINY;
        }
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() < 2e-16 || i > 1e6 {
            return value;
        }
    }
}

/// ln(1 - e^y) for y ≤ 0.
fn ln_one_minus_exp(y: f64) -> f64 {
    if y >= 0.0 {
        f64::NEG_INFINITY
    } else if y > -std::f64::consts::LN_2 {
        (-y.exp_m1()).ln()
    } else {
        (-y.exp()).ln_1p()
    }
}

/// The x with P(a, x) = p, for shape a > 0 and 0 ≤ p ≤ 1; relative error about 1e-15.
///
/// Newton's method on ln P (or on ln Q for p > ½) as a function of ln x. Both are concave there,
/// so every step lands on the safe side of the root and none can run away.
pub fn gamma_quantile(a: f64, p: f64) -> f64 {
    if !(a > 0.0 && a.is_finite() && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let upper = p > 0.5;
    let target = if upper { (-p).ln_1p() } else { p.ln() };
    let mut u = quantile_guess(a, p).ln();
    for _ in 0..200 {
        let x = u.exp();
        let (lower_tail, upper_tail) = ln_gamma_tails(a, x);
        let tail = if upper { upper_tail } else { lower_tail };
        if tail == f64::NEG_INFINITY || !tail.is_finite() {
            // So far out that the tail is lost: come back towards the mean.
            u = if upper { u - 0.5 } else { u + 0.5 };
            continue;
        }
        // d ln(tail) / d ln x = ± x · density / tail; x · density is a · x^a e^-x / Γ(a + 1).
        let slope = (ln_poisson_mass(a, x) + a.ln() - tail).exp() * if upper { -1.0 } else { 1.0 };
        let step = ((target - tail) / slope).clamp(-700.0, 2.0);
        u += step;
        if step.abs() < 4e-16 * u.abs().max(1.0) {
            break;
        }
    }
    u.exp()
}

/// A starting point: Wilson and Hilferty's cube, or the first term of the series where that is
/// better (small shapes and the far lower tail).
fn quantile_guess(a: f64, p: f64) -> f64 {
    let first_term = ((p.ln() + ln_gamma(a + 1.0)) / a).exp();
    let z = normal_guess(p);
    let cube = a * (1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt())).powi(3);
    let guess = if a < 0.5 || cube <= 0.1 * a || first_term < 0.05 * (a + 1.0) {
        first_term.min(a + 40.0 * (a.sqrt() + 1.0))
    } else {
        cube
    };
    guess.max(f64::MIN_POSITIVE)
}

/// Φ(z).
pub fn normal_lower(z: f64) -> f64 {
    let tail = 0.5 * gamma_upper(0.5, 0.5 * z * z);
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Φ⁻¹(p), relative error about 1e-15.
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 {
        return match p {
            0.0 => f64::NEG_INFINITY,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    if p == 0.5 {
        return 0.0;
    }
    // |Z|²/2 is gamma of shape ½: the tail beyond |z| is twice the smaller of p and 1 - p.
    let below_half = p < 0.5;
    let inside = if below_half { 1.0 - 2.0 * p } else { 2.0 * p - 1.0 };
    let z = if inside < 0.5 {
        (2.0 * gamma_quantile(0.5, inside)).sqrt()
    } else {
        let tail = if below_half { 2.0 * p } else { 2.0 * (1.0 - p) };
        upper_half_quantile(tail)
    };
    if below_half { -z } else { z }
}

/// The z > 0 with 2 Φ(-z) = tail, for a small tail: Newton on the logarithm.
fn upper_half_quantile(tail: f64) -> f64 {
    let mut z = -normal_guess(0.5 * tail);
    for _ in 0..50 {
        let ln_tail = ln_gamma_tails(0.5, 0.5 * z * z).1;
        let ln_density = -0.5 * z * z - LN_SQRT_TWO_PI + std::f64::consts::LN_2;
        let step = (ln_tail - tail.ln()) / (ln_density - ln_tail).exp();
        z += step;
        if step.abs() < 4e-16 * z {
            break;
        }
    }
    z
}

/// Φ⁻¹ to about 5e-4: formula 26.2.23 of Abramowitz and Stegun.
fn normal_guess(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let z = t
        - (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    if p < 0.5 { -z } else { z }
}
