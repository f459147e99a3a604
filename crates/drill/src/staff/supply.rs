//! Supply to the door: the county's supply desk, shops, drivers, volunteers, and the grid workers who take calls down
//! and carry packs to whoever is due.
//!
//! They work by the system's lists. What a household has at home only the household knows: it is read when it calls,
//! and when it says how much medicine is left ([`crate::larder`]).

mod counter;
mod doors;
mod larders;
mod lists;
mod roads;
mod shops;
mod stock;

use std::collections::{BTreeMap, BTreeSet};

use city::SupplyConditions;
use supply::{About, Command, Good, OrderCommand, Part, Via, order_id};
use types::{AreaCode, HolderCode, HouseholdId, Micros, Span, UnitId};

use crate::Result;
use crate::control::Happening;
use crate::ids::low_bits;
use crate::larder::Larder;
use crate::link::Sent;
use crate::pantry::edible;
use crate::posts::Task;
use crate::provisions::date_of;
use crate::run::Drill;
use crate::score::provided::{Closing, Order};

/// While supply breaks down by an event, this share of the drivers may drive, unless they had a pass before.
const DRIVE_THEN: f64 = 0.15;

/// Something that is done about food.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SupplyTask {
    BreakDown { days: i64 },
    Meal { first: bool },
    Market,
    Passes { area: AreaCode },
    Stock { area: AreaCode },
    Shelves { area: AreaCode },
    Doors { area: AreaCode },
    Counter { area: AreaCode },
    Dispatch { area: AreaCode },
    Roads { area: AreaCode },
}

/// What an order has in it, as the list had it last.
#[derive(Clone, Debug)]
struct Known {
    area: AreaCode,
    grams: i64,
}

/// A household that was not brought what it should have been, and calls.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    area: AreaCode,
    household: HouseholdId,
    about: About,
}

/// What the staff of a county keep in mind.
#[derive(Debug, Default)]
struct County {
    desk: usize,
    shop: usize,
    driver: usize,
    volunteer: usize,
    grid: usize,
    /// People behind doors, by the shop that serves them, as the list had them last.
    served: BTreeMap<HolderCode, i64>,
    /// Whom the grid worker has asked what they need, with the last dose that they named.
    asked: BTreeMap<HouseholdId, Option<Micros>>,
    /// What is on the list of each shop.
    listed: BTreeMap<HolderCode, BTreeSet<Good>>,
    /// Complaints that were taken down and not answered.
    complaints: Vec<UnitId>,
    /// The list had somebody when it was read last.
    somebody: bool,
    /// When somebody looks at the roads next.
    looks_at: Option<Micros>,
}

/// Everything about food.
#[derive(Debug, Default)]
pub(crate) struct Supplying {
    /// Who is behind doors, and what they have.
    pub larder: Larder,
    counties: BTreeMap<AreaCode, County>,
    orders: BTreeMap<UnitId, Known>,
    wrongs: Vec<Wrong>,
    /// Supply is broken down until then.
    pub broken_until: Option<Micros>,
}

fn asks(command: OrderCommand) -> Command {
    Command::Order(Box::new(command))
}

impl Drill {
    /// Does what is to be done about food.
    pub(crate) async fn supply(&mut self, task: SupplyTask) -> Result<()> {
        match task {
            SupplyTask::Meal { first } => {
                self.eat(first);
                Ok(())
            }
            SupplyTask::BreakDown { days } => {
                self.let_happen(Happening::SupplyBreaksDown { days });
                Ok(())
            }
            SupplyTask::Market => self.market().await,
            SupplyTask::Passes { area } => self.passes(area).await,
            SupplyTask::Stock { area } => self.stock(area).await,
            SupplyTask::Shelves { area } => self.shelves(area).await,
            SupplyTask::Doors { area } => self.supply_doors(area).await,
            SupplyTask::Counter { area } => self.counter(area).await,
            SupplyTask::Dispatch { area } => self.dispatch_orders(area).await,
            SupplyTask::Roads { area } => self.roads(area).await,
        }
    }

