//! What everybody may read: the certificates, how each stands, and whether a copy is one. No account is needed.

use axum::extract::Path;
use ledger::Cursor;
use maud::html;
use types::AreaScope;
use zero::views;

use super::report::Report;
use super::{PAGE, certificates, words};
use crate::access::Policy;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::cut;
use crate::{Fault, t};

/// Shortest part of a mark that is compared.
const SHORTEST: usize = 8;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/public/zero", Policy::Public, list);
    routes.get("/public/zero/{number}", Policy::Public, show);
}

async fn list(seat: Seat) -> Answer {
    // The form asks by number.
    if let Some(number) = seat.param("number").filter(|text| !text.trim().is_empty()) {
        let mark = seat.param("mark").unwrap_or_default();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("mark", mark.trim())
            .finish();
        let number: String =
            number.trim().chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
        return Ok(seat.go(&format!("/public/zero/{number}?{query}")));
    }
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let mut found = views::certificates(&mut db, AreaScope::ALL, false, after, PAGE + 1).await?;
    let next =
        cut(&mut found, PAGE, |c| Some(Cursor { at: c.document.as_of, id: c.id }.to_string()));
    let grounds = found.iter().map(|c| &c.document.ground);
    let names = Names::of_places(&mut db, words::codes(grounds)).await?;
    drop(db);
    let path = |c: &zero::Certificate| format!("/public/zero/{}", c.document.number());
    let table = certificates::table(&seat, &found, &names, path).next(next);
    let body = html! {
        (Form::asks(&seat, "/public/zero")
            .field(Field::text("number", t!(seat, "zero-certificate")).hint(t!(seat, "zero-verify-hint")))
            .field(Field::text("mark", t!(seat, "zero-mark")).optional())
            .button(&t!(seat, "zero-verify")))
        (table.render(&seat))
    };
    let lead = html! { (t!(seat, "zero-public-lead")) };
    Ok(seat.render(Page::new(t!(seat, "zero-public"), body).lead(lead)))
}

async fn show(seat: Seat, Path(number): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::by_number(&mut db, &number).await?;
    let certificate = found.ok_or_else(|| Fault::not_found(&number))?;
    let ground = &certificate.document.ground;
    let names = Names::of_places(&mut db, words::codes([ground])).await?;
    drop(db);
    let report = Report::of(&seat, &certificate, &names, true);
    if seat.param("format").as_deref() == Some("pdf") {
        return report.pdf(&seat, &number);
    }
    let mark = seat.param("mark").unwrap_or_default().trim().to_lowercase();
    let body = html! {
        p {
            (words::degree(&seat, certificate.document.degree).into_markup()) " "
            (words::standing(&seat, certificate.standing(seat.now())).into_markup())
        }
        @if !certificate.is_genuine() {
            (parts::notice(Tone::Bad, &t!(seat, "zero-not-genuine"), html! {}))
        }
        @if let Some(how) = &certificate.withdrawn {
            (parts::notice(Tone::Bad, &t!(seat, "zero-was-withdrawn", at = seat.time(how.recorded_at).as_str(), cause = words::cause(&seat, how.cause)), html! {
                p { (t!(seat, "zero-withdrawn-public")) }
            }))
        }
        @if mark.len() >= SHORTEST {
            @if certificate.digest.starts_with(&mark) {
                (parts::notice(Tone::Good, &t!(seat, "zero-mark-fits"), html! {}))
            } @else {
                (parts::notice(Tone::Bad, &t!(seat, "zero-mark-differs"), html! {}))
            }
        }
        (report.page(&seat))
    };
    let actions = parts::button_link(&format!("/public/zero/{number}?format=pdf"), "PDF", true);
    let page = Page::new(report.title.clone(), body)
        .as_of(certificate.document.as_of)
        .crumb("/public/zero", t!(seat, "zero-public"))
        .actions(actions);
    Ok(seat.render(page))
}
