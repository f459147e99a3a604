//! The search: steps that are taken back or kept, by simulated annealing.

use crate::random::Rng;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps so far.
    pub steps: u64,
    /// The cost of the best plan so far.
    pub best: i64,
}

/// Decides how long a search goes on: from its progress, the share of the effort that is spent,
/// from 0 up; at 1 the search ends. Asked every few steps.
///
/// The search cools down with this share. A share of steps ([`steps`]) makes the same plan for
/// the same seed on every machine; a share of time makes the best use of a time limit.
pub trait Watch {
    /// The share that is spent.
    fn spent(&mut self, progress: &Progress) -> f64;
}

impl<F: FnMut(&Progress) -> f64> Watch for F {
    fn spent(&mut self, progress: &Progress) -> f64 {
        self(progress)
    }
}

/// A search of so many steps.
pub fn steps(limit: u64) -> impl Watch {
    move |progress: &Progress| progress.steps as f64 / limit.max(1) as f64
}

/// What the annealing needs of a state.
pub(crate) trait Landscape {
    /// Changes something and returns what that changes the cost by; none when it must not stay, or
    /// when it is clear before the end that this is `allowed` or more.
    fn step(&mut self, allowed: f64) -> Option<i64>;
    /// Keeps the step.
    fn keep(&mut self);
    /// Takes the step back.
    fn undo(&mut self);
    /// The cost of the best plan so far.
    fn best(&self) -> i64;
}

/// Steps between two questions to the watch.
pub(super) const ASK: u64 = 64;

/// Anneals from one temperature to another, geometrically in the share spent.
pub(crate) fn anneal(
    state: &mut impl Landscape,
    hot: f64,
    cold: f64,
    seed: u64,
    watch: &mut dyn Watch,
) -> u64 {
    let mut rng = Rng::new(seed ^ 0xA5A5_5A5A_1234_4321);
    let mut progress = Progress { steps: 0, best: state.best() };
    let mut temperature = hot;
    loop {
        if progress.steps.is_multiple_of(ASK) {
            progress.best = state.best();
            let spent = watch.spent(&progress);
            if spent >= 1.0 {
                return progress.steps;
            }
            temperature = hot * (cold / hot).powf(spent.max(0.0));
        }
        progress.steps += 1;
        let allowed = -temperature * (1.0 - rng.unit()).ln();
        match state.step(allowed) {
            Some(gain) if (gain as f64) < allowed => state.keep(),
            _ => state.undo(),
        }
    }
}
