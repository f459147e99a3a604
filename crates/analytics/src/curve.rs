//! Epidemic curves: cases a day, by the day that is asked for and by how they were found.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Calendar, EpiWeek};

/// How an infection was found. The three say how much of the community is still unseen: only
/// those found in the community were free to infect others until that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundIn {
    /// In centralised quarantine, as a contact (集中隔离点).
    Quarantine,
    /// In a locked or controlled area (封控区, 管控区).
    ControlledArea,
    /// In the community (社会面).
    Community,
}

impl FoundIn {
    /// All three, in the order in which bulletins name them.
    pub const ALL: [FoundIn; 3] =
        [FoundIn::Quarantine, FoundIn::ControlledArea, FoundIn::Community];
}

/// Which of a case's days counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayOf {
    /// Onset of symptoms. Asymptomatic infections have none.
    Onset,
    /// First positive sample.
    Sample,
    /// Report.
    Report,
}

/// What a curve needs to know of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurveCase {
    /// Onset, where there is one.
    pub onset: Option<Date>,
    /// Sampling, where known.
    pub sample: Option<Date>,
    /// Report, where already made.
    pub report: Option<Date>,
    /// How found; `None` where nobody has said.
    pub found_in: Option<FoundIn>,
}

impl CurveCase {
    fn day(&self, of: DayOf) -> Option<Date> {
        match of {
            DayOf::Onset => self.onset,
            DayOf::Sample => self.sample,
            DayOf::Report => self.report,
        }
    }
}

/// Cases of one day or week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CurveCount {
    /// Found in quarantine.
    pub quarantine: u64,
    /// Found in a locked or controlled area.
    pub controlled_area: u64,
    /// Found in the community.
    pub community: u64,
    /// Nobody has said how they were found.
    pub unknown: u64,
}

impl CurveCount {
    /// All cases.
    pub fn total(self) -> u64 {
        self.quarantine + self.controlled_area + self.community + self.unknown
    }

    fn add(&mut self, found_in: Option<FoundIn>) {
        *match found_in {
            Some(FoundIn::Quarantine) => &mut self.quarantine,
            Some(FoundIn::ControlledArea) => &mut self.controlled_area,
            Some(FoundIn::Community) => &mut self.community,
            None => &mut self.unknown,
        } += 1;
    }

    fn merge(&mut self, other: CurveCount) {
        self.quarantine += other.quarantine;
        self.controlled_area += other.controlled_area;
        self.community += other.community;
        self.unknown += other.unknown;
    }
}

/// A curve without gaps: days without cases are there, with zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Curve {
    /// Which day counts.
    pub by: DayOf,
    /// The first day.
    pub first: Date,
    /// One a day.
    pub days: Vec<CurveCount>,
    /// Cases without that day: they are in no bar, and must be said beside the curve.
    pub without_day: CurveCount,
    /// Cases outside of the days asked for.
    pub outside: CurveCount,
}

impl Curve {
    /// The curve of `first` to `last`, both included. Every case is in a bar, in `without_day` or
    /// in `outside`.
    pub fn of(cases: &[CurveCase], by: DayOf, first: Date, last: Date) -> Curve {
        let length = (last - first).get_days() + 1;
        let mut curve = Curve {
            by,
            first,
            days: vec![CurveCount::default(); usize::try_from(length).unwrap_or(0)],
            without_day: CurveCount::default(),
            outside: CurveCount::default(),
        };
        for case in cases {
            let count = match case.day(by) {
                None => &mut curve.without_day,
                Some(day) => usize::try_from((day - first).get_days())
                    .ok()
                    .and_then(|at| curve.days.get_mut(at))
                    .unwrap_or(&mut curve.outside),
            };
            count.add(case.found_in);
        }
        curve
    }

    /// Totals a day, as estimates take them.
    pub fn totals(&self) -> Vec<f64> {
        self.days.iter().map(|c| c.total() as f64).collect()
    }

    /// The days with their dates.
    pub fn dated(&self) -> impl Iterator<Item = (Date, CurveCount)> + '_ {
        self.days.iter().zip(0_i64..).filter_map(|(count, at)| {
            self.first.checked_add(at.days()).ok().map(|day| (day, *count))
        })
    }

    /// The same by week. The first and the last week may not be covered wholly: the second number
    /// says how many of its days the curve has.
    pub fn weeks(&self, calendar: Calendar) -> Vec<(EpiWeek, usize, CurveCount)> {
        let mut weeks: BTreeMap<EpiWeek, (usize, CurveCount)> = BTreeMap::new();
        for (day, count) in self.dated() {
            if let Some(week) = EpiWeek::of(day, calendar) {
                let entry = weeks.entry(week).or_default();
                entry.0 += 1;
                entry.1.merge(count);
            }
        }
        weeks.into_iter().map(|(week, (days, count))| (week, days, count)).collect()
    }
}
