//! Forecasts that were kept as they were said, with every figure and both methods, and how good they
//! turned out to be. Nobody can make them better afterwards: they are in the journal from before the days
//! that they are of.

use std::collections::BTreeMap;

use analytics::{Quantiles, Scores};
use command::{Ahead, Command, Forecast, Foreseen, KeepForecast, Said, views};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use types::{Micros, Refusal, Span};

use super::basis::{BACK, Basis};
use super::{Fans, method, name, of_the_city};
use crate::pages::act;
use crate::pages::cases::midnight;
use crate::pages::command::{county_of, offset_of};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Form, FormData};
use crate::ui::parts;
use crate::ui::scores;
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Forecasts that are scored.
const SCORED: i64 = 112;
/// The method of the infections that a kept forecast has for itself.
const RENEWAL: &str = "renewal";
/// The other one.
const CITY: &str = "city";

/// The forecasts that were kept, with what came.
pub struct Kept {
    forecasts: Vec<Forecast>,
    came: BTreeMap<(Foreseen, Date), f64>,
    last: Option<Date>,
}

/// The local day that ends at an instant.
fn day_before(seat: &Seat, end: Micros) -> Option<Date> {
    seat.time(end - Span::hours(12)).day().parse().ok()
}

impl Kept {
    /// Reads those of the days that are looked back on, the last one ending with `end`.
    pub async fn load(seat: &Seat, basis: &Basis, end: Micros) -> Result<Kept, Fault> {
        let last = day_before(seat, end);
        let first = last.and_then(|day| day.checked_sub((BACK as i64).days()).ok());
        let forecasts = match first.zip(last) {
            Some((first, last)) => {
                let mut db = seat.db().await?;
                views::forecasts(&mut db, seat.scope(), first, last, SCORED).await?
            }
            None => Vec::new(),
        };
        let mut came = BTreeMap::new();
        for what in Foreseen::ALL {
            for (back, n) in basis.came(*what).iter().rev().enumerate() {
                let day = last.and_then(|day| day.checked_sub((back as i64).days()).ok());
                came.extend(day.map(|day| ((*what, day), *n)));
            }
        }
        // What no counter keeps by day was written down with each forecast.
        for forecast in &forecasts {
            came.extend(forecast.known.iter().map(|(what, n)| ((*what, forecast.day), *n)));
        }
        Ok(Kept { forecasts, came, last })
    }

    /// What was said of days that are over, by figure and method, with what came.
    fn scored(&self) -> BTreeMap<(Foreseen, &str), Vec<(Quantiles, f64)>> {
        let mut all: BTreeMap<(Foreseen, &str), Vec<(Quantiles, f64)>> = BTreeMap::new();
        for forecast in &self.forecasts {
            let own = (Foreseen::Infections, forecast.method.as_str(), &forecast.ahead);
            let others =
                forecast.others.iter().map(|said| (said.what, said.method.as_str(), &said.ahead));
            for (what, by, ahead) in std::iter::once(own).chain(others) {
                for (n, said) in ahead.iter().enumerate() {
                    let day = forecast.day.checked_add((n as i64 + 1).days()).ok();
                    let came = day.and_then(|day| self.came.get(&(what, day)));
                    let quantiles = Quantiles::new(&said.levels, &said.values).ok();
                    if let (Some(quantiles), Some(came)) = (quantiles, came) {
                        all.entry((what, by)).or_default().push((quantiles, *came));
                    }
                }
            }
        }
        all
    }

    /// The scores, and the form that keeps what is said today.
    pub fn panel(&self, seat: &Seat, told: bool, city: bool) -> Markup {
        let kept = self.forecasts.iter().any(|forecast| Some(forecast.day) == self.last);
        html! {
            (self.scores(seat).render(seat))
            @if kept {
                p { (t!(seat, "ahead-kept-today")) " " a href=(seat.link("/cases/course")) { (t!(seat, "course-kept")) } }
            } @else if told && seat.may_open("/bulletins/new") {
                (parts::panel(&t!(seat, "course-keep"), html! {
                    p { (t!(seat, "ahead-keep-lead")) }
                    @if !city { p .muted { (t!(seat, "ahead-keep-without-city")) } }
                    (Form::new(seat, seat.link("/ahead/keep"))
                        .hidden(act::ID, &act::fresh())
                        .button(&t!(seat, "course-keep")))
                }))
            }
        }
    }

    fn scores(&self, seat: &Seat) -> Table {
        let rows = self.scored().into_iter().filter_map(|((what, by), scored)| {
            let scores = Scores::of(scored.iter().map(|(said, came)| (said, *came))).ok()?;
            let what = [Cell::text(name(seat, what)), Cell::text(method(seat, by))];
            Some(what.into_iter().chain(scores::cells(&scores)).collect::<Vec<_>>())
        });
        let what = [
            Column::new("figure", t!(seat, "what-if-figure")),
            Column::new("method", t!(seat, "ahead-method")),
        ];
        let columns = what.into_iter().chain(scores::columns(seat)).collect();
        Table::new(t!(seat, "course-kept-scores"), columns)
            .window(t!(seat, "course-kept-scores-window"))
            .empty(t!(seat, "course-kept-empty"))
            .rows(rows.collect::<Vec<_>>())
    }
}

/// Days as a command has them.
fn days(of: &[Quantiles]) -> Vec<Ahead> {
    let day = |quantiles: &Quantiles| {
        let (levels, values) = quantiles.pairs().unzip();
        Ahead { levels, values }
    };
    of.iter().map(day).collect()
}

/// Keeps what is said today: every figure by the renewal equation, and by the city if it has run today.
pub async fn keep(seat: Seat, form: FormData) -> Answer {
    let end = midnight(&seat, seat.now())?;
    let day = day_before(&seat, end).ok_or_else(|| Refusal::new("day-form"))?;
    let city = of_the_city(&seat, end)?;
    let (basis, renewal) = Basis::read(&seat, end).await?.forecast().await?;
    let mut renewal = renewal?;
    let ahead = renewal.remove(&Foreseen::Infections).unwrap_or_default();
    let said = |fans: Fans, by: &'static str| {
        fans.into_iter().map(move |(what, of)| Said {
            what,
            method: by.to_owned(),
            ahead: days(&of),
        })
    };
    let known = Foreseen::BEDS.into_iter().zip(basis.in_bed).collect();
    let command = Command::KeepForecast(KeepForecast {
        scope: seat.scope(),
        day,
        utc_offset_minutes: offset_of(&seat, day)?.seconds() / 60,
        method: RENEWAL.to_owned(),
        ahead: days(&ahead),
        others: said(renewal, RENEWAL).chain(said(city.unwrap_or_default(), CITY)).collect(),
        known,
    });
    let area = county_of(&seat, seat.scope()).await?;
    act::send(&seat, area, &form, command).await??;
    Ok(seat.go(&seat.link("/ahead")))
}
