//! A case that a person enters.

use axum::response::Response;
use cases::{Class, Command, Field as Entry, FoundIn, Open, Patch, Severity, Who};
use registry::command::Details;
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
use crate::{Fault, t};

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

async fn page(seat: Seat) -> Answer {
    county(&seat)?;
    Ok(show(&seat, &FormData::default(), Errors::default()))
}

fn show(seat: &Seat, form: &FormData, errors: Errors) -> Response {
    let types = IdType::ALL
        .into_iter()
        .map(|t| (t.as_str().to_owned(), seat.text(&format!("reg-id-type-{}", t.as_str()))))
        .collect();
    let sexes = [("", "case-any"), ("female", "reg-sex-female"), ("male", "reg-sex-male")];
    let sexes = sexes.into_iter().map(|(w, key)| (w.to_owned(), seat.text(key))).collect();
    let classes = [Class::Suspected, Class::ScreenPositive, Class::Asymptomatic, Class::Confirmed];
    let text = |name: &'static str, label: &str| {
        Field::text(name, seat.text(label)).value(form.text(name)).optional()
    };
    let id =
        if form.text(act::ID).is_empty() { act::fresh() } else { form.text(act::ID).to_owned() };
    let person = match form.text("person_id") {
        "" => Uuid::now_v7().to_string(),
        known => known.to_owned(),
    };
    let body = Form::new(seat, seat.link("/cases/open"))
        .errors(errors)
        .hidden(act::ID, &id)
        .hidden("person_id", &person)
        .group(
            &t!(seat, "case-who-registered"),
            vec![text("registered", "desk-person-id").hint(t!(seat, "case-who-registered-hint"))],
        )
        .group(
            &t!(seat, "case-who-new"),
            vec![
                text("name", "reg-name"),
                Field::select("id_type", t!(seat, "reg-id-type"), types)
                    .value(form.text("id_type")),
                text("id_number", "desk-id-number"),
                text("phone", "desk-phone"),
                text("birth", "case-birth").hint(t!(seat, "case-day-hint")),
                Field::select("sex", t!(seat, "case-sex"), sexes).value(form.text("sex")).short(),
            ],
        )
        .group(
            &t!(seat, "case-what"),
            vec![
                Field::select(
                    "class",
                    t!(seat, "case-class"),
                    options(seat, "case-class", None, classes.iter().map(|c| c.as_str())),
                )
                .value(form.text("class")),
                Field::select(
                    "severity",
                    t!(seat, "case-severity"),
                    options(
                        seat,
                        "case-severity",
                        Some("case-severity-open"),
                        Severity::ALL.iter().map(|s| s.as_str()),
                    ),
                )
                .value(form.text("severity")),
                Field::select(
                    "found_in",
                    t!(seat, "case-found-in"),
                    options(
                        seat,
                        "case-found-in",
                        Some("case-choose"),
                        FoundIn::ALL.iter().map(|f| f.as_str()),
                    ),
                )
                .value(form.text("found_in")),
                text("place", "reg-place-code").hint(t!(seat, "case-place-hint")),
                text("onset", "case-field-onset").hint(t!(seat, "case-day-hint")),
            ],
        )
        .field(text("note", "case-grounds"))
        .button(&t!(seat, "case-open"));
    let page = Page::new(t!(seat, "case-open"), body).timeless().narrow();
    seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases")))
}

async fn take(seat: Seat, form: FormData) -> Answer {
    let area = county(&seat)?;
    let mut errors = Errors::default();
    let optional = |name: &str| Some(form.text(name).to_owned()).filter(|t| !t.is_empty());
    let who = if form.text("registered").is_empty() {
        let identity = Identity {
            name: form.text("name").to_owned(),
            id_type: IdType::ALL
                .into_iter()
                .find(|t| t.as_str() == form.text("id_type"))
                .unwrap_or_default(),
            id_number: optional("id_number"),
            phone: optional("phone"),
        };
        let person = errors.check("registered", PersonId::parse(form.text("person_id")));
        person.map(|person| Who::Unregistered {
            person,
            details: Details::Clear(Box::new(identity)),
            birth: optional("birth"),
            age_months: None,
            sex: Sex::from_stored(form.text("sex")),
        })
    } else {
        let person = errors.check("registered", PersonId::parse(form.text("registered")));
        person.map(|person| Who::Registered { area, person })
    };
    let mut fields = Patch::new();
    for (name, field) in
        [("found_in", Entry::FoundIn), ("place", Entry::Place), ("onset", Entry::Onset)]
    {
        if !form.text(name).is_empty() {
            fields.insert(field, form.text(name).to_owned());
        }
    }
    let class = Class::parse(form.text("class")).unwrap_or(Class::Suspected);
    if let (Some(who), true) = (who, errors.is_empty()) {
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
            Ok(()) => act::send(&seat, area, &form, command).await?,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(_) => {
                let id = types::CommandId::parse(form.text(act::ID))?;
                return Ok(seat.go(&words::path(cases::case_of_command(area, id))));
            }
            Err(refusal) if refusal.code == "case-exists" => {
                errors.add("registered", refusal);
            }
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    Ok(show(&seat, &form, errors))
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "name-missing" | "name-form" => "name",
        "phone-form" => "phone",
        "birth-date" => "birth",
        "found-in-missing" | "found-in-unknown" => "found_in",
        "onset-form" => "onset",
        "person-unknown" => "registered",
        "note-too-long" => "note",
        code if code.starts_with("place-") => "place",
        _ => "id_number",
    }
}
