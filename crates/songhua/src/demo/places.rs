//! Places, holders and people of the demo as commands of the registry.

use anyhow::{Context, Result};
use ledger::Envelope;
use registry::command::SealedIdentity;
use registry::command::{
    Command, HolderDetails, IssueCodes, PlaceDetails, PutHolders, PutHousehold, PutPerson,
    PutPersons, PutPlaces,
};
use registry::geometry::{Degrees, Outline};
use registry::identity::{self, Day, IdType, Identity};
use registry::seal::Keys;
use types::{AreaCode, Micros, PersonId, PlaceCode, Span};
use uuid::Uuid;

use super::ids;
use super::town::{Town, actor};

/// Places in one command.
const PLACES: usize = 500;
/// Persons in one command, at least.
const PERSONS: usize = 400;

/// When the registry was set up.
fn set_up_at(town: &Town) -> Micros {
    town.base - Span::days(6)
}

fn envelope(town: &Town, n: u64, area: AreaCode, command: Command) -> Envelope<desks::Command> {
    sent(town, (command.kind(), n), area, desks::Command::Registry(command))
}

fn sent(
    town: &Town,
    (kind, n): (&str, u64),
    area: AreaCode,
    command: desks::Command,
) -> Envelope<desks::Command> {
    let at = set_up_at(town);
    Envelope {
        id: ids::command(town.seed, kind, n, at),
        area,
        event_time: at,
        clock_offset: Span(0),
        device: None,
        actor: actor("admin", None),
        command,
    }
}

/// The places of care, in the county where the story plays.
pub fn hospitals(town: &Town, serves: types::AreaScope) -> Vec<Envelope<desks::Command>> {
    let commands = super::hospitals::commands(town.city.people(), serves, set_up_at(town));
    let numbered = (0..).zip(commands);
    numbered.map(|(n, c)| sent(town, (c.kind(), n), town.stage(), c.into())).collect()
}

/// The vehicles, in the county where the story plays.
pub fn vehicles(town: &Town, serves: types::AreaScope) -> Vec<Envelope<desks::Command>> {
    let commands = super::garage::commands(town.city.people(), town.stage(), serves);
    let numbered = (0..).zip(commands);
    numbered.map(|(n, c)| sent(town, (c.kind(), n), town.stage(), c.into())).collect()
}

fn degrees(at: [f64; 2]) -> [Option<Degrees>; 2] {
    at.map(|d| Degrees::new(d).ok())
}

/// Every place of a city, province to entrance, as commands with their counties.
pub fn place_commands(city: &city::City) -> Vec<(AreaCode, Command)> {
    let mut commands = Vec::new();
    let mut chunk: Vec<PlaceDetails> = Vec::new();
    let mut area = AreaCode::NONE;
    let mut flush = |chunk: &mut Vec<PlaceDetails>, area| {
        if !chunk.is_empty() {
            let places = std::mem::take(chunk);
            commands.push((area, Command::PutPlaces(PutPlaces { places })));
        }
    };
    for row in city.places() {
        let here = row.code.area().unwrap_or(AreaCode::NONE);
        if here != area || chunk.len() == PLACES {
            flush(&mut chunk, area);
            area = here;
        }
        let ring: Vec<[Degrees; 2]> = row
            .outline
            .iter()
            .filter_map(|[x, y]| Some([Degrees::new(*x).ok()?, Degrees::new(*y).ok()?]))
            .collect();
        let [lon, lat] = degrees(row.at);
        chunk.push(PlaceDetails {
            code: row.code,
            name_zh: row.name,
            name_en: row.name_en,
            lon,
            lat,
            outline: (!ring.is_empty()).then(|| Outline::ring(ring)),
        });
    }
    flush(&mut chunk, area);
    commands
}

/// Every place of the town, as the demo sends it.
pub fn places(town: &Town) -> Vec<Envelope<desks::Command>> {
    let commands = place_commands(&town.city).into_iter();
    (0..).zip(commands).map(|(n, (area, command))| envelope(town, n, area, command)).collect()
}

/// Everybody who can hold a unit.
pub fn holders(town: &Town) -> Vec<Envelope<desks::Command>> {
    let areas = town.areas();
    let mut by_area: std::collections::BTreeMap<AreaCode, Vec<HolderDetails>> = Default::default();
    for h in town.city.holders() {
        let [lon, lat] = degrees(h.at);
        by_area.entry(h.area).or_default().push(HolderDetails {
            code: h.code,
            name_zh: h.name,
            name_en: h.name_en,
            // A laboratory may stand in a county that the demo leaves out.
            place: areas.contains(&h.area).then_some(h.place),
            lon,
            lat,
            active: true,
        });
    }
    // Who brings orders: the vehicle and the volunteer of the accounts, and the vehicles beside them.
    let carriers = [
        (super::pantry::VEHICLE, "配送车01", "Delivery van 01"),
        ("vehicle:JL-B02", "配送车02", "Delivery van 02"),
        ("vehicle:JL-B03", "配送车03", "Delivery van 03"),
        ("vehicle:JL-B04", "配送车04", "Delivery van 04"),
        ("vehicle:JL-B05", "货车05", "Lorry 05"),
        (super::pantry::VOLUNTEER, "志愿者01", "Volunteer 01"),
    ];
    for (code, zh, en) in carriers {
        let Ok(code) = types::HolderCode::parse(code) else { continue };
        by_area.entry(town.stage()).or_default().push(HolderDetails {
            code,
            name_zh: zh.to_owned(),
            name_en: en.to_owned(),
            place: None,
            lon: None,
            lat: None,
            active: true,
        });
    }
    (0..)
        .zip(by_area)
        .map(|(n, (area, holders))| {
            envelope(town, n, area, Command::PutHolders(PutHolders { holders }))
        })
        .collect()
}

