//! From a row of a register to a person in a household, or the field and rule that it breaks.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use types::{AreaCode, AreaScope, HouseholdId, PlaceCode};
use uuid::Uuid;

use crate::command::{PutHousehold, PutPerson, PutPersons};
use crate::identity::{self, Day, IdType, Identity, Sex, narrow};
use crate::ids;
use crate::import::columns::Field;
use crate::import::table::Chunk;
use crate::import::{Remark, RowStatus};
use crate::place::{Level, area_of};
use crate::seal::{Keys, Sealed};

/// What the rows are read against.
#[derive(Debug)]
pub(crate) struct Reader {
    pub import: Uuid,
    pub scope: AreaScope,
    pub today: Day,
    /// The place of rows that name none.
    pub place: Option<PlaceCode>,
    /// Every known place of the scope.
    pub places: HashSet<Box<str>>,
    pub keys: Keys,
    /// A dry run needs no envelopes.
    pub seal: bool,
}

/// A chunk that is ready for the ledger.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub chunk: Chunk,
    pub commands: Vec<(AreaCode, PutPersons)>,
    /// The rejected rows, in order.
    pub rejected: Vec<Remark>,
}

type Broken = (&'static str, Cow<'static, str>);

/// A place as rows name it, and what of the address the place does not say.
type Resolved = Result<(PlaceCode, String), Broken>;

struct Person {
    place: PlaceCode,
    door: String,
    person: PutPerson,
}

/// Commands of one area while they grow.
struct Growing {
    area: AreaCode,
    put: PutPersons,
    at: HashMap<HouseholdId, usize>,
}

impl Reader {
    /// Reads, checks and seals the rows of a chunk.
    ///
    /// # Errors
    /// [`crate::RegistryError`] when sealing fails.
    pub(crate) fn prepare(&self, chunk: Chunk) -> crate::Result<Prepared> {
        let mut growing: Vec<Growing> = Vec::new();
        let mut rejected = Vec::new();
        let mut resolved = HashMap::new();
        let missing =
            chunk.head.mapping.missing(crate::import::Kind::Persons, self.place.is_some());
        for row in 0..chunk.rows.len() {
            let read = if missing.is_empty() {
                self.row(&chunk, row, &mut resolved)?
            } else {
                Err(("", Cow::Borrowed("columns-missing")))
            };
            match read {
                Ok(person) => self.add(&mut growing, person),
                Err((field, rule)) => {
                    rejected.push(remark(&chunk, row, RowStatus::Rejected, field, rule, None))
                }
            }
        }
        let commands = growing.into_iter().map(|g| (g.area, g.put)).collect();
        Ok(Prepared { chunk, commands, rejected })
    }

    fn add(&self, growing: &mut Vec<Growing>, person: Person) {
        let area = area_of(&person.place);
        let at = match growing.iter().position(|g| g.area == area) {
            Some(at) => at,
            None => {
                let put = PutPersons { import: self.import, households: Vec::new() };
                growing.push(Growing { area, put, at: HashMap::new() });
                growing.len() - 1
            }
        };
        let group = &mut growing[at];
        let id = ids::household(&person.place, &person.door);
        let households = &mut group.put.households;
        let at = *group.at.entry(id).or_insert_with(|| {
            households.push(PutHousehold {
                id,
                place: person.place,
                door: person.door,
                persons: Vec::new(),
            });
            households.len() - 1
        });
        households[at].persons.push(person.person);
    }

    fn row(
        &self,
        chunk: &Chunk,
        row: usize,
        resolved: &mut HashMap<Vec<u8>, Resolved>,
    ) -> crate::Result<Result<Person, Broken>> {
        let (place, door) = match self.address(chunk, row, resolved) {
            Ok(address) => address,
            Err(broken) => return Ok(Err(broken)),
        };
        let (checked, birth_year, sex) = match self.identity(chunk, row) {
            Ok(read) => read,
            Err(broken) => return Ok(Err(broken)),
        };
        let number = chunk.row_number(row);
        let id = ids::person(self.import, number);
        let identity = &checked.identity;
        let sealed = if self.seal {
            self.keys.seal(area_of(&place), id, identity)?
        } else {
            Sealed(Vec::new())
        };
        let person = PutPerson {
            id,
            row: number,
            sealed,
            id_index: identity
                .id_number
                .as_deref()
                .map(|number| self.keys.id_index(identity.id_type, number)),
            phone_index: identity.phone.as_deref().map(|phone| self.keys.phone_index(phone)),
            birth_year,
            sex,
        };
        Ok(Ok(Person { place, door, person }))
    }

    /// Name, document, telephone, year of birth and sex.
    fn identity(
        &self,
        chunk: &Chunk,
        row: usize,
    ) -> Result<(identity::Checked, Option<u16>, Option<Sex>), Broken> {
        let (checked, birth, sex) = identity_of(chunk, row, self.today, false)?;
        Ok((checked, birth.map(|day| day.year), sex))
    }
}

