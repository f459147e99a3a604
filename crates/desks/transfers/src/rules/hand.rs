//! From hand to hand: each hand-over has two sides, and each side signs for itself.

use ledger::{Decision, Move, note_fits};
use types::{HolderCode, Micros, Refusal, Span, UnitId};

use super::{ABOARD, ARRIVED, Decided, Facts, UNDER_WAY, aside, vehicle};
use crate::command::{Command, PickUp, Receive};
use crate::event::{Event, Sign};
use crate::rows::{Ride, Trip};
use crate::words::{Stage, TripState};

/// How long somebody may be under way when no plan says it: a choice of this program.
const LONGEST_RIDE: Span = Span::hours(3);
/// How much later than planned somebody may arrive before it is late: a choice of this program.
const LATE_ARRIVAL: Span = Span::minutes(30);
/// How long a vehicle may stand at the door of the receiving site: a choice of this program.
const AT_THE_DOOR: Span = Span::minutes(30);

pub(super) fn start(facts: &Facts<'_, Command>, id: UnitId) -> Decided {
    let (trip, _) = facts.open_trip(id)?;
    if trip.state == TripState::UnderWay {
        return Err(Refusal::new("trip-under-way").with("trip", id));
    }
    let mut decision = Decision::default();
    set_out(facts, trip, &mut decision)?;
    Ok(decision)
}

/// The vehicle sets out, if it is clean and free.
fn set_out(
    facts: &Facts<'_, Command>,
    trip: &Trip,
    into: &mut Decision<Event>,
) -> Result<(), Refusal> {
    vehicle::free(facts, &trip.vehicle)?;
    let of = facts.vehicle(&trip.vehicle)?;
    if !of.on_shift(facts.at()) {
        into.notes.push(Refusal::new("vehicle-off-shift").with("vehicle", &trip.vehicle));
    }
    into.moves.extend(facts.step(trip.id, UNDER_WAY, Some(ends_by(facts.at(), trip))));
    into.events.push(Event::Started { trip: trip.id });
    Ok(())
}

fn ends_by(at: Micros, trip: &Trip) -> Micros {
    let last = trip.calls.iter().filter_map(|call| call.at).max();
    last.map_or(at + LONGEST_RIDE, |last| last.max(at) + LATE_ARRIVAL)
}

pub(super) fn pick_up(facts: &Facts<'_, Command>, c: &PickUp) -> Decided {
    note_fits(&c.witness)?;
    let (trip, of) = facts.open_trip(c.trip)?;
    if trip.broken_at.is_some() {
        return Err(Refusal::new("vehicle-out").with("vehicle", &trip.vehicle));
    }
    let rides = facts.on(c.trip, &c.rides, Stage::Booked)?;
    if let Some(other) = rides.iter().find(|ride| ride.class != trip.class) {
        // Judged otherwise since the trip was made.
        return Err(Refusal::new("two-classes-on-one-vehicle")
            .with("one", trip.class)
            .with("other", other.class));
    }
    // A code stands for whoever is behind one door.
    let door = |ride: &Ride| (ride.household, ride.from.facility.clone());
    let other = rides.iter().find(|ride| door(ride) != door(rides[0]));
    if let Some(other) = other.filter(|_| !c.code.is_empty()) {
        return Err(Refusal::new("code-is-for-one-door").with("ride", other.id));
    }
    let mut decision = Decision::default();
    if trip.state == TripState::Planned {
        set_out(facts, trip, &mut decision)?;
    }
    // A vehicle of which somebody has said meanwhile that it has fewer places.
    let on = facts.state.on_trip(c.trip).count() as i64;
    if on > of.seats + of.stretchers {
        return Err(Refusal::new("vehicle-full")
            .with("vehicle", &of.code)
            .with("seats", of.seats)
            .with("stretchers", of.stretchers)
            .with("sitting", on)
            .with("lying", 0)
            .with("taken", 0));
    }
    let took = facts.sign(&trip.vehicle);
    for ride in rides {
        let planned = trip.planned(ride.id, false).map(|at| at.max(facts.at()) + LATE_ARRIVAL);
        let deadline = planned.unwrap_or(facts.at() + LONGEST_RIDE);
        decision.moves.extend(facts.hand(ride, &trip.vehicle, ABOARD, Some(deadline)));
        let gave = other_side(facts, &c.code, &c.witness, ride.from.facility.as_ref());
        if gave.is_none() && ride.signs.gave.is_none() {
            decision.notes.push(Refusal::new("one-side-signed").with("ride", ride.id));
        }
        if facts.at() > ride.due {
            let late = Refusal::new("picked-up-late").with("due", ride.due.rfc3339());
            decision.notes.push(late.by_rule("pos.transfer"));
        }
        if ride.lying && of.stretchers == 0 {
            decision.notes.push(Refusal::new("lies-without-stretcher").with("ride", ride.id));
        }
        let (trip, ride, took) = (c.trip, ride.id, took.clone());
        decision.events.push(Event::PickedUp { trip, ride, took, gave });
    }
    Ok(decision)
}

