//! The dispatch plan: which free vehicle fetches whom, in which order, and why. Pure.
//!
//! Each vehicle gets one trip: after it, it is disinfected, and the next plan knows that. Where vehicles
//! stay free, whoever is left is planned again, without the wish to be in time. A plan binds nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use planner::routes::{Ground, Progress, Watch, Window};
use planner::transfers::{
    Call as PlanCall, CoachTour, Coaches, Ride as PlanRide, Transfers, dispatch,
};
use types::{HolderCode, HouseholdId, Micros, Span, UnitId};

use crate::command::{Call, Spot};
use crate::rows::{Ride, Vehicle};
use crate::words::{Class, VehicleState};

/// How long after now a plan still picks somebody up: a choice of this program.
const HORIZON: i32 = 4 * 3_600;
/// The longest that somebody is to be under way, where the way itself does not take longer: a choice.
const LONGEST: i32 = 90 * 60;
/// Seconds that getting on takes at a door, and for each further person: assumed.
const BOARDING: (i32, i32) = (180, 30);
/// Roads are longer than straight lines by this factor: assumed.
const DETOUR: f64 = 1.3;
/// Metres a second within a city, and what is farther than `IN_TOWN` metres: assumed.
const SPEED: (f64, f64) = (30.0 / 3.6, 72.0 / 3.6);
/// From here on a way is taken to lead out of town, in metres: assumed.
const IN_TOWN: f64 = 10_000.0;
/// What it weighs to leave somebody behind, in metres, before how pressing it is.
const LEFT_BEHIND: i64 = 2_000_000;

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanInput {
    /// The time of the plan.
    pub now: Micros,
    /// Who wants a ride and is on no trip, the most pressing first.
    pub rides: Vec<Ride>,
    /// The vehicles.
    pub vehicles: Vec<Vehicle>,
    /// Vehicles that have a trip already, planned or under way.
    pub promised: HashSet<HolderCode>,
}

/// Somebody on a planned trip.
#[derive(Clone, Debug)]
pub struct PlannedRide {
    /// The ride.
    pub ride: Ride,
    /// When the person is picked up.
    pub picked_at: Micros,
    /// When the person arrives.
    pub arrives_at: Micros,
}

impl PlannedRide {
    /// Whether the person is picked up by the deadline.
    pub fn in_time(&self) -> bool {
        self.picked_at <= self.ride.due
    }
}

/// A trip that the plan proposes.
#[derive(Clone, Debug)]
pub struct PlannedTrip {
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The isolation class.
    pub class: Class,
    /// When it sets out.
    pub leaves_at: Micros,
    /// Who gets on and off, in order.
    pub calls: Vec<Call>,
    /// Who, in the order of the pick-ups.
    pub rides: Vec<PlannedRide>,
    /// Metres to the first door.
    pub to_first: i64,
    /// Metres in all, without the way back.
    pub metres: i64,
    /// Families of more than one who go together.
    pub families: usize,
}

/// Why somebody is not fetched by this plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftWhy {
    /// No vehicle is free.
    NoVehicle,
    /// No free vehicle may carry the isolation class.
    NotForClass,
    /// No free vehicle has a place to lie.
    NoStretcher,
    /// No free vehicle serves the county.
    ServesElsewhere,
    /// What could fetch the person fetches others first.
    OthersFirst,
    /// Nothing that is free is there before the end of its shift, or within the plan's hours.
    NotInTime,
    /// Not to be fetched before a later hour.
    NotYet,
}

impl LeftWhy {
    /// The word for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            LeftWhy::NoVehicle => "no-vehicle",
            LeftWhy::NotForClass => "not-for-class",
            LeftWhy::NoStretcher => "no-stretcher",
            LeftWhy::ServesElsewhere => "serves-elsewhere",
            LeftWhy::OthersFirst => "others-first",
            LeftWhy::NotInTime => "not-in-time",
            LeftWhy::NotYet => "not-yet",
        }
    }
}

/// Somebody who is not fetched.
#[derive(Clone, Debug)]
pub struct Left {
    /// Who.
    pub ride: Ride,
    /// Why.
    pub why: LeftWhy,
}

/// A proposal.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The trips.
    pub trips: Vec<PlannedTrip>,
    /// Who is not fetched.
    pub left: Vec<Left>,
    /// Vehicles that were free for it.
    pub free: usize,
    /// Vehicles that are to be disinfected: with them it would have been more.
    pub dirty: usize,
    /// Steps of the search.
    pub steps: u64,
    /// When the rides and vehicles were as they are in it.
    pub as_of: Option<Micros>,
}

