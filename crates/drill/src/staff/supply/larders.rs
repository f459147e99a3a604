//! What is true: whose door is closed, who eats what, and whom no list knows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use supply::Need;
use types::{AreaCode, HolderCode, HouseholdId, PlaceCode};
use zones::Level;

use super::lists::Due;
use crate::larder::Home;
use crate::pantry::Pantry;
use crate::run::Drill;
use crate::score::provided::{Counted, Forgotten};
use crate::town::Town;
use crate::{DrillError, Result};

/// Households that eat halal. Chosen.
const HALAL: f64 = 0.01;
/// Households with somebody who has diabetes. Chosen.
const DIABETIC: f64 = 0.1;
/// The door of the house that no list has, once somebody has registered it.
const GARAGE: &str = "车库";

impl Town {
    /// What the supply of a household depends on, of some households of one compound, by their first persons.
    fn larder_homes(&self, at: usize, firsts: &BTreeSet<u32>) -> Vec<Home> {
        let home = &self.homes[at];
        let mut found = Vec::new();
        for (n, household) in self.city.households_of(home.compound).enumerate() {
            let Some(persons) = home.households.get(n) else { break };
            if !firsts.contains(&persons.start) {
                continue;
            }
            let (place, door) = (household.dwelling.code(), household.dwelling.door());
            let (mut takers, mut needs, mut can_order) = (Vec::new(), Vec::new(), true);
            let draw = |what: &str| self.draw(what, u64::from(persons.start)).unit();
            for (person, member) in persons.clone().zip(household.into_members()) {
                if member.needs.has(city::Need::Chronic) {
                    takers.push(person);
                }
                if member.needs.has(city::Need::Infant) {
                    needs.push(Need::Infant);
                }
                if member.needs.has(city::Need::ElderlyAlone) {
                    needs.push(Need::Alone);
                    can_order = draw("can order") >= self.provisions.plan.pantry.cannot_order.value;
                }
            }
            if !can_order {
                needs.push(Need::CannotOrder);
            }
            if !takers.is_empty() {
                needs.push(Need::Chronic);
            }
            if draw("halal") < HALAL {
                needs.push(Need::Halal);
            }
            if draw("diabetic") < DIABETIC {
                needs.push(Need::Diabetic);
            }
            needs.sort_unstable();
            needs.dedup();
            let id = registry::ids::household(&place, &door.to_string());
            let (area, persons) = (home.area, persons.clone());
            found.push(Home { id, place, area, persons, takers, needs, can_order });
        }
        found
    }

    /// The house that no list has, as one household.
    fn larder_lodging(&self) -> Home {
        let home = &self.homes[self.lodging.home];
        Home {
            id: registry::ids::household(&home.code, GARAGE),
            place: home.code.clone(),
            area: home.area,
            persons: self.lodging.persons.clone(),
            takers: Vec::new(),
            needs: Vec::new(),
            can_order: false,
        }
    }
}

impl Drill {
    /// Whether somebody eats at home.
    pub(super) fn eats_at_home(&self, person: u32) -> bool {
        let c = &self.chronicle;
        !c.is_isolated(person) && !c.is_quarantined(person) && !self.is_dead(person)
    }

    /// Whoever is behind a door sits down to a meal; in the morning medicine is taken.
    pub(super) fn eat(&mut self, first: bool) {
        self.truth.0.advance(self.now);
        let mut larder = std::mem::take(&mut self.supply.larder);
        larder.meal(|person| self.eats_at_home(person));
        if first {
            larder.dose(|person| self.eats_at_home(person));
        }
        self.supply.larder = larder;
    }

    /// Doors have closed or opened in some places: whoever lives there has a larder from now on, or goes shopping.
    pub(crate) fn close_larders(&mut self, ranges: &[Range<u32>]) {
        let held: Vec<Range<u32>> = self
            .chronicle
            .closed
            .iter()
            .filter(|zone| zone.until.is_none() && zone.level != Level::Precaution)
            .flat_map(|zone| zone.persons.clone())
            .collect();
        let mut closing: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for range in ranges {
            let mut person = range.start;
            while person < range.end {
                let lodger = self.town.is_lodger(person);
                let household = match lodger {
                    true => self.town.lodging.persons.clone(),
                    false => self.town.household_of(person),
                };
                let first = household.start;
                person = household.end.max(person + 1);
                let closed = held.iter().any(|range| range.contains(&first));
                let empty = lodger && self.chronicle.hidden.since.is_none();
                match (closed && !empty, self.supply.larder.is_closed(first)) {
                    (true, false) if lodger => self.shut(self.town.larder_lodging()),
                    (true, false) => {
                        closing.entry(self.town.home_of(first)).or_default().insert(first);
                    }
                    (false, true) => self.supply.larder.open(first),
                    _ => {}
                }
            }
        }
        for (at, firsts) in closing {
            for home in self.town.larder_homes(at, &firsts) {
                self.shut(home);
            }
        }
    }

