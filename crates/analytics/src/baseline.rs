//! The naive forecast that every other has to beat: tomorrow as today.
//!
//! Its median is the last count; its spread is that of past steps from one day to the next, each
//! taken with both signs, added up over the horizon (Cramer and others, *PNAS* 119 (2022)
//! e2113561119, the baseline of the COVID-19 Forecast Hub). Counts do not fall below 0. Steps may
//! be taken in cases, or in ln(cases + 1): then they are in proportion to the count.

use crate::fan::{Fan, Runs};
use crate::{AnalyticsError, Draws, Scale};

/// The naive forecast for `days` days after a daily series, with steps on this scale.
///
/// # Errors
/// [`AnalyticsError::TooLittle`] for fewer than 3 days of history, [`AnalyticsError::NotACount`]
/// as it says.
pub fn naive(
    history: &[f64],
    scale: Scale,
    days: usize,
    runs: usize,
    seed: u64,
) -> Result<Fan, AnalyticsError> {
    crate::error::counts("cases", history)?;
    let Some(last) = history.last().filter(|_| history.len() >= 3) else {
        let why = format!("{} days of history; the naive forecast needs 3", history.len());
        return Err(AnalyticsError::TooLittle(why));
    };
    let last = scale.of(*last);
    let steps: Vec<f64> = history.windows(2).map(|w| scale.of(w[1]) - scale.of(w[0])).collect();
    let mut draws = Draws::new(seed);
    let mut fan = Runs::new(days);
    for _ in 0..runs.div_ceil(2).max(1) {
        // Each path and its mirror image, so that the median stays the last count.
        let mut sum = 0.0;
        for day in 0..days {
            let sign = if draws.uniform() < 0.5 { -1.0 } else { 1.0 };
            sum += sign * steps[draws.below(steps.len())];
            fan.push(day, scale.cases(last + sum).max(0.0));
            fan.push(day, scale.cases(last - sum).max(0.0));
        }
    }
    fan.fan()
}
