//! Day places: schools, campuses, workplaces, markets, hospitals, the response's own teams.
//!
//! A place is a row of teams (classes, dormitory rooms, teams at work) and a team is a row of
//! agents, so "somebody of my class" and "somebody of my school" are each one draw.

use super::agents::{Agent, Population, Role};
use super::parameters::PlaceParameters;
use crate::random::{Rng, Stream};

/// What a day place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// Children of 3 to 5.
    Kindergarten,
    /// Of 6 to 17.
    School,
    /// A dormitory hall with the lecture rooms of its people.
    Campus,
    /// Any other workplace.
    Workplace,
    /// The market of a street.
    LocalMarket,
    /// The wholesale market of a region.
    WholesaleMarket,
    /// The hospital staff of a region.
    Hospital,
    /// The response's workers of a street.
    Response,
}

impl PlaceKind {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            PlaceKind::Kindergarten => "kindergarten",
            PlaceKind::School => "school",
            PlaceKind::Campus => "campus",
            PlaceKind::Workplace => "workplace",
            PlaceKind::LocalMarket => "local-market",
            PlaceKind::WholesaleMarket => "wholesale-market",
            PlaceKind::Hospital => "hospital",
            PlaceKind::Response => "response",
        }
    }
}

const NONE: u32 = u32::MAX;

/// Who goes where by day.
#[derive(Clone, Debug, Default)]
pub(crate) struct DayPlaces {
    team_of: Vec<u32>,
    members: Vec<Agent>,
    /// First member of each team and one more; first team of each place and one more.
    team_first: Vec<u32>,
    team_place: Vec<u32>,
    place_first: Vec<u32>,
    kind: Vec<PlaceKind>,
    /// By street: the local market and the response's team room.
    market: Vec<u32>,
    base: Vec<u32>,
    /// By region: the wholesale market and the hospitals.
    wholesale: Vec<u32>,
    hospital: Vec<u32>,
}

impl DayPlaces {
    pub(crate) fn team_of(&self, agent: Agent) -> Option<u32> {
        match self.team_of.get(agent as usize) {
            None | Some(&NONE) => None,
            Some(team) => Some(*team),
        }
    }

    pub(crate) fn team(&self, team: u32) -> &[Agent] {
        let t = team as usize;
        &self.members[self.team_first[t] as usize..self.team_first[t + 1] as usize]
    }

    pub(crate) fn place_of(&self, team: u32) -> u32 {
        self.team_place[team as usize]
    }

    pub(crate) fn in_place(&self, place: u32) -> &[Agent] {
        let p = place as usize;
        let (from, to) = (self.place_first[p] as usize, self.place_first[p + 1] as usize);
        &self.members[self.team_first[from] as usize..self.team_first[to] as usize]
    }

    pub(crate) fn kind(&self, place: u32) -> PlaceKind {
        self.kind[place as usize]
    }

    pub(crate) fn places(&self) -> u32 {
        self.kind.len() as u32
    }

    /// Everyone of a place that may not exist.
    fn all_of(&self, place: u32) -> &[Agent] {
        if place == NONE { &[] } else { self.in_place(place) }
    }

    pub(crate) fn local_market(&self, street: u32) -> &[Agent] {
        self.all_of(self.market[street as usize])
    }

    pub(crate) fn response_of(&self, street: u32) -> &[Agent] {
        self.all_of(self.base[street as usize])
    }

    pub(crate) fn wholesale_market(&self, region: usize) -> &[Agent] {
        self.all_of(self.wholesale[region])
    }

    pub(crate) fn hospital_of(&self, region: usize) -> &[Agent] {
        self.all_of(self.hospital[region])
    }

    pub(crate) fn bytes(&self) -> usize {
        let words = self.team_of.len()
            + self.members.len()
            + self.team_first.len()
            + self.team_place.len()
            + self.place_first.len()
            + self.market.len()
            + self.base.len();
        words * 4 + self.kind.len()
    }

    /// A place from its members, cut into teams.
    fn open(&mut self, kind: PlaceKind, members: &[Agent], team_size: usize) -> u32 {
        if members.is_empty() {
            return NONE;
        }
        let place = self.kind.len() as u32;
        self.kind.push(kind);
        self.place_first.push(self.team_first.len() as u32);
        // Equal teams rather than full ones and a rest.
        let teams = members.len().div_ceil(team_size.max(1));
        for t in 0..teams {
            let (from, to) = (t * members.len() / teams, (t + 1) * members.len() / teams);
            let team = self.team_first.len() as u32;
            self.team_first.push(self.members.len() as u32);
            self.team_place.push(place);
            for agent in &members[from..to] {
                self.team_of[*agent as usize] = team;
            }
            self.members.extend_from_slice(&members[from..to]);
        }
        place
    }
}

/// The people of a street, sorted by what they may do by day.
#[derive(Default)]
struct Pools {
    stages: [Vec<Agent>; 4],
    local: Vec<Agent>,
    response: Vec<Agent>,
}

#[derive(Default)]
struct RegionPools {
    students: Vec<Agent>,
    workers: Vec<Agent>,
    wholesale: Vec<Agent>,
    hospital: Vec<Agent>,
}

