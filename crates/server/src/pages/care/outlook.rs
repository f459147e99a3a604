//! How long people stay, and how many beds become free: from the stays that were seen so far, those that go
//! on taken in as such, and from what is planned to open and close.

use std::collections::BTreeMap;

use analytics::AnalyticsError;
use analytics::survival::{Freed, Length, Survival};
use care::views::{self, Board, STAY_STEP, Stays};
use care::{BedState, Level, StayEnd, Ward, triage};
use cases::{Class, Severity};
use maud::{Markup, html};
use types::{HolderCode, Micros, Span};

use super::{READERS, under_board, words};
use crate::pages::cases::words::{class_cell, named, severity_cell};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart::bands::{Band, Banded, Line, bands};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/outlook", READERS, show);
}

/// Days ahead.
const AHEAD: usize = 7;
/// Standard errors of a 90 % interval.
const NINETY: f64 = 1.6449;
/// Standard errors of a 95 % interval.
const NINETY_FIVE: f64 = 1.96;

type ByWard = BTreeMap<(HolderCode, String), Stays>;

/// Lengths as the curve takes them. Whoever was no case at all, or is another record's, has left without
/// having recovered: known to have stayed so long, and nothing more.
pub(crate) fn curve_of(stays: &Stays) -> Result<Survival, AnalyticsError> {
    let pair = |length: i64, n: i64| {
        (u32::try_from(length.max(0)).unwrap_or(u32::MAX), u64::try_from(n.max(0)).unwrap_or(0))
    };
    let (mut over, mut going) = (Vec::new(), Vec::new());
    for ((length, how), n) in &stays.over {
        let to = if *how == StayEnd::Other { &mut going } else { &mut over };
        to.push(pair(*length, *n));
    }
    going.extend(stays.going.iter().map(|(length, n)| pair(*length, *n)));
    Survival::of(&over, &going)
}

fn there(stays: &Stays) -> Vec<(u32, u64)> {
    let pair =
        |(length, n): (&i64, &i64)| Some((u32::try_from(*length).ok()?, u64::try_from(*n).ok()?));
    stays.going.iter().filter_map(pair).collect()
}

/// Places on one day.
#[derive(Clone, Copy, Debug, Default)]
struct Day {
    /// Free and to be disinfected by then, with staff; opened by then and not closed.
    base: i64,
    /// Of `base`, those of facilities that are not open today.
    opened: i64,
    freed: Freed,
}

impl Day {
    fn expected(&self) -> f64 {
        (self.base as f64 + self.freed.expected).max(0.0)
    }

    fn interval(&self) -> (f64, f64) {
        let (low, high) = self.freed.interval(NINETY);
        let base = self.base as f64;
        ((base + low).max(0.0), (base + high).max(0.0))
    }
}

/// The forecast of one level of care.
struct Forecast {
    level: Level,
    days: Vec<Day>,
    /// Nothing where no stay is over yet: then there is nothing to go by.
    curve: Option<Survival>,
}

fn of_ward(
    day: &mut Day,
    now: Micros,
    ahead: Span,
    (board, ward): (&Board, &Ward),
    curve: Option<&Survival>,
    stays: Option<&Stays>,
) {
    let facility = &board.facility;
    // Whoever closes takes nobody in any more: its beds are none that become free.
    if !facility.is_open(now + ahead) {
        return;
    }
    let turnaround = Span::minutes(facility.turnaround_minutes);
    let clean = if ahead >= turnaround { ward.of(BedState::Dirty) } else { 0 };
    let staff = ward.staffed() - ward.taken();
    let base = (ward.of(BedState::Free) + clean).min(staff);
    day.base += base;
    if !facility.is_open(now) {
        day.opened += base.max(0);
    }
    if let (Some(curve), Some(stays)) = (curve, stays) {
        // A bed is free when it has been disinfected.
        let steps = (ahead.0 - turnaround.0).max(0) / STAY_STEP.0;
        let steps = u32::try_from(steps).unwrap_or(0);
        day.freed = day.freed.and(curve.freed(&there(stays), steps));
    }
}

fn forecast(now: Micros, boards: &[Board], by_ward: &ByWard, level: Level) -> Forecast {
    let wards: Vec<(&Board, &Ward)> = boards
        .iter()
        .flat_map(|board| board.wards.iter().map(move |ward| (board, ward)))
        .filter(|(_, ward)| ward.level == level)
        .collect();
    let stays_of = |ward: &Ward| by_ward.get(&(ward.facility.clone(), ward.code.clone()));
    let mut all = Stays::default();
    for (_, ward) in &wards {
        if let Some(stays) = stays_of(ward) {
            all.join(stays);
        }
    }
    let curve = curve_of(&all).ok();
    let days = (0..=AHEAD)
        .map(|n| {
            let mut day = Day::default();
            for (board, ward) in &wards {
                let ahead = Span::days(n as i64);
                of_ward(&mut day, now, ahead, (board, ward), curve.as_ref(), stays_of(ward));
            }
            day
        })
        .collect();
    Forecast { level, days, curve }
}

