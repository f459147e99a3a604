//! Hundreds of cases edited in one act, and taken back in one.

use axum::extract::Path;
use axum::response::Response;
use cases::{Case, Command, Edit, EditOf, Field as Entry, Patch, views};
use maud::{Markup, html};
use std::collections::BTreeMap;
use types::{AreaCode, CommandId, Refusal, UnitId};

use super::acts::{entry_fields, form_name, notes};
use super::words::{self, named};
use super::{KEEPERS, list, open};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// A form with the ids of so many cases.
const BODY: usize = 512 << 10;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/cases/bulk", KEEPERS, choose).body_limit(BODY);
    routes.post("/cases/bulk/apply", KEEPERS, apply).body_limit(BODY);
    routes.get("/cases/edits", KEEPERS, edits);
    routes.post("/cases/edits/{command}/undo", KEEPERS, undo);
}

fn chosen(form: &FormData) -> Result<Vec<UnitId>, Fault> {
    form.all("case").map(|text| UnitId::parse(text).map_err(Fault::from)).collect()
}

/// The ticked cases, or all that the list's filter has: what is to be changed in them?
async fn choose(seat: Seat, form: FormData) -> Answer {
    let cases = if form.ticked("all") {
        let filter = list::filter(&seat)?;
        let mut db = seat.db().await?;
        let most = cases::MOST_EDITED;
        let found = views::list(&mut db, &filter, None, most as i64 + 1).await?;
        if found.len() > most {
            return Err(Refusal::new("too-many-cases").with("limit", most).into());
        }
        found
    } else {
        let ids = chosen(&form)?;
        let mut db = seat.db().await?;
        views::cases(&mut db, &ids).await?
    };
    for case in &cases {
        seat.require(case.area())?;
    }
    if cases.is_empty() {
        return Err(Refusal::new("no-cases-ticked").into());
    }
    Ok(show(&seat, &cases, &FormData::default(), Errors::default()))
}

fn show(seat: &Seat, cases: &[Case], form: &FormData, errors: Errors) -> Response {
    let n = cases.len() as i64;
    let which = Entry::ALL.map(|field| {
        let name = field.as_str();
        (name.to_owned(), named(seat, "case-field", name))
    });
    let mut made = Form::new(seat, seat.link("/cases/bulk/apply"))
        .errors(errors)
        .markup(html! { p { (t!(seat, "case-bulk-lead")) } })
        .field(Field::ticks("set", t!(seat, "case-bulk-which"), which.to_vec(), form))
        .group(
            &t!(seat, "case-bulk-values"),
            entry_fields(seat, |field| form.text(form_name(field)).to_owned()),
        )
        .field(Field::text("note", t!(seat, "case-why")).value(form.text("note")).optional());
    for case in cases {
        made =
            made.hidden("case", &case.id.to_string()).hidden("version", &case.version.to_string());
    }
    let body = html! {
        (made.button(&t!(seat, "case-bulk-apply", n = n)))
        details .disclosure {
            summary { (t!(seat, "case-bulk-cases", n = n)) }
            ul { @for case in cases { li { (words::link(case.id)) " " (words::person(seat, case)) } } }
        }
    };
    let page = Page::new(t!(seat, "case-bulk", n = n), body).narrow();
    seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases")))
}

