//! Testing and reporting: plates, results, faults, and what follows for the persons.

use std::collections::HashSet;

use ledger::{Decision, Move};
use protocol::RetestOn;
use types::{Refusal, UnitId};

use super::{Decided, Facts, carry, check_kind, dispute, recall, rounds};
use crate::TUBE;
use crate::command::{LoadPlate, Mark, RecordResult};
use crate::event::{Event, RecallReason, Resulted};
use crate::rows::Tube;
use crate::words::{Reading, ResultStatus};

fn is_well(text: &str) -> bool {
    let mut chars = text.chars();
    let row = chars.next().is_some_and(|c| ('A'..='P').contains(&c));
    row && chars.as_str().parse::<u8>().is_ok_and(|n| (1..=24).contains(&n))
}

/// One tube a well: a pool is not pooled again. Tubes that nobody handed over are taken with
/// a remark, since they are on the plate.
pub(super) fn load_plate(facts: &Facts<'_>, load: &LoadPlate) -> Decided {
    rounds::holder_kind(&load.lab, "lab")?;
    if load.wells.is_empty() || load.plate.trim().is_empty() {
        return Err(Refusal::new("plate-empty").with("plate", &load.plate));
    }
    let (mut wells, mut tubes) = (HashSet::new(), HashSet::new());
    for well in &load.wells {
        check_kind(well.tube, TUBE)?;
        if !is_well(&well.well) {
            return Err(Refusal::new("well-unknown").with("well", &well.well));
        }
        if !wells.insert(&well.well) {
            return Err(Refusal::new("no-pool-of-pools")
                .with("well", &well.well)
                .by_rule("test.pool.other"));
        }
        if !tubes.insert(well.tube) {
            return Err(Refusal::new("tube-in-two-wells").with("tube", well.tube));
        }
    }
    let rules = facts.rules()?;
    let deadline = Some(facts.at() + rules.clock.load_result.value);
    let mut decision = Decision::default();
    for well in &load.wells {
        let custody = facts.units.custody(well.tube);
        if is_closed(facts, well.tube) {
            let remark = Refusal::new("tube-tested-again").with("tube", well.tube);
            decision.notes.push(remark);
        } else if facts.units.holder(well.tube) == Some(&load.lab)
            && custody.is_some_and(|c| c.parent.is_none() && c.closed.is_none())
        {
            decision.moves.push(Move::Step { unit: well.tube, step: "loaded".into(), deadline });
        } else {
            decision.notes.push(Refusal::new("unit-unexplained").with("unit", well.tube));
            decision.moves.push(carry::receive(well.tube, &load.lab, "loaded", deadline));
        }
        let age = facts.state.tubes.get(&well.tube).and_then(|t| t.collected_at);
        if age.is_some_and(|from| facts.at() - from > rules.transport.specimen_age_max.value) {
            let rule = &rules.transport.specimen_age_max;
            decision.notes.push(rule.refuse("specimen-too-old").with("tube", well.tube));
        }
    }
    decision.events.push(Event::Loaded {
        plate: load.plate.trim().to_owned(),
        lab: load.lab.clone(),
        wells: load.wells.clone(),
    });
    Ok(decision)
}

fn from_protocol(reading: protocol::Reading) -> Reading {
    match reading {
        protocol::Reading::Positive => Reading::Positive,
        protocol::Reading::SingleTarget => Reading::SingleTarget,
        protocol::Reading::Grey => Reading::Grey,
        protocol::Reading::Negative => Reading::Negative,
        protocol::Reading::Invalid => Reading::Invalid,
    }
}

/// Reads a tube by the protocol in force; the laboratory's own reading counts only when it
/// sends no Ct values. Gives the rule that makes it invalid, if one does.
fn read(facts: &Facts<'_>, r: &RecordResult) -> Result<(Reading, Option<String>), Refusal> {
    let rules = facts.rules()?;
    let no_values = r.ct_n.is_none() && r.ct_orf1ab.is_none() && r.ct_control.is_none();
    let by_values = || {
        let targets = [("N", r.ct_n), ("ORF1ab", r.ct_orf1ab)];
        from_protocol(rules.result.read(&targets, r.ct_control))
    };
    let reading = match r.stated {
        Some(stated) if no_values => stated,
        _ => by_values(),
    };
    let tube = facts.state.tubes.get(&r.tube);
    let begun = tube.and_then(|t| t.loaded_at).unwrap_or(r.tested_at);
    let sealed = tube.and_then(|t| t.collected_at);
    let oldest = &rules.transport.specimen_age_max;
    if reading == Reading::Negative && sealed.is_some_and(|from| begun - from > oldest.value) {
        // Too old to trust a negative; a positive stays one.
        return Ok((Reading::Invalid, Some(oldest.id().to_owned())));
    }
    let rule = (reading == Reading::Invalid && !no_values)
        .then(|| rules.result.control_max.id().to_owned());
    Ok((reading, rule))
}

