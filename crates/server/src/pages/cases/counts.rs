//! Figures: measure, area, window, as-of. Each opens the list of its cases; the convention of WHO
//! is another way to say the same figures.

use std::collections::BTreeMap;

use cases::views::{self, Figures, Window};
use cases::{Convention, FoundIn, Measure};
use maud::{Markup, html};
use types::{AreaScope, Refusal, Span, UnitId};

use super::words::{self, named, options};
use super::{PAGE, READERS, publish};
use crate::house::{CASES, topic};
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::{Local, parse_local};

/// Days in the table of days.
const DAYS: i64 = 21;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/counts", READERS, show);
    routes.get("/cases/counts/list", READERS, list);
}

/// A window as the address asks for it: a local day, from an hour to an hour.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The day, `2022-03-20`.
    pub day: String,
    /// From this hour.
    pub from_hour: i64,
    /// Until this hour.
    pub until_hour: i64,
    /// As known at this local time; empty for now.
    as_of: String,
    /// The window.
    pub window: Window,
    /// By whose convention.
    pub convention: Convention,
}

impl Asked {
    /// What the address asks for; yesterday, if nothing.
    ///
    /// # Errors
    /// A refusal for what is no day, hour or time.
    pub fn of(seat: &Seat) -> Result<Asked, Refusal> {
        let zone = seat.app().zone();
        let yesterday = Local::new(seat.now() - Span::days(1), zone);
        let day = seat.param("day").unwrap_or_else(|| yesterday.day().to_owned());
        let hour = |name: &str, otherwise: i64| match seat.param(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse()
                .ok()
                .filter(|h| (0..=24).contains(h))
                .ok_or_else(|| Refusal::new("window-form")),
        };
        let (from_hour, until_hour) = (hour("from_hour", 0)?, hour("until_hour", 24)?);
        if from_hour >= until_hour {
            return Err(Refusal::new("window-form"));
        }
        let start = parse_local(&format!("{day}T00:00"), zone)?;
        let typed = seat.param("as_of").unwrap_or_default();
        let as_of = match typed.as_str() {
            "" => None,
            text => Some(parse_local(text, zone)?),
        };
        let convention = seat.param("convention").and_then(|text| Convention::parse(&text));
        Ok(Asked {
            window: Window {
                scope: seat.scope(),
                from: start + Span::hours(from_hour),
                until: start + Span::hours(until_hour),
                as_of,
            },
            day,
            from_hour,
            until_hour,
            as_of: typed,
            convention: convention.unwrap_or(Convention::Bulletin),
        })
    }

    /// The window in words.
    pub fn text(&self, seat: &Seat) -> String {
        let as_of = match self.window.as_of {
            None => t!(seat, "case-as-known-now"),
            Some(at) => t!(seat, "case-as-known", at = seat.time(at.hour_start()).as_str()),
        };
        format!("{} {}–{} · {as_of}", self.day, clock(self.from_hour), clock(self.until_hour))
    }

    fn link(
        &self,
        scope: AreaScope,
        measure: Measure,
        found_in: Option<Option<FoundIn>>,
    ) -> String {
        let hours = (self.from_hour, self.until_hour);
        let by = (self.as_of.as_str(), self.convention);
        list_link(scope, (measure, found_in), (&self.day, hours), by)
    }
}

/// The list behind a figure: of a day between two hours, as known at an hour (empty for now), by a
/// convention.
pub(super) fn list_link(
    scope: AreaScope,
    (measure, found_in): (Measure, Option<Option<FoundIn>>),
    (day, (from_hour, until_hour)): (&str, (i64, i64)),
    (as_of, convention): (&str, Convention),
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("measure", measure.as_str());
    if let Some(found_in) = found_in {
        query.append_pair("found_in", found_in.map_or("unknown", FoundIn::as_str));
    }
    query.append_pair("day", day);
    query.append_pair("from_hour", &from_hour.to_string());
    query.append_pair("until_hour", &until_hour.to_string());
    if !as_of.is_empty() {
        query.append_pair("as_of", as_of);
    }
    if convention != Convention::Bulletin {
        query.append_pair("convention", convention.as_str());
    }
    query.append_pair("area", &scope.to_string());
    format!("/cases/counts/list?{}", query.finish())
}

/// `08:00` of an hour of the day; the last is 24.
fn clock(hour: i64) -> String {
    format!("{hour:02}:00")
}

