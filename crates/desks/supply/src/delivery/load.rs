//! Loading and flushing of passes, gates and batches.

use ledger::{Asked, Entry, Result, by_area};
use store::{Connection, Value};
use types::{AreaCode, HolderCode, PersonId, PlaceCode, UnitId};

use super::command::{DeliveryCommand, batch_id, pass_id};
use super::event::DeliveryEvent;
use super::rows::{
    Pass, batch_values, dock_values, gate_values, pass_values, read_batch, read_dock, read_gate,
    read_pass,
};
use crate::load::Wanted;
use crate::rows::place;
use crate::state::State;
use crate::tables::delivery as tables;

/// What a delivery's command touches.
pub(crate) fn of_command<C>(wanted: &mut Wanted, asked: Asked<'_, C>, command: &DeliveryCommand) {
    let area = asked.area;
    match command {
        DeliveryCommand::GivePass(c) => {
            wanted.passes.push(pass_id(area, asked.id));
            wanted.drivers_live.push((area, c.driver));
        }
        DeliveryCommand::WithdrawPass { pass, .. } => {
            wanted.passes.push(*pass);
            wanted.withdraws = true;
            wanted.planned_in.push(area);
        }
        DeliveryCommand::RegisterVolunteer(c) => {
            wanted.passes.push(pass_id(area, asked.id));
            wanted.carriers.push(c.volunteer.clone());
            wanted.drivers_live.push((area, c.who.person()));
        }
        DeliveryCommand::WithdrawVolunteer { pass, .. } => {
            wanted.passes.push(*pass);
            wanted.withdraws = true;
        }
        DeliveryCommand::PutGate { place, .. } => {
            wanted.gates.push(registry::place::area_of(place));
            wanted.planned_in.push(area);
        }
        DeliveryCommand::PutDock { shop, dock } => {
            wanted.gates.push(area);
            wanted.planned_in.push(area);
            wanted.sites.push(shop.clone());
            wanted.sites.extend(dock.clone());
        }
        DeliveryCommand::Plan { batches, replaces } => {
            wanted.gates.push(area);
            wanted.planned_in.push(area);
            wanted.filled.extend(replaces);
            wanted.batches.extend(replaces);
            for (n, batch) in (0u32..).zip(batches.iter().take(super::MOST_BATCHES)) {
                wanted.batches.push(batch_id(area, asked.id, n));
                wanted.passes.push(batch.pass);
                wanted.sites.push(batch.shop.clone());
                wanted.orders.extend(batch.stops.iter().flat_map(|stop| &stop.orders));
            }
        }
        DeliveryCommand::Depart { batch }
        | DeliveryCommand::Arrive { batch, .. }
        | DeliveryCommand::Dissolve { batch, .. } => {
            wanted.batches.push(*batch);
            wanted.filled.push(*batch);
        }
        DeliveryCommand::PassOn { orders, carrier } => {
            wanted.orders.extend(orders);
            wanted.carriers.push(carrier.clone());
        }
    }
}

/// What a fact touches.
pub(crate) fn of_event(wanted: &mut Wanted, entry: &Entry, event: &DeliveryEvent) {
    match event {
        DeliveryEvent::PassGiven(c) => wanted.passes.push(c.pass),
        DeliveryEvent::PassWithdrawn { pass, .. } => wanted.passes.push(*pass),
        DeliveryEvent::GatePut { place, .. } => {
            wanted.gates.push(registry::place::area_of(place));
        }
        DeliveryEvent::DockPut { .. } => wanted.gates.push(entry.area),
        DeliveryEvent::Batched(c) => {
            wanted.batches.push(c.batch);
            wanted.orders.extend(c.stops.iter().flat_map(|stop| &stop.orders));
        }
        DeliveryEvent::Departed { batch }
        | DeliveryEvent::Arrived { batch, .. }
        | DeliveryEvent::Stale { batch, .. } => wanted.batches.push(*batch),
        DeliveryEvent::Dissolved { batch, .. } => {
            wanted.batches.push(*batch);
            wanted.filled.push(*batch);
        }
        DeliveryEvent::PassedOn { order, .. } => wanted.orders.push(*order),
    }
}

