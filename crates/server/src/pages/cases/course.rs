//! How the epidemic goes: infections a day by where they were found, R, the days to come, and how
//! good the same forecasts were before. Everything comes from the counters of the figures, as known
//! now or at an earlier hour.

pub(crate) mod daily;
mod kept;
mod nowcast;

use analytics::{Comparison, Doubling, Quantiles, Scale};
use cases::views::{self, Window};
use cases::{Convention, FoundIn, Measure};
use maud::{Markup, html};
use types::{AreaCode, Micros, Refusal, Span};

use self::daily::{AHEAD, Course, Daily, FOUND};
pub(crate) use self::daily::{days_ahead, plan_of};
use super::counts::list_link;
use super::{READERS, words};
use crate::i18n::{Speaks, number};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::chart::bands::{Band, Banded, Line, bands};
use crate::ui::chart::{Series, stacked};
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{Local, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/course", READERS, show);
}

/// Days that can be looked at.
const DAYS: [usize; 3] = [28, 56, 112];
/// Days before today in the chart of the days to come.
const BEFORE: usize = 14;

/// Local midnight of an instant's day.
pub(crate) fn midnight(seat: &Seat, at: Micros) -> Result<Micros, Refusal> {
    let zone = seat.app().zone();
    let local = Local::new(at, zone);
    Ok(parse_local(&format!("{}T00:00", local.day()), zone)?)
}

/// `2022-03-15`, of the n-th day from a midnight on.
fn day(seat: &Seat, from: Micros, n: usize) -> String {
    let noon = from + Span::days(n as i64) + Span::hours(12);
    Local::new(noon, seat.app().zone()).day().to_owned()
}

async fn show(seat: Seat) -> Answer {
    let wanted = seat.param("days").and_then(|text| text.parse().ok());
    let days = wanted.filter(|n| DAYS.contains(n)).unwrap_or(DAYS[0]);
    let mut errors = Errors::default();
    let asked = seat.param("as_of");
    let as_of = asked.as_ref().and_then(|text| {
        let at = errors.check("as_of", parse_local(text, seat.app().zone()))?;
        if at > seat.now() {
            errors.add("as_of", Refusal::new("as-of-future"));
            return None;
        }
        Some(at)
    });
    let today = midnight(&seat, as_of.unwrap_or(seat.now()))?;
    let last_day = seat.param("last");
    let until = last_day.as_ref().and_then(|text| {
        let first = parse_local(&format!("{text}T00:00"), seat.app().zone());
        let first = errors.check("last", first.map_err(|_| Refusal::new("day-form")))?;
        if first >= today {
            errors.add("last", Refusal::new("day-not-over"));
            return None;
        }
        midnight(&seat, first + Span::hours(36)).ok()
    });
    let until = until.unwrap_or(today);
    let from = until - Span::days(days as i64);
    let window = Window { scope: seat.scope(), from, until, as_of };
    let (daily, told) = read(&seat, &window, days).await?;
    let kept = kept::Kept::load(&seat, &daily).await?;
    let nowcast = nowcast::read(&seat, &window, days, today).await?;
    let table = day_table(&seat, &daily, told.as_ref().ok());
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let body = html! {
        (question(&seat, days, [last_day.as_deref(), asked.as_deref()], errors))
        (figures(&seat, &daily, told.as_ref().ok()))
        (found_chart(&seat, &daily))
        (nowcast::panel(&seat, &daily, nowcast.as_ref()))
        @match &told {
            Ok(course) => {
                (rt_chart(&seat, &daily, course))
                (ahead_chart(&seat, &daily, course))
                (assumptions(&seat))
                @if let Some((trials, _)) = &course.scored {
                    (scores(&seat, trials).render(&seat))
                }
                (kept.panel(&seat, &daily, as_of.is_none() && last_day.is_none()))
            }
            Err(refusal) => { (parts::notice(Tone::Info, &t!(seat, "course-nothing"), why(&seat, refusal))) }
        }
        (table.render(&seat))
    };
    let lead = match as_of {
        None => t!(
            seat,
            "course-window",
            from = day(&seat, from, 0),
            until = day(&seat, from, days - 1)
        ),
        Some(at) => t!(
            seat,
            "course-window-as-of",
            from = day(&seat, from, 0),
            until = day(&seat, from, days - 1),
            at = seat.time(at.hour_start()).to_string()
        ),
    };
    Ok(seat.render(Page::new(t!(seat, "nav-course"), body).lead(html! { (lead) })))
}

/// The days of a window, and what they say.
async fn read(
    seat: &Seat,
    window: &Window,
    days: usize,
) -> Result<(Daily, Result<Course, Refusal>), Fault> {
    let hours = views::by_hour(&mut seat.db().await?, window).await?;
    let daily = Daily::of(&hours, window.from, days);
    let (low, high) = window.scope.bounds();
    let area = if low == high { AreaCode::from_stored(low) } else { AreaCode::NONE };
    let outlook = seat.app().protocol().at(window.until, area).outlook().cloned();
    // A few thousand simulated courses: not on the thread that serves others.
    tokio::task::spawn_blocking(move || {
        let told = outlook.and_then(|outlook| Ok(daily::course(&daily, &outlook)?));
        (daily, told)
    })
    .await
    .map_err(Fault::internal)
}