impl Plan {
    /// How many are fetched.
    pub fn fetched(&self) -> usize {
        self.trips.iter().map(|trip| trip.rides.len()).sum()
    }
}

/// People who travel together: a family, or a part of one that fits a vehicle.
#[derive(Clone, Debug)]
struct Party {
    rides: Vec<usize>,
    lying: bool,
}

/// Plans until the watch ends it. The watch sees the steps of all searches that a plan takes.
#[must_use]
pub fn propose(input: &PlanInput, seed: u64, watch: &mut dyn Watch) -> Plan {
    let now = input.now;
    let free: Vec<usize> = (0..input.vehicles.len())
        .filter(|n| {
            let vehicle = &input.vehicles[*n];
            vehicle.state() == VehicleState::Free
                && vehicle.on_shift(now)
                && !input.promised.contains(&vehicle.code)
        })
        .collect();
    let dirty = input.vehicles.iter().filter(|v| v.state() == VehicleState::Dirty).count();
    let mut out = Plan { free: free.len(), dirty, as_of: Some(now), ..Plan::default() };
    let map = Map::of(input);
    let mut unused: Vec<usize> = free.clone();
    let mut open: Vec<bool> = input.rides.iter().map(|ride| !later(ride, now)).collect();
    let mut base = 0;
    // Those who lie need other places than those who sit; and whoever cannot be had in time is fetched
    // late rather than not at all.
    let rounds = [(true, true), (true, false), (false, true), (false, false), (false, false)];
    for (n, (lying, strict)) in rounds.into_iter().enumerate() {
        let parties = parties(input, &open, lying, &unused);
        if parties.is_empty() || unused.is_empty() {
            continue;
        }
        let start = n as f64 / rounds.len() as f64;
        let mut part = |progress: &Progress| {
            let whole = Progress { steps: base + progress.steps, best: progress.best };
            out.steps = whole.steps;
            (watch.spent(&whole) - start) * rounds.len() as f64
        };
        let round = Round { input, map: &map, lying, strict };
        let trips = round.plan(&parties, &unused, seed, &mut part);
        base = out.steps;
        for (vehicle, trip) in trips {
            unused.retain(|other| *other != vehicle);
            for planned in &trip.rides {
                if let Some(at) = input.rides.iter().position(|ride| ride.id == planned.ride.id) {
                    open[at] = false;
                }
            }
            out.trips.push(trip);
        }
    }
    let fetched: HashSet<UnitId> =
        out.trips.iter().flat_map(|trip| &trip.rides).map(|planned| planned.ride.id).collect();
    out.left = input
        .rides
        .iter()
        .filter(|ride| !fetched.contains(&ride.id))
        .map(|ride| Left { why: why_left(input, &free, &unused, ride), ride: ride.clone() })
        .collect();
    out.trips.sort_by_key(|trip| trip.rides.iter().map(|planned| planned.ride.due).min());
    out
}

fn later(ride: &Ride, now: Micros) -> bool {
    ride.from_time.is_some_and(|from| seconds(from - now) > HORIZON)
}

fn why_left(input: &PlanInput, free: &[usize], unused: &[usize], ride: &Ride) -> LeftWhy {
    if later(ride, input.now) {
        return LeftWhy::NotYet;
    }
    let mut left: Vec<usize> = free.to_vec();
    let mut none_of = |fits: &dyn Fn(&Vehicle) -> bool| {
        left.retain(|n| fits(&input.vehicles[*n]));
        left.is_empty()
    };
    if none_of(&|_| true) {
        LeftWhy::NoVehicle
    } else if none_of(&|v| v.carries.contains(&ride.class)) {
        LeftWhy::NotForClass
    } else if none_of(&|v| v.serves.contains(ride.area())) {
        LeftWhy::ServesElsewhere
    } else if none_of(&|v| if ride.lying { v.stretchers > 0 } else { v.seats > 0 }) {
        LeftWhy::NoStretcher
    } else if left.iter().any(|n| unused.contains(n)) {
        LeftWhy::NotInTime
    } else {
        LeftWhy::OthersFirst
    }
}

fn seconds(span: Span) -> i32 {
    let whole = span.0.div_euclid(Span::seconds(1).0);
    i32::try_from(whole.clamp(-100_000_000, 100_000_000)).unwrap_or(0)
}

