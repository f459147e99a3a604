//! What can have happened at the zero desk. An event's JSON form is only ever added to.

use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, Micros, UnitId};

use crate::command::EnterSignal;
use crate::document::Document;
use crate::words::Cause;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A certificate was signed.
    Signed {
        /// What it says.
        document: Box<Document>,
        /// Its mark.
        digest: String,
    },
    /// An infection of the community was found, or became known, on a day of a certificate of basic zero, which
    /// was not among those that were known when it was signed.
    Counted {
        /// The county under which it was signed.
        area: AreaCode,
        /// The certificate.
        certificate: CommandId,
        /// The case.
        case: UnitId,
        /// When it counts.
        at: Micros,
    },
    /// A certificate holds no more, and never will again.
    Withdrawn {
        /// The county under which it was signed.
        area: AreaCode,
        /// The certificate.
        certificate: CommandId,
        /// Why.
        cause: Cause,
        /// The case, the tube or the signal behind that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UnitId>,
        /// When that happened which speaks against it.
        at: Micros,
        /// What was said; empty for what follows by itself.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Who signed that; empty for what follows by itself.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        signed_by: String,
    },
    /// A signal was entered.
    SignalEntered(EnterSignal),
    /// A signal was explained.
    SignalExplained {
        /// The county of the signal.
        area: AreaCode,
        /// The signal.
        signal: CommandId,
        /// Who answers for it.
        signed_by: String,
        /// Why it is no infection of the community.
        note: String,
    },
}
