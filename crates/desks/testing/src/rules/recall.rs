//! Recalls: nobody whose tube says nothing, or says yes for ten, is forgotten.

use std::collections::HashSet;

use ledger::{Decision, Move};
use types::{HolderCode, Micros, PersonId, PlaceCode, Refusal, RoundId, UnitId};

use super::{Facts, laboratory};
use crate::command::Command;
use crate::event::{Event, Member, RecallEnd, RecallReason, Recalled};
use crate::rows::{Recall, SwabFate, Tube};
use crate::words::{Mode, Reading};

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
    // A filling does not look up what has ended, so that its recalls always have names of their own.
    let unseen = matches!(facts.asked.command, Command::Collect(_));
    each(facts, (id, tube), (reason, unseen), decision);
}

/// The same; `unseen` where recalls of this tube that have ended are not known here.
fn each(
    facts: &Facts<'_>,
    (id, tube): (UnitId, &Tube),
    (reason, unseen): (RecallReason, bool),
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
        // Two fillings that claim the tube may both name somebody: one recall answers for both.
        let opened_now = |event: &Event| matches!(event, Event::Recalled(r) if r.origin == id && r.person == member.person);
        let ends_now = |recall: UnitId| {
            let ends = |event: &Event| matches!(event, Event::RecallClosed { recall: r, .. } if *r == recall);
            decision.events.iter().any(ends)
        };
        let goes_on = |r: &&Recall| r.opened.origin == id && !ends_now(r.opened.recall);
        if open.iter().any(goes_on) || decision.events.iter().any(opened_now) {
            continue;
        }
        // A recall that has ended stays ended; this is another one.
        let mut recall = crate::recall_id(id, member.person);
        let is_filling = matches!(facts.asked.command, Command::Collect(_));
        if unseen || facts.state.recalls.contains_key(&recall) {
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
        let recalled = Recalled {
            recall,
            person: member.person,
            round,
            origin: id,
            reason,
            home,
            community: community.clone(),
            counts: !member.repeat,
        };
        decision.events.push(Event::Recalled(recalled.clone()));
        let known_at = tube.tested_at.map_or(facts.at(), |tested| tested.max(facts.at()));
        // Of several fillings the latest: that is when they were last sampled.
        let known = facts.state.swabs_in(round, member.person);
        let known = known.into_iter().find(|(swabbed, ..)| *swabbed == id).map(|(_, at, _)| at);
        let swabbed_at = match is_filling {
            true => facts.at(),
            false => known.or(tube.collected_at).unwrap_or_default(),
        };
        let since = Since { swab: (swabbed_at, id), known_at };
        swabbed_before(facts, rules, &recalled, since, decision);
    }
}

/// What a swab has to come after to answer a recall.
#[derive(Clone, Copy)]
pub(super) struct Since {
    /// The swab that led to it. Whoever looks up a person's result sees the last of their swabs.
    pub swab: (Micros, UnitId),
    /// When it was known that another is needed.
    pub known_at: Micros,
}

impl Since {
    /// Of an open recall.
    pub(super) fn of(facts: &Facts<'_>, recall: &Recall) -> Since {
        let opened = &recall.opened;
        let swabs = facts.state.swabs_in(opened.round, opened.person);
        let led = swabs.into_iter().find(|(tube, ..)| *tube == opened.origin);
        let at = led.map_or(Micros(i64::MIN), |(_, at, _)| at);
        Since { swab: (at, opened.origin), known_at: recall.opened_at }
    }
}

/// Whether a swab can answer a recall. Any later swab of the round will do for one that was lost;
/// whoever is held has to be sampled after that was known, alone where the rule says so.
pub(super) fn can_answer(
    rules: &protocol::Testing,
    reason: RecallReason,
    since: Since,
    (at, tube, mode): (Micros, UnitId, Mode),
) -> bool {
    let alone = mode == Mode::Single || !rules.retest.how.single_tube;
    let held = !reason.holds() || alone && at >= since.known_at - ledger::CLOCK_SKEW;
    held && (at, tube) > since.swab
}

