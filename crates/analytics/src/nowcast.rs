//! The nowcast: what the counts of the last days will come to when all is reported.
//!
//! The delay distribution is estimated from the triangle itself by the chain-ladder method, and
//! applied to what is known. This is the method of the R package baselinenowcast (Johnson,
//! Tyszka, Bracher, Funk and Abbott, *Wellcome Open Research* 10 (2025) 614; MIT), whose point
//! nowcast this one equals.

use serde::Serialize;

use crate::{AnalyticsError, Triangle};

/// The share of events that become known after 0, 1, 2, … days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delays(Vec<f64>);

impl Delays {
    /// A given distribution, for example one of an earlier epidemic. Its later shares may be
    /// negative, where corrections take cases away.
    ///
    /// # Errors
    /// [`AnalyticsError::Parameter`] when the first share is negative or a share is not finite,
    /// [`AnalyticsError::TooLittle`] when there is none.
    pub fn given(shares: &[f64]) -> Result<Delays, AnalyticsError> {
        let wrong = |value| AnalyticsError::Parameter {
            what: "share of a reporting delay",
            value,
            wanted: "finite, and at least 0 for delay 0",
        };
        let first = *shares
            .first()
            .ok_or_else(|| AnalyticsError::TooLittle("no reporting delay is given".to_owned()))?;
        if first < 0.0 {
            return Err(wrong(first));
        }
        match shares.iter().find(|s| !s.is_finite()) {
            Some(share) => Err(wrong(*share)),
            None => Ok(Delays(shares.to_vec())),
        }
    }

    /// The distribution of the last `history` reference days of a triangle. Its missing cells are
    /// filled column by column: the expected count of a delay is the sum of the row up to it
    /// times (column total / total of all earlier columns) of the days that know that delay,
    /// where a total below 1 counts as 1.
    ///
    /// # Errors
    /// [`AnalyticsError::Triangle`] when the days used hold no complete row, the last day is
    /// wholly unknown, or nothing at all was counted at the delays that the last day knows.
    pub fn estimate(triangle: &Triangle, history: usize) -> Result<Delays, AnalyticsError> {
        let refuse = |why: String| Err(AnalyticsError::Triangle(why));
        let (rows, delays) = (triangle.rows(), triangle.delays());
        if history < 1 || history > rows {
            return Err(AnalyticsError::Count {
                what: "number of reference days for the delays",
                value: history,
                wanted: format!("within 1 to {rows}"),
            });
        }
        let first = rows - history;
        if triangle.known(first) < delays {
            return refuse(format!(
                "none of its last {history} days is completely reported up to delay {}; \
                 use more days or a smaller maximum",
                delays - 1
            ));
        }
        let last_known = triangle.known(rows - 1);
        if last_known == 0 {
            return refuse("nothing is known of its last day".to_owned());
        }
        let counted = |row: usize| triangle.row(row)[..last_known].iter().any(|c| *c != 0.0);
        if last_known < delays && !(first..rows).any(counted) {
            return refuse(format!(
                "no event of its last {history} days was reported within {last_known} days; \
                 use more days, or end it earlier"
            ));
        }
        // Sum of the row left of the current column, filled cells included.
        let mut left = vec![0.0; history];
        let mut totals = Vec::with_capacity(delays);
        for delay in 0..delays {
            // Rows that know this delay come first.
            let knowing = (0..history).take_while(|r| triangle.known(first + r) > delay).count();
            let column: f64 = (0..knowing).map(|r| triangle.row(first + r)[delay]).sum();
            let before: f64 = left[..knowing].iter().sum();
            let factor = column / before.max(1.0);
            let mut total = column;
            for (r, left) in left.iter_mut().enumerate() {
                if r < knowing {
                    *left += triangle.row(first + r)[delay];
                } else {
                    let expected = factor * *left;
                    total += expected;
                    *left += expected;
                }
            }
            totals.push(total);
        }
        let sum: f64 = totals.iter().sum();
        if sum == 0.0 || !sum.is_finite() {
            return refuse(format!("the counts of its last {history} days sum to {sum}"));
        }
        Delays::given(&totals.iter().map(|t| t / sum).collect::<Vec<_>>())
    }

    /// The shares of delay 0, 1, 2, …
    pub fn shares(&self) -> &[f64] {
        &self.0
    }

