//! Stories of deliveries, each on both stores, each audited at its end: passes, plans, batches, volunteers.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, area, holder, hour, person, scope};
use ledger::Envelope;
use pantry::{
    COMMUNITY, COMPOUND, OTHER, asks, booked, counted, household, list, mode, order, packed_orders,
    place, positive, said, serves, site, take_in, town, weighed_with,
};
use registry::positions::around;
use store::both_stores;
use store::testkit::{Kind as StoreKind, TestBed};
use supply::delivery::plan::{Changes, Day, Left, Proposal, propose};
use supply::{
    Batch, BatchState, Command, DeliveryCommand, GivePass, Good, Mode, NewBatch, NewStop, Order,
    OrderCommand, Origin, Pass, Proof, Stage, batch_id, pass_id, views,
};
use types::{HouseholdId, Micros, UnitId};

const SHOP: &str = "shop:S1";
const VEHICLE: &str = "vehicle:B1";
const DRIVER: u32 = 10_000 + 9 * 20;
/// Who brings orders from the gate to the doors behind it.
const NEIGHBOUR: u32 = 10_000 + 20;

fn deliver(at: i64, by: Option<&str>, command: DeliveryCommand) -> Envelope<desks::Command> {
    said(at, by, Command::Deliver(Box::new(command)))
}

/// Four households behind locked doors with packed orders, and a driver who lives elsewhere.
async fn packed(clinic: &Clinic, good: Good) -> (Vec<HouseholdId>, Vec<UnitId>) {
    town(clinic).await;
    let goods = [("V1", good, 5_000, 3_500, 3)];
    clinic
        .accept(vec![
            site(SHOP, Some(COMMUNITY), 500),
            serves(COMMUNITY, SHOP, 400),
            list(0, SHOP, &goods),
        ])
        .await;
    let mut homes = Vec::new();
    for n in 1..=4 {
        let at = if n < 3 { "220202001001-03-01" } else { "220202001001-03-02" };
        homes.push(household(clinic, n, at, 1).await);
    }
    household(clinic, 9, "220202001002-01", 1).await;
    clinic.accept(vec![pantry::volunteer(0, "volunteer:V1", NEIGHBOUR, &[COMPOUND]).1]).await;
    clinic.accept(vec![mode(1, COMPOUND, Mode::Door)]).await;
    let ids = packed_orders(clinic, SHOP, good, &homes).await;
    (homes, ids)
}

fn pass(at: i64, from: i64, until: i64) -> (UnitId, Envelope<desks::Command>) {
    let give = GivePass {
        vehicle: holder(VEHICLE),
        plate: "吉B·12345".into(),
        driver: person(DRIVER),
        carries: 1_000_000,
        cold: false,
        places: vec![place(COMMUNITY)],
        from: hour(from),
        until: hour(until),
    };
    let envelope = deliver(at, None, DeliveryCommand::GivePass(give));
    (pass_id(area(), envelope.id), envelope)
}

fn batch(pass: UnitId, leaves: i64, orders: &[UnitId]) -> NewBatch {
    NewBatch {
        shop: holder(SHOP),
        pass,
        leaves_at: hour(leaves),
        stops: vec![NewStop {
            place: place(COMPOUND),
            at: hour(leaves + 1),
            orders: orders.to_vec(),
        }],
    }
}

fn planned(
    at: i64,
    batches: Vec<NewBatch>,
    replaces: Vec<UnitId>,
) -> (UnitId, Envelope<desks::Command>) {
    let envelope = deliver(at, None, DeliveryCommand::Plan { batches, replaces });
    (batch_id(area(), envelope.id, 0), envelope)
}

async fn state(clinic: &Clinic, id: UnitId) -> (BatchState, i64, String) {
    let batch = views::batch(&mut clinic.db().await, id).await.expect("read").expect("a batch");
    (batch.state, batch.open, batch.stale)
}

