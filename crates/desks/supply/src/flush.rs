//! Flushing: the rows that a group changed, written set-based.

use ledger::Result;
use store::Connection;
use types::HolderCode;

use crate::rows::{complaint_values, household_values, lot_values, shipment_values, site_values};
use crate::state::State;
use crate::tables;

impl State {
    /// Writes what changed. Counters are added to also where a sum is zero: which rows there are must not
    /// depend on which commands fell into one group.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        self.sites.changed().for_each(|(_, site)| site_values(site, &mut rows));
        db.put(&tables::SITE_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((code, person), works) in self.staff.changed() {
            let Some(site) = self.sites.get(code) else { continue };
            rows.extend([site.area.into(), code.into(), (*person).into(), (*works).into()]);
        }
        db.put(&tables::STAFF_PUT, rows).await?;
        let mut rows = Vec::new();
        self.lots.changed().for_each(|(_, lot)| lot_values(lot, &mut rows));
        db.put(&tables::LOT_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((site, lot), stock) in self.stock.changed() {
            rows.extend([
                stock.area.into(),
                site.into(),
                (*lot).into(),
                stock.good.as_str().into(),
                stock.amount.into(),
            ]);
        }
        db.put(&tables::STOCK_PUT, rows).await?;
        let mut rows = Vec::new();
        self.shipments.changed().for_each(|(_, s)| shipment_values(s, &mut rows));
        db.put(&tables::SHIPMENT_PUT, rows).await?;
        self.flush_shops(db).await?;
        self.flush_homes(db).await?;
        self.flush_book(db).await?;
        self.flush_yard(db).await?;
        self.flush_counters(db).await
    }

    async fn flush_shops(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for ((community, shop), serves) in self.serves.changed() {
            rows.extend([
                area_of(community),
                community.as_str().into(),
                shop.as_str().into(),
                serves.households.into(),
                serves.why.as_str().into(),
                serves.since.into(),
            ]);
        }
        db.put(&tables::SERVES_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((shop, _), priced) in self.items.changed() {
            let Some(site) = self.sites.get(shop) else { continue };
            let item = &priced.item;
            rows.extend([
                site.area.into(),
                shop.into(),
                item.code.as_str().into(),
                item.good.as_str().into(),
                item.name_zh.as_str().into(),
                item.name_en.as_str().into(),
                item.amount.into(),
                item.fen.into(),
                item.at_most.into(),
                item.halal.into(),
                priced.since.into(),
                priced.off.into(),
            ]);
        }
        db.put(&tables::ITEM_PUT, rows).await?;
        db.put(&tables::PRICE_PUT, std::mem::take(&mut self.price_lines)).await?;
        db.put(&tables::LIMIT_PUT, std::mem::take(&mut self.limit_lines)).await.map_err(Into::into)
    }

    async fn flush_homes(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for (place, mode) in self.modes.changed() {
            rows.extend([
                mode.area.into(),
                place.into(),
                mode.mode.as_str().into(),
                mode.since.into(),
                mode.until.into(),
                mode.reason.as_str().into(),
                mode.households.into(),
                mode.people.into(),
            ]);
        }
        db.put(&tables::MODE_PUT, rows).await?;
        let mut rows = Vec::new();
        self.households.changed().for_each(|(_, h)| household_values(h, &mut rows));
        db.put(&tables::HOUSEHOLD_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((household, name), medicine) in self.medicines.changed() {
            let Some(of) = self.households.get(household) else { continue };
            rows.extend([
                of.area.into(),
                (*household).into(),
                name.as_str().into(),
                medicine.last_dose.into(),
                medicine.prescribed_until.into(),
                medicine.taken.into(),
                medicine.days.into(),
                medicine.doctor.as_str().into(),
                medicine.asked.map(|(renewal, _)| renewal).into(),
                medicine.asked.map(|(_, due)| due).into(),
            ]);
        }
        db.put(&tables::MEDICINE_PUT, rows).await?;
        let mut rows = Vec::new();
        self.complaints.changed().for_each(|(_, c)| complaint_values(c, &mut rows));
        db.put(&tables::COMPLAINT_PUT, rows).await?;
        db.put(&tables::MOVE_PUT, std::mem::take(&mut self.move_lines)).await?;
        db.put(&tables::HISTORY_PUT, std::mem::take(&mut self.history_lines))
            .await
            .map_err(Into::into)
    }

    async fn flush_counters(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for ((area, community, good), at) in &self.gifts {
            rows.extend([
                (*area).into(),
                community.as_str().into(),
                good.as_str().into(),
                (*at).into(),
            ]);
        }
        db.put(&tables::GIFT_PUT, rows).await?;
        let mut rows = Vec::new();
        for ((area, standing, good), amount) in &self.totals {
            rows.extend([
                (*area).into(),
                standing.as_str().into(),
                good.as_str().into(),
                (*amount).into(),
            ]);
        }
        db.put(&tables::TOTAL_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, what, served, hour), n) in &self.dues {
            rows.extend([
                (*area).into(),
                community.as_str().into(),
                what.as_str().into(),
                (*served).into(),
                (*hour).into(),
                (*n).into(),
            ]);
        }
        db.put(&tables::DUE_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, mode), (households, people)) in &self.people {
            rows.extend([
                (*area).into(),
                community.as_str().into(),
                mode.as_str().into(),
                (*households).into(),
                (*people).into(),
            ]);
        }
        db.put(&tables::PEOPLE_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, need), n) in &self.needs {
            rows.extend([
                (*area).into(),
                community.as_str().into(),
                need.as_str().into(),
                (*n).into(),
            ]);
        }
        db.put(&tables::NEED_ADD, rows).await?;
        let mut rows = Vec::new();
        for ((area, community, hour), n) in &self.unmet {
            rows.extend([(*area).into(), community.as_str().into(), (*hour).into(), (*n).into()]);
        }
        db.put(&tables::unmet::UNMET_ADD, rows).await.map_err(Into::into)
    }
}

/// The county of a community, as the store keeps it.
fn area_of(community: &str) -> store::Value {
    let place = types::PlaceCode::parse(community).ok();
    place.map_or(types::AreaCode::NONE, |place| registry::place::area_of(&place)).into()
}

/// The text that a community without a shop is served by.
pub(crate) fn shop_text(shop: Option<&HolderCode>) -> String {
    shop.map(ToString::to_string).unwrap_or_default()
}
