//! Figures of an epidemic: reproduction numbers, nowcasts, forecasts and their scores, the
//! arithmetic of bulletins, and statistics of transmission.
//!
//! Everything here is a pure function of its arguments. The crate knows neither the server nor a
//! store; draws come from a seed that the caller gives. `docs/analytics.md` says which method is
//! whose, and how each is checked.

mod backtest;
mod baseline;
pub mod bulletin;
mod curve;
mod dispersion;
mod error;
mod fan;
mod gamma;
mod growth;
mod hidden;
mod incidence;
pub mod negative_binomial;
mod nowcast;
pub mod optimise;
mod random;
mod renewal;
mod reproduction;
mod score;
mod serial_interval;
pub mod special;
pub mod student;
pub mod survival;
pub mod transmission;
mod triangle;
mod uncertain_interval;
mod week;

pub use backtest::{Comparison, Plan, Scale, Trial, ahead, ahead_runs, back_test, present};
pub use baseline::naive;
pub use curve::{Curve, CurveCase, CurveCount, DayOf, FoundIn};
pub use dispersion::{Dispersion, Nowcast, Nowcasts};
pub use error::AnalyticsError;
pub use fan::{Fan, LEVELS};
pub use gamma::Gamma;
pub use growth::{Doubling, Growth};
pub use hidden::{Chains, Sweep};
pub use incidence::Incidence;
pub use nowcast::{Allocation, Completed, Delays};
pub use random::{Draws, sample_quantile};
pub use renewal::{Care, Course, Forecast, Needs, Outlook, SEVERITIES, forecast};
pub use reproduction::{Estimate, Reproduction, Settings, Warning, Window, reproduction};
pub use score::{Quantiles, Scores, interval_score, pinball};
pub use serial_interval::{SUM_TOLERANCE, SerialInterval, discretised};
pub use triangle::Triangle;
pub use uncertain_interval::{MixtureEstimate, Range, UncertainInterval, reproduction_uncertain};
pub use week::{Calendar, EpiWeek};
