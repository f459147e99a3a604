//! The rules of deliveries: what each command leads to, or why not. Pure.

use std::collections::BTreeMap;

use ledger::{Decision, Move, note_fits, note_needed};
use registry::place::area_of;
use types::{HolderCode, PersonId, PlaceCode, Refusal, UnitId};

use super::command::{DeliveryCommand, GivePass, NewBatch, NewStop, batch_id, pass_id};
use super::event::{Batched, DeliveryEvent, PassGiven};
use super::rows::{Batch, BatchState, Pass};
use super::volunteers::may_be_handed;
use super::{MOST_BATCHES, PASS_AT_MOST, lies_in, minute_of_day, volunteers};
use crate::command::Command;
use crate::event::Event;
use crate::orders::{OUT_WITHIN, Order, Stage};
use crate::rules::{Decided, Facts};
use crate::words::{Good, SiteKind};

type Asking<'a> = Facts<'a, Command>;

/// The steps of passes and batches in the ledger.
pub(super) const VALID: &str = "pass_valid";
const PLANNED: &str = "batch_planned";
const STALE: &str = "batch_stale";

pub(super) fn told(event: DeliveryEvent) -> Event {
    Event::Delivery(Box::new(event))
}

pub(crate) fn decide(facts: &Asking<'_>, command: &DeliveryCommand) -> Decided {
    match command {
        DeliveryCommand::GivePass(c) => give_pass(facts, c),
        DeliveryCommand::WithdrawPass { pass, reason } => {
            note_needed(reason)?;
            let pass = self::pass(facts, *pass)?;
            if pass.withdrawn.is_some() {
                return Err(Refusal::new("pass-withdrawn").with("pass", pass.id));
            }
            Ok(withdrawn(facts, pass, reason.trim()))
        }
        DeliveryCommand::RegisterVolunteer(c) => volunteers::register(facts, c),
        DeliveryCommand::WithdrawVolunteer { pass, reason } => {
            note_needed(reason)?;
            let pass = self::pass(facts, *pass)?;
            if !pass.is_volunteers() {
                return Err(Refusal::new("not-a-volunteer").with("holder", &pass.vehicle));
            }
            if pass.withdrawn.is_some() {
                return Err(Refusal::new("pass-withdrawn").with("pass", pass.id));
            }
            Ok(withdrawn(facts, pass, reason.trim()))
        }
        DeliveryCommand::PutGate { place, opens, closes, blocked } => {
            put_gate(facts, place, (*opens, *closes), blocked)
        }
        DeliveryCommand::PutDock { shop, dock } => put_dock(facts, shop, dock.as_ref()),
        DeliveryCommand::Plan { batches, replaces } => plan(facts, batches, replaces),
        DeliveryCommand::Depart { batch } => depart(facts, *batch),
        DeliveryCommand::Arrive { batch, place } => arrive(facts, *batch, place),
        DeliveryCommand::PassOn { orders, carrier } => pass_on(facts, orders, carrier),
        DeliveryCommand::Dissolve { batch, reason } => {
            note_needed(reason)?;
            let batch = of_state(facts, *batch, BatchState::Planned)?;
            Ok(dissolved(batch, reason.trim()))
        }
    }
}

fn pass<'a>(facts: &'a Asking<'_>, id: UnitId) -> Result<&'a Pass, Refusal> {
    let pass = facts.state.yard.passes.get(&id).filter(|_| id.area() == facts.asked.area);
    pass.ok_or_else(|| Refusal::new("pass-unknown").with("pass", id))
}

fn of_state<'a>(
    facts: &'a Asking<'_>,
    id: UnitId,
    state: BatchState,
) -> Result<&'a Batch, Refusal> {
    let batch = facts.state.yard.batches.get(&id).filter(|_| id.area() == facts.asked.area);
    let batch = batch.ok_or_else(|| Refusal::new("batch-unknown").with("batch", id))?;
    match batch.state == state {
        true => Ok(batch),
        false => Err(Refusal::new("batch-elsewhere")
            .with("batch", id)
            .with("state", batch.state)
            .with("wanted", state)),
    }
}

