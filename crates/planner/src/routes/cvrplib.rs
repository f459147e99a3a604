//! Instances and routes in the text formats of CVRPLIB (VRPLIB): `.vrp` and `.sol`.
//!
//! Read are one depot, `EUC_2D`, capacities, and time windows with one service time or one for
//! each customer. Lengths follow the conventions of the published costs: rounded to the nearest
//! whole number, and with time windows cut off to tenths (12th DIMACS challenge), so that costs
//! here are in tenths then ([`Instance::scale`]).

use super::problem::{Fleet, Ground, Problem, RouteError, Routes, Stop, Tour, Window};
use super::travel::Rounding;

/// An instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// What is to be solved. Stop i is customer i + 1.
    pub problem: Problem,
    /// Costs are in this part of the published unit: 1, or 10 for tenths.
    pub scale: i32,
}

/// Reads a `.vrp` file.
///
/// # Errors
/// The line that cannot be understood, or what is missing.
pub fn instance(text: &str) -> Result<Instance, RouteError> {
    let mut out = Reading::default();
    let mut section = Section::Head;
    for (number, line) in text.lines().enumerate() {
        let line_number = number + 1;
        let fail = |what: &str| RouteError::File { line: line_number, what: what.to_owned() };
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line == "EOF" {
            break;
        }
        if let Some(next) = Section::named(line) {
            section = next;
            continue;
        }
        if section == Section::Head || line.contains(':') && !line.starts_with(char::is_numeric) {
            let (key, value) = line.split_once(':').ok_or_else(|| fail("no `KEY : value`"))?;
            out.head(key.trim(), value.trim(), &fail)?;
            continue;
        }
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let numbers = numbers.map_err(|_| fail("not a row of numbers"))?;
        out.row(section, &numbers, &fail)?;
    }
    out.finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Head,
    Coordinates,
    Demands,
    Windows,
    Services,
    Depots,
    Other,
}

impl Section {
    fn named(line: &str) -> Option<Section> {
        let name = line.trim_end_matches([':', ' ']);
        Some(match name {
            "NODE_COORD_SECTION" => Section::Coordinates,
            "DEMAND_SECTION" => Section::Demands,
            "TIME_WINDOW_SECTION" => Section::Windows,
            "SERVICE_TIME_SECTION" => Section::Services,
            "DEPOT_SECTION" => Section::Depots,
            _ if name.ends_with("_SECTION") => Section::Other,
            _ => return None,
        })
    }
}

#[derive(Default)]
struct Reading {
    name: String,
    capacity: i32,
    vehicles: Option<u32>,
    service: f64,
    dimension: usize,
    at: Vec<[f64; 2]>,
    demand: Vec<i32>,
    windows: Vec<[f64; 2]>,
    services: Vec<f64>,
    depots: Vec<usize>,
}

impl Reading {
    fn head(
        &mut self,
        key: &str,
        value: &str,
        fail: &dyn Fn(&str) -> RouteError,
    ) -> Result<(), RouteError> {
        let number = || value.parse::<f64>().map_err(|_| fail(&format!("{key} is {value:?}")));
        match key {
            "NAME" => self.name = value.to_owned(),
            "CAPACITY" => self.capacity = number()? as i32,
            "DIMENSION" => self.dimension = number()? as usize,
            "VEHICLES" => self.vehicles = Some(number()? as u32),
            "SERVICE_TIME" => self.service = number()?,
            "EDGE_WEIGHT_TYPE" if value != "EUC_2D" => {
                return Err(fail(&format!("EDGE_WEIGHT_TYPE {value} is not read, only EUC_2D")));
            }
            "TYPE" if !matches!(value, "CVRP" | "VRPTW") => {
                return Err(fail(&format!("TYPE {value} is not read, only CVRP and VRPTW")));
            }
            "DISTANCE" => return Err(fail("a limit of length is not read")),
            _ => {}
        }
        Ok(())
    }

