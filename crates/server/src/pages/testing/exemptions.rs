//! Who is excused from a round, for which reason, on what evidence.

use std::collections::HashMap;

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::Purpose;
use registry::event::PersonRef;
use store::Connection;
use testing::Round;
use testing::views::{self, ExemptionKey, ExemptionLine};
use types::{AreaCode, PersonId, PlaceCode, Refusal};

use super::lists::areas_of;
use super::names::Names;
use super::people::{self, has};
use super::words::{self, round_name};
use super::{DOWNLOAD, PAGE, READERS, board};
use crate::access::{Policy, Role};
use crate::house::Command;
use crate::i18n::{Lang, Speaks};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}/exemptions", READERS, whole);
    routes.get("/testing/rounds/{round}/exemptions/{place}", READERS, at_place);
    let writers = Policy::any_of([Role::District, Role::Grid]);
    routes.post("/testing/rounds/{round}/exemptions", writers, exempt);
}

async fn whole(seat: Seat, Path(round): Path<String>) -> Answer {
    show(&seat, &round, None, &FormData::default(), Errors::default()).await
}

async fn at_place(seat: Seat, Path((round, place)): Path<(String, String)>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    show(&seat, &round, Some(place), &FormData::default(), Errors::default()).await
}

fn in_words(lang: Lang) -> protocol::Lang {
    match lang {
        Lang::Zh => protocol::Lang::Zh,
        Lang::En => protocol::Lang::En,
    }
}

/// The kinds of exemption that the protocol lists for a round, as (code, name).
fn kinds(seat: &Seat, round: &Round, area: AreaCode) -> Result<Vec<(String, String)>, Fault> {
    let edition = seat.app().protocol().at(round.starts_at, area);
    let kinds = edition.testing()?.exemptions.value.0.iter().map(|kind| {
        let name = match seat.lang() {
            Lang::Zh => kind.zh.clone(),
            Lang::En => kind.en.clone(),
        };
        (kind.code.clone(), name)
    });
    Ok(kinds.collect())
}

/// A page of exemptions that count in a place, and where the next one begins.
async fn load(
    seat: &Seat,
    db: &mut Connection,
    round: &Round,
    place: Option<&PlaceCode>,
    limit: i64,
) -> Result<(Vec<ExemptionLine>, Option<String>), Fault> {
    let after: Option<ExemptionKey> = seat.param("after").and_then(|text| {
        let mut words = text.split(' ');
        let area = AreaCode::parse(words.next()?).ok()?;
        let place = words.next()?.to_owned();
        Some((area, place, PersonId::parse(words.next()?).ok()?))
    });
    let after = after.as_ref();
    let mut lines = views::exemptions(db, seat.scope(), round.id, place, after, limit + 1).await?;
    let mark = |line: &ExemptionLine| format!("{} {} {}", line.area, line.place, line.person);
    let next = cut(&mut lines, limit, |line| Some(mark(line)));
    Ok((lines, next))
}

