//! Disputes: two sides claim a unit, and a person decides which of them does not stand.

use ledger::{Decision, Move};
use types::{PersonId, Refusal, UnitId};

use super::{Decided, Facts, recall};
use crate::command::Resolve;
use crate::event::Event;
use crate::rows::{Claim, ClaimFate, Tube};
use crate::words::Reading;

/// A person sets one claim aside, with the reason. The persons of a filling that is set aside
/// are recalled: nobody knows where their swab is. When it is the filling in the tube's own row,
/// the earliest of those that still claim the tube takes its place.
pub(super) fn resolve(facts: &Facts<'_>, resolve: &Resolve) -> Decided {
    if resolve.note.trim().is_empty() {
        return Err(Refusal::new("note-needed").with("field", "note"));
    }
    let unit = resolve.unit;
    let target = ledger::MomentRef { command: resolve.void_command, n: resolve.void_n };
    let moments = facts.units.moments(unit);
    let Some(claimed) = moments.iter().find(|m| m.reference == target) else {
        return Err(Refusal::new("claim-unknown").with("unit", unit));
    };
    let voids = |what: &Move| matches!(what, Move::Void { target: t, .. } if *t == target);
    if moments.iter().any(|m| voids(&m.what)) {
        return Err(Refusal::new("claim-set-aside-before").with("unit", unit));
    }
    let mut decision = Decision::default();
    decision.moves.push(Move::Void { unit, target, note: resolve.note.clone() });
    decision.events.push(Event::Resolved {
        unit,
        void_command: resolve.void_command,
        note: resolve.note.clone(),
    });
    let key = (unit, resolve.void_command.bytes());
    let claim = facts.state.claims.get(&key).filter(|c| c.fate == ClaimFate::Open);
    let opens = matches!(claimed.what, Move::Open { .. });
    match (claim, facts.state.tubes.get(&unit).filter(|t| t.is_collected())) {
        (Some(claim), Some(tube)) => {
            set_aside(facts, unit, (&claim.fill(tube), key.1), &mut decision)?;
        }
        (None, Some(tube)) if opens => {
            let next = open_claims(facts, unit).min_by_key(|(by, c)| (c.collected_at, *by));
            let Some((by, _)) = next else {
                // Nothing disputes it: a tube whose only filling is wrong is marked invalid.
                return Err(Refusal::new("claim-alone").with("unit", unit));
            };
            set_aside(facts, unit, (tube, key.1), &mut decision)?;
            let by = types::CommandId::from_bytes(by);
            decision.events.push(Event::Refilled { tube: unit, was: resolve.void_command, by });
        }
        _ => {}
    }
    Ok(decision)
}

/// The fillings that claim a tube beside the one in its row, by their commands.
pub(super) fn open_claims<'a>(
    facts: &Facts<'a>,
    unit: UnitId,
) -> impl Iterator<Item = ([u8; 16], &'a Claim)> {
    let claims = facts.state.claims.iter();
    claims
        .filter(move |((of, _), claim)| *of == unit && claim.fate == ClaimFate::Open)
        .map(|((_, by), claim)| (*by, claim))
}

/// Recalls the persons of a filling that does not stand, apart from those whom another filling
/// names too, and those who have had another result since.
fn set_aside(
    facts: &Facts<'_>,
    unit: UnitId,
    (filling, by): (&Tube, [u8; 16]),
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let mut named: Vec<PersonId> = open_claims(facts, unit)
        .filter(|(other, _)| *other != by)
        .flat_map(|(_, claim)| claim.members.iter().map(|m| m.person))
        .collect();
    if let Some(tube) = facts.state.tubes.get(&unit).filter(|t| t.members != filling.members) {
        named.extend(tube.members.iter().map(|m| m.person));
    }
    let mut alone = filling.clone();
    alone.members.retain(|m| !named.contains(&m.person));
    // Their swab was to answer an earlier recall: another one has to.
    let reopened = recall::answer(facts, unit, &alone, Reading::Invalid, decision)?;
    alone.members.retain(|m| {
        let before = facts.state.recalls.get(&crate::recall_id(unit, m.person));
        let answered = before.is_some_and(|r| {
            r.closed_at.is_some() && matches!(r.ending.as_deref(), Some("negative" | "positive"))
        });
        !answered && !reopened.iter().any(|(person, _)| *person == m.person)
    });
    recall::members(facts, unit, &alone, recall::DISPUTE, decision);
    Ok(())
}
