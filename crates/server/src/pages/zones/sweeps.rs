//! Sweeps: which areas are swept, how far each has come, which doors no list has; and the form that begins one.

use maud::html;
use types::{PlaceCode, Refusal, Span};
use zones::sweep::{Door, Stray, Sweep};
use zones::{Command, is_within, views};

use super::{DECIDERS, READERS, under_board, words};
use crate::house::{ZONES, topic};
use crate::i18n::number;
use crate::pages::act;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

/// Lines of each list.
const MOST: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/sweeps", READERS, show);
    routes.post("/zones/sweeps", DECIDERS, open);
}

/// The page of a sweep.
pub fn path(sweep: &Sweep) -> String {
    format!("/zones/sweeps/{}", sweep.id)
}

async fn show(seat: Seat) -> Answer {
    let typed =
        FormData::from_pairs([("places", seat.param("place").unwrap_or_default().as_str())]);
    draw(&seat, &typed, Errors::default()).await
}

async fn draw(seat: &Seat, typed: &FormData, errors: Errors) -> Answer {
    let scope = seat.scope();
    let mut db = seat.db().await?;
    // Where a figure of one street leads here, only what is in it.
    let within = seat.param("within").and_then(|text| PlaceCode::parse(&text).ok());
    let here = |place: &PlaceCode| within.as_ref().is_none_or(|within| is_within(place, within));
    let running = views::open_sweeps(&mut db, scope, within.as_ref(), MOST).await?;
    let mut over = views::closed_sweeps(&mut db, scope, MOST).await?;
    over.retain(|sweep| here(&sweep.place));
    let mut strays = views::open_strays(&mut db, scope, MOST).await?;
    strays.retain(|stray| here(&stray.place));
    let mut places: Vec<PlaceCode> =
        running.iter().chain(&over).map(|sweep| sweep.place.clone()).collect();
    places.extend(strays.iter().map(|stray| stray.place.clone()));
    places.extend(within.clone());
    let names = words::names(&mut db, places).await?;
    drop(db);
    let sum = |state| running.iter().map(|sweep| sweep.doors.of(state)).sum::<i64>();
    let all: i64 = running.iter().map(|sweep| sweep.doors.all()).sum();
    let figure = |label: String, n: i64, tone: Tone| Figure {
        label,
        value: number(n),
        href: Some("#running".to_owned()),
        detail: None,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let figures = [
        figure(t!(seat, "sweep-state-todo"), sum(Door::Todo), Tone::Warning),
        figure(t!(seat, "sweep-state-absent"), sum(Door::Absent), Tone::Warning),
        figure(t!(seat, "sweep-state-refused"), sum(Door::Refused), Tone::Bad),
        Figure {
            href: Some("#strays".to_owned()),
            ..figure(t!(seat, "sweep-strays"), strays.len() as i64, Tone::Bad)
        },
    ];
    let part = html! {
        @if let Some(within) = &within {
            p { (words::place(seat, &names, within)) " · " a href=(seat.link("/zones/sweeps")) { (t!(seat, "sweep-show-all")) } }
        }
        (parts::figures(&figures))
        (parts::progress(seat, &t!(seat, "sweep-found-of"), sum(Door::Found), all))
        section #running { (table(seat, &names, t!(seat, "sweep-running"), &running).empty(t!(seat, "sweep-none")).render(seat)) }
        @if !strays.is_empty() {
            section #strays { (stray_table(seat, &names, &strays).render(seat)) }
        }
        @if !over.is_empty() { (table(seat, &names, t!(seat, "sweep-over"), &over).render(seat)) }
    };
    if seat.wants_fragment("sweeps") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("sweeps"))]);
    let wrong = !errors.is_empty();
    let form = form(seat, typed, errors);
    let body = html! {
        @if seat.may_open("/zones/new") {
            details .disclosure open[wrong || !typed.text("places").is_empty()] {
                summary { (t!(seat, "sweep-open")) }
                (form)
            }
        }
        (parts::live("sweeps", &[topic(ZONES, scope)], &src, part))
    };
    let page =
        Page::new(t!(seat, "nav-zones-sweeps"), body).lead(html! { (t!(seat, "sweep-lead")) });
    Ok(seat.render(under_board(seat, page)))
}

fn form(seat: &Seat, typed: &FormData, errors: Errors) -> maud::Markup {
    let due = match typed.text("due") {
        "" => input_value(seat.now() + Span::hours(24), seat.app().zone()),
        text => text.to_owned(),
    };
    Form::new(seat, seat.link("/zones/sweeps"))
        .hidden(act::ID, &act::again(typed, &errors))
        .errors(errors)
        .field(
            Field::area("places", t!(seat, "zone-places"), 3)
                .hint(t!(seat, "sweep-places-hint"))
                .value(typed.text("places")),
        )
        .field(Field::time("due", t!(seat, "sweep-due")).value(due))
        .field(Field::text("note", t!(seat, "care-note")).value(typed.text("note")).optional())
        .button(&t!(seat, "sweep-open"))
}

