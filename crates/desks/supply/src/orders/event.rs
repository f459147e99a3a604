//! What can have happened to orders. Kept in the journal for ever: only add.

use serde::{Deserialize, Serialize};
use types::{HolderCode, Micros, PlaceCode, UnitId};

use super::words::Via;
use crate::command::{Item, Line};
use crate::event::Home;
use crate::photos::{Image, PhotoHash};
use crate::words::Good;

/// A fact about an order or a group purchase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// A household ordered.
    Placed(Box<Placed>),
    /// The shop accepted it.
    Accepted {
        /// The order.
        order: UnitId,
        /// What lies aside for it.
        picked: Vec<Line>,
        /// By when the household is to have it.
        clock: Micros,
    },
    /// The shop had too little of something.
    Shortened {
        /// The order.
        order: UnitId,
        /// Of what, by its code.
        item: String,
        /// How many it has.
        has: i64,
        /// What it offered instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<Question>,
    },
    /// The household said whether it takes what was offered, or nobody said so in time.
    Answered {
        /// The order.
        order: UnitId,
        /// Whether it takes it.
        yes: bool,
        /// Whether nobody answered.
        #[serde(default)]
        lapsed: bool,
        /// By when the shop is to accept it.
        clock: Micros,
    },
    /// It is packed.
    Packed {
        /// The order.
        order: UnitId,
    },
    /// It left the shop.
    Out {
        /// The order.
        order: UnitId,
        /// Who answers for it.
        carrier: HolderCode,
        /// By when it is to be at the door.
        clock: Micros,
    },
    /// The household has it.
    Received {
        /// The order.
        order: UnitId,
        /// What proves it.
        proof: String,
        /// By when what was paid too much is given back.
        clock: Micros,
        /// The photo that proves it. Receipts of before photos were taken in have their hash in the proof alone: nobody
        /// waits for those.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        photo: Option<PhotoHash>,
    },
    /// The photo that its receipt names has come.
    PhotoCame {
        /// The order.
        order: UnitId,
        /// What it is made of.
        image: Image,
        /// How large it is.
        bytes: i64,
    },
    /// Nobody took it.
    CameBack {
        /// The order.
        order: UnitId,
        /// Why.
        reason: String,
        /// By when it is to be on its way again.
        clock: Micros,
    },
    /// It was cancelled; what lay aside for it lies at the shop again.
    Cancelled {
        /// The order.
        order: UnitId,
        /// Why.
        reason: String,
        /// By when what was paid is given back.
        clock: Micros,
    },
    /// The household paid.
    Paid {
        /// The order.
        order: UnitId,
        /// In fen.
        fen: i64,
        /// How.
        note: String,
    },
    /// Something was given back.
    Refunded {
        /// The order.
        order: UnitId,
        /// In fen.
        fen: i64,
        /// How.
        note: String,
    },
    /// A group purchase began.
    GroupOpened(Box<GroupOpened>),
    /// One ended.
    GroupClosed {
        /// Which.
        group: UnitId,
        /// How many households had joined.
        households: i64,
        /// Whether these were enough.
        met: bool,
    },
    /// An order of a group purchase goes to the shop.
    Released {
        /// The order.
        order: UnitId,
        /// By when the shop is to accept it.
        clock: Micros,
    },
}

impl OrderEvent {
    /// The order that it is about.
    pub fn order(&self) -> Option<UnitId> {
        match self {
            OrderEvent::Placed(c) => Some(c.order),
            OrderEvent::Accepted { order, .. }
            | OrderEvent::Shortened { order, .. }
            | OrderEvent::Answered { order, .. }
            | OrderEvent::Packed { order }
            | OrderEvent::Out { order, .. }
            | OrderEvent::Received { order, .. }
            | OrderEvent::PhotoCame { order, .. }
            | OrderEvent::CameBack { order, .. }
            | OrderEvent::Cancelled { order, .. }
            | OrderEvent::Paid { order, .. }
            | OrderEvent::Refunded { order, .. }
            | OrderEvent::Released { order, .. } => Some(*order),
            OrderEvent::GroupOpened(_) | OrderEvent::GroupClosed { .. } => None,
        }
    }
}

/// See [`OrderEvent::Placed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// The order.
    pub order: UnitId,
    /// The household.
    pub home: Home,
    /// The shop.
    pub shop: HolderCode,
    /// What it ordered, at the prices of that moment.
    pub lines: Vec<Ordered>,
    /// How it came.
    pub via: Via,
    /// The group purchase that it joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UnitId>,
    /// By when the household is to have it.
    pub due: Micros,
    /// By when the shop is to accept it, or the group purchase closes.
    pub clock: Micros,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// For how many days a pack is; 0 of what a household ordered.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub days: i64,
}

/// A line of an order, at the price of the moment in which it was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// Its code on the shop's list; of a pack, the good.
    pub item: String,
    /// What it is made of.
    pub good: Good,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// Grams or pieces in one.
    pub amount: i64,
    /// How many.
    pub count: i64,
    /// What one costs, in fen.
    pub fen: i64,
    /// Whether it is halal.
    #[serde(default)]
    pub halal: bool,
}

impl Ordered {
    /// So many of an item as the shop has it on its list now.
    pub fn of(item: &Item, count: i64) -> Ordered {
        Ordered {
            item: item.code.clone(),
            good: item.good,
            name_zh: item.name_zh.clone(),
            name_en: item.name_en.clone(),
            amount: item.amount,
            count,
            fen: item.fen,
            halal: item.halal,
        }
    }
}

/// What a shop offered instead of something that it had not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Instead of what, by its code.
    pub item: String,
    /// What it offers.
    pub instead: Ordered,
    /// Until when the household may say yes.
    pub until: Micros,
}

/// See [`OrderEvent::GroupOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupOpened {
    /// The group purchase.
    pub group: UnitId,
    /// Whose households may join.
    pub place: PlaceCode,
    /// The shop.
    pub shop: HolderCode,
    /// What can be ordered, at the prices of that moment; `count` is how many a household may have.
    pub items: Vec<Ordered>,
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

fn is_nothing(n: &i64) -> bool {
    *n == 0
}
