//! What a driver or a volunteer brings, as a phone needs it without a network: batches with their stops, and orders
//! with the doors that they go to. A household's code is not among it: who brings the goods is told it at the door.

use std::collections::HashSet;

use registry::place::compound_of;
use serde::Serialize;
use store::Connection;
use supply::{BatchState, Order, views};
use types::{HolderCode, HouseholdId, Micros, PlaceCode, UnitId};
use utoipa::ToSchema;

use crate::Fault;
use crate::field::persons;
use crate::pages::supply::words;
use crate::shell::Both;

/// Most batches, and most orders of a phone.
const MOST: i64 = 1_000;

/// An order that is to be brought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldOrder)]
pub struct OrderOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// The household.
    #[schema(value_type = String)]
    household: HouseholdId,
    /// Where it is: an entrance, a building.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// The same as people say it: the compound by name, building and entrance.
    name: Both,
    /// Its door.
    door: String,
    /// `door`, `called` or `free`: whether it is gone to or called down.
    mode: &'static str,
    /// `accepted`, `packed`, `came_back` or `out`.
    stage: &'static str,
    /// What is in it.
    what: Both,
    /// What whoever brings it has to know.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// By when it is to be at the door, microseconds UTC.
    #[schema(value_type = i64)]
    due: Micros,
}

/// A stop of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldStop)]
pub struct StopOut {
    /// Where.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// Its name.
    name: Both,
    /// When, as planned, microseconds UTC.
    #[schema(value_type = i64)]
    at: Micros,
    /// Whether the vehicle has been there.
    been: bool,
    /// Which orders.
    #[schema(value_type = Vec<String>)]
    orders: Vec<UnitId>,
}

/// A batch of a vehicle.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldBatch)]
pub struct BatchOut {
    /// Which.
    #[schema(value_type = String)]
    id: UnitId,
    /// Whether it has left.
    out: bool,
    /// Why it may not leave; empty when it may.
    #[serde(skip_serializing_if = "String::is_empty")]
    stale: String,
    /// When it leaves, microseconds UTC.
    #[schema(value_type = i64)]
    leaves_at: Micros,
    /// Where it goes, in order.
    stops: Vec<StopOut>,
}

/// What somebody brings.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = FieldDeliveries)]
pub struct DeliveriesOut {
    /// A vehicle's batches.
    batches: Vec<BatchOut>,
    /// Their orders, and those that are on their way with the holder.
    orders: Vec<OrderOut>,
}

/// What a vehicle or a volunteer brings; nothing for other holders.
///
/// # Errors
/// A fault of the store.
pub async fn of_carrier(db: &mut Connection, holder: &HolderCode) -> Result<DeliveriesOut, Fault> {
    if !matches!(holder.kind(), "vehicle" | "volunteer") {
        return Ok(DeliveriesOut::default());
    }
    let batches = views::batches_by(db, holder, MOST).await?;
    let mut orders = views::orders_carried(db, holder, MOST).await?;
    for batch in batches.iter().filter(|batch| batch.state == BatchState::Planned) {
        orders.extend(views::orders_in(db, batch.id).await?);
    }
    let ids: Vec<_> = orders.iter().map(|order| (order.id.area(), order.household)).collect();
    let households = views::households(db, &ids).await?;
    let doors = words::doors(db, &households).await?;
    let stops = batches.iter().flat_map(|batch| &batch.stops).map(|stop| &stop.place);
    let places = stops.chain(orders.iter().map(|order| &order.place));
    let compounds: HashSet<PlaceCode> = places.map(compound_of).collect();
    let compounds: Vec<PlaceCode> = compounds.into_iter().collect();
    let names = registry::views::place_names(db, &compounds).await?;
    let told = orders.iter().map(|order| {
        let of = households.iter().find(|household| household.id == order.household);
        OrderOut {
            id: order.id,
            household: order.household,
            place: order.place.clone(),
            name: persons::said(&names, &order.place),
            door: doors.get(&order.household).cloned().unwrap_or_default(),
            mode: of.map_or("free", |household| household.mode.as_str()),
            stage: order.stage.as_str(),
            what: what(order),
            note: of.map(|household| household.note.clone()).unwrap_or_default(),
            due: order.clock.unwrap_or(order.due),
        }
    });
    let orders = told.collect();
    let batches = batches.into_iter().map(|batch| BatchOut {
        id: batch.id,
        out: batch.state == BatchState::Out,
        stops: batch
            .stops
            .iter()
            .map(|stop| StopOut {
                place: stop.place.clone(),
                name: persons::said(&names, &stop.place),
                at: stop.at,
                been: batch.been.contains(&stop.place),
                orders: stop.orders.clone(),
            })
            .collect(),
        leaves_at: batch.leaves_at,
        stale: batch.stale,
    });
    Ok(DeliveriesOut { batches: batches.collect(), orders })
}

/// What is in an order, in both languages.
fn what(order: &Order) -> Both {
    let list = |zh: bool| {
        let lines = order.lines.iter().map(|line| {
            let name = match (zh, line.name_en.is_empty()) {
                (false, false) => line.name_en.as_str(),
                _ if line.name_zh.is_empty() => line.good.as_str(),
                _ => line.name_zh.as_str(),
            };
            format!("{name} × {}", line.count)
        });
        lines.collect::<Vec<_>>().join(", ")
    };
    Both { zh: list(true), en: list(false) }
}
