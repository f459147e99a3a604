//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::Value;
use types::{AreaCode, CommandId, HouseholdId, Micros, PlaceCode, UnitId};

use crate::checklist::LiftFacts;
use crate::rows::{Evidence, Refused, Stretch, Zone, is_within};
use crate::sweep::{Doors, Home, Stray, Sweep, Visited};
use crate::words::{Flow, Level};

/// Zones, households and persons that are to be added to a counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub zones: i64,
    pub households: i64,
    pub persons: i64,
}

/// The loaded rows and what is to be added to counters.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) zones: HashMap<UnitId, Zone>,
    pub(crate) looked: HashSet<UnitId>,
    /// Counties whose standing zones are all loaded.
    pub(crate) counties: HashSet<AreaCode>,
    /// What stands where, of what is loaded.
    pub(crate) at: BTreeMap<PlaceCode, UnitId>,
    /// Grounds by zone, for zones that were looked for.
    pub(crate) cases: HashMap<UnitId, BTreeMap<UnitId, Evidence>>,
    /// Zones by case, for cases that were looked for.
    pub(crate) of_case: HashMap<UnitId, Vec<UnitId>>,
    /// Households and persons of places that the registry has.
    pub(crate) places: HashMap<PlaceCode, (i64, i64)>,
    /// When cases were found.
    pub(crate) found: HashMap<UnitId, Micros>,
    /// How the checklists stand, but for what is counted here.
    pub(crate) lifts: HashMap<UnitId, LiftFacts>,
    pub(crate) sweeps: HashMap<UnitId, Sweep>,
    /// The open sweep of each place that was looked for.
    pub(crate) swept: HashMap<PlaceCode, Option<UnitId>>,
    /// Households of sweeps, of those that were looked for.
    pub(crate) homes: HashMap<(UnitId, HouseholdId), Visited>,
    pub(crate) looked_homes: HashSet<(UnitId, HouseholdId)>,
    /// What the registry has at places that are to be swept.
    pub(crate) registered: HashMap<PlaceCode, Vec<Home>>,
    pub(crate) strays: HashMap<UnitId, Stray>,
    pub(crate) dirty_sweeps: HashSet<UnitId>,
    pub(crate) dirty_homes: HashSet<(UnitId, HouseholdId)>,
    pub(crate) dirty_strays: HashSet<UnitId>,
    pub(crate) parts: BTreeMap<(UnitId, PlaceCode), Doors>,
    pub(crate) tasks: BTreeMap<(UnitId, PlaceCode), (String, Micros)>,
    pub(crate) visits: Vec<Value>,
    pub(crate) dirty: HashSet<UnitId>,
    pub(crate) dirty_cases: HashSet<(UnitId, UnitId)>,
    pub(crate) stretches: BTreeMap<(UnitId, i64), Stretch>,
    pub(crate) refused: BTreeMap<(PlaceCode, Level), Refused>,
    pub(crate) history: Vec<Value>,
    pub(crate) history_lines: HashMap<(UnitId, CommandId), i64>,
    pub(crate) counts: BTreeMap<(AreaCode, Level), Sum>,
    pub(crate) flows: BTreeMap<(AreaCode, Micros, Flow), i64>,
}

impl State {
    /// A loaded zone.
    pub fn zone(&self, id: UnitId) -> Option<&Zone> {
        self.zones.get(&id)
    }

    /// The zone that stands at a place, of a county whose zones are loaded.
    pub fn stands_at(&self, place: &PlaceCode) -> Option<&Zone> {
        self.zones.get(self.at.get(place)?).filter(|zone| zone.stands())
    }

    /// The innermost zone in which a place lies.
    pub fn innermost(&self, place: &PlaceCode) -> Option<&Zone> {
        registry::place::chain_of(place).iter().find_map(|at| self.stands_at(at))
    }

    /// The innermost zone around a place, the place itself left out.
    pub(crate) fn around(&self, place: &PlaceCode) -> Option<&Zone> {
        registry::place::chain_of(place).iter().skip(1).find_map(|at| self.stands_at(at))
    }

    /// The zones that stand inside a place, the place itself left out.
    pub fn inside(&self, place: &PlaceCode) -> Vec<&Zone> {
        let after = self.at.range(place.clone()..);
        let near = after.take_while(|(at, _)| at.as_str().starts_with(place.as_str()));
        near.filter(|(at, _)| *at != place && is_within(at, place))
            .filter_map(|(_, id)| self.zones.get(id))
            .filter(|zone| zone.stands())
            .collect()
    }

    /// How many locked and controlled areas stand in a county whose zones are loaded.
    pub(crate) fn stricter_than_precaution(&self, area: AreaCode) -> i64 {
        let stand = self.zones.values().filter(|z| z.stands() && z.area() == area);
        stand.filter(|z| z.level != Level::Precaution).count() as i64
    }

    /// The zones of which a case is a ground that stands.
    pub(crate) fn grounded_on(&self, case: UnitId) -> Vec<(&Zone, Evidence)> {
        let ids = self.of_case.get(&case).into_iter().flatten();
        let mut found: Vec<(&Zone, Evidence)> = ids
            .filter_map(|id| {
                let evidence = self.cases.get(id)?.get(&case)?;
                (!evidence.void).then_some((self.zones.get(id)?, *evidence))
            })
            .collect();
        found.sort_by_key(|(zone, _)| zone.id);
        found
    }

    /// The sweeps that this group has to do with.
    pub fn loaded_sweeps(&self) -> impl Iterator<Item = &Sweep> {
        self.sweeps.values()
    }

    /// The areas that this group changed, for boards.
    pub fn touched(&self) -> impl Iterator<Item = AreaCode> + '_ {
        self.dirty.iter().chain(&self.dirty_sweeps).map(|id| id.area())
    }
}
