//! People: found by number, telephone or name; shown masked; in the clear only with a purpose,
//! and only after the look is in the journal.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use maud::{Markup, html};
use registry::command::{Address, ChangePerson, ChangeReason, Details, Look, LookDepth, LookedAt};
use registry::event::PersonRef;
use registry::file::{self, Hits, PersonLine};
use registry::identity::{IdType, Identity};
use registry::place::area_of;
use registry::views;
use registry::{MOVED_AWAY, WALK_IN};
use types::{PersonId, PlaceCode, Refusal};

use super::{FINDERS, KEEPERS, READERS, county, person_text, purpose_field, purpose_of, way};
use crate::access::{Action, Resource, can};
use crate::house::Command;
use crate::pages::act;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, looks, t};

/// Names listed by one search.
const FOUND: usize = 50;
/// Looks listed in a file.
const LOOKS: i64 = 50;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry/persons", FINDERS, search_page);
    routes.post("/registry/persons", FINDERS, search);
    routes.nav(Group::Registry, "/registry/persons", "nav-persons");
    routes.get("/registry/persons/{person}", READERS, show);
    routes.post("/registry/persons/{person}/reveal", KEEPERS, reveal);
    routes.get("/registry/persons/{person}/change", KEEPERS, change_page);
    routes.post("/registry/persons/{person}/change", KEEPERS, change);
}

/// A page with people on it stays in no cache.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn search_form(seat: &Seat, form: &FormData, place: &str, errors: Errors) -> Markup {
    Form::new(seat, seat.link("/registry/persons"))
        .errors(errors)
        .field(
            Field::text("number", t!(seat, "reg-by-number"))
                .hint(t!(seat, "reg-by-number-hint"))
                .value(form.text("number"))
                .optional(),
        )
        .group(
            &t!(seat, "reg-by-name"),
            vec![
                Field::text("name", t!(seat, "reg-name")).value(form.text("name")).optional(),
                Field::code("place", t!(seat, "reg-place-code"), false)
                    .hint(t!(seat, "reg-by-name-hint"))
                    .value(place)
                    .optional(),
            ],
        )
        .field(purpose_field(seat, form.text("purpose")))
        .button(&t!(seat, "reg-find"))
}

async fn search_page(seat: Seat) -> Answer {
    let place = seat.param("place").unwrap_or_default();
    let body = search_form(&seat, &FormData::default(), &place, Errors::default());
    let lead = html! { (t!(seat, "reg-persons-lead")) };
    let page = Page::new(t!(seat, "nav-persons"), body).lead(lead).timeless().narrow();
    Ok(seat.render(page))
}

/// Numbers are sent in the body: an address is kept in histories and logs.
async fn search(seat: Seat, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let purpose = errors.check("purpose", purpose_of(form.text("purpose")));
    let (number, name) = (form.text("number"), form.text("name"));
    if number.is_empty() && name.is_empty() {
        errors.add("number", Refusal::new("search-empty"));
    }
    let place = if name.is_empty() || !number.is_empty() {
        None
    } else {
        errors.check("place", PlaceCode::parse(form.text("place")))
    };
    let (Some(purpose), true) = (purpose, errors.is_empty()) else {
        let body = search_form(&seat, &form, form.text("place"), errors);
        return Ok(seat.render(Page::new(t!(seat, "nav-persons"), body).timeless().narrow()));
    };
    let keys = seat.app().keys();
    let look = |at| Look { at, depth: LookDepth::Search, purpose, note: String::new() };
    let hits = if let Some(place) = place {
        let area = area_of(&place);
        seat.require(area)?;
        looks::record(&seat, area, look(LookedAt::Place(place.clone()))).await?;
        let mut db = seat.db().await?;
        file::find_by_name(&mut db, keys, &place, name, FOUND).await
    } else {
        let mut db = seat.db().await?;
        file::find_by_number(&mut db, keys, seat.scope(), number).await
    };
    let hits = hits.map_err(Fault::internal)?;
    if !number.is_empty() {
        for line in &hits.persons {
            looks::record(&seat, line.area, look(LookedAt::Person(line.id))).await?;
        }
    }
    let body = html! {
        (found(&seat, &hits, purpose.as_str()))
        (parts::panel(&t!(seat, "reg-find-again"), search_form(&seat, &form, form.text("place"), Errors::default())))
    };
    let page = Page::new(t!(seat, "reg-persons-found"), body)
        .crumb(seat.link("/registry/persons"), t!(seat, "nav-persons"));
    Ok(unkept(seat.render(page)))
}