fn why(seat: &Seat, refusal: &Refusal) -> Markup {
    let lang = seat.lang();
    html! { p { (lang.refusal(refusal)) " " (lang.refusal_next(refusal)) } }
}

fn question(seat: &Seat, days: usize, [last, as_of]: [Option<&str>; 2], errors: Errors) -> Markup {
    let choices: Vec<(String, String)> =
        DAYS.iter().map(|n| (n.to_string(), t!(seat, "course-last-days", n = *n as i64))).collect();
    Form::asks(seat, seat.path())
        .errors(errors)
        .group(
            &t!(seat, "course-time"),
            vec![
                Field::select("days", t!(seat, "course-days"), choices)
                    .value(days.to_string())
                    .short(),
                Field::text("last", t!(seat, "course-last"))
                    .hint(t!(seat, "case-day-hint"))
                    .value(last.unwrap_or_default())
                    .optional()
                    .short(),
                Field::time("as_of", t!(seat, "case-as-of"))
                    .value(as_of.unwrap_or_default())
                    .optional(),
            ],
        )
        .button(&t!(seat, "show"))
}

/// The list of a day's infections.
fn list_of(seat: &Seat, day: &str, found_in: Option<Option<FoundIn>>) -> String {
    let as_of = seat.param("as_of").unwrap_or_default();
    let by = (as_of.as_str(), Convention::Bulletin);
    list_link(seat.scope(), (Measure::Infections, found_in), (day, (0, 24)), by)
}

fn figures(seat: &Seat, daily: &Daily, told: Option<&Course>) -> Markup {
    let last = daily.days() - 1;
    let yesterday = day(seat, daily.from, last);
    let before = daily.on(last.saturating_sub(7));
    let mut items = vec![Figure {
        label: t!(seat, "course-last-day", day = yesterday.as_str()),
        value: number(daily.on(last)),
        href: Some(list_of(seat, &yesterday, None)),
        detail: Some(t!(seat, "course-week-before", n = number(before))),
        tone: Tone::Plain,
    }];
    if let Some(share) = daily.community_share() {
        items.push(Figure {
            label: t!(seat, "course-community"),
            value: format!("{:.0} %", share * 100.0),
            href: None,
            detail: Some(t!(seat, "course-community-detail")),
            tone: if share > 0.0 { Tone::Warning } else { Tone::Good },
        });
    }
    if let Some(rt) = told.and_then(|course| course.rt.last().copied().flatten()) {
        let tone = match (rt.low > 1.0, rt.high < 1.0) {
            (true, _) => Tone::Bad,
            (_, true) => Tone::Good,
            _ => Tone::Plain,
        };
        items.push(Figure {
            label: t!(seat, "course-rt"),
            value: format!("{:.2}", rt.mean),
            href: Some("#rt".to_owned()),
            detail: Some(format!("95 %: {:.2}–{:.2}", rt.low, rt.high)),
            tone,
        });
    }
    if let Some(growth) = told.and_then(|course| course.growth) {
        let one = |days: f64| format!("{days:.1}");
        let (label, value, detail) = match growth.doubling() {
            Doubling::Doubles { days, low, high } => (
                t!(seat, "course-doubles"),
                t!(seat, "course-in-days", n = one(days)),
                format!("95 %: {low:.1}–{high:.1}"),
            ),
            Doubling::Halves { days, low, high } => (
                t!(seat, "course-halves"),
                t!(seat, "course-in-days", n = one(days)),
                format!("95 %: {low:.1}–{high:.1}"),
            ),
            Doubling::Unclear { doubling_at_least, halving_at_least } => (
                t!(seat, "course-doubles"),
                t!(seat, "course-unclear"),
                t!(
                    seat,
                    "course-unclear-detail",
                    doubling = one(doubling_at_least),
                    halving = one(halving_at_least)
                ),
            ),
        };
        items.push(Figure { label, value, href: None, detail: Some(detail), tone: Tone::Plain });
    }
    parts::figures(&items)
}

fn labels(seat: &Seat, daily: &Daily, days: std::ops::Range<usize>) -> Vec<String> {
    days.map(|n| day(seat, daily.from, n)).collect()
}

fn found_chart(seat: &Seat, daily: &Daily) -> Markup {
    let series: Vec<Series> = FOUND
        .iter()
        .zip(&daily.found)
        .enumerate()
        .filter(|(_, (place, values))| place.is_some() || values.iter().any(|n| *n != 0))
        .map(|(colour, (place, values))| Series {
            name: words::found_in(seat, *place),
            // The community in the colour of what is bad news.
            colour: [0, 1, 5, 2, 3][colour],
            values: values.clone(),
        })
        .collect();
    stacked(seat, &t!(seat, "course-by-found"), &labels(seat, daily, 0..daily.days()), &series)
}

