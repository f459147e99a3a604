//! The agents of an outbreak: the persons of a [`City`], number by number.
//!
//! Agents are ordered by compound, building and household, so a household, a building, a
//! compound and a street are each a range of numbers, and "somebody of my building" is one
//! draw. Agent `n` is the `n`th of [`City::persons`].

use std::ops::Range;

use super::parameters::{EpidemicParameters, band_of};
use super::places::{DayPlaces, PlaceKind, assign};
use crate::random::{Rng, Stream};
use crate::{City, CityError};

/// The number of an agent: of a person, counted from 0 in the order of [`City::persons`].
pub type Agent = u32;

/// What an agent does by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nothing away from home.
    Resident = 0,
    /// Goes to a kindergarten or school.
    Pupil = 1,
    /// Lives on a campus, not at home.
    Student = 2,
    /// Works.
    Worker = 3,
    /// Has a stall on a local market.
    LocalStall = 4,
    /// Has a stall on a wholesale market.
    WholesaleStall = 5,
    /// Works in a hospital.
    Hospital = 6,
    /// Works for the response: samples, drives, keeps a gate, builds.
    Response = 7,
}

impl Role {
    /// All roles, by number.
    pub const ALL: [Role; 8] = [
        Role::Resident,
        Role::Pupil,
        Role::Student,
        Role::Worker,
        Role::LocalStall,
        Role::WholesaleStall,
        Role::Hospital,
        Role::Response,
    ];

    fn of(traits: u8) -> Role {
        Role::ALL[usize::from(traits >> 5)]
    }
}

/// Bits of an agent's traits: doses 0–1, immune 2, works on 3, role 5–7.
const IMMUNE: u8 = 1 << 2;
const ESSENTIAL: u8 = 1 << 3;

/// A set of agent ranges in which daily life mixes.
#[derive(Clone, Debug, Default)]
pub struct Region {
    /// Ranges of agents, ascending.
    pub ranges: Vec<Range<u32>>,
    /// Agents in all of them.
    pub people: u32,
    /// The counties in it.
    pub counties: Vec<u64>,
}

/// A house in a compound that is in no register: rooms with people who sleep there, and work together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lodging {
    /// The compound, as the city numbers it.
    pub compound: usize,
    /// People of each room.
    pub rooms: Vec<u8>,
}

/// Everything about the agents that an outbreak does not change; shared by all replicates.
#[derive(Clone, Debug)]
pub struct Population {
    /// Age and traits.
    pub(crate) who: Vec<[u8; 2]>,
    household_of: Vec<u32>,
    /// First agent of each household, and one more at the end; likewise below.
    household_first: Vec<u32>,
    building_first: Vec<u32>,
    compound_first: Vec<u32>,
    street_first: Vec<u32>,
    household_building: Vec<u32>,
    building_compound: Vec<u32>,
    compound_street: Vec<u32>,
    street_region: Vec<u16>,
    /// Number of the building in its compound, as in place codes.
    building_number: Vec<u16>,
    compound_code: Vec<u64>,
    street_code: Vec<u64>,
    pub(crate) regions: Vec<Region>,
    pub(crate) day: DayPlaces,
    /// Agents of a [`Lodging`].
    lodgers: Range<u32>,
}

/// One compound's worth of agents, before numbering.
#[derive(Default)]
struct Piece {
    age: Vec<u8>,
    household_sizes: Vec<u8>,
    /// Number of each building with somebody in it, and its households.
    buildings: Vec<(u16, u32)>,
}

fn piece(city: &City, compound: usize) -> Piece {
    let mut piece = Piece::default();
    for household in city.households_of(compound) {
        let members = household.roster().members();
        if members.is_empty() {
            continue;
        }
        piece.age.extend(members.iter().map(|m| m.age));
        piece.household_sizes.push(members.len() as u8);
        let building = household.dwelling.building() as u16;
        match piece.buildings.last_mut() {
            Some((number, households)) if *number == building => *households += 1,
            _ => piece.buildings.push((building, 1)),
        }
    }
    piece
}

impl Population {
    /// Makes the agents of a city: ages from its households, vaccination and day places drawn
    /// by the city's seed. `copies` lays that many cities of the same shape side by side, for
    /// measuring; 1 for the city itself.
    ///
    /// # Errors
    /// [`CityError::TooMany`] when there are more than 4 billion agents.
    pub fn of_city(
        city: &City,
        parameters: &EpidemicParameters,
        copies: u32,
    ) -> Result<Population, CityError> {
        Population::made(city, parameters, copies, None)
    }

