//! One certificate: what it says as it was signed, how it stands, what withdrew it, and the form that does.

use axum::extract::Path;
use axum::http::StatusCode;
use maud::{Markup, html};
use types::{CommandId, Refusal};
use zero::{Certificate, Command, Withdraw, views};

use super::report::Report;
use super::{READERS, SIGNERS, words};
use crate::api;
use crate::api::zero::CertificateOut;
use crate::house::{ZERO, topic};
use crate::pages::act;
use crate::pages::cases::words as case_words;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zero/certificates/{certificate}", READERS, show);
    routes.post("/zero/certificates/{certificate}", SIGNERS, withdraw);
}

/// A certificate that there is, of areas that somebody has to do with.
async fn read(seat: &Seat, text: &str) -> Result<Certificate, Fault> {
    let id = CommandId::parse(text).map_err(|_| Fault::not_found(text))?;
    let mut db = seat.db().await?;
    let found = views::certificate(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    let ground = found.document.ground.scope();
    if !seat.scope().covers(ground) && !ground.covers(seat.scope()) {
        return Err(Refusal::new("not-your-area").with("area", &found.document.ground).into());
    }
    Ok(found)
}

async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    let certificate = read(&seat, &id).await?;
    draw(&seat, &certificate, &FormData::default(), Errors::default()).await
}

async fn draw(seat: &Seat, certificate: &Certificate, typed: &FormData, errors: Errors) -> Answer {
    let document = &certificate.document;
    let ground = &document.ground;
    let mut db = seat.db().await?;
    let names = Names::of_places(&mut db, words::codes([ground])).await?;
    drop(db);
    let report = Report::of(seat, certificate, &names, false);
    match seat.param("format").as_deref() {
        Some("pdf") => return report.pdf(seat, &document.number()),
        Some("json") => {
            return api::json(StatusCode::OK, &CertificateOut::of(certificate, seat.now()));
        }
        _ => {}
    }
    let state = html! { (standing(seat, certificate)) };
    if seat.wants_fragment("standing") {
        return Ok(seat.fragment(state));
    }
    let path = words::certificate_path(certificate.id);
    let src = seat.here(&[("fragment", Some("standing"))]);
    let roles = SIGNERS.roles();
    let may = seat.somebody().is_some_and(|a| a.grant_for(roles, ground.scope()).is_some());
    let body = html! {
        (parts::live("standing", &[topic(ZERO, ground.scope())], &src, state))
        (report.page(seat))
        @if may && certificate.withdrawn.is_none() {
            (parts::panel(&t!(seat, "zero-withdraw"), html! {
                p { (t!(seat, "zero-withdraw-lead")) }
                (Form::new(seat, path.clone())
                    .hidden(act::ID, &act::again(typed, &errors))
                    .errors(errors)
                    .danger()
                    .field(Field::text("signed_by", t!(seat, "decision-signed")).value(typed.text("signed_by")))
                    .field(Field::text("note", t!(seat, "case-why")).value(typed.text("note")))
                    .button(&t!(seat, "zero-withdraw")))
            }))
        }
    };
    let actions = html! {
        (parts::button_link(&format!("{path}?format=pdf"), "PDF", true))
        (parts::button_link(&format!("{path}?format=json"), "JSON", false))
        (parts::button_link(&format!("/public/zero/{}", document.number()), &t!(seat, "bulletin-public"), false))
    };
    let page = Page::new(report.title.clone(), body)
        .as_of(document.as_of)
        .crumb(seat.link("/zero/certificates"), t!(seat, "nav-zero-certificates"))
        .crumb(words::ground_path(ground), words::ground(seat, &names, ground))
        .actions(actions);
    Ok(seat.render(page))
}

/// How it stands: first of all whether it holds.
fn standing(seat: &Seat, certificate: &Certificate) -> Markup {
    html! {
        p {
            (words::degree(seat, certificate.document.degree).into_markup()) " "
            (words::standing(seat, certificate.standing(seat.now())).into_markup())
        }
        @if !certificate.counted.is_empty() {
            p {
                (t!(seat, "zero-counted", n = certificate.counted.len() as i64)) " "
                @for counted in &certificate.counted { (case_words::link(counted.case)) " " }
            }
        }
        @if !certificate.is_genuine() {
            (parts::notice(Tone::Bad, &t!(seat, "zero-not-genuine"), html! {}))
        }
        @if let Some(how) = &certificate.withdrawn {
            (parts::notice(Tone::Bad, &t!(seat, "zero-was-withdrawn", at = seat.time(how.recorded_at).as_str(), cause = words::cause(seat, how.cause)), html! {
                p {
                    (t!(seat, "zero-cause-at", at = seat.time(how.at).as_str()))
                    @if let Some(unit) = how.because {
                        " · "
                        @if unit.kind() == cases::CASE { (case_words::link(unit)) }
                        @else if seat.may_open("/tubes/{unit}") { a href=(format!("/tubes/{unit}")) { code { (unit) } } }
                        @else { code { (unit) } }
                    }
                    " · " (how.actor)
                }
                @if !how.note.is_empty() { p { (how.signed_by) ": " (how.note) } }
            }))
        }
    }
}

async fn withdraw(seat: Seat, Path(id): Path<String>, form: FormData) -> Answer {
    let certificate = read(&seat, &id).await?;
    let ground = certificate.document.ground.clone();
    let command = Command::Withdraw(Withdraw {
        certificate: certificate.id,
        ground,
        signed_by: form.text("signed_by").to_owned(),
        note: form.text("note").to_owned(),
    });
    if let Err(refusal) = act::send(&seat, certificate.area, &form, command).await? {
        let field = match refusal.code.as_ref() {
            "zero-unsigned" => "signed_by",
            "note-needed" | "note-too-long" => "note",
            _ => return Err(refusal.into()),
        };
        return draw(&seat, &certificate, &form, Errors::one(field, refusal)).await;
    }
    Ok(seat.go(&words::certificate_path(certificate.id)))
}
