//! Moves: the ledger's own vocabulary, append-only.

use serde::{Deserialize, Serialize};
use types::{CommandId, HolderCode, Micros, UnitId};

/// What happened to a unit (EPCIS: object and aggregation events) or to a quantity.
///
/// Its JSON form, for example `{"close":{"unit":"T2202020001234560","reason":"reported"}}`, is
/// kept for ever in the journal: only add to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// The unit comes into being, with its first holder.
    Open {
        /// The unit.
        unit: UnitId,
        /// Who answers for it first.
        holder: HolderCode,
        /// Where it stands in its desk's sequence of steps.
        step: String,
        /// By when the step has to be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Micros>,
        /// By when it has to be out of any container: see [`crate::Custody::limit`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Micros>,
    },
    /// The unit changes hands.
    Hand {
        /// The unit.
        unit: UnitId,
        /// Who gave it; `None` when the taker does not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        giver: Option<HolderCode>,
        /// Who answers for it from now on.
        taker: HolderCode,
        /// The step that begins.
        step: String,
        /// By when that step has to be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Micros>,
        /// By when it has to be out of any container: see [`crate::Custody::limit`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Micros>,
        /// What proves it: the other side's countersign, a note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<String>,
    },
    /// The unit goes into a container and from then on wherever that goes.
    Pack {
        /// The unit.
        unit: UnitId,
        /// The container: box, vehicle.
        into: UnitId,
    },
    /// The unit comes out of its container, into a holder's hands.
    Unpack {
        /// The unit.
        unit: UnitId,
        /// Who answers for it from now on.
        holder: HolderCode,
        /// The step that begins.
        step: String,
        /// By when that step has to be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Micros>,
        /// By when it has to be out of any container: see [`crate::Custody::limit`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Micros>,
    },
    /// The same holder begins another step, or gets another deadline.
    Step {
        /// The unit.
        unit: UnitId,
        /// The step.
        step: String,
        /// By when it has to be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Micros>,
    },
    /// The unit's story ends.
    Close {
        /// The unit.
        unit: UnitId,
        /// Why, as a desk's word, for example `reported` or [`crate::LOST`].
        reason: String,
    },
    /// A person resolved a dispute: the named move does not stand.
    Void {
        /// The unit.
        unit: UnitId,
        /// The move that does not stand.
        target: MomentRef,
        /// Why.
        note: String,
    },
    /// A quantity passes from one account to another (double entry: the sum stays zero).
    Post {
        /// What, with its unit of measure, for example `tubes` or `vegetables:kg`.
        commodity: String,
        /// The account that gives.
        from: String,
        /// The account that takes.
        to: String,
        /// How much; positive.
        amount: i64,
    },
}

impl Move {
    /// The unit that moves; `None` for a quantity.
    pub fn unit(&self) -> Option<UnitId> {
        match self {
            Move::Open { unit, .. }
            | Move::Hand { unit, .. }
            | Move::Pack { unit, .. }
            | Move::Unpack { unit, .. }
            | Move::Step { unit, .. }
            | Move::Close { unit, .. }
            | Move::Void { unit, .. } => Some(*unit),
            Move::Post { .. } => None,
        }
    }
}

/// Names one move for ever: the command that made it and its place in that command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MomentRef {
    /// The command.
    pub command: CommandId,
    /// Place among the command's moves, from 0.
    pub n: u32,
}

/// A move with its when and who: one line of a unit's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it happened, by the device's corrected clock.
    pub event_time: Micros,
    /// When we learnt of it.
    pub record_time: Micros,
    /// Its name.
    pub reference: MomentRef,
    /// Who recorded it.
    pub actor: String,
    /// What happened.
    pub what: Move,
}
