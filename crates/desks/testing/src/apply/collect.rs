//! Fillings: members, swabs, claims, corrections.

use ledger::{Entry, Units};
use types::{AreaCode, Micros, PersonId, PlaceCode, UnitId};

use super::carry::load_into;
use super::tube_key;
use crate::event::{Collected, Member};
use crate::rows::{Claim, ClaimFate, SwabFate};
use crate::state::{Stage, State, Step};
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
    state.time(key, Step::Collect, Some(at), earlier.sent_at);
    state.time(key, Step::Deliver, earlier.sent_at, earlier.received_at);
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

fn stage_of(home: Option<&PlaceCode>, repeat: bool) -> Stage {
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
        state.swabs.insert(key, (position, at, SwabFate::Stands));
        state.swabbed.insert((c.round, member.person));
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

pub(super) fn correct(
    state: &mut State,
    tube: UnitId,
    position: u32,
    was: PersonId,
    (person, home, repeat): (PersonId, Option<&PlaceCode>, bool),
    corrected_at: Micros,
) {
    let Some((key, community)) = tube_key(state, tube) else { return };
    let row = state.tube_mut(tube);
    let at = row.collected_at.unwrap_or_default();
    let home_index = home.map(|home| {
        let found = row.homes.iter().position(|h| h == home);
        let index = found.unwrap_or_else(|| {
            row.homes.push(home.clone());
            row.homes.len() - 1
        });
        u8::try_from(index).unwrap_or(u8::MAX)
    });
    let Some(member) = (position as usize).checked_sub(1).and_then(|n| row.members.get_mut(n))
    else {
        return;
    };
    let before = std::mem::replace(member, Member { person, home: home_index, repeat });
    let old_home = row.home(&before).cloned();
    let (settled, positive) = row.settles.counts();
    let round = key.1;
    let area_of = |h: Option<&PlaceCode>| h.and_then(PlaceCode::area).unwrap_or(key.0);
    let position = i64::from(position);
    let (theirs, not) = (SwabFate::Stands, SwabFate::NotTheirs);
    state.swabs.insert((area_of(old_home.as_ref()), was, round, tube), (position, at, not));
    state.swabs.insert((area_of(home), person, round, tube), (position, at, theirs));
    state.swabbed.insert((round, person));
    if !before.repeat {
        state.swabbed.remove(&(round, was));
    }
    for (home, repeat, by) in [(old_home.as_ref(), before.repeat, -1), (home, repeat, 1)] {
        let key = (area_of(home), round);
        let place = home.map_or(community.as_str(), PlaceCode::as_str);
        state.count(key, place, stage_of(home, repeat), at, by, 0);
        // What was released was released to the wrong person.
        for (counted, stage) in [(settled, Stage::Settled), (positive, Stage::Positive)] {
            if counted != 0 && !repeat {
                state.count(key, place, stage, corrected_at, by * counted, 0);
            }
        }
    }
}
