//! Photos that prove receipts: which are expected, by whom they come, which are missing. On both stores, audited.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::{Clinic, holder, hour, scope};
use ledger::Envelope;
use pantry::{
    COMMUNITY, COMPOUND, asks, booked, household, list, mode, packed_orders, serves, site, town,
    volunteer, weighed_with,
};
use store::both_stores;
use supply::views::PhotoCounts;
use supply::{Good, Image, Mode, OrderCommand, PHOTO_KEPT, PHOTO_WITHIN, PhotoHash, Proof, views};
use types::{HouseholdId, Micros, Span, UnitId};

const SHOP: &str = "shop:S1";
const V1: &str = "volunteer:V1";
const NEIGHBOUR: u32 = 10_000 + 20;
const ONE: PhotoHash = PhotoHash([0xAB; 32]);

/// Three orders of a locked compound that a volunteer has.
async fn carried(clinic: &Clinic) -> (Vec<HouseholdId>, Vec<UnitId>) {
    town(clinic).await;
    clinic
        .accept(vec![
            site(SHOP, Some(COMMUNITY), 500),
            serves(COMMUNITY, SHOP, 400),
            list(0, SHOP, &[("V1", Good::Vegetables, 5_000, 3_500, 3)]),
        ])
        .await;
    let mut homes = Vec::new();
    for n in 1..=3 {
        homes.push(household(clinic, n, "220202001001-03-01", 1).await);
    }
    clinic.accept(vec![mode(1, COMPOUND, Mode::Door)]).await;
    let ids = packed_orders(clinic, SHOP, Good::Vegetables, &homes).await;
    clinic.accept(vec![volunteer(4, V1, NEIGHBOUR, &[COMPOUND]).1]).await;
    let (shop, carrier) = (holder(SHOP), holder(V1));
    clinic
        .accept(vec![asks(5, None, OrderCommand::HandOver { shop, orders: ids.clone(), carrier })])
        .await;
    (homes, ids)
}

fn came(at: i64, by: Option<&str>, order: UnitId, hash: PhotoHash) -> Envelope<desks::Command> {
    asks(at, by, OrderCommand::PhotoCame { order, hash, image: Image::Jpeg, bytes: 70_000 })
}

async fn counts(clinic: &Clinic, now: Micros) -> PhotoCounts {
    views::photo_counts(&mut clinic.db().await, scope(), now).await.expect("counts")
}

async fn missing(clinic: &Clinic, now: Micros) -> Vec<UnitId> {
    let mut db = clinic.db().await;
    let found = views::photos_missing(&mut db, scope(), now, None, 10).await.expect("a list");
    found.iter().map(|photo| photo.order).collect()
}

both_stores! {
    async fn a_photo_comes_once_for_the_receipt_that_names_it(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let (homes, ids) = carried(&clinic).await;
        let receive = |n: usize, proof| asks(6, Some(V1), OrderCommand::Receive { household: homes[n], order: ids[n], proof });
        let short = Proof::Photo("ab".into());
        assert_eq!(clinic.refusal(receive(0, short)).await, "photo-hash-wrong");
        // Before its receipt nobody expects one, and a word names none.
        assert_eq!(clinic.refusal(came(6, Some(V1), ids[0], ONE)).await, "photo-not-expected");
        let photo = Proof::Photo(ONE.to_string().to_uppercase());
        clinic.accept(vec![
            receive(0, photo.clone()),
            receive(1, photo),
            receive(2, Proof::Said("to the son".into())),
        ]).await;
        assert_eq!(clinic.refusal(came(7, Some(V1), ids[2], ONE)).await, "photo-not-expected");
        assert_eq!(clinic.refusal(came(7, Some(V1), ids[0], PhotoHash([1; 32]))).await, "photo-hash-differs");
        assert_eq!(clinic.refusal(came(7, Some("volunteer:V2"), ids[0], ONE)).await, "photo-not-yours");
        assert_eq!(clinic.refusal(came(7, None, ids[0], ONE)).await, "photo-not-yours");
        let late = came(6 + PHOTO_KEPT.0 / Span::hours(1).0, Some(V1), ids[0], ONE);
        assert_eq!(clinic.refusal(late).await, "photo-too-late");

        // Both wait, and neither is missing yet; then both are, then the one that has not come.
        let soon = hour(7);
        assert_eq!(counts(&clinic, soon).await, PhotoCounts { missing: 0, named: 2, here: 0, bytes: 0 });
        let later = hour(7) + PHOTO_WITHIN;
        assert_eq!((counts(&clinic, later).await.missing, missing(&clinic, later).await.len()), (2, 2));
        clinic.accept(vec![came(8, Some(V1), ids[0], ONE)]).await;
        assert_eq!(counts(&clinic, later).await, PhotoCounts { missing: 1, named: 2, here: 1, bytes: 70_000 });
        assert_eq!(missing(&clinic, later).await, [ids[1]]);
        // Sent again it is there once.
        clinic.accept(vec![came(9, Some(V1), ids[0], ONE)]).await;
        assert_eq!(counts(&clinic, later).await, PhotoCounts { missing: 1, named: 2, here: 1, bytes: 70_000 });
        let found = views::photos(&mut clinic.db().await, &ids).await.expect("photos");
        let at = found[&ids[0]].came.as_ref().map(|came| came.at);
        assert_eq!((found.len(), at), (2, Some(hour(8))));
        // When its days are over nobody waits for it any more.
        let over = hour(7) + PHOTO_KEPT;
        assert_eq!((counts(&clinic, over).await.missing, missing(&clinic, over).await.len()), (0, 0));
        booked(&clinic, &homes, hour(9)).await;
        weighed_with(&clinic, &homes).await;
        clinic.audit().await;
    }
}
