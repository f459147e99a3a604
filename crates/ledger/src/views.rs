//! What the ledger can tell: the balance, what is late, who holds what, what does not fit, and
//! all of that as it was known at an earlier moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, Refusal, UnitId, UnitKind};

pub use crate::as_of::{AsOf, as_of};
pub use crate::balance::BalanceLine;
use crate::balance::{Bucket, UNKNOWN};
pub use crate::hindsight::{Hindsight, Later, LaterLine, hindsight};
use crate::tables::{
    BALANCE_OF, HELD_UNITS, HOLDER_OF, INSIDE_UNITS, JOURNAL_REFUSED, LATE_BY_HOLDER, LATE_PACKED,
    LATE_UNITS, OPEN_FINDINGS, PACKED_IN, STOCK_OF,
};
use crate::{Custody, LedgerError, Moment, MomentRef, Result, fold};

/// The balance of every kind of unit in every area.
pub type Balance = BTreeMap<(AreaCode, UnitKind), BalanceLine>;

/// The balance of the areas in a scope, from the counters.
///
/// # Errors
/// [`LedgerError`] when the store fails; as all functions here.
pub async fn balance(db: &mut Connection, scope: AreaScope) -> Result<Balance> {
    let (low, high) = scope.bounds();
    let mut lines = Balance::new();
    for row in db.query(&BALANCE_OF, &[low.into(), high.into()]).await? {
        let kind = kind_of(row.text(1)?)?;
        lines
            .entry((row.area(0)?, kind))
            .or_default()
            .add(Bucket::parse(row.text(2)?), row.int(3)?);
    }
    Ok(lines.into_iter().map(|(key, line)| (key, line.tidy())).collect())
}

/// Quantities by area and commodity, account by account. Each sums to zero.
pub type Stock = BTreeMap<(AreaCode, String), BTreeMap<String, i64>>;

/// The quantities of the areas in a scope, from the accounts.
///
/// # Errors
/// As [`balance`].
pub async fn stock(db: &mut Connection, scope: AreaScope) -> Result<Stock> {
    let (low, high) = scope.bounds();
    let mut lines = Stock::new();
    for row in db.query(&STOCK_OF, &[low.into(), high.into()]).await? {
        let key = (row.area(0)?, row.text(1)?.to_owned());
        lines.entry(key).or_default().insert(row.text(2)?.to_owned(), row.int(3)?);
    }
    Ok(lines)
}

/// Late units of one county and one holder in one step. Sorts by the oldest deadline. Every late unit is in one
/// line: what lies in a container is late by its own limit, and with whoever holds the outermost
/// container, whether that is late or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LateLine {
    /// The deadline of the oldest.
    pub oldest_deadline: Micros,
    /// The county that they belong to.
    pub area: AreaCode,
    /// Who holds them.
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

/// Who is late with how much, the oldest deadline first.
///
/// # Errors
/// As [`balance`].
pub async fn late(db: &mut Connection, scope: AreaScope, now: Micros) -> Result<Vec<LateLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&LATE_BY_HOLDER, &[now.into(), low.into(), high.into()]).await?;
    let mut lines = rows
        .iter()
        .map(|row| {
            Ok(LateLine {
                area: row.area(0)?,
                holder: row.opt_text(1)?.unwrap_or(UNKNOWN).to_owned(),
                kind: kind_of(row.text(2)?)?,
                step: row.text(3)?.to_owned(),
                packed: false,
                units: row.int(4)?,
                oldest_deadline: row.time(5)?,
            })
        })
        .collect::<Result<Vec<LateLine>>>()?;
    let packed = late_packed(db, scope, now).await?;
    let holders = holders_of(db, packed.iter().map(|line| line.parent)).await?;
    let mut sums: BTreeMap<(AreaCode, &str, UnitKind, &str), (i64, Micros)> = BTreeMap::new();
    for line in &packed {
        let holder = holders.get(&line.parent).map_or(UNKNOWN, String::as_str);
        let key = (line.area, holder, line.kind, line.step.as_str());
        let sum = sums.entry(key).or_insert((0, line.oldest));
        *sum = (sum.0 + line.units, line.oldest.min(sum.1));
    }
    lines.extend(sums.into_iter().map(|((area, holder, kind, step), (units, oldest_deadline))| {
        let (holder, step) = (holder.to_owned(), step.to_owned());
        LateLine { oldest_deadline, area, holder, kind, step, packed: true, units }
    }));
    lines.sort();
    Ok(lines)
}

