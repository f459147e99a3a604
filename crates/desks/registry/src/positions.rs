//! Where places are on the map, for whoever plans ways: a place that does not say so is where the
//! narrowest place around it is.

use std::collections::HashMap;

use store::{Connection, Value};
use types::{AreaCode, PlaceCode};

use crate::tables::PLACE_AT;

/// A place and those that it lies in, the narrowest first, also where its code is of no level.
pub fn around(place: &PlaceCode) -> Vec<String> {
    let text = place.as_str();
    let mut codes: Vec<String> = vec![text.to_owned()];
    codes.extend(text.match_indices('-').rev().map(|(at, _)| text[..at].to_owned()));
    let digits = text.split('-').next().unwrap_or("").to_owned();
    for length in [12, 9, 6] {
        if digits.len() >= length {
            codes.push(digits[..length].to_owned());
        }
    }
    codes.dedup();
    codes
}

/// Degrees east and north of places and of those [`around`] them, by code, where they are known.
///
/// # Errors
/// When the store fails.
pub async fn positions<'a>(
    db: &mut Connection,
    places: impl Iterator<Item = &'a PlaceCode>,
) -> store::Result<HashMap<String, (f64, f64)>> {
    let mut wanted: Vec<(AreaCode, String)> = places
        .filter_map(|place| Some((place.area()?, place)))
        .flat_map(|(area, place)| around(place).into_iter().map(move |code| (area, code)))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let keys: Vec<Value> =
        wanted.iter().flat_map(|(area, code)| [(*area).into(), code.as_str().into()]).collect();
    let mut found = HashMap::new();
    for row in db.lookup(&PLACE_AT, &keys).await? {
        found.insert(row.text(0)?.to_owned(), (row.real(1)?, row.real(2)?));
    }
    Ok(found)
}
