//! Investigations as a list, and cases from before there was a tracing desk.

use std::collections::BTreeMap;

use ledger::Cursor;
use maud::html;
use tracing_desk::views::{self, DueFilter};
use tracing_desk::{Command, Investigation, Progress};
use types::{AreaCode, Micros, UnitId};

use super::{DESK, PAGE, READERS, under_board, words};
use crate::pages::act;
use crate::pages::cases::words::{self as case_words, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table, cut};

/// Cases on the page of those without an investigation, and in one act.
const MOST: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/investigations", READERS, show);
    routes.get("/tracing/uninvestigated", DESK, uninvestigated);
    routes.post("/tracing/uninvestigated", DESK, adopt);
}

/// Investigations in a table.
pub fn table(seat: &Seat, caption: String, found: &[Investigation]) -> Table {
    let columns = vec![
        Column::new("case", t!(seat, "case")),
        Column::new("progress", t!(seat, "trace-progress")),
        Column::new("due", t!(seat, "trace-due")),
        Column::new("since", t!(seat, "case-found-at")),
        Column::new("onset", t!(seat, "case-field-onset")),
        Column::new("contacts", t!(seat, "trace-contacts")).numeric(),
        Column::new("team", t!(seat, "trace-team")),
        Column::new("place", t!(seat, "place")),
    ];
    let rows = found.iter().map(|of| {
        vec![
            Cell::words(words::investigation_link(of)),
            words::progress_cell(seat, of),
            words::clock_cell(seat, of.due()),
            Cell::time(seat.time(of.since)),
            of.onset.map_or_else(Cell::none, |day| Cell::text(seat.time(day).day())),
            Cell::count(of.contacts, &format!("{}#contacts", words::investigation_path(of.id))),
            of.team.as_ref().map_or_else(Cell::none, |team| Cell::code(team.as_str())),
            of.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.as_str())),
        ]
    });
    Table::new(caption, columns)
        .empty(t!(seat, "trace-investigations-empty"))
        .rows(rows.collect::<Vec<_>>())
}

async fn show(seat: Seat) -> Answer {
    let all = seat.param("progress").as_deref() == Some("all");
    let progress = seat.param("progress").and_then(|text| Progress::parse(&text));
    let filter = DueFilter { scope: seat.scope(), progress };
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    // Those that go on by their next clock, the others by when they began.
    let going = progress.map_or(!all, Progress::is_open);
    let mut found = match going {
        true => views::urgent(&mut db, filter, after, PAGE + 1).await?,
        false => views::latest(&mut db, filter, after, PAGE + 1).await?,
    };
    let mark = |of: &Investigation| {
        let at = if going { of.due().unwrap_or(Micros::MAX) } else { of.since };
        Some(Cursor { at, id: of.id }.to_string())
    };
    let next = cut(&mut found, PAGE, mark);
    let table = table(&seat, t!(seat, "nav-tracing-investigations"), &found).next(next);
    let mut choices = vec![
        (String::new(), t!(seat, "trace-progress-open")),
        ("all".to_owned(), t!(seat, "trace-progress-all")),
    ];
    choices.extend(options(
        &seat,
        "trace-progress",
        None,
        Progress::ALL.iter().map(|p| p.as_str()),
    ));
    let body = html! {
        (Form::asks(&seat, "/tracing/investigations")
            .field(Field::select("progress", t!(seat, "trace-progress"), choices)
                .value(seat.param("progress").unwrap_or_default()).short())
            .button(&t!(seat, "show")))
        (table.render(&seat))
    };
    let page = Page::new(t!(seat, "nav-tracing-investigations"), body)
        .lead(html! { (t!(seat, "trace-investigations-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

async fn uninvestigated(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::uninvestigated(&mut db, seat.scope(), MOST).await?;
    let columns = vec![Column::new("case", t!(seat, "case"))];
    let rows = found.iter().map(|case| vec![Cell::words(case_words::link(*case))]);
    let table = Table::new(t!(seat, "trace-uninvestigated"), columns)
        .empty(t!(seat, "trace-uninvestigated-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        (table.render(&seat))
        @if !found.is_empty() {
            (Form::new(&seat, seat.link("/tracing/uninvestigated"))
                .button(&t!(seat, "trace-adopt", n = found.len() as i64)))
        }
    };
    let page = Page::new(t!(seat, "trace-uninvestigated"), body)
        .lead(html! { (t!(seat, "trace-uninvestigated-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

async fn adopt(seat: Seat, _form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let found = views::uninvestigated(&mut db, seat.scope(), MOST).await?;
    drop(db);
    let mut by_area: BTreeMap<AreaCode, Vec<UnitId>> = BTreeMap::new();
    for case in found {
        by_area.entry(case.area()).or_default().push(case);
    }
    for (area, cases) in by_area {
        let id = act::fresh();
        let sent = FormData::from_pairs([(act::ID, id.as_str())]);
        if let Err(refusal) = act::send(&seat, area, &sent, Command::Adopt { cases }).await? {
            return Err(refusal.into());
        }
    }
    Ok(seat.go("/tracing/uninvestigated"))
}
