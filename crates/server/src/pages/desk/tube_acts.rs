//! What can be done about a tube: mark it, correct a member, resolve a claim, release a result.

use axum::extract::Path;
use ledger::Custody;
use maud::{Markup, html};
use testing::{Command, CorrectMember, Fault as TubeFault, Mark, Resolve};
use types::{CommandId, PersonId, Refusal};

use crate::access::{Policy, Role};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};

use super::tubes::{self, Known};
use super::{STAFF, words};
use crate::pages::act::{self, Done};

const MARK: Policy =
    Policy::any_of([Role::Sampler, Role::Grid, Role::Courier, Role::Laboratory, Role::District]);
const CORRECT: Policy = Policy::any_of([Role::Sampler, Role::Grid, Role::District]);
const RESOLVE: Policy = Policy::any_of([Role::District]);
const RELEASE: Policy = Policy::any_of([Role::Laboratory, Role::District]);

const FAULTS: [TubeFault; 3] = [TubeFault::Lost, TubeFault::Leaked, TubeFault::Invalid];

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    for path in [
        "/tubes/{unit}/mark",
        "/tubes/{unit}/correct",
        "/tubes/{unit}/resolve",
        "/tubes/{unit}/release",
        "/tubes/{unit}/members",
    ] {
        routes.get(path, STAFF, back);
    }
    routes.post("/tubes/{unit}/mark", MARK, mark);
    routes.post("/tubes/{unit}/correct", CORRECT, correct);
    routes.post("/tubes/{unit}/resolve", RESOLVE, resolve);
    routes.post("/tubes/{unit}/release", RELEASE, release);
}

