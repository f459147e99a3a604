//! What can be asked about orders and group purchases.

use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, HolderCode, HouseholdId, Micros, PlaceCode, UnitId};

use super::words::Via;
use crate::photos::{Image, PhotoHash};

/// A command about orders: `{"supply": {"order": {"place": {…}}}}`.
///
/// All are sent under the county of the shop, which is that of the household.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderCommand {
    /// A household orders.
    Place(Place),
    /// The shop accepts orders: their goods lie aside from now on. Those for which it has too little stay as they
    /// are, with a remark.
    Accept {
        /// The shop.
        shop: HolderCode,
        /// The orders.
        orders: Vec<UnitId>,
    },
    /// The shop has too little of something, and may offer something else instead.
    Short(Short),
    /// The household says whether it takes what was offered instead.
    Answer {
        /// The household.
        household: HouseholdId,
        /// The order.
        order: UnitId,
        /// Whether it takes it.
        yes: bool,
    },
    /// Nobody has answered in time: what was offered instead is not taken.
    Lapse {
        /// The orders.
        orders: Vec<UnitId>,
    },
    /// Orders are packed.
    Pack {
        /// The shop.
        shop: HolderCode,
        /// The orders.
        orders: Vec<UnitId>,
    },
    /// Packed orders leave the shop.
    HandOver {
        /// The shop.
        shop: HolderCode,
        /// The orders.
        orders: Vec<UnitId>,
        /// Who answers for them from now on: a vehicle, a volunteer.
        carrier: HolderCode,
    },
    /// The household has it.
    Receive {
        /// The household.
        household: HouseholdId,
        /// The order.
        order: UnitId,
        /// What proves it.
        proof: Proof,
    },
    /// The photo that a receipt names has come. The server says so, once it keeps it.
    PhotoCame {
        /// The order.
        order: UnitId,
        /// The SHA-256 of what has come.
        hash: PhotoHash,
        /// What it is made of.
        image: Image,
        /// How large it is.
        bytes: i64,
    },
    /// Nobody took it.
    ComeBack {
        /// The order.
        order: UnitId,
        /// Why.
        reason: String,
    },
    /// The household does not want it any more.
    Cancel {
        /// The household.
        household: HouseholdId,
        /// The order.
        order: UnitId,
        /// Why; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The shop cannot fulfil it.
    Decline {
        /// The shop.
        shop: HolderCode,
        /// The order.
        order: UnitId,
        /// Why.
        reason: String,
    },
    /// The household has paid.
    Pay {
        /// The shop.
        shop: HolderCode,
        /// The order.
        order: UnitId,
        /// In fen.
        fen: i64,
        /// How: cash, a payment's number.
        note: String,
    },
    /// What was paid too much is given back.
    Refund {
        /// The shop.
        shop: HolderCode,
        /// The order.
        order: UnitId,
        /// In fen.
        fen: i64,
        /// How: cash, a payment's number.
        note: String,
    },
    /// Opens a group purchase for a compound.
    OpenGroup(OpenGroup),
    /// Closes one whose time is over.
    CloseGroup {
        /// Which.
        group: UnitId,
    },
    /// Packs for households that cannot order: what is in each follows from its people and its needs.
    Packs {
        /// The shop that packs them.
        shop: HolderCode,
        /// Who gets one.
        households: Vec<HouseholdId>,
        /// For how many days.
        days: i64,
    },
}

/// See [`OrderCommand::Place`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The household.
    pub household: HouseholdId,
    /// The shop.
    pub shop: HolderCode,
    /// What it wants.
    pub lines: Vec<Want>,
    /// How it came.
    pub via: Via,
    /// The group purchase that it joins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UnitId>,
    /// Anything to say; of a call, who called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How many of an item, at the price that the household has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// Its code on the shop's list.
    pub item: String,
    /// How many.
    pub count: i64,
    /// What one costs, in fen.
    pub fen: i64,
}

/// See [`OrderCommand::Short`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Short {
    /// The shop.
    pub shop: HolderCode,
    /// The order.
    pub order: UnitId,
    /// Of which it has too little, by its code.
    pub item: String,
    /// How many it has.
    pub has: i64,
    /// What it offers instead; the household says yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
}

/// What a shop offers instead of something that it has not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    /// Its code on the shop's list.
    pub item: String,
    /// How many.
    pub count: i64,
}

