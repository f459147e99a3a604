//! The list of a ward round: in the order in which the beds are walked, who is due and who is not.

use std::collections::HashMap;

use axum::extract::Path;
use care::{Bed, BedState, Episode, round_due, views};
use maud::html;
use types::UnitId;

use super::{IN_WARD, VISITORS, under_board, words};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/facilities/{holder}/rounds", VISITORS, show);
}

/// Within this time somebody counts as due: who is looked at a little early need not be visited twice.
const SOON: types::Span = types::Span::hours(2);
/// People of a facility who are shown together, at most: of more, one ward at a time.
const TOGETHER: i64 = 300;

async fn show(seat: Seat, Path(holder): Path<String>) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let all = seat.param("all").is_some();
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    // Of a large house one ward at a time: nobody walks through all of it.
    let lying: i64 = wards.iter().map(|ward| ward.of(BedState::Occupied)).sum();
    let first = wards.first().filter(|_| lying > TOGETHER).map(|ward| ward.code.clone());
    let chosen = seat.param("ward").filter(|code| !code.is_empty()).or(first);
    let mut walked: Vec<(String, Bed, Episode)> = Vec::new();
    for ward in wards.iter().filter(|ward| chosen.as_ref().is_none_or(|code| *code == ward.code)) {
        let people = views::in_facility(&mut db, &of.code, Some(&ward.code), IN_WARD).await?;
        let mut whose: HashMap<UnitId, Episode> = people
            .into_iter()
            .filter_map(|episode| Some((episode.lies.as_ref()?.bed, episode)))
            .collect();
        let beds = views::ward_beds(&mut db, &of.code, &ward.code).await?;
        for bed in beds.into_iter().filter(|bed| bed.state == BedState::Occupied) {
            if let Some(episode) = whose.remove(&bed.id) {
                walked.push((words::ward(&seat, ward), bed, episode));
            }
        }
    }
    drop(db);
    let now = seat.now();
    let due = |episode: &Episode| round_due(episode).is_some_and(|at| at <= now + SOON);
    let n_due = walked.iter().filter(|(.., episode)| due(episode)).count();
    let n_late =
        walked.iter().filter(|(.., episode)| round_due(episode).is_some_and(|at| at < now)).count();
    let columns = vec![
        Column::new("bed", t!(seat, "care-bed")),
        Column::new("room", t!(seat, "care-room-of")),
        Column::new("ward", t!(seat, "care-ward")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("seen", t!(seat, "care-seen")),
        Column::new("due", t!(seat, "care-round-due")),
        Column::new("temperature", t!(seat, "care-last-temperature")),
    ];
    let rows =
        walked.iter().filter(|(.., episode)| all || due(episode)).map(|(ward, bed, episode)| {
            vec![
                Cell::code(bed.label.clone()),
                Cell::text(bed.room.clone()),
                Cell::text(ward.clone()),
                Cell::words(words::link_of(&seat, episode)),
                Cell::text(words::person(&seat, episode)),
                words::condition_cell(&seat, episode.condition),
                episode.seen_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
                match round_due(episode) {
                    Some(at) if at < now => Cell::tag(Tone::Bad, seat.time(at).to_string()),
                    Some(at) => Cell::time(seat.time(at)),
                    None => Cell::none(),
                },
                match episode.chart.temperatures.last() {
                    Some((_, degrees)) if *degrees >= care::release::FEVER_FROM => {
                        Cell::tag(Tone::Warning, format!("{degrees:.1} °C"))
                    }
                    Some((_, degrees)) => Cell::text(format!("{degrees:.1} °C")),
                    None => Cell::none(),
                },
            ]
        });
    let table = Table::new(t!(seat, "care-rounds"), columns)
        .empty(t!(seat, "care-rounds-empty"))
        .rows(rows.collect::<Vec<_>>());
    let path = format!("{}/rounds", words::facility_path(&of.code));
    let tab = |code: Option<&str>, text: String| parts::Tab {
        href: match code {
            Some(code) => format!("{path}?ward={code}"),
            None => path.clone(),
        },
        text,
        count: None,
        current: chosen.as_deref() == code,
    };
    let together = (lying <= TOGETHER).then(|| tab(None, t!(seat, "care-wards-all")));
    let tabs: Vec<parts::Tab> = together
        .into_iter()
        .chain(wards.iter().map(|ward| tab(Some(&ward.code), words::ward(&seat, ward))))
        .collect();
    let body = html! {
        (parts::tabs(&t!(seat, "care-ward"), &tabs))
        p {
            (t!(seat, "care-rounds-n", due = n_due as i64, late = n_late as i64, all = walked.len() as i64)) " "
            @if all {
                a href=(seat.here(&[("all", None)])) { (t!(seat, "care-rounds-due-only")) }
            } @else {
                a href=(seat.here(&[("all", Some("1"))])) { (t!(seat, "care-rounds-everybody")) }
            }
        }
        (table.render(&seat))
    };
    let page =
        Page::new(t!(seat, "care-rounds"), body).lead(html! { (t!(seat, "care-rounds-lead")) });
    let page =
        under_board(&seat, page).crumb(words::facility_path(&of.code), words::facility(&seat, &of));
    Ok(seat.render(page))
}
