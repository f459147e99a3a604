//! Making a trip: a vehicle, people of one isolation class, a seat for each.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Decision, Move, note_fits};
use types::{HolderCode, Micros, Refusal, Span, UnitId};

use super::{BOOKED, Decided, Facts, PLANNED, aside, once};
use crate::command::{Call, Command, Dispatch};
use crate::event::{Event, NewTrip, Seated};
use crate::rows::{Ride, Vehicle};
use crate::seats;
use crate::words::{Class, Stage};

/// How much later than planned a vehicle may set out before it is late: a choice of this program.
const LATE_START: Span = Span::minutes(15);

pub(super) fn dispatch(facts: &Facts<'_, Command>, c: &Dispatch) -> Decided {
    note_fits(&c.reason)?;
    note_fits(&c.plan)?;
    let vehicle = facts.own_vehicle(&c.vehicle)?;
    if vehicle.out.is_some() {
        return Err(Refusal::new("vehicle-out").with("vehicle", &c.vehicle));
    }
    let mut notes = Vec::new();
    if !vehicle.on_shift(c.leaves_at) {
        let refusal = Refusal::new("vehicle-off-shift").with("vehicle", &c.vehicle);
        aside(refusal, &c.reason, &mut notes)?;
    }
    let rides = waiting(facts, &c.rides)?;
    let class = one_class(None, &rides)?;
    let seats = fitting(facts, vehicle, None, class, &rides, &c.reason, &mut notes)?;
    let calls = calls_of(c, &rides)?;
    let trip = crate::trip_id(facts.asked.area, facts.asked.id);
    let mut decision = Decision { moves: Vec::new(), events: Vec::new(), notes };
    decision.moves.push(open(trip, &c.vehicle, c.leaves_at));
    decision.moves.extend(rides.iter().flat_map(|ride| book(facts, ride)));
    decision.events.push(Event::TripPut(Box::new(NewTrip {
        trip,
        vehicle: c.vehicle.clone(),
        class,
        calls,
        seats,
        leaves_at: c.leaves_at,
        plan: c.plan.trim().to_owned(),
        reason: c.reason.trim().to_owned(),
    })));
    Ok(decision)
}

/// The beginning of a trip in the ledger: from now on the vehicle answers for it.
pub(super) fn open(trip: UnitId, vehicle: &HolderCode, leaves_at: Micros) -> Move {
    Move::Open {
        unit: trip,
        holder: vehicle.clone(),
        step: PLANNED.to_owned(),
        deadline: Some(leaves_at + LATE_START),
        limit: None,
    }
}

fn book<C>(facts: &Facts<'_, C>, ride: &Ride) -> Vec<Move> {
    facts.step(ride.id, BOOKED, Some(ride.due))
}

pub(super) fn join(
    facts: &Facts<'_, Command>,
    id: UnitId,
    rides: &[UnitId],
    reason: &str,
) -> Decided {
    note_fits(reason)?;
    let (trip, vehicle) = facts.open_trip(id)?;
    if trip.broken_at.is_some() {
        return Err(Refusal::new("vehicle-out").with("vehicle", &trip.vehicle));
    }
    let rides = waiting(facts, rides)?;
    let class = one_class(Some(trip.class), &rides)?;
    let mut notes = Vec::new();
    let seats = fitting(facts, vehicle, Some(id), class, &rides, reason, &mut notes)?;
    let moves = rides.iter().flat_map(|ride| book(facts, ride)).collect();
    let reason = reason.trim().to_owned();
    let events = vec![Event::Joined { trip: id, seats, reason }];
    Ok(Decision { moves, events, notes })
}

/// The rides of a list, each once, that are on no trip.
fn waiting<'a>(facts: &'a Facts<'_, Command>, ids: &[UnitId]) -> Result<Vec<&'a Ride>, Refusal> {
    let mut rides = Vec::with_capacity(ids.len());
    for id in once(ids)? {
        let ride = facts.ride(id)?;
        if ride.stage != Stage::Wanted {
            return Err(Refusal::new("ride-not-waiting")
                .with("ride", id)
                .with("stage", ride.stage));
        }
        rides.push(ride);
    }
    Ok(rides)
}

/// The isolation class of all of them: two are never on one vehicle, whatever reason is given.
pub(super) fn one_class(aboard: Option<Class>, rides: &[&Ride]) -> Result<Class, Refusal> {
    let mut classes: BTreeSet<Class> = rides.iter().map(|ride| ride.class).collect();
    classes.extend(aboard);
    let mut all = classes.iter();
    match (all.next(), all.next()) {
        (Some(class), None) => Ok(*class),
        (Some(one), Some(other)) => {
            Err(Refusal::new("two-classes-on-one-vehicle").with("one", one).with("other", other))
        }
        _ => Err(Refusal::new("nobody-named")),
    }
}

