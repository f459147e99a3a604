//! What is done with single things: the pages of a tube and a box, a laboratory's desk, and the
//! search by code.

mod boxes;
mod find;
mod history;
mod lab_box;
mod lab_plate;
mod lab_result;
mod laboratory;
mod members;
mod tube_acts;
mod tubes;
pub(crate) mod words;

use crate::access::{Policy, Role};
use crate::routes::Routes;

/// Everyone who handles units or answers for them. Names are not part of it.
const STAFF: Policy = Policy::any_of([
    Role::Commander,
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Auditor,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    tubes::register(routes);
    tube_acts::register(routes);
    members::register(routes);
    boxes::register(routes);
    laboratory::register(routes);
    find::register(routes);
}
