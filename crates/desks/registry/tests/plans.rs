//! The hot statements go by an index on both stores. SQLite guesses, having no statistics, and has
//! taken a whole county's rows for better than the few of a compound before.

use registry::tables;
use store::testkit::plans::{Hot, check, hot, vacuum};
use store::{Store, Value, both_stores};
use types::{AreaCode, Micros, Span};

const ID: &str = "ARRAY['\\x01'::bytea]";
const AREA: &str = "ARRAY[220202]::bigint[]";
const TEXT: &str = "ARRAY['220202001001-01']";
const ONE: &str = "'\\x01'::bytea";

const HOT: [Hot; 21] = [
    // Ids are unique: PostgreSQL may as well go by them alone.
    hot("PERSON_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "Index Scan using person_"]),
    hot("PERSON_PLACE", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "Index Scan using person_"]),
    hot("PERSON_BY_NUMBER", &[ID], ["person_number (id_index=?)", "person_number"]),
    hot("PERSONS_BY_NUMBER", &[ID], ["person_number (id_index=?)", "person_number"]),
    hot("PERSONS_BY_PHONE", &[ID], ["person_phone (phone_index=?)", "person_phone"]),
    hot(
        "PERSONS_BETWEEN",
        &["220202", ONE, ONE],
        ["PRIMARY KEY (area=? AND id>? AND id<?)", "using person_"],
    ),
    hot(
        "PERSONS_OF_HOUSEHOLD",
        &[AREA, TEXT, ID],
        ["person_home (compound=? AND household=?)", "person_home"],
    ),
    hot("PERSONS_OF_COMPOUND", &["220202", "'x'"], ["person_home (compound=?)", "person_home"]),
    hot(
        "HOUSEHOLDS_OF",
        &["220202", "'x'", "'x'", "'x'", "''", "''", ONE, "50", ONE, ONE],
        ["person_home (compound=? AND household=?)", "household_pkey"],
    ),
    hot("HOUSEHOLD_ONE", &["220202", ONE], ["PRIMARY KEY (area=? AND id=?)", "household_pkey"]),
    hot("HOUSEHOLD_BY_ID", &[AREA, ID], ["PRIMARY KEY (area=? AND id=?)", "household_pkey"]),
    hot("HOUSEHOLD_BY_CODE", &[ONE], ["household_code (code_index=?)", "household_code"]),
    hot("PLACE_CHILDREN", &["'220202'"], ["place_parent (parent=?)", "place_parent"]),
    hot("PLACE_NAMES", &[AREA, TEXT], ["PRIMARY KEY (area=? AND code=?)", "place_pkey"]),
    hot("LOOKS_AT", &["220202", ONE, "50"], ["look_person (area=? AND person=?)", "look_person"]),
    hot("LOOKS_IN_COUNTY", &["220202", "0", "50"], ["look_at (area=? AND at>?)", "look_at"]),
    hot("MOVES_OPEN", &["0", "999999", "50"], ["moved_open (area>", "moved_open"]),
    hot("MOVED_BY_KEY", &[AREA, ID, ID], ["PRIMARY KEY (area=? AND person=?", "moved_pkey"]),
    hot(
        "CHANGES_OF",
        &["220202", ONE],
        ["PRIMARY KEY (area=? AND person=?)", "person_change_pkey"],
    ),
    hot("HOLDER_BY_CODE", &[TEXT], ["holder_code (code=?)", "holder_code"]),
    hot(
        "HOLDERS_AFTER",
        &["0", "999999", "''", "0", "''", "50"],
        ["PRIMARY KEY (area>", "holder_pkey"],
    ),
];

/// Whatever is filled.
const TABLES: [&str; 7] =
    ["person", "household", "place", "look", "moved", "person_change", "holder"];

const ROWS: i64 = 24_000;
const COUNTIES: i64 = 60;

fn id(n: i64) -> Value {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    id.into()
}

