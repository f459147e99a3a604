//! Simulated time.
//!
//! The server takes its time from a clock that the drill sets: deadlines, late lists and boards
//! run in simulated time. Sessions, lock-outs and rate limits stay in real time.
//!
//! The clock never shows more than the time of the next thing to happen: what is to happen at ten
//! has happened when it shows ten. Between two things it either stands ([`Clock::stand`]) or runs
//! at the drill's pace, so that a person who looks on sees it move.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use types::{Micros, Span};

/// A clock that the drill sets. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Hands>>);

#[derive(Clone, Copy, Debug)]
struct Hands {
    at: Micros,
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    since: Instant,
    // Simulated seconds in a real one.
    rate: f64,
    // Not beyond this.
    until: Micros,
}

impl Hands {
    fn shown(&self) -> Micros {
        match self.running {
            None => self.at,
            Some(r) => {
                let passed = Span((r.since.elapsed().as_secs_f64() * r.rate * 1e6) as i64);
                (self.at + passed).min(r.until.max(self.at))
            }
        }
    }
}

impl Clock {
    /// A clock that stands.
    pub fn new(at: Micros) -> Clock {
        Clock(Arc::new(Mutex::new(Hands { at, running: None })))
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it shows.
    pub fn now(&self) -> Micros {
        self.hands().shown()
    }

    /// Sets it, never back, and lets it stand.
    pub fn stand(&self, at: Micros) {
        let mut hands = self.hands();
        let at = at.max(hands.shown());
        *hands = Hands { at, running: None };
    }

    /// Lets it run from where it stands, at most until a time.
    pub fn run(&self, rate: f64, until: Micros) {
        let mut hands = self.hands();
        let at = hands.shown();
        *hands = Hands { at, running: Some(Running { since: Instant::now(), rate, until }) };
    }

    /// As the server takes it.
    pub fn as_fn(&self) -> Arc<dyn Fn() -> Micros + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_runs_up_to_the_next_thing_and_never_back() {
        let clock = Clock::new(Micros(1_000));
        clock.run(1e12, Micros(2_000));
        while clock.now() < Micros(2_000) {
            std::thread::yield_now();
        }
        assert_eq!(clock.now(), Micros(2_000));
        clock.stand(Micros(1_500));
        assert_eq!(clock.now(), Micros(2_000));
        clock.stand(Micros(9_000));
        assert_eq!(clock.now(), Micros(9_000));
    }
}
