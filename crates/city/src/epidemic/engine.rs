//! The outbreak itself: one day at a time, over those infected now.
//!
//! Each infected person has a Poisson number of contacts a day that would infect a susceptible
//! person who is free to meet. They are drawn at the highest rate that applies and then
//! thinned: by where the infector may go, where the other may go, and how susceptible the
//! other is. Nobody who is not infected costs anything.

use std::sync::Arc;

use super::agents::{Agent, Population, Role};
use super::controls::{Behaviour, Isolation, Lock};
use super::disease::{Disease, Infection, LAYERS, Layer, NOBODY, Severity, Swab};
use super::draw::{Draw, Purpose};
use super::parameters::band_of;

/// No infection of this agent.
const NEVER: u32 = u32::MAX;
/// Bits of an agent's status: not susceptible 0, isolation 1–2.
const TAKEN: u8 = 1;

/// An outbreak among the agents of a population.
#[derive(Clone, Debug)]
pub struct Epidemic {
    all: Arc<Population>,
    disease: Arc<Disease>,
    seed: u64,
    day: u32,
    status: Vec<u8>,
    infection_of: Vec<u32>,
    infections: Vec<Infection>,
    /// Infections before this one infect nobody any more.
    first_active: usize,
    locks: Vec<Lock>,
    behaviour: Behaviour,
    closed_places: Vec<bool>,
    /// Nothing has been closed and nobody isolated so far.
    free: bool,
}

/// What a contact leads to.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    target: Agent,
    source: Agent,
    at: f32,
    layer: Layer,
}

/// The day's contact rates by role: cumulative over the layers, without the household, and with
/// each other member of it.
struct Today {
    sums: [[f64; LAYERS]; 8],
    household: f64,
    leakage: f64,
    compliance: f64,
}

impl Epidemic {
    /// An outbreak with nobody infected yet.
    pub fn new(all: Arc<Population>, disease: Arc<Disease>, seed: u64) -> Epidemic {
        let immune = |agent| u8::from(all.immune(agent)) * TAKEN;
        Epidemic {
            status: (0..all.people()).map(immune).collect(),
            infection_of: vec![NEVER; all.people() as usize],
            infections: Vec::new(),
            first_active: 0,
            locks: vec![Lock::Open; all.buildings() as usize],
            behaviour: Behaviour::default(),
            closed_places: vec![false; all.day_places() as usize],
            free: true,
            all,
            disease,
            seed,
            day: 0,
        }
    }

    /// The agents.
    pub fn population(&self) -> &Arc<Population> {
        &self.all
    }

    /// The disease.
    pub fn disease(&self) -> &Disease {
        &self.disease
    }

    /// The seed of its draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The day that the next [`step`](Epidemic::step) lives through, from 0.
    pub fn day(&self) -> u32 {
        self.day
    }

    /// Every infection so far, in order of discovery by the engine: by day, then by infector.
    pub fn infections(&self) -> &[Infection] {
        &self.infections
    }

    /// Those who may still infect somebody, as numbers into [`infections`](Epidemic::infections).
    pub fn active(&self) -> std::ops::Range<usize> {
        self.first_active..self.infections.len()
    }

    /// The infection of an agent.
    pub fn infection(&self, agent: Agent) -> Option<&Infection> {
        self.infections.get(self.infection_of[agent as usize] as usize)
    }

    /// The number of an agent's infection in [`infections`](Epidemic::infections).
    pub fn number_of(&self, agent: Agent) -> Option<u32> {
        let number = *self.infection_of.get(agent as usize)?;
        (number != NEVER).then_some(number)
    }

    /// Whether the agent can still be infected.
    pub fn susceptible(&self, agent: Agent) -> bool {
        self.status[agent as usize] & TAKEN == 0
    }

    /// Where the agent is kept.
    pub fn isolation(&self, agent: Agent) -> Isolation {
        match self.status[agent as usize] >> 1 & 3 {
            0 => Isolation::None,
            1 => Isolation::Home,
            2 => Isolation::Quarantine,
            _ => Isolation::Care,
        }
    }

