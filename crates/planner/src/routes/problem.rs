//! What is to be visited, and by whom.

use super::travel::Rounding;

/// A stop's index in [`Problem::stops`].
pub type StopIndex = u32;

/// Where things are.
#[derive(Clone, Debug, PartialEq)]
pub enum Ground {
    /// Places on a plane, straight lines between them.
    Plane {
        /// The places.
        at: Vec<[f64; 2]>,
        /// How lengths become whole numbers.
        rounding: Rounding,
        /// Time units that one unit of length takes.
        pace: f64,
    },
    /// Any lengths and times, row by row; they need not be symmetric. A closed way is
    /// [`Ground::CLOSED`].
    Table {
        /// How many places.
        size: usize,
        /// Lengths.
        cost: Vec<i32>,
        /// Times, where they differ from the lengths.
        time: Option<Vec<i32>>,
    },
}

impl Ground {
    /// The length of a way that nobody can take; a plan never uses it.
    pub const CLOSED: i32 = 100_000_000;

    /// How many places there are.
    #[must_use]
    pub fn places(&self) -> usize {
        match self {
            Ground::Plane { at, .. } => at.len(),
            Ground::Table { size, .. } => *size,
        }
    }

    /// Length from one place to another.
    #[must_use]
    pub fn cost(&self, from: u32, to: u32) -> i32 {
        match self {
            Ground::Plane { at, rounding, .. } => {
                let (a, b) = (at[from as usize], at[to as usize]);
                let (x, y) = (a[0] - b[0], a[1] - b[1]);
                rounding.apply((x * x + y * y).sqrt())
            }
            Ground::Table { size, cost, .. } => cost[from as usize * size + to as usize],
        }
    }

    /// Time from one place to another.
    #[must_use]
    pub fn time(&self, from: u32, to: u32) -> i32 {
        match self {
            Ground::Plane { pace, .. } if *pace != 1.0 => {
                (f64::from(self.cost(from, to)) * pace).ceil() as i32
            }
            Ground::Table { size, time: Some(time), .. } => {
                time[from as usize * size + to as usize]
            }
            _ => self.cost(from, to),
        }
    }
}

/// A stretch of time, in the problem's own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Not before; who comes earlier waits.
    pub open: i32,
    /// Not after.
    pub close: i32,
}

impl Window {
    /// Any time. Large, but sums of a few stay within 32 bits.
    pub const ANY: Window = Window { open: 0, close: 500_000_000 };
}

/// Something to be visited once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its place.
    pub place: u32,
    /// What it takes of a vehicle's capacity.
    pub demand: i32,
    /// How long the visit takes.
    pub service: i32,
    /// When it may begin.
    pub window: Window,
    /// The abilities that a vehicle must have (bits).
    pub needs: u32,
    /// What it costs to leave it out.
    pub skip: i64,
}

impl Stop {
    /// What leaving a stop out costs when nothing else is said: more than any way to it.
    pub const MUST: i64 = 1_000_000_000;

    /// A stop with a demand, at any time, by any vehicle.
    #[must_use]
    pub fn plain(place: u32, demand: i32) -> Stop {
        Stop { place, demand, service: 0, window: Window::ANY, needs: 0, skip: Stop::MUST }
    }
}

/// Vehicles that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// The place where each starts, loads and ends.
    pub depot: u32,
    /// How many there are; none is as many as wanted.
    pub count: Option<u32>,
    /// What each carries in one trip.
    pub capacity: i32,
    /// From when to when each may be out.
    pub shift: Window,
    /// How many trips each can make, at least one.
    pub trips: u32,
    /// How long loading takes before each trip.
    pub loading: i32,
    /// What it costs to use one at all.
    pub fixed: i64,
    /// What it is able to do (bits).
    pub gives: u32,
    /// Fleets of one group are the same vehicles, each seen from another depot: of a group only
    /// one vehicle is used. Numbers below that of the fleets.
    pub group: Option<u32>,
}

