//! Stories of orders, each on both stores, each audited at its end.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, area, holder, hour, scope};
use ledger::Envelope;
use pantry::{
    COMMUNITY, COMPOUND, OTHER, asks, booked, counted, household, list, mode, order, place, said,
    serves, site, take_in, town, weighed_with,
};
use store::both_stores;
use supply::{
    Command, Good, Instead, Mode, Need, OpenGroup, Order, OrderCommand, Origin, Place, Proof,
    Short, Stage, Standing, Via, Want, group_id, order_id, views,
};
use types::{HouseholdId, UnitId};

const SHOP: &str = "shop:S1";
const CABBAGE: (&str, i64, i64) = ("V1", 2, 3_500);

/// A shop with a list and goods, a compound behind locked doors.
async fn open_shop(clinic: &Clinic) -> Vec<HouseholdId> {
    town(clinic).await;
    let goods = [
        ("V1", Good::Vegetables, 5_000, 3_500, 3),
        ("P1", Good::Pork, 1_000, 2_600, 2),
        ("R1", Good::Staples, 5_000, 2_980, 2),
    ];
    clinic
        .accept(vec![
            site(SHOP, Some(COMMUNITY), 500),
            site("shop:S2", Some(OTHER), 300),
            serves(COMMUNITY, SHOP, 400),
            serves(OTHER, "shop:S2", 200),
            list(0, SHOP, &goods),
            list(0, "shop:S2", &goods),
        ])
        .await;
    let mut homes = Vec::new();
    for n in 1..=4 {
        homes.push(household(clinic, n, "220202001001-03-01", n).await);
    }
    // Who lives there brings the orders from the gate to the doors.
    let (_, volunteer) = pantry::volunteer(0, "volunteer:V1", 10_000 + 20, &[COMPOUND]);
    clinic.accept(vec![volunteer, mode(1, COMPOUND, Mode::Door)]).await;
    take_in(clinic, 1, SHOP, (Good::Vegetables, 25_000), Origin::Bought, 5).await;
    take_in(clinic, 1, SHOP, (Good::Staples, 50_000), Origin::Bought, 90).await;
    homes
}

fn accept(at: i64, orders: &[UnitId]) -> Envelope<desks::Command> {
    asks(at, Some(SHOP), OrderCommand::Accept { shop: holder(SHOP), orders: orders.to_vec() })
}

fn pack(at: i64, orders: &[UnitId]) -> Envelope<desks::Command> {
    asks(at, Some(SHOP), OrderCommand::Pack { shop: holder(SHOP), orders: orders.to_vec() })
}

fn hand_over(at: i64, orders: &[UnitId]) -> Envelope<desks::Command> {
    let (shop, carrier) = (holder(SHOP), holder("volunteer:V1"));
    asks(at, Some(SHOP), OrderCommand::HandOver { shop, orders: orders.to_vec(), carrier })
}

fn receive(at: i64, household: HouseholdId, order: UnitId) -> Envelope<desks::Command> {
    let proof = Proof::Code("123456".into());
    asks(at, None, OrderCommand::Receive { household, order, proof })
}

fn cancel(at: i64, household: HouseholdId, order: UnitId) -> Envelope<desks::Command> {
    asks(at, None, OrderCommand::Cancel { household, order, reason: String::new() })
}

async fn read(clinic: &Clinic, id: UnitId) -> Order {
    views::order(&mut clinic.db().await, id).await.expect("read").expect("an order")
}

async fn lies(clinic: &Clinic, good: Good) -> (i64, i64) {
    let totals = views::totals(&mut clinic.db().await, scope()).await.expect("totals");
    (totals.of(Standing::Shop, good), totals.of(Standing::Reserved, good))
}

