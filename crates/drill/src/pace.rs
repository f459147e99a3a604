//! Where simulated time should be by now: a pace of a day in two minutes is kept over the day. Hours in which
//! there is more to do than time take longer, and those after them, in which nothing happens, are shorter.

use std::time::{Duration, Instant};

use types::{Micros, Span};

/// A drill that is further behind than this does not make up for it: it is too large for its pace, or was held up.
const MOST_BEHIND: Span = Span::days(1);

/// A pace, since it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    since: Instant,
    from: Micros,
    rate: f64,
}

impl Pace {
    /// From here and now on, so many simulated seconds in a real one.
    pub(crate) fn begin(from: Micros, rate: f64) -> Pace {
        Pace { since: Instant::now(), from, rate }
    }

    /// Whether it is this rate.
    pub(crate) fn is(&self, rate: f64) -> bool {
        self.rate.to_bits() == rate.to_bits()
    }

    /// How long what is to happen at `next` has to wait while it is `now`, in real time; nothing when it is late.
    pub(crate) fn left(&mut self, now: Micros, next: Micros) -> Option<Duration> {
        self.left_after(self.since.elapsed(), now, next)
    }

    fn left_after(&mut self, elapsed: Duration, now: Micros, next: Micros) -> Option<Duration> {
        let due = |from: Micros| from + Span((elapsed.as_secs_f64() * self.rate * 1e6) as i64);
        let behind = due(self.from) - now;
        if behind > MOST_BEHIND {
            self.from = self.from - Span(behind.0 - MOST_BEHIND.0);
        }
        let left = (next - due(self.from)).0;
        (left > 0).then(|| Duration::from_secs_f64(left as f64 / 1e6 / self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn hour(n: i64) -> Micros {
        Micros(n * HOUR)
    }

    /// An hour in five seconds.
    fn pace() -> Pace {
        Pace::begin(hour(0), 720.0)
    }

    #[test]
    fn what_comes_early_waits() {
        let left = pace().left_after(Duration::from_secs(5), hour(1), hour(3));
        assert_eq!(left, Some(Duration::from_secs(10)));
    }

    #[test]
    fn what_was_lost_is_made_up_for() {
        // Eight hours took a minute instead of 40 seconds: the next four hours do not wait at all.
        let (late, mut pace) = (Duration::from_secs(60), pace());
        assert_eq!(pace.left_after(late, hour(8), hour(12)), None);
        assert_eq!(pace.left_after(late, hour(12), hour(13)), Some(Duration::from_secs(5)));
    }

    #[test]
    fn what_was_lost_long_ago_is_not() {
        let (late, mut pace) = (Duration::from_secs(720), pace());
        assert_eq!(pace.left_after(late, hour(10), hour(34)), None);
        let left = pace.left_after(late, hour(10), hour(35));
        assert_eq!(left, Some(Duration::from_secs(5)), "a day is made up for, and no more");
    }
}
