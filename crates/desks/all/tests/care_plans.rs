//! The statements behind the queue, the wards and the lists of the care desk go by an index on both
//! stores.

#[path = "support/clinic.rs"]
mod clinic;

use care::{Admits, Kind, Level};
use cases::Severity;
use clinic::{As, Clinic, admit, assign};
use store::both_stores;
use store::testkit::plans::{Hot, as_if_large, check, hot};

const ID: &str = "ARRAY['\\x01'::bytea]";
const ONE: &str = "'\\x01'::bytea";
const AREA: &str = "ARRAY[220202]::bigint[]";
const AT: &str = "1647700000000000";

const HOT: [Hot; 22] = [
    hot(
        "QUEUE",
        &["4", AT, ONE, "220202", "220202", "-1", "''", "0", AT, "51"],
        ["INDEX care_queue", "care_queue"],
    ),
    hot("EPISODE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "care_episode_pkey"]),
    hot("EPISODES_OF_PERSON", &[ID], ["INDEX care_person (person=?)", "care_person"]),
    hot(
        "IN_WARD",
        &["'ward:F1'", "'W1'", ONE, "51"],
        ["INDEX care_in_ward (facility=?", "care_in_ward"],
    ),
    hot("COMING", &["'ward:F1'", ONE, "51"], ["INDEX care_coming (held_facility=?", "care_coming"]),
    hot(
        "AT_HOME",
        &["220202", "220202", "''", AT, "0", ONE, "51"],
        ["INDEX care_home", "care_home"],
    ),
    hot(
        "HOME_OVER",
        &["220202", "220202", "''", AT, "0", ONE, "51"],
        ["INDEX care_home_until", "care_home_until"],
    ),
    hot("ALARMED", &["220202", "220202", "0", ONE, "51"], ["INDEX care_alarm", "care_alarm"]),
    hot("ALARM_COUNT", &["220202", "220202"], ["PRIMARY KEY", "care_alarm_count"]),
    hot("BED_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "care_bed_pkey"]),
    hot(
        "BEDS_OF_WARD",
        &["ARRAY['ward:F1']", "ARRAY['W1']"],
        ["INDEX care_bed_ward (facility=? AND ward=?)", "care_bed"],
    ),
    hot("PLACES_LIVE", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_place_pkey"]),
    hot(
        "HISTORY_OF",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND episode=?)", "care_history_pkey"],
    ),
    hot("CARE_PLANS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_plan_pkey"]),
    hot(
        "CARE_PLANS_DUE",
        &["220202", "220202", "''", AT, "51"],
        ["INDEX care_plan_due (due<?)", "care_plan_due"],
    ),
    hot(
        "CONSULTATIONS_OF",
        &[AREA, ID],
        ["PRIMARY KEY (area=? AND episode=?)", "care_consultation_pkey"],
    ),
    hot(
        "CONSULTATIONS_OPEN",
        &["220202", "220202", "''", AT, "51"],
        ["INDEX care_consultation_open (due<?)", "care_consultation_open"],
    ),
    hot("ORDERS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND episode=?)", "care_order_pkey"]),
    hot(
        "STEPS",
        &["0", AT, "220202", "220202", "''", "''", "51"],
        ["INDEX care_step_at (at>? AND at<?)", "care_step_at"],
    ),
    hot(
        "HAPPENED",
        &["'admitted'", "0", ONE, AT, "220202", "220202", "51"],
        ["INDEX care_happened_at (what=?", "care_happened_at"],
    ),
    hot("HELD", &[AT, "220202", "220202", "51"], ["INDEX care_place_held", "care_place_held"]),
    hot(
        "STAYED",
        &["'confirmed'", "'mild'", "0", ONE, "220202", "220202", "''", "51"],
        ["INDEX care_stayed (class=? AND worst=?", "care_stayed"],
    ),
];

both_stores! {
    async fn queue_wards_and_lists_go_by_an_index(bed: TestBed) {
        let clinic = Clinic::new(bed).await;
        clinic.facility("ward:F1", Kind::Fangcang, Level::Shelter, Admits::Anybody, 100).await;
        let mut group = Vec::new();
        let mut episodes = Vec::new();
        for n in 0..1_200_u32 {
            let who = if n % 3 == 0 { As::ill(Severity::Mild) } else { As::well() };
            let (case, envelope) = clinic.case(i64::from(n % 90), n, who);
            group.push(envelope);
            episodes.push(care::episode_of(case));
        }
        for chunk in group.chunks(100) {
            clinic.accept(chunk.to_vec()).await;
        }
        for episode in &episodes[..60] {
            clinic.accept(vec![assign(100, *episode, "ward:F1", "W1")]).await;
        }
        let admitted = episodes[..40].iter().map(|episode| admit(101, *episode, "ward:F1"));
        clinic.accept(admitted.collect()).await;
        let mut writer = clinic.engine.store().writer().await.expect("a writer");
        writer.batch("ANALYZE").await.expect("statistics");
        drop(writer);
        let mut db = clinic.db().await;
        let statements =
            [care::tables::STATEMENTS, care::tables::bedside::STATEMENTS].concat();
        as_if_large(&mut db).await;
        for hot in &HOT {
            check(&mut db, &statements, &[], hot).await;
        }
    }
}
