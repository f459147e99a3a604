//! Beds that are held: for whom, since when, until when; and the one act that gives up those that nobody
//! took in time. Nothing lapses by itself: what is given up is in the journal, with who gave it up.

use std::collections::BTreeMap;

use care::{Command, Episode, held_until, views};
use maud::html;
use types::{AreaCode, Micros, UnitId};

use super::{DISPATCHERS, READERS, under_board, words};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/held", READERS, show);
    routes.post("/care/held", DISPATCHERS, lapse);
}

/// Lines of the list.
const MOST: i64 = 2_000;

/// Until when the edition in force holds somebody's bed.
fn until(seat: &Seat, episode: &Episode) -> Option<Micros> {
    held_until(seat.app().protocol().at(seat.now(), episode.area()), episode)
}

/// Before when a bed of a county's people has been held for longer than its edition says.
pub fn before(seat: &Seat, area: AreaCode) -> Option<Micros> {
    let within = seat.app().protocol().at(seat.now(), area).care().ok()?.hold.as_ref()?.value;
    Some(seat.now() - within)
}

/// Those whose beds are held past the clock.
pub fn overdue<'a>(seat: &Seat, held: &'a [Episode]) -> Vec<&'a Episode> {
    held.iter().filter(|e| until(seat, e).is_some_and(|until| until < seat.now())).collect()
}

async fn show(seat: Seat) -> Answer {
    page(&seat, None).await
}

async fn page(seat: &Seat, done: Option<i64>) -> Answer {
    let mut db = seat.db().await?;
    let found = views::held(&mut db, seat.scope(), Micros::MAX, MOST).await?;
    drop(db);
    let late = overdue(seat, &found).len();
    let only_late = seat.param("late").is_some();
    let columns = vec![
        Column::new("until", t!(seat, "care-held-until")),
        Column::new("since", t!(seat, "care-held-since")),
        Column::new("stage", t!(seat, "care-stage")),
        Column::new("bed", t!(seat, "care-bed")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("waited", t!(seat, "care-waited")),
    ];
    let now = seat.now();
    let shown =
        found.iter().filter(|e| !only_late || until(seat, e).is_some_and(|until| until < now));
    let rows = shown.filter_map(|episode| {
        let held = episode.held.as_ref()?;
        Some(vec![
            match until(seat, episode) {
                Some(at) if at < now => Cell::tag(Tone::Bad, seat.time(at).to_string()),
                Some(at) => Cell::time(seat.time(at)),
                None => Cell::none(),
            },
            Cell::time(seat.time(held.held_at)),
            words::stage_cell(seat, episode),
            Cell::words(words::bed_link(seat, held)),
            Cell::words(words::link_of(seat, episode)),
            Cell::text(words::person(seat, episode)),
            words::condition_cell(seat, episode.condition),
            Cell::text(seat.span(now - episode.since)),
        ])
    });
    let table = Table::new(t!(seat, "care-held-list"), columns)
        .empty(t!(seat, "care-held-empty"))
        .rows(rows.collect::<Vec<_>>());
    let may = act::may(seat, super::board::county(seat), Command::Lapse { episodes: Vec::new() });
    let body = html! {
        @if let Some(n) = done {
            (parts::notice(Tone::Good, &t!(seat, "care-held-lapsed", n = n), html! {}))
        }
        @if late > 0 {
            (parts::notice(Tone::Warning, &t!(seat, "care-held-late", n = late as i64), html! {
                @if may {
                    (Form::new(seat, seat.link("/care/held")).hidden(act::ID, &act::fresh())
                        .button(&t!(seat, "care-held-lapse", n = late as i64)))
                }
            }))
        }
        (table.render(seat))
    };
    let lead = html! {
        (t!(seat, "care-held-lead")) " "
        a href="/testing/protocol/bed.hold" { code { "bed.hold" } }
    };
    let page = Page::new(t!(seat, "care-held-list"), body).lead(lead);
    Ok(seat.render(under_board(seat, page)))
}

async fn lapse(seat: Seat, _form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let found = views::held(&mut db, seat.scope(), seat.now(), MOST).await?;
    drop(db);
    let mut by_county: BTreeMap<AreaCode, Vec<UnitId>> = BTreeMap::new();
    let over = overdue(&seat, &found);
    let n = over.len() as i64;
    for episode in over {
        by_county.entry(episode.area()).or_default().push(episode.id);
    }
    let now = seat.now();
    let commands = by_county
        .into_iter()
        .map(|(area, episodes)| (area, now, Command::Lapse { episodes }.into()))
        .collect();
    let outcomes = act::many(&seat, commands).await?;
    if let Some(refusal) = act::first_refusal(&outcomes) {
        return Err(refusal.clone().into());
    }
    page(&seat, Some(n)).await
}