/// What a tube says of one of its persons: nothing yet, nothing ever, or how it ends a recall.
enum Says {
    NothingYet,
    Nothing,
    Ends(RecallEnd),
}

fn says(tube: &Tube) -> Says {
    let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
    match tube.reading.filter(|_| settled && tube.reported_at.is_some()) {
        _ if tube.claims > 1 || tube.fault.is_some() => Says::Nothing,
        None => Says::NothingYet,
        Some(Reading::Negative) => Says::Ends(RecallEnd::Negative),
        Some(Reading::Positive) if tube.members.len() == 1 => Says::Ends(RecallEnd::Positive),
        Some(_) => Says::Nothing,
    }
}

/// The tube in which somebody stood wrongly, who is corrected away: it answers for them no more.
fn corrected(facts: &Facts<'_>) -> Option<UnitId> {
    match facts.asked.command {
        Command::CorrectMember(correction) => Some(correction.tube),
        _ => None,
    }
}

/// Records arrive in any order: the swab that answers a recall may be known before it. One that has
/// a result ends it at once.
fn swabbed_before(
    facts: &Facts<'_>,
    rules: &protocol::Testing,
    recalled: &Recalled,
    since: Since,
    decision: &mut Decision<Event>,
) {
    let mut waiting = None;
    let corrected = corrected(facts);
    for (id, at, fate) in facts.state.swabs_in(recalled.round, recalled.person) {
        let other = id != recalled.origin && Some(id) != corrected;
        let Some(tube) = facts.state.tubes.get(&id).filter(|_| other) else { continue };
        let theirs = tube.members.iter().any(|m| m.person == recalled.person);
        let stands = fate == SwabFate::Stands && theirs;
        let mode = tube.mode.unwrap_or(Mode::Ten);
        if !stands || !can_answer(rules, recalled.reason, since, (at, id, mode)) {
            continue;
        }
        match says(tube) {
            Says::Nothing => {}
            // The last of those that have no result: it is the one that was meant.
            Says::NothingYet => waiting = Some((id, tube, at)),
            Says::Ends(_) => return sampled(facts, rules, recalled, (id, tube, at), decision),
        }
    }
    if let Some(swab) = waiting {
        sampled(facts, rules, recalled, swab, decision);
    }
}