/// Several counties; of the moves few are open.
async fn fill(store: &Store) {
    let mut writer = store.writer().await.expect("a writer");
    writer.begin_write().await.expect("begin");
    let mut rows: [Vec<Value>; 7] = Default::default();
    let [persons, households, places, looks, moves, changes, holders] = &mut rows;
    for n in 0..ROWS {
        let area = AreaCode::new(220_100 + (n % COUNTIES) as u32).expect("six digits");
        let community = format!("{area}001{:03}", n / COUNTIES % 40);
        let compound = format!("{community}-{:02}", n / COUNTIES % 10);
        let place = format!("{compound}-01-{n}");
        let at = Micros(1_648_000_000_000_000) + Span::minutes(n);
        persons.extend::<[Value; 15]>([
            area.into(),
            id(n),
            id(n / 3),
            compound.as_str().into(),
            place.as_str().into(),
            "301".into(),
            vec![0_u8; 40].into(),
            id(n),
            id(n + 1),
            1980_i64.into(),
            "f".into(),
            0_i64.into(),
            Value::Null,
            Value::Null,
            at.into(),
        ]);
        households.extend::<[Value; 7]>([
            area.into(),
            id(n),
            compound.as_str().into(),
            place.as_str().into(),
            "301".into(),
            id(n),
            at.into(),
        ]);
        places.extend::<[Value; 9]>([
            area.into(),
            place.as_str().into(),
            9_i64.into(),
            compound.as_str().into(),
            "单元".into(),
            "".into(),
            Value::Null,
            Value::Null,
            Value::Null,
        ]);
        looks.extend::<[Value; 9]>([
            area.into(),
            id(n),
            id(n / 5),
            Value::Null,
            "file".into(),
            "care".into(),
            "".into(),
            "user:li".into(),
            at.into(),
        ]);
        let state = if n % 50 == 0 { "open" } else { "kept" };
        moves.extend::<[Value; 14]>([
            area.into(),
            id(n),
            id(n),
            area.into(),
            id(n),
            place.as_str().into(),
            "301".into(),
            vec![0_u8; 40].into(),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            state.into(),
            at.into(),
        ]);
        changes.extend::<[Value; 8]>([
            area.into(),
            id(n),
            id(n),
            at.into(),
            "user:li".into(),
            "door".into(),
            "mistyped".into(),
            "".into(),
        ]);
        holders.extend::<[Value; 9]>([
            area.into(),
            format!("site:{area}-S{n}").into(),
            "site".into(),
            "采样点".into(),
            "".into(),
            Value::Null,
            Value::Null,
            Value::Null,
            1_i64.into(),
        ]);
    }
    let [persons, households, places, looks, moves, changes, holders] = rows;
    writer.insert(&tables::PERSON_PUT, &persons).await.expect("persons");
    writer.insert(&tables::HOUSEHOLD_PUT, &households).await.expect("households");
    writer.insert(&tables::PLACE_PUT, &places).await.expect("places");
    writer.insert(&tables::LOOK_PUT, &looks).await.expect("looks");
    writer.insert(&tables::MOVED_PUT, &moves).await.expect("moves");
    writer.insert(&tables::CHANGE_PUT, &changes).await.expect("changes");
    writer.insert(&tables::HOLDER_PUT, &holders).await.expect("holders");
    writer.commit().await.expect("commit");
    vacuum(&mut writer, &TABLES).await;
}

both_stores! {
    async fn hot_statements_go_by_an_index_when_there_is_much(bed: TestBed) {
        let store = bed.open(&[registry::tables::SCHEMA]).await.expect("the store opens");
        fill(&store).await;
        let mut reader = store.reader().await.expect("a reader");
        let read = [&TABLES[..], &["p", "h", "l", "m", "n", "c"]].concat();
        for hot in &HOT {
            check(&mut reader, tables::STATEMENTS, &read, hot).await;
        }
    }

    async fn the_writer_goes_by_an_index_also_when_the_tables_were_empty(bed: TestBed) {
        let store = bed.open(&[registry::tables::SCHEMA]).await.expect("the store opens");
        // No statistics, no rows: what an import begins with, and the plan is kept.
        let mut writer = store.writer().await.expect("a writer");
        let lookups = [
            "PERSON_BY_ID", "PERSON_BY_NUMBER", "PERSONS_BETWEEN", "HOUSEHOLD_BY_ID", "PLACE_NAMES",
            "MOVED_BY_KEY",
        ];
        for hot in HOT.iter().filter(|hot| lookups.contains(&hot.name)) {
            check(&mut writer, tables::STATEMENTS, &["person", "household", "place"], hot).await;
        }
    }
}
