//! Fillings: members, swabs, claims, corrections.

use ledger::{Entry, Units};
use types::{AreaCode, Micros, PlaceCode};

use super::carry::load_into;
use crate::event::Collected;
use crate::rows::{Claim, ClaimFate, SwabFate};
use crate::state::{Stage, State};
use crate::words::Reading;

pub(super) fn collect(units: &Units, state: &mut State, entry: &Entry, c: &Collected) {
    let at = entry.event_time;
    let row = state.tube_mut(c.tube);
    row.round = Some(c.round);
    row.barcode.clone_from(&c.barcode);
    row.site = Some(c.site.as_str().to_owned());
    row.community = Some(c.community.as_str().to_owned());
    row.mode = Some(c.mode);
    row.zone = Some(c.zone.as_str().to_owned());
    row.members.clone_from(&c.members);
    row.homes.clone_from(&c.homes);
    row.started_at = Some(c.started_at);
    row.collected_at = Some(at);
    row.claims = 1;
    let earlier = row.clone();

    let area = c.community.area().unwrap_or(entry.area);
    let key = (area, c.round);
    let swabs = c.members.len() as i64;
    state.count(key, c.community.as_str(), Stage::Collected, at, swabs, 1);
    count_swabs(state, area, c, at);
    write_swabs(state, area, c, at, 0);

    // What was recorded before the filling was known is counted now.
    let place = c.community.as_str();
    let lab = earlier.lab.as_deref();
    for (known, stage) in [
        (earlier.sent_at.is_some(), Stage::Sent),
        (earlier.received_at.is_some(), Stage::Received),
        (earlier.loaded_at.is_some(), Stage::Loaded),
    ] {
        if known {
            state.count(key, place, stage, at, swabs, 1);
            if let Some(lab) = lab.filter(|_| stage != Stage::Sent) {
                state.count_lab(key.0, lab, stage, at, 1);
            }
        }
    }
    if earlier.fault.is_some() {
        state.count(key, place, Stage::Faulty, at, 0, 1);
    }
    if let (Some(reading), Some("final" | "corrected")) =
        (earlier.reading, earlier.status.as_deref())
    {
        state.count(key, place, Stage::Tested, at, swabs, 1);
        if let Some(lab) = lab {
            state.count_lab(key.0, lab, Stage::Tested, at, 1);
        }
        if reading != Reading::Negative {
            state.count(key, place, Stage::NotNegative, at, swabs, 1);
        }
    }
    let parent = units.custody(c.tube).and_then(|custody| custody.parent);
    if let Some(box_) = parent {
        load_into(state, c.tube, box_);
    }
}

fn count_swabs(state: &mut State, area: AreaCode, c: &Collected, at: Micros) {
    for member in &c.members {
        let home = member.home.and_then(|h| c.homes.get(usize::from(h)));
        let key = (home.and_then(PlaceCode::area).unwrap_or(area), c.round);
        let place = home.map_or(c.community.as_str(), PlaceCode::as_str);
        state.count(key, place, stage_of(home, member.repeat), at, 1, 0);
    }
}

pub(super) fn stage_of(home: Option<&PlaceCode>, repeat: bool) -> Stage {
    match (home, repeat) {
        (_, true) => Stage::Repeat,
        (Some(_), false) => Stage::Sampled,
        (None, false) => Stage::Unregistered,
    }
}

/// Swabs of a second claim stand from this position on, so that both groups are told apart.
pub(super) const CLAIM_OFFSET: i64 = 100;

fn write_swabs(state: &mut State, area: AreaCode, c: &Collected, at: Micros, offset: i64) {
    for (n, member) in c.members.iter().enumerate() {
        let home = member.home.and_then(|h| c.homes.get(usize::from(h)));
        let area = home.and_then(PlaceCode::area).unwrap_or(area);
        let position = offset + n as i64 + 1;
        let key = (area, member.person, c.round, c.tube);
        state.put_swab(key, position, at, SwabFate::Stands);
    }
}

pub(super) fn claim_again(state: &mut State, entry: &Entry, c: &Collected) {
    let at = entry.event_time;
    let area = c.community.area().unwrap_or(entry.area);
    state.tube_mut(c.tube).claims += 1;
    count_swabs(state, area, c, at);
    write_swabs(state, area, c, at, CLAIM_OFFSET);
    let claim = Claim {
        round: c.round,
        barcode: c.barcode.clone(),
        site: c.site.as_str().to_owned(),
        community: c.community.as_str().to_owned(),
        mode: Some(c.mode),
        zone: c.zone.as_str().to_owned(),
        started_at: c.started_at,
        actor: entry.actor.clone(),
        collected_at: at,
        members: c.members.clone(),
        homes: c.homes.clone(),
        fate: ClaimFate::Open,
    };
    state.put_claim((c.tube, entry.command.bytes()), claim);
}
