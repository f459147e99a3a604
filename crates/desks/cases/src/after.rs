//! What a decision makes of cases, for the desks that what a case says is of importance to.

use ledger::Entry;
use types::UnitId;

use crate::event::Event;
use crate::rows::Case;
use crate::state::State;

/// A case before and after the facts of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// As it was; nothing when there was none.
    pub before: Option<Case>,
    /// As it will be.
    pub after: Case,
}

/// The cases that facts change, each once, in the order of their ids. Found by applying the facts to a copy of
/// the few rows that they touch, so that there is one rule for what a fact does.
pub fn changes(state: &State, entry: &Entry, events: &[Event]) -> Vec<Change> {
    let mut ids: Vec<UnitId> = events.iter().flat_map(touched).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Vec::new();
    }
    let mut copy = State::default();
    for id in &ids {
        copy.cases.extend(state.cases.get(id).map(|case| (*id, case.clone())));
    }
    events.iter().for_each(|event| crate::apply::apply(&mut copy, entry, event));
    let changed = ids.into_iter().filter_map(|id| {
        let before = state.cases.get(&id).cloned();
        let after = copy.cases.remove(&id)?;
        (before.as_ref() != Some(&after)).then_some(Change { before, after })
    });
    changed.collect()
}

/// The cases that a fact is about.
fn touched(event: &Event) -> Vec<UnitId> {
    match event {
        Event::Opened(opened) => vec![opened.case],
        Event::PositiveAdded { case, .. }
        | Event::PositiveWithdrawn { case, .. }
        | Event::Observed { case, .. }
        | Event::ClassStated { case, .. }
        | Event::Edited { case, .. }
        | Event::Reported { case, .. }
        | Event::Closed { case, .. }
        | Event::Reopened { case, .. }
        | Event::PersonLinked { case, .. }
        | Event::PersonUnlinked { case, .. } => vec![*case],
        Event::Merged { keep, gone, .. } => vec![*keep, *gone],
        Event::Unmerged { keep, case, .. } => vec![*keep, *case],
        Event::PairSettled { .. } | Event::Published { .. } => Vec::new(),
    }
}