fn found(seat: &Seat, hits: &Hits, purpose: &str) -> Markup {
    let columns = vec![
        Column::new("name", t!(seat, "reg-name")),
        Column::new("number", t!(seat, "desk-id-number")),
        Column::new("phone", t!(seat, "desk-phone")),
        Column::new("place", t!(seat, "reg-code")),
        Column::new("door", t!(seat, "desk-door")),
    ];
    let table = Table::new(t!(seat, "reg-persons-found"), columns)
        .empty(t!(seat, "reg-persons-none"))
        .rows(hits.persons.iter().map(|line| {
            let href =
                format!("/registry/persons/{}?area={}&purpose={purpose}", line.id, line.area);
            vec![
                Cell::link(&href, person_text(seat, line)),
                line.masked.id_number.clone().map_or_else(Cell::none, Cell::code),
                line.masked.phone.clone().map_or_else(Cell::none, Cell::code),
                line.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.to_string())),
                Cell::text(line.door.clone()),
            ]
        }));
    html! {
        (table.render(seat))
        @if hits.elsewhere > 0 {
            (parts::notice(Tone::Info, &t!(seat, "reg-elsewhere", n = hits.elsewhere as i64), html! {
                p { (t!(seat, "reg-elsewhere-next")) }
            }))
        }
        @if hits.more { p { (t!(seat, "reg-more-hits")) } }
        @if hits.opened > 0 { p .muted { (t!(seat, "reg-names-opened", n = hits.opened as i64)) } }
    }
}

async fn read(seat: &Seat, who: PersonRef) -> Result<registry::Person, Fault> {
    let mut db = seat.db().await?;
    file::person(&mut db, who.area, who.person)
        .await
        .map_err(Fault::internal)?
        .ok_or_else(|| Fault::not_found(who.person))
}

async fn show(seat: Seat, Path(person): Path<String>) -> Answer {
    let who = PersonRef { area: county(&seat)?, person: PersonId::parse(&person)? };
    let Some(purpose) = seat.param("purpose") else {
        // Asked before anything is shown: what is shown is recorded with it.
        let body = html! {
            form method="get" .form {
                input type="hidden" name="area" value=(who.area);
                (purpose_field(&seat, "").bare(&seat))
                div .form__buttons { button .button type="submit" { (t!(seat, "reg-open")) } }
            }
        };
        let page = Page::new(t!(seat, "reg-file"), body).timeless().narrow();
        return Ok(seat.render(below_search(&seat, page)));
    };
    looks::record_look(&seat, who.area, who.person, purpose_of(&purpose)?).await?;
    let record = read(&seat, who).await?;
    let line =
        file::masked(seat.app().keys(), who.area, who.person, &record).map_err(Fault::internal)?;
    let body = html! {
        (facts(&seat, &line, None).await?)
        @if record.same_as.is_none() { (crate::pages::cases::of_person::panel(&seat, who).await?) }
        @if record.same_as.is_none() { (reveal_form(&seat, who, &FormData::default(), Errors::default())) }
        (history(&seat, who).await?)
    };
    Ok(unkept(seat.render(file_page(&seat, &line, body))))
}

fn file_page(seat: &Seat, line: &PersonLine, body: Markup) -> Page {
    below_search(seat, Page::new(person_text(seat, line), body).narrow())
}

/// A page below the search, for those who may search: an auditor opens a file from elsewhere.
fn below_search(seat: &Seat, page: Page) -> Page {
    let search = "/registry/persons";
    if seat.may_open(search) { page.crumb(search, t!(seat, "nav-persons")) } else { page }
}

async fn facts(seat: &Seat, line: &PersonLine, clear: Option<&Identity>) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let name = clear.map_or(&line.masked.name, |c| &c.name);
    let number = clear.map_or(&line.masked.id_number, |c| &c.id_number);
    let phone = clear.map_or(&line.masked.phone, |c| &c.phone);
    let id_type = seat.text(&format!("reg-id-type-{}", line.masked.id_type.as_str()));
    let code = |text: &Option<String>| html! { @if let Some(text) = text { code { (text) } } @else { "—" } };
    let mut rows = vec![
        (t!(seat, "reg-name"), html! { (name) }),
        (id_type, code(number)),
        (t!(seat, "desk-phone"), code(phone)),
    ];
    if let Some(place) = &line.place {
        let way_there = views::way_to(&mut db, place).await?;
        rows.push((t!(seat, "reg-home"), html! { (way(seat, &way_there)) " · " (line.door) }));
    }
    rows.push((t!(seat, "reg-registered"), html! { (seat.time(line.registered_at)) }));
    rows.push((t!(seat, "desk-person-id"), html! { code { (line.id) } }));
    let remark = line.same_as.map(|other| {
        let text = if line.flags & MOVED_AWAY != 0 {
            t!(seat, "reg-moved-away")
        } else {
            t!(seat, "reg-same-as")
        };
        (text, format!("/registry/persons/{}?area={}", other.person, other.area))
    });
    Ok(html! {
        @if let Some((text, href)) = &remark {
            (parts::notice(Tone::Info, text, html! { p { a href=(href) { (t!(seat, "reg-other-record")) } } }))
        }
        @if line.flags & WALK_IN != 0 { p { (parts::tag(Tone::Info, &t!(seat, "reg-walk-in"))) } }
        (parts::facts(&rows))
    })
}

