//! What a household lacks, of any kind: it is on one list, once, with all its reasons.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, area, holder, hour, scope};
use pantry::{COMMUNITY, COMPOUND, asks, counted, household, mode, said, serves, site, town};
use store::both_stores;
use supply::unmet::Lack;
use supply::{
    About, Command, Good, Mode, Need, OrderCommand, Origin, Proof, PutMedicine, Renewal, Via,
    complaint_id, order_id, renewal_id, views,
};
use types::{HolderCode, HouseholdId, Micros};

async fn shop(clinic: &Clinic) {
    town(clinic).await;
    clinic
        .accept(vec![
            site("shop:S1", Some(COMMUNITY), 500),
            serves(COMMUNITY, "shop:S1", 200),
            pantry::list(0, "shop:S1", &[("V1", Good::Vegetables, 5_000, 3_500, 3)]),
        ])
        .await;
    for good in [Good::Vegetables, Good::Staples, Good::Oil, Good::Pork, Good::MilkPowder] {
        pantry::take_in(clinic, 0, "shop:S1", (good, 500_000), Origin::Bought, 30).await;
    }
}

async fn lacks(clinic: &Clinic, of: HouseholdId, now: Micros) -> Vec<Lack> {
    let mut db = clinic.db().await;
    let known = views::household(&mut db, area(), of).await.expect("a view").expect("known");
    let mut whys: Vec<Lack> = known.lacks(now).iter().map(|reason| reason.why).collect();
    whys.sort_unstable();
    whys
}

async fn next_food(clinic: &Clinic, of: HouseholdId) -> Option<Micros> {
    let mut db = clinic.db().await;
    views::household(&mut db, area(), of).await.expect("a view").expect("known").next_food
}

async fn listed(clinic: &Clinic, now: Micros) -> (i64, i64) {
    let mut db = clinic.db().await;
    let lines = views::unmet_counts(&mut db, scope(), COMMUNITY, now).await.expect("counts");
    let sum = |of: fn(&views::UnmetLine) -> i64| lines.iter().map(of).sum();
    (sum(|line| line.households), sum(|line| line.alarm))
}

fn needs(of: HouseholdId, needs: &[Need]) -> Command {
    Command::PutNeeds { household: of, needs: needs.to_vec(), note: String::new() }
}

