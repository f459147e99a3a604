//! The typed form of `scenario.toml`: every figure with its source and range.

use serde::Deserialize;

use crate::CityError;

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Read in the source named.
    Found,
    /// Known, but no source was seen.
    Recalled,
    /// Worked out from found or recalled figures.
    Estimate,
    /// Ours; any value in the range would do.
    Chosen,
}

/// A value with where it comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The bounds of every number in the value.
    pub range: [f64; 2],
    /// How sure it is.
    pub quality: Quality,
    /// Where it comes from.
    pub source: String,
}

/// One row of the scenario's list of parameters, for pages that show what a city rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterRow {
    /// Table and name, for example `households.mean_size`.
    pub name: String,
    /// The value as written.
    pub value: String,
    /// The bounds.
    pub range: [f64; 2],
    /// How sure it is.
    pub quality: Quality,
    /// Where it comes from.
    pub source: String,
}

/// A value whose numbers can be listed.
pub(crate) trait Numbers {
    fn numbers(&self) -> Vec<f64>;
}

impl Numbers for f64 {
    fn numbers(&self) -> Vec<f64> {
        vec![*self]
    }
}

impl<const N: usize> Numbers for [f64; N] {
    fn numbers(&self) -> Vec<f64> {
        self.to_vec()
    }
}

macro_rules! table {
    ($(#[$doc:meta])* $name:ident as $key:literal { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Sourced<$kind>,)+
        }

        impl $name {
            pub(crate) fn rows(&self, rows: &mut Vec<ParameterRow>) {
                $(rows.push(row(&self.$field, concat!($key, ".", stringify!($field))));)+
            }
        }
    };
}

pub(crate) use table;

pub(crate) fn row<T: Numbers>(of: &Sourced<T>, name: &str) -> ParameterRow {
    let numbers: Vec<String> = of.value.numbers().iter().map(f64::to_string).collect();
    ParameterRow {
        name: name.to_owned(),
        value: numbers.join(", "),
        range: of.range,
        quality: of.quality,
        source: of.source.clone(),
    }
}

table! {
    /// Weights by which a county's people are shared among its communities.
    CommunityParameters as "communities" {
        /// A community under a subdistrict.
        urban_weight: f64,
        /// A residents' community of a town or township.
        town_weight: f64,
        /// A village.
        village_weight: f64,
        /// A bookkeeping row with next to no residents.
        virtual_weight: f64,
        /// Variation to either side, as a share.
        spread: f64,
    }
}

table! {
    /// Households.
    HouseholdParameters as "households" {
        /// Shares of households with 1, 2, … 7 persons.
        size_shares: [f64; 7],
        /// Mean persons a household, to check the shares by.
        mean_size: f64,
        /// Share of couples whose head is the husband.
        male_heads: f64,
        /// Share of men among heads without a spouse, by age: under 40, 40 to 59, 60 to 74,
        /// 75 and over.
        lone_men: [f64; 4],
    }
}

table! {
    /// Ages and sexes.
    AgeParameters as "ages" {
        /// Shares of persons aged 0–4, 5–9, … 80–84, 85 and over.
        band_shares: [f64; 18],
        /// Share of men, to check by: it follows from births and lone heads.
        male_share: f64,
        /// Share of boys among births.
        male_births: f64,
        /// Least and greatest years between mother and child.
        mother_gap: [f64; 2],
    }
}

table! {
    /// Shares of persons with a need that the response must know.
    FlagParameters as "flags" {
        /// On dialysis.
        dialysis: f64,
        /// Chronically ill, aged 60 or more.
        chronic_60_plus: f64,
        /// Chronically ill, under 60.
        chronic_under_60: f64,
        /// Cannot walk to a sampling site, aged 75 or more.
        limited_mobility_75_plus: f64,
        /// Pregnant, of women aged 20 to 39.
        pregnant_women_20_39: f64,
    }
}

table! {
    /// Compounds and their buildings.
    CompoundParameters as "compounds" {
        /// Persons in a compound of blocks without a lift.
        slab_people: f64,
        /// Persons in a compound of high-rises.
        tower_people: f64,
        /// Persons in a natural village.
        village_people: f64,
        /// Share of high-rise compounds in city communities.
        urban_tower_share: f64,
        /// Share of high-rise compounds in town communities.
        town_tower_share: f64,
        /// Floors of a block, least and most.
        slab_floors: [f64; 2],
        /// Entrances of a block.
        slab_entrances: [f64; 2],
        /// Doors on a landing of a block.
        slab_doors_a_floor: [f64; 2],
        /// Floors of a high-rise.
        tower_floors: [f64; 2],
        /// Entrances of a high-rise.
        tower_entrances: [f64; 2],
        /// Doors on a landing of a high-rise.
        tower_doors_a_floor: [f64; 2],
        /// Share of doors with a household behind them.
        occupied_doors: f64,
    }
}

