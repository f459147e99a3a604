//! The simulated epidemic as the truth of a drill.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use city::epidemic::{
    Disease, Epidemic, Isolation, Layer, Lodging, NOBODY, PlaceKind, Population, Role,
};
use types::{Micros, Span};

use super::{Infection, Lock, Meeting, Severity, Truth, Where};
use crate::town::Town;
use crate::{Config, DrillError, Result};

/// An epidemic that lives day by day. Its agents are the persons of the drill's town, in another order: the
/// town counts those of whom no list knows last, the epidemic where they live.
pub struct Living {
    epidemic: Epidemic,
    // Midnight of its first day.
    start: Micros,
    all: Vec<Infection>,
    // The agents of whom no list knows, and the number of the first of them in the town.
    lodgers: Range<u32>,
    listed: u32,
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
/// Most people of one class or team who are met closely: the rest of a large one is far away. Chosen.
const NEAR: usize = 20;

impl Living {
    /// The epidemic of a drill's scenario. It begins some days before the drill does
    /// ([`crate::config::Work::unseen_days`]), unseen: by the first round there is something to
    /// find. The house of which no list knows stands empty.
    ///
    /// # Errors
    /// When the scenario has no epidemic, or it does not fit the city.
    pub fn new(config: &Config, town: &Town) -> Result<Living> {
        let unfit = |e: city::CityError| DrillError::Config(format!("the epidemic: {e}"));
        let city = &town.city;
        let parameters = city.scenario().epidemic().map_err(unfit)?;
        let lodging = Lodging {
            compound: town.homes[town.lodging.home].compound,
            rooms: town.lodging.rooms.iter().map(|room| (room.end - room.start) as u8).collect(),
        };
        let people = Population::with_lodging(city, parameters, &lodging).map_err(unfit)?;
        let lodgers = people.lodgers();
        let people = Arc::new(people);
        let disease = Arc::new(Disease::new(parameters));
        let mut epidemic = Epidemic::new(people.clone(), disease, config.seed);
        let share = f64::from(town.people) * config.work.seeded_share;
        let wanted = (share.ceil() as u32).max(config.work.seeded_least);
        // As in Jilin: a college first, a wholesale market, the rest anywhere.
        let listed = |agent: &u32| !lodgers.contains(agent);
        let of = |role: Role| -> Vec<u32> {
            (0..people.people()).filter(|a| people.role(*a) == role).collect()
        };
        let mut left = wanted;
        for (group, part) in [(of(Role::Student), 0.5), (of(Role::WholesaleStall), 0.25)] {
            let some = (f64::from(wanted) * part) as u32;
            left -= epidemic.import_among(&group, some.min(left));
        }
        let everybody: Vec<u32> = (0..people.people()).filter(listed).collect();
        epidemic.import_among(&everybody, left);
        for agent in lodgers.clone() {
            // Nobody is there yet: whoever is away meets nobody.
            epidemic.isolate(agent, Isolation::Care);
        }
        let start = config.start - Span::days(i64::from(config.work.unseen_days));
        let mut living = Living { epidemic, start, all: Vec::new(), lodgers, listed: town.people };
        living.note(0);
        Ok(living)
    }

    /// The agent of a person of the town.
    fn agent(&self, person: u32) -> u32 {
        let count = self.lodgers.end - self.lodgers.start;
        match person {
            _ if person >= self.listed => self.lodgers.start + (person - self.listed),
            _ if person >= self.lodgers.start => person + count,
            _ => person,
        }
    }

    /// The person of the town that an agent is.
    fn person(&self, agent: u32) -> u32 {
        let count = self.lodgers.end - self.lodgers.start;
        match agent {
            _ if self.lodgers.contains(&agent) => self.listed + (agent - self.lodgers.start),
            _ if agent >= self.lodgers.end => agent - count,
            _ => agent,
        }
    }

    /// Copies infections beyond the first `known`.
    fn note(&mut self, known: usize) {
        let start = self.start;
        let time = |days: f64| Micros(start.0 + (days * DAY) as i64);
        let mut new: Vec<Infection> = self.epidemic.infections()[known..]
            .iter()
            .map(|i| Infection {
                person: self.person(i.agent),
                at: time(f64::from(i.at)),
                by: (i.infector != NOBODY).then(|| self.person(i.infector)),
            })
            .collect();
        new.sort_by_key(|i| (i.at, i.person));
        self.all.extend(new);
    }

