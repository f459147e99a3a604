//! Processor time: what a search has used, however busy the machine is.

use crate::process;

/// Seconds that this thread has used; of the whole process where the system does not say.
pub(super) fn seconds() -> f64 {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| process::cpu_seconds("self").unwrap_or(0.0), |ns| ns / 1e9)
}

/// A watch that lets a search use so many seconds from now.
pub(super) fn limit(budget: f64) -> impl FnMut(&planner::routes::Progress) -> f64 {
    let start = seconds();
    let (mut asked, mut spent) = (0u32, 0.0);
    move |_| {
        // Reading the time costs more than some steps do.
        if asked.is_multiple_of(8) {
            spent = (seconds() - start) / budget;
        }
        asked += 1;
        spent
    }
}
