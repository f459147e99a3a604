//! Cases, one by one and in lists.

use std::collections::HashMap;

use ledger::{Cursor, Result};
use registry::seal::BlindIndex;
use store::{Connection, Value};
use types::{AreaCode, AreaScope, CommandId, Micros, PersonId, PlaceCode, UnitId};

use crate::command::Patch;
use crate::rows::{Case, read_case};
use crate::tables::{
    CASE_BY_ID, CASE_LIST, CASE_LIST_CLASS, CASE_LIST_COUNTY, CASE_LIST_GRAVE,
    CASE_LIST_UNREPORTED, CASES_MERGED, CASES_OF_PERSON, EDITS_RECENT, HISTORY_OF, KEYS_OF,
    POSITIVES_UNCOVERED,
};
use crate::words::{Class, FoundIn, Severity, Source};

/// One case.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails or holds what this program cannot read; as all
/// functions here.
pub async fn case(db: &mut Connection, id: UnitId) -> Result<Option<Case>> {
    let rows = db.lookup(&CASE_BY_ID, &[id.area().into(), id.into()]).await?;
    Ok(rows.first().map(read_case).transpose()?)
}

/// Many cases, in the order of the ids; those that are not there are left out.
///
/// # Errors
/// As [`case`].
pub async fn cases(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Case>> {
    let keys: Vec<Value> = ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&CASE_BY_ID, &keys).await? {
        let case = read_case(&row)?;
        found.insert(case.id, case);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The cases of a person, the latest first; those that were merged into others too.
///
/// # Errors
/// As [`case`].
pub async fn of_person(db: &mut Connection, person: PersonId) -> Result<Vec<Case>> {
    let rows = db.lookup(&CASES_OF_PERSON, &[person.into()]).await?;
    let ids: store::Result<Vec<UnitId>> =
        rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(1)?))).collect();
    let mut found = cases(db, &ids?).await?;
    found.sort_by_key(|case| std::cmp::Reverse((case.found_at, case.id)));
    Ok(found)
}

/// The cases under a key: a document's number, a telephone, a name with a year of birth.
///
/// # Errors
/// As [`case`].
pub async fn by_key(db: &mut Connection, key: BlindIndex) -> Result<Vec<Case>> {
    let rows = db.lookup(&KEYS_OF, &[key.into()]).await?;
    let ids: store::Result<Vec<UnitId>> =
        rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(1)?))).collect();
    cases(db, &ids?).await
}

/// The records that were merged into a case.
///
/// # Errors
/// As [`case`].
pub async fn merged(db: &mut Connection, keep: UnitId) -> Result<Vec<Case>> {
    let rows = db.lookup(&CASES_MERGED, &[keep.into()]).await?;
    let ids: store::Result<Vec<UnitId>> =
        rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(1)?))).collect();
    cases(db, &ids?).await
}

/// Whether cases go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// All but those that were merged into others.
    #[default]
    All,
    /// Those that go on.
    Open,
    /// Those that have ended.
    Ended,
    /// Those that ended in this way.
    As(crate::Ending),
}

/// Which cases a list has. Everything that is left out filters nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The areas.
    pub scope: AreaScope,
    /// Found from.
    pub from: Option<Micros>,
    /// Found before.
    pub until: Option<Micros>,
    /// Whether they go on.
    pub status: Status,
    /// The class.
    pub class: Option<Class>,
    /// Confirmed, converted or not.
    pub all_confirmed: bool,
    /// The severity.
    pub severity: Option<Severity>,
    /// Where they were found; `Some(None)` for those of which nobody knows.
    pub found_in: Option<Option<FoundIn>>,
    /// How they came to be known.
    pub source: Option<Source>,
    /// Only those with a high-risk factor.
    pub high_risk: bool,
    /// Only those that have still to be reported.
    pub unreported: bool,
    /// Only those at places whose code starts so.
    pub place: Option<PlaceCode>,
}

impl Filter {
    /// All cases of a scope.
    pub fn of(scope: AreaScope) -> Filter {
        Filter {
            scope,
            from: None,
            until: None,
            status: Status::All,
            class: None,
            all_confirmed: false,
            severity: None,
            found_in: None,
            source: None,
            high_risk: false,
            unreported: false,
            place: None,
        }
    }
}