    /// The day of those who supply, and of those who eat.
    pub(crate) fn plan_supply(&mut self, day: u32) {
        let midnight = self.config.midnight(day);
        let mut put = |hour: i64, minute: i64, task: SupplyTask| {
            self.agenda.put(midnight + Span::minutes(hour * 60 + minute), Task::Supply(task));
        };
        for (hour, first) in [(7, true), (12, false), (18, false)] {
            put(hour, 10, SupplyTask::Meal { first });
        }
        if !self.config.work.supply {
            return;
        }
        let [on, days] = self.config.faults.city.supply_breaks_down;
        if days > 0 && on == day {
            put(4, 0, SupplyTask::BreakDown { days: i64::from(days) });
        }
        put(4, 30, SupplyTask::Market);
        for (n, area) in (0..).zip(self.town.areas.clone()) {
            // Not all at the same minute.
            put(5, 20 + n, SupplyTask::Passes { area });
            // Once for the night's lists, and once for those of the morning.
            for hour in [5, 10] {
                put(hour, 40 + n, SupplyTask::Stock { area });
                put(hour + 1, 30 + n, SupplyTask::Shelves { area });
            }
            for hour in [8, 14] {
                put(hour, 5 + n, SupplyTask::Doors { area });
                put(hour + 1, 5 + n, SupplyTask::Counter { area });
                put(hour + 1, 45 + n, SupplyTask::Dispatch { area });
            }
        }
    }

    /// The conditions of the scenario.
    fn conditions(&self) -> &SupplyConditions {
        let plan = &self.town.provisions.plan;
        if self.config.work.late_march { &plan.late_march } else { &plan.usual }
    }

    fn supply_is_broken(&self) -> bool {
        self.supply.broken_until.is_some_and(|until| self.now < until)
    }

    /// Whether the wholesale market can be open.
    fn market_may_open(&self) -> bool {
        !self.supply_is_broken() && self.conditions().market.on(date_of(self.now)) >= 0.5
    }

    /// The share of the drivers who may drive today.
    fn driving(&self) -> f64 {
        let (of, today) = (self.conditions(), date_of(self.now));
        match self.supply_is_broken() {
            true => DRIVE_THEN.max(of.passes.on(today)),
            false => of.driving(today),
        }
    }

    /// Whether grid workers bring packs to whoever is due.
    fn brings_packs(&self) -> bool {
        self.config.work.supply_packs && self.conditions().packs.on(date_of(self.now)) >= 0.5
    }

    /// Whether somebody can go to work: at home behind no closed door, in no ward, and not asked to stay.
    fn goes_to_work(&self, person: u32) -> bool {
        let c = &self.chronicle;
        let away = c.is_isolated(person)
            || c.is_quarantined(person)
            || c.is_held(person)
            || c.is_at_home(person)
            || self.is_dead(person);
        !away && !self.supply.larder.is_closed(self.town.household_of(person).start)
    }

    /// Whether somebody is a known case.
    fn is_case(&self, person: u32) -> bool {
        self.chronicle.files.get(&person).is_some_and(|f| f.case_at.is_some() && f.ended.is_none())
    }

    /// Whether a shop can work today: somebody of its staff can come, and no person has taken it over.
    fn works(&self, shop: &HolderCode) -> bool {
        let of = self.town.provisions.shop(shop);
        let somebody = |staff: &Vec<u32>| staff.iter().any(|person| self.goes_to_work(*person));
        !self.is_taken(shop) && of.is_none_or(|of| of.staff.is_empty() || somebody(&of.staff))
    }

    /// Markets close, most drivers are held, and some of the staff of every second shop are infected.
    pub(crate) fn supply_breaks_down(&mut self, days: i64) {
        self.supply.broken_until = Some(self.now + Span::days(days));
        let shops = self.town.provisions.shops.iter().step_by(2);
        let ill: Vec<u32> = shops.filter_map(|shop| shop.staff.first().copied()).collect();
        self.truth.0.seed(&ill, self.now);
    }

    /// What was acknowledged has happened to goods and larders.
    pub(crate) fn supplied(&mut self, sent: &Sent, what: &Command) {
        match what {
            Command::HandOut(c) => {
                let grams = edible(c.pack.iter().copied());
                for household in &c.households {
                    self.chronicle.supply.packs += 1;
                    let mut draw = self.draw("pack", number(sent, *household));
                    if draw.chance(self.config.faults.supply.lost_parcel) {
                        self.goes_astray(sent.area, *household);
                    } else {
                        self.comes_in(*household, grams);
                    }
                }
            }
            Command::BringMedicine { household, .. } => self.refill(*household),
            Command::Spoil { amount, .. } => self.chronicle.supply.spoiled += amount,
            Command::CloseSite { site, .. } => {
                let (site, at) = (site.clone(), self.now);
                self.chronicle.supply.closings.push(Closing { site, at, until: None });
            }
            Command::ReopenSite { site, .. } => {
                let open = |c: &&mut Closing| c.site == *site && c.until.is_none();
                if let Some(closing) = self.chronicle.supply.closings.iter_mut().find(open) {
                    closing.until = Some(self.now);
                }
            }
            Command::Deliver(command) => {
                if matches!(**command, supply::DeliveryCommand::GivePass(_)) {
                    self.chronicle.supply.passes += 1;
                }
            }
            Command::Order(command) => self.ordered(sent, command),
            _ => {}
        }
    }

