//! What the server looks at from time to time without being asked.

use std::time::Duration;

use crate::{App, Fault};

/// Looks again and again. `look` gives how much it did, which the log says as `done`; when it fails, the log says
/// that `what` was not looked at, and it is tried again at the next time.
pub async fn run(
    app: App,
    pace: Duration,
    (what, done): (&'static str, &'static str),
    look: impl AsyncFn(&App) -> Result<usize, Fault>,
) {
    let mut pace = tokio::time::interval(pace);
    loop {
        pace.tick().await;
        match look(&app).await {
            Ok(0) => {}
            Ok(n) => tracing::info!(n, "{done}"),
            Err(fault) => tracing::warn!(inside = fault.inside, "{what} were not looked at"),
        }
    }
}
