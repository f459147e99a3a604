//! Repeatable random numbers, named by what they are for.
//!
//! A generator is made from a key (the seed, then what is drawn: a compound, a household),
//! so any household can be made alone, in any order, and comes out the same. Only integer
//! arithmetic and the exact floating-point operations (+ − × ÷) are used, here and in all of
//! the crate, so the same seed gives the same bytes on every machine.

/// What a generator is for. It keeps draws for one purpose from moving those for another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Weight = 1,
    Compound = 2,
    Household = 3,
    Names = 4,
    Identity = 5,
    Cells = 6,
    Fit = 7,
    Building = 8,
    Faults = 9,
    Response = 10,
    Traits = 11,
    Places = 12,
}

/// SplitMix64: 64 bits of state, one multiplication chain a number (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

pub(crate) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The last step of SplitMix64.
#[inline]
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// The generator of one purpose and thing.
    pub(crate) fn keyed(seed: u64, stream: Stream, thing: u64, part: u64) -> Rng {
        let mut state = mix(seed ^ STEP);
        for word in [stream as u64, thing, part] {
            state = mix(state.wrapping_add(STEP) ^ word);
        }
        Rng(state)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A whole number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        // The high half of a 32 × 32 bit product (Lemire 2019), without its rejection step:
        // the bias is below n / 2³².
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A number in [0, 1) with 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

/// Draws an index by weight in constant time (Walker 1977, Vose 1991).
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    /// For each slot: keep the slot when the draw is below the mark, else take the other.
    slots: Vec<(u32, u32)>,
}

impl Alias {
    /// A table over the weights; those that are not positive are never drawn. `None` when no
    /// weight is positive.
    pub(crate) fn new(weights: &[f64]) -> Option<Alias> {
        let total: f64 = weights.iter().filter(|w| **w > 0.0).sum();
        if total <= 0.0 || weights.len() >= u32::MAX as usize {
            return None;
        }
        let scale = weights.len() as f64 / total;
        let mut share: Vec<f64> = weights.iter().map(|w| w.max(0.0) * scale).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..share.len()).partition(|&i| share[i] < 1.0);
        let mut slots: Vec<(u32, u32)> = (0..share.len()).map(|i| (u32::MAX, i as u32)).collect();
        while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
            small.pop();
            slots[s] = ((share[s] * f64::from(u32::MAX)) as u32, l as u32);
            share[l] -= 1.0 - share[s];
            if share[l] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        Some(Alias { slots })
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> usize {
        let bits = rng.next();
        let slot = (((bits >> 32) * self.slots.len() as u64) >> 32) as usize;
        let (mark, other) = self.slots[slot];
        if (bits as u32) < mark || mark == u32::MAX { slot } else { other as usize }
    }
}

/// Shares a whole number out by weight so that the parts add up to it exactly: each part is
/// rounded down, and those that lost most get one more (largest remainder).
pub(crate) fn share_out(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|w| total as f64 * w / sum).collect();
    let mut parts: Vec<u64> = exact.iter().map(|x| *x as u64).collect();
    let given: u64 = parts.iter().sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| {
        let lost = |i: usize| exact[i] - parts[i] as f64;
        lost(b).total_cmp(&lost(a)).then(a.cmp(&b))
    });
    let missing = total.saturating_sub(given) as usize;
    for &i in order.iter().cycle().take(missing) {
        parts[i] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_the_same_numbers_and_another_key_others() {
        let draw = |seed, part| Rng::keyed(seed, Stream::Household, 220_202, part).next();
        assert_eq!(draw(1, 7), draw(1, 7));
        assert_ne!(draw(1, 7), draw(1, 8));
        assert_ne!(draw(1, 7), draw(2, 7));
        // The first number that SplitMix64's authors give for state 0.
        assert_eq!(Rng(0).next(), 0xE220_A839_7B1D_CDAF);
        // Ours may not change between versions or machines either.
        assert_eq!(Rng::keyed(0, Stream::Weight, 0, 0).next(), 17_407_086_476_691_733_461);
    }

    #[test]
    fn the_alias_table_follows_its_weights() {
        let table = Alias::new(&[1.0, 0.0, 3.0, 6.0]).expect("positive weights");
        let mut rng = Rng::keyed(1, Stream::Fit, 0, 0);
        let mut seen = [0u32; 4];
        for _ in 0..100_000 {
            seen[table.draw(&mut rng)] += 1;
        }
        assert_eq!(seen[1], 0);
        for (i, wanted) in [(0, 10_000), (2, 30_000), (3, 60_000)] {
            assert!(seen[i].abs_diff(wanted) < 700, "{seen:?}");
        }
        assert!(Alias::new(&[0.0, 0.0]).is_none());
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(share_out(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(share_out(0, &[1.0, 2.0]), [0, 0]);
        assert_eq!(share_out(5, &[0.0, 0.0]), [0, 0]);
        assert_eq!(share_out(1_000_003, &[0.3, 0.3, 0.4]).iter().sum::<u64>(), 1_000_003);
    }
}