    /// Keeps an agent somewhere from the next step on, or lets the agent go.
    pub fn isolate(&mut self, agent: Agent, isolation: Isolation) {
        self.free = false;
        let status = &mut self.status[agent as usize];
        *status = (*status & !6) | (isolation as u8) << 1;
    }

    /// Closes a building from the next step on, or opens it.
    pub fn lock_building(&mut self, building: u32, lock: Lock) {
        self.free = false;
        self.locks[building as usize] = lock;
    }

    /// Closes all buildings of a compound, or opens them.
    pub fn lock_compound(&mut self, compound: u32, lock: Lock) {
        self.free = false;
        for building in self.all.buildings_of(compound) {
            self.locks[building as usize] = lock;
        }
    }

    /// How far the people of a building may go.
    pub fn lock_of(&self, building: u32) -> Lock {
        self.locks[building as usize]
    }

    /// Closes a school, hall, workplace or market, or opens it.
    pub fn close_place(&mut self, place: u32, closed: bool) {
        self.free = false;
        self.closed_places[place as usize] = closed;
    }

    /// How people behave from the next step on.
    pub fn set_behaviour(&mut self, behaviour: Behaviour) {
        self.behaviour = behaviour;
    }

    /// How people behave.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// Begins on a later day than 0, so that infections of the days before can be brought in with their
    /// times: for an outbreak that is under way. Nothing has happened yet.
    pub(crate) fn begin(&mut self, day: u32) {
        debug_assert!(self.infections.is_empty(), "it has begun");
        self.day = day;
    }

    /// Infects an agent from outside, at a time in days since the start. False when the agent
    /// cannot be infected.
    pub fn import(&mut self, agent: Agent, at: f64) -> bool {
        self.take(Candidate { target: agent, source: NOBODY, at: at as f32, layer: Layer::Import })
    }

    /// Infects up to `count` agents of a set from outside today, drawn by the seed. Gives how
    /// many.
    pub fn import_among(&mut self, agents: &[Agent], count: u32) -> u32 {
        let mut draw = Draw::keyed(self.seed, agents.len() as u32, self.day, Purpose::Seeds);
        let mut taken = 0;
        for _ in 0..count.saturating_mul(20) {
            if taken == count || agents.is_empty() {
                break;
            }
            let agent = agents[draw.below(agents.len() as u32) as usize];
            taken += u32::from(self.import(agent, f64::from(self.day) + draw.unit()));
        }
        taken
    }

    /// The swab of an agent at a time in days since the start; `take` tells swabs of one hour
    /// apart. Nothing is found in those not infected.
    pub fn swab(&self, agent: Agent, at: f64, take: u32) -> Swab {
        let infection = self.infection(agent);
        infection.map_or_else(Swab::default, |i| self.disease.swab(self.seed, i, at, take))
    }

    /// Severity of an agent's disease at a time.
    pub fn severity_at(&self, agent: Agent, at: f64) -> Severity {
        self.infection(agent).map_or(Severity::None, |i| self.disease.severity_at(i, at))
    }

    /// Whether the worst of an agent's disease is over at a time; also of those not infected.
    pub fn is_over_the_worst(&self, agent: Agent, at: f64) -> bool {
        self.infection(agent).is_none_or(|i| self.disease.is_over_the_worst(i, at))
    }

    /// Those infected who go to a fever clinic unasked on a day, with the time.
    pub fn seekers(&self, day: u32) -> Vec<(Agent, f64)> {
        let seeks = |i: &Infection| {
            let at = self.disease.seeks_care(self.seed, i)?;
            (at as u32 == day).then_some((i.agent, at))
        };
        self.infections.iter().filter_map(seeks).collect()
    }