fn table(seat: &Seat, names: &Names, title: String, found: &[Sweep]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("homes", t!(seat, "zone-households")).numeric(),
        Column::new("found", t!(seat, "sweep-state-found")).numeric(),
        Column::new("absent", t!(seat, "sweep-state-absent")).numeric(),
        Column::new("refused", t!(seat, "sweep-state-refused")).numeric(),
        Column::new("todo", t!(seat, "sweep-state-todo")).numeric(),
        Column::new("strays", t!(seat, "sweep-strays")).numeric(),
        Column::new("due", t!(seat, "sweep-due")),
        Column::new("code", t!(seat, "code")),
    ];
    let rows = found.iter().map(|sweep| {
        let href = path(sweep);
        let list = |state: Door| format!("{href}?state={state}#homes");
        let late = sweep.due.filter(|due| *due < seat.now() && sweep.closed_at.is_none());
        vec![
            Cell::link(&href, words::place(seat, names, &sweep.place)),
            Cell::number(sweep.doors.all()),
            Cell::count(sweep.doors.found, &list(Door::Found)),
            Cell::count(sweep.doors.absent, &list(Door::Absent)),
            Cell::count(sweep.doors.refused, &list(Door::Refused)),
            Cell::count(sweep.doors.todo, &list(Door::Todo)),
            Cell::count(sweep.open_strays, &format!("{href}#strays")),
            match (sweep.closed_at, late, sweep.due) {
                (Some(at), ..) => {
                    Cell::text(t!(seat, "sweep-closed-at", time = seat.time(at).as_str()))
                }
                (None, Some(due), _) => {
                    Cell::tag(Tone::Bad, t!(seat, "late-by", time = seat.span(seat.now() - due)))
                }
                (None, None, Some(due)) => Cell::time(seat.time(due)),
                (None, None, None) => Cell::none(),
            },
            Cell::code(sweep.place.as_str()),
        ]
    });
    Table::new(title, columns).rows(rows.collect::<Vec<_>>())
}

fn stray_table(seat: &Seat, names: &Names, found: &[Stray]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("door", t!(seat, "door")),
        Column::new("persons", t!(seat, "zone-persons")).numeric(),
        Column::new("at", t!(seat, "zone-found-at")),
        Column::new("note", t!(seat, "care-note")),
    ];
    let rows = found.iter().map(|stray| {
        let href = format!("/zones/sweeps/{}#strays", stray.sweep);
        vec![
            Cell::link(&href, words::place(seat, names, &stray.place)),
            Cell::text(stray.door.clone()),
            Cell::number(stray.persons),
            Cell::time(seat.time(stray.at)),
            Cell::text(stray.note.clone()).long(),
        ]
    });
    Table::new(t!(seat, "sweep-strays-open"), columns).rows(rows.collect::<Vec<_>>())
}

/// One sweep for each area of the list.
async fn open(seat: Seat, form: FormData) -> Answer {
    let zone = seat.app().zone();
    let mut errors = Errors::default();
    let due = match form.text("due") {
        "" => None,
        text => errors.check("due", parse_local(text, zone)),
    };
    let mut places = Vec::new();
    for line in form.raw("places").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let code = line.split([',', ';', '\t']).next().unwrap_or_default().trim();
        places.extend(errors.check("places", PlaceCode::parse(code)));
    }
    if places.is_empty() && errors.is_empty() {
        errors.add("places", Refusal::new("zone-nothing-named"));
    }
    if !errors.is_empty() {
        return draw(&seat, &form, errors).await;
    }
    let one = places.len() == 1;
    for place in places {
        let Some(area) = place.area() else {
            let refusal = Refusal::new("sweep-too-wide").with("place", &place);
            return draw(&seat, &form, Errors::one("places", refusal)).await;
        };
        seat.require(area)?;
        let note = form.text("note").to_owned();
        let command = Command::OpenSweep { place, due, note };
        let done = match one {
            true => act::send(&seat, area, &form, command).await?,
            false => act::once(&seat, area, command).await?,
        };
        if let Err(refusal) = done {
            let field = if refusal.code == "sweep-due-past" { "due" } else { "places" };
            return draw(&seat, &form, Errors::one(field, refusal)).await;
        }
    }
    Ok(seat.go(&seat.link("/zones/sweeps")))
}
