//! Applying facts to the loaded rows. Total: what was decided cannot fail.

use ledger::Entry;
use serde::Serialize;
use store::Value;
use types::{Micros, Span, UnitId};

use crate::CLEAN_WITHIN;
use crate::command::{Call, PutVehicle};
use crate::event::{Event, NewTrip, Seated, Wanted};
use crate::rows::{Ride, Seat, Signs, Trip, Vehicle};
use crate::state::State;
use crate::words::{Ended, Flow, OffWhy, Stage, TripState};

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    match event {
        Event::VehiclePut(c) => put_vehicle(state, entry, c),
        Event::ShiftSet(c) => vehicle(state, &c.vehicle, |v| {
            v.crew.clone_from(&c.crew);
            v.shift = Some((c.from, c.until));
        }),
        Event::VehicleOut { vehicle: code, out, reason } => {
            vehicle(state, code, |v| v.out = out.then(|| reason.clone()));
        }
        Event::Disinfected { vehicle: code, .. } => vehicle(state, code, |v| v.dirty = None),
        Event::Wanted(c) => wanted(state, entry, c),
        Event::Judged { ride, class, lying } => {
            change(state, entry, *ride, "judged", &(class, lying), |r| {
                (r.class, r.lying) = (*class, *lying);
            });
        }
        Event::Redirected { ride, to } => {
            change(state, entry, *ride, "redirected", to, |r| r.to = to.clone());
        }
        Event::RideEnded { ride, how, note } => {
            leave_seat(state, *ride);
            flow(state, at, *ride, Flow::CalledOff, Span(0));
            change(state, entry, *ride, "ended", &(how, note), |r| {
                r.stage = Stage::Off;
                r.stage_since = at;
                r.said.clone_from(note);
            });
        }
        Event::TripPut(c) => put_trip(state, entry, c),
        Event::Joined { trip, seats, .. } => {
            board_list(state, entry, *trip, seats);
            let calls = joined_calls(state, *trip, seats);
            on_trip(state, *trip, |t| t.calls = calls);
        }
        Event::TakenOff { trip: _, ride, why, note } => {
            leave_seat(state, *ride);
            let in_vain = matches!(why, OffWhy::NoShow | OffWhy::Refused | OffWhy::Unfit);
            if in_vain {
                flow(state, at, *ride, Flow::InVain, Span(0));
            }
            change(state, entry, *ride, "taken_off", &(why, note), |r| {
                r.stage = Stage::Wanted;
                r.stage_since = at;
                r.said.clone_from(note);
                r.in_vain += i64::from(in_vain);
            });
        }
        Event::Started { trip } => start(state, *trip, at),
        Event::PickedUp { trip, ride, took, gave } => {
            let waited = state.rides.get(ride).map_or(Span(0), |r| at - r.wanted_at);
            flow(state, at, *ride, Flow::PickedUp, waited);
            on_trip(state, *trip, |t| {
                t.booked -= 1;
                t.aboard += 1;
                t.carried += 1;
            });
            change(state, entry, *ride, "picked_up", &(took, gave), |r| {
                r.stage = Stage::Aboard;
                r.stage_since = at;
                r.picked_at = Some(at);
                r.signs.took = Some(took.clone());
                if let Some(gave) = gave {
                    r.signs.gave = Some(gave.clone());
                }
            });
        }
        Event::Gave { ride, sign } => {
            change(state, entry, *ride, "gave", sign, |r| r.signs.gave = Some(sign.clone()));
        }
        Event::Handed { ride, sign } => {
            change(state, entry, *ride, "handed", sign, |r| r.signs.handed = Some(sign.clone()));
        }
        Event::Received { ride, facility, sign, handed, reason, .. } => {
            let under_way = state.rides.get(ride).and_then(|r| r.picked_at).map(|from| at - from);
            flow(state, at, *ride, Flow::Arrived, under_way.unwrap_or(Span(0)));
            leave_seat(state, *ride);
            change(state, entry, *ride, "received", &(facility, sign, handed, reason), |r| {
                r.stage = Stage::Arrived;
                r.stage_since = at;
                r.arrived_at = Some(at);
                r.signs.received = Some(sign.clone());
                if let Some(handed) = handed {
                    r.signs.handed = Some(handed.clone());
                }
                if r.to.facility != *facility {
                    r.to.facility.clone_from(facility);
                    (r.to.place, r.to.at) = (None, None);
                }
            });
        }
        Event::SetDown { ride, note, .. } => {
            leave_seat(state, *ride);
            change(state, entry, *ride, "ended", &(Ended::SetDown, note), |r| {
                r.stage = Stage::Off;
                r.stage_since = at;
                r.said.clone_from(note);
            });
        }
        Event::Broken { trip, reason } => {
            on_trip(state, *trip, |t| t.broken_at = Some(at));
            if let Some(code) = state.trips.get(trip).map(|t| t.vehicle.clone()) {
                vehicle(state, &code, |v| v.out = Some(reason.clone()));
            }
        }
        Event::Across { from, to, ride, seat, reason } => {
            leave_seat(state, *ride);
            if let Some(r) = state.rides.get(ride) {
                let new = Seat { person: r.person, seat: seat.clone(), live: true };
                state.seats.insert((*to, *ride), new);
                state.dirty_seats.insert((*to, *ride));
            }
            on_trip(state, *to, |t| {
                t.aboard += 1;
                t.carried += 1;
                t.calls.push(Call { ride: *ride, on: false, at: None });
            });
            change(state, entry, *ride, "across", &(from, to, reason), |r| {
                r.trip = Some(*to);
                r.seat.clone_from(seat);
            });
        }
        Event::TripEnded { trip, called_off, .. } => end(state, *trip, *called_off, at),
    }
}

