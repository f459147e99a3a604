//! What can have happened to passes, gates and batches. Kept in the journal for ever: only add.

use registry::command::SealedIdentity;
use serde::{Deserialize, Serialize};
use types::{HolderCode, Micros, PlaceCode, UnitId};

use super::command::{GivePass, NewStop};

/// A fact about a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryEvent {
    /// A pass was given.
    PassGiven(Box<PassGiven>),
    /// One was taken away.
    PassWithdrawn {
        /// Which.
        pass: UnitId,
        /// Why.
        reason: String,
    },
    /// When a gate takes deliveries.
    GatePut {
        /// The place.
        place: PlaceCode,
        /// From which minute of the day.
        opens: i64,
        /// Until which minute of the day.
        closes: i64,
        /// Why nobody gets there; empty where somebody does.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        blocked: String,
    },
    /// Where what a shop packs leaves from.
    DockPut {
        /// The shop.
        shop: HolderCode,
        /// The sorting centre; none: from the shop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dock: Option<HolderCode>,
    },
    /// Orders were put together.
    Batched(Box<Batched>),
    /// A batch left.
    Departed {
        /// Which.
        batch: UnitId,
    },
    /// A vehicle is at a gate.
    Arrived {
        /// The batch.
        batch: UnitId,
        /// The place.
        place: PlaceCode,
    },
    /// What a batch was planned by holds no more.
    Stale {
        /// Which.
        batch: UnitId,
        /// Why.
        reason: String,
    },
    /// A batch is none any more.
    Dissolved {
        /// Which.
        batch: UnitId,
        /// Why.
        reason: String,
    },
    /// An order changed hands on its way.
    PassedOn {
        /// The order.
        order: UnitId,
        /// Who has it.
        carrier: HolderCode,
        /// By when it is to be at the door.
        clock: Micros,
    },
}

/// See [`DeliveryEvent::PassGiven`]. A volunteer's registration is a pass, too: of a holder `volunteer:CODE`, without
/// plate and load, for the gates at which orders are handed to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassGiven {
    /// The pass.
    pub pass: UnitId,
    /// What was asked.
    #[serde(flatten)]
    pub given: GivePass,
    /// Where the driver lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<PlaceCode>,
    /// Of a volunteer: who vouches.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vouched: String,
    /// Of a volunteer who is not registered: name and telephone, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SealedIdentity>,
}

/// See [`DeliveryEvent::Batched`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batched {
    /// The batch.
    pub batch: UnitId,
    /// The shop or the sorting centre that it leaves.
    pub shop: HolderCode,
    /// The pass.
    pub pass: UnitId,
    /// The vehicle.
    pub vehicle: HolderCode,
    /// When it leaves.
    pub leaves_at: Micros,
    /// What it weighs, in grams.
    pub weight: i64,
    /// Where it goes.
    pub stops: Vec<NewStop>,
}
