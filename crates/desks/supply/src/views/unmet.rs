//! Households that lack something, of any kind: how many by community, and who.

use ledger::{Cursor, Result};
use store::{Connection, Value};
use types::{AreaCode, AreaScope, HouseholdId, Micros};

use super::homes::listed;
use crate::rows::Household;
use crate::tables::unmet::{
    HOUSEHOLDS_ENTITLED, HOUSEHOLDS_UNMET, HOUSEHOLDS_UNMET_IN, UNMET_COUNTS,
};
use crate::unmet::ALARM_AFTER;

/// How many households of a community lack something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetLine {
    /// The county.
    pub area: AreaCode,
    /// The community.
    pub community: String,
    /// Households on the list: of [`unmet`] before the hour that runs.
    pub households: i64,
    /// Of these, those that have been on it for longer than [`ALARM_AFTER`]: before [`alarm_before`].
    pub alarm: i64,
}

/// What was lacking before this has been lacking for too long.
pub fn alarm_before(now: Micros) -> Micros {
    (now - ALARM_AFTER).hour_start()
}

/// How many households lack something, by community and by the counters; `community` empty for all.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn unmet_counts(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    now: Micros,
) -> Result<Vec<UnmetLine>> {
    let (low, high) = scope.bounds();
    let params: [Value; 5] = [
        low.into(),
        high.into(),
        now.hour_start().into(),
        alarm_before(now).into(),
        community.into(),
    ];
    let mut lines = Vec::new();
    for row in db.query(&UNMET_COUNTS, &params).await? {
        let line = UnmetLine {
            area: row.area(0)?,
            community: row.text(1)?.to_owned(),
            households: row.int(2)?,
            alarm: row.int(3)?,
        };
        if line.households > 0 {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Households that have lacked something since before a time, the longest first; `community` empty for all.
///
/// # Errors
/// As [`unmet_counts`].
pub async fn unmet(
    db: &mut Connection,
    scope: AreaScope,
    (community, before): (&str, Micros),
    after: Option<Cursor<HouseholdId>>,
    limit: i64,
) -> Result<Vec<Household>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let rows = match community {
        "" => {
            let params: [Value; 6] = [at, id, before.into(), low.into(), high.into(), limit.into()];
            db.query(&HOUSEHOLDS_UNMET, &params).await?
        }
        community => {
            let params: [Value; 7] =
                [community.into(), at, id, before.into(), low.into(), high.into(), limit.into()];
            db.query(&HOUSEHOLDS_UNMET_IN, &params).await?
        }
    };
    listed(db, &rows).await
}

/// Households under restriction that are owed packs, those first whose food is due first; `community` empty for all,
/// `waiting` for those alone of which no pack is under way.
///
/// # Errors
/// As [`unmet_counts`].
pub async fn entitled(
    db: &mut Connection,
    scope: AreaScope,
    (community, waiting): (&str, bool),
    after: Option<Cursor<HouseholdId>>,
    limit: i64,
) -> Result<Vec<Household>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let which: i64 = if waiting { 1 } else { 0 };
    let params: [Value; 7] =
        [at, id, low.into(), high.into(), community.into(), which.into(), limit.into()];
    let rows = db.query(&HOUSEHOLDS_ENTITLED, &params).await?;
    listed(db, &rows).await
}
