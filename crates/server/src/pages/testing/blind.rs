//! Blind spots: who of the round has neither a swab nor an exemption. Counts by place, and lists
//! for those who knock at doors, in the order of their walk.

use std::collections::HashMap;

use axum::extract::Path;
use maud::{Markup, html};
use registry::event::PersonRef;
use registry::file::PersonLine;
use registry::place::Level;
use testing::views::{self, BlindPerson};
use testing::{Stage, VisitOutcome};
use types::{PersonId, PlaceCode, Refusal, RoundId};

use super::names::Names;
use super::people::{self, has};
use super::words::percent;
use super::{READERS, board, words};
use crate::access::{Policy, Role};
use crate::house::Command;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::FormData;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}/blind", READERS, whole);
    routes.get("/testing/rounds/{round}/blind/{place}", READERS, at_place);
    let visitors = Policy::any_of([Role::District, Role::Grid]);
    routes.post("/testing/rounds/{round}/blind/{place}", visitors, visit);
}

/// Persons on one page of a list: about a staircase.
const PERSONS: i64 = 60;

async fn whole(seat: Seat, Path(round): Path<String>) -> Answer {
    let one = seat.scope().to_string();
    let place = (one.len() == 6).then(|| PlaceCode::parse(&one)).transpose()?;
    counts(seat, &round, place).await
}

async fn at_place(seat: Seat, Path((round, place)): Path<(String, String)>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    match Level::of(&place) {
        Some(level) if level >= Level::Community => list(seat, &round, place, None).await,
        _ => counts(seat, &round, Some(place)).await,
    }
}

/// How many there are in each place below, the most first.
async fn counts(seat: Seat, round: &str, place: Option<PlaceCode>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, round).await?;
    let within = place.as_ref().map_or("", PlaceCode::as_str);
    let digits = match place.as_ref().and_then(Level::of) {
        Some(Level::County) => 9,
        Some(Level::Street) => 12,
        _ => 6,
    };
    let mut lines = views::places(&mut db, seat.scope(), round.id, within, digits).await?;
    lines.retain(|l| l.place != within);
    lines.sort_by_key(|l| std::cmp::Reverse(l.counts.blind()));
    let codes = lines.iter().filter_map(|l| PlaceCode::parse(&l.place).ok());
    let names = Names::of_places(&mut db, codes.chain(place.clone())).await?;
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("code", t!(seat, "code")),
        Column::new("blind", t!(seat, "blind-spots")).numeric(),
        Column::new("share", t!(seat, "blind-share")).numeric(),
        Column::new("planned", t!(seat, "stage-planned")).numeric(),
        Column::new("sampled", t!(seat, "stage-sampled")).numeric(),
        Column::new("exempt", t!(seat, "stage-exempt")).numeric(),
    ];
    let base = format!("/testing/rounds/{}", round.id);
    let rows = lines.iter().map(|line| {
        let (c, href) = (&line.counts, format!("{base}/blind/{}", line.place));
        vec![
            Cell::link(&href, names.place_text(&seat, &line.place)),
            Cell::code(&line.place),
            Cell::count(c.blind(), &href),
            Cell::text(percent(c.blind(), c.persons(Stage::Planned))),
            Cell::count(c.persons(Stage::Planned), &format!("{base}/targets/{}", line.place)),
            Cell::count(c.persons(Stage::Sampled), &format!("{base}/tubes/{}", line.place)),
            Cell::count(c.persons(Stage::Exempt), &format!("{base}/exemptions/{}", line.place)),
        ]
    });
    let table = Table::new(t!(seat, "blind-by-place"), columns)
        .window(words::window(&seat, &round))
        .empty(t!(seat, "blind-empty"))
        .csv("blind-spots")
        .rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let title = match &place {
        Some(place) => t!(seat, "blind-of", place = names.place(&seat, place)),
        None => t!(seat, "blind-spots"),
    };
    let page = Page::new(title, table.render(&seat))
        .lead(html! { (t!(seat, "blind-lead")) })
        .crumb(seat.link(&base), words::round_name(&seat, &round));
    Ok(seat.render(page))
}

fn after(seat: &Seat) -> Option<(String, PersonId)> {
    let text = seat.param("after")?;
    let (compound, person) = text.split_once(' ')?;
    Some((compound.to_owned(), PersonId::parse(person).ok()?))
}

