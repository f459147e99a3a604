//! Steps up and down: who was moved to more or less care, when, and why.

use care::views::{self, StepFilter};
use care::{Level, Way};
use maud::html;
use types::{HolderCode, Span};

use super::{VISITORS, under_board, words};
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::Tone;
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/steps", VISITORS, show);
}

/// Lines of the list.
const MOST: i64 = 500;
/// Days that it looks back, unless it is told otherwise.
const DAYS: i64 = 7;

async fn show(seat: Seat) -> Answer {
    let days = seat.param("days").and_then(|n| n.parse().ok()).unwrap_or(DAYS).clamp(1, 400);
    let way = seat.param("way").and_then(|text| Way::parse(&text));
    let own = words::own_facility(&seat);
    let mut db = seat.db().await?;
    let filter = StepFilter {
        scope: seat.scope(),
        from: seat.now() - Span::days(days),
        until: seat.now() + Span(1),
        way,
        facility: own.as_ref(),
    };
    let found = views::steps(&mut db, &filter, MOST).await?;
    let mut ids: Vec<types::UnitId> = found.iter().map(|step| step.episode).collect();
    ids.sort_unstable();
    ids.dedup();
    let whose: std::collections::HashMap<_, _> =
        views::episodes(&mut db, &ids).await?.into_iter().map(|e| (e.id, e)).collect();
    drop(db);
    let place = |(facility, ward, level): &(HolderCode, String, Level)| {
        Cell::words(html! {
            a href=(words::ward_path(facility, ward)) { (facility.code()) " " (ward) }
            " · " (named(&seat, "care-level", level.as_str()))
        })
    };
    let columns = vec![
        Column::new("at", t!(seat, "happened-at")),
        Column::new("way", t!(seat, "care-step-way")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("from", t!(seat, "care-step-from")),
        Column::new("to", t!(seat, "care-step-to")),
        Column::new("why", t!(seat, "care-why")),
        Column::new("by", t!(seat, "care-by")),
    ];
    let rows = found.iter().map(|step| {
        let tone = match step.way {
            Way::Up => Tone::Warning,
            Way::Down => Tone::Good,
            Way::Level => Tone::Plain,
        };
        let episode = whose.get(&step.episode);
        vec![
            Cell::time(seat.time(step.at)),
            Cell::tag(tone, named(&seat, "care-way", step.way.as_str())),
            episode.map_or_else(Cell::none, |e| Cell::words(words::link_of(&seat, e))),
            episode.map_or_else(Cell::none, |e| Cell::text(words::person(&seat, e))),
            place(&step.from),
            place(&step.to),
            Cell::text(step.reason.clone()).long(),
            Cell::text(step.actor.clone()),
        ]
    });
    let table = Table::new(t!(seat, "nav-care-steps"), columns)
        .empty(t!(seat, "care-steps-empty"))
        .rows(rows.collect::<Vec<_>>());
    let ways = Way::ALL.iter().map(|way| way.as_str());
    let form = Form::asks(&seat, "/care/steps")
        .field(
            Field::select(
                "way",
                t!(seat, "care-step-way"),
                options(&seat, "care-way", Some("case-any"), ways),
            )
            .value(seat.param("way").unwrap_or_default())
            .short(),
        )
        .field(Field::number("days", t!(seat, "care-steps-days")).value(days.to_string()))
        .button(&t!(seat, "show"));
    let body = html! { (form) (table.render(&seat)) };
    let page =
        Page::new(t!(seat, "nav-care-steps"), body).lead(html! { (t!(seat, "care-steps-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}
