//! The hot statements go by an index on both stores. SQLite guesses, having no statistics, and has
//! taken a whole county's rows for better than the few of a partial index before.

#[path = "support/city.rs"]
mod city;

use city::SCHEMAS;
use store::testkit::plans::{Hot, check, check_in_order, hot, vacuum};
use store::{Store, Value, both_stores};
use testing::tables;
use types::{AreaCode, Micros, PersonId, RoundId, Span, UnitId, UnitKind};

const ID: &str = "ARRAY['\\x01'::bytea]";
const AREA: &str = "ARRAY[220202]::bigint[]";
const ROUND: &str = "'\\x01'::bytea";
/// A county with what lies in it by the first digits of a code, in a round.
const WITHIN: [&str; 5] = ["220202", "220202", ROUND, "'2202'", "'2203'"];

const HOT: [Hot; 26] = [
    hot("TUBE_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "tube_pkey"]),
    hot("CLAIMS_OF", &[AREA, ID], ["PRIMARY KEY (area=? AND tube=?)", "tube_claim"]),
    hot("BOX_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "box"]),
    hot(
        "SWAB_OF_PERSON",
        &[AREA, ID, ID],
        ["PRIMARY KEY (area=? AND person=? AND round=?)", "swab_pkey"],
    ),
    hot("SWABS_WITH_TUBES", &[AREA, ID], ["PRIMARY KEY (area=? AND person=?)", "swab_pkey"]),
    hot("RECALL_OF_PERSON", &[ID], ["recall_person (person=?)", "recall_person"]),
    hot("RECALL_ENDED", &[ID], ["recall_ended (person=?)", "recall_ended"]),
    hot("RECALL_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "recall_pkey"]),
    hot(
        "RECALLS_OPEN",
        &["220202", ROUND, "0", ROUND, "50", "''", "'~'"],
        ["recall_open (area=? AND round=? AND opened_at>?)", "recall_open"],
    ),
    hot("RECALL_AREAS", &["220202", "220202"], ["(area>?", "Index"]),
    hot(
        "NOTABLE_TUBES",
        &["220202", ROUND, "1", ROUND, "50"],
        ["tube_notable (area=? AND round=? AND tested_at<?)", "tube_notable"],
    ),
    hot("NOTABLE_AREAS", &["220202", "220202"], ["(area>?", "Index"]),
    hot(
        "TUBES_OF_PLACE",
        &[ROUND, "'2202'", "'2203'", "0", "999999", "''", ROUND, "50"],
        ["tube_place (round=? AND community>? AND community<?)", "tube_place"],
    ),
    hot("TUBES_BY_BARCODE", &["'BD-1'"], ["tube_barcode (barcode=?)", "tube_barcode"]),
    hot("RESULTS_OF_TUBE", &["220202", ROUND], ["PRIMARY KEY (area=? AND tube=?)", "result"]),
    hot(
        "BLIND_SPOTS",
        &["220202", ROUND, "'220202'", "'220203'", "''", ROUND, "50"],
        ["person_home (compound>? AND compound<?)", "person_home"],
    ),
    hot(
        "EXEMPTION_BY_PERSON",
        &[AREA, ID, ID],
        ["PRIMARY KEY (area=? AND round=? AND person=?)", "exemption_pkey"],
    ),
    hot(
        "EXEMPTIONS_OF",
        &["220202", ROUND, "'220202'", "'220203'", "''", ROUND, "50"],
        ["exemption_place (area=? AND round=? AND place>? AND place<?)", "exemption_place"],
    ),
    hot("EXEMPTION_AREAS", &["220202", "220202"], ["(area>?", "Index"]),
    hot(
        "VISITS_OF",
        &["220202", ROUND, ROUND],
        ["PRIMARY KEY (area=? AND round=? AND person=?)", "visit"],
    ),
    hot(
        "COUNTS_OF_ROUND",
        &["220202", "220202", ROUND],
        ["PRIMARY KEY (area=? AND round=? AND level=?)", "round_sum"],
    ),
    hot(
        "SUMS_BY_PLACE",
        &[WITHIN[0], WITHIN[1], WITHIN[2], WITHIN[3], WITHIN[4], "12", "12"],
        ["PRIMARY KEY (area=? AND round=? AND level=? AND place>? AND place<?)", "round_sum"],
    ),
    hot(
        "SUMS_BY_HOUR",
        &[WITHIN[0], WITHIN[1], WITHIN[2], WITHIN[3], WITHIN[4], "12"],
        ["PRIMARY KEY (area=? AND round=? AND level=? AND place>? AND place<?)", "round_sum"],
    ),
    hot(
        "COUNTS_BY_PLACE",
        &[WITHIN[0], WITHIN[1], WITHIN[2], WITHIN[3], WITHIN[4], "40"],
        ["PRIMARY KEY (area=? AND round=? AND place>? AND place<?)", "round_count"],
    ),
    hot(
        "TURNAROUND_OF",
        &["220202", "220202", ROUND],
        ["PRIMARY KEY (area=? AND round=?)", "turnaround"],
    ),
    hot(
        "TURNAROUND_END",
        &[AREA, ID, "ARRAY['']", "ARRAY[0]::bigint[]"],
        ["PRIMARY KEY (area=? AND round=? AND step=? AND minutes=?)", "turnaround"],
    ),
];

/// Lists that are read a page at a time.
const PAGED: [&str; 3] = ["RECALLS_OPEN", "NOTABLE_TUBES", "EXEMPTIONS_OF"];

/// Whatever is filled.
const TABLES: [&str; 8] =
    ["tube", "swab", "recall", "exemption", "round_count", "round_sum", "turnaround", "person"];

const ROWS: i64 = 24_000;
const ROUNDS: i64 = 7;
const COUNTIES: i64 = 60;

fn id(n: i64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    id
}

/// Several rounds of several counties: most tubes are negative, most recalls have ended.
async fn fill(store: &Store) {
    let mut writer = store.writer().await.expect("a writer");
    writer.begin_write().await.expect("begin");
    let mut rows: [Vec<Value>; 8] = Default::default();
    let [tubes, swabs, recalls, exemptions, counts, sums, times, persons] = &mut rows;
    for n in 0..ROWS {
        let area = AreaCode::new(220_100 + (n % COUNTIES) as u32).expect("six digits");
        let round = RoundId::from_bytes(id(n / COUNTIES % ROUNDS));
        let (person, community) = (PersonId::from_bytes(id(n)), format!("{area}001{:03}", n % 7));
        let unit = |letter| UnitId::printed(UnitKind::new(letter), area, n as u32);
        let at = Micros(1_648_000_000_000_000) + Span::minutes(n % 1_440);
        let negative = if n % 100 == 0 { "positive" } else { "negative" };
        tubes.extend::<[Value; 13]>([
            area.into(),
            unit('T').into(),
            round.into(),
            Value::Null,
            "site:S1".into(),
            community.as_str().into(),
            "ten".into(),
            "other".into(),
            vec![0_u8; 34].into(),
            "".into(),
            at.into(),
            at.into(),
            1_i64.into(),
        ]);
        tubes.extend((0..6).map(|_| Value::Null));
        tubes.extend::<[Value; 3]>([at.into(), "final".into(), negative.into()]);
        tubes.extend((0..3).map(|_| Value::Null));
        tubes.extend::<[Value; 4]>([at.into(), 1_i64.into(), Value::Null, Value::Null]);
        swabs.extend::<[Value; 8]>([
            area.into(),
            person.into(),
            round.into(),
            unit('T').into(),
            area.into(),
            1_i64.into(),
            at.into(),
            0_i64.into(),
        ]);
        let ended = (n % 50 != 0).then_some(at);
        recalls.extend::<[Value; 14]>([
            area.into(),
            unit('R').into(),
            person.into(),
            round.into(),
            unit('T').into(),
            "lost".into(),
            Value::Null,
            community.as_str().into(),
            1_i64.into(),
            at.into(),
            Value::Null,
            Value::Null,
            ended.into(),
            Value::Null,
        ]);
        exemptions.extend::<[Value; 8]>([
            area.into(),
            round.into(),
            person.into(),
            "away".into(),
            Value::Null,
            Value::Null,
            "user:li".into(),
            format!("{community}-{:02}", n / COUNTIES % 50).into(),
        ]);
        let compound = format!("{community}-{:02}", n / COUNTIES % 50);
        counts.extend::<[Value; 7]>([
            area.into(),
            round.into(),
            format!("{compound}-{n}").into(),
            "sampled".into(),
            at.hour_start().into(),
            1_i64.into(),
            0_i64.into(),
        ]);
        sums.extend::<[Value; 8]>([
            area.into(),
            round.into(),
            [6_i64, 9, 12][n as usize % 3].into(),
            format!("{community}{n}").into(),
            "sampled".into(),
            at.hour_start().into(),
            1_i64.into(),
            0_i64.into(),
        ]);
        times.extend::<[Value; 5]>([
            area.into(),
            round.into(),
            "collect".into(),
            n.into(),
            1_i64.into(),
        ]);
        persons.extend::<[Value; 4]>([area.into(), person.into(), compound.into(), "1".into()]);
    }
    let [tubes, swabs, recalls, exemptions, counts, sums, times, persons] = rows;
    writer.insert(&tables::TUBE_PUT, &tubes).await.expect("tubes");
    writer.insert(&tables::SWAB_PUT, &swabs).await.expect("swabs");
    writer.insert(&tables::RECALL_PUT, &recalls).await.expect("recalls");
    writer.insert(&tables::EXEMPTION_PUT, &exemptions).await.expect("exemptions");
    writer.insert(&tables::COUNT_ADD, &counts).await.expect("counts");
    writer.insert(&tables::SUM_ADD, &sums).await.expect("sums");
    writer.insert(&tables::TURNAROUND_ADD, &times).await.expect("times");
    writer.insert(&city::PERSON_PUT, &persons).await.expect("persons");
    writer.commit().await.expect("commit");
    vacuum(&mut writer, &TABLES).await;
}

both_stores! {
    async fn hot_statements_go_by_an_index_when_there_is_much(bed: TestBed) {
        let store = bed.open(&SCHEMAS).await.expect("the store opens");
        fill(&store).await;
        let mut reader = store.reader().await.expect("a reader");
        // A seventh of a counter's rows are of one round: PostgreSQL may well read all of them.
        let read = ["tube", "swab", "recall", "exemption", "person", "t", "s", "r", "e", "p", "c"];
        for hot in &HOT {
            check(&mut reader, tables::STATEMENTS, &read, hot).await;
        }
        // A page of a long list ends where the page does: nothing is sorted for it.
        for hot in HOT.iter().filter(|hot| PAGED.contains(&hot.name)) {
            check_in_order(&mut reader, tables::STATEMENTS, hot).await;
        }
    }

    async fn the_writer_goes_by_an_index_also_when_the_tables_were_empty(bed: TestBed) {
        let store = bed.open(&SCHEMAS).await.expect("the store opens");
        // No statistics, no rows: what a surge begins with, and the plan is kept.
        let mut writer = store.writer().await.expect("a writer");
        let lookups = [
            "TUBE_BY_ID", "CLAIMS_OF", "BOX_BY_ID", "SWAB_OF_PERSON", "RECALL_OF_PERSON",
            "RECALL_BY_ID", "EXEMPTION_BY_PERSON", "TURNAROUND_END",
        ];
        for hot in HOT.iter().filter(|hot| lookups.contains(&hot.name)) {
            check(&mut writer, tables::STATEMENTS, &["tube", "swab", "recall"], hot).await;
        }
    }
}
