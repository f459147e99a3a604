//! The cases desk's pages: the line list, one case, duplicates, edits by the hundred, figures.

mod acts;
mod beside;
mod bulk;
mod case;
mod counts;
mod course;
mod history;
mod home;
mod link;
pub(crate) mod list;
pub(crate) mod of_person;
mod open;
mod pairs;
mod publish;
mod revise;
mod saved;
mod uncovered;
mod who;
mod why;
pub(crate) mod words;

pub(crate) use case::read;
pub(crate) use course::{daily, days_ahead, midnight, plan_of};
pub(crate) use open::county as open_county;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};

/// Who sees lists and figures, in which nobody is named.
const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who keeps the line list.
pub(crate) const KEEPERS: Policy = Policy::any_of([Role::District]);
/// Who publishes figures.
const PUBLISHERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// Rows on one page of a list.
const PAGE: i64 = 50;
/// Rows in a download.
const DOWNLOAD: i64 = 20_000;

/// The routes of the cases desk.
pub fn register(routes: &mut Routes) {
    list::register(routes);
    counts::register(routes);
    course::register(routes);
    pairs::register(routes);
    open::register(routes);
    bulk::register(routes);
    revise::register(routes);
    saved::register(routes);
    publish::register(routes);
    uncovered::register(routes);
    case::register(routes);
    acts::register(routes);
    who::register(routes);
    home::register(routes);
    link::register(routes);
    routes.nav(Group::Cases, "/cases", "nav-cases");
    routes.nav(Group::Cases, "/cases/counts", "nav-case-counts");
    routes.nav(Group::Cases, "/cases/course", "nav-course");
    routes.nav(Group::Cases, "/cases/duplicates", "nav-case-pairs");
}
