//! How far nowcasts of the past were off, and intervals from that.
//!
//! The nowcast is made again as it would have been on earlier days, with only what was known then.
//! For each horizon (days since the reference day) what was then expected is compared with what has
//! come since, as negative binomial counts of one dispersion a horizon, by maximum likelihood.

use serde::Serialize;

use crate::negative_binomial::ln_mass;
use crate::nowcast::{Allocation, Completed, Delays};
use crate::optimise::minimum;
use crate::{AnalyticsError, Draws, Triangle};

/// Bounds and tolerance of the dispersion (the negative binomial's size).
const SIZES: (f64, f64) = (0.1, 1000.0);
const TOLERANCE: f64 = 1.220_703_125e-4;

/// The dispersion of each horizon, from 0 days on: the size of a negative binomial distribution,
/// small for much noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// By horizon.
    pub sizes: Vec<f64>,
    /// Past nowcasts that were used.
    pub nowcasts: usize,
    /// Past nowcasts that could not be made (for example no event within the known delays).
    pub failed: usize,
}

impl Dispersion {
    /// From past nowcasts, the latest first, each with the same number of days for its delays.
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] when there are fewer days than the allocation says or no past
    /// nowcast could be made; [`AnalyticsError::Triangle`] when a count is negative or not whole
    /// (see [`Triangle::without_negatives`]).
    pub fn estimate(
        triangle: &Triangle,
        allocation: Allocation,
    ) -> Result<Dispersion, AnalyticsError> {
        let rows = triangle.rows();
        let horizons = triangle.incomplete_rows();
        let Allocation { history, retrospective } = allocation;
        if rows < history + retrospective || history < horizons + 1 || retrospective < 2 {
            return Err(AnalyticsError::TooLittle(format!(
                "{rows} reference days for {history} of delays (at least {} are needed) and \
                 {retrospective} past nowcasts (at least 2)",
                horizons + 1
            )));
        }
        // What the last rows know today, the last first: so much was known then, too.
        let known: Vec<usize> = (0..horizons).map(|i| triangle.known(rows - 1 - i)).collect();
        let mut expected = vec![Vec::new(); horizons];
        let mut came = vec![Vec::new(); horizons];
        let (mut nowcasts, mut failed) = (0, 0);
        for back in 1..=retrospective {
            let since = triangle.head(rows - back);
            let then = since.blinded(&known);
            let made = Delays::estimate(&then, history).and_then(|delays| delays.complete(&then));
            let Ok(completed) = made else {
                failed += 1;
                continue;
            };
            if since.rows() < horizons {
                continue;
            }
            nowcasts += 1;
            for horizon in 0..horizons {
                let row = since.rows() - 1 - horizon;
                let between = then.known(row)..since.known(row);
                expected[horizon].push(completed.row(row)[between.clone()].iter().sum::<f64>());
                came[horizon].push(since.row(row)[between].iter().sum::<f64>());
            }
        }
        if nowcasts == 0 {
            return Err(AnalyticsError::TooLittle(
                "no nowcast of the past could be made from this triangle".to_owned(),
            ));
        }
        let sizes = expected
            .iter()
            .zip(&came)
            .map(|(expected, came)| size_of(came, expected))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Dispersion { sizes, nowcasts, failed })
    }
}

/// The size of a negative binomial distribution under which counts with these means are likeliest.
fn size_of(counts: &[f64], means: &[f64]) -> Result<f64, AnalyticsError> {
    if counts.iter().any(|c| *c < 0.0 || c.fract() != 0.0) || means.iter().any(|m| *m < 0.0) {
        return Err(AnalyticsError::Triangle(
            "counts that came in must be whole and not negative to compare nowcasts with; spread \
             corrections over the delays first"
                .to_owned(),
        ));
    }
    let loss = |size: f64| -> f64 {
        -counts.iter().zip(means).map(|(c, m)| ln_mass(*c, *m, size)).sum::<f64>()
    };
    Ok(minimum(SIZES.0, SIZES.1, TOLERANCE, loss))
}

/// The nowcast of one reference day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Nowcast {
    /// Known so far.
    pub observed: f64,
    /// Expected to come.
    pub expected: f64,
    /// Dispersion of what is to come; `None` when the day is complete.
    pub size: Option<f64>,
}

impl Nowcast {
    /// The point nowcast.
    pub fn total(&self) -> f64 {
        self.observed + self.expected
    }

    /// The total that is not exceeded with probability `p`.
    pub fn quantile(&self, p: f64) -> f64 {
        let Some(size) = self.size else { return self.observed };
        let mut below = 0.0;
        let mut count = 0.0;
        // Sums the masses; the last ones are too small to matter, so that the sum may stay just
        // below a p near 1.
        loop {
            let mass = ln_mass(count, self.expected, size).exp();
            below += mass;
            if below >= p || (count > self.expected && mass < 1e-17) {
                return self.observed + count;
            }
            count += 1.0;
        }
    }
}

/// A nowcast of every reference day, with the delays it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nowcasts {
    /// By reference day.
    pub days: Vec<Nowcast>,
    /// The estimated delays.
    pub delays: Delays,
    /// The filled triangle.
    pub completed: Completed,
    /// How far past nowcasts were off.
    pub dispersion: Dispersion,
    /// Which days served for what.
    pub allocation: Allocation,
}

impl Nowcasts {
    /// The whole method: negatives spread over the delays, delays from the latest days, points,
    /// and dispersion from past nowcasts.
    ///
    /// # Errors
    /// As [`Allocation::usual`], [`Delays::estimate`], [`Delays::complete`] and
    /// [`Dispersion::estimate`].
    pub fn of(triangle: &Triangle) -> Result<Nowcasts, AnalyticsError> {
        let triangle = triangle.without_negatives();
        let allocation = Allocation::usual(&triangle)?;
        let delays = Delays::estimate(&triangle, allocation.history)?;
        let completed = delays.complete(&triangle)?;
        let dispersion = Dispersion::estimate(&triangle, allocation)?;
        let rows = triangle.rows();
        let days = (0..rows)
            .map(|row| {
                let missing = triangle.known(row)..triangle.delays();
                let size = dispersion.sizes.get(rows - 1 - row).copied();
                Nowcast {
                    observed: triangle.observed(row),
                    expected: completed.row(row)[missing.clone()].iter().sum(),
                    size: size.filter(|_| !missing.is_empty()),
                }
            })
            .collect();
        Ok(Nowcasts { days, delays, completed, dispersion, allocation })
    }

    /// One draw of the total of every reference day; days are drawn independently.
    pub fn draw(&self, draws: &mut Draws) -> Vec<f64> {
        let one = |day: &Nowcast| match day.size {
            Some(size) => day.observed + draws.negative_binomial(day.expected, size),
            None => day.observed,
        };
        self.days.iter().map(one).collect()
    }
}
