//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use registry::seal::BlindIndex;
use store::Value;
use types::{AreaCode, CommandId, Micros, PersonId, PlaceCode, UnitId};

use crate::keys::Key;
use crate::rows::{Case, EditRow, PairRow, Publication, Registered};
use crate::words::{FoundIn, Measure, Standing};

/// Measure, where found, hour of the event, hour of the recording.
pub(crate) type CountKey = (AreaCode, Micros, Measure, Option<FoundIn>, Micros);

/// County, measure, when, case, by which command, where found.
pub(crate) type TallyKey = (AreaCode, Measure, Micros, UnitId, CommandId, Option<FoundIn>);

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) cases: HashMap<UnitId, Case>,
    pub(crate) by_person: HashMap<PersonId, Vec<UnitId>>,
    pub(crate) merged: HashMap<UnitId, Vec<UnitId>>,
    pub(crate) people: HashMap<PersonId, Registered>,
    pub(crate) keys: HashMap<BlindIndex, Vec<UnitId>>,
    pub(crate) pairs: HashMap<(UnitId, UnitId), PairRow>,
    pub(crate) edits: HashMap<CommandId, Vec<EditRow>>,
    pub(crate) publications: HashMap<CommandId, Publication>,
    /// Stored counters of the windows that are to be published.
    pub(crate) sums: HashMap<CommandId, Vec<(Measure, Option<FoundIn>, i64)>>,
    pub(crate) dirty: HashSet<UnitId>,
    pub(crate) dirty_pairs: HashSet<(UnitId, UnitId)>,
    pub(crate) new_keys: BTreeMap<(BlindIndex, UnitId), Key>,
    /// Keys that cases have no more.
    pub(crate) dropped_keys: Vec<(BlindIndex, UnitId)>,
    pub(crate) new_edits: Vec<Value>,
    /// Edits taken back: their command, the case, and by which command.
    pub(crate) undone: Vec<(CommandId, UnitId, CommandId)>,
    pub(crate) new_publications: Vec<CommandId>,
    /// Positives by tube and person: case, when, withdrawn.
    pub(crate) positives: BTreeMap<(UnitId, PersonId), (UnitId, Micros, bool)>,
    /// What is counted or taken back, by case and command, with the time of recording.
    pub(crate) tallies: BTreeMap<TallyKey, (i64, Micros)>,
    pub(crate) history: Vec<Value>,
    pub(crate) history_lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) counts: BTreeMap<CountKey, i64>,
    /// What is to be added to the map: county, place, hour, where found.
    pub(crate) places: BTreeMap<(AreaCode, String, Micros, Option<FoundIn>), i64>,
    /// What is to be added to what the desks have before them.
    pub(crate) now: BTreeMap<(AreaCode, Standing), i64>,
}

impl State {
    /// A loaded case.
    pub fn case(&self, id: UnitId) -> Option<&Case> {
        self.cases.get(&id)
    }

    /// Every loaded case, for the desks that work on them.
    pub fn loaded(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.cases.keys().copied()
    }

    /// The persons whose records in the registry are loaded.
    pub fn known_persons(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.people.keys().copied()
    }

    /// Where the persons live whose records in the registry are loaded.
    pub fn known_places(&self) -> impl Iterator<Item = &PlaceCode> {
        self.people.values().filter_map(|known| known.place.as_ref())
    }

    /// The persons whose cases were looked for: those who have one, or are to have one.
    pub fn sought_persons(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.by_person.keys().copied()
    }

    /// The cases that this group changed, for caches and boards.
    pub fn touched(&self) -> impl Iterator<Item = &Case> {
        self.dirty.iter().filter_map(|id| self.cases.get(id))
    }

    /// Tells what the registry has of a person who was registered in this same group.
    pub fn learn_person(&mut self, person: PersonId, registered: Registered) {
        self.people.insert(person, registered);
    }

    /// The record that stands for a case: itself, or the one that it was merged into.
    pub fn standing(&self, id: UnitId) -> Option<&Case> {
        let case = self.cases.get(&id)?;
        match case.merged_into {
            Some(keep) => self.cases.get(&keep),
            None => Some(case),
        }
    }

    /// The case that a person has: an open one before one that has ended, and none that turned out
    /// to be no case.
    pub fn case_of(&self, person: PersonId) -> Option<&Case> {
        let ids = self.by_person.get(&person)?;
        let mut found: Vec<&Case> =
            ids.iter().filter_map(|id| self.standing(*id)).filter(|case| !case.is_none()).collect();
        found.sort_by_key(|case| (!case.is_open(), std::cmp::Reverse(case.found_at), case.id));
        found.first().copied()
    }

    /// The records that were merged into a case.
    pub(crate) fn merged_into(&self, keep: UnitId) -> Vec<&Case> {
        let ids = self.merged.get(&keep).into_iter().flatten();
        ids.filter_map(|id| self.cases.get(id)).filter(|c| c.merged_into == Some(keep)).collect()
    }
}
