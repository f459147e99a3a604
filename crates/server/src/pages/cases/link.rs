//! The person of the registry whose case it is: found by what the case itself has of its person,
//! or named by the number of the file.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use cases::{Case, Command, Link};
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file::{self, PersonLine};
use types::{AreaCode, PersonId, Refusal};

use super::case::read;
use super::words;
use super::{KEEPERS, who};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/{unit}/link", KEEPERS, page);
    routes.post("/cases/{unit}/link", KEEPERS, link);
    routes.post("/cases/{unit}/unlink", KEEPERS, unlink);
}

async fn page(seat: Seat, Path(unit): Path<String>) -> Answer {
    let case = read(&seat, &unit).await?;
    show(&seat, &case, &FormData::default(), Errors::default()).await
}

async fn show(seat: &Seat, case: &Case, form: &FormData, errors: Errors) -> Answer {
    let found = alike(seat, case).await?;
    let id = act::again(form, &errors);
    let options = found.iter().map(|line| {
        let masked = &line.masked;
        let parts = [Some(&masked.name), masked.id_number.as_ref(), masked.phone.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (format!("{} {}", line.area, line.id), parts.join(" · "))
    });
    let mut made = Form::new(seat, format!("{}/link", words::path(case.id)))
        .errors(errors)
        .hidden(act::ID, &id)
        .markup(html! { p { (t!(seat, "case-link-lead")) } });
    if found.is_empty() {
        made = made.markup(html! { p { (t!(seat, "case-link-none")) } });
    } else {
        let chosen = form.text("found");
        let options = options.collect();
        made =
            made.field(Field::radios("found", t!(seat, "case-link-found"), options).value(chosen));
    }
    let body = made
        .field(
            Field::text("person", t!(seat, "desk-person-id"))
                .hint(t!(seat, "case-link-hint"))
                .value(form.text("person"))
                .optional(),
        )
        .field(Field::text("note", t!(seat, "case-link-why")).value(form.text("note")).optional())
        .button(&t!(seat, "case-link"));
    let shown = words::short(case.id);
    let page = Page::new(t!(seat, "case-link"), body)
        .crumb(words::path(case.id), t!(seat, "case-title", case = shown.as_str()))
        .timeless()
        .narrow();
    let mut response = seat.render(page);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// People of the registry who have the number or the telephone of the case's person. Each is
/// looked at, and the look is on record.
async fn alike(seat: &Seat, case: &Case) -> Result<Vec<PersonLine>, Fault> {
    let Some(clear) = who::opened(seat, case).await? else { return Ok(Vec::new()) };
    let mut found: Vec<PersonLine> = Vec::new();
    for number in [clear.id_number.as_deref(), clear.phone.as_deref()].into_iter().flatten() {
        let mut db = seat.db().await?;
        let hits = file::find_by_number(&mut db, seat.app().keys(), seat.scope(), number).await;
        for line in hits.map_err(Fault::internal)?.persons {
            if line.same_as.is_none() && !found.iter().any(|known| known.id == line.id) {
                found.push(line);
            }
        }
    }
    for line in &found {
        let look = Look {
            at: LookedAt::Person(line.id),
            depth: LookDepth::Search,
            purpose: Purpose::Care,
            note: String::new(),
        };
        looks::record(seat, line.area, look).await?;
    }
    Ok(found)
}

/// Whom the form means: one of those that were found, or somebody of the case's county.
fn meant(case: &Case, form: &FormData) -> Result<(AreaCode, PersonId), Refusal> {
    let wrong = || Refusal::new("link-nobody");
    if !form.text("person").is_empty() {
        return Ok((case.area(), PersonId::parse(form.text("person"))?));
    }
    let (area, person) = form.text("found").split_once(' ').ok_or_else(wrong)?;
    Ok((AreaCode::parse(area)?, PersonId::parse(person)?))
}

async fn link(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let (area, person) = match meant(&case, &form) {
        Ok(meant) => meant,
        Err(refusal) => return show(&seat, &case, &form, Errors::one("person", refusal)).await,
    };
    let note = form.text("note").to_owned();
    let command = Command::Link(Link { case: case.id, area, person, note });
    match act::send(&seat, case.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&words::path(case.id))),
        Err(refusal) => show(&seat, &case, &form, Errors::one("person", refusal)).await,
    }
}

/// The way to the registry for a case of somebody who is not linked, and back for one who is.
pub fn way(seat: &Seat, case: &Case) -> Markup {
    let probe = Command::Unlink { case: case.id, note: String::new() };
    if case.merged_into.is_some() || !act::may(seat, case.area(), probe) {
        return html! {};
    }
    if case.person_area.is_none() {
        let href = format!("{}/link", words::path(case.id));
        return parts::button_link(&href, &t!(seat, "case-link"), false);
    }
    html! {
        @if case.linked.is_some() {
            details .disclosure {
                summary { (t!(seat, "case-unlink")) }
                (Form::new(seat, format!("{}/unlink", words::path(case.id)))
                    .part("unlink")
                    .hidden(act::ID, &act::fresh())
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "case-unlink")))
            }
        }
    }
}

async fn unlink(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let command = Command::Unlink { case: case.id, note: form.text("note").to_owned() };
    match act::send(&seat, case.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&words::path(case.id))),
        Err(refusal) => Err(refusal.into()),
    }
}
