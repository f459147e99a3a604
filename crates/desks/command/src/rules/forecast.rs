//! A forecast is kept before the first day that it is of is over, once for a day.

use analytics::Quantiles;
use jiff::tz::Offset;
use ledger::Decision;
use types::{Micros, Refusal};

use super::{Decided, Facts, name};
use crate::command::{Ahead, KeepForecast, Said};
use crate::event::Event;

/// Most days ahead.
pub const MOST_AHEAD: usize = 28;
/// Most quantiles of a day.
const MOST_LEVELS: usize = 41;

/// Most figures by most methods beside the infections.
const MOST_SAID: usize = 60;

/// Whether days can be held against what comes: each with a median and pairs of quantiles, all with the
/// same levels.
fn can_be_scored(ahead: &[Ahead]) -> bool {
    let Some(first) = ahead.first() else { return false };
    ahead.len() <= MOST_AHEAD
        && ahead.iter().all(|day| {
            let finite =
                day.levels.len() <= MOST_LEVELS && day.values.iter().all(|v| v.is_finite());
            let scored = Quantiles::new(&day.levels, &day.values)
                .and_then(|quantiles| quantiles.weighted_interval_score(0.0));
            finite && scored.is_ok() && day.levels == first.levels
        })
}

pub(super) fn keep(facts: &Facts<'_>, c: &KeepForecast) -> Decided {
    facts.own_scope(c.scope)?;
    let form = || Refusal::new("forecast-form").with("limit", MOST_AHEAD);
    let others = c.others.iter().map(|said| (&said.method, &said.ahead));
    let all = || others.clone().chain([(&c.method, &c.ahead)]);
    if c.others.len() > MOST_SAID || all().any(|(method, _)| name(method).is_none()) {
        return Err(form());
    }
    if !all().all(|(_, ahead)| can_be_scored(ahead)) || c.known.iter().any(|(_, n)| !n.is_finite())
    {
        return Err(form());
    }
    let same = |a: &Said, b: &Said| (a.what, &a.method) == (b.what, &b.method);
    let twice = |at: usize, of: &Said| c.others[..at].iter().any(|other| same(other, of));
    if c.others.iter().enumerate().any(|(at, of)| twice(at, of)) {
        return Err(form());
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
