//! Who can answer for a unit: sites, couriers, laboratories, desks.

use axum::response::Response;
use maud::html;
use registry::command::{HolderDetails, PutHolders};
use registry::geometry::Degrees;
use registry::views::{self, HolderLine};
use types::{AreaCode, HolderCode, ParseError, PlaceCode, Refusal};

use super::{STAFF, named, place_link};
use crate::access::{Policy, Role};
use crate::pages::act;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tab, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The kinds that the pages offer; see the design for all of them.
const KINDS: [&str; 5] = ["site", "courier", "lab", "grid", "desk"];
/// Holders on one page.
const PAGE: i64 = 100;
/// Holders in a download.
const DOWNLOAD: i64 = 50_000;
/// Who adds and changes them.
const MAKERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry/holders", STAFF, list);
    routes.nav(Group::Registry, "/registry/holders", "nav-all-holders");
    routes.get("/registry/holders/{area}/edit", MAKERS, edit);
    routes.post("/registry/holders/{area}/edit", MAKERS, save);
}

/// The last holder of a page, as its address names it: county and code.
fn last_of(text: &str) -> Result<(AreaCode, HolderCode), ParseError> {
    let (area, code) =
        text.split_once('/').ok_or_else(|| ParseError::new("after", text, "county/code"))?;
    Ok((AreaCode::parse(area)?, HolderCode::parse(code)?))
}

async fn list(seat: Seat) -> Answer {
    let kind = seat.param("kind").filter(|k| KINDS.contains(&k.as_str())).unwrap_or_default();
    let after = match seat.param("after") {
        Some(text) => Some(last_of(&text)?),
        None => None,
    };
    let size = if Table::wants_csv(&seat) { DOWNLOAD } else { PAGE };
    let after = after.as_ref().filter(|_| size == PAGE).map(|(area, code)| (*area, code));
    let mut db = seat.db().await?;
    let mut holders = views::holders_after(&mut db, seat.scope(), &kind, after, size + 1).await?;
    let more = holders.len() as i64 > size;
    holders.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let next = holders.last().filter(|_| more).map(|last| format!("{}/{}", last.area, last.code));
    let columns = vec![
        Column::new("name", t!(seat, "reg-holder-name")),
        Column::new("code", t!(seat, "reg-holder")),
        Column::new("kind", t!(seat, "reg-kind")),
        Column::new("place", t!(seat, "reg-place")),
        Column::new("state", t!(seat, "reg-state")),
    ];
    let edits = seat.somebody().is_some_and(|a| a.has_any(MAKERS.roles()));
    let table = Table::new(t!(seat, "nav-all-holders"), columns)
        .empty(t!(seat, "reg-holders-empty"))
        .csv("holders")
        .next(next)
        .rows(holders.iter().map(|holder| {
            let code = holder.code.as_str();
            let href = format!("/registry/holders/{}/edit?code={code}", holder.area);
            let (tone, state) = if holder.active {
                (Tone::Good, t!(seat, "reg-active"))
            } else {
                (Tone::Plain, t!(seat, "reg-inactive"))
            };
            let name = named(&seat, &holder.name_zh, &holder.name_en);
            vec![
                if edits { Cell::link(&href, name) } else { Cell::text(name) },
                Cell::code(code),
                Cell::text(kind_text(&seat, holder.code.kind())),
                holder
                    .place
                    .as_ref()
                    .map_or_else(Cell::none, |p| Cell::link(&place_link(&seat, p), p.to_string())),
                Cell::tag(tone, state),
            ]
        }));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let tabs: Vec<Tab> = [""]
        .into_iter()
        .chain(KINDS)
        .map(|k| Tab {
            href: seat.here(&[("kind", (!k.is_empty()).then_some(k)), ("after", None)]),
            text: if k.is_empty() { t!(seat, "reg-all-kinds") } else { kind_text(&seat, k) },
            count: None,
            current: kind == k,
        })
        .collect();
    let body = html! { (parts::tabs(&t!(seat, "reg-kind"), &tabs)) (table.render(&seat)) };
    let mut page = Page::new(t!(seat, "nav-all-holders"), body);
    let (low, high) = seat.scope().bounds();
    if edits && low == high {
        let href = format!("/registry/holders/{:06}/edit", low);
        page = page.actions(parts::button_link(&href, &t!(seat, "reg-add-holder"), true));
    }
    Ok(seat.render(page))
}

