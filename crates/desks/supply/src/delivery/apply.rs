//! Applying facts about deliveries. Total: what was decided cannot fail.

use ledger::Entry;
use types::UnitId;

use super::event::DeliveryEvent;
use super::rows::{Batch, BatchState, Dock, Gate, Pass};
use crate::state::State;

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &DeliveryEvent) {
    let at = entry.event_time;
    match event {
        DeliveryEvent::PassGiven(c) => {
            let given = &c.given;
            let pass = Pass {
                id: c.pass,
                vehicle: given.vehicle.clone(),
                plate: given.plate.clone(),
                driver: given.driver,
                home: c.home.clone(),
                carries: given.carries,
                cold: given.cold,
                places: given.places.clone(),
                from: given.from,
                until: given.until,
                withdrawn: None,
                vouched: c.vouched.clone(),
                identity: c.identity.clone(),
            };
            state.yard.passes.put(c.pass, pass);
        }
        DeliveryEvent::PassWithdrawn { pass, reason } => {
            state.yard.passes.change(pass, |p| p.withdrawn = Some((at, reason.clone())));
        }
        DeliveryEvent::GatePut { place, opens, closes, blocked } => {
            let (opens, closes, blocked) = (*opens, *closes, blocked.clone());
            let gate = Gate { place: place.clone(), opens, closes, blocked };
            state.yard.gates.put(place.clone(), gate);
        }
        DeliveryEvent::DockPut { shop, dock } => {
            let dock = Dock { area: entry.area, shop: shop.clone(), at: dock.clone() };
            state.yard.docks.put(shop.clone(), dock);
        }
        DeliveryEvent::Batched(c) => {
            let orders: Vec<UnitId> = c.stops.iter().flat_map(|stop| stop.orders.clone()).collect();
            let batch = Batch {
                id: c.batch,
                shop: c.shop.clone(),
                pass: c.pass,
                vehicle: c.vehicle.clone(),
                state: BatchState::Planned,
                leaves_at: c.leaves_at,
                left_at: None,
                weight: c.weight,
                stops: c.stops.clone(),
                been: Vec::new(),
                open: orders.len() as i64,
                stale: String::new(),
            };
            state.yard.batches.put(c.batch, batch);
            for order in orders {
                state.yard.slots.put((order, c.batch), true);
                state.book.orders.change(&order, |o| o.batch = Some(c.batch));
            }
        }
        DeliveryEvent::Departed { batch } => state.yard.batches.change(batch, |b| {
            b.state = BatchState::Out;
            b.left_at = Some(at);
        }),
        DeliveryEvent::Arrived { batch, place } => {
            state.yard.batches.change(batch, |b| b.been.push(place.clone()));
        }
        DeliveryEvent::Stale { batch, reason } => {
            state.yard.batches.change(batch, |b| b.stale.clone_from(reason));
        }
        DeliveryEvent::Dissolved { batch, reason } => {
            let inside = state.book.pick(|order| order.batch == Some(*batch));
            for order in inside.into_iter().map(|order| order.id).collect::<Vec<_>>() {
                state.yard.slots.put((order, *batch), false);
                state.book.orders.change(&order, |o| o.batch = None);
            }
            state.yard.batches.change(batch, |b| {
                b.state = BatchState::Dissolved;
                b.open = 0;
                b.stale.clone_from(reason);
            });
        }
        DeliveryEvent::PassedOn { order, carrier, clock } => {
            leave(state, *order);
            crate::orders::carried(state, entry, *order, carrier, *clock);
        }
    }
}

/// An order leaves its batch: it was handed over, came back, or was cancelled. A batch without any is over.
pub(crate) fn leave(state: &mut State, order: UnitId) {
    let Some(batch) = state.book.orders.get(&order).and_then(|order| order.batch) else { return };
    state.yard.slots.put((order, batch), false);
    state.book.orders.change(&order, |order| order.batch = None);
    state.yard.batches.change(&batch, |b| {
        b.open -= 1;
        if b.open == 0 {
            b.state = match b.state {
                BatchState::Planned => BatchState::Dissolved,
                _ => BatchState::Done,
            };
        }
    });
}
