//! The proposal of a plan: which orders go together, in which vehicle, in which order, when. Pure; the routes are
//! those of `planner::routes`.

use std::collections::BTreeMap;

use planner::routes::{Effort, Fleet, Ground, Problem, RouteError, Stop, Window, solve, steps};
use registry::place::compound_of;
use types::{HolderCode, Micros, PlaceCode, Span, UnitId};

use super::command::{NewBatch, NewStop};
use super::minute_of_day;
use super::rows::{Gate, Pass};
use crate::orders::Order;
use crate::words::Good;

/// How fast a vehicle is, in metres of road a second: some 20 km an hour in a city, a setting of this program.
const METRES_A_SECOND: f64 = 5.5;
/// Roads are half as long again as the straight line: an assumption for a city's streets, as in `planner::supply`.
const DETOUR: f64 = 1.5;
/// How long a stop takes at a gate, and how much longer each order: settings of this program, in seconds.
const STOP: i32 = 300;
const EACH: i32 = 30;
/// How long loading takes, in seconds: a setting of this program.
const LOADING: i32 = 900;
/// How many trips a vehicle makes at most in one plan.
const TRIPS: u32 = 4;
/// Steps of the search for each stop, and at least and at most.
const STEPS: (u64, u64, u64) = (200, 2_000, 60_000);

/// What is to be planned.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Orders whose goods lie aside, in no batch, or in batches that this plan replaces.
    pub orders: Vec<Order>,
    /// Passes that hold.
    pub passes: Vec<Pass>,
    /// What is known of gates.
    pub gates: Vec<Gate>,
    /// Where shops are, in degrees east and north.
    pub shops: BTreeMap<HolderCode, (f64, f64)>,
    /// Where compounds are.
    pub places: BTreeMap<PlaceCode, (f64, f64)>,
    /// When each vehicle is free, where that is later than now: of those with a batch already.
    pub busy: BTreeMap<HolderCode, Micros>,
}

/// Why an order is in no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Nobody has a pass for its place.
    NoPass,
    /// The road to its gate is closed.
    Blocked,
    /// No vehicle is free in time, or has room.
    NoVehicle,
    /// It is heavier than any vehicle that may go there carries.
    TooHeavy,
}

impl Left {
    /// The word for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Left::NoPass => "no-pass",
            Left::Blocked => "blocked",
            Left::NoVehicle => "no-vehicle",
            Left::TooHeavy => "too-heavy",
        }
    }
}

/// A proposal: every order is in a batch, or left with a reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The batches.
    pub batches: Vec<NewBatch>,
    /// Orders that are in none.
    pub left: Vec<(UnitId, Left)>,
}

/// Orders for one gate that go together.
struct Drop {
    place: PlaceCode,
    orders: Vec<UnitId>,
    weight: i64,
    /// The passes that let it, by their index.
    by: Vec<usize>,
    window: Window,
}

fn weight(order: &Order) -> i64 {
    Good::ALL.iter().filter(|g| **g != Good::Medicine).map(|g| order.amount(*g)).sum()
}

/// Metres of road between two places in degrees.
fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let north = (a.1 - b.1) * 111_320.0;
    let east = (a.0 - b.0) * 111_320.0 * ((a.1 + b.1) / 2.0).to_radians().cos();
    (north * north + east * east).sqrt() * DETOUR
}

/// Proposes a plan that begins now. The same day and seed give the same plan.
///
/// # Errors
/// [`RouteError`] when the planner refuses what it is given.
pub fn propose(day: &Day, now: Micros, seed: u64) -> Result<Proposal, RouteError> {
    let mut proposal = Proposal::default();
    let mut busy = day.busy.clone();
    let mut shops: BTreeMap<&HolderCode, Vec<&Order>> = BTreeMap::new();
    for order in &day.orders {
        shops.entry(&order.shop).or_default().push(order);
    }
    // The shop with the most pressing order is served first.
    let mut shops: Vec<(&HolderCode, Vec<&Order>)> = shops.into_iter().collect();
    shops.sort_by_key(|(shop, orders)| (orders.iter().map(|o| o.due).min(), (*shop).clone()));
    for (shop, mut orders) in shops {
        orders.sort_by_key(|order| (order.due, order.id));
        let drops = drops(day, &orders, now, &mut proposal.left);
        for batch in of_shop(day, shop, &drops, now, seed, &busy, &mut proposal.left)? {
            let pass = day.passes.iter().find(|pass| pass.id == batch.pass);
            let ends = batch.stops.last().map_or(batch.leaves_at, |stop| stop.at);
            if let Some(pass) = pass {
                let until = busy.entry(pass.vehicle.clone()).or_insert(ends);
                *until = ends.max(*until);
            }
            proposal.batches.push(batch);
        }
    }
    proposal.left.sort_unstable();
    Ok(proposal)
}

/// Puts orders for one gate together, as many as a vehicle takes.
fn drops(day: &Day, orders: &[&Order], now: Micros, left: &mut Vec<(UnitId, Left)>) -> Vec<Drop> {
    let mut drops: Vec<Drop> = Vec::new();
    for order in orders {
        let place = compound_of(&order.place);
        let chain = registry::place::chain_of(&place);
        let gate = chain.iter().find_map(|p| day.gates.iter().find(|gate| gate.place == *p));
        if gate.is_some_and(|gate| !gate.blocked.is_empty()) {
            left.push((order.id, Left::Blocked));
            continue;
        }
        let cold = order.amount(Good::Pork) > 0;
        let by: Vec<usize> = (0..day.passes.len())
            .filter(|n| {
                let pass = &day.passes[*n];
                let later = pass.from.max(now);
                pass.lets(&place, later) && (pass.cold || !cold)
            })
            .collect();
        if by.is_empty() {
            left.push((order.id, Left::NoPass));
            continue;
        }
        let weight = weight(order);
        let room = by.iter().map(|n| day.passes[*n].carries).max().unwrap_or(0);
        if weight > room {
            left.push((order.id, Left::TooHeavy));
            continue;
        }
        // What is not cold goes with what is, if the same vehicles may take both.
        let with = drops
            .iter_mut()
            .find(|drop| drop.place == place && drop.by == by && drop.weight + weight <= room);
        match with {
            Some(drop) => {
                drop.orders.push(order.id);
                drop.weight += weight;
            }
            None => drops.push(Drop {
                window: window(gate, now),
                place,
                orders: vec![order.id],
                weight,
                by,
            }),
        }
    }
    drops
}

