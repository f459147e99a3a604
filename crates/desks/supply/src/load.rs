//! Loading: the rows that a group of commands or facts touches.

use ledger::{Asked, Entry, Result, Units, by_area};
use store::{Connection, Row, Value};
use types::{AreaCode, HolderCode, HouseholdId, PersonId, PlaceCode, UnitId};

use crate::command::Command;
use crate::event::{Event, Home};
use crate::rows::{
    Medicine, Serves, Stock, place, read_complaint, read_household, read_item, read_lot,
    read_shipment, read_site,
};
use crate::state::{ModeRow, State};
use crate::words::{Good, Mode, ServesWhy};
use crate::{MOST_HOUSEHOLDS, delivery, orders, tables};

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub sites: Vec<HolderCode>,
    /// Who works where, and persons of whom that is asked for: of these it may close the place.
    pub staff: Vec<(HolderCode, PersonId)>,
    pub workers: Vec<PersonId>,
    /// Places whose whole stock is asked for.
    pub stock: Vec<HolderCode>,
    pub lots: Vec<UnitId>,
    pub shipments: Vec<UnitId>,
    /// Counties whose shops, and whom they serve, are asked for.
    pub counties: Vec<AreaCode>,
    /// Shops whose lists are.
    pub catalogues: Vec<HolderCode>,
    /// Counties whose price limits are.
    pub limits: Vec<AreaCode>,
    pub modes: Vec<PlaceCode>,
    pub households: Vec<(AreaCode, HouseholdId)>,
    pub complaints: Vec<UnitId>,
    /// Renewals that are asked for now.
    pub renewals: Vec<UnitId>,
    /// What the registry says of households.
    pub homes: Vec<(AreaCode, HouseholdId)>,
    /// Who lives at places, by the registry.
    pub lived_in: Vec<PlaceCode>,
    /// Communities whose first shop, with what lies there, is asked for.
    pub shared: Vec<PlaceCode>,
    pub orders: Vec<UnitId>,
    /// Households whose open orders are asked for, and shops whose are.
    pub orders_of: Vec<HouseholdId>,
    pub orders_at: Vec<HolderCode>,
    pub groups: Vec<UnitId>,
    /// Group purchases whose orders are asked for.
    pub joined: Vec<UnitId>,
    /// Orders whose receipts' photos are asked for.
    pub photos: Vec<UnitId>,
    pub passes: Vec<UnitId>,
    pub batches: Vec<UnitId>,
    /// Batches whose orders are asked for.
    pub filled: Vec<UnitId>,
    /// Counties whose gates are asked for, and those whose valid passes and planned batches are.
    pub gates: Vec<AreaCode>,
    pub planned_in: Vec<AreaCode>,
    /// Volunteers whose registrations are asked for, and whether some may be withdrawn, with what they have.
    pub carriers: Vec<HolderCode>,
    pub withdraws: bool,
    /// Drivers whose passes are asked for, and persons of whom it is where they live.
    pub drivers: Vec<PersonId>,
    pub drivers_live: Vec<(AreaCode, PersonId)>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        let area = asked.area;
        self.sites.extend(asked.command.sites().into_iter().cloned());
        self.households.extend(asked.command.households().iter().map(|id| (area, *id)));
        match asked.command {
            Command::PutSite(c) => {
                self.stock.push(c.code.clone());
                self.counties.push(area);
            }
            Command::CloseSite { site, .. } | Command::ReopenSite { site, .. } => {
                self.stock.push(site.clone());
                self.counties.push(area);
                self.orders_at.push(site.clone());
                self.planned_in.push(area);
            }
            Command::PutStaff { site, person, .. } => {
                self.staff.push((site.clone(), *person));
                self.drivers_live.push((area, *person));
            }
            Command::TakeIn(_) => self.lots.push(crate::lot_id(area, asked.id)),
            Command::Send(c) => {
                // Of both places: it may be received in the same group.
                self.stock.extend([c.from.clone(), c.to.clone()]);
                self.lots.extend(c.lines.iter().map(|line| line.lot));
                self.shipments.push(crate::shipment_id(area, asked.id, 0));
            }
            Command::Receive { shipment, lines, .. } => {
                self.shipments.push(*shipment);
                self.lots.extend(lines.iter().map(|line| line.lot));
            }
            Command::Explain { shipment, .. } => self.shipments.push(*shipment),
            Command::Spoil { site, lot, .. } | Command::Count { site, lot, .. } => {
                self.stock.push(site.clone());
                self.lots.push(*lot);
            }
            Command::Allot(c) => {
                self.stock.push(c.site.clone());
                self.lots.push(c.lot);
                self.counties.push(area);
                self.shared.extend(c.shares.iter().map(|share| share.community.clone()));
                let n = u32::try_from(c.shares.len()).unwrap_or(u32::MAX).min(1_000);
                self.shipments.extend((0..n).map(|n| crate::shipment_id(area, asked.id, n)));
            }
            Command::AssignShop { .. } => self.counties.push(area),
            Command::PutPrices { shop, .. } => {
                self.catalogues.push(shop.clone());
                self.limits.push(area);
            }
            Command::SetLimit { .. } => self.limits.push(area),
            Command::SetMode(c) => {
                self.modes.push(c.place.clone());
                self.lived_in.push(c.place.clone());
                self.counties.push(area);
                self.planned_in.push(area);
                self.withdraws = true;
            }
            Command::PutNeeds { household, .. } | Command::Complain { household, .. } => {
                self.homes.push((area, *household));
                self.complaints.push(crate::complaint_id(area, asked.id));
            }
            Command::PutMedicine(c) => self.homes.push((area, c.household)),
            Command::HandOut(c) => self.stock.push(c.site.clone()),
            Command::AnswerComplaint { complaint, .. } => self.complaints.push(*complaint),
            Command::Order(c) => orders::of_command(self, asked, c),
            Command::Deliver(c) => delivery::of_command(self, asked, c),
            Command::AskRenewal { .. } => {
                self.renewals.push(crate::renewal_id(area, asked.id));
            }
            Command::Renew(_)
            | Command::RefuseRenewal { .. }
            | Command::BringMedicine { .. }
            | Command::DropMedicine { .. }
            | Command::Missed { .. } => {}
        }
    }

    pub(crate) fn of_event(&mut self, entry: &Entry, event: &Event) {
        let area = entry.area;
        match event {
            Event::SitePut(c) => {
                self.sites.push(c.code.clone());
                self.stock.push(c.code.clone());
            }
            Event::SiteClosed { site, .. } | Event::SiteReopened { site, .. } => {
                self.stock.push(site.clone());
            }
            Event::StaffPut { site, person, .. } => {
                self.sites.push(site.clone());
                self.staff.push((site.clone(), *person));
            }
            Event::TakenIn(c) => {
                self.stock.push(c.site.clone());
                self.lots.push(c.lot);
            }
            Event::Sent(c) => {
                self.stock.push(c.from.clone());
                self.lots.extend(c.lines.iter().map(|line| line.lot));
                self.shipments.push(c.shipment);
            }
            Event::Received { shipment, site, .. } => {
                self.shipments.push(*shipment);
                self.stock.push(site.clone());
            }
            Event::Explained { shipment, .. } => self.shipments.push(*shipment),
            Event::Spoiled { site, lot, .. } | Event::Counted { site, lot, .. } => {
                self.stock.push(site.clone());
                self.lots.push(*lot);
            }
            Event::Allotted { lot, .. } => self.lots.push(*lot),
            Event::Serves { .. } => self.counties.push(area),
            Event::Priced { shop, .. } => {
                self.sites.push(shop.clone());
                self.catalogues.push(shop.clone());
            }
            Event::LimitSet { .. } => self.limits.push(area),
            Event::ModeSet(c) => {
                self.modes.push(c.place.clone());
                self.households.extend(c.homes.iter().map(|home| (area, home.id)));
            }
            Event::Joined { home, place, .. } => {
                self.households.push((area, home.id));
                self.modes.push(place.clone());
            }
            Event::PeopleAre { household, place, .. } => {
                self.households.push((area, *household));
                self.modes.extend(place.clone());
            }
            Event::NeedsPut { home, .. } | Event::MedicinePut { home, .. } => {
                self.households.push((area, home.id));
            }
            Event::MedicineBrought { household, .. }
            | Event::MedicineDropped { household, .. }
            | Event::RenewalAsked { household, .. }
            | Event::Renewed { household, .. }
            | Event::RenewalRefused { household, .. }
            | Event::DueAt { household, .. } => self.households.push((area, *household)),
            Event::GivenOut { site, lines } => {
                self.stock.push(site.clone());
                self.lots.extend(lines.iter().map(|line| line.lot));
            }
            Event::Supplied { households, .. } => {
                self.households.extend(households.iter().map(|id| (area, *id)));
            }
            Event::Complained { complaint, home, .. } => {
                self.complaints.push(*complaint);
                self.households.push((area, home.id));
            }
            Event::ComplaintAnswered { complaint, .. } => self.complaints.push(*complaint),
            Event::Order(event) => orders::of_event(self, entry, event),
            Event::Delivery(event) => delivery::of_event(self, entry, event),
        }
    }
}

