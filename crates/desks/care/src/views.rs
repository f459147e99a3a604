//! What the care desk can tell: the queue, facilities and wards, the plan, release, numbers. Figures read
//! counters, lists read indexes.

mod bedside;
mod lists;
mod numbers;
mod open;
mod places;
mod plan;
mod stays;

pub use bedside::{
    Critical, Step, StepFilter, care_plans, care_plans_due, consultations, consultations_open,
    critical, happened, held, orders, steps,
};
pub use lists::{
    HistoryLine, QueueCursor, QueueFilter, ReleaseLine, ahead, alarmed, at_home, coming,
    dirty_beds, episode, episodes, history, home_over, in_facility, of_person, open_alarms, queue,
    queued_by_place, release_list, release_of, unqueued,
};
pub use numbers::{Numbers, flows, numbers};
pub use open::{Overdue, held_late, overdue};
pub use places::{Board, board, facilities, facilities_by_code, facility, ward_beds, wards};
pub use plan::{BedPlan, Line, PLANNED, Pool, plan};
pub use stays::{STAY_STEP, Stays, Which, stayed, stays_by_case, stays_by_ward};
