//! The balance: what was created is held by somebody or closed for a reason, or it is an alarm.

use axum::extract::Path;
use ledger::views::{self, BalanceLine, Standing};
use maud::{Markup, html};
use types::{AreaCode, PlaceCode, Refusal, UnitId, UnitKind};

use super::history::holder_link;
use super::names::Names;
use super::{DESK, DOWNLOAD, PAGE, words};
use crate::house::{TESTING, topic};
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/balance", DESK, balance);
    routes.get("/testing/balance/{area}", DESK, units);
    routes.nav(Group::Testing, "/testing/balance", "nav-balance");
}

/// Holders shown in a cell; more are counted.
const SHOWN: usize = 6;

async fn balance(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let lines = views::balance(&mut db, seat.scope()).await?;
    let holders = lines.values().flat_map(|l| largest(l)).map(|(h, _)| h.as_str());
    let places = lines.keys().filter_map(|(area, _)| PlaceCode::parse(&area.to_string()).ok());
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
    // Units without a county have no list of their own: nobody has areas that they lie in.
    let href = |state: &str| {
        (area != AreaCode::NONE)
            .then(|| format!("/testing/balance/{area}?kind={kind}&state={state}"))
    };
    let count = |n: i64, state: &str| match href(state) {
        Some(href) => Cell::count(n, &href),
        None => Cell::number(n),
    };
    vec![
        Cell::text(area_name),
        Cell::text(words::kind(seat, kind)),
        count(line.created, CREATED),
        count(held, OPEN),
        match held {
            0 => Cell::none(),
            _ => Cell::markup(held_by(seat, names, line, href(OPEN)), plain(all_held)),
        },
        count(closed, ENDED),
        match closed {
            0 => Cell::none(),
            _ => Cell::markup(
                html! { ul .plain-list { @for (reason, n) in &line.closed {
                    li {
                        (words::closed(seat, reason)) " "
                        strong {
                            @match href(reason) {
                                Some(href) => a href=(href) { (number(*n)) },
                                None => (number(*n)),
                            }
                        }
                    }
                } } },
                plain(all_closed),
            ),
        },
        difference,
    ]
}

fn held_by(seat: &Seat, names: &Names, line: &BalanceLine, all: Option<String>) -> Markup {
    let shown = largest(line);
    let rest = line.held.len() - shown.len();
    html! {
        ul .plain-list {
            @for (holder, n) in shown {
                li { (holder_link(seat, names, holder)) " " strong { (number(n)) } }
            }
            @if rest > 0 {
                li .muted {
                    @match all {
                        Some(href) => a href=(href) { (t!(seat, "and-more", n = rest as i64)) },
                        None => (t!(seat, "and-more", n = rest as i64)),
                    }
                }
            }
        }
    }
}

/// What `?state=` says of units that are not asked for by the reason of their end.
const CREATED: &str = "created";
const OPEN: &str = "open";
const ENDED: &str = "ended";

/// The units behind one number of the balance, in the order of their codes.
async fn units(seat: Seat, Path(area): Path<String>) -> Answer {
    let area = AreaCode::parse(&area)?;
    let kind = seat.param("kind").unwrap_or_default();
    let kind = kind.chars().next().and_then(|c| UnitKind::try_from(c).ok());
    let kind = kind.ok_or_else(|| Refusal::new("malformed-request"))?;
    let state = seat.param("state").unwrap_or_else(|| CREATED.to_owned());
    let asked = match state.as_str() {
        CREATED => Standing::Created,
        OPEN => Standing::Open,
        ENDED => Standing::Ended,
        reason => Standing::EndedBy(reason),
    };
    let csv = Table::wants_csv(&seat);
    let limit = if csv { DOWNLOAD } else { PAGE };
    let after = seat.param("after").map(|text| UnitId::parse(&text)).transpose()?;
    let mut db = seat.db().await?;
    let mut found = views::standing(&mut db, area, kind, asked, after, limit + 1).await?;
    let next = cut(&mut found, limit, |line| Some(line.unit.id.to_string()));
    let holders = found.iter().filter_map(|line| line.holder.as_deref());
    let place = PlaceCode::parse(&area.to_string())?;
    let names = Names::of_holders(&mut db, holders)
        .await?
        .and(Names::of_places(&mut db, [place.clone()]).await?);
    let now = seat.now();
    let columns = vec![
        Column::new("unit", t!(seat, "unit")),
        Column::new("state", t!(seat, "state")),
        Column::new("holder", t!(seat, "held-by")),
        Column::new("container", t!(seat, "inside-of")),
        Column::new("since", t!(seat, "held-since")),
        Column::new("deadline", t!(seat, "deadline")),
    ];
    let rows = found.iter().map(|line| {
        let unit = &line.unit;
        let holder = line.holder.as_deref().unwrap_or("unknown");
        let stands = match &line.closed {
            Some((reason, at)) => html! {
                (parts::tag(Tone::Plain, &words::closed(&seat, reason))) " " (seat.time(*at))
            },
            None => html! { (words::step(&seat, &unit.step)) },
        };
        vec![
            words::unit_cell(&seat, unit.id),
            Cell::words(stands),
            Cell::markup(html! { (holder_link(&seat, &names, holder)) }, holder),
            unit.container.map_or_else(Cell::none, |id| words::unit_cell(&seat, id)),
            Cell::time(seat.time(unit.since)),
            match line.closed {
                Some(_) => Cell::none(),
                None => words::deadline(&seat, unit.deadline, now),
            },
        ]
    });
    let what = match state.as_str() {
        CREATED => t!(seat, "created"),
        OPEN => t!(seat, "held"),
        ENDED => t!(seat, "ended"),
        reason => words::closed(&seat, reason),
    };
    let title = format!("{} · {} · {what}", names.place(&seat, &place), words::kind(&seat, kind));
    let table = Table::new(title.clone(), columns)
        .window(t!(seat, "balance-window"))
        .empty(t!(seat, "balance-units-empty"))
        .csv("units")
        .next(next)
        .rows(rows);
    if csv {
        return Ok(table.csv_response());
    }
    let page = Page::new(title, table.render(&seat));
    Ok(seat.render(page.crumb("/testing/balance", t!(seat, "nav-balance"))))
}
