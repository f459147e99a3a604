//! Infections day by day, and what they say of how the epidemic goes on. Pure: numbers in, numbers
//! out.

use analytics::{
    AnalyticsError, Comparison, Growth, Incidence, Plan, Quantiles, Scale, SerialInterval,
    Settings, Trial, Window, ahead, back_test, reproduction,
};
use cases::views::HourFigures;
use cases::{FoundIn, Measure};
use protocol::Outlook;
use types::{Micros, Span};

/// Where infections were found, in the order of the chart; the last is "nobody knows".
pub const FOUND: [Option<FoundIn>; 5] = [
    Some(FoundIn::Quarantine),
    Some(FoundIn::Locked),
    Some(FoundIn::Controlled),
    Some(FoundIn::Community),
    None,
];

/// Days that are looked ahead.
pub const AHEAD: usize = 14;
/// Days ahead that past forecasts are scored on.
const SCORED_AHEAD: usize = 7;
/// Past days on which a forecast is made again.
const ORIGINS: usize = 21;
/// Days that a growth rate is fitted to.
const GROWTH_DAYS: usize = 14;
/// Simulated courses of a forecast.
const RUNS: usize = 1_000;

/// Infections a day, by where they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    /// The first day's midnight.
    pub from: Micros,
    /// By [`FOUND`], one a day.
    pub found: [Vec<i64>; 5],
}

impl Daily {
    /// Adds hours up to days.
    pub fn of(hours: &[HourFigures], from: Micros, days: usize) -> Daily {
        let mut found: [Vec<i64>; 5] = std::array::from_fn(|_| vec![0; days]);
        for (hour, figures) in hours {
            let day = usize::try_from((*hour - from).0 / Span::days(1).0);
            let Ok(day) = day.map(|day| day.min(days.saturating_sub(1))) else { continue };
            for (series, place) in found.iter_mut().zip(FOUND) {
                series[day] += figures.found(Measure::Infections, place);
            }
        }
        Daily { from, found }
    }

    /// Days.
    pub fn days(&self) -> usize {
        self.found[0].len()
    }

    /// Infections a day. What was taken back later can leave a day below zero; it counts as none.
    pub fn totals(&self) -> Vec<f64> {
        let sum = |day| self.found.iter().map(|series| series[day]).sum::<i64>().max(0);
        (0..self.days()).map(|day| sum(day) as f64).collect()
    }

    /// The same from the first infection on.
    pub fn since_first(&self) -> Vec<f64> {
        let totals = self.totals();
        let first = totals.iter().position(|n| *n > 0.0).unwrap_or(totals.len());
        totals[first..].to_vec()
    }

    /// How forecasts of these days are made.
    pub fn plan(&self, outlook: &Outlook) -> Plan {
        let seed = u64::try_from(self.from.0 / Span::days(1).0).unwrap_or_default();
        plan_of(outlook, self.since_first().len(), RUNS, seed)
    }

    /// Infections of one day.
    pub fn on(&self, day: usize) -> i64 {
        self.found.iter().filter_map(|series| series.get(day)).sum()
    }

    /// The share found among the people outside in the last week; `None` without infections.
    pub fn community_share(&self) -> Option<f64> {
        let week = |series: &[i64]| series.iter().rev().take(7).sum::<i64>();
        let all: i64 = self.found.iter().map(|series| week(series)).sum();
        (all > 0).then(|| week(&self.found[3]) as f64 / all as f64)
    }
}

/// R over a week: mean, and the ends of the 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rt {
    /// Mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the days say.
#[derive(Clone, Debug)]
pub struct Course {
    /// R of the window that ends on each day.
    pub rt: Vec<Option<Rt>>,
    /// The growth of the last two weeks.
    pub growth: Option<Growth>,
    /// The days to come.
    pub ahead: Vec<Quantiles>,
    /// Past forecasts with what came, and their scores on the logarithmic scale; `None` where there
    /// are too few days.
    pub scored: Option<(Vec<Trial>, Comparison)>,
}