async fn day(clinic: &Clinic, now: Micros) -> Day {
    let mut db = clinic.db().await;
    let orders = views::orders_to_plan(&mut db, scope(), 100).await.expect("orders");
    let at = (126.55, 43.84);
    let places = orders.iter().map(|o| (registry::place::compound_of(&o.place), (126.57, 43.85)));
    Day {
        passes: views::passes(&mut db, scope(), now, 100).await.expect("passes"),
        gates: views::gates(&mut db, area()).await.expect("gates"),
        shops: [(holder(SHOP), at)].into(),
        places: places.collect(),
        orders,
        ..Day::default()
    }
}

both_stores! {
    async fn a_plan_is_driven_to_the_gate_and_carried_to_the_doors(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic, Good::Vegetables).await;
        let (pass, give) = pass(4, 4, 16);
        clinic.accept(vec![give]).await;
        let gate = DeliveryCommand::PutGate { place: place(COMPOUND), opens: 6 * 60, closes: 10 * 60, blocked: String::new() };
        clinic.accept(vec![deliver(4, None, gate)]).await;
        // The proposal keeps the gate's hours and is accepted as it is.
        let proposal = proposed(&day(&clinic, hour(4)).await, hour(4), 1);
        assert_eq!((proposal.batches.len(), proposal.left.len()), (1, 0), "{proposal:?}");
        assert!(proposal.batches[0].stops[0].at >= hour(6), "{proposal:?}");
        let (batch, plan) = planned(4, proposal.batches, Vec::new());
        clinic.accept(vec![plan]).await;
        assert_eq!(state(&clinic, batch).await, (BatchState::Planned, 4, String::new()));
        let (_, again) = planned(4, vec![self::batch(pass, 7, &ids[..1])], Vec::new());
        assert_eq!(clinic.refusal(again).await, "order-in-another-batch");
        let alone = OrderCommand::HandOver { shop: holder(SHOP), orders: ids[..1].to_vec(), carrier: holder("volunteer:V1") };
        assert_eq!(clinic.refusal(asks(4, None, alone)).await, "order-in-another-batch");
        let depart = |at, by| deliver(at, by, DeliveryCommand::Depart { batch });
        assert_eq!(clinic.refusal(depart(6, Some("vehicle:B2"))).await, "not-your-holder");
        clinic.accept(vec![depart(6, Some(VEHICLE))]).await;
        booked(&clinic, &homes, hour(6)).await;
        weighed_with(&clinic, &homes).await;
        clinic.accept(vec![deliver(7, Some(VEHICLE), DeliveryCommand::Arrive { batch, place: place(COMPOUND) })]).await;
        // At the gate three go to a volunteer, one to its household at once; the batch is over.
        let pass_on = |at, by, orders: &[UnitId]| deliver(at, by, DeliveryCommand::PassOn { orders: orders.to_vec(), carrier: holder("volunteer:V1") });
        assert_eq!(clinic.refusal(pass_on(7, Some("vehicle:B2"), &ids[..1])).await, "not-your-holder");
        let receive = |at, by, n: usize| asks(at, by, OrderCommand::Receive { household: homes[n], order: ids[n], proof: Proof::Code("1".into()) });
        clinic.accept(vec![pass_on(7, Some(VEHICLE), &ids[..3]), receive(7, Some(VEHICLE), 3)]).await;
        assert_eq!(state(&clinic, batch).await, (BatchState::Done, 0, String::new()));
        assert_eq!(clinic.refusal(receive(8, Some(VEHICLE), 0)).await, "not-your-holder");
        clinic.accept(vec![receive(8, Some("volunteer:V1"), 0), receive(8, Some("volunteer:V1"), 1)]).await;
        clinic.accept(vec![asks(8, Some("volunteer:V1"), OrderCommand::ComeBack { order: ids[2], reason: "nobody opened".into() })]).await;
        // What came back may be planned again.
        let left = views::orders_to_plan(&mut clinic.db().await, scope(), 10).await.expect("orders");
        assert_eq!(left.iter().map(|o| o.id).collect::<Vec<_>>(), [ids[2]]);
        booked(&clinic, &homes, hour(9)).await;
        weighed_with(&clinic, &homes).await;
        counted(&clinic, &homes, hour(9)).await;
        clinic.audit().await;
    }

    async fn what_a_plan_rests_on_holds_or_it_does_not_leave(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic, Good::Pork).await;
        let (pass, give) = pass(4, 4, 16);
        clinic.accept(vec![give]).await;
        let (_, meat) = planned(4, vec![batch(pass, 5, &ids)], Vec::new());
        assert_eq!(clinic.refusal(meat).await, "cold-chain-broken");
        let endless = pass_of(4, 400);
        assert_eq!(clinic.refusal(endless).await, "pass-without-end");
        let cold = GivePass { cold: true, carries: 12_000, ..given() };
        let cold = deliver(4, None, DeliveryCommand::GivePass(cold));
        let pass = pass_id(area(), cold.id);
        clinic.accept(vec![cold]).await;
        let (_, heavy) = planned(4, vec![batch(pass, 5, &ids)], Vec::new());
        assert_eq!(clinic.refusal(heavy).await, "more-than-a-vehicle-carries");
        let (_, late) = planned(4, vec![batch(pass, 15, &ids[..2])], Vec::new());
        assert_eq!(clinic.refusal(late).await, "pass-does-not-cover");
        let (_, twice) = planned(4, vec![batch(pass, 5, &ids[..1]), batch(pass, 5, &ids[1..2])], Vec::new());
        assert_eq!(clinic.refusal(twice).await, "vehicle-is-elsewhere");
        let (first, plan) = planned(4, vec![batch(pass, 8, &ids[..2])], Vec::new());
        clinic.accept(vec![plan]).await;
        // A zone changes: in the same entry the batch is stale and does not leave.
        clinic.accept(vec![mode(5, "220202001001-03-02", Mode::Called)]).await;
        assert_eq!(state(&clinic, first).await.2, "zone: 220202001001-03-02");
        let depart = |at, batch| deliver(at, None, DeliveryCommand::Depart { batch });
        assert_eq!(clinic.refusal(depart(8, first)).await, "batch-stale");
        let (second, anew) = planned(6, vec![batch(pass, 8, &ids[..2])], vec![first]);
        clinic.accept(vec![anew]).await;
        assert_eq!(state(&clinic, first).await.0, BatchState::Dissolved);
        // One order is cancelled: the batch goes with what is left.
        let shop = holder(SHOP);
        clinic.accept(vec![asks(6, None, OrderCommand::Decline { shop, order: ids[0], reason: "gone bad".into() })]).await;
        assert_eq!(state(&clinic, second).await, (BatchState::Planned, 1, String::new()));
        // The driver is locked in: the pass is gone, and what was planned with it.
        clinic.accept(vec![serves(OTHER, SHOP, 50), mode(7, "220202001002-01", Mode::Door)]).await;
        assert_eq!(state(&clinic, second).await.2, "pass: driver-locked-in");
        let passes = views::passes(&mut clinic.db().await, scope(), hour(7), 10).await.expect("passes");
        assert!(passes.iter().all(|pass| pass.withdrawn.is_some() && !pass.holds(hour(7))));
        // The shop closes: nothing of it is brought any more.
        let close = Command::CloseSite { site: holder(SHOP), infection: true, reason: "a positive".into() };
        clinic.accept(vec![said(8, None, close)]).await;
        assert_eq!(state(&clinic, second).await.0, BatchState::Dissolved);
        booked(&clinic, &homes, hour(9)).await;
        weighed_with(&clinic, &homes).await;
        clinic.audit().await;
    }

    async fn what_holds_no_more_is_planned_anew_from_what_it_was(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic, Good::Vegetables).await;
        let (_, give) = pass(4, 4, 16);
        clinic.accept(vec![give]).await;
        let day = async |at| views::day(&mut clinic.db().await, area(), hour(at)).await.expect("a day");
        let first = proposed(&day(4).await, hour(4), 1);
        let (old, plan) = planned(4, first.batches.clone(), Vec::new());
        clinic.accept(vec![plan]).await;
        let stale = async || views::batches_stale(&mut clinic.db().await, scope(), 10).await.expect("batches");
        assert_eq!((stale().await, day(4).await.orders), (Vec::new(), Vec::new()));
        // A gate's hours change; what was planned by them is what the next plan begins from.
        let gate = DeliveryCommand::PutGate { place: place(COMPOUND), opens: 6 * 60, closes: 12 * 60, blocked: String::new() };
        clinic.accept(vec![deliver(4, None, gate)]).await;
        assert_eq!(stale().await.iter().map(|b| b.id).collect::<Vec<_>>(), [old]);
        let from = day(4).await;
        assert_eq!((from.orders.len(), from.before.len(), from.busy.len()), (4, 1, 0));
        let again = proposed(&from, hour(4), 1);
        let changes = Changes::of(&from, &again);
        // The vehicle stays; it comes when the gate opens.
        assert_eq!((changes.kept.len(), changes.moved.len(), changes.left.len(), changes.added.len()), (0, 4, 0, 0), "{changes:?}");
        assert!(changes.moved.iter().all(|it| it.from.0 == it.to.0 && it.to.1 >= hour(6)), "{changes:?}");
        let (new, plan) = planned(4, again.batches, vec![old]);
        clinic.accept(vec![plan]).await;
        assert_eq!(state(&clinic, new).await, (BatchState::Planned, 4, String::new()));
        assert_eq!((state(&clinic, old).await.0, stale().await), (BatchState::Dissolved, Vec::new()));
        // The road is closed: nothing can be brought, and every order says why.
        let gate = DeliveryCommand::PutGate { place: place(COMPOUND), opens: 0, closes: 1_440, blocked: "flood".into() };
        clinic.accept(vec![deliver(5, None, gate)]).await;
        let from = day(5).await;
        let none = proposed(&from, hour(5), 1);
        let mut left = ids.clone();
        left.sort_unstable();
        assert_eq!(Changes::of(&from, &none).left, left.iter().map(|id| (*id, Left::Blocked)).collect::<Vec<_>>());
        booked(&clinic, &homes, hour(6)).await;
        clinic.audit().await;
    }

    async fn a_sorting_centre_delivers_for_its_shops(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (mut homes, mut ids) = packed(&clinic, Good::Vegetables).await;
        let (other, dock) = ("shop:S2", "sorting:C1");
        clinic.accept(vec![site(other, Some(OTHER), 500), serves(COMMUNITY, other, 100), list(0, other, &[("V1", Good::Vegetables, 5_000, 3_500, 3)]), site(dock, Some(OTHER), 0)]).await;
        take_in(&clinic, 1, other, (Good::Vegetables, 50_000), Origin::Bought, 5).await;
        homes.push(household(&clinic, 5, "220202001001-03-01", 1).await);
        let (id, placed) = order(2, homes[4], other, &[("V1", 1, 3_500)]);
        ids.push(id);
        clinic.accept(vec![placed]).await;
        let many = vec![id];
        clinic.accept(vec![
            asks(3, None, OrderCommand::Accept { shop: holder(other), orders: many.clone() }),
            asks(3, None, OrderCommand::Pack { shop: holder(other), orders: many }),
        ]).await;
        let (pass, give) = pass(4, 4, 16);
        clinic.accept(vec![give]).await;
        // Where goods leave from is said by the desk, of a sorting centre, and changes something.
        let put = |at, shop: &str, dock: Option<&str>| deliver(at, None, DeliveryCommand::PutDock { shop: holder(shop), dock: dock.map(holder) });
        let from_dock = NewBatch { shop: holder(dock), ..batch(pass, 5, &ids[..1]) };
        assert_eq!(clinic.refusal(planned(4, vec![from_dock], Vec::new()).1).await, "order-of-another-shop");
        assert_eq!(clinic.refusal(put(4, SHOP, Some(other))).await, "not-a-sorting-centre");
        assert_eq!(clinic.refusal(put(4, SHOP, None)).await, "dock-as-it-is");
        let by_shop = deliver(4, Some(SHOP), DeliveryCommand::PutDock { shop: holder(other), dock: Some(holder(dock)) });
        assert_eq!(clinic.refusal(by_shop).await, "not-your-holder");
        // What was planned from a shop is planned anew when it hands over to a dock.
        let (first, plan) = planned(4, vec![batch(pass, 8, &ids[..2])], Vec::new());
        clinic.accept(vec![plan, put(4, SHOP, Some(dock)), put(4, other, Some(dock))]).await;
        assert_eq!(state(&clinic, first).await.2, "dock: shop:S1");
        // One vehicle brings what both shops have packed.
        let day = async |at| views::day(&mut clinic.db().await, area(), hour(at)).await.expect("a day");
        let from = day(4).await;
        assert_eq!((from.orders.len(), from.docks.len(), from.shops.contains_key(&holder(dock))), (5, 2, true));
        let proposal = proposed(&from, hour(4), 1);
        assert_eq!((proposal.batches.len(), proposal.left.len()), (1, 0), "{proposal:?}");
        assert_eq!(proposal.batches[0].shop, holder(dock));
        let (second, plan) = planned(4, proposal.batches, vec![first]);
        clinic.accept(vec![plan]).await;
        assert_eq!(state(&clinic, second).await, (BatchState::Planned, 5, String::new()));
        booked(&clinic, &homes, hour(4)).await;
        // The centre closes: its batches are stale in the same entry, and the next plan is from the shops.
        let close = Command::CloseSite { site: holder(dock), infection: true, reason: "a positive".into() };
        clinic.accept(vec![said(5, None, close)]).await;
        assert_eq!(state(&clinic, second).await.2, "dock: sorting:C1");
        let from = day(5).await;
        let proposal = proposed(&from, hour(5), 1);
        let mut leaves: Vec<String> = proposal.batches.iter().map(|b| b.shop.to_string()).collect();
        leaves.sort_unstable();
        assert_eq!((leaves, proposal.left.len()), (vec![SHOP.to_owned(), other.to_owned()], 0));
        let open = Command::ReopenSite { site: holder(dock), reason: "cleaned".into() };
        clinic.accept(vec![said(6, None, open)]).await;
        let from = day(6).await;
        let (third, plan) = planned(6, proposed(&from, hour(6), 1).batches, vec![second]);
        clinic.accept(vec![plan]).await;
        // It leaves the dock: each shop gives what it had, and no gram is lost.
        clinic.accept(vec![deliver(8, Some(VEHICLE), DeliveryCommand::Depart { batch: third })]).await;
        booked(&clinic, &homes, hour(8)).await;
        weighed_with(&clinic, &homes).await;
        let receive = |n: usize| asks(9, Some(VEHICLE), OrderCommand::Receive { household: homes[n], order: ids[n], proof: Proof::Code("1".into()) });
        clinic.accept((0..5).map(receive).collect()).await;
        assert_eq!(state(&clinic, third).await, (BatchState::Done, 0, String::new()));
        booked(&clinic, &homes, hour(9)).await;
        weighed_with(&clinic, &homes).await;
        clinic.audit().await;
    }

    async fn a_driver_who_is_positive_drives_nobodys_food(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (_, ids) = packed(&clinic, Good::Vegetables).await;
        let (pass, give) = pass(4, 4, 16);
        clinic.accept(vec![give]).await;
        let (batch, plan) = planned(4, vec![self::batch(pass, 8, &ids)], Vec::new());
        clinic.accept(vec![plan]).await;
        clinic.accept(vec![positive(5, DRIVER)]).await;
        assert_eq!(state(&clinic, batch).await.2, "pass: driver-positive");
        let gone = views::pass(&mut clinic.db().await, pass).await.expect("read").expect("a pass");
        assert_eq!(gone.withdrawn, Some((hour(5), "driver-positive".to_owned())));
        clinic.audit().await;
    }
}

