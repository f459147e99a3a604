//! Packs for households that cannot order: who gets one, and what is in it.

use ledger::Decision;
use types::{HolderCode, HouseholdId, Refusal, UnitId};

use super::super::command::order_id;
use super::super::event::{Ordered, Placed};
use super::super::words::Via;
use super::super::{ACCEPT_WITHIN, DELIVER_WITHIN, PACK_DAYS_AT_MOST};
use super::Asking;
use super::placing::{opened, serving};
use crate::command::Part;
use crate::event::Home;
use crate::rows::Household;
use crate::rules::{Decided, few};
use crate::unmet::MILK_A_DAY;
use crate::words::{Good, Need};

/// What of the rice and flour of a diabetic household is given as vegetables instead, in per cent: a setting of this
/// program, for a nurse to overrule; it replaces no diet.
const DIABETIC_SHIFT: i64 = 50;

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
        (Good::MilkPowder, infants * MILK_A_DAY * days.max(1)),
    ]
    .into_iter()
    .filter(|(_, amount)| *amount > 0)
    .map(|(good, amount)| Part { good, amount })
    .collect()
}

/// Packs for those who are owed one; the others are named, each with the reason, and hold up nobody.
pub(super) fn packs(
    facts: &Asking<'_>,
    shop: &HolderCode,
    households: &[HouseholdId],
    days: i64,
) -> Decided {
    facts.open_site(shop)?;
    few(households.len())?;
    if !(1..=PACK_DAYS_AT_MOST).contains(&days) {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", days)
            .with("limit", PACK_DAYS_AT_MOST));
    }
    let mut decision = Decision::default();
    for (n, id) in (0u32..).zip(households) {
        if households[..n as usize].contains(id) {
            return Err(Refusal::new("household-named-twice"));
        }
        match owed(facts, shop, *id) {
            Ok(known) => {
                let order = order_id(facts.asked.area, facts.asked.id, n);
                decision.join(opened(facts, pack_of(facts, order, shop, known, days)));
            }
            Err(refusal) => decision.notes.push(refusal),
        }
    }
    match (households.len(), decision.notes.first()) {
        (1, Some(note)) => Err(note.clone()),
        _ => Ok(decision),
    }
}

/// A household that a shop may pack for now.
fn owed<'a>(
    facts: &'a Asking<'_>,
    shop: &HolderCode,
    id: HouseholdId,
) -> Result<&'a Household, Refusal> {
    let known = facts.household(id)?;
    serving(facts, shop, &known.community).map_err(|refusal| refusal.with("household", id))?;
    if !known.needs.iter().any(|need| matches!(need, Need::CannotOrder | Need::Alone)) {
        return Err(Refusal::new("household-can-order")
            .with("household", id)
            .by_rule("supply.entitlement"));
    }
    let on_its_way = facts
        .state
        .book
        .pick(|o| o.household == id && o.via == Via::Entitlement && o.stage.is_open());
    match on_its_way.is_empty() {
        true => Ok(known),
        false => Err(Refusal::new("pack-on-its-way").with("household", id)),
    }
}

fn pack_of(
    facts: &Asking<'_>,
    order: UnitId,
    shop: &HolderCode,
    known: &Household,
    days: i64,
) -> Placed {
    let lines = pack_for(known.people, &known.needs, days).into_iter().map(|part| Ordered {
        item: part.good.to_string(),
        good: part.good,
        name_zh: String::new(),
        name_en: String::new(),
        amount: part.amount,
        count: 1,
        fen: 0,
        halal: false,
    });
    Placed {
        order,
        home: Home { id: known.id, place: known.place.clone(), people: known.people },
        shop: shop.clone(),
        lines: lines.collect(),
        via: Via::Entitlement,
        group: None,
        due: facts.at() + DELIVER_WITHIN,
        clock: facts.at() + ACCEPT_WITHIN,
        note: String::new(),
        days,
    }
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
