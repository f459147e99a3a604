//! Lists of a round: whom it expects, tubes that are not negative, persons to be sampled again.

use std::collections::HashMap;

use axum::extract::Path;
use ledger::Units;
use maud::html;
use registry::command::Purpose;
use registry::event::PersonRef;
use registry::file::PersonLine;
use store::Connection;
use testing::views::{self, OpenRecall};
use types::{AreaCode, Micros, PersonId, PlaceCode, UnitId};

use super::names::Names;
use super::people::{self, has};
use super::tubes::result_cell;
use super::{DOWNLOAD, PAGE, READERS, STAFF, board, words};
use crate::access::Role;
use crate::house::{TESTING, topic};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}/targets", READERS, targets);
    routes.get("/testing/rounds/{round}/targets/{place}", READERS, targets_at);
    routes.get("/testing/rounds/{round}/not-negative", READERS, not_negative);
    routes.get("/testing/rounds/{round}/recalls", READERS, recalls);
    routes.get("/testing/recalls/{unit}", STAFF, recall);
}

async fn targets(seat: Seat, Path(round): Path<String>) -> Answer {
    expected(seat, &round, None).await
}

async fn targets_at(seat: Seat, Path((round, place)): Path<(String, String)>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    expected(seat, &round, Some(place)).await
}

/// Compounds with the persons that the round expects, county by county.
async fn expected(seat: Seat, round: &str, place: Option<PlaceCode>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, round).await?;
    let within = place.as_ref().map_or("", PlaceCode::as_str);
    let mut found = Vec::new();
    for area in areas_of(&mut db, &seat, place.as_ref()).await? {
        found.extend(views::targets(&mut db, area, round.id).await?);
    }
    found.retain(|(compound, ..)| compound.as_str().starts_with(within));
    let total = found.len() as i64;
    let csv = Table::wants_csv(&seat);
    let after = seat.param("after").unwrap_or_default();
    let limit = if csv { DOWNLOAD } else { PAGE } as usize;
    let mut page: Vec<_> =
        found.into_iter().filter(|(c, ..)| c.as_str() > after.as_str()).take(limit + 1).collect();
    let next = (page.len() > limit).then(|| page[limit - 1].0.to_string());
    page.truncate(limit);
    let names = Names::of_places(
        &mut db,
        page.iter()
            .map(|(c, ..)| c.clone())
            .chain(page.iter().filter_map(|(c, ..)| registry::place::parent_of(c))),
    )
    .await?;
    let columns = vec![
        Column::new("compound", t!(seat, "compound")),
        Column::new("community", t!(seat, "community")),
        Column::new("code", t!(seat, "code")),
        Column::new("persons", t!(seat, "stage-planned")).numeric(),
        Column::new("zone", t!(seat, "zone")),
    ];
    let rows = page.iter().map(|(compound, persons, zone)| {
        let parent = registry::place::parent_of(compound);
        let href = format!("/testing/rounds/{}/at/{compound}", round.id);
        vec![
            Cell::link(&href, names.place(&seat, compound)),
            Cell::text(parent.map(|p| names.place(&seat, &p)).unwrap_or_default()),
            Cell::code(compound.as_str()),
            Cell::number(*persons),
            Cell::text(words::named(&seat, "zone", zone)),
        ]
    });
    let table = Table::new(t!(seat, "targets"), columns)
        .window(words::window(&seat, &round))
        .empty(t!(seat, "targets-empty"))
        .csv("targets")
        .total(total)
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let back = seat.link(&format!("/testing/rounds/{}", round.id));
    let page = Page::new(t!(seat, "targets"), table.render(&seat));
    Ok(seat.render(page.crumb(back, words::round_name(&seat, &round))))
}

/// The counties of a list: that of the place, or those in view that the registry knows.
pub async fn areas_of(
    db: &mut Connection,
    seat: &Seat,
    place: Option<&PlaceCode>,
) -> Result<Vec<AreaCode>, Fault> {
    if let Some(area) = place.and_then(PlaceCode::area) {
        return Ok(vec![area]);
    }
    let counties = registry::views::county_counts(db, seat.scope()).await?;
    Ok(counties.into_iter().map(|c| c.area).collect())
}

/// Where a page of a list by time ended.
pub(super) fn after(seat: &Seat) -> Option<(Micros, UnitId)> {
    let text = seat.param("after")?;
    let (at, id) = text.split_once(' ')?;
    Some((Micros(at.parse().ok()?), UnitId::parse(id).ok()?))
}

/// What [`after`] reads.
pub(super) fn mark(at: Micros, id: UnitId) -> String {
    format!("{} {id}", at.0)
}

