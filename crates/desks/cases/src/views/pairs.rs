//! Records that may be one case: kept in a table when a case opens, never searched for here.

use ledger::Result;
use store::{Connection, Row};
use types::{AreaScope, Micros, UnitId};

use crate::tables::{PAIRS_OF, PAIRS_OPEN};
use crate::words::KeyKind;

/// Two records that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairLine {
    /// The later one.
    pub case: UnitId,
    /// The earlier one.
    pub other: UnitId,
    /// How likely it is that they are one, out of 100.
    pub score: i64,
    /// What they share.
    pub by: Vec<KeyKind>,
    /// Since when it is known.
    pub found_at: Micros,
    /// `open`, `merged` or `different`.
    pub state: String,
    /// Who decided.
    pub settled_by: Option<String>,
    /// Why.
    pub note: String,
}

/// The last pair of the page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairCursor {
    /// Its score.
    pub score: i64,
    /// Since when.
    pub found_at: Micros,
    /// The later one.
    pub case: UnitId,
    /// The earlier one.
    pub other: UnitId,
}

impl std::fmt::Display for PairCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}_{}_{}", self.score, self.found_at.0, self.case, self.other)
    }
}

impl PairCursor {
    /// The place of a line.
    pub fn of(line: &PairLine) -> PairCursor {
        PairCursor {
            score: line.score,
            found_at: line.found_at,
            case: line.case,
            other: line.other,
        }
    }

    /// Reads what [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<PairCursor> {
        let mut parts = text.splitn(4, '_');
        Some(PairCursor {
            score: parts.next()?.parse().ok()?,
            found_at: Micros(parts.next()?.parse().ok()?),
            case: UnitId::parse(parts.next()?).ok()?,
            other: UnitId::parse(parts.next()?).ok()?,
        })
    }
}

fn read(row: &Row) -> store::Result<PairLine> {
    Ok(PairLine {
        case: UnitId::from_bytes(row.id(0)?),
        other: UnitId::from_bytes(row.id(1)?),
        score: row.int(2)?,
        by: row.text(3)?.split(' ').filter_map(KeyKind::parse).collect(),
        found_at: row.time(4)?,
        state: row.opt_text(5)?.unwrap_or("open").to_owned(),
        settled_by: row.opt_text(6)?.map(ToOwned::to_owned),
        note: row.opt_text(7)?.unwrap_or_default().to_owned(),
    })
}

/// Open pairs of a scope, the likeliest first.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn pairs(
    db: &mut Connection,
    scope: AreaScope,
    after: Option<PairCursor>,
    limit: i64,
) -> Result<Vec<PairLine>> {
    let (low, high) = scope.bounds();
    let top = UnitId::from_bytes([0xff; 16]);
    let after =
        after.unwrap_or(PairCursor { score: 101, found_at: Micros::MAX, case: top, other: top });
    let params = [
        after.score.into(),
        after.found_at.into(),
        after.case.into(),
        after.other.into(),
        low.into(),
        high.into(),
        limit.into(),
    ];
    let rows = db.query(&PAIRS_OPEN, &params).await?;
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// The pairs that a case is one of, whatever became of them.
///
/// # Errors
/// As [`pairs`].
pub async fn pairs_of(db: &mut Connection, case: UnitId) -> Result<Vec<PairLine>> {
    let rows = db.query(&PAIRS_OF, &[case.area().into(), case.into()]).await?;
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}
