//! Who lives where, and who there is to work: the city as the drill moves in it.

use std::ops::Range;

use city::{City, Options, Scenario};
use registry::place::compound_of;
use types::{AreaCode, AreaScope, HolderCode, PersonId, PlaceCode};
use uuid::Uuid;

use crate::draw::Draw;
use crate::provisions::Provisions;
use crate::{Config, DrillError, Result, ids};

/// A compound with its people, numbered through the city.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its code.
    pub code: PlaceCode,
    /// Its number among the city's compounds.
    pub compound: usize,
    /// Its county.
    pub area: AreaCode,
    /// Its residents.
    pub persons: Range<u32>,
    /// Its households, in order.
    pub households: Vec<Range<u32>>,
}

/// A house of which no list knows. It stands empty until people move in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lodging {
    /// The compound in which it stands, as place in [`Town::homes`].
    pub home: usize,
    /// Its people: numbers after those of the residents.
    pub persons: Range<u32>,
    /// Its rooms.
    pub rooms: Vec<Range<u32>>,
}

/// A courier with the round of sites of its county.
#[derive(Clone, Debug)]
pub struct Courier {
    /// The holder.
    pub holder: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// Which one of its county it is, and of how many.
    pub share: (usize, usize),
}

/// A place of care.
#[derive(Clone, Debug)]
pub struct Facility {
    /// The holder.
    pub holder: HolderCode,
    /// The county that it stands in.
    pub area: AreaCode,
    /// Its name in English.
    pub name_en: String,
}

/// An ambulance or a minibus.
#[derive(Clone, Debug)]
pub struct Vehicle {
    /// The holder.
    pub holder: HolderCode,
    /// The county whose it is.
    pub area: AreaCode,
    /// Where it stands: degrees east and north.
    pub at: Option<(f64, f64)>,
    /// Whether somebody can lie in it.
    pub lying: bool,
}

/// A laboratory.
#[derive(Clone, Debug)]
pub struct Laboratory {
    /// The holder.
    pub holder: HolderCode,
    /// The county that it stands in.
    pub area: AreaCode,
    /// Its name in English, as the server's lists print it.
    pub name_en: String,
    /// Tubes a day: claimed, staffed, and what it can really do.
    pub capacity: [i64; 3],
}

/// An account that the drill's staff sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// How it signs in.
    pub login: String,
    /// The role's word.
    pub role: &'static str,
    /// Its areas.
    pub scope: String,
    /// For whom it acts.
    pub holder: Option<HolderCode>,
    /// The name that pages show.
    pub name: String,
}

/// The town.
#[derive(Debug)]
pub struct Town {
    /// The generated city.
    pub city: City,
    /// Residents.
    pub people: u32,
    /// Compounds, in the order of their people.
    pub homes: Vec<Home>,
    /// Counties with people, in order.
    pub areas: Vec<AreaCode>,
    /// Sites that stand at the start, with their counties.
    pub sites: Vec<(HolderCode, AreaCode)>,
    /// Couriers.
    pub couriers: Vec<Courier>,
    /// Laboratories.
    pub labs: Vec<Laboratory>,
    /// Places of care, hospitals first.
    pub facilities: Vec<Facility>,
    /// What brings people to them.
    pub vehicles: Vec<Vehicle>,
    /// Where people may live of whom no list knows.
    pub lodging: Lodging,
    /// What its food comes through.
    pub provisions: Provisions,
    /// The id of the import that registers the people; theirs follow from it.
    pub import: Uuid,
    seed: u64,
    scope: AreaScope,
}