fn question(seat: &Seat, asked: Option<&Asked>, errors: Errors) -> Markup {
    let value = |name: &str| seat.param(name).unwrap_or_default();
    let day = asked.map_or_else(|| value("day"), |a| a.day.clone());
    let conventions =
        options(seat, "case-convention", None, Convention::ALL.iter().map(|c| c.as_str()));
    let hour = |name: &'static str, label: &str, otherwise: &str| {
        let typed = value(name);
        let shown = if typed.is_empty() { otherwise.to_owned() } else { typed };
        Field::number(name, seat.text(label)).value(shown)
    };
    Form::asks(seat, "/cases/counts")
        .errors(errors)
        .group(
            &t!(seat, "case-window"),
            vec![
                Field::day("day", t!(seat, "case-day")).value(day),
                hour("from_hour", "case-from-hour", "0"),
                hour("until_hour", "case-until-hour", "24"),
                Field::time("as_of", t!(seat, "case-as-of")).value(value("as_of")).optional(),
            ],
        )
        .field(
            Field::select("convention", t!(seat, "case-convention"), conventions)
                .value(value("convention"))
                .short(),
        )
        .button(&t!(seat, "show"))
}

async fn show(seat: Seat) -> Answer {
    let asked = match Asked::of(&seat) {
        Ok(asked) => asked,
        Err(refusal) => {
            let body = question(&seat, None, Errors::one("day", refusal));
            return Ok(seat.render(Page::new(t!(seat, "nav-case-counts"), body)));
        }
    };
    let mut db = seat.db().await?;
    let figures = views::figures(&mut db, &asked.window).await?;
    let areas = views::by_area(&mut db, &asked.window).await?;
    let board = html! {
        (board(&seat, &asked, &figures))
        (where_found(&seat, &asked, &figures).render(&seat))
        @if areas.len() > 1 {
            (by_area(&seat, &asked, &areas).render(&seat))
        }
    };
    if seat.wants_fragment("figures") {
        return Ok(seat.fragment(board));
    }
    let src = seat.here(&[("fragment", Some("figures"))]);
    let body = html! {
        (question(&seat, Some(&asked), Errors::default()))
        (parts::live("figures", &[topic(CASES, seat.scope())], &src, board))
        (days(&seat, &asked).await?.render(&seat))
        (publish::panel(&seat, &asked).await?)
    };
    let lead = html! { (asked.text(&seat)) };
    Ok(seat.render(Page::new(t!(seat, "nav-case-counts"), body).lead(lead)))
}

/// The row of a bulletin: new confirmed, of which converted, asymptomatic.
fn board(seat: &Seat, asked: &Asked, figures: &Figures) -> Markup {
    let scope = seat.scope();
    let figure = |measure: Measure, n: i64, detail: Option<String>, tone: Tone| Figure {
        label: named(seat, "case-measure", measure.as_str()),
        value: number(n),
        href: Some(asked.link(scope, measure, None)),
        detail,
        tone,
    };
    let converted = figures.total(Measure::Converted);
    let confirmed = figures.confirmed(asked.convention);
    let detail = match asked.convention {
        Convention::Bulletin => t!(seat, "case-of-which-converted", n = number(converted)),
        Convention::Who => t!(seat, "case-who-detail"),
    };
    let mut items = vec![
        figure(Measure::Infections, figures.total(Measure::Infections), None, Tone::Plain),
        figure(Measure::Confirmed, confirmed, Some(detail), Tone::Plain),
    ];
    for measure in [
        Measure::Asymptomatic,
        Measure::Suspected,
        Measure::Severe,
        Measure::Critical,
        Measure::Discharged,
        Measure::Released,
        Measure::Died,
    ] {
        items.push(figure(measure, figures.total(measure), None, Tone::Plain));
    }
    parts::figures(&items)
}

fn where_found(seat: &Seat, asked: &Asked, figures: &Figures) -> Table {
    let columns = vec![
        Column::new("found-in", t!(seat, "case-found-in")),
        Column::new("infections", named(seat, "case-measure", "infections")).numeric(),
        Column::new("confirmed", named(seat, "case-measure", "confirmed")).numeric(),
        Column::new("converted", named(seat, "case-measure", "converted")).numeric(),
        Column::new("asymptomatic", named(seat, "case-measure", "asymptomatic")).numeric(),
    ];
    let places = FoundIn::ALL.iter().map(|f| Some(*f)).chain([None]);
    let rows = places.filter(|f| f.is_some() || figures.found(Measure::Infections, None) != 0).map(
        |found_in| {
            let count = |measure| {
                let href = asked.link(seat.scope(), measure, Some(found_in));
                Cell::count(figures.found(measure, found_in), &href)
            };
            let href = asked.link(seat.scope(), Measure::Confirmed, Some(found_in));
            vec![
                Cell::text(words::found_in(seat, found_in)),
                count(Measure::Infections),
                Cell::count(figures.confirmed_found(asked.convention, found_in), &href),
                count(Measure::Converted),
                count(Measure::Asymptomatic),
            ]
        },
    );
    Table::new(t!(seat, "case-where-found"), columns).window(asked.text(seat)).rows(rows)
}

