//! How long the steps of a tube took: a function of its row, so that a filling that comes late, or is
//! exchanged for another, is counted as if it had been there from the start.

use types::{AreaCode, Micros, PlaceCode, RoundId};

use crate::rows::Tube;

/// A step whose time is measured for turnaround percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Sealed to dispatched.
    Collect,
    /// Dispatched to received.
    Deliver,
    /// Received to loaded.
    Wait,
    /// Loaded to the result that stands.
    Test,
    /// Sealed to released.
    Whole,
}

impl Step {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Collect => "collect",
            Step::Deliver => "deliver",
            Step::Wait => "wait",
            Step::Test => "test",
            Step::Whole => "whole",
        }
    }
}

/// Minutes are kept in classes of five, up to three days.
const MINUTE_CLASS: i64 = 5;
const LAST_CLASS: i64 = 3 * 24 * 60;

/// The counter that a step of a tube is counted in: county, round, step, minutes.
pub(crate) type Timed = (AreaCode, RoundId, Step, i64);

/// The class of a time. Clocks that disagree count zero.
fn class_of(from: Micros, until: Micros) -> i64 {
    let minutes = ((until - from).0 / 60_000_000).clamp(0, LAST_CLASS);
    minutes - minutes % MINUTE_CLASS
}

/// The steps of a tube whose beginning and end are known; none before its filling is. While its
/// box counts it, the way to the laboratory is the box's.
pub(crate) fn times_of(tube: &Tube) -> Vec<Timed> {
    let community = tube.community.as_deref().and_then(|text| PlaceCode::parse(text).ok());
    let Some((area, round)) = community.and_then(|place| place.area()).zip(tube.round) else {
        return Vec::new();
    };
    let settled = matches!(tube.status.as_deref(), Some("final" | "corrected"));
    let tested_at = tube.tested_at.filter(|_| settled);
    [
        (Step::Collect, tube.collected_at, tube.sent_at),
        (Step::Deliver, tube.sent_at, tube.received_at),
        (Step::Wait, tube.received_at, tube.loaded_at),
        (Step::Test, tube.loaded_at, tested_at),
        (Step::Whole, tube.collected_at, tube.reported_at),
    ]
    .into_iter()
    .filter_map(|(step, from, until)| Some((area, round, step, class_of(from?, until?))))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_into_classes_and_never_negative() {
        let minutes = |n: i64| Micros(n * 60_000_000);
        for (took, class) in [(0, 0), (4, 0), (5, 5), (64, 60), (-3, 0), (9_999, 4_320)] {
            assert_eq!(class_of(minutes(100), minutes(100 + took)), class, "{took}");
        }
    }

    #[test]
    fn a_tube_without_a_filling_has_no_times() {
        let tube = Tube { loaded_at: Some(Micros(0)), ..Tube::default() };
        assert_eq!(times_of(&tube), []);
    }
}
