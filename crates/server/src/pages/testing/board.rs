//! The round live: how far it is, where, by the hour; every figure opens into its rows.

use std::collections::HashMap;

use axum::extract::Path;
use ledger::views::late;
use maud::{Markup, html};
use registry::place::{Level, chain_of};
use store::Connection;
use testing::views::{self, HourLine, PlaceLine, StageCounts, TurnaroundLine};
use testing::{Round, Stage};
use types::{AreaScope, PlaceCode};

use super::map::{self, Shape};
use super::names::Names;
use super::words::{parse_round, percent, round_name};
use super::{READERS, words};
use crate::Fault;
use crate::access::Role;
use crate::house::{TESTING, topic};
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart::{self, Series, Share};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::hours_minutes;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/{round}", READERS, whole);
    routes.get("/testing/rounds/{round}/at/{place}", READERS, at_place);
}

/// A round that there is.
pub async fn find(db: &mut Connection, text: &str) -> Result<Round, Fault> {
    let id = parse_round(text)?;
    views::round(db, id).await?.ok_or_else(|| Fault::not_found(id))
}

async fn whole(seat: Seat, Path(round): Path<String>) -> Answer {
    // A board of one county is that county's page.
    let one = seat.scope().to_string();
    let place = (one.len() == 6).then(|| PlaceCode::parse(&one)).transpose()?;
    show(seat, &round, place).await
}

async fn at_place(seat: Seat, Path((round, place)): Path<(String, String)>) -> Answer {
    let place = PlaceCode::parse(&place)?;
    show(seat, &round, Some(place)).await
}

/// What the board shows, read from counters.
struct Board {
    round: Round,
    place: Option<PlaceCode>,
    scope: AreaScope,
    counts: StageCounts,
    below: Vec<PlaceLine>,
    hours: Vec<HourLine>,
    late: i64,
    turnaround: Vec<TurnaroundLine>,
    names: Names,
    outlines: HashMap<PlaceCode, String>,
}

/// How many digits of the code the places below have.
fn digits_below(place: Option<&PlaceCode>) -> Option<i64> {
    match place.and_then(Level::of) {
        None | Some(Level::Province | Level::Prefecture) => Some(6),
        Some(Level::County) => Some(9),
        Some(Level::Street) => Some(12),
        Some(Level::Community) => Some(40),
        Some(_) => None,
    }
}

impl Board {
    async fn load(seat: &Seat, text: &str, place: Option<PlaceCode>) -> Result<Board, Fault> {
        let mut db = seat.db().await?;
        let round = find(&mut db, text).await?;
        let scope = seat.scope();
        let within = place.as_ref().map_or("", PlaceCode::as_str);
        let counts = match &place {
            None => views::totals(&mut db, scope, round.id).await?,
            Some(place) => {
                let digits = place.as_str().len() as i64;
                let lines = views::places(&mut db, scope, round.id, within, digits).await?;
                lines.into_iter().find(|l| l.place == within).map(|l| l.counts).unwrap_or_default()
            }
        };
        let mut below = match digits_below(place.as_ref()) {
            Some(digits) => views::places(&mut db, scope, round.id, within, digits).await?,
            None => Vec::new(),
        };
        // What a community counts itself (its tubes) is not a compound of it.
        below.retain(|line| line.place != within);
        let hours = views::hours(&mut db, scope, round.id, within).await?;
        let now = seat.now();
        let late = late(&mut db, scope, now).await?.iter().map(|l| l.units).sum();
        let turnaround = views::turnaround(&mut db, scope, round.id).await?;
        let codes = below.iter().filter_map(|l| PlaceCode::parse(&l.place).ok());
        let own = place.iter().flat_map(chain_of);
        let names = Names::of_places(&mut db, codes.chain(own)).await?;
        let outlines = match place.as_ref().or(parent_of_all(&below).as_ref()) {
            Some(parent) => registry::views::outlines(&mut db, parent).await?,
            None => HashMap::new(),
        };
        Ok(Board { round, place, scope, counts, below, hours, late, turnaround, names, outlines })
    }

    /// Whether figures exist that are only kept by county.
    fn is_wide(&self) -> bool {
        self.place.as_ref().and_then(Level::of).is_none_or(|level| level <= Level::County)
    }

    fn path(&self) -> String {
        format!("/testing/rounds/{}", self.round.id)
    }

    /// The list behind a figure, for the place in view.
    fn list(&self, seat: &Seat, list: &str, query: &str) -> String {
        let mut path = match &self.place {
            Some(place) => format!("{}/{list}/{place}", self.path()),
            None => seat.link(&format!("{}/{list}", self.path())),
        };
        if !query.is_empty() {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(query);
        }
        path
    }

