//! The board of the county: what is to be investigated, who is to be found, moved, tested, let go.

use futures::future::BoxFuture;
use maud::{Markup, html};
use tracing_desk::views::{self, DueFilter};
use tracing_desk::{Degree, Flow, Progress, Stage, Task};
use types::{AreaScope, Micros, PlaceCode, Span};

use super::{READERS, investigations, words};
use crate::access::{Grant, Role};
use crate::house::{TRACING, topic};
use crate::i18n::number;
use crate::pages::cases::words::named;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// Investigations that the board shows.
const SHOWN: i64 = 12;
/// Cases without an investigation, and requests, that are counted.
const COUNTED: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing", READERS, show);
    routes.waiting([Role::Commander, Role::District, Role::Grid], waiting);
}

/// What waits for those who trace.
fn waiting<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let numbers = views::numbers(&mut db, grant.scope).await?;
        let dues = views::dues(&mut db, grant.scope, "", words::today(seat)).await?;
        let link = |path: &str| match grant.scope == AreaScope::ALL {
            true => path.to_owned(),
            false => {
                format!("{path}{}area={}", if path.contains('?') { '&' } else { '?' }, grant.scope)
            }
        };
        let open = numbers.investigating();
        let due: i64 = dues.values().map(|until| until.all()).sum();
        Ok(vec![
            Figure {
                label: t!(seat, "nav-tracing-investigations"),
                value: number(open),
                href: Some(link("/tracing/investigations")),
                detail: None,
                tone: if open > 0 { Tone::Warning } else { Tone::Good },
            },
            Figure {
                label: t!(seat, "nav-tracing-day"),
                value: number(due),
                href: Some(link("/tracing/day")),
                detail: Some(t!(
                    seat,
                    "trace-overdue-n",
                    n = dues.values().map(|until| until.before).sum::<i64>()
                )),
                tone: if due > 0 { Tone::Warning } else { Tone::Good },
            },
        ])
    })
}

/// Contacts whose time to be moved has passed, by the ledger's counters.
async fn late(seat: &Seat) -> Result<i64, Fault> {
    let mut db = seat.db().await?;
    let lines = ledger::views::late(&mut db, seat.scope(), seat.now()).await?;
    let moving =
        |step: &str| Stage::parse(step).is_some_and(|s| s.is_before() || s == Stage::Refused);
    let of = lines.iter().filter(|l| l.kind == tracing_desk::CONTACT && moving(&l.step));
    Ok(of.map(|line| line.units).sum())
}

async fn show(seat: Seat) -> Answer {
    let late = late(&seat).await?;
    let mut db = seat.db().await?;
    let (scope, today) = (seat.scope(), words::today(&seat));
    let numbers = views::numbers(&mut db, scope).await?;
    let dues = views::dues(&mut db, scope, "", today).await?;
    let asked = views::open_requests(&mut db, AreaScope::ALL, scope, COUNTED).await?;
    let asking = views::open_requests(&mut db, scope, AreaScope::ALL, COUNTED).await?;
    let without = views::uninvestigated(&mut db, scope, COUNTED).await?;
    let unfounded = views::unfounded(&mut db, scope, COUNTED).await?;
    let filter = DueFilter { scope, progress: None };
    let urgent = views::urgent(&mut db, filter, None, SHOWN).await?;
    let places = views::by_community(&mut db, scope, today).await?;
    let hour = seat.now().hour_start();
    let from = hour - Span::hours(23);
    let flows = views::flows(&mut db, scope, from, hour + Span::hours(1)).await?;
    let codes = places.iter().filter_map(|line| PlaceCode::parse(&line.community).ok());
    let names = Names::of_places(&mut db, codes).await?;
    drop(db);

    let figure = |label: String, n: i64, href: &str, tone: Tone, detail: Option<String>| Figure {
        label,
        value: number(n),
        // A list that somebody may not open is no link.
        href: href
            .split(['?', '#'])
            .next()
            .filter(|path| seat.may_open(path))
            .map(|_| seat.link(href)),
        detail,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let due = |task: Task| dues.get(&task).copied().unwrap_or_default();
    let task = |task: Task| {
        let until = due(task);
        let tone = if until.before > 0 { Tone::Bad } else { Tone::Warning };
        figure(
            named(&seat, "trace-task", task.as_str()),
            until.all(),
            &format!("/tracing/day?task={task}"),
            tone,
            Some(t!(seat, "trace-overdue-n", n = until.before)),
        )
    };
    let overdue = |lines: &[views::RequestLine]| {
        lines.iter().filter(|line| line.due.is_some_and(|due| due < seat.now())).count() as i64
    };
    let observed = numbers.where_stage(Stage::is_observed);
    let figures = [
        figure(
            t!(seat, "nav-tracing-investigations"),
            numbers.investigating(),
            "/tracing/investigations",
            Tone::Warning,
            Some(t!(
                seat,
                "trace-nobody-there",
                n = numbers.investigations.get(&Progress::Opened).copied().unwrap_or(0)
            )),
        ),
        figure(
            t!(seat, "trace-to-move"),
            numbers.where_stage(Stage::is_before),
            "/tracing/contacts?stage=identified",
            Tone::Warning,
            None,
        ),
        figure(t!(seat, "trace-move-late"), late, "/tracing/contacts?late=1", Tone::Bad, None),
        figure(
            t!(seat, "trace-observed"),
            observed,
            "/tracing/contacts?stage=quarantined",
            Tone::Plain,
            Some(t!(
                seat,
                "trace-close-and-secondary",
                close = numbers.open(Degree::Close),
                secondary = numbers.open(Degree::Secondary)
            )),
        ),
        task(Task::Test),
        task(Task::Check),
        task(Task::Release),
        figure(
            t!(seat, "trace-stage-refused"),
            numbers.of(Stage::Refused),
            "/tracing/contacts?stage=refused",
            Tone::Bad,
            None,
        ),
        figure(
            t!(seat, "trace-requests-in"),
            asked.len() as i64,
            "/tracing/requests",
            Tone::Warning,
            Some(t!(seat, "trace-overdue-n", n = overdue(&asked))),
        ),
        figure(
            t!(seat, "trace-requests-out"),
            asking.len() as i64,
            "/tracing/requests",
            Tone::Warning,
            Some(t!(seat, "trace-overdue-n", n = overdue(&asking))),
        ),
    ];
    let body = html! {
        (parts::figures(&figures))
        @if !without.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "trace-uninvestigated-n", n = without.len() as i64),
                html! { a href=(seat.link("/tracing/uninvestigated")) { (t!(seat, "trace-uninvestigated")) } }))
        }
        @if !unfounded.is_empty() {
            (parts::notice(Tone::Warning, &t!(seat, "trace-unfounded-n", n = unfounded.len() as i64),
                html! { a href=(seat.link("/tracing/contacts?unfounded=1")) { (t!(seat, "trace-unfounded-open")) } }))
        }
        (investigations::table(&seat, t!(seat, "trace-urgent"), &urgent).render(&seat))
        (by_place(&seat, &places, &names))
        (course(&seat, &numbers, &flows, from))
    };
    if seat.wants_fragment("board") {
        return Ok(seat.fragment(body));
    }
    let src = seat.here(&[("fragment", Some("board"))]);
    let page = Page::new(
        t!(seat, "trace-board-title"),
        parts::live("board", &[topic(TRACING, scope)], &src, body),
    );
    Ok(seat.render(page.lead(html! { (t!(seat, "trace-board-lead")) })))
}

