//! What can be told of passes, gates and batches, and what a plan begins from.

use std::collections::BTreeMap;

use ledger::{Result, by_area};
use registry::place::compound_of;
use registry::positions::{around, positions};
use store::Connection;
use types::{AreaCode, AreaScope, HolderCode, Micros, PlaceCode, UnitId};

use super::plan::Day;
use super::{Batch, BatchState, Dock, Gate, Pass, read_batch, read_dock, read_gate, read_pass};
use crate::orders::{Order, read_order};
use crate::rows::Site;
use crate::tables::delivery::{
    BATCH_BY_ID, BATCHES_BY, BATCHES_OPEN, BATCHES_STALE, DOCKS_OF_AREA, GATES_OF_AREA, PASS_BY_ID,
    PASSES, PASSES_OF_VEHICLE, VOLUNTEERS,
};
use crate::tables::orders::{ORDERS_IN_BATCH, ORDERS_TO_PLAN};

/// One pass.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn pass(db: &mut Connection, id: UnitId) -> Result<Option<Pass>> {
    let rows = db.lookup(&PASS_BY_ID, &by_area(&[id])).await?;
    rows.first().map(read_pass).transpose().map_err(Into::into)
}

/// The passes of vehicles of a scope whose time was not over at a time, those that were withdrawn included.
///
/// # Errors
/// As [`pass`].
pub async fn passes(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    limit: i64,
) -> Result<Vec<Pass>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&PASSES, &[low.into(), high.into(), since.into(), limit.into()]).await?;
    rows.iter().map(|row| read_pass(row).map_err(Into::into)).collect()
}

/// The volunteers of a scope whose registration has not run out before a time, those that were withdrawn included; the
/// next to end first.
///
/// # Errors
/// As [`pass`].
pub async fn volunteers(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    limit: i64,
) -> Result<Vec<Pass>> {
    let (low, high) = scope.bounds();
    let rows =
        db.query(&VOLUNTEERS, &[low.into(), high.into(), since.into(), limit.into()]).await?;
    rows.iter().map(|row| read_pass(row).map_err(Into::into)).collect()
}

/// The passes that a vehicle or a volunteer has and had, the latest first.
///
/// # Errors
/// As [`pass`].
pub async fn passes_of(db: &mut Connection, vehicle: &HolderCode, limit: i64) -> Result<Vec<Pass>> {
    let rows = db.query(&PASSES_OF_VEHICLE, &[vehicle.into(), limit.into()]).await?;
    rows.iter().map(|row| read_pass(row).map_err(Into::into)).collect()
}

/// The gates of a county of which hours are known.
///
/// # Errors
/// As [`pass`].
pub async fn gates(db: &mut Connection, area: AreaCode) -> Result<Vec<Gate>> {
    let rows = db.lookup(&GATES_OF_AREA, &[area.into()]).await?;
    let mut found: Vec<Gate> = rows.iter().map(read_gate).collect::<store::Result<_>>()?;
    found.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(found)
}

/// The shops of a county that hand over to a sorting centre, and to which.
///
/// # Errors
/// As [`pass`].
pub async fn docks(db: &mut Connection, area: AreaCode) -> Result<Vec<Dock>> {
    let rows = db.lookup(&DOCKS_OF_AREA, &[area.into()]).await?;
    let mut found: Vec<Dock> = rows.iter().map(read_dock).collect::<store::Result<_>>()?;
    found.retain(|dock| dock.at.is_some());
    found.sort_by(|a, b| a.shop.cmp(&b.shop));
    Ok(found)
}

/// One batch.
///
/// # Errors
/// As [`pass`].
pub async fn batch(db: &mut Connection, id: UnitId) -> Result<Option<Batch>> {
    let rows = db.lookup(&BATCH_BY_ID, &by_area(&[id])).await?;
    rows.first().map(read_batch).transpose().map_err(Into::into)
}

/// The batches of a scope that have not left, or are on their way, by when they leave.
///
/// # Errors
/// As [`pass`].
pub async fn batches(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Batch>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&BATCHES_OPEN, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| read_batch(row).map_err(Into::into)).collect()
}

/// The batches of a scope that have to be planned anew, county by county, by when they leave.
///
/// # Errors
/// As [`pass`].
pub async fn batches_stale(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<Batch>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&BATCHES_STALE, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| read_batch(row).map_err(Into::into)).collect()
}

