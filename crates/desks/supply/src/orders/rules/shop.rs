//! The shop's side of an order: taken on, short, packed, paid, given back; and what becomes of it when the shop closes.

use std::collections::BTreeMap;

use ledger::{Decision, Move, note_needed};
use types::{HolderCode, HouseholdId, Micros, Refusal, UnitId};

use super::super::command::{Instead, Short};
use super::super::event::{OrderEvent, Ordered, Question};
use super::super::rows::Order;
use super::super::words::Stage;
use super::super::{ACCEPT_WITHIN, CONSENT_WITHIN, reserved};
use super::placing::{halal, listed};
use super::{
    Asking, cancelled, cancelled_alone, due_at_once, each_once, leads, moved, of_household,
    of_shop, order, step, told,
};
use crate::command::Line;
use crate::event::Event;
use crate::rows::Lot;
use crate::rules::{Decided, Facts, yuan};
use crate::words::Good;

/// What a shop still has, while orders are accepted one after the other.
struct Shelf<'a> {
    lots: Vec<(&'a Lot, i64)>,
}

impl Shelf<'_> {
    /// Takes what an order needs, what is nearest to its date first, and nothing past it; or says what is missing.
    fn take(&mut self, order: &Order, at: Micros) -> Result<Vec<Line>, (Good, i64, i64)> {
        let mut picked: BTreeMap<UnitId, i64> = BTreeMap::new();
        let mut lots = self.lots.clone();
        for line in &order.lines {
            let all = line.amount.saturating_mul(line.count);
            let mut left = all;
            for (lot, lies) in &mut lots {
                let fits = lot.good == line.good && (!line.halal || lot.halal);
                if !fits || lot.expires_at <= at || *lies == 0 || left == 0 {
                    continue;
                }
                let some = left.min(*lies);
                *lies -= some;
                left -= some;
                *picked.entry(lot.id).or_default() += some;
            }
            if left > 0 {
                return Err((line.good, all - left, all));
            }
        }
        self.lots = lots;
        Ok(picked.into_iter().map(|(lot, amount)| Line { lot, amount }).collect())
    }
}

pub(super) fn accept(facts: &Asking<'_>, shop: &HolderCode, orders: &[UnitId]) -> Decided {
    facts.open_site(shop)?;
    each_once(orders)?;
    let mut shelf = Shelf { lots: facts.state.at(shop) };
    let mut decision = Decision::default();
    for id in orders {
        let of = of_shop(facts, shop, *id)?;
        leads(of, Stage::Accepted)?;
        match shelf.take(of, facts.at()) {
            Ok(picked) => {
                decision.join(moved(facts, &picked, shop.to_string(), reserved(shop))?);
                let clock = of.due.max(facts.at());
                decision.moves.push(step(*id, Stage::Accepted, clock));
                decision.events.push(told(OrderEvent::Accepted { order: *id, picked, clock }));
            }
            Err((good, has, wanted)) => decision.notes.push(
                Refusal::new("order-short")
                    .with("order", id)
                    .with("good", good)
                    .with("has", has)
                    .with("wanted", wanted)
                    .by_rule("supply.double-entry"),
            ),
        }
    }
    match (decision.events.is_empty(), decision.notes.first()) {
        (true, Some(note)) => Err(note.clone()),
        _ => Ok(decision),
    }
}

pub(super) fn short(facts: &Asking<'_>, c: &Short) -> Decided {
    let of = of_shop(facts, &c.shop, c.order)?;
    leads(of, Stage::Asked)?;
    let Some(line) = of.lines.iter().find(|line| line.item == c.item) else {
        return Err(Refusal::new("item-not-in-the-order").with("item", &c.item));
    };
    if !(0..line.count).contains(&c.has) {
        return Err(Refusal::new("nothing-is-short").with("item", &c.item).with("has", c.has));
    }
    let until = facts.at() + CONSENT_WITHIN;
    let question = match &c.instead {
        None => None,
        Some(Instead { item, count }) => {
            let found = listed(facts, &c.shop, item)?;
            if *item == c.item || !(1..=found.at_most).contains(count) {
                return Err(Refusal::new("amount-out-of-range")
                    .with("amount", count)
                    .with("limit", found.at_most));
            }
            halal(facts, of.household, found.good)?;
            if line.halal && !found.halal {
                return Err(Refusal::new("not-halal").with("household", of.household));
            }
            Some(Question { item: c.item.clone(), instead: Ordered::of(found, *count), until })
        }
    };
    let rest = of.lines.len() > 1 || c.has > 0;
    if question.is_none() && !rest {
        // Nothing is left of it: it is no order any more.
        let mut decision = cancelled(facts, of, "nothing-left");
        due_at_once(facts, of.household, "nothing-left", &mut decision);
        return Ok(decision);
    }
    let mut decision = Decision::default();
    if question.is_some() {
        decision.moves.push(step(c.order, Stage::Asked, until));
    }
    let (order, item, has) = (c.order, c.item.clone(), c.has);
    decision.events.push(told(OrderEvent::Shortened { order, item, has, question }));
    Ok(decision)
}

