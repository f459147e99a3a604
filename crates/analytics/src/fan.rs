//! Fans: for each day to come, the quantiles of many simulated runs.

use serde::Serialize;

use crate::{AnalyticsError, Quantiles, sample_quantile};

/// The levels that forecasts are kept by: the median and the 50, 80, 90 and 95 % intervals.
pub const LEVELS: [f64; 9] = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975];

/// Quantiles by day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fan {
    /// One a day, the first for tomorrow.
    pub days: Vec<Quantiles>,
    /// Mean of the runs, by day.
    pub means: Vec<f64>,
}

/// Values of runs, gathered while they are simulated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    by_day: Vec<Vec<f64>>,
}

impl Runs {
    pub(crate) fn new(days: usize) -> Runs {
        Runs { by_day: vec![Vec::new(); days] }
    }

    pub(crate) fn push(&mut self, day: usize, value: f64) {
        self.by_day[day].push(value);
    }

    pub(crate) fn fan(mut self) -> Result<Fan, AnalyticsError> {
        let mut days = Vec::with_capacity(self.by_day.len());
        let mut means = Vec::with_capacity(self.by_day.len());
        for values in &mut self.by_day {
            values.sort_by(f64::total_cmp);
            let quantiles = LEVELS.map(|p| sample_quantile(values, p));
            days.push(Quantiles::new(&LEVELS, &quantiles)?);
            means.push(values.iter().sum::<f64>() / values.len() as f64);
        }
        Ok(Fan { days, means })
    }
}
