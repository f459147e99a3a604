//! Which tubes are used where: single, household, 5, 10 or 20 in one.

use serde::{Deserialize, Deserializer};

use crate::schema::group;
use crate::value::{RuleValue, read_serde};
use crate::{Lang, Rule};

group! {
    /// Tube modes by place.
    Pooling {
        /// Quarantine sites and key groups.
        quarantine: Rule<PoolMode> = "test.pool.quarantine",
        /// Compounds locked to the door.
        locked: Rule<PoolMode> = "test.pool.locked",
        /// Everywhere else: the sizes to choose from.
        other: Rule<PoolSizes> = "test.pool.other" in 2.0..=30.0,
        /// The wide pool for low-prevalence screening, where a specification allows one.
        wide: Option<Rule<WidePool>> = "test.pool.20",
        /// The share of infected persons up to which the wide pool may be used.
        wide_prevalence: Rule<f64> = "test.pool.20.prevalence" in 0.0..=0.1,
        /// The most swabs in one tube, except the wide pool's.
        max_swabs: Rule<u32> = "test.tube" in 1.0..=30.0,
        /// The most swabs in a household's tube; a larger household takes several.
        household_max: Rule<u32> = "test.pool.household" in 1.0..=30.0,
    }
}

/// Where a tube is filled, as far as the pool rule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoolPlace {
    /// A quarantine site, or persons of a key group.
    Quarantine,
    /// A compound locked to the door.
    Locked,
    /// Anywhere else.
    Other,
}

/// How many persons share a tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolMode {
    /// One person, one tube.
    Single,
    /// One household, one tube.
    Household,
    /// So many persons in one tube; 2 or more.
    Mixed(u8),
}

impl PoolMode {
    /// Reads `single`, `household` or the pool's size (`10`).
    pub fn parse(text: &str) -> Option<PoolMode> {
        match text {
            "single" => Some(PoolMode::Single),
            "household" => Some(PoolMode::Household),
            _ => text.parse().ok().filter(|&n| n >= 2).map(PoolMode::Mixed),
        }
    }

    /// The word that [`PoolMode::parse`] reads.
    pub fn word(self) -> String {
        match self {
            PoolMode::Single => "single".to_owned(),
            PoolMode::Household => "household".to_owned(),
            PoolMode::Mixed(n) => n.to_string(),
        }
    }

    /// The name for readers.
    pub fn name(self, lang: Lang) -> String {
        match (self, lang) {
            (PoolMode::Single, _) => lang.pick("single tube", "单采单检").to_owned(),
            (PoolMode::Household, _) => lang.pick("one household, one tube", "一户一管").to_owned(),
            (PoolMode::Mixed(n), Lang::En) => format!("{n}-in-1"),
            (PoolMode::Mixed(n), Lang::Zh) => format!("{n}合1混采"),
        }
    }
}

impl<'de> Deserialize<'de> for PoolMode {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        PoolMode::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not \"single\", \"household\" or a size"))
        })
    }
}

impl RuleValue for PoolMode {
    const EXPECTED: &'static str = "\"single\", \"household\" or a pool size such as \"10\"";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        self.name(lang)
    }
}

/// Pool sizes to choose from, rising.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PoolSizes(pub Vec<u8>);

impl PoolSizes {
    /// The largest size.
    pub fn widest(&self) -> u32 {
        self.0.iter().copied().max().map_or(1, u32::from)
    }
}

impl RuleValue for PoolSizes {
    const EXPECTED: &'static str = "a rising list of pool sizes such as [5, 10]";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let sizes: Vec<_> = self.0.iter().map(|&n| PoolMode::Mixed(n).name(lang)).collect();
        sizes.join(lang.pick(" or ", "或"))
    }
    fn numbers(&self) -> Vec<f64> {
        self.0.iter().map(|&n| f64::from(n)).collect()
    }
    fn fault(&self) -> Option<String> {
        let rising = !self.0.is_empty() && self.0.windows(2).all(|w| w[0] < w[1]);
        (!rising).then(|| "the sizes do not rise, or there is none".to_owned())
    }
}

/// A pool wider than the usual ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WidePool {
    /// Persons in one tube.
    pub size: u8,
    /// Only where prevalence is low (`test.pool.20.prevalence`).
    pub low_prevalence_only: bool,
}

impl RuleValue for WidePool {
    const EXPECTED: &'static str = "{ size = 20, low_prevalence_only = true }";
    fn read(value: &toml::Value) -> Result<Self, String> {
        read_serde(value)
    }
    fn text(&self, lang: Lang) -> String {
        let name = PoolMode::Mixed(self.size).name(lang);
        let only = lang.pick(", low-prevalence screening only", "，仅限低流行率筛查");
        if self.low_prevalence_only { format!("{name}{only}") } else { name }
    }
    fn fault(&self) -> Option<String> {
        (!(2..=30).contains(&self.size)).then(|| "the size is not 2 to 30".to_owned())
    }
}

impl Pooling {
    /// The modes that the rules allow at a place, narrowest first, each with the id of the
    /// rule that allows it. `prevalence` is the expected share of infected persons (0 to 1);
    /// without one the wide pool is never allowed.
    pub fn allowed(
        &self,
        place: PoolPlace,
        prevalence: Option<f64>,
    ) -> Vec<(PoolMode, &'static str)> {
        match place {
            PoolPlace::Quarantine => vec![(self.quarantine.value, self.quarantine.id())],
            PoolPlace::Locked => vec![(self.locked.value, self.locked.id())],
            PoolPlace::Other => {
                let mut modes: Vec<_> =
                    self.other.0.iter().map(|&n| (PoolMode::Mixed(n), self.other.id())).collect();
                if let Some(wide) = &self.wide {
                    let low = prevalence.is_some_and(|p| p <= self.wide_prevalence.value);
                    if low || !wide.low_prevalence_only {
                        modes.push((PoolMode::Mixed(wide.size), wide.id()));
                    }
                }
                modes
            }
        }
    }
}

/// Expected tests a person with pools of `size` at prevalence `p` (0 to 1), every member of a
/// positive pool being tested alone: `1/k + 1 - (1-p)^k`, and 1 without pooling (Dorfman 1943).
pub fn expected_tests_per_person(size: u32, p: f64) -> f64 {
    if size <= 1 {
        return 1.0;
    }
    let k = f64::from(size);
    1.0 / k + 1.0 - (1.0 - p.clamp(0.0, 1.0)).powf(k)
}
