//! Corrections: who really stands at a position of a tube.

use ledger::Decision;
use types::{CommandId, PlaceCode, Refusal, UnitId};

use super::{Decided, Facts, check_kind, laboratory, recall};
use crate::TUBE;
use crate::command::CorrectMember;
use crate::event::{CountsIn, Event, Member};
use crate::rows::{ClaimFate, Tube};
use crate::words::{Mode, Reading};

/// A correction names the position and who it really was; the first entry stays in the journal.
pub(super) fn member(facts: &Facts<'_>, correction: &CorrectMember) -> Decided {
    check_kind(correction.tube, TUBE)?;
    let tube = facts
        .state
        .tubes
        .get(&correction.tube)
        .filter(|t| t.is_collected())
        .ok_or_else(|| Refusal::new("tube-unknown").with("tube", correction.tube))?;
    if correction.note.trim().is_empty() {
        return Err(Refusal::new("note-needed").with("field", "note"));
    }
    let member = (correction.position as usize).checked_sub(1).and_then(|n| tube.members.get(n));
    let Some(member) = member else {
        return Err(Refusal::new("position-unknown")
            .with("position", correction.position)
            .with("persons", tube.members.len()));
    };
    if tube.members.iter().any(|m| m.person == correction.person) {
        return Err(facts
            .rules()?
            .tube_entry
            .refuse("tube-person-twice")
            .with("person", correction.person)
            .with("position", correction.position));
    }
    let home = facts.state.homes.get(&correction.person).cloned();
    let swabbed = |round| facts.state.is_swabbed(round, correction.person);
    let repeat = tube.round.is_some_and(swabbed);
    let mut decision = Decision::default();
    decision.events.push(Event::MemberCorrected {
        tube: correction.tube,
        position: correction.position,
        was: member.person,
        person: correction.person,
        home: home.clone(),
        repeat,
        instead: counts_instead(facts, correction.tube, tube, *member),
        note: correction.note.clone(),
    });
    follow_through(facts, correction, tube, (*member, home, repeat), &mut decision)?;
    Ok(decision)
}

/// What has followed from the tube for the one follows for the other instead.
fn follow_through(
    facts: &Facts<'_>,
    correction: &CorrectMember,
    tube: &Tube,
    (was, home, repeat): (Member, Option<PlaceCode>, bool),
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let id = correction.tube;
    let only = |member: Member, homes: Vec<PlaceCode>| Tube {
        members: vec![member],
        homes,
        ..tube.clone()
    };
    let claims = facts.state.claims.iter().filter(|((unit, _), _)| *unit == id);
    let naming = |fate: ClaimFate| {
        claims.clone().map(|(_, claim)| claim).find(|claim| {
            claim.fate == fate && claim.members.iter().any(|m| m.person == was.person)
        })
    };
    match (naming(ClaimFate::Open), naming(ClaimFate::SetAside)) {
        // They may be in that tube all the same: it is disputed.
        (Some(_), _) => {}
        // They are in another under its code, and nobody knows in which.
        (None, Some(claim)) => {
            let mut filling = claim.fill(tube);
            filling.members.retain(|m| m.person == was.person);
            recall::members(facts, id, &filling, recall::DISPUTE, decision);
        }
        (None, None) => {
            let before = only(was, tube.homes.clone());
            recall::withdraw(facts, id, &before, decision)?;
            // It was to answer a recall of somebody whose swab it is not.
            recall::answer(facts, id, &before, Reading::Invalid, decision)?;
            recall::again(facts, id, &before, decision);
        }
    }
    let is = Member { person: correction.person, home: home.as_ref().map(|_| 0), repeat };
    if let Some(reason) = laboratory::reason_to_recall(facts, tube)? {
        let filling = only(is, home.into_iter().collect());
        recall::members(facts, id, &filling, reason, decision);
    }
    // And it answers those of the one whose swab it is.
    let Some((round, at)) = tube.round.zip(tube.collected_at) else { return Ok(()) };
    let mut corrected = tube.clone();
    for member in corrected.members.iter_mut().filter(|m| m.person == was.person) {
        *member = is;
    }
    let rules = facts.rules()?;
    for open in facts.state.open_recalls(is.person, round) {
        let (since, swab) =
            (recall::Since::of(facts, open), (at, id, tube.mode.unwrap_or(Mode::Ten)));
        let answers = recall::can_answer(rules, open.opened.reason, since, swab);
        if answers && open.opened.origin != id {
            recall::sampled(facts, rules, &open.opened, (id, &corrected, at), decision);
        }
    }
    Ok(())
}

/// Where a person counts as sampled once their first swab of the round turns out to be another's:
/// in the earliest of their others.
fn counts_instead(
    facts: &Facts<'_>,
    corrected: UnitId,
    tube: &Tube,
    was: Member,
) -> Option<CountsIn> {
    let round = tube.round.filter(|_| !was.repeat)?;
    let repeats = |members: &[Member]| members.iter().any(|m| m.person == was.person && m.repeat);
    let (tube, by) = facts.state.swabs_in(round, was.person).into_iter().find_map(|(id, ..)| {
        let row = facts.state.tubes.get(&id).filter(|_| id != corrected);
        if row.is_some_and(|row| row.round == Some(round) && repeats(&row.members)) {
            return Some((id, None));
        }
        let claims = facts.state.claims.iter().filter(|((unit, _), claim)| {
            *unit == id
                && claim.round == round
                && claim.fate != ClaimFate::Stands
                && repeats(&claim.members)
        });
        let (key, _) = claims.min_by_key(|((_, by), claim)| (claim.collected_at, *by))?;
        Some((id, Some(CommandId::from_bytes(key.1))))
    })?;
    let recalls = facts.state.recall_of.get(&was.person).into_iter().flatten();
    let settled = recalls.filter_map(|id| facts.state.recalls.get(id)).any(|r| {
        let ended = matches!(r.ending.as_deref(), Some("negative" | "positive"));
        r.opened.round == round && r.opened.counts && ended
    });
    Some(CountsIn { tube, by, settled })
}
