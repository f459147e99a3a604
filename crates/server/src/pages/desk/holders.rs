//! What a site, courier or laboratory has in hand now, the most urgent first.

use axum::extract::Path;
use ledger::views::UnitLine;
use types::{AreaCode, HolderCode, Span};

use crate::Fault;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::STAFF;
use super::words::{self, Holders};

/// Rows on the page; a holder with more has other troubles first.
const ROWS: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/holders/{holder}/work", STAFF, work);
}

/// A holder is seen by who works for it, and by who may see its county or all its units.
async fn admit(
    seat: &Seat,
    db: &mut store::Connection,
    holder: &HolderCode,
    held: &[UnitLine],
) -> Result<(), Fault> {
    if seat.actor()?.grants.iter().any(|g| g.holder.as_ref() == Some(holder)) {
        return Ok(());
    }
    let known = registry::views::holders_by_code(db, std::slice::from_ref(holder)).await?;
    if let Some(line) = known.get(holder) {
        return seat.require(line.area);
    }
    for line in held.iter().filter(|l| l.id.area() != AreaCode::NONE) {
        seat.require(line.id.area())?;
    }
    Ok(())
}

async fn work(seat: Seat, Path(holder): Path<String>) -> Answer {
    let holder = HolderCode::parse(&holder)?;
    let mut db = seat.db().await?;
    let held = ledger::views::held(&mut db, &holder, ROWS + 1).await?;
    admit(&seat, &mut db, &holder, &held).await?;
    let more = held.len() as i64 > ROWS;
    let held = &held[..held.len().min(ROWS as usize)];
    let names = Holders::find(&mut db, vec![holder.clone()]).await?;
    let now = seat.now();
    let late = held.iter().filter(|l| l.deadline.is_some_and(|d| d < now)).count() as i64;
    let soon = |l: &&UnitLine| l.deadline.is_some_and(|d| d >= now && d - now < Span::hours(1));
    let soon = held.iter().filter(soon).count() as i64;
    let figure = |label: String, n: i64, tone: Tone| Figure {
        label,
        value: crate::i18n::number(n),
        href: None,
        detail: None,
        tone: if n > 0 { tone } else { Tone::Good },
    };
    let figures = [
        figure(t!(seat, "work-late"), late, Tone::Bad),
        figure(t!(seat, "work-soon"), soon, Tone::Warning),
        Figure {
            tone: Tone::Plain,
            ..figure(t!(seat, "work-all"), held.len() as i64, Tone::Plain)
        },
    ];
    let columns = vec![
        Column::new("unit", t!(seat, "desk-code")),
        Column::new("step", t!(seat, "desk-step")),
        Column::new("until", t!(seat, "desk-until")),
        Column::new("since", t!(seat, "desk-since")),
        Column::new("content", t!(seat, "desk-content")),
    ];
    let rows = held.iter().map(|line| {
        let until = match line.deadline {
            Some(at) => Cell::markup(words::deadline(&seat, at), seat.time(at).to_string()),
            None => Cell::none(),
        };
        vec![
            Cell::markup(words::unit_link(&seat, line.id), line.id.to_string()),
            Cell::text(words::word(&seat, "step", &line.step)),
            until,
            Cell::time(seat.time(line.since)),
            if line.content.is_empty() { Cell::none() } else { Cell::text(line.content.clone()) },
        ]
    });
    let mut caption = t!(seat, "work-list");
    if more {
        caption = t!(seat, "work-list-first", n = ROWS);
    }
    let table = Table::new(caption, columns).empty(t!(seat, "work-empty")).csv("work").rows(rows);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let body = maud::html! {
        p { (names.name(&seat, &holder)) }
        (parts::figures(&figures))
        (table.render(&seat))
    };
    Ok(seat.render(Page::new(t!(seat, "work-title", holder = holder.to_string()), body)))
}