/// Whoever works for a vehicle or as a volunteer acts for that one only.
pub(crate) fn acts_for(facts: &Asking<'_>, holder: &HolderCode) -> Result<(), Refusal> {
    match &facts.asked.actor.holder {
        Some(own) if matches!(own.kind(), "vehicle" | "volunteer") && own != holder => {
            Err(Refusal::new("not-your-holder").with("holder", holder))
        }
        _ => Ok(()),
    }
}

fn give_pass(facts: &Asking<'_>, c: &GivePass) -> Decided {
    note_needed(&c.plate)?;
    if c.vehicle.kind() != "vehicle" {
        return Err(Refusal::new("not-a-vehicle").with("holder", &c.vehicle));
    }
    if !(1..=100_000_000).contains(&c.carries) {
        return Err(Refusal::new("amount-out-of-range")
            .with("amount", c.carries)
            .with("limit", 100_000_000));
    }
    if c.until <= c.from || c.until <= facts.at() || c.until > c.from + PASS_AT_MOST {
        return Err(Refusal::new("pass-without-end")
            .with("days", PASS_AT_MOST.0 / types::Span::days(1).0)
            .by_rule("supply.pass-end"));
    }
    if c.places.is_empty() || c.places.len() > 100 {
        return Err(Refusal::new("nothing-named"));
    }
    let Some(home) = facts.state.yard.lives.get(&c.driver) else {
        return Err(Refusal::new("driver-not-registered").with("person", c.driver));
    };
    let pass = pass_id(facts.asked.area, facts.asked.id);
    let mut given = c.clone();
    given.plate = c.plate.trim().to_owned();
    let event =
        PassGiven { pass, given, home: home.clone(), vouched: String::new(), identity: None };
    let mut decision = Decision::fact(told(DeliveryEvent::PassGiven(Box::new(event))));
    decision.moves.push(Move::Open {
        unit: pass,
        holder: c.vehicle.clone(),
        step: VALID.to_owned(),
        deadline: Some(c.until),
        limit: None,
    });
    Ok(decision)
}

/// A pass is taken away: what was planned with it has to be planned anew.
fn withdrawn<C>(facts: &Facts<'_, C>, pass: &Pass, reason: &str) -> Decision<Event> {
    let reason = reason.to_owned();
    let mut decision = Decision::fact(told(DeliveryEvent::PassWithdrawn {
        pass: pass.id,
        reason: reason.clone(),
    }));
    decision.moves.push(Move::Close { unit: pass.id, reason: "withdrawn".to_owned() });
    let concerned = facts.state.yard.planned(|b| b.pass == pass.id && b.stale.is_empty());
    for batch in concerned {
        decision.join(stale(batch, &format!("pass: {reason}")));
    }
    if pass.is_volunteers() {
        // What a volunteer has is somebody's task again: the shop's that packed it.
        let carried =
            |o: &Order| o.stage == Stage::Out && o.carrier.as_ref() == Some(&pass.vehicle);
        for order in facts.state.book.pick(carried) {
            decision.join(crate::orders::returned(facts, order, "volunteer-withdrawn"));
        }
    }
    decision
}

fn stale(batch: &Batch, reason: &str) -> Decision<Event> {
    let mut decision =
        Decision::fact(told(DeliveryEvent::Stale { batch: batch.id, reason: reason.to_owned() }));
    decision.moves.push(Move::Step {
        unit: batch.id,
        step: STALE.to_owned(),
        deadline: Some(batch.leaves_at),
    });
    decision
}

fn dissolved(batch: &Batch, reason: &str) -> Decision<Event> {
    let mut decision = Decision::fact(told(DeliveryEvent::Dissolved {
        batch: batch.id,
        reason: reason.to_owned(),
    }));
    decision.moves.push(Move::Close { unit: batch.id, reason: "dissolved".to_owned() });
    decision
}

