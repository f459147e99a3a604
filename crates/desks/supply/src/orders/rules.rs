//! The rules of orders: what each command leads to, or why not. Pure.

use std::collections::BTreeMap;

use ledger::{Decision, Move, note_fits, note_needed};
use types::{HolderCode, HouseholdId, Micros, Refusal, UnitId};

use super::command::{Instead, OrderCommand, Place, Proof, Short, Want, order_id};
use super::event::{OrderEvent, Ordered, Placed, Question};
use super::rows::Order;
use super::words::{Stage, Via};
use super::{
    ACCEPT_WITHIN, AGAIN_WITHIN, CONSENT_WITHIN, DELIVER_WITHIN, MOST_ITEMS, MOST_OPEN,
    MOST_ORDERS, OUT_WITHIN, REFUND_WITHIN, group, out, packs, reserved,
};
use crate::command::{Command, Item, Line};
use crate::event::{Event, Home};
use crate::rows::{Lot, Site};
use crate::rules::{Decided, Facts, HOME, few, post, yuan};
use crate::words::{Due, Good, Need};

type Asking<'a> = Facts<'a, Command>;

pub(crate) fn decide(facts: &Asking<'_>, command: &OrderCommand) -> Decided {
    match command {
        OrderCommand::Place(c) => place(facts, c),
        OrderCommand::Accept { shop, orders } => accept(facts, shop, orders),
        OrderCommand::Short(c) => short(facts, c),
        OrderCommand::Answer { household, order, yes } => answer(facts, *household, *order, *yes),
        OrderCommand::Lapse { orders } => lapse(facts, orders),
        OrderCommand::Pack { shop, orders } => pack(facts, shop, orders),
        OrderCommand::HandOver { shop, orders, carrier } => hand_over(facts, shop, orders, carrier),
        OrderCommand::Receive { household, order, proof } => {
            receive(facts, *household, *order, proof)
        }
        OrderCommand::ComeBack { order, reason } => come_back(facts, *order, reason),
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
        OrderCommand::Pay { shop, order, fen, note } => pay(facts, shop, *order, *fen, note),
        OrderCommand::Refund { shop, order, fen, note } => refund(facts, shop, *order, *fen, note),
        OrderCommand::OpenGroup(c) => group::open(facts, c),
        OrderCommand::CloseGroup { group } => group::close(facts, *group),
        OrderCommand::Packs { shop, households, days } => packs(facts, shop, households, *days),
    }
}

pub(super) fn told(event: OrderEvent) -> Event {
    Event::Order(Box::new(event))
}

