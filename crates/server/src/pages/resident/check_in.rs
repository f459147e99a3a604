//! How somebody at home says how they are: on the household's page, and by telephone on the desk's.

use axum::extract::Path;
use care::{CheckIn, Command, Episode, Sign, Stage, next_word, views};
use maud::{Markup, html};
use types::{Micros, PersonId, Refusal, UnitId};

use super::{RESIDENT, members};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/my/{person}/check-in", RESIDENT, take);
}

/// The questions, with what was answered so far.
pub fn questions<'a>(seat: &Seat, form: Form<'a>, told: &FormData) -> Form<'a> {
    let signs = Sign::ALL
        .iter()
        .map(|sign| (sign.as_str().to_owned(), named(seat, "care-sign", sign.as_str())));
    let number = |name: &'static str, label: String, hint: String| {
        Field::number(name, label).hint(hint).value(told.text(name)).optional().short()
    };
    form.field(number(
        "temperature",
        t!(seat, "care-check-temperature"),
        t!(seat, "care-check-temperature-hint"),
    ))
    .field(number("spo2", t!(seat, "care-check-spo2"), t!(seat, "care-check-spo2-hint")))
    .field(Field::ticks("signs", t!(seat, "care-check-signs"), signs.collect(), told))
    .field(Field::text("note", t!(seat, "care-note")).value(told.text("note")).optional())
}

/// Reads the answers.
pub fn answers(episode: UnitId, form: &FormData, errors: &mut Errors) -> CheckIn {
    CheckIn {
        episode,
        temperature: form.opt_number(errors, "temperature", "36.5"),
        spo2: form.opt_number(errors, "spo2", "97"),
        signs: form.all("signs").filter_map(Sign::parse).collect(),
        note: form.text("note").to_owned(),
    }
}

/// The field of the form that a refusal is about.
pub fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.args.iter().find(|(name, _)| name == "field").map(|(_, f)| f.as_str()) {
        Some("spo2") => "spo2",
        Some("temperature") => "temperature",
        _ => "note",
    }
}

/// When somebody at home is to be heard of again.
pub fn due(seat: &Seat, episode: &Episode) -> Option<Micros> {
    let (_, until) = episode.home.filter(|_| episode.stage == Stage::Home)?;
    let edition = seat.app().protocol().at(seat.now(), episode.area());
    let every = edition.care().ok()?.check_in.as_ref()?.value;
    Some(next_word(episode.heard_at(), every, until))
}

/// What stands on the household's page of somebody at home: what was said, when the next word is due, and the
/// questions.
pub fn panel(seat: &Seat, episode: &Episode, told: &FormData, errors: &Errors) -> Markup {
    let Some(due) = due(seat, episode) else { return html! {} };
    let form = Form::new(seat, format!("/my/{}/check-in", episode.person))
        .part("check-in")
        .errors(errors.clone())
        .hidden(act::ID, &act::again(told, errors));
    let body = html! {
        @if let Some(since) = episode.alarm_at {
            (parts::notice(Tone::Bad, &t!(seat, "my-check-alarm"), html! {
                p { (t!(seat, "my-check-alarm-next", since = seat.time(since).as_str())) }
            }))
        }
        p {
            @match episode.checked_at {
                Some(at) => (t!(seat, "my-check-last", at = seat.time(at).as_str())),
                None => (t!(seat, "my-check-none")),
            }
            " "
            @if due < seat.now() { strong { (t!(seat, "my-check-late", due = seat.time(due).as_str())) } }
            @else { (t!(seat, "my-check-due", due = seat.time(due).as_str())) }
        }
        (questions(seat, form, told).button(&t!(seat, "care-check-send")))
    };
    parts::panel(&t!(seat, "care-check"), body)
}

async fn take(seat: Seat, Path((person,)): Path<(String,)>, form: FormData) -> Answer {
    let person = PersonId::parse(&person)?;
    if !members(&seat).await?.1.iter().any(|member| member.id == person) {
        return Err(Refusal::new("not-your-household").into());
    }
    let mut db = seat.db().await?;
    let found = views::of_person(&mut db, person).await?;
    drop(db);
    let at_home = found.into_iter().find(|e| e.stage == Stage::Home);
    let Some(episode) = at_home else {
        return Err(Refusal::new("not-at-home").with("stage", "").into());
    };
    let mut errors = Errors::default();
    let said = answers(episode.id, &form, &mut errors);
    if errors.is_empty() {
        match act::send(&seat, episode.area(), &form, Command::CheckIn(said)).await? {
            Ok(_) => return Ok(seat.go(&format!("/my/{person}"))),
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    let body = panel(&seat, &episode, &form, &errors);
    let page = Page::new(t!(seat, "care-check"), body)
        .crumb(format!("/my/{person}"), t!(seat, "my-title"))
        .narrow();
    Ok(seat.render(page))
}
