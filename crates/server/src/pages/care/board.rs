//! The dispatcher's page: who waits and for what, what is free, what an edition changed.

use care::{BedState, Condition, Shift, Stage, shifts, triage, views};
use futures::future::BoxFuture;
use maud::{Markup, html};
use types::{AreaCode, AreaScope, Micros, Span};

use super::{READERS, words};
use crate::access::{Grant, Role};
use crate::house::{CARE, topic};
use crate::i18n::{Speaks, number};
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// For how long a page tells what an edition changed.
const TOLD: Span = Span::days(7);

/// Ages of wait that are told apart, in hours.
pub const AGES: [(i64, Option<i64>); 6] =
    [(0, Some(2)), (2, Some(6)), (6, Some(12)), (12, Some(24)), (24, Some(48)), (48, None)];

/// The table of beds on this page.
const BEDS: &str = "/care#beds";

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care", READERS, show);
    routes.waiting([Role::Commander, Role::District], of_the_queue);
    routes.waiting([Role::Ward], of_a_facility);
}

/// What waits for those who assign beds.
fn of_the_queue<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let numbers = views::numbers(&mut db, grant.scope).await?;
        let queued = numbers.queued();
        Ok(vec![Figure {
            label: t!(seat, "care-queue-title"),
            value: number(queued),
            href: Some(match grant.scope == AreaScope::ALL {
                true => "/care/queue".to_owned(),
                false => format!("/care/queue?area={}", grant.scope),
            }),
            detail: Some(t!(seat, "care-over-a-day", n = waited_longer(&numbers, seat.now(), 24))),
            tone: if queued > 0 { Tone::Bad } else { Tone::Good },
        }])
    })
}

/// What waits for the staff of a facility.
fn of_a_facility<'a>(
    seat: &'a Seat,
    grant: &'a Grant,
) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let Some(own) = &grant.holder else { return Ok(Vec::new()) };
        let mut db = seat.db().await?;
        let wards = views::wards(&mut db, own).await?;
        let open = views::overdue(&mut db, grant.scope, Some(own), seat.now()).await?;
        let of = |state| wards.iter().map(|ward| ward.of(state)).sum::<i64>();
        let figure = |label: String, n: i64, tone: Tone| Figure {
            label,
            value: number(n),
            href: Some(words::facility_path(own)),
            detail: None,
            tone: if n > 0 { tone } else { Tone::Good },
        };
        Ok(vec![
            figure(t!(seat, "care-coming"), of(BedState::Held), Tone::Warning),
            figure(t!(seat, "care-in-care"), of(BedState::Occupied), Tone::Plain),
            figure(t!(seat, "care-dirty"), of(BedState::Dirty), Tone::Warning),
            Figure {
                href: Some("/care/critical".to_owned()),
                ..figure(t!(seat, "care-critical-no-plan"), open.no_plan, Tone::Bad)
            },
            Figure {
                href: Some("/care/consultations?overdue=1".to_owned()),
                ..figure(t!(seat, "care-consult-late"), open.consultations, Tone::Bad)
            },
        ])
    })
}

/// The county whose rules a scope goes by: its first.
pub fn county(seat: &Seat) -> AreaCode {
    AreaCode::from_stored(seat.scope().bounds().0.max(0))
}

/// A facility is entered at one county's desk: with several in view, one is chosen first.
fn new_facility(seat: &Seat) -> String {
    let (low, high) = seat.scope().bounds();
    match low == high {
        true => seat.link("/care/facilities/new"),
        false => "/areas?back=%2Fcare%2Ffacilities%2Fnew".to_owned(),
    }
}