/// A swab that is known answers a recall: with its tube's result, or once there is one.
pub(super) fn sampled(
    facts: &Facts<'_>,
    rules: &protocol::Testing,
    recalled: &Recalled,
    (id, tube, at): (UnitId, &Tube, Micros),
    decision: &mut Decision<Event>,
) {
    let recall = recalled.recall;
    let said = says(tube);
    if matches!(said, Says::Nothing) {
        return;
    }
    decision.events.push(Event::RecallSampled { recall, tube: id, at: Some(at) });
    if let Says::Ends(how) = said {
        let own = tube.members.iter().any(|m| m.person == recalled.person && !m.repeat);
        let beside = own || !recalled.counts;
        decision.moves.push(Move::Close { unit: recall, reason: how.as_str().into() });
        decision.events.push(Event::RecallClosed { recall, how, beside });
    } else {
        let deadline = Some(at.max(facts.at()) + rules.retest.result_within.value);
        decision.moves.push(Move::Step { unit: recall, step: "resampled".into(), deadline });
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
        // Whose first swab of the round it is, its report counts.
        let person = recall.opened.person;
        let own = tube.members.iter().any(|m| m.person == person && !m.repeat);
        let beside = !ended.insert(person) || own;
        decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
        decision.events.push(Event::RecallClosed { recall: unit, how, beside });
    }
    let Some(round) = tube.round else { return Ok(reopened) };
    for member in tube.members.iter().filter(|m| ended.contains(&m.person)) {
        let open = facts.state.open_recalls(member.person, round);
        if open.iter().all(|r| r.tube == Some(id)) {
            answer_for_the_last(facts, (round, id, tube, member), decision)?;
        }
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

/// Ends the recalls that a tube led to: it was corrected to negative, or to somebody else's.
pub(super) fn withdraw(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let Some(round) = tube.round else { return Ok(()) };
    for member in &tube.members {
        let open = facts.state.open_recalls(member.person, round);
        let (ended, others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|open| open.opened.origin == id);
        for open in &ended {
            let (unit, how) = (open.opened.recall, RecallEnd::Withdrawn);
            decision.moves.push(Move::Close { unit, reason: how.as_str().into() });
            let beside = false;
            decision.events.push(Event::RecallClosed { recall: unit, how, beside });
        }
        if !ended.is_empty() && others.is_empty() {
            answer_for_the_last(facts, (round, id, tube, member), decision)?;
        }
    }
    Ok(())
}

/// Recalls again those whose recall this tube had ended, since their swab is not in it after all.
pub(super) fn again(facts: &Facts<'_>, id: UnitId, tube: &Tube, decision: &mut Decision<Event>) {
    let Some(round) = tube.round else { return };
    for member in &tube.members {
        let recalls = facts.state.recall_of.get(&member.person).into_iter().flatten();
        let ended = recalls.filter_map(|recall| facts.state.recalls.get(recall)).filter(|r| {
            let by_result = matches!(r.ending.as_deref(), Some("negative" | "positive"));
            by_result && r.tube == Some(id) && r.opened.round == round
        });
        // In an order that does not depend on memory.
        let mut ended: Vec<&Recall> = ended.filter(|r| r.opened.origin != id).collect();
        ended.sort_by_key(|r| r.opened.recall);
        for recall in ended {
            let opened = &recall.opened;
            let swabs = facts.state.swabs_in(round, opened.person);
            let at = swabs.iter().find(|s| s.0 == opened.origin).map(|s| s.1);
            let home = opened.home.as_ref().map(|_| 0);
            let swab = Tube {
                community: Some(opened.community.as_str().to_owned()),
                homes: opened.home.iter().cloned().collect(),
                ..swab_of(tube, at, Member { person: opened.person, home, repeat: true })
            };
            each(facts, (opened.origin, &swab), (opened.reason, true), decision);
        }
    }
}

/// Another swab of one of a tube's persons, who was counted before: with the first swab, or when the
/// first recall ended.
fn swab_of(tube: &Tube, at: Option<Micros>, member: Member) -> Tube {
    let members = vec![Member { repeat: true, ..member }];
    Tube { collected_at: at, tested_at: None, members, ..tube.clone() }
}

/// A recall that ends with what is known of a tube may have answered for a later swab, too: one whose
/// filling was set aside, so that nobody knows where it is, or one whose tube said nothing, which
/// opened it again or has two fillings that name somebody. Then another recall does.
fn answer_for_the_last(
    facts: &Facts<'_>,
    (round, known, tube, member): (RoundId, UnitId, &Tube, &Member),
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let corrected = corrected(facts);
    let theirs = |(id, _, fate): &(UnitId, Micros, SwabFate)| {
        Some(*id) != corrected && *fate != SwabFate::NotTheirs
    };
    let mut swabs = facts.state.swabs_in(round, member.person).into_iter();
    let Some((id, at, fate)) = swabs.rfind(theirs) else { return Ok(()) };
    let reason = match (fate, facts.state.tubes.get(&id)) {
        (SwabFate::SetAside, _) => Some(DISPUTE),
        (SwabFate::Stands, Some(of)) if id != known => laboratory::reason_to_recall(facts, of)?,
        _ => None,
    };
    if let Some(reason) = reason {
        let swab = swab_of(tube, Some(at), *member);
        each(facts, (id, &swab), (reason, true), decision);
    }
    Ok(())
}
