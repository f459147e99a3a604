//! Goods on their way to the shops: what the market takes in, what the county's desk sends on, what shops receive and
//! put on their lists, what has gone bad; and who may drive.

use std::collections::{BTreeMap, BTreeSet};

use supply::delivery::VOLUNTEER_AT_MOST;
use supply::{
    Command, Contact, DeliveryCommand, GivePass, Good, Item, Line, LossWhy, Origin, PutSite,
    RegisterVolunteer, SiteKind, TakeIn, VolunteerWho, lot_id,
};
use types::{AreaCode, HolderCode, Micros, PlaceCode, Span};

use super::lists::{Lying, PassRow, SiteRow};
use super::{County, rations};
use crate::Result;
use crate::ids::low_bits;
use crate::pantry::RATION;
use crate::provisions::{CARRIES, Centre, Shop, date_of};
use crate::run::Drill;

/// Of everybody, whatever the lists say: so many may be behind doors tomorrow. Chosen.
const MAY_BE_CLOSED: f64 = 0.15;
/// Of everybody: so many the reserve is for. Chosen.
const RESERVE_FOR: f64 = 0.1;
/// A pass is given for so long, and again when fewer than these are left.
const PASS_FOR: Span = Span::days(6);
const PASS_AGAIN: Span = Span::hours(30);
/// What is nearer to its date is not sent on.
const TOO_OLD: Span = Span::hours(12);
/// What is missing in a shipment that lacks something.
const LACKS: i64 = 20;

/// How long a good keeps, in days. Chosen.
fn keeps(good: Good) -> Span {
    Span::days(match good {
        Good::Vegetables => 5,
        Good::Pork => 6,
        _ => 200,
    })
}

/// What shops sell: its code, the amount in one, the price in fen.
pub(super) const LIST: [(Good, &str, &str, i64, i64); 4] = [
    (Good::Vegetables, "V1", "蔬菜", 1_000, 600),
    (Good::Staples, "R1", "大米", 1_000, 560),
    (Good::Pork, "P1", "猪肉", 500, 1_500),
    (Good::Oil, "O1", "大豆油", 500, 800),
];
/// How many of an item a household may have.
const AT_MOST: i64 = 99;

fn item(good: Good) -> Option<Item> {
    let (_, code, name, amount, fen) = LIST.into_iter().find(|(of, ..)| *of == good)?;
    Some(Item {
        code: code.to_owned(),
        good,
        name_zh: name.to_owned(),
        name_en: String::new(),
        amount,
        fen,
        at_most: AT_MOST,
        // Nobody has looked whether the lots are.
        halal: false,
    })
}

fn site(holder: &HolderCode, name: &str, place: &PlaceCode, households: i64) -> Command {
    Command::PutSite(PutSite {
        code: holder.clone(),
        name_zh: name.to_owned(),
        name_en: String::new(),
        place: Some(place.clone()),
        at: None,
        households,
        halal: false,
        contacts: vec![Contact { name: "订货 Orders".into(), phone: "0432-6000-0000".into() }],
    })
}

/// Takes so much of a good from what lies somewhere, what is nearest to its date first; gives the lines.
fn pick(stock: &mut [Lying], good: Good, wanted: i64, now: Micros) -> Vec<Line> {
    let (mut left, mut lines) = (wanted, Vec::new());
    for lying in stock.iter_mut() {
        if lying.good != good || lying.amount == 0 || left <= 0 || lying.expires_at <= now + TOO_OLD
        {
            continue;
        }
        let some = lying.amount.min(left);
        lying.amount -= some;
        left -= some;
        lines.push(Line { lot: lying.lot, amount: some });
    }
    lines
}

/// Rations of so many grams in all from what lies somewhere; rice stands in for what is short.
fn rationed(stock: &mut [Lying], grams: i64, now: Micros) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for part in rations() {
        lines.extend(pick(stock, part.good, grams * part.amount / RATION, now));
    }
    let short = grams - lines.iter().map(|line| line.amount).sum::<i64>();
    if short > RATION {
        for line in pick(stock, Good::Staples, short, now) {
            match lines.iter_mut().find(|known| known.lot == line.lot) {
                Some(known) => known.amount += line.amount,
                None => lines.push(line),
            }
        }
    }
    lines
}

