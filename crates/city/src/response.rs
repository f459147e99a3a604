//! What a response has to hand at its start: sampling sites, couriers, laboratories, grids
//! and desks, with the accounts of those who work there.
//!
//! Sites follow the testing guide (scenario.toml, table `response`): one for 2,000 to 3,000
//! persons, placed by compound; each compound goes to one site. All figures are parameters.

use types::{AreaCode, HolderCode, PlaceCode};

use crate::city::{Area, City, Compound};
use crate::person_names::PersonName;
use crate::place::{place_code, rounded};
use crate::place_names;
use crate::random::{Rng, Stream};
use crate::{Laboratory, Sex};

/// A sampling site.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplingSite {
    /// For example `site:220202-S012`.
    pub holder: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// The name in Chinese.
    pub name: String,
    /// The name in English.
    pub name_en: String,
    /// The compound that it stands in.
    pub place: PlaceCode,
    /// Its place, degrees.
    pub at: [f64; 2],
    /// The compounds that it serves, in code order; its own is among them.
    pub serves: Vec<PlaceCode>,
    /// Residents of those compounds.
    pub persons: u64,
    /// Stands (lanes) for them.
    pub stands: u32,
    /// Samplers for them.
    pub samplers: u32,
}

/// Somebody who can answer for units: a site, courier, laboratory, grid or desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// The code; the part before the colon is the kind.
    pub code: HolderCode,
    /// The county.
    pub area: AreaCode,
    /// The name in Chinese.
    pub name: String,
    /// The name in English.
    pub name_en: String,
    /// The place that it stands in or answers for.
    pub place: PlaceCode,
    /// Its place, degrees.
    pub at: [f64; 2],
    /// How many work there.
    pub staff: u32,
}

/// What a person may do in the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffRole {
    /// Leads the response of the whole scope.
    Commander,
    /// Keeps accounts and settings.
    Admin,
    /// Reads everything, changes nothing.
    Auditor,
    /// Runs a county's desk.
    District,
    /// Answers for a grid of a community.
    Grid,
    /// Swabs at a site.
    Sampler,
    /// Carries boxes.
    Courier,
    /// Works in a laboratory.
    Laboratory,
}

impl StaffRole {
    /// The word in files and logins.
    pub fn word(self) -> &'static str {
        match self {
            StaffRole::Commander => "commander",
            StaffRole::Admin => "admin",
            StaffRole::Auditor => "auditor",
            StaffRole::District => "district",
            StaffRole::Grid => "grid",
            StaffRole::Sampler => "sampler",
            StaffRole::Courier => "courier",
            StaffRole::Laboratory => "laboratory",
        }
    }
}

/// An account of a member of staff. It has no password: the server gives one.
#[derive(Clone, Debug, PartialEq)]
pub struct StaffAccount {
    /// Unique, for example `sampler-220202-s012-1`.
    pub login: String,
    /// The role.
    pub role: StaffRole,
    /// Leading digits of the areas that the role covers, as in `types::AreaScope`.
    pub scope: String,
    /// Whom the account acts for; none for commander, admin and auditor.
    pub holder: Option<HolderCode>,
    /// The person's name in Chinese.
    pub name: String,
    /// The person's name in pinyin.
    pub name_pinyin: String,
}

impl City {
    /// The sampling sites, by county and number.
    pub fn sites(&self) -> Vec<SamplingSite> {
        let p = &self.scenario.parameters.response;
        let mut sites = Vec::new();
        let (mut county, mut number) = (0, 0);
        for group in self.site_groups() {
            let persons: u64 = group.iter().map(|c| u64::from(c.people)).sum();
            let wanted = (persons as f64 / p.persons_per_site.value + 0.5) as u64;
            for served in split(&group, wanted.max(1)) {
                // The site stands in the compound with most people.
                let Some(own) = served.iter().max_by_key(|c| (c.people, u32::MAX - c.number))
                else {
                    continue;
                };
                let here = own.community / 1_000_000;
                number = if here == county { number + 1 } else { 1 };
                county = here;
                sites.push(self.site(number, own, served));
            }
        }
        sites
    }

