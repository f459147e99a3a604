//! Who sits where. Pure.

use std::collections::BTreeSet;

use types::UnitId;

/// The name of a seat: rows of four, lettered from left to right, in a coach; numbers in a small
/// vehicle.
fn label(seats: usize, n: usize) -> String {
    if seats <= 9 {
        return format!("{}", n + 1);
    }
    format!("{}{}", n / 4 + 1, char::from(b'A' + (n % 4) as u8))
}

fn lying(n: usize) -> String {
    format!("L{}", n + 1)
}

/// Seats for parties: people of one sit in a row of their own, with an empty row between two as far
/// as there are rows enough; else one after the other. `taken` are the seats that are somebody's.
/// `None` when there is no room.
pub(crate) fn seat(
    (seats, stretchers): (i64, i64),
    taken: &BTreeSet<&str>,
    parties: &[Vec<(UnitId, bool)>],
) -> Option<Vec<(UnitId, String)>> {
    let seats = usize::try_from(seats).ok()?;
    let stretchers = usize::try_from(stretchers).ok()?;
    let mut beds = (0..stretchers).map(lying).filter(|name| !taken.contains(name.as_str()));
    let mut placed = Vec::new();
    let mut sitting: Vec<Vec<UnitId>> = Vec::new();
    for party in parties {
        let mut sit = Vec::new();
        for (ride, lies) in party {
            if *lies { placed.push((*ride, beds.next()?)) } else { sit.push(*ride) }
        }
        if !sit.is_empty() {
            sitting.push(sit);
        }
    }
    let free: Vec<bool> = (0..seats).map(|n| !taken.contains(label(seats, n).as_str())).collect();
    let all_free = free.iter().all(|free| *free);
    let rows = |party: &Vec<UnitId>| party.len().div_ceil(4) * 4;
    let rowed: usize = sitting.iter().map(rows).sum();
    let gaps = 4 * sitting.len().saturating_sub(1);
    let step = |party: &Vec<UnitId>| match () {
        // The last row may be shorter than four.
        () if all_free && rowed + gaps <= seats.next_multiple_of(4) && fits(&sitting, seats, 4) => {
            Some(rows(party) + 4)
        }
        () if all_free && rowed <= seats.next_multiple_of(4) && fits(&sitting, seats, 0) => {
            Some(rows(party))
        }
        () => None,
    };
    let mut at = 0;
    let mut next = free.iter().enumerate().filter(|(_, free)| **free).map(|(n, _)| n);
    for party in &sitting {
        match step(party) {
            Some(width) => {
                placed.extend(party.iter().enumerate().map(|(n, r)| (*r, label(seats, at + n))));
                at += width;
            }
            None => {
                for ride in party {
                    placed.push((*ride, label(seats, next.next()?)));
                }
            }
        }
    }
    Some(placed)
}

/// Whether every party ends within the seats when each begins a row.
fn fits(parties: &[Vec<UnitId>], seats: usize, gap: usize) -> bool {
    let mut at = 0;
    parties.iter().all(|party| {
        let ends = at + party.len();
        at += party.len().div_ceil(4) * 4 + gap;
        ends <= seats
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use types::{AreaCode, UnitKind};

    fn ride(n: u32) -> UnitId {
        let area = AreaCode::new(220_202).expect("six digits");
        UnitId::derived(UnitKind::new('X'), area, &[&n.to_be_bytes()])
    }

    fn party(from: u32, size: u32, lies: bool) -> Vec<(UnitId, bool)> {
        (from..from + size).map(|n| (ride(n), lies)).collect()
    }

    fn names(seated: Option<Vec<(UnitId, String)>>) -> Vec<String> {
        seated.expect("room").into_iter().map(|(_, seat)| seat).collect()
    }

    #[test]
    fn parties_keep_a_row_between_them_as_long_as_there_is_one() {
        let parties = [party(0, 5, false), party(10, 2, false)];
        let apart = names(seat((54, 0), &BTreeSet::new(), &parties));
        assert_eq!(apart, ["1A", "1B", "1C", "1D", "2A", "4A", "4B"]);
        let rowed = names(seat((12, 0), &BTreeSet::new(), &parties));
        assert_eq!(rowed[5..], ["3A", "3B"]);
        let dense = names(seat((7, 0), &BTreeSet::new(), &parties));
        assert_eq!(dense, ["1", "2", "3", "4", "5", "6", "7"]);
        assert_eq!(seat((6, 0), &BTreeSet::new(), &parties), None);
    }

    #[test]
    fn who_lies_gets_a_place_to_lie_and_nobody_gets_a_seat_that_is_taken() {
        let taken = BTreeSet::from(["L1", "1"]);
        let parties = [party(0, 1, true), party(1, 1, false)];
        assert_eq!(names(seat((3, 2), &taken, &parties)), ["L2", "2"]);
        assert_eq!(seat((3, 1), &taken, &parties), None);
    }

    proptest! {
        #[test]
        fn nobody_shares_a_seat(
            seats in 1i64..60,
            sizes in prop::collection::vec(1u32..9, 0..14),
            taken in prop::collection::btree_set(0usize..60, 0..20),
        ) {
            let taken: Vec<String> = taken.into_iter().map(|n| label(seats as usize, n)).collect();
            let taken: BTreeSet<&str> = taken.iter().map(String::as_str).collect();
            let mut from = 0;
            let parties: Vec<_> = sizes.iter().map(|n| { from += 100; party(from, *n, false) }).collect();
            let wanted: usize = sizes.iter().map(|n| *n as usize).sum();
            let free = (0..seats as usize).filter(|n| !taken.contains(label(seats as usize, *n).as_str()));
            let free = free.count();
            match seat((seats, 0), &taken, &parties) {
                Some(seated) => {
                    let different: BTreeSet<&str> = seated.iter().map(|(_, s)| s.as_str()).collect();
                    prop_assert_eq!(different.len(), wanted);
                    prop_assert!(different.is_disjoint(&taken));
                }
                None => prop_assert!(wanted > free),
            }
        }
    }
}