impl Reader {
    /// The place and the door.
    fn address(
        &self,
        chunk: &Chunk,
        row: usize,
        resolved: &mut HashMap<Vec<u8>, Resolved>,
    ) -> Result<(PlaceCode, String), Broken> {
        if let Some(fault) = row_fault(chunk, row) {
            return Err(fault);
        }
        let mut key = Vec::with_capacity(48);
        for field in
            [Field::Place, Field::Community, Field::Compound, Field::Building, Field::Entrance]
        {
            if let Some(column) = chunk.head.mapping.column(field) {
                key.extend_from_slice(chunk.rows.get(row, column));
            }
            key.push(b'\n');
        }
        // Neighbours have the same place: resolve it once.
        let (place, within) = match resolved.get(&key) {
            Some(known) => known.clone()?,
            None => resolved.entry(key).or_insert(self.resolve(chunk, row)).clone()?,
        };
        let door = ids::door(&cell(chunk, row, Field::Door)?);
        let door = if door.is_empty() {
            match cell(chunk, row, Field::HouseholdNumber)?.as_ref() {
                "" => return Err(("door", Cow::Borrowed("household-missing"))),
                number => format!("#{}", ids::door(number)),
            }
        } else {
            door
        };
        let door = if within.is_empty() { door } else { format!("{within}-{door}") };
        if door.chars().count() > 60 {
            return Err(("door", Cow::Borrowed("door-too-long")));
        }
        Ok((place, door))
    }

    fn resolve(&self, chunk: &Chunk, row: usize) -> Resolved {
        let place = cell(chunk, row, Field::Place)?;
        let community = cell(chunk, row, Field::Community)?;
        let compound = cell(chunk, row, Field::Compound)?;
        let (field, base) = match (&*place, &*compound, &*community) {
            ("", "", "") => match &self.place {
                Some(place) => ("place", place.as_str().to_owned()),
                None => return Err(("place", Cow::Borrowed("place-missing"))),
            },
            ("", "", community) => ("community", narrowed(community)),
            ("", compound, community) => {
                let compound = narrowed(compound);
                // The whole code, or its part below the community.
                let above = match (community, &self.place) {
                    ("", Some(place)) => place.as_str().to_owned(),
                    (community, _) => narrowed(community),
                };
                let whole = compound.len() >= 12 || above.is_empty();
                ("compound", if whole { compound } else { format!("{above}-{compound}") })
            }
            (place, ..) => ("place", narrowed(place)),
        };
        let code = PlaceCode::parse(&base)
            .ok()
            .filter(|code| Level::of(code).is_some())
            .ok_or((field, Cow::Borrowed("place-code-form")))?;
        if Level::of(&code).is_some_and(|level| level < Level::Community) {
            return Err((field, Cow::Borrowed("place-too-wide")));
        }
        if !self.scope.contains(area_of(&code)) {
            return Err((field, Cow::Borrowed("area-not-allowed")));
        }
        if !self.places.contains(code.as_str()) {
            return Err((field, Cow::Borrowed("place-unknown")));
        }
        let building = part(&cell(chunk, row, Field::Building)?);
        let entrance = part(&cell(chunk, row, Field::Entrance)?);
        Ok(self.deepest(code, &[building, entrance]))
    }

    /// Follows building and entrance down the known places; what is not known there stays in
    /// front of the door.
    fn deepest(&self, base: PlaceCode, parts: &[String]) -> (PlaceCode, String) {
        let mut code = base;
        let mut parts = parts.iter().filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.peek() {
            let spellings = [format!("{code}-{part}"), format!("{code}-{part:0>2}")];
            let Some(known) = spellings.into_iter().find(|c| self.places.contains(c.as_str()))
            else {
                break;
            };
            let Ok(known) = PlaceCode::parse(&known) else { break };
            code = known;
            parts.next();
        }
        let rest: Vec<&str> = parts.map(String::as_str).collect();
        (code, rest.join("-"))
    }
}

