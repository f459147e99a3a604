//! Volunteers: who is registered for a gate, what is handed to nobody else, and what becomes of it when one drops out.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, area, holder, hour, person};
use ledger::Envelope;
use pantry::{
    COMMUNITY, COMPOUND, OTHER, asks, booked, counted, household, list, mode, packed_orders, place,
    positive, said, serves, site, town, volunteer, weighed_with,
};
use registry::command::Details;
use registry::identity::{Day, IdType, Identity};
use store::both_stores;
use supply::unmet::Lack;
use supply::{
    Command, DeliveryCommand, Good, Mode, OrderCommand, RegisterVolunteer, Stage, VolunteerWho,
    views,
};
use types::{HouseholdId, UnitId};

const SHOP: &str = "shop:S1";
const V1: &str = "volunteer:V1";
/// Somebody who lives behind the gate, and somebody who lives elsewhere.
const NEIGHBOUR: u32 = 10_000 + 20;
const STRANGER: u32 = 10_000 + 9 * 20;

fn deliver(at: i64, by: Option<&str>, command: DeliveryCommand) -> Envelope<desks::Command> {
    said(at, by, Command::Deliver(Box::new(command)))
}

/// Two packed orders of a locked compound.
async fn packed(clinic: &Clinic) -> (Vec<HouseholdId>, Vec<UnitId>) {
    town(clinic).await;
    clinic
        .accept(vec![
            site(SHOP, Some(COMMUNITY), 500),
            serves(COMMUNITY, SHOP, 400),
            list(0, SHOP, &[("V1", Good::Vegetables, 5_000, 3_500, 3)]),
        ])
        .await;
    let mut homes = Vec::new();
    for n in 1..=2 {
        homes.push(household(clinic, n, "220202001001-03-01", 1).await);
    }
    household(clinic, 9, "220202001002-01", 1).await;
    clinic.accept(vec![mode(1, COMPOUND, Mode::Door)]).await;
    let ids = packed_orders(clinic, SHOP, Good::Vegetables, &homes).await;
    (homes, ids)
}

fn hand_over(at: i64, orders: &[UnitId], to: &str) -> Envelope<desks::Command> {
    let (shop, carrier) = (holder(SHOP), holder(to));
    asks(at, None, OrderCommand::HandOver { shop, orders: orders.to_vec(), carrier })
}

async fn stage(clinic: &Clinic, order: UnitId) -> (Stage, String) {
    let of = views::order(&mut clinic.db().await, order).await.expect("read").expect("an order");
    (of.stage, of.said)
}

async fn withdrawn(clinic: &Clinic, pass: UnitId) -> Option<String> {
    let of = views::pass(&mut clinic.db().await, pass).await.expect("read").expect("a pass");
    of.withdrawn.map(|(_, reason)| reason)
}