/// The line list, the latest first.
///
/// # Errors
/// As [`case`].
pub async fn list(
    db: &mut Connection,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Case>> {
    let mut scope = filter.scope;
    if let Some(area) = filter.place.as_ref().and_then(PlaceCode::area)
        && scope.contains(area)
    {
        // Who asks for a place below a county asks for one county.
        scope = AreaScope::one(area);
    }
    let (low, high) = scope.bounds();
    let [last_at, last] = Cursor::falling(after);
    let class = match filter.class {
        _ if filter.all_confirmed => "all_confirmed",
        Some(class) => class.as_str(),
        None => "",
    };
    let found_in = match filter.found_in {
        Some(Some(found_in)) => found_in.as_str(),
        Some(None) => "unknown",
        None => "",
    };
    let status = match filter.status {
        Status::All => "",
        Status::Open => "open",
        Status::Ended => "ended",
        Status::As(ending) => ending.as_str(),
    };
    let place = filter.place.as_ref().map_or("", PlaceCode::as_str);
    let params = [
        last_at,
        last,
        filter.from.unwrap_or(Micros(i64::MIN)).into(),
        filter.until.unwrap_or(Micros::MAX).into(),
        low.into(),
        high.into(),
        status.into(),
        class.into(),
        filter.severity.map_or("", Severity::as_str).into(),
        found_in.into(),
        filter.source.map_or("", Source::as_str).into(),
        i64::from(filter.high_risk).into(),
        i64::from(filter.unreported).into(),
        place.into(),
        format!("{place}~").into(),
        limit.into(),
    ];
    let statement = match filter.severity {
        _ if low == high => &CASE_LIST_COUNTY,
        _ if filter.unreported => &CASE_LIST_UNREPORTED,
        Some(Severity::Severe | Severity::Critical) => &CASE_LIST_GRAVE,
        _ if filter.class.is_some() && !filter.all_confirmed => &CASE_LIST_CLASS,
        _ => &CASE_LIST,
    };
    let rows = db.query(statement, &params).await?;
    let ids: store::Result<Vec<UnitId>> =
        rows.iter().map(|row| Ok(UnitId::from_bytes(row.id(1)?))).collect();
    cases(db, &ids?).await
}

/// A line of a case's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What, for example `opened` or `observed`.
    pub what: String,
    /// The class from then on.
    pub class: Option<Class>,
    /// The severity from then on.
    pub severity: Option<Severity>,
    /// What was recorded, as JSON.
    pub body: String,
    /// The command.
    pub command: CommandId,
}

/// The history of a case in the order in which it was recorded.
///
/// # Errors
/// As [`case`].
pub async fn history(db: &mut Connection, id: UnitId) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&HISTORY_OF, &[id.area().into(), id.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                class: Class::parse(row.text(4)?),
                severity: Severity::parse(row.text(5)?),
                body: row.text(6)?.to_owned(),
                command: CommandId::from_bytes(row.id(7)?),
            })
        })
        .collect()
}

/// Tubes with a final positive result that has no case: from before there was a cases desk, or
/// while the protocol had no classes. There are none else.
///
/// # Errors
/// As [`case`].
pub async fn uncovered(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<(UnitId, Option<Micros>)>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&POSITIVES_UNCOVERED, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((UnitId::from_bytes(row.id(0)?), row.opt_time(1)?))).collect()
}

/// An act by which cases were edited.
#[derive(Clone, Debug, PartialEq)]
pub struct EditLine {
    /// The act.
    pub command: CommandId,
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: String,
    /// Why.
    pub note: String,
    /// How many cases it changed.
    pub cases: i64,
    /// In how many of them it was taken back.
    pub undone: i64,
    /// What it made of one of them.
    pub now: Patch,
}

/// The latest acts by which cases were edited.
///
/// # Errors
/// As [`case`].
pub async fn edits(db: &mut Connection, area: AreaCode, limit: i64) -> Result<Vec<EditLine>> {
    let rows = db.query(&EDITS_RECENT, &[area.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(EditLine {
                command: CommandId::from_bytes(row.id(0)?),
                at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                note: row.text(3)?.to_owned(),
                cases: row.int(4)?,
                undone: row.int(5)?,
                now: row.json(6)?,
            })
        })
        .collect()
}
