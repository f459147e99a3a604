//! What follows here from what happens to cases, in the same entry of the journal: a positive in a
//! controlled area raises it at once, and what turns out to be no case is no ground any more.

use ledger::Decision;
use protocol::ZoneUpgrade;
use types::UnitId;

use super::Facts;
use crate::Reaction;
use crate::event::Event;
use crate::words::{Kind, Level};

/// Never refuses: a case stands whatever this desk makes of it.
pub(crate) fn follow<C>(facts: &Facts<'_, C>, reaction: &Reaction) -> Decision<Event> {
    match reaction {
        Reaction::Infected { .. } => infected(facts, reaction),
        Reaction::NoCase(case) => cleared(facts, *case),
        Reaction::Merged { keep, gone } => merged(facts, *keep, *gone),
    }
}

fn infected<C>(facts: &Facts<'_, C>, reaction: &Reaction) -> Decision<Event> {
    let Reaction::Infected { case, place, since, closed_loop } = reaction else {
        return Decision::default();
    };
    let mut decision = Decision::default();
    let Some(place) = place else { return decision };
    // It was elsewhere: a zone in which it was taken to be has lost that ground.
    for (zone, evidence) in facts.state.grounded_on(*case) {
        let found = evidence.kind == Kind::Found && zone.stands();
        if found && !crate::rows::is_within(place, &zone.place) {
            decision.events.push(Event::Cleared { zone: zone.id, case: *case });
        }
    }
    // Whoever was kept apart already has not been where he lives.
    if *closed_loop {
        return decision;
    }
    let Some(zone) = facts.state.innermost(place) else { return decision };
    let known = facts.state.cases.get(&zone.id).and_then(|cases| cases.get(case));
    if known.is_some_and(|evidence| !evidence.void) {
        return decision;
    }
    decision.events.push(Event::Infected {
        zone: zone.id,
        case: *case,
        at: *since,
        kind: Kind::Found,
    });
    let Ok(rules) = facts.edition.zones() else { return decision };
    if zone.level == Level::Controlled && rules.upgrade.value == ZoneUpgrade::AtOnce {
        // It cannot end before the time without infections that lifting asks for is over.
        let until = zone.duties.until().max(*since + rules.lift.value.no_new_infection);
        decision.join(facts.raise(zone, Level::Locked, until, Some(*case), ""));
    }
    decision
}

fn cleared<C>(facts: &Facts<'_, C>, case: UnitId) -> Decision<Event> {
    let grounded = facts.state.grounded_on(case);
    let events = grounded.into_iter().map(|(zone, _)| Event::Cleared { zone: zone.id, case });
    Decision { events: events.collect(), ..Decision::default() }
}

fn merged<C>(facts: &Facts<'_, C>, keep: UnitId, gone: UnitId) -> Decision<Event> {
    let mut decision = Decision::default();
    for (zone, evidence) in facts.state.grounded_on(gone) {
        let known = facts.state.cases.get(&zone.id).and_then(|cases| cases.get(&keep));
        if known.is_none_or(|evidence| evidence.void) {
            decision.events.push(Event::Infected {
                zone: zone.id,
                case: keep,
                at: evidence.at,
                kind: evidence.kind,
            });
        }
        decision.events.push(Event::Cleared { zone: zone.id, case: gone });
    }
    decision
}
