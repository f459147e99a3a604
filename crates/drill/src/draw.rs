//! Random draws that depend on nothing but a seed, a word and a number.

use types::Span;

/// A small generator (splitmix64). It decides who misses a swab in a made-up city, no secret.
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// A generator of its own for one purpose, so that a draw more in one place does not change
    /// the draws of another.
    pub fn keyed(seed: u64, what: &str, n: u64) -> Draw {
        let mut draw = Draw(seed ^ 0x9e37_79b9_7f4a_7c15);
        for byte in what.bytes() {
            draw.0 = draw.bits() ^ u64::from(byte);
        }
        draw.0 = draw.bits() ^ n;
        draw.bits();
        draw
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, but not, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A length of time between two, most often in the middle.
    pub fn between(&mut self, low: Span, high: Span) -> Span {
        let share = (self.unit() + self.unit()) / 2.0;
        Span(low.0 + ((high.0 - low.0) as f64 * share) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_differ_by_purpose() {
        let take = |mut draw: Draw| [draw.bits(), draw.bits()];
        assert_eq!(take(Draw::keyed(1, "tube", 7)), take(Draw::keyed(1, "tube", 7)));
        assert_ne!(take(Draw::keyed(1, "tube", 7)), take(Draw::keyed(1, "tube", 8)));
        assert_ne!(take(Draw::keyed(1, "tube", 7)), take(Draw::keyed(1, "box", 7)));
        assert_ne!(take(Draw::keyed(1, "tube", 7)), take(Draw::keyed(2, "tube", 7)));
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut draw = Draw::keyed(3, "bounds", 0);
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&draw.unit()));
            assert!(draw.below(7) < 7);
            let span = draw.between(Span(10), Span(20));
            assert!((10..=20).contains(&span.0));
        }
        assert_eq!(draw.below(0), 0);
        let hits = (0..10_000).filter(|_| draw.chance(0.25)).count();
        assert!((2_200..2_800).contains(&hits), "{hits}");
    }
}