async fn apply(seat: Seat, form: FormData) -> Answer {
    let ids = chosen(&form)?;
    let versions: Vec<i64> = form.all("version").filter_map(|v| v.parse().ok()).collect();
    if versions.len() != ids.len() {
        return Err(Refusal::new("malformed-request").into());
    }
    let fields: Patch = Entry::ALL
        .into_iter()
        .filter(|field| form.all("set").any(|name| name == field.as_str()))
        .map(|field| (field, form.text(form_name(field)).to_owned()))
        .collect();
    // One act for each county: they are kept apart, and taken back one by one.
    let mut by_area: BTreeMap<AreaCode, Vec<EditOf>> = BTreeMap::new();
    for (case, version) in ids.iter().zip(versions) {
        let one = EditOf { case: *case, version: Some(version) };
        by_area.entry(case.area()).or_default().push(one);
    }
    let mut done = Vec::new();
    for (area, cases) in by_area {
        let n = cases.len();
        let id = act::fresh();
        let sent = FormData::from_pairs([("command", id.as_str())]);
        let note = form.text("note").to_owned();
        let command = Command::Edit(Edit { cases, fields: fields.clone(), note });
        match act::send(&seat, area, &sent, command).await? {
            Ok(notes) => done.push((area, id, n, notes)),
            Err(refusal) if done.is_empty() => {
                let mut db = seat.db().await?;
                let cases = views::cases(&mut db, &ids).await?;
                let field = if fields.is_empty() { "set" } else { "found_in" };
                return Ok(show(&seat, &cases, &form, Errors::one(field, refusal)));
            }
            // Another county is done already: what was not is told beside it.
            Err(refusal) => done.push((area, String::new(), 0, vec![refusal])),
        }
    }
    let body = html! {
        @for (area, id, n, remarks) in &done {
            @if !id.is_empty() {
                (parts::notice(Tone::Good, &t!(seat, "case-bulk-done", n = *n as i64), html! {
                    (undo_form(&seat, *area, id))
                }))
            }
            (notes(&seat, remarks))
        }
        p { a href=(seat.link("/cases")) { (t!(seat, "nav-cases")) } }
    };
    let page = Page::new(t!(seat, "case-edits"), body).narrow();
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}

fn undo_form(seat: &Seat, area: AreaCode, command: &str) -> Markup {
    Form::new(seat, format!("/cases/edits/{command}/undo?area={area}"))
        .quiet()
        .button(&t!(seat, "case-undo"))
}

async fn edits(seat: Seat) -> Answer {
    let area = open::county(&seat)?;
    let mut db = seat.db().await?;
    let acts = views::edits(&mut db, area, 50).await?;
    let columns = vec![
        Column::new("at", t!(seat, "time")),
        Column::new("what", t!(seat, "case-bulk-what")),
        Column::new("cases", t!(seat, "case-list")).numeric(),
        Column::new("undone", t!(seat, "case-undone")).numeric(),
        Column::new("by", t!(seat, "by")),
        Column::new("undo", t!(seat, "case-undo")),
    ];
    let rows = acts.iter().map(|act| {
        let what: Vec<String> = act
            .now
            .iter()
            .map(|(field, value)| {
                format!("{}: {value}", named(&seat, "case-field", field.as_str()))
            })
            .collect();
        let undo = if act.undone < act.cases {
            Cell::markup(undo_form(&seat, area, &act.command.to_string()), "")
        } else {
            Cell::none()
        };
        vec![
            Cell::time(seat.time(act.at)),
            Cell::text(format!("{} {}", what.join(", "), act.note)).long(),
            Cell::number(act.cases),
            Cell::number(act.undone),
            Cell::code(act.actor.clone()),
            undo,
        ]
    });
    let table =
        Table::new(t!(seat, "case-edits"), columns).empty(t!(seat, "case-edits-empty")).rows(rows);
    let page = Page::new(t!(seat, "case-edits"), table.render(&seat));
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}

async fn undo(seat: Seat, Path(command): Path<String>, form: FormData) -> Answer {
    let area = open::county(&seat)?;
    let command = Command::UndoEdit { command: CommandId::parse(&command)? };
    let told = act::send(&seat, area, &form, command).await??;
    let body = html! {
        (parts::notice(Tone::Good, &t!(seat, "case-undo-done"), html! {}))
        (notes(&seat, &told))
        p { a href=(seat.link("/cases/edits")) { (t!(seat, "case-edits")) } }
    };
    let page = Page::new(t!(seat, "case-edits"), body).narrow();
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}