both_stores! {
    async fn what_is_ordered_comes_and_the_household_is_served(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let (id, placed) = order(2, homes[0], SHOP, &[CABBAGE, ("R1", 1, 2_980)]);
        clinic.accept(vec![placed]).await;
        assert_eq!(read(&clinic, id).await.total(), 9_980);
        // Nothing lies aside yet, and nothing is handed over that nobody packed.
        assert_eq!(lies(&clinic, Good::Vegetables).await, (25_000, 0));
        assert_eq!(clinic.refusal(hand_over(3, &[id])).await, "order-elsewhere");
        clinic.accept(vec![accept(3, &[id])]).await;
        assert_eq!(lies(&clinic, Good::Vegetables).await, (15_000, 10_000));
        weighed_with(&clinic, &homes).await;
        clinic.accept(vec![pack(4, &[id])]).await;
        assert_eq!(clinic.refusal(cancel(4, homes[0], id)).await, "order-too-late-to-cancel");
        clinic.accept(vec![hand_over(5, &[id])]).await;
        let mut db = clinic.db().await;
        let held = ledger::views::held(&mut db, &holder("volunteer:V1"), 10).await.expect("a list");
        let orders = held.iter().map(|unit| unit.id).filter(|unit| unit.kind() == supply::ORDER);
        assert_eq!(orders.collect::<Vec<_>>(), [id]);
        let carried = views::orders_carried(&mut db, &holder("volunteer:V1"), 10).await.expect("a list");
        assert_eq!(carried.len(), 1);
        booked(&clinic, &homes, hour(6)).await;
        assert_eq!(clinic.refusal(receive(6, homes[1], id)).await, "order-of-another-household");
        // Nobody opened: it is a task with a clock, and the household is on the list at once.
        let back = asks(6, None, OrderCommand::ComeBack { order: id, reason: "nobody opened".into() });
        clinic.accept(vec![back]).await;
        let now = read(&clinic, id).await;
        assert_eq!((now.stage, now.clock, now.tries), (Stage::CameBack, Some(hour(10)), 1));
        let due = views::household(&mut db, area(), homes[0]).await.expect("read").expect("known");
        assert_eq!(due.next_food, Some(hour(6)));
        weighed_with(&clinic, &homes).await;
        let counts = views::order_counts(&mut db, scope(), COMMUNITY, hour(12)).await.expect("counts");
        assert_eq!((counts.open(), counts.late(), counts.of(Stage::CameBack)), (1, 1, 1));
        clinic.accept(vec![hand_over(11, &[id]), receive(12, homes[0], id)]).await;
        let served = views::household(&mut db, area(), homes[0]).await.expect("read").expect("known");
        assert_eq!((served.is_served(), served.next_food), (true, Some(hour(60))));
        assert_eq!(clinic.refusal(receive(13, homes[0], id)).await, "order-elsewhere");
        weighed_with(&clinic, &homes).await;
        counted(&clinic, &homes, hour(13)).await;
        booked(&clinic, &homes, hour(13)).await;
        let told = views::history(&mut db, area(), homes[0], 50).await.expect("a history");
        assert!(told.iter().all(|line| !line.said.contains("123456")), "a code is not kept");
        clinic.audit().await;
    }

    async fn a_replay_knows_what_lay_there_before_an_order_was_placed_and_accepted(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        // The order is placed and accepted in a part of the replay in which nothing else touches the shop.
        let calls = usize::try_from(ledger::audit::CHUNK).expect("a number");
        let missed = || Command::Missed { household: homes[0], reason: "nobody opened".into() };
        let calls: Vec<_> = (0..calls).map(|_| said(2, None, missed())).collect();
        for some in calls.chunks(500) {
            clinic.accept(some.to_vec()).await;
        }
        let (id, placed) = order(3, homes[0], SHOP, &[CABBAGE]);
        clinic.accept(vec![placed]).await;
        clinic.accept(vec![accept(3, &[id])]).await;
        assert_eq!(lies(&clinic, Good::Vegetables).await, (15_000, 10_000));
        clinic.audit().await;
    }

    async fn an_order_is_held_against_the_list_of_its_moment(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        type Line = (&'static str, i64, i64);
        let tries: [(&[Line], &str); 6] = [
            (&[("V1", 2, 3_400)], "price-changed"),
            (&[("V9", 1, 1)], "item-off"),
            (&[("V1", 4, 3_500)], "more-than-a-household-may-have"),
            (&[("V1", 0, 3_500)], "amount-out-of-range"),
            (&[("V1", 1, 3_500), ("V1", 1, 3_500)], "item-named-twice"),
            (&[], "nothing-named"),
        ];
        for (lines, code) in tries {
            assert_eq!(clinic.refusal(order(2, homes[0], SHOP, lines).1).await, code);
        }
        assert_eq!(clinic.refusal(order(2, homes[0], "shop:S2", &[CABBAGE]).1).await, "shop-does-not-serve");
        // The limit is the household's, however often it orders.
        let (first, placed) = order(2, homes[0], SHOP, &[CABBAGE]);
        clinic.accept(vec![placed]).await;
        assert_eq!(clinic.refusal(order(2, homes[0], SHOP, &[CABBAGE]).1).await, "more-than-a-household-may-have");
        clinic.accept(vec![order(2, homes[0], SHOP, &[("V1", 1, 3_500)]).1, order(2, homes[0], SHOP, &[("R1", 1, 2_980)]).1]).await;
        assert_eq!(clinic.refusal(order(2, homes[0], SHOP, &[("R1", 1, 2_980)]).1).await, "too-many-open-orders");
        // A price that changes later changes no order; a highest price holds for new ones.
        clinic.accept(vec![list(3, SHOP, &[("V1", Good::Vegetables, 5_000, 4_500, 3)])]).await;
        assert_eq!(read(&clinic, first).await.total(), 7_000);
        let limit = Command::SetLimit { good: Good::Vegetables, fen: 400, reason: "notice 9".into() };
        clinic.accept(vec![said(4, None, limit)]).await;
        assert_eq!(clinic.refusal(order(5, homes[1], SHOP, &[("V1", 1, 4_500)]).1).await, "price-over-limit");
        // A call is taken down with who called.
        let by_call = |note: &str| asks(6, None, OrderCommand::Place(Place {
            household: homes[1], shop: holder(SHOP), lines: vec![Want { item: "V1".into(), count: 1, fen: 4_500 }],
            via: Via::Telephone, group: None, note: note.into(),
        }));
        assert_eq!(clinic.refusal(by_call("")).await, "note-needed");
        let needs = Command::PutNeeds { household: homes[1], needs: vec![Need::Halal], note: String::new() };
        clinic.accept(vec![said(6, None, needs), list(6, SHOP, &[("P1", Good::Pork, 1_000, 2_600, 2)])]).await;
        assert_eq!(clinic.refusal(order(7, homes[1], SHOP, &[("P1", 1, 2_600)]).1).await, "not-halal");
        booked(&clinic, &homes, hour(8)).await;
        clinic.audit().await;
    }

    async fn what_lies_aside_is_not_sold_twice(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let mut ids = Vec::new();
        for home in &homes[..3] {
            let (id, placed) = order(2, *home, SHOP, &[CABBAGE]);
            clinic.accept(vec![placed]).await;
            ids.push(id);
        }
        // 25 kg are there for 30: two are accepted, of the third it is said what is missing.
        let outcome = clinic.accept(vec![accept(3, &ids)]).await;
        assert_eq!(outcome[0].notes[0].code, "order-short");
        assert_eq!(lies(&clinic, Good::Vegetables).await, (5_000, 20_000));
        assert_eq!(clinic.refusal(accept(3, &ids[2..])).await, "order-short");
        let give = pantry::hand_out(3, SHOP, &homes[3..], &[(Good::Vegetables, 5_001)]);
        assert_eq!(clinic.refusal(give).await, "stock-short");
        // What is cancelled is there for others in the same moment.
        clinic.accept(vec![cancel(4, homes[0], ids[0]), accept(4, &ids[2..])]).await;
        assert_eq!(lies(&clinic, Good::Vegetables).await, (5_000, 20_000));
        weighed_with(&clinic, &homes).await;
        booked(&clinic, &homes, hour(5)).await;
        clinic.audit().await;
    }

    async fn something_else_is_taken_with_consent_only(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let mut ids = Vec::new();
        for home in &homes[..3] {
            let (id, placed) = order(2, *home, SHOP, &[CABBAGE]);
            clinic.accept(vec![placed]).await;
            ids.push(id);
        }
        let short = |at, order, has, instead: Option<&str>| asks(at, Some(SHOP), OrderCommand::Short(Short {
            shop: holder(SHOP), order, item: "V1".into(), has,
            instead: instead.map(|item| Instead { item: item.into(), count: 1 }),
        }));
        let answer = |at, household, order, yes| asks(at, None, OrderCommand::Answer { household, order, yes });
        assert_eq!(clinic.refusal(short(3, ids[0], 2, None)).await, "nothing-is-short");
        clinic.accept(vec![short(3, ids[0], 1, Some("R1")), short(3, ids[1], 0, Some("R1")), short(3, ids[2], 1, Some("R1"))]).await;
        assert_eq!(clinic.refusal(accept(3, &ids[..1])).await, "order-elsewhere");
        // Yes, no, and no answer.
        clinic.accept(vec![answer(4, homes[0], ids[0], true), answer(4, homes[1], ids[1], false)]).await;
        let yes = read(&clinic, ids[0]).await;
        assert_eq!((yes.stage, yes.total(), yes.lines.len()), (Stage::Placed, 6_480, 2));
        let no = read(&clinic, ids[1]).await;
        assert_eq!((no.stage, no.said.as_str()), (Stage::Cancelled, "nothing-left"), "nothing of it is left");
        let lapse = |at| asks(at, None, OrderCommand::Lapse { orders: vec![ids[2]] });
        assert_eq!(clinic.refusal(lapse(4)).await, "consent-still-open");
        assert_eq!(clinic.refusal(answer(5, homes[2], ids[2], true)).await, "consent-too-late");
        let mut db = clinic.db().await;
        assert_eq!(views::questions_over(&mut db, scope(), hour(5), 10).await.expect("a list").len(), 1);
        clinic.accept(vec![lapse(5)]).await;
        let silent = read(&clinic, ids[2]).await;
        assert_eq!((silent.stage, silent.total()), (Stage::Placed, 3_500), "silence is a no");
        booked(&clinic, &homes, hour(6)).await;
        clinic.audit().await;
    }

    async fn what_was_paid_is_given_back(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let (one, placed) = order(2, homes[0], SHOP, &[CABBAGE]);
        let (two, other) = order(2, homes[1], SHOP, &[CABBAGE]);
        clinic.accept(vec![placed, other]).await;
        let pay = |order, fen| asks(3, Some(SHOP), OrderCommand::Pay { shop: holder(SHOP), order, fen, note: "cash".into() });
        let refund = |at, order, fen| asks(at, Some(SHOP), OrderCommand::Refund { shop: holder(SHOP), order, fen, note: "cash".into() });
        assert_eq!(clinic.refusal(pay(one, 7_001)).await, "not-so-much-to-pay");
        clinic.accept(vec![pay(one, 7_000), pay(two, 7_000)]).await;
        assert_eq!(clinic.refusal(refund(3, one, 1)).await, "not-so-much-to-give-back");
        // One is cancelled, of the other a half is missing.
        clinic.accept(vec![cancel(4, homes[0], one)]).await;
        let short = Short { shop: holder(SHOP), order: two, item: "V1".into(), has: 1, instead: None };
        clinic.accept(vec![asks(4, Some(SHOP), OrderCommand::Short(short)), accept(5, &[two]), pack(5, &[two]), hand_over(6, &[two]), receive(7, homes[1], two)]).await;
        let mut db = clinic.db().await;
        let owed = views::orders_owed_at(&mut db, &holder(SHOP), 10).await.expect("a list");
        assert_eq!(owed.iter().map(Order::owed).sum::<i64>(), 10_500);
        booked(&clinic, &homes, hour(100)).await;
        clinic.accept(vec![refund(8, one, 3_000), refund(9, one, 4_000), refund(9, two, 3_500)]).await;
        assert_eq!(read(&clinic, one).await.stage, Stage::Refunded);
        assert_eq!(read(&clinic, two).await.stage, Stage::Received);
        assert!(views::orders_owed_at(&mut db, &holder(SHOP), 10).await.expect("a list").is_empty());
        booked(&clinic, &homes, hour(100)).await;
        clinic.audit().await;
    }

    async fn a_group_purchase_has_enough_or_everybody_is_told(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let open = |minimum, closes: i64| asks(2, None, OrderCommand::OpenGroup(OpenGroup {
            place: place(COMPOUND), shop: holder(SHOP), items: vec!["V1".into()], minimum,
            closes_at: hour(closes), due: hour(closes + 10), note: String::new(),
        }));
        assert_eq!(clinic.refusal(open(2, 2)).await, "group-times-wrong");
        assert_eq!(clinic.refusal(open(1, 5)).await, "amount-out-of-range");
        let (first, second) = (open(2, 10), open(3, 10));
        let (met, short) = (group_id(area(), first.id), group_id(area(), second.id));
        clinic.accept(vec![first, second]).await;
        let join = |at, household, group| asks(at, None, OrderCommand::Place(Place {
            household, shop: holder(SHOP), lines: vec![Want { item: "V1".into(), count: 1, fen: 3_500 }],
            via: Via::Group, group: Some(group), note: String::new(),
        }));
        let close = |at, group| asks(at, None, OrderCommand::CloseGroup { group });
        // Its price is that of the moment in which it was opened.
        clinic.accept(vec![list(3, SHOP, &[("V1", Good::Vegetables, 5_000, 3_900, 3)])]).await;
        let elsewhere = household(&clinic, 9, "220202001002-01", 1).await;
        assert_eq!(clinic.refusal(join(4, elsewhere, met)).await, "shop-does-not-serve");
        let first = join(4, homes[0], met);
        let order = order_id(area(), first.id, 0);
        clinic.accept(vec![first, join(4, homes[1], met), join(4, homes[0], short), join(5, homes[2], short)]).await;
        assert_eq!(clinic.refusal(accept(5, &[order])).await, "order-elsewhere");
        assert_eq!(clinic.refusal(close(9, met)).await, "group-still-open");
        assert_eq!(clinic.refusal(join(10, homes[3], met)).await, "group-closed");
        let mut db = clinic.db().await;
        assert_eq!(views::groups_open(&mut db, scope(), hour(11), 10).await.expect("a list").len(), 2);
        clinic.accept(vec![close(10, met), close(10, short)]).await;
        assert_eq!(read(&clinic, order).await.stage, Stage::Placed);
        let told = views::orders_joined(&mut db, short).await.expect("a list");
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|o| o.stage == Stage::Cancelled && o.said == "group-too-few"));
        clinic.accept(vec![accept(11, &[order])]).await;
        assert_eq!(clinic.refusal(close(12, met)).await, "group-closed");
        booked(&clinic, &[homes.clone(), vec![elsewhere]].concat(), hour(12)).await;
        clinic.audit().await;
    }

    async fn who_cannot_order_gets_a_pack(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let packs = |at, households: &[HouseholdId]| asks(at, None, OrderCommand::Packs {
            shop: holder(SHOP), households: households.to_vec(), days: 2,
        });
        assert_eq!(clinic.refusal(packs(2, &homes[..1])).await, "household-can-order");
        let needs = |household, needs: &[Need]| said(2, None, Command::PutNeeds { household, needs: needs.to_vec(), note: String::new() });
        clinic.accept(vec![needs(homes[0], &[Need::CannotOrder, Need::Halal]), needs(homes[1], &[Need::Alone])]).await;
        for good in [Good::Oil, Good::Pork] {
            take_in(&clinic, 2, SHOP, (good, 5_000), Origin::Donated, 30).await;
        }
        let both = packs(3, &homes[..2]);
        let ids = [order_id(area(), both.id, 0), order_id(area(), both.id, 1)];
        clinic.accept(vec![both]).await;
        assert_eq!(clinic.refusal(packs(3, &homes[..1])).await, "pack-on-its-way");
        let (halal, other) = (read(&clinic, ids[0]).await, read(&clinic, ids[1]).await);
        assert_eq!((halal.amount(Good::Pork), halal.amount(Good::Staples)), (0, 675));
        assert_eq!((other.amount(Good::Pork), other.total()), (300, 0), "two people for two days, for nothing");
        clinic.accept(vec![accept(4, &ids), pack(4, &ids), hand_over(5, &ids), receive(6, homes[0], ids[0]), receive(6, homes[1], ids[1])]).await;
        weighed_with(&clinic, &homes).await;
        counted(&clinic, &homes, hour(7)).await;
        let mut db = clinic.db().await;
        let balance = views::balance(&mut db, scope(), COMMUNITY, hour(7)).await.expect("a balance");
        assert_eq!(balance.served, 2);
        clinic.audit().await;
    }

    async fn a_shop_that_closes_lets_nobody_wait(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let homes = open_shop(&clinic).await;
        let mut ids = Vec::new();
        for home in &homes[..3] {
            let (id, placed) = order(2, *home, SHOP, &[("V1", 1, 3_500)]);
            clinic.accept(vec![placed]).await;
            ids.push(id);
        }
        clinic.accept(vec![accept(3, &ids[..2]), pack(3, &ids[..1]), hand_over(3, &ids[..1])]).await;
        let close = Command::CloseSite { site: holder(SHOP), infection: true, reason: "a positive".into() };
        clinic.accept(vec![said(4, None, close)]).await;
        // What is on its way goes on; the others are cancelled and on the list at once.
        let mut stages = Vec::new();
        for id in &ids {
            stages.push(read(&clinic, *id).await.stage);
        }
        assert_eq!(stages, [Stage::Out, Stage::Cancelled, Stage::Cancelled]);
        let mut db = clinic.db().await;
        for home in &homes[1..3] {
            let known = views::household(&mut db, area(), *home).await.expect("read").expect("known");
            assert_eq!(known.next_food, Some(hour(4)));
        }
        assert_eq!(lies(&clinic, Good::Vegetables).await, (0, 0));
        weighed_with(&clinic, &homes).await;
        clinic.accept(vec![receive(5, homes[0], ids[0])]).await;
        weighed_with(&clinic, &homes).await;
        booked(&clinic, &homes, hour(6)).await;
        clinic.audit().await;
    }
}
