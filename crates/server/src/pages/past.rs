//! Looking back: which moment, how far the copy of it is, and the way back to today. While it lasts, each
//! page says of when it is.

use axum::http::HeaderValue;
use axum::http::header::{REFRESH, SET_COOKIE};
use axum::response::IntoResponse;
use maud::{Markup, html};
use types::{Micros, Refusal, Span};

use super::sign_in::local_path;
use crate::past::{COOKIE, LOOKERS, Looking, Standing, make};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};

/// Moments that are asked for most, in hours before now.
const AGO: [i64; 4] = [1, 6, 12, 24];
/// Where most reviews begin.
const FIRST: &str = "/board";

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/past", LOOKERS, show);
    routes.post("/past", LOOKERS, look);
    routes.post("/past/leave", LOOKERS, leave);
    routes.nav(Group::Overview, "/past", "nav-past");
}

/// Where somebody came from, or the board.
fn back(path: Option<&str>) -> String {
    match local_path(path) {
        path if path == "/" || path.starts_with("/past") => FIRST.to_owned(),
        path => path,
    }
}

fn cookie(seat: &Seat, value: &str) -> [(axum::http::HeaderName, String); 1] {
    let secure = if seat.app().config().is_https() { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    [(SET_COOKIE, format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))]
}

async fn show(seat: Seat) -> Answer {
    let back = back(seat.param("back").as_deref());
    let Some(at) = seat.looking().map(|looking| looking.at) else {
        return Ok(draw(&seat, &back, "", Errors::default()));
    };
    match make(seat.app(), at).await {
        Ok(Standing::Ready) if seat.param("go").is_some() => Ok(seat.go(&back)),
        Ok(Standing::Ready) => Ok(draw(&seat, &back, "", Errors::default())),
        Ok(Standing::Making(done, of)) => Ok(making(&seat, at, &back, (done, of))),
        // Whoever cannot be shown that moment is not kept in it.
        Err(fault) => {
            let mut response = draw(&seat, &back, "", Errors::one("at", fault.refusal));
            for (name, value) in cookie(&seat, "") {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(response)
        }
    }
}

/// The page that waits for the copy, and then goes where somebody wanted to go.
pub fn waiting(back: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("go", "1").append_pair("back", back);
    format!("/past?{}", query.finish())
}

/// How far the copy is; the page asks again by itself, with or without script.
fn making(seat: &Seat, at: Micros, back: &str, (done, of): (i64, i64)) -> axum::response::Response {
    let label = t!(seat, "past-making", at = seat.time(at).to_string());
    let body = html! {
        div role="status" { (parts::progress(seat, &label, done, of)) }
        p .muted { (t!(seat, "past-making-hint")) }
        (Form::new(seat, "/past/leave").hidden("back", back).quiet().button(&t!(seat, "past-stop")))
    };
    let mut response = seat.render(Page::new(t!(seat, "nav-past"), body).timeless());
    if let Ok(again) = HeaderValue::from_str(&format!("1; url={}", waiting(back))) {
        response.headers_mut().insert(REFRESH, again);
    }
    response
}

fn draw(seat: &Seat, back: &str, typed: &str, errors: Errors) -> axum::response::Response {
    let zone = seat.app().zone();
    let ago = |hours: i64| input_value(seat.now() - Span::hours(hours), zone);
    let value = if typed.is_empty() { ago(AGO[3]) } else { typed.to_owned() };
    let ready = seat.app().pasts().ready();
    let columns = vec![
        Column::new("at", t!(seat, "past-moment")),
        Column::new("took", t!(seat, "past-took")).numeric(),
        Column::new("look", t!(seat, "past-look")),
    ];
    let choose = |at: String, text: &str| {
        Form::new(seat, "/past").hidden("at", &at).hidden("back", back).quiet().button(text)
    };
    let rows = ready.iter().map(|(at, took)| {
        vec![
            Cell::time(seat.time(*at)),
            Cell::text(format!("{:.1} s", took.0 as f64 / 1e6)),
            Cell::words(choose(input_value(*at, zone), &t!(seat, "past-look"))),
        ]
    });
    let kept = Table::new(t!(seat, "past-ready"), columns).rows(rows);
    let body = html! {
        (Form::new(seat, "/past")
            .errors(errors)
            .hidden("back", back)
            .field(Field::time("at", t!(seat, "past-moment"))
                .hint(t!(seat, "as-of-at-hint", zone = seat.app().config().zone.as_str()))
                .value(value))
            .button(&t!(seat, "past-look")))
        div .button-row {
            @for hours in AGO {
                (choose(ago(hours), &t!(seat, "as-of-hours-ago", n = hours)))
            }
        }
        @if !ready.is_empty() { (kept.render(seat)) }
        (parts::panel(&t!(seat, "past-how"), html! {
            p { (t!(seat, "past-how-then")) }
            p { (t!(seat, "past-how-since")) }
            p { (t!(seat, "past-how-not")) }
        }))
    };
    seat.render(
        Page::new(t!(seat, "nav-past"), body).lead(html! { (t!(seat, "past-lead")) }).timeless(),
    )
}

async fn look(seat: Seat, form: FormData) -> Answer {
    let back = back(Some(form.text("back")));
    let typed = form.text("at");
    let at = match parse_local(typed, seat.app().zone()).map_err(Refusal::from) {
        Ok(at) if at <= seat.now() => at,
        Ok(_) => {
            let errors = Errors::one("at", Refusal::new("as-of-future"));
            return Ok(draw(&seat, &back, typed, errors));
        }
        Err(refusal) => return Ok(draw(&seat, &back, typed, Errors::one("at", refusal))),
    };
    let cookie = cookie(&seat, &at.0.to_string());
    let to = match make(seat.app(), at).await? {
        Standing::Ready => back,
        Standing::Making(..) => waiting(&back),
    };
    Ok((cookie, seat.go(&to)).into_response())
}

async fn leave(seat: Seat, form: FormData) -> Answer {
    if let Some(looking) = seat.looking() {
        // Nobody else may wait for it, and if so they ask again.
        seat.app().pasts().stop(looking.at);
    }
    Ok((cookie(&seat, ""), seat.go(&back(Some(form.text("back"))))).into_response())
}

/// Where a moment is chosen, and back to this page as it was then.
pub fn link(seat: &Seat) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("back", &seat.here(&[("fragment", None)]))
        .finish();
    format!("/past?{query}")
}

