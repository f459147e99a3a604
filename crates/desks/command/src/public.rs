//! What of a bulletin everybody may see: its figures without those that may tell who somebody is.
//!
//! The cases of a county by where they were found are one table; its rows add up to the counties'
//! figures and its columns to those of the whole by where found, and all of them are published. So
//! they are suppressed as one table ([`analytics::bulletin::suppress_parts`]). Running totals are shown of
//! the whole only: those of a county on two days would give away what is left out on the second.

use analytics::bulletin::{Cell, suppress_parts};
use cases::{FoundIn, Measure, Severity};
use types::AreaScope;

use crate::document::{Document, MEASURES};

/// Figures from 1 to this minus 1 are left out of public tables, unless they are of the whole. A
/// choice of ours; statistical offices use 3 to 10.
pub const SMALL: u64 = 5;

/// A measure by area and by where the cases were found, fit for the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTable {
    /// The measure.
    pub measure: Measure,
    /// Row by row: an area's cells by where found, then the area's figure. `None` where no set of
    /// cells protects the small ones: then there is only the whole.
    pub rows: Option<Vec<(AreaScope, Vec<Cell>)>>,
    /// The whole by where found.
    pub totals: Vec<Cell>,
    /// The whole. That somebody somewhere in the response fell ill tells of nobody.
    pub total: i64,
}

/// A bulletin as everybody may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Public {
    /// The tables, in the order of [`MEASURES`].
    pub tables: Vec<PublicTable>,
    /// The new confirmed by severity.
    pub severity: Vec<(Severity, Cell)>,
    /// Running totals of the whole.
    pub running: Vec<(Measure, i64)>,
}

/// Where cases are found, in the order of a table's columns; the last is "nobody knows".
pub const FOUND: [Option<FoundIn>; 5] = [
    Some(FoundIn::Quarantine),
    Some(FoundIn::Locked),
    Some(FoundIn::Controlled),
    Some(FoundIn::Community),
    None,
];

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

impl Public {
    /// The public version of a document.
    pub fn of(document: &Document) -> Public {
        let tables = MEASURES.iter().map(|measure| table(document, *measure)).collect();
        let grades: Vec<Severity> =
            Severity::ALL.iter().copied().filter(|s| *s != Severity::Asymptomatic).collect();
        let counts: Vec<u64> = grades.iter().map(|s| count(document.severity(*s))).collect();
        let cells = match suppress_parts(std::slice::from_ref(&counts), SMALL) {
            Ok(table) => table.cells[0][..grades.len()].to_vec(),
            Err(_) => nothing_told(&counts),
        };
        let running = MEASURES.iter().map(|m| (*m, document.total_in(document.scope, *m)));
        Public {
            tables,
            severity: grades.into_iter().zip(cells).collect(),
            running: running.collect(),
        }
    }

    /// The table of a measure.
    pub fn table(&self, measure: Measure) -> Option<&PublicTable> {
        self.tables.iter().find(|table| table.measure == measure)
    }
}

/// Where no set of cells protects the small ones, none is told: from the others and the whole
/// somebody could work out the last one.
fn nothing_told(counts: &[u64]) -> Vec<Cell> {
    let cell = if counts.iter().sum::<u64>() == 0 { Cell::Published(0) } else { Cell::Complement };
    vec![cell; counts.len()]
}

fn table(document: &Document, measure: Measure) -> PublicTable {
    let parts = document.parts();
    let counts: Vec<Vec<u64>> = parts
        .iter()
        .map(|part| FOUND.iter().map(|f| count(document.found_in(*part, measure, *f))).collect())
        .collect();
    let whole: Vec<u64> =
        FOUND.iter().map(|f| count(document.found_in(document.scope, measure, *f))).collect();
    let total = document.of_window(measure);
    match suppress_parts(&counts, SMALL) {
        Ok(mut table) => {
            let totals = table.cells.pop().unwrap_or_default();
            let totals = totals.into_iter().take(FOUND.len()).collect();
            let rows = parts.into_iter().zip(table.cells).collect();
            PublicTable { measure, rows: Some(rows), totals, total }
        }
        Err(_) => PublicTable { measure, rows: None, totals: nothing_told(&whole), total },
    }
}
