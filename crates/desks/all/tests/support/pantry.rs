//! Places, households, shops and goods for stories.

// Each test file that takes this in uses another part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;

use desks::Command as AnyCommand;
use ledger::{Actor, Envelope};
use registry::command::{Address, Details, PlaceDetails, PutPlaces, RegisterPerson};
use registry::identity::{Day, IdType, Identity};
use supply::{
    Command, DeliveryCommand, Good, HandOut, Item, Line, Mode, Order, OrderCommand, Origin, Part,
    Place, PutSite, RegisterVolunteer, Send, SetMode, Stage, Standing, TakeIn, Via, VolunteerWho,
    Want, lot_id, order_id, pass_id, shipment_id, views,
};
use types::{AreaCode, HouseholdId, PlaceCode, UnitId};

use crate::clinic::{Clinic, area, holder, hour, person, scope, sent};

pub const COMMUNITY: &str = "220202001001";
pub const OTHER: &str = "220202001002";
pub const COMPOUND: &str = "220202001001-03";

pub fn place(code: &str) -> PlaceCode {
    PlaceCode::parse(code).expect("a place")
}

/// A command of the supply desk, by its desk or by an account that works for a place.
pub fn said(at: i64, by: Option<&str>, command: Command) -> Envelope<AnyCommand> {
    let mut envelope = sent(at, command);
    if let Some(by) = by {
        envelope.actor = Actor { user: by.replace(':', "-"), holder: Some(holder(by)) };
    }
    envelope
}

/// Two communities, a compound with two buildings.
pub async fn town(clinic: &Clinic) {
    let details = |code: &str| PlaceDetails {
        code: place(code),
        name_zh: format!("地{code}"),
        name_en: String::new(),
        lon: None,
        lat: None,
        outline: None,
    };
    let mut above = sent(
        0,
        AnyCommand::Registry(registry::Command::PutPlaces(PutPlaces {
            places: vec![details("22"), details("2202")],
        })),
    );
    above.area = AreaCode::NONE;
    let below = [
        "220202",
        "220202001",
        COMMUNITY,
        OTHER,
        COMPOUND,
        "220202001001-03-01",
        "220202001001-03-02",
        "220202001002-01",
    ];
    let places = below.map(details).to_vec();
    let below = sent(0, AnyCommand::Registry(registry::Command::PutPlaces(PutPlaces { places })));
    clinic.accept(vec![above, below]).await;
}

/// A household of so many people behind a door.
pub async fn household(clinic: &Clinic, n: u32, at: &str, people: u32) -> HouseholdId {
    let door = format!("{n}01");
    for of in 0..people {
        let identity =
            Identity { name: "张三".into(), id_type: IdType::None, id_number: None, phone: None };
        let mut register = registry::Command::RegisterPerson(RegisterPerson {
            person: person(10_000 + n * 20 + of),
            details: Details::Clear(Box::new(identity)),
            address: Some(Address { place: place(at), door: door.clone() }),
        });
        let today = Day::new(2022, 5, 1).expect("a day");
        register.seal(&clinic.keys, area(), today).expect("sealed");
        clinic.accept(vec![sent(0, AnyCommand::Registry(register))]).await;
    }
    registry::ids::household(&place(at), &registry::ids::door(&door))
}

pub fn site(code: &str, at: Option<&str>, households: i64) -> Envelope<AnyCommand> {
    said(
        0,
        None,
        Command::PutSite(PutSite {
            code: holder(code),
            name_zh: format!("点{code}"),
            name_en: String::new(),
            place: at.map(place),
            at: Some((126.55, 43.84)),
            households,
            halal: false,
            contacts: Vec::new(),
        }),
    )
}

pub fn serves(community: &str, shop: &str, households: i64) -> Envelope<AnyCommand> {
    let assign =
        Command::AssignShop { community: place(community), shop: holder(shop), households };
    said(0, None, assign)
}

