//! The statements behind the lists of the supply desk go by an index on both stores.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/pantry.rs"]
mod pantry;

use clinic::Clinic;
use pantry::{COMMUNITY, COMPOUND, household, mode, send, serves, site, take_in, town};
use store::both_stores;
use store::testkit::plans::{Hot, as_if_large, check, hot};
use supply::{About, Command, Good, Mode, Origin, PutMedicine};

const ID: &str = "ARRAY['\\x01'::bytea]";
const ONE: &str = "'\\x01'::bytea";
const AREA: &str = "ARRAY[220202]::bigint[]";
const SITE: &str = "ARRAY['shop:S1']";
const AT: &str = "1647700000000000";

const HOT: [Hot; 24] = [
    hot("SITE_BY_CODE", &[SITE], ["INDEX supply_site_code (code=?)", "supply_site_code"]),
    hot("STAFF_OF", &[ID], ["INDEX supply_staff_person (person=?)", "supply_staff_person"]),
    hot(
        "STAFF_BY",
        &[SITE, ID],
        ["INDEX supply_staff_site (site=? AND person=?)", "supply_staff_site"],
    ),
    hot(
        "STAFF_AT",
        &["'shop:S1'", "51"],
        ["INDEX supply_staff_site (site=?)", "supply_staff_site"],
    ),
    hot("STOCK_AT", &[AREA, SITE], ["PRIMARY KEY (area=? AND site=?)", "supply_stock_pkey"]),
    hot("STOCK_BY_LOT", &[ID], ["INDEX supply_stock_lot (lot=?)", "supply_stock_lot"]),
    hot("LOT_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_lot_pkey"]),
    hot(
        "LOTS_EXPIRING",
        &[AT, "220202", "220202", "51"],
        ["INDEX supply_lot_expires", "supply_lot_expires"],
    ),
    hot(
        "LOTS_DONATED",
        &["220202", "220202", "51"],
        ["INDEX supply_lot_donated", "supply_lot_donated"],
    ),
    hot(
        "SHIPMENTS_OPEN",
        &["''", "220202", "220202", "51"],
        ["INDEX supply_shipment_open", "supply_shipment_open"],
    ),
    hot(
        "SHIPMENTS_TO",
        &["'shop:S1'", "51"],
        ["INDEX supply_shipment_to (goal=?)", "supply_shipment_to"],
    ),
    hot(
        "SHIPMENTS_BY",
        &["'vehicle:V1'", "51"],
        ["INDEX supply_shipment_by (carrier=?)", "supply_shipment_by"],
    ),
    hot("MOVES_OF", &["'shop:S1'", "51"], ["INDEX supply_move_at (site=?)", "supply_move_at"]),
    hot("SERVES_BY", &["'shop:S1'"], ["INDEX supply_serves_shop (shop=?)", "supply_serves_shop"]),
    hot("HOUSEHOLD_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_household_pkey"]),
    hot(
        "HOUSEHOLDS_FOOD",
        &[AT, ONE, AT, "220202", "220202", "''", "51"],
        ["INDEX supply_household_food", "supply_household_food"],
    ),
    hot(
        "HOUSEHOLDS_MEDICINE",
        &[AT, ONE, AT, "220202", "220202", "''", "51"],
        ["INDEX supply_household_medicine", "supply_household_medicine"],
    ),
    hot(
        "HOUSEHOLDS_AT",
        &["'220202001001'", "'220202001001.'", "51"],
        ["INDEX supply_household_place", "supply_household_place"],
    ),
    hot(
        "MEDICINES_OF",
        &[AREA, ID],
        ["PRIMARY KEY (area=? AND household=?)", "supply_medicine_pkey"],
    ),
    hot(
        "MEDICINES_TO_RENEW",
        &[AT, "220202", "220202", "51"],
        ["INDEX supply_medicine_renew", "supply_medicine_renew"],
    ),
    hot(
        "MEDICINES_ASKED",
        &["220202", "220202", "51"],
        ["INDEX supply_medicine_asked", "supply_medicine_asked"],
    ),
    hot(
        "COMPLAINTS_OPEN",
        &["220202", "220202", "''", "51"],
        ["INDEX supply_complaint_open", "supply_complaint_open"],
    ),
    hot(
        "COMPLAINTS_OF",
        &[ONE, "51"],
        ["INDEX supply_complaint_of (household=?)", "supply_complaint_of"],
    ),
    hot(
        "HISTORY_OF",
        &["220202", ONE, "51"],
        ["PRIMARY KEY (area=? AND household=?)", "supply_history_pkey"],
    ),
];

