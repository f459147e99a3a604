//! A published figure, and sets of them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{Micros, PlaceCode};

use super::ReportWindow;
use crate::AnalyticsError;

/// What a figure counts. Confirmed cases are mild to critical; asymptomatic infections are counted
/// apart, and one that shows symptoms later is moved and counted once, as converted (China's
/// practice of 2020 to 2022; WHO counts asymptomatic infections as confirmed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// New confirmed cases, those converted from asymptomatic included (新增确诊).
    Confirmed,
    /// Of the new confirmed: converted from asymptomatic (其中由无症状转为确诊).
    Converted,
    /// New asymptomatic infections (新增无症状感染者).
    Asymptomatic,
    /// Confirmed cases discharged (出院).
    Discharged,
    /// Asymptomatic infections released from isolation (解除隔离医学观察).
    Released,
    /// Deaths of confirmed cases.
    Died,
}

impl Measure {
    /// All of them, in a bulletin's order.
    pub const ALL: [Measure; 6] = [
        Measure::Confirmed,
        Measure::Converted,
        Measure::Asymptomatic,
        Measure::Discharged,
        Measure::Released,
        Measure::Died,
    ];
}

/// One figure: what, where, over which hours, as known when, said by whom. The value is what was
/// published; a figure that nobody published is not there, and never 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What is counted.
    pub measure: Measure,
    /// Where, from a province down.
    pub area: PlaceCode,
    /// Over which hours.
    pub window: ReportWindow,
    /// As known when.
    pub as_of: Micros,
    /// Who said so, for example `province` or `national`.
    pub publisher: String,
    /// The number.
    pub value: u64,
}

/// New infections, as far as the figures tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Infections {
    /// Confirmed - converted + asymptomatic.
    Exactly(u64),
    /// How many were converted was not said: between none and all of the confirmed.
    Between(u64, u64),
}

impl Infections {
    /// The smallest number that it can be.
    pub fn at_least(self) -> u64 {
        match self {
            Infections::Exactly(n) | Infections::Between(n, _) => n,
        }
    }

    /// The largest number that it can be.
    pub fn at_most(self) -> u64 {
        match self {
            Infections::Exactly(n) | Infections::Between(_, n) => n,
        }
    }
}

/// New infections = new confirmed - converted + new asymptomatic: someone converted was counted
/// among the asymptomatic before.
///
/// # Errors
/// [`AnalyticsError::Bulletin`] when more were converted than confirmed.
pub fn infections(
    confirmed: u64,
    converted: Option<u64>,
    asymptomatic: u64,
) -> Result<Infections, AnalyticsError> {
    match converted {
        None if confirmed == 0 => Ok(Infections::Exactly(asymptomatic)),
        None => Ok(Infections::Between(asymptomatic, confirmed + asymptomatic)),
        Some(converted) if converted > confirmed => Err(AnalyticsError::Bulletin(format!(
            "{converted} converted are more than the {confirmed} confirmed that they are part of"
        ))),
        Some(converted) => Ok(Infections::Exactly(confirmed - converted + asymptomatic)),
    }
}

type Key = (Measure, PlaceCode, ReportWindow);

/// Figures of any number of publishers and moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    by_key: BTreeMap<Key, Vec<Figure>>,
}

/// Two publishers, or one at two moments, say different things of the same hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The earlier figure.
    pub first: Figure,
    /// The later one.
    pub second: Figure,
}

impl Figures {
    /// Adds a figure. The same publisher may correct itself with a later as-of.
    ///
    /// # Errors
    /// [`AnalyticsError::Bulletin`] when the same publisher has said something else as of the same
    /// moment.
    pub fn add(&mut self, figure: Figure) -> Result<(), AnalyticsError> {
        let key = (figure.measure, figure.area.clone(), figure.window);
        let said = self.by_key.entry(key).or_default();
        let same = |f: &&Figure| f.publisher == figure.publisher && f.as_of == figure.as_of;
        if let Some(other) = said.iter().find(same) {
            if other.value == figure.value {
                return Ok(());
            }
            return Err(AnalyticsError::Bulletin(format!(
                "{} said {} and {} for {:?} of {} over {}, as of the same moment",
                figure.publisher,
                other.value,
                figure.value,
                figure.measure,
                figure.area,
                figure.window
            )));
        }
        said.push(figure);
        said.sort_by(|a, b| (a.as_of, &a.publisher).cmp(&(b.as_of, &b.publisher)));
        Ok(())
    }

    /// What was last said for exactly these hours, as known at `as_of`.
    pub fn get(
        &self,
        measure: Measure,
        area: &PlaceCode,
        window: ReportWindow,
        as_of: Micros,
    ) -> Option<&Figure> {
        let said = self.by_key.get(&(measure, area.clone(), window))?;
        said.iter().rev().find(|f| f.as_of <= as_of)
    }

    /// The value for a whole day; a figure of part of a day does not serve.
    pub fn of_day(
        &self,
        measure: Measure,
        area: &PlaceCode,
        day: Date,
        as_of: Micros,
    ) -> Option<u64> {
        self.get(measure, area, ReportWindow::whole(day), as_of).map(|f| f.value)
    }

    /// New infections of a whole day; `None` when confirmed or asymptomatic were not published.
    ///
    /// # Errors
    /// As [`infections`].
    pub fn infections_of_day(
        &self,
        area: &PlaceCode,
        day: Date,
        as_of: Micros,
    ) -> Result<Option<Infections>, AnalyticsError> {
        let value = |measure| self.of_day(measure, area, day, as_of);
        match (value(Measure::Confirmed), value(Measure::Asymptomatic)) {
            (Some(confirmed), Some(asymptomatic)) => {
                infections(confirmed, value(Measure::Converted), asymptomatic).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Figures that differ in value though not in what they count: of one publisher at two moments
    /// (a correction), or of two publishers. Each figure is compared with the one before it.
    pub fn disagreements(&self) -> Vec<Disagreement> {
        self.by_key
            .values()
            .flat_map(|said| said.windows(2))
            .filter(|pair| pair[0].value != pair[1].value)
            .map(|pair| Disagreement { first: pair[0].clone(), second: pair[1].clone() })
            .collect()
    }

    /// All figures, by measure, area and window, then as-of.
    pub fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.by_key.values().flatten()
    }
}