    /// Lives through one day on so many threads; the outcome does not depend on how many.
    /// Gives the numbers of the new infections.
    pub fn step(&mut self, threads: usize) -> std::ops::Range<usize> {
        let today = self.today();
        let active = self.active();
        let share = active.len().div_ceil(threads.max(1)).max(512);
        let chunks: Vec<_> = active.clone().step_by(share).collect();
        let this = &*self;
        let work = |from: usize| {
            let mut found = Vec::new();
            for infection in &this.infections[from..(from + share).min(active.end)] {
                this.contacts(&today, infection, &mut found);
            }
            found
        };
        let found: Vec<Vec<Candidate>> = if chunks.len() < 2 {
            chunks.into_iter().map(work).collect()
        } else {
            std::thread::scope(|scope| {
                let workers: Vec<_> =
                    chunks.into_iter().map(|from| scope.spawn(move || work(from))).collect();
                let join = |w: std::thread::ScopedJoinHandle<'_, Vec<Candidate>>| match w.join() {
                    Ok(found) => found,
                    Err(panic) => std::panic::resume_unwind(panic),
                };
                workers.into_iter().map(join).collect()
            })
        };
        let before = self.infections.len();
        for candidate in found.into_iter().flatten() {
            self.take(candidate);
        }
        self.day += 1;
        let over = f64::from(self.day) - self.disease.last_day;
        while self.infections.get(self.first_active).is_some_and(|i| f64::from(i.at) < over) {
            self.first_active += 1;
        }
        before..self.infections.len()
    }

    /// Infects the target unless somebody was first.
    fn take(&mut self, c: Candidate) -> bool {
        let status = &mut self.status[c.target as usize];
        if *status & TAKEN != 0 {
            return false;
        }
        *status |= TAKEN;
        self.infection_of[c.target as usize] = self.infections.len() as u32;
        let how = (c.source, f64::from(c.at), c.layer);
        let infection = self.disease.infect(self.seed, &self.all, c.target, how);
        self.infections.push(infection);
        true
    }

    fn today(&self) -> Today {
        let b = &self.behaviour;
        let mut sums = self.disease.rates;
        for (role, rates) in sums.iter_mut().enumerate() {
            let mut sum = 0.0;
            rates[Layer::Household as usize] = 0.0;
            for (layer, rate) in rates.iter_mut().enumerate() {
                let mut factor = b.all * b.layers[layer];
                if layer == Layer::Team as usize || layer == Layer::Place as usize {
                    factor *= b.attendance[role];
                }
                sum += *rate * factor;
                *rate = sum;
            }
        }
        let l = &self.disease.parameters.lockdown;
        Today {
            sums,
            household: self.disease.parameters.transmission.household.value
                * b.all
                * b.layers[Layer::Household as usize],
            leakage: b.leakage.unwrap_or(l.leakage.value),
            compliance: b.compliance.unwrap_or(l.compliance.value),
        }
    }

    /// The contacts of one infected person on this day that would infect.
    fn contacts(&self, today: &Today, infection: &Infection, found: &mut Vec<Candidate>) {
        let day = f64::from(self.day);
        let after = day + 0.5 - f64::from(infection.at);
        let strength = self.disease.infectiousness(infection, after);
        if strength <= 0.0 {
            return;
        }
        let sums = &today.sums[usize::from(infection.role)];
        let away = sums[LAYERS - 1];
        let total = away + today.household * f64::from(infection.housemates);
        let source = infection.agent;
        let mut draw = Draw::keyed(self.seed, source, self.day, Purpose::Contacts);
        for _ in 0..draw.poisson(strength * total) {
            let pick = draw.unit() * total;
            let layer = match sums.iter().position(|s| pick < *s) {
                Some(at) => Layer::ALL[at],
                None => Layer::Household,
            };
            let luck = draw.unit();
            let Some(target) = self.other(infection, layer, &mut draw) else { continue };
            if target == source || self.status[target as usize] & TAKEN != 0 {
                continue;
            }
            let mut chance =
                self.disease.susceptibility[band_of(self.all.age(target))][self.all.doses(target)];
            if !self.free && luck < chance {
                chance *= self.openness(today, source, layer);
                chance *= self.openness(today, target, layer);
            }
            if luck < chance {
                let at = (day + draw.unit()) as f32;
                found.push(Candidate { target, source, at, layer });
            }
        }
    }

    /// Whom a contact of a layer is with.
    fn other(&self, infection: &Infection, layer: Layer, draw: &mut Draw) -> Option<Agent> {
        let all = &*self.all;
        let source = infection.agent;
        let street = || all.street_at(source);
        let pick = |r: std::ops::Range<u32>, draw: &mut Draw| r.start + draw.below(r.end - r.start);
        let one_of = |agents: &[Agent], draw: &mut Draw| {
            agents.get(draw.below(agents.len() as u32) as usize).copied()
        };
        match layer {
            Layer::Household => {
                let slot = draw.below(infection.housemates.into());
                if all.role(source) == Role::Student {
                    let room = all.team(all.team_of(source)?);
                    let own = room.iter().position(|a| *a == source)? as u32;
                    return room.get((slot + u32::from(slot >= own)) as usize).copied();
                }
                let first = all.members(all.household_of(source)).start;
                let target = first + slot + u32::from(first + slot >= source);
                // Students live on their campus.
                (all.role(target) != Role::Student).then_some(target)
            }
            Layer::Building => {
                let building = all.building_of(all.household_of(source));
                Some(pick(all.in_building(building), draw))
            }
            Layer::Compound => Some(pick(all.in_compound(all.compound_at(source)), draw)),
            Layer::Street => Some(pick(all.in_street(street()), draw)),
            Layer::Region => {
                let region = &all.regions[all.region_of_street(street())];
                let mut at = draw.below(region.people);
                region.ranges.iter().find_map(|r| {
                    let here = r.end - r.start;
                    if at < here {
                        return Some(r.start + at);
                    }
                    at -= here;
                    None
                })
            }
            Layer::City => Some(draw.below(all.people())),
            Layer::Team => one_of(all.team(all.team_of(source)?), draw),
            Layer::Place => one_of(all.in_place(all.place_of(all.team_of(source)?)), draw),
            Layer::Market => {
                let street = street();
                let region = all.region_of_street(street);
                match all.role(source) {
                    Role::LocalStall if draw.chance(0.3) => {
                        one_of(all.day.wholesale_market(region), draw)
                    }
                    Role::LocalStall => Some(pick(all.in_street(street), draw)),
                    Role::WholesaleStall if draw.chance(0.5) => {
                        one_of(all.day.wholesale_market(region), draw)
                    }
                    Role::WholesaleStall => {
                        let somewhere = self.other(infection, Layer::Region, draw)?;
                        let there = all.street_of(all.home(somewhere));
                        one_of(all.day.local_market(there), draw)
                    }
                    _ => one_of(all.day.local_market(street), draw),
                }
            }
            Layer::Service => match all.role(source) {
                Role::Response => Some(pick(all.in_street(street()), draw)),
                _ => one_of(all.day.response_of(street()), draw),
            },
            Layer::Care => one_of(all.day.hospital_of(all.region_of_street(street())), draw),
            Layer::Import => None,
        }
    }

    /// Share of an agent's contacts of a layer that are left by isolation and closed doors.
    fn openness(&self, today: &Today, agent: Agent, layer: Layer) -> f64 {
        let all = &*self.all;
        let l = &self.disease.parameters.lockdown;
        match self.isolation(agent) {
            Isolation::None => {}
            Isolation::Home if layer == Layer::Household => return 1.0,
            Isolation::Home => return l.home_leakage.value,
            Isolation::Quarantine => return l.quarantine_leakage.value,
            Isolation::Care => {
                return if layer == Layer::Care { 1.0 } else { 0.0 };
            }
        }
        let role = all.role(agent);
        if matches!(layer, Layer::Team | Layer::Place) || role == Role::Student {
            let closed =
                all.team_of(agent).is_some_and(|t| self.closed_places[all.place_of(t) as usize]);
            if closed && layer != Layer::Household {
                return today.leakage;
            }
        }
        if layer == Layer::Household || role == Role::Student {
            return 1.0;
        }
        let household = all.household_of(agent);
        let lock = self.locks[all.building_of(household) as usize];
        let forbidden = match layer {
            Layer::Building => lock >= Lock::Door,
            Layer::Compound => lock >= Lock::Building,
            // Workers come to the door, and the sick are fetched.
            Layer::Service | Layer::Care => false,
            _ => lock >= Lock::Compound,
        };
        if !forbidden {
            return 1.0;
        }
        let out = matches!(layer, Layer::Team | Layer::Place | Layer::Market);
        if out && all.works_on(agent) {
            return l.essential.value;
        }
        let mut draw = Draw::keyed(self.seed, household, 0, Purpose::Comply);
        if draw.chance(today.compliance) { today.leakage } else { l.refusal.value }
    }
}