/// Goods that come in; gives the lot.
pub async fn take_in(
    clinic: &Clinic,
    at: i64,
    to: &str,
    (good, amount): (Good, i64),
    origin: Origin,
    days: i64,
) -> UnitId {
    let command = Command::TakeIn(TakeIn {
        site: holder(to),
        good,
        amount,
        origin,
        from: "Shouguang".into(),
        what: String::new(),
        halal: false,
        expires_at: hour(at + days * 24),
    });
    let envelope = said(at, None, command);
    let lot = lot_id(area(), envelope.id);
    clinic.accept(vec![envelope]).await;
    lot
}

pub fn send(
    at: i64,
    from: &str,
    to: &str,
    lines: &[(UnitId, i64)],
) -> (UnitId, Envelope<AnyCommand>) {
    let command = Command::Send(Send {
        from: holder(from),
        to: holder(to),
        lines: lines.iter().map(|(lot, amount)| Line { lot: *lot, amount: *amount }).collect(),
        carrier: holder("vehicle:V1"),
        due: hour(at + 4),
    });
    let envelope = said(at, None, command);
    (shipment_id(area(), envelope.id, 0), envelope)
}

pub fn receive(
    at: i64,
    by: Option<&str>,
    shipment: UnitId,
    lines: &[(UnitId, i64)],
    note: &str,
) -> Envelope<AnyCommand> {
    let lines = lines.iter().map(|(lot, amount)| Line { lot: *lot, amount: *amount }).collect();
    said(at, by, Command::Receive { shipment, lines, note: note.into() })
}

pub fn hand_out(
    at: i64,
    from: &str,
    to: &[HouseholdId],
    pack: &[(Good, i64)],
) -> Envelope<AnyCommand> {
    let pack = pack.iter().map(|(good, amount)| Part { good: *good, amount: *amount }).collect();
    said(
        at,
        None,
        Command::HandOut(HandOut {
            site: holder(from),
            households: to.to_vec(),
            pack,
            proof: "at the door".into(),
        }),
    )
}

pub fn mode(at: i64, of: &str, mode: Mode) -> Envelope<AnyCommand> {
    let until = mode.is_restricted().then(|| hour(at + 14 * 24));
    said(
        at,
        None,
        Command::SetMode(SetMode { place: place(of), mode, until, reason: "notice 12".into() }),
    )
}

/// Somebody registered, by the number of [`person`], brings orders from these gates to doors; gives the registration.
pub fn volunteer(at: i64, code: &str, who: u32, gates: &[&str]) -> (UnitId, Envelope<AnyCommand>) {
    let register = RegisterVolunteer {
        volunteer: holder(code),
        who: VolunteerWho::Registered { person: person(who) },
        places: gates.iter().map(|gate| place(gate)).collect(),
        from: hour(at),
        until: hour(at + 20 * 24),
        vouched: "Li, residents' committee".into(),
    };
    let command = DeliveryCommand::RegisterVolunteer(Box::new(register));
    let envelope = said(at, None, Command::Deliver(Box::new(command)));
    (pass_id(area(), envelope.id), envelope)
}

/// A command about orders, by the desk or by an account that works for a place.
pub fn asks(at: i64, by: Option<&str>, command: OrderCommand) -> Envelope<AnyCommand> {
    said(at, by, Command::Order(Box::new(command)))
}

/// A shop's list: code, good, grams in one, fen, how many a household may have.
pub fn list(at: i64, shop: &str, items: &[(&str, Good, i64, i64, i64)]) -> Envelope<AnyCommand> {
    let item = |(code, good, amount, fen, at_most): &(&str, Good, i64, i64, i64)| Item {
        code: (*code).into(),
        good: *good,
        name_zh: format!("货{code}"),
        name_en: String::new(),
        amount: *amount,
        fen: *fen,
        at_most: *at_most,
        halal: false,
    };
    let items = items.iter().map(item).collect();
    said(at, None, Command::PutPrices { shop: holder(shop), items })
}

