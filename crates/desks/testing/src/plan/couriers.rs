//! Which laboratory each site's boxes go to, and the couriers that this takes.

use std::collections::BTreeMap;

use protocol::Testing as Rules;
use types::{AreaCode, HolderCode, Span};

use super::{Laboratory, Point, Request, Settings, Site, round_up};

/// Courier work between the sites of one county and one laboratory.
#[derive(Clone, Debug, PartialEq)]
pub struct CourierGroup {
    /// The county.
    pub area: AreaCode,
    /// The laboratory; `None` without any.
    pub lab: Option<HolderCode>,
    /// Sites.
    pub sites: u32,
    /// Kilometres by road to the laboratory, on average.
    pub km: f64,
    /// Sites on one trip.
    pub stops: u32,
    /// Trips at once when all sites work.
    pub trips_at_once: u32,
    /// Trips in all.
    pub trips: u32,
    /// From the first pick-up of a trip until its boxes are at the laboratory.
    pub outward: Span,
    /// A whole trip, back to the first site.
    pub cycle: Span,
    /// Couriers that the planned pace takes; the sum over groups is rounded up.
    pub couriers: f64,
    /// A box is longer on the way than the protocol's clock allows, however few stops.
    pub too_far: bool,
}

/// Gives every site a laboratory. Laboratories share the tubes as they share the staffed
/// capacity (claimed where none is staffed); within that, each site's boxes go to the nearest
/// that has room. Sites for which the choice matters most choose first.
pub(super) fn assign_laboratories(request: &Request, sites: &mut [Site]) {
    let labs = &request.laboratories;
    if labs.is_empty() {
        sites.iter_mut().for_each(|site| site.km = request.settings.unknown_km);
        return;
    }
    let tubes: f64 = sites.iter().map(|s| f64::from(s.tubes)).sum();
    let mut room: Vec<f64> = shares(labs).iter().map(|share| share * tubes).collect();
    let ways: Vec<Vec<f64>> =
        sites.iter().map(|s| labs.iter().map(|l| km(request, s.at, l.at)).collect()).collect();
    let gain = |site: usize| {
        let nearest = ways[site].iter().copied().fold(f64::INFINITY, f64::min);
        ways[site].iter().sum::<f64>() / labs.len() as f64 - nearest
    };
    let mut order: Vec<usize> = (0..sites.len()).collect();
    order.sort_by(|a, b| gain(*b).total_cmp(&gain(*a)).then(a.cmp(b)));
    for at in order {
        let needs = f64::from(sites[at].tubes);
        let nearest_with_room = (0..labs.len())
            .filter(|lab| room[*lab] >= needs)
            .min_by(|a, b| ways[at][*a].total_cmp(&ways[at][*b]));
        let lab = nearest_with_room
            .or_else(|| (0..labs.len()).max_by(|a, b| room[*a].total_cmp(&room[*b])))
            .unwrap_or(0);
        room[lab] -= needs;
        sites[at].lab = Some(labs[lab].lab.clone());
        sites[at].km = ways[at][lab];
    }
}

fn shares(labs: &[Laboratory]) -> Vec<f64> {
    let by = |f: fn(&Laboratory) -> i64| -> Option<Vec<f64>> {
        let sum: f64 = labs.iter().map(|l| f(l).max(0) as f64).sum();
        (sum > 0.0).then(|| labs.iter().map(|l| f(l).max(0) as f64 / sum).collect())
    };
    by(|l| l.staffed)
        .or_else(|| by(|l| l.claimed))
        .unwrap_or_else(|| vec![1.0 / labs.len() as f64; labs.len()])
}

fn km(request: &Request, from: Option<Point>, to: Option<Point>) -> f64 {
    match (from, to) {
        (Some(from), Some(to)) => from.km_to(to) * request.settings.detour,
        _ => request.settings.unknown_km,
    }
}

/// Time on the road for `km` kilometres: the first of them in town.
fn drive(settings: &Settings, km: f64) -> Span {
    let town = km.min(Settings::TOWN_KM);
    let hours = town / settings.kmh_in_town + (km - town) / settings.kmh_outside;
    Span((hours * Span::hours(1).0 as f64) as i64)
}

