//! Groups neighbouring compounds into sites of the protocol's size.

use super::Point;

/// Something to be served by one site: a compound, or a part of a very large one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Index of its compound in the request.
    pub compound: usize,
    /// Persons, at most the site's limit.
    pub persons: u32,
    /// Households.
    pub households: u32,
    /// The community, as a number that is equal for equal communities.
    pub community: usize,
    /// Where it lies.
    pub at: Option<Point>,
}

/// Size of a site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Fewer persons than this is wasteful.
    pub min: u32,
    /// More is not allowed.
    pub max: u32,
    /// The farthest that two items of a site may lie apart, km.
    pub reach_km: f64,
}

/// Cuts `items` into runs, one a site. Items are first put in an order that keeps neighbours
/// together; the cuts then cost least: a site costs 1, a site under the minimum up to ½ more,
/// and each further community a little. No run is over the maximum, and none stretches
/// further than the reach.
pub(super) fn pack(mut items: Vec<Item>, limits: Limits) -> Vec<Vec<Item>> {
    put_neighbours_together(&mut items);
    // best[i]: the least cost of items[..i], and where its last run starts.
    let mut best: Vec<(f64, usize)> = vec![(0.0, 0)];
    for end in 1..=items.len() {
        let mut least = (f64::INFINITY, end - 1);
        let mut run = Run::default();
        for start in (0..end).rev() {
            run.add(&items[start]);
            let alone = start + 1 == end;
            if !alone && (run.persons > limits.max || run.stretch_km() > limits.reach_km) {
                break;
            }
            let cost = best[start].0 + run.cost(limits);
            if cost < least.0 {
                least = (cost, start);
            }
        }
        best.push(least);
    }
    let mut runs = Vec::new();
    let mut end = items.len();
    while end > 0 {
        let start = best[end].1;
        runs.push(items[start..end].to_vec());
        end = start;
    }
    runs.reverse();
    runs
}

#[derive(Default)]
struct Run {
    persons: u32,
    last_community: Option<usize>,
    changes: u32,
    corners: Option<(Point, Point)>,
}

impl Run {
    fn add(&mut self, item: &Item) {
        self.persons = self.persons.saturating_add(item.persons);
        if self.last_community.is_some_and(|c| c != item.community) {
            self.changes += 1;
        }
        self.last_community = Some(item.community);
        if let Some(at) = item.at {
            self.corners = Some(match self.corners {
                None => (at, at),
                Some((low, high)) => (
                    Point { lon: low.lon.min(at.lon), lat: low.lat.min(at.lat) },
                    Point { lon: high.lon.max(at.lon), lat: high.lat.max(at.lat) },
                ),
            });
        }
    }

    fn stretch_km(&self) -> f64 {
        self.corners.map_or(0.0, |(low, high)| low.km_to(high))
    }

    fn cost(&self, limits: Limits) -> f64 {
        let wanting = f64::from(limits.min.saturating_sub(self.persons));
        let share = wanting / f64::from(limits.min.max(1));
        1.0 + 0.5 * share * share + 0.05 * f64::from(self.changes)
    }
}

/// By community in code order when a position is missing, else along a Hilbert curve, which
/// visits every corner of the group without long jumps.
fn put_neighbours_together(items: &mut [Item]) {
    let Some(points) = items.iter().map(|i| i.at).collect::<Option<Vec<Point>>>() else {
        items.sort_by_key(|i| (i.community, i.compound));
        return;
    };
    let low = |f: fn(&Point) -> f64| points.iter().map(f).fold(f64::INFINITY, f64::min);
    let high = |f: fn(&Point) -> f64| points.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
    let (west, south) = (low(|p| p.lon), low(|p| p.lat));
    let side = (high(|p| p.lon) - west).max(high(|p| p.lat) - south).max(1e-9);
    let cell = |v: f64, from: f64| (((v - from) / side) * f64::from(HILBERT_SIDE - 1)) as u32;
    items.sort_by_key(|i| {
        let at = i.at.unwrap_or(points[0]);
        (hilbert(cell(at.lon, west), cell(at.lat, south)), i.compound)
    });
}

const HILBERT_SIDE: u32 = 1 << 10;

/// Distance along the Hilbert curve of the cell at (`x`, `y`), both under [`HILBERT_SIDE`]
/// (the textbook bit-by-bit rotation).
fn hilbert(mut x: u32, mut y: u32) -> u64 {
    let mut distance = 0u64;
    let mut s = HILBERT_SIDE / 2;
    while s > 0 {
        let (right, up) = (u32::from(x & s > 0), u32::from(y & s > 0));
        distance += u64::from(s) * u64::from(s) * u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                x = (HILBERT_SIDE - 1) - x;
                y = (HILBERT_SIDE - 1) - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        s /= 2;
    }
    distance
}