pub(super) fn record_result(facts: &Facts<'_>, r: &RecordResult) -> Decided {
    check_kind(r.tube, TUBE)?;
    rounds::holder_kind(&r.lab, "lab")?;
    let (reading, rule) = read(facts, r)?;
    let empty = Tube::default();
    let tube = facts.state.tubes.get(&r.tube).unwrap_or(&empty);
    let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
    let mut decision = Decision::default();
    let mut status = r.status;
    if settled && status == ResultStatus::Final {
        // Another well of another run is another test, also with the same reading: the tube was
        // tested again, or two tubes bear its code.
        let other_run = r.plate.is_some() && (&r.plate, &r.well) != (&tube.plate, &tube.well);
        if tube.reading == Some(reading) && !other_run {
            return Err(Refusal::new("result-already-recorded").with("tube", r.tube));
        }
        if tube.reading == Some(reading) {
            decision.notes.push(Refusal::new("result-confirms-earlier").with("tube", r.tube));
        } else {
            // A different final result is a correction, whatever the sender calls it.
            status = ResultStatus::Corrected;
            decision.notes.push(
                Refusal::new("result-corrects-earlier")
                    .with("tube", r.tube)
                    .with("before", tube.reading.map_or("", Reading::as_str)),
            );
        }
    }
    if let Some(stated) = r.stated.filter(|s| *s != reading) {
        decision.notes.push(
            Refusal::new("reading-differs")
                .with("stated", stated.as_str())
                .with("reading", reading.as_str()),
        );
    }
    if let Some(rule) = &rule {
        decision.notes.push(
            Refusal::new("result-invalid-by-rule").with("tube", r.tube).by_rule(rule.clone()),
        );
    }
    if is_spoiled(tube) {
        let fault = tube.fault.as_deref().unwrap_or_default();
        decision
            .notes
            .push(Refusal::new("result-of-spoiled-tube").with("tube", r.tube).with("fault", fault));
    }
    let custody = facts.units.custody(r.tube);
    if status != ResultStatus::Preliminary && !is_closed(facts, r.tube) {
        let deadline = Some(facts.at() + facts.rules()?.clock.result_report.value);
        let here = facts.units.holder(r.tube) == Some(&r.lab)
            && custody.is_some_and(|c| c.parent.is_none() && c.closed.is_none());
        if here {
            decision.moves.push(Move::Step { unit: r.tube, step: "tested".into(), deadline });
        } else {
            decision.notes.push(Refusal::new("unit-unexplained").with("unit", r.tube));
            decision.moves.push(carry::receive(r.tube, &r.lab, "tested", deadline));
        }
    }
    decision.events.push(Event::Resulted(Resulted {
        tube: r.tube,
        lab: r.lab.clone(),
        plate: r.plate.clone(),
        well: r.well.clone(),
        ct_n: r.ct_n,
        ct_orf1ab: r.ct_orf1ab,
        ct_control: r.ct_control,
        reading,
        status,
        tested_at: r.tested_at,
        rule,
    }));
    if status == ResultStatus::Preliminary {
        return Ok(decision);
    }
    if !tube.is_collected() {
        // Nobody has said yet whose tube it is: what follows for them follows then.
        decision.notes.push(Refusal::new("tube-filling-unknown").with("tube", r.tube));
        return Ok(decision);
    }
    let tested = Tube { tested_at: Some(r.tested_at), ..tube.clone() };
    consequences(facts, r.tube, &tested, reading, &mut decision)?;
    Ok(decision)
}

/// What a final reading means for the tube and its persons.
pub(super) fn consequences(
    facts: &Facts<'_>,
    id: UnitId,
    tube: &Tube,
    reading: Reading,
    decision: &mut Decision<Event>,
) -> Result<(), Refusal> {
    let alone = tube.members.len() == 1;
    if tube.claims > 1 {
        let others = dispute::open_claims(facts, id).map(|(_, claim)| claim.fill(tube));
        for filling in std::iter::once(tube.clone()).chain(others) {
            recall::members(facts, id, &filling, recall::DISPUTE, decision);
        }
        return Ok(()); // Stays with the laboratory until a person decides.
    }
    if is_spoiled(tube) {
        // What leaked or could not be tested clears nobody, whatever it says. But a doubt is one.
        let reopened = recall::answer(facts, id, tube, Reading::Invalid, decision)?;
        let fault = recall::of_fault(tube.fault.as_deref().unwrap_or_default());
        let reason = match reading {
            Reading::Negative | Reading::Invalid => fault,
            _ if alone => RecallReason::Unclear,
            _ => RecallReason::PoolNotNegative,
        };
        recall::others(facts, id, tube, (reason, &reopened), decision);
        return Ok(());
    }
    let reopened = recall::answer(facts, id, tube, reading, decision)?;
    let settles = matches!(reading, Reading::Negative) || alone && reading == Reading::Positive;
    let reason = if reading == Reading::Invalid { "invalid" } else { "reported" };
    if settles {
        // It has turned out that nobody had to come again: a correction, or a dispute resolved.
        recall::withdraw(facts, id, tube, decision)?;
    }
    if let Some(reason) = reading_recalls(facts, reading, alone)? {
        recall::others(facts, id, tube, (reason, &reopened), decision);
    }
    let but = recall::settled_before(facts, id, tube);
    decision.events.push(Event::Reported { tube: id, settles, but });
    if !is_closed(facts, id) {
        decision.moves.push(Move::Close { unit: id, reason: reason.into() });
    }
    Ok(())
}