/// What is late in one container, of one kind in one step.
struct PackedLine {
    area: AreaCode,
    parent: UnitId,
    kind: UnitKind,
    step: String,
    units: i64,
    oldest: Micros,
}

async fn late_packed(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
) -> Result<Vec<PackedLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&LATE_PACKED, &[now.into(), low.into(), high.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(PackedLine {
                area: row.area(0)?,
                parent: UnitId::from_bytes(row.id(1)?),
                kind: kind_of(row.text(2)?)?,
                step: row.text(3)?.to_owned(),
                units: row.int(4)?,
                oldest: row.time(5)?,
            })
        })
        .collect()
}

/// Containers looked up in one statement.
const CHUNK: usize = 1_000;

/// Who holds units: the holder of the outermost container of each. Those that nobody is known to
/// hold are left out.
///
/// # Errors
/// As [`balance`].
pub async fn holders_of(
    db: &mut Connection,
    units: impl Iterator<Item = UnitId>,
) -> Result<HashMap<UnitId, String>> {
    let asked: BTreeSet<UnitId> = units.collect();
    let mut known: HashMap<UnitId, (Option<String>, Option<UnitId>)> = HashMap::new();
    let mut wanted: BTreeSet<UnitId> = asked.clone();
    while !wanted.is_empty() {
        let ids: Vec<UnitId> = std::mem::take(&mut wanted).into_iter().collect();
        for ids in ids.chunks(CHUNK) {
            let keys: Vec<Value> =
                ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
            for row in db.lookup(&HOLDER_OF, &keys).await? {
                let parent = row.opt_id(2)?.map(UnitId::from_bytes);
                let holder = row.opt_text(1)?.map(ToOwned::to_owned);
                known.insert(UnitId::from_bytes(row.id(0)?), (holder, parent));
                wanted.extend(parent);
            }
        }
        wanted.retain(|id| !known.contains_key(id));
    }
    let holder_of = |id: &UnitId| {
        let mut at = known.get(id)?;
        // A tampered table may hold a ring: give up after as many steps as there are units.
        for _ in 0..known.len() {
            let Some(parent) = at.1 else { break };
            at = known.get(&parent)?;
        }
        at.0.clone()
    };
    Ok(asked.iter().filter_map(|id| Some((*id, holder_of(id)?))).collect())
}

/// One unit on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitLine {
    /// The unit.
    pub id: UnitId,
    /// Its step.
    pub step: String,
    /// Since when its holder answers for it.
    pub since: Micros,
    /// The clock that runs for it: see [`Custody::due`].
    pub deadline: Option<Micros>,
    /// What it contains, for example `220202:T=38`.
    pub content: String,
    /// The container that it lies in directly.
    pub container: Option<UnitId>,
}

/// Reads id, step, since, deadline and content from column `at` on.
fn unit_line(row: &Row, at: usize) -> Result<UnitLine> {
    Ok(UnitLine {
        id: UnitId::from_bytes(row.id(0)?),
        step: row.text(at)?.to_owned(),
        since: row.time(at + 1)?,
        deadline: row.opt_time(at + 2)?,
        content: row.text(at + 3)?.to_owned(),
        container: None,
    })
}