    /// The same, of one city, with a house that is not in it: its people come after the others of their
    /// compound, so that agents behind them are not numbered as [`City::persons`] numbers them.
    ///
    /// # Errors
    /// As [`Population::of_city`].
    pub fn with_lodging(
        city: &City,
        parameters: &EpidemicParameters,
        lodging: &Lodging,
    ) -> Result<Population, CityError> {
        Population::made(city, parameters, 1, Some(lodging))
    }

    fn made(
        city: &City,
        parameters: &EpidemicParameters,
        copies: u32,
        lodging: Option<&Lodging>,
    ) -> Result<Population, CityError> {
        let people = city.people() * u64::from(copies);
        if people >= u64::from(u32::MAX) {
            return Err(CityError::TooMany { people, limit: u64::from(u32::MAX) });
        }
        let mut all = Population::empty(people as usize);
        let pieces = pieces(city);
        for copy in 0..copies.max(1) {
            for (at, piece) in pieces.iter().enumerate() {
                let compound = &city.compounds[at];
                let street = compound.community / 1000;
                if at == 0 || all.street_code.last() != Some(&street) {
                    all.open_street(street, copy, parameters);
                }
                all.push(piece, compound.key());
                if let Some(lodging) = lodging.filter(|l| l.compound == at) {
                    all.add_lodging(&lodging.rooms);
                }
            }
        }
        all.close();
        all.draw_traits(city.seed(), parameters);
        all.day = assign(&mut all, city.seed(), &parameters.day_places);
        Ok(all)
    }

    fn empty(people: usize) -> Population {
        Population {
            who: Vec::with_capacity(people),
            household_of: Vec::with_capacity(people),
            household_first: Vec::new(),
            building_first: Vec::new(),
            compound_first: Vec::new(),
            street_first: Vec::new(),
            household_building: Vec::new(),
            building_compound: Vec::new(),
            compound_street: Vec::new(),
            street_region: Vec::new(),
            building_number: Vec::new(),
            compound_code: Vec::new(),
            street_code: Vec::new(),
            regions: Vec::new(),
            day: DayPlaces::default(),
            lodgers: 0..0,
        }
    }

    /// One more building of the compound that was pushed last. Its people are of working age.
    fn add_lodging(&mut self, rooms: &[u8]) {
        let (first, compound) = (self.who.len() as u32, self.compound_first.len() as u32 - 1);
        let last = self.building_number.last().copied().unwrap_or(0);
        self.building_first.push(first);
        self.building_number.push(last.saturating_add(1));
        self.building_compound.push(compound);
        let building = self.building_first.len() as u32 - 1;
        for size in rooms {
            let household = self.household_first.len() as u32;
            self.household_first.push(self.who.len() as u32);
            self.household_building.push(building);
            for _ in 0..*size {
                let age = 22 + (self.who.len() % 29) as u8;
                self.household_of.push(household);
                self.who.push([age, 0]);
            }
        }
        self.lodgers = first..self.who.len() as u32;
        let people = self.lodgers.end - self.lodgers.start;
        let region = usize::from(self.street_region[self.street_code.len() - 1]);
        self.regions[region].people += people;
        if let Some(range) = self.regions[region].ranges.last_mut() {
            range.end = self.lodgers.end;
        }
    }

    /// The agents of a [`Lodging`]; none without one.
    pub fn lodgers(&self) -> Range<u32> {
        self.lodgers.clone()
    }

    fn open_street(&mut self, street: u64, copy: u32, parameters: &EpidemicParameters) {
        self.street_code.push(street);
        self.street_first.push(self.who.len() as u32);
        let region = self.region_of(street / 1000, copy, parameters);
        self.street_region.push(region);
    }

    fn push(&mut self, piece: &Piece, compound: u64) {
        let first = self.who.len() as u32;
        let region = &mut self.regions[usize::from(self.street_region[self.street_code.len() - 1])];
        let end = first + piece.age.len() as u32;
        region.people += piece.age.len() as u32;
        match region.ranges.last_mut() {
            Some(range) if range.end == first => range.end = end,
            _ => region.ranges.push(first..end),
        }
        let compound_at = self.compound_first.len() as u32;
        self.compound_first.push(first);
        self.compound_code.push(compound);
        self.compound_street.push(self.street_code.len() as u32 - 1);
        self.who.extend(piece.age.iter().map(|age| [*age, 0]));
        let mut sizes = piece.household_sizes.iter();
        let mut at = first;
        for (number, households) in &piece.buildings {
            let building = self.building_first.len() as u32;
            self.building_first.push(at);
            self.building_number.push(*number);
            self.building_compound.push(compound_at);
            for size in sizes.by_ref().take(*households as usize) {
                let household = self.household_first.len() as u32;
                self.household_first.push(at);
                self.household_building.push(building);
                self.household_of.extend(std::iter::repeat_n(household, usize::from(*size)));
                at += u32::from(*size);
            }
        }
    }

