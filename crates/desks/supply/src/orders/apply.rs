//! Applying facts about orders. Total: what was decided cannot fail.

use ledger::Entry;
use types::{HolderCode, Micros, UnitId};

use super::event::{OrderEvent, Ordered, Placed};
use super::rows::{Group, Order};
use super::words::{GroupState, Stage, Via};
use crate::apply::{change, community_of, enter, leave, lie, lost_from, total};
use crate::command::Line;
use crate::state::State;
use crate::unmet::{Lack, Wait};
use crate::words::Standing;

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &OrderEvent) {
    let at = entry.event_time;
    match event {
        OrderEvent::Placed(c) => placed(state, entry, c),
        OrderEvent::Accepted { order, picked, clock } => {
            aside(state, entry, *order, picked);
            set(state, entry, *order, "order_accepted", "", |o| {
                o.stage = Stage::Accepted;
                o.picked.clone_from(picked);
                o.clock = Some(*clock);
            });
        }
        OrderEvent::Shortened { order, item, has, question } => {
            set(state, entry, *order, "order_short", item, |o| {
                o.lines.iter_mut().filter(|l| l.item == *item).for_each(|l| l.count = *has);
                o.lines.retain(|line| line.count > 0);
                if let Some(question) = question {
                    o.stage = Stage::Asked;
                    o.clock = Some(question.until);
                    o.question = Some(question.clone());
                }
            });
        }
        OrderEvent::Answered { order, yes, lapsed, clock } => {
            let what = match (yes, lapsed) {
                (true, _) => "order_instead_yes",
                (false, false) => "order_instead_no",
                (false, true) => "order_instead_lapsed",
            };
            set(state, entry, *order, what, "", |o| {
                o.stage = Stage::Placed;
                o.clock = Some(*clock);
                let question = o.question.take();
                if let (true, Some(question)) = (yes, question) {
                    add(&mut o.lines, question.instead);
                }
            });
        }
        OrderEvent::Packed { order } => {
            set(state, entry, *order, "order_packed", "", |o| o.stage = Stage::Packed);
        }
        OrderEvent::Out { order, carrier, clock } => {
            stand(state, *order, Standing::Reserved, Standing::Road);
            set(state, entry, *order, "order_out", carrier.as_str(), |o| {
                o.stage = Stage::Out;
                o.carrier = Some(carrier.clone());
                o.clock = Some(*clock);
            });
        }
        OrderEvent::Received { order, proof, clock, photo } => {
            crate::delivery::leave(state, *order);
            handed(state, *order);
            if let (Some(hash), Some(of)) = (photo, state.book.orders.get(order).cloned()) {
                crate::photos::expected(state, entry, &of, *hash);
            }
            set(state, entry, *order, "order_received", proof, |o| {
                o.stage = Stage::Received;
                o.ended_at = Some(at);
                o.clock = (o.owed() > 0).then_some(*clock);
            });
        }
        OrderEvent::PhotoCame { order, image, bytes } => {
            crate::photos::came(state, entry, *order, *image, *bytes);
        }
        OrderEvent::CameBack { order, reason, clock } => {
            crate::delivery::leave(state, *order);
            stand(state, *order, Standing::Road, Standing::Reserved);
            set(state, entry, *order, "order_came_back", reason, |o| {
                o.stage = Stage::CameBack;
                o.clock = Some(*clock);
                o.tries += 1;
            });
        }
        OrderEvent::Cancelled { order, reason, clock } => {
            crate::delivery::leave(state, *order);
            back(state, entry, *order);
            let group = state.book.orders.get(order).and_then(|o| match o.stage {
                Stage::Joined => o.group,
                _ => None,
            });
            if let Some(group) = group {
                state.book.groups.change(&group, |group| group.joined -= 1);
            }
            set(state, entry, *order, "order_cancelled", reason, |o| {
                o.stage = Stage::Cancelled;
                o.picked.clear();
                o.question = None;
                o.ended_at = Some(at);
                o.clock = (o.owed() > 0).then_some(*clock);
            });
        }
        OrderEvent::Paid { order, fen, note } => {
            set(state, entry, *order, "order_paid", note, |o| o.paid += fen);
        }
        OrderEvent::Refunded { order, fen, note } => {
            set(state, entry, *order, "order_refunded", note, |o| {
                o.paid -= fen;
                if o.owed() == 0 {
                    o.clock = None;
                    if o.stage == Stage::Cancelled {
                        o.stage = Stage::Refunded;
                    }
                }
            });
        }
        OrderEvent::GroupOpened(c) => {
            let group = Group {
                id: c.group,
                place: c.place.clone(),
                shop: c.shop.clone(),
                items: c.items.clone(),
                minimum: c.minimum,
                joined: 0,
                closes_at: c.closes_at,
                due: c.due,
                state: GroupState::Open,
                note: c.note.clone(),
                actor: entry.actor.clone(),
                at,
            };
            state.book.groups.put(c.group, group);
        }
        OrderEvent::GroupClosed { group, met, .. } => {
            let closed = if *met { GroupState::Met } else { GroupState::Short };
            state.book.groups.change(group, |group| group.state = closed);
        }
        OrderEvent::Released { order, clock } => {
            set(state, entry, *order, "order_released", "", |o| {
                o.stage = Stage::Placed;
                o.clock = Some(*clock);
            });
        }
    }
}

