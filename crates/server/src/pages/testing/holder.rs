//! What a site, courier, laboratory or grid holds now, most urgent first.

use axum::extract::Path;
use ledger::views::UnitLine;
use maud::{Markup, html};
use registry::views::HolderLine;
use store::Connection;
use types::{AreaCode, HolderCode, Micros, Span};

use super::late::unit_table;
use super::names::Names;
use super::{PAGE, STAFF};
use crate::Fault;
use crate::house::{TESTING, topic};
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/holders", STAFF, list);
    routes.get("/testing/holders/{holder}", STAFF, held);
    routes.nav(Group::Testing, "/testing/holders", "nav-holders");
}

/// Who may be asked about: those of the areas in view. What an account acts for comes first.
async fn list(seat: Seat) -> Answer {
    let kind = seat.param("kind").unwrap_or_default();
    let kind = ["site", "courier", "lab", "grid"].into_iter().find(|k| *k == kind).unwrap_or("");
    let mut db = seat.db().await?;
    let mut lines = registry::views::holders(&mut db, seat.scope(), kind).await?;
    let own: Vec<HolderCode> =
        seat.actor()?.grants.iter().filter_map(|g| g.holder.clone()).collect();
    lines.sort_by_key(|l| !own.contains(&l.code));
    let tabs: Vec<parts::Tab> = ["", "site", "courier", "lab", "grid"]
        .into_iter()
        .map(|k| parts::Tab {
            href: seat.here(&[("kind", Some(k).filter(|k| !k.is_empty())), ("after", None)]),
            text: seat.text(if k.is_empty() { "holders-all" } else { kind_key(k) }),
            count: None,
            current: k == kind,
        })
        .collect();
    let columns = vec![
        Column::new("name", t!(seat, "holder-name")),
        Column::new("code", t!(seat, "code")),
        Column::new("area", t!(seat, "area")),
        Column::new("active", t!(seat, "state")),
    ];
    let total = lines.len() as i64;
    let csv = Table::wants_csv(&seat);
    let from = match seat.param("after").filter(|_| !csv) {
        Some(after) => lines.iter().position(|l| l.code.as_str() == after).map_or(0, |n| n + 1),
        None => 0,
    };
    let size = if csv { lines.len() } else { PAGE as usize };
    let shown: Vec<&HolderLine> = lines.iter().skip(from).take(size).collect();
    let more = from + shown.len() < lines.len();
    let next = shown.last().filter(|_| more).map(|line| line.code.to_string());
    let table = Table::new(t!(seat, "nav-holders"), columns)
        .empty(t!(seat, "holders-empty"))
        .csv("holders")
        .total(total)
        .next(next)
        .rows(shown.iter().map(|line| row(&seat, line)));
    if csv {
        return Ok(table.csv_response());
    }
    let body = html! { (parts::tabs(&t!(seat, "kind"), &tabs)) (table.render(&seat)) };
    Ok(seat.render(
        Page::new(t!(seat, "nav-holders"), body).lead(html! { (t!(seat, "holders-lead")) }),
    ))
}

/// The key of the name of a kind of holder.
fn kind_key(kind: &str) -> &'static str {
    match kind {
        "site" => "holders-site",
        "courier" => "holders-courier",
        "lab" => "holders-lab",
        _ => "holders-grid",
    }
}

fn row(seat: &Seat, line: &HolderLine) -> Vec<Cell> {
    let name = super::names::pick(crate::i18n::Speaks::lang(seat), &line.name_zh, &line.name_en);
    let (tone, state) = match line.active {
        true => (Tone::Good, t!(seat, "holder-active")),
        false => (Tone::Plain, t!(seat, "holder-inactive")),
    };
    vec![
        Cell::link(&seat.link(&format!("/testing/holders/{}", line.code)), name),
        Cell::code(line.code.as_str()),
        Cell::text(line.area.to_string()),
        Cell::tag(tone, state),
    ]
}

/// The county of a holder: the registry's, or what its code says (`grid:220202001001`).
pub async fn area_of(db: &mut Connection, holder: &HolderCode) -> Result<Option<AreaCode>, Fault> {
    let known = registry::views::holders_by_code(db, std::slice::from_ref(holder)).await?;
    let by_code = || holder.code().get(..6).and_then(|digits| AreaCode::parse(digits).ok());
    Ok(known.get(holder).map(|line| line.area).or_else(by_code))
}

/// A holder is seen by who works for it, and by who may see its county, or all its units when
/// nobody knows where it is.
///
/// # Errors
/// Not found for a holder that nobody knows, forbidden for one of another area.
pub(crate) async fn admit(
    seat: &Seat,
    db: &mut Connection,
    holder: &HolderCode,
    held: &[UnitLine],
) -> Result<(), Fault> {
    if seat.actor()?.grants.iter().any(|g| g.holder.as_ref() == Some(holder)) {
        return Ok(());
    }
    if let Some(area) = area_of(db, holder).await? {
        return seat.require(area);
    }
    if held.is_empty() {
        return Err(Fault::not_found(holder));
    }
    held.iter()
        .map(|line| line.id.area())
        .filter(|area| *area != AreaCode::NONE)
        .try_for_each(|area| seat.require(area))
}

/// What is late and what soon will be.
fn figures(seat: &Seat, lines: &[UnitLine], now: Micros) -> Markup {
    let late = lines.iter().filter(|l| l.deadline.is_some_and(|d| d < now)).count();
    let soon = |l: &&UnitLine| l.deadline.is_some_and(|d| d >= now && d - now < Span::hours(1));
    let soon = lines.iter().filter(soon).count();
    let figure = |label: String, n: usize, tone: Tone| Figure {
        label,
        value: number(n as i64),
        href: Some("#list".into()),
        detail: None,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    parts::figures(&[
        figure(t!(seat, "work-late"), late, Tone::Bad),
        figure(t!(seat, "work-soon"), soon, Tone::Warning),
        figure(t!(seat, "work-all"), lines.len(), Tone::Plain),
    ])
}

async fn held(seat: Seat, Path(holder): Path<String>) -> Answer {
    let holder = HolderCode::parse(&holder)?;
    let mut db = seat.db().await?;
    let now = seat.now();
    let limit = if Table::wants_csv(&seat) { super::DOWNLOAD } else { PAGE * 5 };
    let mut lines = ledger::views::held(&mut db, &holder, limit + 1).await?;
    admit(&seat, &mut db, &holder, &lines).await?;
    let more = lines.len() as i64 > limit;
    lines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let names = Names::of_holders(&mut db, [holder.as_str()]).await?;
    let title = names.holder(&seat, holder.as_str());
    let window = match more {
        true => t!(seat, "held-first", n = limit),
        false => t!(seat, "held-window"),
    };
    let table = unit_table(&seat, &t!(seat, "held-now"), &lines, now)
        .window(window)
        .empty(t!(seat, "held-empty"))
        .csv("held");
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = html! {
        (figures(&seat, &lines, now))
        div #list { (table.render(&seat)) }
    };
    if seat.wants_fragment("held") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("held"))]);
    let body = parts::live("held", &[topic(TESTING, seat.scope())], &src, part);
    let page = Page::new(title, body)
        .lead(html! { code { (holder) } })
        .crumb(seat.link("/testing/holders"), t!(seat, "nav-holders"));
    Ok(seat.render(page))
}
