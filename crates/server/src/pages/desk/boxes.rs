//! The page of a transport box: who has it, what is in it, what did not fit when it was opened.

use axum::extract::Path;
use ledger::{Move, Units};
use maud::{Markup, html};
use testing::TransportBox;
use types::{HolderCode, Refusal, UnitId};

use crate::Fault;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::words::{self, Holders};
use super::{STAFF, history};

/// More tubes than any box holds.
const LIMIT: i64 = 2_000;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/boxes/{unit}", STAFF, show);
}

async fn show(seat: Seat, Path(unit): Path<String>) -> Answer {
    let id = UnitId::parse(&unit)?;
    if id.kind() != testing::BOX {
        return Ok(seat.go(&seat.link(&words::unit_path(id))));
    }
    let mut db = seat.db().await?;
    let found = testing::views::transport_box(&mut db, id).await?;
    let mut units = Units::default();
    units.load(&mut db, &[id]).await?;
    let mut moments = units.moments(id).to_vec();
    moments.sort_by_key(|m| (m.event_time, m.record_time, m.reference));
    if found.is_none() && moments.is_empty() {
        let refusal = Refusal::new("not-found").with("what", id);
        return Err(Fault::new(axum::http::StatusCode::NOT_FOUND, refusal));
    }
    let row = found.unwrap_or_default();
    let custody = units.custody(id).cloned().unwrap_or_default();
    let mut codes = history::holders(&moments);
    codes.extend(units.holder(id).cloned());
    let inside = ledger::views::inside(&mut db, id, LIMIT).await?;
    let ids: Vec<UnitId> = inside.iter().map(|line| line.id).collect();
    let tubes = testing::views::tubes(&mut db, &ids).await?;
    let sites = tubes.values().filter_map(|t| t.site.as_deref());
    codes.extend(sites.filter_map(|site| HolderCode::parse(site).ok()));
    let names = Holders::find(&mut db, codes).await?;
    let table = history::table(&seat, &names, &custody, &moments);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let columns = vec![
        Column::new("tube", t!(seat, "desk-tube")),
        Column::new("persons", t!(seat, "desk-persons")).numeric(),
        Column::new("sealed", t!(seat, "desk-sealed")),
        Column::new("site", t!(seat, "desk-site")),
    ];
    let rows = inside.iter().map(|line| {
        let tube = tubes.get(&line.id);
        vec![
            Cell::markup(words::unit_link(&seat, line.id), line.id.to_string()),
            tube.map_or_else(Cell::none, |t| Cell::number(t.members.len() as i64)),
            tube.and_then(|t| t.collected_at)
                .map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            tube.and_then(|t| t.site.clone())
                .map_or_else(Cell::none, |site| Cell::markup(names.link_text(&seat, &site), site)),
        ]
    });
    let empty = if row.opened_at.is_some() {
        t!(seat, "desk-box-emptied")
    } else {
        t!(seat, "desk-box-empty")
    };
    let content = Table::new(t!(seat, "desk-content"), columns).empty(empty).rows(rows);
    let body = html! {
        (figures(&seat, &row))
        @if row.missing > 0 {
            (parts::notice(Tone::Bad, &t!(seat, "desk-missing-title", n = row.missing), html! { p { (t!(seat, "desk-missing-body")) } }))
        }
        @if row.surplus > 0 {
            (parts::notice(Tone::Warning, &t!(seat, "desk-surplus-title", n = row.surplus), html! { p { (t!(seat, "desk-surplus-body")) } }))
        }
        (parts::panel(&t!(seat, "desk-custody"),
            parts::facts(&history::custody_facts(&seat, &names, &units, id))))
        (legs(&seat, &names, &moments, &row).render(&seat))
        div #content { (content.render(&seat)) }
        (table.render(&seat))
    };
    Ok(seat.render(Page::new(t!(seat, "desk-box-title", code = id.to_string()), body)))
}

fn figures(seat: &Seat, row: &TransportBox) -> Markup {
    let amount = |of: fn(&testing::Amount) -> i64| row.load.values().map(of).sum::<i64>();
    let figure = |label: String, n: i64, tone| Figure {
        label,
        value: crate::i18n::number(n),
        // What was in it, and what was found, is below; an emptied box says so there.
        href: Some("#content".to_owned()),
        detail: None,
        tone,
    };
    let bad = |n: i64, tone| if n > 0 { tone } else { Tone::Good };
    parts::figures(&[
        figure(t!(seat, "desk-tubes"), amount(|a| a.tubes), Tone::Plain),
        figure(t!(seat, "desk-persons"), amount(|a| a.persons), Tone::Plain),
        figure(t!(seat, "desk-missing"), row.missing, bad(row.missing, Tone::Bad)),
        figure(t!(seat, "desk-surplus"), row.surplus, bad(row.surplus, Tone::Warning)),
    ])
}

/// The legs of its way: packed, closed, carried, received, opened, each with how long it took.
fn legs(seat: &Seat, names: &Holders, moments: &[ledger::Moment], row: &TransportBox) -> Table {
    let columns = vec![
        Column::new("leg", t!(seat, "desk-leg")),
        Column::new("holder", t!(seat, "desk-holder")),
        Column::new("from", t!(seat, "desk-since")),
        Column::new("took", t!(seat, "desk-took")).numeric(),
    ];
    let mut legs: Vec<(String, Option<&HolderCode>, types::Micros)> = Vec::new();
    for moment in moments {
        match &moment.what {
            Move::Open { holder, .. } => {
                legs.push((words::word(seat, "step", "packing"), Some(holder), moment.event_time));
            }
            Move::Hand { taker, step, .. } => {
                legs.push((words::word(seat, "step", step), Some(taker), moment.event_time));
            }
            _ => {}
        }
    }
    legs.extend(row.opened_at.map(|at| (t!(seat, "desk-opened"), None, at)));
    let ends: Vec<_> = legs.iter().skip(1).map(|leg| Some(leg.2)).chain([None]).collect();
    let rows = legs.into_iter().zip(ends).map(|((leg, holder, from), end)| {
        vec![
            Cell::text(leg),
            holder.map_or_else(Cell::none, |h| Cell::markup(names.link(seat, h), h.to_string())),
            Cell::time(seat.time(from)),
            end.map_or_else(Cell::none, |end| {
                Cell::text(crate::ui::time::hours_minutes(end - from))
            }),
        ]
    });
    Table::new(t!(seat, "desk-legs"), columns).empty(t!(seat, "desk-history-empty")).rows(rows)
}
