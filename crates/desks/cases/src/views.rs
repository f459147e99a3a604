//! What the cases desk can tell: the line list, a case with its history, pairs, figures. Figures
//! read counters, lists read indexes.

mod counts;
mod lists;
mod maps;
mod pairs;

pub use counts::{
    AreaFigures, Figures, HourFigures, Window, by_area, by_hour, by_recording, converted_only,
    figures, found_between, publications, standing, tallied, tallies,
};
pub use lists::{
    EditLine, Filter, HistoryLine, Status, by_key, case, cases, edits, history, list, merged,
    of_person, uncovered,
};
pub use maps::{Somewhere, by_area_and_hour, by_place, by_street_and_hour};
pub use pairs::{PairCursor, PairLine, pairs, pairs_of};
