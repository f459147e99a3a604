//! A queue of tubes in batches: first in, first out, so many a day.

use std::collections::VecDeque;

/// A tube that will read positive, with what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Positive<T> {
    /// Place of the tube in its batch, from 0.
    pub at: u32,
    pub what: T,
}

/// Tubes that were collected on one day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch<T> {
    pub collected: u32,
    pub tubes: u32,
    /// In order of place.
    pub positives: VecDeque<Positive<T>>,
}

/// Batches that wait, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct TubeQueue<T> {
    batches: VecDeque<Batch<T>>,
}

impl<T> Default for TubeQueue<T> {
    fn default() -> TubeQueue<T> {
        TubeQueue { batches: VecDeque::new() }
    }
}

impl<T> TubeQueue<T> {
    pub(crate) fn push(&mut self, batch: Batch<T>) {
        if batch.tubes > 0 {
            self.batches.push_back(batch);
        }
    }

    /// Tubes that wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.batches.iter().map(|b| u64::from(b.tubes)).sum()
    }

    /// When the oldest of them was collected.
    pub(crate) fn oldest(&self) -> Option<u32> {
        self.batches.front().map(|batch| batch.collected)
    }

    /// Takes up to so many tubes from the front, as batches of their own.
    pub(crate) fn take(&mut self, mut most: u32) -> Vec<Batch<T>> {
        let mut taken = Vec::new();
        while most > 0 {
            let Some(first) = self.batches.front_mut() else { break };
            if first.tubes <= most {
                most -= first.tubes;
                taken.extend(self.batches.pop_front());
                continue;
            }
            let mut part =
                Batch { collected: first.collected, tubes: most, positives: VecDeque::new() };
            while first.positives.front().is_some_and(|p| p.at < most) {
                part.positives.extend(first.positives.pop_front());
            }
            for positive in &mut first.positives {
                positive.at -= most;
            }
            first.tubes -= most;
            taken.push(part);
            break;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(collected: u32, tubes: u32, at: &[u32]) -> Batch<u32> {
        let positives = at.iter().map(|at| Positive { at: *at, what: collected * 100 + at });
        Batch { collected, tubes, positives: positives.collect() }
    }

    #[test]
    fn tubes_come_out_in_order_and_none_is_lost() {
        let mut queue = TubeQueue::default();
        queue.push(batch(1, 10, &[0, 4, 9]));
        queue.push(batch(2, 5, &[2]));
        queue.push(batch(3, 0, &[]));
        assert_eq!(queue.waiting(), 15);
        let mut seen = Vec::new();
        let mut tubes = 0;
        for _ in 0..6 {
            for part in queue.take(4) {
                assert!(part.positives.iter().all(|p| p.at < part.tubes));
                tubes += part.tubes;
                seen.extend(part.positives.iter().map(|p| p.what));
            }
        }
        assert_eq!((tubes, queue.waiting()), (15, 0));
        assert_eq!(seen, [100, 104, 109, 202]);
    }

    #[test]
    fn what_waits_is_what_came_less_what_the_days_could_do() {
        let mut queue = TubeQueue::default();
        let mut done = 0;
        for day in 0..10u32 {
            queue.push(batch(day, 100, &[]));
            done += queue.take(60).iter().map(|b| b.tubes).sum::<u32>();
        }
        assert_eq!((done, queue.waiting()), (600, 400));
    }
}