    fn days(&self, at: Micros) -> f64 {
        (at - self.start).0 as f64 / DAY
    }

    fn set(&mut self, person: u32, isolation: Isolation) {
        let agent = self.agent(person);
        self.epidemic.isolate(agent, isolation);
    }

    /// The meeting at which one infected another.
    fn meeting(&self, with: u32, layer: Layer, days: f32) -> Meeting {
        let all = self.epidemic.population();
        let place = all.team_of(with).map(|team| all.place_of(team));
        let (at, place) = match layer {
            Layer::Household => (Where::Home, None),
            Layer::Building | Layer::Compound => (Where::Neighbours, None),
            Layer::Team | Layer::Place => (place_of_work(place.map(|p| all.place_kind(p))), place),
            Layer::Market => (Where::Market, None),
            Layer::Care => (Where::Care, None),
            Layer::Street | Layer::Region | Layer::City | Layer::Service | Layer::Import => {
                (Where::Elsewhere, None)
            }
        };
        let once = Micros(self.start.0 + (f64::from(days) * DAY) as i64);
        Meeting { person: self.person(with), at, place, once: Some(once) }
    }
}

fn place_of_work(kind: Option<PlaceKind>) -> Where {
    match kind {
        Some(PlaceKind::Kindergarten | PlaceKind::School | PlaceKind::Campus) => Where::School,
        _ => Where::Work,
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
        let swab = self.epidemic.swab(self.agent(person), self.days(at), 0);
        swab.n.or(swab.orf).map(f64::from)
    }

    fn illness(&self, person: u32, at: Micros) -> Severity {
        self.epidemic.severity_at(self.agent(person), self.days(at))
    }

    fn is_better(&self, person: u32, at: Micros) -> bool {
        let days = self.days(at) - BETTER_AFTER;
        days > 0.0 && self.epidemic.is_over_the_worst(self.agent(person), days)
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
            let agent = self.agent(*person);
            self.epidemic.import(agent, days);
        }
        self.note(known);
    }

    fn quarantine(&mut self, person: u32, _: Micros) {
        self.set(person, Isolation::Quarantine);
    }

    fn lock(&mut self, persons: Range<u32>, lock: Lock, _: Micros) {
        let all = self.epidemic.population().clone();
        let mut last = None;
        for person in persons {
            let building = all.building_of(all.household_of(self.agent(person)));
            if last != Some(building) {
                self.epidemic.lock_building(building, lock);
                last = Some(building);
            }
        }
    }

    fn met(&self, person: u32, from: Micros, until: Micros) -> Vec<Meeting> {
        let all = self.epidemic.population();
        let agent = self.agent(person);
        let (from, until) = (self.days(from), self.days(until));
        let mut met: BTreeMap<u32, Meeting> = BTreeMap::new();
        let daily = |with: u32, at: Where, place: Option<u32>| {
            let meeting = Meeting { person: self.person(with), at, place, once: None };
            (meeting.person, meeting)
        };
        let student = all.role(agent) == Role::Student;
        if !student {
            let family = all.members(all.household_of(agent));
            let there = family.filter(|a| *a != agent && all.role(*a) != Role::Student);
            met.extend(there.map(|a| daily(a, Where::Home, None)));
        }
        if let Some(team) = all.team_of(agent) {
            let place = all.place_of(team);
            let at = if student { Where::Home } else { place_of_work(Some(all.place_kind(place))) };
            let near = all.team(team).iter().filter(|a| **a != agent).take(NEAR);
            for (with, meeting) in near.map(|a| daily(*a, at, Some(place))) {
                met.entry(with).or_insert(meeting);
            }
        }
        // Whom the person infected, and who infected the person, they met for sure.
        let within = |i: &&city::epidemic::Infection| (from..=until).contains(&f64::from(i.at));
        for i in self.epidemic.infections().iter().filter(within) {
            let with = match () {
                () if i.infector == agent => i.agent,
                () if i.agent == agent && i.infector != NOBODY => i.infector,
                () => continue,
            };
            let meeting = self.meeting(with, i.layer(), i.at);
            met.entry(meeting.person).or_insert(meeting);
        }
        met.into_values().collect()
    }

