//! An order on its way: handed to whoever brings it, received with a proof, or back again.

use ledger::{Decision, Move, note_needed};
use types::{HolderCode, HouseholdId, Micros, Refusal, Span, UnitId};

use super::super::command::Proof;
use super::super::event::OrderEvent;
use super::super::rows::Order;
use super::super::words::Stage;
use super::super::{AGAIN_WITHIN, OUT_WITHIN, REFUND_WITHIN, out, reserved};
use super::{Asking, due_at_once, each_once, leads, moved, of_household, of_shop, order, told};
use crate::event::Event;
use crate::photos::PhotoHash;
use crate::rules::{Decided, Facts, HOME, post};
use crate::words::Good;

/// What leaves a shop with somebody: see [`super::OrderCommand::HandOver`].
pub(crate) fn out_of(
    facts: &Asking<'_>,
    shop: &HolderCode,
    orders: &[UnitId],
    carrier: &HolderCode,
) -> Decided {
    facts.open_in_county(shop)?;
    let mut decision = Decision::default();
    for id in orders {
        let of = order(facts, *id)?;
        leads(of, Stage::Out)?;
        decision.join(handed_over(facts, of, carrier)?);
    }
    Ok(decision)
}

/// An order goes to whoever brings it on; it is at its door by the clock.
pub(crate) fn to_carrier(
    order: UnitId,
    giver: Option<&HolderCode>,
    carrier: &HolderCode,
    clock: Micros,
) -> Move {
    Move::Hand {
        unit: order,
        giver: giver.cloned(),
        taker: carrier.clone(),
        step: Stage::Out.to_string(),
        deadline: Some(clock),
        limit: None,
        evidence: None,
    }
}

fn handed_over(facts: &Asking<'_>, of: &Order, carrier: &HolderCode) -> Decided {
    let mut decision = moved(facts, &of.picked, reserved(&of.shop), out(&of.shop))?;
    let clock = facts.at() + OUT_WITHIN;
    decision.moves.push(to_carrier(of.id, Some(&of.shop), carrier, clock));
    let carrier = carrier.clone();
    decision.events.push(told(OrderEvent::Out { order: of.id, carrier, clock }));
    Ok(decision)
}

pub(super) fn hand_over(
    facts: &Asking<'_>,
    shop: &HolderCode,
    orders: &[UnitId],
    carrier: &HolderCode,
) -> Decided {
    facts.open_site(shop)?;
    each_once(orders)?;
    let mut decision = Decision::default();
    for id in orders {
        let of = of_shop(facts, shop, *id)?;
        leads(of, Stage::Out)?;
        if of.batch.is_some() {
            // It goes with its batch, whose vehicle has a pass.
            return Err(Refusal::new("order-in-another-batch")
                .with("order", id)
                .by_rule("supply.one-batch"));
        }
        crate::delivery::may_be_handed(facts, carrier, of)?;
        decision.join(handed_over(facts, of, carrier)?);
    }
    Ok(decision)
}

pub(super) fn receive(
    facts: &Asking<'_>,
    household: HouseholdId,
    id: UnitId,
    proof: &Proof,
) -> Decided {
    let of = of_household(facts, household, id)?;
    facts.works_for(&of.shop)?;
    if let Some(carrier) = &of.carrier {
        crate::delivery::acts_for(facts, carrier)?;
    }
    leads(of, Stage::Received)?;
    let photo = match proof {
        Proof::Said(said) => note_needed(said).map(|()| None)?,
        Proof::Photo(hash) => Some(PhotoHash::parse(hash)?),
        Proof::Code(_) | Proof::Household => None,
    };
    let at = facts.at();
    let from = if of.stage == Stage::Out { out(&of.shop) } else { reserved(&of.shop) };
    let mut decision = moved(facts, &of.picked, from, HOME.to_owned())?;
    for line in &of.picked {
        decision.moves.extend(facts.gone(facts.lot(line.lot)?, line.amount));
    }
    decision.moves.extend(crate::delivery::ends_batches(facts, &[of]));
    let clock = at + REFUND_WITHIN;
    ends(facts, of, of.paid - of.total(), Stage::Received, clock, &mut decision);
    let kept = proof.as_kept();
    let received = OrderEvent::Received { order: id, proof: kept.clone(), clock, photo };
    decision.events.push(told(received));
    let (food, milk) = (of.has_food(), of.amount(Good::MilkPowder));
    if food || milk > 0 {
        decision.events.push(Event::Supplied {
            households: vec![of.household],
            // A pack lasts for its days.
            next: at + facts.every().max(Span::days(of.days)),
            proof: kept,
            milk,
            food,
        });
    }
    Ok(decision)
}

/// The story of an order ends, or goes on with the shop until what was paid too much is given back.
fn ends(
    facts: &Asking<'_>,
    of: &Order,
    owed: i64,
    stage: Stage,
    clock: Micros,
    into: &mut Decision<Event>,
) {
    if owed <= 0 {
        into.moves.push(Move::Close { unit: of.id, reason: stage.to_string() });
        return;
    }
    into.moves.push(Move::Hand {
        unit: of.id,
        giver: facts.units.holder(of.id).cloned(),
        taker: of.shop.clone(),
        step: "refund".to_owned(),
        deadline: Some(clock),
        limit: None,
        evidence: None,
    });
}

pub(super) fn come_back(facts: &Asking<'_>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let of = order(facts, id)?;
    facts.works_for(&of.shop)?;
    if let Some(carrier) = &of.carrier {
        crate::delivery::acts_for(facts, carrier)?;
    }
    leads(of, Stage::CameBack)?;
    Ok(returned(facts, of, reason.trim()))
}

/// What nobody took, or whoever had it cannot bring any more, is the shop's task again.
pub(crate) fn returned<C>(facts: &Facts<'_, C>, of: &Order, reason: &str) -> Decision<Event> {
    let clock = facts.at() + AGAIN_WITHIN;
    let mut decision = Decision::default();
    for line in &of.picked {
        let Some(lot) = facts.state.lots.get(&line.lot) else { continue };
        let (from, to) = (out(&of.shop), reserved(&of.shop));
        decision.moves.extend(post(lot.good, from, to, line.amount));
    }
    decision.moves.extend(crate::delivery::ends_batches(facts, &[of]));
    decision.moves.push(Move::Hand {
        unit: of.id,
        giver: of.carrier.clone(),
        taker: of.shop.clone(),
        step: Stage::CameBack.to_string(),
        deadline: Some(clock),
        limit: None,
        evidence: None,
    });
    let (order, reason) = (of.id, reason.to_owned());
    decision.events.push(told(OrderEvent::CameBack { order, reason: reason.clone(), clock }));
    due_at_once(facts, of.household, &reason, &mut decision);
    decision
}