impl Fleet {
    /// As many as wanted, of one capacity, without limits of time.
    #[must_use]
    pub fn plain(depot: u32, capacity: i32) -> Fleet {
        Fleet {
            depot,
            count: None,
            capacity,
            shift: Window::ANY,
            trips: 1,
            loading: 0,
            fixed: 0,
            gives: u32::MAX,
            group: None,
        }
    }
}

/// A routing problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where things are.
    pub ground: Ground,
    /// What is to be visited.
    pub stops: Vec<Stop>,
    /// By whom.
    pub fleets: Vec<Fleet>,
}

/// What is wrong with a problem or a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A place that is not there.
    #[error("{what} {index} is at place {place}; there are {places}")]
    NoPlace {
        /// "stop" or "fleet".
        what: &'static str,
        /// Which.
        index: usize,
        /// The place that it names.
        place: u32,
        /// How many places there are.
        places: usize,
    },
    /// A quantity that cannot be.
    #[error("{what} {index}: {field} is {value}")]
    Quantity {
        /// "stop" or "fleet".
        what: &'static str,
        /// Which.
        index: usize,
        /// Which quantity.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// Nobody to drive.
    #[error("there is no fleet")]
    NoFleet,
    /// A table that is not square.
    #[error("a table of {size} places has {entries} entries")]
    Table {
        /// How many places.
        size: usize,
        /// How many entries.
        entries: usize,
    },
    /// A plan that breaks a rule of its problem.
    #[error("vehicle {vehicle}, trip {trip}: {what}")]
    Broken {
        /// The vehicle's position in the plan.
        vehicle: usize,
        /// The trip.
        trip: usize,
        /// What is wrong.
        what: String,
    },
    /// A plan that visits a stop twice, or neither visits nor skips it.
    #[error("stop {stop} is in the plan {times} times")]
    Times {
        /// The stop.
        stop: StopIndex,
        /// How many times it is visited or skipped.
        times: usize,
    },
    /// A file of an instance or of its routes.
    #[error("line {line}: {what}")]
    File {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

impl Problem {
    /// Checks what a search relies on.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), RouteError> {
        let places = self.ground.places();
        if let Ground::Table { size, cost, time } = &self.ground {
            let wrong = |entries: usize| entries != size * size;
            if wrong(cost.len()) {
                return Err(RouteError::Table { size: *size, entries: cost.len() });
            }
            if let Some(time) = time.as_ref().filter(|time| wrong(time.len())) {
                return Err(RouteError::Table { size: *size, entries: time.len() });
            }
        }
        let quantity = |what, index, field, value: i64| {
            let most = i64::from(Window::ANY.close);
            let bad = !(0..=most).contains(&value);
            bad.then_some(RouteError::Quantity { what, index, field, value }).map_or(Ok(()), Err)
        };
        for (index, stop) in self.stops.iter().enumerate() {
            if stop.place as usize >= places {
                return Err(RouteError::NoPlace { what: "stop", index, place: stop.place, places });
            }
            quantity("stop", index, "demand", stop.demand.into())?;
            quantity("stop", index, "service", stop.service.into())?;
            quantity("stop", index, "window.open", stop.window.open.into())?;
            quantity("stop", index, "window.close", stop.window.close.into())?;
        }
        for (index, fleet) in self.fleets.iter().enumerate() {
            if fleet.depot as usize >= places {
                let place = fleet.depot;
                return Err(RouteError::NoPlace { what: "fleet", index, place, places });
            }
            quantity("fleet", index, "capacity", fleet.capacity.into())?;
            quantity("fleet", index, "loading", fleet.loading.into())?;
            quantity("fleet", index, "shift.open", fleet.shift.open.into())?;
            quantity("fleet", index, "shift.close", fleet.shift.close.into())?;
            quantity("fleet", index, "trips less one", i64::from(fleet.trips) - 1)?;
            if let Some(group) = fleet.group.filter(|&group| group as usize >= self.fleets.len()) {
                let (what, value) = ("fleet", group.into());
                return Err(RouteError::Quantity { what, index, field: "group", value });
            }
        }
        if self.fleets.is_empty() { Err(RouteError::NoFleet) } else { Ok(()) }
    }

    /// Whether times can matter at all.
    #[must_use]
    pub fn timed(&self) -> bool {
        self.stops.iter().any(|stop| stop.window != Window::ANY)
            || self.fleets.iter().any(|fleet| fleet.shift != Window::ANY)
    }
}

/// One vehicle's day: its trips, each the stops in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tour {
    /// Which fleet it is of.
    pub fleet: u32,
    /// Its trips, none of them empty.
    pub trips: Vec<Vec<StopIndex>>,
}

