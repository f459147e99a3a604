//! The care desk's pages: the dispatcher's, the queue, the plan, facilities and wards, one episode, numbers.

mod acts;
mod bedside;
mod board;
mod change;
mod critical;
mod episode;
mod facility;
mod happened;
mod held;
mod home;
mod names;
mod numbers;
mod orders;
mod outlook;
pub(crate) mod plan;
mod queue;
mod rounds;
mod steps;
mod uncovered;
mod ward;
pub(crate) mod words;

pub(crate) use outlook::curve_of as stay_curve;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// Who sees the queue and all beds, in which nobody is named.
pub(crate) const READERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Who sees one facility and those who are in it: its own staff as well.
pub(crate) const VISITORS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Ward, Role::Auditor]);
/// Who assigns beds.
pub(crate) const DISPATCHERS: Policy = Policy::any_of([Role::Commander, Role::District]);
/// Who cares for people in a facility, or acts for one that has no account.
const CARERS: Policy = Policy::any_of([Role::District, Role::Ward]);
/// Who looks after the facilities.
const KEEPERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Ward]);
/// Who answers for people at home.
const DESK: Policy = Policy::any_of([Role::District]);
/// Who looks in on people at home.
const HOME: Policy = Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);

/// Rows on one page of a list.
const PAGE: i64 = 50;
/// People of one ward that a page shows.
const IN_WARD: i64 = 3_000;

/// A page of the desk: its way back leads to the board, for those who may open that.
fn under_board(seat: &Seat, page: Page) -> Page {
    if seat.may_open("/care") {
        return page.crumb(seat.link("/care"), t!(seat, "nav-care"));
    }
    page
}

/// The routes of the care desk.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    queue::register(routes);
    plan::register(routes);
    facility::register(routes);
    ward::register(routes);
    home::register(routes);
    numbers::register(routes);
    uncovered::register(routes);
    episode::register(routes);
    acts::register(routes);
    bedside::register(routes);
    orders::register(routes);
    names::register(routes);
    change::register(routes);
    critical::register(routes);
    rounds::register(routes);
    steps::register(routes);
    held::register(routes);
    happened::register(routes);
    outlook::register(routes);
    routes.nav(Group::Care, "/care", "nav-care");
    routes.nav(Group::Care, "/care/own", "nav-care-own");
    routes.nav(Group::Care, "/care/plan", "nav-care-plan");
    routes.nav(Group::Care, "/care/home", "nav-care-home");
    routes.nav(Group::Care, "/care/critical", "nav-care-critical");
    routes.nav(Group::Care, "/care/consultations", "nav-care-consultations");
    routes.nav(Group::Care, "/care/held", "nav-care-held");
    routes.nav(Group::Care, "/care/steps", "nav-care-steps");
    routes.nav(Group::Care, "/care/numbers", "nav-care-numbers");
    routes.nav(Group::Care, "/care/outlook", "nav-care-outlook");
}
