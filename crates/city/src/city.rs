//! The plan of a city: how many people live in which community, and in what compounds.
//!
//! The plan is small (one entry a division and a compound). Buildings, doors, households and
//! persons are drawn from it when they are asked for and are never all in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use types::AreaScope;

use crate::composition::Composition;
use crate::identity::{MOST_COMPOUNDS, MOST_HOUSEHOLDS, MOST_PEOPLE};
use crate::parameters::CompoundParameters;
use crate::person_names::Names;
use crate::place_names::{CompoundKind, CompoundName, compound_name, name_start};
use crate::random::{Rng, Stream, share_out};
use crate::{CityError, Division, Scenario, shapes};

/// What to make of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The same seed makes the same city, byte for byte.
    pub seed: u64,
    /// Residents; `None` for as many as the census of 2020 counted. Fewer keep each
    /// community's share. 0 gives places down to communities and nobody in them.
    pub people: Option<u64>,
    /// The areas to make; `None` for the scenario's home (Jilin City). `22` makes both
    /// Jilin City and Changchun.
    pub areas: Option<AreaScope>,
}

/// What a community is, read off its official name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommunityKind {
    /// A residents' community of a subdistrict.
    Urban,
    /// A residents' community of a town or township.
    Town,
    /// A village.
    Village,
    /// A bookkeeping row of a development zone.
    Virtual,
}

/// A division of the city, province to community.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    pub division: Division,
    /// Index of the parent; the province has none.
    pub parent: Option<usize>,
    pub people: u64,
    /// People by the census, whatever the size of this city.
    pub census: u64,
    pub kind: CommunityKind,
    /// For communities: their compounds.
    pub compounds: Range<usize>,
    /// Outline in degrees, counter-clockwise, without a closing point.
    pub outline: Vec<[f64; 2]>,
    pub centre: [f64; 2],
}

/// A compound with the shape of its buildings, all alike.
#[derive(Clone, Debug)]
pub(crate) struct Compound {
    pub community: u64,
    /// Index of the community among the areas.
    pub area: usize,
    /// From 1 within the community.
    pub number: u32,
    pub kind: CompoundKind,
    pub name: CompoundName,
    pub people: u32,
    pub households: u32,
    /// Doors, with and without a household.
    pub doors: u32,
    pub floors: u32,
    pub doors_a_floor: u32,
    /// Entrances of a building; 0 for houses, which have none of their own.
    pub entrances: u32,
    /// Number of the first resident in the city, from 0.
    pub first_person: u64,
    pub outline: Vec<[f64; 2]>,
    pub centre: [f64; 2],
}

impl Compound {
    pub(crate) fn doors_an_entrance(&self) -> u32 {
        self.floors * self.doors_a_floor
    }

    pub(crate) fn doors_a_building(&self) -> u32 {
        self.doors_an_entrance() * self.entrances.max(1)
    }

    pub(crate) fn buildings(&self) -> u32 {
        self.doors.div_ceil(self.doors_a_building())
    }

    /// Names the compound in a random key.
    pub(crate) fn key(&self) -> u64 {
        self.community * 1000 + u64::from(self.number)
    }
}

/// A generated city. Ask it for [`places`](City::places), [`households`](City::households)
/// and [`persons`](City::persons); each is an iterator that makes what it yields as it goes.
#[derive(Clone, Debug)]
pub struct City {
    pub(crate) seed: u64,
    pub(crate) scenario: Scenario,
    /// Parents before children, siblings in code order.
    pub(crate) areas: Vec<Area>,
    pub(crate) compounds: Vec<Compound>,
    pub(crate) composition: Composition,
    pub(crate) names: Names,
    people: u64,
    households: u64,
}

