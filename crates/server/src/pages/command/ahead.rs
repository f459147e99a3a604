//! Looking ahead: infections, where they will be found, beds by severity, tubes and contacts of 14 days,
//! by the renewal equation and by the simulated city, each with its intervals; kept as said, and scored
//! with what came.

mod basis;
mod city_runs;
mod kept;

use std::collections::BTreeMap;

use analytics::Quantiles;
use command::Foreseen;
use maud::{Markup, html};
use types::{Micros, Refusal, Span};

use super::runs::{Job, What, jobs_topic};
use super::{CASES, KEEPERS, today, what_if};
use crate::i18n::Speaks;
use crate::pages::cases::daily::AHEAD;
use crate::pages::cases::midnight;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::chart::bands::{Band, Banded, Line, bands};
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// Days before today in the charts.
const BEFORE: usize = 14;
/// Runs of the city.
const RUNS: u32 = 20;

/// What is said of the days to come, by figure.
pub type Fans = BTreeMap<Foreseen, Vec<Quantiles>>;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/ahead", CASES, show);
    routes.post("/ahead/start", KEEPERS, start);
    routes.post("/ahead/stop", KEEPERS, stop);
    routes.post("/ahead/keep", KEEPERS, kept::keep);
}

/// The name of a figure.
fn name(seat: &Seat, what: Foreseen) -> String {
    seat.text(&format!("ahead-{}", what.as_str().replace('_', "-")))
}

/// The name of a method.
fn method(seat: &Seat, method: &str) -> String {
    seat.text_if(&format!("ahead-method-{method}")).unwrap_or_else(|| method.to_owned())
}

async fn start(seat: Seat, _: FormData) -> Answer {
    let end = midnight(&seat, seat.now())?;
    let today = today::read(&seat, end).await?;
    if !today.has_cases() {
        return Err(Refusal::new("what-if-nobody").into());
    }
    let at = today.at;
    let order = what_if::order(today, What::Ahead, AHEAD as u32, RUNS, (Vec::new(), None)).await?;
    Job::start(&seat, order, at).await?;
    Ok(seat.go(&seat.link("/ahead")))
}

async fn stop(seat: Seat) -> Answer {
    Job::stop(&seat, What::Ahead)?;
    Ok(seat.go(&seat.link("/ahead")))
}

/// The city's fans of the days from a midnight on, if they have been run today.
fn of_the_city(seat: &Seat, today: Micros) -> Result<Option<Fans>, Fault> {
    let Some(job) = Job::of(seat, What::Ahead)? else { return Ok(None) };
    let of_today = midnight(seat, job.at)? == today;
    Ok(match job.outcome() {
        Some(Ok(outcome)) if of_today => Some(city_runs::fans(outcome).map_err(Refusal::from)?),
        _ => None,
    })
}

async fn show(seat: Seat) -> Answer {
    let end = midnight(&seat, seat.now())?;
    let job = Job::of(&seat, What::Ahead)?;
    let waits = job.as_ref().is_some_and(|job| job.outcome().is_none());
    if let Some(job) = job.as_ref().filter(|_| waits)
        && seat.wants_fragment("ahead")
    {
        return Ok(seat.fragment(job.progress(&seat, "/ahead/stop")));
    }
    let basis = basis::Basis::read(&seat, end).await?;
    let (basis, renewal) = basis.forecast().await?;
    let city = of_the_city(&seat, end)?;
    let scores = kept::Kept::load(&seat, &basis, end).await?;
    let failed = job.as_ref().and_then(|job| job.outcome()).and_then(|told| told.as_ref().err());
    let told = html! {
        (city_part(&seat, city.is_some(), failed))
        @match &renewal {
            Ok(fans) => {
                @for what in Foreseen::ALL {
                    @if let Some(days) = fans.get(what) {
                        (chart(&seat, &basis, *what, days, city.as_ref().and_then(|c| c.get(what))))
                    }
                }
                @if !fans.contains_key(&Foreseen::BedsMild) { p .muted { (t!(seat, "ahead-no-beds")) } }
            }
            Err(refusal) => (nothing(&seat, refusal)),
        }
        (scores.panel(&seat, renewal.is_ok(), city.is_some()))
    };
    if seat.wants_fragment("ahead") {
        return Ok(seat.fragment(told));
    }
    let body = html! {
        @if waits {
            @let src = seat.here(&[("fragment", Some("ahead"))]);
            @let bar = job.as_ref().map(|job| job.progress(&seat, "/ahead/stop"));
            (parts::live("ahead", &[jobs_topic(&seat)], &src, html! { @if let Some(bar) = bar { (bar) } }))
        } @else {
            (told)
        }
        (parts::panel(&t!(seat, "ahead-how"), html! {
            p { (t!(seat, "ahead-how-renewal")) }
            p { (t!(seat, "ahead-how-beds")) }
            p { (t!(seat, "ahead-how-contacts")) }
            p { (t!(seat, "ahead-how-city")) }
        }))
    };
    let mut page = Page::new(t!(seat, "nav-ahead"), body)
        .lead(html! { (t!(seat, "ahead-lead", n = AHEAD as i64)) });
    if seat.may_open("/board") {
        page = page.crumb(seat.link("/board"), t!(seat, "nav-board"));
    }
    Ok(seat.render(match waits {
        true => page.reload_without_script(2),
        false => page,
    }))
}

