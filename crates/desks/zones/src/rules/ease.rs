//! Zones become less strict, or end: by a person, or because their time is over.

use ledger::{Decision, note_fits};
use types::{Micros, Refusal, UnitId};

use super::{Decided, EASED_FOR, Facts, once};
use crate::checklist::{Criterion, is_met};
use crate::command::{Command, Ease};
use crate::duties::end_fits;
use crate::event::Event;
use crate::rows::Zone;
use crate::words::{End, Level, Why};

/// What of a checklist is missing, in the words of the vocabulary.
fn missing(list: &[Criterion]) -> String {
    let open = list.iter().filter(|one| !one.met);
    open.map(|one| one.what.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn ease(facts: &Facts<'_, Command>, c: &Ease) -> Decided {
    note_fits(&c.reason)?;
    let zone = facts.standing(c.zone)?;
    if let Some(level) = c.level.filter(|level| level.covers(zone.level)) {
        return Err(Refusal::new("zone-not-lower")
            .with("zone", c.zone)
            .with("level", level)
            .with("now", zone.level));
    }
    let verdict = facts.checklist(zone)?;
    let mut notes = Vec::new();
    if !is_met(&verdict) {
        let rule = if zone.level == Level::Precaution { "zone.lift.P" } else { "zone.lift" };
        let unclean = Refusal::new("zone-not-clean")
            .with("place", &zone.place)
            .with("missing", missing(&verdict))
            .by_rule(rule);
        if c.reason.trim().is_empty() {
            return Err(unclean);
        }
        notes.push(unclean);
    }
    let until = match (c.level, c.until) {
        (Some(_), Some(until)) => end_fits(Some(until), facts.at())?,
        _ if zone.duties.until() > facts.at() => zone.duties.until(),
        _ => facts.at() + EASED_FOR,
    };
    let to = (c.level, until);
    let mut decision = lower(facts, zone, to, (Why::Eased, End::Lifted), verdict, &c.reason);
    decision.notes.extend(notes);
    Ok(decision)
}

pub(super) fn expire(facts: &Facts<'_, Command>, zones: &[UnitId]) -> Decided {
    once(zones)?;
    let mut decision = Decision::default();
    for id in zones {
        let zone = facts.standing(*id)?;
        let until = zone.duties.until();
        if until > facts.at() {
            return Err(Refusal::new("zone-not-expired")
                .with("zone", id)
                .with("until", until.rfc3339()));
        }
        let verdict = facts.checklist(zone)?;
        if !is_met(&verdict) {
            let note = Refusal::new("zone-expired-unclean")
                .with("place", &zone.place)
                .with("missing", missing(&verdict));
            decision.notes.push(note.by_rule("zone.duties"));
        }
        let to = (zone.level.lower(), facts.at() + EASED_FOR);
        decision.join(lower(facts, zone, to, (Why::Expired, End::Expired), verdict, ""));
    }
    Ok(decision)
}

/// What becomes of a zone that falls to a level, or ends: where the zone around it restricts as much, it
/// ends in that one.
fn lower(
    facts: &Facts<'_, Command>,
    zone: &Zone,
    (level, until): (Option<Level>, Micros),
    (why, end): (Why, End),
    verdict: Vec<Criterion>,
    reason: &str,
) -> Decision<Event> {
    let mut decision = Decision::default();
    let reason = reason.trim().to_owned();
    let around = facts.state.around(&zone.place);
    let taken_in = level.and_then(|level| around.filter(|z| z.level.covers(level)));
    match (level, taken_in) {
        (Some(level), None) => {
            decision.moves.extend(facts.step(zone.id, level, until));
            decision.events.push(Event::Lowered {
                zone: zone.id,
                level,
                until,
                why,
                verdict,
                reason,
            });
        }
        (_, by) => {
            let how = if by.is_some() { End::Absorbed } else { end };
            decision.moves.extend(facts.close(zone.id, how));
            let by = by.map(|zone| zone.id);
            decision.events.push(Event::Ended { zone: zone.id, how, verdict, reason, by });
        }
    }
    decision
}
