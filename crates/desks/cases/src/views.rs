//! What the cases desk can tell: the line list, a case with its history, pairs, figures. Figures
//! read counters, lists read indexes.

mod counts;
mod lists;
mod pairs;

pub use counts::{
    AreaFigures, Figures, HourFigures, Window, by_area, by_hour, figures, publications, standing,
    tallied,
};
pub use lists::{
    Cursor, EditLine, Filter, HistoryLine, Status, by_key, case, cases, edits, history, list,
    merged, of_person, uncovered,
};
pub use pairs::{PairCursor, PairLine, pairs, pairs_of};
