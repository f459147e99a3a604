//! How good forecasts were that were kept, as columns and cells of a table.

use analytics::Scores;

use crate::seat::Seat;
use crate::t;
use crate::ui::table::{Cell, Column};

/// The columns of [`cells`].
pub fn columns(seat: &Seat) -> [Column; 5] {
    [
        Column::new("forecasts", t!(seat, "course-forecasts")).numeric(),
        Column::new("half", t!(seat, "course-in-50")).numeric(),
        Column::new("ninety", t!(seat, "course-in-90")).numeric(),
        Column::new("wis", t!(seat, "course-wis")).numeric(),
        Column::new("error", t!(seat, "course-median-error")).numeric(),
    ]
}

/// How many forecasts, how often what came lay inside their intervals, and how far off they were.
pub fn cells(scores: &Scores) -> [Cell; 5] {
    let percent = |share: f64| Cell::text(format!("{:.0} %", share * 100.0));
    [
        Cell::number(scores.forecasts as i64),
        percent(scores.coverage_50),
        percent(scores.coverage_90),
        Cell::text(format!("{:.1}", scores.weighted_interval_score)),
        Cell::text(format!("{:.1}", scores.median_error)),
    ]
}
