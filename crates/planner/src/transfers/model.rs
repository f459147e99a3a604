//! Who is to be fetched and brought where, and by what.

use crate::routes::{Ground, Window};

/// People who travel together, from one place to another: a patient, a family, a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ride {
    /// Where they are.
    pub from: u32,
    /// Where they go.
    pub to: u32,
    /// How many they are.
    pub people: i32,
    /// When they can be fetched.
    pub pick: Window,
    /// When they can be taken in.
    pub drop: Window,
    /// How long getting on takes, and getting off.
    pub service: (i32, i32),
    /// How long they may be under way, from leaving to arriving; none is any time.
    pub longest: Option<i32>,
    /// Their isolation class. Classes never share a vehicle, and between two of them it is
    /// cleaned.
    pub class: u8,
    /// What the vehicle must have (bits): a stretcher, oxygen, negative pressure.
    pub needs: u32,
    /// What it costs to leave them behind.
    pub skip: i64,
}

/// Vehicles that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coaches {
    /// Where each starts.
    pub start: u32,
    /// Where each ends.
    pub end: u32,
    /// How many there are.
    pub count: u32,
    /// How many people each carries.
    pub seats: i32,
    /// From when to when each may be out.
    pub shift: Window,
    /// How long each may be out in all; none is as long as the shift.
    pub longest: Option<i32>,
    /// What it costs to use one at all.
    pub fixed: i64,
    /// What each has (bits).
    pub gives: u32,
}

/// A transfer problem. Costs are lengths of `ground`.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfers {
    /// Where things are.
    pub ground: Ground,
    /// Who is to be moved.
    pub rides: Vec<Ride>,
    /// By what.
    pub coaches: Vec<Coaches>,
    /// How long an empty vehicle is cleaned before people of another class get on.
    pub cleaning: i32,
}

/// A stop of a tour: a ride gets on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which ride.
    pub ride: u32,
    /// On, or off.
    pub on: bool,
    /// When it begins; the vehicle may have to wait for it.
    pub begins: i32,
}

/// One vehicle's tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoachTour {
    /// Which kind of vehicle.
    pub coaches: u32,
    /// When it sets out.
    pub leaves: i32,
    /// Its stops.
    pub calls: Vec<Call>,
    /// When it is back.
    pub returns: i32,
}

/// A dispatch plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// The vehicles that are used.
    pub tours: Vec<CoachTour>,
    /// Rides that are left behind.
    pub skipped: Vec<u32>,
}

/// What is wrong with a transfer problem or a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// A place that is not there.
    #[error("{what} {index} is at place {place}; there are {places}")]
    NoPlace {
        /// "ride" or "coaches".
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
        /// "ride" or "coaches".
        what: &'static str,
        /// Which.
        index: usize,
        /// Which quantity.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A plan that breaks a rule.
    #[error("tour {tour}, call {call}: {what}")]
    Broken {
        /// The tour.
        tour: usize,
        /// The call.
        call: usize,
        /// What is wrong.
        what: String,
    },
    /// A ride that is in the plan never or twice.
    #[error("ride {ride} is in the plan {times} times")]
    Times {
        /// The ride.
        ride: usize,
        /// How often.
        times: usize,
    },
    /// A file that cannot be read.
    #[error("line {line}: {what}")]
    File {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

impl Transfers {
    /// Checks what a search relies on.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), TransferError> {
        let places = self.ground.places();
        let place = |what, index, place: u32| {
            let there = (place as usize) < places;
            let missing = TransferError::NoPlace { what, index, place, places };
            if there { Ok(()) } else { Err(missing) }
        };
        let quantity = |what, index, field, value: i64| {
            let fits = (0..=i64::from(Window::ANY.close)).contains(&value);
            if fits { Ok(()) } else { Err(TransferError::Quantity { what, index, field, value }) }
        };
        for (index, ride) in self.rides.iter().enumerate() {
            place("ride", index, ride.from)?;
            place("ride", index, ride.to)?;
            quantity("ride", index, "people", ride.people.into())?;
            quantity("ride", index, "service", ride.service.0.min(ride.service.1).into())?;
            quantity("ride", index, "longest", ride.longest.unwrap_or(0).into())?;
            quantity("ride", index, "pick.open", ride.pick.open.into())?;
            quantity("ride", index, "pick.close", ride.pick.close.into())?;
            quantity("ride", index, "drop.open", ride.drop.open.into())?;
            quantity("ride", index, "drop.close", ride.drop.close.into())?;
        }
        for (index, coaches) in self.coaches.iter().enumerate() {
            place("coaches", index, coaches.start)?;
            place("coaches", index, coaches.end)?;
            quantity("coaches", index, "seats", coaches.seats.into())?;
            quantity("coaches", index, "shift.open", coaches.shift.open.into())?;
            quantity("coaches", index, "shift.close", coaches.shift.close.into())?;
            quantity("coaches", index, "longest", coaches.longest.unwrap_or(0).into())?;
        }
        quantity("coaches", 0, "cleaning", self.cleaning.into())
    }
}

impl Dispatch {
    /// Checks the plan, with its own times, against every rule, and returns its cost. It shares
    /// nothing with the search.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, problem: &Transfers) -> Result<i64, TransferError> {
        problem.validate()?;
        let mut seen = vec![0usize; problem.rides.len()];
        let mut used = vec![0u32; problem.coaches.len()];
        let mut cost = 0;
        for (tour, it) in self.tours.iter().enumerate() {
            let kind = it.coaches as usize;
            let fail = |call, what: String| TransferError::Broken { tour, call, what };
            let Some(coaches) = problem.coaches.get(kind) else {
                return Err(fail(0, format!("there are no coaches {kind}")));
            };
            used[kind] += 1;
            if used[kind] > coaches.count {
                return Err(fail(0, format!("there are {} coaches", coaches.count)));
            }
            cost += coaches.fixed + check_tour(problem, coaches, it, &mut seen, &fail)?;
        }
        for &ride in &self.skipped {
            let known = problem.rides.get(ride as usize);
            cost += known.ok_or(TransferError::Times { ride: ride as usize, times: 0 })?.skip;
            seen[ride as usize] += 2;
        }
        match seen.iter().position(|&times| times != 2) {
            Some(ride) => Err(TransferError::Times { ride, times: seen[ride] / 2 }),
            None => Ok(cost),
        }
    }
}

