//! The commander's numbers: day by day, who began to wait, who came into a bed, who left; and for how many
//! days in a row more left than were infected. Every number opens its list.

use std::collections::BTreeMap;

use care::{Flow, views};
use cases::Measure;
use maud::html;
use types::{Micros, Span};

use super::{READERS, happened};
use crate::i18n::number;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart::{Series, lines};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::parse_local;

/// Days on the page.
const DAYS: i64 = 21;

/// What a day's row counts, in the order of its columns; before them stand the new infections.
const COUNTED: [Flow; 9] = [
    Flow::Waiting,
    Flow::Admitted,
    Flow::Discharged,
    Flow::Released,
    Flow::SteppedUp,
    Flow::SteppedDown,
    Flow::Refused,
    Flow::SentHome,
    Flow::Died,
];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/numbers", READERS, show);
}

/// The day of an instant, as people write it, and when it began.
fn day_of(seat: &Seat, at: Micros) -> (String, Micros) {
    let text = seat.time(at).day().to_owned();
    let start = parse_local(&format!("{text}T00:00"), seat.app().zone()).unwrap_or(at);
    (text, start)
}

/// One day.
#[derive(Clone, Debug, Default)]
struct Row {
    start: Micros,
    infections: i64,
    flows: [i64; COUNTED.len()],
}

impl Row {
    fn of(&self, what: Flow) -> i64 {
        COUNTED.iter().position(|flow| *flow == what).map_or(0, |n| self.flows[n])
    }

    /// Discharged and released.
    fn left(&self) -> i64 {
        self.of(Flow::Discharged) + self.of(Flow::Released)
    }
}

async fn show(seat: Seat) -> Answer {
    let until = seat.now();
    let (today, _) = day_of(&seat, until);
    let (_, from) = day_of(&seat, until - Span::days(DAYS - 1));
    let mut db = seat.db().await?;
    let flows = views::flows(&mut db, seat.scope(), from, until + Span(1)).await?;
    let window = cases::views::Window {
        scope: seat.scope(),
        from,
        until: until.hour_start() + Span::hours(1),
        as_of: None,
    };
    let hours = cases::views::by_hour(&mut db, &window).await?;
    drop(db);
    let mut days: BTreeMap<String, Row> = BTreeMap::new();
    for n in 0..DAYS {
        let (day, start) = day_of(&seat, from + Span::days(n) + Span::hours(12));
        days.insert(day, Row { start, ..Row::default() });
    }
    for (hour, figures) in &hours {
        if let Some(row) = days.get_mut(&day_of(&seat, *hour).0) {
            row.infections += figures.total(Measure::Infections);
        }
    }
    for ((hour, what), n) in flows {
        let column = COUNTED.iter().position(|flow| *flow == what);
        if let (Some(row), Some(column)) = (days.get_mut(&day_of(&seat, hour).0), column) {
            row.flows[column] += n;
        }
    }
    // Of whole days only: today may still change.
    let ahead = |row: &Row| row.left() > row.infections;
    let whole = days.iter().rev().filter(|(day, _)| **day != today);
    let in_a_row = whole.take_while(|(_, row)| ahead(row)).count();
    let table = table(&seat, &days, ahead);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let figures = [Figure {
        label: t!(seat, "care-days-in-a-row"),
        value: number(in_a_row as i64),
        href: Some("#days".to_owned()),
        detail: Some(t!(seat, "care-days-in-a-row-detail")),
        tone: if in_a_row > 0 { Tone::Good } else { Tone::Plain },
    }];
    let body = html! {
        (parts::figures(&figures))
        (chart(&seat, &days))
        div #days { (table.render(&seat)) }
    };
    let page = Page::new(t!(seat, "nav-care-numbers"), body)
        .lead(html! { (t!(seat, "care-numbers-lead")) });
    Ok(seat.render(page.crumb(seat.link("/care"), t!(seat, "nav-care"))))
}

fn chart(seat: &Seat, days: &BTreeMap<String, Row>) -> maud::Markup {
    let labels: Vec<String> = days.keys().cloned().collect();
    let of = |name: &str, colour: usize, get: &dyn Fn(&Row) -> i64| Series {
        name: seat.text(name),
        colour,
        values: days.values().map(get).collect(),
    };
    let series = [
        of("care-new-infections", 5, &|row| row.infections),
        of("care-left-n", 1, &Row::left),
        of("care-admitted-n", 0, &|row| row.of(Flow::Admitted)),
    ];
    lines(seat, &t!(seat, "care-by-day-chart"), &labels, &series, &[])
}

fn table(seat: &Seat, days: &BTreeMap<String, Row>, ahead: impl Fn(&Row) -> bool) -> Table {
    let mut columns = vec![
        Column::new("day", t!(seat, "care-day")),
        Column::new("infections", t!(seat, "care-new-infections")).numeric(),
    ];
    for what in COUNTED {
        columns.push(Column::new(what.as_str(), named(seat, "care-flow", what.as_str())).numeric());
    }
    columns.push(Column::new("ahead", t!(seat, "care-more-left")));
    let rows = days.iter().rev().map(|(day, row)| {
        let (next, _) = day_of(seat, row.start + Span::hours(36));
        let cases = seat.link(&format!("/cases?status=&from={day}&until={next}"));
        let mut cells = vec![
            Cell::text(day.clone()),
            if seat.may_open("/cases") {
                Cell::count(row.infections, &cases)
            } else {
                Cell::number(row.infections)
            },
        ];
        cells.extend(
            COUNTED
                .iter()
                .zip(row.flows)
                .map(|(what, n)| Cell::count(n, &happened::link(seat, *what, day, &next))),
        );
        cells.push(if ahead(row) {
            Cell::tag(Tone::Good, t!(seat, "case-yes"))
        } else {
            Cell::none()
        });
        cells
    });
    Table::new(t!(seat, "care-by-day"), columns)
        .empty(t!(seat, "care-by-day-empty"))
        .csv("care-by-day")
        .rows(rows.collect::<Vec<_>>())
}
