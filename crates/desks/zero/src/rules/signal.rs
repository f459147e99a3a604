//! Signals: what waste water, sentinels and antigen tests say. A positive one stands until somebody explains it.

use ledger::{Decision, note_fits, note_needed};
use types::Refusal;

use super::{Decided, Facts, signed_by};
use crate::command::{EnterSignal, ExplainSignal};
use crate::event::Event;
use crate::words::{Cause, Finding};

/// Longest measured value, and name of a laboratory.
const LONGEST: usize = 120;

pub(super) fn enter(facts: &Facts<'_>, c: &EnterSignal) -> Decided {
    note_fits(&c.note)?;
    if [&c.value, &c.laboratory].into_iter().any(|text| text.chars().count() > LONGEST) {
        return Err(Refusal::new("note-too-long").with("limit", LONGEST));
    }
    if c.place.area() != Some(facts.asked.area) {
        return Err(Refusal::new("zero-signal-place").with("place", &c.place));
    }
    if facts.asked.event_time > facts.now {
        return Err(Refusal::new("zero-signal-ahead"));
    }
    let mut events = vec![Event::SignalEntered(c.clone())];
    if c.finding == Finding::Positive {
        let sampled_at = facts.asked.event_time;
        let about = facts.state.standing().filter(|certificate| {
            certificate.document.is_about(facts.asked.area, Some(&c.place), sampled_at)
        });
        events.extend(about.map(|certificate| Event::Withdrawn {
            area: certificate.area,
            certificate: certificate.id,
            cause: Cause::Signal,
            by: None,
            at: sampled_at,
            note: String::new(),
            signed_by: String::new(),
        }));
    }
    Ok(Decision { events, ..Decision::default() })
}

pub(super) fn explain(facts: &Facts<'_>, c: &ExplainSignal) -> Decided {
    note_needed(&c.note)?;
    let name = signed_by(&c.signed_by)?;
    let known = facts.state.signals.get(&c.signal);
    let known =
        known.ok_or_else(|| Refusal::new("zero-signal-unknown").with("signal", c.signal))?;
    if known.area != facts.asked.area {
        return Err(Refusal::new("zero-signal-place").with("place", &known.entered.place));
    }
    if known.entered.finding != Finding::Positive || known.explained.is_some() {
        return Err(Refusal::new("zero-signal-closed"));
    }
    Ok(Decision::fact(Event::SignalExplained {
        area: known.area,
        signal: known.id,
        signed_by: name,
        note: c.note.trim().to_owned(),
    }))
}
