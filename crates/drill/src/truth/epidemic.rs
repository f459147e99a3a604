//! The simulated epidemic as the truth of a drill.

use std::sync::Arc;

use city::City;
use city::epidemic::{Disease, Epidemic, Isolation, NOBODY, Population, Role};
use types::{Micros, Span};

use super::{Infection, Severity, Truth};
use crate::{Config, DrillError, Result};

/// An epidemic that lives day by day. Agents are numbered as the persons of the drill's town.
pub struct Living {
    epidemic: Epidemic,
    // Midnight of its first day.
    start: Micros,
    all: Vec<Infection>,
}

impl std::fmt::Debug for Living {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Living").field("infections", &self.all.len()).finish_non_exhaustive()
    }
}

/// Days from the worst until fever has gone and a patient feels much better: chosen.
const BETTER_AFTER: f64 = 2.0;
/// Microseconds of a day.
const DAY: f64 = 86_400e6;

impl Living {
    /// The epidemic of a drill's scenario. It begins some days before the drill does
    /// ([`crate::config::Work::unseen_days`]), unseen: by the first round there is something to
    /// find.
    ///
    /// # Errors
    /// When the scenario has no epidemic, or it does not fit the city.
    pub fn new(config: &Config, city: &City) -> Result<Living> {
        let unfit = |e: city::CityError| DrillError::Config(format!("the epidemic: {e}"));
        let parameters = city.scenario().epidemic().map_err(unfit)?;
        let people = Population::of_city(city, parameters, 1).map_err(unfit)?;
        let people = Arc::new(people);
        let disease = Arc::new(Disease::new(parameters));
        let mut epidemic = Epidemic::new(people.clone(), disease, config.seed);
        let share = f64::from(people.people()) * config.work.seeded_share;
        let wanted = (share.ceil() as u32).max(config.work.seeded_least);
        // As in Jilin: a college first, a wholesale market, the rest anywhere.
        let of = |role: Role| -> Vec<u32> {
            (0..people.people()).filter(|a| people.role(*a) == role).collect()
        };
        let mut left = wanted;
        for (group, part) in [(of(Role::Student), 0.5), (of(Role::WholesaleStall), 0.25)] {
            let some = (f64::from(wanted) * part) as u32;
            left -= epidemic.import_among(&group, some.min(left));
        }
        let everybody: Vec<u32> = (0..people.people()).collect();
        epidemic.import_among(&everybody, left);
        let start = config.start - Span::days(i64::from(config.work.unseen_days));
        let mut living = Living { epidemic, start, all: Vec::new() };
        living.note(0);
        Ok(living)
    }

    /// Copies infections beyond the first `known`.
    fn note(&mut self, known: usize) {
        let start = self.start;
        let time = |days: f64| Micros(start.0 + (days * DAY) as i64);
        let mut new: Vec<Infection> = self.epidemic.infections()[known..]
            .iter()
            .map(|i| Infection {
                person: i.agent,
                at: time(f64::from(i.at)),
                by: (i.infector != NOBODY).then_some(i.infector),
            })
            .collect();
        new.sort_by_key(|i| (i.at, i.person));
        self.all.extend(new);
    }

    fn days(&self, at: Micros) -> f64 {
        (at - self.start).0 as f64 / DAY
    }

    fn set(&mut self, person: u32, isolation: Isolation) {
        self.epidemic.isolate(person, isolation);
    }
}

impl Truth for Living {
    fn advance(&mut self, to: Micros) {
        while self.days(to) >= f64::from(self.epidemic.day()) {
            let known = self.all.len();
            self.epidemic.step(1);
            self.note(known);
        }
    }

    fn infections(&self) -> &[Infection] {
        &self.all
    }

    fn ct(&self, person: u32, at: Micros) -> Option<f64> {
        let swab = self.epidemic.swab(person, self.days(at), 0);
        swab.n.or(swab.orf).map(f64::from)
    }

    fn illness(&self, person: u32, at: Micros) -> Severity {
        self.epidemic.severity_at(person, self.days(at))
    }

    fn is_better(&self, person: u32, at: Micros) -> bool {
        let days = self.days(at) - BETTER_AFTER;
        days > 0.0 && self.epidemic.is_over_the_worst(person, days)
    }

    fn isolate(&mut self, person: u32, _: Micros) {
        self.set(person, Isolation::Care);
    }

    fn hold(&mut self, person: u32, _: Micros) {
        self.set(person, Isolation::Home);
    }

    fn release(&mut self, person: u32, _: Micros) {
        self.set(person, Isolation::None);
    }

    fn seed(&mut self, persons: &[u32], at: Micros) {
        let (known, days) = (self.all.len(), self.days(at));
        for person in persons {
            self.epidemic.import(*person, days);
        }
        self.note(known);
    }
}
