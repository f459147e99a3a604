//! Registered people whom an import found at another address: a person decides.

use maud::html;
use registry::command::SettleMove;
use registry::event::PersonRef;
use registry::file;
use types::{AreaCode, HouseholdId, PersonId, Refusal};

use super::{KEEPERS, person_text};
use crate::pages::act;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, looks, t};

/// Moves on one page: each name shown is a look on record.
const PAGE: i64 = 25;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/registry/moves", KEEPERS, list);
    routes.nav(Group::Registry, "/registry/moves", "nav-moves");
    routes.post("/registry/moves/{area}", KEEPERS, settle);
}

async fn list(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let mut open =
        file::open_moves(&mut db, seat.scope(), PAGE + 1).await.map_err(Fault::internal)?;
    drop(db);
    let more = open.len() as i64 > PAGE;
    open.truncate(PAGE as usize);
    for found in &open {
        let known = found.found.known;
        looks::record_look(&seat, known.area, known.person, registry::command::Purpose::Correction)
            .await?;
    }
    let who: Vec<PersonRef> = open.iter().map(|m| m.found.known).collect();
    let mut db = seat.db().await?;
    let records = file::persons(&mut db, &who).await.map_err(Fault::internal)?;
    let columns = vec![
        Column::new("name", t!(seat, "reg-name")),
        Column::new("from", t!(seat, "reg-move-from")),
        Column::new("to", t!(seat, "reg-move-to")),
        Column::new("found", t!(seat, "reg-move-found")),
        Column::new("act", t!(seat, "reg-move-decide")),
    ];
    let mut table = Table::new(t!(seat, "nav-moves"), columns).empty(t!(seat, "reg-moves-empty"));
    for found in &open {
        let known = found.found.known;
        let Some((_, record)) = records.iter().find(|(r, _)| *r == known) else { continue };
        let line = file::masked(seat.app().keys(), known.area, known.person, record)
            .map_err(Fault::internal)?;
        let home = &found.found.home;
        let from = line.place.as_ref().map_or_else(
            || t!(seat, "desk-home-unknown"),
            |place| format!("{place} · {}", line.door),
        );
        let household = home.household.map(|h| h.to_string()).unwrap_or_default();
        let button = |accept: &str, text: String| {
            Form::new(&seat, format!("/registry/moves/{}", known.area))
                .hidden(act::ID, &act::fresh())
                .hidden("person", &known.person.to_string())
                .hidden("household", &household)
                .hidden("accept", accept)
                .button(&text)
        };
        let acts = html! {
            div .buttons {
                (button("yes", t!(seat, "reg-move-accept")))
                (button("no", t!(seat, "reg-move-dismiss")))
            }
        };
        let href =
            format!("/registry/persons/{}?area={}&purpose=correction", known.person, known.area);
        table.row(vec![
            Cell::link(&href, person_text(&seat, &line)),
            Cell::code(from),
            Cell::code(format!("{} · {}", home.place, home.door)),
            Cell::time(seat.time(found.found_at)),
            Cell::markup(acts, String::new()),
        ]);
    }
    let body = html! {
        (table.render(&seat))
        @if more { p { (t!(seat, "reg-moves-more")) } }
    };
    let lead = html! { (t!(seat, "reg-moves-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-moves"), body).lead(lead)))
}

async fn settle(
    seat: Seat,
    axum::extract::Path(area): axum::extract::Path<String>,
    form: FormData,
) -> Answer {
    let area = AreaCode::parse(&area)?;
    let settle = SettleMove {
        person: PersonId::parse(form.text("person"))?,
        household: HouseholdId::parse(form.text("household"))?,
        accept: match form.text("accept") {
            "yes" => true,
            "no" => false,
            _ => return Err(Refusal::new("malformed-request").into()),
        },
    };
    match act::send(&seat, area, &form, registry::Command::SettleMove(settle)).await? {
        Ok(_) => Ok(seat.go(&format!("/registry/moves?area={area}"))),
        Err(refusal) => {
            let next = seat.text(&format!("refusal-{}-next", refusal.code));
            let text = crate::i18n::Speaks::lang(&seat).refusal(&refusal);
            let body = html! {
                (parts::notice(Tone::Warning, &text, html! { p { (next) } }))
                (parts::button_link(&format!("/registry/moves?area={area}"), &t!(seat, "nav-moves"), true))
            };
            Ok(seat.render(Page::new(t!(seat, "nav-moves"), body).timeless().narrow()))
        }
    }
}
