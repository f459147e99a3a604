//! Counting a line list as bulletins count.

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{Micros, PlaceCode};

use super::{Measure, ReportWindow};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub String);

/// How an infection is classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKind {
    /// Mild to critical.
    Confirmed,
    /// Without symptoms so far.
    Asymptomatic,
}

/// What was reported of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseEvent {
    /// First report, as one of the two kinds.
    Reported(CaseKind),
    /// From asymptomatic to confirmed.
    Converted,
    /// A confirmed case left hospital well.
    Discharged,
    /// An asymptomatic infection was released from isolation.
    Released,
    /// A confirmed case died.
    Died,
}

/// A line of the list: a case, where it counts, and what was reported when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Which.
    pub id: CaseId,
    /// The smallest area that bulletins count it in; its code starts with those above it.
    pub area: PlaceCode,
    /// Reports, with the time that decides into which window they fall.
    pub events: Vec<(Micros, CaseEvent)>,
}

/// What is wrong with a line, so that it cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseMistake {
    /// Nothing says that the case was reported.
    NeverReported,
    /// Reported more than once.
    ReportedTwice,
    /// Something happened before the first report.
    BeforeReport,
    /// Converted, though confirmed already.
    ConvertedWhenConfirmed,
    /// Discharged or died as an asymptomatic infection, which is released, or converted first.
    DischargedWhenAsymptomatic,
    /// Released as a confirmed case, which is discharged.
    ReleasedWhenConfirmed,
    /// Something happened after the case was closed.
    AfterEnd,
}

/// Follows a line through its reports in order of time.
///
/// # Errors
/// The first mistake.
pub fn check_case(case: &Case) -> Result<(), CaseMistake> {
    let mut events = case.events.clone();
    events.sort_by_key(|(at, _)| *at);
    let mut kind = None;
    let mut ended = false;
    for (_, event) in events {
        if ended {
            return Err(CaseMistake::AfterEnd);
        }
        kind = match (kind, event) {
            (None, CaseEvent::Reported(kind)) => Some(kind),
            (None, _) => return Err(CaseMistake::BeforeReport),
            (Some(_), CaseEvent::Reported(_)) => return Err(CaseMistake::ReportedTwice),
            (Some(CaseKind::Asymptomatic), CaseEvent::Converted) => Some(CaseKind::Confirmed),
            (Some(CaseKind::Confirmed), CaseEvent::Converted) => {
                return Err(CaseMistake::ConvertedWhenConfirmed);
            }
            (Some(CaseKind::Asymptomatic), CaseEvent::Discharged | CaseEvent::Died) => {
                return Err(CaseMistake::DischargedWhenAsymptomatic);
            }
            (Some(CaseKind::Confirmed), CaseEvent::Released) => {
                return Err(CaseMistake::ReleasedWhenConfirmed);
            }
            (kind, CaseEvent::Discharged | CaseEvent::Died | CaseEvent::Released) => {
                ended = true;
                kind
            }
        };
    }
    kind.map(|_| ()).ok_or(CaseMistake::NeverReported)
}

/// The cases behind a figure: its number is theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// By measure, in the order of the list.
    pub cases: BTreeMap<Measure, Vec<CaseId>>,
}

impl Counted {
    /// How many.
    pub fn number(&self, measure: Measure) -> u64 {
        self.cases.get(&measure).map_or(0, |cases| cases.len() as u64)
    }
}

/// Counts what was reported in a window, of cases within an area. A conversion counts as confirmed
/// and as converted. Lines with a mistake ([`check_case`]) are not counted; find them first.
pub fn count(cases: &[Case], area: &PlaceCode, window: ReportWindow, offset: Offset) -> Counted {
    let mut counted = Counted::default();
    let within = |case: &&Case| case.area.as_str().starts_with(area.as_str());
    for case in cases.iter().filter(within).filter(|c| check_case(c).is_ok()) {
        for (at, event) in &case.events {
            if !window.contains(*at, offset) {
                continue;
            }
            for measure in measures(*event) {
                counted.cases.entry(*measure).or_default().push(case.id.clone());
            }
        }
    }
    counted
}

/// What an event counts as.
pub(super) fn measures(event: CaseEvent) -> &'static [Measure] {
    match event {
        CaseEvent::Reported(CaseKind::Confirmed) => &[Measure::Confirmed],
        CaseEvent::Reported(CaseKind::Asymptomatic) => &[Measure::Asymptomatic],
        CaseEvent::Converted => &[Measure::Confirmed, Measure::Converted],
        CaseEvent::Discharged => &[Measure::Discharged],
        CaseEvent::Released => &[Measure::Released],
        CaseEvent::Died => &[Measure::Died],
    }
}

/// Running totals of an area until an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Ever confirmed, those converted included.
    pub confirmed: u64,
    /// Asymptomatic infections that were not converted until then.
    pub asymptomatic: u64,
    /// Confirmed cases discharged.
    pub discharged: u64,
    /// Asymptomatic infections released.
    pub released: u64,
    /// Confirmed cases who died.
    pub died: u64,
}

impl Totals {
    /// All infections, each counted once.
    pub fn infections(self) -> u64 {
        self.confirmed + self.asymptomatic
    }

    /// Still in hospital or isolation.
    pub fn open(self) -> u64 {
        self.infections().saturating_sub(self.discharged + self.released + self.died)
    }

    /// Discharged and released as a share of all infections; `None` without infections.
    pub fn recovered_share(self) -> Option<f64> {
        let all = self.infections();
        (all > 0).then(|| (self.discharged + self.released) as f64 / all as f64)
    }
}

/// Running totals of an area, of reports before `until`. Lines with a mistake are not counted.
pub fn totals(cases: &[Case], area: &PlaceCode, until: Micros) -> Totals {
    let mut sum = Totals::default();
    for case in cases.iter().filter(|c| c.area.as_str().starts_with(area.as_str())) {
        if check_case(case).is_err() {
            continue;
        }
        for (_, event) in case.events.iter().filter(|(at, _)| *at < until) {
            match event {
                CaseEvent::Reported(CaseKind::Confirmed) => sum.confirmed += 1,
                CaseEvent::Reported(CaseKind::Asymptomatic) => sum.asymptomatic += 1,
                CaseEvent::Converted => {
                    // The report as asymptomatic came before, so this cannot fall below 0.
                    sum.asymptomatic -= 1;
                    sum.confirmed += 1;
                }
                CaseEvent::Discharged => sum.discharged += 1,
                CaseEvent::Released => sum.released += 1,
                CaseEvent::Died => sum.died += 1,
            }
        }
    }
    sum
}