    /// The region of a county, made when it is first met. Copies have regions of their own.
    fn region_of(&mut self, county: u64, copy: u32, parameters: &EpidemicParameters) -> u16 {
        let key = |c: u64| c + u64::from(copy) * 1_000_000;
        let at = self.regions.iter().position(|r| r.counties.contains(&key(county)));
        at.unwrap_or_else(|| {
            let together = parameters.regions.iter().find(|r| r.contains(&county));
            let counties =
                together.map_or(vec![key(county)], |r| r.iter().map(|c| key(*c)).collect());
            self.regions.push(Region { counties, ..Region::default() });
            self.regions.len() - 1
        }) as u16
    }

    fn close(&mut self) {
        let people = self.who.len() as u32;
        self.household_first.push(people);
        self.building_first.push(people);
        self.compound_first.push(people);
        self.street_first.push(people);
    }

    fn draw_traits(&mut self, seed: u64, parameters: &EpidemicParameters) {
        let v = &parameters.vaccination;
        for (agent, [age, traits]) in self.who.iter_mut().enumerate() {
            let mut rng = Rng::keyed(seed, Stream::Traits, agent as u64, 0);
            let (band, luck) = (band_of(*age), rng.unit());
            let doses = if luck < v.booster.value[band] {
                2
            } else {
                u8::from(luck < v.course.value[band])
            };
            let immune = rng.chance(v.immune.value[usize::from(doses)]);
            *traits = doses | if immune { IMMUNE } else { 0 };
        }
    }

    pub(crate) fn set_role(&mut self, agent: Agent, role: Role, essential: bool) {
        let [_, traits] = &mut self.who[agent as usize];
        *traits = (*traits & 0x1F) | (role as u8) << 5 | if essential { ESSENTIAL } else { 0 };
    }

    /// Agents.
    pub fn people(&self) -> u32 {
        self.who.len() as u32
    }

    /// Households.
    pub fn households(&self) -> u32 {
        self.household_building.len() as u32
    }

    /// Buildings with somebody in them.
    pub fn buildings(&self) -> u32 {
        self.building_number.len() as u32
    }

    /// Compounds, numbered as the city numbers them.
    pub fn compounds(&self) -> u32 {
        self.compound_code.len() as u32
    }

    /// Streets with somebody in them.
    pub fn streets(&self) -> u32 {
        self.street_code.len() as u32
    }

    /// Regions of daily life.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Whole years.
    pub fn age(&self, agent: Agent) -> u8 {
        self.who[agent as usize][0]
    }

    /// 0, 1 (first course) or 2 (booster).
    pub fn doses(&self, agent: Agent) -> usize {
        usize::from(self.who[agent as usize][1] & 3).min(2)
    }

    /// What the agent does by day.
    pub fn role(&self, agent: Agent) -> Role {
        Role::of(self.who[agent as usize][1])
    }

    /// Whether the agent works on under restrictions.
    pub fn works_on(&self, agent: Agent) -> bool {
        self.who[agent as usize][1] & ESSENTIAL != 0
    }

    /// Whether vaccination or an earlier infection keeps the agent from being infected.
    pub fn immune(&self, agent: Agent) -> bool {
        self.who[agent as usize][1] & IMMUNE != 0
    }

    /// The household of an agent.
    pub fn household_of(&self, agent: Agent) -> u32 {
        self.household_of[agent as usize]
    }

    /// The members of a household.
    pub fn members(&self, household: u32) -> Range<u32> {
        span(&self.household_first, household)
    }

    /// The building of a household.
    pub fn building_of(&self, household: u32) -> u32 {
        self.household_building[household as usize]
    }

    /// The agents of a building.
    pub fn in_building(&self, building: u32) -> Range<u32> {
        span(&self.building_first, building)
    }

    /// The number of a building in its compound, as its place code has it.
    pub fn building_number(&self, building: u32) -> u32 {
        self.building_number[building as usize].into()
    }