async fn show(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let numbers = views::numbers(&mut db, seat.scope()).await?;
    let boards = views::board(&mut db, seat.scope()).await?;
    let open = views::overdue(&mut db, seat.scope(), None, seat.now()).await?;
    let until = |area| super::held::before(&seat, area);
    let held_late = views::held_late(&mut db, seat.scope(), until).await?;
    let alarms = views::open_alarms(&mut db, seat.scope()).await?;
    drop(db);
    let wards = || boards.iter().flat_map(|board| &board.wards);
    let sum = |of: &dyn Fn(&care::Ward) -> i64| wards().map(of).sum::<i64>();
    let overdue = waited_longer(&numbers, seat.now(), 24);
    let figure = |label: String, n: i64, href: &str, tone: Tone, detail: Option<String>| Figure {
        label,
        value: number(n),
        // A list that somebody may not open is no link.
        href: match href.split(['?', '#']).next() {
            Some(path) if !seat.may_open(path) => None,
            _ => Some(seat.link(href)),
        },
        detail,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let figures = [
        figure(
            t!(seat, "care-queue"),
            numbers.queued(),
            "/care/queue",
            Tone::Bad,
            Some(t!(seat, "care-over-a-day", n = overdue)),
        ),
        figure(
            t!(seat, "care-on-the-way"),
            numbers.of(Stage::Assigned) + numbers.of(Stage::Moving),
            "/care/queue?stage=assigned",
            Tone::Warning,
            None,
        ),
        figure(t!(seat, "care-in-care"), numbers.of(Stage::InCare), BEDS, Tone::Plain, None),
        figure(
            t!(seat, "care-room"),
            sum(&|w| w.room()),
            "/care/plan",
            Tone::Plain,
            Some(t!(seat, "care-free-beds", n = sum(&|w| w.of(BedState::Free)))),
        ),
        figure(
            t!(seat, "care-dirty"),
            sum(&|w| w.of(BedState::Dirty)),
            BEDS,
            Tone::Warning,
            Some(t!(seat, "care-dirty-late", n = open.dirty)),
        ),
        figure(
            t!(seat, "care-held"),
            sum(&|w| w.of(BedState::Held)),
            "/care/held",
            if held_late > 0 { Tone::Bad } else { Tone::Plain },
            Some(t!(seat, "care-held-late", n = held_late)),
        ),
        figure(
            t!(seat, "nav-care-critical"),
            open.critical,
            "/care/critical",
            if open.no_plan > 0 { Tone::Bad } else { Tone::Plain },
            Some(t!(seat, "care-critical-without", n = open.no_plan)),
        ),
        figure(
            t!(seat, "care-consult-late"),
            open.consultations,
            "/care/consultations?overdue=1",
            Tone::Bad,
            None,
        ),
        figure(
            t!(seat, "care-at-home"),
            numbers.of(Stage::Home),
            "/care/home",
            if alarms > 0 { Tone::Bad } else { Tone::Plain },
            Some(t!(seat, "care-home-alarms", n = alarms)),
        ),
    ];
    let body = html! {
        (edition(&seat, &numbers))
        (parts::figures(&figures))
        (needs(&seat, &numbers).render(&seat))
        (ages(&seat, &numbers).render(&seat))
        (beds(&seat, &boards))
    };
    if seat.wants_fragment("board") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("board"))]);
    let live = parts::live("board", &[topic(CARE, seat.scope())], &src, body);
    let actions = html! {
        @if seat.may_open("/care/plan") {
            (parts::button_link(&seat.link("/care/plan"), &t!(seat, "nav-care-plan"), true))
        }
        @if seat.may_open("/care/facilities/new") {
            (parts::button_link(&new_facility(&seat), &t!(seat, "care-facility-new"), false))
        }
    };
    let lead = html! { (t!(seat, "care-lead")) };
    Ok(seat.render(Page::new(t!(seat, "nav-care"), live).lead(lead).actions(actions)))
}

fn waited_longer(numbers: &views::Numbers, now: Micros, hours: i64) -> i64 {
    numbers.waiting(now, Span::hours(hours), None)
}

