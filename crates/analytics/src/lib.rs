//! Figures of an epidemic: reproduction numbers, nowcasts, forecasts and their scores, the
//! arithmetic of bulletins, and statistics of transmission.
//!
//! Everything here is a pure function of its arguments. The crate knows neither the server nor a
//! store; draws come from a seed that the caller gives. `docs/analytics.md` says which method is
//! whose, and how each is checked.

mod error;
mod gamma;
mod incidence;
pub mod negative_binomial;
pub mod optimise;
mod random;
mod reproduction;
mod serial_interval;
pub mod special;
mod uncertain_interval;

pub use error::AnalyticsError;
pub use gamma::Gamma;
pub use incidence::Incidence;
pub use random::{Draws, sample_quantile};
pub use reproduction::{Estimate, Reproduction, Settings, Warning, Window, reproduction};
pub use serial_interval::{SUM_TOLERANCE, SerialInterval, discretised};
pub use uncertain_interval::{MixtureEstimate, Range, UncertainInterval, reproduction_uncertain};