impl Drill {
    /// Enters the market, centres and shops, says whom shops serve, and lays the reserve in.
    pub(crate) async fn set_up_supply(&mut self) -> Result<()> {
        if !self.config.work.supply {
            return Ok(());
        }
        let provisions = self.town.provisions.clone();
        for area in self.town.areas.clone() {
            let of = |drill: &Drill, role: &str| drill.device(&format!("{role}:{area}"));
            let district = self.devices[of(self, "district")?].session;
            let workers = self.devices[of(self, "grid")?].session;
            let county = County {
                shop: of(self, "shop")?,
                driver: of(self, "driver")?,
                volunteer: of(self, "volunteer")?,
                desk: self.add_device(format!("supply:{area}"), district),
                grid: self.add_device(format!("larders:{area}"), workers),
                ..County::default()
            };
            let (desk, now) = (county.desk, self.now);
            self.supply.counties.insert(area, county);
            let enter = |drill: &mut Drill, of: &Centre| {
                let put = site(&of.holder, &of.name, &of.place, 0);
                drill.devices[desk].note(now, area, put);
            };
            if provisions.market.area == area {
                enter(self, &provisions.market);
            }
            let Some(centre) = provisions.centre(area) else { continue };
            enter(self, centre);
            for shop in provisions.shops_in(area) {
                let put = site(&shop.holder, &shop.name, &shop.place, shop.room);
                self.devices[desk].note(now, area, put);
            }
            self.flush(desk).await?;
            for shop in provisions.shops_in(area) {
                self.assign(desk, area, shop);
                self.put_staff(desk, area, shop, true);
            }
            self.lay_in(desk, centre);
            self.flush(desk).await?;
        }
        Ok(())
    }

    /// People of a county.
    fn people_in(&self, area: AreaCode) -> i64 {
        let here = self.town.homes.iter().filter(|home| home.area == area);
        here.map(|home| i64::from(home.persons.end - home.persons.start)).sum()
    }

    /// The reserve: rice and oil, which keep.
    fn lay_in(&mut self, desk: usize, centre: &Centre) {
        let (area, now) = (centre.area, self.now);
        let days = self.conditions().reserve.on(date_of(now));
        let grams = days * RATION as f64 * self.people_in(area) as f64 * RESERVE_FOR;
        for (good, share) in [(Good::Staples, 0.94), (Good::Oil, 0.06)] {
            let amount = (grams * share) as i64;
            if amount > 0 {
                let lot = self.lot(&centre.holder, good, amount, Origin::Bought);
                self.devices[desk].note(now, area, lot);
            }
        }
    }

    fn lot(&self, site: &HolderCode, good: Good, amount: i64, origin: Origin) -> Command {
        Command::TakeIn(TakeIn {
            site: site.clone(),
            good,
            amount,
            origin,
            from: "演练 drill".into(),
            what: String::new(),
            halal: false,
            expires_at: self.now + keeps(good),
        })
    }

    /// People whom a county has to feed: those of the list, and some who may be behind doors tomorrow.
    fn to_feed(&self, area: AreaCode) -> i64 {
        let listed: i64 =
            self.supply.counties.get(&area).map_or(0, |county| county.served.values().sum());
        listed + (self.people_in(area) as f64 * MAY_BE_CLOSED).ceil() as i64
    }

    /// What a county takes in today: what it lacks for its days, and no more than arrives for these people.
    fn takes_in(&self, area: AreaCode, lies: i64) -> i64 {
        let people = self.to_feed(area);
        let wanted = (self.config.work.supply_days * (RATION * people) as f64) as i64 - lies;
        let arrives = self.conditions().arrives.on(date_of(self.now)) * people as f64;
        wanted.clamp(0, arrives as i64)
    }

    fn desk_of(&self, area: AreaCode) -> Option<usize> {
        let taken = self.is_taken(&HolderCode::desk(area));
        self.supply.counties.get(&area).filter(|_| !taken).map(|county| county.desk)
    }

