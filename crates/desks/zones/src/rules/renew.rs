//! Zones go on, and what they owe changes.

use ledger::{Decision, note_fits, note_needed};
use types::{Micros, Refusal, UnitId};

use super::{Decided, Facts, once};
use crate::command::Command;
use crate::duties::{Draft, end_fits};
use crate::event::Event;

pub(super) fn renew(
    facts: &Facts<'_, Command>,
    zones: &[UnitId],
    until: Micros,
    reason: &str,
) -> Decided {
    once(zones)?;
    note_needed(reason)?;
    end_fits(Some(until), facts.at())?;
    let mut decision = Decision::default();
    for id in zones {
        let zone = facts.standing(*id)?;
        if until <= zone.duties.until() {
            return Err(Refusal::new("zone-renewed-shorter")
                .with("zone", id)
                .with("until", zone.duties.until().rfc3339()));
        }
        decision.moves.extend(facts.step(*id, zone.level, until));
        let reason = reason.trim().to_owned();
        decision.events.push(Event::Renewed { zone: *id, until, reason });
    }
    Ok(decision)
}

pub(super) fn set_duties(
    facts: &Facts<'_, Command>,
    id: UnitId,
    draft: &Draft,
    reason: &str,
) -> Decided {
    let zone = facts.standing(id)?;
    let draft = Draft { until: draft.until.or(Some(zone.duties.until())), ..draft.clone() };
    let duties = draft.check(facts.at())?;
    if duties.until() == zone.duties.until() {
        note_fits(reason)?;
    } else {
        note_needed(reason)?;
    }
    let mut decision = Decision::default();
    decision.moves.extend(facts.step(id, zone.level, duties.until()));
    let reason = reason.trim().to_owned();
    decision.events.push(Event::DutiesSet { zone: id, duties, reason });
    Ok(decision)
}
