//! The balance and what was late as they were known at an earlier moment, beside what is known
//! of that moment today, and the reports and corrections that lie between the two.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use ledger::views::{Balance, BalanceLine};
use ledger::views::{Hindsight, LateLine, LaterLine};
use maud::{Markup, html};
use types::{AreaCode, Micros, PlaceCode, Refusal, Span, UnitKind};

use super::DESK;
use super::names::Names;
use super::words;
use crate::i18n::number;
use crate::reviews::{LINES, Review, review};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::{hours_minutes, input_value, parse_local};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/as-of", DESK, page);
    routes.nav(Group::Testing, "/testing/as-of", "nav-as-of");
}

/// Moments that are asked for most.
const AGO: [i64; 4] = [1, 6, 12, 24];

async fn page(seat: Seat) -> Answer {
    let now = seat.now();
    let asked = seat.param("at");
    let mut errors = Errors::default();
    let at = asked.as_ref().and_then(|text| {
        let at = errors.check("at", parse_local(text, seat.app().zone()))?;
        if at > now {
            errors.add("at", Refusal::new("as-of-future"));
            return None;
        }
        Some(at)
    });
    let form = form(&seat, asked.as_deref(), errors);
    let Some(at) = at else {
        let body = html! {
            (form)
            @if asked.is_none() { p { (t!(seat, "as-of-choose")) } }
        };
        return Ok(seat.render(frame(&seat, body).timeless()));
    };
    let (told, read_at, took, units) = match review(seat.app(), seat.scope(), at).await? {
        Review::Ready { told, read_at, took, units } => (told, read_at, took, units),
        Review::Reading { seen, of } => return Ok(reading(&seat, form, at, seen, of)),
    };
    let names = names(&seat, &told).await?;
    let balance = balance_table(&seat, &names, &told, at);
    if Table::wants_csv(&seat) {
        return Ok(balance.csv_response());
    }
    let body = html! {
        (form)
        p .notice-line { strong { (t!(seat, "as-of-then", at = seat.time(at).to_string())) } " "
            (t!(seat, "as-of-read", n = number(units), seconds = seconds(took))) }
        (figures(&seat, &told))
        div #balance { (balance.render(&seat)) }
        div #late { (late_table(&seat, &names, &told, at).render(&seat)) }
        div #stock { (stock_table(&seat, &names, &told, at).render(&seat)) }
        div #later { (later_table(&seat, &told, at).render(&seat)) }
    };
    Ok(seat.render(frame(&seat, body).as_of(read_at)))
}

fn frame(seat: &Seat, body: Markup) -> Page {
    Page::new(t!(seat, "nav-as-of"), body).lead(html! { (t!(seat, "as-of-lead")) })
}

/// The reading goes on; the page asks again by itself, with or without script.
fn reading(seat: &Seat, form: Markup, at: Micros, seen: i64, of: i64) -> axum::response::Response {
    let label = t!(seat, "as-of-reading", at = seat.time(at).to_string());
    let body = html! {
        (form)
        div role="status" { (parts::progress(seat, &label, seen, of)) }
        p .muted { (t!(seat, "as-of-reading-hint")) }
    };
    let mut response = seat.render(frame(seat, body).timeless());
    response.headers_mut().insert(REFRESH, HeaderValue::from_static("1"));
    response
}

fn form(seat: &Seat, asked: Option<&str>, errors: Errors) -> Markup {
    let zone = seat.app().zone();
    let now = seat.now();
    let ago = |hours: i64| input_value(now - Span::hours(hours), zone);
    let value = asked.map_or_else(|| ago(6), ToOwned::to_owned);
    let midnight = input_value(now, zone).split('T').next().map(|day| format!("{day}T00:00"));
    html! {
        (Form::asks(seat, seat.path())
            .errors(errors)
            .field(Field::time("at", t!(seat, "as-of-at"))
                .hint(t!(seat, "as-of-at-hint", zone = seat.app().config().zone.as_str()))
                .value(value))
            .button(&t!(seat, "show")))
        ul .quick {
            @for hours in AGO {
                li { a href=(seat.here(&[("at", Some(&ago(hours))), ("format", None)])) {
                    (t!(seat, "as-of-hours-ago", n = hours)) } }
            }
            @if let Some(midnight) = &midnight {
                li { a href=(seat.here(&[("at", Some(midnight)), ("format", None)])) {
                    (t!(seat, "as-of-midnight")) } }
            }
        }
    }
}

fn seconds(took: Span) -> String {
    format!("{:.1}", took.0 as f64 / 1e6)
}

