//! The statements behind the lists of the transfers desk go by an index on both stores.

#[path = "support/clinic.rs"]
mod clinic;
#[path = "support/garage.rs"]
mod garage;

use clinic::Clinic;
use store::both_stores;
use store::testkit::plans::{Hot, as_if_large, check, hot};
use transfers::Class;

const ID: &str = "ARRAY['\\x01'::bytea]";
const ONE: &str = "'\\x01'::bytea";
const AREA: &str = "ARRAY[220202]::bigint[]";
const AT: &str = "1647700000000000";

const HOT: [Hot; 12] = [
    hot(
        "RIDES_DUE",
        &[AT, ONE, "220202", "220202", "''", AT, "''", "51"],
        ["INDEX transfer_ride_due", "transfer_ride_due"],
    ),
    hot("RIDE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "transfer_ride_pkey"]),
    hot("RIDE_OPEN_OF", &[ID], ["(person=?)", "transfer_ride_person"]),
    hot(
        "RIDES_OF_HOUSEHOLD",
        &[ID],
        ["INDEX transfer_ride_household (household=?)", "transfer_ride_household"],
    ),
    hot("RIDES_TO", &["'ward:F1'", "51"], ["INDEX transfer_ride_to", "transfer_ride_to"]),
    hot("RIDES_FROM", &["'ward:F1'", "51"], ["INDEX transfer_ride_from", "transfer_ride_from"]),
    hot(
        "RIDES_ONE_SIDED",
        &["220202", "220202", "51"],
        ["INDEX transfer_ride_one_sided", "transfer_ride_one_sided"],
    ),
    hot(
        "RIDES_IN",
        &["'aboard'", "220202", "220202", "''", "51"],
        ["INDEX transfer_ride_stage (stage=?", "transfer_ride_stage"],
    ),
    hot("RIDES_OF", &[ONE, "51"], ["INDEX transfer_ride_of (person=?)", "transfer_ride_of"]),
    hot(
        "TRIPS_OPEN",
        &["220202", "220202", "51"],
        ["INDEX transfer_trip_open", "transfer_trip_open"],
    ),
    hot("SEATS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND trip=?)", "transfer_seat_pkey"]),
    hot(
        "HISTORY_OF",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND ride=?)", "transfer_history_pkey"],
    ),
];

both_stores! {
    async fn rides_and_trips_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        let fleet = (0..40).map(|n| garage::ambulance(&format!("vehicle:A{n}"), 4, 0));
        clinic.accept(fleet.collect()).await;
        let mut rides = Vec::new();
        for n in 0..300_u32 {
            rides.push(garage::want(&clinic, 1, n * 4, 4, Class::Contact, "ward:F1").await);
        }
        for (n, of) in rides.iter().take(40).enumerate() {
            let vehicle = format!("vehicle:A{n}");
            let (trip, made) = garage::dispatch(2, &vehicle, of);
            clinic.accept(vec![made, garage::pick_up(2, &vehicle, trip, of)]).await;
        }
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.batch("ANALYZE").await.expect("statistics");
        drop(writer);
        let mut db = clinic.db().await;
        as_if_large(&mut db).await;
        for hot in &HOT {
            check(&mut db, transfers::tables::STATEMENTS, &[], hot).await;
        }
    }
}
