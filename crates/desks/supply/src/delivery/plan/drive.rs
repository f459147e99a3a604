//! Drops as a routing problem with several depots, and its routes as batches.

use std::collections::BTreeMap;

use planner::routes::{
    Effort, Fleet, Ground, Problem, Progress, RouteError, Routes, Stop, Tour, Window, solve,
};
use types::{HolderCode, Micros, Span, UnitId};

use super::Day;
use super::drops::Drop;
use crate::delivery::command::{NewBatch, NewStop};
use crate::delivery::rows::Batch;

/// How fast a vehicle is, in metres of road a second: some 20 km an hour in a city, a setting of this program.
const METRES_A_SECOND: f64 = 5.5;
/// Roads are half as long again as the straight line: an assumption for a city's streets, as in `planner::supply`.
const DETOUR: f64 = 1.5;
/// How long a stop takes at a gate, and how much longer each order: settings of this program, in seconds.
const STOP: i32 = 300;
const EACH: i32 = 30;
/// How long loading takes, in seconds: a setting of this program.
const LOADING: i32 = 900;
/// How many trips a vehicle makes at most in one round of a plan.
const TRIPS: u32 = 4;
/// Steps of the search for each stop, and at least and at most. A plan that is made anew starts from the old one
/// and needs fewer.
const STEPS: (u64, u64, u64) = (200, 2_000, 60_000);
const STEPS_WARM: (u64, u64, u64) = (50, 1_000, 20_000);
/// From how many places a vehicle may set out, to choose from: those with the most pressing orders for it.
const DOORS: usize = 8;
/// Bits of the planner's abilities.
const BITS: usize = 32;

/// Metres of road between two places in degrees.
fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let north = (a.1 - b.1) * 111_320.0;
    let east = (a.0 - b.0) * 111_320.0 * ((a.1 + b.1) / 2.0).to_radians().cos();
    (north * north + east * east).sqrt() * DETOUR
}

fn seconds_from(now: Micros, at: Micros) -> i32 {
    i32::try_from(((at.0 - now.0) / 1_000_000).clamp(0, 400_000_000)).unwrap_or(400_000_000)
}

/// Which drops a round plans, and how the planner tells apart what may bring them: a vehicle must have a pass of the
/// drop's set, and set out from where its goods lie. The latter are numbers in so many bits and, in as many more, the
/// same number turned over: what has all bits of both has that number and no other.
struct Kinds<'d> {
    doors: Vec<&'d HolderCode>,
    sets: Vec<&'d [usize]>,
    width: usize,
}

impl<'d> Kinds<'d> {
    fn of(drops: &'d [Drop<'d>]) -> Kinds<'d> {
        let mut doors: Vec<&HolderCode> = Vec::new();
        // The places with the most pressing orders first.
        for drop in drops {
            if !doors.contains(&drop.from) && doors.len() < 1 << (BITS / 4) {
                doors.push(drop.from);
            }
        }
        let width = doors.len().next_power_of_two().trailing_zeros() as usize;
        let mut sets: Vec<&[usize]> = Vec::new();
        for drop in drops {
            // More kinds of passes than the planner tells apart wait for the next round.
            if !sets.contains(&drop.by.as_slice()) && sets.len() < BITS - 2 * width {
                sets.push(&drop.by);
            }
        }
        Kinds { doors, sets, width }
    }

    fn door(&self, from: &HolderCode) -> Option<usize> {
        self.doors.iter().position(|door| *door == from)
    }

    fn bits(&self, door: usize) -> u32 {
        let all = (1u32 << self.width) - 1;
        let number = door as u32 & all;
        let shift = BITS - 2 * self.width;
        let turned = u64::from(!number & all) << (shift + self.width);
        ((u64::from(number) << shift) | turned) as u32
    }

    fn needs(&self, drop: &Drop<'_>) -> Option<u32> {
        let set = self.sets.iter().position(|set| *set == drop.by.as_slice())?;
        Some(self.bits(self.door(drop.from)?) | 1 << set)
    }

    fn gives(&self, door: usize, pass: usize) -> u32 {
        let sets = self.sets.iter().enumerate().filter(|(_, set)| set.contains(&pass));
        self.bits(door) | sets.map(|(bit, _)| 1u32 << bit).sum::<u32>()
    }
}

