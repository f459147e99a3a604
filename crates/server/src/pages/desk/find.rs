//! From a code, typed or scanned, to the page of what it is on.

use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeSet;
use testing::{BOX, RECALL, TUBE};
use types::{AreaCode, PlaceCode, UnitId, UnitKind};

use crate::Fault;
use crate::access::{Action, Resource, can};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

use super::{STAFF, words};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/find", STAFF, find);
    routes.nav(Group::Testing, "/find", "nav-find");
}

/// The units that a code can name: our own in one reading, a foreign barcode as tube or box.
fn readings(code: &str) -> BTreeSet<UnitId> {
    let ours = UnitId::parse(&code.to_ascii_uppercase()).or_else(|_| UnitId::parse(code));
    match ours {
        Ok(id) => BTreeSet::from([id]),
        Err(_) => [TUBE, BOX]
            .iter()
            .filter_map(|kind: &UnitKind| UnitId::scanned(*kind, code).ok())
            .collect(),
    }
}

async fn find(seat: Seat) -> Answer {
    let Some(code) = seat.param("code").map(|c| c.trim().to_owned()).filter(|c| !c.is_empty())
    else {
        return Ok(show(&seat, "", html! {}));
    };
    let mut db = seat.db().await?;
    let mut wanted = readings(&code);
    wanted.extend(testing::views::tubes_by_barcode(&mut db, &code).await?);
    let wanted: Vec<UnitId> = wanted.into_iter().collect();
    let mut units = ledger::Units::default();
    units.load(&mut db, &wanted).await?;
    let tubes = testing::views::tubes(&mut db, &wanted).await?;
    let (mut found, mut elsewhere) = (Vec::new(), false);
    for id in wanted.iter().copied() {
        if units.moments(id).is_empty() && !tubes.contains_key(&id) {
            continue;
        }
        // A foreign code names no county: that of the site which used it counts.
        let community = tubes.get(&id).and_then(|t| t.community.as_deref());
        let of_site = community.and_then(|c| PlaceCode::parse(c).ok()?.area());
        let area = if id.area() == AreaCode::NONE { of_site } else { Some(id.area()) };
        let action = Action::Open(STAFF);
        let open =
            area.is_none_or(|area| can(seat.somebody(), action, Resource::Area(area)).is_ok());
        if open { found.push(id) } else { elsewhere = true }
    }
    match found.as_slice() {
        [] => Ok(nothing(&seat, &code, elsewhere)),
        [one] if one.kind() != RECALL => Ok(seat.go(&words::unit_path(*one))),
        [one] => recall(&seat, &mut db, *one, &code).await,
        several => {
            let body = html! {
                (parts::notice(Tone::Info, &t!(seat, "find-several"), html! {
                    ul { @for id in several { li { (words::unit_link(&seat, *id)) } } }
                }))
            };
            Ok(show(&seat, &code, body))
        }
    }
}

/// A recall has no page of its own here: who holds it and until when.
async fn recall(
    seat: &Seat,
    db: &mut store::Connection,
    id: UnitId,
    code: &str,
) -> Result<Response, Fault> {
    let mut units = ledger::Units::default();
    units.load(db, &[id]).await?;
    let holders = units.holder(id).cloned().into_iter().collect();
    let names = words::Holders::find(db, holders).await?;
    let facts = super::history::custody_facts(seat, &names, &units, id);
    Ok(show(seat, code, parts::panel(&t!(seat, "find-recall"), parts::facts(&facts))))
}

fn nothing(seat: &Seat, code: &str, elsewhere: bool) -> Response {
    // Ours by its form, and yet not readable: a typing mistake.
    let upper = code.to_ascii_uppercase();
    let mistyped = [TUBE, BOX].iter().any(|kind| UnitId::scanned(*kind, &upper).is_err());
    let body = html! {
        @if elsewhere { p { (t!(seat, "find-elsewhere")) } }
        @else if mistyped { p { (t!(seat, "find-mistyped")) } }
        @else {
            ul {
                li { (t!(seat, "find-next-scan")) }
                li { (t!(seat, "find-next-sync")) }
                li { (t!(seat, "find-next-lab")) }
            }
        }
    };
    let title = t!(seat, "find-nothing", code = code);
    show(seat, code, parts::notice(Tone::Warning, &title, body))
}

fn show(seat: &Seat, code: &str, said: Markup) -> Response {
    let body = html! {
        (said)
        form .form method="get" action="/find" {
            div .field {
                label .field__label for="field-code" { (t!(seat, "desk-code")) }
                p .field__hint #field-code-hint { (t!(seat, "find-hint")) }
                input .input type="search" name="code" id="field-code" value=(code) required
                    autocapitalize="characters" spellcheck="false" autocomplete="off"
                    aria-describedby="field-code-hint";
            }
            div .form__buttons { button .button type="submit" { (t!(seat, "find-button")) } }
        }
    };
    seat.render(Page::new(t!(seat, "nav-find"), body).timeless().narrow())
}
