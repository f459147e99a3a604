//! The commander's numbers: day by day, who was fetched, who arrived, how long it took, where a vehicle stood in
//! vain.

use std::collections::BTreeMap;

use maud::html;
use transfers::{Flow, Reason, Stage, views};
use types::{Micros, Span};

use super::{READERS, under_board};
use crate::i18n::number;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::parse_local;

/// Days on the page.
const DAYS: i64 = 21;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/numbers", READERS, show);
}

/// The day of an instant, as people write it, and when it began.
fn day_of(seat: &Seat, at: Micros) -> (String, Micros) {
    let text: String = seat.time(at).as_str().chars().take(10).collect();
    let start = parse_local(&format!("{text}T00:00"), seat.app().zone()).unwrap_or(at);
    (text, start)
}

async fn show(seat: Seat) -> Answer {
    let until = seat.now() + Span::hours(1);
    let (_, from) = day_of(&seat, seat.now() - Span::days(DAYS - 1));
    let mut db = seat.db().await?;
    let flows = views::flows(&mut db, seat.scope(), from, until).await?;
    let numbers = views::numbers(&mut db, seat.scope()).await?;
    let mut days: BTreeMap<String, BTreeMap<Flow, (i64, i64)>> = BTreeMap::new();
    for ((hour, what), (n, minutes)) in flows {
        let (day, _) = day_of(&seat, hour);
        let sum = days.entry(day).or_default().entry(what).or_default();
        (sum.0, sum.1) = (sum.0 + n, sum.1 + minutes);
    }
    let columns = vec![
        Column::new("day", t!(seat, "care-day")),
        Column::new("wanted", t!(seat, "trip-flow-wanted")).numeric(),
        Column::new("picked", t!(seat, "trip-flow-picked-up")).numeric(),
        Column::new("waited", t!(seat, "trip-mean-wait")),
        Column::new("arrived", t!(seat, "trip-flow-arrived")).numeric(),
        Column::new("under-way", t!(seat, "trip-mean-ride")),
        Column::new("vain", t!(seat, "trip-flow-in-vain")).numeric(),
        Column::new("off", t!(seat, "trip-flow-called-off")).numeric(),
    ];
    let rows = days.iter().rev().map(|(day, of)| {
        let n = |what| of.get(&what).map_or(0, |(n, _)| *n);
        let mean = |what| match of.get(&what) {
            Some((n, minutes)) if *n > 0 => Cell::text(seat.span(Span::minutes(minutes / n))),
            _ => Cell::none(),
        };
        vec![
            Cell::text(day.clone()),
            Cell::number(n(Flow::Wanted)),
            Cell::number(n(Flow::PickedUp)),
            mean(Flow::PickedUp),
            Cell::number(n(Flow::Arrived)),
            mean(Flow::Arrived),
            Cell::number(n(Flow::InVain)),
            Cell::number(n(Flow::CalledOff)),
        ]
    });
    let by_day = Table::new(t!(seat, "trip-by-day"), columns)
        .empty(t!(seat, "trip-nobody-here"))
        .rows(rows.collect::<Vec<_>>());
    let columns = std::iter::once(Column::new("reason", t!(seat, "trip-reason")))
        .chain(Stage::ALL.iter().map(|stage| {
            Column::new(stage.as_str(), named(&seat, "trip-stage", stage.as_str())).numeric()
        }))
        .collect();
    let rows = Reason::ALL.iter().map(|reason| {
        let mut row = vec![Cell::text(named(&seat, "trip-reason", reason.as_str()))];
        row.extend(Stage::ALL.iter().map(|stage| {
            let n = numbers.by.get(&(*stage, *reason)).copied().unwrap_or(0);
            let of = format!("/transfers/rides?stage={stage}&reason={reason}");
            Cell::count(n, &seat.link(&of))
        }));
        row
    });
    let now = Table::new(t!(seat, "trip-by-reason"), columns).rows(rows.collect::<Vec<_>>());
    let body = html! {
        p { (t!(seat, "trip-all-of", open = number(numbers.open()), all = number(numbers.all()))) }
        (now.render(&seat))
        (by_day.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-trips-numbers"), body)
        .lead(html! { (t!(seat, "trip-numbers-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}
