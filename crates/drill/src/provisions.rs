//! What a town's food comes through: a wholesale market, a sorting centre in each county, community shops with their
//! staff, vehicles with their drivers, volunteers. Whoever works there is a registered person of the town.

use std::collections::BTreeMap;

use city::{City, SupplyPlan};
use jiff::civil::Date;
use types::{AreaCode, HolderCode, Micros, PlaceCode, Span};

use crate::draw::Draw;
use crate::town::Home;
use crate::{Config, DrillError, Result};

/// Households of one shop: what the supply desk wants ([`supply::PER_SHOP`]).
const OF_A_SHOP: i64 = supply::PER_SHOP;
/// However few people: so many shops in a county, so that one is left when one closes.
const LEAST_SHOPS: i64 = 3;
/// However few people: so many vehicles of a county.
const LEAST_VANS: f64 = 2.0;
/// People who work at a shop.
const STAFF: usize = 4;
/// Drivers whom the county knows for a vehicle: the first drives, the others stand in.
const DRIVERS: usize = 3;
/// What a vehicle carries, in grams: a small lorry.
pub(crate) const CARRIES: i64 = 1_500_000;
/// Whoever works is of this age.
const AT_WORK: std::ops::Range<u8> = 20..60;

/// A market or a sorting centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Centre {
    /// The holder.
    pub holder: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// Its name in Chinese.
    pub name: String,
    /// Where it stands.
    pub place: PlaceCode,
}

/// A community shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The holder.
    pub holder: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// Its name in Chinese.
    pub name: String,
    /// Where it stands.
    pub place: PlaceCode,
    /// For how many households it can pack in a day.
    pub room: i64,
    /// The communities that it serves, each with its households.
    pub serves: Vec<(PlaceCode, i64)>,
    /// Who works there.
    pub staff: Vec<u32>,
    /// The volunteers of its communities.
    pub volunteer: HolderCode,
}

/// A delivery vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Van {
    /// The holder.
    pub holder: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// Who can drive it, in the order in which they are asked.
    pub drivers: Vec<u32>,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Provisions {
    /// The wholesale market; it stands in the first county.
    pub market: Centre,
    /// Sorting centres, one in each county.
    pub centres: Vec<Centre>,
    /// Shops, by county.
    pub shops: Vec<Shop>,
    /// Vehicles, by county.
    pub vans: Vec<Van>,
    /// The scenario's figures.
    pub plan: SupplyPlan,
}

/// The day of a time, in the zone of the scenario (UTC+8).
pub(crate) fn date_of(at: Micros) -> Date {
    let text = (at + Span::hours(8)).rfc3339();
    text.get(..10).and_then(|day| day.parse().ok()).unwrap_or(Date::ZERO)
}

impl Provisions {
    /// Makes them for a town.
    ///
    /// # Errors
    /// [`DrillError::City`] when the scenario's figures are not sound.
    pub(crate) fn new(
        config: &Config,
        city: &City,
        homes: &[Home],
        areas: &[AreaCode],
    ) -> Result<Provisions> {
        let plan = city.scenario().supply(&[])?;
        let of = if config.work.late_march { &plan.late_march } else { &plan.usual };
        let vehicles = of.vehicles.on(date_of(config.start));
        let first = areas.first().copied().unwrap_or(AreaCode::NONE);
        let (mut centres, mut shops, mut vans) = (Vec::new(), Vec::new(), Vec::new());
        for area in areas {
            let here: Vec<&Home> = homes.iter().filter(|home| home.area == *area).collect();
            let Some(biggest) = here.iter().max_by_key(|home| home.persons.len()) else { continue };
            centres.push(Centre {
                holder: HolderCode::parse(&format!("sorting:{area}-C1"))?,
                area: *area,
                name: "分拣中心（演练）".into(),
                place: biggest.code.clone(),
            });
            let mut people = People { city, here: &here, seed: config.seed, n: 0, area: *area };
            shops.extend(shops_of(*area, &here, &mut people)?);
            let count: usize = here.iter().map(|home| home.persons.len()).sum();
            let wanted = (count as f64 * vehicles / 100_000.0).max(LEAST_VANS).ceil() as usize;
            for n in 1..=wanted {
                let drivers = (0..DRIVERS).filter_map(|_| people.somebody()).collect();
                let holder = HolderCode::parse(&format!("vehicle:{area}-S{n:02}"))?;
                vans.push(Van { holder, area: *area, drivers });
            }
        }
        let place = centres.iter().find(|centre| centre.area == first);
        let place = place.ok_or_else(|| DrillError::Config("no county has people".into()))?;
        let market = Centre {
            holder: HolderCode::parse("market:JL-M1")?,
            area: first,
            name: "批发市场（演练）".into(),
            place: place.place.clone(),
        };
        Ok(Provisions { market, centres, shops, vans, plan })
    }