async fn not_negative(seat: Seat, Path(round): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, &round).await?;
    let limit = if Table::wants_csv(&seat) { DOWNLOAD } else { PAGE };
    let mut found =
        views::notable(&mut db, seat.scope(), round.id, after(&seat), limit + 1).await?;
    let next = cut(&mut found, limit, |line| Some(mark(line.tube.tested_at?, line.id)));
    let sites = found.iter().filter_map(|l| l.tube.site.as_deref());
    let labs = found.iter().filter_map(|l| l.tube.lab.as_deref());
    let places = found.iter().filter_map(|l| PlaceCode::parse(l.tube.community.as_deref()?).ok());
    let names = Names::of_holders(&mut db, sites.chain(labs))
        .await?
        .and(Names::of_places(&mut db, places).await?);
    let columns = vec![
        Column::new("tube", t!(seat, "kind-tube")),
        Column::new("result", t!(seat, "result")),
        Column::new("ct-n", t!(seat, "ct-n")).numeric(),
        Column::new("ct-orf", t!(seat, "ct-orf1ab")).numeric(),
        Column::new("swabs", t!(seat, "persons-held")).numeric(),
        Column::new("community", t!(seat, "community")),
        Column::new("site", t!(seat, "site")),
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("tested", t!(seat, "tested-at")),
    ];
    let ct = |value: Option<f64>| value.map_or_else(Cell::none, |v| Cell::text(format!("{v:.1}")));
    let rows = found.iter().map(|line| {
        let tube = &line.tube;
        vec![
            words::unit_cell(&seat, line.id),
            result_cell(&seat, tube),
            ct(tube.ct_n),
            ct(tube.ct_orf1ab),
            Cell::number(tube.members.len() as i64),
            Cell::text(names.place_text(&seat, tube.community.as_deref().unwrap_or_default())),
            Cell::text(tube.site.as_deref().map(|s| names.holder(&seat, s)).unwrap_or_default()),
            Cell::text(tube.lab.as_deref().map(|l| names.holder(&seat, l)).unwrap_or_default()),
            tube.tested_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
        ]
    });
    let table = Table::new(t!(seat, "not-negative"), columns)
        .window(words::window(&seat, &round))
        .empty(t!(seat, "not-negative-empty"))
        .csv("not-negative")
        .next(next)
        .rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("list") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("list"))]);
    let body = parts::live("list", &[topic(TESTING, seat.scope())], &src, part);
    let back = seat.link(&format!("/testing/rounds/{}", round.id));
    let page = Page::new(t!(seat, "not-negative"), body)
        .lead(html! { (t!(seat, "not-negative-lead")) })
        .crumb(back, words::round_name(&seat, &round))
        .actions(parts::button_link(
            &seat.link(&format!("/testing/rounds/{}/recalls", round.id)),
            &t!(seat, "recalls-open"),
            false,
        ));
    Ok(seat.render(page))
}

