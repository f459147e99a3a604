//! What the command desk can tell: bulletins, decisions, forecasts.

use jiff::civil::Date;
use ledger::{Cursor, Result};
use store::Connection;
use types::{AreaScope, CommandId, Micros};

use crate::basis::Basis;
use crate::document::Frozen;
use crate::rows::{Bulletin, Decision, Forecast, read_bulletin, read_decision, read_forecast};
use crate::tables;

/// What the bulletin of a window is made from, as it is now.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails or holds what this program cannot read; as all
/// functions here.
pub async fn basis(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<Basis> {
    crate::load::basis(db, scope, from, until).await
}

/// Bulletins whose areas overlap with a scope, the latest window first.
///
/// # Errors
/// As [`basis`].
pub async fn bulletins(
    db: &mut Connection,
    scope: AreaScope,
    after: Option<Cursor<CommandId>>,
    limit: i64,
) -> Result<Vec<Bulletin>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::falling(after);
    let params = [at, id, high.into(), low.into(), limit.into()];
    let rows = db.query(&tables::BULLETINS, &params).await?;
    Ok(rows.iter().map(read_bulletin).collect::<store::Result<_>>()?)
}

/// One bulletin.
///
/// # Errors
/// As [`basis`].
pub async fn bulletin(db: &mut Connection, id: CommandId) -> Result<Option<Bulletin>> {
    let rows = db.lookup(&tables::BULLETIN_BY_ID, &[id.into()]).await?;
    Ok(rows.first().map(read_bulletin).transpose()?)
}

/// The bulletin that holds of exactly these areas and hours.
///
/// # Errors
/// As [`basis`].
pub async fn bulletin_of(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<Option<Bulletin>> {
    let params = [scope.to_string().into(), from.into(), until.into()];
    let row = db.first(&tables::BULLETIN_OF_WINDOW, &params).await?;
    Ok(row.as_ref().map(read_bulletin).transpose()?)
}

/// The cases behind a bulletin's figures, as they were.
///
/// # Errors
/// As [`basis`].
pub async fn frozen(db: &mut Connection, bulletin: &Bulletin) -> Result<Vec<Frozen>> {
    let params = [bulletin.area.into(), bulletin.id.into()];
    match db.first(&tables::BULLETIN_CASES, &params).await? {
        Some(row) => Ok(row.json(0)?),
        None => Ok(Vec::new()),
    }
}

/// Which decisions a log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of areas that overlap with these.
    pub scope: AreaScope,
    /// With these words; empty for all.
    pub words: String,
    /// Only those that are not over at this time.
    pub not_over: Option<Micros>,
    /// As known at this time.
    pub as_of: Option<Micros>,
}

impl Filter {
    /// All of a scope.
    pub fn of(scope: AreaScope) -> Filter {
        Filter { scope, words: String::new(), not_over: None, as_of: None }
    }
}

/// The log of decisions, the latest first.
///
/// # Errors
/// As [`basis`].
pub async fn decisions(
    db: &mut Connection,
    filter: &Filter,
    after: Option<Cursor<CommandId>>,
    limit: i64,
) -> Result<Vec<Decision>> {
    let (low, high) = filter.scope.bounds();
    let [at, id] = Cursor::falling(after);
    // A search is for letters, and not for a pattern.
    let words: String = filter.words.trim().to_lowercase().replace(['%', '_'], " ");
    let params = [
        at,
        id,
        high.into(),
        low.into(),
        words.into(),
        filter.not_over.is_some().into(),
        filter.not_over.unwrap_or(Micros(0)).into(),
        filter.as_of.unwrap_or(Micros::MAX).into(),
        limit.into(),
    ];
    let rows = db.query(&tables::DECISIONS, &params).await?;
    Ok(rows.iter().map(read_decision).collect::<store::Result<_>>()?)
}

/// The decisions that hold at a time for areas that overlap with a scope, those that end first first.
///
/// # Errors
/// As [`basis`].
pub async fn in_force(
    db: &mut Connection,
    scope: AreaScope,
    at: Micros,
    limit: i64,
) -> Result<Vec<Decision>> {
    let (low, high) = scope.bounds();
    let params = [at.into(), high.into(), low.into(), limit.into()];
    let rows = db.query(&tables::DECISIONS_IN_FORCE, &params).await?;
    Ok(rows.iter().map(read_decision).collect::<store::Result<_>>()?)
}

/// One decision.
///
/// # Errors
/// As [`basis`].
pub async fn decision(db: &mut Connection, id: CommandId) -> Result<Option<Decision>> {
    let rows = db.lookup(&tables::DECISION_BY_ID, &[id.into()]).await?;
    Ok(rows.first().map(read_decision).transpose()?)
}

/// The forecasts of exactly these areas whose last known day lies between two days, the latest first.
///
/// # Errors
/// As [`basis`].
pub async fn forecasts(
    db: &mut Connection,
    scope: AreaScope,
    first: Date,
    last: Date,
    limit: i64,
) -> Result<Vec<Forecast>> {
    let params =
        [scope.to_string().into(), first.to_string().into(), last.to_string().into(), limit.into()];
    let rows = db.query(&tables::FORECASTS, &params).await?;
    Ok(rows.iter().map(read_forecast).collect::<store::Result<_>>()?)
}