    fn site(&self, number: u32, own: &Compound, served: &[&Compound]) -> SamplingSite {
        let p = &self.scenario.parameters.response;
        let persons: u64 = served.iter().map(|c| u64::from(c.people)).sum();
        let each = |per: f64| (persons as f64 / per).ceil().max(1.0) as u32;
        let place = place_code(&own.code());
        let (kind, name, at) = (own.kind, own.name, own.number - 1);
        let community = &self.areas[own.area].division;
        SamplingSite {
            holder: holder_code(&format!("site:{}-S{number:03}", own.community / 1_000_000)),
            area: area_of(&place),
            name: format!("{}{}采样点", community.name, place_names::zh(kind, name, at)),
            name_en: format!(
                "{} Sampling Site ({})",
                place_names::en(kind, name, at),
                community.name_en
            ),
            place,
            at: own.centre.map(rounded),
            serves: served.iter().map(|c| place_code(&c.code())).collect(),
            persons,
            stands: each(p.persons_per_stand.value),
            samplers: each(p.persons_per_sampler.value),
        }
    }

    /// Compounds by community; neighbouring small communities of one street together.
    fn site_groups(&self) -> Vec<Vec<&Compound>> {
        let p = &self.scenario.parameters.response;
        let mut groups: Vec<Vec<&Compound>> = Vec::new();
        // The street whose last group is still open, and the people in that group.
        let mut open: Option<(Option<usize>, u64)> = None;
        for area in self.communities().filter(|a| a.people > 0) {
            let compounds = self.compounds[area.compounds.clone()].iter();
            let small = (area.people as f64) < p.share_site_below.value;
            match (&mut open, groups.last_mut()) {
                (Some((street, people)), Some(group))
                    if small
                        && *street == area.parent
                        && ((*people + area.people) as f64) <= p.persons_per_site.value =>
                {
                    group.extend(compounds);
                    *people += area.people;
                }
                _ => {
                    groups.push(compounds.collect());
                    open = small.then_some((area.parent, area.people));
                }
            }
        }
        groups
    }

    fn communities(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(|a| a.division.digits == 12)
    }

    fn counties(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(|a| a.division.digits == 6)
    }

    /// The laboratories of the prefectures that the city covers.
    pub fn laboratories(&self) -> impl Iterator<Item = &Laboratory> {
        self.scenario.laboratories.iter().filter(|l| {
            self.areas.iter().any(|a| a.division.digits == 4 && a.division.code == l.county / 100)
        })
    }

    /// Everyone who can hold a unit: desks, grids, sites, couriers, laboratories.
    pub fn holders(&self) -> Vec<Holder> {
        let p = &self.scenario.parameters.response;
        let sites = self.sites();
        let mut holders = Vec::new();
        for a in self.counties() {
            let place = place_code(&a.division.code.to_string());
            holders.push(Holder {
                code: holder_code(&format!("desk:{}", a.division.code)),
                area: area_of(&place),
                name: format!("{}核酸检测专班", a.division.name),
                name_en: format!("{} Testing Desk", a.division.name_en),
                place,
                at: a.centre.map(rounded),
                staff: 1,
            });
        }
        for a in self.communities() {
            let place = place_code(&a.division.code.to_string());
            holders.push(Holder {
                code: holder_code(&format!("grid:{}", a.division.code)),
                area: area_of(&place),
                name: format!("{}网格", a.division.name),
                name_en: format!("{} Grid", a.division.name_en),
                place,
                at: a.centre.map(rounded),
                staff: (a.people as f64 / p.persons_per_grid.value).ceil().max(1.0) as u32,
            });
        }
        for s in &sites {
            holders.push(Holder {
                code: s.holder.clone(),
                area: s.area,
                name: s.name.clone(),
                name_en: s.name_en.clone(),
                place: s.place.clone(),
                at: s.at,
                staff: s.samplers,
            });
        }
        for a in self.counties() {
            let place = place_code(&a.division.code.to_string());
            let area = area_of(&place);
            let served = sites.iter().filter(|s| s.area == area).count();
            let couriers = (served as f64 / p.sites_per_courier.value).ceil() as u32;
            for number in 1..=couriers {
                let who = self.staff_name(a.division.code * 100 + 3, number);
                holders.push(Holder {
                    code: holder_code(&format!("courier:{}-C{number:02}", a.division.code)),
                    area,
                    name: format!("{}（转运{number}号车）", who.zh()),
                    name_en: format!("{} (Courier Vehicle {number})", who.pinyin()),
                    place: place.clone(),
                    at: a.centre.map(rounded),
                    staff: 1,
                });
            }
        }
        for l in self.laboratories() {
            let place = place_code(&l.county.to_string());
            holders.push(Holder {
                code: holder_code(&format!("lab:{}", l.code)),
                area: area_of(&place),
                name: l.name.clone(),
                name_en: l.name_en.clone(),
                place,
                at: l.at,
                staff: LABORATORY_STAFF,
            });
        }
        holders
    }

