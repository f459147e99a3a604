//! What can be told of orders and group purchases.

use std::collections::{BTreeMap, HashMap};

use ledger::{Cursor, Result, by_area};
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, UnitId};

use super::{Group, Order, Stage, read_group, read_order};
use crate::tables::orders::{
    GROUP_BY_ID, GROUPS, GROUPS_OPEN, ORDER_BY_ID, ORDER_COUNTS, ORDERS_AT, ORDERS_CARRIED,
    ORDERS_DUE, ORDERS_JOINED, ORDERS_OF, ORDERS_OWED_AT, QUESTIONS_OVER,
};

fn read(rows: &[Row]) -> Result<Vec<Order>> {
    rows.iter().map(|row| read_order(row).map_err(Into::into)).collect()
}

/// One order.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn order(db: &mut Connection, id: UnitId) -> Result<Option<Order>> {
    Ok(orders(db, &[id]).await?.pop())
}

/// Orders in the order in which they are named; those that do not exist are left out.
///
/// # Errors
/// As [`order`].
pub async fn orders(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Order>> {
    let rows = db.lookup(&ORDER_BY_ID, &by_area(ids)).await?;
    let mut found: HashMap<UnitId, Order> =
        read(&rows)?.into_iter().map(|order| (order.id, order)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The orders of a household, the latest first.
///
/// # Errors
/// As [`order`].
pub async fn orders_of(
    db: &mut Connection,
    household: HouseholdId,
    limit: i64,
) -> Result<Vec<Order>> {
    read(&db.query(&ORDERS_OF, &[household.into(), limit.into()]).await?)
}

/// The open orders of a shop that stand somewhere, the most pressing first.
///
/// # Errors
/// As [`order`].
pub async fn orders_at(
    db: &mut Connection,
    shop: &HolderCode,
    stage: Stage,
    limit: i64,
) -> Result<Vec<Order>> {
    let params = [shop.into(), stage.as_str().into(), limit.into()];
    read(&db.query(&ORDERS_AT, &params).await?)
}

/// The orders for which a shop has to give something back, the most pressing first.
///
/// # Errors
/// As [`order`].
pub async fn orders_owed_at(
    db: &mut Connection,
    shop: &HolderCode,
    limit: i64,
) -> Result<Vec<Order>> {
    read(&db.query(&ORDERS_OWED_AT, &[shop.into(), limit.into()]).await?)
}

/// What somebody carries to doors.
///
/// # Errors
/// As [`order`].
pub async fn orders_carried(
    db: &mut Connection,
    carrier: &HolderCode,
    limit: i64,
) -> Result<Vec<Order>> {
    read(&db.query(&ORDERS_CARRIED, &[carrier.into(), limit.into()]).await?)
}

/// Orders of which a step is due before a time, the longest overdue first; `community` empty for all, without a
/// stage in any.
///
/// # Errors
/// As [`order`].
pub async fn orders_due(
    db: &mut Connection,
    scope: AreaScope,
    (community, stage, before): (&str, Option<Stage>, Micros),
    after: Option<Cursor<UnitId>>,
    limit: i64,
) -> Result<Vec<Order>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let stage = stage.map_or("", Stage::as_str);
    let params: [Value; 8] = [
        at,
        id,
        before.into(),
        low.into(),
        high.into(),
        community.into(),
        stage.into(),
        limit.into(),
    ];
    read(&db.query(&ORDERS_DUE, &params).await?)
}

/// Orders whose household has not answered in time.
///
/// # Errors
/// As [`order`].
pub async fn questions_over(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
    limit: i64,
) -> Result<Vec<Order>> {
    let (low, high) = scope.bounds();
    let params = [now.into(), low.into(), high.into(), limit.into()];
    read(&db.query(&QUESTIONS_OVER, &params).await?)
}

/// The orders of a group purchase.
///
/// # Errors
/// As [`order`].
pub async fn orders_joined(db: &mut Connection, group: UnitId) -> Result<Vec<Order>> {
    let mut found = read(&db.lookup(&ORDERS_JOINED, &[group.into()]).await?)?;
    found.sort_by_key(|order| (order.at, order.id));
    Ok(found)
}

/// One group purchase.
///
/// # Errors
/// As [`order`].
pub async fn group(db: &mut Connection, id: UnitId) -> Result<Option<Group>> {
    let rows = db.lookup(&GROUP_BY_ID, &by_area(&[id])).await?;
    rows.first().map(read_group).transpose().map_err(Into::into)
}

/// Group purchases that are open and close before a time, the next to close first.
///
/// # Errors
/// As [`order`].
pub async fn groups_open(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    limit: i64,
) -> Result<Vec<Group>> {
    let (low, high) = scope.bounds();
    let params = [before.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&GROUPS_OPEN, &params).await?;
    rows.iter().map(|row| read_group(row).map_err(Into::into)).collect()
}

/// Group purchases, the latest first.
///
/// # Errors
/// As [`order`].
pub async fn groups(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<Group>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&GROUPS, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| read_group(row).map_err(Into::into)).collect()
}

/// How many orders stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderCounts {
    /// By county, community and stage: of how many the next step is late, of how many there is one, all.
    pub by: BTreeMap<(AreaCode, String, Stage), (i64, i64, i64)>,
}

impl OrderCounts {
    /// All that stand somewhere.
    pub fn of(&self, stage: Stage) -> i64 {
        self.sum(|s, (.., all)| if s == stage { all } else { 0 })
    }

    /// Those that stand somewhere and of which a next step is due: all that are open, of others those that owe.
    pub fn due(&self, stage: Stage) -> i64 {
        self.sum(|s, (_, due, _)| if s == stage { due } else { 0 })
    }

    /// All that are open.
    pub fn open(&self) -> i64 {
        self.sum(|s, (.., all)| if s.is_open() { all } else { 0 })
    }

    /// Those whose next step is late, a refund included, by whole hours: the list of [`orders_due`] before the hour
    /// that runs.
    pub fn late(&self) -> i64 {
        self.sum(|_, (late, ..)| late)
    }

    /// Those that ended, of which something is to be given back.
    pub fn owed(&self) -> i64 {
        self.sum(|s, (_, due, _)| if s.is_open() { 0 } else { due })
    }

    /// All that were ever placed.
    pub fn all(&self) -> i64 {
        self.sum(|_, (.., all)| all)
    }

    fn sum(&self, of: impl Fn(Stage, (i64, i64, i64)) -> i64) -> i64 {
        self.by.iter().map(|((.., stage), n)| of(*stage, *n)).sum()
    }
}

/// How many orders of a scope stand where, by the counters; `community` empty for all.
///
/// # Errors
/// As [`order`].
pub async fn order_counts(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    now: Micros,
) -> Result<OrderCounts> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), now.hour_start().into(), community.into()];
    let mut counts = OrderCounts::default();
    for row in db.query(&ORDER_COUNTS, &params).await? {
        let key = (row.area(0)?, row.text(1)?.to_owned(), row.word(2, "Stage", Stage::parse)?);
        counts.by.insert(key, (row.int(3)?, row.int(4)?, row.int(5)?));
    }
    Ok(counts)
}
