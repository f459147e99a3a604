//! Group purchases: opened for a compound, joined until they close, and then there are enough or everybody is told.

use ledger::{Decision, Move, note_fits};
use registry::place::{Level, area_of, chain_of};
use types::{HolderCode, Refusal, UnitId};

use super::super::command::{OpenGroup, group_id};
use super::super::event::{GroupOpened, OrderEvent, Ordered};
use super::super::rows::Group;
use super::super::words::{GroupState, Stage};
use super::super::{ACCEPT_WITHIN, GROUP_OPEN, MOST_ITEMS, MOST_ORDERS};
use super::placing::{listed, serving};
use super::{Asking, cancelled, told};
use crate::event::Home;
use crate::rules::{Decided, few};

/// The step of a group purchase in the ledger.
const JOINING: &str = "joining";

pub(super) fn open(facts: &Asking<'_>, c: &OpenGroup) -> Decided {
    note_fits(&c.note)?;
    few(c.items.len())?;
    if c.items.len() > MOST_ITEMS {
        return Err(Refusal::new("too-many-lines").with("limit", MOST_ITEMS));
    }
    if area_of(&c.place) != facts.asked.area {
        return Err(Refusal::new("place-of-another-county").with("place", &c.place));
    }
    if Level::of(&c.place).is_none_or(|level| level < Level::Community) {
        return Err(Refusal::new("restriction-too-wide").with("place", &c.place));
    }
    let community = c.place.as_str().get(..12).unwrap_or_default();
    serving(facts, &c.shop, community)?;
    let at = facts.at();
    let limit = i64::from(MOST_ORDERS);
    if !(2..=limit).contains(&c.minimum) {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", c.minimum)
            .with("limit", limit));
    }
    if c.closes_at <= at || c.closes_at > at + GROUP_OPEN || c.due <= c.closes_at {
        return Err(Refusal::new("group-times-wrong")
            .with("days", GROUP_OPEN.0 / types::Span::days(1).0)
            .by_rule("supply.group-deadline"));
    }
    let mut items = Vec::with_capacity(c.items.len());
    for (n, code) in c.items.iter().enumerate() {
        if c.items[..n].contains(code) {
            return Err(Refusal::new("item-named-twice").with("item", code));
        }
        let item = listed(facts, &c.shop, code)?;
        items.push(Ordered::of(item, item.at_most));
    }
    let group = group_id(facts.asked.area, facts.asked.id);
    let mut decision = Decision::fact(told(OrderEvent::GroupOpened(Box::new(GroupOpened {
        group,
        place: c.place.clone(),
        shop: c.shop.clone(),
        items,
        minimum: c.minimum,
        closes_at: c.closes_at,
        due: c.due,
        note: c.note.trim().to_owned(),
    }))));
    decision.moves.push(Move::Open {
        unit: group,
        holder: HolderCode::desk(facts.asked.area),
        step: JOINING.to_owned(),
        deadline: Some(c.closes_at),
        limit: None,
    });
    Ok(decision)
}

fn known<'a>(facts: &'a Asking<'_>, id: UnitId) -> Result<&'a Group, Refusal> {
    let group = facts.state.book.groups.get(&id).filter(|_| id.area() == facts.asked.area);
    group.ok_or_else(|| Refusal::new("group-unknown").with("group", id))
}

/// A group purchase that a household may join now, at the shop that it is of.
pub(super) fn joinable<'a>(
    facts: &'a Asking<'_>,
    id: UnitId,
    home: &Home,
    shop: &HolderCode,
) -> Result<&'a Group, Refusal> {
    let group = known(facts, id)?;
    if group.state != GroupState::Open || facts.at() >= group.closes_at {
        return Err(Refusal::new("group-closed")
            .with("group", id)
            .by_rule("supply.group-deadline"));
    }
    if group.shop != *shop {
        return Err(Refusal::new("order-of-another-shop").with("order", id).with("site", shop));
    }
    if !chain_of(&home.place).contains(&group.place) {
        return Err(Refusal::new("group-of-another-place").with("place", &group.place));
    }
    if group.joined >= i64::from(MOST_ORDERS) {
        return Err(Refusal::new("too-many-lines").with("limit", MOST_ORDERS));
    }
    Ok(group)
}

pub(super) fn close(facts: &Asking<'_>, id: UnitId) -> Decided {
    let group = known(facts, id)?;
    if group.state != GroupState::Open {
        return Err(Refusal::new("group-closed").with("group", id));
    }
    if facts.at() < group.closes_at {
        return Err(Refusal::new("group-still-open").with("group", id));
    }
    let orders = facts.state.book.pick(|o| o.group == Some(id) && o.stage == Stage::Joined);
    // A household counts once, however often it ordered.
    let mut homes: Vec<_> = orders.iter().map(|order| order.household).collect();
    homes.sort_unstable();
    homes.dedup();
    let households = homes.len() as i64;
    let met = households >= group.minimum;
    let mut decision = Decision::fact(told(OrderEvent::GroupClosed { group: id, households, met }));
    let reason = if met { "met" } else { "short" };
    decision.moves.push(Move::Close { unit: id, reason: reason.to_owned() });
    let clock = facts.at() + ACCEPT_WITHIN;
    for order in orders {
        if !met {
            decision.join(cancelled(facts, order, "group-too-few"));
            continue;
        }
        decision.moves.push(Move::Hand {
            unit: order.id,
            giver: facts.units.holder(order.id).cloned(),
            taker: group.shop.clone(),
            step: Stage::Placed.to_string(),
            deadline: Some(clock),
            limit: None,
            evidence: None,
        });
        decision.events.push(told(OrderEvent::Released { order: order.id, clock }));
    }
    Ok(decision)
}