/// An order by the household itself; gives its id.
pub fn order(
    at: i64,
    household: HouseholdId,
    shop: &str,
    lines: &[(&str, i64, i64)],
) -> (UnitId, Envelope<AnyCommand>) {
    let want = |(item, count, fen): &(&str, i64, i64)| Want {
        item: (*item).into(),
        count: *count,
        fen: *fen,
    };
    let place = Place {
        household,
        shop: holder(shop),
        lines: lines.iter().map(want).collect(),
        via: Via::Household,
        group: None,
        note: String::new(),
    };
    let envelope = asks(at, None, OrderCommand::Place(place));
    (order_id(area(), envelope.id, 0), envelope)
}

/// A shop has 100 kg of a good from the first hour on; each of these households orders one item `V1` of it, and the
/// shop packs them in the third. Gives the orders.
pub async fn packed_orders(
    clinic: &Clinic,
    shop: &str,
    good: Good,
    homes: &[HouseholdId],
) -> Vec<UnitId> {
    take_in(clinic, 1, shop, (good, 100_000), Origin::Bought, 5).await;
    let mut ids = Vec::new();
    for home in homes {
        let (id, placed) = order(2, *home, shop, &[("V1", 1, 3_500)]);
        clinic.accept(vec![placed]).await;
        ids.push(id);
    }
    let (shop, orders) = (holder(shop), ids.clone());
    clinic
        .accept(vec![
            asks(3, None, OrderCommand::Accept { shop: shop.clone(), orders: orders.clone() }),
            asks(3, None, OrderCommand::Pack { shop, orders }),
        ])
        .await;
    ids
}

/// Somebody registered, by the number of [`person`], is a case that was found in the community.
pub fn positive(at: i64, who: u32) -> Envelope<AnyCommand> {
    let open = cases::Command::Open(cases::Open {
        who: cases::Who::Registered { area: area(), person: person(who) },
        class: cases::Class::Asymptomatic,
        severity: Some(cases::Severity::Asymptomatic),
        fields: cases::Patch::from([(
            cases::Field::FoundIn,
            cases::FoundIn::Community.as_str().to_owned(),
        )]),
        observation: None,
        note: String::new(),
        keys: Vec::new(),
    });
    sent(at, open)
}

/// Every order of these households.
pub async fn ordered(clinic: &Clinic, households: &[HouseholdId]) -> Vec<Order> {
    let mut db = clinic.db().await;
    let mut all = Vec::new();
    for household in households {
        all.extend(views::orders_of(&mut db, *household, 10_000).await.expect("orders"));
    }
    all
}

/// Every order is somewhere: the counters are the list, what is late is the list of what is late, what lies aside
/// and what is out is what these orders have, and money that is owed has a clock.
pub async fn booked(clinic: &Clinic, households: &[HouseholdId], now: types::Micros) {
    let orders = ordered(clinic, households).await;
    let mut db = clinic.db().await;
    let counts = views::order_counts(&mut db, scope(), "", now).await.expect("counts");
    assert_eq!(counts.all(), orders.len() as i64);
    for stage in Stage::ALL {
        let n = orders.iter().filter(|order| order.stage == *stage).count() as i64;
        assert_eq!(counts.of(*stage), n, "{stage}");
    }
    let before = now.hour_start();
    let late = views::orders_due(&mut db, scope(), ("", None, before), None, 10_000).await;
    assert_eq!(counts.late(), late.expect("a list").len() as i64);
    let totals = views::totals(&mut db, scope()).await.expect("totals");
    let books = ledger::views::stock(&mut db, scope()).await.expect("accounts");
    for good in Good::ALL {
        let of = |stands: fn(Stage) -> bool| -> i64 {
            let these = orders.iter().filter(|order| stands(order.stage));
            these.map(|order| order.amount(*good)).sum()
        };
        let accounts = books.get(&(area(), good.commodity()));
        let account = |start: &str| -> i64 {
            let all = accounts.into_iter().flatten();
            all.filter(|(name, _)| name.starts_with(start)).map(|(_, n)| n).sum()
        };
        assert_eq!(account("reserved:"), of(Stage::reserves), "{good} set aside");
        assert_eq!(totals.of(Standing::Reserved, *good), of(Stage::reserves), "{good} set aside");
        assert_eq!(account("out:"), of(|stage| stage == Stage::Out), "{good} out");
    }
    for order in &orders {
        assert_eq!(order.clock.is_some(), order.stage.is_open() || order.owed() > 0, "{order:?}");
        assert!(order.paid >= 0 && order.owed() >= 0, "{order:?}");
        let lots: i64 = order.picked.iter().map(|line| line.amount).sum();
        let goods: i64 = Good::ALL.iter().map(|good| order.amount(*good)).sum();
        let has = order.stage.reserves() || matches!(order.stage, Stage::Out | Stage::Received);
        assert_eq!(lots, if has { goods } else { 0 }, "{order:?}");
    }
}