    fn lasts(&self) -> Span {
        Span((self.epidemic.disease().last_day() * DAY) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Work;
    use crate::faults::Faults;
    use types::AreaScope;

    fn town() -> (Config, Town) {
        let mut faults = Faults::none();
        faults.city.hidden_dormitory = 20;
        let config = Config {
            scenario: "jilin-2022".to_owned(),
            people: 1_200,
            areas: AreaScope::parse("220204").expect("a county"),
            seed: 5,
            start: Micros::parse("2022-03-05T00:00:00+08:00").expect("a time"),
            days: None,
            work: Work { seeded_least: 0, seeded_share: 0.0, ..Work::default() },
            faults,
        };
        let town = Town::new(&config).expect("a town");
        (config, town)
    }

    #[test]
    fn whoever_no_list_knows_is_counted_last_in_the_town_and_lives_among_the_others() {
        let (config, town) = town();
        let truth = Living::new(&config, &town).expect("a truth");
        let all = truth.epidemic.population().clone();
        assert_eq!(all.people(), town.people + 20);
        for agent in 0..all.people() {
            assert_eq!(truth.agent(truth.person(agent)), agent);
        }
        let lodger = town.lodging.persons.start;
        assert!(town.is_lodger(lodger) && !town.is_lodger(lodger - 1));
        assert_eq!(town.household_of(lodger).len(), 8);
        assert_eq!(town.person_of(town.person_id(lodger)), Some(lodger));
        let compound = all.home(truth.agent(lodger));
        let neighbour = town.homes[town.lodging.home].persons.start;
        assert_eq!(all.home(truth.agent(neighbour)), compound, "they live in one compound");
        for home in &town.homes {
            let agents = home.persons.clone().map(|person| all.home(truth.agent(person)));
            assert!(agents.collect::<std::collections::BTreeSet<_>>().len() == 1, "{}", home.code);
        }
    }

    #[test]
    fn the_empty_house_is_infected_by_nobody_and_the_full_one_by_itself() {
        let (config, town) = town();
        let mut truth = Living::new(&config, &town).expect("a truth");
        let (day, lodgers) = (|n| config.midnight(n), town.lodging.persons.clone());
        truth.seed(&[town.homes[town.lodging.home].persons.start], day(0));
        truth.advance(day(6));
        assert!(truth.infections().iter().all(|i| !lodgers.contains(&i.person)));
        lodgers.clone().for_each(|person| truth.release(person, day(6)));
        // A whole room, since some cannot be infected.
        let first = town.household_of(lodgers.start);
        truth.seed(&first.clone().collect::<Vec<_>>(), day(6));
        truth.advance(day(14));
        let ill: Vec<&Infection> =
            truth.infections().iter().filter(|i| lodgers.contains(&i.person)).collect();
        assert!(ill.iter().any(|i| !first.contains(&i.person)), "it went to the other rooms");
        // Whom somebody infected he met, and those who share a room.
        for person in first.clone() {
            let met = truth.met(person, day(6), day(14));
            for other in first.clone().filter(|other| *other != person) {
                assert!(met.iter().any(|m| m.person == other && m.at == Where::Home));
            }
            for i in ill.iter().filter(|i| i.by == Some(person)) {
                assert!(met.iter().any(|m| m.person == i.person), "{i:?}");
            }
        }
    }

    #[test]
    fn closed_doors_keep_infections_in() {
        let (config, town) = town();
        let spread = |lock: Lock| {
            let mut truth = Living::new(&config, &town).expect("a truth");
            let start = config.midnight(0);
            truth.seed(&(0..town.people).step_by(60).collect::<Vec<_>>(), start);
            truth.lock(0..town.people, lock, start);
            truth.advance(start + Span::days(12));
            truth.infections().len()
        };
        let (open, locked) = (spread(Lock::Open), spread(Lock::Door));
        assert!(locked * 2 < open, "{locked} behind doors, {open} without");
    }
}
