//! A model of a response around an outbreak, for rehearsals on paper: what would other
//! capacities or rules have done?
//!
//! Processes have capacities and queues, so that what fails in a real response fails here:
//! rounds of pooled tubes go through samplers, couriers and laboratories; members of positive
//! pools are swabbed again; cases are investigated by a limited staff; patients wait for
//! vehicles and beds; doors close around cases and open again after days without one.
//!
//! The drill of the real system does not use this model: there, people do these things through
//! the system. Both drive the same [`Epidemic`](crate::epidemic::Epidemic).

mod beds;
mod case;
mod change;
mod closing;
mod contacts;
mod fit;
mod fit_page;
mod output;
mod plan;
mod plot;
mod queue;
mod rehearsal;
pub(crate) mod reported;
mod run;
mod series;
mod summary;
mod testing;
mod today;
mod watch;
mod what_if;
mod zones;

pub use case::{Bed, Case, DayRow, Found};
pub use change::Change;
pub use fit::{FitPlan, Fitted, Search, Span, distance, fit};
pub use fit_page::{FitReport, Sentence};
pub use output::{write_daily, write_line_list, write_tree};
pub use plan::{
    BedPlan, BehaviourPlan, QuarantinePlan, ReportingPlan, ResponsePlan, SeedGroup, Seeds,
    TestingPlan, TracingPlan, ZonePlan,
};
pub use plot::{cumulative_chart, daily_chart};
pub use rehearsal::{Rehearsal, Run, Totals};
pub use reported::ReportedDay;
pub use run::Response;
pub use series::{Dated, Series};
pub use summary::{Coverage, DayBand, Spread, bands, community_end};
pub use today::{BEFORE, Known, KnownCases, SET_BY, SETTING_RUNS, TO_FIND, values_now};
pub use watch::{ChainNumbers, DETECTED_FOR, RoundSeen, StreetDay, Sum, Watched};
pub use what_if::{DAILY, DailyFigure, Paired, TOTALS, TotalFigure, WhatIf};
pub use zones::{KnownZone, ZoneSpan};
