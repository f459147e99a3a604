//! What is late, and with whom.

use axum::extract::Path;
use ledger::views::{self, LateLine};
use types::{AreaCode, HolderCode, Micros, PlaceCode, UnitKind};

use super::names::Names;
use super::{DESK, PAGE, lists, words};
use crate::house::{TESTING, topic};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/late", DESK, by_holder);
    routes.get("/testing/late/{holder}", DESK, of_holder);
    routes.nav(Group::Testing, "/testing/late", "nav-late");
}

async fn by_holder(seat: Seat) -> Answer {
    let now = seat.now();
    let mut db = seat.db().await?;
    let mut lines = views::late(&mut db, seat.scope(), now).await?;
    let (total, units) = (lines.len() as i64, lines.iter().map(|line| line.units).sum::<i64>());
    if let Some(last) = seat.param("after").and_then(|text| parse_mark(&text)) {
        lines.retain(|line| *line > last);
    }
    let csv = Table::wants_csv(&seat);
    let limit = if csv { i64::MAX } else { PAGE };
    let next = cut(&mut lines, limit, |line| Some(mark(line)));
    let places = lines.iter().filter_map(|l| PlaceCode::parse(&l.area.to_string()).ok());
    let names = Names::of_places(&mut db, places).await?;
    let names =
        names.and(Names::of_holders(&mut db, lines.iter().map(|l| l.holder.as_str())).await?);
    let columns = vec![
        Column::new("holder", t!(seat, "held-by")),
        Column::new("area", t!(seat, "area")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("step", t!(seat, "late-step")),
        Column::new("units", t!(seat, "late-units")).numeric(),
        Column::new("oldest", t!(seat, "oldest-deadline")),
    ];
    let table = Table::new(t!(seat, "nav-late"), columns)
        .window(t!(seat, "late-window", n = units))
        .empty(t!(seat, "late-empty"))
        .csv("late")
        .total(total)
        .next(next)
        .rows(lines.iter().map(|line| {
            // A line is of one county: its list is too.
            let href = format!("/testing/late/{}", line.holder);
            let href = match line.area {
                AreaCode::NONE => seat.link(&href),
                area => format!("{href}?area={area}"),
            };
            vec![
                Cell::link(&href, names.holder(&seat, &line.holder)),
                Cell::text(match line.area {
                    AreaCode::NONE => t!(seat, "area-none"),
                    area => names.place_text(&seat, &area.to_string()),
                }),
                Cell::text(words::kind(&seat, line.kind)),
                Cell::text(match line.packed {
                    true => t!(seat, "late-packed"),
                    false => words::step(&seat, &line.step),
                }),
                Cell::count(line.units, &href),
                words::deadline(&seat, Some(line.oldest_deadline), now),
            ]
        }));
    if csv {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("late") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("late"))]);
    let body = parts::live("late", &[topic(TESTING, seat.scope())], &src, part);
    Ok(seat.render(
        Page::new(t!(seat, "nav-late"), body)
            .lead(maud::html! { (t!(seat, "late-lead")) })
            .actions(parts::button_link(
                &seat.link("/testing/as-of"),
                &t!(seat, "nav-as-of"),
                false,
            )),
    ))
}

/// Where a page of the list ended.
fn mark(line: &LateLine) -> String {
    let LateLine { oldest_deadline, area, holder, kind, step, packed, .. } = line;
    format!("{}|{area}|{holder}|{kind}|{step}|{packed}", oldest_deadline.0)
}

/// The line at which a page ended, before any of what comes after it.
fn parse_mark(text: &str) -> Option<LateLine> {
    let mut words = text.split('|');
    Some(LateLine {
        oldest_deadline: Micros(words.next()?.parse().ok()?),
        area: AreaCode::parse(words.next()?).ok()?,
        holder: words.next()?.to_owned(),
        kind: UnitKind::try_from(words.next()?.chars().next()?).ok()?,
        step: words.next()?.to_owned(),
        packed: words.next()?.parse().ok()?,
        units: i64::MAX,
    })
}

