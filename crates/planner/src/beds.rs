//! Who goes to which bed: the plan for everybody who is positive and not yet in one.
//!
//! People come in families, beds in pools: the places of one ward that are alike (facility, care
//! level, rule of sex and family). A [`Plan`] gives every person a pool or, where there is none,
//! a wait, at the least total cost:
//!
//! - **Severity and deadline first.** Whatever else a plan could gain, it never lets a more
//!   urgent person wait for it ([`Urgency`]).
//! - **Families together.** The people of a family who need the same care are one party, which is
//!   planned as a whole. At most one party fewer than there are pools is split, and each one that
//!   is says why. A young child goes with an adult of its family where the adult's care level
//!   allows it.
//! - **Care level.** Never below the need; above it at a cost.
//! - **Staff, reserve.** A pool is as large as its free beds and its staff allow, and a facility
//!   may have an intake limit. Places held in reserve are for those urgent enough.
//! - **Distance**, in metres, is the unit of every other cost.
//!
//! The plan is a minimum-cost flow ([`Flow`]), so it is optimal, and [`prove`] checks that from the
//! prices alone. [`BedPlanner`] keeps it optimal under changes.

mod explain;
mod flow;
mod instance;
mod model;
mod planner;
mod proof;

pub use explain::{Blocked, Bound, Explanation, Unmet, Wish};
pub use flow::{Flow, NEVER};
pub use instance::{BedInstance, generate};
pub use model::{
    BedError, CareLevel, Facility, FacilityIndex, Patient, PatientKey, Pool, PoolIndex, Rule, Sex,
    Site, Urgency, Weights,
};
pub use planner::{BedPlanner, Change, Plan, Seat};
pub use proof::{Flaw, Proved, prove};
