//! Forecasts that were kept as they were said, and how good they turned out to be. Nobody can make
//! them better afterwards: they are in the journal from before the days that they are of.

use analytics::{Quantiles, Scores};
use command::{Forecast, views};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::daily::Daily;
use super::day;
use crate::i18n::number;
use crate::seat::Seat;
use crate::ui::parts::{self, Tone};
use crate::ui::scores;
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Forecasts on the page.
const SHOWN: usize = 14;
/// Forecasts that are scored.
const SCORED: i64 = 112;

/// The forecasts that were kept of the areas in view.
pub struct Kept {
    forecasts: Vec<Forecast>,
    first: Option<Date>,
}

/// A day of a page as a date.
fn date(seat: &Seat, daily: &Daily, n: usize) -> Option<Date> {
    day(seat, daily.from, n).parse().ok()
}

impl Kept {
    /// Reads those whose last known day is one of the page's.
    pub async fn load(seat: &Seat, daily: &Daily) -> Result<Kept, Fault> {
        let (first, last) = (date(seat, daily, 0), date(seat, daily, daily.days() - 1));
        let forecasts = match first.zip(last) {
            Some((first, last)) => {
                let mut db = seat.db().await?;
                views::forecasts(&mut db, seat.scope(), first, last, SCORED).await?
            }
            None => Vec::new(),
        };
        Ok(Kept { forecasts, first })
    }

    /// What came on a day, if it is over and on the page.
    fn came(&self, daily: &Daily, day: Date) -> Option<f64> {
        let n = self.first?.until(day).ok()?.get_days();
        let n = usize::try_from(n).ok()?;
        (n < daily.days()).then(|| daily.on(n).max(0) as f64)
    }

    /// Forecasts of days that are over: how far ahead, what was said, what came.
    fn scored(&self, daily: &Daily) -> Vec<(usize, Quantiles, f64)> {
        let mut all = Vec::new();
        for forecast in &self.forecasts {
            for (n, said) in forecast.ahead.iter().enumerate() {
                let ahead = n + 1;
                let Ok(of) = forecast.day.checked_add((ahead as i64).days()) else { continue };
                let quantiles = Quantiles::new(&said.levels, &said.values);
                if let (Ok(quantiles), Some(came)) = (quantiles, self.came(daily, of)) {
                    all.push((ahead, quantiles, came));
                }
            }
        }
        all
    }

    /// The scores, the forecasts, and the way to the page that keeps today's.
    pub fn panel(&self, seat: &Seat, daily: &Daily, is_now: bool) -> Markup {
        let last = date(seat, daily, daily.days() - 1);
        let kept_today = self.forecasts.iter().any(|f| Some(f.day) == last);
        let may = seat.may_open("/bulletins/new") && is_now && !kept_today;
        html! {
            (self.scores(seat, daily).render(seat))
            (self.list(seat, daily).render(seat))
            @if may {
                (parts::panel(&t!(seat, "course-keep"), html! {
                    p { (t!(seat, "course-keep-lead")) }
                    p { a href=(seat.link("/ahead")) { (t!(seat, "nav-ahead")) } }
                }))
            }
        }
    }

    fn scores(&self, seat: &Seat, daily: &Daily) -> Table {
        let scored = self.scored(daily);
        let row = |from: usize, until: usize| {
            let picked = scored.iter().filter(|(ahead, ..)| (from..=until).contains(ahead));
            let scores = Scores::of(picked.map(|(_, said, came)| (said, *came))).ok()?;
            let days = t!(seat, "course-days-ahead", from = from as i64, until = until as i64);
            Some([Cell::text(days)].into_iter().chain(scores::cells(&scores)).collect::<Vec<_>>())
        };
        let ahead = [Column::new("ahead", t!(seat, "course-ahead-column"))];
        let columns = ahead.into_iter().chain(scores::columns(seat)).collect();
        Table::new(t!(seat, "course-kept-scores"), columns)
            .window(t!(seat, "course-kept-scores-window"))
            .empty(t!(seat, "course-kept-empty"))
            .rows([row(1, 3), row(4, 7), row(8, 14)].into_iter().flatten())
    }

    fn list(&self, seat: &Seat, daily: &Daily) -> Table {
        let columns = vec![
            Column::new("day", t!(seat, "course-known-until")),
            Column::new("at", t!(seat, "course-said-at")),
            Column::new("one", t!(seat, "course-said-one")).numeric(),
            Column::new("came-one", t!(seat, "course-came")).numeric(),
            Column::new("seven", t!(seat, "course-said-seven")).numeric(),
            Column::new("came-seven", t!(seat, "course-came")).numeric(),
        ];
        let rows = self.forecasts.iter().take(SHOWN).map(|forecast| {
            let mut row = vec![
                Cell::text(forecast.day.to_string()),
                Cell::markup(
                    html! { (seat.time(forecast.at)) " · " (forecast.actor) },
                    seat.time(forecast.at).to_string(),
                ),
            ];
            for ahead in [1_usize, 7] {
                row.extend(self.said_and_came(daily, forecast, ahead));
            }
            row
        });
        Table::new(t!(seat, "course-kept"), columns).empty(t!(seat, "course-kept-none")).rows(rows)
    }

    fn said_and_came(&self, daily: &Daily, forecast: &Forecast, ahead: usize) -> [Cell; 2] {
        let Some(said) = forecast.ahead.get(ahead - 1) else { return [Cell::none(), Cell::none()] };
        let quantiles = Quantiles::new(&said.levels, &said.values).ok();
        let at = |level: f64| quantiles.as_ref().and_then(|q| q.at(level));
        let whole = |x: f64| number(x.round() as i64);
        let text = match (at(0.05), at(0.5), at(0.95)) {
            (Some(low), Some(median), Some(high)) => {
                Cell::text(format!("{} ({}–{})", whole(median), whole(low), whole(high)))
            }
            _ => Cell::none(),
        };
        let of = forecast.day.checked_add((ahead as i64).days()).ok();
        let came = match of.and_then(|day| self.came(daily, day)) {
            None => Cell::none(),
            Some(came) => {
                let inside = quantiles.as_ref().and_then(|q| q.covers(0.9, came)) == Some(true);
                let tone = if inside { Tone::Good } else { Tone::Warning };
                Cell::tag(tone, whole(came))
            }
        };
        [text, came]
    }
}
