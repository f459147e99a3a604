//! What a household lacks, of any kind: one time from which on it is on its grid worker's list, and all the reasons.
//!
//! A household counts once, from the earliest of its reasons. The counter has the households by the hour of that time,
//! as that of what is due has them: what came before the hour that runs is on the list.

use serde::{Deserialize, Serialize};
use types::{Micros, Span, UnitId, words};

use crate::rows::Household;
use crate::words::Need;

/// How long before its food is due a pack is to be ordered for who cannot order: as long as an order may take. A
/// setting of this program.
pub const PACK_AHEAD: Span = crate::orders::DELIVER_WITHIN;
/// How long before it ends a prescription is to be renewed: a setting of this program.
pub const RENEW_AHEAD: Span = Span::days(3);
/// A household that lacks something for longer than this is an alarm at the command post: as long as it may take to
/// answer that nothing came. A setting of this program.
pub const ALARM_AFTER: Span = crate::UNMET_WITHIN;
/// How much milk powder a child needs in a day, in grams: the week's 900 g of [`crate::Good::first_for`].
pub const MILK_A_DAY: i64 = 130;

words! {
    /// Why a household lacks something.
    Lack {
        /// It said so: nobody has answered.
        Complaint = "complaint",
        /// What was on its way came back.
        CameBack = "came_back",
        /// A medicine is to be there.
        Medicine = "medicine",
        /// Food is due.
        Food = "food",
        /// A child's milk powder is due.
        Milk = "milk",
        /// An order is late.
        Order = "order",
        /// It cannot order, its food is due, and no pack is on its way.
        Pack = "pack",
        /// A prescription ends and is not renewed.
        Renewal = "renewal",
    }
}

impl Lack {
    /// Whether it is on the list in the hour in which it is told: somebody said so.
    const fn is_told(self) -> bool {
        matches!(self, Lack::Complaint | Lack::CameBack)
    }
}

/// Something of a household that is open and will be late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// The complaint or the order.
    pub unit: UnitId,
    /// What it is when its time is over.
    pub why: Lack,
    /// From when on it is late; of what somebody told, when it was told.
    pub at: Micros,
    /// Whether it is a pack for who cannot order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pack: bool,
}

/// A reason for which a household lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which.
    pub why: Lack,
    /// Since when, or from when on.
    pub at: Micros,
    /// The complaint or the order.
    pub unit: Option<UnitId>,
}

impl Reason {
    /// From when on it counts: what somebody told counts at once, all else from the hour after its own.
    pub fn counts_from(&self) -> Micros {
        match self.why.is_told() {
            true => Micros(self.at.hour_start().0.saturating_sub(1)),
            false => self.at,
        }
    }
}

impl Household {
    /// Whether it is owed packs: it cannot order, or is alone, and may not go out.
    pub fn is_entitled(&self) -> bool {
        let needs = |need| self.needs.contains(&need);
        self.mode.is_restricted() && (needs(Need::CannotOrder) || needs(Need::Alone))
    }

    /// Whether a pack for it is under way.
    pub fn has_pack_coming(&self) -> bool {
        self.waits.iter().any(|wait| wait.pack)
    }

    /// From when on a pack is to be ordered for it; nothing while one is under way, or for those who order.
    pub fn pack_by(&self) -> Option<Micros> {
        let due = self.next_food.filter(|_| self.is_entitled() && !self.has_pack_coming())?;
        Some(Micros(due.0.saturating_sub(PACK_AHEAD.0)))
    }

    /// All that it lacks or will lack if nothing is done, the earliest first.
    pub fn reasons(&self) -> Vec<Reason> {
        let of = |why, at: Option<Micros>| Some(Reason { why, at: at?, unit: None });
        let mut reasons: Vec<Reason> = [
            of(Lack::Food, self.next_food),
            of(Lack::Medicine, self.next_medicine),
            of(Lack::Milk, self.next_milk),
            of(Lack::Pack, self.pack_by()),
            of(Lack::Renewal, self.renew_by),
        ]
        .into_iter()
        .flatten()
        .collect();
        let told = |wait: &Wait| Reason { why: wait.why, at: wait.at, unit: Some(wait.unit) };
        reasons.extend(self.waits.iter().map(told));
        reasons.sort_by_key(|reason| (reason.counts_from(), reason.why, reason.unit));
        reasons
    }

