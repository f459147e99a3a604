//! Who is at home: after release, by the edition's rule, by a documented refusal.

use care::{Episode, HomeKind, views};
use ledger::Cursor;
use maud::html;
use types::Micros;

use super::{HOME, under_board, words};
use crate::house::{CARE, topic};
use crate::pages::cases::words::{named, options};
use crate::pages::resident::check_in;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/home", HOME, show);
}

/// Lines of a page.
const PAGE: i64 = 200;

async fn show(seat: Seat) -> Answer {
    let kind = seat.param("kind").and_then(|text| HomeKind::parse(&text));
    let which = seat.param("which").unwrap_or_default();
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let scope = seat.scope();
    let alarms = views::open_alarms(&mut db, scope).await?;
    let mut found = match which.as_str() {
        "alarm" => views::alarmed(&mut db, scope, after, PAGE + 1).await?,
        "ended" => views::home_over(&mut db, scope, kind, seat.now(), after, PAGE + 1).await?,
        "silent" => {
            let before = silent_since(&seat);
            views::at_home(&mut db, scope, kind, before, after, PAGE + 1).await?
        }
        _ => views::at_home(&mut db, scope, kind, None, after, PAGE + 1).await?,
    };
    drop(db);
    let next = cut(&mut found, PAGE, |episode| {
        let at = match which.as_str() {
            "alarm" => episode.alarm_at?,
            "ended" => episode.home?.1?,
            _ => episode.heard_at(),
        };
        Some(Cursor { at, id: episode.id }.to_string())
    });
    let table = table(&seat, &found).next(next).render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(table));
    }
    let kinds = HomeKind::ALL.iter().map(|kind| kind.as_str());
    let whiches = ["", "alarm", "silent", "ended"].map(|word| {
        let key =
            if word.is_empty() { "care-home-all".into() } else { format!("care-home-{word}") };
        (word.to_owned(), seat.text(&key))
    });
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        @if alarms > 0 && which != "alarm" {
            (parts::notice(Tone::Bad, &t!(seat, "care-home-alarms", n = alarms), html! {
                p { a href=(seat.link("/care/home?which=alarm")) { (t!(seat, "care-home-alarms-open")) } }
            }))
        }
        (Form::asks(&seat, "/care/home")
            .field(Field::select("which", t!(seat, "care-home-which"), whiches.to_vec()).value(which.as_str()).short())
            .field(Field::select("kind", t!(seat, "care-home"), options(&seat, "care-home", Some("case-any"), kinds))
                .value(seat.param("kind").unwrap_or_default()).short())
            .button(&t!(seat, "show")))
        (parts::live("lines", &[topic(CARE, scope)], &src, table))
    };
    let page =
        Page::new(t!(seat, "nav-care-home"), body).lead(html! { (t!(seat, "care-home-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

/// Of whom nothing was heard since then a word is overdue; nothing where the protocol asks for none.
fn silent_since(seat: &Seat) -> Option<Micros> {
    let edition = seat.app().protocol().at(seat.now(), super::board::county(seat));
    let every = edition.care().ok()?.check_in.as_ref()?.value;
    Some(seat.now() - every)
}

fn table(seat: &Seat, found: &[Episode]) -> Table {
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("kind", t!(seat, "care-home")),
        Column::new("place", t!(seat, "place")),
        Column::new("until", t!(seat, "care-until")),
        Column::new("said", t!(seat, "care-check-said")),
        Column::new("seen", t!(seat, "care-seen")),
        Column::new("next", t!(seat, "care-next")),
    ];
    let time = |at: Option<Micros>| at.map_or_else(Cell::none, |at| Cell::time(seat.time(at)));
    let rows = found.iter().map(|episode| {
        let (kind, until) = episode.home.unwrap_or((HomeKind::Monitoring, None));
        let over = until.is_some_and(|until| until <= seat.now());
        let due = check_in::due(seat, episode);
        vec![
            Cell::words(words::link(episode.id)),
            Cell::text(words::person(seat, episode)),
            Cell::text(named(seat, "care-home", kind.as_str())),
            episode.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.as_str())),
            time(until),
            time(episode.checked_at),
            time(episode.seen_at),
            match (episode.alarm_at, due) {
                (Some(since), _) => Cell::tag(
                    Tone::Bad,
                    t!(seat, "care-look-in", since = seat.time(since).as_str()),
                ),
                _ if over => Cell::tag(Tone::Good, t!(seat, "care-home-ended")),
                (None, Some(due)) if due < seat.now() => {
                    Cell::tag(Tone::Warning, t!(seat, "care-home-silent"))
                }
                (None, due) => time(due),
            },
        ]
    });
    Table::new(t!(seat, "nav-care-home"), columns)
        .empty(t!(seat, "care-home-empty"))
        .rows(rows.collect::<Vec<_>>())
}
