//! The registry rows that one group of commands touches: loaded, changed in memory, written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use ledger::{Entry, Result};
use store::{Connection, Row, Value};
use types::{AreaCode, HouseholdId, Micros, PersonId, PlaceCode};

use crate::command::{Command, HolderDetails, LookedAt, PlaceDetails, SealedIdentity};
use crate::error::RegistryError;
use crate::event::{Event, Found, Home, PersonRef};
use crate::identity::Sex;
use crate::place::{Level, area_of, chain_of, compound_of, parent_of};
use crate::rules::Ask;
use crate::seal::{BlindIndex, Sealed};
use crate::tables::{
    CHANGE_PUT, COUNT_ADD, HOLDER_PUT, HOUSEHOLD_BY_ID, HOUSEHOLD_PUT, LOOK_PUT, MOVED_BY_KEY,
    MOVED_PUT, PERSON_BY_ID, PERSON_BY_NUMBER, PERSON_PUT, PLACE_KNOWN, PLACE_PUT,
};

/// A person was registered because it turned up, not by an import.
pub const WALK_IN: i64 = 1;
/// A person's record has moved to another county; see its `same_as`.
pub const MOVED_AWAY: i64 = 2;

/// A household's row.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// Where it is counted.
    pub compound: PlaceCode,
    /// Where it is.
    pub place: PlaceCode,
    /// Its door.
    pub door: String,
    /// The index of its sign-in code, and since when.
    pub code: Option<(BlindIndex, Micros)>,
}

/// A person's row.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Where it lives.
    pub home: Option<Home>,
    /// Its personal data.
    pub identity: SealedIdentity,
    /// [`WALK_IN`], [`MOVED_AWAY`].
    pub flags: i64,
    /// Whose other name this is.
    pub same_as: Option<PersonRef>,
    /// When it was registered.
    pub registered_at: Micros,
}

impl Person {
    /// Whether it counts as a resident: it has a home and is not another name for somebody.
    fn counted_at(&self) -> Option<&PlaceCode> {
        self.home.as_ref().filter(|_| self.same_as.is_none()).map(|home| &home.place)
    }
}

/// What is known of a registered number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Who has it.
    pub person: PersonRef,
    /// Where that person lives.
    pub household: Option<HouseholdId>,
}

/// A person that an import found at another address.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The person and the address.
    pub found: Found,
    /// `open`, `accepted` or `dismissed`.
    pub state: String,
    /// When.
    pub found_at: Micros,
}

/// The loaded rows. A key that was loaded and has no row is known to be absent.
#[derive(Debug, Default)]
pub struct State {
    places: Rows<PlaceCode, Option<PlaceDetails>>,
    households: Rows<(AreaCode, HouseholdId), Household>,
    persons: Rows<(AreaCode, PersonId), Person>,
    numbers: HashMap<BlindIndex, Option<Registered>>,
    moved: Rows<(AreaCode, PersonId, HouseholdId), Moved>,
    holders: BTreeMap<(AreaCode, String), HolderDetails>,
    counts: BTreeMap<PlaceCode, (i64, i64)>,
    looks: Vec<Value>,
    changes: Vec<Value>,
}

#[derive(Debug)]
struct Rows<K, V> {
    slots: HashMap<K, Option<V>>,
    dirty: HashSet<K>,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Rows { slots: HashMap::new(), dirty: HashSet::new() }
    }
}

impl<K: Hash + Eq + Clone + Ord, V> Rows<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.slots.get(key).and_then(Option::as_ref)
    }

    fn put(&mut self, key: K, row: V) {
        self.dirty.insert(key.clone());
        self.slots.insert(key, Some(row));
    }

    /// Marks the keys that are not loaded yet as absent and gives them back, sorted.
    fn claim(&mut self, keys: impl IntoIterator<Item = K>) -> Vec<K> {
        let mut fresh: Vec<K> =
            keys.into_iter().filter(|key| !self.slots.contains_key(key)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        self.slots.extend(fresh.iter().map(|key| (key.clone(), None)));
        fresh
    }

    /// The changed rows in key order.
    fn take_dirty(&mut self) -> Vec<K> {
        let mut keys: Vec<K> = self.dirty.drain().collect();
        keys.sort_unstable();
        keys
    }
}