    fn title(&self, seat: &Seat) -> String {
        let name = round_name(seat, &self.round);
        match &self.place {
            Some(place) => format!("{name} · {}", self.names.place(seat, place)),
            None => name,
        }
    }
}

/// The prefecture that counties lie in, for their outlines.
fn parent_of_all(below: &[PlaceLine]) -> Option<PlaceCode> {
    let first = below.first()?.place.get(..4)?;
    below.iter().all(|l| l.place.starts_with(first)).then(|| PlaceCode::parse(first).ok())?
}

async fn show(seat: Seat, round: &str, place: Option<PlaceCode>) -> Answer {
    let board = Board::load(&seat, round, place).await?;
    let body = figures_and_more(&seat, &board);
    if seat.wants_fragment("board") {
        return Ok(seat.fragment(body));
    }
    let topics = [topic(TESTING, board.scope)];
    let src = seat.here(&[("fragment", Some("board"))]);
    let body = html! {
        (words::said(&seat))
        (parts::live("board", &topics, &src, body))
    };
    let mut page = Page::new(board.title(&seat), body)
        .lead(lead(&seat, &board.round))
        .crumb(seat.link("/testing/rounds"), t!(seat, "nav-rounds"));
    if let Some(place) = &board.place {
        page = page.crumb(board.path(), round_name(&seat, &board.round));
        let mut chain = chain_of(place);
        chain.reverse();
        chain.pop();
        for above in chain.iter().filter(|p| p.area().is_some()) {
            let href = format!("{}/at/{above}", board.path());
            page = page.crumb(href, board.names.place(&seat, above));
        }
    }
    Ok(seat.render(page.actions(actions(&seat, &board))))
}

/// The round's window and how it stands.
pub fn lead(seat: &Seat, round: &Round) -> Markup {
    let (tone, state) = super::rounds::state(seat, round);
    let now = seat.now();
    html! {
        (parts::tag(tone, &state)) " "
        (t!(seat, "window")) " " (seat.time(round.starts_at)) " – " (seat.time(round.ends_at))
        @if round.closed_at.is_none() && (round.starts_at..=round.ends_at).contains(&now) {
            " · " (t!(seat, "time-left", time = seat.span(round.ends_at - now)))
        }
        @if let Some(at) = round.closed_at { " · " (t!(seat, "closed-at")) " " (seat.time(at)) }
    }
}

fn actions(seat: &Seat, board: &Board) -> Markup {
    let has = |roles: &[Role]| {
        seat.somebody().is_some_and(|a| a.grants.iter().any(|g| roles.contains(&g.role)))
    };
    html! {
        (parts::button_link(&seat.link(&format!("{}/plan", board.path())), &t!(seat, "plan"), false))
        @if has(&[Role::District, Role::Grid]) {
            (parts::button_link(&seat.link(&format!("{}/exemptions", board.path())), &t!(seat, "exemptions"), false))
        }
        @if board.round.closed_at.is_none() && has(&[Role::Commander, Role::District]) {
            (parts::button_link(&seat.link(&format!("{}/close", board.path())), &t!(seat, "close-round"), false))
        }
    }
}

fn figures_and_more(seat: &Seat, board: &Board) -> Markup {
    html! {
        (figures(seat, board))
        (shares(seat, board))
        div .columns {
            div {
                (flow(seat, board))
                @if board.is_wide() { (turnaround(seat, &board.turnaround).render(seat)) }
            }
            (coverage_map(seat, board))
        }
        @if !board.below.is_empty() { (below(seat, board).render(seat)) }
    }
}