const PHOTOS: [Hot; 4] = [
    hot("PHOTO_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_photo_pkey"]),
    hot(
        "PHOTOS_MISSING",
        &[AT, ONE, AT, AT, "220202", "220202", "51"],
        ["INDEX supply_photo_missing", "supply_photo_missing"],
    ),
    hot(
        "PHOTO_COUNTS",
        &["220202", "220202", AT, AT],
        ["PRIMARY KEY (area", "supply_photo_count_pkey"],
    ),
    hot(
        "SEALED_ONE",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND id=?)", "supply_photo_sealed_pkey"],
    ),
];

const UNMET: [Hot; 4] = [
    hot(
        "UNMET_COUNTS",
        &["220202", "220202", AT, AT, "''"],
        ["PRIMARY KEY (area>? AND area<?)", "supply_unmet_pkey"],
    ),
    hot(
        "HOUSEHOLDS_UNMET",
        &[AT, ONE, AT, "220202", "220202", "51"],
        ["INDEX supply_household_unmet ", "supply_household_unmet"],
    ),
    hot(
        "HOUSEHOLDS_UNMET_IN",
        &["'220202001001'", AT, ONE, AT, "220202", "220202", "51"],
        ["INDEX supply_household_unmet_in (community=?", "supply_household_unmet"],
    ),
    hot(
        "HOUSEHOLDS_ENTITLED",
        &[AT, ONE, "220202", "220202", "''", "1", "51"],
        ["INDEX supply_household_entitled", "supply_household_entitled"],
    ),
];

const ORDERS: [Hot; 14] = [
    hot("ORDER_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_order_pkey"]),
    hot("ORDERS_OPEN_OF", &[ID], ["INDEX supply_order_open (household=?)", "supply_order_open"]),
    hot("ORDERS_OPEN_AT", &[SITE], ["INDEX supply_order_shop (shop=?)", "supply_order_shop"]),
    hot("ORDERS_JOINED", &[ID], ["INDEX supply_order_joined (joined=?)", "supply_order_joined"]),
    hot(
        "ORDERS_CARRIED_BY",
        &[SITE],
        ["INDEX supply_order_carrier (carrier=?)", "supply_order_carrier"],
    ),
    hot("ORDERS_IN_BATCH", &[ID], ["INDEX supply_order_batch (batch=?)", "supply_order_batch"]),
    hot(
        "ORDERS_OF",
        &[ONE, "51"],
        ["INDEX supply_order_household (household=?)", "supply_order_household"],
    ),
    hot(
        "ORDERS_AT",
        &["'shop:S1'", "'placed'", "51"],
        ["INDEX supply_order_shop (shop=? AND stage=?)", "supply_order_shop"],
    ),
    hot(
        "ORDERS_OWED_AT",
        &["'shop:S1'", "51"],
        ["INDEX supply_order_owes (shop=?)", "supply_order_owes"],
    ),
    hot(
        "ORDERS_CARRIED",
        &["'volunteer:V1'", "51"],
        ["INDEX supply_order_carrier (carrier=?)", "supply_order_carrier"],
    ),
    hot(
        "ORDERS_DUE",
        &[AT, ONE, AT, "220202", "220202", "''", "''", "51"],
        ["INDEX supply_order_clock", "supply_order_clock"],
    ),
    hot(
        "QUESTIONS_OVER",
        &[AT, "220202", "220202", "51"],
        ["INDEX supply_order_clock", "supply_order_clock"],
    ),
    hot("GROUP_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_group_pkey"]),
    hot(
        "GROUPS_OPEN",
        &[AT, "220202", "220202", "51"],
        ["INDEX supply_group_open", "supply_group_open"],
    ),
];

