//! Placing an order: what a household wants, held against the shop's list of the moment.

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, HouseholdId, Refusal};

use super::super::command::{Place, Want, order_id};
use super::super::event::{OrderEvent, Ordered, Placed};
use super::super::words::{Stage, Via};
use super::super::{ACCEPT_WITHIN, DELIVER_WITHIN, MOST_ITEMS, MOST_OPEN};
use super::{Asking, group, told};
use crate::command::Item;
use crate::event::Event;
use crate::rows::Site;
use crate::rules::{Decided, few, yuan};
use crate::words::{Good, Need};

/// A shop that is open and serves a community.
pub(super) fn serving<'a>(
    facts: &'a Asking<'_>,
    code: &HolderCode,
    community: &str,
) -> Result<&'a Site, Refusal> {
    let shop = facts.shop(code)?;
    let serves = facts.state.shops_of(community).iter().any(|(shop, _)| *shop == code);
    match serves {
        true => Ok(shop),
        false => Err(Refusal::new("shop-does-not-serve")
            .with("site", code)
            .with("place", community)
            .by_rule("supply.shop-of-community")),
    }
}

/// Something on a shop's list of this moment, below the highest price.
pub(super) fn listed<'a>(
    facts: &'a Asking<'_>,
    shop: &HolderCode,
    code: &str,
) -> Result<&'a Item, Refusal> {
    let known = facts.state.items.get(&(shop.clone(), code.to_owned())).filter(|p| !p.off);
    let Some(priced) = known else {
        return Err(Refusal::new("item-off").with("item", code).with("site", shop));
    };
    let limit = facts.state.limits.get(&(facts.asked.area, priced.item.good));
    if let Some((_, limit)) = limit
        && crate::is_over(&priced.item, *limit)
    {
        return Err(Refusal::new("price-over-limit")
            .with("item", code)
            .with("good", priced.item.good)
            .with("limit", yuan(*limit))
            .by_rule("supply.price-limit"));
    }
    Ok(&priced.item)
}

/// Whoever eats halal is not sold pork by mistake.
pub(super) fn halal(facts: &Asking<'_>, household: HouseholdId, good: Good) -> Result<(), Refusal> {
    let known = facts.state.household(household);
    match good == Good::Pork && known.is_some_and(|h| h.needs.contains(&Need::Halal)) {
        true => Err(Refusal::new("not-halal").with("household", household)),
        false => Ok(()),
    }
}

/// How many of an item a household has in open orders already, of one shop.
fn had(facts: &Asking<'_>, household: HouseholdId, shop: &HolderCode, item: &str) -> i64 {
    let open =
        facts.state.book.pick(|o| o.household == household && o.shop == *shop && o.stage.is_open());
    let lines = open.iter().flat_map(|order| &order.lines).filter(|line| line.item == item);
    lines.map(|line| line.count).sum()
}

fn wanted(
    facts: &Asking<'_>,
    c: &Place,
    want: &Want,
    offered: &Ordered,
) -> Result<Ordered, Refusal> {
    if want.count < 1 {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", want.count)
            .with("limit", offered.count));
    }
    if want.fen != offered.fen {
        return Err(Refusal::new("price-changed")
            .with("item", &want.item)
            .with("seen", yuan(want.fen))
            .with("now", yuan(offered.fen))
            .by_rule("supply.price-of-the-moment"));
    }
    let all = had(facts, c.household, &c.shop, &want.item) + want.count;
    if all > offered.count {
        return Err(Refusal::new("more-than-a-household-may-have")
            .with("item", &want.item)
            .with("limit", offered.count)
            .with("wanted", all)
            .by_rule("supply.household-limit"));
    }
    halal(facts, c.household, offered.good)?;
    Ok(Ordered { count: want.count, ..offered.clone() })
}

pub(super) fn place(facts: &Asking<'_>, c: &Place) -> Decided {
    note_fits(&c.note)?;
    if c.via == Via::Telephone {
        note_needed(&c.note)?;
    }
    if c.via == Via::Entitlement || (c.via == Via::Group) != c.group.is_some() {
        return Err(Refusal::new("order-came-otherwise").with("via", c.via));
    }
    few(c.lines.len())?;
    if c.lines.len() > MOST_ITEMS {
        return Err(Refusal::new("too-many-lines").with("limit", MOST_ITEMS));
    }
    let home = facts.state.homes.get(&c.household);
    let home = home
        .ok_or_else(|| Refusal::new("household-not-registered").with("household", c.household))?;
    serving(facts, &c.shop, &crate::apply::community_of(home))?;
    let open = facts.state.book.pick(|o| o.household == c.household && o.stage.is_open());
    if open.len() >= MOST_OPEN {
        return Err(Refusal::new("too-many-open-orders")
            .with("limit", MOST_OPEN)
            .by_rule("supply.household-limit"));
    }
    let joins = match c.group {
        None => None,
        Some(id) => Some(group::joinable(facts, id, home, &c.shop)?),
    };
    let mut lines: Vec<Ordered> = Vec::with_capacity(c.lines.len());
    for want in &c.lines {
        if lines.iter().any(|line| line.item == want.item) {
            return Err(Refusal::new("item-named-twice").with("item", &want.item));
        }
        let offered = match joins {
            Some(group) => {
                let offered = group.items.iter().find(|item| item.item == want.item).cloned();
                offered.ok_or_else(|| {
                    Refusal::new("item-off").with("item", &want.item).with("site", &c.shop)
                })?
            }
            None => {
                let item = listed(facts, &c.shop, &want.item)?;
                Ordered::of(item, item.at_most)
            }
        };
        lines.push(wanted(facts, c, want, &offered)?);
    }
    let at = facts.at();
    let (clock, due) = match joins {
        Some(group) => (group.closes_at, group.due),
        None => (at + ACCEPT_WITHIN, at + DELIVER_WITHIN),
    };
    let placed = Placed {
        order: order_id(facts.asked.area, facts.asked.id, 0),
        home: home.clone(),
        shop: c.shop.clone(),
        lines,
        via: c.via,
        group: c.group,
        due,
        clock,
        note: c.note.trim().to_owned(),
        days: 0,
    };
    Ok(opened(facts, placed))
}

/// An order that comes into being: the shop answers for it, or the desk until its group purchase closes.
pub(super) fn opened(facts: &Asking<'_>, placed: Placed) -> Decision<Event> {
    let stage = if placed.group.is_some() { Stage::Joined } else { Stage::Placed };
    let holder = match placed.group {
        Some(_) => HolderCode::desk(facts.asked.area),
        None => placed.shop.clone(),
    };
    let mut decision = Decision::default();
    decision.moves.push(Move::Open {
        unit: placed.order,
        holder,
        step: stage.to_string(),
        deadline: Some(placed.clock),
        limit: None,
    });
    decision.events.push(told(OrderEvent::Placed(Box::new(placed))));
    decision
}
