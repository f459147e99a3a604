//! Runs of the simulated city as fans.

use analytics::{AnalyticsError, LEVELS, Quantiles, sample_quantile};
use city::response_model::DayRow;
use command::Foreseen;

use super::Fans;
use crate::pages::command::runs::Outcome;

/// A figure of a day of a run. The model does not tell a room from a door: contacts who are found
/// count as found in quarantine, who is found elsewhere behind a closed door as in a controlled area.
fn figure(what: Foreseen, row: &DayRow) -> u64 {
    match what {
        Foreseen::Infections => row.found,
        Foreseen::Quarantine => row.found_contact.min(row.found - row.found_in_community),
        Foreseen::Controlled => {
            (row.found - row.found_in_community).saturating_sub(row.found_contact)
        }
        Foreseen::Community => row.found_in_community,
        Foreseen::BedsAsymptomatic => row.care_asymptomatic,
        Foreseen::BedsMild => row.care_mild,
        Foreseen::BedsModerate => row.care_moderate,
        Foreseen::BedsSevere => row.care_severe,
        Foreseen::BedsCritical => row.care_critical,
        Foreseen::Tubes => row.tubes_tested,
        Foreseen::Contacts => row.contacts,
    }
}

/// The quantiles over the runs of every day, in people who live there.
pub fn fans(outcome: &Outcome) -> Result<Fans, AnalyticsError> {
    let days = outcome.base.iter().map(Vec::len).min().unwrap_or(0);
    let mut fans = Fans::new();
    for what in Foreseen::ALL {
        let mut of_days = Vec::with_capacity(days);
        for day in 0..days {
            let mut values: Vec<f64> = outcome
                .base
                .iter()
                .filter_map(|run| run.get(day))
                .map(|row| figure(*what, row) as f64 / outcome.scale)
                .collect();
            values.sort_by(f64::total_cmp);
            let quantiles = LEVELS.map(|level| sample_quantile(&values, level));
            of_days.push(Quantiles::new(&LEVELS, &quantiles)?);
        }
        fans.insert(*what, of_days);
    }
    Ok(fans)
}
