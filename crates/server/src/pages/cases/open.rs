//! A case that a person enters.

use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use cases::{Class, Command, Field as Entry, FoundIn, Open, Patch, Severity, Who};
use maud::{Markup, html};
use registry::command::{Details, Purpose};
use registry::file;
use registry::identity::{IdType, Identity, Sex};
use types::{AreaCode, PersonId, Refusal};
use uuid::Uuid;

use super::KEEPERS;
use super::words::{self, options};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, looks, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/open", KEEPERS, page);
    routes.post("/cases/open", KEEPERS, take);
}

/// The county that a page is for: the one in view.
pub fn county(seat: &Seat) -> Result<AreaCode, Fault> {
    let (low, high) = seat.scope().bounds();
    let named = (low == high && low > 0).then(|| AreaCode::from_stored(low));
    named.ok_or_else(|| Refusal::new("county-missing").into())
}

/// The page of a case that begins for somebody whom the registry has.
pub fn path_for(area: AreaCode, person: PersonId) -> String {
    format!("/cases/open?area={area}&person={person}")
}

async fn page(seat: Seat) -> Answer {
    county(&seat)?;
    show(&seat, &FormData::default(), Errors::default()).await
}

async fn show(seat: &Seat, form: &FormData, errors: Errors) -> Answer {
    let registered = seat.param("person");
    let id = act::again(form, &errors);
    let action = seat.here(&[]);
    let mut made = Form::new(seat, action).errors(errors).hidden(act::ID, &id);
    made = match &registered {
        Some(person) => made.markup(somebody(seat, person).await?),
        None => nobody_yet(seat, form, made),
    };
    let classes = [Class::Suspected, Class::ScreenPositive, Class::Asymptomatic, Class::Confirmed];
    let classes = options(seat, "case-class", None, classes.iter().map(|c| c.as_str()));
    let grades = options(
        seat,
        "case-severity",
        Some("case-severity-open"),
        Severity::ALL.iter().map(|s| s.as_str()),
    );
    let found = FoundIn::ALL.iter().map(|f| f.as_str());
    let found = options(seat, "case-found-in", Some("case-choose"), found);
    let select = |name: &'static str, label: &str, options| {
        Field::select(name, seat.text(label), options).value(form.text(name))
    };
    let place = Field::code("place", t!(seat, "reg-place-code"), false)
        .hint(t!(seat, "case-place-hint"))
        .value(form.text("place"))
        .optional();
    let known = match form.text("at") {
        "" => input_value(seat.now(), seat.app().zone()),
        typed => typed.to_owned(),
    };
    let known = Field::time("at", t!(seat, "case-found-at")).value(known);
    let onset = Field::day("onset", t!(seat, "case-field-onset"));
    let body = made
        .group(
            &t!(seat, "case-what"),
            vec![
                select("class", "case-class", classes),
                select("severity", "case-severity", grades),
                select("found_in", "case-found-in", found).hint(t!(seat, "case-found-in-hint")),
                place,
                known.hint(t!(seat, "case-found-at-hint")),
                onset.value(form.text("onset")).optional(),
            ],
        )
        .field(Field::text("note", t!(seat, "case-grounds")).value(form.text("note")).optional())
        .button(&t!(seat, "case-open"));
    let page = Page::new(t!(seat, "case-open"), body).timeless().narrow();
    let page = page.crumb(seat.link("/cases"), t!(seat, "nav-cases"));
    let mut response: Response = seat.render(page);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The person of the registry whose case begins, masked; the look is on record.
async fn somebody(seat: &Seat, person: &str) -> Result<Markup, Fault> {
    let (area, person) = (county(seat)?, PersonId::parse(person)?);
    looks::record_look(seat, area, person, Purpose::Care).await?;
    let mut db = seat.db().await?;
    let known = file::person(&mut db, area, person).await.map_err(Fault::internal)?;
    let known = known.ok_or_else(|| Fault::not_found(person))?;
    let line = file::masked(seat.app().keys(), area, person, &known).map_err(Fault::internal)?;
    let code = |text: Option<&String>| html! { (text.map_or("—", String::as_str)) };
    let rows = [
        (t!(seat, "reg-name"), html! { (line.masked.name) }),
        (t!(seat, "desk-id-number"), code(line.masked.id_number.as_ref())),
        (t!(seat, "desk-phone"), code(line.masked.phone.as_ref())),
        (t!(seat, "case-file"), html! { (t!(seat, "case-registered")) }),
    ];
    Ok(html! { (parts::facts(&rows)) p .muted { (t!(seat, "case-look-recorded")) } })
}