async fn show(
    seat: &Seat,
    text: &str,
    place: Option<PlaceCode>,
    typed: &FormData,
    errors: Errors,
) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, text).await?;
    let csv = Table::wants_csv(seat);
    let limit = if csv { DOWNLOAD } else { PAGE };
    let (lines, next) = load(seat, &mut db, &round, place.as_ref(), limit).await?;
    let may_see = has(seat, &[Role::District, Role::Grid]);
    let shown = may_see && !csv && seat.param("names").is_some();
    let known = if shown {
        let refs: Vec<PersonRef> =
            lines.iter().map(|l| PersonRef { area: l.area, person: l.person }).collect();
        people::masked(seat, &mut db, &refs, Purpose::Sampling).await?
    } else {
        HashMap::new()
    };
    let places = lines.iter().filter_map(|line| PlaceCode::parse(&line.place).ok());
    let names = Names::of_places(&mut db, places.chain(place.clone())).await?;
    let area = areas_of(&mut db, seat, place.as_ref()).await?.first().copied();
    let area = area.unwrap_or(AreaCode::NONE);
    let kinds = kinds(seat, &round, area)?;
    let mut columns = vec![
        Column::new("home", t!(seat, "compound")),
        Column::new("reason", t!(seat, "exempt-reason")),
        Column::new("evidence", t!(seat, "exempt-evidence")),
        Column::new("until", t!(seat, "exempt-until")),
        Column::new("actor", t!(seat, "recorded-by")),
    ];
    if shown {
        columns.insert(0, Column::new("name", t!(seat, "person-name")));
    }
    let rows = lines.iter().map(|line| {
        let reason = kinds.iter().find(|(code, _)| *code == line.reason);
        let mut row = vec![
            Cell::text(names.place_text(seat, &line.place)),
            Cell::text(reason.map_or(line.reason.as_str(), |(_, name)| name.as_str())),
            Cell::text(line.evidence.clone().unwrap_or_default()),
            line.until.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::text(line.actor.clone()),
        ];
        if shown {
            let name = known.get(&line.person).map(|l| l.masked.name.clone());
            row.insert(0, Cell::text(name.unwrap_or_else(|| t!(seat, "person-elsewhere"))));
        }
        row
    });
    let table = Table::new(t!(seat, "exemptions"), columns)
        .empty(t!(seat, "exemptions-empty"))
        .csv("exemptions")
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let open = round.closed_at.is_none();
    let body = html! {
        (words::said(seat))
        @if may_see && open { (form(seat, &round, typed, errors, kinds)) }
        (table.render(seat))
        @if may_see && !shown && !lines.is_empty() {
            p { a .button .button--secondary href=(seat.here(&[("names", Some("1"))])) { (t!(seat, "show-names")) }
                " " span .muted { (t!(seat, "looks-recorded")) } }
        }
    };
    let title = match &place {
        Some(place) => t!(seat, "exemptions-of", place = names.place(seat, place)),
        None => t!(seat, "exemptions"),
    };
    let rule = seat.app().protocol().at(round.starts_at, area);
    let source = rule.testing()?.exemptions.source(in_words(seat.lang()));
    let back = seat.link(&format!("/testing/rounds/{}", round.id));
    let page = Page::new(title, body)
        .lead(html! {
            (t!(seat, "exemptions-lead")) " "
            a href="/testing/protocol/test.exempt" { code { "test.exempt" } } " (" (source) ")"
        })
        .crumb(back, round_name(seat, &round));
    Ok(seat.render(page))
}

fn form(
    seat: &Seat,
    round: &Round,
    typed: &FormData,
    errors: Errors,
    kinds: Vec<(String, String)>,
) -> Markup {
    let person = match typed.text("person") {
        "" => seat.param("person").unwrap_or_default(),
        text => text.to_owned(),
    };
    let action = seat.link(&format!("/testing/rounds/{}/exemptions", round.id));
    let open = !errors.is_empty() || !person.is_empty();
    html! {
        details .panel open[open] {
            summary { (t!(seat, "exempt-title")) }
            (Form::new(seat, action)
                .hidden(act::ID, &act::again(typed, &errors))
                .errors(errors)
                .field(Field::text("person", t!(seat, "exempt-person")).hint(t!(seat, "correct-person-hint")).value(person))
                .field(Field::select("reason", t!(seat, "exempt-reason"), kinds).value(typed.text("reason")))
                .field(Field::text("evidence", t!(seat, "exempt-evidence")).hint(t!(seat, "exempt-evidence-hint")).value(typed.text("evidence")))
                .button(&t!(seat, "exempt-button")))
        }
    }
}

async fn exempt(seat: Seat, Path(text): Path<String>, form: FormData) -> Answer {
    let id = words::parse_round(&text)?;
    let mut errors = Errors::default();
    let mut db = seat.db().await?;
    let area = areas_of(&mut db, &seat, None).await?.first().copied().unwrap_or(AreaCode::NONE);
    drop(db);
    let who = match people::find(&seat, area, form.text("person"), Purpose::Sampling).await? {
        Ok(who) => Some(who),
        Err(refusal) => {
            errors.add("person", refusal);
            None
        }
    };
    if let Some(who) = who {
        seat.require(who.area)?;
        let command = testing::Exempt {
            round: id,
            person: who.person,
            reason: form.text("reason").to_owned(),
            evidence: Some(form.text("evidence").to_owned()).filter(|e| !e.is_empty()),
        };
        let command = Command::Testing(testing::Command::Exempt(command));
        match act::send(&seat, who.area, &form, command).await? {
            Ok(_) => {
                return Ok(seat.go(&seat.here(&[("said", Some("exempted")), ("person", None)])));
            }
            Err(refusal) => errors.add(field_of(&refusal), refusal),
        }
    }
    show(&seat, &text, None, &form, errors).await
}

fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "exemption-needs-evidence" => "evidence",
        "exemption-unknown" => "reason",
        _ => "person",
    }
}
