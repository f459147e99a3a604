//! Who is excused from a round, for which reason, on what evidence.

use std::collections::HashMap;

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::Purpose;
use registry::event::PersonRef;
use store::Connection;
use testing::Round;
use testing::views::{self, ExemptionLine};
use types::{AreaCode, AreaScope, PersonId, PlaceCode, Refusal};

use super::lists::areas_of;
use super::names::Names;
use super::people::{self, has};
use super::words::{self, round_name};
use super::{DOWNLOAD, PAGE, READERS, board, send};
use crate::access::{Policy, Role};
use crate::house::Command;
use crate::i18n::{Lang, Speaks};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table};
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

type Found = (Vec<ExemptionLine>, HashMap<PersonId, String>, Option<String>);

/// Exemptions of persons who live in a place, and where each lives. Rows are kept by county:
/// for a smaller place the others are passed over.
async fn load(
    seat: &Seat,
    db: &mut Connection,
    round: &Round,
    place: Option<&PlaceCode>,
    limit: i64,
) -> Result<Found, Fault> {
    let scope = match place.and_then(PlaceCode::area) {
        Some(area) => AreaScope::one(area),
        None => seat.scope(),
    };
    let within = place.map_or("", PlaceCode::as_str);
    let mut after = seat.param("after").and_then(|text| {
        let (area, person) = text.split_once(' ')?;
        Some((AreaCode::parse(area).ok()?, PersonId::parse(person).ok()?))
    });
    let (mut lines, mut homes) = (Vec::new(), HashMap::new());
    loop {
        let chunk = views::exemptions(db, scope, round.id, after, 500).await?;
        let last = chunk.len() < 500;
        let who = chunk.iter().map(|l| (l.area, l.person));
        let where_ = registry::views::whereabouts(db, who).await?;
        for line in chunk {
            after = Some((line.area, line.person));
            let home = where_.get(&line.person).and_then(|w| w.compound.clone());
            let home = home.map(|c| c.to_string()).unwrap_or_default();
            if home.starts_with(within) || within.len() <= 6 {
                homes.insert(line.person, home);
                lines.push(line);
            }
            if lines.len() as i64 == limit {
                let next = after.map(|(area, person)| format!("{area} {person}"));
                return Ok((lines, homes, next));
            }
        }
        if last {
            return Ok((lines, homes, None));
        }
    }
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
    let (lines, homes, next) = load(seat, &mut db, &round, place.as_ref(), limit).await?;
    let may_see = has(seat, &[Role::District, Role::Grid]);
    let shown = may_see && !csv && seat.param("names").is_some();
    let known = if shown {
        let refs: Vec<PersonRef> =
            lines.iter().map(|l| PersonRef { area: l.area, person: l.person }).collect();
        people::masked(seat, &mut db, &refs, Purpose::Sampling).await?
    } else {
        HashMap::new()
    };
    let places = homes.values().filter_map(|h| PlaceCode::parse(h).ok());
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
        let home = homes.get(&line.person).map(String::as_str).unwrap_or_default();
        let reason = kinds.iter().find(|(code, _)| *code == line.reason);
        let mut row = vec![
            Cell::text(names.place_text(seat, home)),
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
        match send::one(&seat, who.area, command).await? {
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