fn vehicle(state: &mut State, code: &types::HolderCode, change: impl FnOnce(&mut Vehicle)) {
    if let Some(vehicle) = state.vehicles.get_mut(code) {
        change(vehicle);
        state.dirty_vehicles.insert(code.clone());
    }
}

fn on_trip(state: &mut State, id: UnitId, change: impl FnOnce(&mut Trip)) {
    if let Some(trip) = state.trips.get_mut(&id) {
        change(trip);
        state.dirty_trips.insert(id);
    }
}

fn put_vehicle(state: &mut State, entry: &Entry, c: &PutVehicle) {
    let known = state.vehicles.get(&c.code);
    let vehicle = Vehicle {
        code: c.code.clone(),
        area: entry.area,
        kind: c.kind,
        plate: c.plate.clone(),
        seats: i64::from(c.seats),
        stretchers: i64::from(c.stretchers),
        carries: c.carries.clone(),
        serves: c.serves,
        base: c.base.clone(),
        crew: known.map(|v| v.crew.clone()).unwrap_or_default(),
        shift: known.and_then(|v| v.shift),
        out: known.and_then(|v| v.out.clone()),
        dirty: known.and_then(|v| v.dirty),
        trip: known.and_then(|v| v.trip),
        last_class: known.and_then(|v| v.last_class),
    };
    state.dirty_vehicles.insert(c.code.clone());
    state.looked_vehicles.insert(c.code.clone());
    state.vehicles.insert(c.code.clone(), vehicle);
}

fn wanted(state: &mut State, entry: &Entry, c: &Wanted) {
    let ride = Ride {
        id: c.ride,
        person: c.person,
        episode: c.episode,
        household: c.household,
        reason: c.reason,
        class: c.class,
        lying: c.lying,
        from: c.from.clone(),
        to: c.to.clone(),
        stage: Stage::Wanted,
        stage_since: entry.event_time,
        wanted_at: entry.event_time,
        from_time: c.from_time,
        due: c.due,
        trip: None,
        seat: String::new(),
        signs: Signs::default(),
        said: c.note.clone(),
        in_vain: 0,
        picked_at: None,
        arrived_at: None,
    };
    count(state, &ride, 1);
    line(state, entry, &ride, "wanted", &(c.reason, &c.to, &c.note));
    state.open.insert(c.person, c.ride);
    state.looked_rides.insert(c.ride);
    state.dirty_rides.insert(c.ride);
    state.rides.insert(c.ride, ride);
    flow(state, entry.event_time, c.ride, Flow::Wanted, Span(0));
}

fn put_trip(state: &mut State, entry: &Entry, c: &NewTrip) {
    let trip = Trip {
        id: c.trip,
        vehicle: c.vehicle.clone(),
        class: c.class,
        state: TripState::Planned,
        leaves_at: c.leaves_at,
        calls: c.calls.clone(),
        plan: c.plan.clone(),
        reason: c.reason.clone(),
        actor: entry.actor.clone(),
        started_at: None,
        ended_at: None,
        broken_at: None,
        carried: 0,
        booked: 0,
        aboard: 0,
    };
    state.looked_trips.insert(c.trip);
    state.trips.insert(c.trip, trip);
    state.dirty_trips.insert(c.trip);
    board_list(state, entry, c.trip, &c.seats);
}

