//! Goods, shops and a locked compound of the demo: made up. What was recorded of them in the last days.

use std::collections::BTreeMap;

use ledger::Envelope;
use supply::{
    About, Command, Contact, DeliveryCommand, GivePass, Good, HandOut, Item, Line, Mode, Need,
    OpenGroup, OrderCommand, Origin, Part, Place, PutMedicine, PutSite, RegisterVolunteer, Send,
    SetMode, TakeIn, Via, VolunteerWho, Want, lot_id, order_id,
};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, Span};

use super::ids;
use super::town::{Town, actor};

/// The shop of the account that works at one.
pub const SHOP: &str = "shop:JL-S01";
/// The vehicle of the account that drives for it.
pub const VEHICLE: &str = "vehicle:JL-B01";
/// The volunteer of the account that brings its orders to doors.
pub const VOLUNTEER: &str = "volunteer:JL-V01";
const MARKET: &str = "market:JL-M1";
const SORTING: &str = "sorting:JL-C1";

/// Of whom the demo tells: the county's desk.
struct Teller<'a> {
    town: &'a Town,
    area: AreaCode,
    told: Vec<Envelope<desks::Command>>,
}

impl Teller<'_> {
    /// A command that happened so many hours before the demo begins; gives its lot, if it takes one in.
    fn say(&mut self, hours: i64, command: Command) -> types::UnitId {
        let id = self.tell(hours, command);
        lot_id(self.area, id)
    }

    /// The same of an order's command; gives the order, if it places one.
    fn order(&mut self, hours: i64, command: OrderCommand) -> types::UnitId {
        let id = self.tell(hours, Command::Order(Box::new(command)));
        order_id(self.area, id, 0)
    }

    fn tell(&mut self, hours: i64, command: Command) -> types::CommandId {
        let at = Micros(self.town.base.0 - Span::hours(hours).0);
        let id = ids::command(self.town.seed, command.kind(), self.told.len() as u64, at);
        self.told.push(Envelope {
            id,
            area: self.area,
            event_time: at,
            clock_offset: Span(0),
            device: None,
            actor: actor("district", None),
            command: command.into(),
        });
        id
    }
}

fn holder(text: &str) -> Option<HolderCode> {
    HolderCode::parse(text).ok()
}

fn site(code: &str, name: &str, place: Option<PlaceCode>, households: i64) -> Option<Command> {
    let phone = format!("0432-6000-{:04}", code.bytes().map(i64::from).sum::<i64>());
    Some(Command::PutSite(PutSite {
        code: holder(code)?,
        name_zh: name.to_owned(),
        name_en: String::new(),
        place,
        at: None,
        households,
        halal: false,
        contacts: vec![Contact { name: "订货".to_owned(), phone }],
    }))
}

fn item(code: &str, good: Good, name: &str, amount: i64, fen: i64) -> Item {
    let (name_zh, name_en) = (name.to_owned(), String::new());
    Item { code: code.to_owned(), good, name_zh, name_en, amount, fen, at_most: 3, halal: false }
}

/// The supply desk's commands: a market, a sorting centre, a shop for each community of the county where the
/// story plays, some goods, a donation, one compound behind locked doors of which half has its food.
pub fn commands(town: &Town) -> Vec<Envelope<desks::Command>> {
    let mut teller = Teller { town, area: town.stage(), told: Vec::new() };
    tell(&mut teller);
    teller.told
}