/// The forms that the actor may send for the tube as it stands.
pub fn forms(
    seat: &Seat,
    known: &Known,
    custody: &Custody,
    wrong: Option<(&'static str, Errors)>,
) -> Markup {
    let may = |command| act::may(seat, known.area, command);
    let tube = &known.tube;
    let id = known.id;
    let errors = |name| match &wrong {
        Some((form, errors)) if *form == name => errors.clone(),
        _ => Errors::default(),
    };
    let form = |name: &str| {
        Form::new(seat, seat.link(&format!("/tubes/{id}/{name}"))).hidden(act::ID, &act::fresh())
    };
    let open = |name| wrong.as_ref().is_some_and(|(form, _)| *form == name);
    let note = || Field::area("note", t!(seat, "desk-note"), 2).hint(t!(seat, "desk-note-hint"));
    let unsettled = tube.reported_at.is_none() && tube.fault.is_none();
    let result_waits = tube.reading.is_some()
        && tube.status.as_deref() != Some("preliminary")
        && unsettled
        && tube.claims <= 1;
    let options: Vec<(String, String)> = sides_to_void(seat, known, custody);

    let mut parts: Vec<(&str, String, Markup)> = Vec::new();
    if !options.is_empty() && may(resolve_of(id, CommandId::from_bytes([0; 16]), 0, String::new()))
    {
        let markup = form("resolve")
            .errors(errors("resolve"))
            .field(Field::radios("claim", t!(seat, "desk-which-falls"), options))
            .field(note())
            .button(&t!(seat, "desk-resolve"));
        parts.push(("resolve", t!(seat, "desk-resolve"), markup));
    }
    if result_waits && may(Command::Report { tubes: vec![id] }) {
        let markup = form("release")
            .errors(errors("release"))
            .markup(html! { p { (t!(seat, "desk-release-hint")) } })
            .button(&t!(seat, "desk-release"));
        parts.push(("release", t!(seat, "desk-release"), markup));
    }
    if unsettled && may(mark_of(id, TubeFault::Lost, String::new())) {
        let options = FAULTS
            .map(|f| (f.as_str().to_owned(), words::word(seat, "closed", f.as_str())))
            .to_vec();
        let markup = form("mark")
            .errors(errors("mark"))
            .danger()
            .markup(html! { p { (t!(seat, "desk-mark-hint", n = tube.members.len() as i64)) } })
            .field(Field::radios("fault", t!(seat, "desk-fault"), options))
            .field(note())
            .button(&t!(seat, "desk-mark"));
        parts.push(("mark", t!(seat, "desk-mark"), markup));
    }
    let correct = CorrectMember {
        tube: id,
        position: 1,
        person: PersonId::from_bytes([0; 16]),
        note: String::new(),
    };
    if tube.is_collected() && may(Command::CorrectMember(correct)) {
        let positions = (1..=tube.members.len()).map(|n| (n.to_string(), n.to_string())).collect();
        let markup = form("correct")
            .errors(errors("correct"))
            .field(Field::select("position", t!(seat, "desk-position"), positions).short())
            .field(
                Field::code("person", t!(seat, "desk-right-person"), false)
                    .hint(t!(seat, "desk-right-person-hint")),
            )
            .field(note())
            .button(&t!(seat, "desk-correct"));
        parts.push(("correct", t!(seat, "desk-correct"), markup));
    }
    html! {
        @for (name, title, form) in parts {
            details .disclosure open[open(name) || name == "resolve"] {
                summary { (title) }
                (form)
            }
        }
    }
}

/// What can be set aside, as the form's options: `command:n`.
fn sides_to_void(seat: &Seat, known: &Known, custody: &Custody) -> Vec<(String, String)> {
    let mut options = Vec::new();
    for (kind, sides) in tubes::sides(known, custody) {
        for (n, side) in sides.iter().enumerate().filter(|(_, side)| side.voidable) {
            let reference = side.moment.reference;
            let text = t!(
                seat,
                "desk-side",
                kind = words::word(seat, "finding", kind.as_str()),
                letter = char::from(b'A' + n as u8).to_string(),
                who = side.moment.actor.clone(),
                at = seat.time(side.moment.event_time).to_string()
            );
            options.push((format!("{}:{}", reference.command, reference.n), text));
        }
    }
    options
}

fn mark_of(tube: types::UnitId, fault: TubeFault, note: String) -> Command {
    Command::Mark(Mark { tube, fault, note })
}

fn resolve_of(unit: types::UnitId, void_command: CommandId, void_n: u32, note: String) -> Command {
    Command::Resolve(Resolve { unit, void_command, void_n, note })
}

/// Shows the tube as it now stands, or the form again with what was wrong.
async fn answer(
    seat: &Seat,
    unit: &str,
    form: &'static str,
    said: String,
    outcome: Result<Done, Errors>,
) -> Answer {
    let known = Known::read(seat, unit).await?;
    match outcome {
        Ok(Ok(notes)) => tubes::page(seat, &known, words::done(seat, &said, &notes), None).await,
        // The tube may no longer offer that form: what a rule says stands above all.
        Ok(Err(refusal)) => {
            let said = words::refused(seat, &refusal);
            again(seat, &known, said, (form, Errors::default())).await
        }
        Err(errors) => again(seat, &known, html! {}, (form, errors)).await,
    }
}

async fn again(seat: &Seat, known: &Known, said: Markup, wrong: (&'static str, Errors)) -> Answer {
    let mut response = tubes::page(seat, known, said, Some(wrong)).await?;
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// A reload, a download or a change of language after a form: back to the tube itself.
async fn back(seat: Seat, Path(unit): Path<String>) -> Answer {
    let here = seat.here(&[]);
    let query = here.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    Ok(seat.go(&format!("/tubes/{}{query}", types::UnitId::parse(&unit)?)))
}

fn note_of(form: &FormData, errors: &mut Errors) -> String {
    let note = form.text("note");
    if note.is_empty() {
        errors.add("note", Refusal::new("note-needed").with("field", "note"));
    }
    note.to_owned()
}

async fn mark(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let known = Known::read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let fault = FAULTS.into_iter().find(|f| f.as_str() == form.text("fault"));
    if fault.is_none() {
        errors.add("fault", Refusal::new("choice-missing"));
    }
    let note = note_of(&form, &mut errors);
    let outcome = match fault.filter(|_| errors.is_empty()) {
        Some(fault) => {
            Ok(act::send(&seat, known.area, &form, mark_of(known.id, fault, note)).await?)
        }
        None => Err(errors),
    };
    answer(&seat, &unit, "mark", t!(seat, "desk-marked"), outcome).await
}

async fn correct(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let known = Known::read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let position = form.text("position").parse::<u32>().ok();
    if position.is_none() {
        errors.add("position", Refusal::new("choice-missing"));
    }
    let person = errors.check("person", PersonId::parse(form.text("person")));
    let note = note_of(&form, &mut errors);
    let outcome = match (position, person, errors.is_empty()) {
        (Some(position), Some(person), true) => {
            let correct = CorrectMember { tube: known.id, position, person, note };
            Ok(act::send(&seat, known.area, &form, Command::CorrectMember(correct)).await?)
        }
        _ => Err(errors),
    };
    answer(&seat, &unit, "correct", t!(seat, "desk-corrected"), outcome).await
}

async fn resolve(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let known = Known::read(&seat, &unit).await?;
    let mut errors = Errors::default();
    let chosen = form
        .text("claim")
        .split_once(':')
        .and_then(|(command, n)| Some((CommandId::parse(command).ok()?, n.parse::<u32>().ok()?)));
    if chosen.is_none() {
        errors.add("claim", Refusal::new("choice-missing"));
    }
    let note = note_of(&form, &mut errors);
    let outcome = match chosen.filter(|_| errors.is_empty()) {
        Some((command, n)) => {
            let resolve = resolve_of(known.id, command, n, note);
            Ok(act::send(&seat, known.area, &form, resolve).await?)
        }
        None => Err(errors),
    };
    answer(&seat, &unit, "resolve", t!(seat, "desk-resolved"), outcome).await
}

async fn release(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let known = Known::read(&seat, &unit).await?;
    let report = Command::Report { tubes: vec![known.id] };
    let outcome = act::send(&seat, known.area, &form, report).await?;
    answer(&seat, &unit, "release", t!(seat, "desk-release-done"), Ok(outcome)).await
}