async fn show(seat: Seat) -> Answer {
    let now = seat.now();
    let mut db = seat.db().await?;
    let boards = views::board(&mut db, seat.scope()).await?;
    // Beds may lie in other counties and serve this one.
    let by_ward = views::stays_by_ward(&mut db, types::AreaScope::ALL, now).await?;
    let by_case = views::stays_by_case(&mut db, seat.scope(), now).await?;
    let numbers = views::numbers(&mut db, seat.scope()).await?;
    drop(db);
    let has = |level: &&Level| {
        boards.iter().flat_map(|board| &board.wards).any(|ward| ward.level == **level)
    };
    let forecasts: Vec<Forecast> = Level::ALL
        .iter()
        .filter(has)
        .map(|level| forecast(now, &boards, &by_ward, *level))
        .collect();
    let table = beds_table(&seat, &forecasts, &numbers);
    let lengths = lengths_table(&seat, &by_case);
    let body = html! {
        (table.render(&seat))
        @for one in &forecasts { (chart(&seat, one)) }
        (openings(&seat, &boards))
        (lengths.render(&seat))
        (parts::panel(&t!(seat, "care-method"), html! {
            p { (t!(seat, "care-method-stays")) }
            p { (t!(seat, "care-method-beds")) }
            p { (t!(seat, "care-method-not")) }
        }))
    };
    let page = Page::new(t!(seat, "nav-care-outlook"), body)
        .lead(html! { (t!(seat, "care-outlook-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}

fn range((low, high): (f64, f64)) -> String {
    format!("{:.0}–{:.0}", low.floor(), high.ceil())
}

/// Who waits now for a level of care, by the edition in force.
fn waiting(seat: &Seat, numbers: &views::Numbers, level: Level) -> i64 {
    let edition = seat.app().protocol().at(seat.now(), super::board::county(seat)).clone();
    care::Condition::all()
        .filter(|condition| {
            triage(&edition, *condition).is_ok_and(|goes| goes.level == Some(level))
        })
        .map(|condition| numbers.queued_in(condition))
        .sum()
}

fn beds_table(seat: &Seat, forecasts: &[Forecast], numbers: &views::Numbers) -> Table {
    let mut columns = vec![
        Column::new("level", t!(seat, "care-level")),
        Column::new("waiting", t!(seat, "care-queue")).numeric(),
        Column::new("now", t!(seat, "care-room-now")).numeric(),
    ];
    for (key, n) in [("d1", 1_i64), ("d3", 3), ("d7", 7)] {
        columns.push(Column::new(key, t!(seat, "care-room-in", n = n)).numeric());
    }
    columns.push(Column::new("opened", t!(seat, "care-room-opened")).numeric());
    let rows = forecasts.iter().map(|one| {
        let last = one.days[AHEAD];
        let mut row = vec![
            Cell::text(named(seat, "care-level", one.level.as_str())),
            Cell::count(
                waiting(seat, numbers, one.level),
                &seat.link(&format!("/care/queue?level={}", one.level.as_str())),
            ),
            Cell::count(one.days[0].base.max(0), &seat.link("/care#beds")),
        ];
        for n in [1, 3, 7] {
            let day = one.days[n];
            row.push(match one.curve {
                Some(_) => Cell::text(format!("{:.0} ({})", day.expected(), range(day.interval()))),
                None => Cell::text(t!(seat, "care-at-least", n = day.base.max(0))),
            });
        }
        row.push(Cell::count(last.opened, "#openings"));
        row
    });
    Table::new(t!(seat, "care-beds-ahead"), columns)
        .empty(t!(seat, "care-beds-empty"))
        .window(t!(seat, "care-beds-ahead-window"))
        .rows(rows.collect::<Vec<_>>())
}

fn chart(seat: &Seat, one: &Forecast) -> Markup {
    let name = named(seat, "care-level", one.level.as_str());
    let Some(curve) = &one.curve else {
        return parts::notice(
            Tone::Info,
            &t!(seat, "care-ahead-nothing", level = name.as_str()),
            html! {},
        );
    };
    let (over, going) = curve.seen();
    let label = |n: usize| -> String {
        let at = seat.time(seat.now() + Span::days(n as i64));
        at.day().to_owned()
    };
    let unknown = one.days[AHEAD].freed.unknown;
    let banded = Banded {
        title: t!(seat, "care-ahead-chart", level = name.as_str()),
        labels: (0..=AHEAD).map(label).collect(),
        bands: vec![Band {
            name: t!(seat, "course-interval", percent = 90),
            ends: one.days.iter().map(|day| Some(day.interval())).collect(),
        }],
        lines: vec![Line {
            name: t!(seat, "care-ahead-expected"),
            values: one.days.iter().map(|day| Some(day.expected())).collect(),
        }],
        level: None,
        digits: 0,
    };
    html! {
        (bands(seat, &banded))
        p .muted {
            (t!(seat, "care-ahead-from", over = over as i64, going = going as i64))
            @if unknown >= 0.5 { " " (t!(seat, "care-ahead-unknown", n = unknown.round() as i64)) }
        }
    }
}

/// What opens and closes within the days ahead.
fn openings(seat: &Seat, boards: &[Board]) -> Markup {
    let now = seat.now();
    let end = now + Span::days(AHEAD as i64);
    let columns = vec![
        Column::new("facility", t!(seat, "care-facility")),
        Column::new("what", t!(seat, "care-what")),
        Column::new("at", t!(seat, "happened-at")),
        Column::new("usable", t!(seat, "care-usable")).numeric(),
        Column::new("inside", t!(seat, "care-in-care")).numeric(),
    ];
    let mut rows = Vec::new();
    for board in boards {
        let path = words::facility_path(&board.facility.code);
        let usable: i64 = board.wards.iter().map(Ward::usable).sum();
        let inside: i64 = board.wards.iter().map(|w| w.of(BedState::Occupied)).sum();
        let mut row = |key: &str, at: Micros| {
            rows.push((
                at,
                vec![
                    Cell::link(&path, words::facility(seat, &board.facility)),
                    Cell::text(seat.text(key)),
                    Cell::time(seat.time(at)),
                    Cell::count(usable, &path),
                    Cell::count(inside, &path),
                ],
            ));
        };
        let within = |at: Micros| at > now && at <= end;
        if within(board.facility.opens_at) {
            row("care-opens-at", board.facility.opens_at);
        }
        if let Some(at) = board.facility.closes_at.filter(|at| within(*at)) {
            row("care-closes-at", at);
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let table = Table::new(t!(seat, "care-openings"), columns)
        .empty(t!(seat, "care-openings-empty"))
        .rows(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
    html! { div #openings { (table.render(seat)) } }
}

/// Half a step on from a length that was rounded down, in days.
fn days(length: Option<u32>) -> Option<String> {
    let step = STAY_STEP.as_hours() / 24.0;
    length.map(|n| format!("{:.1}", (f64::from(n) + 0.5) * step))
}

fn median_cell(seat: &Seat, length: Length) -> Cell {
    let Some(at) = days(length.at) else {
        return Cell::text(t!(seat, "care-not-reached"));
    };
    let open = || t!(seat, "care-open-end");
    let low = days(length.low).unwrap_or_else(open);
    let high = days(length.high).unwrap_or_else(open);
    Cell::text(format!("{at} ({low}–{high})"))
}

fn lengths_table(seat: &Seat, by_case: &BTreeMap<(String, String), Stays>) -> Table {
    let columns = vec![
        Column::new("class", t!(seat, "case-class")),
        Column::new("worst", t!(seat, "care-worst")),
        Column::new("over", t!(seat, "care-stays-over")).numeric(),
        Column::new("going", t!(seat, "care-stays-going")).numeric(),
        Column::new("quarter", t!(seat, "care-quarter-left")).numeric(),
        Column::new("median", t!(seat, "care-median")).numeric(),
        Column::new("three", t!(seat, "care-three-quarters-left")).numeric(),
    ];
    let rows = by_case.iter().filter_map(|((class, worst), stays)| {
        let class = Class::parse(class)?;
        let grade = Severity::parse(worst);
        let list = |which: &str| {
            seat.link(&format!("/care/stays?class={}&worst={worst}&which={which}", class.as_str()))
        };
        let mut row = vec![
            class_cell(seat, class),
            match grade {
                Some(_) => severity_cell(seat, grade),
                None => Cell::text(named(seat, "care-condition", "unexamined")),
            },
            Cell::count(stays.ended(), &list("over")),
            Cell::count(stays.lying(), &list("going")),
        ];
        match curve_of(stays) {
            Ok(curve) => {
                let plain = |share: f64| {
                    days(curve.quantile(share, NINETY_FIVE).at)
                        .map_or_else(|| Cell::text(t!(seat, "care-not-reached")), Cell::text)
                };
                row.push(plain(0.25));
                row.push(median_cell(seat, curve.quantile(0.5, NINETY_FIVE)));
                row.push(plain(0.75));
            }
            Err(_) => row.extend([Cell::none(), Cell::none(), Cell::none()]),
        }
        Some(row)
    });
    Table::new(t!(seat, "care-lengths"), columns)
        .empty(t!(seat, "care-lengths-empty"))
        .window(t!(seat, "care-lengths-window"))
        .rows(rows.collect::<Vec<_>>())
}