impl State {
    /// Loads passes, gates and batches; those that are to be filled lead to their orders.
    pub(crate) async fn load_yard(
        &mut self,
        db: &mut Connection,
        wanted: &mut Wanted,
        held: &mut Vec<UnitId>,
    ) -> Result<()> {
        let mut areas: Vec<AreaCode> = std::mem::take(&mut wanted.planned_in);
        areas.retain(|area| self.yard.planned.insert(*area));
        let areas: Vec<Value> = areas.into_iter().map(Value::from).collect();
        let mut drivers: Vec<PersonId> = std::mem::take(&mut wanted.drivers);
        drivers.retain(|driver| self.yard.drivers.insert(*driver));
        let drivers: Vec<Value> = drivers.into_iter().map(Value::from).collect();
        held.extend(&wanted.passes);
        let passes = self.yard.passes.want(std::mem::take(&mut wanted.passes));
        let mut rows = db.lookup(&tables::PASS_BY_ID, &by_area(&passes)).await?;
        rows.extend(db.lookup(&tables::PASSES_VALID, &areas).await?);
        let mut carriers = std::mem::take(&mut wanted.carriers);
        carriers.retain(|carrier| {
            carrier.kind() == super::VOLUNTEER && self.yard.carriers.insert(carrier.clone())
        });
        let carriers: Vec<Value> = carriers.iter().map(Value::from).collect();
        rows.extend(db.lookup(&tables::PASSES_OF_CARRIER, &carriers).await?);
        let of_drivers = db.lookup(&tables::PASSES_OF_DRIVER, &drivers).await?;
        let mut of_passes: Vec<Value> = Vec::new();
        for row in &of_drivers {
            of_passes.push(read_pass(row)?.id.into());
        }
        rows.extend(of_drivers);
        for row in rows {
            let pass = read_pass(&row)?;
            held.push(pass.id);
            self.yard.passes.found(pass.id, pass);
        }
        held.extend(&wanted.batches);
        let batches = self.yard.batches.want(std::mem::take(&mut wanted.batches));
        let mut rows = db.lookup(&tables::BATCH_BY_ID, &by_area(&batches)).await?;
        rows.extend(db.lookup(&tables::BATCHES_PLANNED, &areas).await?);
        rows.extend(db.lookup(&tables::BATCHES_OF_PASS, &of_passes).await?);
        for row in rows {
            let batch = read_batch(&row)?;
            held.push(batch.id);
            wanted.passes.push(batch.pass);
            self.yard.batches.found(batch.id, batch);
        }
        // A batch leaves with the pass that it was planned with.
        held.extend(&wanted.passes);
        let passes = self.yard.passes.want(std::mem::take(&mut wanted.passes));
        for row in db.lookup(&tables::PASS_BY_ID, &by_area(&passes)).await? {
            let pass = read_pass(&row)?;
            self.yard.passes.found(pass.id, pass);
        }
        self.load_carried(db, wanted).await?;
        let mut areas: Vec<AreaCode> = std::mem::take(&mut wanted.gates);
        areas.retain(|area| self.yard.gated.insert(*area));
        let areas: Vec<Value> = areas.into_iter().map(Value::from).collect();
        for row in db.lookup(&tables::GATES_OF_AREA, &areas).await? {
            let gate = read_gate(&row)?;
            self.yard.gates.found(gate.place.clone(), gate);
        }
        for row in db.lookup(&tables::DOCKS_OF_AREA, &areas).await? {
            let dock = read_dock(&row)?;
            self.yard.docks.found(dock.shop.clone(), dock);
        }
        let mut keys: Vec<Value> = Vec::new();
        for (area, person) in std::mem::take(&mut wanted.drivers_live) {
            if !self.yard.lives.contains_key(&person) {
                keys.extend([area.into(), person.into()]);
            }
        }
        for row in db.lookup(&registry::PERSON_PLACE, &keys).await? {
            let person = PersonId::from_bytes(row.id(0)?);
            let home: Option<PlaceCode> = match row.opt_text(3)? {
                None => None,
                Some(_) => Some(place(&row, 3)?),
            };
            self.yard.lives.insert(person, home);
        }
        Ok(())
    }

    /// The orders that volunteers have whose registration may be withdrawn.
    async fn load_carried(&mut self, db: &mut Connection, wanted: &mut Wanted) -> Result<()> {
        if !std::mem::take(&mut wanted.withdraws) {
            return Ok(());
        }
        let holders: Vec<HolderCode> = self
            .yard
            .valid(Pass::is_volunteers)
            .into_iter()
            .map(|pass| pass.vehicle.clone())
            .collect();
        let fresh: Vec<HolderCode> = holders
            .into_iter()
            .filter(|holder| self.yard.carrying.insert(holder.clone()))
            .collect();
        let keys: Vec<Value> = fresh.iter().map(Value::from).collect();
        for row in db.lookup(&crate::tables::orders::ORDERS_CARRIED_BY, &keys).await? {
            wanted.orders.push(UnitId::from_bytes(row.id(0)?));
        }
        Ok(())
    }

    /// Writes the passes, gates and batches that changed. What leaves a batch is written before what goes into one:
    /// an order is in one only.
    pub(crate) async fn flush_yard(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        self.yard.passes.changed().for_each(|(_, pass)| pass_values(pass, &mut rows));
        db.put(&tables::PASS_PUT, rows).await?;
        let mut rows = Vec::new();
        self.yard.gates.changed().for_each(|(_, gate)| gate_values(gate, &mut rows));
        db.put(&tables::GATE_PUT, rows).await?;
        let mut rows = Vec::new();
        self.yard.docks.changed().for_each(|(_, dock)| dock_values(dock, &mut rows));
        db.put(&tables::DOCK_PUT, rows).await?;
        let mut rows = Vec::new();
        self.yard.batches.changed().for_each(|(_, batch)| batch_values(batch, &mut rows));
        db.put(&tables::BATCH_PUT, rows).await?;
        for wanted in [false, true] {
            let mut rows = Vec::new();
            for ((order, batch), open) in self.yard.slots.changed() {
                if *open == wanted {
                    rows.extend([
                        order.area().into(),
                        (*order).into(),
                        (*batch).into(),
                        (*open).into(),
                    ]);
                }
            }
            db.put(&tables::SLOT_PUT, rows).await?;
        }
        Ok(())
    }
}
