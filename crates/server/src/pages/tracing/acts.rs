//! What is done with a contact: found, told, moved, looked at, tested, let go, handed to another county.

use axum::extract::Path;
use maud::{Markup, html};
use tracing_desk::{Arrive, Check, Command, Contact, Degree, Ended, OwnTest, Stage};
use types::{AreaCode, HolderCode, PlaceCode};

use super::{DESK, TRACERS, contact, words};
use crate::pages::act;
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::parts;
use crate::ui::time::{input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/tracing/contacts/{contact}/locate", TRACERS, locate);
    routes.post("/tracing/contacts/{contact}/notify", TRACERS, notify);
    routes.post("/tracing/contacts/{contact}/depart", TRACERS, depart);
    routes.post("/tracing/contacts/{contact}/arrive", TRACERS, arrive);
    routes.post("/tracing/contacts/{contact}/test", TRACERS, test);
    routes.post("/tracing/contacts/{contact}/check", TRACERS, check);
    routes.post("/tracing/contacts/{contact}/refuse", TRACERS, refuse);
    routes.post("/tracing/contacts/{contact}/release", DESK, release);
    routes.post("/tracing/contacts/{contact}/close", DESK, close);
    routes.post("/tracing/contacts/{contact}/reopen", DESK, reopen);
    routes.post("/tracing/contacts/{contact}/ask", DESK, ask);
    routes.post("/tracing/contacts/{contact}/answer", DESK, answer);
    routes.post("/tracing/contacts/{contact}/reschedule", DESK, reschedule);
}

struct Shown<'a> {
    seat: &'a Seat,
    of: &'a Contact,
    form: &'a FormData,
    errors: &'a Errors,
}

impl<'a> Shown<'a> {
    fn told(&self, name: &str) -> FormData {
        if self.form.text("form") == name { self.form.clone() } else { FormData::default() }
    }

    fn start(&self, name: &'static str) -> (Form<'a>, FormData) {
        let told = self.told(name);
        let mine = self.form.text("form") == name;
        let id = if mine { act::again(self.form, self.errors) } else { act::fresh() };
        let mut made =
            Form::new(self.seat, format!("{}/{name}", words::contact_path(self.of.id))).part(name);
        if mine {
            made = made.errors(self.errors.clone());
        }
        (made.hidden(act::ID, &id).hidden("form", name), told)
    }

    fn folded(&self, name: &str, key: &str, open: bool, body: Markup) -> Markup {
        let open = open || self.form.text("form") == name;
        html! {
            details .disclosure open[open] {
                summary { (self.seat.text(key)) }
                (body)
            }
        }
    }

    fn note(&self, name: &'static str, key: &str, needed: bool) -> Markup {
        let (form, told) = self.start(name);
        let field = Field::text("note", t!(self.seat, "case-why")).value(told.text("note"));
        let field = if needed { field } else { field.optional() };
        self.folded(name, key, false, form.field(field).button(&self.seat.text(key)))
    }

    fn may(&self, command: Command) -> bool {
        act::may(self.seat, self.of.county, command)
    }
}

/// The forms that fit where the follow-up stands; what is expected next is not folded away.
pub fn panel(seat: &Seat, of: &Contact, form: &FormData, errors: &Errors) -> Markup {
    let shown = Shown { seat, of, form, errors };
    let id = of.id;
    let trace = shown.may(Command::Notify { contact: id, note: String::new() });
    let desk = shown.may(Command::Refuse { contact: id, note: String::new() })
        && shown.may(Command::Release { contact: id, reason: String::new() });
    let answers = of.request.is_some_and(|request| {
        let command = Command::Answer { contact: id, accept: true, note: String::new() };
        act::may(seat, request.to, command)
    });
    let before = of.stage.is_before();
    let mut forms: Vec<Markup> = Vec::new();
    if answers {
        forms.push(answer_form(&shown));
    }
    if trace && of.stage < Stage::Located {
        let (form, told) = shown.start("locate");
        let place = Field::code("place", t!(seat, "reg-place-code"), false)
            .hint(t!(seat, "trace-locate-hint"))
            .value(told.text("place"));
        let note = Field::text("note", t!(seat, "care-note")).value(told.text("note"));
        let body = form.field(place.optional()).field(note.optional());
        forms.push(shown.folded(
            "locate",
            "trace-locate",
            true,
            body.button(&t!(seat, "trace-locate")),
        ));
    }
    if trace && of.stage < Stage::Notified {
        forms.push(shown.note("notify", "trace-notify", false));
    }
    if trace && (before || of.stage == Stage::Refused) {
        if of.stage != Stage::Moving {
            forms.push(depart_form(&shown));
        }
        forms.push(arrive_form(&shown, of.stage == Stage::Moving));
    }
    if trace && of.stage.is_observed() {
        forms.push(check_form(&shown));
    }
    if trace && of.is_open() {
        forms.push(test_form(&shown));
    }
    if trace && of.stage == Stage::Quarantined {
        forms.push(arrive_form(&shown, false));
    }
    if trace && of.is_open() && of.degree == Degree::Close {
        let path = format!("{}/name", words::contact_path(id));
        forms.push(
            html! { p { (parts::button_link(&path, &t!(seat, "trace-name-secondary"), false)) } },
        );
    }
    if desk && of.is_open() {
        forms.push(shown.note("release", "trace-release-do", false));
        if of.stage != Stage::Refused {
            forms.push(shown.note("refuse", "trace-refuse", true));
        }
        if of.request.is_none() {
            forms.push(ask_form(&shown));
        }
        forms.push(close_form(&shown));
        if of.stage.is_observed() {
            let (form, _) = shown.start("reschedule");
            let body = form.button(&t!(seat, "trace-reschedule"));
            forms.push(shown.folded("reschedule", "trace-reschedule", false, body));
        }
    }
    if desk && matches!(of.stage, Stage::Released | Stage::Closed) {
        forms.push(shown.note("reopen", "trace-reopen", true));
    }
    if forms.is_empty() {
        return html! {};
    }
    html! {
        section .panel {
            h2 .panel__title { (t!(seat, "care-acts")) }
            @for form in forms { (form) }
        }
    }
}

