//! Stays: how long somebody lies in a ward and in care, and the steps from one ward to another. What they
//! were before a fact is held against what they are after it.

use ledger::Entry;
use types::{Micros, Span, UnitId};

use super::{bedside, flow, number};
use crate::event::Event;
use crate::rows::{Episode, InBed};
use crate::state::{State, StayKey};
use crate::words::{Ended, Flow, StayEnd, Way};

/// The length in which stays are counted.
pub(crate) const QUARTER: Span = Span::hours(6);

/// What of an episode decides under what its stay is counted.
pub(super) struct Before {
    lies: Option<InBed>,
    inside: Option<Micros>,
    case: StayKey,
}

fn by_case(e: &Episode) -> StayKey {
    let worst = e.worst.map_or("unexamined", cases::Severity::as_str);
    (e.area(), "case", e.class.as_str().to_owned(), worst.to_owned())
}

fn by_ward(place: &InBed) -> StayKey {
    (place.bed.area(), "ward", place.facility.to_string(), place.ward.clone())
}

pub(super) fn before(state: &State, event: &Event) -> Option<(UnitId, Before)> {
    let id = event.episode()?;
    let e = state.episodes.get(&id)?;
    Some((id, Before { lies: e.lies.clone(), inside: e.chart.inside, case: by_case(e) }))
}

pub(super) fn settle(
    state: &mut State,
    entry: &Entry,
    event: &Event,
    (id, before): (UnitId, Before),
) {
    let at = entry.event_time;
    let Some(e) = state.episodes.get(&id) else { return };
    let (lies, case) = (e.lies.clone(), by_case(e));
    let same = |a: &InBed, b: &InBed| (&a.facility, &a.ward) == (&b.facility, &b.ward);
    match (&before.lies, &lies) {
        (Some(was), Some(is)) if same(was, is) => {
            // From bed to bed of one ward: the stay there goes on.
            if is.in_ward.is_none() {
                set_in_ward(state, id, was.in_ward);
            }
        }
        (was, is) => {
            if let Some(was) = was {
                over(state, by_ward(was), was.in_ward, at, how(event));
            }
            if let Some(is) = is {
                begins(state, by_ward(is), at, 1);
                set_in_ward(state, id, Some(at));
            }
            match (was, is) {
                (Some(was), Some(is)) => {
                    step(state, entry, id, (was, is), reason(event));
                    bedside::follow(state, id);
                }
                (Some(_), None) => bedside::part(state, entry, id, how(event)),
                (None, _) => {}
            }
        }
    }
    match (before.inside, lies.is_some()) {
        (None, true) if before.lies.is_none() => {
            begins(state, case, at, 1);
            set_inside(state, id, Some(at));
        }
        (Some(since), true) if case != before.case => {
            begins(state, before.case, since, -1);
            begins(state, case, since, 1);
        }
        (Some(since), false) => {
            begins(state, before.case, since, -1);
            ends(state, case, at - since, how(event));
            set_inside(state, id, None);
        }
        (_, true) | (None, false) => {}
    }
}

fn how(event: &Event) -> StayEnd {
    match event {
        Event::Left { .. } => StayEnd::Left,
        Event::Admitted { .. } | Event::Moved { .. } => StayEnd::Moved,
        Event::Ended { how: Ended::Died, .. } => StayEnd::Died,
        _ => StayEnd::Other,
    }
}

fn reason(event: &Event) -> &str {
    match event {
        Event::Admitted { reason, .. } | Event::Moved { reason, .. } => reason,
        _ => "",
    }
}

fn set_in_ward(state: &mut State, id: UnitId, since: Option<Micros>) {
    if let Some(lies) = state.episodes.get_mut(&id).and_then(|e| e.lies.as_mut()) {
        lies.in_ward = since;
    }
}

fn set_inside(state: &mut State, id: UnitId, since: Option<Micros>) {
    if let Some(e) = state.episodes.get_mut(&id) {
        e.chart.inside = since;
    }
}

/// The quarter of a day in which an instant lies.
pub(crate) fn quarter_of(at: Micros) -> Micros {
    at.floor(QUARTER)
}

fn begins(state: &mut State, key: StayKey, since: Micros, by: i64) {
    *state.lying.entry((key, quarter_of(since))).or_default() += by;
}

fn ends(state: &mut State, key: StayKey, length: Span, how: StayEnd) {
    // A clock that is behind does not make a stay end before it began.
    let quarters = length.0.max(0).div_euclid(QUARTER.0);
    *state.stays.entry((key, quarters, how)).or_default() += 1;
}

fn over(state: &mut State, key: StayKey, since: Option<Micros>, at: Micros, how: StayEnd) {
    // Of a stay from before they were counted nothing is known to be over.
    let Some(since) = since else { return };
    begins(state, key.clone(), since, -1);
    ends(state, key, at - since, how);
}

fn step(state: &mut State, entry: &Entry, id: UnitId, (was, is): (&InBed, &InBed), reason: &str) {
    let level = |place: &InBed| {
        let ward = state.wards.get(&(place.facility.clone(), place.ward.clone()));
        ward.map(|ward| ward.level)
    };
    let (Some(from), Some(to)) = (level(was), level(is)) else { return };
    let way = match to.cmp(&from) {
        std::cmp::Ordering::Greater => Way::Up,
        std::cmp::Ordering::Less => Way::Down,
        std::cmp::Ordering::Equal => Way::Level,
    };
    // Who was to have the bed said why when it was held.
    let said = match reason {
        "" => state.places.get(&(id, is.n)).map_or("", |place| place.reason.as_str()),
        reason => reason,
    };
    let said = said.to_owned();
    let n = number(state, entry, id);
    state.steps.extend([
        id.area().into(),
        id.into(),
        entry.command.into(),
        n.into(),
        entry.event_time.into(),
        is.bed.area().into(),
        (&was.facility).into(),
        was.ward.as_str().into(),
        from.as_str().into(),
        (&is.facility).into(),
        is.ward.as_str().into(),
        to.as_str().into(),
        way.as_str().into(),
        said.into(),
        entry.actor.as_str().into(),
    ]);
    match way {
        Way::Up => flow(state, entry, id, Flow::SteppedUp),
        Way::Down => flow(state, entry, id, Flow::SteppedDown),
        Way::Level => {}
    }
}
