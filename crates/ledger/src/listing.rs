//! The rows behind the balance: the units of one kind in one county, by how they stand.

use serde::Serialize;
use store::{Connection, Value};
use types::{AreaCode, Micros, UnitId, UnitKind};

use crate::Result;
use crate::tables::{UNITS_CREATED, UNITS_ENDED, UNITS_ENDED_BY, UNITS_OPEN};
use crate::views::{UnitLine, holders_of};

/// Which units of a kind are asked for: each is one number of the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// All that were created.
    Created,
    /// Those that somebody holds.
    Open,
    /// Those whose story has ended.
    Ended,
    /// Those that ended for one reason, for example `lost`.
    EndedBy(&'a str),
}

/// One unit with who answers for it, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandingLine {
    /// The unit, with the container that it lies in.
    pub unit: UnitLine,
    /// Who holds it, or held it last: the holder of the outermost container.
    pub holder: Option<String>,
    /// Why and when it ended.
    pub closed: Option<(String, Micros)>,
}

/// Units of a kind in a county, in the order of their codes, after a given one.
///
/// # Errors
/// [`crate::LedgerError`] when the store fails.
pub async fn standing(
    db: &mut Connection,
    area: AreaCode,
    kind: UnitKind,
    standing: Standing<'_>,
    after: Option<UnitId>,
    limit: i64,
) -> Result<Vec<StandingLine>> {
    let after = after.unwrap_or(UnitId::from_bytes([0; 16]));
    let mut params: Vec<Value> = vec![area.into(), after.into(), kind.to_string().into()];
    let query = match standing {
        Standing::Created => &UNITS_CREATED,
        Standing::Open => &UNITS_OPEN,
        Standing::Ended => &UNITS_ENDED,
        Standing::EndedBy(reason) => {
            params.push(reason.into());
            &UNITS_ENDED_BY
        }
    };
    params.push(limit.into());
    let rows = db.query(query, &params).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let closed = row.opt_text(7)?.map(ToOwned::to_owned).zip(row.opt_time(8)?);
        lines.push(StandingLine {
            unit: UnitLine {
                id: UnitId::from_bytes(row.id(0)?),
                step: row.text(1)?.to_owned(),
                since: row.time(2)?,
                deadline: row.opt_time(3)?,
                content: row.text(4)?.to_owned(),
                container: row.opt_id(6)?.map(UnitId::from_bytes),
            },
            holder: row.opt_text(5)?.map(ToOwned::to_owned),
            closed,
        });
    }
    let holders = holders_of(db, lines.iter().filter_map(|line| line.unit.container)).await?;
    for line in &mut lines {
        if let Some(container) = line.unit.container {
            line.holder = holders.get(&container).cloned();
        }
    }
    Ok(lines)
}