/// Whether a tube's story has ended for good. What was lost can be found.
fn is_closed(facts: &Facts<'_>, tube: UnitId) -> bool {
    let closed = facts.units.custody(tube).and_then(|c| c.closed.as_ref());
    closed.is_some_and(|(reason, _)| reason != ledger::LOST)
}

/// Whether it was marked as leaked or invalid. One that was lost is as good as ever.
fn is_spoiled(tube: &Tube) -> bool {
    tube.fault.as_deref().is_some_and(|fault| fault != ledger::LOST)
}

/// Why the persons of a tube with such a final reading are recalled, if they are.
fn reading_recalls(
    facts: &Facts<'_>,
    reading: Reading,
    alone: bool,
) -> Result<Option<RecallReason>, Refusal> {
    let on = match reading {
        Reading::Negative => return Ok(None),
        Reading::Invalid => return Ok(Some(RecallReason::Invalid)),
        Reading::Positive if alone => return Ok(None),
        Reading::Positive => RetestOn::Positive,
        Reading::Grey => RetestOn::Grey,
        Reading::SingleTarget => RetestOn::SingleTarget,
    };
    let held = if alone { RecallReason::Unclear } else { RecallReason::PoolNotNegative };
    Ok(facts.rules()?.retest.how.on.contains(&on).then_some(held))
}

/// Why a person who stands in a tube as it is now is recalled, if they are.
pub(super) fn reason_to_recall(
    facts: &Facts<'_>,
    tube: &Tube,
) -> Result<Option<RecallReason>, Refusal> {
    if let Some(fault) = &tube.fault {
        return Ok(Some(recall::of_fault(fault)));
    }
    let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
    match tube.reading.filter(|_| settled) {
        None => Ok(None),
        Some(_) if tube.claims > 1 => Ok(Some(recall::DISPUTE)),
        Some(reading) => reading_recalls(facts, reading, tube.members.len() == 1),
    }
}

/// Releases results that were held back: disputed tubes after the dispute is resolved.
pub(super) fn report(facts: &Facts<'_>, tubes: &[UnitId]) -> Decided {
    let mut decision = Decision::default();
    for id in tubes {
        check_kind(*id, TUBE)?;
        let Some(tube) = facts.state.tubes.get(id) else {
            return Err(Refusal::new("tube-unknown").with("tube", id));
        };
        let Some(reading) = tube.reading.filter(|_| tube.status.as_deref() != Some("preliminary"))
        else {
            return Err(Refusal::new("tube-without-result").with("tube", id));
        };
        if tube.fault.is_some() {
            return Err(Refusal::new("tube-already-marked").with("tube", id));
        }
        if tube.reported_at.is_some() {
            decision.notes.push(Refusal::new("tube-already-reported").with("tube", id));
            continue;
        }
        if !tube.is_collected() {
            // Nobody has said whose tube it is: there is nobody to release it to.
            return Err(Refusal::new("tube-filling-unknown").with("tube", id));
        }
        if tube.claims > 1 {
            return Err(Refusal::new("tube-disputed").with("tube", id));
        }
        consequences(facts, *id, tube, reading, &mut decision)?;
    }
    Ok(decision)
}

/// A tube that gives no result: its members are recalled at once.
pub(super) fn mark(facts: &Facts<'_>, mark: &Mark) -> Decided {
    check_kind(mark.tube, TUBE)?;
    let empty = Tube::default();
    let tube = facts.state.tubes.get(&mark.tube).unwrap_or(&empty);
    if tube.reported_at.is_some() {
        return Err(Refusal::new("tube-already-reported").with("tube", mark.tube));
    }
    if tube.fault.is_some() {
        return Err(Refusal::new("tube-already-marked").with("tube", mark.tube));
    }
    let mut decision = Decision::default();
    decision.moves.push(Move::Close { unit: mark.tube, reason: mark.fault.as_str().into() });
    decision.events.push(Event::Faulted {
        tube: mark.tube,
        fault: mark.fault,
        note: mark.note.clone(),
    });
    let reason = recall::of_fault(mark.fault.as_str());
    let others = dispute::open_claims(facts, mark.tube).map(|(_, claim)| claim.fill(tube));
    // What is lost is lost for every group that claims it.
    for filling in std::iter::once(tube.clone()).chain(others) {
        // A recall's new tube that is lost leaves the recall open for another swab.
        let reopened = recall::answer(facts, mark.tube, &filling, Reading::Invalid, &mut decision)?;
        recall::others(facts, mark.tube, &filling, (reason, &reopened), &mut decision);
    }
    Ok(decision)
}