/// Puts people on a trip's manifest.
fn board_list(state: &mut State, entry: &Entry, trip: UnitId, seats: &[Seated]) {
    for seated in seats {
        let key = (trip, seated.ride);
        let seat = Seat { person: seated.person, seat: seated.seat.clone(), live: true };
        state.seats.insert(key, seat);
        state.dirty_seats.insert(key);
        change(state, entry, seated.ride, "booked", &seated.seat, |r| {
            r.stage = Stage::Booked;
            r.stage_since = entry.event_time;
            r.trip = Some(trip);
            r.seat.clone_from(&seated.seat);
        });
    }
    on_trip(state, trip, |t| t.booked += seats.len() as i64);
}

/// Those who join get on after the last who gets on, and off at the end.
fn joined_calls(state: &State, trip: UnitId, seats: &[Seated]) -> Vec<Call> {
    let mut calls = state.trips.get(&trip).map(|t| t.calls.clone()).unwrap_or_default();
    calls.retain(|call| seats.iter().all(|seated| seated.ride != call.ride));
    let after = calls.iter().rposition(|call| call.on).map_or(0, |n| n + 1);
    let on = seats.iter().map(|seated| Call { ride: seated.ride, on: true, at: None });
    calls.splice(after..after, on);
    calls.extend(seats.iter().map(|seated| Call { ride: seated.ride, on: false, at: None }));
    calls
}

/// Whoever is on a trip is on it no more: the seat is free, and the trip counts one less.
fn leave_seat(state: &mut State, ride: UnitId) {
    let Some(r) = state.rides.get(&ride) else { return };
    let (Some(trip), stage) = (r.trip, r.stage) else { return };
    if let Some(seat) = state.seats.get_mut(&(trip, ride)) {
        seat.live = false;
        state.dirty_seats.insert((trip, ride));
    }
    on_trip(state, trip, |t| match stage {
        Stage::Booked => t.booked -= 1,
        Stage::Aboard => t.aboard -= 1,
        Stage::Wanted | Stage::Arrived | Stage::Off => {}
    });
}

fn start(state: &mut State, trip: UnitId, at: Micros) {
    let Some(t) = state.trips.get(&trip) else { return };
    let (code, class) = (t.vehicle.clone(), t.class);
    on_trip(state, trip, |t| {
        t.state = TripState::UnderWay;
        t.started_at = Some(at);
    });
    vehicle(state, &code, |v| {
        v.trip = Some(trip);
        v.last_class = Some(class);
    });
}

fn end(state: &mut State, trip: UnitId, called_off: bool, at: Micros) {
    let Some(t) = state.trips.get(&trip) else { return };
    let (code, carried) = (t.vehicle.clone(), t.carried > 0);
    on_trip(state, trip, |t| {
        t.state = if called_off { TripState::CalledOff } else { TripState::Done };
        t.ended_at = Some(at);
    });
    vehicle(state, &code, |v| {
        if v.trip == Some(trip) {
            v.trip = None;
        }
        if carried {
            v.dirty = Some((at, at + CLEAN_WITHIN));
        }
    });
}

/// Changes a ride, counts what that changes, and adds a line to its history.
fn change<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    body: &B,
    change: impl FnOnce(&mut Ride),
) {
    let Some(mut ride) = state.rides.remove(&id) else { return };
    count(state, &ride, -1);
    change(&mut ride);
    count(state, &ride, 1);
    line(state, entry, &ride, what, body);
    if ride.stage.is_open() {
        state.open.insert(ride.person, id);
    } else if state.open.get(&ride.person) == Some(&id) {
        state.open.remove(&ride.person);
    }
    state.dirty_rides.insert(id);
    state.rides.insert(id, ride);
}

fn count(state: &mut State, ride: &Ride, by: i64) {
    *state.counts.entry((ride.area(), ride.stage, ride.reason)).or_default() += by;
    if matches!(ride.stage, Stage::Wanted | Stage::Booked) {
        *state.dues.entry((ride.area(), crate::quarter(ride.due))).or_default() += by;
    }
}

fn flow(state: &mut State, at: Micros, ride: UnitId, what: Flow, took: Span) {
    let sum = state.flows.entry((ride.area(), at.hour_start(), what)).or_default();
    sum.0 += 1;
    sum.1 += took.0.div_euclid(Span::minutes(1).0).max(0);
}

fn line<B: Serialize + ?Sized>(
    state: &mut State,
    entry: &Entry,
    ride: &Ride,
    what: &str,
    body: &B,
) {
    let n = state.history_lines.entry((ride.id, entry.command)).or_default();
    let this = *n;
    *n += 1;
    state.history.extend([
        ride.area().into(),
        ride.id.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        ride.stage.as_str().into(),
        ride.trip.into(),
        Value::json(body),
    ]);
}
