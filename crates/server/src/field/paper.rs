//! Paper for the day when phones fail: QR sheets of households to hang at a door or carry in a
//! folder. What is on them a phone reads, and a person can type.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{Html, IntoResponse};
use maud::{DOCTYPE, Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::place::{Level, area_of, compound_of};
use registry::views::{HouseholdLine, PlaceLine};
use types::{HouseholdId, PlaceCode, Refusal};

use crate::access::{Policy, Role};
use crate::field::codes::{self, Named};
use crate::field::labels;
use crate::field::persons::door_label;
use crate::i18n::Speaks;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, assets, looks, t};

/// Who prints sheets with names.
pub const PRINTERS: Policy = Policy::any_of([Role::District, Role::Grid, Role::Sampler]);
/// Households on one page for printing: a page of more is slow to open on an old machine.
const SHEETS: i64 = 100;
/// Places found by a search.
const FOUND: i64 = 50;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/paper", PRINTERS, index);
    routes.nav(Group::Testing, "/paper", "nav-paper");
    routes.get("/paper/households/{place}", PRINTERS, households);
}

/// A document for the printer: no navigation, our style sheet for paper.
pub(crate) fn print_page(seat: &Seat, title: &str, body: &Markup) -> Answer {
    let assets = assets::table();
    let page = html! {
        (DOCTYPE)
        html lang=(seat.lang().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href=(assets.url("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets.url("paper.css"));
                script src=(assets.url("paper.js")) type="module" {}
            }
            body {
                header .screen-only {
                    a href=(seat.link("/paper")) { (t!(seat, "nav-paper")) }
                    h1 { (title) }
                    button type="button" data-print { (t!(seat, "paper-print")) }
                }
                main { (body) }
            }
        }
    };
    let mut response = Html(page.into_string()).into_response();
    // Names must not stay in a cache of a shared machine.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn name(seat: &Seat, zh: &str, en: &str) -> String {
    match seat.lang() {
        crate::i18n::Lang::En if !en.is_empty() => en.to_owned(),
        _ => zh.to_owned(),
    }
}

async fn index(seat: Seat) -> Answer {
    let wanted = seat.param("q").unwrap_or_default();
    let mut db = seat.db().await?;
    let mut found = registry::views::search_places(&mut db, seat.scope(), &wanted, FOUND).await?;
    found.retain(|line| line.level >= Level::Community && line.households > 0);
    let rolls = labels::latest(&mut db, seat.scope()).await?;
    let body = html! {
        (parts::panel(&t!(seat, "paper-households"), html! {
            p { (t!(seat, "paper-households-lead")) }
            form method="get" action="/paper" role="search" .form {
                div .field {
                    label .field__label for="field-q" { (t!(seat, "paper-find-place")) }
                    input #field-q .input type="search" name="q" value=(wanted) autocomplete="off";
                }
                div .form__buttons { button .button type="submit" { (t!(seat, "paper-find")) } }
            }
            @if !wanted.is_empty() { (places(&seat, &found).render(&seat)) }
        }))
        (parts::panel(&t!(seat, "paper-labels"), labels::panel(&seat, &rolls)))
    };
    let lead = html! { (t!(seat, "paper-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-paper"), body).lead(lead).timeless()))
}

fn places(seat: &Seat, found: &[PlaceLine]) -> Table {
    let columns = vec![
        Column::new("place", t!(seat, "paper-place")),
        Column::new("code", t!(seat, "paper-code")),
        Column::new("households", t!(seat, "paper-households-count")).numeric(),
    ];
    Table::new(t!(seat, "paper-places"), columns).empty(t!(seat, "paper-places-empty")).rows(
        found.iter().map(|line| {
            let href = seat.link(&format!("/paper/households/{}", line.code));
            vec![
                Cell::link(&href, name(seat, &line.name_zh, &line.name_en)),
                Cell::code(line.code.to_string()),
                Cell::number(line.households),
            ]
        }),
    )
}