/// What a round drives.
#[derive(Default)]
pub(super) struct Driven {
    pub batches: Vec<NewBatch>,
    /// When each vehicle is back where it set out from.
    pub back: Vec<(HolderCode, Micros)>,
}

/// Drives what it can of the drops, starting from the batches that are replaced, if there are any.
pub(super) fn drive(
    day: &Day,
    drops: &[Drop<'_>],
    now: Micros,
    seed: u64,
    busy: &BTreeMap<HolderCode, Micros>,
    tell: &mut dyn FnMut(f64) -> bool,
) -> Result<Driven, RouteError> {
    let kinds = Kinds::of(drops);
    let position = |door: &HolderCode| day.shops.get(door).copied();
    let anywhere = kinds.doors.iter().find_map(|door| position(door)).unwrap_or_default();
    let mut at: Vec<(f64, f64)> =
        kinds.doors.iter().map(|door| position(door).unwrap_or(anywhere)).collect();
    let mut stops: Vec<Stop> = Vec::new();
    let mut asked: Vec<&Drop<'_>> = Vec::new();
    for drop in drops {
        let Some(needs) = kinds.needs(drop) else { continue };
        let home = position(drop.from).unwrap_or(anywhere);
        at.push(day.places.get(&drop.place).copied().unwrap_or(home));
        stops.push(Stop {
            place: at.len() as u32 - 1,
            demand: i32::try_from((drop.weight + 99) / 100).unwrap_or(i32::MAX / 4),
            service: STOP + EACH * drop.orders.len() as i32,
            window: drop.window,
            needs,
            skip: Stop::MUST,
        });
        asked.push(drop);
    }
    let sides = sides(day, &kinds, &asked);
    if stops.is_empty() || sides.is_empty() {
        return Ok(Driven::default());
    }
    // A person may have two passes for one vehicle: it is one all the same.
    let mut vehicles: Vec<&HolderCode> =
        sides.iter().map(|side| &day.passes[side.pass].vehicle).collect();
    vehicles.sort_unstable();
    vehicles.dedup();
    let fleet = |side: &Side| {
        let pass = &day.passes[side.pass];
        let free = busy.get(&pass.vehicle).copied().unwrap_or(now).max(pass.from).max(now);
        Fleet {
            count: Some(1),
            shift: Window { open: seconds_from(now, free), close: seconds_from(now, pass.until) },
            trips: TRIPS,
            loading: LOADING,
            gives: kinds.gives(side.door, side.pass),
            group: vehicles.iter().position(|v| **v == pass.vehicle).map(|v| v as u32),
            ..Fleet::plain(
                side.door as u32,
                i32::try_from(pass.carries / 100).unwrap_or(i32::MAX / 4),
            )
        }
    };
    let fleets: Vec<Fleet> = sides.iter().map(fleet).collect();
    let pairs = || at.iter().flat_map(|from| at.iter().map(move |to| metres(*from, *to)));
    let ground = Ground::Table {
        size: at.len(),
        cost: pairs().map(|m| m as i32).collect(),
        time: Some(pairs().map(|m| (m / METRES_A_SECOND).ceil() as i32).collect()),
    };
    let problem = Problem { ground, stops, fleets };
    let warm = !day.before.is_empty();
    let old = warm.then(|| carried_over(day, &kinds, &sides, &asked));
    let (each, least, most) = if old.is_some() { STEPS_WARM } else { STEPS };
    let limit = (problem.stops.len() as u64 * each).clamp(least, most) as f64;
    let effort = Effort { warm: old.as_ref(), ..Effort::seeded(seed) };
    let mut watch = |progress: &Progress| {
        let share = progress.steps as f64 / limit;
        if tell(share.min(1.0)) { share } else { 1.0 }
    };
    let routes = solve(&problem, &effort, &mut watch)?;
    Ok(batches(day, &problem, &kinds, &sides, &asked, &routes, now))
}

/// A pass seen from a place to set out from: a fleet of the problem.
struct Side {
    pass: usize,
    door: usize,
}

fn sides(day: &Day, kinds: &Kinds<'_>, asked: &[&Drop<'_>]) -> Vec<Side> {
    let mut sides = Vec::new();
    for pass in 0..day.passes.len() {
        let mut doors: Vec<usize> = Vec::new();
        for drop in asked.iter().filter(|drop| drop.by.contains(&pass)) {
            if let Some(door) = kinds.door(drop.from).filter(|door| !doors.contains(door)) {
                doors.push(door);
            }
        }
        sides.extend(doors.into_iter().take(DOORS).map(|door| Side { pass, door }));
    }
    sides
}

