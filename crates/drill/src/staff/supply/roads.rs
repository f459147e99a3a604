//! From the shop to the door: the desk accepts the plan that the system proposes, drivers take batches to gates, and
//! volunteers knock.

use std::collections::BTreeMap;

use supply::{Command, DeliveryCommand, OrderCommand, Proof, Stage};
use types::{AreaCode, HolderCode, Micros, Span, UnitId};

use super::asks;
use super::lists::{BatchRow, OrderRow};
use crate::Result;
use crate::ids::low_bits;
use crate::run::Drill;

/// Between two looks at the roads.
const LOOK: Span = Span::minutes(30);
/// Hours of the day in which somebody drives and knocks.
const BY_DAY: std::ops::Range<i64> = 7..22;
/// From the gate to the door.
const TO_THE_DOOR: [Span; 2] = [Span::minutes(10), Span::minutes(70)];
/// Carriers have so long from the gate to the door: the supply desk's clock, by which the list says when they took it.
const CLOCK: Span = Span::hours(4);
/// So many households of a county ring the desk for their code at each look; the others sign.
const CODES: usize = 2;

fn drives(command: DeliveryCommand) -> Command {
    Command::Deliver(Box::new(command))
}

/// The code on an order's page: six digits by themselves.
fn code_on(page: &str) -> Option<String> {
    let codes = page.split("<code>").skip(1).filter_map(|rest| rest.split("</code>").next());
    let mut digits =
        codes.filter(|text| text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()));
    digits.next().map(str::to_owned)
}

impl Drill {
    /// The desk accepts the plan of deliveries.
    pub(super) async fn dispatch_orders(&mut self, area: AreaCode) -> Result<()> {
        let Some(county) = self.supply.counties.get(&area) else { return Ok(()) };
        let desk = county.desk;
        let here = |(id, o): (&UnitId, &crate::score::provided::Order)| {
            id.area() == area && o.received_at.is_none() && !o.cancelled
        };
        let somebody = county.somebody || self.chronicle.supply.orders.iter().any(here);
        if !somebody || self.is_taken(&HolderCode::desk(area)) {
            return Ok(());
        }
        let plan = self.make_plan(desk, area).await?;
        if plan.batches.is_empty() {
            return Ok(());
        }
        let (batches, replaces, now) = (plan.batches, plan.replaces, self.now);
        let mut rest = batches.as_slice();
        let mut replaced = replaces;
        while !rest.is_empty() {
            let (some, others) = rest.split_at(rest.len().min(supply::delivery::MOST_BATCHES));
            let accept = DeliveryCommand::Plan {
                batches: some.to_vec(),
                replaces: std::mem::take(&mut replaced),
            };
            self.devices[desk].note(now, area, drives(accept));
            rest = others;
        }
        self.flush(desk).await?;
        self.look_at_roads(area, Span::minutes(10));
        Ok(())
    }

    /// How far a batch is behind its plan.
    fn behind(&self, batch: &BatchRow) -> Span {
        let faults = &self.config.faults.supply;
        let mut draw = self.draw("batch", low_bits(batch.id));
        match draw.chance(faults.late_driver) {
            true => {
                let [low, high] = faults.late_minutes.map(Span::minutes);
                draw.between(low, high)
            }
            false => Span(0),
        }
    }

    /// Drivers and volunteers of a county do what is due.
    pub(super) async fn roads(&mut self, area: AreaCode) -> Result<()> {
        let Some(county) = self.supply.counties.get_mut(&area) else { return Ok(()) };
        if county.looks_at.is_some_and(|at| at != self.now) {
            // Somebody has looked before, or will look later.
            return Ok(());
        }
        county.looks_at = None;
        let (desk, driver, volunteer) = (county.desk, county.driver, county.volunteer);
        let hour =
            (self.now - self.config.midnight(self.config.day_of(self.now))).0 / Span::hours(1).0;
        if !BY_DAY.contains(&hour) {
            let day = self.config.day_of(self.now);
            let morning = self.config.midnight(day) + Span::hours(BY_DAY.start);
            let next = if hour < BY_DAY.start { morning } else { morning + Span::days(1) };
            self.look_at_roads(area, next - self.now);
            return Ok(());
        }
        let batches = self.read_batches(desk).await?.batches;
        if !batches.is_empty() {
            self.enlist(area).await?;
        }
        for batch in &batches {
            self.drive_batch(area, driver, batch);
        }
        self.flush(driver).await?;
        let out = self.read_orders(desk, Stage::Out).await?;
        self.knock_with(area, volunteer, &out).await?;
        if batches.iter().any(|batch| batch.stale.is_none()) || !out.is_empty() {
            self.look_at_roads(area, LOOK);
        }
        Ok(())
    }