/// Gives every agent a day place or none.
pub(crate) fn assign(all: &mut Population, seed: u64, p: &PlaceParameters) -> DayPlaces {
    let mut day = DayPlaces { team_of: vec![NONE; all.who.len()], ..DayPlaces::default() };
    let mut regions: Vec<RegionPools> = Vec::new();
    regions.resize_with(all.regions.len(), RegionPools::default);
    let chances = Chances::new(p);
    for street in 0..all.streets() {
        let region = &mut regions[all.region_of_street(street)];
        let mut pools = Pools::default();
        let lodgers = all.lodgers();
        for agent in all.in_street(street).filter(|agent| !lodgers.contains(agent)) {
            let mut rng = Rng::keyed(seed, Stream::Places, agent.into(), 0);
            let age = all.age(agent);
            let (pool, role, essential) = match age {
                3..=5 if rng.chance(p.kindergarten.value) => {
                    (&mut pools.stages[0], Role::Pupil, false)
                }
                6..=11 => (&mut pools.stages[1], Role::Pupil, false),
                12..=14 => (&mut pools.stages[2], Role::Pupil, false),
                15..=17 if rng.chance(p.upper_school.value) => {
                    (&mut pools.stages[3], Role::Pupil, false)
                }
                18..=21 if rng.chance(p.campus.value) => {
                    (&mut region.students, Role::Student, false)
                }
                18..=59 if rng.chance(p.employed.value) => match chances.job(rng.unit()) {
                    Role::LocalStall => (&mut pools.local, Role::LocalStall, true),
                    Role::WholesaleStall => (&mut region.wholesale, Role::WholesaleStall, true),
                    Role::Hospital => (&mut region.hospital, Role::Hospital, true),
                    Role::Response => (&mut pools.response, Role::Response, true),
                    _ => {
                        let essential = rng.chance(p.essential.value);
                        (&mut region.workers, Role::Worker, essential)
                    }
                },
                _ => continue,
            };
            pool.push(agent);
            all.set_role(agent, role, essential);
        }
        let school = (p.class_size.value * p.school_classes.value).max(1.0) as usize;
        for (stage, children) in pools.stages.iter().enumerate() {
            let kind = if stage == 0 { PlaceKind::Kindergarten } else { PlaceKind::School };
            for pupils in children.chunks(school) {
                day.open(kind, pupils, p.class_size.value as usize);
            }
        }
        let team = p.team_size.value as usize;
        let market = day.open(PlaceKind::LocalMarket, &pools.local, team);
        let base = day.open(PlaceKind::Response, &pools.response, team);
        day.market.push(market);
        day.base.push(base);
    }
    for (at, mut pools) in regions.into_iter().enumerate() {
        let key = at as u64;
        for (part, pool) in
            [&mut pools.students, &mut pools.workers, &mut pools.wholesale, &mut pools.hospital]
                .into_iter()
                .enumerate()
        {
            shuffle(pool, &mut Rng::keyed(seed, Stream::Places, key, 1 + part as u64));
        }
        let hall = (p.room_size.value * p.hall_rooms.value) as usize;
        for students in pools.students.chunks(hall.max(1)) {
            day.open(PlaceKind::Campus, students, p.room_size.value as usize);
        }
        let mut rng = Rng::keyed(seed, Stream::Places, key, 9);
        let mut left = &pools.workers[..];
        while !left.is_empty() {
            let size = workplace_size(&p.workplace_shares.value, &mut rng).min(left.len());
            let (here, rest) = left.split_at(size);
            day.open(PlaceKind::Workplace, here, p.team_size.value as usize);
            left = rest;
        }
        let team = p.team_size.value as usize;
        let wholesale = day.open(PlaceKind::WholesaleMarket, &pools.wholesale, team);
        let hospital = day.open(PlaceKind::Hospital, &pools.hospital, team);
        day.wholesale.push(wholesale);
        day.hospital.push(hospital);
    }
    // Who sleeps together works together.
    let lodgers: Vec<Agent> = all.lodgers().collect();
    for agent in &lodgers {
        all.set_role(*agent, Role::Worker, false);
    }
    day.open(PlaceKind::Workplace, &lodgers, p.team_size.value as usize);
    day.team_first.push(day.members.len() as u32);
    day.place_first.push(day.team_first.len() as u32 - 1);
    day
}

/// Shares of the employed in each special job, so that the counts a thousand residents come
/// out if 60 % of residents are of working age.
struct Chances {
    bounds: [(f64, Role); 4],
}

impl Chances {
    fn new(p: &PlaceParameters) -> Chances {
        let employed_per_1000 = (1000.0 * 0.6 * p.employed.value).max(1.0);
        let mut sum = 0.0;
        let bounds = [
            (p.stalls_per_1000.value, Role::LocalStall),
            (p.wholesale_per_1000.value, Role::WholesaleStall),
            (p.hospital_per_1000.value, Role::Hospital),
            (p.response_per_1000.value, Role::Response),
        ]
        .map(|(per, role)| {
            sum += per / employed_per_1000;
            (sum, role)
        });
        Chances { bounds }
    }

    fn job(&self, luck: f64) -> Role {
        let found = self.bounds.iter().find(|(bound, _)| luck < *bound);
        found.map_or(Role::Worker, |(_, role)| *role)
    }
}

/// The size of the workplace of a worker drawn at random: the classes hold the given shares of
/// workers, so a workplace of a class is drawn as often as its share over its size.
fn workplace_size(shares: &[f64; 4], rng: &mut Rng) -> usize {
    const SIZES: [(u32, u32); 4] = [(1, 9), (10, 49), (50, 249), (250, 999)];
    let weights: Vec<f64> =
        SIZES.iter().zip(shares).map(|((low, high), s)| s / f64::from(low + high)).collect();
    let mut luck = rng.unit() * weights.iter().sum::<f64>();
    for ((low, high), weight) in SIZES.iter().zip(&weights) {
        if luck < *weight {
            return rng.between(*low, *high) as usize;
        }
        luck -= weight;
    }
    SIZES[0].1 as usize
}

/// Fisher and Yates.
fn shuffle(pool: &mut [Agent], rng: &mut Rng) {
    for at in (1..pool.len()).rev() {
        pool.swap(at, rng.below(at as u32 + 1) as usize);
    }
}