/// The persons of a community or compound, staircase by staircase.
async fn list(seat: Seat, round: &str, place: PlaceCode, refused: Option<Refusal>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, round).await?;
    let area = place.area().ok_or_else(|| Fault::not_found(&place))?;
    let csv = Table::wants_csv(&seat);
    let limit = if csv { super::DOWNLOAD } else { PERSONS };
    let after = after(&seat);
    let key = after.as_ref().map(|(compound, person)| (compound.as_str(), *person));
    let mut found = views::blind_spots(&mut db, area, round.id, &place, key, limit + 1).await?;
    let next = cut(&mut found, limit, |p| Some(format!("{} {}", p.compound, p.person)));
    // Names are for those who go to the doors.
    let visits = has(&seat, &[Role::District, Role::Grid]);
    let known = match visits && !csv && !found.is_empty() {
        true => {
            let refs: Vec<PersonRef> =
                found.iter().map(|p| PersonRef { area, person: p.person }).collect();
            people::masked_in(&seat, &mut db, &place, &refs).await?
        }
        false => HashMap::new(),
    };
    let codes = found
        .iter()
        .flat_map(|p| [Some(p.compound.as_str()), p.place.as_deref()].into_iter().flatten());
    let codes: Vec<PlaceCode> = codes.filter_map(|c| PlaceCode::parse(c).ok()).collect();
    let own = registry::place::chain_of(&place);
    let names = Names::of_places(&mut db, codes.into_iter().chain(own.clone())).await?;
    if csv {
        return Ok(download(&seat, &names, &found));
    }
    let base = format!("/testing/rounds/{}", round.id);
    let body = html! {
        (words::said(&seat))
        @if let Some(refusal) = &refused {
            (parts::notice(Tone::Bad, &crate::i18n::Speaks::lang(&seat).refusal(refusal), html! {}))
        }
        @if found.is_empty() {
            (parts::notice(Tone::Good, &t!(seat, "blind-none"), html! {}))
        }
        @for group in staircases(&found) {
            (staircase(&seat, &names, &known, round.id, &place, group, visits))
        }
        (pager(&seat, after.is_some(), next.as_deref(), !found.is_empty()))
    };
    let mut page = Page::new(t!(seat, "blind-of", place = names.place(&seat, &place)), body)
        .lead(
            html! { (t!(seat, "blind-list-lead")) @if visits { " " (t!(seat, "looks-recorded")) } },
        )
        .crumb(base.clone(), words::round_name(&seat, &round));
    for above in own.iter().rev().filter(|p| p.area().is_some() && **p != place) {
        page = page.crumb(format!("{base}/blind/{above}"), names.place(&seat, above));
    }
    Ok(seat.render(page))
}

/// Runs of persons at the same entrance.
fn staircases(found: &[BlindPerson]) -> impl Iterator<Item = &[BlindPerson]> {
    found.chunk_by(|a, b| a.compound == b.compound && a.place == b.place)
}

