//! Closed doors: around cases, over whole areas, and their lifting.

use super::run::Response;
use crate::epidemic::{Agent, Lock};

impl Response {
    /// The area's rule of the day; a change goes to every building in scope.
    pub(crate) fn close_area(&mut self, date: jiff::civil::Date, wider: bool) {
        let area = self.lock_level(&self.plan.zones.area, date);
        if area == self.area && !wider {
            return;
        }
        self.area = area;
        for building in 0..self.all.buildings() {
            self.apply(building, self.truth.day(), date);
        }
    }

    /// Closes the building and compound of a case, or keeps them closed for longer.
    pub(crate) fn close_around(&mut self, agent: Agent, day: u32, date: jiff::civil::Date) {
        let zones = &self.plan.zones;
        let until = day + zones.lift_after.count_on(date);
        let closes = zones.building.on(date) > 0.0 || zones.compound.on(date) > 0.0;
        if !closes || until == day {
            return;
        }
        let building = self.all.building_of(self.all.household_of(agent));
        let compound = self.all.compound_of(building);
        let known = self.building_until[building as usize];
        self.building_until[building as usize] = known.max(until as u16);
        let fresh = u32::from(self.compound_until[compound as usize]) <= day;
        self.compound_until[compound as usize] =
            self.compound_until[compound as usize].max(until as u16);
        self.lift_on.entry(until).or_default().push(compound);
        if fresh {
            for other in self.all.buildings_of(compound) {
                self.apply(other, day, date);
            }
        } else {
            self.apply(building, day, date);
        }
    }

    /// Keeps closed what was closed around a case that was found before the run began.
    pub(crate) fn keep_closed(
        &mut self,
        agent: Agent,
        found: u32,
        today: u32,
        date: jiff::civil::Date,
    ) {
        let zones = &self.plan.zones;
        let until = found + zones.lift_after.count_on(date);
        let closes = zones.building.on(date) > 0.0 || zones.compound.on(date) > 0.0;
        if !closes || until <= today {
            return;
        }
        let building = self.all.building_of(self.all.household_of(agent));
        let compound = self.all.compound_of(building);
        let known = &mut self.building_until[building as usize];
        *known = (*known).max(until as u16);
        let known = &mut self.compound_until[compound as usize];
        *known = (*known).max(until as u16);
        self.lift_on.entry(until).or_default().push(compound);
        for other in self.all.buildings_of(compound) {
            self.apply(other, today, date);
        }
    }

    /// Opens what has had no case for long enough.
    pub(crate) fn lift(&mut self, day: u32) {
        let date = self.plan.date_of(day);
        for compound in self.lift_on.remove(&day).unwrap_or_default() {
            for building in self.all.buildings_of(compound) {
                self.apply(building, day, date);
            }
        }
    }

    /// Sets a building's lock to the strictest rule that holds for it.
    pub(crate) fn apply(&mut self, building: u32, day: u32, date: jiff::civil::Date) {
        let zones = &self.plan.zones;
        let mut lock = Lock::Open;
        let people = self.all.in_building(building);
        if self.scope.place(people.start).is_some() {
            lock = self.area;
        }
        let compound = self.all.compound_of(building) as usize;
        if u32::from(self.compound_until[compound]) > day {
            lock = lock.max(self.lock_level(&zones.compound, date));
        }
        if u32::from(self.building_until[building as usize]) > day {
            lock = lock.max(self.lock_level(&zones.building, date));
        }
        lock = lock.max(self.zone_lock(building, day));
        let here = u64::from(people.end - people.start);
        let before = self.truth.lock_of(building);
        if before == Lock::Open && lock != Lock::Open {
            self.locked_down += here;
        } else if before != Lock::Open && lock == Lock::Open {
            self.locked_down -= here;
        }
        self.truth.lock_building(building, lock);
    }
}
