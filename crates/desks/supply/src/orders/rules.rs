//! The rules of orders: what each command leads to, or why not. Pure. What all of them need is here; what they are
//! about is in a file each.

mod group;
mod packs;
mod placing;
mod road;
mod shop;

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, HouseholdId, Micros, Refusal, UnitId};

use super::command::OrderCommand;
use super::event::OrderEvent;
use super::rows::Order;
use super::words::Stage;
use super::{MOST_ORDERS, REFUND_WITHIN, reserved};
use crate::command::{Command, Line};
use crate::event::Event;
use crate::rules::{Decided, Facts, post};
use crate::words::Due;

pub use packs::pack_for;
pub(crate) use road::{out_of, returned, to_carrier};
pub(crate) use shop::of_a_closed_shop;

type Asking<'a> = Facts<'a, Command>;

pub(crate) fn decide(facts: &Asking<'_>, command: &OrderCommand) -> Decided {
    match command {
        OrderCommand::Place(c) => placing::place(facts, c),
        OrderCommand::Accept { shop, orders } => shop::accept(facts, shop, orders),
        OrderCommand::Short(c) => shop::short(facts, c),
        OrderCommand::Answer { household, order, yes } => {
            shop::answer(facts, *household, *order, *yes)
        }
        OrderCommand::Lapse { orders } => shop::lapse(facts, orders),
        OrderCommand::Pack { shop, orders } => shop::pack(facts, shop, orders),
        OrderCommand::HandOver { shop, orders, carrier } => {
            road::hand_over(facts, shop, orders, carrier)
        }
        OrderCommand::Receive { household, order, proof } => {
            road::receive(facts, *household, *order, proof)
        }
        OrderCommand::PhotoCame { order, hash, image, bytes } => {
            crate::photos::come(facts, *order, *hash, *image, *bytes)
        }
        OrderCommand::ComeBack { order, reason } => road::come_back(facts, *order, reason),
        OrderCommand::Cancel { household, order, reason } => {
            note_fits(reason)?;
            let of = of_household(facts, *household, *order)?;
            if !of.stage.may_cancel() {
                return Err(Refusal::new("order-too-late-to-cancel")
                    .with("order", order)
                    .with("stage", of.stage)
                    .by_rule("supply.order-cancel"));
            }
            let reason = if reason.trim().is_empty() { "household" } else { reason.trim() };
            Ok(cancelled(facts, of, reason))
        }
        OrderCommand::Decline { shop, order, reason } => {
            note_needed(reason)?;
            let of = of_shop(facts, shop, *order)?;
            leads(of, Stage::Cancelled)?;
            let mut decision = cancelled(facts, of, reason.trim());
            due_at_once(facts, of.household, reason.trim(), &mut decision);
            Ok(decision)
        }
        OrderCommand::Pay { shop, order, fen, note } => shop::pay(facts, shop, *order, *fen, note),
        OrderCommand::Refund { shop, order, fen, note } => {
            shop::refund(facts, shop, *order, *fen, note)
        }
        OrderCommand::OpenGroup(c) => group::open(facts, c),
        OrderCommand::CloseGroup { group } => group::close(facts, *group),
        OrderCommand::Packs { shop, households, days } => {
            packs::packs(facts, shop, households, *days)
        }
    }
}

fn told(event: OrderEvent) -> Event {
    Event::Order(Box::new(event))
}

fn step(order: UnitId, stage: Stage, deadline: Micros) -> Move {
    // Another desk's step is called "asked" already.
    let step = match stage {
        Stage::Asked => "order_asked".to_owned(),
        _ => stage.to_string(),
    };
    Move::Step { unit: order, step, deadline: Some(deadline) }
}

/// An order of the command's county.
fn order<'a>(facts: &'a Asking<'_>, id: UnitId) -> Result<&'a Order, Refusal> {
    let order = facts.state.book.orders.get(&id).filter(|_| id.area() == facts.asked.area);
    order.ok_or_else(|| Refusal::new("household-order-unknown").with("order", id))
}