/// Drivers who were found positive drive nobody's food any more.
pub(crate) fn drivers_positive<C>(facts: &Facts<'_, C>, drivers: &[PersonId]) -> Decision<Event> {
    let mut decision = Decision::default();
    for pass in facts.state.yard.valid(|pass| drivers.contains(&pass.driver)) {
        let why = if pass.is_volunteers() { "volunteer-positive" } else { "driver-positive" };
        decision.join(withdrawn(facts, pass, why));
    }
    decision
}

/// Drivers who live where nobody may leave from now on cannot drive; volunteers who do go on behind the same gate, but
/// not elsewhere.
pub(crate) fn withdraw_inside<C>(facts: &Facts<'_, C>, place: &PlaceCode) -> Decision<Event> {
    let mut decision = Decision::default();
    let inside = |pass: &Pass| pass.home.as_ref().is_some_and(|home| lies_in(home, place));
    for pass in facts.state.yard.valid(inside) {
        if !pass.is_volunteers() {
            decision.join(withdrawn(facts, pass, "driver-locked-in"));
        } else if !pass.places.iter().all(|gate| lies_in(gate, place)) {
            decision.join(withdrawn(facts, pass, "volunteer-locked-in"));
        }
    }
    decision
}

/// What holds at a place has changed: batches that go there, or to what lies in it or around it, were planned by
/// what holds no more. Those that a withdrawn pass has made stale in the same decision stay as they are.
pub(crate) fn zone_changed<C>(
    facts: &Facts<'_, C>,
    place: &PlaceCode,
    done: &Decision<Event>,
) -> Decision<Event> {
    let mut decision = Decision::default();
    let goes = |stop: &NewStop| lies_in(&stop.place, place) || lies_in(place, &stop.place);
    let already = |id: UnitId| {
        done.events.iter().any(|event| match event {
            Event::Delivery(event) => {
                matches!(&**event, DeliveryEvent::Stale { batch, .. } if *batch == id)
            }
            _ => false,
        })
    };
    let concerned = facts.state.yard.planned(|b| b.stale.is_empty() && b.stops.iter().any(goes));
    for batch in concerned.into_iter().filter(|batch| !already(batch.id)) {
        decision.join(stale(batch, &format!("zone: {place}")));
    }
    decision
}

fn put_gate(
    facts: &Asking<'_>,
    place: &PlaceCode,
    (opens, closes): (i64, i64),
    blocked: &str,
) -> Decided {
    note_fits(blocked)?;
    if area_of(place) != facts.asked.area {
        return Err(Refusal::new("place-of-another-county").with("place", place));
    }
    if !(0..1_440).contains(&opens) || closes <= opens || closes > 1_440 {
        return Err(Refusal::new("gate-times-wrong").with("place", place));
    }
    let blocked = blocked.trim().to_owned();
    let event = DeliveryEvent::GatePut { place: place.clone(), opens, closes, blocked };
    let mut decision = Decision::fact(told(event));
    let goes = |batch: &Batch| batch.stops.iter().any(|stop| lies_in(&stop.place, place));
    for batch in facts.state.yard.planned(|batch| batch.stale.is_empty() && goes(batch)) {
        decision.join(stale(batch, &format!("gate: {place}")));
    }
    Ok(decision)
}

/// Where what a shop packs leaves from. The shop answers for it until it has left, from wherever that is.
fn put_dock(facts: &Asking<'_>, shop: &HolderCode, dock: Option<&HolderCode>) -> Decided {
    facts.shop(shop)?;
    facts.open_site(shop)?;
    if let Some(dock) = dock {
        let site = facts.open_in_county(dock)?;
        if site.kind != SiteKind::Sorting {
            return Err(Refusal::new("not-a-sorting-centre").with("site", dock));
        }
    }
    let before = facts.state.yard.dock_of(shop);
    if before == dock {
        return Err(Refusal::new("dock-as-it-is").with("site", shop));
    }
    let event = DeliveryEvent::DockPut { shop: shop.clone(), dock: dock.cloned() };
    let mut decision = Decision::fact(told(event));
    // Which of a dock's batches have orders of this shop is not asked: all that leave from there are planned anew.
    let from = before.unwrap_or(shop);
    for batch in facts.state.yard.planned(|b| b.stale.is_empty() && b.shop == *from) {
        decision.join(stale(batch, &format!("dock: {shop}")));
    }
    Ok(decision)
}

