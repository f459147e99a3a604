//! Corrections: somebody else stands in a tube, and what was counted goes with the person.

use types::{Micros, PersonId, PlaceCode, UnitId};

use super::collect::stage_of;
use super::dispute::standing_in;
use super::tube_key;
use crate::event::{CountsIn, Member};
use crate::rows::{ClaimFate, Recall, SwabFate};
use crate::state::{Stage, State};

/// Another person stands at a position of a tube.
pub(super) fn member(
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
    // Who is in another filling under the same code as well has a swab there all the same.
    if !standing_in(state, tube).contains(&was) {
        let set_aside = state.claims.iter().any(|((of, _), claim)| {
            *of == tube
                && claim.fate == ClaimFate::SetAside
                && claim.members.iter().any(|m| m.person == was)
        });
        let fate = if set_aside { SwabFate::SetAside } else { SwabFate::NotTheirs };
        state.put_swab((area_of(old_home.as_ref()), was, round, tube), position, at, fate);
    }
    state.put_swab((area_of(home), person, round, tube), position, at, SwabFate::Stands);
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

/// A person whose first swab of the round was corrected away has another: it counts as the first
/// from now on, and so does what its tube's release has said.
pub(super) fn counts_in(state: &mut State, person: PersonId, counts: CountsIn, at: Micros) {
    let CountsIn { tube, by, settled } = counts;
    let Some(row) = state.tubes.get(&tube).cloned() else { return };
    let filling = match by {
        None => row,
        Some(by) => match state.claims.get(&(tube, by.bytes())) {
            Some(claim) => claim.fill(&row),
            None => return,
        },
    };
    let found = filling.members.iter().position(|m| m.person == person && m.repeat);
    let Some((n, round)) = found.zip(filling.round) else { return };
    let was = filling.members[n];
    match by {
        None => state.tube_mut(tube).members[n].repeat = false,
        Some(by) => {
            if let Some(claim) = state.claim_mut((tube, by.bytes())) {
                claim.members[n].repeat = false;
            }
        }
    }
    // A recall that its tube has led to counts for its person now.
    for recall in state.recall_of.get(&person).cloned().unwrap_or_default() {
        let led = |r: &&mut Recall| r.opened.origin == tube && r.closed_at.is_none();
        if let Some(recall) = state.recall_mut(recall).filter(led) {
            recall.opened.counts = true;
        }
    }
    let home = filling.home(&was);
    let key = (filling.area_of(tube, &was), round);
    let site = filling.community.as_deref().unwrap_or_default();
    let place = home.map_or(site, PlaceCode::as_str);
    let swabbed_at = filling.collected_at.unwrap_or_default();
    state.count(key, place, stage_of(home, true), swabbed_at, -1, 0);
    state.count(key, place, stage_of(home, false), swabbed_at, 1, 0);
    if by.is_none() && !settled {
        let (settles, positive) = filling.settles.counts();
        for (counted, stage) in [(settles, Stage::Settled), (positive, Stage::Positive)] {
            if counted != 0 {
                state.count(key, place, stage, at, counted, 0);
            }
        }
    }
}
