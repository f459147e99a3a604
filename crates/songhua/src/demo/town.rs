//! The demo city in memory: who lives where, who serves whom.

use std::collections::HashMap;

use anyhow::{Context, Result};
use city::{City, Options, Scenario};
use ledger::Actor;
use registry::place::compound_of;
use testing::Zone;
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, PlaceCode};

use super::draw::Draw;

/// A compound with its people.
#[derive(Debug)]
pub struct Home {
    /// Its code.
    pub code: PlaceCode,
    /// Its county.
    pub area: AreaCode,
    /// Whether it is locked down.
    pub zone: Zone,
    /// Its residents, household by household.
    pub persons: Vec<PersonId>,
    /// Each household with the range of its members in `persons`.
    pub households: Vec<(HouseholdId, std::ops::Range<usize>)>,
}

/// A sampling site with those who work there.
#[derive(Debug)]
pub struct Site {
    /// The holder, `site:…`.
    pub holder: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// The community that it stands in.
    pub community: PlaceCode,
    /// The compounds that it serves, as places in [`Town::homes`].
    pub homes: Vec<usize>,
    /// Residents of those compounds.
    pub persons: i64,
    /// Stands.
    pub stands: u32,
    /// Samplers.
    pub samplers: u32,
    /// Who acts there.
    pub actor: Actor,
    /// Its courier, as place in [`Town::couriers`].
    pub courier: usize,
}

/// A courier.
#[derive(Debug)]
pub struct Courier {
    /// The holder, `courier:…`.
    pub holder: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// Who acts.
    pub actor: Actor,
}

/// A laboratory with its capacity, scaled to the size of the demo.
#[derive(Debug)]
pub struct Lab {
    /// The holder, `lab:…`.
    pub holder: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// Who acts there.
    pub actor: Actor,
    /// Tubes a day, claimed.
    pub claimed: i64,
    /// Tubes a day, staffed.
    pub staffed: i64,
    /// Tubes a day that it will be seen to do.
    pub measured: i64,
}

/// The whole city.
#[derive(Debug)]
pub struct Town {
    /// The generated city.
    pub city: City,
    /// Decides all draws.
    pub seed: u64,
    /// The moment at which the demo was made; all its times hang on it.
    pub base: Micros,
    /// The compounds.
    pub homes: Vec<Home>,
    /// The sites.
    pub sites: Vec<Site>,
    /// The couriers.
    pub couriers: Vec<Courier>,
    /// The laboratories.
    pub labs: Vec<Lab>,
}

/// An actor of a made-up member of staff.
pub fn actor(user: impl Into<String>, holder: Option<&HolderCode>) -> Actor {
    Actor { user: user.into(), holder: holder.cloned() }
}

impl Town {
    /// Makes the city and staffs it.
    ///
    /// # Errors
    /// When the scenario knows no such area, or cannot hold so many people.
    pub fn new(seed: u64, people: u64, areas: AreaScope, base: Micros) -> Result<Town> {
        let scenario = Scenario::bundled("jilin-2022")?;
        let options = Options { seed, people: Some(people), areas: Some(areas) };
        let city = City::generate(&scenario, options)?;
        let homes = homes_of(&city, seed)?;
        let couriers: Vec<Courier> = city
            .holders()
            .into_iter()
            .filter(|h| h.code.kind() == "courier")
            .map(|h| Courier {
                actor: actor(login("courier", &h.code), Some(&h.code)),
                area: h.area,
                holder: h.code,
            })
            .collect();
        let sites = sites_of(&city, &homes, &couriers)?;
        let labs = labs_of(&city, people);
        let mut town = Town { city, seed, base, homes, sites, couriers, labs };
        town.cast();
        Ok(town)
    }

    /// Gives the visitor's accounts a past: what the first site, its courier and the laboratory of
    /// that county did, they did.
    fn cast(&mut self) {
        let lab = self.main_lab().map(|l| l.holder.clone());
        if let Some(site) = self.sites.first_mut() {
            site.actor.user = "sampler".to_owned();
            if let Some(courier) = self.couriers.get_mut(site.courier) {
                courier.actor.user = "courier".to_owned();
            }
        }
        if let Some(lab) = self.labs.iter_mut().find(|l| Some(&l.holder) == lab.as_ref()) {
            lab.actor.user = "laboratory".to_owned();
        }
    }

    /// The laboratory of the county that the story is set in, or else the first.
    pub fn main_lab(&self) -> Option<&Lab> {
        let stage = self.stage();
        self.labs.iter().find(|l| l.area == stage).or(self.labs.first())
    }

