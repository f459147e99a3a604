//! The laboratories of a scenario: what they claim, can staff, and were measured to do.

use serde::Deserialize;

use crate::CityError;
use crate::scenario::csv_rows;

/// Tubes a day from a date on. The three figures are kept apart because a plan that believes
/// the first one fails: in Jilin City the start of March 2022 gave half of the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaboratoryCapacity {
    /// First day on which it holds.
    pub from: jiff::civil::Date,
    /// What the laboratory was reported to do.
    pub claimed: u32,
    /// What the staff at hand can do.
    pub staffed: u32,
    /// What it was seen to do.
    pub measured: u32,
    /// How sure the figures are.
    pub quality: String,
    /// Where they come from.
    pub source: String,
}

/// A laboratory.
#[derive(Clone, Debug, PartialEq)]
pub struct Laboratory {
    /// For example `JL-01`; its holder code is `lab:JL-01`.
    pub code: String,
    /// The name in Chinese.
    pub name: String,
    /// The name in English.
    pub name_en: String,
    /// The county that it stands in.
    pub county: u64,
    /// Approximate place, degrees.
    pub at: [f64; 2],
    /// Capacities in order of date; never empty.
    pub capacities: Vec<LaboratoryCapacity>,
}

impl Laboratory {
    /// The capacity on a day; `None` before the laboratory opened.
    pub fn capacity_on(&self, day: jiff::civil::Date) -> Option<&LaboratoryCapacity> {
        self.capacities.iter().rev().find(|c| c.from <= day)
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    name_en: String,
    county: u64,
    lon: f64,
    lat: f64,
    #[serde(deserialize_with = "crate::parameters::day")]
    from: jiff::civil::Date,
    claimed: u32,
    staffed: u32,
    measured: u32,
    quality: String,
    source: String,
}

pub(crate) fn read_laboratories(text: &str) -> Result<Vec<Laboratory>, CityError> {
    let mut all: Vec<Laboratory> = Vec::new();
    for row in csv_rows::<Row>("laboratories.csv", text)? {
        let capacity = LaboratoryCapacity {
            from: row.from,
            claimed: row.claimed,
            staffed: row.staffed,
            measured: row.measured,
            quality: row.quality,
            source: row.source,
        };
        if let Some(known) = all.iter_mut().find(|l| l.code == row.code) {
            known.capacities.push(capacity);
            known.capacities.sort_by_key(|c| c.from);
        } else {
            all.push(Laboratory {
                code: row.code,
                name: row.name,
                name_en: row.name_en,
                county: row.county,
                at: [row.lon, row.lat],
                capacities: vec![capacity],
            });
        }
    }
    Ok(all)
}