pub(super) fn step(order: UnitId, stage: Stage, deadline: Micros) -> Move {
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

pub(super) fn ordered(item: &Item, count: i64) -> Ordered {
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

/// Whoever eats halal is not sold pork by mistake.
fn halal(facts: &Asking<'_>, household: HouseholdId, good: Good) -> Result<(), Refusal> {
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

fn place(facts: &Asking<'_>, c: &Place) -> Decided {
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
                ordered(item, item.at_most)
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
    };
    Ok(opened(facts, placed))
}

/// An order that comes into being: the shop answers for it, or the desk until its group purchase closes.
fn opened(facts: &Asking<'_>, placed: Placed) -> Decision<Event> {
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

fn accept(facts: &Asking<'_>, shop: &HolderCode, orders: &[UnitId]) -> Decided {
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

fn short(facts: &Asking<'_>, c: &Short) -> Decided {
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
            Some(Question { item: c.item.clone(), instead: ordered(found, *count), until })
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

fn answer(facts: &Asking<'_>, household: HouseholdId, id: UnitId, yes: bool) -> Decided {
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

fn lapse(facts: &Asking<'_>, orders: &[UnitId]) -> Decided {
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

fn pack(facts: &Asking<'_>, shop: &HolderCode, orders: &[UnitId]) -> Decided {
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

/// What leaves a shop with somebody: see [`OrderCommand::HandOver`].
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

fn handed_over(facts: &Asking<'_>, of: &Order, carrier: &HolderCode) -> Decided {
    let mut decision = moved(facts, &of.picked, reserved(&of.shop), out(&of.shop))?;
    let clock = facts.at() + OUT_WITHIN;
    decision.moves.push(Move::Hand {
        unit: of.id,
        giver: Some(of.shop.clone()),
        taker: carrier.clone(),
        step: Stage::Out.to_string(),
        deadline: Some(clock),
        limit: None,
        evidence: None,
    });
    let carrier = carrier.clone();
    decision.events.push(told(OrderEvent::Out { order: of.id, carrier, clock }));
    Ok(decision)
}

fn hand_over(
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
        decision.join(handed_over(facts, of, carrier)?);
    }
    Ok(decision)
}

fn receive(facts: &Asking<'_>, household: HouseholdId, id: UnitId, proof: &Proof) -> Decided {
    let of = of_household(facts, household, id)?;
    facts.works_for(&of.shop)?;
    if let Some(carrier) = &of.carrier {
        crate::delivery::acts_for(facts, carrier)?;
    }
    leads(of, Stage::Received)?;
    match proof {
        Proof::Said(said) => note_needed(said)?,
        Proof::Photo(hash) => {
            let well = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
            if !well {
                return Err(Refusal::new("photo-hash-wrong"));
            }
        }
        Proof::Code(_) | Proof::Household => {}
    }
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
    decision.events.push(told(OrderEvent::Received { order: id, proof: kept.clone(), clock }));
    if of.has_food() {
        decision.events.push(Event::Supplied {
            households: vec![of.household],
            next: at + facts.every(),
            proof: kept,
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

fn come_back(facts: &Asking<'_>, id: UnitId, reason: &str) -> Decided {
    note_needed(reason)?;
    let of = order(facts, id)?;
    facts.works_for(&of.shop)?;
    if let Some(carrier) = &of.carrier {
        crate::delivery::acts_for(facts, carrier)?;
    }
    leads(of, Stage::CameBack)?;
    let clock = facts.at() + AGAIN_WITHIN;
    let mut decision = moved(facts, &of.picked, out(&of.shop), reserved(&of.shop))?;
    decision.moves.extend(crate::delivery::ends_batches(facts, &[of]));
    decision.moves.push(Move::Hand {
        unit: id,
        giver: of.carrier.clone(),
        taker: of.shop.clone(),
        step: Stage::CameBack.to_string(),
        deadline: Some(clock),
        limit: None,
        evidence: None,
    });
    let reason = reason.trim().to_owned();
    decision.events.push(told(OrderEvent::CameBack { order: id, reason: reason.clone(), clock }));
    due_at_once(facts, of.household, &reason, &mut decision);
    Ok(decision)
}

/// A household that did not get what was on its way is on the list at once.
fn due_at_once(
    facts: &Asking<'_>,
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
pub(super) fn cancelled<C>(facts: &Facts<'_, C>, of: &Order, reason: &str) -> Decision<Event> {
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

/// The orders of a shop that closes: what has not left it is cancelled, and their households are told.
pub(crate) fn of_a_closed_shop(facts: &Asking<'_>, shop: &HolderCode) -> Decision<Event> {
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

fn pay(facts: &Asking<'_>, shop: &HolderCode, id: UnitId, fen: i64, note: &str) -> Decided {
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

fn refund(facts: &Asking<'_>, shop: &HolderCode, id: UnitId, fen: i64, note: &str) -> Decided {
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

fn packs(facts: &Asking<'_>, shop: &HolderCode, households: &[HouseholdId], days: i64) -> Decided {
    facts.open_site(shop)?;
    few(households.len())?;
    if !(1..=14).contains(&days) {
        return Err(Refusal::new("amount-out-of-range").with("amount", days).with("limit", 14));
    }
    let mut decision = Decision::default();
    for (n, id) in (0u32..).zip(households) {
        if households[..n as usize].contains(id) {
            return Err(Refusal::new("household-named-twice"));
        }
        let known = facts.household(*id)?;
        serving(facts, shop, &known.community)?;
        if !known.needs.iter().any(|need| matches!(need, Need::CannotOrder | Need::Alone)) {
            return Err(Refusal::new("household-can-order")
                .with("household", id)
                .by_rule("supply.entitlement"));
        }
        let on_its_way = facts
            .state
            .book
            .pick(|o| o.household == *id && o.via == Via::Entitlement && o.stage.is_open());
        if !on_its_way.is_empty() {
            return Err(Refusal::new("pack-on-its-way").with("household", id));
        }
        let lines =
            packs::pack_for(known.people, &known.needs, days).into_iter().map(|part| Ordered {
                item: part.good.to_string(),
                good: part.good,
                name_zh: String::new(),
                name_en: String::new(),
                amount: part.amount,
                count: 1,
                fen: 0,
                halal: false,
            });
        let placed = Placed {
            order: order_id(facts.asked.area, facts.asked.id, n),
            home: Home { id: *id, place: known.place.clone(), people: known.people },
            shop: shop.clone(),
            lines: lines.collect(),
            via: Via::Entitlement,
            group: None,
            due: facts.at() + DELIVER_WITHIN,
            clock: facts.at() + ACCEPT_WITHIN,
            note: String::new(),
        };
        decision.join(opened(facts, placed));
    }
    Ok(decision)
}
