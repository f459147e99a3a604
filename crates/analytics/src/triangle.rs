//! Reporting triangles: how many events of each day were known after how many days.

use serde::Serialize;

use crate::AnalyticsError;

/// Counts by reference day (rows, oldest first) and reporting delay in days (columns, from 0).
///
/// What is not yet reported is missing, not 0, and lies at the lower right: once a cell is
/// missing, so are those right of it and below it. Counts may be negative where a correction
/// took cases away; see [`Triangle::without_negatives`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Triangle {
    delays: usize,
    /// Row by row; NaN where not yet reported.
    cells: Vec<f64>,
}

impl Triangle {
    /// # Errors
    /// [`AnalyticsError::Triangle`] when there is no cell, rows differ in length, a count is not
    /// finite, or a missing cell has a known one right of it or below it.
    pub fn new(rows: &[Vec<Option<f64>>]) -> Result<Triangle, AnalyticsError> {
        let refuse = |why: String| Err(AnalyticsError::Triangle(why));
        let delays = rows.first().map_or(0, Vec::len);
        if delays == 0 {
            return refuse("it has no cell".to_owned());
        }
        let mut known_above = delays;
        let mut cells = Vec::with_capacity(rows.len() * delays);
        for (r, row) in rows.iter().enumerate() {
            if row.len() != delays {
                return refuse(format!("row {} has {} columns, not {delays}", r + 1, row.len()));
            }
            let known = row.iter().take_while(|c| c.is_some()).count();
            if row[known..].iter().any(Option::is_some) {
                return refuse(format!("row {} has a gap at delay {known}", r + 1));
            }
            if known > known_above {
                let why = "knows more delays than the row above it";
                return refuse(format!("row {} {why}", r + 1));
            }
            if let Some(delay) = row[..known].iter().position(|c| c.is_some_and(|v| !v.is_finite()))
            {
                return refuse(format!("row {}, delay {delay} is not a count", r + 1));
            }
            known_above = known;
            cells.extend(row.iter().map(|c| c.unwrap_or(f64::NAN)));
        }
        Ok(Triangle { delays, cells })
    }

    /// Counts events by day and delay as known at the end of `as_of`. Days are whole numbers of
    /// any origin; `first_day` is that of the first row, the last row is `as_of`. Reports after
    /// `as_of` or of days before `first_day` do not count; those later than `max_delay` are left
    /// out, and their number is returned beside the triangle.
    ///
    /// # Errors
    /// [`AnalyticsError::Triangle`] when `as_of` is before `first_day` or a report is from before
    /// its event.
    pub fn of_reports(
        reports: impl IntoIterator<Item = (i64, i64)>,
        first_day: i64,
        as_of: i64,
        max_delay: usize,
    ) -> Result<(Triangle, usize), AnalyticsError> {
        let Ok(last_row) = usize::try_from(as_of - first_day) else {
            let why = format!("its last day {as_of} is before its first day {first_day}");
            return Err(AnalyticsError::Triangle(why));
        };
        let delays = max_delay + 1;
        let mut cells = vec![0.0; (last_row + 1) * delays];
        for row in 0..=last_row {
            let known = (last_row - row + 1).min(delays);
            cells[row * delays + known..(row + 1) * delays].fill(f64::NAN);
        }
        let mut too_late = 0;
        for (day, reported) in reports {
            let Ok(delay) = usize::try_from(reported - day) else {
                let why = format!("day {day} was reported on day {reported}, before it happened");
                return Err(AnalyticsError::Triangle(why));
            };
            if day < first_day || reported > as_of {
                continue;
            }
            if delay > max_delay {
                too_late += 1;
            } else if let Ok(row) = usize::try_from(day - first_day) {
                cells[row * delays + delay] += 1.0;
            }
        }
        Ok((Triangle { delays, cells }, too_late))
    }

    /// Number of reference days.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.delays
    }

    /// Number of delays, the largest delay plus one.
    pub fn delays(&self) -> usize {
        self.delays
    }

    /// A count; `None` where not yet reported or outside.
    pub fn get(&self, row: usize, delay: usize) -> Option<f64> {
        if delay >= self.delays {
            return None;
        }
        self.cells.get(row * self.delays + delay).copied().filter(|c| !c.is_nan())
    }

    /// How many delays of a row are known.
    pub fn known(&self, row: usize) -> usize {
        self.row(row).iter().take_while(|c| !c.is_nan()).count()
    }

    /// Sum of what is known of a row.
    pub fn observed(&self, row: usize) -> f64 {
        self.row(row).iter().filter(|c| !c.is_nan()).sum()
    }

    /// Rows of which something is still missing.
    pub fn incomplete_rows(&self) -> usize {
        (0..self.rows()).filter(|r| self.known(*r) < self.delays).count()
    }

    /// The triangle in which no count is negative: what a correction took away is taken from the
    /// next shorter delay, and so on; what is left at delay 0 is dropped. Row sums stay as they
    /// are unless negative.
    #[must_use]
    pub fn without_negatives(&self) -> Triangle {
        let mut cells = self.cells.clone();
        for row in cells.chunks_mut(self.delays) {
            let mut owed = 0.0;
            for cell in row.iter_mut().rev().filter(|c| !c.is_nan()) {
                let value = *cell + owed;
                owed = value.min(0.0);
                *cell = value.max(0.0);
            }
        }
        Triangle { delays: self.delays, cells }
    }

    /// The first `rows` rows.
    #[must_use]
    pub(crate) fn head(&self, rows: usize) -> Triangle {
        let end = (rows * self.delays).min(self.cells.len());
        Triangle { delays: self.delays, cells: self.cells[..end].to_vec() }
    }

    /// As it was known earlier: each row, counted from the last one, knows no more delays than
    /// `known` says (the rows above these stay as they are).
    pub(crate) fn blinded(&self, known: &[usize]) -> Triangle {
        let mut result = self.clone();
        for (row, known) in result.cells.chunks_mut(self.delays).rev().zip(known) {
            row[(*known).min(self.delays)..].fill(f64::NAN);
        }
        result
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.delays..(row + 1) * self.delays]
    }
}