/// The open batches of a vehicle.
///
/// # Errors
/// As [`pass`].
pub async fn batches_by(
    db: &mut Connection,
    vehicle: &HolderCode,
    limit: i64,
) -> Result<Vec<Batch>> {
    let rows = db.query(&BATCHES_BY, &[vehicle.into(), limit.into()]).await?;
    rows.iter().map(|row| read_batch(row).map_err(Into::into)).collect()
}

/// The orders that are in a batch.
///
/// # Errors
/// As [`pass`].
pub async fn orders_in(db: &mut Connection, batch: UnitId) -> Result<Vec<Order>> {
    let rows = db.lookup(&ORDERS_IN_BATCH, &[batch.into()]).await?;
    let mut found: Vec<Order> = rows.iter().map(read_order).collect::<store::Result<_>>()?;
    found.sort_by(|a, b| (&a.place, a.id).cmp(&(&b.place, b.id)));
    Ok(found)
}

/// The orders of a scope whose goods lie aside and that are in no batch, the most pressing first.
///
/// # Errors
/// As [`pass`].
pub async fn orders_to_plan(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<Order>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&ORDERS_TO_PLAN, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| read_order(row).map_err(Into::into)).collect()
}

/// Most orders, batches and passes of a county that one plan looks at.
const MOST_OF_A_DAY: i64 = 2_000;

/// What a plan of a county begins from: orders in no batch and in batches that have become stale, passes, gates,
/// places. Orders of a shop that is closed wait until its households have another one.
///
/// # Errors
/// As [`pass`].
pub async fn day(db: &mut Connection, area: AreaCode, now: Micros) -> Result<Day> {
    let scope = AreaScope::one(area);
    let mut orders = orders_to_plan(db, scope, MOST_OF_A_DAY).await?;
    let (mut before, mut busy) = (Vec::new(), BTreeMap::<HolderCode, Micros>::new());
    for batch in batches(db, scope, MOST_OF_A_DAY).await? {
        if batch.state == BatchState::Planned && !batch.stale.is_empty() {
            orders.extend(orders_in(db, batch.id).await?);
            before.push(batch);
        } else {
            let until = busy.entry(batch.vehicle.clone()).or_insert(batch.ends_at());
            *until = batch.ends_at().max(*until);
        }
    }
    let mut codes: Vec<HolderCode> = orders.iter().map(|order| order.shop.clone()).collect();
    let mut docks: BTreeMap<HolderCode, HolderCode> =
        docks(db, area).await?.into_iter().filter_map(|dock| Some((dock.shop, dock.at?))).collect();
    codes.extend(docks.values().cloned());
    codes.sort_unstable();
    codes.dedup();
    let shops = crate::views::sites_by_code(db, &codes).await?;
    // From a dock that is closed nothing leaves: it leaves from the shops again.
    docks.retain(|_, dock| shops.iter().any(|site| site.code == *dock && site.closed.is_none()));
    orders
        .retain(|order| shops.iter().any(|shop| shop.code == order.shop && shop.closed.is_none()));
    let places: Vec<PlaceCode> = orders.iter().map(|order| compound_of(&order.place)).collect();
    let whereabouts = whereabouts(db, &shops, places).await?;
    let mut passes = passes(db, scope, now, MOST_OF_A_DAY).await?;
    passes.retain(|pass| pass.withdrawn.is_none());
    Ok(Day {
        passes,
        gates: gates(db, area).await?,
        shops: whereabouts.sites,
        docks,
        places: whereabouts.places,
        orders,
        busy,
        before,
    })
}

/// Where sites and compounds are, in degrees east and north, as far as it is known: an own position, or that of
/// what they lie in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whereabouts {
    /// Shops, docks and markets.
    pub sites: BTreeMap<HolderCode, (f64, f64)>,
    /// Compounds.
    pub places: BTreeMap<PlaceCode, (f64, f64)>,
}

/// Where these sites and compounds are.
///
/// # Errors
/// As [`pass`].
pub async fn whereabouts(
    db: &mut Connection,
    sites: &[Site],
    places: Vec<PlaceCode>,
) -> Result<Whereabouts> {
    let of_sites = sites.iter().filter_map(|site| site.place.as_ref());
    let known = positions(db, places.iter().chain(of_sites)).await?;
    let at = |place: &PlaceCode| around(place).iter().find_map(|code| known.get(code)).copied();
    let sites = sites.iter().filter_map(|site| {
        Some((site.code.clone(), site.at.or_else(|| site.place.as_ref().and_then(at))?))
    });
    let sites = sites.collect();
    let places = places.into_iter().filter_map(|place| at(&place).map(|at| (place, at)));
    Ok(Whereabouts { sites, places: places.collect() })
}
