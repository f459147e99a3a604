//! What follows here from what happened at the cases desk: people begin to wait, are judged otherwise,
//! or were no cases at all. In the same entry of the journal.

use ledger::{Decision, Move};
use types::{HolderCode, Refusal, UnitId};

use super::leave::closing;
use super::place::{WAITING, hand_home};
use super::{Decided, Facts};
use crate::event::{Event, Queued};
use crate::rows::Episode;
use crate::words::{Ended, HomeKind, Stage};
use crate::{Patient, Reaction};

pub(crate) fn follow<C>(facts: &Facts<'_, C>, reaction: &Reaction) -> Decided {
    match reaction {
        Reaction::Infected(patient) => infected(facts, patient),
        Reaction::Ended { case, how, note } => ended(facts, *case, *how, note),
        Reaction::Merged { keep, gone } => merged(facts, *keep, *gone),
        Reaction::HandClosed { case, note } => hand_closed(facts, *case, note),
    }
}

/// Somebody is a case: waits from now on, or is known and perhaps otherwise judged.
fn infected<C>(facts: &Facts<'_, C>, p: &Patient) -> Decided {
    let id = crate::episode_of(p.case);
    let Some(known) = facts.state.episode(id) else {
        return if p.goes_on { queued(facts, p, id) } else { Ok(Decision::default()) };
    };
    let judged = (known.class, known.condition);
    let mut decision = Decision::default();
    if p.goes_on && is_done_with(known) {
        // It had been taken back, had died by mistake, or was let go, and is a case again: it waits for what is
        // decided next.
        match known.stage {
            Stage::Closed => decision.moves.extend(facts.units.undo_close(id)),
            _ => decision.join(hand_home(facts, known, WAITING, known.deadline)?),
        }
        let note = String::new();
        decision.events.push(Event::Requeued { episode: id, note });
    }
    if judged != (p.class, p.condition) {
        decision.events.push(Event::Judged {
            episode: id,
            class: p.class,
            severity: p.condition.severity,
            high_risk: p.condition.high_risk,
        });
    }
    Ok(decision)
}

/// Whether nothing is left but the time at home that follows a release, or not even that.
fn is_done_with(episode: &Episode) -> bool {
    match episode.stage {
        Stage::Closed => true,
        Stage::Home => {
            matches!(episode.home, Some((HomeKind::Monitoring | HomeKind::Isolation, _)))
        }
        Stage::Waiting | Stage::Assigned | Stage::Moving | Stage::InCare => false,
    }
}

fn queued<C>(facts: &Facts<'_, C>, p: &Patient, id: UnitId) -> Decided {
    // Where the protocol says nothing of care, people wait without a deadline.
    let within = facts.edition.care().ok().map(|care| care.transfer_within.value);
    let deadline = within.map(|within| p.since + within);
    let household = p.household.or_else(|| facts.state.households.get(&p.person).copied());
    Ok(Decision {
        moves: vec![Move::Open {
            unit: id,
            holder: HolderCode::desk(id.area()),
            step: WAITING.to_owned(),
            deadline,
            limit: None,
        }],
        events: vec![Event::Queued(Box::new(Queued {
            episode: id,
            case: p.case,
            person: p.person,
            household,
            sex: p.sex,
            age_months: p.age_months,
            place: p.place.clone(),
            since: p.since,
            deadline,
            class: p.class,
            severity: p.condition.severity,
            high_risk: p.condition.high_risk,
        }))],
        notes: Vec::new(),
    })
}

fn ended<C>(facts: &Facts<'_, C>, case: UnitId, how: Ended, note: &str) -> Decided {
    let id = crate::episode_of(case);
    let Some(known) = facts.state.episode(id) else { return Ok(Decision::default()) };
    if known.stage == Stage::Closed {
        return Ok(Decision::default());
    }
    Ok(Decision {
        moves: closing(facts, id, how),
        events: vec![Event::Ended { episode: id, how, note: note.to_owned() }],
        notes: Vec::new(),
    })
}

fn has_bed(episode: &Episode) -> bool {
    episode.bed().is_some()
}

/// Two records are one person, who has one place: the record that stands must be the one in a bed.
fn merged<C>(facts: &Facts<'_, C>, keep: UnitId, gone: UnitId) -> Decided {
    let Some(other) = facts.state.of_case(gone) else { return Ok(Decision::default()) };
    if other.stage == Stage::Closed {
        return Ok(Decision::default());
    }
    if has_bed(other) {
        return Err(Refusal::new("merge-keeps-the-bed").with("keep", gone));
    }
    let stays = facts.state.of_case(keep).is_some_and(|e| e.stage != Stage::Closed);
    if !stays {
        return Err(Refusal::new("merge-keeps-the-queue").with("keep", gone));
    }
    ended(facts, gone, Ended::Merged, "")
}

/// A case is discharged or released by hand at the cases desk. Nobody leaves a bed in this way: beds are
/// vacated by release at the care desk. Who waits leaves only as one who was cared for where this system
/// keeps no beds, and somebody says where.
fn hand_closed<C>(facts: &Facts<'_, C>, case: UnitId, note: &str) -> Decided {
    let Some(known) = facts.state.of_case(case) else { return Ok(Decision::default()) };
    match (known.stage, known.home) {
        (Stage::Waiting | Stage::Assigned | Stage::Moving, _) if note.trim().is_empty() => {
            Err(Refusal::new("case-in-the-queue").with("episode", known.id))
        }
        (Stage::Waiting | Stage::Assigned | Stage::Moving, _) => {
            ended(facts, case, Ended::Elsewhere, note)
        }
        (Stage::InCare, _) => Err(Refusal::new("case-in-care").with("episode", known.id)),
        // At home as a case: this is the release, and what follows it.
        (Stage::Home, Some((HomeKind::Refused | HomeKind::ByRule, _))) => {
            let after = &facts.edition.release()?.after.value;
            let kind = match after.care {
                protocol::Aftercare::HomeMonitoring => HomeKind::Monitoring,
                protocol::Aftercare::Isolation => HomeKind::Isolation,
            };
            let until = facts.at() + after.length;
            let mut decision = hand_home(facts, known, super::place::AT_HOME, Some(until))?;
            decision.events.push(Event::WentHome {
                episode: known.id,
                kind,
                until: Some(until),
                note: String::new(),
            });
            Ok(decision)
        }
        _ => Ok(Decision::default()),
    }
}
