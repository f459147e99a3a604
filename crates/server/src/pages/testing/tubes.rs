//! Tubes: the lists behind a board's figures.

use axum::extract::Path;
use maud::html;
use store::Connection;
use testing::Tube;
use testing::views::{self, Place, TubeLine, TubeStage};
use types::{PlaceCode, UnitId};

use super::names::Names;
use super::{DOWNLOAD, PAGE, READERS, board, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}/tubes", READERS, list);
    routes.get("/testing/rounds/{round}/tubes/{place}", READERS, list_at);
}

async fn list(seat: Seat, Path(round): Path<String>) -> Answer {
    lines(seat, &round, None).await
}

async fn list_at(seat: Seat, Path((round, place)): Path<(String, String)>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    lines(seat, &round, Some(place)).await
}

/// Rows looked at for one page, when a stage is asked for that few tubes are in.
const LOOKED_AT: i64 = 5_000;

/// Tubes are kept by the community of their site; a compound's are those of its community.
fn community_of(place: Option<&PlaceCode>) -> &str {
    place.map_or("", |p| p.as_str().split('-').next().unwrap_or_default())
}

async fn load(
    db: &mut Connection,
    seat: &Seat,
    round: types::RoundId,
    within: &str,
    stage: Option<TubeStage>,
    limit: i64,
) -> Result<(Vec<TubeLine>, Option<String>), Fault> {
    let mut after: Option<(String, UnitId)> = seat.param("after").and_then(|text| {
        let (community, id) = text.split_once(' ')?;
        Some((community.to_owned(), UnitId::parse(id).ok()?))
    });
    let (mut found, mut looked) = (Vec::new(), 0);
    loop {
        let chunk = 500.min(limit * 2).max(1);
        let place = Place {
            scope: seat.scope(),
            within,
            after: after.as_ref().map(|(community, id)| (community.as_str(), *id)),
        };
        let lines = views::tubes_of(db, round, place, chunk).await?;
        let all = (lines.len() as i64) < chunk;
        looked += lines.len() as i64;
        for line in lines {
            after = Some((line.tube.community.clone().unwrap_or_default(), line.id));
            if stage.is_none_or(|s| s == line.stage) {
                found.push(line);
            }
            if found.len() as i64 == limit {
                return Ok((found, after.map(|(c, id)| format!("{c} {id}"))));
            }
        }
        if all {
            return Ok((found, None));
        }
        if looked >= LOOKED_AT.max(limit) {
            return Ok((found, after.map(|(c, id)| format!("{c} {id}"))));
        }
    }
}

async fn lines(seat: Seat, round: &str, place: Option<PlaceCode>) -> Answer {
    let mut db = seat.db().await?;
    let round = board::find(&mut db, round).await?;
    let stage = seat.param("stage").and_then(|s| TubeStage::parse(&s));
    let csv = Table::wants_csv(&seat);
    let limit = if csv { DOWNLOAD } else { PAGE };
    let within = community_of(place.as_ref());
    let (found, next) = load(&mut db, &seat, round.id, within, stage, limit).await?;
    let sites = found.iter().filter_map(|l| l.tube.site.as_deref());
    let labs = found.iter().filter_map(|l| l.tube.lab.as_deref());
    let places = found.iter().filter_map(|l| PlaceCode::parse(l.tube.community.as_deref()?).ok());
    let names = Names::of_holders(&mut db, sites.chain(labs))
        .await?
        .and(Names::of_places(&mut db, places.chain(place.clone())).await?);
    let columns = vec![
        Column::new("tube", t!(seat, "kind-tube")),
        Column::new("stage", t!(seat, "state")),
        Column::new("result", t!(seat, "result")),
        Column::new("community", t!(seat, "community")),
        Column::new("site", t!(seat, "site")),
        Column::new("mode", t!(seat, "mode")),
        Column::new("swabs", t!(seat, "swabs")).numeric(),
        Column::new("sealed", t!(seat, "sealed-at")),
        Column::new("lab", t!(seat, "laboratory")),
    ];
    let rows = found.iter().map(|line| {
        let tube = &line.tube;
        vec![
            words::unit_cell(&seat, line.id),
            stage_cell(&seat, line.stage),
            result_cell(&seat, tube),
            Cell::text(names.place_text(&seat, tube.community.as_deref().unwrap_or_default())),
            Cell::text(tube.site.as_deref().map(|s| names.holder(&seat, s)).unwrap_or_default()),
            Cell::text(mode(&seat, tube)),
            Cell::number(tube.members.len() as i64),
            tube.collected_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::text(tube.lab.as_deref().map(|l| names.holder(&seat, l)).unwrap_or_default()),
        ]
    });
    let title = match &place {
        Some(place) => t!(seat, "tubes-of", place = names.place(&seat, place)),
        None => t!(seat, "tubes-of-round"),
    };
    let table = Table::new(title.clone(), columns)
        .window(words::window(&seat, &round))
        .empty(t!(seat, "tubes-empty"))
        .csv("tubes")
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let tabs: Vec<parts::Tab> = std::iter::once(None)
        .chain(TubeStage::ALL.map(Some))
        .map(|s| parts::Tab {
            href: seat.here(&[("stage", s.map(TubeStage::as_str)), ("after", None)]),
            text: s.map_or_else(|| t!(seat, "tubes-all"), |s| stage_text(&seat, s)),
            count: None,
            current: s == stage,
        })
        .collect();
    let back = match &place {
        Some(place) => format!("/testing/rounds/{}/at/{place}", round.id),
        None => seat.link(&format!("/testing/rounds/{}", round.id)),
    };
    let body = html! { (parts::tabs(&t!(seat, "state"), &tabs)) (table.render(&seat)) };
    Ok(seat.render(Page::new(title, body).crumb(back, words::round_name(&seat, &round))))
}

/// The name of a stage.
pub fn stage_text(seat: &Seat, stage: TubeStage) -> String {
    words::named(seat, "tube-stage", stage.as_str())
}

/// A stage, coloured.
pub fn stage_cell(seat: &Seat, stage: TubeStage) -> Cell {
    let tone = match stage {
        TubeStage::Reported => Tone::Good,
        TubeStage::Faulty => Tone::Bad,
        TubeStage::Tested => Tone::Warning,
        _ => Tone::Info,
    };
    Cell::tag(tone, stage_text(seat, stage))
}

/// How persons share the tube, in words.
pub fn mode(seat: &Seat, tube: &Tube) -> String {
    tube.mode.map(|m| words::named(seat, "mode", m.as_str())).unwrap_or_default()
}

/// The result, coloured; with a mark while it is preliminary.
pub fn result_cell(seat: &Seat, tube: &Tube) -> Cell {
    let Some(reading) = tube.reading else { return Cell::none() };
    let (tone, word) = words::reading(seat, reading);
    if tube.status.as_deref() == Some("preliminary") {
        return Cell::tag(Tone::Plain, format!("{word} · {}", t!(seat, "status-preliminary")));
    }
    Cell::tag(tone, word)
}
