//! The rules: what each command leads to, or why not. Pure.

mod dispatch;
mod follow;
mod hand;
mod trouble;
mod vehicle;
mod want;

use ledger::{Asked, Decision, Move, Units, note_needed};
use protocol::{Edition, Protocol};
use types::{HolderCode, Micros, Refusal, Span, UnitId};

use crate::command::Command;
use crate::event::{Event, Sign};
use crate::rows::{Ride, Trip, Vehicle};
use crate::state::State;
use crate::words::Stage;

pub(crate) use follow::follow;

/// What a rule may look at.
pub(crate) struct Facts<'a, C> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, C>,
    pub edition: &'a Edition,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

/// The steps of rides and trips in the ledger.
pub(crate) const WANTED: &str = "wanted";
pub(crate) const BOOKED: &str = "booked";
pub(crate) const ABOARD: &str = "aboard";
pub(crate) const ARRIVED: &str = "arrived";
pub(crate) const PLANNED: &str = "planned";
pub(crate) const UNDER_WAY: &str = "under_way";

impl<C> Facts<'_, C> {
    /// When it happened.
    fn at(&self) -> Micros {
        self.asked.event_time
    }

    fn vehicle(&self, code: &HolderCode) -> Result<&Vehicle, Refusal> {
        let vehicle = self.state.vehicle(code);
        vehicle.ok_or_else(|| Refusal::new("vehicle-unknown").with("vehicle", code))
    }

    /// A vehicle of the command's county; for an account that works on a vehicle only its own.
    fn own_vehicle(&self, code: &HolderCode) -> Result<&Vehicle, Refusal> {
        let vehicle = self.vehicle(code)?;
        if vehicle.area != self.asked.area {
            return Err(Refusal::new("vehicle-of-another-county").with("vehicle", code));
        }
        self.works_for(code)?;
        Ok(vehicle)
    }

    /// A trip of the command's county, of the own vehicle, that is not over.
    fn open_trip(&self, id: UnitId) -> Result<(&Trip, &Vehicle), Refusal> {
        let trip = self.state.trip(id);
        let trip = trip.ok_or_else(|| Refusal::new("trip-unknown").with("trip", id))?;
        let vehicle = self.own_vehicle(&trip.vehicle)?;
        if !trip.state.is_open() {
            return Err(Refusal::new("trip-is-over").with("trip", id).with("state", trip.state));
        }
        Ok((trip, vehicle))
    }

    fn ride(&self, id: UnitId) -> Result<&Ride, Refusal> {
        self.state.ride(id).ok_or_else(|| Refusal::new("ride-unknown").with("ride", id))
    }

    /// The rides of a list, each once, that are on a trip in one of the stages.
    fn on<'a>(
        &'a self,
        trip: UnitId,
        rides: &[UnitId],
        stage: Stage,
    ) -> Result<Vec<&'a Ride>, Refusal> {
        let ids = once(rides)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let ride = self.ride(id)?;
            if ride.trip != Some(trip) || !ride.stage.is_open() {
                return Err(Refusal::new("not-on-this-trip").with("ride", id));
            }
            if ride.stage != stage {
                let refusal = match stage {
                    Stage::Booked => Refusal::new("aboard-already"),
                    _ => Refusal::new("not-aboard"),
                };
                return Err(refusal.with("ride", id).with("stage", ride.stage));
            }
            found.push(ride);
        }
        Ok(found)
    }

    /// An account that works for a vehicle or a facility acts for that one only.
    fn works_for(&self, holder: &HolderCode) -> Result<(), Refusal> {
        match &self.asked.actor.holder {
            Some(own) if own.kind() == holder.kind() && own != holder => {
                Err(Refusal::new("not-your-holder").with("holder", holder))
            }
            _ => Ok(()),
        }
    }

    /// A signature by the account that asks, for a holder.
    fn sign(&self, by: impl ToString) -> Sign {
        Sign {
            by: by.to_string(),
            user: self.asked.actor.user.clone(),
            at: self.at(),
            how: "account".to_owned(),
        }
    }

    /// For whom the account acts: its holder, else by its name.
    fn acts_for(&self) -> String {
        match &self.asked.actor.holder {
            Some(holder) => holder.to_string(),
            None => self.asked.actor.user.clone(),
        }
    }

    fn custody_is_open(&self, id: UnitId) -> bool {
        self.units.custody(id).is_some_and(|custody| custody.closed.is_none())
    }

    fn holder_of(&self, id: UnitId) -> Option<HolderCode> {
        self.units.custody(id).and_then(|custody| custody.holder.clone())
    }

    /// From asked for to picked up, by the edition.
    fn fetched_within(&self) -> Span {
        self.edition.care().map_or(Span::hours(2), |care| care.transfer_within.value)
    }

    /// Moves of a ride into a holder's hands.
    fn hand(
        &self,
        ride: &Ride,
        to: &HolderCode,
        step: &str,
        deadline: Option<Micros>,
    ) -> Vec<Move> {
        if !self.custody_is_open(ride.id) {
            return Vec::new();
        }
        vec![Move::Hand {
            unit: ride.id,
            giver: self.holder_of(ride.id),
            taker: to.clone(),
            step: step.to_owned(),
            deadline,
            limit: None,
            evidence: None,
        }]
    }

    fn step(&self, unit: UnitId, step: &str, deadline: Option<Micros>) -> Vec<Move> {
        let open = self.custody_is_open(unit);
        let step = || Move::Step { unit, step: step.to_owned(), deadline };
        open.then(step).into_iter().collect()
    }

    fn close(&self, unit: UnitId, reason: &str) -> Vec<Move> {
        let open = self.custody_is_open(unit);
        let close = || Move::Close { unit, reason: reason.to_owned() };
        open.then(close).into_iter().collect()
    }

    /// The end of a trip, when the last who were on it are gone.
    fn end_of_trip(&self, trip: &Trip, gone: &[UnitId], note: &str, into: &mut Decision<Event>) {
        let rest = self.state.on_trip(trip.id).filter(|ride| !gone.contains(&ride.id)).count();
        if rest > 0 {
            return;
        }
        let called_off = trip.carried == 0;
        into.moves.extend(self.close(trip.id, if called_off { "called_off" } else { "done" }));
        into.events.push(Event::TripEnded {
            trip: trip.id,
            called_off,
            note: note.trim().to_owned(),
        });
    }
}

