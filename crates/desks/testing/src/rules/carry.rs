//! Delivering: boxes, hand-overs between site, courier and laboratory, opening a box.

use ledger::{Decision, Move};
use types::{HolderCode, Micros, Refusal, Span, UnitId};

use super::{Decided, Facts, check_kind, rounds};
use crate::command::{HandOver, OpenBox, Pack};
use crate::event::{Event, Leg};
use crate::{BOX, TUBE};

/// Both sides of a hand-over record it within this time of each other; later it is another one.
const SAME_HAND_OVER: Span = Span::minutes(30);

/// By when a box must leave: its oldest tube's clock counts.
fn dispatch_deadline(facts: &Facts<'_>, box_: UnitId, tubes: &[UnitId]) -> Result<Micros, Refusal> {
    let clocks = &facts.rules()?.clock;
    let oldest = tubes
        .iter()
        .filter_map(|t| facts.state.tubes.get(t)?.collected_at)
        .chain(facts.state.boxes.get(&box_).and_then(|b| b.oldest))
        .min()
        .unwrap_or(facts.at());
    Ok(oldest + clocks.seal_box.value + clocks.box_dispatch.value)
}

pub(super) fn pack(facts: &Facts<'_>, pack: &Pack) -> Decided {
    check_kind(pack.box_, BOX)?;
    if pack.tubes.is_empty() {
        return Err(Refusal::new("box-empty").with("box", pack.box_));
    }
    let custody = facts.units.custody(pack.box_);
    if custody.and_then(|c| c.closed.as_ref()).is_some_and(|(_, at)| facts.at() > *at) {
        return Err(Refusal::new("box-closed").with("box", pack.box_));
    }
    let mut decision = Decision::default();
    let deadline = Some(dispatch_deadline(facts, pack.box_, &pack.tubes)?);
    if custody.is_none_or(|c| c.opened_at.is_none()) {
        decision.moves.push(Move::Open {
            unit: pack.box_,
            holder: pack.holder.clone(),
            step: "packing".into(),
            deadline,
            limit: None,
        });
    } else {
        decision.moves.push(Move::Step { unit: pack.box_, step: "packing".into(), deadline });
    }
    let mut tubes = Vec::with_capacity(pack.tubes.len());
    for tube in &pack.tubes {
        check_kind(*tube, TUBE)?;
        let known = facts.units.custody(*tube);
        if tubes.contains(tube) || known.is_some_and(|c| c.parent == Some(pack.box_)) {
            decision.notes.push(Refusal::new("tube-already-in-box").with("tube", tube));
            continue;
        }
        if let Some((reason, _)) = known.and_then(|c| c.closed.as_ref()) {
            let remark = Refusal::new("unit-closed").with("unit", tube).with("reason", reason);
            decision.notes.push(remark);
        }
        decision.moves.push(Move::Pack { unit: *tube, into: pack.box_ });
        tubes.push(*tube);
    }
    let missing = packed_after_opening(facts, pack.box_, &tubes, &mut decision);
    let event = Event::Packed { box_: pack.box_, tubes, holder: pack.holder.clone() };
    decision.events.push(event);
    decision.events.extend(missing);
    Ok(decision)
}

/// The site's record comes after the laboratory has opened the box: tubes that it did not find
/// turn out to be missing.
fn packed_after_opening(
    facts: &Facts<'_>,
    box_: UnitId,
    tubes: &[UnitId],
    decision: &mut Decision<Event>,
) -> Option<Event> {
    let row = facts.state.boxes.get(&box_).filter(|b| b.opened_at.is_some())?;
    let lab = HolderCode::parse(row.lab.as_deref()?).ok()?;
    let unseen = |tube: &&UnitId| {
        facts.state.tubes.get(tube).is_none_or(|t| t.received_at.is_none() && t.boxed.is_none())
    };
    let missing: Vec<UnitId> = tubes.iter().filter(unseen).copied().collect();
    if missing.is_empty() {
        return None;
    }
    decision
        .moves
        .extend(missing.iter().map(|tube| unpack(*tube, &lab, "missing", Some(facts.at()))));
    let remark = Refusal::new("box-tubes-missing").with("box", box_).with("count", missing.len());
    decision.notes.push(remark);
    Some(Event::Unboxed { box_, lab, tubes: Vec::new(), missing, surplus: Vec::new() })
}

