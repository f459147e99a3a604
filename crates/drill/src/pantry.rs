//! What is in people's larders, in truth: pure rules, without a server and without a clock.
//!
//! Food is counted in whole grams, by the rations of the supply desk ([`supply::Good::ration`]): a person eats three
//! meals a day, each of a third of a ration. A household eats while it has a whole meal for somebody; each meal for
//! which it has none is a meal missed, counted for each person. Nothing is lost by rounding: what there was and what
//! came is what was eaten and what is left.
//!
//! Whoever may go shopping does, and is not counted here; a household has a larder while its door is closed.

use city::PantryParameters;
use supply::{Good, Part};

use crate::draw::Draw;

/// Meals a day.
pub const MEALS: i64 = 3;
/// Grams that a person eats in a day.
pub const RATION: i64 =
    ration(Good::Vegetables) + ration(Good::Pork) + ration(Good::Oil) + ration(Good::Staples);
/// Grams of a meal.
pub const MEAL: i64 = RATION / MEALS;

/// The edges of the shares of [`PantryParameters::food`], in days.
const FOOD_DAYS: [f64; 5] = [0.0, 1.0, 3.0, 7.0, 14.0];
/// The edges of the shares of [`PantryParameters::medicine`], in days.
const MEDICINE_DAYS: [f64; 5] = [0.0, 3.0, 7.0, 14.0, 30.0];

const fn ration(good: Good) -> i64 {
    match good.ration() {
        Some(grams) => grams,
        None => 0,
    }
}

/// The grams of some goods that everybody eats: milk powder feeds infants, and medicine nobody.
pub fn edible(parts: impl IntoIterator<Item = Part>) -> i64 {
    let eaten = |part: &Part| part.good.ration().is_some();
    parts.into_iter().filter(eaten).map(|part| part.amount).sum()
}

/// What became of a household's food and medicine since its door was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Grams that it had.
    pub had: i64,
    /// Grams that came.
    pub came: i64,
    /// Grams that were eaten.
    pub eaten: i64,
    /// Meals that its people should have had.
    pub meals: u64,
    /// Of these: missed.
    pub missed: u64,
    /// Days on which somebody should have taken a medicine, counted for each person.
    pub doses: u64,
    /// Of these: without it.
    pub without: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: Tally) {
        self.had += other.had;
        self.came += other.came;
        self.eaten += other.eaten;
        self.meals += other.meals;
        self.missed += other.missed;
        self.doses += other.doses;
        self.without += other.without;
    }
}

/// A larder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pantry {
    food: i64,
    days_of_medicine: i64,
    tally: Tally,
}

/// A length in days, drawn by the shares of its bins.
fn days(draw: &mut Draw, shares: &[f64; 4], edges: &[f64; 5]) -> f64 {
    let mut left = draw.unit();
    let bin = shares.iter().position(|share| {
        left -= share;
        left < 0.0
    });
    let bin = bin.unwrap_or(shares.len() - 1);
    edges[bin] + (edges[bin + 1] - edges[bin]) * draw.unit()
}

impl Pantry {
    /// A larder with so much food, and medicine for so many days for whoever takes any.
    pub fn with(food: i64, days_of_medicine: i64) -> Pantry {
        let (food, days_of_medicine) = (food.max(0), days_of_medicine.max(0));
        let tally = Tally { had: food, ..Tally::default() };
        Pantry { food, days_of_medicine, tally }
    }

    /// What a household has when its door is closed for the `time`th time. The same seed, household and time give
    /// the same larder.
    pub fn drawn(
        of: &PantryParameters,
        seed: u64,
        household: u32,
        time: u32,
        people: u32,
    ) -> Pantry {
        let key = u64::from(time) << 32 | u64::from(household);
        let food = days(&mut Draw::keyed(seed, "larder", key), &of.food.value, &FOOD_DAYS);
        let medicine =
            days(&mut Draw::keyed(seed, "medicine", key), &of.medicine.value, &MEDICINE_DAYS);
        let grams = food * f64::from(people) * RATION as f64;
        Pantry::with(grams as i64, medicine as i64)
    }

    /// So many people sit down to a meal; gives how many had none.
    pub fn meal(&mut self, people: u32) -> u32 {
        let plates = u32::try_from(self.food / MEAL).unwrap_or(u32::MAX).min(people);
        let missed = people - plates;
        self.food -= i64::from(plates) * MEAL;
        self.tally.eaten += i64::from(plates) * MEAL;
        self.tally.meals += u64::from(people);
        self.tally.missed += u64::from(missed);
        missed
    }

