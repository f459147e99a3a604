//! The rules: what each command leads to, or why not. Pure.

mod home;
mod medicine;
mod shop;
mod site;
mod stock;

use ledger::{Asked, Decision, Move, Units};
use protocol::{Edition, Protocol};
use types::{HolderCode, HouseholdId, Micros, Refusal, Span, UnitId};

use crate::command::{Command, Line};
use crate::event::Event;
use crate::rows::{Household, Lot, Site};
use crate::state::State;
use crate::words::{Good, SiteKind};
use crate::{EVERY, MOST_AMOUNT, MOST_LINES};

pub(crate) use home::{left, registered, zoned};
pub(crate) use shop::yuan;
pub(crate) use site::staff_positive;

/// What a rule may look at.
pub(crate) struct Facts<'a, C> {
    pub units: &'a Units,
    pub state: &'a State,
    pub asked: Asked<'a, C>,
    pub edition: &'a Edition,
}

pub(crate) type Decided = Result<Decision<Event>, Refusal>;

/// The steps of lots, shipments and complaints in the ledger.
pub(crate) const IN_STOCK: &str = "in_stock";
pub(crate) const ON_THE_ROAD: &str = "on_the_road";
pub(crate) const DIFFERS: &str = "differs";
pub(crate) const TO_ANSWER: &str = "to_answer";

/// Where what comes in comes from, in the ledger's accounts.
pub(crate) fn outside(origin: impl std::fmt::Display) -> String {
    format!("outside:{origin}")
}

/// What is on the road to a place, in the ledger's accounts. Between two counties it is a clearing account:
/// what one sent stands there until the other has received it, and both together are what is on the road.
pub(crate) fn road_to(site: &HolderCode) -> String {
    format!("to:{site}")
}

/// What is in households, lost, or missing, in the ledger's accounts.
pub(crate) const HOME: &str = "home";
pub(crate) const LOST: &str = "lost";
pub(crate) const MISSING: &str = "missing";

/// A posting; nothing for nothing, and the other way round for less than nothing.
pub(crate) fn post(good: Good, from: impl ToString, to: impl ToString, amount: i64) -> Vec<Move> {
    let (from, to) = (from.to_string(), to.to_string());
    match amount {
        0 => Vec::new(),
        1.. => vec![Move::Post { commodity: good.commodity(), from, to, amount }],
        _ => vec![Move::Post { commodity: good.commodity(), from: to, to: from, amount: -amount }],
    }
}