impl Town {
    /// Makes the town of a drill.
    ///
    /// # Errors
    /// [`DrillError::City`] when the scenario knows no such area or cannot hold so many people.
    pub fn new(config: &Config) -> Result<Town> {
        let scenario = Scenario::bundled(&config.scenario)?;
        let options =
            Options { seed: config.seed, people: Some(config.people), areas: Some(config.areas) };
        let city = City::generate(&scenario, options)?;
        let homes = homes_of(&city)?;
        let mut areas: Vec<AreaCode> = homes.iter().map(|h| h.area).collect();
        areas.sort_unstable();
        areas.dedup();
        let sites = city.sites().into_iter().map(|s| (s.holder, s.area)).collect();
        let couriers = couriers_of(&city);
        let labs = labs_of(&city, config)?;
        let facilities = facilities_of(&scenario, config, &areas)?;
        let vehicles = vehicles_of(&scenario, config, &areas)?;
        let people = u32::try_from(city.people())
            .map_err(|_| DrillError::Config("more people than there are numbers".into()))?;
        let lodging = lodging_of(config, &homes, people);
        let provisions = Provisions::new(config, &city, &homes, &areas)?;
        Ok(Town {
            lodging,
            provisions,
            import: ids::uuid(config.seed, "import", 0, config.start),
            seed: config.seed,
            scope: config.areas,
            people,
            homes,
            areas,
            sites,
            couriers,
            labs,
            facilities,
            vehicles,
            city,
        })
    }

    /// The registry's id of a person: it follows from the import and the row. Of whom no list knows it is
    /// what a phone will call them that meets them.
    pub fn person_id(&self, person: u32) -> PersonId {
        if self.is_lodger(person) {
            let at = types::Micros(
                self.import.get_timestamp().map_or(0, |t| t.to_unix().0 as i64 * 1_000_000),
            );
            return PersonId(ids::uuid(self.seed, "lodger", person.into(), at));
        }
        registry::ids::person(self.import, person + 1)
    }

    /// Whether a person lives where no list looks.
    pub fn is_lodger(&self, person: u32) -> bool {
        self.lodging.persons.contains(&person)
    }

    /// The number of a person of the registry; `None` for somebody who was not imported.
    pub fn person_of(&self, id: PersonId) -> Option<u32> {
        let Some(row) = registry::ids::row_of(self.import, id) else {
            return self.lodging.persons.clone().find(|person| self.person_id(*person) == id);
        };
        row.checked_sub(1).filter(|n| *n < self.people)
    }

    /// Where a person lives, as place in [`Town::homes`].
    pub fn home_of(&self, person: u32) -> usize {
        if self.is_lodger(person) {
            return self.lodging.home;
        }
        self.homes.partition_point(|h| h.persons.end <= person).min(self.homes.len() - 1)
    }

    /// The members of a person's household.
    pub fn household_of(&self, person: u32) -> Range<u32> {
        if let Some(room) = self.lodging.rooms.iter().find(|room| room.contains(&person)) {
            return room.clone();
        }
        let home = &self.homes[self.home_of(person)];
        let at = home.households.partition_point(|h| h.end <= person);
        home.households.get(at).cloned().unwrap_or(person..person + 1)
    }

    /// A generator for one purpose.
    pub fn draw(&self, what: &str, n: u64) -> Draw {
        Draw::keyed(self.seed, what, n)
    }

