//! Whether a bulletin and its line list say the same, and if not, which line does not fit.

use jiff::tz::Offset;
use serde::Serialize;
use std::collections::BTreeMap;
use types::PlaceCode;

use super::line_list::{check_case, count, measures};
use super::{Case, CaseId, CaseMistake, Figure, Measure};

/// One figure beside its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// As published or about to be.
    pub figure: Figure,
    /// What the line list gives.
    pub counted: u64,
    /// The cases that were counted.
    pub cases: Vec<CaseId>,
}

impl Line {
    /// Whether both are the same.
    pub fn fits(&self) -> bool {
        self.figure.value == self.counted
    }
}

/// Something that does not fit, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misfit {
    /// A figure differs from its count.
    Figure {
        /// What, where and when.
        figure: Figure,
        /// What the line list gives.
        counted: u64,
    },
    /// A line of the list contradicts itself and is counted nowhere.
    Case {
        /// Which.
        case: CaseId,
        /// Why.
        mistake: CaseMistake,
    },
    /// A case stands in the list more than once.
    Twice {
        /// Which.
        case: CaseId,
    },
    /// A case has a report within the bulletin's hours, but no figure covers it.
    Uncovered {
        /// Which.
        case: CaseId,
        /// Where it counts.
        area: PlaceCode,
        /// As what it would count.
        measure: Measure,
    },
    /// The figures of the parts do not add up to that of the whole.
    Parts {
        /// The figure of the whole.
        whole: Figure,
        /// What the parts add up to.
        parts: u64,
    },
    /// More were converted than confirmed.
    Converted {
        /// The figure of the converted.
        figure: Figure,
        /// The confirmed.
        confirmed: u64,
    },
}

/// The result. A bulletin is fit to publish when nothing is in `misfits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// Every figure with its count and cases.
    pub lines: Vec<Line>,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
}

/// Compares every figure with the line list, the parts with the whole, and looks for cases that no
/// figure covers. Figures of different hours are compared each with the reports of its own hours.
/// A missing figure is not a misfit by itself; a case that none covers is.
///
/// Parts are those figures of the same measure, hours, as-of and publisher whose area lies directly
/// below; they are added up only when `complete_parts` says that the bulletin names all of them.
pub fn reconcile(
    figures: &[Figure],
    cases: &[Case],
    offset: Offset,
    complete_parts: bool,
) -> Reconciliation {
    let mut misfits = Vec::new();
    let mut seen: BTreeMap<&CaseId, usize> = BTreeMap::new();
    for case in cases {
        *seen.entry(&case.id).or_default() += 1;
        if let Err(mistake) = check_case(case) {
            misfits.push(Misfit::Case { case: case.id.clone(), mistake });
        }
    }
    let twice = seen.iter().filter(|(_, n)| **n > 1);
    misfits.extend(twice.map(|(case, _)| Misfit::Twice { case: (*case).clone() }));
    let lines: Vec<Line> = figures
        .iter()
        .map(|figure| {
            let counted = count(cases, &figure.area, figure.window, offset);
            let cases = counted.cases.get(&figure.measure).cloned().unwrap_or_default();
            Line { figure: figure.clone(), counted: cases.len() as u64, cases }
        })
        .collect();
    for line in lines.iter().filter(|l| !l.fits()) {
        misfits.push(Misfit::Figure { figure: line.figure.clone(), counted: line.counted });
    }
    uncovered(figures, cases, offset, &mut misfits);
    for figure in figures {
        if complete_parts {
            parts(figure, figures, &mut misfits);
        }
        if figure.measure == Measure::Converted {
            let of = |f: &&Figure| f.measure == Measure::Confirmed && alike(f, figure);
            if let Some(all) = figures.iter().filter(of).find(|f| f.area == figure.area)
                && figure.value > all.value
            {
                misfits.push(Misfit::Converted { figure: figure.clone(), confirmed: all.value });
            }
        }
    }
    Reconciliation { lines, misfits }
}

/// Reports that fall into the hours of some figure, but are of an area or kind that none counts.
fn uncovered(figures: &[Figure], cases: &[Case], offset: Offset, misfits: &mut Vec<Misfit>) {
    for case in cases.iter().filter(|c| check_case(c).is_ok()) {
        for (at, event) in &case.events {
            let in_hours = |f: &&Figure| f.window.contains(*at, offset);
            if !figures.iter().any(|f| in_hours(&f)) {
                continue;
            }
            for measure in measures(*event) {
                let covers = |f: &&Figure| {
                    f.measure == *measure && case.area.as_str().starts_with(f.area.as_str())
                };
                if !figures.iter().filter(in_hours).any(|f| covers(&f)) {
                    misfits.push(Misfit::Uncovered {
                        case: case.id.clone(),
                        area: case.area.clone(),
                        measure: *measure,
                    });
                }
            }
        }
    }
}

fn alike(a: &Figure, b: &Figure) -> bool {
    a.window == b.window && a.as_of == b.as_of && a.publisher == b.publisher
}

/// Adds up the figures directly below one and compares.
fn parts(whole: &Figure, figures: &[Figure], misfits: &mut Vec<Misfit>) {
    let below = |outer: &PlaceCode, inner: &PlaceCode| {
        inner != outer && inner.as_str().starts_with(outer.as_str())
    };
    let candidates: Vec<&Figure> = figures
        .iter()
        .filter(|f| f.measure == whole.measure && alike(f, whole) && below(&whole.area, &f.area))
        .collect();
    let directly: Vec<&&Figure> = candidates
        .iter()
        .filter(|f| !candidates.iter().any(|other| below(&other.area, &f.area)))
        .collect();
    let sum: u64 = directly.iter().map(|f| f.value).sum();
    if !directly.is_empty() && sum != whole.value {
        misfits.push(Misfit::Parts { whole: whole.clone(), parts: sum });
    }
}
