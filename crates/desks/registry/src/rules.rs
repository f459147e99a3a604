//! The registry's rules: what a command leads to. Pure.

use std::collections::{HashMap, HashSet};

use ledger::Decision;
use types::{AreaCode, Micros, PlaceCode, Refusal};

use crate::command::{
    Address, ChangePerson, Command, Details, IssueCodes, Look, LookedAt, PutHolders, PutHousehold,
    PutPersons, PutPlaces, RegisterPerson, SealedIdentity, SettleMove,
};
use crate::event::{Event, Found, Home};
use crate::ids;
use crate::place::{Level, area_of, parent_of};
use crate::state::State;

/// A command with what the rules need to know about its sending.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The county that it belongs to.
    pub area: AreaCode,
    /// When it happened.
    pub event_time: Micros,
    /// What is asked.
    pub command: &'a Command,
}

type Answer = Result<Decision<Event>, Refusal>;

/// Longest text in a free field.
const NOTE: usize = 200;

/// Decides a command.
///
/// # Errors
/// [`Refusal`] when a rule says no.
pub fn decide(state: &State, ask: Ask<'_>) -> Answer {
    match ask.command {
        Command::PutPlaces(c) => put_places(state, ask.area, c),
        Command::PutHolders(c) => put_holders(state, ask.area, c),
        Command::PutPersons(c) => put_persons(state, ask.area, c),
        Command::RegisterPerson(c) => register_person(state, ask.area, c),
        Command::ChangePerson(c) => change_person(state, ask.area, c),
        Command::SettleMove(c) => settle_move(state, ask.area, c),
        Command::IssueCodes(c) => issue_codes(state, ask.area, c),
        Command::Look(c) => look(state, ask.area, c),
    }
}

fn fact(event: Event) -> Answer {
    Ok(Decision::fact(event))
}

fn put_places(state: &State, area: AreaCode, c: &PutPlaces) -> Answer {
    let mut new = HashSet::new();
    for place in &c.places {
        let code = &place.code;
        if Level::of(code).is_none() {
            return Err(Refusal::new("place-code-form").with("place", code));
        }
        if area_of(code) != area {
            return Err(Refusal::new("place-outside-area").with("place", code).with("area", area));
        }
        if place.name_zh.trim().is_empty() {
            return Err(Refusal::new("place-name-missing").with("place", code));
        }
        if let Some(parent) = parent_of(code)
            && !new.contains(&parent)
            && !state.place_exists(&parent)
        {
            return Err(Refusal::new("place-parent-unknown")
                .with("place", code)
                .with("parent", parent));
        }
        if !new.insert(code.clone()) {
            return Err(Refusal::new("place-twice").with("place", code));
        }
    }
    fact(Event::PlacesPut { places: c.places.clone() })
}

fn put_holders(state: &State, area: AreaCode, c: &PutHolders) -> Answer {
    let mut seen = HashSet::new();
    for holder in &c.holders {
        if holder.name_zh.trim().is_empty() {
            return Err(Refusal::new("holder-name-missing").with("holder", &holder.code));
        }
        if let Some(place) = &holder.place {
            place_known(state, area, place)?;
        }
        if !seen.insert(&holder.code) {
            return Err(Refusal::new("holder-twice").with("holder", &holder.code));
        }
    }
    fact(Event::HoldersPut { holders: c.holders.clone() })
}

