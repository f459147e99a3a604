//! Many rows fast, written past the engine: for plans and measurements only.

use store::testkit::plans::vacuum;
use store::{Store, Value};
use types::{AreaCode, Micros, Span, UnitId, UnitKind};

use super::world::MORNING;

store::statements! {
    UNITS: Insert = Insert::new(
        "unit",
        &[("area", Int), ("id", Bytes), ("kind", Text), ("opened_at", Int), ("holder", Text),
          ("parent", Bytes), ("step", Text), ("since", Int), ("deadline", Int), ("closed", Text),
          ("closed_at", Int), ("content", Text), ("findings", Int)], "");
    MOMENTS: Insert = Insert::new(
        "moment",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("event_time", Int),
          ("record_time", Int), ("actor", Text), ("what", Text)], "");
    JOURNAL: Insert = Insert::new(
        "journal",
        &[("seq", Int), ("area", Int), ("command", Bytes), ("kind", Text), ("event_time", Int),
          ("record_time", Int), ("clock_offset", Int), ("actor", Text), ("device", Text),
          ("refused", Text), ("notes", Text), ("body", Text), ("hash", Bytes)], "");
    BALANCE: Insert = Insert::new(
        "balance",
        &[("area", Int), ("kind", Text), ("bucket", Text), ("units", Int)],
        "ON CONFLICT (area, kind, bucket) DO UPDATE SET units = balance.units + excluded.units");
    HEAD: Query = Query::new("UPDATE ledger_head SET seq = $1, record_time = $2 WHERE one = 1");
    FINDINGS: Insert = Insert::new(
        "finding",
        &[("area", Int), ("unit", Bytes), ("kind", Text), ("command", Bytes), ("n", Int),
          ("against_command", Bytes), ("against_n", Int), ("open", Int)], "");
}

/// Counties of the city and the province, as many as there are in the real ones.
const AREAS: u32 = 60;
/// Sites of one county.
const SITES: u32 = 30;

fn county(n: u32) -> AreaCode {
    AreaCode::new(220_101 + n * 101 % 900).expect("six digits")
}

/// Units of several rounds: most are closed, `open` lie outright with a holder, as many more in
/// containers. Every unit has a moment and a journal entry; one in fifty has a finding.
pub async fn fill(store: &Store, units: u32, open: u32) {
    let mut writer = store.writer().await.expect("a writer");
    let every = units / open.max(1);
    for from in (0..units).step_by(10_000) {
        writer.begin_write().await.expect("begin");
        let (mut rows, mut moments) = (Vec::new(), Vec::new());
        let (mut journal, mut findings) = (Vec::new(), Vec::new());
        for n in from..(from + 10_000).min(units) {
            let area = county(n % AREAS);
            let id = UnitId::printed(UnitKind::new('T'), area, n);
            let at = MORNING + Span::seconds(i64::from(n % 86_400));
            let holder = format!("site:{area}-S{}", n / AREAS % SITES);
            let parent = UnitId::printed(UnitKind::new('B'), area, n / 38);
            let closed = !matches!(n % every, 0 | 1);
            let outright = n % every == 0;
            let mut command = [0_u8; 16];
            command[12..].copy_from_slice(&n.to_be_bytes());
            rows.extend::<[Value; 13]>([
                area.into(),
                id.into(),
                "T".into(),
                at.into(),
                holder.as_str().into(),
                if outright { Value::Null } else { parent.into() },
                "sealed".into(),
                at.into(),
                // Some of what is packed has a limit of its own.
                if closed || !outright && n % 4 == 0 {
                    Value::Null
                } else {
                    (at + Span::hours(4)).into()
                },
                closed.then(|| "reported".to_owned()).into(),
                closed.then(|| at + Span::hours(12)).into(),
                "".into(),
                0_i64.into(),
            ]);
            let what = format!(
                r#"{{"open":{{"unit":"{id}","holder":"{holder}","step":"sealed","deadline":{}}}}}"#,
                (at + Span::hours(4)).0
            );
            moments.extend::<[Value; 8]>([
                area.into(),
                id.into(),
                command.into(),
                0_i64.into(),
                at.into(),
                at.into(),
                "user:li".into(),
                what.as_str().into(),
            ]);
            journal.extend::<[Value; 13]>([
                (i64::from(n) + 1).into(),
                area.into(),
                command.into(),
                "testing.collect".into(),
                at.into(),
                at.into(),
                0_i64.into(),
                "user:li".into(),
                Value::Null,
                Value::Null,
                Value::Null,
                format!(r#"{{"moves":[{what}]}}"#).into(),
                vec![0; 32].into(),
            ]);
            if n % 50 == 0 {
                findings.extend::<[Value; 8]>([
                    area.into(),
                    id.into(),
                    "gap".into(),
                    command.into(),
                    0_i64.into(),
                    Value::Null,
                    Value::Null,
                    i64::from(n % 1_000 == 0).into(),
                ]);
            }
        }
        writer.insert(&UNITS, &rows).await.expect("units");
        writer.insert(&MOMENTS, &moments).await.expect("moments");
        writer.insert(&JOURNAL, &journal).await.expect("journal");
        writer.insert(&FINDINGS, &findings).await.expect("findings");
        writer.commit().await.expect("commit");
    }
    let counted = [
        ledger::DUE_HELD_FROM_UNITS,
        ledger::DUE_PACKED_FROM_UNITS,
        ledger::FINDING_COUNT_FROM_FINDINGS,
    ];
    for statement in counted {
        writer.batch(statement).await.expect("counters");
    }
    vacuum(&mut writer, &TABLES).await;
}

/// Whatever is filled.
pub const TABLES: [&str; 7] =
    ["unit", "moment", "journal", "finding", "due_held", "due_packed", "finding_count"];

/// The time at which half of what is open in [`fill`] is late.
pub const HALF_LATE: Micros = Micros(MORNING.0 + Span::hours(16).0);
