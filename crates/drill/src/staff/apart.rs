//! Where somebody is kept: one answer for wards, quarantine sites and doors, told to the truth.

use std::ops::Range;

use registry::place::compound_of;
use types::PlaceCode;
use zones::{Level, is_within};

use crate::run::Drill;
use crate::town::Town;
use crate::truth::Lock;

impl Town {
    /// Who lives at a place: a county, a street, a community, a compound or a part of one.
    pub(crate) fn residents_of(&self, place: &PlaceCode) -> Vec<Range<u32>> {
        let mut found: Vec<Range<u32>> = Vec::new();
        let whole = self.homes.iter().enumerate().filter(|(_, h)| is_within(&h.code, place));
        for (at, home) in whole {
            found.push(home.persons.clone());
            if self.lodging.home == at {
                found.push(self.lodging.persons.clone());
            }
        }
        if !found.is_empty() {
            return found;
        }
        let compound = compound_of(place);
        let Some(home) = self.homes.iter().find(|h| h.code == compound) else { return found };
        for (at, household) in self.city.households_of(home.compound).enumerate() {
            if is_within(&household.dwelling.code(), place)
                && let Some(persons) = home.households.get(at)
            {
                match found.last_mut() {
                    Some(last) if last.end == persons.start => last.end = persons.end,
                    _ => found.push(persons.clone()),
                }
            }
        }
        found
    }
}

impl Drill {
    /// Tells the truth where somebody is kept by all that was done to them.
    pub(crate) fn keep_apart(&mut self, person: u32) {
        let (now, c) = (self.now, &self.chronicle);
        if c.is_isolated(person) {
            self.truth.0.isolate(person, now);
        } else if c.is_quarantined(person) {
            self.truth.0.quarantine(person, now);
        } else if c.is_held(person) || c.is_at_home(person) {
            self.truth.0.hold(person, now);
        } else {
            self.truth.0.release(person, now);
        }
    }

    /// Tells the truth how far the people of some places may go, by the strictest of the zones there.
    pub(crate) fn lock_doors(&mut self, places: &[PlaceCode]) {
        let now = self.now;
        let standing: Vec<(Level, Vec<Range<u32>>)> = self
            .chronicle
            .closed
            .iter()
            .filter(|zone| zone.until.is_none())
            .map(|zone| (zone.level, zone.persons.clone()))
            .collect();
        let mut ranges: Vec<Range<u32>> =
            places.iter().flat_map(|place| self.town.residents_of(place)).collect();
        ranges.sort_by_key(|range| range.start);
        ranges.dedup();
        self.close_larders(&ranges);
        // What lies around comes first; a stricter part of it after that.
        for range in &ranges {
            self.truth.0.lock(range.clone(), Lock::Open, now);
        }
        for wanted in [Level::Controlled, Level::Locked] {
            let of = standing.iter().filter(|(level, _)| *level == wanted);
            for zone in of.flat_map(|(_, persons)| persons) {
                for range in &ranges {
                    let shared = range.start.max(zone.start)..range.end.min(zone.end);
                    if !shared.is_empty() {
                        self.truth.0.lock(shared, lock_of(wanted), now);
                    }
                }
            }
        }
    }
}

/// What a level does to doors. A precaution area forbids gatherings and closes none.
pub(crate) fn lock_of(level: Level) -> Lock {
    match level {
        Level::Locked => Lock::Door,
        Level::Controlled => Lock::Compound,
        Level::Precaution => Lock::Open,
    }
}
