//! The way to the laboratory.

use ledger::Entry;
use types::{HolderCode, Micros, UnitId};

use super::{RoundKey, tube_key};
use crate::event::Leg;
use crate::rows::Amount;
use crate::state::{Stage, State, Step};

pub(super) fn carry(state: &mut State, unit: UnitId, leg: Leg, taker: &HolderCode, at: Micros) {
    if leg == Leg::Elsewhere {
        return;
    }
    let in_lab = leg == Leg::Lab;
    if unit.kind() == crate::BOX {
        let row = state.box_mut(unit);
        let first_sent = row.sent_at.is_none();
        let first_received = in_lab && row.received_at.is_none();
        // What a laboratory has received was sent, whether or not the courier recorded it.
        row.sent_at.get_or_insert(at);
        if in_lab {
            row.received_at.get_or_insert(at);
            row.lab = Some(taker.as_str().to_owned());
        } else {
            row.courier = Some(taker.as_str().to_owned());
        }
        let load: Vec<(RoundKey, String, Amount)> =
            row.load.iter().map(|((a, r, c), n)| ((*a, *r), c.clone(), *n)).collect();
        for (key, place, n) in load {
            if first_sent {
                state.count(key, &place, Stage::Sent, at, n.persons, n.tubes);
            }
            if first_received {
                // A laboratory's load is the sum over the areas that its tubes come from.
                state.count(key, &place, Stage::Received, at, n.persons, n.tubes);
                state.count_lab(key.0, taker.as_str(), Stage::Received, at, n.tubes);
            }
        }
    } else if unit.kind() == crate::TUBE {
        if !in_lab {
            mark_sent(state, unit, at);
        } else {
            mark_received(state, unit, taker, at);
        }
    }
}

fn mark_sent(state: &mut State, tube: UnitId, at: Micros) {
    let row = state.tube_mut(tube);
    if row.sent_at.is_some() {
        return;
    }
    row.sent_at = Some(at);
    let (swabs, collected_at) = (row.members.len() as i64, row.collected_at);
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Sent, at, swabs, 1);
        state.time(key, Step::Collect, collected_at, Some(at));
    }
}

pub(super) fn mark_received(state: &mut State, tube: UnitId, lab: &HolderCode, at: Micros) {
    mark_sent(state, tube, at);
    let row = state.tube_mut(tube);
    if row.received_at.is_some() {
        return;
    }
    row.received_at = Some(at);
    row.lab = Some(lab.as_str().to_owned());
    let (swabs, sent_at) = (row.members.len() as i64, row.sent_at);
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Received, at, swabs, 1);
        state.count_lab(key.0, lab.as_str(), Stage::Received, at, 1);
        state.time(key, Step::Deliver, sent_at, Some(at));
    }
}

pub(super) fn unbox(
    state: &mut State,
    entry: &Entry,
    (box_, lab): (UnitId, &HolderCode),
    tubes: &[UnitId],
    missing: &[UnitId],
    surplus: &[UnitId],
) {
    let at = entry.event_time;
    let row = state.box_mut(box_);
    row.opened_at.get_or_insert(at);
    row.lab = Some(lab.as_str().to_owned());
    row.missing += missing.len() as i64;
    row.surplus += surplus.len() as i64;
    let (sent_at, received_at) = (row.sent_at, row.received_at);
    for tube in tubes {
        let row = state.tube_mut(*tube);
        let known_before = row.received_at.is_some();
        // The box has counted these as sent and received, if it was itself.
        if let (Some(sent), Some(received), false) = (sent_at, received_at, known_before) {
            row.sent_at.get_or_insert(sent);
            row.received_at = Some(received);
            row.lab = Some(lab.as_str().to_owned());
            let collected_at = row.collected_at;
            if let Some((key, _)) = tube_key(state, *tube) {
                state.time(key, Step::Collect, collected_at, Some(sent));
                state.time(key, Step::Deliver, Some(sent), Some(received));
            }
        } else {
            mark_received(state, *tube, lab, at);
        }
    }
    for tube in surplus {
        mark_received(state, *tube, lab, at);
    }
}