both_stores! {
    /// Two reasons are one row; an alarm when nobody has done anything for four hours.
    async fn a_household_is_on_the_list_once_with_all_its_reasons(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shop(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 2).await;
        let other = household(&clinic, 2, "220202001001-03-02", 2).await;
        clinic.accept(vec![mode(1, COMPOUND, Mode::Door)]).await;
        assert_eq!(listed(&clinic, hour(3)).await, (0, 0), "nothing is due yet");
        // Whoever says so is on the list at once, not when the hour is over.
        let told = said(5, None, Command::Complain { household: home, about: About::Bad, said: "mouldy".into() });
        let complaint = complaint_id(area(), told.id);
        clinic.accept(vec![told]).await;
        assert_eq!(lacks(&clinic, home, hour(5)).await, [Lack::Complaint]);
        assert_eq!(listed(&clinic, hour(5)).await, (1, 0));
        assert_eq!(listed(&clinic, hour(10)).await, (1, 1), "nobody answered for four hours");
        // Food was due 24 hours after the restriction began.
        assert_eq!(lacks(&clinic, home, hour(27)).await, [Lack::Complaint, Lack::Food]);
        assert_eq!(listed(&clinic, hour(27)).await, (2, 1));
        let put = PutMedicine {
            household: home,
            name: "insulin".into(),
            last_dose: hour(60),
            prescribed_until: Some(hour(24 * 4)),
        };
        clinic.accept(vec![said(6, None, Command::PutMedicine(put))]).await;
        assert_eq!(
            lacks(&clinic, home, hour(27)).await,
            [Lack::Complaint, Lack::Medicine, Lack::Food, Lack::Renewal]
        );
        assert_eq!(listed(&clinic, hour(27)).await, (2, 1), "one row, however many reasons");
        clinic
            .accept(vec![
                said(28, None, Command::AnswerComplaint { complaint, note: "replaced".into() }),
                pantry::hand_out(28, "shop:S1", &[home, other], &[(Good::Vegetables, 2_000)]),
                said(28, None, Command::DropMedicine { household: home, name: "insulin".into(), reason: "stopped".into() }),
            ])
            .await;
        assert_eq!(listed(&clinic, hour(30)).await, (0, 0));
        counted(&clinic, &[home, other], hour(30)).await;
        counted(&clinic, &[home, other], hour(200)).await;
        clinic.audit().await;
    }

    /// An order that is late, and one that came back; what was received is nobody's concern any more.
    async fn an_order_that_does_not_come_is_a_reason(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shop(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 2).await;
        clinic.accept(vec![mode(1, COMPOUND, Mode::Door)]).await;
        let (order, place) = pantry::order(2, home, "shop:S1", &[("V1", 1, 3_500)]);
        clinic.accept(vec![place]).await;
        assert_eq!(lacks(&clinic, home, hour(6)).await, []);
        assert_eq!(lacks(&clinic, home, hour(8)).await, [Lack::Order], "not accepted in four hours");
        let (shop, orders) = (holder("shop:S1"), vec![order]);
        clinic
            .accept(vec![
                asks(8, None, OrderCommand::Accept { shop: shop.clone(), orders: orders.clone() }),
                asks(8, None, OrderCommand::Pack { shop: shop.clone(), orders: orders.clone() }),
            ])
            .await;
        assert_eq!(lacks(&clinic, home, hour(9)).await, []);
        let carrier = holder("vehicle:V1");
        clinic
            .accept(vec![
                asks(9, None, OrderCommand::HandOver { shop: shop.clone(), orders, carrier }),
                asks(10, None, OrderCommand::ComeBack { order, reason: "nobody opened".into() }),
            ])
            .await;
        assert_eq!(lacks(&clinic, home, hour(10)).await, [Lack::CameBack]);
        let proof = Proof::Said("took it at the gate".into());
        clinic.accept(vec![asks(12, None, OrderCommand::Receive { household: home, order, proof })]).await;
        assert_eq!(lacks(&clinic, home, hour(20)).await, []);
        counted(&clinic, &[home], hour(20)).await;
        clinic.audit().await;
    }

    /// Whoever cannot order is owed a pack a day before the food is due, and a child its milk powder.
    async fn whoever_cannot_order_is_owed_a_pack(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shop(&clinic).await;
        let alone = household(&clinic, 1, "220202001001-03-01", 1).await;
        let child = household(&clinic, 2, "220202001001-03-02", 3).await;
        clinic
            .accept(vec![
                said(0, None, needs(alone, &[Need::Alone, Need::Halal])),
                said(0, None, needs(child, &[Need::Infant])),
                mode(1, COMPOUND, Mode::Door),
            ])
            .await;
        assert_eq!(lacks(&clinic, alone, hour(2)).await, [Lack::Pack]);
        let asked = |at: i64, households: &[HouseholdId]| {
            let packs = OrderCommand::Packs { shop: holder("shop:S1"), households: households.to_vec(), days: 7 };
            asks(at, None, packs)
        };
        // Who is owed none is named, and holds up nobody.
        let envelope = asked(2, &[child, alone]);
        let pack = order_id(area(), envelope.id, 1);
        let outcome = clinic.send(vec![envelope]).await.remove(0);
        assert_eq!(outcome.refusal, None);
        let codes: Vec<_> = outcome.notes.iter().map(|note| note.code.to_string()).collect();
        assert_eq!(codes, ["household-can-order"]);
        let again = clinic.send(vec![asked(2, &[alone])]).await.remove(0);
        assert_eq!(again.refusal.expect("refused").code, "pack-on-its-way");
        assert_eq!(lacks(&clinic, alone, hour(3)).await, []);
        let mut db = clinic.db().await;
        let order = views::order(&mut db, pack).await.expect("a view").expect("a pack");
        drop(db);
        assert_eq!((order.via, order.amount(Good::Pork), order.days), (Via::Entitlement, 0, 7));
        let shop = holder("shop:S1");
        let proof = Proof::Said("at the door".into());
        clinic
            .accept(vec![
                asks(4, None, OrderCommand::Accept { shop: shop.clone(), orders: vec![pack] }),
                asks(4, None, OrderCommand::Pack { shop, orders: vec![pack] }),
                asks(5, None, OrderCommand::Receive { household: alone, order: pack, proof }),
            ])
            .await;
        // It lasts for its seven days; a day before they are over the next one is owed.
        assert_eq!(lacks(&clinic, alone, hour(5 + 6 * 24 - 1)).await, []);
        assert_eq!(lacks(&clinic, alone, hour(5 + 6 * 24 + 2)).await, [Lack::Pack]);
        // A pack without milk powder leaves the child without it.
        let vegetables = pantry::hand_out(20, "shop:S1", &[child], &[(Good::Vegetables, 3_000)]);
        clinic.accept(vec![vegetables]).await;
        assert_eq!(lacks(&clinic, child, hour(30)).await, [Lack::Milk]);
        // And milk powder alone leaves the others without food: that is due when it was due before.
        let due = next_food(&clinic, child).await;
        let milk = pantry::hand_out(30, "shop:S1", &[child], &[(Good::MilkPowder, 900)]);
        clinic.accept(vec![milk]).await;
        assert_eq!(lacks(&clinic, child, hour(31)).await, []);
        assert_eq!(next_food(&clinic, child).await, due);
        clinic.accept(vec![mode(40, COMPOUND, Mode::Free)]).await;
        assert_eq!(listed(&clinic, hour(900)).await, (0, 0), "whoever is free is owed nothing");
        counted(&clinic, &[alone, child], hour(900)).await;
        clinic.audit().await;
    }

    /// A prescription is renewed by a doctor whom somebody asked; what was asked for has a clock, and what was brought
    /// lasts for as long as it was prescribed.
    async fn a_prescription_is_renewed_before_it_ends(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        shop(&clinic).await;
        let home = household(&clinic, 1, "220202001001-03-01", 2).await;
        let name = || "insulin".to_owned();
        let put = |until: Option<i64>| Command::PutMedicine(PutMedicine {
            household: home, name: name(), last_dose: hour(8 * 24), prescribed_until: until.map(hour),
        });
        let ask = Command::AskRenewal { household: home, name: name() };
        let renew = |days: i64, doctor: &str| Command::Renew(Renewal {
            household: home, name: name(), doctor: doctor.into(), days, note: String::new(),
        });
        let refuse = Command::RefuseRenewal { household: home, name: name(), doctor: "Dr Wang".into(), reason: "blood test first".into() };
        clinic.accept(vec![said(1, None, put(None))]).await;
        assert_eq!(clinic.refusal(said(1, None, ask.clone())).await, "no-prescription-needed");
        clinic.accept(vec![said(1, None, put(Some(10 * 24)))]).await;
        assert_eq!(lacks(&clinic, home, hour(5 * 24)).await, [], "it ends in five days");
        // Within three days of its end it is on the list; the doctor has a day to answer.
        assert_eq!(lacks(&clinic, home, hour(7 * 24 + 2)).await, [Lack::Medicine, Lack::Renewal]);
        assert_eq!(clinic.refusal(said(6, None, refuse.clone())).await, "renewal-not-asked");
        let asked = said(7 * 24, None, ask.clone());
        let renewal = renewal_id(area(), asked.id);
        // A hospital's doctors answer what they are asked, and nothing else.
        assert_eq!(clinic.refusal(said(7 * 24, Some("ward:W1"), renew(28, "Dr Li"))).await, "renewal-not-asked");
        let waiting = || async {
            let found = views::renewals_asked(&mut clinic.db().await, scope(), 10).await.expect("a list");
            found.into_iter().map(|of| (of.area, of.household, of.name, of.medicine.asked)).collect::<Vec<_>>()
        };
        assert_eq!(waiting().await, []);
        clinic.accept(vec![asked]).await;
        assert_eq!(waiting().await, [(area(), home, name(), Some((renewal, hour(8 * 24))))]);
        assert_eq!(clinic.refusal(said(7 * 24, None, ask.clone())).await, "renewal-asked-already");
        let held = ledger::views::held(&mut clinic.db().await, &HolderCode::desk(area()), 10).await;
        assert!(held.expect("a list").iter().any(|unit| unit.id == renewal));
        assert_eq!(lacks(&clinic, home, hour(7 * 24 + 20)).await, [Lack::Medicine]);
        assert_eq!(lacks(&clinic, home, hour(8 * 24 + 2)).await, [Lack::Medicine, Lack::Renewal]);
        clinic.accept(vec![said(8 * 24, None, refuse)]).await;
        assert_eq!(waiting().await, []);
        assert_eq!(lacks(&clinic, home, hour(8 * 24 + 2)).await, [Lack::Medicine, Lack::Renewal], "it still ends");
        assert_eq!(clinic.refusal(said(8 * 24, None, renew(28, " "))).await, "doctor-needed");
        assert_eq!(clinic.refusal(said(8 * 24, None, renew(85, "Dr Wang"))).await, "amount-out-of-range");
        clinic.accept(vec![said(8 * 24, None, ask), said(8 * 24, Some("ward:W1"), renew(28, "Dr Wang"))]).await;
        let taken = views::medicines_taken(&mut clinic.db().await, &[(area(), home)]).await.expect("medicines");
        assert_eq!(taken.keys().collect::<Vec<_>>(), [&(home, name())]);
        assert_eq!(clinic.refusal(said(8 * 24, None, renew(84, "Dr Li"))).await, "prescribed-already");
        assert_eq!(lacks(&clinic, home, hour(8 * 24 + 2)).await, [Lack::Medicine]);
        let mut db = clinic.db().await;
        let known = views::medicines(&mut db, area(), home).await.expect("a list").remove(0).1;
        drop(db);
        assert_eq!((known.prescribed_until, known.doctor.as_str()), (Some(hour(38 * 24)), "Dr Wang"));
        assert_eq!((known.asked, known.lasts_until(hour(8 * 24))), (None, Some(hour(36 * 24))));
        let bring = |until: i64| Command::BringMedicine { household: home, name: name(), last_dose: hour(until * 24), proof: String::new() };
        let more = clinic.accept(vec![said(8 * 24, None, bring(60))]).await.remove(0);
        assert_eq!(more.notes.iter().map(|note| note.code.as_ref()).collect::<Vec<_>>(), ["more-than-prescribed"]);
        assert_eq!(lacks(&clinic, home, hour(30 * 24)).await, []);
        counted(&clinic, &[home], hour(36 * 24)).await;
        clinic.audit().await;
    }
}