/// What a look of this depth at a person would be, to ask whether the role may.
fn may_look(seat: &Seat, who: PersonRef, depth: LookDepth) -> bool {
    let look = Look {
        at: LookedAt::Person(who.person),
        depth,
        purpose: registry::command::Purpose::Request,
        note: String::new(),
    };
    let command = Command::Registry(registry::Command::Look(look));
    can(seat.somebody(), Action::Send(&command), Resource::Area(who.area)).is_ok()
}

fn reveal_form(seat: &Seat, who: PersonRef, form: &FormData, errors: Errors) -> Markup {
    if !may_look(seat, who, LookDepth::Reveal) {
        return html! {};
    }
    let wrong = !errors.is_empty();
    let action = format!("/registry/persons/{}/reveal?area={}", who.person, who.area);
    html! {
        details .disclosure open[wrong] {
            summary { (t!(seat, "reg-reveal")) }
            p { (t!(seat, "reg-reveal-lead")) }
            (Form::new(seat, action)
                .errors(errors)
                .field(purpose_field(seat, form.text("purpose")))
                .field(Field::text("note", t!(seat, "reg-note"))
                    .hint(t!(seat, "reg-note-hint")).value(form.text("note")).optional())
                .button(&t!(seat, "reg-reveal")))
        }
    }
}

async fn reveal(seat: Seat, Path(person): Path<String>, form: FormData) -> Answer {
    let who = PersonRef { area: county(&seat)?, person: PersonId::parse(&person)? };
    let purpose = purpose_of(form.text("purpose"))?;
    let look = Look {
        at: LookedAt::Person(who.person),
        depth: LookDepth::Reveal,
        purpose,
        note: form.text("note").to_owned(),
    };
    // First on record, then on the screen.
    looks::record(&seat, who.area, look).await?;
    let record = read(&seat, who).await?;
    let keys = seat.app().keys();
    let clear =
        keys.unseal(who.area, who.person, &record.identity.sealed.0).map_err(Fault::internal)?;
    let line = file::masked(keys, who.area, who.person, &record).map_err(Fault::internal)?;
    let change = format!("/registry/persons/{}/change?area={}", who.person, who.area);
    let body = html! {
        (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {}))
        (facts(&seat, &line, Some(&clear)).await?)
        (parts::button_link(&change, &t!(seat, "reg-change"), false))
    };
    Ok(unkept(seat.render(file_page(&seat, &line, body))))
}

async fn history(seat: &Seat, who: PersonRef) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let changes = file::changes(&mut db, who.area, who.person).await.map_err(Fault::internal)?;
    let looks = file::looks_at(&mut db, who, LOOKS).await.map_err(Fault::internal)?;
    let columns = vec![
        Column::new("at", t!(seat, "time")),
        Column::new("what", t!(seat, "reg-changed")),
        Column::new("why", t!(seat, "reg-reason")),
        Column::new("by", t!(seat, "by")),
        Column::new("note", t!(seat, "reg-note")),
    ];
    let changed = Table::new(t!(seat, "reg-changes"), columns)
        .empty(t!(seat, "reg-changes-empty"))
        .rows(changes.iter().map(|c| {
            let fields: Vec<String> =
                c.fields.split(' ').map(|f| seat.text(&format!("reg-changed-{f}"))).collect();
            vec![
                Cell::time(seat.time(c.at)),
                Cell::text(fields.join(", ")),
                Cell::text(seat.text(&format!("reg-reason-{}", c.reason))),
                Cell::code(c.actor.clone()),
                Cell::text(c.note.clone()),
            ]
        }));
    let columns = vec![
        Column::new("at", t!(seat, "time")),
        Column::new("by", t!(seat, "by")),
        Column::new("depth", t!(seat, "reg-depth")),
        Column::new("purpose", t!(seat, "desk-purpose")),
        Column::new("note", t!(seat, "reg-note")),
    ];
    let looked = Table::new(t!(seat, "reg-looks"), columns)
        .empty(t!(seat, "reg-looks-empty"))
        .rows(looks.iter().map(|l| {
            vec![
                Cell::time(seat.time(l.at)),
                Cell::code(l.actor.clone()),
                Cell::text(seat.text(&format!("reg-depth-{}", l.depth))),
                Cell::text(seat.text(&format!("desk-purpose-{}", l.purpose))),
                Cell::text(l.note.clone()),
            ]
        }));
    Ok(html! { (changed.render(seat)) (looked.render(seat)) })
}

