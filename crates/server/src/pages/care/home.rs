//! Who is at home: after release, by the edition's rule, by a documented refusal.

use care::{HomeKind, views};
use maud::html;
use types::Span;

use super::{HOME, under_board, words};
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
    routes.get("/care/home", HOME, show);
}

/// People on the page.
const MOST: i64 = 500;
/// Between two looks at somebody at home: a choice of this program.
const PACE: Span = Span::hours(24);

async fn show(seat: Seat) -> Answer {
    let kind = seat.param("kind").and_then(|text| HomeKind::parse(&text));
    let mut db = seat.db().await?;
    let found = views::at_home(&mut db, seat.scope(), kind, MOST).await?;
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("kind", t!(seat, "care-home")),
        Column::new("place", t!(seat, "place")),
        Column::new("until", t!(seat, "care-until")),
        Column::new("seen", t!(seat, "care-seen")),
        Column::new("next", t!(seat, "care-next")),
    ];
    let rows = found.iter().map(|episode| {
        let (kind, until) = episode.home.unwrap_or((HomeKind::Monitoring, None));
        let over = until.is_some_and(|until| until <= seat.now());
        let next = episode.seen_at.unwrap_or(episode.stage_since) + PACE;
        vec![
            Cell::words(words::link(episode.id)),
            Cell::text(words::person(&seat, episode)),
            Cell::text(named(&seat, "care-home", kind.as_str())),
            episode.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.as_str())),
            until.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            episode.seen_at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            if over {
                Cell::tag(Tone::Good, t!(seat, "care-home-over"))
            } else if next < seat.now() {
                Cell::tag(Tone::Bad, t!(seat, "care-look-in"))
            } else {
                Cell::time(seat.time(next))
            },
        ]
    });
    let table = Table::new(t!(seat, "nav-care-home"), columns)
        .empty(t!(seat, "care-home-empty"))
        .rows(rows.collect::<Vec<_>>());
    let kinds = HomeKind::ALL.iter().map(|kind| kind.as_str());
    let body = html! {
        (Form::asks(&seat, "/care/home")
            .field(Field::select("kind", t!(seat, "care-home"), options(&seat, "care-home", Some("case-any"), kinds))
                .value(seat.param("kind").unwrap_or_default()).short())
            .button(&t!(seat, "show")))
        (table.render(&seat))
    };
    let page =
        Page::new(t!(seat, "nav-care-home"), body).lead(html! { (t!(seat, "care-home-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}
