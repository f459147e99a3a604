//! Figures that are published: what of, of which window, as known when, by whom.

use ledger::{Decision, note_fits, note_needed};
use std::collections::BTreeMap;

use types::{Micros, Refusal, Span};

use super::{Decided, Facts};
use crate::Command;
use crate::command::Publish;
use crate::event::Event;
use crate::words::{FoundIn, Measure};

pub(super) fn publish(facts: &Facts<'_, Command>, c: &Publish) -> Decided {
    note_fits(&c.note)?;
    if !c.scope.contains(facts.asked.area) {
        return Err(Refusal::new("scope-without-county").with("scope", c.scope));
    }
    if c.publisher.trim().is_empty() || c.publisher.chars().count() > 60 {
        return Err(Refusal::new("publisher-missing"));
    }
    let whole_hour = |at: Micros| at.hour_start() == at;
    if !whole_hour(c.from) || !whole_hour(c.until) || c.from >= c.until {
        return Err(Refusal::new("window-form"));
    }
    if c.until - c.from > Span::days(400) {
        return Err(Refusal::new("window-too-long"));
    }
    // What the window has still to bring cannot be published.
    if c.until > facts.now {
        return Err(Refusal::new("window-not-over").with("until", c.until.rfc3339()));
    }
    if let Some(earlier) = c.corrects {
        note_needed(&c.note)?;
        let known = facts.state.publications.get(&earlier);
        let same = known.is_some_and(|p| {
            p.scope == c.scope.to_string() && (p.from, p.until) == (c.from, c.until)
        });
        if !same {
            return Err(Refusal::new("publication-unknown").with("publication", earlier));
        }
    }
    let mut sums: BTreeMap<(Measure, Option<FoundIn>), i64> = BTreeMap::new();
    let stored = facts.state.sums.get(&facts.asked.id).into_iter().flatten();
    for (measure, found_in, n) in stored {
        *sums.entry((*measure, *found_in)).or_default() += n;
    }
    // What earlier commands of this group counted is not in the store yet.
    for ((area, hour, measure, found_in, _), n) in &facts.state.counts {
        if c.scope.contains(*area) && (c.from..c.until).contains(hour) {
            *sums.entry((*measure, *found_in)).or_default() += n;
        }
    }
    let figures = sums
        .into_iter()
        .filter(|(_, n)| *n != 0)
        .map(|((measure, found_in), n)| (measure, found_in, n))
        .collect();
    let mut of = c.clone();
    of.publisher = c.publisher.trim().to_owned();
    of.note = c.note.trim().to_owned();
    Ok(Decision::fact(Event::Published { of, figures }))
}