/// What a group touches, gathered before it is loaded.
#[derive(Debug, Default)]
struct Wanted {
    places: Vec<PlaceCode>,
    households: Vec<(AreaCode, HouseholdId)>,
    persons: Vec<(AreaCode, PersonId)>,
    numbers: Vec<BlindIndex>,
    moved: Vec<(AreaCode, PersonId, HouseholdId)>,
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
            },
        }
    }

    fn of_address(&mut self, area: AreaCode, address: Option<&crate::command::Address>) {
        if let Some(address) = address {
            self.places.push(address.place.clone());
            self.households.extend(
                crate::rules::home_at(&address.place, &address.door).household.map(|h| (area, h)),
            );
        }
    }

    fn of_details(&mut self, details: Option<&crate::command::Details>) {
        if let Some(crate::command::Details::Sealed(sealed)) = details {
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
        Ok(())
    }

    /// Whether a loaded place exists.
    pub fn place_exists(&self, code: &PlaceCode) -> bool {
        self.places.get(code).is_some()
    }

    /// A loaded household.
    pub fn household(&self, area: AreaCode, id: HouseholdId) -> Option<&Household> {
        self.households.get(&(area, id))
    }

    /// A loaded person.
    pub fn person(&self, area: AreaCode, id: PersonId) -> Option<&Person> {
        self.persons.get(&(area, id))
    }

    /// Who has a loaded number.
    pub fn registered(&self, index: BlindIndex) -> Option<Registered> {
        self.numbers.get(&index).copied().flatten()
    }

    /// A loaded finding of a person elsewhere.
    pub fn moved(&self, area: AreaCode, person: PersonId, to: HouseholdId) -> Option<&Moved> {
        self.moved.get(&(area, person, to))
    }

    /// Applies one fact. Pure and total.
    pub fn apply(&mut self, entry: &Entry, event: &Event) {
        let area = entry.area;
        match event {
            Event::PlacesPut { places } => {
                for place in places {
                    self.places.put(place.code.clone(), Some(place.clone()));
                }
            }
            Event::HoldersPut { holders } => {
                for holder in holders {
                    self.holders.insert((area, holder.code.as_str().to_owned()), holder.clone());
                }
            }
            Event::PersonsPut { households, moved, .. } => {
                for household in households {
                    let home = Home {
                        household: Some(household.id),
                        place: household.place.clone(),
                        door: household.door.clone(),
                    };
                    self.settle_in(area, &home);
                    for person in &household.persons {
                        let identity = SealedIdentity {
                            sealed: person.sealed.clone(),
                            id_index: person.id_index,
                            phone_index: person.phone_index,
                            birth_year: person.birth_year,
                            sex: person.sex,
                        };
                        let row = Person {
                            home: Some(home.clone()),
                            identity,
                            flags: 0,
                            same_as: None,
                            registered_at: entry.record_time,
                        };
                        self.enter(area, person.id, row);
                    }
                    self.count(&household.place, 0, household.persons.len() as i64);
                }
                for found in moved {
                    self.find_elsewhere(found, entry.record_time);
                }
            }
            Event::PersonRegistered { person, identity, home, same_as } => {
                let mut identity = identity.clone();
                if same_as.is_some() {
                    // The number stays with the record that had it first.
                    identity.id_index = None;
                }
                if let Some(home) = home {
                    self.settle_in(area, home);
                }
                let row = Person {
                    home: home.clone(),
                    identity,
                    flags: WALK_IN,
                    same_as: *same_as,
                    registered_at: entry.record_time,
                };
                if let Some(place) = row.counted_at() {
                    self.count(&place.clone(), 0, 1);
                }
                self.enter(area, *person, row);
            }
            Event::PersonChanged { person, identity, home, reason, note } => {
                let Some(mut row) = self.persons.get(&(area, *person)).cloned() else { return };
                let mut fields = Vec::new();
                if let Some(identity) = identity {
                    fields.push("identity");
                    self.replace_number(&row, identity.id_index);
                    row.identity = identity.clone();
                }
                if let Some(home) = home {
                    fields.push("address");
                    self.rehouse(area, &mut row, home);
                }
                self.enter(area, *person, row);
                self.changes.extend([
                    area.into(),
                    (*person).into(),
                    entry.command.into(),
                    entry.record_time.into(),
                    entry.actor.as_str().into(),
                    fields.join(" ").into(),
                    reason.as_str().into(),
                    note.as_str().into(),
                ]);
            }
            Event::MoveSettled { person, household, home, arrival } => {
                self.settle_move(entry, *person, *household, home.as_ref(), arrival.as_deref());
            }
            Event::CodesIssued { codes } => {
                for (id, index) in codes {
                    let key = (area, *id);
                    if let Some(mut household) = self.households.get(&key).cloned() {
                        household.code = Some((*index, entry.record_time));
                        self.households.put(key, household);
                    }
                }
            }
            Event::Looked(look) => {
                let (person, place) = match &look.at {
                    LookedAt::Person(person) => (Some(*person), None),
                    LookedAt::Place(place) => (None, Some(place.as_str().to_owned())),
                };
                self.looks.extend([
                    area.into(),
                    entry.command.into(),
                    person.into(),
                    place.into(),
                    look.depth.as_str().into(),
                    look.purpose.as_str().into(),
                    look.note.as_str().into(),
                    entry.actor.as_str().into(),
                    entry.record_time.into(),
                ]);
            }
        }
    }

    fn settle_move(
        &mut self,
        entry: &Entry,
        person: PersonId,
        household: HouseholdId,
        home: Option<&Home>,
        arrival: Option<&Found>,
    ) {
        let area = entry.area;
        let key = (area, person, household);
        if let Some(mut moved) = self.moved.get(&key).cloned() {
            let accepted = home.is_some() || arrival.is_some();
            moved.state = (if accepted { "accepted" } else { "dismissed" }).to_owned();
            self.moved.put(key, moved);
        }
        let Some(mut row) = self.persons.get(&(area, person)).cloned() else { return };
        if let Some(home) = home {
            self.rehouse(area, &mut row, home);
            self.enter(area, person, row);
        } else if let Some(found) = arrival {
            if let Some(place) = row.counted_at().cloned() {
                self.count(&place, 0, -1);
            }
            let there = area_of(&found.home.place);
            row.same_as = Some(PersonRef { area: there, person: found.id });
            row.flags |= MOVED_AWAY;
            row.identity.id_index = None;
            row.identity.phone_index = None;
            self.enter(area, person, row);
            self.settle_in(there, &found.home);
            self.count(&found.home.place, 0, 1);
            let arrived = Person {
                home: Some(found.home.clone()),
                identity: found.identity.clone(),
                flags: 0,
                same_as: None,
                registered_at: entry.record_time,
            };
            self.enter(there, found.id, arrived);
        }
    }

    /// Makes sure that a home's household exists, and counts it when it is new.
    fn settle_in(&mut self, area: AreaCode, home: &Home) {
        let Some(id) = home.household else { return };
        if self.households.get(&(area, id)).is_none() {
            let household = Household {
                compound: compound_of(&home.place),
                place: home.place.clone(),
                door: home.door.clone(),
                code: None,
            };
            self.households.put((area, id), household);
            self.count(&home.place, 1, 0);
        }
    }

    fn rehouse(&mut self, area: AreaCode, row: &mut Person, home: &Home) {
        let before = row.counted_at().cloned();
        self.settle_in(area, home);
        row.home = Some(home.clone());
        if let Some(place) = before {
            self.count(&place, 0, -1);
        }
        if let Some(place) = row.counted_at().cloned() {
            self.count(&place, 0, 1);
        }
    }

    fn replace_number(&mut self, row: &Person, index: Option<BlindIndex>) {
        if let Some(old) = row.identity.id_index.filter(|old| Some(*old) != index) {
            self.numbers.insert(old, None);
        }
    }

    fn enter(&mut self, area: AreaCode, id: PersonId, row: Person) {
        if let Some(index) = row.identity.id_index {
            let household = row.home.as_ref().and_then(|home| home.household);
            let person = PersonRef { area, person: id };
            self.numbers.insert(index, Some(Registered { person, household }));
        }
        self.persons.put((area, id), row);
    }

    fn find_elsewhere(&mut self, found: &Found, at: Micros) {
        let Some(household) = found.home.household else { return };
        let row = Moved { found: found.clone(), state: "open".to_owned(), found_at: at };
        self.moved.put((found.known.area, found.known.person, household), row);
    }

    /// Counts at the place and at everything that it lies in, up to the county.
    fn count(&mut self, place: &PlaceCode, households: i64, persons: i64) {
        for at in chain_of(place) {
            if area_of(&at) == AreaCode::NONE {
                break;
            }
            let slot = self.counts.entry(at).or_default();
            slot.0 += households;
            slot.1 += persons;
        }
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// As [`State::load_commands`].
    pub async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut values = Vec::new();
        for code in self.places.take_dirty() {
            let Some(Some(place)) = self.places.get(&code) else { continue };
            values.extend([
                area_of(&code).into(),
                (&code).into(),
                Level::of(&code).map_or(0, Level::depth).into(),
                parent_of(&code).as_ref().into(),
                place.name_zh.as_str().into(),
                place.name_en.as_str().into(),
                nullable(place.lon),
                nullable(place.lat),
                place.outline.as_ref().map(crate::geometry::Outline::to_text).into(),
            ]);
        }
        db.insert(&PLACE_PUT, &values).await?;
        values.clear();
        for ((area, code), holder) in &self.holders {
            values.extend([
                (*area).into(),
                code.as_str().into(),
                holder.code.kind().into(),
                holder.name_zh.as_str().into(),
                holder.name_en.as_str().into(),
                holder.place.as_ref().into(),
                nullable(holder.lon),
                nullable(holder.lat),
                holder.active.into(),
            ]);
        }
        db.insert(&HOLDER_PUT, &values).await?;
        values.clear();
        for (area, id) in self.households.take_dirty() {
            let Some(household) = self.households.get(&(area, id)) else { continue };
            values.extend([
                area.into(),
                id.into(),
                (&household.compound).into(),
                (&household.place).into(),
                household.door.as_str().into(),
                nullable(household.code.map(|(index, _)| index)),
                household.code.map(|(_, at)| at).into(),
            ]);
        }
        db.insert(&HOUSEHOLD_PUT, &values).await?;
        values.clear();
        for (area, id) in self.persons.take_dirty() {
            if let Some(person) = self.persons.get(&(area, id)) {
                person_values(area, id, person, &mut values);
            }
        }
        db.insert(&PERSON_PUT, &values).await?;
        values.clear();
        for (area, person, household) in self.moved.take_dirty() {
            let Some(moved) = self.moved.get(&(area, person, household)) else { continue };
            let (found, identity) = (&moved.found, &moved.found.identity);
            values.extend([
                area.into(),
                person.into(),
                household.into(),
                area_of(&found.home.place).into(),
                found.id.into(),
                (&found.home.place).into(),
                found.home.door.as_str().into(),
                identity.sealed.0.clone().into(),
                nullable(identity.id_index),
                nullable(identity.phone_index),
                identity.birth_year.map(i64::from).into(),
                identity.sex.map(Sex::as_str).into(),
                moved.state.as_str().into(),
                moved.found_at.into(),
            ]);
        }
        db.insert(&MOVED_PUT, &values).await?;
        values.clear();
        for (place, (households, persons)) in &self.counts {
            if (*households, *persons) != (0, 0) {
                values.extend([
                    area_of(place).into(),
                    place.into(),
                    (*households).into(),
                    (*persons).into(),
                ]);
            }
        }
        db.insert(&COUNT_ADD, &values).await?;
        db.insert(&CHANGE_PUT, &self.changes).await?;
        db.insert(&LOOK_PUT, &self.looks).await?;
        Ok(())
    }
}

/// NULL for nothing; for types whose option the store does not know.
pub(crate) fn nullable<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Into::into)
}

fn person_values(area: AreaCode, id: PersonId, person: &Person, values: &mut Vec<Value>) {
    let (home, identity) = (person.home.as_ref(), &person.identity);
    values.extend([
        area.into(),
        id.into(),
        home.and_then(|h| h.household).into(),
        home.map(|h| compound_of(&h.place)).as_ref().into(),
        home.map(|h| &h.place).into(),
        home.map_or("", |h| h.door.as_str()).into(),
        identity.sealed.0.clone().into(),
        nullable(identity.id_index),
        nullable(identity.phone_index),
        identity.birth_year.map(i64::from).into(),
        identity.sex.map(Sex::as_str).into(),
        person.flags.into(),
        person.same_as.map(|s| s.area).into(),
        person.same_as.map(|s| s.person).into(),
        person.registered_at.into(),
    ]);
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

fn moved_of(row: &Row) -> Result<Moved> {
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
