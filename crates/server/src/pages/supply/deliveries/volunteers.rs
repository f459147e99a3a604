//! Volunteers of gates: who is registered, for which doors, until when, and who vouches; withdrawn as a pass is.

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::{Details, Look, LookDepth, LookedAt, Purpose};
use registry::file;
use registry::identity::{IdType, Identity, Masked};
use supply::{Command, DeliveryCommand, Pass, RegisterVolunteer, VolunteerWho, views};
use types::{AreaCode, HolderCode, PersonId, PlaceCode, Refusal, Span};

use super::asks;
use super::passes::{BACK, goes_on, names_of, places, verdict};
use crate::access::{Action, Policy, Resource, Role, can};
use crate::pages::supply::orders::order_path;
use crate::pages::supply::{MOST, under_board, words};
use crate::pages::testing::people;
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, looks, sign_codes, t};

/// Who registers volunteers.
const STEWARDS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Grid]);
/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/volunteers", STEWARDS, list);
    routes.post("/supply/volunteers", STEWARDS, enter);
    routes.get("/supply/volunteers/{pass}", STEWARDS, show);
    routes.post("/supply/volunteers/{pass}/withdraw", STEWARDS, withdraw);
}

fn path(pass: &Pass) -> String {
    format!("/supply/volunteers/{}", pass.id)
}

async fn list(seat: Seat) -> Answer {
    list_page(&seat, &FormData::default(), None).await
}

async fn list_page(seat: &Seat, form: &FormData, refusal: Option<&Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::volunteers(&mut db, seat.scope(), seat.now() - BACK, MOST).await?;
    let names = names_of(&mut db, &found).await?;
    drop(db);
    let columns = vec![
        Column::new("volunteer", t!(seat, "supply-volunteer")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("gates", t!(seat, "supply-volunteer-gates")),
        Column::new("from", t!(seat, "supply-since")),
        Column::new("until", t!(seat, "supply-until")),
        Column::new("vouched", t!(seat, "supply-vouched")),
    ];
    let rows = found.iter().map(|pass| {
        let (tone, text) = verdict(seat, pass);
        vec![
            Cell::link(&path(pass), pass.vehicle.to_string()),
            Cell::tag(tone, text),
            Cell::text(places(seat, &names, pass)).long(),
            Cell::time(seat.time(pass.from)),
            Cell::time(seat.time(pass.until)),
            Cell::text(pass.vouched.clone()).long(),
        ]
    });
    let table = Table::new(t!(seat, "nav-supply-volunteers"), columns)
        .empty(t!(seat, "supply-volunteers-empty"))
        .rows(rows.collect::<Vec<_>>());
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (table.render(seat))
        (parts::panel(&t!(seat, "supply-volunteer-new"), new_form(seat, form)))
    };
    let lead = html! { (t!(seat, "supply-volunteers-lead")) };
    let page = Page::new(t!(seat, "nav-supply-volunteers"), body).lead(lead);
    Ok(seat.render(under_board(seat, page)))
}

fn new_form(seat: &Seat, form: &FormData) -> Markup {
    let zone = seat.app().zone();
    let at = |hours: i64| input_value(seat.now() + Span::hours(hours), zone);
    let or = |name: &str, other: String| match form.text(name) {
        "" => other,
        typed => typed.to_owned(),
    };
    Form::new(seat, seat.link("/supply/volunteers"))
        .part("register")
        .hidden(act::ID, &act::fresh())
        .hidden("made", &act::fresh())
        .field(
            Field::code("volunteer", t!(seat, "supply-volunteer"), false)
                .hint(t!(seat, "supply-volunteer-hint"))
                .value(or("volunteer", "volunteer:".to_owned())),
        )
        .field(
            Field::code("person", t!(seat, "supply-volunteer-person"), false)
                .hint(t!(seat, "supply-volunteer-person-hint"))
                .value(form.text("person"))
                .optional(),
        )
        .group(
            &t!(seat, "supply-volunteer-named"),
            vec![
                Field::text("name", t!(seat, "reg-name")).value(form.text("name")).optional(),
                Field::text("phone", t!(seat, "desk-phone")).value(form.text("phone")).optional(),
                Field::code("home", t!(seat, "supply-volunteer-home"), false)
                    .value(form.text("home"))
                    .optional(),
            ],
        )
        .field(
            Field::text("places", t!(seat, "supply-volunteer-gates"))
                .hint(t!(seat, "supply-volunteer-gates-hint"))
                .value(form.text("places")),
        )
        .field(Field::time("from", t!(seat, "supply-since")).value(or("from", at(0))))
        .field(Field::time("until", t!(seat, "supply-until")).value(or("until", at(14 * 24))))
        .field(
            Field::text("vouched", t!(seat, "supply-vouched"))
                .hint(t!(seat, "supply-vouched-hint"))
                .value(form.text("vouched")),
        )
        .button(&t!(seat, "supply-volunteer-register"))
}

