//! Loading: which rows a group of commands or facts touches, and reading them.

use ledger::{Entry, Result};
use store::{Connection, Row, Value};
use types::{AreaCode, HouseholdId, PersonId, PlaceCode};

use crate::command::{Address, Command, Details, LookedAt, SealedIdentity};
use crate::error::RegistryError;
use crate::event::{Event, Found, Home, PersonRef};
use crate::identity::Sex;
use crate::place::{area_of, parent_of};
use crate::rules::{self, Ask};
use crate::seal::{BlindIndex, Sealed};
use crate::state::{Household, Moved, Person, Registered, State};
use crate::tables::{
    HOUSEHOLD_BY_ID, MOVED_BY_KEY, PERSON_BY_ID, PERSON_BY_NUMBER, PERSONS_BETWEEN, PLACE_KNOWN,
};

/// What a group touches, gathered before it is loaded.
#[derive(Debug, Default)]
struct Wanted {
    places: Vec<PlaceCode>,
    households: Vec<(AreaCode, HouseholdId)>,
    persons: Vec<(AreaCode, PersonId)>,
    numbers: Vec<BlindIndex>,
    moved: Vec<(AreaCode, PersonId, HouseholdId)>,
    /// The first and the last person of an import's chunk.
    chunks: Vec<(AreaCode, PersonId, PersonId)>,
}

impl Wanted {
    fn of_command(&mut self, area: AreaCode, command: &Command) {
        match command {
            Command::PutPlaces(c) => {
                for place in &c.places {
                    self.places.push(place.code.clone());
                    self.places.extend(parent_of(&place.code));
                }
            }
            Command::PutHolders(c) => {
                self.places.extend(c.holders.iter().filter_map(|h| h.place.clone()));
            }
            Command::PutPersons(c) => {
                for household in &c.households {
                    self.places.push(household.place.clone());
                    self.households.push((area, household.id));
                    self.numbers.extend(household.persons.iter().filter_map(|p| p.id_index));
                }
                let ids = || c.households.iter().flat_map(|h| &h.persons).map(|p| p.id);
                self.chunks.extend(ids().min().zip(ids().max()).map(|(a, b)| (area, a, b)));
            }
            Command::RegisterPerson(c) => {
                self.persons.push((area, c.person));
                self.of_address(area, c.address.as_ref());
                self.of_details(Some(&c.details));
            }
            Command::ChangePerson(c) => {
                self.persons.push((area, c.person));
                self.of_address(area, c.address.as_ref());
                self.of_details(c.details.as_ref());
            }
            Command::SettleMove(c) => {
                self.persons.push((area, c.person));
                self.moved.push((area, c.person, c.household));
            }
            Command::IssueCodes(c) => {
                self.households.extend(c.codes.iter().map(|(id, _)| (area, *id)));
            }
            Command::Look(c) => match &c.at {
                LookedAt::Person(person) => self.persons.push((area, *person)),
                LookedAt::Place(place) => self.places.push(place.clone()),
                LookedAt::Import(_) | LookedAt::Case(_) | LookedAt::Receipt(_) => {}
            },
        }
    }

    fn of_address(&mut self, area: AreaCode, address: Option<&Address>) {
        if let Some(address) = address {
            self.places.push(address.place.clone());
            self.households
                .extend(rules::home_at(&address.place, &address.door).household.map(|h| (area, h)));
        }
    }

    fn of_details(&mut self, details: Option<&Details>) {
        if let Some(Details::Sealed(sealed)) = details {
            self.numbers.extend(sealed.id_index);
        }
    }

    fn of_event(&mut self, area: AreaCode, event: &Event) {
        match event {
            Event::PlacesPut { .. } | Event::HoldersPut { .. } | Event::Looked(_) => {}
            Event::PersonsPut { households, .. } => {
                self.households.extend(households.iter().map(|h| (area, h.id)));
            }
            Event::PersonRegistered { home, .. } => self.of_home(area, home.as_ref()),
            Event::PersonChanged { person, home, .. } => {
                self.persons.push((area, *person));
                self.of_home(area, home.as_ref());
            }
            Event::MoveSettled { person, household, home, arrival } => {
                self.persons.push((area, *person));
                self.moved.push((area, *person, *household));
                self.of_home(area, home.as_ref());
                if let Some(found) = arrival {
                    self.of_home(area_of(&found.home.place), Some(&found.home));
                }
            }
            Event::CodesIssued { codes } => {
                self.households.extend(codes.iter().map(|(id, _)| (area, *id)));
            }
        }
    }

    fn of_home(&mut self, area: AreaCode, home: Option<&Home>) {
        self.households.extend(home.and_then(|h| h.household).map(|id| (area, id)));
    }
}

impl State {
    /// Loads what the commands touch.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails; as for all functions here.
    pub async fn load_commands(
        &mut self,
        db: &mut Connection,
        commands: impl IntoIterator<Item = Ask<'_>>,
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        for ask in commands {
            wanted.of_command(ask.area, ask.command);
        }
        self.load(db, wanted).await?;
        // Where an accepted move leads is known only now.
        let next: Vec<(AreaCode, HouseholdId)> = self
            .moved
            .slots
            .values()
            .flatten()
            .filter_map(|m| {
                let home = &m.found.home;
                home.household.map(|id| (area_of(&home.place), id))
            })
            .collect();
        self.load(db, Wanted { households: next, ..Wanted::default() }).await
    }

