//! Daily incidence, and the infectivity that it leaves for the following days.

use serde::Serialize;

use crate::error::counts;
use crate::{AnalyticsError, SerialInterval};

/// New cases a day, those infected here apart from those who came infected.
///
/// Days count from 1. All cases of day 1 are imported, whatever was given: nobody here can have
/// infected them. Counts need not be whole, so that a nowcast can be used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incidence {
    local: Vec<f64>,
    total: Vec<f64>,
    moved_on_day_one: f64,
}

impl Incidence {
    /// From daily totals; only those of day 1 are imported.
    ///
    /// # Errors
    /// [`AnalyticsError::NotACount`] for a missing (NaN), infinite or negative value,
    /// [`AnalyticsError::TooLittle`] for an empty series.
    pub fn of_totals(totals: &[f64]) -> Result<Incidence, AnalyticsError> {
        let mut imported = vec![0.0; totals.len()];
        let mut local = totals.to_vec();
        if let (Some(first), Some(from)) = (imported.first_mut(), local.first_mut()) {
            *first = std::mem::take(from);
        }
        Incidence::with_imported(&local, &imported)
    }

    /// From local and imported cases a day. Local cases of day 1 are moved to the imported ones,
    /// and [`Incidence::moved_on_day_one`] says how many.
    ///
    /// # Errors
    /// [`AnalyticsError::Lengths`] when the series differ in length, and as
    /// [`Incidence::of_totals`].
    pub fn with_imported(local: &[f64], imported: &[f64]) -> Result<Incidence, AnalyticsError> {
        if local.len() != imported.len() {
            return Err(AnalyticsError::Lengths {
                left: "the series of local cases",
                left_length: local.len(),
                right: "the series of imported cases",
                right_length: imported.len(),
            });
        }
        if local.is_empty() {
            return Err(AnalyticsError::TooLittle("the series of cases is empty".to_owned()));
        }
        counts("local cases", local)?;
        counts("imported cases", imported)?;
        let total = local.iter().zip(imported).map(|(l, i)| l + i).collect();
        let mut local = local.to_vec();
        let moved_on_day_one = std::mem::take(&mut local[0]);
        Ok(Incidence { local, total, moved_on_day_one })
    }

    /// Days in the series.
    pub fn days(&self) -> usize {
        self.total.len()
    }

    /// Cases infected here, a day.
    pub fn local(&self) -> &[f64] {
        &self.local
    }

    /// All cases, a day.
    pub fn total(&self) -> &[f64] {
        &self.total
    }

    /// Cases that came infected, on `day` (from 1); 0 outside of the series.
    pub fn imported_on(&self, day: usize) -> f64 {
        day.checked_sub(1)
            .and_then(|i| Some(self.total.get(i)? - self.local.get(i)?))
            .unwrap_or(0.0)
    }

    /// How many cases of day 1 were given as local and are counted as imported.
    pub fn moved_on_day_one(&self) -> f64 {
        self.moved_on_day_one
    }

    /// The overall infectivity Λ(t) = Σ w(s) I(t - s) over s ≥ 1: how many cases a day would bring
    /// if each case infected one other. I counts local and imported cases. The first value, of
    /// day 1, is NaN: what was before is not known.
    pub fn infectivity(&self, interval: &SerialInterval) -> Vec<f64> {
        let weights = interval.weights();
        // Weights that are exactly 0 at the end would only cost time.
        let reach = weights.iter().rposition(|w| *w != 0.0).unwrap_or(0);
        let mut result = Vec::with_capacity(self.days());
        result.push(f64::NAN);
        for day in 1..self.days() {
            let back = reach.min(day);
            let cases = self.total[day - back..day].iter().rev();
            result.push(weights[1..=back].iter().zip(cases).map(|(w, i)| w * i).sum());
        }
        result
    }
}
