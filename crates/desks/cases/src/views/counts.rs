//! Figures: measure, area, window, as-of. They read counters; each opens its list.

use std::collections::BTreeMap;

use ledger::Result;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, Micros, UnitId};

use crate::rows::{Case, Publication, read_publication};
use crate::tables::{
    CONVERTED_ONLY, COUNTS_BETWEEN, COUNTS_BY_AREA, COUNTS_BY_HOUR, COUNTS_RECORDED, FOUND_BETWEEN,
    NOW, PUBLICATIONS, TALLIES, TALLY_LIST, TALLY_LIST_WHO,
};
use crate::words::{Convention, FoundIn, Measure, Standing};

/// What figures are of: areas, a window in whole hours, and the hour by which they were known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The areas.
    pub scope: AreaScope,
    /// From.
    pub from: Micros,
    /// Until (exclusive).
    pub until: Micros,
    /// As known at the begin of this hour; `None` for now.
    pub as_of: Option<Micros>,
}

impl Window {
    fn known_before(&self) -> Micros {
        self.as_of.map_or(Micros::MAX, Micros::hour_start)
    }
}

/// Figures of one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(pub BTreeMap<(Measure, Option<FoundIn>), i64>);

impl Figures {
    /// A measure, wherever the cases were found.
    pub fn total(&self, measure: Measure) -> i64 {
        let of = |((m, _), n): (&(Measure, Option<FoundIn>), &i64)| (*m == measure).then_some(*n);
        self.0.iter().filter_map(of).sum()
    }

    /// A measure by where the cases were found; `None` for those of which nobody knows.
    pub fn found(&self, measure: Measure, found_in: Option<FoundIn>) -> i64 {
        self.0.get(&(measure, found_in)).copied().unwrap_or(0)
    }

    /// The confirmed by a convention. By that of WHO an infection is confirmed when it is first
    /// classified: those that converted were confirmed before.
    pub fn confirmed(&self, convention: Convention) -> i64 {
        let confirmed = self.total(Measure::Confirmed);
        match convention {
            Convention::Bulletin => confirmed,
            Convention::Who => {
                confirmed + self.total(Measure::Asymptomatic) - self.total(Measure::Converted)
            }
        }
    }

    /// The same of those that were found in one kind of place.
    pub fn confirmed_found(&self, convention: Convention, found_in: Option<FoundIn>) -> i64 {
        let of = |measure| self.found(measure, found_in);
        match convention {
            Convention::Bulletin => of(Measure::Confirmed),
            Convention::Who => {
                of(Measure::Confirmed) + of(Measure::Asymptomatic) - of(Measure::Converted)
            }
        }
    }

    fn add(&mut self, measure: &str, found_in: &str, n: i64) {
        if let Some(measure) = Measure::parse(measure) {
            *self.0.entry((measure, FoundIn::parse(found_in))).or_default() += n;
        }
    }
}

/// The figures of a window.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn figures(db: &mut Connection, window: &Window) -> Result<Figures> {
    let mut figures = Figures::default();
    for row in db.query(&COUNTS_BETWEEN, &params(window)).await? {
        figures.add(row.text(0)?, row.text(1)?, row.int(2)?);
    }
    Ok(figures)
}

fn params(window: &Window) -> [store::Value; 5] {
    let (low, high) = window.scope.bounds();
    [window.from.into(), window.until.into(), low.into(), high.into(), window.known_before().into()]
}

/// Figures of an hour.
pub type HourFigures = (Micros, Figures);
/// Figures of a county.
pub type AreaFigures = (AreaCode, Figures);

/// The figures of a window hour by hour, for days in any zone of whole hours.
///
/// # Errors
/// As [`figures`].
pub async fn by_hour(db: &mut Connection, window: &Window) -> Result<Vec<HourFigures>> {
    let mut hours: BTreeMap<Micros, Figures> = BTreeMap::new();
    for row in db.query(&COUNTS_BY_HOUR, &params(window)).await? {
        let figures = hours.entry(row.time(0)?).or_default();
        figures.add(row.text(1)?, row.text(2)?, row.int(3)?);
    }
    Ok(hours.into_iter().collect())
}

/// The infections of a window by the hour at which each counts and the hour at which it was recorded:
/// what a nowcast is made from. Corrections are negative, at the hour at which they were made.
///
/// # Errors
/// As [`figures`].
pub async fn by_recording(
    db: &mut Connection,
    window: &Window,
) -> Result<Vec<(Micros, Micros, i64)>> {
    let rows = db.query(&COUNTS_RECORDED, &params(window)).await?;
    let read = |row: &store::Row| Ok((row.time(0)?, row.time(1)?, row.int(2)?));
    Ok(rows.iter().map(read).collect::<store::Result<_>>()?)
}