/// Takes the persons whose number is new. A number that is registered already leaves its row
/// out: the first record stands, and a person looks at the rest. A row that the same import took
/// in before is left as it is.
fn put_persons(state: &State, area: AreaCode, c: &PutPersons) -> Answer {
    let mut seen: HashMap<_, _> = HashMap::new();
    let (mut duplicate, mut repeated, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    let mut moved = Vec::new();
    let mut households = Vec::with_capacity(c.households.len());
    for household in &c.households {
        place_for_household(state, area, &household.place)?;
        let mut kept = Vec::with_capacity(household.persons.len());
        for person in &household.persons {
            // An import that goes on may send a chunk anew because rows beside this one have
            // become sound: this row is in the registry, perhaps corrected since.
            if state.was_taken(area, person.id) {
                continue;
            }
            let Some(index) = person.id_index else {
                kept.push(person.clone());
                continue;
            };
            let known = seen
                .get(&index)
                .copied()
                .or_else(|| state.registered(index).map(|r| (r.person, r.household)));
            let Some((who, home)) = known else {
                let who = crate::event::PersonRef { area, person: person.id };
                seen.insert(index, (who, Some(household.id)));
                kept.push(person.clone());
                continue;
            };
            match ids::row_of(c.import, who.person) {
                Some(first) => repeated.push((person.row, Some(first))),
                None => duplicate.push((person.row, None)),
            }
            if home != Some(household.id) {
                elsewhere.push((person.row, None));
                moved.push(Found {
                    known: who,
                    id: person.id,
                    home: Home {
                        household: Some(household.id),
                        place: household.place.clone(),
                        door: household.door.clone(),
                    },
                    identity: SealedIdentity {
                        sealed: person.sealed.clone(),
                        id_index: person.id_index,
                        phone_index: person.phone_index,
                        birth_year: person.birth_year,
                        sex: person.sex,
                    },
                });
            }
        }
        if !kept.is_empty() {
            households.push(PutHousehold {
                id: household.id,
                place: household.place.clone(),
                door: household.door.clone(),
                persons: kept,
            });
        }
    }
    let notes = [
        ("persons-duplicate", duplicate),
        ("persons-repeated", repeated),
        ("persons-moved", elsewhere),
    ];
    let notes = notes
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(code, rows)| Refusal::new(code).with("rows", rows_text(&rows)))
        .collect();
    let mut events = Vec::new();
    if !households.is_empty() || !moved.is_empty() {
        events.push(Event::PersonsPut { import: c.import, households, moved });
    }
    Ok(Decision { events, notes, ..Decision::default() })
}

/// Rows of an import in a note: `17 40=12`, where `40=12` is row 40 repeating row 12.
fn rows_text(rows: &[(u32, Option<u32>)]) -> String {
    let parts: Vec<String> = rows
        .iter()
        .map(|(row, of)| of.map_or_else(|| row.to_string(), |of| format!("{row}={of}")))
        .collect();
    parts.join(" ")
}

/// Reads the rows of a note that [`put_persons`] wrote: the row, and the row that it repeats.
pub fn rows_of_note(note: &Refusal) -> Vec<(u32, Option<u32>)> {
    let text = note.args.iter().find(|(name, _)| name == "rows").map_or("", |(_, t)| t.as_str());
    text.split(' ')
        .filter_map(|part| match part.split_once('=') {
            Some((row, of)) => Some((row.parse().ok()?, Some(of.parse().ok()?))),
            None => Some((part.parse().ok()?, None)),
        })
        .collect()
}

fn register_person(state: &State, area: AreaCode, c: &RegisterPerson) -> Answer {
    let identity = sealed(&c.details)?;
    if state.person(area, c.person).is_some() {
        return Err(Refusal::new("person-exists").with("person", c.person));
    }
    let home = c.address.as_ref().map(|a| home_for(state, area, a)).transpose()?;
    let known = identity.id_index.and_then(|index| state.registered(index));
    let mut decision = Decision::default();
    if let Some(known) = known {
        decision
            .notes
            .push(Refusal::new("person-registered-before").with("person", known.person.person));
    }
    decision.events.push(Event::PersonRegistered {
        person: c.person,
        identity: identity.clone(),
        home,
        same_as: known.map(|k| k.person),
    });
    Ok(decision)
}

fn change_person(state: &State, area: AreaCode, c: &ChangePerson) -> Answer {
    let row = state
        .person(area, c.person)
        .ok_or_else(|| Refusal::new("person-unknown").with("person", c.person))?;
    note_fits(&c.note)?;
    if let Some(other) = row.same_as {
        return Err(Refusal::new("person-is-another").with("person", other.person));
    }
    let identity = c.details.as_ref().map(sealed).transpose()?.cloned();
    if let Some(holder) =
        identity.as_ref().and_then(|i| i.id_index).and_then(|index| state.registered(index))
        && holder.person.person != c.person
    {
        return Err(Refusal::new("id-number-taken").with("person", holder.person.person));
    }
    let home = c.address.as_ref().map(|a| home_for(state, area, a)).transpose()?;
    if identity.is_none() && home.is_none() {
        return Err(Refusal::new("nothing-to-change"));
    }
    fact(Event::PersonChanged {
        person: c.person,
        identity,
        home,
        reason: c.reason,
        note: c.note.clone(),
    })
}

