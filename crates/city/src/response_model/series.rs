//! Values that change on dates: capacities as they grew, rules as they changed.

use serde::Deserialize;

use crate::CityError;
use crate::parameters::{Quality, day};

/// A value from a day on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dated {
    /// First day on which it holds.
    #[serde(deserialize_with = "day")]
    pub from: jiff::civil::Date,
    /// The value.
    pub value: f64,
    /// Its bounds.
    pub range: [f64; 2],
    /// How sure it is.
    pub quality: Quality,
    /// Where it comes from.
    pub source: String,
}

/// A value by date; 0 before its first.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Series(pub Vec<Dated>);

impl Series {
    /// The value on a day.
    pub fn on(&self, day: jiff::civil::Date) -> f64 {
        self.0.iter().rev().find(|d| d.from <= day).map_or(0.0, |d| d.value)
    }

    /// The same as a whole number.
    pub fn count_on(&self, day: jiff::civil::Date) -> u32 {
        self.on(day).clamp(0.0, f64::from(u32::MAX)) as u32
    }

    pub(crate) fn check(&self, file: &'static str, key: &str) -> Result<(), CityError> {
        let wrong = |problem: String| Err(CityError::value(file, key, problem));
        for d in &self.0 {
            let [low, high] = d.range;
            if !(low..=high).contains(&d.value) {
                return wrong(format!("{} from {} is outside {low} to {high}", d.value, d.from));
            }
        }
        if !self.0.is_sorted_by(|a, b| a.from < b.from) {
            return wrong("its dates do not ascend".into());
        }
        Ok(())
    }
}