/// Whom a form names: somebody of the registry, or somebody who lives there.
enum Named {
    Registered(PersonId),
    LivesAt(PlaceCode),
}

async fn read(
    seat: &Seat,
    area: AreaCode,
    form: &FormData,
) -> Result<Result<RegisterVolunteer, Refusal>, Fault> {
    let gates = typed::places(seat, form.text("places")).await?;
    let named = match form.text("person") {
        "" => typed::place(seat, form.text("home")).await?.map(Named::LivesAt),
        person => {
            let found = people::find(seat, area, person, Purpose::Support).await?;
            found.map(|of| Named::Registered(of.person))
        }
    };
    Ok(named.and_then(|named| registration(seat, form, named, gates?)))
}

/// What a form asks for of somebody, for these gates.
fn registration(
    seat: &Seat,
    form: &FormData,
    named: Named,
    places: Vec<PlaceCode>,
) -> Result<RegisterVolunteer, Refusal> {
    let zone = seat.app().zone();
    let who = match named {
        Named::Registered(person) => VolunteerWho::Registered { person },
        Named::LivesAt(home) => VolunteerWho::Named {
            person: PersonId::parse(form.text("made"))?,
            details: Details::Clear(Box::new(Identity {
                name: form.text("name").to_owned(),
                id_type: IdType::None,
                id_number: None,
                phone: Some(form.text("phone").to_owned()).filter(|phone| !phone.is_empty()),
            })),
            home,
        },
    };
    Ok(RegisterVolunteer {
        volunteer: HolderCode::parse(form.text("volunteer"))?,
        who,
        places,
        from: parse_local(form.text("from"), zone)?,
        until: parse_local(form.text("until"), zone)?,
        vouched: form.text("vouched").to_owned(),
    })
}

async fn enter(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let sealed = read(&seat, area, &form).await?.and_then(|of| {
        let command = DeliveryCommand::RegisterVolunteer(Box::new(of));
        let mut command = asks(command);
        command.seal(seat.app().keys(), area, seat.app().today())?;
        Ok(command)
    });
    let done = match sealed {
        Ok(command) => act::send(&seat, area, &form, command).await?,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(_) => Ok(seat.go(&seat.link("/supply/volunteers"))),
        Err(refusal) => list_page(&seat, &form, Some(&refusal)).await,
    }
}

/// The volunteer of an address.
async fn volunteer(seat: &Seat, text: &str) -> Result<Pass, Fault> {
    let id = words::unit(text, supply::PASS)?;
    seat.require(id.area())?;
    let mut db = seat.db().await?;
    let found = views::pass(&mut db, id).await?.filter(Pass::is_volunteers);
    found.ok_or_else(|| Fault::not_found(id))
}

/// Who it is, masked, after the look is on record; nothing for those who may not look.
async fn who(seat: &Seat, of: &Pass) -> Result<Option<Masked>, Fault> {
    let area: AreaCode = of.id.area();
    let at = match &of.identity {
        Some(_) => LookedAt::Case(of.id),
        None => LookedAt::Person(of.driver),
    };
    let look = Look { at, depth: LookDepth::File, purpose: Purpose::Care, note: String::new() };
    let command = crate::house::Command::Registry(registry::Command::Look(look.clone()));
    if can(seat.somebody(), Action::Send(&command), Resource::Area(area)).is_err() {
        return Ok(None);
    }
    looks::record(seat, area, look).await?;
    let keys = seat.app().keys();
    let sealed = match &of.identity {
        Some(identity) => Some(identity.sealed.0.clone()),
        None => {
            let mut db = seat.db().await?;
            let known = file::person(&mut db, area, of.driver).await.map_err(Fault::internal)?;
            known.map(|person| person.identity.sealed.0)
        }
    };
    let Some(sealed) = sealed else { return Ok(None) };
    let clear = keys.unseal(area, of.driver, &sealed).map_err(Fault::internal)?;
    Ok(Some(clear.masked()))
}

