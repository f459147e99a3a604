//! Asking for a ride, and calling it off.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, Refusal, UnitId};

use super::{Decided, Facts, WANTED};
use crate::command::{Command, Want};
use crate::event::{Event, Wanted};
use crate::words::{Ended, Reason, Stage};

/// Most people of one request.
const MOST: usize = 200;

pub(super) fn want(facts: &Facts<'_, Command>, c: &Want) -> Decided {
    note_fits(&c.note)?;
    if c.people.is_empty() {
        return Err(Refusal::new("nobody-named"));
    }
    if c.people.len() > MOST {
        return Err(Refusal::new("too-many-named").with("limit", MOST));
    }
    // These follow from a bed that is held, at the care desk.
    if matches!(c.reason, Reason::Admission | Reason::Between) {
        return Err(Refusal::new("ride-follows-from-a-bed").with("reason", c.reason));
    }
    let ward = facts.asked.actor.holder.as_ref().filter(|own| own.kind() == care::HOLDER);
    if let Some(ward) = ward
        && c.from.facility.as_ref() != Some(ward)
    {
        return Err(Refusal::new("not-your-holder").with("holder", ward));
    }
    let due = c.due.unwrap_or(facts.at() + facts.fetched_within());
    if c.from_time.is_some_and(|from| from >= due) {
        return Err(Refusal::new("ride-due-before-it-may-begin"));
    }
    let mut decision = Decision::default();
    let mut seen = Vec::with_capacity(c.people.len());
    for rider in &c.people {
        if seen.contains(&rider.person) {
            return Err(Refusal::new("named-twice"));
        }
        seen.push(rider.person);
        if let Some(known) = facts.state.open_of(rider.person) {
            return Err(Refusal::new("has-a-ride")
                .with("ride", known.id)
                .with("stage", known.stage));
        }
        let ride = crate::ride_id(facts.asked.area, facts.asked.id, rider.person);
        decision.moves.push(Move::Open {
            unit: ride,
            holder: HolderCode::desk(ride.area()),
            step: WANTED.to_owned(),
            deadline: Some(due),
            limit: None,
        });
        decision.events.push(Event::Wanted(Box::new(Wanted {
            ride,
            person: rider.person,
            episode: None,
            household: rider.household,
            reason: c.reason,
            class: c.class,
            lying: rider.lying,
            from: c.from.rounded(),
            to: c.to.rounded(),
            due,
            from_time: c.from_time,
            note: c.note.trim().to_owned(),
        })));
    }
    Ok(decision)
}

pub(super) fn cancel(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    if id.area() != facts.asked.area {
        return Err(Refusal::new("ride-of-another-county").with("ride", id));
    }
    let ride = facts.ride(id)?;
    match ride.stage {
        Stage::Wanted | Stage::Booked => {}
        Stage::Aboard => return Err(Refusal::new("aboard-already").with("ride", id)),
        Stage::Arrived | Stage::Off => {
            return Err(Refusal::new("ride-not-waiting")
                .with("ride", id)
                .with("stage", ride.stage));
        }
    }
    // As long as a bed is held for somebody, somebody has to be brought to it.
    if matches!(ride.reason, Reason::Admission | Reason::Between) {
        return Err(Refusal::new("ride-follows-from-a-bed").with("reason", ride.reason));
    }
    ended(facts, id, Ended::CalledOff, reason)
}

/// A ride that is not aboard ends; the trip that it was on, too, if it was the last.
pub(super) fn ended<C>(facts: &Facts<'_, C>, id: UnitId, how: Ended, note: &str) -> Decided {
    let ride = facts.ride(id)?;
    let mut decision = Decision {
        moves: facts.close(id, how.as_str()),
        events: vec![Event::RideEnded { ride: id, how, note: note.trim().to_owned() }],
        notes: Vec::new(),
    };
    if ride.stage == Stage::Booked
        && let Some(trip) = ride.trip.and_then(|trip| facts.state.trip(trip))
    {
        facts.end_of_trip(trip, &[id], note, &mut decision);
    }
    Ok(decision)
}