fn staircase(
    seat: &Seat,
    names: &Names,
    known: &HashMap<PersonId, PersonLine>,
    round: RoundId,
    place: &PlaceCode,
    group: &[BlindPerson],
    visits: bool,
) -> Markup {
    let Some(first) = group.first() else { return html! {} };
    let compound = names.place_text(seat, &first.compound);
    let visited = group.iter().filter(|p| p.visited.is_some()).count();
    let entrance = first.place.as_deref().filter(|p| *p != first.compound);
    let action = seat.here(&[]);
    html! {
        section .walk {
            h2 .walk__title {
                (compound)
                @if let Some(entrance) = entrance { " · " (entrance_name(seat, names, entrance)) }
                " " span .muted {
                    (t!(seat, "n-persons", n = group.len() as i64))
                    @if visited > 0 { " · " (t!(seat, "n-visited", n = visited as i64)) }
                }
            }
            ul .walk__list {
                @for home in group.chunk_by(|a, b| a.door == b.door) {
                    li .walk__home {
                        strong .walk__door { @if home[0].door.is_empty() { "—" } @else { (home[0].door) } }
                        ul .plain-list {
                            @for person in home {
                                li .walk__person #{ (ANCHOR) (person.person) } {
                                    div .walk__who {
                                        @if let Some(line) = known.get(&person.person) { span { (line.masked.name) } }
                                        @match person.visited.as_deref() {
                                            Some(outcome) => (parts::tag(visit_tone(outcome), &words::named(seat, "visit", outcome))),
                                            None => span .muted { (t!(seat, "visit-none")) },
                                        }
                                    }
                                    @if visits { (visit_form(seat, &action, round, place, person)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The building and entrance of a place: its own name, or its numbers.
fn entrance_name(seat: &Seat, names: &Names, code: &str) -> String {
    let name = names.place_text(seat, code);
    if name != code {
        return name;
    }
    let parts: Vec<&str> = code.split('-').skip(2).collect();
    match parts.as_slice() {
        [building] => t!(seat, "building-n", n = *building),
        [building, entrance] => t!(seat, "entrance-n", building = *building, n = *entrance),
        _ => code.to_owned(),
    }
}

fn visit_tone(outcome: &str) -> Tone {
    match outcome {
        "found" => Tone::Good,
        "refused" => Tone::Bad,
        _ => Tone::Warning,
    }
}

const OUTCOMES: [(&str, VisitOutcome); 4] = [
    ("found", VisitOutcome::Found),
    ("absent", VisitOutcome::Absent),
    ("refused", VisitOutcome::Refused),
    ("moved", VisitOutcome::Moved),
];

/// Where a person stands on the page: a visit comes back to it.
const ANCHOR: &str = "person-";

/// One tap for each outcome; the page comes back at the same person.
fn visit_form(
    seat: &Seat,
    action: &str,
    round: RoundId,
    place: &PlaceCode,
    person: &BlindPerson,
) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="csrf" value=(seat.csrf());
            input type="hidden" name="person" value=(person.person);
            div .walk__visit role="group" aria-label=(t!(seat, "visit-label")) {
                @for (word, _) in OUTCOMES {
                    button .button .button--secondary .button--small type="submit" name="outcome" value=(word) {
                        (words::named(seat, "visit", word))
                    }
                }
                @if let Some(area) = place.area() {
                    a .button .button--secondary .button--small
                        href={ "/testing/rounds/" (round) "/exemptions?area=" (area) "&person=" (person.person) } { (t!(seat, "exempt")) }
                }
            }
        }
    }
}

fn pager(seat: &Seat, paged: bool, next: Option<&str>, rows: bool) -> Markup {
    html! {
        div .table-box__foot {
            @if rows {
                a .table-box__csv href=(seat.here(&[("format", Some("csv")), ("after", None)])) download {
                    (parts::icon("download")) (t!(seat, "download-csv"))
                }
            }
            nav .pager aria-label=(t!(seat, "paging")) {
                @if paged { a href=(seat.here(&[("after", None)])) { (t!(seat, "first-page")) } }
                @if let Some(next) = next { a rel="next" href=(seat.here(&[("after", Some(next))])) { (t!(seat, "next-page")) } }
            }
        }
    }
}

/// Addresses without names: a file leaves the house.
fn download(seat: &Seat, names: &Names, found: &[BlindPerson]) -> axum::response::Response {
    let columns = vec![
        Column::new("compound", t!(seat, "compound")),
        Column::new("place", t!(seat, "place")),
        Column::new("door", t!(seat, "door")),
        Column::new("visit", t!(seat, "visit")),
    ];
    let rows = found.iter().map(|p| {
        let visited = p.visited.as_deref().map(|v| words::named(seat, "visit", v));
        vec![
            Cell::text(names.place_text(seat, &p.compound)),
            Cell::text(p.place.clone().unwrap_or_default()),
            Cell::text(p.door.clone()),
            Cell::text(visited.unwrap_or_default()),
        ]
    });
    Table::new(t!(seat, "blind-spots"), columns).csv("blind-spots").rows(rows).csv_response()
}

async fn visit(seat: Seat, Path((round, place)): Path<(String, String)>, form: FormData) -> Answer {
    let place = PlaceCode::parse(&place)?;
    let area = place.area().ok_or_else(|| Fault::not_found(&place))?;
    let id = words::parse_round(&round)?;
    let person = PersonId::parse(form.text("person"))?;
    let outcome = OUTCOMES.into_iter().find(|(word, _)| *word == form.text("outcome"));
    let Some((_, outcome)) = outcome else {
        return list(seat, &round, place, Some(Refusal::new("choice-missing"))).await;
    };
    let note = Some(form.text("note").to_owned()).filter(|n| !n.is_empty());
    let command = testing::Visit { round: id, person, outcome, note };
    match act::once(&seat, area, Command::Testing(testing::Command::Visit(command))).await? {
        Ok(_) => {
            let here = seat.here(&[("said", Some("visited"))]);
            Ok(seat.go(&format!("{here}#{ANCHOR}{person}")))
        }
        Err(refusal) => list(seat, &round, place, Some(refusal)).await,
    }
}
