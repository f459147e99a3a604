//! Where infections lie, for maps. They read counters.

use ledger::Result;
use store::Connection;
use types::{AreaCode, AreaScope, Micros, PlaceCode};

use crate::tables::{AREAS_SINCE, PLACES_SINCE, STREETS_SINCE};
use crate::words::FoundIn;

/// Infections since a time by place, as far as it is known, within one place of a county: place,
/// hour, where found, how many.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails or holds what this program cannot read; as all
/// functions here.
pub async fn by_place(
    db: &mut Connection,
    within: &PlaceCode,
    since: Micros,
) -> Result<Vec<(PlaceCode, Micros, Option<FoundIn>, i64)>> {
    let Some(area) = within.area() else { return Ok(Vec::new()) };
    // Codes are digits, capitals and hyphens: all that start alike lie before this one.
    let end = format!("{within}~");
    let params = [area.into(), within.into(), end.into(), since.into()];
    let mut found = Vec::new();
    for row in db.query(&PLACES_SINCE, &params).await? {
        if let Ok(place) = PlaceCode::parse(row.text(0)?) {
            found.push((place, row.time(1)?, FoundIn::parse(row.text(2)?), row.int(3)?));
        }
    }
    Ok(found)
}

/// Infections since a time by county: county, hour, where found, how many.
///
/// # Errors
/// As [`by_place`].
pub async fn by_area_and_hour(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
) -> Result<Vec<(AreaCode, Micros, Option<FoundIn>, i64)>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&AREAS_SINCE, &[since.into(), low.into(), high.into()]).await?;
    let read = |row: &store::Row| {
        Ok((row.area(0)?, row.time(1)?, FoundIn::parse(row.text(2)?), row.int(3)?))
    };
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// Infections somewhere in a county: the county, the first digits of the place's code, hour, where found, how
/// many.
pub type Somewhere = (AreaCode, String, Micros, Option<FoundIn>, i64);

/// Infections since a time by county and by the first `digits` of the code of the place, as far as it is
/// known.
///
/// # Errors
/// As [`by_place`].
pub async fn by_street_and_hour(
    db: &mut Connection,
    scope: AreaScope,
    since: Micros,
    digits: i64,
) -> Result<Vec<Somewhere>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), since.into(), digits.into()];
    let read = |row: &store::Row| {
        let found_in = FoundIn::parse(row.text(3)?);
        Ok((row.area(0)?, row.text(1)?.to_owned(), row.time(2)?, found_in, row.int(4)?))
    };
    let rows = db.query(&STREETS_SINCE, &params).await?;
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}