/// A sorting centre closes: what was to leave from it is planned anew, from the shops.
pub(crate) fn dock_closed<C>(facts: &Facts<'_, C>, dock: &HolderCode) -> Decision<Event> {
    let mut decision = Decision::default();
    for batch in facts.state.yard.planned(|b| b.stale.is_empty() && b.shop == *dock) {
        decision.join(stale(batch, &format!("dock: {dock}")));
    }
    decision
}

fn plan(facts: &Asking<'_>, batches: &[NewBatch], replaces: &[UnitId]) -> Decided {
    match batches.len() {
        0 => return Err(Refusal::new("nothing-named")),
        n if n > MOST_BATCHES => {
            return Err(Refusal::new("too-many-lines").with("limit", MOST_BATCHES));
        }
        _ => {}
    }
    let mut decision = Decision::default();
    for (n, id) in replaces.iter().enumerate() {
        if replaces[..n].contains(id) {
            return Err(Refusal::new("order-named-twice"));
        }
        let batch = of_state(facts, *id, BatchState::Planned)?;
        decision.join(dissolved(batch, "planned-anew"));
    }
    let mut seen: Vec<UnitId> = Vec::new();
    for (n, batch) in (0u32..).zip(batches) {
        let with = &batches[..n as usize];
        let weight = checked(facts, batch, replaces, with, &mut seen)?;
        let pass = pass(facts, batch.pass)?;
        let id = batch_id(facts.asked.area, facts.asked.id, n);
        decision.moves.push(Move::Open {
            unit: id,
            holder: batch.shop.clone(),
            step: PLANNED.to_owned(),
            deadline: Some(batch.leaves_at),
            limit: None,
        });
        decision.events.push(told(DeliveryEvent::Batched(Box::new(Batched {
            batch: id,
            shop: batch.shop.clone(),
            pass: pass.id,
            vehicle: pass.vehicle.clone(),
            leaves_at: batch.leaves_at,
            weight,
            stops: batch.stops.clone(),
        }))));
    }
    Ok(decision)
}

/// Whether a batch can be driven as planned; gives what it weighs.
fn checked(
    facts: &Asking<'_>,
    batch: &NewBatch,
    replaces: &[UnitId],
    with: &[NewBatch],
    seen: &mut Vec<UnitId>,
) -> Result<i64, Refusal> {
    let from = facts.open_site(&batch.shop)?;
    if !matches!(from.kind, SiteKind::Shop | SiteKind::Sorting) {
        return Err(Refusal::new("not-a-shop").with("site", &batch.shop));
    }
    let pass = pass(facts, batch.pass)?;
    if pass.is_volunteers() {
        return Err(Refusal::new("not-a-vehicle").with("holder", &pass.vehicle));
    }
    if batch.stops.is_empty() || batch.stops.iter().any(|stop| stop.orders.is_empty()) {
        return Err(Refusal::new("nothing-named"));
    }
    let mut before = batch.leaves_at;
    let (mut weight, mut cold) = (0i64, false);
    for stop in &batch.stops {
        if stop.at < before {
            return Err(Refusal::new("stops-out-of-order").with("place", &stop.place));
        }
        before = stop.at;
        if !pass.lets(&stop.place, stop.at) {
            return Err(Refusal::new("pass-does-not-cover")
                .with("vehicle", &pass.vehicle)
                .with("place", &stop.place)
                .by_rule("supply.pass"));
        }
        gate_takes(facts, stop)?;
        for id in &stop.orders {
            if seen.contains(id) {
                return Err(Refusal::new("order-named-twice"));
            }
            seen.push(*id);
            let order = fits(facts, *id, batch, stop, replaces)?;
            weight += Good::ALL
                .iter()
                .filter(|g| **g != Good::Medicine)
                .map(|g| order.amount(*g))
                .sum::<i64>();
            cold |= order.amount(Good::Pork) > 0;
        }
    }
    if weight > pass.carries {
        return Err(Refusal::new("more-than-a-vehicle-carries")
            .with("vehicle", &pass.vehicle)
            .with("weight", weight)
            .with("limit", pass.carries));
    }
    if cold && !pass.cold {
        return Err(Refusal::new("cold-chain-broken")
            .with("vehicle", &pass.vehicle)
            .by_rule("supply.cold-chain"));
    }
    let overlaps = |from, until| from <= before && batch.leaves_at <= until;
    let other = facts.state.yard.batches.iter().any(|(id, b)| {
        b.vehicle == pass.vehicle
            && b.state == BatchState::Planned
            && !replaces.contains(id)
            && overlaps(b.leaves_at, b.ends_at())
    });
    let beside = with.iter().any(|b| {
        let until = b.stops.last().map_or(b.leaves_at, |stop| stop.at);
        b.pass == batch.pass && overlaps(b.leaves_at, until)
    });
    if other || beside {
        return Err(Refusal::new("vehicle-is-elsewhere").with("vehicle", &pass.vehicle));
    }
    Ok(weight)
}