    /// Mean delay in days.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.0.iter().sum();
        self.0.iter().enumerate().map(|(d, s)| d as f64 * s).sum::<f64>() / sum
    }

    /// Fills a triangle with what is still expected: cell by cell along the row,
    /// (x + 1 - F) / F · p, where x is the sum of the row so far, filled cells included, F the
    /// share expected up to there and p the share of this delay. The 1 - F lets rows in which
    /// nothing is known yet expect something (a uniform prior on the total).
    ///
    /// # Errors
    /// [`AnalyticsError::Triangle`] when nothing is missing, the number of delays differs, a row
    /// is wholly unknown, or F is not above 0 where it is needed.
    pub fn complete(&self, triangle: &Triangle) -> Result<Completed, AnalyticsError> {
        let refuse = |why: String| Err(AnalyticsError::Triangle(why));
        let (rows, delays) = (triangle.rows(), triangle.delays());
        if self.0.len() != delays {
            return refuse(format!("it has {delays} delays, the distribution {}", self.0.len()));
        }
        if triangle.incomplete_rows() == 0 {
            return refuse(
                "nothing is missing from it; are cells that cannot be known yet filled with 0?"
                    .to_owned(),
            );
        }
        if triangle.known(rows - 1) == 0 {
            return refuse("nothing is known of its last day".to_owned());
        }
        let share_before: Vec<f64> = self
            .0
            .iter()
            .scan(0.0, |sum, share| {
                let before = *sum;
                *sum += share;
                Some(before)
            })
            .collect();
        let mut cells = Vec::with_capacity(rows * delays);
        for row in 0..rows {
            let known = triangle.known(row);
            let mut sum = 0.0;
            for (delay, (share, before)) in self.0.iter().zip(&share_before).enumerate() {
                let cell = if delay < known {
                    triangle.row(row)[delay]
                } else {
                    if *before <= 0.0 {
                        return refuse(format!(
                            "day {} knows {known} delays, after which nothing is expected to be \
                             known yet; end it earlier",
                            row + 1
                        ));
                    }
                    (sum + 1.0 - before) / before * share
                };
                sum += cell;
                cells.push(cell);
            }
        }
        Ok(Completed { delays, cells })
    }
}

/// A triangle with its missing cells filled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completed {
    delays: usize,
    cells: Vec<f64>,
}

impl Completed {
    /// The row, known and expected counts by delay.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.delays..(row + 1) * self.delays]
    }

    /// The expected total of a row.
    pub fn total(&self, row: usize) -> f64 {
        self.row(row).iter().sum()
    }
}

/// Which reference days serve for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// Days that the delay distribution is estimated from.
    pub history: usize,
    /// Nowcasts of the past that the uncertainty is estimated from.
    pub retrospective: usize,
}

impl Allocation {
    /// The usual one: three times the maximum delay, half of it for the delays, with at least the
    /// incomplete days and one more for the delays and two past nowcasts.
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] when the triangle has too few days for that.
    pub fn usual(triangle: &Triangle) -> Result<Allocation, AnalyticsError> {
        Allocation::of(triangle, 3.0, 0.5, 2)
    }

    /// `scale` times the maximum delay, of which `share` for the delays, and at least
    /// `least_retrospective` past nowcasts.
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] when the triangle, or `scale`, gives too few days.
    pub fn of(
        triangle: &Triangle,
        scale: f64,
        share: f64,
        least_retrospective: usize,
    ) -> Result<Allocation, AnalyticsError> {
        let max_delay = triangle.delays() - 1;
        let least_history = triangle.incomplete_rows() + 1;
        let needed = least_history + least_retrospective;
        let target = (scale * max_delay as f64).round_ties_even() as usize;
        let used = target.min(triangle.rows());
        if used < needed {
            return Err(AnalyticsError::TooLittle(format!(
                "{used} reference days, of which {least_history} are needed for the delays and \
                 {least_retrospective} for the uncertainty"
            )));
        }
        let mut history = if used == target {
            ((used as f64 * share).floor() as usize).max(least_history)
        } else {
            let rest = (used - least_history) as f64;
            used - (rest * (1.0 - share)).ceil() as usize
        };
        if used - history < least_retrospective {
            history = used - least_retrospective;
        }
        Ok(Allocation { history, retrospective: used - history })
    }
}