    fn drive_batch(&mut self, area: AreaCode, driver: usize, batch: &BatchRow) {
        let (now, behind) = (self.now, self.behind(batch));
        if self.is_taken(&batch.vehicle) {
            return;
        }
        if batch.state == "planned" {
            if batch.stale.is_none() && batch.leaves_at + behind <= now {
                let depart = DeliveryCommand::Depart { batch: batch.id };
                self.devices[driver].note(now, area, drives(depart));
            }
            return;
        }
        let volunteer = self.town.provisions.shop(&batch.shop).map(|shop| shop.volunteer.clone());
        for stop in batch.stops.iter().filter(|stop| stop.at + behind <= now) {
            if batch.been.contains(&stop.place) {
                continue;
            }
            let arrive = DeliveryCommand::Arrive { batch: batch.id, place: stop.place.clone() };
            self.devices[driver].note(now, area, drives(arrive));
            if let Some(carrier) = volunteer.clone() {
                let pass_on = DeliveryCommand::PassOn { orders: stop.orders.clone(), carrier };
                self.devices[driver].note(now, area, drives(pass_on));
            }
        }
    }

    /// Volunteers bring what they have to the doors.
    async fn knock_with(
        &mut self,
        area: AreaCode,
        volunteer: usize,
        out: &[OrderRow],
    ) -> Result<()> {
        let (now, faults) = (self.now, self.config.faults.supply.clone());
        let mut by_code = 0;
        let mut brought: BTreeMap<UnitId, Command> = BTreeMap::new();
        for order in out {
            let Some(carrier) = order.carrier.as_ref().filter(|c| c.kind() == "volunteer") else {
                continue;
            };
            let taken_at: Option<Micros> = order.clock.map(|clock| clock - CLOCK);
            let mut draw = self.draw("to the door", low_bits(order.id));
            let walk = draw.between(TO_THE_DOOR[0], TO_THE_DOOR[1]);
            if self.is_taken(carrier) || taken_at.is_none_or(|at| at + walk > now) {
                continue;
            }
            let tries =
                self.chronicle.supply.orders.get(&order.id).map_or(0, |known| known.came_back);
            let command = if tries == 0 && draw.chance(faults.came_back) {
                let reason = "无人应门 / nobody opened".to_owned();
                OrderCommand::ComeBack { order: order.id, reason }
            } else {
                let proof = match by_code < CODES {
                    true => {
                        by_code += 1;
                        self.told_code(area, order.id).await?
                    }
                    false => None,
                };
                let signed = || Proof::Said("住户签收 / signed at the door".to_owned());
                let proof = proof.map_or_else(signed, Proof::Code);
                OrderCommand::Receive { household: order.household, order: order.id, proof }
            };
            brought.insert(order.id, asks(command));
        }
        for command in brought.into_values() {
            self.devices[volunteer].note(now, area, command);
        }
        self.flush(volunteer).await?;
        Ok(())
    }

    /// A household rings the desk, which reads the code of its order to it.
    async fn told_code(&mut self, area: AreaCode, order: UnitId) -> Result<Option<String>> {
        let Some(desk) = self.supply.counties.get(&area).map(|county| county.desk) else {
            return Ok(None);
        };
        let session = self.devices[desk].session;
        let page = self.link.page(session, &format!("/supply/orders/{order}")).await?;
        Ok(code_on(&page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_six_digits_by_themselves() {
        let page = "<dd><code>vehicle:1</code></dd><dd><code>042137</code></dd>";
        assert_eq!(code_on(page).as_deref(), Some("042137"));
        assert_eq!(code_on("<code>42137</code> <code>12345a</code>"), None);
    }
}
