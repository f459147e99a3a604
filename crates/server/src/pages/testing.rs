//! The testing desk's pages: rounds and their boards, what is late or does not fit, blind spots,
//! tubes and boxes, laboratories, and what a resident sees.

mod as_of;
mod balance;
mod blind;
mod board;
mod closing;
mod draft;
mod exemptions;
mod findings;
mod history;
pub(crate) mod holder;
mod labels;
mod laboratories;
mod late;
mod lists;
pub(crate) mod map;
pub(crate) mod names;
mod new_round;
pub(crate) mod people;
mod plan_view;
mod protocol_page;
mod rounds;
mod tubes;
mod waiting;
pub(crate) mod words;

use crate::access::{Policy, Role};
use crate::routes::Routes;

/// Who sees boards and lists without names.
const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Laboratory, Role::Auditor]);

/// Who answers for what is stuck or does not fit.
const DESK: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);

/// Everyone who handles units.
pub(crate) const STAFF: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Auditor,
]);

/// Rows on one page of a list.
const PAGE: i64 = 100;
/// Rows in a download.
const DOWNLOAD: i64 = 50_000;

/// The routes of the testing desk.
pub fn register(routes: &mut Routes) {
    rounds::register(routes);
    board::register(routes);
    blind::register(routes);
    late::register(routes);
    balance::register(routes);
    as_of::register(routes);
    findings::register(routes);
    tubes::register(routes);
    new_round::register(routes);
    closing::register(routes);
    exemptions::register(routes);
    laboratories::register(routes);
    protocol_page::register(routes);
    lists::register(routes);
    holder::register(routes);
    waiting::register(routes);
}