/// Persons to be sampled again, each with a clock. Names show to those who knock at doors, and
/// the look is recorded.
async fn recalls(seat: Seat, Path(round): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, &round).await?;
    let limit = if Table::wants_csv(&seat) { DOWNLOAD } else { PAGE };
    // Where a figure of one street leads here, only what is in it.
    let within = seat.param("within").and_then(|text| PlaceCode::parse(&text).ok());
    let place = (seat.scope(), within.as_ref().map_or("", PlaceCode::as_str));
    let mut found =
        views::recalls_within(&mut db, place, round.id, after(&seat), limit + 1).await?;
    let next = cut(&mut found, limit, |line| Some(mark(line.opened_at, line.id)));
    let mut units = Units::default();
    let ids: Vec<UnitId> = found.iter().map(|r| r.id).collect();
    units.load(&mut db, &ids).await?;
    // On a page, whose time runs out first comes first; one without a clock last.
    let due = |r: &OpenRecall| units.custody(r.id).and_then(|c| c.deadline).unwrap_or(Micros::MAX);
    found.sort_by_key(|r| (due(r), r.opened_at, r.id));
    let holders = ids.iter().filter_map(|id| units.holder(*id)).map(|h| h.as_str());
    let homes = found.iter().filter_map(|r| PlaceCode::parse(r.home.as_deref()?).ok());
    let names =
        Names::of_holders(&mut db, holders).await?.and(Names::of_places(&mut db, homes).await?);
    let may_see = has(&seat, &[Role::District, Role::Grid]);
    let shown = may_see && seat.param("names").is_some() && !Table::wants_csv(&seat);
    let known = if shown { open_names(&seat, &mut db, &found).await? } else { HashMap::new() };
    let now = seat.now();
    let mut columns = vec![
        Column::new("deadline", t!(seat, "deadline")),
        Column::new("home", t!(seat, "compound")),
        Column::new("why", t!(seat, "recall-why")),
        Column::new("step", t!(seat, "step")),
        Column::new("holder", t!(seat, "held-by")),
        Column::new("origin", t!(seat, "recall-origin")),
        Column::new("since", t!(seat, "held-since")),
    ];
    if shown {
        columns.insert(1, Column::new("name", t!(seat, "person-name")));
    }
    let rows = found.iter().map(|line: &OpenRecall| {
        let custody = units.custody(line.id);
        let step = custody.map_or("recall", |c| c.step.as_str());
        let holder = units.holder(line.id).map_or("unknown", |h| h.as_str());
        let held = testing_holds(&line.reason);
        let tone = if held { Tone::Bad } else { Tone::Warning };
        let home = line.home.as_deref().map(|h| names.place_text(&seat, h));
        let due = custody.and_then(|c| c.deadline);
        let story = seat.link(&words::unit_path(line.id));
        let shown_due = html! {
            (words::clock(&seat, due, now)) " " a href=(story) { (t!(seat, "recall-story")) }
        };
        let mut row = vec![
            Cell::markup(shown_due, due.map(|at| seat.time(at).to_string()).unwrap_or_default()),
            Cell::text(home.unwrap_or_else(|| t!(seat, "person-unknown-home"))),
            Cell::tag(tone, words::named(&seat, "recall", &line.reason)),
            Cell::text(words::step(&seat, step)),
            Cell::text(names.holder(&seat, holder)),
            words::unit_cell(&seat, line.origin),
            Cell::time(seat.time(line.opened_at)),
        ];
        if shown {
            let name = known
                .get(&line.person)
                .map(|l| l.masked.name.clone())
                .unwrap_or_else(|| t!(seat, "person-elsewhere"));
            row.insert(1, Cell::text(name));
        }
        row
    });
    let table = Table::new(t!(seat, "recalls-open"), columns)
        .window(t!(seat, "recalls-window"))
        .empty(t!(seat, "recalls-empty"))
        .csv("recalls")
        .next(next)
        .rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("list") && !shown {
        return Ok(seat.fragment(part));
    }
    let body = html! {
        @if shown { (part) }
        @else { (parts::live("list", &[topic(TESTING, seat.scope())], &seat.here(&[("fragment", Some("list"))]), part)) }
        @if may_see && !shown && !found.is_empty() {
            p { a .button .button--secondary href=(seat.here(&[("names", Some("1"))])) { (t!(seat, "show-names")) }
                " " span .muted { (t!(seat, "looks-recorded")) } }
        }
    };
    let back = seat.link(&format!("/testing/rounds/{}", round.id));
    let page = Page::new(t!(seat, "recalls-open"), body)
        .lead(html! { (t!(seat, "recalls-lead")) })
        .crumb(back, words::round_name(&seat, &round));
    Ok(seat.render(page))
}

/// Whether a reason keeps the person apart until the new result.
fn testing_holds(reason: &str) -> bool {
    matches!(reason, "pool_not_negative" | "unclear")
}

async fn open_names(
    seat: &Seat,
    db: &mut Connection,
    found: &[OpenRecall],
) -> Result<HashMap<PersonId, PersonLine>, Fault> {
    let refs: Vec<PersonRef> = found
        .iter()
        .filter_map(|r| {
            let area = PlaceCode::parse(r.home.as_deref()?).ok()?.area()?;
            Some(PersonRef { area, person: r.person })
        })
        .collect();
    people::masked(seat, db, &refs, Purpose::Sampling).await
}

/// A recall's own history.
async fn recall(seat: Seat, Path(unit): Path<String>) -> Answer {
    let unit = UnitId::parse(&unit)?;
    let mut db = seat.db().await?;
    let (custody, moments) = ledger::views::history(&mut db, unit, types::Micros::MAX).await?;
    if moments.is_empty() {
        return Err(Fault::not_found(unit));
    }
    let holder = custody.holder.as_ref().map(|h| h.as_str().to_owned());
    let names = Names::of_holders(&mut db, super::history::holders(&moments)).await?;
    let body = html! {
        (parts::facts(&super::history::custody(&seat, &names, &custody, holder.as_deref())))
        (super::history::table(&seat, &names, &moments, &custody.findings).render(&seat))
    };
    Ok(seat.render(Page::new(t!(seat, "kind-recall"), body)))
}