/// Not a gram appears or vanishes: for every good the ledger's accounts sum to zero; what lies at each place
/// by lots is what its account says; what is on the road is what open shipments carry; totals agree; and no
/// lot has another rest than what lies or travels of it.
pub async fn weighed(clinic: &Clinic) {
    weighed_with(clinic, &[]).await;
}

/// The same, with what lies aside for orders and is on its way to these households.
pub async fn weighed_with(clinic: &Clinic, households: &[HouseholdId]) {
    let orders = ordered(clinic, households).await;
    let mut db = clinic.db().await;
    let books = ledger::views::stock(&mut db, scope()).await.expect("accounts");
    let totals = views::totals(&mut db, scope()).await.expect("totals");
    let sites = views::sites(&mut db, scope(), None, 1_000).await.expect("places");
    let open = views::open_shipments(&mut db, scope(), None, 10_000).await.expect("shipments");
    let mut rest: BTreeMap<UnitId, i64> = BTreeMap::new();
    let mut lying: BTreeMap<(String, Good), i64> = BTreeMap::new();
    for site in &sites {
        for (lot, amount) in views::at(&mut db, site).await.expect("stock") {
            assert!(amount > 0, "less than nothing at {}", site.code);
            *rest.entry(lot.id).or_default() += amount;
            *lying.entry((site.code.to_string(), lot.good)).or_default() += amount;
        }
    }
    let mut road: BTreeMap<Good, i64> = BTreeMap::new();
    for shipment in open.iter().filter(|s| s.state == supply::ShipState::Sent) {
        for line in &shipment.lines {
            let lot = views::lots(&mut db, &[line.lot]).await.expect("a lot").remove(0);
            *rest.entry(line.lot).or_default() += line.amount;
            *road.entry(lot.good).or_default() += line.amount;
        }
    }
    let has = |order: &&Order| order.stage.reserves() || order.stage == Stage::Out;
    for line in orders.iter().filter(has).flat_map(|order| &order.picked) {
        *rest.entry(line.lot).or_default() += line.amount;
    }
    let ids: Vec<UnitId> = rest.keys().copied().collect();
    for lot in views::lots(&mut db, &ids).await.expect("lots") {
        assert_eq!(lot.left, rest[&lot.id], "the rest of {}", lot.id);
    }
    for good in Good::ALL {
        let Some(accounts) = books.get(&(area(), good.commodity())) else { continue };
        assert_eq!(accounts.values().sum::<i64>(), 0, "{good}: {accounts:?}");
        let on_road: i64 =
            accounts.iter().filter(|(name, _)| name.starts_with("to:")).map(|(_, n)| n).sum();
        assert_eq!(on_road, road.get(good).copied().unwrap_or(0), "{good} on the road");
        let out: i64 =
            accounts.iter().filter(|(name, _)| name.starts_with("out:")).map(|(_, n)| n).sum();
        assert_eq!(totals.of(Standing::Road, *good), on_road + out, "{good} on the road");
        for (name, standing) in
            [("home", Standing::Home), ("lost", Standing::Lost), ("missing", Standing::Missing)]
        {
            let amount = accounts.get(name).copied().unwrap_or(0);
            assert_eq!(totals.of(standing, *good), amount, "{good} {name}");
        }
        let mut at_places = 0;
        for site in &sites {
            let amount = accounts.get(site.code.as_str()).copied().unwrap_or(0);
            let lots = lying.get(&(site.code.to_string(), *good)).copied().unwrap_or(0);
            assert_eq!(amount, lots, "{good} at {}", site.code);
            at_places += amount;
        }
        let standing: i64 =
            [Standing::Market, Standing::Sorting, Standing::Shop, Standing::Gate, Standing::Closed]
                .map(|standing| totals.of(standing, *good))
                .iter()
                .sum();
        assert_eq!(standing, at_places, "{good} at places");
    }
}

