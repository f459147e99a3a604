//! Orders: by a household on its phone, by a call, in a group purchase, as a pack for who cannot order.
//!
//! An order has its prices of the moment in which it was placed. What is accepted lies aside in an account of its
//! own, `reserved:SHOP`, and cannot be sold twice; on its way it is in `out:SHOP`, at last in `home`. What a shop has
//! not it says, and what it offers instead is taken with consent only: silence is a no. An order ends in the
//! household, or is cancelled, and then what was paid is given back, with a clock. See [`Stage::leads_to`].

mod apply;
mod command;
mod event;
mod load;
mod rows;
mod rules;
pub(crate) mod views;
mod words;

use types::Span;

pub use command::{
    Instead, OpenGroup, OrderCommand, Place, Proof, Short, Want, group_id, order_id,
};
pub use event::{GroupOpened, OrderEvent, Ordered, Placed, Question};
pub use rows::{Group, Order};
pub use rules::pack_for;
pub use words::{GroupState, Stage, Via};

pub(crate) use apply::{apply, carried};
pub(crate) use load::{of_command, of_event};
pub(crate) use rows::{Book, read_group, read_order};
pub(crate) use rules::{decide, of_a_closed_shop, out_of, returned, to_carrier};

/// By when a shop says whether it has what was ordered: a setting of this program.
pub const ACCEPT_WITHIN: Span = Span::hours(4);
/// By when a household has what it ordered: a setting of this program.
pub const DELIVER_WITHIN: Span = Span::hours(24);
/// Until when a household may take what is offered instead: a setting of this program.
pub const CONSENT_WITHIN: Span = Span::hours(2);
/// By when what has left the shop is at the door: a setting of this program.
pub const OUT_WITHIN: Span = Span::hours(4);
/// By when what came back is on its way again: a setting of this program.
pub const AGAIN_WITHIN: Span = Span::hours(4);
/// By when what was paid too much is given back: a setting of this program.
pub const REFUND_WITHIN: Span = Span::days(3);
/// How long a group purchase may be open at most: a setting of this program.
pub const GROUP_OPEN: Span = Span::days(7);
/// How many orders a household may have open at once: a setting of this program.
pub const MOST_OPEN: usize = 3;
/// Most orders of one command, and of one group purchase.
pub const MOST_ORDERS: u32 = 2_000;
/// For how many days a pack is, and at most: settings of this program.
pub const PACK_DAYS: i64 = 3;
/// See [`PACK_DAYS`].
pub const PACK_DAYS_AT_MOST: i64 = 14;
/// Most lines of an order.
pub const MOST_ITEMS: usize = 40;

/// What lies aside for orders at a shop, in the ledger's accounts.
pub(crate) fn reserved(shop: &types::HolderCode) -> String {
    format!("reserved:{shop}")
}

/// What is on its way from a shop to doors, in the ledger's accounts.
pub(crate) fn out(shop: &types::HolderCode) -> String {
    format!("out:{shop}")
}