fn check_tour(
    problem: &Transfers,
    coaches: &Coaches,
    tour: &CoachTour,
    seen: &mut [usize],
    fail: &dyn Fn(usize, String) -> TransferError,
) -> Result<i64, TransferError> {
    let ground = &problem.ground;
    let (mut at, mut free, mut cost) = (coaches.start, i64::from(tour.leaves), 0);
    let mut aboard: Vec<(u32, i64)> = Vec::new();
    let mut last_class = None;
    if tour.leaves < coaches.shift.open {
        return Err(fail(0, "out before the shift".into()));
    }
    for (index, call) in tour.calls.iter().enumerate() {
        let Some(ride) = problem.rides.get(call.ride as usize) else {
            return Err(fail(index, format!("there is no ride {}", call.ride)));
        };
        seen[call.ride as usize] += 1;
        let (place, window, service) = if call.on {
            (ride.from, ride.pick, ride.service.0)
        } else {
            (ride.to, ride.drop, ride.service.1)
        };
        let begins = i64::from(call.begins);
        cost += i64::from(ground.cost(at, place));
        let mut ready = free + i64::from(ground.time(at, place));
        if call.on {
            if aboard.iter().any(|&(other, _)| problem.rides[other as usize].class != ride.class) {
                return Err(fail(index, "two classes in one vehicle".into()));
            }
            if last_class.is_some_and(|class| class != ride.class) {
                ready += i64::from(problem.cleaning);
            }
            last_class = Some(ride.class);
            aboard.push((call.ride, begins + i64::from(service)));
        } else {
            let Some(position) = aboard.iter().position(|&(other, _)| other == call.ride) else {
                return Err(fail(index, "off before on".into()));
            };
            let (_, since) = aboard.remove(position);
            if ride.longest.is_some_and(|longest| begins - since > i64::from(longest)) {
                return Err(fail(index, format!("{} under way", begins - since)));
            }
        }
        if begins < ready {
            return Err(fail(index, format!("begins at {begins}, is there at {ready}")));
        }
        if begins < i64::from(window.open) || begins > i64::from(window.close) {
            return Err(fail(index, format!("{begins} is outside the window")));
        }
        if ride.needs & !coaches.gives != 0 {
            return Err(fail(index, "the vehicle lacks what the ride needs".into()));
        }
        let people: i32 = aboard.iter().map(|&(r, _)| problem.rides[r as usize].people).sum();
        if people > coaches.seats {
            return Err(fail(index, format!("{people} people on {} seats", coaches.seats)));
        }
        free = begins + i64::from(service);
        at = place;
    }
    if !aboard.is_empty() {
        return Err(fail(tour.calls.len(), "people left aboard".into()));
    }
    cost += i64::from(ground.cost(at, coaches.end));
    let home = free + i64::from(ground.time(at, coaches.end));
    let returns = i64::from(tour.returns);
    if returns < home || returns > i64::from(coaches.shift.close) {
        return Err(fail(tour.calls.len(), format!("back at {home}, says {returns}")));
    }
    let out = returns - i64::from(tour.leaves);
    if coaches.longest.is_some_and(|longest| out > i64::from(longest)) {
        return Err(fail(tour.calls.len(), format!("{out} out")));
    }
    Ok(cost)
}