/// The signature of the other side where the crew has it: by the code that it showed, or by word.
fn other_side<C>(
    facts: &Facts<'_, C>,
    code: &str,
    witness: &str,
    facility: Option<&HolderCode>,
) -> Option<Sign> {
    let by = match (witness.trim(), facility) {
        ("", Some(facility)) => facility.to_string(),
        ("", None) => String::new(),
        (name, _) => name.to_owned(),
    };
    let how = match (code.is_empty(), witness.trim().is_empty()) {
        (false, _) => "code",
        (true, false) => "word",
        (true, true) => return None,
    };
    Some(Sign { by, user: String::new(), at: facts.at(), how: how.to_owned() })
}

/// Whether the account is on the giving or the receiving side of a hand-over at a spot.
fn sides_with(
    facts: &Facts<'_, Command>,
    ride: &Ride,
    facility: Option<&HolderCode>,
    area: types::AreaCode,
) -> Result<(), Refusal> {
    if facts.asked.area != area && facts.asked.area != ride.area() {
        return Err(Refusal::new("ride-of-another-county").with("ride", ride.id));
    }
    match facility {
        Some(facility) => facts.works_for(facility),
        None => Ok(()),
    }
}

pub(super) fn give_over(facts: &Facts<'_, Command>, ids: &[UnitId], note: &str) -> Decided {
    note_fits(note)?;
    let mut decision = Decision::default();
    for id in super::once(ids)? {
        let ride = facts.ride(id)?;
        sides_with(facts, ride, ride.from.facility.as_ref(), ride.from.area)?;
        // The crew does not sign for the other side.
        if facts.asked.actor.holder.as_ref().is_some_and(|own| own.kind() == crate::HOLDER) {
            return Err(Refusal::new("crew-signs-for-itself").with("ride", id));
        }
        if matches!(ride.stage, Stage::Wanted | Stage::Off) {
            return Err(Refusal::new("not-on-a-trip").with("ride", id).with("stage", ride.stage));
        }
        if ride.signs.gave.as_ref().is_some_and(|sign| sign.how == "account") {
            return Err(Refusal::new("signed-already").with("ride", id));
        }
        let mut sign = facts.sign(facts.acts_for());
        if !note.trim().is_empty() {
            sign.by = format!("{} ({})", sign.by, note.trim());
        }
        decision.events.push(Event::Gave { ride: id, sign });
    }
    Ok(decision)
}