    /// The counties, in order.
    pub fn areas(&self) -> Vec<AreaCode> {
        let mut areas: Vec<AreaCode> = self.homes.iter().map(|h| h.area).collect();
        areas.sort_unstable();
        areas.dedup();
        areas
    }

    /// Where the demo's story is set: the county of the first site.
    pub fn stage(&self) -> AreaCode {
        self.sites.first().map_or(AreaCode::NONE, |s| s.area)
    }

    /// A generator for one purpose.
    pub fn draw(&self, what: &str, n: u64) -> Draw {
        Draw::keyed(self.seed, what, n)
    }
}

/// The login of the first member of staff of a holder, as [`city::StaffAccount`] writes it.
pub fn login(role: &str, holder: &HolderCode) -> String {
    format!("{role}-{}", holder.code().to_ascii_lowercase())
}

fn homes_of(city: &City, seed: u64) -> Result<Vec<Home>> {
    let mut homes = Vec::with_capacity(city.compound_count());
    for at in 0..city.compound_count() {
        let mut home: Option<Home> = None;
        for household in city.households_of(at) {
            let place = household.dwelling.code();
            let code = compound_of(&place);
            let area = code.area().context("a compound lies in a county")?;
            let home = home.get_or_insert_with(|| Home {
                code,
                area,
                zone: Zone::Other,
                persons: Vec::new(),
                households: Vec::new(),
            });
            let door = household.dwelling.door().to_string();
            let id = registry::ids::household(&place, &door);
            let from = home.persons.len();
            home.persons.extend(household.into_members().map(|p| p.id));
            home.households.push((id, from..home.persons.len()));
        }
        homes.extend(home);
    }
    // A few compounds are locked down after earlier cases; there households share tubes.
    let mut draw = Draw::keyed(seed, "locked", 0);
    let chosen = (homes.len() / 200).clamp(1, 12);
    for _ in 0..chosen {
        let at = draw.below(homes.len());
        if let Some(home) = homes.get_mut(at) {
            home.zone = Zone::Locked;
        }
    }
    Ok(homes)
}

fn sites_of(city: &City, homes: &[Home], couriers: &[Courier]) -> Result<Vec<Site>> {
    let index: HashMap<&PlaceCode, usize> =
        homes.iter().enumerate().map(|(at, h)| (&h.code, at)).collect();
    let mut sites = Vec::new();
    let mut in_county = (AreaCode::NONE, 0);
    for site in city.sites() {
        let homes: Vec<usize> = site.serves.iter().filter_map(|c| index.get(c).copied()).collect();
        if homes.is_empty() {
            continue;
        }
        in_county =
            if in_county.0 == site.area { (site.area, in_county.1 + 1) } else { (site.area, 0) };
        let here: Vec<usize> =
            (0..couriers.len()).filter(|c| couriers[*c].area == site.area).collect();
        let community = site.place.as_str().split('-').next().unwrap_or_default();
        let staff = if site.samplers == 1 { "" } else { "-1" };
        sites.push(Site {
            community: PlaceCode::parse(community)?,
            courier: here.get(in_county.1 % here.len().max(1)).copied().context("a courier")?,
            actor: actor(format!("{}{staff}", login("sampler", &site.holder)), Some(&site.holder)),
            area: site.area,
            holder: site.holder,
            persons: i64::try_from(site.persons)?,
            stands: site.stands,
            samplers: site.samplers,
            homes,
        });
    }
    Ok(sites)
}

/// Relief laboratories: the city's own of March 2022 did 285,000 tubes a day, and a round of tens
/// within a day, sampled in nine hours, needs more.
const RELIEF: f64 = 2.5;

/// The laboratories of the city. A city of a tenth of the people has a tenth of the capacity, so
/// that the loads on the board are those of the real one.
fn labs_of(city: &City, people: u64) -> Vec<Lab> {
    let scenario = city.scenario();
    let home = AreaScope::parse(&scenario.parameters.home).unwrap_or(AreaScope::ALL);
    let share = people as f64 / scenario.census_population(home).max(1) as f64;
    let scaled = |tubes: u32| ((f64::from(tubes) * share * RELIEF) as i64).max(20);
    city.laboratories()
        .filter_map(|l| {
            let capacity = l.capacities.last()?;
            let holder = HolderCode::parse(&format!("lab:{}", l.code)).ok()?;
            Some(Lab {
                area: AreaCode::from_stored(i64::try_from(l.county).ok()?),
                actor: actor(format!("{}-1", login("laboratory", &holder)), Some(&holder)),
                holder,
                claimed: scaled(capacity.claimed).max(scaled(capacity.staffed)),
                staffed: scaled(capacity.staffed),
                measured: scaled(capacity.measured),
            })
        })
        .collect()
}
