//! Loading and flushing of orders and group purchases.

use std::collections::HashSet;
use std::hash::Hash;

use ledger::{Asked, Entry, Result, by_area};
use store::{Connection, Value};
use types::UnitId;

use super::command::{OrderCommand, group_id, order_id};
use super::event::OrderEvent;
use super::rows::{group_values, order_values, read_group, read_order};
use crate::load::Wanted;
use crate::state::State;
use crate::tables::orders as tables;
use crate::words::SiteKind;

/// What an order's command touches.
pub(crate) fn of_command<C>(wanted: &mut Wanted, asked: Asked<'_, C>, command: &OrderCommand) {
    let area = asked.area;
    wanted.orders.extend(command.orders());
    wanted.households.extend(command.households().iter().map(|id| (area, *id)));
    if let Some(shop) = command.shop() {
        wanted.sites.push(shop.clone());
        wanted.stock.push(shop.clone());
    }
    match command {
        OrderCommand::Place(c) => {
            wanted.orders.push(order_id(area, asked.id, 0));
            wanted.orders_of.push(c.household);
            wanted.homes.push((area, c.household));
            wanted.counties.push(area);
            wanted.catalogues.push(c.shop.clone());
            wanted.limits.push(area);
            wanted.groups.extend(c.group);
        }
        OrderCommand::Short(c) => {
            wanted.catalogues.push(c.shop.clone());
            wanted.limits.push(area);
        }
        OrderCommand::OpenGroup(c) => {
            wanted.groups.push(group_id(area, asked.id));
            wanted.counties.push(area);
            wanted.catalogues.push(c.shop.clone());
            wanted.limits.push(area);
        }
        OrderCommand::PhotoCame { order, .. } => wanted.photos.push(*order),
        OrderCommand::HandOver { carrier, .. } => wanted.carriers.push(carrier.clone()),
        OrderCommand::CloseGroup { group } => wanted.joined.push(*group),
        OrderCommand::Packs { households, .. } => {
            let n = u32::try_from(households.len()).unwrap_or(u32::MAX).min(super::MOST_ORDERS);
            wanted.orders.extend((0..n).map(|n| order_id(area, asked.id, n)));
            wanted.orders_of.extend(households);
            wanted.counties.push(area);
        }
        _ => {}
    }
}

/// What a fact touches.
pub(crate) fn of_event(wanted: &mut Wanted, entry: &Entry, event: &OrderEvent) {
    wanted.orders.extend(event.order());
    match event {
        OrderEvent::Placed(c) => {
            wanted.households.push((entry.area, c.home.id));
            wanted.sites.push(c.shop.clone());
            // It may be accepted in the same group of a replay, before the order leads to its shop.
            wanted.stock.push(c.shop.clone());
            wanted.groups.extend(c.group);
        }
        OrderEvent::Accepted { picked, .. } => {
            wanted.lots.extend(picked.iter().map(|line| line.lot));
        }
        OrderEvent::PhotoCame { order, .. } => wanted.photos.push(*order),
        OrderEvent::GroupOpened(c) => wanted.groups.push(c.group),
        OrderEvent::GroupClosed { group, .. } => wanted.groups.push(*group),
        _ => {}
    }
}

/// Of these keys, those that nobody has asked for yet.
fn fresh<K: Hash + Eq + Clone>(known: &mut HashSet<K>, keys: Vec<K>) -> Vec<K> {
    keys.into_iter().filter(|key| known.insert(key.clone())).collect()
}

impl State {
    /// Loads orders, which lead to their shops with what lies there, to their lots and households.
    pub(crate) async fn load_book(
        &mut self,
        db: &mut Connection,
        wanted: &mut Wanted,
        held: &mut Vec<UnitId>,
    ) -> Result<()> {
        self.load_photos(db, std::mem::take(&mut wanted.photos)).await?;
        wanted.groups.extend(&wanted.joined);
        held.extend(&wanted.groups);
        let groups = self.book.groups.want(std::mem::take(&mut wanted.groups));
        for row in db.lookup(&tables::GROUP_BY_ID, &by_area(&groups)).await? {
            let group = read_group(&row)?;
            wanted.sites.push(group.shop.clone());
            self.book.groups.found(group.id, group);
        }
        let joined = fresh(&mut self.book.of_group, std::mem::take(&mut wanted.joined));
        let joined: Vec<Value> = joined.into_iter().map(Value::from).collect();
        let homes = fresh(&mut self.book.of_household, std::mem::take(&mut wanted.orders_of));
        let homes: Vec<Value> = homes.into_iter().map(Value::from).collect();
        let shops: Vec<_> = std::mem::take(&mut wanted.orders_at)
            .into_iter()
            .filter(|shop| SiteKind::parse(shop.kind()) == Some(SiteKind::Shop))
            .collect();
        let shops = fresh(&mut self.book.of_shop, shops);
        let shops: Vec<Value> = shops.iter().map(Value::from).collect();
        held.extend(&wanted.orders);
        let ids = self.book.orders.want(std::mem::take(&mut wanted.orders));
        let mut rows = db.lookup(&tables::ORDER_BY_ID, &by_area(&ids)).await?;
        rows.extend(db.lookup(&tables::ORDERS_JOINED, &joined).await?);
        rows.extend(db.lookup(&tables::ORDERS_OPEN_OF, &homes).await?);
        rows.extend(db.lookup(&tables::ORDERS_OPEN_AT, &shops).await?);
        let filled = fresh(&mut self.yard.filled, std::mem::take(&mut wanted.filled));
        let filled: Vec<Value> = filled.into_iter().map(Value::from).collect();
        rows.extend(db.lookup(&tables::ORDERS_IN_BATCH, &filled).await?);
        for row in rows {
            let order = read_order(&row)?;
            held.push(order.id);
            wanted.sites.push(order.shop.clone());
            wanted.stock.push(order.shop.clone());
            wanted.lots.extend(order.picked.iter().map(|line| line.lot));
            wanted.households.push((order.id.area(), order.household));
            wanted.groups.extend(order.group);
            wanted.batches.extend(order.batch);
            self.book.orders.found(order.id, order);
        }
        // The group purchases of these orders: one that leaves is counted there.
        held.extend(&wanted.groups);
        let groups = self.book.groups.want(std::mem::take(&mut wanted.groups));
        for row in db.lookup(&tables::GROUP_BY_ID, &by_area(&groups)).await? {
            let group = read_group(&row)?;
            self.book.groups.found(group.id, group);
        }
        Ok(())
    }

    /// Writes the orders and group purchases that changed.
    pub(crate) async fn flush_book(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        self.book.orders.changed().for_each(|(_, order)| order_values(order, &mut rows));
        db.put(&tables::ORDER_PUT, rows).await?;
        let mut rows = Vec::new();
        self.book.groups.changed().for_each(|(_, group)| group_values(group, &mut rows));
        db.put(&tables::GROUP_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, stage, hour), n) in &self.book.counts {
            rows.extend([
                (*area).into(),
                community.as_str().into(),
                stage.as_str().into(),
                (*hour).into(),
                (*n).into(),
            ]);
        }
        db.put(&tables::ORDER_COUNT_ADD, rows).await?;
        self.flush_photos(db).await
    }
}
