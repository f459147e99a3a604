//! Whose round is due, and in which order a ward is walked.

use cases::Severity;
use types::{Micros, Span};

use crate::rows::Episode;

/// How long after a round the next one is due: a choice of this program, by how grave somebody is.
pub fn pace(episode: &Episode) -> Span {
    match episode.condition.severity {
        Some(Severity::Critical) => Span::hours(4),
        Some(Severity::Severe) => Span::hours(8),
        _ => Span::hours(24),
    }
}

/// When the next round is due of somebody who lies in a bed: after the last look, else after the first bed. To
/// be moved is not to be looked at.
pub fn round_due(episode: &Episode) -> Option<Micros> {
    let lies = episode.lies.as_ref()?;
    let since = episode.seen_at.max(episode.chart.inside).or(lies.admitted_at)?;
    Some(since + pace(episode))
}
