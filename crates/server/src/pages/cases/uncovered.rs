//! Final positives without a case: from before there was a cases desk, or from a time when the
//! protocol had no classes. New ones cannot come about.

use std::collections::BTreeMap;

use cases::{Adopt, Command, views};
use maud::html;
use types::{AreaCode, UnitId};

use super::KEEPERS;
use super::acts::notes;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// Tubes on the page, and in one act.
const MOST: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/cases/uncovered", KEEPERS, page);
    routes.post("/cases/uncovered", KEEPERS, adopt);
}

async fn page(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::uncovered(&mut db, seat.scope(), MOST).await?;
    let columns = vec![
        Column::new("tube", t!(seat, "kind-tube")),
        Column::new("tested", t!(seat, "tested-at")),
    ];
    let rows = found.iter().map(|(tube, at)| {
        vec![
            Cell::link(&seat.link(&format!("/tubes/{tube}")), tube.to_string()),
            at.map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
        ]
    });
    let table = Table::new(t!(seat, "case-uncovered"), columns)
        .empty(t!(seat, "case-uncovered-empty"))
        .rows(rows);
    let body = html! {
        (table.render(&seat))
        @if !found.is_empty() {
            (Form::new(&seat, seat.link("/cases/uncovered"))
                .button(&t!(seat, "case-adopt", n = found.len() as i64)))
        }
    };
    let page = Page::new(t!(seat, "case-uncovered"), body)
        .lead(html! { (t!(seat, "case-uncovered-lead")) });
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}

async fn adopt(seat: Seat, _form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let found = views::uncovered(&mut db, seat.scope(), MOST).await?;
    drop(db);
    let mut by_area: BTreeMap<AreaCode, Vec<UnitId>> = BTreeMap::new();
    for (tube, _) in found {
        by_area.entry(tube.area()).or_default().push(tube);
    }
    let mut told = Vec::new();
    for (area, tubes) in by_area {
        let id = act::fresh();
        let sent = FormData::from_pairs([("command", id.as_str())]);
        match act::send(&seat, area, &sent, Command::Adopt(Adopt { tubes })).await? {
            Ok(notes) => told.extend(notes),
            Err(refusal) => told.push(refusal),
        }
    }
    if told.is_empty() {
        return Ok(seat.go("/cases/uncovered"));
    }
    let body = html! {
        (parts::notice(Tone::Warning, &t!(seat, "case-uncovered"), html! {}))
        (notes(&seat, &told))
    };
    let page = Page::new(t!(seat, "case-uncovered"), body).narrow();
    Ok(seat.render(page.crumb(seat.link("/cases"), t!(seat, "nav-cases"))))
}
