//! The pages of community zero: how far each area has come, on what grounds, the certificates and what withdrew
//! them, signals of waste water and sentinels.

mod certificate;
mod certificates;
mod evidence;
mod overview;
mod public;
mod report;
mod signals;
mod words;

pub(crate) use evidence::{Shown, read as read_claim};
pub(crate) use overview::{Line, lines};

use crate::access::{Policy, Role};
use crate::routes::{Group, Routes};

/// Who sees how far areas have come.
pub(crate) const READERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// Who signs, and withdraws.
const SIGNERS: Policy = Policy::any_of([Role::Commander]);
/// Who enters signals, and explains them.
const ENTERERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// Rows on one page of a list.
const PAGE: i64 = 50;

/// The routes of community zero.
pub fn register(routes: &mut Routes) {
    overview::register(routes);
    evidence::register(routes);
    certificates::register(routes);
    certificate::register(routes);
    signals::register(routes);
    public::register(routes);
    routes.nav(Group::Overview, "/zero", "nav-zero");
    routes.nav(Group::Overview, "/zero/certificates", "nav-zero-certificates");
    routes.nav(Group::Overview, "/zero/signals", "nav-zero-signals");
}