fn given() -> GivePass {
    GivePass {
        vehicle: holder(VEHICLE),
        plate: "吉B·12345".into(),
        driver: person(DRIVER),
        carries: 1_000_000,
        cold: false,
        places: vec![place(COMMUNITY)],
        from: hour(4),
        until: hour(16),
    }
}

fn pass_of(at: i64, until: i64) -> Envelope<desks::Command> {
    deliver(at, None, DeliveryCommand::GivePass(GivePass { until: hour(until), ..given() }))
}

/// A plan whose search nobody ends.
fn proposed(day: &Day, now: Micros, seed: u64) -> Proposal {
    propose(day, now, seed, &mut |_| true).expect("a plan")
}

/// What a proposal would be as batches, for the plan after it.
fn standing(day: &Day, proposal: &Proposal) -> Vec<Batch> {
    let batch = |(n, new): (u8, &NewBatch)| Batch {
        id: UnitId::derived(supply::BATCH, area(), &[&[n]]),
        shop: new.shop.clone(),
        pass: new.pass,
        vehicle: day.passes.iter().find(|p| p.id == new.pass).expect("a pass").vehicle.clone(),
        state: BatchState::Planned,
        leaves_at: new.leaves_at,
        left_at: None,
        weight: 0,
        stops: new.stops.clone(),
        been: Vec::new(),
        open: 1,
        stale: "zone: 220202".to_owned(),
    };
    (0u8..).zip(&proposal.batches).map(batch).collect()
}