/// The late units of one holder, the oldest deadline first: those that lie outright, and those
/// in containers of that holder whose own limit has passed.
///
/// # Errors
/// As [`balance`].
pub async fn late_units(
    db: &mut Connection,
    scope: AreaScope,
    holder: &HolderCode,
    now: Micros,
    limit: i64,
) -> Result<Vec<UnitLine>> {
    let (low, high) = scope.bounds();
    let params = [now.into(), low.into(), high.into(), holder.into(), limit.into()];
    let rows = db.query(&LATE_UNITS, &params).await?;
    let mut lines = rows.iter().map(|row| unit_line(row, 2)).collect::<Result<Vec<UnitLine>>>()?;
    let packed = late_packed(db, scope, now).await?;
    let holders = holders_of(db, packed.iter().map(|line| line.parent)).await?;
    let parents: BTreeSet<UnitId> = packed
        .iter()
        .map(|line| line.parent)
        .filter(|parent| holders.get(parent).is_some_and(|by| by == holder.as_str()))
        .collect();
    let parents: Vec<Value> = parents.into_iter().map(Value::from).collect();
    for keys in parents.chunks(CHUNK) {
        for row in db.lookup(&PACKED_IN, keys).await? {
            let line = unit_line(&row, 1)?;
            let late = line.deadline.is_some_and(|deadline| deadline < now);
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

/// What a holder holds outright (not inside a container), most urgent first.
///
/// # Errors
/// As [`balance`].
pub async fn held(db: &mut Connection, holder: &HolderCode, limit: i64) -> Result<Vec<UnitLine>> {
    let rows = db.query(&HELD_UNITS, &[holder.into(), limit.into()]).await?;
    rows.iter().map(|row| unit_line(row, 1)).collect()
}

/// What lies directly in a container.
///
/// # Errors
/// As [`balance`].
pub async fn inside(db: &mut Connection, container: UnitId, limit: i64) -> Result<Vec<UnitLine>> {
    let rows = db.query(&INSIDE_UNITS, &[container.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(UnitLine {
                id: UnitId::from_bytes(row.id(0)?),
                step: row.text(1)?.to_owned(),
                since: row.time(2)?,
                deadline: row.opt_time(3)?,
                content: String::new(),
                container: Some(container),
            })
        })
        .collect()
}

/// Something that does not fit, still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenFinding {
    /// The unit.
    pub unit: UnitId,
    /// The kind, as [`crate::FindingKind::as_str`].
    pub kind: String,
    /// The move at which it shows.
    pub at: MomentRef,
    /// The move that contradicts it.
    pub against: Option<MomentRef>,
}

/// Disputes, gaps, unexplained arrivals: all that is open in a scope.
///
/// # Errors
/// As [`balance`].
pub async fn findings(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<OpenFinding>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&OPEN_FINDINGS, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            let reference = |command: [u8; 16], n: i64| MomentRef {
                command: CommandId::from_bytes(command),
                n: u32::try_from(n).unwrap_or(u32::MAX),
            };
            Ok(OpenFinding {
                unit: UnitId::from_bytes(row.id(0)?),
                kind: row.text(1)?.to_owned(),
                at: reference(row.id(2)?, row.int(3)?),
                against: row.opt_id(4)?.zip(row.opt_int(5)?).map(|(c, n)| reference(c, n)),
            })
        })
        .collect()
}

/// A unit's history, oldest event first, and its custody as known at `as_of`.
///
/// # Errors
/// As [`balance`].
pub async fn history(
    db: &mut Connection,
    unit: UnitId,
    as_of: Micros,
) -> Result<(Custody, Vec<Moment>)> {
    let mut units = crate::Units::default();
    units.load(db, &[unit]).await?;
    let mut moments: Vec<Moment> =
        units.moments(unit).iter().filter(|m| m.record_time <= as_of).cloned().collect();
    moments.sort_by_key(|m| (m.event_time, m.reference));
    Ok((fold(&moments), moments))
}

/// A command that a rule turned down. It stays in the journal, without effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedLine {
    /// Its number in the journal.
    pub seq: i64,
    /// The county.
    pub area: AreaCode,
    /// The command.
    pub command: CommandId,
    /// What was asked, for example `testing.collect`.
    pub kind: String,
    /// When it is said to have happened.
    pub event_time: Micros,
    /// When we learnt of it.
    pub record_time: Micros,
    /// Who asked.
    pub actor: String,
    /// The device.
    pub device: Option<String>,
    /// Why not.
    pub refusal: Refusal,
    /// The command as it was sent, as JSON.
    pub body: String,
}

/// Refused commands of a scope, the latest first, before a given number.
///
/// # Errors
/// As [`balance`].
pub async fn refused(
    db: &mut Connection,
    scope: AreaScope,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RefusedLine>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), before.unwrap_or(i64::MAX).into(), limit.into()];
    let rows = db.query(&JOURNAL_REFUSED, &params).await?;
    rows.iter()
        .map(|row| {
            let seq = row.int(0)?;
            let refusal = serde_json::from_str(row.text(8)?)
                .map_err(|e| LedgerError::Unreadable { seq, reason: e.to_string() })?;
            Ok(RefusedLine {
                seq,
                area: row.area(1)?,
                command: CommandId::from_bytes(row.id(2)?),
                kind: row.text(3)?.to_owned(),
                event_time: row.time(4)?,
                record_time: row.time(5)?,
                actor: row.text(6)?.to_owned(),
                device: row.opt_text(7)?.map(ToOwned::to_owned),
                refusal,
                body: row.text(9)?.to_owned(),
            })
        })
        .collect()
}

pub(crate) fn kind_of(text: &str) -> Result<UnitKind> {
    text.chars()
        .next()
        .and_then(|c| UnitKind::try_from(c).ok())
        .ok_or_else(|| LedgerError::Unreadable { seq: -1, reason: format!("unit kind {text:?}") })
}
