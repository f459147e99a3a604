//! Opening a box: what is found is compared with what should be in it before it counts.

use axum::extract::Path;
use axum::response::Response;
use maud::html;
use std::collections::BTreeSet;
use testing::{BOX, Command, OpenBox};
use types::{Refusal, UnitId};

use crate::Fault;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

use super::laboratory::{LABORATORY, area_for, own, read_codes, unit_of};
use super::words;
use crate::pages::act;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/laboratory/boxes/{unit}", LABORATORY, form);
    routes.post("/laboratory/boxes/{unit}", LABORATORY, open);
}

async fn expected(seat: &Seat, id: UnitId) -> Result<BTreeSet<UnitId>, Fault> {
    let mut db = seat.db().await?;
    let inside = ledger::views::inside(&mut db, id, 10_000).await?;
    Ok(inside.into_iter().map(|line| line.id).collect())
}

async fn form(seat: Seat, path: Path<String>) -> Answer {
    let id = unit_of(&path, BOX)?;
    own(&seat)?;
    let expected = expected(&seat, id).await?;
    Ok(show(&seat, id, &expected, &FormData::default(), Errors::default(), None))
}

/// What was found against what should be there.
struct Difference {
    missing: Vec<UnitId>,
    surplus: Vec<UnitId>,
}

fn show(
    seat: &Seat,
    id: UnitId,
    expected: &BTreeSet<UnitId>,
    typed: &FormData,
    errors: Errors,
    difference: Option<Difference>,
) -> Response {
    let mut form = Form::new(seat, seat.link(&format!("/laboratory/boxes/{id}")))
        .errors(errors)
        .hidden(act::ID, &act::fresh())
        .field(
            Field::number("count", t!(seat, "lab-count"))
                .hint(t!(seat, "lab-count-hint"))
                .value(typed.text("count")),
        )
        .field(
            Field::area("found", t!(seat, "lab-found"), 10)
                .hint(t!(seat, "lab-found-hint"))
                .value(typed.text("found")),
        );
    if let Some(d) = &difference {
        let lines = |title: String, ids: &[UnitId]| {
            html! {
                @if !ids.is_empty() {
                    p { strong { (title) } }
                    ul { @for id in ids { li { (words::unit_link(seat, *id)) } } }
                }
            }
        };
        let body = html! {
            (lines(t!(seat, "desk-missing"), &d.missing))
            (lines(t!(seat, "desk-surplus"), &d.surplus))
        };
        form = form
            .markup(parts::notice(Tone::Warning, &t!(seat, "lab-differs"), body))
            .field(Field::tick("sure", t!(seat, "lab-counted-twice")));
    }
    let body = html! {
        p { (t!(seat, "lab-expected", n = expected.len() as i64)) " " (words::unit_link(seat, id)) }
        (form.button(&t!(seat, "lab-open-box")))
    };
    let page = Page::new(t!(seat, "lab-open-box"), body).narrow();
    seat.render(page.crumb(seat.link("/laboratory"), t!(seat, "nav-laboratory")))
}

async fn open(seat: Seat, path: Path<String>, form: FormData) -> Answer {
    let id = unit_of(&path, BOX)?;
    let (lab, grant) = own(&seat)?;
    let expected = expected(&seat, id).await?;
    let mut errors = Errors::default();
    let found: BTreeSet<UnitId> =
        read_codes("found", form.text("found"), &mut errors).into_iter().flatten().collect();
    match form.text("count").parse::<usize>() {
        Ok(count) if count == found.len() || !errors.is_empty() => {}
        Ok(count) => {
            let refusal =
                Refusal::new("count-differs").with("counted", count).with("scanned", found.len());
            errors.add("count", refusal);
        }
        Err(_) => errors.add("count", Refusal::new("choice-missing")),
    }
    if !errors.is_empty() {
        let mut page = show(&seat, id, &expected, &form, errors, None);
        *page.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page);
    }
    let missing: Vec<UnitId> = expected.difference(&found).copied().collect();
    let surplus: Vec<UnitId> = found.difference(&expected).copied().collect();
    if !(missing.is_empty() && surplus.is_empty() || form.ticked("sure")) {
        let difference = Difference { missing, surplus };
        return Ok(show(&seat, id, &expected, &form, Errors::default(), Some(difference)));
    }
    let command = OpenBox { box_: id, lab, found: found.iter().copied().collect() };
    let done = act::send(&seat, area_for(grant, id), &form, Command::OpenBox(command)).await?;
    let (said, status) = match done {
        Ok(notes) => (
            words::done(&seat, &t!(seat, "lab-box-opened", n = found.len() as i64), &notes),
            axum::http::StatusCode::OK,
        ),
        Err(refusal) => {
            (words::refused(&seat, &refusal), axum::http::StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let body = html! {
        (said)
        p { (parts::button_link(&seat.link("/laboratory/plate"), &t!(seat, "lab-load-plate"), true)) }
        p { (words::unit_link(&seat, id)) }
    };
    let page = Page::new(t!(seat, "lab-open-box"), body).narrow();
    let page = page.crumb(seat.link("/laboratory"), t!(seat, "nav-laboratory"));
    let mut response = seat.render(page);
    *response.status_mut() = status;
    Ok(response)
}
