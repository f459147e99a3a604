//! Contacts as a list: by where they stand, by degree, by community; those who are late; those of whom no
//! source stands.

use ledger::Cursor;
use maud::html;
use tracing_desk::views;
use tracing_desk::{Contact, Degree, Stage};
use types::Micros;

use super::{PAGE, READERS, under_board, words};
use crate::pages::cases::words::options;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/contacts", READERS, show);
}

/// Contacts in a table.
pub fn table(seat: &Seat, caption: String, found: &[Contact]) -> Table {
    let today = words::today(seat);
    let columns = vec![
        Column::new("contact", t!(seat, "trace-contact")),
        Column::new("stage", t!(seat, "trace-stage")),
        Column::new("degree", t!(seat, "trace-degree")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("place", t!(seat, "place")),
        Column::new("last", t!(seat, "trace-last")),
        Column::new("deadline", t!(seat, "trace-deadline")),
        Column::new("until", t!(seat, "trace-until")),
        Column::new("marks", t!(seat, "trace-marks")),
    ];
    let rows = found.iter().map(|of| {
        vec![
            Cell::words(words::contact_link(of.id)),
            words::stage_cell(seat, of),
            Cell::words(words::degree(seat, of.degree)),
            Cell::text(words::person(seat, of)),
            of.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.as_str())),
            Cell::text(seat.time(of.last).day()),
            match of.stage.is_before() || of.stage == Stage::Refused {
                true => words::clock_cell(seat, of.deadline),
                false => Cell::none(),
            },
            words::day_cell(seat, of.release_due, today),
            Cell::words(words::marks(seat, of)),
        ]
    });
    Table::new(caption, columns)
        .empty(t!(seat, "trace-contacts-empty"))
        .rows(rows.collect::<Vec<_>>())
}

async fn show(seat: Seat) -> Answer {
    let stage = seat.param("stage").and_then(|text| Stage::parse(&text));
    let stage = stage.unwrap_or(Stage::Identified);
    let degree = seat.param("degree").and_then(|text| Degree::parse(&text));
    let community = seat.param("community").unwrap_or_default();
    let digits = |text: &String| text.bytes().all(|b| b.is_ascii_digit());
    let street = seat.param("street").filter(digits).unwrap_or_default();
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let (late, unfounded) = (seat.param("late").is_some(), seat.param("unfounded").is_some());
    let mut db = seat.db().await?;
    let scope = seat.scope();
    let mut found = if late {
        views::to_move(&mut db, scope, seat.now(), after, PAGE + 1).await?
    } else if unfounded {
        views::unfounded(&mut db, scope, 500).await?
    } else {
        let place = (community.as_str(), street.as_str());
        views::in_stage(&mut db, scope, (stage, degree, place), after, PAGE + 1).await?
    };
    let mark = |of: &Contact| {
        let at = if late { of.deadline.unwrap_or(Micros::MAX) } else { of.since };
        Some(Cursor { at, id: of.id }.to_string())
    };
    let next = if unfounded { None } else { cut(&mut found, PAGE, mark) };
    let title = match (late, unfounded) {
        (true, _) => t!(seat, "trace-move-late"),
        (_, true) => t!(seat, "trace-unfounded-open"),
        _ => t!(seat, "trace-contacts"),
    };
    let table = table(&seat, title.clone(), &found).next(next).csv("contacts");
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let stages = options(&seat, "trace-stage", None, Stage::ALL.iter().map(|s| s.as_str()));
    let degrees = Degree::ALL.iter().map(|d| d.as_str());
    let degrees = options(&seat, "trace-degree", Some("case-any"), degrees);
    let body = html! {
        @if !late && !unfounded {
            (Form::asks(&seat, "/tracing/contacts")
                .field(Field::select("stage", t!(seat, "trace-stage"), stages)
                    .value(stage.as_str()).short())
                .field(Field::select("degree", t!(seat, "trace-degree"), degrees)
                    .value(seat.param("degree").unwrap_or_default()).short())
                .field(Field::code("community", t!(seat, "trace-community"), true)
                    .value(community.clone()).optional())
                .button(&t!(seat, "show")))
        }
        @if !street.is_empty() {
            p { (t!(seat, "trace-only-street", street = street.as_str())) " · " a href=(seat.link("/tracing/contacts")) { (t!(seat, "sweep-show-all")) } }
        }
        (table.render(&seat))
    };
    Ok(seat.render(under_board(&seat, Page::new(title, body))))
}
