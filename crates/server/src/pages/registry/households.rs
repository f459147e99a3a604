//! The households of a place with their people, masked, after the look has been recorded; and
//! their sign-in codes.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use maud::html;
use registry::command::{IssueCodes, Look, LookDepth, LookedAt};
use registry::file::masked;
use registry::household_code;
use registry::place::{Level, area_of};
use registry::views;
use types::{AreaCode, HouseholdId, PlaceCode, Refusal};

use super::{READERS, county, named, person_text, purpose_field, purpose_of};
use crate::access::{Policy, Role};
use crate::field::persons::door_label;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, looks, t};

/// Households on one page.
const PAGE: i64 = 50;
/// Who gives households a code to sign in with.
const CODES: Policy = Policy::any_of([Role::District]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry/places/{place}/households", READERS, list);
    routes.post("/registry/households/{household}/code", CODES, issue);
}

async fn list(seat: Seat, Path(place): Path<String>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    if Level::of(&place).is_none_or(|level| level < Level::Community) {
        return Err(Refusal::new("place-too-wide").with("place", &place).into());
    }
    let mut db = seat.db().await?;
    let known = views::place(&mut db, &place).await?;
    let known = known.ok_or_else(|| Fault::not_found(&place))?;
    let name = named(&seat, &known.name_zh, &known.name_en);
    let title = t!(seat, "reg-households-of", place = name.clone());
    let page = |body| {
        Page::new(title.clone(), body).crumb(format!("/registry/places/{place}"), name.clone())
    };
    let Some(purpose) = seat.param("purpose") else {
        // Asked before anything is shown: what is shown is recorded with it.
        let body = html! {
            form method="get" .form {
                (purpose_field(&seat, "").bare(&seat))
                div .form__buttons { button .button type="submit" { (t!(seat, "reg-open")) } }
            }
        };
        return Ok(seat.render(page(body).timeless().narrow()));
    };
    let purpose = purpose_of(&purpose)?;
    let area = area_of(&place);
    let after = match seat.param("after") {
        Some(id) => views::household(&mut db, area, HouseholdId::parse(&id)?).await?,
        None => None,
    };
    let mut lines = views::households(&mut db, &place, after.as_ref(), PAGE + 1).await?;
    drop(db);
    let next = cut(&mut lines, PAGE, |line| Some(line.id.to_string()));
    let at = LookedAt::Place(place.clone());
    let look = Look { at, depth: LookDepth::File, purpose, note: String::new() };
    looks::record(&seat, area, look).await?;

    let mut db = seat.db().await?;
    let residents = views::residents(&mut db, area, &lines).await?;
    let issues = may_issue(&seat, area);
    // In a compound all doors are its own.
    let compounds = match Level::of(&place) {
        Some(Level::Community) => {
            let codes: Vec<_> = lines.iter().map(|line| line.compound.clone()).collect();
            Some(views::place_names(&mut db, &codes).await?)
        }
        _ => None,
    };
    let mut columns = vec![
        Column::new("door", t!(seat, "desk-door")),
        Column::new("place", t!(seat, "reg-code")),
        Column::new("persons", t!(seat, "reg-residents")),
        Column::new("code", t!(seat, "reg-sign-in-code")),
    ];
    if issues {
        columns.push(Column::new("act", t!(seat, "reg-new-code")));
    }
    if compounds.is_some() {
        columns.insert(1, Column::new("compound", t!(seat, "compound")));
    }
    let mut table = Table::new(title.clone(), columns)
        .empty(t!(seat, "reg-households-empty"))
        .next(next)
        .total(known.households);
    for line in &lines {
        let mut persons = Vec::new();
        for (id, person) in residents.get(&line.id).map_or(&[][..], Vec::as_slice) {
            let person = masked(seat.app().keys(), area, *id, person).map_err(Fault::internal)?;
            let href = format!("/registry/persons/{id}?area={area}&purpose={}", purpose.as_str());
            persons.push((href, person_text(&seat, &person)));
        }
        let plain: Vec<&str> = persons.iter().map(|(_, text)| text.as_str()).collect();
        let plain = plain.join("; ");
        let shown = html! {
            ul .plain-list { @for (href, text) in &persons { li { a href=(href) { (text) } } } }
        };
        let mut cells = vec![
            Cell::text(door_label(&line.compound, &line.place, &line.door)),
            Cell::code(line.place.to_string()),
            Cell::markup(shown, plain),
            line.code_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
        ];
        if issues {
            let action = format!("/registry/households/{}/code?area={area}", line.id);
            cells.push(Cell::markup(
                Form::new(&seat, action).quiet().button(&t!(seat, "reg-new-code")),
                String::new(),
            ));
        }
        if let Some(compounds) = &compounds {
            let name = compounds.get(&line.compound);
            let name = name.map(|name| named(&seat, &name.name_zh, &name.name_en));
            cells.insert(1, Cell::text(name.unwrap_or_else(|| line.compound.to_string())));
        }
        table.row(cells);
    }
    let mut response = seat.render(page(table.render(&seat)));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn may_issue(seat: &Seat, area: AreaCode) -> bool {
    let nobody = IssueCodes { codes: Vec::new() };
    act::may(seat, area, registry::Command::IssueCodes(nobody))
}

/// Makes a new code, shows it once, and keeps only what recognises it.
async fn issue(seat: Seat, Path(household): Path<String>, form: FormData) -> Answer {
    let household = HouseholdId::parse(&household)?;
    let area = county(&seat)?;
    let known = views::household(&mut seat.db().await?, area, household).await?;
    let known = known.ok_or_else(|| Fault::not_found(household))?;
    let code = household_code::fresh();
    let index = seat.app().keys().code_index(&code);
    let index = index.ok_or_else(|| Fault::internal("a fresh code is no code"))?;
    let issue = registry::Command::IssueCodes(IssueCodes { codes: vec![(household, index)] });
    act::send(&seat, area, &form, issue).await??;
    let rows = [
        (t!(seat, "reg-code"), html! { code { (known.place) } }),
        (t!(seat, "desk-door"), html! { (known.door) }),
        (t!(seat, "reg-sign-in-code"), html! { code .secret { (*code) } }),
    ];
    let body = html! {
        (parts::notice(Tone::Good, &t!(seat, "saved"), html! { p { (t!(seat, "reg-code-once")) } }))
        (parts::facts(&rows))
        (parts::button_link(
            &format!("/registry/places/{}/households", known.place), &t!(seat, "reg-back-to-list"), true))
    };
    let page = Page::new(t!(seat, "reg-sign-in-code"), body).timeless().narrow();
    let mut response = seat.render(page);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
