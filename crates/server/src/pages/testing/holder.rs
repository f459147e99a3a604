//! What a site, courier, laboratory or grid holds now, most urgent first.

use axum::extract::Path;
use maud::html;
use registry::views::HolderLine;
use store::Connection;
use types::{AreaCode, HolderCode};

use super::late::unit_table;
use super::names::Names;
use super::{PAGE, STAFF};
use crate::Fault;
use crate::house::{TESTING, topic};
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts;
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
    let table = Table::new(t!(seat, "nav-holders"), columns)
        .empty(t!(seat, "holders-empty"))
        .csv("holders")
        .rows(lines.iter().map(|line| row(&seat, line)));
    if Table::wants_csv(&seat) {
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
        true => (parts::Tone::Good, t!(seat, "holder-active")),
        false => (parts::Tone::Plain, t!(seat, "holder-inactive")),
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

async fn held(seat: Seat, Path(holder): Path<String>) -> Answer {
    let holder = HolderCode::parse(&holder)?;
    let mut db = seat.db().await?;
    let own = seat.actor()?.grants.iter().any(|g| g.holder.as_ref() == Some(&holder));
    if !own {
        match area_of(&mut db, &holder).await? {
            Some(area) => seat.require(area)?,
            None => return Err(Fault::not_found(&holder)),
        }
    }
    let now = seat.now();
    let limit = if Table::wants_csv(&seat) { super::DOWNLOAD } else { PAGE * 5 };
    let lines = ledger::views::held(&mut db, &holder, limit).await?;
    let names = Names::of_holders(&mut db, [holder.as_str()]).await?;
    let title = names.holder(&seat, holder.as_str());
    let table = unit_table(&seat, &t!(seat, "held-now"), &lines, now)
        .window(t!(seat, "held-window"))
        .empty(t!(seat, "held-empty"))
        .csv("held");
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
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
