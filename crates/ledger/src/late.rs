//! What is late, and with whom.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HolderCode, Micros, UnitId, UnitKind};

use crate::Result;
use crate::balance::UNKNOWN;
use crate::due::slot_of;
use crate::tables::{
    LATE_HELD, LATE_HELD_NOW, LATE_PACKED, LATE_PACKED_NOW, LATE_UNHELD, LATE_UNITS,
    LATE_UNITS_UNHELD, PACKED_IN,
};
use crate::views::{CHUNK, UnitLine, holders_of, kind_of, unit_line};

/// Late units of one county and one holder in one step. Sorts by the oldest deadline. Every late
/// unit is in one line: what lies in a container is late by its own limit, and with whoever holds
/// the outermost container, whether that is late or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LateLine {
    /// The deadline of the oldest.
    pub oldest_deadline: Micros,
    /// The county that they belong to.
    pub area: AreaCode,
    /// Who holds them; `unknown` where nobody has said.
    pub holder: String,
    /// What they are.
    pub kind: UnitKind,
    /// The step whose deadline has passed.
    pub step: String,
    /// They lie in containers, and what has passed is their own limit.
    pub packed: bool,
    /// How many.
    pub units: i64,
}

/// How many, and the deadline of the oldest.
type Sum = (i64, Micros);

/// Sums by county, who has them, kind and step.
struct Sums<W>(BTreeMap<(AreaCode, W, UnitKind, String), Sum>);

impl<W: Ord> Sums<W> {
    fn add(&mut self, (area, with, kind, step): (AreaCode, W, UnitKind, String), more: Sum) {
        let sum = self.0.entry((area, with, kind, step)).or_insert((0, more.1));
        *sum = (sum.0 + more.0, sum.1.min(more.1));
    }

    /// Adds rows of county, who has them, kind, step, number and oldest deadline.
    fn read(&mut self, rows: &[Row], with: impl Fn(&Row) -> store::Result<W>) -> Result<()> {
        for row in rows {
            let key = (row.area(0)?, with(row)?, kind_of(row.text(2)?)?, row.text(3)?.to_owned());
            self.add(key, (row.int(4)?, row.time(5)?));
        }
        Ok(())
    }
}

/// Who is late with how much, the oldest deadline first. From counters, but for deadlines of the
/// present quarter of an hour.
///
/// # Errors
/// [`crate::LedgerError`] when the store fails; as all functions here.
pub async fn late(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<Vec<LateLine>> {
    let packed = late_packed(db, scope, now).await?;
    let containers = packed.0.keys().map(|(_, container, ..)| *container);
    let holders = holders_of(db, containers).await?;
    let mut by_holder = Sums(BTreeMap::new());
    for ((area, container, kind, step), sum) in packed.0 {
        let holder = holders.get(&container).map_or(UNKNOWN, String::as_str).to_owned();
        by_holder.add((area, holder, kind, step), sum);
    }
    let outright = late_outright(db, scope, now).await?;
    let lines = [(outright, false), (by_holder, true)];
    let mut lines: Vec<LateLine> = lines
        .into_iter()
        .flat_map(|(sums, packed)| sums.0.into_iter().map(move |line| (line, packed)))
        .map(|(((area, holder, kind, step), (units, oldest_deadline)), packed)| LateLine {
            oldest_deadline,
            area,
            holder,
            kind,
            step,
            packed,
            units,
        })
        .collect();
    lines.sort();
    Ok(lines)
}

async fn late_outright(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<Sums<String>> {
    let ((low, high), slot) = (scope.bounds(), slot_of(now));
    let mut sums = Sums(BTreeMap::new());
    let holder = |row: &Row| row.text(1).map(ToOwned::to_owned);
    let params = [slot.into(), low.into(), high.into()];
    sums.read(&db.query(&LATE_HELD, &params).await?, holder)?;
    let params = [slot.into(), now.into(), low.into(), high.into()];
    sums.read(&db.query(&LATE_HELD_NOW, &params).await?, holder)?;
    let params = [now.into(), low.into(), high.into()];
    let nobody = |_: &Row| Ok(UNKNOWN.to_owned());
    sums.read(&db.query(&LATE_UNHELD, &params).await?, nobody)?;
    Ok(sums)
}

/// What is late in containers, by the container that it lies in directly.
async fn late_packed(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<Sums<UnitId>> {
    let ((low, high), slot) = (scope.bounds(), slot_of(now));
    let mut sums = Sums(BTreeMap::new());
    let container = |row: &Row| row.id(1).map(UnitId::from_bytes);
    let params = [slot.into(), low.into(), high.into()];
    sums.read(&db.query(&LATE_PACKED, &params).await?, container)?;
    let params = [slot.into(), now.into(), low.into(), high.into()];
    sums.read(&db.query(&LATE_PACKED_NOW, &params).await?, container)?;
    Ok(sums)
}

/// The late units of one holder, or (`None`) of those that nobody is known to hold, the oldest
/// deadline first: those that lie outright, and those in containers of that holder whose own
/// limit has passed. `after` is the deadline and the unit with which the page before ended.
///
/// # Errors
/// As [`late`].
pub async fn late_units(
    db: &mut Connection,
    scope: AreaScope,
    holder: Option<&HolderCode>,
    now: Micros,
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<UnitLine>> {
    let (low, high) = scope.bounds();
    let (at, id) = after.map_or((Micros(0), [0; 16]), |(at, id)| (at, id.bytes()));
    let mut params = vec![now.into(), low.into(), high.into(), limit.into(), at.into(), id.into()];
    let rows = match holder {
        Some(holder) => {
            params.push(holder.into());
            db.query(&LATE_UNITS, &params).await?
        }
        None => db.query(&LATE_UNITS_UNHELD, &params).await?,
    };
    let mut lines = rows.iter().map(|row| unit_line(row, 2)).collect::<Result<Vec<UnitLine>>>()?;
    let packed = late_packed(db, scope, now).await?;
    let containers: BTreeSet<UnitId> = packed.0.into_keys().map(|(_, id, ..)| id).collect();
    let holders = holders_of(db, containers.iter().copied()).await?;
    let wanted = holder.map(HolderCode::as_str);
    let theirs: Vec<Value> = containers
        .into_iter()
        .filter(|id| holders.get(id).map(String::as_str) == wanted)
        .map(Value::from)
        .collect();
    for keys in theirs.chunks(CHUNK) {
        for row in db.lookup(&PACKED_IN, keys).await? {
            let line = unit_line(&row, 1)?;
            let late = line.deadline.is_some_and(|deadline| {
                deadline < now && after.is_none_or(|after| (deadline, line.id) > after)
            });
            if late && scope.contains(line.id.area()) {
                let container = row.opt_id(5)?.map(UnitId::from_bytes);
                lines.push(UnitLine { container, ..line });
            }
        }
    }
    lines.sort_by_key(|line| (line.deadline, line.id));
    lines.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(lines)
}
