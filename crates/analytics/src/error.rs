//! The one error type of the crate.

use types::Refusal;

/// Why a figure cannot be computed. Every message names what is wrong and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnalyticsError {
    /// A parameter is outside of what the method allows.
    #[error("{what} is {value}; it must be {wanted}")]
    Parameter {
        /// The parameter, for example `mean of the serial interval`.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        wanted: &'static str,
    },
    /// Something that counts days, rows or columns is outside of its bounds.
    #[error("{what} is {value}; it must be {wanted}")]
    Count {
        /// What was counted, for example `start of the window`.
        what: &'static str,
        /// What was given.
        value: usize,
        /// What would be right.
        wanted: String,
    },
    /// A series holds a value that cannot be a count.
    #[error("{series}, day {day}: {value} is not a count of people")]
    NotACount {
        /// The series.
        series: &'static str,
        /// The day, from 1.
        day: usize,
        /// What stands there.
        value: f64,
    },
    /// Two things that belong together differ in length.
    #[error("{left} has {left_length}, {right} has {right_length}; they must be as long")]
    Lengths {
        /// One side.
        left: &'static str,
        /// Its length.
        left_length: usize,
        /// The other side.
        right: &'static str,
        /// Its length.
        right_length: usize,
    },
    /// The weights of a serial interval are not a distribution.
    #[error("serial interval: {0}")]
    SerialInterval(String),
    /// A reporting triangle cannot be used as asked.
    #[error("reporting triangle: {0}")]
    Triangle(String),
    /// There is not enough to estimate from.
    #[error("not enough data: {0}")]
    TooLittle(String),
    /// A bulletin's figures contradict each other or their line list.
    #[error("bulletin: {0}")]
    Bulletin(String),
    /// Cases and their infectors do not form a tree.
    #[error("transmission: {0}")]
    Transmission(String),
}

impl AnalyticsError {
    /// The stable code of the error, as refusals have it.
    pub fn code(&self) -> &'static str {
        match self {
            AnalyticsError::Parameter { .. } => "analytics-parameter",
            AnalyticsError::Count { .. } => "analytics-count",
            AnalyticsError::NotACount { .. } => "analytics-not-a-count",
            AnalyticsError::Lengths { .. } => "analytics-lengths",
            AnalyticsError::SerialInterval(_) => "analytics-serial-interval",
            AnalyticsError::Triangle(_) => "analytics-triangle",
            AnalyticsError::TooLittle(_) => "analytics-too-little",
            AnalyticsError::Bulletin(_) => "analytics-bulletin",
            AnalyticsError::Transmission(_) => "analytics-transmission",
        }
    }
}

impl From<AnalyticsError> for Refusal {
    fn from(error: AnalyticsError) -> Refusal {
        Refusal::new(error.code()).with("reason", error)
    }
}

/// Refuses anything but a finite number above zero.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, AnalyticsError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(AnalyticsError::Parameter { what, value, wanted: "a finite number above 0" })
    }
}

/// Refuses anything but a probability strictly between 0 and 1.
pub(crate) fn probability(what: &'static str, value: f64) -> Result<f64, AnalyticsError> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(AnalyticsError::Parameter { what, value, wanted: "between 0 and 1, both excluded" })
    }
}

/// Refuses a series that holds anything but finite numbers of at least zero.
pub(crate) fn counts(series: &'static str, values: &[f64]) -> Result<(), AnalyticsError> {
    match values.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
        Some(at) => Err(AnalyticsError::NotACount { series, day: at + 1, value: values[at] }),
        None => Ok(()),
    }
}