async fn names(seat: &Seat, told: &Hindsight) -> Result<Names, crate::Fault> {
    let mut db = seat.db().await?;
    let late = told.then.late.iter().chain(&told.today.late).map(|l| l.holder.as_str());
    let held =
        told.then.balance.values().flat_map(super::balance::largest).map(|(h, _)| h.as_str());
    let stocks = || told.then.stock.iter().chain(&told.today.stock);
    let accounts = stocks().flat_map(|(_, accounts)| accounts.keys()).map(String::as_str);
    let areas = keys(&told.then.balance, &told.today.balance).into_iter().map(|(area, _)| area);
    let areas = areas.chain(stocks().map(|((area, _), _)| *area));
    let places = areas.filter_map(|area| PlaceCode::parse(&area.to_string()).ok());
    Ok(Names::of_holders(&mut db, late.chain(held).chain(accounts))
        .await?
        .and(Names::of_places(&mut db, places).await?))
}

fn keys(a: &Balance, b: &Balance) -> BTreeSet<(AreaCode, UnitKind)> {
    a.keys().chain(b.keys()).copied().collect()
}

/// The sums, then and today.
fn figures(seat: &Seat, told: &Hindsight) -> Markup {
    let late = |lines: &[LateLine]| lines.iter().map(|l| l.units).sum::<i64>();
    let created = |b: &Balance| b.values().map(|l| l.created).sum::<i64>();
    let held = |b: &Balance| b.values().map(|l| l.held.values().sum::<i64>()).sum::<i64>();
    let sum = |m: &BTreeMap<(AreaCode, UnitKind), i64>| m.values().sum::<i64>();
    let pair = |label: String, then: i64, today: i64, href: &str| Figure {
        label,
        value: number(then),
        href: Some(href.to_owned()),
        detail: Some(match then == today {
            true => t!(seat, "as-of-same"),
            false => t!(seat, "as-of-today-n", n = number(today)),
        }),
        tone: if then == today { Tone::Good } else { Tone::Warning },
    };
    let later = sum(&told.later.reports);
    let corrections = sum(&told.later.corrections);
    parts::figures(&[
        pair(
            t!(seat, "created"),
            created(&told.then.balance),
            created(&told.today.balance),
            "#balance",
        ),
        pair(t!(seat, "held"), held(&told.then.balance), held(&told.today.balance), "#balance"),
        pair(t!(seat, "nav-late"), late(&told.then.late), late(&told.today.late), "#late"),
        Figure {
            label: t!(seat, "as-of-later"),
            value: number(later),
            href: Some("#later".into()),
            detail: (later > 0)
                .then(|| t!(seat, "as-of-slowest", time = hours_minutes(told.later.slowest))),
            tone: if later > 0 { Tone::Warning } else { Tone::Good },
        },
        Figure {
            label: t!(seat, "as-of-corrections"),
            value: number(corrections),
            href: Some("#later".into()),
            detail: None,
            tone: if corrections > 0 { Tone::Warning } else { Tone::Good },
        },
    ])
}

/// A number as it was known, and, where that has changed, as it is known today.
fn pair(seat: &Seat, then: i64, today: i64) -> Cell {
    if then == today {
        return Cell::number(then);
    }
    Cell::markup(
        html! { (number(then)) " " (parts::tag(Tone::Warning, &t!(seat, "as-of-today-n", n = number(today)))) },
        format!("{then} -> {today}"),
    )
}

fn balance_table(seat: &Seat, names: &Names, told: &Hindsight, at: Micros) -> Table {
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("created", t!(seat, "created")).numeric(),
        Column::new("held", t!(seat, "held")).numeric(),
        Column::new("by", t!(seat, "held-by")),
        Column::new("closed", t!(seat, "ended")).numeric(),
        Column::new("later", t!(seat, "as-of-later")).numeric(),
        Column::new("corrections", t!(seat, "as-of-corrections")).numeric(),
    ];
    let none = BalanceLine::default();
    let rows = keys(&told.then.balance, &told.today.balance).into_iter().map(|key| {
        let then = told.then.balance.get(&key).unwrap_or(&none);
        let today = told.today.balance.get(&key).unwrap_or(&none);
        let held = |line: &BalanceLine| line.held.values().sum::<i64>();
        let closed = |line: &BalanceLine| line.closed.values().sum::<i64>();
        let later = |map: &BTreeMap<_, i64>| map.get(&key).copied().unwrap_or_default();
        let by: Vec<String> = super::balance::largest(then)
            .into_iter()
            .map(|(holder, n)| format!("{} {}", names.holder(seat, holder), number(n)))
            .collect();
        vec![
            Cell::text(area_name(seat, names, key.0)),
            Cell::text(words::kind(seat, key.1)),
            pair(seat, then.created, today.created),
            pair(seat, held(then), held(today)),
            match by.is_empty() {
                true => Cell::none(),
                false => Cell::markup(
                    html! { ul .plain-list { @for line in &by { li { (line) } } } },
                    by.join("; "),
                ),
            },
            pair(seat, closed(then), closed(today)),
            Cell::number(later(&told.later.reports)),
            Cell::number(later(&told.later.corrections)),
        ]
    });
    Table::new(t!(seat, "nav-balance"), columns)
        .window(t!(seat, "as-of-window", at = seat.time(at).to_string()))
        .empty(t!(seat, "as-of-balance-empty"))
        .csv("balance-as-of")
        .rows(rows)
}