fn nothing(seat: &Seat, refusal: &Refusal) -> Markup {
    parts::notice(
        Tone::Info,
        &t!(seat, "course-nothing"),
        html! {
            p { (seat.lang().refusal(refusal)) " " (seat.lang().refusal_next(refusal)) }
        },
    )
}

/// The button that runs the city, or what came of it.
fn city_part(seat: &Seat, done: bool, failed: Option<&Refusal>) -> Markup {
    html! {
        @if let Some(why) = failed {
            (parts::notice(Tone::Warning, &seat.lang().refusal(why), html! {
                p { (seat.lang().refusal_next(why)) }
            }))
        }
        @if seat.may_open("/decisions/new") {
            @let form = Form::new(seat, seat.link("/ahead/start"));
            @if done { (form.quiet().button(&t!(seat, "ahead-city-again"))) }
            @else { (form.button(&t!(seat, "ahead-city-run"))) }
        }
    }
}

/// What came, what is expected, and how sure that is; the city beside the renewal equation.
fn chart(
    seat: &Seat,
    basis: &basis::Basis,
    what: Foreseen,
    renewal: &[Quantiles],
    city: Option<&Vec<Quantiles>>,
) -> Markup {
    let slots = BEFORE + renewal.len();
    let label = |n: usize| {
        let noon = basis.end - Span::days(BEFORE as i64) + Span::days(n as i64) + Span::hours(12);
        seat.time(noon).day().to_owned()
    };
    let of = |days: &[Quantiles], n: usize, level: f64| -> Option<f64> {
        days.get(n.checked_sub(BEFORE)?)?.at(level)
    };
    let band = |days: &[Quantiles], who: &str, percent: i64, low: f64, high: f64| Band {
        name: format!("{who}: {}", t!(seat, "course-interval", percent = percent)),
        ends: (0..slots).map(|n| of(days, n, low).zip(of(days, n, high))).collect(),
    };
    let median = |days: &[Quantiles], who: &str| Line {
        name: format!("{who}: {}", t!(seat, "course-median")),
        values: (0..slots).map(|n| of(days, n, 0.5)).collect(),
    };
    let (equation, runs) = (method(seat, "renewal"), method(seat, "city"));
    let came = basis.came(what);
    let mut chart = Banded {
        title: name(seat, what),
        labels: (0..slots).map(label).collect(),
        bands: vec![
            band(renewal, &equation, 90, 0.05, 0.95),
            band(renewal, &equation, 50, 0.25, 0.75),
        ],
        lines: vec![
            Line {
                name: t!(seat, "course-reported"),
                values: (0..slots)
                    .map(|n| {
                        let back = BEFORE.checked_sub(n).filter(|back| *back > 0)?;
                        came.get(came.len().checked_sub(back)?).copied()
                    })
                    .collect(),
            },
            median(renewal, &equation),
        ],
        level: None,
        digits: 0,
    };
    if let Some(city) = city {
        chart.bands.push(band(city, &runs, 90, 0.05, 0.95));
        chart.lines.push(median(city, &runs));
    }
    bands(seat, &chart)
}