table! {
    /// The schematic map.
    CellParameters as "cells" {
        /// Width added around the hull of the seats, km.
        hull_margin_km: f64,
        /// Persons a km² in cells of city communities.
        urban_people_per_km2: f64,
        /// Persons a km² in cells of town communities.
        town_people_per_km2: f64,
    }
}

table! {
    /// What a response has here at its start.
    ResponseParameters as "response" {
        /// Persons a sampling site.
        persons_per_site: f64,
        /// Persons a sampling stand.
        persons_per_stand: f64,
        /// Persons a sampler.
        persons_per_sampler: f64,
        /// Communities with fewer persons share a site.
        share_site_below: f64,
        /// Sites a courier serves.
        sites_per_courier: f64,
        /// Persons a grid worker answers for.
        persons_per_grid: f64,
    }
}

/// All of `scenario.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The scenario's name, for example `jilin-2022`.
    pub name: String,
    /// Its title in Chinese.
    pub title: String,
    /// Its title in English.
    pub title_en: String,
    /// The day that ages count on, `YYYY-MM-DD`.
    #[serde(deserialize_with = "day")]
    pub reference_date: jiff::civil::Date,
    /// The area that is generated unless the caller names another.
    pub home: String,
    /// Sharing people among communities.
    pub communities: CommunityParameters,
    /// Households.
    pub households: HouseholdParameters,
    /// Ages and sexes.
    pub ages: AgeParameters,
    /// Needs.
    pub flags: FlagParameters,
    /// Compounds and buildings.
    pub compounds: CompoundParameters,
    /// The map.
    pub cells: CellParameters,
    /// The response's means.
    pub response: ResponseParameters,
}

impl Parameters {
    /// Reads and checks `scenario.toml`.
    ///
    /// # Errors
    /// [`CityError::Toml`] for a malformed file, [`CityError::Value`] for a number outside
    /// its range or shares that do not fit together.
    pub fn parse(text: &str) -> Result<Parameters, CityError> {
        let parameters: Parameters = toml::from_str(text).map_err(Box::new)?;
        parameters.check()?;
        Ok(parameters)
    }

    /// Every parameter as a row.
    pub fn rows(&self) -> Vec<ParameterRow> {
        let mut rows = Vec::new();
        self.communities.rows(&mut rows);
        self.households.rows(&mut rows);
        self.ages.rows(&mut rows);
        self.flags.rows(&mut rows);
        self.compounds.rows(&mut rows);
        self.cells.rows(&mut rows);
        self.response.rows(&mut rows);
        rows
    }

    fn check(&self) -> Result<(), CityError> {
        let wrong =
            |field: &str, problem: String| Err(CityError::value("scenario.toml", field, problem));
        check_ranges("scenario.toml", &self.rows())?;
        for (field, shares) in [
            ("households.size_shares", &self.households.size_shares.value[..]),
            ("ages.band_shares", &self.ages.band_shares.value[..]),
        ] {
            let sum: f64 = shares.iter().sum();
            if (sum - 1.0).abs() > 1e-6 {
                return wrong(field, format!("the shares add up to {sum:.4}, not to 1"));
            }
        }
        let mean: f64 = (1..).zip(self.households.size_shares.value).map(mean_term).sum();
        let wanted = self.households.mean_size.value;
        if (mean - wanted).abs() > 0.02 {
            return wrong(
                "households.size_shares",
                format!("their mean is {mean:.3}, not {wanted}"),
            );
        }
        for (field, [low, high]) in [
            ("compounds.slab_floors", self.compounds.slab_floors.value),
            ("compounds.slab_entrances", self.compounds.slab_entrances.value),
            ("compounds.slab_doors_a_floor", self.compounds.slab_doors_a_floor.value),
            ("compounds.tower_floors", self.compounds.tower_floors.value),
            ("compounds.tower_entrances", self.compounds.tower_entrances.value),
            ("compounds.tower_doors_a_floor", self.compounds.tower_doors_a_floor.value),
            ("ages.mother_gap", self.ages.mother_gap.value),
        ] {
            if low > high || low < 1.0 {
                return wrong(field, format!("{low} to {high} is no span of whole numbers"));
            }
        }
        Ok(())
    }
}

/// Refuses a number outside the range that its own row names.
pub(crate) fn check_ranges(file: &'static str, rows: &[ParameterRow]) -> Result<(), CityError> {
    for row in rows {
        let [low, high] = row.range;
        for text in row.value.split(", ") {
            let inside = text.parse::<f64>().is_ok_and(|n| (low..=high).contains(&n));
            if !inside {
                let problem = format!("{text} is outside {low} to {high}");
                return Err(CityError::value(file, row.name.clone(), problem));
            }
        }
    }
    Ok(())
}

/// Reads `YYYY-MM-DD`.
pub(crate) fn day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<jiff::civil::Date, D::Error> {
    String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
}

fn mean_term((size, share): (u32, f64)) -> f64 {
    f64::from(size) * share
}