    fn row(
        &mut self,
        section: Section,
        row: &[f64],
        fail: &dyn Fn(&str) -> RouteError,
    ) -> Result<(), RouteError> {
        let entry = |wanted: usize, have: usize| {
            if row.len() < wanted {
                return Err(fail(&format!("{wanted} numbers are wanted")));
            }
            let next = row[0] as usize == have + 1;
            if next { Ok(()) } else { Err(fail(&format!("node {} is wanted", have + 1))) }
        };
        match section {
            Section::Coordinates => {
                entry(3, self.at.len())?;
                self.at.push([row[1], row[2]]);
            }
            Section::Demands => {
                entry(2, self.demand.len())?;
                self.demand.push(row[1] as i32);
            }
            Section::Windows => {
                entry(3, self.windows.len())?;
                self.windows.push([row[1], row[2]]);
            }
            Section::Services => {
                entry(2, self.services.len())?;
                self.services.push(row[1]);
            }
            Section::Depots if row[0] > 0.0 => self.depots.push(row[0] as usize),
            Section::Head | Section::Depots | Section::Other => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Instance, RouteError> {
        let fail = |what: String| RouteError::File { line: 0, what };
        let places = self.at.len();
        let timed = !self.windows.is_empty();
        let agree = |what: &str, have: usize| {
            if have == places && have == self.dimension {
                return Ok(());
            }
            let wanted = self.dimension;
            Err(fail(format!("DIMENSION {wanted}, {places} coordinates, {have} {what}")))
        };
        agree("demands", self.demand.len())?;
        if timed {
            agree("time windows", self.windows.len())?;
        }
        if !self.services.is_empty() {
            agree("service times", self.services.len())?;
        }
        if self.depots.len() > 1 || self.depots.first().is_some_and(|&depot| depot != 1) {
            return Err(fail("only node 1 can be the depot".into()));
        }
        let rounding = if timed { Rounding::Tenths } else { Rounding::Nearest };
        let scale = rounding.scale();
        let scaled = |value: f64| (value * f64::from(scale)).round() as i32;
        let window = |node: usize| {
            self.windows.get(node).map_or(Window::ANY, |&[open, close]| Window {
                open: scaled(open),
                close: scaled(close),
            })
        };
        let stops = (1..places).map(|node| Stop {
            place: node as u32,
            demand: self.demand[node],
            service: scaled(self.services.get(node).copied().unwrap_or(self.service)),
            window: window(node),
            needs: 0,
            skip: Stop::MUST,
        });
        let stops = stops.collect();
        let mut fleet = Fleet::plain(0, self.capacity);
        fleet.shift = window(0);
        fleet.count = self.vehicles.filter(|_| timed);
        let ground = Ground::Plane { at: self.at, rounding, pace: 1.0 };
        let problem = Problem { ground, stops, fleets: vec![fleet] };
        problem.validate()?;
        Ok(Instance { name: self.name, problem, scale })
    }
}

/// Reads a `.sol` file: its routes and the cost that it states, if it does.
///
/// # Errors
/// The line that cannot be understood.
pub fn routes(text: &str) -> Result<(Routes, Option<f64>), RouteError> {
    let mut routes = Routes::default();
    let mut cost = None;
    for (number, line) in text.lines().enumerate() {
        let fail = |what: &str| RouteError::File { line: number + 1, what: what.to_owned() };
        let line = line.trim();
        let lower = line.to_ascii_lowercase();
        if lower.starts_with("route") {
            let (_, stops) = line.split_once(':').ok_or_else(|| fail("no `:` after the route"))?;
            let stops: Result<Vec<u32>, _> = stops.split_whitespace().map(str::parse).collect();
            let stops = stops.map_err(|_| fail("a customer that is not a number"))?;
            let trip: Option<Vec<u32>> = stops.iter().map(|stop| stop.checked_sub(1)).collect();
            let trip = trip.ok_or_else(|| fail("customer 0 is the depot"))?;
            if !trip.is_empty() {
                routes.tours.push(Tour { fleet: 0, trips: vec![trip] });
            }
        } else if let Some(value) = lower.strip_prefix("cost") {
            let value = value.trim_start_matches([' ', ':', '\t']);
            cost = Some(value.parse().map_err(|_| fail("a cost that is not a number"))?);
        }
    }
    Ok((routes, cost))
}
