//! Back-tests: the forecasts that would have been made on past days, scored against what came.
//!
//! Each is made with nothing but the days before its origin. Days without a published count are
//! filled on the logarithmic scale for the history of later forecasts, from days before the origin
//! only (the last known count where nothing follows yet), and are never scored.

use serde::Serialize;

use crate::renewal::{infections_ahead, runs_ahead};
use crate::{
    AnalyticsError, Course, Gamma, Incidence, Quantiles, Scores, SerialInterval, Settings, Window,
    naive, reproduction,
};

/// How the forecasts of a back-test are made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The first origin: how many days of the series are known by then.
    pub first_origin: usize,
    /// Days ahead.
    pub horizon: usize,
    /// Days of the window that R is estimated from.
    pub window: usize,
    /// Mean and standard deviation of the serial interval.
    pub interval: (f64, f64),
    /// Standard deviation of the daily step of ln R.
    pub daily_step: f64,
    /// What R settles at, see [`Course`].
    pub settles_at: f64,
    /// How fast, see [`Course`].
    pub damping: f64,
    /// Runs a forecast.
    pub runs: usize,
    /// Seed of the first forecast.
    pub seed: u64,
}

/// On which scale forecasts are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// In cases. A few days with many cases decide the mean.
    Cases,
    /// ln(cases + 1): errors in proportion to the count, so that every day counts alike (Bosse and
    /// others, *PLoS Computational Biology* 19 (2023) e1011393).
    Ln,
}

impl Scale {
    pub(crate) fn of(self, cases: f64) -> f64 {
        match self {
            Scale::Cases => cases,
            Scale::Ln => cases.ln_1p(),
        }
    }

    /// Back to cases, at most 1e15.
    pub(crate) fn cases(self, value: f64) -> f64 {
        match self {
            Scale::Cases => value,
            Scale::Ln => value.exp_m1().min(1e15),
        }
    }

    fn of_forecast(self, forecast: &Quantiles) -> Quantiles {
        match self {
            Scale::Cases => forecast.clone(),
            Scale::Ln => forecast.map_rising(f64::ln_1p),
        }
    }
}

/// One forecast of one day, by both methods, and what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// Days of the series known when it was made.
    pub origin: usize,
    /// Days ahead, from 1.
    pub ahead: usize,
    /// By the renewal equation.
    pub renewal: Quantiles,
    /// Naive, with steps in cases.
    pub naive: Quantiles,
    /// Naive, with steps in ln(cases + 1).
    pub naive_ln: Quantiles,
    /// What came.
    pub observed: f64,
}

/// Scores of both methods on the same days, on one scale. The naive forecast is the one that steps
/// on that scale: the harder one to beat there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// By the renewal equation.
    pub renewal: Scores,
    /// Naive.
    pub naive: Scores,
}

impl Comparison {
    /// Scores of those trials that `which` picks, on this scale.
    ///
    /// # Errors
    /// [`AnalyticsError::TooLittle`] when it picks none.
    pub fn of(
        trials: &[Trial],
        scale: Scale,
        which: impl Fn(&Trial) -> bool,
    ) -> Result<Comparison, AnalyticsError> {
        let (mut renewal, mut naive) = (Vec::new(), Vec::new());
        for trial in trials.iter().filter(|t| which(t)) {
            renewal.push((scale.of_forecast(&trial.renewal), scale.of(trial.observed)));
            let other = match scale {
                Scale::Cases => &trial.naive,
                Scale::Ln => &trial.naive_ln,
            };
            naive.push((scale.of_forecast(other), scale.of(trial.observed)));
        }
        let scores = |of: &[(Quantiles, f64)]| Scores::of(of.iter().map(|(q, y)| (q, *y)));
        Ok(Comparison { renewal: scores(&renewal)?, naive: scores(&naive)? })
    }

    /// 1 - score / naive score.
    pub fn skill(&self) -> Option<f64> {
        self.renewal.skill_against(&self.naive)
    }
}

/// Makes and pairs all forecasts of a series; `None` stands for a day that was not published.
///
/// # Errors
/// [`AnalyticsError::TooLittle`] when the series has no origin with a published day after it;
/// otherwise as the methods themselves.
pub fn back_test(series: &[Option<f64>], plan: &Plan) -> Result<Vec<Trial>, AnalyticsError> {
    let mut trials = Vec::new();
    for origin in plan.first_origin.max(plan.window + 2)..series.len() {
        let history = filled(&series[..origin]);
        if history.iter().sum::<f64>() == 0.0 {
            continue;
        }
        let seed = plan.seed.wrapping_add(origin as u64);
        let days = plan.horizon.min(series.len() - origin);
        let renewal = ahead(&history, plan, days, seed)?;
        let steps = naive(&history, Scale::Cases, days, plan.runs, seed)?;
        let ratios = naive(&history, Scale::Ln, days, plan.runs, seed)?;
        for (ahead, observed) in series[origin..].iter().take(days).enumerate() {
            if let Some(observed) = observed {
                trials.push(Trial {
                    origin,
                    ahead: ahead + 1,
                    renewal: renewal[ahead].clone(),
                    naive: steps.days[ahead].clone(),
                    naive_ln: ratios.days[ahead].clone(),
                    observed: *observed,
                });
            }
        }
    }
    if trials.is_empty() {
        let why = "the series has no day to score after its first origin".to_owned();
        return Err(AnalyticsError::TooLittle(why));
    }
    Ok(trials)
}