impl City {
    /// Plans a city: shares the people out, lays out compounds, draws the schematic map.
    ///
    /// # Errors
    /// [`CityError::NothingThere`] when the scenario has no community in the areas asked for,
    /// [`CityError::TooMany`] when there are more people than ID numbers or doors can tell
    /// apart.
    pub fn generate(scenario: &Scenario, options: Options) -> Result<City, CityError> {
        let scope = match options.areas {
            Some(scope) => scope,
            None => AreaScope::parse(&scenario.parameters.home)?,
        };
        let census = census_shares(scenario);
        let mut areas = divisions_within(scenario, scope, &census);
        if !areas.iter().any(|a| a.division.digits == 12) {
            return Err(CityError::NothingThere(scope.to_string()));
        }

        let counted: Vec<f64> = areas.iter().map(|a| a.census as f64).collect();
        let counted_people: u64 = counted.iter().sum::<f64>() as u64;
        let people = options.people.unwrap_or(counted_people);
        if people > MOST_PEOPLE {
            return Err(CityError::TooMany { people, limit: MOST_PEOPLE });
        }
        if people != counted_people {
            for (area, n) in areas.iter_mut().zip(share_out(people, &counted)) {
                area.people = n;
            }
        }

        let composition = Composition::fit(&scenario.parameters)?;
        let names = Names::new()
            .ok_or_else(|| CityError::value("scenario.toml", "names", "no surname has a weight"))?;
        let mut compounds = Vec::new();
        let mut first_person = 0;
        let communities = areas.iter_mut().enumerate().filter(|(_, a)| a.division.digits == 12);
        for (at, area) in communities {
            let from = compounds.len();
            for mut c in lay_out(&scenario.parameters.compounds, options.seed, area)? {
                c.area = at;
                c.first_person = first_person;
                c.households = count_households(&composition, options.seed, &c);
                fit_doors(&mut c, scenario.parameters.compounds.occupied_doors.value);
                check_codes(&c, people)?;
                first_person += u64::from(c.people);
                compounds.push(c);
            }
            area.compounds = from..compounds.len();
        }
        sum_upwards(&mut areas);
        let households = compounds.iter().map(|c| u64::from(c.households)).sum();
        let mut city = City {
            seed: options.seed,
            scenario: scenario.clone(),
            areas,
            compounds,
            composition,
            names,
            people,
            households,
        };
        shapes::draw(&mut city)?;
        Ok(city)
    }

    /// The seed that the city was made with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The scenario that the city was made from.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Residents.
    pub fn people(&self) -> u64 {
        self.people
    }

    /// Residents by the census in the same areas, whatever the size of this city.
    pub fn census(&self) -> u64 {
        self.areas.iter().filter(|a| a.parent.is_none()).map(|a| a.census).sum()
    }

    /// Households.
    pub fn household_count(&self) -> u64 {
        self.households
    }

    /// Compounds.
    pub fn compound_count(&self) -> usize {
        self.compounds.len()
    }
}

/// The census population of every community of the scenario: each census unit's figure,
/// shared among its communities by kind and a drawn variation that does not depend on the
/// seed, so that a community has the same census in every city.
fn census_shares(scenario: &Scenario) -> BTreeMap<u64, u64> {
    let p = &scenario.parameters.communities;
    let mut units: BTreeMap<u64, Vec<(u64, f64)>> = BTreeMap::new();
    let towns = town_streets(scenario);
    for d in scenario.divisions.iter().filter(|d| d.digits == 12) {
        let Some(county) = scenario.counties.get(&(d.code / 1_000_000)) else { continue };
        let weight = match community_kind(&d.name, towns.get(&(d.code / 1000)) == Some(&true)) {
            CommunityKind::Urban => p.urban_weight.value,
            CommunityKind::Town => p.town_weight.value,
            CommunityKind::Village => p.village_weight.value,
            CommunityKind::Virtual => p.virtual_weight.value,
        };
        let mut rng = Rng::keyed(0, Stream::Weight, d.code, 0);
        // The mean of two draws: a triangle around 1.
        let swing = 1.0 + p.spread.value * (rng.unit() + rng.unit() - 1.0);
        units.entry(county.census_host).or_default().push((d.code, weight * swing));
    }
    let mut census = BTreeMap::new();
    for (host, communities) in units {
        let total = scenario.counties.get(&host).and_then(|c| c.population).unwrap_or(0);
        let weights: Vec<f64> = communities.iter().map(|(_, w)| *w).collect();
        let parts = share_out(total, &weights);
        census.extend(communities.iter().map(|(code, _)| *code).zip(parts));
    }
    census
}