/// Makes the commands that register the people, compound by compound, names and numbers sealed.
#[derive(Debug)]
pub struct People<'a> {
    town: &'a Town,
    keys: &'a Keys,
    import: Uuid,
    today: Day,
    compound: usize,
    row: u32,
    commands: u64,
}

impl<'a> People<'a> {
    /// Before the first compound.
    ///
    /// # Errors
    /// When the demo's start is no date.
    pub fn new(town: &'a Town, keys: &'a Keys) -> Result<People<'a>> {
        let at = set_up_at(town);
        let today = Day::parse(&at.rfc3339()).context("the demo's start is no date")?;
        let import = ids::uuid(town.seed, "import", 0, at);
        Ok(People { town, keys, import, today, compound: 0, row: 0, commands: 0 })
    }

    /// The next command, and how many persons are in it; `None` after the last.
    ///
    /// # Errors
    /// When a made-up person is not sound, which would be a fault of the generator.
    pub fn next(&mut self) -> Result<Option<(usize, Envelope<desks::Command>)>> {
        let mut households = Vec::new();
        let mut persons = 0;
        let mut area = None;
        while persons < PERSONS && self.compound < self.town.homes.len() {
            let here = self.town.homes[self.compound].area;
            if *area.get_or_insert(here) != here {
                break;
            }
            for household in self.town.city.households_of(self.compound) {
                let sealed = self.household(here, household)?;
                persons += sealed.persons.len();
                households.push(sealed);
            }
            self.compound += 1;
        }
        let Some(area) = area.filter(|_| !households.is_empty()) else { return Ok(None) };
        self.commands += 1;
        let command = Command::PutPersons(PutPersons { import: self.import, households });
        Ok(Some((persons, envelope(self.town, self.commands, area, command))))
    }

    fn household(
        &mut self,
        area: AreaCode,
        household: city::Household<'_>,
    ) -> Result<PutHousehold> {
        let place = household.dwelling.code();
        let door = household.dwelling.door().to_string();
        let id = registry::ids::household(&place, &door);
        let persons = household.into_members().map(|p| self.person(area, &p));
        Ok(PutHousehold { id, place, persons: persons.collect::<Result<_>>()?, door })
    }

    fn person(&mut self, area: AreaCode, person: &city::Person) -> Result<PutPerson> {
        self.row += 1;
        let identity = Identity {
            name: person.name.zh(),
            id_type: IdType::Resident,
            id_number: Some(person.id_number.as_str().to_owned()),
            phone: Some(person.phone.as_str().to_owned()),
        };
        let checked = identity::check(identity, self.today).map_err(|(field, refusal)| {
            anyhow::anyhow!("{field} of a made-up person: {refusal}")
        })?;
        let sealed = SealedIdentity::of(self.keys, area, person.id, &checked)?;
        Ok(PutPerson {
            id: person.id,
            row: self.row,
            sealed: sealed.sealed,
            id_index: sealed.id_index,
            phone_index: sealed.phone_index,
            birth_year: sealed.birth_year,
            sex: sealed.sex,
        })
    }
}

/// The household of a person, with its compound and the members.
pub fn household_of(
    town: &Town,
    person: PersonId,
) -> Option<(AreaCode, types::HouseholdId, PlaceCode)> {
    town.homes.iter().find_map(|home| {
        let at = home.persons.iter().position(|p| *p == person)?;
        let (id, _) = home.households.iter().find(|(_, range)| range.contains(&at))?;
        Some((home.area, *id, home.code.clone()))
    })
}

/// Gives a household a sign-in code that is known beforehand. Only a demo does that.
///
/// # Errors
/// When the text is no code.
pub fn known_code(
    town: &Town,
    keys: &Keys,
    person: PersonId,
    code: &str,
) -> Result<Envelope<desks::Command>> {
    let (area, household, _) =
        household_of(town, person).context("the resident of the demo lives nowhere")?;
    let index = keys.code_index(code).context("the demo's code is no code")?;
    let command = Command::IssueCodes(IssueCodes { codes: vec![(household, index)] });
    Ok(envelope(town, 0, area, command))
}