    /// What it lacks as the counters have it: what counts from before the hour that runs.
    pub fn lacks(&self, now: Micros) -> Vec<Reason> {
        let before = now.hour_start();
        let mut reasons = self.reasons();
        reasons.retain(|reason| reason.counts_from() < before);
        reasons
    }

    /// From when on it is on the list.
    pub fn unmet_at(&self) -> Option<Micros> {
        self.reasons().first().map(Reason::counts_from)
    }
}

impl Household {
    /// What is open of it, of this complaint or order: as it stands now, or nothing any more. What came back keeps the
    /// time at which it did.
    pub(crate) fn watch(&mut self, unit: UnitId, wait: Option<Wait>) {
        let before = self.waits.iter().find(|known| known.unit == unit).copied();
        self.waits.retain(|known| known.unit != unit);
        let kept = wait.map(|wait| match before {
            Some(before) if before.why == Lack::CameBack && wait.why == Lack::CameBack => before,
            _ => wait,
        });
        self.waits.extend(kept);
        self.waits.sort_by_key(|wait| wait.unit);
    }
}

/// Until when a child has milk powder of which so much came.
pub fn milk_lasts(at: Micros, grams: i64) -> Micros {
    at + Span::days((grams / MILK_A_DAY).clamp(1, 3_650))
}

/// By when a prescription is to be renewed.
pub fn renew_by(prescribed_until: Micros) -> Micros {
    Micros(prescribed_until.0.saturating_sub(RENEW_AHEAD.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use types::{AreaCode, HouseholdId, PlaceCode};

    use super::*;
    use crate::words::Mode;

    fn time() -> impl Strategy<Value = Option<Micros>> {
        let hours = |h: i64| Micros(1_647_000_000_000_000 + h * Span::hours(1).0 / 2);
        proptest::option::of((0..400i64).prop_map(hours))
    }

    fn wait() -> impl Strategy<Value = Wait> {
        let whys = prop_oneof![Just(Lack::Complaint), Just(Lack::CameBack), Just(Lack::Order)];
        (0..200u32, whys, time(), any::<bool>()).prop_map(|(n, why, at, pack)| Wait {
            unit: UnitId::derived(crate::ORDER, AreaCode::NONE, &[&n.to_be_bytes()]),
            why,
            at: at.unwrap_or(Micros(1_647_000_000_000_000)),
            pack,
        })
    }

    prop_compose! {
        fn household()(
            times in (time(), time(), time(), time()),
            waits in proptest::collection::vec(wait(), 0..4),
            needs in 0..64usize,
            mode in 0..3usize,
        ) -> Household {
            let mode = Mode::ALL[mode];
            Household {
                id: HouseholdId::from_bytes([1; 16]),
                area: AreaCode::NONE,
                community: "220202001001".to_owned(),
                place: PlaceCode::parse("220202001001-03").expect("a place"),
                people: 2,
                mode,
                until: None,
                needs: Need::ALL.iter().copied().enumerate()
                    .filter(|(n, _)| needs >> n & 1 == 1).map(|(_, need)| need).collect(),
                note: String::new(),
                last_food: None,
                next_food: times.0.filter(|_| mode.is_restricted()),
                next_medicine: times.1,
                next_milk: times.2,
                renew_by: times.3,
                waits,
                said: String::new(),
                complaints: 0,
            }
        }
    }

    proptest! {
        /// A household is on the list exactly while there is a reason, and from the earliest of them on.
        #[test]
        fn a_household_is_on_the_list_while_it_lacks_something(of in household(), hours in 0..500i64) {
            let now = Micros(1_647_000_000_000_000 + hours * Span::hours(1).0 / 3);
            let lacks = of.lacks(now);
            let listed = of.unmet_at().is_some_and(|at| at < now.hour_start());
            prop_assert_eq!(listed, !lacks.is_empty());
            prop_assert!(lacks.iter().all(|reason| reason.at.hour_start() <= now));
            // What is owed is among the reasons; what nobody has to bring is not.
            let overdue = of.next_food.is_some_and(|at| at < now.hour_start());
            prop_assert_eq!(overdue, lacks.iter().any(|reason| reason.why == Lack::Food));
            if of.has_pack_coming() || !of.is_entitled() {
                prop_assert!(lacks.iter().all(|reason| reason.why != Lack::Pack));
            }
            // Whoever said so is on the list in the hour in which it was said.
            for wait in of.waits.iter().filter(|wait| wait.why == Lack::Complaint && wait.at <= now) {
                prop_assert!(lacks.iter().any(|reason| reason.unit == Some(wait.unit)));
            }
        }
    }
}
