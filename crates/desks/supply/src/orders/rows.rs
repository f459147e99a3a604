//! Orders and group purchases as the rules see them, and how they are written and read.

use std::collections::{BTreeMap, HashSet};

use store::{Row, Value};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, UnitId};

use super::event::{Ordered, Question};
use super::words::{GroupState, Stage, Via};
use crate::command::Line;
use crate::photos::Photo;
use crate::rows::{Rows, place};
use crate::words::Good;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which; its area is that of the shop and the household.
    pub id: UnitId,
    /// The household.
    pub household: HouseholdId,
    /// Its community.
    pub community: String,
    /// Where it is.
    pub place: PlaceCode,
    /// The shop.
    pub shop: HolderCode,
    /// How it came.
    pub via: Via,
    /// The group purchase that it joined.
    pub group: Option<UnitId>,
    /// What is in it.
    pub lines: Vec<Ordered>,
    /// What the household is asked.
    pub question: Option<Question>,
    /// Where it stands.
    pub stage: Stage,
    /// The lots that lie aside for it, or that it was given.
    pub picked: Vec<Line>,
    /// What was paid and not given back, in fen.
    pub paid: i64,
    /// When it was placed.
    pub at: Micros,
    /// By when the household is to have it.
    pub due: Micros,
    /// By when the next step is to be done; nothing when nothing is to be done any more.
    pub clock: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// Who brings it, or brought it.
    pub carrier: Option<HolderCode>,
    /// The batch that it is in.
    pub batch: Option<UnitId>,
    /// How often it came back.
    pub tries: i64,
    /// What was said last.
    pub said: String,
    /// Who recorded it.
    pub actor: String,
    /// For how many days a pack is; 0 of what a household ordered.
    pub days: i64,
}

impl Order {
    /// What its lines cost together, in fen.
    pub fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.fen.saturating_mul(line.count)).sum()
    }

    /// What the household owes for it: nothing for what was cancelled.
    pub fn price(&self) -> i64 {
        match self.stage {
            Stage::Cancelled | Stage::Refunded => 0,
            _ => self.total(),
        }
    }

    /// What is to be given back, in fen.
    pub fn owed(&self) -> i64 {
        match self.stage.is_open() {
            // What is cut from an open order may still change.
            true => 0,
            false => (self.paid - self.price()).max(0),
        }
    }

    /// Whether there is something to eat in it, for everybody.
    pub fn has_food(&self) -> bool {
        self.lines.iter().any(|line| line.good.feeds() && line.count > 0)
    }

    /// How much of a good it takes.
    pub fn amount(&self, good: Good) -> i64 {
        self.lines
            .iter()
            .filter(|line| line.good == good)
            .map(|line| line.amount.saturating_mul(line.count))
            .sum()
    }
}

/// Reads a row of the select of [`crate::tables::orders`].
pub(crate) fn read_order(row: &Row) -> store::Result<Order> {
    Ok(Order {
        id: UnitId::from_bytes(row.id(0)?),
        household: HouseholdId::from_bytes(row.id(1)?),
        community: row.text(2)?.to_owned(),
        place: place(row, 3)?,
        shop: row.holder(4)?,
        via: row.word(5, "Via", Via::parse)?,
        group: row.opt_id(6)?.map(UnitId::from_bytes),
        lines: row.json(7)?,
        question: row.opt_json(8)?,
        stage: row.word(9, "Stage", Stage::parse)?,
        picked: row.json(10)?,
        paid: row.int(11)?,
        at: row.time(12)?,
        due: row.time(13)?,
        clock: row.opt_time(14)?,
        ended_at: row.opt_time(15)?,
        carrier: match row.opt_text(16)? {
            None => None,
            Some(_) => Some(row.holder(16)?),
        },
        tries: row.int(17)?,
        said: row.text(18)?.to_owned(),
        actor: row.text(19)?.to_owned(),
        batch: row.opt_id(20)?.map(UnitId::from_bytes),
        days: row.int(21)?,
    })
}

