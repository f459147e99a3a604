//! What the zones desk can tell: what holds where, now and at any moment; what is proposed, and what ends.
//! Figures read counters, lists read indexes.

mod circle;
mod lists;
mod proposals;
mod sweeps;

pub use circle::next_round;
pub use lists::{
    Cursor, HistoryLine, Numbers, Sum, at, at_place, checklist, ended, ending, evidence, flows,
    history, numbers, over, refused, since, standing, stretches, unfounded, zone, zones,
};
pub use proposals::{Area, infections, known, places_since, proposals};
pub use sweeps::{
    HomeCursor, Part, Visit, closed_sweeps, homes, open_strays, open_sweeps, parts, stray, strays,
    strays_by_place, sweep, sweep_at, sweeping_by_place, visits,
};
