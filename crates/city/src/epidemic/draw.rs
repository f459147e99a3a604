//! Random numbers of an outbreak, keyed by seed, agent, day and purpose.
//!
//! A draw depends on its key alone, never on what was drawn before: so any number of threads
//! gives the same outbreak, and two runs that differ in one measure differ only where the
//! measure acts. The functions come from `libm`, not from the machine's own library.

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
}

/// SplitMix64 started from a key.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

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

    /// Normal, redrawn into three standard deviations by cutting, and never below `least`.
    pub(crate) fn around(&mut self, [mean, deviation]: [f64; 2], least: f64) -> f64 {
        if deviation == 0.0 {
            return mean.max(least);
        }
        (mean + deviation * self.normal().clamp(-3.0, 3.0)).max(least)
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

    /// Binomial: by trial when small, else by the normal approximation with rounding.
    pub(crate) fn binomial(&mut self, n: u32, p: f64) -> u32 {
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        if n <= 64 {
            return (0..n).filter(|_| self.chance(p)).count() as u32;
        }
        let mean = f64::from(n) * p;
        if mean < 16.0 {
            return self.poisson(mean).min(n);
        }
        let spread = libm::sqrt(mean * (1.0 - p));
        libm::round(mean + spread * self.normal()).clamp(0.0, f64::from(n)) as u32
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
        near(moments(|d| f64::from(d.poisson(0.2))), 0.2, 0.2);
        near(moments(|d| f64::from(d.poisson(6.0))), 6.0, 6.0);
        near(moments(|d| f64::from(d.binomial(20, 0.3))), 6.0, 4.2);
        near(moments(|d| f64::from(d.binomial(1000, 0.3))), 300.0, 210.0);
        assert_eq!(Draw::keyed(1, 1, 1, Purpose::Swab).binomial(9, 1.0), 9);
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