pub(super) fn hand_over(
    facts: &Facts<'_, Command>,
    id: UnitId,
    ids: &[UnitId],
    note: &str,
) -> Decided {
    note_fits(note)?;
    let trip = facts.state.trip(id);
    let trip = trip.ok_or_else(|| Refusal::new("trip-unknown").with("trip", id))?;
    facts.own_vehicle(&trip.vehicle)?;
    let mut decision = Decision::default();
    for id in super::once(ids)? {
        let ride = facts.ride(id)?;
        // Also after the receiving site has signed: the trip may be over by then.
        if ride.trip != Some(trip.id) || !matches!(ride.stage, Stage::Aboard | Stage::Arrived) {
            return Err(Refusal::new("not-aboard").with("ride", id).with("stage", ride.stage));
        }
        if ride.signs.handed.is_some() {
            return Err(Refusal::new("signed-already").with("ride", id));
        }
        if ride.stage == Stage::Aboard {
            decision.moves.extend(facts.step(id, "at_the_door", Some(facts.at() + AT_THE_DOOR)));
            decision.notes.push(Refusal::new("not-received-yet").with("ride", id));
        }
        let sign = facts.sign(&trip.vehicle);
        decision.events.push(Event::Handed { ride: id, sign });
    }
    Ok(decision)
}

pub(super) fn receive(facts: &Facts<'_, Command>, c: &Receive) -> Decided {
    note_fits(&c.reason)?;
    let trip = facts.state.trip(c.trip);
    let trip = trip.ok_or_else(|| Refusal::new("trip-unknown").with("trip", c.trip))?;
    let own = facts.asked.actor.holder.as_ref();
    let crew = own.is_some_and(|own| own.kind() == crate::HOLDER);
    if crew {
        facts.works_for(&trip.vehicle)?;
        // Without the other side's code a crew cannot say that somebody was received.
        if c.code.is_empty() {
            return Err(Refusal::new("receiving-site-signs").with("trip", c.trip));
        }
    }
    if let Some(facility) = &c.facility {
        facts.works_for(facility)?;
    } else if own.is_some_and(|own| own.kind() == care::HOLDER) {
        return Err(Refusal::new("receiving-facility-missing"));
    }
    let rides = facts.on(c.trip, &c.rides, Stage::Aboard)?;
    let taker = match &c.facility {
        Some(facility) => facility.clone(),
        None => HolderCode::desk(facts.asked.area),
    };
    let mut decision = Decision::default();
    let mut gone = Vec::with_capacity(rides.len());
    for ride in rides {
        if ride.to.facility != c.facility {
            let refusal = Refusal::new("ride-leads-elsewhere")
                .with("ride", ride.id)
                .with("to", ride.to.facility.as_ref().map_or("", HolderCode::as_str));
            aside(refusal, &c.reason, &mut decision.notes)?;
        }
        let by = if c.facility.is_some() { taker.to_string() } else { facts.acts_for() };
        let (sign, handed) = if crew {
            let at_site = Sign { how: "code".to_owned(), ..facts.sign(&by) };
            (at_site, ride.signs.handed.is_none().then(|| facts.sign(&trip.vehicle)))
        } else {
            (facts.sign(&by), None)
        };
        if handed.is_none() && ride.signs.handed.is_none() {
            decision.notes.push(Refusal::new("one-side-signed").with("ride", ride.id));
        }
        received(facts, ride, &taker, &mut decision.moves);
        decision.events.push(Event::Received {
            trip: c.trip,
            ride: ride.id,
            facility: c.facility.clone(),
            sign,
            handed,
            reason: c.reason.trim().to_owned(),
        });
        gone.push(ride.id);
    }
    facts.end_of_trip(trip, &gone, "", &mut decision);
    Ok(decision)
}

/// The last two moves of a ride: into the hands of whoever receives the person, and the end.
pub(super) fn received<C>(
    facts: &Facts<'_, C>,
    ride: &Ride,
    taker: &HolderCode,
    moves: &mut Vec<Move>,
) {
    moves.extend(facts.hand(ride, taker, ARRIVED, None));
    moves.extend(facts.close(ride.id, ARRIVED));
}
