//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::Value;
use types::{AreaCode, CommandId, HolderCode, HouseholdId, Micros, PersonId, UnitId};

use crate::open::Counted;
use crate::release::Test;
use crate::rows::{Bed, CarePlan, Consultation, Episode, Facility, OrderRow, Ward};
use crate::words::{BedState, Flow, Stage, StayEnd};

/// A ward: facility and code.
pub(crate) type WardKey = (HolderCode, String);

/// One time that a bed was somebody's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub bed: UnitId,
    pub person: PersonId,
    pub facility: HolderCode,
    pub ward: String,
    pub held_at: Micros,
    pub admitted_at: Option<Micros>,
    pub left_at: Option<Micros>,
    pub plan: String,
    pub reason: String,
    pub actor: String,
}

/// What a stay is counted under: the county, whether by ward or by case, and which.
pub(crate) type StayKey = (AreaCode, &'static str, String, String);

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) facilities: HashMap<HolderCode, Facility>,
    pub(crate) wards: HashMap<WardKey, Ward>,
    pub(crate) beds: HashMap<UnitId, Bed>,
    /// Wards all of whose beds are loaded.
    pub(crate) whole: HashSet<WardKey>,
    /// The beds of those wards, by label.
    pub(crate) beds_of: HashMap<WardKey, BTreeMap<String, UnitId>>,
    pub(crate) episodes: HashMap<UnitId, Episode>,
    pub(crate) looked: HashSet<UnitId>,
    pub(crate) places: BTreeMap<(UnitId, i64), Place>,
    pub(crate) households: HashMap<PersonId, HouseholdId>,
    /// Results of the testing desk.
    pub(crate) results: HashMap<PersonId, Vec<Test>>,
    pub(crate) dirty_facilities: HashSet<HolderCode>,
    pub(crate) dirty_wards: HashSet<WardKey>,
    pub(crate) dirty_beds: HashSet<UnitId>,
    pub(crate) dirty_episodes: HashSet<UnitId>,
    pub(crate) dirty_places: HashSet<(UnitId, i64)>,
    pub(crate) history: Vec<Value>,
    pub(crate) history_lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) counts: BTreeMap<(AreaCode, Stage, i64), i64>,
    pub(crate) alarms: BTreeMap<AreaCode, i64>,
    pub(crate) waits: BTreeMap<(AreaCode, Micros, i64), i64>,
    pub(crate) flows: BTreeMap<(AreaCode, Micros, Flow), i64>,
    /// Episodes whose plans, consultations and orders are loaded.
    pub(crate) at_bed: HashSet<UnitId>,
    pub(crate) plans: BTreeMap<(UnitId, i64), CarePlan>,
    pub(crate) consultations: BTreeMap<(UnitId, CommandId), Consultation>,
    pub(crate) orders: BTreeMap<(UnitId, CommandId), OrderRow>,
    pub(crate) dirty_plans: HashSet<(UnitId, i64)>,
    pub(crate) dirty_consultations: HashSet<(UnitId, CommandId)>,
    pub(crate) dirty_orders: HashSet<(UnitId, CommandId)>,
    pub(crate) steps: Vec<Value>,
    pub(crate) happened: Vec<Value>,
    /// Lines of `steps` and `happened` by episode and command: they are numbered.
    pub(crate) lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) stays: BTreeMap<(StayKey, i64, StayEnd), i64>,
    pub(crate) lying: BTreeMap<(StayKey, Micros), i64>,
    /// Where what is open was counted before the group.
    pub(crate) counted: Counted,
}

impl State {
    /// A loaded episode.
    pub fn episode(&self, id: UnitId) -> Option<&Episode> {
        self.episodes.get(&id)
    }

    /// The episode of a case, if it is loaded.
    pub fn of_case(&self, case: UnitId) -> Option<&Episode> {
        self.episodes.get(&crate::episode_of(case))
    }

    /// The loaded episodes.
    pub fn loaded(&self) -> impl Iterator<Item = &Episode> {
        self.episodes.values()
    }

    /// A loaded bed.
    pub fn bed(&self, id: UnitId) -> Option<&Bed> {
        self.beds.get(&id)
    }

    /// A loaded facility.
    pub fn facility(&self, code: &HolderCode) -> Option<&Facility> {
        self.facilities.get(code)
    }

    /// The episodes that this group changed, for boards.
    pub fn touched(&self) -> impl Iterator<Item = &Episode> {
        self.dirty_episodes.iter().filter_map(|id| self.episodes.get(id))
    }

    /// The counties of the beds and wards that this group changed, for boards.
    pub fn touched_areas(&self) -> impl Iterator<Item = AreaCode> + '_ {
        self.dirty_wards.iter().filter_map(|key| self.wards.get(key)).map(|ward| ward.area)
    }

    /// Tells with whom somebody lives who was registered in this same group.
    pub fn learn_household(&mut self, person: PersonId, household: HouseholdId) {
        self.households.insert(person, household);
    }

    /// The care plan that holds for somebody, if it is loaded.
    pub(crate) fn plan_of(&self, episode: UnitId) -> Option<&CarePlan> {
        let all = self.plans.range((episode, i64::MIN)..=(episode, i64::MAX));
        all.map(|(_, plan)| plan).find(|plan| plan.ended_at.is_none())
    }

    /// The latest version of somebody's care plan, whether it holds or not; 0 for none.
    pub(crate) fn plan_version(&self, episode: UnitId) -> i64 {
        let all = self.plans.range((episode, i64::MIN)..=(episode, i64::MAX));
        all.last().map_or(0, |((_, version), _)| *version)
    }

    /// The beds of a loaded ward in the order of their labels.
    pub(crate) fn beds_of<'a>(&'a self, ward: &WardKey) -> impl Iterator<Item = &'a Bed> + 'a {
        let beds = self.beds_of.get(ward);
        beds.into_iter().flat_map(|beds| beds.values()).filter_map(|id| self.beds.get(id))
    }

    pub(crate) fn keep_bed(&mut self, bed: Bed) {
        let key = (bed.facility.clone(), bed.ward.clone());
        self.beds_of.entry(key).or_default().insert(bed.label.clone(), bed.id);
        self.beds.insert(bed.id, bed);
    }

    /// Puts a bed into another state, and counts it there.
    pub(crate) fn set_bed(&mut self, id: UnitId, change: impl FnOnce(&mut Bed)) {
        let Some(bed) = self.beds.get_mut(&id) else { return };
        let before = bed.state;
        change(bed);
        let after = bed.state;
        let key = (bed.facility.clone(), bed.ward.clone());
        self.dirty_beds.insert(id);
        self.count_bed(&key, before, -1);
        self.count_bed(&key, after, 1);
    }

    pub(crate) fn count_bed(&mut self, key: &WardKey, state: BedState, by: i64) {
        if let Some(ward) = self.wards.get_mut(key) {
            ward.beds[state as usize] += by;
            self.dirty_wards.insert(key.clone());
        }
    }
}