    /// The accounts of the drill's staff.
    pub fn accounts(&self) -> Vec<Account> {
        let everywhere = self.scope.to_string();
        let named = |login: String, role: &'static str, scope: &str, holder, name: String| {
            Account { login, role, scope: scope.to_owned(), holder, name }
        };
        let mut accounts = vec![named(
            "drill-commander".into(),
            "commander",
            &everywhere,
            None,
            "指挥部（演练） Command post (drill)".into(),
        )];
        for area in &self.areas {
            let scope = area.to_string();
            for (role, word) in [
                ("district", "区专班 District desk"),
                ("grid", "网格员 Grid workers"),
                ("sampler", "采样支援队 Relief samplers"),
                ("shop", "保供超市 Supply shops"),
                ("driver", "配送司机 Delivery drivers"),
                ("volunteer", "志愿者 Volunteers"),
            ] {
                let name = format!("{word} {area}");
                accounts.push(named(format!("drill-{role}-{area}"), role, &scope, None, name));
            }
        }
        let own = |holder: &HolderCode, role: &str| {
            format!("drill-{role}-{}", holder.code().to_ascii_lowercase())
        };
        for (holder, area) in &self.sites {
            let login = own(holder, "sampler");
            let name = format!("采样员 Sampler {}", holder.code());
            let scope = area.to_string();
            accounts.push(named(login, "sampler", &scope, Some(holder.clone()), name));
        }
        for courier in &self.couriers {
            let login = own(&courier.holder, "courier");
            let name = format!("转运员 Courier {}", courier.holder.code());
            let scope = courier.area.to_string();
            accounts.push(named(login, "courier", &scope, Some(courier.holder.clone()), name));
        }
        for lab in &self.labs {
            let login = own(&lab.holder, "lab");
            let name = format!("检测机构 Laboratory {}", lab.name_en);
            accounts.push(named(login, "laboratory", &everywhere, Some(lab.holder.clone()), name));
        }
        for facility in &self.facilities {
            let login = own(&facility.holder, "ward");
            let name = format!("医护 Ward staff {}", facility.name_en);
            accounts.push(named(login, "ward", &everywhere, Some(facility.holder.clone()), name));
        }
        for vehicle in &self.vehicles {
            let login = own(&vehicle.holder, "crew");
            let name = format!("车组 Crew {}", vehicle.holder.code());
            accounts.push(named(login, "crew", &everywhere, Some(vehicle.holder.clone()), name));
        }
        accounts
    }
}

/// Holders of the two places of care of a scenario that names none.
pub const MADE_UP: [&str; 2] = ["ward:JL-H1", "ward:JL-F1"];

/// The places of care of a scenario that take cases of the drill's areas, hospitals first.
pub fn reported(scenario: &Scenario, areas: AreaScope) -> impl Iterator<Item = &city::Facility> {
    let mut all: Vec<&city::Facility> = scenario
        .facilities
        .iter()
        .filter(|f| {
            f.for_cases
                && u32::try_from(f.county)
                    .map(AreaCode::new)
                    .is_ok_and(|area| area.is_ok_and(|area| areas.contains(area)))
        })
        .collect();
    all.sort_by_key(|f| f.kind != city::FacilityKind::Hospital);
    all.into_iter()
}

fn facilities_of(
    scenario: &Scenario,
    config: &Config,
    areas: &[AreaCode],
) -> Result<Vec<Facility>> {
    let first = areas.first().copied().unwrap_or(AreaCode::NONE);
    let named: Vec<Facility> = reported(scenario, config.areas)
        .map(|f| {
            Ok(Facility {
                holder: HolderCode::parse(&format!("ward:{}", f.code))?,
                area: AreaCode::from_stored(i64::try_from(f.county).unwrap_or(0)),
                name_en: f.name_en.clone(),
            })
        })
        .collect::<Result<_>>()?;
    if !named.is_empty() {
        return Ok(named);
    }
    MADE_UP
        .iter()
        .map(|code| {
            let holder = HolderCode::parse(code)?;
            Ok(Facility { name_en: holder.code().to_owned(), holder, area: first })
        })
        .collect()
}

/// Every third one is a minibus, for those who can sit; all stand at the hospitals.
fn vehicles_of(scenario: &Scenario, config: &Config, areas: &[AreaCode]) -> Result<Vec<Vehicle>> {
    let [share, least] = config.work.vehicles;
    let count = (config.people as f64 * share / 100_000.0).max(least).ceil() as usize;
    let bases: Vec<(f64, f64)> = reported(scenario, config.areas)
        .filter(|f| f.kind == city::FacilityKind::Hospital)
        .map(|f| (f.at[0], f.at[1]))
        .collect();
    (0..count)
        .map(|n| {
            let area = areas.get(n % areas.len().max(1)).copied().unwrap_or(AreaCode::NONE);
            let lying = n % 3 != 2;
            let letter = if lying { 'A' } else { 'B' };
            Ok(Vehicle {
                holder: HolderCode::parse(&format!("vehicle:{area}-{letter}{:02}", n + 1))?,
                area,
                at: bases.get(n % bases.len().max(1)).copied(),
                lying,
            })
        })
        .collect()
}