    /// A day of medicine for so many who take it every day; gives how many went without.
    pub fn dose(&mut self, takers: u32) -> u32 {
        let without = if self.days_of_medicine > 0 { 0 } else { takers };
        if takers > 0 {
            self.days_of_medicine = (self.days_of_medicine - 1).max(0);
        }
        self.tally.doses += u64::from(takers);
        self.tally.without += u64::from(without);
        without
    }

    /// Food arrives, in grams.
    pub fn brings(&mut self, grams: i64) {
        self.food += grams.max(0);
        self.tally.came += grams.max(0);
    }

    /// Medicine for so many days arrives.
    pub fn refills(&mut self, days: i64) {
        self.days_of_medicine += days.max(0);
    }

    /// Grams that are left.
    pub fn left(&self) -> i64 {
        self.food
    }

    /// For how many days the food lasts so many people; for ever where nobody eats.
    pub fn lasts(&self, people: u32) -> f64 {
        self.food as f64 / (f64::from(people) * RATION as f64)
    }

    /// For how many days there is medicine.
    pub fn days_of_medicine(&self) -> i64 {
        self.days_of_medicine
    }

    /// What became of everything.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// Read once: a scenario is large.
    static FIGURES: LazyLock<PantryParameters> = LazyLock::new(|| {
        let jilin = city::Scenario::bundled("jilin-2022").expect("bundled");
        jilin.supply(&[]).expect("figures").pantry
    });

    /// What can happen to a larder.
    #[derive(Clone, Debug)]
    enum Step {
        Meal(u32),
        Brings(i64),
        Dose,
        Refills(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..8u32).prop_map(Step::Meal),
            (0..9_000i64).prop_map(Step::Brings),
            Just(Step::Dose),
            (0..30i64).prop_map(Step::Refills),
        ];
        prop::collection::vec(step, 0..80)
    }

    proptest! {
        #[test]
        fn food_in_is_food_eaten_and_left(had in 0..30_000i64, takers in 0..4u32, steps in steps()) {
            let mut pantry = Pantry::with(had, 3);
            for step in steps {
                match step {
                    Step::Meal(people) => {
                        let before = pantry.left();
                        let missed = pantry.meal(people);
                        // Nobody goes hungry beside a meal, and nobody eats one that is not there.
                        prop_assert!(missed == 0 || pantry.left() < MEAL);
                        prop_assert_eq!(before - pantry.left(), i64::from(people - missed) * MEAL);
                    }
                    Step::Brings(grams) => pantry.brings(grams),
                    Step::Dose => {
                        let had = pantry.days_of_medicine();
                        let without = pantry.dose(takers);
                        prop_assert_eq!(without, if had > 0 { 0 } else { takers });
                    }
                    Step::Refills(days) => pantry.refills(days),
                }
                let tally = pantry.tally();
                prop_assert_eq!(tally.had + tally.came, tally.eaten + pantry.left());
                prop_assert!(pantry.left() >= 0 && tally.missed <= tally.meals);
                prop_assert!(tally.without <= tally.doses);
            }
        }

        #[test]
        fn whoever_is_served_in_time_misses_nothing(
            people in 1..8u32, household in 0..100_000u32, days in 2..30i64,
        ) {
            let mut pantry = Pantry::drawn(&FIGURES, 7, household, 1, people);
            for day in 0..days {
                // Served every second day, as the desk promises, from the first one on.
                if day % 2 == 0 {
                    pantry.brings(2 * RATION * i64::from(people));
                }
                for _ in 0..MEALS {
                    prop_assert_eq!(pantry.meal(people), 0);
                }
            }
        }

        #[test]
        fn a_larder_is_drawn_once_and_within_its_bounds(household in 0..1_000_000u32, people in 1..8u32) {
            let of = &*FIGURES;
            let pantry = Pantry::drawn(of, 3, household, 1, people);
            prop_assert_eq!(&pantry, &Pantry::drawn(of, 3, household, 1, people));
            prop_assert!((0.0..=14.0).contains(&pantry.lasts(people)));
            prop_assert!((0..=30).contains(&pantry.days_of_medicine()));
        }
    }

    #[test]
    fn a_ration_is_three_whole_meals() {
        assert_eq!(RATION, 705);
        assert_eq!(MEAL * MEALS, RATION);
        let pack = supply::pack_for(3, &[supply::Need::Halal, supply::Need::Infant], 2);
        assert_eq!(edible(pack), 3 * 2 * RATION, "milk powder is no meal");
    }
}
