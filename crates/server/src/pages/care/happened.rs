//! The lists behind the numbers: what happened in a window, and who stays or stayed.

use care::views::{self, Which};
use care::{Episode, Flow};
use cases::{Class, Severity};
use ledger::Cursor;
use maud::html;
use types::{Micros, Span, UnitId};

use super::{PAGE, READERS, under_board, words};
use crate::pages::cases::words::{class_cell, named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::parse_local;
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/happened", READERS, happened);
    routes.get("/care/stays", READERS, stays);
}

/// The list of what happened on a day: `day` and `next` as people write them.
pub fn link(seat: &Seat, what: Flow, day: &str, next: &str) -> String {
    seat.link(&format!("/care/happened?what={}&from={day}&until={next}", what.as_str()))
}

fn midnight(seat: &Seat, name: &str) -> Option<Micros> {
    let day = seat.param(name)?;
    parse_local(&format!("{day}T00:00"), seat.app().zone()).ok()
}

fn after(seat: &Seat) -> Option<(Micros, UnitId)> {
    let cursor = Cursor::parse(&seat.param("after")?)?;
    Some((cursor.at, cursor.id))
}

async fn happened(seat: Seat) -> Answer {
    let what = seat.param("what").and_then(|text| Flow::parse(&text)).unwrap_or(Flow::Admitted);
    let until = midnight(&seat, "until").unwrap_or(seat.now() + Span(1));
    let from = midnight(&seat, "from").unwrap_or(seat.now() - Span::days(1));
    let mut db = seat.db().await?;
    let mut found =
        views::happened(&mut db, seat.scope(), what, (from, until), after(&seat), PAGE + 1).await?;
    drop(db);
    let next =
        cut(&mut found, PAGE, |(at, episode)| Some(Cursor { at: *at, id: episode.id }.to_string()));
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "case-class")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("stage", t!(seat, "care-stage")),
        Column::new("bed", t!(seat, "care-bed")),
    ];
    let rows = found.iter().map(|(at, episode)| {
        let mut row = vec![Cell::time(seat.time(*at))];
        row.extend(cells(&seat, episode));
        row
    });
    let table = Table::new(named(&seat, "care-flow", what.as_str()), columns)
        .empty(t!(seat, "care-by-day-empty"))
        .window(t!(
            seat,
            "care-window",
            from = seat.time(from).as_str(),
            until = seat.time(until).as_str()
        ))
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let flows = Flow::ALL.iter().map(|flow| flow.as_str());
    let value = |name: &str| seat.param(name).unwrap_or_default();
    let body = html! {
        (Form::asks(&seat, "/care/happened")
            .field(Field::select("what", t!(seat, "care-what"), options(&seat, "care-flow", None, flows)).value(what.as_str()).short())
            .field(Field::day("from", t!(seat, "care-from")).value(value("from")).optional())
            .field(Field::day("until", t!(seat, "care-until-before")).value(value("until")).optional())
            .button(&t!(seat, "show")))
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "care-happened"), body)
        .crumb(seat.link("/care/numbers"), t!(seat, "nav-care-numbers"));
    Ok(seat.render(page))
}

fn cells(seat: &Seat, episode: &Episode) -> Vec<Cell> {
    let bed = episode.bed();
    vec![
        Cell::words(words::link_of(seat, episode)),
        Cell::text(words::person(seat, episode)),
        class_cell(seat, episode.class),
        words::condition_cell(seat, episode.condition),
        words::stage_cell(seat, episode),
        bed.map_or_else(Cell::none, |bed| Cell::words(words::bed_link(seat, bed))),
    ]
}

async fn stays(seat: Seat) -> Answer {
    let class = seat.param("class").and_then(|text| Class::parse(&text));
    let class = class.ok_or_else(|| Fault::not_found("class"))?;
    let worst = seat.param("worst").and_then(|text| Severity::parse(&text));
    let which = match seat.param("which").as_deref() {
        Some("going") => Which::Going,
        Some("over") => Which::Over,
        _ => Which::All,
    };
    let mut db = seat.db().await?;
    let mut found =
        views::stayed(&mut db, seat.scope(), (class, worst), which, after(&seat), PAGE + 1).await?;
    drop(db);
    let next = cut(&mut found, PAGE, |episode| {
        Some(Cursor { at: episode.admitted_at?, id: episode.id }.to_string())
    });
    let columns = vec![
        Column::new("at", t!(seat, "care-admitted-at")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "case-class")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("stage", t!(seat, "care-stage")),
        Column::new("bed", t!(seat, "care-bed")),
    ];
    let rows = found.iter().map(|episode| {
        let came = episode.admitted_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at)));
        let mut row = vec![came];
        row.extend(cells(&seat, episode));
        row
    });
    let table = Table::new(t!(seat, "care-stays"), columns)
        .empty(t!(seat, "care-by-day-empty"))
        .rows(rows.collect::<Vec<_>>())
        .next(next);
    let page = Page::new(t!(seat, "care-stays"), table.render(&seat))
        .crumb(seat.link("/care/outlook"), t!(seat, "nav-care-outlook"));
    Ok(seat.render(under_board(&seat, page)))
}
