//! Finding a minimum or a root of a function of one variable.
//!
//! Both methods are R. P. Brent's (*Algorithms for Minimization without Derivatives*, 1973,
//! chapters 4 and 5). The minimum is found with the same first point and the same rule to stop
//! as in other statistical programs, so that estimates agree with theirs beyond the tolerance.

/// The place of a minimum of `f` between `low` and `high`, to about `tolerance`; local if there
/// are several. A value that is not finite counts as very large.
pub fn minimum(low: f64, high: f64, tolerance: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let golden = 0.5 * (3.0 - 5.0_f64.sqrt());
    let epsilon = f64::EPSILON.sqrt();
    let mut value = |x: f64| {
        let y = f(x);
        if y.is_finite() { y } else { f64::MAX }
    };
    let (mut a, mut b) = (low, high);
    let mut x = a + golden * (b - a);
    let (mut w, mut v) = (x, x);
    let mut fx = value(x);
    let (mut fw, mut fv) = (fx, fx);
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    loop {
        let middle = 0.5 * (a + b);
        let t = epsilon * x.abs() + tolerance / 3.0;
        if (x - middle).abs() <= 2.0 * t - 0.5 * (b - a) {
            return x;
        }
        // A parabola through x, w and v, if the step before the last was not too short.
        let (mut p, mut q, mut r) = (0.0, 0.0, 0.0);
        if before.abs() > t {
            r = (x - w) * (fx - fv);
            q = (x - v) * (fx - fw);
            p = (x - v) * q - (x - w) * r;
            q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            } else {
                q = -q;
            }
            r = before;
            before = step;
        }
        if p.abs() < (0.5 * q * r).abs() && p > q * (a - x) && p < q * (b - x) {
            step = p / q;
            let u = x + step;
            // Not too close to the ends.
            if u - a < 2.0 * t || b - u < 2.0 * t {
                step = if x < middle { t } else { -t };
            }
        } else {
            before = if x < middle { b - x } else { a - x };
            step = golden * before;
        }
        let u = x + if step.abs() >= t {
            step
        } else if step > 0.0 {
            t
        } else {
            -t
        };
        let fu = value(u);
        if fu <= fx {
            if u < x {
                b = x
            } else {
                a = x
            }
            (v, fv) = (w, fw);
            (w, fw) = (x, fx);
            (x, fx) = (u, fu);
        } else {
            if u < x {
                a = u
            } else {
                b = u
            }
            if fu <= fw || w == x {
                (v, fv) = (w, fw);
                (w, fw) = (u, fu);
            } else if fu <= fv || v == x || v == w {
                (v, fv) = (u, fu);
            }
        }
    }
}

/// A root of `f` between `low` and `high`, where its signs differ; `None` if they do not.
/// Bisection with the secant through the ends where that is inside (Illinois rule).
pub fn root(low: f64, high: f64, tolerance: f64, mut f: impl FnMut(f64) -> f64) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let mut side = 0_i8;
    for round in 0..300 {
        if (b - a).abs() <= tolerance {
            break;
        }
        // Every third step halves, so that a bad secant cannot stall.
        let secant = (a * fb - b * fa) / (fb - fa);
        let inside = secant.is_finite() && (secant - a) * (secant - b) < 0.0;
        let c = if inside && round % 3 != 2 { secant } else { 0.5 * (a + b) };
        let fc = f(c);
        if fc == 0.0 {
            return Some(c);
        }
        if (fc > 0.0) == (fb > 0.0) {
            (b, fb) = (c, fc);
            if side == -1 {
                fa *= 0.5;
            }
            side = -1;
        } else {
            (a, fa) = (c, fc);
            if side == 1 {
                fb *= 0.5;
            }
            side = 1;
        }
    }
    Some(0.5 * (a + b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_is_found_inside_and_at_the_end() {
        let inside = minimum(0.1, 1000.0, 1e-8, |x| (x.ln() - 1.0).powi(2));
        assert!((inside - std::f64::consts::E).abs() < 1e-5, "{inside}");
        let end = minimum(0.1, 10.0, 1e-6, |x| x);
        assert!((end - 0.1).abs() < 1e-5, "{end}");
        let walled = minimum(0.0, 4.0, 1e-8, |x| if x < 1.0 { f64::NAN } else { x * x });
        assert!((walled - 1.0).abs() < 1e-4, "{walled}");
    }

    #[test]
    fn a_root_is_found_where_signs_differ_and_nowhere_else() {
        let found = root(0.0, 3.0, 1e-14, |x| x.exp() - 2.0);
        assert!(found.is_some_and(|x| (x - std::f64::consts::LN_2).abs() < 1e-13));
        assert_eq!(root(0.0, 3.0, 1e-14, |x| x * x + 1.0), None);
        assert_eq!(root(0.0, 3.0, 1e-14, |x| x), Some(0.0));
    }
}