fn settle_move(state: &State, area: AreaCode, c: &SettleMove) -> Answer {
    let person = state
        .person(area, c.person)
        .ok_or_else(|| Refusal::new("person-unknown").with("person", c.person))?;
    let moved = state
        .moved(area, c.person, c.household)
        .filter(|m| m.state == "open")
        .ok_or_else(|| Refusal::new("move-not-open").with("person", c.person))?;
    if let Some(other) = person.same_as {
        return Err(Refusal::new("person-is-another").with("person", other.person));
    }
    let found = &moved.found;
    let stays = area_of(&found.home.place) == area;
    fact(Event::MoveSettled {
        person: c.person,
        household: c.household,
        home: (c.accept && stays).then(|| found.home.clone()),
        arrival: (c.accept && !stays).then(|| Box::new(found.clone())),
    })
}

fn issue_codes(state: &State, area: AreaCode, c: &IssueCodes) -> Answer {
    for (id, _) in &c.codes {
        if state.household(area, *id).is_none() {
            return Err(Refusal::new("household-unknown").with("household", id));
        }
    }
    fact(Event::CodesIssued { codes: c.codes.clone() })
}

fn look(state: &State, area: AreaCode, c: &Look) -> Answer {
    note_fits(&c.note)?;
    match &c.at {
        LookedAt::Person(person) => {
            state
                .person(area, *person)
                .ok_or_else(|| Refusal::new("person-unknown").with("person", person))?;
        }
        LookedAt::Place(place) => place_known(state, area, place)?,
        // An import lies in no one place, and its rows perhaps in none at all.
        LookedAt::Import(_) => {}
        // A case carries its county.
        LookedAt::Case(case) if case.area() == area => {}
        LookedAt::Case(case) => {
            return Err(Refusal::new("case-of-another-county").with("case", case));
        }
        // So does an order, which the supply desk has.
        LookedAt::Receipt(order) if order.area() == area => {}
        LookedAt::Receipt(order) => {
            return Err(Refusal::new("household-order-unknown").with("order", order));
        }
    }
    fact(Event::Looked(c.clone()))
}

fn sealed(details: &Details) -> Result<&SealedIdentity, Refusal> {
    match details {
        Details::Sealed(sealed) => Ok(sealed),
        Details::Clear(_) => Err(Refusal::new("personal-data-unsealed")),
    }
}

fn note_fits(note: &str) -> Result<(), Refusal> {
    if note.chars().count() <= NOTE {
        Ok(())
    } else {
        Err(Refusal::new("note-too-long").with("limit", NOTE))
    }
}

fn place_known(state: &State, area: AreaCode, place: &PlaceCode) -> Result<(), Refusal> {
    if area_of(place) != area {
        return Err(Refusal::new("place-outside-area").with("place", place).with("area", area));
    }
    if !state.place_exists(place) {
        return Err(Refusal::new("place-unknown").with("place", place));
    }
    Ok(())
}

fn place_for_household(state: &State, area: AreaCode, place: &PlaceCode) -> Result<(), Refusal> {
    place_known(state, area, place)?;
    if Level::of(place).is_none_or(|level| level < Level::Community) {
        return Err(Refusal::new("place-too-wide").with("place", place));
    }
    Ok(())
}

fn home_for(state: &State, area: AreaCode, address: &Address) -> Result<Home, Refusal> {
    place_known(state, area, &address.place)?;
    if address.door.chars().count() > 60 {
        return Err(Refusal::new("door-too-long").with("limit", 60));
    }
    Ok(home_at(&address.place, &address.door))
}

/// The home at an address: with a household from the community downwards.
pub fn home_at(place: &PlaceCode, door: &str) -> Home {
    let door = ids::door(door);
    let deep = Level::of(place).is_some_and(|level| level >= Level::Community);
    Home { household: deep.then(|| ids::household(place, &door)), place: place.clone(), door }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