/// A plan for all stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// The vehicles that are used.
    pub tours: Vec<Tour>,
    /// Stops that are left out.
    pub skipped: Vec<StopIndex>,
}

impl Routes {
    /// Checks the plan against every rule of its problem and returns its cost. It shares nothing
    /// with the search, so that it can tell when that is wrong.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, problem: &Problem) -> Result<i64, RouteError> {
        problem.validate()?;
        let mut times = vec![0usize; problem.stops.len()];
        let mut used = vec![0u32; problem.fleets.len()];
        let mut groups = std::collections::BTreeSet::new();
        let mut cost = 0i64;
        for (vehicle, tour) in self.tours.iter().enumerate() {
            let broken = |trip: usize, what: String| RouteError::Broken { vehicle, trip, what };
            let Some(fleet) = problem.fleets.get(tour.fleet as usize) else {
                return Err(broken(0, format!("there is no fleet {}", tour.fleet)));
            };
            used[tour.fleet as usize] += 1;
            if fleet.count.is_some_and(|count| used[tour.fleet as usize] > count) {
                return Err(broken(0, format!("fleet {} has no more vehicles", tour.fleet)));
            }
            if fleet.group.is_some_and(|group| !groups.insert(group)) {
                return Err(broken(0, format!("group {:?} is used twice", fleet.group)));
            }
            if tour.trips.len() > fleet.trips as usize {
                return Err(broken(0, format!("{} trips of {}", tour.trips.len(), fleet.trips)));
            }
            cost += fleet.fixed;
            let mut now = i64::from(fleet.shift.open);
            for (trip, stops) in tour.trips.iter().enumerate() {
                let mut load = 0i64;
                let mut at = fleet.depot;
                now += i64::from(fleet.loading);
                for &index in stops {
                    let stop = problem.stops.get(index as usize);
                    let stop = stop.ok_or(RouteError::Times { stop: index, times: 0 })?;
                    times[index as usize] += 1;
                    load += i64::from(stop.demand);
                    if stop.needs & !fleet.gives != 0 {
                        return Err(broken(trip, format!("cannot serve stop {index}")));
                    }
                    let way = problem.ground.cost(at, stop.place);
                    if way >= Ground::CLOSED {
                        return Err(broken(trip, format!("the way to stop {index} is closed")));
                    }
                    cost += i64::from(way);
                    now += i64::from(problem.ground.time(at, stop.place));
                    if now > i64::from(stop.window.close) {
                        return Err(broken(trip, format!("late at stop {index}: {now}")));
                    }
                    now = now.max(i64::from(stop.window.open)) + i64::from(stop.service);
                    at = stop.place;
                }
                if load > i64::from(fleet.capacity) {
                    return Err(broken(trip, format!("{load} loaded of {}", fleet.capacity)));
                }
                let way = problem.ground.cost(at, fleet.depot);
                if way >= Ground::CLOSED {
                    return Err(broken(trip, "the way back is closed".into()));
                }
                cost += i64::from(way);
                now += i64::from(problem.ground.time(at, fleet.depot));
            }
            if now > i64::from(fleet.shift.close) {
                return Err(broken(tour.trips.len(), format!("back at {now}")));
            }
        }
        for &index in &self.skipped {
            let stop = problem.stops.get(index as usize);
            cost += stop.ok_or(RouteError::Times { stop: index, times: 0 })?.skip;
            times[index as usize] += 1;
        }
        match times.iter().position(|&times| times != 1) {
            Some(stop) => Err(RouteError::Times { stop: stop as u32, times: times[stop] }),
            None => Ok(cost),
        }
    }
}
