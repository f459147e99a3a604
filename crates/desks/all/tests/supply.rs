//! Stories of goods and of households that are waiting for them, each on both stores, each audited at its end.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, area, holder, hour, scope};
use pantry::{
    COMMUNITY, COMPOUND, OTHER, counted, hand_out, household, mode, place, positive, receive, said,
    send, serves, site, take_in, town, weighed,
};
use registry::command::{Address, ChangePerson, ChangeReason};
use store::both_stores;
use supply::allocate::allocate;
use supply::{
    About, Allot, Command, Due, Good, Item, LossWhy, Mode, Need, Origin, PutMedicine, ServesWhy,
    Share, ShipState, Standing, complaint_id, views,
};
use types::{Micros, Span};

/// A market, a sorting centre and two shops.
async fn places(clinic: &Clinic) {
    town(clinic).await;
    clinic
        .accept(vec![
            site("market:M1", None, 0),
            site("sorting:C1", None, 0),
            site("shop:S1", Some(COMMUNITY), 500),
            site("shop:S2", Some(OTHER), 300),
            serves(COMMUNITY, "shop:S1", 400),
        ])
        .await;
}

fn day(at: i64) -> Micros {
    hour(at * 24)
}

both_stores! {
    async fn not_a_gram_is_lost_from_the_market_to_the_door(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 3).await;
        let cabbage = take_in(&clinic, 1, "market:M1", (Good::Vegetables, 1_000_000), Origin::Bought, 5).await;
        let oil = take_in(&clinic, 1, "market:M1", (Good::Oil, 200_000), Origin::Sent, 300).await;
        let (_, too_much) = send(2, "market:M1", "shop:S1", &[(cabbage, 1_000_001)]);
        assert_eq!(clinic.refusal(too_much).await, "stock-short");
        let (one, sent) = send(2, "market:M1", "shop:S1", &[(cabbage, 600_000), (oil, 50_000)]);
        clinic.accept(vec![sent]).await;
        weighed(&clinic).await;
        let mut db = clinic.db().await;
        let totals = views::totals(&mut db, scope()).await.expect("totals");
        assert_eq!(totals.of(Standing::Road, Good::Vegetables), 600_000);
        assert_eq!(totals.covering(None, Good::Vegetables), 1_000_000, "on the road it covers, too");
        // Who does not work for the shop does not receive for it; more than was sent does not come.
        assert_eq!(clinic.refusal(receive(4, Some("shop:S2"), one, &[(cabbage, 1)], "")).await, "not-your-holder");
        assert_eq!(clinic.refusal(receive(4, Some("shop:S1"), one, &[(cabbage, 600_001)], "")).await, "more-than-sent");
        // 30 kg are missing: it is said, and not over before it is explained.
        assert_eq!(clinic.refusal(receive(4, Some("shop:S1"), one, &[(cabbage, 570_000), (oil, 50_000)], "")).await, "note-needed");
        let outcome = clinic.accept(vec![receive(4, Some("shop:S1"), one, &[(cabbage, 570_000), (oil, 50_000)], "three crates fewer")]).await;
        assert_eq!(outcome[0].notes[0].code, "shipment-differs");
        weighed(&clinic).await;
        let differs = views::open_shipments(&mut db, scope(), Some(ShipState::Differs), 10).await.expect("a list");
        assert_eq!(differs.len(), 1);
        assert_eq!(differs[0].lacking()[0].amount, 30_000);
        assert_eq!(clinic.refusal(receive(5, Some("shop:S1"), one, &[(cabbage, 1)], "x")).await, "received-already");
        clinic.accept(vec![said(6, None, Command::Explain { shipment: one, note: "left at the gate".into() })]).await;
        assert!(views::open_shipments(&mut db, scope(), None, 10).await.expect("a list").is_empty());

        // A household is given its pack from what is nearest to its date.
        clinic.accept(vec![mode(7, COMPOUND, Mode::Door)]).await;
        clinic.accept(vec![hand_out(8, "shop:S1", &[home], &[(Good::Vegetables, 5_000), (Good::Oil, 1_000)])]).await;
        assert_eq!(clinic.refusal(hand_out(8, "shop:S1", &[home], &[(Good::Pork, 1)])).await, "stock-short");
        weighed(&clinic).await;
        // What went bad is written off, what a count finds is booked, and a reason is asked for.
        let spoil = |amount| said(9, Some("shop:S1"), Command::Spoil {
            site: holder("shop:S1"), lot: cabbage, amount, why: LossWhy::Spoiled, note: String::new(),
        });
        assert_eq!(clinic.refusal(spoil(600_000)).await, "stock-short");
        clinic.accept(vec![spoil(15_000)]).await;
        let count = |found, note: &str| said(10, Some("shop:S1"), Command::Count {
            site: holder("shop:S1"), lot: cabbage, found, note: note.into(),
        });
        assert_eq!(clinic.refusal(count(540_000, "")).await, "note-needed");
        clinic.accept(vec![count(550_000, ""), count(540_000, "weighed again"), count(545_000, "a crate behind the door")]).await;
        weighed(&clinic).await;
        let totals = views::totals(&mut db, scope()).await.expect("totals");
        assert_eq!(totals.of(Standing::Missing, Good::Vegetables), 35_000);
        assert_eq!(totals.of(Standing::Home, Good::Vegetables), 5_000);
        let lines = views::moves(&mut db, &holder("shop:S1"), 50).await.expect("lines");
        let told: i64 = lines.iter().filter(|l| l.lot == cabbage).map(|l| l.amount).sum();
        assert_eq!(told, 545_000, "what is recorded of a place sums to what lies there");
        // With the last of it the lot's story ends, and goes on when some is found.
        clinic.accept(vec![said(11, None, Command::Spoil {
            site: holder("market:M1"), lot: cabbage, amount: 400_000, why: LossWhy::Contaminated, note: "infection".into(),
        })]).await;
        clinic.accept(vec![spoil(545_000)]).await;
        let balance = ledger::views::balance(&mut db, scope()).await.expect("a balance");
        drop(balance);
        clinic.accept(vec![count(2_000, "under the shelf")]).await;
        weighed(&clinic).await;
        let past = said(1, None, Command::TakeIn(supply::TakeIn {
            site: holder("market:M1"), good: Good::Pork, amount: 5, origin: Origin::Bought, from: "x".into(),
            what: String::new(), halal: false, expires_at: hour(0),
        }));
        assert_eq!(clinic.refusal(past).await, "past-its-date");
        clinic.audit().await;
    }

    async fn a_shop_closes_and_its_households_have_another_at_once(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let lot = take_in(&clinic, 1, "shop:S1", (Good::Staples, 90_000), Origin::Bought, 90).await;
        assert_eq!(clinic.refusal(serves(OTHER, "shop:S1", 101)).await, "shop-full");
        assert_eq!(clinic.refusal(serves("220202001001-03", "shop:S1", 1)).await, "community-needed");
        let close = said(2, None, Command::CloseSite { site: holder("shop:S1"), infection: true, reason: "a positive".into() });
        let outcome = clinic.accept(vec![close]).await;
        assert_eq!(outcome[0].notes[0].code, "households-without-shop");
        let mut db = clinic.db().await;
        let now = views::serves(&mut db, scope()).await.expect("a list");
        let told: Vec<_> = now.iter().map(|l| (l.shop.clone(), l.serves.households, l.serves.why)).collect();
        assert_eq!(told, [(None, 100, ServesWhy::NoRoom), (Some(holder("shop:S2")), 300, ServesWhy::SameStreet)]);
        let totals = views::totals(&mut db, scope()).await.expect("totals");
        assert_eq!((totals.of(Standing::Shop, Good::Staples), totals.of(Standing::Closed, Good::Staples)), (0, 90_000));
        assert_eq!(totals.covering(None, Good::Staples), 0, "nobody eats what lies behind a closed door");
        let (_, out) = send(3, "shop:S1", "shop:S2", &[(lot, 10)]);
        assert_eq!(clinic.refusal(out).await, "site-closed");
        weighed(&clinic).await;
        // Another shop takes those whom none had room for.
        clinic.accept(vec![site("shop:S3", Some(COMMUNITY), 200), serves(COMMUNITY, "shop:S3", 100)]).await;
        let now = views::serves(&mut db, scope()).await.expect("a list");
        assert!(now.iter().all(|line| line.shop.is_some()), "{now:?}");
        let reopen = said(4, None, Command::ReopenSite { site: holder("shop:S1"), reason: "disinfected, tested".into() });
        clinic.accept(vec![reopen]).await;
        let totals = views::totals(&mut db, scope()).await.expect("totals");
        assert_eq!(totals.of(Standing::Shop, Good::Staples), 90_000);
        weighed(&clinic).await;
        clinic.audit().await;
    }

    async fn prices_have_a_limit_and_a_history(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let item = |code: &str, good, amount, fen| Item {
            code: code.into(), good, name_zh: "白菜".into(), name_en: String::new(), amount, fen, at_most: 3, halal: false,
        };
        let list = |at, items: Vec<Item>| said(at, Some("shop:S1"), Command::PutPrices { shop: holder("shop:S1"), items });
        clinic.accept(vec![list(1, vec![item("V1", Good::Vegetables, 5_000, 4_000), item("O1", Good::Oil, 1_800, 2_500)])]).await;
        let limit = said(2, None, Command::SetLimit { good: Good::Vegetables, fen: 350, reason: "notice 7".into() });
        clinic.accept(vec![limit]).await;
        // 4,000 fen for 5 kg is 4.00 yuan for 500 g.
        assert_eq!(clinic.refusal(list(3, vec![item("V1", Good::Vegetables, 5_000, 4_000)])).await, "price-over-limit");
        assert_eq!(clinic.refusal(list(3, vec![item("V1", Good::Vegetables, 5_000, 3_501)])).await, "price-over-limit");
        clinic.accept(vec![list(3, vec![item("V1", Good::Vegetables, 5_000, 3_500)])]).await;
        assert_eq!(clinic.refusal(list(3, vec![item("v1", Good::Vegetables, 1, 1)])).await, "item-code-wrong");
        let mut db = clinic.db().await;
        let shop = views::site(&mut db, &holder("shop:S1")).await.expect("read").expect("a shop");
        let items = views::items(&mut db, &shop).await.expect("a list");
        let told: Vec<_> = items.iter().map(|i| (i.item.code.as_str(), i.item.fen, i.off)).collect();
        assert_eq!(told, [("V1", 3_500, false), ("O1", 2_500, true)], "what is not named is off");
        // A limit that is set later finds what is above it by now, page by page.
        clinic.accept(vec![said(4, None, Command::SetLimit { good: Good::Vegetables, fen: 300, reason: "notice 8".into() })]).await;
        let set = views::limits(&mut db, area()).await.expect("limits");
        let over = views::over_limit(&mut db, area(), &set, ("", ""), 10).await.expect("a list");
        assert_eq!(over.iter().map(|(shop, p)| (shop.as_str(), p.item.code.as_str())).collect::<Vec<_>>(), [("shop:S1", "V1")]);
        assert!(views::over_limit(&mut db, area(), &set, ("shop:S1", "V1"), 10).await.expect("a list").is_empty());
        let prices: Vec<i64> = views::prices(&mut db, &shop).await.expect("prices").iter().map(|p| p.fen).collect();
        assert_eq!(prices, [2_500, 4_000, 3_500]);
        clinic.audit().await;
    }

    async fn a_donation_is_shared_and_the_next_one_remembers(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        clinic.accept(vec![serves(OTHER, "shop:S2", 100)]).await;
        for n in 1..=3 {
            household(&clinic, n, "220202001001-03-01", 2).await;
        }
        let infant = household(&clinic, 4, "220202001002-01", 3).await;
        let needs = Command::PutNeeds { household: infant, needs: vec![Need::Infant], note: String::new() };
        clinic.accept(vec![said(1, None, needs)]).await;
        let lot = take_in(&clinic, 2, "sorting:C1", (Good::MilkPowder, 9_000), Origin::Donated, 300).await;
        let mut db = clinic.db().await;
        let claims = views::claims(&mut db, scope(), Good::MilkPowder, hour(2)).await.expect("claims");
        assert_eq!(claims.iter().map(|c| (c.people, c.special, c.days)).collect::<Vec<_>>(), [(6, 0, None), (3, 1, None)]);
        let shares = allocate(Good::MilkPowder, 9_000, 900, &claims);
        assert_eq!(shares.iter().map(|s| (s.amount, s.special)).collect::<Vec<_>>(), [(5_400, 0), (3_600, 900)]);
        let allot = |at: i64, lot, shares: Vec<(types::PlaceCode, i64)>| said(at, None, Command::Allot(Allot {
            lot, site: holder("sorting:C1"),
            shares: shares.into_iter().map(|(community, amount)| Share { community, amount, why: String::new() }).collect(),
            carrier: holder("vehicle:V1"), due: hour(at + 3), reason: String::new(),
        }));
        clinic.accept(vec![allot(3, lot, shares.into_iter().map(|s| (s.community, s.amount)).collect())]).await;
        let open = views::open_shipments(&mut db, scope(), None, 10).await.expect("a list");
        assert_eq!(open.len(), 2);
        assert!(open.iter().all(|s| s.community.is_some()));
        weighed(&clinic).await;
        // Two days later another one comes for one community alone; then they have waited differently.
        let again = take_in(&clinic, 51, "sorting:C1", (Good::MilkPowder, 900), Origin::Donated, 300).await;
        clinic.accept(vec![allot(52, again, vec![(place(COMMUNITY), 900)])]).await;
        let claims = views::claims(&mut db, scope(), Good::MilkPowder, hour(100)).await.expect("claims");
        assert_eq!(claims.iter().map(|c| c.days).collect::<Vec<_>>(), [Some(2), Some(4)]);
        let bought = take_in(&clinic, 60, "sorting:C1", (Good::MilkPowder, 900), Origin::Bought, 300).await;
        assert_eq!(clinic.refusal(allot(61, bought, vec![(place(COMMUNITY), 900)])).await, "not-a-donation");
        clinic.audit().await;
    }

    async fn nobody_behind_a_locked_door_is_forgotten(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let mut homes = Vec::new();
        for n in 1..=4 {
            let at = if n < 3 { "220202001001-03-01" } else { "220202001001-03-02" };
            homes.push(household(&clinic, n, at, n).await);
        }
        take_in(&clinic, 1, "shop:S1", (Good::Vegetables, 100_000), Origin::Bought, 6).await;
        // A restriction has an end, and somebody who brings food, or it is not made.
        let endless = said(2, None, Command::SetMode(supply::SetMode {
            place: place(COMPOUND), mode: Mode::Door, until: None, reason: "notice".into(),
        }));
        assert_eq!(clinic.refusal(endless).await, "restriction-without-end");
        assert_eq!(clinic.refusal(mode(2, "220202001002-01", Mode::Door)).await, "no-shop-serves");
        clinic.accept(vec![mode(2, COMPOUND, Mode::Door)]).await;
        counted(&clinic, &homes, hour(3)).await;
        let mut db = clinic.db().await;
        let balance = |at| { let clinic = &clinic; async move {
            views::balance(&mut clinic.db().await, scope(), COMMUNITY, at).await.expect("a balance")
        }};
        let at_first = balance(hour(3)).await;
        assert_eq!((at_first.all, at_first.not_due, at_first.overdue), (4, 4, 0));
        clinic.accept(vec![hand_out(10, "shop:S1", &homes[..2], &[(Good::Vegetables, 5_000)])]).await;
        counted(&clinic, &homes, hour(27)).await;
        let next_day = balance(hour(27)).await;
        assert_eq!((next_day.served, next_day.not_due, next_day.overdue), (2, 0, 2));
        let late = views::due(&mut db, Due::Food, scope(), (COMMUNITY, hour(27)), None, 10).await.expect("a list");
        let mut ids: Vec<_> = late.iter().map(|h| h.id).collect();
        ids.sort();
        let mut rest = homes[2..].to_vec();
        rest.sort();
        assert_eq!(ids, rest);
        // The books say that somebody was served who says that nothing came: they are due at once.
        let complain = said(11, None, Command::Complain { household: homes[0], about: About::NothingCame, said: "nothing came".into() });
        let complaint = complaint_id(area(), complain.id);
        clinic.accept(vec![complain]).await;
        counted(&clinic, &homes, hour(13)).await;
        assert_eq!(balance(hour(13)).await.overdue, 1);
        let open = views::open_complaints(&mut db, scope(), "", 10).await.expect("a list");
        assert_eq!(open[0].due, hour(15), "four hours");
        clinic.accept(vec![said(14, None, Command::AnswerComplaint { complaint, note: "brought at two".into() })]).await;
        clinic.accept(vec![hand_out(14, "shop:S1", &homes[..1], &[(Good::Vegetables, 5_000)])]).await;
        let answered = views::household(&mut db, area(), homes[0]).await.expect("read").expect("known");
        assert_eq!(answered.complaints, 0);
        // One building is called down from now on; a household is nobody's twice.
        clinic.accept(vec![mode(20, "220202001001-03-02", Mode::Called)]).await;
        counted(&clinic, &homes, hour(21)).await;
        let called = views::household(&mut db, area(), homes[3]).await.expect("read").expect("known");
        assert_eq!((called.mode, called.next_food), (Mode::Called, Some(hour(26))), "who waits goes on waiting");
        // A household with halal food is not given pork.
        let needs = Command::PutNeeds { household: homes[1], needs: vec![Need::Halal, Need::Halal], note: "3rd floor, no lift".into() };
        clinic.accept(vec![said(21, None, needs)]).await;
        take_in(&clinic, 21, "shop:S1", (Good::Pork, 9_000), Origin::Bought, 3).await;
        assert_eq!(clinic.refusal(hand_out(22, "shop:S1", &homes[1..2], &[(Good::Pork, 500)])).await, "not-halal");
        let miss = said(23, None, Command::Missed { household: homes[1], reason: "nobody opened".into() });
        clinic.accept(vec![miss]).await;
        counted(&clinic, &homes, hour(25)).await;
        // Free again: nothing is due any more.
        clinic.accept(vec![mode(30, COMPOUND, Mode::Free)]).await;
        assert_eq!(balance(hour(31)).await.all, 0);
        counted(&clinic, &homes, hour(31)).await;
        let told: Vec<String> = views::history(&mut db, area(), homes[1], 20).await.expect("a history").into_iter().map(|l| l.what).collect();
        assert_eq!(told.len(), 5, "{told:?}");
        weighed(&clinic).await;
        clinic.audit().await;
    }

    async fn who_is_registered_behind_a_locked_door_is_on_the_list_at_once(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let first = household(&clinic, 1, "220202001001-03-01", 2).await;
        clinic.accept(vec![mode(2, COMPOUND, Mode::Door), mode(3, "220202001001-03-02", Mode::Free)]).await;
        let late = household(&clinic, 2, "220202001001-03-01", 3).await;
        let free = household(&clinic, 3, "220202001001-03-02", 1).await;
        let mut db = clinic.db().await;
        let joined = views::household(&mut db, area(), late).await.expect("read").expect("known");
        assert_eq!((joined.mode, joined.people, joined.until), (Mode::Door, 3, Some(hour(2 + 14 * 24))));
        assert_eq!(views::household(&mut db, area(), free).await.expect("read"), None, "next door is free");
        counted(&clinic, &[first, late, free], hour(30)).await;
        assert_eq!(views::balance(&mut db, scope(), COMMUNITY, hour(30)).await.expect("a balance").all, 2);
        let rows = views::modes(&mut db, scope(), 10).await.expect("a list");
        assert_eq!(rows.iter().map(|row| (row.households, row.people)).collect::<Vec<_>>(), [(2, 5)]);
        clinic.audit().await;
    }

    /// Who moves away or dies eats nothing there any more; where nobody is left nothing is due, and who comes back is held
    /// to what holds there.
    async fn a_household_has_as_many_as_live_there(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 2).await;
        clinic.accept(vec![mode(2, COMPOUND, Mode::Door)]).await;
        let people = async || {
            let mut db = clinic.db().await;
            let known = views::household(&mut db, area(), home).await.expect("read").expect("known");
            let rows = views::modes(&mut db, scope(), 10).await.expect("a list");
            (known.people, known.mode, rows[0].households, rows[0].people)
        };
        assert_eq!(people().await, (2, Mode::Door, 1, 2));
        let moves = |at: i64, who: u32, to: &str, door: &str| {
            let address = Some(Address { place: place(to), door: door.into() });
            let reason = ChangeReason::Moved;
            let change = ChangePerson { person: clinic::person(who), details: None, address, reason, note: String::new() };
            clinic::sent(at, desks::Command::Registry(registry::Command::ChangePerson(change)))
        };
        clinic.accept(vec![moves(3, 10_020, "220202001002-01", "5")]).await;
        assert_eq!(people().await, (1, Mode::Door, 1, 1));
        // The other is a case, and dies.
        let open = positive(4, 10_021);
        let case = cases::case_of_command(area(), open.id);
        let died = cases::Close { case, ending: cases::Ending::Died, note: "as told".into() };
        clinic.accept(vec![open, clinic::sent(5, cases::Command::Close(died))]).await;
        assert_eq!(people().await, (0, Mode::Free, 0, 0));
        let mut db = clinic.db().await;
        assert_eq!(views::balance(&mut db, scope(), "", hour(90)).await.expect("a balance").all, 0);
        assert!(views::unmet_counts(&mut db, scope(), "", hour(90)).await.expect("counts").is_empty());
        drop(db);
        let reopen = cases::Command::Reopen { case, note: "another's".into() };
        clinic.accept(vec![clinic::sent(6, reopen)]).await;
        assert_eq!(people().await, (2, Mode::Door, 1, 2));
        counted(&clinic, &[home], hour(90)).await;
        clinic.audit().await;
    }

    /// A shop closes in the entry in which somebody who works there is found positive.
    async fn a_shop_closes_when_somebody_who_works_there_is_positive(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        household(&clinic, 1, "220202001002-01", 1).await;
        let put = |at: i64, by: Option<&str>, who: u32, works: bool| said(at, by, Command::PutStaff {
            site: holder("shop:S1"), person: clinic::person(who), works,
        });
        assert_eq!(clinic.refusal(put(1, None, 77, true)).await, "driver-not-registered");
        assert_eq!(clinic.refusal(put(1, Some("shop:S2"), 10_020, true)).await, "not-your-holder");
        assert_eq!(clinic.refusal(put(1, None, 10_020, false)).await, "staff-as-it-is");
        clinic.accept(vec![put(1, Some("shop:S1"), 10_020, true)]).await;
        clinic.accept(vec![positive(2, 10_020)]).await;
        let mut db = clinic.db().await;
        let shop = views::site(&mut db, &holder("shop:S1")).await.expect("read").expect("a shop");
        assert_eq!(shop.closed, Some((hour(2), true, "staff-positive".to_owned())));
        let serves = views::serves(&mut db, scope()).await.expect("a list");
        let others: Vec<_> = serves.iter().filter(|line| line.shop.as_ref() == Some(&holder("shop:S2"))).collect();
        assert_eq!(others.iter().map(|line| (line.serves.households, line.serves.why)).collect::<Vec<_>>(), [(300, ServesWhy::SameStreet)]);
        assert_eq!(views::staff(&mut db, &holder("shop:S1"), 10).await.expect("a list"), [clinic::person(10_020)]);
        clinic.audit().await;
    }

    async fn a_medicine_is_there_before_its_last_dose(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 1).await;
        let put = |name: &str, last, until| said(1, None, Command::PutMedicine(PutMedicine {
            household: home, name: name.into(), last_dose: day(last), prescribed_until: until,
        }));
        let outcome = clinic.accept(vec![put("insulin", 5, Some(day(4))), put("amlodipine 5 mg", 9, None)]).await;
        assert_eq!(outcome[0].notes[0].code, "prescription-ends-first");
        let mut db = clinic.db().await;
        let known = views::household(&mut db, area(), home).await.expect("read").expect("known");
        assert_eq!(known.next_medicine, Some(Micros(day(5).0 - Span::days(2).0)));
        assert_eq!(views::renewals(&mut db, scope(), day(30), 10).await.expect("a list").len(), 1);
        counted(&clinic, &[home], day(4)).await;
        assert_eq!(views::balance(&mut db, scope(), "", day(4)).await.expect("a balance").medicine_overdue, 1);
        let bring = |last| said(30, None, Command::BringMedicine { household: home, name: "insulin".into(), last_dose: day(last), proof: "photo 7".into() });
        assert_eq!(clinic.refusal(bring(5)).await, "last-dose-not-later");
        clinic.accept(vec![bring(20)]).await;
        let known = views::household(&mut db, area(), home).await.expect("read").expect("known");
        assert_eq!(known.next_medicine, Some(day(7)), "the other one is next");
        let drop = said(31, None, Command::DropMedicine { household: home, name: "amlodipine 5 mg".into(), reason: "doctor".into() });
        clinic.accept(vec![drop]).await;
        let known = views::household(&mut db, area(), home).await.expect("read").expect("known");
        assert_eq!(known.next_medicine, Some(day(18)));
        counted(&clinic, &[home], day(19)).await;
        clinic.audit().await;
    }

    async fn a_zone_says_how_food_comes_from_the_moment_it_is_made(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        places(&clinic).await;
        let one = household(&clinic, 1, "220202001001-03-01", 2).await;
        let two = household(&clinic, 2, "220202001001-03-02", 2).await;
        let zone = |at, of: &str, level| clinic::sent(at, zones::Command::Make(zones::Make {
            zones: vec![zones::NewZone { place: place(of), level, proposed: None, evidence: Vec::new() }],
            duties: zones::Draft {
                until: Some(hour(300)),
                supply: "shop S1, every two days".into(),
                urgent: "0432-0000000".into(),
                basis: "order 12".into(),
            },
            reason: "the command says so".into(),
        }));
        let inner = zone(2, "220202001001-03-01", zones::Level::Locked);
        let locked = zones::zone_id(area(), &place("220202001001-03-01"), inner.id);
        clinic.accept(vec![inner]).await;
        let mode_of = |id| { let clinic = &clinic; async move {
            let known = views::household(&mut clinic.db().await, area(), id).await.expect("read");
            known.map(|h| (h.mode, h.next_food))
        }};
        assert_eq!(mode_of(one).await, Some((Mode::Door, Some(hour(26)))));
        assert_eq!(mode_of(two).await, None);
        counted(&clinic, &[one, two], hour(3)).await;
        let list = views::households_at(&mut clinic.db().await, &place(COMPOUND), 10).await.expect("a list");
        assert_eq!(list.len(), 1);
        // What ends is free, or as what is around it.
        let ease = zones::Command::Ease(zones::Ease {
            zone: locked, level: None, until: None, reason: "an exercise".into(),
        });
        clinic.accept(vec![clinic::sent(10, ease)]).await;
        assert_eq!(mode_of(one).await, Some((Mode::Free, None)));
        counted(&clinic, &[one, two], hour(11)).await;
        clinic.audit().await;
    }
}
