//! Places as rows, province to entrance, each code beginning with its parent's.
//!
//! | level | code | example |
//! |---|---|---|
//! | province | 2 digits | `22` |
//! | prefecture | 4 | `2202` |
//! | county | 6 | `220202` |
//! | street | 9 | `220202001` |
//! | community | 12 | `220202001001` |
//! | compound | + `-NN` | `220202001001-03` |
//! | building | + `-NN` | `220202001001-03-05` |
//! | entrance | + `-N` | `220202001001-03-05-2` |
//!
//! The natural villages of a village stand as its compounds and their houses as buildings,
//! with three digits (`220202100201-02-017`) and without entrances. Siblings have codes of
//! one length, so no code is the beginning of a sibling's.

use std::fmt;
use types::PlaceCode;

pub use types::PlaceLevel as Level;

use crate::city::{Area, City, Compound};
use crate::identity::digits;
use crate::place_names::{self, CompoundKind};
use crate::random::{Rng, Stream};

/// The level whose codes have so many digits.
pub(crate) fn level_of_digits(digits: u8) -> Level {
    match digits {
        2 => Level::Province,
        4 => Level::Prefecture,
        6 => Level::County,
        9 => Level::Street,
        _ => Level::Community,
    }
}

/// One place, as an importer takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceRow {
    /// The code.
    pub code: PlaceCode,
    /// The parent's code; `None` for the province.
    pub parent: Option<PlaceCode>,
    /// The level.
    pub level: Level,
    /// The name in Chinese: official down to communities, made up below.
    pub name: String,
    /// The name in English.
    pub name_en: String,
    /// Residents; `None` for buildings and entrances, which are not counted one by one.
    pub people: Option<u64>,
    /// Doors, with or without a household; 0 above compounds.
    pub doors: u32,
    /// Longitude and latitude of the middle, degrees; schematic.
    pub at: [f64; 2],
    /// The outline down to compounds: corners counter-clockwise, the first repeated at the
    /// end, five decimals; empty for buildings and entrances. Schematic: drawn, not surveyed.
    pub outline: Vec<[f64; 2]>,
}

/// Where a household lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dwelling {
    pub(crate) community: u64,
    pub(crate) compound: u32,
    pub(crate) building: u32,
    /// 0 for a house, which has no entrance of its own.
    pub(crate) entrance: u32,
    pub(crate) floor: u32,
    pub(crate) on_floor: u32,
}

/// A place code on the stack: up to 24 characters.
pub(crate) struct CodeText {
    text: [u8; 24],
    len: usize,
}

impl CodeText {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }
}

impl Dwelling {
    /// The code of the entrance; of the house in a village.
    ///
    /// # Panics
    /// Never: the codes that are made here are well formed.
    pub fn code(&self) -> PlaceCode {
        place_code(self.code_text().as_str())
    }

    /// The code of the community, 12 digits.
    pub fn community(&self) -> u64 {
        self.community
    }

    /// The number on the door: floor and place on the landing (`302`), or `1` in a house.
    pub fn door(&self) -> u32 {
        if self.entrance == 0 { 1 } else { self.floor * 100 + self.on_floor }
    }

    /// The number of the building in its compound, from 1.
    pub fn building(&self) -> u32 {
        self.building
    }

    pub(crate) fn code_text(&self) -> CodeText {
        let mut text = *b"000000000000-00-000-0000";
        digits(&mut text[..12], self.community);
        digits(&mut text[13..15], self.compound.into());
        let len = if self.entrance == 0 {
            digits(&mut text[16..19], self.building.into());
            19
        } else {
            digits(&mut text[16..18], self.building.into());
            text[18] = b'-';
            digits(&mut text[19..20], self.entrance.into());
            20
        };
        CodeText { text, len }
    }
}

impl fmt::Display for Dwelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code_text().as_str(), self.door())
    }
}

impl Compound {
    pub(crate) fn code(&self) -> String {
        format!("{}-{:02}", self.community, self.number)
    }

    /// The door by number from 0: floors are filled from below, entrance by entrance.
    pub(crate) fn dwelling(&self, door: u32) -> Dwelling {
        let in_building = door % self.doors_a_building();
        let in_entrance = in_building % self.doors_an_entrance();
        Dwelling {
            community: self.community,
            compound: self.number,
            building: door / self.doors_a_building() + 1,
            entrance: if self.entrances == 0 {
                0
            } else {
                in_building / self.doors_an_entrance() + 1
            },
            floor: in_entrance / self.doors_a_floor + 1,
            on_floor: in_entrance % self.doors_a_floor + 1,
        }
    }

    fn building_code(&self, building: u32) -> String {
        if self.kind == CompoundKind::Hamlet {
            format!("{}-{building:03}", self.code())
        } else {
            format!("{}-{building:02}", self.code())
        }
    }