fn figures(seat: &Seat, board: &Board) -> Markup {
    let counts = &board.counts;
    let planned = counts.persons(Stage::Planned);
    let of_planned = |n: i64| Some(t!(seat, "share-of-planned", share = percent(n, planned)));
    let tubes = Some(t!(seat, "unit-tubes"));
    let below_community =
        board.place.as_ref().and_then(Level::of).is_some_and(|l| l > Level::Community);
    let persons = |key: &str, n: i64, list: &str, query: &str, tone: Tone| Figure {
        label: seat.text(key),
        value: number(n),
        href: Some(board.list(seat, list, query)),
        detail: of_planned(n),
        tone,
    };
    let mut items = vec![
        Figure {
            label: t!(seat, "stage-planned"),
            value: number(planned),
            href: Some(board.list(seat, "targets", "")),
            detail: Some(t!(seat, "unit-persons")),
            tone: Tone::Plain,
        },
        persons("stage-sampled", counts.persons(Stage::Sampled), "tubes", "", Tone::Info),
    ];
    if !below_community {
        let tube = |key: &str, n: i64, stage: &str| Figure {
            label: seat.text(key),
            value: number(n),
            href: Some(board.list(seat, "tubes", &format!("stage={stage}"))),
            detail: tubes.clone(),
            tone: Tone::Info,
        };
        items.push(tube("stage-at-sites", counts.at_sites(), "at_site"));
        items.push(tube("stage-in-transit", counts.in_transit(), "in_transit"));
        items.push(tube("stage-in-laboratory", counts.in_laboratory(), "in_laboratory"));
    }
    items.push(persons(
        "stage-settled",
        counts.persons(Stage::Settled),
        "tubes",
        "stage=reported",
        Tone::Good,
    ));
    let blind = counts.blind();
    items.push(persons(
        "blind-spots",
        blind,
        "blind",
        "",
        if blind > 0 { Tone::Warning } else { Tone::Good },
    ));
    if board.is_wide() {
        let tone = if board.late > 0 { Tone::Bad } else { Tone::Good };
        // A figure whose rows somebody may not see is not theirs.
        if seat.may_open("/testing/late") {
            items.push(Figure {
                label: t!(seat, "nav-late"),
                value: number(board.late),
                href: Some(seat.link("/testing/late")),
                detail: Some(t!(seat, "unit-units")),
                tone,
            });
        }
        let open = counts.persons(Stage::Recalled) - counts.persons(Stage::RecallEnded);
        items.push(Figure {
            label: t!(seat, "recalls-open"),
            value: number(open),
            href: Some(seat.link(&format!("{}/recalls", board.path()))),
            detail: Some(t!(seat, "unit-persons")),
            tone: if open > 0 { Tone::Warning } else { Tone::Good },
        });
        let notable = counts.tubes(Stage::NotNegative);
        items.push(Figure {
            label: t!(seat, "not-negative"),
            value: number(notable),
            href: Some(seat.link(&format!("{}/not-negative", board.path()))),
            detail: tubes,
            tone: if notable > 0 { Tone::Bad } else { Tone::Good },
        });
    }
    parts::figures(&items)
}

/// Where every planned person stands, as one bar.
fn shares(seat: &Seat, board: &Board) -> Markup {
    let counts = &board.counts;
    let (sampled, settled) = (counts.persons(Stage::Sampled), counts.persons(Stage::Settled));
    let share = |key: &str, value: i64, colour: usize, list: &str, query: &str| Share {
        name: seat.text(key),
        value,
        colour,
        href: Some(board.list(seat, list, query)),
        tone: Tone::Plain,
    };
    chart::shares(
        &t!(seat, "where-persons-stand"),
        &[
            share("stage-settled", settled, 0, "tubes", "stage=reported"),
            share("stage-on-the-way", (sampled - settled).max(0), 1, "tubes", ""),
            share("stage-exempt", counts.persons(Stage::Exempt), 3, "exemptions", ""),
            share("blind-spots", counts.blind(), 5, "blind", ""),
        ],
    )
}

/// Running sums by hour: the gaps between the lines are what waits.
fn flow(seat: &Seat, board: &Board) -> Markup {
    if board.hours.is_empty() {
        return html! { div { p .muted { (t!(seat, "flow-empty")) } } };
    }
    let labels: Vec<String> = board.hours.iter().map(|h| seat.time(h.hour).to_string()).collect();
    let compound = board.place.as_ref().and_then(Level::of).is_some_and(|l| l > Level::Community);
    let stages: Vec<(&str, Stage, usize)> = if compound {
        vec![("stage-sampled", Stage::Sampled, 1), ("stage-settled", Stage::Settled, 0)]
    } else {
        vec![
            ("tubes-sealed", Stage::Collected, 2),
            ("tubes-sent", Stage::Sent, 3),
            ("tubes-received", Stage::Received, 1),
            ("tubes-reported", Stage::Reported, 0),
        ]
    };
    let series: Vec<Series> = stages
        .into_iter()
        .map(|(key, stage, colour)| {
            let mut sum = 0;
            let values = board.hours.iter().map(|h| {
                sum += if compound { h.counts.persons(stage) } else { h.counts.tubes(stage) };
                sum
            });
            Series { name: seat.text(key), colour, values: values.collect() }
        })
        .collect();
    let title = if compound { t!(seat, "flow-of-persons") } else { t!(seat, "flow-of-tubes") };
    html! { div .panel { (chart::lines(seat, &title, &labels, &series, &[])) } }
}