async fn show(seat: Seat, Path(text): Path<String>) -> Answer {
    let of = volunteer(&seat, &text).await?;
    page(&seat, &of, None).await
}

async fn page(seat: &Seat, of: &Pass, refusal: Option<&Refusal>) -> Answer {
    let masked = who(seat, of).await?;
    let mut db = seat.db().await?;
    let before = views::passes_of(&mut db, &of.vehicle, 20).await?;
    let carried = views::orders_carried(&mut db, &of.vehicle, MOST).await?;
    let names = names_of(&mut db, &before).await?;
    let homes = words::Homes::of_places(
        &mut db,
        &carried.iter().map(|order| &order.place).collect::<Vec<_>>(),
    )
    .await?;
    drop(db);
    let (tone, text) = verdict(seat, of);
    let mut rows = vec![(t!(seat, "supply-state"), parts::tag(tone, &text))];
    if let Some(masked) = &masked {
        rows.push((t!(seat, "reg-name"), html! { (masked.name) }));
        rows.extend(masked.phone.iter().map(|p| (t!(seat, "desk-phone"), html! { code { (p) } })));
    }
    rows.extend([
        (t!(seat, "supply-volunteer-gates"), html! { (places(seat, &names, of)) }),
        (t!(seat, "supply-since"), html! { (seat.time(of.from)) }),
        (t!(seat, "supply-until"), html! { (seat.time(of.until)) }),
        (t!(seat, "supply-vouched"), html! { (of.vouched) }),
    ]);
    if of.holds(seat.now()) {
        let code = sign_codes::of_pass(seat.app().secrets(), of.id);
        rows.push((t!(seat, "supply-pass-code"), html! { code { (code) } }));
    }
    let columns = vec![
        Column::new("from", t!(seat, "supply-since")),
        Column::new("until", t!(seat, "supply-until")),
        Column::new("gates", t!(seat, "supply-volunteer-gates")),
        Column::new("state", t!(seat, "supply-state")),
    ];
    let history = Table::new(t!(seat, "supply-history"), columns).rows(before.iter().map(|pass| {
        let (tone, text) = verdict(seat, pass);
        vec![
            Cell::time(seat.time(pass.from)),
            Cell::time(seat.time(pass.until)),
            Cell::text(places(seat, &names, pass)).long(),
            Cell::tag(tone, text),
        ]
    }));
    let body = html! {
        @if let Some(refusal) = refusal { (words::told(seat, refusal)) }
        (parts::facts(&rows))
        @if masked.is_some() { p .muted { (t!(seat, "case-look-recorded")) } }
        (parts::panel(&t!(seat, "supply-volunteer-has"), html! {
            @if carried.is_empty() { p { (t!(seat, "supply-volunteer-has-nothing")) } }
            ul {
                @for order in &carried {
                    li { a href=(order_path(order.id)) { code { (words::short(order.id)) } } " " (homes.place(seat, &order.place)) }
                }
            }
        }))
        @if goes_on(seat, of) {
            (parts::panel(&t!(seat, "supply-pass-withdraw"), html! {
                p { (t!(seat, "supply-volunteer-withdraw-hint")) }
                (Form::new(seat, format!("{}/withdraw", path(of)))
                    .part("withdraw")
                    .hidden(act::ID, &act::fresh())
                    .danger()
                    .field(Field::text("note", t!(seat, "case-why")))
                    .button(&t!(seat, "supply-pass-withdraw")))
            }))
        }
        (history.render(seat))
    };
    let page = under_board(seat, Page::new(of.vehicle.to_string(), body))
        .crumb(seat.link("/supply/volunteers"), t!(seat, "nav-supply-volunteers"));
    Ok(seat.render(page.narrow()))
}

async fn withdraw(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = volunteer(&seat, &text).await?;
    let reason = form.text("note").to_owned();
    let command: Command = asks(DeliveryCommand::WithdrawVolunteer { pass: of.id, reason });
    match act::send(&seat, of.id.area(), &form, command).await? {
        Ok(_) => Ok(seat.go(&path(&of))),
        Err(refusal) => page(&seat, &of, Some(&refusal)).await,
    }
}
