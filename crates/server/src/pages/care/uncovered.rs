//! Open cases without an episode: from before there was a care desk. New ones cannot come about.

use std::collections::BTreeMap;

use care::{Command, views};
use maud::html;
use types::{AreaCode, UnitId};

use super::DESK;
use crate::pages::act;
use crate::pages::cases::words as case_words;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Form, FormData};
use crate::ui::layout::Page;
use crate::ui::table::{Cell, Column, Table};

/// Cases on the page, and in one act.
const MOST: i64 = 500;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/uncovered", DESK, page);
    routes.post("/care/uncovered", DESK, adopt);
}

async fn page(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let found = views::unqueued(&mut db, seat.scope(), MOST).await?;
    let columns = vec![Column::new("case", t!(seat, "case"))];
    let rows = found.iter().map(|case| vec![Cell::words(case_words::link(*case))]);
    let table = Table::new(t!(seat, "care-uncovered"), columns)
        .empty(t!(seat, "care-uncovered-empty"))
        .rows(rows);
    let body = html! {
        (table.render(&seat))
        @if !found.is_empty() {
            (Form::new(&seat, seat.link("/care/uncovered"))
                .button(&t!(seat, "care-adopt", n = found.len() as i64)))
        }
    };
    let page = Page::new(t!(seat, "care-uncovered"), body)
        .lead(html! { (t!(seat, "care-uncovered-lead")) });
    Ok(seat.render(page.crumb(seat.link("/care"), t!(seat, "nav-care"))))
}

async fn adopt(seat: Seat, _form: FormData) -> Answer {
    let mut db = seat.db().await?;
    let found = views::unqueued(&mut db, seat.scope(), MOST).await?;
    drop(db);
    let mut by_area: BTreeMap<AreaCode, Vec<UnitId>> = BTreeMap::new();
    for case in found {
        by_area.entry(case.area()).or_default().push(case);
    }
    for (area, cases) in by_area {
        let id = act::fresh();
        let sent = FormData::from_pairs([(act::ID, id.as_str())]);
        if let Err(refusal) = act::send(&seat, area, &sent, Command::Adopt { cases }).await? {
            return Err(refusal.into());
        }
    }
    Ok(seat.go("/care/uncovered"))
}
