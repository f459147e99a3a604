//! What a bulletin is made from: the counters, and the line list, held against each other.

use std::collections::{BTreeMap, BTreeSet};

use analytics::bulletin::{
    Case as ListedCase, CaseEvent, CaseId, CaseKind, CaseMistake, Figure, Misfit, ReportWindow,
    reconcile,
};
use cases::{Case, Class, FoundIn, Measure, Severity};
use jiff::tz::Offset;
use types::{AreaCode, Micros, PlaceCode, UnitId};

/// Most differences that are told.
pub const TOLD: usize = 200;

/// A line of the list: a case that counts in the window, by its own row and by what was tallied.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The case.
    pub case: UnitId,
    /// Where it was found.
    pub found_in: Option<FoundIn>,
    /// The class.
    pub class: Class,
    /// The severity.
    pub severity: Option<Severity>,
    /// All that the row counts as, whenever.
    pub counts: Vec<(Measure, Micros)>,
    /// What was tallied of it in the window, with how often.
    pub tallied: Vec<(Measure, i64)>,
}

impl Line {
    /// The line of a case.
    pub fn of(case: &Case, tallied: Vec<(Measure, i64)>) -> Line {
        Line {
            case: case.id,
            found_in: case.found_in(),
            class: case.class(),
            severity: case.severity(),
            counts: case.counts(),
            tallied,
        }
    }

    /// Whether it was tallied as something in the window.
    pub fn counts_as(&self, measure: Measure) -> bool {
        self.tallied.iter().any(|(m, n)| *m == measure && *n != 0)
    }

    /// Whether it is an infection of the window that nobody has examined.
    pub fn is_unexamined(&self) -> bool {
        self.class == Class::ScreenPositive && self.counts_as(Measure::Infections)
    }

    /// The case as the arithmetic of bulletins reads it. What was converted before this list knew of
    /// it was asymptomatic before the list begins.
    fn listed(&self) -> Option<ListedCase> {
        let at = |measure| self.counts.iter().find(|(m, _)| *m == measure).map(|(_, at)| *at);
        let mut events = Vec::new();
        if let Some(at) = at(Measure::Asymptomatic) {
            events.push((at, CaseEvent::Reported(CaseKind::Asymptomatic)));
        }
        match (at(Measure::Converted), at(Measure::Confirmed)) {
            (Some(converted), _) => {
                if events.is_empty() {
                    let long_ago = Micros(i64::MIN);
                    events.push((long_ago, CaseEvent::Reported(CaseKind::Asymptomatic)));
                }
                events.push((converted, CaseEvent::Converted));
            }
            (None, Some(confirmed)) => {
                events.push((confirmed, CaseEvent::Reported(CaseKind::Confirmed)));
            }
            (None, None) => {}
        }
        let endings = [
            (Measure::Discharged, CaseEvent::Discharged),
            (Measure::Released, CaseEvent::Released),
            (Measure::Died, CaseEvent::Died),
        ];
        events.extend(endings.into_iter().filter_map(|(m, event)| Some((at(m)?, event))));
        if events.is_empty() {
            return None;
        }
        let area = PlaceCode::parse(&self.case.area().to_string()).ok()?;
        Some(ListedCase { id: CaseId(self.case.to_string()), area, events })
    }
}

/// The counters and the line list of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// The counters: county, measure, where found.
    pub counted: BTreeMap<(AreaCode, Measure, Option<FoundIn>), i64>,
    /// The lines.
    pub lines: Vec<Line>,
    /// The counters since the beginning until the window's end: county, measure.
    pub totals: BTreeMap<(AreaCode, Measure), i64>,
    /// Of the converted until then: those who were never told to be asymptomatic.
    pub converted_only: BTreeMap<AreaCode, i64>,
}

/// Something that does not fit. A bulletin with one cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A counter says another number than the list.
    Count {
        /// The county.
        area: AreaCode,
        /// The measure.
        measure: Measure,
        /// The counter.
        counted: i64,
        /// The list.
        listed: i64,
    },
    /// They agree on the number, and not on where the cases were found.
    FoundIn {
        /// The county.
        area: AreaCode,
        /// The measure.
        measure: Measure,
        /// Where found.
        found_in: Option<FoundIn>,
        /// The counter.
        counted: i64,
        /// The list.
        listed: i64,
    },
    /// A case's row and what was tallied of it differ.
    Line {
        /// The case.
        case: UnitId,
        /// The measure.
        measure: Measure,
        /// How often it was tallied.
        tallied: i64,
        /// How often its row counts.
        counts: i64,
    },
    /// A case contradicts itself.
    Case {
        /// The case.
        case: UnitId,
        /// How.
        mistake: CaseMistake,
    },
    /// More were converted than confirmed.
    Converted {
        /// The county.
        area: AreaCode,
        /// Converted.
        converted: i64,
        /// Confirmed.
        confirmed: i64,
    },
}

