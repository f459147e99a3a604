//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::Value;
use types::{AreaCode, CommandId, HolderCode, HouseholdId, Micros, PersonId, UnitId};

use crate::rows::{Ride, Seat, Trip, Vehicle};
use crate::words::{Flow, Reason, Stage};

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) vehicles: HashMap<HolderCode, Vehicle>,
    pub(crate) trips: HashMap<UnitId, Trip>,
    pub(crate) rides: HashMap<UnitId, Ride>,
    /// Manifests, by trip and ride; of a loaded trip the whole of it.
    pub(crate) seats: BTreeMap<(UnitId, UnitId), Seat>,
    /// The open ride of a person: loaded for all of `looked_persons`.
    pub(crate) open: HashMap<PersonId, UnitId>,
    pub(crate) looked_vehicles: HashSet<HolderCode>,
    pub(crate) looked_trips: HashSet<UnitId>,
    pub(crate) looked_rides: HashSet<UnitId>,
    pub(crate) looked_persons: HashSet<PersonId>,
    pub(crate) looked_households: HashSet<HouseholdId>,
    pub(crate) dirty_vehicles: HashSet<HolderCode>,
    pub(crate) dirty_trips: HashSet<UnitId>,
    pub(crate) dirty_rides: HashSet<UnitId>,
    pub(crate) dirty_seats: HashSet<(UnitId, UnitId)>,
    pub(crate) history: Vec<Value>,
    pub(crate) history_lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) counts: BTreeMap<(AreaCode, Stage, Reason), i64>,
    pub(crate) dues: BTreeMap<(AreaCode, Micros), i64>,
    pub(crate) flows: BTreeMap<(AreaCode, Micros, Flow), (i64, i64)>,
}

impl State {
    /// A loaded ride.
    pub fn ride(&self, id: UnitId) -> Option<&Ride> {
        self.rides.get(&id)
    }

    /// A loaded trip.
    pub fn trip(&self, id: UnitId) -> Option<&Trip> {
        self.trips.get(&id)
    }

    /// A loaded vehicle.
    pub fn vehicle(&self, code: &HolderCode) -> Option<&Vehicle> {
        self.vehicles.get(code)
    }

    /// The open ride of a person, if it is loaded.
    pub fn open_of(&self, person: PersonId) -> Option<&Ride> {
        self.open.get(&person).and_then(|id| self.rides.get(id))
    }

    /// The counties of the rides and trips that this group changed, for boards.
    pub fn touched_areas(&self) -> impl Iterator<Item = AreaCode> + '_ {
        let rides = self.dirty_rides.iter().map(|id| id.area());
        let trips = self.dirty_trips.iter().map(|id| id.area());
        let vehicles = self.dirty_vehicles.iter().filter_map(|code| self.vehicles.get(code));
        rides.chain(trips).chain(vehicles.map(|v| v.area))
    }

    /// Where the receiving facilities of the changed rides lie, for their boards.
    pub fn touched_goals(&self) -> impl Iterator<Item = AreaCode> + '_ {
        self.dirty_rides.iter().filter_map(|id| self.rides.get(id)).map(|ride| ride.to.area)
    }

    /// The rides that are on a loaded trip now, in the order of their ids.
    pub fn on_trip(&self, trip: UnitId) -> impl Iterator<Item = &Ride> + '_ {
        let all = (trip, LOWEST)..=(trip, HIGHEST);
        self.seats
            .range(all)
            .filter(|(_, seat)| seat.live)
            .filter_map(|((_, ride), _)| self.rides.get(ride))
    }

    /// The seats of a trip that are somebody's now.
    pub(crate) fn taken(&self, trip: UnitId) -> impl Iterator<Item = &str> + '_ {
        let all = (trip, LOWEST)..=(trip, HIGHEST);
        self.seats.range(all).filter(|(_, seat)| seat.live).map(|(_, seat)| seat.seat.as_str())
    }
}

const LOWEST: UnitId = UnitId::lowest();
const HIGHEST: UnitId = UnitId::highest();