/// The button that shows a page as it was at a moment.
pub fn button(seat: &Seat, at: Micros, back: &str, text: &str) -> Markup {
    let at = input_value(at, seat.app().zone());
    html! { (Form::new(seat, "/past").hidden("at", &at).hidden("back", back).quiet().button(text)) }
}

/// What stands above every page for those who look back.
pub fn banner(seat: &Seat) -> Markup {
    let Some(Looking { at, shown, .. }) = seat.looking() else { return html! {} };
    let time = seat.time(*at).to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("at", &input_value(*at, seat.app().zone()))
        .finish();
    html! {
        aside .past-banner aria-label=(t!(seat, "nav-past")) {
            p {
                @if *shown {
                    strong { (t!(seat, "past-banner", at = time)) } " " (t!(seat, "past-banner-hint"))
                } @else {
                    strong { (t!(seat, "past-banner-today")) } " " (t!(seat, "past-banner-elsewhere", at = time))
                }
            }
            @if seat.may_open("/testing/as-of") {
                a href=(seat.link(&format!("/testing/as-of?{query}#later"))) { (t!(seat, "past-later")) }
            }
            a href="/past" { (t!(seat, "past-other")) }
            form method="post" action="/past/leave" {
                input type="hidden" name="csrf" value=(seat.csrf());
                input type="hidden" name="back" value=(seat.page_again());
                button .button .button--secondary type="submit" { (t!(seat, "past-leave")) }
            }
        }
    }
}