/// The measures that are held against each other, as both crates name them.
const PAIRS: [(Measure, analytics::bulletin::Measure); 6] = [
    (Measure::Confirmed, analytics::bulletin::Measure::Confirmed),
    (Measure::Converted, analytics::bulletin::Measure::Converted),
    (Measure::Asymptomatic, analytics::bulletin::Measure::Asymptomatic),
    (Measure::Discharged, analytics::bulletin::Measure::Discharged),
    (Measure::Released, analytics::bulletin::Measure::Released),
    (Measure::Died, analytics::bulletin::Measure::Died),
];

impl Basis {
    /// The counties that have something.
    pub fn areas(&self) -> BTreeSet<AreaCode> {
        let counted = self.counted.keys().map(|(area, _, _)| *area);
        let totals = self.totals.keys().map(|(area, _)| *area);
        counted.chain(totals).chain(self.lines.iter().map(|line| line.case.area())).collect()
    }

    /// A counter over all places where cases were found.
    pub fn count(&self, area: AreaCode, measure: Measure) -> i64 {
        let of = |((a, m, _), n): (&(AreaCode, Measure, Option<FoundIn>), &i64)| {
            ((*a, *m) == (area, measure)).then_some(*n)
        };
        self.counted.iter().filter_map(of).sum()
    }

    /// Infections of the window that nobody has examined.
    pub fn unexamined(&self) -> i64 {
        self.lines.iter().filter(|line| line.is_unexamined()).count() as i64
    }

    /// Holds the counters against the list, line by line. Nothing in the result: it may be published.
    pub fn differences(&self, window: ReportWindow, offset: Offset) -> Vec<Difference> {
        let mut found = self.lines_that_differ(window, offset);
        for area in self.areas() {
            self.differ_in(area, window, offset, &mut found);
        }
        found
    }

    /// What was tallied of a case is what its row counts as in the window.
    fn lines_that_differ(&self, window: ReportWindow, offset: Offset) -> Vec<Difference> {
        let mut found = Vec::new();
        for line in &self.lines {
            for (measure, _) in PAIRS {
                let of_row =
                    |(m, at): &&(Measure, Micros)| *m == measure && window.contains(*at, offset);
                let counts = line.counts.iter().filter(of_row).count() as i64;
                let tallied: i64 =
                    line.tallied.iter().filter(|(m, _)| *m == measure).map(|(_, n)| n).sum();
                if counts != tallied {
                    let case = line.case;
                    found.push(Difference::Line { case, measure, tallied, counts });
                }
            }
        }
        found
    }

    fn differ_in(
        &self,
        area: AreaCode,
        window: ReportWindow,
        offset: Offset,
        found: &mut Vec<Difference>,
    ) {
        let Ok(place) = PlaceCode::parse(&area.to_string()) else { return };
        let here = || self.lines.iter().filter(|line| line.case.area() == area);
        let listed: Vec<ListedCase> = here().filter_map(Line::listed).collect();
        // A counter below zero is no figure; it shows as a difference from the list.
        let figure =
            |measure: Measure| u64::try_from(self.count(area, measure)).unwrap_or(u64::MAX);
        let figures: Vec<Figure> = PAIRS
            .iter()
            .map(|(measure, as_figure)| Figure {
                measure: *as_figure,
                area: place.clone(),
                window,
                as_of: Micros(0),
                publisher: String::new(),
                value: figure(*measure),
            })
            .collect();
        let ours = |measure: analytics::bulletin::Measure| {
            PAIRS.iter().find(|(_, m)| *m == measure).map_or(Measure::Infections, |(m, _)| *m)
        };
        let case_of = |id: &CaseId| UnitId::parse(&id.0).ok();
        for misfit in reconcile(&figures, &listed, offset, false).misfits {
            match misfit {
                Misfit::Figure { figure, counted } => {
                    let measure = ours(figure.measure);
                    let (counted, listed) = (self.count(area, measure), counted as i64);
                    found.push(Difference::Count { area, measure, counted, listed });
                }
                Misfit::Case { case, mistake } => {
                    found.extend(case_of(&case).map(|case| Difference::Case { case, mistake }));
                }
                Misfit::Twice { case } => {
                    let mistake = CaseMistake::ReportedTwice;
                    found.extend(case_of(&case).map(|case| Difference::Case { case, mistake }));
                }
                Misfit::Converted { .. } => found.push(Difference::Converted {
                    area,
                    converted: self.count(area, Measure::Converted),
                    confirmed: self.count(area, Measure::Confirmed),
                }),
                // Every measure has its figure and a county no parts.
                Misfit::Uncovered { .. } | Misfit::Parts { .. } => {}
            }
        }
        let mut by_place: BTreeMap<(Measure, Option<FoundIn>), (i64, i64)> = BTreeMap::new();
        for ((a, measure, found_in), n) in &self.counted {
            if *a == area {
                by_place.entry((*measure, *found_in)).or_default().0 += n;
            }
        }
        for line in here() {
            for (measure, n) in &line.tallied {
                by_place.entry((*measure, line.found_in)).or_default().1 += n;
            }
        }
        for ((measure, found_in), (counted, listed)) in by_place {
            if counted != listed && PAIRS.iter().any(|(m, _)| *m == measure) {
                found.push(Difference::FoundIn { area, measure, found_in, counted, listed });
            }
        }
    }
}
