//! Where households cannot go shopping, and since when: compounds, buildings, entrances.

use maud::html;
use supply::{Command, Mode, SetMode, views};
use types::{PlaceCode, Span};

use super::{DESK, MOST, READERS, under_board, words};
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::options;
use crate::pages::testing::names::Names;
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/modes", READERS, show);
    routes.post("/supply/modes", DESK, set);
}

async fn show(seat: Seat) -> Answer {
    page(&seat, &FormData::default(), Errors::default()).await
}

async fn page(seat: &Seat, form: &FormData, errors: Errors) -> Answer {
    let mut db = seat.db().await?;
    let found = views::modes(&mut db, seat.scope(), MOST).await?;
    let places: Vec<PlaceCode> = found.iter().map(|line| line.place.clone()).collect();
    let names = Names::of_places(&mut db, places).await?;
    drop(db);
    let columns = vec![
        Column::new("place", t!(seat, "supply-place")),
        Column::new("mode", t!(seat, "supply-how")),
        Column::new("households", t!(seat, "supply-restricted")).numeric(),
        Column::new("people", t!(seat, "supply-people")).numeric(),
        Column::new("since", t!(seat, "supply-since")),
        Column::new("until", t!(seat, "supply-until")),
        Column::new("reason", t!(seat, "case-why")),
    ];
    let rows = found.iter().map(|line| {
        let community = line.place.as_str().get(..12).unwrap_or_default();
        let list = format!("/supply/households?what=all&community={community}&area={}", line.area);
        vec![
            Cell::words(html! { (names.place(seat, &line.place)) " " code { (line.place) } }),
            Cell::words(words::mode(seat, line.mode)),
            Cell::count(line.households, &list),
            Cell::number(line.people),
            Cell::time(seat.time(line.since)),
            words::due_cell(seat, line.until),
            Cell::text(line.reason.clone()).long(),
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-modes"), columns)
        .empty(t!(seat, "supply-nobody-restricted"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(table));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let until = match form.text("until") {
        "" => input_value(seat.now() + Span::days(14), seat.app().zone()),
        typed => typed.to_owned(),
    };
    let mut body = html! { (parts::live("lines", &[topic(SUPPLY, seat.scope())], &src, table)) };
    let grant = seat.grant()?;
    if DESK.roles().has(grant.role) {
        let modes = options(seat, "supply-mode", None, Mode::ALL.iter().map(|mode| mode.as_str()));
        let chosen = Mode::parse(form.text("mode")).unwrap_or(Mode::Door);
        let command = act::again(form, &errors);
        body = html! {
            (parts::panel(&t!(seat, "supply-mode-set"), Form::new(seat, "/supply/modes")
                .errors(errors)
                .hidden(act::ID, &command)
                .field(Field::code("place", t!(seat, "supply-place"), false)
                    .hint(t!(seat, "supply-place-hint")).value(form.text("place")))
                .field(Field::radios("mode", t!(seat, "supply-how"), modes).value(chosen.as_str()))
                .field(Field::time("until", t!(seat, "supply-until")).value(until)
                    .hint(t!(seat, "supply-until-hint")))
                .field(Field::text("reason", t!(seat, "supply-decision")).value(form.text("reason")))
                .button(&t!(seat, "save"))))
            (body)
        };
    }
    let page = Page::new(t!(seat, "nav-supply-modes"), body)
        .lead(html! { (t!(seat, "supply-modes-lead")) });
    Ok(seat.render(under_board(seat, page)))
}

async fn set(seat: Seat, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let place = errors.check("place", typed::place(&seat, form.text("place")).await?);
    let mode = Mode::parse(form.text("mode")).unwrap_or(Mode::Door);
    let until = match form.text("until") {
        "" => None,
        text => errors.check("until", parse_local(text, seat.app().zone())),
    };
    let (Some(place), true) = (place, errors.is_empty()) else {
        return page(&seat, &form, errors).await;
    };
    let area = registry::place::area_of(&place);
    let until = until.filter(|_| mode.is_restricted());
    let set = SetMode { place, mode, until, reason: form.text("reason").to_owned() };
    match act::send(&seat, area, &form, Command::SetMode(set)).await? {
        Ok(_) => Ok(seat.go("/supply/modes")),
        Err(refusal) => page(&seat, &form, Errors::one("place", refusal)).await,
    }
}
