//! The counter of a shop: orders are accepted, what is short is offered otherwise, and what is accepted is packed.

use std::collections::BTreeMap;

use supply::{Good, Instead, OrderCommand, Part, Short, Stage};
use types::{AreaCode, HolderCode, UnitId};

use super::lists::{OrderRow, Sites};
use super::stock::LIST;
use super::{Known, asks};
use crate::Result;
use crate::ids::low_bits;
use crate::pantry::edible;
use crate::run::Drill;

/// Households who take what is offered instead.
const SAY_YES: f64 = 0.85;

fn grams(order: &OrderRow) -> i64 {
    edible(
        order.lines.iter().map(|line| Part { good: line.good, amount: line.amount * line.count }),
    )
}

/// What a shop still has, while its orders are looked at one after the other.
struct Shelf(BTreeMap<Good, i64>);

impl Shelf {
    fn of(sites: &Sites, shop: &HolderCode, now: types::Micros) -> Shelf {
        let row = sites.site(shop).filter(|row| row.open);
        let goods = LIST.iter().map(|(good, ..)| *good);
        Shelf(goods.map(|good| (good, row.map_or(0, |row| row.has(good, now)))).collect())
    }

    fn has(&self, good: Good) -> i64 {
        self.0.get(&good).copied().unwrap_or(0)
    }

    /// Takes an order's goods, or says of which line there is too little.
    fn take(&mut self, order: &OrderRow) -> Option<usize> {
        let before = self.0.clone();
        for (at, line) in order.lines.iter().enumerate() {
            let wanted = line.amount * line.count;
            let has = self.0.entry(line.good).or_default();
            if *has < wanted {
                self.0 = before;
                return Some(at);
            }
            *has -= wanted;
        }
        None
    }
}

impl Drill {
    /// The shops of a county look at their orders.
    pub(super) async fn counter(&mut self, area: AreaCode) -> Result<()> {
        let Some(county) = self.supply.counties.get(&area) else { return Ok(()) };
        let (desk, keeper, grid, now) = (county.desk, county.shop, county.grid, self.now);
        let open = |o: &crate::score::provided::Order| o.received_at.is_none() && !o.cancelled;
        let mut orders = self.chronicle.supply.orders.iter();
        // Orders that people place are seen as soon as there is a list of households at all.
        if !county.somebody && !orders.any(|(id, order)| id.area() == area && open(order)) {
            return Ok(());
        }
        // What was short is looked at again once the household has said yes or no.
        for _ in 0..2 {
            let placed = self.read_orders(desk, Stage::Placed).await?;
            if placed.is_empty() {
                break;
            }
            let sites = self.read_sites(desk).await?;
            self.accept(area, keeper, placed, &sites);
            self.flush(keeper).await?;
            // The shop calls whoever is offered something else.
            for order in self.read_orders(desk, Stage::Asked).await? {
                let yes = self.draw("instead", low_bits(order.id)).chance(SAY_YES);
                let (household, order) = (order.household, order.id);
                let answer = OrderCommand::Answer { household, order, yes };
                self.devices[grid].note(now, area, asks(answer));
            }
            self.flush(grid).await?;
        }
        let mut packed: BTreeMap<HolderCode, Vec<UnitId>> = BTreeMap::new();
        for order in self.read_orders(desk, Stage::Accepted).await? {
            self.supply.orders.insert(order.id, Known { area, grams: grams(&order) });
            if self.works(&order.shop) {
                packed.entry(order.shop).or_default().push(order.id);
            }
        }
        for (shop, orders) in packed {
            self.devices[keeper].note(now, area, asks(OrderCommand::Pack { shop, orders }));
        }
        self.flush(keeper).await?;
        Ok(())
    }

    fn accept(&mut self, area: AreaCode, keeper: usize, placed: Vec<OrderRow>, sites: &Sites) {
        let now = self.now;
        let mut shelves: BTreeMap<HolderCode, Shelf> = BTreeMap::new();
        let mut accepted: BTreeMap<HolderCode, Vec<UnitId>> = BTreeMap::new();
        for order in placed {
            if !self.works(&order.shop) {
                continue;
            }
            let shelf = shelves
                .entry(order.shop.clone())
                .or_insert_with(|| Shelf::of(sites, &order.shop, now));
            let Some(short) = shelf.take(&order) else {
                accepted.entry(order.shop).or_default().push(order.id);
                continue;
            };
            let line = &order.lines[short];
            let has = (shelf.has(line.good) / line.amount.max(1)).min(line.count - 1);
            // Rice for what is not there, or vegetables where there is no rice.
            let missing = (line.count - has) * line.amount;
            let other = LIST.into_iter().find(|(good, ..)| {
                *good != line.good
                    && matches!(good, Good::Staples | Good::Vegetables)
                    && shelf.has(*good) >= missing
            });
            let is_pack = !LIST.iter().any(|(_, code, ..)| *code == line.item);
            let instead = other.filter(|_| !is_pack).map(|(_, code, _, amount, _)| Instead {
                item: code.to_owned(),
                count: ((missing + amount - 1) / amount).clamp(1, 99),
            });
            let short = Short {
                shop: order.shop.clone(),
                order: order.id,
                item: line.item.clone(),
                has,
                instead,
            };
            self.devices[keeper].note(now, area, asks(OrderCommand::Short(short)));
        }
        for (shop, orders) in accepted {
            self.devices[keeper].note(now, area, asks(OrderCommand::Accept { shop, orders }));
        }
    }
}