async fn of_holder(seat: Seat, Path(holder): Path<String>) -> Answer {
    // What lies in a box that nobody is known to hold is late with nobody.
    let holder = match holder.as_str() {
        views::UNKNOWN => None,
        known => Some(HolderCode::parse(known)?),
    };
    let code = holder.as_ref().map_or(views::UNKNOWN, HolderCode::as_str);
    let now = seat.now();
    let mut db = seat.db().await?;
    let csv = Table::wants_csv(&seat);
    let limit = if csv { super::DOWNLOAD } else { PAGE };
    let after = lists::after(&seat);
    let mut lines =
        views::late_units(&mut db, seat.scope(), holder.as_ref(), now, after, limit + 1).await?;
    let next = cut(&mut lines, limit, |line| Some(lists::mark(line.deadline?, line.id)));
    let names = Names::of_holders(&mut db, [code]).await?;
    let packed = lines.iter().any(|line| line.container.is_some());
    let title = match &holder {
        Some(_) => t!(seat, "late-with", holder = names.holder(&seat, code)),
        None => t!(seat, "late-with-nobody"),
    };
    let table = unit_table(&seat, &title, &lines, now)
        .empty(t!(seat, "late-empty"))
        .csv("late-units")
        .next(next);
    if csv {
        return Ok(table.csv_response());
    }
    // A unit in a container is late by a clock of its own: who looks for it needs to know where.
    let body = maud::html! {
        @if holder.is_none() { p { (t!(seat, "late-with-nobody-lead")) } }
        @if packed { p { (t!(seat, "late-packed-lead")) } }
        (table.render(&seat))
    };
    let page = Page::new(title, body).crumb(seat.link("/testing/late"), t!(seat, "nav-late"));
    Ok(seat.render(match &holder {
        Some(holder) => page.actions(parts::button_link(
            &seat.link(&format!("/testing/holders/{holder}")),
            &t!(seat, "all-it-holds"),
            false,
        )),
        None => page,
    }))
}

/// Units with their step and clock.
pub fn unit_table(
    seat: &Seat,
    caption: &str,
    lines: &[views::UnitLine],
    now: types::Micros,
) -> Table {
    let mut columns = vec![
        Column::new("unit", t!(seat, "unit")),
        Column::new("kind", t!(seat, "kind")),
        Column::new("step", t!(seat, "step")),
        Column::new("content", t!(seat, "content")),
        Column::new("since", t!(seat, "held-since")),
        Column::new("deadline", t!(seat, "deadline")),
    ];
    let packed = lines.iter().any(|line| line.container.is_some());
    if packed {
        columns.insert(2, Column::new("container", t!(seat, "inside-of")));
    }
    Table::new(caption, columns).rows(lines.iter().map(|line| {
        let mut row = vec![
            words::unit_cell(seat, line.id),
            Cell::text(words::kind(seat, line.id.kind())),
            Cell::text(words::step(seat, &line.step)),
            Cell::text(content(seat, &line.content)),
            Cell::time(seat.time(line.since)),
            words::deadline(seat, line.deadline, now),
        ];
        if packed {
            let container = line.container.map(|id| words::unit_cell(seat, id));
            row.insert(2, container.unwrap_or_else(Cell::none));
        }
        row
    }))
}

/// What lies inside, from `220202:T=38 220203:T=2`: how many of each kind.
pub fn content(seat: &Seat, text: &str) -> String {
    let mut kinds: Vec<(types::UnitKind, i64)> = Vec::new();
    for part in text.split_whitespace() {
        let Some((kind, n)) = part.split_once(':').and_then(|(_, rest)| rest.split_once('='))
        else {
            continue;
        };
        let kind = kind.chars().next().and_then(|c| types::UnitKind::try_from(c).ok());
        let (Some(kind), Ok(n)) = (kind, n.parse::<i64>()) else { continue };
        match kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, sum)) => *sum += n,
            None => kinds.push((kind, n)),
        }
    }
    let words: Vec<String> = kinds
        .iter()
        .filter(|(_, n)| *n != 0)
        .map(|(kind, n)| t!(seat, "n-of-kind", n = *n, kind = words::kind(seat, *kind)))
        .collect();
    words.join(", ")
}
