//! The tree of places, from province to entrance, with what is registered in each.

use axum::extract::Path;
use maud::{Markup, html};
use registry::place::{Level, area_of, compound_of};
use registry::views::{self, PlaceLine};
use types::{AreaScope, PlaceCode};

use super::{STAFF, named, place_link, way};
use crate::Fault;
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

/// Places found by a search.
const FOUND: i64 = 100;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry", STAFF, index);
    routes.nav(Group::Registry, "/registry", "nav-registry");
    routes.get("/registry/places/{place}", STAFF, show);
}

fn columns(seat: &Seat) -> Vec<Column> {
    vec![
        Column::new("name", t!(seat, "reg-place")),
        Column::new("code", t!(seat, "reg-code")),
        Column::new("level", t!(seat, "reg-level")),
        Column::new("children", t!(seat, "reg-children")).numeric(),
        Column::new("households", t!(seat, "reg-households")).numeric(),
        Column::new("persons", t!(seat, "reg-persons")).numeric(),
    ]
}

fn cells(seat: &Seat, line: &PlaceLine) -> Vec<Cell> {
    let href = place_link(seat, &line.code);
    let listed = may_list(seat, line);
    let counted = |n: i64| match listed && n > 0 {
        true => Cell::count(n, &format!("{href}/households")),
        false => Cell::number(n),
    };
    vec![
        Cell::link(&href, named(seat, &line.name_zh, &line.name_en)),
        Cell::code(line.code.to_string()),
        Cell::text(seat.text(&format!("reg-level-{}", line.level.as_str()))),
        match line.children {
            0 => Cell::number(0),
            n => Cell::count(n, &href),
        },
        counted(line.households),
        counted(line.persons),
    ]
}

/// Whether the households of a place are listed, for the one who asks: of a community or smaller,
/// and with names.
fn may_list(seat: &Seat, line: &PlaceLine) -> bool {
    line.level >= Level::Community && seat.may_open("/registry/places/{place}/households")
}

/// The narrowest place that holds a whole scope; nothing for everything.
fn place_of(scope: AreaScope) -> Option<PlaceCode> {
    PlaceCode::parse(&scope.to_string()).ok()
}

fn search_form(seat: &Seat, wanted: &str) -> Markup {
    html! {
        form method="get" action="/registry" role="search" .form {
            @if seat.area_chosen() { input type="hidden" name="area" value=(seat.scope()); }
            div .field {
                label .field__label for="field-q" { (t!(seat, "reg-find-place")) }
                input #field-q .input type="search" name="q" value=(wanted) autocomplete="off";
            }
            div .form__buttons { button .button type="submit" { (t!(seat, "reg-find")) } }
        }
    }
}

async fn index(seat: Seat) -> Answer {
    let wanted = seat.param("q").unwrap_or_default();
    let mut db = seat.db().await?;
    let lines = if wanted.is_empty() {
        views::children(&mut db, place_of(seat.scope()).as_ref()).await?
    } else {
        views::search_places(&mut db, seat.scope(), &wanted, FOUND).await?
    };
    let caption = if wanted.is_empty() {
        parts::scope_text(&seat, seat.scope())
    } else {
        t!(seat, "reg-found", text = wanted.clone())
    };
    let table = Table::new(caption, columns(&seat))
        .empty(t!(seat, "reg-places-empty"))
        .csv("places")
        .rows(lines.iter().map(|line| cells(&seat, line)));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let counties = views::county_counts(&mut db, seat.scope()).await?;
    let sum = |of: fn(&views::CountyCount) -> i64| number(counties.iter().map(of).sum());
    // The rows below say where they are; each opens until there are households.
    let figure = |label, value| Figure {
        label,
        value,
        href: Some("#places".to_owned()),
        detail: None,
        tone: Tone::Plain,
    };
    let figures = [
        figure(t!(seat, "reg-counties"), number(counties.len() as i64)),
        figure(t!(seat, "reg-households"), sum(|c| c.households)),
        figure(t!(seat, "reg-persons"), sum(|c| c.persons)),
    ];
    let body = html! {
        (parts::figures(&figures))
        (search_form(&seat, &wanted))
        div #places { (table.render(&seat)) }
    };
    let lead = html! { (t!(seat, "reg-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-registry"), body).lead(lead)))
}

async fn show(seat: Seat, Path(place): Path<String>) -> Answer {
    let code = PlaceCode::parse(&place)?;
    let mut db = seat.db().await?;
    let line = views::place(&mut db, &code).await?.ok_or_else(|| Fault::not_found(&code))?;
    let above = views::way_to(&mut db, &code).await?;
    let children = views::children(&mut db, Some(&code)).await?;
    let table = Table::new(t!(seat, "reg-inside"), columns(&seat))
        .empty(t!(seat, "reg-inside-empty"))
        .csv("places")
        .rows(children.iter().map(|child| cells(&seat, child)));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let list = match may_list(&seat, &line) && line.households > 0 {
        true => Some(format!("/registry/places/{code}/households")),
        false => (line.children > 0).then(|| "#inside".to_owned()),
    };
    let figures = [
        Figure {
            label: t!(seat, "reg-households"),
            value: number(line.households),
            href: list.clone(),
            detail: None,
            tone: Tone::Plain,
        },
        Figure {
            label: t!(seat, "reg-persons"),
            value: number(line.persons),
            href: list,
            detail: None,
            tone: Tone::Plain,
        },
    ];
    let mut facts = vec![
        (t!(seat, "reg-code"), html! { code { (code) } }),
        (
            t!(seat, "reg-level"),
            html! { (seat.text(&format!("reg-level-{}", line.level.as_str()))) },
        ),
        (t!(seat, "reg-lies-in"), way(&seat, &above[..above.len().saturating_sub(1)])),
    ];
    if let Some((lon, lat)) = line.middle {
        facts.push((t!(seat, "reg-position"), html! { (format!("{lat:.5}, {lon:.5}")) }));
    }
    if line.level > Level::Compound {
        let compound = compound_of(&code);
        facts.push((
            t!(seat, "reg-compound"),
            html! { a href=(place_link(&seat, &compound)) { code { (compound) } } },
        ));
    }
    let body = html! {
        (parts::figures(&figures))
        (parts::facts(&facts))
        div #inside { @if line.level < Level::Entrance { (table.render(&seat)) } }
    };
    let title = named(&seat, &line.name_zh, &line.name_en);
    let find = format!("/registry/persons?area={}&place={code}", area_of(&code));
    let mut page = Page::new(title, body).crumb(seat.link("/registry"), t!(seat, "nav-registry"));
    if line.level >= Level::Community && seat.may_open("/registry/persons") {
        page = page.actions(parts::button_link(&find, &t!(seat, "reg-find-here"), false));
    }
    Ok(seat.render(page))
}
