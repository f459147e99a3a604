//! Orders for one gate that go together.

use planner::routes::Window;
use registry::place::{chain_of, compound_of};
use types::{HolderCode, Micros, PlaceCode, UnitId};

use super::{Day, Left};
use crate::delivery::minute_of_day;
use crate::delivery::rows::Gate;
use crate::orders::Order;
use crate::words::Good;

/// Orders for one gate that leave from one place, as many as a vehicle takes.
pub(super) struct Drop<'d> {
    pub from: &'d HolderCode,
    pub place: PlaceCode,
    pub orders: Vec<UnitId>,
    /// In grams.
    pub weight: i64,
    /// The passes that let it, by their index.
    pub by: Vec<usize>,
    /// In seconds from now.
    pub window: Window,
}

fn weight(order: &Order) -> i64 {
    Good::ALL.iter().filter(|g| **g != Good::Medicine).map(|g| order.amount(*g)).sum()
}

/// Puts orders for one gate together; those that nothing can bring are left, with why.
pub(super) fn drops<'d>(
    day: &'d Day,
    orders: &[&'d Order],
    now: Micros,
    left: &mut Vec<(UnitId, Left)>,
) -> Vec<Drop<'d>> {
    let mut drops: Vec<Drop<'d>> = Vec::new();
    for order in orders {
        let place = compound_of(&order.place);
        let chain = chain_of(&place);
        let gate = chain.iter().find_map(|p| day.gates.iter().find(|gate| gate.place == *p));
        if gate.is_some_and(|gate| !gate.blocked.is_empty()) {
            left.push((order.id, Left::Blocked));
            continue;
        }
        let cold = order.amount(Good::Pork) > 0;
        let by: Vec<usize> = (0..day.passes.len())
            .filter(|n| {
                let pass = &day.passes[*n];
                let later = pass.from.max(now);
                pass.lets(&place, later) && (pass.cold || !cold)
            })
            .collect();
        if by.is_empty() {
            left.push((order.id, Left::NoPass));
            continue;
        }
        let weight = weight(order);
        let room = by.iter().map(|n| day.passes[*n].carries).max().unwrap_or(0);
        if weight > room {
            left.push((order.id, Left::TooHeavy));
            continue;
        }
        let from = day.leaves(order);
        // What is not cold goes with what is, if the same vehicles may take both.
        let with = drops.iter_mut().find(|drop| {
            drop.place == place
                && drop.from == from
                && drop.by == by
                && drop.weight + weight <= room
        });
        match with {
            Some(drop) => {
                drop.orders.push(order.id);
                drop.weight += weight;
            }
            None => drops.push(Drop {
                window: window(gate, now),
                from,
                place,
                orders: vec![order.id],
                weight,
                by,
            }),
        }
    }
    drops
}

/// The next hours of a gate, in seconds from now.
fn window(gate: Option<&Gate>, now: Micros) -> Window {
    let Some(gate) = gate else { return Window::ANY };
    let minute = minute_of_day(now);
    let day = if minute < gate.closes { 0 } else { 1_440 };
    let seconds = |at: i64| i32::try_from((at + day - minute) * 60).unwrap_or(i32::MAX);
    Window { open: seconds(gate.opens).max(0), close: seconds(gate.closes) - 60 }
}
