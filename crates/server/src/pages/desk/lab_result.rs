//! Entering a result: Ct values, read by the protocol in force and shown before they count.
//! A later result of the same tube is a correction; the earlier one stays on record.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use testing::{Command, Reading, RecordResult, ResultStatus, TUBE};
use types::{AreaCode, Micros, Refusal, Span, UnitId};

use crate::Fault;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::time::{input_value, parse_local};

use super::laboratory::{LABORATORY, area_for, own, read_code, unit_of};
use super::tubes::Known;
use super::words;
use crate::pages::act;

const STATUSES: [(&str, ResultStatus); 3] = [
    ("final", ResultStatus::Final),
    ("preliminary", ResultStatus::Preliminary),
    ("corrected", ResultStatus::Corrected),
];
/// What a clock in a laboratory may be ahead.
const AHEAD: Span = Span::minutes(2);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/laboratory/results", LABORATORY, find);
    routes.get("/laboratory/results/{unit}", LABORATORY, form);
    routes.post("/laboratory/results/{unit}", LABORATORY, enter);
}

async fn find(seat: Seat) -> Answer {
    match seat.param("code") {
        Some(code) => {
            let id = read_code(TUBE, &code)?;
            Ok(seat.go(&seat.link(&format!("/laboratory/results/{id}"))))
        }
        None => Ok(seat.go(&seat.link("/laboratory"))),
    }
}

async fn form(seat: Seat, path: Path<String>) -> Answer {
    let id = unit_of(&path, TUBE)?;
    own(&seat)?;
    show(&seat, id, None, Errors::default(), html! {}, false).await
}

/// What stands in a field: what was typed, or what the form begins with.
fn value(typed: Option<&FormData>, name: &str, or: String) -> String {
    typed.map_or(or, |form| form.text(name).to_owned())
}

async fn show(
    seat: &Seat,
    id: UnitId,
    typed: Option<&FormData>,
    errors: Errors,
    said: Markup,
    sure: bool,
) -> Answer {
    let known = match Known::read(seat, &id.to_string()).await {
        Ok(known) => Some(known),
        // A result may come before any other record of the tube.
        Err(fault) if fault.refusal.code == "tube-unknown" => None,
        Err(fault) => return Err(fault),
    };
    let tube = known.map(|k| k.tube).unwrap_or_default();
    let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
    let status = if errors.is_empty() {
        axum::http::StatusCode::OK
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    };
    let before = tube.reading.map(|reading| {
        let (tone, text) = words::reading(seat, reading);
        html! { (parts::tag(tone, &text)) }
    });
    let ct = |name: &'static str, label: String| {
        Field::code(name, label, false)
            .hint(t!(seat, "lab-ct-hint"))
            .value(value(typed, name, String::new()))
            .optional()
    };
    let options = STATUSES.iter().filter(|(word, _)| settled == (*word == "corrected"));
    let options =
        options.map(|(word, _)| ((*word).to_owned(), words::word(seat, "status", word))).collect();
    let time = input_value(seat.now(), seat.app().zone());
    let mut form = Form::new(seat, seat.link(&format!("/laboratory/results/{id}")))
        .errors(errors)
        .hidden(act::ID, &act::fresh())
        .field(ct("ct_n", t!(seat, "desk-ct-n")))
        .field(ct("ct_orf", t!(seat, "desk-ct-orf")))
        .field(ct("ct_control", t!(seat, "lab-ct-control")))
        .field(Field::time("tested_at", t!(seat, "desk-tested")).value(value(
            typed,
            "tested_at",
            time,
        )))
        .field(Field::radios("status", t!(seat, "desk-status"), options).value(value(
            typed,
            "status",
            if settled { "corrected" } else { "final" }.to_owned(),
        )));
    if sure {
        form = form.field(Field::tick("sure", t!(seat, "lab-result-right")));
    }
    let button = if sure { t!(seat, "lab-record-result") } else { t!(seat, "lab-read-result") };
    let body = html! {
        p { (words::unit_link(seat, id)) " " (t!(seat, "lab-shared-by", n = tube.members.len() as i64)) }
        @if let Some(before) = before {
            (parts::notice(Tone::Info, &t!(seat, "lab-has-result"), html! { p { (before) " " (t!(seat, "lab-correction-hint")) } }))
        }
        (said)
        (form.button(&button))
    };
    let page = Page::new(t!(seat, "lab-result-title"), body).narrow();
    let mut response: Response =
        seat.render(page.crumb(seat.link("/laboratory"), t!(seat, "nav-laboratory")));
    *response.status_mut() = status;
    Ok(response)
}