fn codes(codes: &[HolderCode]) -> Vec<Value> {
    codes.iter().map(Value::from).collect()
}

impl State {
    /// Loads what is wanted: shipments lead to their places and lots, places to what lies there,
    /// complaints to their households, households to their medicines.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        let mut held: Vec<UnitId> = Vec::new();
        held.extend(&wanted.shipments);
        held.extend(&wanted.complaints);
        held.append(&mut wanted.renewals);
        self.load_staff(db, &mut wanted).await?;
        self.load_book(db, &mut wanted, &mut held).await?;
        self.load_yard(db, &mut wanted, &mut held).await?;
        // What volunteers have who may be withdrawn.
        self.load_book(db, &mut wanted, &mut held).await?;
        let shipments = self.shipments.want(std::mem::take(&mut wanted.shipments));
        for row in db.lookup(&tables::SHIPMENT_BY_ID, &by_area(&shipments)).await? {
            let shipment = read_shipment(&row)?;
            wanted.sites.extend([shipment.from.clone(), shipment.to.clone()]);
            wanted.stock.push(shipment.to.clone());
            wanted.lots.extend(shipment.lines.iter().map(|line| line.lot));
            self.shipments.found(shipment.id, shipment);
        }
        self.load_counties(db, std::mem::take(&mut wanted.counties)).await?;
        for community in std::mem::take(&mut wanted.shared) {
            let shops = self.shops_of(community.as_str());
            wanted.stock.extend(shops.first().map(|(shop, _)| (*shop).clone()));
        }
        wanted.sites.extend(wanted.stock.iter().cloned());
        let sites = self.sites.want(std::mem::take(&mut wanted.sites));
        for row in db.lookup(&tables::SITE_BY_CODE, &codes(&sites)).await? {
            let site = read_site(&row)?;
            self.sites.found(site.code.clone(), site);
        }
        self.load_stock(db, &mut wanted).await?;
        let lots = self.lots.want(std::mem::take(&mut wanted.lots));
        for row in db.lookup(&tables::LOT_BY_ID, &by_area(&lots)).await? {
            let lot = read_lot(&row)?;
            self.lots.found(lot.id, lot);
        }
        held.extend(lots);
        self.load_lists(db, &wanted).await?;
        held.extend(self.load_homes(db, &mut wanted).await?);
        units.load(db, &held).await
    }

    /// Who works where; those of whom it is asked lead to their places, with all that closing one of them concerns.
    async fn load_staff(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        let mut workers = std::mem::take(&mut wanted.workers);
        workers.retain(|worker| self.workers.insert(*worker));
        let keys: Vec<Value> = workers.into_iter().map(Value::from).collect();
        let mut rows = db.lookup(&tables::STAFF_OF, &keys).await?;
        for row in &rows {
            let site = row.holder(1)?;
            wanted.counties.push(row.area(0)?);
            wanted.planned_in.push(row.area(0)?);
            wanted.stock.push(site.clone());
            wanted.orders_at.push(site);
        }
        let staff = self.staff.want(std::mem::take(&mut wanted.staff));
        let keys: Vec<Value> =
            staff.iter().flat_map(|(site, person)| [Value::from(site), (*person).into()]).collect();
        rows.extend(db.lookup(&tables::STAFF_BY, &keys).await?);
        for row in rows {
            let key = (row.holder(1)?, PersonId::from_bytes(row.id(2)?));
            self.staff.found(key, row.flag(3)?);
        }
        Ok(())
    }

    /// Loads where persons live who may be gone; nothing of those who are known to live nowhere.
    pub(crate) async fn load_homes_of(
        &mut self,
        db: &mut Connection,
        persons: &[(AreaCode, PersonId)],
    ) -> Result<()> {
        let fresh = persons.iter().filter(|(_, person)| !self.homes_of.contains_key(person));
        let keys: Vec<Value> =
            fresh.flat_map(|(area, person)| [(*area).into(), (*person).into()]).collect();
        for row in db.lookup(&registry::PERSON_PLACE, &keys).await? {
            if let (Some(id), Some(_)) = (row.opt_id(2)?, row.opt_text(3)?) {
                let home =
                    Home { id: HouseholdId::from_bytes(id), place: place(&row, 3)?, people: 1 };
                self.homes_of.insert(PersonId::from_bytes(row.id(0)?), home);
            }
        }
        Ok(())
    }

    async fn load_counties(&mut self, db: &mut Connection, counties: Vec<AreaCode>) -> Result<()> {
        let mut fresh: Vec<AreaCode> =
            counties.into_iter().filter(|area| !self.served.contains(area)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        self.served.extend(&fresh);
        let keys: Vec<Value> = fresh.iter().map(|area| (*area).into()).collect();
        for row in db.lookup(&tables::SHOPS_OF_AREA, &keys).await? {
            let site = read_site(&row)?;
            self.sites.found(site.code.clone(), site);
        }
        for row in db.lookup(&tables::SERVES_OF_AREA, &keys).await? {
            let (key, serves) = read_serves(&row)?;
            self.serves.found(key, serves);
        }
        Ok(())
    }

    async fn load_stock(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        let mut keys = Vec::new();
        for code in std::mem::take(&mut wanted.stock) {
            let Some(site) = self.sites.get(&code) else { continue };
            if self.stocked.insert(code.clone()) {
                keys.extend([site.area.into(), (&code).into()]);
            }
        }
        for row in db.lookup(&tables::STOCK_AT, &keys).await? {
            let (site, lot) = (row.holder(0)?, UnitId::from_bytes(row.id(1)?));
            let good = row.word(3, "Good", Good::parse)?;
            wanted.lots.push(lot);
            let stock = Stock { area: row.area(2)?, good, amount: row.int(4)? };
            self.stock.found((site, lot), stock);
        }
        Ok(())
    }

    /// Lists of shops, limits of prices, modes of places.
    async fn load_lists(&mut self, db: &mut Connection, wanted: &Wanted) -> Result<()> {
        let mut keys = Vec::new();
        for code in &wanted.catalogues {
            let Some(site) = self.sites.get(code) else { continue };
            if self.catalogued.insert(code.clone()) {
                keys.extend([site.area.into(), code.into()]);
            }
        }
        for row in db.lookup(&tables::ITEMS_OF, &keys).await? {
            let priced = read_item(&row)?;
            self.items.found((row.holder(0)?, priced.item.code.clone()), priced);
        }
        let mut keys = Vec::new();
        for area in &wanted.limits {
            if self.limited.insert(*area) {
                keys.push((*area).into());
            }
        }
        for row in db.lookup(&tables::LIMITS_OF, &keys).await? {
            let key = (row.area(0)?, row.word(1, "Good", Good::parse)?);
            let limit = (row.time(2)?, row.int(4)?);
            let known = self.limits.entry(key).or_insert(limit);
            *known = limit.max(*known);
        }
        let places = self.modes.want(wanted.modes.iter().cloned());
        let keys: Vec<Value> =
            places.iter().flat_map(|p| [registry::place::area_of(p).into(), p.into()]).collect();
        for row in db.lookup(&tables::MODE_BY_PLACE, &keys).await? {
            let (place, mode) = read_mode(&row)?;
            self.modes.found(place, mode);
        }
        Ok(())
    }

    /// Gives the renewals that are asked for of the households' medicines.
    async fn load_homes(
        &mut self,
        db: &mut Connection,
        wanted: &mut Wanted,
    ) -> Result<Vec<UnitId>> {
        for place in std::mem::take(&mut wanted.lived_in) {
            if self.lived_in.contains_key(&place) {
                continue;
            }
            let found =
                registry::views::households(db, &place, None, MOST_HOUSEHOLDS as i64 + 1).await?;
            let homes: Vec<Home> = found
                .into_iter()
                .map(|line| Home { id: line.id, place: line.place, people: line.persons })
                .collect();
            let area = registry::place::area_of(&place);
            wanted.households.extend(homes.iter().map(|home| (area, home.id)));
            self.lived_in.insert(place, homes);
        }
        for (area, id) in std::mem::take(&mut wanted.homes) {
            if self.homes.contains_key(&id) {
                continue;
            }
            if let Some(line) = registry::views::household(db, area, id).await? {
                let home = Home { id, place: line.place, people: line.persons };
                self.homes.insert(id, home);
            }
        }
        let complaints = self.complaints.want(std::mem::take(&mut wanted.complaints));
        for row in db.lookup(&tables::COMPLAINT_BY_ID, &by_area(&complaints)).await? {
            let complaint = read_complaint(&row)?;
            wanted.households.push((complaint.id.area(), complaint.household));
            self.complaints.found(complaint.id, complaint);
        }
        let areas: std::collections::HashMap<HouseholdId, AreaCode> =
            wanted.households.iter().map(|(area, id)| (*id, *area)).collect();
        let ids = self.households.want(wanted.households.iter().map(|(_, id)| *id));
        let keys: Vec<Value> = ids
            .iter()
            .flat_map(|id| [areas.get(id).copied().unwrap_or(AreaCode::NONE).into(), (*id).into()])
            .collect();
        for row in db.lookup(&tables::HOUSEHOLD_BY_ID, &keys).await? {
            let household = read_household(&row)?;
            self.households.found(household.id, household);
        }
        let mut renewals = Vec::new();
        for row in db.lookup(&tables::MEDICINES_OF, &keys).await? {
            let key = (HouseholdId::from_bytes(row.id(0)?), row.text(1)?.to_owned());
            let medicine = read_medicine(&row)?;
            renewals.extend(medicine.asked.map(|(renewal, _)| renewal));
            self.medicines.found(key, medicine);
        }
        Ok(renewals)
    }
}

