//! The reproduction number over sliding windows, after Cori, Ferguson, Fraser and Cauchemez,
//! *American Journal of Epidemiology* 178 (2013) 1505–1512.
//!
//! Cases infected here on day t are Poisson with mean R Λ(t). For a gamma prior of shape a and
//! scale b, the posterior of R over a window is gamma with
//!
//! shape a + Σ local cases in the window, scale 1 / (1/b + Σ Λ(t) in the window).
//!
//! The figures are those of EpiEstim 2.2-4 (its outputs were compared, its code was not read):
//! all cases of day 1 are imported, and a window that ends before one mean serial interval has
//! passed has no estimate.

use serde::Serialize;

use crate::gamma::Gamma;
use crate::{AnalyticsError, Incidence, SerialInterval};

/// Days of the series that share one estimate, first and last included, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Window {
    /// First day, at least 2.
    pub start: usize,
    /// Last day.
    pub end: usize,
}

impl Window {
    /// Every window of `width` days that fits into 2..=days; none if there is no room. A width of
    /// 7 gives the usual weekly windows, 1 gives daily ones.
    pub fn sliding(days: usize, width: usize) -> Vec<Window> {
        let width = width.max(1);
        (2..=(days + 1).saturating_sub(width))
            .map(|start| Window { start, end: start + width - 1 })
            .collect()
    }
}

/// What is believed of R before the data, and how sure an estimate should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Mean of the prior.
    pub prior_mean: f64,
    /// Standard deviation of the prior.
    pub prior_sd: f64,
    /// The coefficient of variation that is aimed at; a window whose cases cannot give it is
    /// told by [`Warning::TooEarly`].
    pub wanted_cv: f64,
}

impl Default for Settings {
    /// The paper's: prior mean 5 and standard deviation 5, so that nobody is told early that an
    /// epidemic is under control; coefficient of variation 0.3.
    fn default() -> Settings {
        Settings { prior_mean: 5.0, prior_sd: 5.0, wanted_cv: 0.3 }
    }
}

/// R over one window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The window.
    pub window: Window,
    /// The posterior; `None` where one mean serial interval has not yet passed at its end.
    pub posterior: Option<Gamma>,
    /// Cases in the window, local and imported.
    pub cases: f64,
}

/// Something that the reader of the estimates should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// The first window has fewer cases than the wanted precision needs.
    TooEarly {
        /// Cases in the first window.
        cases: f64,
        /// Cases needed: 1/cv² - a, rounded up.
        needed: f64,
    },
    /// The serial interval reaches beyond the series; its weights sum to less than 1.
    IntervalCut {
        /// What they sum to.
        sum: f64,
    },
    /// Local cases of day 1 were counted as imported.
    DayOneImported {
        /// How many.
        cases: f64,
    },
    /// Local cases on days when nobody known could have infected them, the first of these days
    /// and how many there are. They push the estimate up; look for the missing source.
    NoSource {
        /// First such day, from 1.
        first_day: usize,
        /// Number of such days.
        days: usize,
    },
}

/// Estimates over all windows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reproduction {
    /// One a window, in the order asked for.
    pub estimates: Vec<Estimate>,
    /// What to tell beside them.
    pub warnings: Vec<Warning>,
}

/// R over each of the windows.
///
/// # Errors
/// [`AnalyticsError::Count`] for a window that starts before day 2, ends before it starts or
/// after the series, or if there is none; [`AnalyticsError::Parameter`] for a prior that is not
/// above 0.
pub fn reproduction(
    incidence: &Incidence,
    interval: &SerialInterval,
    windows: &[Window],
    settings: Settings,
) -> Result<Reproduction, AnalyticsError> {
    check_windows(windows, incidence.days())?;
    let prior = Gamma::of_moments(settings.prior_mean, settings.prior_sd)?;
    let wanted_cv = crate::error::positive("coefficient of variation", settings.wanted_cv)?;
    let infectivity = incidence.infectivity(interval);
    let estimates = windows
        .iter()
        .map(|window| estimate(*window, incidence, &infectivity, interval.mean(), prior))
        .collect::<Result<Vec<_>, _>>()?;
    let mut warnings = Vec::new();
    let needed = (1.0 / (wanted_cv * wanted_cv) - prior.shape()).ceil();
    if let Some(first) = estimates.first().filter(|e| e.cases < needed) {
        warnings.push(Warning::TooEarly { cases: first.cases, needed });
    }
    if (interval.sum() - 1.0).abs() > crate::serial_interval::SUM_TOLERANCE {
        warnings.push(Warning::IntervalCut { sum: interval.sum() });
    }
    if incidence.moved_on_day_one() > 0.0 {
        warnings.push(Warning::DayOneImported { cases: incidence.moved_on_day_one() });
    }
    let mut orphaned = (1..incidence.days())
        .filter(|&day| incidence.local()[day] > 0.0 && infectivity[day] == 0.0)
        .map(|day| day + 1);
    if let Some(first_day) = orphaned.next() {
        warnings.push(Warning::NoSource { first_day, days: 1 + orphaned.count() });
    }
    Ok(Reproduction { estimates, warnings })
}

/// The estimate of one window, given the infectivity of all days and the interval's mean.
pub(crate) fn estimate(
    window: Window,
    incidence: &Incidence,
    infectivity: &[f64],
    mean_interval: f64,
    prior: Gamma,
) -> Result<Estimate, AnalyticsError> {
    let days = window.start - 1..window.end;
    let cases = incidence.total()[days.clone()].iter().sum();
    if window.end as f64 <= mean_interval {
        return Ok(Estimate { window, posterior: None, cases });
    }
    let local: f64 = incidence.local()[days.clone()].iter().sum();
    let pressure: f64 = infectivity[days].iter().sum();
    let posterior = Gamma::new(prior.shape() + local, 1.0 / (1.0 / prior.scale() + pressure))?;
    Ok(Estimate { window, posterior: Some(posterior), cases })
}

/// Refuses windows that do not lie within 2..=days.
pub(crate) fn check_windows(windows: &[Window], days: usize) -> Result<(), AnalyticsError> {
    let refuse = |what, value, wanted| Err(AnalyticsError::Count { what, value, wanted });
    if windows.is_empty() {
        return refuse(
            "number of windows",
            0,
            format!("at least 1; a series of {days} days may be too short for this width"),
        );
    }
    for window in windows {
        if window.start < 2 || window.start > days {
            return refuse("start of the window", window.start, format!("within 2 to {days}"));
        }
        if window.end < window.start || window.end > days {
            let wanted = format!("within {} to {days}", window.start);
            return refuse("end of the window", window.end, wanted);
        }
    }
    Ok(())
}