    /// What a person brought to a door is there, as it is when the staff bring it.
    pub(crate) fn learn_supply(&mut self, command: &Command) {
        match command {
            Command::HandOut(c) => {
                let grams = edible(c.pack.iter().copied());
                self.chronicle.supply.packs += c.households.len() as u64;
                c.households.iter().for_each(|household| self.comes_in(*household, grams));
            }
            Command::BringMedicine { household, .. } => self.refill(*household),
            Command::Spoil { amount, .. } => self.chronicle.supply.spoiled += amount,
            Command::Order(command) => {
                let OrderCommand::Receive { household, order, .. } = &**command else { return };
                if let Some(of) = self.chronicle.supply.orders.get_mut(order) {
                    of.received_at.get_or_insert(self.now);
                }
                if let Some(known) = self.supply.orders.remove(order) {
                    self.comes_in(*household, known.grams);
                }
            }
            _ => {}
        }
    }

    fn refill(&mut self, household: HouseholdId) {
        let days = self.town.provisions.plan.pantry.refill_days.value as i64;
        if let Some(behind) = self.supply.larder.get_mut(household) {
            behind.pantry.refills(days);
        }
    }

    fn ordered(&mut self, sent: &Sent, command: &OrderCommand) {
        match command {
            OrderCommand::Place(c) => {
                self.was_ordered(sent, 0, (c.household, &c.shop), c.via);
            }
            OrderCommand::Packs { shop, households, .. } => {
                for (n, household) in (0..).zip(households) {
                    self.was_ordered(sent, n, (*household, shop), Via::Entitlement);
                }
            }
            OrderCommand::Receive { household, order, .. } => {
                if let Some(of) = self.chronicle.supply.orders.get_mut(order) {
                    of.received_at.get_or_insert(self.now);
                }
                let Some(known) = self.supply.orders.remove(order) else { return };
                let faults = self.config.faults.supply.clone();
                let mut draw = self.draw("parcel", low_bits(*order));
                if draw.chance(faults.lost_parcel) {
                    self.goes_astray(known.area, *household);
                } else if draw.chance(faults.wrong_item) {
                    self.chronicle.supply.wrong += 1;
                    self.comes_in(*household, known.grams / 2);
                    let (area, household) = (known.area, *household);
                    self.supply.wrongs.push(Wrong { area, household, about: About::Missing });
                } else {
                    self.comes_in(*household, known.grams);
                }
            }
            OrderCommand::ComeBack { order, .. } => {
                if let Some(of) = self.chronicle.supply.orders.get_mut(order) {
                    of.came_back += 1;
                }
            }
            _ => {}
        }
    }

    fn was_ordered(
        &mut self,
        sent: &Sent,
        n: u32,
        (household, shop): (HouseholdId, &HolderCode),
        via: Via,
    ) {
        let order = Order {
            household,
            shop: shop.clone(),
            via,
            placed_at: self.now,
            received_at: None,
            came_back: 0,
            cancelled: false,
        };
        self.chronicle.supply.orders.insert(order_id(sent.area, sent.id, n), order);
    }

    /// Food comes through a door; where no door is closed it makes no difference.
    fn comes_in(&mut self, household: HouseholdId, grams: i64) {
        if let Some(behind) = self.supply.larder.get_mut(household) {
            behind.pantry.brings(grams);
        }
    }

    /// What was told to be delivered stands before another door.
    fn goes_astray(&mut self, area: AreaCode, household: HouseholdId) {
        self.chronicle.supply.lost += 1;
        self.supply.wrongs.push(Wrong { area, household, about: About::NothingCame });
    }
}

/// A number for draws about a household in a command.
fn number(sent: &Sent, household: HouseholdId) -> u64 {
    let low = |bytes: &[u8]| {
        let mut low = [0; 8];
        low.copy_from_slice(&bytes[8..16]);
        u64::from_be_bytes(low)
    };
    low(&sent.id.bytes()) ^ low(&household.bytes()).rotate_left(13)
}

/// What somebody eats in a day, by goods.
fn rations() -> impl Iterator<Item = Part> {
    let of = |good: &Good| good.ration().map(|amount| Part { good: *good, amount });
    Good::ALL.iter().filter_map(of)
}
