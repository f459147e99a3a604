//! The commander's numbers: day by day, who began to wait, who came into a bed, who left; and for how many
//! days in a row more left than were infected.

use std::collections::BTreeMap;

use care::{Flow, views};
use cases::Measure;
use maud::html;
use types::{Micros, Span};

use super::READERS;
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
    routes.get("/care/numbers", READERS, show);
}

/// The day of an instant, as people write it, and when it began.
fn day_of(seat: &Seat, at: Micros) -> (String, Micros) {
    let text: String = seat.time(at).as_str().chars().take(10).collect();
    let start = parse_local(&format!("{text}T00:00"), seat.app().zone()).unwrap_or(at);
    (text, start)
}

async fn show(seat: Seat) -> Answer {
    let until = seat.now();
    let (_, from) = day_of(&seat, until - Span::days(DAYS - 1));
    let mut db = seat.db().await?;
    let flows = views::flows(&mut db, seat.scope(), from, until).await?;
    let window = cases::views::Window {
        scope: seat.scope(),
        from,
        until: until.hour_start() + Span::hours(1),
        as_of: None,
    };
    let hours = cases::views::by_hour(&mut db, &window).await?;
    let mut days: BTreeMap<String, (Micros, [i64; 6])> = BTreeMap::new();
    let mut add = |at: Micros, column: usize, n: i64| {
        let (day, start) = day_of(&seat, at);
        days.entry(day).or_insert((start, [0; 6])).1[column] += n;
    };
    for (hour, figures) in &hours {
        add(*hour, 0, figures.total(Measure::Infections));
    }
    for ((hour, what), n) in flows {
        match what {
            Flow::Waiting => add(hour, 1, n),
            Flow::Admitted => add(hour, 2, n),
            Flow::Discharged | Flow::Released => add(hour, 3, n),
            Flow::Refused | Flow::SentHome => add(hour, 4, n),
            Flow::Died => add(hour, 5, n),
            Flow::Transferred | Flow::Corrected => {}
        }
    }
    // Of whole days only: today may still change.
    let (today, _) = day_of(&seat, until);
    let whole = days.iter().rev().filter(|(day, _)| **day != today);
    let in_a_row = whole.take_while(|(_, (_, n))| n[3] > n[0]).count();
    let columns = vec![
        Column::new("day", t!(seat, "care-day")),
        Column::new("infections", t!(seat, "care-new-infections")).numeric(),
        Column::new("waiting", t!(seat, "care-began-to-wait")).numeric(),
        Column::new("admitted", t!(seat, "care-admitted-n")).numeric(),
        Column::new("left", t!(seat, "care-left-n")).numeric(),
        Column::new("home", t!(seat, "care-stayed-home")).numeric(),
        Column::new("died", t!(seat, "care-died-n")).numeric(),
    ];
    let rows = days.iter().rev().map(|(day, (start, n))| {
        let next = *start + Span::days(1);
        let (next, _) = day_of(&seat, next);
        let open =
            |status: &str| seat.link(&format!("/cases?status={status}&from={day}&until={next}"));
        vec![
            Cell::text(day.clone()),
            if seat.may_open("/cases") { Cell::count(n[0], &open("")) } else { Cell::number(n[0]) },
            Cell::number(n[1]),
            Cell::number(n[2]),
            Cell::number(n[3]),
            Cell::number(n[4]),
            Cell::number(n[5]),
        ]
    });
    let table = Table::new(t!(seat, "care-by-day"), columns)
        .empty(t!(seat, "care-by-day-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        p { (t!(seat, "care-days-in-a-row", n = in_a_row as i64)) }
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-care-numbers"), body)
        .lead(html! { (t!(seat, "care-numbers-lead")) });
    Ok(seat.render(page.crumb(seat.link("/care"), t!(seat, "nav-care"))))
}