/// Served + not due + overdue = all, by the counters, by the lists and household by household.
pub async fn counted(clinic: &Clinic, households: &[HouseholdId], now: types::Micros) {
    let mut db = clinic.db().await;
    let balance = views::balance(&mut db, scope(), "", now).await.expect("a balance");
    assert!(balance.is_whole(), "{balance:?}");
    let ids: Vec<_> = households.iter().map(|id| (area(), *id)).collect();
    let known = views::households(&mut db, &ids).await.expect("households");
    let restricted: Vec<_> = known.iter().filter(|h| h.mode.is_restricted()).collect();
    assert_eq!(balance.all, restricted.len() as i64);
    let before = now.hour_start();
    let late = |h: &&&supply::Household| h.next_food.is_some_and(|at| at < before);
    let overdue = restricted.iter().filter(late).count() as i64;
    assert_eq!(balance.overdue, overdue, "{balance:?}");
    let served = restricted.iter().filter(|h| !late(h) && h.is_served()).count() as i64;
    assert_eq!(balance.served, served, "{balance:?}");
    for household in &known {
        assert_eq!(household.next_food.is_some(), household.mode.is_restricted(), "{household:?}");
    }
    // On the list of what is lacking each is once, from the earliest of its reasons on.
    let lines = views::unmet_counts(&mut db, scope(), "", now).await.expect("counts");
    for (before, n) in [
        (before, lines.iter().map(|line| line.households).sum::<i64>()),
        (views::alarm_before(now), lines.iter().map(|line| line.alarm).sum()),
    ] {
        let lacks = |h: &&supply::Household| h.unmet_at().is_some_and(|at| at < before);
        assert_eq!(n, known.iter().filter(lacks).count() as i64, "before {before:?}: {lines:?}");
        for community in ["", COMMUNITY] {
            let which = (community, before);
            let list = views::unmet(&mut db, scope(), which, None, 10_000).await.expect("a list");
            assert!(list.iter().all(|h| lacks(&h)));
            assert_eq!(list.len() as i64, n, "{community}");
        }
    }
    let owed = views::entitled(&mut db, scope(), ("", false), None, 10_000).await.expect("a list");
    assert_eq!(owed.len(), known.iter().filter(|h| h.is_entitled()).count());
    let waiting = views::entitled(&mut db, scope(), ("", true), None, 10_000).await;
    let coming = |h: &&supply::Household| h.is_entitled() && !h.has_pack_coming();
    assert_eq!(waiting.expect("a list").len(), known.iter().filter(coming).count());
    for (what, n) in
        [(supply::Due::Food, balance.overdue), (supply::Due::Medicine, balance.medicine_overdue)]
    {
        let list = views::due(&mut db, what, scope(), ("", before), None, 10_000).await;
        assert_eq!(list.expect("a list").len() as i64, n, "the list of {what}");
    }
}