pub(super) fn seal_box(facts: &Facts<'_>, box_: UnitId) -> Decided {
    check_kind(box_, BOX)?;
    let Some(custody) = facts.units.custody(box_) else {
        return Err(Refusal::new("box-empty").with("box", box_));
    };
    // A record that comes late is about a time when the box was not closed yet.
    if custody.closed.as_ref().is_some_and(|(_, at)| facts.at() > *at) {
        return Err(Refusal::new("box-closed").with("box", box_));
    }
    let deadline = Some(dispatch_deadline(facts, box_, &[])?);
    Ok(Decision {
        moves: vec![Move::Step { unit: box_, step: "ready".into(), deadline }],
        events: vec![Event::BoxSealed { box_ }],
        notes: Vec::new(),
    })
}

/// The step and clock that begin with a taker.
fn leg_of(
    facts: &Facts<'_>,
    unit: UnitId,
    taker: &HolderCode,
) -> Result<(Leg, &'static str, Micros), Refusal> {
    let rules = facts.rules()?;
    let at = facts.at();
    Ok(match taker.kind() {
        "courier" => {
            let oldest = match unit.kind() {
                BOX => facts.state.boxes.get(&unit).and_then(|b| b.oldest),
                _ => facts.state.tubes.get(&unit).and_then(|t| t.collected_at),
            };
            // Swabs may not stay warm for longer than the handbook allows, whatever the road.
            let warm = oldest.map(|sealed_at| keeps(rules, sealed_at));
            let clock = at + rules.clock.dispatch_receive.value;
            (Leg::Transit, "in_transit", warm.map_or(clock, |w| clock.min(w)))
        }
        "lab" => (Leg::Lab, "at_lab", at + rules.clock.receive_load.value),
        _ => (Leg::Elsewhere, "held", at + rules.clock.box_dispatch.value),
    })
}

/// How long the swabs in a tube keep at room temperature, whatever box it lies in.
pub(super) fn keeps(rules: &protocol::Testing, sealed_at: Micros) -> Micros {
    sealed_at + rules.transport.conditions.room_temperature_max
}

/// Until when a loose tube's swabs keep; a box has no limit but that of each tube in it.
fn keeps_until(facts: &Facts<'_>, unit: UnitId) -> Result<Option<Micros>, Refusal> {
    let sealed_at = facts.state.tubes.get(&unit).and_then(|tube| tube.collected_at);
    let rules = facts.rules()?;
    Ok(sealed_at.map(|at| keeps(rules, at)))
}

/// A hand-over is taken whatever we believed before: custody, gaps and disputes follow from
/// the history. If the other side has recorded the same one, this is its confirmation.
pub(super) fn hand_over(facts: &Facts<'_>, hand: &HandOver) -> Decided {
    if hand.unit.kind() != BOX {
        check_kind(hand.unit, TUBE)?;
    }
    let actor = facts.asked.actor.holder.as_ref();
    let giver = hand.giver.clone().or_else(|| {
        // The giver records it: it is the one who signed in, unless that is the taker.
        actor.filter(|a| **a != hand.taker).cloned()
    });
    if giver.as_ref() == Some(&hand.taker) {
        return Err(Refusal::new("same-holder").with("holder", &hand.taker));
    }
    if let Some(first) = recorded_before(facts, hand, giver.as_ref()) {
        return Ok(Decision {
            events: vec![Event::Confirmed {
                unit: hand.unit,
                first,
                countersign: hand.countersign.clone(),
            }],
            ..Decision::default()
        });
    }
    let mut decision = Decision::default();
    let (leg, step, deadline) = leg_of(facts, hand.unit, &hand.taker)?;
    if let Some((reason, _)) = facts.units.custody(hand.unit).and_then(|c| c.closed.as_ref()) {
        let remark = Refusal::new("unit-closed").with("unit", hand.unit).with("reason", reason);
        decision.notes.push(remark);
    }
    if facts.units.custody(hand.unit).is_none() {
        decision.notes.push(Refusal::new("unit-unexplained").with("unit", hand.unit));
    }
    let evidence = match (&hand.countersign, &hand.note) {
        (Some(sign), Some(note)) => Some(format!("{sign} {note}")),
        (sign, note) => sign.clone().or_else(|| note.clone()),
    };
    decision.moves.push(Move::Hand {
        unit: hand.unit,
        giver,
        taker: hand.taker.clone(),
        step: step.into(),
        deadline: Some(deadline),
        limit: if leg == Leg::Lab { None } else { keeps_until(facts, hand.unit)? },
        evidence,
    });
    decision.events.push(Event::Carried { unit: hand.unit, leg, taker: hand.taker.clone() });
    Ok(decision)
}

