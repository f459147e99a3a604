//! The way to the laboratory.

use ledger::Entry;
use types::{HolderCode, Micros, UnitId};

use super::{RoundKey, tube_key};
use crate::event::Leg;
use crate::rows::Amount;
use crate::state::{Stage, State};

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
        // What has come out again counts as what was never in: the store has forgotten it.
        row.load.retain(|_, n| *n != Amount::default());
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

/// Takes a tube out of its box's load: from now on it is counted by itself, beginning with what
/// the box has been through.
fn leave_load(state: &mut State, tube: UnitId) {
    let Some((key, place)) = tube_key(state, tube) else { return };
    let row = state.tube_mut(tube);
    let Some(box_) = row.boxed.take() else { return };
    let swabs = row.members.len() as i64;
    let from = state.box_mut(box_);
    if let Some(amount) = from.load.get_mut(&(key.0, key.1, place)) {
        amount.tubes -= 1;
        amount.persons -= swabs;
    }
    let (sent_at, received_at, lab) = (from.sent_at, from.received_at, from.lab.clone());
    let row = state.tube_mut(tube);
    row.sent_at = sent_at;
    row.received_at = received_at;
    if received_at.is_some() {
        row.lab = lab;
    }
}

/// Puts a tube whose filling is known into a box's load, and catches up with what the box has
/// been through. A tube that was on its way by itself before stays counted by itself.
pub(super) fn load_into(state: &mut State, tube: UnitId, box_: UnitId) {
    leave_load(state, tube);
    let Some((key, place)) = tube_key(state, tube) else { return };
    let row = state.tube_mut(tube);
    if row.sent_at.is_some() || row.received_at.is_some() {
        return;
    }
    row.boxed = Some(box_);
    let (swabs, collected_at) = (row.members.len() as i64, row.collected_at);
    let into = state.box_mut(box_);
    let amount = into.load.entry((key.0, key.1, place.clone())).or_default();
    amount.tubes += 1;
    amount.persons += swabs;
    into.oldest = match (into.oldest, collected_at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let (sent_at, received_at, lab) = (into.sent_at, into.received_at, into.lab.clone());
    if let Some(at) = sent_at {
        state.count(key, &place, Stage::Sent, at, swabs, 1);
    }
    if let Some(at) = received_at {
        count_received(state, tube, lab.as_deref(), at, 1);
    }
}

fn count_received(state: &mut State, tube: UnitId, lab: Option<&str>, at: Micros, by: i64) {
    let Some((key, place)) = tube_key(state, tube) else { return };
    let swabs = state.tubes.get(&tube).map_or(0, |t| t.members.len() as i64);
    state.count(key, &place, Stage::Received, at, by * swabs, by);
    if let Some(lab) = lab {
        state.count_lab(key.0, lab, Stage::Received, at, by);
    }
}

fn mark_sent(state: &mut State, tube: UnitId, at: Micros) {
    leave_load(state, tube);
    let row = state.tube_mut(tube);
    if row.sent_at.is_some() {
        return;
    }
    row.sent_at = Some(at);
    let swabs = row.members.len() as i64;
    if let Some((key, place)) = tube_key(state, tube) {
        state.count(key, &place, Stage::Sent, at, swabs, 1);
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
    count_received(state, tube, Some(lab.as_str()), at, 1);
}

/// A tube that its box should have held was sent, as far as anybody knows, and not received.
fn mark_missing(state: &mut State, tube: UnitId, at: Micros) {
    mark_sent(state, tube, at);
    let row = state.tube_mut(tube);
    let lab = row.lab.take();
    if let Some(counted) = row.received_at.take() {
        count_received(state, tube, lab.as_deref(), counted, -1);
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
    let sent_at = row.sent_at.unwrap_or(at);
    for tube in tubes.iter().chain(surplus) {
        mark_received(state, *tube, lab, at);
    }
    for tube in missing {
        mark_missing(state, *tube, sent_at);
    }
}
