//! What can have happened at the command desk. An event's JSON form is only ever added to.

use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, Micros};

use crate::command::{Decide, KeepForecast};
use crate::document::{Document, Frozen};

/// A fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A bulletin was published.
    BulletinPublished {
        /// What it says.
        document: Document,
        /// The cases behind its figures.
        cases: Vec<Frozen>,
        /// The bulletin that it corrects, with its county.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<(AreaCode, CommandId)>,
    },
    /// Something was decided.
    Decided {
        /// Its number in its areas.
        no: i64,
        /// What was decided.
        of: Decide,
        /// The edition that had the rule at the time; empty without a rule.
        edition: String,
    },
    /// A decision was revoked.
    Revoked {
        /// The county under which it was taken.
        area: AreaCode,
        /// The decision.
        decision: CommandId,
        /// From when on it holds no more.
        at: Micros,
        /// Who signed that.
        signed_by: String,
        /// Why.
        note: String,
    },
    /// A forecast was kept.
    ForecastKept(KeepForecast),
}