/// The figures of a window by county.
///
/// # Errors
/// As [`figures`].
pub async fn by_area(db: &mut Connection, window: &Window) -> Result<Vec<AreaFigures>> {
    let mut areas: BTreeMap<AreaCode, Figures> = BTreeMap::new();
    for row in db.query(&COUNTS_BY_AREA, &params(window)).await? {
        let figures = areas.entry(row.area(0)?).or_default();
        figures.add(row.text(1)?, row.text(2)?, row.int(3)?);
    }
    Ok(areas.into_iter().collect())
}

/// The cases behind a figure, with when each counts, in the order of their ids. The convention is
/// that by which the confirmed are meant. `found_in` as in [`crate::views::Filter`].
///
/// # Errors
/// As [`figures`].
pub async fn tallied(
    db: &mut Connection,
    window: &Window,
    (measure, convention): (Measure, Convention),
    found_in: Option<Option<FoundIn>>,
    after: Option<UnitId>,
    limit: i64,
) -> Result<Vec<(Case, Micros)>> {
    let (low, high) = window.scope.bounds();
    let found_in = match found_in {
        Some(Some(found_in)) => found_in.as_str(),
        Some(None) => "unknown",
        None => "",
    };
    let who = measure == Measure::Confirmed && convention == Convention::Who;
    let mut params: Vec<Value> = vec![
        window.from.into(),
        window.until.into(),
        low.into(),
        high.into(),
        found_in.into(),
        window.known_before().into(),
        after.map_or([0; 16], UnitId::bytes).into(),
        limit.into(),
    ];
    let rows = if who {
        db.query(&TALLY_LIST_WHO, &params).await?
    } else {
        params.insert(0, measure.as_str().into());
        db.query(&TALLY_LIST, &params).await?
    };
    let mut ids = Vec::with_capacity(rows.len());
    let mut times = std::collections::HashMap::with_capacity(rows.len());
    for row in &rows {
        let id = UnitId::from_bytes(row.id(1)?);
        ids.push(id);
        times.insert(id, row.time(2)?);
    }
    let cases = super::cases(db, &ids).await?;
    Ok(cases
        .into_iter()
        .map(|case| {
            let at = times.get(&case.id).copied().unwrap_or(case.found_at);
            (case, at)
        })
        .collect())
}

/// What each case was counted as in a window, for those who hold figures against the line list:
/// case, measure, and how often (once, if all is well). As known now.
///
/// # Errors
/// As [`figures`].
pub async fn tallies(db: &mut Connection, window: &Window) -> Result<Vec<(UnitId, Measure, i64)>> {
    let (low, high) = window.scope.bounds();
    let params = [window.from.into(), window.until.into(), low.into(), high.into()];
    let mut found = Vec::new();
    for row in db.query(&TALLIES, &params).await? {
        let measure = row.word(1, "a measure", Measure::parse)?;
        found.push((UnitId::from_bytes(row.id(0)?), measure, row.int(2)?));
    }
    Ok(found)
}

/// Of the converted until a time, by county: those of whom it was never told that they had been
/// asymptomatic, as in a list that has only what cases are at the end.
///
/// # Errors
/// As [`figures`].
pub async fn converted_only(
    db: &mut Connection,
    scope: AreaScope,
    until: Micros,
) -> Result<Vec<(AreaCode, i64)>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&CONVERTED_ONLY, &[until.into(), low.into(), high.into()]).await?;
    Ok(rows.iter().map(|row| Ok((row.area(0)?, row.int(1)?))).collect::<store::Result<_>>()?)
}

/// The cases that became known in a window; those that were merged into others are left out.
///
/// # Errors
/// As [`figures`].
pub async fn found_between(db: &mut Connection, window: &Window) -> Result<Vec<UnitId>> {
    let (low, high) = window.scope.bounds();
    let params = [window.from.into(), window.until.into(), low.into(), high.into()];
    let rows = db.query(&FOUND_BETWEEN, &params).await?;
    Ok(rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(0)?))).collect::<store::Result<_>>()?)
}

/// What the desks of a scope have before them; what is not there is nothing.
///
/// # Errors
/// As [`figures`].
pub async fn standing(db: &mut Connection, scope: AreaScope) -> Result<BTreeMap<Standing, i64>> {
    let (low, high) = scope.bounds();
    let mut found = BTreeMap::new();
    for row in db.query(&NOW, &[low.into(), high.into()]).await? {
        if let Some(standing) = Standing::parse(row.text(0)?) {
            found.insert(standing, row.int(1)?);
        }
    }
    Ok(found)
}

/// What was published under the counties of a scope, the latest window first.
///
/// # Errors
/// As [`figures`].
pub async fn publications(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<Publication>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&PUBLICATIONS, &[low.into(), high.into(), limit.into()]).await?;
    Ok(rows.iter().map(read_publication).collect::<store::Result<_>>()?)
}
