//! The transfers desk's pages: the dispatcher's, those who wait for a ride, the plan, vehicles and trips, the
//! crew's phone, a facility's arrivals, numbers.

mod acts;
mod board;
mod facility;
mod numbers;
mod own;
mod plan;
mod ride;
mod rides;
mod trip;
mod vehicles;
mod who;
pub(crate) mod words;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// Who sees who waits and which vehicles there are; nobody is named.
pub(crate) const READERS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Who makes trips.
const DISPATCHERS: Policy = Policy::any_of([Role::Commander, Role::District]);
/// Who sees a trip or a ride: whoever drives it, gives people over to it or receives them, as well.
pub(crate) const VISITORS: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Ward,
    Role::Crew,
    Role::Auditor,
]);
/// Who acts on a trip: each sends what its role may.
const HANDS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Ward, Role::Crew]);
/// Who works on a vehicle, or for one without a phone.
const CREWS: Policy = Policy::any_of([Role::Commander, Role::District, Role::Crew]);
/// Whose vehicle it is.
pub(crate) const OWN: Policy = Policy::any_of([Role::Crew]);
/// Who sees whom a facility expects.
pub(crate) const SITES: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Ward, Role::Auditor]);

pub(crate) use facility::receives;
pub(crate) use own::own_code;
pub(crate) use ride::of_episode;

/// Rows on one page of a list.
const PAGE: i64 = 50;
/// Rows of a list that is shown whole.
const MOST: i64 = 500;

/// A page of the desk: its way back leads to the board, for those who may open that.
fn under_board(seat: &Seat, page: Page) -> Page {
    if seat.may_open("/transfers") {
        return page.crumb(seat.link("/transfers"), t!(seat, "nav-trips"));
    }
    if seat.may_open("/transfers/own") {
        return page.crumb("/transfers/own", t!(seat, "nav-trips-own"));
    }
    page
}

/// The routes of the transfers desk.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    rides::register(routes);
    plan::register(routes);
    vehicles::register(routes);
    trip::register(routes);
    acts::register(routes);
    ride::register(routes);
    own::register(routes);
    facility::register(routes);
    numbers::register(routes);
    routes.nav(Group::Care, "/transfers", "nav-trips");
    routes.nav(Group::Care, "/transfers/own", "nav-trips-own");
    routes.nav(Group::Care, "/transfers/plan", "nav-trips-plan");
    routes.nav(Group::Care, "/transfers/vehicles", "nav-trips-vehicles");
    routes.nav(Group::Care, "/transfers/site", "nav-trips-site");
    routes.nav(Group::Care, "/transfers/numbers", "nav-trips-numbers");
}