/// What of an order its household waits for: that it goes on in time, or what became of it when it came back. A group
/// purchase that is still open keeps nobody waiting.
fn waits(order: &Order, at: Micros) -> Option<Wait> {
    let pack = order.via == Via::Entitlement;
    let (why, at) = match order.stage {
        Stage::Joined => return None,
        Stage::CameBack => (Lack::CameBack, at),
        stage if stage.is_open() => (Lack::Order, order.clock?),
        _ => return None,
    };
    Some(Wait { unit: order.id, why, at, pack })
}

/// An order is in other hands on its way.
pub(crate) fn carried(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    carrier: &HolderCode,
    clock: Micros,
) {
    let Some(mut order) = state.book.orders.get(&id).cloned() else { return };
    count(state, &order, -1);
    order.carrier = Some(carrier.clone());
    order.clock = Some(clock);
    count(state, &order, 1);
    let (household, wait) = (order.household, waits(&order, entry.event_time));
    state.book.orders.put(id, order);
    let said = carrier.as_str();
    change(state, entry, household, "order_passed_on", said, |h| h.watch(id, wait));
}

/// Adds a line to others: to the one of the same item and price, if there is one.
fn add(lines: &mut Vec<Ordered>, line: Ordered) {
    let same = |known: &&mut Ordered| known.item == line.item && known.fen == line.fen;
    match lines.iter_mut().find(same) {
        Some(known) => known.count += line.count,
        None => lines.push(line),
    }
}

fn placed(state: &mut State, entry: &Entry, c: &Placed) {
    enter(state, entry.area, &c.home);
    let order = Order {
        id: c.order,
        household: c.home.id,
        community: community_of(&c.home),
        place: c.home.place.clone(),
        shop: c.shop.clone(),
        via: c.via,
        group: c.group,
        lines: c.lines.clone(),
        question: None,
        stage: if c.group.is_some() { Stage::Joined } else { Stage::Placed },
        picked: Vec::new(),
        paid: 0,
        at: entry.event_time,
        due: c.due,
        clock: Some(c.clock),
        ended_at: None,
        carrier: None,
        batch: None,
        tries: 0,
        said: c.note.clone(),
        actor: entry.actor.clone(),
        days: c.days,
    };
    if let Some(group) = c.group {
        state.book.groups.change(&group, |group| group.joined += 1);
    }
    count(state, &order, 1);
    let wait = waits(&order, entry.event_time);
    state.book.orders.put(c.order, order);
    change(state, entry, c.home.id, "order_placed", &c.note, |h| h.watch(c.order, wait));
}

/// Changes an order, counts what that changes, and tells its household's history.
fn set(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    what: &str,
    said: &str,
    change_it: impl FnOnce(&mut Order),
) {
    let Some(mut order) = state.book.orders.get(&id).cloned() else { return };
    count(state, &order, -1);
    change_it(&mut order);
    if !said.is_empty() {
        order.said = said.to_owned();
    }
    count(state, &order, 1);
    let (household, wait) = (order.household, waits(&order, entry.event_time));
    state.book.orders.put(id, order);
    change(state, entry, household, what, said, |h| h.watch(id, wait));
}

fn count(state: &mut State, order: &Order, by: i64) {
    let hour = order.clock.map_or(Micros(0), Micros::hour_start);
    let key = (order.id.area(), order.community.clone(), order.stage, hour);
    *state.book.counts.entry(key).or_default() += by;
}

/// What lies aside for an order from now on: it cannot be sold to anybody else.
fn aside(state: &mut State, entry: &Entry, id: UnitId, picked: &[Line]) {
    let Some(shop) = state.book.orders.get(&id).map(|order| order.shop.clone()) else { return };
    leave(state, entry, "reserved", &shop, picked, &id.to_string());
    for line in picked {
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, id.area(), Standing::Reserved, good, line.amount);
        }
    }
}

/// What lay aside for an order lies at the shop again.
fn back(state: &mut State, entry: &Entry, id: UnitId) {
    let Some(order) = state.book.orders.get(&id).cloned() else { return };
    if !order.stage.reserves() {
        return;
    }
    for line in &order.picked {
        lie(state, entry, "unreserved", &order.shop, *line, &id.to_string());
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, id.area(), Standing::Reserved, good, -line.amount);
        }
    }
}

/// What an order has stands elsewhere.
fn stand(state: &mut State, id: UnitId, from: Standing, to: Standing) {
    let Some(picked) = state.book.orders.get(&id).map(|order| order.picked.clone()) else { return };
    for line in picked {
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, id.area(), from, good, -line.amount);
            total(state, id.area(), to, good, line.amount);
        }
    }
}

/// What an order has is in the household.
fn handed(state: &mut State, id: UnitId) {
    let Some(order) = state.book.orders.get(&id).cloned() else { return };
    let from = if order.stage == Stage::Out { Standing::Road } else { Standing::Reserved };
    for line in &order.picked {
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, id.area(), from, good, -line.amount);
        }
        lost_from(state, &order.shop, line.lot, line.amount, Standing::Home);
    }
}
