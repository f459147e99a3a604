//! The registry rows that one group of commands touches: loaded, changed in memory, written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use ledger::Entry;
use store::Value;
use types::{AreaCode, HouseholdId, Micros, PersonId, PlaceCode};

use crate::command::{HolderDetails, LookedAt, PlaceDetails, SealedIdentity};
use crate::event::{Event, Found, Home, PersonRef};
use crate::place::{area_of, chain_of, compound_of};
use crate::seal::BlindIndex;

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
    pub(crate) places: Rows<PlaceCode, Option<PlaceDetails>>,
    pub(crate) households: Rows<(AreaCode, HouseholdId), Household>,
    pub(crate) persons: Rows<(AreaCode, PersonId), Person>,
    pub(crate) numbers: HashMap<BlindIndex, Option<Registered>>,
    pub(crate) moved: Rows<(AreaCode, PersonId, HouseholdId), Moved>,
    /// Persons that an earlier sending of a loaded command registered.
    pub(crate) taken: HashSet<(AreaCode, PersonId)>,
    pub(crate) holders: BTreeMap<(AreaCode, String), HolderDetails>,
    pub(crate) counts: BTreeMap<PlaceCode, (i64, i64)>,
    pub(crate) looks: Vec<Value>,
    pub(crate) changes: Vec<Value>,
}

#[derive(Debug)]
pub(crate) struct Rows<K, V> {
    pub(crate) slots: HashMap<K, Option<V>>,
    dirty: HashSet<K>,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Rows { slots: HashMap::new(), dirty: HashSet::new() }
    }
}

impl<K: Hash + Eq + Clone + Ord, V> Rows<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.slots.get(key).and_then(Option::as_ref)
    }

    pub(crate) fn put(&mut self, key: K, row: V) {
        self.dirty.insert(key.clone());
        self.slots.insert(key, Some(row));
    }

    /// Marks the keys that are not loaded yet as absent and gives them back, sorted.
    pub(crate) fn claim(&mut self, keys: impl IntoIterator<Item = K>) -> Vec<K> {
        let mut fresh: Vec<K> =
            keys.into_iter().filter(|key| !self.slots.contains_key(key)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        self.slots.extend(fresh.iter().map(|key| (key.clone(), None)));
        fresh
    }

    /// The changed rows in key order.
    pub(crate) fn take_dirty(&mut self) -> Vec<K> {
        let mut keys: Vec<K> = self.dirty.drain().collect();
        keys.sort_unstable();
        keys
    }
}

impl State {
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

    /// Whether a row of a loaded import command was taken in before, under another command.
    pub fn was_taken(&self, area: AreaCode, id: PersonId) -> bool {
        self.taken.contains(&(area, id))
    }

    /// Who has a loaded number.
    pub fn registered(&self, index: BlindIndex) -> Option<Registered> {
        self.numbers.get(&index).copied().flatten()
    }

    /// Takes a number for registered, for a rehearsal of what has not been written.
    pub(crate) fn assume(&mut self, index: BlindIndex, registered: Registered) {
        self.numbers.insert(index, Some(registered));
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
                    LookedAt::Import(_) => (None, None),
                    // Where a look at a place has the place: both are codes that say where.
                    LookedAt::Case(of) | LookedAt::Receipt(of) => (None, Some(of.to_string())),
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
}
