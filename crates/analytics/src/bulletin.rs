//! The arithmetic of bulletins: what is counted, over which hours, and whether it adds up.

mod figure;
mod line_list;
mod reconcile;
mod streak;
mod suppress;
mod window;

pub use figure::{Disagreement, Figure, Figures, Infections, Measure, infections};
pub use line_list::{
    Case, CaseEvent, CaseId, CaseKind, CaseMistake, Counted, Totals, check_case, count, totals,
};
pub use reconcile::{Line, Misfit, Reconciliation, reconcile};
pub use streak::{Streak, streak};
pub use suppress::{Cell, Suppressed, suppress, suppress_parts};
pub use window::ReportWindow;