    /// The market opens, or closes; lots come in, and what counties lack goes to their centres.
    pub(super) async fn market(&mut self) -> Result<()> {
        let market = self.town.provisions.market.clone();
        let (area, now) = (market.area, self.now);
        let Some(desk) = self.desk_of(area) else { return Ok(()) };
        let mut wanted: BTreeMap<AreaCode, i64> = BTreeMap::new();
        let mut open = true;
        for area in self.town.areas.clone() {
            let Some(desk) = self.desk_of(area) else { continue };
            let sites = self.read_sites(desk).await?;
            let elsewhere = sites.sites.iter().filter(|s| s.open && s.kind != SiteKind::Market);
            let lies = elsewhere.map(SiteRow::grams).sum();
            wanted.insert(area, self.takes_in(area, lies));
            open &= sites.site(&market.holder).is_none_or(|site| site.open);
        }
        let site = market.holder.clone();
        match (open, self.market_may_open()) {
            (true, false) => {
                let reason = "市场内发现感染 / infections at the market".to_owned();
                let close = Command::CloseSite { site, infection: true, reason };
                self.devices[desk].note(now, area, close);
            }
            (false, true) => {
                let reason = "消杀检测后开放 / disinfected and tested".to_owned();
                self.devices[desk].note(now, area, Command::ReopenSite { site, reason });
            }
            _ => {}
        }
        self.flush(desk).await?;
        if self.market_may_open() {
            self.through_the_market(desk, &market, &wanted).await
        } else {
            // What other prefectures send comes straight to the centres.
            for (area, grams) in wanted {
                let centre = self.town.provisions.centre(area).map(|centre| centre.holder.clone());
                let (Some(desk), Some(centre)) = (self.desk_of(area), centre) else { continue };
                for part in rations() {
                    let amount = grams * part.amount / RATION;
                    if amount > 0 {
                        let lot = self.lot(&centre, part.good, amount, Origin::Sent);
                        self.devices[desk].note(now, area, lot);
                    }
                }
                self.flush(desk).await?;
            }
            Ok(())
        }
    }

