//! Whose case it is: masked, or in the clear with a purpose, each look on record first.

use axum::extract::Path;
use cases::Case;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file;
use registry::identity::{Identity, Masked};

use super::case::{page, read};
use super::{link, words};
use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts::{self, Tone};
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/cases/{unit}/reveal", super::KEEPERS, reveal);
}

/// Who it is, masked, after the look has been recorded; nothing for those who may not look.
pub async fn masked(seat: &Seat, case: &Case) -> Result<Option<Masked>, Fault> {
    Ok(opened(seat, case).await?.map(|clear| clear.masked()))
}

/// Who it is, after the look has been recorded: what a page shows of it is masked.
pub(super) async fn opened(seat: &Seat, case: &Case) -> Result<Option<Identity>, Fault> {
    let keys = seat.app().keys();
    let registered = case.person_area.filter(|area| seat.require(*area).is_ok());
    let (area, at) = match registered {
        Some(area) => (area, LookedAt::Person(case.person)),
        None => (case.area(), LookedAt::Case(case.id)),
    };
    let look = Look { at, depth: LookDepth::File, purpose: Purpose::Care, note: String::new() };
    if !may_look(seat, area, &look) {
        return Ok(None);
    }
    if let Some(identity) = &case.identity {
        looks::record(seat, area, look).await?;
        let clear = keys.unseal(case.area(), case.sealed_for(), &identity.sealed.0);
        return Ok(Some(clear.map_err(Fault::internal)?));
    }
    let Some(area) = registered else { return Ok(None) };
    looks::record(seat, area, look).await?;
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, case.person).await.map_err(Fault::internal)?;
    let clear = known.map(|p| keys.unseal(area, case.person, &p.identity.sealed.0)).transpose();
    clear.map_err(Fault::internal)
}

fn may_look(seat: &Seat, area: types::AreaCode, look: &Look) -> bool {
    let command = Command::Registry(registry::Command::Look(look.clone()));
    can(seat.somebody(), Action::Send(&command), Resource::Area(area)).is_ok()
}

/// Who it is, with the way to the registry's file.
pub fn panel(seat: &Seat, case: &Case, who: Option<&Masked>, clear: Option<&Identity>) -> Markup {
    let code = |text: Option<&String>| {
        html! { @if let Some(text) = text { code { (text) } } @else { "—" } }
    };
    let mut rows = vec![(t!(seat, "case-person"), html! { (words::person(seat, case)) })];
    if let Some(masked) = who {
        let name = clear.map_or(&masked.name, |c| &c.name);
        let number = clear.map_or(masked.id_number.as_ref(), |c| c.id_number.as_ref());
        let phone = clear.map_or(masked.phone.as_ref(), |c| c.phone.as_ref());
        rows.push((t!(seat, "reg-name"), html! { (name) }));
        rows.push((t!(seat, "desk-id-number"), code(number)));
        rows.push((t!(seat, "desk-phone"), code(phone)));
    }
    match case.person_area {
        Some(_) if !seat.may_open("/registry/persons/{person}") => {}
        Some(area) => rows.push((
            t!(seat, "case-file"),
            html! {
                a href={ "/registry/persons/" (case.person) "?area=" (area) "&purpose=care" } {
                    (t!(seat, "case-file-open"))
                }
            },
        )),
        None => rows.push((t!(seat, "case-file"), html! { (t!(seat, "case-unregistered")) })),
    }
    let reveal = case.identity.is_some()
        && who.is_some()
        && clear.is_none()
        && seat.grant().is_ok()
        && crate::pages::testing::people::has(seat, &[crate::access::Role::District]);
    let body = html! {
        @if clear.is_some() { (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {})) }
        (parts::facts(&rows))
        @if who.is_some() && clear.is_none() { p .muted { (t!(seat, "case-look-recorded")) } }
        @if reveal { (reveal_form(seat, case)) }
        (link::way(seat, case))
    };
    parts::panel(&t!(seat, "case-who"), body)
}

async fn reveal(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let case = read(&seat, &unit).await?;
    let Some(identity) = &case.identity else {
        return Err(Fault::not_found(case.id));
    };
    let look = Look {
        at: LookedAt::Case(case.id),
        depth: LookDepth::Reveal,
        purpose: Purpose::parse(form.text("purpose")).unwrap_or(Purpose::Care),
        note: form.text("note").to_owned(),
    };
    // First on record, then on the screen.
    looks::record(&seat, case.area(), look).await?;
    let clear = seat
        .app()
        .keys()
        .unseal(case.area(), case.sealed_for(), &identity.sealed.0)
        .map_err(Fault::internal)?;
    page(&seat, &case, Some(&clear), &form, Errors::default()).await
}

/// The form that shows the personal data in the clear, with a purpose.
fn reveal_form(seat: &Seat, case: &Case) -> Markup {
    let purposes = Purpose::ALL
        .into_iter()
        .map(|p| (p.as_str().to_owned(), seat.text(&format!("desk-purpose-{}", p.as_str()))))
        .collect();
    html! {
        details .disclosure {
            summary { (t!(seat, "reg-reveal")) }
            p { (t!(seat, "reg-reveal-lead")) }
            (Form::new(seat, format!("{}/reveal", words::path(case.id)))
                .field(Field::select("purpose", t!(seat, "desk-purpose"), purposes).value("care"))
                .button(&t!(seat, "reg-reveal")))
        }
    }
}
