//! Supply: who ate and who did not, who went without medicine, how long an order took to the door, what went bad, and
//! whom no list, order or complaint knew of.

use super::provided::{Forgotten, Order};
use super::{Cell, Facts, Listing, Scorer, Section, Spans, Value, Words, measure, words};
use crate::larder::Told;
use crate::pantry::Tally;

/// See the module.
#[derive(Debug)]
pub struct Supply;

const BEHIND: Words =
    words("限制出行的户数：真实，系统", "Households behind doors: really, by the system");
const MISSED: Words = words("没吃上的餐（人次）", "Meals missed, by person and meal");
const HUNGRY: Words = words("缺过餐的户", "Households that missed a meal");
const WITHOUT: Words = words("断药（人日）", "Days without medicine, by person");
const TO_DOOR: Words = words("下单到上门", "From order to door");
const SPOILED: Words = words("变质（公斤）", "Spoiled, kg");
const FORGOTTEN: Words = words(
    "被遗忘的户：限制出行，而名单、订单、投诉都没有",
    "Forgotten households: behind a door, on no list, with no order and no complaint",
);
const ORDERS: Words = words("订单：已送达", "Orders: received");

fn kilograms(grams: i64) -> i64 {
    (grams + 500) / 1_000
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn share(part: u64, whole: u64) -> Value {
    Value::Share { part: number(part), whole: number(whole) }
}

/// Whoever could have been on a list.
fn registered(forgotten: &&Forgotten) -> bool {
    !forgotten.unregistered
}

impl Scorer for Supply {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let did = &facts.chronicle.supply;
        let told = facts.larder.told();
        let mut sum = Tally::default();
        told.iter().for_each(|household| sum.add(household.tally));
        let hungry = told.iter().filter(|household| household.tally.missed > 0).count();
        let received: Vec<_> =
            did.orders.values().filter_map(|o| Some(o.received_at? - o.placed_at)).collect();
        let balance = |of: fn(&super::provided::Counted) -> i64| did.balance.values().map(of).sum();
        let all: i64 = balance(|c| c.all);
        let forgotten = || did.forgotten.values();
        let still = forgotten().filter(|f| f.still).filter(registered).count();
        let never = forgotten().filter(|f| f.unregistered).count();
        let closings = did.closings.len();
        let count = |n: usize| Value::Count(n as i64);
        let days: u64 = forgotten().map(|f| f.days).sum();
        Section {
            key: "supply",
            title: words("保供", "Supply"),
            lead: words(
                "门被封的住户靠家中存粮和送来的食物生活：每人每餐没吃上都计数。能自行购物的人不计。户数以当日最后一次清点为准。",
                "Households behind closed doors live on what they have and what is brought: each meal that \
                 somebody goes without is counted. Whoever may go shopping is not. Households are as of the \
                 last evening.",
            ),
            measures: vec![
                measure(
                    facts,
                    "behind_doors",
                    BEHIND,
                    Value::Beside { truth: balance(|c| c.behind), system: all },
                )
                .on_page("/supply/households"),
                measure(facts, "meals_missed", MISSED, share(sum.missed, sum.meals))
                    .behind("meals"),
                measure(facts, "hungry", HUNGRY, share(hungry as u64, told.len() as u64))
                    .behind("meals"),
                measure(facts, "medicine_missed", WITHOUT, share(sum.without, sum.doses))
                    .behind("meals"),
                measure(
                    facts,
                    "order_to_door",
                    TO_DOOR,
                    Value::Spans(Spans::of(received.iter().copied())),
                )
                .behind("orders"),
                measure(
                    facts,
                    "orders_received",
                    ORDERS,
                    share(received.len() as u64, did.orders.len() as u64),
                )
                .behind("orders"),
                measure(
                    facts,
                    "packs",
                    words("上门发放的保供包", "Packs given at doors"),
                    Value::Count(number(did.packs)),
                ),
                measure(facts, "spoiled", SPOILED, Value::Count(kilograms(did.spoiled)))
                    .on_page("/supply"),
                measure(facts, "forgotten", FORGOTTEN, count(still)).behind("forgotten"),
                measure(
                    facts,
                    "forgotten_days",
                    words("曾被遗忘（户·日）", "Forgotten so far, household-days"),
                    Value::Count(number(days)),
                )
                .behind("forgotten"),
                measure(
                    facts,
                    "forgotten_unregistered",
                    words("其中不在任何名册上", "Of these in no register"),
                    count(never),
                )
                .behind("forgotten"),
                measure(
                    facts,
                    "supply_overdue",
                    words("到期未送（户）", "Households due and not supplied, by the system"),
                    Value::Share { part: balance(|c| c.overdue), whole: all },
                )
                .on_page("/supply/households"),
                measure(
                    facts,
                    "parcels_astray",
                    words("送错门的包裹", "Parcels left at a wrong door"),
                    Value::Count(number(did.lost)),
                ),
                measure(
                    facts,
                    "shops_closed",
                    words("因感染关停的市场和超市", "Markets and shops closed by infection"),
                    count(closings),
                )
                .behind("closings"),
                measure(
                    facts,
                    "passes_withdrawn",
                    words("通行证：已收回", "Drivers' passes: taken away"),
                    share(did.withdrawn.len() as u64, did.passes),
                ),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let did = &facts.chronicle.supply;
        vec![
            ("meals".into(), meals(facts)),
            ("orders".into(), orders(did.orders.values(), did.orders.len())),
            ("forgotten".into(), forgotten(facts)),
            ("closings".into(), closings(facts)),
        ]
    }
}

const PLACE: Words = words("地点", "Place");

/// Who missed meals or medicine, those who missed most first; of the others nobody is listed.
fn meals(facts: &Facts<'_>) -> Listing {
    let mut told: Vec<Told> = facts.larder.told();
    told.retain(|household| household.tally.missed + household.tally.without > 0);
    told.sort_by_key(|h| {
        (std::cmp::Reverse(h.tally.missed), std::cmp::Reverse(h.tally.without), h.id)
    });
    let rows = told.into_iter().map(|household| {
        let t = household.tally;
        vec![
            Cell::Text(household.id.to_string()),
            Cell::Text(household.place.as_str().to_owned()),
            Cell::Number(i64::from(household.people)),
            Cell::Time(household.since),
            Cell::Number(number(t.meals)),
            Cell::Number(number(t.missed)),
            Cell::Number(number(t.without)),
            Cell::Number(kilograms(t.had)),
            Cell::Number(kilograms(t.came)),
        ]
    });
    let columns = [
        words("住户", "Household"),
        PLACE,
        words("人数", "People"),
        words("封门自", "Door closed since"),
        words("应吃餐数", "Meals due"),
        words("没吃上", "Missed"),
        words("断药人日", "Days without medicine"),
        words("原有公斤", "Had, kg"),
        words("送来公斤", "Came, kg"),
    ];
    Listing::new(MISSED, &columns, rows.collect())
}

fn orders<'a>(of: impl Iterator<Item = &'a Order>, total: usize) -> Listing {
    let mut all: Vec<&Order> = of.collect();
    // What is still open comes first, then what took longest.
    let took = |o: &Order| o.received_at.map(|at| at - o.placed_at);
    all.sort_by_key(|o| {
        (o.cancelled, o.received_at.is_some(), std::cmp::Reverse(took(o)), o.placed_at)
    });
    let rows = all.into_iter().take(super::ROWS).map(|order| {
        vec![
            Cell::Text(order.household.to_string()),
            Cell::Text(order.shop.to_string()),
            Cell::Text(order.via.to_string()),
            Cell::Time(Some(order.placed_at)),
            Cell::Time(order.received_at),
            Cell::Hours(took(order).map(|span| span.as_hours())),
            Cell::Number(i64::from(order.came_back)),
            Cell::Number(i64::from(order.cancelled)),
        ]
    });
    let columns = [
        words("住户", "Household"),
        words("超市", "Shop"),
        words("途径", "How"),
        words("下单", "Ordered"),
        words("送达", "At the door"),
        words("小时", "Hours"),
        words("无人应门", "Nobody opened"),
        words("已取消", "Cancelled"),
    ];
    Listing::first(ORDERS, &columns, rows.collect(), total)
}

fn forgotten(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.supply.forgotten.iter().map(|(id, f)| {
        vec![
            Cell::Text(id.to_string()),
            Cell::Text(f.place.as_str().to_owned()),
            Cell::Time(Some(f.since)),
            Cell::Number(number(f.days)),
            Cell::Number(i64::from(f.still)),
            Cell::Number(i64::from(f.unregistered)),
        ]
    });
    let columns = [
        words("住户", "Household"),
        PLACE,
        words("首次发现", "First seen"),
        words("天数", "Evenings"),
        words("仍被遗忘", "Still so"),
        words("不在名册", "In no register"),
    ];
    Listing::new(FORGOTTEN, &columns, rows.collect())
}

fn closings(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.supply.closings.iter().map(|closing| {
        vec![
            Cell::Text(closing.site.to_string()),
            Cell::Time(Some(closing.at)),
            Cell::Time(closing.until),
        ]
    });
    let columns = [words("场所", "Place"), words("关停", "Closed"), words("重开", "Open again")];
    Listing::new(words("关停的市场和超市", "Markets and shops closed"), &columns, rows.collect())
}
