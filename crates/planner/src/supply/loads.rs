//! From what a shop packs for its compounds to loads that a vehicle carries.

use super::model::{Day, Drop, Load, unloading};
use crate::routes::{Effort, Fleet, Ground, Problem, RouteError, Stop, Window, solve, steps};

/// Households of one compound that one shop packs for: compound, first, end.
pub(super) type Share = (u32, u32, u32);

/// Builds a shop's loads: full ones go straight to one gate, what is left over is put together by
/// the routing engine.
pub(super) fn loads(day: &Day, shop: u32, shares: &[Share]) -> Result<Vec<Load>, RouteError> {
    let mut out = Vec::new();
    let mut rest: Vec<Drop> = Vec::new();
    for &(compound, first, end) in shares {
        let packs = &day.compounds[compound as usize].packs;
        let mut drop = Drop { compound, first, end: first, weight: 0 };
        for household in first..end {
            let weight = i32::from(packs[household as usize]);
            if drop.weight + weight > day.carries {
                out.push(vec![drop]);
                drop = Drop { compound, first: household, end: household, weight: 0 };
            }
            drop.weight += weight;
            drop.end = household + 1;
        }
        if drop.end > drop.first {
            rest.push(drop);
        }
    }
    out.extend(together(day, shop, &rest)?);
    Ok(out.into_iter().map(|drops| timed(day, shop, drops)).collect())
}

/// Steps for the few left-overs of one shop.
const STEPS: u64 = 192;

fn together(day: &Day, shop: u32, rest: &[Drop]) -> Result<Vec<Vec<Drop>>, RouteError> {
    if rest.len() < 2 {
        return Ok(rest.iter().map(|&drop| vec![drop]).collect());
    }
    let gate = |drop: &Drop| &day.compounds[drop.compound as usize];
    let mut sites = vec![day.shops[shop as usize].at];
    sites.extend(rest.iter().map(|drop| gate(drop).at));
    let size = sites.len();
    let pairs = || sites.iter().flat_map(|&from| sites.iter().map(move |&to| (from, to)));
    let ground = Ground::Table {
        size,
        cost: pairs().map(|(from, to)| day.metres(from, to)).collect(),
        time: Some(pairs().map(|(from, to)| day.seconds(from, to)).collect()),
    };
    let stops = (1..)
        .zip(rest)
        .map(|(place, drop)| Stop {
            place,
            demand: drop.weight,
            service: unloading(gate(drop), drop),
            window: gate(drop).gate,
            needs: 0,
            skip: Stop::MUST,
        })
        .collect();
    let open = day.garages.iter().map(|g| g.shift.open).min().unwrap_or(0);
    let close = day.garages.iter().map(|g| g.shift.close).max().unwrap_or(0);
    let shift = Window { open, close };
    let fleet = Fleet { shift, loading: day.loading, ..Fleet::plain(0, day.carries) };
    let problem = Problem { ground, stops, fleets: vec![fleet] };
    let plan = solve(&problem, &Effort::seeded(u64::from(shop)), &mut steps(STEPS))?;
    let alone = plan.skipped.iter().map(|&stop| vec![rest[stop as usize]]);
    let trips = plan.tours.iter().flat_map(|tour| &tour.trips);
    Ok(trips
        .map(|trip| trip.iter().map(|&stop| rest[stop as usize]).collect())
        .chain(alone)
        .collect())
}

/// When a load may start: from the first moment at which no gate makes it wait, up to the last
/// at which all gates are still open. Where there is none, the last moment, with the wait.
fn timed(day: &Day, shop: u32, drops: Vec<Drop>) -> Load {
    let mut at = day.shops[shop as usize].at;
    let (mut sum, mut metres) = (day.loading, 0);
    let mut start = Window { open: 0, close: Window::ANY.close };
    for drop in &drops {
        let compound = &day.compounds[drop.compound as usize];
        sum += day.seconds(at, compound.at);
        metres += day.metres(at, compound.at);
        start.open = start.open.max(compound.gate.open - sum);
        start.close = start.close.min(compound.gate.close - sum);
        sum += unloading(compound, drop);
        at = compound.at;
    }
    let mut takes = sum;
    if start.open > start.close {
        // One gate opens too late to be met without a wait after another has closed.
        takes += start.open - start.close;
        start.open = start.close;
    }
    // Times before the day began are as impossible as its first moment.
    start = Window { open: start.open.max(0), close: start.close.max(0) };
    Load { shop, drops, start, takes, metres }
}