/// Seats for those who get on a vehicle, if it may carry them and has room.
fn fitting(
    facts: &Facts<'_, Command>,
    vehicle: &Vehicle,
    trip: Option<UnitId>,
    class: Class,
    rides: &[&Ride],
    reason: &str,
    notes: &mut Vec<Refusal>,
) -> Result<Vec<Seated>, Refusal> {
    if !vehicle.carries.contains(&class) {
        return Err(Refusal::new("vehicle-not-for-class")
            .with("vehicle", &vehicle.code)
            .with("class", class));
    }
    if let Some(ride) = rides.iter().find(|ride| !vehicle.serves.contains(ride.area())) {
        return Err(Refusal::new("vehicle-serves-elsewhere")
            .with("serves", vehicle.serves)
            .with("ride", ride.id));
    }
    family_stays_together(facts, rides, reason, notes)?;
    seats_for(facts, vehicle, trip, rides)
}

/// Seats in a vehicle for people, beside those who are on its trip.
pub(super) fn seats_for<C>(
    facts: &Facts<'_, C>,
    vehicle: &Vehicle,
    trip: Option<UnitId>,
    rides: &[&Ride],
) -> Result<Vec<Seated>, Refusal> {
    let taken: BTreeSet<&str> =
        trip.map(|trip| facts.state.taken(trip).collect()).unwrap_or_default();
    let mut parties: Vec<Vec<(UnitId, bool)>> = Vec::new();
    let mut of: BTreeMap<types::HouseholdId, usize> = BTreeMap::new();
    for ride in rides {
        let next = parties.len();
        let at = ride.household.map_or(next, |household| *of.entry(household).or_insert(next));
        if at == next {
            parties.push(Vec::new());
        }
        parties[at].push((ride.id, ride.lying));
    }
    let seated = seats::seat((vehicle.seats, vehicle.stretchers), &taken, &parties);
    let Some(seated) = seated else {
        let lying = rides.iter().filter(|ride| ride.lying).count();
        return Err(Refusal::new("vehicle-full")
            .with("vehicle", &vehicle.code)
            .with("seats", vehicle.seats)
            .with("stretchers", vehicle.stretchers)
            .with("sitting", rides.len() - lying)
            .with("lying", lying)
            .with("taken", taken.len()));
    };
    let person = |id: UnitId| rides.iter().find(|ride| ride.id == id).map(|ride| ride.person);
    Ok(seated
        .into_iter()
        .filter_map(|(ride, seat)| Some(Seated { ride, person: person(ride)?, seat }))
        .collect())
}

/// People of one household who go to one place go together, unless somebody says why not.
fn family_stays_together(
    facts: &Facts<'_, Command>,
    rides: &[&Ride],
    reason: &str,
    notes: &mut Vec<Refusal>,
) -> Result<(), Refusal> {
    for ride in rides.iter().filter(|ride| ride.household.is_some()) {
        let left = facts.state.rides.values().filter(|other| {
            other.household == ride.household
                && other.stage == Stage::Wanted
                && other.class == ride.class
                && other.to.facility == ride.to.facility
                && rides.iter().all(|one| one.id != other.id)
        });
        if let Some(left) = left.min_by_key(|other| other.id) {
            let refusal = Refusal::new("family-split").with("ride", ride.id).with("left", left.id);
            return aside(refusal, reason, notes);
        }
    }
    Ok(())
}

/// The order in which people get on and off: each once on, and off after that.
fn calls_of(c: &Dispatch, rides: &[&Ride]) -> Result<Vec<Call>, Refusal> {
    if c.calls.is_empty() {
        let call = |on| rides.iter().map(move |ride| Call { ride: ride.id, on, at: None });
        let mut calls: Vec<Call> = call(true).collect();
        // Who goes to the same place gets off together.
        let mut off: Vec<(String, Call)> = rides
            .iter()
            .map(|ride| serde_json::to_string(&ride.to).unwrap_or_default())
            .zip(call(false))
            .collect();
        off.sort_by(|a, b| a.0.cmp(&b.0));
        calls.extend(off.into_iter().map(|(_, call)| call));
        return Ok(calls);
    }
    let wrong = || Refusal::new("calls-wrong");
    let mut aboard: BTreeSet<UnitId> = BTreeSet::new();
    let mut waiting: BTreeSet<UnitId> = rides.iter().map(|ride| ride.id).collect();
    for call in &c.calls {
        let sound = if call.on {
            waiting.remove(&call.ride) && aboard.insert(call.ride)
        } else {
            aboard.remove(&call.ride)
        };
        if !sound {
            return Err(wrong().with("ride", call.ride));
        }
    }
    match aboard.first().or(waiting.first()) {
        None => Ok(c.calls.clone()),
        Some(ride) => Err(wrong().with("ride", ride)),
    }
}
