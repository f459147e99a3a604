//! Random numbers of an outbreak, keyed by seed, agent, day and purpose.
//!
//! A draw depends on its key alone, never on what was drawn before: so any number of threads
//! gives the same outbreak, and two runs that differ in one measure differ only where the
//! measure acts. The functions come from `libm`, not from the machine's own library.

use crate::random::{STEP, mix};

/// What a number is drawn for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Course = 1,
    Contacts = 2,
    Swab = 3,
    Care = 4,
    Seeds = 5,
    Comply = 6,
    Round = 7,
    Trace = 8,
    Antigen = 9,
    Report = 10,
    Pool = 11,
    Fit = 12,
    Reach = 13,
    Poor = 14,
    Zones = 15,
}

/// SplitMix64 started from a key.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// `agent` may be any number that tells things of one purpose apart.
    pub(crate) fn keyed(seed: u64, agent: u32, day: u32, purpose: Purpose) -> Draw {
        let place = (u64::from(agent) << 32) | (u64::from(day) << 8) | purpose as u64;
        Draw(mix(mix(seed.wrapping_add(STEP)) ^ place.wrapping_mul(STEP)))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// In [0, 1), 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// The standard normal (Box and Muller 1958), one of the pair.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma with mean 1 and the given shape (Marsaglia and Tsang 2000); 1 for a shape of 1,000
    /// and more, where the spread no longer matters.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape >= 1000.0 {
            return 1.0;
        }
        let boosted = if shape < 1.0 { shape + 1.0 } else { shape };
        let d = boosted - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        let value = loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if libm::log(1.0 - self.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                break d * v;
            }
        };
        let value =
            if shape < 1.0 { value * libm::pow(1.0 - self.unit(), 1.0 / shape) } else { value };
        value / shape
    }

    /// Poisson by counting exponential gaps; for means up to some tens.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let mut product = self.unit();
        // e⁻ᵐ is at least 1 − m, so most draws of a small mean end here.
        if product < 1.0 - mean {
            return 0;
        }
        let floor = libm::exp(-mean.min(500.0));
        let mut count = 0;
        while product >= floor {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// A distribution by its quantiles, for what is drawn once an infection: a look-up and a line
/// between two entries instead of logarithms.
#[derive(Clone, Debug)]
pub(crate) struct Quantiles(Vec<f32>);

impl Quantiles {
    const STEPS: usize = 1024;

    /// The standard normal, cut at three standard deviations.
    pub(crate) fn normal() -> Quantiles {
        let chance = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        Quantiles::from(|share| {
            let (mut low, mut high) = (-3.0, 3.0);
            let share = chance(low) + share * (chance(high) - chance(low));
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if chance(middle) < share { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        })
    }

    /// Gamma with mean 1 and the given shape, from many draws.
    pub(crate) fn gamma(shape: f64) -> Quantiles {
        if shape >= 1000.0 {
            return Quantiles(vec![1.0; Quantiles::STEPS + 1]);
        }
        const DRAWS: u32 = 64;
        let many = Quantiles::STEPS as u32 * DRAWS;
        let mut values: Vec<f64> =
            (0..many).map(|n| Draw::keyed(0, n, 1, Purpose::Course).gamma(shape)).collect();
        values.sort_by(f64::total_cmp);
        // Each entry is the mean of its draws, so that the mean of all stays 1.
        let mean = values.iter().sum::<f64>() / f64::from(many);
        let parts = values.chunks(DRAWS as usize);
        let parts = parts.map(|c| c.iter().sum::<f64>() / f64::from(DRAWS) / mean);
        Quantiles(parts.map(|v| v as f32).collect())
    }

    fn from(value: impl Fn(f64) -> f64) -> Quantiles {
        let steps = 0..=Quantiles::STEPS;
        Quantiles(steps.map(|n| value(n as f64 / Quantiles::STEPS as f64) as f32).collect())
    }

    /// One draw on the line between two entries.
    pub(crate) fn smooth(&self, draw: &mut Draw) -> f64 {
        let place = draw.unit() * (self.0.len() - 1) as f64;
        let (at, part) = (place as usize, place.fract());
        let (low, high) = (f64::from(self.0[at]), f64::from(self.0[at + 1]));
        low + (high - low) * part
    }

    /// One of the entries.
    pub(crate) fn entry(&self, draw: &mut Draw) -> f64 {
        f64::from(self.0[draw.below(self.0.len() as u32) as usize])
    }

    /// Around a mean with a deviation, and never below `least`.
    pub(crate) fn around(&self, draw: &mut Draw, [mean, spread]: [f64; 2], least: f64) -> f64 {
        (mean + spread * self.smooth(draw)).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut(&mut Draw) -> f64) -> (f64, f64) {
        let n = 40_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for agent in 0..n {
            let x = draw(&mut Draw::keyed(3, agent, 7, Purpose::Course));
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        (mean, squares / f64::from(n) - mean * mean)
    }

    #[test]
    fn distributions_have_their_moments() {
        let near = |(mean, variance): (f64, f64), m: f64, v: f64| {
            assert!((mean - m).abs() < 0.04 * m.max(1.0), "mean {mean}, wanted {m}");
            assert!((variance - v).abs() < 0.08 * v.max(0.5), "variance {variance}, wanted {v}");
        };
        near(moments(Draw::normal), 0.0, 1.0);
        near(moments(|d| d.gamma(0.4)), 1.0, 2.5);
        near(moments(|d| d.gamma(3.0)), 1.0, 1.0 / 3.0);
        // Cut at three deviations, a normal loses 1.3 % of its variance.
        let normal = Quantiles::normal();
        near(moments(|d| normal.smooth(d)), 0.0, 0.987);
        let quantiles = Quantiles::gamma(0.4);
        near(moments(|d| quantiles.entry(d)), 1.0, 2.5);
        near(moments(|d| f64::from(d.poisson(0.2))), 0.2, 0.2);
        near(moments(|d| f64::from(d.poisson(6.0))), 6.0, 6.0);
    }

    #[test]
    fn keys_are_told_apart() {
        let first = |a, d, p| Draw::keyed(1, a, d, p).next();
        let all = [
            first(1, 1, Purpose::Swab),
            first(2, 1, Purpose::Swab),
            first(1, 2, Purpose::Swab),
            first(1, 1, Purpose::Care),
            Draw::keyed(2, 1, 1, Purpose::Swab).next(),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(first(1, 1, Purpose::Swab), first(1, 1, Purpose::Swab));
    }
}