fn by_place(seat: &Seat, places: &[views::CommunityDue], names: &Names) -> Markup {
    let columns = vec![
        Column::new("community", t!(seat, "trace-community")),
        Column::new("test", named(seat, "trace-task", "test")).numeric(),
        Column::new("check", named(seat, "trace-task", "check")).numeric(),
        Column::new("release", named(seat, "trace-task", "release")).numeric(),
        Column::new("overdue", t!(seat, "trace-overdue")).numeric(),
    ];
    let mut lines: Vec<&views::CommunityDue> = places.iter().collect();
    let overdue = |line: &views::CommunityDue| line.tasks.values().map(|u| u.before).sum::<i64>();
    lines.sort_by_key(|line| (std::cmp::Reverse(overdue(line)), line.community.clone()));
    let rows = lines.into_iter().map(|line| {
        let of = |task: Task| {
            let n = line.tasks.get(&task).map_or(0, |until| until.all());
            let path = format!("/tracing/day?task={task}&community={}", line.community);
            match line.community.is_empty() {
                true => Cell::number(n),
                false => Cell::count(n, &seat.link(&path)),
            }
        };
        vec![
            match line.community.is_empty() {
                true => Cell::text(t!(seat, "trace-community-unknown")),
                false => Cell::text(names.place_text(seat, &line.community)),
            },
            of(Task::Test),
            of(Task::Check),
            of(Task::Release),
            Cell::number(overdue(line)),
        ]
    });
    Table::new(t!(seat, "trace-by-community"), columns)
        .empty(t!(seat, "trace-by-community-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat)
}

fn course(
    seat: &Seat,
    numbers: &views::Numbers,
    flows: &std::collections::BTreeMap<(Micros, Flow), i64>,
    from: Micros,
) -> Markup {
    let of =
        |what: Flow| flows.iter().filter(|((_, f), _)| *f == what).map(|(_, n)| n).sum::<i64>();
    let columns = vec![
        Column::new("what", t!(seat, "case-what")),
        Column::new("n", t!(seat, "trace-last-day")).numeric(),
    ];
    let rows = Flow::ALL.iter().map(|what| {
        vec![Cell::text(named(seat, "trace-flow", what.as_str())), Cell::number(of(*what))]
    });
    let flow = Table::new(t!(seat, "trace-flow"), columns)
        .window(format!("{} – {}", seat.time(from), seat.time(seat.now())))
        .rows(rows.collect::<Vec<_>>());
    let columns = vec![
        Column::new("stage", t!(seat, "trace-stage")),
        Column::new("close", named(seat, "trace-degree", "close")).numeric(),
        Column::new("secondary", named(seat, "trace-degree", "secondary")).numeric(),
    ];
    let rows = Stage::ALL.iter().map(|stage| {
        let of = |degree: Degree| {
            let n = numbers.contacts.get(&(*stage, degree)).copied().unwrap_or(0);
            let path = format!("/tracing/contacts?stage={stage}&degree={degree}");
            Cell::count(n, &seat.link(&path))
        };
        vec![
            Cell::text(named(seat, "trace-stage", stage.as_str())),
            of(Degree::Close),
            of(Degree::Secondary),
        ]
    });
    let standing = Table::new(t!(seat, "trace-where"), columns).rows(rows.collect::<Vec<_>>());
    html! { (standing.render(seat)) (flow.render(seat)) }
}