/// The next hours of a gate, in seconds from now.
fn window(gate: Option<&Gate>, now: Micros) -> Window {
    let Some(gate) = gate else { return Window::ANY };
    let minute = minute_of_day(now);
    let day = if minute < gate.closes { 0 } else { 1_440 };
    let seconds = |at: i64| i32::try_from((at + day - minute) * 60).unwrap_or(i32::MAX);
    Window { open: seconds(gate.opens).max(0), close: seconds(gate.closes) - 60 }
}

fn seconds_from(now: Micros, at: Micros) -> i32 {
    i32::try_from(((at.0 - now.0) / 1_000_000).clamp(0, 400_000_000)).unwrap_or(400_000_000)
}

fn of_shop(
    day: &Day,
    shop: &HolderCode,
    drops: &[Drop],
    now: Micros,
    seed: u64,
    busy: &BTreeMap<HolderCode, Micros>,
    left: &mut Vec<(UnitId, Left)>,
) -> Result<Vec<NewBatch>, RouteError> {
    let none =
        |drop: &Drop| drop.orders.iter().map(|order| (*order, Left::NoVehicle)).collect::<Vec<_>>();
    if drops.is_empty() {
        return Ok(Vec::new());
    }
    // Vehicles that may go to the same gates have the same abilities: a bit for each such set of passes.
    let mut sets: Vec<&[usize]> = drops.iter().map(|drop| drop.by.as_slice()).collect();
    sets.sort_unstable();
    sets.dedup();
    let (few, many) = sets.split_at(sets.len().min(31));
    let home = day.shops.get(shop).copied();
    let mut at: Vec<(f64, f64)> = vec![home.unwrap_or_default()];
    let mut stops: Vec<Stop> = Vec::new();
    let mut asked: Vec<&Drop> = Vec::new();
    for drop in drops {
        let Some(set) = few.iter().position(|set| *set == drop.by) else {
            // More kinds of passes than the planner tells apart: the next plan has fewer.
            debug_assert!(!many.is_empty());
            left.extend(none(drop));
            continue;
        };
        at.push(day.places.get(&drop.place).copied().or(home).unwrap_or_default());
        stops.push(Stop {
            place: at.len() as u32 - 1,
            demand: i32::try_from((drop.weight + 99) / 100).unwrap_or(i32::MAX / 4),
            service: STOP + EACH * drop.orders.len() as i32,
            window: drop.window,
            needs: 1 << set,
            skip: Stop::MUST,
        });
        asked.push(drop);
    }
    let fleets: Vec<Fleet> = day
        .passes
        .iter()
        .enumerate()
        .map(|(n, pass)| {
            let free = busy.get(&pass.vehicle).copied().unwrap_or(now).max(pass.from).max(now);
            let gives = few.iter().enumerate().filter(|(_, set)| set.contains(&n));
            Fleet {
                count: Some(1),
                shift: Window {
                    open: seconds_from(now, free),
                    close: seconds_from(now, pass.until),
                },
                trips: TRIPS,
                loading: LOADING,
                gives: gives.map(|(bit, _)| 1u32 << bit).sum(),
                ..Fleet::plain(0, i32::try_from(pass.carries / 100).unwrap_or(i32::MAX / 4))
            }
        })
        .collect();
    let pairs = || at.iter().flat_map(|from| at.iter().map(move |to| metres(*from, *to)));
    let ground = Ground::Table {
        size: at.len(),
        cost: pairs().map(|m| m as i32).collect(),
        time: Some(pairs().map(|m| (m / METRES_A_SECOND).ceil() as i32).collect()),
    };
    let problem = Problem { ground, stops, fleets };
    let limit = (problem.stops.len() as u64 * STEPS.0).clamp(STEPS.1, STEPS.2);
    let routes = solve(&problem, &Effort::seeded(seed), &mut steps(limit))?;
    for stop in &routes.skipped {
        left.extend(none(asked[*stop as usize]));
    }
    let mut batches = Vec::new();
    for tour in &routes.tours {
        let fleet = &problem.fleets[tour.fleet as usize];
        let pass = &day.passes[tour.fleet as usize];
        let mut time = fleet.shift.open;
        for trip in &tour.trips {
            time += LOADING;
            let (mut here, leaves) = (0, time);
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
            time += problem.ground.time(here, 0);
            // Nobody waits at the first gate who can leave later.
            let first = trip.first().map(|stop| &problem.stops[*stop as usize]);
            let wait = first.map_or(0, |it| {
                (it.window.open - (leaves + problem.ground.time(0, it.place))).max(0)
            });
            batches.push(NewBatch {
                shop: shop.clone(),
                pass: pass.id,
                leaves_at: now + Span(i64::from(leaves + wait) * 1_000_000),
                stops,
            });
        }
    }
    batches.sort_by_key(|batch| (batch.leaves_at, batch.pass));
    Ok(batches)
}