/// Families by household, class, goal and whether they lie, in parts that fit a vehicle.
fn parties(input: &PlanInput, open: &[bool], lying: bool, unused: &[usize]) -> Vec<Party> {
    let places = |v: &Vehicle| if lying { v.stretchers } else { v.seats };
    let room = |ride: &Ride| {
        let fits = |v: &&Vehicle| v.carries.contains(&ride.class) && v.serves.contains(ride.area());
        unused.iter().map(|n| &input.vehicles[*n]).filter(fits).map(places).max().unwrap_or(0)
    };
    let mut parties: Vec<Party> = Vec::new();
    let mut of: HashMap<(HouseholdId, Class, Option<&HolderCode>), usize> = HashMap::new();
    for (n, ride) in input.rides.iter().enumerate().filter(|(n, r)| open[*n] && r.lying == lying) {
        let key = ride.household.map(|h| (h, ride.class, ride.to.facility.as_ref()));
        let known = key.and_then(|key| of.get(&key).copied());
        let fits = known.filter(|at| (parties[*at].rides.len() as i64) < room(ride));
        match fits {
            Some(at) => parties[at].rides.push(n),
            None => {
                if let Some(key) = key {
                    of.insert(key, parties.len());
                }
                parties.push(Party { rides: vec![n], lying });
            }
        }
    }
    parties
}

/// Where everything is, in metres on a plane that touches the earth at the first spot.
struct Map {
    origin: (f64, f64),
}

impl Map {
    fn of(input: &PlanInput) -> Map {
        let vehicles = input.vehicles.iter().map(|vehicle| &vehicle.base);
        let rides = input.rides.iter().flat_map(|ride| [&ride.from, &ride.to]);
        let origin = rides.chain(vehicles).find_map(|spot| spot.at).unwrap_or((0.0, 0.0));
        Map { origin }
    }

    /// Where nobody knows where something is, it is taken to be where the rest is.
    fn metres(&self, spot: &Spot) -> (i64, i64) {
        const METRES_PER_DEGREE: f64 = 111_320.0;
        let (lon, lat) = spot.at.unwrap_or(self.origin);
        let east = (lon - self.origin.0) * METRES_PER_DEGREE * self.origin.1.to_radians().cos();
        let north = (lat - self.origin.1) * METRES_PER_DEGREE;
        (east.round() as i64, north.round() as i64)
    }
}

/// The length of a way by road, and the seconds that it takes.
fn way(a: (i64, i64), b: (i64, i64)) -> (i32, i32) {
    let (x, y) = ((a.0 - b.0) as f64, (a.1 - b.1) as f64);
    let metres = (x * x + y * y).sqrt() * DETOUR;
    let in_town = metres.min(IN_TOWN);
    let time = in_town / SPEED.0 + (metres - in_town) / SPEED.1;
    (metres.ceil() as i32, time.ceil() as i32)
}

/// One search: those who sit or those who lie, in time or as soon as it goes.
struct Round<'a> {
    input: &'a PlanInput,
    map: &'a Map,
    lying: bool,
    strict: bool,
}