impl<C> Facts<'_, C> {
    /// When it happened.
    pub(crate) fn at(&self) -> Micros {
        self.asked.event_time
    }

    pub(crate) fn site(&self, code: &HolderCode) -> Result<&Site, Refusal> {
        let site = self.state.site(code);
        site.ok_or_else(|| Refusal::new("site-unknown").with("site", code))
    }

    /// A place of the command's county; for an account that works for a place only its own.
    pub(crate) fn own_site(&self, code: &HolderCode) -> Result<&Site, Refusal> {
        let site = self.site(code)?;
        if site.area != self.asked.area {
            return Err(Refusal::new("site-of-another-county").with("site", code));
        }
        self.works_for(code)?;
        Ok(site)
    }

    /// The same, of a place that is open.
    pub(crate) fn open_site(&self, code: &HolderCode) -> Result<&Site, Refusal> {
        let site = self.own_site(code)?;
        if let Some((_, _, reason)) = &site.closed {
            return Err(Refusal::new("site-closed").with("site", code).with("reason", reason));
        }
        Ok(site)
    }

    /// A place of the command's county that is open, whoever asks.
    pub(crate) fn open_in_county(&self, code: &HolderCode) -> Result<&Site, Refusal> {
        let site = self.site(code)?;
        if site.area != self.asked.area {
            return Err(Refusal::new("site-of-another-county").with("site", code));
        }
        if let Some((_, _, reason)) = &site.closed {
            return Err(Refusal::new("site-closed").with("site", code).with("reason", reason));
        }
        Ok(site)
    }

    /// The same, of a shop.
    pub(crate) fn shop(&self, code: &HolderCode) -> Result<&Site, Refusal> {
        let site = self.own_site(code)?;
        if site.kind != SiteKind::Shop {
            return Err(Refusal::new("not-a-shop").with("site", code));
        }
        Ok(site)
    }

    /// An account that works for a place acts for that one only.
    pub(crate) fn works_for(&self, code: &HolderCode) -> Result<(), Refusal> {
        match &self.asked.actor.holder {
            Some(own) if SiteKind::parse(own.kind()).is_some() && own != code => {
                Err(Refusal::new("not-your-holder").with("holder", code))
            }
            _ => Ok(()),
        }
    }

    /// How often food is due: as often as the edition in force lets one person go shopping at the most.
    pub(crate) fn every(&self) -> Span {
        let zones = self.edition.zones().ok();
        zones.and_then(|zones| zones.food.value.shop_every).map_or(EVERY, |every| every.min)
    }

    pub(crate) fn lot(&self, id: UnitId) -> Result<&Lot, Refusal> {
        let lot = self.state.lots.get(&id);
        lot.ok_or_else(|| Refusal::new("lot-unknown").with("lot", id))
    }

    pub(crate) fn household(&self, id: HouseholdId) -> Result<&Household, Refusal> {
        let household = self.state.household(id);
        let known = household.filter(|household| household.area == self.asked.area);
        known.ok_or_else(|| Refusal::new("household-not-listed").with("household", id))
    }

    /// The lines of a list, each lot once, each no more than lies at the place.
    fn lying(&self, site: &HolderCode, lines: &[Line]) -> Result<Vec<(&Lot, i64)>, Refusal> {
        few(lines.len())?;
        let mut lots: Vec<UnitId> = lines.iter().map(|line| line.lot).collect();
        lots.sort_unstable();
        lots.dedup();
        if lots.len() < lines.len() {
            return Err(Refusal::new("lot-named-twice"));
        }
        let mut found = Vec::with_capacity(lines.len());
        for line in lines {
            let lot = self.lot(line.lot)?;
            positive(line.amount)?;
            let has = self.state.stock_of(site, line.lot);
            if has < line.amount {
                return Err(Refusal::new("stock-short")
                    .with("site", site)
                    .with("good", lot.good)
                    .with("has", has)
                    .with("wanted", line.amount)
                    .by_rule("supply.double-entry"));
            }
            found.push((lot, line.amount));
        }
        Ok(found)
    }

    /// What is taken for `amount` of a good: what is nearest to its date first, and nothing past it.
    fn pick(&self, site: &HolderCode, good: Good, amount: i64) -> Result<Vec<Line>, Refusal> {
        let (mut left, mut lines) = (amount, Vec::new());
        for (lot, lies) in self.state.at(site) {
            if lot.good != good || lot.expires_at <= self.at() || left == 0 {
                continue;
            }
            let some = lies.min(left);
            left -= some;
            lines.push(Line { lot: lot.id, amount: some });
        }
        if left > 0 {
            return Err(Refusal::new("stock-short")
                .with("site", site)
                .with("good", good)
                .with("has", amount - left)
                .with("wanted", amount)
                .by_rule("supply.double-entry"));
        }
        Ok(lines)
    }

    /// So much of a lot is gone for good: its story ends with the last of it, and goes on when some is found.
    pub(crate) fn gone(&self, lot: &Lot, amount: i64) -> Vec<Move> {
        let left = lot.left - amount;
        let closed = self.units.custody(lot.id).is_none_or(|custody| custody.closed.is_some());
        match (left == 0, closed) {
            (true, false) => vec![Move::Close { unit: lot.id, reason: "used_up".to_owned() }],
            (false, true) => self.units.undo_close(lot.id).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

pub(crate) fn few(n: usize) -> Result<(), Refusal> {
    match n {
        0 => Err(Refusal::new("nothing-named")),
        _ if n > MOST_LINES => Err(Refusal::new("too-many-lines").with("limit", MOST_LINES)),
        _ => Ok(()),
    }
}

fn positive(amount: i64) -> Result<(), Refusal> {
    if (1..=MOST_AMOUNT).contains(&amount) {
        Ok(())
    } else {
        Err(Refusal::new("amount-out-of-range").with("amount", amount).with("limit", MOST_AMOUNT))
    }
}

pub(crate) fn decide(
    protocol: &Protocol,
    units: &Units,
    state: &State,
    asked: Asked<'_, Command>,
) -> Decided {
    let edition = protocol.at(asked.event_time, asked.area);
    let facts = Facts { units, state, asked, edition };
    match asked.command {
        Command::PutSite(c) => site::put(&facts, c),
        Command::CloseSite { site, infection, reason } => {
            site::close(&facts, site, *infection, reason)
        }
        Command::ReopenSite { site, reason } => site::reopen(&facts, site, reason),
        Command::PutStaff { site, person, works } => site::staff(&facts, site, *person, *works),
        Command::TakeIn(c) => stock::take_in(&facts, c),
        Command::Send(c) => stock::send(&facts, c),
        Command::Receive { shipment, lines, note } => {
            stock::receive(&facts, *shipment, lines, note)
        }
        Command::Explain { shipment, note } => stock::explain(&facts, *shipment, note),
        Command::Spoil { site, lot, amount, why, note } => {
            stock::spoil(&facts, site, Line { lot: *lot, amount: *amount }, *why, note)
        }
        Command::Count { site, lot, found, note } => stock::count(&facts, site, *lot, *found, note),
        Command::Allot(c) => stock::allot(&facts, c),
        Command::AssignShop { community, shop, households } => {
            shop::assign(&facts, community, shop, *households)
        }
        Command::PutPrices { shop, items } => shop::prices(&facts, shop, items),
        Command::SetLimit { good, fen, reason } => shop::limit(*good, *fen, reason),
        Command::SetMode(c) => home::set_mode(&facts, c),
        Command::PutNeeds { household, needs, note } => {
            home::needs(&facts, *household, needs, note)
        }
        Command::PutMedicine(c) => medicine::medicine(&facts, c),
        Command::BringMedicine { household, name, last_dose, proof } => {
            medicine::bring(&facts, *household, name, *last_dose, proof)
        }
        Command::DropMedicine { household, name, reason } => {
            medicine::drop(&facts, *household, name, reason)
        }
        Command::AskRenewal { household, name } => medicine::ask(&facts, *household, name),
        Command::Renew(c) => medicine::renew(&facts, c),
        Command::RefuseRenewal { household, name, doctor, reason } => {
            medicine::refuse(&facts, *household, name, doctor, reason)
        }
        Command::HandOut(c) => home::hand_out(&facts, c),
        Command::Missed { household, reason } => home::missed(&facts, *household, reason),
        Command::Complain { household, about, said } => {
            home::complain(&facts, *household, *about, said)
        }
        Command::AnswerComplaint { complaint, note } => home::answer(&facts, *complaint, note),
        Command::Order(command) => crate::orders::decide(&facts, command),
        Command::Deliver(command) => crate::delivery::decide(&facts, command),
    }
}