    /// Loads what the facts touch, for a replay.
    ///
    /// # Errors
    /// As [`State::load_commands`].
    pub async fn load_events<'a>(
        &mut self,
        db: &mut Connection,
        events: impl IntoIterator<Item = (&'a Entry, &'a Event)>,
    ) -> Result<()> {
        let mut wanted = Wanted::default();
        for (entry, event) in events {
            wanted.of_event(entry.area, event);
        }
        self.load(db, wanted).await
    }

    async fn load(&mut self, db: &mut Connection, wanted: Wanted) -> Result<()> {
        let keys: Vec<Value> = self
            .places
            .claim(wanted.places)
            .iter()
            .flat_map(|code| [area_of(code).into(), code.into()])
            .collect();
        for row in db.lookup(&PLACE_KNOWN, &keys).await? {
            let code = place_code("place", row.text(0)?)?;
            self.places.slots.insert(code, Some(None));
        }
        let keys: Vec<Value> = self
            .households
            .claim(wanted.households)
            .iter()
            .flat_map(|(area, id)| [(*area).into(), (*id).into()])
            .collect();
        for row in db.lookup(&HOUSEHOLD_BY_ID, &keys).await? {
            let key = (row.area(0)?, HouseholdId::from_bytes(row.id(1)?));
            self.households.slots.insert(key, Some(household_of(&row)?));
        }
        let keys: Vec<Value> = self
            .persons
            .claim(wanted.persons)
            .iter()
            .flat_map(|(area, id)| [(*area).into(), (*id).into()])
            .collect();
        for row in db.lookup(&PERSON_BY_ID, &keys).await? {
            let key = (row.area(0)?, PersonId::from_bytes(row.id(1)?));
            self.persons.slots.insert(key, Some(person_of(&row)?));
        }
        let mut numbers = wanted.numbers;
        numbers.retain(|index| !self.numbers.contains_key(index));
        // In order, so that neighbouring keys find their page at hand.
        numbers.sort_unstable();
        numbers.dedup();
        self.numbers.extend(numbers.iter().map(|index| (*index, None)));
        let keys: Vec<Value> = numbers.into_iter().map(Value::from).collect();
        for row in db.lookup(&PERSON_BY_NUMBER, &keys).await? {
            let registered = Registered {
                person: PersonRef { area: row.area(1)?, person: PersonId::from_bytes(row.id(2)?) },
                household: row.opt_id(3)?.map(HouseholdId::from_bytes),
            };
            self.numbers.insert(BlindIndex(row.id(0)?), Some(registered));
        }
        let keys: Vec<Value> = self
            .moved
            .claim(wanted.moved)
            .iter()
            .flat_map(|(area, person, household)| {
                [(*area).into(), (*person).into(), (*household).into()]
            })
            .collect();
        for row in db.lookup(&MOVED_BY_KEY, &keys).await? {
            let moved = moved_of(&row)?;
            let household = HouseholdId::from_bytes(row.id(2)?);
            let key = (moved.found.known.area, moved.found.known.person, household);
            self.moved.slots.insert(key, Some(moved));
        }
        for (area, first, last) in wanted.chunks {
            for row in db.query(&PERSONS_BETWEEN, &[area.into(), first.into(), last.into()]).await?
            {
                self.taken.insert((area, PersonId::from_bytes(row.id(0)?)));
            }
        }
        Ok(())
    }
}

pub(crate) fn place_code(table: &'static str, text: &str) -> Result<PlaceCode> {
    PlaceCode::parse(text).map_err(|e| RegistryError::Row { table, reason: e.to_string() }.into())
}

fn household_of(row: &Row) -> Result<Household> {
    let code = match (row.opt_id(5)?, row.opt_time(6)?) {
        (Some(index), Some(at)) => Some((BlindIndex(index), at)),
        _ => None,
    };
    Ok(Household {
        compound: place_code("household", row.text(2)?)?,
        place: place_code("household", row.text(3)?)?,
        door: row.text(4)?.to_owned(),
        code,
    })
}

pub(crate) fn person_of(row: &Row) -> Result<Person> {
    let place = row.opt_text(4)?.map(|t| place_code("person", t)).transpose()?;
    let home = match place {
        Some(place) => Some(Home {
            household: row.opt_id(2)?.map(HouseholdId::from_bytes),
            place,
            door: row.text(5)?.to_owned(),
        }),
        None => None,
    };
    let same_as = match (row.opt_int(12)?, row.opt_id(13)?) {
        (Some(area), Some(id)) => {
            Some(PersonRef { area: AreaCode::from_stored(area), person: PersonId::from_bytes(id) })
        }
        _ => None,
    };
    Ok(Person {
        home,
        identity: identity_of(row, 6)?,
        flags: row.int(11)?,
        same_as,
        registered_at: row.time(14)?,
    })
}

fn identity_of(row: &Row, first: usize) -> Result<SealedIdentity> {
    Ok(SealedIdentity {
        sealed: Sealed(row.bytes(first)?.to_vec()),
        id_index: row.opt_id(first + 1)?.map(BlindIndex),
        phone_index: row.opt_id(first + 2)?.map(BlindIndex),
        birth_year: row.opt_int(first + 3)?.and_then(|y| u16::try_from(y).ok()),
        sex: row.opt_text(first + 4)?.and_then(Sex::from_stored),
    })
}

pub(crate) fn moved_of(row: &Row) -> Result<Moved> {
    let found = Found {
        known: PersonRef { area: row.area(0)?, person: PersonId::from_bytes(row.id(1)?) },
        id: PersonId::from_bytes(row.id(4)?),
        home: Home {
            household: Some(HouseholdId::from_bytes(row.id(2)?)),
            place: place_code("moved", row.text(5)?)?,
            door: row.text(6)?.to_owned(),
        },
        identity: identity_of(row, 7)?,
    };
    Ok(Moved { found, state: row.text(12)?.to_owned(), found_at: row.time(13)? })
}
