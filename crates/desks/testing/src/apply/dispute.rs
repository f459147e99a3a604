//! Disputes decided: which of the fillings under one code is the tube's.

use ledger::{Entry, Units};
use types::{CommandId, Micros, PlaceCode, UnitId};

use super::collect::CLAIM_OFFSET;
use super::tube_key;
use crate::rows::{Claim, ClaimFate, Settled, SwabFate};
use crate::state::{Stage, State};
use crate::words::Reading;

/// A later filling does not stand.
pub(super) fn set_aside(state: &mut State, tube: UnitId, was: CommandId) {
    let open = |claim: &&mut Claim| claim.fate == ClaimFate::Open;
    let Some(claim) = state.claim_mut((tube, was.bytes())).filter(open) else { return };
    claim.fate = ClaimFate::SetAside;
    let claim = claim.clone();
    let row = state.tube_mut(tube);
    row.claims = (row.claims - 1).max(1);
    set_swabs_aside(state, tube, &claim, CLAIM_OFFSET);
}

/// The filling in the tube's row does not stand, and that of another command does. What was
/// counted for the tube is counted for the other filling from now on, in the same hours.
pub(super) fn refill(
    units: &Units,
    state: &mut State,
    entry: &Entry,
    tube: UnitId,
    was: CommandId,
    by: CommandId,
) {
    let open = |claim: &&mut Claim| claim.fate == ClaimFate::Open;
    let Some(next) = state.claim_mut((tube, by.bytes())).filter(open) else { return };
    next.fate = ClaimFate::Stands;
    let next = next.clone();
    count(state, tube, -1);
    unsettle(state, tube, entry.event_time);
    let mut moments = units.moments(tube).iter();
    let actor = moments.find(|m| m.reference.command == was).map_or("", |m| m.actor.as_str());
    let row = state.tube_mut(tube);
    let before = Claim::set_aside(row, actor);
    *row = next.fill(row);
    row.claims = (row.claims - 1).max(1);
    // Whose result it is was decided just now: it has to be released to them.
    row.reported_at = None;
    row.settles = Settled::Nothing;
    count(state, tube, 1);
    let Some(before) = before else { return };
    // One that had become the filling in the same way has a row already.
    let key = (tube, was.bytes());
    let again = state.claims.contains_key(&key);
    match state.claim_mut(key) {
        Some(claim) => claim.fate = ClaimFate::SetAside,
        None => state.put_claim(key, before.clone()),
    }
    set_swabs_aside(state, tube, &before, if again { CLAIM_OFFSET } else { 0 });
}

/// The swabs of a filling that does not stand are in no known tube. They were taken all the
/// same: their persons count as sampled, and a recall answers for them.
fn set_swabs_aside(state: &mut State, tube: UnitId, claim: &Claim, offset: i64) {
    let area = PlaceCode::parse(&claim.community).ok().and_then(|p| p.area());
    let area = area.unwrap_or(tube.area());
    let standing = standing_in(state, tube);
    for (n, member) in claim.members.iter().enumerate() {
        if standing.contains(&member.person) {
            continue;
        }
        let home = member.home.and_then(|h| claim.homes.get(usize::from(h)));
        let area = home.and_then(PlaceCode::area).unwrap_or(area);
        let key = (area, member.person, claim.round, tube);
        let position = offset + n as i64 + 1;
        state.put_swab(key, position, claim.collected_at, SwabFate::SetAside);
    }
}

/// The persons of the tube's filling and of every other that still claims it.
pub(super) fn standing_in(state: &State, tube: UnitId) -> Vec<types::PersonId> {
    let filling = state.tubes.get(&tube).into_iter().flat_map(|row| &row.members);
    let open = state
        .claims
        .iter()
        .filter(|((of, _), claim)| *of == tube && claim.fate == ClaimFate::Open)
        .flat_map(|(_, claim)| &claim.members);
    filling.chain(open).map(|member| member.person).collect()
}

/// Adds a tube with its filling to every counter that it has passed, or takes it out.
fn count(state: &mut State, tube: UnitId, by: i64) {
    let Some((key, place)) = tube_key(state, tube) else { return };
    let Some(row) = state.tubes.get(&tube).cloned() else { return };
    let swabs = by * row.members.len() as i64;
    let (mut sent, mut received, mut lab) = (row.sent_at, row.received_at, row.lab.clone());
    if let Some(box_) = row.boxed {
        let box_ = state.box_mut(box_);
        let amount = box_.load.entry((key.0, key.1, place.clone())).or_default();
        amount.tubes += by;
        amount.persons += swabs;
        if by > 0 {
            box_.oldest = box_.oldest.into_iter().chain(row.collected_at).min();
        }
        (sent, received, lab) = (box_.sent_at, box_.received_at, box_.lab.clone());
    }
    let settled = matches!(row.status.as_deref(), Some("final" | "corrected"));
    let tested = row.tested_at.filter(|_| settled);
    let notable = tested.filter(|_| row.reading.is_some_and(|r| r != Reading::Negative));
    let stages: [(Stage, Option<Micros>); 7] = [
        (Stage::Collected, row.collected_at),
        (Stage::Sent, sent),
        (Stage::Received, received),
        (Stage::Loaded, row.loaded_at),
        (Stage::Tested, tested),
        (Stage::NotNegative, notable),
        (Stage::Reported, row.reported_at),
    ];
    for (stage, at) in stages {
        let Some(at) = at else { continue };
        state.count(key, &place, stage, at, swabs, by);
        let at_lab = matches!(stage, Stage::Received | Stage::Loaded | Stage::Tested);
        if let Some(lab) = lab.as_deref().filter(|_| at_lab) {
            state.count_lab(key.0, lab, stage, at, by);
        }
    }
    if row.fault.is_some() {
        state.count(key, &place, Stage::Faulty, row.collected_at.unwrap_or_default(), 0, by);
    }
}

/// Takes back what the release of a tube's result meant for its persons.
fn unsettle(state: &mut State, tube: UnitId, at: Micros) {
    let Some((key, place)) = tube_key(state, tube) else { return };
    let Some(row) = state.tubes.get(&tube).cloned() else { return };
    let (settled, positive) = row.settles.counts();
    for member in row.members.iter().filter(|m| !m.repeat) {
        let home = row.home(member);
        let key = (home.and_then(PlaceCode::area).unwrap_or(key.0), key.1);
        let home = home.map_or(place.as_str(), PlaceCode::as_str);
        for (stage, by) in [(Stage::Settled, settled), (Stage::Positive, positive)] {
            if by != 0 {
                state.count(key, home, stage, at, -by, 0);
            }
        }
    }
}
