//! Grid workers: they take calls down, ask what a household needs, bring medicines, and carry packs to whoever is due.

use std::collections::{BTreeMap, BTreeSet};

use supply::{
    About, Command, Good, HandOut, Need, OrderCommand, Part, Place, PutMedicine, Stage, Via, Want,
};
use types::{AreaCode, HolderCode, HouseholdId, Micros, Span, UnitId};

use super::lists::{DueRow, Sites};
use super::stock::LIST;
use super::{Wrong, asks, rations};
use crate::Result;
use crate::on_paper::{ORDERS_BELOW, ORDERS_FOR, PACK_FOR};
use crate::pantry::RATION;
use crate::posts::Task;
use crate::provisions::community_of;
use crate::run::Drill;
use crate::staff::supply::SupplyTask;

/// Whoever is due before the next look is looked after now: from the afternoon to the next morning it is 18 hours.
const AHEAD: Span = Span::hours(18);
/// What they all take, by the name on the box.
const MEDICINE: &str = "降压药 antihypertensive";
/// Stages in which somebody still has to do something.
const OPEN: [Stage; 6] =
    [Stage::Placed, Stage::Asked, Stage::Accepted, Stage::Packed, Stage::Out, Stage::CameBack];
/// Packs of one command, at most.
const PACKS: usize = 400;

/// A number of a household for draws.
fn number(id: HouseholdId) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&id.bytes()[8..]);
    u64::from_be_bytes(low)
}

/// What there is to give out, as far as the list had it.
struct Shelves(BTreeMap<HolderCode, BTreeMap<Good, i64>>);

impl Shelves {
    fn of(sites: &Sites, now: Micros) -> Shelves {
        let open = sites.sites.iter().filter(|site| site.open);
        let goods = |site: &super::lists::SiteRow| {
            rations().map(|part| (part.good, site.has(part.good, now))).collect()
        };
        Shelves(open.map(|site| (site.code.clone(), goods(site))).collect())
    }

    fn all(&self, shop: &HolderCode) -> i64 {
        self.0.get(shop).map_or(0, |goods| goods.values().sum())
    }

    /// What goes into each of so many packs of so many grams: rations, and rice and vegetables for what is short.
    /// Nothing when there is too little.
    fn pack(&mut self, shop: &HolderCode, n: i64, grams: i64, halal: bool) -> Option<Vec<Part>> {
        let shelf = self.0.get_mut(shop)?;
        let mut pack: BTreeMap<Good, i64> = BTreeMap::new();
        let mut short = grams;
        for part in rations().filter(|part| !(halal && part.good == Good::Pork)) {
            let each = (grams * part.amount / RATION)
                .min(shelf.get(&part.good).map_or(0, |lies| lies / n));
            *pack.entry(part.good).or_default() += each;
            short -= each;
        }
        for good in [Good::Staples, Good::Vegetables, Good::Pork] {
            if halal && good == Good::Pork {
                continue;
            }
            let put = pack.get(&good).copied().unwrap_or(0);
            let each = short.min(shelf.get(&good).map_or(0, |lies| lies / n - put)).max(0);
            *pack.entry(good).or_default() += each;
            short -= each;
        }
        if short > 0 {
            return None;
        }
        for (good, each) in &pack {
            if let Some(lies) = shelf.get_mut(good) {
                *lies -= each * n;
            }
        }
        let parts = pack.into_iter().filter(|(_, amount)| *amount > 0);
        Some(parts.map(|(good, amount)| Part { good, amount }).collect())
    }
}

impl Drill {
    /// The grid workers of a county look at their list.
    pub(super) async fn supply_doors(&mut self, area: AreaCode) -> Result<()> {
        let Some(county) = self.supply.counties.get(&area) else { return Ok(()) };
        let (desk, grid) = (county.desk, county.grid);
        self.answer_complaints(area, desk).await?;
        self.take_complaints(area, grid).await?;
        let mut due = self.read_due(grid).await?;
        let nobody = due.households.is_empty();
        if let Some(county) = self.supply.counties.get_mut(&area) {
            county.somebody = !nobody;
        }
        if nobody {
            return Ok(());
        }
        let sites = self.read_sites(desk).await?;
        let mut served: BTreeMap<HolderCode, i64> = BTreeMap::new();
        for row in &due.households {
            if let Some(shop) = sites.shop_of(&community_of(&row.place)) {
                *served.entry(shop.clone()).or_default() += row.people;
            }
        }
        if let Some(county) = self.supply.counties.get_mut(&area) {
            county.served = served;
        }
        if self.ask_needs(area, grid, &due.households) {
            // Nobody gets what they do not eat because the list is older than what they said.
            self.flush(grid).await?;
            due = self.read_due(grid).await?;
        }
        self.bring_medicines(area, grid, &due.households);
        self.flush(grid).await?;
        let waiting = self.waiting(area, grid).await?;
        let mut calls: BTreeSet<HouseholdId> =
            self.take_calls(area, grid, &due.households, &waiting, &sites);
        calls.extend(waiting);
        if self.brings_packs() {
            let ordered = self.order_packs(area, grid, &due.households, &calls, &sites);
            calls.extend(ordered);
            self.flush(grid).await?;
            self.hand_out(area, grid, &due.households, &calls, &sites);
        }
        self.flush(grid).await?;
        self.look_at_roads(area, Span::hours(1));
        Ok(())
    }