impl Round<'_> {
    fn plan(
        &self,
        parties: &[Party],
        unused: &[usize],
        seed: u64,
        watch: &mut dyn Watch,
    ) -> Vec<(usize, PlannedTrip)> {
        let mut places: Vec<(i64, i64)> = Vec::new();
        let mut known: HashMap<(i64, i64), u32> = HashMap::new();
        let mut place = |spot: &Spot| {
            let at = self.map.metres(spot);
            *known.entry(at).or_insert_with(|| {
                places.push(at);
                places.len() as u32 - 1
            })
        };
        // Vehicles that are alike are planned as one kind.
        let mut kinds: BTreeMap<(u32, i64, u32, i32), Vec<usize>> = BTreeMap::new();
        let mut counties: Vec<types::AreaCode> = Vec::new();
        for party in parties {
            let area = self.input.rides[party.rides[0]].area();
            if !counties.contains(&area) {
                counties.push(area);
            }
        }
        // Of more counties than there are bits, the last share one; what then does not fit is not taken.
        let bit = |area: types::AreaCode| {
            let n = counties.iter().position(|c| *c == area).unwrap_or(0);
            1u32 << (Class::ALL.len() + n.min(24))
        };
        for n in unused {
            let v = &self.input.vehicles[*n];
            let seats = if self.lying { v.stretchers } else { v.seats };
            if seats == 0 {
                continue;
            }
            let carries = v.carries.iter().fold(0u32, |bits, class| bits | 1 << (*class as u32));
            let serves = counties.iter().filter(|area| v.serves.contains(**area));
            let gives = serves.fold(carries, |bits, area| bits | bit(*area));
            let ends = v.shift.map_or(i32::MAX / 4, |(_, until)| seconds(until - self.input.now));
            kinds.entry((place(&v.base), seats, gives, ends)).or_default().push(*n);
        }
        let spots: Vec<(u32, u32)> = parties
            .iter()
            .map(|party| {
                let ride = &self.input.rides[party.rides[0]];
                (place(&ride.from), place(&ride.to))
            })
            .collect();
        let size = places.len();
        let (mut cost, mut time) =
            (Vec::with_capacity(size * size), Vec::with_capacity(size * size));
        for a in &places {
            for b in &places {
                let (metres, takes) = way(*a, *b);
                cost.push(metres);
                time.push(takes);
            }
        }
        let rides: Vec<PlanRide> = parties
            .iter()
            .zip(&spots)
            .enumerate()
            .map(|(n, (party, (from, to)))| {
                let direct = time[*from as usize * size + *to as usize];
                self.ride(party, (*from, *to), direct, n, &bit)
            })
            .collect();
        let coaches: Vec<Coaches> = kinds
            .iter()
            .map(|((start, seats, gives, ends), of)| Coaches {
                start: *start,
                end: *start,
                count: of.len() as u32,
                seats: i32::try_from(*seats).unwrap_or(i32::MAX / 4),
                // The way back may end after the shift: the crew is in closed loop.
                shift: Window {
                    open: 0,
                    close: (*ends).max(0).saturating_add(12 * 3_600).min(Window::ANY.close),
                },
                longest: None,
                fixed: 0,
                gives: *gives,
            })
            .collect();
        let problem = Transfers {
            ground: Ground::Table { size, cost, time: Some(time) },
            rides,
            coaches,
            cleaning: seconds(crate::CLEAN_WITHIN),
        };
        // What this module builds is a valid problem: every place and quantity was made above.
        let Ok(plan) = dispatch(&problem, seed, None, watch) else { return Vec::new() };
        let mut left: Vec<Vec<usize>> =
            kinds.values().map(|of| of.iter().rev().copied().collect()).collect();
        plan.tours
            .iter()
            .filter_map(|tour| {
                let vehicle = left.get_mut(tour.coaches as usize)?.pop()?;
                let trip = self.trip(&problem, parties, tour, vehicle)?;
                Some((vehicle, trip))
            })
            .collect()
    }

    fn ride(
        &self,
        party: &Party,
        (from, to): (u32, u32),
        direct: i32,
        n: usize,
        bit: &dyn Fn(types::AreaCode) -> u32,
    ) -> PlanRide {
        let now = self.input.now;
        let rides = || party.rides.iter().map(|n| &self.input.rides[*n]);
        let first = &self.input.rides[party.rides[0]];
        let opens = rides().filter_map(|r| r.from_time).map(|at| seconds(at - now)).max();
        let open = opens.unwrap_or(0).max(0);
        let due = rides().map(|ride| seconds(ride.due - now)).min().unwrap_or(HORIZON);
        let close = if self.strict { due.max(0) } else { HORIZON }.max(open);
        let people = party.rides.len() as i32;
        let service = BOARDING.0 + BOARDING.1 * (people - 1);
        PlanRide {
            from,
            to,
            people,
            pick: Window { open, close },
            drop: Window::ANY,
            service: (service, service),
            longest: Some(LONGEST.max(direct.saturating_add(direct / 2))),
            class: first.class as u8,
            needs: 1 << (first.class as u32) | bit(first.area()),
            // The list is in the order of how pressing they are.
            skip: i64::from(people)
                * (LEFT_BEHIND
                    + 500 * (self.input.rides.len() - n.min(self.input.rides.len())) as i64),
        }
    }

    /// What of a tour is one trip.
    fn trip(
        &self,
        problem: &Transfers,
        parties: &[Party],
        tour: &CoachTour,
        vehicle: usize,
    ) -> Option<PlannedTrip> {
        let now = self.input.now;
        let of = &self.input.vehicles[vehicle];
        let capacity = if self.lying { of.stretchers } else { of.seats };
        let taken = one_load(problem, parties, tour, capacity)?;
        let at = |seconds: i32| now + Span::seconds(i64::from(seconds));
        let (mut calls, mut rides) = (Vec::new(), Vec::new());
        let (mut families, mut metres) = (0, 0i64);
        let mut before = problem.coaches.get(tour.coaches as usize)?.start;
        let mut to_first = None;
        for call in &taken {
            let party = parties.get(call.ride as usize)?;
            let ride = problem.rides.get(call.ride as usize)?;
            let here = if call.on { ride.from } else { ride.to };
            metres += i64::from(problem.ground.cost(before, here));
            to_first.get_or_insert(metres);
            before = here;
            families += usize::from(call.on && party.rides.len() > 1 && !party.lying);
            for n in &party.rides {
                let one = &self.input.rides[*n];
                calls.push(Call { ride: one.id, on: call.on, at: Some(at(call.begins)) });
                if call.on {
                    let ends = taken.iter().find(|c| !c.on && c.ride == call.ride)?;
                    rides.push(PlannedRide {
                        ride: one.clone(),
                        picked_at: at(call.begins),
                        arrives_at: at(ends.begins),
                    });
                }
            }
        }
        let class = rides.first()?.ride.class;
        Some(PlannedTrip {
            vehicle: of.clone(),
            class,
            leaves_at: at(tour.leaves.max(0)),
            calls,
            rides,
            to_first: to_first.unwrap_or(0),
            metres,
            families,
        })
    }
}

