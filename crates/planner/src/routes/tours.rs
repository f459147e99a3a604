//! The state of a search: the tours as linked lists, with undo.
//!
//! A vehicle is a ring: an anchor (its depot) for each trip, each followed by the stops of the
//! trip. An anchor ends the trip before it and begins the next; the first ends the day. So a
//! trip's capacity and a day's times live in one list, and a step touches few entries of it.
//! Before an entry changes it is written down once a step ([`Tours::save`]), so that a step that
//! is not accepted can be undone, and the best plan so far is kept up to date by differences.

use super::near::Nearness;
use super::problem::{Problem, Routes, Tour};
use super::travel::Metric;
use crate::random::Rng;

pub(super) const NONE: u32 = u32::MAX;

/// An entry of the rings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) next: u32,
    pub(super) prev: u32,
    /// Which trip a stop is in; an anchor's is the one that it begins. [`NONE`]: in none.
    pub(super) trip: u32,
    /// The length from `prev` to here.
    pub(super) edge: i32,
}

/// An entry's times.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// The earliest time to leave: after the visit; at an anchor, after loading.
    pub(super) leaves: i32,
    /// The latest time to arrive that lets all that follows be in time.
    pub(super) latest: i32,
}

/// A trip's room and size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trip {
    pub(super) room: i32,
    pub(super) count: u32,
    pub(super) vehicle: u32,
    pub(super) gives: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Vehicle {
    pub(super) fleet: u32,
    pub(super) first: u32,
    pub(super) stops: u32,
}

/// What the inner loops need of a stop, close together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) demand: i32,
    pub(super) needs: u32,
    pub(super) service: i32,
    pub(super) open: i32,
    pub(super) close: i32,
    /// Length from the nearest depot.
    pub(super) out: i32,
    /// Which kind of needs it has ([`Tours::able`]).
    pub(super) kind: u32,
    /// What it costs to leave it out.
    pub(super) skip: i64,
}

pub(super) struct Tours<'p, M, const TIMED: bool> {
    pub(super) problem: &'p Problem,
    pub(super) metric: M,
    pub(super) near: Nearness,
    pub(super) visits: Vec<Visit>,
    pub(super) link: Vec<Link>,
    pub(super) clock: Vec<Clock>,
    pub(super) trips: Vec<Trip>,
    pub(super) vehicles: Vec<Vehicle>,
    /// The first anchor's index; stops and one unlinked node for each fleet's depot are before it.
    pub(super) base: usize,
    /// Trips that may be empty, for each fleet; wrong entries are thrown out when met.
    pub(super) idle: Vec<Vec<u32>>,
    listed: Vec<bool>,
    fleet_size: Vec<u32>,
    /// For each kind of needs the fleets that have all of them.
    pub(super) able: Vec<Vec<u32>>,
    /// How many vehicles of each group are used.
    groups: Vec<u32>,
    /// Stops that are in no trip.
    pub(super) bank: Vec<u32>,
    pub(super) cost: i64,
    pub(super) used_trips: usize,
    /// No trip is opened beyond so many.
    pub(super) most_trips: usize,
    /// What trips may carry too much, and what that costs.
    pub(super) load: super::overload::Overload,
    /// Set when the step cannot stay: it is too dear already, or leaving out a stop made a later
    /// one late (lengths without triangle inequality).
    pub(super) broken: bool,
    pub(super) rng: Rng,
    pub(super) scratch: super::recreate::Scratch,
    // What the present step has changed.
    round: u32,
    stamp: Vec<u32>,
    log: Vec<(u32, Link, Clock)>,
    trip_stamp: Vec<u32>,
    trip_log: Vec<(u32, Trip)>,
    vehicle_log: Vec<(u32, u32)>,
    bank_before: Vec<u32>,
    before: (i64, usize, i64),
    // The best plan, and where it differs from the present one.
    best_next: Vec<u32>,
    best_bank: Vec<u32>,
    pub(super) best_cost: i64,
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
}