/// Who waits, by how grave and where the edition sends them.
fn needs(seat: &Seat, numbers: &views::Numbers) -> Table {
    let edition = seat.app().protocol().at(seat.now(), county(seat)).clone();
    let columns = vec![
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("goes", t!(seat, "care-goes")),
        Column::new("level", t!(seat, "care-level")),
        Column::new("rule", t!(seat, "care-rule")),
        Column::new("waiting", t!(seat, "care-queue")).numeric(),
    ];
    let mut conditions: Vec<Condition> = Condition::all().collect();
    conditions.reverse();
    let waiting = conditions.into_iter().filter(|c| numbers.queued_in(*c) != 0);
    let rows: Vec<Vec<Cell>> = waiting
        .map(|condition| {
            let href = format!("/care/queue?rank={}", condition.rank());
            let n = numbers.queued_in(condition);
            let mut row = vec![words::condition_cell(seat, condition)];
            match triage(&edition, condition) {
                Ok(goes) => row.extend([
                    Cell::text(words::goes(seat, &goes)),
                    goes.level.map_or_else(Cell::none, |level| {
                        Cell::text(named(seat, "care-level", level.as_str()))
                    }),
                    Cell::words(html! {
                        a href={ "/testing/protocol/" (goes.rule) } { (goes.rule) } " · " (goes.edition)
                    }),
                ]),
                Err(refusal) => {
                    row.extend([Cell::text(seat.lang().refusal(&refusal)), Cell::none(), Cell::none()]);
                }
            }
            row.push(Cell::count(n, &seat.link(&href)));
            row
        })
        .collect();
    Table::new(t!(seat, "care-needs"), columns).empty(t!(seat, "care-queue-empty")).rows(rows)
}

fn ages(seat: &Seat, numbers: &views::Numbers) -> Table {
    let columns = vec![
        Column::new("age", t!(seat, "care-waited")),
        Column::new("waiting", t!(seat, "care-queue")).numeric(),
    ];
    let rows = AGES.map(|(from, until)| {
        let n = numbers.waiting(seat.now(), Span::hours(from), until.map(Span::hours));
        let label = match until {
            Some(until) => t!(seat, "care-hours-between", from = from, until = until),
            None => t!(seat, "care-hours-over", from = from),
        };
        let until = until.map_or(String::new(), |until| format!("&under={until}"));
        let href = seat.link(&format!("/care/queue?over={from}{until}"));
        vec![Cell::text(label), Cell::count(n, &href)]
    });
    Table::new(t!(seat, "care-by-age"), columns).rows(rows)
}

/// The latest edition that changed where somebody goes, and what it changed for those who wait now.
pub fn latest_shift(seat: &Seat) -> Option<(Micros, Vec<Shift>)> {
    let protocol = seat.app().protocol();
    let (now, area) = (seat.now(), county(seat));
    let past = protocol.switches().iter().rev().filter(|at| **at <= now && now - **at < TOLD);
    for at in past {
        let before = protocol.at(Micros(at.0 - 1), area);
        let after = protocol.at(*at, area);
        if let Ok(found) = shifts(before, after)
            && !found.is_empty()
        {
            return Some((*at, found));
        }
    }
    None
}

fn edition(seat: &Seat, numbers: &views::Numbers) -> Markup {
    let Some((at, shifts)) = latest_shift(seat) else { return html! {} };
    let moved: i64 = shifts.iter().map(|shift| numbers.queued_in(shift.condition)).sum();
    let columns = vec![
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("before", t!(seat, "care-went")),
        Column::new("after", t!(seat, "care-goes")),
        Column::new("waiting", t!(seat, "care-queue")).numeric(),
    ];
    let rows = shifts.iter().rev().map(|shift| {
        let href = seat.link(&format!("/care/queue?rank={}", shift.condition.rank()));
        vec![
            Cell::text(words::condition(seat, shift.condition)),
            Cell::text(words::goes(seat, &shift.before)),
            Cell::text(words::goes(seat, &shift.after)),
            Cell::count(numbers.queued_in(shift.condition), &href),
        ]
    });
    let table = Table::new(t!(seat, "care-moved-by-edition"), columns).rows(rows);
    let name = shifts.first().map(|shift| shift.after.edition.clone()).unwrap_or_default();
    let since = seat.time(at);
    let title = t!(seat, "care-edition-changed", edition = name, at = since.as_str(), n = moved);
    parts::notice(Tone::Info, &title, html! { (table.render(seat)) })
}

