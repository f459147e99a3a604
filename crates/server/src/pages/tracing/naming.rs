//! Naming contacts by hand: a few at once, of a case or of a close contact; and the whole household.

use axum::extract::Path;
use maud::html;
use registry::command::Details;
use registry::identity::{IdType, Identity};
use tracing_desk::views;
use tracing_desk::{Command, Name, NewContact, Setting, Who};
use types::{AreaCode, Micros, PersonId, PlaceCode, Refusal, Span, UnitId};
use uuid::Uuid;

use super::{TRACERS, who, words};
use crate::pages::act;
use crate::pages::cases::words::options;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::time::parse_local;
use crate::{Fault, t};

/// People that the form has room for.
const ROWS: usize = 5;

/// The names of the fields of a person: name, number, telephone, place, last contact, setting, note.
const FIELDS: [[&str; 7]; ROWS] = [
    ["name1", "number1", "phone1", "place1", "last1", "setting1", "note1"],
    ["name2", "number2", "phone2", "place2", "last2", "setting2", "note2"],
    ["name3", "number3", "phone3", "place3", "last3", "setting3", "note3"],
    ["name4", "number4", "phone4", "place4", "last4", "setting4", "note4"],
    ["name5", "number5", "phone5", "place5", "last5", "setting5", "note5"],
];
const PERSONS: [&str; ROWS] = ["person1", "person2", "person3", "person4", "person5"];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/investigations/{unit}/name", TRACERS, of_case);
    routes.post("/tracing/investigations/{unit}/name", TRACERS, take_of_case);
    routes.post("/tracing/investigations/{unit}/name-household", TRACERS, household);
    routes.get("/tracing/contacts/{contact}/name", TRACERS, of_contact);
    routes.post("/tracing/contacts/{contact}/name", TRACERS, take_of_contact);
}

/// Whose contacts are named.
struct Of {
    source: UnitId,
    area: AreaCode,
    back: String,
}

async fn the_case(seat: &Seat, unit: &str) -> Result<Of, Fault> {
    let of = words::read_investigation(seat, unit).await?;
    Ok(Of { source: of.case, area: of.area(), back: words::investigation_path(of.id) })
}

async fn the_contact(seat: &Seat, text: &str) -> Result<Of, Fault> {
    let of = words::read_contact(seat, text).await?;
    Ok(Of { source: of.id, area: of.county, back: words::contact_path(of.id) })
}

async fn of_case(seat: Seat, Path(unit): Path<String>) -> Answer {
    let of = the_case(&seat, &unit).await?;
    page(&seat, &of, &FormData::default(), Errors::default(), &[])
}

async fn of_contact(seat: Seat, Path(contact): Path<String>) -> Answer {
    let of = the_contact(&seat, &contact).await?;
    page(&seat, &of, &FormData::default(), Errors::default(), &[])
}

fn page(seat: &Seat, of: &Of, form: &FormData, errors: Errors, notes: &[Refusal]) -> Answer {
    let id = act::again(form, &errors);
    let mut made = Form::new(seat, format!("{}/name", of.back)).errors(errors).hidden(act::ID, &id);
    for (n, names) in FIELDS.iter().enumerate() {
        let [name, number, phone, place, last, setting, note] = *names;
        let person = match form.text(PERSONS[n]) {
            "" => Uuid::now_v7().to_string(),
            known => known.to_owned(),
        };
        made = made.hidden(PERSONS[n], &person);
        let settings =
            options(seat, "trace-setting", None, Setting::ALL.iter().map(|s| s.as_str()));
        let text = |field: &'static str, label: String| {
            Field::text(field, label).value(form.text(field)).optional()
        };
        let fields = vec![
            text(name, t!(seat, "reg-name")),
            text(number, t!(seat, "desk-id-number")).hint(t!(seat, "trace-number-hint")),
            text(phone, t!(seat, "desk-phone")),
            Field::code(place, t!(seat, "reg-place-code"), false)
                .value(form.text(place))
                .optional(),
            Field::time(last, t!(seat, "trace-last")).value(form.text(last)).optional(),
            Field::select(setting, t!(seat, "trace-setting"), settings)
                .value(form.text(setting))
                .short(),
            text(note, t!(seat, "care-note")),
        ];
        let legend = t!(seat, "trace-person-n", n = (n + 1) as i64);
        let used = !form.text(name).is_empty() || !form.text(number).is_empty();
        made = match n == 0 {
            true => made.group(&legend, fields),
            false => made.folded(&legend, used, vec![(legend.clone(), fields)]),
        };
    }
    let reason = Field::text("reason", t!(seat, "trace-reason"))
        .hint(t!(seat, "trace-reason-hint"))
        .value(form.text("reason"))
        .optional();
    let body = html! {
        @if !notes.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "trace-named-with-notes"), html! {
                ul {
                    @for note in notes {
                        li { (crate::i18n::Speaks::lang(seat).refusal(note)) " " (crate::i18n::Speaks::lang(seat).refusal_next(note)) }
                    }
                }
                p { a href=(of.back) { (t!(seat, "trace-back")) } }
            }))
        }
        (made.field(reason).button(&t!(seat, "trace-name-send")))
    };
    let title = t!(seat, "trace-name-title", source = words::short(of.source));
    let page = Page::new(title, body)
        .lead(html! { (t!(seat, "trace-name-lead")) })
        .timeless()
        .narrow()
        .crumb(of.back.clone(), words::short(of.source));
    Ok(seat.render(page))
}

