//! Search by code: whatever was scanned or typed leads to its page.

use axum::response::Response;
use maud::html;
use testing::{BOX, TUBE};
use types::{HolderCode, PlaceCode, Refusal, UnitId};

use super::{STAFF, words};
use crate::i18n::Speaks;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/search", STAFF, search);
    routes.nav(Group::Testing, "/testing/search", "nav-search");
}

async fn search(seat: Seat) -> Answer {
    let Some(typed) = seat.param("code").map(|c| c.trim().to_owned()) else {
        return Ok(show(&seat, "", None, &[]));
    };
    let capitals = typed.to_ascii_uppercase();
    if let Ok(holder) = HolderCode::parse(&typed) {
        return Ok(seat.go(&seat.link(&format!("/testing/holders/{holder}"))));
    }
    if let Some(unit) = printed(&capitals) {
        return Ok(seat.go(&words::unit_path(unit)));
    }
    if let Ok(unit) = UnitId::parse(&typed) {
        return Ok(seat.go(&words::unit_path(unit)));
    }
    let mut db = seat.db().await?;
    let found = testing::views::tubes_by_barcode(&mut db, &typed).await?;
    if let [one] = found.as_slice() {
        return Ok(seat.go(&words::unit_path(*one)));
    }
    if !found.is_empty() {
        return Ok(show(&seat, &typed, None, &found));
    }
    let refusal = match looks_printed(&capitals) {
        // One character is wrong: the check character says so.
        true => Refusal::new("code-mistyped").with("code", &typed),
        false if PlaceCode::parse(&capitals).is_ok() => {
            Refusal::new("code-is-a-place").with("code", &typed)
        }
        false => Refusal::new("code-unknown").with("code", &typed),
    };
    Ok(show(&seat, &typed, Some(&refusal), &[]))
}

fn printed(capitals: &str) -> Option<UnitId> {
    let unit = UnitId::parse(capitals).ok()?;
    (unit.is_printed() && [TUBE, BOX].contains(&unit.kind())).then_some(unit)
}

/// The form of our own printed codes, whatever its check character.
fn looks_printed(text: &str) -> bool {
    text.len() == 16
        && text.starts_with(['T', 'B'])
        && text.as_bytes()[1..15].iter().all(u8::is_ascii_digit)
}

fn show(seat: &Seat, typed: &str, refusal: Option<&Refusal>, found: &[UnitId]) -> Response {
    let lang = seat.lang();
    let body = html! {
        form .form .search method="get" action="/testing/search" role="search" {
            div .field {
                label .field__label for="field-code" { (t!(seat, "search-code")) }
                p .field__hint { (t!(seat, "search-hint")) }
                input #field-code .input name="code" value=(typed) autocomplete="off" autocapitalize="characters"
                    spellcheck="false" required;
            }
            div .form__buttons { button .button type="submit" { (parts::icon("search")) (t!(seat, "search-button")) } }
        }
        @if let Some(refusal) = refusal {
            (parts::notice(Tone::Warning, &lang.refusal(refusal), html! { p { (lang.refusal_next(refusal)) } }))
        }
        @if !found.is_empty() {
            (Table::new(t!(seat, "search-found"), vec![Column::new("unit", t!(seat, "unit"))])
                .rows(found.iter().map(|id| vec![Cell::link(&words::unit_path(*id), id.to_string())]))
                .render(seat))
        }
    };
    seat.render(Page::new(t!(seat, "nav-search"), body).timeless().narrow())
}