/// A gate takes deliveries at its hours; to one that is blocked nobody gets.
fn gate_takes(facts: &Asking<'_>, stop: &NewStop) -> Result<(), Refusal> {
    let gates = &facts.state.yard.gates;
    let gate = registry::place::chain_of(&stop.place).into_iter().find_map(|p| gates.get(&p));
    let Some(gate) = gate else { return Ok(()) };
    if !gate.blocked.is_empty() {
        return Err(Refusal::new("gate-blocked")
            .with("place", &gate.place)
            .with("reason", &gate.blocked));
    }
    if !(gate.opens..gate.closes).contains(&minute_of_day(stop.at)) {
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        return Err(Refusal::new("gate-closed-then")
            .with("place", &gate.place)
            .with("opens", clock(gate.opens))
            .with("closes", clock(gate.closes))
            .by_rule("supply.gate-hours"));
    }
    Ok(())
}

fn fits<'a>(
    facts: &'a Asking<'_>,
    id: UnitId,
    batch: &NewBatch,
    stop: &NewStop,
    replaces: &[UnitId],
) -> Result<&'a Order, Refusal> {
    let order = facts.state.book.orders.get(&id).filter(|_| id.area() == facts.asked.area);
    let order = order.ok_or_else(|| Refusal::new("household-order-unknown").with("order", id))?;
    let leaves = |from: &HolderCode| {
        order.shop == *from || facts.state.yard.dock_of(&order.shop) == Some(from)
    };
    if !leaves(&batch.shop) {
        return Err(Refusal::new("order-of-another-shop")
            .with("order", id)
            .with("site", &batch.shop));
    }
    if !order.stage.reserves() {
        return Err(Refusal::new("order-elsewhere")
            .with("order", id)
            .with("stage", order.stage)
            .with("wanted", Stage::Out)
            .by_rule("supply.order-stages"));
    }
    if order.batch.is_some_and(|batch| !replaces.contains(&batch)) {
        return Err(Refusal::new("order-in-another-batch")
            .with("order", id)
            .by_rule("supply.one-batch"));
    }
    if !lies_in(&order.place, &stop.place) {
        return Err(Refusal::new("order-of-another-place")
            .with("order", id)
            .with("place", &stop.place));
    }
    Ok(order)
}

fn inside<'a>(facts: &'a Asking<'_>, batch: UnitId) -> Vec<&'a Order> {
    facts.state.book.pick(|order| order.batch == Some(batch))
}