    /// Doors of a building: the last one may be smaller.
    fn doors_of(&self, building: u32) -> u32 {
        let before = (building - 1) * self.doors_a_building();
        (self.doors - before).min(self.doors_a_building())
    }
}

/// The codes written here are digits and hyphens of fixed form.
pub(crate) fn place_code(text: &str) -> PlaceCode {
    #[expect(clippy::expect_used, reason = "the text is made here, never read")]
    PlaceCode::parse(text).expect("a generated code is well formed")
}

impl City {
    /// Every place, parents before children, siblings in code order.
    pub fn places(&self) -> impl Iterator<Item = PlaceRow> + '_ {
        self.places_down_to(Level::Entrance)
    }

    /// Every place of the given level and above.
    pub fn places_down_to(&self, level: Level) -> impl Iterator<Item = PlaceRow> + '_ {
        self.areas.iter().filter(move |a| a.level() <= level).flat_map(move |area| {
            let compounds = area.compounds.clone().filter(move |_| level >= Level::Compound);
            let below = compounds.map(|at| &self.compounds[at]).flat_map(move |c| {
                let buildings = (1..=c.buildings()).filter(move |_| level >= Level::Building);
                std::iter::once(compound_row(c))
                    .chain(buildings.flat_map(move |b| self.building_rows(c, b, level)))
            });
            std::iter::once(area_row(self, area)).chain(below)
        })
    }

    fn building_rows<'a>(
        &'a self,
        c: &'a Compound,
        building: u32,
        level: Level,
    ) -> impl Iterator<Item = PlaceRow> + 'a {
        let code = c.building_code(building);
        let at = self.building_at(c, building).map(rounded);
        let doors = c.doors_of(building);
        let (name, name_en) = if c.kind == CompoundKind::Hamlet {
            (format!("{building}号"), format!("No. {building}"))
        } else {
            (format!("{building}号楼"), format!("Building {building}"))
        };
        let entrances = if level < Level::Entrance || c.entrances == 0 {
            0
        } else {
            doors.div_ceil(c.doors_an_entrance())
        };
        let row = PlaceRow {
            code: place_code(&code),
            parent: Some(place_code(&c.code())),
            level: Level::Building,
            name,
            name_en,
            people: None,
            doors,
            at,
            outline: Vec::new(),
        };
        let parent = row.code.clone();
        let rows = (1..=entrances).map(move |e| PlaceRow {
            code: place_code(&format!("{code}-{e}")),
            parent: Some(parent.clone()),
            level: Level::Entrance,
            name: format!("{e}单元"),
            name_en: format!("Entrance {e}"),
            people: None,
            doors: (doors - (e - 1) * c.doors_an_entrance()).min(c.doors_an_entrance()),
            at,
            outline: Vec::new(),
        });
        std::iter::once(row).chain(rows)
    }

    /// A point within the compound's outline: a random mean of three of its corners and the
    /// centre, which lies inside because the outline is convex.
    fn building_at(&self, c: &Compound, building: u32) -> [f64; 2] {
        let mut rng = Rng::keyed(self.seed, Stream::Building, c.key(), building.into());
        let mut at = c.centre;
        let mut left = 0.9;
        for _ in 0..3 {
            let Some(corner) = c.outline.get(rng.below(c.outline.len() as u32) as usize) else {
                break;
            };
            let part = rng.unit() * left;
            left -= part;
            at[0] += (corner[0] - c.centre[0]) * part;
            at[1] += (corner[1] - c.centre[1]) * part;
        }
        at
    }
}

/// Five decimals of a degree, about a metre.
pub(crate) fn rounded(degrees: f64) -> f64 {
    (degrees * 1e5).round() / 1e5
}

/// A closed ring of rounded corners; empty for no outline.
fn ring(outline: &[[f64; 2]]) -> Vec<[f64; 2]> {
    outline.iter().chain(outline.first()).map(|p| p.map(rounded)).collect()
}

impl Area {
    pub(crate) fn level(&self) -> Level {
        level_of_digits(self.division.digits)
    }
}

fn area_row(city: &City, area: &Area) -> PlaceRow {
    PlaceRow {
        code: place_code(&area.division.code.to_string()),
        parent: area.parent.map(|p| place_code(&city.areas[p].division.code.to_string())),
        level: area.level(),
        name: area.division.name.clone(),
        name_en: area.division.name_en.clone(),
        people: Some(area.people),
        doors: 0,
        at: area.centre.map(rounded),
        outline: ring(&area.outline),
    }
}

fn compound_row(c: &Compound) -> PlaceRow {
    PlaceRow {
        code: place_code(&c.code()),
        parent: Some(place_code(&c.community.to_string())),
        level: Level::Compound,
        name: place_names::zh(c.kind, c.name, c.number - 1),
        name_en: place_names::en(c.kind, c.name, c.number - 1),
        people: Some(c.people.into()),
        doors: c.doors,
        at: c.centre.map(rounded),
        outline: ring(&c.outline),
    }
}