fn beds(seat: &Seat, boards: &[views::Board]) -> Markup {
    let columns = vec![
        Column::new("facility", t!(seat, "care-facility")),
        Column::new("ward", t!(seat, "care-ward")),
        Column::new("level", t!(seat, "care-level")),
        Column::new("admits", t!(seat, "care-admits")),
        Column::new("claimed", t!(seat, "care-claimed")).numeric(),
        Column::new("staffed", t!(seat, "care-staffed")).numeric(),
        Column::new("usable", t!(seat, "care-usable")).numeric(),
        Column::new("occupied", t!(seat, "care-occupied")).numeric(),
        Column::new("held", t!(seat, "care-held")).numeric(),
        Column::new("room", t!(seat, "care-room")).numeric(),
        Column::new("dirty", t!(seat, "care-dirty")).numeric(),
    ];
    let rows = boards.iter().flat_map(|board| {
        let name = words::facility(seat, &board.facility);
        let path = words::facility_path(&board.facility.code);
        let open = board.facility.is_open(seat.now());
        board.wards.iter().map(move |ward| {
            let to = words::ward_path(&board.facility.code, &ward.code);
            vec![
                Cell::words(html! {
                    a href=(path) { (name) }
                    @if !open { " " (parts::tag(Tone::Warning, &t!(seat, "care-not-open"))) }
                }),
                Cell::link(&to, words::ward(seat, ward)),
                Cell::text(named(seat, "care-level", ward.level.as_str())),
                Cell::text(named(seat, "care-admits", ward.admits.as_str())),
                Cell::number(ward.claimed),
                Cell::number(ward.staffed()),
                Cell::number(ward.usable()),
                Cell::count(ward.of(BedState::Occupied), &to),
                Cell::count(ward.of(BedState::Held), &to),
                Cell::number(ward.room()),
                Cell::count(ward.of(BedState::Dirty), &to),
            ]
        })
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let empty: Vec<&views::Board> = boards.iter().filter(|b| b.wards.is_empty()).collect();
    let table =
        Table::new(t!(seat, "care-beds"), columns).empty(t!(seat, "care-beds-empty")).rows(rows);
    html! {
        div #beds { (table.render(seat)) }
        @if !empty.is_empty() {
            p {
                (t!(seat, "care-without-wards")) " "
                @for board in empty {
                    a href=(words::facility_path(&board.facility.code)) { (words::facility(seat, &board.facility)) } " "
                }
            }
        }
    }
}

/// Episodes as a table.
pub fn table(seat: &Seat, caption: String, found: &[care::Episode]) -> Table {
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("goes", t!(seat, "care-goes")),
        Column::new("waited", t!(seat, "care-waited")),
        Column::new("deadline", t!(seat, "care-deadline")),
        Column::new("place", t!(seat, "place")),
        Column::new("stage", t!(seat, "care-stage")),
        Column::new("bed", t!(seat, "care-bed")),
    ];
    let rows = found.iter().map(|episode| {
        let edition = seat.app().protocol().at(seat.now(), episode.area());
        let goes = triage(edition, episode.condition).ok();
        vec![
            Cell::words(words::link_of(seat, episode)),
            Cell::text(words::person(seat, episode)),
            words::condition_cell(seat, episode.condition),
            goes.map_or_else(Cell::none, |goes| Cell::text(words::goes(seat, &goes))),
            words::wait_cell(seat, episode),
            episode.deadline.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            episode.place.as_ref().map_or_else(Cell::none, |p| Cell::code(p.as_str())),
            words::stage_cell(seat, episode),
            episode.bed().map_or_else(Cell::none, |bed| Cell::words(words::bed_link(seat, bed))),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    Table::new(caption, columns).empty(t!(seat, "care-queue-empty")).rows(rows)
}
