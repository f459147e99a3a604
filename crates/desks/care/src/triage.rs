//! Triage: where a class of patient goes, by the edition of the protocol in force. Pure.
//!
//! Nothing of it is stored: an episode keeps how grave it is, and the edition of the moment says what
//! follows. So the queue sorts itself anew in the instant in which an edition changes.

use cases::Severity;
use protocol::{CarePlace, Edition, Placement, Rule};
use serde::{Deserialize, Serialize};
use types::Refusal;

use crate::words::Level;

/// How grave a case is, as far as triage asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// The severity; nothing before anybody has looked.
    pub severity: Option<Severity>,
    /// Whether there is a high-risk factor.
    pub high_risk: bool,
}

/// The order of the queue: those whom nobody has examined come before those who are known to be well.
const RANKS: [Option<Severity>; 6] = [
    Some(Severity::Asymptomatic),
    None,
    Some(Severity::Mild),
    Some(Severity::Moderate),
    Some(Severity::Severe),
    Some(Severity::Critical),
];

impl Condition {
    /// How many there are.
    pub const COUNT: i64 = 12;

    /// Its rank, from 0 (the least grave) to 11: what the queue is ordered by.
    pub fn rank(self) -> i64 {
        let at = RANKS.iter().position(|severity| *severity == self.severity).unwrap_or(0);
        at as i64 * 2 + i64::from(self.high_risk)
    }

    /// Reads [`Condition::rank`].
    pub fn of_rank(rank: i64) -> Option<Condition> {
        let severity = *RANKS.get(usize::try_from(rank / 2).ok()?)?;
        Some(Condition { severity, high_risk: rank % 2 == 1 })
    }

    /// Every condition, the least grave first.
    pub fn all() -> impl Iterator<Item = Condition> {
        (0..Condition::COUNT).filter_map(Condition::of_rank)
    }

    /// Whether it is severe or worse.
    pub fn is_severe(self) -> bool {
        self.severity >= Some(Severity::Severe)
    }
}

/// Where somebody goes, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triage {
    /// The kind of place.
    pub place: CarePlace,
    /// The level of care, for those who need a bed.
    pub level: Option<Level>,
    /// The protocol's parameter that says so.
    pub rule: &'static str,
    /// The edition, for example `treatment-protocol 9th`.
    pub edition: String,
    /// It is so only because of a high-risk factor.
    pub by_risk: bool,
    /// Nobody has examined the person: it may be too little.
    pub unexamined: bool,
}

fn least_level(place: CarePlace) -> Option<Level> {
    match place {
        CarePlace::Home => None,
        CarePlace::CentralizedIsolation => Some(Level::Shelter),
        CarePlace::DesignatedHospital => Some(Level::Ward),
        CarePlace::IntensiveCare => Some(Level::Acute),
    }
}

/// Where a case goes by the edition in force.
///
/// Severe and critical cases go by `place.severe`: the severe to high dependency at least, the
/// critical to intensive care (the protocol says intensive care for both, as early as possible;
/// that a severe case may take either is a choice of ours). Others go by `place.moderate_plus`, by
/// `place.mild` or by `place.asymptomatic`; with a high-risk factor by `place.moderate_plus`, where
/// the edition says so. A case that nobody has examined goes as one without symptoms until it has been.
///
/// # Errors
/// `protocol-not-in-force` when the protocol says nothing about places of care.
pub fn triage(edition: &Edition, condition: Condition) -> Result<Triage, Refusal> {
    let care = edition.care()?;
    let of = |rule: &Rule<Placement>, by_risk: bool| Triage {
        place: rule.value.place,
        level: least_level(rule.value.place),
        rule: rule.info().id,
        edition: rule.info().edition.short_name(),
        by_risk,
        unexamined: condition.severity.is_none(),
    };
    let by_severity = match condition.severity {
        Some(Severity::Critical) => {
            let found = of(&care.severe, false);
            let level = found.level.map(|_| Level::Intensive);
            return Ok(Triage { level, ..found });
        }
        Some(Severity::Severe) => return Ok(of(&care.severe, false)),
        Some(Severity::Moderate) => return Ok(of(&care.moderate_plus, false)),
        Some(Severity::Mild) => of(&care.mild, false),
        Some(Severity::Asymptomatic) | None => of(&care.asymptomatic, false),
    };
    if condition.high_risk && care.moderate_plus.value.high_risk_too {
        let at_risk = of(&care.moderate_plus, true);
        if at_risk.level > by_severity.level {
            return Ok(at_risk);
        }
    }
    Ok(by_severity)
}

/// A condition whose place changes from one edition to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Whose.
    pub condition: Condition,
    /// Where it went.
    pub before: Triage,
    /// Where it goes.
    pub after: Triage,
}

/// What changes for whom between two editions.
///
/// # Errors
/// As [`triage`].
pub fn shifts(before: &Edition, after: &Edition) -> Result<Vec<Shift>, Refusal> {
    let mut found = Vec::new();
    for condition in Condition::all() {
        let (before, after) = (triage(before, condition)?, triage(after, condition)?);
        if (before.place, before.level) != (after.place, after.level) {
            found.push(Shift { condition, before, after });
        }
    }
    Ok(found)
}