    /// Whether a person does the work of the grid workers of a household's community.
    fn is_grid_taken(&self, row: &DueRow) -> bool {
        let holder = HolderCode::parse(&format!("grid:{}", community_of(&row.place)));
        holder.is_ok_and(|holder| self.is_taken(&holder))
    }

    async fn answer_complaints(&mut self, area: AreaCode, desk: usize) -> Result<()> {
        let taken = self.is_taken(&HolderCode::desk(area));
        let Some(county) = self.supply.counties.get_mut(&area).filter(|_| !taken) else {
            return Ok(());
        };
        let open = std::mem::take(&mut county.complaints);
        let now = self.now;
        for complaint in open {
            let note = "已致歉并补送 / with an apology; it is brought again".to_owned();
            self.devices[desk].note(now, area, Command::AnswerComplaint { complaint, note });
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// Whoever had nothing, or the wrong things, calls, and is heard.
    async fn take_complaints(&mut self, area: AreaCode, grid: usize) -> Result<()> {
        let (here, others): (Vec<Wrong>, Vec<Wrong>) =
            std::mem::take(&mut self.supply.wrongs).into_iter().partition(|w| w.area == area);
        self.supply.wrongs = others;
        let now = self.now;
        for wrong in here {
            let said = match wrong.about {
                About::NothingCame => "没有收到 / nothing came",
                _ => "少了东西 / something is missing",
            };
            let complain = Command::Complain {
                household: wrong.household,
                about: wrong.about,
                said: said.to_owned(),
            };
            let command = self.devices[grid].note(now, area, complain);
            if let Some(county) = self.supply.counties.get_mut(&area) {
                county.complaints.push(supply::complaint_id(area, command));
            }
        }
        self.flush(grid).await?;
        Ok(())
    }

    /// Households whose order is open. What the lists have no more, and nobody received, was cancelled.
    async fn waiting(&mut self, area: AreaCode, grid: usize) -> Result<BTreeSet<HouseholdId>> {
        let open = |drill: &Drill| -> BTreeSet<UnitId> {
            let orders = drill.chronicle.supply.orders.iter();
            let of = orders
                .filter(|(id, o)| id.area() == area && o.received_at.is_none() && !o.cancelled);
            of.map(|(id, _)| *id).collect()
        };
        let known = open(self);
        let mut waiting = BTreeSet::new();
        if known.is_empty() {
            return Ok(waiting);
        }
        let mut listed: BTreeSet<UnitId> = BTreeSet::new();
        for stage in OPEN {
            for row in self.read_orders(grid, stage).await? {
                listed.insert(row.id);
                waiting.insert(row.household);
            }
        }
        for gone in known.difference(&listed) {
            self.supply.orders.remove(gone);
            if let Some(order) = self.chronicle.supply.orders.get_mut(gone) {
                order.cancelled = true;
            }
        }
        Ok(waiting)
    }

    /// Whoever is on the list for the first time is asked what it needs, and for its medicines. Gives whether anybody
    /// had something to say.
    fn ask_needs(&mut self, area: AreaCode, grid: usize, rows: &[DueRow]) -> bool {
        let mut said = false;
        let (now, faults) = (self.now, self.config.faults.supply.clone());
        for row in rows {
            let asked =
                self.supply.counties.get(&area).is_some_and(|c| c.asked.contains_key(&row.id));
            let Some(behind) = self.supply.larder.get(row.id).filter(|_| !asked) else { continue };
            if self.is_grid_taken(row) {
                continue;
            }
            let home = behind.home.clone();
            let last_dose = now + Span::days(behind.pantry.days_of_medicine());
            let mut draw = self.draw("needs", number(row.id));
            let mut dose = None;
            if !draw.chance(faults.needs_missed) {
                if !home.needs.is_empty() && row.needs.is_empty() {
                    let (household, needs) = (row.id, home.needs.clone());
                    let put = Command::PutNeeds { household, needs, note: String::new() };
                    self.devices[grid].note(now, area, put);
                    said = true;
                }
                if !home.takers.is_empty() && row.next_medicine.is_none() {
                    dose = Some(last_dose);
                    let put = PutMedicine {
                        household: row.id,
                        name: MEDICINE.to_owned(),
                        last_dose,
                        prescribed_until: None,
                    };
                    self.devices[grid].note(now, area, Command::PutMedicine(put));
                    said = true;
                }
            }
            if let Some(county) = self.supply.counties.get_mut(&area) {
                county.asked.insert(row.id, dose);
            }
        }
        said
    }

    fn bring_medicines(&mut self, area: AreaCode, grid: usize, rows: &[DueRow]) {
        let now = self.now;
        let day = u64::from(self.config.day_of(now));
        let refill = Span::days(self.town.provisions.plan.pantry.refill_days.value as i64);
        for row in rows.iter().filter(|row| row.next_medicine.is_some_and(|at| at <= now)) {
            let known = self.supply.counties.get(&area).and_then(|c| c.asked.get(&row.id).copied());
            let Some(before) = known.flatten() else { continue };
            let mut draw = self.draw("bring medicine", number(row.id) ^ day.rotate_left(48));
            if self.is_grid_taken(row) || draw.chance(self.config.faults.supply.medicine_late) {
                continue;
            }
            let last_dose = before.max(now) + refill;
            let bring = Command::BringMedicine {
                household: row.id,
                name: MEDICINE.to_owned(),
                last_dose,
                proof: "网格员代购送到 / bought and brought by the grid worker".to_owned(),
            };
            self.devices[grid].note(now, area, bring);
            if let Some(county) = self.supply.counties.get_mut(&area) {
                county.asked.insert(row.id, Some(last_dose));
            }
        }
    }

    /// Households with little left call, and somebody takes the call.
    fn take_calls(
        &mut self,
        area: AreaCode,
        grid: usize,
        rows: &[DueRow],
        waiting: &BTreeSet<HouseholdId>,
        sites: &Sites,
    ) -> BTreeSet<HouseholdId> {
        let now = self.now;
        let look = (now - self.config.start).0 as u64 / Span::hours(1).0 as u64;
        let mut called = BTreeSet::new();
        for row in rows.iter().filter(|row| !waiting.contains(&row.id)) {
            let Some(behind) = self.supply.larder.get(row.id) else { continue };
            let persons = behind.home.persons.clone();
            let at_home = persons.filter(|person| self.eats_at_home(*person)).count() as u32;
            if !behind.home.can_order
                || at_home == 0
                || behind.pantry.lasts(at_home) >= ORDERS_BELOW
            {
                continue;
            }
            let mut draw = self.draw("call", number(row.id) ^ look.rotate_left(40));
            if draw.chance(self.config.faults.supply.unanswered) || self.is_grid_taken(row) {
                continue;
            }
            let Some(shop) = sites.shop_of(&community_of(&row.place)).cloned() else { continue };
            let halal = row.needs.contains(&Need::Halal);
            let lines = self.wants(area, &shop, i64::from(at_home), halal);
            if lines.is_empty() {
                continue;
            }
            let place = Place {
                household: row.id,
                shop,
                lines,
                via: Via::Telephone,
                group: None,
                note: "住户来电 / the household called".to_owned(),
            };
            self.devices[grid].note(now, area, asks(OrderCommand::Place(place)));
            called.insert(row.id);
        }
        called
    }

    /// What so many people want for some days, of what the shop has on its list.
    fn wants(&self, area: AreaCode, shop: &HolderCode, people: i64, halal: bool) -> Vec<Want> {
        let listed = self.supply.counties.get(&area).and_then(|county| county.listed.get(shop));
        let Some(listed) = listed else { return Vec::new() };
        let of = |(good, code, _, amount, fen): (Good, &str, &str, i64, i64)| {
            let ration = good.ration().unwrap_or(0) * people * ORDERS_FOR;
            let wanted = !(halal && good == Good::Pork) && listed.contains(&good);
            let count = (ration + amount - 1) / amount;
            (wanted && count > 0).then(|| Want { item: code.to_owned(), count: count.min(99), fen })
        };
        LIST.into_iter().filter_map(of).collect()
    }

    /// Packs are ordered for those who cannot order.
    fn order_packs(
        &mut self,
        area: AreaCode,
        grid: usize,
        rows: &[DueRow],
        waiting: &BTreeSet<HouseholdId>,
        sites: &Sites,
    ) -> BTreeSet<HouseholdId> {
        let now = self.now;
        let mut by_shop: BTreeMap<HolderCode, Vec<HouseholdId>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !waiting.contains(&row.id) && !self.is_grid_taken(row))
        {
            let entitled = row.needs.iter().any(|n| matches!(n, Need::CannotOrder | Need::Alone));
            // Time enough for a vehicle to bring it: whoever is due at once has a pack from the shop's own stock.
            let soon =
                row.next_food.is_some_and(|at| at > now + AHEAD && at <= now + Span::hours(42));
            let shop = sites.shop_of(&community_of(&row.place));
            if let Some(shop) = shop.filter(|_| entitled && soon) {
                by_shop.entry(shop.clone()).or_default().push(row.id);
            }
        }
        let mut ordered = BTreeSet::new();
        for (shop, households) in by_shop {
            for some in households.chunks(PACKS) {
                ordered.extend(some.iter().copied());
                let packs = OrderCommand::Packs {
                    shop: shop.clone(),
                    households: some.to_vec(),
                    days: ORDERS_FOR,
                };
                self.devices[grid].note(now, area, asks(packs));
            }
        }
        ordered
    }

    /// Whoever is due and waits for nothing is given a pack at the door.
    fn hand_out(
        &mut self,
        area: AreaCode,
        grid: usize,
        rows: &[DueRow],
        waiting: &BTreeSet<HouseholdId>,
        sites: &Sites,
    ) {
        let now = self.now;
        let mut shelves = Shelves::of(sites, now);
        let mut groups: BTreeMap<(HolderCode, i64, bool), Vec<HouseholdId>> = BTreeMap::new();
        for row in rows {
            let overdue = row.next_food.is_some_and(|at| at <= now);
            let due = row.next_food.is_some_and(|at| at <= now + AHEAD);
            // An order that is open is waited for until the household is due.
            let waits = waiting.contains(&row.id) && !overdue;
            if !due || waits || self.is_grid_taken(row) {
                continue;
            }
            let own = sites.shop_of(&community_of(&row.place)).cloned();
            let own = own.filter(|shop| shelves.all(shop) > 0 && self.works(shop));
            let shop = own.or_else(|| self.fullest(area, &shelves));
            let Some(shop) = shop else { continue };
            let key = (shop, row.people.max(1), row.needs.contains(&Need::Halal));
            groups.entry(key).or_default().push(row.id);
        }
        for ((shop, people, halal), households) in groups {
            let grams = people * PACK_FOR * RATION;
            for some in households.chunks(PACKS) {
                let mut some = some.to_vec();
                // Where there is too little for all, those first who have waited the longest.
                let fits = shelves.all(&shop) / grams.max(1);
                some.truncate(usize::try_from(fits).unwrap_or(0));
                let mut pack = None;
                while pack.is_none() && !some.is_empty() {
                    pack = shelves.pack(&shop, some.len() as i64, grams, halal);
                    if pack.is_none() {
                        some.truncate(some.len() - some.len().div_ceil(8));
                    }
                }
                let Some(pack) = pack else { continue };
                let hand_out = HandOut {
                    site: shop.clone(),
                    households: some,
                    pack,
                    proof: "网格员送到门口，住户签收 / at the door, signed".to_owned(),
                };
                self.devices[grid].note(now, area, Command::HandOut(hand_out));
            }
        }
    }

    /// The open shop of a county that has most.
    fn fullest(&self, area: AreaCode, shelves: &Shelves) -> Option<HolderCode> {
        let shops = self.town.provisions.shops_in(area).map(|shop| &shop.holder);
        let open = shops.filter(|shop| shelves.all(shop) > 0 && self.works(shop));
        open.max_by_key(|shop| shelves.all(shop)).cloned()
    }

    /// Somebody looks at the roads after so long, unless they do so before.
    pub(super) fn look_at_roads(&mut self, area: AreaCode, after: Span) {
        let at = self.now + after;
        let Some(county) = self.supply.counties.get_mut(&area) else { return };
        if county.looks_at.is_none_or(|known| known <= self.now || at < known) {
            county.looks_at = Some(at);
            self.agenda.put(at, Task::Supply(SupplyTask::Roads { area }));
        }
    }
}