/// The household after which a page begins, by its id.
async fn after(
    seat: &Seat,
    db: &mut store::Connection,
    place: &PlaceCode,
) -> Result<Option<HouseholdLine>, Fault> {
    match seat.param("after") {
        None => Ok(None),
        Some(id) => {
            let id = HouseholdId::parse(&id)?;
            Ok(registry::views::household(db, area_of(place), id).await?)
        }
    }
}

async fn households(seat: Seat, Path(place): Path<String>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    if Level::of(&place).is_none_or(|level| level < Level::Community) {
        return Err(Refusal::new("place-too-wide").with("place", &place).into());
    }
    let area = area_of(&place);
    let mut db = seat.db().await?;
    let after = after(&seat, &mut db, &place).await?;
    let mut page = registry::views::households(&mut db, &place, after.as_ref(), SHEETS + 1).await?;
    let more = page.len() as i64 > SHEETS;
    page.truncate(SHEETS as usize);
    if page.is_empty() && after.is_none() {
        return Err(Fault::not_found(&place));
    }
    drop(db);
    let look = Look {
        at: LookedAt::Place(place.clone()),
        depth: LookDepth::File,
        purpose: Purpose::Sampling,
        note: "sheets for printing".into(),
    };
    looks::record(&seat, area, look).await?;

    let mut db = seat.db().await?;
    let residents = registry::views::residents(&mut db, area, &page).await?;
    let compound = compound_of(&place);
    let codes: Vec<PlaceCode> =
        page.iter().map(|h| h.compound.clone()).chain([place.clone(), compound.clone()]).collect();
    let names = registry::views::place_names(&mut db, &codes).await?;
    let named = |code: &PlaceCode| {
        names.get(code).map_or_else(|| code.to_string(), |n| name(&seat, &n.name_zh, &n.name_en))
    };
    let keys = seat.app().keys();
    let mut sheets = Vec::with_capacity(page.len());
    for household in &page {
        let mut persons = Vec::new();
        for (id, person) in residents.get(&household.id).map_or(&[][..], Vec::as_slice) {
            if person.same_as.is_none() {
                let line =
                    registry::file::masked(keys, area, *id, person).map_err(Fault::internal)?;
                persons.push(line);
            }
        }
        let door = door_label(&household.compound, &household.place, &household.door);
        sheets.push(html! {
            article .sheet {
                header {
                    div {
                        h2 { (named(&household.compound)) " · " (door) }
                        p .small { (household.compound) }
                    }
                    figure {
                        (parts::qr(&codes::long(Named::Household, household.id.0), &t!(seat, "paper-household")))
                        figcaption {
                            (t!(seat, "paper-household")) br;
                            span .code { (codes::short(Named::Household, household.id.0)) }
                        }
                    }
                }
                ul .persons {
                    @for person in &persons {
                        li {
                            (parts::qr(&codes::long(Named::Person, person.id.0), &person.masked.name))
                            strong { (person.masked.name) }
                            @if let Some(number) = &person.masked.id_number { span .small { (number) } }
                            span .code { (codes::short(Named::Person, person.id.0)) }
                            // Filled in by hand when there is no phone at all.
                            span .by-hand { (t!(seat, "paper-tube")) i {} (t!(seat, "paper-position")) i .narrow {} }
                        }
                    }
                }
            }
        });
    }
    let next = page
        .last()
        .filter(|_| more)
        .map(|last| seat.here(&[("after", Some(last.id.to_string().as_str()))]));
    let title = t!(seat, "paper-sheets-of", place = named(&place).as_str());
    let body = html! {
        @for sheet in &sheets { (sheet) }
        p .small { (t!(seat, "paper-masked")) }
        @if let Some(next) = next {
            p .screen-only { a href=(next) { (t!(seat, "paper-next")) } }
        }
    };
    print_page(&seat, &title, &body)
}