async fn take_of_case(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = the_case(&seat, &unit).await?;
    take(&seat, &of, form).await
}

async fn take_of_contact(seat: Seat, Path(contact): Path<String>, form: FormData) -> Answer {
    let of = the_contact(&seat, &contact).await?;
    take(&seat, &of, form).await
}

fn row_of(seat: &Seat, form: &FormData, n: usize, errors: &mut Errors) -> Option<NewContact> {
    let [name, number, phone, place, last, setting, note] = FIELDS[n];
    if [name, number, phone].iter().all(|field| form.text(field).is_empty()) {
        return None;
    }
    let optional = |field: &str| Some(form.text(field).to_owned()).filter(|t| !t.is_empty());
    let id_number = optional(number);
    let identity = Identity {
        name: form.text(name).to_owned(),
        id_type: if id_number.is_some() { IdType::Resident } else { IdType::None },
        id_number,
        phone: optional(phone),
    };
    let at = errors.check(last, parse_local(form.text(last), seat.app().zone()));
    let place_at = match form.text(place) {
        "" => None,
        text => errors.check(place, PlaceCode::parse(text)),
    };
    let person = errors.check(name, PersonId::parse(form.text(PERSONS[n])));
    Some(NewContact {
        row: (n + 1) as u32,
        who: Who::Unregistered {
            person: person?,
            details: Details::Clear(Box::new(identity)),
            place: place_at,
        },
        setting: Setting::parse(form.text(setting)).unwrap_or(Setting::Other),
        stay: None,
        first: None,
        last: at?,
        protected: false,
        note: form.text(note).to_owned(),
    })
}

async fn take(seat: &Seat, of: &Of, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let contacts: Vec<NewContact> =
        (0..ROWS).filter_map(|n| row_of(seat, &form, n, &mut errors)).collect();
    if contacts.is_empty() && errors.is_empty() {
        errors.add("name1", Refusal::new("contacts-number").with("limit", ROWS));
    }
    if !errors.is_empty() {
        return page(seat, of, &form, errors, &[]);
    }
    let reason = form.text("reason").to_owned();
    let name = Name { source: of.source, import: None, contacts, reason };
    let mut command = Command::Name(name);
    let done = match command.seal(seat.app().keys(), of.area, seat.app().today()) {
        Ok(()) => act::send(seat, of.area, &form, command).await?,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(notes) if notes.is_empty() => Ok(seat.go(&of.back)),
        // What was left out, or lives elsewhere, is said before anybody goes on.
        Ok(notes) => page(seat, of, &FormData::default(), Errors::default(), &notes),
        Err(refusal) => {
            let field = field_of(&refusal);
            page(seat, of, &form, Errors::one(field, refusal), &[])
        }
    }
}

/// The field that a refusal is about: that of its row.
fn field_of(refusal: &Refusal) -> &'static str {
    let row = refusal.args.iter().find(|(name, _)| name == "row");
    let row = row.and_then(|(_, row)| row.parse::<usize>().ok()).unwrap_or(1).clamp(1, ROWS);
    let [name, number, phone, place, last, ..] = FIELDS[row - 1];
    match refusal.code.as_ref() {
        code if code.starts_with("id-number") => number,
        "phone-form" => phone,
        code if code.starts_with("place-") => place,
        code if code.starts_with("contact-outside") || code.starts_with("contact-too-long") => last,
        "contact-in-the-future" | "contact-time-wrong" => last,
        "note-too-long" => "reason",
        _ => name,
    }
}

/// Everybody whom the registry has in the household of a case, who is not named yet.
async fn household(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let of = words::read_investigation(&seat, &unit).await?;
    let last: Micros = parse_local(form.text("last"), seat.app().zone())?;
    let people = who::household(&seat, &of).await?;
    let mut db = seat.db().await?;
    let named = views::named_by(&mut db, of.case).await?;
    drop(db);
    let area = of.person_area.unwrap_or(of.area());
    let contacts: Vec<NewContact> = people
        .iter()
        .filter(|line| !named.iter().any(|contact| contact.person == line.id))
        .enumerate()
        .map(|(n, line)| NewContact {
            row: (n + 1) as u32,
            who: Who::Registered { area, person: line.id },
            setting: Setting::Household,
            stay: None,
            // Who lives together has met since the look-back began: its last moment is what counts.
            first: Some(Micros(last.0 - Span::days(1).0)),
            last,
            protected: false,
            note: String::new(),
        })
        .collect();
    let name = Name { source: of.case, import: None, contacts, reason: String::new() };
    match act::send(&seat, of.area(), &form, Command::Name(name)).await? {
        Ok(_) => Ok(seat.go(&words::investigation_path(of.id))),
        Err(refusal) => Err(refusal.into()),
    }
}