/// Which streets are towns or townships (rather than subdistricts and zones).
fn town_streets(scenario: &Scenario) -> BTreeMap<u64, bool> {
    let is_town = |d: &Division| (d.code, d.name.ends_with(['镇', '乡', '场']));
    scenario.divisions.iter().filter(|d| d.digits == 9).map(is_town).collect()
}

fn community_kind(name: &str, in_town: bool) -> CommunityKind {
    let base = name.split('（').next().unwrap_or(name);
    if name.contains("虚拟") {
        CommunityKind::Virtual
    } else if base.ends_with('村') || base.ends_with("村委会") || base.ends_with("村委") {
        CommunityKind::Village
    } else if in_town {
        CommunityKind::Town
    } else {
        CommunityKind::Urban
    }
}

/// The divisions within the scope that have communities, and all above them; parents first.
fn divisions_within(
    scenario: &Scenario,
    scope: AreaScope,
    census: &BTreeMap<u64, u64>,
) -> Vec<Area> {
    let (low, high) = scope.bounds();
    let mut wanted = std::collections::BTreeSet::new();
    for d in scenario.divisions.iter().filter(|d| d.digits == 12) {
        let county = d.code / 1_000_000;
        if (low..=high).contains(&(county as i64)) {
            let above = [county / 10_000, county / 100, county, d.code / 1000, d.code];
            wanted.extend([2u8, 4, 6, 9, 12].into_iter().zip(above));
        }
    }
    let mut chosen: Vec<&Division> =
        scenario.divisions.iter().filter(|d| wanted.contains(&(d.digits, d.code))).collect();
    // As text, a parent's code sorts right before those of its children.
    chosen.sort_by_key(|d| d.code.to_string());
    let towns = town_streets(scenario);
    let mut at: BTreeMap<u64, usize> = BTreeMap::new();
    let mut areas = Vec::with_capacity(chosen.len());
    for d in chosen {
        let parent = match d.digits {
            2 => None,
            4 | 6 => at.get(&(d.code / 100)).copied(),
            _ => at.get(&(d.code / 1000)).copied(),
        };
        at.insert(d.code, areas.len());
        let counted = census.get(&d.code).copied().unwrap_or(0);
        areas.push(Area {
            division: d.clone(),
            parent,
            people: counted,
            census: counted,
            kind: community_kind(&d.name, towns.get(&(d.code / 1000)) == Some(&true)),
            compounds: 0..0,
            outline: Vec::new(),
            centre: [0.0; 2],
        });
    }
    areas
}

fn sum_upwards(areas: &mut [Area]) {
    // Children come after their parents, so backwards every sum is complete when it is used.
    for at in (0..areas.len()).rev() {
        let (people, census) = (areas[at].people, areas[at].census);
        if let Some(parent) = areas[at].parent {
            areas[parent].people += people;
            areas[parent].census += census;
        }
    }
}

