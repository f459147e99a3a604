//! What goes wrong: nobody is there, somebody refuses, a vehicle cannot go on.

use ledger::{Decision, note_needed};
use types::{HolderCode, Refusal, UnitId};

use super::dispatch::{one_class, open, seats_for};
use super::{ABOARD, Decided, Facts, UNDER_WAY, WANTED, vehicle};
use crate::command::{Command, TakeOff};
use crate::event::{Event, NewTrip};
use crate::words::{Ended, OffWhy, Stage, TripState};

pub(super) fn take_off(facts: &Facts<'_, Command>, c: &TakeOff) -> Decided {
    note_needed(&c.note)?;
    let (trip, _) = facts.open_trip(c.trip)?;
    let rides = facts.on(c.trip, &[c.ride], Stage::Booked)?;
    let mut decision = Decision::default();
    for ride in rides {
        decision.moves.extend(facts.step(ride.id, WANTED, Some(ride.due)));
        decision.events.push(off(c.trip, ride.id, c.why, &c.note));
    }
    facts.end_of_trip(trip, &[c.ride], &c.note, &mut decision);
    Ok(decision)
}

fn off(trip: UnitId, ride: UnitId, why: OffWhy, note: &str) -> Event {
    Event::TakenOff { trip, ride, why, note: note.trim().to_owned() }
}

pub(super) fn call_off(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let (trip, _) = facts.open_trip(id)?;
    if trip.aboard > 0 {
        return Err(Refusal::new("people-aboard").with("trip", id).with("aboard", trip.aboard));
    }
    let mut decision = Decision::default();
    let mut gone = Vec::new();
    for ride in facts.state.on_trip(id) {
        decision.moves.extend(facts.step(ride.id, WANTED, Some(ride.due)));
        decision.events.push(off(id, ride.id, OffWhy::Replanned, reason));
        gone.push(ride.id);
    }
    facts.end_of_trip(trip, &gone, reason, &mut decision);
    Ok(decision)
}

pub(super) fn set_down(
    facts: &Facts<'_, Command>,
    id: UnitId,
    ride: UnitId,
    note: &str,
) -> Decided {
    note_needed(note)?;
    let (trip, _) = facts.open_trip(id)?;
    let mut decision = Decision::default();
    for ride in facts.on(id, &[ride], Stage::Aboard)? {
        let desk = HolderCode::desk(ride.area());
        decision.moves.extend(facts.hand(ride, &desk, WANTED, None));
        decision.moves.extend(facts.close(ride.id, Ended::SetDown.as_str()));
        let note = note.trim().to_owned();
        decision.events.push(Event::SetDown { trip: id, ride: ride.id, note });
    }
    facts.end_of_trip(trip, &[ride], note, &mut decision);
    Ok(decision)
}

pub(super) fn breakdown(facts: &Facts<'_, Command>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let (trip, _) = facts.open_trip(id)?;
    if trip.broken_at.is_some() {
        return Err(Refusal::new("broken-down-already").with("trip", id));
    }
    let mut decision = Decision::fact(Event::Broken { trip: id, reason: reason.trim().to_owned() });
    let mut gone = Vec::new();
    for ride in facts.state.on_trip(id).filter(|ride| ride.stage == Stage::Booked) {
        decision.moves.extend(facts.step(ride.id, WANTED, Some(ride.due)));
        decision.events.push(off(id, ride.id, OffWhy::Breakdown, reason));
        gone.push(ride.id);
    }
    if trip.aboard > 0 {
        decision.notes.push(Refusal::new("people-stranded").with("aboard", trip.aboard));
    }
    facts.end_of_trip(trip, &gone, reason, &mut decision);
    Ok(decision)
}

/// People change vehicles: both crews sign with the account that records it.
pub(super) fn move_across(
    facts: &Facts<'_, Command>,
    from: UnitId,
    code: &HolderCode,
    ids: &[UnitId],
    reason: &str,
) -> Decided {
    let trip = facts.state.trip(from);
    let trip = trip.ok_or_else(|| Refusal::new("trip-unknown").with("trip", from))?;
    if !trip.state.is_open() {
        return Err(Refusal::new("trip-is-over").with("trip", from).with("state", trip.state));
    }
    if trip.vehicle == *code {
        return Err(Refusal::new("same-vehicle").with("vehicle", code));
    }
    // Either crew may record it, and the dispatcher.
    if facts.works_for(code).is_err() {
        facts.works_for(&trip.vehicle)?;
    }
    let other = facts.vehicle(code)?;
    if other.area != facts.asked.area {
        return Err(Refusal::new("vehicle-of-another-county").with("vehicle", code));
    }
    let rides = facts.on(from, ids, Stage::Aboard)?;
    let under_way = other.trip.and_then(|id| facts.state.trip(id));
    let under_way = under_way.filter(|to| to.state == TripState::UnderWay);
    if under_way.is_some_and(|to| to.broken_at.is_some()) {
        return Err(Refusal::new("vehicle-out").with("vehicle", code));
    }
    let class = one_class(under_way.map(|to| to.class).or(Some(trip.class)), &rides)?;
    if !other.carries.contains(&class) {
        return Err(Refusal::new("vehicle-not-for-class")
            .with("vehicle", code)
            .with("class", class));
    }
    let seats = seats_for(facts, other, under_way.map(|to| to.id), &rides)?;
    let mut decision = Decision::default();
    let to = match under_way {
        Some(to) => to.id,
        None => {
            vehicle::free(facts, code)?;
            let to = crate::trip_id(facts.asked.area, facts.asked.id);
            decision.moves.push(open(to, code, facts.at()));
            decision.events.push(Event::TripPut(Box::new(NewTrip {
                trip: to,
                vehicle: code.clone(),
                class,
                calls: Vec::new(),
                seats: Vec::new(),
                leaves_at: facts.at(),
                plan: String::new(),
                reason: reason.trim().to_owned(),
            })));
            decision.events.push(Event::Started { trip: to });
            decision.moves.push(ledger::Move::Step {
                unit: to,
                step: UNDER_WAY.to_owned(),
                deadline: None,
            });
            to
        }
    };
    let mut gone = Vec::with_capacity(rides.len());
    for (ride, seated) in rides
        .iter()
        .filter_map(|ride| Some((ride, seats.iter().find(|seated| seated.ride == ride.id)?)))
    {
        let deadline = facts.units.custody(ride.id).and_then(|custody| custody.deadline);
        decision.moves.extend(facts.hand(ride, code, ABOARD, deadline));
        decision.events.push(Event::Across {
            from,
            to,
            ride: ride.id,
            seat: seated.seat.clone(),
            reason: reason.trim().to_owned(),
        });
        gone.push(ride.id);
    }
    facts.end_of_trip(trip, &gone, reason, &mut decision);
    Ok(decision)
}
