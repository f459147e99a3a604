//! What to rehearse.

use serde::{Deserialize, Serialize};
use types::{AreaScope, Micros, Span};

use crate::faults::Faults;
use crate::{DrillError, Result};

/// A drill. The same configuration gives the same drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The scenario.
    pub scenario: String,
    /// Residents.
    pub people: u64,
    /// The areas.
    pub areas: AreaScope,
    /// Decides all draws.
    pub seed: u64,
    /// Midnight of the first day, in the zone of the scenario.
    pub start: Micros,
    /// Days to live through; `None` for without end.
    pub days: Option<u32>,
    /// How staff work.
    pub work: Work,
    /// What goes wrong.
    pub faults: Faults,
}

/// How staff work: this project's choices, within what the protocol in force asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Work {
    /// Days from one round to the next.
    pub round_every_days: u32,
    /// Hour of the day at which sampling begins.
    pub sampling_from: i64,
    /// Hours for a round, from the first swab to the last result.
    pub round_hours: i64,
    /// Seconds a swab at a stand.
    pub seconds_a_swab: i64,
    /// Minutes between two boxes of a site.
    pub box_minutes: i64,
    /// Minutes between two syncs of a device that has network.
    pub sync_minutes: i64,
    /// Minutes between two tours of a courier.
    pub tour_minutes: i64,
    /// Minutes between two looks at a laboratory's bench.
    pub bench_minutes: i64,
    /// Minutes from loading a plate to its results.
    pub run_minutes: [i64; 2],
    /// Hours that a laboratory searches for a tube before it calls it lost.
    pub search_hours: i64,
    /// Minutes between two looks of the dispatcher at who waits for a bed and for a ride.
    pub beds_minutes: i64,
    /// Ambulances and minibuses for 100,000 residents, and however few those are.
    pub vehicles: [f64; 2],
    /// Minutes between two looks of a district desk at its line list.
    pub cases_minutes: i64,
    /// Minutes from that look until the desk has reported a case on the national network.
    pub report_minutes: [i64; 2],
    /// Hours from that look until a doctor sees the person for the first time.
    pub examine_hours: [i64; 2],
    /// Hour of the day at which doctors see everybody who is a case.
    pub ward_round_at: i64,
    /// Days that the epidemic runs before the drill begins.
    pub unseen_days: u32,
    /// Share of the residents who bring it in.
    pub seeded_share: f64,
    /// However few residents: at least so many.
    pub seeded_least: u32,
    /// Beds beyond the scenario's, as a factor: few people have a larger outbreak for their number.
    pub bed_factor: f64,
    /// Laboratory capacity beyond the scenario's, as a factor.
    pub laboratory_factor: f64,
    /// Whether the district desks trace.
    pub tracing: bool,
    /// Minutes between two looks of the tracers at their lists.
    pub tracing_minutes: i64,
    /// Minutes from that look until somebody stands before the case's door.
    pub on_site_minutes: [i64; 2],
    /// Minutes of an interview.
    pub interview_minutes: [i64; 2],
    /// Hours from the interview to the full report.
    pub full_report_hours: [i64; 2],
    /// Hours from being named to the quarantine site.
    pub fetch_hours: [i64; 2],
    /// Whether the command post makes zones as they are proposed.
    pub zones: bool,
    /// Hours between two looks at the proposals, by day.
    pub zones_hours: i64,
    /// Whether the command post orders sweeps.
    pub sweeps: bool,
    /// Whether the commander reads the claims of zero and signs them.
    pub zero: bool,
    /// Whether the supply desks, shops, drivers and volunteers work.
    pub supply: bool,
    /// Whether grid workers bring a pack to whoever is due and has ordered nothing.
    pub supply_packs: bool,
    /// For how many days of the people behind doors a county keeps food at its sorting centre and shops.
    pub supply_days: f64,
    /// Whether the city's supply is as in late March 2022 in Changchun (the scenario's `late_march`): markets closed,
    /// few drivers, no reserve.
    pub late_march: bool,
}

impl Default for Work {
    fn default() -> Work {
        Work {
            round_every_days: 1,
            sampling_from: 7,
            round_hours: 24,
            seconds_a_swab: 30,
            box_minutes: 55,
            sync_minutes: 20,
            tour_minutes: 60,
            bench_minutes: 25,
            run_minutes: [125, 185],
            search_hours: 3,
            beds_minutes: 30,
            vehicles: [15.0, 4.0],
            cases_minutes: 30,
            report_minutes: [10, 100],
            examine_hours: [1, 12],
            ward_round_at: 9,
            unseen_days: 4,
            seeded_share: 0.000_25,
            seeded_least: 5,
            bed_factor: 4.0,
            laboratory_factor: 2.5,
            tracing: true,
            tracing_minutes: 60,
            on_site_minutes: [20, 130],
            interview_minutes: [40, 150],
            full_report_hours: [6, 20],
            fetch_hours: [1, 9],
            zones: true,
            zones_hours: 4,
            sweeps: true,
            zero: true,
            supply: true,
            supply_packs: true,
            supply_days: 4.0,
            late_march: false,
        }
    }
}

impl Work {
    /// Reads how staff work: what a text leaves out is as usual.
    ///
    /// # Errors
    /// [`DrillError::Config`] when the text says something else, or what cannot be worked by.
    pub fn parse(text: &str) -> Result<Work> {
        let work: Work = toml::from_str(text).map_err(|e| DrillError::Config(e.to_string()))?;
        let spans =
            [work.on_site_minutes, work.interview_minutes, work.run_minutes, work.report_minutes]
                .into_iter()
                .chain([work.full_report_hours, work.fetch_hours, work.examine_hours]);
        for [low, high] in spans {
            if low < 0 || high < low || high > 10_080 {
                return Err(DrillError::Config(format!("{low} to {high} is no span of work")));
            }
        }
        if !(0.0..=1.0).contains(&work.seeded_share) {
            return Err(DrillError::Config("seeded_share is no share of 0 to 1".into()));
        }
        if !(0.5..=60.0).contains(&work.supply_days) {
            return Err(DrillError::Config("supply_days are 0.5 to 60".into()));
        }
        Ok(work)
    }
}

impl Config {
    /// Midnight of a day, from 0.
    pub fn midnight(&self, day: u32) -> Micros {
        self.start + Span::days(i64::from(day))
    }

    /// The day that a time lies in, from 0.
    pub fn day_of(&self, at: Micros) -> u32 {
        u32::try_from((at - self.start).0.max(0) / Span::days(1).0).unwrap_or(u32::MAX)
    }
}