    fn shut(&mut self, home: Home) {
        let (seed, now) = (self.config.seed, self.now);
        let pantry = &self.town.provisions.plan.pantry;
        let (first, people) = (home.persons.start, home.persons.end - home.persons.start);
        self.supply
            .larder
            .close(home, now, |time| Pantry::drawn(pantry, seed, first, time, people));
    }

    /// The end of a day: whom the system has under restriction beside who is, and whom nothing knows of.
    pub(crate) async fn count_larders(&mut self) -> Result<()> {
        if !self.config.work.supply {
            return Ok(());
        }
        // What has been decided since the last look holds, too.
        self.watch_zones().await?;
        let now = self.now;
        for forgotten in self.chronicle.supply.forgotten.values_mut() {
            forgotten.still = false;
        }
        for area in self.town.areas.clone() {
            let Some(grid) = self.supply.counties.get(&area).map(|county| county.grid) else {
                continue;
            };
            let mut due = self.read_due(grid).await?;
            if adds_up(&due).is_err() {
                // A zone may have ended between two reads of the server.
                due = self.read_due(grid).await?;
            }
            adds_up(&due).map_err(|why| DrillError::Lost(format!("{area}: {why}")))?;
            let listed: BTreeSet<HouseholdId> = due.households.iter().map(|row| row.id).collect();
            let known = self.known_otherwise(area);
            let behind: Vec<(HouseholdId, PlaceCode, bool)> = self
                .supply
                .larder
                .iter()
                .filter(|behind| behind.home.area == area)
                .map(|b| {
                    (b.home.id, b.home.place.clone(), self.town.is_lodger(b.home.persons.start))
                })
                .collect();
            let counted = Counted {
                at: now,
                behind: behind.len() as i64,
                all: due.all,
                served: due.served,
                not_due: due.not_due,
                overdue: due.overdue,
                medicine_overdue: due.medicine_overdue,
            };
            self.chronicle.supply.balance.insert(area, counted);
            let unregistered = self.chronicle.hidden.registered_at.is_none();
            for (id, place, lodger) in behind {
                if listed.contains(&id) || known.contains(&id) {
                    continue;
                }
                let new = Forgotten {
                    place,
                    since: now,
                    days: 0,
                    still: true,
                    unregistered: lodger && unregistered,
                };
                let forgotten = self.chronicle.supply.forgotten.entry(id).or_insert(new);
                forgotten.days += 1;
                forgotten.still = true;
            }
        }
        Ok(())
    }

    /// Households of a county of which an order knows.
    fn known_otherwise(&self, area: AreaCode) -> BTreeSet<HouseholdId> {
        let orders = self.chronicle.supply.orders.iter();
        let open =
            orders.filter(|(id, o)| id.area() == area && o.received_at.is_none() && !o.cancelled);
        open.map(|(_, order)| order.household).collect()
    }

    /// Whether the supply desk of a county is somebody's own.
    pub(crate) fn resume_supply(&mut self, holder: &HolderCode) {
        let area = match holder.kind() {
            "desk" => AreaCode::parse(holder.code()).ok(),
            "shop" => self.town.provisions.shop(holder).map(|shop| shop.area),
            "vehicle" => self
                .town
                .provisions
                .vans
                .iter()
                .find(|van| van.holder == *holder)
                .map(|van| van.area),
            _ => None,
        };
        if let Some(area) = area {
            self.look_at_roads(area, types::Span(0));
        }
    }
}

/// Served + not due + overdue = all, and all of them are on the list.
fn adds_up(due: &Due) -> std::result::Result<(), String> {
    let sum = due.served + due.not_due + due.overdue;
    let listed = due.households.len() as i64;
    match sum == due.all && listed == due.all {
        true => Ok(()),
        false => Err(format!(
            "of {} households under restriction {} are on the list, and {sum} are served, not due or overdue",
            due.all, listed
        )),
    }
}