fn depart(facts: &Asking<'_>, id: UnitId) -> Decided {
    let batch = of_state(facts, id, BatchState::Planned)?;
    acts_for(facts, &batch.vehicle)?;
    if !batch.stale.is_empty() {
        return Err(Refusal::new("batch-stale")
            .with("batch", id)
            .with("reason", &batch.stale)
            .by_rule("supply.replan"));
    }
    let pass = pass(facts, batch.pass)?;
    let last = batch.stops.last().map(|stop| &stop.place);
    if last.is_some_and(|place| !pass.lets(place, facts.at())) {
        return Err(Refusal::new("pass-does-not-cover")
            .with("vehicle", &batch.vehicle)
            .with("place", last.map(ToString::to_string).unwrap_or_default())
            .by_rule("supply.pass"));
    }
    let orders = inside(facts, id);
    let unpacked = orders.iter().filter(|order| order.stage == Stage::Accepted).count();
    if unpacked > 0 {
        return Err(Refusal::new("not-packed-yet").with("batch", id).with("n", unpacked));
    }
    // From a dock leave orders of several shops, each of which has them until now.
    let mut shops: BTreeMap<&HolderCode, Vec<UnitId>> = BTreeMap::new();
    for order in &orders {
        shops.entry(&order.shop).or_default().push(order.id);
    }
    let mut decision = Decision::default();
    for (shop, ids) in shops {
        decision.join(crate::orders::out_of(facts, shop, &ids, &batch.vehicle)?);
    }
    decision.moves.push(Move::Hand {
        unit: id,
        giver: Some(batch.shop.clone()),
        taker: batch.vehicle.clone(),
        step: "batch_out".to_owned(),
        deadline: Some(batch.ends_at().max(facts.at()) + OUT_WITHIN),
        limit: None,
        evidence: None,
    });
    decision.events.push(told(DeliveryEvent::Departed { batch: id }));
    Ok(decision)
}

fn arrive(facts: &Asking<'_>, id: UnitId, place: &PlaceCode) -> Decided {
    let batch = of_state(facts, id, BatchState::Out)?;
    acts_for(facts, &batch.vehicle)?;
    if !batch.stops.iter().any(|stop| stop.place == *place) {
        return Err(Refusal::new("no-such-stop").with("batch", id).with("place", place));
    }
    if batch.been.contains(place) {
        return Err(Refusal::new("arrived-already").with("place", place));
    }
    Ok(Decision::fact(told(DeliveryEvent::Arrived { batch: id, place: place.clone() })))
}

fn pass_on(facts: &Asking<'_>, orders: &[UnitId], carrier: &HolderCode) -> Decided {
    if orders.is_empty() {
        return Err(Refusal::new("nothing-named"));
    }
    let mut decision = Decision::default();
    let mut leaving: Vec<&Order> = Vec::with_capacity(orders.len());
    for (n, id) in orders.iter().enumerate() {
        if orders[..n].contains(id) {
            return Err(Refusal::new("order-named-twice"));
        }
        let order = facts.state.book.orders.get(id).filter(|_| id.area() == facts.asked.area);
        let order =
            order.ok_or_else(|| Refusal::new("household-order-unknown").with("order", id))?;
        if order.stage != Stage::Out {
            return Err(Refusal::new("order-elsewhere")
                .with("order", id)
                .with("stage", order.stage)
                .with("wanted", Stage::Out)
                .by_rule("supply.order-stages"));
        }
        if let Some(giver) = &order.carrier
            && facts.asked.actor.holder.as_ref() != Some(carrier)
        {
            acts_for(facts, giver)?;
        }
        may_be_handed(facts, carrier, order)?;
        let clock = facts.at() + OUT_WITHIN;
        decision.moves.push(crate::orders::to_carrier(*id, order.carrier.as_ref(), carrier, clock));
        let carrier = carrier.clone();
        decision.events.push(told(DeliveryEvent::PassedOn { order: *id, carrier, clock }));
        leaving.push(order);
    }
    decision.moves.extend(ends_batches(facts, &leaving));
    Ok(decision)
}

/// The batches that end because these are the last of their orders.
pub(crate) fn ends_batches<C>(facts: &Facts<'_, C>, leaving: &[&Order]) -> Vec<Move> {
    let mut n: BTreeMap<UnitId, i64> = BTreeMap::new();
    for batch in leaving.iter().filter_map(|order| order.batch) {
        *n.entry(batch).or_default() += 1;
    }
    let over = n
        .into_iter()
        .filter(|(id, n)| facts.state.yard.batches.get(id).is_some_and(|batch| batch.open <= *n));
    over.map(|(unit, _)| Move::Close { unit, reason: "batch_done".to_owned() }).collect()
}
