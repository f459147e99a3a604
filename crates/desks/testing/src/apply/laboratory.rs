//! Plates, results, reports, recalls.

use ledger::Entry;
use store::Value;
use types::{HolderCode, Micros, PersonId, PlaceCode, UnitId};

use super::carry::mark_received;
use super::{RoundKey, tube_key};
use crate::command::Well;
use crate::event::{RecallEnd, Recalled, Resulted};
use crate::rows::{Recall, Settled};
use crate::state::{Stage, State};
use crate::words::{Reading, ResultStatus};

pub(super) fn load_plate(
    state: &mut State,
    entry: &Entry,
    plate: &str,
    lab: &HolderCode,
    wells: &[Well],
) {
    let at = entry.event_time;
    for well in wells {
        mark_received(state, well.tube, lab, at);
        let row = state.tube_mut(well.tube);
        let first = row.loaded_at.is_none();
        row.loaded_at.get_or_insert(at);
        row.lab = Some(lab.as_str().to_owned());
        row.plate = Some(plate.to_owned());
        row.well = Some(well.well.clone());
        let swabs = row.members.len() as i64;
        if let (true, Some((key, place))) = (first, tube_key(state, well.tube)) {
            state.count(key, &place, Stage::Loaded, at, swabs, 1);
            state.count_lab(key.0, lab.as_str(), Stage::Loaded, at, 1);
        }
    }
}

fn status_word(status: ResultStatus) -> &'static str {
    match status {
        ResultStatus::Preliminary => "preliminary",
        ResultStatus::Final => "final",
        ResultStatus::Corrected => "corrected",
    }
}

pub(super) fn record(state: &mut State, entry: &Entry, r: &Resulted) {
    let at = entry.event_time;
    state.new_results.extend([
        r.tube.area().into(),
        r.tube.into(),
        entry.command.into(),
        (&r.lab).into(),
        status_word(r.status).into(),
        r.reading.as_str().into(),
        r.ct_n.into(),
        r.ct_orf1ab.into(),
        r.ct_control.into(),
        r.tested_at.into(),
        r.rule.clone().into(),
        Value::from(entry.actor.as_str()),
    ]);
    let settled = r.status != ResultStatus::Preliminary;
    if settled {
        mark_received(state, r.tube, &r.lab, at);
    }
    let row = state.tube_mut(r.tube);
    let was_settled = matches!(row.status.as_deref(), Some("final" | "corrected"));
    if was_settled && !settled {
        return; // A preliminary result that comes late changes nothing.
    }
    let was_notable = was_settled && row.reading.is_some_and(|x| x != Reading::Negative);
    row.status = Some(status_word(r.status).to_owned());
    // Under the code of a disputed tube lie several: while nobody knows whose is whose, the worst
    // of their results stands for all.
    let worst = row.reading.filter(|_| was_settled && row.claims > 1).unwrap_or(r.reading);
    let reading = if worst.severity() > r.reading.severity() { worst } else { r.reading };
    row.reading = Some(reading);
    row.ct_n = r.ct_n;
    row.ct_orf1ab = r.ct_orf1ab;
    row.ct_control = r.ct_control;
    row.tested_at = Some(r.tested_at);
    row.lab = Some(r.lab.as_str().to_owned());
    if r.plate.is_some() {
        row.plate.clone_from(&r.plate);
        row.well.clone_from(&r.well);
    }
    let swabs = row.members.len() as i64;
    let Some((key, place)) = tube_key(state, r.tube) else { return };
    if settled && !was_settled {
        state.count(key, &place, Stage::Tested, at, swabs, 1);
        state.count_lab(key.0, r.lab.as_str(), Stage::Tested, at, 1);
    }
    let is_notable = settled && reading != Reading::Negative;
    let by = i64::from(is_notable) - i64::from(was_notable);
    if by != 0 {
        state.count(key, &place, Stage::NotNegative, at, by * swabs, by);
    }
}

pub(super) fn report(
    state: &mut State,
    tube: UnitId,
    (settles, but): (bool, &[PersonId]),
    at: Micros,
) {
    let row = state.tube_mut(tube);
    let first = row.reported_at.is_none();
    let before = row.settles;
    row.reported_at.get_or_insert(at);
    row.settles = match row.reading {
        Some(Reading::Positive) if settles => Settled::Positive,
        _ if settles => Settled::NotPositive,
        _ => Settled::Nothing,
    };
    let row = row.clone();
    let Some((key, place)) = tube_key(state, tube) else { return };
    let swabs = row.members.len() as i64;
    if first {
        state.count(key, &place, Stage::Reported, at, swabs, 1);
    }
    // A correction counts by what it changes.
    let ((was, was_positive), (is, is_positive)) = (before.counts(), row.settles.counts());
    for member in row.members.iter().filter(|m| !m.repeat && !but.contains(&m.person)) {
        let home = row.home(member);
        let key = (home.and_then(PlaceCode::area).unwrap_or(key.0), key.1);
        let home = home.map_or(place.as_str(), PlaceCode::as_str);
        if is != was {
            state.count(key, home, Stage::Settled, at, is - was, 0);
        }
        if is_positive != was_positive {
            state.count(key, home, Stage::Positive, at, is_positive - was_positive, 0);
        }
    }
}

pub(super) fn recall(state: &mut State, entry: &Entry, recalled: &Recalled) {
    let key = recall_key(recalled);
    state.count(key.0, &key.1, Stage::Recalled, entry.event_time, 1, 0);
    state.put_recall(Recall {
        opened: recalled.clone(),
        opened_at: entry.event_time,
        tube: None,
        sampled_at: None,
        closed_at: None,
        ending: None,
    });
}

fn recall_key(recalled: &Recalled) -> (RoundKey, String) {
    let place = recalled.home.as_ref().unwrap_or(&recalled.community);
    let area = place.area().unwrap_or(recalled.recall.area());
    ((area, recalled.round), place.as_str().to_owned())
}

pub(super) fn end_recall(
    state: &mut State,
    id: UnitId,
    (how, beside): (RecallEnd, bool),
    at: Micros,
) {
    let Some(row) = state.recall_mut(id) else { return };
    if row.closed_at.is_some() {
        return;
    }
    row.closed_at = Some(at);
    row.ending = Some(how.as_str().to_owned());
    let opened = row.opened.clone();
    let (key, place) = recall_key(&opened);
    state.count(key, &place, Stage::RecallEnded, at, 1, 0);
    if how != RecallEnd::Withdrawn && opened.counts && !beside {
        state.count(key, &place, Stage::Settled, at, 1, 0);
    }
    if how == RecallEnd::Positive && !beside {
        state.count(key, &place, Stage::Positive, at, 1, 0);
    }
}