const DELIVERY: [Hot; 11] = [
    hot("PASS_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_pass_pkey"]),
    hot("PASSES_VALID", &[AREA], ["INDEX supply_pass_valid (area=?)", "supply_pass_valid"]),
    hot("PASSES_OF_DRIVER", &[ID], ["INDEX supply_pass_driver (driver=?)", "supply_pass_driver"]),
    hot(
        "PASSES_OF_CARRIER",
        &[SITE],
        ["INDEX supply_pass_vehicle (vehicle=?)", "supply_pass_vehicle"],
    ),
    hot(
        "PASSES_OF_VEHICLE",
        &["'vehicle:V1'", "51"],
        ["INDEX supply_pass_vehicle (vehicle=?)", "supply_pass_vehicle"],
    ),
    hot(
        "VOLUNTEERS",
        &["220202", "220202", AT, "51"],
        ["INDEX supply_pass_volunteer", "supply_pass_volunteer"],
    ),
    hot("DOCKS_OF_AREA", &[AREA], ["PRIMARY KEY (area=?)", "supply_dock_pkey"]),
    hot("BATCH_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "supply_batch_pkey"]),
    hot(
        "BATCHES_PLANNED",
        &[AREA],
        ["INDEX supply_batch_planned (area=?)", "supply_batch_planned"],
    ),
    hot("BATCHES_OF_PASS", &[ID], ["INDEX supply_batch_pass (pass=?)", "supply_batch_pass"]),
    hot(
        "BATCHES_BY",
        &["'vehicle:V1'", "51"],
        ["INDEX supply_batch_vehicle (vehicle=?)", "supply_batch_vehicle"],
    ),
];

both_stores! {
    async fn goods_and_households_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        town(&clinic).await;
        clinic.accept(vec![
            site("market:M1", None, 0),
            site("shop:S1", Some(COMMUNITY), 500),
            serves(COMMUNITY, "shop:S1", 200),
        ]).await;
        let mut homes = Vec::new();
        for n in 0..60 {
            homes.push(household(&clinic, n, "220202001001-03-01", 1).await);
        }
        // A shop has few of those who work somewhere.
        let staff = (0..60).map(|n| pantry::said(1, None, Command::PutStaff {
            site: clinic::holder(if n < 3 { "shop:S1" } else { "market:M1" }),
            person: clinic::person(10_000 + n * 20),
            works: true,
        }));
        clinic.accept(staff.collect()).await;
        clinic.accept(vec![mode(2, COMPOUND, Mode::Door)]).await;
        for &household in homes.iter().take(40) {
            let lot = take_in(&clinic, 3, "market:M1", (Good::Vegetables, 1_000), Origin::Donated, 5).await;
            let (_, sent) = send(4, "market:M1", "shop:S1", &[(lot, 500)]);
            let complain = Command::Complain { household, about: About::Bad, said: "bad".into() };
            let put = Command::PutMedicine(PutMedicine {
                household, name: "insulin".into(), last_dose: clinic::hour(100), prescribed_until: None,
            });
            clinic.accept(vec![sent, pantry::said(5, None, complain), pantry::said(5, None, put)]).await;
        }
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.batch("ANALYZE").await.expect("statistics");
        drop(writer);
        let mut db = clinic.db().await;
        as_if_large(&mut db).await;
        for hot in &HOT {
            check(&mut db, supply::tables::STATEMENTS, &[], hot).await;
        }
        for hot in &UNMET {
            check(&mut db, supply::tables::unmet::STATEMENTS, &[], hot).await;
        }
        for hot in &ORDERS {
            check(&mut db, supply::tables::orders::STATEMENTS, &[], hot).await;
        }
        for hot in &PHOTOS {
            check(&mut db, supply::tables::photos::STATEMENTS, &[], hot).await;
        }
        for hot in &DELIVERY {
            check(&mut db, supply::tables::delivery::STATEMENTS, &[], hot).await;
        }
    }
}