/// The replaced batches as routes, as far as what they were made of is still there.
fn carried_over(day: &Day, kinds: &Kinds<'_>, sides: &[Side], asked: &[&Drop<'_>]) -> Routes {
    let mut of: BTreeMap<UnitId, u32> = BTreeMap::new();
    for (stop, drop) in (0..).zip(asked) {
        of.extend(drop.orders.iter().map(|order| (*order, stop)));
    }
    let mut before: Vec<&Batch> = day.before.iter().collect();
    before.sort_by_key(|batch| (batch.leaves_at, batch.id));
    let mut tours: BTreeMap<usize, Vec<Vec<u32>>> = BTreeMap::new();
    for batch in before {
        let side = sides.iter().position(|side| {
            day.passes[side.pass].id == batch.pass && *kinds.doors[side.door] == batch.shop
        });
        let Some(side) = side else { continue };
        let mut trip: Vec<u32> = Vec::new();
        for stop in batch.stops.iter().flat_map(|stop| &stop.orders).filter_map(|id| of.get(id)) {
            if !trip.contains(stop) {
                trip.push(*stop);
            }
        }
        if !trip.is_empty() {
            tours.entry(side).or_default().push(trip);
        }
    }
    let tours = tours.into_iter().map(|(side, trips)| Tour { fleet: side as u32, trips });
    Routes { tours: tours.collect(), skipped: Vec::new() }
}

fn batches(
    day: &Day,
    problem: &Problem,
    kinds: &Kinds<'_>,
    sides: &[Side],
    asked: &[&Drop<'_>],
    routes: &Routes,
    now: Micros,
) -> Driven {
    let mut driven = Driven::default();
    for tour in &routes.tours {
        let fleet = &problem.fleets[tour.fleet as usize];
        let side = &sides[tour.fleet as usize];
        let mut time = fleet.shift.open;
        for trip in &tour.trips {
            time += LOADING;
            let (mut here, leaves) = (fleet.depot, time);
            let mut stops: Vec<NewStop> = Vec::with_capacity(trip.len());
            for stop in trip {
                let it = &problem.stops[*stop as usize];
                let comes = time + problem.ground.time(here, it.place);
                let begins = comes.max(it.window.open);
                stops.push(NewStop {
                    place: asked[*stop as usize].place.clone(),
                    at: now + Span(i64::from(begins) * 1_000_000),
                    orders: asked[*stop as usize].orders.clone(),
                });
                time = begins + it.service;
                here = it.place;
            }
            time += problem.ground.time(here, fleet.depot);
            // Nobody waits at the first gate who can leave later.
            let first = trip.first().map(|stop| &problem.stops[*stop as usize]);
            let wait = first.map_or(0, |it| {
                (it.window.open - (leaves + problem.ground.time(fleet.depot, it.place))).max(0)
            });
            driven.batches.push(NewBatch {
                shop: kinds.doors[side.door].clone(),
                pass: day.passes[side.pass].id,
                leaves_at: now + Span(i64::from(leaves + wait) * 1_000_000),
                stops,
            });
        }
        let back = now + Span(i64::from(time) * 1_000_000);
        driven.back.push((day.passes[side.pass].vehicle.clone(), back));
    }
    driven
}
