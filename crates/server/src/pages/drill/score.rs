//! The score of a drill: figures, how lengths of time are spread, a list behind every count, and
//! the report as files.

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use maud::{Markup, html};

use super::{PATH, READERS, drill, said};
use crate::rehearsal::{Cell as Shows, Form, Line, Section};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::chart;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/drill/score", READERS, score);
    routes.get("/drill/score/{list}", READERS, list);
    routes.get("/drill/report/{form}", READERS, report);
}

async fn score(seat: Seat) -> Answer {
    let score = drill(&seat)?.score();
    let body = html! {
        @if !score.headline.is_empty() { (headline(&seat, &score.headline)) }
        @for section in &score.sections {
            section .panel {
                h2 .panel__title { (said(&seat, &section.title)) }
                p .muted { (said(&seat, &section.lead)) }
                (figures(&seat, section))
                div .chart-pair {
                    @for line in section.lines.iter().filter(|l| !l.spread.is_empty()) {
                        (spread(&seat, line))
                    }
                }
            }
        }
        p .button-row {
            @for (form, key) in [("html", "drill-report-html"), ("csv", "drill-report-csv"), ("json", "drill-report-json")] {
                a .button .button--secondary href={ "/drill/report/" (form) } download { (seat.text(key)) }
            }
        }
    };
    let page = Page::new(t!(seat, "drill-score"), body)
        .lead(html! { (t!(seat, "drill-score-lead")) })
        .crumb(PATH, t!(seat, "nav-drill"))
        .as_of(score.as_of);
    Ok(seat.render(page))
}

/// What a commander asks first.
fn headline(seat: &Seat, lines: &[Line]) -> Markup {
    let figure = |line: &Line| {
        let (value, short) = (said(seat, &line.value), said(seat, &line.short));
        parts::Figure {
            label: said(seat, &line.title),
            detail: Some(value).filter(|value| *value != short),
            value: short,
            href: line.href.clone(),
            tone: Tone::Plain,
        }
    };
    parts::figures(&lines.iter().map(figure).collect::<Vec<_>>())
}

/// How lengths of time are spread: bars, with their numbers under them.
fn spread(seat: &Seat, line: &Line) -> Markup {
    let labels: Vec<String> = line
        .spread
        .iter()
        .map(|b| t!(seat, "drill-hours", from = b.from.to_string(), until = b.until.to_string()))
        .collect();
    let values = line.spread.iter().map(|b| b.count).collect();
    let title = said(seat, &line.title);
    let series = chart::Series { name: t!(seat, "drill-number"), colour: 0, values };
    chart::stacked(seat, &title, &labels, &[series])
}

fn figures(seat: &Seat, section: &Section) -> Markup {
    let columns = vec![
        Column::new("figure", t!(seat, "drill-figure")),
        Column::new("value", t!(seat, "drill-value")),
        Column::new("window", t!(seat, "window")),
    ];
    let rows = section.lines.iter().map(|line| {
        let mut title = said(seat, &line.title);
        if let Some(round) = line.round {
            title = t!(seat, "drill-of-round", what = title, round = i64::from(round));
        }
        let value = said(seat, &line.value);
        let window = format!("{} – {}", seat.time(line.from), seat.time(line.until));
        let value = match &line.href {
            Some(href) => Cell::link(href, value),
            None => Cell::text(value),
        };
        vec![Cell::text(title), value, Cell::text(window)]
    });
    Table::new(t!(seat, "drill-figures-of", what = said(seat, &section.title)), columns)
        .empty(t!(seat, "drill-score-empty"))
        .rows(rows)
        .render(seat)
}

async fn list(seat: Seat, Path(name): Path<String>) -> Answer {
    let score = drill(&seat)?.score();
    let list =
        score.lists.iter().find(|l| l.name == name).ok_or_else(|| Fault::not_found(&name))?;
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let columns = list.columns.iter().zip(keys);
    let columns = columns.map(|(column, key)| Column::new(key, said(&seat, column))).collect();
    let cell = |cell: &Shows| match cell {
        Shows::Code(text) => Cell::code(text.as_str()),
        Shows::Number(n) => Cell::number(*n),
        Shows::Time(Some(at)) => Cell::time(seat.time(*at)),
        Shows::Hours(Some(hours)) => Cell::text(format!("{hours:.1}")),
        Shows::Time(None) | Shows::Hours(None) => Cell::none(),
    };
    let title = said(&seat, &list.title);
    let table = Table::new(title.clone(), columns)
        .empty(t!(seat, "drill-list-empty"))
        .csv("drill")
        .total(list.total as i64)
        .rows(list.rows.iter().map(|row| row.iter().map(cell).collect()));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let page = Page::new(title, table.render(&seat))
        .crumb(PATH, t!(seat, "nav-drill"))
        .crumb("/drill/score", t!(seat, "drill-score"))
        .as_of(score.as_of);
    Ok(seat.render(page))
}

async fn report(seat: Seat, Path(form): Path<String>) -> Answer {
    let (form, kind, name) = match form.as_str() {
        "html" => (Form::Html, "text/html; charset=utf-8", "drill-score.html"),
        "csv" => (Form::Csv, "text/csv; charset=utf-8", "drill-score.csv"),
        "json" => (Form::Json, "application/json", "drill-score.json"),
        other => return Err(Fault::not_found(other)),
    };
    let text = drill(&seat)?.report(form);
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, text.as_str().to_owned()).into_response())
}
