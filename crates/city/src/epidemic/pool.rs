//! Pooled tubes: what several swabs show together.
//!
//! A Ct is a logarithm to the base 2, so loads are added as 2⁻ᶜᵗ. Two ways of pooling differ:
//!
//! - *Swabs in one tube*, as in mass testing: every swab goes into the same medium. A positive
//!   swab gives what it would give alone, and the others add to it or nothing.
//! - *Aliquots*, as laboratories pool single samples: equal parts are mixed, so each sample is
//!   diluted by the number of parts, which costs log₂ n cycles.

use super::disease::Swab;

/// How swabs become a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// Several swabs in one tube.
    Swabs,
    /// Equal parts of single samples.
    Aliquots,
}

impl Pooling {
    /// Cycles that a positive among `n` loses.
    pub fn cost(self, n: u32) -> f64 {
        match self {
            Pooling::Swabs => 0.0,
            Pooling::Aliquots => libm::log2(f64::from(n.max(1))),
        }
    }

    /// The Ct of one gene of a pool of `n`, from those members in whom the gene is there;
    /// `None` when nothing or nothing below the limit is.
    pub fn ct(self, members: impl IntoIterator<Item = f64>, n: u32, limit: f64) -> Option<f64> {
        let load: f64 = members.into_iter().map(|ct| libm::exp2(-ct)).sum();
        let ct = self.cost(n) - libm::log2(load);
        (load > 0.0 && ct < limit).then_some(ct)
    }

    /// Both genes of a pool of `n`, from the swabs of its members; those not named have
    /// nothing.
    pub fn pool(self, members: &[Swab], n: u32, limit: f64) -> Swab {
        let gene = |of: fn(&Swab) -> Option<f32>| {
            let cts = members.iter().filter_map(of).map(f64::from);
            self.ct(cts, n, limit).map(|ct| ct as f32)
        };
        Swab { n: gene(|s| s.n), orf: gene(|s| s.orf) }
    }
}

/// Chance that a pool of `n` with one positive shows it, when the swab's Ct is normal around
/// `ct`: Φ((limit − cost − ct) / noise).
pub fn sensitivity(pooling: Pooling, n: u32, ct: f64, noise: f64, limit: f64) -> f64 {
    let room = limit - pooling.cost(n) - ct;
    if noise <= 0.0 {
        return if room > 0.0 { 1.0 } else { 0.0 };
    }
    0.5 * libm::erfc(-room / (noise * std::f64::consts::SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epidemic::draw::{Draw, Purpose};

    #[test]
    fn pools_follow_the_closed_form() {
        for (pooling, n, ct) in [
            (Pooling::Swabs, 10, 36.0),
            (Pooling::Swabs, 20, 39.5),
            (Pooling::Aliquots, 10, 34.0),
            (Pooling::Aliquots, 10, 37.0),
            (Pooling::Aliquots, 20, 35.5),
        ] {
            let wanted = sensitivity(pooling, n, ct, 2.0, 40.0);
            let tries = 20_000;
            let found = (0..tries)
                .filter(|t| {
                    let swab = ct + 2.0 * Draw::keyed(1, *t, n, Purpose::Swab).normal();
                    pooling.ct([swab], n, 40.0).is_some()
                })
                .count();
            let got = found as f64 / f64::from(tries);
            assert!((got - wanted).abs() < 0.015, "{pooling:?} {n} {ct}: {got} {wanted}");
        }
    }

    #[test]
    fn a_dilution_by_ten_costs_its_logarithm_and_two_positives_win_a_cycle() {
        let alone = Pooling::Swabs.ct([30.0], 10, 40.0).expect("positive");
        assert!((alone - 30.0).abs() < 1e-9);
        let diluted = Pooling::Aliquots.ct([30.0], 10, 40.0).expect("positive");
        assert!((diluted - 30.0 - 10f64.log2()).abs() < 1e-9);
        let two = Pooling::Swabs.ct([30.0, 30.0], 10, 40.0).expect("positive");
        assert!((two - 29.0).abs() < 1e-9);
        assert_eq!(Pooling::Aliquots.ct([38.0], 10, 40.0), None);
        assert_eq!(Pooling::Swabs.ct([], 10, 40.0), None);
        let swab = Swab { n: Some(33.0), orf: None };
        assert_eq!(Pooling::Swabs.pool(&[swab, Swab::default()], 10, 40.0), swab);
    }
}