fn depart_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("depart");
    let site = Field::code("site", t!(seat, "trace-site"), false)
        .hint(t!(seat, "trace-site-hint"))
        .value(told.text("site"));
    let vehicle = Field::text("vehicle", t!(seat, "care-vehicle")).value(told.text("vehicle"));
    let body = form.field(site.optional()).field(vehicle.optional().short());
    shown.folded("depart", "trace-depart", false, body.button(&t!(seat, "trace-depart")))
}

fn arrive_form(shown: &Shown<'_>, open: bool) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("arrive");
    let site = Field::code("site", t!(seat, "trace-site"), false)
        .hint(t!(seat, "trace-site-or-home"))
        .value(told.text("site"));
    let room = Field::text("room", t!(seat, "trace-room")).value(told.text("room")).short();
    let reason = Field::text("note", t!(seat, "trace-why-home")).value(told.text("note"));
    let body = form.field(site.optional()).field(room.optional()).field(reason.optional());
    shown.folded("arrive", "trace-arrive", open, body.button(&t!(seat, "trace-arrive")))
}

fn check_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("check");
    let symptoms = cases::SYMPTOMS
        .iter()
        .map(|word| ((*word).to_owned(), named(seat, "case-symptom", word)))
        .collect();
    let degrees = Field::number("temperature", named(seat, "case-evidence", "temperature"))
        .value(told.text("temperature"))
        .optional();
    let body = form
        .field(degrees)
        .field(Field::ticks("symptoms", t!(seat, "trace-symptoms"), symptoms, &told))
        .field(Field::text("note", t!(seat, "care-note")).value(told.text("note")).optional());
    shown.folded("check", "trace-check", true, body.button(&t!(seat, "trace-check")))
}

fn test_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("test");
    let sampled = match told.text("sampled") {
        "" => input_value(seat.now(), seat.app().zone()),
        typed => typed.to_owned(),
    };
    let readings = ["negative", "positive"]
        .map(|word| (word.to_owned(), named(seat, "reading", word)))
        .to_vec();
    let body = form
        .field(Field::time("sampled", t!(seat, "my-sampled-at")).value(sampled))
        .field(Field::select("reading", t!(seat, "trace-result"), readings).short())
        .field(
            Field::text("laboratory", t!(seat, "role-laboratory"))
                .value(told.text("laboratory"))
                .optional(),
        );
    shown.folded("test", "trace-test", false, body.button(&t!(seat, "trace-test")))
}

fn ask_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("ask");
    let county = Field::code("to", t!(seat, "trace-to-county"), true).value(told.text("to"));
    let note = Field::text("note", t!(seat, "trace-ask-note")).value(told.text("note"));
    shown.folded(
        "ask",
        "trace-ask",
        false,
        form.field(county).field(note).button(&t!(seat, "trace-ask")),
    )
}

fn answer_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("answer");
    let choices = vec![
        ("yes".to_owned(), t!(seat, "trace-accept")),
        ("no".to_owned(), t!(seat, "trace-decline")),
    ];
    let body = form
        .field(
            Field::select("accept", t!(seat, "trace-answer"), choices).value(told.text("accept")),
        )
        .field(
            Field::text("note", t!(seat, "trace-answer-note")).value(told.text("note")).optional(),
        );
    shown.folded("answer", "trace-answer", true, body.button(&t!(seat, "trace-answer")))
}

