//! A bulletin is published once for a window, when its figures are those of the line list and those
//! that its publisher has read; after that it is only corrected.

use ledger::{Decision, note_fits, note_needed};
use types::Refusal;

use super::{Decided, Facts, name};
use crate::command::PublishBulletin;
use crate::document::{Document, Frozen};
use crate::event::Event;

pub(super) fn publish(facts: &Facts<'_>, c: &PublishBulletin) -> Decided {
    note_fits(&c.note)?;
    facts.own_scope(c.scope)?;
    let scope = c.scope.to_string();
    if scope.is_empty() {
        return Err(Refusal::new("bulletin-scope"));
    }
    let publisher = name(&c.publisher).ok_or_else(|| Refusal::new("publisher-missing"))?;
    let (offset, (from, until)) =
        c.offset().zip(c.bounds()).ok_or_else(|| Refusal::new("window-form"))?;
    // What the window has still to bring cannot be published.
    if until > facts.now {
        return Err(Refusal::new("window-not-over").with("until", until.rfc3339()));
    }
    let basis = facts.state.bases.get(&facts.asked.id);
    let basis = basis.ok_or_else(|| Refusal::new("window-form"))?;
    let differences = basis.differences(c.window, offset);
    if !differences.is_empty() {
        return Err(Refusal::new("bulletin-differs").with("n", differences.len()));
    }
    let known = facts.state.last_of.get(&(scope.clone(), from, until));
    let (no, correction) = match (known, c.corrects) {
        (None, None) => (facts.state.bulletin_no.get(&scope).copied().unwrap_or(0) + 1, 0),
        (Some(known), Some(earlier)) if known.id == earlier => {
            note_needed(&c.note)?;
            (known.document.no, known.document.correction + 1)
        }
        (Some(known), None) => {
            return Err(Refusal::new("bulletin-published").with("no", known.document.no));
        }
        (Some(_), Some(earlier)) => {
            return Err(Refusal::new("bulletin-corrected").with("bulletin", earlier));
        }
        (None, Some(earlier)) => {
            return Err(Refusal::new("bulletin-unknown").with("bulletin", earlier));
        }
    };
    let document = Document {
        scope: c.scope,
        no,
        correction,
        window: c.window,
        utc_offset_minutes: c.utc_offset_minutes,
        from,
        until,
        as_of: facts.now,
        publisher,
        note: c.note.trim().to_owned(),
        areas: Document::areas_of(basis),
        unexamined: basis.unexamined(),
    };
    let seen = document.seen();
    if seen.len() != c.seen.len() || seen.iter().any(|figure| !c.seen.contains(figure)) {
        return Err(Refusal::new("bulletin-figures-changed"));
    }
    if let Some(known) = known
        && known.document.areas == document.areas
        && known.document.publisher == document.publisher
    {
        return Err(Refusal::new("bulletin-nothing-to-correct").with("no", no));
    }
    let cases = basis
        .lines
        .iter()
        .filter(|line| !line.tallied.is_empty())
        .map(|line| Frozen {
            case: line.case,
            measures: line.tallied.iter().map(|(measure, _)| *measure).collect(),
            found_in: line.found_in,
            class: line.class,
            severity: line.severity,
        })
        .collect();
    let corrects = known.map(|known| (known.area, known.id));
    Ok(Decision::fact(Event::BulletinPublished { document, cases, corrects }))
}