impl<'p, M: Metric, const TIMED: bool> Tours<'p, M, TIMED> {
    /// All stops are in the bank.
    pub(super) fn new(problem: &'p Problem, metric: M, neighbours: usize, seed: u64) -> Self {
        let near = Nearness::find(problem, &metric, TIMED, neighbours);
        let count = problem.stops.len();
        let fleets = problem.fleets.len();
        let mut kinds: Vec<u32> = problem.stops.iter().map(|stop| stop.needs).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let able = |needs: &u32| {
            let gives = problem.fleets.iter().map(|fleet| fleet.gives);
            (0..).zip(gives).filter(|(_, gives)| needs & !gives == 0).map(|(f, _)| f).collect()
        };
        let able: Vec<Vec<u32>> = kinds.iter().map(able).collect();
        let groups = problem.fleets.iter().filter_map(|fleet| fleet.group).max();
        let visits = problem.stops.iter().enumerate().map(|(index, stop)| Visit {
            demand: stop.demand,
            needs: stop.needs,
            service: stop.service,
            open: stop.window.open,
            close: stop.window.close,
            out: (count..count + fleets).map(|d| metric.cost(d, index)).min().unwrap_or(0),
            kind: kinds.partition_point(|&kind| kind < stop.needs) as u32,
            skip: stop.skip,
        });
        let unlinked = Link { next: NONE, prev: NONE, trip: NONE, edge: 0 };
        let mut tours = Tours {
            problem,
            near,
            visits: visits.collect(),
            link: vec![unlinked; count + fleets],
            clock: vec![Clock::default(); count + fleets],
            trips: Vec::new(),
            vehicles: Vec::new(),
            base: count + fleets,
            idle: vec![Vec::new(); fleets],
            listed: Vec::new(),
            fleet_size: vec![0; fleets],
            able,
            groups: vec![0; groups.map_or(0, |last| last as usize + 1)],
            bank: (0..count as u32).collect(),
            cost: problem.stops.iter().map(|stop| stop.skip).sum(),
            used_trips: 0,
            most_trips: usize::MAX,
            load: super::overload::Overload::default(),
            broken: false,
            rng: Rng::new(seed),
            scratch: super::recreate::Scratch::default(),
            round: 0,
            stamp: vec![0; count + fleets],
            log: Vec::new(),
            trip_stamp: Vec::new(),
            trip_log: Vec::new(),
            vehicle_log: Vec::new(),
            bank_before: Vec::new(),
            before: (0, 0, 0),
            best_next: vec![NONE; count + fleets],
            best_bank: Vec::new(),
            best_cost: i64::MAX,
            dirty: (0..(count + fleets) as u32).collect(),
            is_dirty: vec![true; count + fleets],
            metric,
        };
        for (fleet, it) in problem.fleets.iter().enumerate() {
            let wanted = it.count.map_or(1, |count| count.min(64));
            for _ in 0..wanted {
                tours.add_vehicle(fleet);
            }
        }
        tours.begin();
        tours
    }

    /// Adds a vehicle to a fleet, if it may have one more.
    pub(super) fn add_vehicle(&mut self, fleet: usize) -> Option<u32> {
        let kind = self.problem.fleets[fleet];
        if kind.count.is_some_and(|count| self.fleet_size[fleet] >= count) {
            return None;
        }
        self.fleet_size[fleet] += 1;
        let first = self.trips.len() as u32;
        let vehicle = self.vehicles.len() as u32;
        self.vehicles.push(Vehicle { fleet: fleet as u32, first, stops: 0 });
        let depot = self.problem.stops.len() + fleet;
        for trip in 0..kind.trips {
            let anchor = self.base as u32 + first + trip;
            let other = |trip: u32| self.base as u32 + first + trip % kind.trips;
            self.link.push(Link {
                next: other(trip + 1),
                prev: other(trip + kind.trips - 1),
                trip: first + trip,
                edge: 0,
            });
            let leaves = kind.shift.open + kind.loading;
            self.clock.push(Clock { leaves, latest: kind.shift.close });
            let room = kind.capacity;
            self.trips.push(Trip { room, count: 0, vehicle, gives: kind.gives });
            self.metric.copy_node(depot);
            self.stamp.push(0);
            self.trip_stamp.push(0);
            self.listed.push(true);
            self.idle[fleet].push(first + trip);
            self.best_next.push(NONE);
            self.dirty.push(anchor);
            self.is_dirty.push(true);
        }
        Some(vehicle)
    }