/// An order of so much that lies aside, for the planner.
fn ready(n: u8, compound: u8, grams: i64, good: Good) -> Order {
    let home = place(&format!("220202001001-{compound:02}"));
    Order {
        id: UnitId::derived(supply::ORDER, area(), &[&[n]]),
        household: HouseholdId::from_bytes([n; 16]),
        community: COMMUNITY.into(),
        place: home,
        shop: holder(SHOP),
        via: supply::Via::Household,
        group: None,
        lines: vec![supply::Ordered {
            item: "X".into(),
            good,
            name_zh: String::new(),
            name_en: String::new(),
            amount: grams,
            count: 1,
            fen: 1,
            halal: false,
        }],
        question: None,
        stage: Stage::Packed,
        picked: Vec::new(),
        paid: 0,
        at: hour(0),
        due: hour(24),
        clock: Some(hour(24)),
        ended_at: None,
        carrier: None,
        batch: None,
        tries: 0,
        said: String::new(),
        actor: String::new(),
        days: 0,
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Every order is in one batch, or left with a reason; no batch is heavier than its vehicle, goes where its pass
    /// does not let it, is at a gate that is closed, or carries meat uncooled.
    #[test]
    fn a_proposal_forgets_no_order(
        orders in proptest::collection::vec((1..8u8, 1..20_000i64, proptest::bool::ANY), 1..40),
        vehicles in proptest::collection::vec((5_000..60_000i64, proptest::bool::ANY, 1..8u8), 0..5),
        blocked in 1..8u8,
        opens in 0..20i64,
    ) {
        let day = Day {
            orders: (0u8..).zip(&orders).map(|(n, (compound, grams, meat))| {
                ready(n, *compound, *grams, if *meat { Good::Pork } else { Good::Vegetables })
            }).collect(),
            passes: (0u8..).zip(&vehicles).map(|(n, (carries, cold, until))| Pass {
                id: UnitId::derived(supply::PASS, area(), &[&[n]]),
                vehicle: holder(&format!("vehicle:B{n}")),
                plate: String::new(),
                driver: person(u32::from(n)),
                home: None,
                carries: *carries,
                cold: *cold,
                places: (1..=*until).map(|c| place(&format!("220202001001-{c:02}"))).collect(),
                from: hour(0),
                until: hour(30),
                withdrawn: None,
                vouched: String::new(),
                identity: None,
            }).collect(),
            gates: vec![
                supply::Gate { place: place(&format!("220202001001-{blocked:02}")), opens: 0, closes: 1_440, blocked: "flood".into() },
                supply::Gate { place: place("220202001001-01"), opens: opens * 60, closes: opens * 60 + 180, blocked: String::new() },
            ],
            shops: [(holder(SHOP), (126.55, 43.84))].into(),
            places: (1..8u8).map(|c| (place(&format!("220202001001-{c:02}")), (126.55 + f64::from(c) * 0.004, 43.84))).collect(),
            ..Day::default()
        };
        let proposal = proposed(&day, hour(6), 3);
        let mut all: Vec<UnitId> = proposal.left.iter().map(|(order, _)| *order).collect();
        for batch in &proposal.batches {
            let pass = day.passes.iter().find(|pass| pass.id == batch.pass).expect("a pass");
            let (mut weight, mut before) = (0, batch.leaves_at);
            for stop in &batch.stops {
                proptest::prop_assert!(stop.at >= before);
                before = stop.at;
                proptest::prop_assert!(pass.lets(&stop.place, stop.at));
                let first = around(&stop.place).contains(&"220202001001-01".to_owned());
                if first && blocked != 1 {
                    let minute = supply::delivery::minute_of_day(stop.at);
                    proptest::prop_assert!((opens * 60..opens * 60 + 180).contains(&minute), "{minute}");
                }
                for id in &stop.orders {
                    let order = day.orders.iter().find(|order| order.id == *id).expect("an order");
                    weight += order.amount(Good::Pork) + order.amount(Good::Vegetables);
                    proptest::prop_assert!(order.amount(Good::Pork) == 0 || pass.cold);
                    proptest::prop_assert_eq!(&order.place, &stop.place);
                    all.push(*id);
                }
            }
            proptest::prop_assert!(weight <= pass.carries);
        }
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        proptest::prop_assert_eq!((n, all.len()), (day.orders.len(), day.orders.len()));
        // The same day again, from this plan: it brings no fewer, each is in one list, and the same seed says the same.
        let after = Day { before: standing(&day, &proposal), ..day.clone() };
        let again = proposed(&after, hour(6), 4);
        proptest::prop_assert!(again.left.len() <= proposal.left.len());
        proptest::prop_assert_eq!(&again, &proposed(&after, hour(6), 4));
        let changes = Changes::of(&after, &again);
        let told = changes.kept.len() + changes.moved.len() + changes.left.len() + changes.added.len();
        let never = again.left.iter().filter(|left| proposal.left.iter().any(|l| l.0 == left.0)).count();
        proptest::prop_assert_eq!(told + never, day.orders.len());
        // Ended at once, a plan forgets nobody either.
        let ended = propose(&after, hour(6), 4, &mut |_| false).expect("a plan");
        let put: usize = ended.batches.iter().flat_map(|b| &b.stops).map(|s| s.orders.len()).sum();
        proptest::prop_assert_eq!(put + ended.left.len(), day.orders.len());
        let gone = day.orders.iter().filter(|o| o.place == place(&format!("220202001001-{blocked:02}")));
        for order in gone {
            proptest::prop_assert!(proposal.left.contains(&(order.id, Left::Blocked)));
        }
    }
}

/// Random plans against random changes: an order is in one batch at most, and a batch counts what is in it.
#[test]
fn an_order_is_in_one_batch_for_two_nodes_too() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for kind in [StoreKind::Sqlite, StoreKind::Postgres] {
        runtime.block_on(async {
            let clinic = Clinic::new(TestBed::new(kind)).await;
            let (homes, ids) = packed(&clinic, Good::Vegetables).await;
            let (pass, give) = pass(4, 4, 16);
            clinic.accept(vec![give]).await;
            // Sixteen plans at once for the same orders: one is accepted.
            let plans: Vec<_> =
                (0..16).map(|_| planned(4, vec![batch(pass, 8, &ids)], Vec::new()).1).collect();
            let outcomes = clinic.send(plans).await;
            let accepted = outcomes.iter().filter(|o| o.status == ledger::Status::Accepted).count();
            assert_eq!(accepted, 1);
            booked(&clinic, &homes, hour(5)).await;
            clinic.audit().await;
        });
    }
}
