//! Requests between counties: what we are asked, what we ask, what was answered.

use maud::html;
use tracing_desk::views;
use types::AreaScope;

use super::contact::request_table;
use super::under_board;
use crate::access::{Policy, Role};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;

/// Who sees requests, in which nobody is named.
const ASKERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Lines of each list.
const MOST: i64 = 200;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/tracing/requests", ASKERS, show);
}

async fn show(seat: Seat) -> Answer {
    let (all, own) = (AreaScope::ALL, seat.scope());
    let mut db = seat.db().await?;
    let asked = views::open_requests(&mut db, all, own, MOST).await?;
    let asking = views::open_requests(&mut db, own, all, MOST).await?;
    let mut past = views::all_requests(&mut db, own, all, MOST).await?;
    past.retain(|line| line.answered.is_some());
    drop(db);
    let body = html! {
        (request_table(&seat, t!(seat, "trace-requests-in"), &asked).render(&seat))
        (request_table(&seat, t!(seat, "trace-requests-out"), &asking).render(&seat))
        (request_table(&seat, t!(seat, "trace-requests-past"), &past).render(&seat))
    };
    let page = Page::new(t!(seat, "nav-tracing-requests"), body)
        .lead(html! { (t!(seat, "trace-requests-lead")) });
    Ok(seat.render(under_board(&seat, page)))
}
