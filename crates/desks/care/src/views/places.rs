//! Facilities, wards and beds.

use ledger::Result;
use store::{Connection, Value};
use types::{AreaScope, HolderCode};

use crate::rows::{Bed, Facility, Ward, read_bed, read_facility, read_ward};
use crate::tables::{BEDS_OF_WARD, FACILITIES, FACILITY_BY_CODE, WARDS, WARDS_OF};

/// Most facilities and wards that a board reads.
const MOST: i64 = 20_000;

/// One facility.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn facility(db: &mut Connection, code: &HolderCode) -> Result<Option<Facility>> {
    let rows = db.lookup(&FACILITY_BY_CODE, &[code.into()]).await?;
    rows.first().map(read_facility).transpose().map_err(Into::into)
}

/// The facilities of these codes that there are.
///
/// # Errors
/// As [`facility`].
pub async fn facilities_by_code(
    db: &mut Connection,
    codes: &[HolderCode],
) -> Result<Vec<Facility>> {
    let keys: Vec<Value> = codes.iter().map(Value::from).collect();
    let rows = db.lookup(&FACILITY_BY_CODE, &keys).await?;
    rows.iter().map(|row| read_facility(row).map_err(Into::into)).collect()
}

/// The facilities that a scope sees: those that lie in it, and those that serve all of it.
///
/// # Errors
/// As [`facility`].
pub async fn facilities(db: &mut Connection, scope: AreaScope) -> Result<Vec<Facility>> {
    let rows = db.query(&FACILITIES, &[MOST.into()]).await?;
    let all: store::Result<Vec<Facility>> = rows.iter().map(read_facility).collect();
    let seen = |f: &Facility| scope.contains(f.area) || f.serves.covers(scope);
    Ok(all?.into_iter().filter(seen).collect())
}

/// The wards of a facility.
///
/// # Errors
/// As [`facility`].
pub async fn wards(db: &mut Connection, code: &HolderCode) -> Result<Vec<Ward>> {
    let rows = db.query(&WARDS_OF, &[code.into()]).await?;
    rows.iter().map(|row| read_ward(row).map_err(Into::into)).collect()
}

/// The beds of a ward in the order of their labels.
///
/// # Errors
/// As [`facility`].
pub async fn ward_beds(db: &mut Connection, code: &HolderCode, ward: &str) -> Result<Vec<Bed>> {
    let rows = db.lookup(&BEDS_OF_WARD, &[code.into(), ward.into()]).await?;
    let beds: store::Result<Vec<Bed>> = rows.iter().map(read_bed).collect();
    let mut beds = beds?;
    beds.sort_by(|a, b| (&a.room, &a.label).cmp(&(&b.room, &b.label)));
    Ok(beds)
}

/// A facility with its wards.
#[derive(Clone, Debug)]
pub struct Board {
    /// The facility.
    pub facility: Facility,
    /// Its wards.
    pub wards: Vec<Ward>,
}

/// The facilities of a scope with their wards.
///
/// # Errors
/// As [`facility`].
pub async fn board(db: &mut Connection, scope: AreaScope) -> Result<Vec<Board>> {
    let mut boards: Vec<Board> = facilities(db, scope)
        .await?
        .into_iter()
        .map(|facility| Board { facility, wards: Vec::new() })
        .collect();
    for row in db.query(&WARDS, &[MOST.into()]).await? {
        let ward = read_ward(&row)?;
        if let Some(board) = boards.iter_mut().find(|b| b.facility.code == ward.facility) {
            board.wards.push(ward);
        }
    }
    Ok(boards)
}
