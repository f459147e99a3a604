//! The tracing desk's pages: the county's board, investigations and their interviews, contacts, what is due
//! on a day, releases, requests to other counties, chains.

mod acts;
mod board;
mod chains;
mod contact;
mod contacts;
mod day;
mod interview;
mod investigation;
mod investigations;
mod mates;
mod naming;
mod picture;
mod requests;
mod who;
pub(crate) mod words;

pub(crate) use chains::{read as chain_read, window as chain_window};
pub(crate) use day::asked as day_asked;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// Who sees how many there are, and lists in which nobody is named.
pub(crate) const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who investigates and follows people.
const TRACERS: Policy = Policy::any_of([Role::District, Role::Grid]);
/// Who decides about a follow-up, and answers other counties.
const DESK: Policy = Policy::any_of([Role::District]);

/// Rows on one page of a list.
const PAGE: i64 = 50;

/// A page of the desk: its way back leads to the board.
fn under_board(seat: &Seat, page: Page) -> Page {
    page.crumb(seat.link("/tracing"), t!(seat, "nav-tracing"))
}

/// The routes of the tracing desk.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    investigations::register(routes);
    investigation::register(routes);
    interview::register(routes);
    mates::register(routes);
    naming::register(routes);
    contacts::register(routes);
    contact::register(routes);
    acts::register(routes);
    who::register(routes);
    day::register(routes);
    requests::register(routes);
    chains::register(routes);
    routes.nav(Group::Tracing, "/tracing", "nav-tracing");
    routes.nav(Group::Tracing, "/tracing/day", "nav-tracing-day");
    routes.nav(Group::Tracing, "/tracing/investigations", "nav-tracing-investigations");
    routes.nav(Group::Tracing, "/tracing/requests", "nav-tracing-requests");
    routes.nav(Group::Tracing, "/tracing/chains", "nav-tracing-chains");
}