/// A tour's first load, until the vehicle is empty again, and whoever of its later loads can get on before that
/// without a longer way than they have to go: after a trip a vehicle is disinfected.
fn one_load(
    problem: &Transfers,
    parties: &[Party],
    tour: &CoachTour,
    capacity: i64,
) -> Option<Vec<PlanCall>> {
    let size = |ride: u32| parties.get(ride as usize).map_or(0, |party| party.rides.len() as i64);
    let mut aboard: HashSet<u32> = HashSet::new();
    let (mut taken, mut people) = (Vec::new(), 0);
    for call in &tour.calls {
        if call.on {
            // A seat is given once on a trip.
            if people + size(call.ride) > capacity {
                continue;
            }
            people += size(call.ride);
            aboard.insert(call.ride);
            taken.push(*call);
        } else if aboard.remove(&call.ride) {
            taken.push(*call);
            if aboard.is_empty() {
                break;
            }
        }
    }
    let class = problem.rides.get(taken.first()?.ride as usize)?.class;
    let (_, mut metres) = driven(problem, tour, &taken)?;
    let known = taken.len();
    for call in tour.calls.iter().filter(|call| call.on) {
        let ride = problem.rides.get(call.ride as usize)?;
        let there = taken.iter().any(|other| other.ride == call.ride);
        if there || ride.class != class || people + size(call.ride) > capacity {
            continue;
        }
        let on = taken.iter().rposition(|call| call.on).map_or(0, |n| n + 1);
        let tries = (on + 1..=taken.len() + 1).filter_map(|off| {
            let mut with = taken.clone();
            with.insert(on, *call);
            with.insert(off, PlanCall { on: false, ..*call });
            driven(problem, tour, &with)
        });
        let best = tries.min_by_key(|(_, metres)| *metres);
        let direct = i64::from(problem.ground.cost(ride.from, ride.to));
        if let Some((calls, longer)) = best.filter(|(_, longer)| longer - metres <= direct) {
            (taken, metres) = (calls, longer);
            people += size(call.ride);
        }
    }
    if taken.len() == known { Some(taken) } else { driven(problem, tour, &taken).map(|d| d.0) }
}

/// The calls with the times at which they are reached, and the length of the way; nothing where somebody cannot be
/// fetched in time, is under way for too long, or the vehicle comes back too late.
fn driven(
    problem: &Transfers,
    tour: &CoachTour,
    calls: &[PlanCall],
) -> Option<(Vec<PlanCall>, i64)> {
    let coaches = problem.coaches.get(tour.coaches as usize)?;
    let (mut here, mut time, mut metres) = (coaches.start, tour.leaves.max(0), 0);
    let mut since: HashMap<u32, i32> = HashMap::new();
    let mut timed = Vec::with_capacity(calls.len());
    for call in calls {
        let ride = problem.rides.get(call.ride as usize)?;
        let there = if call.on { ride.from } else { ride.to };
        metres += i64::from(problem.ground.cost(here, there));
        time = time.saturating_add(problem.ground.time(here, there));
        let (window, service) =
            if call.on { (ride.pick, ride.service.0) } else { (ride.drop, ride.service.1) };
        time = time.max(window.open);
        if time > window.close {
            return None;
        }
        if call.on {
            since.insert(call.ride, time + service);
        } else {
            let under_way = time - since.get(&call.ride)?;
            if ride.longest.is_some_and(|longest| under_way > longest) {
                return None;
            }
        }
        timed.push(PlanCall { begins: time, ..*call });
        time += service;
        here = there;
    }
    let back = time.saturating_add(problem.ground.time(here, coaches.end));
    (back <= coaches.shift.close).then_some((timed, metres))
}