    async fn through_the_market(
        &mut self,
        desk: usize,
        market: &Centre,
        wanted: &BTreeMap<AreaCode, i64>,
    ) -> Result<()> {
        let (area, now) = (market.area, self.now);
        let all: i64 = wanted.values().sum();
        let mut stock: Vec<Lying> = Vec::new();
        for part in rations() {
            let amount = wanted.values().map(|grams| grams * part.amount / RATION).sum();
            if all == 0 || amount == 0 {
                continue;
            }
            let take_in = self.lot(&market.holder, part.good, amount, Origin::Bought);
            let command = self.devices[desk].note(now, area, take_in);
            let expires_at = now + keeps(part.good);
            stock.push(Lying { lot: lot_id(area, command), good: part.good, amount, expires_at });
        }
        self.flush(desk).await?;
        for (to, grams) in wanted {
            let Some(centre) = self.town.provisions.centre(*to).map(|c| c.holder.clone()) else {
                continue;
            };
            let lines: Vec<Line> = rations()
                .flat_map(|part| pick(&mut stock, part.good, grams * part.amount / RATION, now))
                .collect();
            if !lines.is_empty() {
                let lorry = HolderCode::parse(&format!("vehicle:{to}-L01"))?;
                let send = supply::Send {
                    from: market.holder.clone(),
                    to: centre,
                    lines,
                    carrier: lorry,
                    due: now + Span::hours(2),
                };
                self.devices[desk].note(now, area, Command::Send(send));
            }
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// Who may drive today: passes are given, and taken away from those who may not.
    pub(super) async fn passes(&mut self, area: AreaCode) -> Result<()> {
        let Some(desk) = self.desk_of(area) else { return Ok(()) };
        let now = self.now;
        let found = self.read_passes(desk).await?.passes;
        for pass in found.iter().filter(|pass| pass.vehicle.kind() == "vehicle") {
            if let Some(why) = &pass.withdrawn {
                self.chronicle.supply.withdrawn.insert(pass.id, why.clone());
            }
        }
        let driving = self.driving();
        let vans: Vec<_> =
            self.town.provisions.vans.iter().filter(|van| van.area == area).cloned().collect();
        for van in vans {
            let held = found.iter().find(|p| p.vehicle == van.holder && p.withdrawn.is_none());
            let key = low_bits(types::UnitId::derived(
                supply::PASS,
                area,
                &[van.holder.as_str().as_bytes()],
            ));
            let idle = self.draw("may drive", key).unit() >= driving;
            if idle {
                if let Some(pass) = held {
                    let reason = "司机被封控在家 / the driver is locked in".to_owned();
                    let withdraw =
                        DeliveryCommand::WithdrawPass { pass: pass.id, reason: reason.clone() };
                    let withdraw = Command::Deliver(Box::new(withdraw));
                    self.devices[desk].note(now, area, withdraw);
                    self.chronicle.supply.withdrawn.insert(pass.id, reason);
                }
                continue;
            }
            if held.is_some_and(|pass| pass.until > now + PASS_AGAIN) {
                continue;
            }
            // Whoever is a case, or behind a door, is on lists that the desk has.
            let may = |person: &&u32| self.goes_to_work(**person) && !self.is_case(**person);
            let Some(driver) = van.drivers.iter().find(may) else { continue };
            let give = GivePass {
                vehicle: van.holder.clone(),
                plate: format!("演练 {}", van.holder.code()),
                driver: self.town.person_id(*driver),
                carries: CARRIES,
                cold: true,
                places: vec![PlaceCode::parse(&area.to_string())?],
                from: now,
                until: now + PASS_FOR,
            };
            let give = Command::Deliver(Box::new(DeliveryCommand::GivePass(give)));
            self.devices[desk].note(now, area, give);
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// Who brings orders from gates to doors: somebody is registered for each shop's communities, and somebody else when
    /// that one is found positive or locked in.
    pub(super) async fn enlist(&mut self, area: AreaCode) -> Result<()> {
        let Some(desk) = self.desk_of(area) else { return Ok(()) };
        let now = self.now;
        let found = self.read_passes(desk).await?.passes;
        let shops: Vec<Shop> = self.town.provisions.shops_in(area).cloned().collect();
        for shop in shops {
            let holds = |pass: &&PassRow| {
                pass.vehicle == shop.volunteer && pass.withdrawn.is_none() && pass.until > now
            };
            if found.iter().any(|pass| holds(&pass)) {
                continue;
            }
            let may = |person: &&u32| self.goes_to_work(**person) && !self.is_case(**person);
            let well = |person: &&u32| !self.is_case(**person);
            let somebody = shop.staff.iter().find(may).or_else(|| shop.staff.iter().find(well));
            let Some(somebody) = somebody else { continue };
            let register = RegisterVolunteer {
                volunteer: shop.volunteer.clone(),
                who: VolunteerWho::Registered { person: self.town.person_id(*somebody) },
                places: shop.serves.iter().map(|(community, _)| community.clone()).collect(),
                from: now,
                until: now + VOLUNTEER_AT_MOST,
                vouched: "社区居委会（演练）".into(),
            };
            let register = DeliveryCommand::RegisterVolunteer(Box::new(register));
            self.devices[desk].note(now, area, Command::Deliver(Box::new(register)));
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// The centre receives, shops close and open, and the centre sends on what shops lack.
    pub(super) async fn stock(&mut self, area: AreaCode) -> Result<()> {
        let Some(desk) = self.desk_of(area) else { return Ok(()) };
        let Some(centre) = self.town.provisions.centre(area).map(|c| c.holder.clone()) else {
            return Ok(());
        };
        let sites = self.read_sites(desk).await?;
        self.open_again(desk, area, &sites);
        if let Some(site) = sites.site(&centre) {
            self.receive(desk, area, site);
        }
        self.flush(desk).await?;
        let sites = self.read_sites(desk).await?;
        let Some(site) = sites.site(&centre).filter(|site| site.open) else { return Ok(()) };
        let now = self.now;
        let mut stock = site.stock.clone();
        stock.sort_by_key(|lying| (lying.expires_at, lying.lot));
        let shops: Vec<Shop> = self.town.provisions.shops_in(area).cloned().collect();
        let lacks: Vec<(HolderCode, i64)> = shops
            .iter()
            .filter_map(|shop| {
                let row = sites.site(&shop.holder).filter(|row| row.open)?;
                let listed = self.supply.counties.get(&area)?.served.get(&shop.holder);
                let base = shop.room as f64 * 2.0 * MAY_BE_CLOSED;
                let people = listed.copied().unwrap_or(0) + base.ceil() as i64;
                let wanted = self.config.work.supply_days * 0.75 * (people * RATION) as f64;
                Some((shop.holder.clone(), wanted as i64 - row.grams()))
            })
            .filter(|(_, lacks)| *lacks > 0)
            .collect();
        // Where there is too little each has its share.
        let there: i64 = stock.iter().map(|lying| lying.amount).sum();
        let all: i64 = lacks.iter().map(|(_, lacks)| lacks).sum();
        let share = (there as f64 / all.max(1) as f64).min(1.0);
        let lorry = HolderCode::parse(&format!("vehicle:{area}-L01"))?;
        for (shop, lacks) in lacks {
            let lines = rationed(&mut stock, (lacks as f64 * share) as i64, now);
            if !lines.is_empty() {
                let send = supply::Send {
                    from: centre.clone(),
                    to: shop,
                    lines,
                    carrier: lorry.clone(),
                    due: now + Span::hours(1),
                };
                self.devices[desk].note(now, area, Command::Send(send));
            }
        }
        self.flush(desk).await?;
        Ok(())
    }

    /// What comes to a place is counted; now and then something is missing.
    fn receive(&mut self, device: usize, area: AreaCode, site: &SiteRow) {
        let now = self.now;
        for coming in site.coming.iter().filter(|coming| coming.state == "sent") {
            let mut draw = self.draw("shipment", low_bits(coming.id));
            let short = draw.chance(self.config.faults.supply.short_shipment);
            let mut lines: Vec<Line> = coming
                .lines
                .iter()
                .map(|lying| Line { lot: lying.lot, amount: lying.amount })
                .collect();
            let mut note = String::new();
            if let Some(first) = lines.first_mut().filter(|line| short && line.amount > LACKS) {
                first.amount -= first.amount / LACKS;
                note = "到货短少，路上破损 / less than was sent: broken on the road".to_owned();
            }
            let receive = Command::Receive { shipment: coming.id, lines, note };
            self.devices[device].note(now, area, receive);
        }
    }

    /// Shops receive, throw away what has gone bad, and say what they have.
    pub(super) async fn shelves(&mut self, area: AreaCode) -> Result<()> {
        let Some(county) = self.supply.counties.get(&area) else { return Ok(()) };
        let (desk, keeper, now) = (county.desk, county.shop, self.now);
        let sites = self.read_sites(desk).await?;
        for site in &sites.sites {
            let is_shop = site.kind == SiteKind::Shop;
            let taken = self.is_taken(&site.code) || (!is_shop && self.desk_of(area).is_none());
            if taken {
                continue;
            }
            let who = if is_shop { keeper } else { desk };
            for lying in site.stock.iter().filter(|lying| lying.expires_at <= now) {
                let spoil = Command::Spoil {
                    site: site.code.clone(),
                    lot: lying.lot,
                    amount: lying.amount,
                    why: LossWhy::Expired,
                    note: String::new(),
                };
                self.devices[who].note(now, area, spoil);
            }
            // What a shipment lacked is explained by the desk.
            for coming in site.coming.iter().filter(|coming| coming.state == "differs") {
                let note = "已核实，承运方赔付 / looked into, the carrier pays".to_owned();
                let explain = Command::Explain { shipment: coming.id, note };
                self.devices[desk].note(now, area, explain);
            }
            if is_shop && site.open && self.works(&site.code) {
                self.receive(keeper, area, site);
                self.put_on_the_list(keeper, area, site);
            }
        }
        self.flush(keeper).await?;
        self.flush(desk).await?;
        Ok(())
    }

    fn put_on_the_list(&mut self, keeper: usize, area: AreaCode, site: &SiteRow) {
        let now = self.now;
        let comes = |good: Good| site.coming.iter().flat_map(|c| &c.lines).any(|l| l.good == good);
        let has: BTreeSet<Good> = LIST
            .iter()
            .map(|(good, ..)| *good)
            .filter(|good| site.has(*good, now) > 0 || comes(*good))
            .collect();
        let Some(county) = self.supply.counties.get_mut(&area) else { return };
        if has.is_empty() || county.listed.get(&site.code) == Some(&has) {
            return;
        }
        let items = has.iter().filter_map(|good| item(*good)).collect();
        county.listed.insert(site.code.clone(), has);
        let prices = Command::PutPrices { shop: site.code.clone(), items };
        self.devices[keeper].note(now, area, prices);
    }
}
