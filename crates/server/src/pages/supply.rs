//! The supply desk's pages: the board, places and their stocks, what is on the road, donations, shops and
//! prices, what is due to households, and complaints.

mod board;
mod carriers;
mod deliveries;
mod donations;
mod household;
mod households;
mod modes;
pub(crate) mod orders;
mod packs;
pub(crate) mod photos;
mod prices;
mod renewals;
mod shipments;
mod shops;
mod site;
mod site_acts;
mod sites;
mod unmet;
pub(crate) mod words;

pub(crate) use deliveries::plan_county;
pub(crate) use orders as order_words;
pub(crate) use orders::form as order_form;
pub(crate) use packs::contents as pack_contents;
pub(crate) use site::price_table;
pub(crate) use sites::contacts;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};
use crate::seat::Seat;
use crate::t;
use crate::ui::layout::Page;

/// Who sees stocks and lists in which nobody is named.
pub(crate) const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who keeps places, stocks, shops and prices.
const DESK: Policy = Policy::any_of([Role::Commander, Role::District]);
/// Who sees one place: the desk, and whoever works there.
pub(crate) const VISITORS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Shop, Role::Auditor]);
/// Who works with a place's stock.
const KEEPERS: Policy = Policy::any_of([Role::District, Role::Shop]);
/// Whose place it is.
pub(crate) const OWN: Policy = Policy::any_of([Role::Shop]);
/// Who looks after households.
const CARERS: Policy = Policy::any_of([Role::District, Role::Grid]);

/// Rows on one page of a list.
const PAGE: i64 = 50;
/// Rows of a list that is shown whole.
const MOST: i64 = 500;

/// A page of the desk: its way back leads to the board, for those who may open that.
fn under_board(seat: &Seat, page: Page) -> Page {
    if seat.may_open("/supply") {
        return page.crumb(seat.link("/supply"), t!(seat, "nav-supply"));
    }
    if seat.may_open("/supply/own") {
        return page.crumb("/supply/own", t!(seat, "nav-supply-own"));
    }
    page
}

/// The routes of the supply desk.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    unmet::register(routes);
    households::register(routes);
    household::register(routes);
    modes::register(routes);
    sites::register(routes);
    site::register(routes);
    site_acts::register(routes);
    shipments::register(routes);
    shops::register(routes);
    prices::register(routes);
    orders::register(routes);
    deliveries::register(routes);
    packs::register(routes);
    photos::register(routes);
    donations::register(routes);
    renewals::register(routes);
    routes.nav(Group::Supply, "/supply", "nav-supply");
    routes.nav(Group::Supply, "/supply/own", "nav-supply-own");
    routes.nav(Group::Supply, "/supply/own/orders", "nav-supply-own-orders");
    routes.nav(Group::Supply, "/supply/unmet", "nav-supply-unmet");
    routes.nav(Group::Supply, "/supply/households", "nav-supply-households");
    routes.nav(Group::Supply, "/supply/renewals", "nav-supply-renewals");
    routes.nav(Group::Supply, "/supply/orders", "nav-supply-orders");
    routes.nav(Group::Supply, "/supply/groups", "nav-supply-groups");
    routes.nav(Group::Supply, "/supply/packs", "nav-supply-packs");
    routes.nav(Group::Supply, "/supply/deliveries", "nav-supply-deliveries");
    routes.nav(Group::Supply, "/supply/passes", "nav-supply-passes");
    routes.nav(Group::Supply, "/supply/volunteers", "nav-supply-volunteers");
    routes.nav(Group::Supply, "/supply/gate", "nav-supply-gate");
    routes.nav(Group::Supply, "/supply/round", "nav-supply-round");
    routes.nav(Group::Supply, "/supply/modes", "nav-supply-modes");
    routes.nav(Group::Supply, "/supply/sites", "nav-supply-sites");
    routes.nav(Group::Supply, "/supply/shipments", "nav-supply-shipments");
    routes.nav(Group::Supply, "/supply/shops", "nav-supply-shops");
    routes.nav(Group::Supply, "/supply/prices", "nav-supply-prices");
    routes.nav(Group::Supply, "/supply/donations", "nav-supply-donations");
}
