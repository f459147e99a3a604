//! Who is behind a closed door, and what they have to eat: the truth of the supply desk.
//!
//! Only these households are looked at; whoever may go shopping is not. A step costs as much as there are people
//! behind doors, however large the city is.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use supply::Need;
use types::{AreaCode, HouseholdId, Micros, PlaceCode};

use crate::pantry::{Pantry, Tally};

/// A household, as the city has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The registry's id.
    pub id: HouseholdId,
    /// Where it lives: an entrance or a house.
    pub place: PlaceCode,
    /// Its county.
    pub area: AreaCode,
    /// Its people.
    pub persons: Range<u32>,
    /// Those of them who take medicine every day.
    pub takers: Vec<u32>,
    /// What it needs that others do not.
    pub needs: Vec<Need>,
    /// Whether it can order by telephone.
    pub can_order: bool,
}

/// A household behind a closed door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Which.
    pub home: Home,
    /// Since when.
    pub since: Micros,
    /// What it has.
    pub pantry: Pantry,
}

/// What became of a household in all its time behind a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub id: HouseholdId,
    /// Where it lives.
    pub place: PlaceCode,
    /// How many people.
    pub people: u32,
    /// Since when the door is closed, if it is.
    pub since: Option<Micros>,
    /// What it ate.
    pub tally: Tally,
}

/// All households behind doors, by the number of their first person.
#[derive(Debug, Default)]
pub struct Larder {
    behind: BTreeMap<u32, Behind>,
    by_id: HashMap<HouseholdId, u32>,
    past: BTreeMap<u32, Told>,
    times: BTreeMap<u32, u32>,
}

fn count(persons: impl IntoIterator<Item = u32>, there: impl Fn(u32) -> bool) -> u32 {
    persons.into_iter().filter(|person| there(*person)).count() as u32
}

impl Larder {
    /// Whether the door of a household is closed.
    pub fn is_closed(&self, first: u32) -> bool {
        self.behind.contains_key(&first)
    }

    /// The door of a household is closed; `stock` draws what it has, by how often that happened.
    pub fn close(&mut self, home: Home, at: Micros, stock: impl FnOnce(u32) -> Pantry) {
        let first = home.persons.start;
        if self.is_closed(first) {
            return;
        }
        let time = self.times.entry(first).or_default();
        *time += 1;
        let pantry = stock(*time);
        self.by_id.insert(home.id, first);
        self.behind.insert(first, Behind { home, since: at, pantry });
    }

    /// The door of a household opens: it goes shopping.
    pub fn open(&mut self, first: u32) {
        let Some(behind) = self.behind.remove(&first) else { return };
        self.by_id.remove(&behind.home.id);
        let told = Told { since: None, ..told(&behind) };
        match self.past.get_mut(&first) {
            Some(past) => past.tally.add(told.tally),
            None => {
                self.past.insert(first, told);
            }
        }
    }

    /// A household behind a door.
    pub fn get(&self, id: HouseholdId) -> Option<&Behind> {
        self.behind.get(self.by_id.get(&id)?)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, id: HouseholdId) -> Option<&mut Behind> {
        self.behind.get_mut(self.by_id.get(&id)?)
    }

    /// The households behind doors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Behind> {
        self.behind.values()
    }

    /// How many households are behind doors.
    pub fn len(&self) -> usize {
        self.behind.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.behind.is_empty()
    }

    /// Whoever is at home sits down to a meal.
    pub fn meal(&mut self, at_home: impl Fn(u32) -> bool) {
        for behind in self.behind.values_mut() {
            let people = count(behind.home.persons.clone(), &at_home);
            behind.pantry.meal(people);
        }
    }

    /// A day of medicine for those who are at home.
    pub fn dose(&mut self, at_home: impl Fn(u32) -> bool) {
        for behind in self.behind.values_mut().filter(|behind| !behind.home.takers.is_empty()) {
            let takers = count(behind.home.takers.iter().copied(), &at_home);
            behind.pantry.dose(takers);
        }
    }

    /// What became of each household that was ever behind a door, in order.
    pub fn told(&self) -> Vec<Told> {
        let mut all: BTreeMap<u32, Told> = self.past.clone();
        for (first, behind) in &self.behind {
            let now = told(behind);
            match all.get_mut(first) {
                Some(before) => {
                    before.since = now.since;
                    before.tally.add(now.tally);
                }
                None => {
                    all.insert(*first, now);
                }
            }
        }
        all.into_values().collect()
    }
}

fn told(behind: &Behind) -> Told {
    Told {
        id: behind.home.id,
        place: behind.home.place.clone(),
        people: behind.home.persons.end - behind.home.persons.start,
        since: Some(behind.since),
        tally: behind.pantry.tally(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pantry::{MEALS, RATION};

    fn home(first: u32, people: u32) -> Home {
        let place = PlaceCode::parse("220202001001-01-001-0001").expect("a place");
        Home {
            id: registry::ids::household(&place, &first.to_string()),
            area: place.area().expect("a county"),
            place,
            persons: first..first + people,
            takers: vec![first],
            needs: Vec::new(),
            can_order: true,
        }
    }

    #[test]
    fn who_is_behind_no_door_misses_nothing_and_who_is_away_eats_elsewhere() {
        let mut larder = Larder::default();
        let at = Micros(0);
        for _ in 0..9 {
            larder.meal(|_| true);
            larder.dose(|_| true);
        }
        assert!(larder.told().is_empty(), "nobody is behind a door");

        larder.close(home(10, 2), at, |_| Pantry::with(2 * RATION, 1));
        larder.close(home(20, 3), at, |_| Pantry::with(0, 0));
        // The second of the first home is in a ward.
        for _ in 0..2 * MEALS {
            larder.meal(|person| person != 11);
        }
        (0..2).for_each(|_| larder.dose(|person| person != 11));
        let told = larder.told();
        assert_eq!((told[0].tally.meals, told[0].tally.missed), (6, 0));
        assert_eq!((told[0].tally.doses, told[0].tally.without), (2, 1));
        assert_eq!((told[1].tally.meals, told[1].tally.missed), (18, 18));

        // Whose door opens goes shopping; whose is closed again has what it has then, and its story goes on.
        larder.open(20);
        larder.meal(|_| true);
        assert_eq!(larder.told()[1].tally.meals, 18);
        assert_eq!(larder.told()[1].since, None);
        let id = home(20, 3).id;
        assert!(larder.get(id).is_none());
        larder.close(home(20, 3), at, |time| {
            assert_eq!(time, 2, "the second time");
            Pantry::with(3 * RATION, 0)
        });
        larder.meal(|_| true);
        let last = &larder.told()[1];
        assert_eq!((last.tally.meals, last.tally.missed, last.since), (21, 18, Some(at)));
        larder.get_mut(id).expect("behind").pantry.brings(100);
        assert_eq!(larder.told()[1].tally.came, 100);
    }
}
