//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use registry::seal::BlindIndex;
use store::Value;
use types::{AreaCode, CommandId, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::rows::{Contact, Investigation, Request, Source, Stay};
use crate::words::{Degree, Flow, Progress, Stage, Task};

/// What the registry has of somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    /// The county of the record.
    pub area: Option<AreaCode>,
    /// Where the person lives.
    pub place: Option<PlaceCode>,
    /// With whom.
    pub household: Option<HouseholdId>,
    /// Whose other name it is.
    pub same_as: Option<PersonId>,
}

/// A request as its row has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestRow {
    pub request: Request,
    pub note: String,
    pub answered: Option<(Micros, bool, String)>,
}

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) investigations: HashMap<UnitId, Investigation>,
    pub(crate) contacts: HashMap<UnitId, Contact>,
    /// Investigations and contacts that were looked for.
    pub(crate) looked: HashSet<UnitId>,
    /// Contacts whose sources are loaded.
    pub(crate) sources: HashMap<UnitId, BTreeMap<UnitId, Source>>,
    /// Contacts by source, for sources that were looked for.
    pub(crate) of_source: HashMap<UnitId, Vec<UnitId>>,
    /// Stays by investigation, with whether they were dropped.
    pub(crate) stays: HashMap<UnitId, BTreeMap<u32, (Stay, bool)>>,
    /// The follow-ups of persons that were looked for.
    pub(crate) of_person: HashMap<PersonId, Vec<UnitId>>,
    /// The investigations of persons that were looked for.
    pub(crate) cases_of: HashMap<PersonId, Vec<UnitId>>,
    pub(crate) homes: HashMap<PersonId, Home>,
    /// Whose number it is: in the registry, or of a contact whom the registry does not have.
    pub(crate) numbers: HashMap<BlindIndex, PersonId>,
    pub(crate) looked_numbers: HashSet<BlindIndex>,
    pub(crate) dirty_investigations: HashSet<UnitId>,
    pub(crate) dirty_contacts: HashSet<UnitId>,
    pub(crate) dirty_sources: HashSet<(UnitId, UnitId)>,
    pub(crate) dirty_stays: HashSet<(UnitId, u32)>,
    pub(crate) requests: BTreeMap<(UnitId, i64), RequestRow>,
    pub(crate) history: Vec<Value>,
    pub(crate) history_lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) counts: BTreeMap<(AreaCode, Stage, Degree), i64>,
    pub(crate) dues: BTreeMap<(AreaCode, String, Task, Micros), i64>,
    pub(crate) progress: BTreeMap<(AreaCode, Progress), i64>,
    pub(crate) flows: BTreeMap<(AreaCode, Micros, Flow), i64>,
}

impl State {
    /// A loaded investigation.
    pub fn investigation(&self, id: UnitId) -> Option<&Investigation> {
        self.investigations.get(&id)
    }

    /// A loaded contact.
    pub fn contact(&self, id: UnitId) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    /// The follow-ups of a person who was looked for, the first first.
    pub fn of_person(&self, person: PersonId) -> Vec<&Contact> {
        let ids = self.of_person.get(&person).into_iter().flatten();
        let mut found: Vec<&Contact> = ids.filter_map(|id| self.contacts.get(id)).collect();
        found.sort_by_key(|contact| (contact.n, contact.id));
        found
    }

    /// The open follow-up of a person who was looked for.
    pub fn open_of(&self, person: PersonId) -> Option<&Contact> {
        self.of_person(person).into_iter().find(|contact| contact.is_open())
    }

    /// The infection that a person has by an investigation that came to something.
    pub fn case_of(&self, person: PersonId) -> Option<&Investigation> {
        let ids = self.cases_of.get(&person).into_iter().flatten();
        let standing = |i: &&Investigation| i.progress != Progress::Closed && i.person == person;
        let found = ids.filter_map(|id| self.investigations.get(id)).filter(standing);
        found.max_by_key(|i| (i.since, i.id))
    }

    /// The contacts and investigations that this group changed, for boards.
    pub fn touched(&self) -> impl Iterator<Item = AreaCode> + '_ {
        let contacts = self.dirty_contacts.iter().filter_map(|id| self.contacts.get(id));
        let investigations = self.dirty_investigations.iter().map(|id| id.area());
        contacts.map(|contact| contact.county).chain(investigations)
    }

    /// Tells where somebody lives who was registered in this same group.
    pub fn learn_home(&mut self, person: PersonId, home: Home, number: Option<BlindIndex>) {
        self.homes.insert(person, home);
        if let Some(number) = number {
            self.numbers.insert(number, person);
        }
    }

    /// The standing sources of a loaded contact.
    pub(crate) fn standing(&self, contact: UnitId) -> Vec<&Source> {
        let sources = self.sources.get(&contact).into_iter().flat_map(BTreeMap::values);
        sources.filter(|source| !source.void).collect()
    }
}
