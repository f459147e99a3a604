//! What the field app on phones needs beside the commands: the list for a shift without
//! network, what one holds, keys of devices, walk-ins, and paper for the day when phones fail.

pub mod bundle;
pub mod codes;
pub mod countersign;
pub mod deliveries;
pub mod devices;
pub mod held;
pub mod interviews;
pub mod labels;
pub mod medicines;
mod modes;
pub mod openapi;
pub mod paper;
pub mod persons;
pub mod seal;
pub mod sweeps;
pub mod tables;
pub mod walk_ins;
pub mod workplace;

use crate::access::{Policy, Role};
use crate::routes::Routes;

/// Who works with a phone in the field.
pub const FIELD: Policy = Policy::any_of([
    Role::District,
    Role::Grid,
    Role::Sampler,
    Role::Courier,
    Role::Laboratory,
    Role::Driver,
    Role::Volunteer,
]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    workplace::register(routes);
    bundle::register(routes);
    held::register(routes);
    devices::register(routes);
    walk_ins::register(routes);
    countersign::register(routes);
    paper::register(routes);
    labels::register(routes);
}
