//! The published daily counts of a scenario, to fit to and to compare with.

use serde::Deserialize;

use crate::CityError;
use crate::parameters::day;
use crate::scenario::csv_rows;

/// What was published for one day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReportedDay {
    /// The day that the figures are for.
    #[serde(deserialize_with = "day")]
    pub date: jiff::civil::Date,
    /// New confirmed cases, those converted from asymptomatic included.
    pub confirmed: Option<u64>,
    /// `reported`, or `derived` from totals.
    pub confirmed_quality: String,
    /// Of them, converted from asymptomatic: counted on an earlier day already.
    pub converted: Option<u64>,
    /// New asymptomatic infections.
    pub asymptomatic: Option<u64>,
    /// `reported`, or `partial_…` for a part of the day.
    pub asymptomatic_quality: String,
    /// Where it was read.
    pub source: String,
}

impl ReportedDay {
    /// New infections; `None` when a part is missing, derived or of a part of the day only.
    pub fn infections(&self) -> Option<u64> {
        let whole = self.confirmed_quality == "reported" && self.asymptomatic_quality == "reported";
        let sum = self.confirmed? + self.asymptomatic?;
        whole.then(|| sum.saturating_sub(self.converted.unwrap_or(0)))
    }
}

/// Reads `reported.csv`.
///
/// # Errors
/// [`CityError::Csv`] with the line.
pub(crate) fn read_reported(text: &str) -> Result<Vec<ReportedDay>, CityError> {
    csv_rows("reported.csv", text)
}
