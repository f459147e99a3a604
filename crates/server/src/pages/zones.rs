//! The zones desk's pages: what is locked, controlled and under precaution, what is proposed, what ends, one
//! zone with what it owes and what is missing before it is lifted, code lists, risk levels.

mod acts;
mod board;
mod circle;
mod draw;
mod list;
mod new;
mod proposals;
mod risk;
mod sweep;
mod sweeps;
pub(crate) mod words;
pub(crate) mod zone;

pub(crate) use circle::proposed;
pub(crate) use list::read as list_read;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// Who sees zones: nobody is named there.
pub(crate) const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who decides about them.
pub(crate) const DECIDERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// Who goes to the doors.
const WALKERS: Policy = Policy::any_of([Role::District, Role::Grid]);

/// Rows on one page of a list.
const PAGE: i64 = 100;
/// Rows in a download.
const DOWNLOAD: i64 = 20_000;

/// A page of the desk: its way back leads to the board.
fn under_board(seat: &Seat, page: Page) -> Page {
    page.crumb(seat.link("/zones"), t!(seat, "nav-zones"))
}

/// The routes of the zones desk.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    proposals::register(routes);
    new::register(routes);
    list::register(routes);
    risk::register(routes);
    circle::register(routes);
    draw::register(routes);
    sweeps::register(routes);
    sweep::register(routes);
    zone::register(routes);
    acts::register(routes);
    routes.nav(Group::Zones, "/zones", "nav-zones");
    routes.nav(Group::Zones, "/zones/proposals", "nav-zones-proposals");
    routes.nav(Group::Zones, "/zones/draw", "nav-zones-draw");
    routes.nav(Group::Zones, "/zones/list", "nav-zones-list");
    routes.nav(Group::Zones, "/zones/sweeps", "nav-zones-sweeps");
    routes.nav(Group::Zones, "/zones/circle", "nav-zones-circle");
    routes.nav(Group::Zones, "/zones/risk", "nav-zones-risk");
}