/// The course of an epidemic from its days and the protocol's settings. Days before the first
/// infection are left aside.
///
/// # Errors
/// [`AnalyticsError`] by its name, above all when there is too little to tell anything from.
pub fn course(daily: &Daily, outlook: &Outlook) -> Result<Course, AnalyticsError> {
    let totals = daily.totals();
    let first = totals.iter().position(|n| *n > 0.0).unwrap_or(totals.len());
    let days = &totals[first..];
    let (serial, width) = (outlook.serial.value, usize::from(outlook.course.value.window));
    if days.len() < width + 2 {
        let why =
            format!("{} days since the first infection; {} are needed", days.len(), width + 2);
        return Err(AnalyticsError::TooLittle(why));
    }
    let incidence = Incidence::of_totals(days)?;
    let interval = SerialInterval::parametric(serial.mean, serial.sd, days.len())?;
    let windows = Window::sliding(days.len(), width);
    let estimates = reproduction(&incidence, &interval, &windows, Settings::default())?.estimates;
    let mut rt = vec![None; totals.len()];
    for estimate in estimates {
        rt[first + estimate.window.end - 1] = estimate.posterior.map(|posterior| Rt {
            mean: posterior.mean(),
            low: posterior.quantile(0.025),
            high: posterior.quantile(0.975),
        });
    }
    let plan = daily.plan(outlook);
    let last = &days[days.len().saturating_sub(GROWTH_DAYS)..];
    let growth = match Growth::of(last, 0.95) {
        Ok(growth) => Some(growth),
        Err(AnalyticsError::TooLittle(_)) => None,
        Err(other) => return Err(other),
    };
    let published: Vec<Option<f64>> = days.iter().copied().map(Some).collect();
    let scored = match back_test(&published, &plan) {
        Ok(trials) => {
            let scores = Comparison::of(&trials, Scale::Ln, |_| true)?;
            Some((trials, scores))
        }
        Err(AnalyticsError::TooLittle(_)) => None,
        Err(other) => return Err(other),
    };
    Ok(Course { rt, growth, ahead: days_ahead(daily, outlook)?, scored })
}

/// The days to come by the renewal equation.
///
/// # Errors
/// As [`course`].
pub fn days_ahead(daily: &Daily, outlook: &Outlook) -> Result<Vec<Quantiles>, AnalyticsError> {
    let (days, plan) = (daily.since_first(), daily.plan(outlook));
    ahead(&days, &plan, AHEAD, plan.seed.wrapping_add(days.len() as u64))
}

/// How forecasts of a series of so many days are made by the protocol's settings.
pub fn plan_of(outlook: &Outlook, days: usize, runs: usize, seed: u64) -> Plan {
    let (serial, settings) = (outlook.serial.value, outlook.course.value);
    let width = usize::from(settings.window);
    Plan {
        first_origin: days.saturating_sub(ORIGINS + 1).max(width + 3),
        horizon: SCORED_AHEAD,
        window: width,
        interval: (serial.mean, serial.sd),
        daily_step: settings.step,
        settles_at: settings.settles_at,
        damping: settings.damping,
        runs,
        seed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cases::views::Figures;
    use protocol::Protocol;
    use types::AreaCode;

    use super::*;

    fn hour(day: i64, hour: i64, found_in: Option<FoundIn>, n: i64) -> HourFigures {
        let figures = Figures(BTreeMap::from([((Measure::Infections, found_in), n)]));
        (Micros(0) + Span::days(day) + Span::hours(hour), figures)
    }

    fn outlook() -> Outlook {
        let protocol = Protocol::bundled().expect("the protocol");
        let at = Micros(1_648_000_000_000_000);
        let area = AreaCode::new(220_202).expect("an area");
        protocol.at(at, area).outlook().expect("settings").clone()
    }

    #[test]
    fn hours_add_up_to_days_by_where_infections_were_found() {
        let hours = [
            hour(0, 0, Some(FoundIn::Community), 2),
            hour(0, 23, Some(FoundIn::Community), 1),
            hour(1, 5, Some(FoundIn::Quarantine), 4),
            hour(1, 6, None, -1),
        ];
        let daily = Daily::of(&hours, Micros(0), 3);
        assert_eq!(daily.found[3], [3, 0, 0]);
        assert_eq!(daily.found[0], [0, 4, 0]);
        assert_eq!(daily.totals(), [3.0, 3.0, 0.0]);
        assert_eq!(daily.community_share(), Some(0.5));
    }

    #[test]
    fn what_doubles_every_three_days_has_an_r_above_one_and_is_told_so() {
        let grows = |day: i64| (10.0 * 2_f64.powf(day as f64 / 3.0)).round() as i64;
        let hours: Vec<_> =
            (5..40).map(|day| hour(day, 8, Some(FoundIn::Locked), grows(day - 5))).collect();
        let daily = Daily::of(&hours, Micros(0), 40);
        let course = course(&daily, &outlook()).expect("a course");
        let last = course.rt[39].expect("an estimate");
        assert!(last.low > 1.3 && last.high < 2.5, "{last:?}");
        assert!(
            course.rt[..12].iter().all(Option::is_none),
            "no estimate before a week has passed"
        );
        match course.growth.expect("growth").doubling() {
            analytics::Doubling::Doubles { days, .. } => {
                assert!((days - 3.0).abs() < 0.1, "{days}")
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(course.ahead.len(), AHEAD);
        let (trials, scores) = course.scored.expect("scores");
        assert!(trials.iter().all(|t| t.ahead <= 7), "a week ahead at most");
        assert!(scores.renewal.forecasts > 100);
    }

    #[test]
    fn few_days_are_told_as_too_few() {
        let daily = Daily::of(&[hour(9, 1, None, 3)], Micros(0), 12);
        assert!(matches!(course(&daily, &outlook()), Err(AnalyticsError::TooLittle(_))));
        let nothing = Daily::of(&[], Micros(0), 12);
        assert!(matches!(course(&nothing, &outlook()), Err(AnalyticsError::TooLittle(_))));
    }
}
