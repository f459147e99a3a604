//! What is in a pack for a household that cannot order: pure.

use crate::command::Part;
use crate::words::{Good, Need};

/// What of the rice and flour of a diabetic household is given as vegetables instead, in per cent: a setting of this
/// program, for a nurse to overrule; it replaces no diet.
const DIABETIC_SHIFT: i64 = 50;
/// A child's milk powder a day, in grams: the week's 900 g of [`Good::first_for`].
const INFANT_A_DAY: i64 = 130;

/// What a household of so many people with these needs eats in so many days, by the rations of
/// [`Good::ration`]. Whoever eats halal gets no pork, and as much more of rice and vegetables.
pub fn pack_for(people: i64, needs: &[Need], days: i64) -> Vec<Part> {
    let eaten = people.max(1) * days.max(1);
    let of = |good: Good| good.ration().unwrap_or(0) * eaten;
    let (mut vegetables, mut staples, mut pork) =
        (of(Good::Vegetables), of(Good::Staples), of(Good::Pork));
    if needs.contains(&Need::Halal) {
        vegetables += pork / 2;
        staples += pork - pork / 2;
        pork = 0;
    }
    if needs.contains(&Need::Diabetic) {
        let shifted = staples * DIABETIC_SHIFT / 100;
        staples -= shifted;
        vegetables += shifted;
    }
    let infants = needs.iter().filter(|need| **need == Need::Infant).count().min(1) as i64;
    [
        (Good::Vegetables, vegetables),
        (Good::Staples, staples),
        (Good::Oil, of(Good::Oil)),
        (Good::Pork, pork),
        (Good::MilkPowder, infants * INFANT_A_DAY * days.max(1)),
    ]
    .into_iter()
    .filter(|(_, amount)| *amount > 0)
    .map(|(good, amount)| Part { good, amount })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(pack: &[Part], good: Good) -> i64 {
        pack.iter().filter(|part| part.good == good).map(|part| part.amount).sum()
    }

    proptest! {
        #[test]
        fn a_pack_follows_from_people_and_needs(people in 1..9i64, days in 1..8i64, needs in 0..64usize) {
            let needs: Vec<Need> =
                Need::ALL.iter().copied().enumerate().filter(|(n, _)| needs >> n & 1 == 1).map(|(_, need)| need).collect();
            let pack = pack_for(people, &needs, days);
            let plain = pack_for(people, &[], days);
            prop_assert!(pack.iter().all(|part| part.amount > 0));
            if needs.contains(&Need::Halal) {
                prop_assert_eq!(of(&pack, Good::Pork), 0);
            }
            // Nobody goes hungry for a need: what is left out comes as something else.
            let eaten = |pack: &[Part]| [Good::Vegetables, Good::Staples, Good::Oil, Good::Pork].map(|good| of(pack, good)).iter().sum::<i64>();
            prop_assert_eq!(eaten(&pack), eaten(&plain));
            prop_assert_eq!(of(&pack, Good::MilkPowder) > 0, needs.contains(&Need::Infant));
            prop_assert_eq!(of(&plain, Good::Vegetables), 300 * people * days);
        }
    }
}
