//! Persons as a phone may know them: a masked name and the last characters of a number, by
//! household, with what the open rounds say of them.

use std::collections::{HashMap, HashSet};

use registry::place::compound_of;
use registry::views::{HouseholdLine, PlaceName};
use serde::Serialize;
use store::{Connection, Value};
use testing::RecallReason;
use testing::tables::{EXEMPTION_BY_PERSON, RECALL_OF_PERSON, SWAB_OF_PERSON};
use types::{AreaCode, HouseholdId, PersonId, PlaceCode, RoundId};
use utoipa::ToSchema;

use crate::Fault;
use crate::seat::Seat;
use crate::shell::Both;

/// Most persons in one list: what a site serves, and some more. A phone must hold it.
const MOST: usize = 15_000;
/// Households read at once.
const PAGE: i64 = 500;
/// Characters of a number that are shown.
const SHOWN: usize = 4;

/// A compound that is served.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldCompound)]
pub struct CompoundOut {
    /// Its code.
    #[schema(value_type = String)]
    pub code: PlaceCode,
    /// Its name.
    name: Both,
    /// The kind of zone that it is in.
    zone: String,
}

/// Persons behind one door.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldHousehold)]
pub struct HouseholdOut {
    /// The household.
    #[schema(value_type = String)]
    pub id: HouseholdId,
    /// Its compound.
    #[schema(value_type = String)]
    pub compound: PlaceCode,
    /// Building, entrance and door, for example `5-2-501`.
    pub door: String,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldPerson)]
pub struct PersonOut {
    /// Who.
    #[schema(value_type = String)]
    pub id: PersonId,
    /// Its household.
    #[schema(value_type = String)]
    pub household: HouseholdId,
    /// Masked.
    pub name: String,
    /// The last characters of the number.
    pub last4: String,
    /// Rounds with a swab of theirs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    sampled: Vec<RoundId>,
    /// Rounds from which they are excused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    exempt: Vec<RoundId>,
    /// Held: to be sampled again, in a tube of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    recall: bool,
}

/// The people of some compounds.
#[derive(Debug, Default)]
pub struct People {
    /// The compounds that fitted.
    pub compounds: Vec<CompoundOut>,
    /// Their households, in the order of a walk.
    pub households: Vec<HouseholdOut>,
    /// Their persons.
    pub persons: Vec<PersonOut>,
    /// Compounds that did not fit into one list.
    pub left_out: Vec<PlaceCode>,
}

/// The name of a compound; its code where it has none.
pub fn compound_name(names: &HashMap<PlaceCode, PlaceName>, code: &PlaceCode) -> Both {
    names.get(code).map_or_else(
        || Both { zh: code.to_string(), en: code.to_string() },
        |name| Both { zh: name.name_zh.clone(), en: name.name_en.clone() },
    )
}

/// A place as people say it, in both languages.
pub fn said(names: &HashMap<PlaceCode, PlaceName>, place: &PlaceCode) -> Both {
    let compound = compound_of(place);
    let name = compound_name(names, &compound);
    let label = door_label(&compound, place, "");
    // A name that there is not in a language stays none: the other one is shown.
    let with = |name: String| match label.is_empty() || name.is_empty() {
        true => name,
        false => format!("{name} {label}"),
    };
    Both { zh: with(name.zh), en: with(name.en) }
}

/// Building, entrance and door as people say them: what the place's code adds to the
/// compound's, without leading zeros, and the door.
pub fn door_label(compound: &PlaceCode, place: &PlaceCode, door: &str) -> String {
    let rest = place.as_str().strip_prefix(compound.as_str()).unwrap_or_default();
    let mut parts: Vec<&str> = rest
        .split('-')
        .filter(|part| !part.is_empty())
        .map(|part| match part.trim_start_matches('0') {
            "" => "0",
            trimmed => trimmed,
        })
        .collect();
    if !door.is_empty() {
        parts.push(door);
    }
    parts.join("-")
}

/// The last characters of a masked number; none when even those are hidden.
fn last_shown(masked: Option<&str>) -> String {
    let tail = masked.and_then(|text| text.rsplit('*').next()).unwrap_or_default();
    let from = tail.len().saturating_sub(SHOWN);
    tail.get(from..).unwrap_or_default().to_owned()
}

