//! What it costs, in length and in time, to go from one node to another.

use super::problem::{Ground, Problem};

/// How a straight distance becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest: the EUC_2D of TSPLIB, used by most instances of CVRPLIB.
    Nearest,
    /// In tenths, cut off: the convention of the 12th DIMACS challenge for time windows.
    Tenths,
    /// Up to the next: never shorter than the straight line.
    Up,
}

impl Rounding {
    /// The rounded length.
    #[inline]
    #[must_use]
    pub fn apply(self, length: f64) -> i32 {
        match self {
            Rounding::Nearest => (length + 0.5) as i32,
            Rounding::Tenths => (length * 10.0) as i32,
            Rounding::Up => length.ceil() as i32,
        }
    }

    /// How many units one unit of the coordinates is.
    #[must_use]
    pub fn scale(self) -> i32 {
        if self == Rounding::Tenths { 10 } else { 1 }
    }
}

/// Lengths and times between the nodes of a search: its stops, then its depots.
pub(super) trait Metric {
    fn cost(&self, from: usize, to: usize) -> i32;
    fn time(&self, from: usize, to: usize) -> i32;
    /// Adds a node that is where another one is.
    fn copy_node(&mut self, node: usize);
}

/// Straight lines; nothing is stored but the places.
pub(super) struct Plane {
    at: Vec<[f64; 2]>,
    rounding: Rounding,
    pace: f64,
}

impl Metric for Plane {
    #[inline(always)]
    fn cost(&self, from: usize, to: usize) -> i32 {
        let (a, b) = (self.at[from], self.at[to]);
        let (x, y) = (a[0] - b[0], a[1] - b[1]);
        self.rounding.apply((x * x + y * y).sqrt())
    }

    #[inline(always)]
    fn time(&self, from: usize, to: usize) -> i32 {
        let cost = self.cost(from, to);
        if self.pace == 1.0 { cost } else { (f64::from(cost) * self.pace).ceil() as i32 }
    }

    fn copy_node(&mut self, node: usize) {
        self.at.push(self.at[node]);
    }
}

/// A table of lengths and, if they differ, of times.
pub(super) struct Grid<'p> {
    size: usize,
    location: Vec<u32>,
    cost: std::borrow::Cow<'p, [i32]>,
    time: Option<&'p [i32]>,
    pace: f64,
}

impl Metric for Grid<'_> {
    #[inline(always)]
    fn cost(&self, from: usize, to: usize) -> i32 {
        self.cost[self.location[from] as usize * self.size + self.location[to] as usize]
    }

    #[inline(always)]
    fn time(&self, from: usize, to: usize) -> i32 {
        match self.time {
            Some(time) => {
                time[self.location[from] as usize * self.size + self.location[to] as usize]
            }
            None if self.pace == 1.0 => self.cost(from, to),
            None => (f64::from(self.cost(from, to)) * self.pace).ceil() as i32,
        }
    }

    fn copy_node(&mut self, node: usize) {
        self.location.push(self.location[node]);
    }
}

/// Up to so many places, straight distances are kept in a table.
const TABLE: usize = 1_500;

/// Calls `run` with the metric that suits a problem.
pub(super) fn with_metric<'p, R>(
    problem: &'p Problem,
    nodes: &[u32],
    run: impl Runner<'p, R>,
) -> R {
    match &problem.ground {
        Ground::Plane { at, rounding, pace } => {
            if at.len() > TABLE {
                let at = nodes.iter().map(|&node| at[node as usize]).collect();
                return run.run(Plane { at, rounding: *rounding, pace: *pace });
            }
            let plane = Plane { at: at.clone(), rounding: *rounding, pace: *pace };
            let size = at.len();
            let mut cost = vec![0; size * size];
            for from in 0..size {
                for to in 0..size {
                    cost[from * size + to] = plane.cost(from, to);
                }
            }
            let location = nodes.to_vec();
            run.run(Grid { size, location, cost: cost.into(), time: None, pace: *pace })
        }
        Ground::Table { size, cost, time } => run.run(Grid {
            size: *size,
            location: nodes.to_vec(),
            cost: cost.as_slice().into(),
            time: time.as_deref(),
            pace: 1.0,
        }),
    }
}

/// Something that runs with any metric.
pub(super) trait Runner<'p, R> {
    fn run<M: Metric + 'p>(self, metric: M) -> R;
}