    /// A random stop for a step to begin at.
    pub(super) fn seed(&mut self) -> usize {
        self.rng.below(self.visits.len())
    }

    /// Starts a step.
    pub(super) fn begin(&mut self) {
        self.round += 1;
        self.log.clear();
        self.trip_log.clear();
        self.vehicle_log.clear();
        self.bank_before.clone_from(&self.bank);
        self.before = (self.cost, self.used_trips, self.load.over);
        self.broken = false;
    }

    /// The mean length of the ways between two stops, or of all ways when there is no such way.
    pub(super) fn mean_way(&self) -> f64 {
        let mean = |from: usize| {
            let ways = self.link[..self.visits.len()]
                .iter()
                .filter(|link| link.trip != NONE && (link.prev as usize) < from);
            let (ways, sum) =
                ways.fold((0u32, 0.0), |(ways, sum), link| (ways + 1, sum + f64::from(link.edge)));
            (ways > 0 && sum > 0.0).then(|| sum / f64::from(ways))
        };
        mean(self.base).or_else(|| mean(usize::MAX)).unwrap_or(1.0)
    }

    /// What the step has changed the cost by.
    pub(super) fn gain(&self) -> i64 {
        self.cost - self.before.0
    }

    /// Takes the step back.
    pub(super) fn undo(&mut self) {
        for &(node, link, clock) in &self.log {
            self.link[node as usize] = link;
            if TIMED {
                self.clock[node as usize] = clock;
            }
        }
        for index in 0..self.trip_log.len() {
            let (trip, before) = self.trip_log[index];
            self.trips[trip as usize] = before;
            if before.count == 0 {
                self.list_idle(trip);
            }
        }
        for index in (0..self.vehicle_log.len()).rev() {
            let (vehicle, stops) = self.vehicle_log[index];
            let now = self.vehicles[vehicle as usize].stops;
            self.vehicles[vehicle as usize].stops = stops;
            self.use_group(vehicle as usize, now, stops);
        }
        std::mem::swap(&mut self.bank, &mut self.bank_before);
        (self.cost, self.used_trips, self.load.over) = self.before;
    }

    /// Keeps the step; remembers it if it is the best yet.
    pub(super) fn keep(&mut self) -> bool {
        self.mark();
        if self.cost >= self.best_cost || self.load.over > 0 {
            return false;
        }
        self.keep_as_best();
        true
    }

    /// Notes where the step made the plan differ from the best one.
    pub(super) fn mark(&mut self) {
        for &(node, ..) in &self.log {
            if !self.is_dirty[node as usize] {
                self.is_dirty[node as usize] = true;
                self.dirty.push(node);
            }
        }
    }

    /// Makes the present plan the best one, whatever it costs.
    pub(super) fn keep_as_best(&mut self) {
        for &node in &self.dirty {
            self.best_next[node as usize] = self.link[node as usize].next;
            self.is_dirty[node as usize] = false;
        }
        self.dirty.clear();
        self.best_bank.clone_from(&self.bank);
        self.best_cost = self.cost;
    }

    /// Writes an entry down before it is changed.
    #[inline(always)]
    pub(super) fn save(&mut self, node: usize) {
        if self.stamp[node] != self.round {
            self.stamp[node] = self.round;
            let clock = if TIMED { self.clock[node] } else { Clock::default() };
            self.log.push((node as u32, self.link[node], clock));
        }
    }

    #[inline(always)]
    fn save_trip(&mut self, trip: usize) {
        if self.trip_stamp[trip] != self.round {
            self.trip_stamp[trip] = self.round;
            self.trip_log.push((trip as u32, self.trips[trip]));
        }
    }

    fn list_idle(&mut self, trip: u32) {
        if !self.listed[trip as usize] {
            self.listed[trip as usize] = true;
            let vehicle = self.trips[trip as usize].vehicle;
            self.idle[self.vehicles[vehicle as usize].fleet as usize].push(trip);
        }
    }

    #[inline]
    fn use_group(&mut self, vehicle: usize, before: u32, after: u32) {
        if (before == 0) == (after == 0) {
            return;
        }
        let fleet = self.vehicles[vehicle].fleet as usize;
        if let Some(group) = self.problem.fleets[fleet].group {
            let used = &mut self.groups[group as usize];
            *used = if after == 0 { *used - 1 } else { *used + 1 };
        }
    }

