//! How donations are shared and where households go whose shop closes: by example and by property.

use proptest::prelude::*;
use supply::allocate::{Claim, MOST_DAYS, allocate, divide};
use supply::reassign::{Orphans, Room, reassign};
use supply::{Good, ServesWhy};
use types::{HolderCode, PlaceCode};

fn community(n: u32) -> PlaceCode {
    PlaceCode::parse(&format!("2202020010{n:02}")).expect("a community")
}

fn claim(n: u32, people: i64, special: i64, days: Option<i64>) -> Claim {
    Claim { community: community(n), people, special, days }
}

fn shop(n: u32) -> HolderCode {
    HolderCode::parse(&format!("shop:S{n:02}")).expect("a holder")
}

#[test]
fn whoever_waited_longer_gets_more() {
    let claims = [claim(1, 1_000, 0, Some(1)), claim(2, 1_000, 0, Some(3))];
    let shares = allocate(Good::Vegetables, 400_000, 1_000, &claims);
    let amounts: Vec<i64> = shares.iter().map(|share| share.amount).collect();
    assert_eq!(amounts, [100_000, 300_000]);
    assert_eq!(shares[1].weight, 3_000);
}

#[test]
fn infants_come_before_everybody_else() {
    // 10 households with an infant need 9 kg; of 12 kg the rest goes by people and days.
    let claims = [claim(1, 5_000, 0, Some(10)), claim(2, 100, 10, Some(1))];
    let shares = allocate(Good::MilkPowder, 12_000, 900, &claims);
    let of = |n: u32| shares.iter().find(|share| share.community == community(n)).expect("a share");
    assert_eq!(of(2).special, 9_000);
    assert_eq!(of(1).special, 0);
    assert_eq!(of(1).amount + of(2).amount, 12_000);
    // Where there is too little for all of them, nobody else gets any.
    let scarce = allocate(Good::MilkPowder, 4_500, 900, &claims);
    assert_eq!(scarce.len(), 1);
    assert_eq!((scarce[0].amount, scarce[0].special), (4_500, 4_500));
}

#[test]
fn who_never_had_a_share_weighs_as_who_waited_longest() {
    let never = allocate(Good::Oil, 1_000, 1, &[claim(1, 10, 0, None)]);
    assert_eq!(never[0].days, MOST_DAYS);
    assert!(allocate(Good::Oil, 1_000, 1, &[]).is_empty());
    assert!(allocate(Good::Oil, 1_000, 1, &[claim(1, 0, 0, Some(3))]).is_empty());
}

#[test]
fn households_go_next_door_before_they_go_far() {
    let orphans = [Orphans { community: community(1).to_string(), households: 900 }];
    let room = |n, place: &str, free| Room { shop: shop(n), place: place.to_owned(), free };
    let rooms = [
        room(1, "220202009001", 5_000),
        room(2, "220202001001", 300),
        room(3, "220202001005", 400),
    ];
    let moved = reassign(&orphans, &rooms);
    let told: Vec<_> = moved.iter().map(|m| (m.shop.clone(), m.households, m.why)).collect();
    assert_eq!(
        told,
        [
            (Some(shop(2)), 300, ServesWhy::SameCommunity),
            (Some(shop(3)), 400, ServesWhy::SameStreet),
            (Some(shop(1)), 200, ServesWhy::SameCounty),
        ]
    );
    let none = reassign(&orphans, &[]);
    assert_eq!((none[0].shop.clone(), none[0].households), (None, 900));
    assert_eq!(none[0].why, ServesWhy::NoRoom);
}

fn claims() -> impl Strategy<Value = Vec<Claim>> {
    let one = (0..5_000i64, 0..40i64, proptest::option::of(0..30i64));
    proptest::collection::vec(one, 0..30).prop_map(|all| {
        (0..).zip(all).map(|(n, (people, special, days))| claim(n, people, special, days)).collect()
    })
}

proptest! {
    #[test]
    fn not_a_gram_of_a_donation_is_lost(
        claims in claims(),
        amount in 0..10_000_000i64,
        pack in 1..5_000i64,
        good in proptest::sample::select(Good::ALL.to_vec()),
    ) {
        let shares = allocate(good, amount, pack, &claims);
        let given: i64 = shares.iter().map(|share| share.amount).sum();
        let anybody = claims.iter().any(|claim| claim.people > 0);
        if anybody {
            prop_assert_eq!(given, amount);
        } else {
            prop_assert!(given <= amount);
        }
        for share in &shares {
            prop_assert!(share.amount > 0 && share.special <= share.amount);
        }
        // Nobody beyond the first need gets any while that is not met.
        if let Some((_, each)) = good.first_for() {
            let wanted: i64 = claims.iter().map(|c| (c.special * each + pack - 1) / pack).sum();
            if wanted > amount / pack {
                for share in &shares {
                    prop_assert!(share.amount - share.special < pack);
                }
            }
        }
    }

    #[test]
    fn what_is_divided_is_whole_and_in_proportion(
        n in 0..1_000_000i64,
        weights in proptest::collection::vec(0..1_000i64, 1..40),
    ) {
        let parts = divide(n, &weights);
        let all: i64 = weights.iter().sum();
        if all > 0 {
            prop_assert_eq!(parts.iter().sum::<i64>(), n);
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = n as f64 * *weight as f64 / all as f64;
                prop_assert!((*part as f64 - exact).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn every_household_of_a_closed_shop_has_another_or_is_named(
        orphans in proptest::collection::vec((0..90u32, 0..2_000i64), 0..20),
        rooms in proptest::collection::vec((0..90u32, 0..1_500i64), 0..20),
    ) {
        let mut seen = std::collections::BTreeMap::new();
        for (place, households) in orphans {
            seen.insert(community(place % 90).to_string(), households);
        }
        let orphans: Vec<Orphans> = seen
            .iter()
            .map(|(community, n)| Orphans { community: community.clone(), households: *n })
            .collect();
        let rooms: Vec<Room> = (0..)
            .zip(rooms)
            .map(|(n, (place, free))| {
                Room { shop: shop(n), place: community(place % 90).to_string(), free }
            })
            .collect();
        let moved = reassign(&orphans, &rooms);
        for orphan in &orphans {
            let of = moved.iter().filter(|m| m.community == orphan.community);
            prop_assert_eq!(of.map(|m| m.households).sum::<i64>(), orphan.households);
        }
        for room in &rooms {
            let taken = moved.iter().filter(|m| m.shop.as_ref() == Some(&room.shop));
            prop_assert!(taken.map(|m| m.households).sum::<i64>() <= room.free);
        }
        let left: i64 = moved.iter().filter(|m| m.shop.is_none()).map(|m| m.households).sum();
        let free: i64 = rooms.iter().map(|room| room.free).sum();
        let all: i64 = orphans.iter().map(|orphan| orphan.households).sum();
        prop_assert_eq!(left, (all - free).max(0));
    }
}
