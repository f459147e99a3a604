//! Sweeps on the map: how many households of what lies below a place are to be found by the sweeps that go on,
//! and how many were.

use std::collections::BTreeMap;

use registry::place::{chain_of, parent_of};
use store::Connection;
use types::{AreaScope, PlaceCode};
use zones::sweep::Doors;
use zones::{is_within, views};

use crate::Fault;

/// Most sweeps that are looked at.
const MOST: i64 = 2_000;

/// Households by what was found, of each place directly below one.
///
/// # Errors
/// A fault of the store.
pub async fn below(
    db: &mut Connection,
    place: &PlaceCode,
    scope: AreaScope,
) -> Result<BTreeMap<PlaceCode, Doors>, Fault> {
    let mut found: BTreeMap<PlaceCode, Doors> = BTreeMap::new();
    for sweep in views::open_sweeps(db, scope, None, MOST).await? {
        if sweep.place != *place && is_within(&sweep.place, place) {
            let chain = chain_of(&sweep.place);
            let child = chain.into_iter().find(|code| parent_of(code).as_ref() == Some(place));
            if let Some(child) = child {
                add(found.entry(child).or_default(), sweep.doors);
            }
        } else if is_within(place, &sweep.place) {
            // It is wider than what lies below: its parts tell of each.
            for part in views::parts(db, sweep.id).await? {
                if parent_of(&part.place).as_ref() == Some(place) {
                    add(found.entry(part.place).or_default(), part.doors);
                }
            }
        }
    }
    Ok(found)
}

fn add(slot: &mut Doors, doors: Doors) {
    slot.todo += doors.todo;
    slot.found += doors.found;
    slot.absent += doors.absent;
    slot.refused += doors.refused;
}

/// Of all households, how many were found, in percent; nothing where there is none.
pub fn percent(doors: Doors) -> Option<i64> {
    (doors.all() > 0).then(|| doors.found * 100 / doors.all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_is_everybody() {
        let doors = Doors { found: 199, todo: 1, ..Doors::default() };
        assert_eq!(percent(doors), Some(99));
        assert_eq!(percent(Doors { found: 3, ..Doors::default() }), Some(100));
        assert_eq!(percent(Doors::default()), None);
    }
}
