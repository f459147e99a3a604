//! Special functions against values computed with 80 digits (tests/data/special/make.py).

use crate::table::{Table, TestResult, assert_close};
use analytics::{negative_binomial, special};

#[test]
fn ln_gamma_agrees() -> TestResult {
    for row in &Table::read("special/ln_gamma.csv")?.rows {
        let [x, wanted] = [row.number("x")?, row.number("ln_gamma")?];
        let got = special::ln_gamma(x);
        assert!((got - wanted).abs() <= 1e-14 * wanted.abs().max(1.0), "{x}: {got} {wanted}");
    }
    Ok(())
}

#[test]
fn tails_agree_however_small() -> TestResult {
    for row in &Table::read("special/gamma_tails.csv")?.rows {
        let (a, x) = (row.number("shape")?, row.number("x")?);
        let (lower, upper) = special::ln_gamma_tails(a, x);
        for (name, got) in [("ln_lower", lower), ("ln_upper", upper)] {
            let wanted = row.number(name)?;
            // The logarithm's absolute error is the tail's relative one.
            let error = (got - wanted).abs();
            let smaller = (got < -0.1) || wanted.abs() < 1e-300;
            let allowed: f64 = if smaller { 2e-14 } else { 2e-15 };
            assert!(error <= allowed.max(2e-15 * wanted.abs()), "{a} {x} {name}: {got} {wanted}");
        }
    }
    Ok(())
}

#[test]
fn gamma_quantiles_agree() -> TestResult {
    for row in &Table::read("special/gamma_quantiles.csv")?.rows {
        let (a, p, wanted) = (row.number("shape")?, row.number("p")?, row.number("x")?);
        let got = special::gamma_quantile(a, p);
        if wanted < 1e-300 {
            // Below what a double can hold with full precision.
            assert!((0.0..1e-290).contains(&got), "{a} {p}: {got}");
        } else {
            assert_close(got, wanted, 2e-13, &format!("quantile of shape {a} at {p}"));
        }
    }
    Ok(())
}

#[test]
fn normal_quantiles_agree_and_invert() -> TestResult {
    for row in &Table::read("special/normal_quantiles.csv")?.rows {
        let (p, z) = (row.number("p")?, row.number("z")?);
        assert_close(special::normal_quantile(p), z, 1e-14, &format!("normal at {p}"));
        assert_close(special::normal_lower(z), p, 1e-13, &format!("normal below {z}"));
    }
    assert_eq!(special::normal_quantile(0.5), 0.0);
    assert!(special::normal_quantile(1.5).is_nan());
    Ok(())
}

#[test]
fn negative_binomial_masses_agree() -> TestResult {
    for row in &Table::read("special/negative_binomial.csv")?.rows {
        let [k, mean, size] = [row.number("k")?, row.number("mean")?, row.number("size")?];
        let wanted = row.number("ln_mass")?;
        let got = negative_binomial::ln_mass(k, mean, size);
        assert!(
            (got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0),
            "{k} {mean} {size}: {got} {wanted}"
        );
    }
    Ok(())
}

#[test]
fn quantiles_invert_the_distribution_everywhere() {
    for a in [0.003, 0.02, 0.3, 1.0, 4.2, 60.0, 3e4, 2e6] {
        for i in 1..200 {
            let p = f64::from(i) / 200.0;
            let x = special::gamma_quantile(a, p);
            if x > 1e-300 {
                // A relative error of 1e-15 in x is one of about √a times that in p.
                let allowed = 2e-14 * (1.0 + a.sqrt());
                assert_close(special::gamma_lower(a, x), p, allowed, &format!("{a} at {p}"));
            }
        }
    }
    assert_eq!(special::gamma_quantile(2.0, 0.0), 0.0);
    assert_eq!(special::gamma_quantile(2.0, 1.0), f64::INFINITY);
    assert!(special::gamma_quantile(-1.0, 0.3).is_nan());
    assert!(special::gamma_quantile(1.0, f64::NAN).is_nan());
}
