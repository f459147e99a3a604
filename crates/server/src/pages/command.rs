//! The command post's pages: the board, the map, bulletins, decisions, the morning meeting.

mod ahead;
mod board;
mod bulletin;
mod bulletins;
mod decision;
mod decisions;
mod draft;
mod facts;
mod files;
mod map;
mod meeting;
mod public;
mod report;
mod runs;
mod today;
mod what_if;
mod words;

pub(crate) use board::Shared as Boards;
pub(crate) use bulletin::read as read_bulletin;
pub(crate) use draft::{county_of, offset_of};
pub(crate) use files::figures;
pub(crate) use report::FOUND;

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};

/// Who sees what the command post says and decides.
pub(crate) const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Ward, Role::Auditor]);
/// Who sees the cases behind a figure, in which nobody is named.
const CASES: Policy = Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who sees the board: it has what is late and what does not balance.
const POST: Policy = Policy::any_of([Role::Commander, Role::District, Role::Auditor]);
/// Who publishes and decides.
const KEEPERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// Rows on one page of a list.
const PAGE: i64 = 50;

/// The routes of the command post.
pub fn register(routes: &mut Routes) {
    board::register(routes);
    meeting::register(routes);
    ahead::register(routes);
    what_if::register(routes);
    map::register(routes);
    bulletins::register(routes);
    draft::register(routes);
    bulletin::register(routes);
    public::register(routes);
    decisions::register(routes);
    decision::register(routes);
    routes.nav(Group::Overview, "/board", "nav-board");
    routes.nav(Group::Overview, "/map", "nav-map");
    routes.nav(Group::Overview, "/bulletins", "nav-bulletins");
    routes.nav(Group::Overview, "/decisions", "nav-decisions");
    routes.nav(Group::Overview, "/meeting", "nav-meeting");
    routes.nav(Group::Overview, "/ahead", "nav-ahead");
    routes.nav(Group::Overview, "/what-if", "nav-what-if");
}
