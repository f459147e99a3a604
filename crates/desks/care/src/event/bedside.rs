//! What can have happened at a bed.

use serde::{Deserialize, Serialize};
use types::{CommandId, Micros, UnitId};

use crate::command::{Consult, Member, Order};

/// See [`crate::Event::CarePlanPut`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarePlanPut {
    /// Whose.
    pub episode: UnitId,
    /// Which version it is, from 1.
    pub version: u32,
    /// The goals.
    pub goals: String,
    /// The team.
    pub team: Vec<Member>,
    /// When it is to be reviewed.
    pub due: Micros,
    /// Why it was changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// See [`crate::Event::Consulted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consulted {
    /// Which.
    pub consultation: CommandId,
    /// What was asked.
    pub asked: Consult,
    /// By when.
    pub due: Micros,
}

/// See [`crate::Event::Ordered`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ordered {
    /// Which.
    pub id: CommandId,
    /// What was ordered.
    pub order: Order,
}