    /// The accounts of all staff, unique by login.
    pub fn staff(&self) -> Vec<StaffAccount> {
        let mut accounts = Vec::new();
        let prefectures = self.areas.iter().filter(|a| a.division.digits == 4);
        for a in prefectures {
            let code = a.division.code;
            for (number, role) in
                (1..).zip([StaffRole::Commander, StaffRole::Admin, StaffRole::Auditor])
            {
                let login = format!("{}-{code}", role.word());
                accounts.push(self.account(login, role, code.to_string(), None, (code, number)));
            }
        }
        for h in self.holders() {
            let role = match h.code.kind() {
                "desk" => StaffRole::District,
                "grid" => StaffRole::Grid,
                "site" => StaffRole::Sampler,
                "courier" => StaffRole::Courier,
                _ => StaffRole::Laboratory,
            };
            // Codes are letters, digits and hyphens, so they make a login.
            let base = format!("{}-{}", role.word(), h.code.code().to_ascii_lowercase());
            let key = h
                .code
                .as_str()
                .bytes()
                .fold(0u64, |k, b| k.wrapping_mul(131).wrapping_add(u64::from(b)));
            for number in 1..=h.staff {
                let login = if h.staff == 1 { base.clone() } else { format!("{base}-{number}") };
                let scope = h.area.to_string();
                let holder = Some(h.code.clone());
                accounts.push(self.account(login, role, scope, holder, (key, number)));
            }
        }
        accounts
    }

    fn account(
        &self,
        login: String,
        role: StaffRole,
        scope: String,
        holder: Option<HolderCode>,
        (key, number): (u64, u32),
    ) -> StaffAccount {
        let who = self.staff_name(key, number);
        StaffAccount { login, role, scope, holder, name: who.zh(), name_pinyin: who.pinyin() }
    }

    /// A grown-up's name.
    fn staff_name(&self, key: u64, number: u32) -> PersonName {
        let mut rng = Rng::keyed(self.seed, Stream::Response, key, number.into());
        let sex = if rng.chance(0.5) { Sex::Male } else { Sex::Female };
        let surname = self.names.surname(&mut rng);
        let year = 1965 + rng.below(36) as i16;
        self.names.name(surname, sex, year, &mut rng)
    }
}

/// Accounts of a laboratory: two shifts of two.
const LABORATORY_STAFF: u32 = 4;

/// Cuts a row of compounds into pieces with about equal people. A compound is never cut, so
/// there may be fewer pieces than wanted.
fn split<'a, 'c>(
    compounds: &'a [&'c Compound],
    wanted: u64,
) -> impl Iterator<Item = &'a [&'c Compound]> {
    let total: u64 = compounds.iter().map(|c| u64::from(c.people)).sum();
    let mut before = 0;
    // The piece of a compound is the one that its middle person falls into.
    let pieces: Vec<u64> = compounds
        .iter()
        .map(|c| {
            let middle = before + u64::from(c.people) / 2;
            before += u64::from(c.people);
            (middle * wanted).checked_div(total).unwrap_or(0)
        })
        .collect();
    let mut at = 0;
    std::iter::from_fn(move || {
        let piece = *pieces.get(at)?;
        let start = at;
        at += pieces[at..].iter().take_while(|p| **p == piece).count();
        Some(&compounds[start..at])
    })
}

fn holder_code(text: &str) -> HolderCode {
    #[expect(clippy::expect_used, reason = "the text is made here, never read")]
    HolderCode::parse(text).expect("a generated code is well formed")
}

fn area_of(place: &PlaceCode) -> AreaCode {
    place.area().unwrap_or(AreaCode::NONE)
}
