//! The typed form of `supply.toml`: what households have at home, and what a city's food rests on, by date.

use serde::Deserialize;
use toml::Table;

use crate::CityError;
use crate::parameters::{ParameterRow, Sourced, row, table};
use crate::response_model::{Change, Series};

const FILE: &str = "supply.toml";

table! {
    /// What a household has at home when its door is closed.
    PantryParameters as "pantry" {
        /// Shares of households with food for less than a day, 1 to 3 days, 3 to 7, 7 to 14.
        food: [f64; 4],
        /// Shares of those who take medicine every day with less than 3 days of it, 3 to 7, 7 to 14, 14 to 30.
        medicine: [f64; 4],
        /// Share of persons aged 60 or more and living alone who cannot order.
        cannot_order: f64,
        /// For how many days a medicine is brought at a time.
        refill_days: f64,
    }
}

/// The conditions of a city's supply, by date.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyConditions {
    /// Share of households that may not go shopping.
    pub restricted: Series,
    /// Grams of food for a person and day that come into the city.
    pub arrives: Series,
    /// Whether the wholesale market is open: 1 or 0.
    pub market: Series,
    /// Share of shops that are open.
    pub shops: Series,
    /// Orders that a shop packs in a day, for 1,000 households.
    pub packed: Series,
    /// Delivery vehicles for 100,000 residents.
    pub vehicles: Series,
    /// Share of their drivers who may drive.
    pub drivers: Series,
    /// Share of those who are due and have ordered nothing to whom a pack is brought.
    pub packs: Series,
    /// Days of food for everybody that lie in reserve for when the market is closed.
    pub reserve: Series,
    /// Share of drivers with a pass and a bed at the depot, who drive whatever is locked.
    pub passes: Series,
}

impl SupplyConditions {
    fn check(&self, of: &str) -> Result<(), CityError> {
        let shares = [
            ("restricted", &self.restricted),
            ("market", &self.market),
            ("shops", &self.shops),
            ("drivers", &self.drivers),
            ("packs", &self.packs),
            ("passes", &self.passes),
        ];
        let others = [
            ("arrives", &self.arrives),
            ("packed", &self.packed),
            ("vehicles", &self.vehicles),
            ("reserve", &self.reserve),
        ];
        for (name, series) in shares.into_iter().chain(others) {
            series.check(FILE, &format!("{of}.{name}"))?;
        }
        for (name, series) in shares {
            if series.0.iter().any(|dated| !(0.0..=1.0).contains(&dated.value)) {
                return Err(CityError::value(FILE, format!("{of}.{name}"), "is no share"));
            }
        }
        Ok(())
    }

    /// The share of drivers who drive on a day: those who may, and those who have been given a pass and a bed at the
    /// depot before anything was locked.
    pub fn driving(&self, day: jiff::civil::Date) -> f64 {
        self.drivers.on(day).max(self.passes.on(day))
    }
}

/// All of `supply.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyPlan {
    /// What households have at home.
    pub pantry: PantryParameters,
    /// The scenario's own conditions.
    pub usual: SupplyConditions,
    /// Those of late March in a city like Changchun.
    pub late_march: SupplyConditions,
}

impl SupplyPlan {
    /// Reads and checks `supply.toml`.
    ///
    /// # Errors
    /// [`CityError::Value`] naming the key.
    pub fn parse(text: &str) -> Result<SupplyPlan, CityError> {
        SupplyPlan::changed(text, &[])
    }

    /// The same with some figures changed.
    ///
    /// # Errors
    /// [`CityError`] naming the key that is unknown, or whose value is none.
    pub(crate) fn changed(text: &str, changes: &[Change]) -> Result<SupplyPlan, CityError> {
        let wrong = |e: toml::de::Error| CityError::value(FILE, "the file", e.to_string());
        let mut document: Table = toml::from_str(text).map_err(wrong)?;
        for change in changes {
            if !change.apply(&mut document)? {
                return Err(CityError::Change {
                    key: change.key().to_owned(),
                    problem: format!("is not in {FILE}"),
                });
            }
        }
        let plan: SupplyPlan = document.try_into().map_err(wrong)?;
        plan.usual.check("usual")?;
        plan.late_march.check("late_march")?;
        for row in plan.rows() {
            let [low, high] = row.range;
            let numbers = row.value.split(", ").filter_map(|n| n.parse::<f64>().ok());
            if numbers.into_iter().any(|n| !(low..=high).contains(&n)) {
                return Err(CityError::value(FILE, row.name, "is outside its range"));
            }
        }
        for (name, shares) in
            [("food", plan.pantry.food.value), ("medicine", plan.pantry.medicine.value)]
        {
            if (shares.iter().sum::<f64>() - 1.0).abs() > 1e-6 {
                return Err(CityError::value(
                    FILE,
                    format!("pantry.{name}"),
                    "does not add up to 1",
                ));
            }
        }
        Ok(plan)
    }

    /// The figures of the larder with their sources.
    pub fn rows(&self) -> Vec<ParameterRow> {
        let mut rows = Vec::new();
        self.pantry.rows(&mut rows);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn the_bundled_figures_are_sound_and_can_be_changed() {
        let scenario = Scenario::bundled("jilin-2022").expect("bundled");
        let plan = scenario.supply(&[]).expect("a plan");
        let day = jiff::civil::date(2022, 3, 24);
        assert!(plan.late_march.driving(day) < 0.3 && plan.usual.driving(day) > 0.8);
        let passes: Change = "late_march.passes@2022-03-11=0.8".parse().expect("a change");
        let changed = scenario.supply(&[passes]).expect("a plan");
        assert!(
            (changed.late_march.driving(day) - 0.8).abs() < 1e-9,
            "{:?}",
            changed.late_march.passes
        );
        let unknown: Change = "late_march.helicopters=1".parse().expect("a change");
        assert!(scenario.supply(&[unknown]).is_err());
        let outside: Change = "late_march.drivers=2".parse().expect("a change");
        assert!(scenario.supply(&[outside]).is_err());
    }

    #[test]
    fn a_scenario_without_the_file_has_the_figures_of_jilin() {
        let town = Scenario::bundled("measles-town").expect("bundled");
        assert!(town.supply(&[]).is_ok());
    }
}
