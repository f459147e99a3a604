//! Who can answer for a unit: sites, couriers, laboratories, desks.

use std::collections::HashMap;

use ledger::Result;
use serde::Serialize;
use store::{Connection, Row, Value};
use types::{AreaCode, AreaScope, HolderCode, PlaceCode};

use crate::load::place_code;
use crate::tables::{HOLDER_BY_CODE, HOLDERS_AFTER, HOLDERS_OF};

/// A holder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HolderLine {
    /// Its county.
    pub area: AreaCode,
    /// Its code.
    pub code: HolderCode,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English; may be empty.
    pub name_en: String,
    /// The place that it stands in.
    pub place: Option<PlaceCode>,
    /// Longitude and latitude (WGS 84, degrees).
    pub position: Option<(f64, f64)>,
    /// Whether it works at present.
    pub active: bool,
}

fn holder_line(row: &Row) -> Result<HolderLine> {
    let code = HolderCode::parse(row.text(1)?)
        .map_err(|e| crate::RegistryError::Row { table: "holder", reason: e.to_string() })?;
    let position = match (row.opt_real(5)?, row.opt_real(6)?) {
        (Some(lon), Some(lat)) => Some((lon, lat)),
        _ => None,
    };
    Ok(HolderLine {
        area: row.area(0)?,
        code,
        name_zh: row.text(2)?.to_owned(),
        name_en: row.text(3)?.to_owned(),
        place: row.opt_text(4)?.map(|text| place_code("holder", text)).transpose()?,
        position,
        active: row.flag(7)?,
    })
}

/// The holders of a scope, of one kind or (empty) of all.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn holders(db: &mut Connection, scope: AreaScope, kind: &str) -> Result<Vec<HolderLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&HOLDERS_OF, &[low.into(), high.into(), kind.into()]).await?;
    rows.iter().map(holder_line).collect()
}

/// A page of the holders of a scope, by county and code, after one of them.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn holders_after(
    db: &mut Connection,
    scope: AreaScope,
    kind: &str,
    after: Option<(AreaCode, &HolderCode)>,
    limit: i64,
) -> Result<Vec<HolderLine>> {
    let (low, high) = scope.bounds();
    let (area, code) =
        after.map_or((Value::from(low), ""), |(area, code)| (area.into(), code.as_str()));
    let params = [low.into(), high.into(), kind.into(), area, code.into(), limit.into()];
    let rows = db.query(&HOLDERS_AFTER, &params).await?;
    rows.iter().map(holder_line).collect()
}

/// Holders by their codes; unknown ones are left out.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn holders_by_code(
    db: &mut Connection,
    codes: &[HolderCode],
) -> Result<HashMap<HolderCode, HolderLine>> {
    let keys: Vec<Value> = codes.iter().map(Value::from).collect();
    let mut found = HashMap::new();
    for row in db.lookup(&HOLDER_BY_CODE, &keys).await? {
        let line = holder_line(&row)?;
        found.insert(line.code.clone(), line);
    }
    Ok(found)
}