/// Name, document, telephone, day of birth and sex of a row. `papers_optional`: a row without a
/// number is that of somebody without papers, where a register would miss it.
pub(crate) fn identity_of(
    chunk: &Chunk,
    row: usize,
    today: Day,
    papers_optional: bool,
) -> Result<(identity::Checked, Option<Day>, Option<Sex>), Broken> {
    let number = bare(&cell(chunk, row, Field::IdNumber)?).to_owned();
    if is_rounded(&number) {
        return Err(("id_number", Cow::Borrowed("id-number-rounded")));
    }
    let id_type = match &*cell(chunk, row, Field::IdType)? {
        "" if papers_optional && number.is_empty() => IdType::None,
        "" => IdType::Resident,
        text => id_type_of(text).ok_or(("id_type", Cow::Borrowed("id-type-unknown")))?,
    };
    let phone = cell(chunk, row, Field::Phone)?;
    let identity = Identity {
        name: cell(chunk, row, Field::Name)?.into_owned(),
        id_type,
        id_number: Some(number).filter(|n| !papers_optional || !n.is_empty()),
        phone: Some(bare(&phone).to_owned()),
    };
    let checked =
        identity::check(identity, today).map_err(|(field, refusal)| (field, refusal.code))?;
    let birth = match &*cell(chunk, row, Field::BirthDate)? {
        "" => None,
        text => Some(
            Day::parse(text)
                .filter(|day| *day <= today)
                .ok_or(("birth_date", Cow::Borrowed("birth-date")))?,
        ),
    };
    let sex = match &*cell(chunk, row, Field::Sex)? {
        "" => None,
        text => Some(sex_of(text).ok_or(("sex", Cow::Borrowed("sex-unknown")))?),
    };
    if let Some(resident) = checked.resident {
        if birth.is_some_and(|birth| birth != resident.birth) {
            return Err(("birth_date", Cow::Borrowed("birth-date-differs")));
        }
        if sex.is_some_and(|sex| sex != resident.sex) {
            return Err(("sex", Cow::Borrowed("sex-differs")));
        }
        return Ok((checked, Some(resident.birth), Some(resident.sex)));
    }
    Ok((checked, birth, sex))
}

/// What is wrong with a row before its cells are looked at.
pub(crate) fn row_fault(chunk: &Chunk, row: usize) -> Option<Broken> {
    if let Some(fault) = chunk.rows.fault(row) {
        return Some(("", Cow::Borrowed(fault.rule())));
    }
    let width = chunk.head.header.len();
    let beyond = (width..chunk.rows.width(row))
        .any(|column| chunk.rows.get(row, column).iter().any(|b| !b.is_ascii_whitespace()));
    beyond.then_some(("", Cow::Borrowed("row-too-wide")))
}

/// A remark on a row of a chunk.
pub(crate) fn remark(
    chunk: &Chunk,
    row: usize,
    status: RowStatus,
    field: &'static str,
    rule: Cow<'static, str>,
    repeats: Option<u32>,
) -> Remark {
    Remark {
        row: chunk.row_number(row),
        line: chunk.rows.line(row),
        head: Arc::clone(&chunk.head),
        status,
        field,
        rule,
        repeats,
        cells: chunk.rows.texts(row, chunk.head.encoding),
    }
}

/// The text of a field; empty when the table has no such column.
pub(crate) fn cell(chunk: &Chunk, row: usize, field: Field) -> Result<Cow<'_, str>, Broken> {
    match chunk.head.mapping.column(field) {
        Some(column) => {
            chunk.text(row, column).map_err(|()| (field.as_str(), Cow::Borrowed("encoding")))
        }
        None => Ok(Cow::Borrowed("")),
    }
}

/// A number without the apostrophe that keeps spreadsheets from reading it as a figure.
fn bare(text: &str) -> &str {
    text.trim_start_matches(['\'', '‘', '’', '`', '\u{feff}'])
}

/// `2.20202198001011E+17`: a number that a spreadsheet has rounded.
fn is_rounded(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        mantissa.contains('.')
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && exponent.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit())
    })
}

fn narrowed(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// A building or entrance as a part of a code: `5号楼` is `5`.
fn part(text: &str) -> String {
    narrowed(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

fn id_type_of(text: &str) -> Option<IdType> {
    let text = text.to_lowercase();
    IdType::ALL.into_iter().find(|t| t.as_str() == text).or(match text.as_str() {
        "身份证" | "居民身份证" | "二代身份证" | "id card" | "resident id" => {
            Some(IdType::Resident)
        }
        "护照" => Some(IdType::Passport),
        "港澳居民来往内地通行证" | "港澳通行证" | "回乡证" => {
            Some(IdType::HongKongMacau)
        }
        "台湾居民来往大陆通行证" | "台胞证" => Some(IdType::Taiwan),
        "外国人永久居留身份证" | "外国人永久居留证" => {
            Some(IdType::ForeignResident)
        }
        "其他" | "其它" => Some(IdType::Other),
        "无" | "无证件" | "新生儿" => Some(IdType::None),
        _ => None,
    })
}

fn sex_of(text: &str) -> Option<Sex> {
    match text.to_lowercase().as_str() {
        "男" | "男性" | "m" | "male" | "1" => Some(Sex::Male),
        "女" | "女性" | "f" | "female" | "2" => Some(Sex::Female),
        _ => None,
    }
}

#[cfg(test)]
#[path = "household_rows_tests.rs"]
mod tests;
