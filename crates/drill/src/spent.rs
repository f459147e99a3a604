//! Where the real time of a simulated day goes: written to the log at the end of the day, so that
//! whoever asks why a drill falls behind its pace need not guess. Nothing is decided by it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the tasks of one kind took.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    tasks: u64,
    calls: u64,
    took: Duration,
}

/// What tasks took since the log was written last.
#[derive(Debug)]
pub(crate) struct Spent {
    since: Instant,
    by_kind: BTreeMap<String, Sum>,
}

impl Spent {
    pub(crate) fn begin() -> Spent {
        Spent { since: Instant::now(), by_kind: BTreeMap::new() }
    }

    /// A task was done. Its kind is its name in the code, without what it is about.
    pub(crate) fn add(&mut self, kind: &str, calls: u64, took: Duration) {
        let sum = self.by_kind.entry(kind.to_owned()).or_default();
        sum.tasks += 1;
        sum.calls += calls;
        sum.took += took;
    }

    /// Writes it to the log, the kind that took most first, and begins anew.
    pub(crate) fn log(&mut self, day: u32) {
        let done = std::mem::replace(self, Spent::begin());
        let mut kinds: Vec<(String, Sum)> = done.by_kind.into_iter().collect();
        kinds.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.took));
        let all = done.since.elapsed();
        let busy: Duration = kinds.iter().map(|(_, sum)| sum.took).sum();
        tracing::info!(day, ?all, ?busy, "real time of a day");
        for (kind, Sum { tasks, calls, took }) in kinds {
            tracing::debug!(day, kind, tasks, calls, ?took, "real time of a kind of task");
        }
    }
}