    /// The sorting centre of a county.
    pub(crate) fn centre(&self, area: AreaCode) -> Option<&Centre> {
        self.centres.iter().find(|centre| centre.area == area)
    }

    /// The shops of a county.
    pub(crate) fn shops_in(&self, area: AreaCode) -> impl Iterator<Item = &Shop> {
        self.shops.iter().filter(move |shop| shop.area == area)
    }

    /// A shop.
    pub(crate) fn shop(&self, holder: &HolderCode) -> Option<&Shop> {
        self.shops.iter().find(|shop| shop.holder == *holder)
    }
}

/// The community of a compound.
pub(crate) fn community_of(code: &PlaceCode) -> String {
    code.as_str().get(..12).unwrap_or(code.as_str()).to_owned()
}

/// One shop for each thousand households, of neighbouring communities.
fn shops_of(area: AreaCode, here: &[&Home], people: &mut People<'_>) -> Result<Vec<Shop>> {
    let mut communities: BTreeMap<String, (i64, &Home)> = BTreeMap::new();
    for home in here {
        let known = communities.entry(community_of(&home.code)).or_insert((0, home));
        known.0 += home.households.len() as i64;
    }
    let all: i64 = communities.values().map(|(households, _)| households).sum();
    let of_each = OF_A_SHOP.min(all / LEAST_SHOPS).max(1);
    let mut shops: Vec<Shop> = Vec::new();
    let mut packs = i64::MAX;
    for (community, (households, home)) in communities {
        // Villages are not counted among places that a shop is assigned to by a code of another length.
        if community.len() != 12 {
            continue;
        }
        if packs.saturating_add(households / 2) > of_each {
            let n = shops.len() + 1;
            shops.push(Shop {
                holder: HolderCode::parse(&format!("shop:{area}-S{n:03}"))?,
                area,
                name: format!("保供超市{n}号（演练）"),
                place: home.code.clone(),
                room: 0,
                serves: Vec::new(),
                staff: (0..STAFF).filter_map(|_| people.somebody()).collect(),
                volunteer: HolderCode::parse(&format!("volunteer:{area}-V{n:03}"))?,
            });
            packs = 0;
        }
        packs += households;
        if let Some(shop) = shops.last_mut() {
            shop.serves.push((PlaceCode::parse(&community)?, households));
            // Half as many again can be packed when a neighbour closes.
            shop.room = packs + packs / 2 + 20;
        }
    }
    Ok(shops)
}

/// Draws people of a county for work.
struct People<'a> {
    city: &'a City,
    here: &'a [&'a Home],
    seed: u64,
    n: u64,
    area: AreaCode,
}

impl People<'_> {
    /// An adult of the county.
    fn somebody(&mut self) -> Option<u32> {
        for _ in 0..40 {
            self.n += 1;
            let key = u64::from(self.area.get().unsigned_abs() as u32) << 32 | self.n;
            let mut draw = Draw::keyed(self.seed, "at work", key);
            let home = self.here.get(draw.below(self.here.len()))?;
            let at = draw.below(home.households.len());
            let household = self.city.households_of(home.compound).nth(at)?;
            let members = household.into_members().position(|member| AT_WORK.contains(&member.age));
            if let Some(member) = members {
                return Some(home.households.get(at)?.start + member as u32);
            }
        }
        None
    }
}