fn rt_chart(seat: &Seat, daily: &Daily, course: &Course) -> Markup {
    let chart = Banded {
        title: t!(seat, "course-rt-chart"),
        labels: labels(seat, daily, 0..daily.days()),
        bands: vec![Band {
            name: t!(seat, "course-interval", percent = 95),
            ends: course.rt.iter().map(|rt| rt.map(|rt| (rt.low, rt.high))).collect(),
        }],
        lines: vec![Line {
            name: t!(seat, "course-mean"),
            values: course.rt.iter().map(|rt| rt.map(|rt| rt.mean)).collect(),
        }],
        level: Some(1.0),
        digits: 2,
    };
    html! { div #rt { (bands(seat, &chart)) } }
}

fn ahead_chart(seat: &Seat, daily: &Daily, course: &Course) -> Markup {
    let first = daily.days().saturating_sub(BEFORE);
    let past = daily.days() - first;
    let slots = past + AHEAD;
    let totals = daily.totals();
    let quantiles = |n: usize| n.checked_sub(past).and_then(|n| course.ahead.get(n));
    let at = |q: Option<&Quantiles>, level: f64| q.and_then(|q| q.at(level));
    let band = |percent: i64, low: f64, high: f64| Band {
        name: t!(seat, "course-interval", percent = percent),
        ends: (0..slots).map(|n| at(quantiles(n), low).zip(at(quantiles(n), high))).collect(),
    };
    let chart = Banded {
        title: t!(seat, "course-ahead", n = AHEAD as i64),
        labels: labels(seat, daily, first..first + slots),
        bands: vec![band(90, 0.05, 0.95), band(50, 0.25, 0.75)],
        lines: vec![
            Line {
                name: t!(seat, "course-reported"),
                values: (0..slots).map(|n| totals.get(first + n).copied()).collect(),
            },
            Line {
                name: t!(seat, "course-median"),
                values: (0..slots).map(|n| at(quantiles(n), 0.5)).collect(),
            },
        ],
        level: None,
        digits: 0,
    };
    bands(seat, &chart)
}

fn assumptions(seat: &Seat) -> Markup {
    html! {
        p .muted { (t!(seat, "course-assumes")) " "
            a href=(seat.link("/testing/protocol/epi.serial")) { code { "epi.serial" } } " · "
            a href=(seat.link("/testing/protocol/epi.course")) { code { "epi.course" } } }
    }
}

/// How good the same forecasts were: made again for each of the last three weeks' days from the
/// days before it.
fn scores(seat: &Seat, trials: &[analytics::Trial]) -> Table {
    let percent = |share: f64| Cell::text(format!("{:.0} %", share * 100.0));
    let row = |from: usize, until: usize| {
        let picked =
            Comparison::of(trials, Scale::Ln, |t| (from..=until).contains(&t.ahead)).ok()?;
        let skill = picked.skill().map_or_else(Cell::none, |s| Cell::text(format!("{s:+.2}")));
        Some(vec![
            Cell::text(t!(seat, "course-days-ahead", from = from as i64, until = until as i64)),
            Cell::number(picked.renewal.forecasts as i64),
            percent(picked.renewal.coverage_50),
            percent(picked.renewal.coverage_90),
            skill,
        ])
    };
    let columns = vec![
        Column::new("ahead", t!(seat, "course-ahead-column")),
        Column::new("forecasts", t!(seat, "course-forecasts")).numeric(),
        Column::new("half", t!(seat, "course-in-50")).numeric(),
        Column::new("ninety", t!(seat, "course-in-90")).numeric(),
        Column::new("skill", t!(seat, "course-skill")).numeric(),
    ];
    Table::new(t!(seat, "course-scores"), columns)
        .window(t!(seat, "course-scores-window"))
        .rows([row(1, 3), row(4, 7)].into_iter().flatten())
}

fn day_table(seat: &Seat, daily: &Daily, told: Option<&Course>) -> Table {
    let mut columns = vec![
        Column::new("day", t!(seat, "case-day")),
        Column::new("infections", words::named(seat, "case-measure", "infections")).numeric(),
    ];
    for place in FOUND {
        let id = place.map_or("unknown", FoundIn::as_str);
        columns.push(Column::new(id, words::found_in(seat, place)).numeric());
    }
    columns.push(Column::new("rt", t!(seat, "course-rt")).numeric());
    let rows = (0..daily.days()).rev().map(|n| {
        let day = day(seat, daily.from, n);
        let mut row =
            vec![Cell::text(day.clone()), Cell::count(daily.on(n), &list_of(seat, &day, None))];
        for (place, values) in FOUND.iter().zip(&daily.found) {
            row.push(Cell::count(values[n], &list_of(seat, &day, Some(*place))));
        }
        let rt = told.and_then(|course| course.rt[n]);
        row.push(rt.map_or_else(Cell::none, |rt| Cell::text(format!("{:.2}", rt.mean))));
        row
    });
    Table::new(t!(seat, "course-table"), columns).csv("course").rows(rows)
}