/// Writes an order for [`crate::tables::orders::ORDER_PUT`].
pub(crate) fn order_values(o: &Order, values: &mut Vec<Value>) {
    values.extend([
        o.id.area().into(),
        o.id.into(),
        o.household.into(),
        o.community.as_str().into(),
        (&o.place).into(),
        (&o.shop).into(),
        o.via.as_str().into(),
        o.group.into(),
        Value::json(&o.lines),
        o.question.as_ref().map_or(Value::Null, Value::json),
        o.stage.as_str().into(),
        Value::json(&o.picked),
        o.paid.into(),
        o.at.into(),
        o.due.into(),
        o.clock.into(),
        o.ended_at.into(),
        o.carrier.as_ref().map(HolderCode::as_str).into(),
        o.batch.into(),
        o.tries.into(),
        o.said.as_str().into(),
        o.actor.as_str().into(),
        o.stage.is_open().into(),
        (o.owed() > 0).into(),
        o.days.into(),
    ]);
}

/// A group purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: UnitId,
    /// Whose households may join.
    pub place: PlaceCode,
    /// The shop.
    pub shop: HolderCode,
    /// What can be ordered; `count` is how many a household may have.
    pub items: Vec<Ordered>,
    /// How many households are needed.
    pub minimum: i64,
    /// How many orders are in it.
    pub joined: i64,
    /// Until when households may join.
    pub closes_at: Micros,
    /// By when it is brought.
    pub due: Micros,
    /// Where it stands.
    pub state: GroupState,
    /// What to know.
    pub note: String,
    /// Who opened it.
    pub actor: String,
    /// When.
    pub at: Micros,
}

/// Reads [`crate::tables::orders::GROUP_BY_ID`].
pub(crate) fn read_group(row: &Row) -> store::Result<Group> {
    Ok(Group {
        id: UnitId::from_bytes(row.id(0)?),
        place: place(row, 1)?,
        shop: row.holder(2)?,
        items: row.json(3)?,
        minimum: row.int(4)?,
        joined: row.int(5)?,
        closes_at: row.time(6)?,
        due: row.time(7)?,
        state: row.word(8, "GroupState", GroupState::parse)?,
        note: row.text(9)?.to_owned(),
        actor: row.text(10)?.to_owned(),
        at: row.time(11)?,
    })
}

/// Writes a group purchase for [`crate::tables::orders::GROUP_PUT`].
pub(crate) fn group_values(g: &Group, values: &mut Vec<Value>) {
    values.extend([
        g.id.area().into(),
        g.id.into(),
        (&g.place).into(),
        (&g.shop).into(),
        Value::json(&g.items),
        g.minimum.into(),
        g.joined.into(),
        g.closes_at.into(),
        g.due.into(),
        g.state.as_str().into(),
        g.note.as_str().into(),
        g.actor.as_str().into(),
        g.at.into(),
    ]);
}

/// The orders and group purchases that one group of commands touches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub orders: Rows<UnitId, Order>,
    pub groups: Rows<UnitId, Group>,
    /// The photos that the receipts of orders name, by order.
    pub photos: Rows<UnitId, Photo>,
    /// Households and shops of which all open orders are loaded, group purchases of which all are.
    pub of_household: HashSet<HouseholdId>,
    pub of_shop: HashSet<HolderCode>,
    pub of_group: HashSet<UnitId>,
    /// What is to be added: orders by community, stage and the hour of their clock.
    pub counts: BTreeMap<(AreaCode, String, Stage, Micros), i64>,
    /// What is to be added: photos that receipts name by county and hour, how many came, and their bytes.
    pub photo_counts: BTreeMap<(AreaCode, Micros), (i64, i64, i64)>,
}

impl Book {
    /// The loaded orders that a question picks, in the order of their ids.
    pub(crate) fn pick(&self, wanted: impl Fn(&Order) -> bool) -> Vec<&Order> {
        let mut found: Vec<&Order> =
            self.orders.iter().map(|(_, order)| order).filter(|order| wanted(order)).collect();
        found.sort_by_key(|order| order.id);
        found
    }
}