pub(super) fn answer(facts: &Asking<'_>, household: HouseholdId, id: UnitId, yes: bool) -> Decided {
    let of = of_household(facts, household, id)?;
    answered(facts, of, yes, false)
}

fn answered(facts: &Asking<'_>, of: &Order, yes: bool, lapsed: bool) -> Decided {
    let Some(question) = &of.question else {
        return Err(Refusal::new("nothing-is-asked").with("order", of.id));
    };
    if yes && facts.at() >= question.until {
        return Err(Refusal::new("consent-too-late")
            .with("order", of.id)
            .by_rule("supply.substitute-by-consent"));
    }
    if !yes && of.lines.is_empty() {
        let mut decision = cancelled(facts, of, "nothing-left");
        due_at_once(facts, of.household, "nothing-left", &mut decision);
        return Ok(decision);
    }
    let clock = facts.at() + ACCEPT_WITHIN;
    let mut decision = Decision::default();
    decision.moves.push(step(of.id, Stage::Placed, clock));
    decision.events.push(told(OrderEvent::Answered { order: of.id, yes, lapsed, clock }));
    Ok(decision)
}

pub(super) fn lapse(facts: &Asking<'_>, orders: &[UnitId]) -> Decided {
    each_once(orders)?;
    let mut decision = Decision::default();
    for id in orders {
        let of = order(facts, *id)?;
        if of.question.as_ref().is_some_and(|question| question.until > facts.at()) {
            return Err(Refusal::new("consent-still-open").with("order", id));
        }
        decision.join(answered(facts, of, false, true)?);
    }
    Ok(decision)
}

pub(super) fn pack(facts: &Asking<'_>, shop: &HolderCode, orders: &[UnitId]) -> Decided {
    facts.open_site(shop)?;
    each_once(orders)?;
    let mut decision = Decision::default();
    for id in orders {
        let of = of_shop(facts, shop, *id)?;
        leads(of, Stage::Packed)?;
        decision.moves.push(step(*id, Stage::Packed, of.clock.unwrap_or(of.due)));
        decision.events.push(told(OrderEvent::Packed { order: *id }));
    }
    Ok(decision)
}

/// The orders of a shop that closes: what has not left it is cancelled, and their households are told.
pub(crate) fn of_a_closed_shop<C>(facts: &Facts<'_, C>, shop: &HolderCode) -> Decision<Event> {
    let mut decision = Decision::default();
    let open = facts.state.book.pick(|o| o.shop == *shop && o.stage.leads_to(Stage::Cancelled));
    let open: Vec<&Order> = open.into_iter().filter(|of| of.stage.is_open()).collect();
    for of in &open {
        decision.join(cancelled_alone(facts, of, "shop-closed"));
        due_at_once(facts, of.household, "shop-closed", &mut decision);
    }
    decision.moves.extend(crate::delivery::ends_batches(facts, &open));
    decision
}

pub(super) fn pay(
    facts: &Asking<'_>,
    shop: &HolderCode,
    id: UnitId,
    fen: i64,
    note: &str,
) -> Decided {
    let of = of_shop(facts, shop, id)?;
    note_needed(note)?;
    let open = of.price() - of.paid;
    if fen < 1 || fen > open || of.stage == Stage::Joined {
        return Err(Refusal::new("not-so-much-to-pay")
            .with("order", id)
            .with("open", yuan(open.max(0))));
    }
    let note = note.trim().to_owned();
    Ok(Decision::fact(told(OrderEvent::Paid { order: id, fen, note })))
}

pub(super) fn refund(
    facts: &Asking<'_>,
    shop: &HolderCode,
    id: UnitId,
    fen: i64,
    note: &str,
) -> Decided {
    let of = of_shop(facts, shop, id)?;
    note_needed(note)?;
    let owed = of.owed();
    if fen < 1 || fen > owed {
        return Err(Refusal::new("not-so-much-to-give-back")
            .with("order", id)
            .with("open", yuan(owed)));
    }
    let note = note.trim().to_owned();
    let mut decision = Decision::fact(told(OrderEvent::Refunded { order: id, fen, note }));
    if fen == owed {
        decision.moves.push(Move::Close { unit: id, reason: Stage::Refunded.to_string() });
    }
    Ok(decision)
}