fn tell(teller: &mut Teller<'_>) -> Option<()> {
    let stage = teller.area.to_string();
    let mut communities: BTreeMap<String, i64> = BTreeMap::new();
    let mut compounds: BTreeMap<String, Vec<HouseholdId>> = BTreeMap::new();
    for household in teller.town.city.households() {
        let place: PlaceCode = household.dwelling.code();
        if !place.as_str().starts_with(&stage) {
            continue;
        }
        *communities.entry(place.as_str().get(..12)?.to_owned()).or_default() += 1;
        let compound = registry::place::compound_of(&place);
        if registry::place::Level::of(&compound) == Some(registry::place::Level::Compound) {
            let door = household.dwelling.door().to_string();
            let id = registry::ids::household(&place, &door);
            compounds.entry(compound.to_string()).or_default().push(id);
        }
    }
    let (market, sorting) = (holder(MARKET)?, holder(SORTING)?);
    teller.say(100, site(MARKET, "江北批发市场", None, 0)?);
    teller.say(100, site(SORTING, "江北分拣中心", None, 0)?);
    // One compound is locked; its community has the first shop.
    let (locked, homes) = compounds.into_iter().max_by_key(|(_, homes)| homes.len())?;
    let first = locked.get(..12)?.to_owned();
    let others = communities.keys().filter(|community| **community != first).cloned();
    let all: Vec<String> = std::iter::once(first.clone()).chain(others).take(60).collect();
    for (n, community) in (1..).zip(&all) {
        let households = communities.get(community).copied().unwrap_or(0);
        let (code, place) = (format!("shop:JL-S{n:02}"), PlaceCode::parse(community).ok()?);
        let room = households + households / 5 + 20;
        teller.say(99, site(&code, &format!("便民保供超市{n}号店"), Some(place.clone()), room)?);
        let shop = holder(&code)?;
        let assign = Command::AssignShop { community: place, shop: shop.clone(), households };
        teller.say(98, assign);
        // Not all ask the same: a little more in each shop than in the one before, below the limit.
        let more = i64::from(n % 7) * 10;
        let items = vec![
            item("V1", Good::Vegetables, "蔬菜包", 5_000, 3_500 + more),
            item("P1", Good::Pork, "猪后腿肉", 1_000, 2_600 + more),
            item("O1", Good::Oil, "大豆油", 1_800, 2_790 + more),
            item("R1", Good::Staples, "东北大米", 5_000, 2_980 + more),
        ];
        if n > 1 {
            teller.say(97, Command::PutPrices { shop, items });
        }
    }
    let limit =
        Command::SetLimit { good: Good::Vegetables, fen: 400, reason: "保供限价通知".into() };
    teller.say(98, limit);
    let shop = holder(SHOP)?;
    teller.say(
        97,
        Command::PutPrices {
            shop: shop.clone(),
            items: vec![
                item("V1", Good::Vegetables, "蔬菜包", 5_000, 3_500),
                item("P1", Good::Pork, "猪后腿肉", 1_000, 2_600),
                item("O1", Good::Oil, "大豆油", 1_800, 2_790),
                item("R1", Good::Staples, "东北大米", 5_000, 2_980),
            ],
        },
    );
    let base = teller.town.base;
    let take_in = |site: &HolderCode, good, kilograms: i64, origin, from: &str, days: i64| {
        Command::TakeIn(TakeIn {
            site: site.clone(),
            good,
            amount: kilograms * 1_000,
            origin,
            from: from.to_owned(),
            what: String::new(),
            halal: false,
            expires_at: base + Span::days(days),
        })
    };
    let tonnes = 2_000 + i64::try_from(teller.town.city.people()).unwrap_or(0);
    let cabbage =
        teller.say(60, take_in(&market, Good::Vegetables, tonnes, Origin::Sent, "松原市", 5));
    teller.say(60, take_in(&market, Good::Staples, tonnes, Origin::Bought, "省粮储备", 300));
    teller.say(60, take_in(&market, Good::Oil, tonnes / 8, Origin::Bought, "省粮储备", 300));
    teller.say(60, take_in(&market, Good::Pork, tonnes / 6, Origin::Bought, "皓月", 6));
    teller.say(50, take_in(&shop, Good::Vegetables, 1_200, Origin::Bought, "江北批发市场", 4));
    teller.say(40, take_in(&sorting, Good::MilkPowder, 90, Origin::Donated, "爱心企业", 300));
    let driver = holder(VEHICLE)?;
    teller.say(
        3,
        Command::Send(Send {
            from: market,
            to: shop.clone(),
            lines: vec![Line { lot: cabbage, amount: 800_000 }],
            carrier: driver,
            due: base + Span::hours(2),
        }),
    );
    teller.say(
        30,
        Command::SetMode(SetMode {
            place: PlaceCode::parse(&locked).ok()?,
            mode: Mode::Door,
            until: Some(base + Span::days(12)),
            reason: "封控通告".into(),
        }),
    );
    let gate = PlaceCode::parse(&locked).ok()?;
    carriers(teller, &gate);
    needy(teller, &homes);
    ordered(teller, &shop, &locked, &homes);
    let some = (homes.len() / 2).min(400);
    if some > 0 {
        teller.say(
            20,
            Command::HandOut(HandOut {
                site: shop,
                households: homes.into_iter().take(some).collect(),
                pack: vec![Part { good: Good::Vegetables, amount: 2_000 }],
                proof: "门口签收".into(),
            }),
        );
    }
    Some(())
}