fn coverage_map(seat: &Seat, board: &Board) -> Markup {
    let shapes: Vec<Shape> = board
        .below
        .iter()
        .filter_map(|line| {
            let code = PlaceCode::parse(&line.place).ok()?;
            let outline = board.outlines.get(&code)?.clone();
            let planned = line.counts.persons(Stage::Planned);
            let known = line.counts.persons(Stage::Sampled) + line.counts.persons(Stage::Exempt);
            Some(Shape {
                name: board.names.place(seat, &code),
                href: format!("{}/at/{code}", board.path()),
                share: (planned > 0).then(|| known as f64 / planned as f64),
                detail: t!(
                    seat,
                    "map-detail",
                    share = percent(known, planned),
                    blind = number(line.counts.blind())
                ),
                outline,
            })
        })
        .collect();
    html! {
        // One place has nothing to be compared with.
        @if shapes.len() > 1 {
            div .panel { (map::coverage(seat, &t!(seat, "map-title"), &shapes)) }
        }
    }
}

/// The table of the places below.
fn below(seat: &Seat, board: &Board) -> Table {
    let compounds = digits_below(board.place.as_ref()) == Some(40);
    let mut columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("planned", t!(seat, "stage-planned")).numeric(),
        Column::new("sampled", t!(seat, "stage-sampled")).numeric(),
        Column::new("coverage", t!(seat, "coverage")).numeric(),
    ];
    if !compounds {
        columns.extend([
            Column::new("at-sites", t!(seat, "stage-at-sites")).numeric(),
            Column::new("in-transit", t!(seat, "stage-in-transit")).numeric(),
            Column::new("in-laboratory", t!(seat, "stage-in-laboratory")).numeric(),
        ]);
    }
    columns.extend([
        Column::new("settled", t!(seat, "stage-settled")).numeric(),
        Column::new("exempt", t!(seat, "stage-exempt")).numeric(),
        Column::new("blind", t!(seat, "blind-spots")).numeric(),
    ]);
    let rows = board.below.iter().map(|line| {
        let (counts, place) = (&line.counts, &line.place);
        let path = board.path();
        let list = |list: &str, query: &str| format!("{path}/{list}/{place}{query}");
        let (planned, sampled) = (counts.persons(Stage::Planned), counts.persons(Stage::Sampled));
        let known = sampled + counts.persons(Stage::Exempt);
        let mut row = vec![
            Cell::link(&format!("{path}/at/{place}"), board.names.place_text(seat, place)),
            Cell::count(planned, &list("targets", "")),
            Cell::count(sampled, &list("tubes", "")),
            Cell::text(percent(known, planned)),
        ];
        if !compounds {
            row.extend([
                Cell::count(counts.at_sites(), &list("tubes", "?stage=at_site")),
                Cell::count(counts.in_transit(), &list("tubes", "?stage=in_transit")),
                Cell::count(counts.in_laboratory(), &list("tubes", "?stage=in_laboratory")),
            ]);
        }
        row.extend([
            Cell::count(counts.persons(Stage::Settled), &list("tubes", "?stage=reported")),
            Cell::count(counts.persons(Stage::Exempt), &list("exemptions", "")),
            Cell::count(counts.blind(), &list("blind", "")),
        ]);
        row
    });
    let window = words::window(seat, &board.round);
    Table::new(t!(seat, "by-place"), columns).window(window).rows(rows)
}

/// How long each step took.
pub fn turnaround(seat: &Seat, lines: &[TurnaroundLine]) -> Table {
    let columns = vec![
        Column::new("step", t!(seat, "step")),
        Column::new("tubes", t!(seat, "unit-tubes")).numeric(),
        Column::new("median", t!(seat, "percentile-50")).numeric(),
        Column::new("p90", t!(seat, "percentile-90")).numeric(),
        Column::new("p99", t!(seat, "percentile-99")).numeric(),
    ];
    let time = |minutes: i64| Cell::text(hours_minutes(types::Span::minutes(minutes)));
    let rows = lines.iter().map(|line| {
        vec![
            Cell::text(words::named(seat, "turnaround", line.step.as_str())),
            Cell::number(line.tubes),
            time(line.median),
            time(line.p90),
            time(line.p99),
        ]
    });
    Table::new(t!(seat, "turnaround"), columns)
        .window(t!(seat, "turnaround-window"))
        .empty(t!(seat, "turnaround-empty"))
        .rows(rows)
}