const REASONS: [ChangeReason; 4] = [
    ChangeReason::Mistyped,
    ChangeReason::DocumentSeen,
    ChangeReason::Moved,
    ChangeReason::Changed,
];

async fn change_page(seat: Seat, Path(person): Path<String>) -> Answer {
    let who = PersonRef { area: county(&seat)?, person: PersonId::parse(&person)? };
    Ok(show_change(&seat, who, &FormData::default(), Errors::default()))
}

fn show_change(seat: &Seat, who: PersonRef, form: &FormData, errors: Errors) -> Response {
    let types = IdType::ALL
        .into_iter()
        .map(|t| (t.as_str().to_owned(), seat.text(&format!("reg-id-type-{}", t.as_str()))))
        .collect();
    let reasons = REASONS
        .into_iter()
        .map(|r| (r.as_str().to_owned(), seat.text(&format!("reg-reason-{}", r.as_str()))))
        .collect();
    let id = act::again(form, &errors);
    let action = format!("/registry/persons/{}/change?area={}", who.person, who.area);
    let body = Form::new(seat, action)
        .errors(errors)
        .hidden(act::ID, &id)
        .markup(html! { p { (t!(seat, "reg-change-lead")) } })
        .group(
            &t!(seat, "reg-identity"),
            vec![
                Field::text("name", t!(seat, "reg-name")).value(form.text("name")).optional(),
                Field::select("id_type", t!(seat, "reg-id-type"), types)
                    .value(form.text("id_type")),
                Field::text("id_number", t!(seat, "desk-id-number"))
                    .value(form.text("id_number"))
                    .optional(),
                Field::text("phone", t!(seat, "desk-phone")).value(form.text("phone")).optional(),
            ],
        )
        .group(
            &t!(seat, "reg-home"),
            vec![
                Field::code("place", t!(seat, "reg-place-code"), false)
                    .value(form.text("place"))
                    .optional(),
                Field::text("door", t!(seat, "desk-door")).value(form.text("door")).optional(),
            ],
        )
        .field(Field::select("reason", t!(seat, "reg-reason"), reasons).value(form.text("reason")))
        .field(
            Field::text("note", t!(seat, "reg-note"))
                .hint(t!(seat, "reg-note-hint"))
                .value(form.text("note"))
                .optional(),
        )
        .button(&t!(seat, "save"));
    let page = Page::new(t!(seat, "reg-change"), body).timeless().narrow();
    let back = format!("/registry/persons/{}?area={}", who.person, who.area);
    unkept(seat.render(page.crumb(back, t!(seat, "reg-file"))))
}

async fn change(seat: Seat, Path(person): Path<String>, form: FormData) -> Answer {
    let who = PersonRef { area: county(&seat)?, person: PersonId::parse(&person)? };
    let mut errors = Errors::default();
    let details = (!form.text("name").is_empty()).then(|| {
        let text = |name: &str| Some(form.text(name).to_owned()).filter(|t| !t.is_empty());
        let id_type = IdType::ALL.into_iter().find(|t| t.as_str() == form.text("id_type"));
        Details::Clear(Box::new(Identity {
            name: form.text("name").to_owned(),
            id_type: id_type.unwrap_or_default(),
            id_number: text("id_number"),
            phone: text("phone"),
        }))
    });
    // A number without a name would be dropped without a word.
    if details.is_none() && !(form.text("id_number").is_empty() && form.text("phone").is_empty()) {
        errors.add("name", Refusal::new("name-missing"));
    }
    let address = match form.text("place") {
        "" => None,
        text => errors
            .check("place", PlaceCode::parse(text))
            .map(|place| Address { place, door: form.text("door").to_owned() }),
    };
    let reason = REASONS.into_iter().find(|r| r.as_str() == form.text("reason"));
    let reason = reason.ok_or_else(|| Refusal::new("malformed-request"))?;
    let note = form.text("note").to_owned();
    let mut command = registry::Command::ChangePerson(ChangePerson {
        person: who.person,
        details,
        address,
        reason,
        note,
    });
    if errors.is_empty() {
        let sealed = command.seal(seat.app().keys(), who.area, seat.app().today());
        let done = match sealed {
            Ok(()) => act::send(&seat, who.area, &form, command).await?,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(_) => {
                let back = format!(
                    "/registry/persons/{}?area={}&purpose=correction",
                    who.person, who.area
                );
                return Ok(seat.go(&back));
            }
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    Ok(show_change(&seat, who, &form, errors))
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "name-missing" | "name-form" | "nothing-to-change" => "name",
        "phone-form" => "phone",
        "door-too-long" => "door",
        "note-too-long" => "note",
        code if code.starts_with("place-") => "place",
        _ => "id_number",
    }
}
