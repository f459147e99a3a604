//! What pairs of runs say: whole runs in a table, days in charts with their tables.

use city::response_model::{DAILY, DailyFigure, Paired, Spread, TOTALS, WhatIf};
use maud::{Markup, html};
use types::Span;

use super::super::runs::{Job, Outcome};
use super::name;
use crate::i18n::{Lang, Speaks, number};
use crate::seat::Seat;
use crate::t;
use crate::ui::chart::bands::{Band, Banded, Line, bands};
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

fn whole(value: f64) -> String {
    number(value.round() as i64)
}

/// A difference with its sign.
fn signed(value: f64) -> String {
    match value.round() as i64 {
        n if n > 0 => format!("+{}", number(n)),
        n if n < 0 => format!("−{}", number(-n)),
        _ => "0".to_owned(),
    }
}

/// A name at the beginning of a line.
fn capital(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

fn spread(s: Spread, text: fn(f64) -> String) -> String {
    format!("{} ({} … {})", text(s.median), text(s.low), text(s.high))
}

/// What the pairs say of a figure: the band of their differences leaves out 0, or it does not.
fn says(seat: &Seat, figure: &Paired) -> Cell {
    let d = figure.difference;
    match (d.high < 0.0, d.low > 0.0) {
        (true, _) => Cell::tag(Tone::Info, t!(seat, "what-if-less")),
        (_, true) => Cell::tag(Tone::Info, t!(seat, "what-if-more")),
        _ => Cell::text(t!(seat, "what-if-unclear")),
    }
}

/// The whole outcome.
pub fn shown(seat: &Seat, job: &Job, outcome: &Outcome) -> Markup {
    let known = &job.order.known;
    let days = outcome.base.first().map_or(0, Vec::len);
    let day = |n: usize| seat.time(job.at + Span::days(n as i64)).day().to_owned();
    let dates: Vec<String> = (0..days).map(day).collect();
    let pairs = WhatIf { base: &outcome.base, changed: &outcome.changed, dates: &dates };
    let up = 1.0 / outcome.scale;
    let changes: Vec<String> = job
        .order
        .changes
        .iter()
        .map(|change| {
            let text = change.to_string();
            let (key, value) = text.split_once('=').unwrap_or((&text, ""));
            match key.split_once('@') {
                None => format!("{}: {value}", name(seat, key)),
                Some((key, day)) => {
                    format!(
                        "{}: {}",
                        name(seat, key),
                        t!(seat, "what-if-later", value = value, at = day)
                    )
                }
            }
        })
        .collect();
    let size = t!(
        seat,
        "what-if-ran",
        pairs = outcome.base.len() as i64,
        days = days as i64,
        people = number(i64::from(outcome.people)),
        residents = number(i64::try_from(known.residents).unwrap_or(i64::MAX))
    );
    let contacts = match outcome.factor {
        Some(factor) => t!(seat, "what-if-contacts", factor = format!("{factor:.2}")),
        None => t!(seat, "what-if-contacts-not"),
    };
    html! {
        (parts::notice(Tone::Info, &t!(seat, "what-if-asked"), html! {
            ul {
                @for change in &changes { li { (change) } }
                @if let Some((zone, _)) = &job.order.zone { li { (zone.text(seat)) } }
            }
            p { (size) " " (contacts) }
            @if (outcome.base.len() as u32) < job.order.replicates { p { (t!(seat, "what-if-ended")) } }
            p .muted { (t!(seat, "what-if-as-known", at = seat.time(job.at).to_string())) }
        }))
        (totals(seat, &pairs, up).render(seat))
        p .muted { (t!(seat, "what-if-meals")) }
        @for figure in &DAILY { (chart(seat, &pairs, figure, &dates, up)) }
    }
}

fn totals(seat: &Seat, pairs: &WhatIf<'_>, up: f64) -> Table {
    let columns = vec![
        Column::new("figure", t!(seat, "what-if-figure")),
        Column::new("base", t!(seat, "what-if-base")).numeric(),
        Column::new("changed", t!(seat, "what-if-changed")).numeric(),
        Column::new("difference", t!(seat, "what-if-difference")).numeric(),
        Column::new("pairs", t!(seat, "what-if-pairs-less")).numeric(),
        Column::new("says", t!(seat, "what-if-says")),
    ];
    let rows = TOTALS.iter().map(|figure| {
        let paired = pairs.total(figure).times(up);
        vec![
            Cell::text(match seat.lang() {
                Lang::Zh => figure.zh.to_owned(),
                Lang::En => capital(figure.en),
            }),
            Cell::text(spread(paired.base, whole)),
            Cell::text(spread(paired.changed, whole)),
            Cell::text(spread(paired.difference, signed)),
            Cell::text(format!("{} / {}", paired.less, paired.more)),
            says(seat, &paired),
        ]
    });
    Table::new(t!(seat, "what-if-totals"), columns)
        .window(t!(seat, "what-if-totals-window"))
        .rows(rows)
}

/// Both courses of a figure with their bands, and the differences of some days.
fn chart(
    seat: &Seat,
    pairs: &WhatIf<'_>,
    figure: &DailyFigure,
    dates: &[String],
    up: f64,
) -> Markup {
    let days: Vec<Paired> = pairs.daily(figure).into_iter().map(|day| day.times(up)).collect();
    let band = |of: fn(&Paired) -> Spread| -> Vec<Option<(f64, f64)>> {
        days.iter().map(|day| Some((of(day).low, of(day).high))).collect()
    };
    let line = |of: fn(&Paired) -> Spread| -> Vec<Option<f64>> {
        days.iter().map(|day| Some(of(day).median)).collect()
    };
    let title = match seat.lang() {
        Lang::Zh => figure.zh,
        Lang::En => figure.en,
    };
    let (base, changed) = (t!(seat, "what-if-base-line"), t!(seat, "what-if-changed-line"));
    let ninety = |of: &str| t!(seat, "what-if-ninety", of = of);
    let banded = Banded {
        title: title.to_owned(),
        labels: dates.to_vec(),
        bands: vec![
            Band { name: ninety(&base), ends: band(|day| day.base) },
            Band { name: ninety(&changed), ends: band(|day| day.changed) },
        ],
        lines: vec![
            Line { name: base, values: line(|day| day.base) },
            Line { name: changed, values: line(|day| day.changed) },
        ],
        level: None,
        digits: 0,
    };
    let columns = vec![
        Column::new("day", t!(seat, "case-day")),
        Column::new("difference", t!(seat, "what-if-difference")).numeric(),
        Column::new("pairs", t!(seat, "what-if-pairs-less")).numeric(),
    ];
    // A week is what a person reads; every day is in the table of the chart.
    let last = days.len().saturating_sub(1);
    let rows = days.iter().zip(dates).enumerate().filter(|(n, _)| n % 7 == 6 || *n == last).map(
        |(_, (day, date))| {
            vec![
                Cell::text(date.clone()),
                Cell::text(spread(day.difference, signed)),
                Cell::text(format!("{} / {}", day.less, day.more)),
            ]
        },
    );
    let table = Table::new(t!(seat, "what-if-day-difference", figure = title), columns).rows(rows);
    html! {
        (bands(seat, &banded))
        (table.render(seat))
    }
}
