//! Recalls: nobody whose tube says nothing, or says yes for ten, is forgotten.

use std::collections::HashSet;

use ledger::{Decision, Move};
use types::{HolderCode, PersonId, PlaceCode, Refusal, UnitId};

use super::Facts;
use crate::command::Command;
use crate::event::{Event, RecallEnd, RecallReason, Recalled};
use crate::rows::{Recall, Tube};
use crate::words::Reading;

/// Two groups claim the tube.
pub(super) const DISPUTE: RecallReason = RecallReason::Disputed;

/// The reason that goes with a tube's fault.
pub(super) fn of_fault(fault: &str) -> RecallReason {
    match fault {
        ledger::LOST => RecallReason::Lost,
        "leaked" => RecallReason::Leaked,
        _ => RecallReason::Invalid,
    }
}

/// Recalls every member of a tube. Each recall is a unit of its own with the community's grid
/// workers as holder and the protocol's clock; recalling twice for the same tube is once.
pub(super) fn members(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    reason: RecallReason,
    decision: &mut Decision<Event>,
) {
    let (Some(round), Some(community)) = (tube.round, &tube.community) else { return };
    let Ok(community) = PlaceCode::parse(community) else { return };
    let Ok(rules) = facts.rules() else { return };
    let within = match reason.holds() {
        true => rules.retest.resample_within.value,
        false => rules.retest.recall_within.value,
    };
    for member in &tube.members {
        let open = facts.state.open_recalls(member.person, round);
        if open.iter().any(|r| r.opened.origin == id) {
            continue;
        }
        // A recall that has ended stays ended; this is another one. A filling does not look up
        // what has ended, so that its recalls always have names of their own.
        let mut recall = crate::recall_id(id, member.person);
        let is_filling = matches!(facts.asked.command, Command::Collect(_));
        if is_filling || facts.state.recalls.contains_key(&recall) {
            recall = crate::next_recall_id(recall, facts.asked.id);
        }
        let home = tube.home(member).cloned();
        // Grid workers answer for people where they live.
        let grid = home.as_ref().unwrap_or(&community).as_str();
        let grid = grid.split('-').next().unwrap_or(grid);
        let Ok(holder) = HolderCode::parse(&format!("grid:{grid}")) else { continue };
        decision.moves.push(Move::Open {
            unit: recall,
            holder,
            step: "recall".into(),
            deadline: Some(facts.at() + within),
            limit: None,
        });
        decision.events.push(Event::Recalled(Recalled {
            recall,
            person: member.person,
            round,
            origin: id,
            reason,
            home,
            community: community.clone(),
            counts: !member.repeat,
        }));
    }
}

/// The open recalls that a tube answers.
fn answered<'a>(facts: &Facts<'a>, id: UnitId, tube: &Tube) -> Vec<&'a Recall> {
    let Some(round) = tube.round else { return Vec::new() };
    let mut answered: Vec<&Recall> = tube
        .members
        .iter()
        .flat_map(|m| facts.state.open_recalls(m.person, round))
        .filter(|r| r.tube == Some(id))
        .collect();
    // In an order that does not depend on memory: of several recalls of one person the first
    // speaks for all, so one whose person has still to be counted.
    answered.sort_by_key(|r| (r.opened.person, !r.opened.counts, r.opened.recall));
    answered
}

/// What a final reading of the new tube means for the recalls that it answers. A pool that is not
/// negative says nothing about any one of its persons. Gives those whose recalls are open again,
/// with the reason of each.
pub(super) fn answer(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    reading: Reading,
    decision: &mut Decision<Event>,
) -> Result<Vec<(PersonId, RecallReason)>, Refusal> {
    let alone = tube.members.len() == 1;
    let mut reopened = Vec::new();
    let mut ended = HashSet::new();
    for recall in answered(facts, id, tube) {
        let unit = recall.opened.recall;
        let how = match reading {
            Reading::Negative => RecallEnd::Negative,
            Reading::Positive if alone => RecallEnd::Positive,
            Reading::Positive | Reading::Grey | Reading::SingleTarget | Reading::Invalid => {
                reopened.push((recall.opened.person, recall.opened.reason));
                decision.moves.push(Move::Step {
                    unit,
                    step: "recall".into(),
                    deadline: Some(facts.at() + facts.rules()?.retest.resample_within.value),
                });
                decision.events.push(Event::RecallReopened { recall: unit });
                continue;
            }
        };
        let beside = !ended.insert(recall.opened.person);
        decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
        decision.events.push(Event::RecallClosed { recall: unit, how, beside });
    }
    Ok(reopened)
}

/// Recalls the members of a tube for a reason, apart from those whose earlier recall was opened
/// again and is as strict.
pub(super) fn others(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    (reason, reopened): (RecallReason, &[(PersonId, RecallReason)]),
    decision: &mut Decision<Event>,
) {
    let covered = |person: PersonId| {
        reopened.iter().any(|(of, why)| *of == person && (why.holds() || !reason.holds()))
    };
    let mut tube = tube.clone();
    tube.members.retain(|m| !covered(m.person));
    members(facts, id, &tube, reason, decision);
}

/// The persons of a tube whose recalls on its account have brought them a result.
pub(super) fn settled_before(facts: &Facts<'_>, id: UnitId, tube: &Tube) -> Vec<PersonId> {
    let settled = |person: &PersonId| {
        let recalls = facts.state.recall_of.get(person).into_iter().flatten();
        recalls.filter_map(|r| facts.state.recalls.get(r)).any(|r| {
            let ended = matches!(r.ending.as_deref(), Some("negative" | "positive"));
            r.opened.origin == id && r.opened.counts && ended
        })
    };
    tube.members.iter().map(|m| m.person).filter(settled).collect()
}

/// Ends the recalls that a tube led to, since it was corrected to negative.
pub(super) fn withdraw(facts: &Facts<'_>, id: UnitId, tube: &Tube, decision: &mut Decision<Event>) {
    let Some(round) = tube.round else { return };
    for member in &tube.members {
        for open in facts.state.open_recalls(member.person, round) {
            if open.opened.origin == id {
                let (unit, how) = (open.opened.recall, RecallEnd::Withdrawn);
                decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
                let beside = false;
                decision.events.push(Event::RecallClosed { recall: unit, how, beside });
            }
        }
    }
}