fn close_form(shown: &Shown<'_>) -> Markup {
    let seat = shown.seat;
    let (form, told) = shown.start("close");
    let how = [Ended::Mistaken, Ended::Died, Ended::Double, Ended::Elsewhere];
    let choices = options(seat, "trace-ended", None, how.iter().map(|how| how.as_str()));
    let body = form
        .field(Field::select("how", t!(seat, "trace-how"), choices).value(told.text("how")))
        .field(Field::text("note", t!(seat, "case-why")).value(told.text("note")));
    shown.folded("close", "trace-close", false, body.button(&t!(seat, "trace-close")))
}

async fn done(
    seat: &Seat,
    of: &Contact,
    area: AreaCode,
    form: &FormData,
    command: Command,
    field: &'static str,
) -> Answer {
    match act::send(seat, area, form, command).await? {
        Ok(_) => Ok(seat.go(&words::contact_path(of.id))),
        Err(refusal) => contact::page(seat, of, None, form, Errors::one(field, refusal)).await,
    }
}

fn note_of(form: &FormData) -> String {
    form.text("note").to_owned()
}

fn site_of(form: &FormData, errors: &mut Errors) -> Option<HolderCode> {
    match form.text("site") {
        "" => None,
        text => errors.check("site", HolderCode::parse(text)),
    }
}

async fn locate(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let mut errors = Errors::default();
    let place = match form.text("place") {
        "" => None,
        text => errors.check("place", PlaceCode::parse(text)),
    };
    if !errors.is_empty() {
        return contact::page(&seat, &of, None, &form, errors).await;
    }
    let command = Command::Locate { contact: of.id, place, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "place").await
}

async fn notify(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let command = Command::Notify { contact: of.id, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn depart(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let mut errors = Errors::default();
    let site = site_of(&form, &mut errors);
    if !errors.is_empty() {
        return contact::page(&seat, &of, None, &form, errors).await;
    }
    let vehicle = form.text("vehicle").to_owned();
    let command = Command::Depart { contact: of.id, site, vehicle };
    done(&seat, &of, of.county, &form, command, "site").await
}

async fn arrive(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let mut errors = Errors::default();
    let site = site_of(&form, &mut errors);
    if !errors.is_empty() {
        return contact::page(&seat, &of, None, &form, errors).await;
    }
    let command = Command::Arrive(Arrive {
        contact: of.id,
        site,
        room: form.text("room").to_owned(),
        reason: note_of(&form),
    });
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn test(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let mut errors = Errors::default();
    let zone = seat.app().zone();
    let sampled = errors.check("sampled", parse_local(form.text("sampled"), zone));
    let Some(sampled_at) = sampled else {
        return contact::page(&seat, &of, None, &form, errors).await;
    };
    let command = Command::Test(OwnTest {
        contact: of.id,
        sampled_at,
        positive: form.text("reading") == "positive",
        laboratory: form.text("laboratory").to_owned(),
    });
    done(&seat, &of, of.county, &form, command, "sampled").await
}

async fn check(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let mut errors = Errors::default();
    let temperature = form.opt_number(&mut errors, "temperature", "36.5");
    if !errors.is_empty() {
        return contact::page(&seat, &of, None, &form, errors).await;
    }
    let command = Command::Check(Check {
        contact: of.id,
        temperature,
        symptoms: form.all("symptoms").map(str::to_owned).collect(),
        note: note_of(&form),
    });
    done(&seat, &of, of.county, &form, command, "temperature").await
}

async fn refuse(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let command = Command::Refuse { contact: of.id, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn release(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let command = Command::Release { contact: of.id, reason: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn close(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let how = Ended::parse(form.text("how")).unwrap_or(Ended::Mistaken);
    let command = Command::Close { contact: of.id, how, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn reopen(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let command = Command::Reopen { contact: of.id, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn ask(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let to = match AreaCode::parse(form.text("to")) {
        Ok(to) => to,
        Err(why) => {
            return contact::page(&seat, &of, None, &form, Errors::one("to", why.into())).await;
        }
    };
    let command = Command::Ask { contact: of.id, to, note: note_of(&form) };
    done(&seat, &of, of.county, &form, command, "note").await
}

async fn answer(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let accept = form.text("accept") != "no";
    let to = of.request.map_or(of.county, |request| request.to);
    let command = Command::Answer { contact: of.id, accept, note: note_of(&form) };
    done(&seat, &of, to, &form, command, "note").await
}

async fn reschedule(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let of = words::read_contact(&seat, &text).await?;
    let command = Command::Reschedule { contacts: vec![of.id] };
    done(&seat, &of, of.county, &form, command, "note").await
}