/// See [`OrderCommand::OpenGroup`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenGroup {
    /// Whose households may join: a community, a compound, a building.
    pub place: PlaceCode,
    /// The shop.
    pub shop: HolderCode,
    /// What can be ordered, by the codes of the shop's list; prices are frozen now.
    pub items: Vec<String>,
    /// How many households are needed.
    pub minimum: i64,
    /// Until when households may join.
    pub closes_at: Micros,
    /// By when it is brought.
    pub due: Micros,
    /// What to know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What proves that a household has its goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The code that the household sees on its own page.
    Code(String),
    /// A photo, by the SHA-256 of its bytes in hexadecimal.
    Photo(String),
    /// What somebody says: who took it.
    Said(String),
    /// The household itself says so.
    Household,
}

impl Proof {
    /// The word for the journal: a code is not kept.
    pub fn as_kept(&self) -> String {
        match self {
            Proof::Code(_) => "code".to_owned(),
            Proof::Photo(hash) => format!("photo {hash}"),
            Proof::Said(said) => said.trim().to_owned(),
            Proof::Household => "household".to_owned(),
        }
    }
}

impl OrderCommand {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            OrderCommand::Place(_) => "supply.order.place",
            OrderCommand::Accept { .. } => "supply.order.accept",
            OrderCommand::Short(_) => "supply.order.short",
            OrderCommand::Answer { .. } => "supply.order.answer",
            OrderCommand::Lapse { .. } => "supply.order.lapse",
            OrderCommand::Pack { .. } => "supply.order.pack",
            OrderCommand::HandOver { .. } => "supply.order.hand_over",
            OrderCommand::Receive { .. } => "supply.order.receive",
            OrderCommand::PhotoCame { .. } => "supply.order.photo_came",
            OrderCommand::ComeBack { .. } => "supply.order.come_back",
            OrderCommand::Cancel { .. } => "supply.order.cancel",
            OrderCommand::Decline { .. } => "supply.order.decline",
            OrderCommand::Pay { .. } => "supply.order.pay",
            OrderCommand::Refund { .. } => "supply.order.refund",
            OrderCommand::OpenGroup(_) => "supply.order.open_group",
            OrderCommand::CloseGroup { .. } => "supply.order.close_group",
            OrderCommand::Packs { .. } => "supply.order.packs",
        }
    }

    /// Whether only the server may say so, and no client.
    pub fn is_internal(&self) -> bool {
        matches!(self, OrderCommand::PhotoCame { .. })
    }

    /// The shop that the command names.
    pub fn shop(&self) -> Option<&HolderCode> {
        match self {
            OrderCommand::Place(c) => Some(&c.shop),
            OrderCommand::Short(c) => Some(&c.shop),
            OrderCommand::OpenGroup(c) => Some(&c.shop),
            OrderCommand::Accept { shop, .. }
            | OrderCommand::Pack { shop, .. }
            | OrderCommand::HandOver { shop, .. }
            | OrderCommand::Decline { shop, .. }
            | OrderCommand::Pay { shop, .. }
            | OrderCommand::Refund { shop, .. }
            | OrderCommand::Packs { shop, .. } => Some(shop),
            _ => None,
        }
    }

    /// The households that the command names.
    pub fn households(&self) -> &[HouseholdId] {
        match self {
            OrderCommand::Place(c) => std::slice::from_ref(&c.household),
            OrderCommand::Answer { household, .. }
            | OrderCommand::Receive { household, .. }
            | OrderCommand::Cancel { household, .. } => std::slice::from_ref(household),
            OrderCommand::Packs { households, .. } => households,
            _ => &[],
        }
    }

    /// The orders that the command names.
    pub fn orders(&self) -> &[UnitId] {
        match self {
            OrderCommand::Accept { orders, .. }
            | OrderCommand::Lapse { orders }
            | OrderCommand::Pack { orders, .. }
            | OrderCommand::HandOver { orders, .. } => orders,
            OrderCommand::Short(c) => std::slice::from_ref(&c.order),
            OrderCommand::Answer { order, .. }
            | OrderCommand::Receive { order, .. }
            | OrderCommand::ComeBack { order, .. }
            | OrderCommand::Cancel { order, .. }
            | OrderCommand::Decline { order, .. }
            | OrderCommand::Pay { order, .. }
            | OrderCommand::Refund { order, .. } => std::slice::from_ref(order),
            _ => &[],
        }
    }
}

/// The `n`th order that a command makes: derived, so that it exists once.
pub fn order_id(area: AreaCode, command: CommandId, n: u32) -> UnitId {
    UnitId::derived(crate::ORDER, area, &[b"order", &command.bytes(), &n.to_be_bytes()])
}

/// The group purchase that a command opens.
pub fn group_id(area: AreaCode, command: CommandId) -> UnitId {
    UnitId::derived(crate::GROUP, area, &[b"group", &command.bytes()])
}