/// The forecast of the days after a daily series that [`back_test`] scores, the first for tomorrow.
///
/// # Errors
/// [`AnalyticsError::TooLittle`] when one mean serial interval has not passed yet; otherwise as the
/// methods themselves.
pub fn ahead(
    history: &[f64],
    plan: &Plan,
    days: usize,
    seed: u64,
) -> Result<Vec<Quantiles>, AnalyticsError> {
    let (incidence, interval, course) = present(history, plan)?;
    Ok(infections_ahead(&incidence, &interval, &course, days, plan.runs, seed)?.days)
}

/// The same forecast as single runs, each a count a day, for what goes on from each of them: as many as
/// the plan has runs.
///
/// # Errors
/// As [`ahead`].
pub fn ahead_runs(
    history: &[f64],
    plan: &Plan,
    days: usize,
    seed: u64,
) -> Result<Vec<Vec<u64>>, AnalyticsError> {
    let (incidence, interval, course) = present(history, plan)?;
    Ok(runs_ahead(&incidence, &interval, &course, days, plan.runs, seed))
}

/// Where a daily series stands: its days, the serial interval, and how it goes on from the R of the last
/// window.
///
/// # Errors
/// As [`ahead`].
pub fn present(
    history: &[f64],
    plan: &Plan,
) -> Result<(Incidence, SerialInterval, Course), AnalyticsError> {
    let incidence = Incidence::of_totals(history)?;
    let interval = SerialInterval::parametric(plan.interval.0, plan.interval.1, history.len())?;
    let windows = Window::sliding(history.len(), plan.window);
    let estimates = reproduction(&incidence, &interval, &windows, Settings::default())?.estimates;
    let now = estimates.last().and_then(|e| e.posterior).ok_or_else(|| {
        AnalyticsError::TooLittle("one mean serial interval has not passed yet".to_owned())
    })?;
    let course = Course {
        reproduction: now,
        daily_step: plan.daily_step,
        settles_at: plan.settles_at,
        damping: plan.damping,
        size: day_to_day(&incidence, &interval, &now, plan.window),
    };
    Ok((incidence, interval, course))
}

/// The dispersion of daily counts around R Λ(t) in the last two windows, by moments: the mean of
/// ((y - m)² - m) / m² is 1 / size. Not below 0.5 nor above 1000.
fn day_to_day(incidence: &Incidence, interval: &SerialInterval, now: &Gamma, window: usize) -> f64 {
    let infectivity = incidence.infectivity(interval);
    let first = incidence.days().saturating_sub(window).max(1);
    let excess: Vec<f64> = (first..incidence.days())
        .filter(|day| infectivity[*day] > 0.0)
        .map(|day| {
            let mean = now.mean() * infectivity[day];
            ((incidence.total()[day] - mean).powi(2) - mean) / (mean * mean)
        })
        .collect();
    let noise = excess.iter().sum::<f64>() / excess.len().max(1) as f64;
    (1.0 / noise.max(1e-3)).clamp(0.5, 1000.0)
}

/// Unpublished days filled between their neighbours on the scale of ln(count + 1); before the
/// first published day 0, after the last one its count.
fn filled(series: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<(usize, f64)> =
        series.iter().enumerate().filter_map(|(at, v)| v.map(|v| (at, v))).collect();
    (0..series.len())
        .map(|day| {
            let after = known.partition_point(|(at, _)| *at < day);
            match (after.checked_sub(1).map(|i| known[i]), known.get(after)) {
                (_, Some((at, value))) if *at == day => *value,
                (Some((a, x)), Some((b, y))) => {
                    let share = (day - a) as f64 / (b - a) as f64;
                    (x.ln_1p() * (1.0 - share) + y.ln_1p() * share).exp_m1()
                }
                (Some((_, value)), None) => value,
                (None, _) => 0.0,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_from_both_sides_and_never_from_the_future_of_the_origin() {
        let got = filled(&[None, Some(3.0), None, Some(15.0), None]);
        assert_eq!((got[0], got[1], got[3], got[4]), (0.0, 3.0, 15.0, 15.0));
        assert!((got[2] - 7.0).abs() < 1e-12, "the geometric mean of 4 and 16, less 1");
    }
}