fn kind_text(seat: &Seat, kind: &str) -> String {
    let key = format!("reg-kind-{kind}");
    if KINDS.contains(&kind) { seat.text(&key) } else { kind.to_owned() }
}

async fn edit(seat: Seat, axum::extract::Path(area): axum::extract::Path<String>) -> Answer {
    let area = AreaCode::parse(&area)?;
    let known = match seat.param("code") {
        Some(code) => {
            let code = HolderCode::parse(&code)?;
            let mut db = seat.db().await?;
            let mut found = views::holders_by_code(&mut db, std::slice::from_ref(&code)).await?;
            found.remove(&code).filter(|h| h.area == area)
        }
        None => None,
    };
    let typed = known.as_ref().map_or_else(
        || FormData::from_pairs([("active", "1")]),
        |holder| FormData::from_pairs(pairs(holder).iter().map(|(n, v)| (*n, v.as_str()))),
    );
    Ok(show(&seat, area, &typed, Errors::default()))
}

fn pairs(holder: &HolderLine) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("code", holder.code.to_string()),
        ("name_zh", holder.name_zh.clone()),
        ("name_en", holder.name_en.clone()),
        ("place", holder.place.as_ref().map(ToString::to_string).unwrap_or_default()),
    ];
    if let Some((lon, lat)) = holder.position {
        pairs.push(("lon", lon.to_string()));
        pairs.push(("lat", lat.to_string()));
    }
    if holder.active {
        pairs.push(("active", "1".to_owned()));
    }
    pairs
}

fn show(seat: &Seat, area: AreaCode, form: &FormData, errors: Errors) -> Response {
    let id = act::again(form, &errors);
    let body = Form::new(seat, format!("/registry/holders/{area}/edit"))
        .errors(errors)
        .hidden(act::ID, &id)
        .field(
            Field::code("code", t!(seat, "reg-holder"), false)
                .hint(t!(seat, "reg-holder-hint"))
                .value(form.text("code")),
        )
        .field(Field::text("name_zh", t!(seat, "reg-name-zh")).value(form.text("name_zh")))
        .field(
            Field::text("name_en", t!(seat, "reg-name-en")).value(form.text("name_en")).optional(),
        )
        .field(
            Field::code("place", t!(seat, "reg-place-code"), false)
                .value(form.text("place"))
                .optional(),
        )
        .group(
            &t!(seat, "reg-position"),
            vec![
                Field::text("lon", t!(seat, "reg-lon")).value(form.text("lon")).optional(),
                Field::text("lat", t!(seat, "reg-lat")).value(form.text("lat")).optional(),
            ],
        )
        .field(Field::tick("active", t!(seat, "reg-active")).value(form.text("active")))
        .button(&t!(seat, "save"));
    let page = Page::new(t!(seat, "reg-edit-holder"), body).timeless().narrow();
    seat.render(page.crumb(format!("/registry/holders?area={area}"), t!(seat, "nav-all-holders")))
}

async fn save(
    seat: Seat,
    axum::extract::Path(area): axum::extract::Path<String>,
    form: FormData,
) -> Answer {
    let area = AreaCode::parse(&area)?;
    let mut errors = Errors::default();
    let code = errors.check("code", HolderCode::parse(form.text("code")));
    let place = match form.text("place") {
        "" => None,
        text => errors.check("place", PlaceCode::parse(text)),
    };
    let mut degrees = |name: &'static str| match form.text(name) {
        "" => None,
        text => {
            let read = text.parse::<f64>().map_err(|_| Refusal::new("coordinate-form"));
            let read =
                read.and_then(|d| Degrees::new(d).map_err(|_| Refusal::new("coordinate-form")));
            errors.check(name, read)
        }
    };
    let (lon, lat) = (degrees("lon"), degrees("lat"));
    if let (Some(code), true) = (code, errors.is_empty()) {
        let holder = HolderDetails {
            code,
            name_zh: form.text("name_zh").to_owned(),
            name_en: form.text("name_en").to_owned(),
            place,
            lon,
            lat,
            active: form.ticked("active"),
        };
        let put = registry::Command::PutHolders(PutHolders { holders: vec![holder] });
        match act::send(&seat, area, &form, put).await? {
            Ok(_) => return Ok(seat.go(&format!("/registry/holders?area={area}"))),
            Err(refusal) if refusal.code.starts_with("place-") => errors.add("place", refusal),
            Err(refusal) => errors.add("name_zh", refusal),
        }
    }
    Ok(show(&seat, area, &form, errors))
}