both_stores! {
    async fn orders_are_handed_to_nobody_who_is_not_registered_for_the_gate(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic).await;
        assert_eq!(clinic.refusal(hand_over(4, &ids, V1)).await, "volunteer-not-registered");
        let (_, elsewhere) = volunteer(4, "volunteer:V2", STRANGER, &["220202001002-01"]);
        clinic.accept(vec![elsewhere]).await;
        assert_eq!(clinic.refusal(hand_over(4, &ids, "volunteer:V2")).await, "volunteer-of-another-gate");
        let (pass, register) = volunteer(4, V1, NEIGHBOUR, &[COMPOUND]);
        clinic.accept(vec![register]).await;
        // Once is enough; and somebody who vouches, a gate, an end.
        let wrong = |change: fn(&mut RegisterVolunteer)| {
            let mut of = RegisterVolunteer {
                volunteer: holder("volunteer:V3"),
                who: VolunteerWho::Registered { person: person(NEIGHBOUR) },
                places: vec![place(COMPOUND)],
                from: hour(4),
                until: hour(48),
                vouched: "Li".into(),
            };
            change(&mut of);
            deliver(4, None, DeliveryCommand::RegisterVolunteer(Box::new(of)))
        };
        assert_eq!(clinic.refusal(wrong(|of| of.volunteer = holder(V1))).await, "volunteer-registered-already");
        assert_eq!(clinic.refusal(wrong(|of| of.volunteer = holder("vehicle:B1"))).await, "not-a-volunteer");
        assert_eq!(clinic.refusal(wrong(|of| of.vouched = " ".into())).await, "nobody-vouches");
        assert_eq!(clinic.refusal(wrong(|of| of.places = vec![place("220202001")])).await, "gate-too-wide");
        assert_eq!(clinic.refusal(wrong(|of| of.until = hour(4 + 31 * 24))).await, "pass-without-end");
        let unknown = wrong(|of| of.who = VolunteerWho::Registered { person: person(77) });
        assert_eq!(clinic.refusal(unknown).await, "driver-not-registered");
        clinic.accept(vec![hand_over(5, &ids, V1)]).await;
        booked(&clinic, &homes, hour(6)).await;
        // Withdrawn: what was on its way is the shop's task again, and the household knows why.
        let reason = "ill".to_owned();
        let withdraw = DeliveryCommand::WithdrawVolunteer { pass, reason };
        clinic.accept(vec![deliver(6, None, withdraw.clone())]).await;
        assert_eq!(clinic.refusal(deliver(6, None, withdraw)).await, "pass-withdrawn");
        for id in &ids {
            assert_eq!(stage(&clinic, *id).await, (Stage::CameBack, "volunteer-withdrawn".to_owned()));
        }
        let mut db = clinic.db().await;
        let home = views::household(&mut db, area(), homes[0]).await.expect("read").expect("known");
        drop(db);
        assert!(home.lacks(hour(6)).iter().any(|reason| reason.why == Lack::CameBack));
        assert_eq!(clinic.refusal(hand_over(7, &ids, V1)).await, "volunteer-not-registered");
        booked(&clinic, &homes, hour(7)).await;
        weighed_with(&clinic, &homes).await;
        counted(&clinic, &homes, hour(7)).await;
        // Registered again, it goes on.
        clinic.accept(vec![volunteer(8, V1, NEIGHBOUR, &[COMPOUND]).1, hand_over(8, &ids, V1)]).await;
        clinic.audit().await;
    }

    async fn a_volunteer_who_is_positive_brings_nothing_any_more(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic).await;
        let (pass, register) = volunteer(4, V1, NEIGHBOUR, &[COMPOUND]);
        clinic.accept(vec![register, hand_over(5, &ids, V1)]).await;
        clinic.accept(vec![positive(6, NEIGHBOUR)]).await;
        assert_eq!(withdrawn(&clinic, pass).await.as_deref(), Some("volunteer-positive"));
        for id in &ids {
            assert_eq!(stage(&clinic, *id).await.0, Stage::CameBack);
        }
        booked(&clinic, &homes, hour(7)).await;
        weighed_with(&clinic, &homes).await;
        clinic.audit().await;
    }

    /// Behind the same gate somebody goes on; locked in elsewhere, or in a part of it, nobody gets to the doors.
    async fn a_volunteer_who_is_locked_in_elsewhere_is_none_any_more(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = packed(&clinic).await;
        let (neighbour, first) = volunteer(4, V1, NEIGHBOUR, &[COMPOUND]);
        let (stranger, second) = volunteer(4, "volunteer:V2", STRANGER, &[COMPOUND]);
        clinic.accept(vec![first, second, serves(OTHER, SHOP, 50)]).await;
        clinic.accept(vec![hand_over(5, &ids[..1], V1), hand_over(5, &ids[1..], "volunteer:V2")]).await;
        clinic.accept(vec![mode(6, COMPOUND, Mode::Door)]).await;
        assert_eq!(withdrawn(&clinic, neighbour).await, None, "they are needed where they are");
        clinic.accept(vec![mode(6, "220202001002-01", Mode::Door)]).await;
        assert_eq!(withdrawn(&clinic, stranger).await.as_deref(), Some("volunteer-locked-in"));
        assert_eq!(stage(&clinic, ids[1]).await.0, Stage::CameBack);
        assert_eq!(stage(&clinic, ids[0]).await.0, Stage::Out);
        clinic.accept(vec![mode(7, "220202001001-03-01", Mode::Door)]).await;
        assert_eq!(withdrawn(&clinic, neighbour).await.as_deref(), Some("volunteer-locked-in"));
        booked(&clinic, &homes, hour(8)).await;
        weighed_with(&clinic, &homes).await;
        clinic.audit().await;
    }

    /// A name and a telephone are sealed before anything else sees them.
    async fn who_is_not_registered_is_named_and_sealed(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        packed(&clinic).await;
        let identity = |phone: Option<&str>| Identity {
            name: "王五".into(),
            id_type: IdType::None,
            id_number: None,
            phone: phone.map(Into::into),
        };
        let of = |phone| RegisterVolunteer {
            volunteer: holder(V1),
            who: VolunteerWho::Named {
                person: person(500),
                details: Details::Clear(Box::new(identity(phone))),
                home: place("220202001001-03-02"),
            },
            places: vec![place("220202001001-03-02")],
            from: hour(4),
            until: hour(48),
            vouched: "Li".into(),
        };
        let command = |phone| Command::Deliver(Box::new(DeliveryCommand::RegisterVolunteer(Box::new(of(phone)))));
        let today = Day::new(2022, 5, 1).expect("a day");
        let clear = said(4, None, command(Some("13800000000")));
        assert_eq!(clinic.refusal(clear).await, "personal-data-unsealed");
        let silent = command(None).seal(&clinic.keys, area(), today).expect_err("refused");
        assert_eq!(silent.code, "volunteer-without-telephone");
        let mut sealed = command(Some("13800000000"));
        sealed.seal(&clinic.keys, area(), today).expect("sealed");
        let text = format!("{sealed:?}");
        assert!(!text.contains("王五") && !text.contains("13800000000"), "{text}");
        assert_eq!(sealed.clone().seal(&clinic.keys, area(), today).expect_err("twice").code, "personal-data-presealed");
        clinic.accept(vec![said(4, None, sealed)]).await;
        let found = views::volunteers(&mut clinic.db().await, clinic::scope(), hour(5), 10).await.expect("a list");
        let [known] = found.as_slice() else { panic!("{found:?}") };
        let identity = known.identity.as_ref().expect("sealed");
        let opened = clinic.keys.unseal(area(), known.driver, &identity.sealed.0).expect("opened");
        assert_eq!(opened.name, "王五");
        // The passes of vehicles are another list.
        let passes = views::passes(&mut clinic.db().await, clinic::scope(), hour(5), 10).await;
        assert!(passes.expect("a list").is_empty());
        clinic.audit().await;
    }
}