fn recorded_before(
    facts: &Facts<'_>,
    hand: &HandOver,
    from: Option<&HolderCode>,
) -> Option<types::CommandId> {
    facts.units.moments(hand.unit).iter().find_map(|moment| match &moment.what {
        Move::Hand { giver, taker, .. } => {
            let apart = Span((moment.event_time - facts.at()).0.abs());
            let same = *taker == hand.taker && (from.is_none() || giver.as_ref() == from);
            (same && apart <= SAME_HAND_OVER).then_some(moment.reference.command)
        }
        _ => None,
    })
}

/// Opening a box compares what was found with what the box should hold. Both kinds of
/// difference stay visible: what is missing is late at once, what is surplus is a gap.
pub(super) fn open_box(facts: &Facts<'_>, open: &OpenBox) -> Decided {
    check_kind(open.box_, BOX)?;
    rounds::holder_kind(&open.lab, "lab")?;
    let deadline = Some(facts.at() + facts.rules()?.clock.receive_load.value);
    let mut decision = Decision::default();
    let custody = facts.units.custody(open.box_);
    if facts.units.holder(open.box_) != Some(&open.lab) {
        // Opened here, so it is here, whoever brought it.
        decision.notes.push(Refusal::new("unit-unexplained").with("unit", open.box_));
        decision.moves.push(receive(open.box_, &open.lab, "at_lab", deadline));
        decision.events.push(Event::Carried {
            unit: open.box_,
            leg: Leg::Lab,
            taker: open.lab.clone(),
        });
    }
    let expected = facts.units.inside(open.box_);
    let (mut tubes, mut surplus) = (Vec::new(), Vec::new());
    for tube in &open.found {
        check_kind(*tube, TUBE)?;
        if tubes.contains(tube) || surplus.contains(tube) {
            continue;
        }
        if expected.contains(tube) {
            tubes.push(*tube);
            decision.moves.push(unpack(*tube, &open.lab, "received", deadline));
        } else if facts.units.holder(*tube) == Some(&open.lab) {
            decision.notes.push(Refusal::new("tube-already-received").with("tube", tube));
        } else {
            surplus.push(*tube);
            decision.moves.push(receive(*tube, &open.lab, "received", deadline));
        }
    }
    let missing: Vec<UnitId> = expected.into_iter().filter(|t| !tubes.contains(t)).collect();
    for tube in &missing {
        decision.moves.push(unpack(*tube, &open.lab, "missing", Some(facts.at())));
    }
    for (count, code) in
        [(missing.len(), "box-tubes-missing"), (surplus.len(), "box-tubes-surplus")]
    {
        if count > 0 {
            decision.notes.push(Refusal::new(code).with("box", open.box_).with("count", count));
        }
    }
    if custody.is_none_or(|c| c.closed.is_none()) {
        decision.moves.push(Move::Close { unit: open.box_, reason: "emptied".into() });
    }
    decision.events.push(Event::Unboxed {
        box_: open.box_,
        lab: open.lab.clone(),
        tubes,
        missing,
        surplus,
    });
    Ok(decision)
}

/// Something turns up at a laboratory: nobody says who gave it.
pub(super) fn receive(
    unit: UnitId,
    lab: &HolderCode,
    step: &str,
    deadline: Option<Micros>,
) -> Move {
    Move::Hand {
        unit,
        giver: None,
        taker: lab.clone(),
        step: step.into(),
        deadline,
        limit: None,
        evidence: None,
    }
}

fn unpack(unit: UnitId, lab: &HolderCode, step: &str, deadline: Option<Micros>) -> Move {
    Move::Unpack { unit, holder: lab.clone(), step: step.into(), deadline, limit: None }
}
