//! Decisions: numbered, signed, with an end, and revoked once at most.

use ledger::{Decision, note_needed};
use types::{CommandId, Micros, Refusal, Span};

use super::{Decided, Facts, name};
use crate::command::{Decide, Revoke};
use crate::event::Event;
use crate::rows::Decision as Known;

/// Longest time for which a decision holds. A choice of ours: what shall hold longer is looked at again.
pub const LONGEST_DECISION: Span = Span::days(366);
/// Most pieces of evidence.
pub const MOST_EVIDENCE: usize = 40;
/// Longest title and text.
const TITLE: usize = 200;
const TEXT: usize = 8_000;
/// Longest piece of evidence.
const PIECE: usize = 400;

pub(super) fn decide(facts: &Facts<'_>, c: &Decide) -> Decided {
    facts.own_scope(c.scope)?;
    let title = c.title.trim();
    if title.is_empty() || title.chars().count() > TITLE {
        return Err(Refusal::new("decision-title").with("limit", TITLE));
    }
    if c.text.chars().count() > TEXT {
        return Err(Refusal::new("note-too-long").with("limit", TEXT));
    }
    let too_long = |text: &str| text.chars().count() > PIECE;
    if c.evidence.len() > MOST_EVIDENCE
        || c.evidence.iter().any(|e| [&e.what, &e.value, &e.href].into_iter().any(|t| too_long(t)))
    {
        return Err(Refusal::new("decision-evidence").with("limit", MOST_EVIDENCE));
    }
    let signed_by = name(&c.signed_by).ok_or_else(|| Refusal::new("decision-unsigned"))?;
    // A restriction without an end does not exist, nor does anything else that is decided.
    if c.until <= c.from || c.until <= facts.now {
        return Err(Refusal::new("decision-ends-before").with("until", c.until.rfc3339()));
    }
    if c.until - c.from > LONGEST_DECISION {
        let days = LONGEST_DECISION.0 / Span::days(1).0;
        return Err(Refusal::new("decision-too-long").with("days", days));
    }
    let rule = c.rule.trim();
    let edition = match rule {
        "" => String::new(),
        id => {
            let edition = facts.protocol.at(c.from, facts.asked.area);
            let info = edition.rule(id);
            let info = info.ok_or_else(|| Refusal::new("rule-unknown").with("rule", id))?;
            info.edition.short_name()
        }
    };
    let of = Decide {
        title: title.to_owned(),
        text: c.text.trim().to_owned(),
        rule: rule.to_owned(),
        signed_by: signed_by.clone(),
        ..c.clone()
    };
    let no = facts.state.decision_no.get(&c.scope.to_string()).copied().unwrap_or(0) + 1;
    let mut events = Vec::new();
    if let Some(earlier) = c.replaces {
        let known = standing(facts, earlier)?;
        if !c.scope.covers(known.scope) {
            return Err(Refusal::new("decision-of-other-areas").with("scope", known.scope));
        }
        let note = format!("→ {no}");
        // The earlier one holds until this one does.
        events.push(revoked(known, c.from, &signed_by, &note));
    }
    events.push(Event::Decided { no, of, edition });
    Ok(Decision { events, ..Decision::default() })
}

pub(super) fn revoke(facts: &Facts<'_>, c: &Revoke) -> Decided {
    note_needed(&c.note)?;
    let signed_by = name(&c.signed_by).ok_or_else(|| Refusal::new("decision-unsigned"))?;
    facts.own_scope(c.scope)?;
    let known = standing(facts, c.decision)?;
    if known.scope != c.scope {
        return Err(Refusal::new("decision-of-other-areas").with("scope", known.scope));
    }
    // What has not begun never does.
    let at = facts.asked.event_time;
    Ok(Decision::fact(revoked(known, at, &signed_by, c.note.trim())))
}

/// A decision that is not over.
fn standing<'a>(facts: &'a Facts<'_>, id: CommandId) -> Result<&'a Known, Refusal> {
    let known = facts.state.decisions.get(&id);
    let known = known.ok_or_else(|| Refusal::new("decision-unknown").with("decision", id))?;
    if known.revoked.is_some() || known.until <= facts.asked.event_time {
        return Err(Refusal::new("decision-is-over").with("no", known.no));
    }
    Ok(known)
}

fn revoked(known: &Known, at: Micros, signed_by: &str, note: &str) -> Event {
    Event::Revoked {
        area: known.area,
        decision: known.id,
        at,
        signed_by: signed_by.to_owned(),
        note: note.to_owned(),
    }
}
