//! A forecast is kept before the first day that it is of is over, once for a day.

use analytics::Quantiles;
use jiff::tz::Offset;
use ledger::Decision;
use types::{Micros, Refusal};

use super::{Decided, Facts, name};
use crate::command::KeepForecast;
use crate::event::Event;

/// Most days ahead.
pub const MOST_AHEAD: usize = 28;
/// Most quantiles of a day.
const MOST_LEVELS: usize = 41;

pub(super) fn keep(facts: &Facts<'_>, c: &KeepForecast) -> Decided {
    facts.own_scope(c.scope)?;
    let form = || Refusal::new("forecast-form").with("limit", MOST_AHEAD);
    if name(&c.method).is_none() || c.ahead.is_empty() || c.ahead.len() > MOST_AHEAD {
        return Err(form());
    }
    for day in &c.ahead {
        let finite = day.levels.len() <= MOST_LEVELS && day.values.iter().all(|v| v.is_finite());
        let scored = Quantiles::new(&day.levels, &day.values)
            .and_then(|quantiles| quantiles.weighted_interval_score(0.0));
        if !finite || scored.is_err() || day.levels != c.ahead[0].levels {
            return Err(form());
        }
    }
    let offset = c.utc_offset_minutes.checked_mul(60).and_then(|s| Offset::from_seconds(s).ok());
    let midnight = |days: i64| {
        let day = c.day.checked_add(jiff::Span::new().days(days)).ok()?;
        let at = offset?.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        Some(Micros(at.as_microsecond()))
    };
    let (known, over) = midnight(1).zip(midnight(2)).ok_or_else(form)?;
    if facts.now < known {
        return Err(Refusal::new("day-not-over"));
    }
    // What has happened is no forecast.
    if facts.now >= over {
        return Err(Refusal::new("forecast-too-late").with("day", c.day));
    }
    if facts.state.forecasts.contains(&(c.scope.to_string(), c.day.to_string())) {
        return Err(Refusal::new("forecast-kept").with("day", c.day));
    }
    Ok(Decision::fact(Event::ForecastKept(c.clone())))
}