fn homes_of(city: &City) -> Result<Vec<Home>> {
    let mut homes = Vec::with_capacity(city.compound_count());
    let mut next = 0_u32;
    for at in 0..city.compound_count() {
        let first = next;
        let mut code = None;
        let mut households = Vec::new();
        for household in city.households_of(at) {
            code.get_or_insert_with(|| compound_of(&household.dwelling.code()));
            let size = u32::try_from(household.size()).unwrap_or(0);
            households.push(next..next + size);
            next += size;
        }
        let Some(code) = code else { continue };
        let area = code
            .area()
            .ok_or_else(|| DrillError::Config(format!("the compound {code} lies in no county")))?;
        homes.push(Home { code, compound: at, area, persons: first..next, households });
    }
    if homes.is_empty() {
        return Err(DrillError::Config("nobody lives in these areas".into()));
    }
    Ok(homes)
}

/// People of a room.
const ROOM: u32 = 8;
/// People for whom there is room when nobody says how many.
const LODGERS: u32 = 24;

/// In some compound of ordinary size stands a house that nobody has registered.
fn lodging_of(config: &Config, homes: &[Home], people: u32) -> Lodging {
    let big = |home: &Home| home.persons.end - home.persons.start >= 2 * ROOM;
    let fits: Vec<usize> = (0..homes.len()).filter(|at| big(&homes[*at])).collect();
    let drawn = Draw::keyed(config.seed, "lodging", 0).below(fits.len().max(1));
    let home = fits.get(drawn).copied().unwrap_or(0);
    let count = match config.faults.city.hidden_dormitory {
        0 => LODGERS,
        some => some,
    };
    let persons = people..people + count;
    let rooms = persons.clone().step_by(ROOM as usize);
    let rooms = rooms.map(|first| first..(first + ROOM).min(persons.end)).collect();
    Lodging { home, persons, rooms }
}

fn couriers_of(city: &City) -> Vec<Courier> {
    let all: Vec<(HolderCode, AreaCode)> = city
        .holders()
        .into_iter()
        .filter(|h| h.code.kind() == "courier")
        .map(|h| (h.code, h.area))
        .collect();
    all.iter()
        .map(|(holder, area)| {
            let of_county = all.iter().filter(|(_, a)| a == area);
            let number = of_county.clone().position(|(h, _)| h == holder).unwrap_or(0);
            let share = (number, of_county.count());
            Courier { holder: holder.clone(), area: *area, share }
        })
        .collect()
}

/// A city of a tenth of the people has a tenth of the capacity, so that loads are those of the
/// real one.
fn labs_of(city: &City, config: &Config) -> Result<Vec<Laboratory>> {
    let scenario = city.scenario();
    let home = AreaScope::parse(&scenario.parameters.home)?;
    let census = scenario.census_population(home).max(1) as f64;
    let share = config.people as f64 / census * config.work.laboratory_factor;
    // However few people: a laboratory has at least one plate a day.
    let scaled = |tubes: u32| ((f64::from(tubes) * share) as i64).max(96);
    let mut labs = Vec::new();
    for lab in city.laboratories() {
        let Some(capacity) = lab.capacities.last() else { continue };
        let staffed = scaled(capacity.staffed);
        labs.push(Laboratory {
            holder: HolderCode::parse(&format!("lab:{}", lab.code))?,
            area: AreaCode::from_stored(i64::try_from(lab.county).unwrap_or(0)),
            name_en: lab.name_en.clone(),
            capacity: [scaled(capacity.claimed).max(staffed), staffed, scaled(capacity.measured)],
        });
    }
    if labs.is_empty() {
        return Err(DrillError::Config("there is no laboratory in these areas".into()));
    }
    Ok(labs)
}