    /// Whether a vehicle may be used: it is already, or no other one of its group is.
    pub(super) fn is_free(&self, vehicle: usize) -> bool {
        let it = self.vehicles[vehicle];
        let group = self.problem.fleets[it.fleet as usize].group;
        it.stops > 0 || group.is_none_or(|group| self.groups[group as usize] == 0)
    }

    /// An empty trip of a fleet, `pick` choosing among those listed; a new vehicle's if there is
    /// none.
    pub(super) fn empty_trip(&mut self, fleet: usize, pick: usize) -> Option<u32> {
        while !self.idle[fleet].is_empty() {
            let at = pick % self.idle[fleet].len();
            let trip = self.idle[fleet][at];
            if self.trips[trip as usize].count == 0 {
                return Some(trip);
            }
            self.idle[fleet].swap_remove(at);
            self.listed[trip as usize] = false;
        }
        let vehicle = self.add_vehicle(fleet)?;
        Some(self.vehicles[vehicle as usize].first)
    }

    pub(super) fn count(&mut self, trip: usize, stops: i32, demand: i32) {
        self.save_trip(trip);
        let it = &mut self.trips[trip];
        let was = it.count;
        let room = it.room;
        it.room -= demand;
        if room.min(it.room) < 0 {
            self.cost += self.load.change(room, it.room);
        }
        it.count = was.wrapping_add_signed(stops);
        let (now, vehicle) = (it.count, it.vehicle as usize);
        if was == 0 {
            self.used_trips += 1;
        }
        if now == 0 {
            self.used_trips -= 1;
            self.list_idle(trip as u32);
        }
        let fixed = self.problem.fleets[self.vehicles[vehicle].fleet as usize].fixed;
        let before = self.vehicles[vehicle].stops;
        self.vehicle_log.push((vehicle as u32, before));
        let after = before.wrapping_add_signed(stops);
        self.vehicles[vehicle].stops = after;
        self.use_group(vehicle, before, after);
        if before == 0 {
            self.cost += fixed;
        }
        if after == 0 {
            self.cost -= fixed;
        }
    }

    /// Puts a stop that is in no trip behind `after`, which is in `trip` or begins it.
    #[inline]
    pub(super) fn insert(&mut self, stop: usize, after: usize, trip: usize) {
        let next = self.link[after].next as usize;
        self.save(stop);
        self.save(after);
        self.save(next);
        let (from, to) = (self.metric.cost(after, stop), self.metric.cost(stop, next));
        let edge = self.link[next].edge;
        self.link[after].next = stop as u32;
        self.link[next].prev = stop as u32;
        self.link[next].edge = to;
        self.link[stop] =
            Link { next: next as u32, prev: after as u32, trip: trip as u32, edge: from };
        self.cost += i64::from(from) + i64::from(to) - i64::from(edge);
        self.count(trip, 1, self.visits[stop].demand);
        if TIMED {
            let visit = self.visits[stop];
            let arrives = self.clock[after].leaves + self.metric.time(after, stop);
            let reach = self.clock[next].latest - self.metric.time(stop, next);
            self.clock[stop] = Clock {
                leaves: arrives.max(visit.open) + visit.service,
                latest: visit.close.min(reach - visit.service),
            };
            self.forward(next);
            self.backward(after);
        }
    }

    /// Takes the stops from `first` to `last`, which follow each other in one trip, out of it.
    /// They are pushed onto `out`.
    pub(super) fn cut(&mut self, first: usize, last: usize, out: &mut Vec<u32>) {
        let before = self.link[first].prev as usize;
        let after = self.link[last].next as usize;
        let trip = self.link[first].trip as usize;
        self.save(before);
        self.save(after);
        let mut lengths = i64::from(self.link[after].edge);
        let (mut stops, mut demand) = (0, 0);
        let mut node = first;
        loop {
            self.save(node);
            lengths += i64::from(self.link[node].edge);
            demand += self.visits[node].demand;
            stops += 1;
            self.link[node].trip = NONE;
            out.push(node as u32);
            if node == last {
                break;
            }
            node = self.link[node].next as usize;
        }
        // An emptied single-trip vehicle is its anchor alone.
        let edge = if before == after { 0 } else { self.metric.cost(before, after) };
        self.link[before].next = after as u32;
        self.link[after].prev = before as u32;
        self.link[after].edge = edge;
        self.cost += i64::from(edge) - lengths;
        self.count(trip, -stops, -demand);
        if TIMED {
            self.forward(after);
            self.backward(before);
        }
    }