pub(crate) fn read_medicine(row: &Row) -> store::Result<Medicine> {
    Ok(Medicine {
        last_dose: row.time(2)?,
        prescribed_until: row.opt_time(3)?,
        taken: row.flag(4)?,
        days: row.int(5)?,
        doctor: row.text(6)?.to_owned(),
        asked: match (row.opt_id(7)?, row.opt_time(8)?) {
            (Some(renewal), Some(due)) => Some((UnitId::from_bytes(renewal), due)),
            _ => None,
        },
    })
}

pub(crate) fn read_serves(row: &Row) -> store::Result<((String, String), Serves)> {
    let serves = Serves {
        households: row.int(3)?,
        why: row.word(4, "ServesWhy", ServesWhy::parse)?,
        since: row.time(5)?,
    };
    Ok(((row.text(1)?.to_owned(), row.text(2)?.to_owned()), serves))
}

pub(crate) fn read_mode(row: &Row) -> store::Result<(PlaceCode, ModeRow)> {
    let mode = ModeRow {
        area: row.area(0)?,
        mode: row.word(2, "Mode", Mode::parse)?,
        since: row.time(3)?,
        until: row.opt_time(4)?,
        reason: row.text(5)?.to_owned(),
        households: row.int(6)?,
        people: row.int(7)?,
    };
    Ok((place(row, 1)?, mode))
}
