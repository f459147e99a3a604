//! The balance: what was created is held by somebody or closed for a reason, or it is an alarm.

use ledger::views::{self, BalanceLine};
use maud::{Markup, html};
use types::{AreaCode, UnitKind};

use super::history::holder_link;
use super::names::Names;
use super::{DESK, words};
use crate::house::{TESTING, topic};
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/balance", DESK, balance);
    routes.nav(Group::Testing, "/testing/balance", "nav-balance");
}

/// Holders shown in a cell; more are counted.
const SHOWN: usize = 6;

async fn balance(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let lines = views::balance(&mut db, seat.scope()).await?;
    let holders = lines.values().flat_map(|l| largest(l)).map(|(h, _)| h.as_str());
    let places =
        lines.keys().filter_map(|(area, _)| types::PlaceCode::parse(&area.to_string()).ok());
    let names =
        Names::of_holders(&mut db, holders).await?.and(Names::of_places(&mut db, places).await?);
    let wrong: i64 = lines.values().map(|l| l.difference().abs()).sum();
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("created", t!(seat, "created")).numeric(),
        Column::new("held", t!(seat, "held")).numeric(),
        Column::new("by", t!(seat, "held-by")),
        Column::new("closed", t!(seat, "ended")).numeric(),
        Column::new("why", t!(seat, "ended-how")),
        Column::new("difference", t!(seat, "difference")).numeric(),
    ];
    let table = Table::new(t!(seat, "nav-balance"), columns)
        .window(t!(seat, "balance-window"))
        .empty(t!(seat, "balance-empty"))
        .csv("balance")
        .rows(lines.iter().map(|(key, line)| row(&seat, &names, *key, line)));
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = html! {
        @if wrong == 0 {
            (parts::notice(Tone::Good, &t!(seat, "balance-holds"), html! { p { (t!(seat, "balance-rule")) } }))
        } @else {
            (parts::notice(Tone::Bad, &t!(seat, "balance-broken", n = number(wrong)), html! { p { (t!(seat, "balance-broken-next")) } }))
        }
        (table.render(&seat))
    };
    if seat.wants_fragment("balance") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("balance"))]);
    let body = parts::live("balance", &[topic(TESTING, seat.scope())], &src, part);
    Ok(seat.render(
        Page::new(t!(seat, "nav-balance"), body)
            .lead(html! { (t!(seat, "balance-lead")) })
            .actions(parts::button_link(
                &seat.link("/testing/as-of"),
                &t!(seat, "nav-as-of"),
                false,
            )),
    ))
}

/// The holders with the most.
pub fn largest(line: &BalanceLine) -> Vec<(&String, i64)> {
    let mut held: Vec<(&String, i64)> = line.held.iter().map(|(h, n)| (h, *n)).collect();
    held.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    held.truncate(SHOWN);
    held
}

fn row(
    seat: &Seat,
    names: &Names,
    (area, kind): (AreaCode, UnitKind),
    line: &BalanceLine,
) -> Vec<Cell> {
    let area_name = match area {
        AreaCode::NONE => t!(seat, "area-none"),
        area => names.place_text(seat, &area.to_string()),
    };
    let (held, closed) = (line.held.values().sum::<i64>(), line.closed.values().sum::<i64>());
    let difference = match line.difference() {
        0 => Cell::number(0),
        n => Cell::tag(Tone::Bad, number(n)),
    };
    let plain = |parts: Vec<(String, i64)>| -> String {
        parts.iter().map(|(name, n)| format!("{name}={n}")).collect::<Vec<_>>().join(" ")
    };
    let all_held: Vec<_> = line.held.iter().map(|(h, n)| (h.clone(), *n)).collect();
    let all_closed: Vec<_> = line.closed.iter().map(|(r, n)| (r.clone(), *n)).collect();
    vec![
        Cell::text(area_name),
        Cell::text(words::kind(seat, kind)),
        Cell::number(line.created),
        Cell::number(held),
        match held {
            0 => Cell::none(),
            _ => Cell::markup(held_by(seat, names, line), plain(all_held)),
        },
        Cell::number(closed),
        match closed {
            0 => Cell::none(),
            _ => Cell::markup(
                html! { ul .plain-list { @for (reason, n) in &line.closed {
                    li { (words::closed(seat, reason)) " " strong { (number(*n)) } }
                } } },
                plain(all_closed),
            ),
        },
        difference,
    ]
}

fn held_by(seat: &Seat, names: &Names, line: &BalanceLine) -> Markup {
    let shown = largest(line);
    let rest = line.held.len() - shown.len();
    html! {
        ul .plain-list {
            @for (holder, n) in shown {
                li { (holder_link(seat, names, holder)) " " strong { (number(n)) } }
            }
            @if rest > 0 { li .muted { (t!(seat, "and-more", n = rest as i64)) } }
        }
    }
}