/// Who brings what is ordered: a driver from elsewhere in the county with a pass for all of it, and a volunteer who
/// lives behind the locked gate. Both are registered persons.
fn carriers(teller: &mut Teller<'_>, gate: &PlaceCode) -> Option<()> {
    let (area, base) = (teller.area, teller.town.base);
    let of_county = || teller.town.homes.iter().filter(|home| home.area == area);
    let community = gate.as_str().get(..12)?.to_owned();
    let elsewhere = |home: &&super::town::Home| {
        home.zone == testing::Zone::Other && !home.code.as_str().starts_with(&community)
    };
    // From the middle of the county: zones and sweeps of the demo are at its end.
    let around: Vec<_> = of_county().filter(elsewhere).collect();
    let middle = around.iter().skip(around.len() / 2);
    let driver = middle.filter_map(|home| home.persons.last().copied()).next()?;
    let neighbour = of_county()
        .find(|home| home.code == *gate)
        .and_then(|home| home.persons.last().copied())?;
    let pass = GivePass {
        vehicle: holder(VEHICLE)?,
        plate: "吉B·60001".to_owned(),
        driver,
        carries: 1_500_000,
        cold: true,
        places: vec![PlaceCode::parse(&area.to_string()).ok()?],
        from: Micros(base.0 - Span::hours(12).0),
        until: base + Span::days(6),
    };
    let volunteer = RegisterVolunteer {
        volunteer: holder(VOLUNTEER)?,
        who: VolunteerWho::Registered { person: neighbour },
        places: vec![gate.clone()],
        from: Micros(base.0 - Span::hours(24).0),
        until: base + Span::days(12),
        vouched: "社区居委会 李主任".to_owned(),
    };
    let hours = DeliveryCommand::PutGate {
        place: gate.clone(),
        opens: 6 * 60,
        closes: 22 * 60,
        blocked: String::new(),
    };
    teller.say(24, Command::Deliver(Box::new(hours)));
    let register = DeliveryCommand::RegisterVolunteer(Box::new(volunteer));
    teller.say(24, Command::Deliver(Box::new(register)));
    teller.say(12, Command::Deliver(Box::new(DeliveryCommand::GivePass(pass))));
    Some(())
}

/// Households that need what others do not, a medicine that runs out, and somebody who says that nothing came.
fn needy(teller: &mut Teller<'_>, homes: &[HouseholdId]) {
    let base = teller.town.base;
    let kinds: [&[Need]; 5] = [
        &[Need::Alone],
        &[Need::CannotOrder, Need::Halal],
        &[Need::Infant],
        &[Need::Alone, Need::Diabetic, Need::Chronic],
        &[Need::CannotOrder, Need::Infant],
    ];
    // From the middle: the first were given their packs, the last have ordered.
    let some: Vec<HouseholdId> = homes.iter().skip(homes.len() / 2).take(12).copied().collect();
    for (household, needs) in some.iter().zip(kinds.iter().cycle()) {
        let put =
            Command::PutNeeds { household: *household, needs: needs.to_vec(), note: String::new() };
        teller.say(28, put);
    }
    for (n, household) in (0..).zip(some.iter().skip(3).step_by(5)) {
        let medicine = PutMedicine {
            household: *household,
            name: "二甲双胍 0.5g".to_owned(),
            last_dose: base + Span::days(1 + n * 4),
            prescribed_until: Some(base + Span::days(2 + n * 8)),
        };
        teller.say(26, Command::PutMedicine(medicine));
    }
    if let Some(household) = some.first() {
        let said = "两天没有送菜来".to_owned();
        let about = About::NothingCame;
        teller.say(6, Command::Complain { household: *household, about, said });
    }
}

/// Orders of the locked compound, one at each step, and a group purchase that is open.
fn ordered(teller: &mut Teller<'_>, shop: &HolderCode, locked: &str, homes: &[HouseholdId]) {
    let want = |item: &str, count, fen| Want { item: item.to_owned(), count, fen };
    let mut orders = Vec::new();
    for household in homes.iter().rev().take(8) {
        let place = Place {
            household: *household,
            shop: shop.clone(),
            lines: vec![want("V1", 1, 3_500), want("R1", 1, 2_980)],
            via: Via::Telephone,
            group: None,
            note: "住户来电".to_owned(),
        };
        orders.push(teller.order(10, OrderCommand::Place(place)));
    }
    let (shop, first) =
        (shop.clone(), |n: usize| orders.iter().take(n).copied().collect::<Vec<_>>());
    let vegetables = Command::TakeIn(TakeIn {
        site: shop.clone(),
        good: Good::Staples,
        amount: 200_000,
        origin: Origin::Bought,
        from: "省粮储备".to_owned(),
        what: String::new(),
        halal: false,
        expires_at: teller.town.base + Span::days(200),
    });
    teller.say(11, vegetables);
    teller.order(8, OrderCommand::Accept { shop: shop.clone(), orders: first(6) });
    teller.order(6, OrderCommand::Pack { shop: shop.clone(), orders: first(4) });
    if let Some(carrier) = holder(VOLUNTEER) {
        teller.order(2, OrderCommand::HandOver { shop: shop.clone(), orders: first(3), carrier });
    }
    if let Some(order) = orders.first() {
        let reason = "无人应门".to_owned();
        teller.order(1, OrderCommand::ComeBack { order: *order, reason });
    }
    if let Ok(place) = PlaceCode::parse(locked) {
        let open = OpenGroup {
            place,
            shop,
            items: vec!["V1".to_owned(), "O1".to_owned()],
            minimum: 10,
            closes_at: teller.town.base + Span::hours(10),
            due: teller.town.base + Span::hours(30),
            note: String::new(),
        };
        teller.order(3, OrderCommand::OpenGroup(open));
    }
}