fn by_area(seat: &Seat, asked: &Asked, areas: &[views::AreaFigures]) -> Table {
    let columns = measure_columns(seat, Column::new("area", t!(seat, "area")));
    let rows = areas.iter().map(|(area, figures)| {
        let scope = AreaScope::one(*area);
        let count =
            |measure| Cell::count(figures.total(measure), &asked.link(scope, measure, None));
        let confirmed = Cell::count(
            figures.confirmed(asked.convention),
            &asked.link(scope, Measure::Confirmed, None),
        );
        vec![
            Cell::text(parts::scope_text(seat, scope)),
            count(Measure::Infections),
            confirmed,
            count(Measure::Converted),
            count(Measure::Asymptomatic),
        ]
    });
    Table::new(t!(seat, "case-by-area"), columns).window(asked.text(seat)).rows(rows)
}

fn measure_columns(seat: &Seat, first: Column) -> Vec<Column> {
    let measures = ["infections", "confirmed", "converted", "asymptomatic"];
    let column = |key: &'static str| Column::new(key, named(seat, "case-measure", key)).numeric();
    std::iter::once(first).chain(measures.map(column)).collect()
}

/// The last days, each a local day from 0 to 24 h.
async fn days(seat: &Seat, asked: &Asked) -> Result<Table, crate::Fault> {
    let zone = seat.app().zone();
    let last = parse_local(&format!("{}T00:00", asked.day), zone)?;
    let window =
        Window { from: last - Span::days(DAYS - 1), until: last + Span::days(1), ..asked.window };
    let mut db = seat.db().await?;
    let mut days: BTreeMap<String, Figures> = BTreeMap::new();
    for (hour, figures) in views::by_hour(&mut db, &window).await? {
        let day = days.entry(Local::new(hour, zone).day().to_owned()).or_default();
        for (key, n) in figures.0 {
            *day.0.entry(key).or_default() += n;
        }
    }
    let columns = measure_columns(seat, Column::new("day", t!(seat, "case-day")));
    let rows = days.iter().rev().map(|(day, figures)| {
        let one = Asked { day: day.clone(), from_hour: 0, until_hour: 24, ..asked.clone() };
        let count = |measure, n| Cell::count(n, &one.link(seat.scope(), measure, None));
        let total = |measure| count(measure, figures.total(measure));
        vec![
            Cell::text(day.clone()),
            total(Measure::Infections),
            count(Measure::Confirmed, figures.confirmed(asked.convention)),
            total(Measure::Converted),
            total(Measure::Asymptomatic),
        ]
    });
    Ok(Table::new(t!(seat, "case-days"), columns)
        .window(t!(seat, "case-days-window", n = DAYS))
        .empty(t!(seat, "case-days-empty"))
        .rows(rows))
}

/// The cases behind a figure.
async fn list(seat: Seat) -> Answer {
    let asked = Asked::of(&seat)?;
    let measure = seat.param("measure").and_then(|text| Measure::parse(&text));
    let measure = measure.ok_or_else(|| Refusal::new("malformed-request"))?;
    let found_in = match seat.param("found_in").as_deref() {
        Some("unknown") => Some(None),
        Some(text) => FoundIn::parse(text).map(Some),
        None => None,
    };
    let after = seat.param("after").and_then(|text| UnitId::parse(&text).ok());
    let mut db = seat.db().await?;
    let mut found = views::tallied(
        &mut db,
        &asked.window,
        (measure, asked.convention),
        found_in,
        after,
        PAGE + 1,
    )
    .await?;
    let next = cut(&mut found, PAGE, |(case, _)| Some(case.id.to_string()));
    let columns = vec![
        Column::new("case", t!(seat, "case")),
        Column::new("counts-at", t!(seat, "case-counts-at")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "case-class-now")),
        Column::new("severity", t!(seat, "case-severity")),
        Column::new("found-in", t!(seat, "case-found-in")),
    ];
    let rows = found.iter().map(|(case, at)| {
        vec![
            Cell::markup(words::link(case.id), case.id.to_string()),
            Cell::time(seat.time(*at)),
            Cell::text(words::person(&seat, case)),
            words::class_cell(&seat, case.class()),
            words::severity_cell(&seat, case.severity()),
            Cell::text(words::found_in(&seat, case.found_in())),
        ]
    });
    let title = named(&seat, "case-measure", measure.as_str());
    let title = match found_in {
        Some(found_in) => format!("{title} · {}", words::found_in(&seat, found_in)),
        None => title,
    };
    let table = Table::new(title.clone(), columns)
        .window(asked.text(&seat))
        .empty(t!(seat, "case-list-empty"))
        .next(next)
        .rows(rows);
    let back = seat.here(&[("measure", None), ("found_in", None), ("after", None)]);
    let back = back.replacen("/cases/counts/list", "/cases/counts", 1);
    let page = Page::new(title, table.render(&seat)).crumb(back, t!(seat, "nav-case-counts"));
    Ok(seat.render(page.lead(html! { (asked.text(&seat)) })))
}