/// Somebody and something named at most once each, and at least one.
fn once(rides: &[UnitId]) -> Result<Vec<UnitId>, Refusal> {
    let mut ids = rides.to_vec();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Err(Refusal::new("nobody-named"));
    }
    if ids.len() < n {
        return Err(Refusal::new("named-twice"));
    }
    Ok(rides.to_vec())
}

/// A rule that a stated reason sets aside: then it is a remark.
fn aside(refusal: Refusal, reason: &str, notes: &mut Vec<Refusal>) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(refusal);
    }
    notes.push(refusal);
    Ok(())
}

pub(crate) fn decide(
    protocol: &Protocol,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition };
    match asked.command {
        Command::PutVehicle(c) => vehicle::put(&facts, c),
        Command::Shift(c) => vehicle::shift(&facts, c),
        Command::SetVehicleOut { vehicle, out, reason } => {
            vehicle::set_out(&facts, vehicle, *out, reason)
        }
        Command::Disinfected { vehicle, note } => vehicle::disinfected(&facts, vehicle, note),
        Command::Want(c) => want::want(&facts, c),
        Command::CancelRide { ride, reason } => want::cancel(&facts, *ride, reason),
        Command::Dispatch(c) => dispatch::dispatch(&facts, c),
        Command::Join { trip, rides, reason } => dispatch::join(&facts, *trip, rides, reason),
        Command::CallOff { trip, reason } => trouble::call_off(&facts, *trip, reason),
        Command::Start { trip } => hand::start(&facts, *trip),
        Command::PickUp(c) => hand::pick_up(&facts, c),
        Command::GiveOver { rides, note } => hand::give_over(&facts, rides, note),
        Command::HandOver { trip, rides, note } => hand::hand_over(&facts, *trip, rides, note),
        Command::Receive(c) => hand::receive(&facts, c),
        Command::TakeOff(c) => trouble::take_off(&facts, c),
        Command::SetDown { trip, ride, note } => trouble::set_down(&facts, *trip, *ride, note),
        Command::Breakdown { trip, reason } => trouble::breakdown(&facts, *trip, reason),
        Command::MoveAcross { trip, vehicle, rides, reason } => {
            note_needed(reason)?;
            trouble::move_across(&facts, *trip, vehicle, rides, reason)
        }
    }
}
