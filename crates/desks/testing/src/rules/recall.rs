//! Recalls: nobody whose tube says nothing, or says yes for ten, is forgotten.

use ledger::{Decision, Move};
use types::{HolderCode, PlaceCode, Refusal, UnitId};

use super::Facts;
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
        let mut recall = crate::recall_id(id, member.person);
        match facts.state.recalls.get(&recall) {
            Some(earlier) if earlier.closed_at.is_none() => continue,
            // A recall that has ended stays ended; this is another one.
            Some(_) => recall = crate::next_recall_id(recall, facts.envelope.id),
            None => {}
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
    tube.members
        .iter()
        .flat_map(|m| facts.state.open_recalls(m.person, round))
        .filter(|r| r.tube == Some(id))
        .collect()
}

/// What a final reading of the new tube means for the recalls that it answers.
pub(super) fn answer(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    reading: Reading,
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    for recall in answered(facts, id, tube) {
        let unit = recall.opened.recall;
        let how = match reading {
            Reading::Negative => RecallEnd::Negative,
            Reading::Positive => RecallEnd::Positive,
            Reading::Grey | Reading::SingleTarget | Reading::Invalid => {
                decision.moves.push(Move::Step {
                    unit,
                    step: "recall".into(),
                    deadline: Some(facts.at() + facts.rules()?.retest.resample_within.value),
                });
                decision.events.push(Event::RecallReopened { recall: unit });
                continue;
            }
        };
        decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
        decision.events.push(Event::RecallClosed { recall: unit, how });
    }
    Ok(())
}

/// Whether the tube answers a recall: then its own reading leads to no second one.
pub(super) fn answers_any(facts: &Facts<'_>, id: UnitId, tube: &Tube) -> bool {
    !answered(facts, id, tube).is_empty()
}

/// Ends the recalls that a tube led to, since it was corrected to negative.
pub(super) fn withdraw(facts: &Facts<'_>, id: UnitId, tube: &Tube, decision: &mut Decision<Event>) {
    let Some(round) = tube.round else { return };
    for member in &tube.members {
        for open in facts.state.open_recalls(member.person, round) {
            if open.opened.origin == id {
                let (unit, how) = (open.opened.recall, RecallEnd::Withdrawn);
                decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
                decision.events.push(Event::RecallClosed { recall: unit, how });
            }
        }
    }
}
