//! What can be asked at a bed: care plans, consultations, orders.

use serde::{Deserialize, Serialize};
use types::{CommandId, UnitId};

use crate::words::{OrderKind, TeamRole, Tier};

/// See [`crate::Command::PutCarePlan`]: one patient, one policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutCarePlan {
    /// Whose.
    pub episode: UnitId,
    /// The version that it replaces, as the writer saw it; 0 for the first one.
    pub replaces: u32,
    /// What the care is to reach, in words.
    pub goals: String,
    /// The patient's own team; one of it leads.
    pub team: Vec<Member>,
    /// Hours from now to the next review.
    pub review_hours: u32,
    /// Why it is changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Somebody of a patient's team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What for.
    pub role: TeamRole,
    /// Who, as the hospital names its staff.
    pub who: String,
}

/// See [`crate::Command::ReviewCarePlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewCarePlan {
    /// Whose.
    pub episode: UnitId,
    /// The version that was reviewed.
    pub version: u32,
    /// What was found.
    pub note: String,
    /// Hours from now to the next review.
    pub review_hours: u32,
}

/// See [`crate::Command::Consult`]. The consultation's id is that of the command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consult {
    /// About whom.
    pub episode: UnitId,
    /// Who is asked.
    pub tier: Tier,
    /// Which department, hospital or expert group.
    pub whom: String,
    /// The question.
    pub question: String,
    /// Hours from now by which an opinion is needed.
    pub within_hours: u32,
}

/// See [`crate::Command::Answer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// About whom.
    pub episode: UnitId,
    /// Which consultation.
    pub consultation: CommandId,
    /// The opinion.
    pub opinion: String,
    /// Whose opinion it is.
    pub by: String,
}

/// See [`crate::Command::Order`]. A record of what was ordered; nothing is computed from it. The order's
/// id is that of the command, and it starts at the time of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// For whom.
    pub episode: UnitId,
    /// Of which medicine.
    pub kind: OrderKind,
    /// What.
    pub what: String,
    /// How much, how often, how: as it was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dose: String,
    /// Who ordered it.
    pub by: String,
}

/// See [`crate::Command::StopOrder`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopOrder {
    /// For whom.
    pub episode: UnitId,
    /// Which order.
    pub order: CommandId,
    /// Who stopped it.
    pub by: String,
    /// Why.
    pub reason: String,
}
