//! One decision: what it says, what it rested on, what it was replaced by, and the form that revokes it.

use axum::extract::Path;
use command::{Command, Decision, Revoke, Standing, views};
use maud::{Markup, html};
use types::{CommandId, Refusal};

use super::draft::county_of;
use super::facts::Fact;
use super::{KEEPERS, READERS, words};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/decisions/{decision}", READERS, show);
    routes.post("/decisions/{decision}", KEEPERS, revoke);
}

/// A decision that there is, of areas that somebody has to do with.
async fn read(seat: &Seat, text: &str) -> Result<Decision, Fault> {
    let id = CommandId::parse(text).map_err(|_| Fault::not_found(text))?;
    let mut db = seat.db().await?;
    let decision = views::decision(&mut db, id).await?.ok_or_else(|| Fault::not_found(id))?;
    let (low, high) = seat.scope().bounds();
    let (first, last) = decision.scope.bounds();
    if first > high || last < low {
        return Err(Refusal::new("not-your-area").with("area", decision.scope).into());
    }
    Ok(decision)
}

async fn show(seat: Seat, Path(id): Path<String>) -> Answer {
    let decision = read(&seat, &id).await?;
    draw(&seat, &decision, &FormData::default(), Errors::default())
}

fn draw(seat: &Seat, decision: &Decision, typed: &FormData, errors: Errors) -> Answer {
    let now = seat.now();
    let standing = decision.standing(now);
    let mut rows: Vec<(String, Markup)> = vec![
        (t!(seat, "decision-standing"), words::standing(seat, standing).into_markup()),
        (t!(seat, "area"), html! { (words::area(seat, decision.scope)) }),
        (
            t!(seat, "decision-holds"),
            html! { (seat.time(decision.from)) " – " (seat.time(decision.until)) },
        ),
        (t!(seat, "decision-signed"), html! { (decision.signed_by) }),
        (t!(seat, "decision-at"), html! { (seat.time(decision.at)) " · " (decision.actor) }),
    ];
    if !decision.rule.is_empty() {
        let href = format!("/testing/protocol/{}", decision.rule);
        rows.push((
            t!(seat, "decision-rule"),
            html! {
                @if seat.may_open("/testing/protocol/{rule}") { a href=(href) { code { (decision.rule) } } }
                @else { code { (decision.rule) } }
                " · " (decision.edition)
            },
        ));
    }
    if let Some(earlier) = decision.replaces {
        let link =
            html! { a href=(words::decision_path(earlier)) { (t!(seat, "decision-the-earlier")) } };
        rows.push((t!(seat, "decision-replaces"), link));
    }
    let body = html! {
        @if let Some(revoked) = &decision.revoked {
            (parts::notice(Tone::Warning, &t!(seat, "decision-was-revoked", at = seat.time(revoked.at).as_str()), html! {
                p { (revoked.signed_by) ": " (revoked.note) " (" (revoked.actor) ")" }
            }))
        }
        @for paragraph in decision.text.lines().filter(|line| !line.trim().is_empty()) { p { (paragraph) } }
        (parts::facts(&rows))
        (evidence(seat, decision).render(seat))
        @if may_change(seat, decision) && matches!(standing, Standing::Coming | Standing::InForce) && decision.revoked.is_none() {
            (parts::panel(&t!(seat, "decision-change"), html! {
                p { a href=(format!("/decisions/new?replaces={}&area={}", decision.id, decision.scope)) { (t!(seat, "decision-replace")) } }
                (Form::new(seat, format!("{}?area={}", words::decision_path(decision.id), decision.scope))
                    .hidden(act::ID, &act::again(typed, &errors))
                    .errors(errors)
                    .danger()
                    .field(Field::text("signed_by", t!(seat, "decision-signed")).value(typed.text("signed_by")))
                    .field(Field::text("note", t!(seat, "case-why")).value(typed.text("note")))
                    .button(&t!(seat, "decision-revoke")))
            }))
        }
    };
    let title = format!("{} {}", t!(seat, "decision-no", no = decision.no), decision.title);
    let page =
        Page::new(title, body).narrow().crumb(seat.link("/decisions"), t!(seat, "nav-decisions"));
    Ok(seat.render(page))
}

/// Whether somebody answers for all areas of a decision.
fn may_change(seat: &Seat, decision: &Decision) -> bool {
    let roles = KEEPERS.roles();
    seat.somebody().is_some_and(|actor| actor.grant_for(roles, decision.scope).is_some())
}

/// What it rested on, as it was.
fn evidence(seat: &Seat, decision: &Decision) -> Table {
    let columns = vec![
        Column::new("what", t!(seat, "decision-evidence")),
        Column::new("value", t!(seat, "decision-said")),
        Column::new("at", t!(seat, "case-as-of")),
    ];
    // Its rows are for those who see the board of all of its areas.
    let opens = seat.may_open("/board") && seat.scope().covers(decision.scope);
    Table::new(t!(seat, "decision-evidence-table"), columns)
        .empty(t!(seat, "decision-no-evidence"))
        .rows(decision.evidence.iter().map(|piece| {
            let label = Fact::label(seat, &piece.what);
            vec![
                match piece.href.as_str() {
                    href if opens && !href.is_empty() => Cell::link(href, label),
                    _ => Cell::text(label),
                },
                Cell::text(piece.value.clone()),
                Cell::time(seat.time(piece.at)),
            ]
        }))
}

async fn revoke(seat: Seat, Path(id): Path<String>, form: FormData) -> Answer {
    let decision = read(&seat, &id).await?;
    let command = Command::Revoke(Revoke {
        decision: decision.id,
        scope: decision.scope,
        signed_by: form.text("signed_by").to_owned(),
        note: form.text("note").to_owned(),
    });
    let area = county_of(&seat, decision.scope).await?;
    if let Err(refusal) = act::send(&seat, area, &form, command).await? {
        let field = match refusal.code.as_ref() {
            "decision-unsigned" => "signed_by",
            "note-needed" | "note-too-long" => "note",
            // Whoever may not, or comes too late, has no form to see it in.
            _ => return Err(refusal.into()),
        };
        return draw(&seat, &decision, &form, Errors::one(field, refusal));
    }
    Ok(seat.go(&words::decision_path(decision.id)))
}