    /// The compound of a building: its index in the city.
    pub fn compound_of(&self, building: u32) -> u32 {
        self.building_compound[building as usize]
    }

    /// The compound of an agent.
    pub fn home(&self, agent: Agent) -> u32 {
        self.compound_of(self.building_of(self.household_of(agent)))
    }

    /// The agents of a compound.
    pub fn in_compound(&self, compound: u32) -> Range<u32> {
        span(&self.compound_first, compound)
    }

    /// The buildings of a compound.
    pub fn buildings_of(&self, compound: u32) -> Range<u32> {
        let low = self.building_compound.partition_point(|c| *c < compound);
        let high = self.building_compound.partition_point(|c| *c <= compound);
        low as u32..high as u32
    }

    /// The street of a compound.
    pub fn street_of(&self, compound: u32) -> u32 {
        self.compound_street[compound as usize]
    }

    /// The street and the compound of an agent, found in the short lists of first agents: that is
    /// faster than by way of the household, which lies far apart in memory.
    pub(crate) fn street_at(&self, agent: Agent) -> u32 {
        self.street_first.partition_point(|first| *first <= agent) as u32 - 1
    }

    pub(crate) fn compound_at(&self, agent: Agent) -> u32 {
        self.compound_first.partition_point(|first| *first <= agent) as u32 - 1
    }

    /// The code of a street, 9 digits.
    pub fn street_code(&self, street: u32) -> u64 {
        self.street_code[street as usize]
    }

    /// The county of an agent, 6 digits.
    pub fn county_of(&self, agent: Agent) -> u64 {
        self.street_code(self.street_of(self.home(agent))) / 1000
    }

    /// The community of a compound, 12 digits.
    pub fn community_of(&self, compound: u32) -> u64 {
        self.compound_code[compound as usize] / 1000
    }

    /// The place code of a compound: `220202001001-03`.
    pub fn compound_code(&self, compound: u32) -> String {
        let key = self.compound_code[compound as usize];
        format!("{}-{:02}", key / 1000, key % 1000)
    }

    /// The agents of a street.
    pub fn in_street(&self, street: u32) -> Range<u32> {
        span(&self.street_first, street)
    }

    /// The region of a street.
    pub fn region_of_street(&self, street: u32) -> usize {
        self.street_region[street as usize].into()
    }

    /// The streets of a region.
    pub fn streets_of_region(&self, region: usize) -> impl Iterator<Item = u32> + '_ {
        (0..self.streets()).filter(move |s| self.region_of_street(*s) == region)
    }

    /// The class, room or team of an agent; `None` for those who stay at home.
    pub fn team_of(&self, agent: Agent) -> Option<u32> {
        self.day.team_of(agent)
    }

    /// The members of a team.
    pub fn team(&self, team: u32) -> &[Agent] {
        self.day.team(team)
    }

    /// The school, hall, workplace or market of a team.
    pub fn place_of(&self, team: u32) -> u32 {
        self.day.place_of(team)
    }

    /// Everyone who goes to a place by day.
    pub fn in_place(&self, place: u32) -> &[Agent] {
        self.day.in_place(place)
    }

    /// What a day place is.
    pub fn place_kind(&self, place: u32) -> PlaceKind {
        self.day.kind(place)
    }

    /// Day places.
    pub fn day_places(&self) -> u32 {
        self.day.places()
    }

    /// Bytes that the agents take.
    pub fn bytes(&self) -> usize {
        let words = self.household_of.len()
            + self.household_first.len()
            + self.building_first.len()
            + self.compound_first.len()
            + self.street_first.len()
            + self.household_building.len()
            + self.building_compound.len()
            + self.compound_street.len();
        2 * self.who.len()
            + 4 * words
            + 2 * (self.building_number.len() + self.street_region.len())
            + 8 * (self.compound_code.len() + self.street_code.len())
            + self.day.bytes()
    }
}

fn span(first: &[u32], at: u32) -> Range<u32> {
    first[at as usize]..first[at as usize + 1]
}

/// The compounds of a city, made by all the processors; the order does not depend on them.
fn pieces(city: &City) -> Vec<Piece> {
    let count = city.compound_count();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let chunk = count.div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..count)
            .step_by(chunk)
            .map(|from| {
                let to = (from + chunk).min(count);
                scope.spawn(move || (from..to).map(|at| piece(city, at)).collect::<Vec<_>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| match w.join() {
                Ok(pieces) => pieces,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