/// The time between two pick-ups as planned: the setting, at most what the clocks from seal
/// to dispatch allow.
pub(super) fn pickup_every(request: &Request, rules: &Rules) -> Span {
    Span::minutes(i64::from(request.settings.pickup_minutes)).min(longest_wait(rules))
}

/// The longest that a sealed tube may wait at a site.
pub(super) fn longest_wait(rules: &Rules) -> Span {
    Span(rules.clock.seal_box.value.0 + rules.clock.box_dispatch.value.0)
}

/// Fills in each site's pick-ups and boxes, and adds up the trips.
pub(super) fn groups(request: &Request, rules: &Rules, sites: &mut [Site]) -> Vec<CourierGroup> {
    let every = pickup_every(request, rules);
    let mut by_key: BTreeMap<(AreaCode, Option<HolderCode>), Vec<&Site>> = BTreeMap::new();
    for site in sites.iter_mut() {
        let works = site.slots.last().map_or(Span(0), |s| s.until - request.starts_at);
        site.pickups = u32::try_from(round_up(works.0.max(1), every.0)).unwrap_or(u32::MAX);
        let boxes = site.tubes.div_ceil(site.pickups).div_ceil(request.settings.tubes_a_box);
        site.boxes = site.pickups * boxes;
    }
    for site in sites.iter() {
        by_key.entry((site.area, site.lab.clone())).or_default().push(site);
    }
    by_key.into_iter().map(|((area, lab), s)| group(request, rules, area, lab, &s)).collect()
}

fn group(
    request: &Request,
    rules: &Rules,
    area: AreaCode,
    lab: Option<HolderCode>,
    sites: &[&Site],
) -> CourierGroup {
    let settings = &request.settings;
    let every = pickup_every(request, rules);
    let allowed = rules.clock.dispatch_receive.value;
    let n = sites.len() as f64;
    let km = sites.iter().map(|s| s.km).sum::<f64>() / n;
    let way = drive(settings, km);
    let stop = Span::minutes(i64::from(settings.stop_minutes));
    let hop = drive(settings, spacing_km(sites) * settings.detour);
    // k stops have k - 1 hops between them.
    let outward = |k: i64| Span(k * stop.0 + (k - 1) * hop.0 + way.0);
    let boxes = sites.iter().map(|s| f64::from(s.boxes) / f64::from(s.pickups)).sum::<f64>() / n;
    let by_load = (f64::from(settings.boxes_a_vehicle) / boxes.max(1.0)).floor().max(1.0) as i64;
    let most = by_load.min(sites.len() as i64).max(1);
    let stops = (1..=most).rev().find(|k| outward(*k) <= allowed).unwrap_or(1);
    // Back to the sites, and a stop at the laboratory.
    let cycle = Span(outward(stops).0 + stop.0 + way.0);
    let trips_of = |active: usize| active.div_ceil(stops as usize) as u32;
    let pickups = sites.iter().map(|s| s.pickups).max().unwrap_or(0);
    let trips =
        (0..pickups).map(|at| trips_of(sites.iter().filter(|s| s.pickups > at).count())).sum();
    let at_once = trips_of(sites.len());
    CourierGroup {
        area,
        lab,
        sites: sites.len() as u32,
        km,
        stops: stops as u32,
        trips_at_once: at_once,
        trips,
        outward: outward(stops),
        cycle,
        couriers: f64::from(at_once) * cycle.0 as f64 / every.0 as f64,
        too_far: outward(1) > allowed,
    }
}

/// Kilometres from a site to the nearest other one, on average; 2 km where no position is
/// known.
fn spacing_km(sites: &[&Site]) -> f64 {
    let points: Vec<Point> = sites.iter().filter_map(|s| s.at).collect();
    let nearest = |at: usize| {
        let others = points.iter().enumerate().filter(|(i, _)| *i != at);
        others.map(|(_, p)| points[at].km_to(*p)).fold(f64::INFINITY, f64::min)
    };
    if points.len() < 2 {
        return 2.0;
    }
    (0..points.len()).map(nearest).sum::<f64>() / points.len() as f64
}
