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

/// When the next round is due of somebody who lies in a bed. Who has just come in was perhaps looked at
/// elsewhere before.
pub fn round_due(episode: &Episode) -> Option<Micros> {
    let came = episode.lies.as_ref().and_then(|lies| lies.admitted_at)?;
    Some(episode.seen_at.unwrap_or(came).max(came) + pace(episode))
}