/// The people of compounds of one county, with their state in the given rounds.
///
/// # Errors
/// A fault of the store, or a record that cannot be opened.
pub async fn of_compounds(
    seat: &Seat,
    db: &mut Connection,
    area: AreaCode,
    rounds: &[RoundId],
    compounds: &[(PlaceCode, String)],
) -> Result<People, Fault> {
    let codes: Vec<PlaceCode> = compounds.iter().map(|(code, _)| code.clone()).collect();
    let names = registry::views::place_names(db, &codes).await?;
    let mut people = People::default();
    for (code, zone) in compounds {
        if people.persons.len() >= MOST {
            people.left_out.push(code.clone());
            continue;
        }
        let name = compound_name(&names, code);
        people.compounds.push(CompoundOut { code: code.clone(), name, zone: zone.clone() });
        add_compound(seat, db, area, code, &mut people).await?;
    }
    mark(db, area, rounds, &mut people.persons).await?;
    Ok(people)
}

async fn add_compound(
    seat: &Seat,
    db: &mut Connection,
    area: AreaCode,
    compound: &PlaceCode,
    people: &mut People,
) -> Result<(), Fault> {
    let keys = seat.app().keys();
    let mut after: Option<HouseholdLine> = None;
    loop {
        let page = registry::views::households(db, compound, after.as_ref(), PAGE).await?;
        let mut residents = registry::views::residents(db, area, &page).await?;
        for household in &page {
            people.households.push(HouseholdOut {
                id: household.id,
                compound: compound.clone(),
                door: door_label(compound, &household.place, &household.door),
            });
            for (id, person) in residents.remove(&household.id).unwrap_or_default() {
                if person.same_as.is_some() {
                    continue;
                }
                let line =
                    registry::file::masked(keys, area, id, &person).map_err(Fault::internal)?;
                people.persons.push(PersonOut {
                    id,
                    household: household.id,
                    name: line.masked.name,
                    last4: last_shown(line.masked.id_number.as_deref()),
                    sampled: Vec::new(),
                    exempt: Vec::new(),
                    recall: false,
                });
            }
        }
        if (page.len() as i64) < PAGE {
            return Ok(());
        }
        after = page.into_iter().next_back();
    }
}

/// Notes who has been sampled, who is excused and who is called back.
async fn mark(
    db: &mut Connection,
    area: AreaCode,
    rounds: &[RoundId],
    persons: &mut [PersonOut],
) -> Result<(), Fault> {
    let mut sampled: HashSet<(PersonId, RoundId)> = HashSet::new();
    let mut exempt: HashSet<(PersonId, RoundId)> = HashSet::new();
    for round in rounds {
        let keys: Vec<Value> =
            persons.iter().flat_map(|p| [area.into(), p.id.into(), (*round).into()]).collect();
        for row in db.lookup(&SWAB_OF_PERSON, &keys).await? {
            sampled.insert((PersonId::from_bytes(row.id(1)?), *round));
        }
        let keys: Vec<Value> =
            persons.iter().flat_map(|p| [area.into(), (*round).into(), p.id.into()]).collect();
        for row in db.lookup(&EXEMPTION_BY_PERSON, &keys).await? {
            exempt.insert((PersonId::from_bytes(row.id(1)?), *round));
        }
    }
    // Whether the person has to be alone in the tube, by person and round.
    let mut recalled: HashMap<(PersonId, RoundId), bool> = HashMap::new();
    let keys: Vec<Value> = persons.iter().map(|p| p.id.into()).collect();
    for row in db.lookup(&RECALL_OF_PERSON, &keys).await? {
        if row.opt_id(9)?.is_none() {
            let holds = [RecallReason::PoolNotNegative, RecallReason::Unclear]
                .iter()
                .any(|reason| row.text(4).is_ok_and(|word| word == reason.as_str()));
            let key = (PersonId::from_bytes(row.id(1)?), RoundId::from_bytes(row.id(2)?));
            *recalled.entry(key).or_default() |= holds;
        }
    }
    for person in persons {
        for round in rounds {
            let key = (person.id, *round);
            match recalled.get(&key) {
                // To be sampled again: that there was a swab settles nothing.
                Some(alone) => person.recall |= alone,
                None if sampled.contains(&key) => person.sampled.push(*round),
                None => {}
            }
            if exempt.contains(&key) {
                person.exempt.push(*round);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> PlaceCode {
        PlaceCode::parse(text).expect("a place")
    }

    #[test]
    fn a_door_is_said_as_people_say_it() {
        let compound = place("220202001001-03");
        assert_eq!(door_label(&compound, &place("220202001001-03-05-2"), "501"), "5-2-501");
        assert_eq!(door_label(&compound, &compound, "12"), "12");
        assert_eq!(door_label(&compound, &place("220202001001-03-00"), ""), "0");
    }

    #[test]
    fn no_more_of_a_number_is_shown_than_its_end() {
        assert_eq!(last_shown(Some("2202**********123X")), "123X");
        assert_eq!(last_shown(Some("E1*****78")), "78");
        assert_eq!(last_shown(Some("1***")), "");
        assert_eq!(last_shown(None), "");
    }
}