    /// Corrects the earliest times from `node` on.
    pub(super) fn forward(&mut self, mut node: usize) {
        loop {
            let prev = self.link[node].prev as usize;
            let leaves = self.clock[prev].leaves;
            let now = if node >= self.base {
                let vehicle = self.vehicles[self.trips[node - self.base].vehicle as usize];
                let first = node - self.base == vehicle.first as usize;
                let arrives =
                    if prev >= self.base { leaves } else { leaves + self.metric.time(prev, node) };
                if first {
                    self.broken |= prev < self.base && arrives > self.clock[node].latest;
                    return;
                }
                let loading = self.problem.fleets[vehicle.fleet as usize].loading;
                if prev >= self.base { arrives } else { arrives + loading }
            } else {
                let visit = &self.visits[node];
                let arrives = leaves + self.metric.time(prev, node);
                self.broken |= arrives > visit.close;
                arrives.max(visit.open) + visit.service
            };
            if now == self.clock[node].leaves {
                return;
            }
            self.save(node);
            self.clock[node].leaves = now;
            node = self.link[node].next as usize;
        }
    }

    /// Corrects the latest times from `node` backwards.
    pub(super) fn backward(&mut self, mut node: usize) {
        loop {
            let next = self.link[node].next as usize;
            let latest = self.clock[next].latest;
            let now = if node >= self.base {
                let vehicle = self.vehicles[self.trips[node - self.base].vehicle as usize];
                if node - self.base == vehicle.first as usize {
                    return;
                }
                if next >= self.base {
                    latest
                } else {
                    let loading = self.problem.fleets[vehicle.fleet as usize].loading;
                    latest - self.metric.time(node, next) - loading
                }
            } else {
                let visit = &self.visits[node];
                visit.close.min(latest - self.metric.time(node, next) - visit.service)
            };
            if now == self.clock[node].latest {
                return;
            }
            self.save(node);
            self.clock[node].latest = now;
            node = self.link[node].prev as usize;
        }
    }

    /// Whether a stop fits in time between two entries.
    #[inline(always)]
    pub(super) fn in_time(&self, stop: usize, after: usize, next: usize) -> bool {
        let visit = &self.visits[stop];
        let arrives = self.clock[after].leaves + self.metric.time(after, stop);
        if arrives > visit.close {
            return false;
        }
        let leaves = arrives.max(visit.open) + visit.service;
        leaves + self.metric.time(stop, next) <= self.clock[next].latest
    }

    /// The best plan so far.
    pub(super) fn best(&self) -> Routes {
        let mut tours = Vec::new();
        for vehicle in &self.vehicles {
            let first = self.base + vehicle.first as usize;
            let mut trips = Vec::new();
            let mut stops = Vec::new();
            let mut node = self.best_next[first] as usize;
            while node != first && node != NONE as usize {
                if node >= self.base {
                    trips.push(std::mem::take(&mut stops));
                } else {
                    stops.push(node as u32);
                }
                node = self.best_next[node] as usize;
            }
            trips.push(stops);
            trips.retain(|trip: &Vec<u32>| !trip.is_empty());
            if !trips.is_empty() {
                tours.push(Tour { fleet: vehicle.fleet, trips });
            }
        }
        let mut skipped = self.best_bank.clone();
        skipped.sort_unstable();
        Routes { tours, skipped }
    }

    /// Whether a stop may stand behind `after` in a trip.
    pub(super) fn allows(&self, stop: usize, after: usize, trip: usize) -> bool {
        let visit = &self.visits[stop];
        let it = &self.trips[trip];
        let next = self.link[after].next as usize;
        let closed = super::problem::Ground::CLOSED;
        visit.demand <= it.room
            && visit.needs & !it.gives == 0
            && self.metric.cost(after, stop) < closed
            && self.metric.cost(stop, next) < closed
            && (!TIMED || self.in_time(stop, after, next))
    }
}
