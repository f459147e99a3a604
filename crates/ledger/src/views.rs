//! What the ledger can tell: the balance, what is late, who holds what, what does not fit, and
//! all of that as it was known at an earlier moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, CommandId, HolderCode, Micros, Refusal, UnitId, UnitKind};

pub use crate::as_of::{AsOf, as_of};
pub use crate::balance::BalanceLine;
use crate::balance::Bucket;
pub use crate::balance::UNKNOWN;
pub use crate::hindsight::{Hindsight, Later, LaterLine, hindsight};
pub use crate::late::{LateLine, late, late_units};
pub use crate::listing::{Standing, StandingLine, standing};
use crate::tables::{
    BALANCE_OF, FINDING_COUNTS, HELD_UNITS, HOLDER_OF, INSIDE_UNITS, JOURNAL_REFUSED,
    OPEN_FINDINGS, STOCK_OF,
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

/// Containers looked up in one statement.
pub(crate) const CHUNK: usize = 1_000;

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
pub(crate) fn unit_line(row: &Row, at: usize) -> Result<UnitLine> {
    Ok(UnitLine {
        id: UnitId::from_bytes(row.id(0)?),
        step: row.text(at)?.to_owned(),
        since: row.time(at + 1)?,
        deadline: row.opt_time(at + 2)?,
        content: row.text(at + 3)?.to_owned(),
        container: None,
    })
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

/// How many findings are open in a scope, from the counters.
///
/// # Errors
/// As [`balance`].
pub async fn findings_open(db: &mut Connection, scope: AreaScope) -> Result<i64> {
    let (low, high) = scope.bounds();
    let row = db.first(&FINDING_COUNTS, &[low.into(), high.into()]).await?;
    Ok(row.map_or(Ok(0), |row| row.int(0))?)
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