/// The compounds of a community, with their people.
fn lay_out(p: &CompoundParameters, seed: u64, area: &Area) -> Result<Vec<Compound>, CityError> {
    if area.people == 0 {
        return Ok(Vec::new());
    }
    let mut rng = Rng::keyed(seed, Stream::Compound, area.division.code, 0);
    let tower_share = match area.kind {
        CommunityKind::Urban => p.urban_tower_share.value,
        CommunityKind::Town => p.town_tower_share.value,
        CommunityKind::Village | CommunityKind::Virtual => 0.0,
    };
    let mean = match area.kind {
        CommunityKind::Village => p.village_people.value,
        _ => p.slab_people.value * (1.0 - tower_share) + p.tower_people.value * tower_share,
    };
    let count = ((area.people as f64 / mean + 0.5) as u64).clamp(1, MOST_COMPOUNDS) as usize;
    let kinds: Vec<CompoundKind> = (0..count)
        .map(|_| match area.kind {
            CommunityKind::Village => CompoundKind::Hamlet,
            _ if rng.chance(tower_share) => CompoundKind::Tower,
            _ => CompoundKind::Slab,
        })
        .collect();
    let weights: Vec<f64> = kinds
        .iter()
        .map(|kind| {
            let tower = *kind == CompoundKind::Tower;
            let size = if tower { p.tower_people.value } else { p.slab_people.value };
            size * (0.6 + 0.8 * rng.unit())
        })
        .collect();
    let start = name_start(&mut rng);
    let mut compounds = Vec::with_capacity(count);
    for ((kind, people), at) in kinds.into_iter().zip(share_out(area.people, &weights)).zip(0..) {
        let mut span = |s: [f64; 2]| rng.between(s[0] as u32, s[1] as u32);
        let (floors, doors_a_floor, entrances) = match kind {
            CompoundKind::Slab => (
                span(p.slab_floors.value),
                span(p.slab_doors_a_floor.value),
                span(p.slab_entrances.value),
            ),
            CompoundKind::Tower => (
                span(p.tower_floors.value),
                span(p.tower_doors_a_floor.value),
                span(p.tower_entrances.value),
            ),
            CompoundKind::Hamlet => (1, 1, 0),
        };
        let people = u32::try_from(people)
            .map_err(|_| CityError::TooMany { people, limit: u64::from(u32::MAX) })?;
        compounds.push(Compound {
            community: area.division.code,
            area: 0,
            number: at + 1,
            kind,
            name: compound_name(kind, start, at),
            people,
            households: 0,
            doors: 0,
            floors,
            doors_a_floor,
            entrances,
            first_person: 0,
            outline: Vec::new(),
            centre: [0.0; 2],
        });
    }
    Ok(compounds)
}

/// The generator of one household. Its first draw is the size, so that counting households
/// and making them agree.
pub(crate) fn household_rng(seed: u64, compound: &Compound, household: u32) -> Rng {
    Rng::keyed(seed, Stream::Household, compound.key(), household.into())
}

fn count_households(composition: &Composition, seed: u64, compound: &Compound) -> u32 {
    let (mut persons, mut households) = (0, 0);
    while persons < compound.people {
        persons += composition.size(&mut household_rng(seed, compound, households));
        households += 1;
    }
    households
}

/// As many doors as the share of occupied ones asks for. Empty doors stand between the
/// others, so nobody can tell from a door's number whether someone lives there.
fn fit_doors(compound: &mut Compound, occupied: f64) {
    compound.doors =
        ((f64::from(compound.households) / occupied + 0.5) as u32).max(compound.households);
}

/// Refuses a compound whose numbers do not fit their codes: households 4,095, buildings 99
/// (houses 999), entrances 9.
fn check_codes(c: &Compound, people: u64) -> Result<(), CityError> {
    let most_buildings = if c.kind == CompoundKind::Hamlet { 999 } else { 99 };
    let fits = u64::from(c.households) <= MOST_HOUSEHOLDS
        && c.buildings() <= most_buildings
        && c.entrances <= 9
        && c.floors <= 99
        && c.doors_a_floor <= 99;
    if fits {
        return Ok(());
    }
    // The share of the limit that the most crowded number takes tells how far to go down.
    let over = (u64::from(c.households) * 1000 / MOST_HOUSEHOLDS)
        .max(u64::from(c.buildings()) * 1000 / u64::from(most_buildings))
        .max(1001);
    Err(CityError::TooMany { people, limit: people * 1000 / over })
}