/// A Ct value as typed; empty means that nothing was detected.
fn ct(form: &FormData, name: &'static str, errors: &mut Errors) -> Option<f64> {
    match form.text(name) {
        "" => None,
        text => {
            let number = text.replace(',', ".").parse::<f64>().ok();
            let sound = number.filter(|n| n.is_finite() && (0.0..=60.0).contains(n));
            if sound.is_none() {
                errors.add(name, Refusal::new("ct-not-a-number").with("value", text));
            }
            sound
        }
    }
}

fn tested_at(seat: &Seat, form: &FormData, errors: &mut Errors) -> Option<Micros> {
    let at = errors.check("tested_at", parse_local(form.text("tested_at"), seat.app().zone()))?;
    if at > seat.now() + AHEAD {
        errors.add("tested_at", Refusal::new("tested-in-future"));
        return None;
    }
    Some(at)
}

/// What the protocol in force makes of the values.
fn read(seat: &Seat, area: AreaCode, result: &RecordResult) -> Result<Reading, Fault> {
    let edition = seat.app().protocol().at(seat.now(), area);
    let rules = edition.testing()?;
    let targets = [("N", result.ct_n), ("ORF1ab", result.ct_orf1ab)];
    Ok(match rules.result.read(&targets, result.ct_control) {
        protocol::Reading::Positive => Reading::Positive,
        protocol::Reading::SingleTarget => Reading::SingleTarget,
        protocol::Reading::Grey => Reading::Grey,
        protocol::Reading::Negative => Reading::Negative,
        protocol::Reading::Invalid => Reading::Invalid,
    })
}

async fn enter(seat: Seat, path: Path<String>, form: FormData) -> Answer {
    let id = unit_of(&path, TUBE)?;
    let (lab, grant) = own(&seat)?;
    let mut errors = Errors::default();
    let (ct_n, ct_orf1ab, ct_control) = (
        ct(&form, "ct_n", &mut errors),
        ct(&form, "ct_orf", &mut errors),
        ct(&form, "ct_control", &mut errors),
    );
    let tested_at = tested_at(&seat, &form, &mut errors);
    let status = STATUSES.iter().find(|(word, _)| *word == form.text("status")).map(|(_, s)| *s);
    if status.is_none() {
        errors.add("status", Refusal::new("choice-missing"));
    }
    let (Some(tested_at), Some(status), true) = (tested_at, status, errors.is_empty()) else {
        return show(&seat, id, Some(&form), errors, html! {}, false).await;
    };
    let mut db = seat.db().await?;
    let tube = testing::views::tube(&mut db, id).await?.unwrap_or_default();
    drop(db);
    let result = RecordResult {
        tube: id,
        lab,
        plate: tube.plate.clone(),
        well: tube.well.clone(),
        ct_n,
        ct_orf1ab,
        ct_control,
        stated: None,
        tested_at,
        status,
    };
    let (tone, word) = words::reading(&seat, read(&seat, area_for(grant, id), &result)?);
    let preview = html! {
        (parts::notice(tone, &t!(seat, "lab-reads-as", reading = word.clone()), html! {
            p { (t!(seat, "lab-reads-as-hint")) }
        }))
    };
    if !form.ticked("sure") {
        return show(&seat, id, Some(&form), Errors::default(), preview, true).await;
    }
    match act::send(&seat, area_for(grant, id), &form, Command::RecordResult(result)).await? {
        Ok(notes) => {
            let said = t!(seat, "lab-result-recorded", reading = word);
            let body = html! {
                (words::done(&seat, &said, &notes))
                p { (words::unit_link(&seat, id)) }
                (parts::button_link(&seat.link("/laboratory"), &t!(seat, "nav-laboratory"), true))
            };
            Ok(seat.page(t!(seat, "lab-result-title"), body))
        }
        Err(refusal) => {
            let said = words::refused(&seat, &refusal);
            let mut page = show(&seat, id, Some(&form), Errors::default(), said, false).await?;
            *page.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
    }
}
