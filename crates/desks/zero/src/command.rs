//! What can be asked of the zero desk.

use serde::{Deserialize, Serialize};
use types::{AreaScope, CommandId, PlaceCode};

use crate::ground::Ground;
use crate::words::{Degree, Finding, Kind, What};

/// A command, externally tagged in JSON: `{"sign": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Signs that an area is community-zero.
    Sign(Sign),
    /// Withdraws a certificate by hand.
    Withdraw(Withdraw),
    /// Enters what waste water, a sentinel or antigen tests say.
    EnterSignal(EnterSignal),
    /// Says why a positive signal is no infection of the community.
    ExplainSignal(ExplainSignal),
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::Sign(_) => "zero.sign",
            Command::Withdraw(_) => "zero.withdraw",
            Command::EnterSignal(_) => "zero.enter_signal",
            Command::ExplainSignal(_) => "zero.explain_signal",
        }
    }

    /// The areas that it is about; nothing where only the store can tell.
    pub fn scope(&self) -> Option<AreaScope> {
        match self {
            Command::Sign(c) => Some(c.ground.scope()),
            Command::Withdraw(c) => Some(c.ground.scope()),
            Command::EnterSignal(c) => c.place.area().map(AreaScope::one),
            Command::ExplainSignal(_) => None,
        }
    }
}

fn zero() -> Degree {
    Degree::Zero
}

/// See [`Command::Sign`]. The evidence is not in it: it is read when it is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// What is community-zero.
    pub ground: Ground,
    /// Zero, or basic zero.
    #[serde(default = "zero")]
    pub degree: Degree,
    /// Who signs.
    pub signed_by: String,
    /// What was not met when the signer read it: what has changed since is not signed unread.
    #[serde(default)]
    pub seen: Vec<(What, i64)>,
    /// Why it is signed although something is not met, where the command judges.
    #[serde(default)]
    pub reason: String,
}

/// See [`Command::Withdraw`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// The certificate.
    pub certificate: CommandId,
    /// What it is about.
    pub ground: Ground,
    /// Who signed that.
    pub signed_by: String,
    /// Why.
    pub note: String,
}

/// See [`Command::EnterSignal`]. The event time is when the sample was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterSignal {
    /// Where it comes from: a county, a street or a community.
    pub place: PlaceCode,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub finding: Finding,
    /// What was measured, in words: copies per litre, a Ct.
    #[serde(default)]
    pub value: String,
    /// Who examined it.
    #[serde(default)]
    pub laboratory: String,
    /// Remarks.
    #[serde(default)]
    pub note: String,
}

/// See [`Command::ExplainSignal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainSignal {
    /// The signal: the command that entered it.
    pub signal: CommandId,
    /// Who answers for it.
    pub signed_by: String,
    /// Why it is no infection of the community: a released patient upstream, a second sample.
    pub note: String,
}