fn of_household<'a>(
    facts: &'a Asking<'_>,
    household: HouseholdId,
    id: UnitId,
) -> Result<&'a Order, Refusal> {
    let order = order(facts, id)?;
    match order.household == household {
        true => Ok(order),
        false => Err(Refusal::new("order-of-another-household").with("order", id)),
    }
}

fn of_shop<'a>(facts: &'a Asking<'_>, shop: &HolderCode, id: UnitId) -> Result<&'a Order, Refusal> {
    facts.shop(shop)?;
    let order = order(facts, id)?;
    match order.shop == *shop {
        true => Ok(order),
        false => Err(Refusal::new("order-of-another-shop").with("order", id).with("site", shop)),
    }
}

/// Whether an order may stand somewhere next.
fn leads(order: &Order, next: Stage) -> Result<(), Refusal> {
    match order.stage.leads_to(next) {
        true => Ok(()),
        false => Err(Refusal::new("order-elsewhere")
            .with("order", order.id)
            .with("stage", order.stage)
            .with("wanted", next)
            .by_rule("supply.order-stages")),
    }
}

/// Each of a few orders once.
fn each_once(orders: &[UnitId]) -> Result<(), Refusal> {
    match orders.len() {
        0 => return Err(Refusal::new("nothing-named")),
        n if n > MOST_ORDERS as usize => {
            return Err(Refusal::new("too-many-lines").with("limit", MOST_ORDERS));
        }
        _ => {}
    }
    let mut ids = orders.to_vec();
    ids.sort_unstable();
    ids.dedup();
    match ids.len() == orders.len() {
        true => Ok(()),
        false => Err(Refusal::new("order-named-twice")),
    }
}

/// Postings of lots from one account to another.
fn moved(
    facts: &Asking<'_>,
    lines: &[Line],
    from: String,
    to: String,
) -> Result<Decision<Event>, Refusal> {
    let mut decision = Decision::default();
    for line in lines {
        let lot = facts.lot(line.lot)?;
        decision.moves.extend(post(lot.good, &from, &to, line.amount));
    }
    Ok(decision)
}

/// A household that did not get what was on its way is on the list at once.
fn due_at_once<C>(
    facts: &Facts<'_, C>,
    household: HouseholdId,
    reason: &str,
    into: &mut Decision<Event>,
) {
    let due = facts.at();
    let known = facts.state.household(household);
    if known.is_some_and(|h| h.mode.is_restricted() && h.next_food.is_some_and(|at| at > due)) {
        let reason = reason.to_owned();
        into.events.push(Event::DueAt { household, what: Due::Food, due, reason });
    }
}

/// What follows from an order that is cancelled: what lies aside is there for others again.
fn cancelled<C>(facts: &Facts<'_, C>, of: &Order, reason: &str) -> Decision<Event> {
    let mut decision = cancelled_alone(facts, of, reason);
    decision.moves.extend(crate::delivery::ends_batches(facts, &[of]));
    decision
}

fn cancelled_alone<C>(facts: &Facts<'_, C>, of: &Order, reason: &str) -> Decision<Event> {
    let mut decision = Decision::default();
    if of.stage.reserves() {
        for line in &of.picked {
            let Some(lot) = facts.state.lots.get(&line.lot) else { continue };
            let (from, to) = (reserved(&of.shop), of.shop.to_string());
            decision.moves.extend(post(lot.good, from, to, line.amount));
        }
    }
    let clock = facts.asked.event_time + REFUND_WITHIN;
    if of.paid > 0 {
        decision.moves.push(Move::Step {
            unit: of.id,
            step: "refund".to_owned(),
            deadline: Some(clock),
        });
    } else {
        decision.moves.push(Move::Close { unit: of.id, reason: Stage::Cancelled.to_string() });
    }
    let reason = reason.to_owned();
    decision.events.push(told(OrderEvent::Cancelled { order: of.id, reason, clock }));
    decision
}
