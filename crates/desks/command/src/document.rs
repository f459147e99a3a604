//! What a bulletin says, by county, and the cases behind it.

use std::collections::BTreeMap;

use analytics::bulletin::ReportWindow;
use cases::{Class, FoundIn, Measure, Severity};
use serde::{Deserialize, Serialize};
use types::{AreaCode, AreaScope, Micros, UnitId};

use crate::basis::Basis;

/// A bulletin, frozen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The areas.
    pub scope: AreaScope,
    /// Its number in its areas. A correction keeps that of what it corrects.
    pub no: i64,
    /// Which correction it is; 0 for the bulletin itself.
    #[serde(default)]
    pub correction: i64,
    /// The hours.
    pub window: ReportWindow,
    /// How far the clocks of the place were from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// The window's begin.
    pub from: Micros,
    /// Its end (exclusive).
    pub until: Micros,
    /// When the figures were as they say.
    pub as_of: Micros,
    /// Who publishes.
    pub publisher: String,
    /// What is said with it.
    #[serde(default)]
    pub note: String,
    /// The figures by county; counties where nothing was ever counted are left out.
    pub areas: Vec<AreaFigures>,
    /// Infections of the window that nobody has examined: they are neither confirmed nor
    /// asymptomatic yet, and come with a later bulletin.
    #[serde(default)]
    pub unexamined: i64,
}

/// The figures of a county.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaFigures {
    /// The county.
    pub area: AreaCode,
    /// Of the window: measure, where found, number.
    pub new: Vec<(Measure, Option<FoundIn>, i64)>,
    /// The new confirmed by severity as it was known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severity: Vec<(Severity, i64)>,
    /// Since the beginning, until the window's end.
    pub total: Vec<(Measure, i64)>,
    /// Of the converted since the beginning: those of whom it was never told that they had been
    /// asymptomatic. They are not among the asymptomatic either.
    #[serde(default)]
    pub converted_only: i64,
}

/// A case behind the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The case.
    pub case: UnitId,
    /// As what it counts.
    pub measures: Vec<Measure>,
    /// Where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_in: Option<FoundIn>,
    /// How it was classified.
    pub class: Class,
    /// How grave it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// The measures of a bulletin, in its order.
pub const MEASURES: [Measure; 6] = [
    Measure::Confirmed,
    Measure::Converted,
    Measure::Asymptomatic,
    Measure::Discharged,
    Measure::Released,
    Measure::Died,
];

impl AreaFigures {
    fn of(basis: &Basis, area: AreaCode) -> AreaFigures {
        let here = |((a, measure, found_in), n): (&(AreaCode, Measure, Option<FoundIn>), &i64)| {
            (*a == area && *n != 0).then_some((*measure, *found_in, *n))
        };
        let new = basis.counted.iter().filter_map(here).collect();
        let mut severity: BTreeMap<Severity, i64> = BTreeMap::new();
        for line in basis.lines.iter().filter(|line| line.case.area() == area) {
            if line.counts_as(Measure::Confirmed)
                && let Some(grade) = line.severity
            {
                *severity.entry(grade).or_default() += 1;
            }
        }
        let total = basis.totals.iter().filter(|((a, _), n)| *a == area && **n != 0);
        AreaFigures {
            area,
            new,
            severity: severity.into_iter().collect(),
            total: total.map(|((_, measure), n)| (*measure, *n)).collect(),
            converted_only: basis.converted_only.get(&area).copied().unwrap_or(0),
        }
    }
}

impl Document {
    /// The figures that a basis gives.
    pub fn areas_of(basis: &Basis) -> Vec<AreaFigures> {
        basis.areas().into_iter().map(|area| AreaFigures::of(basis, area)).collect()
    }

    fn within(&self, area: AreaScope) -> impl Iterator<Item = &AreaFigures> {
        self.areas.iter().filter(move |figures| area.contains(figures.area))
    }

