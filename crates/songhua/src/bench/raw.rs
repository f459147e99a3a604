//! The raw limit of intake: the rows that the server wrote, written again set-based into an empty
//! store of the same kind, with the same tables, indexes, durability and number of commits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use store::{Connection, Insert, Store, StoreConfig, Value, statements};

/// Most swabs that are written again.
const MOST: i64 = 400_000;

statements! {
    JOURNAL: Insert = Insert::new(
        "journal",
        &[("seq", Int), ("area", Int), ("command", Bytes), ("kind", Text), ("event_time", Int),
          ("record_time", Int), ("clock_offset", Int), ("actor", Text), ("device", Text),
          ("refused", Text), ("notes", Text), ("body", Text), ("hash", Bytes)],
        "");
    UNIT: Insert = Insert::new(
        "unit",
        &[("area", Int), ("id", Bytes), ("kind", Text), ("opened_at", Int), ("holder", Text),
          ("parent", Bytes), ("step", Text), ("since", Int), ("deadline", Int), ("closed", Text),
          ("closed_at", Int), ("content", Text), ("findings", Int)],
        "");
    MOMENT: Insert = Insert::new(
        "moment",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("event_time", Int),
          ("record_time", Int), ("actor", Text), ("what", Text)],
        "");
    TUBE: Insert = Insert::new(
        "tube",
        &[("area", Int), ("id", Bytes), ("round", Bytes), ("barcode", Text), ("site", Text),
          ("community", Text), ("mode", Text), ("zone", Text), ("members", Bytes),
          ("homes", Text), ("started_at", Int), ("collected_at", Int), ("claims", Int),
          ("settles", Int)],
        "");
    SWAB: Insert = Insert::new(
        "swab",
        &[("area", Int), ("person", Bytes), ("round", Bytes), ("tube", Bytes),
          ("tube_area", Int), ("position", Int), ("sampled_at", Int), ("void", Int)],
        "");
    COUNTED: Insert = Insert::new(
        "round_count",
        &[("area", Int), ("round", Bytes), ("place", Text), ("stage", Text), ("hour", Int),
          ("persons", Int), ("tubes", Int)],
        "ON CONFLICT (area, round, place, stage, hour) DO UPDATE SET
            persons = round_count.persons + excluded.persons,
            tubes = round_count.tubes + excluded.tubes");
    SUMMED: Insert = Insert::new(
        "round_sum",
        &[("area", Int), ("round", Bytes), ("level", Int), ("place", Text), ("stage", Text),
          ("hour", Int), ("persons", Int), ("tubes", Int)],
        "ON CONFLICT (area, round, level, place, stage, hour) DO UPDATE SET
            persons = round_sum.persons + excluded.persons,
            tubes = round_sum.tubes + excluded.tubes");
    BALANCE: Insert = Insert::new(
        "balance",
        &[("area", Int), ("kind", Text), ("bucket", Text), ("units", Int)],
        "ON CONFLICT (area, kind, bucket) DO UPDATE SET units = balance.units + excluded.units");
}

/// The rows of one commit, by table.
#[derive(Default)]
struct Group {
    rows: HashMap<&'static str, Vec<Value>>,
    swabs: i64,
}

/// A table, its columns, and how its rows find the command that wrote them.
struct Source {
    insert: &'static Insert,
    name: &'static str,
    columns: &'static str,
    command: &'static str,
    from: &'static str,
}

const SOURCES: [Source; 5] = [
    Source {
        insert: &JOURNAL,
        name: "journal",
        columns: "t.seq, t.area, t.command, t.kind, t.event_time, t.record_time, t.clock_offset,
            t.actor, t.device, t.refused, t.notes, t.body, t.hash",
        command: "t.record_time",
        from: "journal t WHERE t.kind = 'testing.collect' ORDER BY t.seq",
    },
    Source {
        insert: &MOMENT,
        name: "moment",
        columns: "t.area, t.unit, t.command, t.n, t.event_time, t.record_time, t.actor, t.what",
        command: "t.record_time",
        from: "moment t ORDER BY t.area, t.unit",
    },
    Source {
        insert: &UNIT,
        name: "unit",
        columns: "t.area, t.id, t.kind, t.opened_at, t.holder, t.parent, t.step, t.since,
            t.deadline, t.closed, t.closed_at, t.content, t.findings",
        command: "m.record_time",
        from: "unit t JOIN moment m ON m.area = t.area AND m.unit = t.id ORDER BY t.area, t.id",
    },
    Source {
        insert: &TUBE,
        name: "tube",
        columns: "t.area, t.id, t.round, t.barcode, t.site, t.community, t.mode, t.zone,
            t.members, t.homes, t.started_at, t.collected_at, t.claims, t.settles",
        command: "m.record_time",
        from: "tube t JOIN moment m ON m.area = t.area AND m.unit = t.id ORDER BY t.area, t.id",
    },
    Source {
        insert: &SWAB,
        name: "swab",
        columns: "t.area, t.person, t.round, t.tube, t.tube_area, t.position, t.sampled_at, t.void",
        command: "m.record_time",
        from: "swab t JOIN moment m ON m.area = t.tube_area AND m.unit = t.tube
            ORDER BY t.area, t.person, t.round, t.tube",
    },
];

/// Swabs a second of raw inserts.
pub(super) async fn measure(live: &StoreConfig, fresh: &StoreConfig) -> Result<f64> {
    let schemas = desks::schemas();
    let live = Store::open(live.clone(), &schemas).await?;
    let groups = read(&live).await?;
    let store = Store::open(fresh.clone(), &schemas).await?;
    let mut db = store.writer().await?;
    let swabs: i64 = groups.iter().map(|g| g.swabs).sum();
    let mut took = Duration::ZERO;
    for group in &groups {
        let begun = Instant::now();
        write(&mut db, group).await?;
        took += begun.elapsed();
    }
    if swabs == 0 {
        bail!("the server wrote no swab");
    }
    Ok(swabs as f64 / took.as_secs_f64())
}

async fn write(db: &mut Connection, group: &Group) -> Result<()> {
    let empty = Vec::new();
    let rows = |name: &str| group.rows.get(name).unwrap_or(&empty);
    db.begin_write().await?;
    for source in &SOURCES {
        db.insert(source.insert, rows(source.name)).await?;
    }
    db.insert(&COUNTED, rows("round_count")).await?;
    db.insert(&SUMMED, rows("round_sum")).await?;
    db.insert(&BALANCE, rows("balance")).await?;
    Ok(db.commit().await?)
}

/// The server's rows, commit by commit: all rows of one commit share their time of recording.
async fn read(live: &Store) -> Result<Vec<Group>> {
    let until = last_commit(live).await?;
    let mut groups: std::collections::BTreeMap<i64, Group> = Default::default();
    for source in &SOURCES {
        let sql = format!("SELECT {}, {} FROM {}", source.command, source.columns, source.from);
        let mut rows = live.stream(&sql, Vec::new());
        while let Some(chunk) = rows.recv().await {
            for row in chunk? {
                let time = row.int(0)?;
                if time > until {
                    continue;
                }
                let group = groups.entry(time).or_default();
                group.swabs += i64::from(source.name == "swab");
                group.rows.entry(source.name).or_default().extend(row.0.into_iter().skip(1));
            }
        }
    }
    for group in groups.values_mut() {
        count(group);
    }
    Ok(groups.into_values().collect())
}

/// The commit with which the number of swabs to be written again is reached.
async fn last_commit(live: &Store) -> Result<i64> {
    let mut db = live.reader().await?;
    let sql = "SELECT record_time, count(*) FROM journal WHERE kind = 'testing.collect'
               GROUP BY record_time ORDER BY record_time";
    let mut swabs = 0;
    let mut last = 0;
    for row in db.query_text(sql, &[]).await? {
        last = row.int(0)?;
        swabs += row.int(1)? * 10;
        if swabs >= MOST {
            break;
        }
    }
    Ok(last)
}

/// The counters that go with a commit: persons by home, tubes by site, the balance. Which rows
/// are touched is what takes time; the amounts in them do not matter here.
fn count(group: &mut Group) {
    let (mut homes, mut rounds) = (HashMap::new(), HashMap::new());
    let tubes = group.rows.get("tube").map(Vec::as_slice).unwrap_or_default();
    let mut units = 0_i64;
    let mut area = Value::Null;
    for tube in tubes.chunks(14) {
        let [tube_area, _, Value::Id(round), _, _, Value::Text(community), ..] = tube else {
            continue;
        };
        let Some(Value::Text(home)) = tube.get(9) else { continue };
        area = tube_area.clone();
        units += 1;
        *rounds.entry((*round, community.clone())).or_insert(0_i64) += 1;
        for home in home.split(' ') {
            *homes.entry((*round, home.to_owned())).or_insert(0_i64) += 10;
        }
    }
    let (mut counted, mut sums) = (Vec::new(), HashMap::new());
    for (map, stage, tubes) in [(homes, "sampled", false), (rounds, "collected", true)] {
        for ((round, place), n) in map {
            let (persons, tubes) = if tubes { (n * 10, n) } else { (n, 0) };
            for level in [6, 9, 12] {
                let within = place.get(..level).unwrap_or(&place).to_owned();
                let sum = sums.entry((round, level as i64, within, stage)).or_insert((0, 0));
                *sum = (sum.0 + persons, sum.1 + tubes);
            }
            counted.extend([
                area.clone(),
                round.into(),
                place.into(),
                stage.into(),
                3_600_000_000_i64.into(),
                persons.into(),
                tubes.into(),
            ]);
        }
    }
    group.rows.insert("round_count", counted);
    let mut summed = Vec::new();
    for ((round, level, within, stage), (persons, tubes)) in sums {
        summed.extend([
            area.clone(),
            round.into(),
            level.into(),
            within.into(),
            stage.into(),
            3_600_000_000_i64.into(),
            persons.into(),
            tubes.into(),
        ]);
    }
    group.rows.insert("round_sum", summed);
    if units > 0 {
        let mut balance = Vec::new();
        for bucket in ["created", "site:bench"] {
            balance.extend([area.clone(), "T".into(), bucket.into(), units.into()]);
        }
        group.rows.insert("balance", balance);
    }
}

#[cfg(test)]
mod tests {
    use store::both_stores;

    use super::STATEMENTS;

    both_stores! {
        async fn every_statement_prepares(bed: TestBed) {
            let store = bed.open(&desks::schemas()).await.expect("opens");
            let mut reader = store.reader().await.expect("reader");
            for (name, statement) in STATEMENTS {
                reader.prepare(*statement).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            }
        }
    }
}