/// The least data of somebody whom the registry does not have.
fn nobody_yet<'a>(seat: &'a Seat, form: &FormData, made: Form<'a>) -> Form<'a> {
    let types = IdType::ALL
        .into_iter()
        .map(|t| (t.as_str().to_owned(), seat.text(&format!("reg-id-type-{}", t.as_str()))))
        .collect();
    let sexes = [("", "case-sex-unknown"), ("female", "reg-sex-female"), ("male", "reg-sex-male")];
    let sexes = sexes.into_iter().map(|(w, key)| (w.to_owned(), seat.text(key))).collect();
    let person = match form.text("person_id") {
        "" => Uuid::now_v7().to_string(),
        known => known.to_owned(),
    };
    let text = |name: &'static str, label: &str| {
        Field::text(name, seat.text(label)).value(form.text(name))
    };
    made.markup(html! {
        p {
            (t!(seat, "case-open-lead")) " "
            a href=(seat.link("/registry/persons")) { (t!(seat, "nav-persons")) }
        }
    })
    .hidden("person_id", &person)
    .group(
        &t!(seat, "case-who-new"),
        vec![
            text("name", "reg-name"),
            Field::select("id_type", t!(seat, "reg-id-type"), types).value(form.text("id_type")),
            text("id_number", "desk-id-number").hint(t!(seat, "case-id-number-hint")).optional(),
            text("phone", "desk-phone").optional(),
            Field::day("birth", t!(seat, "case-birth"))
                .hint(t!(seat, "case-birth-hint"))
                .value(form.text("birth"))
                .optional(),
            Field::select("sex", t!(seat, "case-sex"), sexes).value(form.text("sex")).short(),
        ],
    )
}

async fn take(seat: Seat, form: FormData) -> Answer {
    let area = county(&seat)?;
    let mut errors = Errors::default();
    let optional = |name: &str| Some(form.text(name).to_owned()).filter(|t| !t.is_empty());
    let who = if let Some(person) = seat.param("person") {
        let person = errors.check("person", PersonId::parse(&person));
        person.map(|person| Who::Registered { area, person })
    } else {
        let identity = Identity {
            name: form.text("name").to_owned(),
            id_type: IdType::ALL
                .into_iter()
                .find(|t| t.as_str() == form.text("id_type"))
                .unwrap_or_default(),
            id_number: optional("id_number"),
            phone: optional("phone"),
        };
        let person = errors.check("person", PersonId::parse(form.text("person_id")));
        person.map(|person| Who::Unregistered {
            person,
            details: Details::Clear(Box::new(identity)),
            birth: optional("birth"),
            age_months: None,
            sex: Sex::from_stored(form.text("sex")),
        })
    };
    let mut fields = Patch::new();
    for (name, field) in
        [("found_in", Entry::FoundIn), ("place", Entry::Place), ("onset", Entry::Onset)]
    {
        if !form.text(name).is_empty() {
            fields.insert(field, form.text(name).to_owned());
        }
    }
    let at = match form.text("at") {
        "" => Some(seat.now()),
        text => errors.check("at", parse_local(text, seat.app().zone())),
    };
    let class = Class::parse(form.text("class")).unwrap_or(Class::Suspected);
    if let (Some(who), Some(at), true) = (who, at, errors.is_empty()) {
        let mut command = Command::Open(Open {
            who,
            class,
            severity: Severity::parse(form.text("severity")),
            fields,
            observation: None,
            note: form.text("note").to_owned(),
            keys: Vec::new(),
        });
        let sealed = command.seal(seat.app().keys(), area, seat.app().today());
        let done = match sealed {
            Ok(()) => act::send_at(&seat, area, &form, at, command).await?,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(_) => {
                let id = types::CommandId::parse(form.text(act::ID))?;
                return Ok(seat.go(&words::path(cases::case_of_command(area, id))));
            }
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    show(&seat, &form, errors).await
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "name-missing" | "name-form" => "name",
        "phone-form" => "phone",
        "birth-date" => "birth",
        "found-in-missing" | "found-in-unknown" => "found_in",
        "onset-form" => "onset",
        "case-exists" | "person-unknown" => "person",
        "note-too-long" => "note",
        code if code.starts_with("place-") => "place",
        _ => "id_number",
    }
}
