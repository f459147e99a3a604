//! Who a contact is: masked, or in the clear with a purpose; each look is on record before anything shows.

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::file::{self, PersonLine};
use registry::identity::Identity;
use registry::views as registry_views;
use tracing_desk::{Contact, Investigation};
use types::AreaCode;

use super::{TRACERS, contact, words};
use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts::{self, Tone};
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/tracing/contacts/{contact}/reveal", TRACERS, reveal);
}

fn may_look(seat: &Seat, area: AreaCode, look: &Look) -> bool {
    let command = Command::Registry(registry::Command::Look(look.clone()));
    can(seat.somebody(), Action::Send(&command), Resource::Area(area)).is_ok()
}

/// Where the personal data of a contact lie, and what a look at them is a look at.
fn place_of(seat: &Seat, of: &Contact) -> Option<(AreaCode, LookedAt)> {
    match (of.person_area, &of.identity) {
        (Some(area), _) if seat.require(area).is_ok() => Some((area, LookedAt::Person(of.person))),
        (_, Some(_)) => Some((of.id.area(), LookedAt::Case(of.id))),
        _ => None,
    }
}

/// The identity of a contact after the look has been recorded; nothing for those who may not look.
async fn opened(
    seat: &Seat,
    of: &Contact,
    depth: LookDepth,
    purpose: Purpose,
    note: String,
) -> Result<Option<Identity>, Fault> {
    let Some((area, at)) = place_of(seat, of) else { return Ok(None) };
    let registered = matches!(at, LookedAt::Person(_));
    let look = Look { at, depth, purpose, note };
    if !may_look(seat, area, &look) {
        return Ok(None);
    }
    looks::record(seat, area, look).await?;
    let keys = seat.app().keys();
    if let (false, Some(identity)) = (registered, &of.identity) {
        // What a client sent was sealed for the county that named the person.
        let clear = keys.unseal(of.id.area(), of.person, &identity.sealed.0);
        return Ok(Some(clear.map_err(Fault::internal)?));
    }
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, of.person).await.map_err(Fault::internal)?;
    let clear = known.map(|p| keys.unseal(area, of.person, &p.identity.sealed.0)).transpose();
    clear.map_err(Fault::internal)
}

/// The panel of a contact's page.
pub async fn panel(seat: &Seat, of: &Contact, clear: Option<&Identity>) -> Result<Markup, Fault> {
    let masked = match clear {
        Some(clear) => Some(clear.masked()),
        None => opened(seat, of, LookDepth::File, Purpose::Care, String::new())
            .await?
            .map(|identity| identity.masked()),
    };
    let code = |text: Option<&String>| {
        html! { @if let Some(text) = text { code { (text) } } @else { "—" } }
    };
    let mut rows = vec![(t!(seat, "case-person"), html! { (words::person(seat, of)) })];
    if let Some(masked) = &masked {
        let name = clear.map_or(&masked.name, |c| &c.name);
        let number = clear.map_or(masked.id_number.as_ref(), |c| c.id_number.as_ref());
        let phone = clear.map_or(masked.phone.as_ref(), |c| c.phone.as_ref());
        rows.push((t!(seat, "reg-name"), html! { (name) }));
        rows.push((t!(seat, "desk-id-number"), code(number)));
        rows.push((t!(seat, "desk-phone"), code(phone)));
    }
    rows.push((
        t!(seat, "place"),
        html! { @if let Some(place) = &of.place { code { (place.as_str()) } } @else { "—" } },
    ));
    if let Some(area) = of.person_area.filter(|_| seat.may_open("/registry/persons/{person}")) {
        rows.push((
            t!(seat, "case-file"),
            html! {
                a href={ "/registry/persons/" (of.person) "?area=" (area) "&purpose=care" } {
                    (t!(seat, "case-file-open"))
                }
            },
        ));
    }
    let purposes = Purpose::ALL
        .into_iter()
        .map(|p| (p.as_str().to_owned(), seat.text(&format!("desk-purpose-{}", p.as_str()))))
        .collect();
    let body = html! {
        @if clear.is_some() { (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {})) }
        (parts::facts(&rows))
        @if masked.is_some() && clear.is_none() {
            p .muted { (t!(seat, "case-look-recorded")) }
            details .disclosure {
                summary { (t!(seat, "reg-reveal")) }
                p { (t!(seat, "reg-reveal-lead")) }
                (Form::new(seat, format!("{}/reveal", words::contact_path(of.id))).part("reveal")
                    .field(Field::select("purpose", t!(seat, "desk-purpose"), purposes).value("care"))
                    .button(&t!(seat, "reg-reveal")))
            }
        }
    };
    Ok(parts::panel(&t!(seat, "case-who"), body))
}

async fn reveal(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let purpose = Purpose::parse(form.text("purpose")).unwrap_or(Purpose::Care);
    let note = form.text("note").to_owned();
    let clear = opened(&seat, &of, LookDepth::Reveal, purpose, note).await?;
    let clear = clear.ok_or_else(|| Fault::from(types::Refusal::new("not-allowed")))?;
    contact::page(&seat, &of, Some(&clear), &FormData::default(), Errors::default()).await
}

/// The people with whom a case lives, as the registry has them, masked; the look is on record. Nothing for
/// those who may not look, or where no household is known.
pub async fn household(seat: &Seat, of: &Investigation) -> Result<Vec<PersonLine>, Fault> {
    let Some(area) = of.person_area.filter(|area| seat.require(*area).is_ok()) else {
        return Ok(Vec::new());
    };
    let look = Look {
        at: LookedAt::Person(of.person),
        depth: LookDepth::File,
        purpose: Purpose::Care,
        note: String::new(),
    };
    if !may_look(seat, area, &look) {
        return Ok(Vec::new());
    }
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, of.person).await.map_err(Fault::internal)?;
    let Some(household) = known.and_then(|p| p.home).and_then(|home| home.household) else {
        return Ok(Vec::new());
    };
    drop(db);
    looks::record(seat, area, look).await?;
    let mut db = seat.db().await?;
    let Some(line) = registry_views::household(&mut db, area, household).await? else {
        return Ok(Vec::new());
    };
    let residents = registry_views::residents(&mut db, area, &[line]).await?;
    let people = residents.get(&household).into_iter().flatten();
    people
        .filter(|(person, _)| *person != of.person)
        .map(|(person, record)| {
            file::masked(seat.app().keys(), area, *person, record).map_err(Fault::internal)
        })
        .collect()
}