    /// A figure of the window, of counties within an area.
    pub fn new_in(&self, area: AreaScope, measure: Measure) -> i64 {
        let of = |(m, _, n): &(Measure, Option<FoundIn>, i64)| (*m == measure).then_some(*n);
        self.within(area).flat_map(|figures| figures.new.iter().filter_map(of)).sum()
    }

    /// The same of those that were found in one kind of place; `None` for those of which nobody knows.
    pub fn found_in(&self, area: AreaScope, measure: Measure, found_in: Option<FoundIn>) -> i64 {
        let new = self.within(area).flat_map(|figures| &figures.new);
        new.filter(|(m, f, _)| (*m, *f) == (measure, found_in)).map(|(_, _, n)| n).sum()
    }

    /// A figure of the window, of the whole.
    pub fn of_window(&self, measure: Measure) -> i64 {
        self.new_in(self.scope, measure)
    }

    /// New infections: confirmed - converted + asymptomatic. Somebody who was converted was counted
    /// among the asymptomatic before, perhaps on the same day.
    pub fn infections_in(&self, area: AreaScope) -> i64 {
        let of = |measure| self.new_in(area, measure);
        of(Measure::Confirmed) - of(Measure::Converted) + of(Measure::Asymptomatic)
    }

    /// The new confirmed of a severity, of the whole.
    pub fn severity(&self, severity: Severity) -> i64 {
        let all = self.areas.iter().flat_map(|figures| &figures.severity);
        all.filter(|(s, _)| *s == severity).map(|(_, n)| n).sum()
    }

    /// A running total since the beginning, of counties within an area.
    pub fn total_in(&self, area: AreaScope, measure: Measure) -> i64 {
        let all = self.within(area).flat_map(|figures| &figures.total);
        all.filter(|(m, _)| *m == measure).map(|(_, n)| n).sum()
    }

    /// Asymptomatic infections that had not been converted, since the beginning.
    pub fn still_asymptomatic_in(&self, area: AreaScope) -> i64 {
        let of = |measure| self.total_in(area, measure);
        let only: i64 = self.within(area).map(|figures| figures.converted_only).sum();
        of(Measure::Asymptomatic) - (of(Measure::Converted) - only)
    }

    /// All infections since the beginning, each once.
    pub fn infections_total_in(&self, area: AreaScope) -> i64 {
        self.total_in(area, Measure::Confirmed) + self.still_asymptomatic_in(area)
    }

    /// Discharged and released since the beginning.
    pub fn recovered_in(&self, area: AreaScope) -> i64 {
        self.total_in(area, Measure::Discharged) + self.total_in(area, Measure::Released)
    }

    /// Those who were still in hospital or in isolation at the window's end.
    pub fn open_in(&self, area: AreaScope) -> i64 {
        let gone = self.recovered_in(area) + self.total_in(area, Measure::Died);
        self.infections_total_in(area) - gone
    }

    /// The areas of a table: the cities of a province, else the counties.
    pub fn parts(&self) -> Vec<AreaScope> {
        let digits = if self.scope.to_string().len() == 2 { 4 } else { 6 };
        let mut parts: Vec<String> = self
            .areas
            .iter()
            .filter_map(|figures| figures.area.to_string().get(..digits).map(str::to_owned))
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts.iter().filter_map(|code| AreaScope::parse(code).ok()).collect()
    }

    /// The totals of the window that a reader is shown, for [`crate::PublishBulletin::seen`].
    pub fn seen(&self) -> Vec<(Measure, i64)> {
        MEASURES.iter().map(|measure| (*measure, self.of_window(*measure))).collect()
    }

    /// The figures in which two documents differ: measure, here, there.
    pub fn differs(&self, other: &Document) -> Vec<(Measure, i64, i64)> {
        let pairs = MEASURES.iter().map(|m| (*m, self.of_window(*m), other.of_window(*m)));
        pairs.filter(|(_, here, there)| here != there).collect()
    }
}
