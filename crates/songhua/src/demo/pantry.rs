//! Goods, shops and locked compounds of the demo: made up. What was recorded of them in the last days.

mod doors;
mod road;

use std::collections::{BTreeMap, BTreeSet};

use ledger::Envelope;
use supply::{
    Allot, Command, Contact, Good, HandOut, Item, Line, Mode, OrderCommand, Origin, Part, PutSite,
    Send, SetMode, Share, TakeIn, lot_id, order_id,
};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, Span, UnitId};

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
/// Compounds at the end of a county that are left alone: the zones and the sweeps of the demo are there.
const TAIL: usize = 12;
/// Compounds around the locked one to which the same vehicle goes.
const AROUND: usize = 3;

/// Compounds of the shop that hands over to the sorting centre.
const BEYOND: usize = 4;

/// Of whom the demo tells: the county's desk.
struct Teller<'a> {
    town: &'a Town,
    area: AreaCode,
    told: Vec<Envelope<desks::Command>>,
}

impl Teller<'_> {
    /// A command that happened so many hours before the demo begins; gives its lot, if it takes one in.
    fn say(&mut self, hours: i64, command: Command) -> UnitId {
        let id = self.tell(60 * hours, command);
        lot_id(self.area, id)
    }

    /// The same of an order's command; gives the order, if it places one.
    fn order(&mut self, hours: i64, command: OrderCommand) -> UnitId {
        let id = self.tell(60 * hours, Command::Order(Box::new(command)));
        order_id(self.area, id, 0)
    }

    fn tell(&mut self, minutes: i64, command: Command) -> types::CommandId {
        let at = Micros(self.town.base.0 - Span::minutes(minutes).0);
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

/// A compound and its homes.
type Compound = (PlaceCode, Vec<HouseholdId>);

/// What the story of supply is about.
struct Stage {
    /// One compound is locked; its community has the first shop.
    locked: Compound,
    /// Those next to it: the same shop brings to them.
    around: Vec<Compound>,
    /// Compounds of the shop whose orders leave from the sorting centre's dock.
    of_dock: Vec<Compound>,
    /// Homes of the community of the grid worker's account.
    visited: Vec<HouseholdId>,
    /// Each community with its households; that of the first shop is the first.
    communities: Vec<(String, i64)>,
    /// Where places are, in degrees east and north.
    at: BTreeMap<String, (f64, f64)>,
    /// People of the county whom nothing else is told of.
    staff: Vec<PersonId>,
}

impl Stage {
    fn of(town: &Town, area: AreaCode, visits: Option<&PlaceCode>) -> Option<Stage> {
        let stage = area.to_string();
        let mut counted: BTreeMap<String, i64> = BTreeMap::new();
        let mut compounds: BTreeMap<PlaceCode, Vec<HouseholdId>> = BTreeMap::new();
        for household in town.city.households() {
            let place: PlaceCode = household.dwelling.code();
            if !place.as_str().starts_with(&stage) {
                continue;
            }
            *counted.entry(community_of(&place)?).or_default() += 1;
            let compound = registry::place::compound_of(&place);
            if registry::place::Level::of(&compound) == Some(registry::place::Level::Compound) {
                let door = household.dwelling.door().to_string();
                let id = registry::ids::household(&place, &door);
                compounds.entry(compound).or_default().push(id);
            }
        }
        let visits = visits.and_then(community_of);
        let visited = compounds
            .iter()
            .filter(|(place, _)| visits.is_some() && community_of(place) == visits)
            .flat_map(|(_, homes)| homes.iter().copied());
        let visited = visited.collect();
        let rows = town.city.places_down_to(city::Level::Compound);
        let here = rows.filter(|row| row.code.as_str().starts_with(&stage));
        let at: BTreeMap<String, (f64, f64)> =
            here.map(|row| (row.code.to_string(), (row.at[0], row.at[1]))).collect();
        let last = compounds.len().saturating_sub(TAIL);
        let tail: BTreeSet<PlaceCode> = compounds.keys().skip(last).cloned().collect();
        let (place, homes) = compounds.iter().max_by_key(|(_, homes)| homes.len())?;
        let locked = (place.clone(), homes.clone());
        compounds.retain(|place, homes| *place != locked.0 && homes.len() >= 4);
        compounds.retain(|place, _| !tail.contains(place));
        let centre = at.get(locked.0.as_str()).copied().unwrap_or_default();
        let mut near: Vec<Compound> = compounds.into_iter().collect();
        near.sort_by(|a, b| {
            let far =
                |of: &Compound| at.get(of.0.as_str()).map_or(f64::MAX, |at| distance(centre, *at));
            far(a).total_cmp(&far(b))
        });
        let rest = near.split_off(near.len().min(AROUND));
        // Beyond them is the shop that hands over to the sorting centre.
        let first = community_of(&locked.0)?;
        let mut taken: Vec<String> = near.iter().filter_map(|of| community_of(&of.0)).collect();
        let mut of_dock = rest;
        of_dock
            .retain(|of| community_of(&of.0).is_some_and(|at| at != first && !taken.contains(&at)));
        of_dock.truncate(BEYOND);
        taken.extend(of_dock.iter().filter_map(|of| community_of(&of.0)));
        // Those that the story is about have a shop; of the others some.
        let rank = |community: &String| (*community != first, !taken.contains(community));
        let mut communities: Vec<(String, i64)> = counted.into_iter().collect();
        communities.sort_by_key(|(community, _)| rank(community));
        communities.truncate(60);
        Some(Stage {
            locked,
            around: near,
            of_dock,
            visited,
            communities,
            at,
            staff: staff(town, area, &first),
        })
    }

    fn community(&self) -> String {
        community_of(&self.locked.0).unwrap_or_default()
    }

    /// Beside the middle of a place, in a direction of its own, as a shop stands on a street and not in a yard.
    fn beside(&self, place: &str, n: u32) -> Option<(f64, f64)> {
        let (east, north) = *self.at.get(place)?;
        let turn = f64::from(n) * 2.4;
        Some((east + 0.0035 * turn.cos(), north + 0.0025 * turn.sin()))
    }
}

/// People who live elsewhere than the shop that the story is about, from the middle of the county: zones and sweeps of
/// the demo are at its end.
fn staff(town: &Town, area: AreaCode, community: &str) -> Vec<PersonId> {
    let elsewhere = |home: &&super::town::Home| {
        home.area == area
            && home.zone == testing::Zone::Other
            && !home.code.as_str().starts_with(community)
    };
    let around: Vec<_> = town.homes.iter().filter(elsewhere).collect();
    let middle = around.iter().skip(around.len() / 2);
    middle.filter_map(|home| home.persons.last().copied()).collect()
}

fn community_of(place: &PlaceCode) -> Option<String> {
    place.as_str().get(..12).map(str::to_owned)
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let east = (a.0 - b.0) * a.1.to_radians().cos();
    (east * east + (a.1 - b.1) * (a.1 - b.1)).sqrt()
}

fn site(
    code: &str,
    name: &str,
    place: Option<PlaceCode>,
    at: Option<(f64, f64)>,
    households: i64,
) -> Option<Command> {
    let phone = format!("0432-6000-{:04}", code.bytes().map(i64::from).sum::<i64>());
    Some(Command::PutSite(PutSite {
        code: holder(code)?,
        name_zh: name.to_owned(),
        name_en: String::new(),
        place,
        at,
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
/// story plays, some goods, donations, compounds behind gates of which some have their food, and who brings it.
///
/// `visits` is where the grid worker's account goes.
pub fn commands(town: &Town, visits: Option<&PlaceCode>) -> Vec<Envelope<desks::Command>> {
    let mut teller = Teller { town, area: town.stage(), told: Vec::new() };
    tell(&mut teller, visits);
    teller.told
}

fn tell(teller: &mut Teller<'_>, visits: Option<&PlaceCode>) -> Option<()> {
    let stage = Stage::of(teller.town, teller.area, visits)?;
    let county = teller.area.to_string();
    teller.say(100, site(MARKET, "江北批发市场", None, stage.beside(&county, 1), 0)?);
    teller.say(100, site(SORTING, "江北分拣中心", None, stage.beside(&county, 3), 0)?);
    let dock = shops(teller, &stage)?;
    let lots = goods(teller, dock.as_ref())?;
    modes(teller, &stage)?;
    road::carriers(teller, &stage);
    doors::needy(teller, &stage.locked.1);
    doors::medicated(teller, &stage.visited);
    doors::ordered(teller, &stage);
    road::batches(teller, &stage, dock.as_ref());
    handed_out(teller, &stage)?;
    donated(teller, &stage, lots);
    staffed(teller, &stage, dock.as_ref());
    Some(())
}

/// A shop for each community; gives the one whose orders leave from the sorting centre.
fn shops(teller: &mut Teller<'_>, stage: &Stage) -> Option<Option<HolderCode>> {
    let own = stage.community();
    let dock = stage.of_dock.first().and_then(|(place, _)| community_of(place));
    // Around the locked compound the first shop serves its neighbours, too; so does the one that hands over.
    let lent_to = |compounds: &[Compound], own: Option<&String>| {
        let mut lent: BTreeMap<String, i64> = BTreeMap::new();
        for (place, homes) in compounds {
            if let Some(community) = community_of(place).filter(|of| Some(of) != own) {
                *lent.entry(community).or_default() += homes.len() as i64;
            }
        }
        lent
    };
    let lent = [lent_to(&stage.around, Some(&own)), lent_to(&stage.of_dock, dock.as_ref())];
    let limit =
        Command::SetLimit { good: Good::Vegetables, fen: 400, reason: "保供限价通知".into() };
    teller.say(98, limit);
    let mut handing = None;
    for (n, (community, households)) in (1u32..).zip(&stage.communities) {
        let (code, place) = (format!("shop:JL-S{n:02}"), PlaceCode::parse(community).ok()?);
        let to_others: i64 = lent.iter().filter_map(|lent| lent.get(community)).sum();
        let borrowed = match (n == 1, dock.as_ref() == Some(community)) {
            (true, _) => lent.first(),
            (false, true) => lent.last(),
            (false, false) => None,
        };
        let others: i64 = borrowed.map_or(0, |lent| lent.values().sum());
        let serves = households - to_others;
        let room = households + others + households / 5 + 20;
        let name = format!("便民保供超市{n}号店");
        let at = stage.beside(community, n);
        teller.say(99, site(&code, &name, Some(place.clone()), at, room)?);
        let shop = holder(&code)?;
        if serves > 0 {
            let assign =
                Command::AssignShop { community: place, shop: shop.clone(), households: serves };
            teller.say(98, assign);
        }
        for (community, households) in borrowed.into_iter().flatten() {
            let (community, shop) = (PlaceCode::parse(community).ok()?, shop.clone());
            teller.say(98, Command::AssignShop { community, shop, households: *households });
        }
        // Not all ask the same: a little more in each shop than in the one before, below the limit.
        let more = i64::from((n - 1) % 7) * 10;
        let items = vec![
            item("V1", Good::Vegetables, "蔬菜包", 5_000, 3_500 + more),
            item("P1", Good::Pork, "猪后腿肉", 1_000, 2_600 + more),
            item("O1", Good::Oil, "大豆油", 1_800, 2_790 + more),
            item("R1", Good::Staples, "东北大米", 5_000, 2_980 + more),
        ];
        teller.say(97, Command::PutPrices { shop: shop.clone(), items });
        if dock.as_ref() == Some(community) {
            handing = Some(shop);
        }
    }
    Some(handing)
}

fn take_in(
    teller: &Teller<'_>,
    site: &HolderCode,
    (good, amount): (Good, i64),
    (origin, from): (Origin, &str),
    days: i64,
) -> Command {
    Command::TakeIn(TakeIn {
        site: site.clone(),
        good,
        amount,
        origin,
        from: from.to_owned(),
        what: String::new(),
        halal: false,
        expires_at: teller.town.base + Span::days(days),
    })
}

/// Grams of so many kilograms.
const fn kilograms(n: i64) -> i64 {
    n * 1_000
}

/// What was bought, sent and given; the lot that was given to all.
fn goods(teller: &mut Teller<'_>, dock: Option<&HolderCode>) -> Option<UnitId> {
    let (market, sorting, shop) = (holder(MARKET)?, holder(SORTING)?, holder(SHOP)?);
    let base = teller.town.base;
    let tonnes = 2_000 + i64::try_from(teller.town.city.people()).unwrap_or(0);
    let came = |teller: &mut Teller<'_>, hours, at: &HolderCode, what, from, days| {
        let command = take_in(teller, at, what, from, days);
        teller.say(hours, command)
    };
    let (state, shops) = ((Origin::Bought, "省粮储备"), (Origin::Bought, "江北批发市场"));
    let vegetables = (Good::Vegetables, kilograms(tonnes));
    let cabbage = came(teller, 60, &market, vegetables, (Origin::Sent, "松原市"), 5);
    came(teller, 60, &market, (Good::Staples, kilograms(tonnes)), state, 300);
    came(teller, 60, &market, (Good::Oil, kilograms(tonnes / 8)), state, 300);
    came(teller, 60, &market, (Good::Pork, kilograms(tonnes / 6)), (Origin::Bought, "皓月"), 6);
    came(teller, 50, &shop, (Good::Vegetables, kilograms(1_200)), shops, 4);
    came(teller, 11, &shop, (Good::Staples, kilograms(300)), state, 200);
    let giver = (Origin::Donated, "爱心企业");
    came(teller, 40, &sorting, (Good::MilkPowder, kilograms(90)), giver, 300);
    let giver = (Origin::Donated, "寿光市");
    let given = came(teller, 36, &market, (Good::Vegetables, kilograms(3_000)), giver, 4);
    if let Some(dock) = dock {
        came(teller, 30, dock, (Good::Vegetables, kilograms(400)), shops, 3);
        came(teller, 30, dock, (Good::Staples, kilograms(300)), state, 200);
    }
    teller.say(
        3,
        Command::Send(Send {
            from: market,
            to: shop,
            lines: vec![Line { lot: cabbage, amount: kilograms(800) }],
            carrier: holder(VEHICLE)?,
            due: base + Span::hours(2),
        }),
    );
    Some(given)
}

/// One compound is behind locked doors, those around it are called down.
fn modes(teller: &mut Teller<'_>, stage: &Stage) -> Option<()> {
    let until = Some(teller.town.base + Span::days(12));
    let set = |place: &PlaceCode, mode, reason: &str| {
        Command::SetMode(SetMode { place: place.clone(), mode, until, reason: reason.into() })
    };
    teller.say(30, set(&stage.locked.0, Mode::Door, "封控通告"));
    for (place, _) in stage.around.iter().take(2) {
        teller.say(29, set(place, Mode::Called, "管控通告"));
    }
    Some(())
}

/// Of the locked compound half has its food, of those around it nearly all.
fn handed_out(teller: &mut Teller<'_>, stage: &Stage) -> Option<()> {
    let some = (stage.locked.1.len() / 2).min(400);
    let around =
        stage.around.iter().take(2).map(|(_, homes)| (homes, homes.len().saturating_sub(2)));
    let all: Vec<(&Vec<HouseholdId>, usize)> =
        std::iter::once((&stage.locked.1, some)).chain(around).collect();
    for (homes, some) in all {
        if some == 0 {
            continue;
        }
        teller.say(
            20,
            Command::HandOut(HandOut {
                site: holder(SHOP)?,
                households: homes.iter().take(some.min(400)).copied().collect(),
                pack: vec![Part { good: Good::Vegetables, amount: 2_000 }],
                proof: "门口签收".into(),
            }),
        );
    }
    Some(())
}

/// Of what was given some has left for the shops of three communities; the rest waits to be shared.
fn donated(teller: &mut Teller<'_>, stage: &Stage, lot: UnitId) -> Option<()> {
    let share = |(community, _): &(String, i64)| {
        let community = PlaceCode::parse(community).ok()?;
        Some(Share { community, amount: kilograms(400), why: "封控社区优先".to_owned() })
    };
    let allot = Allot {
        lot,
        site: holder(MARKET)?,
        shares: stage.communities.iter().take(3).filter_map(share).collect(),
        carrier: holder("vehicle:JL-B05")?,
        due: teller.town.base + Span::hours(4),
        reason: "先送封控小区所在社区".to_owned(),
    };
    teller.say(5, Command::Allot(allot));
    Some(())
}

/// Who works at shops; and one of them, of those that nothing else is told of, closed by an infection.
fn staffed(teller: &mut Teller<'_>, stage: &Stage, dock: Option<&HolderCode>) -> Option<()> {
    let busy =
        stage.around.iter().chain(&stage.of_dock).filter_map(|(place, _)| community_of(place));
    let busy: Vec<String> = busy.collect();
    let closes = (1..)
        .zip(&stage.communities)
        .skip(1)
        .find(|(_, (community, _))| !busy.contains(community))
        .and_then(|(n, _)| holder(&format!("shop:JL-S{n:02}")));
    let first = holder(SHOP);
    // The first few of them drive.
    let mut people = stage.staff.iter().skip(4).copied();
    for (site, n) in [(first.as_ref(), 4), (dock, 3), (closes.as_ref(), 3)] {
        let Some(site) = site else { continue };
        for person in people.by_ref().take(n) {
            teller.say(90, Command::PutStaff { site: site.clone(), person, works: true });
        }
    }
    if let Some(site) = closes {
        // What lies there is counted out from then on.
        let left = (Good::Vegetables, kilograms(160));
        let shops = (Origin::Bought, "江北批发市场");
        let command = take_in(teller, &site, left, shops, 3);
        teller.say(40, command);
        let reason = "店员核酸阳性，闭店消杀".to_owned();
        teller.say(9, Command::CloseSite { site, infection: true, reason });
    }
    Some(())
}
