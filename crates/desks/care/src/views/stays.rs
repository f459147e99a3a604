//! How long people stay: those who have left, and those who are still there.

use std::collections::BTreeMap;

use cases::{Class, Severity};
use ledger::Result;
use store::{Connection, Value};
use types::{AreaScope, HolderCode, Micros, Span, UnitId};

use super::lists::{episodes, ids_of};
use crate::apply::{QUARTER, quarter_of};
use crate::rows::Episode;
use crate::tables::bedside::{LYING, STAYED, STAYED_UNEXAMINED, STAYS};
use crate::words::StayEnd;

/// The length in which stays are counted, a quarter of a day.
pub const STAY_STEP: Span = QUARTER;

/// The stays of one ward, or of cases of one class and severity. Lengths are in steps of [`STAY_STEP`],
/// rounded down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stays {
    /// Those that are over, by length and how they ended.
    pub over: BTreeMap<(i64, StayEnd), i64>,
    /// Those that go on, by their length so far.
    pub going: BTreeMap<i64, i64>,
}

impl Stays {
    /// Adds another's.
    pub fn join(&mut self, other: &Stays) {
        for (key, n) in &other.over {
            *self.over.entry(*key).or_default() += n;
        }
        for (length, n) in &other.going {
            *self.going.entry(*length).or_default() += n;
        }
    }

    /// How many are over.
    pub fn ended(&self) -> i64 {
        self.over.values().sum()
    }

    /// How many go on.
    pub fn lying(&self) -> i64 {
        self.going.values().sum()
    }
}

async fn stays(
    db: &mut Connection,
    scope: AreaScope,
    kind: &'static str,
    now: Micros,
) -> Result<BTreeMap<(String, String), Stays>> {
    let (low, high) = scope.bounds();
    let params: [Value; 3] = [low.into(), high.into(), kind.into()];
    let mut found: BTreeMap<(String, String), Stays> = BTreeMap::new();
    for row in db.query(&STAYS, &params).await? {
        let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        let how = row.word(3, "StayEnd", StayEnd::parse)?;
        let n = row.int(4)?;
        if n != 0 {
            *found.entry(key).or_default().over.entry((row.int(2)?, how)).or_default() += n;
        }
    }
    for row in db.query(&LYING, &params).await? {
        let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        let so_far = (quarter_of(now) - row.time(2)?).0.max(0) / QUARTER.0;
        *found.entry(key).or_default().going.entry(so_far).or_default() += row.int(3)?;
    }
    Ok(found)
}

/// The stays by facility and ward of a scope. From bed to bed of one ward a stay goes on.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails.
pub async fn stays_by_ward(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
) -> Result<BTreeMap<(HolderCode, String), Stays>> {
    let found = stays(db, scope, "ward", now).await?;
    let code = |text: &str| HolderCode::parse(text).ok();
    Ok(found
        .into_iter()
        .filter_map(|((facility, ward), stays)| Some(((code(&facility)?, ward), stays)))
        .collect())
}

/// The stays in care of a scope's cases by class and the gravest severity (`unexamined` for none): from the
/// first bed until somebody leaves care.
///
/// # Errors
/// As [`stays_by_ward`].
pub async fn stays_by_case(
    db: &mut Connection,
    scope: AreaScope,
    now: Micros,
) -> Result<BTreeMap<(String, String), Stays>> {
    stays(db, scope, "case", now).await
}

/// Which stays a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that go on.
    Going,
    /// Those that are over.
    Over,
}

/// Who lies or lay in a bed, of a class and of the gravest severity ever (`None` for the unexamined), by when
/// that began; `after` is the last line of the page before.
///
/// # Errors
/// As [`stays_by_ward`].
pub async fn stayed(
    db: &mut Connection,
    scope: AreaScope,
    (class, worst): (Class, Option<Severity>),
    which: Which,
    after: Option<(Micros, UnitId)>,
    limit: i64,
) -> Result<Vec<Episode>> {
    let (low, high) = scope.bounds();
    let (at, id) = match after {
        Some((at, id)) => (at, Value::from(id)),
        None => (Micros(i64::MIN), Value::from([0u8; 16])),
    };
    let which = match which {
        Which::All => "",
        Which::Going => "going",
        Which::Over => "over",
    };
    let class: Value = class.as_str().into();
    let rest: [Value; 6] = [at.into(), id, low.into(), high.into(), which.into(), limit.into()];
    let rows = match worst {
        Some(worst) => {
            let params: Vec<Value> =
                [class, worst.as_str().into()].into_iter().chain(rest).collect();
            db.query(&STAYED, &params).await?
        }
        None => {
            let params: Vec<Value> = std::iter::once(class).chain(rest).collect();
            db.query(&STAYED_UNEXAMINED, &params).await?
        }
    };
    episodes(db, &ids_of(&rows, 1)?).await
}