/// Holder, kind, step, and whether it lies in a container.
type LateKey<'a> = (&'a str, UnitKind, &'a str, bool);

/// What was late by what was known, and by what is known today.
fn late_table(seat: &Seat, names: &Names, told: &Hindsight, at: Micros) -> Table {
    let mut lines: BTreeMap<LateKey<'_>, (i64, i64, Micros)> = BTreeMap::new();
    // Counties of one holder are told together.
    for (at_once, then) in [(&told.then.late, true), (&told.today.late, false)] {
        for line in at_once {
            let key = (line.holder.as_str(), line.kind, line.step.as_str(), line.packed);
            let sum = lines.entry(key).or_insert((0, 0, line.oldest_deadline));
            if then {
                sum.0 += line.units;
            } else {
                sum.1 += line.units;
            }
            sum.2 = sum.2.min(line.oldest_deadline);
        }
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(key, (.., oldest))| (*oldest, *key));
    let columns = vec![
        Column::new("holder", t!(seat, "held-by")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("step", t!(seat, "late-step")),
        Column::new("units", t!(seat, "late-units")).numeric(),
        Column::new("oldest", t!(seat, "oldest-deadline")),
    ];
    let rows = lines.into_iter().map(|((holder, kind, step, packed), (then, today, oldest))| {
        vec![
            Cell::text(names.holder(seat, holder)),
            Cell::text(words::kind(seat, kind)),
            Cell::text(match packed {
                true => t!(seat, "late-packed"),
                false => words::step(seat, step),
            }),
            pair(seat, then, today),
            words::deadline(seat, Some(oldest), at),
        ]
    });
    Table::new(t!(seat, "nav-late"), columns)
        .window(t!(seat, "as-of-window", at = seat.time(at).to_string()))
        .empty(t!(seat, "as-of-late-empty"))
        .rows(rows)
}

/// Quantities by double entry: what each account had, by what was known then and by what is known
/// today.
fn stock_table(seat: &Seat, names: &Names, told: &Hindsight, at: Micros) -> Table {
    let none = BTreeMap::new();
    let goods: BTreeSet<&(AreaCode, String)> =
        told.then.stock.keys().chain(told.today.stock.keys()).collect();
    let rows = goods.into_iter().flat_map(|key| {
        let then = told.then.stock.get(key).unwrap_or(&none);
        let today = told.today.stock.get(key).unwrap_or(&none);
        let accounts: BTreeSet<&String> = then.keys().chain(today.keys()).collect();
        accounts.into_iter().map(move |account| {
            let amount = |of: &BTreeMap<String, i64>| of.get(account).copied().unwrap_or_default();
            vec![
                Cell::text(area_name(seat, names, key.0)),
                Cell::text(key.1.clone()),
                Cell::text(names.holder(seat, account)),
                pair(seat, amount(then), amount(today)),
            ]
        })
    });
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("commodity", t!(seat, "as-of-commodity")),
        Column::new("account", t!(seat, "as-of-account")),
        Column::new("amount", t!(seat, "as-of-amount")).numeric(),
    ];
    Table::new(t!(seat, "as-of-stock"), columns)
        .window(t!(seat, "as-of-stock-window", at = seat.time(at).to_string()))
        .empty(t!(seat, "as-of-stock-empty"))
        .rows(rows)
}

fn area_name(seat: &Seat, names: &Names, area: AreaCode) -> String {
    match area {
        AreaCode::NONE => t!(seat, "area-none"),
        area => names.place_text(seat, &area.to_string()),
    }
}

/// The reports and corrections that came after the moment.
fn later_table(seat: &Seat, told: &Hindsight, at: Micros) -> Table {
    let columns = vec![
        Column::new("unit", t!(seat, "unit")),
        Column::new("what", t!(seat, "what-happened")),
        Column::new("happened", t!(seat, "happened-at")),
        Column::new("recorded", t!(seat, "recorded-at")),
        Column::new("after", t!(seat, "as-of-delay")),
    ];
    let total = told.later.reports.values().chain(told.later.corrections.values()).sum::<i64>();
    let window = match total > LINES as i64 {
        true => t!(seat, "as-of-first", n = LINES as i64, of = number(total)),
        false => t!(seat, "as-of-later-window", at = seat.time(at).to_string()),
    };
    Table::new(t!(seat, "as-of-later-title"), columns)
        .window(window)
        .empty(t!(seat, "as-of-later-empty"))
        .total(total)
        .rows(told.later.lines.iter().map(|line| later_row(seat, line)))
}

fn later_row(seat: &Seat, line: &LaterLine) -> Vec<Cell> {
    vec![
        words::unit_cell(seat, line.unit),
        Cell::text(seat.text(&format!("desk-move-{}", line.what))),
        Cell::time(seat.time(line.happened)),
        Cell::time(seat.time(line.recorded)),
        Cell::text(hours_minutes(line.recorded - line.happened)),
    ]
}
