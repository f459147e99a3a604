//! For each stop, the stops that are near it: the only ones next to which it is tried.

use super::problem::{Ground, Problem};
use super::travel::Metric;

/// A neighbour, with the lengths from it and to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub(super) stop: u32,
    pub(super) from: i32,
    pub(super) to: i32,
}

/// Neighbour lists of one length, nearest first.
pub(super) struct Nearness {
    each: usize,
    all: Vec<Near>,
}

impl Nearness {
    #[inline(always)]
    pub(super) fn of(&self, stop: usize) -> &[Near] {
        &self.all[stop * self.each..(stop + 1) * self.each]
    }

    /// Finds the lists. With time windows, near is what can follow without much waiting and
    /// without being late: length + 0.2 · waiting + lateness, the better of the two orders
    /// (Vidal et al. 2013).
    pub(super) fn find<M: Metric>(
        problem: &Problem,
        metric: &M,
        timed: bool,
        each: usize,
    ) -> Nearness {
        let count = problem.stops.len();
        let each = each.min(count.saturating_sub(1));
        let wide = if timed { (each * 4).min(count.saturating_sub(1)) } else { each };
        let candidates = Candidates::new(problem);
        let mut all = Vec::with_capacity(count * each);
        let mut ranked: Vec<(i64, u32)> = Vec::new();
        for stop in 0..count {
            ranked.clear();
            candidates.nearest(stop, wide, metric, &mut ranked);
            if timed {
                for entry in &mut ranked {
                    let other = entry.1 as usize;
                    entry.0 = follows(problem, metric, stop, other)
                        .min(follows(problem, metric, other, stop));
                }
                ranked.sort_unstable();
            }
            ranked.truncate(each);
            all.extend(ranked.iter().map(|&(_, other)| Near {
                stop: other,
                from: metric.cost(other as usize, stop),
                to: metric.cost(stop, other as usize),
            }));
        }
        Nearness { each, all }
    }
}

fn follows<M: Metric>(problem: &Problem, metric: &M, first: usize, then: usize) -> i64 {
    let (a, b) = (&problem.stops[first], &problem.stops[then]);
    let way = i64::from(a.service) + i64::from(metric.time(first, then));
    let waiting = (i64::from(b.window.open) - way - i64::from(a.window.close)).max(0);
    let late = (i64::from(a.window.open) + way - i64::from(b.window.close)).max(0);
    i64::from(metric.cost(first, then)) * 10 + 2 * waiting + 10 * late
}

/// Where to look for near stops: in cells on a plane, everywhere in a table.
struct Candidates<'p> {
    at: Option<Cells<'p>>,
    count: usize,
}

struct Cells<'p> {
    places: &'p [[f64; 2]],
    place_of: Vec<u32>,
    low: [f64; 2],
    size: f64,
    across: usize,
    up: usize,
    start: Vec<u32>,
    inside: Vec<u32>,
}

impl<'p> Candidates<'p> {
    fn new(problem: &'p Problem) -> Candidates<'p> {
        let count = problem.stops.len();
        let at = match &problem.ground {
            Ground::Plane { at, .. } if count > 600 => Some(Cells::new(problem, at)),
            _ => None,
        };
        Candidates { at, count }
    }

    fn nearest<M: Metric>(
        &self,
        stop: usize,
        wanted: usize,
        metric: &M,
        out: &mut Vec<(i64, u32)>,
    ) {
        match &self.at {
            Some(cells) => cells.nearest(stop, wanted, out),
            None => out.extend((0..self.count).filter(|&other| other != stop).map(|other| {
                let way = metric.cost(stop, other).min(metric.cost(other, stop));
                (i64::from(way), other as u32)
            })),
        }
        if out.len() > wanted && wanted > 0 {
            out.select_nth_unstable(wanted - 1);
            out.truncate(wanted);
        }
        out.sort_unstable();
    }
}

impl<'p> Cells<'p> {
    fn new(problem: &Problem, places: &'p [[f64; 2]]) -> Cells<'p> {
        let place_of: Vec<u32> = problem.stops.iter().map(|stop| stop.place).collect();
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for &place in &place_of {
            for axis in 0..2 {
                low[axis] = low[axis].min(places[place as usize][axis]);
                high[axis] = high[axis].max(places[place as usize][axis]);
            }
        }
        // About four stops a cell.
        let area = ((high[0] - low[0]) * (high[1] - low[1])).max(1e-9);
        let size = (area * 4.0 / place_of.len() as f64).sqrt().max(1e-9);
        let across = ((high[0] - low[0]) / size) as usize + 1;
        let up = ((high[1] - low[1]) / size) as usize + 1;
        let mut cells = Cells {
            places,
            place_of,
            low,
            size,
            across,
            up,
            start: Vec::new(),
            inside: Vec::new(),
        };
        let mut start = vec![0u32; across * up + 1];
        let of: Vec<usize> = (0..cells.place_of.len()).map(|stop| cells.cell(stop)).collect();
        of.iter().for_each(|&cell| start[cell + 1] += 1);
        for cell in 1..start.len() {
            start[cell] += start[cell - 1];
        }
        let mut next = start.clone();
        cells.inside = vec![0; of.len()];
        for (stop, &cell) in of.iter().enumerate() {
            cells.inside[next[cell] as usize] = stop as u32;
            next[cell] += 1;
        }
        cells.start = start;
        cells
    }

    fn at(&self, stop: usize) -> [f64; 2] {
        self.places[self.place_of[stop] as usize]
    }

    fn coordinates(&self, stop: usize) -> [usize; 2] {
        let at = self.at(stop);
        [0, 1].map(|axis| ((at[axis] - self.low[axis]) / self.size) as usize)
    }

    fn cell(&self, stop: usize) -> usize {
        let [x, y] = self.coordinates(stop);
        y.min(self.up - 1) * self.across + x.min(self.across - 1)
    }

    /// Rings of cells outwards, until nothing nearer can follow.
    fn nearest(&self, stop: usize, wanted: usize, out: &mut Vec<(i64, u32)>) {
        let here = self.at(stop);
        let [x, y] = self.coordinates(stop).map(|c| c as isize);
        let reach = self.across.max(self.up) as isize;
        let mut enough_at = None;
        for ring in 0..=reach {
            for cell_y in (y - ring).max(0)..=(y + ring).min(self.up as isize - 1) {
                let edge = (cell_y - y).abs() == ring;
                let step = if edge || ring == 0 { 1 } else { 2 * ring };
                let mut cell_x = x - ring;
                while cell_x <= x + ring {
                    if (0..self.across as isize).contains(&cell_x) {
                        let cell = cell_y as usize * self.across + cell_x as usize;
                        let (from, to) = (self.start[cell], self.start[cell + 1]);
                        for &other in &self.inside[from as usize..to as usize] {
                            if other as usize != stop {
                                let there = self.at(other as usize);
                                let (dx, dy) = (here[0] - there[0], here[1] - there[1]);
                                // Thousandths keep the order of what rounds to one length.
                                let way = (dx * dx + dy * dy).sqrt() * 1_000.0;
                                out.push((way as i64, other));
                            }
                        }
                    }
                    cell_x += step;
                }
            }
            match enough_at {
                None if out.len() >= wanted => enough_at = Some(ring),
                // What lies within a ring's width of the first full square may still be nearer.
                Some(first) if ring * 5 >= first * 7 + 5 => break,
                _ => {}
            }
        }
    }
}
